//! Bytes of any container in, [`Samples`] out, or the one reason why not. The bytes decide what they are; a
//! `Content-Type` only helps where they cannot (headerless PCM). Refuses to know about HTTP: the door turns each
//! [`AudioError`] into a status.

use super::sniff::{self, Kind};
use super::{Samples, l16, resample, riff, stream};

/// Containers that can be heard, as told to callers who sent something else.
pub const ACCEPTED: &str = "WAV, FLAC, MP3, Ogg Vorbis or audio/l16";

/// Rates a container may declare, in hertz.
pub const RATES: std::ops::RangeInclusive<u32> = 8_000..=192_000;

/// What a caller may send.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Encoded size.
    pub max_bytes: usize,
    /// Decoded length in seconds; decoding stops as soon as it is passed, whatever the header promised.
    pub max_seconds: f32,
    /// Anything shorter cannot hold a word.
    pub min_seconds: f32,
}

impl Default for Limits {
    fn default() -> Self {
        // 30 s of 48 kHz stereo in 32 bits is 11.5 MB.
        Self { max_bytes: 16 << 20, max_seconds: 30.0, min_seconds: 0.25 }
    }
}

/// Why bytes could not be heard. One variant per cause.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum AudioError {
    #[error("the body is empty: send {ACCEPTED}")]
    Empty,
    #[error("{bytes} bytes of audio are too many: the limit is {limit}")]
    TooLarge { bytes: usize, limit: usize },
    #[error("the audio is longer than {limit} s: send one request at a time")]
    TooLong { limit: f32 },
    #[error("{seconds:.2} s of audio cannot hold a word: send at least {least} s")]
    TooShort { seconds: f32, least: f32 },
    #[error("this is {what}, not audio: send {ACCEPTED}")]
    NotAudio { what: &'static str },
    #[error("{what} is not supported: send {ACCEPTED}")]
    Unsupported { what: String },
    #[error("these bytes are no audio format known here: send {ACCEPTED}")]
    Unknown,
    #[error("the {format} data is damaged: {reason}")]
    Malformed { format: &'static str, reason: String },
    #[error("the {format} data ends after {seconds:.2} s of the {promised:.2} s its header promises")]
    Truncated { format: &'static str, seconds: f32, promised: f32 },
    #[error("content type {given:?}: {reason}")]
    ContentType { given: String, reason: &'static str },
}

/// Mono audio as a container held it, before resampling.
#[derive(Debug, PartialEq)]
pub(super) struct Pcm {
    pub values: Vec<f32>,
    pub rate: u32,
    /// Seconds the header promised, when fewer were there.
    pub promised: Option<f32>,
    pub format: &'static str,
}

/// Decodes one clip to 16 kHz mono. Channels are averaged, values that are not numbers become silence, and a clip
/// that breaks off is heard as far as it goes when at least `limits.min_seconds` are there.
pub fn decode(bytes: &[u8], content_type: Option<&str>, limits: &Limits) -> Result<Samples, AudioError> {
    if bytes.is_empty() {
        return Err(AudioError::Empty);
    }
    if bytes.len() > limits.max_bytes {
        return Err(AudioError::TooLarge { bytes: bytes.len(), limit: limits.max_bytes });
    }
    let raw = content_type.map(l16::Raw::from_content_type).transpose()?.flatten();
    let pcm = match (sniff::kind(bytes), raw) {
        (Kind::Wav, _) => riff::read(bytes, limits)?,
        (Kind::Stream(container), _) if raw.is_none() || container.certain() => stream::read(bytes, container, limits)?,
        (_, Some(raw)) => raw.read(bytes, limits)?,
        (Kind::Unsupported(what), _) => return Err(AudioError::Unsupported { what: what.into() }),
        (Kind::NotAudio(what), _) => return Err(AudioError::NotAudio { what }),
        (Kind::Stream(_) | Kind::Unknown, None) => return Err(AudioError::Unknown),
    };
    let seconds = pcm.values.len() as f32 / pcm.rate as f32;
    if seconds < limits.min_seconds {
        return Err(match pcm.promised {
            Some(promised) => AudioError::Truncated { format: pcm.format, seconds, promised },
            None => AudioError::TooShort { seconds, least: limits.min_seconds },
        });
    }
    Ok(resample::to_samples(pcm.values, pcm.rate))
}

/// Refuses a rate that no microphone has, before anything is computed from it.
pub(super) fn check_rate(format: &'static str, rate: u32) -> Result<u32, AudioError> {
    if RATES.contains(&rate) {
        return Ok(rate);
    }
    let reason = format!("{rate} samples a second is not a rate between {} and {}", RATES.start(), RATES.end());
    Err(AudioError::Malformed { format, reason })
}

/// Frames of `rate` that `limits` lets through.
pub(super) fn max_frames(limits: &Limits, rate: u32) -> usize {
    (f64::from(limits.max_seconds.max(0.0)) * f64::from(rate)) as usize
}
