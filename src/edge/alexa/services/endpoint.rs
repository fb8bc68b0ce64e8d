//! Where Alexa's services are: an address from a request in, one of Amazon's three regions out, or a refusal. A token
//! must never be sent to whoever wrote an address into a request.

use super::ServiceError;

/// The three regions, as requests name them.
const REGIONS: [&str; 3] = ["api.amazonalexa.com", "api.eu.amazonalexa.com", "api.fe.amazonalexa.com"];

/// The base address of a region's services.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint(String);

impl Endpoint {
    /// The region that a request names. `stand_in` is asked in its place, for tests; the rules hold all the same.
    pub fn of_request(address: &str, stand_in: Option<&str>) -> Result<Self, ServiceError> {
        let foreign = || ServiceError::Foreign(address.chars().take(100).collect());
        let url = url::Url::parse(address).map_err(|_| foreign())?;
        let bare = url.username().is_empty() && url.password().is_none() && url.query().is_none();
        let amazons = url.host_str().is_some_and(|host| REGIONS.contains(&host));
        if url.scheme() != "https" || url.port_or_known_default() != Some(443) || !bare || !amazons || url.path() != "/"
        {
            return Err(foreign());
        }
        Ok(Self(stand_in.map_or_else(|| url.as_str().trim_end_matches('/').to_owned(), str::to_owned)))
    }

    /// The region of North America, where calls go that no request leads to, or the stand-in.
    pub fn default_region(stand_in: Option<&str>) -> Self {
        Self(stand_in.map_or_else(|| format!("https://{}", REGIONS[0]), str::to_owned))
    }

    /// The address of a path below it.
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_amazons_regions_are_called() {
        for (address, good) in [
            ("https://api.amazonalexa.com", true),
            ("https://api.eu.amazonalexa.com", true),
            ("https://api.fe.amazonalexa.com:443/", true),
            ("https://API.amazonalexa.com", true),
            ("http://api.amazonalexa.com", false),
            ("https://api.amazonalexa.com:8443", false),
            ("https://api.amazonalexa.com.evil.example", false),
            ("https://evil.example/api.amazonalexa.com", false),
            ("https://api.amazonalexa.com@evil.example", false),
            ("https://evil@api.amazonalexa.com", false),
            ("https://api.amazonalexa.com/v1/?x=1", false),
            ("https://api.cn.amazonalexa.com", false),
            ("https://127.0.0.1", false),
            ("file:///etc/passwd", false),
            ("", false),
        ] {
            let got = Endpoint::of_request(address, None);
            assert_eq!(got.is_ok(), good, "{address}: {got:?}");
            // A stand-in for tests does not open the door to others.
            assert_eq!(Endpoint::of_request(address, Some("http://127.0.0.1:1")).is_ok(), good, "{address}");
        }
        let eu = Endpoint::of_request("https://api.eu.amazonalexa.com/", None).unwrap();
        assert_eq!(eu.at("/v1/directives"), "https://api.eu.amazonalexa.com/v1/directives");
    }
}
