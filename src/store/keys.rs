//! Keys to the HTTP API as rows: names and hashes in, the same out. Refuses to know what a key looks like in the clear.

use jiff::Timestamp;

use super::{Store, StoreError, sql};

/// One key; `hash` is the SHA-256 of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRow {
    pub id: String,
    pub name: String,
    pub hash: [u8; 32],
    pub created: Timestamp,
    pub used: Option<Timestamp>,
    pub revoked: Option<Timestamp>,
}

type Columns = (String, String, Vec<u8>, i64, Option<i64>, Option<i64>);

pub async fn add(store: &Store, id: &str, name: &str, hash: &[u8; 32], now: Timestamp) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    sql::query("INSERT INTO api_keys (id, name, hash, created_at) VALUES (?1, ?2, ?3, ?4)")
        .bind(id)
        .bind(name)
        .bind(hash.as_slice())
        .bind(now.as_millisecond())
        .execute(&mut *tx)
        .await?;
    Ok(tx.commit().await?)
}

/// All keys, revoked ones too, oldest first.
pub async fn list(store: &Store) -> Result<Vec<KeyRow>, StoreError> {
    let found = sql::query("SELECT * FROM api_keys ORDER BY created_at, id").fetch_all(store.reader()).await?;
    let columns = |row: &sql::Row| -> Result<Columns, sqlx::Error> {
        let (id, name, hash) = (row.try_get("id")?, row.try_get("name")?, row.try_get("hash")?);
        Ok((id, name, hash, row.try_get("created_at")?, row.try_get("used_at")?, row.try_get("revoked_at")?))
    };
    let rows = found.iter().map(columns).collect::<Result<Vec<_>, _>>()?;
    // The table's checks keep rows whole; one that is not is as good as no key.
    Ok(rows.into_iter().filter_map(KeyRow::of).collect())
}

/// Revokes the keys with this id or this name; how many there were.
pub async fn revoke(store: &Store, id_or_name: &str, now: Timestamp) -> Result<u64, StoreError> {
    let mut tx = store.begin().await?;
    let done = sql::query("UPDATE api_keys SET revoked_at = ?1 WHERE (id = ?2 OR name = ?2) AND revoked_at IS NULL")
        .bind(now.as_millisecond())
        .bind(id_or_name)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(done.rows_affected())
}

/// Notes when each of these keys was last used.
pub async fn touch(store: &Store, used: &[(String, Timestamp)]) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    for (id, at) in used {
        sql::query("UPDATE api_keys SET used_at = ?1 WHERE id = ?2 AND coalesce(used_at, 0) < ?1")
            .bind(at.as_millisecond())
            .bind(id)
            .execute(&mut *tx)
            .await?;
    }
    Ok(tx.commit().await?)
}

impl KeyRow {
    fn of((id, name, hash, created, used, revoked): Columns) -> Option<Self> {
        let time = |ms: i64| Timestamp::from_millisecond(ms).ok();
        Some(Self {
            id,
            name,
            hash: hash.try_into().ok()?,
            created: time(created)?,
            used: used.and_then(time),
            revoked: revoked.and_then(time),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_key_is_added_used_and_revoked() {
        let store = Store::scratch().await.unwrap();
        let at = |s| Timestamp::from_second(s).unwrap();
        add(&store, "a", "till", &[1; 32], at(10)).await.unwrap();
        add(&store, "b", "phone", &[2; 32], at(20)).await.unwrap();
        assert!(add(&store, "c", "copy", &[2; 32], at(30)).await.is_err(), "a hash is there once");
        touch(&store, &[("a".into(), at(50))]).await.unwrap();
        touch(&store, &[("a".into(), at(40))]).await.unwrap();
        assert_eq!(revoke(&store, "phone", at(60)).await.unwrap(), 1);
        assert_eq!(revoke(&store, "phone", at(70)).await.unwrap(), 0);
        let rows = list(&store).await.unwrap();
        let seen: Vec<_> = rows.iter().map(|r| (r.name.as_str(), r.hash, r.used, r.revoked)).collect();
        assert_eq!(seen, [("till", [1; 32], Some(at(50)), None), ("phone", [2; 32], None, Some(at(60)))]);
    }
}
