//! What can happen to an action: the payloads of its ledger entries.

use super::{Call, Claim, Versions};
use crate::canonical;
use crate::classify::{BeforeImage, Classified, RecordRef, UndoPlan};
use crate::id::ActionId;
use crate::judge::{Decision, Facts};
use crate::ledger::entry::commitment;
use crate::undo::Undoes;
use crate::undo::along::Along;
use crate::undo::read_back::InForm;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// One entry of an action's stream. The variant's name, kebab-case and behind `action.`, is the
/// entry's kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum ActionEvent {
    /// A call that could not be judged: unknown or changed tool, malformed arguments.
    Refused(Refused),
    /// A call was classified and judged. Also each later revision: an edit, a drifted record
    /// shown anew, a second judgement after the rules changed.
    Judged(Box<Judged>),
    /// An agent of the workflow made the same call again, and this one is its answer. Recorded where the
    /// repeat has a key of its own or is another agent's.
    Joined {
        /// The key of the repeat.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        idempotency_key: Option<String>,
    },
    /// A person approved exactly what `content_hash` covers, and somebody else has to as well.
    Endorsed {
        /// E-mail of the reviewer.
        by: String,
        /// [`Judged::content_hash`] of the revision endorsed.
        content_hash: String,
    },
    /// A person approved exactly what `content_hash` covers; nobody else is needed.
    Approved {
        /// E-mail of the reviewer.
        by: String,
        /// [`Judged::content_hash`] of the revision approved.
        content_hash: String,
        /// True when a one-person firm let one person do what takes two.
        solo: bool,
        /// Until when the approval is good if it cannot start, UTC milliseconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires_ms: Option<i64>,
        /// How long the reviewer had it open before deciding, milliseconds; `None` where that is not
        /// known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        took_ms: Option<i64>,
        /// Before when it does not start, UTC milliseconds: what cannot be taken back waits a while in
        /// which the approval can be.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        starts_ms: Option<i64>,
    },
    /// A reviewer asks the agent before deciding.
    Returned {
        /// E-mail of the reviewer.
        by: String,
        /// Hash of what was shown.
        content_hash: String,
        /// The question.
        question: String,
    },
    /// Those who may decide were told that it still waits.
    Reminded {
        /// Their e-mails.
        to: Vec<String>,
        /// Which reminder this is, from 1.
        number: u32,
    },
    /// Nobody answered in time, so the fallback may decide too.
    Escalated {
        /// The fallback's e-mail.
        to: String,
    },
    /// A person rejected it.
    Rejected {
        /// E-mail of the reviewer.
        by: String,
        /// Hash of what was shown.
        content_hash: String,
        /// Short reason, from a list or free.
        why: String,
        /// Note for the agent and the record.
        note: Option<String>,
        /// How long the reviewer had it open before deciding, milliseconds; `None` where that is not
        /// known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        took_ms: Option<i64>,
    },
    /// The agent took it back.
    Withdrawn {
        /// The agent's name.
        by: String,
        /// Its words, if any.
        reason: Option<String>,
    },
    /// Nobody decided in time. Not a rejection.
    Expired {},
    /// The record was no longer what the reviewer saw; nothing was done. After a start: the system
    /// refused the write because of the record's version.
    Drifted {
        /// The record as it is now.
        now: BeforeImage,
        /// What Leeway itself read.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        readings: Vec<Reading>,
    },
    /// The call is about to be made, once.
    Started {
        /// Key handed to the system so that it can refuse a repeat.
        idempotency_key: String,
        /// What Leeway read right before, to see that nothing had changed.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        readings: Vec<Reading>,
    },
    /// The call came back, or did not.
    Finished(Finished),
    /// Its outcome was unknown, and is known now: read back, or attested by a person.
    Resolved(Resolved),
    /// Its outcome is unknown, and reading the record does not tell: a person has to attest it.
    AttestationNeeded {
        /// What was read, one sentence for people.
        why: String,
    },
}

/// Payload of [`ActionEvent::Refused`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Refused {
    /// The call as received.
    pub call: Call,
    /// What the agent said about it.
    pub claim: Claim,
    /// Stable code, e.g. `unknown-tool`.
    pub code: String,
    /// What happened, for people.
    pub message: String,
}

/// Payload of [`ActionEvent::Judged`]: everything the decision used, so that it replays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// 1 for the agent's own call; each later revision counts up.
    pub revision: u32,
    /// Why there is this revision.
    pub cause: Cause,
    /// The call, redacted.
    pub call: Call,
    /// What the agent said about it.
    pub claim: Claim,
    /// The record as it was read before.
    pub before: BeforeImage,
    /// What the call would do.
    pub classified: Classified,
    /// Facts that depend on time or history, computed before judging.
    pub facts: Facts,
    /// Allow, hold or block, and why.
    pub decision: Decision,
    /// Versions it was judged under.
    pub versions: Versions,
    /// Until when a held action waits, UTC milliseconds; `None` unless held.
    pub expires_ms: Option<i64>,
    /// Hash over exactly what a reviewer is shown and what would run.
    pub content_hash: String,
    /// Whether the arguments shown hide secrets; the whole ones wait sealed outside the ledger.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sealed: bool,
    /// The caller's idempotency key, if it gave one.
    pub idempotency_key: Option<String>,
    /// SHA-256 over workflow, tool and arguments as sent, by which identical calls are known; keyed where
    /// the arguments hold secrets.
    pub twin_hash: String,
    /// What Leeway itself read to judge it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub readings: Vec<Reading>,
}

/// A reading that Leeway made itself: nobody proposed it and nobody decided on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// The system's own tool.
    pub tool: String,
    /// Its arguments, redacted.
    pub arguments: Value,
    /// What for.
    pub why: ReadFor,
    /// When, UTC milliseconds.
    pub at_ms: i64,
}

/// What Leeway reads for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReadFor {
    /// To judge a call, and to show what it would change.
    Judging,
    /// To see right before a start whether the record is still what was shown.
    Starting,
    /// To see what a call made of the record.
    ReadingBack,
    /// To find out what became of a call without an answer.
    Reconciling,
    /// To plan an undo, and to check it.
    Undoing,
}

impl Judged {
    /// What [`Judged::content_hash`] is of this revision: a hash over exactly what a reviewer is shown and what
    /// would run. `sealed` are the whole arguments where the ones shown hide secrets.
    pub fn hash(&self, id: &ActionId, sealed: Option<&[u8]>) -> String {
        canonical::exact(&json!({
            "action": id,
            "revision": self.revision,
            "call": self.call,
            "sealed": sealed.map(|sealed| commitment(&[0; 16], sealed)),
            "before": self.before,
            "classified": self.classified,
            "versions": self.versions,
            "claim": self.claim,
        }))
    }
}

/// Why a revision exists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Cause {
    /// The agent proposed it.
    Proposed,
    /// A reviewer changed the arguments.
    Edited {
        /// E-mail of the reviewer.
        by: String,
    },
    /// The agent answered a reviewer's question.
    Answered {
        /// Its words.
        answer: String,
    },
    /// The record had changed since it was seen, and is shown again.
    Drifted,
    /// The workflow's rules had changed since it was judged.
    RulesChanged,
    /// It waited through a pause, and time and history went on.
    Resumed,
    /// The approval was taken back before it started.
    Revoked {
        /// E-mail of the person.
        by: String,
    },
    /// It takes another action back; a person asked for it.
    Undoes(Box<Undoes>),
    /// Leeway proposed it: a case known to be wrong, put among what waits to see whether whoever decides
    /// finds it. It never starts, whatever is decided.
    Planted {
        /// The action it is a copy of.
        shows: ActionId,
    },
}

/// Payload of [`ActionEvent::Finished`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finished {
    /// What became of it.
    pub outcome: Outcome,
    /// The system's answer, redacted; `None` when there was none.
    pub result: Option<Value>,
    /// The record read again after, where the pack can.
    pub after: Option<BeforeImage>,
    /// One sentence for people.
    pub note: String,
    /// Labels of fields that were written and have other values as read back. The system answered that
    /// it is done, so this is no failure: it may write values its own way.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mismatched: Vec<String>,
    /// Fields that the system keeps in another form of the value that was written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub in_form: Vec<InForm>,
    /// What changed along with it and the call did not name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub along: Vec<Along>,
    /// How many fields more did.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub along_more: u32,
    /// Of an undo: the system answered that it is done, and no reading proves it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unconfirmed: bool,
    /// The record it made, where the pack's way back names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made: Option<RecordRef>,
    /// The undo plan, where only the answer completes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo: Option<UndoPlan>,
    /// What Leeway itself read afterwards.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub readings: Vec<Reading>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands on a reference"
)]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Finished {
    /// An end of which nothing was read.
    pub fn bare(outcome: Outcome, note: String) -> Self {
        Self {
            outcome,
            result: None,
            after: None,
            note,
            mismatched: Vec::new(),
            in_form: Vec::new(),
            along: Vec::new(),
            along_more: 0,
            unconfirmed: false,
            made: None,
            undo: None,
            readings: Vec::new(),
        }
    }
}

/// Payload of [`ActionEvent::Resolved`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Resolved {
    /// What became of it.
    pub outcome: Outcome,
    /// E-mail of the person who attests it; `None` when it was read back.
    pub by: Option<String>,
    /// What was read, or the person's evidence.
    pub evidence: String,
    /// The record as it was read back, where it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<BeforeImage>,
    /// What Leeway itself read for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub readings: Vec<Reading>,
}

/// What became of a call that was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The system answered that it did it.
    Executed,
    /// The system answered that it did nothing.
    Failed,
    /// The system did a part of it.
    Partial,
    /// No answer: it may or may not have happened.
    OutcomeUnknown,
}

impl ActionEvent {
    /// The entry's kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Refused(_) => "action.refused",
            Self::Judged(_) => "action.judged",
            Self::Joined { .. } => "action.joined",
            Self::Endorsed { .. } => "action.endorsed",
            Self::Approved { .. } => "action.approved",
            Self::Returned { .. } => "action.returned",
            Self::Reminded { .. } => "action.reminded",
            Self::Escalated { .. } => "action.escalated",
            Self::Rejected { .. } => "action.rejected",
            Self::Withdrawn { .. } => "action.withdrawn",
            Self::Expired {} => "action.expired",
            Self::Drifted { .. } => "action.drifted",
            Self::Started { .. } => "action.started",
            Self::Finished(_) => "action.finished",
            Self::Resolved(_) => "action.resolved",
            Self::AttestationNeeded { .. } => "action.attestation-needed",
        }
    }
}
