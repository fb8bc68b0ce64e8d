//! What every door takes in the same way: a place among the turns worked on, a whole body, sound decoded from it. Bounds
//! bytes, seconds and time; knows nothing of what is asked for.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use bytes::Bytes;
use futures::StreamExt;
use http::{HeaderMap, header};
use tokio::sync::Semaphore;

use super::Doors;
use super::problem::{self, Refusal};
use crate::audio::Samples;
use crate::audio::decode::{self, Limits};
use crate::telemetry::metrics::{self, InFlight};

/// Shortest audio that can hold a word, in seconds.
pub const SHORTEST: f32 = 0.25;

/// Room for bodies that are arriving is counted in pieces of so many bytes.
const ROOM: usize = 1024;

/// Room for as many whole uploads as there may be turns.
pub fn room(turns: usize, upload_bytes: usize) -> Arc<Semaphore> {
    let pieces = turns.saturating_mul(upload_bytes.div_ceil(ROOM));
    Arc::new(Semaphore::new(pieces.min(Semaphore::MAX_PERMITS)))
}

/// One of the turns worked on, until dropped.
pub type Place = (tokio::sync::OwnedSemaphorePermit, InFlight);

/// When a turn that begins at `from` must be over.
pub fn deadline(doors: &Doors, from: Instant) -> Instant {
    from + Duration::from_millis(doors.settings.deadlines.turn_ms)
}

/// A place among the turns worked on, or a refusal at once: waiting in line here would only make everybody late.
pub fn admit(doors: &Doors, door: &'static str) -> Result<Place, Refusal> {
    let permit = doors.turns.clone().try_acquire_owned().map_err(|_| busy(door))?;
    Ok((permit, InFlight::enter()))
}

fn busy(door: &'static str) -> Refusal {
    metrics::refused(door, "overloaded");
    Refusal::new(problem::BUSY, "as many turns as this server takes are under way").retry_after(1)
}

/// A whole body, and a place among the turns. Where all are taken the caller hears so before the body is read; but it is
/// taken only when everything has arrived: those who send half of something, or slowly, keep nobody out.
pub async fn take(
    doors: &Doors,
    door: &'static str,
    body: Body,
    headers: &HeaderMap,
    limit: usize,
) -> Result<(Bytes, Place), Refusal> {
    if doors.turns.available_permits() == 0 {
        return Err(busy(door));
    }
    let bytes = read(doors, body, headers, limit).await?;
    Ok((bytes, admit(doors, door)?))
}

/// Bytes of the body, where the caller has said how many.
pub fn promised(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The whole body, unless it is too large or takes too long, or so much is arriving that there is no room for it.
pub async fn read(doors: &Doors, body: Body, headers: &HeaderMap, limit: usize) -> Result<Bytes, Refusal> {
    let too_large = || Refusal::new(problem::TOO_LARGE, format!("the body may have {limit} bytes at most"));
    let promised = promised(headers);
    if promised.is_some_and(|n| n > limit as u64) {
        return Err(too_large());
    }
    let collect = async {
        let mut bytes = Vec::with_capacity(promised.unwrap_or(0) as usize);
        let mut chunks = body.into_data_stream();
        let mut room = doors.arriving.clone().try_acquire_many_owned(0).map_err(|_| full())?;
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|_| Refusal::new(problem::BAD_REQUEST, "the body broke off"))?;
            if bytes.len() + chunk.len() > limit {
                return Err(too_large());
            }
            bytes.extend_from_slice(&chunk);
            let more = bytes.len().div_ceil(ROOM).saturating_sub(room.num_permits());
            let more = u32::try_from(more).map_err(|_| too_large())?;
            room.merge(doors.arriving.clone().try_acquire_many_owned(more).map_err(|_| full())?);
        }
        Ok(Bytes::from(bytes))
    };
    let ms = doors.settings.deadlines.body_ms;
    tokio::time::timeout(Duration::from_millis(ms), collect)
        .await
        .unwrap_or_else(|_| Err(Refusal::new(problem::SLOW, format!("the body did not arrive within {ms} ms"))))
}

fn full() -> Refusal {
    Refusal::new(problem::BUSY, "as much is arriving as this server has room for").retry_after(1)
}

/// The sound in these bytes, of at most `seconds`; decoded on a thread that may take its time.
pub async fn decode(
    doors: &Doors,
    door: &'static str,
    bytes: Bytes,
    kind: Option<String>,
    seconds: u32,
) -> Result<Samples, Refusal> {
    let max_bytes = doors.settings.limits.upload_bytes;
    let accepted = Limits { max_bytes, max_seconds: seconds as f32, min_seconds: SHORTEST };
    let decoded = tokio::task::spawn_blocking(move || decode::decode(&bytes, kind.as_deref(), &accepted));
    let samples = decoded.await.map_err(|error| {
        tracing::error!(%error, "audio decoding broke off");
        Refusal::new(problem::INTERNAL, "the audio could not be decoded; the log has the cause")
    })?;
    Ok(samples.inspect_err(|_| metrics::refused(door, "audio"))?)
}
