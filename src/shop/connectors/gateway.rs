//! A payment gateway over HTTP: charges go out as JSON under an `Idempotency-Key`. The merchant's own small service, or
//! the test gateway, answers; it knows the payment provider, we do not.
//!
//! - `POST {url}/charges` `{"customer", "amount", "currency"}`: 200 `{"status": "taken", "reference": "..."}` or
//!   `{"status": "declined"}`; the same key again answers the same and takes nothing;
//! - `POST {url}/voids`: 200 once nothing is taken, or ever will be, under the key.

use std::time::Duration;

use futures::future::BoxFuture;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::shop::payment::{Charge, Paid, Payment, PaymentError};

/// The gateway at one address.
pub struct HttpGateway {
    url: String,
    client: reqwest::Client,
}

#[derive(Deserialize)]
struct Answer {
    status: Status,
    #[serde(default)]
    reference: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    Taken,
    Declined,
}

impl HttpGateway {
    /// `url` may hold a user and a password. Each question is given up after `patience`; what became of it is asked again later.
    pub fn new(url: &str, patience: Duration) -> Result<Self, PaymentError> {
        // Only the first of a process installs it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().timeout(patience).build();
        let client = client.map_err(|e| PaymentError::Unanswered(e.to_string()))?;
        Ok(Self { url: url.trim_end_matches('/').to_owned(), client })
    }

    async fn post(&self, path: &str, key: &str, body: Value) -> Result<reqwest::Response, PaymentError> {
        let request = self.client.post(format!("{}/{path}", self.url)).header("Idempotency-Key", key).json(&body);
        let unanswered = |e: reqwest::Error| PaymentError::Unanswered(e.without_url().to_string());
        request.send().await.and_then(reqwest::Response::error_for_status).map_err(unanswered)
    }
}

impl Payment for HttpGateway {
    fn charge<'a>(&'a self, charge: &'a Charge) -> BoxFuture<'a, Result<Paid, PaymentError>> {
        Box::pin(async move {
            let body = json!({
                "customer": charge.customer, "amount": charge.amount.minor(), "currency": charge.amount.currency(),
            });
            let answer = self.post("charges", &charge.key, body).await?;
            let answer: Answer = answer.json().await.map_err(|e| match e.is_decode() {
                true => PaymentError::Unreadable(e.without_url().to_string()),
                false => PaymentError::Unanswered(e.without_url().to_string()),
            })?;
            Ok(match answer.status {
                Status::Taken => Paid::Taken { reference: answer.reference },
                Status::Declined => Paid::Declined,
            })
        })
    }

    fn void<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), PaymentError>> {
        Box::pin(async move { self.post("voids", key, json!({})).await.map(|_| ()) })
    }
}
