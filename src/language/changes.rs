//! Two interaction models in, what changed from the first to the second out. Order does not count: Alexa's console
//! writes lists as it likes.

use super::model::dialog::{Dialog, Prompt};
use super::model::{Model, SlotType};

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Where, such as `intent BuyProductIntent, sample`.
    pub place: String,
    /// What the first model has; absent where the second added it.
    pub before: Option<String>,
    /// What the second model has; absent where it was taken out.
    pub after: Option<String>,
}

/// Everything that differs; empty for models that mean the same.
pub fn between(old: &Model, new: &Model) -> Vec<Change> {
    let mut out = Changes(Vec::new());
    out.value("invocation name", &old.invocation, &new.invocation);
    out.members("intent", &names(&old.intents, |i| &i.name), &names(&new.intents, |i| &i.name));
    for before in &old.intents {
        let Some(after) = new.intent(&before.name) else { continue };
        let at = |what: &str| format!("intent {}, {what}", before.name);
        out.members(&at("sample"), &before.samples, &after.samples);
        out.members(&at("slot"), &names(&before.slots, |s| &s.name), &names(&after.slots, |s| &s.name));
        for slot in &before.slots {
            let Some(other) = after.slot(&slot.name) else { continue };
            out.value(&at(&format!("type of {}", slot.name)), &slot.kind, &other.kind);
            let many = |multiple: bool| if multiple { "several values" } else { "one value" };
            out.value(&at(&format!("values of {}", slot.name)), many(slot.multiple), many(other.multiple));
            out.members(&at(&format!("sample of {}", slot.name)), &slot.samples, &other.samples);
        }
    }
    out.members("type", &names(&old.types, |t| &t.name), &names(&new.types, |t| &t.name));
    for before in &old.types {
        if let Some(after) = new.slot_type(&before.name) {
            types(before, after, &mut out);
        }
    }
    let none = Dialog::default();
    dialogs(old.dialog.as_ref().unwrap_or(&none), new.dialog.as_ref().unwrap_or(&none), &mut out);
    out.members("prompt", &names(&old.prompts, |p| &p.id), &names(&new.prompts, |p| &p.id));
    for before in &old.prompts {
        if let Some(after) = new.prompt(&before.id) {
            let words = |p: &Prompt| p.variations.iter().map(|v| v.value.clone()).collect::<Vec<_>>();
            out.members(&format!("prompt {}, variation", before.id), &words(before), &words(after));
        }
    }
    out.0
}

fn types(before: &SlotType, after: &SlotType, out: &mut Changes) {
    let at = |what: &str| format!("type {}, {what}", before.name);
    out.members(&at("value"), &names(&before.values, |v| &v.id), &names(&after.values, |v| &v.id));
    for value in &before.values {
        let Some(other) = after.values.iter().find(|v| v.id == value.id) else { continue };
        out.value(&at(&format!("name of {}", value.id)), &value.name, &other.name);
        out.members(&at(&format!("synonym of {}", value.id)), &value.synonyms, &other.synonyms);
    }
}

fn dialogs(before: &Dialog, after: &Dialog, out: &mut Changes) {
    out.value("dialog, delegation", &format!("{:?}", before.delegation), &format!("{:?}", after.delegation));
    out.members("dialog, intent", &names(&before.intents, |i| &i.name), &names(&after.intents, |i| &i.name));
    for old in &before.intents {
        let Some(new) = after.intent(&old.name) else { continue };
        let at = |what: &str| format!("dialog of {}, {what}", old.name);
        out.value(&at("confirmation"), &asked(old.confirm, &old.confirmation), &asked(new.confirm, &new.confirmation));
        for slot in &old.slots {
            let Some(other) = new.slot(&slot.name) else { continue };
            let at = |what: &str| at(&format!("{what} of {}", slot.name));
            out.value(
                &at("elicitation"),
                &asked(slot.elicit, &slot.elicitation),
                &asked(other.elicit, &other.elicitation),
            );
            out.value(
                &at("confirmation"),
                &asked(slot.confirm, &slot.confirmation),
                &asked(other.confirm, &other.confirmation),
            );
            let rules = |s: &super::model::dialog::DialogSlot| {
                s.validations.iter().map(|v| format!("{:?}: {}", v.rule, v.prompt)).collect::<Vec<_>>()
            };
            out.members(&at("validation"), &rules(slot), &rules(other));
        }
    }
}

fn asked(required: bool, prompt: &Option<String>) -> String {
    match (required, prompt) {
        (false, _) => "not required".to_owned(),
        (true, Some(id)) => format!("required, prompt {id}"),
        (true, None) => "required".to_owned(),
    }
}

fn names<T>(list: &[T], name: impl Fn(&T) -> &String) -> Vec<String> {
    list.iter().map(|one| name(one).clone()).collect()
}

struct Changes(Vec<Change>);

impl Changes {
    fn value(&mut self, place: &str, before: &str, after: &str) {
        if before != after {
            let (before, after) = (Some(before.to_owned()), Some(after.to_owned()));
            self.0.push(Change { place: place.to_owned(), before, after });
        }
    }

    /// What only one of two lists has.
    fn members(&mut self, place: &str, before: &[String], after: &[String]) {
        for gone in before.iter().filter(|b| !after.contains(b)) {
            self.0.push(Change { place: place.to_owned(), before: Some(gone.clone()), after: None });
        }
        for come in after.iter().filter(|a| !before.contains(a)) {
            self.0.push(Change { place: place.to_owned(), before: None, after: Some(come.clone()) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = r#"{"languageModel":{"invocationName":"a shop","intents":[{"name":"Find","samples":["find {P}","seek {P}"],
        "slots":[{"name":"P","type":"Thing"}]}],"types":[{"name":"Thing","values":[{"id":"m","name":{"value":"milk",
        "synonyms":["moo juice"]}}]}]},"dialog":{"intents":[{"name":"Find","confirmationRequired":false,"slots":[
        {"name":"P","type":"Thing","elicitationRequired":true,"prompts":{"elicitation":"e"}}]}]},
        "prompts":[{"id":"e","variations":[{"type":"PlainText","value":"What?"}]}]}"#;

    #[test]
    fn each_kind_of_change_is_told_and_nothing_else() {
        let old = Model::parse("old.json", BASE).unwrap();
        for (from, to, want) in [
            ("find {P}\",\"seek {P}", "seek {P}\",\"find {P}", vec![]),
            ("a shop", "b shop", vec![("invocation name", Some("a shop"), Some("b shop"))]),
            (
                "seek {P}",
                "get {P}",
                vec![("intent Find, sample", Some("seek {P}"), None), ("intent Find, sample", None, Some("get {P}"))],
            ),
            (
                "moo juice",
                "cow juice",
                vec![
                    ("type Thing, synonym of m", Some("moo juice"), None),
                    ("type Thing, synonym of m", None, Some("cow juice")),
                ],
            ),
            (
                "elicitationRequired\":true",
                "elicitationRequired\":false",
                vec![("dialog of Find, elicitation of P", Some("required, prompt e"), Some("not required"))],
            ),
            (
                "What?",
                "Which?",
                vec![("prompt e, variation", Some("What?"), None), ("prompt e, variation", None, Some("Which?"))],
            ),
        ] {
            let new = Model::parse("new.json", &BASE.replacen(from, to, 1)).unwrap();
            let got = between(&old, &new);
            let got: Vec<_> = got.iter().map(|c| (c.place.as_str(), c.before.as_deref(), c.after.as_deref())).collect();
            assert_eq!(got, want, "{to}");
        }
    }
}
