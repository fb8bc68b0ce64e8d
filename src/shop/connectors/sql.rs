//! The shop kept in our own database: an [`Act`] in, an [`Outcome`] out, by way of SQL. Refuses to know speech and
//! sessions, and how words find products (that is the index's).
//!
//! Every act that changes something runs in one transaction together with the record of its outcome, so that the same
//! request sent again is answered from the record and changes nothing.

mod advice;
mod basket;
mod buying;
pub mod cases;
mod changing;
pub mod coupons;
pub mod customers;
mod finding;
pub mod links;
pub mod logins;
pub mod orders;
pub mod outbox;
mod paying;
mod pins;
mod preferences;
pub mod products;
mod quotes;
mod recent;
mod reordering;
mod returns;
mod rows;
mod shelves;
pub mod slots;
mod terms;
mod tracking;
mod waits;
mod wants;

use std::sync::Arc;

use arc_swap::ArcSwap;
use futures::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use crate::clock::{Clock, Ids};
use crate::shop::faq::Faq;
use crate::shop::paylink::PayLinks;
use crate::shop::payment::{Charge, OnAccount, Paid, Payment};
use crate::shop::pin::Pin;
use crate::shop::service::{Request, Served};
use crate::shop::slots::Ask;
use crate::shop::{Act, Catalogue, CustomerId, NoLink, OrderNumber, Outcome, RequestId, Shop, ShopError, delivery};
use crate::store::{Connection, Store, StoreError, Transaction, idempotency};

pub use terms::Terms;

/// How long a recorded answer is kept. An order keeps its own request and quote for good.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(7 * 24);

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
    recent: recent::Recent,
    faq: Arc<ArcSwap<Faq>>,
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
            recent: recent::Recent::new(),
            faq: Arc::new(ArcSwap::from_pointee(Faq::none())),
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

    /// The same shop, with a limit to what is spent.
    pub fn limited(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Takes up purchases and refunds that were left in the middle: by a crash, or by a gateway that did not answer.
    /// How many were finished.
    pub async fn finish_payments(&self) -> Result<usize, ShopError> {
        let now = self.clock.now();
        let left = paying::unfinished(&mut self.read().await?, now - paying::TAKEN_UP, now).await?;
        let mut finished = 0;
        for left in left {
            let paying::Unfinished { charge, request, begun, refund, link_until } = &left;
            let asked = self.asked(&charge.customer, request);
            let done = if *refund {
                self.refund(&charge.key).await?
            } else if link_until.is_some() {
                !matches!(self.take_up_link(&left).await?, links::Became::Open)
            } else if now.duration_since(*begun) < paying::GIVEN_UP {
                !matches!(self.pay(charge, &asked).await?, Outcome::PaymentPending { .. })
            } else {
                self.give_up(&charge.key).await?
            };
            finished += usize::from(done);
            self.recent.changed_by(&charge.customer);
        }
        if finished > 0 {
            self.recent.stock_moved();
        }
        Ok(finished)
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

    async fn read(&self) -> Result<Connection, ShopError> {
        Ok(self.store.reader().acquire().await?)
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
                returns::returnable(&mut db, &self.catalogue, order, asked, self.clock.zone()).await
            }
            Act::Serve(Request::Refunds) => returns::refunds(&mut db, asked).await,
            Act::Deliver(Ask::Times(wish)) => slots::times(&mut db, wish, asked).await,
            Act::Deliver(Ask::Change { order, to }) => {
                changing::look(&mut db, &self.catalogue, order, to, asked, self.clock.zone()).await
            }
            Act::Advise(what) => advice::advise(&mut db, &self.catalogue, &self.faq.load(), what, asked).await,
            Act::Track(what) => tracking::track(&mut db, &self.catalogue, what, asked, self.clock.zone()).await,
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

    /// A yes: reserve, pay, settle. Repeatable at every step.
    async fn buy(&self, quote_id: &str, pin: Option<Pin>, asked: &Asked<'_>) -> Result<Outcome, ShopError> {
        if let Some(refusal) = pins::refusal(&self.store, pin, asked).await? {
            return Ok(refusal);
        }
        let mut tx = self.store.begin().await?;
        customers::ensure(&mut tx, asked).await?;
        let step = paying::reserve(&mut tx, quote_id, self.ids.as_ref(), asked).await?;
        tx.commit().await?;
        match step {
            paying::Step::Done(outcome) => Ok(outcome),
            paying::Step::Pay { charge, .. } => self.pay(&charge, asked).await,
            // What waits for its link is not charged otherwise.
            paying::Step::Awaited { charge, until } => {
                let email = outbox::email(&mut self.read().await?, asked).await?;
                Ok(links::again(&charge, until, email))
            }
        }
    }

    /// Asks the gateway, outside of any transaction, and writes down what it said.
    async fn pay(&self, charge: &Charge, asked: &Asked<'_>) -> Result<Outcome, ShopError> {
        let paid = match self.payment.charge(charge).await {
            Ok(paid) => paid,
            Err(error) => {
                tracing::warn!(%error, "a charge is in doubt and will be asked about again");
                return Ok(Outcome::PaymentPending { total: charge.amount });
            }
        };
        let mut tx = self.store.begin().await?;
        if paid == Paid::NoMethod
            && let Some(sent) = self.link_instead(&mut tx, charge, asked).await?
        {
            tx.commit().await?;
            return Ok(sent);
        }
        let outcome = paying::settle(&mut tx, charge, &paid, self.ids.as_ref(), asked).await?;
        tx.commit().await?;
        Ok(match (paid, outcome) {
            (Paid::NoMethod, Outcome::PaymentDeclined { .. }) => Outcome::NoLink(NoLink::NoMethod),
            (_, outcome) => outcome,
        })
    }

    /// Nothing is on file for this customer: a link in its place, where there can be one.
    async fn link_instead(
        &self,
        tx: &mut Transaction,
        charge: &Charge,
        asked: &Asked<'_>,
    ) -> Result<Option<Outcome>, ShopError> {
        customers::hold(tx, asked.customer).await?;
        // The same yes twice at once is one link; what was settled meanwhile stays as it is.
        let Some(left) = paying::one_left(tx, &charge.key).await? else { return Ok(None) };
        if let Some(until) = left.link_until {
            let email = outbox::email(tx, asked).await?;
            return Ok(Some(links::again(charge, until, email)));
        }
        let sent = links::send(tx, charge, self.links.as_deref(), self.ids.as_ref(), asked).await?;
        Ok(sent.ok())
    }

    /// Gives money back that is to go back; whether it has.
    async fn refund(&self, key: &str) -> Result<bool, ShopError> {
        if let Err(error) = self.payment.void(key).await {
            tracing::warn!(%error, "a refund is in doubt and will be tried again");
            return Ok(false);
        }
        let mut tx = self.store.begin().await?;
        paying::refunded(&mut tx, key).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// A charge that was never answered is made impossible, and the stock goes back.
    async fn give_up(&self, key: &str) -> Result<bool, ShopError> {
        if let Err(error) = self.payment.void(key).await {
            tracing::warn!(%error, "a charge in doubt could not be voided and will be tried again");
            return Ok(false);
        }
        let mut tx = self.store.begin().await?;
        paying::release(&mut tx, key).await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn cancel(&self, number: OrderNumber, asked: &Asked<'_>) -> Result<Outcome, ShopError> {
        let outcome = self.change(Act::CancelOrder { number: number.clone() }, asked).await?;
        let waiting = paying::refund_of(&mut self.read().await?, &number).await?;
        if let Some(key) = waiting {
            self.refund(&key).await?;
        }
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
            Act::Serve(request) => self.serve(request, tx, asked).await,
            Act::Deliver(Ask::Choose(wish)) => slots::choose(tx, wish, asked).await,
            Act::Deliver(Ask::Make(change)) => changing::make(tx, change, ids, asked).await,
            Act::UseCoupon { code } => terms::use_coupon(tx, &code, asked).await,
            Act::ChooseAddress { words } => terms::choose_address(tx, &words, asked).await,
            Act::CancelOrder { number } => paying::cancel(tx, &number, asked).await,
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
            let asked = self.asked(customer, request);
            let moves_stock =
                matches!(act, Act::Buy { .. } | Act::BuyByLink { .. } | Act::DropLinks | Act::CancelOrder { .. });
            let outcome = match act {
                Act::Search(_)
                | Act::Describe { .. }
                | Act::Advise(_)
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
                Act::Buy { quote_id, pin } => self.buy(&quote_id, pin, &asked).await,
                Act::BuyByLink { quote_id } => self.buy_by_link(&quote_id, &asked).await,
                Act::DropLinks => self.drop_links(&asked).await,
                Act::CancelOrder { number } => self.cancel(number, &asked).await,
                _ => self.change(act, &asked).await,
            };
            self.recent.changed_by(customer);
            if moves_stock {
                self.recent.stock_moved();
            }
            outcome
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
