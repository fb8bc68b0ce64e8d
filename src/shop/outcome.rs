//! Everything a shop can answer. Things a shopper can be told (nothing found, out of stock, price changed) are outcomes,
//! not errors.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::act::{Amount, OrderRef, Search, Shelf};
use super::advice::Advice;
use super::link::Linked;
use super::preferences::{Avoided, Preference, Preferences};
use super::service::Served;
use super::slots::{Slot, Told};
use super::suggest::Suggestion;
use super::{Money, Order, Product, Quantity, Sku};

/// What a shop answers. `Vec`s are never empty where a "nothing" variant exists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Outcome {
    /// `total` counts all that match, `products` holds `search.limit` of them from `search.offset`.
    /// `relaxed` tells that nothing fitted all the words and the nearest are shown, `described` that only the description
    /// of the first has any of them: nobody calls it so.
    Found {
        search: Search,
        products: Vec<Product>,
        total: u32,
        relaxed: bool,
        #[serde(default)]
        described: bool,
    },
    NothingFound {
        search: Search,
    },
    /// `delivery` is the day it would arrive if ordered now.
    Described {
        product: Box<Product>,
        delivery: Option<Date>,
    },
    NoSuchProduct {
        words: String,
    },
    Advised(Advice),
    Linked(Linked),
    /// One idea, if there is any; `with` is the name of the one thing it was to go with.
    Suggested {
        with: Option<String>,
        suggestion: Option<Box<Suggestion>>,
    },
    Served(Served),
    Delivery(Told),
    Orders(Vec<Order>),
    /// One order, or several that fit a time or a product; newest first.
    Tracked(Vec<Order>),
    NoOrders,
    /// What was meant, or may have been, is no order yet; `waiting` is newest first and `orders` are meant beside it.
    AwaitingPayment {
        waiting: Vec<Awaiting>,
        orders: Vec<Order>,
    },
    /// `changed` is what was just set, if anything.
    Preferences {
        preferences: Preferences,
        changed: Option<Preference>,
    },
    NoSuchOrder(OrderRef),
    Basket {
        lines: Vec<PricedLine>,
        total: Money,
    },
    Added {
        line: PricedLine,
        basket_total: Money,
        basket_count: u32,
    },
    /// Several things at once; `moved` tells the shelf they came from, `left` what stayed there.
    AddedEach {
        lines: Vec<AddedLine>,
        basket_total: Money,
        moved: Option<Shelf>,
        left: Vec<Missing>,
    },
    /// Not all of it can be had, so nothing was added.
    CannotAddAll {
        can: Vec<AddedLine>,
        cannot: Vec<Missing>,
    },
    /// A line's quantity was changed.
    Changed {
        line: PricedLine,
        basket_total: Money,
    },
    PutOnList {
        items: Vec<ShelfItem>,
        count: u32,
    },
    SavedForLater {
        spoken_name: String,
        basket_count: u32,
    },
    Shelf {
        shelf: Shelf,
        items: Vec<ShelfItem>,
    },
    ShelfEmpty {
        shelf: Shelf,
    },
    /// One thing crossed off; `left` are still there.
    TakenOffShelf {
        shelf: Shelf,
        name: String,
        left: u32,
    },
    ShelfCleared {
        shelf: Shelf,
    },
    NotOnShelf {
        shelf: Shelf,
        words: String,
    },
    Removed {
        spoken_name: String,
        basket_count: u32,
    },
    NotInBasket {
        spoken_name: String,
    },
    /// There was nothing in it.
    BasketEmpty,
    /// There was, and it has been taken out.
    BasketEmptied,
    /// An offer to confirm.
    Quoted(Quote),
    NeverBought {
        words: String,
    },
    NoUsual,
    /// None of it can be had.
    OutOfStock {
        products: Vec<Product>,
    },
    /// Fewer on hand than asked for.
    ShortStock {
        product: Box<Product>,
        asked: Quantity,
    },
    /// Bought. `again` when this quote or request had been bought before and nothing new happened.
    Bought {
        order: Order,
        delivery: Option<Date>,
        again: bool,
    },
    /// The PIN is needed before this can be bought; `tries_left` after a wrong one.
    PinNeeded {
        tries_left: Option<u32>,
    },
    /// Too many wrong PINs: nothing is bought for so many minutes.
    PinLocked {
        minutes: u32,
    },
    /// More than this customer may spend, in one order or in one day.
    OverLimit {
        total: Money,
        limit: Money,
        per: LimitPer,
    },
    CouponHeld {
        code: String,
        percent: u32,
    },
    CouponRefused {
        code: String,
        why: CouponRefusal,
    },
    AddressChosen {
        label: String,
        line: String,
    },
    AddressesForgotten {
        count: u32,
    },
    /// `known` are the labels that there are.
    NoSuchAddress {
        words: String,
        known: Vec<String>,
    },
    /// Every time of delivery that can be booked is taken; nothing can be ordered.
    NoDeliveryTime,
    /// The goods are reserved until then, and a link to pay was sent; `email` is the part of the address that may be said.
    LinkSent {
        total: Money,
        email: String,
        until: Timestamp,
        /// It had been sent before.
        again: bool,
    },
    /// The same link, for what is reserved until then.
    LinkSentAgain {
        total: Money,
        email: String,
        until: Timestamp,
    },
    /// No link was sent and nothing reserved.
    NoLink(NoLink),
    /// The links end; `any` tells whether there were any.
    LinkDropped {
        any: bool,
    },
    /// The payment was refused; nothing was bought.
    PaymentDeclined {
        total: Money,
    },
    /// Whether the money was taken is not known yet. The purchase will be finished or undone without being asked.
    PaymentPending {
        total: Money,
    },
    /// The order is undone; `refund` goes back to the shopper where money had been taken.
    OrderCancelled {
        order: Order,
        refund: Option<Money>,
    },
    /// It is packed, on its way, or was cancelled before.
    TooLateToCancel {
        order: Order,
    },
    /// The offer no longer stands (price or stock moved, or it lapsed): a new one to confirm, if any.
    QuoteChanged {
        quote: Option<Quote>,
    },
}

/// One thing on a shelf.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShelfItem {
    /// The shopper's words, or the product's spoken name where it is known.
    pub name: String,
    pub amount: Amount,
    pub sku: Option<Sku>,
}

/// A line that was or could be added, and how many single pieces that makes where pieces were asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AddedLine {
    pub line: PricedLine,
    pub pieces: Option<u32>,
}

/// A wanted thing that cannot be had, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Missing {
    pub name: String,
    pub why: Why,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    NotFound,
    OutOfStock,
    /// There are only so many.
    Short(u32),
    /// More than can be bought in one line.
    TooMany,
}

/// What an order costs beside its goods, and where it goes. All of it is in the total.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Extras {
    pub delivery: Option<Money>,
    pub tax: Option<Money>,
    pub discount: Option<Discount>,
    /// As it is read out.
    pub address: Option<String>,
    /// When it comes, in a shop that offers times.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slot: Option<Slot>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Discount {
    pub coupon: String,
    pub amount: Money,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CouponRefusal {
    Unknown,
    Expired,
    /// This customer has used it.
    Used,
}

/// Why no link to pay was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoLink {
    /// This shop sends none.
    NotOffered,
    NoEmail,
    /// There is no method on file either, so it cannot be paid at all.
    NoMethod,
    /// It was to be sent again, and counts no longer.
    Ended,
}

/// A purchase that was said yes to and is no order yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Awaiting {
    pub quote_id: String,
    /// Spoken names of its lines.
    pub names: Vec<String>,
    pub total: Money,
    pub begun: Timestamp,
    /// It is paid for by this link; none where the payment was begun and nobody knows yet what became of it.
    pub link: Option<AwaitedLink>,
}

/// A link that still counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AwaitedLink {
    pub until: Timestamp,
    /// The part of the address that may be said.
    pub email: String,
}

/// What a spending limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitPer {
    Order,
    /// The last 24 hours.
    Day,
}

/// A line with today's price.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PricedLine {
    pub product: Product,
    pub quantity: Quantity,
    pub line_total: Money,
}

/// An offer: what would be bought for how much. Stands for 15 minutes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quote {
    pub id: String,
    pub lines: Vec<PricedLine>,
    pub total: Money,
    pub delivery: Option<Date>,
    /// Names of lines wanted but not to be had now.
    pub unavailable: Vec<String>,
    /// (spoken name, price then, price now) where a thing bought before costs something else today.
    pub price_changes: Vec<(String, Money, Money)>,
    #[serde(default)]
    pub extras: Extras,
    /// Names of what was bought within the last hours already.
    #[serde(default)]
    pub repeats: Vec<String>,
    /// Names of lines whose own text names what the customer must not eat, and what of it.
    #[serde(default)]
    pub cautions: Vec<(String, Vec<Avoided>)>,
    /// Names of lines of another size than the customer wears, and that size.
    #[serde(default)]
    pub misfits: Vec<(String, String)>,
    /// The offer before it was to go to an address that is the customer's no longer, such as one that was only lent.
    #[serde(default)]
    pub address_gone: bool,
    /// Where it came from.
    pub origin: QuoteOrigin,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuoteOrigin {
    Pick,
    Basket,
    Reorder,
    Usual,
}
