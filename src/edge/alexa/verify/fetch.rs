//! Certificate chains by address: fetched once, kept until the leaf or a day is over. Refuses redirects, more than
//! 64 kB, more than a few seconds, and more than a handful of fetches at a time.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures::StreamExt;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, TrustAnchor};
use tokio::sync::Semaphore;

use super::chain::Leaf;
use super::{ChainAddress, Refusal};
use crate::clock::Clock;
use crate::edge::alexa::{AlexaError, AlexaSettings};

const LARGEST: usize = 64 * 1024;
const TIMEOUT: Duration = Duration::from_secs(3);
const KEPT_SECONDS: i64 = 24 * 3_600;
/// How long a failure is believed: long enough to blunt a flood, short enough that Amazon's hiccup is soon over.
const FAILURE_KEPT: Duration = Duration::from_secs(20);
/// Amazon uses one address for years; the rest is somebody playing.
const MOST_KEPT: usize = 64;
const FETCHES_AT_ONCE: usize = 4;

/// The chains seen so far.
pub struct Chains {
    client: reqwest::Client,
    /// The seam for tests: where the path is fetched from instead of Amazon.
    base: Option<String>,
    /// The seam for tests: a PEM file with one more root, read anew for every chain so that it may change.
    extra_root: Option<PathBuf>,
    clock: Arc<dyn Clock>,
    kept: Mutex<HashMap<ChainAddress, Kept>>,
    /// One fetch of an address at a time; whoever waits finds the result in `kept`.
    gates: Mutex<HashMap<ChainAddress, Arc<tokio::sync::Mutex<()>>>>,
    permits: Semaphore,
}

#[derive(Clone)]
enum Kept {
    Good { leaf: Arc<Leaf>, until: i64 },
    Bad { refusal: Refusal, since: Instant },
}

impl Chains {
    pub fn new(settings: &AlexaSettings, clock: Arc<dyn Clock>) -> Result<Self, AlexaError> {
        Ok(Self {
            client: client(settings.chain_base_override.is_some())?,
            base: settings.chain_base_override.as_ref().map(|b| b.trim_end_matches('/').to_owned()),
            extra_root: settings.extra_root.clone(),
            clock,
            kept: Mutex::default(),
            gates: Mutex::default(),
            permits: Semaphore::new(FETCHES_AT_ONCE),
        })
    }

    /// The leaf that this address vouches for, fetched and checked if it is not known yet.
    pub async fn leaf(&self, address: &ChainAddress) -> Result<Arc<Leaf>, Refusal> {
        if let Some(known) = self.known(address) {
            return known;
        }
        let gate = self.gate(address);
        let turn = gate.lock().await;
        if let Some(known) = self.known(address) {
            return known;
        }
        let result = self.load(address).await;
        self.keep(address, &result);
        drop(turn);
        lock(&self.gates).remove(address);
        result
    }

    fn gate(&self, address: &ChainAddress) -> Arc<tokio::sync::Mutex<()>> {
        let mut gates = lock(&self.gates);
        if gates.len() >= MOST_KEPT {
            // A caller who hung up while fetching leaves its gate behind.
            gates.retain(|_, gate| Arc::strong_count(gate) > 1);
        }
        gates.entry(address.clone()).or_default().clone()
    }

    fn known(&self, address: &ChainAddress) -> Option<Result<Arc<Leaf>, Refusal>> {
        let now = self.clock.now();
        match lock(&self.kept).get(address)? {
            Kept::Good { leaf, until } if now.as_second() <= *until => {
                Some(leaf.stands_at(now).map(|()| Arc::clone(leaf)))
            }
            Kept::Bad { refusal, since } if since.elapsed() < FAILURE_KEPT => Some(Err(refusal.clone())),
            _ => None,
        }
    }

    fn keep(&self, address: &ChainAddress, result: &Result<Arc<Leaf>, Refusal>) {
        let now = self.clock.now().as_second();
        let entry = match result {
            Ok(leaf) => Kept::Good { leaf: Arc::clone(leaf), until: leaf.not_after().min(now + KEPT_SECONDS) },
            Err(refusal) => Kept::Bad { refusal: refusal.clone(), since: Instant::now() },
        };
        let mut kept = lock(&self.kept);
        if kept.len() >= MOST_KEPT {
            // Failures make room first: a flood of made-up addresses must not push out Amazon's own.
            kept.retain(|_, k| matches!(k, Kept::Good { until, .. } if *until >= now));
        }
        if kept.len() < MOST_KEPT {
            kept.insert(address.clone(), entry);
        }
    }

    async fn load(&self, address: &ChainAddress) -> Result<Arc<Leaf>, Refusal> {
        let pem = {
            let wait = tokio::time::timeout(TIMEOUT, self.permits.acquire());
            let _permit = wait.await.map_err(|_| Refusal::Fetch("too many chains are being fetched"))?;
            tokio::time::timeout(TIMEOUT, self.fetch(address))
                .await
                .map_err(|_| Refusal::Fetch("it took too long"))??
        };
        let anchors = self.anchors().await?;
        Leaf::from_pem(&pem, &anchors, self.clock.now()).map(Arc::new)
    }

    async fn fetch(&self, address: &ChainAddress) -> Result<Vec<u8>, Refusal> {
        let url = match &self.base {
            Some(base) => format!("{base}{}", address.path()),
            None => address.url(),
        };
        let answer = self.client.get(url).send().await.map_err(|error| {
            tracing::debug!(%error, "cannot fetch a certificate chain");
            Refusal::Fetch("the server did not answer")
        })?;
        if answer.status() != http::StatusCode::OK {
            return Err(Refusal::Fetch("the server's answer was not 200"));
        }
        let mut pem = Vec::new();
        let mut pieces = answer.bytes_stream();
        while let Some(piece) = pieces.next().await {
            let piece = piece.map_err(|_| Refusal::Fetch("the answer broke off"))?;
            if pem.len() + piece.len() > LARGEST {
                return Err(Refusal::Fetch("the answer is too large"));
            }
            pem.extend_from_slice(&piece);
        }
        Ok(pem)
    }

    async fn anchors(&self) -> Result<Vec<TrustAnchor<'static>>, Refusal> {
        let mut anchors = webpki_roots::TLS_SERVER_ROOTS.to_vec();
        if let Some(path) = &self.extra_root {
            let pem = tokio::fs::read(path).await.map_err(|error| {
                tracing::error!(path = %path.display(), %error, "cannot read alexa.extra_root");
                Refusal::Untrusted
            })?;
            for root in CertificateDer::pem_slice_iter(&pem).flatten() {
                if let Ok(anchor) = webpki::anchor_from_trusted_cert(&root) {
                    anchors.push(anchor.to_owned());
                }
            }
        }
        Ok(anchors)
    }
}

fn client(seam: bool) -> Result<reqwest::Client, AlexaError> {
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|e| AlexaError::Client(e.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let builder = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(TIMEOUT)
        .timeout(TIMEOUT)
        .https_only(!seam);
    // A chain served on this machine is never behind the way out of it.
    let builder = if seam { builder.no_proxy() } else { builder };
    builder.build().map_err(|e| AlexaError::Client(e.to_string()))
}

/// Kept across a panic elsewhere: the tables hold no half-made state.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
