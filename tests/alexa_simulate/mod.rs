//! `voicecart simulate` as a developer uses it: the program on one side, a real endpoint on the other.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use crate::alexa_dialog::strict_shop;
use crate::support::{Server, customer_with_orders};

struct Said {
    code: i32,
    out: String,
    err: String,
}

/// Runs the simulator against this address with these lines typed.
async fn simulate(url: String, args: &[&str], lines: &[&str]) -> Said {
    let data = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_voicecart"));
    command.arg("simulate").arg(url).args(args).env("VOICECART_DATA_DIR", data.path());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let lines = lines.join("\n");
    let run = tokio::task::spawn_blocking(move || {
        let mut program = command.spawn().unwrap();
        program.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
        program.wait_with_output().unwrap()
    });
    let out = run.await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said { code: out.status.code().unwrap_or(-1), out: text(out.stdout), err: text(out.stderr) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_is_held_recorded_and_replayed() {
    let server = Server::start().await;
    customer_with_orders(&server, "alexa:user:ada").await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("recorded.txt");
    let path = file.to_str().unwrap();
    let lines =
        ["(open)", "find coffee", "tell me more about the second one", "buy it", "no", "where is order 58672", "stop"];
    let said = simulate(server.url("/alexa"), &["--user", "ada", "--record", path], &lines).await;
    assert_eq!(said.code, 0, "{}", said.err);
    let answers: Vec<&str> = said.out.lines().collect();
    assert_eq!(answers.len(), lines.len(), "{}", said.out);
    assert!(answers[1].contains("coffee") && answers[3].contains("Shall I place the order?"), "{}", said.out);
    assert!(answers[5].contains("586, 72") && answers[6].ends_with("[end]"), "{}", said.out);

    let recorded = fs::read_to_string(&file).unwrap();
    assert!(!recorded.contains("586") && recorded.contains("shop~: "), "{recorded}");
    // What is private was replaced, so that turn says something else; all others are as written.
    let recorded = recorded.replace("where is order 12345", "where is order 58672");
    fs::write(&file, &recorded).unwrap();
    let again = simulate(server.url("/alexa"), &["--user", "ada", "--replay", path], &[]).await;
    assert_eq!((again.code, again.out.as_str()), (0, "7 of 7 answers are as written\n"), "{}", again.err);

    fs::write(&file, recorded.replace("Goodbye.", "Farewell.")).unwrap();
    let differs = simulate(server.url("/alexa"), &["--user", "ada", "--replay", path], &[]).await;
    assert_eq!(differs.code, 1);
    assert!(
        differs.out.contains("recorded.txt:14") && differs.out.contains("says:    Goodbye. [end]"),
        "{}",
        differs.out
    );
    fs::write(&file, "shopper: hello").unwrap();
    let unreadable = simulate(server.url("/alexa"), &["--replay", path], &[]).await;
    assert_eq!(unreadable.code, 3);
    assert!(unreadable.err.contains("line 1"), "{}", unreadable.err);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_screen_would_show_is_printed_where_there_is_one() {
    let server = Server::start().await;
    let lines = ["find coffee", "tell me about the first one", "where is order 1"];
    let without = simulate(server.url("/alexa"), &[], &lines).await;
    assert_eq!((without.code, without.out.lines().count()), (0, lines.len()), "{}", without.out);
    for device in ["--screen", "--screen=round"] {
        let said = simulate(server.url("/alexa"), &[device], &lines).await;
        assert_eq!(said.code, 0, "{}", said.err);
        let shown: Vec<&str> = said.out.lines().filter_map(|l| l.strip_prefix("  | ")).collect();
        // The list with its places, then the product with a price and what can be touched.
        assert!(shown.iter().any(|l| l.starts_with("1. ") && l.contains("Coffee")), "{}", said.out);
        assert!(shown.iter().filter(|l| l.contains('$')).count() >= 4, "{}", said.out);
        assert!(shown.contains(&"Buy it"), "{}", said.out);
        // Nothing is shown of an answer that has nothing to show.
        assert!(!said.out.lines().last().unwrap().starts_with("  |"), "{}", said.out);
        assert!(!said.out.contains("is not drawn here"), "{}", said.out);
    }
    let wrong = simulate(server.url("/alexa"), &["--screen=square"], &lines).await;
    assert_eq!(wrong.code, 2, "{}", wrong.err);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_simulator_asks_what_is_left_to_alexa() {
    let folder = strict_shop();
    let model = folder.path().join("en-US/model.json");
    let text = fs::read_to_string(&model).unwrap();
    let mut changed: serde_json::Value = serde_json::from_str(&text).unwrap();
    changed["interactionModel"]["dialog"]["intents"][0]["delegationStrategy"] = "ALWAYS".into();
    fs::write(&model, changed.to_string()).unwrap();
    let server = Server::with(|settings| settings.intents.dir = folder.path().to_owned()).await;
    let args = ["--model", model.parent().unwrap().to_str().unwrap(), "--verbose"];
    let lines = ["find coffee", "add bananas to my cart", "twelve", "three", "no", "two", "yes", "yes"];
    let said = simulate(server.url("/alexa"), &args, &lines).await;
    assert_eq!(said.code, 0, "{}", said.err);
    for expected in [
        "coffee",
        "Dialog.Delegate",
        "How many bananas would you like?\n",
        "That is too many. Fewer than ten, please.\n",
        "3, is that right?\n",
        "Shall I put 2 bananas into your basket?\n",
        "Added two packs",
    ] {
        assert!(said.out.contains(expected), "{expected} is missing:\n{}", said.out);
    }
    // It was Alexa who asked.
    assert!(!said.out.contains("Dialog.ElicitSlot") && !said.out.contains("Dialog.Confirm"), "{}", said.out);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_simulator_follows_a_dialog_as_alexa_does() {
    let folder = strict_shop();
    let server = Server::with(|settings| settings.intents.dir = folder.path().to_owned()).await;
    let model = folder.path().join("en-US");
    let lines = ["add bananas to my cart", "twelve", "three", "no", "two", "yes", "yes"];
    let args = ["--model", model.to_str().unwrap(), "--verbose"];
    let said = simulate(server.url("/alexa"), &args, &lines).await;
    assert_eq!(said.code, 0, "{}", said.err);
    for expected in [
        "How many bananas would you like?\n",
        "Dialog.ElicitSlot\n",
        "That is too many. Fewer than ten, please.\n",
        "3, is that right?\n",
        "Dialog.ConfirmSlot\n",
        "Shall I put 2 bananas into your basket?\n",
        "Dialog.ConfirmIntent\n",
        "Added two packs",
    ] {
        assert!(said.out.contains(expected), "{expected} is missing:\n{}", said.out);
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_checks_signatures_is_told_apart_from_one_that_is_not_there() {
    let server = Server::with(|settings| settings.alexa.verify = true).await;
    let refused = simulate(server.url("/alexa"), &[], &["(open)"]).await;
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("HTTP 400") && refused.err.contains("signatures"), "{}", refused.err);
    server.stop().await;
    let gone = simulate("http://127.0.0.1:9/alexa".into(), &[], &["(open)"]).await;
    assert_eq!(gone.code, 4, "{}", gone.err);
}
