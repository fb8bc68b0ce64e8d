//! Search results and products.

use fluent_bundle::FluentArgs;
use jiff::civil::Date;

use super::Card;
use super::amounts::grouped;
use super::card::{self, Lines};
use super::catalog::args;
use super::teller::{Teller, first_sentence, printed_title};
use super::worded::Draft;
use crate::dialogue::Focus;
use crate::shop::{Filters, Product, Search, Sort};

/// More than three are forgotten before the last is heard.
const READ_OUT: usize = 3;
/// At or below this many, scarcity is worth a sentence.
const FEW: u32 = 5;
/// How much of a description is spoken, in characters.
const DESCRIPTION: usize = 160;
/// A search of more words than this is not said back: it holds the whole sentence.
const QUERY_WORDS: usize = 5;

/// A page of results as the dialogue found it.
pub(super) struct Page<'a> {
    pub search: &'a Search,
    pub products: &'a [Product],
    pub first: u32,
    pub total: u32,
    pub relaxed: bool,
    pub back: bool,
}

pub(super) fn results(t: &Teller, found: &Page<'_>) -> Draft {
    let &Page { search, products: page, first, total, relaxed, back } = found;
    let shown = page.get(..READ_OUT).unwrap_or(page);
    let count = u32::try_from(shown.len()).unwrap_or_default();
    let last = first.saturating_add(count).saturating_sub(1);
    let args = args![
        "shown" => count,
        "total" => total,
        "total-printed" => grouped(total.into()),
        "rounded" => t.rounded(total),
        "first" => first,
        "last" => last,
        "kind" => if total <= 1 { "one" } else if last < total { "more" } else { "end" },
    ];
    let intro = match (first, relaxed) {
        _ if back => "results-intro-back",
        (0 | 1, true) => "results-intro-relaxed",
        (0 | 1, false) if total <= 1 => "results-intro-one",
        (0 | 1, false) if total <= last => "results-intro-all",
        (0 | 1, false) => "results-intro-many",
        _ if last < total => "results-intro-next",
        _ => "results-intro-last",
    };
    let mut before = vec![t.sentence(intro, &args)];
    if first <= 1 && total > 1 {
        before.extend(sorted(search.sort).map(|id| t.sentence(id, &FluentArgs::new())));
    }
    let items: Vec<String> = shown
        .iter()
        .zip(first.max(1)..)
        .map(|(product, position)| {
            let item = thing(t, product, search.sort);
            match total {
                0 | 1 => t.sentence("results-single", &args!["item" => item]),
                _ => t.sentence("results-item", &args!["position" => position, "item" => item]),
            }
        })
        .collect();
    before.push(t.spaced(&items));

    let mut lines = Lines::default();
    for (product, position) in shown.iter().zip(first.max(1)..) {
        lines.push(card_line(t, product, position));
    }
    let image = shown.first().and_then(|p| p.image.clone());
    t.draft("results", &args).after(&before).card(Card {
        title: t.say("results.card-title", &args),
        text: lines.text(),
        image,
    })
}

/// A result as one line of a card.
fn card_line(t: &Teller, product: &Product, position: u32) -> String {
    let (title, facts) = (printed_title(&product.title), printed_facts(t, product));
    t.say("results.card-line", &args!["position" => position, "title" => title, "facts" => facts])
}

/// What a line of results says of a product beside its name.
pub(super) fn printed_facts(t: &Teller, product: &Product) -> String {
    let mut facts = vec![t.printed(product.price)];
    facts.extend(product.rating.map(|r| printed_rating(t, r)));
    if product.stock == 0 {
        facts.push(printed_stock(t, 0));
    }
    facts.join(", ")
}

fn sorted(sort: Sort) -> Option<&'static str> {
    match sort {
        Sort::Relevance => None,
        Sort::Cheapest => Some("results-sorted-cheapest"),
        Sort::BestRated => Some("results-sorted-best_rated"),
        Sort::Newest => Some("results-sorted-newest"),
    }
}

fn thing(t: &Teller, product: &Product, sort: Sort) -> String {
    let mut args = args!["name" => t.name(&product.spoken_name), "price" => t.money(product.price)];
    match product.rating {
        _ if product.stock == 0 => t.say("results-thing-sold-out", &args),
        Some((tenths, _)) if sort == Sort::BestRated => {
            args.set("stars", stars(tenths));
            t.say("results-thing-rated", &args)
        }
        _ => t.say("results-thing", &args),
    }
}

pub(super) fn nothing(t: &Teller, search: &Search) -> Draft {
    let query = sought(t, &search.query);
    let limits = limits(t, &search.filters, &search.query.to_lowercase());
    let filters = if limits.is_empty() { "none" } else { "some" };
    t.draft("nothing-found", &args!["query" => query, "filters" => filters, "limits" => limits.join(" ")])
}

/// The shopper's words for what is not there; "anything like that" when they are a whole sentence.
pub(super) fn sought(t: &Teller, words: &str) -> String {
    match words.split_whitespace().count() {
        1..=QUERY_WORDS => t.quoted(words),
        _ => t.say("nothing-like-that", &FluentArgs::new()),
    }
}

/// "by Acme", "under ten dollars": what the search was limited to and the query does not say itself.
fn limits(t: &Teller, filters: &Filters, query: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut named = |id: &str, variable: &'static str, value: &str| {
        if !query.contains(&value.to_lowercase()) {
            let mut args = FluentArgs::new();
            args.set(variable, if variable == "size" { t.size(value) } else { t.quoted(value) });
            out.push(t.say(id, &args));
        }
    };
    if let Some(brand) = &filters.brand {
        named("limit-brand", "brand", brand);
    }
    if let Some(colour) = &filters.colour {
        named("limit-colour", "colour", colour);
    }
    if let Some(size) = &filters.size {
        named("limit-size", "size", size);
    }
    for feature in filters.features.iter().take(2) {
        named("limit-feature", "feature", feature);
    }
    let mut price = |id: &str, limit| out.push(t.say(id, &args!["price" => t.money(limit)]));
    if let Some(max) = filters.max_price {
        price("limit-max", max);
    }
    if let Some(min) = filters.min_price {
        price("limit-min", min);
    }
    out
}

pub(super) fn which_one(t: &Teller, page: &[Product]) -> Draft {
    let shown = page.get(..READ_OUT).unwrap_or(page);
    let choices: Vec<String> = shown
        .iter()
        .zip(1u32..)
        .map(|(p, position)| {
            t.sentence("ask-which-choice", &args!["position" => position, "name" => t.name(&p.spoken_name)])
        })
        .collect();
    t.draft("ask-which-one", &args!["choices" => t.spaced(&choices)])
}

pub(super) fn product(t: &Teller, product: &Product, delivery: Option<Date>, focus: Focus) -> Draft {
    let name = t.name(&product.spoken_name);
    let mut said = Vec::new();
    match focus {
        Focus::Price => {
            said.push(t.sentence("product-focus-price", &args!["name" => name, "price" => t.money(product.price)]))
        }
        Focus::Stock => {
            let id = match product.stock {
                0 => "product-focus-stock-none",
                1..=FEW => "product-focus-stock-few",
                _ => "product-focus-stock",
            };
            said.push(t.sentence(id, &args!["name" => name, "stock" => product.stock]));
        }
        Focus::Rating => said.push(match product.rating {
            Some((tenths, count)) if count > 0 => t.sentence(
                "product-focus-rating",
                &args!["name" => name, "stars" => stars(tenths), "reviews" => t.reviews(count)],
            ),
            _ => t.sentence("product-focus-rating-none", &args!["name" => name]),
        }),
        Focus::Delivery => said.push(match delivery {
            _ if product.stock == 0 => t.sentence("product-focus-stock-none", &args!["name" => name]),
            Some(day) => t.sentence("product-focus-delivery", &args!["name" => name, "day" => t.on_day(day)]),
            None => t.sentence("product-focus-delivery-none", &args!["name" => name]),
        }),
        Focus::All => {
            said.push(t.sentence("product-price", &args!["name" => name, "price" => t.money(product.price)]));
            if !t.manner.brief {
                said.push(first_sentence(&product.description, DESCRIPTION));
            }
            if let Some((tenths, count)) = product.rating.filter(|(_, count)| *count > 0 && !t.manner.brief) {
                let args = args!["stars" => stars(tenths), "reviews" => t.reviews(count)];
                said.push(t.sentence("product-rating", &args));
            }
            match product.stock {
                0 => said.push(t.sentence("product-stock-none", &FluentArgs::new())),
                stock @ 1..=FEW => said.push(t.sentence("product-stock-few", &args!["stock" => stock])),
                _ => {}
            }
            if let Some(day) = delivery.filter(|_| product.stock > 0) {
                said.push(t.sentence("product-delivery", &args!["day" => t.on_day(day)]));
            }
        }
    }
    let next = if product.stock == 0 { "product-gone" } else { "product" };
    t.plain_draft(next).after(&said).card(product_card(t, product, delivery))
}

fn product_card(t: &Teller, product: &Product, delivery: Option<Date>) -> Card {
    let mut lines = Lines::default();
    let (facts, description) = facts(t, product, delivery);
    for (label, value) in facts {
        lines.push(t.say("card-fact", &args!["label" => label, "value" => value]));
    }
    lines.push(description);
    Card {
        title: t.say("product.card-title", &args!["title" => printed_title(&product.title)]),
        text: lines.text(),
        image: product.image.clone(),
    }
}

/// What is shown of a product: labels with values, and its description.
pub(super) fn facts(t: &Teller, product: &Product, delivery: Option<Date>) -> (Vec<(String, String)>, String) {
    let mut facts = Vec::new();
    let mut fact = |label: &str, value: String| facts.push((label.to_owned(), value));
    let label = |id: &str| t.say(id, &FluentArgs::new());
    fact(&label("label-price"), t.printed(product.price));
    if let Some(brand) = &product.brand {
        fact(&label("label-brand"), printed_title(brand));
    }
    if let Some(rating) = product.rating.filter(|(_, count)| *count > 0) {
        fact(&label("label-rating"), printed_rating(t, rating));
    }
    fact(&label("label-stock"), printed_stock(t, product.stock));
    if let Some(day) = delivery.filter(|_| product.stock > 0) {
        fact(&label("label-delivery"), t.printed_day(day));
    }
    for (name, value) in product.attributes.iter().take(card::ATTRIBUTES) {
        fact(&card::capital(name), printed_title(value));
    }
    (facts, product.description.clone())
}

fn printed_rating(t: &Teller, (tenths, count): (u8, u32)) -> String {
    t.say("rating-printed", &args!["stars" => stars(tenths), "count" => grouped(count.into())])
}

fn printed_stock(t: &Teller, stock: u32) -> String {
    t.say("stock-printed", &args!["stock" => stock, "stock-printed" => grouped(stock.into())])
}

/// `46` as "4.6", `50` as "5".
pub(super) fn stars(tenths: u8) -> String {
    match tenths % 10 {
        0 => format!("{}", tenths / 10),
        part => format!("{}.{part}", tenths / 10),
    }
}
