//! One call of a service: a request in, its answer's JSON out. Knows what is worth trying again and for how long.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt;
use http::{Method, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

/// Tries of one call, the first included.
const TRIES: u32 = 3;
/// The pause before the second try; it doubles.
const PAUSE: Duration = Duration::from_millis(100);
/// The longest pause that a service may ask for and get.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// No service of Alexa's answers with more.
const LARGEST: usize = 64 * 1024;

/// Makes calls; one for the whole server.
#[derive(Clone, Debug)]
pub struct Caller {
    client: reqwest::Client,
}

/// A call that changes nothing when it is made twice may be tried again after any trouble.
#[derive(Clone, Debug)]
pub struct Call<'c> {
    pub method: Method,
    pub url: String,
    pub token: Option<&'c SecretString>,
    pub body: Body,
    /// Whether the service has done nothing yet when an answer is missing, or does it once however often it is told.
    pub repeatable: bool,
}

#[derive(Clone, Debug)]
pub enum Body {
    None,
    Json(Value),
    /// `application/x-www-form-urlencoded`, already encoded.
    Form(SecretString),
}

#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    #[error("\"{0}\" is not an address of Alexa's services")]
    Foreign(String),
    /// Ask for it with a consent card, or have the account's credentials corrected.
    #[error("the customer, or Amazon, does not permit this (HTTP {0})")]
    NotPermitted(u16),
    #[error("Alexa knows no such thing (HTTP 404)")]
    Unknown,
    #[error("this was said before (HTTP 409)")]
    Twice,
    #[error("Alexa's services are busy; try again later")]
    Busy,
    #[error("Alexa's services refused the call (HTTP {0})")]
    Refused(u16),
    #[error("Alexa's services did not answer in time")]
    Late,
    #[error("Alexa's services could not be reached: {0}")]
    Unreachable(String),
    #[error("Alexa's services answered with something else than expected: {0}")]
    Odd(&'static str),
    #[error("{0}")]
    Input(&'static str),
    #[error("the HTTP client could not be set up: {0}")]
    Client(String),
}

impl Caller {
    /// `plain` allows http, for a stand-in in tests.
    pub fn new(plain: bool) -> Result<Self, ServiceError> {
        let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|e| ServiceError::Client(e.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            // A token must not follow a redirect.
            .redirect(reqwest::redirect::Policy::none())
            .https_only(!plain);
        let builder = if plain { builder.no_proxy() } else { builder };
        Ok(Self { client: builder.build().map_err(|e| ServiceError::Client(e.to_string()))? })
    }

    /// The answer's JSON; `None` where the answer has no body. Done by `deadline`, whatever happens.
    pub async fn call(&self, call: &Call<'_>, deadline: Instant) -> Result<Option<Value>, ServiceError> {
        let all = async {
            let mut pause = PAUSE;
            for _ in 1..TRIES {
                match self.once(call).await {
                    Err((_, Some(wait))) => tokio::time::sleep(wait.max(pause).min(LONGEST_PAUSE)).await,
                    result => return result.map_err(|(error, _)| error),
                }
                pause *= 2;
            }
            self.once(call).await.map_err(|(error, _)| error)
        };
        tokio::time::timeout_at(deadline.into(), all).await.unwrap_or(Err(ServiceError::Late))
    }

    /// One try; with an error, how long to wait before another is worth it.
    async fn once(&self, call: &Call<'_>) -> Result<Option<Value>, (ServiceError, Option<Duration>)> {
        let again = |error| (error, call.repeatable.then_some(PAUSE));
        let mut request = self.client.request(call.method.clone(), &call.url);
        if let Some(token) = call.token {
            request = request.bearer_auth(token.expose_secret());
        }
        request = match &call.body {
            Body::None => request,
            Body::Json(json) => request.json(json),
            Body::Form(form) => request
                .header(http::header::CONTENT_TYPE, "application/x-www-form-urlencoded;charset=UTF-8")
                .body(form.expose_secret().to_owned()),
        };
        // The address may hold a device's id, which is nobody's business.
        let failed = |e: reqwest::Error| again(ServiceError::Unreachable(e.without_url().to_string()));
        let answer = request.send().await.map_err(failed)?;
        let status = answer.status();
        match status {
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                let wait = answer.headers().get(http::header::RETRY_AFTER).and_then(|v| v.to_str().ok()?.parse().ok());
                // Nothing was done, so even what must not be done twice may be tried again.
                return Err((ServiceError::Busy, Some(wait.map_or(PAUSE, Duration::from_secs))));
            }
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                return Err((ServiceError::NotPermitted(status.as_u16()), None));
            }
            StatusCode::NOT_FOUND => return Err((ServiceError::Unknown, None)),
            StatusCode::CONFLICT => return Err((ServiceError::Twice, None)),
            status if status.is_server_error() => return Err(again(ServiceError::Refused(status.as_u16()))),
            status if !status.is_success() => return Err((ServiceError::Refused(status.as_u16()), None)),
            _ => {}
        }
        let mut body = Vec::new();
        let mut pieces = answer.bytes_stream();
        while let Some(piece) = pieces.next().await {
            body.extend_from_slice(&piece.map_err(failed)?);
            if body.len() > LARGEST {
                return Err((ServiceError::Odd("it is too long"), None));
            }
        }
        if body.iter().all(u8::is_ascii_whitespace) {
            return Ok(None);
        }
        serde_json::from_slice(&body).map(Some).map_err(|_| (ServiceError::Odd("it is not JSON"), None))
    }
}
