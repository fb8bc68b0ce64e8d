//! Who is who: an outside identity in, one of the shop's customers out. Refuses to know how the identity was proven.

use std::sync::Arc;

use moka::sync::Cache;

use super::logins::{self, SignIn};
use super::{Asked, pins, recent, rows};
use crate::clock::{Clock, Ids};
use crate::shop::password::{LoginName, Password, PasswordError};
use crate::shop::pin::{Pin, PinError};
use crate::shop::{CustomerId, ShopError};
use crate::store::{Connection, Store, sql};

/// Why a PIN was not set.
#[derive(Debug, thiserror::Error)]
pub enum SetPinError {
    #[error(transparent)]
    Pin(#[from] PinError),
    #[error(transparent)]
    Shop(#[from] ShopError),
}

/// Why a login was not set.
#[derive(Debug, thiserror::Error)]
pub enum SetLoginError {
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error(transparent)]
    Shop(#[from] ShopError),
}

/// What strangers' ids begin with.
const GUEST: &str = "guest-";

/// The shop's customers and the names they go by elsewhere.
#[derive(Clone)]
pub struct Customers {
    pub(super) store: Store,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) ids: Arc<dyn Ids>,
    /// Who was resolved of late. A link made or a customer erased by another process is seen when it lapses.
    pub(super) known: Cache<String, CustomerId>,
}

impl Customers {
    pub fn new(store: Store, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        Self { store, clock, ids, known: recent::kept(recent::CUSTOMERS) }
    }

    /// The customer known elsewhere as `identity` (`alexa:person:...`, `alexa:user:...`, `api:...`); a new guest when
    /// nobody is.
    pub async fn resolve(&self, identity: &str) -> Result<CustomerId, ShopError> {
        if let Some(customer) = self.known.get(identity) {
            return Ok(customer);
        }
        let customer = self.look_up(identity).await?;
        self.known.insert(identity.to_owned(), customer.clone());
        Ok(customer)
    }

    async fn look_up(&self, identity: &str) -> Result<CustomerId, ShopError> {
        if let Some(known) = find(&mut self.store.reader().near().await?, identity).await? {
            return Ok(known);
        }
        let guest = format!("{GUEST}{}", self.ids.next().to_lowercase());
        let guest = CustomerId::new(&guest).map_err(|e| rows::damaged(&guest, e))?;
        let mut tx = self.store.begin().await?;
        put(&mut tx, &guest, None, &[], self.clock.now().as_millisecond()).await?;
        let first = sql::query(
            "INSERT INTO identities (identity, customer_id) VALUES (?1, ?2) ON CONFLICT (identity) DO NOTHING",
        );
        if first.bind(identity).bind(guest.as_str()).execute(&mut *tx).await?.rows_affected() > 0 {
            tx.commit().await?;
            return Ok(guest);
        }
        // Another request, maybe of another server, was first.
        match find(&mut tx, identity).await? {
            Some(known) => Ok(known),
            None => Err(rows::damaged(identity, "an identity came and went")),
        }
    }

    /// Lets `identity` stand for this customer from now on, whoever it stood for before.
    pub async fn link(&self, identity: &str, customer: &CustomerId) -> Result<(), ShopError> {
        let mut tx = self.store.begin().await?;
        put(&mut tx, customer, None, &[identity.to_owned()], self.clock.now().as_millisecond()).await?;
        tx.commit().await?;
        self.known.invalidate_all();
        Ok(())
    }

    /// Whether this is somebody of whom no more is known than where they called from.
    pub fn is_guest(customer: &CustomerId) -> bool {
        customer.as_str().starts_with(GUEST)
    }

    /// Lets `identity` stand for this customer, who has just said so themselves. What a guest of that identity had put
    /// into the basket comes along; a customer's stays where it is.
    pub async fn claim(&self, identity: &str, customer: &CustomerId) -> Result<(), ShopError> {
        let now = self.clock.now().as_millisecond();
        let mut tx = self.store.begin().await?;
        let before = find(&mut tx, identity).await?;
        put(&mut tx, customer, None, &[identity.to_owned()], now).await?;
        if let Some(guest) = before.filter(|b| Self::is_guest(b) && b != customer) {
            move_basket(&mut tx, &guest, customer).await?;
        }
        tx.commit().await?;
        self.known.invalidate_all();
        Ok(())
    }

    /// Lets `identity` stand for nobody; whoever calls by it next is a new guest.
    pub async fn unlink(&self, identity: &str) -> Result<(), ShopError> {
        let mut tx = self.store.begin().await?;
        sql::query("DELETE FROM identities WHERE identity = ?1").bind(identity).execute(&mut *tx).await?;
        tx.commit().await?;
        self.known.invalidate_all();
        Ok(())
    }

    /// Who signs in with this name and password, if anybody. Wrong tries are counted.
    pub async fn sign_in(&self, name: &LoginName, password: Password) -> Result<SignIn, ShopError> {
        logins::sign_in(&self.store, name, password, self.clock.now()).await
    }

    /// Sets or replaces how a customer signs in; a lock goes with the old one.
    pub async fn set_login(
        &self,
        customer: &CustomerId,
        name: &LoginName,
        password: Password,
    ) -> Result<logins::Set, SetLoginError> {
        let owner = name.clone();
        let hashed = tokio::task::spawn_blocking(move || password.hash(&owner)).await;
        let hash = hashed.map_err(|e| PasswordError::Hash(e.to_string()))??;
        Ok(logins::set(&self.store, customer, name, &hash).await?)
    }

    /// A customer can no longer sign in. Whether they could.
    pub async fn clear_login(&self, customer: &CustomerId) -> Result<bool, ShopError> {
        logins::clear(&self.store, customer).await
    }

    /// The customer's first name; none for guests and strangers.
    pub async fn name(&self, customer: &CustomerId) -> Result<Option<String>, ShopError> {
        let name: Option<Option<String>> = sql::query_scalar("SELECT name FROM customers WHERE id = ?1")
            .bind(customer.as_str())
            .fetch_optional(self.store.reader())
            .await?;
        Ok(name.flatten())
    }

    pub async fn exists(&self, customer: &CustomerId) -> Result<bool, ShopError> {
        exists(self.store.reader(), customer).await
    }

    /// Sets, replaces or removes a customer's PIN, which is then asked for at every purchase; a lock goes with the old
    /// one. Whether there is such a customer. Refuses a PIN that would be guessed first.
    pub async fn set_pin(&self, customer: &CustomerId, pin: Option<Pin>) -> Result<bool, SetPinError> {
        let hash = match pin {
            // Hashing is slow on purpose.
            Some(pin) => {
                let hashed = tokio::task::spawn_blocking(move || pin.hash()).await;
                Some(hashed.map_err(|e| PinError::Hash(e.to_string()))??)
            }
            None => None,
        };
        Ok(pins::set(&self.store, customer, hash.as_deref()).await?)
    }
}

/// Adds the customer, or brings the name up to date, and lets the identities stand for them.
pub async fn put(
    db: &mut Connection,
    customer: &CustomerId,
    name: Option<&str>,
    identities: &[String],
    now: i64,
) -> Result<(), ShopError> {
    sql::query(
        "INSERT INTO customers (id, name, created_at) VALUES (?1, ?2, ?3)
         ON CONFLICT (id) DO UPDATE SET name = coalesce(excluded.name, customers.name)",
    )
    .bind(customer.as_str())
    .bind(name)
    .bind(now)
    .execute(&mut *db)
    .await?;
    for identity in identities {
        sql::query(
            "INSERT INTO identities (identity, customer_id) VALUES (?1, ?2)
             ON CONFLICT (identity) DO UPDATE SET customer_id = excluded.customer_id",
        )
        .bind(identity)
        .bind(customer.as_str())
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

/// The customer's e-mail address, from now on.
pub async fn put_email(db: &mut Connection, customer: &CustomerId, email: &str) -> Result<(), ShopError> {
    sql::query("UPDATE customers SET email = ?2 WHERE id = ?1").bind(customer.as_str()).bind(email).execute(db).await?;
    Ok(())
}

/// Adds addresses as (label, line), or brings those of the same label up to date.
pub async fn put_addresses(
    db: &mut Connection,
    customer: &CustomerId,
    addresses: &[(String, String)],
) -> Result<(), ShopError> {
    for (label, line) in addresses {
        sql::query(
            "INSERT INTO addresses (customer_id, label, line) VALUES (?1, ?2, ?3)
             ON CONFLICT (customer_id, label) DO UPDATE SET line = excluded.line",
        )
        .bind(customer.as_str())
        .bind(label)
        .bind(line)
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

/// Makes sure that a caller's id that the shop has not seen before can own a basket and orders, and that nobody else
/// changes what this customer has until the transaction ends: two requests of one customer come one after the other,
/// on whichever server they are.
pub(super) async fn ensure(db: &mut Connection, asked: &Asked<'_>) -> Result<(), ShopError> {
    sql::query("INSERT INTO customers (id, created_at) VALUES (?1, ?2) ON CONFLICT (id) DO NOTHING")
        .bind(asked.customer.as_str())
        .bind(asked.now.as_millisecond())
        .execute(&mut *db)
        .await?;
    hold(db, asked.customer).await
}

/// Nobody else changes what this customer has until the transaction ends.
pub(super) async fn hold(db: &mut Connection, customer: &CustomerId) -> Result<(), ShopError> {
    if db.is_shared() {
        let row = "SELECT id FROM customers WHERE id = ?1 FOR UPDATE";
        sql::query(row).bind(customer.as_str()).fetch_optional(db).await?;
    }
    Ok(())
}

/// Puts what is in one customer's basket into another's.
pub(super) async fn move_basket(db: &mut Connection, from: &CustomerId, to: &CustomerId) -> Result<(), ShopError> {
    sql::query(
        "INSERT INTO basket_lines (customer_id, sku, quantity, added_at)
         SELECT ?1, sku, quantity, added_at FROM basket_lines WHERE customer_id = ?2
         ON CONFLICT (customer_id, sku) DO UPDATE SET quantity =
           CASE WHEN basket_lines.quantity + excluded.quantity > 99 THEN 99
                ELSE basket_lines.quantity + excluded.quantity END",
    )
    .bind(to.as_str())
    .bind(from.as_str())
    .execute(&mut *db)
    .await?;
    sql::query("DELETE FROM basket_lines WHERE customer_id = ?1").bind(from.as_str()).execute(db).await?;
    Ok(())
}

async fn find(db: &mut Connection, identity: &str) -> Result<Option<CustomerId>, ShopError> {
    let id: Option<String> = sql::query_scalar("SELECT customer_id FROM identities WHERE identity = ?1")
        .bind(identity)
        .fetch_optional(db)
        .await?;
    id.map(|id| CustomerId::new(&id).map_err(|e| rows::damaged(&id, e))).transpose()
}

/// Whether there is such a customer.
pub(super) async fn exists<'c>(on: impl Into<sql::On<'c>>, customer: &CustomerId) -> Result<bool, ShopError> {
    let found = sql::query_scalar("SELECT EXISTS (SELECT 1 FROM customers WHERE id = ?1)").bind(customer.as_str());
    Ok(found.fetch_one(on).await?)
}

/// Which of these are customers.
pub async fn known(db: &mut Connection, customers: &[&CustomerId]) -> Result<Vec<String>, ShopError> {
    let found = sql::query_scalar("SELECT id FROM customers WHERE id IN (SELECT value FROM json_each(?1))");
    Ok(found.bind(rows::to_json(customers)?).fetch_all(db).await?)
}
