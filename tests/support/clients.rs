//! Foreign clients, at pinned versions in a cache under `target/`, to be pointed at a running server. Where they cannot
//! be had (no Python, no package index) the caller is told why and skips.

#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)] // not every test file uses everything

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const WANTED: &str = include_str!("../clients/requirements.txt");

/// Where the Python packages lie.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/clients/python")
}

/// A Python that has every package of `tests/clients/requirements.txt`.
pub fn python() -> Option<PathBuf> {
    let venv = folder();
    let python = venv.join("bin/python");
    fs::create_dir_all(venv.parent().unwrap()).unwrap();
    // Test files run side by side and share the folder.
    let lock = fs::File::create(venv.parent().unwrap().join("lock")).unwrap();
    lock.lock().unwrap();
    let mark = venv.join("installed.txt");
    if fs::read_to_string(&mark).is_ok_and(|have| have == WANTED) {
        return Some(python);
    }
    let run = |program: &Path, arguments: &[&str]| match Command::new(program).args(arguments).output() {
        Ok(done) if done.status.success() => true,
        Ok(done) => {
            eprintln!("skipped: {}: {}", program.display(), String::from_utf8_lossy(&done.stderr));
            false
        }
        Err(error) => {
            eprintln!("skipped: {}: {error}", program.display());
            false
        }
    };
    let _ = fs::remove_dir_all(&venv);
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/requirements.txt");
    let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", list.to_str().unwrap()];
    let ready = run(Path::new("python3"), &["-m", "venv", venv.to_str().unwrap()]) && run(&python, &install);
    ready.then(|| fs::write(&mark, WANTED).unwrap()).map(|()| python)
}

/// Runs a script of `tests/clients` without blocking the server beside it; it must succeed and say so.
pub async fn run_python(script: &str, arguments: Vec<String>) -> bool {
    let Some(python) = tokio::task::spawn_blocking(python).await.unwrap() else { return false };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(script);
    run(&python, &script, arguments).await;
    true
}

pub async fn run(program: &Path, script: &Path, arguments: Vec<String>) -> String {
    run_with(program, &[], script, arguments, &[]).await
}

pub async fn run_with(
    program: &Path,
    flags: &[&str],
    script: &Path,
    arguments: Vec<String>,
    env: &[(&str, &str)],
) -> String {
    let mut command = tokio::process::Command::new(program);
    command.args(flags).arg(script).args(arguments).envs(env.iter().copied());
    command.stdin(Stdio::null()).env("NO_PROXY", "127.0.0.1").kill_on_drop(true);
    let done = tokio::time::timeout(std::time::Duration::from_secs(90), command.output()).await;
    let done = done.expect("the client did not finish").unwrap();
    let (out, err) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{}:\n{out}\n{err}", script.display());
    println!("{out}");
    out.into_owned()
}

/// The flags with which the installed Node.js has the browsers' `WebSocket`; none without Node.js.
pub fn node() -> Option<&'static [&'static str]> {
    let has = |flags: &[&str]| {
        let done = Command::new("node")
            .args(flags)
            .args(["-e", "process.exit(typeof WebSocket === 'function' ? 0 : 1)"])
            .output();
        done.is_ok_and(|d| d.status.success())
    };
    [&[][..], &["--experimental-websocket"]].into_iter().find(|flags| has(flags))
}

/// The same recording in another container, by ffmpeg's program; none where it is not installed.
pub fn converted(from: &Path, to: &Path, options: &[&str]) -> bool {
    let done = Command::new("ffmpeg").args(["-loglevel", "error", "-y", "-i"]).arg(from).args(options).arg(to).status();
    done.is_ok_and(|s| s.success())
}
