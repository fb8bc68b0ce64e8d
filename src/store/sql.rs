//! Statements in, rows out, on whichever engine is open. The shop's SQL is written once, in what SQLite and PostgreSQL
//! both speak, with `?1` for a value; the little that differs is bridged by functions that PostgreSQL's first migration
//! makes (`json_each`, `json_extract`, `json_remove`), and a statement that truly differs is given twice ([`either`]).
//! Refuses to know tables.
//!
//! sqlx's own `Any` would copy every value of every row, knows no unsigned numbers and cannot set up a connection.

use std::borrow::Cow;

use sqlx::pool::PoolConnection;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, ColumnIndex, Error, PgConnection, Postgres, Row as _, Sqlite, SqliteConnection};

use super::Reader;
use super::near::{self, Near};

/// A statement that both engines speak.
pub fn query<'q>(sql: &'static str) -> Query<'q> {
    either(sql, sql)
}

/// A statement that is worded differently for each engine.
pub fn either<'q>(sqlite: &'static str, postgres: &'static str) -> Query<'q> {
    Query { sqlite, postgres, values: Vec::with_capacity(4) }
}

/// A statement whose first column is all that is wanted.
pub fn query_scalar<'q>(sql: &'static str) -> Scalar<'q> {
    Scalar(query(sql))
}

/// As [`either`], for the first column.
pub fn scalar_of<'q>(sqlite: &'static str, postgres: &'static str) -> Scalar<'q> {
    Scalar(either(sqlite, postgres))
}

/// A `SELECT` whose rows nobody else may change until the transaction ends. SQLite's one writer is alone anyway.
macro_rules! for_update {
    ($sql:literal) => {
        $crate::store::sql::either($sql, concat!($sql, " FOR UPDATE"))
    };
}
pub(crate) use for_update;

/// A statement and the values bound to it, in the order of their numbers.
pub struct Query<'q> {
    sqlite: &'static str,
    postgres: &'static str,
    values: Vec<Value<'q>>,
}

/// As [`Query`], but gives values in place of rows.
pub struct Scalar<'q>(Query<'q>);

/// Something that can be bound.
#[derive(Clone, Debug)]
pub enum Value<'q> {
    Number(Option<i64>),
    Text(Option<Cow<'q, str>>),
    Bytes(&'q [u8]),
}

/// A connection: one out of a pool, or one that holds a transaction.
pub struct Connection(pub(super) Held);

pub(super) enum Held {
    Sqlite(PoolConnection<Sqlite>),
    Near(Near),
    Postgres(PoolConnection<Postgres>),
    SqliteBegun(sqlx::Transaction<'static, Sqlite>),
    PostgresBegun(sqlx::Transaction<'static, Postgres>),
}

/// Where a statement is run: on this connection, or on any of the readers.
pub enum On<'c> {
    One(&'c mut Connection),
    Any(&'c Reader),
}

/// A row of either engine.
pub enum Row {
    Sqlite(SqliteRow),
    Near(near::Row),
    Postgres(PgRow),
}

/// A type that a column can be read as.
pub trait Column<'r>: Sized {
    fn of<I: Index>(row: &'r Row, index: I) -> Result<Self, Error>;
}

/// What names a column: its name or its place.
pub trait Index: ColumnIndex<SqliteRow> + ColumnIndex<PgRow> {
    fn near(&self, row: &near::Row) -> Result<usize, Error>;
}

impl Index for usize {
    fn near(&self, _: &near::Row) -> Result<usize, Error> {
        Ok(*self)
    }
}

impl Index for &str {
    fn near(&self, row: &near::Row) -> Result<usize, Error> {
        row.place(self).ok_or_else(|| Error::ColumnNotFound((*self).to_owned()))
    }
}

enum Speaks<'c> {
    Sqlite(&'c mut SqliteConnection),
    Near(&'c mut Near),
    Postgres(&'c mut PgConnection),
}

impl Connection {
    /// Whether others may write while this transaction does: rows that are read to decide something must then be held.
    pub fn is_shared(&self) -> bool {
        matches!(self.0, Held::Postgres(_) | Held::PostgresBegun(_))
    }

    fn speaks(&mut self) -> Speaks<'_> {
        match &mut self.0 {
            Held::Sqlite(db) => Speaks::Sqlite(db),
            Held::SqliteBegun(db) => Speaks::Sqlite(db),
            Held::Near(db) => Speaks::Near(db),
            Held::Postgres(db) => Speaks::Postgres(db),
            Held::PostgresBegun(db) => Speaks::Postgres(db),
        }
    }
}

impl<'c> From<&'c mut Connection> for On<'c> {
    fn from(connection: &'c mut Connection) -> Self {
        Self::One(connection)
    }
}

impl<'c> From<&'c Reader> for On<'c> {
    fn from(reader: &'c Reader) -> Self {
        Self::Any(reader)
    }
}

/// Runs `$run` on the connection that is meant, with the statement as its engine speaks it.
macro_rules! run {
    ($self:ident, $on:ident, $method:ident, $found:ident => $sqlite:expr, $near:expr, $postgres:expr) => {{
        let mut own;
        let connection = match $on.into() {
            On::One(connection) => connection,
            On::Any(reader) => {
                own = reader.acquire().await?;
                &mut own
            }
        };
        match connection.speaks() {
            Speaks::Sqlite(db) => {
                let $found = $self.sqlite().$method(db).await?;
                Ok($sqlite)
            }
            Speaks::Near(db) => {
                let $found = db.$method($self.sqlite, &$self.values)?;
                Ok($near)
            }
            Speaks::Postgres(db) => {
                let $found = $self.postgres().$method(db).await?;
                Ok($postgres)
            }
        }
    }};
}

macro_rules! bound {
    ($query:expr, $values:expr) => {{
        let mut query = $query;
        for value in $values {
            query = match value {
                Value::Number(number) => query.bind(number),
                Value::Text(text) => query.bind(text),
                Value::Bytes(bytes) => query.bind(bytes),
            };
        }
        query
    }};
}

impl<'q> Query<'q> {
    pub fn bind(mut self, value: impl Into<Value<'q>>) -> Self {
        self.values.push(value.into());
        self
    }

    pub async fn fetch_all<'c>(self, on: impl Into<On<'c>>) -> Result<Vec<Row>, Error> {
        run!(self, on, fetch_all, rows => rows.into_iter().map(Row::Sqlite).collect(), rows.into_iter().map(Row::Near).collect(), rows.into_iter().map(Row::Postgres).collect())
    }

    pub async fn fetch_optional<'c>(self, on: impl Into<On<'c>>) -> Result<Option<Row>, Error> {
        run!(self, on, fetch_optional, row => row.map(Row::Sqlite), row.map(Row::Near), row.map(Row::Postgres))
    }

    pub async fn fetch_one<'c>(self, on: impl Into<On<'c>>) -> Result<Row, Error> {
        run!(self, on, fetch_one, row => Row::Sqlite(row), Row::Near(row), Row::Postgres(row))
    }

    pub async fn execute<'c>(self, on: impl Into<On<'c>>) -> Result<Done, Error> {
        run!(self, on, execute, done => Done(done.rows_affected()), Done(done), Done(done.rows_affected()))
    }

    fn sqlite(self) -> sqlx::query::Query<'q, Sqlite, <Sqlite as sqlx::Database>::Arguments> {
        bound!(sqlx::query::<Sqlite>(self.sqlite), self.values)
    }

    fn postgres(self) -> sqlx::query::Query<'q, Postgres, <Postgres as sqlx::Database>::Arguments> {
        // The statements hold no other question mark. sqlx keeps them prepared by their text.
        bound!(sqlx::query::<Postgres>(AssertSqlSafe(self.postgres.replace('?', "$"))), self.values)
    }
}

/// What a statement without rows has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Done(u64);

impl Done {
    pub fn rows_affected(self) -> u64 {
        self.0
    }
}

impl<'q> Scalar<'q> {
    pub fn bind(self, value: impl Into<Value<'q>>) -> Self {
        Self(self.0.bind(value))
    }

    pub async fn fetch_all<'c, T: for<'r> Column<'r>>(self, on: impl Into<On<'c>>) -> Result<Vec<T>, Error> {
        self.0.fetch_all(on).await?.iter().map(|row| row.try_get(0)).collect()
    }

    pub async fn fetch_optional<'c, T: for<'r> Column<'r>>(self, on: impl Into<On<'c>>) -> Result<Option<T>, Error> {
        self.0.fetch_optional(on).await?.map(|row| row.try_get(0)).transpose()
    }

    pub async fn fetch_one<'c, T: for<'r> Column<'r>>(self, on: impl Into<On<'c>>) -> Result<T, Error> {
        self.0.fetch_one(on).await?.try_get(0)
    }
}

impl Row {
    /// The value in a column, by its name or its place.
    pub fn try_get<'r, T: Column<'r>>(&'r self, index: impl Index) -> Result<T, Error> {
        T::of(self, index)
    }
}

macro_rules! as_it_is {
    ($($type:ty),*) => {$(
        impl<'r> Column<'r> for $type {
            fn of<I: Index>(row: &'r Row, index: I) -> Result<Self, Error> {
                match row {
                    Row::Sqlite(row) => row.try_get(index),
                    Row::Near(row) => row.get(index.near(row)?),
                    Row::Postgres(row) => row.try_get(index),
                }
            }
        }
    )*};
}

as_it_is!(i64, Option<i64>, bool, &'r str, String, Option<String>, Vec<u8>);

/// Numbers that fit into fewer bits, or have no sign: PostgreSQL knows neither.
macro_rules! narrowed {
    ($($type:ty),*) => {$(
        impl<'r> Column<'r> for $type {
            fn of<I: Index>(row: &'r Row, index: I) -> Result<Self, Error> {
                Self::try_from(i64::of(row, index)?).map_err(|e| Error::Decode(e.into()))
            }
        }

        impl<'r> Column<'r> for Option<$type> {
            fn of<I: Index>(row: &'r Row, index: I) -> Result<Self, Error> {
                let wide = Option::<i64>::of(row, index)?;
                wide.map(|n| n.try_into().map_err(|e: std::num::TryFromIntError| Error::Decode(e.into()))).transpose()
            }
        }
    )*};
}

narrowed!(u8, u32);

macro_rules! binds {
    ($($type:ty => |$value:ident| $bound:expr;)*) => {$(
        impl<'q> From<$type> for Value<'q> {
            fn from($value: $type) -> Self {
                $bound
            }
        }
    )*};
}

binds! {
    i64 => |n| Self::Number(Some(n));
    Option<i64> => |n| Self::Number(n);
    u32 => |n| Self::Number(Some(n.into()));
    &'q str => |text| Self::Text(Some(text.into()));
    &'q String => |text| Self::Text(Some(text.as_str().into()));
    String => |text| Self::Text(Some(text.into()));
    Option<&'q str> => |text| Self::Text(text.map(Into::into));
    Option<String> => |text| Self::Text(text.map(Into::into));
    &'q [u8] => |bytes| Self::Bytes(bytes);
}
