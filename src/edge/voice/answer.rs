//! A turn's [`Answer`] as callers read it: JSON, or speech with everything else in headers.

use axum::Json;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde::Serialize;
use utoipa::ToSchema;

use super::Links;
use super::params::Wanted;
use crate::audio::wav;
use crate::edge::problem::{Refusal, UNAVAILABLE};
use crate::language::{Reading, Slot};
use crate::reply::Spoken;
use crate::turn::{Answer, Timings};

/// Headers of an answer that is sound.
pub const HEADERS: [&str; 10] = [
    "voicecart-session",
    "voicecart-session-open",
    "voicecart-transcript",
    "voicecart-confidence",
    "voicecart-intent",
    "voicecart-slots",
    "voicecart-speech",
    "voicecart-reprompt",
    "voicecart-card",
    "voicecart-ms",
];
/// Proxies commonly take 8 kB of headers in all.
const LONGEST_HEADER: usize = 1_500;

/// One turn.
#[derive(Debug, Serialize, ToSchema)]
pub struct TurnBody {
    /// What was heard; null for typed words and when a request is sent again.
    pub transcript: Option<TranscriptBody>,
    /// What was understood; null when nothing that can be trusted was heard.
    pub intent: Option<IntentBody>,
    pub slots: Vec<SlotBody>,
    /// What the shop says.
    pub speech: WordsBody,
    /// To be said when the shopper stays silent; null when the conversation is over.
    pub reprompt: Option<WordsBody>,
    /// For a screen.
    pub card: Option<CardBody>,
    pub session: SessionBody,
    pub timings: Milliseconds,
    /// The speech as sound; null when not asked for or when it could not be made.
    pub audio: Option<AudioBody>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TranscriptBody {
    #[schema(example = "where is my order")]
    pub text: String,
    /// 0 to 1.
    pub confidence: f32,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct IntentBody {
    #[schema(example = "TrackOrderIntent")]
    pub name: String,
    /// 0 to 1.
    pub confidence: f32,
    /// How it was found: `exact_sample`, `template`, `classifier`, or `rejected` when nothing fitted.
    #[schema(example = "exact_sample")]
    pub source: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SlotBody {
    #[schema(example = "Quantity")]
    pub name: String,
    #[serde(rename = "type")]
    #[schema(rename = "type", example = "AMAZON.NUMBER")]
    pub kind: String,
    /// In the format Alexa uses for the type.
    #[schema(example = "2")]
    pub value: String,
    /// The words as said.
    #[schema(example = "two")]
    pub spoken: String,
    pub span: Option<SpanBody>,
    /// What the words may stand for, best first.
    pub resolutions: Vec<ResolutionBody>,
}

/// Where in the words a slot stands, in bytes of UTF-8.
#[derive(Debug, Serialize, ToSchema)]
pub struct SpanBody {
    pub start: usize,
    pub end: usize,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ResolutionBody {
    pub id: String,
    pub name: String,
    /// 0 to 1.
    pub score: f32,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct WordsBody {
    #[schema(example = "Your order is out for delivery.")]
    pub text: String,
    #[schema(example = "<speak>Your order is out for delivery.</speak>")]
    pub ssml: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CardBody {
    pub title: String,
    pub text: String,
    pub image: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SessionBody {
    /// To be sent with the next request of this conversation.
    #[schema(example = "s-0123456789abcdef")]
    pub id: String,
    /// Whether the shop waits for another request.
    pub open: bool,
}

/// Time by stage, in milliseconds.
#[derive(Debug, Serialize, ToSchema)]
pub struct Milliseconds {
    pub queue: f64,
    pub recognition: f64,
    pub understanding: f64,
    pub shop: f64,
    pub synthesis: f64,
    pub total: f64,
}

/// Either `base64` or `url` is there.
#[derive(Debug, Serialize, ToSchema)]
pub struct AudioBody {
    #[serde(rename = "type")]
    #[schema(rename = "type", example = "audio/wav")]
    pub kind: &'static str,
    /// Samples a second.
    #[schema(example = 22_050)]
    pub rate: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base64: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Seconds until the address stops working.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<u64>,
}

/// The answer in the form the caller wants.
pub(super) fn respond(answer: Answer, wanted: Wanted, links: &Links) -> Result<Response, Refusal> {
    let mut body = TurnBody::from(&answer);
    if let Wanted::Sound(format) = wanted {
        let sound = answer.speech.as_ref().and_then(|s| {
            let encoded = format.encode(&s.pcm, s.rate);
            encoded.inspect_err(|error| tracing::error!(%error, "an answer could not be written")).ok()
        });
        let unspoken =
            || Refusal::new(UNAVAILABLE, "the answer could not be spoken; ask for application/json").retry_after(1);
        let sound = sound.ok_or_else(unspoken)?;
        return Ok((headers(&body), [(header::CONTENT_TYPE, format.content_type())], sound).into_response());
    }
    let sound = answer.speech.as_ref().map(|s| (wav::encode(&s.pcm, s.rate), s.rate));
    body.audio = sound.and_then(|(wav, rate)| match wanted {
        Wanted::Inline => {
            let base64 = Some(base64::engine::general_purpose::STANDARD.encode(wav));
            Some(AudioBody { kind: "audio/wav", rate, base64, url: None, expires_in: None })
        }
        Wanted::Link => links.put(Bytes::from(wav)).map(|id| AudioBody {
            kind: "audio/wav",
            rate,
            base64: None,
            url: Some(format!("/v1/audio/{id}")),
            expires_in: Some(links.seconds()),
        }),
        Wanted::Words | Wanted::Sound(_) => None,
    });
    Ok(Json(body).into_response())
}

impl From<&Answer> for TurnBody {
    fn from(answer: &Answer) -> Self {
        let reply = &answer.reply;
        Self {
            transcript: answer
                .transcript
                .as_ref()
                .map(|t| TranscriptBody { text: t.text.clone(), confidence: rounded(t.confidence) }),
            intent: answer.reading.as_ref().map(IntentBody::from),
            slots: answer.reading.iter().flat_map(|r| &r.slots).map(SlotBody::from).collect(),
            speech: WordsBody::from(&reply.speech),
            reprompt: reply.reprompt.as_ref().map(WordsBody::from),
            card: reply.card.as_ref().map(|c| CardBody {
                title: c.title.clone(),
                text: c.text.clone(),
                image: c.image.clone(),
            }),
            session: SessionBody { id: answer.session.as_str().to_owned(), open: answer.open },
            timings: Milliseconds::from(&answer.timings),
            audio: None,
        }
    }
}

impl From<&Reading> for IntentBody {
    fn from(reading: &Reading) -> Self {
        let source = serde_json::to_value(reading.source).ok().and_then(|v| v.as_str().map(str::to_owned));
        Self {
            name: reading.intent.clone(),
            confidence: rounded(reading.confidence),
            source: source.unwrap_or_default(),
        }
    }
}

impl From<&Slot> for SlotBody {
    fn from(slot: &Slot) -> Self {
        Self {
            name: slot.name.clone(),
            kind: slot.kind.clone(),
            value: slot.value.clone(),
            spoken: slot.spoken.clone(),
            span: slot.span.as_ref().map(|s| SpanBody { start: s.start, end: s.end }),
            resolutions: slot
                .resolutions
                .iter()
                .map(|r| ResolutionBody { id: r.id.clone(), name: r.name.clone(), score: rounded(r.score) })
                .collect(),
        }
    }
}

impl From<&Spoken> for WordsBody {
    fn from(spoken: &Spoken) -> Self {
        Self { text: spoken.text.clone(), ssml: spoken.ssml.clone() }
    }
}

impl From<&Timings> for Milliseconds {
    fn from(t: &Timings) -> Self {
        let ms = |d: std::time::Duration| (d.as_secs_f64() * 1e6).round() / 1e3;
        Self {
            queue: ms(t.queue),
            recognition: ms(t.recognition),
            understanding: ms(t.understanding),
            shop: ms(t.shop),
            synthesis: ms(t.synthesis),
            total: ms(t.total),
        }
    }
}

/// Three decimals; the rest is noise that makes answers hard to read.
fn rounded(value: f32) -> f32 {
    (value * 1_000.0).round() / 1_000.0
}

fn headers(body: &TurnBody) -> HeaderMap {
    let values: [Option<String>; HEADERS.len()] = [
        Some(body.session.id.clone()),
        Some(body.session.open.to_string()),
        body.transcript.as_ref().map(|t| t.text.clone()),
        body.transcript.as_ref().map(|t| t.confidence.to_string()),
        body.intent.as_ref().map(|i| i.name.clone()),
        (!body.slots.is_empty()).then(|| json_of(&body.slots)),
        Some(body.speech.text.clone()),
        body.reprompt.as_ref().map(|r| r.text.clone()),
        body.card.as_ref().map(json_of),
        Some(json_of(&body.timings)),
    ];
    HEADERS
        .iter()
        .zip(values)
        .filter_map(|(name, value)| {
            Some((HeaderName::from_static(name), HeaderValue::from_str(&percent(&value?, LONGEST_HEADER)).ok()?))
        })
        .collect()
}

fn json_of(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// Percent-encodes what a header cannot carry as it is; cut at a whole character when longer than `limit`.
fn percent(text: &str, limit: usize) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let mut utf8 = [0; 4];
        let piece = match c {
            ' '..='~' if c != '%' => c.to_string(),
            c => c.encode_utf8(&mut utf8).bytes().map(|b| format!("%{b:02X}")).collect(),
        };
        if out.len() + piece.len() > limit {
            break;
        }
        out.push_str(&piece);
    }
    out
}

/// The example of the reference.
pub(super) fn example() -> serde_json::Value {
    serde_json::json!({
        "transcript": {"text": "order two bags of coffee", "confidence": 0.94},
        "intent": {"name": "BuyProductIntent", "confidence": 0.97, "source": "template"},
        "slots": [{
            "name": "Quantity", "type": "AMAZON.NUMBER", "value": "2", "spoken": "two",
            "span": {"start": 6, "end": 9}, "resolutions": []
        }],
        "speech": {
            "text": "Two bags of house coffee are 19 dollars. Shall I order them?",
            "ssml": "<speak>Two bags of house coffee are 19 dollars. Shall I order them?</speak>"
        },
        "reprompt": {"text": "Shall I order them?", "ssml": "<speak>Shall I order them?</speak>"},
        "card": null,
        "session": {"id": "s-0123456789abcdef", "open": true},
        "timings": {
            "queue": 0.1, "recognition": 92.4, "understanding": 0.2, "shop": 1.6, "synthesis": 21.3, "total": 116.0
        },
        "audio": {"type": "audio/wav", "rate": 22050, "url": "/v1/audio/4f0c", "expires_in": 300}
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_carry_any_text() {
        assert_eq!(percent("plain words, 5 dollars", 99), "plain words, 5 dollars");
        assert_eq!(percent("50% café\n", 99), "50%25 caf%C3%A9%0A");
        assert_eq!(percent("ééé", 7), "%C3%A9");
        assert!(HeaderValue::from_str(&percent("\u{0}\r\nX: 1\u{7f}", 99)).is_ok());
    }

    #[test]
    fn the_example_has_the_shape_of_an_answer() {
        let body = TurnBody {
            transcript: None,
            intent: None,
            slots: Vec::new(),
            speech: WordsBody { text: String::new(), ssml: String::new() },
            reprompt: None,
            card: None,
            session: SessionBody { id: String::new(), open: false },
            timings: Milliseconds::from(&Timings::default()),
            audio: None,
        };
        let keys = |v: &serde_json::Value| v.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(&example()), keys(&serde_json::to_value(body).unwrap()));
    }
}
