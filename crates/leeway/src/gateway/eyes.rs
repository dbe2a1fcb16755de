//! What an agent may see of an action: its own call whole, the record only where its workflow lets it
//! read that. Otherwise a call that waits or is blocked would be a way to read anything. And what people
//! may see of a planted case while it waits: nothing that tells it from others.

use crate::registry::Registry;
use leeway_core::action::event::{ActionEvent, Cause, Judged};
use leeway_core::action::state::ActionState;
use leeway_core::action::{title, tool_name};
use leeway_core::classify::{BeforeImage, UndoPlan};
use leeway_core::govern::workflow::Grant;
use leeway_core::judge::Reason;
use leeway_store::RawEntry;
use serde_json::Value;

/// Reasons whose sentences can quote the record.
const QUOTES_RECORD: &str = "missing-or-conflicting-data";

/// The action as its agent may see it.
pub fn of_agent(registry: &Registry, action: &ActionState) -> ActionState {
    let mut seen = action.clone();
    let Some(judged) = seen.current() else {
        return seen;
    };
    if reads_record(registry, judged) {
        return seen;
    }
    for step in &mut seen.steps {
        match &mut step.event {
            ActionEvent::Judged(judged) => hide(judged),
            ActionEvent::Drifted { now, .. } => *now = BeforeImage::NotReadable,
            ActionEvent::Finished(finished) => finished.after = None,
            _ => {}
        }
    }
    if let Some(gist) = seen.current().map(title::gist) {
        seen.row.gist = gist;
    }
    seen
}

/// An action as people see it, and its entries: a planted case looks like any other while it waits.
pub fn of_person(mut action: ActionState, entries: &mut [RawEntry]) -> ActionState {
    if action.row.planted.is_none() || action.row.status.is_terminal() {
        return action;
    }
    let agent = format!("agent:{}", action.row.agent);
    action.row.planted = None;
    for step in &mut action.steps {
        if let ActionEvent::Judged(judged) = &mut step.event {
            judged.cause = Cause::Proposed;
            step.meta.actor.clone_from(&agent);
        }
    }
    for entry in entries {
        if entry.envelope.kind == "action.judged" {
            entry.envelope.actor.clone_from(&agent);
        }
    }
    action
}

/// Whether the workflow's agents may call the tool that reads the record.
fn reads_record(registry: &Registry, judged: &Judged) -> bool {
    let call = &judged.call;
    let reading = registry
        .tools
        .get(&call.tool_name())
        .and_then(|tool| tool.entry()?.entry.read.as_ref())
        .map(|read| tool_name(&call.system, &read.tool));
    let Some(reading) = reading else {
        return matches!(
            judged.before,
            BeforeImage::NotNeeded | BeforeImage::NotReadable
        );
    };
    registry
        .workflows
        .get(&call.workflow)
        .and_then(|live| live.state.workflow.grants.get(&reading))
        .is_some_and(|grant| *grant != Grant::Blocked)
}

fn hide(judged: &mut Judged) {
    if let BeforeImage::Read { .. } | BeforeImage::Failed { .. } = judged.before {
        judged.before = BeforeImage::NotReadable;
    }
    let classified = &mut judged.classified;
    for change in &mut classified.changes {
        change.old = Value::Null;
        change.old_known = false;
    }
    classified.why.clear();
    classified.unknowns.clear();
    if let UndoPlan::Exact { arguments, .. } | UndoPlan::Compensating { arguments, .. } =
        &mut classified.undo
    {
        *arguments = None;
    }
    for reason in &mut judged.decision.reasons {
        generalise(reason);
    }
}

fn generalise(reason: &mut Reason) {
    if reason.rule == QUOTES_RECORD {
        "Something about the record or the sources is missing or does not agree."
            .clone_into(&mut reason.text);
    }
}
