//! Goods that go back: what may, until when and for how much; a return opened once; what is being paid back. The money
//! is moved when the merchant moves the return on ([`refunds`](super::refunds)).

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::json;

use super::{Asked, orders, outbox, rows, tracking};
use crate::clock::Ids;
use crate::shop::resemblance::Likeness;
use crate::shop::service::{NotReturnable, Refund, RefundState, ReturnPlan, Returnable, Served};
use crate::shop::{
    Catalogue, CustomerId, Money, Order, OrderRef, OrderStatus, Outcome, Parcel, ParcelStatus, Quantity, ShopError,
    delivery,
};
use crate::store::{Connection, sql};

/// Working days until a parcel with a label is back, and until its money is.
const LABEL: u32 = 5;
const PAYING: u32 = 5;
/// Orders looked through when none is named.
const RECENT: u32 = 20;

pub async fn returnable(
    db: &mut Connection,
    catalogue: &Catalogue,
    order: Option<OrderRef>,
    asked: &Asked<'_>,
    zone: TimeZone,
) -> Result<Outcome, ShopError> {
    let words = match &order {
        Some(OrderRef::Product(words)) => Some(words.clone()),
        _ => None,
    };
    let found = match order {
        None => orders::newest(db, asked.customer, RECENT).await?,
        // A thing may have been bought more than once: all of them are looked through, not only the last.
        Some(OrderRef::Product(_)) => orders::newest(db, asked.customer, 50).await?,
        Some(order) => match tracking::track(db, catalogue, order, asked, zone.clone()).await? {
            Outcome::Tracked(orders) => orders,
            _ => Vec::new(),
        },
    };
    let mut all: Vec<Returnable> = Vec::new();
    let mut why: Option<NotReturnable> = None;
    for order in &found {
        let gone = gone_back(db, order).await?;
        for line in &order.lines {
            if let Some(words) = &words
                && Likeness::of(words).to(&line.spoken_name, "") < Likeness::ENOUGH
            {
                continue;
            }
            let back: u32 = gone.iter().filter(|(sku, _)| *sku == line.sku.as_str()).map(|(_, n)| n).sum();
            let left = Quantity::new(line.quantity.get().saturating_sub(back)).ok();
            let reason = match (delivered(order, line.sku.as_str(), &zone), left) {
                _ if order.status == OrderStatus::Returned => NotReturnable::Returned,
                (None, _) => NotReturnable::NotDelivered,
                (Some(_), None) => NotReturnable::Returned,
                (Some(day), Some(left)) => {
                    let until = day.saturating_add(i64::from(asked.terms.return_days).days());
                    if until >= asked.today {
                        all.push(Returnable {
                            order: order.number.clone(),
                            sku: line.sku.clone(),
                            spoken_name: line.spoken_name.clone(),
                            left,
                            refund: paid_for_one(db, order, line.unit_price).await?,
                            until,
                        });
                        continue;
                    }
                    NotReturnable::TooLate
                }
            };
            why.get_or_insert(reason);
        }
    }
    Ok(Outcome::Served(if all.is_empty() {
        Served::NotReturnable(why.unwrap_or(NotReturnable::NoOrder))
    } else {
        // The same thing of several orders: the newest one is meant.
        if words.is_some() {
            let newest = all.first().map(|r| r.order.clone());
            all.retain(|r| Some(&r.order) == newest.as_ref());
        }
        Served::Returnable(all)
    }))
}

/// Opens the return if it still may be opened; the pieces are counted inside the transaction, so none goes back twice.
pub async fn open(
    db: &mut Connection,
    catalogue: &Catalogue,
    plan: ReturnPlan,
    ids: &dyn Ids,
    asked: &Asked<'_>,
    zone: TimeZone,
) -> Result<Outcome, ShopError> {
    let now = returnable(db, catalogue, Some(OrderRef::Number(plan.item.order.clone())), asked, zone).await?;
    let items = match now {
        Outcome::Served(Served::Returnable(items)) => items,
        other => return Ok(other),
    };
    let Some(item) = items.into_iter().find(|i| i.sku == plan.item.sku && i.left >= plan.quantity) else {
        return Ok(Outcome::Served(Served::NotReturnable(NotReturnable::Returned)));
    };
    let plan = ReturnPlan { item, ..plan };
    let refund = plan.refund();
    let pickup = plan.pickup.then(|| delivery::working_days_after(asked.today, 1));
    let there = match pickup {
        Some(day) => delivery::working_days_after(day, delivery::TRANSIT),
        None => delivery::working_days_after(asked.today, LABEL),
    };
    let by = delivery::working_days_after(there, PAYING);
    let id = ids.next();
    sql::query(
        "INSERT INTO returns (id, order_number, sku, spoken_name, quantity, refund, reason, pickup, state, due, opened_at,
                              changed_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'awaited', ?9, ?10, ?10)",
    )
    .bind(&id)
    .bind(plan.item.order.as_str())
    .bind(plan.item.sku.as_str())
    .bind(&plan.item.spoken_name)
    .bind(plan.quantity.get())
    .bind(refund.minor())
    .bind(&plan.reason)
    .bind(pickup.map(|d| d.to_string()))
    .bind(by.to_string())
    .bind(asked.now.as_millisecond())
    .execute(&mut *db)
    .await?;
    let email = outbox::email(db, asked).await?;
    let body = json!({
        "return": id, "order": plan.item.order, "sku": plan.item.sku, "name": plan.item.spoken_name,
        "quantity": plan.quantity, "reason": plan.reason, "pickup": pickup, "email": email,
        "refund": refund.minor(), "currency": refund.currency().code(),
    });
    outbox::put(db, "return_opened", &body, ids, asked).await?;
    let email = email.map(|e| outbox::hinted(&e));
    Ok(Outcome::Served(Served::Returned { plan, refund, by, pickup, email }))
}

/// Returns, and orders that were cancelled after they were paid.
pub async fn refunds(db: &mut Connection, asked: &Asked<'_>) -> Result<Outcome, ShopError> {
    const MOST: i64 = 5;
    let opened = sql::query(
        "SELECT r.order_number, r.spoken_name, r.refund AS amount, o.currency, r.state, r.due
         FROM returns r JOIN orders o ON o.number = r.order_number
         WHERE o.customer_id = ?1 ORDER BY r.opened_at DESC, r.id DESC LIMIT ?2",
    )
    .bind(asked.customer.as_str())
    .bind(MOST)
    .fetch_all(&mut *db)
    .await?;
    let cancelled = sql::query(
        "SELECT o.number AS order_number, l.spoken_name, p.amount, p.currency, p.state, NULL AS due
         FROM purchases p JOIN orders o ON o.quote_id = p.quote_id
         JOIN order_lines l ON l.order_number = o.number AND l.position = 0
         WHERE o.customer_id = ?1 AND p.state IN ('refunding', 'refunded') ORDER BY o.placed_at DESC LIMIT ?2",
    )
    .bind(asked.customer.as_str())
    .bind(MOST)
    .fetch_all(&mut *db)
    .await?;
    let mut all = Vec::new();
    for row in opened.iter().chain(&cancelled) {
        let number: String = row.try_get("order_number")?;
        let state = match row.try_get("state")? {
            "awaited" => RefundState::Awaited,
            "received" => RefundState::Received,
            "refunding" => RefundState::UnderWay,
            "refused" => RefundState::Refused,
            _ => RefundState::Paid,
        };
        all.push(Refund {
            spoken_name: row.try_get("spoken_name")?,
            amount: rows::money(row, "amount")?,
            by: rows::date(&number, row.try_get("due")?)?
                .filter(|_| !matches!(state, RefundState::Paid | RefundState::Refused)),
            state,
            order: crate::shop::OrderNumber::new(&number).map_err(|e| rows::damaged(&number, e))?,
        });
    }
    Ok(Outcome::Served(Served::Refunds(all)))
}

/// Everything that this customer sent back.
pub async fn of(db: &mut Connection, customer: &CustomerId) -> Result<Vec<serde_json::Value>, ShopError> {
    let found = sql::query(
        "SELECT r.order_number, r.sku, r.quantity, r.reason, r.state FROM returns r
         JOIN orders o ON o.number = r.order_number WHERE o.customer_id = ?1 ORDER BY r.opened_at, r.id",
    )
    .bind(customer.as_str())
    .fetch_all(db)
    .await?;
    found
        .iter()
        .map(|row| {
            let (order, sku, quantity): (String, String, u32) =
                (row.try_get("order_number")?, row.try_get("sku")?, row.try_get("quantity")?);
            let (reason, state): (String, String) = (row.try_get("reason")?, row.try_get("state")?);
            Ok(json!({ "order": order, "sku": sku, "quantity": quantity, "reason": reason, "state": state }))
        })
        .collect()
}

/// The day a line was handed over; none while it is not.
fn delivered(order: &Order, sku: &str, zone: &TimeZone) -> Option<Date> {
    let day = |at: Timestamp| at.to_zoned(zone.clone()).date();
    let inside = |p: &&Parcel| p.contents.iter().any(|(s, ..)| s.as_str() == sku);
    match order.parcels.iter().find(inside) {
        Some(p) if p.status == ParcelStatus::Delivered => {
            Some(p.delivered_at.map(day).or(p.expected).unwrap_or_else(|| day(order.placed_at)))
        }
        Some(_) => None,
        // An order from elsewhere may come without its parcels.
        None => (order.status == OrderStatus::Delivered).then(|| day(order.placed_at)),
    }
}

/// A piece's price with its share of the coupon and of the tax: what was paid beside delivery, in proportion.
async fn paid_for_one(db: &mut Connection, order: &Order, price: Money) -> Result<Money, ShopError> {
    let extras: String = sql::query_scalar("SELECT extras FROM orders WHERE number = ?1")
        .bind(order.number.as_str())
        .fetch_one(db)
        .await?;
    let extras: crate::shop::Extras = rows::json(order.number.as_str(), extras)?;
    let goods: i64 = order.lines.iter().map(|l| l.unit_price.minor() * i64::from(l.quantity.get())).sum();
    let off = extras.discount.map_or(0, |d| d.amount.minor());
    let paid = goods - off + extras.tax.map_or(0, |t| t.minor());
    // Rounded down, so that the pieces together never come to more than was paid.
    let share = if goods > 0 { price.minor() * paid / goods } else { 0 };
    Ok(Money::new(share, price.currency()))
}

async fn gone_back(db: &mut Connection, order: &Order) -> Result<Vec<(String, u32)>, ShopError> {
    let found = sql::query("SELECT sku, quantity FROM returns WHERE order_number = ?1")
        .bind(order.number.as_str())
        .fetch_all(db)
        .await?;
    found.iter().map(|row| Ok((row.try_get("sku")?, row.try_get("quantity")?))).collect()
}
