//! Codes that link doors: given out, said elsewhere, and what of two customers becomes one. A try is counted before it is
//! compared, so that no crash and no second caller tries for nothing. Never sees the digits except to hash them.

use super::{Asked, SqlShop, customers, joining, rows};
use crate::shop::link::{GOOD, LinkCode, Linked, Refusal, Request, TRIES, TRIES_OF_ALL, WAIT};
use crate::shop::{CustomerId, Outcome, ShopError, hashing};
use crate::store::{Connection, sql};

impl SqlShop {
    pub(super) async fn link(&self, request: Request, asked: &Asked<'_>) -> Result<Outcome, ShopError> {
        Ok(Outcome::Linked(match request {
            Request::Code => self.code(asked).await?,
            Request::Said(code) => self.said(code, asked).await?,
            Request::Join => self.join(asked).await?,
        }))
    }

    async fn code(&self, asked: &Asked<'_>) -> Result<Linked, ShopError> {
        let salt = self.salt().await?;
        // Of a million codes few are out at a time; one that is, is not given out twice.
        for _ in 0..5 {
            let code = LinkCode::of(&self.ids.next());
            let hash = hashed(code.clone(), salt.clone()).await?;
            let mut tx = self.store.begin().await?;
            customers::ensure(&mut tx, asked).await?;
            sql::query("DELETE FROM link_codes WHERE customer_id = ?1 OR expires_at <= ?2")
                .bind(asked.customer.as_str())
                .bind(asked.now.as_millisecond())
                .execute(&mut *tx)
                .await?;
            let kept = sql::query(
                "INSERT INTO link_codes (customer_id, hash, expires_at) VALUES (?1, ?2, ?3) ON CONFLICT (hash) DO NOTHING",
            )
            .bind(asked.customer.as_str())
            .bind(hash)
            .bind((asked.now + GOOD).as_millisecond())
            .execute(&mut *tx)
            .await?;
            tx.commit().await?;
            if kept.rows_affected() > 0 {
                return Ok(Linked::Code(code));
            }
        }
        Err(rows::damaged("link_codes", "no code is free"))
    }

    async fn said(&self, code: LinkCode, asked: &Asked<'_>) -> Result<Linked, ShopError> {
        let now = asked.now.as_millisecond();
        let mut tx = self.store.begin().await?;
        customers::ensure(&mut tx, asked).await?;
        let kept = sql::for_update!("SELECT tries, until FROM link_tries WHERE customer_id = ?1")
            .bind(asked.customer.as_str())
            .fetch_optional(&mut *tx)
            .await?;
        let (mut tries, mut until) = (0u32, 0i64);
        if let Some(kept) = kept {
            (tries, until) = (kept.try_get("tries")?, kept.try_get("until")?);
        }
        if until <= now {
            tries = 0;
        }
        let of_all: i64 =
            sql::query_scalar("SELECT CAST(coalesce(sum(tries), 0) AS BIGINT) FROM link_tries WHERE until > ?1")
                .bind(now)
                .fetch_one(&mut *tx)
                .await?;
        if of_all >= i64::from(TRIES_OF_ALL) {
            tracing::warn!("too many wrong link codes from all doors together; nobody can link for a while");
        }
        if tries >= TRIES || of_all >= i64::from(TRIES_OF_ALL) {
            let left = if tries >= TRIES { until - now } else { WAIT.as_millis() as i64 };
            let minutes = u32::try_from(left.saturating_add(59_999) / 60_000).unwrap_or(u32::MAX);
            return Ok(Linked::Refused(Refusal::Locked { minutes }));
        }
        sql::query(
            "INSERT INTO link_tries (customer_id, tries, until) VALUES (?1, ?2, ?3)
             ON CONFLICT (customer_id) DO UPDATE SET tries = excluded.tries, until = excluded.until",
        )
        .bind(asked.customer.as_str())
        .bind(tries + 1)
        .bind((asked.now + WAIT).as_millisecond())
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;

        let hash = hashed(code, self.salt().await?).await?;
        let mut tx = self.store.begin().await?;
        let owner: Option<String> =
            sql::query_scalar("SELECT customer_id FROM link_codes WHERE hash = ?1 AND expires_at > ?2")
                .bind(hash)
                .bind(now)
                .fetch_optional(&mut *tx)
                .await?;
        let Some(owner) = owner else {
            return Ok(Linked::Refused(match TRIES - (tries + 1) {
                0 => Refusal::Locked { minutes: WAIT.as_mins().unsigned_abs() as u32 },
                tries_left => Refusal::Wrong { tries_left },
            }));
        };
        // A right code is no guess.
        sql::query("DELETE FROM link_tries WHERE customer_id = ?1")
            .bind(asked.customer.as_str())
            .execute(&mut *tx)
            .await?;
        let answer = if owner == asked.customer.as_str() {
            Linked::Refused(Refusal::Own)
        } else {
            let owner = customer(&owner)?;
            match one_of(&mut tx, &owner, asked.customer).await? {
                None => Linked::Refused(Refusal::BothKnown),
                Some(_) => {
                    sql::query("UPDATE link_codes SET said_by = NULL WHERE said_by = ?1")
                        .bind(asked.customer.as_str())
                        .execute(&mut *tx)
                        .await?;
                    sql::query("UPDATE link_codes SET said_by = ?2 WHERE customer_id = ?1")
                        .bind(owner.as_str())
                        .bind(asked.customer.as_str())
                        .execute(&mut *tx)
                        .await?;
                    Linked::Found
                }
            }
        };
        tx.commit().await?;
        Ok(answer)
    }

    async fn join(&self, asked: &Asked<'_>) -> Result<Linked, ShopError> {
        let mut tx = self.store.begin().await?;
        let owner: Option<String> =
            sql::for_update!("SELECT customer_id FROM link_codes WHERE said_by = ?1 AND expires_at > ?2")
                .bind(asked.customer.as_str())
                .bind(asked.now.as_millisecond())
                .fetch_optional(&mut *tx)
                .await?
                .map(|row| row.try_get("customer_id"))
                .transpose()?;
        let Some(owner) = owner else { return Ok(Linked::Refused(Refusal::Lapsed)) };
        let owner = customer(&owner)?;
        let Some((stays, goes)) = one_of(&mut tx, &owner, asked.customer).await? else {
            return Ok(Linked::Refused(Refusal::BothKnown));
        };
        sql::query("DELETE FROM link_codes WHERE customer_id = ?1").bind(owner.as_str()).execute(&mut *tx).await?;
        joining::join(&mut tx, &goes, &stays, asked.now).await?;
        tx.commit().await?;
        self.joined.insert(goes, stays.clone());
        self.recent.changed_by(&stays);
        Ok(Linked::Joined)
    }

    async fn salt(&self) -> Result<String, ShopError> {
        let kept: Option<String> =
            sql::query_scalar("SELECT salt FROM link_salt").fetch_optional(&mut self.read().await?).await?;
        if let Some(salt) = kept {
            return Ok(salt);
        }
        let new = hashing::salt().map_err(ShopError::Damaged)?;
        let mut tx = self.store.begin().await?;
        sql::query("INSERT INTO link_salt (id, salt) VALUES (1, ?1) ON CONFLICT (id) DO NOTHING")
            .bind(new)
            .execute(&mut *tx)
            .await?;
        let salt = sql::query_scalar("SELECT salt FROM link_salt").fetch_one(&mut *tx).await?;
        tx.commit().await?;
        Ok(salt)
    }
}

fn customer(id: &str) -> Result<CustomerId, ShopError> {
    CustomerId::new(id).map_err(|e| rows::damaged(id, e))
}

/// Hashing is slow on purpose.
async fn hashed(code: LinkCode, salt: String) -> Result<String, ShopError> {
    let hashed = tokio::task::spawn_blocking(move || code.hash(&salt)).await;
    hashed.map_err(|e| ShopError::Damaged(e.to_string()))?.map_err(ShopError::Damaged)
}

/// Which of the two stays and which goes into it: a customer in their own right stays, of two guests the one who gave the
/// code. `None` where both are customers: neither's name, PIN and sign-in may be lost by a code that was overheard.
async fn one_of(
    db: &mut Connection,
    owner: &CustomerId,
    other: &CustomerId,
) -> Result<Option<(CustomerId, CustomerId)>, ShopError> {
    Ok(match (is_known(db, owner).await?, is_known(db, other).await?) {
        (true, true) => None,
        (false, true) => Some((other.clone(), owner.clone())),
        (_, false) => Some((owner.clone(), other.clone())),
    })
}

/// Whether the merchant knows this customer, by a name, a sign-in or a PIN.
async fn is_known(db: &mut Connection, customer: &CustomerId) -> Result<bool, ShopError> {
    if !customers::Customers::is_guest(customer) {
        return Ok(true);
    }
    let found = sql::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM logins WHERE customer_id = ?1)
             OR EXISTS (SELECT 1 FROM pins WHERE customer_id = ?1)
             OR EXISTS (SELECT 1 FROM customers WHERE id = ?1 AND name IS NOT NULL)",
    );
    Ok(found.bind(customer.as_str()).fetch_one(db).await?)
}
