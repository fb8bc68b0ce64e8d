//! The voice PIN: four digits in, a hash to keep or a yes or no out. Prints, logs and stores nothing of the digits.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::hashing;

/// Wrong tries before the PIN is locked.
pub const TRIES: u32 = 3;
/// How long it stays locked.
pub const LOCKED: jiff::SignedDuration = jiff::SignedDuration::from_mins(15);

/// Four digits. Shows as `(hidden)` wherever it is printed or written down.
#[derive(Clone)]
pub struct Pin(SecretString);

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PinError {
    #[error("a PIN is four digits")]
    Digits,
    #[error("a PIN of four equal or consecutive digits is the first that is guessed; choose another")]
    Simple,
    #[error("the PIN could not be hashed or compared: {0}")]
    Hash(String),
}

impl Pin {
    /// The digits as said; spaces and hyphens between them are left out.
    pub fn new(text: &str) -> Result<Self, PinError> {
        let digits: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
        if digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(digits.into()))
        } else {
            Err(PinError::Digits)
        }
    }

    /// What is kept in place of a new PIN: an argon2id hash with a salt of its own.
    pub fn hash(&self) -> Result<String, PinError> {
        let digits = self.0.expose_secret().as_bytes();
        let steps: Vec<i16> =
            digits.iter().zip(digits.iter().skip(1)).map(|(a, b)| i16::from(*b) - i16::from(*a)).collect();
        if [0, 1, -1].iter().any(|step| steps.iter().all(|s| s == step)) {
            return Err(PinError::Simple);
        }
        hashing::hash(digits).map_err(PinError::Hash)
    }

    /// Whether this is the PIN that was hashed. Takes some tens of milliseconds of one processor, on purpose.
    pub fn fits(&self, hash: &str) -> Result<bool, PinError> {
        hashing::fits(self.0.expose_secret().as_bytes(), hash).map_err(PinError::Hash)
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

impl PartialEq for Pin {
    fn eq(&self, other: &Self) -> bool {
        self.0.expose_secret() == other.0.expose_secret()
    }
}

/// An act may be written down; its PIN may not.
impl Serialize for Pin {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str("(hidden)")
    }
}

impl<'de> Deserialize<'de> for Pin {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::new(&String::deserialize(from)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_fits_its_own_hash_and_no_other() {
        let pin = Pin::new("4 0 7-1").unwrap();
        let hash = pin.hash().unwrap();
        assert!(hash.starts_with("$argon2id$"), "{hash}");
        assert!(pin.fits(&hash).unwrap());
        assert!(!Pin::new("4072").unwrap().fits(&hash).unwrap());
        assert_ne!(hash, pin.hash().unwrap(), "each hash has a salt of its own");
        assert!(pin.fits("not a hash").is_err());
    }

    #[test]
    fn what_is_no_pin_is_refused() {
        for text in ["", "123", "12345", "12a4", "one two"] {
            assert_eq!(Pin::new(text).unwrap_err(), PinError::Digits, "{text}");
        }
        for text in ["0000", "1234", "4321", "7777"] {
            assert_eq!(Pin::new(text).unwrap().hash().unwrap_err(), PinError::Simple, "{text}");
        }
    }

    #[test]
    fn nothing_of_it_is_shown() {
        let pin = Pin::new("8317").unwrap();
        assert!(!format!("{pin:?}").contains("8317"));
        assert!(!serde_json::to_string(&pin).unwrap().contains("8317"));
    }
}
