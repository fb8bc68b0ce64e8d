//! Taking the money: an offer that was said yes to becomes an order, exactly once.
//!
//! All of it happens in the caller's transaction: the offer is checked, the stock goes down, the order is written, the
//! offer is marked used. `orders` holds each quote and each request at most once, so even a second process could not
//! buy twice; the checks here only turn that into the right words.

use sha2::{Digest, Sha256};
use sqlx::{Row, SqliteConnection};

use super::quotes::{self, KeptLine, Short, Want};
use super::{Asked, basket, orders, products, rows};
use crate::clock::Ids;
use crate::shop::{Money, Order, OrderLine, OrderNumber, OrderStatus, Outcome, Product, QuoteOrigin, ShopError, Sku};
use crate::store::Transaction;

/// The order that this offer or this request has made already.
pub async fn already(tx: &mut Transaction, quote_id: &str, asked: &Asked<'_>) -> Result<Option<Outcome>, ShopError> {
    let found = sqlx::query(
        "SELECT number, promised FROM orders
         WHERE customer_id = ?1 AND (quote_id = ?2 OR request_id = ?3) ORDER BY quote_id = ?2 DESC",
    )
    .bind(asked.customer.as_str())
    .bind(quote_id)
    .bind(asked.request.as_str())
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = found else { return Ok(None) };
    let number: String = row.try_get("number")?;
    let delivery = rows::date(&number, row.try_get("promised")?)?;
    let order = orders::load(tx, asked.customer, &[number]).await?.pop();
    Ok(order.map(|order| Outcome::Bought { order, delivery, again: true }))
}

/// Buys what the offer said, or makes a new offer where it no longer stands. [`already`] comes first.
pub async fn buy(tx: &mut Transaction, quote_id: &str, ids: &dyn Ids, asked: &Asked<'_>) -> Result<Outcome, ShopError> {
    let kept = sqlx::query("SELECT * FROM quotes WHERE id = ?1 AND customer_id = ?2 AND order_number IS NULL")
        .bind(quote_id)
        .bind(asked.customer.as_str())
        .fetch_optional(&mut **tx)
        .await?;
    let Some(kept) = kept else { return Ok(Outcome::QuoteChanged { quote: None }) };
    let lines: Vec<KeptLine> = rows::json(quote_id, kept.try_get("lines")?)?;
    let origin: QuoteOrigin = rows::named(quote_id, kept.try_get("origin")?)?;
    let total = rows::money(&kept, "total")?;
    let expires_at: i64 = kept.try_get("expires_at")?;

    let skus: Vec<Sku> = lines.iter().map(|l| l.sku.clone()).collect();
    let on_sale = products::by_skus(tx, &skus).await?;
    let stands = asked.now.as_millisecond() < expires_at && lines.iter().all(|l| holds(l, &on_sale, total));
    if !stands {
        return offer_anew(tx, lines, origin, ids, asked).await;
    }
    for line in &lines {
        take_from_stock(tx, line).await?;
    }
    let order = Order {
        number: free_number(tx, ids).await?,
        placed_at: asked.now,
        status: OrderStatus::Placed,
        lines: order_lines(&lines, &on_sale, total),
        total,
        parcels: Vec::new(),
    };
    let bought = orders::Bought { quote_id, request_id: asked.request.as_str(), promised: asked.delivery };
    orders::put(tx, &[orders::Record { customer: asked.customer, order: &order, bought: Some(bought) }]).await?;
    sqlx::query("UPDATE quotes SET order_number = ?2 WHERE id = ?1")
        .bind(quote_id)
        .bind(order.number.as_str())
        .execute(&mut **tx)
        .await?;
    if origin == QuoteOrigin::Basket {
        for line in &lines {
            basket::take_out(tx, &line.sku, line.quantity.get(), asked).await?;
        }
    }
    Ok(Outcome::Bought { order, delivery: Some(asked.delivery), again: false })
}

fn holds(line: &KeptLine, on_sale: &[Product], total: Money) -> bool {
    on_sale.iter().any(|p| {
        p.sku == line.sku && p.price == Money::new(line.unit_price, total.currency()) && p.stock >= line.quantity.get()
    })
}

async fn offer_anew(
    tx: &mut Transaction,
    lines: Vec<KeptLine>,
    origin: QuoteOrigin,
    ids: &dyn Ids,
    asked: &Asked<'_>,
) -> Result<Outcome, ShopError> {
    let wants = lines.into_iter().map(|l| Want { sku: l.sku, quantity: l.quantity, name: None }).collect();
    let quote = match quotes::offer(tx, wants, origin, Short::Reduce, ids, asked).await? {
        Outcome::Quoted(quote) => Some(quote),
        _ => None,
    };
    Ok(Outcome::QuoteChanged { quote })
}

async fn take_from_stock(tx: &mut Transaction, line: &KeptLine) -> Result<(), ShopError> {
    let taken = sqlx::query("UPDATE products SET stock = stock - ?2 WHERE sku = ?1 AND stock >= ?2")
        .bind(line.sku.as_str())
        .bind(line.quantity.get())
        .execute(&mut **tx)
        .await?;
    match taken.rows_affected() {
        1 => Ok(()),
        // Cannot happen under the write lock; if it does, the transaction is dropped and nothing was bought.
        n => Err(rows::damaged(line.sku.as_str(), format!("{n} rows gave stock"))),
    }
}

fn order_lines(lines: &[KeptLine], on_sale: &[Product], total: Money) -> Vec<OrderLine> {
    lines
        .iter()
        .map(|line| OrderLine {
            sku: line.sku.clone(),
            spoken_name: on_sale
                .iter()
                .find(|p| p.sku == line.sku)
                .map_or_else(|| line.sku.to_string(), |p| p.spoken_name.clone()),
            quantity: line.quantity,
            unit_price: Money::new(line.unit_price, total.currency()),
        })
        .collect()
}

/// A number nobody has: five digits while there is room, more as they fill up. Drawn, not counted: a number says
/// nothing about the one before it, nor about how much the shop sells.
async fn free_number(db: &mut SqliteConnection, ids: &dyn Ids) -> Result<OrderNumber, ShopError> {
    for digits in 5..=10u32 {
        for _ in 0..4 {
            let number = draw(&ids.next(), digits);
            if !orders::number_taken(db, &number).await? {
                return OrderNumber::new(&number).map_err(|e| rows::damaged(&number, e));
            }
        }
    }
    Err(ShopError::Damaged("no order number is free".into()))
}

/// A number of so many digits, the first not zero.
fn draw(id: &str, digits: u32) -> String {
    let mut seed = [0u8; 8];
    for (byte, hashed) in seed.iter_mut().zip(Sha256::digest(id.as_bytes())) {
        *byte = hashed;
    }
    let least = 10u64.pow(digits - 1);
    (least + u64::from_le_bytes(seed) % (9 * least)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{CountedIds, Ids};
    use std::collections::HashSet;

    #[test]
    fn drawn_numbers_have_their_digits_and_follow_no_order() {
        let ids = CountedIds::default();
        let drawn: Vec<u64> = (0..1000).map(|_| draw(&ids.next(), 5).parse().unwrap()).collect();
        assert!(drawn.iter().all(|n| (10_000..100_000).contains(n)));
        assert!(drawn.iter().collect::<HashSet<_>>().len() > 980);
        let rising = drawn.windows(2).filter(|w| w[0] < w[1]).count();
        assert!((400..600).contains(&rising), "{rising}");
    }
}
