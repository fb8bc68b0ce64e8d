//! The one door to a shop, whichever engine stands behind it.

use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};

use super::{Act, Outcome};

/// A customer's id inside the shop: 1 to 255 printable characters without spaces.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CustomerId(String);

/// The caller's own name for one request; the same request sent twice carries the same one. 1 to 255 characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RequestId(String);

macro_rules! identifier {
    ($name:ident, $what:literal) => {
        impl $name {
            pub fn new(text: &str) -> Result<Self, IdError> {
                let ok = (1..=255).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
                if ok { Ok(Self(text.to_owned())) } else { Err(IdError($what)) }
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(text: String) -> Result<Self, IdError> {
                Self::new(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    };
}

identifier!(CustomerId, "customer");
identifier!(RequestId, "request id");

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the {0} must be 1 to 255 printable ASCII characters without spaces")]
pub struct IdError(&'static str);

/// A shop that can be commanded. Every call is safe to repeat under the same `request`.
pub trait Shop: Send + Sync {
    fn perform<'a>(
        &'a self,
        act: Act,
        customer: &'a CustomerId,
        request: &'a RequestId,
    ) -> BoxFuture<'a, Result<Outcome, ShopError>>;
}

/// The shop could not answer at all. Asked again under the same request, it does nothing twice.
#[derive(Debug, thiserror::Error)]
pub enum ShopError {
    #[error("the shop's database did not answer: {0}")]
    Storage(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("{0}")]
    Away(String),
    #[error("the shop's search index failed: {0}")]
    Index(String),
    #[error("the request {0} is already being worked on")]
    InFlight(String),
    #[error("the stored data is damaged: {0}")]
    Damaged(String),
}
