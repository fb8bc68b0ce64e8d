//! Numbers in, words out: `42` gives "forty-two" or "forty-second". Knows nothing of what is counted.

use super::{SCALES, SMALL, TENS};

/// "one thousand two hundred five": American usage, no "and".
pub fn cardinal(n: u64) -> String {
    if n < 100 {
        return below_hundred(n);
    }
    if n < 1000 {
        return joined(format!("{} hundred", below_hundred(n / 100)), n % 100);
    }
    for (name, size) in SCALES {
        if n >= size {
            return joined(format!("{} {name}", cardinal(n / size)), n % size);
        }
    }
    String::new()
}

/// "first", "twenty-third", "one hundredth".
pub fn ordinal(n: u64) -> String {
    let words = cardinal(n);
    let split = words.rfind([' ', '-']).map_or(0, |i| i + 1);
    let (head, last) = words.split_at(split);
    let last = match last {
        "one" => "first".to_owned(),
        "two" => "second".to_owned(),
        "three" => "third".to_owned(),
        "five" => "fifth".to_owned(),
        "eight" => "eighth".to_owned(),
        "nine" => "ninth".to_owned(),
        "twelve" => "twelfth".to_owned(),
        w => match w.strip_suffix('y') {
            Some(stem) => format!("{stem}ieth"),
            None => format!("{w}th"),
        },
    };
    format!("{head}{last}")
}

fn joined(head: String, rest: u64) -> String {
    if rest == 0 { head } else { format!("{head} {}", cardinal(rest)) }
}

fn below_hundred(n: u64) -> String {
    let word = |table: &[&'static str], i: u64| usize::try_from(i).ok().and_then(|i| table.get(i).copied());
    match word(&SMALL, n) {
        Some(w) => w.to_owned(),
        None => {
            let tens = word(&TENS, n / 10).unwrap_or_default();
            match n % 10 {
                0 => tens.to_owned(),
                units => format!("{tens}-{}", word(&SMALL, units).unwrap_or_default()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_said_in_full() {
        for (n, cardinal_words, ordinal_words) in [
            (0, "zero", "zeroth"),
            (1, "one", "first"),
            (12, "twelve", "twelfth"),
            (20, "twenty", "twentieth"),
            (21, "twenty-one", "twenty-first"),
            (99, "ninety-nine", "ninety-ninth"),
            (100, "one hundred", "one hundredth"),
            (342, "three hundred forty-two", "three hundred forty-second"),
            (1_000, "one thousand", "one thousandth"),
            (1_205, "one thousand two hundred five", "one thousand two hundred fifth"),
            (2_000_019, "two million nineteen", "two million nineteenth"),
        ] {
            assert_eq!(cardinal(n), cardinal_words);
            assert_eq!(ordinal(n), ordinal_words);
        }
        assert!(cardinal(u64::MAX).starts_with("eighteen quintillion"));
    }
}
