//! Telling the merchant's own system what it has to do: an id, a kind and a body in, whether it was taken out. Signed
//! as webhooks are; told again under the same id until it is taken. Refuses to know what it tells.

use std::time::Duration;

use jiff::Timestamp;
use ring::hmac;
use secrecy::SecretString;
use serde_json::{Value, json};

use super::{SIGNATURE, WebhookError, allowed, client, sign, signing_key};

/// Where notices go.
pub struct Notices {
    url: String,
    key: hmac::Key,
    client: reqwest::Client,
}

/// How long the other side may take.
const PATIENCE: Duration = Duration::from_secs(10);

impl Notices {
    /// `secret` is what the environment variable `secret_env` holds.
    pub fn new(url: &str, secret_env: &str, secret: Option<SecretString>) -> Result<Self, WebhookError> {
        let wrong = |problem: String| WebhookError::Setting { path: "service".into(), problem };
        if !allowed(url) {
            return Err(wrong("the url must begin with https:// (http:// on this machine only)".into()));
        }
        let key = signing_key(secret, &format!("named by service.secret_env ({secret_env:?})")).map_err(wrong)?;
        Ok(Self { url: url.to_owned(), key, client: client()? })
    }

    /// Whether it was taken: any 2xx. The log names what failed, never what was told.
    pub async fn tell(&self, id: &str, kind: &str, customer: &str, body: &Value, now: Timestamp) -> bool {
        let notice = json!({ "version": 1, "id": id, "kind": kind, "customer": customer, "data": body });
        let body = notice.to_string().into_bytes();
        let sent = self
            .client
            .post(&self.url)
            .header("Content-Type", "application/json")
            .header("Idempotency-Key", id)
            .header(SIGNATURE, sign(&self.key, now, &body))
            .timeout(PATIENCE)
            .body(body)
            .send()
            .await;
        match sent {
            Ok(answer) if answer.status().is_success() => true,
            Ok(answer) => {
                tracing::warn!(kind, status = answer.status().as_u16(), "service.url did not take a notice");
                false
            }
            Err(error) => {
                tracing::warn!(kind, error = %error.without_url(), "service.url could not be told");
                false
            }
        }
    }
}
