//! The command line: arguments in, an exit code out. One file for each command; this one knows their names, the
//! settings they share, and how a failure is told.

mod alexa;
mod ask;
mod catalog;
mod completions;
mod config;
mod coupons;
mod exit;
mod hear;
mod keys;
mod listen;
mod logins;
mod models;
mod openapi;
mod orders;
mod pins;
mod serve;
mod simulate;
mod slots;
mod terminal;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory, Parser, Subcommand};

use crate::config::{Loaded, Origin, Sources};
pub use exit::Failure;

/// A self-hosted voice commerce server: audio, text or Alexa requests in, a shop searched, tracked and bought from,
/// speech out.
#[derive(Parser, Debug)]
#[command(name = "voicecart", version, max_term_width = 100, after_help = EXIT_CODES)]
pub struct Cli {
    #[command(flatten)]
    shared: Shared,
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "Exit codes:
  0  done
  1  failed
  2  the command line is wrong
  3  the input or a setting is wrong
  4  something needed is not there: a model, the network, the database, an address, a microphone

Settings come from voicecart.toml, then VOICECART_ variables, then flags; `voicecart config check --explain` lists
them all. Colours are left out when NO_COLOR is set or the output is not a terminal.";

/// Settings that every command takes.
#[derive(Args, Debug)]
struct Shared {
    /// Settings file [default: voicecart.toml, if it is there]
    #[arg(long, value_name = "FILE", global = true, env = "VOICECART_CONFIG")]
    config: Option<PathBuf>,
    /// Folder of the database and the search index
    #[arg(long, value_name = "DIR", global = true)]
    data_dir: Option<PathBuf>,
    /// Set anything, such as --set asr.workers=2
    #[arg(long = "set", value_name = "KEY=VALUE", global = true, value_parser = pair)]
    set: Vec<(String, String)>,
    /// What to log to standard error: error, warn, info, debug, trace, or a filter
    #[arg(long, value_name = "LEVEL", global = true)]
    log: Option<String>,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Start the server
    Serve(serve::Serve),
    /// Answer recordings, or the microphone
    Hear(hear::Hear),
    /// Be a kiosk: microphone and loudspeaker of this machine
    Listen(listen::Listen),
    /// Answer typed words; without any, hold a conversation
    Ask(ask::Ask),
    /// List, fetch and check speech models
    #[command(subcommand)]
    Models(models::Models),
    /// Read and write the catalogue
    #[command(subcommand)]
    Catalog(catalog::Catalog),
    /// Read orders
    #[command(subcommand)]
    Orders(orders::Orders),
    /// Add, list and take back coupons
    #[command(subcommand)]
    Coupons(coupons::Coupons),
    /// Add, list and take back the times at which orders are delivered
    #[command(subcommand)]
    Slots(slots::Slots),
    /// Set and clear the PIN a customer says before ordering
    #[command(subcommand)]
    Pin(pins::Pins),
    /// Set and end the sign-in with which a customer links an account to Alexa
    #[command(subcommand)]
    Login(logins::Logins),
    /// Create, list and revoke API keys
    #[command(subcommand)]
    Keys(keys::Keys),
    /// Check and explain the settings
    #[command(subcommand)]
    Config(config::Config),
    /// Print the OpenAPI document of the HTTP API
    Openapi,
    /// Try the Alexa door
    #[command(subcommand)]
    Alexa(alexa::Alexa),
    /// Talk to an Alexa skill without Amazon
    Simulate(simulate::Simulate),
    /// Print completions for a shell
    Completions(completions::Completions),
}

/// Runs the program with this process's arguments.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        // clap knows which of its "errors" are help and version.
        Err(error) => error.exit(),
    };
    exit::report(cli.command.run(&cli.shared))
}

/// The definition of the command line, for completions and documentation.
pub fn definition() -> clap::Command {
    Cli::command()
}

impl Command {
    fn run(&self, shared: &Shared) -> Result<(), Failure> {
        match self {
            Self::Serve(serve) => serve.run(shared),
            Self::Hear(hear) => hear.run(shared),
            Self::Listen(listen) => listen.run(shared),
            Self::Ask(ask) => ask.run(shared),
            Self::Models(models) => models.run(shared),
            Self::Catalog(catalog) => catalog.run(shared),
            Self::Orders(orders) => orders.run(shared),
            Self::Coupons(coupons) => coupons.run(shared),
            Self::Slots(slots) => slots.run(shared),
            Self::Pin(pins) => pins.run(shared),
            Self::Login(logins) => logins.run(shared),
            Self::Keys(keys) => keys.run(shared),
            Self::Config(config) => config.run(shared),
            Self::Openapi => openapi::run(),
            Self::Alexa(alexa) => alexa.run(shared),
            Self::Simulate(simulate) => simulate.run(shared),
            Self::Completions(completions) => completions.run(),
        }
    }
}

impl Shared {
    /// The settings in force, with `more` flags of one command on top.
    fn load(&self, more: Vec<(String, String)>) -> Result<Loaded, Failure> {
        let mut flags = self.set.clone();
        if let Some(dir) = &self.data_dir {
            flags.push(("data_dir".into(), dir.display().to_string()));
        }
        if let Some(log) = &self.log {
            flags.push(("log.filter".into(), log.clone()));
        }
        flags.extend(more);
        Sources::of_process(self.config.clone(), flags).load().map_err(Failure::input)
    }

    /// As [`load`](Self::load), with logging started: at `info` for a server, else only warnings unless asked.
    fn start(&self, more: Vec<(String, String)>, server: bool) -> Result<Loaded, Failure> {
        let mut loaded = self.load(more)?;
        if !server && loaded.origin("log.filter") == Origin::Default {
            loaded.settings.log.filter = "warn".into();
        }
        crate::telemetry::start(&loaded.settings.log).map_err(Failure::failed)?;
        for warning in &loaded.warnings {
            tracing::warn!("{warning}");
        }
        Ok(loaded)
    }
}

/// Runs a future on a runtime of its own.
fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|e| Failure::failed(anyhow::anyhow!("cannot start the runtime: {e}")))?.block_on(work)
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("it must be KEY=VALUE, such as asr.workers=2")?;
    Ok((key.trim().to_owned(), value.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_sound() {
        definition().debug_assert();
    }

    #[test]
    fn help() {
        let mut text = String::new();
        let mut walk = vec![definition()];
        while let Some(mut command) = walk.pop() {
            command = command.term_width(100);
            text.push_str(&format!("## {}\n\n{}\n", command.get_name().to_owned(), command.render_help()));
            let inner: Vec<_> = command.get_subcommands().filter(|c| c.get_name() != "help").cloned().collect();
            walk.extend(inner.into_iter().rev());
        }
        insta::assert_snapshot!(text);
    }
}
