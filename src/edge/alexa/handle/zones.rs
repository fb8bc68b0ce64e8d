//! Where devices stand, as far as their clocks tell: a device in, its time zone out, asked for once a day. A device
//! whose zone is not known in time is in the shop's.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;

use crate::edge::alexa::services::{Access, Caller};

/// A wrong "tomorrow" is worth a short wait, once.
const PATIENCE: Duration = Duration::from_millis(400);
const KEPT: Duration = Duration::from_secs(24 * 3_600);
/// Before a device is asked again that did not say.
const AGAIN: Duration = Duration::from_secs(600);
/// Devices remembered; all are forgotten when there are more.
const MOST: usize = 20_000;

#[derive(Default)]
pub struct Zones {
    known: Mutex<HashMap<String, (Option<TimeZone>, Instant)>>,
}

impl Zones {
    pub async fn of(&self, access: &Access, services: &Caller) -> Option<TimeZone> {
        let device = access.device.as_deref()?;
        let now = Instant::now();
        let lock = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((zone, _)) = lock().get(device).filter(|(_, until)| *until > now) {
            return zone.clone();
        }
        let said = services.time_zone(access, now + PATIENCE).await;
        let zone = match &said {
            Ok(name) => name.as_deref().and_then(|name| TimeZone::get(name).ok()),
            Err(error) => {
                tracing::debug!(%error, "a device does not say where it is");
                None
            }
        };
        let until = now + if zone.is_some() { KEPT } else { AGAIN };
        let mut known = lock();
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(device.to_owned(), (zone.clone(), until));
        zone
    }
}
