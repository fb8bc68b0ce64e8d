//! `POST /v1/audio/transcriptions`: a recording in, its words out. A recording is cut at its pauses, so that it may be
//! longer than the recogniser's window, and every piece knows its time.

use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::extract::{Request, State};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures::{Stream, StreamExt, stream};
use http::header;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::form::{self, Shape, TranscriptionForm};
use super::subtitles::{self, Cue};
use crate::asr::Bias;
use crate::audio::{RATE, Samples, vad};
use crate::edge::Doors;
use crate::edge::intake::{Place, deadline, decode, take};
use crate::edge::problem::{Problem, Refusal};
use crate::telemetry::metrics;
use crate::turn::TurnError;

const DOOR: &str = "transcriptions";

/// Bytes that a form needs around its file.
const FORM: usize = 64 << 10;

/// A recording's words.
#[derive(Debug, Serialize, ToSchema)]
pub struct TranscriptionBody {
    #[schema(example = "where is my order")]
    pub text: String,
    pub usage: UsageBody,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct UsageBody {
    /// Always `duration`.
    #[serde(rename = "type")]
    #[schema(rename = "type", example = "duration")]
    pub kind: &'static str,
    /// Whole seconds of the recording, rounded up.
    pub seconds: u64,
}

/// A recording's words with their times.
#[derive(Debug, Serialize, ToSchema)]
pub struct VerboseBody {
    #[schema(example = "transcribe")]
    pub task: &'static str,
    #[schema(example = "english")]
    pub language: String,
    /// Of the recording, in seconds.
    pub duration: f32,
    pub text: String,
    pub segments: Vec<SegmentBody>,
    pub usage: UsageBody,
}

/// What is said between two pauses.
#[derive(Debug, Serialize, ToSchema)]
pub struct SegmentBody {
    pub id: usize,
    /// Seconds from the start of the recording.
    pub start: f32,
    pub end: f32,
    pub text: String,
    /// Natural logarithm of the recogniser's confidence.
    pub avg_logprob: f32,
    /// Always 0: the likeliest words.
    pub temperature: f32,
    /// Always empty: the recogniser's own numbers mean nothing to others.
    pub tokens: Vec<u32>,
}

/// One piece of the recording, recognised.
struct Piece {
    cue: Cue,
    confidence: f32,
}

/// Words of a recording, for clients of OpenAI's API.
///
/// `response_format` is `json`, `text`, `verbose_json`, `srt` or `vtt`; with `stream=true` the words come as server-sent
/// events (`transcript.text.delta`, `transcript.text.done`). No conversation takes part. Words are lower-case, without
/// punctuation.
#[utoipa::path(post, path = "/v1/audio/transcriptions", tag = "Audio",
    request_body(content = TranscriptionForm, content_type = "multipart/form-data"),
    responses(
        (status = 200, description = "The words", content(
            (TranscriptionBody = "application/json"), (VerboseBody = "application/json"), (String = "text/plain"),
            (String = "application/x-subrip"), (String = "text/vtt"), (String = "text/event-stream"))),
        (status = 400, description = "A wrong field, or damaged audio", content_type = "application/problem+json", body = Problem),
        (status = 401, description = "No key, or a wrong one", content_type = "application/problem+json", body = Problem),
        (status = 413, description = "Too many bytes or too many seconds", content_type = "application/problem+json", body = Problem),
        (status = 415, description = "Not audio, or no format that is read", content_type = "application/problem+json", body = Problem),
        (status = 429, description = "Too many requests with this key", content_type = "application/problem+json", body = Problem),
        (status = 503, description = "Busy; see Retry-After", content_type = "application/problem+json", body = Problem)))]
pub async fn transcriptions(State(doors): State<Arc<Doors>>, request: Request) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    let limits = &doors.settings.limits;
    let (bytes, place) = take(&doors, DOOR, body, &parts.headers, limits.upload_bytes + FORM).await?;
    let asked = form::read(parts, bytes, &doors.settings.locale).await?;
    let samples = decode(&doors, DOOR, asked.file, asked.kind, limits.transcription_seconds).await?;
    let seconds = samples.seconds();
    let pieces = pieces(doors, samples, asked.bias, place);
    if asked.shape == Shape::Events {
        return Ok(events(pieces, seconds).await?.into_response());
    }
    let pieces: Result<Vec<Piece>, Refusal> = pieces.collect::<Vec<_>>().await.into_iter().collect();
    Ok(answer(pieces?, seconds, asked.shape))
}

/// Each piece of speech in turn, recognised when it is asked for. Holds its place among the turns to the end.
fn pieces(
    doors: Arc<Doors>,
    samples: Samples,
    bias: Bias,
    place: Place,
) -> impl Stream<Item = Result<Piece, Refusal>> + Send + 'static {
    let parts = vad::split(&samples, &vad::Settings::default(), &vad::Split::default());
    let place = Arc::new(place);
    let samples = Arc::new(samples);
    let heard = stream::iter(parts).then(move |part| {
        let (doors, samples, bias, place) = (doors.clone(), samples.clone(), bias.clone(), place.clone());
        async move {
            let _place = place;
            let sound = samples.as_slice().get(part.start..part.end).unwrap_or_default().to_vec();
            let until = deadline(&doors, Instant::now());
            let heard = doors.spine.transcribe(Samples::new(sound), bias, until).await;
            let heard = heard.map_err(|error| {
                metrics::refused(DOOR, "recogniser");
                Refusal::from(TurnError::from(error))
            })?;
            let seconds = |at: usize| at as f32 / RATE as f32;
            let cue = Cue { start: seconds(part.start), end: seconds(part.end), text: heard.text };
            Ok(Piece { cue, confidence: heard.confidence })
        }
    });
    heard.filter(|piece| {
        let wordless = piece.as_ref().is_ok_and(|p: &Piece| p.cue.text.is_empty());
        std::future::ready(!wordless)
    })
}

fn answer(pieces: Vec<Piece>, seconds: f32, shape: Shape) -> Response {
    let cues: Vec<Cue> = pieces.iter().map(|p| p.cue.clone()).collect();
    let text = cues.iter().map(|c| c.text.as_str()).collect::<Vec<_>>().join(" ");
    let usage = usage(seconds);
    match shape {
        Shape::Json | Shape::Events => Json(TranscriptionBody { text, usage }).into_response(),
        Shape::Text => plain("text/plain; charset=utf-8", format!("{text}\n")),
        Shape::Srt => plain("application/x-subrip; charset=utf-8", subtitles::srt(&cues)),
        Shape::Vtt => plain("text/vtt; charset=utf-8", subtitles::vtt(&cues)),
        Shape::Verbose => {
            let segments = pieces.into_iter().enumerate().map(|(id, piece)| SegmentBody {
                id,
                start: piece.cue.start,
                end: piece.cue.end,
                text: piece.cue.text,
                avg_logprob: piece.confidence.max(1e-6).ln(),
                temperature: 0.0,
                tokens: Vec::new(),
            });
            let segments = segments.collect();
            let language = "english".into();
            Json(VerboseBody { task: "transcribe", language, duration: seconds, text, segments, usage }).into_response()
        }
    }
}

fn usage(seconds: f32) -> UsageBody {
    UsageBody { kind: "duration", seconds: seconds.ceil() as u64 }
}

fn plain(kind: &'static str, text: String) -> Response {
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}

/// Where the events stand: waiting for a piece, or finished.
enum Progress<S> {
    Words(S, String),
    Over,
}

/// The first piece is waited for, so that a server that is busy can still say so by its status.
async fn events(
    pieces: impl Stream<Item = Result<Piece, Refusal>> + Send + 'static,
    seconds: f32,
) -> Result<impl IntoResponse, Refusal> {
    let mut pieces = Box::pin(pieces);
    let first = pieces.next().await.transpose()?;
    let pieces = stream::iter(first.map(Ok)).chain(pieces);
    let events = stream::unfold(Progress::Words(Box::pin(pieces), String::new()), move |progress| async move {
        let Progress::Words(mut pieces, mut text) = progress else { return None };
        Some(match pieces.next().await {
            Some(Ok(piece)) => {
                let gap = if text.is_empty() { "" } else { " " };
                let delta = format!("{gap}{}", piece.cue.text);
                text.push_str(&delta);
                let event = json!({"type": "transcript.text.delta", "delta": delta});
                (vec![data(&event)], Progress::Words(pieces, text))
            }
            Some(Err(refusal)) => {
                let event = json!({"type": "error", "error": {"message": refusal.detail, "type": refusal.kind.slug}});
                (vec![data(&event)], Progress::Over)
            }
            None => {
                let done = json!({"type": "transcript.text.done", "text": text, "usage": usage(seconds)});
                (vec![data(&done), Event::default().data("[DONE]")], Progress::Over)
            }
        })
    });
    Ok(Sse::new(events.flat_map(|events| stream::iter(events.into_iter().map(Ok::<_, std::convert::Infallible>)))))
}

fn data(event: &Value) -> Event {
    Event::default().data(event.to_string())
}
