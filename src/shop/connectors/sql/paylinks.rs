//! Purchases that the shopper pays for on a page of the gateway's, reached by a link: reserved when the link is sent,
//! ordered when the page has the money, given back when the link ends. The same three steps as any purchase
//! ([`paying`]), with a person where the method on file is; so exactly once for the same reasons.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::{Asked, SqlShop, outbox, paying};
use crate::clock::Ids;
use crate::shop::paylink::{Linked, PayLinks};
use crate::shop::payment::{Charge, Page, Paid};
use crate::shop::{NoLink, OrderNumber, Outcome, ShopError};
use crate::store::{Transaction, sql};

/// The page is asked about again after so long.
const AGAIN: SignedDuration = SignedDuration::from_secs(20);

/// What becomes of somebody who follows a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Followed {
    /// The gateway's page.
    Page(String),
    Ordered(OrderNumber),
    /// It has ended, or was never made here; nothing can be paid by it.
    Ended,
    /// The gateway did not answer.
    Unanswered,
}

/// What became of a purchase that waits for its link.
pub(super) enum Became {
    Open,
    Ordered(Box<Outcome>),
    Released,
}

/// Makes a reserved purchase one that is paid for by link, and has the link sent; or says why not. In the transaction that
/// reserved it: a purchase waits for its link, or for an answer of the method on file, never for both.
pub(super) async fn send(
    tx: &mut Transaction,
    charge: &Charge,
    links: Option<&PayLinks>,
    ids: &dyn Ids,
    asked: &Asked<'_>,
) -> Result<Result<Outcome, NoLink>, ShopError> {
    let Some(links) = links else { return Ok(Err(NoLink::NotOffered)) };
    let Some(email) = outbox::email(tx, asked).await? else { return Ok(Err(NoLink::NoEmail)) };
    let until = links.until(asked.now);
    sql::query("UPDATE purchases SET link_until = ?2, link_next = ?3 WHERE quote_id = ?1 AND state = 'reserved'")
        .bind(&charge.key)
        .bind(until.as_millisecond())
        .bind((asked.now + AGAIN).as_millisecond())
        .execute(&mut **tx)
        .await?;
    tell(tx, charge, until, &email, links, ids, asked).await?;
    let email = outbox::hinted(&email);
    Ok(Ok(Outcome::LinkSent { total: charge.amount, email, until, again: false }))
}

/// The notice that carries the link.
pub(super) async fn tell(
    tx: &mut Transaction,
    charge: &Charge,
    until: Timestamp,
    email: &str,
    links: &PayLinks,
    ids: &dyn Ids,
    asked: &Asked<'_>,
) -> Result<(), ShopError> {
    let link = links.address(&Linked { key: charge.key.clone(), until });
    let body = json!({
        "link": link, "until": until, "email": email, "total": charge.amount.minor(),
        "currency": charge.amount.currency().code(),
    });
    outbox::put(tx, "payment_link", &body, ids, asked).await
}

impl SqlShop {
    /// Sends a link for exactly what the offer said, and reserves it. The same offer again sends nothing more.
    pub(super) async fn buy_by_link(&self, quote_id: &str, asked: &Asked<'_>) -> Result<Outcome, ShopError> {
        let mut tx = self.store.begin().await?;
        super::customers::ensure(&mut tx, asked).await?;
        let email = outbox::email(&mut tx, asked).await?;
        // Nothing is reserved for a link that cannot be sent.
        match (&self.links, &email) {
            (None, _) => return Ok(Outcome::NoLink(NoLink::NotOffered)),
            (_, None) => return Ok(Outcome::NoLink(NoLink::NoEmail)),
            _ => {}
        }
        let charge = match paying::reserve(&mut tx, quote_id, self.ids.as_ref(), asked).await? {
            paying::Step::Done(outcome) => {
                tx.commit().await?;
                return Ok(outcome);
            }
            paying::Step::Awaited { charge, until } => return Ok(again(&charge, until, email)),
            // The method on file is being charged for it, and may be yet.
            paying::Step::Pay { charge, fresh: false } => {
                return Ok(Outcome::PaymentPending { total: charge.amount });
            }
            paying::Step::Pay { charge, fresh: true } => charge,
        };
        match send(&mut tx, &charge, self.links.as_deref(), self.ids.as_ref(), asked).await? {
            Ok(outcome) => {
                tx.commit().await?;
                Ok(outcome)
            }
            Err(why) => Ok(Outcome::NoLink(why)),
        }
    }

    /// The shopper wants none of what waits for a link, or not this one: the links end now, and the stock goes back once
    /// the gateway has confirmed that it takes nothing.
    pub(super) async fn drop_links(&self, only: Option<&str>, asked: &Asked<'_>) -> Result<Outcome, ShopError> {
        let mut tx = self.store.begin().await?;
        super::customers::hold(&mut tx, asked.customer).await?;
        let open: Vec<String> = sql::query_scalar(
            "SELECT quote_id FROM purchases WHERE customer_id = ?1 AND state = 'reserved' AND link_until IS NOT NULL
             AND quote_id = coalesce(?2, quote_id)",
        )
        .bind(asked.customer.as_str())
        .bind(only)
        .fetch_all(&mut *tx)
        .await?;
        sql::query(
            "UPDATE purchases SET link_until = ?2, link_next = ?2
             WHERE customer_id = ?1 AND state = 'reserved' AND link_until > ?2 AND quote_id = coalesce(?3, quote_id)",
        )
        .bind(asked.customer.as_str())
        .bind(asked.now.as_millisecond())
        .bind(only)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        for key in &open {
            if let Some(left) = paying::one_left(&mut self.read().await?, key).await? {
                // What cannot be finished now is finished by the upkeep.
                if let Became::Ordered(bought) = self.take_up_link(&left).await? {
                    return Ok(*bought);
                }
            }
        }
        Ok(Outcome::LinkDropped { any: !open.is_empty() })
    }

    /// Follows a link: to the gateway's page, or to what became of it.
    pub async fn follow(&self, token: &str) -> Result<Followed, ShopError> {
        let Some(linked) = self.links.as_ref().and_then(|links| links.read(token)) else { return Ok(Followed::Ended) };
        let left = paying::one_left(&mut self.read().await?, &linked.key).await?;
        if let Some((left, until)) = left.and_then(|left| left.link_until.map(|until| (left, until))) {
            // A link that was dropped ends before its time.
            if self.clock.now() < until.min(linked.until) {
                match self.payment.page(&left.charge, until).await {
                    Ok(Some(Page::Open { url })) => return Ok(Followed::Page(url)),
                    Ok(_) => {}
                    Err(error) => {
                        tracing::warn!(%error, "a payment page could not be opened");
                        return Ok(Followed::Unanswered);
                    }
                }
            }
            // Paid, or over: also a payment of the last second is found before it is said that there is none.
            if matches!(self.take_up_link(&left).await?, Became::Open) {
                return Ok(Followed::Unanswered);
            }
        }
        let number: Option<String> = sql::query_scalar("SELECT number FROM orders WHERE quote_id = ?1")
            .bind(&linked.key)
            .fetch_optional(&mut self.read().await?)
            .await?;
        Ok(match number.map(|n| OrderNumber::new(&n)) {
            Some(Ok(number)) => Followed::Ordered(number),
            _ => Followed::Ended,
        })
    }

    /// Asks what became of the page: the order where it was paid, nothing while it is open. A link that has ended is made
    /// impossible first, and then its stock goes back.
    pub(super) async fn take_up_link(&self, left: &paying::Unfinished) -> Result<Became, ShopError> {
        let Some(until) = left.link_until else { return Ok(Became::Open) };
        let asked = self.asked(&left.charge.customer, &left.request);
        let page = match self.payment.page(&left.charge, until).await {
            Ok(page) => page,
            Err(error) => {
                tracing::warn!(%error, "a payment page is in doubt and will be asked about again");
                self.look_again(&left.charge.key, &asked).await?;
                return Ok(Became::Open);
            }
        };
        match page {
            Some(Page::Taken { reference }) => {
                let mut tx = self.store.begin().await?;
                let paid = Paid::Taken { reference };
                let outcome = paying::settle(&mut tx, &left.charge, &paid, self.ids.as_ref(), &asked).await?;
                if let Outcome::Bought { order, again: false, .. } = &outcome {
                    let email = outbox::email(&mut tx, &asked).await?;
                    let body = json!({ "order": order, "email": email });
                    outbox::put(&mut tx, "order_paid", &body, self.ids.as_ref(), &asked).await?;
                }
                tx.commit().await?;
                self.recent.changed_by(&left.charge.customer);
                Ok(match outcome {
                    bought @ Outcome::Bought { .. } => Became::Ordered(Box::new(bought)),
                    _ => Became::Released,
                })
            }
            Some(Page::Open { .. }) if asked.now < until => {
                self.look_again(&left.charge.key, &asked).await?;
                Ok(Became::Open)
            }
            // It has ended, or the page will take nothing.
            _ => {
                if let Err(error) = self.payment.void(&left.charge.key).await {
                    tracing::warn!(%error, "a payment page could not be closed and will be tried again");
                    self.look_again(&left.charge.key, &asked).await?;
                    return Ok(Became::Open);
                }
                let mut tx = self.store.begin().await?;
                super::customers::hold(&mut tx, &left.charge.customer).await?;
                if paying::release(&mut tx, &left.charge.key).await? {
                    let email = outbox::email(&mut tx, &asked).await?;
                    let total = left.charge.amount;
                    let body = json!({ "email": email, "total": total.minor(), "currency": total.currency().code() });
                    outbox::put(&mut tx, "payment_link_ended", &body, self.ids.as_ref(), &asked).await?;
                }
                tx.commit().await?;
                self.recent.stock_moved();
                Ok(Became::Released)
            }
        }
    }

    async fn look_again(&self, key: &str, asked: &Asked<'_>) -> Result<(), ShopError> {
        let mut tx = self.store.begin().await?;
        sql::query("UPDATE purchases SET link_next = ?2 WHERE quote_id = ?1")
            .bind(key)
            .bind((asked.now + AGAIN).as_millisecond())
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }
}

pub(super) fn again(charge: &Charge, until: Timestamp, email: Option<String>) -> Outcome {
    let email = email.map(|e| outbox::hinted(&e)).unwrap_or_default();
    Outcome::LinkSent { total: charge.amount, email, until, again: true }
}
