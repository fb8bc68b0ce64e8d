//! The statistical recogniser: examples in at start, then text in and ranked intents with their slots out.
//! Refuses to know templates, slot value formats, the dialogue or the shop.

mod augment;
mod crf;
mod gazetteer;
mod hash;
mod intents;
mod lexicon;
mod linear;
mod network;
mod slot_features;
mod tagger;
mod text;
mod word_features;

use std::sync::Arc;

pub use gazetteer::Gazetteer;
use intents::IntentModel;
use lexicon::Lexicon;
use tagger::Tagger;
use text::Sentence;

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
    /// Passes over the sentences for the intents.
    pub intent_passes: usize,
    /// Passes over the sentences for the slots.
    pub slot_passes: usize,
    /// Hidden units of each of the networks that second the linear model; 0 for none, which trains many times faster.
    pub hidden: usize,
    /// Copies of every sentence with other slot values; by the number of sentences when absent.
    pub slot_copies: Option<usize>,
}

impl Options {
    /// For samples of an interaction model, which are clean: few passes and no networks, so that a server starts in a
    /// blink.
    pub fn quick() -> Self {
        Self { slot_passes: 3, slot_copies: Some(0), hidden: 0, ..Self::default() }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self { seed: 1, intent_passes: 8, slot_passes: 12, hidden: 128, slot_copies: None }
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

impl Prediction {
    /// The best intent.
    pub fn intent(&self) -> Option<&str> {
        self.ranking.first().map(|(intent, _)| intent.as_str())
    }

    /// 0..=1: how surely the text means the best intent rather than another or nothing at all.
    pub fn certainty(&self) -> f32 {
        self.ranking.first().map_or(0.0, |(_, chance)| chance * self.known * self.known)
    }
}

/// A trained recogniser. Cloning is cheap.
#[derive(Clone)]
pub struct Classifier {
    intents: Arc<IntentModel>,
    tagger: Arc<Tagger>,
    lexicon: Arc<Lexicon>,
    gazetteer: Arc<Gazetteer>,
}

impl Classifier {
    /// Learns from `examples`; spans that are empty, overlap or lie outside the text are left out.
    pub fn train(examples: &[Example], gazetteer: &Gazetteer, options: &Options) -> Self {
        let (lexicon, seen) = Lexicon::learn(examples);
        // One after the other: a server learns beside its start, which needs the other core.
        let intents = IntentModel::train(examples, &seen, gazetteer, options);
        let tagger = Tagger::train(examples, &seen, &lexicon, gazetteer, options);
        Self {
            intents: Arc::new(intents),
            tagger: Arc::new(tagger),
            lexicon: Arc::new(lexicon),
            gazetteer: Arc::new(gazetteer.clone()),
        }
    }

    /// The same recogniser with another gazetteer, without training again.
    pub fn with_gazetteer(&self, gazetteer: Arc<Gazetteer>) -> Self {
        Self { gazetteer, ..self.clone() }
    }

    pub fn predict(&self, text: &str) -> Prediction {
        let sentence = Sentence::new(text);
        let views = self.lexicon.views(&sentence, None);
        let scored = self.intents.rank(&sentence, &views, &self.gazetteer);
        let spans = match scored.ranking.first() {
            Some((best, _)) => self.tagger.spans(&sentence, &views, best, &self.lexicon, &self.gazetteer),
            None => Vec::new(),
        };
        Prediction { ranking: scored.ranking, spans, known: scored.known }
    }

    /// The slots of `text` if it means `intent`, such as the second best of a [`Prediction`].
    pub fn spans_for(&self, text: &str, intent: &str) -> Vec<Span> {
        let sentence = Sentence::new(text);
        let views = self.lexicon.views(&sentence, None);
        self.tagger.spans(&sentence, &views, intent, &self.lexicon, &self.gazetteer)
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

    #[test]
    fn slots_are_found_with_their_places() {
        let text = "please put three coffee in my basket";
        let read = shop().predict(text);
        let found: Vec<(&str, &str)> = read.spans.iter().map(|s| (s.slot.as_str(), &text[s.start..s.end])).collect();
        assert_eq!(found, [("quantity", "three"), ("product", "coffee")]);
    }

    #[test]
    fn another_intent_of_the_same_text_has_its_own_slots() {
        let shop = shop();
        let text = "put two kettle in my basket";
        assert!(shop.spans_for(text, "search").iter().all(|s| s.slot == "product"));
        assert_eq!(shop.spans_for(text, "no such intent"), []);
    }

    #[test]
    fn words_outside_the_shop_look_unknown() {
        let shop = shop();
        let foreign = shop.predict("explain quantum chromodynamics briefly");
        let own = shop.predict("add dog food to my basket");
        assert!(own.known > 0.9, "{}", own.known);
        assert!(foreign.known < 0.3, "{}", foreign.known);
        assert!(foreign.certainty() < 0.7 * own.certainty(), "{} {}", foreign.certainty(), own.certainty());
    }

    #[test]
    fn a_gazetteer_can_be_taught_later() {
        let shop = shop();
        let mut gazetteer = Gazetteer::new();
        gazetteer.add("product", "chromodynamics");
        let before = shop.predict("chromodynamics").known;
        assert!(shop.with_gazetteer(Arc::new(gazetteer)).predict("chromodynamics").known > before);
    }

    #[test]
    fn training_is_deterministic() {
        let (one, other) = (shop(), shop());
        for text in ["reorder the tea", "", "two headphones please", "where"] {
            assert_eq!(one.predict(text), other.predict(text), "{text}");
        }
    }

    #[test]
    fn poor_training_sets_are_survived() {
        let none = Classifier::train(&[], &Gazetteer::new(), &Options::default());
        assert_eq!(none.predict("hello"), Prediction { ranking: vec![], spans: vec![], known: 0.0 });
        let span = |start, end| Span { slot: "s".into(), start, end };
        let odd = [
            Example { text: "".into(), intent: "a".into(), spans: vec![span(0, 0)] },
            Example { text: "é b".into(), intent: "a".into(), spans: vec![span(1, 99), span(5, 2), span(0, 4)] },
        ];
        let odd = Classifier::train(&odd, &Gazetteer::new(), &Options::default());
        assert_eq!(odd.predict("é b").intent(), Some("a"));
    }

    mod laws {
        use std::sync::LazyLock;

        use proptest::prelude::*;

        use super::*;

        static SHOP: LazyLock<Classifier> = LazyLock::new(shop);

        proptest! {
            #[test]
            fn any_text_is_read(text in "(\\PC{0,40}|([a-zßİé]{1,9}|put|two|dog food|my basket|[^a-z]|\\s){0,9})") {
                let read = SHOP.predict(&text);
                let total: f32 = read.ranking.iter().map(|r| r.1).sum();
                prop_assert!((total - 1.0).abs() < 1e-3);
                prop_assert!((0.0..=1.0).contains(&read.known));
                prop_assert!((0.0..=1.0).contains(&read.certainty()));
                for (intent, _) in &read.ranking {
                    let mut done = 0;
                    for span in SHOP.spans_for(&text, intent) {
                        prop_assert!(span.start >= done && span.end > span.start);
                        prop_assert!(text.get(span.start..span.end).is_some());
                        done = span.end;
                    }
                }
            }
        }
    }
}
