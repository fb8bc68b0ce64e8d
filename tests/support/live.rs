//! A client of `/v1/stream` that remembers all it was told.

#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)] // not every test file uses everything

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use super::Server;

pub struct Client {
    pub socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// Every event so far.
    pub events: Vec<Value>,
    /// Messages of sound since the last `audio-start`.
    pub sound: Vec<Vec<u8>>,
    /// The code the server closed with.
    pub closed: Option<u16>,
}

impl Client {
    /// Waits a moment where every place is taken: whoever has just hung up may not have been noticed yet.
    pub async fn open(server: &Server, query: &str) -> Self {
        let key = format!("Bearer {}", server.key);
        let until = std::time::Instant::now() + Duration::from_secs(5);
        loop {
            match Self::try_open(server, query, &[("authorization", &key)]).await {
                Err(tungstenite::Error::Http(r)) if r.status() == 503 && std::time::Instant::now() < until => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                opened => return opened.unwrap(),
            }
        }
    }

    pub async fn try_open(server: &Server, query: &str, headers: &[(&str, &str)]) -> Result<Self, tungstenite::Error> {
        Self::at(&server.address.to_string(), query, headers).await
    }

    pub async fn at(address: &str, query: &str, headers: &[(&str, &str)]) -> Result<Self, tungstenite::Error> {
        let mut request = format!("ws://{address}/v1/stream?{query}").into_client_request().unwrap();
        for (name, value) in headers {
            let name = http::HeaderName::from_bytes(name.as_bytes()).unwrap();
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        let (socket, _) = tokio_tungstenite::connect_async(request).await?;
        Ok(Self { socket, events: Vec::new(), sound: Vec::new(), closed: None })
    }

    /// The status of a refusal.
    pub async fn refused(server: &Server, query: &str, headers: &[(&str, &str)]) -> u16 {
        match Self::try_open(server, query, headers).await {
            Err(tungstenite::Error::Http(response)) => response.status().as_u16(),
            Err(other) => panic!("{query}: {other}"),
            Ok(_) => 101,
        }
    }

    pub async fn command(&mut self, json: &str) {
        self.socket.send(Message::text(json)).await.unwrap();
    }

    /// 16-bit samples, as fast as they go or as fast as they were spoken.
    pub async fn say(&mut self, pcm: &[i16], live: bool) {
        let mut tick = tokio::time::interval(Duration::from_millis(20));
        for frame in pcm.chunks(320) {
            if live {
                tick.tick().await;
            }
            let bytes: Vec<u8> = frame.iter().flat_map(|v| v.to_le_bytes()).collect();
            self.socket.send(Message::binary(bytes)).await.unwrap();
        }
    }

    /// The next event; none when the server has closed.
    pub async fn next(&mut self) -> Option<Value> {
        loop {
            let message = tokio::time::timeout(Duration::from_secs(20), self.socket.next()).await;
            match message.unwrap_or_else(|_| panic!("nothing came after {:#?}", self.kinds())) {
                Some(Ok(Message::Text(text))) => {
                    let event: Value = serde_json::from_str(&text).unwrap();
                    if event["type"] == "audio-start" {
                        self.sound.clear();
                    }
                    self.events.push(event.clone());
                    return Some(event);
                }
                Some(Ok(Message::Binary(bytes))) => self.sound.push(bytes.to_vec()),
                Some(Ok(Message::Close(frame))) => self.closed = frame.map(|f| f.code.into()),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    }

    /// The next event of this kind.
    pub async fn until(&mut self, kind: &str) -> Value {
        while let Some(event) = self.next().await {
            if event["type"] == kind {
                return event;
            }
        }
        panic!("the server closed before {kind}: {:#?}", self.kinds());
    }

    pub async fn until_closed(&mut self) -> Option<u16> {
        while self.next().await.is_some() {}
        self.closed
    }

    pub fn kinds(&self) -> Vec<String> {
        self.events.iter().map(|e| e["type"].as_str().unwrap().to_owned()).collect()
    }
}

/// A fixture's samples.
pub fn fixture(name: &str) -> Vec<i16> {
    let bytes = std::fs::read(format!("audio-fixtures/{name}.wav")).unwrap();
    let limits = voicecart::audio::decode::Limits::default();
    let samples = voicecart::audio::decode::decode(&bytes, None, &limits).unwrap();
    samples.as_slice().iter().map(|v| (v * 32_767.0) as i16).collect()
}

pub fn silence(seconds: f32) -> Vec<i16> {
    vec![0; (seconds * 16_000.0) as usize]
}
