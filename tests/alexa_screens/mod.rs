//! Screens of a real conversation: a touch does what its words do, two shoppers beside each other, one who touches and
//! one who speaks; and nothing is ever bought by touch.

use serde_json::{Value, json};

use crate::support::Server;
use crate::{answered, ssml};

/// A shopper at a device with a screen and with sounds.
struct Shopper<'s> {
    server: &'s Server,
    user: &'static str,
    session: &'static str,
    turns: u32,
}

impl Shopper<'_> {
    async fn sends(&mut self, mut request: Value) -> Value {
        self.turns += 1;
        request["requestId"] = format!("{}-{}", self.session, self.turns).into();
        request["timestamp"] = "2026-01-01T00:00:00Z".into();
        request["locale"] = "en-US".into();
        let interfaces =
            json!({"Alexa.Presentation.APL": {"runtime": {"maxVersion": "2024.3"}}, "Alexa.Presentation.APLA": {}});
        let envelope = json!({"version": "1.0",
            "session": {"new": false, "sessionId": self.session, "user": {"userId": self.user}},
            "context": {"System": {"user": {"userId": self.user},
                "device": {"deviceId": "d", "supportedInterfaces": interfaces}}},
            "request": request});
        answered(self.server, &envelope).await
    }

    /// What the words are read as, by the same model that Alexa has.
    async fn says(&mut self, words: &str) -> Value {
        let session = format!("reads-{}-{}", self.session, self.turns);
        let read = self.server.text(json!({"text": words, "session": session})).await;
        let slots = read["slots"].as_array().cloned().unwrap_or_default();
        let slots: serde_json::Map<String, Value> = slots
            .iter()
            .map(|s| (s["name"].as_str().unwrap().to_owned(), json!({"name": s["name"], "value": s["value"]})))
            .collect();
        self.sends(json!({"type": "IntentRequest", "intent": {"name": read["intent"]["name"], "slots": slots}})).await
    }

    async fn touches(&mut self, arguments: &Value) -> Value {
        self.sends(json!({"type": "Alexa.Presentation.APL.UserEvent", "token": "voicecart",
            "arguments": arguments, "source": {"type": "TouchWrapper"}}))
            .await
    }
}

fn screen(answer: &Value) -> &Value {
    let directives = answer["response"]["directives"].as_array().unwrap_or_else(|| panic!("no directives: {answer}"));
    let shown = directives.iter().find(|d| d["type"] == "Alexa.Presentation.APL.RenderDocument");
    &shown.unwrap_or_else(|| panic!("no screen: {answer}"))["datasources"]
}

/// The nth thing that can be touched: of the lines or of the buttons.
fn touchable(answer: &Value, of: &str, nth: usize) -> Value {
    let sources = screen(answer);
    let paged = &sources["lines"]["items"];
    let list = if of == "lines" && paged.is_array() { paged } else { &sources["screen"]["properties"][of] };
    let touch = list[nth]["touch"].clone();
    assert!(touch.is_array(), "nothing to touch: {of} {nth} of {sources}");
    touch
}

pub async fn a_touch_does_what_its_words_do(server: &Server) {
    let mut hand = Shopper { server, user: "hand", session: "hand", turns: 0 };
    let mut voice = Shopper { server, user: "voice", session: "voice", turns: 0 };
    // What both say; then what one touches, and what the other says in its place: what stands on a button.
    for (said, of, nth, words) in [
        ("search for coffee", "lines", 1, "the second one"),
        ("", "buttons", 0, ""),
        ("what's in my basket", "buttons", 0, ""),
        ("", "buttons", 0, ""),
        ("search for coffee", "lines", 0, "the first one"),
        ("", "buttons", 1, ""),
        ("", "buttons", 0, ""),
    ] {
        let case = format!("{said:?} {of} {nth} {words:?}");
        if !said.is_empty() {
            let (one, other) = (hand.says(said).await, voice.says(said).await);
            assert_eq!(ssml(&one), ssml(&other), "{case}");
            *hand_screen() = one;
        }
        let up = hand_screen().clone();
        let touch = touchable(&up, of, nth);
        let on_button = &screen(&up)["screen"]["properties"]["buttons"][nth]["words"];
        let words = if of == "buttons" { on_button.as_str().unwrap() } else { words };
        let (touched, spoken) = (hand.touches(&touch).await, voice.says(words).await);
        assert_eq!(ssml(&touched), ssml(&spoken), "{case}: {touch}");
        assert!(!ssml(&touched).is_empty(), "{case}");
        *hand_screen() = touched;
    }
    let none = hand.says("where are my orders").await;
    assert!(
        ssml(&none).contains("don't have any orders") || ssml(&none).contains("don&apos;t have any orders"),
        "{none}"
    );
}

/// The screen that is up.
fn hand_screen() -> std::sync::MutexGuard<'static, Value> {
    static UP: std::sync::Mutex<Value> = std::sync::Mutex::new(Value::Null);
    UP.lock().unwrap()
}

/// Of several orders one is touched; each is a line that says its number to the server.
pub async fn orders_and_a_purchase_are_shown(server: &Server, user: &'static str) {
    let mut ada = Shopper { server, user, session: "orders-on-a-screen", turns: 0 };
    let several = ada.says("what have I ordered").await;
    let touch = touchable(&several, "lines", 1);
    let one = ada.touches(&touch).await;
    let properties = &screen(&one)["screen"]["properties"];
    let steps = properties["tracks"][0]["steps"].as_array().unwrap();
    assert!(properties["title"].as_str().unwrap().contains(touch[2].as_str().unwrap()), "{touch} {properties}");
    assert!(steps.len() >= 2 && steps.iter().filter(|s| s["now"] == true).count() == 1, "{properties}");

    // An offer shows every amount, and is bought by words alone; the sound after it repeats none of them.
    let offer = {
        ada.says("search for tea").await;
        ada.says("buy the first one").await
    };
    let shown = &screen(&offer)["screen"]["properties"];
    let labels: Vec<&str> = shown["facts"].as_array().unwrap().iter().filter_map(|f| f["label"].as_str()).collect();
    assert_eq!(labels.last(), Some(&"Total"), "{shown}");
    assert!(shown["ask"].as_str().unwrap().contains("yes"), "{shown}");
    for arguments in [json!(["AMAZON.YesIntent"]), json!(["AMAZON.YesIntent", "Ordinal", "1"])] {
        let touched = ada.touches(&arguments).await;
        // Said again, not done.
        assert!(ssml(&touched).contains("Shall I place the order"), "{touched}");
    }
    let bought = ada.sends(json!({"type": "IntentRequest", "intent": {"name": "AMAZON.YesIntent"}})).await;
    let sound = bought["response"]["directives"].as_array().unwrap();
    let sound = sound.iter().find(|d| d["type"] == "Alexa.Presentation.APLA.RenderDocument").unwrap();
    assert_eq!(sound["document"]["type"], "APLA");
    assert!(!sound.to_string().contains("Speech"), "{sound}");
    assert!(ssml(&bought).contains("order number"), "{bought}");
    assert_eq!(screen(&bought)["screen"]["properties"]["tracks"][0]["steps"][0]["now"], true);
}
