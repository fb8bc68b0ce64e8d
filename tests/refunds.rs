//! Money that goes back for goods that go back, on each engine and through a real gateway over HTTP: received, paid back
//! and refused by the merchant; once, whoever asks how often, also when the gateway's answer is lost, and never more than
//! was taken.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers outside #[test] functions too

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use voicecart::clock::{Clock, FixedClock, RandomIds};
use voicecart::shop::connectors::gateway::HttpGateway;
use voicecart::shop::connectors::sql::refunds::{Case, Moved, State, Step};
use voicecart::shop::service::{RefundState, Request, ReturnPlan, Returnable, Served};
use voicecart::shop::{
    Act, Catalogue, CustomerId, Line, OrderNumber, OrderRef, OrderStatus, Outcome, Quantity, RequestId, Shop, Sku,
    SqlShop, sample,
};
use voicecart::store::{Store, sql};

#[path = "support/cluster.rs"]
mod cluster;
#[path = "support/gateway.rs"]
mod gateway;

use cluster::Engine;
use gateway::{Gateway, Mood};

const NOW: &str = "2026-11-25T10:00:00Z";
const LATER: &str = "2026-11-25T10:05:00Z";

on_each_engine!(what_goes_back_is_paid_back_once);

async fn shop_at(store: &Store, gateway: &Gateway, at: &str) -> SqlShop {
    let clock: Arc<FixedClock> = FixedClock::new(at.parse().unwrap());
    let shop = SqlShop::new(Catalogue::open(store.clone()).await.unwrap(), clock, Arc::new(RandomIds));
    shop.paid_by(Arc::new(HttpGateway::new(&gateway.url(), Duration::from_millis(400)).unwrap()))
}

async fn asks(shop: &SqlShop, act: Act) -> Outcome {
    let (ada, name) = (CustomerId::new("ada").unwrap(), RequestId::new(&ulid::Ulid::generate().to_string()).unwrap());
    shop.perform(act, &ada, &name).await.unwrap()
}

async fn serve(shop: &SqlShop, request: Request) -> Served {
    match asks(shop, Act::Serve(request)).await {
        Outcome::Served(served) => served,
        other => panic!("{other:?}"),
    }
}

/// Two pieces of rice, charged and delivered.
async fn delivered(store: &Store, shop: &SqlShop, sku: &Sku) -> OrderNumber {
    let lines = vec![Line { sku: sku.clone(), quantity: Quantity::new(2).unwrap() }];
    let Outcome::Quoted(quote) = asks(shop, Act::Quote { lines }).await else { panic!() };
    let Outcome::Bought { order, .. } = asks(shop, Act::Buy { quote_id: quote.id, pin: None }).await else { panic!() };
    let mut tx = store.begin().await.unwrap();
    let update = sql::query("UPDATE orders SET status = 'delivered' WHERE number = ?1");
    update.bind(order.number.as_str()).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    order.number
}

async fn items(shop: &SqlShop, order: &OrderNumber) -> Vec<Returnable> {
    match serve(shop, Request::Returnable { order: Some(OrderRef::Number(order.clone())) }).await {
        Served::Returnable(items) => items,
        other => panic!("{other:?}"),
    }
}

/// Opens a return of one piece; its id.
async fn opened(shop: &SqlShop, order: &OrderNumber) -> String {
    let before: Vec<String> = shop.returns(State::Awaited).await.unwrap().into_iter().map(|c| c.id).collect();
    let item = items(shop, order).await.remove(0);
    let plan = ReturnPlan { item, quantity: Quantity::ONE, reason: "broken".into(), pickup: false };
    assert!(matches!(serve(shop, Request::Return(plan)).await, Served::Returned { .. }));
    let now = shop.returns(State::Awaited).await.unwrap();
    now.into_iter().map(|c| c.id).find(|id| !before.contains(id)).unwrap()
}

async fn state_told(shop: &SqlShop, order: &OrderNumber) -> Vec<RefundState> {
    match serve(shop, Request::Refunds).await {
        Served::Refunds(refunds) => refunds.into_iter().filter(|r| r.order == *order).map(|r| r.state).collect(),
        other => panic!("{other:?}"),
    }
}

async fn stock(store: &Store, sku: &Sku) -> i64 {
    let found = sql::query_scalar("SELECT stock FROM products WHERE sku = ?1").bind(sku.as_str());
    found.fetch_one(store.reader()).await.unwrap()
}

async fn told(shop: &SqlShop, kind: &str) -> usize {
    shop.notices().await.unwrap().into_iter().filter(|n| n.kind == kind).count()
}

fn now(moved: Moved) -> Case {
    match moved {
        Moved::Now(case) => case,
        other => panic!("{other:?}"),
    }
}

async fn what_goes_back_is_paid_back_once(engine: Engine) {
    let gateway = Gateway::start().await;
    let store = engine.store().await.unwrap();
    let clock: Arc<FixedClock> = FixedClock::new(NOW.parse::<Timestamp>().unwrap());
    sample::load(&store, clock.as_ref() as &dyn Clock).await.unwrap().unwrap();
    let shop = shop_at(&store, &gateway, NOW).await;
    let rice = Sku::new("GRO-1001").unwrap();
    let order = delivered(&store, &shop, &rice).await;
    let id = opened(&shop, &order).await;
    let amount = shop.returns(State::Awaited).await.unwrap()[0].refund.minor();
    assert_eq!(state_told(&shop, &order).await, [RefundState::Awaited]);

    // Received by four at once: one piece more in stock, one notice.
    let before = stock(&store, &rice).await;
    let received = (0..4).map(|_| shop.move_return(&id, Step::Received, true, None));
    for moved in futures::future::join_all(received).await {
        assert_eq!(now(moved.unwrap()).state, State::Received);
    }
    assert_eq!((stock(&store, &rice).await, told(&shop, "return_received").await), (before + 1, 1));
    assert_eq!(state_told(&shop, &order).await, [RefundState::Received]);

    // The gateway gives the money back and its answer is lost: under way, and said so.
    gateway.mood.send(Mood::HangAfter).unwrap();
    let moved = now(shop.move_return(&id, Step::Refund, true, None).await.unwrap());
    assert_eq!(moved.state, State::Refunding);
    assert_eq!(stock(&store, &rice).await, before + 1, "put back once");
    assert_eq!(state_told(&shop, &order).await, [RefundState::UnderWay]);
    assert_eq!(shop.finish_refunds().await.unwrap(), 0, "whoever began it has a while");
    // Asked again by people and by two servers at once: paid once, told once.
    gateway.mood.send(Mood::Prompt).unwrap();
    let (one, two) = (shop_at(&store, &gateway, LATER).await, shop_at(&store, &gateway, LATER).await);
    let again = || shop.move_return(&id, Step::Refund, true, None);
    let (a, b, c, d) = tokio::join!(again(), again(), one.finish_refunds(), two.finish_refunds());
    assert!([now(a.unwrap()).state, now(b.unwrap()).state].iter().all(|s| *s == State::Paid));
    c.unwrap();
    d.unwrap();
    let refunds = || gateway.books.lock().unwrap().refunds.clone();
    assert_eq!(refunds().into_iter().map(|(key, (_, n))| (key, n)).collect::<Vec<_>>(), [(id.clone(), amount)]);
    assert_eq!((told(&one, "refund_paid").await, state_told(&shop, &order).await), (1, vec![RefundState::Paid]));
    assert!(matches!(shop.move_return(&id, Step::Refuse, false, None).await.unwrap(), Moved::Not(..)));

    // The gateway refuses the second piece: it stays received, with why, and can be tried again.
    let second = opened(&shop, &order).await;
    gateway.mood.send(Mood::Decline).unwrap();
    match shop.move_return(&second, Step::Refund, false, None).await.unwrap() {
        Moved::Not(case, why) => {
            assert_eq!(case.state, State::Received);
            assert!(why.contains("the card is closed") && case.note.as_deref() == Some(&*why), "{why}");
        }
        other => panic!("{other:?}"),
    }
    gateway.mood.send(Mood::Prompt).unwrap();
    assert_eq!(now(shop.move_return(&second, Step::Refund, false, None).await.unwrap()).state, State::Paid);
    assert_eq!(stock(&store, &rice).await, before + 1, "stock comes back only where it is said");
    assert_eq!(refunds().len(), 2);
    let Outcome::Tracked(orders) = asks(&shop, Act::Track(OrderRef::Number(order.clone()))).await else { panic!() };
    assert_eq!(orders[0].status, OrderStatus::Returned, "all of it went back");

    // Refused: nothing is paid, the shopper is told, and nothing more can be done with it.
    let other = delivered(&store, &shop, &rice).await;
    let refused = opened(&shop, &other).await;
    for _ in 0..2 {
        let moved = shop.move_return(&refused, Step::Refuse, true, Some("it was worn")).await.unwrap();
        assert_eq!(now(moved).state, State::Refused);
    }
    assert_eq!((told(&shop, "return_refused").await, refunds().len()), (1, 2));
    assert_eq!(state_told(&shop, &other).await, [RefundState::Refused]);
    assert!(matches!(shop.move_return(&refused, Step::Refund, false, None).await.unwrap(), Moved::Not(..)));

    // What was paid elsewhere is paid back elsewhere: the gateway is not asked, the notice says so.
    let elsewhere = opened(&shop, &OrderNumber::new("80246").unwrap()).await;
    assert_eq!(now(shop.move_return(&elsewhere, Step::Refund, false, None).await.unwrap()).state, State::Paid);
    let notices = shop.notices().await.unwrap();
    let notice = notices.iter().find(|n| n.body["return"] == elsewhere && n.kind == "refund_paid").unwrap();
    assert_eq!((notice.body["note"].as_str(), refunds().len()), (Some("by_hand"), 2));
    assert_eq!(shop.move_return("no-such", Step::Refund, false, None).await.unwrap(), Moved::NoSuch);
}
