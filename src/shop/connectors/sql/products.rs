//! The products table: read by SKU in a wanted order, written in bulk. Refuses to know where products come from.

use jiff::civil::Date;
use serde_json::json;

use super::rows;
use crate::shop::search::Indexed;
use crate::shop::{Product, ShopError, Sku};
use crate::store::{Connection, sql};

/// The products with these SKUs, in this order; unknown ones are left out.
pub async fn by_skus(db: &mut Connection, skus: &[Sku]) -> Result<Vec<Product>, ShopError> {
    if skus.is_empty() {
        return Ok(Vec::new());
    }
    let found = sql::query("SELECT p.* FROM json_each(?1) j JOIN products p ON p.sku = j.value ORDER BY j.key")
        .bind(rows::to_json(skus)?)
        .fetch_all(db)
        .await?;
    found.iter().map(rows::product).collect()
}

/// Nobody else sells these products until the transaction ends. In the order of their SKUs, so that two who want the same
/// things never wait for each other.
pub async fn hold(db: &mut Connection, skus: &[Sku]) -> Result<(), ShopError> {
    if db.is_shared() {
        let rows = "SELECT sku FROM products WHERE sku IN (SELECT value FROM json_each(?1)) ORDER BY sku FOR UPDATE";
        sql::query(rows).bind(rows::to_json(skus)?).fetch_all(db).await?;
    }
    Ok(())
}

pub async fn by_sku(db: &mut Connection, sku: &Sku) -> Result<Option<Product>, ShopError> {
    let found = sql::query("SELECT * FROM products WHERE sku = ?1").bind(sku.as_str()).fetch_optional(db).await?;
    found.as_ref().map(rows::product).transpose()
}

/// Up to `limit` entries whose SKU sorts after `after`: a way through the whole catalogue in small pieces.
pub async fn page(db: &mut Connection, after: &str, limit: u32) -> Result<Vec<Indexed>, ShopError> {
    let found = sql::query("SELECT * FROM products WHERE sku > ?1 ORDER BY sku LIMIT ?2")
        .bind(after)
        .bind(limit)
        .fetch_all(db)
        .await?;
    found
        .iter()
        .map(|row| {
            let product = rows::product(row)?;
            let released: Option<Date> = rows::date(product.sku.as_str(), row.try_get("released")?)?;
            Ok(Indexed { released, popularity: row.try_get("popularity")?, product })
        })
        .collect()
}

macro_rules! replacing {
    ($entries:literal) => {
        concat!(
            "INSERT INTO products (sku, title, spoken_name, description, brand, category, price, currency, stock,
                                   rating, rating_count, released, popularity, attributes, image) ",
            $entries,
            " ON CONFLICT (sku) DO UPDATE SET
                 title = excluded.title, spoken_name = excluded.spoken_name, description = excluded.description,
                 brand = excluded.brand, category = excluded.category, price = excluded.price,
                 currency = excluded.currency, stock = excluded.stock, rating = excluded.rating,
                 rating_count = excluded.rating_count, released = excluded.released,
                 popularity = excluded.popularity, attributes = excluded.attributes, image = excluded.image"
        )
    };
}

/// Adds the entries, replacing those whose SKU is known. One statement for all of them: each statement is a trip to the
/// database's own thread, and a first start makes thousands.
pub async fn put(db: &mut Connection, entries: &[Indexed]) -> Result<(), ShopError> {
    let rows: Vec<_> = entries
        .iter()
        .map(|Indexed { product: p, released, popularity }| {
            json!({
                "sku": p.sku, "title": p.title, "spoken_name": p.spoken_name, "description": p.description,
                "brand": p.brand, "category": p.category, "price": p.price.minor(),
                "currency": p.price.currency(), "stock": p.stock, "rating": p.rating.map(|(tenths, _)| tenths),
                "rating_count": p.rating.map_or(0, |(_, count)| count), "released": released,
                "popularity": popularity, "attributes": p.attributes, "image": p.image,
            })
        })
        .collect();
    sql::either(
        replacing!(
            "SELECT value->>'sku', value->>'title', value->>'spoken_name', value->>'description', value->>'brand',
                value->'category', value->>'price', value->>'currency', value->>'stock', value->>'rating',
                value->>'rating_count', value->>'released', value->>'popularity', value->'attributes', value->>'image'
             FROM json_each(?1) WHERE true"
        ),
        replacing!(
            "SELECT sku, title, spoken_name, description, brand, category, price, currency, stock,
                rating, rating_count, released, popularity, attributes, image
             FROM json_populate_recordset(NULL::products, CAST(?1 AS JSON))"
        ),
    )
    .bind(rows::to_json(&rows)?)
    .execute(db)
    .await?;
    Ok(())
}

/// Nobody else changes the catalogue in this way until the transaction ends.
pub async fn hold_catalogue(db: &mut Connection) -> Result<(), ShopError> {
    if db.is_shared() {
        // Filling a shop takes longer than anybody waits for a lock otherwise.
        sql::query("SET LOCAL lock_timeout = '60s'").execute(&mut *db).await?;
    }
    sql::for_update!("SELECT version FROM catalogue").fetch_one(db).await?;
    Ok(())
}

/// Tells everyone who indexes the catalogue that it has changed.
pub async fn touch(db: &mut Connection) -> Result<(), ShopError> {
    let random = "UPDATE catalogue SET version = random()";
    let wide = "UPDATE catalogue SET version = ('x' || translate(gen_random_uuid()::text, '-', ''))::bit(64)::bigint";
    sql::either(random, wide).execute(db).await?;
    Ok(())
}

/// Another random number with every change of the catalogue: even two databases never share one.
pub async fn version(db: &mut Connection) -> Result<i64, ShopError> {
    Ok(sql::query_scalar("SELECT version FROM catalogue").fetch_one(db).await?)
}

/// The currency the catalogue is priced in; none while it is empty.
pub async fn currency(db: &mut Connection) -> Result<Option<String>, ShopError> {
    Ok(sql::query_scalar("SELECT currency FROM products LIMIT 1").fetch_optional(db).await?)
}
