//! Reminders that were made before, taken back: which of them is meant, then a yes, then the errand. Refuses to know where
//! they are kept; the door brings them.

use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};

use super::answer::Answered;
use super::errand::{Errand, Ran, ahead};
use super::session::{Question, Session};
use super::{Decision, Say, fill};
use crate::language::{Reading, dates};

/// More than this is not told apart by ear.
const TOLD: usize = 5;

/// A reminder that waits for its time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// Its name where it is kept.
    pub token: String,
    /// On the clock of the shopper's device.
    pub at: DateTime,
    /// What will be said.
    pub words: String,
}

/// What was said of the one that is meant; nothing means any.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Meant {
    words: Option<String>,
    days: Option<(Date, Date)>,
}

/// "Cancel my reminder": they are looked up first.
pub(super) fn cancel(reading: &Reading, today: Date) -> Decision {
    let days = reading.slot("Date").and_then(|slot| dates::range(&slot.value, today));
    let days = days.map(|(from, to)| (ahead(from, today), ahead(to, today)));
    Decision::Errand(Errand::Reminders(Meant { words: fill::product_words(reading), days }))
}

/// They were brought: the only one is asked about, of several it is asked which. Where none is like what was said, any
/// may be meant; nothing is taken back before a yes to its day and words.
pub(super) fn found(session: &mut Session, meant: &Meant, mut standing: Vec<Standing>) -> Decision {
    standing.sort_by_key(|s| s.at);
    if standing.iter().any(|s| meant.fits(s)) {
        standing.retain(|s| meant.fits(s));
    }
    standing.truncate(TOLD);
    if standing.len() > 1 {
        session.question = Some(Question::WhichReminder(standing.clone()));
        return Decision::Say(Say::Ran(Ran::WhichReminder(standing)));
    }
    match standing.pop() {
        Some(only) => ask(session, only),
        None => Decision::Say(Say::Ran(Ran::NoReminders)),
    }
}

fn ask(session: &mut Session, reminder: Standing) -> Decision {
    session.question = Some(Question::CancelReminder(reminder.clone()));
    Decision::Say(Say::Ran(Ran::AskCancelReminder(reminder)))
}

/// One of those that were read out, by its place.
pub(super) fn chosen(session: &mut Session, standing: &[Standing], place: i64) -> Answered {
    let at = if place == -1 { standing.len() } else { usize::try_from(place).unwrap_or_default() };
    match at.checked_sub(1).and_then(|at| standing.get(at)) {
        Some(reminder) => Answered::Done(ask(session, reminder.clone())),
        None => {
            session.question = Some(Question::WhichReminder(standing.to_vec()));
            let shown = u32::try_from(standing.len()).unwrap_or(u32::MAX);
            Answered::Done(Decision::Say(Say::NoSuchChoice { shown }))
        }
    }
}

impl Meant {
    fn fits(&self, reminder: &Standing) -> bool {
        let said = reminder.words.to_lowercase();
        let named = self.words.as_ref().is_none_or(|words| said.contains(&words.to_lowercase()));
        let then = self.days.is_none_or(|(from, to)| (from..=to).contains(&reminder.at.date()));
        named && then
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::dialogue::SessionId;
    use crate::shop::CustomerId;

    fn standing(n: u32, words: &str) -> Standing {
        Standing { token: format!("t{n}"), at: date(2026, 12, n as i8).at(9, 0, 0, 0), words: words.to_owned() }
    }

    #[test]
    fn the_one_that_is_meant_is_asked_about_and_of_several_it_is_asked_which() {
        let all = || vec![standing(9, "You wanted to order tea."), standing(4, "You wanted to order dog food.")];
        let words = |words: &str| Meant { words: Some(words.to_owned()), days: None };
        let day = |n: i8| Meant { words: None, days: Some((date(2026, 12, n), date(2026, 12, n))) };
        let check = |meant: Meant, standing: Vec<Standing>, expected: &[&str]| {
            let (id, ada) = (SessionId::new("s").unwrap(), CustomerId::new("ada").unwrap());
            let mut session = Session::new(id, ada, "en-US", jiff::Timestamp::UNIX_EPOCH);
            let Decision::Say(Say::Ran(ran)) = found(&mut session, &meant, standing) else { panic!() };
            let asked: Vec<String> = match (&ran, session.question) {
                (Ran::WhichReminder(told), Some(Question::WhichReminder(asked))) if *told == asked => {
                    asked.into_iter().map(|s| s.token).collect()
                }
                (Ran::AskCancelReminder(told), Some(Question::CancelReminder(asked))) if *told == asked => {
                    vec![asked.token]
                }
                (Ran::NoReminders, None) => Vec::new(),
                other => panic!("{other:?}"),
            };
            assert_eq!(asked, expected, "{meant:?}");
        };
        check(Meant::default(), all(), &["t4", "t9"]);
        check(words("Dog food"), all(), &["t4"]);
        check(day(9), all(), &["t9"]);
        // Not found by what was said: all of them are told, and none is taken back unasked.
        check(words("coffee"), all(), &["t4", "t9"]);
        check(words("coffee"), all()[..1].to_vec(), &["t9"]);
        check(Meant::default(), Vec::new(), &[]);
    }
}
