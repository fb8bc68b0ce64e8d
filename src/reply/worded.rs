//! Which phrases each thing to [`Say`] is made of, and whether the conversation stays open after it.

use fluent_bundle::FluentArgs;

use super::catalog::args;
use super::teller::Teller;
use super::{Card, advice, buying, delivery, errand, finding, ideas, linking, service, several, talk, tracking};
use crate::dialogue::Say;
use crate::shop::advice::Advice;
use crate::shop::preferences::Avoided;
use crate::shop::{CouponRefusal, LimitPer, NoLink};

/// A reply in marked phrases.
#[derive(Clone, Debug, Default)]
pub(super) struct Draft {
    pub speech: String,
    pub reprompt: Option<String>,
    pub card: Option<Card>,
}

impl Draft {
    pub fn card(mut self, card: Card) -> Self {
        self.card = Some(card);
        self
    }

    /// Puts sentences before what is said so far.
    pub fn after(mut self, sentences: &[String]) -> Self {
        let said: Vec<&str> = sentences.iter().map(String::as_str).chain([self.speech.as_str()]).collect();
        self.speech = said.into_iter().filter(|s| !s.is_empty()).collect::<Vec<_>>().join(" ");
        self
    }
}

impl Teller<'_> {
    /// The message, with its reprompt where it has one.
    pub fn draft(&self, id: &str, args: &FluentArgs) -> Draft {
        let reprompt = self.catalog.find(&format!("{id}.reprompt"), args);
        Draft { speech: self.sentence(id, args), reprompt, card: None }
    }

    pub fn plain_draft(&self, id: &str) -> Draft {
        self.draft(id, &FluentArgs::new())
    }

    /// A card whose title and text belong to this message.
    pub fn plain_card(&self, id: &str, args: &FluentArgs) -> Card {
        let part = |which: &str| self.say(&format!("{id}.{which}"), args);
        Card { title: part("card-title"), text: part("card-text"), image: None }
    }
}

/// Whether the shop listens on.
///
/// It does after every question and after every answer that leads on (a list, a product, a basket, an order), also so
/// that "repeat", "slower" and "spell that" have somewhere to go. It does not when the shopper has got what they came
/// for (a purchase), has said they are done, or when trying again at once would not help: an open microphone that
/// nobody asked for is a nuisance in a living room.
pub(super) fn stays_open(say: &Say) -> bool {
    match say {
        Say::Service(serve) => service::asks(serve),
        Say::Goodbye
        | Say::Cancelled
        | Say::Bought { .. }
        | Say::PaymentPending { .. }
        | Say::LinkSent { .. }
        | Say::LinkSentAgain { .. }
        | Say::PinLocked { .. }
        | Say::OneMoment
        // What is to be done next is done in the phone's app.
        | Say::LinkAccount { .. }
        | Say::Told { end: true, .. }
        | Say::Trouble
        | Say::Busy => false,
        Say::Linking(_)
        | Say::Welcome { .. }
        | Say::Courtesy { .. }
        | Say::Help(_)
        | Say::AllRight
        | Say::Ran(_)
        | Say::NotHeard
        | Say::NotUnderstood { .. }
        | Say::DidYouSay { .. }
        | Say::Prompt { .. }
        | Say::Told { end: false, .. }
        | Say::NothingOpen
        | Say::Results { .. }
        | Say::NothingFound { .. }
        | Say::NoMoreResults
        | Say::NoEarlierResults
        | Say::NoSuchChoice { .. }
        | Say::Delivery(_)
        | Say::NoDeliveryTime
        | Say::OfferLink { .. }
        | Say::NoLink { .. }
        | Say::LinkDropped
        | Say::AskDropLink { .. }
        | Say::AwaitingPayment { .. }
        | Say::Advice(_)
        | Say::Product { .. }
        | Say::NoSuchProduct { .. }
        | Say::AskWhatProduct
        | Say::AskWhichOne { .. }
        | Say::BadQuantity
        | Say::Tracked { .. }
        | Say::Orders { .. }
        | Say::NoOrders
        | Say::NoSuchOrder { .. }
        | Say::AskOrderNumber
        | Say::Basket { .. }
        | Say::BasketEmpty
        | Say::Added { .. }
        | Say::AddedEach { .. }
        | Say::Suggestion(_)
        | Say::NothingToSuggest { .. }
        | Say::CannotAddAll { .. }
        | Say::Changed { .. }
        | Say::AskWhatForList
        | Say::PutOnList { .. }
        | Say::SavedForLater { .. }
        | Say::Shelf { .. }
        | Say::ShelfEmpty { .. }
        | Say::TakenOffShelf { .. }
        | Say::AskClearShelf { .. }
        | Say::ShelfCleared { .. }
        | Say::NotOnShelf { .. }
        | Say::Then { .. }
        | Say::Removed { .. }
        | Say::NotInBasket { .. }
        | Say::AskEmptyBasket { .. }
        | Say::BasketEmptied
        | Say::ConfirmPurchase { .. }
        | Say::ConfirmPurchaseAgain { .. }
        // "No" to an offer is seldom "no" to the shop: another size or number is wanted.
        | Say::NotBought
        | Say::OfferGone
        | Say::AskPin { .. }
        | Say::OverLimit { .. }
        | Say::CouponHeld { .. }
        | Say::CouponRefused { .. }
        | Say::AskCoupon
        | Say::AddressChosen { .. }
        | Say::NoSuchAddress { .. }
        | Say::PaymentDeclined { .. }
        | Say::AskCancelOrder { .. }
        | Say::OrderCancelled { .. }
        | Say::TooLateToCancel { .. }
        | Say::TooManyToAgree { .. }
        | Say::OutOfStock { .. }
        | Say::ShortStock { .. }
        | Say::NeverBought { .. }
        | Say::NoUsual
        | Say::Avoiding { .. }
        | Say::Eating { .. }
        | Say::CannotAvoid
        | Say::MyPreferences { .. }
        | Say::Preferred { .. }
        | Say::AskSize
        | Say::AskForget { .. }
        | Say::Pace { .. }
        | Say::Spelled { .. } => true,
    }
}

/// For who wants to hear what was asked and no more: what follows is known without "what would you like?". A question
/// that waits for its answer stays.
pub(super) fn shortened(say: &Say, mut draft: Draft) -> Draft {
    let asks_nothing = matches!(
        say,
        Say::Results { .. }
            | Say::Product { .. }
            | Say::Basket { .. }
            | Say::Added { also: None, .. }
            | Say::AddedEach { .. }
            | Say::Changed { .. }
            | Say::Removed { .. }
            | Say::Shelf { .. }
            | Say::PutOnList { .. }
            | Say::SavedForLater { .. }
            | Say::Tracked { .. }
            | Say::Orders { .. }
            | Say::NotBought
            | Say::OfferGone
            | Say::AllRight
            | Say::Pace { .. }
            | Say::Avoiding { .. }
            | Say::Eating { .. }
            | Say::Preferred { .. }
            | Say::MyPreferences { .. }
            | Say::Advice(Advice::Policy(_) | Advice::Fact { .. } | Advice::Compared(_))
    );
    if asks_nothing {
        draft.speech = talk::without_question(draft.speech);
    }
    draft
}

/// Phrases for this.
pub(super) fn draft(t: &Teller, say: &Say) -> Draft {
    match say {
        Say::Welcome { called: Some(name), .. } => t.draft("welcome-called", &args!["name" => t.quoted(name)]),
        Say::Welcome { returning, .. } => t.plain_draft(if *returning { "welcome-back" } else { "welcome" }),
        Say::Ran(ran) => errand::draft(t, ran),
        Say::Courtesy { of, open } => talk::courtesy(t, *of, open.as_deref().map(|say| draft(t, say))),
        Say::Help(topic) => talk::help(t, *topic),
        Say::Goodbye => t.plain_draft("goodbye"),
        Say::Cancelled => t.plain_draft("cancelled"),
        Say::AllRight => t.plain_draft("all-right"),
        Say::NotHeard => t.plain_draft("not-heard"),
        Say::NotUnderstood { tries } => t.plain_draft(match tries {
            0 | 1 => "not-understood",
            2 => "not-understood-twice",
            _ => "not-understood-often",
        }),
        Say::DidYouSay { words } => t.draft("did-you-say", &args!["words" => t.quoted(words)]),
        Say::Prompt { words } => t.draft("prompt", &args!["words" => super::script::plain(words)]),
        Say::Told { words, reprompt, .. } => {
            let plain = super::script::plain;
            let again = plain(reprompt.as_ref().unwrap_or(words));
            t.draft("told", &args!["words" => plain(words), "reprompt" => again])
        }
        Say::NothingOpen => t.plain_draft("nothing-open"),
        Say::Pace { percent } => talk::pace(t, *percent),
        Say::Spelled { words } => talk::spelled(t, words),
        Say::Trouble => t.plain_draft("trouble"),
        Say::OneMoment => t.plain_draft("one-moment"),
        Say::LinkAccount { lapsed } => t.plain_draft(if *lapsed { "link-lapsed" } else { "link-account" }),
        Say::Busy => t.plain_draft("busy"),

        Say::Results { search, page, first, total, relaxed, back } => {
            let (first, total, relaxed, back) = (*first, *total, *relaxed, *back);
            finding::results(t, &finding::Page { search, products: page, first, total, relaxed, back })
        }
        Say::NothingFound { search } => finding::nothing(t, search),
        Say::NoMoreResults => t.plain_draft("no-more-results"),
        Say::NoEarlierResults => t.plain_draft("no-earlier-results"),
        Say::NoSuchChoice { shown } => t.draft("no-such-choice", &args!["shown" => *shown]),
        Say::Product { product, delivery, focus } => finding::product(t, product, *delivery, *focus),
        Say::Service(serve) => service::service(t, serve),
        Say::Linking(step) => linking::linking(t, step),
        Say::Delivery(what) => delivery::delivery(t, what),
        Say::NoDeliveryTime => t.plain_draft("no-delivery-time"),
        Say::Advice(advice) => advice::advice(t, advice),
        Say::NoSuchProduct { words } => t.draft("no-such-product", &args!["words" => finding::sought(t, words)]),
        Say::AskWhatProduct => t.plain_draft("ask-what-product"),
        Say::AskWhichOne { page } => finding::which_one(t, page),
        Say::BadQuantity => t.plain_draft("bad-quantity"),

        Say::Tracked { orders, about } => tracking::tracked(t, orders, about),
        Say::Orders { orders } => tracking::orders(t, orders),
        Say::NoOrders => t.plain_draft("no-orders"),
        Say::NoSuchOrder { about } => tracking::no_such_order(t, about),
        Say::AskOrderNumber => t.plain_draft("ask-order-number"),
        Say::AwaitingPayment { waiting, orders, about } => tracking::awaiting(t, waiting, orders, about),
        Say::AskDropLink { waiting } => {
            let names: Vec<&str> = waiting.names.iter().map(String::as_str).collect();
            t.draft("ask-drop-link", &args!["things" => t.the_things(&names), "total" => t.money(waiting.total)])
        }

        Say::Basket { lines, total } => buying::basket(t, lines, *total),
        Say::BasketEmpty => t.plain_draft("basket-empty"),
        Say::Added { line, basket_total, also, .. } => buying::added(t, line, *basket_total, also.as_deref()),
        Say::Suggestion(suggestion) => ideas::suggestion(t, suggestion),
        Say::NothingToSuggest { with, again } => ideas::nothing(t, with.as_deref(), *again),
        Say::AddedEach { lines, basket_total, moved, left } => several::added(t, lines, *basket_total, *moved, left),
        Say::CannotAddAll { can, cannot } => several::cannot(t, can, cannot),
        Say::Changed { line, basket_total } => several::changed(t, line, *basket_total),
        Say::AskWhatForList => t.plain_draft("ask-what-for-list"),
        Say::PutOnList { items, count } => several::written(t, items, *count),
        Say::SavedForLater { spoken_name, basket_count } => {
            t.draft("saved-for-later", &args!["left" => *basket_count, "name" => t.the(spoken_name)])
        }
        Say::Shelf { shelf, items } => several::shelf(t, *shelf, items),
        Say::ShelfEmpty { shelf } => t.draft("shelf-empty", &args!["shelf" => several::key(*shelf)]),
        Say::TakenOffShelf { shelf, name, left } => {
            let args = args!["shelf" => several::key(*shelf), "name" => t.name(name), "left" => *left];
            t.draft("taken-off-shelf", &args)
        }
        Say::AskClearShelf { shelf, count } => {
            t.draft("ask-clear-shelf", &args!["shelf" => several::key(*shelf), "count" => *count])
        }
        Say::ShelfCleared { shelf } => t.draft("shelf-cleared", &args!["shelf" => several::key(*shelf)]),
        Say::NotOnShelf { shelf, words } => {
            t.draft("not-on-shelf", &args!["shelf" => several::key(*shelf), "name" => t.name(words)])
        }
        Say::Then { said, words } => talk::then(t, draft(t, said), words),
        Say::Removed { spoken_name, basket_count } => {
            t.draft("removed", &args!["left" => *basket_count, "name" => t.the(spoken_name)])
        }
        Say::NotInBasket { spoken_name } => t.draft("not-in-basket", &args!["name" => t.name(spoken_name)]),
        Say::AskEmptyBasket { count } => t.draft("ask-empty-basket", &args!["count" => *count]),
        Say::BasketEmptied => t.plain_draft("basket-emptied"),

        Say::ConfirmPurchase { quote, changed } => buying::confirm(t, quote, *changed),
        Say::ConfirmPurchaseAgain { quote } => buying::confirm_again(t, quote),
        Say::Bought { order, delivery, again } => buying::bought(t, order, *delivery, *again),
        Say::NotBought => t.plain_draft("not-bought"),
        Say::OfferGone => t.plain_draft("offer-gone"),
        Say::AskPin { tries_left: None } => t.plain_draft("ask-pin"),
        Say::AskPin { tries_left: Some(left) } => t.draft("ask-pin-again", &args!["left" => *left]),
        Say::PinLocked { minutes } => t.draft("pin-locked", &args!["minutes" => *minutes]),
        Say::OverLimit { total, limit, per } => {
            let per = match per {
                LimitPer::Order => "order",
                LimitPer::Day => "day",
            };
            t.draft("over-limit", &args!["per" => per, "total" => t.money(*total), "limit" => t.money(*limit)])
        }
        Say::CouponHeld { code, percent } => {
            t.draft("coupon-held", &args!["code" => t.quoted(code), "percent" => *percent])
        }
        Say::CouponRefused { code, why } => {
            let why = match why {
                CouponRefusal::Unknown => "unknown",
                CouponRefusal::Expired => "expired",
                CouponRefusal::Used => "used",
            };
            t.draft("coupon-refused", &args!["code" => t.quoted(code), "why" => why])
        }
        Say::AskCoupon => t.plain_draft("ask-coupon"),
        Say::AddressChosen { line } => t.draft("address-chosen", &args!["line" => t.quoted(line)]),
        Say::NoSuchAddress { known } => {
            let labels: Vec<String> = known.iter().map(|k| t.quoted(k)).collect();
            let args = args!["known" => t.list(&labels), "count" => labels.len()];
            t.draft("no-such-address", &args)
        }
        Say::OfferLink { quote } => buying::offer_link(t, quote),
        Say::LinkSent { total, email, until, again } => buying::link_sent(t, *total, email, *until, *again),
        Say::LinkSentAgain { total, email, until } => buying::link_sent_again(t, *total, email, *until),
        Say::NoLink { why } => {
            let why = match why {
                NoLink::NotOffered => "not-offered",
                NoLink::NoEmail => "no-email",
                NoLink::NoMethod => "no-method",
                NoLink::Ended => "ended",
            };
            t.draft("no-link", &args!["why" => why])
        }
        Say::LinkDropped => t.plain_draft("link-dropped"),
        Say::PaymentDeclined { total } => t.draft("payment-declined", &args!["total" => t.money(*total)]),
        Say::PaymentPending { total } => t.draft("payment-pending", &args!["total" => t.money(*total)]),
        Say::AskCancelOrder { order } => tracking::ask_cancel(t, order),
        Say::OrderCancelled { order, refund } => tracking::cancelled(t, order, *refund),
        Say::TooLateToCancel { order } => tracking::too_late(t, order),
        Say::TooManyToAgree { count } => t.draft("too-many-to-agree", &args!["count" => *count]),
        Say::OutOfStock { products } => buying::out_of_stock(t, products),
        Say::ShortStock { product, .. } => {
            t.draft("short-stock", &args!["stock" => product.stock, "name" => t.name(&product.spoken_name)])
        }
        Say::NeverBought { words } => t.draft("never-bought", &args!["words" => finding::sought(t, words)]),
        Say::NoUsual => t.plain_draft("no-usual"),

        Say::Avoiding { what } => t.draft("avoiding", &args!["what" => talk::avoided(t, *what)]),
        Say::Eating { what } => t.draft("eating", &args!["what" => talk::avoided(t, *what)]),
        Say::Preferred { change } => talk::preferred(t, change),
        Say::AskSize => t.plain_draft("ask-size"),
        Say::AskForget { what } => t.draft("ask-forget", &args!["what" => what.id()]),
        Say::CannotAvoid => t.draft("cannot-avoid", &args!["known" => talk::all_avoided(t, Avoided::ALL)]),
        Say::MyPreferences { preferences } => talk::preferences(t, preferences),
    }
}
