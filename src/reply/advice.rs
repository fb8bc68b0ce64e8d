//! The clerk's answers before buying: a page's sentence with its name, a product's property, two products' differences.

use fluent_bundle::FluentArgs;

use super::catalog::args;
use super::finding::stars;
use super::script::plain;
use super::teller::{Teller, cut, first_sentence, printed_title};
use super::worded::Draft;
use super::{Card, card};
use crate::shop::advice::Advice;
use crate::shop::compare::Comparison;
use crate::shop::facts::Fact;
use crate::shop::naming::said_out;
use crate::shop::{Money, Product};

/// Properties that are compared aloud.
const COMPARED: usize = 3;
/// The longest sentence quoted from a description, and the longest answer of a page.
const QUOTED: usize = 200;
const ANSWER: usize = 300;

pub(super) fn advice(t: &Teller, advice: &Advice) -> Draft {
    match advice {
        Advice::Policy(answer) => {
            let args = args!["source" => t.quoted(&answer.source), "answer" => cut(&plain(&answer.words), ANSWER)];
            let text = plain(&answer.words);
            t.draft("policy", &args).card(Card { title: printed_title(&answer.source), text, image: None })
        }
        Advice::NoPolicy { .. } => t.plain_draft("policy-none"),
        Advice::Fact { product, fact, .. } => t.plain_draft("fact").after(&[told(t, product, fact)]),
        Advice::Compared(compared) => comparison(t, compared),
        Advice::Substitute { missing, instead } => substitute(t, missing, instead.as_deref()),
        Advice::NothingToCompare => t.plain_draft("compare-nothing"),
    }
}

fn told(t: &Teller, product: &Product, fact: &Fact) -> String {
    let name = t.name(&product.spoken_name);
    match fact {
        Fact::Attribute { name: label, value, yes } => {
            let value = said_out(&plain(value));
            let pack = matches!(label.as_str(), "pack" | "count" | "pieces");
            match (yes, product.pack().filter(|_| pack)) {
                (Some(true), _) => t.sentence("fact-yes", &args!["name" => name, "value" => value]),
                (Some(false), _) => {
                    t.sentence("fact-no", &args!["name" => name, "label" => plain(label), "value" => value])
                }
                (None, _) if label == "brand" => t.sentence("fact-brand", &args!["name" => name, "value" => value]),
                (None, Some(count)) => {
                    t.sentence("fact-pack", &args!["name" => name, "count" => count, "value" => value])
                }
                (None, None) => {
                    t.sentence("fact-attribute", &args!["name" => name, "label" => plain(label), "value" => value])
                }
            }
        }
        Fact::Text(sentence) => {
            t.sentence("fact-text", &args!["name" => name, "sentence" => first_sentence(sentence, QUOTED)])
        }
        Fact::Silent => t.sentence("fact-silent", &args!["name" => name]),
    }
}

fn comparison(t: &Teller, c: &Comparison) -> Draft {
    let (left, right) = (t.name(&c.left.spoken_name), t.name(&c.right.spoken_name));
    let mut said = Vec::new();
    if let Some((need, l, r)) = &c.need {
        let speak = |name: &str, fact: &Fact| match fact {
            Fact::Text(sentence) => {
                let args = args!["name" => name, "sentence" => first_sentence(sentence, QUOTED)];
                Some(t.sentence("compare-need", &args))
            }
            Fact::Attribute { name: label, value, .. } => {
                let args = args!["name" => name, "label" => plain(label), "value" => plain(value)];
                Some(t.sentence("compare-need-attribute", &args))
            }
            Fact::Silent => None,
        };
        let known: Vec<String> = [speak(&left, l), speak(&right, r)].into_iter().flatten().collect();
        if known.is_empty() {
            said.push(t.sentence("compare-need-neither", &args!["need" => t.quoted(need)]));
        }
        said.extend(known);
    }
    let before = said.len();
    said.push(price(t, c, &left, &right));
    said.extend(rating(t, c, &left, &right));
    for (product, name) in [(&c.left, &left), (&c.right, &right)] {
        if product.stock == 0 {
            said.push(t.sentence("compare-sold-out", &args!["name" => name.as_str()]));
        }
    }
    // Who asks for one purpose need not hear of all the rest.
    let told = if c.need.is_some() { 0 } else { COMPARED };
    for d in c.differences.iter().take(told) {
        let value = |v: &str| said_out(&plain(v));
        said.push(match (&d.left, &d.right) {
            (Some(l), Some(r)) => t.sentence(
                "compare-both",
                &args!["label" => plain(&d.name), "left" => left.as_str(), "right" => right.as_str(),
                       "left-value" => value(l), "right-value" => value(r)],
            ),
            (Some(v), None) | (None, Some(v)) => {
                let name = if d.left.is_some() { &left } else { &right };
                t.sentence(
                    "compare-one",
                    &args!["name" => name.as_str(), "label" => plain(&d.name), "value" => value(v)],
                )
            }
            (None, None) => continue,
        });
    }
    if c.differences.is_empty() && said.len() == before + 1 {
        said.push(t.sentence("compare-alike", &args!["left" => left.as_str(), "right" => right.as_str()]));
    }
    t.plain_draft("compare").after(&said).card(compared_card(t, c))
}

/// What is sold out, what there is in its place, and in what that differs.
fn substitute(t: &Teller, missing: &Product, instead: Option<&Comparison>) -> Draft {
    let name = t.name(&missing.spoken_name);
    let Some(c) = instead else { return t.draft("substitute-none", &args!["name" => name]) };
    let other = t.name(&c.right.spoken_name);
    let mut differs = Vec::new();
    let gap = c.right.price.minor() - c.left.price.minor();
    if gap != 0 {
        let args = args![
            "difference" => t.money(Money::new(gap.abs(), c.right.price.currency())),
            "dearer" => if gap > 0 { "yes" } else { "no" },
        ];
        differs.push(t.say("substitute-price", &args));
    }
    for d in c.differences.iter().take(2) {
        let value = |v: &str| said_out(&plain(v));
        match (&d.left, &d.right) {
            (_, Some(v)) => {
                differs.push(t.say("substitute-has", &args!["label" => plain(&d.name), "value" => value(v)]))
            }
            (Some(v), None) => {
                differs.push(t.say("substitute-lacks", &args!["label" => plain(&d.name), "value" => value(v)]))
            }
            (None, None) => {}
        }
    }
    let args = args![
        "name" => name, "other" => other, "price" => t.money(c.right.price),
        "count" => differs.len(), "differs" => t.list(&differs),
    ];
    t.draft("substitute", &args)
}

fn price(t: &Teller, c: &Comparison, left: &str, right: &str) -> String {
    let (l, r) = (c.left.price, c.right.price);
    let gap = Money::new((l.minor() - r.minor()).abs(), l.currency());
    if gap.minor() == 0 {
        return t.sentence("compare-same-price", &args!["left" => left, "right" => right, "price" => t.money(l)]);
    }
    let (cheaper, other) = if l.minor() < r.minor() { (left, right) } else { (right, left) };
    t.sentence("compare-cheaper", &args!["cheaper" => cheaper, "other" => other, "difference" => t.money(gap)])
}

fn rating(t: &Teller, c: &Comparison, left: &str, right: &str) -> Option<String> {
    let of = |p: &Product| p.rating.filter(|(_, count)| *count > 0).map(|(tenths, _)| tenths);
    Some(match (of(&c.left), of(&c.right)) {
        (Some(l), Some(r)) if l == r => t.sentence("compare-rated-same", &args!["stars" => stars(l)]),
        (Some(l), Some(r)) => {
            let (better, other, high, low) = if l > r { (left, right, l, r) } else { (right, left, r, l) };
            let args = args!["better" => better, "other" => other, "stars" => stars(high), "other-stars" => stars(low)];
            t.sentence("compare-rated", &args)
        }
        (Some(l), None) => t.sentence("compare-rated-one", &args!["name" => left, "stars" => stars(l)]),
        (None, Some(r)) => t.sentence("compare-rated-one", &args!["name" => right, "stars" => stars(r)]),
        (None, None) => return None,
    })
}

/// Everything that differs, also what is too much for the ear.
fn compared_card(t: &Teller, c: &Comparison) -> Card {
    let mut lines = vec![format!("{} / {}", printed_title(&c.left.title), printed_title(&c.right.title))];
    let mut line = |label: String, left: &str, right: &str| {
        lines.push(t.say("compare-card-line", &args!["label" => label, "left" => left, "right" => right]));
    };
    line(t.say("label-price", &FluentArgs::new()), &t.printed(c.left.price), &t.printed(c.right.price));
    for d in &c.differences {
        let of = |v: &Option<String>| v.as_deref().map_or_else(|| "–".to_owned(), printed_title);
        line(card::capital(&d.name), &of(&d.left), &of(&d.right));
    }
    Card { title: t.say("compare.card-title", &FluentArgs::new()), text: lines.join("\n"), image: None }
}
