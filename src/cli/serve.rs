//! `voicecart serve`: the server, from its first line to a quiet end.

use std::io::{IsTerminal, Write};
use std::time::Instant;

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::terminal::{LABEL, STRONG};
use super::{Failure, Shared, block_on};
use crate::app::App;
use crate::config::Settings;
use crate::edge::Server;
use crate::edge::wyoming::Satellites;

/// Start the server
///
/// Ctrl-C or SIGTERM lets requests that are under way finish; a second one ends at once.
#[derive(Args, Debug)]
pub struct Serve {
    /// Address and port to listen on
    #[arg(long, value_name = "ADDRESS")]
    bind: Option<String>,
    /// Answer without API keys; only on a loopback address
    #[arg(long)]
    no_auth: bool,
    /// Take Alexa requests that Amazon did not sign; for trials on your own machine
    #[arg(long)]
    no_alexa_verify: bool,
}

impl Serve {
    pub fn run(&self, shared: &Shared) -> Result<(), Failure> {
        let began = Instant::now();
        let mut flags = Vec::new();
        if let Some(bind) = &self.bind {
            flags.push(("bind".to_owned(), bind.clone()));
        }
        if self.no_auth {
            flags.push(("auth.required".into(), "false".into()));
        }
        if self.no_alexa_verify {
            flags.push(("alexa.verify".into(), "false".into()));
        }
        let settings = shared.start(flags, true)?.settings;
        block_on(serve(settings, began))
    }
}

async fn serve(settings: Settings, began: Instant) -> Result<(), Failure> {
    let stop = stopper()?;
    if settings.wyoming.bind.is_some_and(|a| !a.ip().is_loopback()) && settings.wyoming.allow.is_empty() {
        tracing::warn!("wyoming.allow is empty: whoever can reach {:?} may shop here", settings.wyoming.bind);
    }
    if !settings.auth.required {
        tracing::warn!("auth.required is off: whoever can reach {} may shop here", settings.bind);
    }
    // The address first: being told in a second that it is taken beats being told after loading a model.
    let server = Server::bind(&settings).await.map_err(Failure::absent)?;
    let satellites = Satellites::bind(&settings).await.map_err(Failure::absent)?;
    let app = App::build(&settings).await.map_err(Failure::absent)?;
    let router = app.router().map_err(Failure::input)?;
    let upkeep = app.upkeep(stop.clone());
    let mirror = app.mirror(stop.clone());
    app.watch(stop.clone()).map_err(Failure::failed)?;
    greet(&app, &server, began)?;
    tracing::info!(address = %server.address(), ready_ms = began.elapsed().as_millis() as u64, "ready");
    if let Some(satellites) = satellites {
        tracing::info!(address = %satellites.address(), "ready for Wyoming satellites");
        tokio::spawn(satellites.run(app.house(), stop.clone()));
    }
    server.run(router, app.lasting.clone(), stop).await;
    let _ = upkeep.await;
    if let Some(mirror) = mirror {
        let _ = mirror.await;
    }
    app.close().await;
    tracing::info!("stopped");
    Ok(())
}

/// Cancelled by the first signal to end; the second one ends the process.
fn stopper() -> Result<CancellationToken, Failure> {
    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let stop = CancellationToken::new();
    let told = stop.clone();
    tokio::spawn(async move {
        let mut next = async || {
            tokio::select! {
                _ = term.recv() => 143,
                _ = int.recv() => 130,
            }
        };
        next().await;
        tracing::info!("finishing what is under way; signal again to end at once");
        told.cancel();
        std::process::exit(next().await);
    });
    Ok(stop)
}

/// What a person who has just started the server wants to know.
fn greet(app: &App, server: &Server, began: Instant) -> Result<(), Failure> {
    let address = server.address();
    let mut out = anstream::stdout();
    writeln!(out, "{STRONG}Voicecart {} listens on http://{address}{STRONG:#}", env!("CARGO_PKG_VERSION"))?;
    writeln!(out, "{LABEL}model{LABEL:#}   {}", app.model())?;
    writeln!(out, "{LABEL}ready{LABEL:#}   after {} ms", began.elapsed().as_millis())?;
    let key = match app.demo_key() {
        _ if !app.settings.auth.required => String::new(),
        // A key on a terminal is gone with the window; in a log it stays.
        Some((key, _)) if std::io::stdout().is_terminal() => format!(" -H 'Authorization: Bearer {key}'"),
        Some((_, path)) => format!(" -H \"Authorization: Bearer $(cat '{}')\"", path.display()),
        None => " -H 'Authorization: Bearer YOUR-KEY'".into(),
    };
    writeln!(
        out,
        "{LABEL}try{LABEL:#}     curl http://{address}/v1/text{key} --json '{{\"text\": \"where is my order\"}}'"
    )?;
    Ok(out.flush()?)
}
