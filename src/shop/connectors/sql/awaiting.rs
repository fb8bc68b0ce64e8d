//! What a customer has said yes to and is no order yet: purchases that wait for a link to be paid, or for the gateway's
//! answer. Refuses to know how they are finished (that is [`paying`](super::paying)'s).

use jiff::tz::TimeZone;

use super::quotes::KeptLine;
use super::{Asked, outbox, paying, products, rows, tracking};
use crate::clock::Ids;
use crate::shop::outcome::{AwaitedLink, Awaiting};
use crate::shop::paylink::PayLinks;
use crate::shop::resemblance::Likeness;
use crate::shop::{Catalogue, NoLink, OrderRef, Outcome, ShopError, Sku};
use crate::store::{Connection, Transaction, sql};

/// More at once than anybody has.
const MOST: i64 = 10;

/// As [`tracking::track`], and of what is no order yet too: who has just said yes to something calls it their order.
pub async fn track(
    db: &mut Connection,
    catalogue: &Catalogue,
    what: OrderRef,
    asked: &Asked<'_>,
    zone: TimeZone,
) -> Result<Outcome, ShopError> {
    let found = tracking::track(db, catalogue, what.clone(), asked, zone.clone()).await?;
    let mut waiting = match &what {
        // It has no number.
        OrderRef::Number(_) => return Ok(found),
        _ => of(db, asked).await?,
    };
    match &what {
        OrderRef::Product(words) => {
            let likeness = Likeness::of(words);
            waiting.retain(|w| w.names.iter().any(|name| likeness.to(name, "") >= Likeness::ENOUGH));
        }
        OrderRef::Placed { from, to } => {
            let days = tracking::days(*from, *to, zone);
            waiting.retain(|w| days.is_some_and(|(from, before)| (from..before).contains(&w.begun)));
        }
        OrderRef::Latest | OrderRef::Number(_) => {}
    }
    if waiting.is_empty() {
        return Ok(found);
    }
    let mut orders = match found {
        Outcome::Tracked(orders) => orders,
        _ => Vec::new(),
    };
    // What came long ago is not what is asked about while something newer waits; of a named day, all of it is.
    if !matches!(what, OrderRef::Placed { .. }) {
        orders.retain(|order| tracking::on_its_way(order.status));
    }
    Ok(Outcome::AwaitingPayment { waiting, orders })
}

/// All that waits, newest first.
pub async fn of(db: &mut Connection, asked: &Asked<'_>) -> Result<Vec<Awaiting>, ShopError> {
    let found = sql::query(
        "SELECT p.quote_id, p.amount, p.currency, p.begun_at, p.link_until, q.lines
         FROM purchases p JOIN quotes q ON q.id = p.quote_id
         WHERE p.customer_id = ?1 AND p.state = 'reserved' ORDER BY p.begun_at DESC, p.quote_id DESC LIMIT ?2",
    )
    .bind(asked.customer.as_str())
    .bind(MOST)
    .fetch_all(&mut *db)
    .await?;
    let mut waiting = Vec::with_capacity(found.len());
    for row in &found {
        let quote_id: String = row.try_get("quote_id")?;
        let lines: Vec<KeptLine> = rows::json(&quote_id, row.try_get("lines")?)?;
        let skus: Vec<Sku> = lines.into_iter().map(|line| line.sku).collect();
        let names = products::by_skus(db, &skus).await?.into_iter().map(|p| p.spoken_name).collect();
        let until: Option<i64> = row.try_get("link_until")?;
        let until = until.map(|ms| rows::timestamp(&quote_id, ms)).transpose()?;
        // A link that has ended may have been paid in its last second, until the gateway has said that it was not.
        let link = match until.filter(|until| asked.now < *until) {
            Some(until) => {
                let email = outbox::email(db, asked).await?.map(|e| outbox::hinted(&e)).unwrap_or_default();
                Some(AwaitedLink { until, email })
            }
            None => None,
        };
        let (total, begun) = (rows::money(row, "amount")?, rows::timestamp(&quote_id, row.try_get("begun_at")?)?);
        waiting.push(Awaiting { quote_id, names, total, begun, link });
    }
    Ok(waiting)
}

/// Has the link of a waiting purchase sent once more. The same link with the same end: nothing is reserved for longer.
pub async fn send_link_again(
    tx: &mut Transaction,
    quote_id: &str,
    links: Option<&PayLinks>,
    ids: &dyn Ids,
    asked: &Asked<'_>,
) -> Result<Outcome, ShopError> {
    let left = paying::one_left(tx, quote_id).await?.filter(|left| left.charge.customer == *asked.customer);
    let counts = left.and_then(|left| Some((left.link_until.filter(|until| asked.now < *until)?, left.charge)));
    let (Some(links), Some((until, charge))) = (links, counts) else { return Ok(Outcome::NoLink(NoLink::Ended)) };
    let Some(email) = outbox::email(tx, asked).await? else { return Ok(Outcome::NoLink(NoLink::NoEmail)) };
    super::paylinks::tell(tx, &charge, until, &email, links, ids, asked).await?;
    Ok(Outcome::LinkSentAgain { total: charge.amount, email: outbox::hinted(&email), until })
}
