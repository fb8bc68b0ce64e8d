//! Learns what is bought together from everybody's orders of the last year, in the background. What is read meanwhile is
//! what was learnt before: at most [`AGE`] old, and as long again as the learning takes.
//!
//! It reads order lines by customers in small pages and writes a new generation beside the old one in small
//! transactions, so that neither a shopper nor SQLite's one writer waits for it. One server of many does it: the one that
//! moves the time of the beginning. If that one dies, another begins when the age is reached again.

use std::time::Duration;

use jiff::SignedDuration;

use super::{SqlShop, rows};
use crate::shop::ShopError;
use crate::shop::taste::companions::{Item, Learner, Learnt};
use crate::store::sql;

/// After so long it is learnt anew.
pub const AGE: SignedDuration = SignedDuration::from_hours(1);
/// Older orders say what people bought, not what they buy.
const LOOKED_BACK: SignedDuration = SignedDuration::from_hours(365 * 24);
/// Customers read, and things written, in one go.
const PAGE: u32 = 200;
const WRITTEN: usize = 500;
/// Between two pages others come first.
const BREATH: Duration = Duration::from_millis(5);

impl SqlShop {
    /// Learns anew where that is due; how many orders were learnt from, or `None` when it was not.
    pub async fn learn_tastes(&self) -> Result<Option<u64>, ShopError> {
        let now = self.clock.now();
        let due = (now - AGE).as_millisecond();
        let begun: i64 = sql::query_scalar("SELECT begun_at FROM taste").fetch_one(self.store.reader()).await?;
        if begun > due {
            return Ok(None);
        }
        let mut tx = self.store.begin().await?;
        let mine = sql::query("UPDATE taste SET begun_at = ?1 WHERE begun_at = ?2")
            .bind(now.as_millisecond())
            .bind(begun)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        if mine.rows_affected() == 0 {
            return Ok(None);
        }
        let learner = self.baskets((now - LOOKED_BACK).as_millisecond()).await?;
        let learnt = tokio::task::spawn_blocking(move || learner.finish()).await;
        let learnt = learnt.map_err(|e| ShopError::Damaged(format!("learning stopped: {e}")))?;
        self.keep(now.as_millisecond(), &learnt).await?;
        Ok(Some(learnt.baskets))
    }

    /// Every customer's orders, one customer after the other.
    async fn baskets(&self, since: i64) -> Result<Learner<String>, ShopError> {
        let mut learner = Learner::new();
        let mut after = String::new();
        loop {
            let mut db = self.store.reader().acquire().await?;
            let customers: Vec<String> =
                sql::query_scalar("SELECT id FROM customers WHERE id > ?1 ORDER BY id LIMIT ?2")
                    .bind(&after)
                    .bind(PAGE)
                    .fetch_all(&mut db)
                    .await?;
            let Some(last) = customers.last() else { return Ok(learner) };
            let lines = sql::query(
                "SELECT o.customer_id, o.number, l.sku
                 FROM orders o JOIN order_lines l ON l.order_number = o.number
                 WHERE o.customer_id IN (SELECT value FROM json_each(?1)) AND o.placed_at > ?2
                   AND o.status NOT IN ('cancelled', 'returned')
                 ORDER BY o.customer_id, o.number",
            )
            .bind(rows::to_json(&customers)?)
            .bind(since)
            .fetch_all(&mut db)
            .await?;
            drop(db);
            after.clone_from(last);
            let mut lines = lines.into_iter().map(|row| {
                let (customer, order): (String, String) = (row.try_get("customer_id")?, row.try_get("number")?);
                Ok::<_, sqlx::Error>((customer, order, row.try_get::<String>("sku")?))
            });
            let (mut customer, mut order, mut basket) = (String::new(), String::new(), Vec::new());
            while let Some((whose, number, sku)) = lines.next().transpose()? {
                if number != order {
                    learner.basket(basket.drain(..));
                    order = number;
                }
                if whose != customer {
                    learner.next_shopper();
                    customer = whose;
                }
                basket.push(sku);
            }
            learner.basket(basket.drain(..));
            tokio::time::sleep(BREATH).await;
        }
    }

    /// Writes a generation, has it read from then on, and clears away what came before.
    async fn keep(&self, generation: i64, learnt: &Learnt<String>) -> Result<(), ShopError> {
        for items in learnt.items.chunks(WRITTEN) {
            let rows: Vec<_> = items.iter().map(row).collect();
            let mut tx = self.store.begin().await?;
            sql::either(
                "INSERT INTO companions (generation, sku, times, others)
                 SELECT ?1, value->>'sku', value->>'times', value->'others' FROM json_each(?2)",
                "INSERT INTO companions (generation, sku, times, others)
                 SELECT ?1, value->>'sku', CAST(value->>'times' AS BIGINT), value->>'others'
                 FROM json_array_elements(CAST(?2 AS JSON))",
            )
            .bind(generation)
            .bind(rows::to_json(&rows)?)
            .execute(&mut *tx)
            .await?;
            tx.commit().await?;
            tokio::time::sleep(BREATH).await;
        }
        let mut tx = self.store.begin().await?;
        sql::query("UPDATE taste SET generation = ?1, baskets = ?2, popular = ?3")
            .bind(generation)
            .bind(i64::try_from(learnt.baskets).unwrap_or(i64::MAX))
            .bind(rows::to_json(&learnt.popular)?)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        loop {
            let mut tx = self.store.begin().await?;
            let gone = sql::query(
                "DELETE FROM companions WHERE (generation, sku) IN
                 (SELECT generation, sku FROM companions WHERE generation < ?1 LIMIT ?2)",
            )
            .bind(generation)
            .bind(WRITTEN as u32)
            .execute(&mut *tx)
            .await?;
            tx.commit().await?;
            if gone.rows_affected() == 0 {
                return Ok(());
            }
            tokio::time::sleep(BREATH).await;
        }
    }
}

fn row(item: &Item<String>) -> serde_json::Value {
    let others: Vec<(&str, f32, u32)> =
        item.companions.iter().map(|c| (c.what.as_str(), c.confidence, c.times)).collect();
    serde_json::json!({ "sku": item.what, "times": item.times, "others": others })
}
