//! What a customer tells about themselves, by voice and by API, and what follows from it in every later conversation.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers outside #[test] functions too

mod support;

use serde_json::{Value, json};
use support::{Server, problem};

const PATH: &str = "/v1/customers/ada/preferences";

async fn told(server: &Server) -> Value {
    server.get(PATH).send().await.unwrap().json().await.unwrap()
}

async fn set(server: &Server, body: Value) -> reqwest::Response {
    let request = server.client.put(server.url(PATH)).bearer_auth(&server.key).json(&body);
    request.send().await.unwrap()
}

async fn said(server: &Server, session: &str, text: &str) -> Value {
    server.text(json!({"text": text, "customer": "ada", "session": session})).await["speech"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_told_once_is_known_everywhere() {
    let server = Server::start().await;
    let with = |change: Value| {
        let mut all = json!({"pace": null, "endpointing": null, "avoids": [], "sizes": {}, "likes": [], "dislikes": [],
            "verbosity": null});
        for (name, value) in change.as_object().unwrap() {
            all[name] = value.clone();
        }
        all
    };
    let nothing = with(json!({}));
    assert_eq!(told(&server).await, nothing);

    // By voice, and seen by the API; in another conversation, on the Alexa door.
    said(&server, "one", "I'm allergic to peanuts").await;
    said(&server, "one", "slow down").await;
    assert_eq!(told(&server).await, with(json!({"pace": 80, "avoids": ["peanuts"]})));
    let offer = said(&server, "two", "buy peanut butter").await;
    assert!(offer["text"].as_str().unwrap().contains("Careful"), "{offer}");
    assert!(offer["ssml"].as_str().unwrap().contains("rate=\"80%\""), "{offer}");
    support::customer_with_orders(&server, "alexa:user:ada-at-home").await;
    let alexa = json!({"version": "1.0", "session": {"new": true, "sessionId": "three", "user": {"userId": "ada-at-home"}},
        "context": {"System": {"user": {"userId": "ada-at-home"}}}, "request": {"type": "IntentRequest", "requestId": "r",
        "intent": {"name": "BuyProductIntent", "slots": {"Query": {"name": "Query", "value": "peanut butter"}}}}});
    let heard: Value = server.post("/alexa").json(&alexa).send().await.unwrap().json().await.unwrap();
    let ssml = heard.pointer("/response/outputSpeech/ssml").and_then(Value::as_str).unwrap();
    assert!(ssml.contains("Careful") && ssml.contains("rate=\"80%\""), "{ssml}");

    // By the API, and followed by voice.
    let new =
        with(json!({"endpointing": "relaxed", "sizes": {"shoes": "9"}, "likes": ["willow"], "verbosity": "brief"}));
    assert_eq!(set(&server, new.clone()).await.json::<Value>().await.unwrap(), new);
    let offer = said(&server, "four", "buy peanut butter").await;
    assert!(!offer["text"].as_str().unwrap().contains("Careful"), "{offer}");
    assert!(!offer["ssml"].as_str().unwrap().contains("rate="), "{offer}");

    let product = said(&server, "five", "tell me about the Maple chicken dog food").await;
    assert!(!product["text"].as_str().unwrap().contains("What would you like"), "{product}");
    let shoes = said(&server, "six", "buy women's running shoes").await;
    assert!(shoes["text"].as_str().unwrap().contains("Mind the size"), "{shoes}");

    for (body, wanted) in [
        (json!({"pace": 500}), "between 50 and 200"),
        (json!({"endpointing": "slow"}), "relaxed, default or aggressive"),
        (json!({"avoids": ["stones"]}), "peanuts"),
        (json!({"sizes": {"hats": "7"}}), "clothes, shoes"),
        (json!({"sizes": {"shoes": ""}}), "1 to 60 characters"),
        (json!({"verbosity": "loud"}), "brief or full"),
        (json!({"likes": ["acme"], "dislikes": ["Acme"]}), "one of them"),
    ] {
        let refused = problem(set(&server, body).await, 400, "bad-parameter").await;
        assert!(refused["detail"].as_str().unwrap().contains(wanted), "{refused}");
    }
    assert_eq!(set(&server, json!({"unheard": 1})).await.status(), 400);
    assert_eq!(told(&server).await, new, "what was refused changed nothing");
    let stranger = server.client.get(server.url(PATH)).send().await.unwrap();
    assert_eq!(stranger.status(), 401);
    server.stop().await;
}
