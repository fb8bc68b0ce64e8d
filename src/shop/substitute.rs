//! The best thing in place of one that is sold out: the same kind, alike in what matters, near in price, to the
//! shopper's taste. Candidates in, one of them or none out: no substitute is better than a wrong one.

use super::search::terms::{Stems, is_stop_word};
use super::{Product, Sku};

/// Attributes that somebody may depend on: what lacks them is no substitute.
const NEEDED: &[&str] = &["diet", "size for", "for", "compatibility"];
/// Wished for rather than depended on.
const WISHES: &[&str] = &["organic"];
/// Dearer than so many times as much is not the same need.
const DEAREST: f32 = 1.6;
/// What a thing bought before counts, beside one attribute alike.
const TASTE: f32 = 1.5;

/// `own` are things that the shopper has bought before.
pub fn best(missing: &Product, candidates: Vec<Product>, own: &[Sku]) -> Option<Product> {
    let mut best: Option<(f32, Product)> = None;
    for candidate in candidates {
        if let Some(score) = score(missing, &candidate, own)
            && best.as_ref().is_none_or(|(top, _)| score > *top)
        {
            best = Some((score, candidate));
        }
    }
    best.map(|(_, product)| product)
}

/// `None` where it does not serve the same need.
fn score(missing: &Product, other: &Product, own: &[Sku]) -> Option<f32> {
    let kind = |p: &Product| p.category.last().cloned();
    if other.sku == missing.sku || other.stock == 0 || kind(other) != kind(missing) {
        return None;
    }
    let (wanted, offered) = (nouns(missing), nouns(other));
    let shared = wanted.iter().filter(|w| offered.contains(w)).count();
    // A department's "accessories" are belts and gloves: the thing itself must be of the same name.
    if shared == 0 {
        return None;
    }
    let has = |p: &Product, name: &str, value: &str| {
        p.attributes.iter().any(|(n, v)| n.eq_ignore_ascii_case(name) && v.eq_ignore_ascii_case(value))
    };
    let mut score = shared as f32 / wanted.len().max(1) as f32;
    for (name, value) in &missing.attributes {
        if has(other, name, value) {
            score += 1.0;
        } else if NEEDED.contains(&name.to_lowercase().as_str()) && !WISHES.contains(&value.to_lowercase().as_str()) {
            return None;
        }
    }
    let (before, now) = (missing.price.minor().max(1) as f32, other.price.minor().max(1) as f32);
    if now > DEAREST * before {
        return None;
    }
    // As far apart as half and double costs as much as one attribute.
    score -= (now / before).log2().abs();
    if own.contains(&other.sku) {
        score += TASTE;
    }
    if other.brand.is_some() && other.brand == missing.brand {
        score += 0.5;
    }
    score += other.rating.map_or(0.0, |(tenths, _)| f32::from(tenths) / 100.0);
    Some(score)
}

/// What a thing is called, without its brand and what its attributes say: "coffee beans".
fn nouns(product: &Product) -> Vec<String> {
    let mut stems = Stems::new();
    let mut all = |text: &str| -> Vec<String> { stems.words(text).into_iter().map(|w| w.stem).collect() };
    let mut told = product.brand.as_deref().map(&mut all).unwrap_or_default();
    for (_, value) in &product.attributes {
        told.extend(all(value));
    }
    let words = stems.words(&product.spoken_name).into_iter().filter(|w| !is_stop_word(&w.surface));
    words.map(|w| w.stem).filter(|w| !told.contains(w)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::facts::tests::product;
    use super::*;
    use crate::shop::Money;

    fn milk(name: &str, cents: i64, attributes: &[(&str, &str)]) -> Product {
        let mut p = product(&format!("{name} milk"), "", attributes);
        p.price = Money::new(cents, p.price.currency());
        p.category = vec!["Dairy".into(), "Milk".into()];
        p
    }

    fn check(missing: &Product, candidates: &[&Product], own: &[&str], want: Option<&str>) {
        let own: Vec<Sku> = own.iter().map(|s| Sku::new(&format!("{s}-milk")).unwrap()).collect();
        let found = best(missing, candidates.iter().map(|p| (*p).clone()).collect(), &own);
        assert_eq!(found.map(|p| p.spoken_name.replace(" milk", "")).as_deref(), want);
    }

    #[test]
    fn the_same_need_is_served_or_none() {
        let missing = milk("missing", 400, &[("size", "1 l"), ("feature", "vanilla")]);
        let alike = milk("alike", 420, &[("size", "1 l"), ("feature", "vanilla")]);
        let plain = milk("plain", 400, &[("size", "1 l")]);
        let mut gone = alike.clone();
        gone.stock = 0;
        let mut bread = alike.clone();
        bread.category = vec!["Bakery".into(), "Bread".into()];
        check(&missing, &[&plain, &alike], &[], Some("alike"));
        check(&missing, &[&gone, &bread], &[], None);
        check(&missing, &[&missing], &[], None);
        check(&missing, &[&milk("gold", 900, &[("size", "1 l"), ("feature", "vanilla")])], &[], None);
        // Bought before outweighs one attribute.
        check(&missing, &[&plain, &alike], &["plain"], Some("plain"));
    }

    #[test]
    fn a_diet_is_kept() {
        let missing = milk("missing", 400, &[("diet", "gluten free")]);
        check(&missing, &[&milk("other", 400, &[("diet", "organic")]), &milk("none", 400, &[])], &[], None);
        check(&missing, &[&milk("free", 500, &[("diet", "gluten free")])], &[], Some("free"));
    }
}
