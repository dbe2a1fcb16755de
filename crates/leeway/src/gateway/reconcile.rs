//! Unknown outcomes: the record is read back, never the call repeated. Where reading does not tell, a
//! person attests what happened.

use super::append::append_events;
use super::deciders::decidable;
use super::look::read_record;
use super::run::{arguments, at};
use super::undo::verify;
use crate::app::App;
use crate::error::ApiError;
use axum::http::StatusCode;
use leeway_core::action::event::{ActionEvent, Outcome, Resolved};
use leeway_core::action::state::{ActionState, Status};
use leeway_core::govern::people::Person;
use leeway_core::id::ActionId;
use leeway_core::undo::read_back::{ReadBack, of_action, of_undo};
use std::sync::Arc;

/// How long after its start a call counts as never coming through, when the record shows nothing of it.
pub const LATEST_ARRIVAL_MS: i64 = 60_000;
/// Longest evidence, characters.
const LONGEST: usize = 2_000;

/// Reads back an action whose outcome is unknown. Returns whether that settled anything.
pub async fn read_back(app: &Arc<App>, id: &ActionId) -> Result<bool, ApiError> {
    let Some(action) = app.store.reader()?.action(id)? else {
        return Ok(false);
    };
    if action.row.status != Status::OutcomeUnknown {
        return Ok(false);
    }
    let Some(event) = found(app, &action).await? else {
        return Ok(false);
    };
    let events = vec![("leeway".to_owned(), event)];
    append_events(app, id, events, (vec![at(&action)], vec![])).await?;
    Ok(true)
}

async fn found(app: &Arc<App>, action: &ActionState) -> Result<Option<ActionEvent>, ApiError> {
    let registry = app.registry();
    let Some(judged) = action.current() else {
        return Ok(None);
    };
    let needs = |why: &str| {
        Some(ActionEvent::AttestationNeeded {
            why: why.to_owned(),
        })
    };
    let Some(tool) = registry.find(&judged.call.tool_name()) else {
        return Ok(needs(
            "The tool is no longer offered, so its record cannot be read.",
        ));
    };
    let Some(entry) = tool.entry() else {
        return Ok(needs("No pack says how its record is read."));
    };
    let Some(sent) = arguments(app, action, judged)?
        .or_else(|| (!judged.sealed).then(|| judged.call.arguments.clone()))
    else {
        return Ok(needs(
            "Its arguments held secrets and are gone, so its record cannot be told.",
        ));
    };
    let settles_ms = entry.settles().as_millis() as i64;
    let late = app.clock.now_ms() - action.row.updated_ms >= LATEST_ARRIVAL_MS + settles_ms;
    let (now, said) = match action.undoes() {
        Some(undoes) => {
            let read = verify::read(app, undoes, (tool, &sent)).await;
            let said = of_undo(undoes, &read.readings(&judged.classified), late);
            (read.now, said)
        }
        None => {
            let now = read_record(app, tool, entry, &sent).await;
            let said = of_action(&judged.classified, (&now, &entry.entry.normal), late);
            (now, said)
        }
    };
    Ok(match said {
        ReadBack::Later => None,
        ReadBack::AskAPerson(why) => needs(why),
        ReadBack::Tells(outcome, evidence) => Some(ActionEvent::Resolved(Resolved {
            outcome,
            by: None,
            evidence,
            after: Some(now),
        })),
    })
}

/// A person says what happened, with evidence.
pub async fn attest(
    app: &App,
    person: &Person,
    id: &ActionId,
    (outcome, evidence): (Outcome, &str),
) -> Result<ActionState, ApiError> {
    let action = decidable(app, person, id)?;
    if !matches!(
        action.row.status,
        Status::OutcomeUnknown | Status::NeedsAttestation
    ) {
        return Err(ApiError::new(
            StatusCode::CONFLICT,
            "outcome-known",
            format!("its outcome is known: it is {}", action.row.status.name()),
        ));
    }
    let evidence = evidence.trim();
    if evidence.is_empty() || evidence.chars().count() > LONGEST {
        return Err(ApiError::invalid(
            "evidence-invalid",
            format!("say how you know, in 1 to {LONGEST} characters"),
        )
        .help("for example where you looked and what you saw there"));
    }
    if outcome == Outcome::OutcomeUnknown {
        return Err(ApiError::invalid(
            "outcome-invalid",
            "an outcome is attested as `executed`, `failed` or `partial`",
        ));
    }
    let event = ActionEvent::Resolved(Resolved {
        outcome,
        by: Some(person.email.clone()),
        evidence: evidence.to_owned(),
        after: None,
    });
    let events = vec![(format!("person:{}", person.email), event)];
    Ok(append_events(app, id, events, (vec![at(&action)], vec![])).await?)
}
