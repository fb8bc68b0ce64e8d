//! The Wyoming protocol of Home Assistant's voice satellites, over TCP: the same ear, dialogue and voice as behind HTTP.
//! The protocol has no authentication, so it is off unless an address is set, and may be limited to a list of callers.
//! This file accepts connections; [`session`] answers them.

mod allowed;
mod programs;
mod session;
mod wire;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::{Lasting, Resolve};
use crate::config::Settings;
use crate::shop::audit::{self, Door};
use crate::telemetry::metrics;
use crate::turn::Spine;

pub use allowed::Allowed;

const DOOR: &str = "wyoming";

#[derive(Debug, thiserror::Error)]
pub enum WyomingError {
    #[error("cannot listen on {address} for Wyoming satellites: {source}; change wyoming.bind")]
    Bind { address: SocketAddr, source: io::Error },
}

/// A socket for satellites that is open but not yet answered.
pub struct Satellites {
    listener: TcpListener,
    address: SocketAddr,
    allowed: Allowed,
}

/// What every connection needs.
pub struct House {
    pub spine: Arc<Spine>,
    pub settings: Arc<Settings>,
    pub resolve: Resolve,
    pub lasting: Lasting,
}

impl Satellites {
    /// None when no address is set.
    pub async fn bind(settings: &Settings) -> Result<Option<Self>, WyomingError> {
        let Some(address) = settings.wyoming.bind else { return Ok(None) };
        let failed = |source| WyomingError::Bind { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        // The list was checked with the other settings.
        let allowed = Allowed::parse(&settings.wyoming.allow).unwrap_or_default();
        Ok(Some(Self { listener, address, allowed }))
    }

    /// Where it listens: the real port when port 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers satellites until `stop`; those that are being answered then finish.
    pub async fn run(self, house: Arc<House>, stop: CancellationToken) {
        let places = Arc::new(Semaphore::new(house.settings.wyoming.connections));
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => break,
                accepted = self.listener.accept() => accepted,
            };
            let (stream, from) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "a satellite could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            };
            if !self.allowed.contains(from.ip()) {
                tracing::warn!(%from, "refused: wyoming.allow does not list this address");
                metrics::refused(DOOR, "address");
                continue;
            }
            let Ok(place) = places.clone().try_acquire_owned() else {
                metrics::refused(DOOR, "overloaded");
                continue;
            };
            let held = house.clone();
            house.lasting.hold(async move {
                converse(stream, held).await;
                drop(place);
            });
        }
    }
}

async fn converse(stream: TcpStream, house: Arc<House>) {
    let _ = stream.set_nodelay(true);
    let (read, write) = stream.into_split();
    let door = Door { name: DOOR, who: None };
    if let Err(error) = audit::through(door, session::Session::new(house, read, write).run()).await {
        tracing::debug!(%error, "a satellite's connection ended");
    }
}
