//! What must not be written down, looked for after a real run of the program with everything logged that can be: the PIN
//! a shopper says, in digits and in words, in the log, the databases and what is printed.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test: helpers outside #[test] functions too

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

const SAID: &[&str] = &["8317", "eight three one seven", "2946", "two nine four six"];

fn run(folder: &Path, args: &[&str], input: &str) -> (bool, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_voicecart"));
    command.args(args).env("VOICECART_DATA_DIR", folder.join("data")).env_remove("VOICECART_CONFIG");
    // The operator allows everything.
    command.env("VOICECART_LOG_FILTER", "trace").env("VOICECART_LOG_TRANSCRIPTS", "true");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let out = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    (out.status.success(), text(&out.stdout), text(&out.stderr))
}

fn holds(place: &str, bytes: &[u8]) {
    for said in SAID {
        let found = bytes.windows(said.len()).position(|w| w.eq_ignore_ascii_case(said.as_bytes()));
        // Digits inside a longer number (a time, an id) are not the PIN.
        let alone = |at: usize| {
            let around = [at.checked_sub(1), Some(at + said.len())];
            !around.into_iter().flatten().any(|i| bytes.get(i).is_some_and(u8::is_ascii_alphanumeric))
        };
        if let Some(at) = found.filter(|at| alone(*at)) {
            let from = at.saturating_sub(80);
            panic!("{place} holds {said:?}: ...{}", String::from_utf8_lossy(&bytes[from..at + said.len()]));
        }
    }
}

fn files(folder: &Path, seen: &mut u32) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, seen);
        } else {
            *seen += 1;
            holds(&path.display().to_string(), &std::fs::read(&path).unwrap());
        }
    }
}

#[test]
fn a_spoken_pin_is_nowhere_to_be_found() {
    let folder = tempfile::tempdir().unwrap();
    // Makes the sample shop.
    assert!(run(folder.path(), &["ask", "help"], "").0);
    let (set, _, error) = run(folder.path(), &["pin", "set", "ada"], "8317\n");
    assert!(set, "{error}");
    assert!(!run(folder.path(), &["pin", "set", "nobody-of-that-name"], "8317\n").0);
    assert!(!run(folder.path(), &["pin", "set", "ada"], "1111\n").0, "a PIN that is guessed first");

    let turns = "buy bananas\nyes\ntwo nine four six\nmy pin is 2946\neight three one seven\nbuy coffee beans\nyes\nno\n\
                 eight three one seven\nwhere is my order\n";
    let (done, said, log) = run(folder.path(), &["ask", "--verbose"], turns);
    assert!(done, "{log}");
    assert!(said.contains("You can try"), "the wrong PIN was refused: {said}");
    assert!(said.contains("Ordered:"), "the right one was taken: {said}");
    assert!(log.contains("TRACE") || log.contains("DEBUG"), "nothing was logged: {log}");
    holds("what was printed", said.as_bytes());
    holds("the log", log.as_bytes());
    let mut seen = 0;
    files(&folder.path().join("data"), &mut seen);
    assert!(seen >= 2, "the databases were read");
}
