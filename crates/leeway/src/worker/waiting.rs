//! Watches what waits: reminds those who may decide, lets the fallback decide too when nobody does,
//! and ends what nobody decided in time. Nothing here waits for a system: [`super::looking`] does.

use crate::app::App;
use crate::error::ApiError;
use crate::gateway::append::{action_stream, append_events};
use crate::gateway::{decide, deciders};
use crate::registry::LiveWorkflow;
use leeway_core::action::event::ActionEvent;
use leeway_core::action::state::{ActionRow, ActionState, Status};
use leeway_store::{AppendError, Precondition};
use std::sync::Arc;
use std::time::Duration;

/// How often deadlines are looked at: an action expires at most this much late.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Reminders and escalations are looked for once in so many looks.
const NUDGE_EVERY: u32 = 10;
/// Held actions looked through for reminders at once; the most urgent first.
const MOST_LOOKED_AT: usize = 2_000;

/// Runs until the process ends.
pub async fn serve(app: Arc<App>) {
    let mut looks = 0_u32;
    let mut step = None;
    loop {
        tell_step(&app, &mut step);
        if let Err(error) = expire(&app).await {
            tracing::warn!(%error, "deadlines could not be looked at");
        }
        if looks.is_multiple_of(NUDGE_EVERY)
            && let Err(error) = nudge(&app).await
        {
            tracing::warn!(%error, "reminders could not be looked at");
        }
        looks = looks.wrapping_add(1);
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Says once that somebody set the machine's clock: what waits goes by the time that passes.
fn tell_step(app: &App, told: &mut Option<i64>) {
    let now = app.clock.step_ms().map(|ms| ms / 1000);
    if now.is_some() && told.is_none_or(|told| (now.unwrap_or(0) - told).abs() > 5) {
        tracing::warn!(
            seconds = now,
            "the machine's clock was set; Leeway goes on by the time that passes until it is started again"
        );
    }
    *told = now;
}

async fn expire(app: &App) -> Result<(), ApiError> {
    let due = app.store.reader()?.expired(app.clock.now_ms())?;
    for id in due {
        if let Err(error) = decide::expire(app, &id).await {
            tracing::debug!(%id, %error, "not expired: it was decided meanwhile");
        }
    }
    Ok(())
}

/// Puts what may run and has not started back in the queue: its workflow was paused, or the ledger
/// could not be written when it was tried.
fn requeue(app: &App) -> Result<(), ApiError> {
    let registry = app.registry();
    let waiting = app
        .store
        .reader()?
        .with_status(&[Status::Approved, Status::Authorised])?;
    for row in waiting {
        let runs = registry
            .workflows
            .get(&row.workflow)
            .is_some_and(|live| live.state.paused.is_none());
        // What takes an action back is a person's own act: it runs while its workflow is paused.
        if runs || row.undoes.is_some() {
            app.enqueue(row.id);
        }
    }
    Ok(())
}

async fn nudge(app: &App) -> Result<(), ApiError> {
    requeue(app)?;
    let held = app.store.reader()?.held(None, MOST_LOOKED_AT)?;
    let registry = app.registry();
    for row in held {
        let Some(workflow) = registry.workflows.get(&row.workflow) else {
            continue;
        };
        // A row is younger than its wait, so what is not due by it is not due at all.
        if next_part(workflow, &row)
            .is_none_or(|part| workflow.rules.wait_over(row.created_ms, part) > app.clock.now_ms())
        {
            continue;
        }
        let Some(action) = app.store.reader()?.action(&row.id)? else {
            continue;
        };
        let events = due(app, workflow, &action);
        if events.is_empty() {
            continue;
        }
        let events = events
            .into_iter()
            .map(|event| ("leeway".to_owned(), event))
            .collect();
        let unmoved = Precondition::StreamAt {
            stream: action_stream(&row.id),
            version: action.row.version,
        };
        match append_events(app, &row.id, events, (vec![unmoved], vec![])).await {
            Ok(_) | Err(AppendError::Conflict(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// The part of the wait after which something is due next, if anything is.
fn next_part(workflow: &LiveWorkflow, row: &ActionRow) -> Option<f64> {
    let settings = &workflow.state.workflow;
    let reminder = settings.remind_at.get(row.reminded as usize).copied();
    let escalation = row.escalated_to.is_none().then_some(settings.escalate_at);
    match (reminder, escalation) {
        (Some(reminder), Some(escalation)) => Some(reminder.min(escalation)),
        (reminder, escalation) => reminder.or(escalation),
    }
}

/// What is due for a held action now.
fn due(app: &App, workflow: &LiveWorkflow, action: &ActionState) -> Vec<ActionEvent> {
    let (Some(judged), Some(routing)) = (action.current(), deciders::routing(app, action)) else {
        return Vec::new();
    };
    let (settings, now_ms) = (&workflow.state.workflow, app.clock.now_ms());
    let over = |part: f64| workflow.rules.wait_over(judged.facts.now_ms, part) <= now_ms;
    let mut events = Vec::new();
    let reminders = settings
        .remind_at
        .iter()
        .filter(|part| over(**part))
        .count() as u32;
    if reminders > action.row.reminded && !routing.ask.is_empty() {
        events.push(ActionEvent::Reminded {
            to: routing.ask.clone(),
            number: reminders,
        });
    }
    if action.row.escalated_to.is_none()
        && settings.escalate_at < 1.0
        && over(settings.escalate_at)
        && let Some(fallback) = routing
            .fallback
            .filter(|email| !routing.eligible.contains(email))
    {
        events.push(ActionEvent::Escalated { to: fallback });
    }
    events
}
