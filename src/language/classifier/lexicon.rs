//! Labelled sentences in, what each word and phrase was used for out. While training, a sentence is judged by the
//! others only (its own counts are taken off), so that it looks as new as a shopper's. Refuses to know weights.

use rustc_hash::FxHashMap;

use super::{Example, hash, text::Sentence};

/// Counts of words by use (0 outside, `k + 1` in slot `k`) and of whole slot values.
#[derive(Clone, Debug, Default)]
pub struct Lexicon {
    /// Names of the slots, sorted.
    slots: Vec<String>,
    words: FxHashMap<u64, Vec<(u16, u32)>>,
    values: FxHashMap<u64, Vec<(u16, u32)>>,
    beginnings: FxHashMap<u64, u32>,
}

/// What a word looks like by the sentences it stood in.
#[derive(Clone, Copy, Debug)]
pub struct View {
    /// The word, or one stand-in for all words not met in other sentences.
    pub key: u64,
    /// The use it was mostly put to, and how surely.
    pub class: u64,
}

/// A sentence with its labels, word by word, as the random field has them, and its words as the other sentences show them.
pub struct Seen {
    pub sentence: Sentence,
    pub labels: Vec<u16>,
    pub views: Vec<View>,
}

/// A slot value met before: words `start..end`.
pub struct Value {
    pub slot: u16,
    pub start: usize,
    pub end: usize,
}

const NEW: u64 = 5;

impl Lexicon {
    /// What the examples teach, and how each of them looks to it.
    pub fn learn(examples: &[Example]) -> (Self, Vec<Seen>) {
        let mut slots: Vec<String> = examples.iter().flat_map(|e| &e.spans).map(|s| s.slot.clone()).collect();
        slots.sort_unstable();
        slots.dedup();
        let mut lexicon = Self { slots, ..Self::default() };
        let labelled: Vec<(Sentence, Vec<u16>)> = examples.iter().map(|e| lexicon.label(e)).collect();
        labelled.iter().for_each(|(sentence, labels)| lexicon.add(sentence, labels));
        let seen = labelled.into_iter().map(|(sentence, labels)| lexicon.look(sentence, labels)).collect();
        (lexicon, seen)
    }

    /// An example that was not learned from, as it looks.
    pub fn see(&self, example: &Example) -> Seen {
        let (sentence, labels) = self.label(example);
        self.look(sentence, labels)
    }

    fn look(&self, sentence: Sentence, labels: Vec<u16>) -> Seen {
        let views = self.views(&sentence, Some(&labels));
        Seen { sentence, labels, views }
    }

    pub fn slots(&self) -> &[String] {
        &self.slots
    }

    /// Spans of unknown slots and those that overlap an earlier one are left out.
    fn label(&self, example: &Example) -> (Sentence, Vec<u16>) {
        let sentence = Sentence::new(&example.text);
        let mut labels = vec![0u16; sentence.len()];
        for span in &example.spans {
            let words = sentence.covered(span.start..span.end);
            let Ok(slot) = self.slots.binary_search(&span.slot) else { continue };
            let Some(free) = labels.get_mut(words).filter(|l| l.iter().all(|l| *l == 0)) else { continue };
            for (at, label) in free.iter_mut().enumerate() {
                *label = 2 * slot as u16 + 1 + u16::from(at > 0);
            }
        }
        (sentence, labels)
    }

    fn add(&mut self, sentence: &Sentence, labels: &[u16]) {
        for (at, &label) in labels.iter().enumerate() {
            count(self.words.entry(sentence.key(at as isize)).or_default(), used(label));
        }
        for (slot, start, end) in values(labels) {
            let mut rolling = 0;
            for at in start..end {
                rolling = hash::join(0, &[rolling, sentence.key(at as isize)]);
                *self.beginnings.entry(rolling).or_default() += 1;
            }
            count(self.values.entry(rolling).or_default(), slot);
        }
    }

    /// The words as they look; `own` are the labels of a sentence that was itself added.
    pub fn views(&self, sentence: &Sentence, own: Option<&[u16]>) -> Vec<View> {
        let view = |at: usize| {
            let key = sentence.key(at as isize);
            let uses = self.words.get(&key).map_or(&[][..], Vec::as_slice);
            let mine = |used_for: u16| {
                let same = own.into_iter().flatten().enumerate();
                same.filter(|(other, l)| used(**l) == used_for && sentence.key(*other as isize) == key).count() as u32
            };
            let mut total = 0;
            let mut best = (0, 0);
            for &(used_for, count) in uses {
                let count = count.saturating_sub(mine(used_for));
                total += count;
                if count > best.1 {
                    best = (used_for, count);
                }
            }
            if total == 0 {
                let digits = sentence.word(at).bytes().any(|b| b.is_ascii_digit());
                return View { key: hash::join(6, &[NEW, u64::from(digits)]), class: NEW };
            }
            let sure = u64::from(best.1 * 10 >= total * 9) + u64::from(total > 2);
            View { key, class: hash::join(7, &[u64::from(best.0), sure]) }
        };
        (0..sentence.len()).map(view).collect()
    }

    /// Slot values met in other sentences, the longest of each slot from each word.
    pub fn find(&self, sentence: &Sentence, own: Option<&[u16]>) -> Vec<Value> {
        let mine: Vec<(u16, usize, usize)> = own.map(values).unwrap_or_default();
        let mut found: Vec<Value> = Vec::new();
        for start in 0..sentence.len() {
            let before = found.len();
            let mut rolling = 0;
            for end in start..sentence.len() {
                rolling = hash::join(0, &[rolling, sentence.key(end as isize)]);
                if !self.beginnings.contains_key(&rolling) {
                    break;
                }
                for &(slot, count) in self.values.get(&rolling).map_or(&[][..], Vec::as_slice) {
                    let same = u32::from(mine.contains(&(slot, start, end + 1)));
                    if count <= same {
                        continue;
                    }
                    match found[before..].iter_mut().find(|v| v.slot == slot) {
                        Some(shorter) => shorter.end = end + 1,
                        None => found.push(Value { slot, start, end: end + 1 }),
                    }
                }
            }
            let mut at = before;
            while at < found.len() {
                let inside = found[..before].iter().any(|f| f.slot == found[at].slot && f.end >= found[at].end);
                if inside {
                    found.swap_remove(at);
                } else {
                    at += 1;
                }
            }
        }
        found
    }
}

fn used(label: u16) -> u16 {
    label.div_ceil(2)
}

fn count(list: &mut Vec<(u16, u32)>, what: u16) {
    match list.iter_mut().find(|(w, _)| *w == what) {
        Some((_, count)) => *count += 1,
        None => list.push((what, 1)),
    }
}

/// Slots with their words, from labels.
fn values(labels: &[u16]) -> Vec<(u16, usize, usize)> {
    let mut values: Vec<(u16, usize, usize)> = Vec::new();
    for (at, &label) in labels.iter().enumerate() {
        match (label, values.last_mut()) {
            (0, _) => {}
            (label, Some(last)) if label.is_multiple_of(2) && last.2 == at => last.2 = at + 1,
            (label, _) => values.push((used(label), at, at + 1)),
        }
    }
    values
}
