//! Halves however they are written ("9 1/2", "9½", "nine and a half") as decimals ("9.5"), so that a size that is said meets
//! the one that is printed. Everything else stays as it is.

use std::borrow::Cow;

use super::numbers;

/// The text with its halves as decimals. Where there is one, white space becomes single spaces.
pub fn decimal(text: &str) -> Cow<'_, str> {
    let said = || text.as_bytes().windows(5).any(|w| w.eq_ignore_ascii_case(b" half"));
    if !text.contains('½') && !text.contains("1/2") && !said() {
        return Cow::Borrowed(text);
    }
    let mut out: Vec<String> = Vec::new();
    let mut words = text.split_whitespace().peekable();
    while let Some(word) = words.next() {
        let (core, tail) = punctuated(word);
        let before = match written(core) {
            Some(Written::With(digits)) => Some(digits.to_owned()),
            // "9 1/2"
            Some(Written::Alone) => out.pop_if(|last| is_whole(last)),
            // A dash of its own belongs to the number before it.
            None if core == "-1/2" => out.pop_if(|last| is_whole(last)),
            None => None,
        };
        if let Some(digits) = before {
            out.push(format!("{digits}.5{tail}"));
            continue;
        }
        // "nine and a half"
        let mut ahead = words.clone();
        let said = [ahead.next(), ahead.next(), ahead.next().map(|w| punctuated(w).0)];
        let half = said.map(|w| w.unwrap_or_default().to_ascii_lowercase()) == ["and", "a", "half"];
        let number = numbers::number(&[word.to_ascii_lowercase()]).filter(|n| half && n.is_whole());
        if let Some(number) = number {
            let last = words.nth(2).unwrap_or_default();
            out.push(format!("{}.5{}", number.digits(), punctuated(last).1));
            continue;
        }
        out.push(word.to_owned());
    }
    Cow::Owned(out.join(" "))
}

/// How a half is written.
pub(super) enum Written<'a> {
    /// In one word with its number, whose digits these are: "9½", "9-1/2".
    With(&'a str),
    /// By itself, after a number or not: "1/2", "½".
    Alone,
}

/// The half that a word writes, if it writes one.
pub(super) fn written(core: &str) -> Option<Written<'_>> {
    if matches!(core, "1/2" | "½") {
        return Some(Written::Alone);
    }
    let digits = core.strip_suffix('½').or_else(|| core.strip_suffix("-1/2"));
    digits.filter(|digits| is_whole(digits)).map(Written::With)
}

/// A word and what is written right after it.
fn punctuated(word: &str) -> (&str, &str) {
    let core = word.trim_end_matches([',', '.', ';', ':', ')', '?', '!']);
    (core, word.get(core.len()..).unwrap_or_default())
}

/// Whether these are the digits of a number that sizes have.
pub(super) fn is_whole(digits: &str) -> bool {
    (1..=3).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn halves_are_decimals() {
        for (text, want) in [
            ("size 9½", "size 9.5"),
            ("Size 9 1/2, black", "Size 9.5, black"),
            ("9-1/2", "9.5"),
            ("9 ½", "9.5"),
            ("running shoes in size nine and a half", "running shoes in size 9.5"),
            ("size 10 and a half, please", "size 10.5, please"),
            ("9.5", "9.5"),
            ("half and half", "half and half"),
            ("½ price", "½ price"),
            ("1/2 inch pipe", "1/2 inch pipe"),
            ("a pound and a half", "a pound and a half"),
            ("11/2", "11/2"),
            ("12-1/2-inch", "12-1/2-inch"),
        ] {
            assert_eq!(decimal(text), want, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,60}") {
            let _ = decimal(&text);
        }

        #[test]
        fn what_is_a_decimal_stays_one(text in "[0-9 ]{0,4}(½| 1/2| and a half)?") {
            let once = decimal(&text).into_owned();
            prop_assert_eq!(decimal(&once).into_owned(), once);
        }
    }
}
