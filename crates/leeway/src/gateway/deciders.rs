//! Who may decide a held action, and when one person may do what takes two.

use crate::app::App;
use crate::error::ApiError;
use axum::http::StatusCode;
use leeway_core::action::state::ActionState;
use leeway_core::govern::people::{Person, Right};
use leeway_core::govern::routing::{Ineligible, Routing};
use leeway_core::id::ActionId;

/// Who decides an action now.
pub fn routing(app: &App, action: &ActionState) -> Option<Routing> {
    let judged = action.current()?;
    let registry = app.registry();
    let row = registry.responsibility(&judged.call.workflow, &judged.classified);
    let escalated = action.row.escalated_to.is_some();
    Some(registry.routing(row, app.clock.now_ms(), escalated))
}

/// Whether a person may decide an action.
pub fn eligible(app: &App, person: &Person, action: &ActionState) -> Result<(), Ineligible> {
    match routing(app, action) {
        Some(routing) => routing.admits(app.registry().matrix(), person),
        None => Ok(()),
    }
}

/// An action that a person may decide on: by role, and by whose risk it is.
pub fn decidable(app: &App, person: &Person, id: &ActionId) -> Result<ActionState, ApiError> {
    if !person.may(Right::Decide) {
        return Err(ApiError::from(&Ineligible::Role));
    }
    let action = app
        .store
        .reader()?
        .action(id)?
        .ok_or_else(|| ApiError::not_found("action", id.as_str()))?;
    eligible(app, person, &action).map_err(|why| ApiError::from(&why))?;
    Ok(action)
}

/// Whether one person does here what takes two: approves their own edit, or alone what asks for
/// several. Only in a one-person firm; everybody else is refused.
pub fn solo(app: &App, person: &Person, action: &ActionState) -> Result<bool, ApiError> {
    let row = &action.row;
    let times = (row.created_ms, app.clock.now_ms());
    let one_person_firm = app.registry().one_person_firm(&person.email, times);
    if row.endorsed_by.contains(&person.email) {
        return Err(ApiError::new(
            StatusCode::CONFLICT,
            "already-endorsed",
            "you approved this already; somebody else has to as well",
        )
        .help("it stays in the inbox until another eligible person approves it"));
    }
    if !action.editors().any(|editor| editor == person.email) {
        return Ok(one_person_firm && row.approvals_needed > 1);
    }
    if one_person_firm {
        return Ok(true);
    }
    Err(ApiError::new(
        StatusCode::FORBIDDEN,
        "own-edit",
        "you changed this call, so somebody else has to approve it",
    )
    .help("ask another reviewer or owner; it stays in the inbox"))
}
