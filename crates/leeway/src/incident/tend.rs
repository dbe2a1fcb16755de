//! What waits for nobody: completing a declaration that was interrupted, escalating where owners are
//! silent, closing after the clean window.

use super::again::through;
use super::declare::{contain, held, owners, tell_owners};
use super::{all, append, find};
use crate::app::App;
use crate::error::ApiError;
use crate::registry::LiveWorkflow;
use leeway_core::govern::event::GovernEvent;
use leeway_core::govern::workflow::SILENT_MINUTES;
use leeway_core::incident::{IncidentEvent, IncidentState, IncidentStatus};
use leeway_store::{AppendError, Precondition};

/// Looks at every open incident once.
pub async fn tend(app: &App) -> Result<(), ApiError> {
    if let Err(error) = super::breaker::watch(app).await {
        tracing::warn!(%error, "breakers could not be looked at");
    }
    for state in all(app)?.iter().filter(|state| !state.status.is_over()) {
        if let Err(error) = one(app, state).await {
            tracing::warn!(incident = state.number, %error, "an incident could not be tended");
        }
    }
    Ok(())
}

async fn one(app: &App, state: &IncidentState) -> Result<(), ApiError> {
    let now_ms = app.clock.now_ms();
    if state.status == IncidentStatus::Declared {
        tell_owners(app, state.number).await?;
        return contain(app, state.number).await;
    }
    // A breaker paused it, and the process ended before that was recorded here.
    let registry = app.registry();
    let live = registry.workflows.get(&state.workflow);
    let paused = live.and_then(|live| held(&live.state));
    if let Some(pause) = paused
        && state.status == IncidentStatus::Reenabled
        && pause.by == "leeway"
    {
        return super::breaker::recurred(app, state.number, &pause.reason).await;
    }
    let due = state.clean_until_ms.is_some_and(|until| until <= now_ms);
    if state.status == IncidentStatus::Reenabled && due {
        return close(app, state).await;
    }
    let mine = state.told.iter().filter(|one| one.round == state.rounds);
    let minutes = live.map_or(SILENT_MINUTES, |live| {
        live.state.workflow.incident_silent_minutes
    });
    let silent_ms = i64::from(minutes) * 60_000;
    let silent = mine.clone().all(|one| now_ms - one.at_ms > silent_ms) && mine.clone().count() > 0;
    if silent && !state.is_acknowledged() && state.status.is_commanded() {
        return escalate(app, state).await;
    }
    Ok(())
}

async fn close(app: &App, state: &IncidentState) -> Result<(), ApiError> {
    let (version, state) = find(app, &state.number.to_string())?;
    let by = "leeway".to_owned();
    append(
        app,
        "leeway",
        (version, &state),
        IncidentEvent::Closed { by },
    )
    .await?;
    lift(app, &state).await
}

/// Ends what running again began with: a person approves everything. What people held back themselves,
/// before or since, stays. `state` is the incident before it closed: since then it ran again.
async fn lift(app: &App, state: &IncidentState) -> Result<(), ApiError> {
    const TRIES: u32 = 5;
    for _ in 0..TRIES {
        let registry = app.registry();
        let Some(live) = registry.workflows.get(&state.workflow) else {
            return Ok(());
        };
        let contained = live.state.contained.as_ref();
        let holder = IncidentState::stream(state.number);
        let own = contained.is_some_and(|now| match &now.holder {
            Some(by) => *by == holder,
            // From before holders were recorded.
            None => now.reason == through(state.number) && now.at_ms <= state.since_ms,
        });
        if !own {
            return Ok(());
        }
        let event = GovernEvent::WorkflowContained {
            rung: None,
            reason: format!("Incident {} closed after a clean window", state.number),
            holder: contained.and_then(|now| now.holder.clone()),
        };
        let stream = LiveWorkflow::stream(&state.workflow);
        let at = Precondition::StreamAt {
            stream: stream.clone(),
            version: live.version,
        };
        match app
            .govern("leeway", stream, event, (vec![], vec![at]))
            .await
        {
            Err(AppendError::Conflict(_)) => {}
            other => return Ok(other?),
        }
    }
    tracing::warn!(workflow = %state.workflow, "it stays held back: it changes faster than it can be let go");
    Ok(())
}

async fn escalate(app: &App, state: &IncidentState) -> Result<(), ApiError> {
    let registry = app.registry();
    let told = |email: &String| {
        let mut told = state.told.iter();
        told.any(|one| one.to == *email && one.round == state.rounds)
    };
    let decides = registry
        .people
        .iter()
        .filter(|person| person.may(leeway_core::govern::people::Right::Resume))
        .map(|person| person.email.clone());
    let next = owners(app, &state.workflow)
        .into_iter()
        .chain(decides)
        .find(|email| !told(email));
    let Some(to) = next else {
        return Ok(());
    };
    let (version, state) = find(app, &state.number.to_string())?;
    let event = IncidentEvent::Escalated { to, message: None };
    append(app, "leeway", (version, &state), event)
        .await
        .map(|_| ())
}
