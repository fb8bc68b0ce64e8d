//! AMAZON.AlphaNumeric and AMAZON.PhoneNumber: spelled letters and said digits in, "16a" and "5551234" out.

use crate::words::numbers;

const REACH: usize = 40;

/// Spelled letters and digits, lower case. Longest first.
pub fn alphanumerics_at(words: &[&str]) -> Vec<(usize, String)> {
    (1..=words.len().min(REACH)).rev().filter_map(|used| Some((used, alphanumeric(words.get(..used)?)?))).collect()
}

/// Digits of a telephone number, without punctuation. Longest first.
pub fn phones_at(words: &[&str]) -> Vec<(usize, String)> {
    (1..=words.len().min(REACH)).rev().filter_map(|used| Some((used, phone(words.get(..used)?)?))).collect()
}

/// Reads all of `words`: letters, "a as in apple", the radio alphabet, digits in any wording, codes as written.
pub fn alphanumeric(words: &[&str]) -> Option<String> {
    let mut out = String::new();
    let mut rest = words;
    while let Some((&head, tail)) = rest.split_first() {
        if let ("double" | "triple", Some(next)) = (head, tail.first())
            && let Some(letter) = letter(next)
        {
            out.extend(std::iter::repeat_n(letter, if head == "double" { 2 } else { 3 }));
            rest = tail.get(1..)?;
        } else if let Some(letter) = letter(head).filter(|_| numbers::number(&[head]).is_none()) {
            // "o" among digits is a zero, alone it is a letter.
            let zero = letter == 'o' && out.ends_with(|c: char| c.is_ascii_digit());
            out.push(if zero { '0' } else { letter });
            rest = match tail {
                ["as", "in", word, more @ ..] | ["for" | "like", word, more @ ..] if word.starts_with(letter) => more,
                more => more,
            };
        } else if head == "oh" {
            out.push('0');
            rest = tail;
        } else if let Some((used, digits)) = digits_at(rest) {
            out.push_str(&digits);
            rest = rest.get(used..)?;
        } else if head.len() <= 24
            && head.bytes().any(|b| b.is_ascii_digit())
            && head.bytes().all(|b| b.is_ascii_alphanumeric())
        {
            out.push_str(head);
            rest = tail;
        } else {
            return None;
        }
    }
    (!out.is_empty()).then_some(out)
}

fn digits_at(words: &[&str]) -> Option<(usize, String)> {
    numbers::numbers_at(words).into_iter().find(|(_, n)| n.is_whole()).map(|(used, n)| (used, n.digits().to_owned()))
}

/// Reads all of `words`; at least three digits.
pub fn phone(words: &[&str]) -> Option<String> {
    let words = match words {
        ["plus", rest @ ..] => rest,
        all => all,
    };
    let mut out = String::new();
    let mut rest = words;
    while !rest.is_empty() {
        if let ["oh" | "o", tail @ ..] = rest {
            out.push('0');
            rest = tail;
            continue;
        }
        let (used, digits) = digits_at(rest)?;
        out.push_str(&digits);
        rest = rest.get(used..)?;
    }
    (3..=15).contains(&out.len()).then_some(out)
}

fn letter(word: &str) -> Option<char> {
    if word.len() == 1 {
        return word.chars().next().filter(char::is_ascii_lowercase);
    }
    const RADIO: [&str; 26] = [
        "alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliet", "kilo", "lima",
        "mike", "november", "oscar", "papa", "quebec", "romeo", "sierra", "tango", "uniform", "victor", "whiskey",
        "xray", "yankee", "zulu",
    ];
    let word = match word {
        "alfa" => "alpha",
        "juliett" => "juliet",
        "whisky" => "whiskey",
        other => other,
    };
    RADIO.iter().find(|r| **r == word).and_then(|r| r.chars().next())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<&str> {
        text.split_whitespace().collect()
    }

    #[test]
    fn codes_said_in_many_ways() {
        for (text, want) in [
            ("sixteen a", "16a"),
            ("one six a", "16a"),
            ("a n a one oh two", "ana102"),
            ("a as in apple two", "a2"),
            ("alpha bravo seven", "ab7"),
            ("double a five", "aa5"),
            ("ana102", "ana102"),
            ("b o 7", "bo7"),
            ("7 o 7", "707"),
        ] {
            assert_eq!(alphanumeric(&split(text)).as_deref(), Some(want), "{text}");
        }
        for text in ["", "order", "the", "a apple"] {
            assert_eq!(alphanumeric(&split(text)), None, "{text}");
        }
    }

    #[test]
    fn telephone_numbers() {
        for (text, want) in [
            ("five five five one two three four", "5551234"),
            ("plus 1 555 123 4567", "15551234567"),
            ("oh two oh seven nine four six", "0207946"),
            ("triple five twelve thirty four", "5551234"),
        ] {
            assert_eq!(phone(&split(text)).as_deref(), Some(want), "{text}");
        }
        for text in ["", "five", "call me", "one two"] {
            assert_eq!(phone(&split(text)), None, "{text}");
        }
    }
}
