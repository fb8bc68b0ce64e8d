//! Intents that somebody else answers: the example services in Python and Node as they stand, asked by the program; and
//! services that fail, dawdle and lie.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers outside #[test] functions too

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::{Value, json};
use tempfile::TempDir;

const SECRET: &str = "a secret of both sides";
const TROUBLE: &str =
    "Sorry, I can't reach the shop right now. Please try again in a minute. Nothing will be ordered twice.";

/// The shipped shop with one intent more, which the service at this address answers.
fn shop(url: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let (shipped, locale) = (Path::new("intents/en-US"), folder.path().join("intents/en-US"));
    fs::create_dir_all(&locale).unwrap();
    fs::copy(shipped.join("replies.ftl"), locale.join("replies.ftl")).unwrap();
    let mut model: Value = serde_json::from_str(&fs::read_to_string(shipped.join("model.json")).unwrap()).unwrap();
    model["interactionModel"]["languageModel"]["intents"].as_array_mut().unwrap().push(json!({
        "name": "OpeningHoursIntent", "slots": [{"name": "Day", "type": "AMAZON.DayOfWeek"}],
        "samples": ["when are you open on {Day}", "are you open on {Day}", "what are your opening hours"]}));
    fs::write(locale.join("model.json"), model.to_string()).unwrap();
    let setting = format!("[OpeningHoursIntent]\nurl = \"{url}\"\nsecret_env = \"HOURS_SECRET\"\ndeadline_ms = 1500\n");
    fs::write(locale.join("webhooks.toml"), setting).unwrap();
    folder
}

/// What the shop answers to these lines, or its complaint.
fn ask(shop: &TempDir, secret: &str, lines: &[&str]) -> Result<Vec<String>, String> {
    let mut program = Command::new(env!("CARGO_BIN_EXE_voicecart"))
        .arg("ask")
        .env("VOICECART_INTENTS_DIR", shop.path().join("intents"))
        .env("VOICECART_DATA_DIR", shop.path().join("data"))
        .env("HOURS_SECRET", secret)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    program.stdin.take().unwrap().write_all(lines.join("\n").as_bytes()).unwrap();
    let out = program.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    if !out.status.success() {
        return Err(text(out.stderr));
    }
    Ok(text(out.stdout).lines().map(str::to_owned).collect())
}

/// An example service, running.
fn service(program: &str, file: &str) -> Option<(Child, String)> {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let started = Command::new(program)
        .args([format!("examples/webhooks/{file}"), port.to_string()])
        .env("HOURS_SECRET", SECRET)
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut child) = started else {
        println!("SKIPPED: {file}, because {program} is not installed");
        return None;
    };
    let mut ready = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
    assert_eq!(ready.trim(), "ready", "{file}");
    Some((child, format!("http://127.0.0.1:{port}/")))
}

#[test]
fn the_examples_answer_and_an_open_offer_falls() {
    for (program, file) in [("python3", "opening_hours.py"), ("node", "opening_hours.mjs")] {
        let Some((mut child, url)) = service(program, file) else { continue };
        let shop = shop(&url);
        let lines = [
            "when are you open on saturday",
            "what are your opening hours",
            "buy bananas",
            "are you open on sunday",
            "yes",
        ];
        let said = ask(&shop, SECRET, &lines);
        let stranger = ask(&shop, "another secret altogether", &lines[..1]);
        child.kill().unwrap();
        child.wait().unwrap();
        let said = said.unwrap();
        assert_eq!(said[0], "On Saturday we are open from ten to four. Is there anything else?", "{file}");
        assert_eq!(said[1], "On Monday we are open from nine to six. Is there anything else?", "{file}");
        assert!(said[2].contains("Shall I place the order?"), "{file}: {}", said[2]);
        assert_eq!(said[3], "On Sunday we are open not at all. Is there anything else?", "{file}");
        assert!(said[4].contains("no question open"), "a yes after another subject buys nothing: {}", said[4]);
        assert_eq!(stranger.unwrap(), [TROUBLE], "{file} must not believe another secret");
    }
}

/// What a service was asked, and how it is to behave.
#[derive(Default)]
struct Service {
    asked: Vec<(String, Value)>,
    behaviour: Vec<&'static str>,
}

async fn behave(
    State(service): State<Arc<Mutex<Service>>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<String, StatusCode> {
    let behaviour = {
        let mut service = service.lock().unwrap();
        let key = headers["idempotency-key"].to_str().unwrap().to_owned();
        service.asked.push((key, serde_json::from_slice(&body).unwrap()));
        if service.behaviour.is_empty() { "good" } else { service.behaviour.remove(0) }
    };
    match behaviour {
        "good" => Ok(json!({"speech": "We never <close> & rest.", "end": true, "extra": [1]}).to_string()),
        "fails" => Err(StatusCode::INTERNAL_SERVER_ERROR),
        "refuses" => Err(StatusCode::FORBIDDEN),
        "dawdles" => {
            tokio::time::sleep(Duration::from_secs(30)).await;
            Ok(String::new())
        }
        "lies" => Ok("{\"speech\": 5}".into()),
        "rambles" => Ok(json!({"speech": "on and on ".repeat(1_000)}).to_string()),
        other => panic!("{other}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn services_that_fail_dawdle_and_lie_cost_an_apology_and_no_more() {
    let service = Arc::new(Mutex::new(Service::default()));
    let router = Router::new().route("/", post(behave)).with_state(service.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let shop = Arc::new(shop(&url));
    for (behaviour, answer, times) in [
        // Signs that cannot be spoken are words, or nothing.
        (vec!["good"], "We never close and rest.", 1),
        (vec!["fails", "good"], "We never close and rest.", 2),
        (vec!["fails", "fails", "good"], TROUBLE, 2),
        (vec!["refuses", "good"], TROUBLE, 1),
        (vec!["lies"], TROUBLE, 1),
        (vec!["rambles"], TROUBLE, 1),
        (vec!["dawdles"], TROUBLE, 1),
    ] {
        *service.lock().unwrap() = Service { behaviour: behaviour.clone(), ..Service::default() };
        let (there, began) = (shop.clone(), Instant::now());
        let said = tokio::task::spawn_blocking(move || ask(&there, SECRET, &["are you open on sunday"]));
        assert_eq!(said.await.unwrap().unwrap(), [answer], "{behaviour:?}");
        assert!(began.elapsed() < Duration::from_secs(28), "{behaviour:?}");
        let service = service.lock().unwrap();
        assert_eq!(service.asked.len(), times, "{behaviour:?}");
        assert!(service.asked.windows(2).all(|w| w[0] == w[1]), "a second try is the same request");
        let asked = &service.asked[0].1;
        assert_eq!(asked["intent"], "OpeningHoursIntent");
        let day = &asked["slots"][0];
        assert_eq!((&day["name"], &day["value"], &day["spoken"]), (&json!("Day"), &json!("sunday"), &json!("sunday")));
        described(asked);
    }
}

/// What is sent has exactly the members that the published description names.
fn described(asked: &Value) {
    let api: Value = serde_json::from_str(&fs::read_to_string("docs/webhook.openapi.json").unwrap()).unwrap();
    let members = |schema: &str| {
        let all = api["components"]["schemas"][schema]["properties"].as_object().unwrap();
        all.keys().cloned().collect::<std::collections::BTreeSet<_>>()
    };
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect();
    assert_eq!(members("Question"), keys(asked));
    assert_eq!(members("Slot"), keys(&asked["slots"][0]));
}

#[test]
fn a_wrong_setting_stops_the_start() {
    let shop = shop("http://shop.example/");
    let complaint = ask(&shop, SECRET, &["help"]).unwrap_err();
    assert!(complaint.contains("OpeningHoursIntent") && complaint.contains("https://"), "{complaint}");
}
