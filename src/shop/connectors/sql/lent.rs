//! The address that a shopper's own device lent: kept until whoever lent it takes the permission back. Orders that were
//! sent there keep where they went.

use super::Asked;
use crate::shop::{Outcome, ShopError};
use crate::store::{Connection, sql};

/// What such an address is called; a shopper asks for it by this name too.
const LABEL: &str = "alexa";

/// Sends what is ordered from now on to the lent address.
pub async fn borrow(db: &mut Connection, line: &str, lender: &str, asked: &Asked<'_>) -> Result<Outcome, ShopError> {
    sql::query(
        "INSERT INTO addresses (customer_id, label, line) VALUES (?1, ?2, ?3)
         ON CONFLICT (customer_id, label) DO UPDATE SET line = excluded.line",
    )
    .bind(asked.customer.as_str())
    .bind(LABEL)
    .bind(line)
    .execute(&mut *db)
    .await?;
    sql::query("UPDATE addresses SET chosen = (label = ?2) WHERE customer_id = ?1")
        .bind(asked.customer.as_str())
        .bind(LABEL)
        .execute(&mut *db)
        .await?;
    sql::query("INSERT INTO lent_addresses (lender, customer_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING")
        .bind(lender)
        .bind(asked.customer.as_str())
        .execute(db)
        .await?;
    Ok(Outcome::AddressChosen { label: LABEL.to_owned(), line: line.to_owned() })
}

/// Forgets what was lent by this one, to whomever.
pub async fn give_back(db: &mut Connection, lender: &str) -> Result<Outcome, ShopError> {
    let gone = sql::query(
        "DELETE FROM addresses WHERE label = ?1
         AND customer_id IN (SELECT customer_id FROM lent_addresses WHERE lender = ?2)",
    )
    .bind(LABEL)
    .bind(lender)
    .execute(&mut *db)
    .await?;
    sql::query("DELETE FROM lent_addresses WHERE lender = ?1").bind(lender).execute(db).await?;
    Ok(Outcome::AddressesForgotten { count: u32::try_from(gone.rows_affected()).unwrap_or(u32::MAX) })
}
