//! The life of an incident, and what is known of it: a fold over stream `incident/<number>`.

use super::event::{Affected, EntryAt, IncidentEvent, Remedies, Side, Trigger};
use super::status::IncidentStatus;
use super::step::Step;
use crate::canonical;
use crate::id::ActionId;
use crate::undo::batch::Selection;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An event that an incident does not admit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidIncident {
    /// Its status does not admit it.
    #[error("`{event}` is not possible here: the incident is `{}`", from.map_or("not known", IncidentStatus::name))]
    NotHere {
        /// Where the incident stands; `None` before its first entry.
        from: Option<IncidentStatus>,
        /// The event's kind.
        event: &'static str,
    },
    /// Somebody else is in command.
    #[error("`{by}` is not in command of the incident, `{commander}` is")]
    NotInCommand {
        /// Who tried.
        by: String,
        /// Who is in command.
        commander: String,
    },
    /// The evidence is not complete.
    #[error("`{event}` is not possible yet: {what}")]
    Lacking {
        /// The event's kind.
        event: &'static str,
        /// What it lacks, for people.
        what: &'static str,
    },
}

impl InvalidIncident {
    /// A stable name of what is wrong.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotHere { .. } => "incident-not-here",
            Self::NotInCommand { .. } => "incident-not-in-command",
            Self::Lacking { .. } => "incident-evidence-lacking",
        }
    }
}

/// The status after an event whose evidence is complete.
///
/// The owner may acknowledge before step 3 is done; the status follows once it is
/// ([`IncidentState::apply`]).
pub fn next(
    from: Option<IncidentStatus>,
    event: &IncidentEvent,
) -> Result<IncidentStatus, InvalidIncident> {
    use IncidentEvent as E;
    use IncidentStatus as S;
    let after = |status: S, to: S| (from == Some(status)).then_some(to);
    let stays = |admits: fn(S) -> bool| from.filter(|status| admits(*status));
    let to = match event {
        E::Suspected { .. } => from.is_none().then_some(S::Suspected),
        E::Declared { .. } => matches!(from, None | Some(S::Suspected)).then_some(S::Declared),
        E::Dismissed { .. } => after(S::Suspected, S::Dismissed),
        E::Merged { .. } => after(S::Suspected, S::Merged),
        E::Contained { .. } => after(S::Declared, S::Contained),
        E::Scoped { .. } => after(S::Contained, S::Scoped),
        E::Remediated { .. } => after(S::Scoped, S::Remediated),
        E::Acknowledged { .. } => {
            after(S::Remediated, S::Notified).or_else(|| stays(S::is_commanded))
        }
        E::Reviewed { .. } => after(S::Notified, S::Reviewed),
        E::Guarded { .. } => after(S::Reviewed, S::Guarded),
        E::Sampled { wrong: 0, .. } => after(S::Guarded, S::Verified),
        E::Sampled { .. } => after(S::Guarded, S::Contained),
        E::Signed { .. } => after(S::Verified, S::Verified),
        E::Reenabled { .. } => after(S::Verified, S::Reenabled),
        E::Recurred { .. } => after(S::Reenabled, S::Contained),
        E::Closed { .. } => after(S::Reenabled, S::Closed),
        E::HandedOver { .. } | E::TakenOver { .. } => stays(S::is_commanded),
        E::OwnerTold { .. } | E::Escalated { .. } | E::Noted { .. } => {
            stays(|status| !status.is_over())
        }
    };
    let kind = event.kind();
    let to = to.ok_or(InvalidIncident::NotHere { from, event: kind })?;
    match event.lacks() {
        None => Ok(to),
        Some(what) => Err(InvalidIncident::Lacking { event: kind, what }),
    }
}

/// Evidence of a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The step.
    pub step: Step,
    /// The round it belongs to: how often the incident had come back to contained.
    pub round: u32,
    /// When, UTC milliseconds.
    pub at_ms: i64,
    /// Who, by e-mail; `leeway` for a pause after a recurrence it saw.
    pub by: String,
    /// One sentence for people.
    pub text: String,
    /// The whole event.
    pub details: Value,
}

/// Somebody who was told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// By e-mail.
    pub to: String,
    /// In which round.
    pub round: u32,
    /// When, UTC milliseconds.
    pub at_ms: i64,
    /// The message's id, when one was sent.
    pub message: Option<String>,
    /// True when told because the owner was silent.
    pub escalated: bool,
    /// When they acknowledged it, UTC milliseconds.
    pub acknowledged_ms: Option<i64>,
}

/// An owner's signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// For which side.
    pub side: Side,
    /// Who, by e-mail.
    pub by: String,
    /// When, UTC milliseconds.
    pub at_ms: i64,
    /// Hash of the evidence that was signed.
    pub content_hash: String,
    /// True when one person signed for both sides.
    pub solo: bool,
}

/// An incident now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IncidentState {
    /// Its number, from 1.
    pub number: u64,
    /// The workflow.
    pub workflow: String,
    /// Where it stands.
    pub status: IncidentStatus,
    /// Since when, UTC milliseconds.
    pub since_ms: i64,
    /// When first heard of, UTC milliseconds.
    pub opened_ms: i64,
    /// When declared, UTC milliseconds.
    pub declared_ms: Option<i64>,
    /// What made somebody suspect it; `None` when it was declared at once.
    pub trigger: Option<Trigger>,
    /// What is wrong, or why it ended, for people.
    pub why: String,
    /// Who is in command, by e-mail; `None` while suspected.
    pub commander: Option<String>,
    /// The incident it is a part of.
    pub merged_into: Option<u64>,
    /// The case: an action that was wrong, the latest one named.
    pub example: Option<ActionId>,
    /// How often it came back to contained: a failing sample, a recurrence.
    pub rounds: u32,
    /// The latest pause's entry.
    pub pause: Option<EntryAt>,
    /// Which actions are affected, as found last.
    pub scope: Option<Selection>,
    /// How much that is.
    pub affected: Option<Affected>,
    /// What became of them.
    pub remedies: Option<Remedies>,
    /// The guardrail that catches the case, by id.
    pub rule: Option<String>,
    /// The steps' evidence of all rounds, oldest first.
    pub evidence: Vec<Evidence>,
    /// Who was told, oldest first.
    pub told: Vec<Told>,
    /// Who signed the present evidence.
    pub signatures: Vec<Signature>,
    /// The entry by which the workflow was resumed.
    pub resumed: Option<EntryAt>,
    /// End of the clean window, UTC milliseconds, while the workflow runs again.
    pub clean_until_ms: Option<i64>,
}

impl IncidentState {
    /// The stream of an incident.
    pub fn stream(number: u64) -> String {
        format!("incident/{number}")
    }

    /// Reads an incident's number as its stream has it: `7`, not `07` or `0`.
    pub fn number(text: &str) -> Option<u64> {
        let number: u64 = text.parse().ok()?;
        (number > 0 && number.to_string() == text).then_some(number)
    }

    /// Whether a step is done in this round.
    pub fn is_done(&self, step: Step) -> bool {
        step.number() <= self.status.steps_done()
    }

    /// The latest evidence of a step, of an earlier round when there is none of this one.
    pub fn evidence_for(&self, step: Step) -> Option<&Evidence> {
        self.evidence.iter().rev().find(|one| one.step == step)
    }

    /// Whether somebody who was told in this round acknowledged it.
    pub fn is_acknowledged(&self) -> bool {
        let mut told = self.told.iter();
        told.any(|one| one.round == self.rounds && one.acknowledged_ms.is_some())
    }

    /// A side's signature.
    pub fn signed(&self, side: Side) -> Option<&Signature> {
        self.signatures.iter().find(|one| one.side == side)
    }

    /// Whether both sides signed the same evidence.
    pub fn is_signed(&self) -> bool {
        Side::ALL
            .into_iter()
            .all(|side| self.signed(side).is_some())
    }

    /// Hash over this round's evidence: what a signature is bound to. It is compared where a signature is
    /// taken, not in the fold, so that an old ledger folds whatever evidence looks like later.
    pub fn content_hash(&self) -> String {
        let mine = self.evidence.iter().filter(|one| one.round == self.rounds);
        let shown: Vec<_> = mine
            .map(|one| (one.step, one.at_ms, &one.details))
            .collect();
        canonical::hash(&(self.number, &self.workflow, self.rounds, self.pause, shown))
    }
}
