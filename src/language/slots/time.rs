//! AMAZON.TIME: "half past two", "ten in the evening" in, "02:30", "22:00" out; parts of the day as NI, MO, AF, EV.

use crate::words::numbers;

const REACH: usize = 9;

/// Every time that begins at the first word, longest first.
pub fn times_at(words: &[&str]) -> Vec<(usize, String)> {
    (1..=words.len().min(REACH)).rev().filter_map(|used| Some((used, time(words.get(..used)?)?))).collect()
}

/// Reads all of `words`. An hour without its half of the day is taken as said.
pub fn time(words: &[&str]) -> Option<String> {
    let part = match words {
        ["morning"] | ["in", "the", "morning"] | ["this", "morning"] => "MO",
        ["afternoon"] | ["in", "the", "afternoon"] | ["this", "afternoon"] => "AF",
        ["evening"] | ["in", "the", "evening"] | ["this", "evening"] => "EV",
        ["night"] | ["at", "night"] | ["tonight"] => "NI",
        ["noon" | "midday"] | ["at", "noon" | "midday"] => "12:00",
        ["midnight"] | ["at", "midnight"] => "00:00",
        ["at", rest @ ..] => return time(rest),
        _ => return clock(words),
    };
    Some(part.to_owned())
}

#[derive(Clone, Copy)]
enum Half {
    Unsaid,
    Before,
    After,
}

fn clock(words: &[&str]) -> Option<String> {
    let (words, half) = match words {
        [head @ .., "am"] | [head @ .., "in", "the", "morning"] => (head, Half::Before),
        [head @ .., "a", "m"] => (head, Half::Before),
        [head @ .., "pm"] | [head @ .., "in", "the", "afternoon" | "evening"] | [head @ .., "at", "night"] => {
            (head, Half::After)
        }
        [head @ .., "p", "m"] => (head, Half::After),
        all => (all, Half::Unsaid),
    };
    let (hour, minute) = hands(words)?;
    let hour = match half {
        Half::Unsaid => hour,
        Half::Before if hour == 12 => 0,
        Half::Before => (hour < 12).then_some(hour)?,
        Half::After if hour < 12 => hour + 12,
        Half::After => hour,
    };
    Some(format!("{hour:02}:{minute:02}"))
}

fn hands(words: &[&str]) -> Option<(u64, u64)> {
    match words {
        [written] if written.contains(':') => {
            let (hour, minute) = written.split_once(':')?;
            (minute.len() == 2).then(|| valid(hour.parse().ok()?, minute.parse().ok()?))?
        }
        ["half", "past", hour @ ..] => valid(small(hour)?, 30),
        ["quarter", "past", hour @ ..] | ["a", "quarter", "past", hour @ ..] => valid(small(hour)?, 15),
        ["quarter", "to", hour @ ..] | ["a", "quarter", "to", hour @ ..] => before(small(hour)?, 15),
        [hour @ .., "oclock"] => valid(small(hour)?, 0),
        _ => {
            if let Some(at) = words.iter().position(|w| matches!(*w, "past" | "to")) {
                let minutes = words.get(..at)?;
                let minutes = small(minutes.strip_suffix(&["minutes"]).unwrap_or(minutes))?;
                let hour = small(words.get(at + 1..)?)?;
                return if words.get(at) == Some(&"past") { valid(hour, minutes) } else { before(hour, minutes) };
            }
            if let Some(hour) = small(words) {
                return valid(hour, 0);
            }
            // "four thirty", "ten oh five"
            let (hour, rest) = words.split_first()?;
            let minute = match rest {
                ["oh" | "o" | "zero", digit] => small(&[digit]).filter(|n| *n < 10)?,
                rest => small(rest).filter(|n| *n >= 10)?,
            };
            valid(small(&[hour])?, minute)
        }
    }
}

fn small(words: &[&str]) -> Option<u64> {
    let number = numbers::number(words)?;
    number.is_whole().then(|| number.whole())?.filter(|n| *n < 60)
}

fn before(hour: u64, minutes: u64) -> Option<(u64, u64)> {
    let (hour, _) = valid(hour, 0)?;
    let earlier = if hour == 0 {
        23
    } else if hour == 1 {
        12
    } else {
        hour - 1
    };
    (1..60).contains(&minutes).then_some((earlier, 60 - minutes))
}

fn valid(hour: u64, minute: u64) -> Option<(u64, u64)> {
    (hour < 24 && minute < 60).then_some((hour, minute))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::tokens::tokenize;

    #[test]
    fn times_said_in_many_ways() {
        for (text, want) in [
            ("four am", "04:00"),
            ("two p.m.", "14:00"),
            ("twelve am", "00:00"),
            ("twelve pm", "12:00"),
            ("five thirty pm", "17:30"),
            ("5:30 pm", "17:30"),
            ("half past two", "02:30"),
            ("quarter to five", "04:45"),
            ("ten past six", "06:10"),
            ("three o'clock", "03:00"),
            ("ten oh five", "10:05"),
            ("ten in the evening", "22:00"),
            ("noon", "12:00"),
            ("midnight", "00:00"),
            ("in the morning", "MO"),
            ("tonight", "NI"),
            ("14:05", "14:05"),
        ] {
            let words: Vec<String> = tokenize(text).into_iter().map(|t| t.text).collect();
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            assert_eq!(time(&words).as_deref(), Some(want), "{text}");
        }
        for text in ["", "pm", "twenty five pm", "five sixty", "soon", "99:99", "past two", "13 am"] {
            let words: Vec<&str> = text.split_whitespace().collect();
            assert_eq!(time(&words), None, "{text}");
        }
    }
}
