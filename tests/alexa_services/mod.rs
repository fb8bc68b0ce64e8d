//! Alexa's services, called for real over TCP against a double that enforces the rules Amazon documents: tokens and
//! their scopes, permissions, limits, references told once, requests that are still open.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use voicecart::edge::alexa::services::customer::Profile;
use voicecart::edge::alexa::services::events::{Event, Notifier, OrderState, Stage, What};
use voicecart::edge::alexa::services::reminders::{Reminder, When};
use voicecart::edge::alexa::services::token::{Scope, Tokens};
use voicecart::edge::alexa::services::{Access, Caller, Endpoint, ServiceError};

use crate::support::Server;
use crate::{answered, ssml};

/// The double's memory.
#[derive(Default)]
struct Amazon {
    /// Every call: method and path.
    calls: Vec<String>,
    /// Statuses to answer the next calls with, in place of what they ask for.
    trouble: Vec<u16>,
    /// What was said while somebody waited, by request id.
    progress: Vec<(String, String)>,
    granted: Vec<&'static str>,
    reminders: Vec<Value>,
    told: Vec<Value>,
    tokens: usize,
}

type Shared = Arc<Mutex<Amazon>>;

const CUSTOMER_TOKEN: &str = "token-of-this-session";

async fn double() -> (String, Shared) {
    let amazon: Shared = Shared::default();
    let router = Router::new()
        .route("/v1/directives", post(directives))
        .route("/v1/devices/{device}/settings/{*what}", get(address))
        .route("/v2/devices/{device}/settings/{what}", get(device_setting))
        .route("/v2/accounts/~current/settings/{what}", get(profile))
        .route("/v1/alerts/reminders", any(reminders))
        .route("/v1/alerts/reminders/{token}", any(one_reminder))
        .route("/auth/O2/token", post(login))
        .route("/v1/proactiveEvents", post(events))
        .route("/v1/proactiveEvents/stages/development", post(events))
        .route("/v1/skillmessages/users/{user}", post(messages))
        .layer(axum::middleware::from_fn_with_state(amazon.clone(), trouble))
        .with_state(amazon.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (base, amazon)
}

async fn trouble(
    State(amazon): State<Shared>,
    method: Method,
    uri: Uri,
    request: axum::extract::Request,
    next: axum::middleware::Next,
) -> Response {
    let trouble = {
        let mut amazon = amazon.lock().unwrap();
        amazon.calls.push(format!("{method} {}", uri.path()));
        if amazon.trouble.is_empty() { None } else { Some(amazon.trouble.remove(0)) }
    };
    match trouble {
        Some(status) => StatusCode::from_u16(status).unwrap().into_response(),
        None => next.run(request).await,
    }
}

fn bearer(headers: &HeaderMap) -> &str {
    let value = headers.get("authorization").and_then(|v| v.to_str().ok()).unwrap_or_default();
    value.strip_prefix("Bearer ").unwrap_or_default()
}

fn as_customer(headers: &HeaderMap) -> Result<(), StatusCode> {
    if bearer(headers) == CUSTOMER_TOKEN { Ok(()) } else { Err(StatusCode::UNAUTHORIZED) }
}

fn with_leave(amazon: &Shared, scope: &str) -> Result<(), StatusCode> {
    if amazon.lock().unwrap().granted.contains(&scope) { Ok(()) } else { Err(StatusCode::FORBIDDEN) }
}

fn json_of(body: &[u8]) -> Result<Value, StatusCode> {
    serde_json::from_slice(body).map_err(|_| StatusCode::BAD_REQUEST)
}

async fn directives(State(amazon): State<Shared>, headers: HeaderMap, body: Bytes) -> Result<StatusCode, StatusCode> {
    as_customer(&headers)?;
    let body = json_of(&body)?;
    let request = body["header"]["requestId"].as_str().filter(|r| !r.is_empty()).ok_or(StatusCode::BAD_REQUEST)?;
    let speech = body["directive"]["speech"].as_str().ok_or(StatusCode::BAD_REQUEST)?;
    let legal = body["directive"]["type"] == "VoicePlayer.Speak"
        && speech.chars().count() <= 600
        && speech.starts_with("<speak>")
        && speech.ends_with("</speak>");
    let mut amazon = amazon.lock().unwrap();
    let before = amazon.progress.iter().filter(|(r, _)| r == request).count();
    if !legal || before >= 5 {
        return Err(StatusCode::BAD_REQUEST);
    }
    amazon.progress.push((request.to_owned(), speech.to_owned()));
    Ok(StatusCode::NO_CONTENT)
}

async fn address(
    State(amazon): State<Shared>,
    Path((device, what)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, StatusCode> {
    as_customer(&headers)?;
    match (device.as_str(), what.as_str()) {
        ("unset", _) => Ok(StatusCode::NO_CONTENT.into_response()),
        (_, "address") => {
            with_leave(&amazon, "address")?;
            let address = json!({"addressLine1": "410 Terry Ave North", "city": "Seattle", "postalCode": "98109",
                "stateOrRegion": "WA", "countryCode": "US", "addressLine2": null});
            Ok(axum::Json(address).into_response())
        }
        (_, "address/countryAndPostalCode") => {
            with_leave(&amazon, "postal")?;
            Ok(axum::Json(json!({"countryCode": "US", "postalCode": "98109"})).into_response())
        }
        _ => Err(StatusCode::NOT_FOUND),
    }
}

async fn device_setting(
    Path((device, what)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<axum::Json<Value>, StatusCode> {
    as_customer(&headers)?;
    let zone = match device.as_str() {
        "first" => "Pacific/Kiritimati",
        "last" => "Pacific/Pago_Pago",
        _ => "America/Los_Angeles",
    };
    if what == "System.timeZone" { Ok(axum::Json(json!(zone))) } else { Err(StatusCode::NOT_FOUND) }
}

async fn profile(
    State(amazon): State<Shared>,
    Path(what): Path<String>,
    headers: HeaderMap,
) -> Result<axum::Json<Value>, StatusCode> {
    as_customer(&headers)?;
    with_leave(&amazon, "profile")?;
    Ok(axum::Json(match what.as_str() {
        "Profile.name" => json!("Ada Lovelace"),
        "Profile.givenName" => json!("Ada"),
        "Profile.email" => json!("ada@shop.example"),
        "Profile.mobileNumber" => json!({"countryCode": "+1", "phoneNumber": "5550100"}),
        _ => return Err(StatusCode::NOT_FOUND),
    }))
}

async fn reminders(
    State(amazon): State<Shared>,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Result<axum::Json<Value>, StatusCode> {
    as_customer(&headers)?;
    with_leave(&amazon, "reminders")?;
    let mut amazon = amazon.lock().unwrap();
    if method == Method::GET {
        let alerts: Vec<Value> = amazon.reminders.clone();
        return Ok(axum::Json(json!({"totalCount": alerts.len().to_string(), "alerts": alerts})));
    }
    let body = json_of(&body)?;
    let trigger = &body["trigger"];
    let timed = match trigger["type"].as_str() {
        Some("SCHEDULED_ABSOLUTE") => {
            trigger["scheduledTime"].as_str().is_some_and(|t| t.parse::<jiff::civil::DateTime>().is_ok())
        }
        Some("SCHEDULED_RELATIVE") => trigger["offsetInSeconds"].as_u64().is_some_and(|s| s > 0),
        _ => false,
    };
    let content = body["alertInfo"]["spokenInfo"]["content"].as_array().cloned().unwrap_or_default();
    let said = !content.is_empty() && content.iter().all(|c| c["locale"].is_string() && c["text"].is_string());
    let asked = body["requestTime"].as_str().is_some_and(|t| t.parse::<jiff::Timestamp>().is_ok());
    if !(timed && said && asked && matches!(body["pushNotification"]["status"].as_str(), Some("ENABLED" | "DISABLED")))
    {
        return Err(StatusCode::BAD_REQUEST);
    }
    let token = format!("reminder-{}", amazon.reminders.len() + 1);
    let info = &body["alertInfo"];
    amazon.reminders.push(json!({"alertToken": token, "status": "ON", "trigger": trigger, "alertInfo": info}));
    Ok(axum::Json(json!({"alertToken": token, "status": "ON", "version": "1"})))
}

async fn one_reminder(
    State(amazon): State<Shared>,
    method: Method,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, StatusCode> {
    as_customer(&headers)?;
    with_leave(&amazon, "reminders")?;
    let mut amazon = amazon.lock().unwrap();
    let before = amazon.reminders.len();
    amazon.reminders.retain(|r| r["alertToken"] != token.as_str());
    match (method, amazon.reminders.len() < before) {
        (Method::DELETE, true) => Ok(StatusCode::OK),
        (Method::DELETE, false) => Err(StatusCode::NOT_FOUND),
        _ => Err(StatusCode::METHOD_NOT_ALLOWED),
    }
}

async fn login(State(amazon): State<Shared>, headers: HeaderMap, body: Bytes) -> Result<axum::Json<Value>, StatusCode> {
    let form: Vec<(String, String)> = url::form_urlencoded::parse(&body).into_owned().collect();
    let of = |key: &str| form.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str()).unwrap_or_default();
    let encoded = headers["content-type"].to_str().unwrap().starts_with("application/x-www-form-urlencoded");
    if !encoded || of("grant_type") != "client_credentials" {
        return Err(StatusCode::BAD_REQUEST);
    }
    if (of("client_id"), of("client_secret")) != ("skill", "s3cr&t=") {
        return Err(StatusCode::UNAUTHORIZED);
    }
    let mut amazon = amazon.lock().unwrap();
    amazon.tokens += 1;
    let token = format!("{}#{}", of("scope"), amazon.tokens);
    Ok(axum::Json(json!({"access_token": token, "expires_in": 3600, "token_type": "bearer", "scope": of("scope")})))
}

async fn events(State(amazon): State<Shared>, headers: HeaderMap, body: Bytes) -> Result<StatusCode, StatusCode> {
    if !bearer(&headers).starts_with("alexa::proactive_events#") {
        return Err(StatusCode::FORBIDDEN);
    }
    let body = json_of(&body)?;
    let time = |key: &str| body[key].as_str().and_then(|t| t.parse::<jiff::Timestamp>().ok());
    let (Some(now), Some(until)) = (time("timestamp"), time("expiryTime")) else { return Err(StatusCode::BAD_REQUEST) };
    let kept = until.as_second() - now.as_second();
    let reference = body["referenceId"].as_str().unwrap_or_default();
    let known = match body["event"]["name"].as_str() {
        Some("AMAZON.OrderStatus.Updated") => {
            let states = OrderState::ALL.map(OrderState::name);
            let state = body["event"]["payload"]["state"]["status"].as_str().unwrap_or_default();
            states.contains(&state) && named(&body, "sellerName", &body["event"]["payload"]["order"]["seller"]["name"])
        }
        Some("AMAZON.MessageAlert.Activated") => {
            let group = &body["event"]["payload"]["messageGroup"];
            group["count"].is_u64() && named(&body, "creatorName", &group["creator"]["name"])
        }
        _ => false,
    };
    let to_one =
        body["relevantAudience"]["type"] == "Unicast" && body["relevantAudience"]["payload"]["user"].is_string();
    if !known || !to_one || !(300..=86_400).contains(&kept) || reference.is_empty() {
        return Err(StatusCode::BAD_REQUEST);
    }
    let mut amazon = amazon.lock().unwrap();
    if amazon.told.iter().any(|t| t["referenceId"] == reference) {
        return Err(StatusCode::CONFLICT);
    }
    amazon.told.push(body);
    Ok(StatusCode::ACCEPTED)
}

/// A name that stands for itself in every locale.
fn named(body: &Value, attribute: &str, name: &Value) -> bool {
    let all = body["localizedAttributes"].as_array().cloned().unwrap_or_default();
    *name == format!("localizedattribute:{attribute}")
        && !all.is_empty()
        && all.iter().all(|a| a["locale"].is_string() && a[attribute].is_string())
}

async fn messages(Path(user): Path<String>, headers: HeaderMap, body: Bytes) -> Result<StatusCode, StatusCode> {
    if !bearer(&headers).starts_with("alexa:skill_messaging#") {
        return Err(StatusCode::FORBIDDEN);
    }
    let body = json_of(&body)?;
    let legal = body["data"].as_object().is_some_and(|d| d.values().all(Value::is_string))
        && body["expiresAfterSeconds"].as_u64().is_some_and(|s| (60..=86_400).contains(&s));
    match (legal, user.as_str()) {
        (false, _) => Err(StatusCode::BAD_REQUEST),
        (_, "amzn1.ask.account.GONE") => Err(StatusCode::NOT_FOUND),
        _ => Ok(StatusCode::ACCEPTED),
    }
}

fn access(base: &str, device: &str) -> Access {
    Access {
        endpoint: Endpoint::of_request("https://api.eu.amazonalexa.com", Some(base)).unwrap(),
        token: SecretString::from(CUSTOMER_TOKEN),
        device: Some(device.to_owned()),
    }
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(10)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customers_device_and_profile_are_read_with_leave_only() {
    let (base, amazon) = double().await;
    let caller = Caller::new(true).unwrap();
    let here = access(&base, "amzn1.ask.device.X");
    for refused in [
        caller.address(&here, soon()).await.map(|_| ()),
        caller.country_and_postal_code(&here, soon()).await.map(|_| ()),
        caller.profile(&here, Profile::Email, soon()).await.map(|_| ()),
    ] {
        assert!(matches!(refused, Err(ServiceError::NotPermitted(403))), "{refused:?}");
    }
    amazon.lock().unwrap().granted.extend(["address", "postal", "profile"]);
    let address = caller.address(&here, soon()).await.unwrap().unwrap();
    assert_eq!((address.city.as_deref(), address.postal_code.as_deref()), (Some("Seattle"), Some("98109")));
    assert_eq!(address.address_line2, None);
    let postal = caller.country_and_postal_code(&here, soon()).await.unwrap().unwrap();
    assert_eq!((postal.country_code.as_deref(), postal.city), (Some("US"), None));
    assert_eq!(caller.address(&access(&base, "unset"), soon()).await.unwrap(), None);
    assert_eq!(caller.time_zone(&here, soon()).await.unwrap().as_deref(), Some("America/Los_Angeles"));
    for (what, expected) in
        [(Profile::Name, "Ada Lovelace"), (Profile::GivenName, "Ada"), (Profile::Email, "ada@shop.example")]
    {
        assert_eq!(caller.profile(&here, what, soon()).await.unwrap().as_deref(), Some(expected));
    }
    assert_eq!(caller.mobile_number(&here, soon()).await.unwrap().unwrap().phone_number, "5550100");

    let mut stranger = here.clone();
    stranger.token = SecretString::from("stolen");
    assert!(matches!(caller.time_zone(&stranger, soon()).await, Err(ServiceError::NotPermitted(401))));
    let before = amazon.lock().unwrap().calls.len();
    for odd in ["../../v1/alerts", "a/b", "a?b", "", "a..b"] {
        assert!(matches!(caller.time_zone(&access(&base, odd), soon()).await, Err(ServiceError::Input(_))), "{odd}");
    }
    assert_eq!(amazon.lock().unwrap().calls.len(), before, "an odd id is sent nowhere");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_be_tried_again_is_and_nothing_else() {
    let (base, amazon) = double().await;
    let caller = Caller::new(true).unwrap();
    let here = access(&base, "d");
    for (trouble, worked, calls) in [
        (vec![], true, 1),
        (vec![500], true, 2),
        (vec![429, 503], true, 3),
        (vec![500, 502, 504], false, 3),
        (vec![429, 429, 429], false, 3),
        (vec![400], false, 1),
    ] {
        *amazon.lock().unwrap() = Amazon { trouble: trouble.clone(), ..Amazon::default() };
        let result = caller.time_zone(&here, soon()).await;
        assert_eq!(result.is_ok(), worked, "{trouble:?}: {result:?}");
        assert_eq!(amazon.lock().unwrap().calls.len(), calls, "{trouble:?}");
    }
    // Said twice is worse than not at all; but what was turned away at the door was not said.
    for (trouble, calls, said) in [(vec![500], 1, 0), (vec![429], 2, 1)] {
        *amazon.lock().unwrap() = Amazon { trouble: trouble.clone(), ..Amazon::default() };
        let result = caller.progress(&here, "request-1", "<speak>One moment.</speak>", soon()).await;
        assert_eq!(result.is_ok(), said == 1, "{result:?}");
        let amazon = amazon.lock().unwrap();
        assert_eq!((amazon.calls.len(), amazon.progress.len()), (calls, said), "{trouble:?}");
    }
    *amazon.lock().unwrap() = Amazon { trouble: vec![429; 9], ..Amazon::default() };
    let began = Instant::now();
    let late = caller.time_zone(&here, Instant::now() + Duration::from_millis(150)).await;
    assert!(matches!(late, Err(ServiceError::Late)), "{late:?}");
    assert!(began.elapsed() < Duration::from_secs(2));
    let long = format!("<speak>{}</speak>", "x".repeat(600));
    assert!(matches!(caller.progress(&here, "r", &long, soon()).await, Err(ServiceError::Input(_))));
    let nowhere = access("http://127.0.0.1:9", "d");
    assert!(matches!(caller.time_zone(&nowhere, soon()).await, Err(ServiceError::Unreachable(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn reminders_are_made_listed_and_taken_back() {
    let (base, amazon) = double().await;
    let caller = Caller::new(true).unwrap();
    let here = access(&base, "d");
    let now = jiff::Timestamp::now();
    let reminder = |at| Reminder { locale: "en-US".into(), words: "Your order arrives.".into(), at };
    let at = When::At(jiff::civil::date(2026, 12, 24).at(18, 0, 0, 0));
    let refused = caller.remind(&here, &reminder(at.clone()), now, soon()).await;
    assert!(matches!(refused, Err(ServiceError::NotPermitted(403))), "{refused:?}");
    amazon.lock().unwrap().granted.push("reminders");
    let first = caller.remind(&here, &reminder(at), now, soon()).await.unwrap();
    let second = caller.remind(&here, &reminder(When::In(60)), now, soon()).await.unwrap();
    let kept = caller.reminders(&here, soon()).await.unwrap();
    let tokens: Vec<&str> = kept.iter().map(|k| k.token.as_str()).collect();
    assert_eq!(tokens, [&first, &second]);
    assert_eq!((kept[0].at, kept[1].at), (Some(jiff::civil::date(2026, 12, 24).at(18, 0, 0, 0)), None));
    assert!(kept.iter().all(|k| k.on && k.words == "Your order arrives."), "{kept:?}");
    caller.forget_reminder(&here, &first, soon()).await.unwrap();
    // Gone is gone.
    caller.forget_reminder(&here, &first, soon()).await.unwrap();
    let kept = caller.reminders(&here, soon()).await.unwrap();
    assert_eq!(kept.into_iter().map(|k| k.token).collect::<Vec<_>>(), [second]);
    assert!(caller.remind(&here, &reminder(When::In(0)), now, soon()).await.is_err());
    assert!(matches!(caller.forget_reminder(&here, "../x", soon()).await, Err(ServiceError::Input(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_event_is_told_once_in_each_of_its_states() {
    let (base, amazon) = double().await;
    let notifier = |secret: &str| {
        let caller = Caller::new(true).unwrap();
        let tokens = Tokens::new(caller.clone(), "skill", SecretString::from(secret), Some(&base));
        Notifier::new(caller, tokens, Endpoint::default_region(Some(&base)))
    };
    let now = jiff::Timestamp::now();
    let event = |reference: &str, what| Event {
        user: "amzn1.ask.account.X".into(),
        reference: reference.into(),
        names: vec![("en-US".into(), "Green Grocer".into()), ("en-GB".into(), "Green Grocer".into())],
        what,
    };
    let ours = notifier("s3cr&t=");
    for state in OrderState::ALL {
        let what = || What::Order { state, since: now, expected: None };
        let reference = format!("58672~{}", state.name().replace('_', ""));
        // Told twice, heard once.
        ours.tell(&event(&reference, what()), Stage::Development, now, soon()).await.unwrap();
        ours.tell(&event(&reference, what()), Stage::Development, now, soon()).await.unwrap();
    }
    ours.tell(&event("messages", What::Message { count: 2 }), Stage::Live, now, soon()).await.unwrap();
    assert_eq!(amazon.lock().unwrap().told.len(), 7);
    assert_eq!(amazon.lock().unwrap().tokens, 1, "one token serves them all");

    let data = json!({"order": "58672"});
    ours.message("amzn1.ask.account.X", data.as_object().unwrap(), 3_600, soon()).await.unwrap();
    assert_eq!(amazon.lock().unwrap().tokens, 2, "another scope, another token");
    let gone = ours.message("amzn1.ask.account.GONE", data.as_object().unwrap(), 3_600, soon()).await;
    assert!(matches!(gone, Err(ServiceError::Unknown)), "{gone:?}");
    for (user, data, seconds) in [
        ("u", json!({"n": 5}), 3_600),
        ("u", json!({"x": "y".repeat(6_144)}), 3_600),
        ("u", json!({}), 59),
        ("a/b", json!({}), 60),
    ] {
        let refused = ours.message(user, data.as_object().unwrap(), seconds, soon()).await;
        assert!(matches!(refused, Err(ServiceError::Input(_))), "{refused:?}");
    }

    // A token that is withdrawn is replaced once; credentials that are wrong are not tried twice.
    amazon.lock().unwrap().trouble = vec![401];
    ours.tell(&event("again", What::Message { count: 1 }), Stage::Live, now, soon()).await.unwrap();
    assert_eq!(amazon.lock().unwrap().tokens, 3);
    let wrong = notifier("wrong").tell(&event("w", What::Message { count: 1 }), Stage::Live, now, soon()).await;
    assert!(matches!(wrong, Err(ServiceError::NotPermitted(401))), "{wrong:?}");

    // The same from the command line, which a nightly job may run as often as it likes.
    let notify = |secret: &str| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_voicecart"));
        command.args(["alexa", "notify", "--user", "amzn1.ask.account.X", "--order", "58-672", "--state", "delivered"]);
        command.args(["--seller", "Green Grocer", "--client-id", "skill"]);
        command.env("ALEXA_CLIENT_SECRET", secret).env("VOICECART_ALEXA_SERVICES_OVERRIDE", &base);
        tokio::task::spawn_blocking(move || command.output().unwrap())
    };
    for _ in 0..2 {
        let out = notify("s3cr&t=").await.unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    }
    {
        let amazon = amazon.lock().unwrap();
        let told: Vec<_> = amazon.told.iter().filter(|t| t["referenceId"] == "58672~ORDERDELIVERED").collect();
        assert_eq!(told.len(), 1, "{:?}", amazon.told);
    }
    let out = notify("wr0ng").await.unwrap();
    let complaint = String::from_utf8_lossy(&out.stderr).into_owned();
    assert_eq!(out.status.code(), Some(3), "{complaint}");
    assert!(complaint.contains("does not permit") && !complaint.contains("wr0ng"), "{complaint}");

    let caller = Caller::new(true).unwrap();
    let tokens = Tokens::new(caller, "skill", SecretString::from("s3cr&t="), Some(&base));
    let (one, two) = tokio::join!(tokens.get(Scope::SkillMessaging, soon()), tokens.get(Scope::SkillMessaging, soon()));
    assert_eq!(one.unwrap().expose_secret(), two.unwrap().expose_secret(), "two who ask at once get one token");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_hears_a_word_before_the_answer() {
    let (base, amazon) = double().await;
    let server = Server::with(|settings| {
        settings.alexa.services_override = Some(base.clone());
        settings.alexa.progress_after_ms = 0;
    })
    .await;
    let ask = |id: &str, endpoint: &str, kind: &str| {
        json!({"session": {"new": false, "sessionId": "waits", "user": {"userId": "waits"}},
            "context": {"System": {"apiEndpoint": endpoint, "apiAccessToken": CUSTOMER_TOKEN,
                "device": {"deviceId": "d"}, "user": {"userId": "waits"}}},
            "request": {"type": kind, "requestId": id, "locale": "en-US",
                "intent": {"name": "SearchProductIntent", "slots": {"Query": {"name": "Query", "value": "tea"}}}}})
    };
    let found = answered(&server, &ask("w-1", "https://api.eu.amazonalexa.com", "IntentRequest")).await;
    assert!(ssml(&found).contains("tea"));
    let progress = amazon.lock().unwrap().progress.clone();
    assert_eq!(progress.len(), 1, "{progress:?}");
    assert_eq!(progress[0].0, "w-1");
    assert!(progress[0].1.starts_with("<speak>One moment"), "{progress:?}");

    // A token is never sent to an address that only looks like Amazon's, and trouble there never costs the answer.
    answered(&server, &ask("w-2", "https://api.amazonalexa.com.evil.example", "IntentRequest")).await;
    answered(&server, &ask("w-3", "https://api.amazonalexa.com", "Connections.Response")).await;
    assert_eq!(words_meanwhile(&amazon), 1);
    amazon.lock().unwrap().trouble = vec![500; 9];
    let found = answered(&server, &ask("w-4", "https://api.amazonalexa.com", "IntentRequest")).await;
    assert!(ssml(&found).contains("tea"));
    server.stop().await;

    // Nobody is told to wait who does not have to.
    amazon.lock().unwrap().trouble.clear();
    amazon.lock().unwrap().calls.clear();
    let server = Server::with(|settings| settings.alexa.services_override = Some(base.clone())).await;
    answered(&server, &ask("w-5", "https://api.amazonalexa.com", "IntentRequest")).await;
    assert_eq!(words_meanwhile(&amazon), 0);
    server.stop().await;
}

fn words_meanwhile(amazon: &Shared) -> usize {
    amazon.lock().unwrap().calls.iter().filter(|call| call.ends_with("/v1/directives")).count()
}

/// Somebody at a device whose skill may ask Alexa's services.
struct Customer<'s> {
    server: &'s Server,
    user: &'static str,
    device: &'static str,
    /// What the request says the customer has allowed.
    scopes: Value,
    visits: u32,
    turns: u32,
}

impl Customer<'_> {
    fn at<'s>(server: &'s Server, user: &'static str, device: &'static str) -> Customer<'s> {
        Customer { server, user, device, scopes: json!({}), visits: 0, turns: 0 }
    }

    async fn sends(&mut self, request: Value) -> Value {
        self.turns += 1;
        let mut request = request;
        request["requestId"] = format!("{}-{}", self.user, self.turns).into();
        request["locale"] = "en-US".into();
        let envelope = json!({
            "session": {"new": false, "sessionId": format!("{}-{}", self.user, self.visits), "user": {"userId": self.user}},
            "context": {"System": {"apiEndpoint": "https://api.amazonalexa.com", "apiAccessToken": CUSTOMER_TOKEN,
                "device": {"deviceId": self.device},
                "user": {"userId": self.user, "permissions": {"scopes": self.scopes}}}},
            "request": request});
        answered(self.server, &envelope).await
    }

    async fn says(&mut self, intent: &str, slots: &[(&str, &str)]) -> Value {
        let slots: serde_json::Map<String, Value> =
            slots.iter().map(|(n, v)| ((*n).to_owned(), json!({"name": n, "value": v}))).collect();
        self.sends(json!({"type": "IntentRequest", "intent": {"name": intent, "slots": slots}})).await
    }
}

fn asks_for(answer: &Value, scope: &str) -> bool {
    let card = &answer["response"]["card"];
    card["type"] == "AskForPermissionsConsent" && card["permissions"] == json!([scope])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_asks_alexa_for_what_it_may_know() {
    let (base, amazon) = double().await;
    let server = Server::with(|settings| settings.alexa.services_override = Some(base.clone())).await;
    let allow = |what: &[&'static str]| amazon.lock().unwrap().granted = what.to_vec();
    let called = |what: &str| amazon.lock().unwrap().calls.iter().filter(|call| call.contains(what)).count();
    const ADDRESS: &str = "read::alexa:device:all:address";
    const REMINDERS: &str = "alexa::alerts:reminders:skill:readwrite";

    // A name is asked for only where the request says that it may be.
    let mut ada = Customer::at(&server, "amzn1.ask.account.ADA", "kitchen");
    allow(&["profile"]);
    let launch = json!({"type": "LaunchRequest"});
    assert!(!ssml(&ada.sends(launch.clone()).await).contains("Ada"));
    assert_eq!(called("Profile."), 0);
    ada.scopes = json!({"alexa::profile:given_name:read": {"status": "GRANTED"}});
    ada.visits += 1;
    assert!(ssml(&ada.sends(launch).await).contains("Hello Ada."));

    // An offer without an address: the card asks for leave, once, and the offer stands.
    let buys = [("Product", "bananas")];
    let offer = ada.says("BuyProductIntent", &buys).await;
    assert!(asks_for(&offer, ADDRESS) && ssml(&offer).contains("Shall I place the order"), "{offer}");
    assert!(ssml(&offer).contains("where to deliver"), "{offer}");
    ada.says("AMAZON.NoIntent", &[]).await;
    let again = ada.says("BuyProductIntent", &buys).await;
    assert!(!asks_for(&again, ADDRESS) && ssml(&again).contains("Shall I place the order"), "{again}");
    // Wished for with the offer open: without leave it stays open, with leave it is made anew.
    let refused = ada.says("ChooseAddressIntent", &[("Label", "alexa")]).await;
    assert!(asks_for(&refused, ADDRESS), "{refused}");
    allow(&["address"]);
    let offer = ada.says("ChooseAddressIntent", &[("Label", "Alexa address")]).await;
    assert!(ssml(&offer).contains("410 Terry Ave North") && ssml(&offer).contains("Shall I place"), "{offer}");
    let bought = ada.says("AMAZON.YesIntent", &[]).await;
    assert!(ssml(&bought).contains("order number"), "{bought}");
    // Known from then on, without another question to Alexa.
    let before = called("/address");
    ada.visits += 1;
    assert!(ssml(&ada.says("BuyProductIntent", &buys).await).contains("410 Terry Ave North"));
    assert_eq!(called("/address"), before);

    // Reminders: nothing without leave, nothing without a yes, and one for one.
    let wish = [("Product", "dog food"), ("Date", "2031-05")];
    ada.visits += 1;
    let refused = ada.says("RemindToOrderIntent", &wish).await;
    assert!(asks_for(&refused, REMINDERS), "{refused}");
    allow(&["reminders"]);
    let asked = ada.says("RemindToOrderIntent", &wish).await;
    assert!(ssml(&asked).contains("Shall I remind you"), "{asked}");
    assert!(amazon.lock().unwrap().reminders.is_empty());
    ada.says("AMAZON.NoIntent", &[]).await;
    assert!(amazon.lock().unwrap().reminders.is_empty());
    ada.says("RemindToOrderIntent", &wish).await;
    let made = ada.says("AMAZON.YesIntent", &[]).await;
    ada.turns -= 1;
    assert_eq!(ssml(&ada.says("AMAZON.YesIntent", &[]).await), ssml(&made), "the same request again");
    let reminders = amazon.lock().unwrap().reminders.clone();
    assert_eq!(reminders.len(), 1, "{reminders:?}");
    assert_eq!(reminders[0]["trigger"]["scheduledTime"], "2031-05-01T09:00:00.000");
    // Her order is not packed yet, so its day is not known.
    let none = ada.says("RemindOfArrivalIntent", &[]).await;
    assert!(ssml(&none).contains("no order on its way"), "{none}");

    // The permission is taken back: what was lent is gone, and the next offer has nowhere to go.
    let changed = |scopes: Value| json!({"type": "AlexaSkillEvent.SkillPermissionChanged", "body": {"acceptedPermissions": scopes}});
    ada.sends(changed(json!([{"scope": ADDRESS}]))).await;
    ada.visits += 1;
    assert!(ssml(&ada.says("BuyProductIntent", &buys).await).contains("410 Terry"));
    ada.sends(changed(json!([{"scope": REMINDERS}]))).await;
    ada.visits += 1;
    let offer = ada.says("BuyProductIntent", &buys).await;
    assert!(!ssml(&offer).contains("410 Terry") && asks_for(&offer, ADDRESS), "{offer}");

    // Taken back while an offer to it is open: a yes to that offer buys nothing, and says why.
    allow(&["address"]);
    ada.says("ChooseAddressIntent", &[("Label", "alexa address")]).await;
    ada.visits += 1;
    let offer = ada.says("BuyProductIntent", &buys).await;
    assert!(ssml(&offer).contains("410 Terry") && ssml(&offer).contains("Shall I place"), "{offer}");
    allow(&["reminders"]);
    ada.sends(changed(json!([{"scope": REMINDERS}]))).await;
    let anew = ada.says("AMAZON.YesIntent", &[]).await;
    assert!(ssml(&anew).contains("may no longer use the address") && ssml(&anew).contains("Shall I place"), "{anew}");
    assert!(!ssml(&anew).contains("410 Terry") && asks_for(&anew, ADDRESS), "{anew}");
    let bought = ada.says("AMAZON.YesIntent", &[]).await;
    assert!(ssml(&bought).contains("order number") && !ssml(&bought).contains("410 Terry"), "{bought}");

    // Reminders are taken back as they are made: not without leave, and not without a yes to the very one.
    let mut joan = Customer::at(&server, "amzn1.ask.account.JOAN", "hall");
    let tokens = || -> Vec<String> {
        let amazon = amazon.lock().unwrap();
        amazon.reminders.iter().map(|r| r["alertToken"].as_str().unwrap().to_owned()).collect()
    };
    allow(&[]);
    let refused = joan.says("CancelReminderIntent", &[]).await;
    assert!(asks_for(&refused, REMINDERS) && ssml(&refused).contains("your reminders"), "{refused}");
    allow(&["reminders"]);
    let before = tokens();
    let one = joan.says("CancelReminderIntent", &[]).await;
    assert!(ssml(&one).contains("You wanted to order dog food. Shall I cancel it?"), "{one}");
    joan.says("AMAZON.NoIntent", &[]).await;
    assert_eq!(tokens(), before, "a no leaves it");
    // A second one, and one that has been heard already, which cannot be taken back.
    joan.says("RemindToOrderIntent", &[("Product", "coffee"), ("Date", "2031-07-04")]).await;
    joan.says("AMAZON.YesIntent", &[]).await;
    amazon.lock().unwrap().reminders.push(json!({"alertToken": "heard", "status": "COMPLETED",
        "trigger": {"type": "SCHEDULED_ABSOLUTE", "scheduledTime": "2020-01-01T09:00:00.000"},
        "alertInfo": {"spokenInfo": {"content": [{"locale": "en-US", "text": "Tea."}]}}}));
    let which = joan.says("CancelReminderIntent", &[]).await;
    let (said, deletions) = (ssml(&which).to_owned(), || called("DELETE"));
    assert!(
        said.contains("These reminders come next") && said.contains("First") && said.contains("order coffee"),
        "{said}"
    );
    let third = joan.says("ChooseResultIntent", &[("Ordinal", "3")]).await;
    assert!(ssml(&third).contains("two"), "{third}");
    let chosen = joan.says("ChooseResultIntent", &[("Ordinal", "2")]).await;
    assert!(ssml(&chosen).contains("order coffee. Shall I cancel it?"), "{chosen}");
    assert_eq!(deletions(), 0);
    let gone = joan.says("AMAZON.YesIntent", &[]).await;
    assert!(ssml(&gone).contains("is cancelled"), "{gone}");
    assert_eq!((deletions(), tokens()), (1, [before.clone(), vec!["heard".into()]].concat()));
    // The same request again deletes nothing more; what is gone already is gone.
    joan.turns -= 1;
    assert_eq!(ssml(&joan.says("AMAZON.YesIntent", &[]).await), ssml(&gone));
    let named = joan.says("CancelReminderIntent", &[("Product", "dog food")]).await;
    assert!(ssml(&named).contains("order dog food. Shall I cancel it?"), "{named}");
    amazon.lock().unwrap().reminders.retain(|r| r["alertToken"] == "heard");
    assert!(ssml(&joan.says("AMAZON.YesIntent", &[]).await).contains("is cancelled"));
    let none = joan.says("CancelReminderIntent", &[]).await;
    assert!(ssml(&none).contains("no reminder of mine"), "{none}");
    // Not reached: nothing is claimed.
    amazon.lock().unwrap().trouble = vec![500; 9];
    let failed = joan.says("CancelReminderIntent", &[]).await;
    assert!(ssml(&failed).contains("count on none being cancelled"), "{failed}");
    amazon.lock().unwrap().trouble.clear();

    // A device without an address says so, and one that cannot be asked changes nothing.
    let mut unset = Customer::at(&server, "amzn1.ask.account.NEW", "unset");
    let none = unset.says("ChooseAddressIntent", &[("Label", "alexa address")]).await;
    assert!(ssml(&none).contains("no address yet"), "{none}");

    // It is a day later where the first device stands than where the last one does: what is later there is today here.
    let today = jiff::Timestamp::now().in_tz("Pacific/Kiritimati").unwrap().date().to_string();
    let (mut first, mut last) = (Customer::at(&server, "FIRST", "first"), Customer::at(&server, "LAST", "last"));
    let wish = [("Product", "dog food"), ("Date", today.as_str())];
    assert!(ssml(&first.says("RemindToOrderIntent", &wish).await).contains("today already"));
    assert!(ssml(&last.says("RemindToOrderIntent", &wish).await).contains("Shall I remind you"));
    first.says("AMAZON.HelpIntent", &[]).await;
    assert_eq!(called("/devices/first/settings/System.timeZone"), 1, "a device is asked once");
    server.stop().await;
}
