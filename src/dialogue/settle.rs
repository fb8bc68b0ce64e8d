//! What the shop answered, and what it leads to: mostly words, sometimes one more act.

use super::products::take;
use super::session::{Purpose, Question, Results, Session, Task};
use super::{Decision, Errand, Kept, Say};
use crate::shop::faq::Ask;
use crate::shop::preferences::Preference;
use crate::shop::{
    Act, Awaiting, Line, Order, OrderRef, OrderStatus, Outcome, Product, Quantity, Quote, QuoteOrigin, Search,
};

pub fn settle(session: &mut Session, outcome: Outcome) -> Decision {
    let task = session.task.take();
    match outcome {
        Outcome::Found { search, products, total, relaxed, described } => {
            found(session, task, search, products, total, relaxed, described)
        }
        Outcome::NothingFound { search } => {
            let query = search.query.clone();
            // Of many words a page has some by chance.
            let ask = if query.split_whitespace().count() > 3 { Ask::Guessed } else { Ask::Meant };
            super::advice::or_say(session, query, ask, Say::NothingFound { search })
        }
        Outcome::Described { product, delivery } => {
            let focus = match task {
                Some(Task::Find { purpose: Purpose::Describe(focus), .. }) => focus,
                _ => Default::default(),
            };
            session.product = Some((*product).clone());
            Decision::Say(Say::Product { product, delivery, focus })
        }
        Outcome::NoSuchProduct { words } => Decision::Say(Say::NoSuchProduct { words }),

        Outcome::Delivery(told) => super::delivery::settle(session, task, told),
        Outcome::NoDeliveryTime => Decision::Say(Say::NoDeliveryTime),
        Outcome::Served(served) => super::service::settle(session, served),
        Outcome::Suggested { with, suggestion } => super::ideas::settle(session, task, with, suggestion),
        Outcome::Linked(linked) => super::linking::settle(session, linked),
        Outcome::Advised(advice) => super::advice::settle(session, task, advice),
        Outcome::Orders(orders) => {
            session.order = orders.first().map(|o| o.number.clone());
            Decision::Say(Say::Orders { orders })
        }
        Outcome::Tracked(_) if task == Some(Task::LinkAgain) => Decision::Say(Say::BasketEmpty),
        Outcome::Tracked(orders) if task == Some(Task::CancelOrder) => cancellable(session, orders),
        Outcome::Tracked(orders) if matches!(task, Some(Task::RemindOfArrival(_))) => {
            let today = match task {
                Some(Task::RemindOfArrival(today)) => today,
                _ => Default::default(),
            };
            super::errand::arriving(session, &orders, today)
        }
        Outcome::Tracked(orders) => {
            session.order = orders.first().map(|o| o.number.clone());
            session.product = None;
            let about = match task {
                Some(Task::Track(about)) => about,
                _ => OrderRef::Latest,
            };
            Decision::Say(Say::Tracked { orders, about })
        }
        Outcome::AwaitingPayment { waiting, orders } => awaiting(session, task, waiting, orders),
        Outcome::NoOrders | Outcome::NoSuchOrder(_) if task == Some(Task::LinkAgain) => Decision::Say(Say::BasketEmpty),
        Outcome::NoOrders => Decision::Say(Say::NoOrders),
        Outcome::NoSuchOrder(about) => {
            session.question = Some(match task {
                Some(Task::CancelOrder) => Question::WhichToCancel,
                _ => Question::WhichOrder,
            });
            Decision::Say(Say::NoSuchOrder { about })
        }

        Outcome::Basket { lines, total } => {
            if task == Some(Task::EmptyBasket) {
                session.question = Some(Question::EmptyBasket);
                let count = lines.iter().map(|l| l.quantity.get()).sum();
                return Decision::Say(Say::AskEmptyBasket { count });
            }
            Decision::Say(Say::Basket { lines, total })
        }
        Outcome::Added { line, basket_total, basket_count } => {
            session.product = Some(line.product.clone());
            let sku = line.product.sku.clone();
            let added = Say::Added { line: Box::new(line), basket_total, basket_count, also: None };
            super::ideas::perhaps(session, sku, added)
        }
        Outcome::AddedEach { lines, basket_total, moved, left } => {
            if let [only] = &lines[..] {
                session.product = Some(only.line.product.clone());
            }
            Decision::Say(Say::AddedEach { lines, basket_total, moved, left })
        }
        Outcome::CannotAddAll { can, cannot } => {
            if !can.is_empty() {
                let lines = can.iter().map(|l| Line { sku: l.line.product.sku.clone(), quantity: l.line.quantity });
                let purpose = match task {
                    Some(Task::Find { purpose: Purpose::Buy, .. }) => Purpose::Buy,
                    _ => Purpose::Basket,
                };
                session.question = Some(Question::These { lines: lines.collect(), purpose });
            }
            Decision::Say(Say::CannotAddAll { can, cannot })
        }
        Outcome::Changed { line, basket_total } => {
            session.product = Some(line.product.clone());
            Decision::Say(Say::Changed { line: Box::new(line), basket_total })
        }
        Outcome::PutOnList { items, count } => Decision::Say(Say::PutOnList { items, count }),
        Outcome::SavedForLater { spoken_name, basket_count } => {
            Decision::Say(Say::SavedForLater { spoken_name, basket_count })
        }
        Outcome::Shelf { shelf, items } => {
            if task == Some(Task::ClearShelf(shelf)) {
                session.question = Some(Question::ClearShelf(shelf));
                return Decision::Say(Say::AskClearShelf { shelf, count: items.len() as u32 });
            }
            Decision::Say(Say::Shelf { shelf, items })
        }
        Outcome::ShelfEmpty { shelf } => Decision::Say(Say::ShelfEmpty { shelf }),
        Outcome::TakenOffShelf { shelf, name, left } => Decision::Say(Say::TakenOffShelf { shelf, name, left }),
        Outcome::ShelfCleared { shelf } => Decision::Say(Say::ShelfCleared { shelf }),
        Outcome::NotOnShelf { shelf, words } => Decision::Say(Say::NotOnShelf { shelf, words }),
        Outcome::Removed { spoken_name, basket_count } => Decision::Say(Say::Removed { spoken_name, basket_count }),
        Outcome::NotInBasket { spoken_name } => Decision::Say(Say::NotInBasket { spoken_name }),
        // "Send me the link again."
        Outcome::BasketEmpty if task == Some(Task::OfferLink) => {
            session.task = Some(Task::LinkAgain);
            Decision::Act(Act::Track(OrderRef::Latest))
        }
        Outcome::BasketEmpty => Decision::Say(Say::BasketEmpty),
        Outcome::BasketEmptied => Decision::Say(Say::BasketEmptied),

        Outcome::Quoted(quote) if task == Some(Task::OfferLink) => match agreeable(session, quote) {
            Ok(quote) => {
                session.question = Some(Question::Link(quote.clone()));
                Decision::Say(Say::OfferLink { quote })
            }
            Err(count) => Decision::Say(Say::TooManyToAgree { count }),
        },
        Outcome::Quoted(quote) => offer(session, quote, false),
        Outcome::QuoteChanged { quote: Some(quote) } => offer(session, quote, true),
        Outcome::QuoteChanged { quote: None } => Decision::Say(Say::OfferGone),
        Outcome::Bought { order, delivery, again } => {
            session.order = Some(order.number.clone());
            session.results = None;
            Decision::Say(Say::Bought { order: Box::new(order), delivery, again })
        }
        Outcome::PinNeeded { tries_left } => {
            session.guarded = true;
            if let Some(Task::Buy(quote)) = task {
                session.question = Some(Question::Pin(quote));
            }
            Decision::Say(Say::AskPin { tries_left })
        }
        Outcome::PinLocked { minutes } => Decision::Say(Say::PinLocked { minutes }),
        Outcome::OverLimit { total, limit, per } => Decision::Say(Say::OverLimit { total, limit, per }),
        // With an offer open, what was changed shows in the new one.
        Outcome::CouponHeld { .. } | Outcome::AddressChosen { .. } if matches!(task, Some(Task::OfferAgain(_))) => {
            match task {
                Some(Task::OfferAgain(quote)) => Decision::Act(offer_again(&quote)),
                _ => Decision::Say(Say::NothingOpen),
            }
        }
        Outcome::AddressesForgotten { .. } => Decision::Say(Say::AllRight),
        Outcome::CouponHeld { code, percent } => Decision::Say(Say::CouponHeld { code, percent }),
        Outcome::CouponRefused { code, why } => Decision::Say(Say::CouponRefused { code, why }),
        Outcome::AddressChosen { line, .. } => Decision::Say(Say::AddressChosen { line }),
        Outcome::NoSuchAddress { known, .. } => Decision::Say(Say::NoSuchAddress { known }),
        Outcome::LinkSent { total, email, until, again } => Decision::Say(Say::LinkSent { total, email, until, again }),
        Outcome::LinkSentAgain { total, email, until } => Decision::Say(Say::LinkSentAgain { total, email, until }),
        Outcome::NoLink(why) => Decision::Say(Say::NoLink { why }),
        Outcome::LinkDropped { any } => Decision::Say(if any { Say::LinkDropped } else { Say::NothingOpen }),
        Outcome::PaymentDeclined { total } => Decision::Say(Say::PaymentDeclined { total }),
        Outcome::PaymentPending { total } => Decision::Say(Say::PaymentPending { total }),
        Outcome::OrderCancelled { order, refund } => {
            session.order = Some(order.number.clone());
            Decision::Say(Say::OrderCancelled { order: Box::new(order), refund })
        }
        Outcome::TooLateToCancel { order } => Decision::Say(Say::TooLateToCancel { order: Box::new(order) }),
        Outcome::OutOfStock { products } => match &products[..] {
            [missing] => super::advice::instead(session, missing, task),
            _ => Decision::Say(Say::OutOfStock { products }),
        },
        Outcome::ShortStock { product, asked } => short(session, task, product, asked),
        Outcome::NeverBought { words } => {
            session.question = Some(Question::LookFor(words.clone()));
            Decision::Say(Say::NeverBought { words })
        }
        Outcome::NoUsual => Decision::Say(Say::NoUsual),
        Outcome::Preferences { preferences, changed } => Decision::Say(match changed {
            Some(Preference::Pace(percent)) => Say::Pace { percent },
            Some(Preference::Avoid(what)) => Say::Avoiding { what },
            Some(Preference::Eat(what)) => Say::Eating { what },
            Some(change) => {
                session.brief = preferences.is_brief();
                session.pace = preferences.pace.unwrap_or(100);
                Say::Preferred { change }
            }
            None => Say::MyPreferences { preferences },
        }),
    }
}

fn found(
    session: &mut Session,
    task: Option<Task>,
    search: Search,
    products: Vec<Product>,
    total: u32,
    relaxed: bool,
    described: bool,
) -> Decision {
    let (purpose, quantity) = match task {
        Some(Task::Find { purpose, quantity }) => (purpose, quantity),
        _ => (Purpose::Browse, None),
    };
    let Some(best) = products.first().cloned() else { return Decision::Say(Say::NothingFound { search }) };
    match purpose {
        // The words fitted: the best match is what was meant. The basket can be undone and a purchase is read back
        // before it is made, so asking "which one?" every time would only tire.
        Purpose::Describe(_) | Purpose::Ask | Purpose::Await | Purpose::Basket | Purpose::Buy
            if !relaxed && !described && search.offset == 0 =>
        {
            take(session, &best, purpose, quantity)
        }
        // "What is the weather": a word in some description is no sign that a product was spoken of.
        Purpose::Describe(_) | Purpose::Ask | Purpose::Await if described && !relaxed => {
            let query = search.query.clone();
            super::advice::or_say(session, query, Ask::Guessed, Say::NothingFound { search })
        }
        _ => {
            let shown = search.offset + products.len() as u32;
            session.question = match purpose {
                Purpose::Browse if shown < total => Some(Question::More),
                Purpose::Browse => None,
                purpose => Some(Question::WhichOne { purpose, quantity }),
            };
            session.product = (total == 1).then_some(best);
            let first = search.offset + 1;
            let back = session.results.as_ref().is_some_and(|before| {
                let again = Search { offset: before.search.offset, ..search.clone() };
                before.search.offset > search.offset && before.search == again
            });
            session.results = Some(Kept::new(Results { search: search.clone(), page: products.clone(), total }));
            let query = search.query.clone();
            let say = Say::Results { search, page: products, first, total, relaxed, back };
            match purpose {
                Purpose::Browse if relaxed => super::advice::or_say(session, query, Ask::Guessed, say),
                _ => Decision::Say(say),
            }
        }
    }
}

/// Lines of an offer that can be agreed to by voice.
const MOST_BY_VOICE: usize = 30;

pub(super) fn offer_again(quote: &Quote) -> Act {
    match quote.origin {
        QuoteOrigin::Basket => Act::QuoteBasket,
        _ => Act::Quote {
            lines: quote.lines.iter().map(|l| Line { sku: l.product.sku.clone(), quantity: l.quantity }).collect(),
        },
    }
}

/// The newest of the orders meant that can still be undone, asked about; else why not.
fn cancellable(session: &mut Session, orders: Vec<Order>) -> Decision {
    let open = orders.iter().find(|o| o.status == OrderStatus::Placed).cloned();
    let asks = open.is_some();
    let Some(order) = open.or_else(|| orders.into_iter().next()) else { return Decision::Say(Say::NoOrders) };
    session.order = Some(order.number.clone());
    if asks {
        session.question = Some(Question::CancelOrder(order.number.clone()));
        return Decision::Say(Say::AskCancelOrder { order: Box::new(order) });
    }
    Decision::Say(Say::TooLateToCancel { order: Box::new(order) })
}

/// What is asked for is not paid for yet. Whoever wants it cancelled has no order to cancel, but a link that can be let go.
fn awaiting(session: &mut Session, task: Option<Task>, waiting: Vec<Awaiting>, orders: Vec<Order>) -> Decision {
    let linked = waiting.iter().find(|w| w.link.is_some()).cloned();
    let about = match (task, linked.clone()) {
        (Some(Task::RemindOfArrival(today)), _) => return super::errand::arriving(session, &orders, today),
        (Some(Task::CancelOrder), Some(waiting)) => {
            session.question = Some(Question::DropLink(waiting.quote_id.clone()));
            return Decision::Say(Say::AskDropLink { waiting: Box::new(waiting) });
        }
        (Some(Task::CancelOrder), None) if !orders.is_empty() => return cancellable(session, orders),
        (Some(Task::Track(about)), _) => about,
        _ => OrderRef::Latest,
    };
    session.order = orders.first().map(|o| o.number.clone());
    session.product = None;
    session.question = linked.map(|w| Question::SendLinkAgain(w.quote_id));
    Decision::Say(Say::AwaitingPayment { waiting, orders, about })
}

fn offer(session: &mut Session, quote: Quote, changed: bool) -> Decision {
    let quote = match agreeable(session, quote) {
        Ok(quote) => quote,
        Err(count) => return Decision::Say(Say::TooManyToAgree { count }),
    };
    session.question = Some(Question::Purchase(quote.clone()));
    // Asked for once: who does not want to lend it is not asked at every offer.
    if quote.extras.address.is_none() && !session.placed {
        session.placed = true;
        return Decision::Errand(Errand::Address { wished: false, offer: Some((quote, changed)) });
    }
    Decision::Say(Say::ConfirmPurchase { quote, changed })
}

/// All of an offer has to be read out and agreed to, and nobody can keep so many things in mind: the offer, or the number
/// of things that are too many.
fn agreeable(session: &mut Session, quote: Quote) -> Result<Box<Quote>, u32> {
    if quote.lines.len() > MOST_BY_VOICE {
        return Err(quote.lines.len() as u32);
    }
    if let [line] = &quote.lines[..] {
        session.product = Some(line.product.clone());
    }
    Ok(Box::new(quote))
}

fn short(session: &mut Session, task: Option<Task>, product: Box<Product>, asked: Quantity) -> Decision {
    let purpose = match task {
        Some(Task::Find { purpose: Purpose::Buy, .. }) => Purpose::Buy,
        _ => Purpose::Basket,
    };
    if let Ok(left) = Quantity::new(product.stock.min(Quantity::MAX)) {
        session.question = Some(Question::Shortage { sku: product.sku.clone(), left, purpose });
    }
    Decision::Say(Say::ShortStock { product, asked })
}
