//! API keys: a presented key in, the name of its owner out. Only hashes are kept, and they are compared in constant
//! time. Knows nothing of where the hashes are stored; whoever builds the [`KeyRing`] tells it how to list them.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use futures::future::BoxFuture;
use jiff::Timestamp;
use ring::rand::{SecureRandom, SystemRandom};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// What every key begins with, so that secret scanners can find one that leaked.
pub const PREFIX: &str = "vc_";
const RANDOM_BYTES: usize = 32;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Base 62 digits that 32 bytes need.
const DIGITS: usize = 43;
/// How old the list may be: a key revoked elsewhere stops working after this long.
const FRESH: Duration = Duration::from_secs(2);

/// A key in the clear: exists only while it is made and shown.
pub struct ApiKey(String);

/// SHA-256 of a key.
pub type KeyHash = [u8; 32];

/// A key that may be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    pub id: String,
    pub name: String,
    pub hash: KeyHash,
}

/// Lists the keys that are not revoked.
pub type Lister = Box<dyn Fn() -> BoxFuture<'static, Result<Vec<Known>, String>> + Send + Sync>;

impl ApiKey {
    /// A new random key; `None` when the system has no randomness to give.
    pub fn generate() -> Option<Self> {
        Some(Self(format!("{PREFIX}{}", random()?)))
    }

    pub fn hash(&self) -> KeyHash {
        hash(&self.0)
    }

    /// The key itself, to be shown once.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("vc_(hidden)")
    }
}

/// 256 random bits as letters and digits; `None` when the system has no randomness to give.
pub fn random() -> Option<String> {
    let mut bytes = [0; RANDOM_BYTES];
    SystemRandom::new().fill(&mut bytes).ok()?;
    Some(base62(bytes))
}

pub fn hash(key: &str) -> KeyHash {
    Sha256::digest(key.as_bytes()).into()
}

/// Whether `text` looks like a key at all.
pub fn well_formed(text: &str) -> bool {
    text.strip_prefix(PREFIX)
        .is_some_and(|rest| rest.len() == DIGITS && rest.bytes().all(|b| b.is_ascii_alphanumeric()))
}

fn base62(mut bytes: [u8; RANDOM_BYTES]) -> String {
    // Long division of the 256-bit number by 62, once for each digit.
    (0..DIGITS)
        .map(|_| {
            let mut rest = 0_u32;
            for byte in &mut bytes {
                let value = rest << 8 | u32::from(*byte);
                *byte = (value / 62) as u8;
                rest = value % 62;
            }
            ALPHABET.get(rest as usize).copied().map_or('0', char::from)
        })
        .collect()
}

/// The keys that open the doors, refreshed from their list now and then.
pub struct KeyRing {
    known: ArcSwap<Vec<Known>>,
    checked: Mutex<Instant>,
    list: Lister,
    used: Mutex<HashMap<String, Timestamp>>,
}

impl KeyRing {
    /// Fails when the list cannot be read.
    pub async fn open(list: Lister) -> Result<Self, String> {
        let known = list().await?;
        Ok(Self {
            known: ArcSwap::from_pointee(known),
            checked: Mutex::new(Instant::now()),
            list,
            used: Mutex::default(),
        })
    }

    /// Whose key this is.
    pub async fn owner(&self, presented: &str) -> Option<Known> {
        if !well_formed(presented) {
            return None;
        }
        if self.stale() {
            self.refresh().await;
        }
        let hash = hash(presented);
        let mut owner = None;
        // Every hash is looked at, so that the time taken tells nothing of which one matched.
        for known in self.known.load().iter() {
            if bool::from(known.hash.ct_eq(&hash)) {
                owner = Some(known.clone());
            }
        }
        if let Some(known) = &owner {
            let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
            used.insert(known.id.clone(), Timestamp::now());
        }
        owner
    }

    /// The keys used since this was last asked, by id, with the time of their last use.
    pub fn take_used(&self) -> Vec<(String, Timestamp)> {
        std::mem::take(&mut *self.used.lock().unwrap_or_else(PoisonError::into_inner)).into_iter().collect()
    }

    async fn refresh(&self) {
        match (self.list)().await {
            Ok(known) => self.known.store(Arc::new(known)),
            // Better the keys of a moment ago than nobody let in; `/readyz` tells of the database.
            Err(error) => tracing::warn!(%error, "the API keys could not be read again"),
        }
    }

    fn stale(&self) -> bool {
        let mut checked = self.checked.lock().unwrap_or_else(PoisonError::into_inner);
        let stale = checked.elapsed() >= FRESH;
        if stale {
            *checked = Instant::now();
        }
        stale
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_well_formed_and_differ() {
        let (a, b) = (ApiKey::generate().unwrap(), ApiKey::generate().unwrap());
        assert!(well_formed(a.reveal()), "{}", a.reveal());
        assert_ne!(a.reveal(), b.reveal());
        assert_ne!(a.hash(), b.hash());
        assert!(!format!("{a:?}").contains(&a.reveal()[3..]));
    }

    #[test]
    fn base62_counts() {
        let mut one = [0; 32];
        one[31] = 61;
        assert_eq!(base62(one), format!("z{}", "0".repeat(42)));
        one[31] = 62;
        assert_eq!(base62(one), format!("01{}", "0".repeat(41)));
        assert_eq!(base62([255; 32]).len(), DIGITS);
    }

    #[tokio::test]
    async fn only_listed_keys_open() {
        let key = ApiKey::generate().unwrap();
        let known = Known { id: "1".into(), name: "till".into(), hash: key.hash() };
        let listed = vec![known.clone()];
        let ring = KeyRing::open(Box::new(move || {
            let listed = listed.clone();
            Box::pin(async move { Ok(listed) })
        }))
        .await
        .unwrap();
        assert_eq!(ring.owner(key.reveal()).await, Some(known));
        assert_eq!(ring.take_used().len(), 1);
        assert!(ring.take_used().is_empty());
        let other = ApiKey::generate().unwrap();
        for wrong in [other.reveal(), "", "vc_", &key.reveal()[..20], &format!("{} ", key.reveal())] {
            assert_eq!(ring.owner(wrong).await, None, "{wrong:?}");
        }
    }
}
