//! The customer's basket. Prices are today's whenever it is looked at; nothing is reserved.

use super::{Asked, products, rows};
use crate::shop::money::Currency;
use crate::shop::resemblance::Likeness;
use crate::shop::{AddedLine, Line, Missing, Money, Outcome, PricedLine, Product, Quantity, ShopError, Sku, Why};
use crate::store::{Connection, sql};

pub async fn show(db: &mut Connection, asked: &Asked<'_>) -> Result<Outcome, ShopError> {
    let lines = priced(db, asked).await?;
    if lines.is_empty() {
        return Ok(Outcome::BasketEmpty);
    }
    let total = total(&lines)?;
    Ok(Outcome::Basket { lines, total })
}

/// More of the same product joins the line that is there.
pub async fn add(db: &mut Connection, sku: &Sku, quantity: Quantity, asked: &Asked<'_>) -> Result<Outcome, ShopError> {
    let Some(product) = products::by_sku(db, sku).await? else {
        return Ok(Outcome::NoSuchProduct { words: sku.to_string() });
    };
    if product.stock == 0 {
        return Ok(Outcome::OutOfStock { products: vec![product] });
    }
    let there = lines(db, asked).await?.into_iter().find(|l| l.sku == *sku).map_or(0, |l| l.quantity.get());
    let wanted = there + quantity.get();
    let Ok(merged) = Quantity::new(wanted) else {
        return Ok(Outcome::ShortStock { product: Box::new(product), asked: quantity });
    };
    if wanted > product.stock {
        return Ok(Outcome::ShortStock { product: Box::new(product), asked: merged });
    }
    set(db, sku, merged, asked).await?;
    let basket = priced(db, asked).await?;
    let line = price(product, quantity)?;
    Ok(Outcome::Added { line, basket_total: total(&basket)?, basket_count: pieces(&basket) })
}

/// Makes it so many of what is there.
pub async fn change(
    db: &mut Connection,
    what: &str,
    quantity: Quantity,
    asked: &Asked<'_>,
) -> Result<Outcome, ShopError> {
    let line = match find(db, what, asked).await? {
        Ok(line) => line,
        Err(spoken_name) => return Ok(Outcome::NotInBasket { spoken_name }),
    };
    if quantity.get() > line.product.stock {
        return Ok(Outcome::ShortStock { product: Box::new(line.product), asked: quantity });
    }
    set(db, &line.product.sku, quantity, asked).await?;
    let line = price(line.product, quantity)?;
    Ok(Outcome::Changed { line, basket_total: total_of(db, asked).await? })
}

/// The lines that there is stock for beside what is in the basket already, and why not the others.
pub async fn with_room(
    db: &mut Connection,
    wanted: Vec<AddedLine>,
    asked: &Asked<'_>,
) -> Result<(Vec<AddedLine>, Vec<Missing>), ShopError> {
    let there = lines(db, asked).await?;
    let (mut room, mut short) = (Vec::new(), Vec::new());
    for added in wanted {
        let product = &added.line.product;
        let before = there.iter().find(|l| l.sku == product.sku).map_or(0, |l| l.quantity.get());
        let sum = before + added.line.quantity.get();
        let why = match product.stock {
            0 => Some(Why::OutOfStock),
            stock if sum > stock => Some(Why::Short(stock.saturating_sub(before))),
            _ if sum > Quantity::MAX => Some(Why::TooMany),
            _ => None,
        };
        match why {
            Some(why) => short.push(Missing { name: product.spoken_name.clone(), why }),
            None => room.push(added),
        }
    }
    Ok((room, short))
}

/// Adds lines that there is room for; the basket's total then.
pub async fn put(db: &mut Connection, added: &[AddedLine], asked: &Asked<'_>) -> Result<Money, ShopError> {
    let there = lines(db, asked).await?;
    for AddedLine { line, .. } in added {
        let before = there.iter().find(|l| l.sku == line.product.sku).map_or(0, |l| l.quantity.get());
        let sum =
            Quantity::new(before + line.quantity.get()).map_err(|e| rows::damaged(line.product.sku.as_str(), e))?;
        set(db, &line.product.sku, sum, asked).await?;
    }
    total_of(db, asked).await
}

async fn set(db: &mut Connection, sku: &Sku, quantity: Quantity, asked: &Asked<'_>) -> Result<(), ShopError> {
    // Things of one breath keep their order.
    sql::query(
        "INSERT INTO basket_lines (customer_id, sku, quantity, added_at)
         VALUES (?1, ?2, ?3, (SELECT max(at) FROM (SELECT ?4 AS at UNION ALL
                              SELECT added_at + 1 FROM basket_lines WHERE customer_id = ?1) AS later))
         ON CONFLICT (customer_id, sku) DO UPDATE SET quantity = excluded.quantity",
    )
    .bind(asked.customer.as_str())
    .bind(sku.as_str())
    .bind(quantity.get())
    .bind(asked.now.as_millisecond())
    .execute(db)
    .await?;
    Ok(())
}

/// The line that is meant, or what to call the thing that is not there. `what` is a SKU, or words.
pub async fn find(db: &mut Connection, what: &str, asked: &Asked<'_>) -> Result<Result<PricedLine, String>, ShopError> {
    let basket = priced(db, asked).await?;
    if let Some(line) = meant(what, &basket) {
        return Ok(Ok(line.clone()));
    }
    let known = match Sku::new(what) {
        Ok(sku) => products::by_sku(db, &sku).await?,
        Err(_) => None,
    };
    Ok(Err(known.map_or_else(|| what.to_owned(), |p| p.spoken_name)))
}

/// `what` is a SKU, or words for something in the basket; all of it goes where no quantity is said.
pub async fn remove(
    db: &mut Connection,
    what: &str,
    quantity: Option<Quantity>,
    asked: &Asked<'_>,
) -> Result<Outcome, ShopError> {
    let line = match find(db, what, asked).await? {
        Ok(line) => line,
        Err(spoken_name) => return Ok(Outcome::NotInBasket { spoken_name }),
    };
    let pieces = quantity.map_or(Quantity::MAX, Quantity::get);
    take_out(db, &line.product.sku, pieces, asked).await?;
    if let Ok(left) = Quantity::new(line.quantity.get().saturating_sub(pieces)) {
        let line = price(line.product, left)?;
        return Ok(Outcome::Changed { line, basket_total: total_of(db, asked).await? });
    }
    Ok(Outcome::Removed { spoken_name: line.product.spoken_name, basket_count: count(db, asked).await? })
}

pub async fn empty(db: &mut Connection, asked: &Asked<'_>) -> Result<Outcome, ShopError> {
    let gone = sql::query("DELETE FROM basket_lines WHERE customer_id = ?1")
        .bind(asked.customer.as_str())
        .execute(db)
        .await?
        .rows_affected();
    Ok(if gone == 0 { Outcome::BasketEmpty } else { Outcome::BasketEmptied })
}

/// What is in the basket, in the order it was put there.
pub async fn lines(db: &mut Connection, asked: &Asked<'_>) -> Result<Vec<Line>, ShopError> {
    let found = sql::query("SELECT sku, quantity FROM basket_lines WHERE customer_id = ?1 ORDER BY added_at, sku")
        .bind(asked.customer.as_str())
        .fetch_all(db)
        .await?;
    found
        .iter()
        .map(|row| {
            let sku: String = row.try_get("sku")?;
            let quantity = rows::quantity(&sku, row.try_get("quantity")?)?;
            Ok(Line { sku: Sku::new(&sku).map_err(|e| rows::damaged(&sku, e))?, quantity })
        })
        .collect()
}

/// Takes so many pieces of the product out; the line goes with its last piece.
pub async fn take_out(db: &mut Connection, sku: &Sku, pieces: u32, asked: &Asked<'_>) -> Result<(), ShopError> {
    sql::query("DELETE FROM basket_lines WHERE customer_id = ?1 AND sku = ?2 AND quantity <= ?3")
        .bind(asked.customer.as_str())
        .bind(sku.as_str())
        .bind(pieces)
        .execute(&mut *db)
        .await?;
    sql::query("UPDATE basket_lines SET quantity = quantity - ?3 WHERE customer_id = ?1 AND sku = ?2")
        .bind(asked.customer.as_str())
        .bind(sku.as_str())
        .bind(pieces)
        .execute(&mut *db)
        .await?;
    Ok(())
}

/// A line at today's price.
pub fn price(product: Product, quantity: Quantity) -> Result<PricedLine, ShopError> {
    let line_total = product.price.times(quantity.get()).map_err(|e| rows::damaged(product.sku.as_str(), e))?;
    Ok(PricedLine { product, quantity, line_total })
}

/// The sum of the lines; nothing of no currency in particular when there are none.
pub fn total(lines: &[PricedLine]) -> Result<Money, ShopError> {
    let mut amounts = lines.iter().map(|l| l.line_total);
    let first = amounts.next().unwrap_or(Money::new(0, Currency::USD));
    amounts.try_fold(first, Money::plus).map_err(|e| rows::damaged("the total", e))
}

async fn priced(db: &mut Connection, asked: &Asked<'_>) -> Result<Vec<PricedLine>, ShopError> {
    let lines = lines(db, asked).await?;
    let skus: Vec<Sku> = lines.iter().map(|l| l.sku.clone()).collect();
    let mut products = products::by_skus(db, &skus).await?;
    // A product taken out of the catalogue silently leaves the baskets it was in.
    lines
        .iter()
        .filter_map(|line| {
            let at = products.iter().position(|p| p.sku == line.sku)?;
            Some(price(products.swap_remove(at), line.quantity))
        })
        .collect()
}

/// How many pieces are in the basket.
pub async fn count(db: &mut Connection, asked: &Asked<'_>) -> Result<u32, ShopError> {
    Ok(pieces(&priced(db, asked).await?))
}

/// What the basket costs today.
pub async fn total_of(db: &mut Connection, asked: &Asked<'_>) -> Result<Money, ShopError> {
    total(&priced(db, asked).await?)
}

fn pieces(lines: &[PricedLine]) -> u32 {
    lines.iter().map(|l| l.quantity.get()).sum()
}

fn meant<'a>(what: &str, basket: &'a [PricedLine]) -> Option<&'a PricedLine> {
    if let Some(line) = basket.iter().find(|l| l.product.sku.as_str().eq_ignore_ascii_case(what)) {
        return Some(line);
    }
    let likeness = Likeness::of(what);
    let score = |l: &PricedLine| {
        let more = format!("{} {}", l.product.title, l.product.category.last().map_or("", String::as_str));
        likeness.to(&l.product.spoken_name, &more)
    };
    let best = basket.iter().map(|l| (score(l), l)).max_by(|a, b| a.0.total_cmp(&b.0))?;
    (best.0 >= Likeness::ENOUGH).then_some(best.1)
}
