//! When and where an order is delivered: the times a merchant offers every week, the one a shopper wishes for, and what
//! can still be changed of an order that is placed. Values only; how they are kept is the connectors' business.

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::{SignedDuration, ToSpan};
use serde::{Deserialize, Serialize};

use super::{Order, OrderNumber, OrderRef};

/// A time of the week at which the merchant delivers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub weekday: Weekday,
    pub from: Time,
    /// After `from`, on the same day.
    pub to: Time,
    /// Orders that it has room for.
    pub capacity: u32,
    /// So many minutes before its start it is closed.
    pub cut_off: u32,
}

/// One window on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Slot {
    pub day: Date,
    pub from: Time,
    pub to: Time,
}

/// When a shopper would like it; all that is left open fits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Wish {
    /// First and last day.
    pub days: Option<(Date, Date)>,
    pub time: Option<DayTime>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DayTime {
    Morning,
    Afternoon,
    Evening,
    /// Within the slot. An hour up to twelve may be meant of either half of the day.
    At(Time),
    /// Exactly this slot's beginning.
    From(Time),
}

/// What can be asked about deliveries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Ask {
    /// The free times that fit; changes nothing.
    Times(Wish),
    /// The next order is to come then, if only one free time fits.
    Choose(Wish),
    /// Whether and to what this order could be changed; changes nothing. Without words any other address.
    Change { order: OrderRef, to: Wanted },
    /// Does what was agreed to.
    Make(Change),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Wanted {
    Time(Wish),
    Address(Option<String>),
}

/// A change of a placed order, to be agreed to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    pub order: OrderNumber,
    pub to: Destination,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Destination {
    Time(Slot),
    /// The address as it is read out.
    Address(String),
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Told {
    /// This shop offers no times: what is ordered comes on the day that is said.
    NoTimes,
    /// Everything is taken for the days that can be booked.
    Full,
    /// The first free ones, at most [`LISTED`]. `fits` tells whether they are as wished, or only near it.
    Times {
        slots: Vec<Slot>,
        fits: bool,
    },
    Chosen(Slot),
    /// The change that can be made: shall it?
    Changeable(Change),
    Changed(Change),
    /// It is packed, on its way, or was cancelled.
    TooLate(Box<Order>),
    /// It is so already.
    Already(Change),
    /// Which of these addresses, by their labels?
    WhichAddress {
        order: OrderNumber,
        labels: Vec<String>,
    },
}

/// Times read out at once: what one can keep in mind by ear.
pub const LISTED: usize = 3;
/// So many days ahead can be booked, today included.
pub const AHEAD: i32 = 14;

impl Window {
    /// This window on a day, if it is of that weekday and still open at `here`.
    pub fn on(&self, day: Date, here: DateTime) -> Option<Slot> {
        let closes = day.to_datetime(self.from).checked_sub(SignedDuration::from_mins(self.cut_off.into())).ok()?;
        let slot = Slot { day, from: self.from, to: self.to };
        (day.weekday() == self.weekday && here < closes).then_some(slot)
    }
}

/// The slots of these windows that can be booked at `here`, earliest first, full ones included.
pub fn upcoming(windows: &[Window], here: DateTime) -> Vec<Slot> {
    let days = (0..AHEAD).map(|n| here.date().saturating_add(n.days()));
    let mut slots: Vec<Slot> = days.flat_map(|day| windows.iter().filter_map(move |w| w.on(day, here))).collect();
    slots.sort();
    slots
}

impl Wish {
    /// Exactly this slot.
    pub fn exactly(slot: Slot) -> Self {
        Self { days: Some((slot.day, slot.day)), time: Some(DayTime::From(slot.from)) }
    }

    fn fits(&self, slot: &Slot) -> bool {
        self.days.is_none_or(|(first, last)| (first..=last).contains(&slot.day))
            && self.time.is_none_or(|time| time.fits(slot))
    }

    /// Those of the free slots that fit; else those nearest to it: of the same days, or of the days after.
    pub fn among(&self, free: &[Slot]) -> (Vec<Slot>, bool) {
        let fitting: Vec<Slot> = free.iter().filter(|s| self.fits(s)).copied().collect();
        if !fitting.is_empty() {
            return (fitting, true);
        }
        let same_day = Self { days: self.days, time: None };
        let near: Vec<Slot> = free.iter().filter(|s| same_day.fits(s)).copied().collect();
        if !near.is_empty() {
            return (near, false);
        }
        let after = |s: &&Slot| self.days.is_none_or(|(first, _)| s.day > first);
        let later: Vec<Slot> = free.iter().filter(after).copied().collect();
        (if later.is_empty() { free.to_vec() } else { later }, false)
    }
}

impl DayTime {
    fn fits(self, slot: &Slot) -> bool {
        let within = |t: Time| slot.from <= t && t < slot.to;
        let hour = slot.from.hour();
        match self {
            Self::Morning => hour < 12,
            Self::Afternoon => (12..17).contains(&hour),
            Self::Evening => hour >= 17,
            Self::From(time) => slot.from == time,
            Self::At(time) if time.hour() < 12 => within(time) || within(time.wrapping_add(12.hours())),
            Self::At(time) => within(time),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::{date, time};

    fn windows() -> Vec<Window> {
        let window = |weekday, from, to| Window {
            weekday,
            from: time(from, 0, 0, 0),
            to: time(to, 0, 0, 0),
            capacity: 2,
            cut_off: 120,
        };
        use Weekday::{Thursday, Tuesday};
        vec![window(Thursday, 18, 21), window(Tuesday, 8, 12), window(Tuesday, 14, 18)]
    }

    /// A Tuesday at nine.
    fn here() -> DateTime {
        date(2026, 11, 24).at(9, 0, 0, 0)
    }

    fn check(wish: Wish, fits: bool, expected: &[&str]) {
        let (slots, fit) = wish.among(&upcoming(&windows(), here()));
        let shown: Vec<String> = slots.iter().map(|s| format!("{} {:02}", s.day, s.from.hour())).collect();
        assert_eq!((shown.iter().map(String::as_str).collect::<Vec<_>>(), fit), (expected.to_vec(), fits), "{wish:?}");
    }

    #[test]
    fn closed_windows_are_not_offered_and_the_rest_in_order() {
        let all = ["2026-11-24 14", "2026-11-26 18", "2026-12-01 08", "2026-12-01 14", "2026-12-03 18"];
        check(Wish::default(), true, &all);
        let late = date(2026, 11, 24).at(12, 0, 0, 0);
        assert_eq!(upcoming(&windows(), late)[0].day, date(2026, 11, 26), "closed two hours before");
    }

    #[test]
    fn wishes_are_met_or_come_near() {
        let day = |d: Date| Some((d, d));
        let today = date(2026, 11, 24);
        check(Wish { days: day(today), time: Some(DayTime::Afternoon) }, true, &["2026-11-24 14"]);
        check(Wish { days: day(today), time: Some(DayTime::At(time(4, 0, 0, 0))) }, true, &["2026-11-24 14"]);
        check(Wish { days: day(today), time: Some(DayTime::Evening) }, false, &["2026-11-24 14"]);
        let tomorrow = date(2026, 11, 25);
        let after = ["2026-11-26 18", "2026-12-01 08", "2026-12-01 14", "2026-12-03 18"];
        check(Wish { days: day(tomorrow), time: None }, false, &after);
        check(Wish { days: None, time: Some(DayTime::Evening) }, true, &["2026-11-26 18", "2026-12-03 18"]);
        let slot = Slot { day: date(2026, 12, 1), from: time(8, 0, 0, 0), to: time(12, 0, 0, 0) };
        check(Wish::exactly(slot), true, &["2026-12-01 08"]);
    }
}
