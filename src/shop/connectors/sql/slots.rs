//! Delivery times: the merchant's windows, what of them is free, and the one that an order takes. A slot is counted in
//! the transaction that reserves the order and given back in the one that undoes it, so that none is filled twice.

use jiff::civil::{Time, Weekday};

use super::{Asked, SqlShop, rows};
use crate::shop::slots::{self, LISTED, Slot, Told, Window, Wish};
use crate::shop::{CustomerId, Outcome, ShopError};
use crate::store::{Connection, Store, sql};

/// What an offer is to come at.
pub(super) enum Offered {
    /// The shop has no windows.
    None,
    At(Slot),
    /// Nothing is free.
    Full,
}

/// One slot as the merchant sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filled {
    pub slot: Slot,
    pub capacity: u32,
    pub taken: u32,
}

pub(super) async fn times(db: &mut Connection, wish: Wish, asked: &Asked<'_>) -> Result<Outcome, ShopError> {
    let windows = windows(db).await?;
    if windows.is_empty() {
        return Ok(Outcome::Delivery(Told::NoTimes));
    }
    Ok(Outcome::Delivery(listed(wish.among(&free(db, &windows, asked).await?))))
}

/// Holds the time for the customer's next order; several that fit are told.
pub(super) async fn choose(db: &mut Connection, wish: Wish, asked: &Asked<'_>) -> Result<Outcome, ShopError> {
    let windows = windows(db).await?;
    if windows.is_empty() {
        return Ok(Outcome::Delivery(Told::NoTimes));
    }
    match wish.among(&free(db, &windows, asked).await?) {
        (fitting, true) if fitting.len() == 1 => {
            let Some(slot) = fitting.first().copied() else { return Ok(Outcome::Delivery(Told::Full)) };
            sql::query(
                "INSERT INTO held_slots (customer_id, slot) VALUES (?1, ?2)
                 ON CONFLICT (customer_id) DO UPDATE SET slot = excluded.slot",
            )
            .bind(asked.customer.as_str())
            .bind(rows::to_json(&slot)?)
            .execute(db)
            .await?;
            Ok(Outcome::Delivery(Told::Chosen(slot)))
        }
        found => Ok(Outcome::Delivery(listed(found))),
    }
}

pub(super) fn listed((mut slots, fits): (Vec<Slot>, bool)) -> Told {
    slots.truncate(LISTED);
    if slots.is_empty() { Told::Full } else { Told::Times { slots, fits } }
}

/// The time for an offer: the one the customer holds while it is free, else the earliest.
pub(super) async fn offered(db: &mut Connection, asked: &Asked<'_>) -> Result<Offered, ShopError> {
    let windows = windows(db).await?;
    if windows.is_empty() {
        return Ok(Offered::None);
    }
    let free = free(db, &windows, asked).await?;
    let held: Option<String> = sql::query_scalar("SELECT slot FROM held_slots WHERE customer_id = ?1")
        .bind(asked.customer.as_str())
        .fetch_optional(db)
        .await?;
    let held: Option<Slot> = held.map(|text| rows::json("held slot", text)).transpose()?;
    let slot = held.filter(|slot| free.contains(slot)).or_else(|| free.first().copied());
    Ok(slot.map_or(Offered::Full, Offered::At))
}

/// The slots that can still be booked, earliest first.
pub(super) async fn free(db: &mut Connection, windows: &[Window], asked: &Asked<'_>) -> Result<Vec<Slot>, ShopError> {
    let filled = filled(db, windows, asked.here).await?;
    Ok(filled.into_iter().filter(|f| f.taken < f.capacity).map(|f| f.slot).collect())
}

/// Counts an order into a slot; whether there was room and it is still open. Whoever calls it writes the order too, or
/// takes all of it back.
pub(super) async fn take(db: &mut Connection, slot: Slot, asked: &Asked<'_>) -> Result<bool, ShopError> {
    let open = windows(db).await?.iter().any(|w| w.on(slot.day, asked.here) == Some(slot));
    if !open {
        return Ok(false);
    }
    sql::query(
        "INSERT INTO delivery_slots (day, starts, taken) VALUES (?1, ?2, 0) ON CONFLICT (day, starts) DO NOTHING",
    )
    .bind(slot.day.to_string())
    .bind(written(slot.from))
    .execute(&mut *db)
    .await?;
    // A second server waits here for the first one's transaction, and then counts with it.
    let done = sql::query(
        "UPDATE delivery_slots SET taken = taken + 1 WHERE day = ?1 AND starts = ?2
         AND taken < (SELECT capacity FROM delivery_windows WHERE weekday = ?3 AND starts = ?2)",
    )
    .bind(slot.day.to_string())
    .bind(written(slot.from))
    .bind(number(slot.day.weekday()))
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Has nobody else count these slots until the transaction ends. Both at once and in their order: two orders that trade
/// places never wait for each other.
pub(super) async fn hold(db: &mut Connection, slots: &[Slot]) -> Result<(), ShopError> {
    if !db.is_shared() {
        return Ok(());
    }
    let mut slots = slots.to_vec();
    slots.sort();
    for slot in slots {
        sql::query("SELECT taken FROM delivery_slots WHERE day = ?1 AND starts = ?2 FOR UPDATE")
            .bind(slot.day.to_string())
            .bind(written(slot.from))
            .fetch_optional(&mut *db)
            .await?;
    }
    Ok(())
}

/// Gives a slot back.
pub(super) async fn give_back(db: &mut Connection, slot: Slot) -> Result<(), ShopError> {
    sql::query("UPDATE delivery_slots SET taken = taken - 1 WHERE day = ?1 AND starts = ?2 AND taken > 0")
        .bind(slot.day.to_string())
        .bind(written(slot.from))
        .execute(db)
        .await?;
    Ok(())
}

/// Lets go of the time that the customer held.
pub(super) async fn spend(db: &mut Connection, customer: &CustomerId) -> Result<(), ShopError> {
    sql::query("DELETE FROM held_slots WHERE customer_id = ?1").bind(customer.as_str()).execute(db).await?;
    Ok(())
}

pub(super) async fn windows(db: &mut Connection) -> Result<Vec<Window>, ShopError> {
    let found = sql::query("SELECT * FROM delivery_windows ORDER BY weekday, starts").fetch_all(db).await?;
    found.iter().map(window).collect()
}

async fn filled(
    db: &mut Connection,
    windows: &[Window],
    here: jiff::civil::DateTime,
) -> Result<Vec<Filled>, ShopError> {
    let taken = sql::query("SELECT day, starts, taken FROM delivery_slots WHERE day >= ?1")
        .bind(here.date().to_string())
        .fetch_all(db)
        .await?;
    let mut counts: Vec<(String, String, u32)> = Vec::with_capacity(taken.len());
    for row in &taken {
        counts.push((row.try_get("day")?, row.try_get("starts")?, row.try_get("taken")?));
    }
    let of = |slot: &Slot| {
        let (day, from) = (slot.day.to_string(), written(slot.from));
        counts.iter().find(|(d, s, _)| *d == day && *s == from).map_or(0, |(.., n)| *n)
    };
    let capacity = |slot: &Slot| {
        windows.iter().find(|w| w.weekday == slot.day.weekday() && w.from == slot.from).map_or(0, |w| w.capacity)
    };
    let upcoming = slots::upcoming(windows, here);
    Ok(upcoming.into_iter().map(|slot| Filled { capacity: capacity(&slot), taken: of(&slot), slot }).collect())
}

fn window(row: &sql::Row) -> Result<Window, ShopError> {
    let weekday: u8 = row.try_get("weekday")?;
    let time = |name: &str| -> Result<Time, ShopError> {
        let text: String = row.try_get(name)?;
        Time::strptime("%H:%M", &text).map_err(|e| rows::damaged("delivery_windows", e))
    };
    let offset = i8::try_from(weekday).map_err(|e| rows::damaged("delivery_windows", e))?;
    Ok(Window {
        weekday: Weekday::from_monday_one_offset(offset).map_err(|e| rows::damaged("delivery_windows", e))?,
        from: time("starts")?,
        to: time("ends")?,
        capacity: row.try_get("capacity")?,
        cut_off: row.try_get("cut_off")?,
    })
}

fn written(time: Time) -> String {
    time.strftime("%H:%M").to_string()
}

fn number(weekday: Weekday) -> i64 {
    weekday.to_monday_one_offset().into()
}

/// The merchant's windows: made, listed and taken back.
pub struct Windows(Store);

impl Windows {
    pub fn new(store: Store) -> Self {
        Self(store)
    }

    /// Adds a window, or replaces the one that begins then.
    pub async fn put(&self, window: &Window) -> Result<(), ShopError> {
        let mut tx = self.0.begin().await?;
        sql::query(
            "INSERT INTO delivery_windows (weekday, starts, ends, capacity, cut_off) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (weekday, starts) DO UPDATE
             SET ends = excluded.ends, capacity = excluded.capacity, cut_off = excluded.cut_off",
        )
        .bind(number(window.weekday))
        .bind(written(window.from))
        .bind(written(window.to))
        .bind(window.capacity)
        .bind(window.cut_off)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }

    pub async fn list(&self) -> Result<Vec<Window>, ShopError> {
        windows(&mut self.0.reader().acquire().await?).await
    }

    /// Takes a window back; whether there was one. Orders that were promised it keep their time.
    pub async fn remove(&self, weekday: Weekday, from: Time) -> Result<bool, ShopError> {
        let mut tx = self.0.begin().await?;
        let gone = sql::query("DELETE FROM delivery_windows WHERE weekday = ?1 AND starts = ?2")
            .bind(number(weekday))
            .bind(written(from))
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(gone.rows_affected() > 0)
    }
}

impl SqlShop {
    /// The coming slots and how full they are, for the merchant.
    pub async fn slots(&self) -> Result<Vec<Filled>, ShopError> {
        let mut db = self.read().await?;
        let windows = windows(&mut db).await?;
        filled(&mut db, &windows, self.clock.here().datetime()).await
    }
}
