//! One profile over all doors: a code asked for at one, said at another, and from then on orders, basket and preferences
//! are the same. It cannot be guessed, and its digits are written down nowhere.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers outside #[test] functions too

mod support;

use std::path::Path;

use serde_json::{Value, json};
use support::Server;

/// Somebody at the text door.
async fn typed(server: &Server, customer: &str, session: &str, text: &str) -> String {
    let answer = server.text(json!({"text": text, "customer": customer, "session": session})).await;
    answer["speech"]["text"].as_str().unwrap().to_owned()
}

/// Somebody at the Alexa door, by intent and slot.
async fn alexa(server: &Server, user: &str, intent: &str, slot: Option<(&str, &str)>) -> String {
    let slots = slot.map_or(json!({}), |(name, value)| json!({name: {"name": name, "value": value}}));
    let id = ulid::Ulid::generate().to_string();
    let body = json!({"version": "1.0", "session": {"new": false, "sessionId": format!("session-{user}"), "user": {"userId": user}},
        "context": {"System": {"user": {"userId": user}}},
        "request": {"type": "IntentRequest", "requestId": id, "intent": {"name": intent, "slots": slots}}});
    let heard: Value = server.post("/alexa").json(&body).send().await.unwrap().json().await.unwrap();
    heard.pointer("/response/outputSpeech/ssml").and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn digits(text: &str) -> String {
    let code = text.split("Within").next().unwrap();
    code.chars().filter(char::is_ascii_digit).collect()
}

fn holds(folder: &Path, code: &str) -> bool {
    let spaced = code.chars().map(String::from).collect::<Vec<_>>().join(" ");
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return holds(&path, code);
        }
        let bytes = std::fs::read(&path).unwrap_or_default();
        [code, &spaced].iter().any(|c| bytes.windows(c.len()).any(|w| w == c.as_bytes()))
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_makes_two_doors_one_customer() {
    let server = Server::start().await;
    // A stranger at the speaker, with something in the basket and something that must not be eaten.
    alexa(&server, "kitchen", "AddToBasketIntent", Some(("Query", "oat milk"))).await;
    alexa(&server, "kitchen", "AvoidIntent", Some(("Avoided", "peanuts"))).await;
    typed(&server, "ada", "a", "I like Willow").await;

    let told = typed(&server, "ada", "a", "link my devices").await;
    let code = digits(&told);
    assert_eq!(code.len(), 6, "{told}");
    let own = typed(&server, "ada", "a", &format!("my link code is {code}")).await;
    assert!(own.contains("own code"), "{own}");

    let asked = alexa(&server, "kitchen", "LinkCodeIntent", Some(("LinkCode", &code))).await;
    assert!(asked.contains("Shall I link them"), "{asked}");
    // Nothing is joined before the yes.
    assert!(!typed(&server, "ada", "a", "what's in my basket").await.contains("oat milk"));
    alexa(&server, "kitchen", "LinkCodeIntent", Some(("LinkCode", &code))).await;
    let done = alexa(&server, "kitchen", "AMAZON.YesIntent", None).await;
    assert!(done.contains("same on both"), "{done}");

    let basket = typed(&server, "ada", "b", "what's in my basket").await;
    assert!(basket.contains("oat milk"), "{basket}");
    let orders = alexa(&server, "kitchen", "OrderHistoryIntent", None).await;
    assert!(orders.contains("headphones"), "{orders}");
    let told: Value = server.get("/v1/customers/ada/preferences").send().await.unwrap().json().await.unwrap();
    assert_eq!((&told["avoids"], &told["likes"]), (&json!(["peanuts"]), &json!(["willow"])));

    // The code is used up, and kept nowhere.
    let again = alexa(&server, "porch", "LinkCodeIntent", Some(("LinkCode", &code))).await;
    assert!(again.contains("know that code"), "{again}");
    assert!(!holds(server.data.path(), &code), "{code} is written down");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_cannot_be_guessed_nor_take_an_account() {
    let server = Server::start().await;
    let told = typed(&server, "ada", "a", "link my devices").await;
    let code = digits(&told);
    let wrong = |n: u32| format!("{:06}", (code.parse::<u32>().unwrap() + n) % 1_000_000);
    for n in 1..=2 {
        let heard = alexa(&server, "thief", "LinkCodeIntent", Some(("LinkCode", &wrong(n)))).await;
        assert!(heard.contains("left"), "{heard}");
    }
    let heard = alexa(&server, "thief", "LinkCodeIntent", Some(("LinkCode", &wrong(3)))).await;
    assert!(heard.contains("too many"), "{heard}");
    let heard = alexa(&server, "thief", "LinkCodeIntent", Some(("LinkCode", &code))).await;
    assert!(heard.contains("too many"), "the right one comes too late: {heard}");

    // Another customer in their own right does not become Ada by overhearing it.
    let heard = typed(&server, "grace", "g", &format!("my link code is {code}")).await;
    assert!(heard.contains("account of their own"), "{heard}");
    // A yes that nothing asked for joins nobody.
    let heard = alexa(&server, "porch", "AMAZON.YesIntent", None).await;
    assert!(!heard.contains("same on both"), "{heard}");

    // From many doors together there are no more tries than from few.
    let mut locked = false;
    for n in 0..40 {
        let door = format!("door-{}", n / 2);
        locked |=
            alexa(&server, &door, "LinkCodeIntent", Some(("LinkCode", &wrong(10 + n)))).await.contains("too many");
    }
    assert!(locked, "forty wrong codes and nobody has to wait");
    server.stop().await;
}
