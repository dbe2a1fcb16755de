//! One action, whole: its story, the twelve audit fields, its revisions, its entries and hashes.

use super::change::also_sent;
use super::inbox::find;
use super::layout::Frame;
use super::parts::{icon, level, long, shown, status, time, value, verdict};
use super::{PageResult, Viewer, undo};
use crate::app::App;
use crate::error::ApiError;
use crate::gateway::append::action_stream;
use crate::gateway::eyes;
use axum::extract::{Path, State};
use leeway_core::action::audit::{self, AuditRecord};
use leeway_core::action::event::{ActionEvent, Cause, Judged, Outcome};
use leeway_core::action::state::{ActionState, Status, Step};
use leeway_core::govern::people::Right;
use leeway_store::RawEntry;
use maud::{Markup, html};
use serde_json::Value;
use std::sync::Arc;

/// The page.
pub async fn show(
    State(app): State<Arc<App>>,
    Viewer(session): Viewer,
    Path(id): Path<String>,
) -> PageResult {
    let action = find(&app, &id)?;
    let mut entries = app
        .store
        .reader()?
        .entries_of(&action_stream(&action.row.id))?;
    let action = eyes::of_person(action, &mut entries);
    let row = &action.row;
    let mut frame = Frame::new(&app, &session, "/timeline", row.title.clone());
    frame.going.without(&row.id);
    Ok(frame.page(html! { div.solo #action data-live {
        header.head {
            p.crumb { a href="/timeline" { "Timeline" } " · " (row.workflow) " · " (shown(&row.agent)) }
            h1 { (shown(&row.title)) }
            p.badges { (status(row.status)) @if let Some(of) = row.level { (level(of)) } }
            @if row.status == Status::Held { p { a.btn.primary href={ "/inbox/" (row.id) } { "Review" } } }
        }
        (planted(&app, &action)?)
        @if let Some(finished) = action.finished() {
            (undo::in_form(&finished.in_form))
            (undo::along(&finished.along, finished.along_more))
        }
        (undo::card(&app, &session, &action)?)
        (story(&action))
        @if let Some(judged) = action.current() { (decision(judged)) (changes(judged, was_sent(&action))) (also_sent(judged, if was_sent(&action) { "Also sent" } else { "Also in the call" })) }
        (record(&audit::of(&action)))
        (revisions(&action))
        (ledger(&entries))
        @if session.person.may(Right::Pause) && row.undoes.is_none() && row.planted.is_none() && crate::incident::of_workflow(&app, &row.workflow)?.is_none() {
            (super::incidents::declare_form(&app, &session, Some((&row.workflow, Some(&row.id)))))
        }
    } }))
}

/// That it was a planted case, what of, and whether it was found. While it waits, nothing says so.
fn planted(app: &App, action: &ActionState) -> Result<Markup, ApiError> {
    let Some(of) = &action.row.planted else {
        return Ok(html! {});
    };
    let original = app.store.reader()?.action(of)?;
    let rejection = original.iter().flat_map(|original| &original.steps);
    let rejection = rejection.filter_map(|step| match &step.event {
        ActionEvent::Rejected { by, why, .. } => Some((by, step.meta.time_ms, why)),
        _ => None,
    });
    let (status, by) = (action.row.status, action.row.reviewer.as_deref());
    Ok(
        html! { section.card.now #planted aria-labelledby="planted-t" {
            header { h2 #planted-t { "This was a planted case" } }
            p { "Leeway put it among what waits to see whether it is found. " @match (status, by) {
                (Status::Rejected, Some(by)) => b { (shown(by)) " found it." },
                (_, Some(by)) => b { (shown(by)) " approved it, so it was not found." },
                _ => b { "Nobody decided on it." },
            } " Nothing was carried out, and it counts in no statistics but the reviewers’." }
            @for (by, at_ms, why) in rejection { p.sub { "It is a copy of " a href={ "/actions/" (of) } { "what " (shown(by)) " rejected" } " " (time(at_ms)) ": " (shown(why)) "." } }
        } },
    )
}

fn story(action: &ActionState) -> Markup {
    html! { section.card aria-labelledby="story-t" {
        header { h2 #story-t { "What happened" } }
        ol.story { @for step in &action.steps { li {
            span.when { (time(step.meta.time_ms)) }
            span { b { (headline(step)) } " " span.sub { "by " (shown(&step.meta.actor)) } (detail(step)) }
        } } }
    } }
}

fn headline(step: &Step) -> &'static str {
    match &step.event {
        ActionEvent::Refused(_) => "Refused",
        ActionEvent::Judged(judged) => match &judged.cause {
            Cause::Proposed => "Proposed and judged",
            Cause::Edited { .. } => "Changed and judged again",
            Cause::Answered { .. } => "The agent answered",
            Cause::Drifted => "Shown again with the record's new values",
            Cause::RulesChanged => "Judged again under new rules",
            Cause::Resumed => "Judged again after the pause",
            Cause::Revoked { .. } => "The approval was taken back",
            Cause::Undoes(_) => "Asked to take an action back",
            Cause::Planted { .. } => "Planted: a copy of a case known to be wrong",
        },
        ActionEvent::Joined { .. } => "The agent asked for the same again",
        ActionEvent::Endorsed { .. } => "Approved by one of several",
        ActionEvent::Approved { .. } => "Approved",
        ActionEvent::Returned { .. } => "The agent was asked",
        ActionEvent::Reminded { .. } => "Reminded",
        ActionEvent::Escalated { .. } => "Escalated: nobody answered so far",
        ActionEvent::Rejected { .. } => "Rejected",
        ActionEvent::Withdrawn { .. } => "Withdrawn",
        ActionEvent::Expired {} => "Nobody answered",
        ActionEvent::Drifted { .. } => "Not run: the record had changed",
        ActionEvent::Started { .. } => "Call started",
        ActionEvent::Finished(_) => "Call ended",
        ActionEvent::Resolved(_) => "The outcome became known",
        ActionEvent::AttestationNeeded { .. } => "A person has to say what happened",
    }
}

fn detail(step: &Step) -> Markup {
    html! { @match &step.event {
        ActionEvent::Refused(refused) => p { (shown(&refused.message)) },
        ActionEvent::Judged(judged) => {
            p { (verdict(judged.decision.verdict)) " revision " (judged.revision) }
            @if let Cause::Answered { answer } = &judged.cause { p { (long(answer)) } }
        },
        ActionEvent::Returned { question, .. } => p { (long(question)) },
        ActionEvent::Reminded { to, .. } => p { (shown(&to.join(", "))) },
        ActionEvent::Escalated { to } => p { "To " (shown(to)) },
        ActionEvent::Approved { solo, content_hash, .. } => p {
            "What was shown: " code { (content_hash.get(..16).unwrap_or_default()) "…" }
            @if *solo { " " span.chip.warn { "decided alone what takes two: the only person who decides here" } }
        },
        ActionEvent::Rejected { why, note, .. } => p { (shown(why)) @if let Some(note) = note { ": " (long(note)) } },
        ActionEvent::Withdrawn { reason: Some(reason), .. } => p { (long(reason)) },
        ActionEvent::Finished(finished) => p { (shown(&finished.note)) },
        ActionEvent::Resolved(resolved) => p { b { (words_of(resolved.outcome)) } ": " (long(&resolved.evidence)) },
        ActionEvent::AttestationNeeded { why } => p { (shown(why)) },
        _ => {},
    } }
}

fn words_of(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Executed => "It was done",
        Outcome::Failed => "It was not done",
        Outcome::Partial => "A part of it was done",
        Outcome::OutcomeUnknown => "It is not known",
    }
}

fn decision(judged: &Judged) -> Markup {
    html! { section.card aria-labelledby="dec-t" {
        header { h2 #dec-t { "Decision" } (verdict(judged.decision.verdict)) }
        ul.reasons { @for reason in &judged.decision.reasons { li { (verdict(reason.verdict)) " " (shown(&reason.text)) " " code.rule { (reason.rule) } } } }
        @if !judged.classified.why.is_empty() { p.sub { "Level " (u8::from(judged.classified.level)) ": " @for why in &judged.classified.why { (shown(why)) " " } } }
    } }
}

/// Whether the call as it is judged now was made, whatever became of it: an earlier revision may have been.
fn was_sent(action: &ActionState) -> bool {
    let judged = |step: &Step| matches!(step.event, ActionEvent::Judged(_));
    let mut since = action.steps.iter().rev().take_while(|step| !judged(step));
    since.any(|step| matches!(step.event, ActionEvent::Started { .. }))
}

fn changes(judged: &Judged, sent: bool) -> Markup {
    let changes = &judged.classified.changes;
    html! { (super::message::section(judged)) @if !changes.is_empty() { section.card aria-labelledby="ch-t" {
        header { h2 #ch-t { @if sent { "Changes" } @else { "Changes that were proposed" } } }
        ul.diff { @for change in changes { li {
            h3 { (shown(&change.label())) }
            div.old { span.tag { "Before" } @if change.old_known { (value(&change.old)) } @else { em { "not known" } } }
            div.new { span.tag { @if sent { "Sent" } @else { "Proposed" } } (value(&change.new)) }
        } } }
    } } }
}

fn record(record: &AuditRecord) -> Markup {
    let workflow = Value::String(record.workflow.clone());
    let fields: [(&str, &str, &Value); 13] = [
        ("Workflow", "workflow", &workflow),
        ("Trigger", "trigger", &record.trigger),
        ("Source data", "source_data", &record.source_data),
        ("Prompt and rule version", "versions", &record.versions),
        ("Action proposed", "proposed", &record.proposed),
        ("Action taken", "taken", &record.taken),
        ("Old and new value", "changes", &record.changes),
        ("Confidence", "confidence", &record.confidence),
        ("Reason code", "reason", &record.reason),
        ("Human reviewer", "reviewer", &record.reviewer),
        (
            "Approval status",
            "approval_status",
            &record.approval_status,
        ),
        ("Timestamp", "timestamp", &record.timestamp),
        ("Rollback path", "rollback_path", &record.rollback_path),
    ];
    html! { section.card aria-labelledby="aud-t" {
        header { h2 #aud-t { "Audit record" } span.sub { "Every field; an empty one says why" } }
        dl.kv.audit { @for (label, key, found) in fields { div { dt { (label) } dd {
            @match record.note.get(key) { Some(why) if found.is_null() => em { "empty: " (shown(why)) }, _ => (plain(found)) }
        } } } }
    } }
}

fn plain(found: &Value) -> Markup {
    match found {
        Value::Object(_) | Value::Array(_) => {
            let text = serde_json::to_string_pretty(found).unwrap_or_default();
            html! { details { summary { "Show" } pre { (shown(&text)) } } }
        }
        other => value(other),
    }
}

fn revisions(action: &ActionState) -> Markup {
    html! { section.card aria-labelledby="revs-t" {
        header { h2 #revs-t { "Calls as judged" } }
        @for judged in action.revisions() {
            details { summary { "Revision " (judged.revision) " · " (shown(&judged.call.tool_name())) }
                pre { (shown(&serde_json::to_string_pretty(&judged.call.arguments).unwrap_or_default())) }
                p.sub { "Content hash " code { (judged.content_hash) } }
            }
        }
        @if let Some(finished) = action.finished() {
            @if let Some(result) = &finished.result { details { summary { "The system's answer" } pre { (shown(&serde_json::to_string_pretty(result).unwrap_or_default())) } } }
        }
    } }
}

fn ledger(entries: &[RawEntry]) -> Markup {
    html! { section.card aria-labelledby="led-t" {
        header { h2 #led-t { "Ledger entries" } span.sub { (icon("lock")) " covered by the tree" } }
        div.scroll tabindex="0" role="region" aria-label="Table of ledger entries" { table {
            thead { tr { th scope="col" { "Entry" } th scope="col" { "Time" } th scope="col" { "Kind" } th scope="col" { "Actor" } th scope="col" { "Payload" } } }
            tbody { @for raw in entries { tr {
                th scope="row" { (raw.envelope.seq) }
                td { (time(raw.envelope.time_ms)) }
                td { (raw.envelope.kind) }
                td { (shown(&raw.envelope.actor)) }
                td { code { (raw.envelope.payload.get(..16).unwrap_or_default()) "…" } }
            } } }
        } }
    } }
}
