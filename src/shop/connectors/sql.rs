//! The shop kept in our own database: an [`Act`] in, an [`Outcome`] out, by way of SQL. Refuses to know speech and
//! sessions, and how words find products (that is the index's).
//!
//! Every act that changes something runs in one transaction together with the record of its outcome, so that the same
//! request sent again is answered from the record and changes nothing.

pub mod about;
mod advice;
pub mod audit;
mod awaiting;
mod basket;
mod buying;
pub mod cases;
mod changing;
pub mod coupons;
pub mod customers;
pub mod elsewhere;
mod finding;
mod joining;
pub mod learning;
mod lent;
mod links;
pub mod logins;
pub mod orders;
pub mod outbox;
mod paying;
pub mod paylinks;
mod pins;
mod preferences;
pub mod products;
mod purchase;
mod quotes;
mod recent;
pub mod refunds;
mod reordering;
pub mod retention;
mod returns;
mod rows;
mod shelves;
pub mod slots;
mod suggesting;
mod terms;
mod tracking;
mod waits;
mod wants;

use std::sync::Arc;

use arc_swap::ArcSwap;
use futures::future::BoxFuture;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::clock::{Clock, Ids};
use crate::shop::audit::{self as auditing, Book};
use crate::shop::faq::Faq;
use crate::shop::paylink::PayLinks;
use crate::shop::payment::{OnAccount, Payment};
use crate::shop::service::{Request, Served};
use crate::shop::slots::Ask;
use crate::shop::{Act, Catalogue, CustomerId, Outcome, RequestId, Shop, ShopError, delivery};
use crate::store::{Connection, Store, StoreError, Transaction, idempotency};

pub use retention::Retention;
pub use terms::Terms;

/// Longer than any door remembers who somebody is.
const JOINED: std::time::Duration = std::time::Duration::from_secs(30);

/// The shop in our own database. Cheap to clone.
#[derive(Clone)]
pub struct SqlShop {
    store: Store,
    catalogue: Catalogue,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    payment: Arc<dyn Payment>,
    links: Option<Arc<PayLinks>>,
    limits: Limits,
    terms: Terms,
    retention: Retention,
    book: Arc<Book>,
    recent: recent::Recent,
    faq: Arc<ArcSwap<Faq>>,
    /// Who became another customer a moment ago: what a door still calls them by their old name. As long as
    /// [`Customers`](customers::Customers) may remember it.
    joined: moka::sync::Cache<CustomerId, CustomerId>,
}

/// The most that may be bought by voice; `None` does not limit. In minor units of the catalogue's currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    pub per_order: Option<i64>,
    /// In any 24 hours.
    pub per_day: Option<i64>,
}

/// Who asks, under which request, and when: the same for all steps of one act.
struct Asked<'a> {
    customer: &'a CustomerId,
    request: &'a RequestId,
    now: Timestamp,
    /// The day an order placed now would arrive.
    delivery: jiff::civil::Date,
    limits: Limits,
    terms: Terms,
    today: jiff::civil::Date,
    /// Now, on the shop's clock.
    here: jiff::civil::DateTime,
}

impl SqlShop {
    pub fn new(catalogue: Catalogue, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        Self {
            store: catalogue.store().clone(),
            catalogue,
            clock,
            ids,
            payment: Arc::new(OnAccount),
            links: None,
            limits: Limits::default(),
            terms: Terms::default(),
            retention: Retention::default(),
            book: Arc::default(),
            recent: recent::Recent::new(),
            faq: Arc::new(ArcSwap::from_pointee(Faq::none())),
            joined: moka::sync::Cache::builder().max_capacity(recent::CUSTOMERS).time_to_live(JOINED).build(),
        }
    }

    /// The merchant's pages, from now on, for all clones.
    pub fn set_faq(&self, faq: Faq) {
        self.faq.store(Arc::new(faq));
    }

    /// What the merchant's pages are about.
    pub fn topics(&self) -> Vec<String> {
        self.faq.load().topics()
    }

    /// The same shop, with money taken by somebody else.
    pub fn paid_by(self, payment: Arc<dyn Payment>) -> Self {
        Self { payment, ..self }
    }

    /// The same shop, with links to pay by.
    pub fn linked(self, links: PayLinks) -> Self {
        Self { links: Some(Arc::new(links)), ..self }
    }

    /// The same shop, with delivery and tax.
    pub fn on_terms(self, terms: Terms) -> Self {
        Self { terms, ..self }
    }

    /// The same shop, with other rules of how long what is kept.
    pub fn keeping(self, retention: Retention) -> Self {
        Self { retention, ..self }
    }

    /// The same shop, with a limit to what is spent.
    pub fn limited(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// What is the same for all steps of one act.
    fn asked<'a>(&self, customer: &'a CustomerId, request: &'a RequestId) -> Asked<'a> {
        let here = self.clock.here();
        Asked {
            customer,
            request,
            now: here.timestamp(),
            delivery: delivery::estimate(&here),
            limits: self.limits,
            terms: self.terms,
            today: here.date(),
            here: here.datetime(),
        }
    }

    /// For few rows; what reads many acquires a reader.
    async fn read(&self) -> Result<Connection, ShopError> {
        Ok(self.store.reader().near().await?)
    }

    async fn look(&self, act: Act, asked: &Asked<'_>) -> Result<Outcome, ShopError> {
        match act {
            Act::Search(search) => return finding::search(self, search, asked).await,
            Act::ListOrders { limit } => return tracking::list(self, limit, asked).await,
            _ => {}
        }
        let mut db = self.read().await?;
        match act {
            Act::Describe { sku } => finding::describe(&mut db, &sku, asked).await,
            Act::Serve(Request::Returnable { order }) => {
                Box::pin(returns::returnable(&mut db, &self.catalogue, order, asked, self.clock.zone())).await
            }
            Act::Serve(Request::Refunds) => returns::refunds(&mut db, asked).await,
            Act::Suggest(what) => Box::pin(suggesting::suggest(&mut db, &self.catalogue, what, asked)).await,
            Act::Deliver(Ask::Times(wish)) => Box::pin(slots::times(&mut db, wish, asked)).await,
            Act::Deliver(Ask::Change { order, to }) => {
                Box::pin(changing::look(&mut db, &self.catalogue, order, to, asked, self.clock.zone())).await
            }
            Act::Advise(what) => {
                Box::pin(advice::advise(&mut db, &self.catalogue, &self.faq.load(), what, asked)).await
            }
            Act::Track(what) => awaiting::track(&mut db, &self.catalogue, what, asked, self.clock.zone()).await,
            Act::ShowBasket => basket::show(&mut db, asked).await,
            Act::ShowShelf { shelf } => shelves::show(&mut db, shelf, asked).await,
            Act::ShowPreferences => {
                let preferences = preferences::of(&mut db, asked.customer).await?;
                Ok(Outcome::Preferences { preferences, changed: None })
            }
            act => Err(ShopError::Damaged(format!("{act:?} was asked of the reading side"))),
        }
    }

    async fn change(&self, act: Act, asked: &Asked<'_>) -> Result<Outcome, ShopError> {
        let scope = format!("shop:{}", asked.customer.as_str());
        let key = format!("{}:{}", asked.request.as_str(), fingerprint(&act)?);
        let key = idempotency::Key { scope: &scope, key: &key };
        let mut tx = self.store.begin().await?;
        customers::ensure(&mut tx, asked).await?;
        if let Some(outcome) = idempotency::find(&mut tx, key).await? {
            return Ok(outcome);
        }
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
            Act::RemoveFromBasket { what, quantity } => basket::remove(tx, &what, quantity, asked).await,
            Act::EmptyBasket => basket::empty(tx, asked).await,
            Act::Quote { lines } => quotes::of_lines(tx, lines, ids, asked).await,
            Act::QuoteEach { wants } => wants::quote_each(tx, &self.catalogue, wants, ids, asked).await,
            Act::QuoteBasket => quotes::of_basket(tx, ids, asked).await,
            Act::QuoteReorder { what, quantity } => {
                reordering::quote(tx, &self.catalogue, what, quantity, ids, asked).await
            }
            Act::Serve(request) => self.serve(request, tx, asked).await,
            Act::Deliver(Ask::Choose(wish)) => slots::choose(tx, wish, asked).await,
            Act::Deliver(Ask::Make(change)) => changing::make(tx, change, ids, asked).await,
            Act::UseCoupon { code } => terms::use_coupon(tx, &code, asked).await,
            Act::ChooseAddress { words } => terms::choose_address(tx, &words, asked).await,
            Act::BorrowAddress { line, lender } => lent::borrow(tx, &line, &lender, asked).await,
            Act::ForgetBorrowed { lender } => lent::give_back(tx, &lender).await,
            Act::CancelOrder { number } => paying::cancel(tx, &number, asked).await,
            Act::SendLinkAgain { quote_id } => {
                awaiting::send_link_again(tx, &quote_id, self.links.as_deref(), ids, asked).await
            }
            Act::Prefer(change) => preferences::change(tx, change, asked).await,
            Act::SetPreferences(all) => {
                preferences::put(tx, asked.customer, &all).await?;
                Ok(Outcome::Preferences { preferences: all, changed: None })
            }
            act => Err(ShopError::Damaged(format!("{act:?} was asked of the writing side"))),
        }
    }
}

impl SqlShop {
    async fn serve(&self, request: Request, tx: &mut Transaction, asked: &Asked<'_>) -> Result<Outcome, ShopError> {
        let (ids, zone) = (self.ids.as_ref(), self.clock.zone());
        match request {
            Request::Return(plan) => returns::open(tx, &self.catalogue, plan, ids, asked, zone).await,
            Request::TellWhenBack { sku } => waits::promise(tx, &sku, asked).await,
            Request::News => waits::tell(tx, asked).await,
            Request::Invoice { order } => {
                let found = tracking::track(tx, &self.catalogue, order, asked, zone).await?;
                cases::invoice(tx, found, ids, asked).await
            }
            Request::Complain { words, order } => cases::complain(tx, &words, order, ids, asked).await,
            Request::MyData => cases::my_data(tx, ids, asked).await,
            Request::ForgetMe => cases::forget_me(tx, ids, asked).await,
            Request::HandOver { conversation } => cases::hand_over(tx, &conversation, ids, asked).await,
            Request::Returnable { .. } | Request::Refunds => {
                Err(ShopError::Damaged("looking was asked of the writing side".into()))
            }
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
            let joined = self.joined.get(customer);
            let customer = joined.as_ref().unwrap_or(customer);
            let seen = auditing::of(&act);
            let outcome = self.performed(act, customer, request).await;
            if let (Ok(_), Some(what)) = (&outcome, seen) {
                self.note(customer, what);
            }
            outcome
        })
    }
}

impl SqlShop {
    async fn performed(&self, act: Act, customer: &CustomerId, request: &RequestId) -> Result<Outcome, ShopError> {
        let asked = self.asked(customer, request);
        let moves_stock =
            matches!(act, Act::Buy { .. } | Act::BuyByLink { .. } | Act::DropLinks { .. } | Act::CancelOrder { .. });
        let outcome = match act {
            Act::Search(_)
            | Act::Describe { .. }
            | Act::Advise(_)
            | Act::Suggest(_)
            | Act::Serve(Request::Returnable { .. } | Request::Refunds)
            | Act::Deliver(Ask::Times(_) | Ask::Change { .. })
            | Act::Track(_)
            | Act::ListOrders { .. }
            | Act::ShowBasket
            | Act::ShowPreferences
            | Act::ShowShelf { .. } => return self.look(act, &asked).await,
            // Most shoppers wait for nothing, and a launch need not write.
            Act::Serve(Request::News) if waits::arrived(&mut self.read().await?, &asked).await?.is_empty() => {
                return Ok(Outcome::Served(Served::News(Vec::new())));
            }
            // What changes something is rarer and larger, and lies on the heap: looking would carry its room.
            Act::Buy { quote_id, pin } => Box::pin(self.buy(&quote_id, pin, &asked)).await,
            Act::BuyByLink { quote_id } => Box::pin(self.buy_by_link(&quote_id, &asked)).await,
            Act::DropLinks { quote_id } => Box::pin(self.drop_links(quote_id.as_deref(), &asked)).await,
            Act::CancelOrder { number } => Box::pin(self.cancel(number, &asked)).await,
            // No answer of these is recorded: a code is written down nowhere.
            Act::Link(request) => Box::pin(self.link(request, &asked)).await,
            _ => Box::pin(self.change(act, &asked)).await,
        };
        self.recent.changed_by(customer);
        if moves_stock {
            self.recent.stock_moved();
        }
        outcome
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
