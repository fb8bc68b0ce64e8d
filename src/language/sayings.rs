//! What people are likely to say to this shop: the model's samples with the shop's own names in their places, and the names alone.
//! For a recogniser, which hears what is expected more easily. Refuses to know how it hears.

use rustc_hash::FxHashMap;

use super::examples;
use super::model::{Model, Piece, pieces};
use super::vocabulary::Vocabulary;

/// How often a sample with slots is said, each time with other values.
const TIMES: usize = 3;
/// Names of one type that are said alone: of a large catalogue an even choice.
const NAMES: usize = 4_000;

/// Plain words, the same for the same model, names and what else is told to be said.
pub fn sayings(model: &Model, told: &[String], vocabulary: &Vocabulary) -> Vec<String> {
    let mut kinds: Vec<&str> = model.intents.iter().flat_map(|i| &i.slots).map(|s| s.kind.as_str()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let names: FxHashMap<&str, Vec<&str>> = kinds
        .iter()
        .filter_map(|kind| Some((*kind, vocabulary.sample_names(vocabulary.kind(kind)?).collect())))
        .collect();
    let mut out = Vec::new();
    let mut turn = 0_usize;
    for intent in &model.intents {
        for sample in &intent.samples {
            let Some(pieces) = pieces(sample) else { continue };
            let times = if sample.contains('{') { TIMES } else { 1 };
            for _ in 0..times {
                let said = pieces.iter().map(|piece| match piece {
                    Piece::Text(words) => (*words).to_owned(),
                    Piece::Slot(name) => {
                        turn += 1;
                        let kind = intent.slot(name).map_or("", |s| s.kind.as_str());
                        value(model, &names, kind, turn)
                    }
                });
                out.push(plain(&said.collect::<Vec<_>>().join(" ")));
            }
        }
    }
    out.extend(told.iter().map(|said| plain(said)));
    for kind in ["Product", "Brand"] {
        let names = names.get(kind).map_or(&[][..], Vec::as_slice);
        out.extend(names.iter().step_by(names.len().div_ceil(NAMES).max(1)).map(|name| plain(name)));
    }
    out
}

/// A value of a type, another one each turn, names of the shop before what is made up.
fn value(model: &Model, names: &FxHashMap<&str, Vec<&str>>, kind: &str, turn: usize) -> String {
    let listed = match kind {
        "AMAZON.SearchQuery" => names.get("Product"),
        // Orders, flats and codes are told digit by digit.
        "AMAZON.NUMBER" | "AMAZON.FOUR_DIGIT_NUMBER" if turn.is_multiple_of(2) => return digits(turn),
        _ if kind.starts_with("AMAZON.") => None,
        _ => names.get(kind),
    };
    match listed {
        // A prime step: neighbours in a list are often of one sort.
        Some(listed) if !listed.is_empty() => {
            listed.get(turn * 101 % listed.len()).map_or_else(String::new, |n| (*n).to_owned())
        }
        _ => examples::value(model, kind, turn),
    }
}

/// Four to six of them, others each turn.
fn digits(turn: usize) -> String {
    const SAID: [&str; 11] = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "oh"];
    let at = |place: usize| SAID.get((turn * 7 + place * place * (turn + 3)) % SAID.len()).copied().unwrap_or_default();
    (0..4 + turn / 2 % 3).map(at).collect::<Vec<_>>().join(" ")
}

/// As a recogniser writes it.
fn plain(text: &str) -> String {
    let kept: String =
        text.chars().map(|c| if c.is_alphanumeric() || c == '\'' { c.to_ascii_lowercase() } else { ' ' }).collect();
    kept.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Term;

    #[test]
    fn names_of_the_shop_stand_in_the_samples_and_alone() {
        let model = r#"{"interactionModel": {"languageModel": {"invocationName": "my shop", "intents": [
            {"name": "FindIntent", "slots": [{"name": "What", "type": "Product"}], "samples": ["find {What}", "help me"]},
            {"name": "TrackIntent", "slots": [{"name": "Number", "type": "AMAZON.NUMBER"}], "samples": ["where is {Number}"]}],
            "types": [{"name": "Product", "values": [{"id": "tea", "name": {"value": "tea"}}]}]}}}"#;
        let model = Model::parse("model.json", model).unwrap();
        let term = |name: &str| Term { kind: "Product".into(), id: name.to_lowercase(), name: name.into() };
        let vocabulary = Vocabulary::new(&model, &[term("Oat-Milk, 1 l"), term("Baker's Bread")]);
        let said = sayings(&model, &["Got any tea?".into()], &vocabulary);
        let has = |words: &str| said.iter().any(|s| s == words);
        assert!(
            has("help me") && has("baker's bread") && has("oat milk 1 l") && has("tea") && has("got any tea"),
            "{said:?}"
        );
        assert_eq!(said.iter().filter(|s| s.starts_with("find ")).count(), TIMES);
        assert!(has("find baker's bread") || has("find oat milk 1 l"), "{said:?}");
        let spelled = said.iter().filter(|s| s.starts_with("where is ") && s.split(' ').count() >= 6);
        assert!(spelled.count() >= 1, "{said:?}");
        assert_eq!(said, sayings(&model, &["Got any tea?".into()], &vocabulary));
    }

    #[test]
    fn a_large_catalogue_costs_no_more_than_a_choice_of_it() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/intents/en-US/model.json");
        let model = Model::parse(path, &std::fs::read_to_string(path).unwrap()).unwrap();
        let term = |n: usize| Term { kind: "Product".into(), id: n.to_string(), name: format!("thing number {n}") };
        let few = sayings(&model, &[], &Vocabulary::new(&model, &[term(1)])).len();
        let many = sayings(&model, &[], &Vocabulary::new(&model, &(0..30_000).map(term).collect::<Vec<_>>())).len();
        assert!(many > few + NAMES / 2 && many <= few + NAMES, "{few} {many}");
    }
}
