//! Pausing a workflow: one entry, after which nothing of it can start, because every start has the
//! workflow's stream version as precondition. It freezes and cancels nothing.

use crate::app::App;
use crate::clock::rfc3339;
use crate::error::ApiError;
use crate::people::access::actor;
use crate::registry::LiveWorkflow;
use crate::texts;
use axum::http::StatusCode;
use leeway_core::action::state::Status;
use leeway_core::govern::containment::{Containment, Everything};
use leeway_core::govern::event::GovernEvent;
use leeway_core::govern::people::{Person, Right};
use leeway_core::govern::state::Pause;
use leeway_core::incident::IncidentStatus;
use leeway_core::ledger::event::Event;
use leeway_store::{Append, AppendError, NewEntry, Precondition};
use std::sync::Arc;

/// How often everything is looked at again when somebody was faster.
const TRIES: u32 = 20;

fn live(app: &App, name: &str) -> Result<Arc<LiveWorkflow>, ApiError> {
    app.registry()
        .workflows
        .get(name)
        .cloned()
        .ok_or_else(|| ApiError::not_found("workflow", name))
}

/// Pauses a workflow. Over a drill's pause, or somebody else's, it is whoever pressed it whose pause holds
/// from then on.
pub async fn pause(
    app: &App,
    person: &Person,
    (name, reason): (&str, &str),
) -> Result<(), ApiError> {
    texts::within([("reason", reason)])?;
    if !person.may(Right::Pause) {
        return Err(ApiError::forbidden("your role does not pause workflows"));
    }
    let live = live(app, name)?;
    if let Some(pause) = &live.state.paused
        && pause.is_of(&actor(person))
    {
        return Err(already(name, pause));
    }
    let event = GovernEvent::WorkflowPaused {
        reason: reason.to_owned(),
        holder: None,
    };
    change(app, person, name, (event, vec![])).await
}

/// Refuses to pause what somebody paused for good: by whom, and since when.
pub fn already(name: &str, pause: &Pause) -> ApiError {
    ApiError::new(
        StatusCode::CONFLICT,
        "already-paused",
        format!(
            "`{name}` is paused already: by {}, since {}",
            pause.by.strip_prefix("person:").unwrap_or(&pause.by),
            rfc3339(pause.at_ms)
        ),
    )
}

/// Resumes a workflow; what was approved or authorised meanwhile goes on. `of` is when the pause began that
/// was shown: another one is not ended by it.
pub async fn resume(
    app: &App,
    person: &Person,
    (name, reason, of): (&str, &str, Option<&str>),
) -> Result<(), ApiError> {
    texts::within([("reason", reason)])?;
    if !person.may(Right::Resume) {
        return Err(ApiError::forbidden("your role does not resume workflows")
            .help("an owner or operator resumes"));
    }
    let live = live(app, name)?;
    let Some(pause) = &live.state.paused else {
        return Err(ApiError::new(
            StatusCode::CONFLICT,
            "not-paused",
            format!("`{name}` is not paused"),
        ));
    };
    let mut preconditions = vec![];
    if let Some(of) = of {
        if of != rfc3339(pause.at_ms) {
            return Err(ApiError::new(
                StatusCode::CONFLICT,
                "stale",
                format!(
                    "it is not the pause you were shown: {} paused `{name}` since",
                    pause.by.strip_prefix("person:").unwrap_or(&pause.by)
                ),
            )
            .help("read the workflow again"));
        }
        preconditions.push(Precondition::StreamAt {
            stream: LiveWorkflow::stream(name),
            version: live.version,
        });
    }
    if let Some(open) = crate::incident::of_workflow(app, name)?
        && open.status != IncidentStatus::Reenabled
    {
        return Err(ApiError::new(
            StatusCode::CONFLICT,
            "incident-open",
            format!("`{name}` is in incident {}", open.number),
        )
        .help("it runs again from the incident, after its seven steps"));
    }
    let event = GovernEvent::WorkflowResumed {
        reason: reason.to_owned(),
        holder: None,
    };
    change(app, person, name, (event, preconditions)).await?;
    requeue(app, name)
}

/// Holds a workflow back, or lets it go on as its rules say (`None`). Stricter is for whoever may pause, and so
/// is what somebody else holds so far already: from then on it is theirs. Milder is for whoever may resume.
pub async fn contain(
    app: &App,
    person: &Person,
    name: &str,
    (rung, reason): (Option<Containment>, &str),
) -> Result<(), ApiError> {
    texts::within([("reason", reason)])?;
    let live = live(app, name)?;
    let contained = live.state.contained.as_ref();
    let now = contained.map(|contained| contained.rung);
    let own = contained.is_none_or(|contained| contained.is_of(&actor(person)));
    if now == rung && own {
        return Err(ApiError::new(
            StatusCode::CONFLICT,
            "contained-already",
            format!("`{name}` stands there already"),
        ));
    }
    let (right, what) = if rung >= now {
        (Right::Pause, "hold workflows back")
    } else {
        (Right::Resume, "let workflows go on")
    };
    if !person.may(right) {
        return Err(ApiError::forbidden(format!("your role does not {what}")));
    }
    if rung < Some(Containment::ApproveAll) && in_incident(app, name) {
        return Err(ApiError::new(
            StatusCode::CONFLICT,
            "incident-open",
            format!("`{name}` is in an incident"),
        )
        .help("a person approves everything until the incident closes"));
    }
    let event = GovernEvent::WorkflowContained {
        rung,
        reason: reason.to_owned(),
        holder: None,
    };
    let at = Precondition::StreamAt {
        stream: LiveWorkflow::stream(name),
        version: live.version,
    };
    change(app, person, name, (event, vec![at])).await?;
    requeue(app, name)
}

/// Holds every workflow back, pauses every one, or lets every one go on: one append, all or none. Those
/// that are held back further already stay so. Returns the names of those that changed.
pub async fn everything(
    app: &App,
    person: &Person,
    (what, reason): (Everything, &str),
) -> Result<Vec<String>, ApiError> {
    texts::within([("reason", reason)])?;
    let (right, does) = match what {
        Everything::None => (Right::Resume, "let workflows go on"),
        _ => (Right::Pause, "hold workflows back"),
    };
    if !person.may(right) {
        return Err(ApiError::forbidden(format!("your role does not {does}")));
    }
    for _ in 0..TRIES {
        let names = match everything_once(app, person, (what, reason)).await {
            // Somebody was faster with one of them: all of them are looked at again.
            Err(AppendError::Conflict(_) | AppendError::InvalidTransition(_)) => {
                continue;
            }
            other => other?,
        };
        for name in &names {
            requeue(app, name)?;
        }
        return Ok(names);
    }
    Err(ApiError::new(
        StatusCode::CONFLICT,
        "changed-meanwhile",
        "the workflows change faster than they can be held back; nothing was done",
    ))
}

async fn everything_once(
    app: &App,
    person: &Person,
    (what, reason): (Everything, &str),
) -> Result<Vec<String>, AppendError> {
    let registry = app.registry();
    let (mut names, mut append) = (Vec::new(), Append::default());
    for (name, live) in &registry.workflows {
        let contained = live.state.contained.as_ref();
        let (rung, paused) = (contained.map(|now| now.rung), live.state.paused.as_ref());
        // What somebody else holds, or something holds for a moment, is theirs who presses it from then on.
        let own = contained.is_some_and(|now| now.is_of(&actor(person)));
        let fits = match what {
            Everything::Stop => !paused.is_some_and(|pause| pause.is_of(&actor(person))),
            // One in an incident is let go by the incident.
            Everything::None => rung.is_some() && !in_incident(app, name),
            _ => rung < what.rung() || (rung == what.rung() && !own),
        };
        if !fits {
            continue;
        }
        let reason = reason.to_owned();
        let event = match what {
            Everything::Stop => GovernEvent::WorkflowPaused {
                reason,
                holder: None,
            },
            _ => GovernEvent::WorkflowContained {
                rung: what.rung(),
                reason,
                holder: None,
            },
        };
        let stream = LiveWorkflow::stream(name);
        append.preconditions.push(Precondition::StreamAt {
            stream: stream.clone(),
            version: live.version,
        });
        append.entries.push(NewEntry {
            stream,
            actor: actor(person),
            time_ms: app.clock.now_ms(),
            event: Event::Govern(event),
        });
        names.push(name.clone());
    }
    if !names.is_empty() {
        app.store.append(append).await?;
    }
    Ok(names)
}

/// Whether a workflow is in an incident; what cannot be told counts as if it were.
fn in_incident(app: &App, name: &str) -> bool {
    !matches!(crate::incident::of_workflow(app, name), Ok(None))
}

/// Puts what waits to start back in the queue, and what is held because nothing was read during a pause: it is
/// judged again under what holds now.
pub fn requeue(app: &App, name: &str) -> Result<(), ApiError> {
    let waiting =
        app.store
            .reader()?
            .with_status(&[Status::Approved, Status::Authorised, Status::Held])?;
    for row in waiting.into_iter().filter(|row| row.workflow == name) {
        app.enqueue(row.id);
    }
    Ok(())
}

async fn change(
    app: &App,
    person: &Person,
    name: &str,
    (event, preconditions): (GovernEvent, Vec<Precondition>),
) -> Result<(), ApiError> {
    let stream = LiveWorkflow::stream(name);
    match app
        .govern(&actor(person), stream, event, (vec![], preconditions))
        .await
    {
        Err(AppendError::InvalidTransition(why)) => {
            Err(
                ApiError::new(StatusCode::CONFLICT, "changed-meanwhile", why)
                    .help("read the workflow again"),
            )
        }
        other => Ok(other?),
    }
}
