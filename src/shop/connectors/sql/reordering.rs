//! Buying again: the last order, an order by number, a product bought before, or the usual.

use super::quotes::{self, Short, Want};
use super::tracking::{OwnLine, most_like, own_lines};
use super::{Asked, orders, rows};
use crate::clock::Ids;
use crate::shop::taste::habits::{self, Purchase};
use crate::shop::{
    Catalogue, Order, OrderRef, OrderStatus, Outcome, Quantity, QuoteOrigin, ReorderRef, ShopError, Sku,
};
use crate::store::Transaction;

pub async fn quote(
    tx: &mut Transaction,
    catalogue: &Catalogue,
    what: ReorderRef,
    quantity: Option<Quantity>,
    ids: &dyn Ids,
    asked: &Asked<'_>,
) -> Result<Outcome, ShopError> {
    let (wants, origin) = match what {
        ReorderRef::LastOrder => {
            let newest = orders::newest(tx, asked.customer, 20).await?;
            let last = newest.into_iter().find(|o| o.status != OrderStatus::Cancelled);
            let Some(order) = last else { return Ok(Outcome::NoOrders) };
            (lines_of(order), QuoteOrigin::Reorder)
        }
        ReorderRef::Order(number) => match orders::by_number(tx, asked.customer, &number).await? {
            Some(order) => (lines_of(order), QuoteOrigin::Reorder),
            None => return Ok(Outcome::NoSuchOrder(OrderRef::Number(number))),
        },
        ReorderRef::Product(words) => {
            let lines = bought(tx, asked).await?;
            let meant = most_like(catalogue, &words, &lines);
            match favourite(&meant, &lines) {
                Some(line) => (vec![want(line)?], QuoteOrigin::Reorder),
                None => return Ok(Outcome::NeverBought { words }),
            }
        }
        ReorderRef::Usual => {
            let lines = bought(tx, asked).await?;
            let wants = the_usual(&lines, asked.now)?;
            if wants.is_empty() {
                return Ok(Outcome::NoUsual);
            }
            (wants, QuoteOrigin::Usual)
        }
    };
    let (wants, short) = match (quantity, wants) {
        // A number named just now is meant for the one thing named with it, not for every line of an old order.
        (Some(quantity), mut wants) if wants.len() == 1 => {
            wants.iter_mut().for_each(|w| w.quantity = quantity);
            (wants, Short::Refuse)
        }
        (_, wants) => (wants, Short::Reduce),
    };
    quotes::offer(tx, wants, origin, short, ids, asked).await
}

fn lines_of(order: Order) -> Vec<Want> {
    let lines = order.lines.into_iter();
    lines.map(|l| Want { sku: l.sku, quantity: l.quantity, name: Some(l.spoken_name) }).collect()
}

/// What was bought and not sent back.
async fn bought(tx: &mut Transaction, asked: &Asked<'_>) -> Result<Vec<OwnLine>, ShopError> {
    let mut lines = own_lines(tx, asked).await?;
    lines.retain(|l| l.status != "cancelled");
    Ok(lines)
}

/// Of the products meant, the one bought most often, the latest among equals. Lines come newest first.
fn favourite<'a>(meant: &[String], lines: &'a [OwnLine]) -> Option<&'a OwnLine> {
    let times = |sku: &str| lines.iter().filter(|l| l.sku == sku).count();
    let newest = meant.iter().filter_map(|sku| lines.iter().find(|l| l.sku == *sku));
    newest.max_by_key(|line| (times(&line.sku), line.placed_at))
}

fn want(line: &OwnLine) -> Result<Want, ShopError> {
    Ok(Want {
        sku: Sku::new(&line.sku).map_err(|e| rows::damaged(&line.sku, e))?,
        quantity: rows::quantity(&line.sku, line.quantity)?,
        name: Some(line.spoken_name.clone()),
    })
}

fn the_usual(lines: &[OwnLine], now: jiff::Timestamp) -> Result<Vec<Want>, ShopError> {
    let mut wants = Vec::new();
    for (sku, quantity) in habits::usual(&purchases(lines)?, now) {
        if let Some(line) = lines.iter().find(|l| l.sku == sku) {
            wants.push(Want { quantity: rows::quantity(sku, quantity)?, ..want(line)? });
        }
    }
    Ok(wants)
}

/// What was bought and kept.
pub fn purchases(lines: &[OwnLine]) -> Result<Vec<Purchase<&str>>, ShopError> {
    let kept = lines.iter().filter(|l| l.status != "returned" && l.status != "cancelled");
    kept.map(|line| {
        let at = rows::timestamp(&line.order, line.placed_at)?;
        Ok(Purchase { what: line.sku.as_str(), at, quantity: line.quantity })
    })
    .collect()
}
