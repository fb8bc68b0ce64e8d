//! The real server under random faults, on SQLite (one server) and on PostgreSQL (two): shoppers buy over HTTP, talking to
//! any server, while servers are killed, clients give up waiting, requests are sent twice at once, come late or in the
//! wrong order, and the payment gateway hangs. Whatever happens, each purchase that was answered is made exactly once, the
//! gateway's books and the shop's agree, and the stock adds up.
//!
//! `VOICECART_FAULTS` makes it longer (`make eval` has 1,000), `VOICECART_SEED` repeats a run.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers outside #[test] functions too
#![cfg(unix)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use voicecart::store::{Store, sql};

#[path = "support/cluster.rs"]
mod cluster;
#[path = "support/gateway.rs"]
mod gateway;
#[path = "support/servers.rs"]
mod servers;

use cluster::{Cluster, Engine};
use gateway::{Entry, Gateway, Mood};
use servers::{Said, Server, words};

const STOCK: i64 = 1_000_000;
const SHOPPERS: usize = 3;

const STOCK_OF_ALL: &str = "SELECT CAST(sum(stock) AS BIGINT) FROM products";

/// What is done to one purchase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    /// A server dies at a random moment of it.
    Kill,
    /// The client gives up waiting and sends the same again, elsewhere.
    TimeOut,
    /// The yes arrives on all servers at once, several times.
    Duplicate,
    /// The yes overtakes what it answers; old requests come once more when all is over.
    Reorder,
    /// The gateway takes the money, or not, and does not answer.
    Hang,
}

const FAULTS: [Fault; 5] = [Fault::Kill, Fault::TimeOut, Fault::Duplicate, Fault::Reorder, Fault::Hang];

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(otherwise)
}

on_each_engine!(what_is_bought_is_bought_once_whatever_happens);

async fn what_is_bought_is_bought_once_whatever_happens(engine: Engine) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = tempfile::tempdir().unwrap();
    let gateway = Gateway::start().await;
    let database = match engine {
        Engine::Sqlite => None,
        Engine::Postgres => Some(Cluster::shared().unwrap().database()),
    };
    let mut settings =
        vec![("VOICECART_PAYMENT_URL", gateway.url()), ("VOICECART_PAYMENT_TIMEOUT_MS", "400".to_owned())];
    settings.extend(database.clone().map(|address| ("VOICECART_DATABASE_URL", address)));
    let count = if engine == Engine::Sqlite { 1 } else { 2 };
    let servers: Vec<Server> =
        (0..count).map(|n| Server::start(folder.path().join(format!("server-{n}")), settings.clone())).collect();
    for server in &servers {
        server.ready().await;
    }
    let file = folder.path().join("server-0/voicecart.db");
    let store = match &database {
        None => Store::open(&file).await.unwrap(),
        Some(address) => Store::open_postgres(address, &folder.path().join("beside")).await.unwrap(),
    };
    let stock_before = restock(&store).await;

    let (seed, faults) = (number("VOICECART_SEED", 20_261_123), number("VOICECART_FAULTS", 60) as usize);
    println!("{engine:?}: seed {seed}, {faults} faults, {count} server(s)");
    let began = Instant::now();
    let run = Arc::new(Run {
        addresses: servers.iter().map(|s| s.address.clone()).collect(),
        servers: servers.into_iter().map(tokio::sync::Mutex::new).collect(),
        mood: gateway.mood.clone(),
        next: AtomicUsize::new(0),
        faults,
        seed,
    });
    let shoppers: Vec<_> = (0..SHOPPERS).map(|n| tokio::spawn(shop(run.clone(), n))).collect();
    let mut done: BTreeMap<Fault, usize> = BTreeMap::new();
    for shopper in shoppers {
        for (fault, n) in shopper.await.unwrap() {
            *done.entry(fault).or_default() += n;
        }
    }
    gateway.mood.send(Mood::Prompt).unwrap();
    let bought: usize = done.values().sum();
    assert_eq!(bought, faults);

    // What was left in the middle is taken up by whichever server comes to it.
    cluster::until("purchases left in the middle", Duration::from_secs(90), async || {
        count_of(&store, "SELECT count(*) FROM purchases WHERE state IN ('reserved', 'refunding')").await == 0
    })
    .await;
    balanced(&store, &gateway, bought, stock_before).await;
    println!("{engine:?}: {bought} purchases under {done:?} in {:.0?}: none lost, none twice", began.elapsed());
}

struct Run {
    addresses: Vec<String>,
    servers: Vec<tokio::sync::Mutex<Server>>,
    mood: tokio::sync::watch::Sender<Mood>,
    next: AtomicUsize,
    faults: usize,
    seed: u64,
}

/// Buys under one fault after the other, until there are no more.
async fn shop(run: Arc<Run>, shopper: usize) -> BTreeMap<Fault, usize> {
    let client = reqwest::Client::new();
    let mut done = BTreeMap::new();
    loop {
        let n = run.next.fetch_add(1, Ordering::Relaxed);
        if n >= run.faults {
            return done;
        }
        let mut random = fastrand::Rng::with_seed(run.seed.wrapping_add(n as u64));
        let fault = FAULTS[n % FAULTS.len()];
        purchase(&run, &client, shopper, n, fault, &mut random).await;
        *done.entry(fault).or_default() += 1;
    }
}

async fn purchase(
    run: &Run,
    client: &reqwest::Client,
    shopper: usize,
    n: usize,
    fault: Fault,
    random: &mut fastrand::Rng,
) {
    let say = |key: &str, words| Said {
        customer: format!("shopper-{shopper}"),
        session: format!("purchase-{n}"),
        key: format!("purchase-{n}-{key}"),
        words,
    };
    let (want, yes) = (say("want", "buy bananas"), say("yes", "yes"));
    // Any server takes any turn.
    let mut anywhere = run.addresses.clone();
    random.shuffle(&mut anywhere);
    let elsewhere: Vec<String> = anywhere.iter().rev().cloned().collect();
    let soon = |random: &mut fastrand::Rng| Duration::from_micros(random.u64(0..120_000));

    if fault == Fault::Reorder {
        // A yes to nothing buys nothing, and does not spoil the yes that follows.
        let early = say("early", "yes");
        let (early, _) = tokio::join!(early.insist(client, &elsewhere), want.insist(client, &anywhere));
        assert!(early["speech"]["text"].is_string());
    } else {
        want.insist(client, &anywhere).await;
    }
    match fault {
        Fault::Kill => {
            let victim = &run.servers[random.usize(..run.servers.len())];
            let wait = soon(random);
            let (answer, ()) = tokio::join!(yes.insist(client, &elsewhere), async {
                tokio::time::sleep(wait).await;
                // Others may be killing it too; each kill is a kill.
                let mut server = victim.lock().await;
                server.kill();
                server.again();
                server.ready().await;
            });
            settled(&answer, n, fault);
        }
        Fault::TimeOut => {
            yes.once(client, &anywhere[0], soon(random)).await;
            settled(&yes.insist(client, &elsewhere).await, n, fault);
        }
        Fault::Duplicate => {
            let everywhere = [&anywhere, &elsewhere, &anywhere, &elsewhere];
            let answers = futures::future::join_all(everywhere.map(|at| yes.insist(client, at))).await;
            answers.iter().for_each(|answer| settled(answer, n, fault));
        }
        Fault::Reorder => {
            let answer = yes.insist(client, &elsewhere).await;
            // Where the early yes came after the offer, it was the answer, and this one has nothing to answer.
            if !words(&answer).contains("no question open") {
                settled(&answer, n, fault);
            }
            want.insist(client, &elsewhere).await;
            yes.insist(client, &anywhere).await;
        }
        Fault::Hang => {
            run.mood.send(if random.bool() { Mood::HangBefore } else { Mood::HangAfter }).unwrap();
            let answer = yes.once(client, &anywhere[0], Duration::from_secs(8)).await;
            run.mood.send(Mood::Prompt).unwrap();
            if answer.is_none() {
                yes.insist(client, &elsewhere).await;
            }
        }
    }
}

/// A yes is answered with an order, or with the truth that the payment is still on its way.
fn settled(answer: &serde_json::Value, n: usize, fault: Fault) {
    let said = words(answer).to_lowercase();
    assert!(said.contains("order") || said.contains("payment"), "purchase {n} under {fault:?}: {said:?}");
}

/// Enough of everything; how many pieces.
async fn restock(store: &Store) -> i64 {
    let mut tx = store.begin().await.unwrap();
    sql::query("UPDATE products SET stock = ?1").bind(STOCK).execute(&mut *tx).await.unwrap();
    // And a shop with times of delivery: each order takes a place, and nothing else does.
    for weekday in 1..=7 {
        sql::query("INSERT INTO delivery_windows VALUES (?1, '08:00', '20:00', 1000000, 0)")
            .bind(i64::from(weekday))
            .execute(&mut *tx)
            .await
            .unwrap();
    }
    tx.commit().await.unwrap();
    count_of(store, STOCK_OF_ALL).await
}

async fn count_of(store: &Store, sql: &'static str) -> i64 {
    sql::query_scalar(sql).fetch_one(store.reader()).await.unwrap()
}

/// One order and one charge for each purchase, and so much less stock.
async fn balanced(store: &Store, gateway: &Gateway, bought: usize, stock_before: i64) {
    let rows = sql::query("SELECT quote_id, total, status FROM orders WHERE quote_id IS NOT NULL");
    let rows = rows.fetch_all(store.reader()).await.unwrap();
    let orders: BTreeMap<String, i64> =
        rows.iter().map(|o| (o.try_get("quote_id").unwrap(), o.try_get("total").unwrap())).collect();
    assert_eq!(orders.len(), rows.len(), "an offer was bought twice");
    assert_eq!(orders.len(), bought, "orders for purchases");
    let (entries, moved) = {
        let books = gateway.books.lock().unwrap();
        (books.entries.clone(), books.moved.clone())
    };
    assert!(moved.values().all(|n| *n == 1), "charged twice: {moved:?}");
    let taken: BTreeMap<String, i64> = entries
        .into_iter()
        .filter_map(|(key, entry)| match entry {
            Entry::Taken(amount) => Some((key, amount)),
            _ => None,
        })
        .collect();
    assert_eq!(orders, taken, "orders and charges");
    let sold = count_of(
        store,
        "SELECT CAST(sum(l.quantity) AS BIGINT) FROM order_lines l JOIN orders o ON o.number = l.order_number
         WHERE o.quote_id IS NOT NULL",
    );
    assert_eq!(sold.await, bought as i64, "one piece each");
    assert_eq!(stock_before - count_of(store, STOCK_OF_ALL).await, bought as i64, "stock");
    let places = count_of(store, "SELECT CAST(sum(taken) AS BIGINT) FROM delivery_slots").await;
    assert_eq!(places, bought as i64, "times of delivery");
}
