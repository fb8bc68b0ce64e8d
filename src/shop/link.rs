//! One profile over all doors: a code that is asked for at one and said at another. What may be asked and answered, and the
//! code itself, which prints, logs and stores nothing of its digits. Refuses to know who asks.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

/// How long a code is good for.
pub const GOOD: jiff::SignedDuration = jiff::SignedDuration::from_mins(10);
/// Wrong codes from one door before it has to wait, and how long that is.
pub const TRIES: u32 = 3;
pub const WAIT: jiff::SignedDuration = jiff::SignedDuration::from_mins(15);
/// Wrong codes from all doors together before all have to wait: nobody guesses from many doors at once.
pub const TRIES_OF_ALL: u32 = 30;
const DIGITS: usize = 6;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Request {
    /// A new code; one from before is no longer good.
    Code,
    /// Whether this is somebody's code. Joins nothing yet.
    Said(LinkCode),
    /// Yes, join with whoever gave the code said last.
    Join,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Linked {
    Code(LinkCode),
    /// It is: shall both be one?
    Found,
    /// From now on they are.
    Joined,
    Refused(Refusal),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    /// No such code, or no longer.
    Wrong {
        tries_left: u32,
    },
    Locked {
        minutes: u32,
    },
    /// It was asked for here: it is to be said elsewhere.
    Own,
    /// Both are customers in their own right; only the merchant can make them one.
    BothKnown,
    /// No code was said, or it is no longer good.
    Lapsed,
}

/// Six digits. Shows as `(hidden)` wherever it is printed or written down, and comes back from there without its digits.
#[derive(Clone)]
pub struct LinkCode(Option<SecretString>);

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a code is six digits")]
pub struct NotACode;

impl LinkCode {
    /// The digits as said; spaces and hyphens between them are left out.
    pub fn new(text: &str) -> Result<Self, NotACode> {
        let digits: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
        let ok = digits.len() == DIGITS && digits.bytes().all(|b| b.is_ascii_digit());
        if ok { Ok(Self(Some(digits.into()))) } else { Err(NotACode) }
    }

    /// A code as random as the id is.
    pub fn of(id: &str) -> Self {
        let hash = Sha256::digest(id);
        let number = hash.iter().take(8).fold(0u64, |n, byte| (n << 8) | u64::from(*byte));
        Self(Some(format!("{:06}", number % 1_000_000).into()))
    }

    /// For whoever says it aloud; none when it comes from where it was not written down.
    pub fn digits(&self) -> Option<&str> {
        self.0.as_ref().map(SecretString::expose_secret)
    }

    /// What it is looked up by: the same for the same code, slow to find one for. Takes some tens of milliseconds.
    pub fn hash(&self, salt: &str) -> Result<String, String> {
        super::hashing::hash_with(self.digits().unwrap_or_default().as_bytes(), salt)
    }
}

impl fmt::Debug for LinkCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

impl PartialEq for LinkCode {
    fn eq(&self, other: &Self) -> bool {
        self.digits() == other.digits()
    }
}

impl Serialize for LinkCode {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str("(hidden)")
    }
}

impl<'de> Deserialize<'de> for LinkCode {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(|_| Self(None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_digits_are_not_written_anywhere() {
        let code = LinkCode::new("48 29-13").unwrap();
        assert_eq!(code.digits(), Some("482913"));
        let written = serde_json::to_string(&Linked::Code(code.clone())).unwrap();
        assert!(!written.contains("482913") && !format!("{code:?}").contains("482913"));
        let Linked::Code(back) = serde_json::from_str(&written).unwrap() else { panic!("{written}") };
        assert_eq!(back.digits(), None);
        for wrong in ["", "48291", "4829134", "48291x"] {
            assert_eq!(LinkCode::new(wrong), Err(NotACode));
        }
    }

    #[test]
    fn codes_differ_as_their_ids_do() {
        let all: std::collections::HashSet<String> =
            (0..1_000).map(|n| LinkCode::of(&n.to_string()).digits().unwrap().to_owned()).collect();
        assert!(all.len() > 990 && all.iter().all(|c| c.len() == DIGITS), "{}", all.len());
    }

    #[test]
    fn the_same_code_has_the_same_hash_under_one_salt() {
        let (salt, other) = (super::super::hashing::salt().unwrap(), super::super::hashing::salt().unwrap());
        let code = LinkCode::new("482913").unwrap();
        assert_eq!(code.hash(&salt), code.hash(&salt));
        assert_ne!(code.hash(&salt), code.hash(&other));
    }
}
