//! What people say to this shop, as chances of the next piece: sentences in, probabilities after a beginning out. Pieces of up to
//! four before it count, as far as they were seen (Witten and Bell's way of leaving room for what was not).

use rustc_hash::FxHashMap;

use super::pieces::{Piece, Pieces};

/// How many pieces are seen together.
const ORDER: usize = 5;
/// Before a text begins.
const START: Piece = Piece::MAX;

/// What was seen. Small enough to be made anew whenever the shop's names change.
#[derive(Debug)]
pub struct Prior {
    /// By how many pieces came before, these; what followed them.
    seen: [FxHashMap<u64, Followers>; ORDER],
    /// Pieces there are, and the end.
    size: usize,
}

#[derive(Debug, Default)]
struct Followers {
    total: u32,
    each: Vec<(Piece, u32)>,
}

impl Prior {
    /// From plain words, lower case; a sentence with a letter that the model cannot write is left out.
    pub fn learn(sentences: &[String], pieces: &Pieces) -> Self {
        let mut out = Self { seen: Default::default(), size: usize::from(pieces.end()) + 1 };
        let mut cuts: FxHashMap<&str, Option<Vec<Piece>>> = FxHashMap::default();
        let mut text = Vec::new();
        for sentence in sentences {
            text.clear();
            text.push(START);
            let whole = sentence.split_whitespace().all(|word| {
                let cut = cuts.entry(word).or_insert_with(|| {
                    let mut out = Vec::new();
                    pieces.cut(word, &mut out).then_some(out)
                });
                cut.as_ref().is_some_and(|cut| {
                    text.extend(cut);
                    true
                })
            });
            if whole && text.len() > 1 {
                text.push(pieces.end());
                out.count(&text);
            }
        }
        out
    }

    fn count(&mut self, text: &[Piece]) {
        for at in 1..text.len() {
            let Some(&piece) = text.get(at) else { continue };
            for (before, seen) in self.seen.iter_mut().enumerate().take(at + 1) {
                let followers = seen.entry(key(text.get(at - before..at).unwrap_or_default())).or_default();
                followers.total += 1;
                match followers.each.iter_mut().find(|(p, _)| *p == piece) {
                    Some((_, count)) => *count += 1,
                    None => followers.each.push((piece, 1)),
                }
            }
        }
    }

    /// Natural logarithms of the chance of each piece after `written`, and of the end behind them, into `out`.
    pub fn after(&self, written: &[Piece], out: &mut Vec<f32>) {
        out.clear();
        out.resize(self.size, 1.0 / self.size as f32);
        let mut last = [START; ORDER - 1];
        let known = written.len().min(ORDER - 1);
        for (place, piece) in last.iter_mut().rev().zip(written.iter().rev()) {
            *place = *piece;
        }
        // The start counts as one piece before the first.
        for before in 0..=(known + 1).min(ORDER - 1) {
            let context = last.get(last.len() - before..).unwrap_or_default();
            let Some(followers) = self.seen.get(before).and_then(|seen| seen.get(&key(context))) else { break };
            let (total, kinds) = (followers.total as f32, followers.each.len() as f32);
            out.iter_mut().for_each(|p| *p *= kinds / (total + kinds));
            for (piece, count) in &followers.each {
                if let Some(p) = out.get_mut(usize::from(*piece)) {
                    *p += *count as f32 / (total + kinds);
                }
            }
        }
        out.iter_mut().for_each(|p| *p = p.ln());
    }
}

/// Up to four pieces as one number.
fn key(pieces: &[Piece]) -> u64 {
    pieces.iter().fold(0, |key, piece| key << 16 | u64::from(*piece))
}

#[cfg(test)]
mod tests {
    use super::super::pieces::tests::of;
    use super::*;

    #[test]
    fn chances_are_those_of_witten_and_bell() {
        // 0 " a", 1 " b", 2 the end.
        let pieces = of(&[" a", " b"]);
        let prior = Prior::learn(&["a b".into(), "a".into(), "what?".into()], &pieces);
        let mut out = Vec::new();
        prior.after(&[], &mut out);
        // Alone: a 2, b 1, end 2 of five, three kinds: (c + 3 x 1/3) / 8. After the start: a 2 of two, one kind: (c + p) / 3.
        let alone = [3.0 / 8.0, 2.0 / 8.0, 3.0 / 8.0];
        let expected = [(2.0 + alone[0]) / 3.0, alone[1] / 3.0, alone[2] / 3.0];
        for (p, e) in out.iter().zip(expected) {
            assert!((p.exp() - e).abs() < 1e-6, "{out:?} {expected:?}");
        }
        prior.after(&[0], &mut out);
        let after_a = [alone[0] / 2.0, (1.0 + 2.0 * alone[1]) / 4.0, (1.0 + 2.0 * alone[2]) / 4.0];
        let from_start = [after_a[0] / 2.0, (1.0 + 2.0 * after_a[1]) / 4.0, (1.0 + 2.0 * after_a[2]) / 4.0];
        for (p, e) in out.iter().zip([alone[0] * 0.5 * 0.5, from_start[1], from_start[2]]) {
            assert!((p.exp() - e).abs() < 1e-6, "{out:?}");
        }
    }

    #[test]
    fn they_add_up_to_one_after_anything() {
        let pieces = of(&[" a", " b", "c", "d"]);
        let prior = Prior::learn(&["ac b".into(), "bc ad ac".into(), "b b b b b b b".into()], &pieces);
        let mut out = Vec::new();
        for written in [&[][..], &[0], &[1, 1, 1, 1, 1, 1], &[3, 3, 3], &[0, 2, 1, 2, 0, 3]] {
            prior.after(written, &mut out);
            let sum: f32 = out.iter().map(|p| p.exp()).sum();
            assert!((sum - 1.0).abs() < 1e-5, "{written:?}: {sum}");
        }
    }
}
