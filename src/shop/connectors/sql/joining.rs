//! Two customers become one: everything of the one that goes becomes the other's, in one transaction. Refuses to know why.

use jiff::Timestamp;

use super::{customers, preferences};
use crate::shop::preferences::Preferences;
use crate::shop::{CustomerId, ShopError};
use crate::store::{Transaction, sql};

/// What simply changes hands.
const MOVED: &[&str] = &[
    "UPDATE identities SET customer_id = ?2 WHERE customer_id = ?1",
    // A request's name is the customer's own: where both used one, the order keeps its quote's.
    "UPDATE orders SET customer_id = ?2, request_id = CASE WHEN request_id IN
        (SELECT o.request_id FROM orders o WHERE o.customer_id = ?2) THEN NULL ELSE request_id END
     WHERE customer_id = ?1",
    "UPDATE purchases SET customer_id = ?2, request_id = quote_id WHERE customer_id = ?1",
    "UPDATE quotes SET customer_id = ?2 WHERE customer_id = ?1",
    "UPDATE cases SET customer_id = ?2 WHERE customer_id = ?1",
    "UPDATE outbox SET customer_id = ?2 WHERE customer_id = ?1",
    "UPDATE grants SET customer_id = ?2 WHERE customer_id = ?1",
    "UPDATE joined_customers SET customer_id = ?2 WHERE customer_id = ?1",
    // Of what there may be one of, the one that stays has its own.
    "INSERT INTO shelf_items (customer_id, shelf, name, amount, sku, added_at)
     SELECT ?2, shelf, name, amount, sku, added_at FROM shelf_items WHERE customer_id = ?1
     ON CONFLICT (customer_id, shelf, name) DO NOTHING",
    "INSERT INTO waits (customer_id, sku, asked_at, noticed_at)
     SELECT ?2, sku, asked_at, noticed_at FROM waits WHERE customer_id = ?1
     ON CONFLICT (customer_id, sku) DO NOTHING",
    "INSERT INTO addresses (customer_id, label, line)
     SELECT ?2, label, line FROM addresses WHERE customer_id = ?1
     ON CONFLICT (customer_id, label) DO NOTHING",
    "INSERT INTO held_coupons (customer_id, code)
     SELECT ?2, code FROM held_coupons WHERE customer_id = ?1
     ON CONFLICT (customer_id) DO NOTHING",
    "INSERT INTO held_slots (customer_id, slot)
     SELECT ?2, slot FROM held_slots WHERE customer_id = ?1
     ON CONFLICT (customer_id) DO NOTHING",
    "INSERT INTO lent_addresses (lender, customer_id)
     SELECT lender, ?2 FROM lent_addresses WHERE customer_id = ?1
     ON CONFLICT (lender, customer_id) DO NOTHING",
    "UPDATE audit SET customer_id = ?2 WHERE customer_id = ?1",
];

/// `goes` becomes `stays`.
pub async fn join(
    tx: &mut Transaction,
    goes: &CustomerId,
    stays: &CustomerId,
    now: Timestamp,
) -> Result<(), ShopError> {
    // In one order, so that two who join each other at once do not wait for ever.
    let (first, second) = if goes.as_str() < stays.as_str() { (goes, stays) } else { (stays, goes) };
    customers::hold(tx, first).await?;
    customers::hold(tx, second).await?;
    for statement in MOVED {
        sql::query(statement).bind(goes.as_str()).bind(stays.as_str()).execute(&mut **tx).await?;
    }
    customers::move_basket(tx, goes, stays).await?;
    let told = together(preferences::of(tx, stays).await?, preferences::of(tx, goes).await?);
    preferences::put(tx, stays, &told).await?;
    sql::query("INSERT INTO joined_customers (joined, customer_id, joined_at) VALUES (?1, ?2, ?3)")
        .bind(goes.as_str())
        .bind(stays.as_str())
        .bind(now.as_millisecond())
        .execute(&mut **tx)
        .await?;
    sql::query("DELETE FROM idempotency WHERE scope = 'shop:' || ?1").bind(goes.as_str()).execute(&mut **tx).await?;
    sql::query("DELETE FROM customers WHERE id = ?1").bind(goes.as_str()).execute(&mut **tx).await?;
    Ok(())
}

/// What either told, the one that stays first. Of what must not be eaten nothing is dropped.
fn together(stays: Preferences, goes: Preferences) -> Preferences {
    let mut sizes = goes.sizes;
    sizes.extend(stays.sizes);
    let liked: Vec<String> = goes.likes.into_iter().filter(|b| !stays.dislikes.contains(b)).collect();
    let disliked: Vec<String> = goes.dislikes.into_iter().filter(|b| !stays.likes.contains(b)).collect();
    Preferences {
        pace: stays.pace.or(goes.pace),
        endpointing: stays.endpointing.or(goes.endpointing),
        avoids: stays.avoids.into_iter().chain(goes.avoids).collect(),
        sizes,
        likes: stays.likes.into_iter().chain(liked).collect(),
        dislikes: stays.dislikes.into_iter().chain(disliked).collect(),
        verbosity: stays.verbosity.or(goes.verbosity),
    }
}
