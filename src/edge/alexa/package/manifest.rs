//! The manifest: the merchant's template in, the same for all locales of the package out.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::language::model::Model;
use crate::language::variants::Variant;

/// Opens every text that only the merchant can write.
const MARK: &str = "FILL IN: ";
const PUBLISHED: &str = "/manifest/publishingInformation/locales";
const PRIVATE: &str = "/manifest/privacyAndCompliance/locales";

/// What is asked of the merchant, where a text is such a question.
pub fn question(text: &str) -> Option<&str> {
    text.strip_prefix(MARK)
}

/// Gives every locale of `models` its texts (those of `base` where the template has none), puts the invocation name
/// into the example phrases, and the endpoint in its place.
pub fn complete(
    skill: &mut Value,
    base: &str,
    models: &BTreeMap<String, Model>,
    table: &BTreeMap<String, Variant>,
    endpoint: Option<&str>,
) {
    for place in [PUBLISHED, PRIVATE] {
        let Some(locales) = skill.pointer_mut(place).and_then(Value::as_object_mut) else { continue };
        let template = locales.get(base).cloned();
        locales.retain(|locale, _| models.contains_key(locale));
        for (locale, model) in models {
            let Some(template) = template.clone() else { continue };
            let own = locales.entry(locale.clone()).or_insert_with(|| {
                let mut copy = template;
                if let Some(variant) = table.get(locale) {
                    each_text(&mut copy, &mut |text| *text = variant.words(text));
                }
                copy
            });
            each_text(own, &mut |text| *text = text.replace("{invocation}", &model.invocation));
        }
    }
    // Conversations and events come to the same door.
    for place in ["/manifest/apis/custom/endpoint/uri", "/manifest/events/endpoint/uri"] {
        if let (Some(endpoint), Some(uri)) = (endpoint, skill.pointer_mut(place)) {
            *uri = endpoint.into();
        }
    }
}

/// Fills in account linking where this server does it: its addresses beside the endpoint's, and the client's name. The
/// secret stays a question: a package is a file that people pass around.
pub fn link(linking: &mut Value, endpoint: Option<&str>, client_id: Option<&str>) {
    let request = linking.get_mut("accountLinkingRequest").and_then(Value::as_object_mut);
    let (Some(request), Some(client_id)) = (request, client_id) else { return };
    request.insert("clientId".into(), client_id.into());
    request.insert(
        "clientSecret".into(),
        format!("{MARK}what linking.client_secret is set to; do not keep it in version control").into(),
    );
    request.insert("scopes".into(), serde_json::json!(["shop"]));
    let origin = endpoint.and_then(|e| url::Url::parse(e).ok()).map(|url| url.origin().ascii_serialization());
    if let Some(origin) = origin.filter(|o| o.starts_with("https://")) {
        request.insert("authorizationUrl".into(), format!("{origin}/oauth/authorize").into());
        request.insert("accessTokenUrl".into(), format!("{origin}/oauth/token").into());
    }
}

/// Every text in a value with its place, as a JSON pointer.
pub fn texts<'v>(value: &'v Value, place: String, take: &mut impl FnMut(&str, &'v str)) {
    match value {
        Value::String(text) => take(&place, text),
        Value::Array(list) => list.iter().enumerate().for_each(|(i, v)| texts(v, format!("{place}/{i}"), take)),
        Value::Object(members) => members.iter().for_each(|(k, v)| texts(v, format!("{place}/{k}"), take)),
        _ => {}
    }
}

fn each_text(value: &mut Value, change: &mut impl FnMut(&mut String)) {
    match value {
        Value::String(text) => change(text),
        Value::Array(list) => list.iter_mut().for_each(|v| each_text(v, change)),
        Value::Object(members) => members.values_mut().for_each(|v| each_text(v, change)),
        _ => {}
    }
}
