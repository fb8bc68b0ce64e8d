//! Spoken English numbers, both ways: words in, values out, and back. Counts, digit strings, years, prices, ordinals.
//! Words come normalised (see [`tokens`](super::tokens)); anything that is not wholly a number is `None`.

mod ordinals;
mod prices;
mod say;

use std::fmt;

pub use ordinals::position;

pub use prices::{Price, price, prices_at};
pub use say::{cardinal, ordinal};

/// The longest run of words that is read as one number.
pub const MAX_WORDS: usize = 24;

/// A number as said. Prints as digits: `42`, `1.5`, and `007` where the digits were said one by one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number {
    /// Digits before the point, leading zeros kept when said.
    digits: String,
    /// Digits after the point; empty for a whole number.
    fraction: String,
}

impl Number {
    /// The value before the point; `None` above `u64::MAX`.
    pub fn whole(&self) -> Option<u64> {
        self.digits.parse().ok()
    }

    pub fn is_whole(&self) -> bool {
        self.fraction.is_empty()
    }

    /// The digits before the point as said, leading zeros kept.
    pub fn digits(&self) -> &str {
        &self.digits
    }

    fn of(value: u64) -> Self {
        Self { digits: value.to_string(), fraction: String::new() }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.digits)?;
        if !self.fraction.is_empty() {
            write!(f, ".{}", self.fraction)?;
        }
        Ok(())
    }
}

/// Reads all of `words` as one number: "two hundred and five", "a dozen", "four oh seven" (407), "nineteen ninety
/// nine" (1999), "one point five". `None` when a word is left over.
pub fn number<W: AsRef<str>>(words: &[W]) -> Option<Number> {
    if words.is_empty() || words.len() > MAX_WORDS {
        return None;
    }
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    rounded(&words).or_else(|| decimal(&words)).or_else(|| run(&words))
}

/// Every number that begins at the first of `words`, as (words used, number), longest first.
pub fn numbers_at<W: AsRef<str>>(words: &[W]) -> Vec<(usize, Number)> {
    let reach = words.iter().take(MAX_WORDS).take_while(|w| may_belong(w.as_ref())).count();
    (1..=reach).rev().filter_map(|len| Some((len, number(words.get(..len)?)?))).collect()
}

/// A digit string such as an order number: as [`number`], whole only, and single letters "o" count as zero.
pub fn digit_string<W: AsRef<str>>(words: &[W]) -> Option<String> {
    let number = number(words)?;
    number.is_whole().then_some(number.digits)
}

/// Whether the word can stand in a number at all: a cheap test before the grammar is tried.
pub fn may_belong(word: &str) -> bool {
    word.as_bytes().first().is_some_and(u8::is_ascii_digit)
        || small(word).is_some()
        || ten(word).is_some()
        || scale(word).is_some()
        || matches!(
            word,
            "hundred"
                | "and"
                | "a"
                | "an"
                | "half"
                | "point"
                | "double"
                | "triple"
                | "dozen"
                | "couple"
                | "of"
                | "oh"
                | "o"
        )
}

/// Everyday counts: a dozen, half a dozen, two dozen, a couple of, two and a half.
fn rounded(words: &[&str]) -> Option<Number> {
    let words = match words {
        [head @ .., "of"] if matches!(head.last(), Some(&"couple" | &"dozen")) => head,
        _ => words,
    };
    match words {
        ["couple"] | ["a", "couple"] => Some(Number::of(2)),
        ["dozen"] | ["a", "dozen"] => Some(Number::of(12)),
        ["half", "a", "dozen"] | ["half", "dozen"] | ["a", "half", "dozen"] => Some(Number::of(6)),
        [head @ .., "dozen"] => Some(Number::of(count(head)?.checked_mul(12)?)),
        [head @ .., "and", "a", "half"] => Some(Number { digits: count(head)?.to_string(), fraction: "5".to_owned() }),
        _ => None,
    }
}

/// "one point five", "3 point 1 4", "5.50", "1.5 million".
fn decimal(words: &[&str]) -> Option<Number> {
    if let [word] = words {
        let (whole, fraction) = word.split_once('.')?;
        let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(fraction) || whole.len() > 18 || fraction.len() > 9 {
            return None;
        }
        return Some(Number { digits: trim_zeros(whole), fraction: fraction.trim_end_matches('0').to_owned() });
    }
    let at = words.iter().position(|&w| w == "point")?;
    let (whole, fraction) = (words.get(..at)?, words.get(at + 1..)?);
    let whole = if whole.is_empty() { 0 } else { count(whole)? };
    let mut digits = String::new();
    for word in fraction {
        digits.push_str(&one_digit(word)?);
    }
    (!digits.is_empty())
        .then(|| Number { digits: whole.to_string(), fraction: digits.trim_end_matches('0').to_owned() })
}

/// One amount, or several said one after the other and meant as one string of digits.
fn run(words: &[&str]) -> Option<Number> {
    if let Some(value) = count(words) {
        return Some(Number::of(value));
    }
    let mut digits = String::new();
    let mut groups = 0;
    let mut rest = words;
    while !rest.is_empty() {
        let (group, used) = group(rest, groups == 0)?;
        digits.push_str(&group);
        rest = rest.get(used..)?;
        groups += 1;
    }
    if digits.len() > 18 || (groups == 1 && matches!(words, ["oh" | "o"])) {
        return None;
    }
    Some(Number { digits, fraction: String::new() })
}

/// The next piece of a digit string: "double five", "oh", "twenty three", "7", and at the start also "four hundred".
fn group(words: &[&str], first: bool) -> Option<(String, usize)> {
    let head = *words.first()?;
    if let Some(times) = match head {
        "double" => Some(2),
        "triple" => Some(3),
        _ => None,
    } {
        return Some((one_digit(words.get(1)?)?.repeat(times), 2));
    }
    if matches!(head, "oh" | "o" | "zero") {
        return Some(("0".to_owned(), 1));
    }
    if head.bytes().all(|b| b.is_ascii_digit()) {
        return Some((head.to_owned(), 1));
    }
    // The longest amount wins, so that "twenty three" is never 20 and 3.
    let reach = words.len().min(if first { MAX_WORDS } else { 2 });
    (1..=reach).rev().find_map(|len| {
        let value = count(words.get(..len)?)?;
        (first || value < 100).then(|| (value.to_string(), len))
    })
}

fn one_digit(word: &str) -> Option<String> {
    match word {
        "oh" | "o" => Some("0".to_owned()),
        _ if word.len() == 1 && word.as_bytes()[0].is_ascii_digit() => Some(word.to_owned()),
        _ => small(word).filter(|&n| n < 10).map(|n| n.to_string()),
    }
}

/// One amount: "seven", "two hundred and five", "a thousand", "fifteen hundred", "3 million".
fn count(words: &[&str]) -> Option<u64> {
    match words {
        [] => None,
        ["zero"] => Some(0),
        ["a", rest @ ..] if matches!(rest.first(), Some(&"hundred" | &"thousand" | &"million" | &"billion")) => {
            scaled(rest, Some(1))
        }
        ["a" | "and" | "hundred" | "thousand" | "million" | "billion", ..] => None,
        _ => scaled(words, None),
    }
}

/// Amounts under a thousand times a scale, the scales falling: 2 million 3 thousand and 4.
fn scaled(mut words: &[&str], mut implied: Option<u64>) -> Option<u64> {
    let mut total: u64 = 0;
    let mut ceiling = u64::MAX;
    loop {
        let (amount, used) = match implied.take() {
            Some(one) if words.first().is_some_and(|w| scale(w).is_some()) => (one, 0),
            Some(_) => hundreds(words, true)?,
            None => hundreds(words, false)?,
        };
        words = words.get(used..)?;
        let unit = words.first().and_then(|w| scale(w));
        let factor = unit.unwrap_or(1);
        if factor >= ceiling || amount == 0 || (factor == 1 && amount >= ceiling) {
            return None;
        }
        total = total.checked_add(amount.checked_mul(factor)?)?;
        ceiling = factor;
        if unit.is_some() {
            words = words.get(1..)?;
        }
        if words.is_empty() {
            return Some(total);
        }
        unit?;
        if let ["and", rest @ ..] = words {
            words = rest;
            if words.is_empty() {
                return None;
            }
        }
    }
}

/// An amount under 10,000 without a scale word: (value, words used). `bare` when "a" has already been read.
fn hundreds(words: &[&str], bare: bool) -> Option<(u64, usize)> {
    let (lead, mut used) = if bare { (1, 0) } else { below_hundred(words)? };
    if words.get(used) != Some(&"hundred") {
        return (!bare).then_some((lead, used));
    }
    if lead >= 100 || lead == 0 {
        return None;
    }
    used += 1;
    let mut value = lead * 100;
    let and = usize::from(words.get(used) == Some(&"and"));
    if let Some((tail, more)) = words.get(used + and..).and_then(below_hundred)
        && tail < 100
        && tail > 0
        // "one hundred thousand" has no tail, "one hundred and five thousand" has.
        && words.get(used + and).is_some_and(|w| scale(w).is_none())
    {
        value += tail;
        used += and + more;
    }
    Some((value, used))
}

fn below_hundred(words: &[&str]) -> Option<(u64, usize)> {
    let head = *words.first()?;
    if let Some(value) = ten(head) {
        return match words.get(1).and_then(|w| small(w)) {
            Some(unit) if (1..10).contains(&unit) => Some((value + unit, 2)),
            _ => Some((value, 1)),
        };
    }
    if let Some(value) = small(head) {
        return Some((value, 1));
    }
    if head.bytes().all(|b| b.is_ascii_digit()) && !head.is_empty() && head.len() <= 15 {
        // Leading zeros make it a string of digits, not an amount.
        return (head == "0" || !head.starts_with('0')).then(|| Some((head.parse().ok()?, 1)))?;
    }
    None
}

fn trim_zeros(digits: &str) -> String {
    let trimmed = digits.trim_start_matches('0');
    if trimmed.is_empty() { "0".to_owned() } else { trimmed.to_owned() }
}

const SMALL: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 10] = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
const SCALES: [(&str, u64); 6] = [
    ("quintillion", 1_000_000_000_000_000_000),
    ("quadrillion", 1_000_000_000_000_000),
    ("trillion", 1_000_000_000_000),
    ("billion", 1_000_000_000),
    ("million", 1_000_000),
    ("thousand", 1_000),
];

fn small(word: &str) -> Option<u64> {
    SMALL.iter().position(|&w| w == word).map(|n| n as u64)
}

fn ten(word: &str) -> Option<u64> {
    if word == "fourty" {
        return Some(40);
    }
    if word.is_empty() {
        return None;
    }
    TENS.iter().position(|&w| w == word).map(|n| n as u64 * 10)
}

fn scale(word: &str) -> Option<u64> {
    SCALES.iter().find(|(name, _)| *name == word).map(|&(_, value)| value)
}

/// Words that a recogniser writes for a number word, for use only where a number is expected.
pub fn sounds_like_number(word: &str) -> Option<&'static str> {
    Some(match word {
        "to" | "too" | "tu" => "two",
        "for" | "fore" | "far" => "four",
        "won" | "wan" => "one",
        "ate" => "eight",
        "tree" | "free" => "three",
        "fife" | "hive" => "five",
        "sex" | "sics" => "six",
        "tin" | "then" => "ten",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::words::tokens::tokenize;

    fn read(text: &str) -> Option<String> {
        let words: Vec<String> = tokenize(text).into_iter().map(|t| t.text).collect();
        number(&words).map(|n| n.to_string())
    }

    #[test]
    fn numbers_said_in_many_ways() {
        let cases = [
            ("zero", "0"),
            ("seven", "7"),
            ("twenty one", "21"),
            ("twenty-one", "21"),
            ("two hundred and five", "205"),
            ("two hundred five", "205"),
            ("a hundred", "100"),
            ("a hundred and one", "101"),
            ("a thousand", "1000"),
            ("one hundred thousand", "100000"),
            ("one hundred and five thousand and two", "105002"),
            ("fifteen hundred", "1500"),
            ("two million three thousand and four", "2003004"),
            ("5 thousand", "5000"),
            ("2 hundred", "200"),
            ("1,000", "1000"),
            ("a dozen", "12"),
            ("dozen", "12"),
            ("two dozen", "24"),
            ("half a dozen", "6"),
            ("a couple", "2"),
            ("a couple of", "2"),
            ("four oh seven", "407"),
            ("double five", "55"),
            ("triple zero", "000"),
            ("double oh seven", "007"),
            ("one twenty three", "123"),
            ("twenty sixty", "2060"),
            ("nineteen ninety nine", "1999"),
            ("twenty twenty six", "2026"),
            ("nineteen oh five", "1905"),
            ("one two three four five", "12345"),
            ("1 2 3", "123"),
            ("4 oh seven", "407"),
            ("0042", "0042"),
            ("ten ten", "1010"),
            ("one zero four two", "1042"),
            ("ten forty two", "1042"),
            ("one thousand and forty two", "1042"),
            ("one point five", "1.5"),
            ("point five", "0.5"),
            ("three point one four", "3.14"),
            ("5.50", "5.5"),
            ("two and a half", "2.5"),
        ];
        for (text, want) in cases {
            assert_eq!(read(text).as_deref(), Some(want), "{text:?}");
        }
    }

    #[test]
    fn what_is_no_number() {
        let cases = [
            "",
            "a",
            "an",
            "and",
            "oh",
            "someone",
            "often",
            "tense",
            "sixpack",
            "hundred and",
            "one and",
            "point",
            "two point",
            "a five",
            "one hundred and",
            "thousand island",
            "five apples",
            "half",
            "twenty zero zero x",
            "of",
            "double",
            "triple point",
            "seven up",
        ];
        for text in cases {
            assert_eq!(read(text), None, "{text:?}");
        }
    }

    #[test]
    fn every_number_below_a_million_round_trips() {
        for n in 0..1_000_000_u64 {
            let said = cardinal(n);
            let said: Vec<&str> = said.split([' ', '-']).collect();
            assert_eq!(count(&said), Some(n), "{said:?}");
        }
    }

    #[test]
    fn prefixes_come_longest_first() {
        let words = ["two", "seven", "ups"];
        let got: Vec<_> = numbers_at(&words).into_iter().map(|(len, n)| (len, n.to_string())).collect();
        assert_eq!(got, [(2, "27".to_owned()), (1, "2".to_owned())]);
    }

    proptest! {
        #[test]
        fn large_numbers_round_trip(n: u64) {
            let said = cardinal(n);
            let said: Vec<&str> = said.split([' ', '-']).collect();
            prop_assert_eq!(count(&said), Some(n));
        }

        #[test]
        fn digits_said_one_by_one_keep_their_zeros(digits in "[0-9]{2,12}") {
            let said: Vec<&str> = digits.bytes().map(|b| SMALL[usize::from(b - b'0')]).collect();
            prop_assert_eq!(digit_string(&said), Some(digits));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,60}") {
            let _ = read(&text);
        }

        #[test]
        fn no_run_of_number_words_panics(picks in prop::collection::vec(0_usize..20, 0..30)) {
            let lexicon = ["one", "twenty", "hundred", "thousand", "million", "billion", "and", "a", "half", "dozen",
                "point", "double", "triple", "oh", "zero", "nine", "nineteen", "99", "999999999999999", "couple"];
            let said: Vec<&str> = picks.iter().map(|&i| lexicon[i]).collect();
            let _ = number(&said);
            let _ = price(&said);
            let _ = position(&said);
        }
    }
}
