//! Examples in, a tagger that finds an intent's slots in a sentence out. Refuses to know how intents are chosen and
//! what a slot's words stand for.

use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    Example, Options, Span, augment,
    crf::{Chain, Crf, Training},
    gazetteer::Gazetteer,
    hash,
    lexicon::{Lexicon, Seen, View},
    slot_features::{self, Columns},
    text::Sentence,
};

pub struct Tagger {
    intents: Vec<String>,
    features: FxHashMap<u64, u32>,
    crf: Crf,
}

impl Tagger {
    /// `seen` are the examples as the lexicon, which has learned from them, sees them.
    pub fn train(
        examples: &[Example],
        seen: &[Seen],
        lexicon: &Lexicon,
        gazetteer: &Gazetteer,
        options: &Options,
    ) -> Self {
        let mut intents: Vec<String> = examples.iter().map(|e| e.intent.clone()).collect();
        intents.sort_unstable();
        intents.dedup();
        let mut domains: Vec<Vec<u16>> = vec![vec![0]; intents.len()];
        // Intents that have no slots in any example teach nothing about slots.
        let slotted: FxHashSet<&str> =
            examples.iter().filter(|e| !e.spans.is_empty()).map(|e| e.intent.as_str()).collect();
        let mut features: FxHashMap<u64, u32> = FxHashMap::default();
        let mut chains = Vec::with_capacity(examples.len());
        // A few examples show too few values for each wording; many need no help and would only train longer.
        let copies = options.slot_copies.unwrap_or(match examples.len() {
            0..600 => 3,
            _ => 0,
        });
        let copies = augment::swapped(examples, gazetteer, copies, options.seed);
        let seen_copies: Vec<Seen> = copies.iter().map(|copy| lexicon.see(copy)).collect();
        for (example, Seen { sentence, labels, views }) in examples
            .iter()
            .zip(seen)
            .chain(copies.iter().zip(&seen_copies))
            .filter(|(e, _)| slotted.contains(&*e.intent))
        {
            let domain = intents.binary_search(&example.intent).unwrap_or_default();
            for &label in labels.iter().filter(|l| **l != 0) {
                let first = label - u16::from(label.is_multiple_of(2));
                for allowed in [first, first + 1] {
                    if let Err(at) = domains[domain].binary_search(&allowed) {
                        domains[domain].insert(at, allowed);
                    }
                }
            }
            let keys = with_intent(slot_features::columns(sentence, views, gazetteer, lexicon, Some(labels)), domain);
            let columns = keys.iter().map(|column| {
                let numbers = column.iter().map(|key| {
                    let next = features.len() as u32;
                    *features.entry(*key).or_insert(next)
                });
                numbers.collect()
            });
            chains.push(Chain { domain, columns: columns.collect(), labels: labels.clone() });
        }
        let how = Training {
            features: features.len(),
            labels: 2 * lexicon.slots().len() + 1,
            domains,
            passes: options.slot_passes,
            rate: 0.05,
            decay: 1.0,
            seed: options.seed,
        };
        let crf = Crf::train(&chains, &how);
        Self { intents, features, crf }
    }

    pub fn spans(
        &self,
        sentence: &Sentence,
        views: &[View],
        intent: &str,
        lexicon: &Lexicon,
        gazetteer: &Gazetteer,
    ) -> Vec<Span> {
        let Ok(domain) = self.intents.binary_search_by(|i| i.as_str().cmp(intent)) else { return Vec::new() };
        let keys = with_intent(slot_features::columns(sentence, views, gazetteer, lexicon, None), domain);
        let columns: Vec<Vec<u32>> =
            keys.iter().map(|c| c.iter().filter_map(|k| self.features.get(k).copied()).collect()).collect();
        let labels = self.crf.best(domain, &columns);
        let mut spans: Vec<Span> = Vec::new();
        for (at, &label) in labels.iter().enumerate() {
            let place = sentence.place(at);
            match (label, spans.last_mut()) {
                (0, _) => {}
                (label, Some(last)) if label.is_multiple_of(2) => last.end = place.end,
                (label, _) => {
                    let slot = lexicon.slots().get(usize::from(label - 1) / 2).cloned().unwrap_or_default();
                    spans.push(Span { slot, start: place.start, end: place.end });
                }
            }
        }
        spans
    }
}

/// Every feature twice: shared by all intents, and for this intent only.
fn with_intent(mut columns: Columns, domain: usize) -> Columns {
    for column in &mut columns {
        let own: Vec<u64> = column.iter().map(|key| hash::join(1000, &[*key, domain as u64])).collect();
        column.extend(own);
    }
    columns
}
