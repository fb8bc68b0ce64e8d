//! The token endpoint, and the one that takes tokens back: forms in, the JSON of RFC 6749 out. Refuses whoever cannot
//! prove to be the client, and never says why a code or token was not good.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use governor::clock::Clock as _;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{ACCESS, Linking, LinkingError, REFRESH, hash, secret};
use crate::store::grants::{self, Pair, Presented};
use crate::telemetry::metrics;

/// `POST /oauth/token`
pub async fn exchange(State(linking): State<Arc<Linking>>, headers: HeaderMap, body: Bytes) -> Response {
    let form = match proven(&linking, &headers, &body) {
        Ok(form) => form,
        Err(refused) => return *refused,
    };
    match exchanged(&linking, &form).await {
        Ok(Ok(tokens)) => answer(StatusCode::OK, &tokens),
        Ok(Err((error, why))) => {
            metrics::refused("linking", error);
            answer(StatusCode::BAD_REQUEST, &json!({"error": error, "error_description": why}))
        }
        Err(error) => ours(&error),
    }
}

/// `POST /oauth/revoke`: the token's whole grant ends. Unknown tokens are no error (RFC 7009, 2.2).
pub async fn revoke(State(linking): State<Arc<Linking>>, headers: HeaderMap, body: Bytes) -> Response {
    let form = match proven(&linking, &headers, &body) {
        Ok(form) => form,
        Err(refused) => return *refused,
    };
    let Some(token) = form.get("token").filter(|t| !t.is_empty()) else {
        return answer(
            StatusCode::BAD_REQUEST,
            &json!({"error": "invalid_request", "error_description": "token is missing"}),
        );
    };
    match grants::revoke_token(&linking.store, &hash(token), &linking.client.id, linking.clock.now()).await {
        Ok(()) => answer(StatusCode::OK, &json!({})),
        Err(error) => ours(&error.into()),
    }
}

/// The form, where the client has proven itself.
fn proven(linking: &Linking, headers: &HeaderMap, body: &[u8]) -> Result<BTreeMap<String, String>, Box<Response>> {
    if let Err(until) = linking.exchanges.check() {
        let wait = until.wait_time_from(linking.rates.now()).as_secs() + 1;
        let mut response = answer(StatusCode::TOO_MANY_REQUESTS, &json!({"error": "temporarily_unavailable"}));
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait));
        return Err(Box::new(response));
    }
    let form = super::fields(body).map_err(|twice| {
        let why = format!("{twice:?} came more than once");
        Box::new(answer(StatusCode::BAD_REQUEST, &json!({"error": "invalid_request", "error_description": why})))
    })?;
    if linking.client.proven(headers, &form) {
        return Ok(form);
    }
    metrics::refused("linking", "invalid_client");
    tracing::warn!("refused a token request: the client's id or secret is wrong");
    let mut response = answer(StatusCode::UNAUTHORIZED, &json!({"error": "invalid_client"}));
    let challenge = HeaderValue::from_static("Basic realm=\"account linking\"");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    Err(Box::new(response))
}

type Told = (&'static str, &'static str);

async fn exchanged(linking: &Linking, form: &BTreeMap<String, String>) -> Result<Result<Value, Told>, LinkingError> {
    let get = |name: &str| form.get(name).map(String::as_str).filter(|v| !v.is_empty());
    let missing = Ok(Err(("invalid_request", "a field that this grant type needs is missing")));
    let (access, refresh, now) = (secret("vca_")?, secret("vcr_")?, linking.clock.now());
    let (access_hash, refresh_hash) = (hash(&access), hash(&refresh));
    let pair =
        Pair { access: &access_hash, access_until: now + ACCESS, refresh: &refresh_hash, refresh_until: now + REFRESH };
    let client = &linking.client.id;
    let given = match get("grant_type") {
        Some("authorization_code") => {
            let (Some(code), Some(redirect)) = (get("code"), get("redirect_uri")) else { return missing };
            let verifier = get("code_verifier");
            if verifier.is_some_and(|v| !is_verifier(v)) {
                return Ok(Err(("invalid_request", "code_verifier must be 43 to 128 unreserved characters")));
            }
            let challenge = verifier.map(|v| URL_SAFE_NO_PAD.encode(Sha256::digest(v)));
            let presented = Presented { hash: &hash(code), client, redirect, challenge: challenge.as_deref() };
            grants::redeem(&linking.store, &presented, &pair, now).await?
        }
        Some("refresh_token") => {
            let Some(token) = get("refresh_token") else { return missing };
            grants::refresh(&linking.store, &hash(token), client, &pair, now).await?
        }
        Some(_) => return Ok(Err(("unsupported_grant_type", "it must be authorization_code or refresh_token"))),
        None => return missing,
    };
    if !given {
        return Ok(Err(("invalid_grant", "the code or token is not, or no longer, good")));
    }
    Ok(Ok(json!({
        "access_token": access, "token_type": "Bearer", "expires_in": ACCESS.as_secs(), "refresh_token": refresh,
        "scope": "shop",
    })))
}

fn is_verifier(text: &str) -> bool {
    (43..=128).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~'))
}

fn answer(status: StatusCode, body: &Value) -> Response {
    let headers =
        [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store"), (header::PRAGMA, "no-cache")];
    (status, headers, body.to_string()).into_response()
}

fn ours(error: &LinkingError) -> Response {
    tracing::error!(%error, "a token request could not be answered");
    answer(StatusCode::SERVICE_UNAVAILABLE, &json!({"error": "temporarily_unavailable"}))
}
