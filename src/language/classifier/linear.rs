//! Sparse rows with their class in, one weight vector a class out: squared-hinge support vector machines, one against
//! the rest, all trained in one pass over the rows by dual coordinate descent. Refuses to know what a feature is.

/// Indices with values, sorted by index.
pub type Row = Vec<(u32, f32)>;

/// One weight vector a class, stored feature by feature.
#[derive(Clone, Debug, Default)]
pub struct Linear {
    classes: usize,
    weights: Vec<f32>,
}

/// How to train.
pub struct Training {
    pub features: usize,
    pub classes: usize,
    /// Price of an error against the size of the weights; higher fits closer.
    pub cost: f32,
    pub passes: usize,
    pub seed: u64,
}

impl Linear {
    pub fn train(rows: &[Row], targets: &[usize], how: &Training) -> Self {
        let classes = how.classes;
        let mut model = Self { classes, weights: vec![0.0; how.features * classes] };
        if classes == 0 || rows.is_empty() {
            return model;
        }
        let mut duals = vec![0.0f32; rows.len() * classes];
        let norms: Vec<f32> = rows.iter().map(|r| r.iter().map(|(_, v)| v * v).sum()).collect();
        let mut order: Vec<usize> = (0..rows.len()).collect();
        let mut random = fastrand::Rng::with_seed(how.seed);
        let softness = 0.5 / how.cost;
        let mut margins = vec![0.0f32; classes];
        // Most classes have nothing to learn from a sentence after the first pass.
        let mut moves: Vec<(usize, f32)> = Vec::with_capacity(classes);
        for _ in 0..how.passes {
            random.shuffle(&mut order);
            for &at in &order {
                let Some(row) = rows.get(at) else { continue };
                model.scores(row, &mut margins);
                let duals = &mut duals[at * classes..(at + 1) * classes];
                let curve = norms[at] + softness;
                let target = targets[at];
                moves.clear();
                for (class, (margin, dual)) in margins.iter().zip(duals.iter_mut()).enumerate() {
                    let sign = if class == target { 1.0 } else { -1.0 };
                    let slope = sign * margin - 1.0 + *dual * softness;
                    let moved = (*dual - slope / curve).max(0.0);
                    if moved != *dual {
                        moves.push((class, (moved - *dual) * sign));
                        *dual = moved;
                    }
                }
                for &(feature, value) in row {
                    let from = feature as usize * classes;
                    let weights = &mut model.weights[from..from + classes];
                    for &(class, change) in &moves {
                        weights[class] += value * change;
                    }
                }
            }
        }
        model
    }

    /// Writes the score of every class into `scores`, which has one place a class.
    pub fn scores(&self, row: &[(u32, f32)], scores: &mut [f32]) {
        scores.fill(0.0);
        for &(feature, value) in row {
            let from = feature as usize * self.classes;
            let Some(weights) = self.weights.get(from..from + self.classes) else { continue };
            for (score, weight) in scores.iter_mut().zip(weights) {
                *score += value * weight;
            }
        }
    }
}
