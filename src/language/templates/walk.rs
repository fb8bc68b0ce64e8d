//! The search for templates that cover an utterance.

use std::ops::Range;

use jiff::civil::Date;
use rustc_hash::FxHashMap;

use super::{Node, Templates};
use crate::language::filler::{is_article, is_filler, is_function};
use crate::language::slots::{Shape, read_at};
use crate::language::vocabulary::{Kind, Vocabulary};
use crate::words::{numbers, sound};

/// One way to cover the words.
#[derive(Clone, Debug, PartialEq)]
pub struct Parse {
    pub intent: u16,
    pub slots: Vec<Filled>,
    /// 0..=1: how well the words are accounted for.
    pub fit: f32,
    /// How much there is to say that the words belong to the shop at all: content words of the template and slots
    /// that mean something, about 1 each.
    pub evidence: f32,
    /// Literal content words of the template.
    pub content: u8,
}

/// A slot of a parse: which words it takes, and their value where the type has a format.
#[derive(Clone, Debug, PartialEq)]
pub struct Filled {
    pub label: u16,
    pub words: Range<usize>,
    pub value: Option<String>,
}

/// Longer utterances are no commands; the search would only cost time.
const LONGEST: usize = 40;
/// Steps before the search makes do with what it has found.
const BUDGET: u32 = 30_000;
/// Parses kept.
const KEPT: usize = 8;

impl Templates {
    /// The best ways to cover `words` (normalised, without politeness around), best first.
    pub fn cover(&self, words: &[&str], vocabulary: &Vocabulary, today: Date) -> Vec<Parse> {
        if words.is_empty() || words.len() > LONGEST {
            return Vec::new();
        }
        let mut walk = Walk {
            templates: self,
            vocabulary,
            words,
            today,
            literals: words.iter().map(|w| self.literals(w, vocabulary)).collect(),
            kinds: self.labels.iter().map(|l| vocabulary.kind(&l.kind)).collect(),
            closed: FxHashMap::default(),
            knowledge: FxHashMap::default(),
            path: Vec::new(),
            budget: BUDGET,
            found: Vec::new(),
        };
        walk.step(0, 0, Tally::default());
        let mut found = walk.found;
        found.sort_by(|a, b| b.fit.total_cmp(&a.fit));
        found
    }

    /// Template words that a said word may be, with their likeness.
    fn literals(&self, word: &str, vocabulary: &Vocabulary) -> Vec<(u32, f32)> {
        let mut out = Vec::new();
        if let Some(&id) = self.lexicon.get(word) {
            out.push((id, 1.0));
        }
        for other in mistaken_for(word) {
            out.extend(self.lexicon.get(*other).map(|&id| (id, 0.7)));
        }
        // Only a word that nothing knows is taken for a slip of another.
        if out.is_empty() && word.len() > 2 && !vocabulary.knows(None, word) {
            let close =
                self.lexicon.iter().filter(|(known, _)| known.len().abs_diff(word.len()) <= 2 && known.len() > 2);
            let mut likely: Vec<(u32, f32)> =
                close.map(|(known, &id)| (id, likeness(word, known))).filter(|(_, like)| *like >= 0.7).collect();
            likely.sort_by(|a, b| b.1.total_cmp(&a.1));
            likely.truncate(2);
            out.extend(likely.into_iter().map(|(id, like)| (id, like * 0.8)));
        }
        out
    }
}

/// What points back to a product already named is no name of one.
fn is_pronoun(word: &str) -> bool {
    matches!(word, "it" | "that" | "this" | "them" | "those" | "these" | "one" | "ones")
}

fn likeness(a: &str, b: &str) -> f32 {
    let typed = strsim::normalized_damerau_levenshtein(a, b) as f32;
    if typed < 0.5 {
        return 0.0;
    }
    typed.max(sound::similarity(a, b) * 0.95)
}

/// Words that sound alike and are both words, which no likeness of letters would tell apart.
fn mistaken_for(word: &str) -> &'static [&'static str] {
    match word {
        "by" | "bye" => &["buy"],
        "buy" => &["by"],
        "wear" | "ware" | "were" => &["where"],
        "ad" | "at" => &["add"],
        "their" | "they're" => &["there"],
        "fined" | "fine" => &["find"],
        "prize" => &["price"],
        "or" => &["order"],
        "chip" => &["cheap"],
        "card" | "court" | "cards" => &["cart"],
        "bask" => &["basket"],
        "truck" | "trek" | "trapped" => &["track"],
        "too" | "two" => &["to"],
        "four" => &["for"],
        "sea" => &["see"],
        "lest" => &["last"],
        "same" => &["some"],
        "oder" | "older" | "odor" => &["order"],
        "surge" => &["search"],
        _ => &[],
    }
}

/// A reading of a slot: words used, the value where the type has a format, and how sure it is.
type Value = (usize, Option<String>, f32);

/// Ordinals that a slip of the fingers is corrected to.
const ORDINALS: [&str; 6] = ["first", "second", "third", "fourth", "fifth", "last"];

/// What a path has gathered so far.
#[derive(Clone, Copy, Default)]
struct Tally {
    fit: f32,
    counted: f32,
    evidence: f32,
    content: u8,
}

struct Walk<'a> {
    templates: &'a Templates,
    vocabulary: &'a Vocabulary,
    words: &'a [&'a str],
    today: Date,
    literals: Vec<Vec<(u32, f32)>>,
    kinds: Vec<Option<Kind>>,
    /// Values that begin at a word, by (shape, kind, word).
    closed: FxHashMap<(Shape, Option<Kind>, usize), Vec<Value>>,
    /// How well the vocabulary knows a run of words, by (kind, from, to).
    knowledge: FxHashMap<(Option<Kind>, usize, usize), f32>,
    path: Vec<Filled>,
    budget: u32,
    found: Vec<Parse>,
}

impl Walk<'_> {
    fn step(&mut self, node: u32, at: usize, tally: Tally) {
        if self.budget == 0 {
            return;
        }
        self.budget -= 1;
        let templates = self.templates;
        let Some(Node { words, slots, ends }) = templates.nodes.get(node as usize) else { return };
        let Some(word) = self.words.get(at) else {
            for &intent in ends {
                self.keep(intent, tally);
            }
            return;
        };
        for i in 0..self.literals.get(at).map_or(0, Vec::len) {
            let Some(&(id, like)) = self.literals.get(at).and_then(|l| l.get(i)) else { continue };
            let Some(&next) = words.get(&id) else { continue };
            let content = templates.content.get(id as usize).copied().unwrap_or(false);
            let weight = if content { 1.0 } else { 0.9 };
            let tally = Tally {
                fit: tally.fit + weight * like,
                counted: tally.counted + 1.0,
                evidence: tally.evidence + if content { like } else { 0.12 * like },
                content: tally.content + u8::from(content),
            };
            self.step(next, at + 1, tally);
        }
        for &(label, next) in slots {
            self.slot(label, next, at, tally);
        }
        if is_filler(word) {
            self.step(node, at + 1, tally);
        }
    }

    fn slot(&mut self, label: u16, next: u32, at: usize, tally: Tally) {
        let Some(shape) = self.templates.label(label).map(|l| l.shape) else { return };
        let kind = self.kinds.get(usize::from(label)).copied().flatten();
        if !matches!(shape, Shape::Named | Shape::Free) {
            for (used, value, like) in self.closed_at(shape, kind, at) {
                self.path.push(Filled { label, words: at..at + used, value });
                let tally = Tally {
                    fit: tally.fit + 0.92 * like * used as f32,
                    counted: tally.counted + used as f32,
                    evidence: tally.evidence + 0.8 * like,
                    content: tally.content,
                };
                self.step(next, at + used, tally);
                self.path.pop();
            }
            return;
        }
        // Open slots begin and end with words that mean something.
        if self.words.get(at).is_none_or(|w| is_article(w) || is_pronoun(w)) {
            return;
        }
        for end in at + 1..=self.words.len() {
            let known = match shape {
                Shape::Named => self.known(kind, at, end),
                _ => self.known(None, at, end) * 0.92,
            };
            // "have you got that" names nothing.
            let empty = known <= 0.5 && self.words.get(at..end).is_some_and(|run| run.iter().all(|w| is_function(w)));
            if empty {
                continue;
            }
            let used = (end - at) as f32;
            self.path.push(Filled { label, words: at..end, value: None });
            let tally = Tally {
                fit: tally.fit + (0.22 + 0.73 * known) * used,
                counted: tally.counted + used,
                evidence: tally.evidence + known,
                content: tally.content,
            };
            self.step(next, end, tally);
            self.path.pop();
        }
    }

    fn closed_at(&mut self, shape: Shape, kind: Option<Kind>, at: usize) -> Vec<Value> {
        if let Some(seen) = self.closed.get(&(shape, kind, at)) {
            return seen.clone();
        }
        let rest = self.words.get(at..).unwrap_or_default();
        let values = match (shape, kind) {
            (Shape::Listed, Some(kind)) => self.listed_at(kind, rest),
            (Shape::Listed, None) => Vec::new(),
            _ => self.formatted_at(shape, rest),
        };
        self.closed.insert((shape, kind, at), values.clone());
        values
    }

    fn formatted_at(&self, shape: Shape, rest: &[&str]) -> Vec<Value> {
        let read = read_at(shape, rest, self.today);
        // "add to bananas" was "add two bananas".
        if let (true, Shape::Number, Some(first)) = (read.is_empty(), shape, rest.first())
            && let Some(meant) = numbers::sounds_like_number(first)
        {
            return read_at(shape, &[meant], self.today).into_iter().map(|(used, v)| (used, Some(v), 0.6)).collect();
        }
        // "the thrid one"
        if let (true, Shape::Ordinal, Some(first)) = (read.is_empty(), shape, rest.first())
            && !self.templates.has_literal(first)
            && !self.vocabulary.knows(None, first)
            && let Some(meant) = ORDINALS.iter().find(|o| strsim::damerau_levenshtein(o, first) == 1)
        {
            return read_at(shape, &[meant], self.today).into_iter().map(|(used, v)| (used, Some(v), 0.8)).collect();
        }
        read.into_iter().map(|(used, v)| (used, Some(v), 1.0)).collect()
    }

    fn listed_at(&self, kind: Kind, rest: &[&str]) -> Vec<Value> {
        let reach = rest.len().min(self.vocabulary.longest());
        let mut out: Vec<_> = (1..=reach)
            .rev()
            .filter(|&used| rest.get(..used).is_some_and(|w| self.vocabulary.names(Some(kind), &w.join(" "))))
            .map(|used| (used, None, 1.0))
            .collect();
        if let (true, Some(first)) = (out.is_empty(), rest.first())
            && !self.templates.has_literal(first)
            && !self.vocabulary.knows(None, first)
        {
            let like = self.vocabulary.closeness(Some(kind), first);
            if like >= 0.8 {
                out.push((1, None, like * 0.85));
            }
        }
        out
    }

    /// 0..=1: how much of the run the vocabulary knows; 1 where it is wholly a name.
    fn known(&mut self, kind: Option<Kind>, from: usize, to: usize) -> f32 {
        if let Some(&seen) = self.knowledge.get(&(kind, from, to)) {
            return seen;
        }
        let run = self.words.get(from..to).unwrap_or_default();
        let value = if self.vocabulary.taught() == 0 && kind.is_none() {
            // Nothing to know about free words without a shop.
            0.5
        } else if run.len() <= self.vocabulary.longest() && self.vocabulary.names(kind, &run.join(" ")) {
            1.0
        } else {
            let known = (from..to).map(|at| self.known_word(kind, at)).sum::<f32>() / run.len().max(1) as f32;
            0.8 * known
        };
        self.knowledge.insert((kind, from, to), value);
        value
    }

    fn known_word(&mut self, kind: Option<Kind>, at: usize) -> f32 {
        // A run of one word that is no name is kept under an impossible range.
        let key = (kind, usize::MAX, at);
        if let Some(&seen) = self.knowledge.get(&key) {
            return seen;
        }
        let word = self.words.get(at).copied().unwrap_or("");
        let value = if self.vocabulary.knows(kind, word) {
            1.0
        } else if self.templates.has_literal(word) || self.vocabulary.knows(None, word) {
            0.0
        } else {
            let like = self.vocabulary.closeness(kind, word);
            if like >= 0.7 { like * 0.8 } else { 0.0 }
        };
        self.knowledge.insert(key, value);
        value
    }

    fn keep(&mut self, intent: u16, tally: Tally) {
        let fit = tally.fit / tally.counted.max(1.0);
        if self.found.len() >= KEPT {
            let worst =
                self.found.iter().enumerate().min_by(|a, b| a.1.fit.total_cmp(&b.1.fit)).map(|(i, p)| (i, p.fit));
            match worst {
                Some((i, least)) if least < fit => {
                    self.found.swap_remove(i);
                }
                _ => return,
            }
        }
        let slots = self.path.clone();
        if self.found.iter().any(|p| p.intent == intent && p.slots == slots && p.fit >= fit) {
            return;
        }
        self.found.push(Parse { intent, slots, fit, evidence: tally.evidence, content: tally.content });
    }
}
