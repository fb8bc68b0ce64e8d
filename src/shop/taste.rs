//! What a shopper will want next: their own purchases, what is in the basket and what all shoppers buy in, a ranked list
//! with reasons out. Knows nothing of databases, prices, stock or words.
//!
//! A thing's score is
//!
//! > own weight + [`BACKING`] · share of all baskets + [`COMPANY`] · confidence of its surest companion
//!
//! with the own weight of [`habits`] (often and of late), and companions ([`companions`]) of what is in the basket, or,
//! before there is one, of what was bought last. `benches/taste.rs` measures it.
//!
//! Each has a *chance*: how likely the shopper wants it. Of a companion that is its confidence; of the shopper's own
//! things the share of their purchases that had it, of late counting more. On real baskets things of chance c are wanted
//! about c of the time or a little less, whichever the reason, so one threshold serves both: from [`ASKED`] on a thing is named to
//! who asks for ideas, from [`ALOUD`] on unasked.

pub mod companions;
pub mod habits;

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use jiff::Timestamp;

use companions::Companion;
use habits::Purchase;

/// From this chance on a thing is offered to who did not ask: right one time in three.
pub const ALOUD: f64 = 0.4;
/// From this chance on a thing is named to who asks: right one time in eight.
pub const ASKED: f64 = 0.2;

/// Baskets more than there are, without the thing: who has bought once does not buy all of it always.
const DOUBT: f64 = 3.0;
const BACKING: f64 = 20.0;
const COMPANY: f64 = 0.2;
/// What further companions count beside the surest.
const REST: f64 = 0.1;

/// What is known at the moment of asking; of what all shoppers buy, only what bears on this one.
#[derive(Clone, Debug)]
pub struct Known<'a, K> {
    pub own: &'a [Purchase<K>],
    pub basket: &'a [K],
    /// What this shopper did not want just now.
    pub refused: &'a [K],
    /// Baskets that were learnt from.
    pub baskets: u64,
    /// In how many of them a thing is.
    pub times: &'a HashMap<K, u32>,
    pub companions: &'a HashMap<K, Vec<Companion<K>>>,
    /// What most baskets hold.
    pub popular: &'a [K],
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reason<K> {
    /// The shopper buys it every so many days, and it is time.
    Habit { days: f64 },
    /// The shopper bought it before.
    Own,
    /// Goes with this, which is in the basket or was bought last.
    Companion { of: K },
    /// Everybody buys it.
    Popular,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Suggestion<K> {
    pub what: K,
    pub quantity: u32,
    pub score: f64,
    /// 0.0..=1.0
    pub chance: f64,
    pub reason: Reason<K>,
    /// The shopper buys it regularly and still has some.
    pub too_soon: bool,
}

impl<K> Suggestion<K> {
    /// The same, with things under other names.
    pub fn named<L>(self, name: impl Fn(K) -> L) -> Suggestion<L> {
        let Self { what, quantity, score, chance, reason, too_soon } = self;
        let reason = match reason {
            Reason::Habit { days } => Reason::Habit { days },
            Reason::Own => Reason::Own,
            Reason::Companion { of } => Reason::Companion { of: name(of) },
            Reason::Popular => Reason::Popular,
        };
        Suggestion { what: name(what), quantity, score, chance, reason, too_soon }
    }

    /// Whether it is worth naming to somebody who asked for ideas.
    pub fn answers(&self) -> bool {
        !self.too_soon
            && match self.reason {
                // A rhythm that has come round says more than a share of all baskets: dog food is in every fourth of them.
                Reason::Habit { .. } => true,
                Reason::Own | Reason::Companion { .. } | Reason::Popular => self.chance >= ASKED,
            }
    }

    /// Whether it is worth an unasked question.
    pub fn is_likely(&self) -> bool {
        !self.too_soon && self.chance >= ALOUD
    }
}

/// What of one thing counts towards its score.
struct Candidate<K> {
    own: f64,
    quantity: u32,
    /// The surest, and of what.
    company: Option<(f64, K)>,
    all_company: f64,
    habit: Option<f64>,
    too_soon: bool,
}

impl<K> Default for Candidate<K> {
    fn default() -> Self {
        Self { own: 0.0, quantity: 1, company: None, all_company: 0.0, habit: None, too_soon: false }
    }
}

/// All that could be wanted, best first: nothing that is in the basket or was refused.
pub fn rank<K: Copy + Ord + Hash>(known: &Known<K>, now: Timestamp) -> Vec<Suggestion<K>> {
    ranked(known, now, BACKING)
}

fn ranked<K: Copy + Ord + Hash>(known: &Known<K>, now: Timestamp, backing: f64) -> Vec<Suggestion<K>> {
    let mut all: BTreeMap<K, Candidate<K>> = BTreeMap::new();
    for habit in habits::habits(known.own, now) {
        let due = habit.is_due();
        let candidate = all.entry(habit.what).or_default();
        candidate.own = habit.weight;
        candidate.quantity = habit.quantity;
        candidate.habit = habit.rhythm.filter(|_| due).map(|r| r.days);
        candidate.too_soon = habit.rhythm.is_some() && !due;
    }
    for of in at_hand(known) {
        for companion in known.companions.get(&of).into_iter().flatten() {
            let sure = f64::from(companion.confidence);
            let candidate = all.entry(companion.what).or_default();
            candidate.all_company += sure;
            if candidate.company.is_none_or(|(best, _)| sure > best) {
                candidate.company = Some((sure, of));
            }
        }
    }
    for what in known.popular {
        all.entry(*what).or_default();
    }
    let full = habits::full_weight(known.own, now) + DOUBT;
    let out = all.into_iter().filter(|(what, _)| !known.basket.contains(what) && !known.refused.contains(what));
    let mut ranked: Vec<Suggestion<K>> = out
        .map(|(what, of)| {
            let share = f64::from(known.times.get(&what).copied().unwrap_or(0)) / known.baskets.max(1) as f64;
            let (own, company) = (of.own / full, of.company.map_or(0.0, |(sure, _)| sure));
            let reason = match (of.habit, of.company) {
                (Some(days), _) => Reason::Habit { days },
                (None, Some((sure, of))) if sure >= own => Reason::Companion { of },
                _ if own > 0.0 => Reason::Own,
                _ => Reason::Popular,
            };
            let company_in_all = company + REST * (of.all_company - company);
            Suggestion {
                what,
                quantity: of.quantity,
                score: of.own + backing * share + COMPANY * company_in_all,
                chance: own.max(company).max(share),
                reason,
                too_soon: of.too_soon,
            }
        })
        .collect();
    ranked.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.what.cmp(&b.what)));
    ranked
}

/// What the next thing may go with: the basket, and before there is one what was bought last.
fn at_hand<K: Copy + Ord>(known: &Known<K>) -> Vec<K> {
    if !known.basket.is_empty() {
        return known.basket.to_vec();
    }
    let Some(last) = known.own.iter().map(|p| p.at).max() else { return Vec::new() };
    let mut things: Vec<K> = known.own.iter().filter(|p| p.at == last).map(|p| p.what).collect();
    things.sort_unstable();
    things.dedup();
    things
}

/// What goes with what is in the basket, surest first: for "what goes with this?".
pub fn companions_of<K: Copy + Ord + Hash>(known: &Known<K>) -> Vec<Suggestion<K>> {
    ranked(&Known { own: &[], popular: &[], ..known.clone() }, Timestamp::UNIX_EPOCH, 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn bought<'a>(history: &[(&'a str, &[i64])]) -> Vec<Purchase<&'a str>> {
        let at = |days: i64| Timestamp::from_second(NOW - days * 86_400).unwrap();
        history
            .iter()
            .flat_map(|(what, ages)| ages.iter().map(|a| Purchase { what: *what, at: at(*a), quantity: 2 }))
            .collect()
    }

    fn goes<'a>(pairs: &[(&'a str, &'a str, f32)]) -> HashMap<&'a str, Vec<Companion<&'a str>>> {
        let mut out: HashMap<&str, Vec<Companion<&str>>> = HashMap::new();
        for (of, what, confidence) in pairs {
            out.entry(of).or_default().push(Companion { what, confidence: *confidence, times: 10 });
        }
        out
    }

    fn ranked<'a>(own: &[Purchase<&'a str>], basket: &[&'a str], refused: &[&'a str]) -> Vec<Suggestion<&'a str>> {
        let companions = goes(&[("pasta", "sauce", 0.5), ("pasta", "cheese", 0.2), ("wine", "cheese", 0.3)]);
        let times = HashMap::from([("bread", 30)]);
        let known =
            Known { own, basket, refused, baskets: 100, times: &times, companions: &companions, popular: &["bread"] };
        rank(&known, Timestamp::from_second(NOW).unwrap())
    }

    fn names<'a>(all: &[Suggestion<&'a str>]) -> Vec<&'a str> {
        all.iter().map(|s| s.what).collect()
    }

    #[test]
    fn each_has_its_reason() {
        let own = bought(&[("milk", &[7, 14, 21]), ("tent", &[30])]);
        let all = ranked(&own, &["pasta", "wine"], &[]);
        let of = |what: &str| all.iter().find(|s| s.what == what).unwrap();
        assert_eq!(of("milk").reason, Reason::Habit { days: 7.0 });
        assert_eq!((of("milk").quantity, of("milk").answers()), (2, true));
        assert_eq!(of("sauce").reason, Reason::Companion { of: "pasta" });
        assert!(of("sauce").is_likely());
        // The surest of two things that it goes with.
        assert_eq!(of("cheese").reason, Reason::Companion { of: "wine" });
        assert!(of("cheese").answers() && !of("cheese").is_likely());
        assert_eq!(of("bread").reason, Reason::Popular);
        assert_eq!(of("tent").reason, Reason::Own);
        assert!(!names(&all).contains(&"pasta"), "it is in the basket");
    }

    #[test]
    fn what_was_refused_is_not_offered_again() {
        assert_eq!(names(&ranked(&[], &["pasta"], &["sauce"])), ["bread", "cheese"]);
    }

    #[test]
    fn what_is_still_there_is_not_needed() {
        let all = ranked(&bought(&[("milk", &[1, 8, 15])]), &[], &[]);
        assert!(all.iter().find(|s| s.what == "milk").is_some_and(|s| s.too_soon && !s.answers()));
    }

    #[test]
    fn before_there_is_a_basket_the_last_one_counts() {
        let own = bought(&[("pasta", &[5]), ("wine", &[50])]);
        let all = ranked(&own, &[], &[]);
        assert_eq!(all.iter().find(|s| s.what == "cheese").unwrap().reason, Reason::Companion { of: "pasta" });
        assert!(ranked(&[], &[], &[]).iter().all(|s| s.reason == Reason::Popular));
    }
}
