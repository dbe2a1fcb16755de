//! What can happen to everything that is not an action: the payloads of its ledger entries.

use super::change::{Edit, Folder};
use super::containment::Containment;
use super::owners::Owners;
use super::people::Role;
use super::system::System;
use super::workflow::{Grant, Workflow};
use crate::action::event::Reading;
use crate::classify::pack::Pack;
use crate::earn::lot::LotEvent;
use crate::earn::review::ReviewEvent;
use crate::earn::stage::StageEvent;
use crate::earn::versions::EvidenceVersions;
use crate::id::ActionId;
use crate::incident::event::IncidentEvent;
use crate::notify::postbox::PostboxEvent;
use crate::notify::settings::Notify;
use crate::notify::weekly::ReportEvent;
use crate::undo::batch::BatchEvent;
use crate::undo::state::UndoEvent;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One entry of a workflow's, system's, pack's, tool's, person's or agent's stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event")]
pub enum GovernEvent {
    /// A workflow version took force. Stream `workflow/<name>`.
    #[serde(rename = "workflow.configured")]
    WorkflowConfigured {
        /// The whole version.
        workflow: Workflow,
        /// Its content hash.
        hash: String,
    },
    /// The permission owner matrix took force. Stream `owners/matrix`.
    #[serde(rename = "owners.configured")]
    OwnersConfigured {
        /// The whole matrix.
        owners: Owners,
        /// Its content hash.
        hash: String,
    },
    /// There is no matrix any more: whoever has the role decides.
    #[serde(rename = "owners.removed")]
    OwnersRemoved {},
    /// How people are reached took force. Stream `notify/channels`.
    #[serde(rename = "notify.configured")]
    NotifyConfigured {
        /// The channels; credentials are references, never values.
        notify: Notify,
        /// Its content hash.
        hash: String,
    },
    /// Nobody is told anything any more.
    #[serde(rename = "notify.removed")]
    NotifyRemoved {},
    /// A change of the configuration was proposed. Stream `change/<id>`.
    #[serde(rename = "change.proposed")]
    ChangeProposed {
        /// What it would make of what.
        edits: Vec<Edit>,
        /// Why, in the author's words.
        why: String,
        /// Content hash over the edits: what an approval is bound to.
        hash: String,
        /// The folder it was read from whole, at the machine itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        folder: Option<Folder>,
    },
    /// A change was approved and took force; its edits are entries of the same append.
    #[serde(rename = "change.approved")]
    ChangeApproved {
        /// Hash of what was shown.
        hash: String,
        /// True when the author approved it because there is nobody else.
        solo: bool,
    },
    /// A change took force without anybody's review.
    #[serde(rename = "change.forced")]
    ChangeForced {
        /// Hash of its edits.
        hash: String,
    },
    /// A change was rejected; nothing of it took force.
    #[serde(rename = "change.rejected")]
    ChangeRejected {
        /// Hash of what was shown.
        hash: String,
        /// Why, in the reviewer's words.
        why: String,
    },
    /// Its author took a change back.
    #[serde(rename = "change.withdrawn")]
    ChangeWithdrawn {},
    /// The workflow is no longer configured; its agents are refused.
    #[serde(rename = "workflow.removed")]
    WorkflowRemoved {},
    /// Nothing of the workflow starts until it is resumed.
    #[serde(rename = "workflow.paused")]
    WorkflowPaused {
        /// Why, in the person's words.
        reason: String,
        /// What pauses it for a moment only, and ends its own pause: `drill/<id>`. `None`: whoever it was, it
        /// stays until somebody resumes it, whatever else paused it before or tries to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        holder: Option<String>,
    },
    /// The workflow may start actions again.
    #[serde(rename = "workflow.resumed")]
    WorkflowResumed {
        /// Why, in the person's words.
        reason: String,
        /// Which holder ends its own pause; it ends no other. `None`: a person lets the workflow go on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        holder: Option<String>,
    },
    /// A pause was tried: paused, held, resumed; what it showed.
    #[serde(rename = "workflow.drilled")]
    WorkflowDrilled {
        /// From the request to the pause's durable entry, milliseconds.
        pause_ms: u64,
        /// How long it was held, milliseconds.
        held_ms: u64,
        /// Actions of agents that started in between: none should.
        started: u64,
    },
    /// How far the workflow is held back changed; `None`: not at all any more.
    #[serde(rename = "workflow.contained")]
    WorkflowContained {
        /// The rung.
        rung: Option<Containment>,
        /// Why, in the person's words.
        reason: String,
        /// What holds it back for a time and ends that itself: `incident/<number>`. It ends its own only.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        holder: Option<String>,
    },
    /// Its agents earned going further with a tool; the stage's entries of the same append say by what.
    #[serde(rename = "workflow.promoted")]
    WorkflowPromoted {
        /// `<system>__<tool>`.
        tool: String,
        /// How far they go now.
        grant: Grant,
        /// What it was earned with: with anything else it counts for nothing.
        with: EvidenceVersions,
        /// Until when, UTC milliseconds.
        until_ms: i64,
        /// What it rests on, one sentence for people.
        why: String,
    },
    /// Its agents lost going so far with a tool.
    #[serde(rename = "workflow.demoted")]
    WorkflowDemoted {
        /// `<system>__<tool>`.
        tool: String,
        /// How far they go now.
        grant: Grant,
        /// Why, one sentence for people.
        why: String,
    },
    /// What an agent's stated confidence is worth was adopted.
    #[serde(rename = "workflow.calibrated")]
    WorkflowCalibrated {
        /// The agent.
        agent: String,
        /// The confidence from which on it may be relied on, 0 to 1; `None`: from none.
        #[serde(default, deserialize_with = "crate::float::option")]
        threshold: Option<f64>,
        /// Reviewed outputs it was measured with.
        reviewed: u64,
    },
    /// A system was configured. Stream `system/<name>`.
    #[serde(rename = "system.configured")]
    SystemConfigured {
        /// How to reach it; credentials are references, never values.
        system: System,
        /// Its content hash.
        hash: String,
    },
    /// The system is no longer configured.
    #[serde(rename = "system.removed")]
    SystemRemoved {},
    /// A pack version took force. Stream `pack/<name>`.
    #[serde(rename = "pack.configured")]
    PackConfigured {
        /// The whole pack.
        pack: Pack,
        /// Its content hash.
        hash: String,
    },
    /// The pack is no longer configured; its tools are blocked.
    #[serde(rename = "pack.removed")]
    PackRemoved {},
    /// A tool's definition was seen for the first time and pinned. Stream `tool/<system>/<tool>`.
    #[serde(rename = "tool.pinned")]
    ToolPinned {
        /// Content hash of the definition.
        hash: String,
        /// The definition as the system listed it.
        definition: Value,
    },
    /// The system lists another definition now: the tool is blocked until reviewed.
    #[serde(rename = "tool.changed")]
    ToolChanged {
        /// Content hash of the new definition.
        hash: String,
        /// The new definition.
        definition: Value,
    },
    /// A person reviewed the new definition and let it take force.
    #[serde(rename = "tool.reviewed")]
    ToolReviewed {
        /// Hash of the definition that was shown.
        hash: String,
    },
    /// A person was added. Stream `person/<email>`.
    #[serde(rename = "person.added")]
    PersonAdded {
        /// The person's roles.
        roles: Vec<Role>,
    },
    /// A person's roles changed.
    #[serde(rename = "person.roles-changed")]
    PersonRolesChanged {
        /// The roles now.
        roles: Vec<Role>,
        /// True when a right to decide was taken with it: the person is told.
        #[serde(default, skip_serializing_if = "is_false")]
        took: bool,
    },
    /// Somebody asks to take a person's right to decide: it takes a second person to agree.
    #[serde(rename = "person.roles-asked")]
    PersonRolesAsked {
        /// The roles the person would have; none of them when they would be removed.
        roles: Vec<Role>,
    },
    /// A person chose how to be told.
    #[serde(rename = "person.preferred")]
    PersonPreferred {
        /// By which of the channels they may be reached by; empty for all of them.
        channels: Vec<String>,
        /// Their own digest window, seconds; the configured one unless told.
        digest_window_s: Option<u64>,
    },
    /// A person may no longer sign in.
    #[serde(rename = "person.removed")]
    PersonRemoved {
        /// True when a right to decide was taken with it: the person is told.
        #[serde(default, skip_serializing_if = "is_false")]
        took: bool,
    },
    /// A password was set. The ledger never holds it or its hash.
    #[serde(rename = "person.password-set")]
    PersonPasswordSet {},
    /// A person signed in.
    #[serde(rename = "person.signed-in")]
    PersonSignedIn {},
    /// A person signed out.
    #[serde(rename = "person.signed-out")]
    PersonSignedOut {},
    /// An API token was issued to a person.
    #[serde(rename = "person.token-issued")]
    PersonTokenIssued {
        /// The token's id, by which it is revoked: the first 12 digits of its hash.
        token: String,
    },
    /// A person's API token was revoked.
    #[serde(rename = "person.token-revoked")]
    PersonTokenRevoked {
        /// The token's id.
        token: String,
    },
    /// An agent was added and bound to a workflow. Stream `agent/<name>`.
    #[serde(rename = "agent.added")]
    AgentAdded {
        /// The workflow it is bound to.
        workflow: String,
    },
    /// A token was issued to an agent.
    #[serde(rename = "agent.token-issued")]
    AgentTokenIssued {
        /// The token's id.
        token: String,
    },
    /// An agent's token was revoked.
    #[serde(rename = "agent.token-revoked")]
    AgentTokenRevoked {
        /// The token's id.
        token: String,
    },
    /// An agent may no longer call.
    #[serde(rename = "agent.removed")]
    AgentRemoved {},
    /// Leeway read records that no action's entry holds. Stream `reading/<workflow>`.
    #[serde(rename = "reading.made")]
    ReadingMade {
        /// The action they were read for.
        action: ActionId,
        /// What was read.
        readings: Vec<Reading>,
    },
    /// To a postbox. Stream `postbox/<channel>/<email>`.
    #[serde(untagged)]
    Postbox(PostboxEvent),
    /// To the undo of an action. Stream `undo/<action>`.
    #[serde(untagged)]
    Undo(UndoEvent),
    /// To a batch of undos. Stream `batch/<id>`.
    #[serde(untagged)]
    Batch(BatchEvent),
    /// To an incident. Stream `incident/<number>`.
    #[serde(untagged)]
    Incident(IncidentEvent),
    /// To what agents earned with a tool. Stream `stage/<workflow>/<system>__<tool>`.
    #[serde(untagged)]
    Stage(StageEvent),
    /// To the review of an output. Stream `review/<id>`.
    #[serde(untagged)]
    Review(ReviewEvent),
    /// To what is drawn of an area. Stream `lot/<workflow>/<responsibility>`.
    #[serde(untagged)]
    Lot(LotEvent),
    /// To the weekly reports. Stream `report/weekly`.
    #[serde(untagged)]
    Report(ReportEvent),
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

impl GovernEvent {
    /// The entry's kind: the name its variant is serialised under.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::WorkflowConfigured { .. } => "workflow.configured",
            Self::OwnersConfigured { .. } => "owners.configured",
            Self::OwnersRemoved {} => "owners.removed",
            Self::NotifyConfigured { .. } => "notify.configured",
            Self::NotifyRemoved {} => "notify.removed",
            Self::ChangeProposed { .. } => "change.proposed",
            Self::ChangeApproved { .. } => "change.approved",
            Self::ChangeForced { .. } => "change.forced",
            Self::ChangeRejected { .. } => "change.rejected",
            Self::ChangeWithdrawn {} => "change.withdrawn",
            Self::WorkflowRemoved {} => "workflow.removed",
            Self::WorkflowPaused { .. } => "workflow.paused",
            Self::WorkflowResumed { .. } => "workflow.resumed",
            Self::WorkflowContained { .. } => "workflow.contained",
            Self::WorkflowDrilled { .. } => "workflow.drilled",
            Self::WorkflowPromoted { .. } => "workflow.promoted",
            Self::WorkflowDemoted { .. } => "workflow.demoted",
            Self::WorkflowCalibrated { .. } => "workflow.calibrated",
            Self::SystemConfigured { .. } => "system.configured",
            Self::SystemRemoved {} => "system.removed",
            Self::PackConfigured { .. } => "pack.configured",
            Self::PackRemoved {} => "pack.removed",
            Self::ToolPinned { .. } => "tool.pinned",
            Self::ToolChanged { .. } => "tool.changed",
            Self::ToolReviewed { .. } => "tool.reviewed",
            Self::PersonAdded { .. } => "person.added",
            Self::PersonRolesChanged { .. } => "person.roles-changed",
            Self::PersonPreferred { .. } => "person.preferred",
            Self::PersonRolesAsked { .. } => "person.roles-asked",
            Self::PersonRemoved { .. } => "person.removed",
            Self::PersonPasswordSet {} => "person.password-set",
            Self::PersonSignedIn {} => "person.signed-in",
            Self::PersonSignedOut {} => "person.signed-out",
            Self::PersonTokenIssued { .. } => "person.token-issued",
            Self::PersonTokenRevoked { .. } => "person.token-revoked",
            Self::AgentAdded { .. } => "agent.added",
            Self::AgentTokenIssued { .. } => "agent.token-issued",
            Self::AgentTokenRevoked { .. } => "agent.token-revoked",
            Self::AgentRemoved {} => "agent.removed",
            Self::Postbox(event) => event.kind(),
            Self::Undo(event) => event.kind(),
            Self::Batch(event) => event.kind(),
            Self::Incident(event) => event.kind(),
            Self::Stage(event) => event.kind(),
            Self::Review(event) => event.kind(),
            Self::Lot(event) => event.kind(),
            Self::ReadingMade { .. } => "reading.made",
            Self::Report(event) => event.kind(),
        }
    }
}

impl GovernEvent {
    /// Whether it changes what is configured: the workflows, packs, systems, tools, owners, channels and
    /// people that calls are judged by. What is not known to leave them alone counts as changing them.
    pub fn configures(&self) -> bool {
        !matches!(
            self,
            Self::PersonPasswordSet {}
                | Self::PersonSignedIn {}
                | Self::PersonSignedOut {}
                | Self::PersonTokenIssued { .. }
                | Self::PersonTokenRevoked { .. }
                | Self::PersonPreferred { .. }
                | Self::PersonRolesAsked { .. }
                | Self::AgentAdded { .. }
                | Self::AgentTokenIssued { .. }
                | Self::AgentTokenRevoked { .. }
                | Self::AgentRemoved {}
                | Self::ChangeProposed { .. }
                | Self::ChangeApproved { .. }
                | Self::ChangeForced { .. }
                | Self::ChangeRejected { .. }
                | Self::ChangeWithdrawn {}
                | Self::Postbox(_)
                | Self::Undo(_)
                | Self::Batch(_)
                | Self::Incident(_)
                | Self::Stage(_)
                | Self::Review(_)
                | Self::Lot(_)
                | Self::ReadingMade { .. }
                | Self::Report(_)
        )
    }
}

impl From<StageEvent> for GovernEvent {
    fn from(event: StageEvent) -> Self {
        Self::Stage(event)
    }
}

impl From<ReviewEvent> for GovernEvent {
    fn from(event: ReviewEvent) -> Self {
        Self::Review(event)
    }
}

impl From<LotEvent> for GovernEvent {
    fn from(event: LotEvent) -> Self {
        Self::Lot(event)
    }
}

impl From<ReportEvent> for GovernEvent {
    fn from(event: ReportEvent) -> Self {
        Self::Report(event)
    }
}
