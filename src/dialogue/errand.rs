//! Errands: what only the door can do that the shopper speaks through. A wish for one out, what came of it in. Refuses
//! to know which door that is and how it does it; where it cannot, the conversation goes on without.

use jiff::ToSpan;
use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};

use super::reminders::{self, Meant, Standing};
use super::session::{Question, Session, Task};
use super::{Decision, Say, fill};
use crate::language::Reading;
use crate::language::dates;
use crate::shop::{Act, Order, OrderNumber, OrderRef, OrderStatus, Quote, service::Request};

/// When on its day a reminder is heard: late enough for sleepers, early enough to act on.
const HOUR: i8 = 9;
/// Words that name the device rather than one of the shopper's own addresses.
const DEVICE: [&str; 4] = ["alexa", "echo", "device", "amazon"];

/// What the door is asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Errand {
    /// What the shopper likes to be called.
    Name,
    /// Where the device stands: by the shopper's wish, or because an offer has nowhere to go.
    Address { wished: bool, offer: Option<(Box<Quote>, bool)> },
    /// Whether it would be let make this reminder.
    MayRemind(Reminder),
    /// Makes it.
    Remind(Reminder),
    /// Which reminders there are, to take one back.
    Reminders(Meant),
    /// Takes it back.
    CancelReminder(Standing),
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Brought {
    Name(String),
    /// As it is read out, and by whom it was lent: whoever takes the permission back.
    Address {
        line: String,
        lender: String,
    },
    Reminders(Vec<Standing>),
    /// It would be, or has been, done.
    Done,
    /// There is nothing: no address was entered.
    Nothing,
    /// This door does no such thing.
    NotHere,
    /// The shopper must permit it first.
    NoLeave,
    Failed,
}

/// Something to be reminded of, on the clock of the shopper's device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reminder {
    pub about: About,
    pub at: DateTime,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum About {
    /// An order arrives.
    Arrival { number: OrderNumber, names: Vec<String> },
    /// Something is to be ordered, in the shopper's words.
    Order { words: String },
}

/// What an errand can be about, for words that are the same for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wish {
    Address,
    /// One to be made.
    Reminder,
    /// One to be taken back.
    Reminders,
}

/// What is said of errands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Ran {
    /// Only an Alexa device can.
    NotHere(Wish),
    /// It has to be permitted first; the door says where.
    NoLeave(Wish),
    Failed(Wish),
    /// The device has no address.
    NoAddress,
    /// The offer has nowhere to go, and the address has to be permitted first.
    Placeless(Box<Say>),
    /// Shall I remind you?
    Ask(Reminder),
    Made(Reminder),
    /// What is heard when the time has come.
    Due(About),
    /// Which day? It was not said.
    WhichDay,
    /// That day has begun or is gone.
    TooSoon,
    /// No order is on its way with a day that is known.
    NothingComing,
    /// There is none to take back.
    NoReminders,
    /// Which of these shall be taken back?
    WhichReminder(Vec<Standing>),
    /// Take this back?
    AskCancelReminder(Standing),
    ReminderCancelled(Standing),
}

/// Whether a choice of address means the device's own.
pub(super) fn means_device(reading: &Reading) -> bool {
    let label = reading.slot("Label").filter(|_| reading.intent == "ChooseAddressIntent");
    label.is_some_and(|l| l.value.split_whitespace().any(|w| DEVICE.contains(&w.to_lowercase().trim_end_matches("'s"))))
}

/// The device's address, by the shopper's wish; with an offer open, which is then made anew.
pub(super) fn address(offer: Option<Box<Quote>>) -> Decision {
    Decision::Errand(Errand::Address { wished: true, offer: offer.map(|quote| (quote, true)) })
}

/// "Remind me to order dog food next month."
pub(super) fn to_order(session: &Session, reading: &Reading, today: Date) -> Decision {
    let words = fill::product_words(reading).or_else(|| session.product.as_ref().map(|p| p.spoken_name.clone()));
    let days = reading.slot("Date").and_then(|slot| dates::range(&slot.value, today));
    match (words, days) {
        (Some(words), Some((first, _))) => may(About::Order { words }, ahead(first, today), today),
        // Without either there is nothing to remind of.
        _ => Decision::Say(Say::Ran(Ran::WhichDay)),
    }
}

/// "Remind me when it arrives": the order spoken of, else the latest.
pub(super) fn arrival(session: &mut Session, today: Date) -> Decision {
    let order = session.order.clone().map_or(OrderRef::Latest, OrderRef::Number);
    session.task = Some(Task::RemindOfArrival(today));
    Decision::Act(Act::Track(order))
}

/// The order was found: on which day does the last of it come?
pub(super) fn arriving(session: &mut Session, orders: &[Order], today: Date) -> Decision {
    let coming = |order: &&Order| {
        !matches!(order.status, OrderStatus::Delivered | OrderStatus::Returned | OrderStatus::Cancelled)
    };
    let found = orders.iter().find(coming);
    let day = found.and_then(|order| order.parcels.iter().filter_map(|p| p.expected).max());
    match (found, day) {
        (Some(order), Some(day)) => {
            session.order = Some(order.number.clone());
            let names = order.lines.iter().map(|l| l.spoken_name.clone()).collect();
            may(About::Arrival { number: order.number.clone(), names }, day, today)
        }
        _ => Decision::Say(Say::Ran(Ran::NothingComing)),
    }
}

/// Days are read as gone by, for that is where orders are; a reminder is for the next of the same name. The shopper
/// hears which day that is before anything is set.
pub(super) fn ahead(day: Date, today: Date) -> Date {
    if day >= today {
        return day;
    }
    let week = day.saturating_add(7.days());
    if week > today { week } else { day.saturating_add(1.year()) }
}

fn may(about: About, day: Date, today: Date) -> Decision {
    if day <= today {
        return Decision::Say(Say::Ran(Ran::TooSoon));
    }
    Decision::Errand(Errand::MayRemind(Reminder { about, at: day.at(HOUR, 0, 0, 0) }))
}

/// What follows from what the door has done.
pub(super) fn returned(session: &mut Session, errand: Errand, brought: Brought) -> Decision {
    let say = |ran| Decision::Say(Say::Ran(ran));
    match (errand, brought) {
        (Errand::Name, brought) => {
            if let Brought::Name(name) = brought {
                session.called = Some(name);
            }
            super::service::serve(Request::News)
        }
        (Errand::Address { offer, .. }, Brought::Address { line, lender }) => {
            session.task = offer.map(|(quote, _)| Task::OfferAgain(quote));
            Decision::Act(Act::BorrowAddress { line, lender })
        }
        (Errand::Address { wished: false, offer: Some((quote, changed)) }, brought) => {
            let offer = Say::ConfirmPurchase { quote, changed };
            match brought {
                Brought::NoLeave => say(Ran::Placeless(Box::new(offer))),
                _ => Decision::Say(offer),
            }
        }
        (Errand::Address { offer, .. }, brought) => {
            // The offer still stands, without the address.
            session.question = offer.map(|(quote, _)| Question::Purchase(quote));
            match brought {
                Brought::Nothing => say(Ran::NoAddress),
                brought => say(undone(&brought, Wish::Address)),
            }
        }
        (Errand::MayRemind(reminder), Brought::Done) => {
            session.question = Some(Question::Remind(reminder.clone()));
            say(Ran::Ask(reminder))
        }
        (Errand::Remind(reminder), Brought::Done) => say(Ran::Made(reminder)),
        (Errand::Reminders(meant), Brought::Reminders(standing)) => reminders::found(session, &meant, standing),
        (Errand::CancelReminder(reminder), Brought::Done) => say(Ran::ReminderCancelled(reminder)),
        (Errand::Reminders(_) | Errand::CancelReminder(_), brought) => say(undone(&brought, Wish::Reminders)),
        (Errand::MayRemind(_) | Errand::Remind(_), brought) => say(undone(&brought, Wish::Reminder)),
    }
}

fn undone(brought: &Brought, wish: Wish) -> Ran {
    match brought {
        Brought::NotHere => Ran::NotHere(wish),
        Brought::NoLeave => Ran::NoLeave(wish),
        _ => Ran::Failed(wish),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_reminder_is_for_the_next_day_of_that_name() {
        let today = date(2026, 11, 23);
        for (day, expected) in [
            (date(2026, 11, 23), date(2026, 11, 23)),
            (date(2026, 11, 24), date(2026, 11, 24)),
            (date(2026, 11, 20), date(2026, 11, 27)),
            (date(2025, 12, 1), date(2026, 12, 1)),
            (date(2026, 11, 1), date(2027, 11, 1)),
        ] {
            assert_eq!(ahead(day, today), expected, "{day}");
        }
    }
}
