//! Taking many actions back: which ones, in which order, and how far it has come. Stream `batch/<id>`.
//!
//! A batch lists its actions when it is planned; what becomes of each is in that action's own undo
//! ([`super::state`]), so a batch that was interrupted goes on where it stopped.

use super::state::UndoStatus;
use crate::action::event::Judged;
use crate::action::state::ActionRow;
use crate::classify::Effect;
use crate::id::ActionId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Which actions. Everything given must fit; nothing given fits all that was carried out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Selection {
    /// Exactly these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<ActionId>,
    /// Of this workflow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow: Option<String>,
    /// Of this agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// By this tool, `<system>__<tool>`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// On this record: its id, or `type:id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
    /// That cited this source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Of this run: what the agent says set it going.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trigger: Option<String>,
    /// Under this prompt version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    /// Under these rules: hash of the workflow's version, or its beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules: Option<String>,
    /// By this model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Under this pack: its hash, or its beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pack: Option<String>,
    /// With this definition of the tool: its hash, or its beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub definition: Option<String>,
    /// Proposed at or after, UTC milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_ms: Option<i64>,
    /// Proposed before, UTC milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_ms: Option<i64>,
}

impl Selection {
    /// Whether it says nothing: that is never meant.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether telling needs more than an action's row.
    pub fn looks_inside(&self) -> bool {
        [
            &self.source,
            &self.trigger,
            &self.prompt,
            &self.rules,
            &self.model,
            &self.pack,
            &self.definition,
        ]
        .into_iter()
        .any(Option::is_some)
    }

    /// Whether a row fits, as far as a row tells.
    pub fn fits_row(&self, row: &ActionRow) -> bool {
        let is = |wanted: &Option<String>, found: &str| {
            wanted.as_ref().is_none_or(|wanted| wanted == found)
        };
        let record = self.record.as_ref().is_none_or(|wanted| {
            row.record.as_ref().is_some_and(|record| {
                *wanted == record.id || *wanted == format!("{}:{}", record.record_type, record.id)
            })
        });
        (self.actions.is_empty() || self.actions.contains(&row.id))
            && is(&self.workflow, &row.workflow)
            && is(&self.agent, &row.agent)
            && is(
                &self.tool,
                &crate::action::tool_name(&row.system, &row.tool),
            )
            && record
            && self.from_ms.is_none_or(|from| row.created_ms >= from)
            && self.to_ms.is_none_or(|to| row.created_ms < to)
    }

    /// Whether what an action was judged with fits.
    pub fn fits(&self, judged: &Judged) -> bool {
        let begins = |wanted: &Option<String>, found: &Option<String>| {
            wanted.as_ref().is_none_or(|wanted| {
                found
                    .as_ref()
                    .is_some_and(|found| !wanted.is_empty() && found.starts_with(wanted.as_str()))
            })
        };
        let cited = self.source.as_ref().is_none_or(|wanted| {
            let sources = judged.claim.sources.iter();
            sources
                .into_iter()
                .any(|source| source.reference == *wanted)
        });
        let run = self
            .trigger
            .as_ref()
            .is_none_or(|wanted| judged.claim.trigger.as_ref() == Some(wanted));
        let versions = &judged.versions;
        cited
            && run
            && begins(&self.prompt, &versions.prompt)
            && begins(&self.rules, &versions.rules)
            && begins(&self.model, &versions.model)
            && begins(&self.pack, &versions.pack)
            && begins(&self.definition, &versions.tool)
    }
}

/// What orders an action in a batch: what reached outside comes last, otherwise the newest first, so that
/// on each record every step is taken back before the one it was made on.
pub fn order(row: &ActionRow) -> (bool, std::cmp::Reverse<(i64, u64)>) {
    let pivot = matches!(row.effect, Some(Effect::Send | Effect::Pay));
    (pivot, std::cmp::Reverse((row.updated_ms, row.seq)))
}

/// Where a batch stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BatchStatus {
    /// What would become of its actions is being worked out.
    Planning,
    /// Worked out and shown; nothing was done.
    Planned,
    /// Its actions are being taken back, one after another.
    Running,
    /// Through with all of them.
    Finished,
    /// Stopped by a person, or because its asker may no longer decide.
    Stopped,
}

impl BatchStatus {
    /// The name as in API and command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Planning => "planning",
            Self::Planned => "planned",
            Self::Running => "running",
            Self::Finished => "finished",
            Self::Stopped => "stopped",
        }
    }
}

/// What was foreseen for one action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Foreseen {
    /// `call`, `call-in-part`, `already-back`, `decide`, `impossible`, `under-way`, `settled`, `unusable`.
    pub next: String,
    /// Fields left to be decided, or why it cannot be taken back.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// One entry of a batch's stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event")]
pub enum BatchEvent {
    /// Asked for: it is worked out.
    #[serde(rename = "batch.asked")]
    Asked {
        /// E-mail of the person.
        by: String,
        /// Why, in the person's words.
        why: String,
        /// Which actions.
        selection: Box<Selection>,
        /// Number of the incident it belongs to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        incident: Option<u64>,
        /// How many actions that are now.
        total: u32,
    },
    /// Worked out.
    #[serde(rename = "batch.planned")]
    Planned {
        /// E-mail of the person.
        by: String,
        /// Why, in the person's words.
        why: String,
        /// Which actions.
        selection: Box<Selection>,
        /// Number of the incident it belongs to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        incident: Option<u64>,
        /// How many actions.
        total: u32,
        /// Hash over the ids in their order and what was foreseen for each.
        hash: String,
        /// What was foreseen: `call`, `already-back`, `decide`, `impossible`, … and how many.
        foreseen: BTreeMap<String, u32>,
    },
    /// Some of its actions, in order.
    #[serde(rename = "batch.listed")]
    Listed {
        /// Their ids.
        actions: Vec<ActionId>,
        /// What was foreseen for each, in the same order.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        foreseen: Vec<Foreseen>,
    },
    /// Begun as shown.
    #[serde(rename = "batch.started")]
    Started {
        /// E-mail of the person.
        by: String,
        /// Hash of what was shown.
        hash: String,
    },
    /// Through with all of them.
    #[serde(rename = "batch.finished")]
    Finished {
        /// Where their undos stood then, and how many: adds up to the total.
        counts: BTreeMap<String, u32>,
    },
    /// Stopped: the rest stays as it is.
    #[serde(rename = "batch.stopped")]
    Stopped {
        /// Who, or `leeway`.
        by: String,
        /// Why.
        why: String,
        /// Where their undos stood then.
        counts: BTreeMap<String, u32>,
    },
}

impl BatchEvent {
    /// The entry's kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Asked { .. } => "batch.asked",
            Self::Planned { .. } => "batch.planned",
            Self::Listed { .. } => "batch.listed",
            Self::Started { .. } => "batch.started",
            Self::Finished { .. } => "batch.finished",
            Self::Stopped { .. } => "batch.stopped",
        }
    }
}

/// What is known of a batch; its actions stand in its entries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BatchState {
    /// Its id, `und_…`.
    pub id: String,
    /// Where it stands.
    pub status: BatchStatus,
    /// Who planned it, by e-mail.
    pub by: String,
    /// Why.
    pub why: String,
    /// Which actions.
    pub selection: Selection,
    /// Number of the incident it belongs to.
    pub incident: Option<u64>,
    /// How many actions.
    pub total: u32,
    /// How many of them are listed so far.
    pub listed: u32,
    /// Hash of what was shown.
    pub hash: String,
    /// What was foreseen.
    pub foreseen: BTreeMap<String, u32>,
    /// Where their undos stood at the end.
    pub counts: Option<BTreeMap<String, u32>>,
    /// When planned, UTC milliseconds.
    pub planned_ms: i64,
    /// When last changed, UTC milliseconds.
    pub since_ms: i64,
}

/// An event that a batch's status does not admit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not possible here")]
pub struct InvalidBatch(pub &'static str);

impl BatchState {
    /// The stream of a batch.
    pub fn stream(id: &str) -> String {
        format!("batch/{id}")
    }

    /// The state after an entry.
    pub fn apply(
        previous: Option<Self>,
        id: &str,
        at_ms: i64,
        event: &BatchEvent,
    ) -> Result<Self, InvalidBatch> {
        let invalid = || InvalidBatch(event.kind());
        let first = |by: &String, why: &String, selection: &Selection, incident| Self {
            id: id.to_owned(),
            status: BatchStatus::Planning,
            by: by.clone(),
            why: why.clone(),
            selection: selection.clone(),
            incident,
            total: 0,
            listed: 0,
            hash: String::new(),
            foreseen: BTreeMap::new(),
            counts: None,
            planned_ms: at_ms,
            since_ms: at_ms,
        };
        let mut state = match (previous, event) {
            (
                None,
                BatchEvent::Asked {
                    by,
                    why,
                    selection,
                    incident,
                    total,
                },
            ) => {
                let mut state = first(by, why, selection, *incident);
                state.total = *total;
                return Ok(state);
            }
            (
                None,
                BatchEvent::Planned {
                    by,
                    why,
                    selection,
                    incident,
                    ..
                },
            ) => first(by, why, selection, *incident),
            (Some(state), _) => state,
            (None, _) => return Err(invalid()),
        };
        state.status = match (state.status, event) {
            (
                BatchStatus::Planning,
                BatchEvent::Planned {
                    total,
                    hash,
                    foreseen,
                    ..
                },
            ) => {
                state.total = *total;
                state.hash.clone_from(hash);
                state.foreseen.clone_from(foreseen);
                state.planned_ms = at_ms;
                BatchStatus::Planned
            }
            (BatchStatus::Planned, BatchEvent::Listed { actions, .. }) => {
                state.listed += actions.len() as u32;
                if state.listed > state.total {
                    return Err(invalid());
                }
                BatchStatus::Planned
            }
            (BatchStatus::Planned, BatchEvent::Started { hash, .. })
                if *hash == state.hash && state.listed == state.total =>
            {
                BatchStatus::Running
            }
            (BatchStatus::Running, BatchEvent::Finished { counts })
                if counts.values().sum::<u32>() == state.total =>
            {
                state.counts = Some(counts.clone());
                BatchStatus::Finished
            }
            (
                BatchStatus::Planning | BatchStatus::Planned | BatchStatus::Running,
                BatchEvent::Stopped { counts, .. },
            ) => {
                state.counts = Some(counts.clone());
                BatchStatus::Stopped
            }
            _ => return Err(invalid()),
        };
        state.since_ms = at_ms;
        Ok(state)
    }
}

/// Name under which an action without an undo is counted.
pub const NOT_ASKED: &str = "not_asked";

/// Adds one action's undo to the counts.
pub fn count(counts: &mut BTreeMap<String, u32>, status: Option<UndoStatus>) {
    let name = status.map_or(NOT_ASKED, UndoStatus::name);
    *counts.entry(name.to_owned()).or_default() += 1;
}
