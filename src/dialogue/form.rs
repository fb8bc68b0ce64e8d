//! Slots filled over several turns, as the model's `dialog` section says: a reading in, the next question or the filled
//! reading out. The same on every door, because every door asks here. Refuses to know who puts the question to the
//! shopper, our own voice or Alexa's.

mod rules;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Say;
use super::policy::keeps_question;
use super::session::Session;
use crate::language::model::Model;
use crate::language::model::dialog::{DialogIntent, DialogSlot};
use crate::language::{Expectation, Reading, Slot};
use crate::words::markup;

/// An intent whose slots are being filled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Form {
    /// What is known so far.
    pub reading: Reading,
    pub asked: Asked,
    /// Id of the prompt that was said, to be said again.
    pub prompt: String,
    /// Answers in a row that were none.
    pub misses: u32,
}

/// What the shopper was asked last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Asked {
    /// The value of this slot.
    Slot(String),
    /// Whether this slot's value is right.
    ConfirmSlot(String),
    /// Whether all of it is right.
    ConfirmIntent,
}

/// What becomes of a turn.
pub enum Filled {
    /// Something is still to be asked.
    Say(Say),
    /// Nothing is missing; go on with this.
    Reading(Reading),
}

/// Misses after which a form is dropped.
const PATIENCE: u32 = 2;

/// Takes a turn: as the answer to the form that is open, or as the beginning of a new one.
pub fn take_turn(session: &mut Session, model: &Model, reading: &Reading, today: Date) -> Filled {
    let reading = match session.form.take() {
        None => reading.clone(),
        Some(form) => match answer(&form, reading) {
            Answer::Filled(reading) => reading,
            Answer::Denied => return Filled::Say(Say::AllRight),
            Answer::Aside => {
                session.form = Some(form);
                return Filled::Reading(reading.clone());
            }
            Answer::None if form.misses < PATIENCE => {
                let (words, misses) = (words(session, model, &form.prompt, &form.reading), form.misses + 1);
                session.form = Some(Form { misses, ..form });
                return Filled::Say(Say::Prompt { words });
            }
            Answer::None | Answer::ChangeOfSubject => reading.clone(),
        },
    };
    let Some(dialog) = model.dialog_of(&reading.intent) else { return Filled::Reading(reading) };
    let mut reading = reading;
    match step(dialog, &mut reading, today) {
        Step::Done => Filled::Reading(reading),
        Step::Denied => Filled::Say(Say::AllRight),
        Step::Ask(asked, prompt) => {
            // A shop's question that was open is no longer what the shopper answers.
            session.question = None;
            session.misses = 0;
            let words = words(session, model, &prompt, &reading);
            session.form = Some(Form { reading, asked, prompt, misses: 0 });
            Filled::Say(Say::Prompt { words })
        }
    }
}

/// What the open form makes likely to be said.
pub fn expectation(form: &Form) -> Expectation {
    let intent = form.reading.intent.clone();
    match &form.asked {
        Asked::Slot(name) => Expectation { intents: vec![intent.clone()], slot: Some((intent, name.clone())) },
        Asked::ConfirmSlot(_) | Asked::ConfirmIntent => {
            Expectation { intents: vec!["AMAZON.YesIntent".into(), "AMAZON.NoIntent".into()], slot: None }
        }
    }
}

enum Answer {
    Filled(Reading),
    Denied,
    /// About the way of talking; the form stays as it is.
    Aside,
    /// Not understood.
    None,
    ChangeOfSubject,
}

fn answer(form: &Form, said: &Reading) -> Answer {
    let mut reading = form.reading.clone();
    let (yes, no) = (said.intent == "AMAZON.YesIntent", said.intent == "AMAZON.NoIntent");
    match &form.asked {
        _ if keeps_question(said) => Answer::Aside,
        _ if said.intent == "AMAZON.FallbackIntent" => Answer::None,
        _ if said.intent == reading.intent => {
            merge(&mut reading, said);
            Answer::Filled(reading)
        }
        Asked::Slot(_) if no => Answer::Denied,
        Asked::Slot(_) => Answer::ChangeOfSubject,
        Asked::ConfirmSlot(name) if yes || no => {
            reading.slots.iter_mut().filter(|s| s.name == *name).for_each(|s| s.confirmed = Some(yes));
            Answer::Filled(reading)
        }
        Asked::ConfirmIntent if yes || no => {
            reading.confirmed = Some(yes);
            Answer::Filled(reading)
        }
        Asked::ConfirmSlot(_) | Asked::ConfirmIntent => Answer::ChangeOfSubject,
    }
}

/// What was said now stands over what was said before, slot by slot.
fn merge(reading: &mut Reading, said: &Reading) {
    let named = |slots: &[Slot], name: &str| slots.iter().any(|s| s.name == name && !s.value.is_empty());
    let agreed = |slot: &Slot| {
        // Alexa repeats what it knows with every request; a value said anew is a new one and not yet agreed to.
        slot.confirmed
            .or_else(|| reading.slots.iter().find(|s| s.name == slot.name && s.value == slot.value)?.confirmed)
    };
    let new: Vec<Slot> = said.slots.iter().map(|s| Slot { confirmed: agreed(s), ..s.clone() }).collect();
    reading.slots.retain(|slot| !named(&new, &slot.name));
    reading.slots.extend(new);
    reading.confirmed = said.confirmed;
    reading.utterance.clone_from(&said.utterance);
}

enum Step {
    Ask(Asked, String),
    Done,
    Denied,
}

/// The first thing that is missing, wrong or not agreed to, in the order of the model. Values that do not hold are
/// taken out.
fn step(dialog: &DialogIntent, reading: &mut Reading, today: Date) -> Step {
    for slot in &dialog.slots {
        if let Some((asked, Some(prompt))) = ask(slot, reading, today) {
            return Step::Ask(asked, prompt);
        }
    }
    match (dialog.confirm, reading.confirmed, &dialog.confirmation) {
        (true, None, Some(prompt)) => Step::Ask(Asked::ConfirmIntent, prompt.clone()),
        (true, Some(false), _) => Step::Denied,
        _ => Step::Done,
    }
}

fn ask(slot: &DialogSlot, reading: &mut Reading, today: Date) -> Option<(Asked, Option<String>)> {
    let elicit = || slot.elicit.then(|| (Asked::Slot(slot.name.clone()), slot.elicitation.clone()));
    let Some(filled) = reading.slot(&slot.name) else { return elicit() };
    if filled.confirmed == Some(false) {
        reading.slots.retain(|s| s.name != slot.name);
        return elicit();
    }
    // Each of several values must hold.
    let values = || reading.slots.iter().filter(|s| s.name == slot.name);
    if let Some(broken) = slot.validations.iter().find(|v| values().any(|s| !rules::holds(&v.rule, s, today))) {
        reading.slots.retain(|s| s.name != slot.name);
        return Some((Asked::Slot(slot.name.clone()), Some(broken.prompt.clone())));
    }
    let agreed = filled.confirmed == Some(true);
    (slot.confirm && !agreed).then(|| (Asked::ConfirmSlot(slot.name.clone()), slot.confirmation.clone()))
}

/// The words of a prompt, another variation each turn, with the slots said so far in their places.
fn words(session: &Session, model: &Model, prompt: &str, reading: &Reading) -> String {
    let variations = model.prompt(prompt).map(|p| p.variations.as_slice()).unwrap_or_default();
    let turn = session.turns as usize % variations.len().max(1);
    let Some(variation) = variations.get(turn) else { return String::new() };
    let mut words = markup::words(&variation.value);
    for slot in &reading.slots {
        words = words.replace(&format!("{{{}}}", slot.name), &slot.spoken);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::super::SessionId;
    use super::*;
    use crate::language::{Understander, Utterance};
    use crate::shop::CustomerId;

    const TODAY: Date = jiff::civil::date(2026, 11, 24);

    /// A skill that sends gifts: everything that a dialog can ask for is asked.
    fn gifts() -> Understander {
        let text = r#"{"languageModel":{"invocationName":"gift shop","intents":[{"name":"AMAZON.YesIntent"},
            {"name":"AMAZON.NoIntent"},{"name":"AMAZON.HelpIntent"},{"name":"AMAZON.FallbackIntent"},
            {"name":"AMAZON.CancelIntent"},{"name":"GiftIntent","slots":[{"name":"Count","type":"AMAZON.NUMBER"},
            {"name":"Wrap","type":"Wrap"}],"samples":["send gifts","send {Count} gifts","send {Count} {Wrap} gifts"]},
            {"name":"OtherIntent","samples":["what is new"]}],
            "types":[{"name":"Wrap","values":[{"name":{"value":"silver"}},{"name":{"value":"golden"}}]}]},
            "dialog":{"intents":[{"name":"GiftIntent","confirmationRequired":true,"prompts":{"confirmation":"sure"},"slots":[
            {"name":"Count","type":"AMAZON.NUMBER","elicitationRequired":true,"prompts":{"elicitation":"count"},
            "validations":[{"type":"isLessThan","value":"10","prompt":"fewer"},
            {"type":"isGreaterThan","value":"0","prompt":"more"}]},
            {"name":"Wrap","type":"Wrap","elicitationRequired":true,"confirmationRequired":true,
            "prompts":{"elicitation":"wrap","confirmation":"right"},
            "validations":[{"type":"hasEntityResolutionMatch","prompt":"listed"}]}]}]},
            "prompts":[{"id":"count","variations":[{"type":"PlainText","value":"How many?"}]},
            {"id":"fewer","variations":[{"type":"PlainText","value":"Fewer than ten, please."}]},
            {"id":"more","variations":[{"type":"PlainText","value":"One at least."}]},
            {"id":"wrap","variations":[{"type":"SSML","value":"<speak>Silver <break time='1s'/> or golden?</speak>"}]},
            {"id":"listed","variations":[{"type":"PlainText","value":"Only silver or golden."}]},
            {"id":"right","variations":[{"type":"PlainText","value":"{Wrap}, right?"}]},
            {"id":"sure","variations":[{"type":"PlainText","value":"Send {Count} in {Wrap}?"}]}]}"#;
        Understander::new(Model::parse("gifts.json", text).unwrap())
    }

    /// What is asked after each sentence; a filled form is shown as its slots.
    fn converse(said: &[&str]) -> Vec<String> {
        let understander = gifts();
        let (id, customer) = (SessionId::new("s").unwrap(), CustomerId::new("c").unwrap());
        let mut session = Session::new(id, customer, "en-US", jiff::Timestamp::UNIX_EPOCH);
        let mut out = Vec::new();
        for words in said {
            let expect = session.form.as_ref().map(expectation).unwrap_or_default();
            let reading = understander.read(&Utterance::new(words).unwrap(), &expect, TODAY);
            out.push(match take_turn(&mut session, understander.model(), &reading, TODAY) {
                Filled::Say(Say::Prompt { words }) => words,
                Filled::Say(say) => format!("{say:?}"),
                Filled::Reading(reading) => {
                    let slots: Vec<_> = reading.slots.iter().map(|s| format!("{}={}", s.name, s.value)).collect();
                    format!("{} {}", reading.intent, slots.join(" "))
                }
            });
        }
        out
    }

    #[test]
    fn everything_is_asked_in_the_order_of_the_model() {
        assert_eq!(
            converse(&["send gifts", "two", "silver", "yes", "yes"]),
            [
                "How many?",
                "Silver or golden?",
                "silver, right?",
                "Send two in silver?",
                "GiftIntent Count=2 Wrap=silver"
            ]
        );
        assert_eq!(
            converse(&["send three golden gifts", "yes", "yes"]),
            ["golden, right?", "Send three in golden?", "GiftIntent Count=3 Wrap=golden"]
        );
    }

    #[test]
    fn what_does_not_hold_is_asked_again() {
        assert_eq!(
            converse(&["send twelve gifts", "zero", "four", "golden", "no", "silver", "yes", "no"]),
            [
                "Fewer than ten, please.",
                "One at least.",
                "Silver or golden?",
                "golden, right?",
                "Silver or golden?",
                "silver, right?",
                "Send four in silver?",
                "AllRight",
            ]
        );
    }

    #[test]
    fn help_leaves_it_open_and_another_subject_does_not() {
        assert_eq!(
            converse(&["send gifts", "help", "two", "what is new", "two"])[1..4],
            ["AMAZON.HelpIntent ", "Silver or golden?", "OtherIntent "]
        );
    }
}
