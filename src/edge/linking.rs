//! Account linking: this server as the OAuth 2.0 server of the Alexa skill (RFC 6749, authorisation code with PKCE of
//! RFC 7636, revocation of RFC 7009). Whoever signs in on the [`page`] gives Alexa a code; the [`token`] door changes it
//! into tokens; the Alexa door asks here whose a token is.
//!
//! Codes live two minutes and are good once; refresh tokens are exchanged at each use, and one that comes back late
//! takes everything that came of the same sign-in with it. Only SHA-256 of any of them is kept. Written here because
//! the library there is for servers in Rust leaves exactly these rules, and storing, to whoever uses it.

mod authorize;
mod client;
mod page;
mod token;

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use governor::clock::DefaultClock;
use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter};
use jiff::SignedDuration;
use sha2::{Digest, Sha256};

use crate::clock::Clock;
use crate::config::Linking as Settings;
use crate::edge::keys;
use crate::shop::{CustomerId, Customers, ShopError};
use crate::store::{Store, StoreError, grants};
use client::Client;

const CODE: SignedDuration = SignedDuration::from_secs(120);
const ACCESS: SignedDuration = SignedDuration::from_secs(3_600);
/// Alexa keeps a link that is used; one that nobody used for half a year is asked for again.
const REFRESH: SignedDuration = SignedDuration::from_hours(180 * 24);
/// Forms here are small.
const LARGEST_BODY: usize = 16 * 1024;
/// Passwords compared at once; each takes a processor for a while.
const SIGN_INS_AT_ONCE: usize = 2;
/// Tries to sign in with one name, a minute.
const SIGN_INS: NonZeroU32 = NonZeroU32::new(30).unwrap();
/// Requests to the token door, a second.
const EXCHANGES: NonZeroU32 = NonZeroU32::new(50).unwrap();

/// All that account linking needs.
pub struct Linking {
    client: Client,
    needed_for: Arc<[String]>,
    store: Store,
    customers: Customers,
    clock: Arc<dyn Clock>,
    names: DefaultKeyedRateLimiter<String>,
    exchanges: DefaultDirectRateLimiter,
    rates: DefaultClock,
    comparing: tokio::sync::Semaphore,
}

#[derive(Debug, thiserror::Error)]
pub enum LinkingError {
    #[error("the grants could not be read or written: {0}")]
    Store(#[from] StoreError),
    #[error(transparent)]
    Shop(#[from] ShopError),
    #[error("the system gives no random numbers")]
    Random,
}

impl Linking {
    /// None where no client is configured.
    pub fn new(settings: &Settings, store: Store, customers: Customers, clock: Arc<dyn Clock>) -> Option<Self> {
        let client = Client::of(settings)?;
        if settings.vendor.is_none() {
            tracing::warn!(
                "linking.vendor is empty: skills of any Amazon vendor are taken for yours until they need the secret"
            );
        }
        Some(Self {
            client,
            needed_for: settings.needed_for.clone().into(),
            store,
            customers,
            clock,
            names: RateLimiter::keyed(Quota::per_minute(SIGN_INS)),
            exchanges: RateLimiter::direct(Quota::per_second(EXCHANGES)),
            rates: DefaultClock::default(),
            comparing: tokio::sync::Semaphore::new(SIGN_INS_AT_ONCE),
        })
    }

    /// The customer whose access token this is; none when it is not or no longer valid. `identity` is who carries it,
    /// such as `alexa:user:...`: the first time it is seen it is made the customer's own, basket and all.
    pub async fn owner(&self, access: &str, identity: Option<&str>) -> Result<Option<CustomerId>, LinkingError> {
        let Some(holder) = grants::holder(&self.store, &hash(access), self.clock.now()).await? else { return Ok(None) };
        let customer = CustomerId::new(&holder.customer).map_err(|e| ShopError::Damaged(e.to_string()))?;
        if let Some(identity) = identity
            && holder.identity.as_deref() != Some(identity)
        {
            self.customers.claim(identity, &customer).await?;
            grants::carried_by(&self.store, &holder.grant, identity).await?;
        }
        Ok(Some(customer))
    }

    /// The skill was disabled by whoever is known by `identity`: what was given to it there is taken back, and its
    /// next caller is a stranger. True when there was anything to take back.
    pub async fn disabled(&self, identity: &str) -> Result<bool, LinkingError> {
        let taken = grants::revoke_carried(&self.store, identity, self.clock.now()).await?;
        if taken > 0 {
            self.customers.unlink(identity).await?;
        }
        Ok(taken > 0)
    }

    /// Whether a stranger who asks for this must link an account first.
    pub fn needs_account(&self, intent: &str, customer: &CustomerId) -> bool {
        self.barred(customer).iter().any(|n| n == intent)
    }

    /// What this customer must link an account for.
    pub fn barred(&self, customer: &CustomerId) -> Arc<[String]> {
        if Customers::is_guest(customer) { self.needed_for.clone() } else { Arc::default() }
    }
}

/// The routes of account linking, from the root.
pub fn routes(linking: Arc<Linking>) -> Router {
    Router::new()
        .route("/oauth/authorize", get(authorize::open).post(authorize::sign_in))
        .route("/oauth/token", post(token::exchange))
        .route("/oauth/revoke", post(token::revoke))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .with_state(linking)
}

/// A form or a query: each name once, for what comes twice is an attempt to be read in two ways.
fn fields(text: &[u8]) -> Result<BTreeMap<String, String>, String> {
    let mut fields = BTreeMap::new();
    for (name, value) in url::form_urlencoded::parse(text) {
        if fields.insert(name.to_string(), value.into_owned()).is_some() {
            return Err(name.chars().take(40).collect());
        }
    }
    Ok(fields)
}

fn hash(secret: &str) -> String {
    hex::encode(Sha256::digest(secret))
}

/// A new secret that says what it is for.
fn secret(prefix: &str) -> Result<String, LinkingError> {
    Ok(format!("{prefix}{}", keys::random().ok_or(LinkingError::Random)?))
}
