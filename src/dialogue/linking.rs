//! One profile over all doors, talked through: a code is given out here, or one from elsewhere is said and agreed to.
//! Digits are passed on and not kept. Refuses to know whose code it is.

use serde::{Deserialize, Serialize};

use super::session::{Question, Session};
use super::{Decision, Say};
use crate::language::Reading;
use crate::shop::Act;
use crate::shop::link::{LinkCode, Linked, Refusal, Request};

/// What is said on the way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Linking {
    /// The code, to be said or typed elsewhere.
    Code(LinkCode),
    /// The digits, please.
    AskCode,
    /// Both shall be one from now on?
    Confirm,
    Joined,
    Refused(Refusal),
}

/// "Link my devices."
pub fn give() -> Decision {
    Decision::Act(Act::Link(Request::Code))
}

/// "My link code is four eight two nine one three", or only "I have a link code".
pub fn take(session: &mut Session, reading: &Reading) -> Decision {
    match said(reading) {
        Some(code) => Decision::Act(Act::Link(Request::Said(code))),
        None => ask(session),
    }
}

fn ask(session: &mut Session) -> Decision {
    session.question = Some(Question::LinkCode);
    Decision::Say(Say::Linking(Linking::AskCode))
}

/// Six digits, from whichever slot holds them.
fn said(reading: &Reading) -> Option<LinkCode> {
    let slot = reading.slots.iter().find_map(|s| LinkCode::new(&s.value).ok());
    slot.or_else(|| LinkCode::new(&reading.utterance).ok())
}

/// An answer to "which code?"; `None` when it is none.
pub fn answer(session: &mut Session, reading: &Reading) -> Option<Decision> {
    let tried = reading.slots.iter().any(|s| s.value.bytes().all(|b| b.is_ascii_digit()))
        || matches!(reading.intent.as_str(), "LinkCodeIntent" | "AMAZON.FallbackIntent");
    match said(reading) {
        Some(code) => Some(Decision::Act(Act::Link(Request::Said(code)))),
        // Digits that are no code cost no try.
        None if tried => Some(ask(session)),
        None => None,
    }
}

pub fn settle(session: &mut Session, linked: Linked) -> Decision {
    Decision::Say(Say::Linking(match linked {
        Linked::Code(code) => Linking::Code(code),
        Linked::Found => {
            session.question = Some(Question::Join);
            Linking::Confirm
        }
        Linked::Joined => Linking::Joined,
        Linked::Refused(why) => {
            if matches!(why, Refusal::Wrong { .. }) {
                session.question = Some(Question::LinkCode);
            }
            Linking::Refused(why)
        }
    }))
}
