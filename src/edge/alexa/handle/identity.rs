//! Who asks, in which conversation, under which request id: an envelope in, checked names out. A name that our types
//! cannot hold is replaced by its hash, so that the same name is always the same caller.

use sha2::{Digest, Sha256};

use crate::dialogue::SessionId;
use crate::edge::alexa::envelope::Envelope;
use crate::shop::RequestId;

const LONGEST: usize = 255;

/// The shopper: a recognised speaker before the household's account, so that a shared speaker does not share a cart.
pub fn customer(envelope: &Envelope<'_>) -> String {
    if let Some(id) = envelope.person_id() {
        return named("alexa:person:", id);
    }
    if let Some(id) = envelope.user_id() {
        return named("alexa:user:", id);
    }
    // Only simulators leave the account out. Strangers must not meet in one cart, so each conversation has its own.
    let id = envelope.session_id().or(envelope.request.request_id.as_ref().map(|r| r.as_str())).unwrap_or_default();
    named("alexa:guest:", id)
}

/// The household's account, by which Alexa's events name it.
pub fn account(envelope: &Envelope<'_>) -> Option<String> {
    envelope.user_id().map(|id| named("alexa:user:", id))
}

/// The token of a linked account, and who carries it: the speaker's own before the household's.
pub fn token<'e>(envelope: &'e Envelope<'_>) -> Option<(&'e str, Option<String>)> {
    let own = envelope.person_token().map(|t| (t, envelope.person_id().map(|id| named("alexa:person:", id))));
    own.or_else(|| envelope.user_token().map(|t| (t, account(envelope))))
}

pub fn session(envelope: &Envelope<'_>) -> Option<SessionId> {
    SessionId::new(&named("", envelope.session_id()?)).ok()
}

/// Alexa's id of the request; where there is none, the body's hash, so that a retry is still a retry.
pub fn request(envelope: &Envelope<'_>, body: &[u8]) -> Option<RequestId> {
    let name = match envelope.request.request_id.as_ref().map(|r| r.as_str()).filter(|id| !id.is_empty()) {
        Some(id) => named("", id),
        None => format!("alexa-{}", hex::encode(Sha256::digest(body))),
    };
    RequestId::new(&name).ok()
}

fn named(prefix: &str, id: &str) -> String {
    let fits = !id.is_empty() && prefix.len() + id.len() <= LONGEST && id.bytes().all(|b| b.is_ascii_graphic());
    if fits { format!("{prefix}{id}") } else { format!("{prefix}sha256-{}", hex::encode(Sha256::digest(id))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_speaker_comes_before_the_account() {
        let long = "u".repeat(255);
        let long_body =
            format!(r#"{{"request":{{"type":"X"}},"context":{{"System":{{"user":{{"userId":"{long}"}}}}}}}}"#);
        let hashed = format!("alexa:user:sha256-{}", hex::encode(Sha256::digest(&long)));
        for (body, expected) in [
            (
                r#"{"request":{"type":"X"},"context":{"System":{"user":{"userId":"u"},"person":{"personId":"p"}}}}"#,
                "alexa:person:p",
            ),
            (
                r#"{"request":{"type":"X"},"context":{"System":{"user":{"userId":"u"},"person":{"personId":null}}}}"#,
                "alexa:user:u",
            ),
            (r#"{"request":{"type":"X"},"session":{"user":{"userId":"s"}}}"#, "alexa:user:s"),
            (r#"{"request":{"type":"X"},"session":{"sessionId":"c","user":{"userId":null}}}"#, "alexa:guest:c"),
            (r#"{"request":{"type":"X","requestId":"r"}}"#, "alexa:guest:r"),
            (long_body.as_str(), hashed.as_str()),
        ] {
            assert_eq!(customer(&Envelope::parse(body.as_bytes()).unwrap()), expected, "{body}");
        }
    }

    #[test]
    fn odd_names_are_hashed_and_stay_the_same() {
        let body = r#"{"session":{"sessionId":"söme id"},"request":{"type":"X"}}"#.as_bytes();
        let envelope = Envelope::parse(body).unwrap();
        let id = session(&envelope).unwrap();
        assert!(id.as_str().starts_with("sha256-"));
        assert_eq!(session(&envelope).unwrap(), id);
        assert_eq!(request(&envelope, body), request(&envelope, body));
        assert_ne!(request(&envelope, body), request(&envelope, b"other"));
    }
}
