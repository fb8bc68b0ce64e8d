//! What of a product a customer must not eat: the product's own words in, what they name out. It reads what the shop
//! wrote and nothing else: a product whose text is silent may still hold anything, and nobody is told that it is safe.

use std::collections::BTreeSet;

use super::Product;
use super::preferences::Avoided;

const MEAT: &[&str] = &[
    "meat",
    "beef",
    "pork",
    "chicken",
    "turkey",
    "ham",
    "bacon",
    "sausage",
    "salami",
    "lamb",
    "veal",
    "gelatin",
    "jerky",
    "pepperoni",
];
/// What comes of animals besides their meat.
const OF_ANIMALS: &[&str] =
    &["fish", "salmon", "tuna", "shrimp", "milk", "butter", "cheese", "cream", "yogurt", "whey", "egg", "honey"];

/// Words that name it, in the singular; a product that says it is free of it, by any of the second, is. Meat is of animals
/// too, and not named again.
fn words(avoided: Avoided) -> (&'static [&'static str], &'static [&'static str]) {
    match avoided {
        Avoided::Peanuts => (&["peanut"], &["peanut"]),
        Avoided::Nuts => (
            &[
                "nut",
                "almond",
                "cashew",
                "hazelnut",
                "walnut",
                "pecan",
                "pistachio",
                "macadamia",
                "praline",
                "marzipan",
            ],
            &["nut"],
        ),
        Avoided::Milk => (
            &[
                "milk",
                "butter",
                "cheese",
                "cheddar",
                "mozzarella",
                "parmesan",
                "cream",
                "yogurt",
                "yoghurt",
                "whey",
                "dairy",
            ],
            &["dairy", "milk", "lactose"],
        ),
        Avoided::Eggs => (&["egg", "mayonnaise", "meringue"], &["egg"]),
        Avoided::Gluten => (
            &[
                "gluten",
                "wheat",
                "barley",
                "rye",
                "bread",
                "pasta",
                "spaghetti",
                "flour",
                "cracker",
                "bagel",
                "noodle",
                "couscous",
            ],
            &["gluten", "wheat"],
        ),
        Avoided::Soy => (&["soy", "soya", "tofu", "edamame", "tempeh", "miso"], &["soy"]),
        Avoided::Fish => (&["fish", "salmon", "tuna", "cod", "anchovy", "sardine", "mackerel", "herring"], &["fish"]),
        Avoided::Shellfish => (
            &["shellfish", "shrimp", "prawn", "crab", "lobster", "mussel", "oyster", "clam", "scallop"],
            &["shellfish"],
        ),
        Avoided::Sesame => (&["sesame", "tahini"], &["sesame"]),
        Avoided::Alcohol => {
            (&["alcohol", "wine", "beer", "whisky", "whiskey", "vodka", "rum", "gin", "liqueur"], &["alcohol"])
        }
        Avoided::Meat => (MEAT, &["meat"]),
        Avoided::AnimalProducts => (OF_ANIMALS, &["animal"]),
    }
}

/// Milk that no animal gave, butter of nuts: the word before takes the meaning from the word after.
const PLANT: &[&str] =
    &["almond", "oat", "soy", "soya", "coconut", "rice", "cashew", "peanut", "cocoa", "shea", "nut", "vegan"];
const OF_PLANTS: &[&str] = &["milk", "butter", "cream", "cheese", "yogurt", "yoghurt"];

/// What somebody means who says that they must not eat this: "almonds" are nuts, "dairy" is milk.
pub fn meant(said: &str) -> Option<Avoided> {
    let said = said.to_lowercase();
    let said: Vec<&str> = said.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
    Avoided::ALL.into_iter().find(|avoided| {
        let (named, free) = words(*avoided);
        said.iter().any(|word| named.iter().chain(free).any(|w| is(word, w)))
    })
}

/// What of `avoids` the product's title, description or attributes name.
pub fn named(product: &Product, avoids: &BTreeSet<Avoided>) -> Vec<Avoided> {
    if avoids.is_empty() {
        return Vec::new();
    }
    let attributes = product.attributes.iter().map(|(name, value)| format!("{name} {value}"));
    let text = [product.title.clone(), product.description.clone()].into_iter().chain(attributes);
    in_text(&text.collect::<Vec<_>>().join(" . "), avoids)
}

fn in_text(text: &str, avoids: &BTreeSet<Avoided>) -> Vec<Avoided> {
    let text = text.to_lowercase();
    let said: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
    let vegan = said.contains(&"vegan") || text.contains("nothing from animals");
    avoids.iter().copied().filter(|avoided| names(*avoided, &said, vegan)).collect()
}

fn names(avoided: Avoided, said: &[&str], vegan: bool) -> bool {
    let (words, free) = words(avoided);
    let meat = if avoided == Avoided::AnimalProducts { MEAT } else { &[] };
    let animal = matches!(avoided, Avoided::Milk | Avoided::Eggs | Avoided::Meat | Avoided::AnimalProducts);
    let stated_free = said.windows(2).any(|pair| match pair {
        [what, "free"] => free.iter().any(|w| is(what, w)),
        ["no" | "without", what] => free.iter().any(|w| is(what, w)),
        _ => false,
    });
    // A maker's word that there is none of it stands against the name alone ("vegan chicken", "gluten free bread").
    if stated_free || vegan && (animal || matches!(avoided, Avoided::Fish | Avoided::Shellfish)) {
        return false;
    }
    said.iter().enumerate().any(|(at, word)| {
        let before = at.checked_sub(1).and_then(|i| said.get(i)).copied().unwrap_or_default();
        let of_plants = animal && PLANT.iter().any(|p| is(before, p)) && OF_PLANTS.iter().any(|m| is(word, m));
        !of_plants && words.iter().chain(meat).any(|w| is(word, w))
    })
}

/// The same word, in the singular or the plural.
fn is(word: &str, singular: &str) -> bool {
    word == singular
        || word.strip_suffix('s') == Some(singular)
        || word.strip_suffix("es") == Some(singular)
        || word.strip_suffix("ies").is_some_and(|stem| singular.strip_suffix('y') == Some(stem))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(title: &str, description: &str, expected: &[Avoided]) {
        let all = Avoided::ALL.into_iter().collect();
        assert_eq!(in_text(&format!("{title} . {description}"), &all), expected, "{title}: {description}");
    }

    #[test]
    fn what_must_not_be_eaten_goes_by_many_names() {
        for (said, expected) in [
            ("peanuts", Some(Avoided::Peanuts)),
            ("tree nuts", Some(Avoided::Nuts)),
            ("dairy", Some(Avoided::Milk)),
            ("shrimp", Some(Avoided::Shellfish)),
            ("shellfish", Some(Avoided::Shellfish)),
            ("cats", None),
            ("pollen", None),
        ] {
            assert_eq!(meant(said), expected, "{said}");
        }
    }

    #[test]
    fn a_product_says_what_it_holds() {
        use Avoided::{AnimalProducts, Eggs, Fish, Gluten, Meat, Milk, Nuts, Peanuts};
        check("Acme crunchy peanut butter", "", &[Peanuts]);
        check("Almond milk, unsweetened", "", &[Nuts]);
        check("Whole milk", "", &[Milk, AnimalProducts]);
        check("Granola bars", "Rolled oats with nuts and honey.", &[Nuts, AnimalProducts]);
        check("Gluten free sourdough bread", "", &[]);
        check("Sourdough bread", "", &[Gluten]);
        check("Nut-free granola", "Without nuts.", &[]);
        check("Vegan chicken strips", "", &[]);
        check("Chicken noodle soup", "", &[Gluten, Meat, AnimalProducts]);
        check("Tuna in olive oil", "", &[Fish, AnimalProducts]);
        check("Free range eggs", "A dozen.", &[Eggs, AnimalProducts]);
        check("Nutmeg grater", "Steel.", &[]);
        check("Eggplant", "Purple.", &[]);
    }
}
