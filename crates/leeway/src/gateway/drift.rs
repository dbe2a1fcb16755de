//! The record is not what was seen. Found by reading it again before the start; or, between that
//! reading and the write, by the system itself, where the write is on condition of the version read.
//! Either way nothing was done, and the action goes back to the reviewer with the new values.

use super::append::append_events;
use super::look::Looking;
use super::outcome::{OUTCOME_PAUSE, OUTCOME_TRIES, record_outcome};
use super::run::{Failure, again, at, revise};
use super::secrets;
use crate::app::App;
use crate::error::ApiError;
use crate::registry::{LiveTool, LiveWorkflow};
use crate::system::{CallError, Condition, SystemCall};
use leeway_core::action::event::{ActionEvent, Cause, Finished, Outcome, ReadFor, Reading};
use leeway_core::action::state::ActionState;
use leeway_core::classify::BeforeImage;
use leeway_core::classify::pack::ConditionRule;
use leeway_store::{AppendError, SideWrite};
use serde_json::{Value, json};
use std::sync::Arc;

/// The call on condition that the record has the version that was shown, where the pack says how.
pub fn on_condition(tool: &LiveTool, action: &ActionState, mut call: SystemCall) -> SystemCall {
    let rule = tool
        .entry()
        .and_then(|entry| entry.entry.condition.as_ref());
    let before = action.current().map(|judged| &judged.before);
    let (
        Some(rule),
        Some(BeforeImage::Read {
            version: Some(version),
            ..
        }),
    ) = (rule, before)
    else {
        return call;
    };
    call.condition = Some(match rule {
        ConditionRule::Header(name) => Condition::Header {
            name: name.clone(),
            version: version.clone(),
        },
        ConditionRule::Argument(name) => {
            call.arguments[name] = json!(version);
            Condition::Argument
        }
    });
    call
}

/// Shows an action again whose write the system refused for the record's version. What cannot be
/// shown again has failed: nothing was done.
pub async fn refused_for_version(
    app: &Arc<App>,
    tool: &LiveTool,
    action: &ActionState,
    (arguments, error): (Value, &CallError),
) -> Result<ActionState, ApiError> {
    if action.undoes().is_some() {
        let why = "The system refused it: the record changed since the undo was planned.";
        let now = ((Some(BeforeImage::NotReadable), vec![]), why);
        return Ok(super::undo::check::outdated(app, action, now).await?);
    }
    for _ in 0..OUTCOME_TRIES {
        match show_again(app, tool, action, arguments.clone()).await {
            Ok(Some(action)) => return Ok(action),
            Err(Failure::Append(AppendError::Unwritable(why))) => {
                tracing::error!(id = %action.row.id, %why, "a refused write cannot be recorded yet");
                tokio::time::sleep(OUTCOME_PAUSE).await;
            }
            Ok(None) | Err(_) => break,
        }
    }
    let note = format!("Nothing was done: {error}.");
    let finished = Finished::bare(Outcome::Failed, note);
    record_outcome(app, action, finished).await
}

async fn show_again(
    app: &App,
    tool: &LiveTool,
    action: &ActionState,
    arguments: Value,
) -> Result<Option<ActionState>, Failure> {
    let registry = app.registry();
    let workflow = registry.workflows.get(&action.row.workflow);
    let (Some(workflow), Some(entry)) = (workflow, tool.entry()) else {
        return Ok(None);
    };
    let looking = Looking::new(app, secrets::run_of_action(action), ReadFor::Starting);
    let now = looking.record(tool, entry, &arguments).await;
    let seen = (now, looking.readings());
    drift(app, (workflow, tool), action, (seen, arguments)).await?;
    let reader = app.store.reader().map_err(ApiError::from)?;
    Ok(reader.action(&action.row.id).map_err(ApiError::from)?)
}

/// Whether the record is no longer what was seen. The fields count beside the version mark: some
/// systems give two writes within a second the same one.
pub fn drifted(seen: &BeforeImage, now: &BeforeImage) -> bool {
    match (seen, now) {
        (BeforeImage::Failed { .. }, BeforeImage::Failed { .. }) => false,
        (seen, now) => seen != now,
    }
}

/// Shows an action again with the record as it is now, or ends it when the record is gone.
pub async fn drift(
    app: &App,
    place: (&LiveWorkflow, &LiveTool),
    action: &ActionState,
    ((now, readings), arguments): ((BeforeImage, Vec<Reading>), Value),
) -> Result<(), Failure> {
    let drifted = ActionEvent::Drifted {
        now: now.clone(),
        readings,
    };
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
        return Ok(());
    }
    let again = again(app, place, action, (Cause::Drifted, arguments)).await?;
    revise(app, action, vec![drifted], again).await?;
    Ok(())
}
