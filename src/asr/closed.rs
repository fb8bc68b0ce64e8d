//! A closed list of phrases: what may be written next so that one of them comes out. A phrase is written with the pieces it was
//! learnt with and no others: in others its chance says nothing. Refuses to know the engine.

use super::pieces::{Piece, Pieces};

/// What may be written.
#[derive(Debug)]
pub struct Closed {
    phrases: Vec<Vec<Piece>>,
    end: Piece,
}

impl Closed {
    /// Phrases with letters that no piece has are left out.
    pub fn new(phrases: &[String], pieces: &Pieces) -> Self {
        let cut = |phrase: &String| {
            let (phrase, mut written) = (phrase.to_lowercase(), Vec::new());
            phrase.split_whitespace().all(|word| pieces.cut(word, &mut written)).then_some(written)
        };
        Self { phrases: phrases.iter().filter_map(cut).collect(), end: pieces.end() }
    }

    /// The pieces that go on with a phrase after `written`, and the end where one is whole or nothing goes on; in order.
    pub fn after(&self, written: &[Piece]) -> Vec<Piece> {
        let rests = self.phrases.iter().filter_map(|phrase| phrase.strip_prefix(written));
        let mut possible: Vec<Piece> = rests.map(|rest| rest.first().copied().unwrap_or(self.end)).collect();
        if possible.is_empty() {
            possible.push(self.end);
        }
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
        let pieces = of(&[" ", "y", "e", "s", "n", "o", " y", " ye", " n", " no", "on", " yes"]);
        let closed = Closed::new(&["yes".into(), "No ".into(), "no one".into(), "ünlü".into()], &pieces);
        assert_eq!(closed.after(written), possible, "after {written:?}");
    }

    const END: Piece = 12;

    #[test]
    fn only_what_goes_on_with_a_phrase_may_come() {
        check(&[], &[9, 11]);
        check(&[11], &[END]);
        check(&[9], &[0, END]);
        check(&[9, 0], &[10]);
        check(&[9, 0, 10], &[2]);
    }

    #[test]
    fn a_phrase_is_written_one_way() {
        check(&[7], &[END]);
        check(&[8], &[END]);
    }
}
