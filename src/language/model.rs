//! An Alexa interaction model: its JSON in, intents, slots, samples and types out, or an error that names the place in
//! the JSON. Reads the files found in the wild (no outer object, values that are bare strings, missing synonyms).
//! Refuses to judge whether the model is a good one: that is [`check`](super::check).

pub mod dialog;

use serde_json::Value;

use super::LanguageError;
use dialog::{Dialog, Prompt};

/// A locale's interaction model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Model {
    pub invocation: String,
    pub intents: Vec<Intent>,
    pub types: Vec<SlotType>,
    pub dialog: Option<Dialog>,
    pub prompts: Vec<Prompt>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Intent {
    pub name: String,
    pub slots: Vec<SlotDef>,
    /// As written, slots in braces.
    pub samples: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct SlotDef {
    pub name: String,
    /// Name of a custom type of the model, or a built-in one such as `AMAZON.NUMBER`.
    pub kind: String,
    pub samples: Vec<String>,
    /// Whether several values may be said at once.
    pub multiple: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct SlotType {
    pub name: String,
    pub values: Vec<SlotValue>,
    /// Values come from a catalogue outside the model.
    pub from_catalog: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct SlotValue {
    /// The name where the model gives no id, as Alexa does.
    pub id: String,
    pub name: String,
    pub synonyms: Vec<String>,
}

/// A piece of a sample: literal text or the name of a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    Text(&'a str),
    Slot(&'a str),
}

impl Model {
    /// Parses a model; `path` only appears in errors.
    pub fn parse(path: &str, text: &str) -> Result<Self, LanguageError> {
        read(text).map_err(|(place, problem)| LanguageError::Model { path: path.to_owned(), place, problem })
    }

    pub fn intent(&self, name: &str) -> Option<&Intent> {
        self.intents.iter().find(|i| i.name == name)
    }

    pub fn slot_type(&self, name: &str) -> Option<&SlotType> {
        self.types.iter().find(|t| t.name == name)
    }

    pub fn prompt(&self, id: &str) -> Option<&Prompt> {
        self.prompts.iter().find(|p| p.id == id)
    }

    /// What the model says about filling the slots of this intent over several turns.
    pub fn dialog_of(&self, intent: &str) -> Option<&dialog::DialogIntent> {
        self.dialog.as_ref()?.intent(intent)
    }
}

impl Intent {
    pub fn slot(&self, name: &str) -> Option<&SlotDef> {
        self.slots.iter().find(|s| s.name == name)
    }
}

/// Splits a sample into literal text and slots; `None` when the braces do not pair.
pub fn pieces(sample: &str) -> Option<Vec<Piece<'_>>> {
    let mut out = Vec::new();
    let mut rest = sample;
    while let Some((text, tail)) = rest.split_once('{') {
        if text.contains('}') {
            return None;
        }
        if !text.trim().is_empty() {
            out.push(Piece::Text(text.trim()));
        }
        let (slot, tail) = tail.split_once('}')?;
        let slot = slot.trim();
        if slot.is_empty() || slot.contains('{') {
            return None;
        }
        out.push(Piece::Slot(slot));
        rest = tail;
    }
    if rest.contains('}') {
        return None;
    }
    if !rest.trim().is_empty() {
        out.push(Piece::Text(rest.trim()));
    }
    Some(out)
}

/// (place, problem)
type Fault = (String, String);

fn read(text: &str) -> Result<Model, Fault> {
    // Files exported on Windows begin with a byte order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let json: Value = serde_json::from_str(text).map_err(|e| {
        (format!("line {}, column {}", e.line(), e.column()), format!("this is not valid JSON ({e}); correct it there"))
    })?;
    let root = Spot { value: &json, place: String::new() };
    let outer = root.get("interactionModel");
    let root = outer.unwrap_or(root);
    // The oldest files have no languageModel object either.
    let language = root.get("languageModel").unwrap_or(Spot { value: root.value, place: root.place.clone() });
    if language.get("intents").is_none() {
        return Err((
            language.place_of("intents"),
            "no intents: an interaction model has interactionModel.languageModel.intents".to_owned(),
        ));
    }
    Ok(Model {
        invocation: language.optional_text("invocationName")?.unwrap_or_default(),
        intents: language.list("intents", intent)?,
        types: language.list("types", slot_type)?,
        dialog: dialog::dialog(&root)?,
        prompts: dialog::prompts(&root)?,
    })
}

fn intent(spot: &Spot<'_>) -> Result<Intent, Fault> {
    // v0 files said "intent" where later ones say "name".
    let name = match spot.optional_text("name")? {
        Some(name) => name,
        None => spot.text("intent")?,
    };
    Ok(Intent {
        name: not_blank(name, spot, "name")?,
        slots: spot.list("slots", slot)?,
        samples: spot.list("samples", |s| s.string())?,
    })
}

fn slot(spot: &Spot<'_>) -> Result<SlotDef, Fault> {
    let multiple = spot.get("multipleValues").and_then(|m| m.value.get("enabled")?.as_bool()).unwrap_or(false);
    Ok(SlotDef {
        name: not_blank(spot.text("name")?, spot, "name")?,
        kind: not_blank(spot.text("type")?, spot, "type")?,
        samples: spot.list("samples", |s| s.string())?,
        multiple,
    })
}

fn slot_type(spot: &Spot<'_>) -> Result<SlotType, Fault> {
    let name = not_blank(spot.text("name")?, spot, "name")?;
    let supplier = spot.get("valueSupplier");
    let from_catalog = supplier.as_ref().is_some_and(|s| s.get("valueCatalog").is_some());
    let values = match supplier {
        Some(supplier) if spot.get("values").is_none() => supplier.list("values", value)?,
        _ => spot.list("values", value)?,
    };
    Ok(SlotType { name, values, from_catalog })
}

fn value(spot: &Spot<'_>) -> Result<SlotValue, Fault> {
    let bare = |name: String| SlotValue { id: name.clone(), name, synonyms: Vec::new() };
    if spot.value.is_string() {
        return Ok(bare(spot.string()?));
    }
    let Some(name) = spot.get("name") else {
        // {"value": "small"} is seen in old files.
        return Ok(bare(spot.text("value")?));
    };
    if name.value.is_string() {
        return Ok(bare(name.string()?));
    }
    let said = not_blank(name.text("value")?, &name, "value")?;
    let id = spot.optional_text("id")?.filter(|id| !id.is_empty());
    Ok(SlotValue {
        id: id.unwrap_or_else(|| said.clone()),
        synonyms: name.list("synonyms", |s| s.string())?,
        name: said,
    })
}

fn not_blank(text: String, spot: &Spot<'_>, key: &str) -> Result<String, Fault> {
    if text.trim().is_empty() {
        return Err((spot.place_of(key), "is empty; give it a name".to_owned()));
    }
    Ok(text)
}

/// A JSON value and the way to it.
struct Spot<'a> {
    value: &'a Value,
    place: String,
}

impl<'a> Spot<'a> {
    fn place_of(&self, key: &str) -> String {
        if self.place.is_empty() { key.to_owned() } else { format!("{}.{key}", self.place) }
    }

    /// Null counts as absent.
    fn get(&self, key: &str) -> Option<Spot<'a>> {
        let value = self.value.get(key).filter(|v| !v.is_null())?;
        Some(Spot { value, place: self.place_of(key) })
    }

    fn string(&self) -> Result<String, Fault> {
        match self.value {
            Value::String(text) => Ok(text.clone()),
            // Numbers as values are written bare by some editors.
            Value::Number(number) => Ok(number.to_string()),
            other => Err((self.place.clone(), format!("expected a string, found {}", kind_of(other)))),
        }
    }

    fn optional_text(&self, key: &str) -> Result<Option<String>, Fault> {
        self.get(key).map(|spot| spot.string()).transpose()
    }

    fn text(&self, key: &str) -> Result<String, Fault> {
        if !self.value.is_object() {
            return Err((self.place.clone(), format!("expected an object, found {}", kind_of(self.value))));
        }
        self.optional_text(key)?.ok_or_else(|| (self.place_of(key), "is missing".to_owned()))
    }

    /// The list under `key`, empty when absent.
    fn list<T>(&self, key: &str, read: impl Fn(&Spot<'_>) -> Result<T, Fault>) -> Result<Vec<T>, Fault> {
        let Some(spot) = self.get(key) else { return Ok(Vec::new()) };
        let Value::Array(items) = spot.value else {
            return Err((spot.place, format!("expected a list, found {}", kind_of(spot.value))));
        };
        items
            .iter()
            .enumerate()
            .map(|(i, value)| read(&Spot { value, place: format!("{}[{i}]", spot.place) }))
            .collect()
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_in_each_of_its_forms() {
        let intents = r#""intents":[{"name":"Find","slots":[{"name":"Size","type":"Size"}],"samples":["in {Size}"]}]"#;
        let values = r#"[{"id":"s","name":{"value":"small","synonyms":["little"]}},{"name":{"value":"large"}}]"#;
        let bare = r#"["small","large"]"#;
        let cases = [
            format!(
                r#"{{"interactionModel":{{"languageModel":{{"invocationName":"a b",{intents},"types":[{{"name":"Size","values":{values}}}]}}}}}}"#
            ),
            format!("\u{feff}{{\"languageModel\":{{{intents},\"types\":[{{\"name\":\"Size\",\"values\":{bare}}}]}}}}"),
            format!(
                r#"{{{intents},"types":[{{"name":"Size","valueSupplier":{{"type":"InlineValueSupplier","values":{values}}}}}]}}"#
            ),
        ];
        for text in cases {
            let model = Model::parse("m.json", &text).unwrap();
            assert_eq!(model.intents[0].samples, ["in {Size}"]);
            assert_eq!(model.types[0].values.len(), 2);
            assert_eq!(model.types[0].values[1].id, "large");
        }
    }

    #[test]
    fn errors_name_the_place() {
        let cases = [
            (r#"{"interactionModel":{"languageModel":{}}}"#, "interactionModel.languageModel.intents"),
            (
                r#"{"interactionModel":{"languageModel":{"intents":[{"name":"A","samples":["x",{}]}]}}}"#,
                "interactionModel.languageModel.intents[0].samples[1]",
            ),
            (r#"{"languageModel":{"intents":[{"samples":[]}]}}"#, "languageModel.intents[0].intent"),
            (r#"{"intents":[{"name":"A","slots":[{"name":"S"}]}]}"#, "intents[0].slots[0].type"),
            (r#"{"intents":[],"types":[{"name":"T","values":[{"name":{}}]}]}"#, "types[0].values[0].name.value"),
            (r#"{"intents":"x"}"#, "intents"),
            ("{\n\"intents\": [", "line 2, column 12"),
        ];
        for (text, want) in cases {
            match Model::parse("m.json", text) {
                Err(LanguageError::Model { place, .. }) => assert_eq!(place, want, "{text}"),
                other => panic!("{text}: {other:?}"),
            }
        }
    }

    #[test]
    fn samples_fall_into_pieces() {
        use Piece::{Slot, Text};
        assert_eq!(
            pieces("find {A} under { B } now"),
            Some(vec![Text("find"), Slot("A"), Text("under"), Slot("B"), Text("now")])
        );
        assert_eq!(pieces("{A}"), Some(vec![Slot("A")]));
        for bad in ["{", "}", "{}", "a {b", "a} b", "{a{b}}"] {
            assert_eq!(pieces(bad), None, "{bad}");
        }
    }
}
