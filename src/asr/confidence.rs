//! How far a text can be trusted: token probabilities in, 0.0..=1.0 out.

/// What one recognition leaves behind to judge it by.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evidence {
    /// Natural logarithm of each text token's probability.
    pub log_probabilities: Vec<f32>,
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
}

/// Geometric mean of the token probabilities, pulled down by the least sure one.
pub fn confidence(e: &Evidence) -> f32 {
    if e.log_probabilities.is_empty() {
        return 0.0;
    }
    (e.mean() * 0.7 + e.least() * 0.3).exp().clamp(0.0, 1.0)
}
