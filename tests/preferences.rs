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
    let nothing = json!({"pace": null, "endpointing": null, "avoids": []});
    assert_eq!(told(&server).await, nothing);

    // By voice, and seen by the API; in another conversation, on the Alexa door.
    said(&server, "one", "I'm allergic to peanuts").await;
    said(&server, "one", "slow down").await;
    assert_eq!(told(&server).await, json!({"pace": 80, "endpointing": null, "avoids": ["peanuts"]}));
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
    let new = json!({"pace": null, "endpointing": "relaxed", "avoids": []});
    assert_eq!(set(&server, new.clone()).await.json::<Value>().await.unwrap(), new);
    let offer = said(&server, "four", "buy peanut butter").await;
    assert!(!offer["text"].as_str().unwrap().contains("Careful"), "{offer}");
    assert!(!offer["ssml"].as_str().unwrap().contains("rate="), "{offer}");

    for (body, wanted) in [
        (json!({"pace": 500}), "between 50 and 200"),
        (json!({"endpointing": "slow"}), "relaxed, default or aggressive"),
        (json!({"avoids": ["stones"]}), "peanuts"),
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
