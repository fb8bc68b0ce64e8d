//! What a clerk is asked before anything is bought: the shop's ways, a product's properties, two products beside each
//! other. Everything answered comes from the merchant's own pages and catalogue, word for word or number for number.

use serde::{Deserialize, Serialize};

use super::compare::Comparison;
use super::facts::{Fact, Question};
use super::faq::{Answer, Ask};
use super::{Product, Sku};

/// A question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Advise {
    /// About the shop's ways.
    Policy { question: String, ask: Ask },
    /// About one product.
    Product { sku: Sku, question: Question },
    /// The best thing in place of one that is sold out.
    Substitute { sku: Sku },
    /// Two products beside each other, or for one purpose.
    Compare { left: Pick, right: Pick, need: Option<String> },
}

/// A product by its SKU, or by words for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Pick {
    Sku(Sku),
    Words(String),
}

/// What can be said to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Advice {
    Policy(Answer),
    /// No page is about it.
    NoPolicy {
        ask: Ask,
    },
    Fact {
        product: Box<Product>,
        question: Question,
        fact: Fact,
    },
    Compared(Box<Comparison>),
    /// Beside what is missing, where there is anything for the same need.
    Substitute {
        missing: Box<Product>,
        instead: Option<Box<Comparison>>,
    },
    /// Fewer than two different products were named.
    NothingToCompare,
}
