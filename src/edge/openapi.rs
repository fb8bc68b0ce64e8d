//! The description of the HTTP API that `/openapi.json` and `voicecart openapi` give out.

use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::{admin, data, openai, preferences, problem, status, stream, voice};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Voicecart",
        description = "A self-hosted voice commerce server: spoken or typed requests in, a shop searched, tracked and \
                       bought from, speech out. Refusals are `application/problem+json`; their kinds are listed on /docs.",
        license(name = "MIT OR Apache-2.0")
    ),
    paths(voice::voice, voice::text, voice::audio, openai::transcriptions::transcriptions,
        openai::speech::speech, stream::stream, admin::list, admin::change, admin::slots, data::export, data::erase, data::audit,
        admin::returns::list_returns, admin::returns::move_return, preferences::show,
        preferences::set, status::health, status::ready, status::metrics),
    components(schemas(problem::Problem)),
    tags(
        (name = "Turns", description = "One spoken or typed request and its answer"),
        (name = "Audio", description = "The ear and the voice alone, as in OpenAI's API"),
        (name = "Admin", description = "What waits for one of the merchant's people"),
        (name = "Customers", description = "What customers told about themselves"),
        (name = "Status", description = "For load balancers and monitoring")
    ),
    security(("key" = [])),
    modifiers(&Keys)
)]
struct Api;

struct Keys;

impl Modify for Keys {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("vc_ and 43 letters and digits")
            .description(Some("Made with `voicecart keys create NAME`. `X-Api-Key` is read too."))
            .build();
        openapi.components.get_or_insert_default().add_security_scheme("key", SecurityScheme::Http(scheme));
    }
}

/// The OpenAPI 3.1 document.
pub fn document() -> serde_json::Value {
    serde_json::to_value(Api::openapi()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document() {
        insta::assert_json_snapshot!(document());
    }

    #[test]
    fn every_reference_leads_somewhere() {
        fn walk(value: &serde_json::Value, root: &serde_json::Value) {
            match value {
                serde_json::Value::Object(map) => {
                    if let Some(to) = map.get("$ref").and_then(|r| r.as_str()) {
                        assert!(root.pointer(to.trim_start_matches('#')).is_some(), "{to}");
                    }
                    map.values().for_each(|v| walk(v, root));
                }
                serde_json::Value::Array(list) => list.iter().for_each(|v| walk(v, root)),
                _ => {}
            }
        }
        let document = document();
        walk(&document, &document);
    }
}
