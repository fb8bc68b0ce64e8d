//! Promises to tell when something is in stock again: kept when the shopper comes back, and written to the outbox as
//! soon as it is so. Each is kept once.

use serde_json::json;

use super::{Asked, SqlShop, outbox, products, rows};
use crate::shop::service::Served;
use crate::shop::{CustomerId, Outcome, Product, RequestId, ShopError, Sku};
use crate::store::{Connection, sql};

/// Told of in one go at most.
const BATCH: i64 = 100;
const MOST: usize = 3;

pub(super) async fn promise(db: &mut Connection, sku: &Sku, asked: &Asked<'_>) -> Result<Outcome, ShopError> {
    let Some(product) = products::by_sku(db, sku).await? else {
        return Ok(Outcome::NoSuchProduct { words: sku.to_string() });
    };
    if product.stock > 0 {
        return Ok(Outcome::Served(Served::InStock(Box::new(product))));
    }
    sql::query(
        "INSERT INTO waits (customer_id, sku, asked_at) VALUES (?1, ?2, ?3)
         ON CONFLICT (customer_id, sku) DO UPDATE SET asked_at = excluded.asked_at, noticed_at = NULL",
    )
    .bind(asked.customer.as_str())
    .bind(sku.as_str())
    .bind(asked.now.as_millisecond())
    .execute(db)
    .await?;
    Ok(Outcome::Served(Served::WillTell(Box::new(product))))
}

/// What this customer waited for and can have now.
pub(super) async fn arrived(db: &mut Connection, asked: &Asked<'_>) -> Result<Vec<Product>, ShopError> {
    let skus: Vec<String> = sql::query_scalar(
        "SELECT w.sku FROM waits w JOIN products p ON p.sku = w.sku
         WHERE w.customer_id = ?1 AND p.stock > 0 ORDER BY w.asked_at LIMIT 3",
    )
    .bind(asked.customer.as_str())
    .fetch_all(&mut *db)
    .await?;
    let skus: Vec<Sku> = skus.iter().filter_map(|s| Sku::new(s).ok()).take(MOST).collect();
    if skus.is_empty() { Ok(Vec::new()) } else { products::by_skus(db, &skus).await }
}

/// As [`arrived`], and the promise is kept with it.
pub(super) async fn tell(db: &mut Connection, asked: &Asked<'_>) -> Result<Outcome, ShopError> {
    let products = arrived(db, asked).await?;
    for product in &products {
        sql::query("DELETE FROM waits WHERE customer_id = ?1 AND sku = ?2")
            .bind(asked.customer.as_str())
            .bind(product.sku.as_str())
            .execute(&mut *db)
            .await?;
    }
    Ok(Outcome::Served(Served::News(products)))
}

impl SqlShop {
    /// Writes to the outbox who is to be told of what is in stock again. How many.
    pub async fn notice_arrivals(&self) -> Result<usize, ShopError> {
        const BACK: &str = "SELECT w.customer_id, w.sku, p.spoken_name FROM waits w JOIN products p ON p.sku = w.sku
             WHERE w.noticed_at IS NULL AND p.stock > 0 LIMIT ?1";
        if sql::query(BACK).bind(BATCH).fetch_optional(&mut self.read().await?).await?.is_none() {
            return Ok(0);
        }
        let mut tx = self.store.begin().await?;
        let found = sql::query(BACK).bind(BATCH).fetch_all(&mut *tx).await?;
        for row in &found {
            let (customer, sku, name): (String, String, String) =
                (row.try_get("customer_id")?, row.try_get("sku")?, row.try_get("spoken_name")?);
            let customer = CustomerId::new(&customer).map_err(|e| rows::damaged(&customer, e))?;
            let request = RequestId::new(&self.ids.next()).map_err(|e| rows::damaged(&sku, e))?;
            let asked = self.asked(&customer, &request);
            let body = json!({ "sku": sku, "name": name, "email": outbox::email(&mut tx, &asked).await? });
            outbox::put(&mut tx, "back_in_stock", &body, self.ids.as_ref(), &asked).await?;
            sql::query("UPDATE waits SET noticed_at = ?3 WHERE customer_id = ?1 AND sku = ?2")
                .bind(customer.as_str())
                .bind(&sku)
                .bind(asked.now.as_millisecond())
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(found.len())
    }
}
