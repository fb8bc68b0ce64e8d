//! A real server on a free port with a database of its own, and ways to talk to it.

#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)] // not every test file uses everything

pub mod clients;
pub mod live;

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use voicecart::app::App;
use voicecart::clock::{CountedIds, SystemClock};
use voicecart::config::Settings;
use voicecart::edge;
use voicecart::shop::{CustomerId, Customers};

pub struct Server {
    pub address: SocketAddr,
    pub key: String,
    /// Where satellites connect, when that is turned on.
    pub satellites: Option<SocketAddr>,
    pub client: reqwest::Client,
    pub data: TempDir,
    stop: CancellationToken,
    running: JoinHandle<()>,
}

impl Server {
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut settings = Settings { data_dir: data.path().join("data"), ..Settings::default() };
        settings.bind = ([127, 0, 0, 1], 0).into();
        settings.alexa.verify = false;
        settings.limits.requests_per_minute = 0;
        change(&mut settings);
        let server = edge::Server::bind(&settings).await.unwrap();
        let satellites = edge::wyoming::Satellites::bind(&settings).await.unwrap();
        let app = App::build(&settings).await.unwrap();
        let key = app.demo_key().map(|(key, _)| key.to_owned()).unwrap_or_default();
        let (address, stop) = (server.address(), CancellationToken::new());
        let (router, lasting, stopped) = (app.router().unwrap(), app.lasting.clone(), stop.clone());
        let listening = satellites.map(|s| (s.address(), tokio::spawn(s.run(app.house(), stop.clone()))));
        let satellites = listening.map(|(address, _)| address);
        let running = tokio::spawn(async move {
            server.run(router, lasting, stopped).await;
            app.close().await;
        });
        // Only the first server of a process installs it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { address, key, satellites, client, data, stop, running }
    }

    pub async fn stop(self) {
        self.stop.cancel();
        self.running.await.unwrap();
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn get(&self, path: &str) -> reqwest::RequestBuilder {
        self.client.get(self.url(path)).bearer_auth(&self.key)
    }

    pub fn post(&self, path: &str) -> reqwest::RequestBuilder {
        self.client.post(self.url(path)).bearer_auth(&self.key)
    }

    /// A typed turn that must succeed.
    pub async fn text(&self, body: Value) -> Value {
        let answer = self.post("/v1/text").json(&body).send().await.unwrap();
        let (status, body) = (answer.status(), answer.text().await.unwrap());
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).unwrap()
    }

    /// A spoken turn that must succeed, in a session of its own.
    pub async fn voice(&self, session: &str, audio: Vec<u8>) -> Value {
        let path = format!("/v1/voice?audio=none&session={session}");
        let answer = self.post(&path).body(audio).send().await.unwrap();
        let (status, body) = (answer.status(), answer.text().await.unwrap());
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).unwrap()
    }

    /// Whether it still answers as it should.
    pub async fn is_well(&self) -> bool {
        let answer = self.text(serde_json::json!({"text": "help"})).await;
        answer["speech"]["text"].as_str().is_some_and(|t| !t.is_empty())
    }

    /// Sends bytes as they are and reads until the server hangs up or `patience` is over.
    pub async fn raw(&self, bytes: &[u8], patience: Duration) -> Option<String> {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        let mut answer = Vec::new();
        // A reset is a way to hang up too.
        let _ = tokio::time::timeout(patience, stream.read_to_end(&mut answer)).await.ok()?;
        Some(String::from_utf8_lossy(&answer).into_owned())
    }
}

/// Makes the caller of this identity Ada, a customer of the sample shop who has bought before.
pub async fn customer_with_orders(server: &Server, identity: &str) {
    let settings = Settings { data_dir: server.data.path().join("data"), ..Settings::default() };
    let store = voicecart::app::open_store(&settings).await.unwrap();
    let clock = std::sync::Arc::new(SystemClock::new(jiff::tz::TimeZone::UTC));
    let customers = Customers::new(store.clone(), clock, std::sync::Arc::new(CountedIds::default()));
    customers.link(identity, &CustomerId::new("ada").unwrap()).await.unwrap();
    store.close().await;
}

/// Asserts a problem document and gives it back.
pub async fn problem(response: reqwest::Response, status: u16, kind: &str) -> Value {
    let got = response.status().as_u16();
    let content = response.headers().get("content-type").map(|v| v.to_str().unwrap().to_owned());
    let id = response.headers().get("x-request-id").map(|v| v.to_str().unwrap().to_owned()).unwrap_or_default();
    let text = response.text().await.unwrap();
    assert_eq!(got, status, "{text}");
    assert_eq!(content.as_deref(), Some("application/problem+json"), "{text}");
    let body: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(body["type"], format!("/docs#{kind}"), "{text}");
    assert_eq!(body["status"], status, "{text}");
    assert_eq!(body["instance"], format!("urn:voicecart:request:{id}"), "{text}");
    assert!(body["title"].as_str().is_some_and(|t| !t.is_empty()), "{text}");
    assert!(body["detail"].as_str().is_some_and(|t| !t.is_empty()), "{text}");
    body
}

/// 16-bit mono WAV.
pub fn wav(rate: u32, samples: impl IntoIterator<Item = f32>) -> Vec<u8> {
    let pcm: Vec<i16> = samples.into_iter().map(|v| (v.clamp(-1.0, 1.0) * 32_767.0) as i16).collect();
    voicecart::audio::wav::encode(&pcm, rate)
}

/// 32-bit float mono WAV, written by hand so that it may hold anything.
pub fn float_wav(rate: u32, samples: &[f32]) -> Vec<u8> {
    let bytes = samples.len() as u32 * 4;
    let mut out = Vec::new();
    out.extend(b"RIFF");
    out.extend((36 + bytes).to_le_bytes());
    out.extend(b"WAVEfmt ");
    out.extend(16_u32.to_le_bytes());
    out.extend(3_u16.to_le_bytes());
    out.extend(1_u16.to_le_bytes());
    out.extend(rate.to_le_bytes());
    out.extend((rate * 4).to_le_bytes());
    out.extend(4_u16.to_le_bytes());
    out.extend(32_u16.to_le_bytes());
    out.extend(b"data");
    out.extend(bytes.to_le_bytes());
    samples.iter().for_each(|s| out.extend(s.to_le_bytes()));
    out
}

/// Speech of this sentence by espeak-ng's program; `None` where it is not installed.
pub fn spoken(sentence: &str) -> Option<Vec<u8>> {
    let out = std::process::Command::new("espeak-ng").args(["-v", "en-us", "--stdout", sentence]).output().ok()?;
    (out.status.success() && out.stdout.len() > 44).then_some(out.stdout)
}
