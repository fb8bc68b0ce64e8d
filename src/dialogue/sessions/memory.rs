//! Sessions in memory: for the command line and for tests. Forgets everything when the process ends.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use futures::future::BoxFuture;

use crate::dialogue::{Session, SessionError, SessionId, SessionStore};

#[derive(Default)]
pub struct MemorySessions(Mutex<HashMap<SessionId, Session>>);

impl SessionStore for MemorySessions {
    fn load<'a>(&'a self, id: &'a SessionId) -> BoxFuture<'a, Result<Option<Session>, SessionError>> {
        Box::pin(async move { Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()) })
    }

    fn save(&self, session: Session) -> BoxFuture<'_, Result<(), SessionError>> {
        Box::pin(async move {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(session.id.clone(), session);
            Ok(())
        })
    }

    fn end<'a>(&'a self, id: &'a SessionId) -> BoxFuture<'a, Result<(), SessionError>> {
        Box::pin(async move {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
            Ok(())
        })
    }
}
