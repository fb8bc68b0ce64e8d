//! Short reads of an SQLite file on the thread that asks: a statement in, rows out. sqlx gives every connection a thread of
//! its own, and the way there and back costs several times what a turn's few rows do. Refuses to write, and is not for what
//! reads much: a worker of the runtime waits meanwhile.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::{CachedStatement, Connection, OpenFlags, Statement, params_from_iter, types};
use sqlx::error::{DatabaseError, ErrorKind};

use super::sql::Value;
use super::sqlite::{ALWAYS, BUSY, READ_ONLY};

/// Open at the same time at most; who finds all of them taken asks a reader with a thread.
const MOST: usize = 8;
/// Statements each keeps prepared.
const PREPARED: usize = 128;

/// The connections to one file. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Nearby(Arc<Inside>);

#[derive(Debug)]
struct Inside {
    path: PathBuf,
    idle: Mutex<Idle>,
}

#[derive(Debug, Default)]
struct Idle {
    connections: Vec<Connection>,
    /// Idle or not.
    open: usize,
    closed: bool,
}

/// A connection that goes back when it is dropped.
pub struct Near {
    connection: Option<Connection>,
    home: Nearby,
}

/// A row, copied out of the database.
pub struct Row {
    names: Arc<[String]>,
    values: Vec<types::Value>,
}

/// A type that a column of a [`Row`] can be read as.
pub trait Read<'r>: Sized {
    fn read(value: &'r types::Value) -> Option<Self>;
}

impl Nearby {
    pub fn new(path: &Path) -> Self {
        Self(Arc::new(Inside { path: path.to_owned(), idle: Mutex::default() }))
    }

    /// A connection, or none when all are taken.
    pub fn take(&self) -> Result<Option<Near>, sqlx::Error> {
        let connection = {
            let mut idle = self.idle();
            match idle.connections.pop() {
                Some(connection) => Some(connection),
                None if idle.closed || idle.open == MOST => return Ok(None),
                None => {
                    idle.open += 1;
                    None
                }
            }
        };
        // From here on its place is given back, whatever happens.
        let mut near = Near { connection, home: self.clone() };
        if near.connection.is_none() {
            near.connection = Some(open(&self.0.path).map_err(failed)?);
        }
        Ok(Some(near))
    }

    /// Closes what is idle, and what is not as soon as it is.
    pub fn close(&self) {
        let mut idle = self.idle();
        idle.closed = true;
        idle.connections.clear();
    }

    fn idle(&self) -> MutexGuard<'_, Idle> {
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(PREPARED);
    // What is mapped needs no cache beside it.
    for (name, value) in ALWAYS.iter().chain(&[("cache_size", "-2000"), READ_ONLY]) {
        connection.execute_batch(&format!("PRAGMA {name} = {value}"))?;
    }
    Ok(connection)
}

impl Near {
    pub fn fetch_all(&self, sql: &str, values: &[Value<'_>]) -> Result<Vec<Row>, sqlx::Error> {
        self.first(usize::MAX, sql, values)
    }

    pub fn fetch_optional(&self, sql: &str, values: &[Value<'_>]) -> Result<Option<Row>, sqlx::Error> {
        Ok(self.first(1, sql, values)?.pop())
    }

    pub fn fetch_one(&self, sql: &str, values: &[Value<'_>]) -> Result<Row, sqlx::Error> {
        self.fetch_optional(sql, values)?.ok_or(sqlx::Error::RowNotFound)
    }

    /// Refused by SQLite where it would change anything.
    pub fn execute(&self, sql: &str, values: &[Value<'_>]) -> Result<u64, sqlx::Error> {
        let done = self.prepare(sql)?.execute(params_from_iter(values)).map_err(failed)?;
        Ok(done as u64)
    }

    fn first(&self, most: usize, sql: &str, values: &[Value<'_>]) -> Result<Vec<Row>, sqlx::Error> {
        rows(&mut *self.prepare(sql)?, values, most).map_err(failed)
    }

    fn prepare(&self, sql: &str) -> Result<CachedStatement<'_>, sqlx::Error> {
        let connection = self.connection.as_ref().ok_or(sqlx::Error::PoolClosed)?;
        connection.prepare_cached(sql).map_err(failed)
    }
}

impl Drop for Near {
    fn drop(&mut self) {
        let mut idle = self.home.idle();
        match self.connection.take() {
            Some(connection) if !idle.closed => idle.connections.push(connection),
            _ => idle.open = idle.open.saturating_sub(1),
        }
    }
}

fn rows(statement: &mut Statement<'_>, values: &[Value<'_>], most: usize) -> rusqlite::Result<Vec<Row>> {
    let names: Arc<[String]> = statement.column_names().into_iter().map(str::to_owned).collect();
    let mut found = statement.query(params_from_iter(values))?;
    let mut rows = Vec::new();
    while rows.len() < most
        && let Some(row) = found.next()?
    {
        let value = |at| row.get_ref(at).map(types::Value::try_from);
        let values = (0..names.len()).map(|at| Ok(value(at)??)).collect::<rusqlite::Result<_>>()?;
        rows.push(Row { names: names.clone(), values });
    }
    Ok(rows)
}

impl rusqlite::ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<types::ToSqlOutput<'_>> {
        let value = match self {
            Value::Number(Some(number)) => types::ValueRef::Integer(*number),
            Value::Text(Some(text)) => types::ValueRef::Text(text.as_bytes()),
            Value::Bytes(bytes) => types::ValueRef::Blob(bytes),
            Value::Number(None) | Value::Text(None) => types::ValueRef::Null,
        };
        Ok(types::ToSqlOutput::Borrowed(value))
    }
}

impl Row {
    /// The place of the column of this name.
    pub fn place(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|n| n == name)
    }

    pub fn get<'r, T: Read<'r>>(&'r self, at: usize) -> Result<T, sqlx::Error> {
        let value =
            self.values.get(at).ok_or(sqlx::Error::ColumnIndexOutOfBounds { index: at, len: self.values.len() })?;
        let wrong = || sqlx::Error::ColumnDecode {
            index: self.names.get(at).cloned().unwrap_or_default(),
            source: format!("a value of type {} was not expected", value.data_type()).into(),
        };
        T::read(value).ok_or_else(wrong)
    }
}

impl Read<'_> for i64 {
    fn read(value: &types::Value) -> Option<Self> {
        match value {
            types::Value::Integer(number) => Some(*number),
            _ => None,
        }
    }
}

impl Read<'_> for bool {
    fn read(value: &types::Value) -> Option<Self> {
        i64::read(value).map(|number| number != 0)
    }
}

impl<'r> Read<'r> for &'r str {
    fn read(value: &'r types::Value) -> Option<Self> {
        match value {
            types::Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl<'r> Read<'r> for String {
    fn read(value: &'r types::Value) -> Option<Self> {
        <&str>::read(value).map(str::to_owned)
    }
}

impl Read<'_> for Vec<u8> {
    fn read(value: &types::Value) -> Option<Self> {
        match value {
            types::Value::Blob(bytes) => Some(bytes.clone()),
            _ => None,
        }
    }
}

impl<'r, T: Read<'r>> Read<'r> for Option<T> {
    fn read(value: &'r types::Value) -> Option<Self> {
        match value {
            types::Value::Null => Some(None),
            value => T::read(value).map(Some),
        }
    }
}

/// SQLite's complaint, for those who know sqlx's.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Failed(rusqlite::Error);

fn failed(error: rusqlite::Error) -> sqlx::Error {
    sqlx::Error::Database(Box::new(Failed(error)))
}

impl DatabaseError for Failed {
    fn message(&self) -> &str {
        match &self.0 {
            rusqlite::Error::SqliteFailure(_, Some(message)) => message,
            _ => "SQLite failed",
        }
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        self.0.sqlite_error().map(|e| e.extended_code.to_string().into())
    }

    fn as_error(&self) -> &(dyn StdError + Send + Sync + 'static) {
        self
    }

    fn as_error_mut(&mut self) -> &mut (dyn StdError + Send + Sync + 'static) {
        self
    }

    fn into_error(self: Box<Self>) -> Box<dyn StdError + Send + Sync + 'static> {
        self
    }

    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}
