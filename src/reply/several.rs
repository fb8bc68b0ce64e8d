//! Several things at once, the shopping list, and what is saved for later.

use super::Card;
use super::card::Lines;
use super::catalog::args;
use super::teller::{Teller, printed_title};
use super::worded::Draft;
use crate::shop::{AddedLine, Amount, Missing, Money, PricedLine, Quantity, Shelf, ShelfItem, Why};

/// Things of a shelf that are read out.
const READ_OUT: usize = 8;
/// Things on a card.
const SHOWN: usize = 30;

pub(super) fn added(
    t: &Teller,
    lines: &[AddedLine],
    basket_total: Money,
    moved: Option<Shelf>,
    left: &[Missing],
) -> Draft {
    let named: Vec<String> = lines.iter().map(|l| counted(t, l)).collect();
    let args = args!["items" => t.list(&named), "total" => t.money(basket_total)];
    let mut before = vec![t.sentence(if moved.is_some() { "moved-each" } else { "added-each" }, &args)];
    if !left.is_empty() {
        before.push(problems(t, left));
        before.push(t.sentence("left-there", &args!["shelf" => key(moved.unwrap_or(Shelf::List))]));
    }
    before.push(t.sentence("basket-now", &args));
    let mut text = Lines::default();
    for AddedLine { line, .. } in lines.iter().take(SHOWN) {
        let (title, price) = (printed_title(&line.product.title), t.printed(line.line_total));
        text.push(
            t.say("basket.card-line", &args!["count" => line.quantity.get(), "title" => title, "price" => price]),
        );
    }
    t.plain_draft("what-else").after(&before).card(Card {
        title: t.say("basket.card-title", &args!["total" => t.printed(basket_total)]),
        text: text.text(),
        image: lines.first().and_then(|l| l.line.product.image.clone()),
    })
}

pub(super) fn cannot(t: &Teller, can: &[AddedLine], cannot: &[Missing]) -> Draft {
    let named: Vec<String> = can.iter().map(|l| counted(t, l)).collect();
    let id = if can.is_empty() { "cannot-any" } else { "cannot-all" };
    t.draft(id, &args!["items" => t.list(&named)]).after(&[problems(t, cannot)])
}

pub(super) fn changed(t: &Teller, line: &PricedLine, basket_total: Money) -> Draft {
    let item = t.counted(line.quantity, &line.product.spoken_name);
    let total = t.sentence("basket-now", &args!["total" => t.money(basket_total)]);
    t.plain_draft("what-else").after(&[t.sentence("changed", &args!["item" => item]), total])
}

pub(super) fn written(t: &Teller, items: &[ShelfItem], count: u32) -> Draft {
    let named: Vec<String> = items.iter().map(|i| waiting(t, i)).collect();
    t.draft("put-on-list", &args!["items" => t.list(&named), "count" => count])
}

pub(super) fn shelf(t: &Teller, shelf: Shelf, items: &[ShelfItem]) -> Draft {
    let mut named: Vec<String> = items.iter().take(READ_OUT).map(|i| waiting(t, i)).collect();
    let more = items.len().saturating_sub(READ_OUT);
    if more > 0 {
        named.push(t.say("confirm-more", &args!["count" => more]));
    }
    let mut text = Lines::default();
    for item in items.iter().take(SHOWN) {
        text.push(waiting(t, item));
    }
    let args = args!["shelf" => key(shelf), "items" => t.list(&named)];
    let title = t.say("shelf.card-title", &args);
    t.draft("shelf", &args).card(Card { title, text: text.text(), image: None })
}

/// Words for the shelf in the phrases.
pub(super) fn key(shelf: Shelf) -> &'static str {
    match shelf {
        Shelf::List => "list",
        Shelf::Saved => "saved",
    }
}

/// "I couldn't find zebra food. Almond butter is out of stock."
fn problems(t: &Teller, missing: &[Missing]) -> String {
    let sentences: Vec<String> = missing
        .iter()
        .map(|m| {
            let name = t.name(&m.name);
            match m.why {
                Why::NotFound => t.sentence("missing-unknown", &args!["name" => name]),
                Why::OutOfStock => t.sentence("missing-sold-out", &args!["name" => name]),
                Why::Short(left) => t.sentence("missing-short", &args!["name" => name, "left" => left]),
                Why::TooMany => t.sentence("missing-too-many", &args!["name" => name]),
            }
        })
        .collect();
    sentences.join(" ")
}

fn counted(t: &Teller, added: &AddedLine) -> String {
    let item = t.counted(added.line.quantity, &added.line.product.spoken_name);
    match added.pieces {
        Some(pieces) => t.say("added-pieces", &args!["item" => item, "pieces" => pieces]),
        None => item,
    }
}

/// A thing as it was written down: "milk", "two lemons", "twelve eggs".
fn waiting(t: &Teller, item: &ShelfItem) -> String {
    match item.amount {
        Amount::Count(Quantity::ONE) => t.name(&item.name),
        Amount::Count(n) => t.say("written-count", &args!["count" => n.get(), "name" => t.name(&item.name)]),
        Amount::Pieces(n) => t.say("written-count", &args!["count" => n, "name" => t.name(&item.name)]),
    }
}
