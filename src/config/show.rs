//! Settings as text for people: the values in force and where each came from, never a secret.

use std::fmt::Write;

use toml::Value;

use super::table::{Kind, SETTINGS};
use super::{Loaded, load};

/// One line for each setting: key, value, origin.
pub fn listing(loaded: &Loaded) -> String {
    let rows: Vec<(&str, String, String)> =
        values(loaded).map(|(s, value)| (s.key, value, loaded.origin(s.key).to_string())).collect();
    let key = rows.iter().map(|r| r.0.len()).max().unwrap_or(0);
    let value = rows.iter().map(|r| r.1.chars().count().min(40)).max().unwrap_or(0);
    rows.iter().fold(String::new(), |mut out, (k, v, origin)| {
        let _ = writeln!(out, "{k:key$}  {v:value$}  # {origin}");
        out
    })
}

/// Every setting with its meaning, environment name, value and origin.
pub fn explain(loaded: &Loaded) -> String {
    values(loaded).fold(String::new(), |mut out, (s, value)| {
        let _ = writeln!(out, "{}\n    {}\n    {} = {value}  # {}\n", s.key, s.about, s.env(), loaded.origin(s.key));
        out
    })
}

fn values(loaded: &Loaded) -> impl Iterator<Item = (&'static super::table::Setting, String)> {
    let flat = toml::Table::try_from(&loaded.settings).map(|t| load::flatten(&t)).unwrap_or_default();
    SETTINGS.iter().map(move |s| (s, shown(s.kind, flat.get(s.key))))
}

fn shown(kind: Kind, value: Option<&Value>) -> String {
    match value {
        None => "(none)".into(),
        Some(Value::String(text)) if kind == Kind::MaybeUrl => format!("{:?}", without_password(text)),
        Some(_) if kind == Kind::Secret => "(hidden)".into(),
        // Single precision prints as 0.35, not as its nearest double.
        Some(Value::Float(number)) => (*number as f32).to_string(),
        Some(value) => value.to_string(),
    }
}

fn without_password(address: &str) -> String {
    let Ok(mut url) = url::Url::parse(address) else { return "(hidden)".into() };
    if url.password().is_some() || !url.username().is_empty() {
        let hidden = url.set_username("hidden").is_ok() && url.set_password(None).is_ok();
        if !hidden {
            return "(hidden)".into();
        }
    }
    // Tokens travel in queries too.
    if url.query().is_some() {
        url.set_query(Some("hidden"));
    }
    url.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Sources;

    fn with(env: &[(&str, &str)]) -> Loaded {
        let env = env.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        Sources { env, ..Sources::default() }.load().unwrap()
    }

    #[test]
    fn every_setting_is_listed_with_its_origin() {
        let loaded = with(&[("VOICECART_ASR_WORKERS", "3")]);
        let text = listing(&loaded);
        assert_eq!(text.lines().count(), SETTINGS.len());
        let line = text.lines().find(|l| l.starts_with("asr.workers ")).unwrap();
        assert!(line.contains(" 3 ") && line.ends_with("# VOICECART_ASR_WORKERS"), "{line}");
        assert!(text.contains("trust.reject") && text.contains("0.35 "), "{text}");
        assert!(explain(&loaded).contains("VOICECART_DEADLINES_TURN_MS = 6000"));
    }

    #[test]
    fn secrets_are_hidden() {
        let loaded = with(&[
            ("VOICECART_MODELS_MIRROR", "https://me:hunter2@mirror.example/whisper?token=t0k"),
            ("VOICECART_LINKING_CLIENT_SECRET", "sesame-sesame-sesame"),
        ]);
        for text in [listing(&loaded), explain(&loaded)] {
            assert!(text.contains("mirror.example"), "{text}");
            for secret in ["hunter2", "t0k", "me:", "sesame"] {
                assert!(!text.contains(secret), "{text}");
            }
        }
    }
}
