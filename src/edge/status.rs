//! Is it alive, is it ready, and how is it doing: `/healthz`, `/readyz`, `/metrics`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use futures::future::BoxFuture;
use http::{StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

use super::Doors;
use super::problem::Problem;

/// One part of the server and whether it can work.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Part {
    /// `speech model`, `database`, ...
    #[schema(example = "database")]
    pub name: &'static str,
    pub ready: bool,
    /// Which model, how many products, or what is wrong.
    #[schema(example = "schema 2, 812 products")]
    pub detail: String,
}

/// Asks every part. Built by whoever knows the parts.
pub type Readiness = Arc<dyn Fn() -> BoxFuture<'static, Vec<Part>> + Send + Sync>;

#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    #[schema(example = "ok")]
    pub status: &'static str,
    #[schema(example = "0.1.0")]
    pub version: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Ready {
    /// Whether every part is ready.
    pub ready: bool,
    pub parts: Vec<Part>,
}

/// Alive: answers as long as the process serves at all.
#[utoipa::path(get, path = "/healthz", tag = "Status", security(()),
    responses((status = 200, description = "The server is alive", body = Health)))]
pub async fn health() -> Json<Health> {
    Json(Health { status: "ok", version: env!("CARGO_PKG_VERSION") })
}

/// Ready: the speech model is loaded and the database answers.
#[utoipa::path(get, path = "/readyz", tag = "Status", security(()),
    responses(
        (status = 200, description = "Every part is ready", body = Ready),
        (status = 503, description = "A part is not ready; `parts` says which", body = Ready)))]
pub async fn ready(State(doors): State<Arc<Doors>>) -> Response {
    let parts = (doors.readiness)().await;
    let ready = parts.iter().all(|p| p.ready);
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Ready { ready, parts })).into_response()
}

/// Counters and histograms in the Prometheus text format.
#[utoipa::path(get, path = "/metrics", tag = "Status",
    responses(
        (status = 200, description = "Metrics", content_type = "text/plain", body = String),
        (status = 401, description = "No key, or a wrong one", content_type = "application/problem+json", body = Problem)))]
pub async fn metrics() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], crate::telemetry::metrics::render())
}
