//! Pages for people: a welcome, and the reference made from the OpenAPI document. Plain HTML that a screen reader, a
//! text browser and a phone can read; no scripts, nothing fetched from elsewhere.

use std::fmt::Write;
use std::sync::{Arc, LazyLock};

use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse};
use http::header;
use serde::Deserialize;
use serde_json::Value;

use super::Doors;
use super::alexa::preview;
use super::openapi;
use super::problem::KINDS;
use crate::reply::Manner;

const STYLE: &str = "body{font:1.05rem/1.55 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1rem;color:#1a1a1a;\
background:#fff}a{color:#0b4aa2}pre,code{font-family:ui-monospace,monospace;background:#f1f1ee}pre{padding:.75rem;\
overflow:auto}table{border-collapse:collapse;width:100%;margin:.5rem 0 1.5rem}th,td{border:1px solid #767676;\
padding:.35rem .6rem;text-align:left;vertical-align:top}th{background:#f1f1ee}h2{margin-top:2.5rem}\
@media(prefers-color-scheme:dark){body{background:#16181a;color:#ececec}a{color:#9cc4ff}pre,code,th{background:#262a2e}}";

/// `/`
pub async fn welcome(State(doors): State<Arc<Doors>>) -> impl IntoResponse {
    let key = if doors.settings.auth.required { " \\\n  -H 'Authorization: Bearer YOUR-KEY'" } else { "" };
    let address = doors.settings.bind;
    let body = format!(
        "<h1>Voicecart</h1>\
         <p>This server answers shoppers by voice: it hears or reads a request, finds it in the shop, and answers in \
         speech. Try it with words:</p>\
         <pre tabindex=\"0\"><code>curl http://{address}/v1/text{key} \\\n  --json '{{\"text\": \"where is my order\"}}'</code></pre>\
         <p>or with a recording:</p>\
         <pre tabindex=\"0\"><code>curl 'http://{address}/v1/voice?audio=none'{key} \\\n  -H 'Content-Type: audio/wav' --data-binary @request.wav</code></pre>\
         <ul><li><a href=\"/docs\">How to call it</a></li>\
         <li><a href=\"/openapi.json\">The same for machines (OpenAPI)</a></li>\
         <li><a href=\"/docs/screens\">What Alexa devices with a screen show</a></li>\
         <li><a href=\"/readyz\">Whether every part is ready</a></li></ul>"
    );
    page("Voicecart", &body)
}

/// `/docs`
pub async fn reference() -> impl IntoResponse {
    static BODY: LazyLock<String> = LazyLock::new(|| render(&openapi::document()));
    page("Voicecart: how to call it", &BODY)
}

/// `/docs/screens`: for one device, `?device=wide`, `tall` or `round`.
pub async fn screens(State(doors): State<Arc<Doors>>, Query(asked): Query<Device>) -> impl IntoResponse {
    let (words, clock) = (doors.spine.words(), &doors.spine.clock);
    let manner = Manner::usual(&clock.here());
    page("Voicecart: screens", &preview::page(&words.phrases, &manner, asked.device.as_deref()))
}

/// Whose screen is asked for.
#[derive(Deserialize)]
pub struct Device {
    device: Option<String>,
}

/// `/openapi.json`
pub async fn openapi_json() -> impl IntoResponse {
    static TEXT: LazyLock<String> = LazyLock::new(|| openapi::document().to_string());
    ([(header::CONTENT_TYPE, "application/json")], TEXT.as_str())
}

fn page(title: &str, body: &str) -> impl IntoResponse + use<> {
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{}</title>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><style>{STYLE}</style></head>\
         <body><main>{body}</main></body></html>",
        text(title)
    );
    let policy =
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    ([(header::CONTENT_SECURITY_POLICY, policy), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")], Html(html))
}

fn render(api: &Value) -> String {
    let mut out = String::new();
    let info = &api["info"];
    let _ = write!(out, "<h1>How to call {}</h1><p>{}</p>", string(&info["title"]), prose(&info["description"]));
    let _ = write!(
        out,
        "<p>Version {}. <a href=\"/openapi.json\">OpenAPI document</a>.</p><p>Every request but those marked \
         <em>no key</em> carries <code>Authorization: Bearer KEY</code>.</p>",
        string(&info["version"])
    );
    let operations = operations(api);
    out.push_str("<nav aria-label=\"Contents\"><ul>");
    for (id, method, path, _) in &operations {
        let _ = write!(out, "<li><a href=\"#{id}\"><code>{} {}</code></a></li>", text(method), text(path));
    }
    out.push_str("<li><a href=\"#types\">Types</a></li><li><a href=\"#problems\">Refusals</a></li></ul></nav>");
    for (id, method, path, operation) in &operations {
        section(&mut out, id, method, path, operation);
    }
    types(&mut out, &api["components"]["schemas"]);
    problems(&mut out);
    out
}

fn operations(api: &Value) -> Vec<(String, String, String, &Value)> {
    let paths = api["paths"].as_object().into_iter().flatten();
    paths
        .flat_map(|(path, methods)| {
            methods.as_object().into_iter().flatten().map(move |(method, operation)| {
                let id = string(&operation["operationId"]);
                (id, method.to_uppercase(), path.clone(), operation)
            })
        })
        .collect()
}

fn section(out: &mut String, id: &str, method: &str, path: &str, operation: &Value) {
    let _ = write!(
        out,
        "<section aria-labelledby=\"{id}\"><h2 id=\"{id}\"><code>{} {}</code></h2>",
        text(method),
        text(path)
    );
    let open =
        operation["security"].as_array().is_some_and(|s| s.iter().any(|o| o.as_object().is_some_and(|o| o.is_empty())));
    let no_key = if open { " <em>(no key)</em>" } else { "" };
    let _ = write!(out, "<p>{}{no_key}</p><p>{}</p>", prose(&operation["summary"]), prose(&operation["description"]));
    if let Some(parameters) = operation["parameters"].as_array().filter(|p| !p.is_empty()) {
        out.push_str(
            "<table><caption>Parameters</caption><thead><tr><th scope=\"col\">Name</th><th scope=\"col\">In</th>\
                      <th scope=\"col\">Meaning</th></tr></thead><tbody>",
        );
        for p in parameters {
            let _ = write!(
                out,
                "<tr><th scope=\"row\"><code>{}</code></th><td>{}</td><td>{}</td></tr>",
                string(&p["name"]),
                string(&p["in"]),
                prose(&p["description"])
            );
        }
        out.push_str("</tbody></table>");
    }
    let body = &operation["requestBody"];
    if !body.is_null() {
        let _ = write!(out, "<p>Body: {} {}</p>", contents(&body["content"]), prose(&body["description"]));
    }
    out.push_str(
        "<table><caption>Answers</caption><thead><tr><th scope=\"col\">Status</th><th scope=\"col\">Meaning</th>\
                  <th scope=\"col\">Body</th></tr></thead><tbody>",
    );
    for (status, answer) in operation["responses"].as_object().into_iter().flatten() {
        let _ = write!(
            out,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td></tr>",
            text(status),
            prose(&answer["description"]),
            contents(&answer["content"])
        );
    }
    out.push_str("</tbody></table>");
    let example = &operation["responses"]["200"]["content"]["application/json"]["example"];
    if let (false, Ok(example)) = (example.is_null(), serde_json::to_string_pretty(example)) {
        let _ = write!(out, "<p>Example of an answer:</p><pre tabindex=\"0\"><code>{}</code></pre>", text(&example));
    }
    out.push_str("</section>");
}

fn contents(content: &Value) -> String {
    let kinds = content.as_object().into_iter().flatten().map(|(kind, body)| {
        let name = type_name(&body["schema"]);
        if name.contains("href") {
            format!("<code>{}</code> {name}", text(kind))
        } else {
            format!("<code>{}</code>", text(kind))
        }
    });
    kinds.collect::<Vec<_>>().join(", ")
}

fn types(out: &mut String, schemas: &Value) {
    out.push_str("<section aria-labelledby=\"types\"><h2 id=\"types\">Types</h2>");
    for (name, schema) in schemas.as_object().into_iter().flatten() {
        let _ = write!(
            out,
            "<h3 id=\"type-{0}\">{0}</h3><p>{1}</p><table><thead><tr><th scope=\"col\">Field</th>\
             <th scope=\"col\">Type</th><th scope=\"col\">Meaning</th></tr></thead><tbody>",
            text(name),
            prose(&schema["description"])
        );
        for (field, about) in schema["properties"].as_object().into_iter().flatten() {
            let _ = write!(
                out,
                "<tr><th scope=\"row\"><code>{}</code></th><td>{}</td><td>{}</td></tr>",
                text(field),
                type_name(about),
                prose(&about["description"])
            );
        }
        out.push_str("</tbody></table>");
    }
    out.push_str("</section>");
}

fn type_name(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|r| r.rsplit('/').next()) {
        return format!("<a href=\"#type-{0}\">{0}</a>", text(name));
    }
    for either in ["oneOf", "anyOf"] {
        if let Some(options) = schema[either].as_array() {
            return options.iter().map(type_name).collect::<Vec<_>>().join(" or ");
        }
    }
    match &schema["type"] {
        Value::String(kind) if kind == "array" => format!("list of {}", type_name(&schema["items"])),
        Value::String(kind) => text(kind),
        Value::Array(kinds) => kinds.iter().map(string).collect::<Vec<_>>().join(" or "),
        _ => String::new(),
    }
}

fn problems(out: &mut String) {
    out.push_str(
        "<section aria-labelledby=\"problems\"><h2 id=\"problems\">Refusals</h2><p>Each is a <a href=\"#type-Problem\">\
         Problem</a> whose <code>type</code> leads to its line here.</p><table><thead><tr><th scope=\"col\">Kind</th>\
         <th scope=\"col\">Status</th><th scope=\"col\">Meaning</th><th scope=\"col\">What to do</th></tr></thead><tbody>",
    );
    for kind in KINDS {
        let _ = write!(
            out,
            "<tr id=\"{0}\"><th scope=\"row\"><code>{0}</code></th><td>{1}</td><td>{2}</td><td>{3}</td></tr>",
            kind.slug,
            kind.status.as_u16(),
            text(kind.title),
            prose(&Value::from(kind.remedy))
        );
    }
    out.push_str("</tbody></table></section>");
}

/// Text with `code` between backticks.
fn prose(value: &Value) -> String {
    let escaped = string(value);
    let mut out = String::with_capacity(escaped.len());
    for (i, piece) in escaped.split('`').enumerate() {
        if i % 2 == 1 {
            let _ = write!(out, "<code>{piece}</code>");
        } else {
            out.push_str(piece);
        }
    }
    out.replace("\n\n", "</p><p>")
}

fn string(value: &Value) -> String {
    text(value.as_str().unwrap_or_default())
}

/// Text that is safe between tags and in attributes.
pub(super) fn text(raw: &str) -> String {
    raw.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_names_every_address_type_and_refusal() {
        let api = openapi::document();
        let html = render(&api);
        for path in api["paths"].as_object().unwrap().keys() {
            assert!(html.contains(&text(path)), "{path}");
        }
        for name in api["components"]["schemas"].as_object().unwrap().keys() {
            assert!(html.contains(&format!("id=\"type-{name}\"")), "{name}");
        }
        for kind in KINDS {
            assert!(html.contains(&format!("id=\"{}\"", kind.slug)), "{}", kind.slug);
        }
        assert!(!html.contains("<script"));
    }

    #[test]
    fn every_link_inside_the_page_arrives() {
        let html = render(&openapi::document());
        for link in html.split("href=\"#").skip(1) {
            let id = link.split('"').next().unwrap();
            assert!(html.contains(&format!("id=\"{id}\"")), "{id}");
        }
    }

    #[test]
    fn foreign_text_is_escaped() {
        assert_eq!(prose(&Value::from("a <b> & `c<d`")), "a &lt;b&gt; &amp; <code>c&lt;d</code>");
    }
}
