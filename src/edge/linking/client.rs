//! The one client, Alexa: what it calls itself, what proves it, and where it may have shoppers sent. Nothing of a
//! request is trusted before it has passed here.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, header};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use url::Url;

use crate::config::Linking as Settings;

/// Where Alexa receives shoppers back, by region.
const AMAZON: [&str; 3] = ["pitangui.amazon.com", "layla.amazon.com", "alexa.amazon.co.jp"];
const AMAZON_PATH: &str = "/api/skill/link/";

pub struct Client {
    pub id: String,
    secret: Option<[u8; 32]>,
    vendor: Option<String>,
    redirects: Vec<String>,
}

impl Client {
    pub fn of(settings: &Settings) -> Option<Self> {
        Some(Self {
            id: settings.client_id.clone()?,
            secret: settings.client_secret.as_ref().map(|s| Sha256::digest(s).into()),
            vendor: settings.vendor.clone(),
            redirects: settings.redirects.clone(),
        })
    }

    /// Without a secret anybody can be this client, so that only PKCE ties a code to whoever asked for it.
    pub fn is_public(&self) -> bool {
        self.secret.is_none()
    }

    /// Whether a shopper may be sent there.
    pub fn may_redirect(&self, address: &str) -> bool {
        if self.redirects.iter().any(|r| r == address) {
            return true;
        }
        let Ok(url) = Url::parse(address) else { return false };
        let plain = url.scheme() == "https"
            && url.port().is_none()
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        let vendor = url.path().strip_prefix(AMAZON_PATH).unwrap_or_default();
        let known = match &self.vendor {
            Some(ours) => vendor == ours,
            None => !vendor.is_empty() && vendor.bytes().all(|b| b.is_ascii_alphanumeric()),
        };
        // As written, too: a parser is forgiving, and what it forgives is not what Amazon sends.
        plain && known && url.host_str().is_some_and(|h| AMAZON.contains(&h)) && url.as_str() == address
    }

    /// Whether a request to the token door comes from this client: `Authorization: Basic` or fields of the form, not
    /// both (RFC 6749, 2.3.1).
    pub fn proven(&self, headers: &HeaderMap, form: &BTreeMap<String, String>) -> bool {
        let in_form = (form.get("client_id").cloned(), form.get("client_secret").cloned());
        match headers.get(header::AUTHORIZATION) {
            // The form may repeat the id, but not contradict it.
            Some(_) if in_form.1.is_some() || in_form.0.as_ref().is_some_and(|id| *id != self.id) => false,
            Some(value) => {
                let said = value.to_str().ok().and_then(basic);
                said.is_some_and(|readings| readings.iter().any(|(id, secret)| self.is(id, Some(secret))))
            }
            None => self.is(&in_form.0.unwrap_or_default(), in_form.1.as_deref()),
        }
    }

    fn is(&self, id: &str, secret: Option<&str>) -> bool {
        let secret_fits = match (&self.secret, secret) {
            (Some(ours), Some(theirs)) => bool::from(ours.ct_eq(&<[u8; 32]>::from(Sha256::digest(theirs)))),
            (None, theirs) => theirs.is_none_or(str::is_empty),
            (Some(_), None) => false,
        };
        id == self.id && secret_fits
    }
}

/// Id and secret, first as the standard has them, form-encoded before they are put together, then as many write them.
fn basic(value: &str) -> Option<[(String, String); 2]> {
    let (scheme, rest) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(rest.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    let decoded = |part: &str| {
        let pair = format!("v={}", part.replace('&', "%26"));
        url::form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned())
    };
    Some([(decoded(id)?, decoded(secret)?), (id.to_owned(), secret.to_owned())])
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("id", &self.id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(secret: Option<&str>, vendor: Option<&str>) -> Client {
        let settings = Settings {
            client_id: Some("alexa".into()),
            client_secret: secret.map(String::from),
            vendor: vendor.map(String::from),
            redirects: vec!["https://shop.example/back?a=b".into()],
            ..Settings::default()
        };
        Client::of(&settings).unwrap()
    }

    #[test]
    fn shoppers_are_sent_back_to_alexa_and_where_the_merchant_says() {
        let (any, ours) = (client(None, None), client(None, Some("M1ABC")));
        for (address, by_any, by_ours) in [
            ("https://pitangui.amazon.com/api/skill/link/M1ABC", true, true),
            ("https://layla.amazon.com/api/skill/link/M1ABC", true, true),
            ("https://alexa.amazon.co.jp/api/skill/link/M1ABC", true, true),
            ("https://layla.amazon.com/api/skill/link/M2XYZ", true, false),
            ("https://shop.example/back?a=b", true, true),
            ("https://shop.example/back?a=c", false, false),
            ("https://shop.example/back", false, false),
            ("http://layla.amazon.com/api/skill/link/M1ABC", false, false),
            ("https://layla.amazon.com:8443/api/skill/link/M1ABC", false, false),
            ("https://layla.amazon.com:443/api/skill/link/M1ABC", false, false),
            ("https://layla.amazon.com.evil.example/api/skill/link/M1ABC", false, false),
            ("https://evil.example/?https://layla.amazon.com/api/skill/link/M1ABC", false, false),
            ("https://layla.amazon.com@evil.example/api/skill/link/M1ABC", false, false),
            ("https://u:p@layla.amazon.com/api/skill/link/M1ABC", false, false),
            ("https://layla.amazon.com/api/skill/link/M1ABC?x=y", false, false),
            ("https://layla.amazon.com/api/skill/link/M1ABC#x", false, false),
            ("https://layla.amazon.com/api/skill/link/../../redirect", false, false),
            ("https://layla.amazon.com/api/skill/link/%2e%2e/M1ABC", false, false),
            ("https://layla.amazon.com/api/skill/link/", false, false),
            ("https://LAYLA.amazon.com/api/skill/link/M1ABC", false, false),
            ("https:\\\\layla.amazon.com/api/skill/link/M1ABC", false, false),
            (" https://layla.amazon.com/api/skill/link/M1ABC", false, false),
            ("", false, false),
        ] {
            assert_eq!((any.may_redirect(address), ours.may_redirect(address)), (by_any, by_ours), "{address}");
        }
    }

    #[test]
    fn only_the_client_that_proves_itself_gets_tokens() {
        let secret = "s:ecret%/+ sixteen";
        let header = |id: &str, secret: &str| {
            let encode = |t: &str| url::form_urlencoded::byte_serialize(t.as_bytes()).collect::<String>();
            let mut headers = HeaderMap::new();
            let value = format!("Basic {}", STANDARD.encode(format!("{}:{}", encode(id), encode(secret))));
            headers.insert(header::AUTHORIZATION, value.parse().unwrap());
            headers
        };
        let form = |fields: &[(&str, &str)]| {
            fields.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect::<BTreeMap<_, _>>()
        };
        let (secretive, public) = (client(Some(secret), None), client(None, None));
        for (headers, form, by_secretive, by_public) in [
            (header("alexa", secret), form(&[]), true, false),
            (header("alexa", secret), form(&[("client_id", "alexa")]), true, false),
            (header("alexa", secret), form(&[("client_id", "other")]), false, false),
            (header("alexa", secret), form(&[("client_secret", secret)]), false, false),
            (header("alexa", "wrong"), form(&[]), false, false),
            (header("alexa", ""), form(&[]), false, true),
            (header("other", secret), form(&[]), false, false),
            (HeaderMap::new(), form(&[("client_id", "alexa"), ("client_secret", secret)]), true, false),
            (HeaderMap::new(), form(&[("client_id", "alexa"), ("client_secret", "")]), false, true),
            (HeaderMap::new(), form(&[("client_id", "alexa")]), false, true),
            (HeaderMap::new(), form(&[("client_secret", secret)]), false, false),
            (HeaderMap::new(), form(&[]), false, false),
        ] {
            let got = (secretive.proven(&headers, &form), public.proven(&headers, &form));
            assert_eq!(got, (by_secretive, by_public), "{headers:?} {form:?}");
        }
        assert!(!format!("{secretive:?}").contains("s:ecret"));
    }
}
