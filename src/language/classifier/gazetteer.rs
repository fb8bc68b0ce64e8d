//! Word lists by kind in (catalogue vocabulary, slot type values), the places where they occur in a sentence out.
//! Refuses to know what a kind means and who wrote the lists.

use rustc_hash::{FxHashMap, FxHashSet};

use super::{hash, text::Sentence};

/// Phrases by kind. A kind named like a slot also lends its phrases to that slot's training sentences.
#[derive(Clone, Debug, Default)]
pub struct Gazetteer {
    kinds: Vec<String>,
    phrases: FxHashMap<u64, Vec<u16>>,
    /// Every beginning of a phrase, so that a scan stops early.
    beginnings: FxHashSet<u64>,
    words: FxHashSet<u64>,
    /// For training only: phrases as written, by kind.
    written: Vec<Vec<String>>,
}

/// A phrase found in a sentence: words `start..end`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub kind: u16,
    pub start: usize,
    pub end: usize,
}

impl Gazetteer {
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a phrase; an empty one and one of more than 65,000 kinds are ignored.
    pub fn add(&mut self, kind: &str, phrase: &str) {
        let sentence = Sentence::new(phrase);
        if sentence.len() == 0 {
            return;
        }
        let known = self.kinds.iter().position(|k| k == kind);
        let at = known.unwrap_or_else(|| {
            self.kinds.push(kind.to_owned());
            self.written.push(Vec::new());
            self.kinds.len() - 1
        });
        let Ok(id) = u16::try_from(at) else { return };
        let mut rolling = 0;
        for word in 0..sentence.len() {
            let key = sentence.key(word as isize);
            self.words.insert(key);
            rolling = hash::join(0, &[rolling, key]);
            self.beginnings.insert(rolling);
        }
        let kinds = self.phrases.entry(rolling).or_default();
        if !kinds.contains(&id) {
            kinds.push(id);
            if let Some(list) = self.written.get_mut(at) {
                list.push(phrase.to_owned());
            }
        }
    }

    pub fn is_empty(&self) -> bool {
        self.phrases.is_empty()
    }

    /// The phrases of `kind` as written.
    pub fn phrases(&self, kind: &str) -> &[String] {
        let at = self.kinds.iter().position(|k| k == kind);
        at.and_then(|at| self.written.get(at)).map_or(&[], Vec::as_slice)
    }

    pub(super) fn knows(&self, word: u64) -> bool {
        self.words.contains(&word)
    }

    pub(super) fn kind(&self, id: u16) -> &str {
        self.kinds.get(usize::from(id)).map_or("", String::as_str)
    }

    /// The longest phrase of each kind from each word; those inside a longer one of the same kind are left out.
    pub(super) fn find(&self, sentence: &Sentence) -> Vec<Found> {
        let mut found: Vec<Found> = Vec::new();
        if self.phrases.is_empty() {
            return found;
        }
        for start in 0..sentence.len() {
            let before = found.len();
            let mut rolling = 0;
            for end in start..sentence.len() {
                rolling = hash::join(0, &[rolling, sentence.key(end as isize)]);
                if !self.beginnings.contains(&rolling) {
                    break;
                }
                for &kind in self.phrases.get(&rolling).map_or(&[][..], Vec::as_slice) {
                    let same = found[before..].iter_mut().find(|f| f.kind == kind);
                    match same {
                        Some(shorter) => shorter.end = end + 1,
                        None => found.push(Found { kind, start, end: end + 1 }),
                    }
                }
            }
            let mut at = before;
            while at < found.len() {
                let inside = found[..before].iter().any(|f| f.kind == found[at].kind && f.end >= found[at].end);
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
