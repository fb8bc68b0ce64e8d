//! How far a text can be trusted: token probabilities in, 0.0..=1.0 out.

use serde::Deserialize;

/// What one recognition leaves behind to judge it by.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evidence {
    /// Natural logarithm of each text token's probability.
    pub log_probabilities: Vec<f32>,
    /// Length of the clip in seconds, without the silence that was put behind it.
    pub seconds: f32,
}

impl Evidence {
    /// Mean log probability; 0 when there are no tokens.
    pub fn mean(&self) -> f32 {
        let n = self.log_probabilities.len().max(1) as f32;
        self.log_probabilities.iter().sum::<f32>() / n
    }

    /// The least sure token.
    pub fn least(&self) -> f32 {
        self.log_probabilities.iter().copied().fold(0.0, f32::min)
    }

    /// What a calibration weighs, by the names that its weights have.
    pub fn signs(&self) -> [(&'static str, f32); 4] {
        let tokens = self.log_probabilities.len() as f32;
        [
            ("mean", self.mean()),
            ("least", self.least()),
            ("log_tokens", tokens.max(1.0).ln()),
            ("tokens_a_second", tokens / self.seconds.max(0.1)),
        ]
    }
}

/// What makes a model's own probabilities the chance that every word is right: weights of a logistic regression over
/// development clips, by the step `calibrate` in `training/`.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    pub bias: f32,
    /// Of the mean log probability.
    pub mean: f32,
    /// Of the least sure token's.
    pub least: f32,
    /// Of the natural logarithm of the number of tokens.
    pub log_tokens: f32,
    /// Of the tokens a second of the clip.
    pub tokens_a_second: f32,
}

/// The chance that every word is right where the model is calibrated; else the geometric mean of the token
/// probabilities, pulled down by the least sure one.
pub fn confidence(e: &Evidence, calibration: Option<&Calibration>) -> f32 {
    if e.log_probabilities.is_empty() {
        return 0.0;
    }
    let Some(c) = calibration else {
        return (e.mean() * 0.7 + e.least() * 0.3).exp().clamp(0.0, 1.0);
    };
    let weights = [c.mean, c.least, c.log_tokens, c.tokens_a_second];
    let odds = c.bias + weights.iter().zip(e.signs()).map(|(weight, (_, sign))| weight * sign).sum::<f32>();
    1.0 / (1.0 + (-odds).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOME: Calibration = Calibration { bias: 1.0, mean: 2.0, least: 1.0, log_tokens: 0.5, tokens_a_second: -0.25 };

    #[test]
    fn nothing_heard_is_never_trusted() {
        assert_eq!(confidence(&Evidence::default(), Some(&SOME)), 0.0);
        assert_eq!(confidence(&Evidence::default(), None), 0.0);
    }

    #[test]
    fn the_weights_are_used_as_the_training_fits_them() {
        let e = Evidence { log_probabilities: vec![-0.1, -0.5], seconds: 1.0 };
        // 1 + 2 x -0.3 + -0.5 + 0.5 ln 2 - 0.25 x 2 = -0.2534
        assert!((confidence(&e, Some(&SOME)) - 0.436_99).abs() < 1e-4, "{}", confidence(&e, Some(&SOME)));
        assert!((confidence(&e, None) - (-0.36_f32).exp()).abs() < 1e-6);
    }

    #[test]
    fn surer_tokens_are_trusted_more() {
        let at = |p: f32| confidence(&Evidence { log_probabilities: vec![p; 4], seconds: 2.0 }, Some(&SOME));
        assert!(at(-0.01) > at(-0.5) && at(-0.5) > at(-2.0));
        assert!((0.0..=1.0).contains(&at(-1e6)) && (0.0..=1.0).contains(&at(0.0)));
    }
}
