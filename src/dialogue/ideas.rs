//! Ideas for what else to buy: asked for, or offered unasked where they are likely to be right. What is refused is not
//! offered again in this conversation, nor is anything of its kind. Refuses to know how ideas are found.

use super::refer::{Referent, resolve};
use super::session::{Question, Session, Task};
use super::{Decision, Say, fill};
use crate::language::Reading;
use crate::shop::suggest::{Suggest, Suggestion, With};
use crate::shop::{Act, Sku};

/// Unasked offers in one conversation, and refused ones remembered.
const UNASKED: u32 = 2;
const REMEMBERED: usize = 30;

/// "What goes with this?", "what do people buy with pasta?"
pub fn goes_with(session: &mut Session, reading: &Reading) -> Decision {
    let with = match fill::product_words(reading) {
        Some(words) => With::Words(words),
        None => match resolve(session, fill::place(reading)) {
            Referent::Product(product) => With::Product(product.sku),
            _ => With::Basket,
        },
    };
    suggest(session, with, None)
}

/// "Did I forget anything?"
pub fn forgotten(session: &mut Session) -> Decision {
    suggest(session, With::Basket, None)
}

/// Something was added: perhaps there is something that goes with it. Who did not want an idea is not given another.
pub fn perhaps(session: &mut Session, sku: Sku, added: Say) -> Decision {
    if session.unasked >= UNASKED || !session.refused.is_empty() || !session.later.is_empty() {
        return Decision::Say(added);
    }
    suggest(session, With::Product(sku), Some(Box::new(added)))
}

fn suggest(session: &mut Session, with: With, added: Option<Box<Say>>) -> Decision {
    let unasked = added.is_some();
    session.task = Some(Task::Suggest { with: with.clone(), added });
    Decision::Act(Act::Suggest(Suggest { with, refused: session.refused.clone(), unasked }))
}

pub fn settle(
    session: &mut Session,
    task: Option<Task>,
    named: Option<String>,
    suggestion: Option<Box<Suggestion>>,
) -> Decision {
    let (with, added) = match task {
        Some(Task::Suggest { with, added }) => (with, added),
        _ => (With::Basket, None),
    };
    let Some(suggestion) = suggestion else {
        let again = !session.refused.is_empty();
        return Decision::Say(added.map_or(Say::NothingToSuggest { with: named, again }, |added| *added));
    };
    let unasked = added.is_some();
    session.unasked += u32::from(unasked);
    let (sku, quantity) = (suggestion.product.sku.clone(), suggestion.quantity);
    session.question = Some(Question::Suggested { sku, quantity, with, unasked });
    Decision::Say(match added.map(|added| *added) {
        Some(Say::Added { line, basket_total, basket_count, .. }) => {
            Say::Added { line, basket_total, basket_count, also: Some(suggestion) }
        }
        Some(other) => other,
        None => {
            session.product = Some(suggestion.product.clone());
            Say::Suggestion(suggestion)
        }
    })
}

/// "No": to who asked, the next idea; to who did not, none.
pub fn refused(session: &mut Session, sku: &Sku, with: &With, unasked: bool) -> Decision {
    if session.refused.len() == REMEMBERED {
        session.refused.remove(0);
    }
    session.refused.push(sku.clone());
    if unasked {
        return Decision::Say(Say::AllRight);
    }
    suggest(session, with.clone(), None)
}
