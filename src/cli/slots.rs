//! `voicecart slots`: the times of the week at which orders are delivered. Without any, an order comes when it comes.

use std::io::Write;

use clap::Subcommand;
use jiff::civil::{Time, Weekday};

use super::terminal::STRONG;
use super::{Failure, Shared, block_on};
use crate::app;
use crate::shop::connectors::sql::slots::Windows;
use crate::shop::slots::Window;

#[derive(Subcommand, Debug)]
pub enum Slots {
    /// Add or replace a delivery time
    Add {
        /// Days of the week, such as mon, mon-fri or sat,sun
        days: String,
        /// From and to, such as 14:00-18:00
        time: String,
        /// Orders that it has room for on one day
        #[arg(long, value_parser = clap::value_parser!(u32).range(..=1_000_000))]
        capacity: u32,
        /// Minutes before its start from which on it is closed
        #[arg(long, value_name = "MINUTES", default_value_t = 120, value_parser = clap::value_parser!(u32).range(..=20_160))]
        cut_off: u32,
    },
    /// List the delivery times
    List,
    /// Take a delivery time back; orders that were promised it keep it
    Remove {
        /// Days of the week, as in add
        days: String,
        /// When it begins, such as 14:00
        from: String,
    },
}

impl Slots {
    pub fn run(&self, shared: &Shared) -> Result<(), Failure> {
        let settings = shared.start(Vec::new(), false)?.settings;
        block_on(async {
            let store = app::open_store(&settings).await.map_err(Failure::absent)?;
            let done = self.work(&Windows::new(store.clone())).await;
            store.close().await;
            done
        })
    }

    async fn work(&self, kept: &Windows) -> Result<(), Failure> {
        let mut out = anstream::stdout();
        match self {
            Self::Add { days, time: span, capacity, cut_off } => {
                let (from, to) =
                    span.split_once('-').ok_or_else(|| wrong(format!("{span:?} is not a time such as 14:00-18:00")))?;
                let (from, to) = (time(from)?, time(to)?);
                if to <= from {
                    return Err(wrong(format!("{span:?} ends before it begins; a time is of one day")));
                }
                let days = weekdays(days)?;
                let other = |w: &&Window| days.contains(&w.weekday) && w.from != from && w.from < to && from < w.to;
                if let Some(window) = kept.list().await.map_err(Failure::failed)?.iter().find(other) {
                    let (day, from, to) = shown(window);
                    return Err(wrong(format!("{span:?} overlaps {day} {from}-{to}; remove that one first")));
                }
                for weekday in days {
                    let window = Window { weekday, from, to, capacity: *capacity, cut_off: *cut_off };
                    kept.put(&window).await.map_err(Failure::failed)?;
                }
                Ok(())
            }
            Self::List => {
                writeln!(out, "{STRONG}{:4}  {:11}  {:>8}  CUT-OFF{STRONG:#}", "DAY", "TIME", "CAPACITY")?;
                for window in kept.list().await.map_err(Failure::failed)? {
                    let (day, from, to) = shown(&window);
                    writeln!(out, "{day:4}  {from}-{to}  {:>8}  {} min", window.capacity, window.cut_off)?;
                }
                Ok(())
            }
            Self::Remove { days, from } => {
                let begins = time(from)?;
                let mut any = false;
                for weekday in weekdays(days)? {
                    any |= kept.remove(weekday, begins).await.map_err(Failure::failed)?;
                }
                if any {
                    Ok(())
                } else {
                    Err(wrong(format!("no time begins {days} at {from}; see voicecart slots list")))
                }
            }
        }
    }
}

const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

fn weekdays(text: &str) -> Result<Vec<Weekday>, Failure> {
    let place = |name: &str| {
        let name = name.trim().to_ascii_lowercase();
        let at = DAYS.iter().position(|(day, _)| *day == name);
        at.ok_or_else(|| wrong(format!("{name:?} is not a day; days are mon, tue, wed, thu, fri, sat and sun")))
    };
    let mut days = Vec::new();
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (place(first)?, place(last)?);
        // "fri-mon" goes over the weekend.
        let count = (last + 7 - first) % 7 + 1;
        days.extend(DAYS.iter().cycle().skip(first).take(count).map(|(_, day)| *day));
    }
    Ok(days)
}

fn time(text: &str) -> Result<Time, Failure> {
    Time::strptime("%H:%M", text.trim()).map_err(|_| wrong(format!("{text:?} is not a time such as 14:00")))
}

fn shown(window: &Window) -> (&'static str, String, String) {
    let day = DAYS.iter().find(|(_, day)| *day == window.weekday).map_or("", |(name, _)| name);
    let clock = |t: Time| t.strftime("%H:%M").to_string();
    (day, clock(window.from), clock(window.to))
}

fn wrong(problem: String) -> Failure {
    Failure::input(anyhow::anyhow!(problem))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_as_written() {
        let numbers =
            |text: &str| weekdays(text).unwrap().into_iter().map(Weekday::to_monday_one_offset).collect::<Vec<_>>();
        assert_eq!(numbers("mon-fri"), [1, 2, 3, 4, 5]);
        assert_eq!(numbers("Sat,sun"), [6, 7]);
        assert_eq!(numbers("fri-mon"), [5, 6, 7, 1]);
        assert!(weekdays("monday").is_err() && time("25:00").is_err());
    }
}
