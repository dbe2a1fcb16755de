//! What is known now of each workflow, system, pack, tool, person and agent: a fold over the
//! entries of its stream.

use super::change::ChangeState;
use super::containment::Contained;
use super::owners::Owners;
use super::people::Role;
use super::readings::ReadingsState;
use super::system::System;
use super::workflow::Workflow;
use crate::classify::pack::Pack;
use crate::earn::lot::LotState;
use crate::earn::review::ReviewState;
use crate::earn::standing::{Calibrated, Standing};
use crate::earn::state::StageState;
use crate::incident::state::IncidentState;
use crate::notify::postbox::PostboxState;
use crate::notify::settings::Notify;
use crate::notify::weekly::WeeklyState;
use crate::undo::batch::BatchState;
use crate::undo::state::UndoState;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// The present state of one stream that is not an action's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "document", rename_all = "kebab-case")]
pub enum Document {
    /// Stream `workflow/<name>`.
    Workflow(WorkflowState),
    /// Stream `system/<name>`.
    System(SystemState),
    /// Stream `pack/<name>`.
    Pack(PackState),
    /// Stream `tool/<system>/<tool>`.
    Tool(ToolState),
    /// Stream `person/<email>`.
    Person(PersonState),
    /// Stream `agent/<name>`.
    Agent(AgentState),
    /// Stream `owners/matrix`.
    Owners(OwnersState),
    /// Stream `change/<id>`.
    Change(ChangeState),
    /// Stream `notify/channels`.
    Notify(NotifyState),
    /// Stream `postbox/<channel>/<email>`.
    Postbox(PostboxState),
    /// Stream `undo/<action>`.
    Undo(UndoState),
    /// Stream `batch/<id>`.
    Batch(BatchState),
    /// Stream `incident/<number>`.
    Incident(IncidentState),
    /// Stream `stage/<workflow>/<system>__<tool>`.
    Stage(Box<StageState>),
    /// Stream `review/<id>`.
    Review(Box<ReviewState>),
    /// Stream `lot/<workflow>/<responsibility>`.
    Lot(LotState),
    /// Stream `report/weekly`.
    Weekly(WeeklyState),
    /// Stream `reading/<workflow>`.
    Readings(ReadingsState),
}

/// How people are reached now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NotifyState {
    /// The channels in force; `None` when there are none any more.
    pub notify: Option<Notify>,
    /// Its content hash.
    pub hash: String,
    /// Since when, UTC milliseconds.
    pub since_ms: i64,
}

/// The permission owner matrix now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OwnersState {
    /// The matrix in force; `None` when there is none any more.
    pub owners: Option<Owners>,
    /// Its content hash.
    pub hash: String,
}

/// A workflow now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkflowState {
    /// Its version in force.
    pub workflow: Workflow,
    /// Content hash of that version.
    pub hash: String,
    /// Present while it is paused.
    pub paused: Option<Pause>,
    /// Present while it is held back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contained: Option<Contained>,
    /// The latest drill of a pause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drilled: Option<Drill>,
    /// What its agents earned or lost, by `<system>__<tool>`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub standing: BTreeMap<String, Standing>,
    /// What stated confidences are worth, by agent.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub calibrated: BTreeMap<String, Calibrated>,
    /// True when it is no longer configured.
    pub removed: bool,
}

/// A pause that was tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drill {
    /// The entry's actor.
    pub by: String,
    /// When, UTC milliseconds.
    pub at_ms: i64,
    /// From the request to the pause's durable entry, milliseconds.
    pub pause_ms: u64,
    /// How long it was held, milliseconds.
    pub held_ms: u64,
    /// Actions of agents that started in between.
    pub started: u64,
}

/// How long a drill counts, milliseconds: 90 days.
const DRILL_COUNTS_MS: i64 = 90 * 24 * 3600 * 1000;

impl WorkflowState {
    /// Whether it is time to try a pause again.
    pub fn drill_overdue(&self, now_ms: i64) -> bool {
        let drilled = self.drilled.as_ref();
        drilled.is_none_or(|drill| drill.started > 0 || now_ms - drill.at_ms > DRILL_COUNTS_MS)
    }
}

impl WorkflowState {
    /// What decisions are made under: the version's hash, and how far the workflow is held back.
    pub fn rules_stamp(&self) -> String {
        match &self.contained {
            None => self.hash.clone(),
            Some(contained) => format!("{} {}", self.hash, contained.rung.name()),
        }
    }
}

/// Who paused a workflow, when and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// The entry's actor.
    pub by: String,
    /// When, UTC milliseconds.
    pub at_ms: i64,
    /// Why, in the person's words.
    pub reason: String,
    /// What ends it by itself; `None` while it is for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<String>,
    /// Who else paused it before and did not say that it may go on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<Pause>,
}

/// Others whose pause somebody took over: remembered at most.
const ALSO: usize = 8;

impl Pause {
    /// Whether it is somebody's own, for good.
    pub fn is_of(&self, actor: &str) -> bool {
        self.holder.is_none() && self.by == actor
    }

    /// The pause once `self` took over the one before: a moment's pause leaves nothing behind, a person's
    /// stays to be seen.
    #[must_use]
    pub fn over(mut self, mut before: Self) -> Self {
        self.also = std::mem::take(&mut before.also);
        if before.holder.is_none() {
            self.also.push(before);
        }
        let mine = self.by.clone();
        self.also.retain(|one| one.by != mine);
        let too_many = self.also.len().saturating_sub(ALSO);
        self.also.drain(..too_many);
        self
    }
}

/// A system now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SystemState {
    /// How to reach it.
    pub system: System,
    /// Content hash of that.
    pub hash: String,
    /// True when it is no longer configured.
    pub removed: bool,
}

/// A pack now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PackState {
    /// The pack in force.
    pub pack: Pack,
    /// Its content hash.
    pub hash: String,
    /// True when it is no longer configured.
    pub removed: bool,
}

/// A tool's definition now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolState {
    /// Hash of the definition that was pinned or reviewed last.
    pub hash: String,
    /// That definition.
    pub definition: Value,
    /// Another definition the system lists now and nobody reviewed yet: the tool is blocked.
    pub changed: Option<ChangedTool>,
}

/// A definition that waits for review.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChangedTool {
    /// Its content hash.
    pub hash: String,
    /// The definition.
    pub definition: Value,
    /// When it was first seen, UTC milliseconds.
    pub at_ms: i64,
}

/// A person now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonState {
    /// Sign-in name.
    pub email: String,
    /// Roles.
    pub roles: Vec<Role>,
    /// Ids of valid API tokens.
    pub tokens: Vec<String>,
    /// True when the person may no longer sign in.
    pub removed: bool,
    /// When last signed in, UTC milliseconds.
    pub signed_in_ms: Option<i64>,
    /// How they want to be told, if they chose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred: Option<Preference>,
    /// What somebody asked to take of them, and nobody agreed to yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<Asked>,
}

/// A wish to take a person's right to decide: it takes a second person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// The entry's actor.
    pub by: String,
    /// When, UTC milliseconds.
    pub at_ms: i64,
    /// The roles they would have; none when they would be removed.
    pub roles: Vec<Role>,
}

/// How a person wants to be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preference {
    /// By which of the channels they may be reached by; empty for all of them.
    pub channels: Vec<String>,
    /// Their own digest window, seconds; the configured one when `None`.
    pub digest_window_s: Option<u64>,
}

/// An agent now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentState {
    /// Its name.
    pub name: String,
    /// The workflow it is bound to.
    pub workflow: String,
    /// Ids of valid tokens.
    pub tokens: Vec<String>,
    /// True when it may no longer call.
    pub removed: bool,
}
