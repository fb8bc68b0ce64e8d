//! Could this shop answer that? A `CanFulfillIntentRequest` in, a verdict by the interaction model alone out. Asked
//! before the shopper has chosen a skill, so it touches neither session, customer nor shop.

use serde_json::{Map, json};

use crate::edge::alexa::envelope::request::Intent;
use crate::edge::alexa::envelope::response::{CanFulfill, Maybe};
use crate::edge::alexa::handle::reading;
use crate::language::model;

/// `find` looks an intent up in the model.
pub fn fulfil<'m>(asked: Option<&Intent<'_>>, find: impl Fn(&str) -> Option<&'m model::Intent>) -> CanFulfill {
    let mut verdict = CanFulfill { can_fulfill: Maybe::No, slots: Map::new() };
    let Some(asked) = asked else { return verdict };
    let reading = reading::of(asked);
    let Some(ours) = find(&reading.intent) else { return verdict };
    verdict.can_fulfill = Maybe::Yes;
    for slot in &reading.slots {
        let kind = ours.slot(&slot.name).map(|s| s.kind.as_str());
        // Free text and numbers are understood as they are; a word of a list only when the list has it.
        let (understood, done) = match kind {
            None => ("NO", "NO"),
            Some(kind) if kind.starts_with("AMAZON.") || !slot.resolutions.is_empty() => ("YES", "YES"),
            Some(_) => ("MAYBE", "YES"),
        };
        match understood {
            "NO" => verdict.can_fulfill = Maybe::No,
            "MAYBE" if verdict.can_fulfill == Maybe::Yes => verdict.can_fulfill = Maybe::Maybe,
            _ => {}
        }
        verdict.slots.insert(slot.name.clone(), json!({"canUnderstand": understood, "canFulfill": done}));
    }
    verdict
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::edge::alexa::envelope::Envelope;
    use crate::language::Understander;

    #[test]
    fn the_model_decides() {
        let understander = Understander::load(Path::new("intents/en-US")).unwrap();
        let find = |intent: &str| understander.model().intent(intent);
        let matched = json!({"value": "milk", "resolutions": {"resolutionsPerAuthority": [
            {"authority": "a", "status": {"code": "ER_SUCCESS_MATCH"}, "values": [{"value": {"name": "Milk", "id": "1"}}]}]}});
        for (intent, expected) in [
            (
                json!({"name": "BuyProductIntent", "slots": {"Product": matched, "Quantity": {"value": "2"}}}),
                Maybe::Yes,
            ),
            (json!({"name": "BuyProductIntent"}), Maybe::Yes),
            (json!({"name": "BuyProductIntent", "slots": {"Product": {"value": "zorb"}}}), Maybe::Maybe),
            (
                json!({"name": "BuyProductIntent", "slots": {"Product": {"value": "zorb"}, "Colour": {"value": "red"}}}),
                Maybe::No,
            ),
            (json!({"name": "PlayMusicIntent"}), Maybe::No),
            (json!(null), Maybe::No),
        ] {
            let body = json!({"request": {"type": "CanFulfillIntentRequest", "intent": intent}}).to_string();
            let envelope = Envelope::parse(body.as_bytes()).unwrap();
            let verdict = fulfil(envelope.request.intent.get(), find);
            assert_eq!(verdict.can_fulfill, expected, "{body}");
        }
    }
}
