//! What every session store must do, run on each: memory, the file behind its journal, and the shared database, where
//! two stores stand for two servers.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers outside #[test] functions too

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use voicecart::dialogue::sessions::memory::MemorySessions;
use voicecart::dialogue::sessions::shared::SharedSessions;
use voicecart::dialogue::sessions::sql::SqlSessions;
use voicecart::dialogue::{Session, SessionId, SessionStore};
use voicecart::shop::CustomerId;
use voicecart::store::Store;

#[path = "support/cluster.rs"]
mod cluster;

use cluster::Cluster;

const LAPSE: Duration = Duration::from_secs(3_600);

fn session(id: &str, touched: Timestamp) -> Session {
    Session::new(SessionId::new(id).unwrap(), CustomerId::new("ada").unwrap(), "en-US", touched)
}

async fn conformance(store: &dyn SessionStore) {
    let id = SessionId::new("s-1").unwrap();
    assert_eq!(store.load(&id).await.unwrap(), None);
    let mut kept = session("s-1", Timestamp::now());
    store.save(kept.clone()).await.unwrap();
    assert_eq!(store.load(&id).await.unwrap().as_ref(), Some(&kept));
    kept.turns = 7;
    store.save(kept.clone()).await.unwrap();
    assert_eq!(store.load(&id).await.unwrap(), Some(kept));
    let other = SessionId::new("s-2").unwrap();
    assert_eq!(store.load(&other).await.unwrap(), None);
    store.end(&id).await.unwrap();
    assert_eq!(store.load(&id).await.unwrap(), None);
    store.end(&id).await.unwrap();
    drop(store.hold(&id).await.unwrap());
    drop(store.hold(&id).await.unwrap());
}

async fn forgets(store: &dyn SessionStore) {
    let old = Timestamp::now() - SignedDuration::try_from(LAPSE).unwrap();
    store.save(session("old", old)).await.unwrap();
    assert_eq!(store.load(&SessionId::new("old").unwrap()).await.unwrap(), None, "lapsed");
}

#[tokio::test]
async fn memory_conforms() {
    conformance(&MemorySessions::default()).await;
}

#[tokio::test]
async fn the_file_conforms() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqlSessions::open(&folder.path().join("sessions.db"), LAPSE).await.unwrap();
    conformance(&store).await;
    forgets(&store).await;
}

#[tokio::test]
async fn a_database_in_a_file_shares_no_sessions() {
    assert!(SharedSessions::of(&Store::scratch().await.unwrap(), LAPSE).is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_share_conversations_and_take_turns() {
    let Some(cluster) = Cluster::shared() else { return };
    let (address, folder) = (cluster.database(), tempfile::tempdir().unwrap());
    let store = Store::open_postgres(&address, &folder.path().join("beside")).await.unwrap();
    let one = SharedSessions::of(&store, LAPSE).unwrap();
    conformance(&one).await;
    forgets(&one).await;

    let store = Store::open_postgres(&address, &folder.path().join("beside")).await.unwrap();
    let two = SharedSessions::of(&store, LAPSE).unwrap();
    let kept = session("shared", Timestamp::now());
    one.save(kept.clone()).await.unwrap();
    assert_eq!(two.load(&kept.id).await.unwrap().as_ref(), Some(&kept));

    let held = one.hold(&kept.id).await.unwrap();
    let waits = tokio::time::timeout(Duration::from_millis(300), two.hold(&kept.id)).await;
    assert!(waits.is_err(), "both work on one conversation");
    let free = SessionId::new("another").unwrap();
    tokio::time::timeout(Duration::from_secs(5), two.hold(&free)).await.unwrap().unwrap();
    let next = tokio::spawn(async move { two.hold(&kept.id).await.map(|_| ()) });
    tokio::time::sleep(Duration::from_millis(50)).await;
    drop(held);
    tokio::time::timeout(Duration::from_secs(5), next).await.unwrap().unwrap().unwrap();
}
