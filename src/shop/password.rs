//! The password a shopper signs in with on the web: text in, a hash to keep or a yes or no out. Prints and logs nothing
//! of it.

use std::fmt;

use argon2::Argon2;
use secrecy::{ExposeSecret, SecretString};
use unicode_normalization::UnicodeNormalization;

use super::hashing;

/// Wrong tries in a row before a sign-in is locked.
pub const TRIES: u32 = 10;
/// How long it stays locked.
pub const LOCKED: jiff::SignedDuration = jiff::SignedDuration::from_mins(15);
const SHORTEST: usize = 10;
/// Longer ones would only keep the hash busy.
const LONGEST: usize = 256;

/// Shows as `(hidden)` wherever it is printed.
#[derive(Clone)]
pub struct Password(SecretString);

/// The name a shopper signs in with, usually an e-mail address: 1 to 254 characters, compared without regard to case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginName(String);

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PasswordError {
    #[error("a password has {SHORTEST} to {LONGEST} characters")]
    Length,
    #[error("the password must not be the name one signs in with, nor one character again and again")]
    Simple,
    #[error("a sign-in name has 1 to 254 characters and no spaces, such as ada@example.com")]
    Name,
    #[error("the password could not be hashed or compared: {0}")]
    Hash(String),
}

impl LoginName {
    pub fn new(text: &str) -> Result<Self, PasswordError> {
        let name = text.trim().nfkc().collect::<String>().to_lowercase();
        let plain = !name.chars().any(|c| c.is_whitespace() || c.is_control());
        if (1..=254).contains(&name.chars().count()) && plain { Ok(Self(name)) } else { Err(PasswordError::Name) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Password {
    /// The text as typed. Keyboards differ in how they send accents, so it is normalised.
    pub fn new(text: &str) -> Result<Self, PasswordError> {
        let text: String = text.nfkc().collect();
        if (1..=LONGEST).contains(&text.chars().count()) { Ok(Self(text.into())) } else { Err(PasswordError::Length) }
    }

    /// What is kept in place of a new password of `name`: an argon2id hash with a salt of its own.
    pub fn hash(&self, name: &LoginName) -> Result<String, PasswordError> {
        let text = self.0.expose_secret();
        if text.chars().count() < SHORTEST {
            return Err(PasswordError::Length);
        }
        let mut letters = text.chars();
        let first = letters.next();
        if text.to_lowercase() == name.as_str() || letters.all(|c| Some(c) == first) {
            return Err(PasswordError::Simple);
        }
        hashing::hash(text.as_bytes()).map_err(PasswordError::Hash)
    }

    /// Whether this is the password that was hashed. Takes some tens of milliseconds of one processor, on purpose;
    /// without a hash as long, and never.
    pub fn fits(&self, hash: Option<&str>) -> Result<bool, PasswordError> {
        let Some(hash) = hash else {
            let mut out = [0u8; 32];
            let _ = Argon2::default().hash_password_into(self.0.expose_secret().as_bytes(), &[0; 16], &mut out);
            return Ok(false);
        };
        hashing::fits(self.0.expose_secret().as_bytes(), hash).map_err(PasswordError::Hash)
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_fits_its_own_hash_and_no_other() {
        let (name, password) = (LoginName::new("Ada@Example.com ").unwrap(), Password::new("grüne Tomaten").unwrap());
        assert_eq!(name.as_str(), "ada@example.com");
        let hash = password.hash(&name).unwrap();
        assert!(hash.starts_with("$argon2id$"), "{hash}");
        assert!(password.fits(Some(&hash)).unwrap());
        // The same letters, the accent sent by itself.
        assert!(Password::new("gru\u{308}ne Tomaten").unwrap().fits(Some(&hash)).unwrap());
        assert!(!Password::new("grune Tomaten").unwrap().fits(Some(&hash)).unwrap());
        assert!(!password.fits(None).unwrap());
        assert!(password.fits(Some("not a hash")).is_err());
        assert_eq!(format!("{password:?}"), "(hidden)");
    }

    #[test]
    fn what_would_be_guessed_is_refused() {
        let name = LoginName::new("ada@example.com").unwrap();
        for (text, wanted) in [
            ("short", PasswordError::Length),
            ("Ada@Example.com", PasswordError::Simple),
            ("aaaaaaaaaaaa", PasswordError::Simple),
        ] {
            assert_eq!(Password::new(text).unwrap().hash(&name).unwrap_err(), wanted, "{text}");
        }
        assert!(Password::new("").is_err() && Password::new(&"x".repeat(257)).is_err());
        for text in ["", "  ", "a b", "a\u{7}b", &"x".repeat(255)] {
            assert_eq!(LoginName::new(text).unwrap_err(), PasswordError::Name, "{text:?}");
        }
    }
}
