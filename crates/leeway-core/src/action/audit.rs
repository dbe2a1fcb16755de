//! The audit record: twelve fields every action has; an empty one says why it is empty.

use super::event::{ActionEvent, Judged, Refused};
use super::state::{ActionState, Status};
use super::title;
use crate::classify::UndoPlan;
use crate::judge::Verdict;
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
    let record = match (state.current(), state.refused()) {
        (Some(judged), _) => judged_record(state, judged),
        (None, refused) => refused_record(state, refused),
    };
    let note = MAY_BE_EMPTY
        .into_iter()
        .filter(|(field, member)| record.empty(field, member))
        .map(|(field, member)| {
            let place = match member {
                "" => field.to_owned(),
                _ => format!("{field}.{member}"),
            };
            let why = why(state, &place);
            (place, why)
        })
        .collect();
    AuditRecord { note, ..record }
}

/// Fields, and members of fields, that can be empty.
const MAY_BE_EMPTY: [(&str, &str); 18] = [
    ("trigger", ""),
    ("source_data", "cited"),
    ("source_data", "record"),
    ("source_data", "before"),
    ("versions", "prompt"),
    ("versions", "rules"),
    ("versions", "pack"),
    ("versions", "tool"),
    ("taken", ""),
    ("taken", "result"),
    ("changes", ""),
    ("confidence", ""),
    ("reason", "agent"),
    ("reviewer", ""),
    ("timestamp", "decided"),
    ("timestamp", "started"),
    ("timestamp", "finished"),
    ("rollback_path", ""),
];

impl AuditRecord {
    /// A member of an empty field is not empty: it is not there.
    fn empty(&self, field: &str, member: &str) -> bool {
        let found = match field {
            "trigger" => &self.trigger,
            "source_data" => &self.source_data,
            "versions" => &self.versions,
            "taken" => &self.taken,
            "changes" => &self.changes,
            "confidence" => &self.confidence,
            "reason" => &self.reason,
            "reviewer" => &self.reviewer,
            "timestamp" => &self.timestamp,
            _ => &self.rollback_path,
        };
        let empty = |value: &Value| value.is_null() || value.as_array().is_some_and(Vec::is_empty);
        match found {
            Value::Object(members) if !member.is_empty() => members.get(member).is_none_or(empty),
            other => member.is_empty() && empty(other),
        }
    }
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
        trigger: match state.undoes() {
            Some(undoes) => json!(format!(
                "{} asked to take back {}",
                undoes.by, undoes.action
            )),
            None => json!(judged.claim.trigger),
        },
        source_data: json!({ "cited": judged.claim.sources, "record": judged.classified.record, "before": judged.before }),
        versions: json!(judged.versions),
        proposed: json!({
            "tool": first.call.tool_name(), "arguments": first.call.arguments,
            "agent": first.call.agent, "title": title::title(first),
        }),
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
        rollback_path: match state.undo_plan() {
            None | Some(UndoPlan::NothingToUndo) => Value::Null,
            Some(plan) => json!(plan),
        },
        note: BTreeMap::new(),
    }
}

fn refused_record(state: &ActionState, refused: Option<&Refused>) -> AuditRecord {
    let cited = refused.map(|refused| refused.claim.sources.as_slice());
    AuditRecord {
        workflow: state.row.workflow.clone(),
        trigger: json!(refused.and_then(|refused| refused.claim.trigger.clone())),
        source_data: json!({ "cited": cited.unwrap_or_default(), "record": null, "before": null }),
        versions: json!(super::Versions::default()),
        proposed: json!(refused.map(|refused| json!({
            "tool": title::called(&refused.call), "arguments": refused.call.arguments,
            "agent": refused.call.agent, "title": title::refused(refused),
        }))),
        taken: Value::Null,
        changes: Value::Null,
        confidence: json!(refused.and_then(|refused| refused.claim.confidence)),
        reason: json!(
            refused
                .map(|refused| json!({ "codes": [refused.code], "agent": refused.claim.reason }))
        ),
        reviewer: Value::Null,
        approval_status: json!(state.row.status),
        timestamp: timestamps(state),
        rollback_path: Value::Null,
        note: BTreeMap::new(),
    }
}

fn taken(state: &ActionState, judged: &Judged) -> Value {
    if !state.current_started() {
        return Value::Null;
    }
    let finished = state.finished();
    json!({
        "tool": judged.call.tool_name(),
        "arguments": judged.call.arguments,
        "revision": judged.revision,
        "outcome": state.resolved().map(|resolved| resolved.outcome).or(finished.map(|finished| finished.outcome)),
        "result": finished.and_then(|finished| finished.result.clone()),
        "after": state.after(),
        "evidence": state.resolved().map(|resolved| &resolved.evidence),
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
        "decided": decided(state).map(rfc3339),
        "started": at(&|event| matches!(event, ActionEvent::Started { .. }))
            .filter(|_| state.current_started()),
        "finished": at(&|event| matches!(event, ActionEvent::Finished(_))),
    })
}

/// When the present decision fell, by a person or by the rules. A new revision and a changed record
/// undo the one before.
fn decided(state: &ActionState) -> Option<i64> {
    state.steps.iter().fold(None, |decided, step| {
        let now = Some(step.meta.time_ms);
        match &step.event {
            ActionEvent::Judged(judged) if judged.decision.verdict == Verdict::Hold => None,
            ActionEvent::Drifted { .. } | ActionEvent::Returned { .. } => None,
            ActionEvent::Joined { .. }
            | ActionEvent::Endorsed { .. }
            | ActionEvent::Reminded { .. }
            | ActionEvent::Escalated { .. }
            | ActionEvent::Started { .. }
            | ActionEvent::Finished(_)
            | ActionEvent::Resolved(_)
            | ActionEvent::AttestationNeeded { .. } => decided,
            ActionEvent::Refused(_)
            | ActionEvent::Judged(_)
            | ActionEvent::Approved { .. }
            | ActionEvent::Rejected { .. }
            | ActionEvent::Expired {}
            | ActionEvent::Withdrawn { .. } => now,
        }
    })
}

fn rfc3339(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms)
        .map_or_else(|_| format!("{ms} ms"), |time| format!("{time:.3}"))
}

fn why(state: &ActionState, place: &str) -> String {
    match place {
        "trigger" => "the agent stated no trigger",
        "confidence" => "the agent stated no confidence",
        "reason.agent" => "the agent gave no reason of its own",
        "source_data.cited" => "the agent cited no sources",
        "timestamp.decided" => "nobody has decided yet",
        "reviewer" => no_reviewer(state.row.status),
        "timestamp.finished" if state.row.status == Status::Executing => return no_result(state),
        "taken" | "timestamp.started" | "timestamp.finished" => return not_taken(state),
        "taken.result" => return no_result(state),
        _ if state.current().is_none() => "the call was refused before it was judged",
        "source_data.record" => "the call names no one record",
        "versions.prompt" => "the workflow names no prompt version",
        "versions.rules" => "the workflow has no rules",
        "versions.pack" => "no pack classifies this tool",
        "versions.tool" => "the tool is unknown",
        "changes" => "it changes no field",
        _ => "it changes nothing, so there is nothing to take back",
    }
    .to_owned()
}

fn not_taken(state: &ActionState) -> String {
    if state.row.planted.is_some() {
        return "it was a planted case, known to be wrong: it never runs".to_owned();
    }
    match state.row.status {
        Status::Held | Status::Drifted => "it waits for a person".to_owned(),
        Status::Returned => "it waits for the agent's answer".to_owned(),
        Status::Approved | Status::Authorised => "it has not started".to_owned(),
        status => format!("nothing was carried out: {}", status.words().to_lowercase()),
    }
}

fn no_result(state: &ActionState) -> String {
    state.finished().map_or_else(
        || "the call is being made".to_owned(),
        |finished| format!("the system gave no answer: {}", finished.note),
    )
}

fn no_reviewer(status: Status) -> &'static str {
    match status {
        Status::Held | Status::Returned | Status::Drifted => "nobody has decided yet",
        Status::Expired => "nobody answered",
        Status::Withdrawn => "it was withdrawn; no approval or rejection holds",
        Status::Refused | Status::Blocked => "rules decided; no person was asked",
        _ => "rules allowed it to run alone; no person was asked",
    }
}
