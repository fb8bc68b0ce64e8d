//! How good suggestions are, by the shop's own engine: the next basket of Ta-Feng's shoppers (Recall@10), one hidden
//! thing of a grocery basket (HR@5), and how often what would be offered is right, by its chance. Data from
//! `VOICECART_DATA`; fails when a target is missed.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers outside #[test] functions too

use std::collections::{BTreeMap, HashMap};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use voicecart::shop::taste::companions::{Companion, Learner, Learnt};
use voicecart::shop::taste::habits::Purchase;
use voicecart::shop::taste::{ALOUD, ASKED, Known, Reason, Suggestion, companions_of, rank};

type Failure = Box<dyn std::error::Error>;

/// Ta-Feng covers four months and tells no days: a shopper's baskets are taken to be evenly apart, the last a week ago.
const MONTHS: SignedDuration = SignedDuration::from_hours(120 * 24);
const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);
const FOLDS: usize = 10;

struct Shopper {
    history: Vec<Vec<u32>>,
    next: Vec<u32>,
}

/// What was learnt, as the engine asks for it.
struct Tables {
    baskets: u64,
    times: HashMap<u32, u32>,
    companions: HashMap<u32, Vec<Companion<u32>>>,
    popular: Vec<u32>,
}

/// By chance in twentieths: how many were right, of how many.
type Bins = BTreeMap<u32, (u32, u32)>;

fn main() -> ExitCode {
    let data = std::env::var_os("VOICECART_DATA").map_or_else(|| PathBuf::from("../shared/data"), PathBuf::from);
    let data = data.join("orders");
    if !data.join("tafeng.jsonl.gz").exists() || !data.join("groceries.csv").exists() {
        println!("eval taste: skipped, no data in {} (set VOICECART_DATA)", data.display());
        return ExitCode::SUCCESS;
    }
    match evaluate(&data) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("eval taste: {error}");
            ExitCode::FAILURE
        }
    }
}

fn evaluate(data: &Path) -> Result<bool, Failure> {
    let (recall, habits) = next_baskets(&read_shoppers(&data.join("tafeng.jsonl.gz"))?)?;
    let (hits, companions) = hidden_things(&read_baskets(&data.join("groceries.csv"))?);
    println!("\nright, by chance (the best of its kind for each shopper or basket)");
    show("own things, Ta-Feng", &habits);
    show("companion of the thing just added, groceries", &companions);
    println!("\ntargets");
    let mut met = true;
    let mut target = |name: &str, value: f64, least: f64| {
        println!("  {} {name} at least {least:.3}: {value:.4}", if value >= least { "met   " } else { "MISSED" });
        met &= value >= least;
    };
    target("Ta-Feng, next basket, Recall@10", recall, 0.135);
    target("groceries, one thing hidden, HR@5", hits, 0.276);
    target("own things offered unasked are right", right(&habits, ALOUD), 0.3);
    target("companions offered unasked are right", right(&companions, ALOUD), 0.3);
    target("own things named to who asks are right", right(&habits, ASKED), 0.125);
    target("companions named to who asks are right", right(&companions, ASKED), 0.125);
    Ok(met)
}

fn next_baskets(shoppers: &[Shopper]) -> Result<(f64, Bins), Failure> {
    let start = Instant::now();
    let mut learner = Learner::new();
    for shopper in shoppers {
        learner.next_shopper();
        for basket in &shopper.history {
            learner.basket(basket.iter().copied());
        }
    }
    let tables = tables(learner.finish());
    println!(
        "Ta-Feng: {} shoppers, {} baskets, learnt in {:.1} s",
        shoppers.len(),
        tables.baskets,
        start.elapsed().as_secs_f64()
    );
    let now = Timestamp::from_second(1_800_000_000)?;
    let (mut recall, mut bins) = (0.0, Bins::new());
    for shopper in shoppers {
        let apart = MONTHS / i32::try_from(shopper.history.len().max(1))?;
        let mut own = Vec::new();
        for (back, basket) in (0..).zip(shopper.history.iter().rev()) {
            let at = now - WEEK - apart * back;
            own.extend(basket.iter().map(|what| Purchase { what: *what, at, quantity: 1 }));
        }
        let ranked = rank(&known(&tables, &own, &[]), now);
        let found = ranked.iter().take(10).filter(|s| shopper.next.contains(&s.what)).count();
        recall += found as f64 / shopper.next.len() as f64 / shoppers.len() as f64;
        let own = ranked.iter().filter(|s| matches!(s.reason, Reason::Own | Reason::Habit { .. }));
        count(&mut bins, own, &shopper.next);
    }
    Ok((recall, bins))
}

/// Every thing of every basket hidden once, a basket counting once; learnt from the other folds.
fn hidden_things(baskets: &[Vec<u32>]) -> (f64, Bins) {
    let (mut hits, mut tried, mut bins) = (0.0, 0.0, Bins::new());
    for fold in 0..FOLDS {
        let mut learner = Learner::new();
        for (_, basket) in baskets.iter().enumerate().filter(|(at, _)| at % FOLDS != fold) {
            learner.next_shopper();
            learner.basket(basket.iter().copied());
        }
        let tables = tables(learner.finish());
        let held_out = baskets.iter().enumerate().filter(|(at, b)| at % FOLDS == fold && b.len() > 1);
        for (_, basket) in held_out {
            let mut found = 0;
            for hidden in basket {
                let rest: Vec<u32> = basket.iter().copied().filter(|b| b != hidden).collect();
                let ranked = companions_of(&known(&tables, &[], &rest));
                found += usize::from(ranked.iter().take(5).any(|s| s.what == *hidden));
                // As in a conversation: one thing was just added, and the rest is still to come.
                let ranked = companions_of(&known(&tables, &[], &[*hidden]));
                count(&mut bins, ranked.iter(), &rest);
            }
            hits += found as f64 / basket.len() as f64;
            tried += 1.0;
        }
    }
    (hits / tried, bins)
}

fn known<'a>(tables: &'a Tables, own: &'a [Purchase<u32>], basket: &'a [u32]) -> Known<'a, u32> {
    Known {
        own,
        basket,
        refused: &[],
        baskets: tables.baskets,
        times: &tables.times,
        companions: &tables.companions,
        popular: &tables.popular,
    }
}

fn tables(learnt: Learnt<u32>) -> Tables {
    let mut times: HashMap<u32, u32> = learnt.popular.iter().copied().collect();
    let mut companions = HashMap::new();
    for item in learnt.items {
        times.insert(item.what, item.times);
        times.extend(item.companions.iter().map(|c| (c.what, c.times)));
        companions.insert(item.what, item.companions);
    }
    let popular = learnt.popular.iter().map(|(what, _)| *what).collect();
    Tables { baskets: learnt.baskets, times, companions, popular }
}

/// Whether the likeliest of these was right.
fn count<'a>(bins: &mut Bins, of: impl Iterator<Item = &'a Suggestion<u32>>, wanted: &[u32]) {
    if let Some(best) = of.max_by(|a, b| a.chance.total_cmp(&b.chance)) {
        let bin = bins.entry((best.chance * 20.0) as u32).or_default();
        bin.0 += u32::from(wanted.contains(&best.what));
        bin.1 += 1;
    }
}

/// The share that was right of those whose chance is at least so much.
fn right(bins: &Bins, least: f64) -> f64 {
    let offered = bins.iter().filter(|(bin, _)| f64::from(**bin) / 20.0 >= least - 1e-9);
    let (hits, all) = offered.fold((0, 0), |(hits, all), (_, (h, n))| (hits + h, all + n));
    f64::from(hits) / f64::from(all.max(1))
}

fn show(name: &str, bins: &Bins) {
    println!("  {name}");
    for (bin, (hits, all)) in bins {
        let from = f64::from(*bin) / 20.0;
        println!("    {from:.2}-{:.2}: {:.3} of {all}", from + 0.05, f64::from(*hits) / f64::from((*all).max(1)));
    }
}

/// Unpacked by `gzip`, which every machine that builds this has.
fn read_shoppers(path: &Path) -> Result<Vec<Shopper>, Failure> {
    let mut child = Command::new("gzip").arg("-dc").arg(path).stdout(Stdio::piped()).spawn()?;
    let mut text = String::new();
    child.stdout.take().ok_or("gzip has no output")?.read_to_string(&mut text)?;
    child.wait()?;
    let ids = |v: &Value| v.as_array().into_iter().flatten().filter_map(Value::as_u64).map(|n| n as u32).collect();
    text.lines()
        .map(|line| {
            let row: Value = serde_json::from_str(line)?;
            let history = row["history"].as_array().into_iter().flatten().map(ids).collect();
            Ok(Shopper { history, next: ids(&row["next"]) })
        })
        .collect()
}

fn read_baskets(path: &Path) -> Result<Vec<Vec<u32>>, Failure> {
    let mut numbers: HashMap<String, u32> = HashMap::new();
    let text = std::fs::read_to_string(path)?;
    let baskets = text.lines().map(|line| {
        let things = line.split(',').map(str::trim).filter(|t| !t.is_empty());
        let mut basket: Vec<u32> = things
            .map(|thing| {
                let next = numbers.len() as u32;
                *numbers.entry(thing.to_owned()).or_insert(next)
            })
            .collect();
        basket.sort_unstable();
        basket.dedup();
        basket
    });
    Ok(baskets.collect())
}
