//! Time and identity as values: everything that needs "now" or a fresh id is handed one of these, so that a
//! conversation can be replayed to the letter. Knows nothing of the rest.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::{Timestamp, Zoned, tz::TimeZone};

/// Tells the time, and which zone the shop keeps its calendar in.
pub trait Clock: Send + Sync {
    fn now(&self) -> Timestamp;
    fn zone(&self) -> TimeZone;

    /// Now on the shop's calendar: what "yesterday" and "on Tuesday" are counted from.
    fn here(&self) -> Zoned {
        self.now().to_zoned(self.zone())
    }
}

/// Hands out identifiers that sort by time and never repeat (ULID text, 26 characters).
pub trait Ids: Send + Sync {
    fn next(&self) -> String;
}

/// The machine's clock in a configured zone.
pub struct SystemClock {
    zone: TimeZone,
}

impl SystemClock {
    pub fn new(zone: TimeZone) -> Self {
        Self { zone }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn zone(&self) -> TimeZone {
        self.zone.clone()
    }
}

/// Random ids for production.
pub struct RandomIds;

impl Ids for RandomIds {
    fn next(&self) -> String {
        ulid::Ulid::generate().to_string()
    }
}

/// A clock that stands still until it is moved; for replays.
pub struct FixedClock {
    at: Timestamp,
    zone: TimeZone,
}

impl FixedClock {
    pub fn new(at: Timestamp) -> Arc<Self> {
        Arc::new(Self { at, zone: TimeZone::UTC })
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        self.at
    }

    fn zone(&self) -> TimeZone {
        self.zone.clone()
    }
}

/// Ids 1, 2, 3 ... padded to 26 digits; for replays.
#[derive(Default)]
pub struct CountedIds(AtomicU64);

impl Ids for CountedIds {
    fn next(&self) -> String {
        format!("{:026}", self.0.fetch_add(1, Ordering::Relaxed) + 1)
    }
}
