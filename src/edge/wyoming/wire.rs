//! Bytes to events and back: a line of JSON, then a JSON object and raw bytes of the lengths that it gives. Both places
//! that data may stand in are read; written is the one that the reference implementation writes. Bounds what a caller may
//! send; knows no event by name.

use std::io;

use serde_json::{Map, Value, json};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Longest first line, longest data, longest payload, in bytes. A second of sound is 32 kB.
const LINE: u64 = 64 << 10;
const DATA: u64 = 256 << 10;
const PAYLOAD: u64 = 1 << 20;
/// The protocol's version that this follows.
const VERSION: &str = "1.10.2";

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Event {
    pub kind: String,
    pub data: Map<String, Value>,
    pub payload: Vec<u8>,
}

#[derive(Debug, thiserror::Error)]
pub enum WireError {
    #[error("the caller hung up")]
    Gone(#[from] io::Error),
    #[error("this is no Wyoming event: {0}")]
    Malformed(String),
    #[error("{what} of {bytes} bytes is too long: {limit} is the limit")]
    TooLong { what: &'static str, bytes: u64, limit: u64 },
}

impl Event {
    pub fn new(kind: &str, data: Value) -> Self {
        let data = if let Value::Object(data) = data { data } else { Map::new() };
        Self { kind: kind.to_owned(), data, payload: Vec::new() }
    }

    pub fn with_payload(mut self, payload: Vec<u8>) -> Self {
        self.payload = payload;
        self
    }

    /// A text field that is there and not null.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.data.get(name).and_then(Value::as_str)
    }

    pub fn number(&self, name: &str) -> Option<u32> {
        self.data.get(name).and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok())
    }

    pub fn texts(&self, name: &str) -> impl Iterator<Item = &str> {
        self.data.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
    }
}

/// The next event; none when the caller has closed between two events.
pub async fn read(from: &mut (impl AsyncBufRead + Unpin)) -> Result<Option<Event>, WireError> {
    let mut line = Vec::new();
    from.take(LINE).read_until(b'\n', &mut line).await?;
    if line.is_empty() {
        return Ok(None);
    }
    if line.last() != Some(&b'\n') {
        return Err(match line.len() as u64 {
            bytes @ LINE.. => WireError::TooLong { what: "a line", bytes, limit: LINE },
            _ => WireError::Gone(io::ErrorKind::UnexpectedEof.into()),
        });
    }
    let malformed = |e: serde_json::Error| WireError::Malformed(e.to_string());
    let mut head: Map<String, Value> = serde_json::from_slice(&line).map_err(malformed)?;
    let Some(Value::String(kind)) = head.remove("type") else {
        return Err(WireError::Malformed("it has no type".into()));
    };
    let mut data = match head.remove("data") {
        Some(Value::Object(data)) => data,
        _ => Map::new(),
    };
    let length = |name: &str| head.get(name).and_then(Value::as_u64).unwrap_or(0);
    let (more, payload) = (length("data_length"), length("payload_length"));
    if more > 0 {
        let bytes = exactly(from, "data", more, DATA).await?;
        data.extend(serde_json::from_slice::<Map<String, Value>>(&bytes).map_err(malformed)?);
    }
    let payload = exactly(from, "a payload", payload, PAYLOAD).await?;
    Ok(Some(Event { kind, data, payload }))
}

async fn exactly(
    from: &mut (impl AsyncBufRead + Unpin),
    what: &'static str,
    bytes: u64,
    limit: u64,
) -> Result<Vec<u8>, WireError> {
    if bytes > limit {
        return Err(WireError::TooLong { what, bytes, limit });
    }
    let mut buffer = vec![0; bytes as usize];
    from.read_exact(&mut buffer).await?;
    Ok(buffer)
}

pub async fn write(to: &mut (impl AsyncWrite + Unpin), event: &Event) -> Result<(), WireError> {
    let data = if event.data.is_empty() { Vec::new() } else { serde_json::to_vec(&event.data).unwrap_or_default() };
    let mut head = json!({"type": event.kind, "version": VERSION});
    if !data.is_empty() {
        head["data_length"] = data.len().into();
    }
    if !event.payload.is_empty() {
        head["payload_length"] = event.payload.len().into();
    }
    let mut bytes = head.to_string().into_bytes();
    bytes.push(b'\n');
    bytes.extend(data);
    bytes.extend(&event.payload);
    to.write_all(&bytes).await?;
    Ok(to.flush().await?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    async fn all(mut bytes: &[u8]) -> (Vec<Event>, Option<WireError>) {
        let mut events = Vec::new();
        loop {
            match read(&mut bytes).await {
                Ok(Some(event)) => events.push(event),
                Ok(None) => return (events, None),
                Err(error) => return (events, Some(error)),
            }
        }
    }

    #[tokio::test]
    async fn what_is_written_is_read_back() {
        let events = [
            Event::new("describe", Value::Null),
            Event::new("transcript", json!({"text": "grüne Äpfel", "language": null})),
            Event::new("audio-chunk", json!({"rate": 16_000})).with_payload(vec![0, 10, 255, b'\n']),
        ];
        let mut bytes = Vec::new();
        for event in &events {
            write(&mut bytes, event).await.unwrap();
        }
        let (read, error) = all(&bytes).await;
        assert_eq!(read, events);
        assert!(error.is_none());
    }

    #[tokio::test]
    async fn data_may_stand_in_either_place() {
        let line =
            b"{\"type\":\"recognize\",\"data\":{\"text\":\"a\",\"context\":1},\"data_length\":12}\n{\"text\":\"b\"}\n";
        let (events, _) = all(line).await;
        let event = events.first().unwrap();
        assert_eq!((event.text("text"), event.number("context")), (Some("b"), Some(1)));
    }

    #[tokio::test]
    async fn what_is_no_event_is_refused() {
        for (bytes, wanted) in [
            (&b"GET / HTTP/1.1\r\n"[..], "no Wyoming event"),
            (b"{}\n", "no type"),
            (b"[1]\n", "no Wyoming event"),
            (b"{\"type\":\"x\",\"payload_length\":999999999999}\n", "too long"),
            (b"{\"type\":\"x\",\"data_length\":5}\nhello", "no Wyoming event"),
            (b"{\"type\":\"x\",\"payload_length\":5}\nhel", "hung up"),
            (b"{\"type\"", "hung up"),
            (&[b'a'; 70_000], "too long"),
        ] {
            let error = all(bytes).await.1.unwrap().to_string();
            assert!(error.contains(wanted), "{error}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_events_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(all(&bytes));
        }
    }
}
