//! More callers than can be served, and a server that is told to stop: who is answered is answered in time, who is not is
//! told so at once.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test: helpers outside #[test] functions too

mod support;

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use support::Server;
use support::live::{Client, fixture, silence};

const CALLERS: usize = 60;
const DEADLINE: u64 = 1_500;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_cannot_be_answered_in_time_is_refused_at_once() {
    let server = Server::with(|s| {
        (s.asr.workers, s.asr.threads, s.asr.queue) = (1, 1, 1_000);
        (s.limits.turns, s.deadlines.turn_ms) = (1_000, DEADLINE);
    })
    .await;
    let clip = std::fs::read("audio-fixtures/24-add-twelve-batteries-to-my-basket-clean.wav").unwrap();
    // The first turns tell the queue how long its work takes on this machine.
    for n in 0..3 {
        server.voice(&format!("warm-{n}"), clip.clone()).await;
    }
    let calls = (0..CALLERS).map(|n| {
        let request = server.post(&format!("/v1/voice?audio=none&session=crowd-{n}")).body(clip.clone());
        async move {
            let began = Instant::now();
            let answer = request.send().await.unwrap();
            let retry = answer.headers().get("retry-after").map(|v| v.to_str().unwrap().parse::<u64>().unwrap());
            (answer.status().as_u16(), began.elapsed(), retry)
        }
    });
    let answers = futures::future::join_all(calls).await;
    let count = |status| answers.iter().filter(|a| a.0 == status).count();
    let slowest = |status| answers.iter().filter(|a| a.0 == status).map(|a| a.1).max().unwrap_or_default();
    let (good, refused, late) = (count(200), count(503), count(504));
    println!(
        "{CALLERS} callers at once: {good} answered within {:?}, {refused} refused within {:?}, {late} late",
        slowest(200),
        slowest(503)
    );
    assert_eq!(good + refused + late, CALLERS, "{answers:?}");
    assert!(good >= 2, "the queue took nobody");
    // An estimate may be off; queueing without looking at the clock would make nearly all of them late.
    assert!(late * 10 <= CALLERS, "{late} of {CALLERS} waited for nothing");
    assert!(answers.iter().filter(|a| a.0 == 503).all(|a| a.2.is_some_and(|s| s >= 1)), "{answers:?}");
    assert!(server.is_well().await);
    server.stop().await;
}

fn start(folder: &std::path::Path, port: u16) -> Child {
    Command::new(env!("CARGO_BIN_EXE_voicecart"))
        .args(["serve", "--no-auth", "--bind", &format!("127.0.0.1:{port}")])
        .env("VOICECART_DATA_DIR", folder.join("data"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn signal(server: &Child) {
    let done = Command::new("kill").args(["-TERM", &server.id().to_string()]).status().unwrap();
    assert!(done.success());
}

async fn connect(port: u16) -> Client {
    let began = Instant::now();
    loop {
        match Client::at(&format!("127.0.0.1:{port}"), "pacing=none", &[]).await {
            Ok(client) => return client,
            Err(error) if began.elapsed() > Duration::from_secs(60) => panic!("{error}"),
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

fn ended(server: &mut Child, patience: Duration) -> Option<i32> {
    let began = Instant::now();
    while began.elapsed() < patience {
        if let Some(status) = server.try_wait().unwrap() {
            return status.code();
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    server.kill().unwrap();
    panic!("it did not end");
}

/// The real program, with real signals.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_signal_waits_for_the_turn_and_a_second_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let clip = fixture("21-add-bananas-to-my-cart-clean");
    let (first, second) = clip.split_at(clip.len() / 2);

    let mut server = start(folder.path(), port);
    let mut client = connect(port).await;
    client.say(first, false).await;
    client.until("speech-start").await;
    signal(&server);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(server.try_wait().unwrap().is_none(), "it ended in the middle of a turn");
    assert!(Client::at(&format!("127.0.0.1:{port}"), "", &[]).await.is_err(), "it takes new conversations");
    client.say(&[second.to_vec(), silence(1.5)].concat(), false).await;
    assert_eq!(client.until("transcript").await["text"], "add bananas to my cart");
    assert_eq!(client.until("audio-end").await["reason"], "finished");
    assert_eq!(client.until_closed().await, Some(1_001));
    assert_eq!(ended(&mut server, Duration::from_secs(10)), Some(0));

    let mut server = start(folder.path(), port);
    let mut client = connect(port).await;
    client.say(first, false).await;
    client.until("speech-start").await;
    signal(&server);
    tokio::time::sleep(Duration::from_millis(200)).await;
    signal(&server);
    assert_eq!(ended(&mut server, Duration::from_secs(2)), Some(143));
}
