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

/// Where the packages of `tests/clients/package.json` lie, installed by npm; none, with the reason printed, where they
/// cannot be had.
pub fn node_modules() -> Option<PathBuf> {
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/package.json");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/clients/node");
    fs::create_dir_all(&folder).unwrap();
    let lock = fs::File::create(folder.join("lock")).unwrap();
    lock.lock().unwrap();
    let wanted = fs::read_to_string(list).unwrap();
    let mark = folder.join("installed");
    if fs::read_to_string(&mark).is_ok_and(|there| there == wanted) {
        return Some(folder.join("node_modules"));
    }
    fs::write(folder.join("package.json"), &wanted).unwrap();
    let flags = ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock", "--silent"];
    let failed = match Command::new("npm").args(flags).current_dir(&folder).output() {
        Ok(done) if done.status.success() => {
            fs::write(mark, wanted).unwrap();
            return Some(folder.join("node_modules"));
        }
        Ok(done) => String::from_utf8_lossy(&done.stderr).into_owned(),
        Err(error) => error.to_string(),
    };
    println!("SKIPPED: npm could not install the clients of tests/clients/package.json: {failed}");
    None
}

/// The browser's program; none, with the reason printed, where there is none.
pub fn chromium() -> Option<PathBuf> {
    let found = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
    let found = found.iter().map(PathBuf::from).find(|p| p.exists());
    if found.is_none() {
        println!("SKIPPED: there is no Chromium here (Debian package chromium)");
    }
    found
}

/// Runs a script of `tests/clients` in Node.js with its packages; what it printed. None where it cannot be run.
pub async fn run_node(script: &str, arguments: Vec<String>) -> Option<String> {
    let modules = tokio::task::spawn_blocking(node_modules).await.unwrap()?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(script);
    Some(run_with(Path::new("node"), &[], &script, arguments, &[("NODE_PATH", modules.to_str().unwrap())]).await)
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
