//! The words of linking doors by a code.

use super::catalog::args;
use super::teller::Teller;
use super::worded::Draft;
use crate::dialogue::Linking;
use crate::shop::link::Refusal;

pub(super) fn linking(t: &Teller, linking: &Linking) -> Draft {
    match linking {
        Linking::Code(code) => match code.digits() {
            Some(digits) => t.draft("link-code", &args!["code" => digits]),
            // It was said once, and is kept nowhere.
            None => t.plain_draft("link-code-gone"),
        },
        Linking::AskCode => t.plain_draft("ask-link-code"),
        Linking::Confirm => t.plain_draft("confirm-link"),
        Linking::Joined => t.plain_draft("link-joined"),
        Linking::Refused(Refusal::Wrong { tries_left }) => t.draft("link-wrong", &args!["left" => *tries_left]),
        Linking::Refused(Refusal::Locked { minutes }) => t.draft("link-locked", &args!["minutes" => *minutes]),
        Linking::Refused(Refusal::Own) => t.plain_draft("link-own"),
        Linking::Refused(Refusal::BothKnown) => t.plain_draft("link-both-known"),
        Linking::Refused(Refusal::Lapsed) => t.plain_draft("link-code-lapsed"),
    }
}
