//! Links with which a shopper pays by themselves: which purchase and until when in, an address that cannot be guessed or
//! changed out, and back. Refuses to know what is paid and how.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use ring::hmac;

/// Makes and reads the links of one shop.
pub struct PayLinks {
    /// This server as the shopper's browser reaches it.
    base: String,
    key: hmac::Key,
    lasts: SignedDuration,
}

/// What an address was made for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linked {
    /// The purchase's key.
    pub key: String,
    pub until: Timestamp,
}

impl PayLinks {
    /// `secret` signs the links; who changes it ends those that are out.
    pub fn new(base: &str, secret: &str, lasts: SignedDuration) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        Self { base: base.trim_end_matches('/').to_owned(), key, lasts }
    }

    /// When a link made now ends, in whole seconds, as the link says it.
    pub fn until(&self, now: Timestamp) -> Timestamp {
        let end = now.checked_add(self.lasts).unwrap_or(Timestamp::MAX);
        Timestamp::from_second(end.as_second()).unwrap_or(end)
    }

    /// The address for a purchase.
    pub fn address(&self, linked: &Linked) -> String {
        let said = format!("{}.{}", linked.key, linked.until.as_second());
        let signature = URL_SAFE_NO_PAD.encode(hmac::sign(&self.key, said.as_bytes()));
        format!("{}/pay/{said}.{signature}", self.base)
    }

    /// What the last part of an address was made for, if it was made here and not changed. Whether it still works is
    /// another question.
    pub fn read(&self, token: &str) -> Option<Linked> {
        let (said, signature) = token.rsplit_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        // Compares in the same time whatever is wrong.
        hmac::verify(&self.key, said.as_bytes(), &signature).ok()?;
        let (key, until) = said.rsplit_once('.')?;
        Some(Linked { key: key.to_owned(), until: Timestamp::from_second(until.parse().ok()?).ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(secret: &str) -> PayLinks {
        PayLinks::new("https://shop.example/", secret, SignedDuration::from_mins(60))
    }

    #[test]
    fn a_link_is_read_as_it_was_made_and_no_other_way() {
        let made = links("sixteen letters!");
        let now: Timestamp = "2026-11-25T10:00:00.5Z".parse().unwrap();
        let linked = Linked { key: "01JD0000".into(), until: made.until(now) };
        let address = made.address(&linked);
        let token = address.strip_prefix("https://shop.example/pay/").unwrap();
        assert_eq!(made.read(token), Some(linked));
        let (said, _) = token.rsplit_once('.').unwrap();
        for wrong in [said, "", ".", "..", &format!("{token}A"), &token.replace("01JD", "01JE"), &format!("{said}.")] {
            assert_eq!(made.read(wrong), None, "{wrong}");
        }
        assert_eq!(links("another secret!!").read(token), None);
    }
}
