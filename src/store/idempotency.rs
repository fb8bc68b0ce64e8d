//! Remembers what was answered to a request, in the transaction that did the work: either both are kept or neither.
//! Knows no domain: outcomes are JSON that only their writer reads.

use jiff::Timestamp;
use serde::{Serialize, de::DeserializeOwned};

use super::{StoreError, Transaction, sql};

/// Names one request. The same key in another scope is another request.
#[derive(Clone, Copy, Debug)]
pub struct Key<'a> {
    /// Who chose the key, such as a customer: keys of two callers never meet.
    pub scope: &'a str,
    pub key: &'a str,
}

/// The outcome recorded for this key, if it was recorded before.
pub async fn find<T: DeserializeOwned>(tx: &mut Transaction, key: Key<'_>) -> Result<Option<T>, StoreError> {
    let found: Option<String> = sql::query_scalar("SELECT outcome FROM idempotency WHERE scope = ?1 AND key = ?2")
        .bind(key.scope)
        .bind(key.key)
        .fetch_optional(&mut **tx)
        .await?;
    Ok(found.map(|json| serde_json::from_str(&json)).transpose()?)
}

/// Records the outcome; the first one stays when the key is known already.
pub async fn record<T: Serialize>(
    tx: &mut Transaction,
    key: Key<'_>,
    outcome: &T,
    at: Timestamp,
) -> Result<(), StoreError> {
    sql::query(
        "INSERT INTO idempotency (scope, key, outcome, recorded_at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (scope, key) DO NOTHING",
    )
    .bind(key.scope)
    .bind(key.key)
    .bind(serde_json::to_string(outcome)?)
    .bind(at.as_millisecond())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Drops what was recorded before `limit`; how many went.
pub async fn forget_before(tx: &mut Transaction, limit: Timestamp) -> Result<u64, StoreError> {
    let gone = sql::query("DELETE FROM idempotency WHERE recorded_at < ?1")
        .bind(limit.as_millisecond())
        .execute(&mut **tx)
        .await?;
    Ok(gone.rows_affected())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    #[tokio::test]
    async fn the_first_outcome_stays_and_only_if_committed() {
        let store = Store::scratch().await.unwrap();
        let (ada, grace) = (Key { scope: "ada", key: "r1" }, Key { scope: "grace", key: "r1" });
        let at = Timestamp::from_second(100).unwrap();

        let mut tx = store.begin().await.unwrap();
        record(&mut tx, ada, &"lost", at).await.unwrap();
        drop(tx);

        let mut tx = store.begin().await.unwrap();
        assert_eq!(find::<String>(&mut tx, ada).await.unwrap(), None);
        record(&mut tx, ada, &"first", at).await.unwrap();
        record(&mut tx, ada, &"second", at).await.unwrap();
        tx.commit().await.unwrap();

        let mut tx = store.begin().await.unwrap();
        assert_eq!(find::<String>(&mut tx, ada).await.unwrap().as_deref(), Some("first"));
        assert_eq!(find::<String>(&mut tx, grace).await.unwrap(), None);
        assert_eq!(forget_before(&mut tx, at).await.unwrap(), 0);
        assert_eq!(forget_before(&mut tx, Timestamp::from_second(101).unwrap()).await.unwrap(), 1);
        assert_eq!(find::<String>(&mut tx, ada).await.unwrap(), None);
    }
}
