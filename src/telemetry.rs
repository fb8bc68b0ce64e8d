//! Logs and metrics. Refuses to let transcripts, names or keys out: what is private is logged through [`Private`] and
//! [`Words`], which decide what may be seen.

pub mod metrics;
mod private;

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::prelude::*;

pub use private::{Private, Words, allow_transcripts, scrubbed};

use crate::config::{Log, LogFormat};

#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    #[error("log.filter is {filter:?}: {reason}")]
    Filter { filter: String, reason: String },
    #[error("logging was already started")]
    Twice,
}

/// Starts logging to standard error, once in a process.
pub fn start(log: &Log) -> Result<(), TelemetryError> {
    allow_transcripts(log.transcripts);
    let subscriber = subscriber(log, std::io::stderr, std::io::stderr().is_terminal())?;
    tracing::subscriber::set_global_default(subscriber).map_err(|_| TelemetryError::Twice)
}

/// The subscriber [`start`] installs, writing anywhere.
pub fn subscriber<W>(
    log: &Log,
    writer: W,
    terminal: bool,
) -> Result<Box<dyn tracing::Subscriber + Send + Sync>, TelemetryError>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    // whisper.cpp tells the shape of its model and of every state at `info`, a page at each start. A filter that names
    // `whisper_rs` itself comes later and wins.
    let filter = EnvFilter::try_new(format!("whisper_rs=warn,{}", log.filter))
        .map_err(|e| TelemetryError::Filter { filter: log.filter.clone(), reason: e.to_string() })?;
    let json = match log.format {
        LogFormat::Auto => !terminal,
        LogFormat::Pretty => false,
        LogFormat::Json => true,
    };
    let registry = tracing_subscriber::registry().with(filter);
    let lines = tracing_subscriber::fmt::layer().with_writer(writer);
    let subscriber: Box<dyn tracing::Subscriber + Send + Sync> = if json {
        Box::new(registry.with(lines.json().flatten_event(true).with_current_span(true).with_span_list(false)))
    } else {
        let colours = terminal && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
        Box::new(registry.with(lines.with_ansi(colours).with_target(false)))
    };
    Ok(subscriber)
}
