//! The conversation: a reading and the session so far in, an [`Act`](crate::shop::Act) for the shop or something to
//! [`Say`] out. Refuses to know audio, HTTP, or how a sentence is worded.

pub mod say;
pub mod session;

use futures::future::BoxFuture;

pub use say::{Focus, HelpTopic, Say};
pub use session::{Session, SessionId};

/// What the dialogue wants to happen next.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    Act(crate::shop::Act),
    Say(Say),
}

/// Keeps sessions between turns.
pub trait SessionStore: Send + Sync {
    /// `None` when there is no such session or it has lapsed.
    fn load<'a>(&'a self, id: &'a SessionId) -> BoxFuture<'a, Result<Option<Session>, SessionError>>;
    fn save<'a>(&'a self, session: &'a Session) -> BoxFuture<'a, Result<(), SessionError>>;
    fn end<'a>(&'a self, id: &'a SessionId) -> BoxFuture<'a, Result<(), SessionError>>;
}

#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    #[error("the session store did not answer: {0}")]
    Storage(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("a session id is 1 to 255 printable ASCII characters without spaces")]
    Id,
}

/// The policy: which act or which words follow from a reading and a session.
#[derive(Clone, Debug, Default)]
pub struct Dialogue;

impl Dialogue {
    /// What the open question makes likely; given to the understander and the recogniser.
    pub fn expectation(&self, _session: &Session) -> crate::language::Expectation {
        crate::language::Expectation::default()
    }

    /// Nothing, or nothing trustworthy, was heard.
    pub fn not_heard(&self, _session: &mut Session) -> Say {
        Say::NotHeard
    }

    /// Heard with little confidence: the question to ask first, or `None` where acting on a mishearing costs nothing.
    pub fn doubt(&self, _session: &mut Session, _reading: &crate::language::Reading) -> Option<Say> {
        None
    }

    pub fn decide(&self, session: &mut Session, _reading: &crate::language::Reading, _here: &jiff::Zoned) -> Decision {
        session.misses += 1;
        Decision::Say(Say::NotUnderstood { tries: session.misses })
    }

    /// What follows from what the shop answered.
    pub fn settle(&self, _session: &mut Session, _outcome: crate::shop::Outcome) -> Decision {
        Decision::Say(Say::Trouble)
    }
}
