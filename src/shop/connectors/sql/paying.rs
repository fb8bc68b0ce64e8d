//! Buying with money that somebody else takes: an offer that was said yes to becomes a charge, and a charge that was
//! taken becomes an order. Exactly once, whatever dies in between.
//!
//! The gateway cannot be part of a transaction, so a purchase goes through two of ours with the charge between them:
//!
//! 1. *reserve*: the offer is checked, the stock goes down, and the purchase is written as `reserved`;
//! 2. the gateway is asked, under a key that is the offer's id, which it takes money for once;
//! 3. *settle*: `bought` with the order, or `released` with the stock given back.
//!
//! Whoever finds a `reserved` purchase (the same request again, or [`unfinished`] work at the next start) asks the
//! gateway again under the same key: it learns what became of the money and goes on with 3. An answer that never comes
//! ends in a void, which the gateway keeps for good, so that stock is given back only for money that cannot be taken.

use jiff::{SignedDuration, Timestamp};

use super::quotes::KeptLine;
use super::{Asked, buying, rows, slots};
use crate::clock::Ids;
use crate::shop::payment::{Charge, Paid};
use crate::shop::{CustomerId, Extras, Money, Order, OrderNumber, Outcome, RequestId, ShopError};
use crate::store::{Connection, Transaction, sql};

/// A purchase that nobody has finished for so long is taken up again.
pub const TAKEN_UP: SignedDuration = SignedDuration::from_secs(15);
/// A gateway that has not answered for so long is told to take nothing.
pub const GIVEN_UP: SignedDuration = SignedDuration::from_mins(10);

/// What follows from a yes.
#[allow(clippy::large_enum_variant)] // lives for one call
pub enum Step {
    Done(Outcome),
    /// `fresh` when it was reserved just now; else its charge may be under way.
    Pay {
        charge: Charge,
        fresh: bool,
    },
    /// It waits for its link to be followed.
    Awaited {
        charge: Charge,
        until: Timestamp,
    },
}

/// A purchase or refund that was left in the middle.
pub struct Unfinished {
    pub charge: Charge,
    pub request: RequestId,
    pub begun: Timestamp,
    /// The money is to go back.
    pub refund: bool,
    /// It waits for a link until then.
    pub link_until: Option<Timestamp>,
}

/// Step 1. The same offer or the same request again goes on where it was left.
pub async fn reserve(
    tx: &mut Transaction,
    quote_id: &str,
    ids: &dyn Ids,
    asked: &Asked<'_>,
) -> Result<Step, ShopError> {
    if let Some(bought) = buying::already(tx, quote_id, asked).await? {
        return Ok(Step::Done(bought));
    }
    let begun = sql::query(
        "SELECT * FROM purchases WHERE customer_id = ?1 AND (quote_id = ?2 OR request_id = ?3)
         ORDER BY quote_id = ?2 DESC",
    )
    .bind(asked.customer.as_str())
    .bind(quote_id)
    .bind(asked.request.as_str())
    .fetch_optional(&mut **tx)
    .await?;
    if let Some(row) = begun {
        let charge = charge(&row)?;
        let state: &str = row.try_get("state")?;
        return Ok(match state {
            "reserved" => match link_until(&charge.key, &row)? {
                Some(until) => Step::Awaited { charge, until },
                None => Step::Pay { charge, fresh: false },
            },
            _ => Step::Done(Outcome::PaymentDeclined { total: charge.amount }),
        });
    }
    let total = match buying::reserve(tx, quote_id, ids, asked).await? {
        Ok(total) => total,
        Err(outcome) => return Ok(Step::Done(outcome)),
    };
    sql::query(
        "INSERT INTO purchases (quote_id, customer_id, request_id, state, amount, currency, begun_at)
         VALUES (?1, ?2, ?3, 'reserved', ?4, ?5, ?6)",
    )
    .bind(quote_id)
    .bind(asked.customer.as_str())
    .bind(asked.request.as_str())
    .bind(total.minor())
    .bind(total.currency().code())
    .bind(asked.now.as_millisecond())
    .execute(&mut **tx)
    .await?;
    let charge = Charge { key: quote_id.to_owned(), customer: asked.customer.clone(), amount: total };
    Ok(Step::Pay { charge, fresh: true })
}

/// Step 3, for what the gateway answered. Settling twice changes nothing.
pub async fn settle(
    tx: &mut Transaction,
    charge: &Charge,
    paid: &Paid,
    ids: &dyn Ids,
    asked: &Asked<'_>,
) -> Result<Outcome, ShopError> {
    super::customers::hold(tx, &charge.customer).await?;
    let purchase = sql::for_update!("SELECT state FROM purchases WHERE quote_id = ?1").bind(&charge.key);
    let state = purchase.fetch_optional(&mut **tx).await?.map(|row| row.try_get::<String>("state")).transpose()?;
    let declined = Outcome::PaymentDeclined { total: charge.amount };
    match (state.as_deref(), paid) {
        (Some("reserved"), Paid::Taken { .. } | Paid::Owed) => {
            let outcome = buying::place(tx, &charge.key, ids, asked).await?;
            let reference = match paid {
                Paid::Taken { reference } => Some(reference.as_str()),
                _ => None,
            };
            go(tx, &charge.key, "bought", reference).await?;
            Ok(outcome)
        }
        (Some("reserved"), Paid::Withdrawn) => {
            release(tx, &charge.key).await?;
            Ok(Outcome::QuoteChanged { quote: None })
        }
        (Some("reserved"), Paid::Declined | Paid::NoMethod) => {
            release(tx, &charge.key).await?;
            Ok(declined)
        }
        (Some("bought"), _) => match buying::already(tx, &charge.key, asked).await? {
            Some(outcome) => Ok(outcome),
            None => Err(rows::damaged(&charge.key, "a purchase without its order")),
        },
        // It was given up meanwhile, and then the money was taken after all: it goes back.
        (Some("released"), Paid::Taken { reference }) => {
            go(tx, &charge.key, "refunding", Some(reference)).await?;
            Ok(declined)
        }
        _ => Ok(declined),
    }
}

/// The money can no longer be taken: the stock goes back. Whether it was this call that gave it back.
pub async fn release(tx: &mut Transaction, key: &str) -> Result<bool, ShopError> {
    let done = sql::query("UPDATE purchases SET state = 'released' WHERE quote_id = ?1 AND state = 'reserved'")
        .bind(key)
        .execute(&mut **tx)
        .await?;
    // Whoever came first, another server it may be, has given it back already, or has sold it.
    let released = done.rows_affected() > 0;
    if released {
        give_back(tx, key).await?;
    }
    Ok(released)
}

/// The order is undone while nothing has been packed: the stock goes back, and the money is to go back.
pub async fn cancel(tx: &mut Transaction, number: &OrderNumber, asked: &Asked<'_>) -> Result<Outcome, ShopError> {
    let done = sql::query(
        "UPDATE orders SET status = 'cancelled' WHERE number = ?1 AND customer_id = ?2 AND status = 'placed'",
    )
    .bind(number.as_str())
    .bind(asked.customer.as_str())
    .execute(&mut **tx)
    .await?;
    let order: Option<Order> = super::orders::by_number(tx, asked.customer, number).await?;
    let Some(order) = order else {
        return Ok(Outcome::NoSuchOrder(crate::shop::OrderRef::Number(number.clone())));
    };
    if done.rows_affected() == 0 {
        return Ok(Outcome::TooLateToCancel { order });
    }
    let mut lines: Vec<_> = order.lines.iter().collect();
    lines.sort_by(|a, b| a.sku.cmp(&b.sku));
    for line in lines {
        // What is no longer sold has no stock to go back to.
        sql::query("UPDATE products SET stock = stock + ?2 WHERE sku = ?1")
            .bind(line.sku.as_str())
            .bind(line.quantity.get())
            .execute(&mut **tx)
            .await?;
    }
    if let Some(slot) = order.slot {
        slots::give_back(tx, slot).await?;
    }
    let refund = sql::query(
        "UPDATE purchases SET state = 'refunding'
         WHERE state = 'bought' AND reference IS NOT NULL AND quote_id = (SELECT quote_id FROM orders WHERE number = ?1)",
    )
    .bind(number.as_str())
    .execute(&mut **tx)
    .await?;
    let refund = (refund.rows_affected() > 0).then_some(order.total);
    Ok(Outcome::OrderCancelled { order, refund })
}

/// The gateway has confirmed that it took nothing, or gave it back.
pub async fn refunded(tx: &mut Transaction, key: &str) -> Result<(), ShopError> {
    go(tx, key, "refunded", None).await
}

/// The refund that this order waits for.
pub async fn refund_of(db: &mut Connection, number: &OrderNumber) -> Result<Option<String>, ShopError> {
    Ok(sql::query_scalar(
        "SELECT p.quote_id FROM purchases p JOIN orders o ON o.quote_id = p.quote_id
         WHERE o.number = ?1 AND p.state = 'refunding'",
    )
    .bind(number.as_str())
    .fetch_optional(db)
    .await?)
}

/// What was left in the middle before `limit`, oldest first.
pub async fn unfinished(db: &mut Connection, limit: Timestamp, now: Timestamp) -> Result<Vec<Unfinished>, ShopError> {
    let found = sql::query(
        "SELECT * FROM purchases WHERE state IN ('reserved', 'refunding') AND begun_at <= ?1
         AND (state = 'refunding' OR link_next IS NULL OR link_next <= ?2) ORDER BY begun_at LIMIT 100",
    )
    .bind(limit.as_millisecond())
    .bind(now.as_millisecond())
    .fetch_all(db)
    .await?;
    found.iter().map(left).collect()
}

/// The purchase of this key, if it is in the middle.
pub async fn one_left(db: &mut Connection, key: &str) -> Result<Option<Unfinished>, ShopError> {
    let found = sql::query("SELECT * FROM purchases WHERE quote_id = ?1 AND state = 'reserved'").bind(key);
    found.fetch_optional(db).await?.as_ref().map(left).transpose()
}

fn left(row: &sql::Row) -> Result<Unfinished, ShopError> {
    let charge = charge(row)?;
    let (request, state): (String, &str) = (row.try_get("request_id")?, row.try_get("state")?);
    Ok(Unfinished {
        request: RequestId::new(&request).map_err(|e| rows::damaged(&request, e))?,
        begun: rows::timestamp(&charge.key, row.try_get("begun_at")?)?,
        refund: state == "refunding",
        link_until: link_until(&charge.key, row)?,
        charge,
    })
}

fn link_until(key: &str, row: &sql::Row) -> Result<Option<Timestamp>, ShopError> {
    let until: Option<i64> = row.try_get("link_until")?;
    until.map(|ms| rows::timestamp(key, ms)).transpose()
}

/// The customer is forgotten: what is in the middle is undone, and the books keep the rest under `nobody`.
pub async fn disown(tx: &mut Transaction, customer: &CustomerId, nobody: &str) -> Result<(), ShopError> {
    let open: Vec<String> =
        sql::query_scalar("SELECT quote_id FROM purchases WHERE customer_id = ?1 AND state = 'reserved'")
            .bind(customer.as_str())
            .fetch_all(&mut **tx)
            .await?;
    for key in open {
        give_back(tx, &key).await?;
        go(tx, &key, "refunding", None).await?;
    }
    sql::query("UPDATE purchases SET customer_id = ?2, request_id = quote_id WHERE customer_id = ?1")
        .bind(customer.as_str())
        .bind(nobody)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

fn charge(row: &sql::Row) -> Result<Charge, ShopError> {
    let (key, customer): (String, String) = (row.try_get("quote_id")?, row.try_get("customer_id")?);
    let amount: Money = rows::money(row, "amount")?;
    Ok(Charge { customer: CustomerId::new(&customer).map_err(|e| rows::damaged(&customer, e))?, key, amount })
}

async fn give_back(tx: &mut Transaction, key: &str) -> Result<(), ShopError> {
    let row = sql::query("SELECT lines, extras FROM quotes WHERE id = ?1").bind(key).fetch_one(&mut **tx).await?;
    let mut lines: Vec<KeptLine> = rows::json(key, row.try_get("lines")?)?;
    let extras: Extras = rows::json(key, row.try_get("extras")?)?;
    lines.sort_by(|a, b| a.sku.cmp(&b.sku));
    for line in lines {
        sql::query("UPDATE products SET stock = stock + ?2 WHERE sku = ?1")
            .bind(line.sku.as_str())
            .bind(line.quantity.get())
            .execute(&mut **tx)
            .await?;
    }
    // After the products, as it is taken: two servers never wait for each other.
    match extras.slot {
        Some(slot) => slots::give_back(tx, slot).await,
        None => Ok(()),
    }
}

async fn go(tx: &mut Transaction, key: &str, state: &str, reference: Option<&str>) -> Result<(), ShopError> {
    sql::query("UPDATE purchases SET state = ?2, reference = coalesce(?3, reference) WHERE quote_id = ?1")
        .bind(key)
        .bind(state)
        .bind(reference)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
