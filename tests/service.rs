//! After the sale, behind the port and at the doors: nothing goes back twice, promises are kept once, the queue of
//! hand-overs is taken by one person, and the merchant's own system is told until it takes it.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers outside #[test] functions too

mod support;

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::{Value, json};
use support::{Server, problem};
use voicecart::clock::{Clock, FixedClock, RandomIds};
use voicecart::shop::connectors::sql::cases::State as CaseState;
use voicecart::shop::service::{Exchange, NotReturnable, Request, ReturnPlan, Returnable, Served};
use voicecart::shop::{
    Act, Catalogue, CustomerId, OrderNumber, OrderRef, Outcome, Quantity, RequestId, Shop, Sku, SqlShop, sample,
};
use voicecart::store::{Store, sql};
use voicecart::webhook::notices::Notices;

const NOW: &str = "2026-11-25T10:00:00Z";

async fn shop() -> SqlShop {
    shop_and_store().await.0
}

async fn shop_and_store() -> (SqlShop, Store) {
    let clock: Arc<FixedClock> = FixedClock::new(NOW.parse().unwrap());
    let store = Store::scratch().await.unwrap();
    sample::load(&store, clock.as_ref() as &dyn Clock).await.unwrap().unwrap();
    (SqlShop::new(Catalogue::open(store.clone()).await.unwrap(), clock, Arc::new(RandomIds)), store)
}

async fn serve_as(shop: &SqlShop, request_id: &str, customer: &str, request: Request) -> Served {
    let (customer, id) = (CustomerId::new(customer).unwrap(), RequestId::new(request_id).unwrap());
    match shop.perform(Act::Serve(request), &customer, &id).await.unwrap() {
        Outcome::Served(served) => served,
        other => panic!("{other:?}"),
    }
}

async fn serve(shop: &SqlShop, request: Request) -> Served {
    serve_as(shop, &ulid::Ulid::generate().to_string(), "ada", request).await
}

async fn returnable(shop: &SqlShop, number: &str) -> Result<Vec<Returnable>, NotReturnable> {
    let order = Some(OrderRef::Number(OrderNumber::new(number).unwrap()));
    match serve(shop, Request::Returnable { order }).await {
        Served::Returnable(items) => Ok(items),
        Served::NotReturnable(why) => Err(why),
        other => panic!("{other:?}"),
    }
}

fn plan(item: Returnable, quantity: u32) -> Request {
    let quantity = Quantity::new(quantity).unwrap();
    Request::Return(ReturnPlan { item, quantity, reason: "broken".into(), pickup: false })
}

#[tokio::test]
async fn only_what_was_delivered_lately_goes_back() {
    let shop = shop().await;
    assert_eq!(returnable(&shop, "58672").await, Err(NotReturnable::NotDelivered));
    assert_eq!(returnable(&shop, "218834").await, Err(NotReturnable::TooLate));
    assert_eq!(returnable(&shop, "3380").await, Err(NotReturnable::Returned));
    assert_eq!(returnable(&shop, "999999").await, Err(NotReturnable::NoOrder));
    // Of an order in two parcels, what has arrived.
    let items = returnable(&shop, "73051").await.unwrap();
    assert_eq!(items.iter().map(|i| i.sku.as_str()).collect::<Vec<_>>(), ["FUR-1868"]);
}

#[tokio::test]
async fn pieces_go_back_once_however_often_and_at_once_it_is_asked() {
    let shop = shop().await;
    let item = returnable(&shop, "80246").await.unwrap().remove(0);
    assert_eq!(item.left.get(), 4);
    // The same request twice is one return.
    let first = serve_as(&shop, "once", "ada", plan(item.clone(), 1)).await;
    assert_eq!(first, serve_as(&shop, "once", "ada", plan(item.clone(), 1)).await);
    assert_eq!(returnable(&shop, "80246").await.unwrap()[0].left.get(), 3);
    // Six others at once, two pieces each: there is only enough for one of them.
    let tries = (0..6).map(|_| serve(&shop, plan(item.clone(), 2)));
    let done = futures::future::join_all(tries).await;
    let refunds: Vec<i64> = done
        .iter()
        .filter_map(|s| match s {
            Served::Returned { refund, .. } => Some(refund.minor()),
            _ => None,
        })
        .collect();
    assert_eq!(refunds, [2 * item.refund.minor()]);
    assert_eq!(returnable(&shop, "80246").await.unwrap()[0].left.get(), 1);
    // Nobody else's order goes back.
    match serve_as(&shop, "grace-1", "grace", plan(item, 1)).await {
        Served::NotReturnable(NotReturnable::NoOrder) => {}
        other => panic!("{other:?}"),
    }
    match serve(&shop, Request::Refunds).await {
        Served::Refunds(refunds) => assert_eq!(refunds.len(), 2),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_promise_is_kept_once() {
    let (shop, store) = shop_and_store().await;
    let sku = Sku::new("GRO-1001").unwrap();
    assert!(matches!(serve(&shop, Request::TellWhenBack { sku: sku.clone() }).await, Served::InStock(_)));
    let stock = |n: u32| {
        let store = store.clone();
        async move {
            let mut tx = store.begin().await.unwrap();
            sql::query("UPDATE products SET stock = ?1 WHERE sku = 'GRO-1001'")
                .bind(n)
                .execute(&mut *tx)
                .await
                .unwrap();
            tx.commit().await.unwrap();
        }
    };
    stock(0).await;
    assert!(matches!(serve(&shop, Request::TellWhenBack { sku }).await, Served::WillTell(_)));
    assert_eq!(serve(&shop, Request::News).await, Served::News(vec![]));
    assert_eq!(shop.notice_arrivals().await.unwrap(), 0);
    stock(7).await;
    assert_eq!(shop.notice_arrivals().await.unwrap(), 1);
    assert_eq!(shop.notice_arrivals().await.unwrap(), 0);
    let kinds: Vec<String> = shop.notices().await.unwrap().into_iter().map(|n| n.kind).collect();
    assert_eq!(kinds, ["back_in_stock"]);
    match serve(&shop, Request::News).await {
        Served::News(products) => assert_eq!(products.len(), 1),
        other => panic!("{other:?}"),
    }
    assert_eq!(serve(&shop, Request::News).await, Served::News(vec![]));
}

#[tokio::test]
async fn one_person_takes_a_hand_over() {
    let shop = shop().await;
    let said = |words: &str| vec![Exchange { shopper: words.into(), shop: "Sorry.".into() }];
    let Served::HandedOver { case, again: false, .. } =
        serve(&shop, Request::HandOver { conversation: said("a") }).await
    else {
        panic!("not handed over")
    };
    // Asked again while it waits: the same case, with what was said since.
    match serve(&shop, Request::HandOver { conversation: said("b") }).await {
        Served::HandedOver { case: same, again: true, .. } => assert_eq!(same, case),
        other => panic!("{other:?}"),
    }
    let waiting = shop.cases(CaseState::Waiting).await.unwrap();
    assert_eq!(waiting.len(), 1);
    assert_eq!(waiting[0].conversation, said("b"));
    let takers = (0..4).map(|_| shop.change_case(&case, CaseState::Taken, None));
    let taken = futures::future::join_all(takers).await.into_iter().filter(|t| t.as_ref().unwrap().is_some()).count();
    assert_eq!(taken, 1);
    let closed = shop.change_case(&case, CaseState::Closed, Some("called back")).await.unwrap().unwrap();
    assert_eq!(closed.note.as_deref(), Some("called back"));
    assert!(shop.cases(CaseState::Waiting).await.unwrap().is_empty());
}

type Seen = Arc<Mutex<Vec<(HeaderMap, Value)>>>;

/// Refuses the first notice, takes the others.
async fn desk(State(seen): State<Seen>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let mut seen = seen.lock().unwrap();
    seen.push((headers, serde_json::from_slice(&body).unwrap()));
    if seen.len() == 1 { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::NO_CONTENT }
}

#[tokio::test]
async fn what_is_to_be_told_is_told_until_it_is_taken() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let seen = Seen::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let app = Router::new().route("/", post(desk)).with_state(seen.clone());
    tokio::spawn(async move { axum::serve(listener, app).await });

    let shop = shop().await;
    assert!(matches!(serve(&shop, Request::Invoice { order: OrderRef::Latest }).await, Served::InvoiceSent { .. }));
    assert!(matches!(
        serve_as(&shop, "g", "grace", Request::Invoice { order: OrderRef::Latest }).await,
        Served::NoEmail
    ));
    assert!(Notices::new(&url, "DESK", Some("short".to_owned().into())).is_err());
    assert!(Notices::new("http://shop.example/", "DESK", Some("sixteen letters!".to_owned().into())).is_err());
    let notices = Notices::new(&url, "DESK", Some("sixteen letters!".to_owned().into())).unwrap();
    let waiting = shop.notices().await.unwrap();
    assert_eq!(waiting.len(), 1);
    let now = NOW.parse().unwrap();
    for (turn, notice) in waiting.iter().chain(&waiting).enumerate() {
        let taken = notices.tell(&notice.id, &notice.kind, &notice.customer, &notice.body, now).await;
        assert_eq!(taken, turn > 0);
        shop.told(notice, taken).await.unwrap();
        // Refused or taken, it is not tried again at once.
        assert!(shop.notices().await.unwrap().is_empty());
    }
    let seen = seen.lock().unwrap();
    let (headers, body) = &seen[0];
    assert_eq!(body["kind"], "invoice");
    assert_eq!(body["data"]["email"], "ada@example.com");
    assert_eq!(headers["idempotency-key"].to_str().unwrap(), body["id"].as_str().unwrap());
    assert_eq!(seen[1].0["idempotency-key"], headers["idempotency-key"]);
    assert!(headers["voicecart-signature"].to_str().unwrap().starts_with("t=1795600800,v1="), "{headers:?}");
}

#[tokio::test]
async fn the_queue_is_for_named_keys_alone() {
    let stranger = Server::start().await;
    let answer = stranger.get("/v1/admin/handovers").send().await.unwrap();
    problem(answer, 403, "not-admin").await;
    let answer = stranger.client.get(stranger.url("/v1/admin/handovers")).send().await.unwrap();
    problem(answer, 401, "no-key").await;
    stranger.stop().await;

    let server = Server::with(|s| s.service.admins = vec!["demo".into()]).await;
    for words in ["where is my order", "i want to talk to a person"] {
        server.text(json!({ "text": words, "session": "s1", "customer": "ada" })).await;
    }
    let list: Value = server.get("/v1/admin/handovers").send().await.unwrap().json().await.unwrap();
    let case = &list["handovers"][0];
    assert_eq!(case["kind"], "handover", "{list}");
    assert_eq!(case["conversation"][0]["shopper"], "where is my order", "{list}");
    assert!(case["conversation"][0]["shop"].as_str().is_some_and(|s| s.len() > 10), "{list}");
    let path = format!("/v1/admin/handovers/{}", case["id"].as_str().unwrap());
    let change = |state: &str| server.post(&path).json(&json!({ "state": state })).send();
    assert_eq!(change("taken").await.unwrap().status(), 200);
    problem(change("taken").await.unwrap(), 409, "taken").await;
    problem(change("lost").await.unwrap(), 400, "bad-json").await;
    assert_eq!(change("closed").await.unwrap().status(), 200);
    let closed: Value = server.get("/v1/admin/handovers?state=closed").send().await.unwrap().json().await.unwrap();
    assert_eq!(closed["handovers"].as_array().unwrap().len(), 1);
    server.stop().await;
}

#[tokio::test]
async fn returns_and_customers_data_are_for_named_keys_alone() {
    let stranger = Server::start().await;
    for path in ["/v1/admin/returns", "/v1/admin/slots", "/v1/admin/audit", "/v1/customers/ada/data"] {
        problem(stranger.get(path).send().await.unwrap(), 403, "not-admin").await;
        let answer = stranger.client.get(stranger.url(path)).send().await.unwrap();
        problem(answer, 401, "no-key").await;
    }
    let erase = stranger.client.delete(stranger.url("/v1/customers/ada/data")).bearer_auth(&stranger.key);
    problem(erase.send().await.unwrap(), 403, "not-admin").await;
    stranger.stop().await;

    let server = Server::with(|s| s.service.admins = vec!["demo".into()]).await;
    support::customer_with_orders(&server, "api:ada").await;
    for words in ["i want to return my desk lamp", "it flickers", "a label please", "yes"] {
        server.text(json!({ "text": words, "session": "s1", "customer": "ada" })).await;
    }
    let list: Value = server.get("/v1/admin/returns").send().await.unwrap().json().await.unwrap();
    let case = &list["returns"][0];
    assert_eq!((case["state"].as_str(), case["reason"].as_str()), (Some("awaited"), Some("it flickers")), "{list}");
    let path = format!("/v1/admin/returns/{}", case["id"].as_str().unwrap());
    let go = |body: Value| server.post(&path).json(&body).send();
    problem(go(json!({ "state": "lost" })).await.unwrap(), 400, "bad-json").await;
    let moved: Value = go(json!({ "state": "received", "restock": true })).await.unwrap().json().await.unwrap();
    assert_eq!((moved["state"].as_str(), moved["restocked"].as_bool()), (Some("received"), Some(true)), "{moved}");
    let told = server.text(json!({ "text": "where is my refund", "session": "s2", "customer": "ada" })).await;
    assert!(told["speech"]["text"].as_str().unwrap().contains("being looked at"), "{told}");
    // Nothing was taken through a gateway here, so the merchant pays it back by hand.
    let moved: Value = go(json!({ "state": "refunded" })).await.unwrap().json().await.unwrap();
    assert_eq!(moved["state"], "paid", "{moved}");
    problem(go(json!({ "state": "refused" })).await.unwrap(), 409, "not-moved").await;
    let unknown = server.post("/v1/admin/returns/none").json(&json!({ "state": "received" }));
    problem(unknown.send().await.unwrap(), 409, "not-moved").await;
    let slots: Value = server.get("/v1/admin/slots").send().await.unwrap().json().await.unwrap();
    assert_eq!(slots, json!({ "slots": [] }));

    // All of it is in what the customer is given, and in the log who looked.
    let all: Value = server.get("/v1/customers/ada/data").send().await.unwrap().json().await.unwrap();
    assert_eq!((all["id"].as_str(), all["email"].as_str()), (Some("ada"), Some("ada@example.com")), "{all}");
    let log: Value = server.get("/v1/admin/audit?customer=ada").send().await.unwrap().json().await.unwrap();
    let entries = log["entries"].as_array().unwrap();
    let holds =
        |door: &str, what: &str| entries.iter().any(|e| e["door"] == door && e["what"] == what && e["who"] == "demo");
    assert!(holds("text", "orders.seen") && holds("text", "orders.changed"), "{log}");
    assert!(holds("admin", "returns.seen") && holds("admin", "returns.changed") && holds("api", "exported"), "{log}");
    problem(server.get("/v1/admin/audit?limit=many").send().await.unwrap(), 400, "bad-parameter").await;

    // Erased: what stays and why is said, and nobody by that id is there any more.
    let erase = || server.client.delete(server.url("/v1/customers/ada/data")).bearer_auth(&server.key).send();
    let erased: Value = erase().await.unwrap().json().await.unwrap();
    let kept = erased["kept"].as_array().unwrap();
    assert!(
        kept.iter().any(|k| k["what"].as_str().unwrap().starts_with("orders") && k["count"].as_u64() > Some(0)),
        "{erased}"
    );
    assert!(kept.iter().all(|k| k["why"].as_str().is_some_and(|w| !w.is_empty())));
    assert_eq!(erased["conversations_gone_within_hours"], 24);
    problem(erase().await.unwrap(), 404, "no-customer").await;
    problem(server.get("/v1/customers/ada/data").send().await.unwrap(), 404, "no-customer").await;
    server.stop().await;
}
