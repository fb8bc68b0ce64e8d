//! `POST /v1/audio/speech`: words in, a file of them spoken out.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::header;
use serde::Deserialize;
use utoipa::ToSchema;

use super::wrong;
use crate::audio::encode::Format;
use crate::edge::Doors;
use crate::edge::intake::{deadline, take};
use crate::edge::problem::{self, Problem, Refusal};
use crate::edge::voice::{json, json_type};
use crate::reply::ssml::Ssml;
use crate::tts::{TtsError, VoiceSettings};

const DOOR: &str = "speech";

/// Longest text, in characters, as in OpenAI's API.
const LONGEST: usize = 4_096;
/// Voices of that API: here they are all the server's own voice, so that a client made for it works.
const THEIR_VOICES: [&str; 13] =
    ["alloy", "ash", "ballad", "cedar", "coral", "echo", "fable", "marin", "nova", "onyx", "sage", "shimmer", "verse"];

/// Words to be spoken.
#[derive(Debug, Deserialize, ToSchema)]
#[allow(dead_code)] // `model` is described and taken, and changes nothing
pub struct SpeechBody {
    /// 1 to 4,096 characters; SSML when it begins with `<speak`.
    #[schema(example = "Your order is out for delivery.")]
    pub input: String,
    /// A voice of the synthesiser, such as `en-gb`; any of OpenAI's names is the server's own voice.
    pub voice: Option<VoiceBody>,
    /// `mp3` (the default), `opus`, `flac`, `wav` or `pcm` (24 kHz, 16 bits, little-endian).
    #[schema(example = "wav")]
    pub response_format: Option<String>,
    /// 0.25 to 4 times the voice's own speed, within what the synthesiser can speak (80 to 450 words a minute).
    #[schema(example = 1.0)]
    pub speed: Option<f32>,
    /// Any name is taken: the server has one synthesiser.
    #[schema(example = "tts-1")]
    pub model: Option<String>,
    /// `audio`, the default; events are not made.
    pub stream_format: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum VoiceBody {
    Name(String),
    Custom { id: String },
}

/// Words spoken, for clients of OpenAI's API.
#[utoipa::path(post, path = "/v1/audio/speech", tag = "Audio",
    request_body(content = SpeechBody, content_type = "application/json"),
    responses(
        (status = 200, description = "The speech", content(
            (Vec<u8> = "audio/mpeg"), (Vec<u8> = "audio/ogg"), (Vec<u8> = "audio/flac"), (Vec<u8> = "audio/wav"),
            (Vec<u8> = "audio/pcm"))),
        (status = 400, description = "A wrong field", content_type = "application/problem+json", body = Problem),
        (status = 401, description = "No key, or a wrong one", content_type = "application/problem+json", body = Problem),
        (status = 429, description = "Too many requests with this key", content_type = "application/problem+json", body = Problem),
        (status = 503, description = "Busy; see Retry-After", content_type = "application/problem+json", body = Problem)))]
pub async fn speech(State(doors): State<Arc<Doors>>, request: Request) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    json_type(&parts.headers)?;
    let (bytes, _place) = take(&doors, DOOR, body, &parts.headers, doors.settings.limits.json_bytes).await?;
    let body: SpeechBody = json(&bytes)?;
    let format = match body.response_format.as_deref() {
        None => Format::Mp3,
        Some(name) => Format::named(name)
            .ok_or_else(|| wrong("response_format", "it must be mp3, opus, flac, wav or pcm; aac is not made"))?,
    };
    if body.stream_format.as_deref().is_some_and(|f| f != "audio") {
        return Err(wrong("stream_format", "only audio is made"));
    }
    let ssml = document(&body.input)?;
    let voice = voice(&body, &doors.spine.voice)?;
    let until = deadline(&doors, Instant::now());
    let spoken = doors.spine.pronounce(&ssml, &voice, until).await.map_err(refusal)?;
    let written = tokio::task::spawn_blocking(move || format.encode(&spoken.pcm, spoken.rate)).await;
    let file = written.map_err(|e| e.to_string()).and_then(|w| w.map_err(|e| e.to_string())).map_err(|error| {
        tracing::error!(%error, "speech could not be written");
        Refusal::new(problem::INTERNAL, "the speech could not be written; the log has the cause")
    })?;
    Ok(([(header::CONTENT_TYPE, format.content_type())], file).into_response())
}

fn document(input: &str) -> Result<String, Refusal> {
    let (input, length) = (input.trim(), input.chars().count());
    if input.is_empty() || length > LONGEST {
        return Err(wrong("input", format!("it has {length} characters; 1 to {LONGEST} can be spoken")));
    }
    if input.starts_with("<speak") {
        return Ok(input.to_owned());
    }
    let mut ssml = Ssml::new();
    ssml.text(input);
    Ok(ssml.finish())
}

fn voice(body: &SpeechBody, own: &VoiceSettings) -> Result<VoiceSettings, Refusal> {
    let speed = body.speed.unwrap_or(1.0);
    if !(0.25..=4.0).contains(&speed) {
        return Err(wrong("speed", "it must be a number from 0.25 to 4"));
    }
    let name = match &body.voice {
        None => &own.voice,
        Some(VoiceBody::Name(name) | VoiceBody::Custom { id: name }) if THEIR_VOICES.contains(&name.as_str()) => {
            &own.voice
        }
        Some(VoiceBody::Name(name) | VoiceBody::Custom { id: name }) => name,
    };
    let words_per_minute = ((own.words_per_minute as f32 * speed) as u32).clamp(80, 450);
    Ok(VoiceSettings { voice: name.clone(), words_per_minute, ..own.clone() })
}

fn refusal(error: TtsError) -> Refusal {
    match error {
        TtsError::UnknownVoice { .. } => wrong("voice", error),
        TtsError::Ssml(_) => wrong("input", error),
        TtsError::Deadline => Refusal::new(problem::DEADLINE, error.to_string()),
        TtsError::Overloaded => Refusal::new(problem::BUSY, error.to_string()).retry_after(1),
        TtsError::Engine(_) | TtsError::NoService(_) => {
            tracing::error!(%error, "nothing was spoken");
            Refusal::new(problem::UNAVAILABLE, "the voice does not answer; the log has the cause").retry_after(5)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speed_and_voice() {
        let own = VoiceSettings::default();
        let ask = |voice: &str, speed| {
            let voice = Some(VoiceBody::Name(voice.into()));
            let (response_format, model, stream_format) = (None, None, None);
            super::voice(&SpeechBody { input: "a".into(), voice, response_format, speed, model, stream_format }, &own)
        };
        assert_eq!(ask("alloy", None).unwrap(), own);
        assert_eq!(ask("en-gb", Some(2.0)).unwrap().words_per_minute, 350);
        assert_eq!(ask("en-gb", Some(0.25)).unwrap().words_per_minute, 80);
        assert!(ask("nova", Some(5.0)).is_err() && ask("nova", Some(f32::NAN)).is_err());
    }

    #[test]
    fn markup_is_read_out_unless_it_is_ssml() {
        assert_eq!(document(" a < b ").unwrap(), "<speak>a &lt; b</speak>");
        assert_eq!(document("<speak>a</speak>").unwrap(), "<speak>a</speak>");
        assert!(document("  ").is_err() && document(&"a".repeat(4_097)).is_err());
    }
}
