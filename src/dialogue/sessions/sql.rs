//! Sessions in a SQLite file of their own. A turn is answered only after its session is written, so a killed process
//! loses no conversation; writes of concurrent turns are gathered into one commit.
//!
//! Not in the shop's database: a conversation is not worth the disk sync that an order is, and its writes must not
//! stand in front of a purchase.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use jiff::Timestamp;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Row, SqlitePool};
use tokio::sync::{mpsc, oneshot};

use crate::dialogue::{Session, SessionError, SessionId, SessionStore};

/// Sessions held in memory beside the file; more than this and the file is asked again.
const CACHED: usize = 4096;
/// Most sessions written in one commit.
const BATCH: usize = 256;
/// How often lapsed sessions are removed.
const SWEEP: Duration = Duration::from_secs(600);

pub struct SqlSessions {
    pool: SqlitePool,
    cache: Mutex<HashMap<SessionId, Session>>,
    writes: mpsc::Sender<Write>,
    /// Silence after which a conversation is over.
    lapse: jiff::SignedDuration,
}

struct Write {
    id: String,
    /// `None` removes the session.
    state: Option<String>,
    touched: i64,
    done: oneshot::Sender<Result<(), String>>,
}

impl SqlSessions {
    /// Opens or makes the file. Sessions untouched for `lapse` are gone.
    pub async fn open(path: &Path, lapse: Duration) -> Result<Self, SessionError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(Duration::from_secs(2));
        let pool = SqlitePoolOptions::new().max_connections(2).connect_with(options).await.map_err(storage)?;
        sqlx::query("CREATE TABLE IF NOT EXISTS sessions (id TEXT PRIMARY KEY, state TEXT NOT NULL, touched INTEGER NOT NULL) STRICT, WITHOUT ROWID")
            .execute(&pool)
            .await
            .map_err(storage)?;
        sqlx::query("CREATE INDEX IF NOT EXISTS sessions_touched ON sessions (touched)")
            .execute(&pool)
            .await
            .map_err(storage)?;
        let (writes, inbox) = mpsc::channel(BATCH * 4);
        tokio::spawn(write_all(pool.clone(), inbox, lapse));
        let lapse = jiff::SignedDuration::try_from(lapse).unwrap_or(jiff::SignedDuration::MAX);
        Ok(Self { pool, cache: Mutex::default(), writes, lapse })
    }

    async fn write(&self, id: &SessionId, state: Option<String>, touched: Timestamp) -> Result<(), SessionError> {
        let (done, written) = oneshot::channel();
        let write = Write { id: id.as_str().to_owned(), state, touched: touched.as_millisecond(), done };
        let gone = |_| storage(std::io::Error::other("the session writer has stopped"));
        self.writes.send(write).await.map_err(|e| gone(e.to_string()))?;
        written.await.map_err(|e| gone(e.to_string()))?.map_err(|e| storage(std::io::Error::other(e)))
    }

    fn cached(&self, id: &SessionId) -> Option<Session> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    fn live(&self, session: Session) -> Option<Session> {
        (Timestamp::now().duration_since(session.touched) < self.lapse).then_some(session)
    }
}

impl SessionStore for SqlSessions {
    fn load<'a>(&'a self, id: &'a SessionId) -> BoxFuture<'a, Result<Option<Session>, SessionError>> {
        Box::pin(async move {
            if let Some(session) = self.cached(id) {
                return Ok(self.live(session));
            }
            let row = sqlx::query("SELECT state FROM sessions WHERE id = ?")
                .bind(id.as_str())
                .fetch_optional(&self.pool)
                .await
                .map_err(storage)?;
            let Some(row) = row else { return Ok(None) };
            match serde_json::from_str(row.get::<&str, _>(0)) {
                Ok(session) => Ok(self.live(session)),
                // Written by another release: the conversation starts afresh, orders and baskets are elsewhere.
                Err(error) => {
                    tracing::warn!(%error, "a stored session cannot be read and is dropped");
                    Ok(None)
                }
            }
        })
    }

    fn save<'a>(&'a self, session: &'a Session) -> BoxFuture<'a, Result<(), SessionError>> {
        Box::pin(async move {
            let state = serde_json::to_string(session).map_err(storage)?;
            self.write(&session.id, Some(state), session.touched).await?;
            let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
            if cache.len() >= CACHED {
                cache.clear();
            }
            cache.insert(session.id.clone(), session.clone());
            Ok(())
        })
    }

    fn end<'a>(&'a self, id: &'a SessionId) -> BoxFuture<'a, Result<(), SessionError>> {
        Box::pin(async move {
            self.cache.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
            self.write(id, None, Timestamp::now()).await
        })
    }
}

async fn write_all(pool: SqlitePool, mut inbox: mpsc::Receiver<Write>, lapse: Duration) {
    let mut batch = Vec::with_capacity(BATCH);
    let mut sweep = tokio::time::interval(SWEEP);
    loop {
        tokio::select! {
            n = inbox.recv_many(&mut batch, BATCH) => {
                if n == 0 {
                    return;
                }
                let result = commit(&pool, &batch).await.map_err(|e| e.to_string());
                for write in batch.drain(..) {
                    // The turn that waited may have been given up meanwhile.
                    let _ = write.done.send(result.clone());
                }
            }
            _ = sweep.tick() => {
                let oldest = Timestamp::now().as_millisecond() - i64::try_from(lapse.as_millis()).unwrap_or(i64::MAX);
                if let Err(error) = sqlx::query("DELETE FROM sessions WHERE touched < ?").bind(oldest).execute(&pool).await {
                    tracing::warn!(%error, "lapsed sessions could not be removed");
                }
            }
        }
    }
}

/// One statement for the whole batch: a statement is one trip to SQLite's thread and one commit.
async fn commit(pool: &SqlitePool, batch: &[Write]) -> Result<(), sqlx::Error> {
    let kept: Vec<_> = batch.iter().filter_map(|w| w.state.as_ref().map(|s| (&w.id, s, w.touched))).collect();
    let ended: Vec<_> = batch.iter().filter(|w| w.state.is_none()).map(|w| &w.id).collect();
    if let [(id, state, touched)] = kept[..] {
        sqlx::query("INSERT OR REPLACE INTO sessions (id, state, touched) VALUES (?, ?, ?)")
            .bind(id)
            .bind(state)
            .bind(touched)
            .execute(pool)
            .await?;
    } else if !kept.is_empty() {
        let rows = serde_json::to_string(&kept).map_err(|e| sqlx::Error::Encode(e.into()))?;
        sqlx::query(
            "INSERT OR REPLACE INTO sessions (id, state, touched) \
             SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?)",
        )
        .bind(rows)
        .execute(pool)
        .await?;
    }
    if !ended.is_empty() {
        let ids = serde_json::to_string(&ended).map_err(|e| sqlx::Error::Encode(e.into()))?;
        sqlx::query("DELETE FROM sessions WHERE id IN (SELECT value FROM json_each(?))")
            .bind(ids)
            .execute(pool)
            .await?;
    }
    Ok(())
}

fn storage(error: impl std::error::Error + Send + Sync + 'static) -> SessionError {
    SessionError::Storage(Box::new(error))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::shop::CustomerId;

    fn session(n: u32) -> Session {
        let id = SessionId::new(&format!("s{n}")).unwrap();
        Session::new(id, CustomerId::new("ada").unwrap(), "en-US", Timestamp::now())
    }

    #[tokio::test]
    async fn many_turns_at_once_are_all_there_after_reopening() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sessions.db");
        let store = Arc::new(SqlSessions::open(&path, Duration::from_secs(60)).await.unwrap());
        let saves = (0..500).map(|n| {
            let store = store.clone();
            tokio::spawn(async move { store.save(&session(n)).await.unwrap() })
        });
        futures::future::join_all(saves).await.into_iter().for_each(|r| r.unwrap());
        drop(store);

        let again = SqlSessions::open(&path, Duration::from_secs(60)).await.unwrap();
        for n in 0..500 {
            let id = SessionId::new(&format!("s{n}")).unwrap();
            assert_eq!(again.load(&id).await.unwrap().map(|s| s.id), Some(id));
        }
        let id = SessionId::new("s7").unwrap();
        again.end(&id).await.unwrap();
        assert_eq!(again.load(&id).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_lapsed_session_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqlSessions::open(&folder.path().join("s.db"), Duration::from_secs(60)).await.unwrap();
        let mut old = session(1);
        old.touched = Timestamp::now() - jiff::SignedDuration::from_secs(61);
        store.save(&old).await.unwrap();
        assert_eq!(store.load(&old.id).await.unwrap(), None);
    }
}
