//! A payment gateway over HTTP: charges go out as JSON under an `Idempotency-Key`. The merchant's own small service, or
//! the test gateway, answers; it knows the payment provider, we do not.
//!
//! - `POST {url}/charges` `{"customer", "amount", "currency"}`: 200 `{"status": "taken", "reference": "..."}` or
//!   `{"status": "declined"}`; the same key again answers the same and takes nothing; `{"status": "no_method"}` where the
//!   customer has no method on file;
//! - `POST {url}/pages` `{"customer", "amount", "currency", "until"}`: 200 `{"status": "open", "url": "..."}`, a page where
//!   the shopper pays that amount once, or `taken` or `declined` as above once that is so;
//! - `POST {url}/refunds` `{"charge", "reference", "amount", "currency"}`, a part of the charge made under the key
//!   `charge`: 200 `{"status": "refunded"}`, or `{"status": "refused", "reason": "..."}`;
//! - `POST {url}/voids`: 200 once nothing is taken, or ever will be, under the key.

use std::time::Duration;

use futures::future::BoxFuture;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::shop::payment::{Charge, Page, Paid, Payment, PaymentError, Refund, Refunded};

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
    #[serde(default)]
    url: String,
    #[serde(default)]
    reason: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    Taken,
    Declined,
    NoMethod,
    Open,
    Refunded,
    Refused,
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

    async fn ask(&self, path: &str, key: &str, body: Value) -> Result<Answer, PaymentError> {
        self.post(path, key, body).await?.json().await.map_err(|e| match e.is_decode() {
            true => PaymentError::Unreadable(e.without_url().to_string()),
            false => PaymentError::Unanswered(e.without_url().to_string()),
        })
    }
}

/// Where a shopper may be sent.
fn web_page(url: &str) -> bool {
    url::Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

impl Payment for HttpGateway {
    fn charge<'a>(&'a self, charge: &'a Charge) -> BoxFuture<'a, Result<Paid, PaymentError>> {
        Box::pin(async move {
            let body = json!({
                "customer": charge.customer, "amount": charge.amount.minor(), "currency": charge.amount.currency(),
            });
            let answer = self.ask("charges", &charge.key, body).await?;
            match answer.status {
                Status::Taken => Ok(Paid::Taken { reference: answer.reference }),
                Status::Declined => Ok(Paid::Declined),
                Status::NoMethod => Ok(Paid::NoMethod),
                _ => Err(PaymentError::Unreadable("a charge is taken, declined or no_method".into())),
            }
        })
    }

    fn page<'a>(&'a self, charge: &'a Charge, until: Timestamp) -> BoxFuture<'a, Result<Option<Page>, PaymentError>> {
        Box::pin(async move {
            let body = json!({
                "customer": charge.customer, "amount": charge.amount.minor(), "currency": charge.amount.currency(),
                "until": until,
            });
            let answer = self.ask("pages", &charge.key, body).await?;
            Ok(Some(match answer.status {
                Status::Taken => Page::Taken { reference: answer.reference },
                Status::Declined => Page::Declined,
                Status::Open if web_page(&answer.url) => Page::Open { url: answer.url },
                Status::Open => return Err(PaymentError::Unreadable("an open page needs an http or https url".into())),
                _ => return Err(PaymentError::Unreadable("a page is open, taken or declined".into())),
            }))
        })
    }

    fn refund<'a>(&'a self, refund: &'a Refund) -> BoxFuture<'a, Result<Refunded, PaymentError>> {
        Box::pin(async move {
            let body = json!({
                "charge": refund.charge, "reference": refund.reference, "amount": refund.amount.minor(),
                "currency": refund.amount.currency(),
            });
            let answer = self.ask("refunds", &refund.key, body).await?;
            match answer.status {
                Status::Refunded => Ok(Refunded::Paid),
                Status::Refused => Ok(Refunded::Refused { why: answer.reason }),
                _ => Err(PaymentError::Unreadable("a refund is refunded or refused".into())),
            }
        })
    }

    fn void<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), PaymentError>> {
        Box::pin(async move { self.post("voids", key, json!({})).await.map(|_| ()) })
    }
}
