//! What is shown where there is a screen: a [`Say`] and its card in, a [`Screen`] out, every text of it as printed and
//! each thing that can be touched with what the touch stands for. Refuses to know how a screen is drawn, and offers no
//! touch that would buy: that takes a spoken yes.

use fluent_bundle::FluentArgs;

use super::catalog::args;
use super::teller::{Teller, printed_title};
use super::{Card, buying, finding, script, tracking};
use crate::dialogue::Say;
use crate::shop::{OrderNumber, PricedLine, Product, Quantity, Quote};

/// Lines of one screen.
const LINES: usize = 40;

/// What is on a screen. What a kind has no use for is empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Screen {
    pub kind: Kind,
    pub title: String,
    /// Words that can be said next.
    pub hint: Option<String>,
    /// What is asked for aloud.
    pub ask: Option<String>,
    pub image: Option<String>,
    pub lines: Vec<Line>,
    /// Amounts and properties, the last of an offer or a basket being its total.
    pub facts: Vec<Fact>,
    pub tracks: Vec<Track>,
    /// Whole sentences, the weightiest first.
    pub notes: Vec<String>,
    pub buttons: Vec<Button>,
}

/// What a screen is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// What a card says, line by line.
    #[default]
    Card,
    Results,
    Product,
    Basket,
    Order,
    Checkout,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Line {
    pub text: String,
    /// What is said of it beside its name; may be empty.
    pub detail: String,
    pub image: Option<String>,
    pub tap: Option<Tap>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    pub label: String,
    pub value: String,
}

/// One parcel on its way, or a whole order where its parcels are not known.
#[derive(Clone, Debug, PartialEq)]
pub struct Track {
    pub title: String,
    pub steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub label: String,
    /// Empty where it is not known.
    pub day: String,
    /// The step for who does not see it.
    pub said: String,
    pub state: StepState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepState {
    Done,
    Now,
    Later,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Button {
    pub words: String,
    pub tap: Tap,
}

/// The words that a touch takes the place of. None of them is a yes.
#[derive(Clone, Debug, PartialEq)]
pub enum Tap {
    /// "The second one": the place that was read out, from 1.
    Choose(u32),
    /// "Tell me about ...", by its spoken name.
    Describe(String),
    Add,
    /// Asks for an offer; the offer is still to be agreed to.
    Buy,
    TellWhenBack,
    Checkout,
    Track(OrderNumber),
    No,
}

/// The screen for this; none where nothing but the words is to be shown.
pub(super) fn of(t: &Teller, say: &Say, card: Option<&Card>) -> Option<Screen> {
    match say {
        Say::Then { said, .. } => of(t, said, card),
        Say::Results { page, first, .. } => {
            let hint = (page.len() > 1).then(|| word(t, "screen-hint-results"));
            let lines = choices(t, page, (*first).max(1));
            Some(Screen { lines, hint, ..titled(Kind::Results, card?) })
        }
        Say::AskWhichOne { page } => {
            let (title, hint) = (word(t, "screen-which-one"), Some(word(t, "screen-hint-results")));
            Some(Screen { kind: Kind::Results, title, hint, lines: choices(t, page, 1), ..Screen::default() })
        }
        Say::Product { product, delivery, .. } => {
            let (facts, description) = finding::facts(t, product, *delivery);
            Some(Screen {
                image: product.image.clone(),
                facts: facts.into_iter().map(|(label, value)| Fact { label, value }).collect(),
                notes: Some(description).filter(|d| !d.is_empty()).into_iter().collect(),
                buttons: product_buttons(t, product),
                ..titled(Kind::Product, card?)
            })
        }
        Say::Basket { lines, total } => Some(Screen {
            lines: lines.iter().take(LINES).map(|l| priced(t, l, Some(described(&l.product)))).collect(),
            facts: vec![fact(t, "screen-total", t.printed(*total))],
            hint: Some(word(t, "screen-hint-basket")),
            buttons: vec![button(t, "screen-checkout", Tap::Checkout)],
            ..titled(Kind::Basket, card?)
        }),
        Say::ConfirmPurchase { quote, .. } | Say::ConfirmPurchaseAgain { quote } => Some(checkout(t, quote, card?)),
        Say::Bought { order, .. }
        | Say::AskCancelOrder { order }
        | Say::OrderCancelled { order, .. }
        | Say::TooLateToCancel { order } => Some(one_order(t, order, card?)),
        Say::Tracked { orders, .. } | Say::Orders { orders } => match orders.as_slice() {
            [order] => Some(one_order(t, order, card?)),
            orders => {
                let lines = orders.iter().take(LINES).map(|o| tracking::screen_line(t, o)).collect();
                Some(Screen { lines, ..titled(Kind::Results, card?) })
            }
        },
        _ => card.map(|card| {
            let line = |text: &str| Line { text: text.to_owned(), ..Line::default() };
            let lines = card.text.lines().map(str::trim).filter(|l| !l.is_empty()).take(LINES).map(line).collect();
            Screen { lines, image: card.image.clone(), ..titled(Kind::Card, card) }
        }),
    }
}

/// Products as lines that can be chosen by their place; `first` is the place of the first, from 1.
fn choices(t: &Teller, page: &[Product], first: u32) -> Vec<Line> {
    page.iter().zip(first..).map(|(p, place)| Line { tap: Some(Tap::Choose(place)), ..found(t, p, place) }).collect()
}

/// A result that was not read out: it is asked about by its name.
pub(super) fn scrolled(t: &Teller, product: &Product, place: u32) -> Line {
    Line { tap: Some(described(product)), ..found(t, product, place) }
}

fn found(t: &Teller, product: &Product, place: u32) -> Line {
    let title = printed_title(&product.title);
    Line {
        text: plain(t.say("screen-place", &args!["position" => place, "title" => title])),
        detail: plain(finding::printed_facts(t, product)),
        image: product.image.clone(),
        tap: None,
    }
}

fn described(product: &Product) -> Tap {
    Tap::Describe(product.spoken_name.clone())
}

fn product_buttons(t: &Teller, product: &Product) -> Vec<Button> {
    match product.stock {
        0 => vec![button(t, "screen-tell-when-back", Tap::TellWhenBack)],
        _ => vec![button(t, "screen-add", Tap::Add), button(t, "screen-buy", Tap::Buy)],
    }
}

fn priced(t: &Teller, line: &PricedLine, tap: Option<Tap>) -> Line {
    let text = counted(t, line.quantity, &line.product.title);
    Line { text, detail: plain(t.printed(line.line_total)), image: line.product.image.clone(), tap }
}

pub(super) fn counted(t: &Teller, quantity: Quantity, title: &str) -> String {
    plain(t.say("tracked.card-line", &args!["count" => quantity.get(), "title" => printed_title(title)]))
}

fn checkout(t: &Teller, quote: &Quote, card: &Card) -> Screen {
    let extras = &quote.extras;
    let mut facts = Vec::new();
    facts.extend(extras.delivery.map(|d| fact(t, "screen-charge", t.printed(d))));
    facts.extend(extras.tax.map(|tax| fact(t, "screen-tax", t.printed(tax))));
    if let Some(discount) = &extras.discount {
        facts.push(fact(t, "screen-discount", format!("-{}", t.printed(discount.amount))));
    }
    facts.extend(extras.address.as_ref().map(|to| fact(t, "screen-address", printed_title(to))));
    facts.extend(quote.delivery.map(|day| fact(t, "label-delivery", t.printed_day(day))));
    facts.push(fact(t, "screen-total", t.printed(quote.total)));
    Screen {
        lines: quote.lines.iter().take(LINES).map(|l| priced(t, l, None)).collect(),
        facts,
        notes: buying::printed_notes(t, quote).into_iter().map(plain).collect(),
        ask: Some(word(t, "screen-ask-checkout")),
        buttons: vec![button(t, "screen-not-now", Tap::No)],
        ..titled(Kind::Checkout, card)
    }
}

fn one_order(t: &Teller, order: &crate::shop::Order, card: &Card) -> Screen {
    let line = |l: &crate::shop::OrderLine| Line {
        text: counted(t, l.quantity, &l.spoken_name),
        detail: l.unit_price.times(l.quantity.get()).map(|m| plain(t.printed(m))).unwrap_or_default(),
        ..Line::default()
    };
    let placed = t.printed_day(t.date_of(order.placed_at));
    Screen {
        lines: order.lines.iter().take(LINES).map(line).collect(),
        facts: vec![fact(t, "screen-placed", placed), fact(t, "screen-total", t.printed(order.total))],
        tracks: tracking::tracks(t, order),
        ..titled(Kind::Order, card)
    }
}

fn titled(kind: Kind, card: &Card) -> Screen {
    Screen { kind, title: card.title.clone(), ..Screen::default() }
}

fn word(t: &Teller, id: &str) -> String {
    plain(t.say(id, &FluentArgs::new()))
}

fn fact(t: &Teller, label: &str, value: String) -> Fact {
    Fact { label: word(t, label), value: plain(value) }
}

fn button(t: &Teller, words: &str, tap: Tap) -> Button {
    Button { words: word(t, words), tap }
}

/// What is shown has no marks for the voice.
fn plain(text: String) -> String {
    script::render(&text, 100).text
}
