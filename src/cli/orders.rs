//! `voicecart orders`: history from another system.

use std::path::PathBuf;

use clap::Subcommand;

use super::catalog::{failure, tell};
use super::{Failure, Shared, block_on};
use crate::app;
use crate::shop::import;

#[derive(Subcommand, Debug)]
pub enum Orders {
    /// Add orders from JSON Lines; customers and products must be there
    Import {
        file: PathBuf,
        /// Add these customers first (JSON Lines: id, name, identities, addresses)
        #[arg(long, value_name = "FILE")]
        customers: Option<PathBuf>,
    },
}

impl Orders {
    pub fn run(&self, shared: &Shared) -> Result<(), Failure> {
        let Self::Import { file, customers } = self;
        let settings = shared.start(Vec::new(), false)?.settings;
        block_on(async {
            let store = app::open_store(&settings).await.map_err(Failure::absent)?;
            let clock = app::clock(&settings).map_err(Failure::input)?;
            let work = async {
                if let Some(customers) = customers {
                    let report = import::customers(customers, &store, clock.as_ref()).await.map_err(failure)?;
                    tell(&report, "customers")?;
                }
                tell(&import::orders(file, &store, clock.as_ref()).await.map_err(failure)?, "orders")
            };
            let done = work.await;
            store.close().await;
            done
        })
    }
}
