//! Who sent this request: headers and raw body in, "Alexa did, just now, to this skill" or a [`Refusal`] out.
//! Refuses to know what the request asks for.

pub mod address;
pub mod chain;
pub mod fetch;
pub mod freshness;

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;

pub use address::ChainAddress;
use fetch::Chains;

use super::envelope::Envelope;
use super::{AlexaError, AlexaSettings};
use crate::clock::Clock;

/// Why a request is not believed. The sender is told nothing of it beyond HTTP 400; the log and the metrics are.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("there is no SignatureCertChainUrl header")]
    NoChainUrl,
    #[error("the SignatureCertChainUrl {0}")]
    ChainUrl(&'static str),
    #[error("there is no Signature-256 header")]
    NoSignature,
    #[error("the Signature-256 header is not base64")]
    SignatureEncoding,
    #[error("the header {0} came more than once")]
    Twice(&'static str),
    #[error("the certificate chain could not be fetched: {0}")]
    Fetch(&'static str),
    #[error("the certificate chain {0}")]
    Chain(&'static str),
    #[error("the certificate is not for echo-api.amazon.com")]
    Name,
    #[error("the certificate is not yet or no longer valid")]
    OutOfTime,
    #[error("the certificate chain does not reach a trusted root")]
    Untrusted,
    #[error("the signature does not fit the body")]
    Signature,
    #[error("the request has no timestamp")]
    NoTimestamp,
    #[error("the request's timestamp cannot be read")]
    BadTimestamp,
    #[error("the request's timestamp is {seconds} s away from now")]
    Stale { seconds: i64 },
    #[error("the request is for another skill")]
    Application,
}

impl Refusal {
    /// A short name for metrics.
    pub fn label(&self) -> &'static str {
        match self {
            Self::NoChainUrl => "no_chain_url",
            Self::ChainUrl(_) => "chain_url",
            Self::NoSignature => "no_signature",
            Self::SignatureEncoding => "signature_encoding",
            Self::Twice(_) => "header_twice",
            Self::Fetch(_) => "chain_fetch",
            Self::Chain(_) => "chain",
            Self::Name => "chain_name",
            Self::OutOfTime => "chain_time",
            Self::Untrusted => "chain_untrusted",
            Self::Signature => "signature",
            Self::NoTimestamp => "no_timestamp",
            Self::BadTimestamp => "bad_timestamp",
            Self::Stale { .. } => "stale",
            Self::Application => "application",
        }
    }
}

/// Checks requests by the settings it was made from.
pub struct Verifier {
    /// Absent where `alexa.verify` is off.
    chains: Option<Chains>,
    clock: Arc<dyn Clock>,
    tolerance: u32,
    applications: Vec<String>,
}

impl Verifier {
    pub fn new(settings: &AlexaSettings, clock: Arc<dyn Clock>) -> Result<Self, AlexaError> {
        let chains = if settings.verify { Some(Chains::new(settings, Arc::clone(&clock))?) } else { None };
        let applications = settings.application_ids.iter().map(|id| id.trim().to_owned()).collect();
        Ok(Self { chains, clock, tolerance: settings.tolerance(), applications })
    }

    /// Whether `body` is, byte for byte, what the holder of Amazon's key signed.
    pub async fn signature(&self, headers: &HeaderMap, body: &[u8]) -> Result<(), Refusal> {
        let Some(chains) = &self.chains else { return Ok(()) };
        let address = ChainAddress::parse(one(headers, "signaturecertchainurl")?.unwrap_or_default())?;
        let signature = one(headers, "signature-256")?.filter(|s| !s.is_empty()).ok_or(Refusal::NoSignature)?;
        let signature = STANDARD.decode(signature).map_err(|_| Refusal::SignatureEncoding)?;
        chains.leaf(&address).await?.verify(body, &signature)
    }

    /// Whether it was sent just now and to this skill. The skill is compared even where signatures are not checked.
    pub fn contents(&self, envelope: &Envelope<'_>) -> Result<(), Refusal> {
        if self.chains.is_some() {
            let request = &envelope.request;
            let timestamp = request.timestamp.as_ref().map(|t| t.as_str());
            freshness::check(timestamp, request.kind.as_str(), self.tolerance, self.clock.now())?;
        }
        if self.applications.is_empty() {
            return Ok(());
        }
        let ours = envelope.application_id().is_some_and(|id| self.applications.iter().any(|a| a == id));
        if ours { Ok(()) } else { Err(Refusal::Application) }
    }
}

fn one<'h>(headers: &'h HeaderMap, name: &'static str) -> Result<Option<&'h str>, Refusal> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    if values.next().is_some() {
        return Err(Refusal::Twice(name));
    }
    // A header that is not ASCII is as good as none: no address and no base64 is.
    Ok(first.map(|v| v.to_str().unwrap_or_default().trim()))
}
