//! The database: a place in, connections out, with the schema brought up to date. Refuses to know what is stored: tables
//! belong to the adapters that use them.
//!
//! Two engines: SQLite in a file of ours ([`sqlite`]) for one server, PostgreSQL elsewhere ([`postgres`]) for as many as
//! one likes. Statements are written once for both ([`sql`]).

pub mod breaker;
mod error;
pub mod grants;
pub mod idempotency;
pub mod keys;
mod near;
pub mod postgres;
pub mod sql;
mod sqlite;

use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::SqlitePool;

pub use error::StoreError;
pub use sql::Connection;

use sql::Held;

/// How long a caller waits for a connection of this process.
const QUEUE: Duration = Duration::from_secs(5);

/// An open database. Cheap to clone; all clones share the pools.
#[derive(Clone, Debug)]
pub struct Store {
    writer: Writer,
    reader: Reader,
    path: PathBuf,
    /// Removes a scratch database's folder when the last clone goes.
    _scratch: Option<Arc<tempfile::TempDir>>,
}

#[derive(Clone, Debug)]
enum Writer {
    Sqlite(SqlitePool),
    Postgres(postgres::Pool),
}

/// Connections that can only read; each statement sees the last commit.
#[derive(Clone, Debug)]
pub enum Reader {
    Sqlite(SqlitePool, near::Nearby),
    Postgres(postgres::Pool),
}

/// A transaction that may write. Dropped without a commit, it changes nothing.
pub struct Transaction(Connection);

/// What [`Store::health`] saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Health {
    /// Version of the newest migration applied.
    pub schema: i64,
    /// Size of the database (of SQLite's without its write-ahead log), in bytes.
    pub bytes: i64,
}

impl Store {
    /// Opens the database file, making it and bringing its schema up to date where needed. The folder must exist.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        Self::in_file(path, None).await
    }

    /// Opens the PostgreSQL database of this address (`postgres://user:password@host/name`) and brings its schema up to
    /// date. What a server derives from it and keeps for itself (the search index) lies beside `path`.
    pub async fn open_postgres(address: &str, path: &Path) -> Result<Self, StoreError> {
        let (writer, reader) = postgres::open(address).await?;
        Ok(Self {
            writer: Writer::Postgres(writer),
            reader: Reader::Postgres(reader),
            path: path.to_owned(),
            _scratch: None,
        })
    }

    /// A database in a folder of its own that is removed with it; for trials and tests.
    pub async fn scratch() -> Result<Self, StoreError> {
        let folder = tempfile::tempdir().map_err(StoreError::Scratch)?;
        let path = folder.path().join("voicecart.db");
        Self::in_file(&path, Some(Arc::new(folder))).await
    }

    async fn in_file(path: &Path, scratch: Option<Arc<tempfile::TempDir>>) -> Result<Self, StoreError> {
        let (writer, reader) = sqlite::open(path).await?;
        Ok(Self {
            writer: Writer::Sqlite(writer),
            reader: Reader::Sqlite(reader, near::Nearby::new(path)),
            path: path.to_owned(),
            _scratch: scratch,
        })
    }

    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    /// Begins a transaction that may write. On SQLite it takes the write lock at once, so that it can never fail half way
    /// because another process wrote first. On PostgreSQL others write at the same time: whoever reads a row to decide
    /// what to write reads it with [`sql::for_update`].
    pub async fn begin(&self) -> Result<Transaction, StoreError> {
        Ok(Transaction(Connection(match &self.writer {
            Writer::Sqlite(pool) => Held::SqliteBegun(pool.begin_with("BEGIN IMMEDIATE").await?),
            Writer::Postgres(pool) => Held::PostgresBegun(pool.begin().await?),
        })))
    }

    /// Asks the database a question that touches the disk.
    pub async fn health(&self) -> Result<Health, StoreError> {
        let found = sql::either(
            "SELECT (SELECT coalesce(max(version), 0) FROM _sqlx_migrations) AS schema,
                    (SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()) AS bytes",
            "SELECT (SELECT coalesce(max(version), 0) FROM _sqlx_migrations) AS schema,
                    pg_database_size(current_database()) AS bytes",
        );
        let found = found.fetch_one(&self.reader).await?;
        Ok(Health { schema: found.try_get("schema")?, bytes: found.try_get("bytes")? })
    }

    /// Checks every page of an SQLite file; the problems found, none when all is well. Slow on a large database.
    /// PostgreSQL's pages are its own server's care: there the answer is whether it answers.
    pub async fn check(&self) -> Result<Vec<String>, StoreError> {
        let rows: Vec<String> = sql::scalar_of("PRAGMA integrity_check", "SELECT 'ok'").fetch_all(&self.reader).await?;
        Ok(rows.into_iter().filter(|r| r != "ok").collect())
    }

    /// The database's file, or where it would be.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Connections of one's own to a PostgreSQL database, on terms of one's own, made when they are needed; `None` when
    /// the database is a file.
    pub fn postgres_pool(&self, most: u32, terms: &'static str) -> Option<postgres::Pool> {
        match &self.writer {
            Writer::Postgres(pool) => Some(pool.another(most, terms)),
            Writer::Sqlite(_) => None,
        }
    }

    /// Finishes what is under way; SQLite folds its write-ahead log into the database.
    pub async fn close(&self) {
        match &self.reader {
            Reader::Sqlite(pool, near) => {
                near.close();
                pool.close().await;
            }
            Reader::Postgres(pool) => pool.close().await,
        }
        match &self.writer {
            Writer::Sqlite(pool) => pool.close().await,
            Writer::Postgres(pool) => pool.close().await,
        }
    }
}

impl Reader {
    /// A connection to read any number of rows by.
    pub async fn acquire(&self) -> Result<Connection, sqlx::Error> {
        Ok(Connection(match self {
            Self::Sqlite(pool, _) => Held::Sqlite(pool.acquire().await?),
            Self::Postgres(pool) => Held::Postgres(pool.acquire().await?),
        }))
    }

    /// A connection for the few rows, found by an index, that a turn asks for: SQLite's are read on the thread that asks.
    pub async fn near(&self) -> Result<Connection, sqlx::Error> {
        match self {
            Self::Sqlite(_, nearby) => match nearby.take()? {
                Some(near) => Ok(Connection(Held::Near(near))),
                None => self.acquire().await,
            },
            Self::Postgres(_) => self.acquire().await,
        }
    }
}

impl Transaction {
    pub async fn commit(self) -> Result<(), sqlx::Error> {
        match self.0.0 {
            Held::SqliteBegun(begun) => begun.commit().await,
            Held::PostgresBegun(begun) => begun.commit().await,
            Held::Sqlite(_) | Held::Near(_) | Held::Postgres(_) => Ok(()),
        }
    }
}

impl Deref for Transaction {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.0
    }
}

impl DerefMut for Transaction {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn opens_twice_and_reads_what_was_committed() {
        let store = Store::scratch().await.unwrap();
        let mut tx = store.begin().await.unwrap();
        sql::query("INSERT INTO customers (id, created_at) VALUES ('ada', 0)").execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = store.begin().await.unwrap();
        sql::query("INSERT INTO customers (id, created_at) VALUES ('lost', 0)").execute(&mut *tx).await.unwrap();
        drop(tx);
        let again = Store::open(store.path()).await.unwrap();
        let names: Vec<String> = sql::query_scalar("SELECT id FROM customers").fetch_all(again.reader()).await.unwrap();
        assert_eq!(names, ["ada"]);
        assert!(again.health().await.unwrap().schema >= 2);
        assert_eq!(again.check().await.unwrap(), Vec::<String>::new());
    }

    #[tokio::test]
    async fn durability_settings_hold_on_the_writing_connection() {
        let store = Store::scratch().await.unwrap();
        let mut tx = store.begin().await.unwrap();
        let journal: String = sql::query_scalar("PRAGMA journal_mode").fetch_one(&mut *tx).await.unwrap();
        let synced: i64 = sql::query_scalar("PRAGMA synchronous").fetch_one(&mut *tx).await.unwrap();
        let keys: i64 = sql::query_scalar("PRAGMA foreign_keys").fetch_one(&mut *tx).await.unwrap();
        assert_eq!((journal.as_str(), synced, keys), ("wal", 2, 1));
    }

    #[tokio::test]
    async fn readers_cannot_write() {
        let store = Store::scratch().await.unwrap();
        assert!(sql::query("DELETE FROM customers").execute(store.reader()).await.is_err());
    }

    #[tokio::test]
    async fn near_reads_see_what_was_committed_as_others_do_and_never_write() {
        let store = Store::scratch().await.unwrap();
        let mut near = store.reader().near().await.unwrap();
        let count = || sql::query_scalar("SELECT count(*) FROM customers WHERE name IS ?1").bind(None::<&str>);
        assert_eq!(count().fetch_one::<i64>(&mut near).await.unwrap(), 0);
        let mut tx = store.begin().await.unwrap();
        sql::query("INSERT INTO customers (id, created_at) VALUES ('ada', 7), ('ben', 8)")
            .execute(&mut *tx)
            .await
            .unwrap();
        assert_eq!(count().fetch_one::<i64>(&mut near).await.unwrap(), 0);
        tx.commit().await.unwrap();
        assert_eq!(count().fetch_one::<i64>(&mut near).await.unwrap(), 2);

        for mut db in [near, store.reader().acquire().await.unwrap()] {
            let row = sql::query(
                "SELECT id, name, created_at, x'0102' AS bytes, created_at > 7 AS late FROM customers WHERE id = ?1",
            );
            let row = row.bind("ada").fetch_one(&mut db).await.unwrap();
            let (id, name): (&str, Option<String>) = (row.try_get(0).unwrap(), row.try_get("name").unwrap());
            let (made, bytes): (u32, Vec<u8>) = (row.try_get("created_at").unwrap(), row.try_get("bytes").unwrap());
            assert_eq!((id, name, made, bytes, row.try_get("late").unwrap()), ("ada", None, 7, vec![1, 2], false));
            assert!(row.try_get::<i64>("id").is_err() && row.try_get::<i64>("nothing").is_err());
            let none = sql::query("SELECT id FROM customers WHERE id = 'zoe'").fetch_optional(&mut db).await.unwrap();
            assert!(none.is_none());
            let refused = sql::query("DELETE FROM customers").execute(&mut db).await;
            assert!(matches!(refused.map_err(StoreError::from), Err(StoreError::ReadOnly)));
        }
    }

    #[tokio::test]
    async fn more_near_readers_than_there_are_places_read_all_the_same() {
        let store = Store::scratch().await.unwrap();
        let mut all = Vec::new();
        for _ in 0..11 {
            all.push(store.reader().near().await.unwrap());
        }
        for db in &mut all {
            let one: i64 = sql::query_scalar("SELECT 1").fetch_one(db).await.unwrap();
            assert_eq!(one, 1);
        }
        drop(all);
        store.close().await;
        assert!(store.reader().near().await.is_err());
    }

    #[tokio::test]
    async fn a_newer_schema_is_refused_by_name() {
        let store = Store::scratch().await.unwrap();
        let mut tx = store.begin().await.unwrap();
        sql::query(
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
        let Writer::Sqlite(writer) = &other.writer else { panic!() };
        sqlx::query("PRAGMA busy_timeout = 20").execute(writer).await.unwrap();
        let refused = other.begin().await.err();
        assert!(matches!(refused, Some(StoreError::Locked)), "{refused:?}");
    }
}
