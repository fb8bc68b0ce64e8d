//! "The usual": a customer's purchases in, what they buy regularly and are due for again out. Knows nothing of prices
//! or stock.
//!
//! For one product bought on n days, `age` in days before now:
//!
//! - *rhythm* g: the median gap between one purchase and the next, at least a day;
//! - *due* d: age of the last purchase / g. 1.0 is exactly the time; below [`DUE`] there is still some left, above
//!   [`GIVEN_UP`] the habit has ended;
//! - *weight* w: the sum of 2^(-age / [`HALF_LIFE`]) over the purchases: often and of late counts most.
//!
//! Regular is what was bought on [`OFTEN`] days or more and not given up. The usual is what is regular and due, by
//! w · min(d, 1.5), heaviest first, at most [`MOST`]. Somebody who asks for the usual when nothing is due gets all that
//! is regular. The quantity is the median of the last five.
//!
//! Why not a learned model: on baskets that mostly repeat, counting with decay comes within a few percent of nearest
//! neighbours and neural rankers, and the shopper can be told why a thing is in the list.

use std::collections::BTreeMap;

use jiff::Timestamp;

/// One line of one earlier order.
#[derive(Clone, Copy, Debug)]
pub struct Purchase<K> {
    pub what: K,
    pub at: Timestamp,
    pub quantity: u32,
}

/// Fewer purchases than this are no habit.
pub const OFTEN: usize = 3;
/// From this part of the rhythm on, a thing is due.
pub const DUE: f64 = 0.6;
/// After so many rhythms without a purchase, the habit has ended.
pub const GIVEN_UP: f64 = 3.0;
/// Days after which a purchase counts half.
pub const HALF_LIFE: f64 = 60.0;
/// More cannot be listened to.
pub const MOST: usize = 8;
/// Purchases less than so many days apart are one: two lines of one order, two orders within hours.
const ONE: f64 = 0.5;

const DAY: f64 = 86_400.0;

/// How one thing was bought.
#[derive(Clone, Debug, PartialEq)]
pub struct Habit<K> {
    pub what: K,
    /// As many as of late.
    pub quantity: u32,
    /// Purchases of late count more: the sum of their halved weights.
    pub weight: f64,
    /// Where it is regular.
    pub rhythm: Option<Rhythm>,
}

/// What is bought again and again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rhythm {
    /// From one purchase to the next.
    pub days: f64,
    /// Of that, what has gone by since the last one.
    pub due: f64,
}

impl<K> Habit<K> {
    fn rank(&self) -> f64 {
        self.weight * self.rhythm.map_or(0.0, |r| r.due.min(1.5))
    }

    /// Regular, and time for more.
    pub fn is_due(&self) -> bool {
        self.rhythm.is_some_and(|r| r.due >= DUE)
    }
}

/// (what, quantity) of the usual, heaviest first; empty when nothing is regular.
pub fn usual<K: Copy + Ord>(purchases: &[Purchase<K>], now: Timestamp) -> Vec<(K, u32)> {
    let mut regular = habits(purchases, now);
    regular.retain(|h| h.rhythm.is_some());
    if regular.iter().any(Habit::is_due) {
        regular.retain(Habit::is_due);
    }
    regular.sort_by(|a, b| b.rank().total_cmp(&a.rank()).then_with(|| a.what.cmp(&b.what)));
    regular.truncate(MOST);
    regular.into_iter().map(|h| (h.what, h.quantity)).collect()
}

/// Everything that was bought, each thing once.
pub fn habits<K: Copy + Ord>(purchases: &[Purchase<K>], now: Timestamp) -> Vec<Habit<K>> {
    let mut by: BTreeMap<K, Vec<(f64, u32)>> = BTreeMap::new();
    for purchase in purchases {
        by.entry(purchase.what).or_default().push((age(purchase.at, now), purchase.quantity));
    }
    by.into_iter().filter_map(|(what, bought)| habit(what, bought)).collect()
}

/// The weight of a thing that had been in every basket of these.
pub fn full_weight<K>(purchases: &[Purchase<K>], now: Timestamp) -> f64 {
    let mut ages: Vec<f64> = purchases.iter().map(|p| age(p.at, now)).collect();
    ages.sort_by(f64::total_cmp);
    ages.dedup_by(|later, earlier| (*later - *earlier) < ONE);
    ages.into_iter().map(faded).sum()
}

/// In days; a clock that went back makes none negative.
fn age(at: Timestamp, now: Timestamp) -> f64 {
    (now.duration_since(at).as_secs_f64() / DAY).max(0.0)
}

fn faded(age: f64) -> f64 {
    (-age / HALF_LIFE).exp2()
}

fn habit<K>(what: K, mut bought: Vec<(f64, u32)>) -> Option<Habit<K>> {
    bought.sort_by(|a, b| a.0.total_cmp(&b.0));
    bought.dedup_by(|later, earlier| (later.0 - earlier.0) < ONE);
    let weight = bought.iter().map(|(age, _)| faded(*age)).sum();
    let quantity = median(bought.iter().take(5).map(|(_, q)| f64::from(*q)).collect())?;
    let rhythm = rhythm(&bought).filter(|r| r.due <= GIVEN_UP);
    Some(Habit { what, quantity: (quantity.round() as u32).max(1), weight, rhythm })
}

fn rhythm(bought: &[(f64, u32)]) -> Option<Rhythm> {
    if bought.len() < OFTEN {
        return None;
    }
    let gaps = bought.iter().zip(bought.iter().skip(1)).map(|(a, b)| b.0 - a.0).collect();
    let days = median(gaps)?.max(1.0);
    Some(Rhythm { days, due: bought.first()?.0 / days })
}

/// The middle value, the lower one of two.
fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len().checked_sub(1)? / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn bought<'a>(history: &[(&'a str, &[i64], u32)]) -> Vec<Purchase<&'a str>> {
        let mut out = Vec::new();
        for (sku, ages, quantity) in history {
            for age in *ages {
                let at = Timestamp::from_second(NOW - age * 86_400).unwrap();
                out.push(Purchase { what: *sku, at, quantity: *quantity });
            }
        }
        out
    }

    fn check(history: &[(&str, &[i64], u32)], want: &[(&str, u32)]) {
        assert_eq!(usual(&bought(history), Timestamp::from_second(NOW).unwrap()), want, "{history:?}");
    }

    #[test]
    fn the_usual_follows_the_customers_own_rhythm() {
        // weekly and due
        check(&[("milk", &[7, 14, 21, 28], 2)], &[("milk", 2)]);
        // once, or twice, is no habit
        check(&[("tent", &[10], 1), ("rug", &[10, 40], 1)], &[]);
        // monthly dog food is not due after a week, weekly milk is
        check(&[("milk", &[7, 14, 21], 1), ("dog", &[7, 37, 67], 1)], &[("milk", 1)]);
        // nothing due: all that is regular
        check(&[("milk", &[1, 8, 15], 1), ("dog", &[5, 35, 65], 1)], &[("milk", 1), ("dog", 1)]);
        // a habit that ended a long time ago
        check(&[("diapers", &[200, 207, 214, 221], 1)], &[]);
        // more often and more lately ranks first
        check(&[("tea", &[30, 60, 90], 1), ("milk", &[7, 14, 21, 28, 35], 1)], &[("milk", 1), ("tea", 1)]);
    }

    #[test]
    fn the_quantity_is_what_was_bought_of_late() {
        let mut history = bought(&[("eggs", &[28, 35, 42], 1)]);
        history.extend(bought(&[("eggs", &[7, 14, 21], 3)]));
        assert_eq!(usual(&history, Timestamp::from_second(NOW).unwrap()), [("eggs", 3)]);
    }

    #[test]
    fn two_orders_in_a_day_are_one_purchase() {
        check(&[("milk", &[7, 7, 7, 14], 1)], &[]);
    }

    #[test]
    fn at_most_what_can_be_listened_to() {
        let names: Vec<String> = (0..20).map(|i| format!("p{i:02}")).collect();
        let ages: &[i64] = &[7, 14, 21];
        let history: Vec<(&str, &[i64], u32)> = names.iter().map(|n| (n.as_str(), ages, 1)).collect();
        assert_eq!(usual(&bought(&history), Timestamp::from_second(NOW).unwrap()).len(), MOST);
    }
}
