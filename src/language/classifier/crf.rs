//! Labelled chains of feature rows in, a linear-chain conditional random field out. A chain belongs to a domain (an
//! intent) that allows some labels only. Refuses to know words and slot names.

/// Moves a chain may make: labels are `0` outside, `2k + 1` the first and `2k + 2` a further word of slot `k`.
pub fn may_follow(before: Option<u16>, label: u16) -> bool {
    let inside = label != 0 && label.is_multiple_of(2);
    !inside || before.is_some_and(|b| b == label || b + 1 == label)
}

/// A training chain: feature numbers word by word, with the right labels.
pub struct Chain {
    pub domain: usize,
    pub columns: Vec<Vec<u32>>,
    pub labels: Vec<u16>,
}

/// Weights by feature, only for labels seen with the feature in training.
#[derive(Clone, Debug, Default)]
pub struct Crf {
    labels: usize,
    starts: Vec<u32>,
    row_labels: Vec<u16>,
    weights: Vec<f32>,
    domains: Vec<Domain>,
    /// Moves shared by all domains, `before * labels + label`.
    moves: Vec<f32>,
}

#[derive(Clone, Debug, Default)]
struct Domain {
    allowed: Vec<u16>,
    /// `before * allowed + label` by position in `allowed`; the last row starts a chain.
    moves: Vec<f32>,
}

pub struct Training {
    pub features: usize,
    pub labels: usize,
    /// Labels each domain allows, ascending, 0 among them.
    pub domains: Vec<Vec<u16>>,
    pub passes: usize,
    /// First step size; the last is near zero.
    pub rate: f32,
    /// Pull of every weight to zero, over the whole set.
    pub decay: f32,
    pub seed: u64,
}

/// Room for one chain, kept between chains.
#[derive(Default)]
struct Room {
    all: Vec<f32>,
    states: Vec<f32>,
    moves: Vec<f32>,
    forward: Vec<f32>,
    backward: Vec<f32>,
    expected: Vec<f32>,
}

impl Crf {
    pub fn train(chains: &[Chain], how: &Training) -> Self {
        let mut model = Self::rows(chains, how);
        let total: usize = chains.len().max(1);
        let decay = how.decay / total as f32;
        let mut order: Vec<usize> = (0..chains.len()).collect();
        let mut random = fastrand::Rng::with_seed(how.seed);
        let mut room = Room::default();
        // Weights are `scale` times what is stored, so that decay costs one product a chain.
        let mut scale = 1.0f32;
        let mut steps = 0.0f32;
        for _ in 0..how.passes {
            random.shuffle(&mut order);
            for &at in &order {
                let rate = how.rate * (1.0 - 0.98 * steps / (how.passes * total) as f32);
                steps += 1.0;
                scale *= 1.0 - rate * decay;
                if let Some(chain) = chains.get(at) {
                    model.step(chain, rate / scale, scale, &mut room);
                }
                if scale < 1e-3 {
                    model.rescale(scale);
                    scale = 1.0;
                }
            }
        }
        model.rescale(scale);
        model
    }

    fn rescale(&mut self, scale: f32) {
        self.weights.iter_mut().for_each(|w| *w *= scale);
        self.moves.iter_mut().for_each(|w| *w *= scale);
        for domain in &mut self.domains {
            domain.moves.iter_mut().for_each(|w| *w *= scale);
        }
    }

    /// Makes room for a weight for every label seen with a feature.
    fn rows(chains: &[Chain], how: &Training) -> Self {
        let mut seen: Vec<Vec<u16>> = vec![Vec::new(); how.features];
        for chain in chains {
            for (column, &label) in chain.columns.iter().zip(&chain.labels) {
                for &feature in column {
                    let labels = &mut seen[feature as usize];
                    if let Err(at) = labels.binary_search(&label) {
                        labels.insert(at, label);
                    }
                }
            }
        }
        let mut starts = vec![0u32];
        let mut row_labels = Vec::new();
        for labels in seen {
            row_labels.extend(labels);
            starts.push(row_labels.len() as u32);
        }
        let domains = how
            .domains
            .iter()
            .map(|allowed| Domain { allowed: allowed.clone(), moves: vec![0.0; (allowed.len() + 1) * allowed.len()] });
        Self {
            labels: how.labels,
            weights: vec![0.0; row_labels.len()],
            starts,
            row_labels,
            domains: domains.collect(),
            moves: vec![0.0; how.labels * how.labels],
        }
    }

    fn row(&self, feature: u32) -> std::ops::Range<usize> {
        let feature = feature as usize;
        match (self.starts.get(feature), self.starts.get(feature + 1)) {
            (Some(&from), Some(&to)) => from as usize..to as usize,
            _ => 0..0,
        }
    }

    /// Scores of the allowed labels word by word, and of the moves; forbidden moves are minus infinity.
    fn score(&self, domain: &Domain, columns: &[Vec<u32>], scale: f32, room: &mut Room) {
        let width = domain.allowed.len();
        room.states.clear();
        for column in columns {
            room.all.clear();
            room.all.resize(self.labels, 0.0);
            for &feature in column {
                for at in self.row(feature) {
                    room.all[usize::from(self.row_labels[at])] += self.weights[at];
                }
            }
            room.states.extend(domain.allowed.iter().map(|&l| room.all[usize::from(l)] * scale));
        }
        room.moves.clear();
        for before in 0..=width {
            let last = domain.allowed.get(before).copied();
            for (at, &label) in domain.allowed.iter().enumerate() {
                let shared = last.map_or(0.0, |b| self.moves[usize::from(b) * self.labels + usize::from(label)]);
                let own = domain.moves[before * width + at];
                room.moves.push(if may_follow(last, label) { (shared + own) * scale } else { f32::NEG_INFINITY });
            }
        }
    }

    /// One gradient step on one chain.
    fn step(&mut self, chain: &Chain, rate: f32, scale: f32, room: &mut Room) {
        let count = chain.columns.len();
        let Some(domain) = self.domains.get(chain.domain) else { return };
        let width = domain.allowed.len();
        if count == 0 || width < 2 {
            return;
        }
        self.score(domain, &chain.columns, scale, room);
        let Room { all, states, moves, forward, backward, expected } = room;
        moves.iter_mut().for_each(|m| *m = m.exp());
        for word in states.chunks_mut(width) {
            let best = word.iter().copied().fold(f32::MIN, f32::max);
            word.iter_mut().for_each(|s| *s = (*s - best).exp());
        }
        // Both passes are scaled to sum to one at every word, which keeps the products in range.
        forward.clear();
        forward.resize(count * width, 0.0);
        backward.clear();
        backward.resize(count * width, 1.0);
        for at in 0..count {
            let (done, now) = forward.split_at_mut(at * width);
            let now = &mut now[..width];
            if at == 0 {
                now.copy_from_slice(&moves[width * width..]);
            } else {
                for (before, &mass) in done[(at - 1) * width..].iter().enumerate() {
                    for (to, step) in now.iter_mut().zip(&moves[before * width..]) {
                        *to += mass * step;
                    }
                }
            }
            now.iter_mut().zip(&states[at * width..]).for_each(|(n, s)| *n *= s);
            let sum = now.iter().sum::<f32>().max(1e-30);
            now.iter_mut().for_each(|n| *n /= sum);
        }
        for at in (0..count - 1).rev() {
            let (head, tail) = backward.split_at_mut((at + 1) * width);
            let now = &mut head[at * width..];
            all.clear();
            all.extend(tail[..width].iter().zip(&states[(at + 1) * width..]).map(|(b, s)| b * s));
            for (before, n) in now.iter_mut().enumerate() {
                *n = all.iter().zip(&moves[before * width..]).map(|(a, m)| a * m).sum();
            }
            let sum = now.iter().sum::<f32>().max(1e-30);
            now.iter_mut().for_each(|n| *n /= sum);
        }
        let right = |at: usize| domain.allowed.binary_search(&chain.labels[at]).unwrap_or(0);
        // Moves: expected against seen.
        expected.clear();
        expected.resize((width + 1) * width, 0.0);
        for at in 1..count {
            all.clear();
            all.extend(backward[at * width..].iter().zip(&states[at * width..]).take(width).map(|(b, s)| b * s));
            let mut total = 0.0;
            let before = &forward[(at - 1) * width..at * width];
            for (from, &mass) in before.iter().enumerate() {
                total += mass * all.iter().zip(&moves[from * width..]).map(|(a, m)| a * m).sum::<f32>();
            }
            let share = 1.0 / total.max(1e-30);
            for (from, &mass) in before.iter().enumerate() {
                let out = &mut expected[from * width..(from + 1) * width];
                for ((e, a), m) in out.iter_mut().zip(&*all).zip(&moves[from * width..]) {
                    *e -= mass * share * a * m;
                }
            }
            expected[right(at - 1) * width + right(at)] += 1.0;
        }
        // States: turn `states` into the gradient of every word's labels.
        for at in 0..count {
            let range = at * width..(at + 1) * width;
            let mut total = 0.0;
            for ((s, f), b) in
                states[range.clone()].iter_mut().zip(&forward[range.clone()]).zip(&backward[range.clone()])
            {
                *s = f * b;
                total += *s;
            }
            let share = -1.0 / total.max(1e-30);
            states[range.clone()].iter_mut().for_each(|s| *s *= share);
            if at == 0 {
                for (e, s) in expected[width * width..].iter_mut().zip(&states[range.clone()]) {
                    *e += s;
                }
                expected[width * width + right(0)] += 1.0;
            }
            states[at * width + right(at)] += 1.0;
        }
        let allowed = domain.allowed.clone();
        for (at, column) in chain.columns.iter().enumerate() {
            all.clear();
            all.resize(self.labels, 0.0);
            for (&label, slope) in allowed.iter().zip(&states[at * width..]) {
                all[usize::from(label)] = slope * rate;
            }
            for &feature in column {
                for place in self.row(feature) {
                    self.weights[place] += all[usize::from(self.row_labels[place])];
                }
            }
        }
        for (from, &before) in allowed.iter().enumerate() {
            for (to, &label) in allowed.iter().enumerate() {
                self.moves[usize::from(before) * self.labels + usize::from(label)] +=
                    rate * expected[from * width + to];
            }
        }
        if let Some(domain) = self.domains.get_mut(chain.domain) {
            domain.moves.iter_mut().zip(expected.iter()).for_each(|(m, e)| *m += rate * e);
        }
    }

    /// The likeliest labels of a chain in a domain; all outside when the domain is unknown or has no slots.
    pub fn best(&self, domain: usize, columns: &[Vec<u32>]) -> Vec<u16> {
        let count = columns.len();
        let Some(domain) = self.domains.get(domain).filter(|d| d.allowed.len() > 1) else { return vec![0; count] };
        let width = domain.allowed.len();
        let mut room = Room::default();
        self.score(domain, columns, 1.0, &mut room);
        let mut came: Vec<u16> = vec![0; count * width];
        let mut now: Vec<f32> = Vec::with_capacity(width);
        let mut next: Vec<f32> = vec![0.0; width];
        for (at, states) in room.states.chunks(width).enumerate() {
            if at == 0 {
                now.extend(states.iter().zip(&room.moves[width * width..]).map(|(s, m)| s + m));
                continue;
            }
            for (to, value) in next.iter_mut().enumerate() {
                let mut best = (0, f32::NEG_INFINITY);
                for (from, mass) in now.iter().enumerate() {
                    let score = mass + room.moves[from * width + to];
                    if score > best.1 {
                        best = (from, score);
                    }
                }
                came[at * width + to] = best.0 as u16;
                *value = best.1 + states[to];
            }
            std::mem::swap(&mut now, &mut next);
        }
        let mut state = (0..now.len()).max_by(|&a, &b| now[a].total_cmp(&now[b])).unwrap_or(0);
        let mut labels = vec![0; count];
        for at in (0..count).rev() {
            labels[at] = domain.allowed.get(state).copied().unwrap_or(0);
            state = usize::from(came[at * width + state]);
        }
        labels
    }
}
