//! A merchant's own interaction model in, what of it this server would understand out: the model's own sentences are
//! read by our understander, so that the report says what would really happen, not what the names promise.

use jiff::civil::Date;
use rustc_hash::FxHashMap;

use super::model::{Model, SlotDef};
use super::{Expectation, Source, Understander, Utterance, builtins, examples};
use crate::words::tokens::normalize;

/// What becomes of a foreign model here.
#[derive(Clone, Debug, PartialEq)]
pub struct Mapping {
    pub intents: Vec<Mapped>,
    pub types: Vec<MappedType>,
}

/// One of its intents.
#[derive(Clone, Debug, PartialEq)]
pub struct Mapped {
    pub name: String,
    pub fate: Fate,
    /// Sentences of the intent that were tried, with values in their slots.
    pub tried: usize,
    /// How many of them were read as the intent that [`Fate`] names.
    pub agreed: usize,
    /// Slots with no counterpart of the same name and type in our intent.
    pub strange_slots: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Ours has the same name, and is what would answer.
    SameName,
    /// Most of its sentences mean this intent of ours.
    ReadAs(String),
    /// Nothing here answers it.
    Unknown,
}

/// One of its slot types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappedType {
    pub name: String,
    pub values: usize,
    /// Values that a type of the same name here lists too.
    pub known: usize,
}

/// Fewer of its sentences than this agreeing is no agreement.
const MAJORITY: f32 = 0.5;

/// Reads every sentence of `theirs`; `today` is for words such as "yesterday".
pub fn map(theirs: &Model, ours: &Understander, today: Date) -> Mapping {
    let mut read: FxHashMap<String, Vec<String>> = FxHashMap::default();
    for example in examples::examples(theirs) {
        let Ok(words) = Utterance::new(&example.text) else { continue };
        let reading = ours.read(&words, &Expectation::default(), today);
        let meant = if reading.source == Source::Rejected { String::new() } else { reading.intent };
        read.entry(example.intent).or_default().push(meant);
    }
    let intents = theirs.intents.iter().map(|intent| {
        let meant = read.get(&intent.name).map(Vec::as_slice).unwrap_or_default();
        let count = |name: &str| meant.iter().filter(|m| *m == name).count();
        let same = ours.model().intent(&intent.name).is_some();
        let best = meant.iter().filter(|m| !m.is_empty()).max_by_key(|m| count(m));
        let fate = match best {
            _ if same => Fate::SameName,
            Some(best) if count(best) as f32 >= MAJORITY * meant.len() as f32 => Fate::ReadAs(best.clone()),
            _ => Fate::Unknown,
        };
        let counterpart = match &fate {
            Fate::SameName => Some(intent.name.as_str()),
            Fate::ReadAs(name) => Some(name.as_str()),
            Fate::Unknown => None,
        };
        let agreed = counterpart.map_or(0, count);
        let known = counterpart.and_then(|name| ours.model().intent(name));
        let strange = |slot: &&SlotDef| known.and_then(|k| k.slot(&slot.name)).is_none_or(|k| k.kind != slot.kind);
        let strange_slots = intent.slots.iter().filter(strange).map(|s| format!("{} ({})", s.name, s.kind)).collect();
        Mapped { name: intent.name.clone(), fate, tried: meant.len(), agreed, strange_slots }
    });
    let types = theirs.types.iter().map(|kind| {
        let listed: Vec<String> = match (ours.model().slot_type(&kind.name), builtins::list(&kind.name)) {
            (Some(ours), _) => ours
                .values
                .iter()
                .flat_map(|v| std::iter::once(&v.name).chain(&v.synonyms))
                .map(|name| normalize(name))
                .collect(),
            (None, Some(list)) => list.iter().map(|name| normalize(name)).collect(),
            (None, None) => Vec::new(),
        };
        let known = kind.values.iter().filter(|v| listed.contains(&normalize(&v.name))).count();
        MappedType { name: kind.name.clone(), values: kind.values.len(), known }
    });
    Mapping { intents: intents.collect(), types: types.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_decide_and_not_names() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/intents/en-US/model.json");
        let ours = Understander::new(Model::parse(path, &std::fs::read_to_string(path).unwrap()).unwrap());
        let theirs = serde_json::json!({"languageModel": {"invocationName": "grocer", "intents": [
            {"name": "AMAZON.StopIntent", "samples": []},
            {"name": "WhereIsMyStuff", "samples": ["where is my order", "track my order", "where's my package"]},
            {"name": "PutIn", "slots": [{"name": "Item", "type": "Produce"}],
             "samples": ["add {Item} to my cart", "put {Item} in my basket"]},
            {"name": "HouseMusic", "samples": ["play some jazz in the kitchen", "who sings this song"]},
        ], "types": [{"name": "Produce", "values": ["bananas", "milk"]},
            {"name": "Size", "values": ["small", "enormous beyond belief"]}]}});
        let theirs = Model::parse("theirs.json", &theirs.to_string()).unwrap();
        let mapping = map(&theirs, &ours, jiff::civil::date(2026, 11, 24));
        let fates: Vec<_> = mapping.intents.iter().map(|i| (i.name.as_str(), i.fate.clone())).collect();
        assert_eq!(
            fates,
            [
                ("AMAZON.StopIntent", Fate::SameName),
                ("WhereIsMyStuff", Fate::ReadAs("TrackOrderIntent".into())),
                ("PutIn", Fate::ReadAs("AddToBasketIntent".into())),
                ("HouseMusic", Fate::Unknown),
            ]
        );
        assert_eq!(mapping.intents[2].strange_slots, ["Item (Produce)"]);
        assert_eq!((mapping.types[1].values, mapping.types[1].known), (2, 1));
    }
}
