//! Has the shop learn what is bought together while serving. Refuses to know what that is.

use std::time::{Duration, Instant};

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::shop::SqlShop;

/// How often it is looked whether what orders teach is due to be learnt anew.
const LEARN_EVERY: Duration = Duration::from_secs(60);

/// Learns from everybody's orders while serving, apart from the rest of the upkeep: of a big shop it takes a while.
pub fn begin(shop: SqlShop, stop: CancellationToken) -> JoinHandle<()> {
    tokio::spawn(async move {
        while !stop.is_cancelled() {
            let began = Instant::now();
            match shop.learn_tastes().await {
                Ok(Some(orders)) => {
                    let took = began.elapsed().as_millis() as u64;
                    tracing::info!(orders, took_ms = took, "what is bought together was learnt");
                }
                Ok(None) => {}
                Err(error) => tracing::warn!(%error, "what is bought together could not be learnt; the old goes on"),
            }
            let _ = tokio::time::timeout(LEARN_EVERY, stop.cancelled()).await;
        }
    })
}
