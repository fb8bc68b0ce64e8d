//! Who may buy: a customer's PIN, its tries and its lock. Never sees the digits except to compare them.

use super::{Asked, customers};
use crate::shop::pin::{LOCKED, Pin, TRIES};
use crate::shop::{CustomerId, Outcome, ShopError};
use crate::store::{Store, sql};

/// `None` when this customer may buy now, else what to tell them.
pub async fn refusal(store: &Store, pin: Option<Pin>, asked: &Asked<'_>) -> Result<Option<Outcome>, ShopError> {
    let now = asked.now.as_millisecond();
    let mut tx = store.begin().await?;
    let kept = sql::for_update!("SELECT hash, tries, locked_until FROM pins WHERE customer_id = ?1")
        .bind(asked.customer.as_str())
        .fetch_optional(&mut *tx)
        .await?;
    let Some(kept) = kept else { return Ok(None) };
    let locked_until: Option<i64> = kept.try_get("locked_until")?;
    if let Some(until) = locked_until.filter(|until| *until > now) {
        let minutes = (until - now + 59_999).div_euclid(60_000);
        return Ok(Some(Outcome::PinLocked { minutes: u32::try_from(minutes).unwrap_or(u32::MAX) }));
    }
    let Some(pin) = pin else { return Ok(Some(Outcome::PinNeeded { tries_left: None })) };
    // The try counts before it is compared: whoever is cut off in between has used it.
    let before: u32 = if locked_until.is_some() { 0 } else { kept.try_get("tries")? };
    let tries = before + 1;
    let locked = (tries >= TRIES).then(|| (asked.now + LOCKED).as_millisecond());
    sql::query("UPDATE pins SET tries = ?2, locked_until = ?3 WHERE customer_id = ?1")
        .bind(asked.customer.as_str())
        .bind(tries)
        .bind(locked)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;

    let hash: String = kept.try_get("hash")?;
    let compared = tokio::task::spawn_blocking(move || pin.fits(&hash)).await;
    let fits = compared.map_err(|e| e.to_string()).and_then(|f| f.map_err(|e| e.to_string()));
    if fits.map_err(ShopError::Damaged)? {
        let mut tx = store.begin().await?;
        sql::query("UPDATE pins SET tries = 0, locked_until = NULL WHERE customer_id = ?1")
            .bind(asked.customer.as_str())
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        return Ok(None);
    }
    Ok(Some(match locked {
        Some(_) => Outcome::PinLocked { minutes: LOCKED.as_mins().unsigned_abs() as u32 },
        None => Outcome::PinNeeded { tries_left: Some(TRIES - tries) },
    }))
}

/// Sets, replaces or (with no hash) removes the PIN; a lock goes with the old one. Whether there is such a customer.
pub async fn set(store: &Store, customer: &CustomerId, hash: Option<&str>) -> Result<bool, ShopError> {
    let mut tx = store.begin().await?;
    if !customers::exists(&mut *tx, customer).await? {
        return Ok(false);
    }
    sql::query("DELETE FROM pins WHERE customer_id = ?1").bind(customer.as_str()).execute(&mut *tx).await?;
    if let Some(hash) = hash {
        sql::query("INSERT INTO pins (customer_id, hash) VALUES (?1, ?2)")
            .bind(customer.as_str())
            .bind(hash)
            .execute(&mut *tx)
            .await?;
    }
    tx.commit().await?;
    Ok(true)
}
