//! The program as scripts use it: output, exit codes, and nothing on a terminal that is not one.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test: helpers outside #[test] functions too

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use support::wav;
use tempfile::TempDir;

struct Program {
    folder: TempDir,
}

impl Program {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_voicecart"));
        command.args(args).env("VOICECART_DATA_DIR", self.folder.path().join("data")).stdin(Stdio::null());
        for name in ["VOICECART_CONFIG", "VOICECART_BIND", "NO_COLOR"] {
            command.env_remove(name);
        }
        command
    }

    fn run(&self, args: &[&str]) -> (i32, String, String) {
        told(self.command(args).output().unwrap())
    }

    fn file(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.display().to_string()
    }
}

fn told(out: Output) -> (i32, String, String) {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (out.status.code().unwrap_or(-1), text(out.stdout), text(out.stderr))
}

#[test]
fn hear_prints_one_line_of_json_for_each_file() {
    let program = Program::new();
    let quiet = program.file("quiet.wav", &wav(16_000, vec![0.0; 16_000]));
    let bad = program.file("bad.wav", b"not audio");
    let mut files = vec![quiet.clone(), bad.clone()];
    // One that every embedded model so far has heard word for word.
    let spoken = "audio-fixtures/39-where-is-my-order-clean.wav";
    files.push(program.file("order.wav", &std::fs::read(spoken).unwrap()));
    let mut args = vec!["hear", "--json"];
    args.extend(files.iter().map(String::as_str));
    let (code, out, err) = program.run(&args);
    assert_eq!(code, 3, "{err}");
    let lines: Vec<Value> = out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(lines.len(), files.len(), "{out}");
    assert_eq!(lines[0]["file"], Value::from(quiet));
    assert_eq!(lines[0]["intent"], Value::Null);
    for key in ["file", "transcript", "intent", "slots", "speech", "ms"] {
        assert!(lines[0].get(key).is_some(), "{key}: {}", lines[0]);
    }
    assert_eq!(lines[1]["file"], Value::from(bad));
    assert!(lines[1]["error"].is_string());
    assert_eq!(lines[2]["transcript"], "where is my order");
    assert_eq!(lines[2]["intent"], "TrackOrderIntent");
    assert!(lines[2]["ms"]["total"].as_f64().unwrap() > 0.0);
    assert!(!out.contains('\u{1b}') && !err.contains('\u{1b}'), "no colours in a pipe");
}

#[test]
fn ask_answers_once_or_line_by_line() {
    let program = Program::new();
    let (code, out, err) = program.run(&["ask", "help"]);
    assert_eq!(code, 0, "{err}");
    assert_eq!(out.lines().count(), 1, "{out}");

    let mut child = program.command(&["ask"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"find coffee\n\nthe first one\n").unwrap();
    let (code, out, _) = told(child.wait_with_output().unwrap());
    assert_eq!(code, 0);
    assert_eq!(out.lines().count(), 2, "{out}");
}

#[test]
fn exit_codes_tell_what_was_wrong() {
    let program = Program::new();
    let settings = program.file("bad.toml", b"[asr]\nworker = 2\n");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    for (args, wanted, said) in [
        (vec!["--version"], 0, ""),
        (vec!["config", "check"], 0, ""),
        (vec!["no-such-command"], 2, "unrecognized subcommand"),
        (vec!["hear"], 2, "required"),
        (vec!["hear", "no-such.wav"], 3, "cannot read no-such.wav"),
        (vec!["ask", "\u{7}"], 3, "control character"),
        (vec!["--config", &settings, "config", "check"], 3, "did you mean `asr.workers`?"),
        (vec!["--config", "no-such.toml", "config", "check"], 3, "cannot read the settings file no-such.toml"),
        (vec!["--set", "auth.required=false", "--set", "bind=0.0.0.0:1", "serve"], 3, "loopback"),
        (vec!["--set", "trust.doubt=2", "serve"], 3, "trust.doubt"),
        (vec!["serve", "--bind", &taken], 4, "cannot listen on"),
        (vec!["catalog", "import", "no-such.csv"], 3, "no-such.csv"),
        (vec!["models", "fetch", "no-such-model"], 3, "no-such-model"),
        (vec!["keys", "revoke", "nobody"], 3, "nobody"),
    ] {
        let (code, _, err) = program.run(&args);
        assert_eq!(code, wanted, "{args:?}: {err}");
        assert!(err.contains(said), "{args:?}: {err}");
    }
}

#[test]
fn settings_are_shown_with_their_origin() {
    let program = Program::new();
    let out =
        program.command(&["--set", "asr.threads=2", "config", "check"]).env("VOICECART_ASR_WORKERS", "1").output();
    let (code, out, _) = told(out.unwrap());
    assert_eq!(code, 0);
    let line = |key: &str| out.lines().find(|l| l.starts_with(key)).unwrap().to_owned();
    assert!(line("asr.workers").ends_with("# VOICECART_ASR_WORKERS"));
    assert!(line("asr.threads").ends_with("# command line"));
    assert!(line("asr.queue").ends_with("# default"));
    let (_, explained, _) = program.run(&["config", "check", "--explain"]);
    assert!(explained.contains("VOICECART_WYOMING_BIND"));
}

#[test]
fn a_key_lives_from_create_to_revoke() {
    let program = Program::new();
    let (code, key, _) = program.run(&["keys", "create", "till"]);
    assert_eq!(code, 0);
    assert!(key.trim().starts_with("vc_") && key.trim().len() == 46, "{key}");
    assert_eq!(program.run(&["keys", "create", "till"]).0, 3, "names are taken once");
    let (_, list, _) = program.run(&["keys", "list"]);
    assert!(list.contains("till") && list.contains("valid") && !list.contains(key.trim()), "{list}");
    assert_eq!(program.run(&["keys", "revoke", "till"]).0, 0);
    assert!(program.run(&["keys", "list"]).1.contains("revoked"));
}

#[test]
fn the_catalogue_goes_out_and_comes_back() {
    let program = Program::new();
    let csv = "id,title,price\nA1,Green tea,3.50\nA2,,1\nA3,Black tea,2.00\n";
    let file = program.file("products.csv", csv.as_bytes());
    let (code, _, err) = program.run(&["catalog", "import", &file]);
    assert_eq!(code, 3, "{err}");
    assert!(err.contains("2 products imported") && err.contains(":3"), "{err}");
    let (code, out, _) = program.run(&["catalog", "export", "-"]);
    assert_eq!(code, 0);
    assert!(out.contains("Green tea") && out.contains("Black tea"), "{out}");
}

/// A running `voicecart serve`, ended with the test.
struct Serving {
    child: Child,
    address: String,
    key: String,
}

impl Serving {
    fn start(program: &Program, args: &[&str]) -> Self {
        let log = std::fs::File::create(program.folder.path().join("log")).unwrap();
        let mut command = program.command(&["serve", "--bind", "127.0.0.1:0", "--no-alexa-verify"]);
        let mut child = command.args(args).stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let first = lines.next().expect("the server came up");
        let address = first.rsplit("http://").next().unwrap().to_owned();
        let line = lines.find(|l| l.starts_with("try")).expect("a line to paste");
        assert!(line.contains(&format!("curl http://{address}/v1/text")), "{line}");
        let key = std::fs::read_to_string(program.folder.path().join("data/demo-key")).unwrap().trim().to_owned();
        assert!(!line.contains(&key), "a key in a pipe ends up in a log");
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address, key }
    }

    /// Status and body.
    fn post(&self, path: &str, headers: &str, body: &[u8]) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        (status, answer)
    }

    fn text(&self, body: &str) -> (u16, String) {
        let headers = format!("Authorization: Bearer {}\r\nContent-Type: application/json\r\n", self.key);
        self.post("/v1/text", &headers, body.as_bytes())
    }

    fn terminate(mut self) -> Option<i32> {
        Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        self.child.wait().unwrap().code()
    }
}

#[test]
fn a_server_keeps_what_is_private_out_of_its_log() {
    let program = Program::new();
    let serving = Serving::start(&program, &["--log", "debug"]);
    let (status, answer) =
        serving.text("{\"text\": \"find marmalade\", \"customer\": \"grace\", \"session\": \"parlour\"}");
    assert_eq!(status, 200, "{answer}");
    let key = format!("Authorization: Bearer {}\r\n", serving.key);
    serving.post("/v1/voice", &key, &wav(16_000, vec![0.0; 16_000]));
    serving.post("/v1/text", "Authorization: Bearer vc_wrongwrongwrongwrongwrongwrongwrongwrongwro\r\n", b"{}");
    serving.text("{\"text\": \"marmalade\", \"customer\": \"not allowed\"}");
    let now = jiff::Timestamp::now();
    let alexa = serde_json::json!({
        "version": "1.0",
        "session": {
            "new": true, "sessionId": "amzn1.echo-api.session.SECRETSESSION",
            "application": {"applicationId": "amzn1.ask.skill.x"}, "user": {"userId": "amzn1.ask.account.SECRETUSER"}
        },
        "context": {"System": {
            "application": {"applicationId": "amzn1.ask.skill.x"}, "user": {"userId": "amzn1.ask.account.SECRETUSER"},
            "apiEndpoint": "https://api.amazonalexa.com", "apiAccessToken": "SECRETTOKEN"
        }},
        "request": {"type": "LaunchRequest", "requestId": "amzn1.echo-api.request.1", "timestamp": now.to_string(), "locale": "en-US"}
    });
    let (status, answer) = serving.post("/alexa", "Content-Type: application/json\r\n", alexa.to_string().as_bytes());
    assert_eq!(status, 200, "{answer}");
    assert!(answer.contains("outputSpeech"), "{answer}");
    let key = serving.key.clone();
    assert_eq!(serving.terminate(), Some(0), "SIGTERM ends it well");
    let log = std::fs::read_to_string(program.folder.path().join("log")).unwrap();
    assert!(log.contains("SearchProductIntent"), "turns are logged: {log}");
    for secret in
        [key.as_str(), "wrongwrong", "marmalade", "grace", "parlour", "SECRETUSER", "SECRETSESSION", "SECRETTOKEN"]
    {
        assert!(!log.contains(secret), "{secret} is in the log:\n{log}");
    }
}

#[test]
fn a_server_learns_of_revoked_keys_and_new_products() {
    let program = Program::new();
    let serving = Serving::start(&program, &[]);
    assert_eq!(serving.text("{\"text\": \"help\"}").0, 200);
    let file = program.file("more.csv", b"id,title,price\nZ-1,Zanzibar clove marmalade,9.99\n");
    assert_eq!(program.run(&["catalog", "import", &file]).0, 0);
    let search = || serving.text("{\"text\": \"find zanzibar clove marmalade\"}").1;
    let found = (0..40).any(|_| {
        std::thread::sleep(Duration::from_millis(250));
        search().to_lowercase().contains("zanzibar clove marmalade, nine dollars")
    });
    assert!(found, "{}", search());
    assert_eq!(program.run(&["keys", "revoke", "demo"]).0, 0);
    std::thread::sleep(Duration::from_millis(2_100));
    serving.text("{\"text\": \"help\"}");
    assert_eq!(serving.text("{\"text\": \"help\"}").0, 401);
    assert_eq!(serving.terminate(), Some(0));
}

#[test]
fn documents_for_machines() {
    let program = Program::new();
    let (code, out, _) = program.run(&["openapi"]);
    assert_eq!(code, 0);
    let api: Value = serde_json::from_str(&out).unwrap();
    assert!(api["paths"]["/v1/voice"]["post"].is_object());
    for shell in ["bash", "zsh", "fish"] {
        let (code, out, _) = program.run(&["completions", shell]);
        assert!(code == 0 && out.contains("voicecart") && out.contains("catalog"), "{shell}");
    }
}
