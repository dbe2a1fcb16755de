//! Pause drills: the workflow is paused for a moment in the midst of whatever goes on, and the ledger is
//! asked whether anything of its agents started in between.

use super::declare::{pause_of, resumption_of};
use super::{actor, moved};
use crate::app::App;
use crate::error::ApiError;
use crate::gateway::pausing;
use crate::registry::LiveWorkflow;
use axum::http::StatusCode;
use leeway_core::govern::event::GovernEvent;
use leeway_core::govern::people::{Person, Right};
use leeway_core::id::ActionId;
use leeway_store::StoreError;
use std::sync::Arc;
use std::time::Duration;

/// Longest a drill holds a workflow, seconds.
const LONGEST_S: u64 = 60;
/// Entries read at once.
const PAGE: usize = 1_000;

/// Pauses a workflow, holds it so many seconds, resumes it, and records what that showed. It goes on to
/// its end when whoever asked hangs up: a drill never leaves a workflow paused.
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
    pausing::pause(app, person, (name, "A drill")).await?;
    let pause_ms = began.elapsed().as_millis() as u64;
    tokio::time::sleep(Duration::from_secs(hold_s)).await;
    let held_ms = (began.elapsed().as_millis() as u64).saturating_sub(pause_ms);
    let pause = pause_of(app, name)?;
    pausing::resume(app, person, (name, "The drill is over")).await?;
    let (pause, resumed) = (
        pause.ok_or_else(moved)?,
        resumption_of(app, name)?.ok_or_else(moved)?,
    );
    let workflow = name.to_owned();
    let started = app
        .store
        .read(move |reader| started(reader, &workflow, (pause.seq, resumed.seq)))
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
