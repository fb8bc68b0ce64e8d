//! How long what is no longer needed is kept, and that it goes then. What is open, unpaid or not yet told stays whatever
//! its age: it is needed. Orders, payments and returns stay for the merchant's books; the law says for how long.

use jiff::SignedDuration;

use super::{SqlShop, quotes};
use crate::shop::ShopError;
use crate::store::{idempotency, sql};

/// Days after which each kind goes; `None` keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Complaints, and requests to be forgotten, that are closed.
    pub complaints: Option<u32>,
    /// Conversations handed over to a person, closed.
    pub handovers: Option<u32>,
    /// Notices that were taken: they hold addresses.
    pub notices: Option<u32>,
    /// Why somebody sent something back, once it is paid or refused.
    pub reasons: Option<u32>,
    pub audit: Option<u32>,
}

impl Default for Retention {
    fn default() -> Self {
        Self { complaints: Some(730), handovers: Some(365), notices: Some(30), reasons: Some(730), audit: Some(365) }
    }
}

/// How many of each went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gone {
    pub complaints: u64,
    pub handovers: u64,
    pub notices: u64,
    pub reasons: u64,
    pub audit: u64,
}

/// How long a recorded answer is kept. An order keeps its own request and quote for good.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(7 * 24);

impl SqlShop {
    /// Drops what is older than it may be kept, and what can no longer be asked for: answers to requests of long ago, and
    /// offers that lapsed unused.
    pub async fn tidy(&self) -> Result<Gone, ShopError> {
        let now = self.clock.now();
        let before = |days: Option<u32>| {
            days.map(|days| (now - SignedDuration::from_hours(i64::from(days) * 24)).as_millisecond())
        };
        let kept = self.retention;
        let mut gone = Gone::default();
        let mut tx = self.store.begin().await?;
        idempotency::forget_before(&mut tx, now - REMEMBERED).await?;
        quotes::forget_lapsed(&mut tx, now - REMEMBERED).await?;
        if let Some(before) = before(kept.complaints) {
            let closed = sql::query(
                "DELETE FROM cases WHERE kind IN ('complaint', 'erasure') AND state = 'closed' AND changed_at < ?1",
            );
            gone.complaints = closed.bind(before).execute(&mut *tx).await?.rows_affected();
        }
        if let Some(before) = before(kept.handovers) {
            let closed =
                sql::query("DELETE FROM cases WHERE kind = 'handover' AND state = 'closed' AND changed_at < ?1");
            gone.handovers = closed.bind(before).execute(&mut *tx).await?.rows_affected();
        }
        if let Some(before) = before(kept.notices) {
            let told = sql::query("DELETE FROM outbox WHERE sent_at < ?1").bind(before);
            gone.notices = told.execute(&mut *tx).await?.rows_affected();
        }
        if let Some(before) = before(kept.reasons) {
            let done = sql::query(
                "UPDATE returns SET reason = '', note = NULL
                 WHERE state IN ('paid', 'refused') AND changed_at < ?1 AND (reason <> '' OR note IS NOT NULL)",
            );
            gone.reasons = done.bind(before).execute(&mut *tx).await?.rows_affected();
        }
        if let Some(before) = before(kept.audit) {
            let old = sql::query("DELETE FROM audit WHERE at < ?1").bind(before);
            gone.audit = old.execute(&mut *tx).await?.rows_affected();
        }
        tx.commit().await?;
        if gone != Gone::default() {
            tracing::info!(?gone, "what was kept long enough is gone");
        }
        Ok(gone)
    }
}
