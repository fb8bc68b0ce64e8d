//! Products in the conversation: found by words, pointed at by place, and what is then done to them. Refuses to know
//! orders.

use super::refer::{Referent, resolve};
use super::session::{Purpose, Question, Session, Task};
use super::{Decision, Dialogue, Focus, Say, fill, several};
use crate::language::{Reading, Slot};
use crate::shop::advice::Advise;
use crate::shop::service::Request;
use crate::shop::{Act, Filters, Line, Quantity};

impl Dialogue {
    /// Looks for the product that a reading names.
    pub(super) fn find(
        &self,
        session: &mut Session,
        reading: &Reading,
        purpose: Purpose,
        quantity: Option<Quantity>,
    ) -> Decision {
        match fill::search(reading) {
            Some(search) => {
                session.task = Some(Task::Find { purpose, quantity });
                Decision::Act(Act::Search(search))
            }
            None => self.ask_what(session, purpose, quantity),
        }
    }

    pub(super) fn refine(&self, session: &mut Session, reading: &Reading) -> Decision {
        let mut search = match &session.results {
            Some(results) => results.search.clone(),
            // "Only organic" with nothing on the table is a search of its own.
            None => crate::shop::Search { limit: fill::PAGE, ..Default::default() },
        };
        if !fill::narrow(&mut search, reading) || (session.results.is_none() && search.filters == Filters::default()) {
            return self.ask_what(session, Purpose::Browse, None);
        }
        search.offset = 0;
        session.task = Some(Task::Find { purpose: Purpose::Browse, quantity: None });
        Decision::Act(Act::Search(search))
    }

    /// Something is wanted of a product: named by words, by its place in the list, or already on the table.
    pub(super) fn about(&self, session: &mut Session, reading: &Reading, purpose: Purpose) -> Decision {
        if matches!(purpose, Purpose::Basket | Purpose::Buy)
            && let Some(decision) = several::at_once(session, reading, purpose)
        {
            return decision;
        }
        let Ok(quantity) = fill::quantity(reading) else { return ask_how_many(session, reading) };
        if fill::product_words(reading).is_some() {
            return self.find(session, reading, purpose, quantity);
        }
        // "Put it in my basket" after a list was read out.
        if let (Purpose::Basket, None, None, Some(Say::Shelf { shelf, .. })) =
            (purpose, quantity, fill::place(reading), session.last.as_deref())
        {
            return Decision::Act(Act::ShelfToBasket { shelf: *shelf, what: None });
        }
        if let Some(decision) = everything(session, reading, purpose, quantity) {
            return decision;
        }
        match resolve(session, fill::place(reading)) {
            Referent::Product(product) => take(session, &product, purpose, quantity),
            Referent::NoSuchPlace(shown) => Decision::Say(Say::NoSuchChoice { shown }),
            Referent::Nothing => match (&session.results, purpose) {
                (Some(results), _) => {
                    let page = results.page.clone();
                    session.question = Some(Question::WhichOne { purpose, quantity });
                    Decision::Say(Say::AskWhichOne { page })
                }
                // "Buy it" with only a basket to mean.
                (None, Purpose::Buy) => Decision::Act(Act::QuoteBasket),
                (None, _) => self.ask_what(session, purpose, quantity),
            },
        }
    }

    pub(super) fn remove(&self, session: &mut Session, reading: &Reading) -> Decision {
        let Ok(quantity) = fill::quantity(reading) else { return ask_how_many(session, reading) };
        if let Some(what) = fill::product_words(reading) {
            return Decision::Act(Act::RemoveFromBasket { what, quantity });
        }
        match resolve(session, fill::place(reading)) {
            Referent::Product(product) => {
                Decision::Act(Act::RemoveFromBasket { what: product.sku.as_str().to_owned(), quantity })
            }
            _ => self.ask_what(session, Purpose::Browse, None),
        }
    }

    /// "Swap the oat milk for almond milk": the one goes, and the other waits for its turn as if it had been asked for then.
    pub(super) fn swap(&self, session: &mut Session, reading: &Reading) -> Decision {
        let Some(other) = reading.slot("Other") else { return self.remove(session, reading) };
        let words = format!("add {}", other.spoken);
        let wanted = Slot { name: "Product".into(), span: Some(4..words.len()), ..other.clone() };
        let add =
            Reading { slots: vec![wanted], utterance: words, ..Reading::bare("AddToBasketIntent", reading.source) };
        let mut slots = reading.slots.clone();
        slots.retain(|s| s.name != "Other");
        session.later.insert(0, add);
        self.remove(session, &Reading { slots, ..reading.clone() })
    }

    /// "Make it three": of what was just added, or of what is on the table.
    pub(super) fn requantify(&self, session: &mut Session, reading: &Reading) -> Decision {
        // "Double that."
        let twice = || match session.last.as_deref() {
            Some(Say::Added { line, .. } | Say::Changed { line, .. }) if doubles(reading) => {
                Quantity::new(2 * line.quantity.get()).ok()
            }
            _ => None,
        };
        let Some(quantity) = fill::quantity(reading).ok().flatten().or_else(twice) else {
            return ask_how_many(session, reading);
        };
        if let Some(Say::Added { line, .. } | Say::Changed { line, .. }) = session.last.as_deref() {
            return Decision::Act(Act::SetQuantity { what: line.product.sku.as_str().to_owned(), quantity });
        }
        // "One of each."
        if let Some(decision) = everything(session, reading, Purpose::Basket, Some(quantity)) {
            return decision;
        }
        match (&session.product, &session.results) {
            (Some(product), _) => take(session, &product.clone(), Purpose::Basket, Some(quantity)),
            // A bare "two" after a list is a place in it.
            (None, Some(_)) => match resolve(session, Some(i64::from(quantity.get()))) {
                Referent::Product(product) => take(session, &product, Purpose::Describe(Focus::All), None),
                Referent::NoSuchPlace(shown) => Decision::Say(Say::NoSuchChoice { shown }),
                Referent::Nothing => Decision::Say(Say::NothingOpen),
            },
            (None, None) => Decision::Say(Say::NothingOpen),
        }
    }

    pub(super) fn ask_what(&self, session: &mut Session, purpose: Purpose, quantity: Option<Quantity>) -> Decision {
        session.question = Some(Question::WhatProduct { purpose, quantity });
        Decision::Say(Say::AskWhatProduct)
    }
}

fn doubles(reading: &Reading) -> bool {
    reading.utterance.split_whitespace().any(|word| matches!(word, "double" | "twice"))
}

/// All results that were just read out, put into the basket or bought.
fn everything(
    session: &mut Session,
    reading: &Reading,
    purpose: Purpose,
    quantity: Option<Quantity>,
) -> Option<Decision> {
    let basket = purpose == Purpose::Basket;
    if !fill::all_of_them(reading) || !(basket || purpose == Purpose::Buy) {
        return None;
    }
    let page = &session.results.as_ref().filter(|_| session.product.is_none())?.page;
    let quantity_or_one = quantity.unwrap_or(Quantity::ONE);
    let lines = page.iter().map(|p| Line { sku: p.sku.clone(), quantity: quantity_or_one }).collect();
    session.task = Some(Task::Find { purpose, quantity });
    Some(Decision::Act(if basket { Act::AddLines { lines } } else { Act::Quote { lines } }))
}

/// Does to a known product what it is wanted for.
pub(super) fn take(
    session: &mut Session,
    product: &crate::shop::Product,
    purpose: Purpose,
    quantity: Option<Quantity>,
) -> Decision {
    let sku = product.sku.clone();
    let quantity_or_one = quantity.unwrap_or(Quantity::ONE);
    session.product = Some(product.clone());
    session.task = Some(Task::Find { purpose, quantity });
    let asking = session.asking.take();
    Decision::Act(match purpose {
        Purpose::Await => Act::Serve(Request::TellWhenBack { sku }),
        Purpose::Ask if let Some(question) = asking => Act::Advise(Advise::Product { sku, question }),
        Purpose::Browse | Purpose::Describe(_) | Purpose::Ask => Act::Describe { sku },
        Purpose::Basket => Act::AddToBasket { sku, quantity: quantity_or_one },
        Purpose::Buy => Act::Quote { lines: vec![Line { sku, quantity: quantity_or_one }] },
    })
}

/// The results after or before those last read out, with what one of them is wanted for.
pub(super) fn turn_page(
    session: &mut Session,
    forward: bool,
    purpose: Purpose,
    quantity: Option<Quantity>,
) -> Decision {
    let Some(results) = &session.results else { return Decision::Say(Say::NothingOpen) };
    let mut search = results.search.clone();
    if forward {
        let next = search.offset + results.page.len() as u32;
        if next >= results.total {
            return Decision::Say(Say::NoMoreResults);
        }
        search.offset = next;
    } else {
        if search.offset == 0 {
            return Decision::Say(Say::NoEarlierResults);
        }
        search.offset = search.offset.saturating_sub(fill::PAGE);
    }
    session.task = Some(Task::Find { purpose, quantity });
    Decision::Act(Act::Search(search))
}

pub(super) fn ask_how_many(session: &mut Session, reading: &Reading) -> Decision {
    session.question = Some(Question::HowMany(Box::new(reading.clone())));
    Decision::Say(Say::BadQuantity)
}
