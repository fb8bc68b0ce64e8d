//! After the sale: what goes back, what is paid back, what a person of the shop's is to look into. Requests and their
//! answers; how they are kept is the connectors' business.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Money, OrderNumber, OrderRef, Product, Quantity, Sku};

/// What a shopper wants done after the sale.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Request {
    /// What of these orders could go back now; changes nothing. Without an order, of all of them.
    Returnable { order: Option<OrderRef> },
    /// Opens a return, once: no piece goes back twice.
    Return(ReturnPlan),
    /// The shopper is to be told when it is in stock again.
    TellWhenBack { sku: Sku },
    /// What was waited for and is there now.
    News,
    /// What is being paid back.
    Refunds,
    /// Has the invoice of an order sent to the customer's e-mail address.
    Invoice { order: OrderRef },
    /// Takes a complaint down, word for word.
    Complain { words: String, order: Option<OrderNumber> },
    /// Everything that is kept about the shopper is to be sent to them.
    MyData,
    /// The shopper is to be forgotten. Whoever is in the room can say so: a person of the merchant's does it.
    ForgetMe,
    /// Has a person take over, with all that was said.
    HandOver { conversation: Vec<Exchange> },
}

/// What can be said to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Served {
    /// At least one, newest delivery first.
    Returnable(Vec<Returnable>),
    NotReturnable(NotReturnable),
    Returned {
        plan: ReturnPlan,
        refund: Money,
        /// The day by which the money is back.
        by: Date,
        /// The day the driver comes, where one does.
        pickup: Option<Date>,
        /// Part of the address that the label goes to; none where the shop has no address.
        email: Option<String>,
    },
    /// Newest first; may be empty.
    Refunds(Vec<Refund>),
    InvoiceSent {
        order: OrderNumber,
        email: String,
    },
    /// The promise is written down.
    WillTell(Box<Product>),
    /// There is nothing to wait for.
    InStock(Box<Product>),
    /// In stock again; may be empty.
    News(Vec<Product>),
    /// There is no e-mail address to send it to.
    NoEmail,
    /// It is sent to the part of the address after the @.
    DataRequested {
        email: String,
    },
    ErasureRequested {
        case: String,
        /// It was asked for already.
        again: bool,
    },
    Complained {
        case: String,
    },
    HandedOver {
        case: String,
        /// Somebody had been asked for already.
        again: bool,
        /// Somebody answers by the end of this day.
        by: Date,
    },
}

/// A delivered line that may still go back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Returnable {
    pub order: OrderNumber,
    pub sku: Sku,
    pub spoken_name: String,
    /// Pieces that have not gone back yet.
    pub left: Quantity,
    /// What is paid back for one: its price less its share of a coupon, with its tax.
    pub refund: Money,
    /// The last day.
    pub until: Date,
}

/// What is to go back, and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReturnPlan {
    pub item: Returnable,
    pub quantity: Quantity,
    /// In the shopper's words.
    pub reason: String,
    /// A driver fetches it; else a label is sent.
    pub pickup: bool,
}

impl ReturnPlan {
    /// All that is paid back for it.
    pub fn refund(&self) -> Money {
        self.item.refund.times(self.quantity.get()).unwrap_or(self.item.refund)
    }
}

/// Why nothing of what was meant can go back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotReturnable {
    /// Nothing was ordered, or not that.
    NoOrder,
    /// It has not arrived: it can be cancelled, or refused at the door.
    NotDelivered,
    /// The time for it is over.
    TooLate,
    /// It has gone back already.
    Returned,
}

/// Money on its way back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Refund {
    pub order: OrderNumber,
    pub spoken_name: String,
    pub amount: Money,
    pub state: RefundState,
    /// The day by which it is there, while it is under way.
    pub by: Option<Date>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundState {
    /// The shop waits for the parcel.
    Awaited,
    /// The parcel is there and is looked at.
    Received,
    /// The money is on its way.
    UnderWay,
    /// The merchant does not pay it back; whoever asks learns why from a person.
    Refused,
    Paid,
}

/// One turn as the person who takes over reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    pub shopper: String,
    pub shop: String,
}
