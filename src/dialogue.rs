//! The conversation: a reading and the session so far in, an [`Act`](crate::shop::Act) for the shop or something to
//! [`Say`] out. Refuses to know audio, HTTP, or how a sentence is worded.

mod advice;
mod answer;
mod delivery;
pub mod errand;
mod fill;
mod form;
mod ideas;
mod kept;
pub mod linking;
mod policy;
mod products;
mod refer;
pub mod reminders;
pub mod say;
mod service;
pub mod session;
pub mod sessions;
mod settle;
mod several;
mod told;
mod topics;

use futures::future::BoxFuture;

pub use delivery::{Choosing, Delivery};
pub use errand::{Brought, Errand};
pub use form::{Asked, Filled, Form};
pub use kept::Kept;
pub use linking::Linking;
pub use policy::Dialogue;
pub use say::{Courtesy, Focus, HelpTopic, Say};
pub use service::Serve;
pub use session::{Session, SessionId};

/// What the shopper is being asked, for a door that can have somebody else listen for the answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Asks {
    pub asked: Asked,
    /// The intent it belongs to, filled so far.
    pub reading: crate::language::Reading,
}

/// What the dialogue wants to happen next.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    Act(crate::shop::Act),
    Say(Say),
    /// Something that only the door can do.
    Errand(Errand),
}

/// Keeps a conversation for one turn while it is there.
pub type Hold = Option<Box<dyn std::any::Any + Send>>;

/// Keeps sessions between turns.
pub trait SessionStore: Send + Sync {
    /// Waits until no other server works on this conversation. Where one server keeps its sessions alone there is none.
    fn hold<'a>(&'a self, _id: &'a SessionId) -> BoxFuture<'a, Result<Hold, SessionError>> {
        Box::pin(async { Ok(None) })
    }
    /// `None` when there is no such session or it has lapsed.
    fn load<'a>(&'a self, id: &'a SessionId) -> BoxFuture<'a, Result<Option<Session>, SessionError>>;
    fn save(&self, session: Session) -> BoxFuture<'_, Result<(), SessionError>>;
    fn end<'a>(&'a self, id: &'a SessionId) -> BoxFuture<'a, Result<(), SessionError>>;
}

#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    #[error("the session store did not answer: {0}")]
    Storage(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("a session id is 1 to 255 printable ASCII characters without spaces")]
    Id,
}
