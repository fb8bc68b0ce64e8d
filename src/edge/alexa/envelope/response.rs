//! What Alexa is sent: a reply in, the bytes of a response envelope out, never over a size limit. Refuses to know how
//! the reply came about.

use serde::Serialize;
use serde_json::Value;

use super::ssml;
use crate::reply::{Card, Reply, Spoken};

/// Characters of one speech, with its tags.
pub const SPEECH_CHARS: usize = 8_000;
/// Characters of one card, everything counted.
pub const CARD_CHARS: usize = 8_000;
/// Characters of one image address.
pub const IMAGE_CHARS: usize = 2_000;
/// Bytes of the whole response: 24 kB, taken at its smaller reading.
pub const RESPONSE_BYTES: usize = 24_000;

/// The answer where nothing may be said, and where nothing need be.
pub const SILENT: &[u8] = br#"{"version":"1.0","response":{}}"#;
/// The answer to a call of an API that this skill does not offer.
pub const NO_API: &[u8] = br#"{"version":"1.0","response":{"apiResponse":{}}}"#;

/// Characters allowed to (speech, reprompt, card): the first rung that fits the whole response is taken. What is heard
/// is cut last, and what was kept only as a courtesy first.
const RUNGS: [(usize, usize, usize); 6] = [
    (SPEECH_CHARS, SPEECH_CHARS, CARD_CHARS),
    (SPEECH_CHARS, 1_000, 4_000),
    (SPEECH_CHARS, 500, 1_000),
    (5_000, 200, 200),
    (3_000, 100, 0),
    (1_500, 0, 0),
];

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'r, B> {
    version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_attributes: Option<&'r Value>,
    response: B,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'r> {
    output_speech: OutputSpeech,
    #[serde(skip_serializing_if = "Option::is_none")]
    reprompt: Option<Reprompt>,
    #[serde(skip_serializing_if = "Option::is_none")]
    card: Option<CardBody>,
    #[serde(skip_serializing_if = "<[Value]>::is_empty")]
    directives: &'r [Value],
    should_end_session: bool,
}

#[derive(Serialize)]
struct OutputSpeech {
    #[serde(rename = "type")]
    kind: &'static str,
    ssml: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Reprompt {
    output_speech: OutputSpeech,
}

#[derive(Serialize)]
#[serde(tag = "type")]
enum CardBody {
    Simple { title: String, content: String },
    Standard { title: String, text: String, image: Image },
    LinkAccount,
    AskForPermissionsConsent { permissions: &'static [&'static str] },
}

/// What the shopper is to do in the phone's app; it takes the place of the reply's own card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    LinkAccount,
    /// Amazon's names of what is to be allowed.
    Permissions(&'static [&'static str]),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Image {
    small_image_url: String,
    large_image_url: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CanFulfillBody<'r> {
    can_fulfill_intent: &'r CanFulfill,
}

/// Whether an intent could be answered, as Alexa asks before a shopper has chosen a skill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CanFulfill {
    pub can_fulfill: Maybe,
    pub slots: serde_json::Map<String, Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Maybe {
    Yes,
    No,
    Maybe,
}

/// The envelope that speaks a reply, with what else Alexa is to do. `attributes` go back as they came, room allowing;
/// the first rung without directives comes when no other fits.
pub fn spoken(
    reply: &Reply,
    open: bool,
    attributes: Option<&Value>,
    directives: &[Value],
    ask: Option<Ask>,
) -> Vec<u8> {
    let mut json = Vec::new();
    let rungs = |directives| RUNGS.into_iter().map(move |rung| (None, directives, rung));
    let whole = std::iter::once((attributes, directives, RUNGS[0]));
    for (attributes, directives, (speech, reprompt, card)) in whole.chain(rungs(directives)).chain(rungs(&[])) {
        let said = reply.reprompt.as_ref().filter(|_| open && reprompt > 0);
        let body = Body {
            output_speech: speak(&reply.speech, speech),
            reprompt: said.map(|words| Reprompt { output_speech: speak(words, reprompt) }),
            card: match ask {
                Some(Ask::LinkAccount) => Some(CardBody::LinkAccount),
                Some(Ask::Permissions(permissions)) => Some(CardBody::AskForPermissionsConsent { permissions }),
                None => reply.card.as_ref().and_then(|c| draw(c, card)),
            },
            directives,
            should_end_session: !open,
        };
        json = bytes(attributes, &body);
        if json.len() <= RESPONSE_BYTES {
            break;
        }
    }
    json
}

/// The envelope that says nothing and leaves the next question to Alexa.
pub fn silent_with(directives: &[Value]) -> Vec<u8> {
    bytes(None, &serde_json::json!({"directives": directives, "shouldEndSession": false}))
}

/// The envelope that says nothing and changes nothing of who listens, for requests that a screen makes by itself.
pub fn only(directives: &[Value]) -> Vec<u8> {
    bytes(None, &serde_json::json!({"directives": directives}))
}

/// The envelope that only says what could be done.
pub fn can_fulfill(verdict: &CanFulfill) -> Vec<u8> {
    bytes(None, &CanFulfillBody { can_fulfill_intent: verdict })
}

fn bytes(attributes: Option<&Value>, body: &impl Serialize) -> Vec<u8> {
    let envelope = Envelope { version: "1.0", session_attributes: attributes, response: body };
    // Strings and numbers cannot fail to be written; should that change, silence is still legal.
    serde_json::to_vec(&envelope).unwrap_or_else(|_| SILENT.to_vec())
}

fn speak(words: &Spoken, most: usize) -> OutputSpeech {
    OutputSpeech { kind: "SSML", ssml: ssml::fit(&words.ssml, &words.text, most) }
}

fn draw(card: &Card, most: usize) -> Option<CardBody> {
    let image = card.image.as_deref().filter(|url| url.starts_with("https://") && ssml::units(url) <= IMAGE_CHARS);
    // The address is sent twice, and everything counts.
    let image = image.filter(|url| 2 * ssml::units(url) < most / 2);
    let most = most - image.map_or(0, |url| 2 * ssml::units(url));
    let title = ssml::shorten(&card.title, (most / 4).min(200));
    let text = ssml::shorten(&card.text, most - ssml::units(&title));
    if title.is_empty() && text.is_empty() {
        return None;
    }
    Some(match image {
        None => CardBody::Simple { title, content: text },
        Some(url) => {
            let image = Image { small_image_url: url.to_owned(), large_image_url: url.to_owned() };
            CardBody::Standard { title, text, image }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(speech: &str, reprompt: Option<&str>, card: &str) -> Reply {
        let said = |text: &str| Spoken { text: text.to_owned(), ssml: format!("<speak>{text}</speak>") };
        Reply {
            speech: said(speech),
            reprompt: reprompt.map(said),
            card: Some(Card { title: "Title".into(), text: card.into(), image: None }),
            keep_open: reprompt.is_some(),
        }
    }

    fn at<'v>(json: &'v Value, path: &str) -> &'v Value {
        json.pointer(path).unwrap_or(&Value::Null)
    }

    #[test]
    fn an_open_reply_listens_and_a_closed_one_ends() {
        let attributes = serde_json::json!({"kept": [1, "two"]});
        let json: Value =
            serde_json::from_slice(&spoken(&reply("Hi.", Some("Well?"), "c"), true, Some(&attributes), &[], None))
                .unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "version": "1.0",
                "sessionAttributes": {"kept": [1, "two"]},
                "response": {
                    "outputSpeech": {"type": "SSML", "ssml": "<speak>Hi.</speak>"},
                    "reprompt": {"outputSpeech": {"type": "SSML", "ssml": "<speak>Well?</speak>"}},
                    "card": {"type": "Simple", "title": "Title", "content": "c"},
                    "shouldEndSession": false
                }
            })
        );
        let json: Value =
            serde_json::from_slice(&spoken(&reply("Bye.", Some("Well?"), ""), false, None, &[], None)).unwrap();
        assert_eq!(at(&json, "/response/shouldEndSession"), true);
        assert!(at(&json, "/response/reprompt").is_null(), "nobody listens after the end");
        assert!(at(&json, "/sessionAttributes").is_null());
    }

    #[test]
    fn nothing_exceeds_a_limit_however_long_the_reply() {
        let attributes = serde_json::json!({"big": "x".repeat(30_000)});
        for (sentence, times) in
            [("One more thing. ", 1_500), ("Это ещё одно. ", 1_500), ("買い物かご。", 9_000), ("\\\"\\\"", 9_000)]
        {
            let long = sentence.repeat(times);
            let mut reply = reply(&long, Some(&long), &long);
            if let Some(card) = &mut reply.card {
                card.image = Some(format!("https://shop.example/{}", "i".repeat(1_000)));
                card.title = long.clone();
            }
            let directive = serde_json::json!({"type": "Dialog.UpdateDynamicEntities", "types": [long.clone()]});
            let bytes = spoken(&reply, true, Some(&attributes), &[directive], None);
            assert!(bytes.len() <= RESPONSE_BYTES, "{} bytes for {sentence:?}", bytes.len());
            let json: Value = serde_json::from_slice(&bytes).unwrap();
            let ssml = at(&json, "/response/outputSpeech/ssml").as_str().unwrap();
            assert!(ssml::units(ssml) <= SPEECH_CHARS && ssml.chars().count() > 1_000);
            assert!(ssml.starts_with("<speak>") && ssml.ends_with("</speak>"));
        }
    }

    #[test]
    fn a_card_counts_its_image() {
        let image = format!("https://shop.example/{}.png", "i".repeat(1_900));
        let card = Card { title: "T".repeat(300), text: "word ".repeat(4_000), image: Some(image) };
        match draw(&card, CARD_CHARS).unwrap() {
            CardBody::Standard { title, text, image } => {
                let all = title.len() + text.len() + image.small_image_url.len() + image.large_image_url.len();
                assert!(all <= CARD_CHARS && all > CARD_CHARS / 2, "{all}");
            }
            _ => panic!("the image was lost"),
        }
        for bad in ["http://plain.example/i.png".to_owned(), format!("https://x/{}", "i".repeat(2_000))] {
            let card = Card { title: "T".into(), text: "t".into(), image: Some(bad) };
            assert!(matches!(draw(&card, CARD_CHARS), Some(CardBody::Simple { .. })));
        }
    }
}
