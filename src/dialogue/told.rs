//! What shoppers tell about themselves: pace, sizes, brands, what they must not eat, how much they want to hear. A reading
//! in, a change of their preferences out. Refuses to know what follows from it.

use super::session::{Question, Session};
use super::{Decision, Say, fill};
use crate::language::{Reading, Slot};
use crate::shop::Act;
use crate::shop::cautions::meant;
use crate::shop::preferences::{Avoided, PACES, Preference, Told, Verbosity, Wear};

/// One step of pace, in percent of the voice's own rate.
const STEP: u32 = 20;

pub fn told(session: &mut Session, reading: &Reading) -> Decision {
    match reading.intent.as_str() {
        "SpeakSlowerIntent" => pace(session, |p| p.saturating_sub(STEP)),
        "SpeakFasterIntent" => pace(session, |p| p + STEP),
        "AvoidIntent" => avoid(reading, Preference::Avoid),
        "NoLongerAvoidIntent" => avoid(reading, Preference::Eat),
        "MySizeIntent" => size(reading),
        "LikeBrandIntent" => brand(reading, Preference::Like),
        "DislikeBrandIntent" => brand(reading, Preference::Dislike),
        "VerbosityIntent" => {
            let brief = reading.slot("Verbosity").map(id).is_none_or(|id| id == "brief");
            prefer(Preference::Verbosity(if brief { Verbosity::Brief } else { Verbosity::Full }))
        }
        "ForgetPreferenceIntent" => forget(session, reading),
        _ => Decision::Act(Act::ShowPreferences),
    }
}

fn prefer(change: Preference) -> Decision {
    Decision::Act(Act::Prefer(change))
}

fn id(slot: &Slot) -> &str {
    slot.resolutions.first().map_or(slot.value.as_str(), |r| r.id.as_str())
}

fn pace(session: &mut Session, change: impl Fn(u32) -> u32) -> Decision {
    session.pace = change(session.pace).clamp(*PACES.start(), *PACES.end());
    prefer(Preference::Pace(session.pace))
}

/// What the shopper must not eat, by the list that the shop can look out for.
fn avoid(reading: &Reading, change: impl Fn(Avoided) -> Preference) -> Decision {
    let slot = ["Avoided", "Diet", "Other"].iter().find_map(|name| reading.slot(name));
    let named = slot.and_then(|s| s.resolutions.iter().find_map(|r| Avoided::of(&r.id)).or_else(|| meant(&s.value)));
    named.map_or(Decision::Say(Say::CannotAvoid), |what| prefer(change(what)))
}

/// "I wear a medium" is said of clothes, a number of shoes.
fn size(reading: &Reading) -> Decision {
    let words = reading.slot("Size").map(|s| Preference::Size(Wear::Clothes, fill::words(s)));
    let number = || fill::numbered_size(reading, "Number").map(|size| Preference::Size(Wear::Shoes, size));
    words.or_else(number).map_or(Decision::Say(Say::AskSize), prefer)
}

fn brand(reading: &Reading, change: impl Fn(String) -> Preference) -> Decision {
    match reading.slot("Brand") {
        Some(slot) => prefer(change(fill::words(slot))),
        None => Decision::Act(Act::ShowPreferences),
    }
}

/// Sizes and brands are soon told again; a warning that is gone may hurt, so it is asked about first.
fn forget(session: &mut Session, reading: &Reading) -> Decision {
    let what = reading.slot("Told").and_then(|s| Told::of(id(s))).unwrap_or(Told::Everything);
    match what {
        Told::Sizes | Told::Brands => prefer(Preference::Forget(what)),
        Told::Avoids | Told::Everything => {
            session.question = Some(Question::Forget(what));
            Decision::Say(Say::AskForget { what })
        }
    }
}
