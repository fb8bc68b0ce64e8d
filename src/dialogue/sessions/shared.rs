//! Sessions in the PostgreSQL database that many servers share, so that any of them can take any turn. A conversation is
//! held while a turn of it is worked on, by a lock that lives in a transaction: a server that is killed lets go of it at
//! that moment.
//!
//! Not a lease with an end: the shopper of a server that died would have to wait for it. Not only a version that a late
//! writer finds changed: the turn would have to be taken back, and what it bought cannot be.

use std::any::Any;
use std::time::Duration;

use futures::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};

use crate::dialogue::{Hold, Session, SessionError, SessionId, SessionStore};
use crate::store::postgres::Pool;
use crate::store::{Store, StoreError};

/// Turns in work at once on this server; each holds a connection while it lasts.
const TURNS: u32 = 24;
/// What reads and writes, which takes a millisecond.
const STATES: u32 = 4;
const SWEEP: Duration = Duration::from_secs(600);

pub struct SharedSessions {
    turns: Pool,
    states: Pool,
    lapse: SignedDuration,
}

impl SharedSessions {
    /// Sessions in this database, of whose connections it takes its own; `None` when it is a file. Sessions untouched for
    /// `lapse` are gone.
    pub fn of(store: &Store, lapse: Duration) -> Option<Self> {
        // A turn on another server may take as long as turns may take.
        let turns =
            store.postgres_pool(TURNS, "SET lock_timeout = '10s'; SET idle_in_transaction_session_timeout = '150s'")?;
        // Conversations are not worth a disk sync: a power cut may lose the last moments of them, a killed server cannot.
        let states = store.postgres_pool(STATES, "SET synchronous_commit = off; SET statement_timeout = '3s'")?;
        tokio::spawn(sweep(states.clone(), lapse));
        Some(Self { turns, states, lapse: SignedDuration::try_from(lapse).unwrap_or(SignedDuration::MAX) })
    }
}

impl SessionStore for SharedSessions {
    fn hold<'a>(&'a self, id: &'a SessionId) -> BoxFuture<'a, Result<Hold, SessionError>> {
        Box::pin(async move {
            let mut tx = self.turns.begin().await.map_err(storage)?;
            sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
                .bind(format!("session:{}", id.as_str()))
                .execute(&mut *tx)
                .await
                .map_err(storage)?;
            Ok(Some(Box::new(tx) as Box<dyn Any + Send>))
        })
    }

    fn load<'a>(&'a self, id: &'a SessionId) -> BoxFuture<'a, Result<Option<Session>, SessionError>> {
        Box::pin(async move {
            let state: Option<String> = sqlx::query_scalar("SELECT state FROM sessions WHERE id = $1")
                .bind(id.as_str())
                .fetch_optional(&mut *self.states.acquire().await.map_err(storage)?)
                .await
                .map_err(storage)?;
            let session = state.and_then(|state| Session::read(&state));
            Ok(session.filter(|s| Timestamp::now().duration_since(s.touched) < self.lapse))
        })
    }

    fn save(&self, session: Session) -> BoxFuture<'_, Result<(), SessionError>> {
        Box::pin(async move {
            let state = serde_json::to_string(&session).map_err(|e| SessionError::Storage(Box::new(e)))?;
            sqlx::query(
                "INSERT INTO sessions (id, state, touched) VALUES ($1, $2, $3)
                 ON CONFLICT (id) DO UPDATE SET state = excluded.state, touched = excluded.touched",
            )
            .bind(session.id.as_str())
            .bind(state)
            .bind(session.touched.as_millisecond())
            .execute(&mut *self.states.acquire().await.map_err(storage)?)
            .await
            .map_err(storage)?;
            Ok(())
        })
    }

    fn end<'a>(&'a self, id: &'a SessionId) -> BoxFuture<'a, Result<(), SessionError>> {
        Box::pin(async move {
            let gone = sqlx::query("DELETE FROM sessions WHERE id = $1").bind(id.as_str());
            gone.execute(&mut *self.states.acquire().await.map_err(storage)?).await.map_err(storage)?;
            Ok(())
        })
    }
}

/// Removes what has lapsed, until the pool is closed.
async fn sweep(states: Pool, lapse: Duration) {
    let mut tick = tokio::time::interval(SWEEP);
    while !states.is_closed() {
        tick.tick().await;
        let oldest = Timestamp::now().as_millisecond() - i64::try_from(lapse.as_millis()).unwrap_or(i64::MAX);
        let swept = async {
            let lapsed = sqlx::query("DELETE FROM sessions WHERE touched < $1").bind(oldest);
            lapsed.execute(&mut *states.acquire().await?).await
        };
        if let Err(error) = swept.await {
            tracing::warn!(%error, "lapsed sessions could not be removed");
        }
    }
}

fn storage(error: sqlx::Error) -> SessionError {
    SessionError::Storage(Box::new(StoreError::from(error)))
}
