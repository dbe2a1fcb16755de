//! The state machine of an action. No status is ever set: it follows from the events.

use super::event::{ActionEvent, Cause, Outcome};
use super::state::Status;
use crate::judge::Verdict;

/// An event that the action's status does not admit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{event}` is not possible here: the action {}", describe(*.from))]
pub struct InvalidTransition {
    /// Where the action stands; `None` before its first entry.
    pub from: Option<Status>,
    /// The event's kind.
    pub event: &'static str,
}

fn describe(from: Option<Status>) -> String {
    from.map_or_else(
        || "does not exist".to_owned(),
        |status| format!("is `{}`", status.name()),
    )
}

/// The status after an event.
pub fn next(from: Option<Status>, event: &ActionEvent) -> Result<Status, InvalidTransition> {
    let admitted = match event {
        ActionEvent::Refused(_) => from.is_none().then_some(Status::Refused),
        ActionEvent::Judged(judged) => {
            judged_after(from, &judged.cause).then_some(match judged.decision.verdict {
                Verdict::Allow => Status::Authorised,
                Verdict::Hold => Status::Held,
                Verdict::Block => Status::Blocked,
            })
        }
        ActionEvent::Endorsed { .. } => (from == Some(Status::Held)).then_some(Status::Held),
        ActionEvent::Approved { .. } => (from == Some(Status::Held)).then_some(Status::Approved),
        ActionEvent::Returned { .. } => (from == Some(Status::Held)).then_some(Status::Returned),
        ActionEvent::Joined { .. } => from.filter(|from| {
            matches!(
                from,
                Status::Held
                    | Status::Returned
                    | Status::Executed
                    | Status::Failed
                    | Status::Partial
                    | Status::OutcomeUnknown
                    | Status::NeedsAttestation
            )
        }),
        ActionEvent::Reminded { .. } | ActionEvent::Escalated { .. } => {
            from.filter(|from| matches!(from, Status::Held | Status::Returned))
        }
        ActionEvent::Rejected { .. } => (from == Some(Status::Held)).then_some(Status::Rejected),
        ActionEvent::Withdrawn { .. } => matches!(
            from,
            Some(
                Status::Held
                    | Status::Returned
                    | Status::Drifted
                    | Status::Approved
                    | Status::Authorised
            )
        )
        .then_some(Status::Withdrawn),
        ActionEvent::Expired {} => matches!(
            from,
            Some(Status::Held | Status::Returned | Status::Approved)
        )
        .then_some(Status::Expired),
        // From `executing` when the system refused a conditional write: it did nothing.
        ActionEvent::Drifted { .. } => matches!(
            from,
            Some(Status::Held | Status::Approved | Status::Authorised | Status::Executing)
        )
        .then_some(Status::Drifted),
        ActionEvent::Started { .. } => {
            matches!(from, Some(Status::Approved | Status::Authorised)).then_some(Status::Executing)
        }
        ActionEvent::Finished(finished) => {
            (from == Some(Status::Executing)).then_some(match finished.outcome {
                Outcome::Executed => Status::Executed,
                Outcome::Failed => Status::Failed,
                Outcome::Partial => Status::Partial,
                Outcome::OutcomeUnknown => Status::OutcomeUnknown,
            })
        }
        ActionEvent::Resolved(resolved) => matches!(
            from,
            Some(Status::OutcomeUnknown | Status::NeedsAttestation)
        )
        .then_some(resolved.outcome)
        .and_then(|outcome| match outcome {
            Outcome::Executed => Some(Status::Executed),
            Outcome::Failed => Some(Status::Failed),
            Outcome::Partial => Some(Status::Partial),
            Outcome::OutcomeUnknown => None,
        }),
        ActionEvent::AttestationNeeded { .. } => {
            (from == Some(Status::OutcomeUnknown)).then_some(Status::NeedsAttestation)
        }
    };
    admitted.ok_or(InvalidTransition {
        from,
        event: event.kind(),
    })
}

/// Whether a revision may follow: the first of an action, an edit of a held one, and so on.
fn judged_after(from: Option<Status>, cause: &Cause) -> bool {
    match cause {
        Cause::Proposed | Cause::Undoes(_) | Cause::Planted { .. } => from.is_none(),
        Cause::Revoked { .. } => from == Some(Status::Approved),
        Cause::Edited { .. } => from == Some(Status::Held),
        Cause::Answered { .. } => from == Some(Status::Returned),
        Cause::Drifted => from == Some(Status::Drifted),
        Cause::Resumed | Cause::RulesChanged => matches!(
            from,
            Some(Status::Held | Status::Approved | Status::Authorised)
        ),
    }
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 16] = [
        Self::Refused,
        Self::Blocked,
        Self::Authorised,
        Self::Held,
        Self::Returned,
        Self::Approved,
        Self::Rejected,
        Self::Withdrawn,
        Self::Expired,
        Self::Drifted,
        Self::Executing,
        Self::Executed,
        Self::Failed,
        Self::Partial,
        Self::OutcomeUnknown,
        Self::NeedsAttestation,
    ];

    /// Those of a call of which nobody knows what became of it.
    pub const UNKNOWN: [Self; 2] = [Self::OutcomeUnknown, Self::NeedsAttestation];

    /// Whether the call is over and done with; an unknown outcome may still become known.
    pub fn is_terminal(self) -> bool {
        !matches!(
            self,
            Self::Authorised
                | Self::Held
                | Self::Returned
                | Self::Approved
                | Self::Drifted
                | Self::Executing
        )
    }

    /// Whether something can still happen to it.
    pub fn is_open(self) -> bool {
        !self.is_terminal()
    }

    /// The name as in API and configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Blocked => "blocked",
            Self::Authorised => "authorised",
            Self::Held => "held",
            Self::Returned => "returned",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Withdrawn => "withdrawn",
            Self::Expired => "expired",
            Self::Drifted => "drifted",
            Self::Executing => "executing",
            Self::Executed => "executed",
            Self::Failed => "failed",
            Self::Partial => "partial",
            Self::OutcomeUnknown => "outcome_unknown",
            Self::NeedsAttestation => "needs_attestation",
        }
    }

    /// Reads a name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == text)
    }

    /// In plain words, for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Refused => "Refused",
            Self::Blocked => "Blocked",
            Self::Authorised => "May run, not started",
            Self::Held => "Waits for a person",
            Self::Returned => "Waits for the agent's answer",
            Self::Approved => "Approved, not started",
            Self::Rejected => "Rejected",
            Self::Withdrawn => "Withdrawn",
            Self::Expired => "Nobody answered",
            Self::Drifted => "The record changed",
            Self::Executing => "Running",
            Self::Executed => "Done",
            Self::Failed => "Failed",
            Self::Partial => "Done in part",
            Self::OutcomeUnknown => "Outcome unknown",
            Self::NeedsAttestation => "A person has to say what happened",
        }
    }
}
