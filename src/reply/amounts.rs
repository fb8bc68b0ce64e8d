//! Money and days, said and printed.

use fluent_bundle::FluentArgs;
use jiff::civil::Date;

use super::catalog::args;
use super::teller::Teller;
use crate::shop::Money;

impl Teller<'_> {
    /// "twelve dollars and fifty cents".
    pub fn money(&self, money: Money) -> String {
        let amount = money.minor().unsigned_abs();
        let (whole, part) = (amount / 100, amount % 100);
        let unit = |which: &str| {
            let args = args!["whole" => whole, "part" => part, "code" => money.currency().code().to_owned()];
            self.of_currency(money, which, &args)
        };
        let in_whole = || self.say("money-whole", &args!["whole" => whole, "unit" => unit("whole")]);
        let in_part = || self.say("money-part", &args!["part" => part, "unit" => unit("part")]);
        let said = match (whole, part) {
            (_, 0) => in_whole(),
            (0, _) => in_part(),
            _ => self.say("money-both", &args!["whole" => in_whole(), "part" => in_part()]),
        };
        if money.minor() < 0 { self.say("money-negative", &args!["amount" => said]) } else { said }
    }

    /// "$1,012.50".
    pub fn printed(&self, money: Money) -> String {
        let amount = money.minor().unsigned_abs();
        let sign = if money.minor() < 0 { "-" } else { "" };
        let amount = format!("{}.{:02}", grouped(amount / 100), amount % 100);
        let args = args!["amount" => amount, "code" => money.currency().code().to_owned()];
        format!("{sign}{}", self.of_currency(money, "printed", &args))
    }

    fn of_currency(&self, money: Money, which: &str, args: &FluentArgs) -> String {
        let known = self.catalog.find(&format!("currency-{}.{which}", money.currency().code()), args);
        known.unwrap_or_else(|| self.say(&format!("currency-other.{which}"), args))
    }

    /// "today", "tomorrow", "last Friday", "on Tuesday", "on Tuesday, December 1st".
    pub fn on_day(&self, date: Date) -> String {
        let day = self.day(date);
        // "today" and "last Friday" stand alone.
        if matches!(self.days_away(date), -6..=1) { day } else { self.say("on-day", &args!["day" => day]) }
    }

    /// As [`Teller::on_day`] without "on": for "from Tuesday".
    pub fn day(&self, date: Date) -> String {
        let none = FluentArgs::new();
        let weekday = || {
            let day = u32::from(date.weekday().to_monday_one_offset().unsigned_abs());
            self.say("weekday", &args!["weekday" => day])
        };
        match self.days_away(date) {
            0 => self.say("day-today", &none),
            1 => self.say("day-tomorrow", &none),
            -1 => self.say("day-yesterday", &none),
            2..=6 => self.say("day-near", &args!["weekday" => weekday()]),
            -6..=-2 => self.say("day-near-past", &args!["weekday" => weekday()]),
            away => {
                let nth = self.say("nth-day", &args!["day" => u32::from(date.day().unsigned_abs())]);
                let mut args = args!["weekday" => weekday(), "month" => self.month(date), "nth" => nth];
                // Within half a year nobody doubts which December is meant.
                if away.abs() <= 180 || date.year() == self.manner.today.year() {
                    return self.say("day-far", &args);
                }
                args.set("year", date.year().to_string());
                self.say("day-other-year", &args)
            }
        }
    }

    /// "December 1, 2026", for cards.
    pub fn printed_day(&self, date: Date) -> String {
        let (day, year) = (date.day().to_string(), date.year().to_string());
        self.say("day-printed", &args!["month" => self.month(date), "day" => day, "year" => year])
    }

    /// The day on the shop's calendar.
    pub fn date_of(&self, at: jiff::Timestamp) -> Date {
        at.to_zoned(self.manner.zone.clone()).date()
    }

    pub fn is_past(&self, date: Date) -> bool {
        self.days_away(date) < 0
    }

    fn month(&self, date: Date) -> String {
        self.say("month", &args!["month" => u32::from(date.month().unsigned_abs())])
    }

    fn days_away(&self, date: Date) -> i32 {
        // Between two dates in days: never fails within jiff's calendar of 20,000 years.
        self.manner.today.until(date).map_or(i32::MAX, |span| span.get_days())
    }
}

/// `1012` as "1,012".
pub(super) fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
