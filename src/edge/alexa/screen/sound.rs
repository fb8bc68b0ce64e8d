//! The sound after the words: something said in, the audio directive out where it is an order that was placed. No word
//! is in it, so that nothing is said twice; who hears no sound misses nothing.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::TOKEN;
use crate::dialogue::Say;

/// What a device must declare to be played anything.
pub const INTERFACE: &str = "Alexa.Presentation.APLA";

/// Alexa plays it when she has said what the response says.
pub fn after(say: &Say) -> Option<Value> {
    static DOCUMENT: LazyLock<Option<Value>> = LazyLock::new(|| serde_json::from_str(include_str!("sound.json")).ok());
    // An order that had been placed before is no news.
    let Say::Bought { again: false, .. } = super::first(say) else { return None };
    let document = DOCUMENT.as_ref()?;
    Some(json!({"type": "Alexa.Presentation.APLA.RenderDocument", "token": TOKEN, "document": document}))
}
