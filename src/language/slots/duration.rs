//! AMAZON.DURATION: "an hour and a half", "two weeks" in, ISO 8601 ("PT1H30M", "P2W") out.

use crate::words::numbers;

const REACH: usize = 14;
/// Years, months, weeks, days, hours, minutes, seconds: with the letter and the part of the value they stand in.
const UNITS: [(&str, char, bool); 7] = [
    ("year", 'Y', false),
    ("month", 'M', false),
    ("week", 'W', false),
    ("day", 'D', false),
    ("hour", 'H', true),
    ("minute", 'M', true),
    ("second", 'S', true),
];

/// Every duration that begins at the first word, longest first.
pub fn durations_at(words: &[&str]) -> Vec<(usize, String)> {
    (1..=words.len().min(REACH)).rev().filter_map(|used| Some((used, duration(words.get(..used)?)?))).collect()
}

/// Reads all of `words`.
pub fn duration(words: &[&str]) -> Option<String> {
    let mut amounts: [Option<u64>; 7] = [None; 7];
    let mut put = |unit: usize, n: u64| -> Option<()> {
        let slot = amounts.get_mut(unit)?;
        slot.is_none().then(|| *slot = Some(n))
    };
    match words {
        ["half", "an", "hour"] | ["a", "half", "hour"] | ["half", "hour"] => put(5, 30)?,
        ["quarter", "of", "an", "hour"] | ["a", "quarter", "of", "an", "hour"] => put(5, 15)?,
        ["fortnight"] | ["a", "fortnight"] => put(2, 2)?,
        _ => {
            let mut rest = words;
            while !rest.is_empty() {
                rest =
                    rest.strip_prefix(&["and"]).filter(|r| rest.len() < words.len() && !r.is_empty()).unwrap_or(rest);
                if rest == ["a", "half"] || rest == ["half"] {
                    // "an hour and a half": half of the unit before, in the next smaller one.
                    let last = amounts.iter().rposition(Option::is_some)?;
                    let (unit, n) = half_of(last)?;
                    let slot = amounts.get_mut(unit)?;
                    *slot = Some(slot.unwrap_or(0) + n);
                    break;
                }
                let at = rest.iter().position(|w| unit(w).is_some())?;
                let which = unit(rest.get(at)?)?;
                let (n, half) = amount(rest.get(..at)?)?;
                let slot = amounts.get_mut(which)?;
                if slot.is_some() {
                    return None;
                }
                *slot = Some(n);
                if half {
                    let (unit, n) = half_of(which)?;
                    *amounts.get_mut(unit)? = Some(n);
                }
                rest = rest.get(at + 1..)?;
            }
        }
    }
    let mut out = String::from("P");
    let mut timed = false;
    for ((_, letter, time), amount) in UNITS.iter().zip(amounts) {
        let Some(n) = amount else { continue };
        if *time && !timed {
            out.push('T');
            timed = true;
        }
        out.push_str(&format!("{n}{letter}"));
    }
    (out.len() > 1).then_some(out)
}

fn unit(word: &str) -> Option<usize> {
    let single = word.strip_suffix('s').unwrap_or(word);
    let single = match single {
        "min" => "minute",
        "sec" => "second",
        "hr" => "hour",
        other => other,
    };
    UNITS.iter().position(|(name, ..)| *name == single)
}

/// (amount, whether a half is to be added): "two", "an", "two and a half", "1.5".
fn amount(words: &[&str]) -> Option<(u64, bool)> {
    if matches!(words, ["a" | "an"]) {
        return Some((1, false));
    }
    let number = numbers::number(words)?;
    match number.to_string().split_once('.') {
        None => Some((number.whole()?, false)),
        Some((_, "5")) => Some((number.whole()?, true)),
        Some(_) => None,
    }
}

fn half_of(unit: usize) -> Option<(usize, u64)> {
    Some(match unit {
        0 => (1, 6),
        3 => (4, 12),
        4 => (5, 30),
        5 => (6, 30),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_said_in_many_ways() {
        for (text, want) in [
            ("five minutes", "PT5M"),
            ("ten hours", "PT10H"),
            ("three days", "P3D"),
            ("forty five seconds", "PT45S"),
            ("eight weeks", "P8W"),
            ("seven years", "P7Y"),
            ("five hours and ten minutes", "PT5H10M"),
            ("two years three hours ten minutes", "P2YT3H10M"),
            ("an hour", "PT1H"),
            ("an hour and a half", "PT1H30M"),
            ("one and a half hours", "PT1H30M"),
            ("half an hour", "PT30M"),
            ("a fortnight", "P2W"),
            ("a couple of days", "P2D"),
            ("1.5 hours", "PT1H30M"),
        ] {
            assert_eq!(duration(&text.split(' ').collect::<Vec<_>>()).as_deref(), Some(want), "{text}");
        }
        for text in ["", "five", "minutes", "five minutes five minutes", "and five minutes", "half", "two and"] {
            let words: Vec<&str> = text.split_whitespace().collect();
            assert_eq!(duration(&words), None, "{text}");
        }
    }
}
