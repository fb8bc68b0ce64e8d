//! Understanding: words in, a [`Reading`] (intent and slots) out, by the interaction model in `intents/`.
//! Refuses to know the shop, the session or the money.

pub mod breath;
pub mod builtins;
pub mod changes;
pub mod check;
pub mod classifier;
mod closing;
pub mod dates;
pub mod examples;
pub mod filler;
pub mod items;
pub mod mapping;
pub mod model;
pub mod pointing;
mod sayings;
pub mod sentences;
pub mod slots;
pub mod templates;
mod understand;
pub mod variants;
pub mod vocabulary;

use std::ops::Range;

use serde::{Deserialize, Serialize};

pub use closing::Closing;
pub use understand::Understander;

use crate::words::tokens::normalize;

/// Words from outside, checked: 1 to 1,000 characters after trimming, no control characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Utterance(String);

impl Utterance {
    pub const MAX_CHARS: usize = 1_000;

    pub fn new(text: &str) -> Result<Self, UtteranceError> {
        let text: String = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
        let text = text.trim();
        if text.is_empty() {
            return Err(UtteranceError::Empty);
        }
        let chars = text.chars().count();
        if chars > Self::MAX_CHARS {
            return Err(UtteranceError::TooLong(chars));
        }
        if let Some(c) = text.chars().find(|c| c.is_control()) {
            return Err(UtteranceError::Control(c as u32));
        }
        Ok(Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum UtteranceError {
    #[error("the text is empty")]
    Empty,
    #[error("the text has {0} characters; at most 1000 are read")]
    TooLong(usize),
    #[error("the text contains the control character U+{0:04X}")]
    Control(u32),
}

/// What an utterance means by the interaction model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// Intent name as in the model, such as `SearchProductIntent` or `AMAZON.YesIntent`.
    pub intent: String,
    /// 0.0..=1.0; 1.0 where Alexa named the intent or a sample matched word for word.
    pub confidence: f32,
    pub slots: Vec<Slot>,
    pub source: Source,
    /// The words that were read; empty where Alexa sent only intent and slots.
    pub utterance: String,
    /// What the shopper said when asked whether all of it is right; absent where nobody has asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed: Option<bool>,
}

/// How a reading was reached, surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A remote service (Alexa) had already decided.
    Given,
    ExactSample,
    Template,
    Classifier,
    /// Nothing fitted well enough: the intent is `AMAZON.FallbackIntent`.
    Rejected,
}

/// One filled slot.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Slot {
    pub name: String,
    /// Slot type in the model, such as `AMAZON.NUMBER` or `Brand`; empty where the caller did not say.
    #[serde(rename = "type")]
    pub kind: String,
    /// In Alexa's value format for the type: digits, `2026-W48`, `PT5M` ... ; spoken words for list types.
    pub value: String,
    /// The words as said.
    pub spoken: String,
    /// Byte range in [`Reading::utterance`]; absent where Alexa sent no words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span: Option<Range<usize>>,
    /// Entity resolution, best first; empty when nothing in the model or the vocabulary matched.
    pub resolutions: Vec<Resolution>,
    /// What the shopper said when this value was read back; absent where nobody has asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed: Option<bool>,
}

/// One candidate that a slot's words may stand for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Resolution {
    pub id: String,
    pub name: String,
    /// 1.0 for the same words, less for a match by spelling or by sound.
    pub score: f32,
}

impl Reading {
    /// How much sense the words make to this shop: from 0 where they fit nothing to 1.5 where all of them do and what is named
    /// is known here. As a natural logarithm it weighs well beside a recogniser's: with other weights, or for whole sentences
    /// alone, fewer commands of strange voices in noise are understood (`training/README.md`).
    pub fn sense(&self) -> f32 {
        // What is hardly a reading makes none.
        if self.source == Source::Rejected || self.source == Source::Classifier && self.confidence < SURE {
            return 0.0;
        }
        // A guess that names nothing rests on nothing known.
        let known = if self.slots.is_empty() && self.source == Source::Classifier { 0.0 } else { self.known() };
        0.5 * self.confidence + known
    }

    /// 0..=1: how well what the slots name is known here; 1 where nothing is named.
    pub fn known(&self) -> f32 {
        let known = |slot: &Slot| match slot.resolutions.first() {
            Some(best) => best.score,
            None if slot.name == "Quantity" && slot.value.parse().is_ok_and(|n: u64| n > MANY) => 0.0,
            // Numbers and dates have a format, which these words were read into.
            None => f32::from(u8::from(slot.value != normalize(&slot.spoken))),
        };
        match self.slots.len() {
            0 => 1.0,
            slots => self.slots.iter().map(known).sum::<f32>() / slots as f32,
        }
    }

    /// The same reading without anything that was said: for secrets.
    pub fn without_words(self) -> Self {
        Self { slots: Vec::new(), utterance: String::new(), ..self }
    }

    /// A reading that names only an intent.
    pub fn bare(intent: &str, source: Source) -> Self {
        Self {
            intent: intent.to_owned(),
            confidence: 1.0,
            slots: Vec::new(),
            source,
            utterance: String::new(),
            confirmed: None,
        }
    }

    pub fn slot(&self, name: &str) -> Option<&Slot> {
        self.slots.iter().find(|s| s.name == name && !s.value.is_empty())
    }
}

/// More of a thing than this is likelier a mishearing ("fourteen nine") than an order.
const MANY: u64 = 99;

/// A classification less probable than this changes nothing of basket and orders, and makes no sense of what was half heard.
const SURE: f32 = 0.55;

/// Whether an intent changes a basket, a list or an order: what must never come out of speech that is no order.
pub fn changes_something(intent: &str) -> bool {
    matches!(
        intent,
        "AddToBasketIntent"
            | "RemoveFromBasketIntent"
            | "EmptyBasketIntent"
            | "ChangeQuantityIntent"
            | "SwapProductIntent"
            | "SaveForLaterIntent"
            | "SavedToBasketIntent"
            | "AddToListIntent"
            | "RemoveFromListIntent"
            | "ClearListIntent"
            | "ListToBasketIntent"
            | "CheckoutIntent"
            | "PayByLinkIntent"
            | "BuyProductIntent"
            | "ReorderLastIntent"
            | "ReorderProductIntent"
            | "ReorderUsualIntent"
            | "UseCouponIntent"
            | "ChooseAddressIntent"
            | "CancelOrderIntent"
            | "MoveDeliveryIntent"
            | "RedirectOrderIntent"
    )
}

/// What the dialogue is waiting for; lets "two" be a quantity after "how many?" and a choice after a list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Expectation {
    /// Intents that answer the open question, likeliest first; they win ties.
    pub intents: Vec<String>,
    /// The slot asked for, as (intent, slot): a bare value ("two", "the blue one") fills it.
    pub slot: Option<(String, String)>,
}

/// One thing of the shop's world that a slot's words may name: a product, a brand, a category.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// Slot type it extends, such as `Product` or `Brand`.
    pub kind: String,
    pub id: String,
    /// As spoken; several terms may share an id (synonyms).
    pub name: String,
}

#[derive(Debug, thiserror::Error)]
pub enum LanguageError {
    #[error("cannot read {path}: {source}")]
    Read { path: String, source: std::io::Error },
    /// `place` is a path into the JSON, such as `interactionModel.languageModel.intents[3].samples[0]`.
    #[error("{path}: {place}: {problem}")]
    Model { path: String, place: String, problem: String },
}
