//! AMAZON.DATE: "last tuesday", "the third of june", "two weeks ago" in, "2026-11-17" and its kin out. A date said
//! without its year or week is the latest one that has begun, for a shop is asked about days gone by.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

use crate::language::builtins::{DAYS, MONTHS};
use crate::language::dates::{day, easter, thanksgiving};
use crate::words::numbers;

/// The most words a date is said in.
const REACH: usize = 10;

/// Every date that begins at the first word, longest first.
pub fn dates_at(words: &[&str], today: Date) -> Vec<(usize, String)> {
    (1..=words.len().min(REACH)).rev().filter_map(|used| Some((used, date(words.get(..used)?, today)?))).collect()
}

/// Reads all of `words`.
pub fn date(words: &[&str], today: Date) -> Option<String> {
    match words {
        ["on" | "in" | "for" | "during" | "over" | "at" | "from" | "back" | "around", rest @ ..]
            if !rest.is_empty() =>
        {
            if let ["in", rest @ ..] = words
                && let Some(value) = ahead(rest, today)
            {
                return Some(value);
            }
            date(rest, today)
        }
        ["the", rest @ ..] if !rest.is_empty() => date(rest, today),
        ["now"] | ["right", "now"] => Some("PRESENT_REF".to_owned()),
        _ => near_today(words, today)
            .or_else(|| ago(words, today))
            .or_else(|| weekday(words, today))
            .or_else(|| period(words, today))
            .or_else(|| holiday(words, today))
            .or_else(|| month_and_day(words, today))
            .or_else(|| month(words, today))
            .or_else(|| season_or_quarter(words, today))
            .or_else(|| decade(words))
            .or_else(|| Some(year(words)?.to_string())),
    }
}

fn near_today(words: &[&str], today: Date) -> Option<String> {
    let off = match words {
        ["today" | "tonight"] | ["this", "morning" | "afternoon" | "evening"] | ["earlier", "today"] => 0,
        ["yesterday"] | ["yesterday", "morning" | "afternoon" | "evening" | "night"] | ["last", "night"] => -1,
        ["tomorrow"] | ["tomorrow", "morning" | "afternoon" | "evening" | "night"] => 1,
        ["day", "before", "yesterday"] => -2,
        ["day", "after", "tomorrow"] => 2,
        _ => return None,
    };
    Some(day(shifted(today, off, "days")?) + part_of_day(words))
}

/// What Alexa puts behind a day of which only a part is meant: "tomorrow evening".
fn part_of_day(words: &[&str]) -> &'static str {
    match words.last() {
        Some(&"morning") => "TMO",
        Some(&"afternoon") => "TAF",
        Some(&"evening") => "TEV",
        Some(&("night" | "tonight")) => "TNI",
        _ => "",
    }
}

fn shifted(today: Date, count: i64, unit: &str) -> Option<Date> {
    let span = match unit {
        "day" | "days" => count.days(),
        "week" | "weeks" => count.weeks(),
        "fortnight" | "fortnights" => (count.checked_mul(2)?).weeks(),
        "month" | "months" => count.months(),
        "year" | "years" => count.years(),
        _ => return None,
    };
    today.checked_add(span).ok()
}

/// "two weeks ago", "a month back", "three days from now".
fn ago(words: &[&str], today: Date) -> Option<String> {
    let (count, unit, sign) = match words {
        [count @ .., unit, "ago" | "back"] => (count, unit, -1),
        [count @ .., unit, "from", "now" | "today"] => (count, unit, 1),
        [count @ .., unit, "from", "tomorrow"] => {
            return Some(day(shifted(shifted(today, amount(count)?, unit)?, 1, "days")?));
        }
        _ => return None,
    };
    Some(day(shifted(today, amount(count)?.checked_mul(sign)?, unit)?))
}

/// "in three days".
fn ahead(words: &[&str], today: Date) -> Option<String> {
    let (unit, count) = words.split_last()?;
    Some(day(shifted(today, amount(count)?, unit)?))
}

fn amount(words: &[&str]) -> Option<i64> {
    let n = match words {
        ["a" | "an"] => 1,
        ["a", "few"] | ["few"] => 3,
        _ => numbers::number(words)?.whole()?,
    };
    i64::try_from(n).ok().filter(|n| *n <= 4_000)
}

fn weekday(words: &[&str], today: Date) -> Option<String> {
    let (name, which) = match words {
        [name] | [name, "morning" | "afternoon" | "evening" | "night"] => (*name, ""),
        [which @ ("last" | "this" | "next" | "past" | "coming"), name] => (*name, *which),
        [name, "last" | "this" | "next", "week"] => {
            let weeks = match words.get(1) {
                Some(&"last") => -1,
                Some(&"next") => 1,
                _ => 0,
            };
            let monday = shifted(monday_of(today)?, weeks, "weeks")?;
            return Some(day(shifted(monday, day_index(name)?, "days")?));
        }
        _ => return None,
    };
    let wanted = day_index(name)?;
    let since = (i64::from(today.weekday().to_monday_zero_offset()) - wanted).rem_euclid(7);
    let off = match which {
        "" => -since,
        "next" | "coming" => 7 - since,
        "this" => wanted - i64::from(today.weekday().to_monday_zero_offset()),
        _ if since == 0 => -7,
        _ => -since,
    };
    Some(day(shifted(today, off, "days")?) + part_of_day(words))
}

fn day_index(name: &str) -> Option<i64> {
    let single = name.strip_suffix('s').unwrap_or(name);
    DAYS.iter().position(|d| *d == single).and_then(|i| i64::try_from(i).ok())
}

fn monday_of(today: Date) -> Option<Date> {
    shifted(today, -i64::from(today.weekday().to_monday_zero_offset()), "days")
}

/// "this week", "last weekend", "next month", "last year".
fn period(words: &[&str], today: Date) -> Option<String> {
    let (steps, unit) = match words {
        ["weekend"] => {
            let begun = matches!(today.weekday(), Weekday::Saturday | Weekday::Sunday);
            (if begun { 0 } else { -1 }, "weekend")
        }
        ["this" | "current", unit] => (0, *unit),
        ["last" | "past" | "previous", unit] => (-1, *unit),
        ["next" | "coming", unit] => (1, *unit),
        ["week" | "month" | "year" | "weekend", "before", "last"] => (-2, *words.first()?),
        _ => return None,
    };
    match unit {
        "week" | "weekend" => {
            let week = shifted(today, steps, "weeks")?.iso_week_date();
            let tail = if unit == "weekend" { "-WE" } else { "" };
            Some(format!("{}-W{:02}{tail}", week.year(), week.week()))
        }
        "month" => {
            let first = shifted(today.first_of_month(), steps, "months")?;
            Some(format!("{}-{:02}", first.year(), first.month()))
        }
        "year" => Some((i64::from(today.year()) + steps).to_string()),
        _ => None,
    }
}

fn holiday(words: &[&str], today: Date) -> Option<String> {
    let (which, name) = match words {
        ["last", rest @ ..] => (-1, rest),
        ["this", rest @ ..] => (0, rest),
        ["next", rest @ ..] => (1, rest),
        _ => (2, words),
    };
    let (name, said) = match name {
        [head @ .., last] if name.len() > 1 => match year(&[last]) {
            Some(year) => (head, Some(year)),
            None => (name, None),
        },
        _ => (name, None),
    };
    let in_year = |year: i16| -> Option<Date> {
        match name {
            ["christmas"] | ["christmas", "day"] | ["xmas"] => Date::new(year, 12, 25).ok(),
            ["christmas", "eve"] => Date::new(year, 12, 24).ok(),
            ["new", "year" | "years"] | ["new", "year" | "years", "day"] => Date::new(year, 1, 1).ok(),
            ["new", "year" | "years", "eve"] => Date::new(year, 12, 31).ok(),
            ["halloween"] => Date::new(year, 10, 31).ok(),
            ["valentines"] | ["valentines" | "valentine", "day"] => Date::new(year, 2, 14).ok(),
            ["independence", "day"] => Date::new(year, 7, 4).ok(),
            ["thanksgiving"] | ["thanksgiving", "day"] => thanksgiving(year),
            ["black", "friday"] => shifted(thanksgiving(year)?, 1, "days"),
            ["cyber", "monday"] => shifted(thanksgiving(year)?, 4, "days"),
            ["easter"] | ["easter", "sunday"] => easter(year),
            ["good", "friday"] => shifted(easter(year)?, -2, "days"),
            _ => None,
        }
    };
    if let Some(year) = said {
        return Some(day(in_year(year)?));
    }
    let this = in_year(today.year())?;
    let on = match which {
        0 => this,
        1 if this > today => this,
        1 => in_year(today.year() + 1)?,
        -1 if this < today => this,
        2 if this <= today => this,
        _ => in_year(today.year() - 1)?,
    };
    Some(day(on))
}

fn month_index(name: &str) -> Option<i8> {
    let full = MONTHS.iter().position(|m| *m == name);
    // "may", "mar" and "sept" are also said short; other words of three letters are left alone.
    let short = || {
        let short = matches!(
            name,
            "jan" | "feb" | "mar" | "apr" | "jun" | "jul" | "aug" | "sep" | "sept" | "oct" | "nov" | "dec"
        );
        short.then(|| MONTHS.iter().position(|m| m.starts_with(name.get(..3).unwrap_or(name))))?
    };
    full.or_else(short).and_then(|i| i8::try_from(i + 1).ok())
}

/// "june third", "third of june", "june 3 2025", "the third of june last year", "the fifteenth".
fn month_and_day(words: &[&str], today: Date) -> Option<String> {
    let (words, said) = with_year(words, today);
    let (day_words, month) = match words {
        [day @ .., "of", "last" | "this" | "next", "month"] => {
            let steps = match words.get(words.len() - 2) {
                Some(&"last") => -1,
                Some(&"next") => 1,
                _ => 0,
            };
            let first = shifted(today.first_of_month(), steps, "months")?;
            let on = Date::new(first.year(), first.month(), day_of_month(day, true)?).ok()?;
            return Some(on.to_string());
        }
        [day @ .., "of", month] => (day, month_index(month)?),
        [month, "the", day @ ..] if month_index(month).is_some() => (day, month_index(month)?),
        [month, day @ ..] if month_index(month).is_some() => (day, month_index(month)?),
        [day @ .., month] if month_index(month).is_some() => (day, month_index(month)?),
        day => {
            // "the fifteenth": of this month, or of the last one if it is still to come.
            let day = day_of_month(day, false)?;
            if said.is_some() {
                return None;
            }
            let mut first = today.first_of_month();
            for _ in 0..3 {
                if let Ok(on) = Date::new(first.year(), first.month(), day)
                    && on <= today
                {
                    return Some(on.to_string());
                }
                first = shifted(first, -1, "months")?;
            }
            return None;
        }
    };
    let day_number = day_of_month(day_words, true)?;
    if let Some(year) = said {
        return Some(day(Date::new(year, month, day_number).ok()?));
    }
    // The 29th of February may be up to eight years back.
    (0..=8).filter_map(|back| Date::new(today.year() - back, month, day_number).ok()).find(|on| *on <= today).map(day)
}

/// `bare` allows "june 3" and "june three" beside "june third".
fn day_of_month(words: &[&str], bare: bool) -> Option<i8> {
    let n = match numbers::position(words) {
        Some(n) => n,
        None if bare => i64::try_from(numbers::number(words)?.whole()?).ok()?,
        None => return None,
    };
    i8::try_from(n).ok().filter(|n| (1..=31).contains(n))
}

/// Splits a year off the end: "2025", "twenty twenty five", "last year", "of this year".
fn with_year<'a, 'w>(words: &'a [&'w str], today: Date) -> (&'a [&'w str], Option<i16>) {
    for (steps, which) in [(-1, "last"), (0, "this"), (1, "next")] {
        if let [head @ .., last, "year"] = words
            && *last == which
            && !head.is_empty()
        {
            return (
                head.strip_suffix(&["of"]).or(head.strip_suffix(&["in"])).unwrap_or(head),
                Some(today.year() + steps),
            );
        }
    }
    for count in (1..=4.min(words.len().saturating_sub(1))).rev() {
        let (head, tail) = words.split_at(words.len() - count);
        if let Some(year) = year(tail) {
            let head = head.strip_suffix(&["of"]).or(head.strip_suffix(&["in"])).unwrap_or(head);
            return (head, Some(year));
        }
    }
    (words, None)
}

fn month(words: &[&str], today: Date) -> Option<String> {
    let (which, rest) = match words {
        ["last", rest @ ..] => (-1, rest),
        ["this", rest @ ..] => (0, rest),
        ["next", rest @ ..] => (1, rest),
        _ => (2, words),
    };
    let (rest, said) = with_year(rest, today);
    let [name] = rest else { return None };
    let month = month_index(name)?;
    let this = today.year();
    let year = match (said, which) {
        (Some(year), _) => year,
        (None, 0) => this,
        (None, 1) => this + i16::from(month <= today.month()),
        (None, -1) => this - i16::from(month >= today.month()),
        (None, _) => this - i16::from(month > today.month()),
    };
    Some(format!("{year}-{month:02}"))
}

fn season_or_quarter(words: &[&str], today: Date) -> Option<String> {
    let (which, rest) = match words {
        ["last", rest @ ..] => (-1, rest),
        ["this", rest @ ..] => (0, rest),
        ["next", rest @ ..] => (1, rest),
        _ => (2, words),
    };
    let (rest, said) = with_year(rest, today);
    let (code, first) = match rest {
        ["spring"] => ("SP", 3),
        ["summer"] => ("SU", 6),
        ["fall" | "autumn"] => ("FA", 9),
        ["winter"] => ("WI", 12),
        ["quarter"] if which != 2 => {
            let first = shifted(today.first_of_month(), which * 3, "months")?;
            return Some(format!("{}-Q{}", first.year(), (first.month() + 2) / 3));
        }
        ["q1" | "q2" | "q3" | "q4"] => (quarter_code(rest.first()?)?, 0),
        [ordinal, "quarter"] => {
            let n = numbers::position(&[ordinal]).filter(|n| (1..=4).contains(n))?;
            (quarter_code(&format!("q{n}"))?, 0)
        }
        _ => return None,
    };
    let first = if first == 0 { code.get(1..)?.parse::<i8>().ok()? * 3 - 2 } else { first };
    let this = today.year();
    let begun = first <= today.month();
    // A winter that has begun did so last year until December.
    let running = i64::from(today.month()) - i64::from(first);
    let running = (0..3).contains(&running) || code == "WI" && today.month() <= 2;
    let latest = if begun { this } else { this - 1 };
    let year = match (said, which) {
        (Some(year), _) => year,
        (None, 0) if running => latest,
        (None, 0) => this,
        (None, 1) if begun => this + 1,
        (None, 1) => this,
        (None, -1) if running => latest - 1,
        _ => latest,
    };
    Some(format!("{year}-{code}"))
}

fn quarter_code(said: &str) -> Option<&'static str> {
    ["Q1", "Q2", "Q3", "Q4"].into_iter().find(|code| code.eq_ignore_ascii_case(said))
}

/// "the nineties", "the 1990s", "the twenty twenties".
fn decade(words: &[&str]) -> Option<String> {
    let tens = |word: &str| -> Option<u8> {
        let names =
            ["tens", "twenties", "thirties", "forties", "fifties", "sixties", "seventies", "eighties", "nineties"];
        names.iter().position(|n| *n == word).and_then(|i| u8::try_from(i + 1).ok())
    };
    match words {
        [word] if word.len() == 5 && word.ends_with("0s") => {
            let decade = word.get(..3).filter(|d| d.bytes().all(|b| b.is_ascii_digit()))?;
            Some(format!("{decade}X"))
        }
        // Without a century the eighties are the last ones there were.
        [word] => tens(word).map(|t| if t >= 3 { format!("19{t}X") } else { format!("20{t}X") }),
        ["nineteen", word] => tens(word).map(|t| format!("19{t}X")),
        ["twenty", word] => tens(word).map(|t| format!("20{t}X")),
        _ => None,
    }
}

/// A year that things are bought in: 1900 to 2199.
fn year(words: &[&str]) -> Option<i16> {
    let number = numbers::number(words)?;
    let n = number.is_whole().then(|| number.whole())??;
    (number.digits().len() == 4 && (1900..2200).contains(&n)).then(|| i16::try_from(n).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::dates::EXAMPLE_TODAY;
    use crate::words::tokens::tokenize;

    fn read(text: &str) -> Option<String> {
        let words: Vec<String> = tokenize(text).into_iter().map(|t| t.text).collect();
        date(&words.iter().map(String::as_str).collect::<Vec<_>>(), EXAMPLE_TODAY)
    }

    #[test]
    fn dates_said_in_many_ways() {
        // Today is Sunday, 22 November 2026.
        for (text, want) in [
            ("today", "2026-11-22"),
            ("now", "PRESENT_REF"),
            ("yesterday", "2026-11-21"),
            ("the day before yesterday", "2026-11-20"),
            ("tomorrow", "2026-11-23"),
            ("tuesday", "2026-11-17"),
            ("on tuesday", "2026-11-17"),
            ("last tuesday", "2026-11-17"),
            ("next tuesday", "2026-11-24"),
            ("last sunday", "2026-11-15"),
            ("sunday", "2026-11-22"),
            ("tuesday last week", "2026-11-10"),
            ("this week", "2026-W47"),
            ("last week", "2026-W46"),
            ("next week", "2026-W48"),
            ("this weekend", "2026-W47-WE"),
            ("next weekend", "2026-W48-WE"),
            ("last weekend", "2026-W46-WE"),
            ("over the weekend", "2026-W47-WE"),
            ("the week before last", "2026-W45"),
            ("this month", "2026-11"),
            ("last month", "2026-10"),
            ("last year", "2025"),
            ("this year", "2026"),
            ("in march", "2026-03"),
            ("in december", "2025-12"),
            ("last november", "2025-11"),
            ("next march", "2027-03"),
            ("march twenty twenty five", "2025-03"),
            ("march of last year", "2025-03"),
            ("the third of june", "2026-06-03"),
            ("june third", "2026-06-03"),
            ("June 3rd, 2025", "2025-06-03"),
            ("june third twenty twenty five", "2025-06-03"),
            ("on the twenty first of december", "2025-12-21"),
            ("december twenty fifth", "2025-12-25"),
            ("june 3", "2026-06-03"),
            ("the fifteenth", "2026-11-15"),
            ("the 25th", "2026-10-25"),
            ("the third of last month", "2026-10-03"),
            ("february 29th", "2024-02-29"),
            ("two weeks ago", "2026-11-08"),
            ("a week ago", "2026-11-15"),
            ("a couple of days ago", "2026-11-20"),
            ("three months ago", "2026-08-22"),
            ("a year ago", "2025-11-22"),
            ("in three days", "2026-11-25"),
            ("two weeks from now", "2026-12-06"),
            ("christmas", "2025-12-25"),
            ("last christmas", "2025-12-25"),
            ("next christmas", "2026-12-25"),
            ("christmas 2024", "2024-12-25"),
            ("halloween", "2026-10-31"),
            ("black friday", "2025-11-28"),
            ("new year's eve", "2025-12-31"),
            ("summer", "2026-SU"),
            ("last summer", "2026-SU"),
            ("last winter", "2025-WI"),
            ("this fall", "2026-FA"),
            ("last fall", "2025-FA"),
            ("next spring", "2027-SP"),
            ("summer of 2024", "2024-SU"),
            ("last quarter", "2026-Q3"),
            ("the first quarter", "2026-Q1"),
            ("the third quarter of 2025", "2025-Q3"),
            ("q4", "2026-Q4"),
            ("in the nineties", "199X"),
            ("the twenty twenties", "202X"),
            ("the 1990s", "199X"),
            ("2025", "2025"),
            ("in twenty twenty four", "2024"),
        ] {
            assert_eq!(read(text).as_deref(), Some(want), "{text}");
        }
        for text in ["", "the", "on", "soon", "twenty", "five", "maybe", "second", "june forty", "february 30", "in"] {
            let got = read(text);
            assert!(got.is_none() || text == "second", "{text}: {got:?}");
        }
    }

    #[test]
    fn every_reading_has_a_range() {
        for text in ["last tuesday", "next weekend", "in march", "last winter", "the nineties", "last quarter", "now"] {
            let value = read(text).unwrap();
            assert!(crate::language::dates::range(&value, EXAMPLE_TODAY).is_some(), "{text}: {value}");
        }
    }
}
