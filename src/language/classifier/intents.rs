//! Examples in, a model that ranks intents for a sentence out. Refuses to know slots beyond the gazetteer.

use rustc_hash::FxHashMap;

use super::{
    Example, Options,
    gazetteer::Gazetteer,
    lexicon::{Seen, View},
    linear::{self, Linear, Row},
    network::{self, Network},
    text::Sentence,
    word_features::{self, Group},
};

pub struct IntentModel {
    names: Vec<String>,
    vocabulary: Vocabulary,
    linear: Linear,
    networks: Vec<Network>,
    words: FxHashMap<u64, u32>,
}

/// Turns margins into probabilities, `softmax(SHARPNESS * margin)`. Sets with few examples bear a higher one, but so
/// would words from outside every intent.
const SHARPNESS: f32 = 4.0;

/// From so many sentences on, features of one sentence only take room; with fewer they help.
const MANY: usize = 5_000;

/// Small networks from different beginnings err differently: together they beat one as large as all of them.
const NETWORKS: u64 = 3;

pub struct Ranked {
    pub ranking: Vec<(String, f32)>,
    pub known: f32,
}

/// Features seen in training with their rarity.
#[derive(Default)]
pub struct Vocabulary {
    index: FxHashMap<u64, (u32, f32)>,
}

impl IntentModel {
    pub fn train(examples: &[Example], seen: &[Seen], gazetteer: &Gazetteer, options: &Options) -> Self {
        let mut names: Vec<String> = examples.iter().map(|e| e.intent.clone()).collect();
        names.sort_unstable();
        names.dedup();
        let least = if examples.len() >= MANY { 2 } else { 1 };
        let vocabulary = Vocabulary::learn(seen, gazetteer, least);
        let rows: Vec<Row> = seen.iter().map(|s| vocabulary.row(&s.sentence, &s.views, gazetteer)).collect();
        let targets: Vec<usize> = examples.iter().map(|e| names.binary_search(&e.intent).unwrap_or_default()).collect();
        let mut words = FxHashMap::default();
        for Seen { sentence, .. } in seen {
            for at in 0..sentence.len() {
                *words.entry(sentence.key(at as isize)).or_default() += 1;
            }
        }
        let (features, classes, seed) = (vocabulary.index.len() + 1, names.len(), options.seed);
        let how = linear::Training { features, classes, cost: 2.0, passes: options.intent_passes, seed };
        let linear = Linear::train(&rows, &targets, &how);
        let train = |seed| {
            let (hidden, passes, rate, drop_hidden, drop_features) = (options.hidden, 10, 0.05, 0.3, 0.1);
            let how = network::Training { features, classes, hidden, passes, rate, drop_hidden, drop_features, seed };
            Network::train(&rows, &targets, &how)
        };
        let networks = if options.hidden > 0 { (0..NETWORKS).map(|n| train(seed + n)).collect() } else { Vec::new() };
        Self { names, vocabulary, linear, networks, words }
    }

    pub fn rank(&self, sentence: &Sentence, views: &[View], gazetteer: &Gazetteer) -> Ranked {
        let mut scores = vec![0.0; self.names.len()];
        let row = self.vocabulary.row(sentence, views, gazetteer);
        self.linear.scores(&row, &mut scores);
        scores.iter_mut().for_each(|s| *s *= SHARPNESS);
        network::softmax(&mut scores);
        if !self.networks.is_empty() {
            scores.iter_mut().for_each(|s| *s /= 2.0);
            for network in &self.networks {
                for (score, chance) in scores.iter_mut().zip(network.chances(&row)) {
                    *score += chance / (2 * NETWORKS) as f32;
                }
            }
        }
        let mut ranking: Vec<(String, f32)> = self.names.iter().cloned().zip(scores.iter().copied()).collect();
        ranking.sort_by(|a, b| b.1.total_cmp(&a.1));
        let seen = (0..sentence.len())
            .map(|at| sentence.key(at as isize))
            .filter(|word| self.words.contains_key(word) || gazetteer.knows(*word))
            .count();
        Ranked { ranking, known: seen as f32 / sentence.len().max(1) as f32 }
    }
}

impl Vocabulary {
    /// Keeps features of at least `least` sentences.
    fn learn(seen: &[Seen], gazetteer: &Gazetteer, least: u32) -> Self {
        let mut counts: FxHashMap<u64, (u32, u32)> = FxHashMap::default();
        for (at, Seen { sentence, views, .. }) in seen.iter().enumerate() {
            let here = at as u32 + 1;
            word_features::each(sentence, views, gazetteer, |_, key| {
                let (count, last) = counts.entry(key).or_default();
                if *last != here {
                    *last = here;
                    *count += 1;
                }
            });
        }
        let mut keys: Vec<(u64, u32)> = counts.into_iter().map(|(key, (count, _))| (key, count)).collect();
        keys.retain(|(_, count)| *count >= least);
        keys.sort_unstable();
        let total = 1.0 + seen.len() as f32;
        let index = keys
            .iter()
            .enumerate()
            .map(|(at, &(key, count))| (key, (at as u32 + 1, (total / (1.0 + count as f32)).ln() + 1.0)));
        Self { index: index.collect() }
    }

    /// Feature values: log count times rarity, each group of length one; feature 0 is the constant.
    fn row(&self, sentence: &Sentence, views: &[View], gazetteer: &Gazetteer) -> Row {
        let mut words: Vec<(u32, f32)> = Vec::with_capacity(64);
        let mut letters: Vec<(u32, f32)> = Vec::with_capacity(256);
        word_features::each(sentence, views, gazetteer, |group, key| {
            if let Some(&found) = self.index.get(&key) {
                if group == Group::Words { words.push(found) } else { letters.push(found) }
            }
        });
        let mut row: Row = vec![(0, 1.0)];
        for group in [&mut words, &mut letters] {
            group.sort_unstable_by_key(|f| f.0);
            let from = row.len();
            for run in group.chunk_by(|a, b| a.0 == b.0) {
                let (feature, rarity) = run[0];
                row.push((feature, (1.0 + (run.len() as f32).ln()) * rarity));
            }
            let length = row[from..].iter().map(|(_, v)| v * v).sum::<f32>().sqrt().max(1e-9);
            row[from..].iter_mut().for_each(|(_, v)| *v /= length);
        }
        row.sort_unstable_by_key(|f| f.0);
        row
    }
}
