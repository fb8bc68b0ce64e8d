//! A sentence in, the hashed features of each word that tell slots apart out. Refuses to know labels and weights.

use std::ops::Range;

use super::{
    gazetteer::Gazetteer,
    hash,
    lexicon::{Lexicon, View},
    text::Sentence,
};

/// Features word by word.
pub type Columns = Vec<Vec<u64>>;

/// `views` are the words as the lexicon sees them; `own` are the labels of a sentence that is trained on.
pub fn columns(
    sentence: &Sentence,
    views: &[View],
    gazetteer: &Gazetteer,
    lexicon: &Lexicon,
    own: Option<&[u16]>,
) -> Columns {
    let count = sentence.len();
    let mut columns: Columns = (0..count).map(|_| Vec::with_capacity(64)).collect();
    let shapes: Vec<u64> = (0..count).map(|at| shape(sentence.word(at))).collect();
    let shape_at = |at: isize| usize::try_from(at).ok().and_then(|at| shapes.get(at)).copied().unwrap_or(3);
    for (at, column) in columns.iter_mut().enumerate() {
        let here = at as isize;
        let view = |offset: isize| usize::try_from(here + offset).ok().and_then(|at| views.get(at));
        let key = |offset: isize| view(offset).map_or(sentence.key(here + offset), |v| v.key);
        let class = |offset: isize| view(offset).map_or(sentence.key(here + offset), |v| v.class);
        column.push(hash::join(20, &[]));
        for offset in -2..=2isize {
            column.push(hash::join(30 + (offset + 2) as u32, &[key(offset)]));
        }
        column.push(hash::join(40, &[key(-1), key(0)]));
        column.push(hash::join(41, &[key(0), key(1)]));
        column.push(hash::join(42, &[key(-2), key(-1)]));
        column.push(hash::join(43, &[key(1), key(2)]));
        column.push(hash::join(44, &[key(-1), key(1)]));
        column.push(hash::join(45, &[key(-1), key(0), key(1)]));
        column.push(hash::join(46, &[key(-2), key(-1), key(0)]));
        column.push(hash::join(47, &[key(0), key(1), key(2)]));
        column.push(hash::join(200, &[sentence.key(here)]));
        for offset in -2..=2isize {
            column.push(hash::join(202 + (offset + 2) as u32, &[class(offset)]));
        }
        column.push(hash::join(210, &[class(-1), class(0)]));
        column.push(hash::join(211, &[class(0), class(1)]));
        column.push(hash::join(212, &[key(-1), class(0)]));
        column.push(hash::join(213, &[class(0), key(1)]));
        column.push(hash::join(214, &[class(-1), class(0), class(1)]));
        column.push(hash::join(215, &[key(-1), class(0), key(1)]));
        column.push(hash::join(216, &[key(-2), key(-1), class(0)]));
        column.push(hash::join(217, &[class(0), key(1), key(2)]));
        for offset in -1..=1isize {
            column.push(hash::join(50 + (offset + 1) as u32, &[shape_at(here + offset)]));
        }
        let word = sentence.word(at);
        affixes(word, 60, 5, column);
    }
    for found in gazetteer.find(sentence) {
        let kind = hash::bytes(gazetteer.kind(found.kind).as_bytes());
        mark(&mut columns, found.start..found.end, 120, kind);
    }
    for value in lexicon.find(sentence, own) {
        let several = value.end - value.start > 1;
        mark(&mut columns, value.start..value.end, 130, 2 * u64::from(value.slot) + u64::from(several));
    }
    columns
}

/// Tells the words of a phrase, and those next to it, that `what` stands there.
fn mark(columns: &mut Columns, words: Range<usize>, kind: u32, what: u64) {
    let last = words.end - 1;
    for (at, column) in columns.iter_mut().enumerate() {
        if words.contains(&at) {
            let edge = u64::from(at == words.start) + 2 * u64::from(at == last);
            column.push(hash::join(kind, &[what, edge]));
        } else if at + 1 == words.start {
            column.push(hash::join(kind + 1, &[what]));
        } else if at == words.end {
            column.push(hash::join(kind + 2, &[what]));
        }
    }
}

/// Beginnings and endings of up to `longest` letters.
fn affixes(word: &str, kind: u32, longest: usize, column: &mut Vec<u64>) {
    for (length, (end, c)) in word.char_indices().take(longest).enumerate() {
        let part = &word.as_bytes()[..end + c.len_utf8()];
        column.push(hash::join(kind + length as u32, &[hash::bytes(part)]));
    }
    for (length, (start, _)) in word.char_indices().rev().take(longest).enumerate() {
        column.push(hash::join(kind + 10 + length as u32, &[hash::bytes(&word.as_bytes()[start..])]));
    }
}

/// The word with its letters and digits blurred, repeats dropped.
fn shape(word: &str) -> u64 {
    let mut blurred = hash::join(0, &[]);
    let mut last = ' ';
    for c in word.chars() {
        let class = match c {
            '0'..='9' => '0',
            c if c.is_ascii_alphabetic() => 'a',
            c if c.is_alphanumeric() => 'b',
            c => c,
        };
        if class != last {
            blurred = hash::join(0, &[blurred, u64::from(u32::from(class))]);
            last = class;
        }
    }
    blurred
}
