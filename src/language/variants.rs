//! One English for several countries: a model's JSON in American English and a table of words in, the model as it is
//! said in another English-speaking locale out. Works on the JSON so that nothing of it is lost on the way.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::LanguageError;

/// How a locale's English differs; one table of `variants.toml` each.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Variant {
    /// Word for word: what stands for what in samples and prompts. Values keep theirs and gain a synonym, because
    /// their names are what the shop's catalogue says.
    pub instead: BTreeMap<String, String>,
    /// Words that are said besides: a sample with the word is there again with the other.
    pub also: BTreeMap<String, String>,
}

/// Reads `variants.toml`: locale to [`Variant`]. `path` only appears in errors.
pub fn parse(path: &str, text: &str) -> Result<BTreeMap<String, Variant>, LanguageError> {
    toml::from_str(text).map_err(|e: toml::de::Error| LanguageError::Model {
        path: path.to_owned(),
        place: e.span().map_or_else(String::new, |s| format!("byte {}", s.start)),
        problem: e.message().to_owned(),
    })
}

impl Variant {
    /// Turns an American model into this locale's, in place.
    pub fn apply(&self, model: &mut Value) {
        let root = inside(model, "interactionModel");
        let language = inside(root, "languageModel");
        for intent in list(language, "intents") {
            self.samples(intent);
            list(intent, "slots").for_each(|slot| self.samples(slot));
        }
        list(language, "types").flat_map(|t| list(t, "values")).for_each(|value| self.value(value));
        for variation in list(root, "prompts").flat_map(|p| list(p, "variations")) {
            if let Some(Value::String(words)) = variation.get_mut("value") {
                *words = replaced(words, &self.instead);
            }
        }
    }

    /// A text in this locale's words.
    pub fn words(&self, text: &str) -> String {
        replaced(text, &self.instead)
    }

    fn samples(&self, of: &mut Value) {
        let Some(Value::Array(samples)) = of.get_mut("samples") else { return };
        let said: Vec<String> = samples.iter().filter_map(|s| s.as_str().map(|s| replaced(s, &self.instead))).collect();
        let besides: Vec<String> = said.iter().map(|s| replaced(s, &self.also)).collect();
        let mut all: Vec<String> = Vec::new();
        for sample in said.into_iter().chain(besides) {
            if !all.contains(&sample) {
                all.push(sample);
            }
        }
        *samples = all.into_iter().map(Value::String).collect();
    }

    fn value(&self, value: &mut Value) {
        let Some(name) = value.get_mut("name").filter(|n| n.is_object()) else { return };
        let text = |v: &Value| v.as_str().map(str::to_owned);
        let mut known: Vec<String> = name.get("value").and_then(text).into_iter().collect();
        known.extend(name.get("synonyms").and_then(Value::as_array).into_iter().flatten().filter_map(text));
        let mut more: Vec<Value> = Vec::new();
        for table in [&self.instead, &self.also] {
            for other in known.clone().iter().map(|k| replaced(k, table)) {
                if !known.contains(&other) {
                    more.push(other.clone().into());
                    known.push(other);
                }
            }
        }
        match name.get_mut("synonyms").and_then(Value::as_array_mut) {
            Some(synonyms) => synonyms.extend(more),
            // Amazon's own types want the list even where it is empty.
            None => name["synonyms"] = more.into(),
        }
    }
}

/// The member of that name; the value itself in the older files that leave the member out.
fn inside<'v>(value: &'v mut Value, key: &str) -> &'v mut Value {
    if value.get(key).is_some() { &mut value[key] } else { value }
}

fn list<'v>(value: &'v mut Value, key: &str) -> impl Iterator<Item = &'v mut Value> {
    value.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten()
}

/// Whole words replaced; what stands in braces is a slot's name and stays.
fn replaced(text: &str, table: &BTreeMap<String, String>) -> String {
    let mut in_slot = false;
    let words = text.split(' ').map(|word| {
        let inside = in_slot || word.starts_with('{');
        in_slot = inside && !word.contains('}');
        let bare = word.trim_end_matches(['.', ',', '?', '!']);
        match table.get(bare) {
            Some(other) if !inside => format!("{other}{}", word.get(bare.len()..).unwrap_or_default()),
            _ => word.to_owned(),
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn samples_are_reworded_and_values_gain_synonyms() {
        let table = "[en-GB.instead]\ndollars = \"pounds\"\ncolor = \"colour\"\n[en-GB.also]\ncart = \"trolley\"\n";
        let variants = parse("variants.toml", table).unwrap();
        let mut model = json!({"interactionModel": {"languageModel": {"intents": [{"name": "A",
            "slots": [{"name": "color", "type": "T", "samples": ["the color {color}"]}],
            "samples": ["under { color } dollars", "add it to my cart", "add it to my trolley"]}],
            "types": [{"name": "T", "values": [{"name": {"value": "color wheel", "synonyms": ["shopping cart"]}},
            {"name": {"value": "plain"}}, "color"]}]},
            "prompts": [{"id": "p", "variations": [{"type": "PlainText", "value": "How many dollars?"}]}]}});
        variants["en-GB"].apply(&mut model);
        assert_eq!(
            model,
            json!({"interactionModel": {"languageModel": {"intents": [{"name": "A",
            "slots": [{"name": "color", "type": "T", "samples": ["the colour {color}"]}],
            "samples": ["under { color } pounds", "add it to my cart", "add it to my trolley"]}],
            "types": [{"name": "T", "values": [{"name": {"value": "color wheel",
            "synonyms": ["shopping cart", "colour wheel", "shopping trolley"]}}, {"name": {"value": "plain", "synonyms": []}}, "color"]}]},
            "prompts": [{"id": "p", "variations": [{"type": "PlainText", "value": "How many pounds?"}]}]}})
        );
        assert!(parse("v.toml", "[en-GB]\nwords = 1").is_err());
    }
}
