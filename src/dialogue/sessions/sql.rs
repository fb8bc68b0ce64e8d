//! Sessions in a SQLite file of their own, behind a journal. A turn is answered once its session is in the journal, so a
//! killed process loses no conversation; what the journal holds is folded into the file many turns at a time.
//!
//! Not in the shop's database: a conversation is not worth the disk sync that an order is, and its writes must not
//! stand in front of a purchase. Not straight into SQLite: a commit is a trip to its thread and back, which every turn
//! would wait for.

use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use jiff::Timestamp;
use moka::sync::Cache;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{QueryBuilder, Row, SqlitePool};

use super::journal::Journal;
use crate::dialogue::{Session, SessionError, SessionId, SessionStore};

/// Sessions held in memory beside the file, and how long one may be silent: after either the file is asked again.
const CACHED: u64 = 4096;
const IDLE: Duration = Duration::from_secs(300);
/// How often the journal is folded into the file.
const FOLD: Duration = Duration::from_secs(2);
/// Sessions written in one statement.
const ROWS: usize = 200;
/// How often lapsed sessions are removed.
const SWEEP: Duration = Duration::from_secs(600);

pub struct SqlSessions {
    pool: SqlitePool,
    recent: Arc<Mutex<Recent>>,
    cache: Cache<SessionId, Session>,
    /// Silence after which a conversation is over.
    lapse: jiff::SignedDuration,
}

/// What is not only in the file.
struct Recent {
    /// Where journals lie, beside the file.
    folder: PathBuf,
    journal: Journal,
    /// Latest state of what the journal holds.
    unfolded: HashMap<String, Arc<Record>>,
}

/// A session as it was after a turn.
struct Record {
    id: String,
    /// Its line of the journal.
    line: String,
    /// Where in the line the session is; `None` once it has ended.
    state: Option<Range<usize>>,
    touched: i64,
}

/// A line of the journal, read back.
#[derive(Deserialize)]
struct Line {
    id: String,
    state: Option<Box<RawValue>>,
    touched: i64,
}

/// Room for most sessions as JSON.
const LINE: usize = 16 << 10;

impl SqlSessions {
    /// Opens or makes the file, and takes in what processes that were killed had left in their journals. Sessions
    /// untouched for `lapse` are gone.
    pub async fn open(path: &Path, lapse: Duration) -> Result<Self, SessionError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(Duration::from_secs(2));
        let pool = SqlitePoolOptions::new().max_connections(2).test_before_acquire(false);
        let pool = pool.connect_with(options).await.map_err(storage)?;
        sqlx::query("CREATE TABLE IF NOT EXISTS sessions (id TEXT PRIMARY KEY, state TEXT NOT NULL, touched INTEGER NOT NULL) STRICT, WITHOUT ROWID")
            .execute(&pool)
            .await
            .map_err(storage)?;
        sqlx::query("CREATE INDEX IF NOT EXISTS sessions_touched ON sessions (touched)")
            .execute(&pool)
            .await
            .map_err(storage)?;
        let folder = path.with_extension("journals");
        std::fs::create_dir_all(&folder).map_err(storage)?;
        let (lines, journals) = Journal::left_behind(&folder).map_err(storage)?;
        let mut unfolded = HashMap::new();
        for Line { id, state, touched } in lines.iter().filter_map(|line| serde_json::from_str(line).ok()) {
            let record = Record::of(id, state.as_ref(), touched)?;
            unfolded.insert(record.id.clone(), Arc::new(record));
        }
        commit(&pool, &unfolded).await.map_err(storage)?;
        for journal in journals {
            journal.remove().map_err(storage)?;
        }
        let journal = Journal::create(&folder).map_err(storage)?;
        let recent = Recent { folder, journal, unfolded: HashMap::new() };
        let recent = Arc::new(Mutex::new(recent));
        tokio::spawn(keep(pool.clone(), Arc::downgrade(&recent), lapse));
        let lapse = jiff::SignedDuration::try_from(lapse).unwrap_or(jiff::SignedDuration::MAX);
        let cache = Cache::builder().max_capacity(CACHED).time_to_idle(IDLE).build();
        Ok(Self { pool, recent, cache, lapse })
    }

    fn recent(&self) -> MutexGuard<'_, Recent> {
        lock(&self.recent)
    }

    fn live(&self, session: Session) -> Option<Session> {
        (Timestamp::now().duration_since(session.touched) < self.lapse).then_some(session)
    }

    fn read(&self, state: &str) -> Option<Session> {
        Session::read(state).and_then(|session| self.live(session))
    }
}

impl Record {
    fn of(id: String, session: Option<&impl Serialize>, touched: i64) -> Result<Self, SessionError> {
        let mut line = Vec::with_capacity(LINE);
        line.extend_from_slice(b"{\"id\":");
        serde_json::to_writer(&mut line, &id).map_err(storage)?;
        line.extend_from_slice(b",\"state\":");
        let from = line.len();
        serde_json::to_writer(&mut line, &session).map_err(storage)?;
        let state = session.map(|_| from..line.len());
        line.extend_from_slice(format!(",\"touched\":{touched}}}\n").as_bytes());
        line.shrink_to_fit();
        Ok(Self { id, line: String::from_utf8(line).map_err(storage)?, state, touched })
    }

    /// The session as JSON.
    fn state(&self) -> Option<&str> {
        self.line.get(self.state.clone()?)
    }
}

impl Recent {
    fn write(&mut self, record: Record) -> Result<(), SessionError> {
        self.journal.append(record.line.as_bytes()).map_err(storage)?;
        self.unfolded.insert(record.id.clone(), Arc::new(record));
        Ok(())
    }
}

impl SessionStore for SqlSessions {
    fn load<'a>(&'a self, id: &'a SessionId) -> BoxFuture<'a, Result<Option<Session>, SessionError>> {
        Box::pin(async move {
            if let Some(session) = self.cache.get(id) {
                return Ok(self.live(session));
            }
            if let Some(record) = self.recent().unfolded.get(id.as_str()).cloned() {
                return Ok(record.state().and_then(|state| self.read(state)));
            }
            let row = sqlx::query("SELECT state FROM sessions WHERE id = ?")
                .bind(id.as_str())
                .fetch_optional(&self.pool)
                .await
                .map_err(storage)?;
            Ok(row.and_then(|row| self.read(row.get::<&str, _>(0))))
        })
    }

    fn save(&self, session: Session) -> BoxFuture<'_, Result<(), SessionError>> {
        Box::pin(async move {
            let (id, touched) = (session.id.as_str().to_owned(), session.touched.as_millisecond());
            let record = Record::of(id, Some(&session), touched)?;
            // The lock is held until both have it: an end that comes between would be forgotten.
            let mut recent = self.recent();
            recent.write(record)?;
            self.cache.insert(session.id.clone(), session);
            Ok(())
        })
    }

    fn end<'a>(&'a self, id: &'a SessionId) -> BoxFuture<'a, Result<(), SessionError>> {
        Box::pin(async move {
            let mut recent = self.recent();
            self.cache.invalidate(id);
            recent.write(Record::of(id.as_str().to_owned(), None::<&Session>, 0)?)
        })
    }
}

fn lock(recent: &Mutex<Recent>) -> MutexGuard<'_, Recent> {
    recent.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Folds the journal and sweeps out what has lapsed, as long as anybody holds the store.
async fn keep(pool: SqlitePool, recent: std::sync::Weak<Mutex<Recent>>, lapse: Duration) {
    let mut fold = tokio::time::interval(FOLD);
    let mut sweep = tokio::time::interval(SWEEP);
    loop {
        tokio::select! {
            _ = fold.tick() => {
                let Some(recent) = recent.upgrade() else { return };
                if let Err(error) = fold_once(&pool, &recent).await {
                    tracing::warn!(%error, "sessions stay in their journal for now");
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

/// Moves what the journal holds into the file. Turns go on in a new journal meanwhile; the old one goes when it is no
/// longer needed, and is looked at again at the next start when that fails.
async fn fold_once(pool: &SqlitePool, recent: &Mutex<Recent>) -> Result<(), SessionError> {
    let (old, records) = {
        let mut recent = lock(recent);
        if recent.unfolded.is_empty() {
            return Ok(());
        }
        let next = Journal::create(&recent.folder).map_err(storage)?;
        (std::mem::replace(&mut recent.journal, next), recent.unfolded.clone())
    };
    commit(pool, &records).await.map_err(storage)?;
    old.remove().map_err(storage)?;
    // What was written again meanwhile is newer than what was folded.
    let mut recent = lock(recent);
    recent.unfolded.retain(|id, now| records.get(id).is_none_or(|then| !Arc::ptr_eq(then, now)));
    Ok(())
}

/// A few statements for all of them: a statement is one trip to SQLite's thread and one commit.
async fn commit(pool: &SqlitePool, records: &HashMap<String, Arc<Record>>) -> Result<(), sqlx::Error> {
    let kept: Vec<_> = records.values().filter_map(|r| Some((r, r.state()?))).collect();
    // Values bound one by one: to hand them over as one JSON array costs SQLite more than all the rest.
    for rows in kept.chunks(ROWS) {
        let mut insert = QueryBuilder::new("INSERT INTO sessions (id, state, touched) ");
        insert.push_values(rows, |mut row, (record, state)| {
            row.push_bind(&record.id).push_bind(*state).push_bind(record.touched);
        });
        // A journal that outlived its folding may hold what is long out of date.
        insert.push(
            " ON CONFLICT (id) DO UPDATE SET state = excluded.state, touched = excluded.touched \
             WHERE excluded.touched >= touched",
        );
        insert.build().persistent(rows.len() == ROWS).execute(pool).await?;
    }
    let ended: Vec<_> = records.values().filter(|r| r.state.is_none()).map(|r| &r.id).collect();
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
            tokio::spawn(async move { store.save(session(n)).await.unwrap() })
        });
        futures::future::join_all(saves).await.into_iter().for_each(|r| r.unwrap());
        // A fold under way would still hold the journal, as no killed process can.
        while Arc::strong_count(&store.recent) > 1 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
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
    async fn the_journal_is_folded_and_the_latest_state_counts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sessions.db");
        let store = SqlSessions::open(&path, Duration::from_secs(60)).await.unwrap();
        let journals = || std::fs::read_dir(folder.path().join("sessions.journals")).unwrap().count();
        for turns in 0..40 {
            store.save(Session { turns, ..session(1) }).await.unwrap();
            store.save(Session { turns, ..session(2) }).await.unwrap();
            fold_once(&store.pool, &store.recent).await.unwrap();
        }
        store.end(&session(2).id).await.unwrap();
        fold_once(&store.pool, &store.recent).await.unwrap();
        store.cache.invalidate_all();
        assert!(store.recent().unfolded.is_empty());
        assert_eq!(journals(), 1);
        assert_eq!(store.load(&session(1).id).await.unwrap().map(|s| s.turns), Some(39));
        assert_eq!(store.load(&session(2).id).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_lapsed_session_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqlSessions::open(&folder.path().join("s.db"), Duration::from_secs(60)).await.unwrap();
        let mut old = session(1);
        old.touched = Timestamp::now() - jiff::SignedDuration::from_secs(61);
        store.save(old.clone()).await.unwrap();
        assert_eq!(store.load(&old.id).await.unwrap(), None);
    }
}
