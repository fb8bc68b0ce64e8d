//! The documents: a kind of screen in, its APL document out, with what it shares with the others. Read once.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::{Map, Value};

use crate::reply::screen::Kind;

const SHARED: &str = include_str!("shared.json");
const LIST: &str = include_str!("list.json");
const PRODUCT: &str = include_str!("product.json");
const BASKET: &str = include_str!("basket.json");
const ORDER: &str = include_str!("order.json");
const CHECKOUT: &str = include_str!("checkout.json");

/// The document for a kind of screen; none where the file is no document, which a test rules out.
pub fn of(kind: Kind) -> Option<&'static Value> {
    static ALL: LazyLock<[Option<Value>; 5]> =
        LazyLock::new(|| [LIST, PRODUCT, BASKET, ORDER, CHECKOUT].map(|own| whole(own, SHARED)));
    let [list, product, basket, order, checkout] = &*ALL;
    match kind {
        Kind::Card | Kind::Results => list,
        Kind::Product => product,
        Kind::Basket => basket,
        Kind::Order => order,
        Kind::Checkout => checkout,
    }
    .as_ref()
}

/// A document with the shared resources and those layouts that it uses, and that these use.
fn whole(own: &str, shared: &str) -> Option<Value> {
    let mut document: Value = serde_json::from_str(own).ok()?;
    let mut shared: Value = serde_json::from_str(shared).ok()?;
    let known = shared["layouts"].as_object()?;
    let mut wanted = BTreeSet::new();
    types(&document, &mut wanted);
    let mut layouts = Map::new();
    while let Some(name) = wanted.pop_first() {
        let Some(layout) = known.get(&name).filter(|_| !layouts.contains_key(&name)) else { continue };
        types(layout, &mut wanted);
        layouts.insert(name, layout.clone());
    }
    document["layouts"] = layouts.into();
    document["resources"] = shared["resources"].take();
    // For whoever reads the files; a response has little room.
    forget(&mut document, "description");
    Some(document)
}

fn types(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("type").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|v| types(v, found));
        }
        Value::Array(items) => items.iter().for_each(|v| types(v, found)),
        _ => {}
    }
}

fn forget(value: &mut Value, name: &str) {
    match value {
        Value::Object(members) => {
            members.remove(name);
            members.values_mut().for_each(|v| forget(v, name));
        }
        Value::Array(items) => items.iter_mut().for_each(|v| forget(v, name)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_document_that_leaves_room_for_the_answer() {
        for kind in [Kind::Card, Kind::Results, Kind::Product, Kind::Basket, Kind::Order, Kind::Checkout] {
            let document = of(kind).unwrap();
            let mut used = BTreeSet::new();
            types(document, &mut used);
            let layouts = document["layouts"].as_object().unwrap();
            assert!(layouts.keys().all(|l| used.contains(l)), "{kind:?} carries what it does not use");
            let size = document.to_string().len();
            assert!(size < 8_000, "{kind:?} has {size} bytes");
        }
    }
}
