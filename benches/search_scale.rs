//! How fast product search stays with 100,000 products: time a query (p50, p99, worst) over spoken queries, time to
//! build, memory. Products are made here, always the same; fails when p99 is 5 ms or more.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers outside #[test] functions too

use std::process::ExitCode;
use std::time::{Duration, Instant};

use jiff::civil::Date;
use voicecart::shop::money::Currency;
use voicecart::shop::search::{Index, Indexed, SearchError};
use voicecart::shop::{Filters, Money, Product, Search, Sku, Sort};

const PRODUCTS: usize = 100_000;
const ROUNDS: usize = 4_000;

/// (department, kind): real words, so that stems, sounds and synonyms have real work.
const KINDS: &[(&str, &str)] = &[
    ("Grocery", "roasted almonds"),
    ("Grocery", "peanut butter"),
    ("Grocery", "oat milk"),
    ("Grocery", "green tea"),
    ("Grocery", "dark chocolate"),
    ("Grocery", "olive oil"),
    ("Grocery", "tomato soup"),
    ("Grocery", "ground coffee"),
    ("Household", "dish soap"),
    ("Household", "laundry detergent"),
    ("Household", "paper towels"),
    ("Household", "trash bags"),
    ("Electronics", "hdmi cable"),
    ("Electronics", "usb charger"),
    ("Electronics", "bluetooth headphones"),
    ("Electronics", "laptop"),
    ("Electronics", "laptop case"),
    ("Electronics", "smart watch"),
    ("Electronics", "memory card"),
    ("Electronics", "monitor"),
    ("Clothing", "running shoes"),
    ("Clothing", "rain jacket"),
    ("Clothing", "wool socks"),
    ("Clothing", "cotton t-shirt"),
    ("Pets", "dog food"),
    ("Pets", "cat litter"),
    ("Pets", "chew toy"),
    ("Garden", "garden hose"),
    ("Garden", "flower pot"),
    ("Kitchen", "frying pan"),
    ("Kitchen", "coffee maker"),
    ("Kitchen", "electric kettle"),
    ("Toys", "jigsaw puzzle"),
    ("Toys", "building blocks"),
    ("Office", "printer paper"),
    ("Office", "ballpoint pen"),
    ("Sports", "yoga mat"),
    ("Sports", "water bottle"),
    ("Baby", "baby wipes"),
    ("Furniture", "office chair"),
];
const MAKERS: &[&str] = &[
    "Acme",
    "Northwind",
    "Bluebird",
    "Harvest Lane",
    "Kestrel",
    "Oakridge",
    "Sunfield",
    "Tidewater",
    "Copperleaf",
    "Maple Row",
    "Brightside",
    "Ironwood",
    "Larkspur",
    "Redstone",
    "Silverline",
    "Windmere",
    "Fairhaven",
    "Greenbank",
    "Highmoor",
    "Pinecrest",
];
const MANNERS: &[&str] = &[
    "organic",
    "classic",
    "premium",
    "everyday",
    "natural",
    "compact",
    "professional",
    "deluxe",
    "lightweight",
    "extra strong",
    "family size",
    "travel",
    "eco friendly",
    "wireless",
    "soft",
    "crunchy",
    "unscented",
    "waterproof",
    "ergonomic",
    "vintage",
];
const COLOURS: &[&str] = &["black", "white", "red", "blue", "green", "grey", "yellow", "purple"];

fn main() -> ExitCode {
    match measure() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("search at scale: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure() -> Result<bool, SearchError> {
    let dir = std::env::temp_dir().join(format!("voicecart-search-scale-{}", std::process::id()));
    let result = measure_in(&dir);
    if let Err(error) = std::fs::remove_dir_all(&dir) {
        eprintln!("{} could not be removed: {error}", dir.display());
    }
    result
}

fn measure_in(dir: &std::path::Path) -> Result<bool, SearchError> {
    let before = resident_mib();
    let index = Index::open(Some(dir))?;
    let start = Instant::now();
    index.rebuild((0..PRODUCTS).filter_map(product))?;
    println!("{} products indexed in {:.1} s", index.len(), start.elapsed().as_secs_f64());
    drop(index);
    let start = Instant::now();
    let index = Index::open(Some(dir))?;
    println!("opened again in {:.0} ms", start.elapsed().as_secs_f64() * 1e3);

    let searches: Vec<Search> = (0..ROUNDS).map(query).collect();
    for search in searches.iter().take(200) {
        index.search(search, &[])?;
    }
    let mut times = Vec::with_capacity(searches.len());
    let mut found = 0usize;
    for search in &searches {
        let start = Instant::now();
        found += usize::from(!index.search(search, &[])?.skus.is_empty());
        times.push(start.elapsed());
    }
    let mut slowest: Vec<(Duration, &Search)> = times.iter().copied().zip(&searches).collect();
    slowest.sort_unstable_by_key(|(time, _)| std::cmp::Reverse(*time));
    times.sort_unstable();
    let at = |share: f64| times.get((times.len() as f64 * share) as usize).map_or(0.0, |t| t.as_secs_f64() * 1e3);
    println!("{} queries, {:.1}% with results", times.len(), found as f64 * 100.0 / times.len() as f64);
    println!(
        "p50 {:.2} ms, p90 {:.2} ms, p99 {:.2} ms, worst {:.2} ms",
        at(0.5),
        at(0.9),
        at(0.99),
        at(1.0 - f64::EPSILON)
    );
    if let Some((time, search)) = slowest.first() {
        println!("slowest: {:.2} ms for {:?}", time.as_secs_f64() * 1e3, search.query);
    }
    println!(
        "resident {:.0} MiB, {:.0} MiB of it since the start (mapped index included)",
        resident_mib(),
        resident_mib() - before
    );
    let met = at(0.99) < 5.0;
    println!("target p99 under 5 ms: {}", if met { "met" } else { "MISSED" });
    Ok(met)
}

/// Spreads numbers over lists without a pattern that follows from `n`.
fn pick<T>(list: &[T], n: usize, salt: u64) -> Option<&T> {
    let mut x = (n as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ salt.wrapping_mul(0xD1B5_4A32_D192_ED03);
    x = (x ^ (x >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    list.get(((x ^ (x >> 32)) % list.len().max(1) as u64) as usize)
}

fn product(n: usize) -> Option<Indexed> {
    let (department, kind) = pick(KINDS, n, 1)?;
    let maker = pick(MAKERS, n, 2)?;
    let manner = pick(MANNERS, n, 3)?;
    let colour = pick(COLOURS, n, 4)?;
    let other = pick(MANNERS, n, 5)?;
    let size = 1 + n % 48;
    Some(Indexed {
        product: Product {
            sku: Sku::new(&format!("SC-{n:06}")).ok()?,
            title: format!("{maker} {manner} {kind}, {colour}, model {}{size}-{n}, {size} pack", &maker.get(..2)?),
            spoken_name: format!("{maker} {manner} {kind}"),
            description: format!(
                "The {manner} {kind} by {maker} is {other} and comes in {colour}. Made for every day, tested by people who use it, \
                 and easy to return. Goes well with other things for {department}.",
            ),
            brand: Some((*maker).to_owned()),
            category: vec![(*department).to_owned(), (*kind).to_owned()],
            price: Money::new(100 + (n as i64 * 7_919) % 50_000, Currency::USD),
            stock: (n % 30) as u32,
            rating: Some((30 + (n % 21) as u8, (n % 900) as u32)),
            attributes: vec![("colour".to_owned(), (*colour).to_owned()), ("size".to_owned(), format!("{size} pack"))],
            image: None,
        },
        released: Date::new(2015 + (n % 10) as i16, 1 + (n % 12) as i8, 1).ok(),
        popularity: (n * 31 % 1_000) as u32,
    })
}

/// What shoppers say, a fifth of it misheard or about nothing the shop has.
fn query(n: usize) -> Search {
    let kind = pick(KINDS, n, 11).map_or("", |k| k.1);
    let maker = pick(MAKERS, n, 12).copied().unwrap_or_default();
    let manner = pick(MANNERS, n, 13).copied().unwrap_or_default();
    let colour = pick(COLOURS, n, 14).copied().unwrap_or_default();
    let text = match n % 10 {
        0 => format!("do you have any {kind}"),
        1 => format!("find me a {manner} {kind} please"),
        2 => format!("i'm looking for {colour} {kind} from {maker}"),
        3 => kind.to_owned(),
        4 => format!("{maker} {kind}"),
        5 => format!("what kind of {manner} {kind} do you have in {colour}"),
        6 => maker.to_owned(),
        7 => format!("{kind} with a {manner} unicorn handle"),
        8 => kind.replace("ee", "ea").replace('o', "u").replace("ck", "k"),
        _ => format!("some {} {manner} {colour}", kind.split(' ').next_back().unwrap_or_default()),
    };
    let filters = if n.is_multiple_of(4) {
        Filters {
            colour: Some(colour.to_owned()),
            in_stock: true,
            max_price: Some(Money::new(30_000, Currency::USD)),
            ..Filters::default()
        }
    } else {
        Filters::default()
    };
    let sort = match n % 12 {
        5 => Sort::Cheapest,
        7 => Sort::BestRated,
        _ => Sort::Relevance,
    };
    Search { query: text, filters, sort, offset: 0, limit: 3 }
}

fn resident_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kb| kb.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}
