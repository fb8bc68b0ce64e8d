//! What the index holds of a product, and how a product becomes that. Refuses to know queries.

use jiff::civil::Date;
use tantivy::TantivyDocument;
use tantivy::schema::{FAST, Field, IndexRecordOption, STRING, Schema, TextFieldIndexing, TextOptions};
use tantivy::tokenizer::{PreTokenizedString, Token};

use super::Indexed;
use super::terms::{Stems, Word, is_stop_word};
use crate::words::spoken::unit;

/// Fields by what they are for. Text comes in already as terms.
#[derive(Clone, Debug)]
pub(super) struct Fields {
    pub schema: Schema,
    /// Title and spoken name.
    pub title: Field,
    /// What kind of thing it is: the noun of the title, the last of the category path, the `type` attribute.
    pub head: Field,
    pub brand: Field,
    /// Everything a product says of itself, once.
    pub body: Field,
    /// Two words in a row of title and category.
    pub pairs: Field,
    /// Words of title, brand and category as written: what the shopper may have misheard or mistyped.
    pub surface: Field,
    /// Exact values for filters, see [`brand_value`], [`category_value`] and [`attribute_value`].
    pub facet: Field,
    pub sku: Field,
    pub price: Field,
    pub stock: Field,
    pub rating: Field,
    pub ratings: Field,
    pub released: Field,
    pub popularity: Field,
}

/// Sorts before every real day.
pub(super) const NEVER_RELEASED: i64 = -10_000_000;

impl Fields {
    pub fn new() -> Self {
        let mut schema = Schema::builder();
        let text = |option, norms| {
            let indexing =
                TextFieldIndexing::default().set_tokenizer("raw").set_index_option(option).set_fieldnorms(norms);
            TextOptions::default().set_indexing_options(indexing)
        };
        let scored = || text(IndexRecordOption::WithFreqs, true);
        let plain = || text(IndexRecordOption::Basic, false);
        Self {
            title: schema.add_text_field("title", scored()),
            head: schema.add_text_field("head", plain()),
            brand: schema.add_text_field("brand", plain()),
            body: schema.add_text_field("body", scored()),
            pairs: schema.add_text_field("pairs", plain()),
            surface: schema.add_text_field("surface", plain()),
            facet: schema.add_text_field("facet", plain()),
            sku: schema.add_text_field("sku", STRING | FAST),
            price: schema.add_i64_field("price", FAST),
            stock: schema.add_u64_field("stock", FAST),
            rating: schema.add_u64_field("rating", FAST),
            ratings: schema.add_u64_field("ratings", FAST),
            released: schema.add_i64_field("released", FAST),
            popularity: schema.add_u64_field("popularity", FAST),
            schema: schema.build(),
        }
    }

    pub fn document(&self, item: &Indexed, stems: &mut Stems) -> TantivyDocument {
        let product = &item.product;
        let mut doc = TantivyDocument::default();
        let title_words = stems.words(&product.title);
        let spoken_words = stems.words(&product.spoken_name);
        let brand = product.brand.as_deref().unwrap_or_default();
        let brand_words = stems.words(brand);

        let mut title = stems.terms(&product.title);
        // The spoken name says the title again in short: only what is new in it counts, or it would count twice.
        title.extend(
            stems.terms(&product.spoken_name).into_iter().filter(|t| !title_words.iter().any(|w| w.stem == *t)),
        );

        let mut pairs = stems.pairs(&title_words);
        pairs.extend(stems.pairs(&spoken_words));
        let mut heads = head_words(&product.title, &title_words);
        heads.extend(head_words(&product.spoken_name, &spoken_words));
        let mut surface: Vec<String> =
            title_words.iter().chain(&spoken_words).chain(&brand_words).map(|w| w.surface.clone()).collect();
        let mut body = title.clone();
        body.extend(stems.terms(brand));
        body.extend(stems.terms(&product.description));
        body.extend(stems.terms(product.sku.as_str()));
        for name in &product.category {
            let words = stems.words(name);
            pairs.extend(stems.pairs(&words));
            surface.extend(words.iter().map(|w| w.surface.clone()));
            body.extend(stems.terms(name));
            doc.add_text(self.facet, category_value(&stem_line(&words)));
        }
        if let Some(leaf) = product.category.last() {
            let words = stems.words(leaf);
            heads.extend(head_words(leaf, &words));
        }
        for (key, value) in &product.attributes {
            let key = attribute_key(key);
            let said = if is_yes(value) { key.as_str() } else { value.as_str() };
            let words = stems.words(said);
            body.extend(stems.terms(said));
            if key.ends_with("type") {
                heads.extend(head_words(value, &words));
            }
            for word in stems.words(value) {
                doc.add_text(self.facet, attribute_value(&key, &word.stem));
            }
        }
        if !brand_words.is_empty() {
            doc.add_text(self.facet, brand_value(&stem_line(&brand_words)));
        }

        self.add(&mut doc, self.brand, stems.terms(brand));
        for (field, mut once) in [(self.head, heads), (self.pairs, pairs), (self.surface, surface)] {
            once.sort_unstable();
            once.dedup();
            self.add(&mut doc, field, once);
        }
        self.add(&mut doc, self.title, title);
        self.add(&mut doc, self.body, body);

        doc.add_text(self.sku, product.sku.as_str());
        doc.add_i64(self.price, product.price.minor());
        doc.add_u64(self.stock, u64::from(product.stock));
        let (rating, ratings) = product.rating.unwrap_or_default();
        doc.add_u64(self.rating, u64::from(rating));
        doc.add_u64(self.ratings, u64::from(ratings));
        doc.add_i64(self.released, item.released.map_or(NEVER_RELEASED, days));
        doc.add_u64(self.popularity, u64::from(item.popularity));
        doc
    }

    fn add(&self, doc: &mut TantivyDocument, field: Field, terms: Vec<String>) {
        let tokens = terms
            .into_iter()
            .enumerate()
            .map(|(position, text)| Token { position, text, ..Token::default() })
            .collect();
        doc.add_pre_tokenized_text(field, PreTokenizedString { text: String::new(), tokens });
    }
}

pub(super) fn brand_value(stems: &str) -> String {
    format!("b\u{1f}{stems}")
}

pub(super) fn category_value(stems: &str) -> String {
    format!("c\u{1f}{stems}")
}

pub(super) fn attribute_value(key: &str, stem: &str) -> String {
    format!("a\u{1f}{key}\u{1f}{stem}")
}

pub(super) fn stem_line(words: &[Word]) -> String {
    words.iter().map(|w| w.stem.as_str()).collect::<Vec<_>>().join(" ")
}

/// One spelling for the keys that filters ask for.
fn attribute_key(key: &str) -> String {
    let key = key.trim().to_lowercase().replace(['_', '-'], " ");
    if key.ends_with("color") || key.ends_with("colour") { "colour".to_owned() } else { key }
}

fn is_yes(value: &str) -> bool {
    matches!(value.trim().to_lowercase().as_str(), "yes" | "true" | "y")
}

fn days(date: Date) -> i64 {
    i64::from(date.since(Date::constant(2000, 1, 1)).map_or(0, |span| span.get_days()))
}

/// The noun that says what a thing is, as its stem: the last word before the first remark ("for", a comma, a number),
/// colours and fillers left out.
fn head_words(text: &str, words: &[Word]) -> Vec<String> {
    let cut = [", ", " (", " - ", " – ", " | ", ": ", "; "].iter().filter_map(|mark| text.find(mark)).min();
    // Words before the cut: as many as the shorter text has.
    let within = match cut.and_then(|at| text.get(..at)) {
        Some(start) => start.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).count(),
        None => words.len(),
    };
    let words = words.get(..within.min(words.len())).unwrap_or(words);
    let remark = |w: &Word| matches!(w.surface.as_str(), "for" | "with" | "in" | "from" | "by" | "without" | "of");
    // A measure ends the name too; a code such as dv7 may stand in the middle of it.
    let measure = |w: &Word| {
        let number = w.surface.trim_end_matches(char::is_alphabetic);
        let rest = w.surface.get(number.len()..).unwrap_or_default();
        !w.hyphened && number.parse::<f64>().is_ok() && (rest.is_empty() || unit(rest).is_some())
    };
    let end = (1..words.len()).find(|at| words.get(*at).is_some_and(|w| remark(w) || (*at > 1 && measure(w))));
    let end = end.unwrap_or(words.len());
    let noun = words.iter().take(end).rev().find(|w| !is_filler(w));
    noun.map(|w| w.stem.clone()).into_iter().collect()
}

fn is_filler(word: &Word) -> bool {
    const FILLERS: &[&str] = &[
        "black",
        "white",
        "red",
        "blue",
        "green",
        "yellow",
        "orange",
        "purple",
        "pink",
        "brown",
        "grey",
        "gray",
        "silver",
        "gold",
        "beige",
        "navy",
        "cream",
        "transparent",
        "clear",
        "multicolour",
        "multicolor",
        "multi",
        "small",
        "medium",
        "large",
        "xl",
        "original",
        "new",
        "standard",
        "pc",
        "pcs",
        "piece",
        "pieces",
        "pack",
        "set",
        "edition",
        "size",
        "x",
        "assorted",
        "internal",
        "external",
        "indoor",
        "outdoor",
        "male",
        "female",
    ];
    is_stop_word(&word.surface)
        || FILLERS.contains(&word.surface.as_str())
        || word.surface.bytes().any(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_a_thing_is() {
        let table = [
            ("Acme Laptop Case 15.6\" Black", "case"),
            ("HP Pavilion dv7-1211ea Notebook Silver 43.2 cm (17\")", "notebook"),
            ("Case for Samsung tablet", "case"),
            ("Ideapad Gaming Laptop 15.6\" RTX 2060", "laptop"),
            ("Organic rolled oats, 500 g", "oat"),
            ("Xerox toner cartridge Original Black", "cartridg"),
        ];
        let mut stems = Stems::new();
        for (title, want) in table {
            let words = stems.words(title);
            assert_eq!(head_words(title, &words), [want], "{title}");
        }
    }
}
