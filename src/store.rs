//! The database: a path in, two connection pools out, with the schema brought up to date. Refuses to know what is
//! stored: tables belong to the adapters that use them.
//!
//! SQLite takes one writer at a time, so there is one writing connection and callers queue for it here, where waiting
//! is cheap, rather than inside SQLite's busy handler. Readers have their own pool and, under WAL, never wait.

mod error;
pub mod grants;
pub mod idempotency;
pub mod keys;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::SqlitePool;
use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

pub use error::StoreError;

/// A transaction that holds the one writing connection. Dropped without a commit, it changes nothing.
pub type Transaction = sqlx::Transaction<'static, sqlx::Sqlite>;

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

/// How long a statement waits for another process (an import beside a running server) to let go of the database.
const BUSY: Duration = Duration::from_secs(5);
/// How long a caller waits for a connection of this process.
const QUEUE: Duration = Duration::from_secs(5);
const READERS: u32 = 4;

/// An open database. Cheap to clone; all clones share the pools.
#[derive(Clone, Debug)]
pub struct Store {
    writer: SqlitePool,
    reader: SqlitePool,
    path: PathBuf,
    /// Removes a scratch database's folder when the last clone goes.
    _scratch: Option<Arc<tempfile::TempDir>>,
}

/// What [`Store::health`] saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Health {
    /// Version of the newest migration applied.
    pub schema: i64,
    /// Size of the database without its write-ahead log, in bytes.
    pub bytes: i64,
}

impl Store {
    /// Opens the database file, making it and bringing its schema up to date where needed. The folder must exist.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        Self::open_with(path, None).await
    }

    /// A database in a folder of its own that is removed with it; for trials and tests.
    pub async fn scratch() -> Result<Self, StoreError> {
        let folder = tempfile::tempdir().map_err(StoreError::Scratch)?;
        let path = folder.path().join("voicecart.db");
        Self::open_with(&path, Some(Arc::new(folder))).await
    }

    async fn open_with(path: &Path, scratch: Option<Arc<tempfile::TempDir>>) -> Result<Self, StoreError> {
        let failed = |e| StoreError::opening(path, e);
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // Under WAL, NORMAL survives a killed process but may lose the last commits when the power goes. An order
            // that was read back to a shopper must still be there, so every commit is synced.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY)
            .pragma("temp_store", "memory")
            .pragma("cache_size", "-8000")
            .pragma("mmap_size", "134217728");
        let pool = || SqlitePoolOptions::new().acquire_timeout(QUEUE).test_before_acquire(false);
        let writer = pool().max_connections(1).connect_with(options.clone()).await.map_err(failed)?;
        MIGRATIONS.run(&writer).await.map_err(|e| StoreError::migrating(path, e))?;
        let reader = pool()
            .max_connections(READERS)
            .connect_with(options.create_if_missing(false).pragma("query_only", "on"))
            .await
            .map_err(failed)?;
        Ok(Self { writer, reader, path: path.to_owned(), _scratch: scratch })
    }

    /// Connections that can only read; each statement sees the last commit.
    pub fn reader(&self) -> &SqlitePool {
        &self.reader
    }

    /// Begins a transaction that may write. It takes the write lock at once, so that it can never fail half way because
    /// another process wrote first.
    pub async fn begin(&self) -> Result<Transaction, StoreError> {
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }

    /// Asks the database a question that touches the disk.
    pub async fn health(&self) -> Result<Health, StoreError> {
        let (schema, bytes) = sqlx::query_as(
            "SELECT (SELECT coalesce(max(version), 0) FROM _sqlx_migrations),
                    (SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size())",
        )
        .fetch_one(&self.reader)
        .await?;
        Ok(Health { schema, bytes })
    }

    /// Checks every page; the problems found, none when all is well. Slow on a large database.
    pub async fn check(&self) -> Result<Vec<String>, StoreError> {
        let rows: Vec<String> = sqlx::query_scalar("PRAGMA integrity_check").fetch_all(&self.reader).await?;
        Ok(rows.into_iter().filter(|r| r != "ok").collect())
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Finishes what is under way and folds the write-ahead log into the database.
    pub async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn opens_twice_and_reads_what_was_committed() {
        let store = Store::scratch().await.unwrap();
        let mut tx = store.begin().await.unwrap();
        sqlx::query("INSERT INTO customers (id, created_at) VALUES ('ada', 0)").execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = store.begin().await.unwrap();
        sqlx::query("INSERT INTO customers (id, created_at) VALUES ('lost', 0)").execute(&mut *tx).await.unwrap();
        drop(tx);
        let again = Store::open(store.path()).await.unwrap();
        let names: Vec<String> =
            sqlx::query_scalar("SELECT id FROM customers").fetch_all(again.reader()).await.unwrap();
        assert_eq!(names, ["ada"]);
        assert!(again.health().await.unwrap().schema >= 2);
        assert_eq!(again.check().await.unwrap(), Vec::<String>::new());
    }

    #[tokio::test]
    async fn durability_settings_hold_on_the_writing_connection() {
        let store = Store::scratch().await.unwrap();
        let mut tx = store.begin().await.unwrap();
        let journal: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut *tx).await.unwrap();
        let synced: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(&mut *tx).await.unwrap();
        let keys: i64 = sqlx::query_scalar("PRAGMA foreign_keys").fetch_one(&mut *tx).await.unwrap();
        assert_eq!((journal.as_str(), synced, keys), ("wal", 2, 1));
    }

    #[tokio::test]
    async fn readers_cannot_write() {
        let store = Store::scratch().await.unwrap();
        assert!(sqlx::query("DELETE FROM customers").execute(store.reader()).await.is_err());
    }

    #[tokio::test]
    async fn a_newer_schema_is_refused_by_name() {
        let store = Store::scratch().await.unwrap();
        let mut tx = store.begin().await.unwrap();
        sqlx::query(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             VALUES (9999, 'from the future', 1, x'00', 0)",
        )
        .execute(&mut *tx)
        .await
        .unwrap();
        tx.commit().await.unwrap();
        let refused = Store::open(store.path()).await.unwrap_err();
        assert!(matches!(refused, StoreError::NewerSchema { found: 9999, .. }), "{refused}");
    }

    #[tokio::test]
    async fn what_cannot_be_opened_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let missing = Store::open(&folder.path().join("no/such/folder/x.db")).await.unwrap_err();
        assert!(matches!(missing, StoreError::Open { .. }), "{missing}");
        let junk = folder.path().join("junk.db");
        std::fs::write(&junk, "this is not a database, however long it may be ".repeat(40)).unwrap();
        let damaged = Store::open(&junk).await.unwrap_err();
        assert!(matches!(damaged, StoreError::Damaged { .. }), "{damaged}");
    }

    #[tokio::test]
    async fn a_lock_held_elsewhere_is_named() {
        let store = Store::scratch().await.unwrap();
        let _held = store.begin().await.unwrap();
        let other = Store::open(store.path()).await.unwrap();
        sqlx::query("PRAGMA busy_timeout = 20").execute(&other.writer).await.unwrap();
        let refused = other.begin().await.unwrap_err();
        assert!(matches!(refused, StoreError::Locked), "{refused}");
    }
}
