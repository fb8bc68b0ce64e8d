//! What Alexa does when a skill hands her the questions of an intent (`Dialog.Delegate`): the intent as it stands in, her
//! next question or the finished intent out. She asks what the model's `dialog` section says, as this server does.

use jiff::{Timestamp, civil::Date};
use serde_json::Value;

use super::Asked;
use crate::dialogue::{self, Dialogue, Filled, Say, Session, SessionId};
use crate::edge::alexa::envelope::request::Intent;
use crate::edge::alexa::handle::reading;
use crate::language::model::Model;
use crate::shop::CustomerId;

/// How Alexa goes on.
pub enum Next {
    /// She asks, in the model's words.
    Ask(Asked, String),
    /// Nothing is left to ask; the intent goes to the skill.
    Done(Value),
}

/// `None` where the intent cannot be read.
pub fn next(intent: &Value, model: &Model, today: Date) -> Option<Next> {
    let text = intent.to_string();
    let said = reading::of(&serde_json::from_str::<Intent<'_>>(&text).ok()?);
    // Each step stands by itself: all that was answered is in the intent.
    let (id, nobody) = (SessionId::new("delegate").ok()?, CustomerId::new("nobody").ok()?);
    let mut session = Session::new(id, nobody, "en-US", Timestamp::UNIX_EPOCH);
    let Filled::Say(Say::Prompt { words }) = Dialogue.fill(&mut session, model, &said, today) else {
        return Some(Next::Done(intent.clone()));
    };
    let asks = Dialogue.asks(&session)?;
    let (kind, slot) = match asks.asked {
        dialogue::Asked::Slot(name) => ("Dialog.ElicitSlot", name),
        dialogue::Asked::ConfirmSlot(name) => ("Dialog.ConfirmSlot", name),
        dialogue::Asked::ConfirmIntent => ("Dialog.ConfirmIntent", String::new()),
    };
    let mut intent = intent.clone();
    // A value that broke a rule is asked for anew, not kept.
    for (name, slot) in intent.get_mut("slots").and_then(Value::as_object_mut).into_iter().flatten() {
        if asks.reading.slot(name).is_none()
            && let Some(slot) = slot.as_object_mut()
        {
            slot.retain(|member, _| matches!(member.as_str(), "name" | "confirmationStatus"));
        }
    }
    Some(Next::Ask(Asked { kind: kind.to_owned(), slot, intent }, words))
}
