//! What a customer lets a skill know while they speak to it: where the device is, its clock, and who they are. And a
//! word to them while they wait.

use std::time::Instant;

use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::call::{Body, Call};
use super::{Access, Caller, ServiceError};

/// Characters of a word to somebody who waits.
const PROGRESS_CHARS: usize = 600;

/// A postal address as Alexa keeps it; any part may be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Address {
    pub address_line1: Option<String>,
    pub address_line2: Option<String>,
    pub address_line3: Option<String>,
    pub district_or_county: Option<String>,
    pub state_or_region: Option<String>,
    pub city: Option<String>,
    pub postal_code: Option<String>,
    /// Two letters.
    pub country_code: Option<String>,
}

/// What may be asked of a customer's account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    Name,
    GivenName,
    Email,
}

/// A telephone number, in digits.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Phone {
    pub country_code: String,
    pub phone_number: String,
}

impl Profile {
    fn path(self) -> &'static str {
        match self {
            Self::Name => "/v2/accounts/~current/settings/Profile.name",
            Self::GivenName => "/v2/accounts/~current/settings/Profile.givenName",
            Self::Email => "/v2/accounts/~current/settings/Profile.email",
        }
    }

    /// The permission to ask for on a consent card.
    pub fn scope(self) -> &'static str {
        match self {
            Self::Name => "alexa::profile:name:read",
            Self::GivenName => "alexa::profile:given_name:read",
            Self::Email => "alexa::profile:email:read",
        }
    }
}

impl Caller {
    /// The device's address; `None` where the customer has entered none.
    pub async fn address(&self, access: &Access, deadline: Instant) -> Result<Option<Address>, ServiceError> {
        self.read(access, &device(access, "/v1", "address")?, deadline).await
    }

    /// Country and postal code only, for which customers give leave more easily.
    pub async fn country_and_postal_code(
        &self,
        access: &Access,
        deadline: Instant,
    ) -> Result<Option<Address>, ServiceError> {
        self.read(access, &device(access, "/v1", "address/countryAndPostalCode")?, deadline).await
    }

    /// The device's IANA time zone.
    pub async fn time_zone(&self, access: &Access, deadline: Instant) -> Result<Option<String>, ServiceError> {
        self.read(access, &device(access, "/v2", "System.timeZone")?, deadline).await
    }

    pub async fn profile(
        &self,
        access: &Access,
        what: Profile,
        deadline: Instant,
    ) -> Result<Option<String>, ServiceError> {
        self.read(access, what.path(), deadline).await
    }

    pub async fn mobile_number(&self, access: &Access, deadline: Instant) -> Result<Option<Phone>, ServiceError> {
        self.read(access, "/v2/accounts/~current/settings/Profile.mobileNumber", deadline).await
    }

    /// Has `ssml` said at once, while the answer to `request` is being made. The answer must not leave before this
    /// returns: Alexa drops what comes after it.
    pub async fn progress(
        &self,
        access: &Access,
        request: &str,
        ssml: &str,
        deadline: Instant,
    ) -> Result<(), ServiceError> {
        if ssml.encode_utf16().count() > PROGRESS_CHARS {
            return Err(ServiceError::Input("a word to somebody who waits has at most 600 characters"));
        }
        let body =
            json!({"header": {"requestId": request}, "directive": {"type": "VoicePlayer.Speak", "speech": ssml}});
        let call = Call {
            method: Method::POST,
            url: access.endpoint.at("/v1/directives"),
            token: Some(&access.token),
            body: Body::Json(body),
            // Said twice would be worse than not at all.
            repeatable: false,
        };
        self.call(&call, deadline).await.map(|_| ())
    }

    async fn read<T: for<'de> Deserialize<'de>>(
        &self,
        access: &Access,
        path: &str,
        deadline: Instant,
    ) -> Result<Option<T>, ServiceError> {
        let call = Call {
            method: Method::GET,
            url: access.endpoint.at(path),
            token: Some(&access.token),
            body: Body::None,
            repeatable: true,
        };
        let found = self.call(&call, deadline).await?.filter(|v| !v.is_null() && *v != Value::String(String::new()));
        found.map(serde_json::from_value).transpose().map_err(|_| ServiceError::Odd("it is of another form"))
    }
}

fn device(access: &Access, version: &str, what: &str) -> Result<String, ServiceError> {
    let id = access.device.as_deref().ok_or(ServiceError::Input("the request names no device"))?;
    // An id becomes part of a path: it must not lead anywhere else.
    if id.is_empty()
        || !id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
        || id.contains("..")
    {
        return Err(ServiceError::Input("the device's id has characters that no id of Alexa's has"));
    }
    Ok(format!("{version}/devices/{id}/settings/{what}"))
}
