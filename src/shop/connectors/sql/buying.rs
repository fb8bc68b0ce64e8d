//! The two halves of a purchase inside the shop: what an offer says is taken from stock, and, once it is paid for,
//! written as an order. Refuses to know how the money is taken (that is [`paying`](super::paying)'s).
//!
//! Each half happens in its caller's transaction. `orders` holds each quote and each request at most once, so even a
//! second process could not buy twice; the checks here only turn that into the right words.

use sha2::{Digest, Sha256};

use super::quotes::{self, KeptLine, Short, Want};
use super::{Asked, basket, orders, products, rows, slots, terms};
use crate::clock::Ids;
use crate::shop::{
    Extras, Money, Order, OrderLine, OrderNumber, OrderStatus, Outcome, Product, QuoteOrigin, ShopError, Sku,
};
use crate::store::{Connection, Transaction, sql};

/// The order that this offer or this request has made already.
pub async fn already(tx: &mut Transaction, quote_id: &str, asked: &Asked<'_>) -> Result<Option<Outcome>, ShopError> {
    let found = sql::query(
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

/// Takes the stock for what the offer said; the total to be paid. Where the offer no longer stands: a new one.
/// [`already`] comes first.
pub async fn reserve(
    tx: &mut Transaction,
    quote_id: &str,
    ids: &dyn Ids,
    asked: &Asked<'_>,
) -> Result<Result<Money, Outcome>, ShopError> {
    let Some(kept) = kept(tx, quote_id, asked).await? else {
        return Ok(Err(Outcome::QuoteChanged { quote: None }));
    };
    let skus: Vec<Sku> = kept.lines.iter().map(|l| l.sku.clone()).collect();
    products::hold(tx, &skus).await?;
    let on_sale = products::by_skus(tx, &skus).await?;
    let now = asked.now.as_millisecond();
    let coupon_holds = terms::still_holds(tx, &kept.extras, asked).await?;
    let address_stands = terms::address_stands(tx, &kept.extras, asked).await?;
    let as_offered = coupon_holds && address_stands && kept.lines.iter().all(|l| holds(l, &on_sale, kept.total));
    if now >= kept.expires_at || !as_offered {
        let mut anew = offer_anew(tx, kept.lines, kept.origin, ids, asked).await?;
        if let Outcome::QuoteChanged { quote: Some(quote) } = &mut anew {
            quote.address_gone = !address_stands;
        }
        return Ok(Err(anew));
    }
    // Other orders may have been placed since the offer was made.
    if let Some(refusal) = quotes::over_limit(tx, kept.total, asked).await? {
        return Ok(Err(refusal));
    }
    // Before the stock: what follows either succeeds or undoes the whole transaction.
    let placed = match kept.extras.slot {
        Some(slot) => slots::take(tx, slot, asked).await?,
        // An offer from before the merchant offered times.
        None => slots::windows(tx).await?.is_empty(),
    };
    if !placed {
        return Ok(Err(offer_anew(tx, kept.lines, kept.origin, ids, asked).await?));
    }
    for line in &kept.lines {
        take_from_stock(tx, line).await?;
    }
    Ok(Ok(kept.total))
}

/// Writes the order for an offer that is reserved and paid for.
pub async fn place(
    tx: &mut Transaction,
    quote_id: &str,
    ids: &dyn Ids,
    asked: &Asked<'_>,
) -> Result<Outcome, ShopError> {
    let Some(kept) = kept(tx, quote_id, asked).await? else {
        return Err(rows::damaged(quote_id, "a purchase without its offer"));
    };
    let skus: Vec<Sku> = kept.lines.iter().map(|l| l.sku.clone()).collect();
    let known = products::by_skus(tx, &skus).await?;
    let order = Order {
        number: free_number(tx, ids).await?,
        placed_at: asked.now,
        status: OrderStatus::Placed,
        lines: order_lines(&kept.lines, &known, kept.total),
        total: kept.total,
        parcels: Vec::new(),
        address: kept.extras.address.clone(),
        slot: kept.extras.slot,
    };
    let promised = kept.extras.slot.map_or(asked.delivery, |slot| slot.day);
    let bought = orders::Bought { quote_id, request_id: asked.request.as_str(), promised };
    orders::put(tx, &[orders::Record { customer: asked.customer, order: &order, bought: Some(bought) }]).await?;
    sql::query("UPDATE quotes SET order_number = ?2 WHERE id = ?1")
        .bind(quote_id)
        .bind(order.number.as_str())
        .execute(&mut **tx)
        .await?;
    terms::spend(tx, quote_id, asked).await?;
    if kept.origin == QuoteOrigin::Basket {
        for line in &kept.lines {
            basket::take_out(tx, &line.sku, line.quantity.get(), asked).await?;
        }
    }
    Ok(Outcome::Bought { order, delivery: Some(promised), again: false })
}

/// An offer of this customer's that has not been bought.
struct Kept {
    lines: Vec<KeptLine>,
    origin: QuoteOrigin,
    total: Money,
    expires_at: i64,
    extras: Extras,
}

async fn kept(tx: &mut Transaction, quote_id: &str, asked: &Asked<'_>) -> Result<Option<Kept>, ShopError> {
    let row = sql::query("SELECT * FROM quotes WHERE id = ?1 AND customer_id = ?2 AND order_number IS NULL")
        .bind(quote_id)
        .bind(asked.customer.as_str())
        .fetch_optional(&mut **tx)
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Kept {
        lines: rows::json(quote_id, row.try_get("lines")?)?,
        origin: rows::named(quote_id, row.try_get("origin")?)?,
        total: rows::money(&row, "total")?,
        expires_at: row.try_get("expires_at")?,
        extras: rows::json(quote_id, row.try_get("extras")?)?,
    }))
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
        full @ Outcome::NoDeliveryTime => return Ok(full),
        _ => None,
    };
    Ok(Outcome::QuoteChanged { quote })
}

async fn take_from_stock(tx: &mut Transaction, line: &KeptLine) -> Result<(), ShopError> {
    let taken = sql::query("UPDATE products SET stock = stock - ?2 WHERE sku = ?1 AND stock >= ?2")
        .bind(line.sku.as_str())
        .bind(line.quantity.get())
        .execute(&mut **tx)
        .await?;
    match taken.rows_affected() {
        1 => Ok(()),
        // Cannot happen to rows that are held; if it does, the transaction is dropped and nothing was bought.
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

/// A number nobody has (should two servers draw the same one at once, the second order is not written, and taken up
/// again like any purchase that was left in the middle): five digits while there is room, more as they fill up. Drawn, not counted: a number says
/// nothing about the one before it, nor about how much the shop sells.
async fn free_number(db: &mut Connection, ids: &dyn Ids) -> Result<OrderNumber, ShopError> {
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
