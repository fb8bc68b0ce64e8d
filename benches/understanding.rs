//! How long the model takes to load, and a sentence to be read, with a shop of 10,000 names taught.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers outside #[test] functions too

use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, criterion_group, criterion_main};
use voicecart::language::{Expectation, Term, Understander, Utterance};

const SENTENCES: [&str; 8] = [
    "yes please",
    "find me running shoes under fifty dollars",
    "could you please add two bananas to my cart",
    "where is my order",
    "the second one",
    "do you have oil natural armands",
    "what did i buy last tuesday",
    "what is the capital of france",
];

fn names(count: usize) -> Vec<Term> {
    let makers = ["acme", "cedar", "lumen", "polar", "summit", "willow", "zephyr", "nova"];
    let traits =
        ["organic", "all natural", "large", "blue", "wireless", "unsalted", "stainless", "soft", "dark", "fresh"];
    let things = ["almonds", "kettle", "socks", "coffee", "lamp", "shampoo", "drill", "blanket", "mirror", "batteries"];
    (0..count)
        .map(|i| Term {
            kind: "Product".into(),
            id: i.to_string(),
            name: format!("{} {} {} {}", makers[i % 8], traits[i / 8 % 10], things[i / 80 % 10], i / 800),
        })
        .collect()
}

fn understanding(c: &mut Criterion) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("intents/en-US");
    let Ok(shop) = Understander::load(&folder) else {
        eprintln!("the model in {} cannot be read; nothing is measured", folder.display());
        return;
    };
    c.bench_function("load the model", |b| b.iter(|| Understander::load(black_box(&folder)).is_ok()));
    for count in [10_000, 100_000] {
        shop.teach(names(count));
        let today = jiff::civil::date(2026, 11, 22);
        let expect = Expectation::default();
        for said in SENTENCES {
            let Ok(words) = Utterance::new(said) else { continue };
            c.bench_function(&format!("{count} names: {said}"), |b| {
                b.iter(|| shop.read(black_box(&words), &expect, today));
            });
        }
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10).measurement_time(std::time::Duration::from_secs(2)).warm_up_time(std::time::Duration::from_millis(300));
    targets = understanding
}
criterion_main!(benches);
