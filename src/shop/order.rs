//! What was bought, and where it is.

use std::fmt;

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use super::slots::Slot;
use super::{Money, Quantity, Sku};

/// The number a shopper reads out: digits only, four to ten of them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OrderNumber(String);

impl OrderNumber {
    pub fn new(text: &str) -> Result<Self, OrderNumberError> {
        let digits: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '#')).collect();
        if (4..=10).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(digits))
        } else {
            Err(OrderNumberError(text.to_owned()))
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OrderNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for OrderNumber {
    type Error = OrderNumberError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(&text)
    }
}

impl From<OrderNumber> for String {
    fn from(n: OrderNumber) -> Self {
        n.0
    }
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0:?} is not an order number of four to ten digits")]
pub struct OrderNumberError(pub String);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Order {
    pub number: OrderNumber,
    pub placed_at: Timestamp,
    pub status: OrderStatus,
    pub lines: Vec<OrderLine>,
    pub total: Money,
    pub parcels: Vec<Parcel>,
    /// Where it goes, as it was read out; unknown of orders from elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The time it was promised for, in a shop that offers times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot: Option<Slot>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderLine {
    pub sku: Sku,
    pub spoken_name: String,
    pub quantity: Quantity,
    /// Price of one when it was bought.
    pub unit_price: Money,
}

/// The order as a whole; the parcels say the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    Placed,
    Packed,
    Shipped,
    OutForDelivery,
    Delivered,
    Delayed,
    Returned,
    Cancelled,
}

/// One box on its way. An order not yet packed has none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Parcel {
    pub status: ParcelStatus,
    pub carrier: String,
    pub tracking_number: String,
    /// The lines inside, as (SKU, spoken name, quantity).
    pub contents: Vec<(Sku, String, Quantity)>,
    /// The day it is expected now.
    pub expected: Option<Date>,
    /// The day first promised; later than `expected` never, earlier when delayed.
    pub promised: Option<Date>,
    pub delivered_at: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParcelStatus {
    Packed,
    Shipped,
    OutForDelivery,
    Delivered,
    Delayed,
    Returned,
}
