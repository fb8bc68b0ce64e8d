//! The names a shop's words may stand for: terms in, the best matches for some words out, by spelling and by sound, so
//! that "oil natural armands" finds "all natural almonds". Holds the model's own list values too.
//! Refuses to know intents and samples.

mod near;

use rustc_hash::{FxHashMap, FxHashSet};

use super::model::Model;
use super::{Resolution, Term, builtins};
use crate::words::sound::Sounds;
use crate::words::tokens::{normalize, tokenize};
use near::Near;

/// A slot type's number in one vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Kind(u16);

/// Everything nameable. Built once, then only read; a new list of terms is a new vocabulary.
#[derive(Debug, Default)]
pub struct Vocabulary {
    kinds: FxHashMap<String, Kind>,
    entries: Vec<Entry>,
    words: Vec<Word>,
    by_text: FxHashMap<Box<str>, u32>,
    /// Entries by their whole normalised name.
    phrases: FxHashMap<Box<str>, Vec<u32>>,
    near: Near,
    taught: usize,
    longest: usize,
}

#[derive(Debug)]
struct Entry {
    kind: Kind,
    id: Box<str>,
    /// The name all terms with this id are shown by.
    shown: Box<str>,
    words: Box<[u32]>,
    weight: f32,
    taught: bool,
}

#[derive(Debug)]
struct Word {
    text: Box<str>,
    sounds: Sounds,
    entries: Vec<u32>,
    kinds: u64,
    /// How much it tells: high for rare words, little for "of".
    weight: f32,
}

/// Entries looked at per query before only the best are kept.
const POOL: usize = 2_000;
/// Below this a match is worse than none.
const FLOOR: f32 = 0.45;

impl Vocabulary {
    /// The model's own values, then `terms` on top of them.
    pub fn new(model: &Model, terms: &[Term]) -> Self {
        let mut out = Self::default();
        let mut shown: FxHashMap<(Kind, Box<str>), Box<str>> = FxHashMap::default();
        // Taught terms come first, so that of two equal matches the shop's own wins.
        for term in terms {
            let kind = out.kind_or_new(&term.kind);
            let name =
                shown.entry((kind, term.id.as_str().into())).or_insert_with(|| term.name.as_str().into()).clone();
            out.push(kind, &term.id, &name, &term.name, true);
        }
        out.taught = out.entries.len();
        for slot_type in &model.types {
            let kind = out.kind_or_new(&slot_type.name);
            for value in &slot_type.values {
                out.push(kind, &value.id, &value.name, &value.name, false);
                for synonym in &value.synonyms {
                    out.push(kind, &value.id, &value.name, synonym, false);
                }
            }
        }
        let builtin: FxHashSet<&str> = model.intents.iter().flat_map(|i| &i.slots).map(|s| s.kind.as_str()).collect();
        for kind_name in builtin {
            let Some(values) = builtins::list(kind_name) else { continue };
            let kind = out.kind_or_new(kind_name);
            for value in values {
                out.push(kind, value, value, value, false);
            }
        }
        out.finish();
        out
    }

    /// Terms taught by the shop, not counting the model's own values.
    pub fn taught(&self) -> usize {
        self.taught
    }

    pub fn kind(&self, name: &str) -> Option<Kind> {
        self.kinds.get(name).copied()
    }

    /// The most words a name has.
    pub fn longest(&self) -> usize {
        self.longest
    }

    /// Whether the word, or its singular or plural, is part of a name of this kind (of any kind if `None`).
    pub fn knows(&self, kind: Option<Kind>, word: &str) -> bool {
        self.find(word).is_some_and(|w| match kind {
            Some(kind) => w.kinds & bit(kind) != 0,
            None => w.kinds != 0,
        })
    }

    /// Whether these words are wholly a name of this kind, or of any.
    pub fn names(&self, kind: Option<Kind>, phrase: &str) -> bool {
        let is = |phrase: &str| {
            self.phrases.get(phrase).is_some_and(|ids| match kind {
                Some(kind) => ids.iter().any(|&i| self.entries.get(i as usize).is_some_and(|e| e.kind == kind)),
                None => !ids.is_empty(),
            })
        };
        is(phrase) || inflections(phrase).any(|p| is(&p))
    }

    /// The closest known word of this kind to an unknown one, 0.0 where none is close.
    pub fn closeness(&self, kind: Option<Kind>, word: &str) -> f32 {
        let near = self.near.of(word, &self.words);
        let fits =
            |w: &u32| kind.is_none_or(|kind| self.words.get(*w as usize).is_some_and(|w| w.kinds & bit(kind) != 0));
        near.into_iter().filter(|(w, _)| fits(w)).map(|(_, sim)| sim).fold(0.0, f32::max)
    }

    /// What the words may stand for, best first, at most `limit`, of one kind or of any.
    pub fn resolve(&self, kind: Option<Kind>, words: &[&str], limit: usize) -> Vec<Resolution> {
        let words: Vec<&str> =
            words.iter().copied().filter(|w| !matches!(*w, "a" | "an" | "the" | "some" | "any")).collect();
        if words.is_empty() {
            return Vec::new();
        }
        let wanted = |e: &Entry| kind.is_none_or(|k| e.kind == k);
        let phrase = words.join(" ");
        let heard = self.heard(&words);
        let mut found: Vec<(u32, f32)> = self
            .pool(&heard, &wanted)
            .into_iter()
            .filter_map(|entry| Some((entry, self.score(self.entries.get(entry as usize)?, &heard))))
            .collect();
        found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        found.truncate(24);
        let sounds = Sounds::of(&phrase);
        for (entry, score) in &mut found {
            let Some(e) = self.entries.get(*entry as usize) else { continue };
            // Words run together or cut apart only show when the whole is compared.
            let whole = sounds.similarity(&Sounds::of(&self.text_of(e)));
            if whole > 0.75 {
                *score = score.max(whole * 0.95);
            }
        }
        let same = std::iter::once(phrase.clone()).chain(inflections(&phrase));
        for (i, said) in same.enumerate() {
            for &entry in self.phrases.get(said.as_str()).into_iter().flatten() {
                if self.entries.get(entry as usize).is_some_and(&wanted) {
                    found.push((entry, if i == 0 { 1.0 } else { 0.97 }));
                }
            }
        }
        found.retain(|(_, score)| *score >= FLOOR);
        found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let mut out: Vec<Resolution> = Vec::with_capacity(limit.min(found.len()));
        let mut seen = FxHashSet::default();
        for (entry, score) in found {
            let Some(e) = self.entries.get(entry as usize) else { continue };
            if out.len() < limit && seen.insert((e.kind, e.id.clone())) {
                out.push(Resolution { id: e.id.to_string(), name: e.shown.to_string(), score });
            }
        }
        out
    }

    /// Names of this kind, the taught ones first.
    pub fn sample_names(&self, kind: Kind) -> impl Iterator<Item = &str> {
        let mut entries: Vec<&Entry> = self.entries.iter().filter(|e| e.kind == kind).collect();
        entries.sort_by_key(|e| !e.taught);
        entries.into_iter().map(|e| &*e.shown)
    }

    fn kind_or_new(&mut self, name: &str) -> Kind {
        let next = Kind(u16::try_from(self.kinds.len()).unwrap_or(u16::MAX));
        *self.kinds.entry(name.to_owned()).or_insert(next)
    }

    fn push(&mut self, kind: Kind, id: &str, shown: &str, said: &str, taught: bool) {
        let index = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        let mut ids = Vec::new();
        let mut phrase = String::with_capacity(said.len());
        for token in tokenize(said) {
            if !phrase.is_empty() {
                phrase.push(' ');
            }
            phrase.push_str(&token.text);
            ids.push(self.word_or_new(token.text));
        }
        if ids.is_empty() || index == u32::MAX {
            return;
        }
        self.longest = self.longest.max(ids.len());
        for &id in &ids {
            if let Some(word) = self.words.get_mut(id as usize) {
                if word.entries.last() != Some(&index) {
                    word.entries.push(index);
                }
                word.kinds |= bit(kind);
            }
        }
        self.phrases.entry(phrase.into()).or_default().push(index);
        self.entries.push(Entry { kind, id: id.into(), shown: shown.into(), words: ids.into(), weight: 0.0, taught });
    }

    fn word_or_new(&mut self, text: String) -> u32 {
        if let Some(&id) = self.by_text.get(text.as_str()) {
            return id;
        }
        let id = u32::try_from(self.words.len()).unwrap_or(u32::MAX);
        let sounds = Sounds::of(&text);
        self.by_text.insert(text.as_str().into(), id);
        self.words.push(Word { text: text.into(), sounds, entries: Vec::new(), kinds: 0, weight: 1.0 });
        id
    }

    fn finish(&mut self) {
        let total = self.entries.len().max(1) as f32;
        for word in &mut self.words {
            let rarity = (1.0 + total / (word.entries.len() as f32 + 1.0)).ln() / (1.0 + total).ln();
            word.weight = if is_link(&word.text) { 0.1 } else { 0.3 + 0.7 * rarity.clamp(0.0, 1.0) };
        }
        for entry in &mut self.entries {
            entry.weight = entry.words.iter().filter_map(|&w| self.words.get(w as usize)).map(|w| w.weight).sum();
        }
        self.near = Near::new(&self.words);
    }

    fn find(&self, word: &str) -> Option<&Word> {
        let get = |w: &str| self.by_text.get(w).and_then(|&id| self.words.get(id as usize));
        get(word).or_else(|| inflections(word).find_map(|w| get(&w)))
    }

    fn text_of(&self, entry: &Entry) -> String {
        let words: Vec<&str> =
            entry.words.iter().filter_map(|&w| self.words.get(w as usize)).map(|w| &*w.text).collect();
        words.join(" ")
    }

    /// What each said word, and each pair of neighbours run together, may have been.
    fn heard(&self, words: &[&str]) -> Vec<Heard> {
        let mut out = Vec::with_capacity(words.len() * 2);
        for (at, word) in words.iter().enumerate() {
            let mut candidates: Vec<(u32, f32)> = Vec::new();
            if let Some(&id) = self.by_text.get(*word) {
                candidates.push((id, 1.0));
            }
            for form in inflections(word) {
                candidates.extend(self.by_text.get(form.as_str()).map(|&id| (id, 0.97)));
            }
            let known = !candidates.is_empty();
            for (id, sim) in self.near.of(word, &self.words) {
                if !candidates.iter().any(|c| c.0 == id) {
                    // A word the shop has is rarely a mishearing of another one.
                    candidates.push((id, if known { sim * 0.85 } else { sim * 0.97 }));
                }
            }
            let weight = candidates
                .first()
                .filter(|_| known)
                .and_then(|(id, _)| self.words.get(*id as usize))
                .map_or(if is_link(word) { 0.1 } else { 0.9 }, |w| w.weight);
            out.push(Heard { from: at, to: at + 1, candidates, weight });
            if let Some(next) = words.get(at + 1)
                && let Some(&id) = self.by_text.get(format!("{word}{next}").as_str())
            {
                out.push(Heard { from: at, to: at + 2, candidates: vec![(id, 0.98)], weight: 0.9 });
            }
        }
        out
    }

    /// Entries worth scoring: those with the rarest of the heard words.
    fn pool(&self, heard: &[Heard], wanted: &impl Fn(&Entry) -> bool) -> Vec<u32> {
        let mut lists: Vec<(&[u32], f32)> = heard
            .iter()
            .flat_map(|h| &h.candidates)
            .filter_map(|&(id, sim)| self.words.get(id as usize).map(|w| (w.entries.as_slice(), sim * w.weight)))
            .collect();
        lists.sort_by_key(|(entries, _)| entries.len());
        let mut rough: FxHashMap<u32, f32> = FxHashMap::default();
        for (entries, gain) in lists {
            // Words in very many names only rank what rarer words have found.
            if entries.len() > POOL && !rough.is_empty() {
                for (entry, score) in &mut rough {
                    if entries.binary_search(entry).is_ok() {
                        *score += gain;
                    }
                }
                continue;
            }
            for &entry in entries.iter().take(POOL) {
                if self.entries.get(entry as usize).is_some_and(wanted) {
                    if rough.len() < POOL {
                        *rough.entry(entry).or_default() += gain;
                    } else if let Some(score) = rough.get_mut(&entry) {
                        *score += gain;
                    }
                }
            }
        }
        let mut pool: Vec<(u32, f32)> = rough.into_iter().collect();
        let order = |a: &(u32, f32), b: &(u32, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
        if pool.len() > 64 {
            pool.select_nth_unstable_by(64, order);
            pool.truncate(64);
        }
        pool.into_iter().map(|(entry, _)| entry).collect()
    }

    /// How much of what was heard is in the name, times how much of the name was heard.
    fn score(&self, entry: &Entry, heard: &[Heard]) -> f32 {
        let fit = |h: &Heard| {
            h.candidates.iter().filter(|(id, _)| entry.words.contains(id)).map(|(_, sim)| *sim).fold(0.0, f32::max)
        };
        let (mut said, mut held) = (0.0, 0.0);
        for h in heard.iter().filter(|h| h.to == h.from + 1) {
            let joined = heard.iter().filter(|j| j.to == j.from + 2 && j.from <= h.from && h.to <= j.to).map(fit);
            held += h.weight * joined.fold(fit(h), f32::max);
            said += h.weight;
        }
        let mut named = 0.0;
        for &id in &entry.words {
            let best =
                heard.iter().flat_map(|h| &h.candidates).filter(|(c, _)| *c == id).map(|(_, s)| *s).fold(0.0, f32::max);
            named += best * self.words.get(id as usize).map_or(0.0, |w| w.weight);
        }
        if said <= 0.0 || entry.weight <= 0.0 {
            return 0.0;
        }
        (held / said) * (0.65 + 0.35 * (named / entry.weight).min(1.0)) * 0.99
    }
}

/// One said word, or two run together, and the known words it may be.
struct Heard {
    from: usize,
    to: usize,
    candidates: Vec<(u32, f32)>,
    weight: f32,
}

fn bit(kind: Kind) -> u64 {
    // More than 64 kinds share bits, which only makes `knows` more generous.
    1 << (kind.0 % 64)
}

fn is_link(word: &str) -> bool {
    matches!(word, "of" | "and" | "the" | "for" | "with" | "in" | "a" | "an" | "to" | "by" | "or")
}

/// Singular for plural and the other way round, of the last word.
fn inflections(phrase: &str) -> impl Iterator<Item = String> {
    let mut out: [Option<String>; 2] = [None, None];
    if phrase.len() > 3 {
        if let Some(stem) = phrase.strip_suffix("ies") {
            out[0] = Some(format!("{stem}y"));
        } else if let Some(stem) = phrase.strip_suffix('s').filter(|s| !s.ends_with('s')) {
            out[0] = Some(stem.to_owned());
            out[1] = stem.strip_suffix('e').map(str::to_owned);
        } else {
            out[0] = Some(format!("{phrase}s"));
            out[1] = match phrase.strip_suffix('y') {
                Some(stem) => Some(format!("{stem}ies")),
                None => Some(format!("{phrase}es")),
            };
        }
    }
    out.into_iter().flatten()
}

/// A name as [`Vocabulary::names`] wants it.
pub fn phrase_of(text: &str) -> String {
    normalize(text)
}
