//! What a shop system elsewhere needs of a purchase here, and what it tells of it: the offer that was said yes to goes
//! out, counts and the fate of orders come in. Refuses to know which system it is.

use jiff::Timestamp;
use serde_json::json;

use super::quotes::KeptLine;
use super::rows;
use crate::shop::{Extras, OrderStatus, ParcelStatus, ShopError, Sku};
use crate::store::{Connection, sql};

/// What a customer said yes to.
pub struct Offered {
    pub lines: Vec<KeptLine>,
    /// As it was read out.
    pub address: Option<String>,
}

/// A box on its way.
pub struct Parcel {
    pub status: ParcelStatus,
    pub carrier: String,
    pub tracking_number: String,
    pub contents: Vec<Sku>,
    pub delivered_at: Option<Timestamp>,
}

/// The offer of this id.
pub async fn offered(db: &mut Connection, quote_id: &str) -> Result<Option<Offered>, ShopError> {
    let found = sql::query("SELECT lines, extras FROM quotes WHERE id = ?1").bind(quote_id).fetch_optional(db).await?;
    let Some(row) = found else { return Ok(None) };
    let extras: Extras = rows::json(quote_id, row.try_get("extras")?)?;
    Ok(Some(Offered { lines: rows::json(quote_id, row.try_get("lines")?)?, address: extras.address }))
}

/// So many of each can be sold now.
pub async fn count(db: &mut Connection, stocks: &[(Sku, u32)]) -> Result<(), ShopError> {
    for (sku, stock) in stocks {
        sql::query("UPDATE products SET stock = ?2 WHERE sku = ?1 AND stock <> ?2")
            .bind(sku.as_str())
            .bind(i64::from(*stock))
            .execute(&mut *db)
            .await?;
    }
    Ok(())
}

/// What became of the order that was bought under this offer; whether there is one.
pub async fn follow(
    db: &mut Connection,
    quote_id: &str,
    status: OrderStatus,
    parcels: &[Parcel],
) -> Result<bool, ShopError> {
    let number: Option<String> = sql::query_scalar("SELECT number FROM orders WHERE quote_id = ?1")
        .bind(quote_id)
        .fetch_optional(&mut *db)
        .await?;
    let Some(number) = number else { return Ok(false) };
    sql::query("UPDATE orders SET status = ?2 WHERE number = ?1")
        .bind(&number)
        .bind(rows::name_of(&status)?)
        .execute(&mut *db)
        .await?;
    sql::query("DELETE FROM parcels WHERE order_number = ?1").bind(&number).execute(&mut *db).await?;
    let lines = sql::query("SELECT sku, spoken_name, quantity FROM order_lines WHERE order_number = ?1")
        .bind(&number)
        .fetch_all(&mut *db)
        .await?;
    let mut bought = Vec::with_capacity(lines.len());
    for line in &lines {
        let (sku, name, quantity): (String, String, i64) =
            (line.try_get("sku")?, line.try_get("spoken_name")?, line.try_get("quantity")?);
        bought.push((sku, name, quantity));
    }
    for (parcel, position) in parcels.iter().zip(0i64..) {
        let contents: Vec<_> =
            bought.iter().filter(|(sku, ..)| parcel.contents.iter().any(|s| s.as_str() == sku)).collect();
        sql::query(
            "INSERT INTO parcels (order_number, position, status, carrier, tracking_number, contents, delivered_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )
        .bind(&number)
        .bind(position)
        .bind(rows::name_of(&parcel.status)?)
        .bind(&parcel.carrier)
        .bind(&parcel.tracking_number)
        .bind(json!(contents).to_string())
        .bind(parcel.delivered_at.map(Timestamp::as_millisecond))
        .execute(&mut *db)
        .await?;
    }
    Ok(true)
}
