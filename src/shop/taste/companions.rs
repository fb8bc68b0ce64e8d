//! What is bought together: baskets in, shopper by shopper, each thing's companions out. Knows nothing of where the
//! baskets are kept and what the things are called.
//!
//! The confidence that b goes with a is count(a, b) / (count(a) + [`DAMPING`]): what was seen a few times says little.
//! A pair counts from [`SUPPORT`] baskets of [`SHOPPERS`] different shoppers on: one shopper's habit is not what "people"
//! do, nor may it be read out to others.
//!
//! Why not lift or a factor model: with one thing of a basket hidden, confidence finds it as often as cosine and ten times
//! as often as lift, and "people who buy x often take y" is the very thing that it measures.
//!
//! Memory is bounded whatever the shop's size. When [`PAIRS`] pairs are held, those seen least are let go (as in lossy
//! counting): a pair that matters is met again, and loses at most what one that barely matters has.

use std::collections::HashMap;
use std::hash::Hash;

use rustc_hash::FxHashMap;

/// Fewer baskets than this are chance.
pub const SUPPORT: u32 = 4;
/// Fewer shoppers than this are nobody's business.
pub const SHOPPERS: u32 = 3;
/// Companions kept of one thing.
pub const KEPT: usize = 20;
/// Of a bigger basket only so many things are paired: a restaurant's order says little of what goes with what, and pairs
/// grow with the square.
pub const LARGEST: usize = 60;
/// Things kept that most shoppers buy.
pub const POPULAR: usize = 50;
const DAMPING: f32 = 10.0;
/// Pairs held while learning: about 24 bytes each, twice that at the worst moment.
const PAIRS: usize = 2_000_000;

/// What goes with one thing.
#[derive(Clone, Debug, PartialEq)]
pub struct Companion<K> {
    pub what: K,
    /// 0.0..1.0, damped.
    pub confidence: f32,
    /// Baskets that hold it, with or without the other.
    pub times: u32,
}

/// What was learnt of one thing.
#[derive(Clone, Debug, PartialEq)]
pub struct Item<K> {
    pub what: K,
    /// Baskets that hold it.
    pub times: u32,
    /// At most [`KEPT`], surest first.
    pub companions: Vec<Companion<K>>,
}

/// Everything that was learnt.
#[derive(Clone, Debug, PartialEq)]
pub struct Learnt<K> {
    pub baskets: u64,
    /// Things that have companions, in no order.
    pub items: Vec<Item<K>>,
    /// What most baskets hold, with how many, at most [`POPULAR`].
    pub popular: Vec<(K, u32)>,
}

/// Counts baskets.
pub struct Learner<K> {
    numbers: HashMap<K, u32>,
    /// By number: what it is, and how many baskets hold it.
    things: Vec<(K, u32)>,
    pairs: FxHashMap<(u32, u32), Pair>,
    most: usize,
    baskets: u64,
    shopper: u32,
    /// The basket at hand; kept to spare an allocation a basket.
    basket: Vec<u32>,
}

#[derive(Clone, Copy)]
struct Pair {
    times: u32,
    shoppers: u32,
    /// The shopper counted last.
    last: u32,
}

impl<K: Clone + Eq + Hash + Ord> Learner<K> {
    pub fn new() -> Self {
        Self::holding(PAIRS)
    }

    fn holding(most: usize) -> Self {
        Self {
            numbers: HashMap::new(),
            things: Vec::new(),
            pairs: FxHashMap::default(),
            most,
            baskets: 0,
            shopper: 0,
            basket: Vec::new(),
        }
    }

    /// The baskets that follow are another shopper's. All baskets of one shopper come in one go.
    pub fn next_shopper(&mut self) {
        self.shopper = self.shopper.wrapping_add(1);
    }

    /// One basket; the same thing twice in it counts once.
    pub fn basket(&mut self, things: impl IntoIterator<Item = K>) {
        let mut basket = std::mem::take(&mut self.basket);
        basket.clear();
        basket.extend(things.into_iter().map(|k| self.number(k)));
        basket.sort_unstable();
        basket.dedup();
        self.baskets += u64::from(!basket.is_empty());
        for number in &basket {
            if let Some((_, times)) = self.things.get_mut(*number as usize) {
                *times += 1;
            }
        }
        for (at, a) in basket.iter().enumerate().take(LARGEST) {
            for b in basket.iter().take(LARGEST).skip(at + 1) {
                let pair = self.pairs.entry((*a, *b)).or_insert(Pair { times: 0, shoppers: 0, last: u32::MAX });
                pair.times += 1;
                if pair.last != self.shopper {
                    pair.last = self.shopper;
                    pair.shoppers += 1;
                }
            }
        }
        self.basket = basket;
        self.let_go();
    }

    fn number(&mut self, thing: K) -> u32 {
        let next = self.things.len() as u32;
        let things = &mut self.things;
        *self.numbers.entry(thing).or_insert_with_key(|thing| {
            things.push((thing.clone(), 0));
            next
        })
    }

    fn let_go(&mut self) {
        let mut seen = 1;
        while self.pairs.len() > self.most {
            // Until half is free, so that it is seldom done.
            self.pairs.retain(|_, pair| pair.times > seen);
            if self.pairs.len() <= self.most / 2 {
                break;
            }
            seen += 1;
        }
    }

    pub fn finish(self) -> Learnt<K> {
        let Self { things, pairs, baskets, .. } = self;
        let mut companions: FxHashMap<u32, Vec<(f32, u32)>> = FxHashMap::default();
        let times = |n: u32| things.get(n as usize).map_or(0, |(_, times)| *times);
        for ((a, b), pair) in pairs {
            if pair.times >= SUPPORT && pair.shoppers >= SHOPPERS {
                let sure = |of: u32| pair.times as f32 / (times(of) as f32 + DAMPING);
                companions.entry(a).or_default().push((sure(a), b));
                companions.entry(b).or_default().push((sure(b), a));
            }
        }
        let thing = |n: u32| things.get(n as usize).map(|(what, times)| (what.clone(), *times));
        let items = companions.into_iter().filter_map(|(of, mut found)| {
            found.sort_unstable_by(|x, y| y.0.total_cmp(&x.0).then(x.1.cmp(&y.1)));
            found.truncate(KEPT);
            let (what, times) = thing(of)?;
            let known = found.into_iter().filter_map(|(confidence, n)| {
                let (what, times) = thing(n)?;
                Some(Companion { what, confidence, times })
            });
            Some(Item { what, times, companions: known.collect() })
        });
        let items = items.collect();
        let mut popular = things;
        popular.sort_unstable_by(|x, y| y.1.cmp(&x.1).then_with(|| x.0.cmp(&y.0)));
        popular.truncate(POPULAR);
        Learnt { baskets, items, popular }
    }
}

impl<K: Clone + Eq + Hash + Ord> Default for Learner<K> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of<'a>(learnt: &'a Learnt<&str>, what: &str) -> Vec<(&'a str, f32)> {
        let item = learnt.items.iter().find(|i| i.what == what);
        item.map(|i| i.companions.iter().map(|c| (c.what, c.confidence)).collect()).unwrap_or_default()
    }

    #[test]
    fn what_different_shoppers_take_together_goes_together() {
        let mut learner = Learner::new();
        for _ in 0..10 {
            learner.next_shopper();
            learner.basket(["pasta", "sauce", "pasta"]);
        }
        // One shopper's habit, however strong, is not what people do.
        learner.next_shopper();
        for _ in 0..50 {
            learner.basket(["nails", "yogurt"]);
        }
        // And three times is chance.
        for _ in 0..3 {
            learner.next_shopper();
            learner.basket(["pasta", "umbrella"]);
        }
        let learnt = learner.finish();
        assert_eq!(learnt.baskets, 63);
        assert_eq!(of(&learnt, "pasta"), [("sauce", 10.0 / 23.0)]);
        assert_eq!(of(&learnt, "sauce"), [("pasta", 10.0 / 20.0)]);
        assert_eq!(of(&learnt, "nails"), []);
        assert_eq!(learnt.popular[..2], [("nails", 50), ("yogurt", 50)]);
    }

    #[test]
    fn memory_is_bounded_and_what_matters_is_kept() {
        let mut learner = Learner::holding(100);
        for n in 0..2_000u32 {
            learner.next_shopper();
            learner.basket([1, 2, 10_000 + n, 20_000 + n]);
            assert!(learner.pairs.len() <= 100, "{}", learner.pairs.len());
        }
        let learnt = learner.finish();
        let pair = learnt.items.iter().find(|i| i.what == 1).unwrap();
        assert_eq!((pair.companions[0].what, pair.companions[0].confidence), (2, 2_000.0 / 2_010.0));
    }
}
