//! Which text is likeliest: probabilities of the next piece in, the best texts out. Follows several texts side by side and
//! draws nothing: the same sound is heard the same way. Refuses to know the engine.

use super::closed::Closed;
use super::pieces::Piece;
use super::prior::Prior;

/// What a text could go on with.
pub trait Decoder {
    type Error;
    /// Natural logarithms of the probability of each piece after `written`, and of the end behind them.
    fn next(&mut self, written: &[Piece]) -> Result<&[f32], Self::Error>;
}

/// A text that came to its end.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Text {
    pub pieces: Vec<Piece>,
    /// Of each piece, as the decoder has it; the end's is not among them.
    pub log_probabilities: Vec<f32>,
    /// Of all of it, with the end, and with what the prior makes of it.
    pub score: f32,
}

/// How much is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Reach {
    /// Texts followed side by side.
    pub width: usize,
    /// How far behind the best one a text may be and still be followed, as a natural logarithm.
    pub margin: f32,
    /// How far behind the best one a text may be and still be wanted at the end.
    pub wanted: f32,
    /// Pieces in a text.
    pub most: usize,
}

/// What is known beside the sound.
#[derive(Clone, Copy, Default)]
pub struct Guide<'a> {
    pub prior: Option<&'a Prior>,
    /// The only texts there can be.
    pub only: Option<&'a Closed>,
}

/// What the prior's opinion weighs beside the decoder's, and what a piece is given for being one more, since the prior takes
/// from each. Chosen on commands by voices that the model was not trained on (`training/README.md`).
const PRIOR_WEIGHT: f32 = 0.1;
const PRIOR_BONUS: f32 = 0.35;

/// A text and one way it may go on.
struct Step {
    of: usize,
    piece: Piece,
    log_probability: f32,
    score: f32,
}

/// The texts that ended, the best one first. At least one, be it empty; one that did not end is given where none did.
pub fn search<D: Decoder>(decoder: &mut D, guide: Guide<'_>, end: Piece, reach: Reach) -> Result<Vec<Text>, D::Error> {
    let (mut open, mut done) = (vec![Text::default()], Vec::<Text>::new());
    let mut expected = Vec::new();
    for _ in 0..reach.most {
        // Neighbours begin alike, and a decoder keeps what it has of the last one.
        open.sort_by(|a, b| a.pieces.cmp(&b.pieces));
        let mut steps: Vec<Step> = Vec::new();
        let mut best = done.iter().map(|t| t.score).fold(f32::NEG_INFINITY, f32::max);
        for (of, text) in open.iter().enumerate() {
            let row = decoder.next(&text.pieces)?;
            let allowed = guide.only.map(|only| only.after(&text.pieces));
            if let Some(prior) = guide.prior {
                prior.after(&text.pieces, &mut expected);
            }
            for (piece, &log_probability) in (0..=end).zip(row) {
                if allowed.as_ref().is_some_and(|allowed| !allowed.contains(&piece)) {
                    continue;
                }
                let prior = expected.get(usize::from(piece)).map_or(0.0, |p| PRIOR_WEIGHT * p + PRIOR_BONUS);
                let score = text.score + log_probability + prior;
                if score >= best - reach.margin {
                    best = best.max(score);
                    steps.push(Step { of, piece, log_probability, score });
                }
            }
        }
        steps.retain(|step| step.score >= best - reach.margin);
        steps.sort_by(|a, b| b.score.total_cmp(&a.score).then((a.of, a.piece).cmp(&(b.of, b.piece))));
        steps.truncate(reach.width);
        let mut next = Vec::with_capacity(steps.len());
        for Step { of, piece, log_probability, score } in steps {
            let mut text = open.get(of).cloned().unwrap_or_default();
            text.score = score;
            if piece == end {
                done.push(text);
            } else {
                text.pieces.push(piece);
                text.log_probabilities.push(log_probability);
                next.push(text);
            }
        }
        if next.is_empty() {
            break;
        }
        open = next;
        let longest = open.iter().map(|t| t.score).fold(f32::NEG_INFINITY, f32::max);
        // What is written later makes no text likelier.
        if done.iter().any(|t| t.score - reach.wanted > longest) {
            break;
        }
    }
    if done.is_empty() {
        done = open;
    }
    done.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.pieces.cmp(&b.pieces)));
    let least = done.first().map_or(0.0, |t| t.score) - reach.wanted;
    done.retain(|t| t.score >= least);
    Ok(done)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::super::pieces::tests::of;
    use super::*;

    /// Of three pieces a, b, c: what follows which text, as probabilities; the end is certain after anything else.
    struct Told(&'static [(&'static [Piece], [f32; 4])], Vec<f32>, usize);

    impl Decoder for Told {
        type Error = Infallible;
        fn next(&mut self, written: &[Piece]) -> Result<&[f32], Infallible> {
            self.2 += 1;
            let row = self.0.iter().find(|(text, _)| *text == written).map_or([0.0, 0.0, 0.0, 1.0], |(_, row)| *row);
            self.1 = row.iter().map(|p| p.ln()).collect();
            Ok(&self.1)
        }
    }

    const END: Piece = 3;
    /// "a" looks best at first, but nothing good comes after it.
    const TRAP: &[(&[Piece], [f32; 4])] = &[
        (&[], [0.5, 0.4, 0.1, 0.0]),
        (&[0], [0.3, 0.3, 0.3, 0.1]),
        (&[1], [0.0, 0.0, 0.9, 0.1]),
        (&[2], [0.0, 0.0, 0.0, 1.0]),
    ];

    fn found(width: usize, margin: f32, guide: Guide<'_>) -> (Vec<Vec<Piece>>, usize) {
        let mut told = Told(TRAP, Vec::new(), 0);
        let Ok(texts) = search(&mut told, guide, END, Reach { width, margin, wanted: margin, most: 8 });
        (texts.into_iter().map(|t| t.pieces).collect(), told.2)
    }

    #[test]
    fn a_step_that_looks_best_is_not_the_end_of_it() {
        let (wide, _) = found(4, 9.0, Guide::default());
        assert_eq!(wide.first().unwrap(), &[1, 2]);
        let (narrow, steps) = found(1, 9.0, Guide::default());
        assert!(narrow.first().unwrap().starts_with(&[0]) && steps <= 3, "{narrow:?} in {steps}");
    }

    #[test]
    fn what_is_far_behind_is_not_followed() {
        let (_, all) = found(8, 9.0, Guide::default());
        let (texts, few) = found(8, 0.3, Guide::default());
        assert!(few < all, "{few} of {all}");
        assert_eq!(texts.first().unwrap(), &[1, 2]);
    }

    #[test]
    fn only_what_is_on_the_list_is_written() {
        let only = Closed::new(&["c".into(), "b c".into()], &of(&[" a", " b", " c"]));
        let (texts, _) = found(8, 9.0, Guide { only: Some(&only), prior: None });
        assert_eq!(texts.first().unwrap(), &[1, 2]);
        assert!(texts.iter().all(|t| *t == [2] || *t == [1, 2]), "{texts:?}");
    }

    #[test]
    fn what_people_say_decides_between_two_that_sound_alike() {
        const ALIKE: &[(&[Piece], [f32; 4])] = &[(&[], [0.5, 0.5, 0.0, 0.0])];
        let pieces = of(&[" a", " b", " c"]);
        for (said, heard) in [("a", 0), ("b", 1)] {
            let prior = Prior::learn(&[said.to_owned()], &pieces);
            let mut told = Told(ALIKE, Vec::new(), 0);
            let guide = Guide { prior: Some(&prior), only: None };
            let Ok(texts) = search(&mut told, guide, END, Reach { width: 4, margin: 9.0, wanted: 0.0, most: 8 });
            assert_eq!(texts.first().unwrap().pieces, [heard]);
        }
    }

    #[test]
    fn a_text_without_end_is_given_as_far_as_it_went() {
        const LOOP: &[(&[Piece], [f32; 4])] = &[(&[], [1.0, 0.0, 0.0, 0.0]), (&[0], [1.0, 0.0, 0.0, 0.0])];
        let mut told = Told(LOOP, Vec::new(), 0);
        let Ok(texts) = search(&mut told, Guide::default(), END, Reach { width: 2, margin: 9.0, wanted: 0.0, most: 2 });
        assert_eq!(texts.first().unwrap().pieces, [0, 0]);
    }
}
