//! A circuit breaker: work that may fail in, its result or an immediate refusal out. Refuses to know what the work is.
//!
//! Whoever depends on something that is down waits for its time-out; when everybody waits, nothing else is done either.
//! After a few failures in a row nobody waits any more, until one call at a time tries whether it is back.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// When to stop trying, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// So many failures in a row open the circuit.
    pub failures: u32,
    /// So long nothing is tried; then one call is let through.
    pub rest: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { failures: 3, rest: Duration::from_secs(2) }
    }
}

/// One circuit. Clones share it.
#[derive(Clone, Debug)]
pub struct Breaker {
    what: &'static str,
    settings: Settings,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    failures: u32,
    /// When the circuit opened, or was last tried.
    since: Option<Instant>,
}

/// The circuit is open: nothing was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} did not answer of late and is not asked for now; it is tried again within {} s", .again.as_secs() + 1)]
pub struct Open {
    pub what: &'static str,
    pub again: Duration,
}

/// Leave to try. Dropped without a word (the caller gave up waiting), it counts as a failure.
#[derive(Debug)]
pub struct Try {
    breaker: Breaker,
    told: bool,
}

impl Breaker {
    /// A closed circuit to `what`, named for people.
    pub fn new(what: &'static str, settings: Settings) -> Self {
        Self { what, settings, state: Arc::default() }
    }

    /// Leave to try, or not. What came of it must be told to the [`Try`].
    pub fn enter(&self) -> Result<Try, Open> {
        let mut state = self.state();
        if let Some(since) = state.since {
            let again = self.settings.rest.saturating_sub(since.elapsed());
            if !again.is_zero() {
                return Err(Open { what: self.what, again });
            }
            // One goes ahead; the others wait for what it finds.
            state.since = Some(Instant::now());
        }
        Ok(Try { breaker: self.clone(), told: false })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn heard(&self, answered: bool) {
        let mut state = self.state();
        if answered {
            if state.since.is_some() {
                tracing::info!(what = self.what, "answers again");
            }
            *state = State::default();
            return;
        }
        state.failures = state.failures.saturating_add(1);
        if state.failures >= self.settings.failures {
            if state.since.is_none() {
                tracing::error!(what = self.what, failures = state.failures, "does not answer; not asked for a while");
            }
            state.since = Some(Instant::now());
        }
    }
}

impl Try {
    /// It answered, be it with an error of the asker's own making.
    pub fn answered(mut self) {
        self.told = true;
        self.breaker.heard(true);
    }

    /// Nothing was learnt about it.
    pub fn unknown(mut self) {
        self.told = true;
    }

    /// It could not be reached, or broke off.
    pub fn failed(mut self) {
        self.told = true;
        self.breaker.heard(false);
    }
}

impl Drop for Try {
    fn drop(&mut self) {
        if !self.told {
            self.breaker.heard(false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_after_failures_in_a_row_and_lets_one_try_after_a_rest() {
        let rest = Duration::from_millis(40);
        let breaker = Breaker::new("the shop", Settings { failures: 2, rest });
        breaker.enter().unwrap().failed();
        breaker.enter().unwrap().answered();
        breaker.enter().unwrap().failed();
        drop(breaker.enter().unwrap());
        let open = breaker.enter().unwrap_err();
        assert!(open.again <= rest && open.to_string().starts_with("the shop did not answer"), "{open}");
        std::thread::sleep(rest);
        let one = breaker.enter().unwrap();
        assert!(breaker.clone().enter().is_err(), "only one tries");
        one.failed();
        assert!(breaker.enter().is_err(), "still down");
        std::thread::sleep(rest);
        breaker.enter().unwrap().answered();
        breaker.enter().unwrap().failed();
        assert!(breaker.enter().is_ok(), "counts afresh");
    }
}
