//! A Vendure shop behind our counter: what it sells, to whom and what became of it comes in by [`mirror`], and what is
//! bought by voice goes out by [`counter`]. Vendure stays the owner of all of it; conversations, baskets and offers are
//! ours, so they are as quick as with a shop of our own, and search is our index.
//!
//! Vendure 3, Admin API. Its configuration needs two fields for orders (docs/vendure.md).

mod address;
mod admin;
pub mod counter;
pub mod mirror;
mod shapes;

use std::time::Duration;

use secrecy::SecretString;

pub use admin::Admin;
pub use counter::Counter;
pub use mirror::Mirror;

use crate::shop::CustomerId;

/// Where a Vendure shop is and as whom it is asked.
#[derive(Clone)]
pub struct Access {
    /// The Admin API: `https://shop.example/admin-api`.
    pub url: String,
    pub user: String,
    pub password: SecretString,
    /// How long one question may take.
    pub patience: Duration,
}

#[derive(Debug, thiserror::Error)]
pub enum VendureError {
    #[error("Vendure did not answer: {0}")]
    Unanswered(String),
    #[error("Vendure refused: {0}")]
    Refused(String),
    #[error("Vendure answered what cannot be read: {0}; check that vendure.url is the Admin API of a Vendure 3")]
    Unreadable(String),
    #[error(transparent)]
    Shop(#[from] crate::shop::ShopError),
}

impl From<crate::store::StoreError> for VendureError {
    fn from(error: crate::store::StoreError) -> Self {
        Self::Shop(error.into())
    }
}

/// Our customers that are Vendure's.
const CUSTOMERS: &str = "vendure-";

/// Our id of Vendure's customer.
fn customer_id(id: &str) -> String {
    format!("{CUSTOMERS}{id}")
}

/// Vendure's id of our customer; none for somebody whom only we know.
fn vendure_id(customer: &CustomerId) -> Option<&str> {
    customer.as_str().strip_prefix(CUSTOMERS)
}
