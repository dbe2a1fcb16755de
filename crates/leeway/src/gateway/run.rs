//! Carrying out what was authorised or approved: at most one attempt, never a silent repeat.
//!
//! The start is one append with the workflow's and the action's stream versions as preconditions:
//! after a pause entry nothing can start, and no approval can be used twice, however many workers
//! try. What has started and has no outcome when the process ends is an unknown outcome, never
//! run again.

use super::pipeline::{action_stream, append_events, append_onto};
use super::prepare::{Attempt, Prepared, prepare, read_record, unseal, versions};
use super::registry::{LiveTool, LiveWorkflow};
use crate::app::App;
use crate::error::ApiError;
use crate::metrics;
use crate::system::{CallError, SystemCall};
use leeway_core::action::Claim;
use leeway_core::action::event::{ActionEvent, Cause, Finished, Judged, Outcome};
use leeway_core::action::state::{ActionState, Status};
use leeway_core::classify::{BeforeImage, Effect};
use leeway_core::id::ActionId;
use leeway_core::ledger::entry::commitment;
use leeway_store::{AppendError, Precondition, SideWrite};
use serde_json::{Value, json};
use std::time::Duration;

/// Answers longer than this are recorded as their beginning, length and hash.
const LONGEST_RECORDED_ANSWER: usize = 64 * 1024;
/// Most looks at one action before it is left for the next occasion.
const MOST_STEPS: u32 = 20;
/// How long recording an outcome is tried while the ledger cannot be written.
const OUTCOME_TRIES: u32 = 60;

/// The entry that starts a revision's one attempt.
pub fn start_event(id: &ActionId, revision: u32) -> ActionEvent {
    ActionEvent::Started {
        idempotency_key: format!("{id}-{revision}"),
    }
}

/// Takes an approved or authorised action as far as it goes: it runs, is shown again because
/// something changed, or stays where it is while its workflow is paused.
pub async fn attempt(app: &App, id: &ActionId) -> Result<(), ApiError> {
    for _ in 0..MOST_STEPS {
        let Some(action) = app.store.reader()?.action(id)? else {
            return Ok(());
        };
        if !matches!(action.row.status, Status::Approved | Status::Authorised) {
            return Ok(());
        }
        match step(app, &action).await {
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

enum Failure {
    Append(AppendError),
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

async fn step(app: &App, action: &ActionState) -> Result<Step, Failure> {
    let registry = app.registry();
    let Some(judged) = action.current() else {
        return Ok(Step::Done);
    };
    let (Some(workflow), Some(tool)) = (
        registry.workflows.get(&judged.call.workflow),
        registry.tools.get(&judged.call.tool_name()),
    ) else {
        return Ok(Step::Done);
    };
    if workflow.state.paused.is_some() || tool.state.changed.is_some() {
        return Ok(Step::Done);
    }
    let Some(arguments) = arguments(app, action, judged)? else {
        return lost_arguments(app, action).await;
    };
    if versions(&registry, workflow, tool) != judged.versions {
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
    let now = match tool.entry() {
        Some(entry) if judged.classified.effect != Effect::Read => {
            read_record(app, tool, entry, &arguments).await
        }
        _ => judged.before.clone(),
    };
    if drifted(&judged.before, &now) {
        return drift(app, (workflow, tool), action, (now, arguments)).await;
    }
    let preconditions = vec![
        at(action),
        Precondition::StreamAt {
            stream: LiveWorkflow::stream(&judged.call.workflow),
            version: workflow.version,
        },
    ];
    let start = start_event(&action.row.id, judged.revision);
    let events = vec![("leeway".to_owned(), start)];
    let started = append_events(app, &action.row.id, events, (preconditions, vec![])).await?;
    carry_out(app, tool, started, arguments).await?;
    Ok(Step::Done)
}

fn at(action: &ActionState) -> Precondition {
    Precondition::StreamAt {
        stream: action_stream(&action.row.id),
        version: action.row.version,
    }
}

/// The arguments to run, exactly as approved: from the ledger, or unsealed and checked against the
/// commitment that was shown. `None` when they are gone.
pub fn arguments(
    app: &App,
    action: &ActionState,
    judged: &Judged,
) -> Result<Option<Value>, ApiError> {
    let sealed = app
        .store
        .reader()?
        .sealed(&action.row.id, judged.revision)?;
    match sealed {
        Some(sealed) => Ok(unseal(&sealed)),
        None if has_redaction(&judged.call.arguments) => Ok(None),
        None => Ok(Some(judged.call.arguments.clone())),
    }
}

fn has_redaction(arguments: &Value) -> bool {
    match arguments {
        Value::String(text) => text == leeway_core::classify::redact::REDACTED,
        Value::Array(items) => items.iter().any(has_redaction),
        Value::Object(fields) => fields.values().any(has_redaction),
        _ => false,
    }
}

async fn lost_arguments(app: &App, action: &ActionState) -> Result<Step, Failure> {
    let events = vec![(
        "leeway".to_owned(),
        ActionEvent::Withdrawn {
            by: "leeway".to_owned(),
            reason: Some(
                "its sealed arguments are gone, so what was shown cannot be run".to_owned(),
            ),
        },
    )];
    append_events(app, &action.row.id, events, (vec![at(action)], vec![])).await?;
    Ok(Step::Done)
}

/// Whether the record is no longer what was seen. The fields count beside the version mark: some
/// systems give two writes within a second the same one.
fn drifted(seen: &BeforeImage, now: &BeforeImage) -> bool {
    match (seen, now) {
        (BeforeImage::Failed { .. }, BeforeImage::Failed { .. }) => false,
        (seen, now) => seen != now,
    }
}

async fn drift(
    app: &App,
    place: (&LiveWorkflow, &LiveTool),
    action: &ActionState,
    (now, arguments): (BeforeImage, Value),
) -> Result<Step, Failure> {
    let drifted = ActionEvent::Drifted { now: now.clone() };
    let was_there = matches!(
        action.current().map(|judged| &judged.before),
        Some(BeforeImage::Read { .. })
    );
    if was_there && now == BeforeImage::Missing {
        let gone = ActionEvent::Withdrawn {
            by: "leeway".to_owned(),
            reason: Some("the record is gone".to_owned()),
        };
        let events = vec![("leeway".to_owned(), drifted), ("leeway".to_owned(), gone)];
        let forget = vec![SideWrite::DeleteSealed {
            action: action.row.id.clone(),
        }];
        append_events(app, &action.row.id, events, (vec![at(action)], forget)).await?;
        return Ok(Step::Done);
    }
    let again = again(app, place, action, (Cause::Drifted, arguments)).await?;
    revise(app, action, vec![drifted], again).await?;
    Ok(Step::Again)
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
        cause,
        agent: judged.call.agent.clone(),
        arguments,
        claim,
        idempotency_key: judged.idempotency_key.clone(),
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
        Cause::Edited { by } => format!("person:{by}"),
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

/// Makes the one call of an action whose start is recorded, and records what became of it.
/// Returns the action and the system's answer as it gave it.
pub async fn carry_out(
    app: &App,
    tool: &LiveTool,
    action: ActionState,
    arguments: Value,
) -> Result<(ActionState, Option<Value>), ApiError> {
    let effect = action.row.effect.unwrap_or(Effect::Execute);
    let call = SystemCall {
        tool: tool.tool.clone(),
        arguments: arguments.clone(),
        idempotency_key: Some(format!("{}-{}", action.row.id, action.row.revision)),
    };
    let began = tokio::time::Instant::now();
    let answer = match app.systems.get(&tool.system) {
        Some(connection) => connection.call(call).await,
        None => Err(CallError::NotSent(format!(
            "`{}` is not configured",
            tool.system
        ))),
    };
    let (outcome, note) = judge_answer(&answer, effect);
    metrics::called(outcome, began.elapsed());
    let after = match tool.entry() {
        Some(entry) if effect != Effect::Read && outcome == Outcome::Executed => {
            Some(read_record(app, tool, entry, &arguments).await)
        }
        _ => None,
    };
    let result = answer.ok();
    let finished = Finished {
        outcome,
        result: result.as_ref().map(|result| recorded_answer(tool, result)),
        after: after.filter(|image| *image != BeforeImage::NotNeeded),
        note,
    };
    let action = record_outcome(app, &action, finished).await?;
    Ok((action, result))
}

fn judge_answer(answer: &Result<Value, CallError>, effect: Effect) -> (Outcome, String) {
    match answer {
        Ok(result) if result["isError"] == json!(true) => (
            Outcome::Failed,
            "The system answered with an error.".to_owned(),
        ),
        Ok(_) => (
            Outcome::Executed,
            "The system answered that it is done.".to_owned(),
        ),
        Err(CallError::NoAnswer(why)) if effect == Effect::Read => {
            (Outcome::Failed, format!("Nothing was read: {why}."))
        }
        Err(CallError::NoAnswer(why)) => (
            Outcome::OutcomeUnknown,
            format!("It may or may not have happened: {why}. It is not tried again."),
        ),
        Err(error) => (Outcome::Failed, format!("Nothing was done: {error}.")),
    }
}

fn recorded_answer(tool: &LiveTool, result: &Value) -> Value {
    let redacted = match &tool.pack {
        Some(pack) => pack.redactor.redact(result),
        None => result.clone(),
    };
    let text = redacted.to_string();
    if text.len() <= LONGEST_RECORDED_ANSWER {
        return redacted;
    }
    let beginning: String = text.chars().take(4_000).collect();
    json!({
        "shortened": true,
        "bytes": text.len(),
        "sha256": commitment(&[0; 16], text.as_bytes()),
        "beginning": beginning,
    })
}

/// Records an outcome; keeps trying while the ledger cannot be written, for the call was made.
async fn record_outcome(
    app: &App,
    action: &ActionState,
    finished: Finished,
) -> Result<ActionState, ApiError> {
    let id = &action.row.id;
    for _ in 0..OUTCOME_TRIES {
        let events = vec![("leeway".to_owned(), ActionEvent::Finished(finished.clone()))];
        let forget = vec![SideWrite::DeleteSealed { action: id.clone() }];
        match append_onto(app, id, Some(action), (events, vec![at(action)], forget)).await {
            Err(AppendError::Unwritable(why)) => {
                tracing::error!(%id, %why, "an outcome cannot be recorded yet");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            other => return Ok(other?),
        }
    }
    Err(AppendError::Unwritable("the outcome of a call could not be recorded".to_owned()).into())
}

/// After a restart: what had started and has no outcome is an unknown outcome; what was approved
/// or authorised and had not started goes on.
pub async fn recover(app: &App) -> Result<(), ApiError> {
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
        let finished = Finished {
            outcome: if read { Outcome::Failed } else { Outcome::OutcomeUnknown },
            result: None,
            after: None,
            note: "Leeway stopped while the call was being made: it may or may not have happened. It is not tried again.".to_owned(),
        };
        record_outcome(app, &action, finished).await?;
    }
    Ok(())
}
