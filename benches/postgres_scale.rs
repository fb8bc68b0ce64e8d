//! What a typed turn costs on PostgreSQL as the shop grows: time from words to answer (p50, p99, worst) for search, track
//! and reorder, with generated customers, orders and products, at a tenth of the full size and in full. Sessions,
//! understanding and wording are part of it. Fails when a p99 is 100 ms or more.
//!
//! `VOICECART_SCALE=tenth` leaves the full size out. Needs PostgreSQL installed and, in full, 6 GB of disk.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers outside #[test] functions too

use std::process::ExitCode;
use std::time::{Duration, Instant};

use voicecart::app::App;
use voicecart::config::Settings;
use voicecart::language::Utterance;
use voicecart::shop::{CustomerId, RequestId};
use voicecart::store::Store;
use voicecart::turn::Caller;

#[path = "../tests/support/cluster.rs"]
mod cluster;

use cluster::Cluster;

const TURNS: usize = 1_000;
const LIMIT: Duration = Duration::from_millis(100);

/// Makers and kinds: real words, so that stems and sounds have real work.
const NAMES: &str = "
    CREATE TEMP TABLE makers AS SELECT row_number() OVER () - 1 AS n, name FROM unnest(ARRAY['Acme', 'Northwind',
        'Bluebird', 'Harvest Lane', 'Kestrel', 'Oakridge', 'Sunfield', 'Tidewater', 'Copperleaf', 'Maple Row',
        'Brightside', 'Ironwood', 'Larkspur', 'Redstone', 'Silverline', 'Windmere', 'Fairhaven', 'Greenbank', 'Highmoor',
        'Pinecrest']) AS name;
    CREATE TEMP TABLE kinds AS SELECT row_number() OVER () - 1 AS n, name FROM unnest(ARRAY['roasted almonds',
        'peanut butter', 'oat milk', 'green tea', 'dark chocolate', 'olive oil', 'tomato soup', 'ground coffee',
        'dish soap', 'laundry detergent', 'paper towels', 'trash bags', 'usb charger', 'bluetooth headphones',
        'laptop case', 'memory card', 'running shoes', 'rain jacket', 'wool socks', 'dog food', 'cat litter',
        'garden hose', 'flower pot', 'frying pan', 'coffee maker', 'electric kettle', 'jigsaw puzzle', 'printer paper',
        'yoga mat', 'water bottle', 'baby wipes', 'office chair']) AS name;";

const SAID: [(&str, &[&str]); 3] = [
    (
        "search",
        &["find green tea", "search for wool socks", "find acme olive oil", "look for a coffee maker", "find dog food"],
    ),
    ("track", &["where is my order", "track my last order", "where is my package"]),
    ("reorder", &["reorder my last order", "order the same as last time", "buy my last order again"]),
];

struct Size {
    name: &'static str,
    customers: u32,
    orders: u32,
    products: u32,
}

const SIZES: [Size; 2] = [
    Size { name: "a tenth", customers: 20_000, orders: 200_000, products: 100_000 },
    Size { name: "in full", customers: 200_000, orders: 2_000_000, products: 1_000_000 },
];

fn main() -> ExitCode {
    // `cargo test --benches` only asks whether it starts.
    if !std::env::args().any(|a| a == "--bench") {
        return ExitCode::SUCCESS;
    }
    let Some(cluster) = Cluster::start() else { return ExitCode::SUCCESS };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let only_tenth = std::env::var("VOICECART_SCALE").is_ok_and(|s| s == "tenth");
    let sizes = SIZES.iter().take(if only_tenth { 1 } else { SIZES.len() });
    let mut good = true;
    for size in sizes {
        good &= runtime.block_on(measure(&cluster, size));
    }
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn measure(cluster: &Cluster, size: &Size) -> bool {
    let Size { name, customers, orders, products } = size;
    println!("\n{name}: {customers} customers, {orders} orders, {products} products on PostgreSQL");
    let folder = tempfile::tempdir().unwrap();
    let address = cluster.database();
    Store::open_postgres(&address, &folder.path().join("beside")).await.unwrap().close().await;
    let began = Instant::now();
    fill(cluster, address.rsplit('/').next().unwrap(), size);
    println!("  generated in {:.0?}", began.elapsed());

    let mut settings = Settings { data_dir: folder.path().to_owned(), ..Settings::default() };
    settings.database.url = Some(address);
    settings.shop.sample = false;
    let began = Instant::now();
    let app = App::build_without_ears(&settings).await.unwrap();
    println!("  started, index built and names learnt in {:.0?}", began.elapsed());

    let mut random = fastrand::Rng::with_seed(7);
    let mut good = true;
    println!("  {:8} {:>8} {:>8} {:>8}", "turn", "p50 ms", "p99 ms", "worst");
    for (kind, said) in SAID {
        let mut took = Vec::with_capacity(TURNS);
        for turn in 0..TURNS {
            let words = Utterance::new(said[turn % said.len()]).unwrap();
            let caller = Caller {
                session: None,
                customer: CustomerId::new(&format!("c{}", random.u32(0..*customers))).unwrap(),
                locale: "en-US".into(),
                request: RequestId::new(&format!("{kind}-{turn}")).unwrap(),
                deadline: Instant::now() + Duration::from_secs(6),
                speak: false,
                door: Default::default(),
            };
            let began = Instant::now();
            let answer = app.spine.from_text(words, caller).await.unwrap();
            took.push(began.elapsed());
            if turn < said.len() && std::env::var_os("VOICECART_SHOW").is_some() {
                println!("    {:?} -> {}", said[turn], answer.reply.speech.text);
            }
        }
        took.sort_unstable();
        let at = |percent: usize| took[(took.len() * percent / 100).min(took.len() - 1)];
        let ms = |d: Duration| d.as_secs_f64() * 1e3;
        println!("  {kind:8} {:8.1} {:8.1} {:8.1}", ms(at(50)), ms(at(99)), ms(at(100)));
        good &= at(99) < LIMIT;
    }
    app.close().await;
    good
}

/// Every customer has ten orders of two lines, most of them delivered, the newest on its way in a parcel.
fn fill(cluster: &Cluster, database: &str, size: &Size) {
    let Size { customers, orders, products, .. } = size;
    let statements = format!(
        "{NAMES}
        INSERT INTO products (sku, title, spoken_name, description, brand, category, price, currency, stock, popularity, attributes)
            SELECT 'G-' || i, m.name || ' ' || k.name || ' No. ' || i, m.name || ' ' || k.name || ' ' || i,
                   'A ' || k.name || ' by ' || m.name || ', good for every day.', m.name, '[\"Household\"]',
                   100 + i % 9000, 'USD', 1000, i % 100, '[]'
            FROM generate_series(0, {products} - 1) AS i JOIN makers m ON m.n = i % 20 JOIN kinds k ON k.n = (i / 20) % 32;
        INSERT INTO customers (id, name, created_at) SELECT 'c' || i, 'Customer', 0 FROM generate_series(0, {customers} - 1) AS i;
        INSERT INTO orders (number, customer_id, placed_at, status, total, currency)
            SELECT (10000000 + i)::text, 'c' || i % {customers}, (extract(epoch FROM now()) * 1000)::bigint - (i / {customers}) * 864000000::bigint - 86400000,
                   CASE WHEN i < {customers} THEN 'shipped' ELSE 'delivered' END, 500, 'USD'
            FROM generate_series(0, {orders} - 1) AS i;
        INSERT INTO order_lines (order_number, position, sku, spoken_name, quantity, unit_price)
            SELECT (10000000 + i)::text, line, p.sku, p.spoken_name, 1, p.price
            FROM generate_series(0, {orders} - 1) AS i CROSS JOIN generate_series(0, 1) AS line
            JOIN products p ON p.sku = 'G-' || (i::bigint * 7919 + line * 104729) % {products};
        INSERT INTO parcels (order_number, position, status, carrier, tracking_number, contents)
            SELECT (10000000 + i)::text, 0, 'shipped', 'Post', 'T' || i, '[]' FROM generate_series(0, {customers} - 1) AS i;
        UPDATE catalogue SET version = 1;"
    );
    cluster.sql(database, &statements);
    cluster.sql(database, "ANALYZE");
}
