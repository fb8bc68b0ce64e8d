//! Clients that others wrote, driving a real server: Bespoken's virtual-alexa holds conversations over the exported
//! model, Amazon's own TypeScript definitions judge every response and the exported package, and Amazon's verification
//! for Python gives a second opinion on every request of the doctor's.
//!
//! They are installed below target/ on the first run, from npm and PyPI. Where that cannot be, the test says so and
//! passes.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers outside #[test] functions too

mod support;

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use support::{Server, clients, customer_with_orders};
use voicecart::edge::alexa::doctor::sample::{self, Patient};
use voicecart::edge::alexa::doctor::{self, Options};
use voicecart::edge::alexa::envelope::KINDS;
use voicecart::edge::alexa::package;

const CLIENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients");

/// The exported package in a folder of its own.
fn exported(folder: &Path) -> package::Package {
    let locale = Path::new(env!("CARGO_MANIFEST_DIR")).join("intents/en-US");
    let package = package::build(&locale, &package::Options::default()).unwrap();
    for (path, bytes) in &package.files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    package
}

#[tokio::test(flavor = "multi_thread")]
async fn virtual_alexa_shops_and_typescript_approves() {
    let Some(modules) = clients::node_modules() else { return };
    let folder = tempfile::tempdir().unwrap();
    let package = exported(folder.path());
    let server = Server::start().await;
    // One of the speakers is a customer of the sample shop, with orders.
    customer_with_orders(&server, "alexa:user:ada").await;
    let model = folder.path().join("skill-package/interactionModels/custom/en-US.json");
    let url = server.url("/alexa");
    let modules_too = modules.clone();
    let out = tokio::task::spawn_blocking(move || {
        let script = Path::new(CLIENTS).join("virtual-alexa.js");
        Command::new("node").arg(script).arg(model).arg(url).env("NODE_PATH", modules_too).output().unwrap()
    });
    let out = out.await.unwrap();
    let complaints = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{complaints}");
    let mut answers: Vec<Value> = Vec::new();
    let mut titles: Vec<String> = Vec::new();
    for line in String::from_utf8_lossy(&out.stdout).lines() {
        let turn: Value = serde_json::from_str(line).unwrap();
        titles.push(turn["title"].as_str().unwrap().to_owned());
        answers.push(turn["answer"].clone());
    }
    titles.dedup();
    assert!(titles.len() >= 20 && answers.len() >= 40, "{} conversations, {} turns", titles.len(), answers.len());

    answers.extend(every_kind(&server).await);
    let screens = screens(&server).await;
    answers.extend(screens.iter().cloned());
    server.stop().await;
    compile(&modules, folder.path(), &package, &answers);
    lint(&modules, folder.path(), &screens);
    println!("{} conversations of {} turns; {} responses compiled", titles.len(), titles.len(), answers.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn chromium_draws_every_screen() {
    let Some(chromium) = clients::chromium() else { return };
    let server = Server::start().await;
    let address = server.url("/docs/screens");
    // To be looked at by a person.
    let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pictures/screens");
    fs::create_dir_all(&pictures).unwrap();
    let arguments = [chromium.to_str().unwrap(), &address, pictures.to_str().unwrap()];
    let drawn = clients::run_node("screens.js", arguments.map(str::to_owned).to_vec()).await;
    server.stop().await;
    let Some(drawn) = drawn else { return };
    let names: Vec<&str> = drawn.split_whitespace().collect();
    let kinds = ["results", "product", "basket", "checkout", "order", "orders", "help"];
    assert_eq!(names, kinds.map(|kind| format!("screen-{kind}")));
}

/// What every type of request is answered.
async fn every_kind(server: &Server) -> Vec<Value> {
    let patient = Patient { application_id: "amzn1.ask.skill.test".into(), visit: "clients".into() };
    let mut answers = Vec::new();
    for (kind, _) in KINDS {
        let request = sample::request(kind, &patient, jiff::Timestamp::now());
        let answer = server.client.post(server.url("/alexa")).body(request.to_string()).send().await.unwrap();
        answers.push(serde_json::from_str(&answer.text().await.unwrap()).unwrap());
    }
    answers
}

/// Answers to a device with a screen: a list, a product, a basket, an offer, orders and an order, and a touch on a list.
async fn screens(server: &Server) -> Vec<Value> {
    let slot = |name: &str, value: &str| serde_json::json!({name: {"name": name, "value": value}});
    let say = |intent: &str, slots: Value| serde_json::json!({"type": "IntentRequest", "intent": {"name": intent, "slots": slots}});
    let touch = serde_json::json!({"type": "Alexa.Presentation.APL.UserEvent", "token": "voicecart",
        "arguments": ["ChooseResultIntent", "Ordinal", "2"], "source": {"type": "TouchWrapper"}});
    let none = || serde_json::json!({});
    let mut answers: Vec<Value> = Vec::new();
    for (turn, request) in [
        say("SearchProductIntent", slot("Query", "coffee")),
        touch,
        say("AddToBasketIntent", none()),
        say("ShowBasketIntent", none()),
        say("CheckoutIntent", none()),
        say("OrderHistoryIntent", none()),
        say("TrackOrderIntent", none()),
        say("AMAZON.HelpIntent", none()),
    ]
    .into_iter()
    .enumerate()
    {
        let mut request = request;
        request["requestId"] = format!("screen-{turn}").into();
        request["locale"] = "en-US".into();
        let envelope = serde_json::json!({"version": "1.0",
            "session": {"new": false, "sessionId": "screen", "user": {"userId": "ada"}},
            "context": {"System": {"user": {"userId": "ada"}, "device": {"deviceId": "d",
                "supportedInterfaces": {"Alexa.Presentation.APL": {"runtime": {"maxVersion": "2024.3"}}}}}},
            "request": request});
        let answer = server.client.post(server.url("/alexa")).body(envelope.to_string()).send().await.unwrap();
        let text = answer.text().await.unwrap();
        assert!(text.len() <= 24_000, "{}", text.len());
        answers.push(serde_json::from_str(&text).unwrap());
    }
    // The touch did what the words do.
    let line = answers[0].pointer("/response/directives/0/datasources/lines/items/1/text").unwrap();
    let name = answers[1].pointer("/response/card/title").unwrap().as_str().unwrap();
    assert!(line.as_str().unwrap().starts_with(&format!("2. {name}")), "{line} was touched, {name} is shown");
    answers
}

/// Has Amazon's own linter for APL judge every screen; and checks that it would object.
fn lint(modules: &Path, folder: &Path, screens: &[Value]) {
    let rendered = screens.iter().flat_map(|a| a["response"]["directives"].as_array().cloned().unwrap_or_default());
    let mut documents: Vec<Value> = rendered
        .filter(|d| d["type"] == "Alexa.Presentation.APL.RenderDocument")
        .map(|d| d["document"].clone())
        .collect();
    assert!(documents.len() >= 8, "only {} screens", documents.len());
    let kinds: std::collections::BTreeSet<String> = documents.iter().map(Value::to_string).collect();
    assert_eq!(kinds.len(), 5, "not every document was judged");
    let mut wrong = documents[0].clone();
    wrong["layouts"]["Title"]["item"]["fontSizes"] = "8vh".into();
    documents.push(wrong);
    let file = folder.join("screens.json");
    fs::write(&file, Value::from(documents).to_string()).unwrap();
    let script = Path::new(CLIENTS).join("apl-lint.js");
    let out = Command::new("node").arg(script).arg(file).env("NODE_PATH", modules).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let complaints: Vec<Vec<Value>> = serde_json::from_slice(&out.stdout).unwrap();
    let (wrong, good) = complaints.split_last().unwrap();
    assert!(!wrong.is_empty(), "the linter accepts anything");
    assert!(good.iter().all(Vec::is_empty), "{good:#?}");
    println!("{} screens judged by Amazon's linter", good.len());
}

/// Has TypeScript's compiler check every response, every model and the manifest against Amazon's definitions; and
/// checks that it would object, by showing it one that is wrong.
fn compile(modules: &Path, folder: &Path, package: &package::Package, answers: &[Value]) {
    let mut source =
        String::from("import { ResponseEnvelope } from 'ask-sdk-model';\nimport { v1 } from 'ask-smapi-model';\n");
    for (i, answer) in answers.iter().enumerate() {
        writeln!(source, "export const response{i}: ResponseEnvelope = {answer};").unwrap();
    }
    for (i, (path, bytes)) in package.files.iter().enumerate() {
        let kind = match path.to_str().unwrap() {
            "skill-package/skill.json" => "v1.skill.Manifest.SkillManifestEnvelope",
            "accountLinking.json" => "v1.skill.accountLinking.AccountLinkingRequest",
            p if p.contains("interactionModels") => "v1.skill.interactionModel.InteractionModelData",
            _ => continue,
        };
        writeln!(source, "export const file{i}: {kind} = {};", String::from_utf8_lossy(bytes)).unwrap();
    }
    let tsc = |name: &str, source: &str| {
        fs::write(folder.join(name), source).unwrap();
        let compiler = modules.join("typescript/bin/tsc");
        let options = ["--noEmit", "--strict", "--skipLibCheck", "--target", "es2020", "--module", "commonjs"];
        let out = Command::new("node").arg(compiler).args(options).arg(name).current_dir(folder).output().unwrap();
        (out.status.success(), String::from_utf8_lossy(&out.stdout).into_owned())
    };
    let link = folder.join("node_modules");
    std::os::unix::fs::symlink(modules, link).unwrap();
    let (good, complaints) = tsc("good.ts", &source);
    assert!(good, "{}", complaints.chars().take(4_000).collect::<String>());
    let wrong = "import { ResponseEnvelope } from 'ask-sdk-model';\nexport const wrong: ResponseEnvelope = \
                 {\"version\":\"1.0\",\"response\":{\"outputSpeech\":{\"type\":\"SSML\",\"text\":\"no ssml\"}}};\n";
    let (good, complaints) = tsc("wrong.ts", wrong);
    assert!(!good && complaints.contains("SsmlOutputSpeech"), "{complaints}");
}

fn free_port() -> SocketAddr {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// Where the two may differ: the SDK leaves the skill's id to another part, and cannot read what it does not know.
const MAY_DIFFER: [&str; 4] = [
    "another skill's request",
    "valid: Alexa.Presentation.APL.RuntimeError",
    "valid: Alexa.Presentation.APLA.RuntimeError",
    "valid: Unheard.OfRequest",
];

#[tokio::test(flavor = "multi_thread")]
async fn amazons_verification_for_python_lets_in_what_we_let_in() {
    let Some(python) = clients::python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let (door, chains, root) = (free_port(), free_port(), folder.path().join("root.pem"));
    let mut theirs = Command::new(python)
        .arg(Path::new(CLIENTS).join("webservice_support.py"))
        .args([door.port().to_string(), format!("http://{chains}"), root.display().to_string()])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut ready = String::new();
    BufReader::new(theirs.stdout.take().unwrap()).read_line(&mut ready).unwrap();
    let their_end = |mut theirs: std::process::Child| {
        theirs.kill().unwrap();
        theirs.wait().unwrap();
    };
    if ready.trim() != "ready" {
        their_end(theirs);
        println!("SKIPPED: ask-sdk-webservice-support could not be imported; its complaint is above");
        return;
    }
    let application_id = Some("amzn1.ask.skill.test".to_owned());
    let options =
        Options { url: format!("http://{door}/"), application_id, serve_chain: Some(chains), write_root: Some(root) };
    let report = doctor::examine(&options, |_, _| {}).await;
    their_end(theirs);
    let report = report.unwrap();
    // That our own door does as the doctor expects is `a_verifying_server_passes_the_doctor` in tests/alexa.rs.
    let differs = |row: &&doctor::Row| (row.got == "HTTP 400") != (row.expected == "HTTP 400");
    let differ: Vec<&str> = report.rows.iter().filter(differs).map(|r| r.case.as_str()).collect();
    assert!(differ.iter().all(|case| MAY_DIFFER.contains(case)), "{differ:?}");
    assert!(report.rows.len() > 95, "{}", report.rows.len());
    println!("{} of {} requests are judged alike", report.rows.len() - differ.len(), report.rows.len());
}
