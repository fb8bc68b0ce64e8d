//! SQLite: a path in, two pools out, with the schema brought up to date.
//!
//! SQLite takes one writer at a time, so there is one writing connection and callers queue for it here, where waiting
//! is cheap, rather than inside SQLite's busy handler. Readers have their own pool and, under WAL, never wait.

use std::path::Path;
use std::time::Duration;

use sqlx::SqlitePool;
use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use super::{QUEUE, StoreError};

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

/// How long a statement waits for another process (an import beside a running server) to let go of the database.
pub(super) const BUSY: Duration = Duration::from_secs(5);
const READERS: u32 = 4;
/// Of every connection, by whichever library.
pub(super) const ALWAYS: &[(&str, &str)] = &[("temp_store", "memory"), ("mmap_size", "134217728")];
/// Of those that only read.
pub(super) const READ_ONLY: (&str, &str) = ("query_only", "on");

/// The one writing connection, and the readers.
pub async fn open(path: &Path) -> Result<(SqlitePool, SqlitePool), StoreError> {
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
        .pragma("cache_size", "-8000");
    let options = ALWAYS.iter().fold(options, |options, (name, value)| options.pragma(*name, *value));
    let pool = || SqlitePoolOptions::new().acquire_timeout(QUEUE).test_before_acquire(false);
    let writer = pool().max_connections(1).connect_with(options.clone()).await.map_err(failed)?;
    MIGRATIONS.run(&writer).await.map_err(|e| StoreError::migrating(path, &MIGRATIONS, e))?;
    let reader = pool()
        .max_connections(READERS)
        .connect_with(options.create_if_missing(false).pragma(READ_ONLY.0, READ_ONLY.1))
        .await
        .map_err(failed)?;
    Ok((writer, reader))
}
