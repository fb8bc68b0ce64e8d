//! After the sale: a return is talked through step by step (what, how many, why, how, yes), a complaint is taken down as
//! it is said, a person is asked for. Nothing goes back without an explicit yes. Refuses to know what may go back.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::session::{Question, Session};
use super::{Decision, Say, fill};
use crate::language::{Expectation, Reading};
use crate::shop::resemblance::Likeness;
use crate::shop::service::{Request, ReturnPlan, Returnable, Served};
use crate::shop::{Act, OrderNumber, OrderRef, Quantity};

/// What is said on the way, and at its end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Serve {
    AskWhichReturn {
        items: Vec<Returnable>,
    },
    AskHowMany {
        item: Returnable,
    },
    AskReason {
        item: Returnable,
    },
    AskMethod {
        item: Returnable,
    },
    /// The one question that opens a return.
    ConfirmReturn {
        plan: Box<ReturnPlan>,
    },
    AskComplaint,
    /// The one question that has a shopper forgotten.
    AskForgetMe,
    Done(Box<Served>),
}

/// A return on the way to being one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    items: Vec<Returnable>,
    item: Option<Returnable>,
    quantity: Option<Quantity>,
    reason: Option<String>,
    pickup: Option<bool>,
}

/// The next thing to ask.
enum Step {
    Which,
    HowMany(Returnable),
    Reason(Returnable),
    Method(Returnable),
    Confirm(ReturnPlan),
}

impl Draft {
    fn step(&self) -> Step {
        let Some(item) = self.item.clone() else { return Step::Which };
        let Some(quantity) = self.quantity else { return Step::HowMany(item) };
        let Some(reason) = self.reason.clone() else { return Step::Reason(item) };
        let Some(pickup) = self.pickup else { return Step::Method(item) };
        Step::Confirm(ReturnPlan { item, quantity, reason, pickup })
    }

    fn take(&mut self, item: Returnable) {
        self.quantity = (item.left == Quantity::ONE).then_some(Quantity::ONE);
        self.item = Some(item);
    }

    /// Whether any words at all are the answer.
    pub fn wants_words(&self) -> bool {
        matches!(self.step(), Step::Reason(_))
    }
}

pub fn expectation(draft: &Draft) -> Expectation {
    let of = |intents: &[&str], slot: Option<(&str, &str)>| Expectation {
        intents: intents.iter().map(|i| (*i).to_owned()).collect(),
        slot: slot.map(|(intent, slot)| (intent.to_owned(), slot.to_owned())),
    };
    match draft.step() {
        Step::Which => of(&["ReturnIntent", "ChooseResultIntent"], Some(("ChooseResultIntent", "Number"))),
        Step::HowMany(_) => of(&["SetQuantityIntent"], Some(("SetQuantityIntent", "Quantity"))),
        Step::Reason(_) => of(&["ReturnAnswerIntent"], Some(("ReturnAnswerIntent", "Reason"))),
        Step::Method(_) => of(&["ReturnAnswerIntent"], Some(("ReturnAnswerIntent", "Method"))),
        Step::Confirm(_) => of(&["AMAZON.YesIntent", "AMAZON.NoIntent"], None),
    }
}

/// "I want to return the lamp."
pub fn begin_return(session: &Session, reading: &Reading, today: Date) -> Decision {
    let named = fill::product_words(reading).map(OrderRef::Product);
    let order = match fill::order(reading, today) {
        Ok(OrderRef::Latest) => named.or_else(|| pointed_at(session)),
        Ok(order) => Some(order),
        Err(()) => None,
    };
    serve(Request::Returnable { order })
}

/// "Return it", of an order or of a thing just spoken of.
fn pointed_at(session: &Session) -> Option<OrderRef> {
    session.order.clone().map(OrderRef::Number)
}

pub fn invoice(session: &Session, reading: &Reading, today: Date) -> Decision {
    let order = match fill::order(reading, today) {
        Ok(OrderRef::Latest) => session.order.clone().map_or(OrderRef::Latest, OrderRef::Number),
        Ok(order) => order,
        Err(()) => OrderRef::Latest,
    };
    serve(Request::Invoice { order })
}

/// "I want to complain about the driver": what it is about is said along, or asked for.
pub fn complain(session: &mut Session, reading: &Reading) -> Decision {
    if reading.slot("Words").is_some() {
        return take_down(session.order.clone(), reading);
    }
    session.question = Some(Question::Complaint(session.order.clone()));
    Decision::Say(Say::Service(Serve::AskComplaint))
}

/// Whatever was said is the complaint.
pub fn take_down(order: Option<OrderNumber>, reading: &Reading) -> Decision {
    let slot = || reading.slot("Words").map(|s| s.spoken.clone()).unwrap_or_default();
    let words = if reading.utterance.is_empty() { slot() } else { reading.utterance.clone() };
    serve(Request::Complain { words, order })
}

pub fn hand_over(session: &Session) -> Decision {
    serve(Request::HandOver { conversation: session.talk.iter().map(|e| (**e).clone()).collect() })
}

pub fn serve(request: Request) -> Decision {
    Decision::Act(Act::Serve(request))
}

/// Reads an answer into the draft; `None` when it is none.
pub fn answer(session: &mut Session, draft: &Draft, reading: &Reading) -> Option<Decision> {
    let intent = reading.intent.as_str();
    let mut draft = draft.clone();
    if matches!(intent, "AMAZON.StopIntent" | "AMAZON.StartOverIntent") {
        return None;
    }
    if matches!(intent, "AMAZON.NoIntent" | "AMAZON.CancelIntent") {
        return Some(Decision::Say(Say::AllRight));
    }
    // What was meant as an answer and is none is asked again; anything else is another subject.
    let tried = matches!(intent, "AMAZON.FallbackIntent" | "ReturnAnswerIntent");
    match draft.step() {
        Step::Which => match chosen(&draft.items, reading) {
            Some(item) => draft.take(item),
            None if tried => {}
            None => return None,
        },
        Step::HowMany(item) => match fill::quantity(reading) {
            Ok(Some(n)) if n <= item.left => draft.quantity = Some(n),
            Ok(Some(_)) | Err(()) => {}
            Ok(None) if tried => {}
            Ok(None) => return None,
        },
        Step::Reason(_) => {
            let slot = || reading.slot("Reason").map(|s| s.spoken.clone()).unwrap_or_default();
            let words = if reading.utterance.is_empty() { slot() } else { reading.utterance.clone() };
            if words.is_empty() {
                return None;
            }
            draft.reason = Some(words);
        }
        Step::Method(_) => match reading.slot("Method") {
            Some(slot) => {
                let id = slot.resolutions.first().map_or(slot.value.as_str(), |r| r.id.as_str());
                draft.pickup = Some(id == "pickup");
            }
            None if tried => {}
            None => return None,
        },
        Step::Confirm(plan) if intent == "AMAZON.YesIntent" => {
            session.order = Some(plan.item.order.clone());
            return Some(serve(Request::Return(plan)));
        }
        Step::Confirm(_) if tried => {}
        Step::Confirm(_) => return None,
    }
    Some(ask(session, draft))
}

/// One of what may go back: by its place in what was read out, or by words for it.
fn chosen(items: &[Returnable], reading: &Reading) -> Option<Returnable> {
    if let Some(place) = fill::place(reading) {
        let at = if place == -1 { items.len() } else { usize::try_from(place).ok()? };
        return items.get(at.checked_sub(1)?).cloned();
    }
    let words = fill::product_words(reading).unwrap_or_else(|| reading.utterance.clone());
    let likeness = Likeness::of(&words);
    let like = items.iter().map(|i| (likeness.to(&i.spoken_name, ""), i));
    // The first of equals is the newest.
    let (like, item) = like.rev().max_by(|a, b| a.0.total_cmp(&b.0))?;
    (like >= Likeness::ENOUGH).then(|| item.clone())
}

fn ask(session: &mut Session, draft: Draft) -> Decision {
    let serve = match draft.step() {
        Step::Which => Serve::AskWhichReturn { items: draft.items.clone() },
        Step::HowMany(item) => Serve::AskHowMany { item },
        Step::Reason(item) => Serve::AskReason { item },
        Step::Method(item) => Serve::AskMethod { item },
        Step::Confirm(plan) => Serve::ConfirmReturn { plan: Box::new(plan) },
    };
    session.question = Some(Question::Return(Box::new(draft)));
    Decision::Say(Say::Service(serve))
}

pub fn settle(session: &mut Session, served: Served) -> Decision {
    match served {
        Served::Returnable(items) => {
            let only = match &items[..] {
                [only] => Some(only.clone()),
                _ => None,
            };
            let mut draft = Draft { items, item: None, quantity: None, reason: None, pickup: None };
            if let Some(only) = only {
                draft.take(only);
            }
            ask(session, draft)
        }
        Served::News(products) if products.is_empty() => Decision::Say(super::topics::welcome(session)),
        Served::News(products) => {
            session.product = products.first().filter(|_| products.len() == 1).cloned();
            Decision::Say(Say::Service(Serve::Done(Box::new(Served::News(products)))))
        }
        served => Decision::Say(Say::Service(Serve::Done(Box::new(served)))),
    }
}
