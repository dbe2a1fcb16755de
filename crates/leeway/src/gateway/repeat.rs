//! A call made again: by its idempotency key, or because an identical one waits.

use super::append::append_events;
use super::pipeline::{Caller, Proposal, Proposed};
use crate::app::App;
use crate::error::ApiError;
use crate::registry::LiveTool;
use leeway_core::action::Call;
use leeway_core::action::event::ActionEvent;
use leeway_core::id::ActionId;
use leeway_store::{AppendError, Conflict, Precondition};

/// Longest idempotency key, characters.
const LONGEST_KEY: usize = 200;

/// Refuses a key nobody could tell from another, and finds the action an earlier use of it stands
/// for.
pub fn known_key(
    app: &App,
    caller: &Caller,
    tool: &LiveTool,
    proposal: &Proposal,
) -> Result<Option<Proposed>, ApiError> {
    let Some(key) = &proposal.idempotency_key else {
        return Ok(None);
    };
    let plain = !key.is_empty()
        && key.len() <= LONGEST_KEY
        && key.bytes().all(|byte| byte.is_ascii_graphic());
    if !plain {
        return Err(ApiError::invalid(
            "idempotency-key-invalid",
            format!("an idempotency key has 1 to {LONGEST_KEY} visible ASCII characters"),
        ));
    }
    let Some(id) = app.store.reader()?.find_by_key(&caller.agent, key)? else {
        return Ok(None);
    };
    let shown = match &tool.pack {
        Some(pack) => pack.redactor.redact(&proposal.arguments),
        None => proposal.arguments.clone(),
    };
    let inputs = proposal.line.as_ref().and_then(super::pipeline::inputs);
    let inputs = inputs.map(|inputs| match &tool.pack {
        Some(pack) => pack.redactor.redact(&inputs),
        None => inputs,
    });
    let call = Call {
        workflow: caller.workflow.clone(),
        agent: caller.agent.clone(),
        system: tool.system.clone(),
        tool: tool.tool.clone(),
        arguments: shown,
        inputs,
    };
    same_call(app, &id, &call)?;
    earlier(app, &id).map(Some)
}

/// A repeat of a call that waits joins it; its key stands for it from now on.
pub async fn join(
    app: &App,
    caller: &Caller,
    id: &ActionId,
    key: Option<String>,
) -> Result<Proposed, ApiError> {
    if let Some(key) = key {
        let unused = Precondition::KeyUnused {
            agent: caller.agent.clone(),
            key: key.clone(),
        };
        let event = ActionEvent::Joined {
            idempotency_key: key,
        };
        let events = vec![(format!("agent:{}", caller.agent), event)];
        match append_events(app, id, events, (vec![unused], vec![])).await {
            Ok(_) | Err(AppendError::Conflict(Conflict::KeyUsed(_))) => {}
            Err(error) => return Err(error.into()),
        }
    }
    earlier(app, id)
}

/// A repeated idempotency key stands for the same call or is an error.
pub fn same_call(app: &App, earlier: &ActionId, call: &Call) -> Result<(), ApiError> {
    let action = app.store.reader()?.action(earlier)?;
    let first = action.as_ref().and_then(|action| action.revisions().next());
    if first.is_some_and(|first| first.call == *call) {
        return Ok(());
    }
    Err(AppendError::Conflict(Conflict::KeyUsed(earlier.clone())).into())
}

pub fn earlier(app: &App, id: &ActionId) -> Result<Proposed, ApiError> {
    let action = app
        .store
        .reader()?
        .action(id)?
        .ok_or_else(|| ApiError::not_found("action", id.as_str()))?;
    Ok(Proposed {
        action,
        answer: None,
        joined: true,
    })
}
