//! Text in, the terms that the index holds of it out: folded, stemmed, codes and measures in one form however they are
//! written. Products and queries go through the same door. Refuses to know fields and weights.

use rustc_hash::FxHashMap;
use tantivy::tokenizer::{Language, RawTokenizer, Stemmer, TextAnalyzer, TokenStream};
use unicode_normalization::UnicodeNormalization;

use crate::words::halves;
use crate::words::spoken::unit;

/// One word of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::shop) struct Word {
    /// As written, lower case, accents off.
    pub surface: String,
    pub stem: String,
    /// Written with a hyphen to the word before it.
    pub hyphened: bool,
}

/// English stems, remembered.
pub(in crate::shop) struct Stems {
    analyser: TextAnalyzer,
    known: FxHashMap<String, String>,
}

impl Stems {
    pub fn new() -> Self {
        let analyser = TextAnalyzer::builder(RawTokenizer::default()).filter(Stemmer::new(Language::English)).build();
        Self { analyser, known: FxHashMap::default() }
    }

    pub fn stem(&mut self, word: &str) -> String {
        if let Some(stem) = self.known.get(word) {
            return stem.clone();
        }
        let mut stem = word.to_owned();
        // Codes and measures have no endings to take off.
        if !word.bytes().any(|b| b.is_ascii_digit()) {
            let mut stream = self.analyser.token_stream(word);
            if let Some(token) = stream.next() {
                stem.clone_from(&token.text);
            }
        }
        if self.known.len() < 200_000 {
            self.known.insert(word.to_owned(), stem.clone());
        }
        stem
    }

    pub fn words(&mut self, text: &str) -> Vec<Word> {
        surfaces(text)
            .into_iter()
            .map(|(surface, hyphened)| Word { stem: self.stem(&surface), surface, hyphened })
            .collect()
    }

    /// Every term a product's text is found by.
    pub fn terms(&mut self, text: &str) -> Vec<String> {
        let words = self.words(text);
        let mut out: Vec<String> = Vec::with_capacity(words.len() + 4);
        let mut chain = String::new();
        for (at, word) in words.iter().enumerate() {
            out.push(word.stem.clone());
            // The bare number of a measure.
            let digits = word.surface.trim_end_matches(|c: char| c.is_alphabetic());
            if digits.len() < word.surface.len() && digits.parse::<f64>().is_ok() {
                out.push(digits.to_owned());
            }
            if word.hyphened {
                chain.push_str(&word.surface);
            } else {
                chain.clone_from(&word.surface);
            }
            let next = words.get(at + 1);
            let chained = next.is_some_and(|n| n.hyphened);
            if word.hyphened && !chained && chain.len() <= 40 {
                out.push(self.stem(&chain));
            }
            // "PS 4" is also found as ps4.
            if let Some(next) =
                next.filter(|n| !n.hyphened && is_code_start(&word.surface) && starts_with_digit(&n.surface))
            {
                out.push(format!("{}{}", word.surface, next.surface));
            }
        }
        out
    }

    /// Each two words in a row as one: makes "smart watch" meet "smartwatch", and rewards words that stand together.
    pub fn pairs(&mut self, words: &[Word]) -> Vec<String> {
        words.windows(2).filter_map(|two| Some(self.pair(two.first()?, two.get(1)?))).collect()
    }

    pub fn pair(&mut self, left: &Word, right: &Word) -> String {
        let joined = format!("{}{}", left.surface, right.surface);
        self.stem(&joined)
    }
}

/// Words too common to search by when there are others.
pub(in crate::shop) fn is_stop_word(word: &str) -> bool {
    const STOP: &[&str] = &[
        "a", "an", "and", "any", "are", "as", "at", "be", "by", "for", "from", "has", "have", "i", "in", "is", "it",
        "its", "like", "me", "my", "of", "on", "one", "or", "our", "please", "some", "that", "the", "their", "them",
        "these", "this", "those", "to", "us", "was", "we", "what", "which", "will", "with", "you", "your",
    ];
    STOP.contains(&word)
}

fn is_code_start(word: &str) -> bool {
    word.len() <= 4 && word.bytes().all(|b| b.is_ascii_alphabetic()) && !is_stop_word(word) && unit(word).is_none()
}

fn starts_with_digit(word: &str) -> bool {
    word.len() <= 6 && word.as_bytes().first().is_some_and(u8::is_ascii_digit)
}

/// (word, hyphened to the one before). At most 2,000 words of a text are read.
pub(super) fn surfaces(text: &str) -> Vec<(String, bool)> {
    let text = &*halves::decimal(text);
    let mut out: Vec<(String, bool)> = Vec::new();
    let mut word = String::new();
    let mut hyphened = false;
    let folded: Vec<char> = if text.is_ascii() {
        text.chars().map(|c| c.to_ascii_lowercase()).take(20_000).collect()
    } else {
        let plain = text.nfkd().filter(|c| !('\u{300}'..='\u{36f}').contains(c));
        plain.flat_map(char::to_lowercase).take(20_000).collect()
    };
    let at = |i: usize| folded.get(i).copied().unwrap_or(' ');
    for (i, c) in folded.iter().copied().enumerate() {
        let (before, after) = (if i == 0 { ' ' } else { at(i - 1) }, at(i + 1));
        match c {
            _ if c.is_alphanumeric() => word.push(c),
            '.' if before.is_ascii_digit() && after.is_ascii_digit() => word.push('.'),
            ',' if before.is_ascii_digit()
                && after.is_ascii_digit()
                && at(i + 3).is_ascii_digit()
                && !at(i + 4).is_ascii_digit() => {}
            '\'' | '\u{2019}' if before.is_alphanumeric() && after.is_alphanumeric() => {
                // "men's" is men; "o'neill" is oneill.
                if after == 's' && !at(i + 2).is_alphanumeric() {
                    end(&mut out, &mut word, hyphened);
                    hyphened = false;
                    word.push('\u{1}');
                }
            }
            '"' | '\u{2033}' | '\u{201d}' if before.is_ascii_digit() => word.push_str("inch"),
            _ => {
                end(&mut out, &mut word, hyphened);
                hyphened = matches!(c, '-' | '_' | '\u{2010}' | '\u{2011}')
                    && before.is_alphanumeric()
                    && after.is_alphanumeric();
            }
        }
        if out.len() >= 2_000 {
            return out;
        }
    }
    end(&mut out, &mut word, hyphened);
    out
}

/// Closes a word; a unit joins the number before it.
fn end(out: &mut Vec<(String, bool)>, word: &mut String, hyphened: bool) {
    let mut done = std::mem::take(word);
    if done.is_empty() || done.starts_with('\u{1}') {
        return;
    }
    if let Some(short) = unit(&done)
        && let Some((number, _)) = out.last_mut()
        && number.parse::<f64>().is_ok()
    {
        number.push_str(short);
        return;
    }
    let letters = done.find(|c: char| c.is_alphabetic()).unwrap_or(0);
    if letters > 0
        && let (Some(number), Some(short)) = (done.get(..letters), done.get(letters..).and_then(unit))
        && number.parse::<f64>().is_ok()
    {
        done = format!("{number}{short}");
    }
    // No word is longer than the index takes.
    if done.len() > 80 {
        done = done.chars().take(20).collect();
    }
    out.push((done, hyphened));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(text: &str) -> Vec<String> {
        let mut terms = Stems::new().terms(text);
        terms.sort();
        terms
    }

    #[test]
    fn writes_differ_and_terms_meet() {
        let table = [
            ("PS 4", "ps4"),
            ("ps4", "ps4"),
            ("TN-2110", "tn2110"),
            ("TN 2110", "tn2110"),
            ("dv7-1211ea", "dv71211ea"),
            ("wi-fi", "wifi"),
            ("Wi-Fi", "fi"),
            ("1 TB", "1tb"),
            ("1TB", "1tb"),
            ("1 terabyte", "1tb"),
            ("20-ounce", "20oz"),
            ("15.6\"", "15.6inch"),
            ("15.6 inch", "15.6inch"),
            ("Crème", "creme"),
            ("batteries", "batteri"),
            ("battery", "batteri"),
            ("men's", "men"),
            ("1,000 pieces", "1000"),
            ("20 oz", "20"),
            ("laptops", "laptop"),
        ];
        for (text, want) in table {
            let stem = Stems::new().stem(want);
            assert!(terms(text).contains(&want.to_owned()) || terms(text).contains(&stem), "{text}: {:?}", terms(text));
        }
    }

    #[test]
    fn possessive_s_is_no_word() {
        assert_eq!(terms("men's shirt"), ["men", "shirt"]);
    }

    proptest::proptest! {
        #[test]
        fn never_fails(text in "\\PC{0,300}") {
            let mut stems = Stems::new();
            let words = stems.words(&text);
            proptest::prop_assert!(words.iter().all(|w| !w.surface.is_empty() && w.surface.len() <= 200));
            stems.terms(&text);
        }
    }
}
