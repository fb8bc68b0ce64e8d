//! What a customer told the shop about themselves, as rows.

use super::{Asked, rows};
use crate::shop::preferences::{Preference, Preferences};
use crate::shop::{CustomerId, Outcome, ShopError};
use crate::store::{Connection, sql};

pub async fn of(db: &mut Connection, customer: &CustomerId) -> Result<Preferences, ShopError> {
    let body: Option<String> = sql::query_scalar("SELECT body FROM preferences WHERE customer_id = ?1")
        .bind(customer.as_str())
        .fetch_optional(db)
        .await?;
    body.map_or_else(|| Ok(Preferences::default()), |body| rows::json(customer.as_str(), body))
}

/// Replaces all of them.
pub async fn put(db: &mut Connection, customer: &CustomerId, preferences: &Preferences) -> Result<(), ShopError> {
    sql::query(
        "INSERT INTO preferences (customer_id, body) VALUES (?1, ?2)
         ON CONFLICT (customer_id) DO UPDATE SET body = excluded.body",
    )
    .bind(customer.as_str())
    .bind(rows::to_json(preferences)?)
    .execute(db)
    .await?;
    Ok(())
}

/// Changes one of them.
pub async fn change(db: &mut Connection, change: Preference, asked: &Asked<'_>) -> Result<Outcome, ShopError> {
    let mut preferences = of(db, asked.customer).await?;
    preferences.apply(&change);
    put(db, asked.customer, &preferences).await?;
    Ok(Outcome::Preferences { preferences, changed: Some(change) })
}
