//! Making the one call of an action whose start is recorded, and recording what became of it.

use super::drift::{on_condition, refused_for_version};
use super::look::Looking;
use super::made::{Made, complete};
use super::outcome::{
    Said, answered, judge_answer, pack_says, queue_outcome, record_outcome, recorded_answer,
};
use super::reconcile;
use super::secrets;
use super::settling::read_settled;
use super::undo::verify;
use crate::app::App;
use crate::error::ApiError;
use crate::metrics;
use crate::registry::LiveTool;
use crate::system::line::{Line, Notice};
use crate::system::{CallError, SystemCall};
use leeway_core::action::event::{Finished, Outcome, ReadFor, Reading};
use leeway_core::action::state::ActionState;
use leeway_core::classify::{BeforeImage, Effect};
use leeway_core::undo::along::changed_along;
use leeway_core::undo::read_back::{self, ReadBack};
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
        reads: effect == Effect::Read,
        idempotency_key: Some(format!("{}-{}", action.row.id, action.row.revision)),
        condition: None,
        line,
    };
    let call = on_condition(tool, &action, call);
    let began = tokio::time::Instant::now();
    let connection = app.connection(tool);
    let by_status = connection.as_ref().is_some_and(|open| open.by_status());
    let answer = match connection {
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
    let said = pack_says(tool, &arguments, &answer, effect)
        .unwrap_or_else(|| judge_answer(&answer, effect, by_status));
    let took = began.elapsed();
    let place = (app.as_ref(), tool, &action);
    let finished = finish(place, (&arguments, &answer), said).await;
    metrics::called(finished.outcome, took);
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
    said: Said,
) -> Finished {
    let effect = action.row.effect.unwrap_or(Effect::Execute);
    let mut finished = Finished::bare(said.outcome, said.note.clone());
    let looking = Looking::new(app, secrets::run_of_action(action), ReadFor::ReadingBack);
    if said.outcome == Outcome::OutcomeUnknown {
        let known = settle(app, (tool, action), arguments, said).await;
        (finished.outcome, finished.note, finished.after) = known.0;
        finished.readings = known.1;
        if let (Outcome::Executed, Ok(result)) = (finished.outcome, answer)
            && result["isError"] != Value::Bool(true)
        {
            let made = complete(&looking, (tool, action), (arguments, result), false).await;
            finished.made = made.record;
            finished.undo = made.undo;
        }
    } else if let (Some(entry), Outcome::Executed, true) =
        (tool.entry(), said.outcome, effect != Effect::Read)
    {
        let normal = &entry.entry.normal;
        let judged = action.current();
        let wrong = |after: &BeforeImage| match judged {
            Some(judged) => {
                read_back::mismatched(&judged.classified, (&judged.before, after), normal)
            }
            None => vec![],
        };
        let shows = |after: &BeforeImage| {
            !matches!(after, BeforeImage::Failed { .. }) && wrong(after).is_empty()
        };
        let now = read_settled(&looking, tool, (tool, arguments), shows).await;
        finished.after = Some(now).filter(|image| *image != BeforeImage::NotNeeded);
        let mut made = Made::default();
        if let Ok(result) = answer {
            let reads = finished.after.is_none();
            made = complete(&looking, (tool, action), (arguments, result), reads).await;
        }
        if let (Some(judged), Some(after)) = (judged, &finished.after) {
            finished.mismatched = wrong(after);
            finished.in_form = read_back::in_form(&judged.classified, after, normal);
            (finished.along, finished.along_more) =
                changed_along(&judged.classified, (&judged.before, after), normal);
        }
        if !finished.mismatched.is_empty() {
            finished.note = format!(
                "The system answered that it is done. Read back, it has other values than were written in: {}.",
                finished.mismatched.join(", ")
            );
        }
        if let Some(undoes) = action.undoes() {
            let undo = (action, undoes);
            let image = made.image.clone();
            let (answered, now, readings) =
                verify::read_back(app, undo, (tool, arguments), image).await;
            finished.readings.extend(readings);
            finished.outcome = answered.outcome;
            finished.unconfirmed = answered.outcome == Outcome::Executed && !answered.confirmed;
            finished.note = answered.note;
            finished.after = finished.after.or(now);
        }
        finished.after = finished.after.or(made.image);
        finished.made = made.record;
        finished.undo = made.undo;
    }
    finished.readings.splice(0..0, looking.readings());
    let place = (tool.as_ref(), action);
    finished.result = answered(answer)
        .map(|result| recorded_answer(&secrets::answer(app, place, arguments, &result)));
    finished.note = secrets::note(app, place, arguments, &finished.note);
    finished
}

/// What became of a call whose answer does not tell: what reading its record says, else what the
/// system's own words say, else that nobody knows.
async fn settle(
    app: &App,
    (tool, action): (&Arc<LiveTool>, &ActionState),
    arguments: &Value,
    said: Said,
) -> ((Outcome, String, Option<BeforeImage>), Vec<Reading>) {
    // A reading that lags shows the record as it was although it was done: it is looked at again later.
    let lags = tool.entry().is_some_and(|entry| !entry.settles().is_zero());
    let ended = said.ended && !lags;
    let (now, tells, readings) = reconcile::tells(app, (tool, action), arguments, ended).await;
    let after =
        Some(now).filter(|image| matches!(image, BeforeImage::Read { .. } | BeforeImage::Missing));
    let known = match tells {
        ReadBack::Tells(outcome, evidence) => {
            let note = format!("Its answer did not tell whether it was done. {evidence}");
            (outcome, note, after)
        }
        ReadBack::Later | ReadBack::AskAPerson(_) if said.refused => (
            Outcome::Failed,
            "The system refused it before anything ran.".to_owned(),
            None,
        ),
        ReadBack::Later | ReadBack::AskAPerson(_) => (Outcome::OutcomeUnknown, said.note, None),
    };
    (known, readings)
}
