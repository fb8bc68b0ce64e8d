//! The doors: HTTP in, HTTP out. The only place that knows status codes and headers.
//!
//! A request passes [`trace`] (its id, its log span, panics), [`guard`] (keys and rates) and ends in [`voice`], the
//! Alexa door, or one of the pages. Whatever is refused leaves as a [`problem`], once [`drain`] has read its body.

mod admin;
pub mod alexa;
mod data;
pub mod device;
mod docs;
mod drain;
mod guard;
mod intake;
pub mod keys;
pub mod kiosk;
mod lasting;
pub mod linking;
mod openai;
mod openapi;
mod pay;
mod preferences;
pub mod problem;
mod server;
mod status;
mod stream;
mod trace;
pub mod voice;
pub mod wyoming;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use axum::routing::{get, post};
use tower_http::catch_panic::CatchPanicLayer;

use crate::config::Settings;
use crate::shop::{Customers, SqlShop};
use crate::turn::Spine;

pub use alexa::Resolve;
pub use intake::SHORTEST;
pub use lasting::Lasting;
pub use openapi::document as openapi;
pub use server::{Server, ServerError};
pub use status::{Part, Readiness};

/// Addresses and what answers there.
pub type Routes = Router;

/// All that the doors need, shared between requests.
pub struct Doors {
    spine: Arc<Spine>,
    settings: Arc<Settings>,
    keys: Arc<keys::KeyRing>,
    resolve: Resolve,
    readiness: Readiness,
    guard: guard::Guard,
    links: voice::Links,
    turns: Arc<tokio::sync::Semaphore>,
    arriving: Arc<tokio::sync::Semaphore>,
    streams: Arc<tokio::sync::Semaphore>,
    lasting: Lasting,
    /// What the merchant's people work on; nothing else of the shop is reached past the spine.
    shop: SqlShop,
    customers: Customers,
}

impl Doors {
    #[allow(clippy::too_many_arguments)] // called once, where everything is tied together
    pub fn new(
        spine: Arc<Spine>,
        settings: Arc<Settings>,
        keys: Arc<keys::KeyRing>,
        resolve: Resolve,
        readiness: Readiness,
        lasting: Lasting,
        shop: SqlShop,
        customers: Customers,
    ) -> Self {
        crate::telemetry::metrics::collector();
        Self {
            guard: guard::Guard::new(&settings.limits),
            links: voice::Links::new(Duration::from_secs(settings.links.seconds), settings.links.bytes),
            turns: Arc::new(tokio::sync::Semaphore::new(settings.limits.turns)),
            arriving: intake::room(settings.limits.turns, settings.limits.upload_bytes),
            streams: Arc::new(tokio::sync::Semaphore::new(settings.stream.connections)),
            lasting,
            shop,
            customers,
            spine,
            settings,
            keys,
            resolve,
            readiness,
        }
    }
}

/// The whole server. `alexa` is nested at `/alexa`, needs no key, and writes its own refusals; so does `linking`.
pub fn router(doors: Arc<Doors>, alexa: Routes, linking: Option<Routes>) -> Routes {
    let guarded = Router::new()
        .route("/v1/voice", post(voice::voice))
        .route("/v1/text", post(voice::text))
        .route("/v1/stream", get(stream::stream))
        .route("/v1/customers/{customer}/preferences", get(preferences::show).put(preferences::set))
        .route("/v1/audio/transcriptions", post(openai::transcriptions))
        .route("/v1/audio/speech", post(openai::speech))
        .route("/v1/admin/handovers", get(admin::list))
        .route("/v1/admin/handovers/{id}", post(admin::change))
        .route("/v1/customers/{customer}/data", get(data::export).delete(data::erase))
        .route("/v1/admin/audit", get(data::audit))
        .route("/v1/admin/returns", get(admin::returns::list_returns))
        .route("/v1/admin/returns/{id}", post(admin::returns::move_return))
        .route("/v1/admin/slots", get(admin::slots))
        .route("/metrics", get(status::metrics))
        .route_layer(axum::middleware::from_fn_with_state(doors.clone(), guard::check))
        .layer(axum::extract::DefaultBodyLimit::disable());
    let open = Router::new()
        .route("/", get(docs::welcome))
        .route("/docs", get(docs::reference))
        .route("/docs/screens", get(docs::screens))
        .route("/openapi.json", get(docs::openapi_json))
        .route("/healthz", get(status::health))
        .route("/readyz", get(status::ready))
        .route("/v1/audio/{id}", get(voice::audio))
        .route("/pay/{token}", get(pay::follow));
    let api = guarded.merge(open).fallback(problem::no_such_path).with_state(doors.clone());
    let api = match guard::cors(&doors.settings.cors.origins) {
        Some(cors) => api.layer(cors),
        None => api,
    };
    // Before the fallback is asked, and past the rules for pages of other sites: nobody else's script comes here.
    let api = match linking {
        Some(linking) => linking.merge(api),
        None => api,
    };
    api.nest("/alexa", alexa).layer(CatchPanicLayer::custom(trace::panicked)).layer(axum::middleware::from_fn(around))
}

/// What is done about every request, outermost first. One layer and not three: each would box its own future and copy the
/// services below it.
async fn around(request: Request, next: Next) -> Response {
    let dressed = |request| problem::dress(request, |request| next.run(request));
    trace::request(request, |request| drain::drain(request, dressed)).await
}
