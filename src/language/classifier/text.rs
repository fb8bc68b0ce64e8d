//! Text in, lowercased words with their places out. Refuses to know what the words mean.

use std::ops::Range;

use super::hash;

/// A text cut into words. Punctuation at a word's edge is a word of its own; inside ("9:30", "what's") it stays.
pub struct Sentence {
    lower: String,
    words: Vec<Word>,
}

#[derive(Clone, Debug)]
struct Word {
    /// Bytes in the text as given.
    place: Range<usize>,
    /// Bytes in the lowercased copy.
    lower: Range<usize>,
    key: u64,
}

impl Sentence {
    pub fn new(text: &str) -> Self {
        let mut sentence = Self { lower: String::with_capacity(text.len() + 8), words: Vec::with_capacity(16) };
        let mut start = None;
        for (at, c) in text.char_indices() {
            match (c.is_whitespace(), start) {
                (true, Some(from)) => {
                    sentence.cut(text, from..at);
                    start = None;
                }
                (false, None) => start = Some(at),
                _ => {}
            }
        }
        if let Some(from) = start {
            sentence.cut(text, from..text.len());
        }
        sentence
    }

    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// The lowercased word; empty outside the sentence.
    pub fn word(&self, at: usize) -> &str {
        self.words.get(at).and_then(|w| self.lower.get(w.lower.clone())).unwrap_or("")
    }

    /// The word's hash; `before the start` and `after the end` have their own.
    pub fn key(&self, at: isize) -> u64 {
        match usize::try_from(at) {
            Err(_) => 1,
            Ok(at) => self.words.get(at).map_or(2, |w| w.key),
        }
    }

    /// Bytes of the word in the text as given.
    pub fn place(&self, at: usize) -> Range<usize> {
        self.words.get(at).map_or(0..0, |w| w.place.clone())
    }

    /// The words that `range` of the text touches.
    pub fn covered(&self, range: Range<usize>) -> Range<usize> {
        let start = self.words.partition_point(|w| w.place.end <= range.start);
        let end = self.words.partition_point(|w| w.place.start < range.end);
        start..end.max(start)
    }

    /// One run of text without white space: edge punctuation off, the middle kept whole.
    fn cut(&mut self, text: &str, run: Range<usize>) {
        let Some(part) = text.get(run.clone()) else { return };
        let Some(first) = part.find(char::is_alphanumeric) else {
            return self.singles(text, run);
        };
        let last = part.char_indices().rev().find(|(_, c)| c.is_alphanumeric());
        let last = last.map_or(part.len(), |(at, c)| at + c.len_utf8());
        self.singles(text, run.start..run.start + first);
        self.push(text, run.start + first..run.start + last);
        self.singles(text, run.start + last..run.end);
    }

    fn singles(&mut self, text: &str, run: Range<usize>) {
        for (at, c) in text.get(run.clone()).unwrap_or("").char_indices() {
            self.push(text, run.start + at..run.start + at + c.len_utf8());
        }
    }

    fn push(&mut self, text: &str, place: Range<usize>) {
        let from = self.lower.len();
        self.lower.extend(text.get(place.clone()).unwrap_or("").chars().flat_map(char::to_lowercase));
        let lower = from..self.lower.len();
        let key = hash::bytes(self.lower.get(lower.clone()).unwrap_or("").as_bytes());
        self.words.push(Word { place, lower, key });
    }
}
