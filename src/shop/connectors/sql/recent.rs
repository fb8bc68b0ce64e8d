//! What was read a moment ago. A busy shop asks its database once for what many turns want to know. Refuses to be the
//! truth: nothing is promised or bought on what it says, and what this process changes is forgotten at once; what
//! another process changes is seen after [`FRESH`].

use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;

use crate::shop::preferences::Preferences;
use crate::shop::{CustomerId, Outcome, Product, Sku};

const FRESH: Duration = Duration::from_secs(2);
pub const CUSTOMERS: u64 = 10_000;
const PRODUCTS: u64 = 20_000;

/// The version of the catalogue, what a customer bought before, latest first, and what they told about themselves.
pub type Own = (i64, Arc<[Sku]>, Arc<Preferences>);

/// Cheap to clone; all clones remember the same.
#[derive(Clone)]
pub struct Recent {
    pub own: Cache<CustomerId, Own>,
    /// How many orders were asked for, and what they were.
    pub orders: Cache<CustomerId, (u32, Outcome)>,
    pub products: Cache<Sku, Product>,
}

impl Recent {
    pub fn new() -> Self {
        Self { own: kept(CUSTOMERS), orders: kept(CUSTOMERS), products: kept(PRODUCTS) }
    }

    /// To be called after every change the customer makes.
    pub fn changed_by(&self, customer: &CustomerId) {
        self.own.invalidate(customer);
        self.orders.invalidate(customer);
    }

    /// To be called when stock has moved.
    pub fn stock_moved(&self) {
        self.products.invalidate_all();
    }
}

/// A cache that lets go after [`FRESH`].
pub fn kept<K, V>(most: u64) -> Cache<K, V>
where
    K: std::hash::Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    Cache::builder().max_capacity(most).time_to_live(FRESH).build()
}
