//! The merchant's coupons: made, listed and taken back. Who may use one is the [`terms`](super::terms)' business.

use jiff::civil::Date;

use super::{rows, terms};
use crate::shop::ShopError;
use crate::store::{Store, sql};

/// So much off one order of each customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coupon {
    /// Capital letters and digits.
    pub code: String,
    /// Percent off the goods, 1..=100.
    pub percent: u32,
    /// Goods for so much at least, in minor units.
    pub least: i64,
    /// The last day it can be used.
    pub until: Option<Date>,
}

/// The coupons of one shop.
pub struct Coupons(Store);

impl Coupons {
    pub fn new(store: Store) -> Self {
        Self(store)
    }

    /// Adds a coupon, or replaces the one of its code; the code as it is kept.
    pub async fn put(&self, coupon: &Coupon) -> Result<String, ShopError> {
        let code = terms::code(&coupon.code);
        let mut tx = self.0.begin().await?;
        sql::query(
            "INSERT INTO coupons (code, percent, least, until) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (code) DO UPDATE SET percent = excluded.percent, least = excluded.least, until = excluded.until",
        )
        .bind(&code)
        .bind(coupon.percent)
        .bind(coupon.least)
        .bind(coupon.until.map(|d| d.to_string()))
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(code)
    }

    pub async fn list(&self) -> Result<Vec<Coupon>, ShopError> {
        let found = sql::query("SELECT * FROM coupons ORDER BY code").fetch_all(self.0.reader()).await?;
        found
            .iter()
            .map(|row| {
                let code: String = row.try_get("code")?;
                Ok(Coupon {
                    percent: row.try_get("percent")?,
                    least: row.try_get("least")?,
                    until: rows::date(&code, row.try_get("until")?)?,
                    code,
                })
            })
            .collect()
    }

    /// Takes a coupon back; whether there was one.
    pub async fn remove(&self, code: &str) -> Result<bool, ShopError> {
        let mut tx = self.0.begin().await?;
        let gone = sql::query("DELETE FROM coupons WHERE code = ?1").bind(terms::code(code)).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(gone.rows_affected() > 0)
    }
}
