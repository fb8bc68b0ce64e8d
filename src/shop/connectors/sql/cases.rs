//! What a person of the shop's is to look into: complaints word for word, and conversations handed over. A queue that
//! people take from and close.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Asked, SqlShop, outbox, rows};
use crate::clock::Ids;
use crate::shop::service::{Exchange, Served};
use crate::shop::{CustomerId, OrderNumber, OrderRef, Outcome, ShopError, delivery};
use crate::store::{Connection, sql};

/// How far somebody is with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Waiting,
    Taken,
    Closed,
}

/// One thing to look into.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Case {
    pub id: String,
    /// `handover`, `complaint` or `erasure`.
    pub kind: String,
    pub customer: String,
    pub order: Option<String>,
    pub words: String,
    pub conversation: Vec<Exchange>,
    pub state: State,
    pub note: Option<String>,
    pub opened_at: Timestamp,
    pub changed_at: Timestamp,
}

/// Cases listed in one go.
const MOST: i64 = 200;

impl State {
    fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Taken => "taken",
            Self::Closed => "closed",
        }
    }
}

pub(super) async fn complain(
    db: &mut Connection,
    words: &str,
    order: Option<OrderNumber>,
    ids: &dyn Ids,
    asked: &Asked<'_>,
) -> Result<Outcome, ShopError> {
    let case = open(db, "complaint", words, order.as_ref().map(OrderNumber::as_str), &[], ids, asked).await?;
    let body = json!({ "case": case, "order": order, "words": words, "email": outbox::email(db, asked).await? });
    outbox::put(db, "complaint", &body, ids, asked).await?;
    Ok(Outcome::Served(Served::Complained { case }))
}

/// One person at a time: who has asked already is told so, and what was said since goes along.
pub(super) async fn hand_over(
    db: &mut Connection,
    conversation: &[Exchange],
    ids: &dyn Ids,
    asked: &Asked<'_>,
) -> Result<Outcome, ShopError> {
    let by = delivery::working_days_after(asked.today, 1);
    let waiting: Option<String> = sql::query_scalar(
        "SELECT id FROM cases WHERE customer_id = ?1 AND kind = 'handover' AND state = 'waiting' ORDER BY opened_at LIMIT 1",
    )
    .bind(asked.customer.as_str())
    .fetch_optional(&mut *db)
    .await?;
    if let Some(case) = waiting {
        sql::query("UPDATE cases SET conversation = ?2, changed_at = ?3 WHERE id = ?1")
            .bind(&case)
            .bind(rows::to_json(conversation)?)
            .bind(asked.now.as_millisecond())
            .execute(db)
            .await?;
        return Ok(Outcome::Served(Served::HandedOver { case, again: true, by }));
    }
    let case = open(db, "handover", "", None, conversation, ids, asked).await?;
    let email = outbox::email(db, asked).await?;
    let body = json!({ "case": case, "conversation": conversation, "email": email });
    outbox::put(db, "handover", &body, ids, asked).await?;
    Ok(Outcome::Served(Served::HandedOver { case, again: false, by }))
}

/// Has everything that is kept about the customer sent; the merchant's own system fetches and sends it.
pub(super) async fn my_data(db: &mut Connection, ids: &dyn Ids, asked: &Asked<'_>) -> Result<Outcome, ShopError> {
    let Some(email) = outbox::email(db, asked).await? else { return Ok(Outcome::Served(Served::NoEmail)) };
    let hint = outbox::hinted(&email);
    outbox::put(db, "data_requested", &json!({ "email": email }), ids, asked).await?;
    Ok(Outcome::Served(Served::DataRequested { email: hint }))
}

/// Has somebody forget the customer. One request at a time.
pub(super) async fn forget_me(db: &mut Connection, ids: &dyn Ids, asked: &Asked<'_>) -> Result<Outcome, ShopError> {
    let waiting: Option<String> = sql::query_scalar(
        "SELECT id FROM cases WHERE customer_id = ?1 AND kind = 'erasure' AND state <> 'closed' ORDER BY opened_at LIMIT 1",
    )
    .bind(asked.customer.as_str())
    .fetch_optional(&mut *db)
    .await?;
    if let Some(case) = waiting {
        return Ok(Outcome::Served(Served::ErasureRequested { case, again: true }));
    }
    let case = open(db, "erasure", "", None, &[], ids, asked).await?;
    let body = json!({ "case": case, "email": outbox::email(db, asked).await? });
    outbox::put(db, "erasure_requested", &body, ids, asked).await?;
    Ok(Outcome::Served(Served::ErasureRequested { case, again: false }))
}

/// Has the invoice of an order sent; the merchant's own system writes it.
pub(super) async fn invoice(
    db: &mut Connection,
    found: Outcome,
    ids: &dyn Ids,
    asked: &Asked<'_>,
) -> Result<Outcome, ShopError> {
    let order = match found {
        Outcome::Tracked(mut orders) if !orders.is_empty() => orders.remove(0),
        Outcome::Tracked(_) => return Ok(Outcome::NoSuchOrder(OrderRef::Latest)),
        other => return Ok(other),
    };
    let Some(email) = outbox::email(db, asked).await? else { return Ok(Outcome::Served(Served::NoEmail)) };
    let hint = outbox::hinted(&email);
    outbox::put(db, "invoice", &json!({ "order": order, "email": email }), ids, asked).await?;
    Ok(Outcome::Served(Served::InvoiceSent { order: order.number, email: hint }))
}

async fn open(
    db: &mut Connection,
    kind: &str,
    words: &str,
    order: Option<&str>,
    conversation: &[Exchange],
    ids: &dyn Ids,
    asked: &Asked<'_>,
) -> Result<String, ShopError> {
    let id = ids.next();
    sql::query(
        "INSERT INTO cases (id, kind, customer_id, order_number, words, conversation, state, opened_at, changed_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'waiting', ?7, ?7)",
    )
    .bind(&id)
    .bind(kind)
    .bind(asked.customer.as_str())
    .bind(order)
    .bind(words)
    .bind(rows::to_json(conversation)?)
    .bind(asked.now.as_millisecond())
    .execute(db)
    .await?;
    Ok(id)
}

/// Everything that this customer asked somebody to look into.
pub(super) async fn of(db: &mut Connection, customer: &CustomerId) -> Result<Vec<Case>, ShopError> {
    let found = sql::query("SELECT * FROM cases WHERE customer_id = ?1 ORDER BY opened_at, id")
        .bind(customer.as_str())
        .fetch_all(db)
        .await?;
    found.iter().map(case).collect()
}

impl SqlShop {
    /// The oldest cases in this state.
    pub async fn cases(&self, state: State) -> Result<Vec<Case>, ShopError> {
        let found = sql::query("SELECT * FROM cases WHERE state = ?1 ORDER BY opened_at, id LIMIT ?2")
            .bind(state.name())
            .bind(MOST)
            .fetch_all(&mut self.read().await?)
            .await?;
        found.iter().map(case).collect()
    }

    /// Takes or closes a case; a note stays until another one replaces it. `None` when there is no such case, or
    /// somebody else has taken it meanwhile.
    pub async fn change_case(&self, id: &str, to: State, note: Option<&str>) -> Result<Option<Case>, ShopError> {
        let mut tx = self.store.begin().await?;
        let changed = sql::query(
            "UPDATE cases SET state = ?2, note = coalesce(?3, note), changed_at = ?4
             WHERE id = ?1 AND (?2 <> 'taken' OR state = 'waiting')",
        )
        .bind(id)
        .bind(to.name())
        .bind(note)
        .bind(self.clock.now().as_millisecond())
        .execute(&mut *tx)
        .await?;
        if changed.rows_affected() == 0 {
            return Ok(None);
        }
        let row = sql::query("SELECT * FROM cases WHERE id = ?1").bind(id).fetch_one(&mut *tx).await?;
        let case = case(&row)?;
        tx.commit().await?;
        Ok(Some(case))
    }
}

fn case(row: &sql::Row) -> Result<Case, ShopError> {
    let id: String = row.try_get("id")?;
    Ok(Case {
        kind: row.try_get("kind")?,
        customer: row.try_get("customer_id")?,
        order: row.try_get("order_number")?,
        words: row.try_get("words")?,
        conversation: rows::json(&id, row.try_get("conversation")?)?,
        state: rows::named(&id, row.try_get("state")?)?,
        note: row.try_get("note")?,
        opened_at: rows::timestamp(&id, row.try_get("opened_at")?)?,
        changed_at: rows::timestamp(&id, row.try_get("changed_at")?)?,
        id,
    })
}
