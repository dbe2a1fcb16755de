//! What is known of an action now: [`ActionRow`] for lists, folded entry by entry as they are
//! appended; [`ActionState`] for its page, folded from its whole stream.

use super::event::{ActionEvent, Cause, Finished, Judged, Reading, Refused, Resolved};
use crate::classify::{BeforeImage, Effect, Level, RecordRef, UndoPlan};
use crate::govern::owners::Responsibility;
use crate::id::ActionId;
use crate::judge::counting::Weighed;
use crate::undo::Undoes;
use serde::{Deserialize, Serialize};

/// Where an action stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Could not be judged.
    Refused,
    /// Judged: may not happen.
    Blocked,
    /// Judged: may run alone; not started yet.
    Authorised,
    /// Waits for a person.
    Held,
    /// A reviewer asked the agent something; waits for its answer.
    Returned,
    /// A person approved; not started yet.
    Approved,
    /// A person rejected it.
    Rejected,
    /// The agent took it back, or its record is gone.
    Withdrawn,
    /// Nobody decided in time.
    Expired,
    /// The record changed since it was seen; a new revision follows.
    Drifted,
    /// The call is being made.
    Executing,
    /// Done.
    Executed,
    /// The system did nothing.
    Failed,
    /// The system did a part.
    Partial,
    /// No answer: it may or may not have happened.
    OutcomeUnknown,
    /// Reading the record does not tell either: a person attests what happened.
    NeedsAttestation,
}

/// Where and when an entry stands in the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryMeta {
    /// Position in the ledger.
    pub seq: u64,
    /// Position in the action's stream, from 1.
    pub version: u64,
    /// When, UTC milliseconds.
    pub time_ms: i64,
    /// Who: `agent:NAME`, `person:EMAIL` or `leeway`.
    pub actor: String,
}

/// One action as lists show it. Derived from the ledger, stored beside it, rebuildable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ActionRow {
    /// The action.
    pub id: ActionId,
    /// Position of its first entry in the ledger: the order of lists.
    pub seq: u64,
    /// Length of its stream.
    pub version: u64,
    /// When proposed, UTC milliseconds.
    pub created_ms: i64,
    /// When last changed, UTC milliseconds.
    pub updated_ms: i64,
    /// Where it stands.
    pub status: Status,
    /// Workflow.
    pub workflow: String,
    /// Agent.
    pub agent: String,
    /// System.
    pub system: String,
    /// The tool's own name.
    pub tool: String,
    /// Effect; `None` when refused.
    pub effect: Option<Effect>,
    /// Level; `None` when refused.
    pub level: Option<Level>,
    /// The record it touches.
    pub record: Option<RecordRef>,
    /// What it would do, in Leeway's words.
    pub title: String,
    /// The first changes or the first reason, short, in Leeway's words.
    pub gist: String,
    /// Stated confidence.
    #[serde(default, deserialize_with = "crate::float::option")]
    pub confidence: Option<f64>,
    /// Amount in the smallest unit of its currency.
    pub amount_cents: Option<i64>,
    /// The amount's currency, by ISO 4217; `None` where it is not known.
    pub currency: Option<String>,
    /// The current revision's number; 0 when refused.
    pub revision: u32,
    /// The current revision's content hash.
    pub content_hash: Option<String>,
    /// Deadline while it waits, or until when its approval is good; UTC milliseconds.
    pub expires_ms: Option<i64>,
    /// Who decided, by e-mail.
    pub reviewer: Option<String>,
    /// Whose risk it is; `None` when refused, or judged before there was a matrix.
    pub responsibility: Option<Responsibility>,
    /// Approvals the current revision needs.
    pub approvals_needed: u8,
    /// Who endorsed the current revision already, by e-mail.
    pub endorsed_by: Vec<String>,
    /// How often those who may decide were reminded.
    pub reminded: u32,
    /// Whom it was escalated to, by e-mail.
    pub escalated_to: Option<String>,
    /// How long the reviewer had it open before deciding, milliseconds.
    pub took_ms: Option<i64>,
    /// Whether a person changed the call.
    pub edited: bool,
    /// Whether what was read back after it is not what it wrote.
    pub mismatched: bool,
    /// The action it takes back, when it is an undo.
    pub undoes: Option<ActionId>,
    /// The action it is a copy of, when it is a planted case: known to be wrong, and never to run.
    pub planted: Option<ActionId>,
    /// Idempotency key the agent gave.
    pub idempotency_key: Option<String>,
    /// [`Judged::twin_hash`].
    pub twin_hash: Option<String>,
    /// By what guardrails count it.
    #[serde(skip)]
    pub weighed: Weighed,
}

/// One entry of an action's stream, typed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Where and when.
    pub meta: EntryMeta,
    /// What happened.
    pub event: ActionEvent,
}

/// The whole of an action: every entry, and what follows from them.
#[derive(Clone, Debug, PartialEq)]
pub struct ActionState {
    /// The row as lists show it.
    pub row: ActionRow,
    /// Every entry, oldest first.
    pub steps: Vec<Step>,
}

/// Who approved, when, what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// E-mail.
    pub by: String,
    /// UTC milliseconds.
    pub at_ms: i64,
    /// What was approved.
    pub content_hash: String,
    /// Approved their own edit, in a one-person firm.
    pub solo: bool,
}

impl ActionState {
    /// The current revision; `None` when the call was refused.
    pub fn current(&self) -> Option<&Judged> {
        self.steps.iter().rev().find_map(|step| match &step.event {
            ActionEvent::Judged(judged) => Some(judged.as_ref()),
            _ => None,
        })
    }

    /// Every revision, oldest first.
    pub fn revisions(&self) -> impl Iterator<Item = &Judged> {
        self.steps.iter().filter_map(|step| match &step.event {
            ActionEvent::Judged(judged) => Some(judged.as_ref()),
            _ => None,
        })
    }

    /// What Leeway itself read for it, in order.
    pub fn readings(&self) -> impl Iterator<Item = &Reading> {
        self.steps.iter().flat_map(|step| match &step.event {
            ActionEvent::Judged(judged) => judged.readings.as_slice(),
            ActionEvent::Started { readings, .. } => readings,
            ActionEvent::Finished(finished) => &finished.readings,
            ActionEvent::Resolved(resolved) => &resolved.readings,
            _ => &[],
        })
    }

    /// The refusal, when the call was refused.
    pub fn refused(&self) -> Option<&Refused> {
        self.steps.iter().find_map(|step| match &step.event {
            ActionEvent::Refused(refused) => Some(refused),
            _ => None,
        })
    }

    /// The approval of the current revision, if it has one.
    pub fn approval(&self) -> Option<Approval> {
        let mut found = None;
        for step in &self.steps {
            match &step.event {
                ActionEvent::Judged(_) | ActionEvent::Drifted { .. } => found = None,
                ActionEvent::Approved {
                    by,
                    content_hash,
                    solo,
                    ..
                } => {
                    found = Some(Approval {
                        by: by.clone(),
                        at_ms: step.meta.time_ms,
                        content_hash: content_hash.clone(),
                        solo: *solo,
                    });
                }
                _ => {}
            }
        }
        found
    }

    /// Who wrote the arguments as they are now, when that was a person: the last one who edited. A
    /// later revision for another cause keeps their arguments, and so does not make them another's.
    pub fn edited_by(&self) -> Option<&str> {
        self.editors().last()
    }

    /// Everybody who edited it since it was proposed: what is there now is theirs in part.
    pub fn editors(&self) -> impl Iterator<Item = &str> {
        self.revisions().filter_map(|judged| match &judged.cause {
            Cause::Edited { by } => Some(by.as_str()),
            _ => None,
        })
    }

    /// Whether a reviewer ever asked the agent about it.
    pub fn was_asked(&self) -> bool {
        self.steps
            .iter()
            .any(|step| matches!(step.event, ActionEvent::Returned { .. }))
    }

    /// What a reviewer asked the agent and has no answer yet.
    pub fn question(&self) -> Option<&str> {
        match self.steps.last().map(|step| &step.event) {
            _ if self.row.status != Status::Returned => None,
            _ => self.steps.iter().rev().find_map(|step| match &step.event {
                ActionEvent::Returned { question, .. } => Some(question.as_str()),
                _ => None,
            }),
        }
    }

    /// Whether the call of the current revision was started, and not refused for the record's version.
    pub fn current_started(&self) -> bool {
        let latest = self.steps.iter().rev().find_map(|step| match step.event {
            ActionEvent::Started { .. } => Some(true),
            ActionEvent::Judged(_) | ActionEvent::Drifted { .. } => Some(false),
            _ => None,
        });
        latest == Some(true)
    }

    /// Whether a system refused an earlier revision's write because the record had changed.
    pub fn was_refused_for_version(&self) -> bool {
        self.steps.windows(2).any(|pair| {
            matches!(pair[0].event, ActionEvent::Started { .. })
                && matches!(pair[1].event, ActionEvent::Drifted { .. })
        })
    }

    /// What it takes back, when it is an undo.
    pub fn undoes(&self) -> Option<&Undoes> {
        self.revisions().find_map(|judged| match &judged.cause {
            Cause::Undoes(undoes) => Some(undoes.as_ref()),
            _ => None,
        })
    }

    /// Before when an approved action does not start, UTC milliseconds.
    pub fn starts_ms(&self) -> Option<i64> {
        match self.row.status {
            Status::Approved => self.steps.iter().rev().find_map(|step| match &step.event {
                ActionEvent::Approved { starts_ms, .. } => *starts_ms,
                _ => None,
            }),
            _ => None,
        }
    }

    /// How it is taken back: as the answer completed it, or as it was worked out before it ran.
    pub fn undo_plan(&self) -> Option<&UndoPlan> {
        let completed = self.finished().and_then(|finished| finished.undo.as_ref());
        completed.or_else(|| self.current().map(|judged| &judged.classified.undo))
    }

    /// The record as it was read after the call, or read back later.
    pub fn after(&self) -> Option<&BeforeImage> {
        let resolved = self.resolved().and_then(|resolved| resolved.after.as_ref());
        resolved.or_else(|| self.finished().and_then(|finished| finished.after.as_ref()))
    }

    /// How an unknown outcome became known, if it was and did.
    pub fn resolved(&self) -> Option<&Resolved> {
        self.steps.iter().rev().find_map(|step| match &step.event {
            ActionEvent::Resolved(resolved) => Some(resolved),
            _ => None,
        })
    }

    /// How the call ended, if it was made and came back (or is known not to).
    pub fn finished(&self) -> Option<&Finished> {
        self.steps.iter().rev().find_map(|step| match &step.event {
            ActionEvent::Finished(finished) => Some(finished),
            _ => None,
        })
    }
}
