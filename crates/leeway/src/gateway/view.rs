//! An action as JSON: what REST answers and MCP's structured content are made of.

use super::words;
use crate::clock::rfc3339;
use leeway_core::action::event::{Judged, Outcome, Reading};
use leeway_core::action::state::{ActionRow, ActionState};
use leeway_core::action::{audit, sent};
use leeway_core::classify::currency;
use leeway_store::RawEntry;
use serde_json::{Map, Value, json};

/// The action with its decision, changes and, when it ran, its result.
pub fn action(action: &ActionState) -> Value {
    let row = &action.row;
    let mut view = row_view(row);
    let Some(judged) = action.current() else {
        if let Some(refused) = action.refused() {
            view["refusal"] = json!({ "code": refused.code, "message": refused.message });
            view["arguments"] = refused.call.arguments.clone();
            view["decision"] = json!({
                "verdict": "block",
                "reasons": [{ "rule": refused.code, "verdict": "block", "text": refused.message }],
            });
        }
        return view;
    };
    fill(&mut view, judged);
    if let Some(finished) = action.finished() {
        view["result"] = finished.result.clone().unwrap_or(Value::Null);
        view["outcome"] = json!({
            "status": finished.outcome, "note": finished.note, "mismatched": finished.mismatched,
            "in_form": finished.in_form, "along": finished.along, "along_more": finished.along_more,
            "confirmed": action.undoes().map(|_| !finished.unconfirmed && finished.outcome == Outcome::Executed),
        });
    }
    if let Some(resolved) = action.resolved() {
        view["outcome"] = json!({
            "status": resolved.outcome, "note": resolved.evidence, "attested_by": resolved.by,
        });
    }
    if let Some(plan) = action.undo_plan() {
        view["undo"] = json!(plan);
    }
    if let Some(at_ms) = action.starts_ms() {
        view["starts_at"] = json!(rfc3339(at_ms));
    }
    if let Some(question) = action.question() {
        view["question"] = json!(question);
    }
    if let Some(by) = action.edited_by() {
        view["edited_by"] = json!(by);
    }
    view
}

fn fill(view: &mut Value, judged: &Judged) {
    view["areas"] = json!(judged.classified.areas);
    view["decision"] = json!(judged.decision);
    view["changes"] = json!(judged.classified.changes);
    view["arguments"] = judged.call.arguments.clone();
    view["also_sent"] = json!(sent::also_sent(judged));
    view["before"] = json!(judged.before);
    view["claim"] = json!(judged.claim);
    view["why_level"] = json!(judged.classified.why);
    view["unknowns"] = json!(judged.classified.unknowns);
    view["message_read"] = json!(judged.classified.message);
    view["decoded"] = json!(judged.classified.decoded);
    view["undo"] = json!(judged.classified.undo);
    view["versions"] = json!(judged.versions);
    view["result"] = Value::Null;
}

/// The action as lists show it.
pub fn row_view(row: &ActionRow) -> Value {
    json!({
        "id": row.id,
        "status": row.status,
        "workflow": row.workflow,
        "agent": row.agent,
        "system": row.system,
        "tool": leeway_core::action::tool_name(&row.system, &row.tool),
        "effect": row.effect,
        "level": row.level,
        "record": row.record,
        "title": row.title,
        "gist": row.gist,
        "confidence": row.confidence,
        "amount_cents": row.amount_cents,
        "currency": row.currency,
        "amount_text": row.amount_cents.map(|minor| currency::text(minor, row.currency.as_deref())),
        "revision": row.revision,
        "content_hash": row.content_hash,
        "reviewer": row.reviewer,
        "responsibility": row.responsibility,
        "approvals_needed": row.approvals_needed,
        "endorsed_by": row.endorsed_by,
        "escalated_to": row.escalated_to,
        "idempotency_key": row.idempotency_key,
        "created_at": rfc3339(row.created_ms),
        "updated_at": rfc3339(row.updated_ms),
        "expires_at": row.expires_ms.map(rfc3339),
        "undoes": row.undoes,
        // While it waits, it is shown as any other.
        "planted": row.planted.as_ref().filter(|_| row.status.is_terminal()),
    })
}

/// The whole story: the action, its audit record, every revision and every entry.
pub fn whole(state: &ActionState, entries: &[RawEntry]) -> Value {
    let mut view = action(state);
    view["audit"] = json!(audit::of(state));
    view["revisions"] = json!(state.revisions().map(revision).collect::<Vec<_>>());
    view["readings"] = json!(state.readings().map(reading).collect::<Vec<_>>());
    view["entries"] = json!(entries.iter().map(entry).collect::<Vec<_>>());
    view
}

fn reading(reading: &Reading) -> Value {
    json!({
        "tool": reading.tool,
        "arguments": reading.arguments,
        "why": reading.why,
        "at": rfc3339(reading.at_ms),
    })
}

fn revision(judged: &Judged) -> Value {
    json!({
        "revision": judged.revision,
        "cause": judged.cause,
        "arguments": judged.call.arguments,
        "changes": judged.classified.changes,
        "level": judged.classified.level,
        "decision": judged.decision,
        "content_hash": judged.content_hash,
    })
}

/// One ledger entry: its envelope, with the time in words too.
pub fn entry(raw: &RawEntry) -> Value {
    let mut view = json!(raw.envelope);
    view["time"] = json!(rfc3339(raw.envelope.time_ms));
    view
}

/// What an agent is told, as structured content: status, id, sentence, and what really ran.
pub fn for_agent(state: &ActionState, owner: &str) -> Map<String, Value> {
    let row = &state.row;
    let mut told = Map::new();
    told.insert("status".into(), json!(words::agent_status(row.status)));
    told.insert("action_id".into(), json!(row.id));
    told.insert("message".into(), json!(words::tell(state, owner)));
    if let Some(at) = row
        .expires_ms
        .filter(|_| words::agent_status(row.status) == "pending_approval")
    {
        told.insert("expires_at".into(), json!(rfc3339(at)));
    }
    if let Some(question) = state.question() {
        told.insert("question".into(), json!(question));
        told.insert("answer_tool".into(), json!(words::ANSWER_TOOL));
    }
    if !row.status.is_terminal() {
        told.insert("check_tool".into(), json!(words::CHECK_TOOL));
    }
    if let Some(judged) = state.current() {
        told.insert("reasons".into(), json!(judged.decision.reasons));
    }
    if let Some(ran) = ran(state) {
        told.insert("ran".into(), ran);
    }
    told
}

/// What really ran, when something did or may have.
fn ran(state: &ActionState) -> Option<Value> {
    let judged = state.current().filter(|_| state.current_started())?;
    Some(json!({
        "tool": judged.call.tool_name(),
        "arguments": judged.call.arguments,
        "revision": judged.revision,
        "edited_by_reviewer": state.edited_by().is_some(),
        "result": state.finished().and_then(|finished| finished.result.clone()),
    }))
}
