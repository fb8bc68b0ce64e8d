//! Alexa's own services: what a skill may ask her for while a customer speaks (device, profile, reminders), and what it
//! may tell her when nobody does (order events, messages). Typed calls in, typed answers out.
//!
//! A call goes only to an address of Amazon's, is tried at most three times, never outlives its deadline, and never
//! writes a token into a log. Refuses to know why it is asked.

pub mod call;
pub mod customer;
pub mod endpoint;
pub mod events;
pub mod reminders;
pub mod token;

use secrecy::SecretString;

pub use call::{Caller, ServiceError};
pub use endpoint::Endpoint;

use super::envelope::Envelope;

/// What a request gives a skill leave to ask: where, and in whose name. Good for as long as the session lasts.
#[derive(Clone, Debug)]
pub struct Access {
    pub endpoint: Endpoint,
    pub token: SecretString,
    /// The device that was spoken to.
    pub device: Option<String>,
}

impl Access {
    /// `None` where the request gives none, or names an address that is not Amazon's.
    pub fn of(envelope: &Envelope<'_>, stand_in: Option<&str>) -> Option<Self> {
        let token = SecretString::from(envelope.api_token()?.to_owned());
        let endpoint = match Endpoint::of_request(envelope.api_endpoint()?, stand_in) {
            Ok(endpoint) => endpoint,
            Err(error) => {
                tracing::warn!(%error, "a request of Alexa's names services that are not hers");
                return None;
            }
        };
        Some(Self { endpoint, token, device: envelope.device_id().map(str::to_owned) })
    }
}
