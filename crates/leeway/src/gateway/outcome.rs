//! What became of a call: judged from the system's answer, and recorded come what may.

use super::append::{append_onto, queue_onto};
use super::run::at;
use crate::app::App;
use crate::error::ApiError;
use crate::registry::LiveTool;
use crate::system::CallError;
use axum::http::StatusCode;
use leeway_core::action::event::{ActionEvent, Finished, Outcome};
use leeway_core::action::state::{ActionState, Status};
use leeway_core::classify::Effect;
use leeway_core::classify::look::Answered;
use leeway_core::ledger::entry::commitment;
use leeway_store::{AppendError, SideWrite};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Answers longer than this are recorded as their beginning, length and hash.
const LONGEST_RECORDED_ANSWER: usize = 64 * 1024;
/// How long recording an outcome is tried before the caller is told that it is not recorded yet.
pub const OUTCOME_TRIES: u32 = 20;
/// Pause between two tries to record an outcome.
pub const OUTCOME_PAUSE: Duration = Duration::from_secs(1);

/// What an answer, or the lack of one, says about what became of a call; and one sentence about it.
pub fn judge_answer(answer: &Result<Value, CallError>, effect: Effect) -> (Outcome, String) {
    match answer {
        Ok(result) if result["isError"] == json!(true) => (
            Outcome::Failed,
            "The system answered with an error.".to_owned(),
        ),
        Ok(result) if result["resultType"] == json!("input_required") => (
            Outcome::Failed,
            "The system asked for more before doing anything; its questions are in the result."
                .to_owned(),
        ),
        Ok(_) => (
            Outcome::Executed,
            "The system answered that it is done.".to_owned(),
        ),
        Err(error @ (CallError::NoAnswer(_) | CallError::Cancelled(_))) => match effect {
            Effect::Read => (Outcome::Failed, format!("Nothing was read: {error}.")),
            _ => (
                Outcome::OutcomeUnknown,
                format!("It may or may not have happened: {error}. It is not tried again."),
            ),
        },
        Err(error) => (Outcome::Failed, format!("Nothing was done: {error}.")),
    }
}

/// What the system answered: its result, or its protocol error.
pub fn answered(answer: &Result<Value, CallError>) -> Option<Value> {
    match answer {
        Ok(result) => Some(result.clone()),
        Err(CallError::Protocol {
            code,
            message,
            data,
        }) => Some(json!({ "error": { "code": code, "message": message, "data": data } })),
        Err(CallError::Cancelled(_)) => Some(json!({ "cancelled": true })),
        Err(_) => None,
    }
}

/// What the pack makes of an answer to an act, unless it says that it was done.
pub fn pack_says(
    tool: &LiveTool,
    arguments: &Value,
    answer: &Result<Value, CallError>,
    effect: Effect,
) -> Option<(Outcome, String)> {
    let (Ok(result), Some(pack)) = (answer, &tool.pack) else {
        return None;
    };
    if effect == Effect::Read {
        return None;
    }
    match pack.compiled.answered(arguments, result) {
        Answered::Done => None,
        Answered::Refused => Some((
            Outcome::Failed,
            "The system answered that it was not done.".to_owned(),
        )),
        Answered::Unclear(why) => Some((
            Outcome::OutcomeUnknown,
            format!("It may or may not have happened: {why}. It is not tried again."),
        )),
    }
}

/// An answer as it is recorded: without its secrets already, and cut when it is long.
pub fn recorded_answer(redacted: &Value) -> Value {
    let text = redacted.to_string();
    if text.len() <= LONGEST_RECORDED_ANSWER {
        return redacted.clone();
    }
    let beginning: String = text.chars().take(4_000).collect();
    json!({
        "shortened": true,
        "bytes": text.len(),
        "sha256": commitment(&[0; 16], text.as_bytes()),
        "beginning": beginning,
    })
}

/// Records an outcome. While the ledger cannot be written it is tried on and on, for the call was
/// made; the caller is told after a while that it is not recorded yet.
pub async fn record_outcome(
    app: &Arc<App>,
    action: &ActionState,
    finished: Finished,
) -> Result<ActionState, ApiError> {
    for _ in 0..OUTCOME_TRIES {
        match try_outcome(app, action, &finished).await {
            Err(AppendError::Unwritable(why)) => {
                tracing::error!(id = %action.row.id, %why, "an outcome cannot be recorded yet");
                tokio::time::sleep(OUTCOME_PAUSE).await;
            }
            other => return Ok(other?),
        }
    }
    let (app, action_later) = (app.clone(), action.clone());
    tokio::spawn(async move {
        while let Err(AppendError::Unwritable(_)) =
            try_outcome(&app, &action_later, &finished).await
        {
            tokio::time::sleep(OUTCOME_PAUSE).await;
        }
    });
    Err(ApiError::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "outcome-unrecorded",
        "the call was made, but the ledger cannot be written, so its outcome is not recorded yet",
    )
    .help("do not repeat the call; ask what became of the action later")
    .details(json!({ "id": action.row.id, "status": Status::Executing })))
}

/// Records the outcome of a read behind the agent's back: its start is durable, it changed nothing,
/// and a restart in between only leaves open what the answer was. Whoever looks at actions waits
/// for it ([`caught_up`]).
pub fn queue_outcome(
    app: &Arc<App>,
    action: &ActionState,
    finished: Finished,
) -> Result<ActionState, ApiError> {
    let event = ActionEvent::Finished(finished.clone());
    let id = action.row.id.clone();
    let forget = vec![SideWrite::DeleteSealed { action: id }];
    let (ended, queued) = queue_onto(app, action, event, (vec![at(action)], forget))?;
    app.outcomes_queued.fetch_add(1, Ordering::SeqCst);
    let (app, action) = (app.clone(), action.clone());
    tokio::spawn(async move {
        let recorded = queued.durable().await;
        app.outcomes_queued.fetch_sub(1, Ordering::SeqCst);
        if let Err(AppendError::Unwritable(_)) = recorded
            && let Err(error) = record_outcome(&app, &action, finished).await
        {
            tracing::error!(id = %action.row.id, %error, "the outcome of a read is not recorded");
        }
    });
    Ok(ended)
}

/// Returns when every outcome queued before is recorded.
pub async fn caught_up(app: &App) {
    if app.outcomes_queued.load(Ordering::SeqCst) > 0 {
        app.store.caught_up().await;
    }
}

async fn try_outcome(
    app: &App,
    action: &ActionState,
    finished: &Finished,
) -> Result<ActionState, AppendError> {
    let id = &action.row.id;
    let events = vec![("leeway".to_owned(), ActionEvent::Finished(finished.clone()))];
    let forget = vec![SideWrite::DeleteSealed { action: id.clone() }];
    append_onto(app, id, Some(action), (events, vec![at(action)], forget)).await
}
