//! Open questions: what they make likely, and what an answer to them leads to.

use jiff::Zoned;

use super::products::{take, turn_page};
use super::session::{Purpose, Question, Session, Task};
use super::{Choosing, Decision, Dialogue, Errand, Say, delivery, errand, fill, refer, reminders};
use crate::language::{Expectation, Reading};
use crate::shop::pin::Pin;
use crate::shop::preferences::Preference;
use crate::shop::service::Request;
use crate::shop::{Act, Line, OrderNumber, OrderRef, Quantity, link};

/// Whether a reading answered the question, and with what.
#[allow(clippy::large_enum_variant)] // lives for one call
pub enum Answered {
    Done(Decision),
    /// "Yes, that is what I said": go on with this reading.
    Reading(Box<Reading>),
    NotAnAnswer,
}

const YES_NO: &[&str] = &["AMAZON.YesIntent", "AMAZON.NoIntent"];

/// What the open question, or the open list, makes likely.
pub fn expectation(session: &Session) -> Expectation {
    let expect = |intents: &[&str], slot: Option<(&str, &str)>| Expectation {
        intents: intents.iter().map(|i| (*i).to_owned()).collect(),
        slot: slot.map(|(i, s)| (i.to_owned(), s.to_owned())),
    };
    let a_choice = Some(("ChooseResultIntent", "Number"));
    match &session.question {
        Some(Question::Purchase(_)) => expect(
            &["AMAZON.YesIntent", "AMAZON.NoIntent", "SetQuantityIntent"],
            Some(("SetQuantityIntent", "Quantity")),
        ),
        Some(Question::Pin(_)) => expect(&["PinIntent"], Some(("PinIntent", "Pin"))),
        Some(Question::LinkCode) => expect(&["LinkCodeIntent"], Some(("LinkCodeIntent", "LinkCode"))),
        Some(Question::HowMany(_)) => expect(&["SetQuantityIntent"], Some(("SetQuantityIntent", "Quantity"))),
        Some(Question::Shortage { .. }) => expect(YES_NO, Some(("SetQuantityIntent", "Quantity"))),
        Some(Question::WhichOne { .. } | Question::WhichReminder(_)) => expect(&["ChooseResultIntent"], a_choice),
        Some(Question::WhatProduct { .. }) => expect(&["SearchProductIntent"], Some(("SearchProductIntent", "Query"))),
        Some(Question::WhichToCancel) => expect(&["CancelOrderIntent"], Some(("CancelOrderIntent", "OrderNumber"))),
        Some(Question::WhichOrder) => expect(&["TrackOrderIntent"], Some(("TrackOrderIntent", "OrderNumber"))),
        Some(Question::More) => expect(
            &["AMAZON.YesIntent", "AMAZON.NoIntent", "ChooseResultIntent", "AMAZON.NextIntent", "RefineSearchIntent"],
            a_choice,
        ),
        Some(question @ (Question::WhichTime { .. } | Question::WhichAddress { .. } | Question::ChangeOrder(_))) => {
            delivery::expectation(question)
        }
        Some(Question::Return(draft)) => super::service::expectation(draft),
        Some(Question::Complaint(_)) => expect(&["ComplaintIntent"], Some(("ComplaintIntent", "Words"))),
        Some(Question::WhatForList) => expect(&["AddToListIntent"], Some(("AddToListIntent", "Query"))),
        Some(
            Question::EmptyBasket
            | Question::Join
            | Question::Forget(_)
            | Question::Remind(_)
            | Question::CancelReminder(_)
            | Question::Link(_)
            | Question::ForgetMe
            | Question::Instead { .. }
            | Question::TellWhenBack(_)
            | Question::DidYouSay(_)
            | Question::LookFor(_)
            | Question::Suggested { .. }
            | Question::These { .. }
            | Question::ClearShelf(_)
            | Question::Next(_)
            | Question::DropLink(_)
            | Question::CancelOrder(_),
        ) => expect(YES_NO, None),
        Some(Question::SendLinkAgain(_)) => expect(&["AMAZON.YesIntent", "AMAZON.NoIntent", "PayByLinkIntent"], None),
        None if session.results.is_some() => expect(
            &["ChooseResultIntent", "RefineSearchIntent", "AMAZON.NextIntent", "AMAZON.PreviousIntent"],
            a_choice,
        ),
        None => Expectation::default(),
    }
}

/// Reads `reading` as the answer to `question`, which has been taken out of the session.
pub fn answer(session: &mut Session, question: &Question, reading: &Reading, here: &Zoned) -> Answered {
    let intent = reading.intent.as_str();
    let yes = intent == "AMAZON.YesIntent";
    let no = matches!(intent, "AMAZON.NoIntent" | "AMAZON.CancelIntent");
    let say = |s| Answered::Done(Decision::Say(s));
    let act = |a| Answered::Done(Decision::Act(a));
    match question {
        Question::Purchase(quote) => match (intent, &quote.lines[..]) {
            _ if yes => {
                session.task = Some(Task::Buy(quote.clone()));
                act(Act::Buy { quote_id: quote.id.clone(), pin: None })
            }
            _ if no => say(Say::NotBought),
            // "Make it two": a new offer for the same thing.
            ("SetQuantityIntent", [line]) => match fill::quantity(reading) {
                Ok(Some(quantity)) => {
                    session.task = Some(Task::Find { purpose: Purpose::Buy, quantity: Some(quantity) });
                    act(Act::Quote { lines: vec![Line { sku: line.product.sku.clone(), quantity }] })
                }
                _ => {
                    session.question = Some(question.clone());
                    say(Say::BadQuantity)
                }
            },
            _ if errand::means_device(reading) => Answered::Done(errand::address(Some(quote.clone()))),
            ("PayByLinkIntent", _) => act(Act::BuyByLink { quote_id: quote.id.clone() }),
            ("DeliveryTimesIntent", _) => {
                Answered::Done(delivery::times(session, reading, Choosing::Offer(quote.clone()), here))
            }
            ("ChooseSlotIntent" | "MoveDeliveryIntent", _) => {
                Answered::Done(delivery::choose(session, reading, Choosing::Offer(quote.clone()), here))
            }
            ("UseCouponIntent" | "ChooseAddressIntent", _) => match super::topics::terms(reading) {
                Some(change) => {
                    session.task = Some(Task::OfferAgain(quote.clone()));
                    act(change)
                }
                None => Answered::NotAnAnswer,
            },
            _ => Answered::NotAnAnswer,
        },
        Question::Link(quote) if yes || intent == "PayByLinkIntent" => {
            act(Act::BuyByLink { quote_id: quote.id.clone() })
        }
        Question::Link(_) if no => say(Say::NotBought),
        Question::Pin(quote) if intent == "PayByLinkIntent" => act(Act::BuyByLink { quote_id: quote.id.clone() }),
        Question::Pin(quote) => match said_pin(reading) {
            Some(pin) => {
                session.task = Some(Task::Buy(quote.clone()));
                act(Act::Buy { quote_id: quote.id.clone(), pin: Some(pin) })
            }
            None if no => say(Say::NotBought),
            // Digits that are no PIN cost no try.
            None if digits(reading).is_some() || intent == "PinIntent" || intent == "AMAZON.FallbackIntent" => {
                session.question = Some(question.clone());
                say(Say::AskPin { tries_left: None })
            }
            None => Answered::NotAnAnswer,
        },
        Question::Remind(reminder) if yes => Answered::Done(Decision::Errand(Errand::Remind(reminder.clone()))),
        Question::CancelReminder(reminder) if yes => {
            Answered::Done(Decision::Errand(Errand::CancelReminder(reminder.clone())))
        }
        Question::WhichReminder(standing) => match chosen(reading) {
            Some(place) => reminders::chosen(session, standing, place),
            None if no => say(Say::AllRight),
            None => Answered::NotAnAnswer,
        },
        Question::Remind(_) | Question::CancelReminder(_) if no => say(Say::AllRight),
        Question::Remind(_) | Question::CancelReminder(_) => Answered::NotAnAnswer,
        Question::Shortage { sku, left, purpose } => {
            let quantity = match fill::quantity(reading) {
                Ok(Some(quantity)) if intent == "SetQuantityIntent" => quantity,
                _ if yes => *left,
                _ if no => return say(if *purpose == Purpose::Buy { Say::NotBought } else { Say::AllRight }),
                _ => return Answered::NotAnAnswer,
            };
            session.task = Some(Task::Find { purpose: *purpose, quantity: Some(quantity) });
            act(match purpose {
                Purpose::Buy => Act::Quote { lines: vec![Line { sku: sku.clone(), quantity }] },
                _ => Act::AddToBasket { sku: sku.clone(), quantity },
            })
        }
        Question::WhichOne { purpose, quantity } => match (intent, chosen(reading)) {
            // "Make that two" says how many, and not yet of which.
            ("SetQuantityIntent", _) if reading.utterance.split_whitespace().any(|w| w == "make") => {
                match (fill::quantity(reading), &session.results) {
                    (Ok(Some(quantity)), Some(results)) => {
                        let page = results.page.clone();
                        session.question = Some(Question::WhichOne { purpose: *purpose, quantity: Some(quantity) });
                        say(Say::AskWhichOne { page })
                    }
                    _ => Answered::NotAnAnswer,
                }
            }
            ("ChooseResultIntent" | "SetQuantityIntent" | "ProductDetailIntent", Some(place)) => {
                match refer::resolve(session, Some(place)) {
                    refer::Referent::Product(product) => Answered::Done(take(session, &product, *purpose, *quantity)),
                    refer::Referent::NoSuchPlace(shown) => {
                        session.question = Some(question.clone());
                        say(Say::NoSuchChoice { shown })
                    }
                    refer::Referent::Nothing => Answered::NotAnAnswer,
                }
            }
            ("SearchProductIntent", None) => Answered::Done(Dialogue.find(session, reading, *purpose, *quantity)),
            // "Shall I read on?" may have been asked along with the list.
            ("AMAZON.NextIntent" | "AMAZON.MoreIntent" | "AMAZON.YesIntent", _) => {
                Answered::Done(turn_page(session, true, *purpose, *quantity))
            }
            ("AMAZON.PreviousIntent", _) => Answered::Done(turn_page(session, false, *purpose, *quantity)),
            _ if no => say(Say::AllRight),
            _ => Answered::NotAnAnswer,
        },
        Question::WhatProduct { purpose, quantity } => match intent {
            "SearchProductIntent" => Answered::Done(Dialogue.find(session, reading, *purpose, *quantity)),
            _ if no => say(Say::AllRight),
            _ => Answered::NotAnAnswer,
        },
        Question::HowMany(asked) => match (fill::quantity(reading), reading.slot("Quantity")) {
            (Ok(Some(_)), Some(number)) if intent == "SetQuantityIntent" => {
                let mut asked = asked.clone();
                asked.slots.retain(|s| s.name != "Quantity");
                asked.slots.push(number.clone());
                Answered::Reading(asked)
            }
            _ if no => say(Say::AllRight),
            _ => Answered::NotAnAnswer,
        },
        Question::LookFor(words) if yes => {
            session.task = Some(Task::Find { purpose: Purpose::Browse, quantity: None });
            let search = crate::shop::Search { query: words.clone(), limit: fill::PAGE, ..Default::default() };
            act(Act::Search(search))
        }
        Question::DropLink(quote_id) if yes => act(Act::DropLinks { quote_id: Some(quote_id.clone()) }),
        Question::SendLinkAgain(quote_id) if yes || intent == "PayByLinkIntent" => {
            act(Act::SendLinkAgain { quote_id: quote_id.clone() })
        }
        Question::CancelOrder(number) if yes => act(Act::CancelOrder { number: number.clone() }),
        Question::WhichToCancel => match digits(reading).and_then(|d| OrderNumber::new(d).ok()) {
            Some(number) => {
                session.task = Some(Task::CancelOrder);
                act(Act::Track(OrderRef::Number(number)))
            }
            None if no => say(Say::AllRight),
            None => Answered::NotAnAnswer,
        },
        Question::WhichOrder => match digits(reading).and_then(|d| OrderNumber::new(d).ok()) {
            Some(number) => {
                session.task = Some(Task::Track(OrderRef::Number(number.clone())));
                act(Act::Track(OrderRef::Number(number)))
            }
            None if no => say(Say::AllRight),
            None => Answered::NotAnAnswer,
        },
        Question::WhichTime { .. } | Question::WhichAddress { .. } | Question::ChangeOrder(_) => {
            match delivery::answer(session, question, reading, here) {
                Some(decision) => Answered::Done(decision),
                None => Answered::NotAnAnswer,
            }
        }
        Question::Return(draft) => match super::service::answer(session, draft, reading) {
            Some(decision) => Answered::Done(decision),
            None => Answered::NotAnAnswer,
        },
        Question::Complaint(_) if no || intent == "AMAZON.StopIntent" => say(Say::AllRight),
        Question::Complaint(order) if !super::policy::keeps_question(reading) => {
            Answered::Done(super::service::take_down(order.clone(), reading))
        }
        Question::Instead { product, purpose, quantity } if yes => {
            Answered::Done(take(session, product, *purpose, *quantity))
        }
        Question::TellWhenBack(sku) if yes => act(Act::Serve(Request::TellWhenBack { sku: sku.clone() })),
        Question::Suggested { sku, quantity, .. } if yes => {
            act(Act::AddToBasket { sku: sku.clone(), quantity: *quantity })
        }
        Question::Suggested { sku, with, unasked, .. } if no => {
            Answered::Done(super::ideas::refused(session, sku, with, *unasked))
        }
        Question::LinkCode if no => say(Say::AllRight),
        Question::LinkCode => match super::linking::answer(session, reading) {
            Some(decision) => Answered::Done(decision),
            None => Answered::NotAnAnswer,
        },
        Question::Join if yes => act(Act::Link(link::Request::Join)),
        Question::Forget(what) if yes => act(Act::Prefer(Preference::Forget(*what))),
        Question::ForgetMe if yes => act(Act::Serve(Request::ForgetMe)),
        Question::EmptyBasket if yes => act(Act::EmptyBasket),
        Question::More if yes => Answered::Done(turn_page(session, true, Purpose::Browse, None)),
        Question::These { lines, purpose } if yes => {
            session.task = Some(Task::Find { purpose: *purpose, quantity: None });
            let lines = lines.clone();
            act(match purpose {
                Purpose::Buy => Act::Quote { lines },
                _ => Act::AddLines { lines },
            })
        }
        Question::These { purpose: Purpose::Buy, .. } if no => say(Say::NotBought),
        Question::ClearShelf(shelf) if yes => act(Act::TakeOffShelf { shelf: *shelf, what: None }),
        Question::WhatForList
            if intent == "AddToListIntent" || intent == "SearchProductIntent" && super::several::is_bare(reading) =>
        {
            Answered::Done(super::several::write_down(session, reading))
        }
        Question::DidYouSay(meant) | Question::Next(meant) if yes => Answered::Reading(meant.clone()),
        Question::DidYouSay(_) if no => say(Say::NotHeard),
        Question::EmptyBasket
        | Question::Join
        | Question::Forget(_)
        | Question::ForgetMe
        | Question::Instead { .. }
        | Question::TellWhenBack(_)
        | Question::LookFor(_)
        | Question::More
        | Question::These { .. }
        | Question::ClearShelf(_)
        | Question::WhatForList
        | Question::Next(_)
        | Question::DropLink(_)
        | Question::SendLinkAgain(_)
        | Question::CancelOrder(_)
            if no =>
        {
            say(Say::AllRight)
        }
        _ => Answered::NotAnAnswer,
    }
}

/// A place in a list, or a bare number said in answer to "which one?".
fn chosen(reading: &Reading) -> Option<i64> {
    fill::place(reading).or_else(|| match fill::quantity(reading) {
        Ok(Some(n)) => Some(i64::from(Quantity::get(n))),
        _ => None,
    })
}

fn said_pin(reading: &Reading) -> Option<Pin> {
    let slot = reading.slot("Pin").map(|s| s.value.as_str());
    slot.or_else(|| digits(reading)).and_then(|d| Pin::new(d).ok())
}

/// The digits of whichever number slot was filled.
fn digits(reading: &Reading) -> Option<&str> {
    ["OrderNumber", "Number", "Quantity"].iter().find_map(|name| reading.slot(name)).map(|s| s.value.as_str())
}
