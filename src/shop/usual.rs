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

use jiff::Timestamp;

/// One line of one earlier order.
#[derive(Clone, Copy, Debug)]
pub struct Purchase<'a> {
    pub sku: &'a str,
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

const DAY: f64 = 86_400.0;

/// (SKU, quantity) of the usual, heaviest first; empty when nothing is regular.
pub fn of<'a>(purchases: &[Purchase<'a>], now: Timestamp) -> Vec<(&'a str, u32)> {
    let mut skus: Vec<&str> = purchases.iter().map(|p| p.sku).collect();
    skus.sort_unstable();
    skus.dedup();
    let mut regular: Vec<Habit> = skus.into_iter().filter_map(|sku| habit(sku, purchases, now)).collect();
    if regular.iter().any(|h| h.due >= DUE) {
        regular.retain(|h| h.due >= DUE);
    }
    regular.sort_by(|a, b| b.rank().total_cmp(&a.rank()).then_with(|| a.sku.cmp(b.sku)));
    regular.truncate(MOST);
    regular.into_iter().map(|h| (h.sku, h.quantity)).collect()
}

struct Habit<'a> {
    sku: &'a str,
    quantity: u32,
    due: f64,
    weight: f64,
}

impl Habit<'_> {
    fn rank(&self) -> f64 {
        self.weight * self.due.min(1.5)
    }
}

fn habit<'a>(sku: &'a str, purchases: &[Purchase<'a>], now: Timestamp) -> Option<Habit<'a>> {
    let mut own: Vec<(f64, u32)> = purchases
        .iter()
        .filter(|p| p.sku == sku)
        .map(|p| ((now.duration_since(p.at).as_secs_f64() / DAY).max(0.0), p.quantity))
        .collect();
    own.sort_by(|a, b| a.0.total_cmp(&b.0));
    // Two lines of one order, or two orders within hours, are one purchase.
    own.dedup_by(|later, earlier| (later.0 - earlier.0) < 0.5);
    if own.len() < OFTEN {
        return None;
    }
    let gaps = own.iter().zip(own.iter().skip(1)).map(|(a, b)| b.0 - a.0).collect();
    let rhythm = median(gaps)?.max(1.0);
    let due = own.first()?.0 / rhythm;
    if due > GIVEN_UP {
        return None;
    }
    let weight = own.iter().map(|(age, _)| (-age / HALF_LIFE).exp2()).sum();
    let quantity = median(own.iter().take(5).map(|(_, q)| f64::from(*q)).collect())?;
    Some(Habit { sku, quantity: (quantity.round() as u32).max(1), due, weight })
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

    fn bought<'a>(history: &[(&'a str, &[i64], u32)]) -> Vec<Purchase<'a>> {
        let mut out = Vec::new();
        for (sku, ages, quantity) in history {
            for age in *ages {
                let at = Timestamp::from_second(NOW - age * 86_400).unwrap();
                out.push(Purchase { sku, at, quantity: *quantity });
            }
        }
        out
    }

    fn check(history: &[(&str, &[i64], u32)], want: &[(&str, u32)]) {
        assert_eq!(of(&bought(history), Timestamp::from_second(NOW).unwrap()), want, "{history:?}");
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
        assert_eq!(of(&history, Timestamp::from_second(NOW).unwrap()), [("eggs", 3)]);
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
        assert_eq!(of(&bought(&history), Timestamp::from_second(NOW).unwrap()).len(), MOST);
    }
}
