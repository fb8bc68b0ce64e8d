//! The orders, their lines and parcels: read whole, written whole. Whose order it is, is part of every question.

use jiff::Timestamp;
use serde_json::json;

use super::rows;
use crate::shop::{CustomerId, Order, OrderNumber, ShopError};
use crate::store::{Connection, sql};

/// An order and whose it is.
pub struct Record<'a> {
    pub customer: &'a CustomerId,
    pub order: &'a Order,
    /// None for an order that was made elsewhere.
    pub bought: Option<Bought<'a>>,
}

/// Where an order bought here came from; each can buy only once.
pub struct Bought<'a> {
    pub quote_id: &'a str,
    pub request_id: &'a str,
    pub promised: jiff::civil::Date,
}

/// Orders with all that belongs to them, in one statement: each is a trip to the database's own thread. (SQLite plans a
/// statement anew at every call when its limit is a bare parameter.)
macro_rules! whole {
    (from $which:literal) => {
        concat!(
            " FROM orders o WHERE o.customer_id = ?1 AND ",
            $which,
            " ORDER BY o.placed_at DESC, o.number DESC LIMIT ?2 + 0"
        )
    };
    ($which:literal) => {
        sql::either(
            concat!(
                "SELECT o.*,
                (SELECT json_group_array(json_object('sku', l.sku, 'spoken_name', l.spoken_name,
                    'quantity', l.quantity, 'unit_price', l.unit_price) ORDER BY l.position)
                 FROM order_lines l WHERE l.order_number = o.number) AS lines,
                (SELECT json_group_array(json_object('status', p.status, 'carrier', p.carrier,
                    'tracking_number', p.tracking_number, 'contents', json(p.contents), 'expected', p.expected,
                    'promised', p.promised, 'delivered_at', p.delivered_at) ORDER BY p.position)
                 FROM parcels p WHERE p.order_number = o.number) AS parcels",
                whole!(from $which)
            ),
            concat!(
                "SELECT o.*,
                (SELECT coalesce(json_agg(l ORDER BY l.position), '[]')::text
                 FROM order_lines l WHERE l.order_number = o.number) AS lines,
                (SELECT coalesce(json_agg(json_build_object('status', p.status, 'carrier', p.carrier,
                    'tracking_number', p.tracking_number, 'contents', p.contents::json, 'expected', p.expected,
                    'promised', p.promised, 'delivered_at', p.delivered_at) ORDER BY p.position), '[]')::text
                 FROM parcels p WHERE p.order_number = o.number) AS parcels",
                whole!(from $which)
            ),
        )
    };
}

/// So many orders are read in one go at most, where the caller names no number.
const MOST: u32 = 50;

/// The customer's newest orders.
pub async fn newest(db: &mut Connection, customer: &CustomerId, limit: u32) -> Result<Vec<Order>, ShopError> {
    let query = whole!("true").bind(customer.as_str()).bind(limit);
    query.fetch_all(db).await?.iter().map(rows::order).collect()
}

/// The customer's orders placed in this time, newest first.
pub async fn placed(
    db: &mut Connection,
    customer: &CustomerId,
    from: Timestamp,
    before: Timestamp,
) -> Result<Vec<Order>, ShopError> {
    let query = whole!("o.placed_at >= ?3 AND o.placed_at < ?4").bind(customer.as_str()).bind(MOST);
    let query = query.bind(from.as_millisecond()).bind(before.as_millisecond());
    query.fetch_all(db).await?.iter().map(rows::order).collect()
}

/// The order of this number, if it is this customer's.
pub async fn by_number(
    db: &mut Connection,
    customer: &CustomerId,
    number: &OrderNumber,
) -> Result<Option<Order>, ShopError> {
    Ok(load(db, customer, &[number.as_str().to_owned()]).await?.pop())
}

/// The orders of these numbers that are this customer's, newest first.
pub async fn load(db: &mut Connection, customer: &CustomerId, numbers: &[String]) -> Result<Vec<Order>, ShopError> {
    if numbers.is_empty() {
        return Ok(Vec::new());
    }
    let query = whole!("o.number IN (SELECT value FROM json_each(?3))").bind(customer.as_str());
    let query = query.bind(numbers.len() as i64).bind(rows::to_json(numbers)?);
    query.fetch_all(db).await?.iter().map(rows::order).collect()
}

/// Whether any customer has an order of this number.
pub async fn number_taken(db: &mut Connection, number: &str) -> Result<bool, ShopError> {
    Ok(sql::query_scalar("SELECT EXISTS (SELECT 1 FROM orders WHERE number = ?1)").bind(number).fetch_one(db).await?)
}

/// Which of these numbers were given to orders bought here.
pub async fn bought_here(db: &mut Connection, numbers: &[&OrderNumber]) -> Result<Vec<String>, ShopError> {
    let found = sql::query_scalar(
        "SELECT number FROM orders WHERE quote_id IS NOT NULL AND number IN (SELECT value FROM json_each(?1))",
    );
    Ok(found.bind(rows::to_json(numbers)?).fetch_all(db).await?)
}

/// Adds rows given as a JSON array of objects that are named like the columns.
macro_rules! records {
    ($table:literal, $columns:literal, $values:literal) => {
        sql::either(
            concat!("INSERT INTO ", $table, " (", $columns, ") SELECT ", $values, " FROM json_each(?1)"),
            concat!(
                "INSERT INTO ",
                $table,
                " (",
                $columns,
                ") SELECT ",
                $columns,
                " FROM json_populate_recordset(NULL::",
                $table,
                ", CAST(?1 AS JSON))"
            ),
        )
    };
}

/// Writes whole orders. An order of the same number is replaced when it was imported, never when it was bought here.
pub async fn put(db: &mut Connection, records: &[Record<'_>]) -> Result<(), ShopError> {
    let (mut orders, mut lines, mut parcels) = (Vec::new(), Vec::new(), Vec::new());
    for Record { customer, order, bought } in records {
        orders.push(json!({
            "number": order.number, "customer_id": customer, "placed_at": order.placed_at.as_millisecond(),
            "status": order.status, "total": order.total.minor(), "currency": order.total.currency(),
            "promised": bought.as_ref().map(|b| b.promised), "quote_id": bought.as_ref().map(|b| b.quote_id),
            "request_id": bought.as_ref().map(|b| b.request_id),
        }));
        for (line, position) in order.lines.iter().zip(0i64..) {
            lines.push(json!({
                "order_number": order.number, "position": position, "sku": line.sku, "spoken_name": line.spoken_name,
                "quantity": line.quantity, "unit_price": line.unit_price.minor(),
            }));
        }
        for (parcel, position) in order.parcels.iter().zip(0i64..) {
            parcels.push(json!({
                "order_number": order.number, "position": position, "status": parcel.status, "carrier": parcel.carrier,
                "tracking_number": parcel.tracking_number, "contents": parcel.contents, "expected": parcel.expected,
                "promised": parcel.promised, "delivered_at": parcel.delivered_at.map(Timestamp::as_millisecond),
            }));
        }
    }
    let numbers: Vec<&OrderNumber> = records.iter().map(|r| &r.order.number).collect();
    sql::query("DELETE FROM orders WHERE quote_id IS NULL AND number IN (SELECT value FROM json_each(?1))")
        .bind(rows::to_json(&numbers)?)
        .execute(&mut *db)
        .await?;
    records!(
        "orders",
        "number, customer_id, placed_at, status, total, currency, promised, quote_id, request_id",
        "value->>'number', value->>'customer_id', value->>'placed_at', value->>'status', value->>'total',
         value->>'currency', value->>'promised', value->>'quote_id', value->>'request_id'"
    )
    .bind(rows::to_json(&orders)?)
    .execute(&mut *db)
    .await?;
    records!(
        "order_lines",
        "order_number, position, sku, spoken_name, quantity, unit_price",
        "value->>'order_number', value->>'position', value->>'sku', value->>'spoken_name', value->>'quantity',
         value->>'unit_price'"
    )
    .bind(rows::to_json(&lines)?)
    .execute(&mut *db)
    .await?;
    if parcels.is_empty() {
        return Ok(());
    }
    records!(
        "parcels",
        "order_number, position, status, carrier, tracking_number, contents, expected, promised, delivered_at",
        "value->>'order_number', value->>'position', value->>'status', value->>'carrier', value->>'tracking_number',
         value->'contents', value->>'expected', value->>'promised', value->>'delivered_at'"
    )
    .bind(rows::to_json(&parcels)?)
    .execute(db)
    .await?;
    Ok(())
}
