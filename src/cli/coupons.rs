//! `voicecart coupons`: what takes something off an order. Each customer can use each coupon once.

use std::io::Write;

use clap::Subcommand;
use jiff::civil::Date;

use super::terminal::STRONG;
use super::{Failure, Shared, block_on};
use crate::app;
use crate::shop::Money;
use crate::shop::connectors::sql::coupons::{Coupon, Coupons as Kept};
use crate::shop::money::Currency;

#[derive(Subcommand, Debug)]
pub enum Coupons {
    /// Add or replace a coupon
    Add {
        /// Its code; shoppers may say "spring ten" for SPRING10
        code: String,
        /// Percent off the goods
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..=100))]
        percent: u32,
        /// Only on goods for so much at least, such as 20 or 19.99
        #[arg(long, value_name = "AMOUNT", default_value = "0")]
        least: String,
        /// The last day it can be used, such as 2026-12-31
        #[arg(long, value_name = "DATE")]
        until: Option<Date>,
    },
    /// List the coupons
    List,
    /// Take a coupon back
    Remove { code: String },
}

impl Coupons {
    pub fn run(&self, shared: &Shared) -> Result<(), Failure> {
        let settings = shared.start(Vec::new(), false)?.settings;
        block_on(async {
            let store = app::open_store(&settings).await.map_err(Failure::absent)?;
            let done = self.work(&Kept::new(store.clone())).await;
            store.close().await;
            done
        })
    }

    async fn work(&self, kept: &Kept) -> Result<(), Failure> {
        let mut out = anstream::stdout();
        match self {
            Self::Add { code, percent, least, until } => {
                // The amount is in the catalogue's currency, whichever that is.
                let least = Money::parse(least, Currency::USD).map_err(Failure::input)?.minor();
                let coupon = Coupon { code: code.clone(), percent: *percent, least, until: *until };
                let code = kept.put(&coupon).await.map_err(Failure::failed)?;
                Ok(writeln!(out, "{code}")?)
            }
            Self::List => {
                writeln!(out, "{STRONG}{:20}  {:>7}  {:>10}  UNTIL{STRONG:#}", "CODE", "PERCENT", "AT LEAST")?;
                for c in kept.list().await.map_err(Failure::failed)? {
                    let until = c.until.map_or_else(|| "always".to_owned(), |d| d.to_string());
                    let least = format!("{}.{:02}", c.least / 100, c.least % 100);
                    writeln!(out, "{:20}  {:>7}  {least:>10}  {until}", c.code, c.percent)?;
                }
                Ok(())
            }
            Self::Remove { code } => match kept.remove(code).await.map_err(Failure::failed)? {
                true => Ok(()),
                false => {
                    Err(Failure::input(anyhow::anyhow!("there is no coupon {code:?}; see voicecart coupons list")))
                }
            },
        }
    }
}
