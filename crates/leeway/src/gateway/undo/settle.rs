//! What people decide about an undo without a call: it stays as it is, or they put it right by hand.

use super::plan::state;
use crate::app::App;
use crate::error::ApiError;
use crate::gateway::deciders::decidable;
use axum::http::StatusCode;
use leeway_core::action::state::Status;
use leeway_core::govern::event::GovernEvent;
use leeway_core::govern::people::Person;
use leeway_core::id::ActionId;
use leeway_core::undo::state::{Settled, UndoEvent, UndoState, UndoStatus, next};
use leeway_store::Precondition;
use serde_json::json;

/// Longest reason, characters.
const LONGEST: usize = 2_000;

/// Settles an undo by a person's word.
pub async fn settle(
    app: &App,
    person: &Person,
    id: &ActionId,
    (settled, why): (Settled, &str),
) -> Result<UndoState, ApiError> {
    let action = decidable(app, person, id)?;
    if !matches!(action.row.status, Status::Executed | Status::Partial) {
        return Err(ApiError::new(
            StatusCode::CONFLICT,
            "nothing-to-undo",
            format!(
                "it is {}: there is nothing to settle",
                action.row.status.name()
            ),
        ));
    }
    if settled == Settled::AlreadyBack {
        return Err(ApiError::invalid(
            "settled-invalid",
            "that it is back already is found by reading, not told",
        )
        .help("settle it as `kept` or as `put_right`"));
    }
    let why = why.trim();
    if why.is_empty() || why.chars().count() > LONGEST {
        return Err(ApiError::invalid(
            "why-invalid",
            format!("say why, in 1 to {LONGEST} characters"),
        )
        .help("it goes into the record: what was decided, or how it was put right"));
    }
    let event = UndoEvent::Settled {
        by: person.email.clone(),
        settled,
        why: why.to_owned(),
    };
    append(app, person, id, event).await
}

/// What is still to be found out is not overruled: its end could not be recorded any more, and a further
/// undo might do it twice.
pub(super) fn not_unknown(known: Option<&UndoState>) -> Result<(), ApiError> {
    let Some(known) = known.filter(|known| known.status == UndoStatus::UndoUnknown) else {
        return Ok(());
    };
    Err(ApiError::new(
        StatusCode::CONFLICT,
        "undo-unknown",
        "an undo of it has an unknown outcome",
    )
    .help("it is read back, or a person attests what became of it, with evidence")
    .details(json!({ "undo": known.undo })))
}

/// Appends an event of an action's undo and returns where it stands then.
pub async fn append(
    app: &App,
    person: &Person,
    id: &ActionId,
    event: UndoEvent,
) -> Result<UndoState, ApiError> {
    let known = state(app, id)?;
    not_unknown(known.as_ref().map(|(_, state)| state))?;
    let status = known.as_ref().map(|(_, state)| state.status);
    next(status, &event)
        .map_err(|error| ApiError::new(StatusCode::CONFLICT, "undo-not-open", error.to_string()))?;
    let stream = UndoState::stream(id);
    let at = Precondition::StreamAt {
        stream: stream.clone(),
        version: known.map_or(0, |(version, _)| version),
    };
    let actor = format!("person:{}", person.email);
    app.govern(&actor, stream, GovernEvent::Undo(event), (vec![], vec![at]))
        .await?;
    state(app, id)?
        .map(|(_, state)| state)
        .ok_or_else(|| ApiError::not_found("undo of", id.as_str()))
}

/// Leaves an action as it is of which something is to be decided by a person.
pub async fn conflicted(
    app: &App,
    person: &Person,
    id: &ActionId,
    (left, points): (&[String], &str),
) -> Result<(), ApiError> {
    let event = UndoEvent::Conflicted {
        by: person.email.clone(),
        why: points.to_owned(),
        left: left.to_vec(),
    };
    append(app, person, id, event).await.map(|_| ())
}
