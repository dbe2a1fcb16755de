//! Right before an undo's call: what it was planned on must still be so.

use super::plan::seen;
use crate::app::App;
use crate::error::ApiError;
use crate::gateway::append::append_events;
use crate::gateway::drift::drifted;
use crate::gateway::look::Looking;
use crate::gateway::run::at;
use crate::gateway::secrets;
use crate::registry::LiveTool;
use leeway_core::action::event::{ActionEvent, ReadFor, Reading};
use leeway_core::action::state::ActionState;
use leeway_core::classify::BeforeImage;
use leeway_core::undo::Undoes;
use leeway_store::{AppendError, SideWrite};
use serde_json::Value;
use std::sync::Arc;

/// The record, when it is no longer what the undo was planned on; and what was read to see it.
pub async fn moved(
    app: &App,
    (action, undoes): (&ActionState, &Undoes),
    (tool, arguments): (&Arc<LiveTool>, &Value),
) -> Result<(Option<BeforeImage>, Vec<Reading>), ApiError> {
    let Some(done) = app.store.reader()?.action(&undoes.action)? else {
        return Ok((Some(BeforeImage::NotReadable), vec![]));
    };
    let looking = Looking::new(app, secrets::run_of_action(&done), ReadFor::Undoing);
    let now = seen(&looking, &done, (undoes.way, tool, arguments)).await;
    // What cannot be read proves nothing: then nothing is written.
    let unknown = matches!(now, BeforeImage::Failed { .. });
    if unknown || drifted(&undoes.seen, &now) {
        return Ok((Some(now), looking.readings()));
    }
    // The tool that takes it back may see more of the record than the one that did it.
    let (Some(judged), Some(entry)) = (action.current(), tool.entry()) else {
        return Ok((Some(BeforeImage::NotReadable), vec![]));
    };
    let now = looking.record(tool, entry, arguments).await;
    let moved = drifted(&judged.before, &now).then_some(now);
    Ok((moved, looking.readings()))
}

/// Ends an undo that no longer fits: nothing was written, and a person plans it anew.
pub async fn outdated(
    app: &App,
    action: &ActionState,
    ((now, readings), why): ((Option<BeforeImage>, Vec<Reading>), &str),
) -> Result<ActionState, AppendError> {
    let leeway = || "leeway".to_owned();
    let mut events = Vec::new();
    if let Some(now) = now {
        events.push((leeway(), ActionEvent::Drifted { now, readings }));
    }
    let withdrawn = ActionEvent::Withdrawn {
        by: leeway(),
        reason: Some(why.to_owned()),
    };
    events.push((leeway(), withdrawn));
    let forget = vec![SideWrite::DeleteSealed {
        action: action.row.id.clone(),
    }];
    append_events(app, &action.row.id, events, (vec![at(action)], forget)).await
}
