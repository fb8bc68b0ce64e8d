//! What can go wrong with the database, in words an operator can act on.

use std::path::{Path, PathBuf};

use sqlx::error::DatabaseError;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::SqliteError;

use super::near;

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("cannot open the database {path}: {source}; check that the folder exists and may be written to")]
    Open { path: PathBuf, source: sqlx::Error },
    #[error("the file {path} is damaged or not a database; restore it from a backup or move it away")]
    Damaged { path: PathBuf },
    #[error(
        "the database {path} has schema {found}, made by a newer release; this one knows up to {known}: run that release"
    )]
    NewerSchema { path: PathBuf, found: i64, known: i64 },
    #[error("cannot bring the schema of {path} up to date: {source}")]
    Migration { path: PathBuf, source: MigrateError },
    #[error("the database is held by another process or a long transaction; try again in a moment")]
    Locked,
    #[error("the disk is full; nothing was changed")]
    DiskFull,
    #[error("the database or its folder is read-only")]
    ReadOnly,
    #[error("database.url is not an address such as postgres://user:password@host/name: {0}")]
    Address(sqlx::Error),
    #[error("the database server cannot be reached: {0}; check database.url, and that PostgreSQL runs there")]
    Unreachable(sqlx::Error),
    #[error("cannot make a folder for a scratch database: {0}")]
    Scratch(std::io::Error),
    #[error("a stored record cannot be read: {0}")]
    Record(#[from] serde_json::Error),
    #[error("the database failed: {0}")]
    Sql(sqlx::Error),
}

impl StoreError {
    pub(super) fn opening(path: &Path, source: sqlx::Error) -> Self {
        match primary_code(&source) {
            Some(CORRUPT | NOT_A_DATABASE) => Self::Damaged { path: path.to_owned() },
            Some(BUSY | LOCKED) => Self::Locked,
            _ if is_unreachable(&source) => Self::Unreachable(source),
            _ => Self::Open { path: path.to_owned(), source },
        }
    }

    pub(super) fn migrating(path: &Path, migrations: &Migrator, source: MigrateError) -> Self {
        let path = path.to_owned();
        match source {
            MigrateError::VersionMissing(found) => {
                let known = migrations.iter().map(|m| m.version).max().unwrap_or(0);
                Self::NewerSchema { path, found, known }
            }
            MigrateError::Execute(e) => match primary_code(&e) {
                Some(CORRUPT | NOT_A_DATABASE) => Self::Damaged { path },
                Some(_) => e.into(),
                None => Self::Migration { path, source: MigrateError::Execute(e) },
            },
            source => Self::Migration { path, source },
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match (&error, primary_code(&error)) {
            (sqlx::Error::PoolTimedOut, _) | (_, Some(BUSY | LOCKED)) => Self::Locked,
            (_, Some(FULL)) => Self::DiskFull,
            (_, Some(READ_ONLY)) => Self::ReadOnly,
            _ if is_unreachable(&error) => Self::Unreachable(error),
            _ => match error.as_database_error().and_then(|e| e.code()).as_deref() {
                // Lock not available, serialization failure, deadlock.
                Some("55P03" | "40001" | "40P01") => Self::Locked,
                Some("53100") => Self::DiskFull,
                Some("25006") => Self::ReadOnly,
                _ => Self::Sql(error),
            },
        }
    }
}

/// Whether the server is gone, is shutting down or starting up, or takes no more connections.
fn is_unreachable(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::WorkerCrashed | sqlx::Error::PoolClosed => true,
        error => error
            .as_database_error()
            .filter(|e| !is_sqlite(*e))
            .and_then(|e| e.code())
            .is_some_and(|code| code.starts_with("08") || code.starts_with("57P") || code == "53300"),
    }
}

// SQLite's primary result codes.
const BUSY: u32 = 5;
const LOCKED: u32 = 6;
const READ_ONLY: u32 = 8;
const CORRUPT: u32 = 11;
const FULL: u32 = 13;
const NOT_A_DATABASE: u32 = 26;

/// SQLite's result code without its extension (the upper bytes).
fn primary_code(error: &sqlx::Error) -> Option<u32> {
    let error = error.as_database_error().filter(|e| is_sqlite(*e))?;
    let code: u32 = error.code()?.parse().ok()?;
    Some(code & 0xff)
}

fn is_sqlite(error: &dyn DatabaseError) -> bool {
    error.try_downcast_ref::<SqliteError>().is_some() || error.try_downcast_ref::<near::Failed>().is_some()
}
