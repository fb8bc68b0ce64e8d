//! Intents that somebody else's service answers: a filled reading in, what the service wants said out. Extends the shop
//! without a line of Rust. Refuses to know sessions, money and how words are spoken.
//!
//! `webhooks.toml` in a locale's folder names the service of each intent. A request is signed, is told at most twice
//! under one idempotency key, and has a deadline; the format is described in `docs/webhook.openapi.json`.

pub mod notices;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt;
use jiff::Timestamp;
use ring::hmac;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::language::{Reading, Slot};

/// Header with the time and the signature of a request: `t=<seconds>,v1=<hex>`, HMAC-SHA256 over `<seconds>.<body>`.
pub const SIGNATURE: &str = "Voicecart-Signature";
/// Tries of one request.
const TRIES: u32 = 2;
const LARGEST: usize = 64 * 1024;
/// The longest speech a service may give, in characters.
const SPEECH: usize = 2_000;
/// Left of a turn for wording and sending the answer.
const MARGIN: Duration = Duration::from_millis(300);

/// The services of a locale, by intent.
#[derive(Default)]
pub struct Webhooks {
    by_intent: BTreeMap<String, Service>,
    client: Option<reqwest::Client>,
}

struct Service {
    url: String,
    key: hmac::Key,
    deadline: Duration,
}

/// One table of `webhooks.toml`, by the name of its intent.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    /// https, or http on this machine.
    url: String,
    /// The environment variable that holds the secret both sides know.
    secret_env: String,
    /// Milliseconds for all tries together.
    #[serde(default = "usual_deadline")]
    deadline_ms: u64,
}

fn usual_deadline() -> u64 {
    2_500
}

/// What a service is asked.
#[derive(Serialize)]
pub struct Ask<'a> {
    pub version: u32,
    pub request_id: &'a str,
    pub session: &'a str,
    pub customer: &'a str,
    pub locale: &'a str,
    pub intent: &'a str,
    pub slots: Vec<AskSlot<'a>>,
}

#[derive(Serialize)]
pub struct AskSlot<'a> {
    name: &'a str,
    value: &'a str,
    spoken: &'a str,
    /// Id of the best match among the values of the slot's type.
    id: Option<&'a str>,
}

/// What a service wants said.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Told {
    /// Plain words.
    pub speech: String,
    /// Said when the shopper stays silent.
    #[serde(default)]
    pub reprompt: Option<String>,
    /// Whether the conversation ends with it.
    #[serde(default)]
    pub end: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    #[error("cannot read {0}: {1}")]
    Read(String, std::io::Error),
    #[error("{path}: {problem}")]
    Setting { path: String, problem: String },
    #[error("cannot set up the HTTP client: {0}")]
    Client(String),
    #[error("the service of {0} did not answer in time")]
    Late(String),
    #[error("the service of {0} could not be reached")]
    Unreachable(String),
    #[error("the service of {intent} answered HTTP {status}")]
    Refused { intent: String, status: u16 },
    #[error("the service of {intent} answered something else than docs/webhook.openapi.json describes: {what}")]
    Odd { intent: String, what: &'static str },
}

impl<'a> Ask<'a> {
    pub fn new(
        reading: &'a Reading,
        request_id: &'a str,
        session: &'a str,
        customer: &'a str,
        locale: &'a str,
    ) -> Self {
        let slot = |s: &'a Slot| AskSlot {
            name: &s.name,
            value: &s.value,
            spoken: &s.spoken,
            id: s.resolutions.first().map(|r| r.id.as_str()),
        };
        let slots = reading.slots.iter().map(slot).collect();
        Self { version: 1, request_id, session, customer, locale, intent: &reading.intent, slots }
    }
}

/// In bytes; a shorter secret could be found by trying.
const SHORTEST_SECRET: usize = 16;

impl Webhooks {
    /// Reads `webhooks.toml` in a locale's folder; none is no service. `known` tells which intents the model has, `secret`
    /// what an environment variable holds.
    pub fn load(
        folder: &Path,
        known: impl Fn(&str) -> bool,
        secret: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, WebhookError> {
        let path = folder.join("webhooks.toml");
        let shown = path.display().to_string();
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(WebhookError::Read(shown, error)),
        };
        let wrong = |problem: String| WebhookError::Setting { path: shown.clone(), problem };
        let entries: BTreeMap<String, Entry> = toml::from_str(&text).map_err(|e| wrong(e.to_string()))?;
        let mut by_intent = BTreeMap::new();
        for (intent, entry) in entries {
            // A yes buys; it must never be somebody else's to answer.
            if intent.starts_with("AMAZON.") || !known(&intent) {
                return Err(wrong(format!("{intent} is no custom intent of model.json")));
            }
            if !allowed(&entry.url) {
                return Err(wrong(format!(
                    "the url of {intent} must begin with https:// (http:// on this machine only)"
                )));
            }
            if !(100..=6_000).contains(&entry.deadline_ms) {
                return Err(wrong(format!("deadline_ms of {intent} must be between 100 and 6000")));
            }
            let held = secret(&entry.secret_env).map(SecretString::from);
            let key = signing_key(held, &entry.secret_env).map_err(&wrong)?;
            let deadline = Duration::from_millis(entry.deadline_ms);
            by_intent.insert(intent, Service { url: entry.url, key, deadline });
        }
        let client = if by_intent.is_empty() { None } else { Some(client()?) };
        Ok(Self { by_intent, client })
    }

    /// Whether somebody else answers this intent.
    pub fn answers(&self, intent: &str) -> bool {
        self.by_intent.contains_key(intent)
    }

    /// Asks the service of `ask`'s intent; done well before `deadline`.
    pub async fn ask(&self, ask: &Ask<'_>, now: Timestamp, deadline: Instant) -> Result<Told, WebhookError> {
        let intent = || ask.intent.to_owned();
        let (Some(service), Some(client)) = (self.by_intent.get(ask.intent), &self.client) else {
            return Err(WebhookError::Unreachable(intent()));
        };
        let until = (Instant::now() + service.deadline).min(deadline.checked_sub(MARGIN).unwrap_or(deadline));
        let body = serde_json::to_vec(ask).map_err(|_| WebhookError::Odd { intent: intent(), what: "the question" })?;
        let signature = sign(&service.key, now, &body);
        let all = async {
            let mut left = TRIES;
            loop {
                left -= 1;
                match once(client, service, ask, &signature, body.clone()).await {
                    // Trouble that a second try may not meet; the key tells the service that it is the same request.
                    Err(WebhookError::Unreachable(_) | WebhookError::Refused { status: 429 | 500..=599, .. })
                        if left > 0 =>
                    {
                        tokio::time::sleep(Duration::from_millis(50)).await;
                    }
                    result => return result,
                }
            }
        };
        tokio::time::timeout_at(until.into(), all).await.unwrap_or_else(|_| Err(WebhookError::Late(intent())))
    }
}

async fn once(
    client: &reqwest::Client,
    service: &Service,
    ask: &Ask<'_>,
    signature: &str,
    body: Vec<u8>,
) -> Result<Told, WebhookError> {
    let intent = || ask.intent.to_owned();
    let unreachable = |error: reqwest::Error| {
        tracing::debug!(%error, "a webhook could not be reached");
        WebhookError::Unreachable(intent())
    };
    let odd = |what| WebhookError::Odd { intent: intent(), what };
    let request = client
        .post(&service.url)
        .header("Content-Type", "application/json")
        .header("Idempotency-Key", ask.request_id)
        .header(SIGNATURE, signature)
        .body(body);
    let answer = request.send().await.map_err(unreachable)?;
    let status = answer.status().as_u16();
    if status != 200 {
        return Err(WebhookError::Refused { intent: intent(), status });
    }
    let mut bytes = Vec::new();
    let mut pieces = answer.bytes_stream();
    while let Some(piece) = pieces.next().await {
        bytes.extend_from_slice(&piece.map_err(unreachable)?);
        if bytes.len() > LARGEST {
            return Err(odd("it is too long"));
        }
    }
    let told: Told = serde_json::from_slice(&bytes).map_err(|_| odd("there is no text named speech"))?;
    let long = |text: &str| text.trim().is_empty() || text.chars().count() > SPEECH;
    if long(&told.speech) || told.reprompt.as_deref().is_some_and(long) {
        return Err(odd("speech must have 1 to 2000 characters"));
    }
    Ok(told)
}

/// What signs, from the secret that the environment variable `which` holds; refuses one that is too short, in words.
fn signing_key(held: Option<SecretString>, which: &str) -> Result<hmac::Key, String> {
    let secret = held.filter(|s| s.expose_secret().len() >= SHORTEST_SECRET).ok_or_else(|| {
        format!("the environment variable {which} must hold a secret of {SHORTEST_SECRET} characters or more")
    })?;
    Ok(hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes()))
}

/// The signature header of a body sent at this time.
fn sign(key: &hmac::Key, now: Timestamp, body: &[u8]) -> String {
    let mut context = hmac::Context::with_key(key);
    context.update(format!("{}.", now.as_second()).as_bytes());
    context.update(body);
    format!("t={},v1={}", now.as_second(), hex::encode(context.sign()))
}

fn allowed(url: &str) -> bool {
    let Ok(url) = url::Url::parse(url) else { return false };
    let here = match url.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && here)
}

fn client() -> Result<reqwest::Client, WebhookError> {
    let failed = |e: &dyn std::fmt::Display| WebhookError::Client(e.to_string());
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|e| failed(&e))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(|e| failed(&e))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<Webhooks, String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("webhooks.toml"), text).unwrap();
        let secret = |name: &str| (name == "SECRET").then(|| "sixteen letters!".to_owned());
        Webhooks::load(folder.path(), |intent| intent == "HoursIntent", secret).map_err(|e| e.to_string())
    }

    #[test]
    fn settings_are_judged_at_the_start() {
        let good = "[HoursIntent]\nurl = \"https://a.example/hours\"\nsecret_env = \"SECRET\"\n";
        assert!(load(good).unwrap().answers("HoursIntent"));
        assert!(!load("").unwrap().answers("HoursIntent"));
        for (from, to, want) in [
            ("[HoursIntent]", "[\"AMAZON.YesIntent\"]", "no custom intent"),
            ("[HoursIntent]", "[UnheardIntent]", "no custom intent"),
            ("https://a.example", "http://a.example", "https://"),
            ("https://a.example", "file:///etc", "https://"),
            ("\"SECRET\"", "\"NOTHING\"", "NOTHING"),
            ("secret_env", "secret", "unknown field"),
            ("secret_env", "deadline_ms = 9000\nsecret_env", "between 100 and 6000"),
        ] {
            let error = load(&good.replace(from, to)).err().unwrap();
            assert!(error.contains(want) && error.contains("webhooks.toml"), "{to}: {error}");
        }
        assert!(load(&good.replace("https://a.example", "http://127.0.0.1:9")).is_ok());
    }

    #[test]
    fn a_signature_is_what_other_languages_make_of_it() {
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"sixteen letters!");
        let at = Timestamp::from_second(1_700_000_000).unwrap();
        // printf '1700000000.{}' | openssl dgst -sha256 -hmac 'sixteen letters!'
        let expected = EXPECTED;
        assert_eq!(sign(&key, at, b"{}"), format!("t=1700000000,v1={expected}"));
    }

    const EXPECTED: &str = "96ab549f48d71fa3a81fbfdfb376da52cdeb76225c3f435cd504edf342c1cf8c";
}
