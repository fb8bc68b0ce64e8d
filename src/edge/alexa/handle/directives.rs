//! What Alexa is asked to do beside speaking: to listen for one slot, to have something confirmed, to fill the slots
//! herself, and to know the names of what the shopper may mean. Facts about the turn in, directives out.

use rustc_hash::FxHashSet;
use serde_json::{Map, Value, json};

use crate::dialogue::{Asked, Asks, Say};
use crate::language::model::Model;
use crate::language::model::dialog::Delegation;
use crate::language::{Reading, Slot};
use crate::shop::{Order, Product};

/// Names taught at a time, synonyms counted: Amazon's limit.
const ENTITIES: usize = 100;
/// The longest name that is taught: Amazon's limit for a value.
const NAME_CHARS: usize = 140;
/// The slot type whose values are products.
const PRODUCT: &str = "Product";

/// The directive that has Alexa listen for what was just asked. None where the model that Alexa has does not know the
/// dialog: she would end the session over it.
pub fn dialog(asks: &Asks, model: &Model) -> Option<Value> {
    let known = model.dialog_of(&asks.reading.intent)?;
    let intent = updated(&asks.reading, model);
    match &asks.asked {
        Asked::Slot(name) => {
            known.slot(name)?;
            Some(json!({"type": "Dialog.ElicitSlot", "slotToElicit": name, "updatedIntent": intent}))
        }
        Asked::ConfirmSlot(name) => {
            known.slot(name)?;
            Some(json!({"type": "Dialog.ConfirmSlot", "slotToConfirm": name, "updatedIntent": intent}))
        }
        Asked::ConfirmIntent => Some(json!({"type": "Dialog.ConfirmIntent", "updatedIntent": intent})),
    }
}

/// Whether the model leaves this intent's questions to Alexa and she has not come to their end.
pub fn delegated(intent: &str, state: &str, model: &Model) -> bool {
    let (Some(dialog), Some(known)) = (&model.dialog, model.dialog_of(intent)) else { return false };
    let strategy = known.delegation.unwrap_or(dialog.delegation);
    strategy == Delegation::Always && matches!(state, "STARTED" | "IN_PROGRESS")
}

/// Hands the questions back to Alexa.
pub fn delegate() -> Value {
    json!({"type": "Dialog.Delegate"})
}

/// The intent as it stands, with every slot of the model, filled or not.
fn updated(reading: &Reading, model: &Model) -> Value {
    let mut slots = Map::new();
    for known in model.intent(&reading.intent).into_iter().flat_map(|i| &i.slots) {
        let mut slot = json!({"name": known.name, "confirmationStatus": "NONE"});
        if let Some(filled) = reading.slot(&known.name) {
            slot["value"] = filled.value.clone().into();
            slot["confirmationStatus"] = status(filled).into();
        }
        slots.insert(known.name.clone(), slot);
    }
    json!({"name": reading.intent, "confirmationStatus": "NONE", "slots": slots})
}

fn status(slot: &Slot) -> &'static str {
    match slot.confirmed {
        Some(true) => "CONFIRMED",
        Some(false) => "DENIED",
        None => "NONE",
    }
}

/// The products that an answer reads out by name.
pub fn shown(say: &Say) -> &[Product] {
    match say {
        Say::Results { page, .. } | Say::AskWhichOne { page } => page,
        _ => &[],
    }
}

/// Teaches Alexa the names of what is on the table, then of what was bought before. None where there is nothing to
/// teach, or no slot type to teach it to.
pub fn entities(shown: &[Product], orders: &[Order], model: &Model) -> Option<Value> {
    model.slot_type(PRODUCT)?;
    let bought = orders.iter().flat_map(|o| &o.lines).map(|l| (l.sku.as_str(), l.spoken_name.as_str()));
    let mut seen = FxHashSet::default();
    let values: Vec<Value> = shown
        .iter()
        .map(|p| (p.sku.as_str(), p.spoken_name.as_str()))
        .chain(bought)
        .filter(|(sku, name)| !name.is_empty() && name.chars().count() <= NAME_CHARS && seen.insert(*sku))
        .take(ENTITIES)
        .map(|(sku, name)| json!({"id": sku, "name": {"value": name, "synonyms": []}}))
        .collect();
    (!values.is_empty()).then(|| {
        json!({"type": "Dialog.UpdateDynamicEntities", "updateBehavior": "REPLACE",
            "types": [{"name": PRODUCT, "values": values}]})
    })
}

/// Has Alexa forget what she was taught: the next to speak to the device may be somebody else.
pub fn forget() -> Value {
    json!({"type": "Dialog.UpdateDynamicEntities", "updateBehavior": "CLEAR"})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Source;

    fn model() -> Model {
        let text = r#"{"languageModel":{"invocationName":"a b","intents":[{"name":"Gift","slots":[{"name":"Count","type":"AMAZON.NUMBER"},
            {"name":"Wrap","type":"Wrap"}]},{"name":"Auto"}],"types":[{"name":"Wrap","values":["red"]}]},
            "dialog":{"intents":[{"name":"Gift","slots":[{"name":"Count","type":"AMAZON.NUMBER"},{"name":"Wrap","type":"Wrap"}]},
            {"name":"Auto","delegationStrategy":"ALWAYS"}]}}"#;
        Model::parse("m.json", text).unwrap()
    }

    fn reading(intent: &str) -> Reading {
        let slot = Slot { name: "Count".into(), value: "2".into(), confirmed: Some(true), ..Slot::default() };
        Reading { slots: vec![slot], ..Reading::bare(intent, Source::Given) }
    }

    #[test]
    fn every_slot_stands_in_the_updated_intent() {
        let asks = |asked, intent| Asks { asked, reading: reading(intent) };
        assert_eq!(
            dialog(&asks(Asked::Slot("Wrap".into()), "Gift"), &model()),
            Some(json!({"type": "Dialog.ElicitSlot", "slotToElicit": "Wrap", "updatedIntent": {"name": "Gift",
                "confirmationStatus": "NONE", "slots": {
                "Count": {"name": "Count", "confirmationStatus": "CONFIRMED", "value": "2"},
                "Wrap": {"name": "Wrap", "confirmationStatus": "NONE"}}}}))
        );
        for (asked, intent) in [(Asked::Slot("Nothing".into()), "Gift"), (Asked::ConfirmIntent, "Unheard")] {
            assert_eq!(dialog(&asks(asked, intent), &model()), None);
        }
    }

    #[test]
    fn only_what_the_model_leaves_to_alexa_is_left_to_her() {
        for (intent, state, expected) in [
            ("Auto", "STARTED", true),
            ("Auto", "IN_PROGRESS", true),
            ("Auto", "COMPLETED", false),
            ("Auto", "", false),
            ("Gift", "STARTED", false),
            ("Unheard", "STARTED", false),
        ] {
            assert_eq!(delegated(intent, state, &model()), expected, "{intent} {state}");
        }
    }
}
