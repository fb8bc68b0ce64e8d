//! Alexa's AMAZON.DATE values in, the civil days they cover out. Refuses to know how dates are said: that is the slot
//! reader's matter.

use jiff::civil::{Date, ISOWeekDate, Weekday, date};
use jiff::{Span, ToSpan};

/// The days a value covers, both included; `None` when it is no AMAZON.DATE value. Parts left open with X ("XXXX-12",
/// "XXXX-WXX-3") are the latest that have begun by `today`.
pub fn range(value: &str, today: Date) -> Option<(Date, Date)> {
    let value = value.trim().to_ascii_uppercase();
    if value == "PRESENT_REF" {
        return Some((today, today));
    }
    // A time of day does not change the day.
    let day = value.split('T').next().unwrap_or_default();
    let mut parts = day.split('-');
    let year = parts.next()?;
    let rest: Vec<&str> = parts.collect();
    match year.len() {
        4 => {}
        _ => return None,
    }
    if year == "XXXX" {
        // The newest year in which the period has begun.
        let this = today.year();
        return (0..=8)
            .filter_map(|back| in_year(this.checked_sub(back)?, &rest, today))
            .find(|(from, _)| *from <= today);
    }
    if let Some(century) = year.strip_suffix("XX") {
        let first: i16 = century.parse().ok().filter(|_| is_digits(century))?;
        return open(&rest).then(|| years(first.checked_mul(100)?, 100))?;
    }
    if let Some(decade) = year.strip_suffix('X') {
        let first: i16 = decade.parse().ok().filter(|_| is_digits(decade))?;
        return open(&rest).then(|| years(first.checked_mul(10)?, 10))?;
    }
    in_year(year.parse().ok().filter(|_| is_digits(year))?, &rest, today)
}

/// As [`range`], for things that have happened: what lies wholly after `today` is moved back by weeks or years to the
/// last time it came round. Alexa resolves "Tuesday" to the coming one even when asked what was bought.
pub fn past_range(value: &str, today: Date) -> Option<(Date, Date)> {
    let (from, to) = range(value, today)?;
    if from <= today {
        return Some((from, to));
    }
    let ahead = (from - today).get_days();
    let back: Span = if ahead <= 7 && (to - from).get_days() < 7 { 1.week() } else { 1.year() };
    let mut moved = (from, to);
    for _ in 0..3 {
        moved = (moved.0.checked_sub(back).ok()?, moved.1.checked_sub(back).ok()?);
        if moved.0 <= today {
            return Some(moved);
        }
    }
    Some((from, to))
}

fn in_year(year: i16, rest: &[&str], today: Date) -> Option<(Date, Date)> {
    match rest {
        [] | ["XX"] | ["XX", "XX"] => years(year, 1),
        [season] if matches!(*season, "WI" | "SP" | "SU" | "FA" | "AU") => season_of(year, season),
        [quarter] if quarter.starts_with('Q') => {
            let quarter: i8 = quarter.get(1..)?.parse().ok().filter(|q| (1..=4).contains(q))?;
            months(year, quarter * 3 - 2, 3)
        }
        [half] if half.starts_with('H') => {
            let half: i8 = half.get(1..)?.parse().ok().filter(|h| (1..=2).contains(h))?;
            months(year, half * 6 - 5, 6)
        }
        ["WXX", day] => {
            let weekday = Weekday::from_monday_one_offset(day.parse().ok()?).ok()?;
            let mut on = if year == today.year() { today } else { Date::new(year, 12, 31).ok()? };
            while on.weekday() != weekday {
                on = on.yesterday().ok()?;
            }
            Some((on, on))
        }
        [week, tail @ ..] if week.starts_with('W') => week_of(year, week.get(1..)?, tail),
        [month] | [month, "XX" | "00"] => months(year, two_digits(month)?, 1),
        [month, day] => {
            let on = Date::new(year, two_digits(month)?, two_digits(day)?).ok()?;
            Some((on, on))
        }
        _ => None,
    }
}

/// Winter is the one that begins in the year.
fn season_of(year: i16, season: &str) -> Option<(Date, Date)> {
    let first = match season {
        "SP" => 3,
        "SU" => 6,
        "WI" => 12,
        _ => 9,
    };
    months(year, first, 3)
}

fn week_of(year: i16, week: &str, tail: &[&str]) -> Option<(Date, Date)> {
    let week = two_digits(week).filter(|w| (1..=53).contains(w))?;
    // Counted from week 1, so that a week 53 which the year does not have is the one after its 52nd.
    let first = ISOWeekDate::new(year, 1, Weekday::Monday).ok()?.date();
    let monday = first.checked_add((i64::from(week) - 1).weeks()).ok()?;
    let plus = |days: i64| monday.checked_add(days.days()).ok();
    match tail {
        [] => Some((monday, plus(6)?)),
        ["WE"] => Some((plus(5)?, plus(6)?)),
        [day] => {
            let day: i64 = day.parse().ok().filter(|d| (1..=7).contains(d))?;
            let on = plus(day - 1)?;
            Some((on, on))
        }
        _ => None,
    }
}

fn years(first: i16, count: i16) -> Option<(Date, Date)> {
    let last = first.checked_add(count - 1)?;
    Some((Date::new(first, 1, 1).ok()?, Date::new(last, 12, 31).ok()?))
}

fn months(year: i16, month: i8, count: i32) -> Option<(Date, Date)> {
    let from = Date::new(year, month, 1).ok()?;
    let to = from.checked_add(count.months()).ok()?.yesterday().ok()?;
    Some((from, to))
}

fn two_digits(text: &str) -> Option<i8> {
    (is_digits(text) && text.len() <= 2).then(|| text.parse().ok())?
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn open(rest: &[&str]) -> bool {
    rest.iter().all(|p| *p == "XX")
}

/// The value for one day.
pub fn day(on: Date) -> String {
    on.to_string()
}

/// The fourth Thursday of November.
pub fn thanksgiving(year: i16) -> Option<Date> {
    Date::new(year, 11, 1).ok()?.nth_weekday_of_month(4, Weekday::Thursday).ok()
}

/// Easter Sunday by the Gregorian computus (the "anonymous" algorithm of 1876).
pub fn easter(year: i16) -> Option<Date> {
    let y = i32::from(year);
    let (a, b, c) = (y % 19, y / 100, y % 100);
    let (d, e) = (b / 4, b % 4);
    let g = (8 * b + 13) / 25;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 19 * l) / 433;
    let month = (h + l - 7 * m + 90) / 25;
    let day = (h + l - 7 * m + 33 * month + 19) % 32;
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// A day that tests and docs agree on: Sunday, 22 November 2026.
pub const EXAMPLE_TODAY: Date = date(2026, 11, 22);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_form_covers_its_days() {
        for (value, want) in [
            ("2026-11-22", "2026-11-22..2026-11-22"),
            ("PRESENT_REF", "2026-11-22..2026-11-22"),
            ("2026-W48", "2026-11-23..2026-11-29"),
            ("2026-W48-WE", "2026-11-28..2026-11-29"),
            ("2026-W53", "2026-12-28..2027-01-03"),
            ("2020-W53-WE", "2021-01-02..2021-01-03"),
            ("2026-W47-2", "2026-11-17..2026-11-17"),
            ("2026-11", "2026-11-01..2026-11-30"),
            ("2026-11-XX", "2026-11-01..2026-11-30"),
            ("2015-07-00T9", "2015-07-01..2015-07-31"),
            ("2024-02", "2024-02-01..2024-02-29"),
            ("2026", "2026-01-01..2026-12-31"),
            ("2026-XX-XX", "2026-01-01..2026-12-31"),
            ("202X", "2020-01-01..2029-12-31"),
            ("20XX", "2000-01-01..2099-12-31"),
            ("2026-WI", "2026-12-01..2027-02-28"),
            ("2026-SP", "2026-03-01..2026-05-31"),
            ("2026-SU", "2026-06-01..2026-08-31"),
            ("2026-FA", "2026-09-01..2026-11-30"),
            ("2026-Q1", "2026-01-01..2026-03-31"),
            ("2026-Q4", "2026-10-01..2026-12-31"),
            ("XXXX-12", "2025-12-01..2025-12-31"),
            ("XXXX-03-05", "2026-03-05..2026-03-05"),
            ("XXXX-02-29", "2024-02-29..2024-02-29"),
            ("XXXX-SU", "2026-06-01..2026-08-31"),
            ("XXXX-WXX-3", "2026-11-18..2026-11-18"),
            ("2026-11-20TEV", "2026-11-20..2026-11-20"),
        ] {
            let got = range(value, EXAMPLE_TODAY).map(|(from, to)| format!("{from}..{to}"));
            assert_eq!(got.as_deref(), Some(want), "{value}");
        }
        for value in
            ["", "yesterday", "2026-13", "2026-02-30", "2026-W54", "2026-W00", "2026-Q5", "26", "X", "2026--", "-5"]
        {
            assert_eq!(range(value, EXAMPLE_TODAY), None, "{value}");
        }
    }

    #[test]
    fn what_is_to_come_is_moved_into_the_past() {
        for (value, want) in [
            ("2026-11-24", "2026-11-17..2026-11-17"),
            ("2026-12-25", "2025-12-25..2025-12-25"),
            ("2027-03", "2026-03-01..2026-03-31"),
            ("2026-11-20", "2026-11-20..2026-11-20"),
            ("2026-W48-WE", "2026-11-21..2026-11-22"),
            ("2026-WI", "2025-12-01..2026-02-28"),
        ] {
            let got = past_range(value, EXAMPLE_TODAY).map(|(from, to)| format!("{from}..{to}"));
            assert_eq!(got.as_deref(), Some(want), "{value}");
        }
    }

    #[test]
    fn moving_feasts() {
        assert_eq!(thanksgiving(2026), Some(date(2026, 11, 26)));
        assert_eq!(easter(2026), Some(date(2026, 4, 5)));
        assert_eq!(easter(2024), Some(date(2024, 3, 31)));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,16}", form in "[0-9X]{1,5}(-[A-Z0-9]{1,3}){0,3}") {
            for value in [&text, &form] {
                let _ = past_range(value, EXAMPLE_TODAY);
                if let Some((from, to)) = range(value, EXAMPLE_TODAY) {
                    prop_assert!(from <= to);
                }
            }
        }
    }
}
