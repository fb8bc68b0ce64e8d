//! How old a request may be: its `timestamp` and type in, fresh or stale out. Refuses to know the clock.

use jiff::{SignedDuration, Timestamp, civil};

use super::Refusal;

/// The widest window Amazon allows, in seconds; certification fails a skill that takes more.
pub const WIDEST_SECONDS: u32 = 150;
/// Events that report what a shopper did to the skill are delivered late, and again when delivery failed.
const EVENT_SECONDS: u32 = 3_600;
const LATE_EVENTS: [&str; 5] = [
    "AlexaSkillEvent.SkillEnabled",
    "AlexaSkillEvent.SkillDisabled",
    "AlexaSkillEvent.SkillPermissionChanged",
    "AlexaSkillEvent.SkillPermissionAccepted",
    "AlexaSkillEvent.SkillAccountLinked",
];

/// Refuses a request without a timestamp, and one more than `tolerance` seconds (an hour for the late events) off `now`
/// in either direction.
pub fn check(timestamp: Option<&str>, kind: &str, tolerance: u32, now: Timestamp) -> Result<(), Refusal> {
    let text = timestamp.ok_or(Refusal::NoTimestamp)?;
    let sent = read(text).ok_or(Refusal::BadTimestamp)?;
    let tolerance = if LATE_EVENTS.contains(&kind) { EVENT_SECONDS } else { tolerance };
    let off = now.duration_since(sent);
    if off.abs() <= SignedDuration::from_secs(i64::from(tolerance)) {
        Ok(())
    } else {
        Err(Refusal::Stale { seconds: off.as_secs() })
    }
}

/// ISO 8601 with a zone, without one (then UTC), or milliseconds since 1970.
fn read(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(millis) = text.parse::<i64>() {
        return Timestamp::from_millisecond(millis).ok();
    }
    if let Ok(stamp) = text.parse::<Timestamp>() {
        return Some(stamp);
    }
    let local: civil::DateTime = text.parse().ok()?;
    local.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|z| z.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_is_as_wide_on_both_sides() {
        let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        let launch = "LaunchRequest";
        for (stamp, kind, fresh) in [
            (Some("2026-11-22T12:00:00Z"), launch, true),
            (Some("2026-11-22T11:57:30Z"), launch, true),
            (Some("2026-11-22T11:57:29Z"), launch, false),
            (Some("2026-11-22T12:02:30Z"), launch, true),
            (Some("2026-11-22T12:02:31Z"), launch, false),
            (Some("2026-11-22T12:00:00"), launch, true),
            (Some("2026-11-22T13:00:00+01:00"), launch, true),
            (Some("2026-11-22T12:00:00.123Z"), launch, true),
            (Some("1795348800000"), launch, true),
            (Some("1795348000000"), launch, false),
            (Some("1795348800"), launch, false),
            (Some("2026-11-22T11:01:00Z"), "AlexaSkillEvent.SkillDisabled", true),
            (Some("2026-11-22T10:59:00Z"), "AlexaSkillEvent.SkillDisabled", false),
            (Some("2026-11-22T11:01:00Z"), "AlexaSkillEvent.ProactiveSubscriptionChanged", false),
            (Some("yesterday"), launch, false),
            (Some(""), launch, false),
            (Some("99999999999999999999"), launch, false),
            (Some("-9223372036854775808"), launch, false),
            (None, launch, false),
        ] {
            assert_eq!(check(stamp, kind, 150, now).is_ok(), fresh, "{stamp:?} {kind}");
        }
    }
}
