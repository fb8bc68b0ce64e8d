//! A payment gateway: a real one over HTTP that keeps a ledger. It takes, declines, hangs before or after taking, and may
//! be sent the same thing twice.

#![allow(dead_code)] // each test binary uses a part

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};

/// What happens to the next charge that comes in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mood {
    Prompt,
    Decline,
    /// The money is never taken, and nothing is answered.
    HangBefore,
    /// The money is taken, and nothing is answered.
    HangAfter,
    /// Nobody has a method on file.
    NoMethod,
    /// Pages are paid on as soon as they are opened.
    PaysAtOnce,
}

impl Books {
    fn pay(&mut self, key: &str) -> bool {
        let Some(Entry::Open(amount)) = self.entries.get(key).copied() else { return false };
        *self.moved.entry(key.to_owned()).or_default() += 1;
        self.entries.insert(key.to_owned(), Entry::Taken(amount));
        true
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Entry {
    /// A page that nobody has paid on yet.
    Open(i64),
    Taken(i64),
    Declined,
    Voided {
        gave_back: bool,
    },
}

#[derive(Default)]
pub struct Books {
    pub entries: BTreeMap<String, Entry>,
    /// How often money was really moved under a key.
    pub moved: BTreeMap<String, u32>,
    /// What went back, by the refund's own key: of which charge, how much.
    pub refunds: BTreeMap<String, (String, i64)>,
}

/// The gateway: a ledger behind HTTP.
#[derive(Clone)]
struct Ledger {
    books: Arc<Mutex<Books>>,
    mood: watch::Receiver<Mood>,
    /// Told of each step of each charge.
    steps: mpsc::UnboundedSender<&'static str>,
}

pub struct Gateway {
    address: SocketAddr,
    pub books: Arc<Mutex<Books>>,
    pub mood: watch::Sender<Mood>,
    pub steps: mpsc::UnboundedReceiver<&'static str>,
}

impl Gateway {
    pub async fn start() -> Self {
        let books = Arc::new(Mutex::new(Books::default()));
        let (mood, moods) = watch::channel(Mood::Prompt);
        let (tell, steps) = mpsc::unbounded_channel();
        let ledger = Ledger { books: books.clone(), mood: moods, steps: tell };
        let router = axum::Router::new()
            .route("/charges", post(charges))
            .route("/pages", post(pages))
            .route("/refunds", post(refunds))
            .route("/voids", post(voids))
            .with_state(ledger);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, books, mood, steps }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A shopper pays on the page of this key; whether it took the money.
    pub fn pay(&self, key: &str) -> bool {
        self.books.lock().unwrap().pay(key)
    }

    /// Waits until the gateway has come to this step of some charge.
    pub async fn reaches(&mut self, step: &str) {
        let wait = async { while self.steps.recv().await.unwrap() != step {} };
        tokio::time::timeout(Duration::from_secs(60), wait).await.unwrap_or_else(|_| panic!("never {step}"));
    }
}

async fn charges(State(ledger): State<Ledger>, headers: HeaderMap, Json(body): Json<Value>) -> Json<Value> {
    let key = headers["idempotency-key"].to_str().unwrap().to_owned();
    let mood = *ledger.mood.borrow();
    let _ = ledger.steps.send("asked");
    if mood == Mood::HangBefore {
        std::future::pending::<()>().await;
    }
    if mood == Mood::NoMethod {
        let _ = ledger.steps.send("answered");
        return Json(json!({"status": "no_method"}));
    }
    let entry = {
        let mut books = ledger.books.lock().unwrap();
        let known = books.entries.get(&key).copied();
        known.unwrap_or_else(|| {
            let entry = match mood {
                Mood::Decline => Entry::Declined,
                _ => {
                    *books.moved.entry(key.clone()).or_default() += 1;
                    Entry::Taken(body["amount"].as_i64().unwrap())
                }
            };
            books.entries.insert(key.clone(), entry);
            entry
        })
    };
    let _ = ledger.steps.send("taken");
    if mood == Mood::HangAfter {
        std::future::pending::<()>().await;
    }
    let _ = ledger.steps.send("answered");
    Json(match entry {
        Entry::Taken(_) => json!({"status": "taken", "reference": format!("ref-{key}")}),
        Entry::Open(_) | Entry::Declined | Entry::Voided { .. } => json!({"status": "declined"}),
    })
}

/// Opens the page of a key once; however often it is asked, it is the same page.
async fn pages(State(ledger): State<Ledger>, headers: HeaderMap, Json(body): Json<Value>) -> Json<Value> {
    let key = headers["idempotency-key"].to_str().unwrap().to_owned();
    let mood = *ledger.mood.borrow();
    let _ = ledger.steps.send("asked");
    if mood == Mood::HangBefore {
        std::future::pending::<()>().await;
    }
    let entry = {
        let mut books = ledger.books.lock().unwrap();
        books.entries.entry(key.clone()).or_insert_with(|| Entry::Open(body["amount"].as_i64().unwrap()));
        if matches!(mood, Mood::PaysAtOnce | Mood::HangAfter) {
            books.pay(&key);
        }
        books.entries[&key]
    };
    let _ = ledger.steps.send("taken");
    if mood == Mood::HangAfter {
        std::future::pending::<()>().await;
    }
    let _ = ledger.steps.send("answered");
    Json(match entry {
        Entry::Open(_) => json!({"status": "open", "url": format!("https://pay.example/page/{key}")}),
        Entry::Taken(_) => json!({"status": "taken", "reference": format!("ref-{key}")}),
        Entry::Declined | Entry::Voided { .. } => json!({"status": "declined"}),
    })
}

/// Gives back what is left of a charge at most; the same key again gives nothing more.
async fn refunds(State(ledger): State<Ledger>, headers: HeaderMap, Json(body): Json<Value>) -> Json<Value> {
    let key = headers["idempotency-key"].to_str().unwrap().to_owned();
    let mood = *ledger.mood.borrow();
    let _ = ledger.steps.send("asked");
    if mood == Mood::HangBefore {
        std::future::pending::<()>().await;
    }
    let refused = {
        let mut books = ledger.books.lock().unwrap();
        let (charge, amount) = (body["charge"].as_str().unwrap().to_owned(), body["amount"].as_i64().unwrap());
        let taken = match books.entries.get(&charge) {
            Some(Entry::Taken(taken)) => *taken,
            _ => 0,
        };
        let back: i64 = books.refunds.values().filter(|(c, _)| *c == charge).map(|(_, n)| n).sum();
        let refused = !books.refunds.contains_key(&key) && (mood == Mood::Decline || back + amount > taken);
        if !refused {
            books.refunds.entry(key).or_insert((charge, amount));
        }
        refused
    };
    let _ = ledger.steps.send("taken");
    if mood == Mood::HangAfter {
        std::future::pending::<()>().await;
    }
    let _ = ledger.steps.send("answered");
    Json(if refused {
        json!({"status": "refused", "reason": "the card is closed"})
    } else {
        json!({"status": "refunded"})
    })
}

async fn voids(State(ledger): State<Ledger>, headers: HeaderMap) -> Json<Value> {
    let key = headers["idempotency-key"].to_str().unwrap().to_owned();
    if *ledger.mood.borrow() == Mood::HangBefore {
        std::future::pending::<()>().await;
    }
    let mut books = ledger.books.lock().unwrap();
    let gave_back = match books.entries.get(&key) {
        Some(Entry::Taken(_)) => true,
        Some(Entry::Voided { gave_back }) => *gave_back,
        _ => false,
    };
    books.entries.insert(key, Entry::Voided { gave_back });
    Json(json!({}))
}
