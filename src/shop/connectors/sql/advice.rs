//! Questions before buying, answered from the tables and the merchant's pages.

use super::{Asked, finding, products};
use crate::shop::advice::{Advice, Advise, Pick};
use crate::shop::compare::compare;
use crate::shop::faq::Faq;
use crate::shop::{Catalogue, Outcome, Product, ShopError, Sku, facts};
use crate::store::Connection;

pub async fn advise(
    db: &mut Connection,
    catalogue: &Catalogue,
    faq: &Faq,
    what: Advise,
    asked: &Asked<'_>,
) -> Result<Outcome, ShopError> {
    Ok(Outcome::Advised(match what {
        Advise::Policy { question, ask } => match faq.answer(&question, ask) {
            Some(answer) => Advice::Policy(answer),
            None => Advice::NoPolicy { ask },
        },
        Advise::Product { sku, question } => match products::by_sku(db, &sku).await? {
            Some(product) => {
                let fact = facts::answer(&product, &question);
                Advice::Fact { product: Box::new(product), question, fact }
            }
            None => return Ok(Outcome::NoSuchProduct { words: sku.to_string() }),
        },
        Advise::Compare { left, right, need } => {
            let (version, _) = finding::bought_before(db, asked).await?;
            catalogue.follow(version);
            let (left, right) = match (find(db, catalogue, &left).await?, find(db, catalogue, &right).await?) {
                (Some(left), Some(right)) => (left, right),
                (None, _) => return Ok(Outcome::NoSuchProduct { words: words(left) }),
                (_, None) => return Ok(Outcome::NoSuchProduct { words: words(right) }),
            };
            if left.sku == right.sku {
                Advice::NothingToCompare
            } else {
                Advice::Compared(Box::new(compare(left, right, need)))
            }
        }
    }))
}

async fn find(db: &mut Connection, catalogue: &Catalogue, pick: &Pick) -> Result<Option<Product>, ShopError> {
    let sku = match pick {
        Pick::Sku(sku) => Some(sku.clone()),
        Pick::Words(words) => finding::skus(catalogue, words).into_iter().next().and_then(|s| Sku::new(&s).ok()),
    };
    match sku {
        Some(sku) => products::by_sku(db, &sku).await,
        None => Ok(None),
    }
}

fn words(pick: Pick) -> String {
    match pick {
        Pick::Sku(sku) => sku.to_string(),
        Pick::Words(words) => words,
    }
}
