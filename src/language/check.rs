//! The rules a model must hold to be built by Alexa and to be understood here: a model in, what is wrong with it out.

mod dialog;

use rustc_hash::FxHashMap;

use super::model::{Intent, Model, Piece, pieces};
use super::{LanguageError, builtins};
use crate::words::tokens::normalize;

/// Something to correct.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Where, such as `languageModel.intents[3].samples[0]`.
    pub place: String,
    pub problem: String,
    /// Alexa refuses to build the model; otherwise it builds but will not do what was meant.
    pub fatal: bool,
}

const SAMPLE_CHARS: usize = 200;
const VALUE_CHARS: usize = 140;
const INTENTS: usize = 250;
/// Values and synonyms of all types together.
const VALUES: usize = 50_000;
/// Bytes of a model as it is uploaded.
const BYTES: usize = 1_500_000;
const REQUIRED: [&str; 5] = [
    "AMAZON.HelpIntent",
    "AMAZON.StopIntent",
    "AMAZON.CancelIntent",
    "AMAZON.NavigateHomeIntent",
    "AMAZON.FallbackIntent",
];
const WAKE_WORDS: [&str; 7] = ["alexa", "amazon", "echo", "computer", "skill", "app", "ziggy"];
const LAUNCH_WORDS: [&str; 15] = [
    "launch", "ask", "tell", "load", "begin", "enable", "open", "start", "run", "use", "play", "resume", "turn",
    "talk", "to",
];

/// Everything that is wrong, in the order of the model. Empty for a model that can be deployed.
pub fn check(model: &Model) -> Vec<Finding> {
    let mut out = Findings(Vec::new());
    invocation(model, &mut out);
    if model.intents.len() > INTENTS {
        out.fatal("languageModel.intents", format!("{} intents; Alexa takes {INTENTS}", model.intents.len()));
    }
    for name in REQUIRED {
        if model.intent(name).is_none() {
            out.fatal("languageModel.intents", format!("{name} is missing; add it, without samples if need be"));
        }
    }
    let mut said: FxHashMap<String, (&str, String)> = FxHashMap::default();
    for (i, intent) in model.intents.iter().enumerate() {
        let place = format!("languageModel.intents[{i}]");
        if model.intents.iter().take(i).any(|other| other.name == intent.name) {
            out.fatal(&place, format!("the intent {} is there twice", intent.name));
        }
        name(&intent.name, intent.name.strip_prefix("AMAZON.").unwrap_or(&intent.name), &place, &mut out);
        slots(model, intent, &place, &mut out);
        for (s, text) in intent.samples.iter().enumerate() {
            let place = format!("{place}.samples[{s}]");
            sample(intent, text, &place, &mut out);
            let key = normalize(text);
            match said.get(&key) {
                Some((other, first)) if *other != intent.name => {
                    out.warning(&place, format!("\"{text}\" is also a sample of {other} ({first}); keep one"));
                }
                Some(_) => out.warning(&place, format!("\"{text}\" is there twice")),
                None => {
                    said.insert(key, (&intent.name, place));
                }
            }
        }
    }
    types(model, &mut out);
    dialog::check(model, &mut out);
    out.0
}

/// As [`check`], and also what only the file itself shows: its size, and its name's locale.
pub fn check_file(path: &str, text: &str) -> Result<Vec<Finding>, LanguageError> {
    let mut out = Findings(check(&Model::parse(path, text)?));
    if text.len() > BYTES {
        out.fatal(path, format!("{} bytes; Alexa takes {BYTES}", text.len()));
    }
    let stem = std::path::Path::new(path).file_stem().and_then(|s| s.to_str()).unwrap_or_default();
    if stem.contains('-') && !LOCALES.contains(&stem) {
        out.fatal(path, format!("{stem} is no locale of Alexa; its locales are {}", LOCALES.join(" ")));
    }
    Ok(out.0)
}

/// The locales that a skill can have.
pub const LOCALES: [&str; 17] = [
    "ar-SA", "de-DE", "en-AU", "en-CA", "en-GB", "en-IN", "en-US", "es-ES", "es-MX", "es-US", "fr-CA", "fr-FR",
    "hi-IN", "it-IT", "ja-JP", "nl-NL", "pt-BR",
];

struct Findings(Vec<Finding>);

impl Findings {
    fn fatal(&mut self, place: &str, problem: String) {
        self.0.push(Finding { place: place.to_owned(), problem, fatal: true });
    }

    fn warning(&mut self, place: &str, problem: String) {
        self.0.push(Finding { place: place.to_owned(), problem, fatal: false });
    }
}

fn invocation(model: &Model, out: &mut Findings) {
    let place = "languageModel.invocationName";
    let name = model.invocation.as_str();
    let words: Vec<&str> = name.split_whitespace().collect();
    if words.len() < 2 {
        out.fatal(place, format!("\"{name}\" needs two words or more"));
    }
    if name.chars().any(|c| c.is_uppercase() || !(c.is_alphabetic() || matches!(c, ' ' | '\'' | '.'))) {
        out.fatal(place, format!("\"{name}\" may only have lower-case letters, spaces, apostrophes and full stops"));
    }
    for word in words {
        if WAKE_WORDS.contains(&word) || LAUNCH_WORDS.contains(&word) {
            out.fatal(place, format!("\"{word}\" in \"{name}\" is a wake or launch word; choose another name"));
        }
    }
}

/// Names of intents, slots and types are letters, digits and underscores.
fn name(whole: &str, bare: &str, place: &str, out: &mut Findings) {
    if !bare.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') || bare.is_empty() {
        out.fatal(place, format!("the name \"{whole}\" may only have letters, digits and underscores"));
    }
}

fn slots(model: &Model, intent: &Intent, place: &str, out: &mut Findings) {
    for (s, slot) in intent.slots.iter().enumerate() {
        let place = format!("{place}.slots[{s}]");
        name(&slot.name, &slot.name, &place, out);
        for (at, text) in slot.samples.iter().enumerate() {
            sample(intent, text, &format!("{place}.samples[{at}]"), out);
        }
        if intent.slots.iter().take(s).any(|other| other.name == slot.name) {
            out.fatal(&place, format!("the slot {} is there twice", slot.name));
        }
        let known = slot.kind.starts_with("AMAZON.") || model.slot_type(&slot.kind).is_some();
        if !known {
            out.fatal(&place, format!("the type {} is not in languageModel.types", slot.kind));
        }
    }
}

fn sample(intent: &Intent, text: &str, place: &str, out: &mut Findings) {
    if text.chars().count() > SAMPLE_CHARS {
        out.fatal(place, format!("longer than {SAMPLE_CHARS} characters"));
    }
    let Some(pieces) = pieces(text) else {
        out.fatal(place, format!("the braces in \"{text}\" do not pair, or hold no slot name"));
        return;
    };
    if pieces.is_empty() {
        out.fatal(place, "an empty sample".to_owned());
        return;
    }
    let mut used: Vec<&str> = Vec::new();
    let mut query = None;
    for piece in &pieces {
        let Piece::Slot(name) = piece else { continue };
        match intent.slot(name) {
            None => out.fatal(
                place,
                format!("{} has no slot {name}; add it to the intent or correct the sample", intent.name),
            ),
            Some(slot) if slot.kind == "AMAZON.SearchQuery" => query = Some(*name),
            Some(_) => {}
        }
        if used.contains(name) {
            out.fatal(place, format!("the slot {name} stands in the sample twice"));
        }
        used.push(name);
    }
    if let Some(query) = query {
        if used.len() > 1 {
            out.fatal(place, format!("{query} is an AMAZON.SearchQuery, which cannot stand beside another slot"));
        }
        if !pieces.iter().any(|p| matches!(p, Piece::Text(_))) {
            out.fatal(place, format!("{query} is an AMAZON.SearchQuery, which needs a carrier phrase around it"));
        }
    }
    let literal = text.chars().filter(|c| !matches!(c, '{' | '}' | '_'));
    if let Some(odd) =
        literal.into_iter().find(|c| !(c.is_alphanumeric() || c.is_whitespace() || "'\u{2019}.-,?".contains(*c)))
    {
        out.fatal(place, format!("the character {odd:?} is not allowed in a sample; write it as a word"));
    }
}

fn types(model: &Model, out: &mut Findings) {
    let values: usize = model.types.iter().flat_map(|t| &t.values).map(|v| 1 + v.synonyms.len()).sum();
    if values > VALUES {
        out.fatal("languageModel.types", format!("{values} values and synonyms; Alexa takes {VALUES}"));
    }
    for (t, slot_type) in model.types.iter().enumerate() {
        let place = format!("languageModel.types[{t}]");
        if model.types.iter().take(t).any(|other| other.name == slot_type.name) {
            out.fatal(&place, format!("the type {} is there twice", slot_type.name));
        }
        name(&slot_type.name, slot_type.name.strip_prefix("AMAZON.").unwrap_or(&slot_type.name), &place, out);
        let builtin = slot_type.name.starts_with("AMAZON.") && builtins::list(&slot_type.name).is_some();
        if slot_type.values.is_empty() && !slot_type.from_catalog && !builtin {
            out.fatal(&place, format!("the type {} has no values", slot_type.name));
        }
        let mut said: FxHashMap<String, &str> = FxHashMap::default();
        for (v, value) in slot_type.values.iter().enumerate() {
            let place = format!("{place}.values[{v}]");
            for name in std::iter::once(&value.name).chain(&value.synonyms) {
                if name.trim().is_empty() {
                    out.fatal(&place, "an empty value".to_owned());
                }
                if name.chars().count() > VALUE_CHARS {
                    out.fatal(&place, format!("\"{name}\" is longer than {VALUE_CHARS} characters"));
                }
                match said.insert(normalize(name), &value.id) {
                    Some(other) if other != value.id => {
                        out.warning(&place, format!("\"{name}\" also stands for the value {other}"));
                    }
                    _ => {}
                }
            }
        }
        let used = model.intents.iter().flat_map(|i| &i.slots).any(|s| s.kind == slot_type.name);
        if !used {
            out.warning(&place, format!("no slot uses the type {}", slot_type.name));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(invocation: &str, samples: &[&str]) -> Model {
        let text = serde_json::json!({"interactionModel": {"languageModel": {
            "invocationName": invocation,
            "intents": [
                {"name": "AMAZON.HelpIntent"}, {"name": "AMAZON.StopIntent"}, {"name": "AMAZON.CancelIntent"},
                {"name": "AMAZON.NavigateHomeIntent"}, {"name": "AMAZON.FallbackIntent"},
                {"name": "Find", "slots": [
                    {"name": "Query", "type": "AMAZON.SearchQuery"}, {"name": "Size", "type": "Size"},
                ], "samples": samples},
                {"name": "Other", "samples": ["hello there"]},
            ],
            "types": [{"name": "Size", "values": ["small"]}],
        }}});
        Model::parse("m.json", &text.to_string()).unwrap()
    }

    #[test]
    fn each_rule_is_held() {
        let long = "a ".repeat(120);
        let cases: &[(&str, &[&str], &str)] = &[
            ("voice cart", &["find {Query}", "in {Size}"], ""),
            ("cart", &[], "two words"),
            ("Voice Cart", &[], "lower-case"),
            ("ask shop", &[], "launch word"),
            ("my alexa", &[], "wake"),
            ("voice cart", &["{Query}"], "carrier phrase"),
            ("voice cart", &["find {Query} in {Size}"], "beside another slot"),
            ("voice cart", &["find {Colour}"], "no slot Colour"),
            ("voice cart", &["find {Size"], "do not pair"),
            ("voice cart", &["hello there"], "also a sample of Find"),
            ("voice cart", &["find it", "find it"], "twice"),
            ("voice cart", &["{Size} or {Size}"], "twice"),
            ("voice cart", &[&long], "200 characters"),
            ("voice cart", &["find $5"], "not allowed"),
        ];
        for (name, samples, want) in cases {
            let found = check(&model(name, samples));
            let shown: Vec<String> = found.iter().map(|f| format!("{}: {}", f.place, f.problem)).collect();
            if want.is_empty() {
                assert!(found.is_empty(), "{shown:?}");
            } else {
                assert!(shown.iter().any(|s| s.contains(want)), "{name} {samples:?}: {shown:?}");
            }
        }
    }

    #[test]
    fn missing_intents_and_types_are_named() {
        let text = r#"{"languageModel":{"invocationName":"a b","intents":[{"name":"X","slots":[{"name":"S","type":"T"}],"samples":["x {S}"]}]}}"#;
        let found = check(&Model::parse("m.json", text).unwrap());
        assert!(found.iter().any(|f| f.problem.contains("AMAZON.FallbackIntent")));
        assert!(found.iter().any(|f| f.place == "languageModel.intents[0].slots[0]" && f.fatal));
    }

    #[test]
    fn the_shipped_model_can_be_deployed() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/intents/en-US/model.json");
        let model = Model::parse(path, &std::fs::read_to_string(path).unwrap()).unwrap();
        let fatal: Vec<_> = check(&model).into_iter().filter(|f| f.fatal).collect();
        assert!(fatal.is_empty(), "{fatal:#?}");
    }
}
