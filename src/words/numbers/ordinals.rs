//! Ordinal words in, positions out: "second", "twenty first", "3rd", "last".

use super::{SMALL, count, small, ten};

/// Reads all of `words` as one ordinal. Positions count from 1; from the end they are negative: "last" is -1,
/// "second to last" -2.
pub fn position<W: AsRef<str>>(words: &[W]) -> Option<i64> {
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    match words.as_slice() {
        [] => None,
        ["last" | "final"] => Some(-1),
        ["next" | "second", "to", "last"] | ["second" | "next", "last"] => Some(-2),
        [head, "to" | "from", "last"] => forward(&[head]).filter(|n| *n > 1).map(|n| -n),
        all => forward(all),
    }
}

fn forward(words: &[&str]) -> Option<i64> {
    let (last, head) = words.split_last()?;
    if let Some(n) = suffixed(last) {
        return head.is_empty().then_some(n);
    }
    let unit = unit(last)?;
    let value = match head {
        [] => unit,
        // "a hundredth", "two hundredth", "one thousandth"
        _ if unit >= 100 => {
            let mut cardinal_words = head.to_vec();
            cardinal_words.push(if unit == 100 { "hundred" } else { "thousand" });
            count(&cardinal_words)?
        }
        [.., tens] if ten(tens).is_some() && unit < 10 => count(head)? + unit,
        [rest @ .., "and"] if rest.ends_with(&["hundred"]) || rest.ends_with(&["thousand"]) => count(rest)? + unit,
        rest if rest.ends_with(&["hundred"]) || rest.ends_with(&["thousand"]) => count(rest)? + unit,
        _ => return None,
    };
    i64::try_from(value).ok().filter(|n| *n > 0)
}

/// "3rd", "21st", "100th".
fn suffixed(word: &str) -> Option<i64> {
    let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    if digits.is_empty() || digits.len() > 9 || !matches!(word.get(digits.len()..), Some("st" | "nd" | "rd" | "th")) {
        return None;
    }
    digits.parse().ok().filter(|n| *n > 0)
}

fn unit(word: &str) -> Option<u64> {
    Some(match word {
        "first" => 1,
        "second" => 2,
        "third" => 3,
        "fifth" => 5,
        "eighth" => 8,
        "ninth" => 9,
        "twelfth" => 12,
        "hundredth" => 100,
        "thousandth" => 1000,
        _ => {
            if let Some(stem) = word.strip_suffix("ieth") {
                return ten(&format!("{stem}y"));
            }
            let stem = word.strip_suffix("th")?;
            small(stem).filter(|n| *n >= 4 && SMALL.get(*n as usize) == Some(&stem))?
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::numbers::ordinal;

    fn read(text: &str) -> Option<i64> {
        position(&text.split([' ', '-']).collect::<Vec<_>>())
    }

    #[test]
    fn ordinals_said_in_many_ways() {
        for (text, want) in [
            ("first", 1),
            ("second", 2),
            ("fourth", 4),
            ("twenty first", 21),
            ("thirtieth", 30),
            ("one hundred and first", 101),
            ("two hundredth", 200),
            ("3rd", 3),
            ("21st", 21),
            ("last", -1),
            ("second to last", -2),
            ("third to last", -3),
        ] {
            assert_eq!(read(text), Some(want), "{text}");
        }
        for text in ["", "one", "seconds", "3", "firsty", "five first", "rd", "0th", "to last", "twenty"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn every_ordinal_round_trips() {
        for n in 1..2_000 {
            assert_eq!(read(&ordinal(n)), i64::try_from(n).ok(), "{}", ordinal(n));
        }
    }
}
