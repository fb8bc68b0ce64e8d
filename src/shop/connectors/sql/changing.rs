//! A placed order sent elsewhere or at another time, while nothing of it is packed. Looked at first, agreed to, then done
//! in one transaction with the order's row held: a parcel that is packed meanwhile goes where it was to go.

use jiff::tz::TimeZone;
use serde_json::json;

use super::{Asked, outbox, rows, slots, terms, tracking};
use crate::clock::Ids;
use crate::shop::slots::{Change, Destination, Told, Wanted};
use crate::shop::{Catalogue, Extras, Order, OrderRef, OrderStatus, Outcome, ShopError};
use crate::store::{Connection, Transaction, sql};

/// What the order could be changed to.
pub async fn look(
    db: &mut Connection,
    catalogue: &Catalogue,
    order: OrderRef,
    to: Wanted,
    asked: &Asked<'_>,
    zone: TimeZone,
) -> Result<Outcome, ShopError> {
    let mut orders = match tracking::track(db, catalogue, order.clone(), asked, zone).await? {
        Outcome::Tracked(orders) if !orders.is_empty() => orders,
        Outcome::Tracked(_) => return Ok(Outcome::NoSuchOrder(order)),
        other => return Ok(other),
    };
    let at = orders.iter().position(changeable).unwrap_or(0);
    let order = orders.swap_remove(at);
    if !changeable(&order) {
        return Ok(told(Told::TooLate(Box::new(order))));
    }
    let change = |to| Change { order: order.number.clone(), to };
    match to {
        Wanted::Time(wish) => {
            let windows = slots::windows(db).await?;
            if windows.is_empty() {
                return Ok(told(Told::NoTimes));
            }
            let free = slots::free(db, &windows, asked).await?;
            let free: Vec<_> = free.into_iter().filter(|slot| Some(*slot) != order.slot).collect();
            Ok(told(match wish.among(&free) {
                (one, true) if one.len() == 1 => match one.first() {
                    Some(slot) => Told::Changeable(change(Destination::Time(*slot))),
                    None => Told::Full,
                },
                found => slots::listed(found),
            }))
        }
        Wanted::Address(words) => {
            let known = terms::addresses(db, asked).await?;
            let line = match &words {
                Some(words) => match terms::like(&known, words) {
                    Some((_, line)) => line.clone(),
                    None => {
                        let known = known.into_iter().map(|(label, _)| label).collect();
                        return Ok(Outcome::NoSuchAddress { words: words.clone(), known });
                    }
                },
                None => {
                    let others: Vec<_> =
                        known.iter().filter(|(_, line)| Some(line) != order.address.as_ref()).collect();
                    match &others[..] {
                        [] => return Ok(Outcome::NoSuchAddress { words: String::new(), known: Vec::new() }),
                        [(_, line)] => line.clone(),
                        several => {
                            let labels = several.iter().map(|(label, _)| label.clone()).collect();
                            return Ok(told(Told::WhichAddress { order: order.number.clone(), labels }));
                        }
                    }
                }
            };
            let same = Some(&line) == order.address.as_ref();
            let change = change(Destination::Address(line));
            Ok(told(if same { Told::Already(change) } else { Told::Changeable(change) }))
        }
    }
}

/// Does it, if it still can be done.
pub async fn make(
    tx: &mut Transaction,
    change: Change,
    ids: &dyn Ids,
    asked: &Asked<'_>,
) -> Result<Outcome, ShopError> {
    let row = sql::for_update!("SELECT extras FROM orders WHERE number = ?1 AND customer_id = ?2")
        .bind(change.order.as_str())
        .bind(asked.customer.as_str())
        .fetch_optional(&mut **tx)
        .await?;
    let order = super::orders::by_number(tx, asked.customer, &change.order).await?;
    let (Some(row), Some(order)) = (row, order) else {
        return Ok(Outcome::NoSuchOrder(OrderRef::Number(change.order)));
    };
    if !changeable(&order) {
        return Ok(told(Told::TooLate(Box::new(order))));
    }
    let mut extras: Extras = rows::json(change.order.as_str(), row.try_get("extras")?)?;
    let mut promised = None;
    match &change.to {
        Destination::Address(line) if extras.address.as_ref() == Some(line) => return Ok(told(Told::Already(change))),
        Destination::Address(line) => extras.address = Some(line.clone()),
        Destination::Time(slot) if extras.slot == Some(*slot) => return Ok(told(Told::Already(change))),
        Destination::Time(slot) => {
            let both: Vec<_> = extras.slot.into_iter().chain([*slot]).collect();
            slots::hold(tx, &both).await?;
            if !slots::take(tx, *slot, asked).await? {
                // Somebody was faster: what is free now.
                let windows = slots::windows(tx).await?;
                let free = slots::free(tx, &windows, asked).await?;
                let wish = crate::shop::slots::Wish { days: Some((slot.day, slot.day)), time: None };
                let (slots, _) = wish.among(&free);
                return Ok(told(slots::listed((slots, false))));
            }
            if let Some(before) = extras.slot.replace(*slot) {
                slots::give_back(tx, before).await?;
            }
            promised = Some(slot.day.to_string());
        }
    }
    sql::query("UPDATE orders SET extras = ?2, promised = coalesce(?3, promised) WHERE number = ?1")
        .bind(change.order.as_str())
        .bind(rows::to_json(&extras)?)
        .bind(promised)
        .execute(&mut **tx)
        .await?;
    let body = json!({ "order": change.order, "address": extras.address, "slot": extras.slot });
    outbox::put(tx, "delivery_changed", &body, ids, asked).await?;
    Ok(told(Told::Changed(change)))
}

fn changeable(order: &Order) -> bool {
    order.status == OrderStatus::Placed && order.parcels.is_empty()
}

fn told(told: Told) -> Outcome {
    Outcome::Delivery(told)
}
