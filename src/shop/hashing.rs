//! What nobody may read back: a secret's bytes in, an argon2id hash with a salt of its own out, and whether bytes are those
//! of a hash. Takes some tens of milliseconds of one processor, on purpose. Refuses to know what a good secret is.

use argon2::Argon2;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, Salt, SaltString};

/// The hash, or why there is none.
pub fn hash(secret: &[u8]) -> Result<String, String> {
    hash_with(secret, &salt()?)
}

/// The hash under a given salt, for a secret that is looked up by it.
pub fn hash_with(secret: &[u8], salt: &str) -> Result<String, String> {
    let salt = Salt::from_b64(salt).map_err(|e| e.to_string())?;
    Ok(Argon2::default().hash_password(secret, salt).map_err(|e| e.to_string())?.to_string())
}

/// A new salt, as text.
pub fn salt() -> Result<String, String> {
    let mut salt = [0u8; 16];
    ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut salt)
        .map_err(|_| "the system gives no random numbers".to_owned())?;
    Ok(SaltString::encode_b64(&salt).map_err(|e| e.to_string())?.to_string())
}

/// Whether this is the secret that was hashed, or why that cannot be told.
pub fn fits(secret: &[u8], hash: &str) -> Result<bool, String> {
    let hash = PasswordHash::new(hash).map_err(|e| e.to_string())?;
    Ok(Argon2::default().verify_password(secret, &hash).is_ok())
}
