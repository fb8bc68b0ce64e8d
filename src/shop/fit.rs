//! Whether a product is of the shopper's size and to their taste of brands: preferences and products in, an order or a
//! misfit out. It reads the catalogue's own `size` and category; a product that states none fits everybody. Refuses to
//! know where either comes from.

use super::Product;
use super::preferences::{Preferences, Wear};
use super::search::size_names;
use crate::words::halves;

/// Products looked at: further down nobody listens.
pub const LOOKED_AT: u32 = 20;

impl Wear {
    /// What a product is worn as; none for what has no sizes, and for children's things, which have their own.
    pub fn of(product: &Product) -> Option<Self> {
        let names = |words: &[&str]| {
            let said = product.category.iter().flat_map(|c| c.split(|ch: char| !ch.is_alphanumeric()));
            said.map(str::to_lowercase).any(|word| words.contains(&word.as_str()))
        };
        if names(&["kids", "kid", "children", "baby", "toddler", "pets"]) {
            None
        } else if names(&["shoe", "shoes", "footwear", "boots", "sneakers"]) {
            Some(Self::Shoes)
        } else if names(&["clothing", "clothes", "apparel", "fashion", "wear"]) {
            Some(Self::Clothes)
        } else {
            None
        }
    }
}

impl Preferences {
    /// Whether they tell one product of a kind from another.
    pub fn picks(&self) -> bool {
        !(self.sizes.is_empty() && self.likes.is_empty() && self.dislikes.is_empty())
    }
}

/// The product's size, where it is another than the shopper wears.
pub fn misfit<'a>(product: &'a Product, told: &Preferences) -> Option<&'a str> {
    let mine = told.sizes.get(&Wear::of(product)?)?;
    let size = size(product)?;
    (!same(size, mine)).then_some(size)
}

/// Puts first, among things of the kind that was found first, what is of the shopper's size, then of a brand they like;
/// last what is of one they do not. What is of another kind stays where it is: a liked brand's mug is no coffee.
pub fn sort(products: &mut [Product], told: &Preferences) {
    if !told.picks() {
        return;
    }
    let kind = products.first().and_then(|p| p.category.last().cloned());
    let places: Vec<usize> =
        products.iter().enumerate().filter(|(_, p)| p.category.last() == kind.as_ref()).map(|(at, _)| at).collect();
    let mut same_kind: Vec<Product> = places.iter().filter_map(|at| products.get(*at).cloned()).collect();
    let of = |brands: &std::collections::BTreeSet<String>, p: &Product| {
        p.brand.as_ref().is_some_and(|b| brands.contains(&b.to_lowercase()))
    };
    same_kind.sort_by_key(|p| (misfit(p, told).is_some(), of(&told.dislikes, p), !of(&told.likes, p)));
    for (at, product) in places.into_iter().zip(same_kind) {
        if let Some(place) = products.get_mut(at) {
            *place = product;
        }
    }
}

fn size(product: &Product) -> Option<&str> {
    let stated = product.attributes.iter().find(|(name, _)| name.eq_ignore_ascii_case("size")).map(|(_, v)| v.as_str());
    stated.filter(|size| !size.eq_ignore_ascii_case("one size"))
}

fn same(size: &str, mine: &str) -> bool {
    let (size, mine) = (plain(size), plain(mine));
    size == mine || size_names(&mine).contains(&size.as_str())
}

/// One way to write a size: halves as decimals, and nothing after the point where there is nothing.
fn plain(size: &str) -> String {
    let size = halves::decimal(size.trim()).to_lowercase();
    let size = size.strip_prefix("size ").unwrap_or(&size).trim();
    match size.split_once(['.', ',']) {
        Some((whole, "5" | "50")) if is_number(whole) => format!("{whole}.5"),
        Some((whole, "0" | "00")) if is_number(whole) => whole.to_owned(),
        _ => size.to_owned(),
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::super::facts::tests::product;
    use super::*;

    fn thing(name: &str, category: &[&str], size: Option<&str>, brand: &str) -> Product {
        let attributes: Vec<(&str, &str)> = size.map(|s| ("size", s)).into_iter().collect();
        let mut p = product(name, "", &attributes);
        p.category = category.iter().map(|c| (*c).to_owned()).collect();
        p.brand = Some(brand.to_owned());
        p
    }

    fn told() -> Preferences {
        let mut told = Preferences::default();
        told.sizes.insert(Wear::Shoes, "9".into());
        told.sizes.insert(Wear::Clothes, "medium".into());
        told.likes.insert("willow".into());
        told.dislikes.insert("acme".into());
        told
    }

    #[test]
    fn what_does_not_fit_is_told() {
        let shoes = ["Shoes", "Women", "Running Shoes"];
        assert_eq!(misfit(&thing("a", &shoes, Some("8"), "x"), &told()), Some("8"));
        assert_eq!(misfit(&thing("a", &shoes, Some("9"), "x"), &told()), None);
        assert_eq!(misfit(&thing("a", &shoes, None, "x"), &told()), None);
        assert_eq!(misfit(&thing("a", &["Clothing", "Shirts"], Some("M"), "x"), &told()), None);
        assert_eq!(misfit(&thing("a", &["Clothing", "Hats"], Some("one size"), "x"), &told()), None);
        assert_eq!(misfit(&thing("a", &["Clothing", "Kids & Accessories"], Some("8"), "x"), &told()), None);
        assert_eq!(misfit(&thing("a", &["Grocery", "Coffee"], Some("12 oz"), "x"), &told()), None);
    }

    #[test]
    fn half_sizes_fit_however_they_are_written() {
        let mut told = told();
        told.sizes.insert(Wear::Shoes, "9.5".into());
        for (size, fits) in [
            ("9.5", true),
            ("9 1/2", true),
            ("9½", true),
            ("9,5", true),
            ("Size 9.5", true),
            ("9", false),
            ("9.0", false),
            ("10.5", false),
            ("9.55", false),
        ] {
            let shoe = thing("a", &["Shoes"], Some(size), "x");
            assert_eq!(misfit(&shoe, &told).is_none(), fits, "{size}");
        }
        told.sizes.insert(Wear::Shoes, "9".into());
        assert_eq!(misfit(&thing("a", &["Shoes"], Some("9.0"), "x"), &told), None);
    }

    #[test]
    fn the_shoppers_own_come_first_among_their_kind() {
        let shoes = ["Shoes", "Running Shoes"];
        let mut found = vec![
            thing("wrong size", &shoes, Some("8"), "Willow"),
            thing("other kind", &["Shoes", "Laces"], None, "Willow"),
            thing("disliked", &shoes, Some("9"), "Acme"),
            thing("plain", &shoes, Some("9"), "Nova"),
            thing("liked", &shoes, Some("9"), "Willow"),
        ];
        sort(&mut found, &told());
        let names: Vec<&str> = found.iter().map(|p| p.spoken_name.as_str()).collect();
        assert_eq!(names, ["liked", "other kind", "plain", "disliked", "wrong size"]);
    }
}
