//! When and where it comes: times read out and chosen, before the order and after it. An order that is placed is changed
//! only by a yes to the very change. Refuses to know which times are free.

use jiff::civil::{Date, Time};
use jiff::{ToSpan, Zoned};
use serde::{Deserialize, Serialize};

use super::session::{Question, Session, Task};
use super::{Decision, Say, fill};
use crate::language::{Expectation, Reading, dates};
use crate::shop::slots::{Ask, Change, DayTime, Slot, Told, Wanted, Wish};
use crate::shop::{Act, OrderNumber, OrderRef, Quote};

/// What a time is chosen for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Choosing {
    /// Whatever is ordered next.
    Next,
    /// The offer that is open.
    Offer(Box<Quote>),
    /// An order that is placed.
    Order(OrderRef),
}

/// What is said about deliveries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Delivery {
    /// The shop's answer; `offer` tells that an order waits for the choice.
    Told { told: Box<Told>, choosing: bool },
    /// The change of an order, to be agreed to.
    Confirm { change: Box<Change> },
    /// Nothing was changed.
    Kept,
}

pub fn expectation(question: &Question) -> Expectation {
    let of = |intents: &[&str], slot: Option<(&str, &str)>| Expectation {
        intents: intents.iter().map(|i| (*i).to_owned()).collect(),
        slot: slot.map(|(intent, slot)| (intent.to_owned(), slot.to_owned())),
    };
    match question {
        Question::WhichTime { .. } => {
            of(&["ChooseResultIntent", "ChooseSlotIntent"], Some(("ChooseResultIntent", "Ordinal")))
        }
        Question::WhichAddress { .. } => of(&["ChooseAddressIntent"], Some(("ChooseAddressIntent", "Label"))),
        _ => of(&["AMAZON.YesIntent", "AMAZON.NoIntent"], None),
    }
}

/// "What times do you have tomorrow?"
pub fn times(session: &mut Session, reading: &Reading, choosing: Choosing, here: &Zoned) -> Decision {
    session.task = Some(Task::Time(choosing));
    Decision::Act(Act::Deliver(Ask::Times(wish(reading, here.date()))))
}

/// "Tomorrow afternoon", as the time of the next order or of the open offer.
pub fn choose(session: &mut Session, reading: &Reading, choosing: Choosing, here: &Zoned) -> Decision {
    let wish = wish(reading, here.date());
    pick(session, wish, choosing)
}

fn pick(session: &mut Session, wish: Wish, choosing: Choosing) -> Decision {
    let ask = match &choosing {
        Choosing::Order(order) => Ask::Change { order: order.clone(), to: Wanted::Time(wish) },
        Choosing::Next | Choosing::Offer(_) => Ask::Choose(wish),
    };
    session.task = Some(Task::Time(choosing));
    Decision::Act(Act::Deliver(ask))
}

/// "Move my delivery to Thursday", "change the address of my order".
pub fn change(session: &mut Session, reading: &Reading, here: &Zoned) -> Decision {
    let order = match reading.slot("OrderNumber").map(|s| OrderNumber::new(&s.value)) {
        Some(Ok(number)) => OrderRef::Number(number),
        Some(Err(_)) => {
            session.question = Some(Question::WhichOrder);
            return Decision::Say(Say::AskOrderNumber);
        }
        None => session.order.clone().map_or(OrderRef::Latest, OrderRef::Number),
    };
    if reading.intent == "RedirectOrderIntent" {
        let words = reading.slot("Label").map(|s| s.value.clone());
        return redirect(order, words);
    }
    let choosing = Choosing::Order(order);
    let wish = wish(reading, here.date());
    // Moved, but not said to when: what there is.
    match (wish == Wish::default(), choosing) {
        (true, Choosing::Order(order)) => {
            session.task = Some(Task::Time(Choosing::Order(order.clone())));
            Decision::Act(Act::Deliver(Ask::Change { order, to: Wanted::Time(wish) }))
        }
        (_, choosing) => pick(session, wish, choosing),
    }
}

/// The order, already placed, goes to another address.
pub fn redirect(order: OrderRef, words: Option<String>) -> Decision {
    Decision::Act(Act::Deliver(Ask::Change { order, to: Wanted::Address(words) }))
}

/// Reads an answer to one of this file's questions; `None` when it is none.
pub fn answer(session: &mut Session, question: &Question, reading: &Reading, here: &Zoned) -> Option<Decision> {
    let intent = reading.intent.as_str();
    let (yes, no) = (intent == "AMAZON.YesIntent", matches!(intent, "AMAZON.NoIntent" | "AMAZON.CancelIntent"));
    match question {
        Question::WhichTime { slots, choosing } => {
            let said = wish(reading, here.date());
            match (chosen(slots, reading), intent) {
                (Some(slot), _) => Some(pick(session, Wish::exactly(slot), choosing.clone())),
                (None, "ChooseResultIntent" | "SetQuantityIntent") => {
                    session.question = Some(question.clone());
                    Some(Decision::Say(Say::NoSuchChoice { shown: slots.len() as u32 }))
                }
                (None, "DeliveryTimesIntent") => Some(times(session, reading, choosing.clone(), here)),
                (None, "ChooseSlotIntent" | "MoveDeliveryIntent") if said != Wish::default() => {
                    Some(pick(session, said, choosing.clone()))
                }
                (None, _) if yes => match slots[..] {
                    [only] => Some(pick(session, Wish::exactly(only), choosing.clone())),
                    _ => {
                        session.question = Some(question.clone());
                        Some(Decision::Say(Say::NoSuchChoice { shown: slots.len() as u32 }))
                    }
                },
                (None, _) if no => Some(match choosing {
                    // The offer stands as it was, and is still to be answered.
                    Choosing::Offer(quote) => {
                        session.question = Some(Question::Purchase(quote.clone()));
                        Decision::Say(Say::ConfirmPurchaseAgain { quote: quote.clone() })
                    }
                    Choosing::Order(_) => Decision::Say(Say::Delivery(Delivery::Kept)),
                    Choosing::Next => Decision::Say(Say::AllRight),
                }),
                _ => None,
            }
        }
        Question::WhichAddress { order } => match reading.slot("Label") {
            Some(label) => Some(redirect(OrderRef::Number(order.clone()), Some(label.value.clone()))),
            None if no => Some(Decision::Say(Say::Delivery(Delivery::Kept))),
            // A bare label sounds like anything.
            None if intent == "AMAZON.FallbackIntent" || nothing_else(reading) => {
                let words = Some(reading.utterance.clone()).filter(|w| !w.is_empty());
                let words = words.or_else(|| fill::product_words(reading))?;
                Some(redirect(OrderRef::Number(order.clone()), Some(words)))
            }
            None => None,
        },
        Question::ChangeOrder(change) if yes => Some(Decision::Act(Act::Deliver(Ask::Make((**change).clone())))),
        Question::ChangeOrder(_) if no => Some(Decision::Say(Say::Delivery(Delivery::Kept))),
        _ => None,
    }
}

/// What the shop's answer leads to.
pub fn settle(session: &mut Session, task: Option<Task>, told: Told) -> Decision {
    let choosing = match task {
        Some(Task::Time(choosing)) => choosing,
        _ => Choosing::Next,
    };
    match &told {
        Told::Times { slots, .. } => {
            let (slots, asks) = (slots.clone(), !matches!(choosing, Choosing::Next));
            session.question = Some(Question::WhichTime { slots, choosing });
            return Decision::Say(Say::Delivery(Delivery::Told { told: Box::new(told), choosing: asks }));
        }
        // The new offer says the time.
        Told::Chosen(_) => {
            if let Choosing::Offer(quote) = choosing {
                return Decision::Act(super::settle::offer_again(&quote));
            }
        }
        Told::NoTimes | Told::Full => {
            if let Choosing::Offer(quote) = choosing {
                session.question = Some(Question::Purchase(quote));
            }
        }
        Told::Changeable(change) => {
            session.order = Some(change.order.clone());
            session.question = Some(Question::ChangeOrder(Box::new(change.clone())));
            let change = Box::new(change.clone());
            return Decision::Say(Say::Delivery(Delivery::Confirm { change }));
        }
        Told::WhichAddress { order, .. } => {
            session.order = Some(order.clone());
            session.question = Some(Question::WhichAddress { order: order.clone() });
        }
        Told::Changed(change) | Told::Already(change) => session.order = Some(change.order.clone()),
        Told::TooLate(order) => session.order = Some(order.number.clone()),
    }
    Decision::Say(Say::Delivery(Delivery::Told { told: Box::new(told), choosing: false }))
}

/// Whether a thing is named and nothing is said around it but an article's worth of letters.
fn nothing_else(reading: &Reading) -> bool {
    const ARTICLE: usize = 4;
    let named = ["Product", "Query"].iter().filter_map(|name| reading.slot(name));
    named
        .filter_map(|slot| slot.span.as_ref())
        .any(|s| s.start <= ARTICLE && s.end >= reading.utterance.trim_end().len())
}

/// A place in what was read out.
fn chosen(slots: &[Slot], reading: &Reading) -> Option<Slot> {
    let place = fill::place(reading).or_else(|| match fill::quantity(reading) {
        Ok(Some(n)) if reading.intent == "SetQuantityIntent" => Some(i64::from(n.get())),
        _ => None,
    })?;
    let at = if place == -1 { slots.len() } else { usize::try_from(place).ok()? };
    slots.get(at.checked_sub(1)?).copied()
}

/// Day and time as said. Days lie ahead: "Tuesday" said on a Wednesday is next week's.
fn wish(reading: &Reading, today: Date) -> Wish {
    let said = |name: &str| reading.slot(name).map(|s| s.value.to_ascii_uppercase());
    let (date, time) = (said("Date"), said("Time"));
    let mut days = date.as_deref().and_then(|d| dates::range(d, today));
    if let Some((first, last)) = days
        && last < today
        && first == last
    {
        let ahead = (0..7).map(|n| today.saturating_add(n.days())).find(|d| d.weekday() == first.weekday());
        days = ahead.map(|d| (d, d));
    }
    // "Tomorrow afternoon" may come as one value.
    let part = date.as_deref().and_then(|d| d.split_once('T')).map(|(_, part)| part.to_owned());
    let named = reading.slot("Part").map(|s| s.resolutions.first().map_or(s.value.as_str(), |r| r.id.as_str()));
    let named = named.and_then(|name| match name {
        "morning" => Some(DayTime::Morning),
        "afternoon" => Some(DayTime::Afternoon),
        "evening" => Some(DayTime::Evening),
        _ => None,
    });
    Wish { days, time: named.or_else(|| time.or(part).and_then(|t| day_time(&t))) }
}

fn day_time(value: &str) -> Option<DayTime> {
    match value {
        "MO" => Some(DayTime::Morning),
        "AF" => Some(DayTime::Afternoon),
        "EV" | "NI" => Some(DayTime::Evening),
        clock => Time::strptime("%H:%M", clock).ok().map(DayTime::At),
    }
}
