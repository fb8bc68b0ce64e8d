//! Whether words that are still being said sound finished: words in, a [`Closing`] out. Refuses to know how long anybody
//! has been silent.

use jiff::civil::Date;

use super::{Expectation, Reading, Source, Understander, Utterance};

/// What the words so far suggest about the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// They are a whole request as they stand: "find green tea".
    Complete,
    Unknown,
    /// Something must follow: "add milk and".
    Open,
}

/// Words that nobody ends a request with, sorted.
const LEADING: &[&str] = &[
    "a", "about", "an", "and", "any", "at", "because", "between", "but", "by", "er", "except", "for", "from", "hmm",
    "i", "if", "in", "into", "is", "my", "number", "of", "or", "our", "over", "plus", "some", "than", "the", "their",
    "to", "uh", "um", "under", "until", "which", "with", "without", "your",
];
/// Verbs that are no request alone.
const BARE_VERBS: &[&str] =
    &["add", "buy", "find", "get", "i", "i'd", "order", "put", "remove", "search", "show", "track"];
/// A template as sure as this leaves little to be said.
const SURE: f32 = 0.86;

impl Understander {
    /// Whether a speaker who pauses after these words is likely to be finished.
    pub fn closing(&self, words: &Utterance, expect: &Expectation, today: Date) -> Closing {
        let text = words.as_str();
        let last = text.split_whitespace().next_back().unwrap_or_default();
        // "Yes" and "stop" are whole; so is "number two" but not "number".
        let reading = self.read(words, expect, today);
        if reading.source == Source::ExactSample {
            return Closing::Complete;
        }
        if LEADING.binary_search(&last).is_ok() || BARE_VERBS.contains(&text) {
            return Closing::Open;
        }
        if reading.source == Source::Template && reading.confidence >= SURE && !may_grow(&reading) {
            return Closing::Complete;
        }
        Closing::Unknown
    }
}

/// Digits are said in groups: a number at the end may not be the last.
fn may_grow(reading: &Reading) -> bool {
    let end = reading.utterance.trim_end().len();
    let at_end = |span: &std::ops::Range<usize>| span.end >= end;
    reading.slots.iter().any(|s| {
        let digits = !s.value.is_empty() && s.value.chars().all(|c| c.is_ascii_digit());
        digits && s.span.as_ref().is_some_and(at_end)
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn words_sound_finished_or_not() {
        assert!(LEADING.is_sorted());
        let understander = Understander::load(Path::new("intents/en-US")).unwrap();
        let today = jiff::civil::date(2026, 11, 23);
        for (words, wanted) in [
            ("where is my order", Closing::Complete),
            ("yes", Closing::Complete),
            ("help", Closing::Complete),
            ("add milk and", Closing::Open),
            ("find", Closing::Open),
            ("i need a", Closing::Open),
            ("add two bags of", Closing::Open),
            ("find shoes under", Closing::Open),
            ("the weather in the mountains was", Closing::Unknown),
        ] {
            let heard = Utterance::new(words).unwrap();
            assert_eq!(understander.closing(&heard, &Expectation::default(), today), wanted, "{words}");
        }
    }
}
