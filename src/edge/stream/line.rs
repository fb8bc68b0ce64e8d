//! The way down to one client: events and sound in, WebSocket messages out, in order. A client that does not read is
//! hung up on, so that nobody waits for it.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use futures::SinkExt;
use futures::stream::SplitSink;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::protocol::Event;

/// Messages that may wait for a slow client: some seconds of sound.
const WAITING: usize = 64;
/// A client that takes nothing for this long is gone.
const PATIENCE: Duration = Duration::from_secs(10);

/// The client has gone.
#[derive(Debug)]
pub struct Gone;

/// Cheap to copy; the connection is closed when a [`close`](Self::close) has been sent or all copies are dropped.
#[derive(Clone)]
pub struct Line {
    out: mpsc::Sender<Message>,
    gone: CancellationToken,
}

impl Line {
    /// The line and the future that drives it.
    pub fn new(sink: SplitSink<WebSocket, Message>) -> (Self, impl Future<Output = ()> + Send) {
        let (out, outbox) = mpsc::channel(WAITING);
        let gone = CancellationToken::new();
        (Self { out, gone: gone.clone() }, write(sink, outbox, gone))
    }

    pub async fn tell(&self, event: &Event<'_>) -> Result<(), Gone> {
        self.send(Message::text(event.json())).await
    }

    pub async fn sound(&self, frame: Vec<u8>) -> Result<(), Gone> {
        self.send(Message::binary(frame)).await
    }

    pub async fn ping(&self) -> Result<(), Gone> {
        self.send(Message::Ping(bytes::Bytes::new())).await
    }

    /// The last message. `code` is one of RFC 6455, 7.4.1.
    pub async fn close(&self, code: u16, reason: &'static str) {
        let _ = self.send(Message::Close(Some(CloseFrame { code, reason: reason.into() }))).await;
    }

    async fn send(&self, message: Message) -> Result<(), Gone> {
        self.out.send(message).await.map_err(|_| Gone)
    }

    /// Cancelled when the client cannot be reached any more.
    pub fn gone(&self) -> &CancellationToken {
        &self.gone
    }
}

async fn write(mut sink: SplitSink<WebSocket, Message>, mut outbox: mpsc::Receiver<Message>, gone: CancellationToken) {
    while let Some(message) = outbox.recv().await {
        let last = matches!(message, Message::Close(_));
        match tokio::time::timeout(PATIENCE, sink.send(message)).await {
            Ok(Ok(())) if !last => {}
            _ => break,
        }
    }
    gone.cancel();
}
