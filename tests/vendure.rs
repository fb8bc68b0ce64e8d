//! A real Vendure shop behind the counter: a person at the text door searches what Vendure sells, fills a basket, checks
//! out, tracks, orders again and cancels, and every order is looked at in Vendure afterwards. Vendure is started by the
//! test, with its goods and no more; it runs out of stock, changes a price, and dies between the offer and the yes.
//!
//! It is installed below target/ on the first run, from npm. Where that cannot be, the test says so and passes.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers outside #[test] functions too
#![cfg(unix)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use secrecy::SecretString;
use serde_json::{Value, json};
use voicecart::shop::connectors::vendure::{Access, Admin};

#[path = "support/servers.rs"]
mod servers;

use servers::{Said, Server, words};

const HERE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vendure");
const PASSWORD: &str = "a-password-for-tests";

/// Where Vendure is installed; none, with the reason printed, where it cannot be had.
fn installed() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/clients/vendure");
    fs::create_dir_all(&folder).unwrap();
    let wanted = fs::read_to_string(Path::new(HERE).join("package.json")).unwrap();
    let mark = folder.join("installed");
    if fs::read_to_string(&mark).is_ok_and(|there| there == wanted) {
        return Some(folder);
    }
    fs::write(folder.join("package.json"), &wanted).unwrap();
    println!("installing Vendure; this takes a minute or two, once");
    let flags = ["install", "--no-audit", "--no-fund", "--no-package-lock", "--silent"];
    let failed = match Command::new("npm").args(flags).current_dir(&folder).output() {
        Ok(done) if done.status.success() => {
            fs::write(mark, wanted).unwrap();
            return Some(folder);
        }
        Ok(done) => String::from_utf8_lossy(&done.stderr).into_owned(),
        Err(error) => error.to_string(),
    };
    println!("SKIPPED: npm could not install Vendure: {failed}");
    None
}

/// A Vendure that can be killed and started again.
struct Vendure {
    home: PathBuf,
    folder: tempfile::TempDir,
    port: u16,
    process: Option<Child>,
    admin: Admin,
}

impl Vendure {
    async fn start(home: PathBuf) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::copy(Path::new(HERE).join("products.csv"), folder.path().join("products.csv")).unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let access = Access {
            url: format!("http://127.0.0.1:{port}/admin-api"),
            user: "superadmin".into(),
            password: SecretString::from(PASSWORD),
            patience: Duration::from_secs(20),
        };
        let mut vendure = Self { home, folder, port, process: None, admin: Admin::new(access).unwrap() };
        vendure.again().await;
        vendure
    }

    async fn again(&mut self) {
        let mut command = Command::new("node");
        command.arg(Path::new(HERE).join("server.cjs")).arg(self.folder.path()).arg(self.port.to_string());
        command.current_dir(&self.home).env("NODE_PATH", self.home.join("node_modules"));
        command.env("SUPERADMIN_PASSWORD", PASSWORD).stdin(Stdio::null());
        let log = fs::File::create(self.folder.path().join("log")).unwrap();
        command.stdout(log.try_clone().unwrap()).stderr(log);
        self.process = Some(command.spawn().unwrap());
        let began = Instant::now();
        let said = || fs::read_to_string(self.folder.path().join("log")).unwrap();
        while !said().contains("ready") {
            let dead = self.process.as_mut().unwrap().try_wait().unwrap();
            assert!(dead.is_none() && began.elapsed() < Duration::from_secs(240), "Vendure did not start:\n{}", said());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    async fn ask(&self, query: &str, variables: Value) -> Value {
        self.admin.ask(query, variables).await.unwrap()
    }

    /// Orders that somebody has paid for or taken back, oldest first.
    async fn orders(&self) -> Vec<Value> {
        let query =
            "{ orders(options: { sort: { id: ASC } }) { items { id code state totalWithTax customer { emailAddress }
            shippingAddress { streetLine1 city } shippingLines { shippingMethod { code } }
            payments { method amount state transactionId }
            lines { id quantity productVariant { sku } } customFields { voicecartKey } } } }";
        let found = self.ask(query, json!({})).await;
        let all = found["orders"]["items"].as_array().unwrap().clone();
        all.into_iter().filter(|o| o["state"] != "Draft").collect()
    }

    async fn set(&self, sku: &str, change: Value) {
        let find =
            "query($sku: String!) { productVariants(options: { filter: { sku: { eq: $sku } } }) { items { id } } }";
        let found = self.ask(find, json!({ "sku": sku })).await;
        let mut input = change;
        input["id"] = found["productVariants"]["items"][0]["id"].clone();
        let update = "mutation($input: [UpdateProductVariantInput!]!) { updateProductVariants(input: $input) { id } }";
        self.ask(update, json!({ "input": [input] })).await;
    }

    /// Everything of an order in one parcel, on its way.
    async fn ship(&self, order: &Value) {
        let lines: Vec<Value> = order["lines"]
            .as_array()
            .unwrap()
            .iter()
            .map(|l| json!({ "orderLineId": l["id"], "quantity": l["quantity"] }))
            .collect();
        let handler = json!({ "code": "manual-fulfillment", "arguments": [
            { "name": "method", "value": "Harbor Express" }, { "name": "trackingCode", "value": "HX123" } ] });
        let made = self
            .ask(
                "mutation($input: FulfillOrderInput!) { addFulfillmentToOrder(input: $input) {
                ... on Fulfillment { id } ... on ErrorResult { message } } }",
                json!({ "input": { "lines": lines, "handler": handler } }),
            )
            .await;
        let id = &made["addFulfillmentToOrder"]["id"];
        assert!(id.is_string(), "{made}");
        let moved = self
            .ask(
                "mutation($id: ID!) { transitionFulfillmentToState(id: $id, state: \"Shipped\") {
                ... on Fulfillment { state } ... on ErrorResult { message } } }",
                json!({ "id": id }),
            )
            .await;
        assert_eq!(moved["transitionFulfillmentToState"]["state"], "Shipped", "{moved}");
    }
}

impl Drop for Vendure {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A shopper at the text door.
struct Shopper<'s> {
    server: &'s Server,
    customer: String,
    session: String,
    turns: u32,
    client: reqwest::Client,
}

impl Shopper<'_> {
    async fn say(&mut self, words_said: &'static str) -> String {
        self.turns += 1;
        let said = Said {
            customer: self.customer.clone(),
            session: self.session.clone(),
            key: format!("{}-{}", self.session, self.turns),
            words: words_said,
        };
        let answer = said.insist(&self.client, std::slice::from_ref(&self.server.address)).await;
        println!("> {words_said}\n  {}", words(&answer));
        words(&answer).to_owned()
    }

    /// Says it in conversations of its own until the answer has these words.
    async fn until(&mut self, words_said: &'static str, hoped: &str) -> String {
        let began = Instant::now();
        loop {
            self.session = format!("{}x", self.session);
            let answer = self.say(words_said).await;
            if answer.to_lowercase().contains(&hoped.to_lowercase()) {
                return answer;
            }
            assert!(
                began.elapsed() < Duration::from_secs(60),
                "{words_said:?} was answered {answer:?}, without {hoped:?}"
            );
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }
}

async fn until(what: &str, mut done: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !done().await {
        assert!(began.elapsed() < Duration::from_secs(90), "{what} did not come");
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendure_shop_sells_by_voice() {
    let Some(home) = tokio::task::spawn_blocking(installed).await.unwrap() else { return };
    let mut vendure = Vendure::start(home).await;
    let made = vendure.ask(
        "mutation { createCustomer(input: { firstName: \"Rosa\", lastName: \"Lind\", emailAddress: \"rosa@example.com\" }) {
            ... on Customer { id } ... on ErrorResult { message } } }",
        json!({}),
    ).await;
    let rosa = made["createCustomer"]["id"].as_str().unwrap().to_owned();
    vendure.ask(
        "mutation($id: ID!) { createCustomerAddress(customerId: $id, input: { streetLine1: \"4 Pine Street\", city: \"Ashford\",
            countryCode: \"US\", defaultShippingAddress: true }) { id } }",
        json!({ "id": rosa }),
    ).await;

    let data = tempfile::tempdir().unwrap();
    let server = Server::start(
        data.path().into(),
        vec![
            ("VOICECART_VENDURE_URL", format!("http://127.0.0.1:{}/admin-api", vendure.port)),
            ("VOICECART_VENDURE_PASSWORD", PASSWORD.into()),
            ("VOICECART_VENDURE_EVERY_SECONDS", "1".into()),
            ("VOICECART_PAYMENT_DELIVERY_CENTS", "500".into()),
            ("VOICECART_PAYMENT_TIMEOUT_MS", "4000".into()),
        ],
    );
    server.ready().await;
    let mut shopper = Shopper {
        server: &server,
        customer: format!("vendure-{rosa}"),
        session: "v".into(),
        turns: 0,
        client: reqwest::Client::new(),
    };

    // Its goods are found by our search, with its prices, and what it has none of is not sold.
    let found = shopper.until("do you have organic coffee beans", "Harvest House").await;
    assert!(found.contains("twelve dollars and fifty cents"), "{found}");

    // Basket, checkout, one yes, one order.
    shopper.session = "buying".into();
    shopper.say("add two coffee beans to my basket").await;
    shopper.say("add a fountain pen to my basket").await;
    let offer = shopper.say("check out").await;
    assert!(offer.contains("fifty-four dollars"), "two at 12.50, a pen at 24 and delivery at 5: {offer}");
    let bought = shopper.say("yes").await;
    assert!(bought.starts_with("Ordered"), "{bought}");
    let orders = vendure.orders().await;
    let [order] = orders.as_slice() else { panic!("{orders:?}") };
    assert_eq!((&order["state"], &order["totalWithTax"]), (&json!("PaymentSettled"), &json!(5_400)), "{order}");
    assert_eq!(order["customer"]["emailAddress"], "rosa@example.com");
    assert_eq!(order["shippingAddress"]["streetLine1"], "4 Pine Street");
    let lines: Vec<_> = order["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|l| (l["productVariant"]["sku"].as_str().unwrap(), l["quantity"].as_i64().unwrap()))
        .collect();
    assert_eq!(lines, [("VC-COFFEE", 2), ("VC-PEN", 1)]);
    let payments = order["payments"].as_array().unwrap();
    assert_eq!((payments.len(), &payments[0]["state"], &payments[0]["amount"]), (1, &json!("Settled"), &json!(5_400)));

    // What the merchant does with it is heard of.
    vendure.ship(order).await;
    let told = shopper.until("where is my order", "Harbor Express").await;
    assert!(told.contains("pen") || told.contains("coffee"), "{told}");

    // Again, by what was bought before.
    shopper.session = "again".into();
    shopper.say("order the coffee beans again").await;
    let bought = shopper.say("yes").await;
    assert!(bought.starts_with("Ordered"), "{bought}");
    assert_eq!(vendure.orders().await.len(), 2);

    // Taken back while nothing is packed.
    let cancelled = shopper.say("cancel that order").await;
    let cancelled = if cancelled.contains('?') { shopper.say("yes").await } else { cancelled };
    until("the cancellation", async || vendure.orders().await[1]["state"] == "Cancelled").await;
    println!("  {cancelled}");

    // The last lamps are sold elsewhere between the offer and the yes: no order, nothing owed.
    shopper.session = "short".into();
    shopper.say("buy two desk lamps").await;
    let level = vendure.ask("{ stockLocations { items { id } } }", json!({})).await;
    let location = level["stockLocations"]["items"][0]["id"].clone();
    vendure.set("VC-LAMP", json!({ "stockLevels": [{ "stockLocationId": location, "stockOnHand": 0 }] })).await;
    let refused = shopper.say("yes").await;
    assert!(!refused.starts_with("Ordered") && !refused.contains("declined"), "{refused}");
    let kept: Vec<Value> = vendure.orders().await.into_iter().filter(|o| o["state"] != "Cancelled").collect();
    assert_eq!(kept.len(), 1, "{kept:?}");

    // Vendure dies between the offer and the yes: an honest word in time, and one order when it is back.
    shopper.session = "away".into();
    shopper.say("buy one coffee beans").await;
    vendure.kill();
    let began = Instant::now();
    let doubtful = shopper.say("yes").await;
    assert!(began.elapsed() < Duration::from_secs(8), "an answer within the deadline");
    assert!(!doubtful.starts_with("Ordered"), "{doubtful}");
    let found = shopper.until("do you have a fountain pen", "Quill").await;
    assert!(found.contains("twenty-four dollars"), "what is known is still sold: {found}");
    vendure.again().await;
    until("the order that was in doubt", async || {
        vendure.orders().await.iter().filter(|o| o["state"] == "PaymentSettled").count() == 1
    })
    .await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let settled = vendure.orders().await.into_iter().filter(|o| o["state"] == "PaymentSettled").count();
    assert_eq!(settled, 1, "once");
    shopper.until("where is my order", "coffee").await;
}
