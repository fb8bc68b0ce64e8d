//! Offers: lines wanted in, a priced offer out that stands for 15 minutes. Reserves nothing.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::{Asked, basket, preferences, products, rows, slots, terms};
use crate::clock::Ids;
use crate::shop::cautions;
use crate::shop::fit;
use crate::shop::preferences::{Avoided, Preferences};
use crate::shop::{LimitPer, Line, Money, Outcome, PricedLine, Product, Quantity, Quote, QuoteOrigin, ShopError, Sku};
use crate::store::{Connection, Transaction, sql};

/// How long an offer stands.
pub const STANDS: SignedDuration = SignedDuration::from_mins(15);
/// The same thing bought again this soon is more often a mistake than a wish.
pub const LATELY: SignedDuration = SignedDuration::from_hours(6);
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// A line somebody wants, by the name it goes by even if the product is gone.
pub struct Want {
    pub sku: Sku,
    pub quantity: Quantity,
    pub name: Option<String>,
}

/// What to do where fewer are on hand than wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Short {
    /// The number was named just now: say that there are fewer.
    Refuse,
    /// The number is from an earlier order: offer what there is; the confirmation says how many.
    Reduce,
}

/// A line as the offer keeps it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KeptLine {
    pub sku: Sku,
    pub quantity: Quantity,
    /// Minor units.
    pub unit_price: i64,
}

pub async fn of_lines(
    db: &mut Transaction,
    lines: Vec<Line>,
    ids: &dyn Ids,
    asked: &Asked<'_>,
) -> Result<Outcome, ShopError> {
    let wants = lines.into_iter().map(|l| Want { sku: l.sku, quantity: l.quantity, name: None }).collect();
    offer(db, wants, QuoteOrigin::Pick, Short::Refuse, ids, asked).await
}

pub async fn of_basket(db: &mut Transaction, ids: &dyn Ids, asked: &Asked<'_>) -> Result<Outcome, ShopError> {
    let lines = basket::lines(db, asked).await?;
    if lines.is_empty() {
        return Ok(Outcome::BasketEmpty);
    }
    let wants = lines.into_iter().map(|l| Want { sku: l.sku, quantity: l.quantity, name: None }).collect();
    offer(db, wants, QuoteOrigin::Basket, Short::Refuse, ids, asked).await
}

/// Prices what is wanted and keeps the offer: `Quoted`, `ShortStock`, `OutOfStock` or `NoSuchProduct`.
pub async fn offer(
    db: &mut Connection,
    wants: Vec<Want>,
    origin: QuoteOrigin,
    short: Short,
    ids: &dyn Ids,
    asked: &Asked<'_>,
) -> Result<Outcome, ShopError> {
    let wants = merged(wants);
    let skus: Vec<Sku> = wants.iter().map(|w| w.sku.clone()).collect();
    let mut on_sale = products::by_skus(db, &skus).await?;
    let mut lines: Vec<PricedLine> = Vec::new();
    let mut sold_out: Vec<Product> = Vec::new();
    let mut unavailable: Vec<String> = Vec::new();
    for want in wants {
        let Some(at) = on_sale.iter().position(|p| p.sku == want.sku) else {
            unavailable.push(want.name.unwrap_or_else(|| want.sku.to_string()));
            continue;
        };
        let product = on_sale.swap_remove(at);
        match Quantity::new(product.stock.min(want.quantity.get())) {
            Ok(there) if there < want.quantity && short == Short::Refuse => {
                return Ok(Outcome::ShortStock { product: Box::new(product), asked: want.quantity });
            }
            Ok(there) => lines.push(basket::price(product, there)?),
            Err(_) => {
                unavailable.push(product.spoken_name.clone());
                sold_out.push(product);
            }
        }
    }
    if lines.is_empty() {
        return Ok(match sold_out.is_empty() {
            true => Outcome::NoSuchProduct { words: unavailable.join(", ") },
            false => Outcome::OutOfStock { products: sold_out },
        });
    }
    let (mut extras, total) = terms::of(db, basket::total(&lines)?, asked).await?;
    extras.slot = match slots::offered(db, asked).await? {
        slots::Offered::None => None,
        slots::Offered::At(slot) => Some(slot),
        slots::Offered::Full => return Ok(Outcome::NoDeliveryTime),
    };
    if let Some(refusal) = over_limit(db, total, asked).await? {
        return Ok(refusal);
    }
    let told = preferences::of(db, asked.customer).await?;
    let quote = Quote {
        id: ids.next(),
        total,
        delivery: Some(extras.slot.map_or(asked.delivery, |slot| slot.day)),
        extras,
        repeats: repeats(db, &lines, asked).await?,
        cautions: cautions(&lines, &told),
        misfits: misfits(&lines, &told),
        address_gone: false,
        unavailable,
        price_changes: price_changes(db, &lines, asked).await?,
        origin,
        lines,
    };
    keep(db, &quote, asked).await?;
    Ok(Outcome::Quoted(quote))
}

/// The same product twice is one line.
fn merged(wants: Vec<Want>) -> Vec<Want> {
    let mut out: Vec<Want> = Vec::with_capacity(wants.len());
    for want in wants {
        match out.iter_mut().find(|w| w.sku == want.sku) {
            Some(there) => {
                let sum = (there.quantity.get() + want.quantity.get()).min(Quantity::MAX);
                there.quantity = Quantity::new(sum).unwrap_or(there.quantity);
            }
            None => out.push(want),
        }
    }
    out
}

async fn keep(db: &mut Connection, quote: &Quote, asked: &Asked<'_>) -> Result<(), ShopError> {
    let lines: Vec<KeptLine> = quote
        .lines
        .iter()
        .map(|l| KeptLine { sku: l.product.sku.clone(), quantity: l.quantity, unit_price: l.product.price.minor() })
        .collect();
    sql::query(
        "INSERT INTO quotes (id, customer_id, origin, lines, total, currency, expires_at, extras)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )
    .bind(&quote.id)
    .bind(asked.customer.as_str())
    .bind(rows::name_of(&quote.origin)?)
    .bind(rows::to_json(&lines)?)
    .bind(quote.total.minor())
    .bind(quote.total.currency().code())
    .bind((asked.now + STANDS).as_millisecond())
    .bind(rows::to_json(&quote.extras)?)
    .execute(db)
    .await?;
    Ok(())
}

/// Where a line cost something else when this customer last bought it.
async fn price_changes(
    db: &mut Connection,
    lines: &[PricedLine],
    asked: &Asked<'_>,
) -> Result<Vec<(String, Money, Money)>, ShopError> {
    let skus: Vec<&Sku> = lines.iter().map(|l| &l.product.sku).collect();
    let before = sql::query(
        "SELECT sku, unit_price, currency FROM (
             SELECT l.sku, l.unit_price, o.currency, row_number() OVER (PARTITION BY l.sku ORDER BY o.placed_at DESC) AS nth
             FROM orders o JOIN order_lines l ON l.order_number = o.number
             WHERE o.customer_id = ?1 AND o.status <> 'cancelled' AND l.sku IN (SELECT value FROM json_each(?2))) AS own
         WHERE nth = 1",
    )
    .bind(asked.customer.as_str())
    .bind(rows::to_json(&skus)?)
    .fetch_all(db)
    .await?;
    let mut changes = Vec::new();
    for line in lines {
        for row in &before {
            let sku: &str = row.try_get("sku")?;
            let then = rows::money(row, "unit_price")?;
            if sku == line.product.sku.as_str() && then != line.product.price {
                changes.push((line.product.spoken_name.clone(), then, line.product.price));
            }
        }
    }
    Ok(changes)
}

/// The limit that an order of this total would break, if any.
pub async fn over_limit(db: &mut Connection, total: Money, asked: &Asked<'_>) -> Result<Option<Outcome>, ShopError> {
    let over = |limit, per| Some(Outcome::OverLimit { total, limit: Money::new(limit, total.currency()), per });
    if let Some(limit) = asked.limits.per_order.filter(|limit| total.minor() > *limit) {
        return Ok(over(limit, LimitPer::Order));
    }
    let Some(limit) = asked.limits.per_day else { return Ok(None) };
    // What is reserved but not yet paid counts: two baskets at once must not both slip through.
    let spent: i64 = sql::query_scalar(
        "SELECT (SELECT CAST(coalesce(sum(total), 0) AS BIGINT) FROM orders
                 WHERE customer_id = ?1 AND placed_at > ?2 AND status NOT IN ('cancelled', 'returned'))
              + (SELECT CAST(coalesce(sum(amount), 0) AS BIGINT) FROM purchases
                 WHERE customer_id = ?1 AND begun_at > ?2 AND state = 'reserved')",
    )
    .bind(asked.customer.as_str())
    .bind((asked.now - DAY).as_millisecond())
    .fetch_one(db)
    .await?;
    Ok(if spent + total.minor() > limit { over(limit, LimitPer::Day) } else { None })
}

/// What the customer must not eat, line by line.
fn cautions(lines: &[PricedLine], told: &Preferences) -> Vec<(String, Vec<Avoided>)> {
    let named = lines.iter().map(|l| (l.product.spoken_name.clone(), cautions::named(&l.product, &told.avoids)));
    named.filter(|(_, what)| !what.is_empty()).collect()
}

/// What is of another size than the customer's.
fn misfits(lines: &[PricedLine], told: &Preferences) -> Vec<(String, String)> {
    let misfit = |l: &PricedLine| Some((l.product.spoken_name.clone(), fit::misfit(&l.product, told)?.to_owned()));
    lines.iter().filter_map(misfit).collect()
}

/// Names of lines that this customer bought within the last hours.
async fn repeats(db: &mut Connection, lines: &[PricedLine], asked: &Asked<'_>) -> Result<Vec<String>, ShopError> {
    let bought: Vec<String> = sql::query_scalar(
        "SELECT DISTINCT l.sku FROM orders o JOIN order_lines l ON l.order_number = o.number
         WHERE o.customer_id = ?1 AND o.placed_at > ?2 AND o.status NOT IN ('cancelled', 'returned')",
    )
    .bind(asked.customer.as_str())
    .bind((asked.now - LATELY).as_millisecond())
    .fetch_all(db)
    .await?;
    let again = lines.iter().filter(|l| bought.iter().any(|sku| sku == l.product.sku.as_str()));
    Ok(again.map(|l| l.product.spoken_name.clone()).collect())
}

/// Drops offers that lapsed before `limit`.
pub async fn forget_lapsed(db: &mut Connection, limit: jiff::Timestamp) -> Result<(), ShopError> {
    // A purchase that is not finished still needs its lines.
    sql::query(
        "DELETE FROM quotes WHERE expires_at < ?1
         AND NOT EXISTS (SELECT 1 FROM purchases p WHERE p.quote_id = quotes.id AND p.state = 'reserved')",
    )
    .bind(limit.as_millisecond())
    .execute(db)
    .await?;
    Ok(())
}
