//! Finding and describing products: the index names the SKUs, the table tells what they are now.

use super::recent::Own;
use super::{Asked, SqlShop, preferences, products, rows};
use crate::shop::{Catalogue, Outcome, Product, Search, ShopError, Sku, Sort, fit};
use crate::store::{Connection, sql};

pub async fn search(shop: &SqlShop, mut search: Search, asked: &Asked<'_>) -> Result<Outcome, ShopError> {
    search.limit = search.limit.clamp(1, 50);
    let (version, own, told) = own(shop, asked).await?;
    shop.catalogue.follow(version);
    // What fits the shopper is looked for a little further down than is read out, in one go, so that pages never overlap.
    let sorted = told.picks() && search.sort == Sort::Relevance && search.offset + search.limit <= fit::LOOKED_AT;
    let asked_for = match sorted {
        true => Search { offset: 0, limit: fit::LOOKED_AT, ..search.clone() },
        false => search.clone(),
    };
    let hits = shop.catalogue.find(&asked_for, &own)?;
    let mut products = known(shop, &hits.skus).await?;
    if sorted {
        fit::sort(&mut products, &told);
        products = products.into_iter().skip(search.offset as usize).take(search.limit as usize).collect();
    }
    // Stock moves between two builds of the index.
    products.retain(|p| !search.filters.in_stock || p.stock > 0);
    if products.is_empty() {
        return Ok(Outcome::NothingFound { search });
    }
    let first = products.first().filter(|_| search.offset == 0);
    let described = first.is_some_and(|best| shop.catalogue.only_described(&search.query, best));
    Ok(Outcome::Found { search, products, total: hits.total, relaxed: hits.relaxed, described })
}

async fn own(shop: &SqlShop, asked: &Asked<'_>) -> Result<Own, ShopError> {
    if let Some(own) = shop.recent.own.get(asked.customer) {
        return Ok(own);
    }
    let mut db = shop.read().await?;
    let (version, skus) = bought_before(&mut db, asked).await?;
    let own: Own = (version, skus.into(), preferences::of(&mut db, asked.customer).await?.into());
    shop.recent.own.insert(asked.customer.clone(), own.clone());
    Ok(own)
}

/// The products with these SKUs, in this order; unknown ones are left out.
async fn known(shop: &SqlShop, skus: &[Sku]) -> Result<Vec<Product>, ShopError> {
    let kept: Option<Vec<Product>> = skus.iter().map(|sku| shop.recent.products.get(sku)).collect();
    if let Some(products) = kept {
        return Ok(products);
    }
    let products = products::by_skus(&mut shop.read().await?, skus).await?;
    for product in &products {
        shop.recent.products.insert(product.sku.clone(), product.clone());
    }
    Ok(products)
}

pub async fn describe(db: &mut Connection, sku: &Sku, asked: &Asked<'_>) -> Result<Outcome, ShopError> {
    Ok(match products::by_sku(db, sku).await? {
        Some(product) => {
            let delivery = (product.stock > 0).then_some(asked.delivery);
            Outcome::Described { product: Box::new(product), delivery }
        }
        None => Outcome::NoSuchProduct { words: sku.to_string() },
    })
}

/// The SKUs that the words find in the whole catalogue, best first; none when the index fails.
pub fn skus(catalogue: &Catalogue, words: &str) -> Vec<String> {
    let search = Search { query: words.to_owned(), limit: 50, ..Search::default() };
    match catalogue.find(&search, &[]) {
        Ok(hits) => hits.skus.into_iter().map(String::from).collect(),
        Err(error) => {
            tracing::error!(%error, "the search index failed");
            Vec::new()
        }
    }
}

/// The version of the catalogue, and what the customer bought before, latest first: so many of the customer's own
/// products are preferred among equals.
pub async fn bought_before(db: &mut Connection, asked: &Asked<'_>) -> Result<(i64, Vec<Sku>), ShopError> {
    let found = sql::query(
        "SELECT version, (SELECT json_group_array(sku) FROM (
            SELECT l.sku FROM orders o JOIN order_lines l ON l.order_number = o.number
            WHERE o.customer_id = ?1 AND o.status NOT IN ('cancelled', 'returned')
            GROUP BY l.sku ORDER BY max(o.placed_at) DESC LIMIT 100) AS own) AS skus
         FROM catalogue",
    );
    let row = found.bind(asked.customer.as_str()).fetch_one(db).await?;
    Ok((row.try_get("version")?, rows::json("catalogue", row.try_get("skus")?)?))
}
