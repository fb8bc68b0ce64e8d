//! Price words in, an amount out: "five dollars and fifty cents", "nineteen ninety nine", "five fifty".

use std::fmt;

use super::{Number, count, number};

/// An amount of money in hundredths of the major unit, without its currency. Prints as `5` or `19.99`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Price {
    pub cents: u64,
    /// Whether a currency word was said: the reading is then sure to be a price.
    pub named: bool,
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.cents % 100 {
            0 => write!(f, "{}", self.cents / 100),
            rest => write!(f, "{}.{rest:02}", self.cents / 100),
        }
    }
}

/// Reads all of `words` as a price. Two amounts side by side are units and hundredths ("five fifty" is 5.50), which is
/// how a price differs from a plain number.
pub fn price<W: AsRef<str>>(words: &[W]) -> Option<Price> {
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    if words.len() > super::MAX_WORDS {
        return None;
    }
    let Some(at) = words.iter().position(|w| is_major(w)) else {
        return match words.split_last() {
            Some((last, head)) if is_minor(last) => {
                let cents = number(head)?.whole()?;
                Some(Price { cents, named: true })
            }
            _ => amount(&words, false),
        };
    };
    let units = amount(words.get(..at)?, true)?;
    let tail = match words.get(at + 1..)? {
        ["and", rest @ ..] => rest,
        rest => rest,
    };
    let tail = match tail {
        [] => return (words.last() != Some(&"and")).then_some(units),
        [rest @ .., last] if is_minor(last) => rest,
        rest => rest,
    };
    let extra = count(tail).filter(|n| (1..100).contains(n))?;
    (units.cents % 100 == 0).then_some(Price { cents: units.cents.checked_add(extra)?, named: true })
}

fn amount(words: &[&str], named: bool) -> Option<Price> {
    if let Some((units, cents)) = split(words) {
        return Some(Price { cents: units.checked_mul(100)?.checked_add(cents)?, named });
    }
    from_number(&number(words)?, named)
}

/// "nineteen ninety nine" as (19, 99), "five oh five" as (5, 5): only where the two are not one amount already.
fn split(words: &[&str]) -> Option<(u64, u64)> {
    if words.len() < 2 || count(words).is_some() || words.iter().any(|w| matches!(*w, "point" | "double" | "dozen")) {
        return None;
    }
    (1..words.len()).rev().find_map(|at| {
        let units = count(words.get(..at)?)?;
        let cents = match words.get(at..)? {
            ["oh" | "o" | "zero", digit] => count(&[digit]).filter(|n| *n < 10)?,
            tail => count(tail).filter(|n| (10..100).contains(n))?,
        };
        Some((units, cents))
    })
}

fn from_number(number: &Number, named: bool) -> Option<Price> {
    let mut cents: u64 = 0;
    for (place, digit) in number.fraction.bytes().take(2).enumerate() {
        cents += u64::from(digit - b'0') * if place == 0 { 10 } else { 1 };
    }
    Some(Price { cents: number.whole()?.checked_mul(100)?.checked_add(cents)?, named })
}

fn is_major(word: &str) -> bool {
    matches!(word, "dollars" | "dollar" | "bucks" | "buck" | "pounds" | "pound" | "euros" | "euro" | "quid")
}

fn is_minor(word: &str) -> bool {
    matches!(word, "cents" | "cent" | "pence" | "penny" | "p")
}

/// Every price that begins at the first of `words`, as (words used, price), longest first.
pub fn prices_at<W: AsRef<str>>(words: &[W]) -> Vec<(usize, Price)> {
    let belongs = |w: &str| super::may_belong(w) || is_major(w) || is_minor(w);
    let reach = words.iter().take(super::MAX_WORDS).take_while(|w| belongs(w.as_ref())).count();
    (1..=reach).rev().filter_map(|len| Some((len, price(words.get(..len)?)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_said_in_many_ways() {
        for (text, want) in [
            ("five dollars", "5"),
            ("five dollars and fifty cents", "5.50"),
            ("five dollars fifty", "5.50"),
            ("five fifty", "5.50"),
            ("nineteen ninety nine", "19.99"),
            ("nineteen ninety nine dollars", "19.99"),
            ("five oh five", "5.05"),
            ("fifty", "50"),
            ("a hundred dollars", "100"),
            ("twenty bucks", "20"),
            ("two hundred and fifty", "250"),
            ("99 cents", "0.99"),
            ("5.5 dollars", "5.50"),
            ("5.50", "5.50"),
            ("one point five", "1.50"),
            ("fifteen hundred dollars", "1500"),
            ("thirty pounds", "30"),
        ] {
            let words: Vec<&str> = text.split_whitespace().collect();
            assert_eq!(price(&words).map(|p| p.to_string()).as_deref(), Some(want), "{text}");
        }
        for text in ["", "dollars", "cheap", "five dollars and", "fifty apples", "a dollars"] {
            let words: Vec<&str> = text.split_whitespace().collect();
            assert_eq!(price(&words), None, "{text}");
        }
    }
}
