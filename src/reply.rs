//! Wording: something to [`Say`](crate::dialogue::Say) in, a [`Reply`] in the shopper's language out, by
//! `intents/<locale>/replies.ftl`. Refuses to decide anything and to know which door it leaves by.

mod advice;
mod amounts;
mod buying;
mod card;
mod catalog;
mod counting;
mod delivery;
mod errand;
mod finding;
mod ideas;
mod linking;
mod needs;
pub mod screen;
mod script;
mod service;
mod several;
pub mod ssml;
mod talk;
mod teller;
mod tracking;
mod worded;

use serde::{Deserialize, Serialize};

use self::catalog::Catalog;
use self::counting::Nouns;
use self::teller::Teller;

/// What the shopper gets: to hear, and where there is a screen, to see.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    pub speech: Spoken,
    /// Said when the shopper stays silent; present exactly when `keep_open`.
    pub reprompt: Option<Spoken>,
    pub card: Option<Card>,
    /// Whether the conversation goes on.
    pub keep_open: bool,
}

/// The same words twice: plain, and as a well-formed `<speak>` document.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spoken {
    pub text: String,
    pub ssml: String,
}

/// For a phone or a screen: at most 8,000 characters in all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    pub title: String,
    pub text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
}

/// How this shopper is spoken to.
#[derive(Clone, Debug, PartialEq)]
pub struct Manner {
    /// Percent of the voice's own rate; 100 adds no markup.
    pub pace: u32,
    /// Whether what was asked is told and no more.
    pub brief: bool,
    /// Today on the shop's calendar: what makes a date "tomorrow".
    pub today: jiff::civil::Date,
    /// The shop's calendar: which day a delivery at 23:30 was.
    pub zone: jiff::tz::TimeZone,
}

impl Manner {
    /// As one speaks to somebody who has asked for nothing else, now and here.
    pub fn usual(here: &jiff::Zoned) -> Self {
        Self { pace: 100, brief: false, today: here.date(), zone: here.time_zone().clone() }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ReplyError {
    #[error("cannot read {path}: {source}")]
    Read { path: String, source: std::io::Error },
    #[error("{path}: {problem}")]
    Phrases { path: String, problem: String },
}

/// The slowest and fastest a shopper can ask for, in percent of the voice's own rate.
pub const PACES: std::ops::RangeInclusive<u32> = 50..=200;

/// One locale's phrases, ready to word anything.
pub struct Phrases {
    catalog: Catalog,
    nouns: Nouns,
}

impl Phrases {
    /// Reads `replies.ftl` of one locale folder, such as `intents/en-US`. Fails, by file and line, when a phrase is
    /// missing or uses what it is not given.
    pub fn load(locale_dir: &std::path::Path) -> Result<Self, ReplyError> {
        let catalog = Catalog::read(locale_dir)?;
        let nouns = Nouns::read(&catalog);
        Ok(Self { catalog, nouns })
    }

    /// Results as lines of a screen that were not read out; `first` is the place of the first, from 1.
    pub fn listed(&self, products: &[crate::shop::Product], first: u32, manner: &Manner) -> Vec<screen::Line> {
        let teller = Teller { catalog: &self.catalog, nouns: &self.nouns, manner };
        products.iter().zip(first..).map(|(product, place)| screen::scrolled(&teller, product, place)).collect()
    }

    /// What a screen shows beside this; `card` is what [`render`](Self::render) gave with it.
    pub fn screen(&self, say: &crate::dialogue::Say, card: Option<&Card>, manner: &Manner) -> Option<screen::Screen> {
        screen::of(&Teller { catalog: &self.catalog, nouns: &self.nouns, manner }, say, card)
    }

    /// Words for this; every `Say` has some.
    pub fn render(&self, say: &crate::dialogue::Say, manner: &Manner) -> Reply {
        let teller = Teller { catalog: &self.catalog, nouns: &self.nouns, manner };
        let draft = worded::draft(&teller, say);
        let draft = if manner.brief { worded::shortened(say, draft) } else { draft };
        let keep_open = worded::stays_open(say);
        let pace = manner.pace.clamp(*PACES.start(), *PACES.end());
        let reprompt = draft.reprompt.filter(|_| keep_open);
        Reply {
            speech: script::render(&draft.speech, pace),
            reprompt: reprompt.map(|words| script::render(&words, pace)),
            card: draft.card.map(card::fitted),
            keep_open,
        }
    }
}
