//! The audit record: twelve fields every action has; an empty one says why it is empty.

use super::event::{ActionEvent, Judged, Outcome};
use super::state::{ActionState, Status};
use crate::classify::UndoPlan;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The twelve fields, in the order of the product's table, and a note for each that is empty.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AuditRecord {
    /// The workflow.
    pub workflow: String,
    /// What set the agent going, in its words.
    pub trigger: Value,
    /// Sources the agent cited, and the record as Leeway read it before.
    pub source_data: Value,
    /// Versions of prompt, rules, pack and tool definition it was judged under.
    pub versions: Value,
    /// The call the agent proposed.
    pub proposed: Value,
    /// The call that really ran, and what became of it.
    pub taken: Value,
    /// Old and new value per field.
    pub changes: Value,
    /// The agent's stated confidence.
    pub confidence: Value,
    /// Reason codes of the decision, and the agent's own reason.
    pub reason: Value,
    /// Who decided.
    pub reviewer: Value,
    /// Where it stands.
    pub approval_status: Value,
    /// When it was proposed, decided, started, finished: RFC 3339, UTC.
    pub timestamp: Value,
    /// How it can be taken back: the undo plan, worked out before it ran.
    pub rollback_path: Value,
    /// Field → why it is empty.
    pub note: BTreeMap<String, String>,
}

/// The audit record of an action.
pub fn of(state: &ActionState) -> AuditRecord {
    let mut note = BTreeMap::new();
    let record = match state.current() {
        Some(judged) => judged_record(state, judged),
        None => refused_record(state),
    };
    for (field, empty, why) in empties(&record, state) {
        if empty {
            note.insert(field.to_owned(), why);
        }
    }
    AuditRecord { note, ..record }
}

fn judged_record(state: &ActionState, judged: &Judged) -> AuditRecord {
    let first = state.revisions().next().unwrap_or(judged);
    let codes: Vec<&str> = judged
        .decision
        .reasons
        .iter()
        .map(|reason| reason.rule.as_str())
        .collect();
    let changes = &judged.classified.changes;
    AuditRecord {
        workflow: judged.call.workflow.clone(),
        trigger: json!(judged.claim.trigger),
        source_data: json!({ "cited": judged.claim.sources, "record": judged.classified.record, "before": judged.before }),
        versions: json!(judged.versions),
        proposed: json!({ "tool": first.call.tool_name(), "arguments": first.call.arguments, "agent": first.call.agent }),
        taken: taken(state, judged),
        changes: if changes.is_empty() {
            Value::Null
        } else {
            json!(changes)
        },
        confidence: json!(judged.claim.confidence),
        reason: json!({ "codes": codes, "agent": judged.claim.reason }),
        reviewer: json!(state.row.reviewer),
        approval_status: json!(state.row.status),
        timestamp: timestamps(state),
        rollback_path: match &judged.classified.undo {
            UndoPlan::NothingToUndo => Value::Null,
            plan => json!(plan),
        },
        note: BTreeMap::new(),
    }
}

fn refused_record(state: &ActionState) -> AuditRecord {
    let refused = state.refused();
    AuditRecord {
        workflow: state.row.workflow.clone(),
        trigger: json!(refused.and_then(|refused| refused.claim.trigger.clone())),
        source_data: Value::Null,
        versions: json!(super::Versions::default()),
        proposed: json!(refused.map(|refused| json!({
            "tool": refused.call.tool_name(), "arguments": refused.call.arguments, "agent": refused.call.agent,
        }))),
        taken: Value::Null,
        changes: Value::Null,
        confidence: json!(refused.and_then(|refused| refused.claim.confidence)),
        reason: json!(refused.map(|refused| json!({ "codes": [refused.code], "agent": refused.claim.reason }))),
        reviewer: Value::Null,
        approval_status: json!(state.row.status),
        timestamp: timestamps(state),
        rollback_path: Value::Null,
        note: BTreeMap::new(),
    }
}

fn taken(state: &ActionState, judged: &Judged) -> Value {
    let started = state
        .steps
        .iter()
        .any(|step| matches!(step.event, ActionEvent::Started { .. }));
    if !started {
        return Value::Null;
    }
    let finished = state.finished();
    json!({
        "tool": judged.call.tool_name(),
        "arguments": judged.call.arguments,
        "revision": judged.revision,
        "outcome": finished.map(|finished| finished.outcome),
        "result": finished.and_then(|finished| finished.result.clone()),
        "after": finished.and_then(|finished| finished.after.clone()),
    })
}

fn timestamps(state: &ActionState) -> Value {
    let at = |found: &dyn Fn(&ActionEvent) -> bool| {
        state
            .steps
            .iter()
            .rev()
            .find(|step| found(&step.event))
            .map(|step| rfc3339(step.meta.time_ms))
    };
    json!({
        "proposed": rfc3339(state.row.created_ms),
        "decided": at(&|event| matches!(event,
            ActionEvent::Approved { .. } | ActionEvent::Rejected { .. } | ActionEvent::Expired {} | ActionEvent::Withdrawn { .. })),
        "started": at(&|event| matches!(event, ActionEvent::Started { .. })),
        "finished": at(&|event| matches!(event, ActionEvent::Finished(_))),
    })
}

fn rfc3339(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms)
        .map_or_else(|_| format!("{ms} ms"), |time| format!("{time:.3}"))
}

fn empties(record: &AuditRecord, state: &ActionState) -> Vec<(&'static str, bool, String)> {
    let refused = state.current().is_none();
    let not_judged = "the call was refused before it was judged";
    let say = |plain: &str| {
        if refused {
            not_judged.to_owned()
        } else {
            plain.to_owned()
        }
    };
    let version = |name: &str| record.versions.get(name).is_none_or(Value::is_null);
    vec![
        (
            "trigger",
            record.trigger.is_null(),
            "the agent stated no trigger".to_owned(),
        ),
        (
            "source_data",
            record.source_data.is_null(),
            say("there is none"),
        ),
        (
            "source_data.cited",
            is_empty(&record.source_data["cited"]),
            say("the agent cited no sources"),
        ),
        (
            "versions.prompt",
            version("prompt"),
            say("the workflow names no prompt version"),
        ),
        ("versions.rules", version("rules"), say("there are none")),
        (
            "versions.pack",
            version("pack"),
            say("no pack classifies this tool"),
        ),
        ("versions.tool", version("tool"), say("the tool is unknown")),
        ("taken", record.taken.is_null(), not_taken(state)),
        (
            "changes",
            record.changes.is_null(),
            say("it changes no field"),
        ),
        (
            "confidence",
            record.confidence.is_null(),
            "the agent stated no confidence".to_owned(),
        ),
        (
            "reason",
            record.reason["agent"].is_null(),
            "the agent gave no reason of its own".to_owned(),
        ),
        ("reviewer", record.reviewer.is_null(), no_reviewer(state)),
        (
            "rollback_path",
            record.rollback_path.is_null(),
            say("it changes nothing, so there is nothing to take back"),
        ),
    ]
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}

fn not_taken(state: &ActionState) -> String {
    match state.row.status {
        Status::Held | Status::Drifted => "it waits for a person".to_owned(),
        Status::Approved | Status::Authorised => "it has not started".to_owned(),
        status => format!("nothing was carried out: {}", status.words().to_lowercase()),
    }
}

fn no_reviewer(state: &ActionState) -> String {
    match state.row.status {
        Status::Held | Status::Drifted => "nobody has decided yet".to_owned(),
        Status::Expired => "nobody answered".to_owned(),
        Status::Withdrawn => "it was withdrawn before anybody decided".to_owned(),
        Status::Refused | Status::Blocked => "rules decided; no person was asked".to_owned(),
        _ => match state.finished().map(|finished| finished.outcome) {
            Some(Outcome::Executed) => "it was allowed to run alone".to_owned(),
            _ => "no person was asked".to_owned(),
        },
    }
}
