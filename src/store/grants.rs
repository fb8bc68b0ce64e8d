//! What shoppers let others do in their name, as rows: hashes of codes and tokens in, whose they are out. Every change
//! is one transaction. Refuses to know what a code or a token looks like in the clear, and who asks.

use jiff::{SignedDuration, Timestamp};

use super::{Store, StoreError, Transaction, sql};

/// How long after a refresh the same request may come again: its answer may have been lost on the way.
const RETRY: SignedDuration = SignedDuration::from_secs(30);

/// A code to be kept. `hash` and all other hashes here are hex of SHA-256.
pub struct NewCode<'a> {
    pub hash: &'a str,
    pub grant: &'a str,
    pub customer: &'a str,
    pub client: &'a str,
    pub redirect: &'a str,
    /// PKCE, S256.
    pub challenge: Option<&'a str>,
    pub expires: Timestamp,
}

/// A code that came back.
pub struct Presented<'a> {
    pub hash: &'a str,
    pub client: &'a str,
    pub redirect: &'a str,
    /// S256 of the verifier that came with it.
    pub challenge: Option<&'a str>,
}

/// Two tokens about to be handed out.
pub struct Pair<'a> {
    pub access: &'a str,
    pub access_until: Timestamp,
    pub refresh: &'a str,
    pub refresh_until: Timestamp,
}

/// Whose access token it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    pub grant: String,
    pub customer: String,
    /// Who was seen to carry it.
    pub identity: Option<String>,
}

pub async fn add_code(store: &Store, code: &NewCode<'_>, now: Timestamp) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    sql::query("INSERT INTO grants (id, customer_id, client, created_at) VALUES (?1, ?2, ?3, ?4)")
        .bind(code.grant)
        .bind(code.customer)
        .bind(code.client)
        .bind(now.as_millisecond())
        .execute(&mut *tx)
        .await?;
    sql::query("INSERT INTO grant_codes (hash, grant_id, redirect, challenge, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)")
        .bind(code.hash)
        .bind(code.grant)
        .bind(code.redirect)
        .bind(code.challenge)
        .bind(code.expires.as_millisecond())
        .execute(&mut *tx)
        .await?;
    Ok(tx.commit().await?)
}

/// Gives the pair for a code, once; whether it did. Any try uses the code up, and a second one takes back what the
/// first was given: one of the two was a thief.
pub async fn redeem(store: &Store, code: &Presented<'_>, pair: &Pair<'_>, now: Timestamp) -> Result<bool, StoreError> {
    let mut tx = store.begin().await?;
    let kept = sql::for_update!(
        "SELECT c.grant_id, c.redirect, c.challenge, c.expires_at, c.used_at, g.client, g.revoked_at
         FROM grant_codes c JOIN grants g ON g.id = c.grant_id WHERE c.hash = ?1"
    )
    .bind(code.hash)
    .fetch_optional(&mut *tx)
    .await?;
    let Some(kept) = kept else { return Ok(false) };
    let (grant, client): (String, String) = (kept.try_get("grant_id")?, kept.try_get("client")?);
    let (redirect, challenge): (String, Option<String>) = (kept.try_get("redirect")?, kept.try_get("challenge")?);
    let (used, revoked): (Option<i64>, Option<i64>) = (kept.try_get("used_at")?, kept.try_get("revoked_at")?);
    let expires: i64 = kept.try_get("expires_at")?;
    if client != code.client {
        return Ok(false);
    }
    let sound = used.is_none()
        && revoked.is_none()
        && now.as_millisecond() < expires
        && redirect == code.redirect
        && challenge.as_deref() == code.challenge;
    if sound {
        sql::query("UPDATE grant_codes SET used_at = ?2 WHERE hash = ?1")
            .bind(code.hash)
            .bind(now.as_millisecond())
            .execute(&mut *tx)
            .await?;
        issue(&mut tx, &grant, None, pair).await?;
    } else {
        revoke(&mut tx, &grant, now).await?;
    }
    tx.commit().await?;
    Ok(sound)
}

/// Gives the pair for a refresh token; whether it did. A token that was used before takes the whole grant with it,
/// except within [`RETRY`] and only while nobody has used what it was given for.
pub async fn refresh(
    store: &Store,
    token: &str,
    client: &str,
    pair: &Pair<'_>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let mut tx = store.begin().await?;
    let kept = sql::for_update!(
        "SELECT t.grant_id, t.expires_at, t.used_at, g.client, g.revoked_at
         FROM grant_tokens t JOIN grants g ON g.id = t.grant_id WHERE t.hash = ?1 AND t.kind = 'refresh'"
    )
    .bind(token)
    .fetch_optional(&mut *tx)
    .await?;
    let Some(kept) = kept else { return Ok(false) };
    let (grant, owner): (String, String) = (kept.try_get("grant_id")?, kept.try_get("client")?);
    let (used, revoked): (Option<i64>, Option<i64>) = (kept.try_get("used_at")?, kept.try_get("revoked_at")?);
    let expires: i64 = kept.try_get("expires_at")?;
    if owner != client || revoked.is_some() || now.as_millisecond() >= expires {
        return Ok(false);
    }
    if let Some(used) = used {
        let later: i64 =
            sql::query_scalar("SELECT count(*) FROM grant_tokens WHERE parent = ?1 AND used_at IS NOT NULL")
                .bind(token)
                .fetch_one(&mut *tx)
                .await?;
        if later > 0 || now.as_millisecond() - used > RETRY.as_millis() as i64 {
            revoke(&mut tx, &grant, now).await?;
            tx.commit().await?;
            return Ok(false);
        }
        // The pair that was lost counts as used: should it turn up after all, somebody else has it.
        sql::query(
            "UPDATE grant_tokens SET used_at = ?2, parent = NULL,
                 expires_at = CASE kind WHEN 'access' THEN ?2 ELSE expires_at END WHERE parent = ?1",
        )
        .bind(token)
        .bind(now.as_millisecond() - RETRY.as_millis() as i64 - 1)
        .execute(&mut *tx)
        .await?;
    } else {
        sql::query("UPDATE grant_tokens SET used_at = ?2 WHERE hash = ?1")
            .bind(token)
            .bind(now.as_millisecond())
            .execute(&mut *tx)
            .await?;
    }
    issue(&mut tx, &grant, Some(token), pair).await?;
    tx.commit().await?;
    Ok(true)
}

/// Whose access token this is, while it is valid.
pub async fn holder(store: &Store, access: &str, now: Timestamp) -> Result<Option<Holder>, StoreError> {
    let row = sql::query(
        "SELECT g.id, g.customer_id, g.identity FROM grant_tokens t JOIN grants g ON g.id = t.grant_id
         WHERE t.hash = ?1 AND t.kind = 'access' AND t.expires_at > ?2 AND g.revoked_at IS NULL",
    )
    .bind(access)
    .bind(now.as_millisecond())
    .fetch_optional(store.reader())
    .await?;
    let holder = |row: sql::Row| {
        Ok(Holder {
            grant: row.try_get("id")?,
            customer: row.try_get("customer_id")?,
            identity: row.try_get("identity")?,
        })
    };
    row.map(holder).transpose()
}

/// Notes who carries a grant's tokens.
pub async fn carried_by(store: &Store, grant: &str, identity: &str) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    sql::query("UPDATE grants SET identity = ?2 WHERE id = ?1").bind(grant).bind(identity).execute(&mut *tx).await?;
    Ok(tx.commit().await?)
}

/// Takes back the grant of this token, access or refresh, if it is this client's.
pub async fn revoke_token(store: &Store, token: &str, client: &str, now: Timestamp) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    let grant: Option<String> = sql::query_scalar(
        "SELECT g.id FROM grant_tokens t JOIN grants g ON g.id = t.grant_id WHERE t.hash = ?1 AND g.client = ?2",
    )
    .bind(token)
    .bind(client)
    .fetch_optional(&mut *tx)
    .await?;
    if let Some(grant) = grant {
        revoke(&mut tx, &grant, now).await?;
    }
    Ok(tx.commit().await?)
}

/// Takes back every grant that this identity carries; how many there were.
pub async fn revoke_carried(store: &Store, identity: &str, now: Timestamp) -> Result<u64, StoreError> {
    // Every turn of a stranger asks this, and nearly always there is none: that must not wait for the one writer.
    let carries: bool =
        sql::query_scalar("SELECT EXISTS (SELECT 1 FROM grants WHERE identity = ?1 AND revoked_at IS NULL)")
            .bind(identity)
            .fetch_one(store.reader())
            .await?;
    if !carries {
        return Ok(0);
    }
    revoke_where(store, "UPDATE grants SET revoked_at = ?2 WHERE identity = ?1 AND revoked_at IS NULL", identity, now)
        .await
}

/// Takes back every grant of this customer; how many there were.
pub async fn revoke_customer(store: &Store, customer: &str, now: Timestamp) -> Result<u64, StoreError> {
    revoke_where(
        store,
        "UPDATE grants SET revoked_at = ?2 WHERE customer_id = ?1 AND revoked_at IS NULL",
        customer,
        now,
    )
    .await
}

/// Forgets what no longer opens anything: tokens and codes out of time, and grants without any.
pub async fn tidy(store: &Store, now: Timestamp) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    for forget in [
        "DELETE FROM grant_tokens WHERE expires_at < ?1",
        // A used code is kept for a day, so that a second use is noticed.
        "DELETE FROM grant_codes WHERE expires_at < ?1 - 86400000",
        "DELETE FROM grants WHERE created_at < ?1 - 86400000
           AND NOT EXISTS (SELECT 1 FROM grant_tokens t WHERE t.grant_id = grants.id)",
    ] {
        sql::query(forget).bind(now.as_millisecond()).execute(&mut *tx).await?;
    }
    Ok(tx.commit().await?)
}

async fn issue(tx: &mut Transaction, grant: &str, parent: Option<&str>, pair: &Pair<'_>) -> Result<(), StoreError> {
    for (kind, hash, until) in
        [("access", pair.access, pair.access_until), ("refresh", pair.refresh, pair.refresh_until)]
    {
        sql::query("INSERT INTO grant_tokens (hash, grant_id, kind, parent, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)")
            .bind(hash)
            .bind(grant)
            .bind(kind)
            .bind(parent)
            .bind(until.as_millisecond())
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

async fn revoke(tx: &mut Transaction, grant: &str, now: Timestamp) -> Result<(), StoreError> {
    sql::query("UPDATE grants SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL")
        .bind(grant)
        .bind(now.as_millisecond())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

async fn revoke_where(store: &Store, sql: &'static str, whose: &str, now: Timestamp) -> Result<u64, StoreError> {
    let mut tx = store.begin().await?;
    let done = sql::query(sql).bind(whose).bind(now.as_millisecond()).execute(&mut *tx).await?;
    tx.commit().await?;
    Ok(done.rows_affected())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn pair<'a>(access: &'a str, refresh: &'a str) -> Pair<'a> {
        Pair { access, access_until: at(3_600), refresh, refresh_until: at(100 * DAY) }
    }

    async fn with_code() -> Store {
        let store = Store::scratch().await.unwrap();
        let mut tx = store.begin().await.unwrap();
        sql::query("INSERT INTO customers (id, created_at) VALUES ('ada', 0)").execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
        let code = NewCode {
            hash: "code",
            grant: "g",
            customer: "ada",
            client: "alexa",
            redirect: "https://a/",
            challenge: Some("S"),
            expires: at(120),
        };
        add_code(&store, &code, at(0)).await.unwrap();
        store
    }

    const CODE: Presented<'static> =
        Presented { hash: "code", client: "alexa", redirect: "https://a/", challenge: Some("S") };

    async fn valid(store: &Store, access: &str, now: i64) -> bool {
        holder(store, access, at(now)).await.unwrap().is_some_and(|h| h.customer == "ada")
    }

    #[tokio::test]
    async fn a_code_is_good_once_and_a_second_use_takes_back_the_first() {
        let store = with_code().await;
        assert!(redeem(&store, &CODE, &pair("a1", "r1"), at(10)).await.unwrap());
        assert!(valid(&store, "a1", 20).await);
        assert!(!valid(&store, "r1", 20).await, "a refresh token opens nothing by itself");
        assert!(!valid(&store, "a1", 3_600).await, "it is out of time");
        assert!(!redeem(&store, &CODE, &pair("a2", "r2"), at(11)).await.unwrap());
        assert!(!valid(&store, "a1", 20).await);
        assert!(!refresh(&store, "r1", "alexa", &pair("a3", "r3"), at(20)).await.unwrap());
    }

    #[tokio::test]
    async fn a_code_that_does_not_fit_gives_nothing_and_is_gone() {
        for (wrong, now) in [
            (Presented { redirect: "https://b/", ..CODE }, 10),
            (Presented { challenge: None, ..CODE }, 10),
            (Presented { challenge: Some("T"), ..CODE }, 10),
            (CODE, 120),
        ] {
            let store = with_code().await;
            assert!(!redeem(&store, &wrong, &pair("a1", "r1"), at(now)).await.unwrap());
            assert!(!redeem(&store, &CODE, &pair("a2", "r2"), at(11)).await.unwrap());
        }
        let store = with_code().await;
        let other = Presented { client: "other", ..CODE };
        assert!(!redeem(&store, &other, &pair("a1", "r1"), at(10)).await.unwrap());
        assert!(redeem(&store, &CODE, &pair("a2", "r2"), at(11)).await.unwrap(), "another client cannot use it up");
    }

    #[tokio::test]
    async fn a_refresh_token_that_comes_twice_takes_the_grant_with_it() {
        let store = with_code().await;
        redeem(&store, &CODE, &pair("a1", "r1"), at(10)).await.unwrap();
        assert!(refresh(&store, "r1", "alexa", &pair("a2", "r2"), at(20)).await.unwrap());
        assert!(refresh(&store, "r2", "alexa", &pair("a3", "r3"), at(30)).await.unwrap());
        assert!(!refresh(&store, "r1", "alexa", &pair("a4", "r4"), at(40)).await.unwrap());
        assert!(!valid(&store, "a3", 41).await);
        assert!(!refresh(&store, "r3", "alexa", &pair("a5", "r5"), at(42)).await.unwrap());
    }

    #[tokio::test]
    async fn a_lost_answer_may_be_asked_for_again_at_once() {
        let store = with_code().await;
        redeem(&store, &CODE, &pair("a1", "r1"), at(10)).await.unwrap();
        assert!(refresh(&store, "r1", "alexa", &pair("a2", "r2"), at(20)).await.unwrap());
        assert!(refresh(&store, "r1", "alexa", &pair("a3", "r3"), at(30)).await.unwrap());
        assert!(!valid(&store, "a2", 31).await && valid(&store, "a3", 31).await);
        // The first answer was not lost but taken.
        assert!(!refresh(&store, "r2", "alexa", &pair("a4", "r4"), at(32)).await.unwrap());
        assert!(!valid(&store, "a3", 33).await);

        let store = with_code().await;
        redeem(&store, &CODE, &pair("a1", "r1"), at(10)).await.unwrap();
        assert!(refresh(&store, "r1", "alexa", &pair("a2", "r2"), at(20)).await.unwrap());
        assert!(!refresh(&store, "r1", "alexa", &pair("a3", "r3"), at(51)).await.unwrap(), "too late for a retry");
    }

    #[tokio::test]
    async fn grants_are_taken_back_by_token_carrier_and_customer() {
        for how in 0..4 {
            let store = with_code().await;
            redeem(&store, &CODE, &pair("a1", "r1"), at(10)).await.unwrap();
            carried_by(&store, "g", "alexa:user:u").await.unwrap();
            assert_eq!(holder(&store, "a1", at(11)).await.unwrap().unwrap().identity.as_deref(), Some("alexa:user:u"));
            revoke_token(&store, "a1", "another client", at(12)).await.unwrap();
            assert!(valid(&store, "a1", 12).await);
            match how {
                0 => revoke_token(&store, "r1", "alexa", at(12)).await.unwrap(),
                1 => revoke_token(&store, "a1", "alexa", at(12)).await.unwrap(),
                2 => assert_eq!(revoke_carried(&store, "alexa:user:u", at(12)).await.unwrap(), 1),
                _ => assert_eq!(revoke_customer(&store, "ada", at(12)).await.unwrap(), 1),
            }
            assert!(!valid(&store, "a1", 13).await);
            tidy(&store, at(101 * DAY)).await.unwrap();
            let left: i64 = sql::query_scalar("SELECT (SELECT count(*) FROM grants) + (SELECT count(*) FROM grant_tokens) + (SELECT count(*) FROM grant_codes)")
                .fetch_one(store.reader()).await.unwrap();
            assert_eq!(left, 0);
        }
    }
}
