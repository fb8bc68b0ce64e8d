//! The pieces that a model writes with, numbered without gaps: the text of each, and how a word is cut into them.

use rustc_hash::FxHashMap;

/// A piece's place among those that write something, in the order of their tokens.
pub type Piece = u16;

/// Longer ones are no words.
const WORD_BYTES: usize = 40;

/// What a model can write, and how its text ends.
#[derive(Debug)]
pub struct Pieces {
    /// Token and text of each piece.
    list: Vec<(usize, Box<[u8]>)>,
    by_text: FxHashMap<Box<[u8]>, Piece>,
    end_token: usize,
}

impl Pieces {
    /// Tokens with their bytes, in order; those that write nothing are left out, as are those from `end_token` on, which ends a
    /// text.
    pub fn new(tokens: impl Iterator<Item = (usize, Vec<u8>)>, end_token: usize) -> Self {
        let written = tokens.filter(|(token, bytes)| *token < end_token && !bytes.is_empty());
        let list: Vec<(usize, Box<[u8]>)> =
            written.take(usize::from(Piece::MAX)).map(|(token, bytes)| (token, bytes.into())).collect();
        // Of two that write the same, the first is what a word is cut into.
        let mut by_text = FxHashMap::default();
        for ((_, bytes), piece) in list.iter().zip(0..) {
            by_text.entry(bytes.clone()).or_insert(piece);
        }
        Self { list, by_text, end_token }
    }

    /// The end of a text, as if it were a piece: the one behind the last.
    pub fn end(&self) -> Piece {
        Piece::try_from(self.list.len()).unwrap_or(Piece::MAX)
    }

    /// The model's number for a piece, or for the end.
    pub fn token(&self, piece: Piece) -> usize {
        self.list.get(usize::from(piece)).map_or(self.end_token, |(token, _)| *token)
    }

    pub fn of_token(&self, token: usize) -> Option<Piece> {
        Piece::try_from(self.list.binary_search_by_key(&token, |(token, _)| *token).ok()?).ok()
    }

    /// What a piece writes; nothing for the end.
    pub fn bytes(&self, piece: Piece) -> &[u8] {
        self.list.get(usize::from(piece)).map_or(&[], |(_, bytes)| bytes)
    }

    /// The tokens of all pieces, and of the end.
    pub fn tokens(&self) -> impl Iterator<Item = usize> {
        self.list.iter().map(|(token, _)| *token).chain(std::iter::once(self.end_token))
    }

    pub fn text(&self, pieces: &[Piece]) -> String {
        let bytes: Vec<u8> = pieces.iter().flat_map(|p| self.bytes(*p)).copied().collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// A word with the blank before it, cut as byte pairs are: of all neighbours those that make the earliest piece go together
    /// first. Adds nothing and is false where a letter is in no piece.
    pub fn cut(&self, word: &str, out: &mut Vec<Piece>) -> bool {
        let spelled = format!(" {word}");
        if spelled.len() > WORD_BYTES {
            return false;
        }
        // Where each part ends.
        let mut ends: Vec<usize> = spelled.char_indices().map(|(at, c)| at + c.len_utf8()).collect();
        let piece =
            |from: usize, to: usize| spelled.as_bytes().get(from..to).and_then(|b| self.by_text.get(b)).copied();
        loop {
            let start = |i: usize| i.checked_sub(1).and_then(|i| ends.get(i)).copied().unwrap_or(0);
            let pairs = ends.iter().skip(1).enumerate().filter_map(|(i, end)| Some((piece(start(i), *end)?, i)));
            let Some((_, at)) = pairs.min() else { break };
            ends.remove(at);
        }
        let (before, mut from) = (out.len(), 0);
        for end in ends {
            let Some(piece) = piece(from, end) else {
                out.truncate(before);
                return false;
            };
            out.push(piece);
            from = end;
        }
        true
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Pieces with tokens 1, 2, 3 and so on; 99 ends a text.
    pub fn of(texts: &[&str]) -> Pieces {
        Pieces::new(texts.iter().zip(1..).map(|(text, token)| (token, text.as_bytes().to_vec())), 99)
    }

    #[test]
    fn words_are_cut_in_the_order_in_which_pieces_were_made() {
        let pieces = of(&[" ", "a", "b", "c", " a", "bc", "ab", " abc"]);
        let cut = |word: &str| {
            let mut out = Vec::new();
            pieces.cut(word, &mut out).then(|| out.iter().map(|p| pieces.text(&[*p])).collect::<Vec<_>>())
        };
        // " a" was made before "ab", "bc" before it as well, and " abc" of both.
        assert_eq!(cut("abc").unwrap(), [" abc"]);
        assert_eq!(cut("abb").unwrap(), [" a", "b", "b"]);
        assert_eq!(cut("cab").unwrap(), [" ", "c", "ab"]);
        assert_eq!(cut("axe"), None);
        assert_eq!(cut(&"a".repeat(100)), None);
    }

    #[test]
    fn numbers_have_no_gaps_and_the_end_is_behind_them() {
        let tokens = [(3, b"x".to_vec()), (5, Vec::new()), (7, b"y".to_vec()), (60, b"z".to_vec())];
        let pieces = Pieces::new(tokens.into_iter(), 50);
        assert_eq!(pieces.tokens().collect::<Vec<_>>(), [3, 7, 50]);
        assert_eq!((pieces.end(), pieces.token(1), pieces.token(2)), (2, 7, 50));
        assert_eq!((pieces.bytes(1), pieces.bytes(2)), (b"y".as_slice(), b"".as_slice()));
    }
}
