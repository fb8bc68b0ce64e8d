//! What is shown where there is a screen: a reply's card and what it is about in, an APL document with its data out;
//! and a touch in, the reading of the words that would have done the same out. A list longer than what was read out is
//! sent on as it is scrolled. Words come from the card and the shop alone.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::dialogue::Say;
use crate::edge::alexa::handle::reading;
use crate::language::{Reading, Slot};
use crate::reply::Card;
use crate::shop::{Product, Search};

/// What a device must declare to be shown anything.
pub const INTERFACE: &str = "Alexa.Presentation.APL";
/// The document; data fills it.
const DOCUMENT: &str = include_str!("screen.json");
/// Names our document in the events it sends.
pub const TOKEN: &str = "voicecart";
/// The intent that a touched line stands for, and its slot: a line that was read out is chosen by its place, one that
/// was only scrolled to is asked about by its name.
const CHOOSE: (&str, &str) = ("ChooseResultIntent", "Ordinal");
const DESCRIBE: (&str, &str) = ("ProductDetailIntent", "Product");
/// Lines shown; a card has no more that anybody reads.
const LINES: usize = 40;
/// Results that can be scrolled to; who wants more narrows the search.
pub const SCROLLED: u32 = 50;
/// The longest name that a touch sends.
const NAME_CHARS: usize = 200;

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
        .map(|(at, text)| match products.get(at).filter(|_| chosen) {
            Some(product) => line(text, product, json!([CHOOSE.0, CHOOSE.1, (first as usize + at).to_string()])),
            None => json!({"text": text}),
        })
        .collect();
    let mut data = json!({"screen": {"type": "object", "properties": {"title": card.title}}});
    match say {
        Say::Results { search, page, total, .. } if chosen && *total as usize > page.len() && first <= SCROLLED => {
            data["lines"] = json!({
                "type": "dynamicIndexList",
                "listId": list_id(search),
                "startIndex": first - 1,
                "minimumInclusiveIndex": 0,
                "maximumExclusiveIndex": (*total).min(SCROLLED).max(first - 1 + page.len() as u32),
                "items": lines,
            });
        }
        _ => data["screen"]["properties"]["lines"] = lines.into(),
    }
    Some(json!({
        "type": "Alexa.Presentation.APL.RenderDocument",
        "token": TOKEN,
        "document": document,
        "datasources": data,
    }))
}

/// The products that can be chosen, and the place of the first, from 1.
fn choices(say: &Say) -> (&[Product], u32) {
    match say {
        Say::Results { page, first, .. } => (page, (*first).max(1)),
        _ => (&[], 1),
    }
}

fn line(text: &str, product: &Product, touch: Value) -> Value {
    let mut line = json!({"text": text, "touch": touch});
    if let Some(image) = product.image.as_deref().filter(|url| url.starts_with("https://")) {
        line["image"] = image.into();
    }
    line
}

/// Names the list of a search, whichever part of it is shown.
pub fn list_id(search: &Search) -> String {
    let whole = Search { offset: 0, limit: 0, ..search.clone() };
    let text = serde_json::to_vec(&whole).unwrap_or_default();
    hex::encode(Sha256::digest(text)).chars().take(16).collect()
}

/// What a screen wants more of, as it is scrolled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted<'r> {
    pub list: &'r str,
    /// From which place, counted from 0, and how many.
    pub start: u32,
    pub count: u32,
    correlation: &'r str,
}

impl<'r> Wanted<'r> {
    /// None where it is not our document that asks, or asks for what no list of ours has.
    pub fn of(
        token: Option<&str>,
        list: Option<&'r str>,
        correlation: Option<&'r str>,
        place: [Option<&str>; 2],
    ) -> Option<Self> {
        let [start, count] = place.map(|p| p.and_then(|p| p.parse::<u32>().ok()));
        let (start, count) = (start?, count?);
        let sound = token == Some(TOKEN) && start < SCROLLED && count > 0;
        sound.then_some(Self { list: list?, start, count: count.min(SCROLLED - start), correlation: correlation? })
    }

    /// The directive that brings them, each product with its line.
    pub fn answered(&self, products: &[Product], lines: &[String], total: u32) -> Value {
        let touch = |p: &Product| json!([DESCRIBE.0, DESCRIBE.1, p.spoken_name]);
        let items: Vec<Value> = products.iter().zip(lines).map(|(p, text)| line(text, p, touch(p))).collect();
        json!({
            "type": "Alexa.Presentation.APL.SendIndexListData",
            "token": TOKEN,
            "correlationToken": self.correlation,
            "listId": self.list,
            "startIndex": self.start,
            "minimumInclusiveIndex": 0,
            "maximumExclusiveIndex": total.min(SCROLLED),
            "items": items,
        })
    }
}

/// What a touch on one of our lines means; `None` for anything else that a screen may send.
pub fn touched(token: Option<&str>, arguments: Option<&Value>) -> Option<Reading> {
    let [intent, slot, what] = arguments?.as_array()?.as_slice() else { return None };
    let (intent, slot, what) = (intent.as_str()?, slot.as_str()?, what.as_str()?);
    let sound = match (intent, slot) {
        CHOOSE => what.parse::<u32>().is_ok(),
        DESCRIBE => !what.is_empty() && what.chars().count() <= NAME_CHARS && !what.chars().any(char::is_control),
        _ => false,
    };
    if token != Some(TOKEN) || !sound {
        return None;
    }
    let mut reading = reading::bare(intent);
    let (value, spoken) = (what.to_owned(), what.to_owned());
    reading.slots.push(Slot { name: slot.to_owned(), value, spoken, ..Slot::default() });
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
            (Some(TOKEN), json!(["ProductDetailIntent", "Product", ""])),
            (Some(TOKEN), json!(["ProductDetailIntent", "Product", "x".repeat(201)])),
            (Some(TOKEN), json!(["BuyProductIntent", "Product", "tea"])),
            (Some(TOKEN), json!("ChooseResultIntent")),
        ] {
            assert_eq!(touched(token, Some(&arguments)), None, "{token:?} {arguments}");
        }
        assert_eq!(touched(Some(TOKEN), None), None);
    }

    #[test]
    fn more_is_wanted_only_of_our_own_lists() {
        let place = |start, count| [Some(start), Some(count)];
        let wanted = Wanted::of(Some(TOKEN), Some("l"), Some("c"), place("3", "10")).unwrap();
        assert_eq!((wanted.start, wanted.count), (3, 10));
        assert_eq!(Wanted::of(Some(TOKEN), Some("l"), Some("c"), place("45", "10")).unwrap().count, 5);
        for (token, list, place) in [
            (None, Some("l"), place("3", "10")),
            (Some("other"), Some("l"), place("3", "10")),
            (Some(TOKEN), None, place("3", "10")),
            (Some(TOKEN), Some("l"), place("50", "10")),
            (Some(TOKEN), Some("l"), place("-1", "10")),
            (Some(TOKEN), Some("l"), place("3", "0")),
            (Some(TOKEN), Some("l"), [Some("3"), None]),
        ] {
            assert_eq!(Wanted::of(token, list, Some("c"), place), None);
        }
    }
}
