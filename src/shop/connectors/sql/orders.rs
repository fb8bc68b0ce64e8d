//! The orders, their lines and parcels: read whole, written whole. Whose order it is, is part of every question.

use jiff::Timestamp;
use sqlx::{Row, SqliteConnection};

use super::rows;
use crate::shop::{CustomerId, Order, OrderNumber, ShopError};

/// Where an order bought here came from; each can buy only once.
pub struct Bought<'a> {
    pub quote_id: &'a str,
    pub request_id: &'a str,
    pub promised: jiff::civil::Date,
}

/// The customer's newest orders.
pub async fn newest(db: &mut SqliteConnection, customer: &CustomerId, limit: u32) -> Result<Vec<Order>, ShopError> {
    let numbers: Vec<String> = sqlx::query_scalar(
        "SELECT number FROM orders WHERE customer_id = ?1 ORDER BY placed_at DESC, number DESC LIMIT ?2",
    )
    .bind(customer.as_str())
    .bind(limit)
    .fetch_all(&mut *db)
    .await?;
    load(db, customer, &numbers).await
}

/// The customer's orders placed in this time, newest first.
pub async fn placed(
    db: &mut SqliteConnection,
    customer: &CustomerId,
    from: Timestamp,
    before: Timestamp,
) -> Result<Vec<Order>, ShopError> {
    let numbers: Vec<String> = sqlx::query_scalar(
        "SELECT number FROM orders WHERE customer_id = ?1 AND placed_at >= ?2 AND placed_at < ?3
         ORDER BY placed_at DESC, number DESC LIMIT 50",
    )
    .bind(customer.as_str())
    .bind(from.as_millisecond())
    .bind(before.as_millisecond())
    .fetch_all(&mut *db)
    .await?;
    load(db, customer, &numbers).await
}

/// The order of this number, if it is this customer's.
pub async fn by_number(
    db: &mut SqliteConnection,
    customer: &CustomerId,
    number: &OrderNumber,
) -> Result<Option<Order>, ShopError> {
    Ok(load(db, customer, &[number.as_str().to_owned()]).await?.pop())
}

/// The orders of these numbers that are this customer's, newest first, with all that belongs to them.
pub async fn load(
    db: &mut SqliteConnection,
    customer: &CustomerId,
    numbers: &[String],
) -> Result<Vec<Order>, ShopError> {
    if numbers.is_empty() {
        return Ok(Vec::new());
    }
    let wanted = rows::to_json(numbers)?;
    let found = sqlx::query(
        "SELECT o.* FROM json_each(?1) j JOIN orders o ON o.number = j.value WHERE o.customer_id = ?2
         ORDER BY o.placed_at DESC, o.number DESC",
    )
    .bind(&wanted)
    .bind(customer.as_str())
    .fetch_all(&mut *db)
    .await?;
    let mut orders: Vec<Order> = found.iter().map(rows::order).collect::<Result<_, _>>()?;
    let lines = sqlx::query(
        "SELECT l.*, o.currency FROM json_each(?1) j JOIN order_lines l ON l.order_number = j.value
         JOIN orders o ON o.number = l.order_number ORDER BY l.order_number, l.position",
    )
    .bind(&wanted)
    .fetch_all(&mut *db)
    .await?;
    for row in &lines {
        if let Some(order) = owner(&mut orders, row)? {
            order.lines.push(rows::order_line(row)?);
        }
    }
    let parcels = sqlx::query(
        "SELECT p.* FROM json_each(?1) j JOIN parcels p ON p.order_number = j.value
         ORDER BY p.order_number, p.position",
    )
    .bind(&wanted)
    .fetch_all(&mut *db)
    .await?;
    for row in &parcels {
        if let Some(order) = owner(&mut orders, row)? {
            order.parcels.push(rows::parcel(row)?);
        }
    }
    Ok(orders)
}

fn owner<'a>(orders: &'a mut [Order], row: &sqlx::sqlite::SqliteRow) -> Result<Option<&'a mut Order>, ShopError> {
    let number: &str = row.try_get("order_number")?;
    Ok(orders.iter_mut().find(|o| o.number.as_str() == number))
}

/// Whether any customer has an order of this number.
pub async fn number_taken(db: &mut SqliteConnection, number: &str) -> Result<bool, ShopError> {
    Ok(sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM orders WHERE number = ?1)").bind(number).fetch_one(db).await?)
}

/// Whether this number was given to an order bought here.
pub async fn bought_here(db: &mut SqliteConnection, number: &OrderNumber) -> Result<bool, ShopError> {
    Ok(sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM orders WHERE number = ?1 AND quote_id IS NOT NULL)")
        .bind(number.as_str())
        .fetch_one(db)
        .await?)
}

/// Writes a whole order. An order of the same number is replaced when it was imported, never when it was bought here.
pub async fn put(
    db: &mut SqliteConnection,
    customer: &CustomerId,
    order: &Order,
    bought: Option<Bought<'_>>,
) -> Result<(), ShopError> {
    let number = order.number.as_str();
    if bought.is_none() {
        sqlx::query("DELETE FROM orders WHERE number = ?1 AND quote_id IS NULL").bind(number).execute(&mut *db).await?;
    }
    let (quote, request, promised) = match &bought {
        Some(b) => (Some(b.quote_id), Some(b.request_id), Some(b.promised.to_string())),
        None => (None, None, None),
    };
    sqlx::query(
        "INSERT INTO orders (number, customer_id, placed_at, status, total, currency, promised, quote_id, request_id)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )
    .bind(number)
    .bind(customer.as_str())
    .bind(order.placed_at.as_millisecond())
    .bind(rows::name_of(&order.status)?)
    .bind(order.total.minor())
    .bind(order.total.currency().code())
    .bind(promised)
    .bind(quote)
    .bind(request)
    .execute(&mut *db)
    .await?;
    for (line, position) in order.lines.iter().zip(0i64..) {
        sqlx::query(
            "INSERT INTO order_lines (order_number, position, sku, spoken_name, quantity, unit_price)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )
        .bind(number)
        .bind(position)
        .bind(line.sku.as_str())
        .bind(&line.spoken_name)
        .bind(line.quantity.get())
        .bind(line.unit_price.minor())
        .execute(&mut *db)
        .await?;
    }
    for (parcel, position) in order.parcels.iter().zip(0i64..) {
        sqlx::query(
            "INSERT INTO parcels (order_number, position, status, carrier, tracking_number, contents, expected,
                                  promised, delivered_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )
        .bind(number)
        .bind(position)
        .bind(rows::name_of(&parcel.status)?)
        .bind(&parcel.carrier)
        .bind(&parcel.tracking_number)
        .bind(rows::to_json(&parcel.contents)?)
        .bind(parcel.expected.map(|d| d.to_string()))
        .bind(parcel.promised.map(|d| d.to_string()))
        .bind(parcel.delivered_at.map(Timestamp::as_millisecond))
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}
