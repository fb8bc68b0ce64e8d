//! What a caller asks for beside the words or the audio: session, customer, locale, request name, kind of answer.
//! Untrusted text becomes a type here or the request is refused.

use std::time::Instant;

use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use http::request::Parts;
use http::{HeaderMap, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::IntoParams;

use super::TextBody;
use crate::audio::encode::Format;
use crate::dialogue::SessionId;
use crate::edge::Doors;
use crate::edge::problem::{BAD_JSON, BAD_PARAMETER, NOT_ACCEPTABLE, Refusal, UNSUPPORTED_BODY};
use crate::shop::{CustomerId, RequestId};
use crate::turn::{Caller, TurnError};

/// Query parameters of `/v1/voice`.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct VoiceQuery {
    /// The conversation this belongs to, as `session.id` of an earlier answer; a new one is opened without it.
    pub session: Option<String>,
    /// Who asks; the shop's guest without it.
    #[param(example = "ada")]
    pub customer: Option<String>,
    /// Language tag.
    #[param(example = "en-US")]
    pub locale: Option<String>,
    /// The spoken answer: `inline` (base64, the default), `link` (an address that expires) or `none`.
    #[param(example = "none")]
    pub audio: Option<String>,
}

/// How the answer is to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// JSON without audio.
    Words,
    /// JSON with the audio in base64.
    Inline,
    /// JSON with a link to the audio.
    Link,
    /// The audio, written like this; everything else in headers.
    Sound(Format),
}

/// A request's parameters, checked.
pub struct Form {
    session: Option<SessionId>,
    customer: Option<CustomerId>,
    locale: Option<String>,
    request: Option<RequestId>,
    pub wanted: Wanted,
}

pub fn of_voice(parts: &Parts) -> Result<Form, Refusal> {
    let Query(query): Query<VoiceQuery> = Query::try_from_uri(&parts.uri)
        .map_err(|e: QueryRejection| Refusal::new(BAD_PARAMETER, format!("the query is wrong: {}", e.body_text())))?;
    let VoiceQuery { session, customer, locale, audio } = query;
    form(&parts.headers, session.as_deref(), customer.as_deref(), locale, audio.as_deref(), Wanted::Inline)
}

pub fn of_text(parts: &Parts, body: &TextBody) -> Result<Form, Refusal> {
    let TextBody { session, customer, locale, audio, .. } = body;
    let (session, customer, audio) = (session.as_deref(), customer.as_deref(), audio.as_deref());
    form(&parts.headers, session, customer, locale.clone(), audio, Wanted::Words)
}

/// For a conversation that names its audio by itself.
pub fn of_stream(session: Option<&str>, customer: Option<&str>, locale: Option<String>) -> Result<Form, Refusal> {
    form(&HeaderMap::new(), session, customer, locale, None, Wanted::Words)
}

fn form(
    headers: &HeaderMap,
    session: Option<&str>,
    customer: Option<&str>,
    locale: Option<String>,
    audio: Option<&str>,
    otherwise: Wanted,
) -> Result<Form, Refusal> {
    let bad = |name: &str, why: String| Refusal::new(BAD_PARAMETER, format!("{name}: {why}"));
    let request = match headers.get("idempotency-key").map(|v| v.to_str()) {
        None => None,
        Some(Err(_)) => return Err(bad("Idempotency-Key", "only ASCII is allowed".into())),
        Some(Ok(text)) => Some(RequestId::new(text).map_err(|e| bad("Idempotency-Key", e.to_string()))?),
    };
    let in_json = match audio {
        None => otherwise,
        Some("inline") => Wanted::Inline,
        Some("link") => Wanted::Link,
        Some("none") => Wanted::Words,
        Some(_) => return Err(bad("audio", "it must be inline, link or none".into())),
    };
    Ok(Form {
        session: session.map(SessionId::new).transpose().map_err(|e| bad("session", e.to_string()))?,
        customer: customer.map(CustomerId::new).transpose().map_err(|e| bad("customer", e.to_string()))?,
        locale,
        request,
        wanted: wanted_sound(headers)?.map_or(in_json, Wanted::Sound),
    })
}

impl Form {
    pub async fn caller(&self, doors: &Doors, deadline: Instant) -> Result<Caller, Refusal> {
        let settings = &doors.settings;
        let locale = self.locale.as_deref().unwrap_or(&settings.locale);
        // One locale is loaded; speaking it to someone who asked for another helps nobody.
        if !locale.eq_ignore_ascii_case(&settings.locale) {
            let detail = format!("locale: this server speaks {} only", settings.locale);
            return Err(Refusal::new(BAD_PARAMETER, detail));
        }
        let name = self.customer.as_ref().map_or(settings.shop.guest.as_str(), CustomerId::as_str);
        let customer = (doors.resolve)(format!("api:{name}")).await.map_err(TurnError::from)?;
        let fresh = || RequestId::new(&doors.spine.ids.next()).map_err(|e| Refusal::new(BAD_PARAMETER, e.to_string()));
        Ok(Caller {
            session: self.session.clone(),
            customer,
            locale: settings.locale.clone(),
            request: self.request.clone().map_or_else(fresh, Ok)?,
            deadline,
            speak: self.wanted.speech(),
            door: Default::default(),
        })
    }
}

/// The kind of audio that the caller would rather have than JSON.
fn wanted_sound(headers: &HeaderMap) -> Result<Option<Format>, Refusal> {
    let given: Vec<&str> = headers.get_all(header::ACCEPT).iter().filter_map(|v| v.to_str().ok()).collect();
    if given.is_empty() {
        return Ok(None);
    }
    let mut best: Option<(f32, Option<Format>)> = None;
    for range in given.iter().flat_map(|v| v.split(',')) {
        let mut pieces = range.split(';').map(str::trim);
        let kind = pieces.next().unwrap_or_default().to_ascii_lowercase();
        let weight = pieces.find_map(|p| p.strip_prefix("q=")).and_then(|q| q.parse().ok()).unwrap_or(1.0);
        let sound = match kind.as_str() {
            "application/json" | "application/*" | "*/*" | "application/problem+json" => None,
            "audio/wav" | "audio/x-wav" | "audio/vnd.wave" | "audio/wave" | "audio/*" => Some(Format::Wav),
            "audio/ogg" | "audio/opus" => Some(Format::Opus),
            "audio/flac" | "audio/x-flac" => Some(Format::Flac),
            "audio/mpeg" | "audio/mp3" => Some(Format::Mp3),
            _ => continue,
        };
        if weight > 0.0 && best.is_none_or(|(w, _)| weight > w) {
            best = Some((weight, sound));
        }
    }
    best.map(|(_, sound)| sound).ok_or_else(|| {
        let kinds = "application/json, audio/wav, audio/ogg (Opus), audio/flac or audio/mpeg";
        Refusal::new(NOT_ACCEPTABLE, format!("the answer can be {kinds}"))
    })
}

/// Refuses a body that says it is something else than JSON.
pub fn json_type(headers: &HeaderMap) -> Result<(), Refusal> {
    let Some(value) = headers.get(header::CONTENT_TYPE) else { return Ok(()) };
    let kind = value.to_str().ok().and_then(|v| v.parse::<mime::Mime>().ok());
    let json = kind.is_some_and(|m| {
        m.type_() == mime::APPLICATION && (m.subtype() == mime::JSON || m.suffix() == Some(mime::JSON))
            // curl -d says so unless told otherwise.
            || m == mime::APPLICATION_WWW_FORM_URLENCODED
    });
    if json { Ok(()) } else { Err(Refusal::new(UNSUPPORTED_BODY, "send Content-Type: application/json")) }
}

/// Reads JSON; a refusal names the place. Nesting is bounded by the parser.
pub fn json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let place = error.path().to_string();
        let inner = error.into_inner();
        let detail = if place == "." { inner.to_string() } else { format!("{place}: {inner}") };
        Refusal::new(BAD_JSON, detail)
    })?;
    reader.end().map_err(|error| Refusal::new(BAD_JSON, error.to_string()))?;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(http::HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn accepted_types() {
        for (accept, sound) in [
            ("*/*", Some(None)),
            ("application/json", Some(None)),
            ("audio/wav", Some(Some(Format::Wav))),
            ("audio/*;q=0.5, application/json", Some(None)),
            ("application/json;q=0.1, audio/wav;q=0.2", Some(Some(Format::Wav))),
            ("audio/ogg;codecs=opus, audio/wav;q=0.5", Some(Some(Format::Opus))),
            ("audio/mpeg", Some(Some(Format::Mp3))),
            ("text/html", None),
            ("audio/wav;q=0", None),
        ] {
            assert_eq!(wanted_sound(&headers("accept", accept)).ok(), sound, "{accept}");
        }
        assert!(wanted_sound(&HeaderMap::new()).unwrap().is_none());
    }

    #[test]
    fn body_types() {
        for (kind, fine) in [
            ("application/json", true),
            ("application/json; charset=utf-8", true),
            ("application/vnd.shop+json", true),
            ("application/x-www-form-urlencoded", true),
            ("text/plain", false),
            ("nonsense", false),
        ] {
            assert_eq!(json_type(&headers("content-type", kind)).is_ok(), fine, "{kind}");
        }
    }

    #[test]
    fn json_mistakes_are_placed() {
        let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
        for (body, wanted) in [
            ("{", "EOF"),
            ("{\"text\": 1}", "text: invalid type"),
            ("{\"text\": \"a\", \"txet\": 1}", "unknown field `txet`"),
            ("{\"text\": \"a\"} trailing", "trailing"),
            (&format!("{{\"text\": {deep}}}"), "invalid type"),
            (&deep, "invalid type"),
        ] {
            let refusal = json::<TextBody>(body.as_bytes()).unwrap_err();
            assert!(refusal.detail.contains(wanted), "{}", refusal.detail);
        }
        let refusal = json::<serde_json::Value>(deep.as_bytes()).unwrap_err();
        assert!(refusal.detail.contains("recursion"), "{}", refusal.detail);
    }
}
