//! Unknown outcomes: the record is read back, never the call repeated. Where reading does not tell, a
//! person attests what happened.

use super::append::append_events;
use super::deciders::{eligible, ineligible};
use super::look::read_record;
use super::run::{arguments, at};
use super::undo::verify;
use crate::app::App;
use crate::error::ApiError;
use axum::http::StatusCode;
use leeway_core::action::event::{ActionEvent, Outcome, Resolved};
use leeway_core::action::state::{ActionState, Status};
use leeway_core::classify::{BeforeImage, Effect, FieldChange};
use leeway_core::govern::people::{Person, Right};
use leeway_core::govern::routing::Ineligible;
use leeway_core::id::ActionId;
use leeway_core::undo::fields::alike;
use serde_json::Value;
use std::sync::Arc;

/// How long after its start a call counts as never coming through, when the record shows nothing of it.
const LATEST_ARRIVAL_MS: i64 = 60_000;
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
    if let Some(undoes) = action.undoes() {
        let (outcome, evidence, after) = verify::read_back(app, undoes, (tool, &sent)).await?;
        let told = matches!(after, Some(BeforeImage::Read { .. } | BeforeImage::Missing));
        if !told {
            return Ok(needs("The record could not be read back."));
        }
        return Ok(Some(ActionEvent::Resolved(Resolved {
            outcome,
            by: None,
            evidence,
            after,
        })));
    }
    let now = read_record(app, tool, entry, &sent).await;
    let changes = &judged.classified.changes;
    Ok(match &now {
        BeforeImage::Failed { .. } => None,
        BeforeImage::Missing if judged.classified.effect == Effect::Delete => {
            let evidence = "Read back: the record is gone.";
            Some(resolved(Outcome::Executed, evidence, now))
        }
        BeforeImage::Read { .. } if !changes.is_empty() => {
            let waited_ms = app.clock.now_ms() - action.row.updated_ms;
            match told(changes, &now, &judged.before) {
                Told::New => Some(resolved(
                    Outcome::Executed,
                    "Read back: the new values are there.",
                    now,
                )),
                Told::Old if waited_ms < LATEST_ARRIVAL_MS => None,
                Told::Old => Some(resolved(
                    Outcome::Failed,
                    "Read back a minute later: the record is as it was before.",
                    now,
                )),
                Told::Neither => {
                    needs("Read back, the record has neither the old nor the new values.")
                }
            }
        }
        _ => needs("Reading its record back does not tell whether it happened."),
    })
}

fn resolved(outcome: Outcome, evidence: &str, after: BeforeImage) -> ActionEvent {
    ActionEvent::Resolved(Resolved {
        outcome,
        by: None,
        evidence: evidence.to_owned(),
        after: Some(after),
    })
}

enum Told {
    New,
    Old,
    Neither,
}

fn told(changes: &[FieldChange], now: &BeforeImage, before: &BeforeImage) -> Told {
    let value = |change: &FieldChange| {
        let BeforeImage::Read { fields, .. } = now else {
            return None;
        };
        match &change.record {
            None => fields.get(&change.field).cloned(),
            Some(record) => fields.get(record)?.get(&change.field).cloned(),
        }
    };
    let all = |wanted: &dyn Fn(&FieldChange) -> Value| {
        changes
            .iter()
            .all(|change| value(change).is_some_and(|now| alike(&now, &wanted(change))))
    };
    if all(&|change| change.new.clone()) {
        Told::New
    } else if now == before || all(&|change| change.old.clone()) {
        Told::Old
    } else {
        Told::Neither
    }
}

/// A person says what happened, with evidence.
pub async fn attest(
    app: &App,
    person: &Person,
    id: &ActionId,
    (outcome, evidence): (Outcome, &str),
) -> Result<ActionState, ApiError> {
    if !person.may(Right::Decide) {
        return Err(ineligible(&Ineligible::Role));
    }
    let action = app
        .store
        .reader()?
        .action(id)?
        .ok_or_else(|| ApiError::not_found("action", id.as_str()))?;
    eligible(app, person, &action).map_err(|why| ineligible(&why))?;
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
