//! Rows of the shop's tables as the shop's own types. A row that cannot be one is damage, and says which.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::shop::money::Currency;
use crate::shop::{
    Extras, Money, Order, OrderLine, OrderNumber, Parcel, ParcelStatus, Product, Quantity, ShopError, Sku,
};
use crate::store::sql;

/// A row of `products`.
pub fn product(row: &sql::Row) -> Result<Product, ShopError> {
    let sku: String = row.try_get("sku")?;
    let rating: Option<u8> = row.try_get("rating")?;
    let count: u32 = row.try_get("rating_count")?;
    Ok(Product {
        title: row.try_get("title")?,
        spoken_name: row.try_get("spoken_name")?,
        description: row.try_get("description")?,
        brand: row.try_get("brand")?,
        category: json(&sku, row.try_get("category")?)?,
        price: money(row, "price")?,
        stock: row.try_get("stock")?,
        rating: rating.map(|r| (r, count)),
        attributes: json(&sku, row.try_get("attributes")?)?,
        image: row.try_get("image")?,
        sku: Sku::new(&sku).map_err(|e| damaged(&sku, e))?,
    })
}

/// A row of `orders` with its `lines` and `parcels` as JSON.
pub fn order(row: &sql::Row) -> Result<Order, ShopError> {
    let number: String = row.try_get("number")?;
    let lines: Vec<Line> = json(&number, row.try_get("lines")?)?;
    let parcels: Vec<Sent> = json(&number, row.try_get("parcels")?)?;
    let total = money(row, "total")?;
    let extras: Extras = json(&number, row.try_get("extras")?)?;
    Ok(Order {
        placed_at: timestamp(&number, row.try_get("placed_at")?)?,
        status: named(&number, row.try_get("status")?)?,
        lines: lines.into_iter().map(|line| line.order_line(total.currency())).collect::<Result<_, _>>()?,
        total,
        parcels: parcels.into_iter().map(|sent| sent.parcel(&number)).collect::<Result<_, _>>()?,
        number: OrderNumber::new(&number).map_err(|e| damaged(&number, e))?,
        address: extras.address,
        slot: extras.slot,
    })
}

/// A row of `order_lines`.
#[derive(Deserialize)]
struct Line {
    sku: String,
    spoken_name: String,
    quantity: u32,
    unit_price: i64,
}

impl Line {
    fn order_line(self, currency: Currency) -> Result<OrderLine, ShopError> {
        Ok(OrderLine {
            quantity: quantity(&self.sku, self.quantity)?,
            unit_price: Money::new(self.unit_price, currency),
            sku: Sku::new(&self.sku).map_err(|e| damaged(&self.sku, e))?,
            spoken_name: self.spoken_name,
        })
    }
}

/// A row of `parcels`.
#[derive(Deserialize)]
struct Sent {
    status: ParcelStatus,
    carrier: String,
    tracking_number: String,
    contents: Vec<(Sku, String, Quantity)>,
    expected: Option<Date>,
    promised: Option<Date>,
    delivered_at: Option<i64>,
}

impl Sent {
    fn parcel(self, number: &str) -> Result<Parcel, ShopError> {
        Ok(Parcel {
            status: self.status,
            carrier: self.carrier,
            tracking_number: self.tracking_number,
            contents: self.contents,
            expected: self.expected,
            promised: self.promised,
            delivered_at: self.delivered_at.map(|ms| timestamp(number, ms)).transpose()?,
        })
    }
}

/// The amount in `column`, in the row's currency.
pub fn money(row: &sql::Row, column: &str) -> Result<Money, ShopError> {
    let code: String = row.try_get("currency")?;
    let currency = Currency::new(&code).map_err(|e| damaged(column, e))?;
    Ok(Money::new(row.try_get(column)?, currency))
}

pub fn quantity(of: &str, n: u32) -> Result<Quantity, ShopError> {
    Quantity::new(n).map_err(|e| damaged(of, e))
}

pub fn timestamp(of: &str, ms: i64) -> Result<Timestamp, ShopError> {
    Timestamp::from_millisecond(ms).map_err(|e| damaged(of, e))
}

pub fn date(of: &str, text: Option<String>) -> Result<Option<Date>, ShopError> {
    text.map(|t| t.parse().map_err(|e| damaged(of, e))).transpose()
}

pub fn json<T: DeserializeOwned>(of: &str, text: String) -> Result<T, ShopError> {
    serde_json::from_str(&text).map_err(|e| damaged(of, e))
}

/// A unit variant stored under its serde name.
pub fn named<T: DeserializeOwned>(of: &str, name: String) -> Result<T, ShopError> {
    serde_json::from_value(serde_json::Value::String(name)).map_err(|e| damaged(of, e))
}

/// The serde name of a unit variant; the other way round of [`named`].
pub fn name_of<T: Serialize>(value: &T) -> Result<String, ShopError> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => Ok(name),
        other => Err(ShopError::Damaged(format!("not a name: {other:?}"))),
    }
}

pub fn to_json<T: Serialize + ?Sized>(value: &T) -> Result<String, ShopError> {
    serde_json::to_string(value).map_err(|e| ShopError::Damaged(e.to_string()))
}

pub fn damaged(of: &str, problem: impl std::fmt::Display) -> ShopError {
    ShopError::Damaged(format!("{of}: {problem}"))
}
