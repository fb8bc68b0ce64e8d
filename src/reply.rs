//! Wording: something to [`Say`](crate::dialogue::Say) in, a [`Reply`] in the shopper's language out, by
//! `intents/<locale>/replies.ftl`. Refuses to decide anything and to know which door it leaves by.

use serde::{Deserialize, Serialize};

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
    /// Today on the shop's calendar: what makes a date "tomorrow".
    pub today: jiff::civil::Date,
    /// The shop's calendar: which day a delivery at 23:30 was.
    pub zone: jiff::tz::TimeZone,
}

#[derive(Debug, thiserror::Error)]
pub enum ReplyError {
    #[error("cannot read {path}: {source}")]
    Read { path: String, source: std::io::Error },
    #[error("{path}: {problem}")]
    Phrases { path: String, problem: String },
}

/// One locale's phrases, ready to word anything.
pub struct Phrases;

impl Phrases {
    /// Reads `replies.ftl` of one locale folder, such as `intents/en-US`.
    pub fn load(_locale_dir: &std::path::Path) -> Result<Self, ReplyError> {
        Ok(Self)
    }

    /// Words for this; every `Say` has some.
    pub fn render(&self, _say: &crate::dialogue::Say, _manner: &Manner) -> Reply {
        Reply::default()
    }
}
