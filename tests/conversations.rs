//! Replays `intents/en-US/conversations/*.txt` through the text door, word for word, on the sample shop, on one fixed
//! day. `UPDATE_CONVERSATIONS=1 cargo test --test conversations` writes what the shop says now; read the difference.
//!
//! A file holds conversations, each opened by `== title`, with what it needs (`customer: id`, `pin: digits`,
//! `terms: delivery free-from tax`, `coupon: code percent`, `address: label = line`, `slot: weekday from to capacity`,
//! `links: minutes` for links to pay that last so long, with a gateway that never answers), and then `shopper:` and
//! `shop:` lines in turn. Each conversation starts on a fresh copy of the sample shop.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test: helpers outside #[test] functions too

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Weekday;
use voicecart::app::App;
use voicecart::clock::{CountedIds, FixedClock};
use voicecart::config::Settings;
use voicecart::dialogue::SessionId;
use voicecart::language::Utterance;
use voicecart::shop::connectors::sql::coupons::{Coupon, Coupons};
use voicecart::shop::connectors::sql::slots::Windows;
use voicecart::shop::pin::Pin;
use voicecart::shop::slots::Window;
use voicecart::shop::{Customers, import};

/// A Tuesday morning.
const NOW: &str = "2026-11-24T10:00:00Z";

struct Conversation {
    title: String,
    customer: String,
    /// Delivery and free delivery from, in cents, and percent of tax.
    terms: Option<String>,
    /// Coupons as "code percent".
    coupons: Vec<String>,
    /// Addresses as "label = line".
    addresses: Vec<String>,
    /// Times of delivery as "weekday from to capacity", Monday being 1.
    slots: Vec<String>,
    /// How many minutes a link to pay is good, in a shop that sends them.
    links: Option<String>,
    /// The PIN that this customer has.
    pin: Option<String>,
    /// (shopper, what the shop said when it was recorded)
    turns: Vec<(String, String)>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_conversation_goes_as_written() {
    let update = std::env::var_os("UPDATE_CONVERSATIONS").is_some();
    let mut files: Vec<PathBuf> =
        fs::read_dir("intents/en-US/conversations").unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    let (mut count, mut wrong) = (0, String::new());
    let mut first = None;
    for file in files {
        let mut conversations = parse(&fs::read_to_string(&file).unwrap());
        for conversation in &mut conversations {
            count += 1;
            let said = replay(conversation, &mut first).await;
            for ((shopper, shop), now) in conversation.turns.iter_mut().zip(said) {
                if *shop != now && !update {
                    let title = &conversation.title;
                    writeln!(
                        wrong,
                        "{}, {title}\n  shopper: {shopper}\n  written: {shop}\n  says:    {now}",
                        file.display()
                    )
                    .unwrap();
                }
                *shop = now;
            }
        }
        if update {
            fs::write(&file, print(&conversations)).unwrap();
        }
    }
    assert!(count >= 120, "only {count} conversations were found");
    assert!(wrong.is_empty(), "\n{wrong}");
    println!("{count} conversations");
}

async fn replay(conversation: &Conversation, first: &mut Option<App>) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = Settings { data_dir: folder.path().to_owned(), ..Settings::default() };
    if let Some(terms) = &conversation.terms {
        let terms: Vec<f32> = terms.split(' ').map(|n| n.parse().unwrap()).collect();
        settings.payment.delivery_cents = terms[0] as u32;
        settings.payment.free_delivery_from_cents = terms[1] as u32;
        settings.payment.tax_percent = terms[2];
    }
    if let Some(minutes) = &conversation.links {
        // Nobody listens there: what is said must be true without the gateway.
        settings.payment.url = Some("http://127.0.0.1:9".into());
        settings.payment.link_url = Some("https://voice.example".into());
        settings.payment.link_secret = Some("sixteen letters!".into());
        settings.payment.link_minutes = minutes.parse().unwrap();
    }
    // Kept sessions lapse by the wall clock, which goes on while the day of the replay does not.
    settings.retention.sessions_hours = 24 * 365 * 100;
    let now: Timestamp = NOW.parse().unwrap();
    let ids = Arc::new(CountedIds::default());
    let app = App::build_for_replay(&settings, FixedClock::new(now), ids, first.as_ref()).await.unwrap();
    let session = SessionId::new("replayed").unwrap();
    for coupon in &conversation.coupons {
        let (code, percent) = coupon.split_once(' ').unwrap();
        let coupon = Coupon { code: code.into(), percent: percent.parse().unwrap(), least: 0, until: None };
        Coupons::new(app.store.clone()).put(&coupon).await.unwrap();
    }
    for slot in &conversation.slots {
        let [weekday, from, to, capacity] = slot.split(' ').collect::<Vec<_>>()[..] else { panic!("{slot}") };
        let window = Window {
            weekday: Weekday::from_monday_one_offset(weekday.parse().unwrap()).unwrap(),
            from: from.parse().unwrap(),
            to: to.parse().unwrap(),
            capacity: capacity.parse().unwrap(),
            cut_off: 120,
        };
        Windows::new(app.store.clone()).put(&window).await.unwrap();
    }
    if !conversation.addresses.is_empty() {
        let addresses: Vec<_> = conversation.addresses.iter().map(|a| a.split_once(" = ").unwrap()).collect();
        let row = serde_json::json!({ "id": conversation.customer, "addresses": addresses });
        let file = folder.path().join("customers.jsonl");
        fs::write(&file, format!("{row}\n")).unwrap();
        let report = import::customers(&file, &app.store, FixedClock::new(now).as_ref()).await.unwrap();
        assert_eq!(report.imported, 1);
    }
    if let Some(pin) = &conversation.pin {
        let caller = app.caller(Some(&conversation.customer), None, false).await.unwrap();
        let customers = Customers::new(app.store.clone(), FixedClock::new(now), Arc::new(CountedIds::default()));
        assert!(customers.set_pin(&caller.customer, Some(Pin::new(pin).unwrap())).await.unwrap());
    }
    let mut said = Vec::new();
    for (shopper, _) in &conversation.turns {
        let caller = app.caller(Some(&conversation.customer), Some(session.clone()), false).await.unwrap();
        let answer = app.spine.from_text(Utterance::new(shopper).unwrap(), caller).await.unwrap();
        let end = if answer.open { "" } else { " [end]" };
        said.push(format!("{}{end}", answer.reply.speech.text));
    }
    app.close().await;
    first.get_or_insert(app);
    said
}

fn parse(text: &str) -> Vec<Conversation> {
    let mut all: Vec<Conversation> = Vec::new();
    for line in text.lines().filter(|l| !l.trim().is_empty() && !l.starts_with('#')) {
        if let Some(title) = line.strip_prefix("== ") {
            all.push(Conversation {
                title: title.to_owned(),
                customer: "ada".into(),
                terms: None,
                coupons: vec![],
                addresses: vec![],
                slots: vec![],
                links: None,
                pin: None,
                turns: Vec::new(),
            });
            continue;
        }
        let conversation = all.last_mut().expect("a file opens with == title");
        match line.split_once(": ") {
            Some(("customer", id)) => conversation.customer = id.to_owned(),
            Some(("terms", terms)) => conversation.terms = Some(terms.to_owned()),
            Some(("coupon", coupon)) => conversation.coupons.push(coupon.to_owned()),
            Some(("address", address)) => conversation.addresses.push(address.to_owned()),
            Some(("slot", slot)) => conversation.slots.push(slot.to_owned()),
            Some(("links", minutes)) => conversation.links = Some(minutes.to_owned()),
            Some(("pin", digits)) => conversation.pin = Some(digits.to_owned()),
            Some(("shopper", words)) => conversation.turns.push((words.to_owned(), String::new())),
            Some(("shop", words)) => {
                conversation.turns.last_mut().expect("the shopper speaks first").1 = words.to_owned()
            }
            _ => panic!("neither shopper nor shop: {line}"),
        }
    }
    all
}

fn print(all: &[Conversation]) -> String {
    let mut out = Vec::new();
    for c in all {
        let mut text = format!("== {}\n", c.title);
        if c.customer != "ada" {
            writeln!(text, "customer: {}", c.customer).unwrap();
        }
        if let Some(terms) = &c.terms {
            writeln!(text, "terms: {terms}").unwrap();
        }
        for coupon in &c.coupons {
            writeln!(text, "coupon: {coupon}").unwrap();
        }
        for address in &c.addresses {
            writeln!(text, "address: {address}").unwrap();
        }
        for slot in &c.slots {
            writeln!(text, "slot: {slot}").unwrap();
        }
        if let Some(minutes) = &c.links {
            writeln!(text, "links: {minutes}").unwrap();
        }
        if let Some(pin) = &c.pin {
            writeln!(text, "pin: {pin}").unwrap();
        }
        for (shopper, shop) in &c.turns {
            writeln!(text, "shopper: {shopper}\nshop: {shop}").unwrap();
        }
        out.push(text);
    }
    out.join("\n")
}
