//! Things wanted by name: words and amounts in, products and quantities out, or why not. Adds several things at once,
//! all of them or none, so that nothing is ever half done.

use super::{Asked, basket, finding, products, quotes};
use crate::clock::Ids;
use crate::shop::{
    AddedLine, Amount, Catalogue, Filters, Line, Missing, Outcome, Product, Quantity, Search, ShopError, Sku, Want, Why,
};
use crate::store::{Connection, Transaction};
use crate::words::tokens::normalize;

/// Products looked at for one that comes in the number of pieces asked for.
const LOOKED_AT: u32 = 10;

/// A wanted thing as a line, or why it cannot be one.
pub type Resolved = Result<AddedLine, Missing>;

pub async fn add_each(
    db: &mut Connection,
    catalogue: &Catalogue,
    wants: Vec<Want>,
    asked: &Asked<'_>,
) -> Result<Outcome, ShopError> {
    let mut found = Vec::with_capacity(wants.len());
    for want in whole_names(db, catalogue, wants).await? {
        found.push(resolve(db, catalogue, &want, asked).await?);
    }
    add_all(db, found, asked).await
}

/// As [`add_each`], but makes an offer of them.
pub async fn quote_each(
    db: &mut Transaction,
    catalogue: &Catalogue,
    wants: Vec<Want>,
    ids: &dyn Ids,
    asked: &Asked<'_>,
) -> Result<Outcome, ShopError> {
    let mut found = Vec::with_capacity(wants.len());
    for want in whole_names(db, catalogue, wants).await? {
        found.push(resolve(db, catalogue, &want, asked).await?);
    }
    let (can, cannot) = apart(found)?;
    if !cannot.is_empty() {
        return Ok(Outcome::CannotAddAll { can, cannot });
    }
    let lines = can.into_iter().map(|l| Line { sku: l.line.product.sku, quantity: l.line.quantity }).collect();
    quotes::of_lines(db, lines, ids, asked).await
}

pub async fn add_lines(db: &mut Connection, lines: Vec<Line>, asked: &Asked<'_>) -> Result<Outcome, ShopError> {
    let mut found = Vec::with_capacity(lines.len());
    for line in lines {
        found.push(match products::by_sku(db, &line.sku).await? {
            Some(product) => Ok(AddedLine { line: basket::price(product, line.quantity)?, pieces: None }),
            None => Err(Missing { name: line.sku.to_string(), why: Why::NotFound }),
        });
    }
    add_all(db, found, asked).await
}

async fn add_all(db: &mut Connection, found: Vec<Resolved>, asked: &Asked<'_>) -> Result<Outcome, ShopError> {
    let (lines, mut cannot) = apart(found)?;
    let (can, short) = basket::with_room(db, lines, asked).await?;
    cannot.extend(short);
    if !cannot.is_empty() {
        return Ok(Outcome::CannotAddAll { can, cannot });
    }
    let basket_total = basket::put(db, &can, asked).await?;
    Ok(Outcome::AddedEach { lines: can, basket_total, moved: None, left: Vec::new() })
}

/// Lines, each product once, and what cannot be had.
pub fn apart(found: Vec<Resolved>) -> Result<(Vec<AddedLine>, Vec<Missing>), ShopError> {
    let (mut lines, mut cannot): (Vec<AddedLine>, Vec<Missing>) = (Vec::new(), Vec::new());
    for one in found {
        match one {
            Err(missing) => cannot.push(missing),
            Ok(added) => match lines.iter_mut().find(|l| l.line.product.sku == added.line.product.sku) {
                Some(there) => {
                    let sum = there.line.quantity.get() + added.line.quantity.get();
                    match Quantity::new(sum) {
                        Ok(quantity) => {
                            there.line = basket::price(added.line.product, quantity)?;
                            there.pieces = there.pieces.zip(added.pieces).map(|(a, b)| a + b);
                        }
                        Err(_) => cannot.push(Missing { name: added.line.product.spoken_name, why: Why::TooMany }),
                    }
                }
                None => lines.push(added),
            },
        }
    }
    Ok((lines, cannot))
}

/// "mac" and "cheese" become one want where the shop sells something of that name, and "milk bread" in a list becomes two
/// where it sells both and nothing of that name.
pub async fn whole_names(db: &mut Connection, catalogue: &Catalogue, wants: Vec<Want>) -> Result<Vec<Want>, ShopError> {
    let mut out: Vec<Want> = Vec::with_capacity(wants.len());
    for want in wants {
        if let Some(before) = out.last_mut().filter(|_| want.joined) {
            let both = format!("{} and {}", before.words, want.words);
            if is_name(db, catalogue, &both).await? {
                before.words = both;
                continue;
            }
        }
        out.push(want);
    }
    if out.len() < 2 {
        return Ok(out);
    }
    let mut named = Vec::with_capacity(out.len());
    for mut want in out {
        while let Some((first, rest)) = two_names(db, catalogue, &want.words).await? {
            named.push(Want { words: first, ..want.clone() });
            want = Want { words: rest, amount: Amount::Count(Quantity::ONE), joined: false };
        }
        named.push(want);
    }
    Ok(named)
}

/// Two names said one after the other, where no product has all the words: people who list things make no commas.
async fn two_names(
    db: &mut Connection,
    catalogue: &Catalogue,
    words: &str,
) -> Result<Option<(String, String)>, ShopError> {
    if !words.contains(' ') || !fitting(db, catalogue, words, false, &[]).await?.is_empty() {
        return Ok(None);
    }
    for (at, _) in words.match_indices(' ') {
        let (first, rest) = words.split_at(at);
        let rest = rest.trim_start();
        let more = rest.contains(' ') && fitting(db, catalogue, rest, false, &[]).await?.is_empty();
        if is_name(db, catalogue, first).await? && (more || is_name(db, catalogue, rest).await?) {
            return Ok(Some((first.to_owned(), rest.to_owned())));
        }
    }
    Ok(None)
}

/// Whether the best product for the words is called by them, up to its last word: "bread and butter" is no name of
/// bread and butter pickles.
async fn is_name(db: &mut Connection, catalogue: &Catalogue, words: &str) -> Result<bool, ShopError> {
    let search = Search { query: words.to_owned(), limit: 3, ..Search::default() };
    let hits = catalogue.find(&search, &[])?;
    if hits.relaxed {
        return Ok(false);
    }
    let said = normalize(words);
    let found = products::by_skus(db, &hits.skus).await?;
    Ok(found.iter().any(|p| {
        let name = normalize(&p.spoken_name.replace('&', " and "));
        name == said || name.ends_with(&format!(" {said}"))
    }))
}

/// The product that the words mean and how many of it.
pub async fn resolve(
    db: &mut Connection,
    catalogue: &Catalogue,
    want: &Want,
    asked: &Asked<'_>,
) -> Result<Resolved, ShopError> {
    let (_, own) = finding::bought_before(db, asked).await?;
    let missing = |name: &str, why| Ok(Err(Missing { name: name.to_owned(), why }));
    let on_hand = fitting(db, catalogue, &want.words, true, &own).await?;
    let Some(best) = on_hand.first() else {
        let gone = fitting(db, catalogue, &want.words, false, &own).await?;
        return match gone.first() {
            Some(product) => missing(&product.spoken_name, Why::OutOfStock),
            None => missing(&want.words, Why::NotFound),
        };
    };
    let fits = |p: &&Product| match (want.amount, p.pack()) {
        (Amount::Pieces(n), Some(pack)) => n % pack == 0,
        _ => false,
    };
    // Only of the same kind: eggs by the dozen, never noodles by the dozen.
    let product = on_hand.iter().filter(|p| p.category == best.category).find(fits).unwrap_or(best);
    priced(product.clone(), want.amount)
}

/// So much of this product, in the packs it is sold in.
pub fn priced(product: Product, amount: Amount) -> Result<Resolved, ShopError> {
    let (number, pieces) = match amount {
        Amount::Count(quantity) => (quantity.get(), None),
        Amount::Pieces(n) => match product.pack() {
            Some(pack) => {
                let packs = n.div_ceil(pack);
                (packs, packs.checked_mul(pack))
            }
            None => (n, None),
        },
    };
    Ok(match Quantity::new(number) {
        Ok(quantity) => Ok(AddedLine { line: basket::price(product, quantity)?, pieces }),
        Err(_) => Err(Missing { name: product.spoken_name, why: Why::TooMany }),
    })
}

/// Products that fit all the words, best first; none where only the nearest could be shown.
async fn fitting(
    db: &mut Connection,
    catalogue: &Catalogue,
    words: &str,
    in_stock: bool,
    own: &[Sku],
) -> Result<Vec<Product>, ShopError> {
    let filters = Filters { in_stock, ..Filters::default() };
    let search = Search { query: words.to_owned(), filters, limit: LOOKED_AT, ..Search::default() };
    let hits = catalogue.find(&search, own)?;
    if hits.relaxed {
        return Ok(Vec::new());
    }
    let mut products = products::by_skus(db, &hits.skus).await?;
    // Stock moves between two builds of the index.
    products.retain(|p| !in_stock || p.stock > 0);
    Ok(products)
}
