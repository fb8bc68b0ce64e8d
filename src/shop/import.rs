//! Files in, rows of the shop out: catalogues (CSV, JSON Lines), customers and orders (JSON Lines). Every bad row is
//! reported with file, line, column and reason; every good one is kept. Refuses to guess money.

mod columns;
mod entry;
mod export;
mod history;
mod markup;
mod records;

use std::fmt;
use std::path::{Path, PathBuf};

use super::connectors::sql::products;
use super::{ShopError, money::Currency};
use crate::clock::Clock;
use crate::store::{Store, StoreError};

pub use export::{Format, catalog as export_catalog};
pub(super) use history::{customers_from, orders_from};

/// Rows written in one transaction: enough to be fast, few enough that a running server can write in between.
const BATCH: usize = 500;

/// What became of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Rows that are in the shop now.
    pub imported: usize,
    /// Rows that say nothing of their own, such as a second image of the product above.
    pub skipped: usize,
    pub problems: Vec<Problem>,
}

/// One bad row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub file: String,
    /// Counted from 1, as editors do.
    pub line: u64,
    /// The column's own heading; none when the row as a whole is bad.
    pub column: Option<String>,
    pub reason: String,
}

/// How far an import has come, in bytes of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub done: u64,
    pub of: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("cannot read {path}: {source}")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("cannot write {path}: {source}")]
    Write { path: PathBuf, source: std::io::Error },
    #[error("{path}: {reason}")]
    Format { path: PathBuf, reason: String },
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Shop(#[from] ShopError),
}

/// Adds a catalogue to the shop; rows whose SKU is known replace what was there. `.csv`, `.tsv` and `.jsonl` are told
/// apart by content. `currency` is taken for rows that name none. A running server reindexes by itself.
pub async fn catalog(
    path: &Path,
    store: &Store,
    currency: Currency,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<Report, ImportError> {
    let bytes = read(path).await?;
    let file = path.display().to_string();
    let of = bytes.len() as u64;
    let mut records = records::open(&bytes).map_err(|reason| ImportError::Format { path: path.into(), reason })?;
    let mut reader = entry::Reader::new(&file, shop_currency(store).await?, currency);
    loop {
        let batch = reader.batch(&mut records, BATCH);
        if batch.is_empty() {
            break;
        }
        let mut tx = store.begin().await?;
        products::put(&mut tx, &batch).await?;
        products::touch(&mut tx).await?;
        tx.commit().await.map_err(StoreError::from)?;
        progress(Progress { done: records.position(), of });
    }
    progress(Progress { done: of, of });
    Ok(reader.finish())
}

/// Adds customers (`id`, `name`, `identities`, `addresses`) from JSON Lines.
pub async fn customers(path: &Path, store: &Store, clock: &dyn Clock) -> Result<Report, ImportError> {
    let bytes = read(path).await?;
    let mut tx = store.begin().await?;
    let report = customers_from(&bytes, &path.display().to_string(), &mut tx, clock).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok(report)
}

/// Adds orders from JSON Lines; their customers and products must be there already. Imported orders of the same number
/// are replaced, orders bought here never.
pub async fn orders(path: &Path, store: &Store, clock: &dyn Clock) -> Result<Report, ImportError> {
    let bytes = read(path).await?;
    let mut tx = store.begin().await?;
    let report = orders_from(&bytes, &path.display().to_string(), &mut tx, clock).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok(report)
}

/// The entries of a catalogue that is at hand as bytes.
pub(super) fn entries(
    bytes: &[u8],
    file: &str,
    currency: Currency,
) -> Result<(Vec<super::search::Indexed>, Report), String> {
    let mut records = records::open(bytes)?;
    let mut reader = entry::Reader::new(file, None, currency);
    let entries = reader.batch(&mut records, usize::MAX);
    Ok((entries, reader.finish()))
}

async fn read(path: &Path) -> Result<Vec<u8>, ImportError> {
    tokio::fs::read(path).await.map_err(|source| ImportError::Read { path: path.into(), source })
}

/// All prices of a shop are in one currency: that of the products already there.
async fn shop_currency(store: &Store) -> Result<Option<Currency>, ImportError> {
    let mut db = store.reader().acquire().await.map_err(StoreError::from)?;
    let code = products::currency(&mut db).await?;
    Ok(code.and_then(|c| Currency::new(&c).ok()))
}

/// `products.csv:17: price: "cheap" is not an amount such as 12 or 12.50`
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.file, self.line)?;
        if let Some(column) = &self.column {
            write!(f, "{column}: ")?;
        }
        f.write_str(&self.reason)
    }
}
