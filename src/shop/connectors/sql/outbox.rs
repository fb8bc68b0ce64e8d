//! What other systems are to be told: written in the transaction of what it tells of, sent later, tried again until it
//! is taken. Refuses to know how it is sent.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::{Asked, SqlShop, rows};
use crate::clock::Ids;
use crate::shop::ShopError;
use crate::store::{Connection, sql};

/// One thing to tell.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// The same notice told twice carries the same id.
    pub id: String,
    /// `invoice`, `return_opened`, `handover` or `complaint`.
    pub kind: String,
    pub customer: String,
    pub body: Value,
    pub tries: u32,
}

/// Sent in one go at most.
const BATCH: i64 = 50;
/// The longest wait between two tries.
const LONGEST: SignedDuration = SignedDuration::from_hours(6);

pub(super) async fn put(
    db: &mut Connection,
    kind: &str,
    body: &Value,
    ids: &dyn Ids,
    asked: &Asked<'_>,
) -> Result<(), ShopError> {
    sql::query("INSERT INTO outbox (id, kind, customer_id, body, created_at, next_at) VALUES (?1, ?2, ?3, ?4, ?5, ?5)")
        .bind(ids.next())
        .bind(kind)
        .bind(asked.customer.as_str())
        .bind(rows::to_json(body)?)
        .bind(asked.now.as_millisecond())
        .execute(db)
        .await?;
    Ok(())
}

/// The customer's e-mail address.
pub(super) async fn email(db: &mut Connection, asked: &Asked<'_>) -> Result<Option<String>, ShopError> {
    let email: Option<Option<String>> = sql::query_scalar("SELECT email FROM customers WHERE id = ?1")
        .bind(asked.customer.as_str())
        .fetch_optional(db)
        .await?;
    Ok(email.flatten())
}

/// The part of an address that may be said aloud: who hears it knows which it is, and no stranger learns it.
pub(super) fn hinted(email: &str) -> String {
    email.split_once('@').map(|(_, host)| host.to_owned()).unwrap_or_default()
}

impl SqlShop {
    /// What is to be told now, oldest first.
    pub async fn notices(&self) -> Result<Vec<Notice>, ShopError> {
        let found = sql::query(
            "SELECT id, kind, customer_id, body, tries FROM outbox WHERE sent_at IS NULL AND next_at <= ?1
             ORDER BY next_at, id LIMIT ?2",
        )
        .bind(self.clock.now().as_millisecond())
        .bind(BATCH)
        .fetch_all(&mut self.read().await?)
        .await?;
        found
            .iter()
            .map(|row| {
                let id: String = row.try_get("id")?;
                Ok(Notice {
                    kind: row.try_get("kind")?,
                    customer: row.try_get("customer_id")?,
                    body: rows::json(&id, row.try_get("body")?)?,
                    tries: row.try_get("tries")?,
                    id,
                })
            })
            .collect()
    }

    /// It was taken, or it is to be tried again later.
    pub async fn told(&self, notice: &Notice, taken: bool) -> Result<(), ShopError> {
        let now = self.clock.now();
        let wait = SignedDuration::from_secs(5 << notice.tries.min(12)).min(LONGEST);
        let mut tx = self.store.begin().await?;
        sql::query("UPDATE outbox SET tries = tries + 1, next_at = ?2, sent_at = ?3 WHERE id = ?1")
            .bind(&notice.id)
            .bind(now.checked_add(wait).unwrap_or(Timestamp::MAX).as_millisecond())
            .bind(taken.then(|| now.as_millisecond()))
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::hinted;

    #[test]
    fn an_address_is_only_hinted_at() {
        assert_eq!(hinted("ada@example.com"), "example.com");
        assert_eq!(hinted("nonsense"), "");
    }
}
