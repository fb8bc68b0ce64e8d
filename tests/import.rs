//! Files as merchants have them: every good row arrives, every bad one is named by line, column and reason.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers outside #[test] functions too

use std::sync::Mutex;

use jiff::Timestamp;
use voicecart::clock::FixedClock;
use voicecart::shop::connectors::sql::products;
use voicecart::shop::import::{self, Format, Report};
use voicecart::shop::money::Currency;
use voicecart::shop::search::Indexed;
use voicecart::shop::{CustomerId, Customers, sample};
use voicecart::store::{Store, sql};

fn file(name: &str, content: impl AsRef<[u8]>) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, content).unwrap();
    (folder, path)
}

async fn import_into(store: &Store, name: &str, content: impl AsRef<[u8]>) -> Report {
    let (_folder, path) = file(name, content);
    import::catalog(&path, store, Currency::USD, &|_| ()).await.unwrap()
}

async fn all(store: &Store) -> Vec<Indexed> {
    products::page(&mut store.reader().acquire().await.unwrap(), "", 100_000).await.unwrap()
}

/// (line, column, reason) of each problem.
fn problems(report: &Report) -> Vec<(u64, &str, &str)> {
    report.problems.iter().map(|p| (p.line, p.column.as_deref().unwrap_or(""), p.reason.as_str())).collect()
}

#[tokio::test]
async fn every_bad_row_is_reported_and_every_good_one_kept() {
    let store = Store::scratch().await.unwrap();
    let csv = "\u{feff}id,title,brand,price,stock,rating,released,popularity,attributes,currency\r\n\
        A-1,Good Tea,Acme,3.50,4,4.5,2026-01-02,10,colour=green; diet=organic,USD\r\n\
        ,No Id,,1,,,,,,\r\n\
        A-2,,,1,,,,,,\r\n\
        A-3,Cheap,,cheap,,,,,,\r\n\
        A 4,Spaces,,1,,,,,,\r\n\
        A-1,Twice,,1,,,,,,\r\n\
        A-5,Stars,,1,,9.5,,,,\r\n\
        A-6,Day,,1,,,soon,,,\r\n\
        A-7,Popular,,1,,,,5000,,\r\n\
        A-8,Loose,,1,,,,,loose,\r\n\
        A-9,Euro,,1,,,,,,EUR\r\n\
        A-10,Pieces,,1,many,,,,,\r\n\
        A-11,\"Quoted, \"\"so\"\"\",Acme,\"1,299.00\",-2,,,,,\r\n\
        A-12,Free,,0,,,,,,\r\n";
    let report = import_into(&store, "shop.csv", csv).await;
    let found = problems(&report);
    let lines: Vec<_> = found.iter().map(|p| (p.0, p.1)).collect();
    assert_eq!(
        lines,
        [
            (3, "id"),
            (4, "title"),
            (5, "price"),
            (6, "id"),
            (7, "id"),
            (8, "rating"),
            (9, "released"),
            (10, "popularity"),
            (11, "attributes"),
            (12, "currency"),
            (13, "stock"),
        ],
        "{found:?}"
    );
    assert!(found[4].2.contains("line 2"), "{found:?}");
    assert!(
        report.problems[2].to_string().ends_with("shop.csv:5: price: \"cheap\" is not an amount such as 12 or 12.50")
    );
    assert_eq!(report.imported, 3);
    let kept = all(&store).await;
    let kept: Vec<_> =
        kept.iter().map(|k| (k.product.sku.as_str(), k.product.price.minor(), k.product.stock)).collect();
    assert_eq!(kept, [("A-1", 350, 4), ("A-11", 129_900, 0), ("A-12", 0, 9999)]);
}

#[tokio::test]
async fn a_sku_that_is_known_is_brought_up_to_date() {
    let store = Store::scratch().await.unwrap();
    import_into(&store, "a.csv", "id,title,price\nA,Old Name,1\nB,Stays,2\n").await;
    import_into(&store, "b.jsonl", "{\"id\":\"A\",\"title\":\"New Name\",\"price\":1.5}\n").await;
    let now: Vec<_> = all(&store).await.into_iter().map(|i| (i.product.title, i.product.price.minor())).collect();
    assert_eq!(now, [("New Name".to_owned(), 150), ("Stays".to_owned(), 200)]);
    // the shop's currency is settled by what is in it
    let euros = import_into(&store, "c.csv", "id,title,price,currency\nC,Euro,2,EUR\n").await;
    assert_eq!((euros.imported, euros.problems.len()), (0, 1));
}

#[tokio::test]
async fn a_shopify_export() {
    let store = Store::scratch().await.unwrap();
    let csv = "Handle,Title,Body (HTML),Vendor,Product Category,Option1 Name,Option1 Value,Option2 Name,Option2 Value,\
        Variant SKU,Variant Inventory Qty,Variant Price,Image Src,Status\n\
        mug,Big Mug,\"<p>Holds a <b>pint</b>.</p>\n<ul><li>Stoneware</li></ul>\",Acme,Kitchen > Tableware,Color,Blue,Size,Large,\
        MUG-BL,5,12.00,https://images.example.com/mug.jpg,active\n\
        mug,,,,,,Red,,Large,MUG-RL,0,12.50,,\n\
        mug,,,,,,,,,,,,https://images.example.com/mug-2.jpg,\n\
        tray,Tray,,Acme,Kitchen,Title,Default Title,,,TRAY,3,20,,active\n\
        draft,Draft,,Acme,Kitchen,Title,Default Title,,,DRAFT,3,20,,draft\n";
    let report = import_into(&store, "products_export.csv", csv).await;
    assert_eq!((report.imported, report.skipped, problems(&report)), (3, 2, vec![]));
    let mugs = all(&store).await;
    let (blue, red, tray) = (&mugs[0].product, &mugs[1].product, &mugs[2].product);
    assert_eq!(
        (blue.title.as_str(), red.title.as_str(), tray.title.as_str()),
        ("Big Mug - Blue / Large", "Big Mug - Red / Large", "Tray")
    );
    assert_eq!((blue.stock, red.stock, red.price.minor()), (5, 0, 1250));
    for mug in [blue, red] {
        assert_eq!(mug.description, "Holds a pint. Stoneware");
        assert_eq!(
            (mug.brand.as_deref(), mug.category.as_slice()),
            (Some("Acme"), ["Kitchen".into(), "Tableware".into()].as_slice())
        );
    }
    assert_eq!(red.attributes, [("colour".to_owned(), "Red".to_owned()), ("size".to_owned(), "Large".to_owned())]);
    assert_eq!(tray.attributes, []);
}

#[tokio::test]
async fn a_woocommerce_export() {
    let store = Store::scratch().await.unwrap();
    let csv = "ID,Type,SKU,Name,Published,\"Short description\",Description,\"In stock?\",Stock,\"Sale price\",\"Regular price\",\
        Categories,Images,Brands,\"Attribute 1 name\",\"Attribute 1 value(s)\"\n\
        11,simple,TEA-1,Green Tea,1,Short,<p>Long &amp; leafy.</p>,1,12,3.99,4.99,\"Grocery > Tea, Sale\",\
        \"https://images.example.com/a.jpg, https://images.example.com/b.jpg\",Umber,Size,20\n\
        12,variable,HAT,Hat,1,,,1,,,,Clothing,,Atlas,Color,\"Black, Grey\"\n\
        13,variation,HAT-B,Hat - Black,1,,,0,,,15,,,,Color,Black\n\
        14,simple,,No Own Sku,1,,,1,,,7,,,,,\n";
    let report = import_into(&store, "wc.csv", csv).await;
    assert_eq!((report.imported, report.skipped, problems(&report)), (3, 1, vec![]));
    let found = all(&store).await;
    let by = |sku: &str| &found.iter().find(|i| i.product.sku.as_str() == sku).unwrap().product;
    let tea = by("TEA-1");
    assert_eq!((tea.price.minor(), tea.stock, tea.description.as_str()), (399, 12, "Long & leafy."));
    assert_eq!(tea.category, ["Grocery", "Tea"]);
    assert_eq!(tea.image.as_deref(), Some("https://images.example.com/a.jpg"));
    assert_eq!(by("HAT-B").stock, 0);
    assert_eq!(by("14").title, "No Own Sku");
}

#[tokio::test]
async fn the_catalogue_goes_out_and_comes_back_whole() {
    let clock = FixedClock::new(Timestamp::UNIX_EPOCH);
    let store = Store::scratch().await.unwrap();
    let loaded = sample::load(&store, clock.as_ref()).await.unwrap().unwrap();
    assert!(loaded.products >= 850 && loaded.orders >= 300 && loaded.customers == 25);
    let before = all(&store).await;
    assert_eq!(before.len(), loaded.products);
    for (format, name) in [(Format::Csv, "out.csv"), (Format::JsonLines, "out.jsonl")] {
        let mut out = Vec::new();
        assert_eq!(import::export_catalog(&store, format, &mut out).await.unwrap(), before.len());
        let copy = Store::scratch().await.unwrap();
        let report = import_into(&copy, name, &out).await;
        assert_eq!(problems(&report), []);
        assert!(all(&copy).await == before, "{name}");
    }
}

#[tokio::test]
async fn a_large_file_tells_how_far_it_is() {
    let store = Store::scratch().await.unwrap();
    let rows: String = (0..1_700).map(|n| format!("P-{n},Product number {n},{n}.25\n")).collect();
    let (_folder, path) = file("large.csv", format!("id,title,price\n{rows}"));
    let seen = Mutex::new(Vec::new());
    let report = import::catalog(&path, &store, Currency::USD, &|p| seen.lock().unwrap().push(p)).await.unwrap();
    assert_eq!(report.imported, 1_700);
    let seen = seen.into_inner().unwrap();
    assert!(seen.len() >= 4 && seen.windows(2).all(|p| p[0].done <= p[1].done), "{seen:?}");
    assert_eq!(seen.last().map(|p| p.done), seen.last().map(|p| p.of));
}

#[tokio::test]
async fn what_is_no_catalogue_is_refused_whole() {
    let store = Store::scratch().await.unwrap();
    for (name, bytes) in [("a.csv", &b""[..]), ("b.png", b"\x89PNG\r\n\x1a\n\0\0\0"), ("c.json", b"[{\"id\":\"1\"}]")] {
        let (_folder, path) = file(name, bytes);
        let refused = import::catalog(&path, &store, Currency::USD, &|_| ()).await.unwrap_err().to_string();
        assert!(refused.contains(name), "{refused}");
    }
    let missing = std::path::Path::new("no/such/file.csv");
    let refused = import::catalog(missing, &store, Currency::USD, &|_| ()).await.unwrap_err().to_string();
    assert!(refused.contains("no/such/file.csv"), "{refused}");
}

#[tokio::test]
async fn customers_and_orders() {
    let clock = FixedClock::new("2026-11-25T10:00:00Z".parse().unwrap());
    let store = Store::scratch().await.unwrap();
    import_into(&store, "a.csv", "id,title,price\nTEA,Acme Tea,3.50\n").await;
    let (_a, customers) = file(
        "customers.jsonl",
        "{\"id\":\"zoe\",\"name\":\"Zoe\",\"identities\":[\"api:zoe\"]}\n{\"id\":\"two words\"}\n{\"name\":\"Nobody\"}\n",
    );
    let report = import::customers(&customers, &store, clock.as_ref()).await.unwrap();
    assert_eq!((report.imported, report.problems.iter().map(|p| p.line).collect::<Vec<_>>()), (1, vec![2, 3]));

    let good = "{\"number\":\"4711\",\"customer\":\"zoe\",\"placed_at\":\"-3dT10:30\",\"status\":\"shipped\",\
        \"lines\":[{\"sku\":\"TEA\",\"quantity\":2}],\"parcels\":[{\"status\":\"shipped\",\"carrier\":\"Swift\",\
        \"tracking_number\":\"S1\",\"contents\":[\"TEA\"],\"expected\":\"+1d\",\"promised\":\"0d\"}]}";
    let bad = [
        good.replace("TEA", "GONE"),
        good.replace("zoe", "nobody"),
        good.replace("-3dT10:30", "recently"),
        good.replace("4711", "1"),
        good.replace("\"shipped\",\"lines\"", "\"lost\",\"lines\""),
        good.replace("\"quantity\":2", "\"quantity\":0"),
        good.replace("[{\"sku\":\"TEA\",\"quantity\":2}]", "[]"),
        "{".to_owned(),
    ];
    // twice the same file: an imported order is replaced
    for _ in 0..2 {
        let (_b, orders) = file("orders.jsonl", format!("{good}\n{}\n{good}\n", bad.join("\n")));
        let report = import::orders(&orders, &store, clock.as_ref()).await.unwrap();
        assert_eq!(report.imported, 1);
        assert_eq!(report.problems.iter().map(|p| p.line).collect::<Vec<_>>(), (2..=10).collect::<Vec<_>>());
    }
    let who = Customers::new(store.clone(), clock.clone(), std::sync::Arc::new(voicecart::clock::RandomIds));
    let zoe = who.resolve("api:zoe").await.unwrap();
    assert_eq!(who.name(&zoe).await.unwrap().as_deref(), Some("Zoe"));
    let kept = who.export(&zoe).await.unwrap();
    assert_eq!(kept["orders"].as_array().unwrap().len(), 1);
    assert_eq!(kept["orders"][0]["placed_at"], "2026-11-22T10:30:00Z");
    assert_eq!(kept["orders"][0]["parcels"][0]["expected"], "2026-11-26");

    // a stranger becomes a guest, the same one the next time
    let guest = who.resolve("alexa:user:somebody").await.unwrap();
    assert!(guest.as_str().starts_with("guest-") && guest == who.resolve("alexa:user:somebody").await.unwrap());
    who.link("alexa:user:somebody", &zoe).await.unwrap();
    assert_eq!(who.resolve("alexa:user:somebody").await.unwrap(), zoe);

    let erased = who.erase(&zoe).await.unwrap().unwrap();
    assert!(erased.kept.iter().any(|k| k.what.starts_with("orders") && k.count > 0), "{erased:?}");
    assert!(!who.exists(&zoe).await.unwrap() && who.erase(&zoe).await.unwrap().is_none());
    assert_ne!(who.resolve("api:zoe").await.unwrap(), zoe);
    assert_eq!(who.export(&zoe).await.unwrap()["orders"].as_array().unwrap().len(), 0);
    let orders: i64 = sql::query_scalar("SELECT count(*) FROM orders").fetch_one(store.reader()).await.unwrap();
    assert_eq!(orders, 1, "the merchant's books keep the order");
}

#[tokio::test]
async fn the_sample_is_broad_and_sound() {
    let clock = FixedClock::new("2026-11-25T10:00:00Z".parse().unwrap());
    let store = Store::scratch().await.unwrap();
    sample::load(&store, clock.as_ref()).await.unwrap().unwrap();
    assert_eq!(sample::load(&store, clock.as_ref()).await.unwrap(), None, "a shop with products is left alone");
    let items = all(&store).await;
    let departments: std::collections::BTreeSet<_> = items.iter().map(|i| i.product.category[0].clone()).collect();
    let brands: std::collections::BTreeSet<_> = items.iter().filter_map(|i| i.product.brand.clone()).collect();
    assert!(departments.len() >= 15 && brands.len() >= 41, "{} {}", departments.len(), brands.len());
    let (out, few) = (
        items.iter().filter(|i| i.product.stock == 0).count(),
        items.iter().filter(|i| (1..=3).contains(&i.product.stock)).count(),
    );
    assert!(out > 10 && few > 10, "{out} {few}");
    let names: std::collections::BTreeSet<_> = items.iter().map(|i| i.product.spoken_name.as_str()).collect();
    assert_eq!(names.len(), items.len(), "two products are called the same");
    assert!(items.iter().all(|i| i.product.spoken_name.split(' ').count() <= 8));
    let statuses: Vec<String> =
        sql::query_scalar("SELECT DISTINCT status FROM orders").fetch_all(store.reader()).await.unwrap();
    assert_eq!(statuses.len(), 8, "{statuses:?}");
    let ada = CustomerId::new(sample::CUSTOMER).unwrap();
    let mine: i64 = sql::query_scalar("SELECT count(*) FROM orders WHERE customer_id = ?1")
        .bind(ada.as_str())
        .fetch_one(store.reader())
        .await
        .unwrap();
    assert!(mine >= 20);
}
