//! What shoppers hear and see, for everything the shop can say: snapshots to be read aloud, and the laws all replies
//! keep. `cargo insta review` after a change of wording.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers outside #[test] functions too

use std::path::Path;

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use proptest::prelude::*;
use voicecart::dialogue::errand::{About, Ran, Reminder, Wish};
use voicecart::dialogue::reminders::Standing;
use voicecart::dialogue::{Courtesy, Delivery, Focus, HelpTopic, Say};
use voicecart::reply::{Manner, Phrases, Reply};
use voicecart::shop::money::Currency;
use voicecart::shop::outcome::AwaitedLink;
use voicecart::shop::preferences::{Avoided, Preferences};
use voicecart::shop::slots::{Change, Destination, Slot, Told};
use voicecart::shop::{
    AddedLine, Amount, Awaiting, CouponRefusal, Discount, Extras, Filters, LimitPer, Missing, Money, NoLink, Order,
    OrderLine, OrderNumber, OrderRef, OrderStatus, Parcel, ParcelStatus, PricedLine, Product, Quantity, Quote,
    QuoteOrigin, Search, Shelf, ShelfItem, Sku, Sort, Why,
};

/// A Monday.
const TODAY: Date = date(2026, 11, 23);

fn phrases() -> Phrases {
    Phrases::load(Path::new("intents/en-US")).expect("the shipped phrases load")
}

fn manner() -> Manner {
    Manner { pace: 100, brief: false, today: TODAY, zone: TimeZone::UTC }
}

fn usd(minor: i64) -> Money {
    Money::new(minor, Currency::USD)
}

fn sku(text: &str) -> Sku {
    Sku::new(text).expect("a SKU")
}

fn quantity(n: u32) -> Quantity {
    Quantity::new(n).expect("a quantity")
}

fn product(name: &str, price: i64, stock: u32, rating: Option<(u8, u32)>) -> Product {
    Product {
        sku: sku(&name.replace([' ', ','], "-")),
        title: format!("{name} (catalogue title)"),
        spoken_name: name.to_owned(),
        description: format!("A good {name} for every day. It lasts for years."),
        brand: Some("Barkwell".into()),
        category: vec!["Pets".into(), "Dogs".into()],
        price: usd(price),
        stock,
        rating,
        attributes: vec![("colour".into(), "blue".into())],
        image: Some("https://shop.example/a.jpg".into()),
    }
}

fn lamp() -> Product {
    product("oak desk lamp", 4_000, 25, Some((46, 210)))
}

fn food() -> Product {
    product("Barkwell dog food", 1_250, 3, Some((50, 12_345)))
}

fn headphones() -> Product {
    product("wireless headphones", 9_900, 0, None)
}

fn line(product: Product, n: u32) -> PricedLine {
    let line_total = product.price.times(n).expect("small");
    PricedLine { product, quantity: quantity(n), line_total }
}

fn quote(lines: Vec<PricedLine>, origin: QuoteOrigin) -> Quote {
    let total = lines.iter().fold(usd(0), |sum, l| sum.plus(l.line_total).expect("small"));
    let delivery = Some(date(2026, 11, 24));
    Quote {
        id: "q".into(),
        lines,
        total,
        delivery,
        unavailable: vec![],
        price_changes: vec![],
        repeats: vec![],
        misfits: Vec::new(),
        address_gone: false,
        cautions: vec![],
        extras: Extras::default(),
        origin,
    }
}

fn parcel(status: ParcelStatus, names: &[&str]) -> Parcel {
    Parcel {
        status,
        carrier: "Swift Post".into(),
        tracking_number: "SP123".into(),
        contents: names.iter().map(|n| (sku(&n.replace(' ', "-")), (*n).to_owned(), Quantity::ONE)).collect(),
        expected: Some(date(2026, 11, 26)),
        promised: Some(date(2026, 11, 20)),
        delivered_at: Some("2026-11-22T15:00:00Z".parse().expect("a time")),
    }
}

fn order(number: &str, status: OrderStatus, names: &[&str], parcels: Vec<Parcel>) -> Order {
    let line = |name: &&str| OrderLine {
        sku: sku(&name.replace(' ', "-")),
        spoken_name: (*name).to_owned(),
        quantity: quantity(2),
        unit_price: usd(1_999),
    };
    Order {
        number: OrderNumber::new(number).expect("a number"),
        placed_at: "2026-11-17T09:00:00Z".parse().expect("a time"),
        status,
        lines: names.iter().map(line).collect(),
        total: usd(3_998),
        parcels,
        address: None,
        slot: None,
    }
}

fn arrival() -> Reminder {
    let names = vec!["oak desk lamp".into(), "Barkwell dog food".into()];
    let number = OrderNumber::new("10007").expect("a number");
    Reminder { about: About::Arrival { number, names }, at: date(2026, 11, 26).at(9, 0, 0, 0) }
}

fn to_order() -> Reminder {
    Reminder { about: About::Order { words: "dog food".into() }, at: date(2026, 12, 1).at(9, 0, 0, 0) }
}

fn search(query: &str) -> Search {
    Search { query: query.into(), limit: 3, ..Search::default() }
}

/// Shown as a person meets it: what is said, what is said next into the silence, what is on the screen.
fn shown(reply: &Reply) -> String {
    let mut out = format!("say:  {}\nssml: {}\n", reply.speech.text, reply.speech.ssml);
    match &reply.reprompt {
        Some(again) => out += &format!("then: {}\n", again.text),
        None => out += "(ends)\n",
    }
    if let Some(card) = &reply.card {
        out += &format!("card: {}\n", card.title);
        card.text.lines().for_each(|l| out += &format!("    | {l}\n"));
        if let Some(image) = &card.image {
            out += &format!("    [{image}]\n");
        }
    }
    out
}

fn snapshot(name: &str, cases: &[(&str, Say)]) {
    let phrases = phrases();
    let mut page = String::new();
    for (what, say) in cases {
        let reply = phrases.render(say, &manner());
        check(&reply);
        page += &format!("# {what}\n{}\n", shown(&reply));
    }
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(name, page);
    });
}

/// What holds of every reply.
fn check(reply: &Reply) {
    let speech = &reply.speech;
    assert!(!speech.text.trim().is_empty(), "silence: {reply:?}");
    assert!(speech.ssml.chars().count() <= 8_000, "{} characters of SSML", speech.ssml.chars().count());
    assert_eq!(reply.reprompt.is_some(), reply.keep_open, "a reprompt exactly when open: {reply:?}");
    for spoken in std::iter::once(speech).chain(&reply.reprompt) {
        assert!(!spoken.text.contains(['{', '\u{E000}', '\u{E001}', '\u{E002}', '\u{E003}']), "{spoken:?}");
        assert!(
            !spoken.text.contains("  ") && !spoken.text.contains(" ,") && !spoken.text.contains(".."),
            "{spoken:?}"
        );
        assert_eq!(letters(&words_of(&spoken.ssml)), letters(&spoken.text), "two renderings of different words");
    }
    if let Some(card) = &reply.card {
        let size = [&card.title, &card.text].into_iter().chain(&card.image).map(|s| s.chars().count()).sum::<usize>();
        assert!(size <= 8_000, "a card of {size} characters");
        assert!(!card.title.is_empty() && !card.text.contains('{'), "{card:?}");
    }
}

/// The text of a document, tags dropped and entities resolved.
fn words_of(ssml: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for c in ssml.chars() {
        match c {
            '<' => inside = true,
            '>' => inside = false,
            c if !inside => text.push(c),
            _ => {}
        }
    }
    [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")]
        .iter()
        .fold(text, |text, (entity, sign)| text.replace(entity, sign))
}

fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

fn standing(day: i8) -> Standing {
    let at = date(2026, 11, day).at(9, 0, 0, 0);
    Standing { token: "t".into(), at, words: "You wanted to order <dog> food.".into() }
}

#[test]
fn opening_help_and_closing() {
    snapshot(
        "talk",
        &[
            ("first visit", Say::Welcome { returning: false, called: None }),
            ("another visit", Say::Welcome { returning: true, called: None }),
            ("an Alexa address away from Alexa", Say::Ran(Ran::NotHere(Wish::Address))),
            ("an Alexa address that is not allowed", Say::Ran(Ran::NoLeave(Wish::Address))),
            ("an Alexa address that is not there", Say::Ran(Ran::NoAddress)),
            ("an Alexa address that cannot be had now", Say::Ran(Ran::Failed(Wish::Address))),
            (
                "an offer that has nowhere to go",
                Say::Ran(Ran::Placeless(Box::new(Say::ConfirmPurchase {
                    quote: Box::new(quote(vec![line(lamp(), 1)], QuoteOrigin::Pick)),
                    changed: false,
                }))),
            ),
            ("reminders away from Alexa", Say::Ran(Ran::NotHere(Wish::Reminder))),
            ("reminders that are not allowed", Say::Ran(Ran::NoLeave(Wish::Reminder))),
            ("reminders to cancel away from Alexa", Say::Ran(Ran::NotHere(Wish::Reminders))),
            ("reminders to cancel that are not allowed", Say::Ran(Ran::NoLeave(Wish::Reminders))),
            ("reminders that cannot be reached", Say::Ran(Ran::Failed(Wish::Reminders))),
            ("no reminder", Say::Ran(Ran::NoReminders)),
            ("which reminder", Say::Ran(Ran::WhichReminder(vec![standing(24), standing(30)]))),
            ("cancel that reminder?", Say::Ran(Ran::AskCancelReminder(standing(30)))),
            ("a reminder cancelled", Say::Ran(Ran::ReminderCancelled(standing(30)))),
            ("a reminder that failed", Say::Ran(Ran::Failed(Wish::Reminder))),
            ("a reminder of an order, asked", Say::Ran(Ran::Ask(arrival()))),
            ("a reminder of an order, made", Say::Ran(Ran::Made(arrival()))),
            ("a reminder of an order, heard", Say::Ran(Ran::Due(arrival().about))),
            ("a reminder to order, asked", Say::Ran(Ran::Ask(to_order()))),
            ("a reminder to order, made", Say::Ran(Ran::Made(to_order()))),
            ("a reminder to order, heard", Say::Ran(Ran::Due(to_order().about))),
            ("a reminder without a day", Say::Ran(Ran::WhichDay)),
            ("a reminder for today", Say::Ran(Ran::TooSoon)),
            ("a reminder of an order that is nowhere", Say::Ran(Ran::NothingComing)),
            ("a visitor who lets their name be known", Say::Welcome { returning: false, called: Some("Ada".into()) }),
            ("hello again", Say::Courtesy { of: Courtesy::Greeting, open: None }),
            ("thanks", Say::Courtesy { of: Courtesy::Thanks, open: None }),
            ("who are you", Say::Courtesy { of: Courtesy::WhoAreYou, open: None }),
            (
                "thanks before the answer",
                Say::Courtesy { of: Courtesy::Thanks, open: Some(Box::new(Say::AskWhatProduct)) },
            ),
            ("help", Say::Help(HelpTopic::General)),
            ("help with results", Say::Help(HelpTopic::Results)),
            ("help before buying", Say::Help(HelpTopic::Purchase)),
            ("help with the basket", Say::Help(HelpTopic::Basket)),
            ("help with orders", Say::Help(HelpTopic::Tracking)),
            ("goodbye", Say::Goodbye),
            ("cancelled", Say::Cancelled),
            ("all right", Say::AllRight),
            ("nothing heard", Say::NotHeard),
            ("not understood", Say::NotUnderstood { tries: 1 }),
            ("not understood again", Say::NotUnderstood { tries: 2 }),
            ("not understood a third time", Say::NotUnderstood { tries: 3 }),
            ("in doubt", Say::DidYouSay { words: "where's my <order> & \"basket\"".into() }),
            ("yes to nothing", Say::NothingOpen),
            ("somebody else's answer", Say::Told { words: "We never <close>.".into(), reprompt: None, end: false }),
            (
                "somebody else's last word",
                Say::Told { words: "Bye & thanks.".into(), reprompt: Some("Well?".into()), end: true },
            ),
            ("a question of the model's own", Say::Prompt { words: "How many <b>bananas</b> & more?".into() }),
            ("slower", Say::Pace { percent: 80 }),
            ("faster", Say::Pace { percent: 120 }),
            ("normal", Say::Pace { percent: 100 }),
            ("slowest", Say::Pace { percent: 50 }),
            ("fastest", Say::Pace { percent: 200 }),
            ("spelled", Say::Spelled { words: "Barkwell dog-food 2 (XL)".into() }),
            ("spelled sign first", Say::Spelled { words: "'n' R&B".into() }),
            ("trouble", Say::Trouble),
            ("busy", Say::Busy),
            ("slow", Say::OneMoment),
            ("allergic to peanuts", Say::Avoiding { what: Avoided::Peanuts }),
            ("no longer vegan", Say::Eating { what: Avoided::AnimalProducts }),
            ("allergic to cats", Say::CannotAvoid),
            ("nothing told", Say::MyPreferences { preferences: Preferences::default() }),
            (
                "told of two things and a pace",
                Say::MyPreferences {
                    preferences: Preferences {
                        pace: Some(80),
                        avoids: [Avoided::Nuts, Avoided::Milk].into(),
                        ..Preferences::default()
                    },
                },
            ),
            ("a stranger asks for orders", Say::LinkAccount { lapsed: false }),
            ("the link was taken back", Say::LinkAccount { lapsed: true }),
        ],
    );
}

#[test]
fn finding() {
    let page = vec![lamp(), food(), headphones()];
    let results = |search: Search, page: &[Product], first, total, relaxed| Say::Results {
        search,
        page: page.to_vec(),
        first,
        total,
        relaxed,
        back: false,
    };
    let back = |page: &[Product], first| match results(search("lamp"), page, first, 24, false) {
        Say::Results { search, page, first, total, relaxed, .. } => {
            Say::Results { search, page, first, total, relaxed, back: true }
        }
        other => other,
    };
    let sorted = |sort| Search { sort, ..search("lamp") };
    let filtered = Search {
        filters: Filters {
            brand: Some("Barkwell".into()),
            features: vec!["grain free".into()],
            max_price: Some(usd(1_000)),
            ..Filters::default()
        },
        ..search("dog food")
    };
    snapshot(
        "finding",
        &[
            ("one result", results(search("lamp"), &page[..1], 1, 1, false)),
            ("two results", results(search("lamp"), &page[..2], 1, 2, false)),
            ("three of many", results(search("lamp"), &page, 1, 24, false)),
            ("three of thousands", results(search("lamp"), &page, 1, 4_312, false)),
            ("second page", results(search("lamp"), &page, 4, 24, false)),
            ("last page", results(search("lamp"), &page[..1], 7, 7, false)),
            ("back to the second page", back(&page, 4)),
            ("back to the first page", back(&page, 1)),
            ("best rated", results(sorted(Sort::BestRated), &page, 1, 24, false)),
            ("cheapest", results(sorted(Sort::Cheapest), &page, 1, 3, false)),
            ("nearest", results(search("zebra lamp"), &page[..2], 1, 2, true)),
            ("nothing", Say::NothingFound { search: search("quinoa") }),
            ("nothing within limits", Say::NothingFound { search: filtered }),
            ("nothing, long words", Say::NothingFound { search: search("do you have any of that nice soap") }),
            ("no more", Say::NoMoreResults),
            ("no earlier", Say::NoEarlierResults),
            ("choice without a list", Say::NoSuchChoice { shown: 0 }),
            ("choice beyond one", Say::NoSuchChoice { shown: 1 }),
            ("choice beyond three", Say::NoSuchChoice { shown: 3 }),
            ("no such product", Say::NoSuchProduct { words: "flying carpet".into() }),
            ("what product", Say::AskWhatProduct),
            ("which one", Say::AskWhichOne { page }),
            ("bad quantity", Say::BadQuantity),
        ],
    );
}

#[test]
fn products() {
    let about = |product: Product, focus| Say::Product {
        product: Box::new(product),
        delivery: Some(date(2026, 11, 26)),
        focus,
    };
    let no_day = |focus| Say::Product { product: Box::new(lamp()), delivery: None, focus };
    snapshot(
        "products",
        &[
            ("all of it", about(lamp(), Focus::All)),
            ("few left", about(food(), Focus::All)),
            ("sold out", about(headphones(), Focus::All)),
            ("price", about(food(), Focus::Price)),
            ("stock", about(lamp(), Focus::Stock)),
            ("stock low", about(food(), Focus::Stock)),
            ("stock out", about(headphones(), Focus::Stock)),
            ("rating", about(food(), Focus::Rating)),
            ("no rating", about(headphones(), Focus::Rating)),
            ("delivery", about(lamp(), Focus::Delivery)),
            ("delivery unknown", no_day(Focus::Delivery)),
            ("delivery of nothing", about(headphones(), Focus::Delivery)),
        ],
    );
}

#[test]
fn orders() {
    let about = |orders: Vec<Order>, about| Say::Tracked { orders, about };
    let single = |status, parcel_status| {
        about(vec![order("1042", status, &["dog food"], vec![parcel(parcel_status, &["dog food"])])], OrderRef::Latest)
    };
    let names = ["wireless headphones", "oak desk lamp", "dog food"];
    let several = order(
        "104217",
        OrderStatus::Shipped,
        &names,
        vec![
            parcel(ParcelStatus::Delivered, &names[..1]),
            parcel(ParcelStatus::Delayed, &names[1..2]),
            parcel(ParcelStatus::OutForDelivery, &names[2..]),
        ],
    );
    let number = || OrderNumber::new("104217").expect("a number");
    let mut late = parcel(ParcelStatus::Shipped, &["dog food"]);
    late.expected = Some(date(2026, 11, 21));
    let mut vague = parcel(ParcelStatus::Delayed, &["dog food"]);
    (vague.expected, vague.carrier) = (None, String::new());
    let one = |parcel| order("1042", OrderStatus::Shipped, &["dog food"], vec![parcel]);
    let many = vec![
        order("1055", OrderStatus::Placed, &["dog food"], vec![]),
        one(parcel(ParcelStatus::Shipped, &["dog food"])),
        several.clone(),
        order("1030", OrderStatus::Cancelled, &["tea"], vec![]),
    ];
    let days = (date(2026, 11, 16), date(2026, 11, 17));
    snapshot(
        "orders",
        &[
            ("placed", about(vec![order("1042", OrderStatus::Placed, &["dog food", "tea"], vec![])], OrderRef::Latest)),
            ("packed", single(OrderStatus::Packed, ParcelStatus::Packed)),
            ("shipped", single(OrderStatus::Shipped, ParcelStatus::Shipped)),
            ("out for delivery", single(OrderStatus::OutForDelivery, ParcelStatus::OutForDelivery)),
            ("delivered", single(OrderStatus::Delivered, ParcelStatus::Delivered)),
            ("delayed", single(OrderStatus::Delayed, ParcelStatus::Delayed)),
            ("delayed, no day", about(vec![one(vague)], OrderRef::Latest)),
            ("late", about(vec![one(late)], OrderRef::Latest)),
            ("returned", single(OrderStatus::Returned, ParcelStatus::Returned)),
            ("cancelled", single(OrderStatus::Cancelled, ParcelStatus::Packed)),
            ("by number, three parcels", about(vec![several.clone()], OrderRef::Number(number()))),
            ("by product", about(vec![several.clone()], OrderRef::Product("my headphone".into()))),
            (
                "by day",
                about(vec![one(parcel(ParcelStatus::Shipped, &[]))], OrderRef::Placed { from: days.1, to: days.1 }),
            ),
            ("several", about(many[..2].to_vec(), OrderRef::Product("dog food".into()))),
            ("history", Say::Orders { orders: many }),
            ("history of one", Say::Orders { orders: vec![several] }),
            ("no orders", Say::NoOrders),
            ("no latest", Say::NoSuchOrder { about: OrderRef::Latest }),
            ("no such number", Say::NoSuchOrder { about: OrderRef::Number(number()) }),
            ("no such product", Say::NoSuchOrder { about: OrderRef::Product("hat".into()) }),
            ("none that day", Say::NoSuchOrder { about: OrderRef::Placed { from: days.1, to: days.1 } }),
            ("none those days", Say::NoSuchOrder { about: OrderRef::Placed { from: days.0, to: days.1 } }),
            ("which number", Say::AskOrderNumber),
        ],
    );
}

#[test]
fn basket() {
    let lines = || vec![line(lamp(), 1), line(food(), 2), line(headphones(), 1), line(product("tea", 99, 9, None), 3)];
    let basket = |n: usize| Say::Basket { lines: lines()[..n].to_vec(), total: usd(7_549) };
    let added =
        |line, total| Say::Added { line: Box::new(line), basket_total: usd(total), basket_count: 2, also: None };
    snapshot(
        "basket",
        &[
            ("one line", basket(1)),
            ("two lines", basket(2)),
            ("three lines", basket(3)),
            ("four lines", basket(4)),
            ("empty", Say::BasketEmpty),
            ("added first", added(line(food(), 2), 2_500)),
            ("added more", added(line(lamp(), 3), 14_500)),
            ("removed, two left", Say::Removed { spoken_name: "dog food".into(), basket_count: 2 }),
            ("removed, one left", Say::Removed { spoken_name: "dog food".into(), basket_count: 1 }),
            ("removed the last", Say::Removed { spoken_name: "dog food".into(), basket_count: 0 }),
            ("not in it", Say::NotInBasket { spoken_name: "dog food".into() }),
            ("empty it?", Say::AskEmptyBasket { count: 4 }),
            ("empty one?", Say::AskEmptyBasket { count: 1 }),
            ("emptied", Say::BasketEmptied),
        ],
    );
}

#[test]
fn several_things_and_shelves() {
    let added = |product, n, pieces| AddedLine { line: line(product, n), pieces };
    let missing = |name: &str, why| Missing { name: name.into(), why };
    let two = || vec![added(food(), 2, None), added(product("large eggs", 499, 9, None), 1, Some(12))];
    let item = |name: &str, amount| ShelfItem { name: name.into(), amount, sku: None };
    let list = || {
        vec![
            item("milk", Amount::Count(Quantity::ONE)),
            item("lemons", Amount::Count(quantity(2))),
            item("eggs", Amount::Pieces(12)),
        ]
    };
    let each = |lines, moved, left| Say::AddedEach { lines, basket_total: usd(2_999), moved, left };
    let all_whys = vec![
        missing("zebra polish", Why::NotFound),
        missing("vegan butter", Why::OutOfStock),
        missing("tea", Why::Short(3)),
        missing("oats", Why::Short(0)),
        missing("rice", Why::TooMany),
    ];
    let both = |say: fn(Shelf) -> Say| [say(Shelf::List), say(Shelf::Saved)];
    let mut cases = vec![
        ("added two things", each(two(), None, vec![])),
        ("moved from the list", each(two(), Some(Shelf::List), vec![missing("zebra polish", Why::NotFound)])),
        ("moved back", each(two()[..1].to_vec(), Some(Shelf::Saved), vec![])),
        ("not all of it", Say::CannotAddAll { can: two(), cannot: all_whys.clone() }),
        ("none of it", Say::CannotAddAll { can: vec![], cannot: all_whys[..1].to_vec() }),
        ("changed", Say::Changed { line: Box::new(line(food(), 3)), basket_total: usd(3_750) }),
        ("what for the list", Say::AskWhatForList),
        ("written down", Say::PutOnList { items: list(), count: 5 }),
        ("written the first", Say::PutOnList { items: list()[..1].to_vec(), count: 1 }),
        ("saved", Say::SavedForLater { spoken_name: "dog food".into(), basket_count: 2 }),
        ("saved the last", Say::SavedForLater { spoken_name: "dog food".into(), basket_count: 0 }),
        ("the list", Say::Shelf { shelf: Shelf::List, items: list() }),
        ("the saved things", Say::Shelf { shelf: Shelf::Saved, items: list()[..1].to_vec() }),
        ("a long list", Say::Shelf { shelf: Shelf::List, items: list().into_iter().cycle().take(12).collect() }),
        (
            "one request, then the next",
            Say::Then { said: Box::new(each(two(), None, vec![])), words: "remove the <bananas>".into() },
        ),
    ];
    for say in both(|shelf| Say::ShelfEmpty { shelf }) {
        cases.push(("nothing there", say));
    }
    for say in both(|shelf| Say::AskClearShelf { shelf, count: 2 }) {
        cases.push(("clear it?", say));
    }
    for say in both(|shelf| Say::ShelfCleared { shelf }) {
        cases.push(("cleared", say));
    }
    for say in both(|shelf| Say::NotOnShelf { shelf, words: "the lamp".into() }) {
        cases.push(("not there", say));
    }
    for left in [0, 1, 2] {
        cases.push(("crossed off", Say::TakenOffShelf { shelf: Shelf::List, name: "milk".into(), left }));
    }
    snapshot("several", &cases);
}

#[test]
fn delivery() {
    let slot = |day: &str, from: &str, to: &str| Slot {
        day: day.parse().unwrap(),
        from: from.parse().unwrap(),
        to: to.parse().unwrap(),
    };
    let slots = [
        slot("2026-11-24", "14:30", "18:00"),
        slot("2026-11-25", "10:00", "14:00"),
        slot("2026-12-03", "08:15", "12:00"),
    ];
    let told = |told| Say::Delivery(Delivery::Told { told: Box::new(told), choosing: true });
    let times = |n: usize, fits| told(Told::Times { slots: slots[..n].to_vec(), fits });
    let number = || OrderNumber::new("104217").unwrap();
    let change = |to| Change { order: number(), to };
    let (time, address) = (Destination::Time(slots[1]), Destination::Address("1 Mill Lane".into()));
    let confirm = |to| Say::Delivery(Delivery::Confirm { change: Box::new(change(to)) });
    let mut offer = quote(vec![line(food(), 2)], QuoteOrigin::Basket);
    offer.extras.slot = Some(slots[1]);
    let mut placed = order("104217", OrderStatus::Placed, &["dog food"], vec![]);
    placed.slot = Some(slots[0]);
    let sent = |until: &str, again| Say::LinkSent {
        total: usd(3_998),
        email: "example.com".into(),
        until: until.parse().unwrap(),
        again,
    };
    let again = |until: &str| Say::LinkSentAgain {
        total: usd(3_998),
        email: "example.com".into(),
        until: until.parse().unwrap(),
    };
    let pending = || Awaiting {
        quote_id: "q".into(),
        names: vec!["dog food".into()],
        total: usd(3_998),
        begun: "2026-11-23T09:00:00Z".parse().unwrap(),
        link: None,
    };
    let linked = |until: &str, names: &[&str]| Awaiting {
        names: names.iter().map(|n| (*n).to_owned()).collect(),
        link: Some(AwaitedLink { until: until.parse().unwrap(), email: "example.com".into() }),
        ..pending()
    };
    let waits = |waiting, orders| Say::AwaitingPayment { waiting, orders, about: OrderRef::Latest };
    let shipped = order("104217", OrderStatus::Shipped, &["dog food"], vec![]);
    let late = |status| told(Told::TooLate(Box::new(order("104217", status, &["dog food"], vec![]))));
    snapshot(
        "delivery",
        &[
            ("three times", times(3, true)),
            ("one time", times(1, true)),
            ("near it", times(2, false)),
            ("one near it", times(1, false)),
            ("chosen", told(Told::Chosen(slots[2]))),
            ("no times", told(Told::NoTimes)),
            ("full", told(Told::Full)),
            ("nothing can be ordered", Say::NoDeliveryTime),
            ("another time?", confirm(time.clone())),
            ("another address?", confirm(address.clone())),
            ("another time", told(Told::Changed(change(time.clone())))),
            ("another address", told(Told::Changed(change(address.clone())))),
            ("so already", told(Told::Already(change(address)))),
            ("packed", late(OrderStatus::Packed)),
            ("delivered", late(OrderStatus::Delivered)),
            ("cancelled", late(OrderStatus::Cancelled)),
            (
                "which address",
                told(Told::WhichAddress { order: number(), labels: vec!["home".into(), "office".into()] }),
            ),
            ("kept", Say::Delivery(Delivery::Kept)),
            ("an offer", Say::ConfirmPurchase { quote: Box::new(offer.clone()), changed: false }),
            ("an order", Say::Bought { order: Box::new(placed.clone()), delivery: None, again: false }),
            ("that order", Say::Tracked { orders: vec![placed], about: OrderRef::Latest }),
            ("a link?", Say::OfferLink { quote: Box::new(offer) }),
            ("a link", sent("2026-11-24T20:05:00Z", false)),
            ("a link until tomorrow", sent("2026-11-25T11:00:00Z", false)),
            ("a link again", sent("2026-11-24T20:00:00Z", true)),
            ("no links here", Say::NoLink { why: NoLink::NotOffered }),
            ("no address for it", Say::NoLink { why: NoLink::NoEmail }),
            ("no way to pay", Say::NoLink { why: NoLink::NoMethod }),
            ("dropped", Say::LinkDropped),
            ("a link sent again", again("2026-11-23T20:00:00Z")),
            ("a link sent again, until tomorrow", again("2026-11-24T20:00:00Z")),
            ("a link that ended is not sent again", Say::NoLink { why: NoLink::Ended }),
            ("one waits for its link", waits(vec![linked("2026-11-23T20:05:00Z", &["dog food"])], vec![])),
            (
                "one waits for its link, and an order is on its way",
                waits(vec![linked("2026-11-24T09:00:00Z", &["dog food", "lamp"])], vec![shipped]),
            ),
            ("one waits for the gateway", waits(vec![pending()], vec![])),
            ("two wait", waits(vec![linked("2026-11-23T20:05:00Z", &["tea"]), pending()], vec![])),
            ("let it go?", Say::AskDropLink { waiting: Box::new(linked("2026-11-23T20:05:00Z", &["dog food"])) }),
        ],
    );
}

#[test]
fn buying() {
    let confirm = |quote: Quote, changed| Say::ConfirmPurchase { quote: Box::new(quote), changed };
    let mut reorder = quote(vec![line(food(), 2), line(lamp(), 1)], QuoteOrigin::Reorder);
    reorder.price_changes =
        vec![("dog food".into(), usd(1_150), usd(1_250)), ("oak desk lamp".into(), usd(4_500), usd(4_000))];
    reorder.unavailable = vec!["wireless headphones".into(), "tea".into()];
    let mut usual = quote(vec![line(food(), 1)], QuoteOrigin::Usual);
    usual.delivery = None;
    let long = quote((1..=12).map(|n| line(product("tea light", 101, 99, None), n)).collect(), QuoteOrigin::Basket);
    let bought = |delivery, again| Say::Bought {
        order: Box::new(order("104217", OrderStatus::Placed, &["dog food", "wireless headphones"], vec![])),
        delivery,
        again,
    };
    let refused = |why| Say::CouponRefused { code: "SPRING10".into(), why };
    let mut with_extras = quote(vec![line(food(), 2)], QuoteOrigin::Basket);
    with_extras.extras = Extras {
        delivery: Some(usd(499)),
        tax: Some(usd(186)),
        discount: Some(Discount { coupon: "SPRING10".into(), amount: usd(250) }),
        address: Some("12 Oak Street, Springfield".into()),
        slot: None,
    };
    let too_late = |status| Box::new(order("104217", status, &["dog food"], vec![]));
    let placed = || too_late(OrderStatus::Placed);
    let short = |stock| Say::ShortStock { product: Box::new(Product { stock, ..food() }), asked: quantity(9) };
    snapshot(
        "buying",
        &[
            ("one thing", confirm(quote(vec![line(lamp(), 1)], QuoteOrigin::Pick), false)),
            ("two of it", confirm(quote(vec![line(food(), 2)], QuoteOrigin::Pick), false)),
            (
                "an address that was taken back",
                confirm(Quote { address_gone: true, ..quote(vec![line(food(), 2)], QuoteOrigin::Pick) }, true),
            ),
            ("offer moved", confirm(quote(vec![line(food(), 2)], QuoteOrigin::Pick), true)),
            ("reorder with surprises", confirm(reorder.clone(), false)),
            ("the usual", confirm(usual, false)),
            ("a long basket", confirm(long, false)),
            ("asked again", Say::ConfirmPurchaseAgain { quote: Box::new(reorder) }),
            ("bought", bought(Some(date(2026, 12, 1)), false)),
            ("bought, no day", bought(None, false)),
            ("bought already", bought(Some(date(2026, 11, 24)), true)),
            ("with extras", confirm(with_extras, false)),
            ("coupon", Say::CouponHeld { code: "SPRING10".into(), percent: 10 }),
            ("coupon unknown", refused(CouponRefusal::Unknown)),
            ("coupon expired", refused(CouponRefusal::Expired)),
            ("coupon used", refused(CouponRefusal::Used)),
            ("which coupon", Say::AskCoupon),
            ("address chosen", Say::AddressChosen { line: "12 Oak Street, Springfield".into() }),
            ("no such address", Say::NoSuchAddress { known: vec!["home".into(), "office".into()] }),
            ("no address at all", Say::NoSuchAddress { known: vec![] }),
            (
                "something one must not eat",
                confirm(
                    Quote {
                        cautions: vec![("dog food".into(), vec![Avoided::Nuts, Avoided::Milk])],
                        ..quote(vec![line(food(), 1)], QuoteOrigin::Pick)
                    },
                    false,
                ),
            ),
            (
                "bought hours ago",
                confirm(
                    Quote { repeats: vec!["dog food".into()], ..quote(vec![line(food(), 1)], QuoteOrigin::Pick) },
                    false,
                ),
            ),
            ("PIN", Say::AskPin { tries_left: None }),
            ("PIN again", Say::AskPin { tries_left: Some(2) }),
            ("PIN once more", Say::AskPin { tries_left: Some(1) }),
            ("PIN locked", Say::PinLocked { minutes: 15 }),
            ("PIN locked a minute", Say::PinLocked { minutes: 1 }),
            ("too much for one order", Say::OverLimit { total: usd(30_000), limit: usd(20_000), per: LimitPer::Order }),
            ("too much for a day", Say::OverLimit { total: usd(3_000), limit: usd(20_000), per: LimitPer::Day }),
            ("payment declined", Say::PaymentDeclined { total: usd(3_998) }),
            ("payment in doubt", Say::PaymentPending { total: usd(3_998) }),
            ("cancel it?", Say::AskCancelOrder { order: placed() }),
            ("cancelled, paid back", Say::OrderCancelled { order: placed(), refund: Some(usd(3_998)) }),
            ("cancelled, nothing paid", Say::OrderCancelled { order: placed(), refund: None }),
            ("too late, packed", Say::TooLateToCancel { order: too_late(OrderStatus::Packed) }),
            ("too late, delivered", Say::TooLateToCancel { order: too_late(OrderStatus::Delivered) }),
            ("cancelled before", Say::TooLateToCancel { order: too_late(OrderStatus::Cancelled) }),
            ("returned before", Say::TooLateToCancel { order: too_late(OrderStatus::Returned) }),
            ("not bought", Say::NotBought),
            ("offer gone", Say::OfferGone),
            ("too many things", Say::TooManyToAgree { count: 31 }),
            ("out of stock", Say::OutOfStock { products: vec![headphones()] }),
            (
                "all out of stock",
                Say::OutOfStock { products: vec![headphones(), lamp(), food(), headphones(), lamp()] },
            ),
            ("some left", short(3)),
            ("one left", short(1)),
            ("none left", short(0)),
            ("never bought", Say::NeverBought { words: "almonds".into() }),
            ("no usual", Say::NoUsual),
        ],
    );
}

#[test]
fn money_days_and_counts_as_people_say_them() {
    let phrases = phrases();
    let price = |minor, currency: &str| {
        let product = Product { price: Money::new(minor, Currency::new(currency).expect("a code")), ..lamp() };
        let say = Say::Product { product: Box::new(product), delivery: None, focus: Focus::Price };
        let reply = phrases.render(&say, &manner());
        let said = reply.speech.text.split(" for oak").next().unwrap_or_default().to_owned();
        let printed = reply.card.expect("a card").text.lines().next().unwrap_or_default().to_owned();
        (said, printed)
    };
    for (minor, currency, said, printed) in [
        (1_250, "USD", "Twelve dollars and fifty cents", "Price: $12.50"),
        (99, "USD", "Ninety-nine cents", "Price: $0.99"),
        (1, "USD", "One cent", "Price: $0.01"),
        (100, "USD", "One dollar", "Price: $1.00"),
        (101, "USD", "One dollar and one cent", "Price: $1.01"),
        (0, "USD", "Zero dollars", "Price: $0.00"),
        (
            123_456_700,
            "USD",
            "One million two hundred thirty-four thousand five hundred sixty-seven dollars",
            "Price: $1,234,567.00",
        ),
        (-500, "USD", "Minus five dollars", "Price: -$5.00"),
        (250, "GBP", "Two pounds and fifty pence", "Price: £2.50"),
        (201, "GBP", "Two pounds and one penny", "Price: £2.01"),
        (199, "EUR", "One euro and ninety-nine cents", "Price: €1.99"),
        (50_000, "JPY", "Five hundred yen", "Price: ¥500.00"),
        (300, "NOK", "Three NOK", "Price: NOK 3.00"),
    ] {
        assert_eq!(price(minor, currency), (said.to_owned(), printed.to_owned()));
    }

    let arrives = |day| {
        let say = Say::Product { product: Box::new(lamp()), delivery: Some(day), focus: Focus::Delivery };
        phrases.render(&say, &manner()).speech.text.split(", if").next().unwrap_or_default().to_owned()
    };
    for (day, said) in [
        (TODAY, "Today"),
        (date(2026, 11, 24), "Tomorrow"),
        (date(2026, 11, 22), "Yesterday"),
        (date(2026, 11, 20), "Last Friday"),
        (date(2026, 11, 26), "On Thursday"),
        (date(2026, 11, 29), "On Sunday"),
        (date(2026, 11, 30), "On Monday, November 30th"),
        (date(2026, 12, 1), "On Tuesday, December 1st"),
        (date(2026, 12, 22), "On Tuesday, December 22nd"),
        (date(2026, 12, 12), "On Saturday, December 12th"),
        (date(2027, 1, 3), "On Sunday, January 3rd"),
        (date(2027, 11, 23), "On Tuesday, November 23rd, 2027"),
    ] {
        assert_eq!(arrives(day), said);
    }

    let counted = |n, name: &str| {
        let line = line(product(name, 100, 9, None), n);
        let say = Say::Added { line: Box::new(line), basket_total: usd(1), basket_count: 1, also: None };
        let text = phrases.render(&say, &manner()).speech.text;
        text.trim_start_matches("Added ").split(". ").next().unwrap_or_default().to_owned()
    };
    for (n, name, said) in [
        (1, "desk lamp", "one desk lamp"),
        (3, "desk lamp", "three desk lamps"),
        (2, "lunch box with lid", "two lunch boxes with lid"),
        (1, "Barkwell dog food", "one pack of Barkwell dog food"),
        (2, "whole almonds", "two packs of whole almonds"),
        (1, "wireless headphones", "one pair of wireless headphones"),
        (2, "running shoes, size nine", "two pairs of running shoes, size nine"),
        (1, "a bag of coffee", "one bag of coffee"),
        (12, "twenty ounce box of cereal", "twelve twenty ounce boxes of cereal"),
        (2, "Zeno X100", "two of the Zeno X100"),
    ] {
        assert_eq!(counted(n, name), said);
    }
}

#[test]
fn deliveries_late_at_night_fall_on_the_shops_own_day() {
    let mut order = order("1042", OrderStatus::Delivered, &["tea"], vec![parcel(ParcelStatus::Delivered, &["tea"])]);
    order.parcels[0].delivered_at = Some("2026-11-23T03:30:00Z".parse().expect("a time"));
    let say = Say::Tracked { orders: vec![order], about: OrderRef::Latest };
    let at_home = Manner { zone: TimeZone::fixed(jiff::tz::offset(-5)), ..manner() };
    assert!(phrases().render(&say, &at_home).speech.text.contains("delivered yesterday"));
    assert!(phrases().render(&say, &manner()).speech.text.contains("delivered today"));
}

#[test]
fn a_confirmation_names_everything_and_ends_in_its_only_question() {
    let mut offer = quote(vec![line(food(), 2), line(lamp(), 1)], QuoteOrigin::Reorder);
    offer.unavailable = vec!["tea".into()];
    let offer = Box::new(offer);
    for say in
        [Say::ConfirmPurchase { quote: offer.clone(), changed: true }, Say::ConfirmPurchaseAgain { quote: offer }]
    {
        let text = phrases().render(&say, &manner()).speech.text;
        for part in ["two packs of Barkwell dog food", "one oak desk lamp", "sixty-five dollars", "tomorrow"] {
            assert!(text.to_lowercase().contains(&part.to_lowercase()), "{part} is missing: {text}");
        }
        assert!(text.ends_with('?') && text.matches('?').count() == 1, "{text}");
    }
}

#[test]
fn the_pace_wraps_every_word() {
    let slow = phrases().render(&Say::Goodbye, &Manner { pace: 75, ..manner() });
    assert_eq!(slow.speech.ssml, r#"<speak><prosody rate="75%">Goodbye.</prosody></speak>"#);
}

/// Text as merchants' exports have it: markup, emoji, line breaks, a title as long as a book.
fn absurd() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[<>&\"' ]{0,40}",
        "[a-z]{1,12}( [a-z&\"']{1,12}){0,60}",
        Just("&'\"<>".repeat(2_000)),
        Just("word ".repeat(2_000)),
        Just("x".repeat(9_000)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn no_catalogue_breaks_the_limits(name in absurd(), title in absurd(), words in absurd(), n in 1u32..=99, price in 0i64..i64::MAX / 100, pace in 0u32..400) {
        let thing = Product { title: title.clone(), price: usd(price), description: title.clone(), image: Some(words.clone()), attributes: vec![(name.clone(), title.clone()); 20], ..product("x", 1, 1, Some((49, u32::MAX))) };
        let thing = Product { spoken_name: name.clone(), ..thing };
        let line = PricedLine { line_total: usd(price), product: thing.clone(), quantity: quantity(n) };
        let mut offer = quote(vec![], QuoteOrigin::Usual);
        offer.lines = vec![line.clone(); 30];
        offer.price_changes = vec![(name.clone(), usd(price), usd(1)); 12];
        offer.unavailable = vec![words.clone(); 12];
        let mut bought = order("1042", OrderStatus::Shipped, &["x"], vec![]);
        bought.lines = vec![OrderLine { spoken_name: name.clone(), ..bought.lines[0].clone() }; 12];
        bought.parcels = vec![Parcel { carrier: words.clone(), tracking_number: title.clone(), contents: vec![(sku("x"), name.clone(), Quantity::ONE); 12], ..parcel(ParcelStatus::Shipped, &[]) }; 12];
        let filters = Filters { brand: Some(words.clone()), features: vec![words.clone(); 9], ..Filters::default() };
        static PHRASES: std::sync::LazyLock<Phrases> = std::sync::LazyLock::new(phrases);
        let phrases = &*PHRASES;
        for say in [
            Say::Results { search: search(&words), page: vec![thing.clone(); 12], first: 1, total: u32::MAX, relaxed: false, back: true },
            Say::NothingFound { search: Search { filters, ..search(&words) } },
            Say::Product { product: Box::new(thing.clone()), delivery: None, focus: Focus::All },
            Say::AskWhichOne { page: vec![thing.clone(); 12] },
            Say::Basket { lines: vec![line.clone(); 12], total: usd(price) },
            Say::Added { line: Box::new(line), basket_total: usd(price), basket_count: 40, also: None },
            Say::ConfirmPurchase { quote: Box::new(offer.clone()), changed: true },
            Say::ConfirmPurchaseAgain { quote: Box::new(offer) },
            Say::Tracked { orders: vec![bought.clone()], about: OrderRef::Latest },
            Say::Tracked { orders: vec![bought.clone()], about: OrderRef::Product(words.clone()) },
            Say::Orders { orders: vec![bought.clone(); 12] },
            Say::Bought { order: Box::new(bought), delivery: None, again: false },
            Say::OutOfStock { products: vec![thing; 12] },
            Say::Spelled { words: words.clone() },
            Say::DidYouSay { words: words.clone() },
            Say::NoSuchProduct { words },
        ] {
            let reply = phrases.render(&say, &Manner { pace, ..manner() });
            prop_assert!(reply.speech.ssml.chars().count() <= 8_000);
            prop_assert!(!reply.speech.text.is_empty());
            prop_assert_eq!(reply.reprompt.is_some(), reply.keep_open);
            let card = reply.card.unwrap_or_default();
            let image = card.image.map_or(0, |i| i.chars().count());
            prop_assert!(card.title.chars().count() + card.text.chars().count() + image <= 8_000);
            prop_assert!(!reply.speech.ssml.chars().any(char::is_control));
        }
    }
}
