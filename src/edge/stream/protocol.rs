//! What is said on `/v1/stream` beside the sound: commands up, events down, each a JSON object with a `type`.
//! `docs/stream.md` describes them to those who write clients; a change here is a change there.

use serde::{Deserialize, Serialize};

use crate::audio::endpoint::Why;
use crate::edge::problem::Refusal;
use crate::edge::voice::{CardBody, IntentBody, Milliseconds, SessionBody, SlotBody, WordsBody};

/// The version of the protocol, as in `ready` and in the WebSocket subprotocol.
pub const VERSION: &str = "voicecart.v1";

/// From the client.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Command {
    /// The utterance is over: a button was let go.
    End,
    /// The reply that is being spoken is to stop.
    Cancel,
    /// A typed turn.
    Text { text: String },
    /// Another patience from now on.
    Configure { endpointing: String },
    /// No more is to come; what is under way is finished first.
    Close,
}

/// From the server. Times are milliseconds of received sound.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Event<'a> {
    Ready {
        protocol: &'a str,
        session: &'a str,
        input: Sound,
        output: Option<Sound>,
        endpointing: &'a str,
        limits: Limits,
    },
    SpeechStart {
        utterance: u32,
        at_ms: u64,
    },
    /// `stable` is the part of `text` that the last two looks agree on.
    Partial {
        utterance: u32,
        text: &'a str,
        stable: &'a str,
    },
    /// `last_voice_ms` is where the last word ended, `at_ms` where that was noticed.
    SpeechEnd {
        utterance: u32,
        last_voice_ms: u64,
        at_ms: u64,
        reason: Reason,
    },
    /// An empty `text` means that nothing was made out.
    Transcript {
        utterance: u32,
        text: &'a str,
        confidence: f32,
    },
    Intent {
        utterance: u32,
        intent: Option<IntentBody>,
        slots: Vec<SlotBody>,
    },
    Reply {
        utterance: u32,
        speech: WordsBody,
        reprompt: Option<WordsBody>,
        card: Option<CardBody>,
        session: SessionBody,
        timings: Milliseconds,
    },
    /// Binary messages follow.
    AudioStart {
        utterance: u32,
        #[serde(flatten)]
        sound: Sound,
    },
    AudioEnd {
        utterance: u32,
        reason: Ended,
    },
    /// `fatal` errors are followed by the end of the connection.
    Error {
        code: &'a str,
        message: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        utterance: Option<u32>,
        #[serde(skip_serializing_if = "Option::is_none")]
        retry_after: Option<u64>,
        fatal: bool,
    },
}

/// How binary messages are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Sound {
    /// `pcm16` (signed, little-endian, mono) or `opus` (one packet in each message).
    pub encoding: &'static str,
    /// Samples a second.
    pub rate: u32,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub struct Limits {
    /// Longest utterance; it is answered as far as it goes.
    pub utterance_seconds: u32,
    /// Silence on the connection, not in the room, after which it is closed.
    pub idle_seconds: u64,
    /// Longest connection.
    pub seconds: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The speaker fell silent.
    Silence,
    /// The utterance reached the limit.
    Limit,
    /// The client sent `end`, or stopped sending sound.
    Asked,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ended {
    Finished,
    /// The shopper spoke.
    BargeIn,
    /// The client sent `cancel`.
    Cancelled,
    /// It could not be spoken; the words are in `reply`.
    Failed,
}

impl From<Why> for Reason {
    fn from(why: Why) -> Self {
        match why {
            Why::Silence => Self::Silence,
            Why::Limit => Self::Limit,
            Why::Asked => Self::Asked,
        }
    }
}

impl Event<'_> {
    pub fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// A refusal as an event.
    pub fn refusal(refusal: &Refusal, utterance: Option<u32>, fatal: bool) -> Event<'_> {
        let (code, message) = (refusal.kind.slug, refusal.detail.as_str());
        Event::Error { code, message, utterance, retry_after: refusal.retry_seconds(), fatal }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands() {
        let read = |text: &str| serde_json::from_str::<Command>(text);
        assert!(matches!(read(r#"{"type":"end"}"#), Ok(Command::End)));
        assert!(matches!(read(r#"{"type":"text","text":"help"}"#), Ok(Command::Text { text }) if text == "help"));
        for wrong in ["", "{}", "[]", r#"{"type":"shout"}"#, r#"{"type":"text"}"#, r#"{"type":"text","text":1}"#] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn events() {
        let sound = Sound { encoding: "pcm16", rate: 22_050 };
        assert_eq!(
            Event::AudioStart { utterance: 3, sound }.json(),
            r#"{"type":"audio-start","utterance":3,"encoding":"pcm16","rate":22050}"#
        );
        assert_eq!(
            Event::AudioEnd { utterance: 3, reason: Ended::BargeIn }.json(),
            r#"{"type":"audio-end","utterance":3,"reason":"barge-in"}"#
        );
    }
}
