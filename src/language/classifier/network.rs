//! Sparse rows with their class in, a network with one hidden layer out. It errs elsewhere than the linear model, so
//! that the two together err less. Refuses to know what a feature is.

use super::linear::Row;

#[derive(Clone, Debug, Default)]
pub struct Network {
    hidden: usize,
    /// Feature by feature, `hidden` each.
    first: Vec<f32>,
    first_bias: Vec<f32>,
    /// Class by class, `hidden` each.
    second: Vec<f32>,
    second_bias: Vec<f32>,
}

/// How to train: gradient steps on the cross-entropy, their size divided by each row's past gradients (AdaGrad) and
/// falling to zero.
pub struct Training {
    pub features: usize,
    pub classes: usize,
    pub hidden: usize,
    pub passes: usize,
    pub rate: f32,
    /// Share of hidden units, and of features, left out at every step against learning by heart.
    pub drop_hidden: f32,
    pub drop_features: f32,
    pub seed: u64,
}

impl Network {
    pub fn train(rows: &[Row], targets: &[usize], how: &Training) -> Self {
        let mut random = fastrand::Rng::with_seed(how.seed);
        let mut model = Self::random(how, &mut random);
        let hidden = how.hidden;
        let mut first_past = vec![1e-3f32; how.features];
        let mut second_past = vec![1e-3f32; how.classes];
        let mut units = vec![0.0f32; hidden];
        let mut slopes = vec![0.0f32; hidden];
        let mut errors = vec![0.0f32; how.classes];
        let mut row: Row = Vec::new();
        let mut order: Vec<usize> = (0..rows.len().min(targets.len())).collect();
        let steps = (how.passes * order.len()) as f32;
        let mut step = 0.0;
        for _ in 0..how.passes {
            random.shuffle(&mut order);
            for &at in &order {
                let rate = how.rate * (1.0 - step / steps);
                step += 1.0;
                row.clear();
                row.extend(rows[at].iter().filter(|_| random.f32() >= how.drop_features));
                model.units(&row, &mut units);
                for unit in &mut units {
                    let kept = *unit > 0.0 && random.f32() >= how.drop_hidden;
                    *unit = if kept { *unit / (1.0 - how.drop_hidden) } else { 0.0 };
                }
                model.classes(&units, &mut errors);
                softmax(&mut errors);
                errors.iter_mut().for_each(|e| *e = -*e);
                errors[targets[at]] += 1.0;
                slopes.fill(0.0);
                let energy = dot(&units, &units) / hidden as f32;
                for (class, &error) in errors.iter().enumerate().filter(|(_, e)| e.abs() >= 1e-4) {
                    second_past[class] += error * error * energy;
                    let pull = rate * error / second_past[class].sqrt();
                    let weights = &mut model.second[class * hidden..(class + 1) * hidden];
                    for ((weight, slope), unit) in weights.iter_mut().zip(&mut slopes).zip(&units) {
                        *slope += error * *weight;
                        *weight += pull * unit;
                    }
                    model.second_bias[class] += pull * 0.1;
                }
                for (slope, unit) in slopes.iter_mut().zip(&units) {
                    *slope = if *unit > 0.0 { *slope / (1.0 - how.drop_hidden) } else { 0.0 };
                }
                let energy = dot(&slopes, &slopes) / hidden as f32;
                if energy < 1e-12 {
                    continue;
                }
                for &(feature, value) in &row {
                    let feature = feature as usize;
                    first_past[feature] += value * value * energy;
                    let pull = rate * value / first_past[feature].sqrt();
                    let weights = &mut model.first[feature * hidden..(feature + 1) * hidden];
                    for (weight, slope) in weights.iter_mut().zip(&slopes) {
                        *weight += pull * slope;
                    }
                }
            }
        }
        model
    }

    fn random(how: &Training, random: &mut fastrand::Rng) -> Self {
        let mut weights =
            |count: usize, reach: f32| -> Vec<f32> { (0..count).map(|_| (2.0 * random.f32() - 1.0) * reach).collect() };
        let (hidden, classes) = (how.hidden, how.classes);
        Self {
            hidden,
            first: weights(how.features * hidden, 0.1),
            first_bias: vec![0.0; hidden],
            second: weights(classes * hidden, (6.0 / (hidden + classes) as f32).sqrt()),
            second_bias: vec![0.0; classes],
        }
    }

    /// Probability of every class.
    pub fn chances(&self, row: &[(u32, f32)]) -> Vec<f32> {
        let mut units = vec![0.0; self.hidden];
        self.units(row, &mut units);
        units.iter_mut().for_each(|u| *u = u.max(0.0));
        let mut chances = vec![0.0; self.second_bias.len()];
        self.classes(&units, &mut chances);
        softmax(&mut chances);
        chances
    }

    fn units(&self, row: &[(u32, f32)], units: &mut [f32]) {
        units.copy_from_slice(&self.first_bias);
        for &(feature, value) in row {
            let from = feature as usize * self.hidden;
            let Some(weights) = self.first.get(from..from + self.hidden) else { continue };
            for (unit, weight) in units.iter_mut().zip(weights) {
                *unit += value * weight;
            }
        }
    }

    fn classes(&self, units: &[f32], scores: &mut [f32]) {
        for ((score, bias), weights) in scores.iter_mut().zip(&self.second_bias).zip(self.second.chunks(self.hidden)) {
            *score = bias + dot(units, weights);
        }
    }
}

/// Turns scores into shares of one.
pub fn softmax(scores: &mut [f32]) {
    let best = scores.iter().copied().fold(f32::MIN, f32::max);
    scores.iter_mut().for_each(|s| *s = (*s - best).exp());
    let total: f32 = scores.iter().sum();
    scores.iter_mut().for_each(|s| *s /= total);
}

/// Eight sums side by side, which the compiler turns into vector instructions; one running sum it may not reorder.
fn dot(one: &[f32], other: &[f32]) -> f32 {
    let mut sums = [0.0f32; 8];
    let (ones, others) = (one.chunks_exact(8), other.chunks_exact(8));
    let rest: f32 = ones.remainder().iter().zip(others.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in ones.zip(others) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    rest + sums.iter().sum::<f32>()
}
