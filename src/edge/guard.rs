//! Who may come in, how often, and from which web pages. Knows keys and rates, not what is asked for.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use tower_http::cors::CorsLayer;

use super::Doors;
use super::problem::{NO_KEY, RATE, Refusal};
use crate::config::Limits;
use crate::shop::audit::{self, Door};
use crate::telemetry::metrics;

/// Requests between two sweeps of limits that are full again.
const SWEEP_EVERY: u64 = 4_096;

/// Rates by key.
pub struct Guard {
    rates: Option<DefaultKeyedRateLimiter<String>>,
    clock: DefaultClock,
    seen: AtomicU64,
}

impl Guard {
    pub fn new(limits: &Limits) -> Self {
        let rates = NonZeroU32::new(limits.requests_per_minute).map(|n| RateLimiter::keyed(Quota::per_minute(n)));
        Self { rates, clock: DefaultClock::default(), seen: AtomicU64::new(0) }
    }

    /// `Err` is how long to wait.
    fn admit(&self, who: &str) -> Result<(), Duration> {
        let Some(rates) = &self.rates else { return Ok(()) };
        if self.seen.fetch_add(1, Ordering::Relaxed) % SWEEP_EVERY == SWEEP_EVERY - 1 {
            rates.retain_recent();
        }
        rates.check_key(&who.to_owned()).map_err(|until| until.wait_time_from(self.clock.now()))
    }
}

/// Whose key a request carries; no name where none is asked for.
#[derive(Clone, Debug)]
pub struct Who {
    pub name: Option<String>,
}

/// Lets a request through when its key is known and not used too often.
pub async fn check(State(doors): State<Arc<Doors>>, mut request: Request, next: Next) -> Response {
    let mut name = None;
    let who = if doors.settings.auth.required {
        match presented(request.headers()) {
            None => return refuse_key("send the header `Authorization: Bearer` with an API key").into_response(),
            Some(key) => match doors.keys.owner(key).await {
                Some(known) => {
                    name = Some(known.name);
                    known.id
                }
                None => return refuse_key("this API key is not known here, or was revoked").into_response(),
            },
        }
    } else {
        String::from("anyone")
    };
    if let Err(wait) = doors.guard.admit(&who) {
        metrics::refused("http", "rate");
        let seconds = wait.as_secs_f32().ceil().max(1.0);
        return Refusal::new(RATE, format!("this key may send again in {seconds} s"))
            .retry_after(seconds as u64)
            .into_response();
    }
    let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let door = Door { name: door(path), who: name.clone() };
    request.extensions_mut().insert(Who { name });
    audit::through(door, next.run(request)).await
}

/// What the audit log calls the door behind an address.
fn door(path: &str) -> &'static str {
    match path {
        "/v1/text" => "text",
        "/v1/voice" => "voice",
        "/v1/stream" => "stream",
        _ if path.starts_with("/v1/admin") => "admin",
        _ => "api",
    }
}

/// The key a request carries: `Authorization: Bearer KEY`, `X-Api-Key: KEY`, or the WebSocket subprotocol `bearer.KEY`,
/// which is all that a page in a browser can set.
fn presented(headers: &HeaderMap) -> Option<&str> {
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let (scheme, key) = value.to_str().ok()?.split_once(' ')?;
        return scheme.eq_ignore_ascii_case("bearer").then(|| key.trim());
    }
    if let Some(value) = headers.get(HeaderName::from_static("x-api-key")) {
        return value.to_str().ok().map(str::trim);
    }
    let offered = headers.get(header::SEC_WEBSOCKET_PROTOCOL)?.to_str().ok()?;
    offered.split(',').find_map(|p| p.trim().strip_prefix("bearer."))
}

fn refuse_key(detail: &str) -> Refusal {
    metrics::refused("http", "key");
    let challenge = HeaderValue::from_static("Bearer realm=\"voicecart\"");
    Refusal::new(NO_KEY, detail).with(header::WWW_AUTHENTICATE, challenge)
}

/// Lets pages of these origins call; `None` when none may.
pub fn cors(origins: &[String]) -> Option<CorsLayer> {
    let origins: Vec<HeaderValue> = origins.iter().filter_map(|o| HeaderValue::from_str(o).ok()).collect();
    if origins.is_empty() {
        return None;
    }
    let request = [header::AUTHORIZATION, header::CONTENT_TYPE, header::ACCEPT].map(|h| h.to_string());
    let ours = ["idempotency-key", "x-api-key", "x-request-id"].map(String::from);
    let allowed: Vec<HeaderName> = request.iter().chain(&ours).filter_map(|h| h.parse().ok()).collect();
    let exposed: Vec<HeaderName> =
        super::voice::HEADERS.iter().chain(&["x-request-id", "retry-after"]).filter_map(|h| h.parse().ok()).collect();
    Some(
        CorsLayer::new()
            .allow_origin(origins)
            .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
            .allow_headers(allowed)
            .expose_headers(exposed)
            .max_age(Duration::from_secs(600)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_in_either_header() {
        for (name, value, wanted) in [
            ("authorization", "Bearer vc_a", Some("vc_a")),
            ("authorization", "bearer  vc_a", Some("vc_a")),
            ("authorization", "Basic dTpw", None),
            ("authorization", "vc_a", None),
            ("x-api-key", "vc_a", Some("vc_a")),
            ("sec-websocket-protocol", "voicecart.v1, bearer.vc_a", Some("vc_a")),
            ("sec-websocket-protocol", "voicecart.v1", None),
            ("cookie", "vc_a", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
            assert_eq!(presented(&headers), wanted, "{name}: {value}");
        }
    }

    #[test]
    fn rates_are_kept_for_each_key() {
        let guard = Guard::new(&Limits { requests_per_minute: 2, ..Limits::default() });
        assert!(guard.admit("a").is_ok() && guard.admit("a").is_ok());
        let wait = guard.admit("a").unwrap_err();
        assert!(wait > Duration::from_secs(20) && wait <= Duration::from_secs(30), "{wait:?}");
        assert!(guard.admit("b").is_ok());
        let open = Guard::new(&Limits { requests_per_minute: 0, ..Limits::default() });
        assert!((0..10_000).all(|_| open.admit("a").is_ok()));
    }
}
