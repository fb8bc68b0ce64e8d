//! Questions before buying: which of the shop's knowledge a reading asks for, and what is said to the answer. Refuses to
//! know what the shop knows.

use super::refer::{Referent, resolve};
use super::session::{Purpose, Question as Open, Results, Session, Task};
use super::{Decision, Dialogue, Kept, Say, fill};
use crate::language::Reading;
use crate::shop::advice::{Advice, Advise, Pick};
use crate::shop::compare::Comparison;
use crate::shop::facts::Question;
use crate::shop::faq::Ask;
use crate::shop::{Act, Product, Search};

/// "What is your return policy?"
pub fn policy(reading: &Reading) -> Decision {
    // The whole sentence tells more than its slot; Alexa sends the slot alone.
    let slot =
        || ["Topic", "Question"].iter().find_map(|n| reading.slot(n)).map(|s| s.value.clone()).unwrap_or_default();
    let question = if reading.utterance.is_empty() { slot() } else { reading.utterance.clone() };
    Decision::Act(Act::Advise(Advise::Policy { question, ask: Ask::Meant }))
}

/// Words that fit no intent: perhaps a page is about them.
pub fn guess(reading: &Reading) -> Decision {
    Decision::Act(Act::Advise(Advise::Policy { question: reading.utterance.clone(), ask: Ask::Guessed }))
}

pub fn not_understood(session: &mut Session) -> Decision {
    session.misses += 1;
    Decision::Say(Say::NotUnderstood { tries: session.misses })
}

/// "Is it gluten free?", "how big is the second one?", "what are the headphones made of?"
pub fn question(session: &mut Session, reading: &Reading) -> Decision {
    let said = |name: &str| reading.slot(name).map(fill::words);
    let id = |name: &str| {
        let slot = reading.slot(name)?;
        Some(slot.resolutions.first().map_or_else(|| slot.value.clone(), |r| r.id.clone()))
    };
    let is = |what: String, of: Option<&str>| Question::Is { what, of: of.map(str::to_owned) };
    let question = id("Aspect")
        .map(Question::Aspect)
        .or_else(|| Some(is(said("Feature")?, None)))
        .or_else(|| Some(is(said("Color")?, Some("color"))))
        .or_else(|| Some(Question::Has(said("Content")?)))
        // "Is it for running?": any words at all.
        .or_else(|| Some(Question::Has(said("Query")?)));
    let Some(question) = question else {
        return Dialogue.about(session, reading, Purpose::Describe(super::Focus::All));
    };
    session.asking = Some(question);
    let mut bare = reading.clone();
    // What is asked is not what is looked for.
    bare.slots.retain(|s| matches!(s.name.as_str(), "Product" | "Ordinal"));
    Dialogue.about(session, &bare, Purpose::Ask)
}

/// "Compare the first two", "what's the difference between oat milk and almond milk", "which is better for running".
pub fn compare(session: &mut Session, reading: &Reading) -> Decision {
    let need = reading.slot("Need").map(fill::words);
    let named = |name: &str| reading.slot(name).map(fill::words).map(Pick::Words);
    let placed = |name: &str| {
        let place = match reading.slot(name)?.value.as_str() {
            "last" => -1,
            digits => digits.parse().ok()?,
        };
        match resolve(session, Some(place)) {
            Referent::Product(product) => Some(Pick::Sku(product.sku)),
            _ => None,
        }
    };
    let mut picks: Vec<Pick> =
        [named("Product"), placed("Ordinal"), named("Other"), placed("OtherOrdinal")].into_iter().flatten().collect();
    let shown = session.results.iter().flat_map(|r| r.page.iter()).map(|p| &p.sku);
    // "Is it better than the second one": what was last spoken of, then what was read out first.
    let one = picks.len() == 1;
    let table = session.product.iter().map(|p| &p.sku).filter(|_| one).chain(shown);
    for sku in table {
        if picks.len() < 2 && !picks.contains(&Pick::Sku(sku.clone())) {
            picks.push(Pick::Sku(sku.clone()));
        }
    }
    match <[Pick; 2]>::try_from(picks) {
        Ok([left, right]) => Decision::Act(Act::Advise(Advise::Compare { left, right, need })),
        Err(_) => Decision::Say(Say::Advice(Advice::NothingToCompare)),
    }
}

pub fn settle(session: &mut Session, task: Option<Task>, advice: Advice) -> Decision {
    match &advice {
        // The pages were asked only in case: what would have been said without them is said.
        Advice::NoPolicy { .. } if let Some(Task::OrSay(say)) = task => return Decision::Say(*say),
        Advice::NoPolicy { ask: Ask::Guessed } => return not_understood(session),
        // A change of subject like any other.
        Advice::Policy(_) => {
            session.question = None;
            if matches!(task, Some(Task::OrSay(_))) {
                session.results = None;
            }
        }
        Advice::Compared(compared) => on_the_table(session, compared),
        Advice::Substitute { missing, instead: Some(compared) } => {
            session.product = Some((**missing).clone());
            let (purpose, quantity) = match task {
                Some(Task::Find { purpose, quantity }) => (purpose, quantity),
                _ => (Purpose::Basket, None),
            };
            let product = Box::new(compared.right.clone());
            session.question = Some(Open::Instead { product, purpose, quantity });
        }
        Advice::Substitute { missing, instead: None } => {
            session.product = Some((**missing).clone());
            session.question = Some(Open::TellWhenBack(missing.sku.clone()));
        }
        Advice::Fact { product, .. } => session.product = Some((**product).clone()),
        _ => {}
    }
    session.misses = 0;
    Decision::Say(Say::Advice(advice))
}

/// "The first one" is one of the two, unless both are in the list that was read out.
fn on_the_table(session: &mut Session, compared: &Comparison) {
    let shown = session.results.as_ref().map(|r| r.page.as_slice()).unwrap_or_default();
    let pair = [&compared.left, &compared.right];
    if pair.iter().all(|p| shown.iter().any(|s| s.sku == p.sku)) {
        return;
    }
    let search = Search { limit: fill::PAGE, ..Search::default() };
    session.results = Some(Kept::new(Results { search, page: pair.map(Clone::clone).to_vec(), total: 2 }));
}

/// Nothing, or nothing quite like it, was found: perhaps it was no product that was meant, and a page is about it.
pub fn or_say(session: &mut Session, question: String, ask: Ask, say: Say) -> Decision {
    session.task = Some(Task::OrSay(Box::new(say)));
    Decision::Act(Act::Advise(Advise::Policy { question, ask }))
}

/// One thing is sold out: what comes nearest to it?
pub fn instead(session: &mut Session, missing: &Product, task: Option<Task>) -> Decision {
    session.task = task;
    Decision::Act(Act::Advise(Advise::Substitute { sku: missing.sku.clone() }))
}
