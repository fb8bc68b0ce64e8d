//! Everything about one customer: given out as JSON, and erased but for what the law has the merchant keep, which is then
//! nobody's. Refuses to know who may ask for it.

use super::customers::{Customers, hold};
use super::{audit, cases, orders, paying, preferences, returns, rows};
use crate::shop::{CustomerId, ShopError};
use crate::store::{Connection, sql};

/// What of an erased customer stays, under a number that nobody can be found by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erasure {
    pub kept: Vec<Kept>,
}

/// Rows that stay, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    pub what: &'static str,
    pub count: u32,
    pub why: &'static str,
}

const BOOKS: &str = "tax and commercial law has the merchant keep the books of what was sold, for years";

impl Customers {
    /// Everything the shop keeps about the customer, as JSON.
    pub async fn export(&self, customer: &CustomerId) -> Result<serde_json::Value, ShopError> {
        let mut db = self.store.reader().acquire().await?;
        let id = customer.as_str();
        let name: Option<Option<String>> =
            sql::query_scalar("SELECT name FROM customers WHERE id = ?1").bind(id).fetch_optional(&mut db).await?;
        let identities: Vec<String> =
            sql::query_scalar("SELECT identity FROM identities WHERE customer_id = ?1 ORDER BY identity")
                .bind(id)
                .fetch_all(&mut db)
                .await?;
        let basket = sql::query("SELECT sku, quantity FROM basket_lines WHERE customer_id = ?1 ORDER BY added_at, sku")
            .bind(id)
            .fetch_all(&mut db)
            .await?;
        let basket = basket
            .iter()
            .map(|row| {
                let (sku, quantity): (String, u32) = (row.try_get("sku")?, row.try_get("quantity")?);
                Ok(serde_json::json!({ "sku": sku, "quantity": quantity }))
            })
            .collect::<Result<Vec<_>, ShopError>>()?;
        let shelves = sql::query(
            "SELECT shelf, name, amount, sku FROM shelf_items WHERE customer_id = ?1 ORDER BY added_at, name",
        )
        .bind(id)
        .fetch_all(&mut db)
        .await?;
        let shelves = shelves
            .iter()
            .map(|row| {
                let (shelf, name): (String, String) = (row.try_get("shelf")?, row.try_get("name")?);
                let (amount, sku): (String, Option<String>) = (row.try_get("amount")?, row.try_get("sku")?);
                let amount: serde_json::Value = rows::json(&name, amount)?;
                Ok(serde_json::json!({ "shelf": shelf, "name": name, "amount": amount, "sku": sku }))
            })
            .collect::<Result<Vec<_>, ShopError>>()?;
        let addresses = sql::query("SELECT label, line FROM addresses WHERE customer_id = ?1 ORDER BY label")
            .bind(id)
            .fetch_all(&mut db)
            .await?;
        let addresses = addresses
            .iter()
            .map(|row| {
                let (label, line): (String, String) = (row.try_get("label")?, row.try_get("line")?);
                Ok(serde_json::json!({ "label": label, "line": line }))
            })
            .collect::<Result<Vec<_>, ShopError>>()?;
        let email: Option<Option<String>> =
            sql::query_scalar("SELECT email FROM customers WHERE id = ?1").bind(id).fetch_optional(&mut db).await?;
        let (cases, returns) = (cases::of(&mut db, customer).await?, returns::of(&mut db, customer).await?);
        let login: Option<String> = sql::query_scalar("SELECT name FROM logins WHERE customer_id = ?1")
            .bind(id)
            .fetch_optional(&mut db)
            .await?;
        let linked = sql::query(
            "SELECT client, created_at, revoked_at FROM grants WHERE customer_id = ?1 ORDER BY created_at, id",
        )
        .bind(id)
        .fetch_all(&mut db)
        .await?;
        let linked = linked
            .iter()
            .map(|row| {
                let (client, since): (String, i64) = (row.try_get("client")?, row.try_get("created_at")?);
                let until: Option<i64> = row.try_get("revoked_at")?;
                Ok(serde_json::json!({ "client": client, "since_ms": since, "until_ms": until }))
            })
            .collect::<Result<Vec<_>, ShopError>>()?;
        let joined =
            sql::query("SELECT joined, joined_at FROM joined_customers WHERE customer_id = ?1 ORDER BY joined_at")
                .bind(id)
                .fetch_all(&mut db)
                .await?;
        let joined = joined
            .iter()
            .map(|row| {
                let (who, at): (String, i64) = (row.try_get("joined")?, row.try_get("joined_at")?);
                Ok(serde_json::json!({ "id": who, "at_ms": at }))
            })
            .collect::<Result<Vec<_>, ShopError>>()?;
        let preferences = preferences::of(&mut db, customer).await?;
        let orders = orders::newest(&mut db, customer, u32::MAX).await?;
        let seen = audit::newest(&mut db, Some(customer), audit::MOST).await?;
        Ok(serde_json::json!({
            "id": id, "name": name.flatten(), "identities": identities, "basket": basket, "shelves": shelves,
            "addresses": addresses, "email": email.flatten(), "cases": cases, "returns": returns,
            "login": login, "linked": linked, "joined": joined, "preferences": preferences,
            "orders": orders, "seen": seen,
        }))
    }

    /// Forgets the person: name, identities, basket, lists, offers and recorded answers. The orders stay for the merchant's
    /// books under a number that nobody can be found by. What went and what stays, if there was such a customer.
    pub async fn erase(&self, customer: &CustomerId) -> Result<Option<Erasure>, ShopError> {
        let nobody = format!("erased-{}", self.ids.next().to_lowercase());
        let mut tx = self.store.begin().await?;
        hold(&mut tx, customer).await?;
        sql::query("INSERT INTO customers (id, name, created_at) VALUES (?1, NULL, 0)")
            .bind(&nobody)
            .execute(&mut *tx)
            .await?;
        // The request's own name may tell who made it; the quote's cannot.
        sql::query(
            "UPDATE orders SET customer_id = ?2, request_id = NULL, extras = json_remove(extras, '$.address')
             WHERE customer_id = ?1",
        )
        .bind(customer.as_str())
        .bind(&nobody)
        .execute(&mut *tx)
        .await?;
        // What was said about a return is the person's; the return itself is the books'.
        sql::query(
            "UPDATE returns SET reason = '' WHERE order_number IN (SELECT number FROM orders WHERE customer_id = ?1)",
        )
        .bind(&nobody)
        .execute(&mut *tx)
        .await?;
        paying::disown(&mut tx, customer, &nobody).await?;
        sql::query("DELETE FROM idempotency WHERE scope = 'shop:' || ?1")
            .bind(customer.as_str())
            .execute(&mut *tx)
            .await?;
        let gone = sql::query("DELETE FROM customers WHERE id = ?1").bind(customer.as_str()).execute(&mut *tx).await?;
        if gone.rows_affected() == 0 {
            return Ok(None);
        }
        // Who saw what stays true of whoever it was; by whom it was ended is the last of it.
        sql::query("UPDATE audit SET customer_id = ?2 WHERE customer_id = ?1")
            .bind(customer.as_str())
            .bind(&nobody)
            .execute(&mut *tx)
            .await?;
        audit::record(&mut tx, &nobody, "erased", self.clock.now()).await?;
        let kept = kept_of(&mut tx, &nobody).await?;
        tx.commit().await?;
        self.known.invalidate_all();
        Ok(Some(Erasure { kept }))
    }
}

/// What was kept of a customer who goes by this number now.
async fn kept_of(db: &mut Connection, nobody: &str) -> Result<Vec<Kept>, ShopError> {
    let row = sql::query(
        "SELECT (SELECT count(*) FROM orders WHERE customer_id = ?1) AS orders,
                (SELECT count(*) FROM purchases WHERE customer_id = ?1) AS payments,
                (SELECT count(*) FROM returns r JOIN orders o ON o.number = r.order_number WHERE o.customer_id = ?1) AS returns,
                (SELECT count(*) FROM audit WHERE customer_id = ?1) AS seen",
    )
    .bind(nobody)
    .fetch_one(db)
    .await?;
    let mut kept = Vec::new();
    for (column, what, why) in [
        ("orders", "orders, without name, address and e-mail", BOOKS),
        ("payments", "payments of these orders", BOOKS),
        ("returns", "returns of these orders, without their reasons", BOOKS),
        (
            "seen",
            "the log of who saw and changed the data, which holds none of it",
            "so that access can be accounted for",
        ),
    ] {
        let count: u32 = row.try_get(column)?;
        if count > 0 {
            kept.push(Kept { what, count, why });
        }
    }
    Ok(kept)
}
