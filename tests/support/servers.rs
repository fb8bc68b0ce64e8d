//! The real program as processes of their own, which may be killed, and a client that insists on an answer.

#![allow(dead_code)] // each test binary uses a part

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// A server that can be killed and started again at the same address, with the same data.
pub struct Server {
    pub address: String,
    port: u16,
    data: PathBuf,
    settings: Vec<(&'static str, String)>,
    process: Option<Child>,
}

impl Server {
    /// Starts one with these settings, given as environment; [`ready`](Self::ready) waits for it.
    pub fn start(data: PathBuf, settings: Vec<(&'static str, String)>) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut server = Self { address: format!("http://127.0.0.1:{port}"), port, data, settings, process: None };
        server.again();
        server
    }

    /// Starts it again after [`kill`](Self::kill).
    pub fn again(&mut self) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_voicecart"));
        command
            .arg("serve")
            .env("VOICECART_BIND", format!("127.0.0.1:{}", self.port))
            .env("VOICECART_DATA_DIR", &self.data)
            .env("VOICECART_AUTH_REQUIRED", "false")
            .envs(self.settings.iter().map(|(name, value)| (name, value)))
            .stdout(Stdio::null())
            .stderr(std::env::var_os("VOICECART_TEST_LOGS").map_or_else(Stdio::null, |_| Stdio::inherit()));
        self.process = Some(command.spawn().unwrap());
    }

    /// SIGKILL: no goodbye of any kind.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    pub async fn ready(&self) {
        let client = reqwest::Client::new();
        let began = Instant::now();
        while !client.get(format!("{}/readyz", self.address)).send().await.is_ok_and(|r| r.status().is_success()) {
            assert!(began.elapsed() < Duration::from_secs(60), "{} did not become ready", self.address);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// One thing said in one conversation.
#[derive(Clone, Debug)]
pub struct Said {
    pub customer: String,
    pub session: String,
    /// The idempotency key: the same one is the same request.
    pub key: String,
    pub words: &'static str,
}

impl Said {
    /// Sends it once; `None` when nobody answered in time, or the server had to refuse for now.
    pub async fn once(&self, client: &reqwest::Client, address: &str, patience: Duration) -> Option<Value> {
        let body = json!({
            "text": self.words, "session": self.session, "customer": self.customer, "audio": "none"
        });
        let sent = client
            .post(format!("{address}/v1/text"))
            .header("Content-Type", "application/json")
            .header("Idempotency-Key", &self.key)
            .timeout(patience)
            .body(body.to_string())
            .send()
            .await
            .ok()?;
        let status = sent.status();
        let text = sent.text().await.ok()?;
        if !status.is_success() {
            // Busy, in flight, or its deadline: all of them ask to be sent again.
            assert!(matches!(status.as_u16(), 409 | 503 | 504), "{self:?}: {status} {text}");
            return None;
        }
        serde_json::from_str(&text).ok()
    }

    /// Sends it, to one server after the other, until one of them answers.
    pub async fn insist(&self, client: &reqwest::Client, addresses: &[String]) -> Value {
        let began = Instant::now();
        for address in addresses.iter().cycle() {
            if let Some(answer) = self.once(client, address, Duration::from_secs(8)).await {
                return answer;
            }
            assert!(began.elapsed() < Duration::from_secs(120), "{self:?} was never answered");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        unreachable!("there is a server")
    }
}

/// The words of an answer.
pub fn words(answer: &Value) -> &str {
    answer["speech"]["text"].as_str().unwrap_or_default()
}
