//! Pause drills: the workflow is paused for a moment in the midst of whatever goes on, and the ledger is
//! asked whether anything of its agents started in between.

use super::actor;
use crate::app::App;
use crate::clock;
use crate::error::ApiError;
use crate::gateway::pausing;
use crate::registry::LiveWorkflow;
use axum::http::StatusCode;
use leeway_core::govern::event::GovernEvent;
use leeway_core::govern::people::{Person, Right};
use leeway_core::id::ActionId;
use leeway_core::ledger::event::Event;
use leeway_store::{Append, AppendError, Appended, NewEntry, StoreError};
use std::sync::Arc;
use std::time::Duration;

/// Longest a drill holds a workflow, seconds.
const LONGEST_S: u64 = 60;
/// Entries read at once.
const PAGE: usize = 1_000;

/// Pauses a workflow, holds it so many seconds, resumes it, and records what that showed. It goes on to
/// its end when whoever asked hangs up: a drill never leaves a workflow paused that nobody else paused.
pub async fn drill(
    app: &Arc<App>,
    person: &Person,
    (name, hold_s): (&str, u64),
) -> Result<(), ApiError> {
    if !person.may(Right::Resume) {
        return Err(ApiError::forbidden(
            "a drill resumes the workflow, and your role does not",
        ));
    }
    if hold_s > LONGEST_S {
        return Err(ApiError::invalid(
            "hold-invalid",
            format!("a drill holds a workflow {LONGEST_S} seconds at most"),
        ));
    }
    let (app, person, name) = (app.clone(), person.clone(), name.to_owned());
    tokio::spawn(async move { run(&app, &person, (&name, hold_s)).await })
        .await
        .unwrap_or_else(|error| {
            Err(ApiError::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal-error",
                format!("the drill broke off: {error}"),
            ))
        })
}

async fn run(app: &App, person: &Person, (name, hold_s): (&str, u64)) -> Result<(), ApiError> {
    let began = tokio::time::Instant::now();
    let holder = format!("drill/{}", hex::encode(clock::random::<8>()));
    let from = pause(app, person, (name, &holder)).await?;
    let pause_ms = began.elapsed().as_millis() as u64;
    tokio::time::sleep(Duration::from_secs(hold_s)).await;
    let held_ms = (began.elapsed().as_millis() as u64).saturating_sub(pause_ms);
    end(app, person, (name, &holder)).await?;
    let (workflow, stream) = (name.to_owned(), LiveWorkflow::stream(name));
    let started = app
        .store
        .read(move |reader| {
            // Until it ended, or somebody took the pause over and it went on.
            let entries = reader.entries_of(&stream)?;
            let until = entries
                .iter()
                .find(|raw| raw.envelope.seq > from && raw.envelope.kind == "workflow.resumed");
            let until = until.map_or(u64::MAX, |raw| raw.envelope.seq);
            started(reader, &workflow, (from, until))
        })
        .await?;
    let event = GovernEvent::WorkflowDrilled {
        pause_ms,
        held_ms,
        started,
    };
    let stream = LiveWorkflow::stream(name);
    app.govern(&actor(person), stream, event, (vec![], vec![]))
        .await?;
    Ok(())
}

/// Pauses for the drill alone. Returns the place of the pause in the ledger.
async fn pause(app: &App, person: &Person, (name, holder): (&str, &str)) -> Result<u64, ApiError> {
    let registry = app.registry();
    let live = registry
        .workflows
        .get(name)
        .ok_or_else(|| ApiError::not_found("workflow", name))?;
    if let Some(pause) = &live.state.paused {
        return Err(pausing::already(name, pause));
    }
    let event = GovernEvent::WorkflowPaused {
        reason: "A drill".to_owned(),
        holder: Some(holder.to_owned()),
    };
    match append(app, person, (name, event)).await {
        // Somebody pressed stop in between.
        Err(AppendError::InvalidTransition(why)) => {
            let registry = app.registry();
            let live = registry.workflows.get(name);
            Err(match live.and_then(|live| live.state.paused.as_ref()) {
                Some(pause) => pausing::already(name, pause),
                None => AppendError::InvalidTransition(why).into(),
            })
        }
        went => Ok(went?.first_seq),
    }
}

/// Ends the drill's own pause. Whoever pressed stop meanwhile stays stopped, and whoever let the workflow go on
/// has.
async fn end(app: &App, person: &Person, (name, holder): (&str, &str)) -> Result<(), ApiError> {
    let event = GovernEvent::WorkflowResumed {
        reason: "The drill is over".to_owned(),
        holder: Some(holder.to_owned()),
    };
    match append(app, person, (name, event)).await {
        Err(AppendError::InvalidTransition(why)) => {
            tracing::info!(workflow = %name, %why, "a drill's pause was taken over, or is over");
            Ok(())
        }
        Err(error) => Err(error.into()),
        Ok(_) => pausing::requeue(app, name),
    }
}

async fn append(
    app: &App,
    person: &Person,
    (name, event): (&str, GovernEvent),
) -> Result<Appended, AppendError> {
    let entry = NewEntry {
        stream: LiveWorkflow::stream(name),
        actor: actor(person),
        time_ms: app.clock.now_ms(),
        event: Event::Govern(event),
    };
    let append = Append {
        entries: vec![entry],
        ..Append::default()
    };
    app.store.append(append).await
}

/// How many actions of a workflow's agents started between two entries.
fn started(
    reader: &leeway_store::Reader,
    workflow: &str,
    (mut from, to): (u64, u64),
) -> Result<u64, StoreError> {
    let mut started = 0;
    while from < to {
        let entries = reader.entries(from, PAGE)?;
        let Some(last) = entries.last() else { break };
        let next = last.envelope.seq + 1;
        for raw in entries.iter().filter(|raw| raw.envelope.seq < to) {
            if raw.envelope.kind != "action.started" {
                continue;
            }
            let id = raw
                .envelope
                .stream
                .strip_prefix("action/")
                .and_then(ActionId::parse);
            let row = match id {
                Some(id) => reader.action_row(&id)?,
                None => None,
            };
            started +=
                u64::from(row.is_some_and(|row| row.workflow == workflow && row.undoes.is_none()));
        }
        from = next;
    }
    Ok(started)
}
