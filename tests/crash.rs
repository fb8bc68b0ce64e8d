//! A buying process is killed at random points, again and again, against one database. Whatever moment it dies at:
//! an order it was told of is never lost, a request sent again buys once, and no piece of stock is made or lost.
//!
//! `VOICECART_SEED` repeats a run; `VOICECART_KILLS` makes it longer.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers outside #[test] functions too
#![cfg(unix)]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use voicecart::clock::{RandomIds, SystemClock};
use voicecart::shop::{
    Act, Catalogue, CustomerId, Line, Outcome, Quantity, RequestId, Shop, Sku, SqlShop, import, money::Currency,
};
use voicecart::store::{Store, sql};

const FOLDER: &str = "VOICECART_CRASH_FOLDER";
const ROUND: &str = "VOICECART_CRASH_ROUND";
const SKUS: [&str; 4] = ["TEA", "RICE", "SOAP", "OATS"];
const STOCK: i64 = 1_000_000;
const BUYERS: usize = 3;

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(otherwise)
}

async fn open(folder: &Path) -> (Store, SqlShop) {
    let store = Store::open(&folder.join("shop.db")).await.unwrap();
    let clock = Arc::new(SystemClock::new(jiff::tz::TimeZone::UTC));
    let shop = SqlShop::new(Catalogue::open(store.clone()).await.unwrap(), clock, Arc::new(RandomIds));
    (store, shop)
}

fn appending(path: PathBuf) -> std::fs::File {
    std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap()
}

/// Not a test of its own: the process that is killed. It writes down what it is about to ask for, and what it was told.
#[test]
fn buyer_process() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let (folder, round) = (PathBuf::from(folder), number(ROUND, 0));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let (_store, shop) = open(&folder).await;
        let buyers = (0..BUYERS).map(|buyer| {
            let (shop, folder) = (shop.clone(), folder.clone());
            tokio::spawn(async move { buy_for_ever(&shop, &folder, round, buyer).await })
        });
        futures::future::join_all(buyers).await;
    });
}

async fn buy_for_ever(shop: &SqlShop, folder: &Path, round: u64, buyer: usize) {
    let (mut asked, mut told) = (appending(folder.join("asked")), appending(folder.join("told")));
    let mut random = fastrand::Rng::with_seed(round * 31 + buyer as u64);
    let customer = CustomerId::new(&format!("buyer-{buyer}")).unwrap();
    for turn in 0.. {
        let name = format!("r{round}-{buyer}-{turn}");
        let request = RequestId::new(&name).unwrap();
        let sku = Sku::new(SKUS[random.usize(..SKUS.len())]).unwrap();
        let quantity = Quantity::new(random.u32(1..=3)).unwrap();
        let act = if random.bool() {
            shop.perform(Act::AddToBasket { sku, quantity }, &customer, &request).await.unwrap();
            Act::QuoteBasket
        } else {
            Act::Quote { lines: vec![Line { sku, quantity }] }
        };
        // A basket that a killed process left behind may by now hold more than can be bought in one line.
        let Outcome::Quoted(quote) = shop.perform(act, &customer, &request).await.unwrap() else {
            shop.perform(Act::EmptyBasket, &customer, &request).await.unwrap();
            continue;
        };
        // One write a line: `writeln!` makes one for each piece, and a kill in between would leave a torn record.
        asked.write_all(format!("{} {name} {}\n", customer.as_str(), quote.id).as_bytes()).unwrap();
        let buy = Act::Buy { quote_id: quote.id, pin: None };
        match shop.perform(buy, &customer, &request).await.unwrap() {
            Outcome::Bought { order, .. } => told.write_all(format!("{name} {}\n", order.number).as_bytes()).unwrap(),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn killed_at_any_moment_it_buys_once_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let catalogue = folder.path().join("catalogue.csv");
        let rows: String = SKUS.iter().map(|sku| format!("{sku},{sku},1.50,{STOCK}\n")).collect();
        std::fs::write(&catalogue, format!("id,title,price,stock\n{rows}")).unwrap();
        let (store, _shop) = open(folder.path()).await;
        let report = import::catalog(&catalogue, &store, Currency::USD, &|_| ()).await.unwrap();
        assert_eq!(report.imported, SKUS.len());
        store.close().await;
    });

    let (seed, kills) = (number("VOICECART_SEED", 20_261_122), number("VOICECART_KILLS", 60));
    println!("seed {seed}, {kills} kills");
    let mut random = fastrand::Rng::with_seed(seed);
    for round in 0..kills {
        kill_one(folder.path(), round, Duration::from_micros(random.u64(0..40_000)));
    }
    runtime.block_on(examine(folder.path()));
}

/// Starts the buying process, waits until it buys, lets it go on for `life`, and kills it.
fn kill_one(folder: &Path, round: u64, life: Duration) {
    let asked = || std::fs::metadata(folder.join("asked")).map_or(0, |m| m.len());
    let before = asked();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["buyer_process", "--exact", "--nocapture"])
        .env(FOLDER, folder)
        .env(ROUND, round.to_string())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let patience = Instant::now() + Duration::from_secs(60);
    while asked() == before {
        assert!(child.try_wait().unwrap().is_none(), "round {round}: the buyer died by itself");
        assert!(Instant::now() < patience, "round {round}: the buyer never began");
        std::thread::sleep(Duration::from_micros(200));
    }
    std::thread::sleep(life);
    assert!(child.try_wait().unwrap().is_none(), "round {round}: the buyer died by itself");
    child.kill().unwrap();
    child.wait().unwrap();
}

fn words(folder: &Path, file: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(folder.join(file)).unwrap_or_default();
    text.lines().map(|l| l.split(' ').map(str::to_owned).collect()).collect()
}

async fn examine(folder: &Path) {
    let (store, shop) = open(folder).await;
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
    let told: BTreeMap<String, String> =
        words(folder, "told").into_iter().map(|l| (l[0].clone(), l[1].clone())).collect();
    let asked = words(folder, "asked");

    // The client that was cut off asks again, twice.
    let (mut unfinished, mut numbers) = (0, BTreeSet::new());
    for line in &asked {
        let [customer, name, quote_id] = line.as_slice() else { panic!("{line:?}") };
        let (customer, request) = (CustomerId::new(customer).unwrap(), RequestId::new(name).unwrap());
        let buy = || shop.perform(Act::Buy { quote_id: quote_id.clone(), pin: None }, &customer, &request);
        let (order, again) = match buy().await.unwrap() {
            Outcome::Bought { order, again, .. } => (order, again),
            other => panic!("{name}: {other:?}"),
        };
        unfinished += u32::from(!again);
        if let Some(number) = told.get(name) {
            assert!(again && order.number.as_str() == number, "{name}: told {number}, now {order:?}");
        }
        let Outcome::Bought { order: same, again: true, .. } = buy().await.unwrap() else { panic!("{name}") };
        assert_eq!(same.number, order.number);
        assert!(numbers.insert(order.number), "{name}: two requests share an order");
    }

    let orders: i64 = sql::query_scalar("SELECT count(*) FROM orders").fetch_one(store.reader()).await.unwrap();
    assert_eq!(orders as usize, asked.len(), "one order for each request, none besides");
    for sku in SKUS {
        let sold: i64 =
            sql::query_scalar("SELECT CAST(coalesce(sum(quantity), 0) AS BIGINT) FROM order_lines WHERE sku = ?1")
                .bind(sku)
                .fetch_one(store.reader())
                .await
                .unwrap();
        let left: i64 = sql::query_scalar("SELECT stock FROM products WHERE sku = ?1")
            .bind(sku)
            .fetch_one(store.reader())
            .await
            .unwrap();
        assert_eq!(sold + left, STOCK, "{sku}: sold {sold}, left {left}");
    }
    let unpaid: i64 = sql::query_scalar(
        "SELECT count(*) FROM orders o WHERE o.total <> (SELECT sum(l.quantity * l.unit_price) FROM order_lines l
                                                         WHERE l.order_number = o.number)",
    )
    .fetch_one(store.reader())
    .await
    .unwrap();
    assert_eq!(unpaid, 0, "orders whose total is not the sum of their lines");
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
    println!(
        "{} requests, {} told before the kill, {unfinished} bought only when asked again",
        asked.len(),
        told.len()
    );
    // How many depends on the machine; both kinds must have been tried.
    assert!(told.len() > 20 && unfinished > 20, "the kills came all before or all after the purchases");
}
