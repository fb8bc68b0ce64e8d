//! What is shown where there is a screen: a reply's card and what it is about in, an APL document with its data out;
//! and a touch in, the reading of the words that would have done the same out. Words come from the card alone.

use serde_json::{Value, json};

use crate::dialogue::Say;
use crate::edge::alexa::handle::reading;
use crate::language::{Reading, Slot};
use crate::reply::Card;
use crate::shop::Product;

/// What a device must declare to be shown anything.
pub const INTERFACE: &str = "Alexa.Presentation.APL";
/// The document; data fills it.
const DOCUMENT: &str = include_str!("screen.json");
/// Names our document in the events it sends.
pub const TOKEN: &str = "voicecart";
/// The intent that a touched line stands for, and its slot.
const CHOOSE: (&str, &str) = ("ChooseResultIntent", "Ordinal");
/// Lines shown; a card has no more that anybody reads.
const LINES: usize = 40;

/// The directive that shows a card.
pub fn render(card: &Card, say: &Say) -> Option<Value> {
    let document: Value = serde_json::from_str(DOCUMENT).ok()?;
    let (products, first) = choices(say);
    // A line is a choice where there is one line for each product.
    let text: Vec<&str> = card.text.lines().map(str::trim).filter(|l| !l.is_empty()).take(LINES).collect();
    let chosen = products.len() == text.len();
    let lines: Vec<Value> = text
        .iter()
        .enumerate()
        .map(|(at, text)| {
            let product = products.get(at).filter(|_| chosen);
            let mut line = json!({"text": text});
            if let Some(product) = product {
                line["touch"] = json!([CHOOSE.0, CHOOSE.1, (first as usize + at).to_string()]);
                if let Some(image) = product.image.as_deref().filter(|url| url.starts_with("https://")) {
                    line["image"] = image.into();
                }
            }
            line
        })
        .collect();
    Some(json!({
        "type": "Alexa.Presentation.APL.RenderDocument",
        "token": TOKEN,
        "document": document,
        "datasources": {"screen": {"type": "object", "properties": {"title": card.title, "lines": lines}}},
    }))
}

/// The products that can be chosen, and the place of the first, from 1.
fn choices(say: &Say) -> (&[Product], u32) {
    match say {
        Say::Results { page, first, .. } => (page, *first),
        _ => (&[], 1),
    }
}

/// What a touch on one of our lines means; `None` for anything else that a screen may send.
pub fn touched(token: Option<&str>, arguments: Option<&Value>) -> Option<Reading> {
    let [intent, slot, place] = arguments?.as_array()?.as_slice() else { return None };
    let place = place.as_str().filter(|p| p.parse::<u32>().is_ok())?;
    if token != Some(TOKEN) || intent.as_str() != Some(CHOOSE.0) || slot.as_str() != Some(CHOOSE.1) {
        return None;
    }
    let mut reading = reading::bare(CHOOSE.0);
    let (value, spoken) = (place.to_owned(), place.to_owned());
    reading.slots.push(Slot { name: CHOOSE.1.to_owned(), value, spoken, ..Slot::default() });
    Some(reading)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_lines_can_be_touched() {
        let arguments = json!(["ChooseResultIntent", "Ordinal", "2"]);
        let reading = touched(Some(TOKEN), Some(&arguments)).unwrap();
        assert_eq!((reading.intent.as_str(), reading.slots[0].value.as_str()), ("ChooseResultIntent", "2"));
        for (token, arguments) in [
            (None, arguments.clone()),
            (Some("another"), arguments.clone()),
            // A touch must not be a yes, whatever a document says.
            (Some(TOKEN), json!(["AMAZON.YesIntent", "Ordinal", "1"])),
            (Some(TOKEN), json!(["ChooseResultIntent", "Quantity", "1"])),
            (Some(TOKEN), json!(["ChooseResultIntent", "Ordinal", "first"])),
            (Some(TOKEN), json!(["ChooseResultIntent"])),
            (Some(TOKEN), json!("ChooseResultIntent")),
        ] {
            assert_eq!(touched(token, Some(&arguments)), None, "{token:?} {arguments}");
        }
        assert_eq!(touched(Some(TOKEN), None), None);
    }
}
