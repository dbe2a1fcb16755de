//! Incidents: declared with a pause in one go, worked through in seven steps with evidence, and run
//! again only behind a guardrail proven on the very case. What may follow what is in
//! `leeway_core::incident`; here the evidence is gathered and checked.
//!
//! [`breaker`] stops a workflow by itself; [`declare`] begins, [`steps`] are steps 2 to 6, [`sample`] is
//! step 7, [`again`] lets the workflow run again, [`tend`] does what waits for nobody, [`report`] writes
//! it up, [`drill`] tries a pause.

pub mod again;
pub mod breaker;
pub mod declare;
pub mod drill;
pub mod report;
pub mod sample;
pub mod steps;
pub mod tend;

use crate::app::App;
use crate::earning;
use crate::error::ApiError;
use axum::http::StatusCode;
use leeway_core::govern::event::GovernEvent;
use leeway_core::govern::people::{Person, Right};
use leeway_core::govern::state::Document;
use leeway_core::incident::{IncidentEvent, IncidentState};
use leeway_core::ledger::event::Event;
use leeway_store::{NewEntry, Precondition};

/// An incident by the number in the address, and the length of its stream.
pub fn find(app: &App, number: &str) -> Result<(u64, IncidentState), ApiError> {
    let unknown = || ApiError::not_found("incident", &number.escape_debug().to_string());
    let parsed = IncidentState::number(number).ok_or_else(unknown)?;
    let found = app
        .store
        .reader()?
        .document(&IncidentState::stream(parsed))?;
    match found {
        Some((version, Document::Incident(state))) => Ok((version, state)),
        _ => Err(unknown()),
    }
}

/// Every incident, newest first.
pub fn all(app: &App) -> Result<Vec<IncidentState>, ApiError> {
    let mut found: Vec<IncidentState> = app
        .store
        .reader()?
        .documents("incident/")?
        .into_iter()
        .filter_map(|(_, _, document)| match document {
            Document::Incident(state) => Some(state),
            _ => None,
        })
        .collect();
    found.sort_by_key(|state| std::cmp::Reverse(state.number));
    Ok(found)
}

/// The incident a workflow is in, if it is in one.
pub fn of_workflow(app: &App, workflow: &str) -> Result<Option<IncidentState>, ApiError> {
    let mut open = all(app)?.into_iter();
    Ok(open.find(|state| state.workflow == workflow && !state.status.is_over()))
}

/// Appends an event to an incident, if it may follow, and returns what the incident is then.
pub async fn append(
    app: &App,
    actor: &str,
    known: (u64, &IncidentState),
    event: IncidentEvent,
) -> Result<IncidentState, ApiError> {
    append_with(app, actor, known, (event, vec![], vec![])).await
}

/// The same, with what else is to be appended or nothing is, under these preconditions.
pub async fn append_with(
    app: &App,
    actor: &str,
    (version, state): (u64, &IncidentState),
    (event, more, mut preconditions): (IncidentEvent, Vec<NewEntry>, Vec<Precondition>),
) -> Result<IncidentState, ApiError> {
    let time_ms = app.clock.now_ms();
    IncidentState::apply(Some(state.clone()), state.number, time_ms, &event).map_err(|error| {
        ApiError::new(StatusCode::CONFLICT, error.code(), error.to_string())
            .help("steps follow one another, each with its evidence, by whoever is in command")
    })?;
    let stream = IncidentState::stream(state.number);
    preconditions.push(Precondition::StreamAt {
        stream: stream.clone(),
        version,
    });
    let mut entries = vec![NewEntry {
        stream,
        actor: actor.to_owned(),
        time_ms,
        event: Event::Govern(GovernEvent::Incident(event)),
    }];
    entries.extend(more);
    let appended = earning::append(app, entries, preconditions).await;
    appended.map_err(|error| match error.code {
        "stale" => moved(),
        _ => error,
    })?;
    find(app, &state.number.to_string()).map(|(_, state)| state)
}

pub(crate) fn moved() -> ApiError {
    ApiError::new(
        StatusCode::CONFLICT,
        "stale",
        "the incident went on meanwhile; nothing was done",
    )
    .help("look at it again and decide on what it is now")
}

/// A person's entry: theirs by name.
pub(crate) fn actor(person: &Person) -> String {
    format!("person:{}", person.email)
}

/// Whoever works an incident may pause workflows.
pub(crate) fn may_work(person: &Person) -> Result<(), ApiError> {
    if person.may(Right::Pause) {
        return Ok(());
    }
    Err(ApiError::forbidden("your role does not work incidents"))
}
