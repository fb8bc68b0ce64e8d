//! `/v1/stream` held by real clients: a conversation, partial words, barge-in, Opus, refusals, hang-ups, a server that
//! stops; and the clients of `docs/stream.md`, run as they are printed there.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test: helpers outside #[test] functions too

mod support;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value;
use support::live::{Client, fixture, silence};
use support::{Server, clients};
use voicecart::audio::live::{Encoding, Frames, Intake, Outgoing};

fn order(events: &[Value], utterance: u64) -> Vec<String> {
    let mine = events.iter().filter(|e| e["utterance"] == utterance && e["type"] != "partial");
    mine.map(|e| e["type"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conversation() {
    let server = Server::start().await;
    let mut client = Client::open(&server, "pacing=none&customer=ada").await;
    let ready = client.until("ready").await;
    assert_eq!((&ready["protocol"], &ready["input"]["rate"]), (&"voicecart.v1".into(), &16_000.into()));

    // Two turns; the second is understood only in the light of the first.
    client.say(&[fixture("39-where-is-my-order-clean"), silence(1.5)].concat(), false).await;
    client.until("audio-end").await;
    let turn = ["speech-start", "speech-end", "transcript", "intent", "reply", "audio-start", "audio-end"];
    assert_eq!(order(&client.events, 1), turn);
    let find = |kind: &str, events: &[Value]| events.iter().rfind(|e| e["type"] == kind).unwrap().clone();
    assert_eq!(find("transcript", &client.events)["text"], "where is my order");
    assert_eq!(find("intent", &client.events)["intent"]["name"], "TrackOrderIntent");
    let reply = find("reply", &client.events);
    assert!(reply["speech"]["text"].as_str().unwrap().contains("Your latest order, "), "{reply}");
    assert_eq!(reply["session"]["id"], ready["session"]);
    let seconds = client.sound.iter().map(Vec::len).sum::<usize>() as f32 / 2.0 / 22_050.0;
    assert!(seconds > 2.0, "{seconds} s of reply");
    assert_eq!(find("audio-end", &client.events)["reason"], "finished");
    let end = find("speech-end", &client.events);
    let waited = end["at_ms"].as_u64().unwrap() - end["last_voice_ms"].as_u64().unwrap();
    assert!((190..1_250).contains(&waited), "{end}");

    client.command(r#"{"type":"text","text":"the second one"}"#).await;
    client.until("audio-end").await;
    let second = find("reply", &client.events);
    assert_ne!(second["speech"]["text"], reply["speech"]["text"]);
    assert_eq!(order(&client.events, 2), ["intent", "reply", "audio-start", "audio-end"]);

    client.say(&[fixture("21-add-bananas-to-my-cart-clean"), silence(1.5)].concat(), false).await;
    assert_eq!(client.until("transcript").await["text"], "add bananas to my cart");
    client.until("audio-end").await;

    // A button that is let go needs no silence; a slower preset is taken.
    client.command(r#"{"type":"configure","endpointing":"relaxed"}"#).await;
    client.say(&fixture("21-add-bananas-to-my-cart-clean"), false).await;
    client.command(r#"{"type":"end"}"#).await;
    client.until("audio-end").await;
    assert_eq!(find("speech-end", &client.events)["reason"], "asked");
    assert!(find("transcript", &client.events)["text"].as_str().unwrap().starts_with("add "));

    // Who asks for slower speech is given more time too.
    client.command(r#"{"type":"configure","endpointing":"default"}"#).await;
    client.command(r#"{"type":"text","text":"speak slower"}"#).await;
    client.until("audio-end").await;
    client.say(&[fixture("39-where-is-my-order-clean"), silence(2.5)].concat(), false).await;
    let end = client.until("speech-end").await;
    let waited = end["at_ms"].as_u64().unwrap() - end["last_voice_ms"].as_u64().unwrap();
    assert!(waited >= 800, "{end}");
    client.until("audio-end").await;

    // A click is no utterance, and what cannot be read is no reason to hang up.
    client.command(r#"{"type":"configure","endpointing":"hasty"}"#).await;
    assert_eq!(client.until("error").await["code"], "bad-parameter");
    client.command(r#"{"type":"text","text":"  "}"#).await;
    assert_eq!(client.until("error").await["fatal"], false);
    client.command(r#"{"type":"close"}"#).await;
    assert_eq!(client.until_closed().await, Some(1_000));
    assert!(server.is_well().await);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_come_while_they_are_spoken_and_speech_stops_a_reply() {
    let server = Server::start().await;
    let mut client = Client::open(&server, "output=opus").await;
    client.say(&silence(0.3), true).await;
    let clip = fixture("24-add-twelve-batteries-to-my-basket-clean");
    let began = Instant::now();
    client.say(&[clip, silence(1.3)].concat(), true).await;
    client.until("audio-start").await;
    println!("first sound of the reply {} ms after the clip began", began.elapsed().as_millis());
    let partials: Vec<&Value> = client.events.iter().filter(|e| e["type"] == "partial").collect();
    assert!(!partials.is_empty(), "{:?}", client.kinds());
    for partial in &partials {
        let (text, stable) = (partial["text"].as_str().unwrap(), partial["stable"].as_str().unwrap());
        assert!(text.starts_with(stable), "{partial}");
    }
    let place = |kind: &str| client.kinds().iter().position(|k| k == kind).unwrap();
    assert!(place("partial") < place("speech-end"), "{:?}", client.kinds());

    // The shopper talks over the reply, from its beginning.
    client.say(&[fixture("21-add-bananas-to-my-cart-clean"), silence(1.3)].concat(), true).await;
    let stopped = client.until("audio-end").await;
    assert_eq!((&stopped["reason"], &stopped["utterance"]), (&"barge-in".into(), &1.into()));
    assert_eq!(client.until("transcript").await["text"], "add bananas to my cart");
    let second = client.until("audio-start").await;
    assert_eq!((&second["utterance"], &second["encoding"]), (&2.into(), &"opus".into()));
    // And stops this one by a button.
    client.command(r#"{"type":"cancel"}"#).await;
    assert_eq!(client.until("audio-end").await["reason"], "cancelled");
    let (mut intake, mut heard) = (Intake::new(Encoding::Opus).unwrap(), Vec::new());
    client.sound.iter().for_each(|m| intake.push(m, &mut heard).unwrap());
    assert!(heard.iter().any(|v| v.abs() > 0.05), "{} messages of Opus", client.sound.len());
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn opus_up_and_other_rates() {
    let server = Server::start().await;
    let pcm = [fixture("39-where-is-my-order-clean"), silence(1.5)].concat();
    let mut client = Client::open(&server, "encoding=opus&output=none").await;
    for packet in Frames::new(&pcm, 16_000, Outgoing::Opus).unwrap() {
        futures::SinkExt::send(&mut client.socket, packet_of(packet)).await.unwrap();
    }
    assert_eq!(client.until("transcript").await["text"], "where is my order");
    client.until("reply").await;

    let mut client = Client::open(&server, "rate=48000&output=none").await;
    let fast =
        voicecart::audio::resample::convert(pcm.iter().map(|v| f32::from(*v) / 32_768.0).collect(), 16_000, 48_000);
    let fast: Vec<i16> = fast.iter().map(|v| (v * 32_767.0) as i16).collect();
    client.say(&fast, false).await;
    assert_eq!(client.until("transcript").await["text"], "where is my order");

    // Sound that stops coming ends the utterance too.
    let mut client = Client::open(&server, "output=none&endpointing=relaxed").await;
    client.say(&fixture("21-add-bananas-to-my-cart-clean"), false).await;
    assert_eq!(client.until("speech-end").await["reason"], "asked");
    assert_eq!(client.until("transcript").await["text"], "add bananas to my cart");
    server.stop().await;
}

fn packet_of(bytes: Vec<u8>) -> tokio_tungstenite::tungstenite::Message {
    tokio_tungstenite::tungstenite::Message::binary(bytes)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_garbage_and_hang_ups_do_no_harm() {
    let server = Server::with(|s| (s.stream.connections, s.stream.idle_seconds) = (4, 2)).await;
    let bearer = format!("Bearer {}", server.key);
    let key: &[(&str, &str)] = &[("authorization", &bearer)];
    for (query, headers, status) in [
        ("", &[][..], 401),
        ("", &[("sec-websocket-protocol", "voicecart.v1, bearer.vc_wrong")], 401),
        ("rate=100", key, 400),
        ("encoding=mp3", key, 400),
        ("output=loud", key, 400),
        ("pacing=fast", key, 400),
        ("endpointing=hasty", key, 400),
        ("locale=fr-FR", key, 400),
        ("session=a%20b", key, 400),
        ("sesion=1", key, 400),
        ("", &[("authorization", &bearer), ("origin", "https://evil.example")], 403),
    ] {
        assert_eq!(Client::refused(&server, query, headers).await, status, "{query} {headers:?}");
    }
    let plain = server.get("/v1/stream").send().await.unwrap();
    support::problem(plain, 400, "bad-request").await;
    let page = format!("voicecart.v1, bearer.{}", server.key);
    let own = format!("http://{}", server.address);
    let mut page = Client::try_open(&server, "", &[("sec-websocket-protocol", &page), ("origin", &own)]).await.unwrap();
    page.until("ready").await;
    drop(page);

    // One at a time each of these ends its own connection and nothing else.
    for (what, bad) in [("not JSON", "hello"), ("no command", "{\"type\":\"shout\"}"), ("deep", &"[".repeat(50_000))] {
        let mut client = Client::open(&server, "").await;
        client.command(bad).await;
        assert_eq!(client.until("error").await["fatal"], true, "{what}");
        assert_eq!(client.until_closed().await, Some(1_008), "{what}");
    }
    let mut odd = Client::open(&server, "").await;
    for _ in 0..20 {
        futures::SinkExt::send(&mut odd.socket, packet_of(vec![1, 2, 3])).await.unwrap();
    }
    assert_eq!(odd.until_closed().await, Some(1_008));
    let mut noise = Client::open(&server, "encoding=opus").await;
    for n in 0..40_u8 {
        // Some are packets by chance; the connection may live or die, the server must live.
        let _ = futures::SinkExt::send(&mut noise.socket, packet_of(vec![n.wrapping_mul(97); 60])).await;
    }
    drop(noise);
    let mut huge = Client::open(&server, "").await;
    let _ = futures::SinkExt::send(&mut huge.socket, packet_of(vec![0; 4 << 20])).await;
    huge.until_closed().await;
    let mut idle = Client::open(&server, "").await;
    assert_eq!(idle.until_closed().await, Some(1_000));
    assert_eq!(idle.events.last().unwrap()["code"], "slow");

    // Hanging up in the middle of a word, of a recognition, of a reply.
    for length in [4_000, 30_000, 60_000] {
        for _ in 0..6 {
            let mut client = Client::open(&server, "pacing=live").await;
            let clip = [fixture("39-where-is-my-order-clean"), silence(2.0)].concat();
            client.say(&clip[..length.min(clip.len())], false).await;
            drop(client);
            tokio::time::sleep(Duration::from_millis(60)).await;
        }
    }
    // Every place is free again, and one more than there are is refused.
    let mut held = Vec::new();
    for _ in 0..4 {
        held.push(Client::open(&server, "").await);
    }
    assert_eq!(Client::refused(&server, "", key).await, 503);
    drop(held);
    assert!(server.is_well().await);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stops_finishes_the_turn() {
    let server = Server::start().await;
    let mut idle = Client::open(&server, "").await;
    idle.until("ready").await;
    let mut client = Client::open(&server, "pacing=none").await;
    let clip = fixture("39-where-is-my-order-clean");
    client.say(&clip[..clip.len() / 2], false).await;
    client.until("speech-start").await;
    let stopping = tokio::spawn(server.stop());
    assert_eq!(idle.until_closed().await, Some(1_001));
    client.say(&[clip[clip.len() / 2..].to_vec(), silence(1.5)].concat(), false).await;
    assert_eq!(client.until("transcript").await["text"], "where is my order");
    assert_eq!(client.until("audio-end").await["reason"], "finished");
    assert_eq!(client.until_closed().await, Some(1_001));
    tokio::time::timeout(Duration::from_secs(5), stopping).await.unwrap().unwrap();
}

/// The block of this language in `docs/stream.md`, as a file.
fn printed(language: &str, file: PathBuf) -> PathBuf {
    let text = std::fs::read_to_string("docs/stream.md").unwrap();
    let code = text.split(&format!("```{language}\n")).nth(1).unwrap().split("```").next().unwrap();
    assert!(code.lines().count() <= 40, "{language}: {} lines", code.lines().count());
    std::fs::write(&file, code).unwrap();
    file
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_clients_of_the_documentation() {
    let server = Server::start().await;
    let (url, clip) = (format!("ws://{}", server.address), "audio-fixtures/39-where-is-my-order-clean.wav");
    let heard = |out: &str| {
        assert!(out.contains("\"where is my order\"") && out.contains("TrackOrderIntent"), "{out}");
    };
    let folder = server.data.path();
    let script = printed("python", folder.join("client.py"));
    if let Some(python) = tokio::task::spawn_blocking(clients::python).await.unwrap() {
        let reply = folder.join("reply.wav");
        let arguments = vec![url.clone(), clip.into(), reply.to_str().unwrap().into()];
        let key = [("VOICECART_KEY", server.key.as_str())];
        heard(&clients::run_with(&python, &[], &script, arguments, &key).await);
        let reply = std::fs::read(&reply).unwrap();
        let samples = voicecart::audio::decode::decode(&reply, None, &Default::default()).unwrap();
        assert!(samples.seconds() > 2.0, "{} s of reply", samples.seconds());
    }
    let script = printed("javascript", folder.join("client.mjs"));
    let runner = Path::new("tests/clients/stream_client.mjs");
    let arguments = vec![script.to_str().unwrap().into(), url, server.key.clone(), clip.into()];
    match clients::node() {
        Some(flags) => {
            let out = clients::run_with(Path::new("node"), flags, runner, arguments, &[]).await;
            heard(&out);
            assert!(out.contains("\"test-done\",\"rate\":22050"), "{out}");
        }
        None => eprintln!("skipped: node 20 or newer is needed for the JavaScript client"),
    }
    server.stop().await;
}
