//! Account linking of a real server: Authlib links an account as Alexa's servers do, Chromium signs in by keyboard
//! alone, and the Alexa door knows whose token it is. And everybody who tries to get a token that is not theirs.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers outside #[test] functions too

mod support;

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use support::{Server, clients};
use url::Url;
use voicecart::clock::{RandomIds, SystemClock};
use voicecart::config::Settings;
use voicecart::shop::password::{LoginName, Password};
use voicecart::shop::{CustomerId, Customers};
use voicecart::store::Store;

const SECRET: &str = "a-secret-of-the-tests";
const LOGIN: &str = "ada@example.com";
const PASSWORD: &str = "wine-dark sea";
const BACK: &str = "https://layla.amazon.com/api/skill/link/M1TESTS";
const VERIFIER: &str = "a-verifier-is-43-to-128-unreserved-characters";

async fn store(server: &Server) -> Store {
    let settings = Settings { data_dir: server.data.path().join("data"), ..Settings::default() };
    voicecart::app::open_store(&settings).await.unwrap()
}

async fn started() -> Server {
    let server = Server::with(|s| {
        s.linking.client_id = Some("alexa".into());
        s.linking.client_secret = Some(SECRET.into());
        s.linking.vendor = Some("M1TESTS".into());
        s.linking.redirects = vec!["http://127.0.0.1:9/back".into()];
    })
    .await;
    let clock = Arc::new(SystemClock::new(jiff::tz::TimeZone::UTC));
    let store = store(&server).await;
    let customers = Customers::new(store.clone(), clock, Arc::new(RandomIds));
    let (ada, name) = (CustomerId::new("ada").unwrap(), LoginName::new(LOGIN).unwrap());
    customers.set_login(&ada, &name, Password::new(PASSWORD).unwrap()).await.unwrap();
    store.close().await;
    server
}

fn query(change: &[(&str, &str)]) -> Vec<(String, String)> {
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
    let mut all = vec![
        ("response_type", "code"),
        ("client_id", "alexa"),
        ("redirect_uri", BACK),
        ("state", "A2SAAE&=+%/ü<\"'>"),
        ("scope", "shop"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    for (name, value) in change {
        all.retain(|(n, _)| n != name);
        if !value.is_empty() {
            all.push((name, value));
        }
    }
    all.into_iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect()
}

fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

async fn post(server: &Server, path: &str, form: &[(String, String)]) -> reqwest::Response {
    let body: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let request = client().post(server.url(path)).header("content-type", "application/x-www-form-urlencoded");
    request.body(body).send().await.unwrap()
}

async fn sign_in(server: &Server, login: &str, password: &str, change: &[(&str, &str)]) -> reqwest::Response {
    let mut form = query(change);
    form.extend([("login".into(), login.into()), ("password".into(), password.into())]);
    post(server, "/oauth/authorize", &form).await
}

/// A parameter of the address that an answer sends the browser to.
fn sent_back(answer: &reqwest::Response, name: &str) -> Option<String> {
    let location = Url::parse(answer.headers().get("location")?.to_str().unwrap()).unwrap();
    location.query_pairs().find(|(n, _)| n == name).map(|(_, v)| v.into_owned())
}

async fn code(server: &Server) -> String {
    let answer = sign_in(server, LOGIN, PASSWORD, &[]).await;
    assert_eq!(answer.status(), 303);
    sent_back(&answer, "code").unwrap()
}

/// The token endpoint's answer to a form, with the client's id and secret unless the form changes them.
async fn exchange(server: &Server, form: &[(&str, &str)]) -> (u16, Value) {
    let mut all = vec![("client_id", "alexa"), ("client_secret", SECRET)];
    all.retain(|(n, _)| !form.iter().any(|(f, _)| f == n));
    all.extend(form);
    let form: Vec<_> = all.into_iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
    let answer = post(server, "/oauth/token", &form).await;
    assert_eq!(answer.headers().get("cache-control").unwrap(), "no-store");
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn redeem(server: &Server, code: &str) -> (u16, Value) {
    let form =
        [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", BACK), ("code_verifier", VERIFIER)];
    exchange(server, &form).await
}

fn system(user: &str, token: Option<&str>) -> Value {
    let mut user = json!({"userId": user});
    if let Some(token) = token {
        user["accessToken"] = token.into();
    }
    json!({"System": {"application": {"applicationId": "amzn1.ask.skill.test"}, "user": user}})
}

async fn alexa(server: &Server, request: &Value) -> Value {
    let answer = server.client.post(server.url("/alexa")).json(request).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

/// What Alexa is told when this user says this.
async fn said(server: &Server, user: &str, token: Option<&str>, intent: &str, slots: Value) -> Value {
    let id = ulid::Ulid::generate().to_string();
    let request = json!({"version": "1.0", "context": system(user, token),
        "session": {"new": false, "sessionId": format!("s-{user}"), "user": {"userId": user}},
        "request": {"type": "IntentRequest", "requestId": id, "locale": "en-US",
            "timestamp": jiff::Timestamp::now().to_string(), "intent": {"name": intent, "slots": slots}}});
    alexa(server, &request).await
}

async fn event(server: &Server, kind: &str, user: &str, body: Value) {
    let request = json!({"version": "1.0", "context": system(user, None),
        "request": {"type": kind, "requestId": ulid::Ulid::generate().to_string(),
            "timestamp": jiff::Timestamp::now().to_string(), "body": body}});
    assert_eq!(alexa(server, &request).await["response"], json!({}));
}

fn ssml(answer: &Value) -> &str {
    answer.pointer("/response/outputSpeech/ssml").and_then(Value::as_str).unwrap()
}

fn card(answer: &Value) -> &str {
    answer.pointer("/response/card/type").and_then(Value::as_str).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn authlib_links_an_account_and_alexa_shops_with_it() {
    let server = started().await;
    let arguments =
        [&server.url(""), "alexa", SECRET, LOGIN, PASSWORD, BACK].map(|a| a.trim_end_matches('/').to_owned());
    let Some(python) = tokio::task::spawn_blocking(clients::python).await.unwrap() else { return };
    let script = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/account_linking.py");
    let tokens: Value = serde_json::from_str(&clients::run(&python, &script, arguments.to_vec()).await).unwrap();
    let token = |name: &str| tokens[name]["access_token"].as_str().unwrap().to_owned();

    let orders = said(&server, "u1", Some(&token("second")), "OrderHistoryIntent", json!({})).await;
    assert!(ssml(&orders).contains("order") && card(&orders) != "LinkAccount", "{orders}");
    let lapsed = said(&server, "u1", Some(&token("revoked")), "AMAZON.HelpIntent", json!({})).await;
    assert_eq!((card(&lapsed), &lapsed["response"]["shouldEndSession"]), ("LinkAccount", &json!(true)), "{lapsed}");

    // Nothing that opens a door is to be found in the database.
    let kept: Vec<u8> = std::fs::read_dir(server.data.path().join("data"))
        .unwrap()
        .flat_map(|file| std::fs::read(file.unwrap().path()).unwrap_or_default())
        .collect();
    let has = |text: &str| kept.windows(text.len()).any(|w| w == text.as_bytes());
    assert!(has("$argon2id$") && has(LOGIN));
    for name in ["first", "second", "revoked"] {
        for kind in ["access_token", "refresh_token"] {
            let secret = tokens[name][kind].as_str().unwrap();
            assert!(secret.len() > 40 && !has(secret) && !has(&secret[4..]), "{name} {kind} is kept in the clear");
        }
    }
    assert!(!has(PASSWORD) && !has(SECRET));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_links_an_account_and_takes_the_basket_along() {
    let server = started().await;
    let eggs = json!({"Product": {"name": "Product", "value": "eggs"}});
    let added = said(&server, "u2", None, "AddToBasketIntent", eggs).await;
    assert!(ssml(&added).to_lowercase().contains("egg"), "{added}");
    for intent in ["CheckoutIntent", "OrderHistoryIntent", "ReorderUsualIntent"] {
        let asked = said(&server, "u2", None, intent, json!({})).await;
        assert_eq!(card(&asked), "LinkAccount", "{asked}");
        assert!(ssml(&asked).contains("Alexa app"), "{asked}");
    }
    let (status, tokens) = redeem(&server, &code(&server).await).await;
    assert_eq!(status, 200);
    let token = tokens["access_token"].as_str().unwrap();
    event(&server, "AlexaSkillEvent.SkillAccountLinked", "u2", json!({"accessToken": token})).await;

    let basket = said(&server, "u2", Some(token), "ShowBasketIntent", json!({})).await;
    assert!(ssml(&basket).to_lowercase().contains("egg"), "{basket}");
    let checkout = said(&server, "u2", Some(token), "CheckoutIntent", json!({})).await;
    assert_ne!(card(&checkout), "LinkAccount", "{checkout}");
    // A recognised speaker of the household with no link of their own shops with the household's.
    let person = json!({"version": "1.0", "context": system("u2", Some(token)),
        "request": {"type": "IntentRequest", "requestId": "person", "timestamp": jiff::Timestamp::now().to_string(),
            "intent": {"name": "OrderHistoryIntent"}}});
    let mut person = person;
    person["context"]["System"]["person"] = json!({"personId": "p"});
    assert_ne!(card(&alexa(&server, &person).await), "LinkAccount");

    // Unlinked in the app: requests come without a token, and show nothing of the account.
    let gone = said(&server, "u2", None, "OrderHistoryIntent", json!({})).await;
    assert_eq!(card(&gone), "LinkAccount", "{gone}");
    let empty = said(&server, "u2", None, "ShowBasketIntent", json!({})).await;
    assert!(!ssml(&empty).to_lowercase().contains("egg"), "{empty}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_skill_takes_its_tokens_with_it() {
    let server = started().await;
    let (_, tokens) = redeem(&server, &code(&server).await).await;
    let (token, refresh) = (tokens["access_token"].as_str().unwrap(), tokens["refresh_token"].as_str().unwrap());
    let known = said(&server, "u3", Some(token), "OrderHistoryIntent", json!({})).await;
    assert_ne!(card(&known), "LinkAccount");
    event(&server, "AlexaSkillEvent.SkillDisabled", "another", json!({})).await;
    assert_ne!(card(&said(&server, "u3", Some(token), "OrderHistoryIntent", json!({})).await), "LinkAccount");
    event(&server, "AlexaSkillEvent.SkillDisabled", "u3", json!({})).await;
    assert_eq!(card(&said(&server, "u3", Some(token), "OrderHistoryIntent", json!({})).await), "LinkAccount");
    let (status, refused) = exchange(&server, &[("grant_type", "refresh_token"), ("refresh_token", refresh)]).await;
    assert_eq!((status, &refused["error"]), (400, &json!("invalid_grant")));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_a_token_that_is_not_theirs() {
    let server = started().await;
    let redeemed = |change: &'static [(&'static str, &'static str)]| {
        let server = &server;
        async move {
            let code = code(server).await;
            let mut form = vec![
                ("grant_type", "authorization_code"),
                ("code", code.as_str()),
                ("redirect_uri", BACK),
                ("code_verifier", VERIFIER),
            ];
            form.retain(|(n, _)| !change.iter().any(|(c, _)| c == n));
            form.extend(change.iter().filter(|(_, v)| !v.is_empty()));
            let (status, body) = exchange(server, &form).await;
            (status, body["error"].as_str().unwrap_or_default().to_owned())
        }
    };
    for (change, status, error) in [
        (&[][..], 200, ""),
        (&[("code_verifier", "")], 400, "invalid_grant"),
        (&[("code_verifier", "another-verifier-of-at-least-43-characters-xyz")], 400, "invalid_grant"),
        (&[("code_verifier", "short")], 400, "invalid_request"),
        (&[("redirect_uri", "http://127.0.0.1:9/back")], 400, "invalid_grant"),
        (&[("redirect_uri", "")], 400, "invalid_request"),
        (&[("code", "vcc_guessed")], 400, "invalid_grant"),
        (&[("client_secret", "wrong")], 401, "invalid_client"),
        (&[("client_secret", " ")], 401, "invalid_client"),
        (&[("client_id", "other")], 401, "invalid_client"),
        (&[("grant_type", "password")], 400, "unsupported_grant_type"),
        (&[("grant_type", "")], 400, "invalid_request"),
        (&[("grant_type", "refresh_token"), ("refresh_token", "vcr_guessed")], 400, "invalid_grant"),
    ] {
        assert_eq!(redeemed(change).await, (status, error.to_owned()), "{change:?}");
    }
    let twice = code(&server).await;
    let (_, first) = redeem(&server, &twice).await;
    assert_eq!(redeem(&server, &twice).await.0, 400);
    let token = first["access_token"].as_str();
    assert_eq!(card(&said(&server, "u4", token, "AMAZON.HelpIntent", json!({})).await), "LinkAccount");

    // A refresh token opens no door by itself, and an access token refreshes nothing.
    let (_, tokens) = redeem(&server, &code(&server).await).await;
    assert_eq!(
        card(&said(&server, "u4", tokens["refresh_token"].as_str(), "AMAZON.HelpIntent", json!({})).await),
        "LinkAccount"
    );
    let form = [("grant_type", "refresh_token"), ("refresh_token", tokens["access_token"].as_str().unwrap())];
    assert_eq!(exchange(&server, &form).await.0, 400);
    let doubled = post(&server, "/oauth/token", &[("code".into(), "a".into()), ("code".into(), "b".into())]).await;
    assert_eq!(doubled.status(), 400);
    let large = post(&server, "/oauth/token", &[("code".into(), "a".repeat(20_000))]).await;
    assert_eq!(large.status(), 413);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn shoppers_are_sent_back_only_where_the_merchant_allows() {
    let server = started().await;
    let opened = async |change: &[(&str, &str)]| {
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query(change)).finish();
        client().get(format!("{}?{query}", server.url("/oauth/authorize"))).send().await.unwrap()
    };
    let page = opened(&[]).await;
    assert_eq!(page.status(), 200);
    let policy = page.headers().get("content-security-policy").unwrap().to_str().unwrap().to_owned();
    assert!(policy.contains("form-action 'self' https://layla.amazon.com;"), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'") && page.headers().get("x-frame-options").unwrap() == "DENY");
    assert_eq!(page.headers().get("cache-control").unwrap(), "no-store");
    let html = page.text().await.unwrap();
    assert!(html.contains("A2SAAE&amp;=+%/ü&lt;&quot;&#39;&gt;"), "{html}");

    for change in [
        [("redirect_uri", "https://evil.example/api/skill/link/M1TESTS")],
        [("redirect_uri", "https://layla.amazon.com/api/skill/link/M2OTHER")],
        [("redirect_uri", "http://127.0.0.1:9/back/more")],
        [("redirect_uri", "")],
        [("client_id", "other")],
        [("client_id", "")],
    ] {
        let page = opened(&change).await;
        assert_eq!((page.status().as_u16(), page.headers().get("location")), (400, None), "{change:?}");
        assert!(page.text().await.unwrap().contains("This link does not work"));
        let posted = sign_in(&server, LOGIN, PASSWORD, &change).await;
        assert_eq!((posted.status().as_u16(), posted.headers().get("location")), (400, None), "{change:?}");
    }
    for (change, error) in [
        ([("response_type", "token")], "unsupported_response_type"),
        ([("scope", "shop admin")], "invalid_scope"),
        ([("code_challenge_method", "plain")], "invalid_request"),
        ([("code_challenge_method", "")], "invalid_request"),
        ([("code_challenge", "short")], "invalid_request"),
        ([("state", "")], "invalid_request"),
    ] {
        for answer in [opened(&change).await, sign_in(&server, LOGIN, PASSWORD, &change).await] {
            assert_eq!(answer.status(), 303, "{change:?}");
            assert_eq!(sent_back(&answer, "error").as_deref(), Some(error), "{change:?}");
            assert_eq!(sent_back(&answer, "code"), None);
        }
    }
    let back = sign_in(&server, LOGIN, PASSWORD, &[]).await;
    assert_eq!(sent_back(&back, "state").as_deref(), Some("A2SAAE&=+%/ü<\"'>"));
    // A form on another site is not ours, whatever it says.
    let body: String = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(query(&[]))
        .extend_pairs([("login", LOGIN), ("password", PASSWORD)])
        .finish();
    let foreign = client().post(server.url("/oauth/authorize")).header("sec-fetch-site", "cross-site").body(body);
    assert_eq!(foreign.send().await.unwrap().status(), 400);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_a_password_ends_in_a_lock() {
    let server = started().await;
    for (login, password, status, words) in [
        ("", "", 422, "Enter your e-mail address and your password."),
        (LOGIN, "", 422, "Enter your password."),
        ("nobody@example.com", PASSWORD, 403, "is wrong"),
        ("<script>alert(1)</script>", "x", 403, "is wrong"),
    ] {
        let page = sign_in(&server, login, password, &[]).await;
        assert_eq!(page.status(), status, "{login}");
        let html = page.text().await.unwrap();
        assert!(html.contains(words) && html.contains("role=\"alert\"") && !html.contains("<script"), "{html}");
    }
    let mut statuses = Vec::new();
    for _ in 0..10 {
        statuses.push(sign_in(&server, "ADA@example.com", "guess", &[]).await.status().as_u16());
    }
    assert_eq!(statuses, [&[403; 9][..], &[429]].concat());
    let right = sign_in(&server, LOGIN, PASSWORD, &[]).await;
    assert_eq!((right.status().as_u16(), right.headers().get("location")), (429, None), "locked, even for the owner");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shopper_signs_in_by_keyboard_alone() {
    let Some(chromium) = clients::chromium() else { return };
    let server = started().await;
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query(&[])).finish();
    let address = format!("{}?{query}", server.url("/oauth/authorize"));
    let pictures = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("pictures");
    std::fs::create_dir_all(&pictures).unwrap();
    let arguments = [chromium.to_str().unwrap(), &address, LOGIN, PASSWORD, pictures.to_str().unwrap()];
    let Some(sent) = clients::run_node("sign-in.js", arguments.map(String::from).to_vec()).await else { return };
    let code = Url::parse(sent.trim()).unwrap().query_pairs().find(|(n, _)| n == "code").unwrap().1.into_owned();
    assert_eq!(redeem(&server, &code).await.0, 200);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_client_there_is_nothing_to_link() {
    let server = Server::start().await;
    assert_eq!(client().get(server.url("/oauth/authorize")).send().await.unwrap().status(), 404);
    let orders = said(&server, "u5", None, "OrderHistoryIntent", json!({})).await;
    assert_ne!(card(&orders), "LinkAccount", "{orders}");
    server.stop().await;
}
