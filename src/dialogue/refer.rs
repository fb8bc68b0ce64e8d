//! Reference: which product is "it", "the second one", "the last one". Refuses to guess: no referent is `None`.

use super::session::{Results, Session};
use crate::shop::Product;

/// What a shopper pointed at.
#[derive(Debug, PartialEq)]
pub enum Referent {
    Product(Box<Product>),
    /// A place that the list read out does not have; it has this many.
    NoSuchPlace(u32),
    /// Nothing was spoken of that "it" could be.
    Nothing,
}

/// The product at a spoken place; without one, the product last spoken of.
pub fn resolve(session: &Session, place: Option<i64>) -> Referent {
    match (place, &session.results) {
        (Some(n), Some(results)) => match at(results, n) {
            Some(product) => Referent::Product(Box::new(product.clone())),
            None => Referent::NoSuchPlace(results.page.len() as u32),
        },
        (Some(_), None) => Referent::NoSuchPlace(0),
        (None, results) => {
            let only = results.as_ref().filter(|r| r.page.len() == 1).and_then(|r| r.page.first());
            match session.product.as_ref().or(only) {
                Some(product) => Referent::Product(Box::new(product.clone())),
                None => Referent::Nothing,
            }
        }
    }
}

/// "The fifth one" counts from the first result of all; "the second one" on the second page may count from its top.
/// The number read out wins, the place on the page is the second guess.
fn at(results: &Results, n: i64) -> Option<&Product> {
    if n == -1 {
        return results.page.last();
    }
    let n = usize::try_from(n).ok().filter(|n| *n > 0)?;
    let offset = results.search.offset as usize;
    let absolute = n.checked_sub(offset + 1).and_then(|i| results.page.get(i));
    absolute.or_else(|| results.page.get(n - 1))
}
