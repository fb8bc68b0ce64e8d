//! `voicecart catalog`: the catalogue in and out as a file. A running server follows by itself.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Subcommand;

use super::terminal::{BAD, bar};
use super::{Failure, Shared, block_on};
use crate::app;
use crate::shop::import::{self, Format, ImportError, Report};
use crate::shop::money::Currency;
use crate::store::Store;

#[derive(Subcommand, Debug)]
pub enum Catalog {
    /// Add products from CSV or JSON Lines; known ids are replaced
    ///
    /// Columns: id, title, spoken_name, description, brand, category ("Grocery > Tea"), price, currency, stock, image,
    /// rating, rating_count, released, popularity, attributes ("colour=blue; size=large"). Only id, title and price
    /// are required. Bad rows are named with their line; good ones are kept.
    Import {
        file: PathBuf,
        /// Currency of rows that name none
        #[arg(long, default_value = "USD", value_name = "CODE")]
        currency: String,
    },
    /// Write all products: CSV, or JSON Lines when FILE ends in .jsonl
    Export {
        /// Standard output when it is -
        file: PathBuf,
    },
}

impl Catalog {
    pub fn run(&self, shared: &Shared) -> Result<(), Failure> {
        let settings = shared.start(Vec::new(), false)?.settings;
        block_on(async {
            let store = app::open_store(&settings).await.map_err(Failure::absent)?;
            let done = match self {
                Self::Import { file, currency } => import(&store, file, currency).await,
                Self::Export { file } => export(&store, file).await,
            };
            store.close().await;
            done
        })
    }
}

async fn import(store: &Store, file: &Path, currency: &str) -> Result<(), Failure> {
    let currency = Currency::new(currency).map_err(Failure::input)?;
    let bar = bar(0, "importing", true);
    let progress = |p: import::Progress| {
        bar.set_length(p.of);
        bar.set_position(p.done);
    };
    let report = import::catalog(file, store, currency, &progress).await;
    bar.finish_and_clear();
    tell(&report.map_err(failure)?, "products")
}

async fn export(store: &Store, file: &Path) -> Result<(), Failure> {
    if file == Path::new("-") {
        let mut out = BufWriter::new(std::io::stdout());
        import::export_catalog(store, Format::Csv, &mut out).await.map_err(failure)?;
        return Ok(out.flush()?);
    }
    let cannot = || format!("cannot write {}", file.display());
    let mut out = BufWriter::new(File::create(file).with_context(cannot).map_err(Failure::input)?);
    let count = import::export_catalog(store, Format::of(file), &mut out).await.map_err(failure)?;
    out.flush().with_context(cannot).map_err(Failure::failed)?;
    Ok(writeln!(anstream::stderr(), "{count} products written to {}", file.display())?)
}

/// What became of a file. Bad rows make the command fail, but not the good ones undone.
pub fn tell(report: &Report, what: &str) -> Result<(), Failure> {
    let mut out = anstream::stderr().lock();
    for problem in &report.problems {
        writeln!(out, "{BAD}{problem}{BAD:#}")?;
    }
    writeln!(out, "{} {what} imported", report.imported)?;
    match report.problems.len() {
        0 => Ok(()),
        n => Err(Failure::input(anyhow::anyhow!("{n} rows could not be read; correct them and import the file again"))),
    }
}

pub fn failure(error: ImportError) -> Failure {
    match error {
        ImportError::Read { .. } | ImportError::Format { .. } => Failure::input(error),
        ImportError::Store(_) | ImportError::Shop(_) => Failure::absent(error),
        ImportError::Write { .. } => Failure::failed(error),
    }
}
