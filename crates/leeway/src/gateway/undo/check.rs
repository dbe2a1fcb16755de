//! Right before an undo's call: what it was planned on must still be so.

use super::plan::seen;
use crate::app::App;
use crate::error::ApiError;
use crate::gateway::append::append_events;
use crate::gateway::drift::drifted;
use crate::gateway::look::read_record;
use crate::gateway::run::at;
use crate::registry::LiveTool;
use leeway_core::action::event::ActionEvent;
use leeway_core::action::state::ActionState;
use leeway_core::classify::BeforeImage;
use leeway_core::undo::Undoes;
use leeway_store::{AppendError, SideWrite};
use serde_json::Value;
use std::sync::Arc;

/// The record, when it is no longer what the undo was planned on.
pub async fn moved(
    app: &App,
    (action, undoes): (&ActionState, &Undoes),
    (tool, arguments): (&Arc<LiveTool>, &Value),
) -> Result<Option<BeforeImage>, ApiError> {
    let Some(done) = app.store.reader()?.action(&undoes.action)? else {
        return Ok(Some(BeforeImage::NotReadable));
    };
    let now = seen(app, &done, (undoes.way, tool, arguments)).await;
    // What cannot be read proves nothing: then nothing is written.
    let unknown = matches!(now, BeforeImage::Failed { .. });
    if unknown || drifted(&undoes.seen, &now) {
        return Ok(Some(now));
    }
    // The tool that takes it back may see more of the record than the one that did it.
    let (Some(judged), Some(entry)) = (action.current(), tool.entry()) else {
        return Ok(Some(BeforeImage::NotReadable));
    };
    let now = read_record(app, tool, entry, arguments).await;
    Ok(drifted(&judged.before, &now).then_some(now))
}

/// Ends an undo that no longer fits: nothing was written, and a person plans it anew.
pub async fn outdated(
    app: &App,
    action: &ActionState,
    (now, why): (Option<BeforeImage>, &str),
) -> Result<ActionState, AppendError> {
    let leeway = || "leeway".to_owned();
    let mut events = Vec::new();
    if let Some(now) = now {
        events.push((leeway(), ActionEvent::Drifted { now }));
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
