//! A closed list of phrases: what may be written next so that one of them comes out. Works on text, so it does not matter how a
//! model cuts words into pieces. Refuses to know the engine.

use std::sync::Arc;

use super::pieces::{Piece, Pieces};

/// What may be written, and with which pieces.
#[derive(Debug)]
pub struct Closed {
    /// Each with the blank that stands before a word.
    phrases: Vec<Vec<u8>>,
    pieces: Arc<Pieces>,
}

impl Closed {
    pub fn new(phrases: &[String], pieces: Arc<Pieces>) -> Self {
        let phrases = phrases.iter().map(|p| format!(" {}", p.trim().to_lowercase()).into_bytes()).collect();
        Self { phrases, pieces }
    }

    /// The pieces that go on with a phrase after `written`, and the end where one is whole; in order.
    pub fn after(&self, written: &[Piece]) -> Vec<Piece> {
        let so_far: Vec<u8> = written.iter().flat_map(|piece| self.pieces.bytes(*piece)).copied().collect();
        let rests: Vec<&[u8]> = self.phrases.iter().filter_map(|p| p.strip_prefix(so_far.as_slice())).collect();
        let begins = |rest: &&[u8]| -> Vec<Piece> {
            match rest.is_empty() {
                true => vec![self.pieces.end()],
                false => self.pieces.beginning(rest).collect(),
            }
        };
        let mut possible: Vec<Piece> = rests.iter().flat_map(begins).collect();
        possible.sort_unstable();
        possible.dedup();
        possible
    }
}

#[cfg(test)]
mod tests {
    use super::super::pieces::tests::of;
    use super::*;

    fn check(written: &[Piece], possible: &[Piece]) {
        let pieces = Arc::new(of(&[" ye", "s", " no", " n", "o", " ", "y", " noon"]));
        let closed = Closed::new(&["yes".into(), "No ".into()], pieces);
        assert_eq!(closed.after(written), possible, "after {written:?}");
    }

    const END: Piece = 8;

    #[test]
    fn only_what_goes_on_with_a_phrase_may_come() {
        check(&[], &[0, 2, 3, 5]);
        check(&[0], &[1]);
        check(&[3], &[4]);
        check(&[5], &[6]);
        check(&[0, 1], &[END]);
        check(&[3, 4], &[END]);
    }
}
