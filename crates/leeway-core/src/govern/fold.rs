//! Folding the entries of workflows, systems, packs, tools, people and agents.

use super::change::{ChangeState, ChangeStatus};
use super::containment::Contained;
use super::event::GovernEvent;
use super::readings::ReadingsState;
use super::state::{
    AgentState, Asked, ChangedTool, Document, Drill, NotifyState, OwnersState, PackState, Pause,
    PersonState, Preference, SystemState, ToolState, WorkflowState,
};
use crate::earn::lot::LotState;
use crate::earn::review::ReviewState;
use crate::earn::standing::{Calibrated, Standing};
use crate::earn::state::StageState;
use crate::id::ActionId;
use crate::incident::state::IncidentState;
use crate::notify::postbox::PostboxState;
use crate::notify::weekly::WeeklyState;
use crate::undo::batch::BatchState;
use crate::undo::state::UndoState;

/// An event that what is known does not admit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct GovernFoldError(pub String);

fn refuse<T>(why: impl Into<String>) -> Result<T, GovernFoldError> {
    Err(GovernFoldError(why.into()))
}

impl Document {
    /// The document after an entry of its stream.
    pub fn apply(
        previous: Option<Self>,
        stream: &str,
        actor: &str,
        time_ms: i64,
        event: &GovernEvent,
    ) -> Result<Self, GovernFoldError> {
        let Some((kind, name)) = stream.split_once('/') else {
            return refuse(format!("`{stream}` is no stream"));
        };
        if event.kind().split('.').next() != Some(kind) {
            return refuse(format!(
                "`{}` does not belong to stream `{stream}`",
                event.kind()
            ));
        }
        match previous {
            None => begin(name, (actor, time_ms), event),
            Some(Self::Workflow(state)) => {
                workflow(state, (actor, time_ms), event).map(Self::Workflow)
            }
            Some(Self::System(state)) => system(state, event).map(Self::System),
            Some(Self::Pack(state)) => pack(state, event).map(Self::Pack),
            Some(Self::Tool(state)) => tool(state, time_ms, event).map(Self::Tool),
            Some(Self::Person(state)) => person(state, (actor, time_ms), event).map(Self::Person),
            Some(Self::Agent(state)) => agent(state, event).map(Self::Agent),
            Some(Self::Owners(_)) => owners(event).map(Self::Owners),
            Some(Self::Change(state)) => state.apply((actor, time_ms), event).map(Self::Change),
            Some(Self::Notify(_)) => notify(time_ms, event).map(Self::Notify),
            Some(Self::Postbox(state)) => match event {
                GovernEvent::Postbox(event) => state.apply(time_ms, event).map(Self::Postbox),
                other => unexpected(other),
            },
            Some(Self::Undo(state)) => undo(Some(state), name, (time_ms, event)),
            Some(Self::Batch(state)) => batch(Some(state), name, (time_ms, event)),
            Some(Self::Incident(state)) => incident(Some(state), name, (time_ms, event)),
            Some(Self::Stage(state)) => stage(Some(*state), (actor, time_ms), event),
            Some(Self::Review(state)) => review(Some(*state), name, (time_ms, event)),
            Some(Self::Lot(state)) => lot(Some(state), (time_ms, event)),
            Some(Self::Weekly(state)) => weekly(Some(state), (time_ms, event)),
            Some(Self::Readings(state)) => readings(state, event),
        }
    }
}

fn batch(
    state: Option<BatchState>,
    name: &str,
    (time_ms, event): (i64, &GovernEvent),
) -> Result<Document, GovernFoldError> {
    let GovernEvent::Batch(event) = event else {
        return unexpected(event);
    };
    BatchState::apply(state, name, time_ms, event)
        .map(Document::Batch)
        .map_err(|error| GovernFoldError(error.to_string()))
}

fn undo(
    state: Option<UndoState>,
    name: &str,
    (time_ms, event): (i64, &GovernEvent),
) -> Result<Document, GovernFoldError> {
    let (GovernEvent::Undo(event), Some(action)) = (event, ActionId::parse(name)) else {
        return unexpected(event);
    };
    UndoState::apply(state, &action, time_ms, event)
        .map(Document::Undo)
        .map_err(|error| GovernFoldError(error.to_string()))
}

fn incident(
    state: Option<IncidentState>,
    name: &str,
    (time_ms, event): (i64, &GovernEvent),
) -> Result<Document, GovernFoldError> {
    let (GovernEvent::Incident(event), Some(number)) = (event, IncidentState::number(name)) else {
        return unexpected(event);
    };
    IncidentState::apply(state, number, time_ms, event)
        .map(Document::Incident)
        .map_err(|error| GovernFoldError(error.to_string()))
}

fn stage(
    state: Option<StageState>,
    (actor, time_ms): (&str, i64),
    event: &GovernEvent,
) -> Result<Document, GovernFoldError> {
    let GovernEvent::Stage(event) = event else {
        return unexpected(event);
    };
    StageState::apply(state, actor, time_ms, event)
        .map(|state| Document::Stage(Box::new(state)))
        .map_err(GovernFoldError)
}

fn review(
    state: Option<ReviewState>,
    name: &str,
    (time_ms, event): (i64, &GovernEvent),
) -> Result<Document, GovernFoldError> {
    let (GovernEvent::Review(event), Some(id)) = (event, ActionId::parse(name)) else {
        return unexpected(event);
    };
    ReviewState::apply(state, &id, time_ms, event)
        .map(|state| Document::Review(Box::new(state)))
        .map_err(GovernFoldError)
}

fn lot(
    state: Option<LotState>,
    (time_ms, event): (i64, &GovernEvent),
) -> Result<Document, GovernFoldError> {
    let GovernEvent::Lot(event) = event else {
        return unexpected(event);
    };
    LotState::apply(state, time_ms, event)
        .map(Document::Lot)
        .map_err(GovernFoldError)
}

fn weekly(
    state: Option<WeeklyState>,
    (time_ms, event): (i64, &GovernEvent),
) -> Result<Document, GovernFoldError> {
    let GovernEvent::Report(event) = event else {
        return unexpected(event);
    };
    WeeklyState::apply(state, time_ms, event)
        .map(Document::Weekly)
        .map_err(GovernFoldError)
}

fn readings(state: ReadingsState, event: &GovernEvent) -> Result<Document, GovernFoldError> {
    match event {
        GovernEvent::ReadingMade { readings, .. } => Ok(Document::Readings(state.more(readings))),
        other => unexpected(other),
    }
}

fn begin(
    name: &str,
    (actor, time_ms): (&str, i64),
    event: &GovernEvent,
) -> Result<Document, GovernFoldError> {
    Ok(match event {
        GovernEvent::OwnersConfigured { .. } => Document::Owners(owners(event)?),
        GovernEvent::NotifyConfigured { .. } => Document::Notify(notify(time_ms, event)?),
        GovernEvent::Postbox(event) => {
            Document::Postbox(PostboxState::empty(name).apply(time_ms, event)?)
        }
        GovernEvent::Undo(_) => undo(None, name, (time_ms, event))?,
        GovernEvent::Batch(_) => batch(None, name, (time_ms, event))?,
        GovernEvent::Incident(_) => incident(None, name, (time_ms, event))?,
        GovernEvent::Stage(_) => stage(None, (actor, time_ms), event)?,
        GovernEvent::Review(_) => review(None, name, (time_ms, event))?,
        GovernEvent::Lot(_) => lot(None, (time_ms, event))?,
        GovernEvent::Report(_) => weekly(None, (time_ms, event))?,
        GovernEvent::ReadingMade { .. } => readings(ReadingsState::default(), event)?,
        GovernEvent::ChangeProposed {
            edits,
            why,
            hash,
            folder,
        } => Document::Change(ChangeState {
            id: name.to_owned(),
            author: actor.to_owned(),
            proposed_ms: time_ms,
            edits: edits.clone(),
            why: why.clone(),
            hash: hash.clone(),
            folder: folder.clone(),
            status: ChangeStatus::Open,
            decision: None,
        }),
        GovernEvent::WorkflowConfigured { workflow, hash } => Document::Workflow(WorkflowState {
            workflow: workflow.clone(),
            hash: hash.clone(),
            paused: None,
            contained: None,
            drilled: None,
            standing: std::collections::BTreeMap::new(),
            calibrated: std::collections::BTreeMap::new(),
            removed: false,
        }),
        GovernEvent::SystemConfigured { system, hash } => Document::System(SystemState {
            system: system.clone(),
            hash: hash.clone(),
            removed: false,
        }),
        GovernEvent::PackConfigured { pack, hash } => Document::Pack(PackState {
            pack: pack.clone(),
            hash: hash.clone(),
            removed: false,
        }),
        GovernEvent::ToolPinned { hash, definition } => Document::Tool(ToolState {
            hash: hash.clone(),
            definition: definition.clone(),
            changed: None,
        }),
        GovernEvent::PersonAdded { roles } => Document::Person(PersonState {
            email: name.to_owned(),
            roles: roles.clone(),
            tokens: Vec::new(),
            removed: false,
            signed_in_ms: None,
            preferred: None,
            asked: None,
        }),
        GovernEvent::AgentAdded { workflow } => Document::Agent(AgentState {
            name: name.to_owned(),
            workflow: workflow.clone(),
            tokens: Vec::new(),
            removed: false,
        }),
        other => {
            return refuse(format!(
                "`{}` cannot be the first entry of `{name}`",
                other.kind()
            ));
        }
    })
}

fn notify(since_ms: i64, event: &GovernEvent) -> Result<NotifyState, GovernFoldError> {
    let (notify, hash) = match event {
        GovernEvent::NotifyConfigured { notify, hash } => (Some(notify.clone()), hash.clone()),
        GovernEvent::NotifyRemoved {} => (None, String::new()),
        other => return unexpected(other),
    };
    Ok(NotifyState {
        notify,
        hash,
        since_ms,
    })
}

fn owners(event: &GovernEvent) -> Result<OwnersState, GovernFoldError> {
    match event {
        GovernEvent::OwnersConfigured { owners, hash } => Ok(OwnersState {
            owners: Some(owners.clone()),
            hash: hash.clone(),
        }),
        GovernEvent::OwnersRemoved {} => Ok(OwnersState {
            owners: None,
            hash: String::new(),
        }),
        other => unexpected(other),
    }
}

fn workflow(
    mut state: WorkflowState,
    (actor, at_ms): (&str, i64),
    event: &GovernEvent,
) -> Result<WorkflowState, GovernFoldError> {
    match event {
        GovernEvent::WorkflowConfigured { workflow, hash } => {
            state.workflow = workflow.clone();
            state.hash.clone_from(hash);
            state.removed = false;
        }
        GovernEvent::WorkflowRemoved {} => state.removed = true,
        GovernEvent::WorkflowPaused { reason, holder } => {
            let pause = Pause {
                by: actor.to_owned(),
                at_ms,
                reason: reason.clone(),
                holder: holder.clone(),
                also: Vec::new(),
            };
            state.paused = Some(paused(state.paused.take(), pause)?);
        }
        GovernEvent::WorkflowResumed { holder, .. } => {
            match &state.paused {
                None => return refuse("the workflow is not paused"),
                Some(pause) if holder.is_some() && pause.holder != *holder => {
                    return refuse("somebody else paused the workflow since");
                }
                Some(_) => {}
            }
            state.paused = None;
        }
        GovernEvent::WorkflowDrilled {
            pause_ms,
            held_ms,
            started,
        } => {
            state.drilled = Some(Drill {
                by: actor.to_owned(),
                at_ms,
                pause_ms: *pause_ms,
                held_ms: *held_ms,
                started: *started,
            });
        }
        GovernEvent::WorkflowContained {
            rung,
            reason,
            holder,
        } => {
            let now = state.contained.as_ref();
            let theirs = now.is_some_and(|now| now.holder != *holder);
            if holder.is_some() && (theirs || (rung.is_none() && now.is_none())) {
                return refuse("somebody else holds the workflow back by now, or nobody does");
            }
            state.contained = rung.map(|rung| Contained {
                rung,
                by: actor.to_owned(),
                at_ms,
                reason: reason.clone(),
                holder: holder.clone(),
            });
        }
        GovernEvent::WorkflowPromoted {
            tool,
            grant,
            with,
            until_ms,
            why,
        } => {
            let standing = Standing {
                grant: *grant,
                with: Some(with.clone()),
                until_ms: Some(*until_ms),
                since_ms: at_ms,
                why: why.clone(),
            };
            state.standing.insert(tool.clone(), standing);
        }
        GovernEvent::WorkflowDemoted { tool, grant, why } => {
            // What is left of it was earned with the same, and for the same time; less never becomes more.
            let before = state.standing.get(tool);
            let standing = Standing {
                grant: before.map_or(*grant, |before| before.grant.min(*grant)),
                with: before.and_then(|before| before.with.clone()),
                until_ms: before.and_then(|before| before.until_ms),
                since_ms: at_ms,
                why: why.clone(),
            };
            state.standing.insert(tool.clone(), standing);
        }
        GovernEvent::WorkflowCalibrated {
            agent,
            threshold,
            reviewed,
        } => calibrate(&mut state, (actor, at_ms), (agent, *threshold, *reviewed)),
        other => return unexpected(other),
    }
    Ok(state)
}

/// The pause after one more was asked for: whoever presses stop over a moment's pause, or over somebody
/// else's, takes it over; nothing that holds for a moment does.
fn paused(before: Option<Pause>, pause: Pause) -> Result<Pause, GovernFoldError> {
    match before {
        None => Ok(pause),
        Some(before) if pause.holder.is_some() || before.is_of(&pause.by) => {
            refuse(format!("`{}` paused the workflow already", before.by))
        }
        Some(before) => Ok(pause.over(before)),
    }
}

fn calibrate(
    state: &mut WorkflowState,
    (actor, at_ms): (&str, i64),
    (agent, threshold, reviewed): (&str, Option<f64>, u64),
) {
    let Some(threshold) = threshold else {
        state.calibrated.remove(agent);
        return;
    };
    let calibrated = Calibrated {
        threshold,
        reviewed,
        prompt: state.workflow.prompt_stamp(),
        model: state.workflow.model.clone(),
        by: actor.to_owned(),
        at_ms,
    };
    state.calibrated.insert(agent.to_owned(), calibrated);
}

pub(super) fn unexpected<T>(event: &GovernEvent) -> Result<T, GovernFoldError> {
    refuse(format!("`{}` is not possible here", event.kind()))
}

fn system(mut state: SystemState, event: &GovernEvent) -> Result<SystemState, GovernFoldError> {
    match event {
        GovernEvent::SystemConfigured { system, hash } => {
            state = SystemState {
                system: system.clone(),
                hash: hash.clone(),
                removed: false,
            };
        }
        GovernEvent::SystemRemoved {} => state.removed = true,
        other => return unexpected(other),
    }
    Ok(state)
}

fn pack(mut state: PackState, event: &GovernEvent) -> Result<PackState, GovernFoldError> {
    match event {
        GovernEvent::PackConfigured { pack, hash } => {
            state = PackState {
                pack: pack.clone(),
                hash: hash.clone(),
                removed: false,
            };
        }
        GovernEvent::PackRemoved {} => state.removed = true,
        other => return unexpected(other),
    }
    Ok(state)
}

fn tool(
    mut state: ToolState,
    at_ms: i64,
    event: &GovernEvent,
) -> Result<ToolState, GovernFoldError> {
    match event {
        GovernEvent::ToolChanged { hash, .. } if *hash == state.hash => state.changed = None,
        GovernEvent::ToolChanged { hash, definition } => {
            state.changed = Some(ChangedTool {
                hash: hash.clone(),
                definition: definition.clone(),
                at_ms,
            });
        }
        GovernEvent::ToolReviewed { hash } => match state.changed.take() {
            Some(changed) if changed.hash == *hash => {
                state.hash = changed.hash;
                state.definition = changed.definition;
            }
            _ => return refuse("no definition with this hash waits for review"),
        },
        other => return unexpected(other),
    }
    Ok(state)
}

fn person(
    mut state: PersonState,
    (actor, at_ms): (&str, i64),
    event: &GovernEvent,
) -> Result<PersonState, GovernFoldError> {
    if state.removed && !matches!(event, GovernEvent::PersonAdded { .. }) {
        return refuse(format!("`{}` was removed", state.email));
    }
    match event {
        GovernEvent::PersonAdded { roles } if state.removed => {
            state.removed = false;
            state.roles.clone_from(roles);
        }
        GovernEvent::PersonAdded { .. } => {
            return refuse(format!("`{}` exists already", state.email));
        }
        GovernEvent::PersonRolesChanged { roles, .. } => {
            state.roles.clone_from(roles);
            state.asked = None;
        }
        GovernEvent::PersonRolesAsked { roles } => {
            state.asked = Some(Asked {
                by: actor.to_owned(),
                at_ms,
                roles: roles.clone(),
            });
        }
        GovernEvent::PersonPreferred {
            channels,
            digest_window_s,
        } => {
            state.preferred = Some(Preference {
                channels: channels.clone(),
                digest_window_s: *digest_window_s,
            });
        }
        GovernEvent::PersonRemoved { .. } => {
            state.removed = true;
            state.asked = None;
            state.tokens.clear();
            state.preferred = None;
        }
        GovernEvent::PersonSignedIn {} => state.signed_in_ms = Some(at_ms),
        GovernEvent::PersonPasswordSet {} | GovernEvent::PersonSignedOut {} => {}
        GovernEvent::PersonTokenIssued { token } => state.tokens.push(token.clone()),
        GovernEvent::PersonTokenRevoked { token } => state.tokens.retain(|known| known != token),
        other => return unexpected(other),
    }
    Ok(state)
}

fn agent(mut state: AgentState, event: &GovernEvent) -> Result<AgentState, GovernFoldError> {
    if state.removed && !matches!(event, GovernEvent::AgentAdded { .. }) {
        return refuse(format!("`{}` was removed", state.name));
    }
    match event {
        GovernEvent::AgentAdded { workflow } if state.removed => {
            state.removed = false;
            state.workflow.clone_from(workflow);
        }
        GovernEvent::AgentAdded { .. } => {
            return refuse(format!("`{}` exists already", state.name));
        }
        GovernEvent::AgentTokenIssued { token } => state.tokens.push(token.clone()),
        GovernEvent::AgentTokenRevoked { token } => state.tokens.retain(|known| known != token),
        GovernEvent::AgentRemoved {} => {
            state.removed = true;
            state.tokens.clear();
        }
        other => return unexpected(other),
    }
    Ok(state)
}
