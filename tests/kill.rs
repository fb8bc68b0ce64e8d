//! Kills the real server with SIGKILL at random moments while shoppers buy over HTTP and retry until they are answered.
//! Whatever the moment, every purchase that was confirmed is made exactly once and the stock adds up.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test: helpers outside #[test] functions too

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sqlx::Row;

const PURCHASES: usize = 30;
const KILLS: usize = 15;
const SKU: &str = "PRO-1141";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_confirmed_purchase_is_made_once_however_often_the_server_is_killed() {
    rustls::crypto::ring::default_provider().install_default().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address = format!("http://127.0.0.1:{port}");
    let mut server = start(folder.path(), port);
    wait_ready(&address).await;
    let stock_before = number(folder.path(), "SELECT stock FROM products WHERE sku = ?", SKU).await;

    let done = Arc::new(AtomicBool::new(false));
    let shoppers = {
        let (address, done) = (address.clone(), done.clone());
        tokio::spawn(async move {
            let mut bought = Vec::new();
            for n in 0..PURCHASES {
                insist(&address, n, "buy", "buy bananas").await;
                let answer = insist(&address, n, "yes", "yes").await;
                bought.push(answer["speech"]["text"].as_str().unwrap_or_default().to_owned());
            }
            done.store(true, Ordering::Relaxed);
            bought
        })
    };
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..KILLS {
        if done.load(Ordering::Relaxed) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(random.u64(5..400))).await;
        server.kill().unwrap();
        server.wait().unwrap();
        server = start(folder.path(), port);
        wait_ready(&address).await;
    }
    let bought = shoppers.await.unwrap();
    server.kill().unwrap();
    server.wait().unwrap();

    let orders = "SELECT COUNT(*) FROM orders o JOIN order_lines l ON l.order_number = o.number WHERE l.sku = ? AND o.quote_id IS NOT NULL";
    let count = number(folder.path(), orders, SKU).await;
    let stock_after = number(folder.path(), "SELECT stock FROM products WHERE sku = ?", SKU).await;
    assert_eq!(count, PURCHASES as i64, "each purchase once; answers: {bought:#?}");
    assert_eq!(stock_before - stock_after, PURCHASES as i64, "the stock adds up");
}

/// Sends one request under one idempotency key until the server answers it, however often it dies meanwhile.
async fn insist(address: &str, purchase: usize, step: &str, text: &str) -> Value {
    let client = reqwest::Client::new();
    let began = Instant::now();
    loop {
        let sent = client
            .post(format!("{address}/v1/text"))
            .header("Content-Type", "application/json")
            .header("Idempotency-Key", format!("purchase-{purchase}-{step}"))
            .timeout(Duration::from_secs(5))
            .body(
                json!({ "text": text, "session": format!("purchase-{purchase}"), "customer": "ada", "audio": "none" })
                    .to_string(),
            )
            .send()
            .await;
        match sent {
            Ok(response) if response.status().is_success() => {
                if let Ok(answer) = response.json().await {
                    return answer;
                }
            }
            Ok(response) if response.status().as_u16() != 503 => {
                panic!(
                    "{step} of purchase {purchase}: {} {}",
                    response.status(),
                    response.text().await.unwrap_or_default()
                )
            }
            _ => {}
        }
        assert!(began.elapsed() < Duration::from_secs(120), "{step} of purchase {purchase} was never answered");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn start(data: &Path, port: u16) -> Child {
    Command::new(env!("CARGO_BIN_EXE_voicecart"))
        .arg("serve")
        .env("VOICECART_BIND", format!("127.0.0.1:{port}"))
        .env("VOICECART_DATA_DIR", data)
        .env("VOICECART_AUTH_REQUIRED", "false")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

async fn wait_ready(address: &str) {
    let client = reqwest::Client::new();
    for _ in 0..3000 {
        if client.get(format!("{address}/readyz")).send().await.is_ok_and(|r| r.status().is_success()) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the server did not become ready");
}

async fn number(data: &Path, sql: &'static str, sku: &str) -> i64 {
    let path = data.join("voicecart.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
    let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
    let value = sqlx::query(sql).bind(sku).fetch_one(&pool).await.unwrap().get(0);
    pool.close().await;
    value
}
