//! The address that a shopper's own device lent: kept until whoever lent it takes the permission back. Orders that were
//! sent there keep where they went, and so does a purchase that was said yes to; an open offer does not.

use super::{Asked, customers, rows, terms};
use crate::shop::{CustomerId, Extras, Outcome, ShopError};
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

/// Forgets what was lent by this one, to whomever, also in offers that nobody has said yes to yet.
pub async fn give_back(db: &mut Connection, lender: &str) -> Result<Outcome, ShopError> {
    let borrowers: Vec<String> =
        sql::query_scalar("SELECT customer_id FROM lent_addresses WHERE lender = ?1 ORDER BY customer_id")
            .bind(lender)
            .fetch_all(&mut *db)
            .await?;
    for borrower in &borrowers {
        let borrower = CustomerId::new(borrower).map_err(|e| rows::damaged(borrower, e))?;
        // A yes that is on its way is either before this, and stands, or after, and finds the address gone.
        customers::hold(db, &borrower).await?;
        forget_in_offers(db, &borrower).await?;
    }
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

/// The lent address leaves the customer's open offers; what takes its place there is nobody's address, so that the offer is
/// not bought as it stands ([`terms::address_stands`]).
async fn forget_in_offers(db: &mut Connection, borrower: &CustomerId) -> Result<(), ShopError> {
    let open = sql::query(
        "SELECT q.id, q.extras FROM quotes q JOIN addresses a ON a.customer_id = q.customer_id AND a.label = ?2
         WHERE q.customer_id = ?1 AND q.order_number IS NULL AND json_extract(q.extras, '$.address') = a.line
         AND NOT EXISTS (SELECT 1 FROM purchases p WHERE p.quote_id = q.id)",
    )
    .bind(borrower.as_str())
    .bind(LABEL)
    .fetch_all(&mut *db)
    .await?;
    for offer in &open {
        let id: String = offer.try_get("id")?;
        let mut extras: Extras = rows::json(&id, offer.try_get("extras")?)?;
        extras.address = Some(terms::NO_LONGER.to_owned());
        sql::query("UPDATE quotes SET extras = ?2 WHERE id = ?1")
            .bind(&id)
            .bind(rows::to_json(&extras)?)
            .execute(&mut *db)
            .await?;
    }
    Ok(())
}
