//! Making the one call of an action whose start is recorded, and recording what became of it.

use super::drift::{on_condition, refused_for_version};
use super::look::read_record;
use super::made::{Made, complete};
use super::outcome::{
    answered, judge_answer, pack_says, queue_outcome, record_outcome, recorded_answer,
};
use super::secrets;
use super::undo::verify;
use crate::app::App;
use crate::error::ApiError;
use crate::metrics;
use crate::registry::LiveTool;
use crate::system::line::{Line, Notice};
use crate::system::{CallError, SystemCall};
use leeway_core::action::event::{Finished, Outcome};
use leeway_core::action::state::ActionState;
use leeway_core::classify::{BeforeImage, Effect};
use leeway_core::undo::read_back;
use serde_json::Value;
use std::sync::Arc;

/// An action that ran.
pub struct Ran {
    /// The action, with its outcome.
    pub action: ActionState,
    /// The system's answer as it gave it; `None` when the record had changed and it waits again.
    pub answer: Option<Result<Value, CallError>>,
}

/// Makes the one call of an action whose start is recorded, and records what became of it.
pub async fn carry_out(
    app: &Arc<App>,
    tool: &Arc<LiveTool>,
    action: ActionState,
    (arguments, line): (Value, Option<Line>),
) -> Result<Ran, ApiError> {
    let effect = action.row.effect.unwrap_or(Effect::Execute);
    let line = match effect {
        Effect::Read => line,
        _ => line.map(Line::without_questions),
    };
    if let Some(line) = &line {
        line.tell(Notice::Started(action.row.id.clone()));
    }
    let call = SystemCall {
        verb: tool.verb,
        tool: tool.tool.clone(),
        arguments: arguments.clone(),
        idempotency_key: Some(format!("{}-{}", action.row.id, action.row.revision)),
        condition: None,
        line,
    };
    let call = on_condition(tool, &action, call);
    let began = tokio::time::Instant::now();
    let answer = match app.connection(tool) {
        Some(connection) => connection.call(call).await,
        None => Err(CallError::NotSent(format!(
            "`{}` is not configured, or was configured anew",
            tool.system
        ))),
    };
    if let Err(error @ CallError::Conflict(_)) = &answer {
        metrics::conflicted(began.elapsed());
        let action = refused_for_version(app, tool, &action, (arguments, error)).await?;
        return Ok(Ran {
            action,
            answer: None,
        });
    }
    let said = pack_says(tool, &arguments, &answer, effect);
    let (outcome, note) = said.unwrap_or_else(|| judge_answer(&answer, effect));
    metrics::called(outcome, began.elapsed());
    let place = (app.as_ref(), tool, &action);
    let finished = finish(place, (&arguments, &answer), (outcome, note)).await;
    let action = if effect == Effect::Read {
        queue_outcome(app, &action, finished)?
    } else {
        record_outcome(app, &action, finished).await?
    };
    Ok(Ran {
        action,
        answer: Some(answer),
    })
}

/// What is recorded of an outcome: read back where it can be, with the way back as the answer
/// completes it.
async fn finish(
    (app, tool, action): (&App, &Arc<LiveTool>, &ActionState),
    (arguments, answer): (&Value, &Result<Value, CallError>),
    (mut outcome, mut note): (Outcome, String),
) -> Finished {
    let effect = action.row.effect.unwrap_or(Effect::Execute);
    let mut made = Made::default();
    let mut mismatched = Vec::new();
    let mut after = None;
    if let (Some(entry), Outcome::Executed, true) = (tool.entry(), outcome, effect != Effect::Read)
    {
        after = Some(read_record(app, tool, entry, arguments).await)
            .filter(|image| *image != BeforeImage::NotNeeded);
        if let Ok(result) = answer {
            made = complete(app, (tool, action), (arguments, result), after.is_none()).await;
        }
        if let (Some(judged), Some(after)) = (action.current(), &after) {
            mismatched = read_back::mismatched(&judged.classified, (&judged.before, after));
        }
        if !mismatched.is_empty() {
            note = format!(
                "The system answered that it is done. Read back, it has other values than were written in: {}.",
                mismatched.join(", ")
            );
        }
        if let Some(undoes) = action.undoes() {
            let read = verify::read_back(app, undoes, (tool, arguments)).await;
            (outcome, note) = (read.0, read.1);
            after = after.or(read.2);
        }
    }
    Finished {
        outcome,
        result: answered(answer)
            .map(|result| recorded_answer(&secrets::answer(tool, arguments, &result))),
        after: after.or(made.image),
        mismatched,
        note: secrets::note(tool, arguments, &note),
        made: made.record,
        undo: made.undo,
    }
}
