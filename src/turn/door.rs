//! What a door adds to a turn: errands that only it can run, and the clock of the shopper. Most doors add nothing.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use futures::future::BoxFuture;
use jiff::tz::TimeZone;

use crate::dialogue::{Brought, Errand};

/// Runs an errand, until then at the latest.
pub type Run = Arc<dyn Fn(Errand, Instant) -> BoxFuture<'static, Brought> + Send + Sync>;

#[derive(Clone, Default)]
pub struct Door {
    pub errands: Option<Run>,
    /// Intents that need an account which this shopper has not; none where it has one or none is needed.
    pub barred: Arc<[String]>,
    /// Where the shopper is, if that is known: what makes a day "tomorrow".
    pub zone: Option<TimeZone>,
}

impl Door {
    /// What comes of an errand; at a door that runs none, nothing.
    pub async fn run(&self, errand: Errand, deadline: Instant) -> Brought {
        match &self.errands {
            Some(run) => run(errand, deadline).await,
            None => Brought::NotHere,
        }
    }
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Door")
            .field("errands", &self.errands.is_some())
            .field("barred", &self.barred)
            .field("zone", &self.zone)
            .finish()
    }
}
