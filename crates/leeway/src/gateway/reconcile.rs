//! Unknown outcomes: the record is read back, never the call repeated. Where reading does not tell, a
//! person attests what happened.

use super::append::append_events;
use super::deciders::decidable;
use super::look::{Looking, record_apart};
use super::run::{arguments, at};
use super::secrets;
use super::undo::verify;
use crate::app::App;
use crate::error::ApiError;
use crate::registry::LiveTool;
use axum::http::StatusCode;
use leeway_core::action::event::{ActionEvent, Outcome, ReadFor, Reading, Resolved};
use leeway_core::action::state::{ActionState, Status};
use leeway_core::classify::BeforeImage;
use leeway_core::govern::people::Person;
use leeway_core::id::ActionId;
use leeway_core::undo::read_back::{ReadBack, of_action, of_undo};
use serde_json::Value;
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
    if paused(app, action) {
        return Ok(None);
    }
    let needs = |why: &str| {
        Some(ActionEvent::AttestationNeeded {
            why: why.to_owned(),
        })
    };
    let (now, said, readings) = match reading(app, action).await? {
        Ok(read) => read,
        Err(why) => return Ok(needs(why)),
    };
    let event = match said {
        ReadBack::Tells(outcome, evidence) => {
            return Ok(Some(ActionEvent::Resolved(Resolved {
                outcome,
                by: None,
                evidence,
                after: Some(now),
                readings,
            })));
        }
        ReadBack::Later => None,
        ReadBack::AskAPerson(why) => needs(why),
    };
    record_apart(app, action, readings).await?;
    Ok(event)
}

/// Whether nothing is read for an action now: its workflow is paused, and it is no person's own undo.
pub fn paused(app: &App, action: &ActionState) -> bool {
    let registry = app.registry();
    let live = registry.workflows.get(&action.row.workflow);
    action.undoes().is_none() && live.is_some_and(|live| live.state.paused.is_some())
}

/// The record of a call without outcome as it reads now, and what that says; or why it cannot be read.
pub async fn reading(
    app: &App,
    action: &ActionState,
) -> Result<Result<(BeforeImage, ReadBack, Vec<Reading>), &'static str>, ApiError> {
    let registry = app.registry();
    let Some(judged) = action.current() else {
        return Ok(Err("It was never judged."));
    };
    let Some(tool) = registry.find(&judged.call.tool_name()) else {
        return Ok(Err(
            "The tool is no longer offered, so its record cannot be read.",
        ));
    };
    let Some(entry) = tool.entry() else {
        return Ok(Err("No pack says how its record is read."));
    };
    let Some(sent) = arguments(app, action, judged)?
        .or_else(|| (!judged.sealed).then(|| judged.call.arguments.clone()))
    else {
        return Ok(Err(
            "Its arguments held secrets and are gone, so its record cannot be told.",
        ));
    };
    let settles_ms = entry.settles().as_millis() as i64;
    let late = app.clock.now_ms() - action.row.updated_ms >= LATEST_ARRIVAL_MS + settles_ms;
    Ok(Ok(tells(app, (tool, action), &sent, late).await))
}

/// What the record says now of a call whose answer did not tell; `late` is whether nothing of it can
/// arrive any more.
pub async fn tells(
    app: &App,
    (tool, action): (&Arc<LiveTool>, &ActionState),
    sent: &Value,
    late: bool,
) -> (BeforeImage, ReadBack, Vec<Reading>) {
    let (Some(entry), Some(judged)) = (tool.entry(), action.current()) else {
        let why = "No pack says how its record is read.";
        return (BeforeImage::NotReadable, ReadBack::AskAPerson(why), vec![]);
    };
    if let Some(undoes) = action.undoes() {
        let read = verify::read(app, undoes, (tool, sent)).await;
        let said = of_undo(undoes, &read.readings(&judged.classified), late);
        return (read.now, said, read.made_for);
    }
    let looking = Looking::new(app, secrets::run_of(judged), ReadFor::Reconciling);
    let now = looking.record(tool, entry, sent).await;
    let shown = (&judged.before, &now, &entry.entry.normal);
    let said = of_action(&judged.classified, shown, late);
    (now, said, looking.readings())
}

/// What a person says happened.
pub struct Attested<'a> {
    /// The outcome.
    pub outcome: Outcome,
    /// How they know.
    pub evidence: &'a str,
    /// The action's version as it was shown to them, where it was.
    pub version: Option<u64>,
}

/// A person says what happened, with evidence.
pub async fn attest(
    app: &App,
    person: &Person,
    id: &ActionId,
    said: Attested<'_>,
) -> Result<ActionState, ApiError> {
    let Attested {
        outcome,
        evidence,
        version,
    } = said;
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
    if version.is_some_and(|version| version != action.row.version) {
        return Err(ApiError::new(
            StatusCode::CONFLICT,
            "changed-meanwhile",
            "something changed since it was shown",
        )
        .help("look at it as it is now, then say what happened"));
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
        readings: vec![],
    });
    let events = vec![(format!("person:{}", person.email), event)];
    Ok(append_events(app, id, events, (vec![at(&action)], vec![])).await?)
}
