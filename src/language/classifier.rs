//! The statistical recogniser: examples in at start, then text in and ranked intents with their slots out.
//! Refuses to know templates, slot value formats, the dialogue or the shop.

mod crf;
mod gazetteer;
mod hash;
mod intents;
mod linear;
mod slot_features;
mod tagger;
mod text;
mod word_features;

use std::sync::Arc;

pub use gazetteer::Gazetteer;
use intents::IntentModel;
use tagger::Tagger;

/// One training sentence.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    pub text: String,
    pub intent: String,
    pub spans: Vec<Span>,
}

/// A slot's words: the byte range `start..end` of the text they stand in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    pub slot: String,
    pub start: usize,
    pub end: usize,
}

/// How training goes about it. The defaults suit anything from ten samples to ten thousand an intent.
#[derive(Clone, Debug)]
pub struct Options {
    /// Order of training and choice of swapped values; the same seed gives the same model.
    pub seed: u64,
    /// Passes over the sentences for the intents; by the number of sentences when absent.
    pub intent_passes: Option<usize>,
    /// Passes over the sentences for the slots; by the number of sentences when absent.
    pub slot_passes: Option<usize>,
}

impl Default for Options {
    fn default() -> Self {
        Self { seed: 1, intent_passes: None, slot_passes: None }
    }
}

/// What one text probably means.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Prediction {
    /// Every intent with its probability, best first; empty when nothing was trained.
    pub ranking: Vec<(String, f32)>,
    /// Slots of the best intent, in the order of the text, never overlapping.
    pub spans: Vec<Span>,
    /// 0..=1: how much of the text the examples or the gazetteer have prepared for.
    pub known: f32,
}

/// A trained recogniser. Cloning is cheap.
#[derive(Clone)]
pub struct Classifier {
    intents: Arc<IntentModel>,
    tagger: Arc<Tagger>,
    gazetteer: Arc<Gazetteer>,
}

impl Classifier {
    /// Learns from `examples`; spans that are empty, overlap or lie outside the text are left out.
    pub fn train(examples: &[Example], gazetteer: &Gazetteer, options: &Options) -> Self {
        let intents = IntentModel::train(examples, gazetteer, options);
        let tagger = Tagger::train(examples, gazetteer, options);
        Self { intents: Arc::new(intents), tagger: Arc::new(tagger), gazetteer: Arc::new(gazetteer.clone()) }
    }

    /// The same recogniser with another gazetteer, without training again.
    pub fn with_gazetteer(&self, gazetteer: &Gazetteer) -> Self {
        Self { gazetteer: Arc::new(gazetteer.clone()), ..self.clone() }
    }

    pub fn predict(&self, text: &str) -> Prediction {
        let sentence = text::Sentence::new(text);
        let scored = self.intents.rank(&sentence, &self.gazetteer);
        let spans = match scored.ranking.first() {
            Some((best, _)) => self.tagger.spans(&sentence, best, &self.gazetteer),
            None => Vec::new(),
        };
        Prediction { ranking: scored.ranking, spans, known: scored.known }
    }

    /// The slots of `text` if it means `intent`, such as the second best of a [`Prediction`].
    pub fn spans_for(&self, text: &str, intent: &str) -> Vec<Span> {
        self.tagger.spans(&text::Sentence::new(text), intent, &self.gazetteer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Words in `[slot words]` brackets become spans.
    fn example(intent: &str, pattern: &str) -> Example {
        let mut text = String::new();
        let mut spans = Vec::new();
        for part in pattern.split_inclusive(['[', ']']) {
            match part.strip_suffix(']') {
                Some(inner) => {
                    let (slot, words) = inner.split_once(' ').expect("a slot and its words");
                    spans.push(Span { slot: slot.into(), start: text.len(), end: text.len() + words.len() });
                    text.push_str(words);
                }
                None => text.push_str(part.trim_end_matches('[')),
            }
        }
        Example { text, intent: intent.into(), spans }
    }

    fn shop() -> Classifier {
        let examples: Vec<Example> = [
            ("search", "find me [product oat milk]"),
            ("search", "search for [product running shoes]"),
            ("search", "i am looking for [product dog food]"),
            ("search", "do you have [product headphones]"),
            ("search", "show me [product green tea]"),
            ("add", "add [product coffee] to my basket"),
            ("add", "put [quantity two] [product oat milk] in the basket"),
            ("add", "add [quantity three] [product dog food] please"),
            ("add", "put the [product kettle] in my basket"),
            ("track", "where is my order"),
            ("track", "where are my [product headphones]"),
            ("track", "track my parcel"),
            ("track", "when will my order arrive"),
            ("again", "order the same again"),
            ("again", "reorder [product coffee]"),
            ("again", "buy [product dog food] again"),
            ("again", "send me more [product green tea]"),
        ]
        .iter()
        .map(|(intent, pattern)| example(intent, pattern))
        .collect();
        Classifier::train(&examples, &Gazetteer::new(), &Options::default())
    }

    #[test]
    fn unseen_wordings_reach_their_intent() {
        let shop = shop();
        for (text, intent) in [
            ("can you find green tea", "search"),
            ("please put three coffee in the basket", "add"),
            ("where is the parcel", "track"),
            ("order dog food again", "again"),
        ] {
            let read = shop.predict(text);
            assert_eq!(read.ranking[0].0, intent, "{text}: {:?}", read.ranking);
        }
    }
}
