//! Words that mean the same thing in a shop. A text file in (one group a line, `sofa = couch = settee`), alternatives
//! for a phrase out. Refuses to know the index.

use rustc_hash::FxHashMap;

use super::terms::Stems;

/// The list that stands in for a merchant's own. A merchant's file replaces it.
pub const DEFAULT: &str = include_str!("synonyms.txt");

/// Groups of phrases, by stems.
#[derive(Clone, Debug, Default)]
pub struct Synonyms {
    groups: Vec<Vec<Vec<String>>>,
    /// First-to-last stems joined by a space, to the groups they stand in.
    by_phrase: FxHashMap<String, Vec<usize>>,
    longest: usize,
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("synonyms, line {line}: {problem}; write `sofa = couch`, one group a line")]
pub struct SynonymsError {
    pub line: usize,
    pub problem: &'static str,
}

impl Synonyms {
    /// Reads groups; `#` begins a remark, empty lines count for nothing.
    pub fn parse(text: &str) -> Result<Self, SynonymsError> {
        let mut stems = Stems::new();
        let mut all = Self::default();
        for (at, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default().trim();
            if line.is_empty() {
                continue;
            }
            let group: Vec<Vec<String>> =
                line.split('=').map(|phrase| stems.words(phrase).into_iter().map(|w| w.stem).collect()).collect();
            let fail = |problem| Err(SynonymsError { line: at + 1, problem });
            if group.len() < 2 {
                return fail("one phrase alone has no synonym");
            }
            if group.iter().any(Vec::is_empty) {
                return fail("a phrase is empty");
            }
            let number = all.groups.len();
            for phrase in &group {
                all.longest = all.longest.max(phrase.len());
                let groups = all.by_phrase.entry(phrase.join(" ")).or_default();
                if !groups.contains(&number) {
                    groups.push(number);
                }
            }
            all.groups.push(group);
        }
        Ok(all)
    }

    /// Stems of the longest phrase known.
    pub fn longest(&self) -> usize {
        self.longest
    }

    /// What else these stems may be called, each as stems; empty when nothing is known.
    pub fn of(&self, stems: &[&str]) -> Vec<&[String]> {
        let Some(groups) = self.by_phrase.get(&stems.join(" ")) else { return Vec::new() };
        let others = groups.iter().filter_map(|g| self.groups.get(*g)).flatten();
        others.filter(|phrase| phrase.as_slice() != stems).map(Vec::as_slice).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_groups_both_ways() {
        let synonyms = Synonyms::parse("# furniture\nsofas = couch\n usb stick = flash drive # storage\n").unwrap();
        assert_eq!(synonyms.of(&["sofa"]), [["couch".to_owned()].as_slice()]);
        assert_eq!(synonyms.of(&["couch"]), [["sofa".to_owned()].as_slice()]);
        assert_eq!(synonyms.of(&["flash", "drive"]).len(), 1);
        assert!(synonyms.of(&["drive"]).is_empty());
        assert_eq!(synonyms.longest(), 2);
    }

    #[test]
    fn says_which_line_is_wrong() {
        let problem = |text| Synonyms::parse(text).unwrap_err().line;
        assert_eq!(problem("a = b\n\nalone"), 3);
        assert_eq!(problem("sofa = = couch"), 1);
    }

    #[test]
    fn the_default_list_is_sound() {
        let synonyms = Synonyms::parse(DEFAULT).unwrap();
        assert!(synonyms.groups.len() >= 100);
    }
}
