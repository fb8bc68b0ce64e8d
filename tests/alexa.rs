//! `POST /alexa` of a real server with the real shop, over TCP: what comes in as Alexa sends it, and what goes out.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers outside #[test] functions too

mod alexa_dialog;
mod alexa_mutants;
mod alexa_screens;
mod alexa_services;
mod alexa_simulate;
mod support;

use std::time::Duration;

use serde_json::{Value, json};
use support::{Server, customer_with_orders};
use voicecart::edge::alexa::doctor::sample::{self, Patient};
use voicecart::edge::alexa::doctor::{self, Options, Report};
use voicecart::edge::alexa::envelope::{Class, KINDS, class};

/// Every member of the published SDK's union of requests.
const UNION: [&str; 59] = [
    "Alexa.Advertisement.AdCompleted",
    "Alexa.Advertisement.AdNotRendered",
    "Alexa.Advertisement.ReadyToEnqueueAudio",
    "Alexa.Authorization.Grant",
    "Alexa.DataStore.Error",
    "Alexa.DataStore.PackageManager.InstallationError",
    "Alexa.DataStore.PackageManager.UpdateRequest",
    "Alexa.DataStore.PackageManager.UsagesInstalled",
    "Alexa.DataStore.PackageManager.UsagesRemoved",
    "Alexa.Presentation.APL.LoadIndexListData",
    "Alexa.Presentation.APL.LoadTokenListData",
    "Alexa.Presentation.APL.RuntimeError",
    "Alexa.Presentation.APL.UserEvent",
    "Alexa.Presentation.APLA.RuntimeError",
    "Alexa.Presentation.APLT.UserEvent",
    "Alexa.Presentation.HTML.Message",
    "Alexa.Presentation.HTML.RuntimeError",
    "AlexaHouseholdListEvent.ItemsCreated",
    "AlexaHouseholdListEvent.ItemsDeleted",
    "AlexaHouseholdListEvent.ItemsUpdated",
    "AlexaHouseholdListEvent.ListCreated",
    "AlexaHouseholdListEvent.ListDeleted",
    "AlexaHouseholdListEvent.ListUpdated",
    "AlexaSkillEvent.NotificationSubscriptionChanged",
    "AlexaSkillEvent.ProactiveSubscriptionChanged",
    "AlexaSkillEvent.SkillAccountLinked",
    "AlexaSkillEvent.SkillDisabled",
    "AlexaSkillEvent.SkillEnabled",
    "AlexaSkillEvent.SkillPermissionAccepted",
    "AlexaSkillEvent.SkillPermissionChanged",
    "AudioPlayer.PlaybackFailed",
    "AudioPlayer.PlaybackFinished",
    "AudioPlayer.PlaybackNearlyFinished",
    "AudioPlayer.PlaybackStarted",
    "AudioPlayer.PlaybackStopped",
    "CanFulfillIntentRequest",
    "Connections.Request",
    "Connections.Response",
    "CustomInterfaceController.EventsReceived",
    "CustomInterfaceController.Expired",
    "Dialog.API.Invoked",
    "Dialog.InputRequest",
    "Display.ElementSelected",
    "GameEngine.InputHandlerEvent",
    "IntentRequest",
    "LaunchRequest",
    "Messaging.MessageReceived",
    "PlaybackController.NextCommandIssued",
    "PlaybackController.PauseCommandIssued",
    "PlaybackController.PlayCommandIssued",
    "PlaybackController.PreviousCommandIssued",
    "Reminders.ReminderCreated",
    "Reminders.ReminderDeleted",
    "Reminders.ReminderStarted",
    "Reminders.ReminderStatusChanged",
    "Reminders.ReminderUpdated",
    "SessionEndedRequest",
    "SessionResumedRequest",
    "System.ExceptionEncountered",
];

async fn post(server: &Server, body: impl Into<reqwest::Body>) -> (u16, String, Vec<u8>) {
    let answer = server.client.post(server.url("/alexa")).body(body).send().await.unwrap();
    let content = answer.headers().get("content-type").map(|v| v.to_str().unwrap().to_owned()).unwrap_or_default();
    (answer.status().as_u16(), content, answer.bytes().await.unwrap().to_vec())
}

/// A request that must be answered; the whole envelope.
async fn answered(server: &Server, request: &Value) -> Value {
    let (status, content, body) = post(server, request.to_string()).await;
    assert_eq!(status, 200, "{request}: {}", String::from_utf8_lossy(&body));
    assert_eq!(content, "application/json;charset=UTF-8");
    assert!(body.len() <= 24_000);
    serde_json::from_slice(&body).unwrap()
}

fn ssml(answer: &Value) -> &str {
    answer.pointer("/response/outputSpeech/ssml").and_then(Value::as_str).unwrap_or_default()
}

/// An intent said by an account, and by a recognised speaker of it.
struct Says<'a> {
    user: &'a str,
    person: Option<&'a str>,
    request: &'a str,
    intent: &'a str,
    slots: Value,
}

fn intent(says: &Says<'_>) -> Value {
    let system = json!({
        "application": {"applicationId": "amzn1.ask.skill.test"},
        "user": {"userId": says.user},
        "person": says.person.map(|p| json!({"personId": p})),
    });
    json!({
        "version": "1.0",
        "session": {"new": false, "sessionId": format!("session-{}-{:?}", says.user, says.person),
            "application": {"applicationId": "amzn1.ask.skill.test"}, "user": {"userId": says.user}},
        "context": {"System": system},
        "request": {"type": "IntentRequest", "requestId": says.request, "timestamp": "2026-01-01T00:00:00Z",
            "locale": "en-US", "dialogState": "COMPLETED",
            "intent": {"name": says.intent, "confirmationStatus": "NONE", "slots": says.slots}},
    })
}

/// Starting a server takes longer than all it is asked here, so these share one.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_checks_no_signatures() {
    let server = Server::start().await;
    every_type_of_request_gets_a_legal_answer(&server).await;
    requests_are_read_however_they_are_written(&server).await;
    what_is_not_a_request_is_a_problem_and_harms_nothing(&server).await;
    a_recognised_speaker_has_a_basket_apart_from_the_household(&server).await;
    asking_whether_it_could_be_done_does_nothing(&server).await;
    the_doctor_finds_that_it_checks_nothing(&server).await;
    customer_with_orders(&server, "alexa:user:ada").await;
    alexa_dialog::alexa_is_taught_what_may_be_meant(&server, "ada").await;
    alexa_dialog::a_launch_may_be_for_something(&server).await;
    several_values_of_a_slot_are_several_things(&server).await;
    a_list_on_a_screen_is_scrolled_on(&server).await;
    alexa_screens::a_touch_does_what_its_words_do(&server).await;
    alexa_screens::orders_and_a_purchase_are_shown(&server, "ada").await;
    an_errand_that_comes_back_decides_nothing(&server).await;
    alexa_mutants::no_mutant_gets_more_than_an_answer(&server).await;
    server.stop().await;
}

async fn every_type_of_request_gets_a_legal_answer(server: &Server) {
    assert_eq!(KINDS.map(|(kind, _)| kind), UNION);
    let patient = Patient { application_id: "amzn1.ask.skill.test".into(), visit: "types".into() };
    let now = jiff::Timestamp::now();
    for kind in UNION.into_iter().chain(["Unheard.OfRequest", "AlexaNet.CustomIntent"]) {
        let request = sample::request(kind, &patient, now);
        let answer = answered(server, &request).await;
        assert_eq!(answer["version"], "1.0", "{kind}");
        let response = answer["response"].as_object().unwrap();
        match class(kind) {
            Class::Opens | Class::Intent | Class::Continues => {
                assert!(ssml(&answer).starts_with("<speak>") && ssml(&answer).len() > 20, "{kind}: {answer}");
                assert!(response["shouldEndSession"].is_boolean(), "{kind}");
                assert_eq!(answer["sessionAttributes"], request["session"]["attributes"], "{kind}");
            }
            Class::CanFulfill => {
                assert_eq!(response.keys().collect::<Vec<_>>(), ["canFulfillIntent"], "{kind}");
                assert_eq!(response["canFulfillIntent"]["canFulfill"], "YES");
            }
            Class::Api => assert_eq!(response.keys().collect::<Vec<_>>(), ["apiResponse"], "{kind}"),
            Class::Ends | Class::Fault | Class::Silent | Class::Scrolls => {
                assert!(response.is_empty(), "{kind}: {answer}")
            }
        }
    }
}

async fn several_values_of_a_slot_are_several_things(server: &Server) {
    let list = |names: &[&str]| {
        let values: Vec<Value> = names.iter().map(|n| json!({"type": "Simple", "value": n})).collect();
        json!({"Product": {"name": "Product", "slotValue": {"type": "List", "values": values}}})
    };
    let ask = async |request: &str, name: &str, slots: Value| {
        answered(server, &intent(&Says { user: "several", person: None, request, intent: name, slots })).await
    };
    let added = ask("several-1", "AddToBasketIntent", list(&["almond milk", "eggs", "olive oil"])).await;
    let basket = ask("several-2", "ShowBasketIntent", json!({})).await;
    for thing in ["almond milk", "egg", "olive oil"] {
        assert!(ssml(&added).contains(thing) && ssml(&basket).contains(thing), "{added}\n{basket}");
    }
    ask("several-3", "AddToListIntent", list(&["candles", "mac and cheese"])).await;
    let written = ask("several-4", "ShowListIntent", json!({})).await;
    assert!(ssml(&written).contains("candles") && ssml(&written).contains("mac"), "{written}");
    // Not even the half of it is done where one of them cannot be had.
    let refused = ask("several-5", "AddToBasketIntent", list(&["bananas", "zorbtrams"])).await;
    let basket = ask("several-6", "ShowBasketIntent", json!({})).await;
    assert!(ssml(&refused).contains("zorbtrams") && !ssml(&basket).contains("banana"), "{refused}\n{basket}");
}

/// A request of somebody at a screen.
fn at_screen(request: Value) -> Value {
    let mut request = request;
    request["timestamp"] = "2026-01-01T00:00:00Z".into();
    json!({"version": "1.0", "session": {"new": false, "sessionId": "scroller", "user": {"userId": "scroller"}},
        "context": {"System": {"user": {"userId": "scroller"},
            "device": {"deviceId": "d", "supportedInterfaces": {"Alexa.Presentation.APL": {"runtime": {"maxVersion": "2023.3"}}}}}},
        "request": request})
}

async fn a_list_on_a_screen_is_scrolled_on(server: &Server) {
    let search = |id: &str, words: &str| {
        at_screen(json!({"type": "IntentRequest", "requestId": id, "intent": {"name": "SearchProductIntent",
            "slots": {"Query": {"name": "Query", "value": words}}}}))
    };
    let shown = answered(server, &search("scroll-1", "tea")).await;
    let document = &shown["response"]["directives"].as_array().unwrap().iter().find(|d| d["datasources"].is_object());
    let list = document.unwrap().pointer("/datasources/lines").unwrap().clone();
    assert_eq!((&list["type"], &list["startIndex"]), (&json!("dynamicIndexList"), &json!(0)), "{list}");
    let (on_page, all) =
        (list["items"].as_array().unwrap().len() as u64, list["maximumExclusiveIndex"].as_u64().unwrap());
    assert!(all > on_page, "{list}");

    let more = |id: &str, list: &Value, start: u64| {
        at_screen(json!({"type": "Alexa.Presentation.APL.LoadIndexListData", "requestId": id, "token": "voicecart",
            "correlationToken": "c-1", "listId": list, "startIndex": start, "count": 10}))
    };
    let sent = answered(server, &more("scroll-2", &list["listId"], on_page)).await;
    assert!(sent["response"].get("shouldEndSession").is_none() && ssml(&sent).is_empty(), "{sent}");
    let sent = &sent["response"]["directives"][0];
    assert_eq!(sent["type"], "Alexa.Presentation.APL.SendIndexListData");
    for (member, value) in
        [("listId", &list["listId"]), ("correlationToken", &json!("c-1")), ("token", &json!("voicecart"))]
    {
        assert_eq!(sent[member], *value);
    }
    assert_eq!((&sent["startIndex"], &sent["maximumExclusiveIndex"]), (&json!(on_page), &json!(all)));
    let items = sent["items"].as_array().unwrap();
    assert_eq!(items.len() as u64, (all - on_page).min(10));
    let read_out: Vec<&Value> = list["items"].as_array().unwrap().iter().map(|i| &i["text"]).collect();
    assert!(items.iter().all(|i| !read_out.contains(&&i["text"])), "{items:?}");
    assert!(items[0]["text"].as_str().unwrap().starts_with(&format!("{}. ", on_page + 1)), "{items:?}");

    // A line that was only scrolled to is asked about by its name.
    let touch = at_screen(json!({"type": "Alexa.Presentation.APL.UserEvent", "requestId": "scroll-3",
        "token": "voicecart", "arguments": items[0]["touch"]}));
    let described = answered(server, &touch).await;
    let name = items[0]["touch"][2].as_str().unwrap().to_lowercase();
    assert!(ssml(&described).to_lowercase().contains(&name), "{name}: {described}");

    // Another list, and a list that the conversation has left behind.
    for (id, list) in [("scroll-4", json!("0123456789abcdef")), ("scroll-5", json!(null))] {
        assert_eq!(answered(server, &more(id, &list, 3)).await["response"], json!({}));
    }
    answered(server, &search("scroll-6", "headphones")).await;
    assert_eq!(answered(server, &more("scroll-7", &list["listId"], on_page)).await["response"], json!({}));
}

async fn an_errand_that_comes_back_decides_nothing(server: &Server) {
    let user = |n: u32, name: &str, slots: Value| {
        let id = format!("errand-{n}");
        intent(&Says { user: "errand", person: None, request: &id, intent: name, slots })
    };
    let slots = json!({"Product": {"name": "Product", "value": "bananas"}});
    let offer = answered(server, &user(1, "BuyProductIntent", slots)).await;
    for (n, request) in [
        json!({"type": "SessionResumedRequest", "cause": {"type": "ConnectionCompleted", "token": "t",
            "status": {"code": "200", "message": "OK"}, "result": {"status": "ACHIEVED"}}}),
        json!({"type": "Connections.Response", "name": "Buy", "status": {"code": 400, "message": "no"},
            "payload": {"purchaseResult": "ACCEPTED"}, "token": "t"}),
    ]
    .into_iter()
    .enumerate()
    {
        let mut back = user(10 + n as u32, "X", json!({}));
        let id = back["request"]["requestId"].clone();
        back["request"] = request;
        back["request"]["requestId"] = id;
        let again = answered(server, &back).await;
        assert_eq!(ssml(&again), ssml(&offer), "the offer stands as it was");
    }
    let no = answered(server, &user(3, "AMAZON.NoIntent", json!({}))).await;
    assert_ne!(ssml(&no), ssml(&offer));
}

async fn requests_are_read_however_they_are_written(server: &Server) {
    for (name, body) in [
        ("nothing but a type", r#"{"request":{"type":"LaunchRequest"}}"#.to_owned()),
        ("a byte order mark", "\u{feff}{\"request\":{\"type\":\"LaunchRequest\"}}".into()),
        (
            "nulls everywhere",
            json!({"version": null, "session": null, "context": null, "request": {
            "type": "LaunchRequest", "requestId": null, "timestamp": null, "locale": null}})
            .to_string(),
        ),
        (
            "a null user",
            json!({"session": {"user": {"userId": null}, "sessionId": "s"}, "context": {"System": {
            "user": {"userId": null}, "person": null}}, "request": {"type": "LaunchRequest"}})
            .to_string(),
        ),
        ("milliseconds", r#"{"request":{"type":"LaunchRequest","timestamp":1767225600000}}"#.into()),
        ("no zone", r#"{"request":{"type":"LaunchRequest","timestamp":"2019-07-03T00:00:00"}}"#.into()),
        ("a locale of elsewhere", r#"{"request":{"type":"LaunchRequest","locale":"ar-SA"}}"#.into()),
        ("an odd locale", r#"{"request":{"type":"LaunchRequest","locale":"../../etc/passwd"}}"#.into()),
        (
            "unknown members",
            json!({"new": [1, {"a": null}], "request": {"type": "LaunchRequest", "x": {"y": [[]]}},
            "context": {"System": {"device": {"z": 1}}, "Viewports": [{}], "Extensions": {"available": {}}}})
            .to_string(),
        ),
        ("no slots", r#"{"request":{"type":"IntentRequest","intent":{"name":"AMAZON.HelpIntent"}}}"#.into()),
        (
            "null slots",
            r#"{"request":{"type":"IntentRequest","intent":{"name":"AMAZON.HelpIntent","slots":null}}}"#.into(),
        ),
        ("no intent", r#"{"request":{"type":"IntentRequest"}}"#.into()),
        (
            "an unknown intent",
            r#"{"request":{"type":"IntentRequest","intent":{"name":"DanceIntent","slots":{"a":{}}}}}"#.into(),
        ),
        (
            "every type wrong",
            json!({"session": 5, "context": [], "request": {"type": "IntentRequest", "requestId": {},
            "timestamp": [], "intent": "x", "error": 1}})
            .to_string(),
        ),
        (
            "a status that is a number",
            json!({"session": {"sessionId": "s", "new": false}, "request": {
            "type": "Connections.Response", "status": {"code": 200}, "cause": {"result": null}}})
            .to_string(),
        ),
        (
            "a session of odd letters",
            json!({"session": {"sessionId": "séssion ö"}, "request": {"type": "LaunchRequest"}}).to_string(),
        ),
        ("a type that is a number", r#"{"request":{"type":7}}"#.into()),
    ] {
        let (status, _, answer) = post(server, body.clone()).await;
        assert_eq!(status, 200, "{name}: {body}");
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        assert!(answer["response"].is_object(), "{name}");
        assert_eq!(ssml(&answer).is_empty(), name == "a type that is a number", "{name}: {answer}");
    }
}

async fn what_is_not_a_request_is_a_problem_and_harms_nothing(server: &Server) {
    let deep = format!("{{\"request\":{{\"type\":\"X\",\"intent\":{}1{}}}}}", "[".repeat(100_000), "]".repeat(100_000));
    // Where nothing is read, depth does not matter.
    assert_eq!(post(server, deep).await.0, 200);
    let deep_attributes = format!(
        "{{\"session\":{{\"attributes\":{}{}}},\"request\":{{\"type\":\"X\"}}}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let deep_slots = format!(
        "{{\"request\":{{\"type\":\"IntentRequest\",\"intent\":{{\"slots\":{{\"a\":{{\"slotValue\":{}{}}}}}}}}}}}",
        "{\"values\":[".repeat(10_000),
        "]}".repeat(10_000)
    );
    for (name, body, expected) in [
        ("nothing", String::new(), 400),
        ("no JSON", "hello".into(), 400),
        ("half of it", r#"{"request":{"type":"Laun"#.into(), 400),
        ("a list", "[]".into(), 400),
        ("null", "null".into(), 400),
        ("no request", "{}".into(), 400),
        ("a null request", r#"{"request":null}"#.into(), 400),
        ("no type", r#"{"request":{}}"#.into(), 400),
        ("an empty type", r#"{"request":{"type":""}}"#.into(), 400),
        ("a null type", r#"{"request":{"type":null}}"#.into(), 400),
        ("deep attributes", deep_attributes, 400),
        ("deep slots", deep_slots, 400),
        ("a bad escape", r#"{"request":{"type":"\ud800"}}"#.into(), 400),
        ("five megabytes", format!(r#"{{"request":{{"type":"X"}},"x":"{}"}}"#, "x".repeat(5 << 20)), 413),
    ] {
        let (status, content, answer) = post(server, body).await;
        assert_eq!(status, expected, "{name}");
        assert_eq!(content, "application/problem+json", "{name}");
        let problem: Value = serde_json::from_slice(&answer).unwrap();
        assert_eq!(problem["status"], expected, "{name}");
    }
    let (status, _, _) = post(server, vec![0xff, 0xfe, 0x00]).await;
    assert_eq!(status, 400);
    let get = server.client.get(server.url("/alexa")).send().await.unwrap();
    assert_eq!(get.status(), 405);
    let launch = json!({"request": {"type": "LaunchRequest"}});
    assert!(!ssml(&answered(server, &launch).await).is_empty(), "the server goes on");
}

async fn a_recognised_speaker_has_a_basket_apart_from_the_household(server: &Server) {
    let add = |user, person, request| {
        let slots = json!({"Product": {"name": "Product", "value": "coffee", "confirmationStatus": "NONE"},
            "Ordinal": {"name": "Ordinal", "value": "?"}});
        intent(&Says { user, person, request, intent: "SearchProductIntent", slots })
    };
    let ask = |user, person, request, name| intent(&Says { user, person, request, intent: name, slots: json!({}) });
    let choose = |user, person, request| {
        let slots = json!({"Ordinal": {"name": "Ordinal", "value": "1"}});
        intent(&Says { user, person, request, intent: "AddToBasketIntent", slots })
    };
    let show = "ShowBasketIntent";
    let empty = ssml(&answered(server, &ask("nobody", None, "e-1", show)).await).to_owned();
    answered(server, &add("house", Some("anna"), "a-1")).await;
    let added = answered(server, &choose("house", Some("anna"), "a-2")).await;
    // The same request again changes nothing and is answered alike.
    assert_eq!(answered(server, &choose("house", Some("anna"), "a-2")).await, added);
    let hers = ssml(&answered(server, &ask("house", Some("anna"), "a-3", show)).await).to_owned();
    assert_ne!(hers, empty, "what she put in is in her basket");
    let the_house = answered(server, &ask("house", None, "h-1", show)).await;
    assert_eq!(ssml(&the_house), empty, "the household's basket is its own");
    let others = answered(server, &ask("house", Some("bert"), "b-1", show)).await;
    assert_eq!(ssml(&others), empty);
    // Somebody who puts it in once has as much as she who sent it twice.
    answered(server, &add("control", None, "c-1")).await;
    answered(server, &choose("control", None, "c-2")).await;
    assert_eq!(ssml(&answered(server, &ask("control", None, "c-3", show)).await), hers);
    // At another device of another account she is the same person.
    let elsewhere = answered(server, &ask("office", Some("anna"), "a-4", show)).await;
    assert_eq!(ssml(&elsewhere), hers);
}

async fn asking_whether_it_could_be_done_does_nothing(server: &Server) {
    let mut request = intent(&Says {
        user: "curious",
        person: None,
        request: "f-1",
        intent: "AddToBasketIntent",
        slots: json!({"Quantity": {"name": "Quantity", "value": "2"}, "Product": {"name": "Product", "value": "coffee"}}),
    });
    request["request"]["type"] = "CanFulfillIntentRequest".into();
    let verdict = answered(server, &request).await;
    let verdict = &verdict["response"]["canFulfillIntent"];
    assert_ne!(verdict["canFulfill"], "NO");
    assert_eq!(verdict["slots"]["Quantity"], json!({"canUnderstand": "YES", "canFulfill": "YES"}));
    let show =
        |user, request| intent(&Says { user, person: None, request, intent: "ShowBasketIntent", slots: json!({}) });
    let (asked, fresh) =
        (answered(server, &show("curious", "f-2")).await, answered(server, &show("fresh", "f-3")).await);
    assert_eq!(ssml(&asked), ssml(&fresh));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_is_answered_in_words() {
    let server = Server::with(|settings| settings.alexa.max_in_flight = 1).await;
    let ask = |n: usize| {
        let (user, request) = (format!("crowd-{n}"), format!("crowd-{n}"));
        let says = Says { user: &user, person: None, request: &request, intent: "AMAZON.HelpIntent", slots: json!({}) };
        intent(&says)
    };
    let requests: Vec<_> = (0..40).map(ask).collect();
    let all = futures::future::join_all(requests.iter().map(|r| answered(&server, r))).await;
    assert!(all.iter().all(|a| !ssml(a).is_empty()));
    server.stop().await;
}

fn free_port() -> std::net::SocketAddr {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

async fn examine(server: &Server, seam: Option<(std::net::SocketAddr, std::path::PathBuf)>) -> Report {
    let (serve_chain, write_root) = seam.unzip();
    let application_id = Some("amzn1.ask.skill.test".to_owned());
    let options = Options { url: server.url("/alexa"), application_id, serve_chain, write_root };
    let examined = tokio::time::timeout(Duration::from_secs(120), doctor::examine(&options, |_, _| {}));
    examined.await.unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verifying_server_passes_the_doctor() {
    let folder = tempfile::tempdir().unwrap();
    let (address, root) = (free_port(), folder.path().join("root.pem"));
    let server = Server::with(|settings| {
        settings.alexa.verify = true;
        settings.alexa.application_ids = vec!["amzn1.ask.skill.test".into()];
        settings.alexa.extra_root = Some(root.clone());
        settings.alexa.chain_base_override = Some(format!("http://{address}"));
    })
    .await;
    let report = examine(&server, Some((address, root))).await;
    let failed: Vec<_> = report.rows.iter().filter(|r| !r.pass).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(report.rows.len() > 95, "{}", report.rows.len());
    assert!(report.notes.is_empty(), "{:?}", report.notes);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_own_root_the_doctor_tries_refusals_only() {
    // No chain can be fetched here, neither the doctor's nor Amazon's.
    let nowhere = free_port();
    let verifying = Server::with(|settings| {
        settings.alexa.verify = true;
        settings.alexa.chain_base_override = Some(format!("http://{nowhere}"));
    })
    .await;
    let report = examine(&verifying, None).await;
    assert!(report.passed() && report.rows.len() > 20 && report.notes.len() == 1, "{report:#?}");
    verifying.stop().await;
}

async fn the_doctor_finds_that_it_checks_nothing(server: &Server) {
    let report = examine(server, None).await;
    let caught = report.rows.iter().filter(|r| !r.pass).count();
    assert!(caught + 2 > report.rows.len(), "{report:#?}");
}
