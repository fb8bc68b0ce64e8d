//! What goes into a turn and what comes out of it: who asks, the answer, the time it took, and what went wrong.

use std::time::{Duration, Instant};

use super::door::Door;
use crate::asr::{AsrError, Transcript};
use crate::dialogue::{Asks, Kept, Say, SessionError, SessionId};
use crate::language::{Reading, Source, changes_something};
use crate::reply::Reply;
use crate::shop::{CustomerId, RequestId, ShopError};
use crate::tts::Speech;

/// Who asks, and under what terms.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The conversation this belongs to; a new one is opened when absent or lapsed.
    pub session: Option<SessionId>,
    pub customer: CustomerId,
    pub locale: String,
    /// The same request sent twice carries the same id and gets the same answer.
    pub request: RequestId,
    /// When the caller stops waiting.
    pub deadline: Instant,
    /// Whether audio of the reply is wanted.
    pub speak: bool,
    /// What the door adds.
    pub door: Door,
}

/// What goes back out of the door.
#[derive(Clone, Debug)]
pub struct Answer {
    pub session: SessionId,
    /// Whether the session stays open for another turn.
    pub open: bool,
    pub transcript: Option<Transcript>,
    pub reading: Option<Reading>,
    /// What is said, for doors that show it too.
    pub say: Kept<Say>,
    /// What the shopper is asked to fill or to confirm next, if anything.
    pub asks: Option<Asks>,
    pub reply: Reply,
    /// Absent when not asked for, or when synthesis failed (the words are still there).
    pub speech: Option<Speech>,
    pub timings: Timings,
}

/// Time spent in each stage.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Timings {
    pub queue: Duration,
    pub recognition: Duration,
    pub understanding: Duration,
    pub shop: Duration,
    pub synthesis: Duration,
    pub total: Duration,
}

#[derive(Debug, thiserror::Error)]
pub enum TurnError {
    #[error(transparent)]
    Asr(#[from] AsrError),
    #[error(transparent)]
    Shop(#[from] ShopError),
    #[error(transparent)]
    Session(#[from] SessionError),
    #[error("the turn did not finish before its deadline")]
    Deadline,
    #[error("request id {0:?} was already used for a different request")]
    RequestReused(String),
}

/// What a recogniser must reach before its words are acted on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trust {
    /// Below this, nothing was heard.
    pub reject: f32,
    /// Below this, the shopper is asked "did you say ...?" first.
    pub doubt: f32,
}

/// A reading as sure as this is of a whole sentence that is said to the shop.
const WHOLE: f32 = 0.86;
/// And one whose things are known so well names nothing else.
const KNOWN: f32 = 0.75;

impl Trust {
    /// Whether words count as heard, knowing what they mean: what nobody said is seldom a whole sentence of the shop about
    /// something that it has, and what changes nothing does no harm, nor what answers a question (`expected`). Whether an act is
    /// asked about first is for the confidence alone to say.
    pub fn hears(&self, confidence: f32, reading: &Reading, expected: bool) -> bool {
        let whole = matches!(reading.source, Source::ExactSample | Source::Template) && reading.confidence >= WHOLE;
        let chance = if whole && reading.known() >= KNOWN {
            confidence.sqrt()
        } else if changes_something(&reading.intent) && !expected {
            confidence * reading.confidence * (0.5 + 0.5 * reading.known())
        } else {
            confidence
        };
        chance >= self.reject
    }
}

impl Default for Trust {
    fn default() -> Self {
        Self { reject: 0.35, doubt: 0.6 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::{Resolution, Slot};

    #[test]
    fn whole_sentences_of_the_shop_are_heard_sooner_than_guesses() {
        let hears = |intent, source, confidence, heard| {
            let reading = Reading { confidence, ..Reading::bare(intent, source) };
            Trust::default().hears(heard, &reading, false)
        };
        let (list, buy) = ("ShowListIntent", "BuyProductIntent");
        assert!(hears(list, Source::ExactSample, 1.0, 0.2) && hears(buy, Source::Template, 0.9, 0.2));
        assert!(!hears(list, Source::Template, 0.7, 0.2) && !hears(list, Source::Classifier, 0.9, 0.2));
        assert!(!hears(list, Source::ExactSample, 1.0, 0.1), "not whatever was heard");
        assert!(hears(list, Source::Classifier, 0.6, 0.36));
        assert!(
            !hears(buy, Source::Classifier, 0.6, 0.5) && hears(buy, Source::Classifier, 0.9, 0.5),
            "a guess that buys"
        );
        let answer = Reading { confidence: 0.7, ..Reading::bare(buy, Source::Template) };
        assert!(
            Trust::default().hears(0.4, &answer, true) && !Trust::default().hears(0.4, &answer, false),
            "what was asked"
        );
    }

    #[test]
    fn a_whole_sentence_about_nothing_known_counts_as_less() {
        let about = |score| {
            let resolutions = vec![Resolution { id: "p1".into(), name: "sunscreen".into(), score }];
            let query = Slot {
                name: "Query".into(),
                value: "sonscreen".into(),
                spoken: "sonscreen".into(),
                resolutions,
                ..Slot::default()
            };
            let reading =
                Reading { slots: vec![query], confidence: 0.9, ..Reading::bare("BuyProductIntent", Source::Template) };
            Trust::default().hears(0.3, &reading, false)
        };
        assert!(about(0.9) && !about(0.4));
    }
}
