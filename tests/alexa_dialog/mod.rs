//! Slots filled over several turns, by the model's `dialog` section: the same questions through the Alexa door and the
//! text door; and what Alexa is taught, asked to listen for, and launched for.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::Server;
use crate::{answered, ssml};

/// The shipped shop with another `dialog` section: putting things into the basket asks, checks and confirms everything.
pub fn strict_shop() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let shipped = Path::new("intents/en-US");
    let locale = folder.path().join("en-US");
    fs::create_dir_all(&locale).unwrap();
    fs::copy(shipped.join("replies.ftl"), locale.join("replies.ftl")).unwrap();
    let mut model: Value = serde_json::from_str(&fs::read_to_string(shipped.join("model.json")).unwrap()).unwrap();
    let slot = |name: &str, kind: &str| json!({"name": name, "type": kind, "elicitationRequired": false, "confirmationRequired": false, "prompts": {}});
    let mut quantity = slot("Quantity", "AMAZON.NUMBER");
    quantity["elicitationRequired"] = true.into();
    quantity["confirmationRequired"] = true.into();
    quantity["prompts"] = json!({"elicitation": "how-many", "confirmation": "that-many"});
    quantity["validations"] = json!([{"type": "isLessThan", "value": "10", "prompt": "too-many"}]);
    let prompt = |id: &str, words: &str| json!({"id": id, "variations": [{"type": "PlainText", "value": words}]});
    let root = &mut model["interactionModel"];
    root["dialog"] = json!({"delegationStrategy": "SKILL_RESPONSE", "intents": [
        {"name": "AddToBasketIntent", "confirmationRequired": true, "prompts": {"confirmation": "really"}, "slots": [
            quantity, slot("Product", "Product"), slot("Query", "AMAZON.SearchQuery"), slot("Ordinal", "AMAZON.Ordinal")]},
        {"name": "SearchProductIntent", "delegationStrategy": "ALWAYS", "confirmationRequired": false, "prompts": {}, "slots": []},
    ]});
    root["prompts"] = json!([
        prompt("how-many", "How many {Product} would you like?"),
        prompt("too-many", "That is too many. Fewer than ten, please."),
        prompt("that-many", "{Quantity}, is that right?"),
        prompt("really", "Shall I put {Quantity} {Product} into your basket?"),
    ]);
    fs::write(locale.join("model.json"), model.to_string()).unwrap();
    folder
}

/// An intent as Alexa sends it within a dialog: slots as (name, value, confirmation).
fn said(turn: u32, intent: &str, state: Option<&str>, agreed: &str, slots: &[(&str, &str, &str)]) -> Value {
    let slots: serde_json::Map<String, Value> = slots
        .iter()
        .map(|(name, value, agreed)| {
            ((*name).to_owned(), json!({"name": name, "value": value, "confirmationStatus": agreed}))
        })
        .collect();
    let mut request = json!({"type": "IntentRequest", "requestId": format!("dialog-{turn}"), "locale": "en-US",
        "timestamp": "2026-01-01T00:00:00Z",
        "intent": {"name": intent, "confirmationStatus": agreed, "slots": slots}});
    if let Some(state) = state {
        request["dialogState"] = state.into();
    }
    json!({"version": "1.0", "session": {"new": turn == 0, "sessionId": "dialog", "user": {"userId": "dialog"}},
        "context": {"System": {"user": {"userId": "dialog"}}}, "request": request})
}

fn spoken(answer: &Value) -> String {
    let text = ssml(answer).replace("<speak>", "").replace("</speak>", "");
    text.replace("&apos;", "'")
}

/// The dialog directive of an answer: its type, the slot it is about, and the slots of the updated intent.
fn directive(answer: &Value) -> (String, Value, Value) {
    let all = answer["response"]["directives"].as_array().cloned().unwrap_or_default();
    let is_dialog = |d: &&Value| d["type"] != "Dialog.UpdateDynamicEntities";
    let one = all.iter().find(is_dialog).cloned().unwrap_or_default();
    let slot = if one["slotToElicit"].is_null() { one["slotToConfirm"].clone() } else { one["slotToElicit"].clone() };
    (one["type"].as_str().unwrap_or_default().to_owned(), slot, one["updatedIntent"]["slots"].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dialog_goes_the_same_way_through_both_doors() {
    let folder = strict_shop();
    let server = Server::with(|settings| settings.intents.dir = folder.path().to_owned()).await;
    let add = "AddToBasketIntent";
    let banana = ("Product", "bananas", "NONE");
    let mut by_alexa = Vec::new();
    let mut directives = Vec::new();
    for (turn, request) in [
        said(0, add, Some("STARTED"), "NONE", &[banana]),
        said(1, add, Some("IN_PROGRESS"), "NONE", &[banana, ("Quantity", "12", "NONE")]),
        said(2, add, Some("IN_PROGRESS"), "NONE", &[banana, ("Quantity", "3", "NONE")]),
        said(3, add, Some("IN_PROGRESS"), "NONE", &[banana, ("Quantity", "3", "DENIED")]),
        said(4, add, Some("IN_PROGRESS"), "NONE", &[banana, ("Quantity", "2", "NONE")]),
        said(5, add, Some("IN_PROGRESS"), "NONE", &[banana, ("Quantity", "2", "CONFIRMED")]),
        said(6, add, Some("COMPLETED"), "CONFIRMED", &[banana, ("Quantity", "2", "CONFIRMED")]),
    ]
    .into_iter()
    .enumerate()
    {
        let answer = answered(&server, &request).await;
        // The same request again is the same answer, directives and all.
        let again = answered(&server, &request).await;
        assert_eq!(answer["response"]["outputSpeech"], again["response"]["outputSpeech"], "turn {turn}");
        assert_eq!(directive(&answer), directive(&again), "turn {turn}");
        by_alexa.push(spoken(&answer));
        directives.push(directive(&answer));
    }
    let mut by_text = Vec::new();
    for words in ["add bananas to my cart", "twelve", "three", "no", "two", "yes", "yes"] {
        let answer = server.text(json!({"text": words, "session": "typed", "customer": "bob"})).await;
        by_text.push(answer["speech"]["text"].as_str().unwrap().to_owned());
    }
    // A number that was typed is said back as typed, one that Alexa heard as her digits.
    let digits =
        |text: &String| text.replace("three", "3").replace("Three", "3").replace("Two", "2").replace("two", "2");
    let by_text: Vec<String> = by_text.iter().map(digits).collect();
    assert_eq!(by_alexa.iter().map(digits).collect::<Vec<_>>(), by_text);
    assert_eq!(
        by_text[..6],
        [
            "How many bananas would you like?",
            "That is too many. Fewer than ten, please.",
            "3, is that right?",
            "How many bananas would you like?",
            "2, is that right?",
            "Shall I put 2 bananas into your basket?",
        ]
    );
    assert!(by_text[6].starts_with("Added 2 packs"), "{}", by_text[6]);
    let kinds: Vec<(&str, &str)> =
        directives.iter().map(|(kind, slot, _)| (kind.as_str(), slot.as_str().unwrap_or_default())).collect();
    assert_eq!(
        kinds,
        [
            ("Dialog.ElicitSlot", "Quantity"),
            ("Dialog.ElicitSlot", "Quantity"),
            ("Dialog.ConfirmSlot", "Quantity"),
            ("Dialog.ElicitSlot", "Quantity"),
            ("Dialog.ConfirmSlot", "Quantity"),
            ("Dialog.ConfirmIntent", ""),
            ("", ""),
        ]
    );
    assert_eq!(directives[2].2["Quantity"]["value"], "3");
    assert!(directives[1].2["Quantity"]["value"].is_null(), "a value that does not hold is taken out");
    assert_eq!(directives[5].2["Quantity"]["confirmationStatus"], "CONFIRMED");

    // A model without dialogs is deployed: the same questions, and no directive that Alexa would end the session over.
    let answer = answered(&server, &said(20, add, None, "NONE", &[banana])).await;
    assert_eq!(spoken(&answer), "How many bananas would you like?");
    assert_eq!(directive(&answer).0, "");

    // What the model leaves to Alexa is left to her, without a word.
    let answer = answered(&server, &said(21, "SearchProductIntent", Some("STARTED"), "NONE", &[])).await;
    assert_eq!(answer["response"], json!({"directives": [{"type": "Dialog.Delegate"}], "shouldEndSession": false}));
    let answer = answered(&server, &said(22, "SearchProductIntent", Some("COMPLETED"), "NONE", &[])).await;
    assert!(!ssml(&answer).is_empty());
    server.stop().await;
}

fn entities(answer: &Value) -> Option<Vec<String>> {
    let all = answer["response"]["directives"].as_array()?;
    let one = all.iter().find(|d| d["type"] == "Dialog.UpdateDynamicEntities")?;
    match one["updateBehavior"].as_str()? {
        "CLEAR" => {
            assert!(one.get("types").is_none(), "CLEAR has no types: {one}");
            Some(Vec::new())
        }
        _ => {
            assert_eq!(one["types"].as_array()?.len(), 1);
            assert_eq!(one["types"][0]["name"], "Product");
            let values = one["types"][0]["values"].as_array()?;
            assert!(values.len() <= 100);
            Some(values.iter().map(|v| v["name"]["value"].as_str().unwrap().to_owned()).collect())
        }
    }
}

/// Runs on the server that all of `alexa.rs` shares; `person` is a customer with orders.
pub async fn alexa_is_taught_what_may_be_meant(server: &Server, user: &str) {
    let request = |turn: u32, request: Value| {
        let mut request = request;
        request["requestId"] = format!("taught-{turn}").into();
        json!({"session": {"new": turn == 0, "sessionId": "taught", "user": {"userId": user}},
            "context": {"System": {"user": {"userId": user}}}, "request": request})
    };
    let named = |name: &str, slots: Value| json!({"type": "IntentRequest", "dialogState": "STARTED", "intent": {"name": name, "slots": slots}});
    let opened = answered(server, &request(0, json!({"type": "LaunchRequest"}))).await;
    let bought = entities(&opened).unwrap();
    assert!(bought.iter().any(|name| name.contains("headphones")), "{bought:?}");
    let query = json!({"Query": {"name": "Query", "value": "tea"}});
    let found = answered(server, &request(1, named("SearchProductIntent", query))).await;
    let now = entities(&found).unwrap();
    assert!(
        now[0].contains("tea") && now.len() > bought.len() && now.ends_with(&bought[..1]) == (bought.len() == 1),
        "{now:?}"
    );
    // A product that she resolved from what she was taught is the very one.
    let slots = json!({"Product": {"name": "Product", "value": "that tea", "resolutions": {"resolutionsPerAuthority": [
        {"authority": "amzn1.er-authority.echo-sdk.amzn1.ask.skill.x.Product", "status": {"code": "ER_SUCCESS_NO_MATCH"}},
        {"authority": "amzn1.er-authority.echo-sdk.dynamic.amzn1.ask.skill.x.Product",
         "status": {"code": "ER_SUCCESS_MATCH"}, "values": [{"value": {"name": now[2], "id": "x"}}]}]}}});
    let told = answered(server, &request(2, named("ProductPriceIntent", slots))).await;
    assert!(ssml(&told).contains(&now[2]), "{} of {told}", now[2]);
    // An open question for a slot: she is asked to listen for it, in an intent that may be another.
    let asked = answered(server, &request(3, named("AMAZON.StartOverIntent", json!({})))).await;
    assert_eq!(directive(&asked).0, "Dialog.ElicitSlot", "{asked}");
    assert_eq!(asked["response"]["directives"][0]["updatedIntent"]["name"], "SearchProductIntent");
    let stopped = answered(server, &request(4, named("AMAZON.StopIntent", json!({})))).await;
    assert_eq!(entities(&stopped), Some(Vec::new()), "the next speaker may be somebody else");
    assert_eq!(stopped["response"]["shouldEndSession"], true);
}

pub async fn a_launch_may_be_for_something(server: &Server) {
    let launch = |id: &str, task: Value| {
        json!({"session": {"new": true, "sessionId": id, "user": {"userId": id}},
            "request": {"type": "LaunchRequest", "requestId": id, "task": task}})
    };
    let search = json!({"name": "amzn1.ask.skill.x.SearchProduct", "version": "1", "input": {"query": "coffee"}});
    let found = answered(server, &launch("task-1", search)).await;
    assert!(ssml(&found).contains("coffee"), "{found}");
    // What a task asks for is no yes: a purchase still has to be agreed to.
    let buy = json!({"name": "BuyProductIntent", "version": "1", "input": {"Product": "bananas"}});
    let offered = answered(server, &launch("task-2", buy)).await;
    assert!(ssml(&offered).contains("Shall I place the order?"), "{offered}");
    let unknown = answered(server, &launch("task-3", json!({"name": "AMAZON.PrintPDF", "version": "1"}))).await;
    assert!(ssml(&unknown).contains("What would you like?"), "{unknown}");
}
