//! One turn at a time in each conversation of this process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::dialogue::SessionId;

/// One turn at a time in each conversation.
#[derive(Default)]
pub(super) struct SessionLocks(Mutex<HashMap<SessionId, Arc<tokio::sync::Mutex<()>>>>);

impl SessionLocks {
    pub async fn hold(&self, id: &SessionId) -> tokio::sync::OwnedMutexGuard<()> {
        let lock = {
            let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            // Locks that nobody holds are forgotten here, so that the table stays as small as the traffic.
            if locks.len() >= 1024 {
                locks.retain(|_, l| Arc::strong_count(l) > 1);
            }
            locks.entry(id.clone()).or_default().clone()
        };
        lock.lock_owned().await
    }
}
