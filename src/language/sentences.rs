//! What people say beyond the samples of the interaction model, for the recogniser that learns: lines of
//! `Intent<tab>sentence`, slots as `{words|Slot}`, in; examples out, or an error that names the line. Refuses to know how is learned.

use super::LanguageError;
use super::classifier::{Example, Span};
use super::model::Model;

/// The file of a locale's folder; it may be missing.
pub const FILE: &str = "sentences.tsv";

/// Every sentence of the file. Empty lines and those that begin with `#` are passed over.
pub fn parse(path: &str, text: &str, model: &Model) -> Result<Vec<Example>, LanguageError> {
    let line = |(number, line): (usize, &str)| {
        let wrong = |problem: String| LanguageError::Model {
            path: path.to_owned(),
            place: format!("line {}", number + 1),
            problem,
        };
        sentence(line, model).map_err(wrong)
    };
    let told = text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty() && !l.starts_with('#'));
    told.map(line).collect()
}

fn sentence(line: &str, model: &Model) -> Result<Example, String> {
    let (name, marked) = line.split_once('\t').ok_or("no tab between the intent and what is said")?;
    let intent = model.intent(name).ok_or_else(|| format!("the model has no intent {name}"))?;
    let mut text = String::with_capacity(marked.len());
    let mut spans = Vec::new();
    let mut rest = marked;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let (slot, after) = after.split_once('}').ok_or("a { without its }")?;
        let (words, slot) = slot.rsplit_once('|').ok_or_else(|| format!("{{{slot}}} is not {{words|Slot}}"))?;
        if intent.slot(slot).is_none() {
            return Err(format!("{name} has no slot {slot}"));
        }
        let start = text.len();
        text.push_str(words);
        spans.push(Span { slot: slot.to_owned(), start, end: text.len() });
        rest = after;
    }
    text.push_str(rest);
    match text.trim().is_empty() || text.contains('}') {
        true => Err("nothing is said, or a } stands alone".into()),
        false => Ok(Example { text, intent: name.to_owned(), spans }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODEL: &str = r#"{"languageModel": {"invocationName": "my shop", "intents": [
        {"name": "FindIntent", "slots": [{"name": "What", "type": "AMAZON.SearchQuery"}], "samples": []}]}}"#;

    #[test]
    fn slots_are_cut_out_of_what_is_said() {
        let model = Model::parse("model.json", MODEL).unwrap();
        let read = parse("s.tsv", "# why\n\nFindIntent\tgot {oat milk|What} in\n", &model).unwrap();
        let spans = vec![Span { slot: "What".into(), start: 4, end: 12 }];
        assert_eq!(read, [Example { text: "got oat milk in".into(), intent: "FindIntent".into(), spans }]);
    }

    #[test]
    fn a_wrong_line_is_named() {
        let model = Model::parse("model.json", MODEL).unwrap();
        for (line, problem) in [
            ("FindIntent got it", "line 2: no tab"),
            ("LoseIntent\tgot it", "line 2: the model has no intent LoseIntent"),
            ("FindIntent\tgot {milk|Which}", "line 2: FindIntent has no slot Which"),
            ("FindIntent\tgot {milk}", "line 2: {milk} is not {words|Slot}"),
            ("FindIntent\tgot {milk|What", "line 2: a { without its }"),
            ("FindIntent\t ", "line 2: nothing is said"),
        ] {
            let error = parse("s.tsv", &format!("# one\n{line}"), &model).unwrap_err().to_string();
            assert!(error.starts_with(&format!("s.tsv: {problem}")), "{error}");
        }
    }
}
