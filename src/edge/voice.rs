//! `POST /v1/voice` and `POST /v1/text`: a spoken or typed request in, one turn of the conversation out, as JSON or as
//! the speech itself. Knows the order of nothing: the spine does.

mod answer;
mod links;
mod params;

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use http::header;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Doors;
use super::intake::{deadline, decode, take};
use super::problem::{self, Problem, Refusal};
use crate::language::Utterance;
use crate::telemetry::metrics::{self, StageTimes};
use crate::telemetry::{Private, Words};
use crate::turn::{Answer, TurnError};

pub use answer::{AudioBody, CardBody, HEADERS, IntentBody, Milliseconds, SessionBody, SpanBody, TurnBody, WordsBody};
pub use answer::{ResolutionBody, SlotBody, TranscriptBody};
pub use links::Links;
use params::{Form, Wanted};
pub(super) use params::{json, json_type, of_stream};

/// A typed request.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TextBody {
    /// What the shopper types, 1 to 1,000 characters.
    #[schema(example = "where is my order")]
    pub text: String,
    /// The conversation this belongs to, as `session.id` of an earlier answer; a new one is opened without it.
    pub session: Option<String>,
    /// Who asks; the shop's guest without it.
    #[schema(example = "ada")]
    pub customer: Option<String>,
    /// Language tag.
    #[schema(example = "en-US")]
    pub locale: Option<String>,
    /// `inline` (base64 in the answer), `link` (an address that expires) or `none`; `none` without it.
    #[schema(example = "none")]
    pub audio: Option<String>,
}

/// A spoken request.
///
/// The body is the audio itself: WAV (8 to 48 kHz, mono or stereo, 8, 16, 24 or 32 bits or float), FLAC, MP3, Ogg
/// (Vorbis or Opus), WebM as browsers record it, or raw `audio/l16`. What it is is found from its bytes first. Nothing
/// of it is kept.
#[utoipa::path(post, path = "/v1/voice", tag = "Turns",
    params(params::VoiceQuery,
        ("Idempotency-Key" = Option<String>, Header, description = "Names this request, so that sending it again buys nothing twice"),
        ("Accept" = Option<String>, Header, description = "`application/json` (default), `audio/wav`, `audio/ogg` (Opus), `audio/flac` or `audio/mpeg`")),
    request_body(description = "Audio, 30 s at most", content(
        (Vec<u8> = "audio/wav"), (Vec<u8> = "audio/flac"), (Vec<u8> = "audio/mpeg"), (Vec<u8> = "audio/ogg"),
        (Vec<u8> = "audio/webm"), (Vec<u8> = "audio/l16"))),
    responses(
        (status = 200, description = "The turn; also when nothing could be made out, which the speech then says", content(
            (TurnBody = "application/json", example = json!(answer::example())), (Vec<u8> = "audio/wav"),
            (Vec<u8> = "audio/ogg"), (Vec<u8> = "audio/flac"), (Vec<u8> = "audio/mpeg")),
            headers(("Voicecart-Session" = String, description = "With `audio/wav`: the session's id; the rest of the answer is in the other `Voicecart-` headers, percent-encoded UTF-8"))),
        (status = 400, description = "Empty or damaged audio, or a wrong parameter", content_type = "application/problem+json", body = Problem),
        (status = 401, description = "No key, or a wrong one", content_type = "application/problem+json", body = Problem),
        (status = 408, description = "The audio arrived too slowly", content_type = "application/problem+json", body = Problem),
        (status = 409, description = "The Idempotency-Key belongs to another request", content_type = "application/problem+json", body = Problem),
        (status = 413, description = "Too many bytes or too many seconds", content_type = "application/problem+json", body = Problem),
        (status = 415, description = "Not audio, or no format that is read", content_type = "application/problem+json", body = Problem),
        (status = 422, description = "Too short to hold a word", content_type = "application/problem+json", body = Problem),
        (status = 429, description = "Too many requests with this key", content_type = "application/problem+json", body = Problem),
        (status = 503, description = "Busy; see Retry-After", content_type = "application/problem+json", body = Problem),
        (status = 504, description = "The turn did not finish in time", content_type = "application/problem+json", body = Problem)))]
pub async fn voice(State(doors): State<Arc<Doors>>, request: Request) -> Result<Response, Refusal> {
    let began = Instant::now();
    let (parts, body) = request.into_parts();
    let form = params::of_voice(&parts)?;
    let caller = form.caller(&doors, deadline(&doors, began)).await?;
    let limits = &doors.settings.limits;
    let (bytes, _turn) = take(&doors, "voice", body, &parts.headers, limits.upload_bytes).await?;
    // Uploading takes the caller's time, not the turn's.
    let caller = crate::turn::Caller { deadline: deadline(&doors, Instant::now()), ..caller };
    let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).map(str::to_owned);
    let samples = decode(&doors, "voice", bytes, kind, limits.audio_seconds).await?;
    let answer = doors.spine.from_samples(samples, caller).await;
    finish(&doors, "voice", answer, &form)
}

/// A typed request.
///
/// The same turn as `/v1/voice`, from words.
#[utoipa::path(post, path = "/v1/text", tag = "Turns",
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "Names this request, so that sending it again buys nothing twice"),
        ("Accept" = Option<String>, Header, description = "`application/json` (default), `audio/wav`, `audio/ogg` (Opus), `audio/flac` or `audio/mpeg`")),
    request_body(content = TextBody, content_type = "application/json"),
    responses(
        (status = 200, description = "The turn", content(
            (TurnBody = "application/json", example = json!(answer::example())), (Vec<u8> = "audio/wav"),
            (Vec<u8> = "audio/ogg"), (Vec<u8> = "audio/flac"), (Vec<u8> = "audio/mpeg"))),
        (status = 400, description = "Not the JSON expected, or a wrong parameter", content_type = "application/problem+json", body = Problem),
        (status = 401, description = "No key, or a wrong one", content_type = "application/problem+json", body = Problem),
        (status = 408, description = "The body arrived too slowly", content_type = "application/problem+json", body = Problem),
        (status = 409, description = "The Idempotency-Key belongs to another request", content_type = "application/problem+json", body = Problem),
        (status = 413, description = "The body is too large", content_type = "application/problem+json", body = Problem),
        (status = 415, description = "The body is not JSON", content_type = "application/problem+json", body = Problem),
        (status = 422, description = "The words cannot be read", content_type = "application/problem+json", body = Problem),
        (status = 429, description = "Too many requests with this key", content_type = "application/problem+json", body = Problem),
        (status = 503, description = "Busy; see Retry-After", content_type = "application/problem+json", body = Problem),
        (status = 504, description = "The turn did not finish in time", content_type = "application/problem+json", body = Problem)))]
pub async fn text(State(doors): State<Arc<Doors>>, request: Request) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    params::json_type(&parts.headers)?;
    let (bytes, _turn) = take(&doors, "text", body, &parts.headers, doors.settings.limits.json_bytes).await?;
    let body: TextBody = params::json(&bytes)?;
    let form = params::of_text(&parts, &body)?;
    let caller = form.caller(&doors, deadline(&doors, Instant::now())).await?;
    let words = Utterance::new(&body.text)?;
    let answer = doors.spine.from_text(words, caller).await;
    finish(&doors, "text", answer, &form)
}

/// Spoken audio behind a link.
///
/// The address comes from an answer to `audio=link`. It needs no key, cannot be guessed, and expires.
#[utoipa::path(get, path = "/v1/audio/{id}", tag = "Turns", security(()),
    params(("id" = String, Path, description = "From `audio.url` of an answer")),
    responses(
        (status = 200, description = "16-bit mono WAV", content_type = "audio/wav", body = Vec<u8>),
        (status = 404, description = "The link has expired", content_type = "application/problem+json", body = Problem)))]
pub async fn audio(State(doors): State<Arc<Doors>>, Path(id): Path<String>) -> Result<Response, Refusal> {
    let wav = doors
        .links
        .get(&id)
        .ok_or_else(|| Refusal::new(problem::LINK_GONE, "this link has expired, or never was one"))?;
    Ok(([(header::CONTENT_TYPE, "audio/wav"), (header::CACHE_CONTROL, "private, no-store")], wav).into_response())
}

fn finish(
    doors: &Doors,
    door: &'static str,
    answer: Result<Answer, TurnError>,
    form: &Form,
) -> Result<Response, Refusal> {
    let answer = answer.inspect_err(|error| metrics::refused(door, reason(error)))?;
    report(door, &answer);
    answer::respond(answer, form.wanted, &doors.links)
}

/// Tells metrics and the log how a turn went.
pub(super) fn report(door: &'static str, answer: &Answer) {
    let times = &answer.timings;
    let intent = answer.reading.as_ref().map_or("none", |r| r.intent.as_str());
    let outcome = match &answer.reading {
        None => "not_heard",
        Some(r) if r.source == crate::language::Source::Rejected => "not_understood",
        Some(_) => "answered",
    };
    let stages = StageTimes {
        queue: times.queue,
        recognition: times.recognition,
        understanding: times.understanding,
        shop: times.shop,
        synthesis: times.synthesis,
        total: times.total,
    };
    metrics::turn_finished(door, intent, outcome, &stages);
    let ms = times.total.as_millis() as u64;
    tracing::info!(door, intent, outcome, ms, session = %Private(answer.session.as_str()), "turn");
    let heard = answer.transcript.as_ref().map(|t| t.text.as_str());
    let words = heard.or(answer.reading.as_ref().map(|r| r.utterance.as_str())).unwrap_or_default();
    tracing::debug!(words = %Words(words), speech = %Words(&answer.reply.speech.text), "said");
}

pub(super) fn reason(error: &TurnError) -> &'static str {
    match error {
        TurnError::Asr(crate::asr::AsrError::Overloaded { .. }) => "overloaded",
        TurnError::Asr(crate::asr::AsrError::Deadline) | TurnError::Deadline => "deadline",
        TurnError::Asr(_) => "recogniser",
        TurnError::Shop(_) => "shop",
        TurnError::Session(_) => "session",
        TurnError::RequestReused(_) => "request_reused",
    }
}

impl Wanted {
    /// Whether the turn must make audio.
    fn speech(self) -> bool {
        !matches!(self, Self::Words)
    }
}
