//! `voicecart config check`: whether the settings hold together, and what they are.

use std::io::Write;

use clap::Subcommand;

use super::{Failure, Shared};
use crate::config::{explain, listing};

#[derive(Subcommand, Debug)]
pub enum Config {
    /// Check the settings and print the values in force with where each came from
    Check {
        /// Also print what each setting means and its environment name
        #[arg(long)]
        explain: bool,
    },
}

impl Config {
    pub fn run(&self, shared: &Shared) -> Result<(), Failure> {
        let Self::Check { explain: long } = self;
        let loaded = shared.load(Vec::new())?;
        for warning in &loaded.warnings {
            writeln!(anstream::stderr(), "warning: {warning}")?;
        }
        let text = if *long { explain(&loaded) } else { listing(&loaded) };
        Ok(anstream::stdout().write_all(text.as_bytes())?)
    }
}
