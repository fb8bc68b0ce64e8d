//! When and where it comes, in words.

use fluent_bundle::FluentArgs;
use jiff::civil::Time;

use super::Card;
use super::catalog::args;
use super::teller::Teller;
use super::worded::Draft;
use crate::dialogue::Delivery;
use crate::shop::slots::{Change, Destination, Slot, Told};

impl Teller<'_> {
    /// "tomorrow, between two and four in the afternoon".
    pub fn slot(&self, slot: &Slot) -> String {
        // It is named once where both ends are of the same part of the day; one that ends at noon is of the morning.
        let last = slot.to.saturating_sub(jiff::Span::new().minutes(1));
        let args = args![
            "day" => self.on_day(slot.day),
            "from" => self.clock(slot.from),
            "to" => self.clock(slot.to),
            "part" => part(slot.from),
            "until" => part(last),
            "same" => if part(slot.from) == part(last) { "yes" } else { "no" },
        ];
        self.say("slot", &args)
    }

    /// "half past two in the afternoon".
    pub fn time_of_day(&self, time: Time) -> String {
        self.say("time-of-day", &args!["clock" => self.clock(time), "part" => part(time)])
    }

    /// "two", "half past two", "two twenty".
    fn clock(&self, time: Time) -> String {
        let hour = match time.hour() % 12 {
            0 => 12,
            hour => u32::from(hour.unsigned_abs()),
        };
        self.say("clock", &args!["hour" => hour, "minute" => u32::from(time.minute().unsigned_abs())])
    }

    /// "Thursday, November 26, 2026, 14:00 to 18:00", for cards.
    pub fn printed_slot(&self, slot: &Slot) -> String {
        let time = |t: Time| t.strftime("%H:%M").to_string();
        let args = args!["day" => self.printed_day(slot.day), "from" => time(slot.from), "to" => time(slot.to)];
        self.say("slot-printed", &args)
    }
}

fn part(time: Time) -> &'static str {
    match time.hour() {
        0..12 => "morning",
        12..18 => "afternoon",
        _ => "evening",
    }
}

pub(super) fn delivery(t: &Teller, delivery: &Delivery) -> Draft {
    match delivery {
        Delivery::Told { told, choosing } => told_of(t, told, *choosing),
        Delivery::Confirm { change } => t.draft("delivery-confirm", &changed(t, change)),
        Delivery::Kept => t.plain_draft("delivery-kept"),
    }
}

fn told_of(t: &Teller, told: &Told, choosing: bool) -> Draft {
    match told {
        Told::NoTimes => t.plain_draft("delivery-no-times"),
        Told::Full => t.plain_draft("delivery-full"),
        Told::Times { slots, fits } => {
            let said: Vec<String> = match &slots[..] {
                [only] => vec![t.slot(only)],
                several => {
                    let nth = |(i, s)| t.sentence("delivery-time-nth", &args!["position" => i, "time" => t.slot(s)]);
                    (1u32..).zip(several).map(nth).collect()
                }
            };
            let printed: Vec<String> = slots.iter().map(|s| t.printed_slot(s)).collect();
            let args = args![
                "times" => said.join(" "), "count" => slots.len(), "fits" => if *fits { "yes" } else { "no" },
                "choosing" => if choosing { "yes" } else { "no" },
            ];
            let title = t.say("delivery-times.card-title", &FluentArgs::new());
            t.draft("delivery-times", &args).card(Card { title, text: printed.join("\n"), image: None })
        }
        Told::Chosen(slot) => t.draft("delivery-chosen", &args!["time" => t.slot(slot)]),
        // The dialogue asks about it; by itself it is the question all the same.
        Told::Changeable(change) => t.draft("delivery-confirm", &changed(t, change)),
        Told::Changed(change) => t.draft("delivery-changed", &changed(t, change)),
        Told::Already(change) => t.draft("delivery-already", &changed(t, change)),
        Told::TooLate(order) => {
            let args = args!["number" => order.number.as_str(), "state" => super::tracking::state(order)];
            t.draft("delivery-too-late", &args)
        }
        Told::WhichAddress { labels, .. } => {
            let labels: Vec<String> = labels.iter().map(|l| t.quoted(l)).collect();
            t.draft("delivery-which-address", &args!["known" => t.list(&labels)])
        }
    }
}

fn changed(t: &Teller, change: &Change) -> FluentArgs<'static> {
    let (what, to) = match &change.to {
        Destination::Time(slot) => ("time", t.slot(slot)),
        Destination::Address(line) => ("address", t.quoted(line)),
    };
    args!["number" => change.order.as_str().to_owned(), "what" => what, "to" => to]
}
