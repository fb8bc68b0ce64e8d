//! What must not be read in a log: keys, tokens and people are always covered; what shoppers say is covered unless the
//! operator has allowed it.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

use sha2::{Digest, Sha256};

static TRANSCRIPTS: AtomicBool = AtomicBool::new(false);

/// Whether [`Words`] may be read in the log. The switch is one for the process, as the log is.
pub fn allow_transcripts(allowed: bool) {
    TRANSCRIPTS.store(allowed, Ordering::Relaxed);
}

/// A person's id, a session id or another name that may point to somebody. Prints as a short fingerprint, so that the
/// lines of one conversation can still be told from those of another.
pub struct Private<'a>(pub &'a str);

/// What a shopper said or typed.
pub struct Words<'a>(pub &'a str);

impl fmt::Display for Private<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digest = Sha256::digest(self.0.as_bytes());
        let [a, b, c, d, ..] = <[u8; 32]>::from(digest);
        write!(f, "#{a:02x}{b:02x}{c:02x}{d:02x}")
    }
}

impl fmt::Debug for Private<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if TRANSCRIPTS.load(Ordering::Relaxed) {
            write!(f, "{:?}", self.0)
        } else {
            write!(f, "({} words)", self.0.split_whitespace().count())
        }
    }
}

impl fmt::Debug for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// `text` with every API key in it covered; for messages of others that may quote a request.
pub fn scrubbed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("vc_") {
        let (before, found) = rest.split_at(at);
        out.push_str(before);
        let end = found.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(found.len());
        let (key, after) = found.split_at(end);
        out.push_str(if key.len() > 12 { "vc_(hidden)" } else { key });
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_fingerprints() {
        let shown = Private("amzn1.ask.account.ABC").to_string();
        assert_eq!(shown.len(), 9);
        assert_eq!(shown, format!("{:?}", Private("amzn1.ask.account.ABC")));
        assert_ne!(shown, Private("amzn1.ask.account.ABD").to_string());
    }

    #[test]
    fn keys_are_covered_wherever_they_stand() {
        let key = "vc_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";
        for text in [key.to_owned(), format!("Bearer {key}, {key}."), format!("é{key}")] {
            let shown = scrubbed(&text);
            assert!(!shown.contains("0123456789"), "{shown}");
            assert!(shown.contains("vc_(hidden)"), "{shown}");
        }
        assert_eq!(scrubbed("vc_short and plain"), "vc_short and plain");
    }
}
