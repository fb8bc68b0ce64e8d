//! Links to pay, `/pay/{token}`: whoever follows one is sent on to the gateway's page, or told what became of it. No key:
//! the address is the key, so it is never logged, never kept by a browser, and never told to the next page.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Response};
use http::{HeaderName, StatusCode, header};

use super::Doors;
use crate::shop::connectors::sql::paylinks::Followed;

/// What every answer here carries.
const PRIVATE: [(HeaderName, &str); 4] = [
    (header::CACHE_CONTROL, "no-store"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
];

pub async fn follow(State(doors): State<Arc<Doors>>, Path(token): Path<String>) -> Response {
    match doors.shop.follow(&token).await {
        Ok(Followed::Page(url)) => (StatusCode::SEE_OTHER, PRIVATE, [(header::LOCATION, url)]).into_response(),
        Ok(Followed::Ordered(number)) => {
            page(StatusCode::OK, "Paid", &format!("Thank you. It is paid, and your order {number} is placed."))
        }
        Ok(Followed::Ended) => {
            page(StatusCode::GONE, "This link has ended", "Nothing can be paid by it, and nothing was ordered by it.")
        }
        Ok(Followed::Unanswered) => later(),
        Err(error) => {
            tracing::error!(%error, "a link to pay could not be followed");
            later()
        }
    }
}

fn later() -> Response {
    page(
        StatusCode::SERVICE_UNAVAILABLE,
        "One moment",
        "The payment page does not answer. Try the link again in a minute.",
    )
}

fn page(status: StatusCode, title: &str, words: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"></head>\
         <body><main><h1>{title}</h1><p>{words}</p></main></body></html>"
    );
    (status, PRIVATE, Html(html)).into_response()
}
