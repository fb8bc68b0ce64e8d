//! The policy: an intent in the light of the session becomes one act or one thing to say.

use jiff::Zoned;
use jiff::civil::Date;

use super::session::{Question, Session};
use super::{Asked, Asks, Decision, Filled, Linking, Say, answer, form};
use crate::language::model::Model;
use crate::language::{Expectation, Reading, Source};

/// Misses after which an open purchase is dropped instead of asked a third time.
const PATIENCE: u32 = 2;

/// Decides what follows from what was said. Holds no state: all of it is in the [`Session`].
#[derive(Clone, Debug, Default)]
pub struct Dialogue;

impl Dialogue {
    /// What the open question makes likely; for the understander and the recogniser.
    pub fn expectation(&self, session: &Session) -> Expectation {
        match &session.form {
            Some(form) => form::expectation(form),
            None => answer::expectation(session),
        }
    }

    /// Fills the slots that the model's `dialog` section asks for, before anything is decided.
    pub fn fill(&self, session: &mut Session, model: &Model, reading: &Reading, today: Date) -> Filled {
        form::take_turn(session, model, reading, today)
    }

    /// What the shopper is asked to fill or to confirm next.
    pub fn asks(&self, session: &Session) -> Option<Asks> {
        if let Some(form) = &session.form {
            return Some(Asks { asked: form.asked.clone(), reading: form.reading.clone() });
        }
        match &session.question {
            Some(Question::WhatProduct { .. } | Question::HowMany(_) | Question::WhichOrder) => {
                let (intent, slot) = self.expectation(session).slot?;
                Some(Asks { asked: Asked::Slot(slot), reading: Reading::bare(&intent, Source::Given) })
            }
            _ => None,
        }
    }

    /// Nothing, or nothing trustworthy, was heard. An open question stays open.
    pub fn not_heard(&self, session: &mut Session) -> Say {
        session.misses += 1;
        Say::NotHeard
    }

    /// Heard with little confidence: the question to ask first, or `None` where acting on a mishearing costs nothing.
    pub fn doubt(&self, session: &mut Session, reading: &Reading) -> Option<Say> {
        if reading.source == Source::Rejected {
            return Some(self.not_heard(session));
        }
        match (&session.question, reading.intent.as_str()) {
            // A half-heard "yes" must not spend money; the question is put again in full.
            (Some(Question::Purchase(quote)), "AMAZON.YesIntent") => {
                Some(Say::ConfirmPurchaseAgain { quote: quote.clone() })
            }
            // A mishearing must not use up a try.
            (Some(Question::Pin(_)), _) => Some(Say::AskPin { tries_left: None }),
            (Some(Question::LinkCode), _) => Some(Say::Linking(Linking::AskCode)),
            (
                Some(
                    Question::Link(_)
                    | Question::ForgetMe
                    | Question::EmptyBasket
                    | Question::Join
                    | Question::Forget(_)
                    | Question::CancelOrder(_)
                    | Question::CancelReminder(_)
                    | Question::DropLink(_)
                    | Question::ChangeOrder(_),
                ),
                "AMAZON.YesIntent",
            ) => Some(self.not_heard(session)),
            (
                _,
                "AddToBasketIntent"
                | "RemoveFromBasketIntent"
                | "ChangeQuantityIntent"
                | "SwapProductIntent"
                | "SaveForLaterIntent"
                | "ListToBasketIntent"
                | "EmptyBasketIntent"
                | "CancelOrderIntent"
                | "CheckoutIntent"
                | "PayByLinkIntent"
                | "MoveDeliveryIntent"
                | "RedirectOrderIntent"
                | "BuyProductIntent"
                | "ReorderLastIntent"
                | "ReorderProductIntent"
                | "ReorderUsualIntent"
                | "AMAZON.StopIntent",
            ) => {
                session.question = Some(Question::DidYouSay(Box::new(reading.clone())));
                Some(Say::DidYouSay { words: reading.utterance.clone() })
            }
            _ => None,
        }
    }

    /// What to do about a reading. `here` is now on the shop's calendar.
    pub fn decide(&self, session: &mut Session, reading: &Reading, here: &Zoned) -> Decision {
        session.task = None;
        // Also what was said before and is only agreed to now.
        if session.barred.contains(&reading.intent) {
            return Decision::Say(Say::LinkAccount { lapsed: false });
        }
        if let Some(decision) = self.answered(session, reading, here) {
            return decision;
        }
        let decision = self.new_topic(session, reading, here);
        // Nothing was understood yet where the merchant's pages are only asked whether they do.
        if reading.intent != "AMAZON.FallbackIntent" && !matches!(decision, Decision::Say(Say::NotUnderstood { .. })) {
            session.misses = 0;
        }
        decision
    }

    /// Whether whatever is said next is taken as it is, and not taken apart.
    pub fn expects_words(&self, session: &Session) -> bool {
        match &session.question {
            Some(Question::Complaint(_)) => true,
            Some(Question::Return(draft)) => draft.wants_words(),
            _ => false,
        }
    }

    /// Whether what is said next may be a secret, of which nothing may be kept.
    pub fn expects_secret(&self, session: &Session) -> bool {
        matches!(session.question, Some(Question::Pin(_) | Question::LinkCode))
    }

    /// Whether this was one all the same: a PIN said unasked, or after its question was dropped. Forgets what the
    /// session has kept of it.
    pub fn was_secret(&self, session: &mut Session, reading: &Reading) -> bool {
        let digits = |s: &crate::language::Slot| s.value.len() == 4 && s.value.bytes().all(|b| b.is_ascii_digit());
        let secret = matches!(reading.intent.as_str(), "PinIntent" | "LinkCodeIntent")
            || session.guarded && reading.slots.iter().any(digits);
        if secret {
            self.forget_words(session);
        }
        secret
    }

    /// Drops what holds the words of this turn.
    pub fn forget_words(&self, session: &mut Session) {
        session.later.clear();
        if matches!(session.question, Some(Question::HowMany(_) | Question::DidYouSay(_) | Question::Next(_))) {
            session.question = None;
        }
    }

    /// What is said, and then the next request of the same breath asked about, once no question is open.
    pub fn onward(&self, session: &mut Session, say: Say) -> Say {
        if matches!(say, Say::Goodbye | Say::Cancelled | Say::NotUnderstood { .. } | Say::Trouble) {
            session.later.clear();
        }
        if session.question.is_some() || session.later.is_empty() {
            return say;
        }
        let next = session.later.remove(0);
        let words = next.utterance.clone();
        session.question = Some(Question::Next(Box::new(next)));
        Say::Then { said: Box::new(say), words }
    }

    /// What follows from what the shop answered.
    pub fn settle(&self, session: &mut Session, outcome: crate::shop::Outcome) -> Decision {
        super::settle::settle(session, outcome)
    }

    /// What follows from what the door has done.
    pub fn returned(&self, session: &mut Session, errand: super::Errand, brought: super::Brought) -> Decision {
        super::errand::returned(session, errand, brought)
    }

    /// The reading as an answer to the open question, where it is one.
    fn answered(&self, session: &mut Session, reading: &Reading, here: &Zoned) -> Option<Decision> {
        let question = session.question.take()?;
        match answer::answer(session, &question, reading, here) {
            answer::Answered::Done(decision) => {
                session.misses = 0;
                Some(decision)
            }
            answer::Answered::Reading(reading) => Some(self.decide(session, &reading, here)),
            answer::Answered::NotAnAnswer => {
                if keeps_question(reading) {
                    session.question = Some(question);
                    return None;
                }
                let missed = reading.intent == "AMAZON.FallbackIntent";
                match question {
                    Question::Purchase(quote) if missed => {
                        session.misses += 1;
                        if session.misses > PATIENCE {
                            session.misses = 0;
                            return Some(Decision::Say(Say::NotBought));
                        }
                        session.question = Some(Question::Purchase(quote.clone()));
                        Some(Decision::Say(Say::ConfirmPurchaseAgain { quote }))
                    }
                    // Anything else that is not an answer is a change of subject, and the question is dropped: a
                    // "yes" two turns later must not find it still standing.
                    question => {
                        if missed {
                            session.question = Some(question);
                        }
                        None
                    }
                }
            }
        }
    }
}

/// Intents about the way of talking, which leave an open question open.
pub(super) fn keeps_question(reading: &Reading) -> bool {
    matches!(
        reading.intent.as_str(),
        "AMAZON.RepeatIntent"
            | "AMAZON.HelpIntent"
            | "SpeakSlowerIntent"
            | "SpeakFasterIntent"
            | "SpellIntent"
            | "GreetingIntent"
            | "ThanksIntent"
            | "WhoAreYouIntent"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialogue::SessionId;
    use crate::shop::CustomerId;

    #[test]
    fn what_needs_an_account_needs_it_also_when_it_was_said_before() {
        let (id, stranger) = (SessionId::new("s").unwrap(), CustomerId::new("guest").unwrap());
        let mut session = Session::new(id, stranger, "en-US", jiff::Timestamp::UNIX_EPOCH);
        let here = jiff::Timestamp::UNIX_EPOCH.to_zoned(jiff::tz::TimeZone::UTC);
        let next = |session: &mut Session| {
            session.question = Some(Question::Next(Box::new(Reading::bare("TrackOrderIntent", Source::Given))));
            Dialogue.decide(session, &Reading::bare("AMAZON.YesIntent", Source::Given), &here)
        };
        assert!(matches!(next(&mut session), Decision::Act(_)));
        session.barred = vec!["TrackOrderIntent".to_owned()].into();
        assert_eq!(next(&mut session), Decision::Say(Say::LinkAccount { lapsed: false }));
    }
}
