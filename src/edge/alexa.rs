//! The Alexa door, `POST /alexa`: a signed request of the custom-skill interface in, a response envelope out.
//!
//! [`verify`] decides whether Amazon sent it, [`envelope`] takes it apart, [`handle`] has the spine answer it, and
//! [`doctor`] tries the door from outside as certification does. Refuses to log bodies, shoppers' ids or tokens.

pub mod doctor;
pub mod envelope;
pub mod handle;
pub mod package;
pub mod preview;
pub mod screen;
pub mod services;
pub mod settings;
pub mod simulator;
pub mod verify;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::{HeaderMap, StatusCode, header};

use super::linking::Linking;
use crate::shop::audit::{self, Door};
use crate::telemetry::metrics;
use crate::turn::Spine;
use envelope::{Envelope, EnvelopeError};
pub use handle::Resolve;
use handle::{Handler, Json};
pub use settings::{AlexaError, AlexaSettings};
use verify::{Refusal, Verifier};

/// Alexa's own requests are below 20 kB.
const LARGEST_BODY: usize = 256 * 1024;
/// How often an unverified door says so again.
const REMIND_EVERY: u64 = 100;

/// The door with all it needs.
pub struct Alexa {
    verifier: Verifier,
    handler: Handler,
    verify: bool,
    unverified: AtomicU64,
}

impl Alexa {
    /// `resolve` maps `alexa:person:…` and `alexa:user:…` to the shop's customers.
    pub fn new(settings: &AlexaSettings, spine: Arc<Spine>, resolve: Resolve) -> Result<Self, AlexaError> {
        settings.check()?;
        Ok(Self {
            verifier: Verifier::new(settings, Arc::clone(&spine.clock))?,
            handler: Handler::new(settings, spine, resolve)?,
            verify: settings.verify,
            unverified: AtomicU64::new(0),
        })
    }

    /// The same door, where accounts are linked.
    pub fn linked(mut self, linking: Arc<Linking>) -> Self {
        self.handler.linked(linking);
        self
    }

    async fn answer(&self, headers: &HeaderMap, body: &[u8]) -> Result<Json, Rejection> {
        self.verifier.signature(headers, body).await?;
        let envelope = Envelope::parse(body)?;
        self.verifier.contents(&envelope)?;
        if !self.verify && self.unverified.fetch_add(1, Ordering::Relaxed).is_multiple_of(REMIND_EVERY) {
            tracing::warn!("alexa.verify is off: requests are answered whoever sends them");
        }
        Ok(self.handler.answer(&envelope, body).await)
    }
}

/// The door's routes, to be nested where Alexa is to find it.
pub fn routes(alexa: Arc<Alexa>) -> Router {
    Router::new().route("/", post(door)).layer(DefaultBodyLimit::max(LARGEST_BODY)).with_state(alexa)
}

async fn door(State(alexa): State<Arc<Alexa>>, headers: HeaderMap, body: Result<Bytes, BytesRejection>) -> Response {
    let answer = match body {
        Ok(body) => {
            let door = Door { name: "alexa", who: None };
            audit::through(door, alexa.answer(&headers, &body)).await
        }
        Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => Err(Rejection::TooLarge),
        Err(_) => Err(Rejection::BrokenOff),
    };
    match answer {
        Ok(json) => {
            let json = match json {
                Json::Borrowed(fixed) => Bytes::from_static(fixed),
                Json::Owned(json) => Bytes::from(json),
            };
            ([(header::CONTENT_TYPE, "application/json;charset=UTF-8")], json).into_response()
        }
        Err(rejection) => rejection.into_response(),
    }
}

/// Why a request gets no envelope back.
#[derive(Debug, thiserror::Error)]
enum Rejection {
    #[error("the request could not be verified")]
    Refused(#[from] Refusal),
    #[error("{0}")]
    Malformed(#[from] EnvelopeError),
    #[error("the body is larger than {LARGEST_BODY} bytes")]
    TooLarge,
    #[error("the body could not be read to its end")]
    BrokenOff,
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        let (status, detail) = match &self {
            // The reason is for the operator; whoever forges requests learns nothing.
            Self::Refused(refusal) => {
                metrics::refused("alexa", refusal.label());
                tracing::warn!(reason = refusal.label(), %refusal, "refused a request to /alexa");
                (StatusCode::BAD_REQUEST, self.to_string())
            }
            Self::Malformed(error) => {
                metrics::refused("alexa", "malformed");
                tracing::warn!(reason = "malformed", "refused a request to /alexa");
                (StatusCode::BAD_REQUEST, error.place())
            }
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, self.to_string()),
            Self::BrokenOff => (StatusCode::BAD_REQUEST, self.to_string()),
        };
        let title = status.canonical_reason().unwrap_or("Refused");
        let problem = serde_json::json!({
            "type": "about:blank",
            "title": title,
            "status": status.as_u16(),
            "detail": detail,
        });
        (status, [(header::CONTENT_TYPE, "application/problem+json")], problem.to_string()).into_response()
    }
}
