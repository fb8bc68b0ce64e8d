//! Things named together, and where they wait: several in one breath, the shopping list, what is saved for later.
//! Decides which act they become; refuses to know products.

use super::fill;
use super::refer::{Referent, resolve};
use super::session::{Purpose, Question, Session, Task};
use super::{Decision, Say};
use crate::language::Reading;
use crate::language::items::{self, Item};
use crate::language::pointing::pointing;
use crate::shop::{Act, Amount, Quantity, Shelf, Want};

/// The act for several things at once, or for one counted in pieces ("a dozen eggs"); `None` where the reading's own
/// slots say it all.
pub fn at_once(session: &mut Session, reading: &Reading, purpose: Purpose) -> Option<Decision> {
    let items = named(reading);
    if items.iter().any(|i| pointing(&i.words).is_some()) {
        return None;
    }
    let lots = items.iter().any(|i| matches!(i.amount, items::Amount::Lots { .. }));
    if items.len() < 2 && !lots {
        return None;
    }
    let Ok(wants) = wants(items) else { return Some(Decision::Say(Say::BadQuantity)) };
    session.task = Some(Task::Find { purpose, quantity: None });
    Some(Decision::Act(match purpose {
        Purpose::Buy => Act::QuoteEach { wants },
        _ => Act::AddEach { wants },
    }))
}

/// "Put milk and eggs on my list."
pub fn write_down(session: &mut Session, reading: &Reading) -> Decision {
    let mut items = named(reading);
    // "Add something to my list" names nothing, not even what was last spoken of.
    let unnamed = reading.utterance.split_whitespace().any(|w| matches!(w, "something" | "anything"));
    items.retain(|i| !matches!(i.words.as_str(), "something" | "anything"));
    if items.is_empty()
        && !unnamed
        && let Referent::Product(product) = resolve(session, fill::place(reading))
    {
        items = vec![Item { words: product.spoken_name, amount: items::Amount::Unsaid, joined: false }];
    }
    if items.is_empty() {
        session.question = Some(Question::WhatForList);
        return Decision::Say(Say::AskWhatForList);
    }
    match wants(items) {
        Ok(wants) => Decision::Act(Act::PutOnList { wants }),
        Err(()) => Decision::Say(Say::BadQuantity),
    }
}

/// Whether a search holds nothing but the things themselves: an answer to "what shall I write down?", not a request.
pub fn is_bare(reading: &Reading) -> bool {
    ["Product", "Query"]
        .iter()
        .filter_map(|name| reading.slot(name))
        .any(|s| s.span.as_ref().is_some_and(|s| s.start == 0))
}

/// "Change the milk to three."
pub fn change(session: &Session, reading: &Reading) -> Option<Decision> {
    let what = pointed_at(session, reading)?;
    Some(match fill::quantity(reading) {
        Ok(Some(quantity)) => Decision::Act(Act::SetQuantity { what, quantity }),
        _ => Decision::Say(Say::BadQuantity),
    })
}

pub fn save_for_later(session: &Session, reading: &Reading) -> Decision {
    match pointed_at(session, reading) {
        Some(what) => Decision::Act(Act::SaveForLater { what }),
        None => Decision::Act(Act::ShowBasket),
    }
}

pub fn to_basket(shelf: Shelf, reading: &Reading) -> Decision {
    Decision::Act(Act::ShelfToBasket { shelf, what: fill::product_words(reading) })
}

pub fn cross_off(session: &mut Session, shelf: Shelf, reading: &Reading) -> Decision {
    match fill::product_words(reading) {
        Some(words) => Decision::Act(Act::TakeOffShelf { shelf, what: Some(words) }),
        None => clear(session, shelf),
    }
}

/// The shelf is counted first, and whether to clear it is asked.
pub fn clear(session: &mut Session, shelf: Shelf) -> Decision {
    session.task = Some(Task::ClearShelf(shelf));
    Decision::Act(Act::ShowShelf { shelf })
}

/// The basket line meant: by words, or the product last spoken of.
fn pointed_at(session: &Session, reading: &Reading) -> Option<String> {
    fill::product_words(reading).or_else(|| match resolve(session, fill::place(reading)) {
        Referent::Product(product) => Some(product.sku.as_str().to_owned()),
        _ => None,
    })
}

/// The things a reading names: read from the words between its first and last slot, since a list does not fit into
/// slots. Where Alexa sent no words, from the slots' own.
fn named(reading: &Reading) -> Vec<Item> {
    let slots: Vec<_> = ["Quantity", "Product", "Query"].iter().filter_map(|name| reading.slot(name)).collect();
    let spans = slots.iter().map(|s| s.span.clone()).collect::<Option<Vec<_>>>().filter(|s| !s.is_empty());
    let said = spans.and_then(|spans| {
        let from = spans.iter().map(|s| s.start).min()?;
        let to = spans.iter().map(|s| s.end).max()?;
        reading.utterance.get(from..to)
    });
    match said {
        Some(said) => items::items(said),
        None => items::items(&listed(reading)),
    }
}

/// Slots that came without words, as one would say them: a slot with several values is a list.
fn listed(reading: &Reading) -> String {
    let all = |name: &str| {
        let values = reading.slots.iter().filter(|s| s.name == name && !s.value.is_empty());
        values.map(|s| s.value.as_str()).collect::<Vec<_>>().join(", ")
    };
    let count = reading.slot("Quantity").map(|s| s.value.clone()).unwrap_or_default();
    [count, all("Product"), all("Query")].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

fn wants(items: Vec<Item>) -> Result<Vec<Want>, ()> {
    let amount = |said| match said {
        items::Amount::Unsaid => Ok(Amount::Count(Quantity::ONE)),
        items::Amount::Count(n) => Quantity::new(n).map(Amount::Count).map_err(|_| ()),
        items::Amount::Lots { count, size } => Ok(Amount::Pieces(count.saturating_mul(size))),
    };
    items.into_iter().map(|i| Ok(Want { words: i.words, amount: amount(i.amount)?, joined: i.joined })).collect()
}
