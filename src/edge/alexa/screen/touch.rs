//! A touch: the words it stands for in, the arguments of an event out, and back into the reading that those words would
//! have been. A touch is never a yes, whatever a screen sends.

use serde_json::{Value, json};

use super::TOKEN;
use crate::edge::alexa::handle::reading;
use crate::language::{Reading, Slot};
use crate::reply::screen::Tap;
use crate::shop::OrderNumber;

const CHOOSE: (&str, &str) = ("ChooseResultIntent", "Ordinal");
const DESCRIBE: (&str, &str) = ("ProductDetailIntent", "Product");
const TRACK: (&str, &str) = ("TrackOrderIntent", "OrderNumber");
/// Intents that a touch stands for by themselves.
const BARE: [&str; 5] =
    ["AddToBasketIntent", "BuyProductIntent", "TellWhenBackIntent", "CheckoutIntent", "AMAZON.NoIntent"];
/// The longest name that a touch sends.
const NAME_CHARS: usize = 200;

/// What the event of a touch carries: an intent, and the slot with its value where it has one.
pub fn arguments(tap: &Tap) -> Value {
    let [add, buy, back, checkout, no] = BARE;
    match tap {
        Tap::Choose(place) => json!([CHOOSE.0, CHOOSE.1, place.to_string()]),
        Tap::Describe(name) => json!([DESCRIBE.0, DESCRIBE.1, name]),
        Tap::Track(number) => json!([TRACK.0, TRACK.1, number.as_str()]),
        Tap::Add => json!([add]),
        Tap::Buy => json!([buy]),
        Tap::TellWhenBack => json!([back]),
        Tap::Checkout => json!([checkout]),
        Tap::No => json!([no]),
    }
}

/// What an event means; `None` for anything that none of our screens sends.
pub fn read(token: Option<&str>, arguments: Option<&Value>) -> Option<Reading> {
    if token != Some(TOKEN) {
        return None;
    }
    match arguments?.as_array()?.as_slice() {
        [intent] => intent.as_str().filter(|i| BARE.contains(i)).map(reading::bare),
        [intent, slot, what] => {
            let (intent, slot, what) = (intent.as_str()?, slot.as_str()?, what.as_str()?);
            let sound = match (intent, slot) {
                CHOOSE => what.parse::<u32>().is_ok(),
                TRACK => OrderNumber::new(what).is_ok(),
                DESCRIBE => {
                    !what.is_empty() && what.chars().count() <= NAME_CHARS && !what.chars().any(char::is_control)
                }
                _ => false,
            };
            let mut reading = sound.then(|| reading::bare(intent))?;
            let (value, spoken) = (what.to_owned(), what.to_owned());
            reading.slots.push(Slot { name: slot.to_owned(), value, spoken, ..Slot::default() });
            Some(reading)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_screen_offers_is_what_it_may_send() {
        let number = OrderNumber::new("10001").unwrap();
        for (tap, intent, value) in [
            (Tap::Choose(2), "ChooseResultIntent", Some("2")),
            (Tap::Describe("oat milk".into()), "ProductDetailIntent", Some("oat milk")),
            (Tap::Track(number), "TrackOrderIntent", Some("10001")),
            (Tap::Add, "AddToBasketIntent", None),
            (Tap::Buy, "BuyProductIntent", None),
            (Tap::TellWhenBack, "TellWhenBackIntent", None),
            (Tap::Checkout, "CheckoutIntent", None),
            (Tap::No, "AMAZON.NoIntent", None),
        ] {
            let reading = read(Some(TOKEN), Some(&arguments(&tap))).unwrap();
            assert_eq!((reading.intent.as_str(), reading.slots.first().map(|s| s.value.as_str())), (intent, value));
        }
    }

    #[test]
    fn only_our_own_lines_can_be_touched() {
        let good = json!(["ChooseResultIntent", "Ordinal", "2"]);
        for (token, arguments) in [
            (None, good.clone()),
            (Some("another"), good.clone()),
            // A touch must not be a yes, whatever a document says.
            (Some(TOKEN), json!(["AMAZON.YesIntent"])),
            (Some(TOKEN), json!(["AMAZON.YesIntent", "Ordinal", "1"])),
            (Some(TOKEN), json!(["PinIntent", "Pin", "1234"])),
            (Some(TOKEN), json!(["ChooseResultIntent", "Quantity", "1"])),
            (Some(TOKEN), json!(["ChooseResultIntent", "Ordinal", "first"])),
            (Some(TOKEN), json!(["ChooseResultIntent"])),
            (Some(TOKEN), json!(["TrackOrderIntent", "OrderNumber", "12"])),
            (Some(TOKEN), json!(["ProductDetailIntent", "Product", ""])),
            (Some(TOKEN), json!(["ProductDetailIntent", "Product", "x".repeat(201)])),
            (Some(TOKEN), json!(["BuyProductIntent", "Product", "tea"])),
            (Some(TOKEN), json!([])),
            (Some(TOKEN), json!("ChooseResultIntent")),
        ] {
            assert_eq!(read(token, Some(&arguments)), None, "{token:?} {arguments}");
        }
        assert_eq!(read(Some(TOKEN), None), None);
    }
}
