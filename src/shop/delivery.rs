//! The day an order arrives: when it is placed in, a date out. The only place that knows the rule.
//!
//! What is ordered before [`CUT_OFF`] on a working day leaves the same day; anything else leaves on the next working
//! day. It arrives [`TRANSIT`] working days after it left. Working days are Monday to Friday; public holidays differ by
//! place and are not known here, so a promise may be a day early around them.

use jiff::civil::{Date, Weekday};
use jiff::{ToSpan, Zoned};

/// Orders from this hour on leave the next working day.
pub const CUT_OFF: i8 = 14;
/// Working days under way.
pub const TRANSIT: u32 = 2;

/// The day that something ordered at `at` (on the shop's calendar) would arrive.
pub fn estimate(at: &Zoned) -> Date {
    let today = at.date();
    let leaves = if working(today) && at.hour() < CUT_OFF { today } else { next_working(today) };
    working_days_after(leaves, TRANSIT)
}

/// So many working days after a day.
pub fn working_days_after(day: Date, count: u32) -> Date {
    (0..count).fold(day, |day, _| next_working(day))
}

fn working(day: Date) -> bool {
    !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
}

fn next_working(day: Date) -> Date {
    let mut next = day.saturating_add(1.day());
    while !working(next) {
        let after = next.saturating_add(1.day());
        if after == next {
            return next;
        }
        next = after;
    }
    next
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(ordered: &str, arrives: &str) {
        let at: Zoned = format!("{ordered}[UTC]").parse().unwrap();
        assert_eq!(estimate(&at).to_string(), arrives, "ordered {ordered}");
    }

    #[test]
    fn two_working_days_after_it_leaves() {
        check("2026-11-23T09:00", "2026-11-25"); // Monday morning
        check("2026-11-23T14:00", "2026-11-26"); // Monday, too late for the van
        check("2026-11-26T10:00", "2026-11-30"); // Thursday: Monday
        check("2026-11-27T10:00", "2026-12-01"); // Friday: Tuesday
        check("2026-11-28T10:00", "2026-12-02"); // Saturday leaves on Monday
        check("2026-11-29T23:00", "2026-12-02"); // so does Sunday
    }

    #[test]
    fn never_a_weekend_never_before_the_order() {
        let mut at: Zoned = "2026-01-01T00:30[UTC]".parse().unwrap();
        for _ in 0..2000 {
            let day = estimate(&at);
            assert!(working(day) && day > at.date());
            at = &at + 7.hours();
        }
    }

    #[test]
    fn the_end_of_the_calendar_is_survived() {
        let at = Date::MAX.at(23, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC);
        if let Ok(at) = at {
            assert!(estimate(&at) >= at.date());
        }
    }
}
