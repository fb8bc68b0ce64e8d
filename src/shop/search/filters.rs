//! A shopper's filters in the catalogue's own values: which brands "acme" may be, what counts as blue. Names in,
//! conditions on the index out. Refuses to know scores; prices and stock are [`super::gather`]'s.

use tantivy::Term;
use tantivy::query::{BooleanQuery, EmptyQuery, Occur, Query, TermQuery};
use tantivy::schema::{Field, IndexRecordOption};

use super::fields::{Fields, attribute_value, brand_value, category_value};
use super::synonyms::Synonyms;
use super::terms::Stems;
use crate::shop::Filters;
use crate::words::sound::Sounds;

/// Brands and categories of the catalogue, by stems.
#[derive(Default)]
pub(super) struct Values {
    brands: Vec<(String, Sounds)>,
    categories: Vec<(String, Sounds)>,
}

impl Values {
    /// From the values of the `facet` field.
    pub fn new(facets: impl IntoIterator<Item = String>) -> Self {
        let mut all = Self::default();
        for facet in facets {
            if let Some((kind, value)) = facet.split_once('\u{1f}') {
                let entry = (value.to_owned(), Sounds::of(value));
                match kind {
                    "b" => all.brands.push(entry),
                    "c" => all.categories.push(entry),
                    _ => {}
                }
            }
        }
        all
    }
}

/// The conditions that words set.
pub(super) fn conditions(
    filters: &Filters,
    values: &Values,
    fields: &Fields,
    synonyms: &Synonyms,
    stems: &mut Stems,
) -> Vec<Box<dyn Query>> {
    let mut out: Vec<Box<dyn Query>> = Vec::new();
    let given = |text: &Option<String>| text.clone().filter(|t| !t.trim().is_empty());
    for (wanted, known, value) in [
        (given(&filters.brand), &values.brands, brand_value as fn(&str) -> String),
        (given(&filters.category), &values.categories, category_value),
    ] {
        let Some(wanted) = wanted else { continue };
        let words = stem_words(&wanted, stems);
        let names = named(&words, &wanted, known, synonyms);
        if names.is_empty() {
            // Not a brand or category of this catalogue: a maker or a kind may still stand in the title.
            out.push(all_words(&words, |stem| vec![term(fields.title, stem)]));
        } else {
            out.push(any(names.iter().map(|n| term(fields.facet, &value(n))).collect()));
        }
    }
    for (wanted, key) in [(given(&filters.colour), "colour"), (given(&filters.size), "size")] {
        let Some(wanted) = wanted else { continue };
        let words = stem_words(&wanted, stems);
        let condition = |words: &[String]| {
            all_words(words, |stem| vec![term(fields.facet, &attribute_value(key, stem)), term(fields.title, stem)])
        };
        let mut ways = vec![condition(&words)];
        ways.extend(size_names(&wanted).into_iter().map(|name| condition(&stem_words(name, stems))));
        ways.extend(other_names(&words, synonyms).iter().map(|w| condition(w)));
        out.push(any(ways));
    }
    for feature in filters.features.iter().filter(|f| !f.trim().is_empty()) {
        let words = stem_words(feature, stems);
        let condition = |words: &[String]| all_words(words, |stem| vec![term(fields.body, stem)]);
        let mut ways = vec![condition(&words)];
        ways.extend(other_names(&words, synonyms).iter().map(|w| condition(w)));
        if let [a, b] = words.as_slice() {
            ways.push(term(fields.pairs, &format!("{a}{b}")));
        }
        out.push(any(ways));
    }
    out
}

fn stem_words(text: &str, stems: &mut Stems) -> Vec<String> {
    stems.words(text).into_iter().map(|w| w.stem).collect()
}

fn other_names(words: &[String], synonyms: &Synonyms) -> Vec<Vec<String>> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    synonyms.of(&words).into_iter().map(<[String]>::to_vec).collect()
}

/// The values meant: the same words, else another name for them, else values with all the words, else what sounds most
/// like it.
fn named(words: &[String], said: &str, known: &[(String, Sounds)], synonyms: &Synonyms) -> Vec<String> {
    if words.is_empty() {
        return Vec::new();
    }
    let ways: Vec<Vec<String>> = std::iter::once(words.to_vec()).chain(other_names(words, synonyms)).collect();
    let lines: Vec<String> = ways.iter().map(|w| w.join(" ")).collect();
    let collect = |keep: &dyn Fn(&str) -> bool| -> Vec<String> {
        known.iter().filter(|(value, _)| keep(value)).map(|(value, _)| value.clone()).collect()
    };
    let same =
        collect(&|value| lines.iter().any(|line| line == value || line.replace(' ', "") == value.replace(' ', "")));
    if !same.is_empty() {
        return same;
    }
    let within = collect(&|value| ways.iter().any(|w| w.iter().all(|word| value.split(' ').any(|v| v == word))));
    if !within.is_empty() {
        return within;
    }
    let heard = Sounds::of(said);
    let best = known
        .iter()
        .map(|(value, sounds)| (heard.similarity(sounds), value))
        .filter(|(likeness, _)| *likeness >= 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    best.map(|(_, value)| value.clone()).into_iter().collect()
}

pub(in crate::shop) fn size_names(said: &str) -> Vec<&'static str> {
    const SIZES: &[&[&str]] = &[
        &["xs", "extra small"],
        &["s", "small"],
        &["m", "medium"],
        &["l", "large"],
        &["xl", "extra large", "x large"],
        &["xxl", "2xl", "double extra large", "extra extra large", "double xl"],
    ];
    let said = said.trim().to_lowercase();
    let group = SIZES.iter().find(|names| names.contains(&said.as_str()));
    group.into_iter().flat_map(|names| names.iter().copied()).filter(|name| *name != said).collect()
}

fn term(field: Field, text: &str) -> Box<dyn Query> {
    Box::new(TermQuery::new(Term::from_field_text(field, text), IndexRecordOption::Basic))
}

fn any(mut ways: Vec<Box<dyn Query>>) -> Box<dyn Query> {
    match ways.len() {
        1 => ways.pop().unwrap_or_else(|| Box::new(EmptyQuery)),
        _ => Box::new(BooleanQuery::new(ways.into_iter().map(|w| (Occur::Should, w)).collect())),
    }
}

/// Each word in any of its places. No words: nothing fits.
fn all_words(words: &[String], places: impl Fn(&str) -> Vec<Box<dyn Query>>) -> Box<dyn Query> {
    if words.is_empty() {
        return Box::new(EmptyQuery);
    }
    Box::new(BooleanQuery::new(words.iter().map(|w| (Occur::Must, any(places(w)))).collect()))
}
