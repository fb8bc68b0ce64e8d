//! Orders and their parcels: where they are, and when they come.

use std::cmp::Ordering;

use fluent_bundle::FluentArgs;
use jiff::civil::Date;

use super::Card;
use super::card::Lines;
use super::catalog::args;
use super::screen::{Line, Step, StepState, Tap, Track};
use super::teller::{Teller, printed_title};
use super::worded::Draft;
use crate::shop::{Awaiting, Money, Order, OrderRef, OrderStatus, Parcel, ParcelStatus};

/// Orders, and parcels of one order, that are told one by one.
const TOLD: usize = 3;
/// Lines on a card.
const SHOWN: usize = 30;

pub(super) fn tracked(t: &Teller, orders: &[Order], about: &OrderRef) -> Draft {
    match orders {
        [] => t.plain_draft("no-orders"),
        [order] => t.plain_draft("tracked").after(&one(t, order, about)).card(order_card(t, order)),
        several => list(t, several),
    }
}

pub(super) fn orders(t: &Teller, orders: &[Order]) -> Draft {
    match orders {
        [] => t.plain_draft("no-orders"),
        [order] => {
            let args = args![
                "number" => order.number.as_str(),
                "day" => t.day(t.date_of(order.placed_at)),
                "things" => things(t, order),
                "state" => t.say(&format!("state-{}", state(order)), &FluentArgs::new()),
            ];
            t.plain_draft("tracked").after(&[t.sentence("orders-line-one", &args)]).card(order_card(t, order))
        }
        several => list(t, several),
    }
}

/// What is not paid for yet, and then what else is meant.
pub(super) fn awaiting(t: &Teller, waiting: &[Awaiting], orders: &[Order], about: &OrderRef) -> Draft {
    let mut said: Vec<String> = waiting.iter().take(TOLD).map(|w| unpaid(t, w)).collect();
    for order in orders.iter().take(TOLD) {
        let number = OrderRef::Number(order.number.clone());
        said.extend(one(t, order, if orders.len() == 1 { about } else { &number }));
    }
    let linked = waiting.iter().any(|w| w.link.is_some());
    t.plain_draft(if linked { "awaiting-again" } else { "awaiting" }).after(&said)
}

fn unpaid(t: &Teller, waiting: &Awaiting) -> String {
    let names: Vec<&str> = waiting.names.iter().map(String::as_str).collect();
    let mut args = match &waiting.link {
        Some(link) => super::buying::a_link(t, waiting.total, &link.email, link.until),
        None => args!["total" => t.money(waiting.total)],
    };
    args.set("things", t.the_things(&names));
    t.sentence(if waiting.link.is_some() { "awaiting-link" } else { "awaiting-answer" }, &args)
}

pub(super) fn no_such_order(t: &Teller, about: &OrderRef) -> Draft {
    let mut args = FluentArgs::new();
    let about = match about {
        OrderRef::Latest => "latest",
        OrderRef::Number(number) => {
            args.set("number", number.as_str().to_owned());
            "number"
        }
        OrderRef::Product(words) => {
            args.set("words", t.quoted(words));
            "product"
        }
        OrderRef::Placed { from, to } => {
            args.set("day", t.day(*from));
            args.set("until", t.day(*to));
            if from == to { "day" } else { "days" }
        }
    };
    args.set("about", about);
    t.draft("no-such-order", &args)
}

pub(super) fn ask_cancel(t: &Teller, order: &Order) -> Draft {
    let args = args![
        "number" => order.number.as_str(), "things" => things(t, order), "total" => t.money(order.total),
    ];
    t.draft("ask-cancel-order", &args).card(order_card(t, order))
}

pub(super) fn cancelled(t: &Teller, order: &Order, refund: Option<Money>) -> Draft {
    let args = args![
        "number" => order.number.as_str(),
        "things" => things(t, order),
        "total" => t.money(refund.unwrap_or(order.total)),
        "paid" => if refund.is_some() { "yes" } else { "no" },
    ];
    t.draft("order-cancelled", &args)
}

pub(super) fn too_late(t: &Teller, order: &Order) -> Draft {
    let args = args!["number" => order.number.as_str(), "things" => things(t, order), "state" => state(order)];
    t.draft("too-late-to-cancel", &args)
}

/// One order in full: where it is, or where each of its parcels is.
fn one(t: &Teller, order: &Order, about: &OrderRef) -> Vec<String> {
    let asked = match about {
        OrderRef::Product(words) => order.lines.iter().map(|l| l.spoken_name.as_str()).max_by_key(|n| shared(n, words)),
        _ => None,
    };
    if let Some(name) = asked.filter(|_| order.parcels.len() > 1) {
        let inside = |p: &&Parcel| p.contents.iter().any(|(_, n, _)| n == name);
        if let Some(parcel) = order.parcels.iter().find(inside) {
            let subject = t.say("subject-parcel-product", &args!["things" => t.the(name)]);
            return vec![parcel_status(t, &subject, parcel)];
        }
    }
    let args = args![
        "number" => order.number.as_str(),
        "day" => t.day(t.date_of(order.placed_at)),
        "things" => asked.map_or_else(|| things(t, order), |name| t.the(name)),
    ];
    let subject = t.say(
        match about {
            OrderRef::Latest => "subject-latest",
            OrderRef::Number(_) => "subject-number",
            OrderRef::Product(_) => "subject-product",
            OrderRef::Placed { .. } => "subject-placed",
        },
        &args,
    );
    match order.parcels.as_slice() {
        // What happened to the whole order is truer than where its boxes were last seen.
        _ if matches!(order.status, OrderStatus::Cancelled | OrderStatus::Returned) => {
            vec![t.sentence(&format!("status-{}", state(order)), &args!["subject" => subject])]
        }
        [] => vec![bare_status(t, &subject, order)],
        [parcel] => vec![parcel_status(t, &subject, parcel)],
        parcels => {
            let args = args!["subject" => subject, "count" => parcels.len()];
            let mut said = vec![t.sentence("parcels-intro", &args)];
            for (parcel, position) in parcels.iter().zip(1u32..).take(TOLD) {
                let names: Vec<&str> = parcel.contents.iter().map(|(_, name, _)| name.as_str()).collect();
                let args = args!["position" => position, "things" => t.the_things(&names)];
                said.push(parcel_status(t, &t.say("subject-parcel", &args), parcel));
            }
            let more = parcels.len().saturating_sub(TOLD);
            if more > 0 {
                said.push(t.sentence("parcels-more", &args!["count" => more]));
            }
            vec![t.spaced(&said)]
        }
    }
}

/// An order without parcels yet, or one whose shop does not tell them.
fn bare_status(t: &Teller, subject: &str, order: &Order) -> String {
    let mut args = args!["subject" => subject];
    if let (OrderStatus::Placed, Some(slot)) = (order.status, &order.slot) {
        args.set("time", t.slot(slot));
        return t.sentence("status-placed-time", &args);
    }
    args.set("carrier", t.say("carrier-unnamed", &FluentArgs::new()));
    t.sentence(&format!("status-{}", state(order)), &args)
}

fn parcel_status(t: &Teller, subject: &str, parcel: &Parcel) -> String {
    let mut args = args!["subject" => subject, "carrier" => carrier(t, parcel)];
    let coming = parcel.expected.filter(|day| !t.is_past(*day));
    let mut day_of = |name: &'static str, day: Option<Date>| {
        if let Some(day) = day {
            args.set(name, t.on_day(day));
        }
        day.is_some()
    };
    let id = match parcel.status {
        ParcelStatus::Packed if day_of("day", coming) => "status-packed-day",
        ParcelStatus::Packed => "status-packed",
        ParcelStatus::Shipped if day_of("day", coming) => "status-shipped-day",
        ParcelStatus::Shipped if day_of("day", parcel.expected) => "status-shipped-late",
        ParcelStatus::Shipped => "status-shipped",
        ParcelStatus::OutForDelivery if day_of("day", coming) => "status-out_for_delivery-day",
        ParcelStatus::OutForDelivery => "status-out_for_delivery",
        ParcelStatus::Delivered if day_of("day", parcel.delivered_at.map(|at| t.date_of(at))) => "status-delivered-day",
        ParcelStatus::Delivered => "status-delivered",
        ParcelStatus::Delayed => match (day_of("day", coming), day_of("promised", parcel.promised)) {
            (true, true) => "status-delayed-promised",
            (true, false) => "status-delayed-day",
            (false, true) => "status-delayed-promised-only",
            (false, false) => "status-delayed",
        },
        ParcelStatus::Returned => "status-returned",
    };
    t.sentence(id, &args)
}

fn list(t: &Teller, orders: &[Order]) -> Draft {
    let args = args!["count" => orders.len(), "shown" => orders.len().min(TOLD)];
    let intro = if orders.len() > TOLD { "tracked-intro" } else { "tracked-intro-all" };
    let told: Vec<String> = orders
        .iter()
        .take(TOLD)
        .map(|order| {
            let mut args = args![
                "number" => order.number.as_str(),
                "day" => t.day(t.date_of(order.placed_at)),
                "things" => things(t, order),
                "state" => t.say(&format!("state-{}", state(order)), &FluentArgs::new()),
            ];
            match arrival(order).filter(|day| !t.is_past(*day)) {
                Some(day) => {
                    args.set("expected", t.on_day(day));
                    t.sentence("orders-line-day", &args)
                }
                None => t.sentence("orders-line", &args),
            }
        })
        .collect();
    let mut text = Lines::default();
    for order in orders.iter().take(SHOWN) {
        let names: Vec<String> = order.lines.iter().take(TOLD).map(|l| printed_title(&l.spoken_name)).collect();
        text.push(t.say(
            "tracked-several.card-line",
            &args![
                "number" => order.number.as_str(),
                "day" => t.printed_day(t.date_of(order.placed_at)),
                "things" => names.join(", "),
                "total" => t.printed(order.total),
                "state" => t.say(&format!("state-{}", state(order)), &FluentArgs::new()),
            ],
        ));
    }
    t.plain_draft("tracked-several").after(&[t.sentence(intro, &args), t.spaced(&told)]).card(Card {
        title: t.say("tracked-several.card-title", &args!["count" => orders.len()]),
        text: text.text(),
        image: None,
    })
}

/// The day the last of it is expected, while any of it is still coming.
fn arrival(order: &Order) -> Option<Date> {
    if matches!(order.status, OrderStatus::Delivered | OrderStatus::Returned | OrderStatus::Cancelled) {
        return None;
    }
    let coming = |p: &&Parcel| !matches!(p.status, ParcelStatus::Delivered | ParcelStatus::Returned);
    order.parcels.iter().filter(coming).filter_map(|p| p.expected).max()
}

fn order_card(t: &Teller, order: &Order) -> Card {
    let mut text = Lines::default();
    let placed = t.printed_day(t.date_of(order.placed_at));
    text.push(t.say("tracked.card-placed", &args!["day" => placed, "total" => t.printed(order.total)]));
    for line in order.lines.iter().take(SHOWN) {
        let title = printed_title(&line.spoken_name);
        text.push(t.say("tracked.card-line", &args!["count" => line.quantity.get(), "title" => title]));
    }
    let over = matches!(order.status, OrderStatus::Cancelled | OrderStatus::Returned);
    if order.parcels.is_empty() || over {
        text.push(super::card::capital(&t.say(&format!("state-{}", state(order)), &FluentArgs::new())));
    }
    for parcel in order.parcels.iter().filter(|_| !over).take(SHOWN) {
        let day = match parcel.status {
            ParcelStatus::Delivered => parcel.delivered_at.map(|at| t.date_of(at)),
            ParcelStatus::Returned => None,
            _ => parcel.expected,
        };
        let mut args = args![
            "carrier" => super::card::capital(&carrier(t, parcel)),
            "tracking" => printed_title(&parcel.tracking_number),
            "state" => t.say(&format!("state-{}", parcel_state(parcel.status)), &FluentArgs::new()),
        ];
        match day {
            Some(day) => {
                args.set("day", t.printed_day(day));
                text.push(t.say("tracked.card-parcel-day", &args));
            }
            None => text.push(t.say("tracked.card-parcel", &args)),
        }
    }
    let title = t.say("tracked.card-title", &args!["number" => order.number.as_str()]);
    Card { title, text: text.text(), image: None }
}

/// One order of several, as a line of a screen: a touch asks where it is.
pub(super) fn screen_line(t: &Teller, order: &Order) -> Line {
    let names: Vec<String> = order.lines.iter().take(TOLD).map(|l| printed_title(&l.spoken_name)).collect();
    let day = arrival(order).unwrap_or_else(|| t.date_of(order.placed_at));
    let state = super::card::capital(&t.say(&format!("state-{}", state(order)), &FluentArgs::new()));
    let facts = [state, t.printed_day(day), t.printed(order.total)];
    Line {
        text: super::script::plain(&names.join(", ")),
        detail: super::script::plain(&facts.join(", ")),
        image: None,
        tap: Some(Tap::Track(order.number.clone())),
    }
}

/// How far each parcel is; of an order without parcels, the order. What was cancelled goes no further.
pub(super) fn tracks(t: &Teller, order: &Order) -> Vec<Track> {
    let placed = t.date_of(order.placed_at);
    if order.parcels.is_empty() || matches!(order.status, OrderStatus::Cancelled | OrderStatus::Returned) {
        return vec![Track { title: String::new(), steps: steps(t, state(order), placed, None) }];
    }
    let track = |parcel: &Parcel| {
        let names: Vec<String> = parcel.contents.iter().take(TOLD).map(|(_, name, _)| printed_title(name)).collect();
        let day = match parcel.status {
            ParcelStatus::Delivered => parcel.delivered_at.map(|at| t.date_of(at)),
            _ => parcel.expected,
        };
        // A single parcel holds what the order's lines say already.
        let title = if order.parcels.len() > 1 { super::script::plain(&names.join(", ")) } else { String::new() };
        Track { title, steps: steps(t, parcel_state(parcel.status), placed, day) }
    };
    order.parcels.iter().take(TOLD).map(track).collect()
}

/// The way from the purchase to the door, by the names of states; `last` is the day of its end.
fn steps(t: &Teller, at: &'static str, placed: Date, last: Option<Date>) -> Vec<Step> {
    let way: &[&str] = match at {
        "cancelled" => &["placed", "cancelled"],
        "returned" => &["placed", "delivered", "returned"],
        "delayed" => &["placed", "packed", "delayed", "delivered"],
        _ => &["placed", "packed", "shipped", "out_for_delivery", "delivered"],
    };
    let here = way.iter().position(|s| *s == at).unwrap_or_default();
    let step = |(i, name): (usize, &&str)| {
        let label = super::card::capital(&t.say(&format!("state-{name}"), &FluentArgs::new()));
        let day = match *name {
            "placed" => Some(placed),
            "delivered" => last,
            _ => None,
        };
        let day = day.map(|day| t.printed_day(day)).unwrap_or_default();
        let (state, word) = match i.cmp(&here) {
            Ordering::Less => (StepState::Done, "done"),
            Ordering::Equal => (StepState::Now, "now"),
            Ordering::Greater => (StepState::Later, "later"),
        };
        let known = if day.is_empty() { "no" } else { "yes" };
        let args = args!["label" => label.as_str(), "day" => day.as_str(), "state" => word, "known" => known];
        Step { said: super::script::plain(&t.say("screen-step", &args)), label, day, state }
    };
    way.iter().enumerate().map(step).collect()
}

fn things(t: &Teller, order: &Order) -> String {
    t.the_things(&order.lines.iter().map(|l| l.spoken_name.as_str()).collect::<Vec<_>>())
}

fn carrier(t: &Teller, parcel: &Parcel) -> String {
    if parcel.carrier.trim().is_empty() {
        t.say("carrier-unnamed", &FluentArgs::new())
    } else {
        t.quoted(&parcel.carrier)
    }
}

/// How many words of the shopper's the name has; by its beginnings, so that "headphone" meets "headphones".
fn shared(name: &str, words: &str) -> usize {
    let name = name.to_lowercase();
    let alike = |a: &str, b: &str| a == b || (a.len() > 3 && b.starts_with(a)) || (b.len() > 3 && a.starts_with(b));
    words.to_lowercase().split_whitespace().filter(|w| name.split_whitespace().any(|n| alike(n, w))).count()
}

pub(super) fn state(order: &Order) -> &'static str {
    match order.status {
        OrderStatus::Placed => "placed",
        OrderStatus::Packed => "packed",
        OrderStatus::Shipped => "shipped",
        OrderStatus::OutForDelivery => "out_for_delivery",
        OrderStatus::Delivered => "delivered",
        OrderStatus::Delayed => "delayed",
        OrderStatus::Returned => "returned",
        OrderStatus::Cancelled => "cancelled",
    }
}

fn parcel_state(status: ParcelStatus) -> &'static str {
    match status {
        ParcelStatus::Packed => "packed",
        ParcelStatus::Shipped => "shipped",
        ParcelStatus::OutForDelivery => "out_for_delivery",
        ParcelStatus::Delivered => "delivered",
        ParcelStatus::Delayed => "delayed",
        ParcelStatus::Returned => "returned",
    }
}
