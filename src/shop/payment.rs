//! The door to whoever takes the money. A charge in, taken or declined out. Refuses to know cards: the method on file is
//! the gateway's business, and no card number ever comes here.

use futures::future::BoxFuture;
use jiff::Timestamp;

use super::{CustomerId, Money};

/// One amount to be taken, under a key that is its own for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    /// The same key asks about the same money: however often it is sent, it is taken once.
    pub key: String,
    pub customer: CustomerId,
    pub amount: Money,
}

/// What the gateway answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Paid {
    /// `reference` is the gateway's own name for it.
    Taken {
        reference: String,
    },
    /// Nothing was taken now: an invoice will ask for it.
    Owed,
    Declined,
    /// What was offered cannot be had like that any more; nothing was taken.
    Withdrawn,
    /// This customer has no method on file; nothing was taken, and a page can still be opened under the key.
    NoMethod,
}

/// A page of the gateway's on which the shopper pays by themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Page {
    Open {
        url: String,
    },
    Taken {
        reference: String,
    },
    /// It takes nothing any more.
    Declined,
}

/// A part of a charge that goes back, under a key that is its own for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    pub key: String,
    /// The key that took the money, and the gateway's name for it.
    pub charge: String,
    pub reference: String,
    pub amount: Money,
}

/// What became of a refund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refunded {
    Paid,
    /// The gateway cannot give it back; in its words.
    Refused {
        why: String,
    },
    /// Nothing was taken here, so nothing goes back from here.
    ByHand,
}

/// Takes money by the method on file.
pub trait Payment: Send + Sync {
    /// Takes the amount, once for each key. Repeatable: the same key gets the same answer.
    fn charge<'a>(&'a self, charge: &'a Charge) -> BoxFuture<'a, Result<Paid, PaymentError>>;

    /// Opens the page on which the amount can be paid until then, or tells what became of it. Repeatable: one page for each
    /// key, and it takes money once. `None` where there are no pages.
    fn page<'a>(&'a self, charge: &'a Charge, until: Timestamp) -> BoxFuture<'a, Result<Option<Page>, PaymentError>>;

    /// Gives a part of a charge back, once for each key. Repeatable: the same key gets the same answer.
    fn refund<'a>(&'a self, refund: &'a Refund) -> BoxFuture<'a, Result<Refunded, PaymentError>>;

    /// Gives back what this key took, and makes sure that it takes nothing from now on. Repeatable; also for a key that
    /// was never charged, which is then declined for good.
    fn void<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), PaymentError>>;
}

/// Whether money was taken is not known: ask again with the same key.
#[derive(Debug, thiserror::Error)]
pub enum PaymentError {
    #[error("the payment gateway did not answer: {0}")]
    Unanswered(String),
    #[error("the payment gateway answered what cannot be read: {0}; check that payment.url is a gateway")]
    Unreadable(String),
}

/// A shop that sends invoices: nothing is taken now, so nothing can be declined.
pub struct OnAccount;

impl Payment for OnAccount {
    fn charge<'a>(&'a self, _: &'a Charge) -> BoxFuture<'a, Result<Paid, PaymentError>> {
        Box::pin(async { Ok(Paid::Owed) })
    }

    fn page<'a>(&'a self, _: &'a Charge, _: Timestamp) -> BoxFuture<'a, Result<Option<Page>, PaymentError>> {
        Box::pin(async { Ok(None) })
    }

    fn refund<'a>(&'a self, _: &'a Refund) -> BoxFuture<'a, Result<Refunded, PaymentError>> {
        Box::pin(async { Ok(Refunded::ByHand) })
    }

    fn void<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<(), PaymentError>> {
        Box::pin(async { Ok(()) })
    }
}
