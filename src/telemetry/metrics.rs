//! Prometheus metrics: what every door reports, and the text that `/metrics` answers with. Knows durations and short
//! names, never what was said.

use std::collections::HashSet;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// Time spent in each stage of one turn.
#[derive(Clone, Copy, Debug, Default)]
pub struct StageTimes {
    pub queue: Duration,
    pub recognition: Duration,
    pub understanding: Duration,
    pub shop: Duration,
    pub synthesis: Duration,
    pub total: Duration,
}

/// Upper bounds in seconds: understanding takes microseconds, a crowded queue whole seconds.
const BUCKETS: [f64; 16] =
    [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Intent names come from outside too; past this many different ones they are counted as `other`.
const INTENTS: usize = 128;

/// Starts collecting, or joins the collection this process has already started.
pub fn collector() -> Option<&'static PrometheusHandle> {
    static HANDLE: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    HANDLE.get_or_init(install).as_ref()
}

fn install() -> Option<PrometheusHandle> {
    let builder = PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &BUCKETS);
    let handle = match builder.and_then(PrometheusBuilder::install_recorder) {
        Ok(handle) => handle,
        Err(error) => {
            tracing::error!(%error, "metrics are not collected");
            return None;
        }
    };
    describe_histogram!("voicecart_queue_seconds", "Time a request waited for a recognition worker");
    describe_histogram!("voicecart_recognition_seconds", "Time speech recognition worked");
    describe_histogram!("voicecart_understanding_seconds", "Time from words to intent and slots");
    describe_histogram!("voicecart_shop_seconds", "Time the shop worked");
    describe_histogram!("voicecart_synthesis_seconds", "Time speech synthesis worked");
    describe_histogram!("voicecart_turn_seconds", "Time of whole turns, by door");
    describe_counter!("voicecart_turns_total", "Turns by door, intent and outcome");
    describe_counter!("voicecart_refusals_total", "Requests refused, by door and reason");
    describe_gauge!("voicecart_turns_in_flight", "Turns being worked on");
    Some(handle)
}

/// The metrics as Prometheus reads them.
pub fn render() -> String {
    let Some(handle) = collector() else { return String::new() };
    // Histograms keep single samples until somebody asks; asking is often enough here.
    handle.run_upkeep();
    handle.render()
}

/// A turn was answered. `outcome` is `answered`, `not_heard` or another short fixed word.
pub fn turn_finished(door: &'static str, intent: &str, outcome: &'static str, times: &StageTimes) {
    let heard = door == "voice" || !times.recognition.is_zero();
    if heard {
        histogram!("voicecart_queue_seconds").record(times.queue);
        histogram!("voicecart_recognition_seconds").record(times.recognition);
    }
    histogram!("voicecart_understanding_seconds").record(times.understanding);
    if !times.shop.is_zero() {
        histogram!("voicecart_shop_seconds").record(times.shop);
    }
    if !times.synthesis.is_zero() {
        histogram!("voicecart_synthesis_seconds").record(times.synthesis);
    }
    histogram!("voicecart_turn_seconds", "door" => door).record(times.total);
    counter!("voicecart_turns_total", "door" => door, "intent" => bounded(intent), "outcome" => outcome).increment(1);
}

/// A request got no turn. `reason` is a short fixed word such as `overloaded`.
pub fn refused(door: &'static str, reason: &'static str) {
    counter!("voicecart_refusals_total", "door" => door, "reason" => reason).increment(1);
}

/// Counts a turn as in flight until dropped.
pub struct InFlight(());

impl InFlight {
    pub fn enter() -> Self {
        gauge!("voicecart_turns_in_flight").increment(1.0);
        Self(())
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        gauge!("voicecart_turns_in_flight").decrement(1.0);
    }
}

fn bounded(intent: &str) -> String {
    static SEEN: Mutex<Option<HashSet<String>>> = Mutex::new(None);
    let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    let seen = seen.get_or_insert_default();
    if seen.contains(intent) {
        return intent.to_owned();
    }
    if seen.len() >= INTENTS || intent.len() > 64 {
        return "other".into();
    }
    seen.insert(intent.to_owned());
    intent.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_are_histograms_and_turns_are_counted() {
        assert!(collector().is_some());
        let times = StageTimes {
            recognition: Duration::from_millis(90),
            shop: Duration::from_millis(2),
            synthesis: Duration::from_millis(20),
            total: Duration::from_millis(120),
            ..StageTimes::default()
        };
        turn_finished("voice", "SearchProductIntent", "answered", &times);
        refused("voice", "overloaded");
        let text = render();
        for name in ["queue", "recognition", "understanding", "shop", "synthesis"] {
            assert!(text.contains(&format!("# TYPE voicecart_{name}_seconds histogram")), "{name}\n{text}");
        }
        assert!(text.contains("voicecart_recognition_seconds_bucket{le=\"0.1\"} 1"), "{text}");
        assert!(text.contains("intent=\"SearchProductIntent\""), "{text}");
        assert!(text.contains("voicecart_refusals_total{door=\"voice\",reason=\"overloaded\"} 1"), "{text}");
    }

    #[test]
    fn foreign_intents_do_not_grow_without_bound() {
        assert_eq!(bounded(&"x".repeat(65)), "other");
    }
}
