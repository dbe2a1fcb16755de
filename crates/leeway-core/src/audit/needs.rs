//! The four lists: permissions, approvals, logs, undo rules.

use super::owners;
use super::{AuditedTool, Subject};
use crate::action::tool_name;
use crate::classify::pack::UndoRule;
use crate::classify::{Effect, Level};
use crate::govern::workflow::Grant;
use serde::Serialize;

/// How far an agent may go with a tool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Permission {
    /// The tool.
    pub tool: String,
    /// What to begin with: nothing that changes anything runs alone.
    pub grant: Grant,
    /// How far it may grow, by evidence and one step at a time.
    pub may_grow_to: Grant,
    /// What the workflow gives now; absent when no workflow was audited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given: Option<Grant>,
    /// What that means, for people.
    pub meaning: String,
}

/// A call that waits for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Approval {
    /// The tool.
    pub tool: String,
    /// Its level.
    pub level: Level,
    /// Who approves.
    pub approver: String,
    /// When: `every-time`, or `before-sending` for drafts.
    pub when: String,
    /// Why, for people.
    pub why: String,
}

/// What has to be recorded of a tool's calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogNeed {
    /// The tool.
    pub tool: String,
    /// What its record must hold besides who, when, why and by which version.
    pub record: Vec<String>,
    /// How its record is reviewed afterwards.
    pub review: String,
    /// What cannot be recorded as things are.
    pub missing: Vec<String>,
}

/// How a tool's calls are taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UndoNeed {
    /// The tool.
    pub tool: String,
    /// `exact`, `compensating`, `none` or `unconfirmed` (a tool seems to, and a person has to say).
    pub kind: String,
    /// The tool that takes it back, if one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// How, for people.
    pub how: String,
}

/// The grant to begin with and the one it may grow to.
pub fn grants(tool: &AuditedTool) -> (Grant, Grant) {
    match (tool.effect, tool.level) {
        (Effect::Read, _) => (Grant::Read, Grant::Read),
        (Effect::Execute | Effect::Admin, _) => (Grant::Blocked, Grant::HighImpact),
        (_, Level::ReadOnly | Level::DraftOnly | Level::LowRisk) => (Grant::Draft, Grant::Update),
        (_, Level::HighImpact) => (Grant::Draft, Grant::HighImpact),
        (_, Level::External) => (Grant::Draft, Grant::External),
    }
}

pub(super) fn permissions(tools: &[AuditedTool], subject: Subject<'_>) -> Vec<Permission> {
    tools
        .iter()
        .map(|tool| {
            let (grant, may_grow_to) = grants(tool);
            let given = subject.workflow.map(|workflow| {
                let name = tool_name(subject.system, &tool.name);
                workflow.grants.get(&name).copied().unwrap_or_default()
            });
            Permission {
                tool: tool.name.clone(),
                grant,
                may_grow_to,
                given,
                meaning: meaning(grant, tool.level).to_owned(),
            }
        })
        .collect()
}

fn meaning(grant: Grant, level: Level) -> &'static str {
    match (grant, level) {
        (Grant::Read, _) => "The agent reads on its own and cites what it read.",
        (Grant::Blocked, _) => {
            "Not for agents until a person has decided which calls are needed; it could change what everybody may do."
        }
        (_, Level::External) => "The agent writes it; a person reads it in full and sends it.",
        (_, Level::HighImpact) => "The agent proposes; a person approves every single call.",
        _ => "The agent proposes; once its proposals have proven right it may act alone, sampled.",
    }
}

pub(super) fn approvals(tools: &[AuditedTool], subject: Subject<'_>) -> Vec<Approval> {
    tools
        .iter()
        .filter_map(|tool| {
            let (when, why) = match tool.level {
                Level::External => ("every-time", external(tool.effect)),
                Level::HighImpact => ("every-time", high_impact(tool.effect)),
                Level::DraftOnly => (
                    "before-sending",
                    "A draft is read in full before anything is sent or changed.",
                ),
                Level::ReadOnly | Level::LowRisk => return None,
            };
            Some(Approval {
                tool: tool.name.clone(),
                level: tool.level,
                approver: approver(tool, subject),
                when: when.to_owned(),
                why: why.to_owned(),
            })
        })
        .collect()
}

/// The business owner by name where the matrix has one, else who it is in most businesses.
fn approver(tool: &AuditedTool, subject: Subject<'_>) -> String {
    let row = owners::of(tool, subject.workflow);
    let named = subject.owners.and_then(|owners| owners.rows.get(&row));
    named.map_or_else(
        || row.usual_owners().0.to_owned(),
        |owner| owner.business.clone(),
    )
}

fn external(effect: Effect) -> &'static str {
    match effect {
        Effect::Pay => "It moves or promises money.",
        _ => "It reaches a person outside the team.",
    }
}

fn high_impact(effect: Effect) -> &'static str {
    match effect {
        Effect::Delete => "It takes something away.",
        Effect::Merge => "Merged records are hard to part again.",
        Effect::Admin => "It changes who may do what, or how things are set up.",
        Effect::Execute => "It runs whatever the call says.",
        Effect::Create => "What it makes is seen by customers or counts in the books.",
        _ => "It can overwrite what a person wrote.",
    }
}

pub(super) fn logs(tools: &[AuditedTool], subject: Subject<'_>) -> Vec<LogNeed> {
    tools.iter().map(|tool| log(tool, subject)).collect()
}

fn log(tool: &AuditedTool, subject: Subject<'_>) -> LogNeed {
    let mut record = Vec::new();
    let mut missing = Vec::new();
    let changes = matches!(tool.effect, Effect::Update | Effect::Delete | Effect::Merge);
    record.push(match tool.effect {
        Effect::Read => "what was read, so that it can be cited as a source".to_owned(),
        Effect::Send => "the exact text and everybody it went to".to_owned(),
        Effect::Pay => "the amount, the currency and both parties".to_owned(),
        Effect::Execute => "the whole statement and its answer".to_owned(),
        _ if tool.fields.is_empty() => "the record touched".to_owned(),
        _ => format!("old and new value of {}", listed(&tool.fields)),
    });
    if tool.level >= Level::HighImpact {
        record.push("who approved it, and what they were shown".to_owned());
    }
    if changes && reader(tool).is_none() {
        missing.push("the old value: no tool is known to read the record".to_owned());
    }
    if changes && tool.entry.is_none() && tool.guess.id_argument.is_none() {
        missing.push("which record it was: no argument is known to name it".to_owned());
    }
    LogNeed {
        tool: tool.name.clone(),
        record,
        review: review(tool, subject).to_owned(),
        missing,
    }
}

/// Names as a list in a sentence, cut after six.
fn listed(names: &[String]) -> String {
    const MOST: usize = 6;
    let shown = names.iter().take(MOST).map(|name| format!("`{name}`"));
    let mut text = shown.collect::<Vec<_>>().join(", ");
    if names.len() > MOST {
        text.push_str(&format!(" and {} more", names.len() - MOST));
    }
    text
}

fn review(tool: &AuditedTool, subject: Subject<'_>) -> &'static str {
    if tool.effect == Effect::Read {
        return "sample now and then: are sources cited?";
    }
    let row = owners::of(tool, subject.workflow);
    let named = subject.owners.and_then(|owners| owners.rows.get(&row));
    let cadence = named.and_then(|owner| owner.cadence);
    cadence.unwrap_or(row.usual_cadence()).words()
}

/// The tool that reads the record, as the pack says or as it seems.
pub(super) fn reader(tool: &AuditedTool) -> Option<&str> {
    match &tool.entry {
        Some(entry) => entry.read.as_ref().map(|read| read.tool.as_str()),
        None => tool.guess.read.as_deref(),
    }
}

pub(super) fn undo(tools: &[AuditedTool]) -> Vec<UndoNeed> {
    tools
        .iter()
        .filter(|tool| tool.effect != Effect::Read)
        .map(
            |tool| match tool.entry.as_ref().and_then(|entry| entry.undo.as_ref()) {
                Some(rule) => by_rule(tool, rule),
                None => by_guess(tool),
            },
        )
        .collect()
}

fn by_rule(tool: &AuditedTool, rule: &UndoRule) -> UndoNeed {
    let (kind, by, how) = match rule {
        UndoRule::Exact { tool, summary, .. } => ("exact", Some(tool.clone()), summary.clone()),
        UndoRule::Compensating { tool, summary, .. } => {
            ("compensating", Some(tool.clone()), summary.clone())
        }
        UndoRule::None { why } => ("none", None, why.clone()),
    };
    UndoNeed {
        tool: tool.name.clone(),
        kind: kind.to_owned(),
        by,
        how,
    }
}

fn by_guess(tool: &AuditedTool) -> UndoNeed {
    let need = |kind: &str, by: Option<String>, how: String| UndoNeed {
        tool: tool.name.clone(),
        kind: kind.to_owned(),
        by,
        how,
    };
    let Some(candidate) = &tool.guess.undo else {
        return need("none", None, why_none(tool).to_owned());
    };
    let itself = candidate.tool == tool.name;
    if itself && reader(tool).is_none() {
        return need(
            "none",
            None,
            "No tool is known to read the old values, so they cannot be written back.".to_owned(),
        );
    }
    let how = if itself {
        "Reads the record before the call and writes the old values back.".to_owned()
    } else if candidate.restores {
        format!(
            "`{}` seems to take it back; confirm it on a test record.",
            candidate.tool
        )
    } else {
        format!(
            "`{}` offsets it by a new act; it does not unmake it.",
            candidate.tool
        )
    };
    need("unconfirmed", Some(candidate.tool.clone()), how)
}

fn why_none(tool: &AuditedTool) -> &'static str {
    match tool.effect {
        Effect::Send => "What was sent cannot be called back: approve before, correct after.",
        Effect::Pay => "Money that moved comes back only by a new act of a person.",
        Effect::Delete => "No tool brings back what this takes away: export before the first use.",
        Effect::Merge => "No tool parts what was merged.",
        Effect::Execute => "What runs is not known beforehand, so neither is how to undo it.",
        _ => "No tool is known that takes it back; a person does it by hand in the system.",
    }
}
