//! A few examples in, more of them out: the same sentences with other values in their slots, so that the tagger leans
//! on the words around a slot. Refuses to know intents' meaning and how many is enough.

use rustc_hash::FxHashMap;

use super::{Example, Span, gazetteer::Gazetteer};

/// `copies` rewordings of every example that has slots. Values come from the examples' own slots of that name and
/// from the gazetteer's phrases of a kind named like the slot.
pub fn swapped(examples: &[Example], gazetteer: &Gazetteer, copies: usize, seed: u64) -> Vec<Example> {
    let mut values: FxHashMap<&str, Vec<&str>> = FxHashMap::default();
    for example in examples {
        for span in &example.spans {
            if let Some(value) = example.text.get(span.start..span.end) {
                values.entry(&span.slot).or_default().push(value);
            }
        }
    }
    for (slot, values) in &mut values {
        values.extend(gazetteer.phrases(slot).iter().map(String::as_str));
    }
    let mut random = fastrand::Rng::with_seed(seed);
    let mut made = Vec::with_capacity(examples.len() * copies);
    for example in examples.iter().filter(|e| !e.spans.is_empty()) {
        for _ in 0..copies {
            made.extend(swap(example, |slot| values.get(slot).and_then(|v| random.choice(v.iter())).copied()));
        }
    }
    made
}

fn swap<'v>(example: &Example, mut value: impl FnMut(&str) -> Option<&'v str>) -> Option<Example> {
    let mut spans = example.spans.clone();
    spans.sort_unstable_by_key(|s| s.start);
    let mut text = String::new();
    let mut moved = Vec::new();
    let mut done = 0;
    for span in spans {
        text.push_str(example.text.get(done..span.start)?);
        let start = text.len();
        text.push_str(value(&span.slot)?);
        moved.push(Span { start, end: text.len(), slot: span.slot });
        done = span.end;
    }
    text.push_str(example.text.get(done..)?);
    Some(Example { text, intent: example.intent.clone(), spans: moved })
}
