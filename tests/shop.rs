//! What every shop behind the port must do, whichever engine keeps it. `conformance` is generic over the trait: a new
//! connector calls it with its own shop, filled with the sample.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers outside #[test] functions too

use std::sync::Arc;

use jiff::civil::{Weekday, time};
use jiff::{SignedDuration, Timestamp};
use voicecart::clock::{Clock, FixedClock, RandomIds};
use voicecart::shop::audit::{self, Door};
use voicecart::shop::connectors::sql::Limits;
use voicecart::shop::connectors::sql::Retention;
use voicecart::shop::connectors::sql::Terms;
use voicecart::shop::connectors::sql::cases::State as CaseState;
use voicecart::shop::connectors::sql::coupons::{Coupon, Coupons};
use voicecart::shop::connectors::sql::slots::Windows;
use voicecart::shop::pin::Pin;
use voicecart::shop::service::{Exchange, Request};
use voicecart::shop::slots::{Ask, Change, DayTime, Destination, Slot, Told, Wanted, Window, Wish};
use voicecart::shop::suggest::{Because, Suggest, With};
use voicecart::shop::{
    Act, Amount, Catalogue, CouponRefusal, CustomerId, Customers, Filters, LimitPer, Line, Money, Order, OrderNumber,
    OrderRef, OrderStatus, Outcome, ParcelStatus, Product, Quantity, Quote, QuoteOrigin, ReorderRef, RequestId, Search,
    Shelf, Shop, Sku, Sort, SqlShop, Want, Why, money::Currency, sample,
};
use voicecart::store::{Store, sql};

#[path = "support/cluster.rs"]
mod cluster;

use cluster::Engine;

/// A Wednesday morning.
const NOW: &str = "2026-11-25T10:00:00Z";

fn clock(at: &str) -> Arc<FixedClock> {
    FixedClock::new(at.parse().unwrap())
}

async fn sample_store(engine: Engine, clock: &dyn Clock) -> Store {
    let store = engine.store().await.unwrap();
    sample::load(&store, clock).await.unwrap().unwrap();
    store
}

async fn shop_at(store: &Store, clock: Arc<dyn Clock>) -> SqlShop {
    SqlShop::new(Catalogue::open(store.clone()).await.unwrap(), clock, Arc::new(RandomIds))
}

async fn sample_shop(engine: Engine) -> (Store, SqlShop) {
    let clock = clock(NOW);
    let store = sample_store(engine, clock.as_ref()).await;
    let shop = shop_at(&store, clock).await;
    (store, shop)
}

on_each_engine!(
    the_sql_shop_conforms,
    an_offer_that_lapsed_or_moved_is_made_anew,
    an_offer_to_a_lent_address_goes_elsewhere_when_that_is_taken_back,
    a_price_change_since_the_last_purchase_is_told,
    the_index_follows_the_catalogue_without_a_restart,
    fifty_at_once_buy_an_offer_once,
    the_last_pieces_are_sold_to_as_many_as_there_are,
    spending_is_limited_for_an_order_and_for_a_day,
    what_was_bought_within_hours_is_pointed_out,
    guessing_side_by_side_gives_no_more_tries,
    terms_are_in_the_total_and_a_coupon_works_once,
    what_goes_together_is_learnt_from_everybodys_orders,
    a_time_of_delivery_is_promised_to_as_many_as_it_has_room_for,
    an_order_is_changed_until_it_is_packed,
    what_was_kept_long_enough_goes,
    who_saw_what_is_written_down_and_outlives_the_customer,
);

/// A customer talking to a shop; every call is a new request unless it is named.
struct Caller<'a> {
    shop: &'a dyn Shop,
    id: CustomerId,
}

impl Caller<'_> {
    async fn asks(&self, act: Act) -> Outcome {
        let request = ulid::Ulid::generate().to_string();
        self.asks_as(&request, act).await
    }

    async fn asks_as(&self, request: &str, act: Act) -> Outcome {
        self.shop.perform(act, &self.id, &RequestId::new(request).unwrap()).await.unwrap()
    }

    async fn finds(&self, words: &str) -> Vec<Product> {
        match self.asks(Act::Search(Search { query: words.into(), limit: 3, ..Search::default() })).await {
            Outcome::Found { products, .. } => products,
            other => panic!("{words}: {other:?}"),
        }
    }

    /// Something with this many pieces or more on hand.
    async fn plenty(&self, words: &str, pieces: u32) -> Product {
        let search = Search { query: words.into(), limit: 50, ..Search::default() };
        match self.asks(Act::Search(search)).await {
            Outcome::Found { products, .. } => products.into_iter().find(|p| p.stock >= pieces).unwrap(),
            other => panic!("{words}: {other:?}"),
        }
    }

    async fn quoted(&self, act: Act) -> Quote {
        match self.asks(act).await {
            Outcome::Quoted(quote) => quote,
            other => panic!("{other:?}"),
        }
    }

    async fn tracks(&self, what: OrderRef) -> Vec<Order> {
        match self.asks(Act::Track(what)).await {
            Outcome::Tracked(orders) => orders,
            other => panic!("{other:?}"),
        }
    }

    async fn stock(&self, sku: &Sku) -> u32 {
        match self.asks(Act::Describe { sku: sku.clone() }).await {
            Outcome::Described { product, .. } => product.stock,
            other => panic!("{other:?}"),
        }
    }
}

fn caller<'a>(shop: &'a dyn Shop, id: &str) -> Caller<'a> {
    Caller { shop, id: CustomerId::new(id).unwrap() }
}

fn one(sku: &Sku) -> Vec<Line> {
    vec![Line { sku: sku.clone(), quantity: Quantity::ONE }]
}

fn dollars(n: i64) -> Money {
    Money::new(n * 100, Currency::USD)
}

/// Everything the port promises, on a shop that holds the sample.
async fn conformance(shop: &dyn Shop) {
    finds_and_filters(shop).await;
    describes(shop).await;
    keeps_a_basket(shop).await;
    adds_all_or_nothing(shop).await;
    keeps_shelves(shop).await;
    tracks_only_the_callers_orders(shop).await;
    offers(shop).await;
    buys_once(shop).await;
    cancels_what_is_not_packed(shop).await;
    offers_what_was_bought_before(shop).await;
    answers_strangers(shop).await;
    keeps_a_lent_address_until_it_is_taken_back(shop).await;
}

async fn finds_and_filters(shop: &dyn Shop) {
    let ada = caller(shop, "ada");
    let all = |filters: Filters, sort: Sort| {
        Act::Search(Search { query: String::new(), filters, sort, offset: 0, limit: 50 })
    };
    assert!(ada.finds("headphones").await[0].spoken_name.contains("headphones"));
    assert!(ada.finds("almond milk").await[0].spoken_name.contains("almond milk"));

    let cheap = Filters { max_price: Some(dollars(5)), ..Filters::default() };
    let Outcome::Found { products, total, .. } = ada.asks(all(cheap, Sort::Cheapest)).await else { panic!() };
    assert!(total as usize >= products.len() && products.len() == 50);
    assert!(products.iter().all(|p| p.price <= dollars(5)));
    assert!(products.windows(2).all(|p| p[0].price <= p[1].price));

    let acme = Filters { brand: Some("acme".into()), in_stock: true, ..Filters::default() };
    let Outcome::Found { products, .. } = ada.asks(all(acme, Sort::BestRated)).await else { panic!() };
    assert!(products.iter().all(|p| p.brand.as_deref() == Some("Acme") && p.stock > 0));

    let page = |offset| Act::Search(Search { query: "coffee".into(), offset, limit: 2, ..Search::default() });
    let Outcome::Found { products: first, .. } = ada.asks(page(0)).await else { panic!() };
    let Outcome::Found { products: second, .. } = ada.asks(page(2)).await else { panic!() };
    assert!(first.iter().all(|p| !second.contains(p)));

    let nothing = Search { query: "xylophone zzyzx".into(), limit: 3, ..Search::default() };
    assert!(matches!(ada.asks(Act::Search(nothing)).await, Outcome::NothingFound { .. }));
}

async fn describes(shop: &dyn Shop) {
    let ada = caller(shop, "ada");
    let kettle = ada.plenty("kettle", 1).await;
    match ada.asks(Act::Describe { sku: kettle.sku.clone() }).await {
        Outcome::Described { product, delivery } => {
            assert_eq!(*product, kettle);
            assert!(delivery.is_some());
        }
        other => panic!("{other:?}"),
    }
    let unknown = Act::Describe { sku: Sku::new("NO-SUCH").unwrap() };
    assert!(matches!(ada.asks(unknown).await, Outcome::NoSuchProduct { .. }));
}

async fn keeps_a_basket(shop: &dyn Shop) {
    let ken = caller(shop, "ken");
    let two = Quantity::new(2).unwrap();
    assert_eq!(ken.asks(Act::ShowBasket).await, Outcome::BasketEmpty);
    assert_eq!(ken.asks(Act::QuoteBasket).await, Outcome::BasketEmpty);
    let rice = ken.plenty("rice", 20).await;
    let soap = ken.plenty("dish soap", 20).await;
    let add = |p: &Product, quantity| Act::AddToBasket { sku: p.sku.clone(), quantity };

    ken.asks(add(&rice, two)).await;
    // sent twice, added once
    ken.asks_as("same-request", add(&soap, Quantity::ONE)).await;
    ken.asks_as("same-request", add(&soap, Quantity::ONE)).await;
    match ken.asks(add(&rice, Quantity::ONE)).await {
        Outcome::Added { line, basket_count, basket_total } => {
            assert_eq!((line.quantity, basket_count), (Quantity::ONE, 4));
            assert_eq!(basket_total.minor(), 3 * rice.price.minor() + soap.price.minor());
        }
        other => panic!("{other:?}"),
    }
    match ken.asks(Act::ShowBasket).await {
        Outcome::Basket { lines, total } => {
            let lines: Vec<_> = lines.iter().map(|l| (&l.product.sku, l.quantity.get())).collect();
            assert_eq!(lines, [(&rice.sku, 3), (&soap.sku, 1)]);
            assert_eq!(total.minor(), 3 * rice.price.minor() + soap.price.minor());
        }
        other => panic!("{other:?}"),
    }
    // another customer sees nothing of it
    assert_eq!(caller(shop, "joan").asks(Act::ShowBasket).await, Outcome::BasketEmpty);

    let remove = |what: &str| Act::RemoveFromBasket { what: what.into(), quantity: None };
    assert!(matches!(ken.asks(remove("motor oil")).await, Outcome::NotInBasket { .. }));
    assert_eq!(
        ken.asks(remove("the soap")).await,
        Outcome::Removed { spoken_name: soap.spoken_name.clone(), basket_count: 3 }
    );
    assert!(matches!(ken.asks(remove(soap.sku.as_str())).await, Outcome::NotInBasket { .. }));
    assert_eq!(ken.asks(Act::EmptyBasket).await, Outcome::BasketEmptied);
    assert_eq!(ken.asks(Act::EmptyBasket).await, Outcome::BasketEmpty);
}

fn want(words: &str, amount: Amount, joined: bool) -> Want {
    Want { words: words.into(), amount, joined }
}

async fn adds_all_or_nothing(shop: &dyn Shop) {
    let kim = caller(shop, "kim");
    let one = Amount::Count(Quantity::ONE);
    let each = |wants| Act::AddEach { wants };
    match kim.asks(each(vec![want("eggs", Amount::Pieces(24), false), want("bananas", one, true)])).await {
        Outcome::AddedEach { lines, basket_total, .. } => {
            let eggs = &lines[0];
            assert_eq!(eggs.line.product.pack(), Some(12), "eggs by the dozen, as asked");
            assert_eq!((eggs.line.quantity.get(), eggs.pieces), (2, Some(24)));
            assert_eq!(basket_total.minor(), lines.iter().map(|l| l.line.line_total.minor()).sum::<i64>());
        }
        other => panic!("{other:?}"),
    }
    let Outcome::Basket { lines: before, .. } = kim.asks(Act::ShowBasket).await else { panic!() };
    // one thing that is not sold, and nothing is added
    match kim.asks(each(vec![want("rice", one, false), want("zebra polish", one, true)])).await {
        Outcome::CannotAddAll { can, cannot } => {
            assert_eq!((can.len(), cannot[0].why), (1, Why::NotFound));
        }
        other => panic!("{other:?}"),
    }
    // nor is more than there is, counting what the basket holds
    let rice = kim.plenty("rice", 5).await;
    let most = Quantity::new(rice.stock.min(Quantity::MAX)).unwrap();
    let lines = vec![Line { sku: rice.sku.clone(), quantity: most }, Line { sku: rice.sku.clone(), quantity: most }];
    assert!(matches!(kim.asks(Act::AddLines { lines }).await, Outcome::CannotAddAll { .. }));
    let Outcome::Basket { lines: after, .. } = kim.asks(Act::ShowBasket).await else { panic!() };
    assert_eq!(before, after);

    let set = |what: &str, n| Act::SetQuantity { what: what.into(), quantity: Quantity::new(n).unwrap() };
    match kim.asks(set("the bananas", 3)).await {
        Outcome::Changed { line, .. } => assert_eq!(line.quantity.get(), 3),
        other => panic!("{other:?}"),
    }
    assert!(matches!(kim.asks(set("submarine", 3)).await, Outcome::NotInBasket { .. }));
    let quoted = kim.quoted(Act::QuoteEach { wants: vec![want("eggs", Amount::Pieces(12), false)] }).await;
    assert_eq!(quoted.lines[0].quantity, Quantity::ONE);
    kim.asks(Act::EmptyBasket).await;
}

async fn keeps_shelves(shop: &dyn Shop) {
    let kim = caller(shop, "kim");
    let one = Amount::Count(Quantity::ONE);
    let list = Shelf::List;
    assert_eq!(kim.asks(Act::ShowShelf { shelf: list }).await, Outcome::ShelfEmpty { shelf: list });
    let wants = vec![want("eggs", Amount::Pieces(12), false), want("zebra polish", one, false)];
    // sent twice, written once
    for _ in 0..2 {
        kim.asks_as("write", Act::PutOnList { wants: wants.clone() }).await;
    }
    match kim.asks(Act::ShowShelf { shelf: list }).await {
        Outcome::Shelf { items, .. } => assert_eq!(items[0].amount, Amount::Pieces(12), "{items:?}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(kim.asks(Act::ShowBasket).await, Outcome::BasketEmpty);
    assert_eq!(caller(shop, "joan").asks(Act::ShowShelf { shelf: list }).await, Outcome::ShelfEmpty { shelf: list });
    match kim.asks(Act::ShelfToBasket { shelf: list, what: None }).await {
        Outcome::AddedEach { lines, moved, left, .. } => {
            assert_eq!((lines.len(), moved, left[0].name.as_str()), (1, Some(list), "zebra polish"));
        }
        other => panic!("{other:?}"),
    }
    let off = |what: &str| Act::TakeOffShelf { shelf: list, what: Some(what.into()) };
    assert!(matches!(kim.asks(off("eggs")).await, Outcome::NotOnShelf { .. }), "what was moved is no longer there");
    assert!(matches!(kim.asks(off("the polish")).await, Outcome::TakenOffShelf { left: 0, .. }));

    let saved = Shelf::Saved;
    match kim.asks(Act::SaveForLater { what: "eggs".into() }).await {
        Outcome::SavedForLater { basket_count, .. } => assert_eq!(basket_count, 0),
        other => panic!("{other:?}"),
    }
    assert!(matches!(kim.asks(Act::SaveForLater { what: "eggs".into() }).await, Outcome::NotInBasket { .. }));
    match kim.asks(Act::ShelfToBasket { shelf: saved, what: Some("the eggs".into()) }).await {
        Outcome::AddedEach { lines, .. } => assert_eq!(lines[0].line.quantity, Quantity::ONE),
        other => panic!("{other:?}"),
    }
    assert_eq!(kim.asks(Act::ShowShelf { shelf: saved }).await, Outcome::ShelfEmpty { shelf: saved });
    kim.asks(Act::EmptyBasket).await;
}

async fn tracks_only_the_callers_orders(shop: &dyn Shop) {
    let ada = caller(shop, "ada");
    let latest = ada.tracks(OrderRef::Latest).await;
    assert_eq!(latest.len(), 1);
    assert_eq!((latest[0].number.as_str(), latest[0].status), ("58672", OrderStatus::OutForDelivery));

    let by_number = ada.tracks(OrderRef::Number(OrderNumber::new("40119").unwrap())).await;
    assert_eq!(by_number[0].status, OrderStatus::Delayed);
    let parcel = &by_number[0].parcels[0];
    assert!(parcel.expected > parcel.promised && parcel.status == ParcelStatus::Delayed);

    for (words, number) in [
        ("headphones", "58672"),
        ("my new head phones", "58672"),
        ("tent", "40119"),
        ("running shoes", "73051"),
        ("batteries", "90412"),
        ("kettle", "6624"),
        ("vacuum cleaner", "51204"),
    ] {
        let found = ada.tracks(OrderRef::Product(words.into())).await;
        assert_eq!(found[0].number.as_str(), number, "{words}");
    }
    let split = ada.tracks(OrderRef::Product("running shoes".into())).await;
    assert_eq!(split[0].parcels.len(), 2);

    let day = |ago: i8| jiff::civil::date(2026, 11, 25 - ago);
    let placed = ada.tracks(OrderRef::Placed { from: day(4), to: day(2) }).await;
    let numbers: Vec<_> = placed.iter().map(|o| o.number.as_str()).collect();
    assert_eq!(numbers, ["90412", "61827", "73051"], "newest first");

    let miss = |what: OrderRef| async {
        let outcome = ada.asks(Act::Track(what.clone())).await;
        assert_eq!(outcome, Outcome::NoSuchOrder(what));
    };
    miss(OrderRef::Product("grand piano".into())).await;
    miss(OrderRef::Placed { from: jiff::civil::date(2020, 1, 1), to: jiff::civil::date(2020, 1, 2) }).await;
    miss(OrderRef::Number(OrderNumber::new("999999").unwrap())).await;

    // somebody else's order does not exist
    let grace = caller(shop, "grace");
    let what = OrderRef::Number(OrderNumber::new("58672").unwrap());
    assert_eq!(grace.asks(Act::Track(what.clone())).await, Outcome::NoSuchOrder(what));
    let what = ReorderRef::Order(OrderNumber::new("58672").unwrap());
    assert!(matches!(grace.asks(Act::QuoteReorder { what, quantity: None }).await, Outcome::NoSuchOrder(_)));

    match ada.asks(Act::ListOrders { limit: 5 }).await {
        Outcome::Orders(orders) => {
            assert_eq!(orders.len(), 5);
            assert!(orders.windows(2).all(|o| o[0].placed_at >= o[1].placed_at));
            assert!(orders.iter().all(|o| !o.lines.is_empty()));
        }
        other => panic!("{other:?}"),
    }
}

async fn offers(shop: &dyn Shop) {
    let tim = caller(shop, "tim");
    let pasta = tim.plenty("pasta", 30).await;
    let quote = tim.quoted(Act::Quote { lines: [one(&pasta.sku), one(&pasta.sku)].concat() }).await;
    assert_eq!(quote.origin, QuoteOrigin::Pick);
    assert_eq!((quote.lines.len(), quote.lines[0].quantity.get()), (1, 2));
    assert_eq!(quote.total.minor(), 2 * pasta.price.minor());
    assert_eq!(tim.stock(&pasta.sku).await, pasta.stock, "an offer takes nothing");

    let scarce = Search { limit: 50, sort: Sort::Cheapest, ..Search::default() };
    let Outcome::Found { products, .. } = tim.asks(Act::Search(scarce.clone())).await else { panic!() };
    let (mut out, mut few) = (None, None);
    for offset in (0..1000).step_by(50) {
        let search = Search { offset, ..scarce.clone() };
        let Outcome::Found { products, .. } = tim.asks(Act::Search(search)).await else { break };
        out = out.or_else(|| products.iter().find(|p| p.stock == 0).cloned());
        few = few.or_else(|| products.iter().find(|p| (1..=3).contains(&p.stock)).cloned());
    }
    let (out, few) = (out.unwrap_or_else(|| products[0].clone()), few.unwrap());
    match tim.asks(Act::Quote { lines: one(&out.sku) }).await {
        Outcome::OutOfStock { products } => assert_eq!(products[0].sku, out.sku),
        other => panic!("{other:?}"),
    }
    let add = Act::AddToBasket { sku: out.sku.clone(), quantity: Quantity::ONE };
    assert!(matches!(tim.asks(add).await, Outcome::OutOfStock { .. }));
    let ten = Quantity::new(10).unwrap();
    let many = Act::Quote { lines: vec![Line { sku: few.sku.clone(), quantity: ten }] };
    match tim.asks(many).await {
        Outcome::ShortStock { product, asked } => assert_eq!((product.sku, asked), (few.sku, ten)),
        other => panic!("{other:?}"),
    }
    let mixed = tim.quoted(Act::Quote { lines: [one(&pasta.sku), one(&out.sku)].concat() }).await;
    assert_eq!((mixed.lines.len(), mixed.unavailable), (1, vec![out.spoken_name]));
    let unknown = Act::Quote { lines: one(&Sku::new("NO-SUCH").unwrap()) };
    assert!(matches!(tim.asks(unknown).await, Outcome::NoSuchProduct { .. }));
}

async fn buys_once(shop: &dyn Shop) {
    let grace = caller(shop, "grace");
    let soup = grace.plenty("chicken soup", 10).await;
    let tea = grace.plenty("green tea", 10).await;
    grace.asks(Act::AddToBasket { sku: soup.sku.clone(), quantity: Quantity::new(2).unwrap() }).await;
    let quote = grace.quoted(Act::QuoteBasket).await;
    grace.asks(Act::AddToBasket { sku: tea.sku.clone(), quantity: Quantity::ONE }).await;

    let buy = Act::Buy { quote_id: quote.id.clone(), pin: None };
    let Outcome::Bought { order, delivery, again } = grace.asks_as("buy-1", buy.clone()).await else { panic!() };
    assert!(!again && delivery == quote.delivery);
    assert_eq!((order.total, order.status, order.parcels.len()), (quote.total, OrderStatus::Placed, 0));
    assert!((5..=6).contains(&order.number.as_str().len()));
    assert_eq!(grace.stock(&soup.sku).await, soup.stock - 2);
    // what was bought has left the basket, what came later has not
    match grace.asks(Act::ShowBasket).await {
        Outcome::Basket { lines, .. } => assert_eq!((lines.len(), &lines[0].product.sku), (1, &tea.sku)),
        other => panic!("{other:?}"),
    }
    // the same request, and the same offer under another request
    for request in ["buy-1", "buy-2"] {
        let Outcome::Bought { order: same, again, delivery: day } = grace.asks_as(request, buy.clone()).await else {
            panic!()
        };
        assert!(again && same == order && day == delivery, "{request}");
    }
    assert_eq!(grace.stock(&soup.sku).await, soup.stock - 2);
    // the same request with another offer buys nothing more either
    let other = grace.quoted(Act::Quote { lines: one(&tea.sku) }).await;
    let Outcome::Bought { order: same, again, .. } =
        grace.asks_as("buy-1", Act::Buy { quote_id: other.id, pin: None }).await
    else {
        panic!()
    };
    assert!(again && same.number == order.number);
    assert_eq!(grace.stock(&tea.sku).await, tea.stock);
    assert_eq!(grace.tracks(OrderRef::Latest).await[0].number, order.number);

    // an offer is worth nothing in another's hands, or when it was never made
    let stranger = caller(shop, "alan").asks(Act::Buy { quote_id: quote.id, pin: None }).await;
    assert_eq!(stranger, Outcome::QuoteChanged { quote: None });
    let never = grace.asks(Act::Buy { quote_id: "never".into(), pin: None }).await;
    assert_eq!(never, Outcome::QuoteChanged { quote: None });
}

async fn offers_what_was_bought_before(shop: &dyn Shop) {
    let ada = caller(shop, "ada");
    let again = |what| Act::QuoteReorder { what, quantity: None };

    let last = ada.quoted(again(ReorderRef::LastOrder)).await;
    assert_eq!(last.origin, QuoteOrigin::Reorder);
    assert!(last.lines.iter().any(|l| l.product.spoken_name.contains("headphones")));

    let numbered = ada.quoted(again(ReorderRef::Order(OrderNumber::new("6624").unwrap()))).await;
    assert!(numbered.lines[0].product.spoken_name.contains("kettle"));

    let food = ada.quoted(again(ReorderRef::Product("the dog food".into()))).await;
    assert!(food.lines[0].product.spoken_name.contains("dog food") && food.lines.len() == 1);
    let three = Quantity::new(3).unwrap();
    let what = ReorderRef::Product("coffee".into());
    let coffee = ada.quoted(Act::QuoteReorder { what, quantity: Some(three) }).await;
    assert_eq!(coffee.lines[0].quantity, three);
    let never = ada.asks(again(ReorderRef::Product("grand piano".into()))).await;
    assert_eq!(never, Outcome::NeverBought { words: "grand piano".into() });

    let usual = ada.quoted(again(ReorderRef::Usual)).await;
    assert_eq!(usual.origin, QuoteOrigin::Usual);
    let names: Vec<_> = usual.lines.iter().map(|l| l.product.spoken_name.as_str()).collect();
    for thing in ["oat milk", "bananas", "bread"] {
        assert!(names.iter().any(|n| n.contains(thing)), "{thing} is usual: {names:?}");
    }
    assert!(!names.iter().any(|n| n.contains("headphones") || n.contains("tent")), "{names:?}");
    let oat = usual.lines.iter().find(|l| l.product.spoken_name.contains("oat milk")).unwrap();
    assert_eq!(oat.quantity.get(), 2);
    for (name, then, now) in &usual.price_changes {
        assert!(then != now && names.contains(&name.as_str()));
    }
}

async fn cancels_what_is_not_packed(shop: &dyn Shop) {
    let lee = caller(shop, "lee");
    let soap = lee.plenty("dish soap", 5).await;
    let before = lee.stock(&soap.sku).await;
    let quote = lee.quoted(Act::Quote { lines: one(&soap.sku) }).await;
    let Outcome::Bought { order, .. } = lee.asks(Act::Buy { quote_id: quote.id, pin: None }).await else { panic!() };
    assert_eq!(lee.stock(&soap.sku).await, before - 1);
    let cancel = || Act::CancelOrder { number: order.number.clone() };
    assert!(matches!(caller(shop, "joan").asks(cancel()).await, Outcome::NoSuchOrder(_)), "not hers to cancel");
    // sent twice, undone once
    for _ in 0..2 {
        assert!(matches!(lee.asks_as("undo", cancel()).await, Outcome::OrderCancelled { .. }));
    }
    assert_eq!(lee.stock(&soap.sku).await, before);
    assert_eq!(lee.tracks(OrderRef::Latest).await[0].status, OrderStatus::Cancelled);
    assert!(matches!(lee.asks(cancel()).await, Outcome::TooLateToCancel { .. }));
    assert_eq!(lee.stock(&soap.sku).await, before);
}

async fn answers_strangers(shop: &dyn Shop) {
    let guest = caller(shop, "guest-1");
    assert_eq!(guest.asks(Act::Track(OrderRef::Latest)).await, Outcome::NoOrders);
    assert_eq!(guest.asks(Act::ListOrders { limit: 3 }).await, Outcome::NoOrders);
    let again = |what| Act::QuoteReorder { what, quantity: None };
    assert_eq!(guest.asks(again(ReorderRef::Usual)).await, Outcome::NoUsual);
    assert_eq!(guest.asks(again(ReorderRef::LastOrder)).await, Outcome::NoOrders);
    let milk = guest.plenty("milk", 5).await;
    let quote = guest.quoted(Act::Quote { lines: one(&milk.sku) }).await;
    let bought = guest.asks(Act::Buy { quote_id: quote.id, pin: None }).await;
    assert!(matches!(bought, Outcome::Bought { again: false, .. }));
}

async fn keeps_a_lent_address_until_it_is_taken_back(shop: &dyn Shop) {
    let (one_guest, other) = (caller(shop, "guest-lent-1"), caller(shop, "guest-lent-2"));
    let tea = one_guest.plenty("green tea", 5).await;
    let quote = || Act::Quote { lines: one(&tea.sku) };
    let borrow = |line: &str| Act::BorrowAddress { line: line.into(), lender: "alexa:user:lender".into() };
    for (guest, line) in [(&one_guest, "1 First Street"), (&other, "2 Second Street"), (&one_guest, "3 Third Street")] {
        assert!(matches!(guest.asks(borrow(line)).await, Outcome::AddressChosen { .. }));
        assert_eq!(guest.quoted(quote()).await.extras.address.as_deref(), Some(line));
    }
    // Offers that are open when it is taken back, one of them said yes to already.
    let (open, dropped) = (one_guest.quoted(quote()).await, other.quoted(quote()).await);
    let placed = one_guest.quoted(quote()).await;
    let bought = one_guest.asks(Act::Buy { quote_id: placed.id, pin: None }).await;
    assert!(matches!(bought, Outcome::Bought { .. }), "{bought:?}");
    let third = caller(shop, "guest-lent-3");
    third.asks(Act::BorrowAddress { line: "4 Fourth Street".into(), lender: "alexa:user:another".into() }).await;
    let give_back = |lender: &str| Act::ForgetBorrowed { lender: lender.into() };
    assert_eq!(other.asks(give_back("alexa:user:nobody")).await, Outcome::AddressesForgotten { count: 0 });
    // Whoever is asked: what this lender lent is gone everywhere, and only that.
    assert_eq!(other.asks(give_back("alexa:user:lender")).await, Outcome::AddressesForgotten { count: 2 });
    for guest in [&one_guest, &other] {
        assert_eq!(guest.quoted(quote()).await.extras.address, None);
    }
    // No open offer is bought as it stood: it is made anew without the address, or with another of the customer's.
    let yes = |quote: &Quote| Act::Buy { quote_id: quote.id.clone(), pin: None };
    for (guest, offer) in [(&one_guest, &open), (&other, &dropped)] {
        let outcome = guest.asks(yes(offer)).await;
        let Outcome::QuoteChanged { quote: Some(anew) } = outcome else { panic!("{outcome:?}") };
        assert!(anew.address_gone && anew.extras.address.is_none(), "{anew:?}");
        let Outcome::Bought { order, .. } = guest.asks(yes(&anew)).await else { panic!() };
        assert_eq!(order.address, None);
    }
    // What was said yes to in time goes where it was to go.
    let orders = match one_guest.asks(Act::ListOrders { limit: 9 }).await {
        Outcome::Orders(orders) => orders,
        other => panic!("{other:?}"),
    };
    assert_eq!(orders.iter().filter(|o| o.address.as_deref() == Some("3 Third Street")).count(), 1, "{orders:?}");
    assert_eq!(third.quoted(quote()).await.extras.address.as_deref(), Some("4 Fourth Street"));
}

async fn the_sql_shop_conforms(engine: Engine) {
    let (store, shop) = sample_shop(engine).await;
    conformance(&shop).await;
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
}

async fn an_offer_that_lapsed_or_moved_is_made_anew(engine: Engine) {
    let began: Timestamp = NOW.parse().unwrap();
    let store = sample_store(engine, clock(NOW).as_ref()).await;
    let shop = shop_at(&store, clock(NOW)).await;
    let ada = caller(&shop, "ada");
    let chips = ada.plenty("potato chips", 5).await;
    let old = ada.quoted(Act::Quote { lines: one(&chips.sku) }).await;

    let later = FixedClock::new(began + SignedDuration::from_mins(16));
    let shop = shop_at(&store, later.clone()).await;
    let ada = caller(&shop, "ada");
    let lapsed = ada.asks(Act::Buy { quote_id: old.id, pin: None }).await;
    let Outcome::QuoteChanged { quote: Some(fresh) } = lapsed else { panic!("{lapsed:?}") };
    assert_eq!(fresh.total, old.total);

    reprice(&store, &chips.sku, chips.price.minor() + 50).await;
    let moved = ada.asks(Act::Buy { quote_id: fresh.id, pin: None }).await;
    let Outcome::QuoteChanged { quote: Some(dearer) } = moved else { panic!("{moved:?}") };
    assert_eq!(dearer.total.minor(), chips.price.minor() + 50);

    restock(&store, &chips.sku, 0).await;
    let gone = ada.asks(Act::Buy { quote_id: dearer.id, pin: None }).await;
    assert_eq!(gone, Outcome::QuoteChanged { quote: None });
}

async fn an_offer_to_a_lent_address_goes_elsewhere_when_that_is_taken_back(engine: Engine) {
    let (store, shop) = sample_shop(engine).await;
    let mut tx = store.begin().await.unwrap();
    let home = "INSERT INTO addresses (customer_id, label, line) VALUES ('ada', 'home', '12 Oak Street')";
    sql::query(home).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    let ada = caller(&shop, "ada");
    let tea = ada.plenty("green tea", 5).await;
    let lender = "alexa:user:ada";
    ada.asks(Act::BorrowAddress { line: "1 First Street".into(), lender: lender.into() }).await;
    let offer = ada.quoted(Act::Quote { lines: one(&tea.sku) }).await;
    assert_eq!(offer.extras.address.as_deref(), Some("1 First Street"));
    ada.asks(Act::ForgetBorrowed { lender: lender.into() }).await;
    // Nothing of it is left with the offer either.
    let kept: Vec<String> = sql::query_scalar("SELECT extras FROM quotes").fetch_all(store.reader()).await.unwrap();
    assert!(!kept.is_empty() && kept.iter().all(|extras| !extras.contains("First")), "{kept:?}");
    let outcome = ada.asks(Act::Buy { quote_id: offer.id, pin: None }).await;
    let Outcome::QuoteChanged { quote: Some(anew) } = outcome else { panic!("{outcome:?}") };
    assert_eq!((anew.address_gone, anew.extras.address.as_deref()), (true, Some("12 Oak Street")));
    let Outcome::Bought { order, .. } = ada.asks(Act::Buy { quote_id: anew.id, pin: None }).await else { panic!() };
    assert_eq!(order.address.as_deref(), Some("12 Oak Street"));
}

async fn a_price_change_since_the_last_purchase_is_told(engine: Engine) {
    let (store, shop) = sample_shop(engine).await;
    let ada = caller(&shop, "ada");
    let what = ReorderRef::Order(OrderNumber::new("6624").unwrap());
    let before = ada.quoted(Act::QuoteReorder { what: what.clone(), quantity: None }).await;
    let kettle = &before.lines[0].product;
    reprice(&store, &kettle.sku, 4200).await;
    let after = ada.quoted(Act::QuoteReorder { what, quantity: None }).await;
    let change = &after.price_changes[0];
    assert_eq!((change.0.as_str(), change.2.minor()), (kettle.spoken_name.as_str(), 4200));
}

async fn the_index_follows_the_catalogue_without_a_restart(engine: Engine) {
    let (store, shop) = sample_shop(engine).await;
    let ada = caller(&shop, "ada");
    let search = Act::Search(Search { query: "theremin".into(), limit: 3, ..Search::default() });
    assert!(matches!(ada.asks(search.clone()).await, Outcome::NothingFound { .. }));
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "id,title,price\nMUS-1,Nova Theremin,99\n").unwrap();
    let report = voicecart::shop::import::catalog(file.path(), &store, Currency::USD, &|_| ()).await.unwrap();
    assert_eq!((report.imported, report.problems.len()), (1, 0));
    for _ in 0..200 {
        if matches!(ada.asks(search.clone()).await, Outcome::Found { .. }) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("the new product was never found");
}

async fn fifty_at_once_buy_an_offer_once(engine: Engine) {
    let (store, shop) = sample_shop(engine).await;
    let shop = Arc::new(shop);
    let ada = caller(shop.as_ref(), "ada");
    let soup = ada.plenty("soup", 60).await;
    let quote = ada.quoted(Act::Quote { lines: one(&soup.sku) }).await;
    let tries = (0..50).map(|n| {
        let (shop, quote_id) = (Arc::clone(&shop), quote.id.clone());
        // half of them are the same request sent again
        let request = format!("r{}", n % 25);
        tokio::spawn(
            async move { caller(shop.as_ref(), "ada").asks_as(&request, Act::Buy { quote_id, pin: None }).await },
        )
    });
    let (mut new, mut numbers) = (0, std::collections::BTreeSet::new());
    for outcome in futures::future::join_all(tries).await {
        let Outcome::Bought { order, again, .. } = outcome.unwrap() else { panic!() };
        new += u32::from(!again);
        numbers.insert(order.number.to_string());
    }
    assert_eq!((new, numbers.len()), (1, 1));
    assert_eq!(ada.stock(&soup.sku).await, soup.stock - 1);
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
}

async fn the_last_pieces_are_sold_to_as_many_as_there_are(engine: Engine) {
    let (store, shop) = sample_shop(engine).await;
    let shop = Arc::new(shop);
    let soup = caller(shop.as_ref(), "ada").plenty("soup", 1).await;
    restock(&store, &soup.sku, 7).await;
    let mut offers = Vec::new();
    for n in 0..30 {
        let name = format!("shopper-{n}");
        let quote = caller(shop.as_ref(), &name).quoted(Act::Quote { lines: one(&soup.sku) }).await;
        offers.push((name, quote.id));
    }
    let tries = offers.into_iter().map(|(name, quote_id)| {
        let shop = Arc::clone(&shop);
        tokio::spawn(async move { caller(shop.as_ref(), &name).asks(Act::Buy { quote_id, pin: None }).await })
    });
    let (mut bought, mut refused) = (0, 0);
    for outcome in futures::future::join_all(tries).await {
        match outcome.unwrap() {
            Outcome::Bought { again: false, .. } => bought += 1,
            Outcome::QuoteChanged { quote: None } => refused += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((bought, refused), (7, 23));
    assert_eq!(caller(shop.as_ref(), "ada").stock(&soup.sku).await, 0);
}

/// The merchant changes a price, by the way that is open to a merchant.
async fn reprice(store: &Store, sku: &Sku, minor: i64) {
    change(store, sku, |p| p.price = Money::new(minor, Currency::USD)).await;
}

async fn restock(store: &Store, sku: &Sku, stock: u32) {
    change(store, sku, |p| p.stock = stock).await;
}

async fn change(store: &Store, sku: &Sku, with: impl Fn(&mut Product)) {
    use voicecart::shop::connectors::sql::products;
    let mut tx = store.begin().await.unwrap();
    let before = sku.as_str().get(..sku.as_str().len() - 1).unwrap();
    let page = products::page(&mut tx, before, 50).await.unwrap();
    let mut item = page.into_iter().find(|i| i.product.sku == *sku).unwrap();
    with(&mut item.product);
    products::put(&mut tx, &[item]).await.unwrap();
    tx.commit().await.unwrap();
}

async fn spending_is_limited_for_an_order_and_for_a_day(engine: Engine) {
    let (_store, shop) = sample_shop(engine).await;
    let shop = shop.limited(Limits { per_order: Some(2_000), per_day: Some(3_000) });
    let mia = caller(&shop, "mia");
    let coffee = mia.plenty("ember dark roast coffee beans", 20).await;
    let lines = |n| Act::Quote { lines: vec![Line { sku: coffee.sku.clone(), quantity: Quantity::new(n).unwrap() }] };
    assert!(matches!(mia.asks(lines(2)).await, Outcome::OverLimit { per: LimitPer::Order, .. }));
    // Two offers, each within the day's limit alone: only one can be bought.
    let (first, second) = (mia.quoted(lines(1)).await, mia.quoted(lines(1)).await);
    let third = mia.quoted(lines(1)).await;
    let buy = |quote: Quote| Act::Buy { quote_id: quote.id, pin: None };
    let before = mia.stock(&coffee.sku).await;
    assert!(matches!(mia.asks(buy(first)).await, Outcome::Bought { .. }));
    assert!(matches!(mia.asks(buy(second)).await, Outcome::Bought { .. }));
    assert!(matches!(mia.asks(buy(third)).await, Outcome::OverLimit { per: LimitPer::Day, .. }));
    assert!(matches!(mia.asks(lines(1)).await, Outcome::OverLimit { per: LimitPer::Day, .. }));
    assert_eq!(mia.stock(&coffee.sku).await, before - 2, "what was refused took no stock");
    // Another customer's day is another.
    caller(&shop, "noor").quoted(lines(1)).await;
}

async fn what_was_bought_within_hours_is_pointed_out(engine: Engine) {
    let (_store, shop) = sample_shop(engine).await;
    let mia = caller(&shop, "mia");
    let soap = mia.plenty("dish soap", 5).await;
    let quote = mia.quoted(Act::Quote { lines: one(&soap.sku) }).await;
    assert_eq!(quote.repeats, Vec::<String>::new());
    mia.asks(Act::Buy { quote_id: quote.id, pin: None }).await;
    let again = mia.quoted(Act::Quote { lines: one(&soap.sku) }).await;
    assert_eq!(again.repeats, [soap.spoken_name]);
}

async fn guessing_side_by_side_gives_no_more_tries(engine: Engine) {
    let (store, shop) = sample_shop(engine).await;
    let customers = Customers::new(store.clone(), clock(NOW), Arc::new(RandomIds));
    let ada = CustomerId::new("ada").unwrap();
    assert!(customers.set_pin(&ada, Some(Pin::new("8317").unwrap())).await.unwrap());
    let soap = caller(&shop, "ada").plenty("dish soap", 5).await;
    let quote = caller(&shop, "ada").quoted(Act::Quote { lines: one(&soap.sku) }).await;
    let buy = |pin: Option<&str>| Act::Buy { quote_id: quote.id.clone(), pin: pin.map(|p| Pin::new(p).unwrap()) };
    assert!(matches!(caller(&shop, "ada").asks(buy(None)).await, Outcome::PinNeeded { tries_left: None }));
    let tries = (0..12).map(|n| {
        let (shop, act) = (shop.clone(), buy(Some(&format!("{:04}", 1_000 + n))));
        tokio::spawn(async move { caller(&shop, "ada").asks(act).await })
    });
    let told = futures::future::join_all(tries).await;
    let wrong =
        told.iter().filter(|o| matches!(o.as_ref().unwrap(), Outcome::PinNeeded { tries_left: Some(_) })).count();
    assert_eq!(wrong, 2, "the third wrong one locks: {told:?}");
    // Locked: the right one does not help before its time, and does after.
    assert!(matches!(caller(&shop, "ada").asks(buy(Some("8317"))).await, Outcome::PinLocked { .. }));
    let later = shop_at(&store, clock("2026-11-25T10:14:59Z")).await;
    assert!(matches!(caller(&later, "ada").asks(buy(Some("8317"))).await, Outcome::PinLocked { minutes: 1 }));
    let free = shop_at(&store, clock("2026-11-25T10:15:00Z")).await;
    let quote = caller(&free, "ada").quoted(Act::Quote { lines: one(&soap.sku) }).await;
    let buy = Act::Buy { quote_id: quote.id, pin: Some(Pin::new("8317").unwrap()) };
    assert!(matches!(caller(&free, "ada").asks(buy).await, Outcome::Bought { .. }));
}

async fn terms_are_in_the_total_and_a_coupon_works_once(engine: Engine) {
    let (store, shop) = sample_shop(engine).await;
    let shop = shop.on_terms(Terms { delivery: 499, free_from: Some(5_000), tax: 825, ..Terms::default() });
    let coupons = Coupons::new(store.clone());
    let coupon = |code: &str, until| Coupon { code: code.into(), percent: 10, least: 1_000, until };
    assert_eq!(coupons.put(&coupon("spring 10", None)).await.unwrap(), "SPRING10");
    coupons.put(&coupon("OLD", Some("2026-11-24".parse().unwrap()))).await.unwrap();
    let mia = caller(&shop, "mia");
    let coffee = mia.plenty("ember dark roast coffee beans", 20).await;
    let lines = |n| Act::Quote { lines: vec![Line { sku: coffee.sku.clone(), quantity: Quantity::new(n).unwrap() }] };
    let price = coffee.price.minor();

    let plain = mia.quoted(lines(1)).await;
    let tax = (price * 825 + 5_000) / 10_000;
    assert_eq!(plain.total.minor(), price + tax + 499);
    assert_eq!((plain.extras.tax.unwrap().minor(), plain.extras.delivery.unwrap().minor()), (tax, 499));
    assert_eq!(mia.quoted(lines(5)).await.extras.delivery, None, "free from fifty dollars");

    let use_coupon = |code: &str| Act::UseCoupon { code: code.into() };
    let why = |outcome| match outcome {
        Outcome::CouponRefused { why, .. } => why,
        other => panic!("{other:?}"),
    };
    assert_eq!(why(mia.asks(use_coupon("nonsense")).await), CouponRefusal::Unknown);
    assert_eq!(why(mia.asks(use_coupon("old")).await), CouponRefusal::Expired);
    assert!(matches!(mia.asks(use_coupon("spring ten")).await, Outcome::CouponHeld { percent: 10, .. }));
    let (first, second) = (mia.quoted(lines(1)).await, mia.quoted(lines(1)).await);
    let off = price * 10 / 100;
    assert_eq!(first.extras.discount.as_ref().unwrap().amount.minor(), off);
    assert_eq!(first.total.minor(), price - off + ((price - off) * 825 + 5_000) / 10_000 + 499);
    let buy = |quote: &Quote| Act::Buy { quote_id: quote.id.clone(), pin: None };
    let Outcome::Bought { order, .. } = mia.asks(buy(&first)).await else { panic!() };
    assert_eq!(order.total, first.total);
    // The other offer still has the coupon in it: it is made anew without.
    let Outcome::QuoteChanged { quote: Some(anew) } = mia.asks(buy(&second)).await else { panic!() };
    assert_eq!((anew.extras.discount, anew.total), (None, plain.total));
    assert_eq!(why(mia.asks(use_coupon("spring ten")).await), CouponRefusal::Used);
    // Undone, it can be used again.
    mia.asks(Act::CancelOrder { number: order.number }).await;
    assert!(matches!(mia.asks(use_coupon("spring ten")).await, Outcome::CouponHeld { .. }));
}

async fn what_goes_together_is_learnt_from_everybodys_orders(engine: Engine) {
    let clock = clock(NOW);
    let store = sample_store(engine, clock.as_ref()).await;
    let shop = shop_at(&store, clock.clone()).await;
    let ada = caller(&shop, "ada");
    let pasta = ada.finds("acme spaghetti").await.remove(0);
    let idea = async |who: &Caller<'_>, with: With, refused: Vec<Sku>, unasked: bool| match who
        .asks(Act::Suggest(Suggest { with, refused, unasked }))
        .await
    {
        Outcome::Suggested { suggestion, .. } => suggestion,
        other => panic!("{other:?}"),
    };
    let with = || With::Product(pasta.sku.clone());
    assert_eq!(idea(&ada, with(), vec![], true).await, None, "nothing is learnt yet");

    let learnt = shop.learn_tastes().await.unwrap().unwrap();
    assert!(learnt > 300, "{learnt}");
    assert_eq!(shop.learn_tastes().await.unwrap(), None, "not due again");
    let sauce = idea(&ada, with(), vec![], true).await.unwrap();
    assert_eq!(sauce.product.spoken_name, "Granite basil tomato sauce");
    assert_eq!(sauce.because, Because::Companion { spoken_name: pasta.spoken_name.clone() });
    // Neither what was refused, nor what is in the basket, nor what is sold out.
    assert_eq!(idea(&ada, with(), vec![sauce.product.sku.clone()], false).await, None);
    ada.asks(Act::AddToBasket { sku: sauce.product.sku.clone(), quantity: Quantity::ONE }).await;
    assert_eq!(idea(&ada, with(), vec![], true).await, None);
    let grace = caller(&shop, "grace");
    assert!(idea(&grace, with(), vec![], true).await.is_some());
    restock(&store, &sauce.product.sku, 0).await;
    assert_eq!(idea(&grace, with(), vec![], true).await, None);

    // Of her own habits, what is due and may be eaten.
    let own = idea(&ada, With::Basket, vec![], false).await.unwrap();
    assert!(matches!(own.because, Because::Habit { .. }), "{own:?}");
    assert_eq!(idea(&caller(&shop, "nobody"), With::Basket, vec![], false).await, None);

    // An hour later it is learnt anew, and of the old nothing is left.
    let shop = shop_at(&store, self::clock("2026-11-25T11:01:00Z")).await;
    let grace = caller(&shop, "grace");
    assert!(shop.learn_tastes().await.unwrap().is_some());
    restock(&store, &sauce.product.sku, 5).await;
    assert!(idea(&grace, with(), vec![], true).await.is_some());
    let mut db = store.reader().acquire().await.unwrap();
    let kept: i64 =
        sql::query_scalar("SELECT count(DISTINCT generation) FROM companions").fetch_one(&mut db).await.unwrap();
    assert_eq!(kept, 1);
}

/// Thursdays from eight to twelve and from two to six, so many orders each, closed two hours before.
async fn open_thursdays(store: &Store, capacity: u32) {
    for (from, to) in [(8, 12), (14, 18)] {
        let (from, to) = (time(from, 0, 0, 0), time(to, 0, 0, 0));
        let window = Window { weekday: Weekday::Thursday, from, to, capacity, cut_off: 120 };
        Windows::new(store.clone()).put(&window).await.unwrap();
    }
}

async fn taken(shop: &SqlShop) -> Vec<u32> {
    shop.slots().await.unwrap().iter().map(|s| s.taken).collect()
}

fn slot_of(outcome: &Outcome) -> Slot {
    match outcome {
        Outcome::Bought { order, .. } => order.slot.unwrap(),
        other => panic!("{other:?}"),
    }
}

async fn a_time_of_delivery_is_promised_to_as_many_as_it_has_room_for(engine: Engine) {
    let (store, shop) = sample_shop(engine).await;
    open_thursdays(&store, 3).await;
    let rice = caller(&shop, "ada").plenty("rice", 20).await;
    let morning = Slot { day: "2026-11-26".parse().unwrap(), from: time(8, 0, 0, 0), to: time(12, 0, 0, 0) };

    // Eight have the same offer and say yes at once: three get the morning, the others a new offer.
    let names: Vec<String> = (0..8).map(|n| format!("early-{n}")).collect();
    let mut quotes = Vec::new();
    for name in &names {
        let quote = caller(&shop, name).quoted(Act::Quote { lines: one(&rice.sku) }).await;
        assert_eq!((quote.extras.slot, quote.delivery), (Some(morning), Some(morning.day)));
        quotes.push(quote.id);
    }
    let buys = names.iter().zip(&quotes).map(|(name, id)| {
        let shop = &shop;
        async move {
            let (caller, buy) = (caller(shop, name), Act::Buy { quote_id: id.clone(), pin: None });
            // Sent twice under one name.
            let (one, two) = tokio::join!(caller.asks_as(name, buy.clone()), caller.asks_as(name, buy));
            if matches!(one, Outcome::Bought { again: true, .. }) { two } else { one }
        }
    });
    let outcomes = futures::future::join_all(buys).await;
    let bought: Vec<&Outcome> = outcomes.iter().filter(|o| matches!(o, Outcome::Bought { .. })).collect();
    assert_eq!(bought.len(), 3, "{outcomes:?}");
    assert!(bought.iter().all(|o| slot_of(o) == morning));
    assert_eq!(taken(&shop).await[..2], [3, 0]);
    let anew: Vec<&Quote> = outcomes
        .iter()
        .filter_map(|o| match o {
            Outcome::QuoteChanged { quote } => quote.as_ref(),
            _ => None,
        })
        .collect();
    assert_eq!(anew.len(), 5);
    assert!(anew.iter().all(|q| q.extras.slot.is_some_and(|s| s.from.hour() == 14)));
    assert_eq!(caller(&shop, "ada").stock(&rice.sku).await, rice.stock - 3, "no stock for what was not ordered");

    // Undone, there is room again; chosen, it is what the next order comes at.
    let Outcome::Bought { order, .. } = bought[0] else { panic!() };
    let owner = names.iter().zip(&outcomes).find(|(_, o)| *o == bought[0]).unwrap().0;
    let cancel = Act::CancelOrder { number: order.number.clone() };
    assert!(matches!(caller(&shop, owner).asks(cancel).await, Outcome::OrderCancelled { .. }));
    assert_eq!(taken(&shop).await[..2], [2, 0]);
    let zoe = caller(&shop, "zoe");
    let wish = |time| Wish { days: Some((morning.day, morning.day)), time: Some(time) };
    let Outcome::Delivery(Told::Chosen(chosen)) = zoe.asks(Act::Deliver(Ask::Choose(wish(DayTime::Afternoon)))).await
    else {
        panic!()
    };
    let quote = zoe.quoted(Act::Quote { lines: one(&rice.sku) }).await;
    assert_eq!(quote.extras.slot, Some(chosen));
    let outcome = zoe.asks(Act::Buy { quote_id: quote.id, pin: None }).await;
    assert_eq!(slot_of(&outcome), chosen);
    assert_eq!(taken(&shop).await[..2], [2, 1]);
    // What was chosen was for that order; the next one takes the earliest again.
    assert_eq!(zoe.quoted(Act::Quote { lines: one(&rice.sku) }).await.extras.slot, Some(morning));
    // Too late for the morning: it closes at six.
    let later = shop_at(&store, clock("2026-11-26T06:30:00Z")).await;
    assert_eq!(caller(&later, "zoe").quoted(Act::Quote { lines: one(&rice.sku) }).await.extras.slot, Some(chosen));
}

async fn an_order_is_changed_until_it_is_packed(engine: Engine) {
    let (store, shop) = sample_shop(engine).await;
    open_thursdays(&store, 1).await;
    let rice = caller(&shop, "mia").plenty("rice", 20).await;
    let mut tx = store.begin().await.unwrap();
    for (label, line) in [("home", "12 Oak Street"), ("office", "1 Mill Lane")] {
        sql::query("INSERT INTO customers (id, created_at) VALUES ('mia', 0) ON CONFLICT (id) DO NOTHING")
            .execute(&mut *tx)
            .await
            .unwrap();
        let row = sql::query("INSERT INTO addresses (customer_id, label, line) VALUES ('mia', ?1, ?2)");
        row.bind(label).bind(line).execute(&mut *tx).await.unwrap();
    }
    tx.commit().await.unwrap();
    let place = async |name: &'static str| {
        let shopper = caller(&shop, name);
        let quote = shopper.quoted(Act::Quote { lines: one(&rice.sku) }).await;
        match shopper.asks(Act::Buy { quote_id: quote.id, pin: None }).await {
            Outcome::Bought { order, .. } => order,
            other => panic!("{other:?}"),
        }
    };
    let mia = caller(&shop, "mia");
    let order = place("mia").await;
    assert_eq!(order.address.as_deref(), Some("12 Oak Street"));
    assert_eq!(taken(&shop).await[..3], [1, 0, 0]);
    let ask = |to| Act::Deliver(Ask::Change { order: OrderRef::Number(order.number.clone()), to });

    // Looking changes nothing; a yes does, once.
    let Outcome::Delivery(Told::Changeable(change)) = mia.asks(ask(Wanted::Address(None))).await else { panic!() };
    assert_eq!(change.to, Destination::Address("1 Mill Lane".into()));
    let afternoon = Wish { days: Some((order.slot.unwrap().day, order.slot.unwrap().day)), time: None };
    let Outcome::Delivery(Told::Changeable(later)) = mia.asks(ask(Wanted::Time(afternoon))).await else { panic!() };
    let make = |change: &Change| Act::Deliver(Ask::Make(change.clone()));
    for _ in 0..2 {
        assert!(matches!(mia.asks_as("to-office", make(&change)).await, Outcome::Delivery(Told::Changed(_))));
        assert!(matches!(mia.asks_as("to-afternoon", make(&later)).await, Outcome::Delivery(Told::Changed(_))));
    }
    assert_eq!(taken(&shop).await[..3], [0, 1, 0]);
    assert!(matches!(mia.asks(make(&change)).await, Outcome::Delivery(Told::Already(_))));
    let changed = mia.tracks(OrderRef::Number(order.number.clone())).await.remove(0);
    assert_eq!(changed.address.as_deref(), Some("1 Mill Lane"));
    assert_eq!(later.to, Destination::Time(changed.slot.unwrap()));
    let kinds: Vec<String> = shop.notices().await.unwrap().into_iter().map(|n| n.kind).collect();
    assert_eq!(kinds, ["delivery_changed", "delivery_changed"]);

    // Two orders that want the place of the other at once: one place is free only when the other is given back.
    let other = place("zoe").await;
    let (a, b) = (changed.slot.unwrap(), other.slot.unwrap());
    assert_ne!(a, b);
    let trade = |order: &Order, to| make(&Change { order: order.number.clone(), to: Destination::Time(to) });
    let (one, two) =
        tokio::join!(mia.asks(trade(&order, b)), async { caller(&shop, "zoe").asks(trade(&other, a)).await });
    assert!(matches!((&one, &two), (Outcome::Delivery(Told::Times { .. }), Outcome::Delivery(Told::Times { .. }))));
    assert_eq!(taken(&shop).await[..3], [1, 1, 0]);

    // Nobody else's, and nothing that is packed.
    assert!(matches!(caller(&shop, "zoe").asks(make(&change)).await, Outcome::NoSuchOrder(_)));
    let mut tx = store.begin().await.unwrap();
    let packed = sql::query("UPDATE orders SET status = 'packed' WHERE number = ?1");
    packed.bind(order.number.as_str()).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    let home = Change { order: order.number.clone(), to: Destination::Address("12 Oak Street".into()) };
    assert!(matches!(mia.asks(make(&home)).await, Outcome::Delivery(Told::TooLate(_))));
}

async fn what_was_kept_long_enough_goes(engine: Engine) {
    let (store, shop) = sample_shop(engine).await;
    let ada = caller(&shop, "ada");
    let complain = |words: &str| Act::Serve(Request::Complain { words: words.into(), order: None });
    ada.asks(complain("the driver was rude")).await;
    ada.asks(complain("still waiting for an answer")).await;
    let talk = vec![Exchange { shopper: "hello".into(), shop: "Hi.".into() }];
    ada.asks(Act::Serve(Request::HandOver { conversation: talk })).await;
    let waiting = shop.cases(CaseState::Waiting).await.unwrap();
    for case in waiting.iter().filter(|c| !c.words.contains("still")) {
        shop.change_case(&case.id, CaseState::Closed, None).await.unwrap().unwrap();
    }
    for notice in shop.notices().await.unwrap().iter().skip(1) {
        shop.told(notice, true).await.unwrap();
    }
    shop.write_audit().await.unwrap();

    let rules =
        Retention { complaints: Some(60), handovers: Some(30), notices: Some(10), reasons: None, audit: Some(90) };
    let after = async |days: i64| {
        let at = NOW.parse::<Timestamp>().unwrap() + SignedDuration::from_hours(days * 24 + 1);
        let later = shop_at(&store, FixedClock::new(at)).await.keeping(rules);
        let gone = later.tidy().await.unwrap();
        (gone.notices, gone.handovers, gone.complaints, gone.audit)
    };
    assert_eq!(after(9).await, (0, 0, 0, 0), "nothing before its time");
    assert_eq!(after(10).await, (2, 0, 0, 0));
    assert_eq!(after(30).await, (0, 1, 0, 0));
    assert_eq!(after(60).await, (0, 0, 1, 0));
    assert_eq!(after(90).await, (0, 0, 0, 3));
    // What is open and what nobody has taken yet stays, whatever its age.
    assert_eq!(after(3_000).await, (0, 0, 0, 0));
    assert_eq!(shop.cases(CaseState::Waiting).await.unwrap().len(), 1);
    assert_eq!(shop.notices().await.unwrap().len(), 1);
    let for_good = Retention { complaints: None, handovers: None, notices: None, reasons: None, audit: None };
    let shop = shop.keeping(for_good);
    let open = shop.cases(CaseState::Waiting).await.unwrap().remove(0);
    shop.change_case(&open.id, CaseState::Closed, None).await.unwrap();
    assert_eq!(shop.tidy().await.unwrap().complaints, 0);
}

async fn who_saw_what_is_written_down_and_outlives_the_customer(engine: Engine) {
    let (store, shop) = sample_shop(engine).await;
    let ada = caller(&shop, "ada");
    let door = |name, who: Option<&str>| Door { name, who: who.map(str::to_owned) };
    audit::through(door("alexa", None), ada.asks(Act::Track(OrderRef::Latest))).await;
    audit::through(door("text", Some("kiosk")), ada.asks(Act::ChooseAddress { words: "home".into() })).await;
    ada.finds("coffee").await;
    audit::through(door("admin", Some("desk")), async { shop.note(&ada.id, "cases.seen") }).await;
    caller(&shop, "grace").asks(Act::ShowBasket).await;

    let shown = |entries: Vec<audit::Entry>| -> Vec<(String, Option<String>, String)> {
        entries.into_iter().map(|e| (e.door, e.who, e.what)).collect()
    };
    let expected = [
        ("admin".to_owned(), Some("desk".to_owned()), "cases.seen".to_owned()),
        ("text".to_owned(), Some("kiosk".to_owned()), "terms.changed".to_owned()),
        ("alexa".to_owned(), None, "orders.seen".to_owned()),
    ];
    assert_eq!(shown(shop.audit(Some(&ada.id), 100).await.unwrap()), expected, "looking for coffee is nobody's data");
    assert_eq!(shop.audit(None, 100).await.unwrap().len(), 4);
    assert_eq!(shop.audit(None, 1).await.unwrap().len(), 1);

    // In what the customer is given, and still there, under another number, when the customer is gone.
    let customers = Customers::new(store.clone(), clock(NOW), Arc::new(RandomIds));
    let all = customers.export(&ada.id).await.unwrap();
    assert_eq!(all["seen"].as_array().unwrap().len(), 3, "{all}");
    let erased = audit::through(door("admin", Some("desk")), customers.erase(&ada.id)).await.unwrap().unwrap();
    let kept: Vec<&str> = erased.kept.iter().map(|k| k.what.split([',', ' ']).next().unwrap()).collect();
    assert_eq!(kept, ["orders", "the"], "{erased:?}");
    assert!(erased.kept.iter().all(|k| k.count > 0 && !k.why.is_empty()));
    assert!(shop.audit(Some(&ada.id), 100).await.unwrap().is_empty());
    let left = shop.audit(None, 100).await.unwrap();
    assert_eq!(left.len(), 5);
    assert_eq!((left[0].what.as_str(), left[0].who.as_deref()), ("erased", Some("desk")));
    assert!(left.iter().all(|e| e.customer != "ada"));
}
