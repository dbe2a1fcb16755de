//! The post-incident report, written from the ledger alone: Markdown for people's own tools; the page is
//! its HTML.

use crate::app::App;
use crate::clock::rfc3339;
use crate::error::ApiError;
use crate::gateway::undo::{choose, plan};
use leeway_core::action::visible::visible;
use leeway_core::govern::event::GovernEvent;
use leeway_core::incident::{IncidentState, Step};
use leeway_core::ledger::event::Event;
use std::fmt::Write;

/// One line of the timeline.
pub struct Moment {
    /// When, UTC milliseconds.
    pub at_ms: i64,
    /// Who: `person:EMAIL` or `leeway`.
    pub actor: String,
    /// What, for people.
    pub text: String,
    /// The entry's place in the ledger.
    pub seq: u64,
}

/// Who did what when.
pub fn timeline(app: &App, state: &IncidentState) -> Result<Vec<Moment>, ApiError> {
    let entries = app
        .store
        .reader()?
        .entries_of(&IncidentState::stream(state.number))?;
    let moments =
        entries
            .iter()
            .filter_map(|raw| match Event::read(&raw.envelope.kind, &raw.payload) {
                Ok(Event::Govern(GovernEvent::Incident(event))) => Some(Moment {
                    at_ms: raw.envelope.time_ms,
                    actor: raw.envelope.actor.clone(),
                    text: event.words(),
                    seq: raw.envelope.seq,
                }),
                _ => None,
            });
    Ok(moments.collect())
}

/// The report as Markdown.
pub async fn markdown(app: &App, state: &IncidentState) -> Result<String, ApiError> {
    let mut text = String::new();
    let line = |text: &mut String, words: &str| {
        // Other people's words: nothing of them may become markup.
        let safe = visible(words)
            .replace('\n', " ")
            .replace(['|', '<', '>', '`', '[', ']'], " ");
        let _ = writeln!(text, "{safe}");
    };
    let _ = writeln!(text, "# Incident {}\n", state.number);
    line(
        &mut text,
        &format!(
            "Workflow {}, {}. {}",
            state.workflow,
            state.status.words(),
            state.why
        ),
    );
    let _ = writeln!(text, "\n## The seven steps\n");
    for step in Step::ALL {
        let found = state.evidence_for(step);
        let done = if state.is_done(step) { "x" } else { " " };
        let _ = write!(text, "- [{done}] {}. {}", step.number(), step.title());
        match found {
            Some(evidence) => line(
                &mut text,
                &format!(
                    ": {} ({}, {})",
                    evidence.text,
                    evidence.by,
                    rfc3339(evidence.at_ms)
                ),
            ),
            None => line(&mut text, ": nothing yet"),
        }
    }
    if let Some(scope) = &state.scope {
        let rows = choose::select(app, scope).await?;
        let _ = writeln!(text, "\n## What it touched ({})\n", rows.len());
        let _ = writeln!(text, "| action | what | record | now |\n|---|---|---|---|");
        for row in &rows {
            let stands =
                plan::state(app, &row.id)?.map_or("not settled", |(_, undo)| undo.status.words());
            let record = row
                .record
                .as_ref()
                .map(|record| format!("{} {}", record.record_type, record.id))
                .unwrap_or_default();
            let cell = |words: &str| {
                visible(words)
                    .replace('\n', " ")
                    .replace(['|', '<', '>', '`'], " ")
            };
            let _ = writeln!(
                text,
                "| {} | {} | {} | {stands} |",
                row.id,
                cell(&row.title),
                cell(&record)
            );
        }
    }
    let _ = writeln!(text, "\n## Timeline\n");
    for moment in timeline(app, state)? {
        let _ = write!(text, "- {} ", rfc3339(moment.at_ms));
        line(
            &mut text,
            &format!("{} — {} (entry {})", moment.actor, moment.text, moment.seq),
        );
    }
    let signed = state.signatures.iter();
    if signed.len() > 0 {
        let _ = writeln!(text, "\n## Signatures\n");
        for one in signed {
            let _ = write!(text, "- ");
            line(
                &mut text,
                &format!(
                    "{} as {}, {}, evidence {}",
                    one.by,
                    one.side.words(),
                    rfc3339(one.at_ms),
                    one.content_hash
                ),
            );
        }
    }
    Ok(text)
}
