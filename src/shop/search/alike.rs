//! Words of the catalogue that are spelled or sound like what was heard. A word or phrase in, likely catalogue words
//! out. Refuses to know what the words are of.

use std::hash::{Hash, Hasher};

use rustc_hash::{FxHashSet, FxHasher};

use crate::words::sound::{self, Sounds};

/// Below this two words are not alike.
const ALIKE: f32 = 0.72;
const MOST: usize = 6;

/// The catalogue's words, ready to be compared. Made once a generation.
#[derive(Default)]
pub(super) struct Vocabulary {
    words: Vec<(String, Sounds)>,
    /// (hash of a word's key or spelling with at most one letter left out, word), sorted.
    near: Vec<(u64, u32)>,
}

impl Vocabulary {
    /// `words` with no duplicates; those with digits are left to exact matching.
    pub fn new(words: impl IntoIterator<Item = String>) -> Self {
        let mut out = Self::default();
        for word in words {
            let length = word.chars().count();
            if !(3..=30).contains(&length) || word.bytes().any(|b| b.is_ascii_digit()) {
                continue;
            }
            let sounds = Sounds::of(&word);
            let number = u32::try_from(out.words.len()).unwrap_or(u32::MAX);
            out.near.extend(hashes(&word).into_iter().map(|h| (h, number)));
            out.words.push((word, sounds));
        }
        out.near.sort_unstable();
        out.near.dedup();
        out.near.shrink_to_fit();
        out
    }

    /// Catalogue words like `phrase` (spaces in it do not count) with their likeness 0.72..=1.0, best first, at most six.
    pub fn like(&self, phrase: &str) -> Vec<(&str, f32)> {
        let letters: String = phrase.chars().filter(|c| c.is_alphanumeric()).collect();
        let length = letters.chars().count();
        if !(3..=40).contains(&length) || letters.bytes().any(|b| b.is_ascii_digit()) {
            return Vec::new();
        }
        let heard = Sounds::of(phrase);
        let mut tried = FxHashSet::default();
        let mut out: Vec<(&str, f32)> = Vec::new();
        for hash in hashes(phrase) {
            let from = self.near.partition_point(|(h, _)| *h < hash);
            for (_, number) in self.near.get(from..).unwrap_or_default().iter().take_while(|(h, _)| *h == hash) {
                if !tried.insert(*number) {
                    continue;
                }
                let Some((word, sounds)) = self.words.get(*number as usize) else { continue };
                let likeness = heard.similarity(sounds).max(spelled_alike(&letters, word));
                if likeness >= ALIKE {
                    out.push((word, likeness));
                }
            }
        }
        out.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(b.0)));
        out.truncate(MOST);
        out
    }
}

/// One slip in short words, two in long ones.
fn spelled_alike(a: &str, b: &str) -> f32 {
    let length = a.chars().count().max(b.chars().count());
    let slips = match length {
        0..4 => 0,
        4..8 => 1,
        _ => 2,
    };
    let distance = strsim::osa_distance(a, b);
    if distance > slips { 0.0 } else { 1.0 - distance as f32 / (length as f32).max(1.0) }
}

/// Two words that differ by one sound class or one letter, wherever it is, share at least one of these.
fn hashes(phrase: &str) -> Vec<u64> {
    let letters: Vec<char> = phrase.chars().filter(|c| c.is_alphanumeric()).collect();
    let key: Vec<char> = sound::key(phrase).chars().collect();
    let mut out = Vec::with_capacity(letters.len() + key.len() + 2);
    for (mark, text, least) in [(0u8, &key, 3), (1u8, &letters, 4)] {
        if text.len() < 2 {
            continue;
        }
        out.push(hash_without(mark, text, usize::MAX));
        if text.len() >= least {
            out.extend((0..text.len()).map(|gone| hash_without(mark, text, gone)));
        }
    }
    out
}

fn hash_without(mark: u8, text: &[char], gone: usize) -> u64 {
    let mut hasher = FxHasher::default();
    mark.hash(&mut hasher);
    for (at, c) in text.iter().enumerate() {
        if at != gone {
            c.hash(&mut hasher);
        }
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_by_sound_and_by_spelling() {
        let words =
            ["almonds", "natural", "headphones", "kettle", "quinoa", "samsung", "thermostat", "ecobee", "cereal"];
        let vocabulary = Vocabulary::new(words.map(str::to_owned));
        let table = [
            ("armands", "almonds"),
            ("headfones", "headphones"),
            ("hedphones", "headphones"),
            ("keen wah", "quinoa"),
            ("samsnug", "samsung"),
            ("kettel", "kettle"),
            ("serial", "cereal"),
            ("thermos that", "thermostat"),
        ];
        for (heard, want) in table {
            assert_eq!(vocabulary.like(heard).first().map(|w| w.0), Some(want), "{heard}");
        }
        for nothing in ["qwertyuiop", "zxcv", "x", "", "bicycle", "12345"] {
            assert!(vocabulary.like(nothing).is_empty(), "{nothing}");
        }
    }
}
