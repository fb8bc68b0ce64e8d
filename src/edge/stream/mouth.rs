//! A spoken reply on its way down: the speech in, binary messages out, little faster than they are heard, so that a
//! reply that is interrupted is not already lying in the client's buffer.

use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::line::{Gone, Line};
use super::protocol::{Ended, Event, Sound};
use crate::audio::live::{Frames, Outgoing};
use crate::tts::Speech;

/// How far the sound may run ahead of the ear: what a network's hiccups need.
const LEAD: Duration = Duration::from_millis(400);

/// Sends it all, or stops when `stop` is cancelled. Ends by telling the client why.
pub async fn speak(
    line: &Line,
    utterance: u32,
    speech: Speech,
    encoding: Outgoing,
    paced: bool,
    stop: &CancellationToken,
) -> Result<bool, Gone> {
    let mut frames = match Frames::new(&speech.pcm, speech.rate, encoding) {
        Ok(frames) => frames,
        Err(error) => {
            tracing::error!(%error, "a reply could not be encoded");
            line.tell(&Event::AudioEnd { utterance, reason: Ended::Failed }).await?;
            return Ok(true);
        }
    };
    let sound = Sound { encoding: encoding.name(), rate: frames.rate() };
    line.tell(&Event::AudioStart { utterance, sound }).await?;
    let (began, mut sent) = (Instant::now(), Duration::ZERO);
    while let Some(frame) = frames.next() {
        let due = if paced { began + sent.saturating_sub(LEAD) } else { began };
        tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(false),
            () = tokio::time::sleep_until(due.into()) => {}
        }
        sent += frames.length();
        line.sound(frame).await?;
    }
    // Until the last of it is heard, speech is still an interruption.
    if paced {
        tokio::select! {
            () = stop.cancelled() => return Ok(false),
            () = tokio::time::sleep_until((began + sent).into()) => {}
        }
    }
    line.tell(&Event::AudioEnd { utterance, reason: Ended::Finished }).await?;
    Ok(true)
}
