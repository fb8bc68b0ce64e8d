//! What settings must hold together before anything is started. Answers with the first thing that is wrong.

use std::ops::RangeInclusive;

use super::{ConfigError, Settings};
use crate::audio::endpoint::Preset;
use crate::edge::wyoming::Allowed;

pub(super) fn check(s: &Settings) -> Result<(), ConfigError> {
    if !s.auth.required && !s.bind.ip().is_loopback() {
        return fail(format!(
            "auth.required is false but bind is {}: without API keys the server may only listen on a loopback address \
             such as 127.0.0.1:8080",
            s.bind
        ));
    }
    if s.locale.is_empty() || !s.locale.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        return fail(format!("locale is {:?}; it must be a language tag such as en-US", s.locale));
    }
    if s.time_zone != "system"
        && let Err(error) = jiff::tz::TimeZone::get(&s.time_zone)
    {
        return fail(format!("time_zone is {:?}, which is not known here: {error}", s.time_zone));
    }
    if s.shop.guest.is_empty() || !s.shop.guest.bytes().all(|b| b.is_ascii_graphic()) || s.shop.guest.len() > 255 {
        return fail("shop.guest must be 1 to 255 printable ASCII characters without spaces".into());
    }
    let unit = |key, value: f32| within(key, value, 0.0..=1.0);
    unit("trust.reject", s.trust.reject)?;
    unit("trust.doubt", s.trust.doubt)?;
    if s.trust.doubt < s.trust.reject {
        return fail(format!("trust.doubt ({}) must not be below trust.reject ({})", s.trust.doubt, s.trust.reject));
    }
    within("voice.words_per_minute", s.voice.words_per_minute, 80..=450)?;
    within("voice.pitch", s.voice.pitch, 0..=99)?;
    within("alexa.deadline_ms", s.alexa.deadline_ms, 500..=7_500)?;
    within("alexa.max_in_flight", s.alexa.max_in_flight, 1..=100_000)?;
    within("asr.workers", s.asr.workers, 0..=256)?;
    within("asr.threads", s.asr.threads, 0..=256)?;
    within("asr.queue", s.asr.queue, 0..=10_000)?;
    within("shop.return_days", s.shop.return_days, 0..=3_650)?;
    within("retention.sessions_hours", s.retention.sessions_hours, 1..=720)?;
    let kept = &s.retention;
    for (key, days) in [
        ("retention.complaints_days", kept.complaints_days),
        ("retention.handovers_days", kept.handovers_days),
        ("retention.notices_days", kept.notices_days),
        ("retention.reasons_days", kept.reasons_days),
        ("retention.audit_days", kept.audit_days),
    ] {
        within(key, days, 0..=36_500)?;
    }
    within("payment.tax_percent", s.payment.tax_percent, 0.0..=50.0)?;
    within("payment.link_minutes", s.payment.link_minutes, 5..=10_080)?;
    if s.payment.link_url.is_some() {
        if s.payment.url.is_none() {
            return fail("payment.link_url is set but payment.url is not: links lead to a page of the gateway".into());
        }
        if s.payment.link_secret.as_ref().is_none_or(|secret| secret.chars().count() < 16) {
            return fail(
                "payment.link_url needs payment.link_secret, 16 characters or more; make one with `openssl rand -hex 32`"
                    .into(),
            );
        }
    }
    within("payment.timeout_ms", s.payment.timeout_ms, 100..=60_000)?;
    within("vendure.every_seconds", s.vendure.every_seconds, 1..=86_400)?;
    if s.vendure.url.is_some() && s.vendure.password.is_none() {
        return fail(
            "vendure.url is set and vendure.password is not; VOICECART_VENDURE_PASSWORD is the place for it".into(),
        );
    }
    if s.vendure.url.is_some() && s.payment.url.is_some() {
        return fail(
            "vendure.url and payment.url cannot both be set: orders in Vendure are paid through Vendure".into(),
        );
    }
    if let Err(entry) = Allowed::parse(&s.wyoming.allow) {
        return fail(format!(
            "wyoming.allow has {entry:?}; an entry is an address or a network such as 192.168.1.0/24"
        ));
    }
    if let Some(customer) = &s.wyoming.customer
        && (customer.is_empty() || !customer.bytes().all(|b| b.is_ascii_graphic()) || customer.len() > 255)
    {
        return fail("wyoming.customer must be 1 to 255 printable ASCII characters without spaces".into());
    }
    within("wyoming.connections", s.wyoming.connections, 1..=100_000)?;
    if Preset::named(&s.stream.endpointing).is_none() {
        return fail(format!(
            "stream.endpointing is {:?}; it must be relaxed, default or aggressive",
            s.stream.endpointing
        ));
    }
    within("stream.connections", s.stream.connections, 1..=1_000_000)?;
    within("stream.idle_seconds", s.stream.idle_seconds, 1..=86_400)?;
    within("stream.seconds", s.stream.seconds, 10..=604_800)?;
    within("deadlines.turn_ms", s.deadlines.turn_ms, 100..=120_000)?;
    within("deadlines.headers_ms", s.deadlines.headers_ms, 100..=120_000)?;
    within("deadlines.body_ms", s.deadlines.body_ms, 100..=600_000)?;
    within("deadlines.drain_ms", s.deadlines.drain_ms, 0..=600_000)?;
    within("limits.upload_bytes", s.limits.upload_bytes, 1_024..=(1 << 30))?;
    within("limits.json_bytes", s.limits.json_bytes, 1_024..=(16 << 20))?;
    within("limits.audio_seconds", s.limits.audio_seconds, 1..=30)?;
    within("limits.transcription_seconds", s.limits.transcription_seconds, 1..=14_400)?;
    within("limits.connections", s.limits.connections, 1..=1_000_000)?;
    within("limits.turns", s.limits.turns, 1..=100_000)?;
    within("links.seconds", s.links.seconds, 1..=86_400)?;
    within("links.bytes", s.links.bytes, 1 << 20..=1 << 36)?;
    within("alexa.progress_after_ms", s.alexa.progress_after_ms, 0..=7_500)?;
    for (key, address) in [
        ("models.mirror", &s.models.mirror),
        ("payment.url", &s.payment.url),
        ("vendure.url", &s.vendure.url),
        ("payment.link_url", &s.payment.link_url),
        ("alexa.chain_base_override", &s.alexa.chain_base_override),
        ("alexa.services_override", &s.alexa.services_override),
    ] {
        if let Some(address) = address {
            web_address(key, address)?;
        }
    }
    if let Some(address) = &s.database.url
        && !url::Url::parse(address).is_ok_and(|url| matches!(url.scheme(), "postgres" | "postgresql"))
    {
        // The address is not repeated: it may hold a password.
        return fail("database.url is not an address such as postgres://user:password@host/name".into());
    }
    linking(&s.linking)?;
    for origin in &s.cors.origins {
        let url = web_address("cors.origins", origin)?;
        if url.origin().ascii_serialization() != *origin {
            return fail(format!(
                "cors.origins has {origin:?}; an origin is scheme, host and port only, such as {}",
                url.origin().ascii_serialization()
            ));
        }
    }
    if let Err(error) = tracing_subscriber::EnvFilter::try_new(&s.log.filter) {
        return fail(format!("log.filter is {:?}: {error}", s.log.filter));
    }
    Ok(())
}

fn linking(s: &super::Linking) -> Result<(), ConfigError> {
    let word = |t: &str| !t.is_empty() && t.len() <= 255 && t.bytes().all(|b| b.is_ascii_graphic() && b != b':');
    if s.client_id.as_deref().is_some_and(|id| !word(id)) {
        return fail("linking.client_id must be 1 to 255 printable ASCII characters without spaces and colons".into());
    }
    if s.client_secret.as_ref().is_some_and(|secret| secret.chars().count() < 16) {
        return fail(
            "linking.client_secret must have 16 characters or more; make one with `openssl rand -hex 32`".into(),
        );
    }
    if let Some(vendor) = &s.vendor
        && (vendor.is_empty() || !vendor.bytes().all(|b| b.is_ascii_alphanumeric()))
    {
        return fail(format!("linking.vendor is {vendor:?}; a vendor id is letters and digits, such as M1ABCDEFGHIJK"));
    }
    for address in &s.redirects {
        let url = web_address("linking.redirects", address)?;
        let loopback = url.host_str().is_some_and(|h| matches!(h, "127.0.0.1" | "[::1]" | "localhost"));
        if url.scheme() != "https" && !loopback || url.fragment().is_some() {
            return fail(format!("linking.redirects has {address:?}; it must be https and have no #fragment"));
        }
    }
    Ok(())
}

fn within<T: PartialOrd + std::fmt::Display>(key: &str, value: T, range: RangeInclusive<T>) -> Result<(), ConfigError> {
    if range.contains(&value) {
        return Ok(());
    }
    fail(format!("{key} is {value}; it must be between {} and {}", range.start(), range.end()))
}

fn web_address(key: &str, text: &str) -> Result<url::Url, ConfigError> {
    match url::Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(url),
        // The text itself may hold a password, so it is not repeated.
        _ => Err(ConfigError::Invalid(format!("{key} is not an http or https address"))),
    }
}

fn fail<T>(problem: String) -> Result<T, ConfigError> {
    Err(ConfigError::Invalid(problem))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(change: impl FnOnce(&mut Settings), wanted: &str) {
        let mut settings = Settings::default();
        check(&settings).unwrap();
        change(&mut settings);
        let error = check(&settings).unwrap_err().to_string();
        assert!(error.contains(wanted), "{error}");
    }

    #[test]
    fn refusals() {
        refused(
            |s| {
                s.auth.required = false;
                s.bind = ([0, 0, 0, 0], 8080).into();
            },
            "loopback",
        );
        refused(|s| s.locale = "../en".into(), "locale");
        refused(|s| s.time_zone = "Mars/Olympus".into(), "time_zone");
        refused(|s| s.shop.guest = "a b".into(), "shop.guest");
        refused(|s| s.trust.reject = f32::NAN, "trust.reject");
        refused(|s| s.trust.doubt = 0.1, "must not be below");
        refused(|s| s.voice.words_per_minute = 20, "between 80 and 450");
        refused(|s| s.models.mirror = Some("ftp://u:secret@host".into()), "models.mirror");
        refused(|s| s.cors.origins = vec!["https://a.example/path".into()], "https://a.example");
        refused(|s| s.log.filter = "voicecart=loud=2".into(), "log.filter");
        refused(|s| s.linking.client_secret = Some("short".into()), "16 characters");
        refused(|s| s.payment.link_url = Some("https://voice.example".into()), "payment.url is not");
        refused(
            |s| {
                s.payment.url = Some("https://pay.example".into());
                s.payment.link_url = Some("https://voice.example".into());
                s.payment.link_secret = Some("short".into());
            },
            "payment.link_secret",
        );
        refused(|s| s.linking.client_id = Some("a:b".into()), "colons");
        refused(|s| s.linking.redirects = vec!["http://shop.example/back".into()], "must be https");
        refused(|s| s.linking.vendor = Some("../x".into()), "linking.vendor");
        refused(|s| s.limits.audio_seconds = 0, "limits.audio_seconds");
    }

    #[test]
    fn no_keys_on_loopback_is_fine() {
        let mut settings = Settings::default();
        settings.auth.required = false;
        settings.bind = ([127, 0, 0, 1], 0).into();
        check(&settings).unwrap();
    }

    #[test]
    fn a_password_is_not_repeated() {
        let mut settings = Settings::default();
        settings.models.mirror = Some("ftp://u:secret@host".into());
        assert!(!check(&settings).unwrap_err().to_string().contains("secret"));
    }
}
