//! Conversations that outlive the request that opened them: told once that the server is stopping, and waited for.

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Shared by the doors that hold conversations and by whoever stops the server.
#[derive(Clone, Debug, Default)]
pub struct Lasting {
    stop: CancellationToken,
    open: TaskTracker,
}

impl Lasting {
    /// Runs a conversation, and keeps the server from ending before it has.
    pub fn hold(&self, conversation: impl Future<Output = ()> + Send + 'static) {
        self.open.spawn(conversation);
    }

    /// Cancelled when every conversation should finish the turn it is in and end.
    pub fn stopping(&self) -> &CancellationToken {
        &self.stop
    }

    /// Asks every conversation to end.
    pub fn stop(&self) {
        self.stop.cancel();
        self.open.close();
    }

    /// Waits until all have ended.
    pub async fn ended(&self) {
        self.open.wait().await;
    }

    /// Conversations that are open.
    pub fn left(&self) -> usize {
        self.open.len()
    }
}
