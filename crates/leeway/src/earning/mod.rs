//! What agents earn: every output that a person decided on or reviewed becomes evidence, in the append of
//! that decision; what follows from it (a proposal, a demotion) is an entry of the same append.
//!
//! [`observe`] learns from decisions and draws what ran alone, [`lots`] draws an area's samples by its
//! cadence, [`reviewing`] takes verdicts, [`promoting`] signatures, [`planting`] puts known-bad cases among
//! the reviews, [`reviewers`] measures who reviews, [`worth`] works out the return, [`rollout`] leads through
//! the first thirty days.

pub mod desk;
pub mod lots;
pub mod observe;
pub mod planting;
pub mod promoting;
pub mod reviewers;
pub mod reviewing;
pub mod rollout;
pub mod summary;
pub mod worth;

use crate::app::App;
use crate::clock;
use crate::error::ApiError;
use crate::registry::{LiveTool, LiveWorkflow, Registry};
use axum::http::StatusCode;
use leeway_core::earn::follow::Place;
use leeway_core::earn::settings::Autonomy;
use leeway_core::earn::stage::{Anew, StageEvent};
use leeway_core::earn::standing::cap;
use leeway_core::earn::state::StageState;
use leeway_core::earn::versions::EvidenceVersions;
use leeway_core::govern::event::GovernEvent;
use leeway_core::govern::owners::Responsibility;
use leeway_core::govern::state::Document;
use leeway_core::govern::workflow::Grant;
use leeway_core::judge::facts::Measured;
use leeway_core::ledger::event::Event;
use leeway_store::{Append, AppendError, NewEntry, Precondition, Reader, StoreError};

/// Milliseconds of a day.
pub const DAY_MS: i64 = 24 * 3600 * 1000;

/// What evidence of a tool in a workflow is gained with now.
pub fn versions(workflow: &LiveWorkflow, tool: &LiveTool) -> EvidenceVersions {
    let configured = &workflow.state.workflow;
    EvidenceVersions {
        prompt: configured.prompt_stamp(),
        model: configured.model.clone(),
        rules: workflow.judging.clone(),
        pack: tool.pack.as_ref().map(|pack| pack.hash.clone()),
        tool: Some(tool.state.hash.clone()),
    }
}

/// The most a tool's grant comes to now; `None` where nothing limits what is configured.
pub fn cap_of(
    registry: &Registry,
    workflow: &LiveWorkflow,
    (tool, now_ms): (&str, i64),
) -> Option<Grant> {
    let autonomy = workflow.state.workflow.evidence.autonomy;
    let standing = workflow.state.standing.get(tool);
    match (standing, registry.find(tool)) {
        (None, _) => cap((autonomy, None), &EvidenceVersions::default(), now_ms),
        (Some(_), Some(live)) => cap((autonomy, standing), &versions(workflow, live), now_ms),
        // What is not there runs nothing.
        (Some(standing), None) => Some(standing.grant.min(Grant::Draft)),
    }
}

/// How far agents of a workflow go with a tool now.
pub fn grant_now(registry: &Registry, workflow: &LiveWorkflow, at: (&str, i64)) -> Grant {
    let configured = workflow.state.workflow.grant(at.0);
    cap_of(registry, workflow, at).map_or(configured, |cap| configured.min(cap))
}

/// From which stated confidence on an agent may be relied on, where a workflow has that measured.
pub fn measured(workflow: &LiveWorkflow, agent: &str) -> Option<Measured> {
    let configured = &workflow.state.workflow;
    if configured.evidence.autonomy == Autonomy::Configured {
        return None;
    }
    let calibrated = workflow.state.calibrated.get(agent).filter(|calibrated| {
        calibrated.prompt == configured.prompt_stamp() && calibrated.model == configured.model
    });
    Some(Measured {
        threshold: calibrated.map(|calibrated| calibrated.threshold),
    })
}

/// Why nothing of an area runs unattended, if it does not: a review is overdue, or its lots were stopped.
pub fn unreviewed(
    reader: &Reader,
    (workflow, row): (&str, Responsibility),
    now_ms: i64,
) -> Result<Option<String>, StoreError> {
    if let Some(due_ms) = reader.review_due(workflow, row)?
        && due_ms <= now_ms
    {
        return Ok(Some(format!(
            "Reviews of “{}” are overdue since {} UTC, so nothing of it runs alone.",
            row.title(),
            clock::readable(due_ms)
        )));
    }
    if lots::state(reader, workflow, row)?.1.is_stopped() {
        return Ok(Some(format!(
            "Too many samples of “{}” were bad, so nothing of it runs alone until the cause is removed.",
            row.title()
        )));
    }
    Ok(None)
}

/// A tool's stage, if anything was learned of it, and the length of its stream.
pub fn stage(
    reader: &Reader,
    workflow: &str,
    tool: &str,
) -> Result<(u64, Option<StageState>), StoreError> {
    match reader.document(&StageState::stream(workflow, tool))? {
        Some((version, Document::Stage(state))) => Ok((version, Some(*state))),
        Some((version, _)) => Ok((version, None)),
        None => Ok((0, None)),
    }
}

/// A workflow and one of its tools, by the names in the address.
pub fn place_of<'a>(
    registry: &'a Registry,
    workflow: &str,
    tool: &str,
) -> Result<(&'a LiveWorkflow, &'a LiveTool), ApiError> {
    let live = registry
        .workflows
        .get(workflow)
        .ok_or_else(|| ApiError::not_found("workflow", workflow))?;
    let tool = registry
        .find(tool)
        .filter(|found| live.state.workflow.grants.contains_key(&found.name))
        .ok_or_else(|| ApiError::not_found("tool", tool))?;
    Ok((live, tool))
}

/// What consequences depend on besides the evidence.
pub fn place(registry: &Registry, workflow: &LiveWorkflow, (tool, at_ms): (&str, i64)) -> Place {
    let configured = &workflow.state.workflow;
    Place {
        design: configured.evidence.gate.design(),
        now: grant_now(registry, workflow, (tool, at_ms)),
        most: configured.grant(tool),
        at_ms,
    }
}

/// The entry that begins evidence with the present versions, if it has not begun with them.
pub fn beginning(
    known: Option<&StageState>,
    (now, since_ms): (EvidenceVersions, i64),
) -> Option<StageEvent> {
    let (because, changed) = match known {
        None => (Anew::First, Vec::new()),
        Some(state) if state.versions == now => return None,
        Some(state) => (Anew::Versions, now.since(&state.versions)),
    };
    Some(StageEvent::Began {
        because,
        versions: now,
        changed,
        since_ms,
        seed: hex::encode(clock::random::<16>()),
    })
}

/// A stage's entry.
pub fn entry(
    (stream, actor, time_ms): (&str, &str, i64),
    event: impl Into<GovernEvent>,
) -> NewEntry {
    NewEntry {
        stream: stream.to_owned(),
        actor: actor.to_owned(),
        time_ms,
        event: Event::Govern(event.into()),
    }
}

/// Entries of what follows from a stage as it will be: on it, and on the workflow where something is lost.
pub fn consequences(
    (workflow, tool): (&str, &str),
    state: &mut StageState,
    place: Place,
) -> Result<Vec<NewEntry>, String> {
    let stream = StageState::stream(workflow, tool);
    let mut entries = Vec::new();
    for event in state.consequences(place) {
        *state = StageState::apply(Some(state.clone()), "leeway", place.at_ms, &event)?;
        if let StageEvent::Demoted { to, why, .. } = &event {
            let lost = GovernEvent::WorkflowDemoted {
                tool: tool.to_owned(),
                grant: *to,
                why: why.clone(),
            };
            let workflow = LiveWorkflow::stream(workflow);
            entries.push(entry((&workflow, "leeway", place.at_ms), lost));
        }
        entries.push(entry((&stream, "leeway", place.at_ms), event));
    }
    Ok(entries)
}

/// Something went on meanwhile.
pub fn moved() -> ApiError {
    ApiError::new(
        StatusCode::CONFLICT,
        "stale",
        "it went on meanwhile; nothing was done",
    )
    .help("look at it again and decide on what it is now")
}

/// Appends entries, all or none: 409 `stale` where it went on meanwhile.
pub async fn append(
    app: &App,
    entries: Vec<NewEntry>,
    preconditions: Vec<Precondition>,
) -> Result<(), ApiError> {
    let append = Append {
        entries,
        preconditions,
        side: vec![],
    };
    match app.store.append(append).await {
        Err(AppendError::Conflict(_)) => return Err(moved()),
        other => other?,
    };
    Ok(())
}
