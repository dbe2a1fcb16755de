//! A change of the configuration: proposed by one person, shown as what it would make of what, and
//! approved by another. Its edits take force in the same append as its approval, or not at all.

use super::event::GovernEvent;
use super::fold::{GovernFoldError, unexpected};
use super::owners::Owners;
use super::system::System;
use super::workflow::Workflow;
use crate::canonical;
use crate::classify::pack::Pack;
use crate::notify::settings::Notify;
use serde::{Deserialize, Serialize};

/// One configured thing, whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "what", content = "as", rename_all = "kebab-case")]
pub enum Configured {
    /// `workflows/<name>.toml`.
    Workflow(Box<Workflow>),
    /// `systems/<name>.toml`.
    System(Box<System>),
    /// `packs/<name>.toml`.
    Pack(Box<Pack>),
    /// `owners.toml`.
    Owners(Box<Owners>),
    /// `notify.toml`.
    Notify(Box<Notify>),
}

impl Configured {
    /// The stream it has in the ledger.
    pub fn stream(&self) -> String {
        match self {
            Self::Workflow(workflow) => format!("workflow/{}", workflow.name),
            Self::System(system) => format!("system/{}", system.name),
            Self::Pack(pack) => format!("pack/{}", pack.name),
            Self::Owners(_) => OWNERS_STREAM.to_owned(),
            Self::Notify(_) => NOTIFY_STREAM.to_owned(),
        }
    }

    /// Its content hash.
    pub fn hash(&self) -> String {
        match self {
            Self::Workflow(workflow) => canonical::hash(workflow),
            Self::System(system) => canonical::hash(system),
            Self::Pack(pack) => canonical::hash(pack),
            Self::Owners(owners) => canonical::hash(owners),
            Self::Notify(notify) => canonical::hash(notify),
        }
    }

    /// The entry by which it takes force.
    pub fn event(&self) -> GovernEvent {
        let hash = self.hash();
        match self {
            Self::Workflow(workflow) => GovernEvent::WorkflowConfigured {
                workflow: workflow.as_ref().clone(),
                hash,
            },
            Self::System(system) => GovernEvent::SystemConfigured {
                system: system.as_ref().clone(),
                hash,
            },
            Self::Pack(pack) => GovernEvent::PackConfigured {
                pack: pack.as_ref().clone(),
                hash,
            },
            Self::Owners(owners) => GovernEvent::OwnersConfigured {
                owners: owners.as_ref().clone(),
                hash,
            },
            Self::Notify(notify) => GovernEvent::NotifyConfigured {
                notify: notify.as_ref().clone(),
                hash,
            },
        }
    }
}

/// The stream of the permission owner matrix.
pub const OWNERS_STREAM: &str = "owners/matrix";
/// The stream of how people are reached.
pub const NOTIFY_STREAM: &str = "notify/channels";

/// One configured thing before and after.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Edit {
    /// Its stream, e.g. `workflow/support-triage`.
    pub stream: String,
    /// As it was in force when the change was proposed; `None` when it is new.
    pub from: Option<Configured>,
    /// As it would be; `None` when it would no longer be configured.
    pub to: Option<Configured>,
}

impl Edit {
    /// `added`, `changed` or `removed`.
    pub fn how(&self) -> &'static str {
        match (&self.from, &self.to) {
            (None, _) => "added",
            (_, None) => "removed",
            _ => "changed",
        }
    }

    /// The entry by which it takes force.
    pub fn event(&self) -> GovernEvent {
        match (&self.to, &self.from) {
            (Some(to), _) => to.event(),
            (None, Some(Configured::System(_))) => GovernEvent::SystemRemoved {},
            (None, Some(Configured::Pack(_))) => GovernEvent::PackRemoved {},
            (None, Some(Configured::Owners(_))) => GovernEvent::OwnersRemoved {},
            (None, Some(Configured::Notify(_))) => GovernEvent::NotifyRemoved {},
            (None, Some(Configured::Workflow(_)) | None) => GovernEvent::WorkflowRemoved {},
        }
    }
}

/// Where a change stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeStatus {
    /// Waits for a decision.
    Open,
    /// Approved; in force since.
    Approved,
    /// In force without a review.
    Forced,
    /// Rejected.
    Rejected,
    /// Taken back by its author.
    Withdrawn,
}

impl ChangeStatus {
    /// In plain words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Open => "Waits for a review",
            Self::Approved => "Approved, in force",
            Self::Forced => "In force without a review",
            Self::Rejected => "Rejected",
            Self::Withdrawn => "Withdrawn",
        }
    }
}

/// How a change ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeDecision {
    /// The entry's actor.
    pub by: String,
    /// When, UTC milliseconds.
    pub at_ms: i64,
    /// Why, in the reviewer's words; empty when none was given.
    pub why: String,
    /// True when the author decided because there is nobody else.
    pub solo: bool,
}

/// A change now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChangeState {
    /// Its id, `chg_…`.
    pub id: String,
    /// Who proposed it: the entry's actor.
    pub author: String,
    /// When, UTC milliseconds.
    pub proposed_ms: i64,
    /// What it would make of what.
    pub edits: Vec<Edit>,
    /// Why, in the author's words.
    pub why: String,
    /// Content hash over the edits.
    pub hash: String,
    /// The folder it was read from whole, at the machine itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<Folder>,
    /// Where it stands.
    pub status: ChangeStatus,
    /// How it ended; `None` while it waits.
    pub decision: Option<ChangeDecision>,
}

/// A configuration folder, as it was when it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Folder {
    /// Where it is.
    pub path: String,
    /// Content hash of everything it configures: of what is in force once it was applied.
    pub hash: String,
}

/// Content hash over everything that is configured, whatever the order.
pub fn whole(configured: &[Configured]) -> String {
    let mut parts: Vec<(String, String)> = configured
        .iter()
        .map(|one| (one.stream(), one.hash()))
        .collect();
    parts.sort();
    canonical::hash(&parts)
}

/// Content hash over edits: what an approval is bound to.
pub fn hash(edits: &[Edit]) -> String {
    canonical::hash(&edits)
}

impl ChangeState {
    /// The change after an entry.
    pub fn apply(
        mut self,
        (actor, at_ms): (&str, i64),
        event: &GovernEvent,
    ) -> Result<Self, GovernFoldError> {
        if self.status != ChangeStatus::Open {
            return Err(GovernFoldError(format!("change `{}` is over", self.id)));
        }
        let (status, why, solo) = match event {
            GovernEvent::ChangeApproved { hash, .. } | GovernEvent::ChangeRejected { hash, .. }
                if *hash != self.hash =>
            {
                return Err(GovernFoldError(
                    "the decision is on another change than this".to_owned(),
                ));
            }
            GovernEvent::ChangeApproved { solo, .. } => {
                if actor == self.author && !solo {
                    return Err(GovernFoldError(
                        "nobody approves what they proposed".to_owned(),
                    ));
                }
                (ChangeStatus::Approved, "", *solo)
            }
            GovernEvent::ChangeForced { .. } => (ChangeStatus::Forced, "", false),
            GovernEvent::ChangeRejected { why, .. } => {
                (ChangeStatus::Rejected, why.as_str(), false)
            }
            GovernEvent::ChangeWithdrawn {} => (ChangeStatus::Withdrawn, "", false),
            other => return unexpected(other),
        };
        self.status = status;
        self.decision = Some(ChangeDecision {
            by: actor.to_owned(),
            at_ms,
            why: why.to_owned(),
            solo,
        });
        Ok(self)
    }
}
