//! Figures for operators: counts and durations, never names of records or people.

use crate::app::App;
use ::metrics::{counter, gauge, histogram};
use leeway_core::action::event::Outcome;
use leeway_core::judge::Verdict;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::sync::OnceLock;
use std::time::Duration;

static HANDLE: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

fn handle() -> Option<&'static PrometheusHandle> {
    HANDLE
        .get_or_init(|| {
            PrometheusBuilder::new()
                .install_recorder()
                .inspect_err(|error| tracing::warn!(%error, "no metrics"))
                .ok()
        })
        .as_ref()
}

/// Starts recording.
pub fn install() {
    handle();
}

/// One action was judged, and how long that took until it was durable.
pub fn judged(verdict: Verdict, took: Duration) {
    counter!("leeway_actions_judged_total", "verdict" => verdict.name()).increment(1);
    histogram!("leeway_decide_seconds").record(took.as_secs_f64());
}

/// One call to a system ended.
pub fn called(outcome: Outcome, took: Duration) {
    let outcome = match outcome {
        Outcome::Executed => "executed",
        Outcome::Failed => "failed",
        Outcome::Partial => "partial",
        Outcome::OutcomeUnknown => "outcome_unknown",
    };
    count(outcome, took);
}

/// A system refused a conditional write.
pub fn conflicted(took: Duration) {
    count("version_conflict", took);
}

fn count(outcome: &'static str, took: Duration) {
    counter!("leeway_calls_total", "outcome" => outcome).increment(1);
    histogram!("leeway_call_seconds").record(took.as_secs_f64());
}

/// A channel took a message, or did not.
pub fn told(channel: &str, taken: bool) {
    let outcome = if taken { "taken" } else { "not_taken" };
    counter!("leeway_messages_total", "channel" => channel.to_owned(), "outcome" => outcome)
        .increment(1);
}

/// Everything in the Prometheus text format.
pub fn render(app: &App) -> String {
    if let Ok(reader) = app.store.reader() {
        if let Ok(counts) = reader.counts(None) {
            gauge!("leeway_actions_held").set(counts.held as f64);
        }
        if let Ok(head) = reader.head() {
            gauge!("leeway_ledger_entries").set(head.entries as f64);
        }
    }
    for channel in crate::notify::overview::channels(app).unwrap_or_default() {
        let label = channel.name.clone();
        gauge!("leeway_channel_waiting", "channel" => label.clone()).set(channel.waiting as f64);
        let works = if channel.trouble.is_some() { 0.0 } else { 1.0 };
        gauge!("leeway_channel_works", "channel" => label).set(works);
    }
    gauge!("leeway_clock_step_seconds").set(app.clock.step_ms().unwrap_or(0) as f64 / 1000.0);
    gauge!("leeway_ledger_writable").set(if app.store.writable().is_ok() {
        1.0
    } else {
        0.0
    });
    handle().map(PrometheusHandle::render).unwrap_or_default()
}
