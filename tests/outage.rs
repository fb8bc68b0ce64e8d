//! A database that goes away, hangs, and comes back, under a running server: every turn is answered within its deadline
//! with the truth, soon at once (the circuit breaker), and when the database is back the server goes on by itself.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers outside #[test] functions too
#![cfg(unix)]

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

#[path = "support/cluster.rs"]
mod cluster;
#[path = "support/servers.rs"]
mod servers;

use cluster::{Cluster, until};
use servers::{Said, Server, words};

/// The turn's deadline and a little for a busy machine.
const DEADLINE: Duration = Duration::from_secs(8);
const AT_ONCE: Duration = Duration::from_millis(500);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_gone_or_hangs_is_told_of_in_time() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let Some(cluster) = Cluster::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let (flows, flow) = watch::channel(true);
    let address = through(&cluster.database(), flow).await;
    let settings = vec![("VOICECART_DATABASE_URL", address), ("VOICECART_ALEXA_VERIFY", "false".to_owned())];
    let server = Server::start(folder.path().join("server"), settings);
    server.ready().await;
    let client = reqwest::Client::new();
    let ask = Ask { client: &client, address: &server.address };
    assert!(words(&ask.basket("well").await.unwrap()).contains("basket"));

    for outage in ["gone", "hanging"] {
        match outage {
            "gone" => cluster.down(),
            _ => drop(flows.send(false)),
        }
        // At first somebody has to find out, within the deadline; then everybody is told at once.
        until("the breaker opens", Duration::from_secs(60), async || {
            let began = Instant::now();
            let refused = ask.basket(&format!("{outage}-{:?}", began)).await.unwrap_err();
            assert!(began.elapsed() < DEADLINE, "{outage}: {:?}", began.elapsed());
            assert!(matches!(refused, 503 | 504), "{outage}: {refused}");
            began.elapsed() < AT_ONCE
        })
        .await;
        let (said, took) = ask.alexa().await;
        assert!(took < DEADLINE && said.contains("try again"), "{outage}: {said:?} after {took:?}");
        let ready = client.get(format!("{}/readyz", server.address)).send().await.unwrap();
        assert!(!ready.status().is_success(), "{outage}: it says that it is ready");

        match outage {
            "gone" => cluster.up(),
            _ => drop(flows.send(true)),
        }
        until("the server goes on", Duration::from_secs(30), async || {
            ask.basket(&format!("back-{outage}-{:?}", Instant::now())).await.is_ok()
        })
        .await;
    }
}

struct Ask<'a> {
    client: &'a reqwest::Client,
    address: &'a str,
}

impl Ask<'_> {
    /// What is in the basket, or the status of the refusal.
    async fn basket(&self, key: &str) -> Result<Value, u16> {
        let key: String = key.chars().filter(char::is_ascii_alphanumeric).collect();
        let said = Said { customer: "ada".into(), session: key.clone(), key, words: "what is in my basket" };
        let body = json!({ "text": said.words, "session": said.session, "customer": said.customer, "audio": "none" });
        let sent = self
            .client
            .post(format!("{}/v1/text", self.address))
            .header("Content-Type", "application/json")
            .header("Idempotency-Key", &said.key)
            .body(body.to_string())
            .send()
            .await
            .unwrap();
        let status = sent.status();
        let text = sent.text().await.unwrap();
        if status.is_success() { Ok(serde_json::from_str(&text).unwrap()) } else { Err(status.as_u16()) }
    }

    /// What an Alexa shopper hears who opens the skill, and after how long.
    async fn alexa(&self) -> (String, Duration) {
        let began = Instant::now();
        let user = json!({ "userId": format!("amzn1.ask.account.{}", ulid::Ulid::generate()) });
        let skill = json!({ "applicationId": "amzn1.ask.skill.test" });
        let body = json!({
            "version": "1.0",
            "session": { "new": true, "sessionId": "SessionId.outage", "application": skill, "user": user },
            "context": { "System": { "application": skill, "user": user } },
            "request": {
                "type": "LaunchRequest", "requestId": format!("EdwRequestId.{}", ulid::Ulid::generate()),
                "timestamp": jiff::Timestamp::now().to_string(), "locale": "en-US"
            }
        });
        let sent = self.client.post(format!("{}/alexa", self.address)).body(body.to_string());
        let sent = sent.header("Content-Type", "application/json").send().await.unwrap();
        assert!(sent.status().is_success(), "{}", sent.status());
        let answer: Value = serde_json::from_str(&sent.text().await.unwrap()).unwrap();
        let speech = &answer["response"]["outputSpeech"];
        (format!("{}{}", speech["ssml"].as_str().unwrap_or(""), speech["text"].as_str().unwrap_or("")), began.elapsed())
    }
}

/// The database's address through a pipe that can be stopped up: connections stay, and nothing comes.
async fn through(address: &str, flow: watch::Receiver<bool>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (before, after) = address.split_once("127.0.0.1:").unwrap();
    let (behind, database) = after.split_once('/').unwrap();
    let behind: u16 = behind.parse().unwrap();
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            let mut flow = flow.clone();
            tokio::spawn(async move {
                if flow.wait_for(|flows| *flows).await.is_err() {
                    return;
                }
                let Ok(mut far) = TcpStream::connect(("127.0.0.1", behind)).await else { return };
                loop {
                    tokio::select! {
                        _ = copy_bidirectional(&mut near, &mut far) => return,
                        stopped = flow.wait_for(|flows| !*flows) => if stopped.is_err() { return },
                    }
                    // What was under way is lost with the copy, as on a line that was cut; the connection hangs.
                    if flow.wait_for(|flows| *flows).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    format!("{before}127.0.0.1:{port}/{database}")
}
