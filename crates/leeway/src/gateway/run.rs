//! Carrying out what was authorised or approved: at most one attempt, never a silent repeat.
//!
//! The start is one append with the workflow's and the action's stream versions as preconditions, and that
//! nothing changed of pack, tool, system, owners and people: after a pause entry nothing an agent proposed
//! can start, under a stricter pack nothing that was judged by the one before, and no approval can be
//! used twice, however many workers try. What has started and has no outcome when the process ends is an unknown
//! outcome, never run again.

use super::append::{action_stream, append_events};
use super::call::carry_out;
use super::drift::{drift, drifted};
use super::look::{self, Looking};
use super::outcome::record_outcome;
use super::prepare::{Attempt, Prepared, blocked_now, prepare, unseal};
use super::record_lock::{read_held, writing, writing_kind};
use super::repeat;
use super::secrets;
use super::undo::check;
use crate::app::App;
use crate::earning;
use crate::error::ApiError;
use crate::registry::{LiveTool, LiveWorkflow};
use leeway_core::action::Claim;
use leeway_core::action::event::{ActionEvent, Cause, Finished, Judged, Outcome, ReadFor, Reading};
use leeway_core::action::state::{ActionState, Status};
use leeway_core::classify::{BeforeImage, Effect, Level};
use leeway_core::id::ActionId;
use leeway_core::undo::Undoes;
use leeway_store::{AppendError, Precondition, SideWrite};
use serde_json::Value;
use std::sync::Arc;

/// Most looks at one action before it is left for the next occasion.
const MOST_STEPS: u32 = 20;
/// How long a decision to run stays fresh while it cannot start, milliseconds.
const LONGEST_FRESH_MS: i64 = 60_000;

/// A start that is this near is waited for, milliseconds.
const NEAR_MS: i64 = 15_000;

/// The entry that starts a revision's one attempt.
pub fn start_event((id, revision): (&ActionId, u32), readings: Vec<Reading>) -> ActionEvent {
    ActionEvent::Started {
        idempotency_key: format!("{id}-{revision}"),
        readings,
    }
}

/// Takes an approved or authorised action as far as it goes: it runs, is shown again because
/// something changed, or stays where it is while its workflow is paused.
pub async fn attempt(app: &Arc<App>, id: &ActionId) -> Result<(), ApiError> {
    for _ in 0..MOST_STEPS {
        let Some(action) = app.store.reader()?.action(id)? else {
            return Ok(());
        };
        let next = match action.row.status {
            Status::Approved | Status::Authorised => Box::pin(step(app, &action)).await,
            Status::Held => Box::pin(judged_unread(app, &action)).await,
            _ => return Ok(()),
        };
        match next {
            Ok(Step::Done) => return Ok(()),
            // Something moved on meanwhile: look again at what it is now.
            Ok(Step::Again) | Err(Failure::Append(AppendError::Conflict(_))) => {}
            Err(Failure::Append(error)) => return Err(error.into()),
            Err(Failure::Api(error)) => return Err(error),
        }
    }
    tracing::warn!(%id, "it changes faster than it can be started; it stays as it is");
    Ok(())
}

enum Step {
    Done,
    Again,
}

/// Why a step could not be made.
pub enum Failure {
    /// The ledger did not take it.
    Append(AppendError),
    /// Anything else.
    Api(ApiError),
}

impl From<AppendError> for Failure {
    fn from(error: AppendError) -> Self {
        Self::Append(error)
    }
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self::Api(error)
    }
}

async fn step(app: &Arc<App>, action: &ActionState) -> Result<Step, Failure> {
    let registry = app.registry();
    let Some(judged) = action.current() else {
        return Ok(Step::Done);
    };
    let (Some(workflow), Some(tool)) = (
        registry.workflows.get(&judged.call.workflow),
        registry.find(&judged.call.tool_name()),
    ) else {
        return Ok(Step::Done);
    };
    let undoes = action.undoes();
    // What takes an action back is a person's own act: it runs while the workflow is paused, too.
    let paused = workflow.state.paused.is_some() && undoes.is_none();
    if paused || tool.state.changed.is_some() {
        return Ok(Step::Done);
    }
    let now_ms = app.clock.now_ms();
    if action.row.expires_ms.is_some_and(|at| at <= now_ms) {
        super::decide::expire(app, &action.row.id).await?;
        return Ok(Step::Done);
    }
    if let Some(starts_ms) = action.starts_ms().filter(|at| *at > now_ms) {
        // Later ones are found again by whoever looks at what waits to start.
        if starts_ms - now_ms <= NEAR_MS {
            app.enqueue_at(action.row.id.clone(), starts_ms);
        }
        return Ok(Step::Done);
    }
    let Some(arguments) = arguments(app, action, judged)? else {
        return lost_arguments(app, action).await;
    };
    // Kept until the outcome is recorded.
    let mut writing = match undoes {
        Some(_) => writing_kind(app, tool, &arguments).await,
        None => writing(app, tool, &arguments).await,
    };
    let same_versions = registry.versions(workflow, tool) == judged.versions;
    if let Some(undoes) = undoes {
        let place = (tool, undoes);
        let ground = registry.ground(&judged.call.workflow, tool);
        let ground = same_versions.then_some(ground);
        return undo(app, action, (place, arguments, ground)).await;
    }
    if !same_versions {
        let again = again(
            app,
            (workflow, tool),
            action,
            (Cause::RulesChanged, arguments),
        )
        .await?;
        revise(app, action, vec![], again).await?;
        return Ok(Step::Again);
    }
    let looking = Looking::new(app, secrets::run_of(judged), ReadFor::Starting);
    let now = match tool.entry() {
        Some(entry) if judged.classified.effect != Effect::Read => {
            read_held(&looking, (tool, entry), &arguments, &mut writing).await
        }
        _ => judged.before.clone(),
    };
    let readings = looking.readings();
    if drifted(&judged.before, &now) {
        let seen = (now, readings);
        drift(app, (workflow, tool), action, (seen, arguments)).await?;
        return Ok(Step::Again);
    }
    if outwaited(app, (workflow, action), judged)? {
        let mut again = again(app, (workflow, tool), action, (Cause::Resumed, arguments)).await?;
        again.judged.readings.splice(0..0, readings);
        revise(app, action, vec![], again).await?;
        return Ok(Step::Again);
    }
    let preconditions = vec![
        at(action),
        Precondition::StreamAt {
            stream: LiveWorkflow::stream(&judged.call.workflow),
            version: workflow.version,
        },
        registry.ground(&judged.call.workflow, tool),
    ];
    let start = start_event((&action.row.id, judged.revision), readings);
    let events = vec![("leeway".to_owned(), start)];
    let started = append_events(app, &action.row.id, events, (preconditions, vec![])).await?;
    carry_out(app, tool, started, (arguments, None)).await?;
    Ok(Step::Done)
}

/// Judges a held action anew whose record was not read because its workflow was paused, which it no longer is.
async fn judged_unread(app: &Arc<App>, action: &ActionState) -> Result<Step, Failure> {
    let registry = app.registry();
    let Some(judged) = action.current() else {
        return Ok(Step::Done);
    };
    let unread = matches!(&judged.before, BeforeImage::Failed { why } if why == look::PAUSED);
    let own = action.undoes().is_none() && action.row.planted.is_none();
    let (Some(workflow), Some(tool)) = (
        registry.workflows.get(&judged.call.workflow),
        registry.find(&judged.call.tool_name()),
    ) else {
        return Ok(Step::Done);
    };
    if !unread || !own || workflow.state.paused.is_some() {
        return Ok(Step::Done);
    }
    let Some(arguments) = arguments(app, action, judged)? else {
        return Ok(Step::Done);
    };
    let again = again(app, (workflow, tool), action, (Cause::Resumed, arguments)).await?;
    revise(app, action, vec![], again).await?;
    Ok(Step::Again)
}

/// Starts an undo, unless what it was planned on is no longer so; `ground` while rules and tool are as they
/// were.
async fn undo(
    app: &Arc<App>,
    action: &ActionState,
    ((tool, undoes), arguments, ground): ((&Arc<LiveTool>, &Undoes), Value, Option<Precondition>),
) -> Result<Step, Failure> {
    let (moved, readings) = check::moved(app, (action, undoes), (tool, &arguments)).await?;
    let why = match (&moved, ground) {
        (_, None) => "The rules or the tool changed since the undo was planned.",
        (Some(BeforeImage::Failed { .. }), _) => {
            "The record could not be read right before the undo, so nothing was written."
        }
        (Some(_), _) => "The record changed since the undo was planned.",
        (None, Some(ground)) => {
            let start = start_event((&action.row.id, action.row.revision), readings);
            let events = vec![("leeway".to_owned(), start)];
            let id = &action.row.id;
            let started =
                append_events(app, id, events, (vec![at(action), ground], vec![])).await?;
            carry_out(app, tool, started, (arguments, None)).await?;
            return Ok(Step::Done);
        }
    };
    check::outdated(app, action, ((moved, readings), why)).await?;
    Ok(Step::Done)
}

/// Whether time or history went on so far that the decision has to be made anew: for what the rules
/// let run, after a while; for what a person approved, when a rule blocks it by now.
fn outwaited(
    app: &App,
    (workflow, action): (&LiveWorkflow, &ActionState),
    judged: &Judged,
) -> Result<bool, ApiError> {
    let now_ms = app.clock.now_ms();
    if action.row.status == Status::Authorised && standing_moved(app, workflow, judged, now_ms)? {
        return Ok(true);
    }
    let waited_ms = now_ms - action.row.updated_ms;
    if waited_ms < LONGEST_FRESH_MS {
        return Ok(false);
    }
    match action.row.status {
        Status::Authorised => Ok(true),
        _ => Ok(blocked_now(app, workflow, &action.row.id, judged)?.is_some()),
    }
}

/// Whether what lets the agent act alone is no longer as it was judged.
fn standing_moved(
    app: &App,
    workflow: &LiveWorkflow,
    judged: &Judged,
    now_ms: i64,
) -> Result<bool, ApiError> {
    let (registry, facts) = (app.registry(), &judged.facts);
    let (call, tool) = (&judged.call, judged.call.tool_name());
    let row = registry.responsibility(&call.workflow, &judged.classified);
    let reader = app.store.reader()?;
    let acts = judged.classified.level > Level::ReadOnly;
    Ok(acts
        && (earning::cap_of(&registry, workflow, (&tool, now_ms)) != facts.cap
            || earning::measured(workflow, &call.agent) != facts.measured
            || earning::unreviewed(&reader, (&call.workflow, row), now_ms)?.is_some()))
}

/// Nothing was appended to the action since it was read.
pub fn at(action: &ActionState) -> Precondition {
    Precondition::StreamAt {
        stream: action_stream(&action.row.id),
        version: action.row.version,
    }
}

/// The arguments to run, exactly as approved: from the ledger, or unsealed. `None` when they are
/// gone, or when anything of the revision is no longer what its hash was shown to cover.
pub fn arguments(
    app: &App,
    action: &ActionState,
    judged: &Judged,
) -> Result<Option<Value>, ApiError> {
    let sealed = if judged.sealed {
        let found = app
            .store
            .reader()?
            .sealed(&action.row.id, judged.revision)?;
        let Some(found) = found else {
            return Ok(None);
        };
        Some(found)
    } else {
        None
    };
    if judged.hash(&action.row.id, sealed.as_deref()) != judged.content_hash {
        return Ok(None);
    }
    Ok(match sealed {
        Some(sealed) => unseal(&sealed),
        None => Some(judged.call.arguments.clone()),
    })
}

async fn lost_arguments(app: &App, action: &ActionState) -> Result<Step, Failure> {
    let events = vec![(
        "leeway".to_owned(),
        ActionEvent::Withdrawn {
            by: "leeway".to_owned(),
            reason: Some(
                "its arguments are no longer those that were shown, or are gone".to_owned(),
            ),
        },
    )];
    append_events(app, &action.row.id, events, (vec![at(action)], vec![])).await?;
    Ok(Step::Done)
}

/// Judges the action anew as its next revision.
pub async fn again(
    app: &App,
    place: (&LiveWorkflow, &LiveTool),
    action: &ActionState,
    (cause, arguments): (Cause, Value),
) -> Result<Prepared, ApiError> {
    let claim = action.current().map(|judged| judged.claim.clone());
    again_with(
        app,
        place,
        action,
        (cause, arguments, claim.unwrap_or_default()),
    )
    .await
}

/// [`again`], with what the agent says about it by now.
pub async fn again_with(
    app: &App,
    (workflow, tool): (&LiveWorkflow, &LiveTool),
    action: &ActionState,
    (cause, arguments, claim): (Cause, Value, Claim),
) -> Result<Prepared, ApiError> {
    let judged = action
        .current()
        .ok_or_else(|| ApiError::not_found("revision of", action.row.id.as_str()))?;
    let attempt = Attempt {
        id: action.row.id.clone(),
        revision: judged.revision + 1,
        edited: matches!(cause, Cause::Edited { .. }) || action.edited_by().is_some(),
        asked: action.was_asked(),
        conflicted: action.row.status == Status::Executing || action.was_refused_for_version(),
        cause,
        agent: judged.call.agent.clone(),
        arguments,
        inputs: judged.call.inputs.clone(),
        claim,
        idempotency_key: judged.idempotency_key.clone(),
        repeats: repeat::said_of(judged),
        readings: vec![],
    };
    prepare(app, workflow, tool, attempt).await
}

/// Appends a new revision, after the events that led to it.
pub async fn revise(
    app: &App,
    action: &ActionState,
    before: Vec<ActionEvent>,
    prepared: Prepared,
) -> Result<ActionState, AppendError> {
    let id = &action.row.id;
    // Kept until the append below is done.
    let _counting = prepared.counting;
    let actor = match &prepared.judged.cause {
        Cause::Edited { by } | Cause::Revoked { by } => format!("person:{by}"),
        Cause::Answered { .. } => format!("agent:{}", action.row.agent),
        _ => "leeway".to_owned(),
    };
    let side = match prepared.sealed {
        Some(arguments) => vec![SideWrite::PutSealed {
            action: id.clone(),
            revision: prepared.judged.revision,
            arguments,
        }],
        None => vec![],
    };
    let mut events: Vec<_> = before
        .into_iter()
        .map(|event| ("leeway".to_owned(), event))
        .collect();
    events.push((actor, ActionEvent::Judged(Box::new(prepared.judged))));
    append_events(app, id, events, (vec![at(action)], side)).await
}

/// After a restart: what had started and has no outcome is an unknown outcome; what was approved
/// or authorised and had not started goes on.
pub async fn recover(app: &Arc<App>) -> Result<(), ApiError> {
    let rows = app.store.reader()?.with_status(&[
        Status::Executing,
        Status::Approved,
        Status::Authorised,
    ])?;
    for row in rows {
        if row.status != Status::Executing {
            app.enqueue(row.id);
            continue;
        }
        let Some(action) = app.store.reader()?.action(&row.id)? else {
            continue;
        };
        let read = row.effect == Some(Effect::Read);
        let (outcome, note) = if read {
            (
                Outcome::Failed,
                "Leeway stopped before what was read was recorded; the agent may have been told it.",
            )
        } else {
            (
                Outcome::OutcomeUnknown,
                "Leeway stopped while the call was being made: it may or may not have happened. It is not tried again.",
            )
        };
        let finished = Finished::bare(outcome, note.to_owned());
        record_outcome(app, &action, finished).await?;
    }
    Ok(())
}
