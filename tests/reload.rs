//! A server whose intents and replies are changed while it answers: what is sound is taken up, what is broken is told
//! of with file and line, and the old version goes on answering.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers outside #[test] functions too

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

struct Running {
    process: Child,
    address: String,
    log: Arc<Mutex<String>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Running {
    fn start(intents: &Path, data: &Path, watch: bool) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_voicecart"))
            .args(["serve", "--bind", "127.0.0.1:0", "--no-auth", "--set", &format!("intents.watch={watch}")])
            .env("VOICECART_DATA_DIR", data)
            .env("VOICECART_INTENTS_DIR", intents)
            .env_remove("VOICECART_CONFIG")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let (lines, kept) = (BufReader::new(process.stderr.take().unwrap()), log.clone());
        std::thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                kept.lock().unwrap().push_str(&(line + "\n"));
            }
        });
        let mut greeting = String::new();
        let mut out = BufReader::new(process.stdout.take().unwrap());
        out.read_line(&mut greeting).unwrap();
        let address = greeting.split("http://").nth(1).expect(&greeting).trim().to_owned();
        std::thread::spawn(move || std::io::copy(&mut out, &mut std::io::sink()));
        Self { process, address, log }
    }

    async fn said(&self, words: &str) -> Value {
        // Only the first test of a process installs it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let url = format!("http://{}/v1/text", self.address);
        client.post(url).json(&json!({"text": words})).send().await.unwrap().json().await.unwrap()
    }

    /// The first answer to these words that is like this.
    async fn comes_to(&self, words: &str, like: impl Fn(&Value) -> bool) {
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            let answer = self.said(words).await;
            if like(&answer) {
                return;
            }
            assert!(Instant::now() < until, "{words}: {answer}\n{}", self.log.lock().unwrap());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    async fn logs(&self, words: &str) {
        let until = Instant::now() + Duration::from_secs(60);
        while !self.log.lock().unwrap().contains(words) {
            assert!(Instant::now() < until, "no {words:?} in\n{}", self.log.lock().unwrap());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

fn speech(answer: &Value) -> &str {
    answer["speech"]["text"].as_str().unwrap_or_default()
}

/// As most editors do it: a new file is put in the place of the old one.
fn save(path: &Path, text: &str) {
    let beside = path.with_extension("new");
    fs::write(&beside, text).unwrap();
    fs::rename(beside, path).unwrap();
}

fn locale(folder: &Path) -> std::path::PathBuf {
    let locale = folder.join("intents/en-US");
    fs::create_dir_all(&locale).unwrap();
    for file in ["model.json", "replies.ftl"] {
        fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("intents/en-US").join(file), locale.join(file)).unwrap();
    }
    locale
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_taken_up_and_broken_ones_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let locale = locale(folder.path());
    let (replies, model) = (locale.join("replies.ftl"), locale.join("model.json"));
    let server = Running::start(&folder.path().join("intents"), &folder.path().join("data"), true);
    let before = speech(&server.said("goodbye").await).to_owned();
    let original = fs::read_to_string(&replies).unwrap();
    let line = original.lines().position(|l| l.starts_with("goodbye = ")).unwrap();
    let with = |text: &str| {
        let mut lines: Vec<&str> = original.lines().collect();
        lines[line] = text;
        lines.join("\n") + "\n"
    };

    save(&replies, &with("goodbye = So long, and thanks."));
    server.comes_to("goodbye", |a| speech(a) == "So long, and thanks.").await;

    // A variable that nobody gives: refused, by file and line.
    save(&replies, &with("goodbye = So long, { $friend }."));
    server.logs(&format!("replies.ftl:{}", line + 1)).await;
    server.logs("goes on answering").await;
    assert_eq!(speech(&server.said("goodbye").await), "So long, and thanks.");

    // And written in place, as a shell does it.
    fs::write(&replies, &original).unwrap();
    server.comes_to("goodbye", |a| speech(a) == before).await;

    let text = fs::read_to_string(&model).unwrap();
    let intent = |a: &Value| a["intent"]["name"].as_str().unwrap_or_default().to_owned();
    let words = "gimme the grand tour";
    assert_ne!(intent(&server.said(words).await), "AMAZON.HelpIntent");
    let mut changed: Value = serde_json::from_str(&text).unwrap();
    let intents = changed.pointer_mut("/interactionModel/languageModel/intents").unwrap().as_array_mut().unwrap();
    let help = intents.iter_mut().find(|i| i["name"] == "AMAZON.HelpIntent").unwrap();
    help["samples"].as_array_mut().unwrap().push(words.into());
    fs::write(&model, changed.to_string()).unwrap();
    server.comes_to(words, |a| intent(a) == "AMAZON.HelpIntent").await;
    // The shop's own names are known to the new model too.
    assert_eq!(intent(&server.said("find almond milk").await), "SearchProductIntent");

    let (sentences, ropes) = (locale.join("sentences.tsv"), "would you show me the ropes");
    assert_ne!(intent(&server.said(ropes).await), "AMAZON.HelpIntent");
    fs::write(&sentences, format!("AMAZON.HelpIntent\t{ropes}\n")).unwrap();
    server.comes_to(ropes, |a| intent(a) == "AMAZON.HelpIntent").await;
    fs::write(&sentences, "# one\nHilfeIntent\tshow me the ropes\n").unwrap();
    server.logs("sentences.tsv: line 2: the model has no intent HilfeIntent").await;
    assert_eq!(intent(&server.said(ropes).await), "AMAZON.HelpIntent");

    fs::remove_file(&sentences).unwrap();
    fs::write(&model, "{\"interactionModel\": {\"languageModel\": 5}}").unwrap();
    server.logs("model.json: ").await;
    assert_eq!(intent(&server.said(words).await), "AMAZON.HelpIntent");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_watched_unless_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let locale = locale(folder.path());
    let server = Running::start(&folder.path().join("intents"), &folder.path().join("data"), false);
    let before = speech(&server.said("goodbye").await).to_owned();
    let text = fs::read_to_string(locale.join("replies.ftl")).unwrap();
    let changed = text.replace("\ngoodbye = ", "\ngoodbye = Something else. ");
    assert_ne!(text, changed);
    save(&locale.join("replies.ftl"), &changed);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(speech(&server.said("goodbye").await), before);
}
