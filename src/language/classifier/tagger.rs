//! Examples in, a tagger that finds an intent's slots in a sentence out. Refuses to know how intents are chosen and
//! what a slot's words stand for.

use rustc_hash::FxHashMap;

use super::{
    Example, Options, Span, augment,
    crf::{Chain, Crf, Training},
    gazetteer::Gazetteer,
    hash,
    lexicon::Lexicon,
    slot_features::{self, Columns},
    text::Sentence,
};

pub struct Tagger {
    intents: Vec<String>,
    slots: Vec<String>,
    features: FxHashMap<u64, u32>,
    lexicon: Lexicon,
    crf: Crf,
}

impl Tagger {
    pub fn train(examples: &[Example], gazetteer: &Gazetteer, options: &Options) -> Self {
        let intents = sorted(examples.iter().map(|e| e.intent.clone()));
        let slots = sorted(examples.iter().flat_map(|e| &e.spans).map(|s| s.slot.clone()));
        let mut domains: Vec<Vec<u16>> = vec![vec![0]; intents.len()];
        let mut features: FxHashMap<u64, u32> = FxHashMap::default();
        let mut chains = Vec::with_capacity(examples.len());
        let mut lexicon = Lexicon::default();
        let mut prepared = Vec::with_capacity(examples.len());
        // A few examples show too few values for each wording; many need no help and would only train longer.
        let copies = options.slot_copies.unwrap_or(match examples.len() {
            0..600 => 3,
            _ => 0,
        });
        let copies = augment::swapped(examples, gazetteer, copies, options.seed);
        for example in examples.iter().chain(&copies) {
            let sentence = Sentence::new(&example.text);
            let labels = label(&sentence, &example.spans, &slots);
            if prepared.len() < examples.len() {
                lexicon.add(&sentence, &labels);
            }
            prepared.push((example, sentence, labels));
        }
        for (example, sentence, labels) in prepared {
            let domain = intents.binary_search(&example.intent).unwrap_or_default();
            for &label in labels.iter().filter(|l| **l != 0) {
                let first = label - u16::from(label.is_multiple_of(2));
                for allowed in [first, first + 1] {
                    if let Err(at) = domains[domain].binary_search(&allowed) {
                        domains[domain].insert(at, allowed);
                    }
                }
            }
            let keys = with_intent(slot_features::columns(&sentence, gazetteer, &lexicon, Some(&labels)), domain);
            let columns = keys.iter().map(|column| {
                let numbers = column.iter().map(|key| {
                    let next = features.len() as u32;
                    *features.entry(*key).or_insert(next)
                });
                numbers.collect()
            });
            chains.push(Chain { domain, columns: columns.collect(), labels });
        }
        let how = Training {
            features: features.len(),
            labels: 2 * slots.len() + 1,
            domains,
            passes: options.slot_passes,
            rate: 0.05,
            decay: 2.0,
            seed: options.seed,
        };
        let crf = Crf::train(&chains, &how);
        Self { intents, slots, features, lexicon, crf }
    }

    pub fn spans(&self, sentence: &Sentence, intent: &str, gazetteer: &Gazetteer) -> Vec<Span> {
        let Ok(domain) = self.intents.binary_search_by(|i| i.as_str().cmp(intent)) else { return Vec::new() };
        let keys = with_intent(slot_features::columns(sentence, gazetteer, &self.lexicon, None), domain);
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
                    let slot = self.slots.get(usize::from(label - 1) / 2).cloned().unwrap_or_default();
                    spans.push(Span { slot, start: place.start, end: place.end });
                }
            }
        }
        spans
    }
}

fn sorted(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut names: Vec<String> = names.collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Every feature twice: shared by all intents, and for this intent only.
fn with_intent(mut columns: Columns, domain: usize) -> Columns {
    for column in &mut columns {
        let own: Vec<u64> = column.iter().map(|key| hash::join(1000, &[*key, domain as u64])).collect();
        column.extend(own);
    }
    columns
}

fn label(sentence: &Sentence, spans: &[Span], slots: &[String]) -> Vec<u16> {
    let mut labels = vec![0u16; sentence.len()];
    for span in spans {
        let words = sentence.covered(span.start..span.end);
        let Ok(slot) = slots.binary_search(&span.slot) else { continue };
        let Some(free) = labels.get_mut(words).filter(|l| l.iter().all(|l| *l == 0)) else { continue };
        for (at, label) in free.iter_mut().enumerate() {
            *label = 2 * slot as u16 + 1 + u16::from(at > 0);
        }
    }
    labels
}
