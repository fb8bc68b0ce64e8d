//! What is said of errands that only the door can run: addresses that a device lends, and reminders.

use fluent_bundle::FluentArgs;

use super::catalog::args;
use super::teller::Teller;
use super::worded::{self, Draft};
use crate::dialogue::errand::{About, Ran, Reminder, Wish};
use crate::dialogue::reminders::Standing;

pub(super) fn draft(t: &Teller, ran: &Ran) -> Draft {
    match ran {
        Ran::NotHere(wish) => t.draft("errand-not-here", &of(*wish)),
        Ran::NoLeave(wish) => t.draft("errand-no-leave", &of(*wish)),
        Ran::Failed(wish) => t.draft("errand-failed", &of(*wish)),
        Ran::NoAddress => t.plain_draft("errand-no-address"),
        Ran::Placeless(said) => worded::draft(t, said).after(&[t.sentence("errand-placeless", &FluentArgs::new())]),
        Ran::Ask(reminder) => t.draft("remind-ask", &reminded(t, reminder)),
        Ran::Made(reminder) => t.draft("remind-made", &reminded(t, reminder)),
        Ran::Due(about) => t.draft("remind-due", &subject(t, about)),
        Ran::WhichDay => t.plain_draft("remind-which-day"),
        Ran::TooSoon => t.plain_draft("remind-too-soon"),
        Ran::NoReminders => t.plain_draft("remind-none"),
        Ran::WhichReminder(standing) => {
            let nth = |(n, s): (u32, &Standing)| {
                let mut args = stands(t, s);
                args.set("position", n);
                t.sentence("remind-nth", &args)
            };
            let said: Vec<String> = (1u32..).zip(standing).map(nth).collect();
            t.draft("remind-which", &args!["reminders" => said.join(" ")])
        }
        Ran::AskCancelReminder(standing) => t.draft("remind-ask-cancel", &stands(t, standing)),
        Ran::ReminderCancelled(standing) => t.draft("remind-cancelled", &stands(t, standing)),
        Ran::NothingComing => t.plain_draft("remind-nothing-coming"),
    }
}

fn of(wish: Wish) -> FluentArgs<'static> {
    args!["wish" => match wish {
        Wish::Address => "address",
        Wish::Reminder => "reminder",
        Wish::Reminders => "reminders",
    }]
}

fn stands(t: &Teller, reminder: &Standing) -> FluentArgs<'static> {
    let words = reminder.words.trim().trim_end_matches('.');
    args!["day" => t.on_day(reminder.at.date()), "words" => t.quoted(words)]
}

fn reminded(t: &Teller, reminder: &Reminder) -> FluentArgs<'static> {
    let mut args = subject(t, &reminder.about);
    args.set("day", t.on_day(reminder.at.date()));
    args
}

fn subject(t: &Teller, about: &About) -> FluentArgs<'static> {
    match about {
        About::Arrival { names, .. } => {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            args!["about" => "arrival", "things" => t.the_things(&names)]
        }
        About::Order { words } => args!["about" => "order", "things" => t.quoted(words)],
    }
}
