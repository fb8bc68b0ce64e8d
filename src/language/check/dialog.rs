//! The rules for the `dialog` and `prompts` sections: every reference leads somewhere, and whatever has to be asked can
//! be asked.

use rustc_hash::FxHashSet;

use super::Findings;
use crate::language::model::dialog::{DialogIntent, DialogSlot, Rule};
use crate::language::model::{Intent, Model, Piece, pieces};

pub(super) fn check(model: &Model, out: &mut Findings) {
    let intents = model.dialog.as_ref().map(|d| d.intents.as_slice()).unwrap_or_default();
    let mut used: FxHashSet<&str> = FxHashSet::default();
    for (i, dialog) in intents.iter().enumerate() {
        let place = format!("dialog.intents[{i}]");
        if intents.iter().take(i).any(|other| other.name == dialog.name) {
            out.fatal(&place, format!("the intent {} is there twice", dialog.name));
        }
        let Some(intent) = model.intent(&dialog.name) else {
            out.fatal(&place, format!("{} is not in languageModel.intents", dialog.name));
            continue;
        };
        one(model, intent, dialog, &place, out);
        used.extend(dialog.prompts().into_iter().map(|(_, id)| id));
    }
    prompts(model, &used, out);
}

fn one(model: &Model, intent: &Intent, dialog: &DialogIntent, place: &str, out: &mut Findings) {
    if dialog.confirm && dialog.confirmation.is_none() {
        out.fatal(place, format!("{} is to be confirmed; give it prompts.confirmation", dialog.name));
    }
    for (s, slot) in dialog.slots.iter().enumerate() {
        let place = format!("{place}.slots[{s}]");
        match intent.slot(&slot.name) {
            None => out.fatal(&place, format!("{} has no slot {}", intent.name, slot.name)),
            Some(ours) if ours.kind != slot.kind => {
                out.fatal(
                    &place,
                    format!("{} is of type {} in the language model, not {}", slot.name, ours.kind, slot.kind),
                );
            }
            Some(_) => {}
        }
        if dialog.slots.iter().take(s).any(|other| other.name == slot.name) {
            out.fatal(&place, format!("the slot {} is there twice", slot.name));
        }
        asked(slot, &place, out);
    }
    for missing in intent.slots.iter().filter(|s| dialog.slot(&s.name).is_none()) {
        out.fatal(place, format!("the slot {} of {} is missing; list every slot", missing.name, intent.name));
    }
    for (at, id) in dialog.prompts() {
        let place = format!("{place}.{at}");
        let Some(prompt) = model.prompt(id) else {
            out.fatal(&place, format!("there is no prompt {id} in prompts"));
            continue;
        };
        for variation in &prompt.variations {
            for piece in pieces(&variation.value).unwrap_or_default() {
                if let Piece::Slot(name) = piece
                    && intent.slot(name).is_none()
                {
                    out.fatal(&place, format!("prompt {id} names {{{name}}}, which is no slot of {}", intent.name));
                }
            }
        }
    }
}

fn asked(slot: &DialogSlot, place: &str, out: &mut Findings) {
    if slot.elicit && slot.elicitation.is_none() {
        out.fatal(place, format!("{} is to be elicited; give it prompts.elicitation", slot.name));
    }
    if slot.confirm && slot.confirmation.is_none() {
        out.fatal(place, format!("{} is to be confirmed; give it prompts.confirmation", slot.name));
    }
    for (v, validation) in slot.validations.iter().enumerate() {
        let place = format!("{place}.validations[{v}]");
        match &validation.rule {
            Rule::Unknown(kind) => out.fatal(&place, format!("\"{kind}\" is no kind of validation")),
            Rule::InSet(members) | Rule::NotInSet(members) if members.is_empty() => {
                out.fatal(&place, "the set has no values".to_owned());
            }
            _ => {}
        }
    }
}

fn prompts(model: &Model, used: &FxHashSet<&str>, out: &mut Findings) {
    for (p, prompt) in model.prompts.iter().enumerate() {
        let place = format!("prompts[{p}]");
        if model.prompts.iter().take(p).any(|other| other.id == prompt.id) {
            out.fatal(&place, format!("the prompt {} is there twice", prompt.id));
        }
        if prompt.variations.is_empty() {
            out.fatal(&place, format!("the prompt {} has no variations", prompt.id));
        }
        if !used.contains(prompt.id.as_str()) {
            out.warning(&place, format!("no slot and no intent uses the prompt {}", prompt.id));
        }
        for (v, variation) in prompt.variations.iter().enumerate() {
            let place = format!("{place}.variations[{v}]");
            match variation.kind.as_str() {
                "PlainText" => {}
                "SSML" if variation.value.trim_start().starts_with("<speak>") => {}
                "SSML" => out.fatal(&place, "SSML stands inside <speak> and </speak>".to_owned()),
                other => out.fatal(&place, format!("\"{other}\" is neither PlainText nor SSML")),
            }
            if variation.value.trim().is_empty() {
                out.fatal(&place, "an empty prompt".to_owned());
            }
            if pieces(&variation.value).is_none() {
                out.fatal(&place, format!("the braces in \"{}\" do not pair, or hold no slot name", variation.value));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    /// A model that holds every rule, with one piece of its text replaced.
    fn found(from: &str, to: &str) -> Vec<String> {
        let text = r#"{"languageModel":{"invocationName":"voice cart","intents":[{"name":"AMAZON.HelpIntent"},
            {"name":"AMAZON.StopIntent"},{"name":"AMAZON.CancelIntent"},{"name":"AMAZON.NavigateHomeIntent"},
            {"name":"AMAZON.FallbackIntent"},{"name":"Gift","slots":[{"name":"Count","type":"AMAZON.NUMBER",
            "samples":["{Count} of them"]}],"samples":["send {Count} gifts"]}]},
            "dialog":{"intents":[{"name":"Gift","confirmationRequired":true,"prompts":{"confirmation":"sure"},
            "slots":[{"name":"Count","type":"AMAZON.NUMBER","elicitationRequired":true,"confirmationRequired":true,
            "prompts":{"elicitation":"ask","confirmation":"right"},
            "validations":[{"type":"isGreaterThan","value":"0","prompt":"ask"}]}]}]},
            "prompts":[{"id":"ask","variations":[{"type":"PlainText","value":"How many?"}]},
            {"id":"right","variations":[{"type":"SSML","value":"<speak>{Count}?</speak>"}]},
            {"id":"sure","variations":[{"type":"PlainText","value":"Send {Count}?"}]}]}"#;
        assert!(text.contains(from), "{from}");
        let model = Model::parse("m.json", &text.replacen(from, to, 1)).unwrap();
        check(&model).into_iter().map(|f| format!("{}: {}", f.place, f.problem)).collect()
    }

    #[test]
    fn each_rule_is_held() {
        assert_eq!(found("Gift", "Gift"), [] as [String; 0]);
        for (from, to, want) in [
            (r#""id":"sure""#, r#""id":"surely""#, "there is no prompt sure"),
            (r#""id":"sure""#, r#""id":"surely""#, "uses the prompt surely"),
            (r#""id":"right""#, r#""id":"ask""#, "is there twice"),
            (r#"{"confirmation":"sure"}"#, "{}", "give it prompts.confirmation"),
            (r#""elicitation":"ask","#, "", "give it prompts.elicitation"),
            (r#"[{"name":"Gift","conf"#, r#"[{"name":"Present","conf"#, "not in languageModel.intents"),
            (
                r#""slots":[{"name":"Count","type":"AMAZON.NUMBER","elic"#,
                r#""slots":[{"name":"Count","type":"AMAZON.DATE","elic"#,
                "not AMAZON.DATE",
            ),
            ("isGreaterThan", "isPrime", "no kind of validation"),
            (r#""SSML","value":"<speak>"#, r#""SSML","value":"<p>"#, "inside <speak>"),
            ("Send {Count}?", "Send {Gifts}?", "no slot of Gift"),
            ("Send {Count}?", "Send {Count?", "do not pair"),
            ("How many?", " ", "empty prompt"),
            ("{Count} of them", "{Counts} of them", "no slot Counts"),
        ] {
            let shown = found(from, to);
            assert!(shown.iter().any(|s| s.contains(want)), "{to}: {shown:?}");
        }
    }
}
