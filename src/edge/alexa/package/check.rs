//! The rules for a skill's manifest and its account linking. What is still to be filled in is not judged.

use std::collections::BTreeMap;

use regex::Regex;
use serde_json::Value;

use super::icon;
use super::manifest::question;
use crate::language::check::{Finding, LOCALES};
use crate::language::model::{Model, Piece, pieces};

const NAME_CHARS: (usize, usize) = (2, 50);
const SUMMARY_CHARS: usize = 160;
const LONG_CHARS: usize = 4_000;
const PHRASES: usize = 3;
const KEYWORDS: usize = 30;
const ICONS: [(&str, u32); 2] = [("smallIconUri", 108), ("largeIconUri", 512)];
const CERTIFICATES: [&str; 3] = ["SelfSigned", "Wildcard", "Trusted"];
const ANSWERS: [&str; 5] =
    ["allowsPurchases", "usesPersonalInfo", "isChildDirected", "isExportCompliant", "containsAds"];
/// Permissions that a shop can have a use for.
const PERMISSIONS: [&str; 9] = [
    "alexa::devices:all:address:full:read",
    "alexa:devices:all:address:country_and_postal_code:read",
    "alexa::profile:name:read",
    "alexa::profile:given_name:read",
    "alexa::profile:email:read",
    "alexa::profile:mobile_number:read",
    "alexa::alerts:reminders:skill:readwrite",
    "alexa::alerts:timers:skill:readwrite",
    "alexa::devices:all:notifications:write",
];

struct Rules(Vec<Finding>);

impl Rules {
    fn broken(&mut self, place: &str, problem: impl Into<String>) {
        self.0.push(Finding { place: place.to_owned(), problem: problem.into(), fatal: true });
    }

    /// A text of so many characters, unless it is still to be written.
    fn text(&mut self, value: Option<&Value>, place: &str, least: usize, most: usize) {
        match value.and_then(Value::as_str) {
            Some(text) if question(text).is_some() => {}
            Some(text) if (least..=most).contains(&text.chars().count()) => {}
            Some(text) => {
                self.broken(place, format!("has {} characters; {least} to {most} are allowed", text.chars().count()));
            }
            None => self.broken(place, "is missing, or no text"),
        }
    }

    fn https(&mut self, value: Option<&Value>, place: &str) {
        match value.and_then(Value::as_str) {
            Some(text) if question(text).is_some() => {}
            Some(text) => match url::Url::parse(text) {
                Ok(url) if url.scheme() == "https" && matches!(url.port_or_known_default(), Some(443)) => {}
                _ => self.broken(place, format!("\"{text}\" must be an https address on port 443")),
            },
            None => self.broken(place, "is missing, or no text"),
        }
    }
}

/// What is wrong with a manifest. `icons` are the files of the package, by path below `skill-package`.
pub fn manifest(skill: &Value, models: &BTreeMap<String, Model>, icons: &[(String, Vec<u8>)]) -> Vec<Finding> {
    let mut out = Rules(Vec::new());
    let at = |place: &str| skill.pointer(&format!("/manifest/{place}"));
    if at("manifestVersion").and_then(Value::as_str) != Some("1.0") {
        out.broken("/manifest/manifestVersion", "must be \"1.0\"");
    }
    if at("publishingInformation/category").and_then(Value::as_str).is_none_or(str::is_empty) {
        out.broken("/manifest/publishingInformation/category", "is missing; SHOPPING is the category of shops");
    }
    out.text(
        at("publishingInformation/testingInstructions"),
        "/manifest/publishingInformation/testingInstructions",
        1,
        LONG_CHARS,
    );
    let place = "/manifest/publishingInformation/distributionCountries";
    let worldwide = at("publishingInformation/isAvailableWorldwide").and_then(Value::as_bool).unwrap_or(false);
    let countries = at("publishingInformation/distributionCountries").and_then(Value::as_array);
    if !worldwide && countries.is_none_or(Vec::is_empty) {
        out.broken(place, "name at least one country, or set isAvailableWorldwide");
    }
    for country in countries.into_iter().flatten() {
        if !country.as_str().is_some_and(|c| c.len() == 2 && c.bytes().all(|b| b.is_ascii_uppercase())) {
            out.broken(place, format!("{country} is no country code of two capitals"));
        }
    }
    for (locale, model) in models {
        if !LOCALES.contains(&locale.as_str()) {
            out.broken("/manifest", format!("{locale} is no locale of Alexa"));
        }
        let place = format!("/manifest/publishingInformation/locales/{locale}");
        match skill.pointer(&place) {
            Some(page) => published(page, &place, model, icons, &mut out),
            None => out.broken(&place, "is missing"),
        }
        let place = format!("/manifest/privacyAndCompliance/locales/{locale}");
        out.https(skill.pointer(&format!("{place}/privacyPolicyUrl")), &format!("{place}/privacyPolicyUrl"));
        out.https(skill.pointer(&format!("{place}/termsOfUseUrl")), &format!("{place}/termsOfUseUrl"));
    }
    let place = "/manifest/apis/custom/endpoint";
    out.https(skill.pointer(&format!("{place}/uri")), &format!("{place}/uri"));
    let certificate = skill.pointer(&format!("{place}/sslCertificateType")).and_then(Value::as_str);
    if !certificate.is_some_and(|c| CERTIFICATES.contains(&c)) {
        out.broken(&format!("{place}/sslCertificateType"), format!("must be one of {}", CERTIFICATES.join(" ")));
    }
    for answer in ANSWERS {
        if !at(&format!("privacyAndCompliance/{answer}")).is_some_and(Value::is_boolean) {
            out.broken(&format!("/manifest/privacyAndCompliance/{answer}"), "must be answered with true or false");
        }
    }
    for (i, permission) in at("permissions").and_then(Value::as_array).into_iter().flatten().enumerate() {
        let name = permission.get("name").and_then(Value::as_str).unwrap_or_default();
        if !PERMISSIONS.contains(&name) {
            out.broken(&format!("/manifest/permissions/{i}"), format!("\"{name}\" is no permission known here"));
        }
    }
    out.0
}

/// What the store shows in one locale.
fn published(page: &Value, place: &str, model: &Model, icons: &[(String, Vec<u8>)], out: &mut Rules) {
    out.text(page.get("name"), &format!("{place}/name"), NAME_CHARS.0, NAME_CHARS.1);
    out.text(page.get("summary"), &format!("{place}/summary"), 1, SUMMARY_CHARS);
    out.text(page.get("description"), &format!("{place}/description"), 1, LONG_CHARS);
    let phrases = page.get("examplePhrases").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if phrases.is_empty() || phrases.len() > PHRASES {
        out.broken(&format!("{place}/examplePhrases"), format!("give 1 to {PHRASES} phrases"));
    }
    for (i, phrase) in phrases.iter().enumerate() {
        if let Err(problem) = example(phrase.as_str().unwrap_or_default(), model) {
            out.broken(&format!("{place}/examplePhrases/{i}"), problem);
        }
    }
    if page.get("keywords").and_then(Value::as_array).is_some_and(|k| k.len() > KEYWORDS) {
        out.broken(&format!("{place}/keywords"), format!("more than {KEYWORDS} keywords"));
    }
    for (key, side) in ICONS {
        let place = format!("{place}/{key}");
        let uri = page.get(key).and_then(Value::as_str).unwrap_or_default();
        match uri.strip_prefix("file://") {
            None => out.https(page.get(key), &place),
            Some(path) => match icons.iter().find(|(p, _)| p == path).map(|(_, bytes)| icon::size(bytes)) {
                Some(Some(size)) if size == (side, side) => {}
                Some(Some((w, h))) => {
                    out.broken(&place, format!("{path} is {w} by {h} pixels; it must be {side} by {side}"))
                }
                Some(None) => out.broken(&place, format!("{path} is no PNG")),
                None => out.broken(&place, format!("{path} is not in the package")),
            },
        }
    }
}

/// An example phrase must work: certification says it aloud.
fn example(phrase: &str, model: &Model) -> Result<(), String> {
    let name = &model.invocation;
    let Some(said) = phrase.strip_prefix("Alexa, ") else {
        return Err(format!("\"{phrase}\" must begin with \"Alexa, \""));
    };
    if ["open", "launch", "start"].iter().any(|verb| said == format!("{verb} {name}")) {
        return Ok(());
    }
    let Some(asked) = said.strip_prefix(&format!("ask {name} ")) else {
        return Err(format!("\"{phrase}\" must open {name}, or ask {name} something"));
    };
    let carriers = ["", "to ", "for ", "about "];
    let forms: Vec<&str> = carriers.iter().filter_map(|c| asked.strip_prefix(c)).collect();
    let fits = |sample: &String| pattern(sample).is_some_and(|p| forms.iter().any(|f| p.is_match(f)));
    if model.intents.iter().flat_map(|i| &i.samples).any(fits) {
        return Ok(());
    }
    Err(format!("\"{asked}\" is like no sample of the model"))
}

/// A sample as a pattern: anything may stand for a slot.
fn pattern(sample: &str) -> Option<Regex> {
    let words = pieces(sample)?.into_iter().map(|piece| match piece {
        Piece::Text(text) => regex::escape(text),
        Piece::Slot(_) => ".+".to_owned(),
    });
    Regex::new(&format!("^{}$", words.collect::<Vec<_>>().join(" "))).ok()
}

/// What is wrong with the answers about account linking.
pub fn linking(linking: &Value) -> Vec<Finding> {
    let mut out = Rules(Vec::new());
    let at = |key: &str| linking.get("accountLinkingRequest").and_then(|l| l.get(key));
    let kind = at("type").and_then(Value::as_str);
    if !matches!(kind, Some("AUTH_CODE" | "IMPLICIT")) {
        out.broken("/accountLinkingRequest/type", "must be AUTH_CODE or IMPLICIT");
    }
    out.https(at("authorizationUrl"), "/accountLinkingRequest/authorizationUrl");
    if kind == Some("AUTH_CODE") {
        out.https(at("accessTokenUrl"), "/accountLinkingRequest/accessTokenUrl");
        out.text(at("clientSecret"), "/accountLinkingRequest/clientSecret", 1, LONG_CHARS);
        if !matches!(at("accessTokenScheme").and_then(Value::as_str), Some("HTTP_BASIC" | "REQUEST_BODY_CREDENTIALS")) {
            out.broken("/accountLinkingRequest/accessTokenScheme", "must be HTTP_BASIC or REQUEST_BODY_CREDENTIALS");
        }
    }
    out.text(at("clientId"), "/accountLinkingRequest/clientId", 1, LONG_CHARS);
    out.0
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    type Whole = (Value, BTreeMap<String, Model>, Vec<(String, Vec<u8>)>);

    fn whole() -> Whole {
        let model =
            r#"{"languageModel":{"invocationName":"my shop","intents":[{"name":"F","samples":["find {Q} today"]}]}}"#;
        let models = BTreeMap::from([("en-US".to_owned(), Model::parse("m.json", model).unwrap())]);
        let png = |side: u32| {
            let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
            bytes.extend([side.to_be_bytes(), side.to_be_bytes()].concat());
            bytes
        };
        let icons = vec![("s.png".to_owned(), png(108)), ("l.png".to_owned(), png(512))];
        let skill = json!({"manifest": {"manifestVersion": "1.0", "publishingInformation": {"category": "SHOPPING",
            "testingInstructions": "FILL IN: how", "distributionCountries": ["US"], "locales": {"en-US": {
            "name": "My Shop", "summary": "Shop by voice.", "description": "It sells.", "keywords": [],
            "examplePhrases": ["Alexa, open my shop", "Alexa, ask my shop to find milk today"],
            "smallIconUri": "file://s.png", "largeIconUri": "file://l.png"}}},
            "apis": {"custom": {"endpoint": {"uri": "https://a.example/alexa", "sslCertificateType": "Trusted"}}},
            "permissions": [], "privacyAndCompliance": {"allowsPurchases": true, "usesPersonalInfo": true,
            "isChildDirected": false, "isExportCompliant": true, "containsAds": false, "locales": {"en-US": {
            "privacyPolicyUrl": "https://a.example/p", "termsOfUseUrl": "FILL IN: where"}}}}});
        (skill, models, icons)
    }

    #[test]
    fn each_rule_of_the_manifest_is_held() {
        let (skill, models, icons) = whole();
        assert_eq!(manifest(&skill, &models, &icons), []);
        let page = "/manifest/publishingInformation/locales/en-US";
        for (place, value, want) in [
            ("/manifest/manifestVersion".to_owned(), json!("2.0"), "1.0"),
            ("/manifest/publishingInformation/category".into(), json!(""), "SHOPPING"),
            ("/manifest/publishingInformation/distributionCountries".into(), json!([]), "at least one country"),
            ("/manifest/publishingInformation/distributionCountries".into(), json!(["usa"]), "no country code"),
            ("/manifest/publishingInformation/testingInstructions".into(), json!(3), "no text"),
            (format!("{page}/name"), json!("X"), "2 to 50"),
            (format!("{page}/summary"), json!("x".repeat(161)), "161 characters"),
            (format!("{page}/examplePhrases"), json!([]), "1 to 3"),
            (format!("{page}/examplePhrases"), json!(["open my shop"]), "begin with"),
            (format!("{page}/examplePhrases"), json!(["Alexa, ask your shop to sing"]), "must open my shop"),
            (format!("{page}/examplePhrases"), json!(["Alexa, ask my shop to sing"]), "like no sample"),
            (format!("{page}/keywords"), json!(vec!["k"; 31]), "30 keywords"),
            (format!("{page}/smallIconUri"), json!("file://l.png"), "512 by 512"),
            (format!("{page}/smallIconUri"), json!("file://x.png"), "not in the package"),
            (format!("{page}/smallIconUri"), json!("http://x.example/i.png"), "https"),
            ("/manifest/apis/custom/endpoint/uri".into(), json!("https://a.example:8443/alexa"), "port 443"),
            ("/manifest/apis/custom/endpoint/sslCertificateType".into(), json!("Any"), "one of"),
            ("/manifest/privacyAndCompliance/containsAds".into(), json!("no"), "true or false"),
            ("/manifest/privacyAndCompliance/locales/en-US/privacyPolicyUrl".into(), json!(null), "missing"),
            ("/manifest/permissions".into(), json!([{"name": "alexa::read:minds"}]), "no permission"),
        ] {
            let mut broken = skill.clone();
            *broken.pointer_mut(&place).unwrap() = value;
            let found = manifest(&broken, &models, &icons);
            assert!(
                found.iter().any(|f| f.place.starts_with(&place) && f.problem.contains(want)),
                "{place}: {found:?}"
            );
        }
    }

    #[test]
    fn account_linking_is_judged_once_it_is_filled_in() {
        let whole = json!({"accountLinkingRequest": {"type": "AUTH_CODE", "authorizationUrl": "FILL IN: a",
            "accessTokenUrl": "https://a.example/token", "clientId": "alexa", "clientSecret": "FILL IN: s",
            "accessTokenScheme": "HTTP_BASIC"}});
        assert_eq!(linking(&whole), []);
        for (key, value) in [
            ("type", json!("PASSWORD")),
            ("authorizationUrl", json!("http://a.example")),
            ("accessTokenUrl", json!(null)),
            ("clientId", json!("")),
            ("accessTokenScheme", json!("NONE")),
        ] {
            let mut broken = whole.clone();
            broken["accountLinkingRequest"][key] = value;
            assert_eq!(linking(&broken).len(), 1, "{key}");
        }
    }
}
