//! Returns moved on by the merchant: received, paid back, refused. The money goes back through the gateway under the
//! return's own id, so exactly once, whatever dies in between: `refunding` is written before the gateway is asked, and
//! whoever finds it asks again under the same id. Stock comes back only where the merchant says so, once.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{SqlShop, outbox, paying, rows};
use crate::shop::payment::{Refund, Refunded};
use crate::shop::{CustomerId, Money, RequestId, ShopError};
use crate::store::{Connection, Transaction, sql};

/// How far a return is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Awaited,
    Received,
    /// The money is asked of the gateway.
    Refunding,
    Paid,
    Refused,
}

/// What the merchant says of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Received,
    /// Pay it back.
    Refund,
    Refuse,
}

/// One return as the merchant sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    pub id: String,
    pub customer: CustomerId,
    pub order: String,
    pub sku: String,
    pub name: String,
    pub quantity: u32,
    pub refund: Money,
    pub reason: String,
    pub state: State,
    pub restocked: bool,
    pub note: Option<String>,
    pub opened_at: Timestamp,
    pub changed_at: Timestamp,
}

/// What became of a step.
#[derive(Clone, Debug, PartialEq)]
pub enum Moved {
    /// As it is now; `refunding` where the gateway has not answered yet and is asked again.
    Now(Case),
    /// It is too far for that, or the gateway refused: as it is, and why.
    Not(Case, String),
    NoSuch,
}

/// Returns listed in one go.
const MOST: i64 = 200;
const WHOLE: &str = "SELECT r.*, o.customer_id, o.currency FROM returns r JOIN orders o ON o.number = r.order_number
     WHERE r.id = ?1";

impl SqlShop {
    /// The oldest returns in this state.
    pub async fn returns(&self, state: State) -> Result<Vec<Case>, ShopError> {
        let found = sql::query(
            "SELECT r.*, o.customer_id, o.currency FROM returns r JOIN orders o ON o.number = r.order_number
             WHERE r.state = ?1 ORDER BY r.opened_at, r.id LIMIT ?2",
        )
        .bind(rows::name_of(&state)?)
        .bind(MOST)
        .fetch_all(&mut self.read().await?)
        .await?;
        found.iter().map(case).collect()
    }

    /// Moves a return on. Repeatable: a step that was done changes nothing more.
    pub async fn move_return(
        &self,
        id: &str,
        step: Step,
        restock: bool,
        note: Option<&str>,
    ) -> Result<Moved, ShopError> {
        let mut tx = self.store.begin().await?;
        let Some(before) = held(&mut tx, id).await? else { return Ok(Moved::NoSuch) };
        let to = match (before.state, step) {
            (State::Awaited, Step::Received) => State::Received,
            (State::Awaited | State::Received, Step::Refund) => State::Refunding,
            (State::Awaited | State::Received, Step::Refuse) => State::Refused,
            // Done already, or more than that.
            (State::Received | State::Refunding | State::Paid, Step::Received)
            | (State::Refunding | State::Paid, Step::Refund)
            | (State::Refused, Step::Refuse) => before.state,
            (State::Refused, _) => return Ok(Moved::Not(before, "it was refused".into())),
            (State::Refunding | State::Paid, Step::Refuse) => {
                return Ok(Moved::Not(before, "the money is on its way back or there".into()));
            }
        };
        if restock && !before.restocked && to != State::Refused {
            put_back(&mut tx, &before).await?;
        }
        if to != before.state {
            let note = note.filter(|n| !n.is_empty());
            go(&mut tx, id, to, note, self.clock.now()).await?;
            match to {
                State::Received => self.tell(&mut tx, "return_received", &before, note).await?,
                State::Refused => self.tell(&mut tx, "return_refused", &before, note).await?,
                _ => {}
            }
        }
        let now = whole(&mut tx, id).await?;
        tx.commit().await?;
        if restock {
            self.recent.stock_moved();
        }
        match now {
            Some(case) if case.state == State::Refunding => self.pay_back(case).await,
            Some(case) => Ok(Moved::Now(case)),
            None => Ok(Moved::NoSuch),
        }
    }

    /// Takes up refunds that were left in the middle. How many were finished.
    pub async fn finish_refunds(&self) -> Result<usize, ShopError> {
        let found = sql::query(
            "SELECT r.*, o.customer_id, o.currency FROM returns r JOIN orders o ON o.number = r.order_number
             WHERE r.state = 'refunding' AND r.changed_at <= ?1 ORDER BY r.changed_at LIMIT 100",
        )
        .bind((self.clock.now() - paying::TAKEN_UP).as_millisecond())
        .fetch_all(&mut self.read().await?)
        .await?;
        let mut finished = 0;
        for row in &found {
            let moved = self.pay_back(case(row)?).await?;
            finished += usize::from(!matches!(moved, Moved::Now(Case { state: State::Refunding, .. })));
        }
        Ok(finished)
    }

    /// Asks the gateway, outside of any transaction, and writes down what it said.
    async fn pay_back(&self, case: Case) -> Result<Moved, ShopError> {
        let refund = match charge_of(&mut self.read().await?, &case).await? {
            Some((charge, reference)) => {
                let refund = Refund { key: case.id.clone(), charge, reference, amount: case.refund };
                match self.payment.refund(&refund).await {
                    Ok(refunded) => refunded,
                    Err(error) => {
                        tracing::warn!(%error, "a refund is in doubt and will be tried again");
                        return Ok(Moved::Now(case));
                    }
                }
            }
            // Nothing was taken through the gateway: whoever took the money gives it back.
            None => Refunded::ByHand,
        };
        let mut tx = self.store.begin().await?;
        // Another request or server may have been faster.
        let Some(now) = held(&mut tx, &case.id).await? else { return Ok(Moved::NoSuch) };
        if now.state != State::Refunding {
            return Ok(Moved::Now(now));
        }
        let (to, note) = match &refund {
            Refunded::Paid | Refunded::ByHand => (State::Paid, None),
            Refunded::Refused { why } => (State::Received, Some(format!("the gateway refused: {why}"))),
        };
        go(&mut tx, &case.id, to, note.as_deref(), self.clock.now()).await?;
        if to == State::Paid {
            let by_hand = (refund == Refunded::ByHand).then_some("by_hand");
            self.tell(&mut tx, "refund_paid", &now, by_hand).await?;
            all_back(&mut tx, &now).await?;
        }
        let done = whole(&mut tx, &case.id).await?;
        tx.commit().await?;
        self.recent.changed_by(&case.customer);
        Ok(match (done, note) {
            (Some(case), Some(why)) => Moved::Not(case, why),
            (Some(case), None) => Moved::Now(case),
            (None, _) => Moved::NoSuch,
        })
    }

    /// Writes to the outbox what the shopper is to be told.
    async fn tell(&self, tx: &mut Transaction, kind: &str, case: &Case, note: Option<&str>) -> Result<(), ShopError> {
        let request = RequestId::new(&case.id).map_err(|e| rows::damaged(&case.id, e))?;
        let asked = self.asked(&case.customer, &request);
        let body = json!({
            "return": case.id, "order": case.order, "sku": case.sku, "name": case.name, "quantity": case.quantity,
            "refund": case.refund.minor(), "currency": case.refund.currency().code(), "note": note,
            "email": outbox::email(tx, &asked).await?,
        });
        outbox::put(tx, kind, &body, self.ids.as_ref(), &asked).await
    }
}

/// The return, with nobody else moving it on until the transaction ends.
async fn held(tx: &mut Transaction, id: &str) -> Result<Option<Case>, ShopError> {
    sql::for_update!("SELECT id FROM returns WHERE id = ?1").bind(id).fetch_optional(&mut **tx).await?;
    whole(tx, id).await
}

async fn whole(db: &mut Connection, id: &str) -> Result<Option<Case>, ShopError> {
    sql::query(WHOLE).bind(id).fetch_optional(db).await?.as_ref().map(case).transpose()
}

async fn go(tx: &mut Transaction, id: &str, to: State, note: Option<&str>, now: Timestamp) -> Result<(), ShopError> {
    sql::query("UPDATE returns SET state = ?2, note = coalesce(?3, note), changed_at = ?4 WHERE id = ?1")
        .bind(id)
        .bind(rows::name_of(&to)?)
        .bind(note)
        .bind(now.as_millisecond())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

async fn put_back(tx: &mut Transaction, case: &Case) -> Result<(), ShopError> {
    // What is no longer sold has no stock to go back to.
    sql::query("UPDATE products SET stock = stock + ?2 WHERE sku = ?1")
        .bind(&case.sku)
        .bind(case.quantity)
        .execute(&mut **tx)
        .await?;
    sql::query("UPDATE returns SET restocked = 1 WHERE id = ?1").bind(&case.id).execute(&mut **tx).await?;
    Ok(())
}

/// An order of which every piece has gone back and is paid for was returned.
async fn all_back(tx: &mut Transaction, case: &Case) -> Result<(), ShopError> {
    sql::query(
        "UPDATE orders SET status = 'returned' WHERE number = ?1
         AND (SELECT CAST(sum(quantity) AS BIGINT) FROM order_lines WHERE order_number = ?1)
           = (SELECT CAST(sum(quantity) AS BIGINT) FROM returns WHERE order_number = ?1 AND state = 'paid')",
    )
    .bind(&case.order)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The charge that paid for the order, with the gateway's name for it.
async fn charge_of(db: &mut Connection, case: &Case) -> Result<Option<(String, String)>, ShopError> {
    let found = sql::query(
        "SELECT p.quote_id, p.reference FROM purchases p JOIN orders o ON o.quote_id = p.quote_id
         WHERE o.number = ?1 AND p.state = 'bought' AND p.reference IS NOT NULL",
    )
    .bind(&case.order)
    .fetch_optional(db)
    .await?;
    found.map(|row| Ok((row.try_get("quote_id")?, row.try_get("reference")?))).transpose()
}

fn case(row: &sql::Row) -> Result<Case, ShopError> {
    let (id, customer): (String, String) = (row.try_get("id")?, row.try_get("customer_id")?);
    let restocked: u32 = row.try_get("restocked")?;
    Ok(Case {
        customer: CustomerId::new(&customer).map_err(|e| rows::damaged(&id, e))?,
        order: row.try_get("order_number")?,
        sku: row.try_get("sku")?,
        name: row.try_get("spoken_name")?,
        quantity: row.try_get("quantity")?,
        refund: rows::money(row, "refund")?,
        reason: row.try_get("reason")?,
        state: rows::named(&id, row.try_get("state")?)?,
        restocked: restocked == 1,
        note: row.try_get("note")?,
        opened_at: rows::timestamp(&id, row.try_get("opened_at")?)?,
        changed_at: rows::timestamp(&id, row.try_get("changed_at")?)?,
        id,
    })
}
