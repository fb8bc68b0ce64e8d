//! The policy: an intent in the light of the session becomes one act or one thing to say.

use jiff::Zoned;
use jiff::civil::Date;

use super::refer::{Referent, resolve};
use super::session::{Purpose, Question, Session, Task};
use super::{Asked, Asks, Decision, Filled, Focus, HelpTopic, Say, answer, fill, form, several};
use crate::language::model::Model;
use crate::language::{Expectation, Reading, Source};
use crate::shop::preferences::{Avoided, Preference};
use crate::shop::{Act, Filters, Line, OrderRef, Quantity, ReorderRef, Shelf};

/// Slowest and fastest speech, and one step between, in percent of the voice's own rate.
const PACE: (u32, u32, u32) = (50, 200, 20);

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
            (Some(Question::EmptyBasket | Question::CancelOrder(_)), "AMAZON.YesIntent") => {
                Some(self.not_heard(session))
            }
            (
                _,
                "AddToBasketIntent"
                | "RemoveFromBasketIntent"
                | "ChangeQuantityIntent"
                | "SaveForLaterIntent"
                | "ListToBasketIntent"
                | "EmptyBasketIntent"
                | "CancelOrderIntent"
                | "CheckoutIntent"
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
        if let Some(decision) = self.answered(session, reading, here) {
            return decision;
        }
        let decision = self.new_topic(session, reading, here);
        if !matches!(decision, Decision::Say(Say::NotUnderstood { .. })) {
            session.misses = 0;
        }
        decision
    }

    /// Whether what is said next may be a secret, of which nothing may be kept.
    pub fn expects_secret(&self, session: &Session) -> bool {
        matches!(session.question, Some(Question::Pin(_)))
    }

    /// Whether this was one all the same: a PIN said unasked, or after its question was dropped. Forgets what the
    /// session has kept of it.
    pub fn was_secret(&self, session: &mut Session, reading: &Reading) -> bool {
        let digits = |s: &crate::language::Slot| s.value.len() == 4 && s.value.bytes().all(|b| b.is_ascii_digit());
        let secret = reading.intent == "PinIntent" || session.guarded && reading.slots.iter().any(digits);
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

    /// The reading as an answer to the open question, where it is one.
    fn answered(&self, session: &mut Session, reading: &Reading, here: &Zoned) -> Option<Decision> {
        let question = session.question.take()?;
        match answer::answer(session, &question, reading) {
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

    fn new_topic(&self, session: &mut Session, reading: &Reading, here: &Zoned) -> Decision {
        let today = here.date();
        let say = |s| Decision::Say(s);
        match reading.intent.as_str() {
            "LaunchRequest" | "AMAZON.NavigateHomeIntent" => say(Say::Welcome { returning: session.turns > 0 }),
            "AMAZON.HelpIntent" => say(Say::Help(topic(session))),
            "AMAZON.StopIntent" => {
                session.question = None;
                say(Say::Goodbye)
            }
            // "Cancel that" right after a purchase means the purchase.
            "AMAZON.CancelIntent" if matches!(session.last.as_deref(), Some(Say::Bought { .. })) => {
                cancel_order(session, session.order.clone().map_or(OrderRef::Latest, OrderRef::Number))
            }
            "AMAZON.CancelIntent" if session.turns > 0 => say(Say::Cancelled),
            "AMAZON.CancelIntent" => say(Say::Goodbye),
            "AMAZON.RepeatIntent" => say(session.last.as_deref().cloned().unwrap_or(Say::NothingOpen)),
            "AMAZON.YesIntent" | "AMAZON.NoIntent" => say(Say::NothingOpen),
            "AMAZON.StartOverIntent" => {
                forget(session);
                self.ask_what(session, Purpose::Browse, None)
            }
            "AMAZON.NextIntent" | "AMAZON.MoreIntent" => turn_page(session, true, Purpose::Browse, None),
            "AMAZON.PreviousIntent" => turn_page(session, false, Purpose::Browse, None),

            "SearchProductIntent" => self.find(session, reading, Purpose::Browse, None),
            "RefineSearchIntent" => self.refine(session, reading),
            "ChooseResultIntent" => self.about(session, reading, Purpose::Describe(Focus::All)),
            "ProductDetailIntent" => self.about(session, reading, Purpose::Describe(Focus::All)),
            "ProductPriceIntent" => self.about(session, reading, Purpose::Describe(Focus::Price)),
            "ProductStockIntent" => self.about(session, reading, Purpose::Describe(Focus::Stock)),
            "ProductRatingIntent" => self.about(session, reading, Purpose::Describe(Focus::Rating)),
            "ProductDeliveryIntent" => self.about(session, reading, Purpose::Describe(Focus::Delivery)),

            "AddToBasketIntent" => self.about(session, reading, Purpose::Basket),
            "BuyProductIntent" => self.about(session, reading, Purpose::Buy),
            "RemoveFromBasketIntent" => self.remove(session, reading),
            "ShowBasketIntent" => {
                // "Buy it" after the basket was read out means the basket.
                session.product = None;
                session.results = None;
                Decision::Act(Act::ShowBasket)
            }
            "EmptyBasketIntent" => {
                session.task = Some(Task::EmptyBasket);
                Decision::Act(Act::ShowBasket)
            }
            "CheckoutIntent" => Decision::Act(Act::QuoteBasket),
            "UseCouponIntent" | "ChooseAddressIntent" => match terms(reading) {
                Some(act) => Decision::Act(act),
                None => say(Say::AskCoupon),
            },
            "SetQuantityIntent" => self.requantify(session, reading),
            "ChangeQuantityIntent" => match several::change(session, reading) {
                Some(decision) => decision,
                None => self.requantify(session, reading),
            },
            "SaveForLaterIntent" => several::save_for_later(session, reading),
            "ShowSavedIntent" => Decision::Act(Act::ShowShelf { shelf: Shelf::Saved }),
            "SavedToBasketIntent" => several::to_basket(Shelf::Saved, reading),
            "AddToListIntent" => several::write_down(session, reading),
            "ShowListIntent" => Decision::Act(Act::ShowShelf { shelf: Shelf::List }),
            "RemoveFromListIntent" => several::cross_off(session, Shelf::List, reading),
            "ClearListIntent" => several::clear(session, Shelf::List),
            "ListToBasketIntent" => several::to_basket(Shelf::List, reading),

            "TrackOrderIntent" => match fill::order(reading, today) {
                Ok(order) => track(session, order),
                Err(()) => {
                    session.question = Some(Question::WhichOrder);
                    say(Say::AskOrderNumber)
                }
            },
            "CancelOrderIntent" => match fill::order(reading, today) {
                Ok(order) => cancel_order(session, order),
                Err(()) => {
                    session.question = Some(Question::WhichToCancel);
                    say(Say::AskOrderNumber)
                }
            },
            "OrderHistoryIntent" => match fill::days(reading, today) {
                Some(days) => track(session, days),
                None => Decision::Act(Act::ListOrders { limit: fill::PAGE }),
            },
            "ReorderLastIntent" => reorder(ReorderRef::LastOrder, None),
            "ReorderUsualIntent" => reorder(ReorderRef::Usual, None),
            "ReorderProductIntent" => match (fill::product_words(reading), fill::quantity(reading)) {
                (_, Err(())) => ask_how_many(session, reading),
                (Some(words), Ok(quantity)) => reorder(ReorderRef::Product(words), quantity),
                (None, Ok(quantity)) => match &session.product {
                    Some(product) => reorder(ReorderRef::Product(product.spoken_name.clone()), quantity),
                    None => reorder(ReorderRef::LastOrder, None),
                },
            },

            "SpeakSlowerIntent" => pace(session, |p| p.saturating_sub(PACE.2)),
            "SpeakFasterIntent" => pace(session, |p| p + PACE.2),
            "AvoidIntent" => avoid(reading, Preference::Avoid),
            "NoLongerAvoidIntent" => avoid(reading, Preference::Eat),
            "ShowPreferencesIntent" => Decision::Act(Act::ShowPreferences),
            "SpellIntent" => match spellable(session) {
                Some(words) => say(Say::Spelled { words }),
                None => say(Say::NothingOpen),
            },
            _ => {
                session.misses += 1;
                say(Say::NotUnderstood { tries: session.misses })
            }
        }
    }

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

    fn refine(&self, session: &mut Session, reading: &Reading) -> Decision {
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
    fn about(&self, session: &mut Session, reading: &Reading, purpose: Purpose) -> Decision {
        if matches!(purpose, Purpose::Basket | Purpose::Buy)
            && let Some(decision) = several::at_once(session, reading, purpose)
        {
            return decision;
        }
        let Ok(quantity) = fill::quantity(reading) else { return ask_how_many(session, reading) };
        if fill::product_words(reading).is_some() {
            return self.find(session, reading, purpose, quantity);
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

    fn remove(&self, session: &mut Session, reading: &Reading) -> Decision {
        if let Some(words) = fill::product_words(reading) {
            return Decision::Act(Act::RemoveFromBasket { what: words });
        }
        match resolve(session, fill::place(reading)) {
            Referent::Product(product) => {
                Decision::Act(Act::RemoveFromBasket { what: product.sku.as_str().to_owned() })
            }
            _ => self.ask_what(session, Purpose::Browse, None),
        }
    }

    /// "Make it three": of what was just added, or of what is on the table.
    fn requantify(&self, session: &mut Session, reading: &Reading) -> Decision {
        let Ok(Some(quantity)) = fill::quantity(reading) else {
            return ask_how_many(session, reading);
        };
        if let Some(Say::Added { line, .. } | Say::Changed { line, .. }) = session.last.as_deref() {
            return Decision::Act(Act::SetQuantity { what: line.product.sku.as_str().to_owned(), quantity });
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

    fn ask_what(&self, session: &mut Session, purpose: Purpose, quantity: Option<Quantity>) -> Decision {
        session.question = Some(Question::WhatProduct { purpose, quantity });
        Decision::Say(Say::AskWhatProduct)
    }
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
    Decision::Act(match purpose {
        Purpose::Browse | Purpose::Describe(_) => Act::Describe { sku },
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

fn ask_how_many(session: &mut Session, reading: &Reading) -> Decision {
    session.question = Some(Question::HowMany(Box::new(reading.clone())));
    Decision::Say(Say::BadQuantity)
}

fn track(session: &mut Session, order: OrderRef) -> Decision {
    session.task = Some(Task::Track(order.clone()));
    Decision::Act(Act::Track(order))
}

/// What is to be changed of the terms of an order; `None` when nothing was named.
pub(super) fn terms(reading: &Reading) -> Option<Act> {
    let said = |name: &str| reading.slot(name).map(|s| s.value.clone());
    match reading.intent.as_str() {
        "UseCouponIntent" => said("Code").map(|code| Act::UseCoupon { code }),
        _ => said("Label").map(|words| Act::ChooseAddress { words }),
    }
}

/// The order is looked up first and asked about: an order undone by a mishearing is not missed until it does not come.
fn cancel_order(session: &mut Session, order: OrderRef) -> Decision {
    session.task = Some(Task::CancelOrder);
    Decision::Act(Act::Track(order))
}

fn reorder(what: ReorderRef, quantity: Option<Quantity>) -> Decision {
    Decision::Act(Act::QuoteReorder { what, quantity })
}

fn pace(session: &mut Session, change: impl Fn(u32) -> u32) -> Decision {
    session.pace = change(session.pace).clamp(PACE.0, PACE.1);
    Decision::Act(Act::Prefer(Preference::Pace(session.pace)))
}

/// What the shopper must not eat, by the list that the shop can look out for.
fn avoid(reading: &Reading, change: impl Fn(Avoided) -> Preference) -> Decision {
    let slot = ["Avoided", "Diet"].iter().find_map(|name| reading.slot(name));
    let named =
        slot.and_then(|s| s.resolutions.iter().find_map(|r| Avoided::of(&r.id)).or_else(|| Avoided::of(&s.value)));
    match named {
        Some(what) => Decision::Act(Act::Prefer(change(what))),
        None => Decision::Say(Say::CannotAvoid),
    }
}

fn spellable(session: &Session) -> Option<String> {
    match (&session.product, &session.order) {
        (Some(product), _) => Some(product.spoken_name.clone()),
        (None, Some(number)) => Some(number.as_str().to_owned()),
        (None, None) => session.results.as_ref()?.page.first().map(|p| p.spoken_name.clone()),
    }
}

fn forget(session: &mut Session) {
    session.question = None;
    session.results = None;
    session.product = None;
    session.order = None;
}

fn topic(session: &Session) -> HelpTopic {
    match (&session.question, session.last.as_deref()) {
        (Some(Question::Purchase(_)), _) => HelpTopic::Purchase,
        (_, Some(Say::Results { .. } | Say::Product { .. } | Say::AskWhichOne { .. })) => HelpTopic::Results,
        (_, Some(Say::Basket { .. } | Say::Added { .. } | Say::AddedEach { .. } | Say::Removed { .. })) => {
            HelpTopic::Basket
        }
        (_, Some(Say::Tracked { .. } | Say::Orders { .. })) => HelpTopic::Tracking,
        _ => HelpTopic::General,
    }
}

/// Intents about the way of talking, which leave an open question open.
pub(super) fn keeps_question(reading: &Reading) -> bool {
    matches!(
        reading.intent.as_str(),
        "AMAZON.RepeatIntent" | "AMAZON.HelpIntent" | "SpeakSlowerIntent" | "SpeakFasterIntent" | "SpellIntent"
    )
}
