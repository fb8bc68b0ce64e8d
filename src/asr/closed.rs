//! A closed list of phrases as a filter on what the engine may write next: everything else is impossible. Works on text, so
//! it does not matter how a model cuts words into pieces. Refuses to know the engine.

use std::sync::Arc;

/// The text of each token of a model; empty where a token writes nothing.
#[derive(Debug)]
pub struct Pieces(Vec<(usize, Vec<u8>)>);

impl Pieces {
    /// Tokens with their bytes; those that write nothing are left out.
    pub fn new(tokens: impl Iterator<Item = (usize, Vec<u8>)>) -> Self {
        Self(tokens.filter(|(_, bytes)| !bytes.is_empty()).collect())
    }

    fn bytes(&self, token: usize) -> Option<&[u8]> {
        let at = self.0.binary_search_by_key(&token, |(id, _)| *id).ok()?;
        self.0.get(at).map(|(_, bytes)| bytes.as_slice())
    }
}

/// What may be written, and with which pieces.
#[derive(Debug)]
pub struct Closed {
    /// Each with the blank that stands before a word.
    phrases: Vec<Vec<u8>>,
    pieces: Arc<Pieces>,
    end: usize,
}

impl Closed {
    /// `end` is the token that ends a text.
    pub fn new(phrases: &[String], pieces: Arc<Pieces>, end: usize) -> Self {
        let phrases = phrases.iter().map(|p| format!(" {}", p.trim().to_lowercase()).into_bytes()).collect();
        Self { phrases, pieces, end }
    }

    /// Leaves of `logits`, one a token, those that go on with a phrase after `written`, or end one.
    pub fn filter(&self, written: impl Iterator<Item = usize>, logits: &mut [f32]) {
        let so_far: Vec<u8> = written.filter_map(|t| self.pieces.bytes(t)).flatten().copied().collect();
        let rests: Vec<&[u8]> = self.phrases.iter().filter_map(|p| p.strip_prefix(so_far.as_slice())).collect();
        let possible = |bytes: &[u8]| rests.iter().any(|rest| rest.starts_with(bytes));
        let kept: Vec<(usize, f32)> = self
            .pieces
            .0
            .iter()
            .filter(|(id, bytes)| *id < self.end && possible(bytes))
            .map(|(id, _)| *id)
            .chain(rests.iter().any(|rest| rest.is_empty()).then_some(self.end))
            .filter_map(|id| Some((id, *logits.get(id)?)))
            .collect();
        logits.fill(f32::NEG_INFINITY);
        for (id, logit) in kept {
            if let Some(place) = logits.get_mut(id) {
                *place = logit;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const END: usize = 9;

    fn check(written: &[usize], possible: &[usize]) {
        let texts: [&[u8]; 8] = [b" ye", b"s", b" no", b" n", b"o", b" ", b"y", b" noon"];
        let pieces = Arc::new(Pieces::new(texts.iter().enumerate().map(|(id, t)| (id, t.to_vec()))));
        let closed = Closed::new(&["yes".into(), "No ".into()], pieces, END);
        let mut logits = vec![1.0; 12];
        closed.filter(written.iter().copied(), &mut logits);
        let left: Vec<usize> = (0..12).filter(|id| logits.get(*id) == Some(&1.0)).collect();
        assert_eq!(left, possible, "after {written:?}");
    }

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
