//! Two products beside each other: what differs, from what the catalogue knows of both. Takes no side.

use serde::{Deserialize, Serialize};

use super::Product;
use super::facts::{self, Fact};

/// What differs between two products.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    pub left: Product,
    pub right: Product,
    /// Properties that both name and differ in, or that only one of them names; in catalogue order.
    pub differences: Vec<Difference>,
    /// What each is said to be good for, where that was asked: (need, left, right).
    pub need: Option<(String, Fact, Fact)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    pub name: String,
    pub left: Option<String>,
    pub right: Option<String>,
}

pub fn compare(left: Product, right: Product, need: Option<String>) -> Comparison {
    let of = |p: &Product, name: &str| {
        p.attributes.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
    };
    let mut differences: Vec<Difference> = Vec::new();
    for (name, _) in left.attributes.iter().chain(&right.attributes) {
        let (l, r) = (of(&left, name), of(&right, name));
        let same = match (&l, &r) {
            (Some(l), Some(r)) => l.eq_ignore_ascii_case(r),
            _ => false,
        };
        if !same && !differences.iter().any(|d| d.name.eq_ignore_ascii_case(name)) {
            differences.push(Difference { name: name.clone(), left: l, right: r });
        }
    }
    // What both have is what tells them apart best.
    differences.sort_by_key(|d| d.left.is_none() || d.right.is_none());
    let need = need.map(|need| {
        let (l, r) = (facts::suits(&left, &need), facts::suits(&right, &need));
        (need, l, r)
    });
    Comparison { left, right, differences, need }
}

#[cfg(test)]
mod tests {
    use super::super::facts::tests::product;
    use super::*;

    #[test]
    fn only_what_differs_is_told() {
        let a =
            product("road shoes", "Made for running.", &[("size", "nine"), ("material", "mesh"), ("colour", "red")]);
        let b = product("trail shoes", "Grips well.", &[("size", "Nine"), ("colour", "blue"), ("for", "men")]);
        let compared = compare(a, b, Some("running".into()));
        let told: Vec<_> = compared.differences.iter().map(|d| d.name.as_str()).collect();
        assert_eq!(told, ["colour", "material", "for"]);
        assert_eq!(compared.need, Some(("running".into(), Fact::Text("Made for running.".into()), Fact::Silent)));
    }
}
