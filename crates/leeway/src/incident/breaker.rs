//! Tripped breakers: the workflow is paused and the suspicion of an incident raised in one append; its
//! owners are told. A person confirms it by declaring, or dismisses it.

use super::declare::{held, pause_of, tell_owners};
use super::{actor, append, find, may_work, of_workflow};
use crate::app::App;
use crate::error::ApiError;
use crate::registry::LiveWorkflow;
use leeway_core::govern::event::GovernEvent;
use leeway_core::govern::people::Person;
use leeway_core::incident::{IncidentEvent, IncidentState, IncidentStatus, Trigger};
use leeway_core::ledger::event::Event;
use leeway_store::{Append, AppendError, NewEntry, Precondition};

/// Looks at every workflow's breakers once.
pub async fn watch(app: &App) -> Result<(), ApiError> {
    let registry = app.registry();
    for (name, live) in &registry.workflows {
        let breakers = &live.state.workflow.breakers;
        let open = of_workflow(app, name)?;
        let runs_again = |state: &IncidentState| state.status == IncidentStatus::Reenabled;
        let worked = open.as_ref().is_some_and(|state| !runs_again(state));
        if breakers.is_empty() || held(&live.state).is_some() || worked {
            continue;
        }
        for breaker in breakers {
            // What came before the last resumption was looked at by whoever resumed it.
            let resumed = super::declare::resumption_of(app, name)?;
            let window_ms = (breaker.window_s as i64).saturating_mul(1000);
            let since_ms = app.clock.now_ms().saturating_sub(window_ms);
            let from_ms = resumed.map_or(since_ms, |entry| entry.at_ms.max(since_ms));
            let tally = app.store.reader()?.tally(name, from_ms)?;
            if let Some((trigger, why)) = breaker.trips(&tally, live.state.workflow.currency()) {
                match &open {
                    // Within the clean window it is the same incident again.
                    Some(state) => recur(app, live, (state.number, &why)).await?,
                    None => suspect(app, live, (trigger, &why)).await?,
                }
                break;
            }
        }
    }
    Ok(())
}

async fn suspect(
    app: &App,
    live: &LiveWorkflow,
    (trigger, why): (Trigger, &str),
) -> Result<(), ApiError> {
    let name = &live.state.workflow.name;
    let number = super::all(app)?.first().map_or(0, |state| state.number) + 1;
    let suspected = IncidentEvent::Suspected {
        workflow: name.clone(),
        by: "leeway".to_owned(),
        why: why.to_owned(),
        trigger,
    };
    let pause = GovernEvent::WorkflowPaused {
        reason: format!("A breaker tripped (incident {number}): {why}"),
        holder: None,
    };
    let entry = |stream: String, event| NewEntry {
        stream,
        actor: "leeway".to_owned(),
        time_ms: app.clock.now_ms(),
        event: Event::Govern(event),
    };
    let incident = IncidentState::stream(number);
    let workflow = LiveWorkflow::stream(name);
    let appended = app
        .store
        .append(Append {
            entries: vec![
                entry(incident.clone(), GovernEvent::Incident(suspected)),
                entry(workflow.clone(), pause),
            ],
            preconditions: vec![
                Precondition::StreamAt {
                    stream: incident,
                    version: 0,
                },
                Precondition::StreamAt {
                    stream: workflow,
                    version: live.version,
                },
            ],
            side: vec![],
        })
        .await;
    match appended {
        // Somebody was faster: it is looked at again.
        Err(AppendError::Conflict(_)) => return Ok(()),
        other => other?,
    };
    tracing::warn!(workflow = %name, %why, "a breaker tripped: the workflow is paused");
    tell_owners(app, number).await
}

/// Pauses a workflow whose incident was thought to be over, and takes the incident back to step 2.
async fn recur(app: &App, live: &LiveWorkflow, (number, why): (u64, &str)) -> Result<(), ApiError> {
    let name = &live.state.workflow.name;
    let pause = GovernEvent::WorkflowPaused {
        reason: format!("Incident {number} again, a breaker tripped: {why}"),
        holder: None,
    };
    let stream = LiveWorkflow::stream(name);
    let at = Precondition::StreamAt {
        stream: stream.clone(),
        version: live.version,
    };
    match app
        .govern("leeway", stream, pause, (vec![], vec![at]))
        .await
    {
        // Somebody was faster: it is looked at again.
        Err(AppendError::Conflict(_)) => return Ok(()),
        other => other?,
    }
    recurred(app, number, why).await
}

/// Records that an incident happened again, once its workflow is paused.
pub(super) async fn recurred(app: &App, number: u64, why: &str) -> Result<(), ApiError> {
    let (version, state) = find(app, &number.to_string())?;
    let Some(pause) = pause_of(app, &state.workflow)? else {
        return Ok(());
    };
    let event = IncidentEvent::Recurred {
        by: "leeway".to_owned(),
        action: None,
        why: why.to_owned(),
        pause,
    };
    append(app, "leeway", (version, &state), event).await?;
    tell_owners(app, number).await
}

/// Takes a suspicion for an incident: whoever does is in command.
pub async fn confirm(app: &App, person: &Person, number: &str) -> Result<IncidentState, ApiError> {
    may_work(person)?;
    let (version, state) = find(app, number)?;
    let event = IncidentEvent::Declared {
        workflow: state.workflow.clone(),
        commander: person.email.clone(),
        why: state.why.clone(),
        example: None,
    };
    let state = append(app, &actor(person), (version, &state), event).await?;
    if pause_of(app, &state.workflow)?.is_none() {
        let reason = format!("Incident {number}");
        crate::gateway::pausing::pause(app, person, (&state.workflow, &reason)).await?;
    }
    super::declare::contain(app, state.number).await?;
    find(app, number).map(|(_, state)| state)
}

/// It was a false alarm. The workflow stays paused until somebody resumes it.
pub async fn dismiss(
    app: &App,
    person: &Person,
    number: &str,
    why: &str,
) -> Result<IncidentState, ApiError> {
    may_work(person)?;
    crate::texts::within([("why", why)])?;
    let (version, state) = find(app, number)?;
    let event = IncidentEvent::Dismissed {
        by: person.email.clone(),
        why: why.trim().to_owned(),
    };
    append(app, &actor(person), (version, &state), event).await
}
