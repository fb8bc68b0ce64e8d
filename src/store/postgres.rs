//! PostgreSQL: an address in, two pools out, with the schema brought up to date. Any number of servers share one
//! database, and any of them may die at any moment: nothing here outlives a transaction.

use std::path::PathBuf;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Executor, PgPool, Postgres, Transaction};

use super::StoreError;
use super::breaker::{self, Breaker};

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

/// PostgreSQL forks a process for each; a statement of ours takes a millisecond.
const WRITERS: u32 = 6;
const READERS: u32 = 6;
/// How long a caller waits for a connection. Less than a turn may take: there must be time left to say so.
const PATIENCE: Duration = Duration::from_secs(3);

/// What every connection is told. Whoever waits has a deadline of its own; these end what nobody waits for any more, and
/// the locks of a server that vanished without a word (a cable, not a killed process). Imports write for a while.
const TERMS: &str = "SET statement_timeout = '60s'; SET lock_timeout = '3s'; \
                     SET idle_in_transaction_session_timeout = '120s'; SET TIME ZONE 'UTC'";

/// A pool behind a circuit breaker, which all pools to one database share: while it is down nobody waits for it.
#[derive(Clone, Debug)]
pub struct Pool {
    pool: PgPool,
    breaker: Breaker,
}

/// Connections that may write, and those that may not.
pub async fn open(address: &str) -> Result<(Pool, Pool), StoreError> {
    let options: PgConnectOptions = address.parse().map_err(StoreError::Address)?;
    let options = options.application_name("voicecart");
    let name = name(&options);
    let failed = |e| StoreError::opening(&name, e);
    // Making an index on a table that has grown takes longer than a statement of the shop's may.
    let first = PgPoolOptions::new().max_connections(1).acquire_timeout(PATIENCE);
    let first = first.connect_with(options.clone()).await.map_err(failed)?;
    MIGRATIONS.run(&first).await.map_err(|e| StoreError::migrating(&name, &MIGRATIONS, e))?;
    first.close().await;
    let writer = pool(WRITERS, "").connect_with(options.clone()).await.map_err(failed)?;
    let reader = pool(READERS, "SET default_transaction_read_only = on; SET statement_timeout = '10s'")
        .connect_with(options)
        .await
        .map_err(failed)?;
    let breaker = Breaker::new("the database", breaker::Settings::default());
    Ok((Pool { pool: writer, breaker: breaker.clone() }, Pool { pool: reader, breaker }))
}

impl Pool {
    pub async fn acquire(&self) -> Result<PoolConnection<Postgres>, sqlx::Error> {
        self.guarded(self.pool.acquire()).await
    }

    pub async fn begin(&self) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
        self.guarded(self.pool.begin()).await
    }

    pub async fn close(&self) {
        self.pool.close().await;
    }

    pub fn is_closed(&self) -> bool {
        self.pool.is_closed()
    }

    /// A pool to the same database, on other terms.
    pub(super) fn another(&self, most: u32, terms: &'static str) -> Self {
        let options = self.pool.connect_options().as_ref().clone();
        Self { pool: pool(most, terms).connect_lazy_with(options), breaker: self.breaker.clone() }
    }

    async fn guarded<T>(&self, work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
        let attempt = self.breaker.enter().map_err(|open| sqlx::Error::Io(std::io::Error::other(open)))?;
        let done = work.await;
        match done {
            Ok(_) => attempt.answered(),
            // All connections are in use: that is haste here, not trouble there.
            Err(sqlx::Error::PoolTimedOut) if self.pool.size() >= self.pool.options().get_max_connections() => {
                attempt.unknown();
            }
            Err(_) => attempt.failed(),
        }
        done
    }
}

/// A pool whose connections are told the house's terms and then these.
fn pool(most: u32, terms: &'static str) -> PgPoolOptions {
    PgPoolOptions::new().max_connections(most).acquire_timeout(PATIENCE).after_connect(move |connection, _| {
        Box::pin(async move {
            connection.execute(TERMS).await?;
            connection.execute(terms).await?;
            Ok(())
        })
    })
}

/// The database as it may be shown: without its password.
fn name(options: &PgConnectOptions) -> PathBuf {
    let database = options.get_database().unwrap_or(options.get_username());
    match options.get_socket() {
        Some(socket) => socket.join(database),
        None => format!("postgres://{}:{}/{database}", options.get_host(), options.get_port()).into(),
    }
}
