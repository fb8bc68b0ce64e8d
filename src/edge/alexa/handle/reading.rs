//! An intent as Alexa understood it in, a [`Reading`] out. Refuses to understand anything better than Alexa did.

use serde_json::Value;

use crate::edge::alexa::envelope::lenient::Text;
use crate::edge::alexa::envelope::request::{Authority, Intent, Resolutions, SlotValue, Task};
use crate::language::model::Model;
use crate::language::{Reading, Resolution, Slot, Source};

/// What Alexa sends for a slot it heard but could not put into its type.
const UNCLEAR: &str = "?";

/// A reading that names only an intent.
pub fn bare(intent: &str) -> Reading {
    Reading::bare(intent, Source::Given)
}

/// The intent that a task names: its own name without the skill's, with or without the word every intent of ours ends
/// in. What the task was given fills the slots of the same names. `None` where the model has no such intent.
pub fn of_task(task: &Task<'_>, model: &Model) -> Option<Reading> {
    let name = task.name.as_ref()?.as_str();
    let name = name.rsplit('.').next().unwrap_or(name);
    let intent = model.intent(name).or_else(|| model.intent(&format!("{name}Intent")))?;
    let mut reading = bare(&intent.name);
    for (key, value) in task.input.as_ref().and_then(Value::as_object).into_iter().flatten() {
        let value = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => continue,
        };
        if let Some(slot) = intent.slots.iter().find(|s| s.name.eq_ignore_ascii_case(key)).filter(|_| !value.is_empty())
        {
            let (name, kind, spoken) = (slot.name.clone(), slot.kind.clone(), value.clone());
            reading.slots.push(Slot { name, kind, value, spoken, ..Slot::default() });
        }
    }
    Some(reading)
}

/// What the shopper said when Alexa asked whether it is right.
fn agreed(status: Option<&Text<'_>>) -> Option<bool> {
    match status?.as_str() {
        "CONFIRMED" => Some(true),
        "DENIED" => Some(false),
        _ => None,
    }
}

/// The reading of an intent with its slots. Empty and unclear slots are left out; a slot with several values appears
/// once for each, in the order said, so that whoever wants one takes the first.
pub fn of(intent: &Intent<'_>) -> Reading {
    let mut reading = bare(intent.name.as_ref().map_or("AMAZON.FallbackIntent", |n| n.as_str()));
    reading.confirmed = agreed(intent.confirmation_status.as_ref());
    for (name, slot) in &intent.slots.0 {
        let mut push = |value: &str, resolutions: Option<&Resolutions<'_>>| {
            if !value.is_empty() && value != UNCLEAR {
                reading.slots.push(Slot {
                    name: name.as_str().to_owned(),
                    // Alexa does not say a slot's type.
                    kind: String::new(),
                    value: value.to_owned(),
                    spoken: value.to_owned(),
                    span: None,
                    resolutions: resolutions.map(resolve).unwrap_or_default(),
                    confirmed: agreed(slot.confirmation_status.as_ref()),
                });
            }
        };
        match (slot.slot_value.get(), &slot.value) {
            (Some(list), _) if !list.values.0.is_empty() => {
                each(list, &mut |one| push(one.value.as_ref().map_or("", |v| v.as_str()), one.resolutions.get()));
            }
            (one, Some(value)) => {
                let inner = || one.and_then(|s| s.resolutions.get());
                push(value.as_str(), slot.resolutions.get().or_else(inner));
            }
            (Some(one), None) => push(one.value.as_ref().map_or("", |v| v.as_str()), one.resolutions.get()),
            (None, None) => {}
        }
    }
    reading
}

/// Every value at the leaves of a list. The depth of the recursion is the JSON's own, which the parser has bounded.
fn each(value: &SlotValue<'_>, take: &mut impl FnMut(&SlotValue<'_>)) {
    if value.values.0.is_empty() {
        take(value);
        return;
    }
    for inner in &value.values.0 {
        each(inner, take);
    }
}

/// What all authorities matched, the ones taught at run time first: they know this shop, the model knows the trade.
fn resolve(resolutions: &Resolutions<'_>) -> Vec<Resolution> {
    let authorities = &resolutions.resolutions_per_authority.0;
    let (dynamic, fixed): (Vec<_>, Vec<_>) = authorities.iter().filter(|a| a.matched()).partition(|a| a.is_dynamic());
    let mut found: Vec<Resolution> = Vec::new();
    for known in dynamic.into_iter().chain(fixed).flat_map(|a: &Authority<'_>| &a.values.0) {
        let Some(known) = known.value.get() else { continue };
        let text = |t: &Option<Text<'_>>| t.as_ref().map(|t| t.as_str().to_owned()).unwrap_or_default();
        let (id, name) = (text(&known.id), text(&known.name));
        let seen = found.iter().any(|r| r.id == id && r.name == name);
        if !(seen || id.is_empty() && name.is_empty()) {
            found.push(Resolution { id, name, score: 1.0 });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::edge::alexa::envelope::Envelope;

    fn read(slots: Value) -> Vec<(String, String, Vec<String>)> {
        let body = json!({"request": {"type": "IntentRequest", "intent": {"name": "X", "slots": slots}}}).to_string();
        let envelope = Envelope::parse(body.as_bytes()).unwrap();
        let reading = of(envelope.request.intent.get().unwrap());
        assert_eq!(reading.intent, "X");
        assert!(reading.slots.iter().all(|s| s.spoken == s.value && s.span.is_none()));
        let ids = |s: &Slot| s.resolutions.iter().map(|r| r.id.clone()).collect();
        reading.slots.iter().map(|s| (s.name.clone(), s.value.clone(), ids(s))).collect()
    }

    fn authority(prefix: &str, code: &str, ids: &[&str]) -> Value {
        let values: Vec<_> = ids.iter().map(|id| json!({"value": {"name": id.to_uppercase(), "id": id}})).collect();
        json!({"authority": format!("amzn1.er-authority.echo-sdk.{prefix}amzn1.ask.skill.x.Brand"),
               "status": {"code": code}, "values": values})
    }

    #[test]
    fn dynamic_authorities_come_first_and_all_are_read() {
        let slots = json!({"Brand": {"name": "Brand", "value": "acme", "resolutions": {"resolutionsPerAuthority": [
            authority("", "ER_SUCCESS_MATCH", &["static-1", "both"]),
            authority("", "ER_SUCCESS_NO_MATCH", &["never"]),
            authority("dynamic.", "ER_SUCCESS_MATCH", &["dynamic-1", "both"]),
        ]}}});
        let ids = ["dynamic-1", "both", "static-1"].map(String::from).to_vec();
        assert_eq!(read(slots), [("Brand".into(), "acme".into(), ids)]);
    }

    #[test]
    fn unfilled_slots_are_left_out() {
        let slots = json!({"A": {"name": "A"}, "B": {"name": "B", "value": null}, "C": {"name": "C", "value": "?"},
            "D": {"name": "D", "value": ""}, "E": null, "F": "odd", "G": {"value": 5}, "H": {"value": {"odd": true}}});
        assert_eq!(read(slots), [("G".into(), "5".into(), vec![])]);
        for none in [json!(null), json!([]), json!("x"), json!({})] {
            assert!(read(none).is_empty());
        }
    }

    #[test]
    fn a_task_is_an_intent_with_its_input_in_the_slots() {
        let text =
            r#"{"intents":[{"name":"SearchProductIntent","slots":[{"name":"Query","type":"AMAZON.SearchQuery"}]}]}"#;
        let model = Model::parse("m.json", text).unwrap();
        for (task, expected) in [
            (
                json!({"name": "amzn1.ask.skill.x.SearchProduct", "version": "1", "input": {"query": "tea", "page": 2}}),
                Some(1),
            ),
            (json!({"name": "SearchProductIntent", "input": null}), Some(0)),
            (json!({"name": "SearchProduct", "input": {"Query": 5}}), Some(1)),
            (json!({"name": "SearchProduct", "input": {"Query": {"odd": 1}}}), Some(0)),
            (json!({"name": "AMAZON.PrintPDF", "input": {"Query": "tea"}}), None),
            (json!({"input": {}}), None),
        ] {
            let body = json!({"request": {"type": "LaunchRequest", "task": task}}).to_string();
            let envelope = Envelope::parse(body.as_bytes()).unwrap();
            let reading = of_task(envelope.request.task.get().unwrap(), &model);
            assert_eq!(reading.map(|r| r.slots.len()), expected, "{body}");
        }
    }

    #[test]
    fn what_alexa_had_confirmed_is_known() {
        for (status, expected) in [("CONFIRMED", Some(true)), ("DENIED", Some(false)), ("NONE", None), ("odd", None)] {
            let body =
                json!({"request": {"type": "IntentRequest", "intent": {"name": "X", "confirmationStatus": status,
                "slots": {"S": {"value": "v", "confirmationStatus": status}}}}})
                .to_string();
            let envelope = Envelope::parse(body.as_bytes()).unwrap();
            let reading = of(envelope.request.intent.get().unwrap());
            assert_eq!((reading.confirmed, reading.slots[0].confirmed), (expected, expected));
        }
    }

    #[test]
    fn a_list_keeps_every_value_in_order() {
        let one = |v: &str| {
            json!({"type": "Simple", "value": v, "resolutions": {"resolutionsPerAuthority": [
            authority("", "ER_SUCCESS_MATCH", &[v])]}})
        };
        let slots = json!({"Product": {"name": "Product", "slotValue": {"type": "List", "values": [
            one("milk"), {"type": "List", "values": [one("eggs"), one("rice")]}, {"type": "Simple", "value": "?"}]}}});
        let expected = ["milk", "eggs", "rice"].map(|v| ("Product".to_owned(), v.to_owned(), vec![v.to_owned()]));
        assert_eq!(read(slots), expected);
    }

    #[test]
    fn a_single_value_may_stand_in_either_place() {
        let resolutions = json!({"resolutionsPerAuthority": [authority("", "ER_SUCCESS_MATCH", &["m"])]});
        for slot in [
            json!({"value": "milk", "resolutions": resolutions}),
            json!({"value": "milk", "slotValue": {"type": "Simple", "value": "milk", "resolutions": resolutions}}),
            json!({"slotValue": {"type": "Simple", "value": "milk", "resolutions": resolutions}}),
        ] {
            assert_eq!(read(json!({"P": slot})), [("P".into(), "milk".into(), vec!["m".into()])]);
        }
    }
}
