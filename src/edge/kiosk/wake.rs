//! A wake phrase in what the recogniser heard: words in, whether they begin with the phrase and what follows it out. A
//! recogniser mishears names, so the phrase need only sound about right; it knows no sound itself.

/// How alike heard words and the phrase must be, 0.0..=1.0.
const ALIKE: f64 = 0.72;

/// A phrase such as "hey market".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wake(Vec<String>);

impl Wake {
    /// One to five words.
    pub fn new(phrase: &str) -> Result<Self, &'static str> {
        let words: Vec<String> = phrase.split_whitespace().map(str::to_lowercase).collect();
        if (1..=5).contains(&words.len()) { Ok(Self(words)) } else { Err("a wake phrase has one to five words") }
    }

    /// What was said after the phrase; none when it was not said first.
    pub fn rest<'a>(&self, heard: &'a str) -> Option<&'a str> {
        let phrase = self.0.concat();
        // "Market" may be heard as two words, and "hey" may be lost: whatever is most like the phrase is taken for it.
        let lengths = [self.0.len().saturating_sub(1).max(1), self.0.len(), self.0.len() + 1];
        let parts = lengths.into_iter().filter_map(|n| {
            let end = heard.match_indices(' ').map(|(at, _)| at).chain([heard.len()]).nth(n - 1)?;
            let (first, rest) = heard.split_at_checked(end)?;
            let said = first.split_whitespace().collect::<String>();
            Some((strsim::normalized_damerau_levenshtein(&said, &phrase), rest.trim()))
        });
        let best = parts.max_by(|a, b| a.0.total_cmp(&b.0))?;
        (best.0 >= ALIKE).then_some(best.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_are_heard_about_right() {
        let wake = Wake::new("Hey Market").unwrap();
        for (heard, rest) in [
            ("hey market find green tea", Some("find green tea")),
            ("hey mark it find green tea", Some("find green tea")),
            ("hay market", Some("")),
            ("market where is my order", None),
            ("find green tea", None),
            ("they were at the market", None),
            ("", None),
        ] {
            assert_eq!(wake.rest(heard), rest, "{heard:?}");
        }
        assert!(Wake::new(" ").is_err() && Wake::new("a b c d e f").is_err());
    }
}
