//! The basket, offers and purchases.

use fluent_bundle::FluentArgs;
use jiff::Timestamp;
use jiff::civil::Date;

use super::Card;
use super::card::Lines;
use super::catalog::args;
use super::teller::{Teller, printed_title};
use super::worded::Draft;
use crate::shop::suggest::Suggestion;
use crate::shop::{Money, Order, PricedLine, Product, Quantity, Quote, QuoteOrigin};

/// Lines of a basket that are read out when nothing is at stake.
const BASKET: usize = 3;
/// Things of a placed order that are named; all of them were read out when it was offered.
const BOUGHT: usize = 8;
/// Price changes and missing things that are named one by one.
const NOTES: usize = 3;
/// Lines on a card.
const SHOWN: usize = 30;

pub(super) fn basket(t: &Teller, lines: &[PricedLine], total: Money) -> Draft {
    let mut read: Vec<String> = lines.iter().take(BASKET).map(|l| counted(t, l)).collect();
    let more = lines.len().saturating_sub(BASKET);
    if more > 0 {
        read.push(t.say("confirm-more", &args!["count" => more]));
    }
    let id = if lines.len() > 1 { "basket-items-several" } else { "basket-items" };
    let args = args!["items" => t.list(&read), "total" => t.money(total)];
    let mut text = Lines::default();
    for line in lines.iter().take(SHOWN) {
        text.push(priced_line(t, "basket.card-line", line));
    }
    t.plain_draft("basket").after(&[t.sentence(id, &args)]).card(Card {
        title: t.say("basket.card-title", &args!["total" => t.printed(total)]),
        text: text.text(),
        image: lines.first().and_then(|l| l.product.image.clone()),
    })
}

pub(super) fn added(t: &Teller, line: &PricedLine, basket_total: Money, also: Option<&Suggestion>) -> Draft {
    let args = args![
        "item" => counted(t, line),
        "total" => t.money(basket_total),
        "alone" => if basket_total == line.line_total { "yes" } else { "no" },
        "printed-item" => priced_line(t, "basket.card-line", line),
        "printed-total" => t.printed(basket_total),
    ];
    let mut card = t.plain_card("added", &args);
    card.image = line.product.image.clone();
    match also {
        Some(also) => super::ideas::suggestion(t, also).after(&[t.sentence("added-and", &args)]).card(card),
        None => t.draft("added", &args).card(card),
    }
}

pub(super) fn confirm(t: &Teller, quote: &Quote, changed: bool) -> Draft {
    let mut before = Vec::new();
    if changed {
        before.push(t.sentence("confirm-changed", &FluentArgs::new()));
    }
    let frame = match quote.origin {
        QuoteOrigin::Pick => "confirm-pick",
        QuoteOrigin::Basket => "confirm-basket",
        QuoteOrigin::Reorder => "confirm-reorder",
        QuoteOrigin::Usual => "confirm-usual",
    };
    let offer = offer(t, quote);
    before.push(t.sentence(frame, &args!["offer" => offer.as_str()]));
    before.extend(notes(t, quote));
    let args = args!["offer" => t.sentence("confirm-pick", &args!["offer" => offer.as_str()])];
    t.draft("confirm-purchase", &args).after(&before).card(offer_card(t, quote))
}

pub(super) fn confirm_again(t: &Teller, quote: &Quote) -> Draft {
    let mut before = vec![t.sentence("confirm-pick", &args!["offer" => offer(t, quote)])];
    before.extend(notes(t, quote));
    t.plain_draft("confirm-purchase-again").after(&before).card(offer_card(t, quote))
}

/// As [`confirm`], for an offer that is to be paid for by link.
pub(super) fn offer_link(t: &Teller, quote: &Quote) -> Draft {
    let mut before = vec![t.sentence("confirm-pick", &args!["offer" => offer(t, quote)])];
    before.extend(notes(t, quote));
    t.plain_draft("offer-link").after(&before).card(offer_card(t, quote))
}

pub(super) fn link_sent(t: &Teller, total: Money, email: &str, until: Timestamp, again: bool) -> Draft {
    let mut args = a_link(t, total, email, until);
    args.set("again", if again { "yes" } else { "no" });
    t.draft("link-sent", &args)
}

pub(super) fn link_sent_again(t: &Teller, total: Money, email: &str, until: Timestamp) -> Draft {
    t.draft("link-sent-again", &a_link(t, total, email, until))
}

/// How long is said as a time of the day, and as a day where that is another one.
pub(super) fn a_link(t: &Teller, total: Money, email: &str, until: Timestamp) -> FluentArgs<'static> {
    let here = until.to_zoned(t.manner.zone.clone());
    args![
        "total" => t.money(total),
        "email" => t.quoted(email),
        "time" => t.time_of_day(here.time()),
        "today" => if here.date() == t.manner.today { "yes" } else { "no" },
        "day" => t.on_day(here.date()),
    ]
}

/// "Two bags of coffee, for twenty dollars, arriving tomorrow."
fn offer(t: &Teller, quote: &Quote) -> String {
    let mut args = args![
        "items" => t.list(&quote.lines.iter().map(|l| counted(t, l)).collect::<Vec<_>>()),
        "total" => t.money(quote.total),
    ];
    // A promised time is a sentence of its own and says the day.
    let day = quote.delivery.filter(|_| quote.extras.slot.is_none());
    if let Some(day) = day {
        args.set("day", t.on_day(day));
    }
    let id = match (quote.lines.len() > 1, day) {
        (false, None) => "confirm-offer",
        (false, Some(_)) => "confirm-offer-day",
        (true, None) => "confirm-offer-several",
        (true, Some(_)) => "confirm-offer-several-day",
    };
    t.say(id, &args)
}

/// What the shopper must know before saying yes: other prices than last time, things left out.
fn notes(t: &Teller, quote: &Quote) -> Vec<String> {
    let mut notes = Vec::new();
    let extras = &quote.extras;
    let mut parts = Vec::new();
    if let Some(delivery) = extras.delivery {
        parts.push(t.say("confirm-delivery", &args!["price" => t.money(delivery)]));
    }
    if let Some(tax) = extras.tax {
        parts.push(t.say("confirm-tax", &args!["price" => t.money(tax)]));
    }
    if !parts.is_empty() {
        notes.push(t.sentence("confirm-includes", &args!["parts" => t.list(&parts)]));
    }
    if let Some(discount) = &extras.discount {
        let args = args!["price" => t.money(discount.amount), "code" => t.quoted(&discount.coupon)];
        notes.push(t.sentence("confirm-discount", &args));
    }
    if let Some(slot) = &extras.slot {
        notes.push(t.sentence("confirm-slot", &args!["time" => t.slot(slot)]));
    }
    if quote.address_gone {
        notes.push(t.sentence("confirm-address-gone", &FluentArgs::new()));
    }
    if let Some(address) = &extras.address {
        notes.push(t.sentence("confirm-address", &args!["line" => t.quoted(address)]));
    }
    // First of all: it may hurt.
    for caution in cautions(t, quote) {
        notes.insert(0, caution);
    }
    for (name, size) in &quote.misfits {
        notes.push(t.sentence("confirm-misfit", &args!["name" => t.the(name), "size" => t.size(size)]));
    }
    notes.extend(repeated(t, quote));
    for (name, before, now) in quote.price_changes.iter().take(NOTES) {
        let id = if now.minor() > before.minor() { "confirm-price-up" } else { "confirm-price-down" };
        notes.push(t.sentence(id, &args!["name" => t.the(name), "before" => t.money(*before), "now" => t.money(*now)]));
    }
    let more = quote.price_changes.len().saturating_sub(NOTES);
    if more > 0 {
        notes.push(t.sentence("confirm-price-more", &args!["count" => more]));
    }
    if !quote.unavailable.is_empty() {
        let mut names: Vec<String> = quote.unavailable.iter().take(NOTES).map(|n| t.name(n)).collect();
        let more = quote.unavailable.len().saturating_sub(NOTES);
        if more > 0 {
            names.push(t.say("confirm-more", &args!["count" => more]));
        }
        notes.push(t.sentence("confirm-unavailable", &args!["names" => t.list(&names)]));
    }
    notes
}

fn cautions(t: &Teller, quote: &Quote) -> impl Iterator<Item = String> {
    quote.cautions.iter().map(|(name, what)| {
        let args = args!["name" => t.the(name), "what" => super::talk::all_avoided(t, what.iter().copied())];
        t.sentence("confirm-caution", &args)
    })
}

fn repeated(t: &Teller, quote: &Quote) -> Option<String> {
    let names: Vec<&str> = quote.repeats.iter().map(String::as_str).collect();
    (!names.is_empty()).then(|| t.sentence("confirm-repeat", &args!["names" => t.the_things(&names)]))
}

/// What a screen says beside an offer's lines and amounts, what may hurt first.
pub(super) fn printed_notes(t: &Teller, quote: &Quote) -> Vec<String> {
    let mut notes: Vec<String> = cautions(t, quote).chain(repeated(t, quote)).collect();
    notes.extend(quote.address_gone.then(|| t.sentence("confirm-address-gone", &FluentArgs::new())));
    notes.extend(quote.price_changes.iter().take(SHOWN).map(|change| card_change(t, change)));
    notes.extend(quote.unavailable.iter().take(SHOWN).map(|name| card_unavailable(t, name)));
    notes
}

fn card_change(t: &Teller, (name, before, now): &(String, Money, Money)) -> String {
    let (before, now) = (t.printed(*before), t.printed(*now));
    t.say("confirm-purchase.card-change", &args!["name" => printed_title(name), "before" => before, "now" => now])
}

fn card_unavailable(t: &Teller, name: &str) -> String {
    t.say("confirm-purchase.card-unavailable", &args!["name" => printed_title(name)])
}

fn offer_card(t: &Teller, quote: &Quote) -> Card {
    let mut text = Lines::default();
    for line in quote.lines.iter().take(SHOWN) {
        text.push(priced_line(t, "confirm-purchase.card-line", line));
    }
    text.push(t.say("confirm-purchase.card-total", &args!["price" => t.printed(quote.total)]));
    if let Some(slot) = &quote.extras.slot {
        text.push(t.say("confirm-purchase.card-day", &args!["day" => t.printed_slot(slot)]));
    } else if let Some(day) = quote.delivery {
        text.push(t.say("confirm-purchase.card-day", &args!["day" => t.printed_day(day)]));
    }
    for change in quote.price_changes.iter().take(SHOWN) {
        text.push(card_change(t, change));
    }
    for name in quote.unavailable.iter().take(SHOWN) {
        text.push(card_unavailable(t, name));
    }
    Card {
        title: t.say("confirm-purchase.card-title", &args!["printed-total" => t.printed(quote.total)]),
        text: text.text(),
        image: quote.lines.first().and_then(|l| l.product.image.clone()),
    }
}

pub(super) fn bought(t: &Teller, order: &Order, delivery: Option<Date>, again: bool) -> Draft {
    let mut named: Vec<String> = order.lines.iter().map(|l| t.counted(l.quantity, &l.spoken_name)).collect();
    if named.len() > BOUGHT {
        let more = named.split_off(BOUGHT - 1).len();
        named.push(t.say("confirm-more", &args!["count" => more]));
    }
    let mut args = args![
        "items" => t.list(&named),
        "total" => t.money(order.total),
        "number" => order.number.as_str(),
        "known" => if delivery.is_some() { "yes" } else { "no" },
    ];
    if let Some(slot) = &order.slot {
        args.set("known", "time");
        args.set("day", t.slot(slot));
    } else if let Some(day) = delivery {
        args.set("day", t.on_day(day));
    }
    let mut text = Lines::default();
    for line in order.lines.iter().take(SHOWN) {
        let price = line.unit_price.times(line.quantity.get()).unwrap_or(line.unit_price);
        text.push(card_line(t, "bought.card-line", line.quantity, &line.spoken_name, price));
    }
    text.push(t.say("bought.card-total", &args!["price" => t.printed(order.total)]));
    if let Some(slot) = &order.slot {
        text.push(t.say("bought.card-day", &args!["day" => t.printed_slot(slot)]));
    } else if let Some(day) = delivery {
        text.push(t.say("bought.card-day", &args!["day" => t.printed_day(day)]));
    }
    t.draft(if again { "bought-again" } else { "bought" }, &args).card(Card {
        title: t.say("bought.card-title", &args!["number" => order.number.as_str()]),
        text: text.text(),
        image: None,
    })
}

pub(super) fn out_of_stock(t: &Teller, products: &[Product]) -> Draft {
    let mut names: Vec<String> = products.iter().take(NOTES).map(|p| t.name(&p.spoken_name)).collect();
    let more = products.len().saturating_sub(NOTES);
    if more > 0 {
        names.push(t.say("confirm-more", &args!["count" => more]));
    }
    t.draft("out-of-stock", &args!["names" => t.list(&names)])
}

fn counted(t: &Teller, line: &PricedLine) -> String {
    t.counted(line.quantity, &line.product.spoken_name)
}

fn priced_line(t: &Teller, id: &str, line: &PricedLine) -> String {
    card_line(t, id, line.quantity, &line.product.title, line.line_total)
}

fn card_line(t: &Teller, id: &str, quantity: Quantity, title: &str, price: Money) -> String {
    let (title, price) = (printed_title(title), t.printed(price));
    t.say(id, &args!["count" => quantity.get(), "title" => title, "price" => price])
}
