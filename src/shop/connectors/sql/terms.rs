//! What an order costs beside its goods: delivery, tax, a coupon; and the address it goes to. Refuses to know lines.

use super::{Asked, rows, slots};
use crate::shop::resemblance::Likeness;
use crate::shop::{CouponRefusal, Discount, Extras, Money, Outcome, ShopError};
use crate::store::{Connection, sql};
use crate::words::numbers;
use crate::words::tokens::tokenize;

/// The merchant's terms, in minor units of the catalogue's currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// For each order.
    pub delivery: i64,
    /// Goods for so much are delivered free.
    pub free_from: Option<i64>,
    /// On goods after discount, in hundredths of a percent: 825 is 8.25 %.
    pub tax: u32,
    /// Days after its delivery in which a thing can be returned.
    pub return_days: u32,
}

impl Default for Terms {
    fn default() -> Self {
        Self { delivery: 0, free_from: None, tax: 0, return_days: 30 }
    }
}

/// What an offer has in place of an address that must be forgotten. No address is like it.
pub const NO_LONGER: &str = "";

/// The extras of an order for goods of this worth, and the total with them.
pub async fn of(db: &mut Connection, goods: Money, asked: &Asked<'_>) -> Result<(Extras, Money), ShopError> {
    let money = |minor: i64| Money::new(minor, goods.currency());
    let some = |minor: i64| (minor > 0).then(|| money(minor));
    let discount = discount(db, goods, asked).await?;
    let off = discount.as_ref().map_or(0, |d| d.amount.minor());
    let left = goods.minor() - off;
    let terms = asked.terms;
    let delivery = if terms.free_from.is_some_and(|from| left >= from) { 0 } else { terms.delivery };
    // Half a cent and more is rounded up, in whole numbers.
    let tax = (left * i64::from(terms.tax) + 5_000) / 10_000;
    let address =
        sql::query_scalar("SELECT line FROM addresses WHERE customer_id = ?1 ORDER BY chosen DESC, label LIMIT 1")
            .bind(asked.customer.as_str())
            .fetch_optional(db)
            .await?;
    let extras = Extras { delivery: some(delivery), tax: some(tax), discount, address, slot: None };
    Ok((extras, money(left + delivery + tax)))
}

/// Holds a coupon for the customer's next order.
pub async fn use_coupon(db: &mut Connection, said: &str, asked: &Asked<'_>) -> Result<Outcome, ShopError> {
    let code = code(said);
    let percent = match valid(db, &code, asked).await? {
        Ok((percent, _)) => percent,
        Err(why) => return Ok(Outcome::CouponRefused { code, why }),
    };
    sql::query(
        "INSERT INTO held_coupons (customer_id, code) VALUES (?1, ?2)
         ON CONFLICT (customer_id) DO UPDATE SET code = excluded.code",
    )
    .bind(asked.customer.as_str())
    .bind(&code)
    .execute(db)
    .await?;
    Ok(Outcome::CouponHeld { code, percent })
}

/// Makes one of the customer's addresses the one that orders go to.
pub async fn choose_address(db: &mut Connection, words: &str, asked: &Asked<'_>) -> Result<Outcome, ShopError> {
    let known = addresses(db, asked).await?;
    let Some((label, line)) = like(&known, words) else {
        let known = known.into_iter().map(|(label, _)| label).collect();
        return Ok(Outcome::NoSuchAddress { words: words.to_owned(), known });
    };
    sql::query("UPDATE addresses SET chosen = (label = ?2) WHERE customer_id = ?1")
        .bind(asked.customer.as_str())
        .bind(label)
        .execute(db)
        .await?;
    Ok(Outcome::AddressChosen { label: label.clone(), line: line.clone() })
}

/// The customer's addresses as (label, line).
pub async fn addresses(db: &mut Connection, asked: &Asked<'_>) -> Result<Vec<(String, String)>, ShopError> {
    let found = sql::query("SELECT label, line FROM addresses WHERE customer_id = ?1 ORDER BY label")
        .bind(asked.customer.as_str())
        .fetch_all(db)
        .await?;
    found.iter().map(|row| Ok((row.try_get("label")?, row.try_get("line")?))).collect()
}

/// The address that the words mean, if any is like them.
pub fn like<'a>(known: &'a [(String, String)], words: &str) -> Option<&'a (String, String)> {
    let likeness = Likeness::of(words);
    let scored = known.iter().map(|address| (likeness.to(&address.0, &address.1), address));
    let best = scored.max_by(|a, b| a.0.total_cmp(&b.0)).filter(|(like, _)| *like >= Likeness::ENOUGH);
    best.map(|(_, address)| address)
}

/// Lets go of the coupon and the time that an order has used.
pub async fn spend(db: &mut Connection, quote_id: &str, asked: &Asked<'_>) -> Result<(), ShopError> {
    sql::query("UPDATE orders SET extras = (SELECT extras FROM quotes WHERE id = ?1) WHERE quote_id = ?1")
        .bind(quote_id)
        .execute(&mut *db)
        .await?;
    sql::query(
        "DELETE FROM held_coupons WHERE customer_id = ?1
         AND code = (SELECT json_extract(extras, '$.discount.coupon') FROM quotes WHERE id = ?2)",
    )
    .bind(asked.customer.as_str())
    .bind(quote_id)
    .execute(&mut *db)
    .await?;
    slots::spend(db, asked.customer).await
}

/// Whether an offer's coupon may still be used by this customer.
pub async fn still_holds(db: &mut Connection, extras: &Extras, asked: &Asked<'_>) -> Result<bool, ShopError> {
    match &extras.discount {
        Some(discount) => Ok(valid(db, &discount.coupon, asked).await?.is_ok()),
        None => Ok(true),
    }
}

/// Whether an offer's address is still one of this customer's.
pub async fn address_stands(db: &mut Connection, extras: &Extras, asked: &Asked<'_>) -> Result<bool, ShopError> {
    let Some(line) = &extras.address else { return Ok(true) };
    let known = sql::query_scalar("SELECT EXISTS (SELECT 1 FROM addresses WHERE customer_id = ?1 AND line = ?2)");
    Ok(line != NO_LONGER && known.bind(asked.customer.as_str()).bind(line).fetch_one(db).await?)
}

async fn discount(db: &mut Connection, goods: Money, asked: &Asked<'_>) -> Result<Option<Discount>, ShopError> {
    let held: Option<String> = sql::query_scalar("SELECT code FROM held_coupons WHERE customer_id = ?1")
        .bind(asked.customer.as_str())
        .fetch_optional(&mut *db)
        .await?;
    let Some(coupon) = held else { return Ok(None) };
    Ok(match valid(db, &coupon, asked).await? {
        Ok((percent, least)) if goods.minor() >= least => {
            let amount = goods.minor() * i64::from(percent) / 100;
            (amount > 0).then(|| Discount { coupon, amount: Money::new(amount, goods.currency()) })
        }
        _ => None,
    })
}

/// (percent, least worth of the goods) of a coupon that this customer may use now. Each customer uses it once.
async fn valid(
    db: &mut Connection,
    code: &str,
    asked: &Asked<'_>,
) -> Result<Result<(u32, i64), CouponRefusal>, ShopError> {
    let found = sql::query("SELECT percent, least, until FROM coupons WHERE code = ?1")
        .bind(code)
        .fetch_optional(&mut *db)
        .await?;
    let Some(row) = found else { return Ok(Err(CouponRefusal::Unknown)) };
    if rows::date(code, row.try_get("until")?)?.is_some_and(|last| last < asked.today) {
        return Ok(Err(CouponRefusal::Expired));
    }
    let used: bool = sql::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM orders WHERE customer_id = ?1 AND json_extract(extras, '$.discount.coupon') = ?2
                        AND status <> 'cancelled')",
    )
    .bind(asked.customer.as_str())
    .bind(code)
    .fetch_one(db)
    .await?;
    Ok(if used { Err(CouponRefusal::Used) } else { Ok((row.try_get("percent")?, row.try_get("least")?)) })
}

/// A code as it is printed: "spring ten" is SPRING10.
pub fn code(said: &str) -> String {
    let words: Vec<String> = tokenize(said).into_iter().map(|t| t.text).collect();
    let mut out = String::new();
    let mut at = 0;
    while let Some(word) = words.get(at) {
        match numbers::numbers_at(words.get(at..).unwrap_or_default()).into_iter().find(|(_, n)| n.is_whole()) {
            Some((used, n)) => {
                out.push_str(n.digits());
                at += used.max(1);
            }
            None => {
                out.extend(word.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()));
                at += 1;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::code;

    #[test]
    fn codes_as_said() {
        for (said, printed) in [
            ("spring ten", "SPRING10"),
            ("SPRING10", "SPRING10"),
            ("save twenty five", "SAVE25"),
            ("welcome", "WELCOME"),
        ] {
            assert_eq!(code(said), printed, "{said}");
        }
    }
}
