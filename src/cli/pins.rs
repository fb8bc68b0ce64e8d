//! `voicecart pin`: the PIN that a customer says before anything is ordered. It is read from standard input, never from
//! the command line, which other users of the machine can see.

use std::io::{BufRead, IsTerminal, Write};
use std::sync::Arc;

use clap::Subcommand;

use super::{Failure, Shared, block_on};
use crate::app;
use crate::clock::RandomIds;
use crate::shop::connectors::sql::customers::SetPinError;
use crate::shop::pin::Pin;
use crate::shop::{CustomerId, Customers};

#[derive(Subcommand, Debug)]
pub enum Pins {
    /// Set or replace a customer's PIN: four digits, read from standard input
    Set {
        /// The customer's id in the shop
        customer: String,
    },
    /// Let a customer order without a PIN, and lift a lock
    Clear {
        /// The customer's id in the shop
        customer: String,
    },
}

impl Pins {
    pub fn run(&self, shared: &Shared) -> Result<(), Failure> {
        let settings = shared.start(Vec::new(), false)?.settings;
        let (name, pin) = match self {
            Self::Set { customer } => (customer, Some(read()?)),
            Self::Clear { customer } => (customer, None),
        };
        let customer = CustomerId::new(name).map_err(Failure::input)?;
        block_on(async {
            let store = app::open_store(&settings).await.map_err(Failure::absent)?;
            let clock = app::clock(&settings).map_err(Failure::input)?;
            let customers = Customers::new(store.clone(), clock, Arc::new(RandomIds));
            let done = customers.set_pin(&customer, pin).await;
            store.close().await;
            match done {
                Ok(true) => Ok(()),
                Ok(false) => Err(Failure::input(anyhow::anyhow!("there is no customer {name:?}"))),
                Err(SetPinError::Pin(error)) => Err(Failure::input(error)),
                Err(SetPinError::Shop(error)) => Err(Failure::failed(error)),
            }
        })
    }
}

fn read() -> Result<Pin, Failure> {
    if std::io::stdin().is_terminal() {
        write!(anstream::stderr(), "PIN of four digits: ")?;
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Pin::new(line.trim()).map_err(Failure::input)
}
