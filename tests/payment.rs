//! Money and a process that dies. A real gateway over HTTP keeps a ledger; it takes, declines, hangs before or after
//! taking, and is sent the same thing twice. The buying process is killed at each step: before it reaches the gateway,
//! while the gateway has its request, after the money was taken and before it was told, and just after it was told.
//! At the end every charge has its order, every order its charge, and no piece of stock is made or lost. All of it on
//! SQLite and on PostgreSQL.
//!
//! `VOICECART_SEED` repeats a run; `VOICECART_KILLS` makes it longer.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers outside #[test] functions too
#![cfg(unix)]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use voicecart::clock::{Clock, FixedClock, RandomIds, SystemClock};
use voicecart::shop::connectors::gateway::HttpGateway;
use voicecart::shop::connectors::sql::paylinks::Followed;
use voicecart::shop::paylink::PayLinks;
use voicecart::shop::{
    Act, Awaiting, Catalogue, CustomerId, Line, NoLink, OrderRef, Outcome, Quantity, RequestId, Shop, Sku, SqlShop,
    import, money::Currency,
};
use voicecart::store::{Store, sql};

#[path = "support/cluster.rs"]
mod cluster;
#[path = "support/gateway.rs"]
mod gateway;

use cluster::{Cluster, Engine};
use gateway::{Entry, Gateway, Mood};

const FOLDER: &str = "VOICECART_PAYMENT_FOLDER";
const DATABASE: &str = "VOICECART_PAYMENT_DATABASE";
const GATEWAY: &str = "VOICECART_PAYMENT_GATEWAY";
const ROUND: &str = "VOICECART_PAYMENT_ROUND";
const SKUS: [&str; 3] = ["TEA", "RICE", "SOAP"];
const STOCK: i64 = 100_000;
const PATIENCE: Duration = Duration::from_millis(400);

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(otherwise)
}

/// Where a shop is kept: a later start, and another process, finds it there again.
struct Place {
    folder: PathBuf,
    /// PostgreSQL's address; none where the shop is in a file of the folder.
    database: Option<String>,
}

impl Place {
    fn of(engine: Engine, folder: &Path) -> Self {
        let database = match engine {
            Engine::Sqlite => None,
            Engine::Postgres => Some(Cluster::shared().unwrap().database()),
        };
        Self { folder: folder.to_owned(), database }
    }

    async fn store(&self) -> Store {
        match &self.database {
            None => Store::open(&self.folder.join("shop.db")).await.unwrap(),
            Some(address) => Store::open_postgres(address, &self.folder.join("beside")).await.unwrap(),
        }
    }
}

async fn open(place: &Place, gateway: &str, clock: Arc<dyn Clock>) -> (Store, SqlShop) {
    let store = place.store().await;
    let shop = SqlShop::new(Catalogue::open(store.clone()).await.unwrap(), clock, Arc::new(RandomIds));
    let links = PayLinks::new("https://voice.example", "sixteen letters!", SignedDuration::from_mins(60));
    (store, shop.paid_by(Arc::new(HttpGateway::new(gateway, PATIENCE).unwrap())).linked(links))
}

/// A stocked shop with its gateway, and who buys there.
struct Opened {
    place: Place,
    gateway: Gateway,
    store: Store,
    shop: SqlShop,
    ada: CustomerId,
    _folder: tempfile::TempDir,
}

async fn opened(engine: Engine) -> Opened {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::of(engine, folder.path());
    stocked(&place).await;
    let gateway = Gateway::start().await;
    let (store, shop) = open(&place, &gateway.url(), system()).await;
    Opened { place, gateway, store, shop, ada: CustomerId::new("ada").unwrap(), _folder: folder }
}

fn system() -> Arc<dyn Clock> {
    Arc::new(SystemClock::new(TimeZone::UTC))
}

/// A later start of the server, when what was left in the middle is taken up.
fn later(by: SignedDuration) -> Arc<dyn Clock> {
    FixedClock::new(Timestamp::now() + by)
}

async fn stocked(place: &Place) {
    let catalogue = place.folder.join("catalogue.csv");
    let rows: String = SKUS.iter().map(|sku| format!("{sku},{sku},1.50,{STOCK}\n")).collect();
    std::fs::write(&catalogue, format!("id,title,price,stock\n{rows}")).unwrap();
    let store = place.store().await;
    import::catalog(&catalogue, &store, Currency::USD, &|_| ()).await.unwrap();
    let mut tx = store.begin().await.unwrap();
    let ada = "INSERT INTO customers (id, created_at, email) VALUES ('ada', 0, 'ada@example.com')";
    sql::query(ada).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    store.close().await;
}

async fn quote(shop: &SqlShop, customer: &CustomerId, request: &str, sku: &str) -> String {
    let lines = vec![Line { sku: Sku::new(sku).unwrap(), quantity: Quantity::new(2).unwrap() }];
    let request = RequestId::new(&format!("{request}-offer")).unwrap();
    match shop.perform(Act::Quote { lines }, customer, &request).await.unwrap() {
        Outcome::Quoted(quote) => quote.id,
        other => panic!("{other:?}"),
    }
}

/// Not a test of its own: the process that is killed. It writes down what it is about to buy.
#[test]
fn paying_process() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let place = Place { folder: PathBuf::from(folder), database: std::env::var(DATABASE).ok() };
    let (round, gateway) = (number(ROUND, 0), std::env::var(GATEWAY).unwrap());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let (_store, shop) = open(&place, &gateway, system()).await;
        let file = place.folder.join("asked");
        let mut asked = std::fs::OpenOptions::new().create(true).append(true).open(file).unwrap();
        let customer = CustomerId::new("ada").unwrap();
        for turn in 0.. {
            let name = format!("r{round}-{turn}");
            let id = quote(&shop, &customer, &name, SKUS[turn % SKUS.len()]).await;
            asked.write_all(format!("{name} {id}\n").as_bytes()).unwrap();
            let request = RequestId::new(&name).unwrap();
            // Every third is paid by link: on the page at once, or given up again.
            if turn % 3 == 2 {
                let link = || shop.perform(Act::BuyByLink { quote_id: id.clone() }, &customer, &request);
                let (one, two) = tokio::join!(link(), link());
                for outcome in [one.unwrap(), two.unwrap()] {
                    assert!(matches!(outcome, Outcome::LinkSent { .. }), "{outcome:?}");
                }
                let given_up = RequestId::new(&format!("{name}-given-up")).unwrap();
                let outcome = shop.perform(Act::DropLinks { quote_id: None }, &customer, &given_up).await.unwrap();
                assert!(matches!(outcome, Outcome::Bought { .. } | Outcome::LinkDropped { .. }), "{outcome:?}");
                continue;
            }
            // The same yes twice at once, as an impatient client sends it.
            let buy = || shop.perform(Act::Buy { quote_id: id.clone(), pin: None }, &customer, &request);
            let (one, two) = tokio::join!(buy(), buy());
            for outcome in [one.unwrap(), two.unwrap()] {
                let known = matches!(
                    outcome,
                    Outcome::Bought { .. } | Outcome::PaymentDeclined { .. } | Outcome::PaymentPending { .. }
                );
                assert!(known, "{outcome:?}");
            }
        }
    });
}

fn start(place: &Place, gateway: &str, round: u64) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["paying_process", "--exact", "--nocapture"])
        .env(FOLDER, &place.folder)
        .envs(place.database.iter().map(|address| (DATABASE, address)))
        .env(GATEWAY, gateway)
        .env(ROUND, round.to_string())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

on_each_engine!(
    one_charge_and_one_order_whatever_dies,
    a_gateway_that_declines_or_hangs_is_told_of_and_nothing_is_lost,
    a_link_is_sent_once_paid_once_and_ends,
    what_waits_for_its_link_is_told_of,
);

async fn one_charge_and_one_order_whatever_dies(engine: Engine) {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::of(engine, folder.path());
    stocked(&place).await;
    let mut gateway = Gateway::start().await;
    let (seed, kills) = (number("VOICECART_SEED", 20_261_123), number("VOICECART_KILLS", 24));
    println!("{engine:?}: seed {seed}, {kills} kills");
    let mut random = fastrand::Rng::with_seed(seed);
    for round in 0..kills {
        // Moods that hang hold the process at that step until it is killed.
        let (mood, step) = match round % 6 {
            0 => (Mood::Prompt, "asked"),
            1 => (Mood::HangBefore, "asked"),
            2 => (Mood::HangAfter, "taken"),
            3 => (Mood::Prompt, "answered"),
            4 => (Mood::Decline, "answered"),
            _ => (Mood::Prompt, "taken"),
        };
        let mood = if mood == Mood::Prompt && round % 4 == 3 { Mood::PaysAtOnce } else { mood };
        while gateway.steps.try_recv().is_ok() {}
        gateway.mood.send(mood).unwrap();
        let mut child = start(&place, &gateway.url(), round);
        for _ in 0..random.usize(1..4) {
            gateway.reaches(step).await;
            if matches!(mood, Mood::HangBefore | Mood::HangAfter) {
                break;
            }
        }
        tokio::time::sleep(Duration::from_micros(random.u64(0..6_000))).await;
        assert!(child.try_wait().unwrap().is_none(), "round {round}: the buyer died by itself");
        child.kill().unwrap();
        child.wait().unwrap();
    }
    gateway.mood.send(Mood::Prompt).unwrap();

    // The next start takes up what was left in the middle; a client that was cut off may have asked again before.
    let (store, shop) = open(&place, &gateway.url(), later(SignedDuration::from_hours(2))).await;
    let left: i64 = count(&store, "SELECT count(*) FROM purchases WHERE state = 'reserved'").await;
    let finished = shop.finish_payments().await.unwrap();
    assert_eq!(finished as i64, left, "everything left in the middle is finished");
    assert_eq!(shop.finish_payments().await.unwrap(), 0, "and stays finished");
    println!("{engine:?}: {left} purchases were left in the middle");
    assert!(left > 0, "no kill came between the reservation and the order");

    let asked = std::fs::read_to_string(folder.path().join("asked")).unwrap();
    let customer = CustomerId::new("ada").unwrap();
    // Offers that were killed before they became purchases still stand for a client that asks again soon.
    let (_same, shop) = open(&place, &gateway.url(), later(SignedDuration::from_mins(1))).await;
    for line in asked.lines() {
        let (name, id) = line.split_once(' ').unwrap();
        let request = RequestId::new(name).unwrap();
        let buy = Act::Buy { quote_id: id.to_owned(), pin: None };
        match shop.perform(buy, &customer, &request).await.unwrap() {
            Outcome::Bought { .. } | Outcome::PaymentDeclined { .. } => {}
            other => panic!("{name}: {other:?}"),
        }
    }
    balanced(&store, &gateway, asked.lines().count()).await;
}

async fn count(store: &Store, sql: &'static str) -> i64 {
    sql::query_scalar(sql).fetch_one(store.reader()).await.unwrap()
}

/// The gateway's books and the shop's say the same.
async fn balanced(store: &Store, gateway: &Gateway, asked: usize) {
    let orders = sql::query("SELECT quote_id, total, status FROM orders").fetch_all(store.reader()).await.unwrap();
    let orders: Vec<(String, i64, String)> = orders
        .iter()
        .map(|o| (o.try_get("quote_id").unwrap(), o.try_get("total").unwrap(), o.try_get("status").unwrap()))
        .collect();
    let (entries, moved) = {
        let books = gateway.books.lock().unwrap();
        (books.entries.clone(), books.moved.clone())
    };
    assert!(moved.values().all(|n| *n == 1), "charged twice: {moved:?}");
    let mut taken = 0;
    for (key, entry) in &entries {
        let order = orders.iter().find(|(quote, ..)| quote == key);
        match entry {
            Entry::Taken(amount) => {
                taken += 1;
                let (_, total, status) = order.unwrap_or_else(|| panic!("{key}: {amount} taken and nothing ordered"));
                assert_eq!((total, status.as_str()), (amount, "placed"), "{key}");
            }
            Entry::Open(_) => panic!("{key}: a page is still open"),
            Entry::Declined => assert!(order.is_none(), "{key}: declined and ordered"),
            Entry::Voided { gave_back } => {
                let kept = order.is_some_and(|(.., status)| status != "cancelled");
                assert!(!kept, "{key}: voided ({gave_back}) and ordered");
            }
        }
    }
    let kept = orders.iter().filter(|(.., status)| status == "placed").count();
    assert_eq!(kept, taken, "an order without its charge");
    for sku in SKUS {
        let sold: i64 = sql::query_scalar(
            "SELECT CAST(coalesce(sum(l.quantity), 0) AS BIGINT) FROM order_lines l JOIN orders o ON o.number = l.order_number
             WHERE l.sku = ?1 AND o.status <> 'cancelled'",
        )
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
    println!("{asked} asked, {taken} charged and ordered");
}

async fn a_gateway_that_declines_or_hangs_is_told_of_and_nothing_is_lost(engine: Engine) {
    let Opened { place, gateway, store, shop, ada, _folder } = opened(engine).await;
    let request = |name: &str| RequestId::new(name).unwrap();
    let buy = |id: &str| Act::Buy { quote_id: id.to_owned(), pin: None };

    // Declined: nothing is ordered, and the stock is whole again. The same yes again is declined again.
    gateway.mood.send(Mood::Decline).unwrap();
    let id = quote(&shop, &ada, "a", "TEA").await;
    for _ in 0..2 {
        let outcome = shop.perform(buy(&id), &ada, &request("a")).await.unwrap();
        assert!(matches!(outcome, Outcome::PaymentDeclined { .. }), "{outcome:?}");
    }
    gateway.mood.send(Mood::Prompt).unwrap();
    let outcome = shop.perform(buy(&id), &ada, &request("a")).await.unwrap();
    assert!(matches!(outcome, Outcome::PaymentDeclined { .. }), "a declined offer is over: {outcome:?}");

    // The money is taken and the answer lost: in doubt now, one order later, and the same yes finds it.
    gateway.mood.send(Mood::HangAfter).unwrap();
    let id = quote(&shop, &ada, "b", "RICE").await;
    let began = Instant::now();
    let outcome = shop.perform(buy(&id), &ada, &request("b")).await.unwrap();
    assert!(matches!(outcome, Outcome::PaymentPending { .. }), "{outcome:?}");
    assert!(began.elapsed() < PATIENCE * 4, "the shopper waited {:?}", began.elapsed());
    gateway.mood.send(Mood::Prompt).unwrap();
    let outcome = shop.perform(buy(&id), &ada, &request("b")).await.unwrap();
    assert!(matches!(outcome, Outcome::Bought { again: false, .. }), "{outcome:?}");
    let Outcome::Bought { order, again: true, .. } = shop.perform(buy(&id), &ada, &request("b")).await.unwrap() else {
        panic!("bought twice")
    };

    // Cancelled: the money goes back, also when the gateway is away at first.
    gateway.mood.send(Mood::HangBefore).unwrap();
    let cancel = Act::CancelOrder { number: order.number };
    let outcome = shop.perform(cancel, &ada, &request("c")).await.unwrap();
    assert!(matches!(outcome, Outcome::OrderCancelled { refund: Some(_), .. }), "{outcome:?}");
    assert_eq!(gateway.books.lock().unwrap().entries[&id], Entry::Taken(300), "the gateway was away");
    gateway.mood.send(Mood::Prompt).unwrap();
    let (_again, after) = open(&place, &gateway.url(), later(SignedDuration::from_mins(1))).await;
    assert_eq!(after.finish_payments().await.unwrap(), 1);
    assert_eq!(gateway.books.lock().unwrap().entries[&id], Entry::Voided { gave_back: true });

    // Never answered: after a while the charge is made impossible, and only then does the stock go back.
    gateway.mood.send(Mood::HangBefore).unwrap();
    let id = quote(&shop, &ada, "d", "SOAP").await;
    let outcome = shop.perform(buy(&id), &ada, &request("d")).await.unwrap();
    assert!(matches!(outcome, Outcome::PaymentPending { .. }), "{outcome:?}");
    let (_again, much_later) = open(&place, &gateway.url(), later(SignedDuration::from_mins(20))).await;
    assert_eq!(much_later.finish_payments().await.unwrap(), 0, "no stock goes back while the money may be taken");
    gateway.mood.send(Mood::Prompt).unwrap();
    assert_eq!(much_later.finish_payments().await.unwrap(), 1);
    let outcome = shop.perform(buy(&id), &ada, &request("d")).await.unwrap();
    assert!(matches!(outcome, Outcome::PaymentDeclined { .. }), "{outcome:?}");
    balanced(&store, &gateway, 4).await;
}

async fn kinds(shop: &SqlShop) -> Vec<String> {
    let mut kinds: Vec<String> = shop.notices().await.unwrap().into_iter().map(|n| n.kind).collect();
    kinds.sort();
    kinds
}

async fn a_link_is_sent_once_paid_once_and_ends(engine: Engine) {
    let Opened { place, gateway, store, shop, ada, _folder } = opened(engine).await;
    let request = |name: &str| RequestId::new(name).unwrap();
    let by_link = |id: &str| Act::BuyByLink { quote_id: id.to_owned() };
    let stock = "SELECT stock FROM products WHERE sku = 'TEA'";

    // Asked for several times at once: one reservation, one link; a yes to the same offer charges nothing.
    let id = quote(&shop, &ada, "a", "TEA").await;
    let asked = (0..4).map(|n| {
        let (shop, act, name) = (&shop, by_link(&id), request(&format!("a{n}")));
        let ada = &ada;
        async move { shop.perform(act, ada, &name).await.unwrap() }
    });
    let outcomes = futures::future::join_all(asked).await;
    let fresh = outcomes.iter().filter(|o| matches!(o, Outcome::LinkSent { again: false, .. })).count();
    assert_eq!(fresh, 1, "{outcomes:?}");
    assert_eq!(kinds(&shop).await, ["payment_link"]);
    let yes = shop.perform(Act::Buy { quote_id: id.clone(), pin: None }, &ada, &request("a-yes")).await.unwrap();
    assert!(matches!(yes, Outcome::LinkSent { again: true, .. }), "{yes:?}");
    assert_eq!((count(&store, stock).await, gateway.books.lock().unwrap().moved.len()), (STOCK - 2, 0));

    // Followed: the page, as often as it is followed; paid: the order, however often and by whomever it is noticed.
    let (token, key) = link_of(&shop, &id).await;
    for _ in 0..2 {
        let page = shop.follow(&token).await.unwrap();
        assert_eq!(page, Followed::Page(format!("https://pay.example/page/{key}")));
    }
    assert_eq!(shop.follow(&token.replace('.', "-")).await.unwrap(), Followed::Ended);
    assert!(gateway.pay(&key) && !gateway.pay(&key), "a page takes money once");
    let (_again, other) = open(&place, &gateway.url(), later(SignedDuration::from_mins(1))).await;
    let (one, two, three, finished) =
        tokio::join!(shop.follow(&token), other.follow(&token), shop.follow(&token), other.finish_payments());
    finished.unwrap();
    let followed = [one, two, three].map(Result::unwrap);
    assert!(followed.iter().all(|f| matches!(f, Followed::Ordered(_)) && *f == followed[0]), "{followed:?}");
    assert_eq!(count(&store, "SELECT count(*) FROM orders").await, 1);
    // Asked of the one whose clock is ahead: whichever was first wrote it down for its own time.
    assert_eq!(kinds(&other).await, ["order_paid", "payment_link"]);

    // Nobody pays: when the link ends the page is made impossible, and only then the stock goes back.
    let id = quote(&shop, &ada, "b", "TEA").await;
    shop.perform(by_link(&id), &ada, &request("b")).await.unwrap();
    let (token, key) = link_of(&shop, &id).await;
    assert!(matches!(shop.follow(&token).await.unwrap(), Followed::Page(_)));
    gateway.mood.send(Mood::HangBefore).unwrap();
    let (_again, much_later) = open(&place, &gateway.url(), later(SignedDuration::from_mins(61))).await;
    assert_eq!(much_later.finish_payments().await.unwrap(), 0, "no stock goes back while it can be paid");
    assert_eq!(count(&store, stock).await, STOCK - 4);
    gateway.mood.send(Mood::Prompt).unwrap();
    let (_again, later_still) = open(&place, &gateway.url(), later(SignedDuration::from_mins(63))).await;
    assert_eq!(later_still.finish_payments().await.unwrap(), 1);
    assert_eq!(count(&store, stock).await, STOCK - 2);
    assert!(!gateway.pay(&key), "the page is closed");
    assert_eq!(later_still.follow(&token).await.unwrap(), Followed::Ended);
    assert_eq!(kinds(&later_still).await, ["order_paid", "payment_link", "payment_link", "payment_link_ended"]);

    // Paid in the last second: the order counts, also when it is seen only after the end.
    let id = quote(&shop, &ada, "c", "SOAP").await;
    shop.perform(by_link(&id), &ada, &request("c")).await.unwrap();
    let (token, key) = link_of(&shop, &id).await;
    shop.follow(&token).await.unwrap();
    assert!(gateway.pay(&key));
    assert_eq!(much_later.finish_payments().await.unwrap(), 1);
    assert!(matches!(shop.follow(&token).await.unwrap(), Followed::Ordered(_)));

    // Nothing on file: a yes becomes a link. Dropped, everything is as before.
    gateway.mood.send(Mood::NoMethod).unwrap();
    let id = quote(&shop, &ada, "d", "RICE").await;
    let outcome = shop.perform(Act::Buy { quote_id: id.clone(), pin: None }, &ada, &request("d")).await.unwrap();
    assert!(matches!(outcome, Outcome::LinkSent { again: false, .. }), "{outcome:?}");
    let outcome = shop.perform(Act::DropLinks { quote_id: None }, &ada, &request("d-no")).await.unwrap();
    assert_eq!(outcome, Outcome::LinkDropped { any: true });
    assert_eq!(count(&store, "SELECT stock FROM products WHERE sku = 'RICE'").await, STOCK);
    let outcome = shop.perform(Act::DropLinks { quote_id: None }, &ada, &request("d-nothing")).await.unwrap();
    assert_eq!(outcome, Outcome::LinkDropped { any: false });

    // Nowhere to send it: nothing is reserved, and it is said why.
    let bob = CustomerId::new("bob").unwrap();
    let id = quote(&shop, &bob, "e", "RICE").await;
    let outcome = shop.perform(by_link(&id), &bob, &request("e")).await.unwrap();
    assert_eq!(outcome, Outcome::NoLink(NoLink::NoEmail));
    let outcome = shop.perform(Act::Buy { quote_id: id, pin: None }, &bob, &request("e-yes")).await.unwrap();
    assert_eq!(outcome, Outcome::NoLink(NoLink::NoMethod));
    balanced(&store, &gateway, 5).await;
}

/// What "where is my order" finds.
async fn tracked(shop: &SqlShop, who: &CustomerId, what: OrderRef) -> Outcome {
    let request = RequestId::new(&ulid::Ulid::generate().to_string()).unwrap();
    shop.perform(Act::Track(what), who, &request).await.unwrap()
}

async fn waiting(shop: &SqlShop, who: &CustomerId, what: OrderRef) -> Vec<Awaiting> {
    match tracked(shop, who, what).await {
        Outcome::AwaitingPayment { waiting, .. } => waiting,
        other => panic!("{other:?}"),
    }
}

async fn what_waits_for_its_link_is_told_of(engine: Engine) {
    let Opened { place, gateway, store, shop, ada, _folder } = opened(engine).await;
    let request = |name: &str| RequestId::new(name).unwrap();
    assert_eq!(tracked(&shop, &ada, OrderRef::Latest).await, Outcome::NoOrders);
    let tea = quote(&shop, &ada, "a", "TEA").await;
    let sent = shop.perform(Act::BuyByLink { quote_id: tea.clone() }, &ada, &request("a")).await.unwrap();
    let Outcome::LinkSent { until, .. } = sent else { panic!("{sent:?}") };
    // By whatever it is called, and to nobody else.
    let now = Timestamp::now().to_zoned(TimeZone::UTC).date();
    let placed = |from, to| OrderRef::Placed { from, to };
    for what in [
        OrderRef::Latest,
        OrderRef::Product("the tea".into()),
        placed(now.yesterday().unwrap(), now.tomorrow().unwrap()),
    ] {
        let found = waiting(&shop, &ada, what).await;
        assert_eq!((found.len(), found[0].quote_id.as_str()), (1, tea.as_str()));
        let link = found[0].link.as_ref().unwrap();
        assert_eq!((link.until, link.email.as_str()), (until, "example.com"));
        assert_eq!((found[0].total.minor(), found[0].names.len()), (300, 1));
    }
    let long_ago = now.checked_sub(jiff::Span::new().days(9)).unwrap();
    for what in [OrderRef::Product("soap".into()), placed(long_ago, long_ago)] {
        assert_eq!(tracked(&shop, &ada, what).await, Outcome::NoOrders);
    }
    let bob = CustomerId::new("bob").unwrap();
    assert_eq!(tracked(&shop, &bob, OrderRef::Latest).await, Outcome::NoOrders);

    // Sent again: the same link, once for each time it was asked for, and only by whose it is.
    let again = || Act::SendLinkAgain { quote_id: tea.clone() };
    for _ in 0..2 {
        let outcome = shop.perform(again(), &ada, &request("a-again")).await.unwrap();
        assert!(matches!(outcome, Outcome::LinkSentAgain { until: same, .. } if same == until), "{outcome:?}");
    }
    let outcome = shop.perform(again(), &bob, &request("bobs")).await.unwrap();
    assert_eq!(outcome, Outcome::NoLink(NoLink::Ended));
    let links: Vec<_> = shop.notices().await.unwrap().into_iter().map(|n| n.body["link"].clone()).collect();
    assert!(links.len() == 2 && links[0] == links[1], "{links:?}");
    assert_eq!(count(&store, "SELECT stock FROM products WHERE sku = 'TEA'").await, STOCK - 2);

    // Of two that wait the one is let go and the other stays; then it is paid, and is an order like any other.
    let soap = quote(&shop, &ada, "b", "SOAP").await;
    shop.perform(Act::BuyByLink { quote_id: soap.clone() }, &ada, &request("b")).await.unwrap();
    assert_eq!(waiting(&shop, &ada, OrderRef::Latest).await.len(), 2);
    let drop = Act::DropLinks { quote_id: Some(soap.clone()) };
    assert_eq!(shop.perform(drop, &ada, &request("b-no")).await.unwrap(), Outcome::LinkDropped { any: true });
    assert_eq!(count(&store, "SELECT stock FROM products WHERE sku = 'SOAP'").await, STOCK);
    let left = waiting(&shop, &ada, OrderRef::Latest).await;
    assert!(left.len() == 1 && left[0].quote_id == tea, "{left:?}");
    let (token, key) = link_of(&shop, &tea).await;
    shop.follow(&token).await.unwrap();
    assert!(gateway.pay(&key));
    shop.follow(&token).await.unwrap();
    let found = tracked(&shop, &ada, OrderRef::Latest).await;
    assert!(matches!(&found, Outcome::Tracked(orders) if orders.len() == 1), "{found:?}");
    let outcome = shop.perform(again(), &ada, &request("a-late")).await.unwrap();
    assert_eq!(outcome, Outcome::NoLink(NoLink::Ended));

    // A payment that nobody answered for waits too, without a link; so does one whose link has ended until it is settled.
    gateway.mood.send(Mood::HangBefore).unwrap();
    let rice = quote(&shop, &ada, "c", "RICE").await;
    let outcome = shop.perform(Act::Buy { quote_id: rice, pin: None }, &ada, &request("c")).await.unwrap();
    assert!(matches!(outcome, Outcome::PaymentPending { .. }), "{outcome:?}");
    let found = tracked(&shop, &ada, OrderRef::Latest).await;
    let Outcome::AwaitingPayment { waiting: found, orders } = found else { panic!("{found:?}") };
    assert!(found.len() == 1 && found[0].link.is_none() && orders.len() == 1, "{found:?} {orders:?}");
    gateway.mood.send(Mood::Prompt).unwrap();
    let id = quote(&shop, &ada, "d", "SOAP").await;
    shop.perform(Act::BuyByLink { quote_id: id.clone() }, &ada, &request("d")).await.unwrap();
    let (_again, later) = open(&place, &gateway.url(), later(SignedDuration::from_mins(61))).await;
    let ended = waiting(&later, &ada, OrderRef::Product("soap".into())).await;
    assert!(ended.len() == 1 && ended[0].link.is_none(), "{ended:?}");
    later.finish_payments().await.unwrap();
    balanced(&store, &gateway, 4).await;
}

async fn link_of(shop: &SqlShop, id: &str) -> (String, String) {
    let notices = shop.notices().await.unwrap();
    let mut links = notices.iter().filter_map(|n| n.body["link"].as_str()?.strip_prefix("https://voice.example/pay/"));
    let token = links.rfind(|token| token.starts_with(id)).unwrap();
    (token.to_owned(), id.to_owned())
}
