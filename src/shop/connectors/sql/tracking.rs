//! "Where is my order": which of the customer's own orders is meant. Says nothing of anybody else's.

use jiff::tz::TimeZone;
use jiff::{Timestamp, civil::Date};

use super::{Asked, SqlShop, awaiting, finding, orders};
use crate::shop::resemblance::Likeness;
use crate::shop::{Catalogue, Order, OrderRef, OrderStatus, Outcome, ShopError};
use crate::store::{Connection, sql};

/// More orders than this are never read out.
const MOST_LISTED: u32 = 50;
/// Orders still on their way with the same product in them; more would not be told apart by ear.
const MOST_TRACKED: usize = 3;

pub async fn list(shop: &SqlShop, limit: u32, asked: &Asked<'_>) -> Result<Outcome, ShopError> {
    if let Some((_, orders)) = shop.recent.orders.get(asked.customer).filter(|(kept, _)| *kept == limit) {
        return Ok(orders);
    }
    let mut db = shop.read().await?;
    let orders = orders::newest(&mut db, asked.customer, limit.clamp(1, MOST_LISTED)).await?;
    if orders.is_empty() {
        let waiting = awaiting::of(&mut db, asked).await?;
        if !waiting.is_empty() {
            return Ok(Outcome::AwaitingPayment { waiting, orders });
        }
    }
    let orders = if orders.is_empty() { Outcome::NoOrders } else { Outcome::Orders(orders) };
    shop.recent.orders.insert(asked.customer.clone(), (limit, orders.clone()));
    Ok(orders)
}

pub async fn track(
    db: &mut Connection,
    catalogue: &Catalogue,
    what: OrderRef,
    asked: &Asked<'_>,
    zone: TimeZone,
) -> Result<Outcome, ShopError> {
    let found = match &what {
        OrderRef::Latest => orders::newest(db, asked.customer, 1).await?,
        OrderRef::Number(number) => orders::by_number(db, asked.customer, number).await?.into_iter().collect(),
        OrderRef::Product(words) => with_product(db, catalogue, words, asked).await?,
        OrderRef::Placed { from, to } => match days(*from, *to, zone) {
            Some((from, before)) => orders::placed(db, asked.customer, from, before).await?,
            None => Vec::new(),
        },
    };
    if !found.is_empty() {
        return Ok(Outcome::Tracked(found));
    }
    let any = !orders::newest(db, asked.customer, 1).await?.is_empty();
    Ok(if any { Outcome::NoSuchOrder(what) } else { Outcome::NoOrders })
}

/// From the first moment of one day to the last of the other; none where the calendar ends.
pub(super) fn days(from: Date, to: Date, zone: TimeZone) -> Option<(Timestamp, Timestamp)> {
    let (from, to) = (from.min(to), from.max(to));
    let first = from.to_zoned(zone.clone()).ok()?.timestamp();
    let after = to.tomorrow().ok()?.to_zoned(zone).ok()?.timestamp();
    Some((first, after))
}

/// Those on their way that hold the product meant, else the newest that held it.
async fn with_product(
    db: &mut Connection,
    catalogue: &Catalogue,
    words: &str,
    asked: &Asked<'_>,
) -> Result<Vec<Order>, ShopError> {
    let lines = own_lines(db, asked).await?;
    let meant = most_like(catalogue, words, &lines);
    let mut numbers: Vec<String> = Vec::new();
    for line in lines.iter().filter(|l| meant.contains(&l.sku)) {
        if !numbers.contains(&line.order) {
            numbers.push(line.order.clone());
        }
    }
    let found = orders::load(db, asked.customer, &numbers).await?;
    let under_way: Vec<Order> = found.iter().filter(|o| on_its_way(o.status)).take(MOST_TRACKED).cloned().collect();
    Ok(if under_way.is_empty() { found.into_iter().take(1).collect() } else { under_way })
}

pub(super) fn on_its_way(status: OrderStatus) -> bool {
    !matches!(status, OrderStatus::Delivered | OrderStatus::Returned | OrderStatus::Cancelled)
}

/// One thing the customer has ordered.
pub struct OwnLine {
    pub order: String,
    pub placed_at: i64,
    pub status: String,
    pub sku: String,
    pub spoken_name: String,
    /// The catalogue's title and deepest category, where the product is still sold.
    pub more: String,
    pub quantity: u32,
}

/// Everything the customer ordered of late, newest first.
pub async fn own_lines(db: &mut Connection, asked: &Asked<'_>) -> Result<Vec<OwnLine>, ShopError> {
    let found = sql::query(
        "SELECT o.number, o.placed_at, o.status, l.sku, l.spoken_name, l.quantity,
                coalesce(p.title || ' ' || coalesce(json_extract(p.category, '$[#-1]'), ''), '') AS more
         FROM orders o JOIN order_lines l ON l.order_number = o.number LEFT JOIN products p ON p.sku = l.sku
         WHERE o.customer_id = ?1 ORDER BY o.placed_at DESC, o.number DESC, l.position LIMIT 2000",
    )
    .bind(asked.customer.as_str())
    .fetch_all(db)
    .await?;
    found
        .iter()
        .map(|row| {
            Ok(OwnLine {
                order: row.try_get("number")?,
                placed_at: row.try_get("placed_at")?,
                status: row.try_get("status")?,
                sku: row.try_get("sku")?,
                spoken_name: row.try_get("spoken_name")?,
                more: row.try_get("more")?,
                quantity: row.try_get("quantity")?,
            })
        })
        .collect()
}

/// The SKUs among the lines that the words mean: by name, spelling and sound first; where nothing is alike, those the
/// catalogue's search (which knows synonyms) would show. Best first, none when nothing fits.
pub fn most_like(catalogue: &Catalogue, words: &str, lines: &[OwnLine]) -> Vec<String> {
    let likeness = Likeness::of(words);
    let mut scored: Vec<(f32, &OwnLine)> = Vec::new();
    for line in lines {
        if !scored.iter().any(|(_, seen)| seen.sku == line.sku) {
            scored.push((likeness.to(&line.spoken_name, &line.more), line));
        }
    }
    let best = scored.iter().map(|(score, _)| *score).fold(0.0, f32::max);
    if best >= Likeness::ENOUGH {
        scored.retain(|(score, _)| *score > best - 0.05);
        return scored.into_iter().map(|(_, line)| line.sku.clone()).collect();
    }
    let shown = finding::skus(catalogue, words);
    shown.into_iter().filter(|sku| lines.iter().any(|l| l.sku == *sku)).take(1).collect()
}
