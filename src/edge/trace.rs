//! What happens to every request whatever its address: it gets a name, a span in the log, and an answer even when the
//! code behind it panics.

use std::any::Any;
use std::time::Instant;

use axum::body::Body;
use axum::extract::{MatchedPath, Request};
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue};
use tracing::Instrument;

use super::problem::{INTERNAL, Refusal};

pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The name of one request: the caller's `X-Request-Id` when it is a plain word, else a fresh one.
#[derive(Clone, Debug)]
pub struct RequestName(pub String);

impl RequestName {
    fn of(request: &Request) -> Self {
        let given = request.headers().get(REQUEST_ID).and_then(|v| v.to_str().ok()).filter(|t| plain(t));
        Self(given.map_or_else(|| ulid::Ulid::generate().to_string(), str::to_owned))
    }
}

/// A name may appear in logs, headers and addresses, so it is kept to what is harmless in all three.
fn plain(text: &str) -> bool {
    (1..=128).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

pub async fn request<F>(mut request: Request, next: impl FnOnce(Request) -> F) -> Response
where
    F: Future<Output = Response>,
{
    let name = RequestName::of(&request);
    request.extensions_mut().insert(name.clone());
    // The path as routed, not as sent: an audio link's id is a secret and a wrong path is anything.
    let path = request.extensions().get::<MatchedPath>().map_or("(none)", MatchedPath::as_str).to_owned();
    let span = tracing::info_span!("request", id = %name.0, method = %request.method(), path);
    let began = Instant::now();
    let mut response = next(request).instrument(span.clone()).await;
    let status = response.status().as_u16();
    let ms = began.elapsed().as_millis() as u64;
    span.in_scope(|| match path.as_str() {
        "/healthz" | "/readyz" | "/metrics" => tracing::debug!(status, ms, "answered"),
        _ => tracing::info!(status, ms, "answered"),
    });
    if let Ok(value) = HeaderValue::from_str(&name.0) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// The answer in place of one that panicked.
pub fn panicked(cause: Box<dyn Any + Send + 'static>) -> Response<Body> {
    let cause = cause.downcast_ref::<String>().map(String::as_str).or(cause.downcast_ref::<&str>().copied());
    tracing::error!(cause = cause.unwrap_or("unknown"), "a request handler panicked");
    Refusal::new(INTERNAL, "the request could not be finished; the log has the cause").into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_names_are_taken_only_when_plain() {
        for (given, taken) in
            [("abc-1.2_3", true), ("", false), ("a b", false), ("a\"b", false), (&"x".repeat(129), false)]
        {
            let request = Request::builder().header(REQUEST_ID, given).body(Body::empty()).unwrap();
            assert_eq!(RequestName::of(&request).0 == given, taken, "{given:?}");
        }
    }
}
