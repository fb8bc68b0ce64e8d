//! A sentence in, the hashed features that tell intents apart out. Refuses to know slots and weights.

use super::{gazetteer::Gazetteer, hash, lexicon::View, text::Sentence};

/// Which group a feature is normalised with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    Words,
    Letters,
}

/// Calls `emit` for every feature of the sentence, repeated ones as often as they occur. `views` are its words as the lexicon
/// sees them.
pub fn each(sentence: &Sentence, views: &[View], gazetteer: &Gazetteer, mut emit: impl FnMut(Group, u64)) {
    let count = sentence.len() as isize;
    // What a word is mostly used for, so that names of things that were never seen together are alike.
    let class =
        |at: isize| usize::try_from(at).ok().and_then(|at| views.get(at)).map_or(sentence.key(at), |view| view.class);
    for at in 0..count {
        let (previous, word, next) = (sentence.key(at - 1), sentence.key(at), sentence.key(at + 1));
        emit(Group::Words, hash::join(1, &[word]));
        emit(Group::Words, hash::join(2, &[previous, word]));
        if at + 1 == count {
            emit(Group::Words, hash::join(2, &[word, next]));
        }
        if at + 2 < count {
            emit(Group::Words, hash::join(3, &[word, next, sentence.key(at + 2)]));
        }
        emit(Group::Words, hash::join(5, &[class(at)]));
        emit(Group::Words, hash::join(6, &[class(at - 1), class(at)]));
        emit(Group::Words, hash::join(7, &[previous, class(at)]));
        emit(Group::Words, hash::join(8, &[class(at), next]));
        letters(sentence.word(at as usize), |key| emit(Group::Letters, key));
    }
    for found in gazetteer.find(sentence) {
        emit(Group::Words, hash::join(4, &[hash::bytes(gazetteer.kind(found.kind).as_bytes())]));
    }
}

/// Letter groups of 2 to 5 within one word, its edges marked.
fn letters(word: &str, mut emit: impl FnMut(u64)) {
    let mut window: [u64; 5] = [0; 5];
    let mut filled = 0;
    for c in std::iter::once(' ').chain(word.chars()).chain(std::iter::once(' ')) {
        window.rotate_left(1);
        window[4] = u64::from(u32::from(c));
        filled = (filled + 1).min(5);
        for length in 2..=filled {
            emit(hash::join(10 + length as u32, &window[5 - length..]));
        }
    }
}
