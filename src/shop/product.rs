//! What the shop sells.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Money;

/// A product's stock-keeping unit: 1 to 64 letters, digits, `-`, `_` or `.`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sku(String);

impl Sku {
    pub fn new(text: &str) -> Result<Self, ProductError> {
        let ok = (1..=64).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
        if ok { Ok(Self(text.to_owned())) } else { Err(ProductError::Sku(text.to_owned())) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Sku {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Sku {
    type Error = ProductError;

    fn try_from(text: String) -> Result<Self, ProductError> {
        Self::new(&text)
    }
}

impl From<Sku> for String {
    fn from(sku: Sku) -> Self {
        sku.0
    }
}

/// How many of one thing: 1..=99. More than that is a mishearing or a job for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Quantity(u32);

impl Quantity {
    pub const ONE: Self = Self(1);
    pub const MAX: u32 = 99;

    pub fn new(n: u32) -> Result<Self, ProductError> {
        if (1..=Self::MAX).contains(&n) { Ok(Self(n)) } else { Err(ProductError::Quantity(n)) }
    }

    pub const fn get(self) -> u32 {
        self.0
    }
}

impl TryFrom<u32> for Quantity {
    type Error = ProductError;

    fn try_from(n: u32) -> Result<Self, ProductError> {
        Self::new(n)
    }
}

impl From<Quantity> for u32 {
    fn from(q: Quantity) -> Self {
        q.0
    }
}

/// One thing for sale, as the dialogue and the reply see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Product {
    pub sku: Sku,
    /// Catalogue title, as printed; may be 20 words.
    pub title: String,
    /// What a clerk would call it aloud: at most about eight words.
    pub spoken_name: String,
    pub description: String,
    pub brand: Option<String>,
    /// Department first: `["Grocery", "Breakfast", "Cereal"]`.
    pub category: Vec<String>,
    pub price: Money,
    /// Pieces on hand.
    pub stock: u32,
    /// Mean rating in tenths of a star (0..=50) and how many rated.
    pub rating: Option<(u8, u32)>,
    /// `colour`, `size`, `diet` ... in catalogue order.
    pub attributes: Vec<(String, String)>,
    pub image: Option<String>,
}

impl Product {
    /// Single pieces in one of what is sold: 12 for a dozen eggs. `None` where the catalogue does not say.
    pub fn pack(&self) -> Option<u32> {
        let named = |name: &str| matches!(name.to_lowercase().as_str(), "pack" | "count" | "pack size" | "pieces");
        let value = self.attributes.iter().find(|(name, _)| named(name)).map(|(_, value)| value)?;
        let digits: String = value.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok().filter(|n| *n > 0)
    }
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ProductError {
    #[error("{0:?} is not a SKU: 1 to 64 letters, digits, '-', '_' or '.'")]
    Sku(String),
    #[error("{0} is not a quantity between 1 and 99")]
    Quantity(u32),
}
