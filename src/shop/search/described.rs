//! Whether words name a product or only occur in its description: "weather" in a motor oil's is no sign that the oil was
//! meant. A query and a product in, the answer out. Refuses to know the index: it reads the product itself.

use std::collections::HashSet;

use super::synonyms::Synonyms;
use super::terms::{Stems, Word, is_stop_word, surfaces};
use crate::shop::Product;
use crate::words::spoken;

/// Whether nothing of the query, under any name, is in the product's name, brand, category, attributes or number, but
/// something is in its description. What is in neither (a mishearing) is not judged here.
pub(super) fn only_described(query: &str, product: &Product, synonyms: &Synonyms) -> bool {
    let mut stems = Stems::new();
    let said: Vec<Vec<Word>> = spoken::written(query)
        .iter()
        .map(|written| stems.words(written).into_iter().filter(|w| !is_stop_word(&w.surface)).collect())
        .collect();
    // Most queries are a part of the name as it is written, and nothing else need be read.
    let name: HashSet<String> = surfaces(&product.title).into_iter().map(|(surface, _)| surface).collect();
    if said.iter().flatten().any(|word| name.contains(&word.surface)) {
        return false;
    }
    let named = named(product, &mut stems);
    if said.iter().any(|words| is_named(words, &named, synonyms, &mut stems)) {
        return false;
    }
    let told: HashSet<String> = stems.terms(&product.description).into_iter().collect();
    said.iter().flatten().any(|word| told.contains(&word.stem))
}

/// Every stem of what says what the product is, and each two words of it as one.
fn named(product: &Product, stems: &mut Stems) -> HashSet<String> {
    let attributes = product.attributes.iter().flat_map(|(name, value)| [name, value]);
    let texts = [&product.title, &product.spoken_name].into_iter().chain(&product.brand).chain(&product.category);
    let mut out: HashSet<String> = stems.terms(product.sku.as_str()).into_iter().collect();
    for text in texts.chain(attributes) {
        let words = stems.words(text);
        out.extend(stems.pairs(&words));
        out.extend(stems.terms(text));
    }
    out
}

/// Whether any run of the words is there, as it is, as one word, or by another name.
fn is_named(words: &[Word], named: &HashSet<String>, synonyms: &Synonyms, stems: &mut Stems) -> bool {
    let mut alone = words.iter();
    if alone.any(|w| named.contains(&w.stem)) || stems.pairs(words).iter().any(|pair| named.contains(pair)) {
        return true;
    }
    (0..words.len()).any(|from| {
        (1..=synonyms.longest().min(words.len() - from)).any(|len| {
            let run: Vec<&str> = words.iter().skip(from).take(len).map(|w| w.stem.as_str()).collect();
            synonyms.of(&run).iter().any(|other| other.iter().all(|stem| named.contains(stem)))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::DEFAULT_SYNONYMS;
    use super::*;
    use crate::shop::facts::tests::product;

    #[test]
    fn a_word_of_the_description_names_nothing() {
        let mut oil =
            product("Ironside synthetic motor oil", "For all engines in any weather.", &[("size", "5 quart")]);
        oil.category = vec!["Automotive".into(), "Fluids".into()];
        let mut sofa = product("Cedar grey sofa", "A couch for the whole family.", &[("material", "linen")]);
        sofa.category = vec!["Furniture".into(), "Living Room".into()];
        let synonyms = Synonyms::parse(DEFAULT_SYNONYMS).unwrap();
        for (query, of, only) in [
            ("weather", &oil, true),
            ("the weather today", &oil, true),
            ("motor oil for any weather", &oil, false),
            ("fluids", &oil, false),
            ("five quart", &oil, false),
            ("whole family", &sofa, true),
            // Another name for it, though the description has it too.
            ("couch", &sofa, false),
            ("linen", &sofa, false),
            // In neither: perhaps a mishearing.
            ("zofa", &sofa, false),
            ("", &sofa, false),
        ] {
            assert_eq!(only_described(query, of, &synonyms), only, "{query}");
        }
    }
}
