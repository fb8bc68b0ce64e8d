//! The shop kept in our own database: an [`Act`] in, an [`Outcome`] out, by way of SQL. Refuses to know speech and
//! sessions, and how words find products (that is the index's).
//!
//! Every act that changes something runs in one transaction together with the record of its outcome, so that the same
//! request sent again is answered from the record and changes nothing.

mod basket;
mod buying;
pub mod customers;
mod finding;
pub mod orders;
pub mod products;
mod quotes;
mod reordering;
mod rows;
mod shelves;
mod tracking;
mod wants;

use std::sync::Arc;

use futures::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use sqlx::Sqlite;
use sqlx::pool::PoolConnection;

use crate::clock::{Clock, Ids};
use crate::shop::{Act, Catalogue, CustomerId, Outcome, RequestId, Shop, ShopError, delivery};
use crate::store::{Store, StoreError, Transaction, idempotency};

/// How long a recorded answer is kept. An order keeps its own request and quote for good.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The shop in our own database. Cheap to clone.
#[derive(Clone)]
pub struct SqlShop {
    store: Store,
    catalogue: Catalogue,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
}

/// Who asks, under which request, and when: the same for all steps of one act.
struct Asked<'a> {
    customer: &'a CustomerId,
    request: &'a RequestId,
    now: Timestamp,
    /// The day an order placed now would arrive.
    delivery: jiff::civil::Date,
}

impl SqlShop {
    pub fn new(catalogue: Catalogue, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        Self { store: catalogue.store().clone(), catalogue, clock, ids }
    }

    /// Drops what can no longer be asked for: answers to requests of long ago, and offers that lapsed unused.
    pub async fn tidy(&self) -> Result<(), ShopError> {
        let limit = self.clock.now() - REMEMBERED;
        let mut tx = self.store.begin().await?;
        idempotency::forget_before(&mut tx, limit).await?;
        quotes::forget_lapsed(&mut tx, limit).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn read(&self) -> Result<PoolConnection<Sqlite>, ShopError> {
        Ok(self.store.reader().acquire().await?)
    }

    async fn look(&self, act: Act, asked: &Asked<'_>) -> Result<Outcome, ShopError> {
        let mut db = self.read().await?;
        match act {
            Act::Search(search) => finding::search(&mut db, &self.catalogue, search, asked).await,
            Act::Describe { sku } => finding::describe(&mut db, &sku, asked).await,
            Act::Track(what) => tracking::track(&mut db, &self.catalogue, what, asked, self.clock.zone()).await,
            Act::ListOrders { limit } => tracking::list(&mut db, limit, asked).await,
            Act::ShowBasket => basket::show(&mut db, asked).await,
            Act::ShowShelf { shelf } => shelves::show(&mut db, shelf, asked).await,
            act => Err(ShopError::Damaged(format!("{act:?} was asked of the reading side"))),
        }
    }

    async fn change(&self, act: Act, asked: &Asked<'_>) -> Result<Outcome, ShopError> {
        let scope = format!("shop:{}", asked.customer.as_str());
        let key = format!("{}:{}", asked.request.as_str(), fingerprint(&act)?);
        let key = idempotency::Key { scope: &scope, key: &key };
        let mut tx = self.store.begin().await?;
        if let Act::Buy { quote_id } = &act
            && let Some(bought) = buying::already(&mut tx, quote_id, asked).await?
        {
            return Ok(bought);
        }
        if let Some(outcome) = idempotency::find(&mut tx, key).await? {
            return Ok(outcome);
        }
        customers::ensure(&mut tx, asked).await?;
        let outcome = self.apply(act, &mut tx, asked).await?;
        idempotency::record(&mut tx, key, &outcome, asked.now).await?;
        tx.commit().await?;
        Ok(outcome)
    }

    async fn apply(&self, act: Act, tx: &mut Transaction, asked: &Asked<'_>) -> Result<Outcome, ShopError> {
        let ids = self.ids.as_ref();
        match act {
            Act::AddToBasket { sku, quantity } => basket::add(tx, &sku, quantity, asked).await,
            Act::AddEach { wants } => wants::add_each(tx, &self.catalogue, wants, asked).await,
            Act::AddLines { lines } => wants::add_lines(tx, lines, asked).await,
            Act::SetQuantity { what, quantity } => basket::change(tx, &what, quantity, asked).await,
            Act::PutOnList { wants } => shelves::write(tx, &self.catalogue, wants, asked).await,
            Act::SaveForLater { what } => shelves::save(tx, &what, asked).await,
            Act::TakeOffShelf { shelf, what } => shelves::take_off(tx, shelf, what, asked).await,
            Act::ShelfToBasket { shelf, what } => shelves::to_basket(tx, &self.catalogue, shelf, what, asked).await,
            Act::RemoveFromBasket { what } => basket::remove(tx, &what, asked).await,
            Act::EmptyBasket => basket::empty(tx, asked).await,
            Act::Quote { lines } => quotes::of_lines(tx, lines, ids, asked).await,
            Act::QuoteEach { wants } => wants::quote_each(tx, &self.catalogue, wants, ids, asked).await,
            Act::QuoteBasket => quotes::of_basket(tx, ids, asked).await,
            Act::QuoteReorder { what, quantity } => {
                reordering::quote(tx, &self.catalogue, what, quantity, ids, asked).await
            }
            Act::Buy { quote_id } => buying::buy(tx, &quote_id, ids, asked).await,
            act => Err(ShopError::Damaged(format!("{act:?} was asked of the writing side"))),
        }
    }
}

impl Shop for SqlShop {
    fn perform<'a>(
        &'a self,
        act: Act,
        customer: &'a CustomerId,
        request: &'a RequestId,
    ) -> BoxFuture<'a, Result<Outcome, ShopError>> {
        Box::pin(async move {
            let here = self.clock.here();
            let asked = Asked { customer, request, now: here.timestamp(), delivery: delivery::estimate(&here) };
            match act {
                Act::Search(_)
                | Act::Describe { .. }
                | Act::Track(_)
                | Act::ListOrders { .. }
                | Act::ShowBasket
                | Act::ShowShelf { .. } => self.look(act, &asked).await,
                _ => self.change(act, &asked).await,
            }
        })
    }
}

/// Tells two acts of one request apart: a turn may look a product up, then add it.
fn fingerprint(act: &Act) -> Result<String, ShopError> {
    let json = serde_json::to_vec(act).map_err(|e| ShopError::Damaged(e.to_string()))?;
    Ok(hex::encode(Sha256::digest(json).get(..8).unwrap_or_default()))
}

impl From<StoreError> for ShopError {
    fn from(error: StoreError) -> Self {
        Self::Storage(Box::new(error))
    }
}

impl From<sqlx::Error> for ShopError {
    fn from(error: sqlx::Error) -> Self {
        StoreError::from(error).into()
    }
}
