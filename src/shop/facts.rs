//! What a product's own text and attributes say to a question about it. Never guesses: what they do not say is
//! [`Fact::Silent`].

use serde::{Deserialize, Serialize};
use unicode_segmentation::UnicodeSegmentation;

use super::Product;
use super::search::terms::{Stems, is_stop_word};

/// What is asked of a product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Question {
    /// Its size, weight, material: the name of a property.
    Aspect(String),
    /// Whether it is gluten free, or red; `of` names the property where the question tells it.
    Is { what: String, of: Option<String> },
    /// Whether it has or contains something.
    Has(String),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fact {
    /// An attribute of the catalogue; `yes` where that answers a question with yes or no.
    Attribute { name: String, value: String, yes: Option<bool> },
    /// A sentence of the description that speaks of it.
    Text(String),
    /// The shop does not say.
    Silent,
}

/// Attributes, and words in the text, that speak of a property, by the names it is asked for.
const ASPECTS: &[(&str, &[&str], &[&str])] = &[
    ("size", &["size", "dimensions", "capacity", "volume", "length", "height", "width", "diagonal", "pack"], &["size"]),
    ("weight", &["weight", "net weight"], &["weigh", "weight", "pound", "kilogram"]),
    ("color", &["color", "colour"], &["color", "colour"]),
    ("material", &["material", "fabric", "upper material"], &["made of", "made from", "filled with"]),
    ("ingredients", &["ingredients", "contents"], &["ingredient", "made with", "made without", "contain"]),
    ("pack", &["pack", "count", "pack size", "pieces"], &["pack of", "pieces"]),
    ("flavor", &["flavor", "flavour", "scent", "taste"], &["flavor", "flavour", "taste"]),
    ("battery", &["battery", "battery life"], &["battery", "rechargeable", "charge"]),
    ("warranty", &["warranty", "guarantee"], &["warranty", "guarantee"]),
    ("age", &["age", "for"], &["years old", "age", "toddler", "children", "kids"]),
];

/// Words of a property that a sentence need not repeat: "gluten free" is told by "made without gluten".
const LOOSE: &[&str] = &["free", "made", "very", "really", "actually", "any", "proof", "safe"];

pub fn answer(product: &Product, question: &Question) -> Fact {
    match question {
        Question::Aspect(name) => aspect(product, name),
        Question::Is { what, of } => is(product, what, of.as_deref()),
        Question::Has(what) => mentioned(product, what),
    }
}

/// The sentence or attribute that speaks for a use: running, winter, children.
pub fn suits(product: &Product, need: &str) -> Fact {
    mentioned(product, need)
}

fn aspect(product: &Product, asked: &str) -> Fact {
    if asked.eq_ignore_ascii_case("brand") {
        return match &product.brand {
            Some(brand) => Fact::Attribute { name: "brand".into(), value: brand.clone(), yes: None },
            None => Fact::Silent,
        };
    }
    let own = [asked];
    let known = ASPECTS.iter().find(|(name, ..)| name.eq_ignore_ascii_case(asked));
    let (names, words): (&[&str], &[&str]) = known.map_or((&own, &own), |(_, names, words)| (names, words));
    for name in names {
        let found = product.attributes.iter().find(|(n, v)| n.eq_ignore_ascii_case(name) && !v.trim().is_empty());
        if let Some((name, value)) = found {
            return Fact::Attribute { name: name.clone(), value: value.clone(), yes: None };
        }
    }
    let speaks = |s: &&str| words.iter().any(|w| s.to_lowercase().contains(w));
    match product.description.unicode_sentences().find(speaks) {
        Some(sentence) => Fact::Text(sentence.trim().to_owned()),
        None => Fact::Silent,
    }
}

fn is(product: &Product, what: &str, of: Option<&str>) -> Fact {
    let mut stems = Stems::new();
    let wanted = all(&mut stems, what);
    for (name, value) in &product.attributes {
        let said = all(&mut stems, value);
        if !wanted.is_empty() && wanted.iter().all(|w| said.contains(w)) {
            return Fact::Attribute { name: name.clone(), value: value.clone(), yes: Some(true) };
        }
    }
    // A thing has one colour and one size: another one is a no.
    let same = |n: &str| of.is_some_and(|of| n.eq_ignore_ascii_case(of) || n == "colour" && of == "color");
    if let Some((name, value)) = product.attributes.iter().find(|(n, _)| same(n)) {
        return Fact::Attribute { name: name.clone(), value: value.clone(), yes: Some(false) };
    }
    mentioned(product, what)
}

/// Quotes whatever speaks of it, and leaves yes or no to the words: "made without nuts" answers "does it have nuts".
fn mentioned(product: &Product, what: &str) -> Fact {
    let mut stems = Stems::new();
    let mut wanted = all(&mut stems, what);
    let strict: Vec<String> = wanted.iter().filter(|w| !LOOSE.contains(&w.as_str())).cloned().collect();
    if !strict.is_empty() {
        wanted = strict;
    }
    if wanted.is_empty() {
        return Fact::Silent;
    }
    let mut holds = |text: &str| {
        let said = all(&mut stems, text);
        wanted.iter().all(|w| said.contains(w))
    };
    if let Some((name, value)) = product.attributes.iter().find(|(_, value)| holds(value)) {
        return Fact::Attribute { name: name.clone(), value: value.clone(), yes: None };
    }
    match product.description.unicode_sentences().find(|s| holds(s)) {
        Some(sentence) => Fact::Text(sentence.trim().to_owned()),
        None => Fact::Silent,
    }
}

fn all(stems: &mut Stems, text: &str) -> Vec<String> {
    stems.words(text).into_iter().filter(|w| !is_stop_word(&w.surface)).map(|w| w.stem).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::shop::money::Currency;
    use crate::shop::{Money, Sku};

    pub fn product(name: &str, description: &str, attributes: &[(&str, &str)]) -> Product {
        Product {
            sku: Sku::new(&name.replace(' ', "-")).unwrap(),
            title: name.into(),
            spoken_name: name.into(),
            description: description.into(),
            brand: Some("Acme".into()),
            category: vec!["Grocery".into()],
            price: Money::new(500, Currency::USD),
            stock: 5,
            rating: Some((45, 10)),
            attributes: attributes.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
            image: None,
        }
    }

    fn granola() -> Product {
        let text = "Rolled oats baked slowly with nuts and seeds. Made without gluten. Not for dogs.";
        product("maple granola", text, &[("diet", "organic"), ("size", "12 oz"), ("colour", "blue")])
    }

    fn attribute(name: &str, value: &str, yes: Option<bool>) -> Fact {
        Fact::Attribute { name: name.into(), value: value.into(), yes }
    }

    fn check(question: Question, fact: Fact) {
        assert_eq!(answer(&granola(), &question), fact, "{question:?}");
    }

    fn is(what: &str, of: Option<&str>) -> Question {
        Question::Is { what: what.into(), of: of.map(String::from) }
    }

    #[test]
    fn what_the_catalogue_says_is_told() {
        check(Question::Aspect("size".into()), attribute("size", "12 oz", None));
        check(Question::Aspect("color".into()), attribute("colour", "blue", None));
        check(Question::Aspect("brand".into()), attribute("brand", "Acme", None));
        check(Question::Aspect("ingredients".into()), Fact::Text("Made without gluten.".into()));
        check(is("organic", None), attribute("diet", "organic", Some(true)));
        check(is("red", Some("color")), attribute("colour", "blue", Some(false)));
        check(is("gluten free", None), Fact::Text("Made without gluten.".into()));
        check(Question::Has("nuts".into()), Fact::Text("Rolled oats baked slowly with nuts and seeds.".into()));
        // The words say no; yes or no is not made of them.
        check(is("for dogs", None), Fact::Text("Not for dogs.".into()));
    }

    #[test]
    fn what_it_does_not_say_is_not_guessed() {
        check(is("vegan", None), Fact::Silent);
        check(is("sugar free", None), Fact::Silent);
        check(Question::Has("milk".into()), Fact::Silent);
        check(Question::Has("the".into()), Fact::Silent);
        check(Question::Aspect("weight".into()), Fact::Silent);
        check(Question::Aspect("warranty".into()), Fact::Silent);
    }
}
