//! The shopping list, and what was saved for later: wanted, but not in the basket. Reserves and prices nothing.

use super::{Asked, basket, products, rows, wants};
use crate::shop::resemblance::Likeness;
use crate::shop::{Amount, Catalogue, Missing, Outcome, Quantity, Shelf, ShelfItem, ShopError, Sku, Want, Why};
use crate::store::{Connection, sql};

pub async fn show(db: &mut Connection, shelf: Shelf, asked: &Asked<'_>) -> Result<Outcome, ShopError> {
    let items = items(db, shelf, asked).await?;
    Ok(if items.is_empty() { Outcome::ShelfEmpty { shelf } } else { Outcome::Shelf { shelf, items } })
}

/// Writes things down as they were said; the same thing again adds up.
pub async fn write(
    db: &mut Connection,
    catalogue: &Catalogue,
    wanted: Vec<Want>,
    asked: &Asked<'_>,
) -> Result<Outcome, ShopError> {
    let mut written = Vec::with_capacity(wanted.len());
    for want in wants::whole_names(db, catalogue, wanted).await? {
        written
            .push(put(db, Shelf::List, ShelfItem { name: want.words, amount: want.amount, sku: None }, asked).await?);
    }
    let count = items(db, Shelf::List, asked).await?.len() as u32;
    Ok(Outcome::PutOnList { items: written, count })
}

/// Moves a line of the basket to the saved things.
pub async fn save(db: &mut Connection, what: &str, asked: &Asked<'_>) -> Result<Outcome, ShopError> {
    let line = match basket::find(db, what, asked).await? {
        Ok(line) => line,
        Err(spoken_name) => return Ok(Outcome::NotInBasket { spoken_name }),
    };
    let item = ShelfItem {
        name: line.product.spoken_name.clone(),
        amount: Amount::Count(line.quantity),
        sku: Some(line.product.sku.clone()),
    };
    put(db, Shelf::Saved, item, asked).await?;
    basket::take_out(db, &line.product.sku, Quantity::MAX, asked).await?;
    let basket_count = basket::count(db, asked).await?;
    Ok(Outcome::SavedForLater { spoken_name: line.product.spoken_name, basket_count })
}

/// Crosses one thing off, or everything.
pub async fn take_off(
    db: &mut Connection,
    shelf: Shelf,
    what: Option<String>,
    asked: &Asked<'_>,
) -> Result<Outcome, ShopError> {
    let there = items(db, shelf, asked).await?;
    if there.is_empty() {
        return Ok(Outcome::ShelfEmpty { shelf });
    }
    let Some(words) = what else {
        for item in &there {
            cross_off(db, shelf, &item.name, asked).await?;
        }
        return Ok(Outcome::ShelfCleared { shelf });
    };
    let Some(item) = meant(&words, &there) else { return Ok(Outcome::NotOnShelf { shelf, words }) };
    cross_off(db, shelf, &item.name, asked).await?;
    Ok(Outcome::TakenOffShelf { shelf, name: item.name.clone(), left: there.len() as u32 - 1 })
}

/// Puts one thing, or all that can be had, into the basket. What cannot be had stays, and is named.
pub async fn to_basket(
    db: &mut Connection,
    catalogue: &Catalogue,
    shelf: Shelf,
    what: Option<String>,
    asked: &Asked<'_>,
) -> Result<Outcome, ShopError> {
    let there = items(db, shelf, asked).await?;
    if there.is_empty() {
        return Ok(Outcome::ShelfEmpty { shelf });
    }
    let moving = match what {
        None => there,
        Some(words) => match meant(&words, &there) {
            Some(item) => vec![item.clone()],
            None => return Ok(Outcome::NotOnShelf { shelf, words }),
        },
    };
    let (mut lines, mut left) = (Vec::new(), Vec::new());
    for item in moving {
        let found = match products_of(db, catalogue, &item, asked).await? {
            Ok(added) => {
                let (room, short) = basket::with_room(db, vec![added], asked).await?;
                basket::put(db, &room, asked).await?;
                lines.extend(room);
                short
            }
            Err(missing) => vec![missing],
        };
        if found.is_empty() {
            cross_off(db, shelf, &item.name, asked).await?;
        }
        left.extend(found);
    }
    if lines.is_empty() {
        return Ok(Outcome::CannotAddAll { can: lines, cannot: left });
    }
    let basket_total = basket::total_of(db, asked).await?;
    Ok(Outcome::AddedEach { lines, basket_total, moved: Some(shelf), left })
}

async fn products_of(
    db: &mut Connection,
    catalogue: &Catalogue,
    item: &ShelfItem,
    asked: &Asked<'_>,
) -> Result<wants::Resolved, ShopError> {
    let missing = |why| Err(Missing { name: item.name.clone(), why });
    match &item.sku {
        None => {
            let want = Want { words: item.name.clone(), amount: item.amount, joined: false };
            wants::resolve(db, catalogue, &want, asked).await
        }
        Some(sku) => match products::by_sku(db, sku).await? {
            None => Ok(missing(Why::NotFound)),
            Some(product) if product.stock == 0 => Ok(missing(Why::OutOfStock)),
            Some(product) => wants::priced(product, item.amount),
        },
    }
}

async fn items(db: &mut Connection, shelf: Shelf, asked: &Asked<'_>) -> Result<Vec<ShelfItem>, ShopError> {
    let found = sql::query(
        "SELECT name, amount, sku FROM shelf_items WHERE customer_id = ?1 AND shelf = ?2 ORDER BY added_at, name",
    )
    .bind(asked.customer.as_str())
    .bind(rows::name_of(&shelf)?)
    .fetch_all(db)
    .await?;
    found
        .iter()
        .map(|row| {
            let name: String = row.try_get("name")?;
            let sku: Option<String> = row.try_get("sku")?;
            Ok(ShelfItem {
                amount: rows::json(&name, row.try_get("amount")?)?,
                sku: sku.map(|s| Sku::new(&s).map_err(|e| rows::damaged(&s, e))).transpose()?,
                name,
            })
        })
        .collect()
}

/// Puts an item on the shelf, joined with the one of the same name; the item as it is there now.
async fn put(db: &mut Connection, shelf: Shelf, item: ShelfItem, asked: &Asked<'_>) -> Result<ShelfItem, ShopError> {
    let there = items(db, shelf, asked).await?;
    let before = there.into_iter().find(|i| i.name == item.name);
    let amount = match (before.map(|b| b.amount), item.amount) {
        (Some(Amount::Count(a)), Amount::Count(b)) => {
            Amount::Count(Quantity::new((a.get() + b.get()).min(Quantity::MAX)).unwrap_or(b))
        }
        (Some(Amount::Pieces(a)), Amount::Pieces(b)) => Amount::Pieces(a.saturating_add(b)),
        (_, amount) => amount,
    };
    // Things of one breath keep their order.
    sql::query(
        "INSERT INTO shelf_items (customer_id, shelf, name, amount, sku, added_at) VALUES (?1, ?2, ?3, ?4, ?5,
                 (SELECT max(at) FROM (SELECT ?6 AS at UNION ALL
                  SELECT added_at + 1 FROM shelf_items WHERE customer_id = ?1) AS later))
         ON CONFLICT (customer_id, shelf, name) DO UPDATE SET amount = excluded.amount, sku = excluded.sku",
    )
    .bind(asked.customer.as_str())
    .bind(rows::name_of(&shelf)?)
    .bind(&item.name)
    .bind(rows::to_json(&amount)?)
    .bind(item.sku.as_ref().map(Sku::as_str))
    .bind(asked.now.as_millisecond())
    .execute(db)
    .await?;
    Ok(item)
}

async fn cross_off(db: &mut Connection, shelf: Shelf, name: &str, asked: &Asked<'_>) -> Result<(), ShopError> {
    sql::query("DELETE FROM shelf_items WHERE customer_id = ?1 AND shelf = ?2 AND name = ?3")
        .bind(asked.customer.as_str())
        .bind(rows::name_of(&shelf)?)
        .bind(name)
        .execute(db)
        .await?;
    Ok(())
}

fn meant<'a>(words: &str, items: &'a [ShelfItem]) -> Option<&'a ShelfItem> {
    let likeness = Likeness::of(words);
    let best = items.iter().map(|i| (likeness.to(&i.name, ""), i)).max_by(|a, b| a.0.total_cmp(&b.0))?;
    (best.0 >= Likeness::ENOUGH).then_some(best.1)
}
