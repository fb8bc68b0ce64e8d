//! The sample shop: a catalogue, customers and orders that every intent has something true to say about. The files of
//! `sample-shop/` are part of the binary, so that a first start needs nothing beside it.

use super::connectors::sql::products;
use super::import::{self, ImportError, Report};
use super::money::Currency;
use crate::clock::Clock;
use crate::store::{Store, StoreError};

/// The customer whose history shows everything: an order under way, one late, one in two parcels, a usual.
pub const CUSTOMER: &str = "ada";

const PRODUCTS: &[u8] = include_bytes!("../../sample-shop/products.csv");
const CUSTOMERS: &[u8] = include_bytes!("../../sample-shop/customers.jsonl");
const ORDERS: &[u8] = include_bytes!("../../sample-shop/orders.jsonl");

/// The sample shop's pages of questions and answers, by file name.
pub const PAGES: &[(&str, &str)] = &[
    ("account-and-gifts.md", include_str!("../../sample-shop/faq/account-and-gifts.md")),
    ("opening-hours.md", include_str!("../../sample-shop/faq/opening-hours.md")),
    ("payment.md", include_str!("../../sample-shop/faq/payment.md")),
    ("privacy.md", include_str!("../../sample-shop/faq/privacy.md")),
    ("returns.md", include_str!("../../sample-shop/faq/returns.md")),
    ("shipping.md", include_str!("../../sample-shop/faq/shipping.md")),
    ("warranty.md", include_str!("../../sample-shop/faq/warranty.md")),
];

/// What was loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loaded {
    pub products: usize,
    pub customers: usize,
    pub orders: usize,
}

/// Loads the sample into an empty shop, all of it or nothing. A shop that has products is left alone: `None`.
pub async fn load(store: &Store, clock: &dyn Clock) -> Result<Option<Loaded>, ImportError> {
    let mut tx = store.begin().await?;
    // Of two servers that start on one empty database the second waits here, and then finds it full.
    products::hold_catalogue(&mut tx).await?;
    if products::currency(&mut tx).await?.is_some() {
        return Ok(None);
    }
    let file = "sample-shop/products.csv";
    let (entries, report) = import::entries(PRODUCTS, file, Currency::USD)
        .map_err(|reason| ImportError::Format { path: file.into(), reason })?;
    complete(&report)?;
    products::put(&mut tx, &entries).await?;
    products::touch(&mut tx).await?;
    let customers = import::customers_from(CUSTOMERS, "sample-shop/customers.jsonl", &mut tx, clock).await?;
    complete(&customers)?;
    let orders = import::orders_from(ORDERS, "sample-shop/orders.jsonl", &mut tx, clock).await?;
    complete(&orders)?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok(Some(Loaded { products: entries.len(), customers: customers.imported, orders: orders.imported }))
}

fn complete(report: &Report) -> Result<(), ImportError> {
    match report.problems.first() {
        Some(problem) => Err(ImportError::Format { path: problem.file.clone().into(), reason: problem.to_string() }),
        None => Ok(()),
    }
}
