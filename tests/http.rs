//! The HTTP doors over real connections: answers, refusals, limits, and a server that is well after all of it.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test: helpers outside #[test] functions too

mod support;

use std::time::Duration;

use serde_json::{Value, json};
use support::{Server, float_wav, problem, spoken, wav};

fn noise(seconds: f32) -> impl Iterator<Item = f32> {
    let mut random = fastrand::Rng::with_seed(7);
    (0..(seconds * 16_000.0) as usize).map(move |_| random.f32() * 2.0 - 1.0)
}

fn silence(seconds: f32) -> Vec<f32> {
    vec![0.0; (seconds * 16_000.0) as usize]
}

/// Bodies that are no spoken request, with the refusal each gets.
fn bad_audio() -> Vec<(&'static str, Vec<u8>, u16, &'static str)> {
    let mut truncated = wav(16_000, noise(2.0));
    truncated.truncate(1_000);
    let png = [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice(), &[0; 2_000]].concat();
    // A gigabyte of zeros in zips in a zip; what counts is that nobody unpacks it.
    let zip = include_bytes!("audio/bomb.zip").to_vec();
    let mut rate = wav(16_000, noise(1.0));
    rate[24..28].copy_from_slice(&3_000_000_u32.to_le_bytes());
    let mut none = wav(16_000, noise(1.0));
    none[24..28].copy_from_slice(&0_u32.to_le_bytes());
    vec![
        ("empty", Vec::new(), 400, "bad-audio"),
        ("truncated", truncated, 400, "bad-audio"),
        ("a PNG named .wav", png, 415, "unsupported-audio"),
        ("a zip bomb", zip, 415, "unsupported-audio"),
        (
            "random bytes",
            (0..5_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect(),
            415,
            "unsupported-audio",
        ),
        ("0.2 s", wav(16_000, noise(0.2)), 422, "too-short"),
        ("40 s", wav(16_000, noise(40.0)), 413, "too-long"),
        ("10 minutes", wav(16_000, (0..9_600_000).map(|_| 0.1)), 413, "too-large"),
        ("an absurd rate", rate, 400, "bad-audio"),
        ("no rate", none, 400, "bad-audio"),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_audio_is_refused_and_does_no_harm() {
    let server = Server::start().await;
    for (what, body, status, kind) in bad_audio() {
        println!("{what}");
        let sent = server.post("/v1/voice").header("content-type", "audio/wav").body(body).send().await.unwrap();
        problem(sent, status, kind).await;
        assert!(server.is_well().await, "after {what}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sound_without_words_is_answered_in_words() {
    let server = Server::start().await;
    let not_numbers: Vec<f32> = (0..24_000).map(|i| if i % 3 == 0 { f32::NAN } else { f32::INFINITY }).collect();
    for (what, audio) in [
        ("silence", wav(16_000, silence(2.0))),
        ("white noise", wav(16_000, noise(3.0))),
        ("not numbers", float_wav(16_000, &not_numbers)),
    ] {
        let answer = server.voice(&what.replace(' ', "-"), audio).await;
        assert_eq!(answer["intent"], Value::Null, "{what}: {answer}");
        assert_eq!(answer["session"]["open"], true, "{what}: {answer}");
        assert!(answer["speech"]["text"].as_str().is_some_and(|t| !t.is_empty()), "{what}: {answer}");
    }
    assert!(server.is_well().await);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_requests_are_refused_and_do_no_harm() {
    let server = Server::start().await;
    let text = || server.post("/v1/text").header("content-type", "application/json");
    let deep = format!("{}{}", "[".repeat(30_000), "]".repeat(30_000));
    let deeper = format!("{{\"text\": {deep}}}");
    for (what, request, status, kind) in [
        ("invalid JSON", text().body("{\"text\": "), 400, "bad-json"),
        ("5 MB of JSON", text().body(format!("{{\"text\": \"{}\"}}", "a".repeat(5 << 20))), 413, "too-large"),
        ("deep nesting", text().body(deep), 400, "bad-json"),
        ("deep nesting in a field", text().body(deeper), 400, "bad-json"),
        ("an unknown field", text().body("{\"text\": \"help\", \"txet\": 1}"), 400, "bad-json"),
        ("not JSON", text().body("text=help"), 400, "bad-json"),
        (
            "another type",
            server.post("/v1/text").header("content-type", "text/plain").body("help"),
            415,
            "unsupported-body",
        ),
        ("no words", text().body("{\"text\": \"  \"}"), 422, "bad-text"),
        ("too many words", text().body(json!({"text": "a".repeat(1_001)}).to_string()), 422, "bad-text"),
        ("a control character", text().body(json!({"text": "a\u{7}b"}).to_string()), 422, "bad-text"),
        ("a bad session", text().body(json!({"text": "help", "session": "a b"}).to_string()), 400, "bad-parameter"),
        ("another locale", text().body(json!({"text": "help", "locale": "fr-FR"}).to_string()), 400, "bad-parameter"),
        ("a bad parameter", server.post("/v1/voice?audio=loud").body("x"), 400, "bad-parameter"),
        ("an unknown parameter", server.post("/v1/voice?sesion=1").body("x"), 400, "bad-parameter"),
        (
            "a type nobody makes",
            text().header("accept", "image/png").body("{\"text\": \"help\"}"),
            406,
            "not-acceptable",
        ),
        ("no such path", server.get("/v2/voice"), 404, "not-found"),
        ("no such link", server.get(&format!("/v1/audio/{}", "0".repeat(64))), 404, "link-gone"),
        ("the wrong method", server.get("/v1/voice"), 405, "method"),
        ("the wrong method on a page", server.post("/healthz"), 405, "method"),
    ] {
        println!("{what}");
        let sent = request.send().await.unwrap();
        let allow = sent.headers().contains_key("allow");
        assert_eq!(allow, status == 405, "{what}");
        problem(sent, status, kind).await;
        assert!(server.is_well().await, "after {what}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_guard_what_they_should() {
    let server = Server::start().await;
    let wrong = format!("vc_{}", "0".repeat(43));
    let anonymous = |path: &str| server.client.post(server.url(path)).body("{}");
    for request in [
        anonymous("/v1/text"),
        anonymous("/v1/voice"),
        server.client.get(server.url("/metrics")),
        anonymous("/v1/text").bearer_auth(&wrong),
        anonymous("/v1/text").bearer_auth(""),
        anonymous("/v1/text").header("x-api-key", &wrong),
        anonymous("/v1/text").basic_auth("user", Some(&server.key)),
    ] {
        let sent = request.send().await.unwrap();
        assert!(sent.headers()["www-authenticate"].to_str().unwrap().starts_with("Bearer"));
        problem(sent, 401, "no-key").await;
    }
    for path in ["/", "/docs", "/openapi.json", "/healthz"] {
        let page = server.client.get(server.url(path)).send().await.unwrap();
        assert_eq!(page.status(), 200, "{path}");
    }
    let other_header =
        anonymous("/v1/text").header("x-api-key", &server.key).header("content-type", "application/json");
    assert_eq!(other_header.body("{\"text\": \"help\"}").send().await.unwrap().status(), 200);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rates_are_limited_by_key() {
    let server = Server::with(|s| s.limits.requests_per_minute = 3).await;
    for _ in 0..3 {
        server.text(json!({"text": "help"})).await;
    }
    let sent = server.post("/v1/text").json(&json!({"text": "help"})).send().await.unwrap();
    let wait: u64 = sent.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=20).contains(&wait), "{wait}");
    problem(sent, 429, "rate").await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_request_twice_is_one_turn() {
    let server = Server::start().await;
    let send = |key: &'static str, text: &'static str| {
        let request = server.post("/v1/text").header("idempotency-key", key);
        async move { request.json(&json!({"text": text, "session": "twice"})).send().await.unwrap() }
    };
    let first: Value = send("k1", "find coffee").await.json().await.unwrap();
    let again: Value = send("k1", "find coffee").await.json().await.unwrap();
    assert_eq!(first["speech"], again["speech"]);
    assert_eq!(first["session"], again["session"]);
    problem(send("k1", "find tea").await, 409, "request-id-reused").await;
    problem(send("a b", "find tea").await, 400, "bad-parameter").await;
    // Without a session, a retry finds the conversation that its first try opened.
    let send = || server.post("/v1/text").header("idempotency-key", "k2").json(&json!({"text": "find coffee"})).send();
    let (first, again): (Value, Value) =
        (send().await.unwrap().json().await.unwrap(), send().await.unwrap().json().await.unwrap());
    assert_eq!(first["session"], again["session"]);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_answer_comes_as_words_as_sound_or_as_a_link() {
    let server = Server::with(|s| s.links.seconds = 1).await;
    let inline = server.text(json!({"text": "help", "audio": "inline"})).await;
    let bytes = base64::Engine::decode(
        &base64::engine::general_purpose::STANDARD,
        inline["audio"]["base64"].as_str().expect("the answer is spoken"),
    );
    assert_eq!(bytes.unwrap().get(..4), Some(b"RIFF".as_slice()));
    assert_eq!(server.text(json!({"text": "help"})).await["audio"], Value::Null);

    let linked = server.text(json!({"text": "help", "audio": "link"})).await;
    let url = server.url(linked["audio"]["url"].as_str().unwrap());
    let fetched = server.client.get(&url).send().await.unwrap();
    assert_eq!(fetched.headers()["content-type"], "audio/wav");
    assert_eq!(fetched.bytes().await.unwrap().get(..4), Some(b"RIFF".as_slice()));
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    problem(server.client.get(&url).send().await.unwrap(), 404, "link-gone").await;

    let request = server.post("/v1/text").header("accept", "audio/wav").json(&json!({"text": "help"}));
    let sound = request.send().await.unwrap();
    assert_eq!(sound.status(), 200);
    let header = |name: &str| sound.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "audio/wav");
    assert_eq!(header("voicecart-intent"), "AMAZON.HelpIntent");
    assert_eq!(header("voicecart-session-open"), "true");
    assert!(!header("voicecart-speech").is_empty() && header("voicecart-session").starts_with("s-"));
    assert_eq!(sound.bytes().await.unwrap().get(..4), Some(b"RIFF".as_slice()));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_spoken_request_is_heard_understood_and_counted() {
    let server = Server::start().await;
    let Some(audio) = spoken("where is my order") else {
        println!("skipped: espeak-ng is not installed");
        return;
    };
    let answer = server.voice("heard", audio).await;
    assert_eq!(answer["transcript"]["text"], "where is my order", "{answer}");
    assert_eq!(answer["intent"]["name"], "TrackOrderIntent", "{answer}");
    assert!(answer["timings"]["recognition"].as_f64().unwrap() > 1.0, "{answer}");
    server.text(json!({"text": "help", "audio": "inline"})).await;
    server.text(json!({"text": "find coffee"})).await;

    let metrics = server.get("/metrics").send().await.unwrap().text().await.unwrap();
    for stage in ["queue", "recognition", "understanding", "shop", "synthesis", "turn"] {
        assert!(metrics.contains(&format!("# TYPE voicecart_{stage}_seconds histogram")), "{stage}\n{metrics}");
    }
    assert!(metrics.contains("door=\"voice\",intent=\"TrackOrderIntent\",outcome=\"answered\""), "{metrics}");
    assert!(!metrics.contains("where is"), "words do not belong into metrics");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conversation_goes_on_in_its_session() {
    let server = Server::start().await;
    let first = server.text(json!({"text": "find coffee"})).await;
    let session = first["session"]["id"].clone();
    let next = server.text(json!({"text": "the first one", "session": session})).await;
    assert_eq!(next["session"]["id"], session);
    assert_eq!(next["intent"]["name"], "ChooseResultIntent", "{next}");
    let end = server.text(json!({"text": "stop", "session": session})).await;
    assert_eq!(end["session"]["open"], false, "{end}");
    assert_eq!(end["reprompt"], Value::Null);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readiness_names_the_parts() {
    let server = Server::start().await;
    let ready: Value = server.get("/readyz").send().await.unwrap().json().await.unwrap();
    assert_eq!(ready["ready"], true, "{ready}");
    let parts: Vec<&str> = ready["parts"].as_array().unwrap().iter().filter_map(|p| p["name"].as_str()).collect();
    assert!(parts.contains(&"speech model") && parts.contains(&"database"), "{ready}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_clients_are_cut_off() {
    let server = Server::with(|s| {
        s.deadlines.headers_ms = 300;
        s.deadlines.body_ms = 300;
    })
    .await;
    let patience = Duration::from_secs(3);
    for start in ["", "P", "PRI * HT", "POST /v1/text HTTP/1.1\r\nHost: a\r\n"] {
        let answer = server.raw(start.as_bytes(), patience).await;
        assert!(answer.is_some(), "{start:?} was left hanging");
    }
    let head = format!(
        "POST /v1/text HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {}\r\nContent-Length: 50\r\nConnection: close\r\n\r\n{{",
        server.key
    );
    let answer = server.raw(head.as_bytes(), patience).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("/docs#slow"), "{answer}");
    assert!(server.is_well().await);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn overload_is_refused_at_once() {
    let server = Server::with(|s| s.limits.turns = 1).await;
    // Long enough to be worked on while somebody else asks.
    let mut clip = hound::WavReader::open("audio-fixtures/24-add-twelve-batteries-to-my-basket-clean.wav").unwrap();
    let clip: Vec<f32> = clip.samples::<i16>().map(|v| f32::from(v.unwrap()) / 32_768.0).collect();
    let long = wav(16_000, clip.iter().copied().cycle().take(25 * 16_000));
    let ask = || async { server.post("/v1/text").json(&json!({"text": "help"})).send().await.unwrap() };
    let refused = async {
        // The place is taken when all of it has arrived.
        tokio::time::sleep(Duration::from_millis(300)).await;
        loop {
            let sent = ask().await;
            if sent.status() == 503 {
                break sent;
            }
        }
    };
    let turn = server.post("/v1/voice?audio=none").body(long).send();
    let (sent, turn) = tokio::join!(tokio::time::timeout(Duration::from_secs(30), refused), turn);
    let sent = sent.expect("two turns at once were taken");
    assert_eq!(sent.headers()["retry-after"], "1");
    problem(sent, 503, "busy").await;
    assert_ne!(turn.unwrap().status(), 503);
    assert!(server.is_well().await);
    server.stop().await;
}

/// Promises a body and sends the beginning of it, and stays.
async fn begin(server: &Server, path: &str, promised: usize, start: &[u8]) -> tokio::net::TcpStream {
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
         Content-Length: {promised}\r\n\r\n",
        server.key
    );
    let mut stream = tokio::net::TcpStream::connect(server.address).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut stream, &[head.as_bytes(), start].concat()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    stream
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_sends_half_a_body_keeps_nobody_out() {
    let server = Server::with(|s| s.limits.turns = 1).await;
    let mut halves = Vec::new();
    for (path, start) in
        [("/v1/voice", "RIFF"), ("/v1/text", "{"), ("/v1/audio/transcriptions", "--x"), ("/v1/audio/speech", "{")]
    {
        halves.push(begin(&server, path, 5_000, start.as_bytes()).await);
    }
    assert!(server.is_well().await);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_more_arrives_at_once_than_there_is_room_for() {
    let server = Server::with(|s| {
        s.limits.turns = 1;
        s.limits.upload_bytes = 200_000;
    })
    .await;
    // Almost all of an upload.
    let holding = begin(&server, "/v1/voice", 199_000, &vec![0; 190_000]).await;
    assert!(server.is_well().await, "a few words find room");
    let sent = server.post("/v1/voice").body(vec![0; 150_000]).send().await.unwrap();
    problem(sent, 503, "busy").await;
    drop(holding);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let sent = server.post("/v1/voice").body(vec![0; 150_000]).send().await.unwrap();
    assert_ne!(sent.status(), 503);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn web_pages_elsewhere_may_call_only_when_named() {
    let ask = |server: &Server| {
        let request = server.client.request(reqwest::Method::OPTIONS, server.url("/v1/text"));
        request.header("origin", "https://shop.example").header("access-control-request-method", "POST").send()
    };
    let closed = Server::start().await;
    assert!(!ask(&closed).await.unwrap().headers().contains_key("access-control-allow-origin"));
    closed.stop().await;
    let open = Server::with(|s| s.cors.origins = vec!["https://shop.example".into()]).await;
    assert_eq!(ask(&open).await.unwrap().headers()["access-control-allow-origin"], "https://shop.example");
    open.stop().await;
}
