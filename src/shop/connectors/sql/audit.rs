//! The audit log in its table: written in batches, read by the merchant and by whoever it is about.

use serde_json::json;

use super::{SqlShop, rows};
use crate::shop::audit::{self, Entry};
use crate::shop::{CustomerId, ShopError};
use crate::store::{Connection, sql};

/// Entries read in one go at most.
pub const MOST: u32 = 1_000;

impl SqlShop {
    /// Notes that somebody saw or changed something of a customer's, other than by an act.
    pub fn note(&self, customer: &CustomerId, what: &str) {
        self.book.note(customer, what, self.clock.now());
    }

    /// A customer was erased by somebody else's hands: nothing of theirs is answered from memory.
    pub fn forgotten(&self, customer: &CustomerId) {
        self.recent.changed_by(customer);
        self.recent.stock_moved();
    }

    /// Writes down what was noted. How many entries.
    pub async fn write_audit(&self) -> Result<usize, ShopError> {
        let entries = self.book.take();
        if entries.is_empty() {
            return Ok(0);
        }
        let written = self.write(&entries).await;
        match written {
            Ok(()) => Ok(entries.len()),
            Err(error) => {
                self.book.put_back(entries);
                Err(error)
            }
        }
    }

    async fn write(&self, entries: &[Entry]) -> Result<(), ShopError> {
        let rows: Vec<_> = entries
            .iter()
            .map(|e| {
                json!({ "at": e.at.as_millisecond(), "customer_id": e.customer, "door": e.door, "who": e.who, "what": e.what })
            })
            .collect();
        let mut tx = self.store.begin().await?;
        sql::either(
            "INSERT INTO audit (at, customer_id, door, who, what)
             SELECT value->>'at', value->>'customer_id', value->>'door', value->>'who', value->>'what' FROM json_each(?1)",
            "INSERT INTO audit (at, customer_id, door, who, what)
             SELECT at, customer_id, door, who, what FROM json_to_recordset(CAST(?1 AS JSON))
             AS entry (at BIGINT, customer_id TEXT, door TEXT, who TEXT, what TEXT)",
        )
        .bind(rows::to_json(&rows)?)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// The newest entries, of one customer or of all.
    pub async fn audit(&self, customer: Option<&CustomerId>, limit: u32) -> Result<Vec<Entry>, ShopError> {
        self.write_audit().await?;
        newest(&mut self.read().await?, customer, limit.clamp(1, MOST)).await
    }
}

/// The newest entries, of one customer or of all.
pub(super) async fn newest(
    db: &mut Connection,
    customer: Option<&CustomerId>,
    limit: u32,
) -> Result<Vec<Entry>, ShopError> {
    let found = match customer {
        Some(customer) => {
            let of_one = "SELECT * FROM audit WHERE customer_id = ?1 ORDER BY at DESC, id DESC LIMIT ?2";
            sql::query(of_one).bind(customer.as_str()).bind(limit).fetch_all(db).await?
        }
        None => sql::query("SELECT * FROM audit ORDER BY at DESC, id DESC LIMIT ?1").bind(limit).fetch_all(db).await?,
    };
    found
        .iter()
        .map(|row| {
            Ok(Entry {
                at: rows::timestamp("audit", row.try_get("at")?)?,
                customer: row.try_get("customer_id")?,
                door: row.try_get("door")?,
                who: row.try_get("who")?,
                what: row.try_get("what")?,
            })
        })
        .collect()
}

/// Writes one entry with the change that it tells of.
pub(super) async fn record(
    db: &mut Connection,
    customer: &str,
    what: &str,
    at: jiff::Timestamp,
) -> Result<(), ShopError> {
    let door = audit::here();
    sql::query("INSERT INTO audit (at, customer_id, door, who, what) VALUES (?1, ?2, ?3, ?4, ?5)")
        .bind(at.as_millisecond())
        .bind(customer)
        .bind(door.name)
        .bind(door.who)
        .bind(what)
        .execute(db)
        .await?;
    Ok(())
}
