//! `voicecart alexa`: publishing a skill, taking over an existing one, and trying an endpoint.

mod doctor;
mod export;
mod models;
mod notify;

use clap::Subcommand;

use super::{Failure, Shared};

#[derive(Subcommand, Debug)]
pub enum Alexa {
    /// Send good and forged requests to an endpoint and tell which are answered as Amazon demands
    Doctor(doctor::Doctor),
    /// Write a complete skill package, ready to be filled in and deployed
    Export(export::Export),
    /// Tell what of a merchant's own interaction model this server understands
    Import(models::Import),
    /// Tell what changed between two interaction models
    Diff(models::Diff),
    /// Tell a customer through Alexa how an order fares
    Notify(notify::Notify),
}

impl Alexa {
    pub fn run(&self, shared: &Shared) -> Result<(), Failure> {
        match self {
            Self::Doctor(doctor) => doctor.run(shared),
            Self::Export(export) => export.run(shared),
            Self::Import(import) => import.run(shared),
            Self::Diff(diff) => diff.run(shared),
            Self::Notify(notify) => notify.run(shared),
        }
    }
}
