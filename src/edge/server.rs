//! Connections: a bound socket and a router in, HTTP/1 and HTTP/2 out, until told to stop. Bounds what a connection
//! may cost before its first request is whole; knows nothing of requests.
//!
//! axum's own `serve` waits for headers without limit, so a handful of idle clients could hold every descriptor.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Lasting;
use crate::config::Settings;

/// What HTTP/2 opens with.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    #[error("cannot listen on {address}: {source}; choose another address with --bind or VOICECART_BIND")]
    Bind { address: SocketAddr, source: io::Error },
}

/// A socket that is open but not yet answered.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    limits: Bounds,
}

#[derive(Clone, Copy)]
struct Bounds {
    headers: Duration,
    drain: Duration,
    connections: usize,
}

impl Server {
    pub async fn bind(settings: &Settings) -> Result<Self, ServerError> {
        let failed = |source| ServerError::Bind { address: settings.bind, source };
        let listener = TcpListener::bind(settings.bind).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let limits = Bounds {
            headers: Duration::from_millis(settings.deadlines.headers_ms),
            drain: Duration::from_millis(settings.deadlines.drain_ms),
            connections: settings.limits.connections,
        };
        Ok(Self { listener, address, limits })
    }

    /// Where it listens: the real port when port 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop`, then lets requests and conversations that are under way finish, for a while.
    pub async fn run(self, router: Router, lasting: Lasting, stop: CancellationToken) {
        let places = Arc::new(Semaphore::new(self.limits.connections));
        let tasks = TaskTracker::new();
        loop {
            // With every place taken, further callers wait in the kernel's queue.
            let place = tokio::select! {
                () = stop.cancelled() => break,
                place = places.clone().acquire_owned() => place,
            };
            let Ok(place) = place else { break };
            let stream = tokio::select! {
                () = stop.cancelled() => break,
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, _)) => stream,
                    Err(error) => {
                        tracing::warn!(%error, "a connection could not be accepted");
                        // Out of descriptors: trying again at once would only spin.
                        tokio::time::sleep(Duration::from_millis(50)).await;
                        continue;
                    }
                },
            };
            tasks.spawn(converse(stream, router.clone(), self.limits.headers, stop.clone(), place));
        }
        drop(self.listener);
        tasks.close();
        lasting.stop();
        let ended = async { tokio::join!(tasks.wait(), lasting.ended()) };
        if tokio::time::timeout(self.limits.drain, ended).await.is_err() {
            let left = tasks.len() + lasting.left();
            tracing::warn!(left, "connections were still open at the end of the drain time");
        }
    }
}

async fn converse(
    stream: TcpStream,
    router: Router,
    headers: Duration,
    stop: CancellationToken,
    _place: OwnedSemaphorePermit,
) {
    let _ = stream.set_nodelay(true);
    let second = tokio::select! {
        () = stop.cancelled() => return,
        second = speaks_http2(&stream, headers) => second,
    };
    let Some(second) = second else { return };
    let service = TowerToHyperService::new(router);
    let io = TokioIo::new(stream);
    // Both arms differ only in the type of the connection.
    if second {
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder.timer(TokioTimer::new()).keep_alive_interval(headers).keep_alive_timeout(headers);
        let mut connection = std::pin::pin!(builder.serve_connection(io, service));
        tokio::select! {
            result = connection.as_mut() => return quiet(result),
            () = stop.cancelled() => connection.as_mut().graceful_shutdown(),
        }
        quiet(connection.await);
    } else {
        let mut builder = http1::Builder::new();
        builder.timer(TokioTimer::new()).header_read_timeout(headers).keep_alive(true);
        let mut connection = std::pin::pin!(builder.serve_connection(io, service).with_upgrades());
        tokio::select! {
            result = connection.as_mut() => return quiet(result),
            () = stop.cancelled() => connection.as_mut().graceful_shutdown(),
        }
        quiet(connection.await);
    }
}

/// Callers hang up in the middle all the time; that is theirs to know.
fn quiet(result: Result<(), hyper::Error>) {
    if let Err(error) = result {
        tracing::debug!(%error, "a connection broke off");
    }
}

/// Whether the client opens with HTTP/2; `None` when it says nothing in time or has gone.
async fn speaks_http2(stream: &TcpStream, patience: Duration) -> Option<bool> {
    let until = Instant::now() + patience;
    let mut seen = [0; PREFACE.len()];
    loop {
        let left = until.checked_duration_since(Instant::now())?;
        let n = tokio::time::timeout(left, stream.peek(&mut seen)).await.ok()?.ok()?;
        let begun = seen.get(..n)?;
        if begun.is_empty() {
            return None;
        }
        if !PREFACE.starts_with(begun) {
            return Some(false);
        }
        if n == PREFACE.len() {
            return Some(true);
        }
        // A peek returns at once while anything is there, so waiting for the rest needs a pause.
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
