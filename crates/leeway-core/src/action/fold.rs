//! Folding an action's entries: [`ActionRow::apply`] entry by entry, [`ActionState::fold`] whole.

use super::event::{ActionEvent, Cause, Judged, Refused};
use super::lifecycle::{self, InvalidTransition};
use super::state::{ActionRow, ActionState, EntryMeta, Status, Step};
use super::title;
use crate::id::ActionId;
use crate::judge::Verdict;
use crate::judge::counting::Weighed;

/// Why an entry does not fit an action.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FoldError {
    /// Its status does not admit the event.
    #[error(transparent)]
    InvalidTransition(#[from] InvalidTransition),
    /// The decision is on something else than the current revision.
    #[error("the decision is on another revision than the current one")]
    Stale,
    /// One person approves once.
    #[error("the same person approved it already")]
    Twice,
    /// It takes more approvals, or no more.
    #[error("it takes another number of approvals")]
    Quorum,
    /// Revisions count up by one.
    #[error("revision {found} follows revision {before}")]
    Revision {
        /// The revision before.
        before: u32,
        /// The one found.
        found: u32,
    },
    /// A planted case waits for one decision, and nothing else happens to it.
    #[error("`{0}` cannot happen to a planted case: it waits for one decision and never runs")]
    Planted(&'static str),
    /// The stream has no entries.
    #[error("an action has at least one entry")]
    Empty,
}

impl ActionRow {
    /// The row after an entry.
    pub fn apply(
        previous: Option<Self>,
        id: &ActionId,
        meta: &EntryMeta,
        event: &ActionEvent,
    ) -> Result<Self, FoldError> {
        if !admits_planted(previous.as_ref(), event) {
            return Err(FoldError::Planted(event.kind()));
        }
        let status = lifecycle::next(previous.as_ref().map(|row| row.status), event)?;
        let mut row = match (previous, event) {
            (None, ActionEvent::Judged(judged)) => first(id, meta, judged),
            (None, ActionEvent::Refused(refused)) => of_refused(id, meta, refused),
            (Some(row), _) => row,
            (None, _) => return Err(FoldError::Empty),
        };
        row.status = status;
        row.version = meta.version;
        row.updated_ms = meta.time_ms;
        match event {
            ActionEvent::Judged(judged) => row.revise(judged)?,
            ActionEvent::Endorsed { by, content_hash } => row.endorse(by, content_hash)?,
            ActionEvent::Approved {
                by,
                content_hash,
                solo,
                expires_ms,
                took_ms,
                ..
            } => {
                row.approve(by, content_hash, *solo)?;
                row.expires_ms = *expires_ms;
                row.took_ms = *took_ms;
            }
            ActionEvent::Rejected {
                by,
                content_hash,
                took_ms,
                ..
            } => {
                row.shown(content_hash)?;
                row.reviewer = Some(by.clone());
                row.took_ms = *took_ms;
            }
            ActionEvent::Returned { content_hash, .. } => row.shown(content_hash)?,
            ActionEvent::Reminded { number, .. } => row.reminded = *number,
            ActionEvent::Escalated { to } => row.escalated_to = Some(to.clone()),
            ActionEvent::Drifted { .. } => row.reviewer = None,
            ActionEvent::Finished(finished) => {
                row.mismatched = !finished.mismatched.is_empty();
                if row.record.is_none() {
                    row.record.clone_from(&finished.made);
                }
            }
            _ => {}
        }
        if !matches!(status, Status::Held | Status::Returned | Status::Approved) {
            row.expires_ms = None;
        }
        Ok(row)
    }

    /// A decision is on what was shown.
    fn shown(&self, content_hash: &String) -> Result<(), FoldError> {
        if self.content_hash.as_ref() == Some(content_hash) {
            return Ok(());
        }
        Err(FoldError::Stale)
    }

    fn endorse(&mut self, by: &str, content_hash: &String) -> Result<(), FoldError> {
        self.shown(content_hash)?;
        if self.endorsed_by.iter().any(|earlier| earlier == by) {
            return Err(FoldError::Twice);
        }
        if self.endorsed_by.len() + 1 >= usize::from(self.approvals_needed) {
            return Err(FoldError::Quorum);
        }
        self.endorsed_by.push(by.to_owned());
        Ok(())
    }

    fn approve(&mut self, by: &str, content_hash: &String, solo: bool) -> Result<(), FoldError> {
        self.shown(content_hash)?;
        if self.endorsed_by.iter().any(|earlier| earlier == by) {
            return Err(FoldError::Twice);
        }
        if !solo && self.endorsed_by.len() + 1 < usize::from(self.approvals_needed) {
            return Err(FoldError::Quorum);
        }
        self.reviewer = Some(by.to_owned());
        Ok(())
    }

    fn revise(&mut self, judged: &Judged) -> Result<(), FoldError> {
        if judged.revision != self.revision + 1 {
            return Err(FoldError::Revision {
                before: self.revision,
                found: judged.revision,
            });
        }
        let classified = &judged.classified;
        self.revision = judged.revision;
        self.effect = Some(classified.effect);
        self.level = Some(classified.level);
        self.record.clone_from(&classified.record);
        self.title = title::title(judged);
        self.gist = title::gist(judged);
        self.confidence = judged.claim.confidence;
        self.amount_cents = classified.amount_cents;
        self.currency.clone_from(&classified.currency);
        self.weighed = Weighed::of(classified);
        self.content_hash = Some(judged.content_hash.clone());
        self.expires_ms = judged.expires_ms;
        // Whatever the cause: an approval is of one revision only.
        self.reviewer = None;
        self.endorsed_by.clear();
        self.edited |= matches!(judged.cause, Cause::Edited { .. });
        self.approvals_needed = judged.decision.approvals;
        let owner = judged.facts.owner.as_ref();
        self.responsibility = owner.map(|owner| owner.responsibility);
        // What the agent proposed: it is that which it may send again.
        self.twin_hash
            .get_or_insert_with(|| judged.twin_hash.clone());
        Ok(())
    }
}

/// Whether an event may happen where a planted case is or begins: it is held, and ends without ever having
/// started. Everything may happen to what is none.
fn admits_planted(previous: Option<&ActionRow>, event: &ActionEvent) -> bool {
    match (previous, event) {
        (None, ActionEvent::Judged(judged)) => match judged.cause {
            Cause::Planted { .. } => {
                judged.decision.verdict == Verdict::Hold && judged.decision.approvals == 1
            }
            _ => true,
        },
        (Some(row), event) if row.planted.is_some() => matches!(
            event,
            ActionEvent::Approved { .. }
                | ActionEvent::Rejected { .. }
                | ActionEvent::Withdrawn { .. }
                | ActionEvent::Expired {}
                | ActionEvent::Reminded { .. }
                | ActionEvent::Escalated { .. }
        ),
        _ => true,
    }
}

fn first(id: &ActionId, meta: &EntryMeta, judged: &Judged) -> ActionRow {
    ActionRow {
        workflow: judged.call.workflow.clone(),
        agent: judged.call.agent.clone(),
        system: judged.call.system.clone(),
        tool: judged.call.tool.clone(),
        idempotency_key: judged.idempotency_key.clone(),
        undoes: match &judged.cause {
            Cause::Undoes(undoes) => Some(undoes.action.clone()),
            _ => None,
        },
        planted: match &judged.cause {
            Cause::Planted { shows } => Some(shows.clone()),
            _ => None,
        },
        ..empty(id, meta)
    }
}

fn of_refused(id: &ActionId, meta: &EntryMeta, refused: &Refused) -> ActionRow {
    ActionRow {
        workflow: refused.call.workflow.clone(),
        agent: refused.call.agent.clone(),
        system: refused.call.system.clone(),
        tool: refused.call.tool.clone(),
        title: title::refused(refused),
        gist: super::visible::visible(&refused.message).into_owned(),
        confidence: refused.claim.confidence,
        ..empty(id, meta)
    }
}

fn empty(id: &ActionId, meta: &EntryMeta) -> ActionRow {
    ActionRow {
        id: id.clone(),
        seq: meta.seq,
        version: meta.version,
        created_ms: meta.time_ms,
        updated_ms: meta.time_ms,
        status: Status::Refused,
        workflow: String::new(),
        agent: String::new(),
        system: String::new(),
        tool: String::new(),
        effect: None,
        level: None,
        record: None,
        title: String::new(),
        gist: String::new(),
        confidence: None,
        amount_cents: None,
        currency: None,
        revision: 0,
        content_hash: None,
        expires_ms: None,
        reviewer: None,
        responsibility: None,
        approvals_needed: 1,
        endorsed_by: Vec::new(),
        reminded: 0,
        escalated_to: None,
        took_ms: None,
        edited: false,
        mismatched: false,
        undoes: None,
        planted: None,
        idempotency_key: None,
        twin_hash: None,
        weighed: Weighed::default(),
    }
}

impl ActionState {
    /// Everything known of an action, from its whole stream.
    pub fn fold(id: &ActionId, steps: Vec<Step>) -> Result<Self, FoldError> {
        let mut row = None;
        for step in &steps {
            row = Some(ActionRow::apply(row, id, &step.meta, &step.event)?);
        }
        Ok(Self {
            row: row.ok_or(FoldError::Empty)?,
            steps,
        })
    }
}
