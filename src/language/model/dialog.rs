//! The `dialog` and `prompts` sections of an interaction model: which slots are asked for, in which words, and what
//! their values must be. Read here, judged in [`check`](crate::language::check), acted on by the dialogue.

use super::{Fault, Spot, kind_of, not_blank};

/// What the model says about filling slots over several turns.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dialog {
    pub delegation: Delegation,
    pub intents: Vec<DialogIntent>,
}

/// Who asks for what is missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Delegation {
    /// Alexa, without asking the skill first.
    Always,
    /// The skill decides each turn. What a model that says nothing means.
    #[default]
    SkillResponse,
}

#[derive(Clone, Debug, PartialEq)]
pub struct DialogIntent {
    pub name: String,
    /// Overrides the model's.
    pub delegation: Option<Delegation>,
    /// Whether the whole intent is confirmed once its slots are filled.
    pub confirm: bool,
    /// Id of the prompt that asks for that confirmation.
    pub confirmation: Option<String>,
    pub slots: Vec<DialogSlot>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct DialogSlot {
    pub name: String,
    pub kind: String,
    /// Whether the slot must be filled.
    pub elicit: bool,
    /// Id of the prompt that asks for the value.
    pub elicitation: Option<String>,
    /// Whether the value is read back.
    pub confirm: bool,
    /// Id of the prompt that reads it back.
    pub confirmation: Option<String>,
    pub validations: Vec<Validation>,
}

/// What a value must be, and the prompt said when it is not.
#[derive(Clone, Debug, PartialEq)]
pub struct Validation {
    pub rule: Rule,
    pub prompt: String,
}

/// Bounds and members are as the model writes them: digits, dates, durations or names.
#[derive(Clone, Debug, PartialEq)]
pub enum Rule {
    /// The value is one that the slot's type lists.
    Listed,
    InSet(Vec<String>),
    NotInSet(Vec<String>),
    Greater(String),
    GreaterOrEqual(String),
    Less(String),
    LessOrEqual(String),
    /// Between two offsets from now.
    Within {
        start: String,
        end: String,
    },
    Outside {
        start: String,
        end: String,
    },
    /// A kind of rule that is not known here, by its name.
    Unknown(String),
}

/// Wordings of one question, any of which may be said.
#[derive(Clone, Debug, PartialEq)]
pub struct Prompt {
    pub id: String,
    pub variations: Vec<Variation>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Variation {
    /// `PlainText` or `SSML`.
    pub kind: String,
    /// With slots in braces.
    pub value: String,
}

impl Dialog {
    pub fn intent(&self, name: &str) -> Option<&DialogIntent> {
        self.intents.iter().find(|i| i.name == name)
    }
}

impl DialogIntent {
    pub fn slot(&self, name: &str) -> Option<&DialogSlot> {
        self.slots.iter().find(|s| s.name == name)
    }

    /// Every prompt the intent refers to, with the place of the reference below the intent.
    pub fn prompts(&self) -> Vec<(String, &str)> {
        let mut out: Vec<(String, &str)> =
            self.confirmation.iter().map(|id| ("prompts.confirmation".to_owned(), id.as_str())).collect();
        for (s, slot) in self.slots.iter().enumerate() {
            let at = |what: &str| format!("slots[{s}].{what}");
            out.extend(slot.elicitation.iter().map(|id| (at("prompts.elicitation"), id.as_str())));
            out.extend(slot.confirmation.iter().map(|id| (at("prompts.confirmation"), id.as_str())));
            let checks = slot.validations.iter().enumerate();
            out.extend(checks.map(|(v, check)| (at(&format!("validations[{v}].prompt")), check.prompt.as_str())));
        }
        out
    }
}

pub(super) fn dialog(root: &Spot<'_>) -> Result<Option<Dialog>, Fault> {
    let Some(spot) = root.get("dialog") else { return Ok(None) };
    Ok(Some(Dialog { delegation: delegation(&spot)?.unwrap_or_default(), intents: spot.list("intents", intent)? }))
}

pub(super) fn prompts(root: &Spot<'_>) -> Result<Vec<Prompt>, Fault> {
    root.list("prompts", |spot| {
        Ok(Prompt {
            id: not_blank(spot.text("id")?, spot, "id")?,
            variations: spot
                .list("variations", |v| Ok(Variation { kind: v.text("type")?, value: v.text("value")? }))?,
        })
    })
}

fn delegation(spot: &Spot<'_>) -> Result<Option<Delegation>, Fault> {
    match spot.optional_text("delegationStrategy")?.as_deref() {
        None => Ok(None),
        Some("ALWAYS") => Ok(Some(Delegation::Always)),
        Some("SKILL_RESPONSE") => Ok(Some(Delegation::SkillResponse)),
        Some(other) => Err((
            spot.place_of("delegationStrategy"),
            format!("\"{other}\" is no strategy; write ALWAYS or SKILL_RESPONSE"),
        )),
    }
}

fn intent(spot: &Spot<'_>) -> Result<DialogIntent, Fault> {
    Ok(DialogIntent {
        name: not_blank(spot.text("name")?, spot, "name")?,
        delegation: delegation(spot)?,
        confirm: flag(spot, "confirmationRequired")?,
        confirmation: prompt(spot, "confirmation")?,
        slots: spot.list("slots", slot)?,
    })
}

fn slot(spot: &Spot<'_>) -> Result<DialogSlot, Fault> {
    Ok(DialogSlot {
        name: not_blank(spot.text("name")?, spot, "name")?,
        kind: not_blank(spot.text("type")?, spot, "type")?,
        elicit: flag(spot, "elicitationRequired")?,
        elicitation: prompt(spot, "elicitation")?,
        confirm: flag(spot, "confirmationRequired")?,
        confirmation: prompt(spot, "confirmation")?,
        validations: spot.list("validations", validation)?,
    })
}

fn validation(spot: &Spot<'_>) -> Result<Validation, Fault> {
    let bound = || spot.text("value");
    let members = || match spot.get("values") {
        Some(_) => spot.list("values", |v| v.string()),
        None => Ok(vec![spot.text("value")?]),
    };
    let span = || Ok::<_, Fault>((spot.text("start")?, spot.text("end")?));
    let kind = spot.text("type")?;
    let rule = match kind.as_str() {
        "hasEntityResolutionMatch" => Rule::Listed,
        "isInSet" => Rule::InSet(members()?),
        "isNotInSet" => Rule::NotInSet(members()?),
        "isGreaterThan" => Rule::Greater(bound()?),
        "isGreaterThanOrEqualTo" => Rule::GreaterOrEqual(bound()?),
        "isLessThan" => Rule::Less(bound()?),
        "isLessThanOrEqualTo" => Rule::LessOrEqual(bound()?),
        "isInDuration" => span().map(|(start, end)| Rule::Within { start, end })?,
        "isNotInDuration" => span().map(|(start, end)| Rule::Outside { start, end })?,
        _ => Rule::Unknown(kind),
    };
    Ok(Validation { rule, prompt: spot.text("prompt")? })
}

fn prompt(spot: &Spot<'_>, which: &str) -> Result<Option<String>, Fault> {
    match spot.get("prompts") {
        Some(prompts) => Ok(prompts.optional_text(which)?.filter(|id| !id.is_empty())),
        None => Ok(None),
    }
}

fn flag(spot: &Spot<'_>, key: &str) -> Result<bool, Fault> {
    match spot.get(key) {
        None => Ok(false),
        Some(found) => found
            .value
            .as_bool()
            .ok_or_else(|| (found.place.clone(), format!("expected true or false, found {}", kind_of(found.value)))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Model;
    use super::*;

    fn model(dialog: &str) -> Result<Model, String> {
        let text = format!(
            r#"{{"interactionModel":{{"languageModel":{{"intents":[]}},"dialog":{dialog},
            "prompts":[{{"id":"p","variations":[{{"type":"PlainText","value":"How many {{Thing}}?"}}]}}]}}}}"#
        );
        Model::parse("m.json", &text).map_err(|e| e.to_string())
    }

    #[test]
    fn a_dialog_is_read_with_its_rules() {
        let read = model(
            r#"{"delegationStrategy":"ALWAYS","intents":[{"name":"Gift","confirmationRequired":true,
            "prompts":{"confirmation":"p"},"slots":[{"name":"Count","type":"AMAZON.NUMBER","elicitationRequired":true,
            "prompts":{"elicitation":"p"},"validations":[{"type":"isGreaterThan","value":"0","prompt":"p"},
            {"type":"isInSet","values":["1",2],"prompt":"p"},{"type":"isInDuration","start":"P1D","end":"P1W","prompt":"p"},
            {"type":"isNovel","prompt":"p"}]}]}]}"#,
        );
        let dialog = read.unwrap().dialog.unwrap();
        assert_eq!(dialog.delegation, Delegation::Always);
        let gift = dialog.intent("Gift").unwrap();
        assert!(gift.confirm && gift.slot("Count").unwrap().elicit);
        let rules: Vec<_> = gift.slots[0].validations.iter().map(|v| v.rule.clone()).collect();
        assert_eq!(
            rules,
            [
                Rule::Greater("0".into()),
                Rule::InSet(vec!["1".into(), "2".into()]),
                Rule::Within { start: "P1D".into(), end: "P1W".into() },
                Rule::Unknown("isNovel".into()),
            ]
        );
        assert_eq!(gift.prompts().len(), 6);
    }

    #[test]
    fn errors_name_the_place() {
        for (dialog, place) in [
            (r#"{"delegationStrategy":"SOMETIMES"}"#, "interactionModel.dialog.delegationStrategy"),
            (r#"{"intents":[{"name":"A","confirmationRequired":"yes"}]}"#, "dialog.intents[0].confirmationRequired"),
            (r#"{"intents":[{"name":"A","slots":[{"name":"S"}]}]}"#, "dialog.intents[0].slots[0].type"),
            (
                r#"{"intents":[{"name":"A","slots":[{"name":"S","type":"T","validations":[{"type":"isLessThan","prompt":"p"}]}]}]}"#,
                "slots[0].validations[0].value",
            ),
        ] {
            let error = model(dialog).unwrap_err();
            assert!(error.contains(place), "{dialog}: {error}");
        }
    }
}
