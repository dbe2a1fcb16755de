//! Running again: both owners sign what was found, and the workflow comes back with everything reviewed.

use super::declare::{case, lost, pause_of, resumption_of};
use super::{actor, append, append_with, find, may_work, moved};
use crate::app::App;
use crate::error::ApiError;
use crate::registry::LiveWorkflow;
use axum::http::StatusCode;
use leeway_core::govern::containment::Containment;
use leeway_core::govern::event::GovernEvent;
use leeway_core::govern::people::{Person, Right};
use leeway_core::id::ActionId;
use leeway_core::incident::{IncidentEvent, IncidentState, Side};
use leeway_core::ledger::event::Event;
use leeway_store::{Append, AppendError, NewEntry, Precondition};

/// Milliseconds of a day.
const DAY_MS: i64 = 24 * 3600 * 1000;

/// For which sides a person may sign: as the matrix names them; without a matrix an owner signs for the
/// business, an operator for the technical side.
pub fn sides(app: &App, person: &Person, workflow: &str) -> Vec<Side> {
    let registry = app.registry();
    let Some(live) = registry.workflows.get(workflow) else {
        return vec![];
    };
    let row = registry
        .matrix()
        .and_then(|matrix| matrix.rows.get(&live.state.workflow.responsibility));
    let is = |side| match (row, side) {
        (Some(row), Side::Business) => row.business == person.email,
        (Some(row), Side::Technical) => row.technical == person.email,
        (None, Side::Business) => person.may(Right::Decide) && person.may(Right::Resume),
        (None, Side::Technical) => person.may(Right::Configure),
    };
    // For somebody else's side nobody signs who has that somebody.
    let others = |of: &dyn Fn(&Person) -> bool| {
        registry
            .people
            .iter()
            .any(|other| other.email != person.email && of(other))
    };
    let named = match row {
        Some(row) => others(&|other| other.email == row.technical),
        None => others(&|other| other.may(Right::Configure)),
    };
    let now_ms = app.clock.now_ms();
    let alone =
        registry.one_person_firm(&person.email, (now_ms, now_ms)) && person.may(Right::Resume);
    let stands_in = |side| alone && (side == Side::Business || !named);
    Side::ALL
        .into_iter()
        .filter(|side| is(*side) || stands_in(*side))
        .collect()
}

/// Signs exactly the evidence of this hash.
pub async fn sign(
    app: &App,
    person: &Person,
    number: &str,
    (side, hash): (Side, &str),
) -> Result<IncidentState, ApiError> {
    let (version, state) = find(app, number)?;
    if !sides(app, person, &state.workflow).contains(&side) {
        return Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "not-eligible",
            format!("you do not sign as {}", side.words()),
        )
        .help("the permission owner matrix names who does"));
    }
    if state.content_hash() != hash {
        return Err(moved());
    }
    let now_ms = app.clock.now_ms();
    let solo = app
        .registry()
        .one_person_firm(&person.email, (now_ms, now_ms));
    let event = IncidentEvent::Signed {
        by: person.email.clone(),
        side,
        content_hash: hash.to_owned(),
        solo,
    };
    append(app, &actor(person), (version, &state), event).await
}

/// Why a workflow that runs again after an incident is resumed, and held back until the incident closes.
pub(super) fn through(number: u64) -> String {
    format!("Incident {number} is through its seven steps")
}

/// Lets the workflow run again, everything of it reviewed.
pub async fn reenable(app: &App, person: &Person, number: &str) -> Result<IncidentState, ApiError> {
    if !person.may(Right::Resume) {
        return Err(ApiError::forbidden("your role does not resume workflows"));
    }
    let (version, state) = find(app, number)?;
    let registry = app.registry();
    let live = registry
        .workflows
        .get(&state.workflow)
        .ok_or_else(|| ApiError::not_found("workflow", &state.workflow))?;
    let clean_days = i64::from(live.state.workflow.incident_clean_days);
    let at_ms = app.clock.now_ms();
    let wish = |resumed| IncidentEvent::Reenabled {
        by: person.email.clone(),
        resumed,
        review_all: true,
        clean_until_ms: at_ms + clean_days * DAY_MS,
    };
    // Whether it may be is known before the workflow runs.
    let pause = pause_of(app, &state.workflow)?
        .or(state.pause)
        .ok_or_else(moved)?;
    IncidentState::apply(Some(state.clone()), state.number, at_ms, &wish(pause))
        .map_err(|error| ApiError::new(StatusCode::CONFLICT, error.code(), error.to_string()))?;
    let stream = LiveWorkflow::stream(&state.workflow);
    let reason = through(state.number);
    let held_back = live.state.contained.as_ref().map(|now| now.rung);
    let mut events = Vec::new();
    // Whoever held it back, at least so far, says when that ends.
    if held_back.is_none() {
        events.push(GovernEvent::WorkflowContained {
            rung: Some(Containment::ApproveAll),
            reason: reason.clone(),
            holder: Some(IncidentState::stream(state.number)),
        });
    }
    if live.state.paused.is_some() {
        events.push(GovernEvent::WorkflowResumed {
            reason,
            holder: None,
        });
    }
    let entries = events.into_iter().map(|event| NewEntry {
        stream: stream.clone(),
        actor: actor(person),
        time_ms: at_ms,
        event: Event::Govern(event),
    });
    let append_resume = Append {
        entries: entries.collect(),
        preconditions: vec![
            Precondition::StreamAt {
                stream: stream.clone(),
                version: live.version,
            },
            Precondition::StreamAt {
                stream: IncidentState::stream(state.number),
                version,
            },
        ],
        side: vec![],
    };
    match app.store.append(append_resume).await {
        Err(AppendError::Conflict(_)) => return Err(moved()),
        other => other?,
    };
    let resumed = resumption_of(app, &state.workflow)?.ok_or_else(moved)?;
    append(app, &actor(person), (version, &state), wish(resumed)).await
}

/// It happened again: paused at once, and back to step 2.
pub async fn recur(
    app: &App,
    person: &Person,
    number: &str,
    (why, action): (&str, Option<ActionId>),
) -> Result<IncidentState, ApiError> {
    may_work(person)?;
    let (_, state) = find(app, number)?;
    if let Some(id) = &action {
        case(app, person, (&state.workflow, id)).await?;
    }
    if pause_of(app, &state.workflow)?.is_none() {
        let reason = format!("Incident {number} happened again: {}", why.trim());
        crate::gateway::pausing::pause(app, person, (&state.workflow, &reason)).await?;
    }
    let pause = pause_of(app, &state.workflow)?.ok_or_else(moved)?;
    let (version, state) = find(app, number)?;
    let registry = app.registry();
    let live = registry.workflows.get(&state.workflow);
    let of = (state.number, action.as_ref());
    let lost = match live {
        Some(live) => lost(app, (&registry, live), of)?,
        None => vec![],
    };
    let workflow = live.map(|live| Precondition::StreamAt {
        stream: LiveWorkflow::stream(&state.workflow),
        version: live.version,
    });
    let event = IncidentEvent::Recurred {
        by: person.email.clone(),
        action,
        why: why.trim().to_owned(),
        pause,
    };
    let with = (event, lost, workflow.into_iter().collect());
    let state = append_with(app, &actor(person), (version, &state), with).await?;
    super::declare::tell_owners(app, state.number).await?;
    Ok(state)
}

/// Hands command over.
pub async fn hand_over(
    app: &App,
    person: &Person,
    number: &str,
    to: &str,
) -> Result<IncidentState, ApiError> {
    let registry = app.registry();
    let known = registry.people.iter().find(|other| other.email == to);
    let known = known.ok_or_else(|| ApiError::not_found("person", to))?;
    may_work(known)?;
    let (version, state) = find(app, number)?;
    let event = IncidentEvent::HandedOver {
        from: person.email.clone(),
        to: to.to_owned(),
    };
    append(app, &actor(person), (version, &state), event).await
}

/// Takes command over from somebody who cannot hand it over: from whoever left it is for everybody who
/// works incidents, from others for whoever may resume workflows.
pub async fn take_over(
    app: &App,
    person: &Person,
    number: &str,
    why: &str,
) -> Result<IncidentState, ApiError> {
    may_work(person)?;
    crate::texts::within([("why", why)])?;
    let (version, state) = find(app, number)?;
    let from = state.commander.clone().unwrap_or_default();
    let registry = app.registry();
    let mut people = registry.people.iter();
    let here = from == "local" || people.any(|one| one.email == from);
    if here && !person.may(Right::Resume) {
        return Err(ApiError::forbidden(
            "your role does not take command over from somebody who is here",
        )
        .help("whoever may resume workflows does, or they hand it over"));
    }
    let event = IncidentEvent::TakenOver {
        from,
        by: person.email.clone(),
        why: why.trim().to_owned(),
    };
    append(app, &actor(person), (version, &state), event).await
}

/// A note for the timeline.
pub async fn note(
    app: &App,
    person: &Person,
    number: &str,
    text: &str,
) -> Result<IncidentState, ApiError> {
    crate::texts::within([("text", text)])?;
    let (version, state) = find(app, number)?;
    let event = IncidentEvent::Noted {
        by: person.email.clone(),
        text: text.trim().to_owned(),
    };
    append(app, &actor(person), (version, &state), event).await
}
