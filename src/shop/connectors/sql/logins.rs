//! How a shopper signs in on the web: a name and a password in, the customer out. A try is counted before it is
//! compared, so that no crash and no second caller tries for nothing.

use jiff::Timestamp;

use super::customers;
use crate::shop::password::{LOCKED, LoginName, Password, TRIES};
use crate::shop::{CustomerId, ShopError};
use crate::store::{Store, sql};

/// What came of a try to sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignIn {
    Welcome(CustomerId),
    /// Name or password is wrong; which of them is nobody's business.
    Wrong,
    Locked {
        minutes: u32,
    },
}

pub async fn sign_in(store: &Store, name: &LoginName, password: Password, now: Timestamp) -> Result<SignIn, ShopError> {
    let mut tx = store.begin().await?;
    let kept = sql::for_update!("SELECT customer_id, hash, tries, locked_until FROM logins WHERE name = ?1")
        .bind(name.as_str())
        .fetch_optional(&mut *tx)
        .await?;
    let (mut hash, mut customer, mut locks) = (None, None, false);
    if let Some(kept) = kept {
        let locked_until: Option<i64> = kept.try_get("locked_until")?;
        if let Some(left) = locked_until.map(|until| until - now.as_millisecond()).filter(|left| *left > 0) {
            return Ok(SignIn::Locked { minutes: u32::try_from((left + 59_999) / 60_000).unwrap_or(u32::MAX) });
        }
        let before: u32 = if locked_until.is_some() { 0 } else { kept.try_get("tries")? };
        locks = before + 1 >= TRIES;
        sql::query("UPDATE logins SET tries = ?2, locked_until = ?3 WHERE name = ?1")
            .bind(name.as_str())
            .bind(before + 1)
            .bind(locks.then(|| (now + LOCKED).as_millisecond()))
            .execute(&mut *tx)
            .await?;
        hash = Some(kept.try_get::<String>("hash")?);
        customer = Some(kept.try_get::<String>("customer_id")?);
    }
    tx.commit().await?;

    let compared = tokio::task::spawn_blocking(move || password.fits(hash.as_deref())).await;
    let fits = compared.map_err(|e| e.to_string()).and_then(|f| f.map_err(|e| e.to_string()));
    match (fits.map_err(ShopError::Damaged)?, customer) {
        (true, Some(customer)) => {
            let mut tx = store.begin().await?;
            sql::query("UPDATE logins SET tries = 0, locked_until = NULL WHERE name = ?1")
                .bind(name.as_str())
                .execute(&mut *tx)
                .await?;
            tx.commit().await?;
            let id = CustomerId::new(&customer).map_err(|e| ShopError::Damaged(e.to_string()))?;
            Ok(SignIn::Welcome(id))
        }
        _ if locks => Ok(SignIn::Locked { minutes: LOCKED.as_mins().unsigned_abs() as u32 }),
        _ => Ok(SignIn::Wrong),
    }
}

/// What came of setting a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Set {
    Done,
    NoSuchCustomer,
    /// Another customer signs in with this name.
    NameTaken,
}

pub async fn set(store: &Store, customer: &CustomerId, name: &LoginName, hash: &str) -> Result<Set, ShopError> {
    let mut tx = store.begin().await?;
    if !customers::exists(&mut *tx, customer).await? {
        return Ok(Set::NoSuchCustomer);
    }
    let taken: bool = sql::query_scalar("SELECT EXISTS (SELECT 1 FROM logins WHERE name = ?1 AND customer_id <> ?2)")
        .bind(name.as_str())
        .bind(customer.as_str())
        .fetch_one(&mut *tx)
        .await?;
    if taken {
        return Ok(Set::NameTaken);
    }
    sql::query("DELETE FROM logins WHERE customer_id = ?1").bind(customer.as_str()).execute(&mut *tx).await?;
    sql::query("INSERT INTO logins (customer_id, name, hash) VALUES (?1, ?2, ?3)")
        .bind(customer.as_str())
        .bind(name.as_str())
        .bind(hash)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(Set::Done)
}

/// Whether there was a login to remove.
pub async fn clear(store: &Store, customer: &CustomerId) -> Result<bool, ShopError> {
    let mut tx = store.begin().await?;
    let gone =
        sql::query("DELETE FROM logins WHERE customer_id = ?1").bind(customer.as_str()).execute(&mut *tx).await?;
    tx.commit().await?;
    Ok(gone.rows_affected() > 0)
}
