//! Questions before buying, answered from the tables and the merchant's pages.

use super::{Asked, finding, products};
use crate::shop::advice::{Advice, Advise, Pick};
use crate::shop::compare::compare;
use crate::shop::faq::Faq;
use crate::shop::substitute::best;
use crate::shop::{Catalogue, Outcome, Product, Search, ShopError, Sku, facts};
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
        Advise::Substitute { sku } => {
            let Some(missing) = products::by_sku(db, &sku).await? else {
                return Ok(Outcome::NoSuchProduct { words: sku.to_string() });
            };
            let (version, own) = finding::bought_before(db, asked).await?;
            catalogue.follow(version);
            let instead = substitute(db, catalogue, &missing, &own).await?;
            let instead = instead.map(|other| Box::new(compare(missing.clone(), other, None)));
            Advice::Substitute { missing: Box::new(missing), instead }
        }
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

/// Looked for among what the missing thing's own name finds, and among its kind.
async fn substitute(
    db: &mut Connection,
    catalogue: &Catalogue,
    missing: &Product,
    own: &[Sku],
) -> Result<Option<Product>, ShopError> {
    const LOOKED_AT: u32 = 50;
    let kind = missing.category.last().cloned().unwrap_or_default();
    let name =
        missing.brand.as_ref().map_or_else(|| missing.spoken_name.clone(), |b| missing.spoken_name.replace(b, ""));
    let mut skus: Vec<Sku> = Vec::new();
    for query in [name, kind] {
        let search = Search { query, limit: LOOKED_AT, ..Search::default() };
        for sku in catalogue.find(&search, own)?.skus {
            if !skus.contains(&sku) {
                skus.push(sku);
            }
        }
    }
    Ok(best(missing, products::by_skus(db, &skus).await?, own))
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
