//! The settings of the Alexa door, `alexa.*` in the configuration: what they mean here, and what is unwise about them.
//!
//! The seam for tests is two of them, off by default. `alexa.extra_root` names a PEM file with one more trusted root
//! (read whenever a chain is checked; whoever holds its key can speak for Alexa), and `alexa.chain_base_override` is
//! where certificate chains are fetched from instead of Amazon, such as `http://127.0.0.1:9443`: the path is kept, and
//! all other rules hold.

use std::time::Duration;

use super::verify::freshness::WIDEST_SECONDS;
pub use crate::config::Alexa as AlexaSettings;

impl AlexaSettings {
    /// What is wrong with these settings, if anything; says aloud (in the log) what is merely unwise.
    pub fn check(&self) -> Result<(), AlexaError> {
        if !(500..=7_500).contains(&self.deadline_ms) {
            return Err(AlexaError::Deadline(self.deadline_ms));
        }
        if self.max_in_flight == 0 {
            return Err(AlexaError::InFlight);
        }
        for (key, base) in [
            ("alexa.chain_base_override", &self.chain_base_override),
            ("alexa.services_override", &self.services_override),
        ] {
            let Some(base) = base else { continue };
            let http = base.starts_with("http://") || base.starts_with("https://");
            if !http || url::Url::parse(base).is_err() {
                return Err(AlexaError::Base(key, base.clone()));
            }
        }
        self.warn();
        Ok(())
    }

    /// Seconds that a timestamp may be off.
    pub fn tolerance(&self) -> u32 {
        self.tolerance_seconds.min(WIDEST_SECONDS)
    }

    pub fn deadline(&self) -> Duration {
        Duration::from_millis(self.deadline_ms)
    }

    fn warn(&self) {
        if self.tolerance_seconds > WIDEST_SECONDS {
            tracing::warn!(
                asked = self.tolerance_seconds,
                used = WIDEST_SECONDS,
                "alexa.tolerance_seconds is wider than Amazon allows"
            );
        }
        if let Some(base) = &self.services_override {
            tracing::warn!(%base, "alexa.services_override is set: customers' tokens are sent there; for tests only");
        }
        if !self.verify {
            tracing::warn!("alexa.verify is off: ANYBODY who can reach /alexa can order in a shopper's name");
            return;
        }
        if self.application_ids.is_empty() {
            tracing::warn!("alexa.application_ids is empty: requests for any Alexa skill are answered");
        }
        if let Some(path) = &self.extra_root {
            tracing::warn!(path = %path.display(), "alexa.extra_root is set: its key can speak for Alexa; for tests only");
        }
        if let Some(base) = &self.chain_base_override {
            tracing::warn!(%base, "alexa.chain_base_override is set: chains are not fetched from Amazon; for tests only");
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum AlexaError {
    #[error("alexa.deadline_ms is {0}; it must be between 500 and 7500")]
    Deadline(u64),
    #[error("alexa.max_in_flight is 0; at least one turn must be allowed")]
    InFlight,
    #[error("{0} is {1:?}; it must begin with http:// or https://")]
    Base(&'static str, String),
    #[error("cannot set up a client for Amazon's servers: {0}")]
    Client(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_clamped_or_refused() {
        let with = |change: fn(&mut AlexaSettings)| {
            let mut settings = AlexaSettings::default();
            change(&mut settings);
            settings
        };
        assert_eq!(AlexaSettings::default().tolerance(), 150);
        assert_eq!(with(|s| s.tolerance_seconds = 3_600).tolerance(), 150);
        assert_eq!(with(|s| s.tolerance_seconds = u32::MAX).tolerance(), 150);
        assert_eq!(with(|s| s.tolerance_seconds = 10).tolerance(), 10);
        assert!(AlexaSettings::default().check().is_ok());
        assert!(with(|s| s.deadline_ms = 8_000).check().is_err());
        assert!(with(|s| s.max_in_flight = 0).check().is_err());
        assert!(with(|s| s.chain_base_override = Some("ftp://x".into())).check().is_err());
    }
}
