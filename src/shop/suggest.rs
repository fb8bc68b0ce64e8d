//! Ideas for what else to buy: asked for or unasked, and what is offered with its reason. Refuses to know how it is
//! found out.

use serde::{Deserialize, Serialize};

use super::{Product, Quantity, Sku};

/// A wish for an idea.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Suggest {
    pub with: With,
    /// What the shopper did not want in this conversation; things of its kind are not offered either.
    pub refused: Vec<Sku>,
    /// Nobody asked: only what is likely to be right is offered.
    pub unasked: bool,
}

/// What it is to go with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum With {
    /// The basket, and the shopper's own habits.
    Basket,
    Product(Sku),
    Words(String),
}

/// One thing, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Suggestion {
    pub product: Product,
    /// As many as this shopper usually takes.
    pub quantity: Quantity,
    pub because: Because,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Because {
    /// This shopper buys it about every so many days, and it is time for more.
    Habit { days: u32 },
    /// This shopper has bought it before, and often.
    Own,
    /// Others who buy this take it as well.
    Companion { spoken_name: String },
    /// Most shoppers buy it.
    Popular,
}
