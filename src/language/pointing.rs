//! Words that point at something instead of naming it: "two of those", "all of them", "that thing". Refuses to know what is
//! pointed at.

use crate::words::numbers::{self, Number};
use crate::words::tokens::normalize;

/// What words point at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pointing {
    /// At what was last spoken of, so many of it where that was said.
    It(Option<u32>),
    /// At everything there is to choose from.
    All,
}

/// What `words` point at; none where they name something.
pub fn pointing(words: &str) -> Option<Pointing> {
    let words = normalize(words);
    let words: Vec<&str> = words.split_whitespace().collect();
    let all = |words: &[&str]| matches!(words, ["of", rest @ ..] | rest if rest.iter().all(|w| is_pointer(w)));
    match words.as_slice() {
        [] => None,
        ["both" | "each" | "all" | "everything", rest @ ..] if all(rest) => Some(Pointing::All),
        // "All three", "one of each".
        ["all", number, rest @ ..] if count(number).is_some() && all(rest) => Some(Pointing::All),
        ["one", "of", "each", rest @ ..] if all(rest) => Some(Pointing::All),
        [first, "of", rest @ ..] if !rest.is_empty() && all(rest) => count(first).map(|n| Pointing::It(Some(n))),
        ["a", "couple", "of", rest @ ..] if !rest.is_empty() && all(rest) => Some(Pointing::It(Some(2))),
        words => all(words).then_some(Pointing::It(None)),
    }
}

fn count(word: &str) -> Option<u32> {
    match word {
        "couple" => Some(2),
        word => numbers::number(&[word]).filter(Number::is_whole)?.whole()?.try_into().ok(),
    }
}

fn is_pointer(word: &str) -> bool {
    matches!(
        word,
        "it" | "this"
            | "that"
            | "these"
            | "those"
            | "them"
            | "one"
            | "ones"
            | "the"
            | "some"
            | "something"
            | "anything"
            | "thing"
            | "things"
            | "item"
            | "items"
            | "product"
            | "products"
            // What is counted, of a thing that needs no name: "two pairs".
            | "pair"
            | "pairs"
            | "pack"
            | "packs"
            | "packet"
            | "packets"
            | "piece"
            | "pieces"
            | "please"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointing_names_nothing() {
        let it = |n| Some(Pointing::It(n));
        for (words, points) in [
            ("it", it(None)),
            ("those", it(None)),
            ("of those", it(None)),
            ("that one", it(None)),
            ("the thing", it(None)),
            ("something", it(None)),
            ("two of those", it(Some(2))),
            ("3 of them", it(Some(3))),
            ("a couple of these", it(Some(2))),
            ("one of those", it(Some(1))),
            ("both", Some(Pointing::All)),
            ("both of them", Some(Pointing::All)),
            ("all of them", Some(Pointing::All)),
            ("all three", Some(Pointing::All)),
            ("one of each", Some(Pointing::All)),
            ("everything", Some(Pointing::All)),
            ("milk", None),
            ("two of those batteries", None),
            ("all purpose cleaner", None),
            ("one a day vitamins", None),
            ("", None),
        ] {
            assert_eq!(pointing(words), points, "{words}");
        }
    }
}
