//! Who sees or changes what of a customer's data: the door that a request came through, and the kind of each act. Kinds
//! only, never values: the log of who read an address must not be one more place to read it.

use std::sync::Mutex;

use jiff::Timestamp;
use serde::Serialize;

use super::service::Request;
use super::slots::Ask;
use super::{Act, CustomerId};

/// Where a request came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Door {
    pub name: &'static str,
    /// The API key's name; none where the shopper speaks for themselves.
    pub who: Option<String>,
}

/// One look at, or change of, somebody's data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    pub at: Timestamp,
    pub customer: String,
    pub door: String,
    pub who: Option<String>,
    pub what: String,
}

tokio::task_local! {
    static DOOR: Door;
}

/// Does the work as what came through this door.
pub async fn through<T>(door: Door, work: impl Future<Output = T>) -> T {
    DOOR.scope(door, work).await
}

/// The door that the present work came through; the server itself where there is none.
pub fn here() -> Door {
    DOOR.try_with(Clone::clone).unwrap_or(Door { name: "server", who: None })
}

/// What an act sees or changes of its customer's data, if anything. The catalogue is nobody's.
pub fn of(act: &Act) -> Option<&'static str> {
    Some(match act {
        Act::Search(_) | Act::Describe { .. } | Act::Advise(_) => return None,
        Act::Deliver(Ask::Times(_)) | Act::Serve(Request::News) => return None,
        Act::Track(_) | Act::ListOrders { .. } => "orders.seen",
        Act::SendLinkAgain { .. } => "link.sent",
        // What suits somebody is read from what they bought.
        Act::QuoteReorder { .. } | Act::Suggest(_) => "orders.seen",
        Act::Serve(Request::Returnable { .. } | Request::Refunds) => "orders.seen",
        Act::Deliver(Ask::Change { .. }) => "orders.seen",
        Act::Buy { .. } | Act::BuyByLink { .. } => "orders.placed",
        Act::CancelOrder { .. } | Act::DropLinks { .. } => "orders.changed",
        Act::Deliver(Ask::Make(_)) | Act::Serve(Request::Return(_)) => "orders.changed",
        Act::Serve(Request::Invoice { .. }) => "invoice.sent",
        Act::Serve(Request::MyData) => "data.requested",
        Act::Serve(Request::ForgetMe) => "erasure.requested",
        Act::Serve(Request::Complain { .. }) => "complaint.taken",
        Act::Serve(Request::HandOver { .. }) => "conversation.handed_over",
        Act::Serve(Request::TellWhenBack { .. }) => "waits.changed",
        Act::ShowBasket | Act::ShowShelf { .. } => "basket.seen",
        // An offer reads the address, the coupon and what must not be eaten.
        Act::Quote { .. } | Act::QuoteEach { .. } | Act::QuoteBasket => "basket.seen",
        Act::AddToBasket { .. }
        | Act::AddEach { .. }
        | Act::AddLines { .. }
        | Act::SetQuantity { .. }
        | Act::RemoveFromBasket { .. }
        | Act::EmptyBasket
        | Act::PutOnList { .. }
        | Act::SaveForLater { .. }
        | Act::TakeOffShelf { .. }
        | Act::ShelfToBasket { .. } => "basket.changed",
        Act::Link(_) => "doors.linked",
        Act::BorrowAddress { .. } | Act::ForgetBorrowed { .. } => "terms.changed",
        Act::UseCoupon { .. } | Act::ChooseAddress { .. } | Act::Deliver(Ask::Choose(_)) => "terms.changed",
        // A session opens with them; that is the server's own look.
        Act::ShowPreferences => "preferences.seen",
        Act::Prefer(_) | Act::SetPreferences(_) => "preferences.changed",
    })
}

/// Entries that are not written down yet. A turn does not wait for them: they are written every few seconds, so a process
/// that is killed loses the entries of its last seconds (what was changed is in its own table all the same).
#[derive(Default)]
pub struct Book(Mutex<Vec<Entry>>);

/// More than a server can see between two writings; beyond it the oldest go, and the log says so.
const MOST: usize = 100_000;

impl Book {
    pub fn note(&self, customer: &CustomerId, what: &str, at: Timestamp) {
        let Door { name, who } = here();
        let customer = customer.as_str().to_owned();
        let entry = Entry { at, customer, door: name.to_owned(), who, what: what.to_owned() };
        let mut entries = self.entries();
        if entries.len() >= MOST {
            entries.drain(..MOST / 2);
            tracing::error!("the database does not take the audit log; its oldest entries are dropped");
        }
        entries.push(entry);
    }

    /// Everything noted since the last call.
    pub fn take(&self) -> Vec<Entry> {
        std::mem::take(&mut self.entries())
    }

    /// What could not be written is kept for the next time.
    pub fn put_back(&self, mut unwritten: Vec<Entry>) {
        let mut entries = self.entries();
        unwritten.append(&mut entries);
        *entries = unwritten;
    }

    fn entries(&self) -> std::sync::MutexGuard<'_, Vec<Entry>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_door_is_known_to_whatever_is_done_behind_it() {
        let (book, ada) = (Book::default(), CustomerId::new("ada").unwrap());
        let now = Timestamp::UNIX_EPOCH;
        let desk = Door { name: "admin", who: Some("desk".into()) };
        through(desk, async { book.note(&ada, "orders.seen", now) }).await;
        book.note(&ada, "orders.seen", now);
        let seen: Vec<(String, Option<String>)> = book.take().into_iter().map(|e| (e.door, e.who)).collect();
        assert_eq!(seen, [("admin".into(), Some("desk".into())), ("server".into(), None)]);
        assert!(book.take().is_empty());
    }
}
