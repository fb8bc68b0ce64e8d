//! Where a request says its certificate chain lies: the `SignatureCertChainUrl` header in, a path on Amazon's host out.
//! Takes the address apart by hand instead of asking a URL library: those repair what they are given, and a verifier
//! must not guess what the sender meant. Refuses to fetch anything.

use super::Refusal;

/// The only host chains are served from.
const HOST: &str = "s3.amazonaws.com";
const FOLDER: &str = "/echo.api/";
const LONGEST: usize = 1_024;

/// An address that passed every rule, as the normalised path on Amazon's host, such as `/echo.api/cert-12.pem`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ChainAddress(String);

impl ChainAddress {
    /// Scheme `https` and host in any case, no user, port none or 443, no query or fragment, and a path that begins
    /// with `/echo.api/` (in exactly that case) after percent-encodings and dots are resolved.
    pub fn parse(url: &str) -> Result<Self, Refusal> {
        if url.is_empty() {
            return Err(Refusal::NoChainUrl);
        }
        if url.len() > LONGEST || !url.bytes().all(|b| b.is_ascii_graphic() && b != b'\\') {
            return Err(Refusal::ChainUrl("has characters that no address has, or too many"));
        }
        let (scheme, rest) = url.split_once("://").ok_or(Refusal::ChainUrl("has no scheme"))?;
        if !scheme.eq_ignore_ascii_case("https") {
            return Err(Refusal::ChainUrl("is not https"));
        }
        if rest.contains(['?', '#']) {
            return Err(Refusal::ChainUrl("has a query or a fragment"));
        }
        let slash = rest.find('/').ok_or(Refusal::ChainUrl("has no path"))?;
        let (authority, path) = rest.split_at(slash);
        check_authority(authority)?;
        let path = resolve(path)?;
        if path.starts_with(FOLDER) { Ok(Self(path)) } else { Err(Refusal::ChainUrl("is outside /echo.api/")) }
    }

    pub fn path(&self) -> &str {
        &self.0
    }

    /// The address to fetch from Amazon.
    pub fn url(&self) -> String {
        format!("https://{HOST}{}", self.0)
    }
}

fn check_authority(authority: &str) -> Result<(), Refusal> {
    if authority.contains('@') {
        return Err(Refusal::ChainUrl("names a user"));
    }
    let (host, port) = authority.split_once(':').unwrap_or((authority, ""));
    if !host.eq_ignore_ascii_case(HOST) {
        return Err(Refusal::ChainUrl("is not on s3.amazonaws.com"));
    }
    if matches!(port, "" | "443") { Ok(()) } else { Err(Refusal::ChainUrl("has a port other than 443")) }
}

/// Percent-encodings first, dots second: the other way round `%2e%2e%2f` would slip through.
fn resolve(path: &str) -> Result<String, Refusal> {
    let path = decode(path)?;
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/').skip(1) {
        match segment {
            "." => {}
            ".." => {
                kept.pop().ok_or(Refusal::ChainUrl("climbs above its root"))?;
            }
            other => kept.push(other),
        }
    }
    Ok(format!("/{}", kept.join("/")))
}

fn decode(path: &str) -> Result<String, Refusal> {
    const BROKEN: Refusal = Refusal::ChainUrl("has a broken percent-encoding");
    let mut out = String::with_capacity(path.len());
    let mut bytes = path.bytes();
    while let Some(byte) = bytes.next() {
        let byte = if byte == b'%' {
            let mut digit = || bytes.next().and_then(|d| char::from(d).to_digit(16)).ok_or(BROKEN);
            let (high, low) = (digit()?, digit()?);
            (high * 16 + low) as u8
        } else {
            byte
        };
        // What is left needs no encoding when it is fetched; a second layer of `%` never does.
        if !(byte.is_ascii_alphanumeric() || b"/-._~!$&'()*+,;=:@".contains(&byte)) {
            return Err(Refusal::ChainUrl("has a character that a path does not need"));
        }
        out.push(char::from(byte));
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amazon_addresses_are_taken_and_normalised() {
        for (url, path) in [
            ("https://s3.amazonaws.com/echo.api/echo-api-cert.pem", "/echo.api/echo-api-cert.pem"),
            ("HTTPS://S3.AmazonAWS.com/echo.api/c.pem", "/echo.api/c.pem"),
            ("https://s3.amazonaws.com:443/echo.api/c.pem", "/echo.api/c.pem"),
            ("https://s3.amazonaws.com:/echo.api/c.pem", "/echo.api/c.pem"),
            ("https://s3.amazonaws.com/echo.api/../echo.api/c.pem", "/echo.api/c.pem"),
            ("https://s3.amazonaws.com/x/./../echo.api/a/../c.pem", "/echo.api/c.pem"),
            ("https://s3.amazonaws.com/%65cho.api/c.pem", "/echo.api/c.pem"),
            ("https://s3.amazonaws.com/x/%2e%2E/echo.api/c.pem", "/echo.api/c.pem"),
        ] {
            assert_eq!(ChainAddress::parse(url).map(|a| a.0), Ok(path.to_owned()), "{url}");
        }
    }

    #[test]
    fn every_other_address_is_refused() {
        for url in [
            "",
            "http://s3.amazonaws.com/echo.api/c.pem",
            "ftp://s3.amazonaws.com/echo.api/c.pem",
            "//s3.amazonaws.com/echo.api/c.pem",
            "https:/s3.amazonaws.com/echo.api/c.pem",
            "https:s3.amazonaws.com/echo.api/c.pem",
            "https:///echo.api/c.pem",
            "https://s3.amazonaws.com",
            "https://s3.amazonaws.com/",
            "https://s3.amazonaws.com/EcHo.aPi/c.pem",
            "https://s3.amazonaws.com/echo.api",
            "https://s3.amazonaws.com/echo.apix/c.pem",
            "https://s3.amazonaws.com//echo.api/c.pem",
            "https://s3.amazonaws.com/invalid.path/c.pem",
            "https://s3.amazonaws.com/echo.api/../evil/c.pem",
            "https://s3.amazonaws.com/echo.api/%2e%2e/evil/c.pem",
            "https://s3.amazonaws.com/echo.api/%2E%2E%2Fevil/c.pem",
            "https://s3.amazonaws.com/echo.api/%252e%252e/evil/c.pem",
            "https://s3.amazonaws.com/../echo.api/c.pem",
            "https://s3.amazonaws.com/echo.api/%zz",
            "https://s3.amazonaws.com/echo.api/%2",
            "https://s3.amazonaws.com/echo.api/a%00b",
            "https://s3.amazonaws.com/evil?/echo.api/c.pem",
            "https://s3.amazonaws.com/evil#/echo.api/c.pem",
            "https://s3.amazonaws.com/echo.api/c.pem?x=1",
            "https://s3.amazonaws.com:563/echo.api/c.pem",
            "https://s3.amazonaws.com:80/echo.api/c.pem",
            "https://s3.amazonaws.com:443:1/echo.api/c.pem",
            "https://s3.amazonaws.com@evil.example/echo.api/c.pem",
            "https://user@s3.amazonaws.com/echo.api/c.pem",
            "https://s3.amazonaws.com.evil.example/echo.api/c.pem",
            "https://s3.amazonaws.com./echo.api/c.pem",
            "https://evil-s3.amazonaws.com/echo.api/c.pem",
            "https://evil.example/echo.api/c.pem",
            "https://s3.amazonaws.com\\@evil.example/echo.api/c.pem",
            "https://s3.amazonaws.com/echo.api\\..\\evil",
            "https://s3.amazonaws.com /echo.api/c.pem",
            " https://s3.amazonaws.com/echo.api/c.pem",
            "https://%73%33.amazonaws.com/echo.api/c.pem",
            "https://ｓ3.amazonaws.com/echo.api/c.pem",
        ] {
            assert!(ChainAddress::parse(url).is_err(), "{url} must be refused");
        }
        assert!(ChainAddress::parse(&format!("https://s3.amazonaws.com/echo.api/{}", "a".repeat(2_000))).is_err());
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_taken_lies_under_the_folder_on_amazons_host(
            tail in "[a-zA-Z0-9%./?#@:\\\\-]{0,40}",
            head in "(?i)https?://(s3\\.amazonaws\\.com|evil\\.example)(:[0-9]{1,4})?",
        ) {
            if let Ok(address) = ChainAddress::parse(&format!("{head}/{tail}")) {
                let url = url::Url::parse(&address.url()).map_err(|e| proptest::test_runner::TestCaseError::fail(e.to_string()))?;
                proptest::prop_assert_eq!(url.host_str(), Some("s3.amazonaws.com"));
                proptest::prop_assert!(url.path().starts_with("/echo.api/"));
                proptest::prop_assert_eq!(url.path(), address.path());
            }
        }
    }
}
