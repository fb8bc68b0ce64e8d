//! The OpenAI-compatible doors, tried with OpenAI's own Python client.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test: helpers outside #[test] functions too

mod support;

use std::path::Path;

use support::{Server, clients, problem};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openais_own_client_hears_and_speaks() {
    let server = Server::start().await;
    let webm = server.data.path().join("asked.webm");
    let wav = Path::new("audio-fixtures/39-where-is-my-order-clean.wav");
    assert!(
        clients::converted(wav, &webm, &["-c:a", "libopus", "-b:a", "32k", "-ar", "48000", "-live", "1"]),
        "ffmpeg is needed; `make test` installs it"
    );
    let text = |p: &Path| p.to_str().unwrap().to_owned();
    let arguments = vec![server.url("/v1"), server.key.clone(), text(wav), text(&webm)];
    clients::run_python("openai_client.py", arguments).await;
    assert!(server.is_well().await);
    server.stop().await;
}

/// A turn asked for as browsers record it, and answered as Opus: each is heard again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_turn_in_opus() {
    let server = Server::start().await;
    let wav = Path::new("audio-fixtures/39-where-is-my-order-clean.wav");
    for (name, options) in [
        ("asked.webm", &["-c:a", "libopus", "-b:a", "32k", "-ar", "48000", "-live", "1"][..]),
        ("asked.ogg", &["-c:a", "libopus", "-b:a", "24k"]),
        ("asked.opus", &["-c:a", "libopus", "-b:a", "32k", "-ac", "2"]),
    ] {
        let file = server.data.path().join(name);
        assert!(clients::converted(wav, &file, options), "ffmpeg is needed; `make test` installs it");
        let body = std::fs::read(&file).unwrap();
        let answer = server.post("/v1/voice").header("accept", "audio/ogg").body(body).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{name}");
        assert_eq!(answer.headers()["content-type"], "audio/ogg;codecs=opus");
        assert_eq!(answer.headers()["voicecart-transcript"], "where is my order", "{name}");
        let sound = answer.bytes().await.unwrap();
        let heard = voicecart::audio::decode::decode(&sound, None, &Default::default()).unwrap();
        assert!(heard.seconds() > 2.0 && heard.as_slice().iter().any(|v| v.abs() > 0.1), "{name}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_forms_are_refused_and_do_no_harm() {
    let server = Server::with(|s| s.limits.transcription_seconds = 5).await;
    let post = || server.post("/v1/audio/transcriptions");
    let form = |body: &str| post().header("content-type", "multipart/form-data; boundary=X").body(body.to_owned());
    problem(post().body("sound").send().await.unwrap(), 400, "bad-request").await;
    problem(form("--X\r\n").send().await.unwrap(), 400, "bad-request").await;
    problem(form("--X--\r\n").send().await.unwrap(), 400, "bad-parameter").await;
    let head = "--X\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\n";
    let empty = problem(form(&format!("{head}\r\n--X--\r\n")).send().await.unwrap(), 400, "bad-audio").await;
    // OpenAI's form of the same refusal stands beside it.
    assert_eq!(empty["error"]["message"], empty["detail"]);
    assert_eq!(empty["error"]["type"], "invalid_request_error");
    let mut long = head.as_bytes().to_vec();
    long.extend(support::wav(16_000, (0..6 * 16_000).map(|_| 0.0)));
    long.extend(b"\r\n--X--\r\n");
    let sent = post().header("content-type", "multipart/form-data; boundary=X").body(long).send().await.unwrap();
    problem(sent, 413, "too-long").await;
    let flood = post().header("content-type", "multipart/form-data; boundary=X").body(vec![b'a'; 13 << 20]);
    problem(flood.send().await.unwrap(), 413, "too-large").await;
    for body in ["", "{", "{\"input\": 5}", "[]"] {
        let sent = server.post("/v1/audio/speech").header("content-type", "application/json").body(body);
        problem(sent.send().await.unwrap(), 400, "bad-json").await;
    }
    let stranger = server.client.post(server.url("/v1/audio/speech")).body("{}").send().await.unwrap();
    problem(stranger, 401, "no-key").await;
    assert!(server.is_well().await);
    server.stop().await;
}
