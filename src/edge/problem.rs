//! Refusals as `application/problem+json` (RFC 9457): what went wrong in a stage in, a status with words a caller can
//! act on out. Nothing private is repeated in them.

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

use super::trace::RequestName;
use crate::asr::AsrError;
use crate::audio::decode::AudioError;
use crate::dialogue::SessionError;
use crate::language::UtteranceError;
use crate::shop::ShopError;
use crate::turn::TurnError;

/// Addresses of OpenAI's API.
const THEIRS: [&str; 2] = ["/v1/audio/transcriptions", "/v1/audio/speech"];
const CONTENT_TYPE: &str = "application/problem+json";

/// One kind of refusal. The list is printed on `/docs`, where each `type` address leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    pub slug: &'static str,
    pub status: StatusCode,
    pub title: &'static str,
    /// What a caller should do about it.
    pub remedy: &'static str,
}

macro_rules! kinds {
    ($($name:ident $slug:literal $status:ident $title:literal $remedy:literal;)*) => {
        $(pub const $name: Kind = Kind { slug: $slug, status: StatusCode::$status, title: $title, remedy: $remedy };)*
        /// Every kind there is.
        pub const KINDS: &[Kind] = &[$($name),*];
    };
}

kinds! {
    BAD_REQUEST "bad-request" BAD_REQUEST "The request is not understood"
        "Correct what `detail` names.";
    BAD_JSON "bad-json" BAD_REQUEST "The body is not the JSON that is expected"
        "Correct the place that `detail` names.";
    BAD_PARAMETER "bad-parameter" BAD_REQUEST "A parameter is wrong"
        "Correct the parameter that `detail` names.";
    BAD_AUDIO "bad-audio" BAD_REQUEST "The audio is damaged"
        "Record or encode it again.";
    NO_KEY "no-key" UNAUTHORIZED "An API key is needed"
        "Send `Authorization: Bearer KEY`. `voicecart keys create NAME` makes a key.";
    NOT_ADMIN "not-admin" FORBIDDEN "This key may not do that"
        "Add the key's name to the setting `service.admins`.";
    ORIGIN "origin" FORBIDDEN "Pages from there may not call"
        "Add the page's origin to the setting `cors.origins`.";
    NOT_FOUND "not-found" NOT_FOUND "There is nothing at this address"
        "See /docs for the addresses there are.";
    NO_CUSTOMER "no-customer" NOT_FOUND "There is no such customer"
        "Name a customer by the id that the shop gave; an erased one has none.";
    LINK_GONE "link-gone" NOT_FOUND "This audio is no longer kept"
        "Send the request again, or ask for the audio inline.";
    METHOD "method" METHOD_NOT_ALLOWED "This address does not take this method"
        "Use a method from the `Allow` header.";
    NOT_ACCEPTABLE "not-acceptable" NOT_ACCEPTABLE "None of the accepted types can be made"
        "Accept `application/json`, `audio/wav`, `audio/ogg`, `audio/flac` or `audio/mpeg`.";
    SLOW "slow" REQUEST_TIMEOUT "The request took too long to arrive"
        "Send it in one go, or a smaller one.";
    REUSED "request-id-reused" CONFLICT "This Idempotency-Key belongs to another request"
        "Use a new key for a new request.";
    IN_FLIGHT "in-flight" CONFLICT "This request is already being worked on"
        "Wait for the first answer, or send the same request again in a moment.";
    TAKEN "taken" CONFLICT "Somebody else has taken it"
        "List what waits again.";
    NOT_MOVED "not-moved" CONFLICT "The return stays as it is"
        "List the returns again; `detail` says why this one cannot be moved on.";
    TOO_LARGE "too-large" PAYLOAD_TOO_LARGE "The body is too large"
        "Send a smaller body; `detail` gives the limit.";
    TOO_LONG "too-long" PAYLOAD_TOO_LARGE "The audio is too long"
        "Send one spoken request at a time; `detail` gives the limit.";
    UNSUPPORTED "unsupported-audio" UNSUPPORTED_MEDIA_TYPE "This is no audio that can be read"
        "Send WAV, FLAC, MP3, Ogg (Vorbis or Opus), WebM or `audio/l16;rate=16000;channels=1`.";
    UNSUPPORTED_BODY "unsupported-body" UNSUPPORTED_MEDIA_TYPE "The body must be JSON"
        "Send `Content-Type: application/json`.";
    TOO_SHORT "too-short" UNPROCESSABLE_ENTITY "The audio is too short to hold a word"
        "Send the whole spoken request.";
    BAD_TEXT "bad-text" UNPROCESSABLE_ENTITY "These words cannot be read"
        "Send 1 to 1,000 characters without control characters.";
    RATE "rate" TOO_MANY_REQUESTS "Too many requests with this key"
        "Wait as long as `Retry-After` says.";
    INTERNAL "internal" INTERNAL_SERVER_ERROR "The server failed"
        "Tell the operator the `instance`; the log has the cause.";
    BUSY "busy" SERVICE_UNAVAILABLE "The server is busy"
        "Try again after `Retry-After` seconds; nothing was changed.";
    UNAVAILABLE "unavailable" SERVICE_UNAVAILABLE "A part of the server does not answer"
        "Send it again after `Retry-After` seconds with the same Idempotency-Key; nothing is done twice.";
    DEADLINE "deadline" GATEWAY_TIMEOUT "The turn did not finish in time"
        "Send it again with the same Idempotency-Key; nothing is done twice.";
}

/// The document that a refused caller gets.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Problem {
    /// Address of the explanation of this kind of refusal.
    #[serde(rename = "type")]
    #[schema(rename = "type", example = "/docs#too-long")]
    pub kind: String,
    /// The kind of refusal in words.
    #[schema(example = "The audio is too long")]
    pub title: String,
    /// The HTTP status once more.
    #[schema(example = 413)]
    pub status: u16,
    /// What was wrong with this very request.
    #[schema(example = "the audio is longer than 30 s: send one request at a time")]
    pub detail: String,
    /// Names this request; the same as `X-Request-Id`.
    #[schema(example = "urn:voicecart:request:01KAMEXAMPLE0000000000000")]
    pub instance: String,
    /// The same once more for clients of OpenAI's API; only at that API's addresses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<OpenAiError>,
}

/// A refusal as clients of OpenAI's API read it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OpenAiError {
    #[schema(example = "response_format: it must be json, text, verbose_json, srt or vtt")]
    pub message: String,
    #[serde(rename = "type")]
    #[schema(rename = "type", example = "invalid_request_error")]
    pub kind: String,
    /// The kind of refusal, as at the end of the problem's `type`.
    #[schema(example = "bad-parameter")]
    pub code: String,
}

/// A refusal on its way out.
#[derive(Debug)]
pub struct Refusal {
    pub kind: Kind,
    pub detail: String,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Refusal {
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), headers: Vec::new() }
    }

    pub fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// What [`retry_after`](Self::retry_after) has added.
    pub fn retry_seconds(&self) -> Option<u64> {
        let (_, value) = self.headers.iter().find(|(name, _)| *name == header::RETRY_AFTER)?;
        value.to_str().ok()?.parse().ok()
    }

    /// Adds `Retry-After`, at least one second.
    pub fn retry_after(self, seconds: u64) -> Self {
        self.with(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)))
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = self.kind.status.into_response();
        response.headers_mut().extend(self.headers);
        // The instance is known only further out: `dress` writes the body.
        response.extensions_mut().insert(Undressed { kind: self.kind, detail: self.detail });
        response
    }
}

#[derive(Clone)]
struct Undressed {
    kind: Kind,
    detail: String,
}

/// Gives every refusal of the API its document, also those that axum makes by itself.
pub async fn dress<F>(request: Request, next: impl FnOnce(Request) -> F) -> Response
where
    F: Future<Output = Response>,
{
    let name = request.extensions().get::<RequestName>().cloned();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let response = next(request).await;
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let refusal = match response.extensions().get::<Undressed>() {
        Some(refusal) => refusal.clone(),
        None if response.headers().get(header::CONTENT_TYPE).is_some_and(|t| t == CONTENT_TYPE) => return response,
        // What OAuth refuses has a form of its own, and shoppers are told on a page.
        None if (path.starts_with("/oauth/") || path.starts_with("/pay/"))
            && !response.headers().get(header::CONTENT_TYPE).is_none_or(is_text) =>
        {
            return response;
        }
        // A page that is not ready says so in its own words.
        None if path == "/readyz" => return response,
        None => {
            let kind = KINDS.iter().copied().find(|k| k.status == status).unwrap_or(BAD_REQUEST);
            Undressed { kind, detail: format!("{method} {path}: {}", kind.title.to_lowercase()) }
        }
    };
    // The detail is for whoever sent the request: it may repeat what they sent, names and all.
    tracing::info!(status = status.as_u16(), kind = refusal.kind.slug, "refused");
    let mut headers = response.headers().clone();
    headers.remove(header::CONTENT_LENGTH);
    headers.remove(header::CONTENT_TYPE);
    let mut dressed = document(refusal.kind, refusal.detail, name.as_ref(), THEIRS.contains(&path.as_str()));
    *dressed.status_mut() = status;
    for (name, value) in &headers {
        dressed.headers_mut().insert(name, value.clone());
    }
    dressed
}

/// What axum writes when it refuses by itself.
fn is_text(content: &HeaderValue) -> bool {
    content.as_bytes().starts_with(b"text/plain")
}

/// The finished response.
pub fn document(kind: Kind, detail: String, name: Option<&RequestName>, theirs: bool) -> Response {
    let error = theirs.then(|| OpenAiError {
        message: detail.clone(),
        kind: if kind.status.is_client_error() { "invalid_request_error" } else { "server_error" }.into(),
        code: kind.slug.into(),
    });
    let problem = Problem {
        error,
        kind: format!("/docs#{}", kind.slug),
        title: kind.title.into(),
        status: kind.status.as_u16(),
        detail,
        instance: name.map(|n| format!("urn:voicecart:request:{}", n.0)).unwrap_or_default(),
    };
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    (kind.status, [(header::CONTENT_TYPE, CONTENT_TYPE)], body).into_response()
}

pub async fn no_such_path(request: Request) -> Refusal {
    Refusal::new(NOT_FOUND, format!("there is no {}; /docs lists what there is", request.uri().path()))
}

impl From<AudioError> for Refusal {
    fn from(error: AudioError) -> Self {
        let kind = match &error {
            AudioError::Empty | AudioError::Malformed { .. } | AudioError::Truncated { .. } => BAD_AUDIO,
            AudioError::TooLarge { .. } => TOO_LARGE,
            AudioError::TooLong { .. } => TOO_LONG,
            AudioError::TooShort { .. } => TOO_SHORT,
            AudioError::NotAudio { .. } | AudioError::Unsupported { .. } | AudioError::Unknown => UNSUPPORTED,
            AudioError::ContentType { .. } => UNSUPPORTED,
        };
        Self::new(kind, error.to_string())
    }
}

impl From<UtteranceError> for Refusal {
    fn from(error: UtteranceError) -> Self {
        Self::new(BAD_TEXT, error.to_string())
    }
}

impl From<TurnError> for Refusal {
    fn from(error: TurnError) -> Self {
        let detail = error.to_string();
        match error {
            TurnError::Asr(AsrError::Overloaded { retry_after }) => {
                Self::new(BUSY, detail).retry_after(retry_after.as_secs())
            }
            TurnError::Asr(AsrError::Deadline) | TurnError::Deadline => Self::new(DEADLINE, detail),
            TurnError::Asr(AsrError::Model { .. }) => {
                Self::new(UNAVAILABLE, "the speech model is not loaded").retry_after(5)
            }
            TurnError::Session(SessionError::Id) => Self::new(BAD_PARAMETER, detail),
            TurnError::RequestReused(_) => Self::new(REUSED, detail),
            TurnError::Shop(ShopError::InFlight(_)) => Self::new(IN_FLIGHT, detail).retry_after(1),
            // What a database says may quote its rows, so it goes to the log and not to the caller.
            TurnError::Shop(ShopError::Away(_)) => Self::new(UNAVAILABLE, detail).retry_after(2),
            TurnError::Shop(ShopError::Storage(_)) | TurnError::Session(SessionError::Storage(_)) => {
                tracing::error!(error = %detail, "the database did not answer");
                Self::new(UNAVAILABLE, "the shop's database did not answer").retry_after(2)
            }
            error => {
                tracing::error!(%error, "a turn failed");
                Self::new(INTERNAL, "the turn failed; the log has the cause under this request's id")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::time::Duration;

    use super::*;

    #[test]
    fn kinds_are_distinct_and_errors() {
        let slugs: HashSet<_> = KINDS.iter().map(|k| k.slug).collect();
        assert_eq!(slugs.len(), KINDS.len());
        assert!(KINDS.iter().all(|k| k.status.is_client_error() || k.status.is_server_error()));
    }

    #[test]
    fn stages_map_to_statuses() {
        let busy = TurnError::Asr(AsrError::Overloaded { retry_after: Duration::from_millis(300) });
        for (refusal, kind, retry) in [
            (Refusal::from(busy), BUSY, Some("1")),
            (TurnError::Deadline.into(), DEADLINE, None),
            (TurnError::RequestReused("r".into()).into(), REUSED, None),
            (TurnError::Shop(ShopError::InFlight("r".into())).into(), IN_FLIGHT, Some("1")),
            (TurnError::Shop(ShopError::Damaged("row 7".into())).into(), INTERNAL, None),
            (AudioError::Empty.into(), BAD_AUDIO, None),
            (AudioError::TooLong { limit: 30.0 }.into(), TOO_LONG, None),
            (UtteranceError::Empty.into(), BAD_TEXT, None),
        ] {
            assert_eq!(refusal.kind, kind);
            assert!(!refusal.detail.contains("row 7"));
            let sent = refusal.headers.iter().find(|(name, _)| *name == header::RETRY_AFTER);
            assert_eq!(sent.map(|(_, v)| v.to_str().unwrap()), retry);
        }
    }
}
