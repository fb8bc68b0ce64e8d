//! `voicecart alexa export`, `import` and `diff` as a merchant uses them: the program, real folders, real files.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers outside #[test] functions too

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

fn run(args: &[&str]) -> (i32, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_voicecart"));
    command.arg("alexa").args(args).env("VOICECART_DATA_DIR", folder.path()).env_remove("VOICECART_CONFIG");
    let out = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (out.status.code().unwrap_or(-1), text(out.stdout), text(out.stderr))
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn a_package_goes_out_is_kept_and_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("skill");
    let dir = out.to_str().unwrap();
    let (code, text, err) = run(&[
        "--set",
        "linking.client_id=alexa",
        "--set",
        "linking.client_secret=not-for-the-package",
        "export",
        "--out",
        dir,
        "--json",
        "--endpoint",
        "https://shop.example/alexa",
        "--invocation",
        "green grocer",
    ]);
    assert_eq!(code, 0, "{text}{err}");
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(report["locales"], serde_json::json!(["en-AU", "en-CA", "en-GB", "en-IN", "en-US"]));
    assert!(report["to_fill"].as_array().unwrap().len() > 10);
    for file in report["files"].as_array().unwrap() {
        assert!(out.join(file.as_str().unwrap()).is_file(), "{file}");
    }
    let skill = json(&out.join("skill-package/skill.json"));
    for endpoint in ["/manifest/apis/custom/endpoint/uri", "/manifest/events/endpoint/uri"] {
        assert_eq!(skill.pointer(endpoint).unwrap(), "https://shop.example/alexa");
    }
    let linking = json(&out.join("accountLinking.json"));
    let linking = |key: &str| linking["accountLinkingRequest"][key].as_str().unwrap().to_owned();
    assert_eq!(linking("authorizationUrl"), "https://shop.example/oauth/authorize");
    assert_eq!(linking("accessTokenUrl"), "https://shop.example/oauth/token");
    assert_eq!(linking("clientId"), "alexa");
    // A package is passed around: the secret is asked for, never written.
    assert!(linking("clientSecret").starts_with("FILL IN"));

    // What was filled in is not lost to a second export.
    fs::write(out.join("skill-package/skill.json"), "{}").unwrap();
    let (code, _, err) = run(&["export", "--out", dir]);
    assert_eq!(code, 3);
    assert!(err.contains("--force"), "{err}");
    assert_eq!(fs::read_to_string(out.join("skill-package/skill.json")).unwrap(), "{}");
    let (code, text, err) = run(&["export", "--out", dir, "--force"]);
    assert_eq!(code, 0, "{err}");
    assert!(text.contains("written") && !text.contains("green grocer"), "{text}");

    // The package of this shop is understood by this shop, and is the model it came from.
    let (code, text, err) = run(&["import", dir]);
    assert_eq!(code, 0, "{err}");
    assert!(!text.contains("has no counterpart"), "{text}");
    let (code, text, _) = run(&["diff", dir]);
    assert_eq!((code, text.as_str()), (0, "the models mean the same\n"));
    let (code, text, _) = run(&["diff", dir, dir, "--locale", "en-GB", "--json"]);
    assert_eq!((code, text.as_str()), (0, "[]\n"));
    let british = out.join("skill-package/interactionModels/custom/en-GB.json");
    let (code, text, _) = run(&["diff", dir, british.to_str().unwrap()]);
    assert_eq!(code, 0);
    assert!(text.contains("intent SearchProductIntent, sample: find {Product} under {MaxPrice} pounds"), "{text}");
}

#[test]
fn a_package_that_breaks_a_rule_says_which() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().to_str().unwrap();
    let (code, text, err) = run(&["export", "--out", dir, "--invocation", "alexa", "--locale", "en-US"]);
    assert_eq!(code, 3, "{err}");
    assert!(text.contains("wake or launch word") && text.contains("two words"), "{text}");
    let (code, _, err) = run(&["export", "--out", dir, "--locale", "en-NZ"]);
    assert_eq!(code, 3);
    assert!(err.contains("en-NZ") && err.contains("en-GB"), "{err}");
}

#[test]
fn somebody_elses_model_is_read_sentence_by_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("theirs.json");
    let model = r#"{"languageModel": {"invocationName": "corner shop", "intents": [
        {"name": "TrackIntent", "samples": ["where is my order", "track my package"]},
        {"name": "HoursIntent", "samples": ["when do you open on sunday", "what time does the corner shop close"]},
        {"name": "JokeIntent", "samples": ["tell me a joke", "make me laugh"]}],
        "types": []}}"#;
    fs::write(&file, model).unwrap();
    let (code, text, err) = run(&["import", file.to_str().unwrap(), "--json"]);
    assert_eq!(code, 0, "{err}");
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(report["intents"][0]["counterpart"], "TrackOrderIntent");
    assert_eq!(report["intents"][1]["counterpart"], "PolicyIntent");
    assert_eq!(report["intents"][2]["counterpart"], Value::Null);
    let problems = report["findings"].to_string();
    assert!(problems.contains("AMAZON.FallbackIntent is missing"), "{problems}");
    let (code, _, err) = run(&["import", "/nowhere/model.json"]);
    assert_eq!(code, 3);
    assert!(err.contains("/nowhere/model.json"), "{err}");
}
