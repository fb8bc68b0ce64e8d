//! Known words close to a heard one: an index over phonetic keys and spellings with one letter dropped, so that two
//! words an edit apart meet without comparing all with all.

use std::hash::{Hash, Hasher};

use rustc_hash::FxHasher;

use super::Word;
use crate::words::sound::{self, Sounds};

/// (hash of a key or spelling, word), sorted by hash.
#[derive(Debug, Default)]
pub struct Near(Vec<(u32, u32)>);

/// At most so many words are compared for one heard word.
const COMPARED: usize = 160;
/// At most so many are returned.
const KEPT: usize = 6;
/// Less alike than this is another word.
const ALIKE: f32 = 0.62;

impl Near {
    pub fn new(words: &[Word]) -> Self {
        let mut index = Vec::with_capacity(words.len() * 10);
        for (id, word) in words.iter().enumerate() {
            let Ok(id) = u32::try_from(id) else { break };
            each_handle(&word.text, |handle| index.push((handle, id)));
        }
        index.sort_unstable();
        index.dedup();
        Self(index)
    }

    /// Words that sound or are spelled like this one, best first, with their likeness in 0..=1.
    pub fn of(&self, word: &str, words: &[Word]) -> Vec<(u32, f32)> {
        if word.len() < 2 || word.len() > 40 || word.bytes().all(|b| b.is_ascii_digit()) {
            return Vec::new();
        }
        let mut meetings: Vec<u32> = Vec::new();
        each_handle(word, |handle| {
            let from = self.0.partition_point(|(h, _)| *h < handle);
            let same = self.0.get(from..).unwrap_or_default().iter().take_while(|(h, _)| *h == handle);
            meetings.extend(same.take(400).map(|(_, w)| *w));
        });
        meetings.sort_unstable();
        // Words that met under several handles are the closest: compare those first.
        let mut counted: Vec<(usize, u32)> = meetings.chunk_by(|a, b| a == b).map(|run| (run.len(), run[0])).collect();
        if counted.len() > COMPARED {
            counted.select_nth_unstable_by(COMPARED, |a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
            counted.truncate(COMPARED);
        }
        let sounds = Sounds::of(word);
        let mut out: Vec<(u32, f32)> = counted
            .into_iter()
            .filter_map(|(_, id)| {
                let known = words.get(id as usize)?;
                let likeness = likeness(word, &sounds, known);
                (likeness >= ALIKE).then_some((id, likeness))
            })
            .collect();
        out.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        out.truncate(KEPT);
        out
    }
}

fn likeness(word: &str, sounds: &Sounds, known: &Word) -> f32 {
    if word == &*known.text {
        return 1.0;
    }
    let heard = sounds.similarity(&known.sounds);
    // A slip of the fingers keeps most letters; in a short word one letter makes another word.
    let typed = strsim::normalized_damerau_levenshtein(word, &known.text) as f32;
    let typed = if word.chars().count().min(known.text.chars().count()) < 4 { typed * 0.8 } else { typed };
    let either = heard.max(typed);
    // Both together are surer than one.
    (either * 0.9 + heard.min(typed) * 0.1).min(0.99)
}

/// Calls `found` with every handle of a word: its phonetic key and its spelling, whole and with one letter dropped.
fn each_handle(word: &str, mut found: impl FnMut(u32)) {
    let key = sound::key(word);
    if !key.is_empty() {
        found(hash('k', &key));
        if key.len() > 2 {
            each_drop(&key, |short| found(hash('k', short)));
        }
    }
    let letters = word.chars().count();
    if (4..=24).contains(&letters) {
        found(hash('s', word));
        each_drop(word, |short| found(hash('s', short)));
    }
}

fn each_drop(text: &str, mut found: impl FnMut(&str)) {
    let mut short = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        short.clear();
        short.push_str(&text[..at]);
        short.push_str(&text[at + c.len_utf8()..]);
        found(&short);
    }
}

fn hash(space: char, text: &str) -> u32 {
    let mut hasher = FxHasher::default();
    space.hash(&mut hasher);
    text.hash(&mut hasher);
    (hasher.finish() >> 32) as u32
}
