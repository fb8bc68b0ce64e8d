//! One idea for what else to buy, from the shopper's own orders and from what was learnt of all. It reads a few rows by
//! their keys; the learning was done long before ([`super::learning`]).

use std::collections::{HashMap, HashSet};

use super::reordering::purchases;
use super::tracking::own_lines;
use super::{Asked, basket, finding, preferences, products, rows};
use crate::shop::suggest::{Because, Suggest, Suggestion as Offered, With};
use crate::shop::taste::companions::Companion;
use crate::shop::taste::{Known, Reason, Suggestion, companions_of, rank};
use crate::shop::{Catalogue, Outcome, Product, ShopError, Sku, cautions};
use crate::store::{Connection, sql};

/// Candidates looked up in the catalogue; what is sold out or not to be eaten is passed over.
const LOOKED_AT: usize = 20;

/// What was learnt that bears on some things.
#[derive(Default)]
struct Learnt {
    baskets: u64,
    times: HashMap<String, u32>,
    companions: HashMap<String, Vec<Companion<String>>>,
    popular: Vec<String>,
}

pub async fn suggest(
    db: &mut Connection,
    catalogue: &Catalogue,
    what: Suggest,
    asked: &Asked<'_>,
) -> Result<Outcome, ShopError> {
    let with = match &what.with {
        With::Basket => None,
        With::Product(sku) => Some(sku.clone()),
        With::Words(words) => match finding::skus(catalogue, words).first().and_then(|s| Sku::new(s).ok()) {
            Some(sku) => Some(sku),
            None => return Ok(Outcome::NoSuchProduct { words: words.clone() }),
        },
    };
    let with = match with {
        Some(sku) => match products::by_sku(db, &sku).await? {
            Some(product) => Some(product),
            None => return Ok(Outcome::NoSuchProduct { words: sku.to_string() }),
        },
        None => None,
    };
    let in_basket: Vec<String> = basket::lines(db, asked).await?.into_iter().map(|line| line.sku.to_string()).collect();
    let ranked = match &with {
        Some(product) => goes_with(db, product, &what).await?,
        None => wanted(db, &in_basket, &what, asked).await?,
    };
    let fits = ranked.into_iter().filter(|s| if what.unasked { s.is_likely() } else { s.answers() });
    let fits: Vec<Suggestion<String>> = fits.filter(|s| !in_basket.contains(&s.what)).take(LOOKED_AT).collect();
    let suggestion = first_to_be_had(db, fits, &what, asked).await?;
    Ok(Outcome::Suggested { with: with.map(|p| p.spoken_name), suggestion: suggestion.map(Box::new) })
}

/// What others take with this one thing.
async fn goes_with(
    db: &mut Connection,
    product: &Product,
    what: &Suggest,
) -> Result<Vec<Suggestion<String>>, ShopError> {
    let this = [product.sku.as_str()];
    let refused: Vec<&str> = what.refused.iter().map(Sku::as_str).collect();
    let learnt = learnt(db, &this).await?;
    Ok(learnt.ask(&[], &this, &refused, companions_of))
}

/// What this shopper may need: first what they are due for, then by its chance.
async fn wanted(
    db: &mut Connection,
    in_basket: &[String],
    what: &Suggest,
    asked: &Asked<'_>,
) -> Result<Vec<Suggestion<String>>, ShopError> {
    let lines = own_lines(db, asked).await?;
    let own = purchases(&lines)?;
    let in_basket: Vec<&str> = in_basket.iter().map(String::as_str).collect();
    let refused: Vec<&str> = what.refused.iter().map(Sku::as_str).collect();
    let mut about: Vec<&str> = own.iter().map(|p| p.what).chain(in_basket.iter().copied()).collect();
    about.sort_unstable();
    about.dedup();
    let learnt = learnt(db, &about).await?;
    let mut ranked = learnt.ask(&own, &in_basket, &refused, |known| rank(known, asked.now));
    let habit = |s: &Suggestion<String>| matches!(s.reason, Reason::Habit { .. });
    ranked.sort_by(|a, b| {
        habit(b).cmp(&habit(a)).then_with(|| match habit(a) {
            true => b.score.total_cmp(&a.score),
            false => b.chance.total_cmp(&a.chance),
        })
    });
    Ok(ranked)
}

impl Learnt {
    /// Asks the engine, which works on borrowed names, and keeps what it says.
    fn ask<'k>(
        &'k self,
        own: &'k [crate::shop::taste::habits::Purchase<&'k str>],
        basket: &'k [&'k str],
        refused: &'k [&'k str],
        ask: impl Fn(&Known<'_, &'k str>) -> Vec<Suggestion<&'k str>>,
    ) -> Vec<Suggestion<String>> {
        let times: HashMap<&str, u32> = self.times.iter().map(|(sku, n)| (sku.as_str(), *n)).collect();
        let lent =
            |c: &'k Companion<String>| Companion { what: c.what.as_str(), confidence: c.confidence, times: c.times };
        let companions: HashMap<&str, Vec<Companion<&str>>> =
            self.companions.iter().map(|(sku, all)| (sku.as_str(), all.iter().map(lent).collect())).collect();
        let popular: Vec<&str> = self.popular.iter().map(String::as_str).collect();
        let known = Known {
            own,
            basket,
            refused,
            baskets: self.baskets,
            times: &times,
            companions: &companions,
            popular: &popular,
        };
        ask(&known).into_iter().map(|s| s.named(str::to_owned)).collect()
    }
}

/// What was learnt of these things, and what is popular.
async fn learnt(db: &mut Connection, about: &[&str]) -> Result<Learnt, ShopError> {
    let row = sql::query("SELECT generation, baskets, popular FROM taste").fetch_one(&mut *db).await?;
    let generation: i64 = row.try_get("generation")?;
    let baskets: i64 = row.try_get("baskets")?;
    let popular: Vec<(String, u32)> = rows::json("taste", row.try_get("popular")?)?;
    let mut out = Learnt {
        baskets: baskets.unsigned_abs(),
        times: popular.iter().cloned().collect(),
        popular: popular.into_iter().map(|(sku, _)| sku).collect(),
        ..Learnt::default()
    };
    let found = sql::query(
        "SELECT c.sku, c.times, c.others FROM json_each(?2) j JOIN companions c ON c.sku = j.value
         WHERE c.generation = ?1",
    )
    .bind(generation)
    .bind(rows::to_json(about)?)
    .fetch_all(db)
    .await?;
    for row in found {
        let sku: String = row.try_get("sku")?;
        let others: Vec<(String, f32, u32)> = rows::json(&sku, row.try_get("others")?)?;
        out.times.insert(sku.clone(), row.try_get("times")?);
        out.times.extend(others.iter().map(|(other, _, times)| (other.clone(), *times)));
        let others = others.into_iter().map(|(what, confidence, times)| Companion { what, confidence, times });
        out.companions.insert(sku, others.collect());
    }
    Ok(out)
}

/// The best that is in stock, of no kind that was refused, and that this shopper may eat.
async fn first_to_be_had(
    db: &mut Connection,
    fits: Vec<Suggestion<String>>,
    what: &Suggest,
    asked: &Asked<'_>,
) -> Result<Option<Offered>, ShopError> {
    if fits.is_empty() {
        return Ok(None);
    }
    let avoids = preferences::of(db, asked.customer).await?.avoids;
    let kind = |p: &Product| p.category.last().cloned();
    let refused: HashSet<Option<String>> = products::by_skus(db, &what.refused).await?.iter().map(kind).collect();
    let skus: Vec<Sku> = fits.iter().filter_map(|s| Sku::new(&s.what).ok()).collect();
    for product in products::by_skus(db, &skus).await? {
        let Some(found) = fits.iter().find(|s| s.what == product.sku.as_str()) else { continue };
        let unwanted =
            product.stock == 0 || refused.contains(&kind(&product)) || !cautions::named(&product, &avoids).is_empty();
        if unwanted {
            continue;
        }
        let because = match &found.reason {
            Reason::Habit { days } => Because::Habit { days: days.round() as u32 },
            Reason::Own => Because::Own,
            Reason::Popular => Because::Popular,
            Reason::Companion { of } => match Sku::new(of) {
                Ok(of) => match products::by_sku(db, &of).await? {
                    Some(of) => Because::Companion { spoken_name: of.spoken_name },
                    None => continue,
                },
                Err(_) => continue,
            },
        };
        let quantity = rows::quantity(&found.what, found.quantity.min(product.stock))?;
        return Ok(Some(Offered { product, quantity, because }));
    }
    Ok(None)
}
