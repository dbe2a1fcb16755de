//! Declaring an incident pauses its workflow in the same append, in which the agents of its case lose a level
//! too; the pause's entry is step 1's evidence.
//! A kill between the two entries' appends leaves a declared incident over a paused workflow, which
//! [`super::tend`] completes.

use super::{actor, append, find, may_work, moved, of_workflow};
use crate::app::App;
use crate::earning::promoting;
use crate::error::ApiError;
use crate::gateway::decide;
use crate::gateway::deciders::decidable;
use crate::registry::{LiveWorkflow, Registry};
use crate::texts;
use axum::http::StatusCode;
use leeway_core::action::tool_name;
use leeway_core::earn::stage::Lost;
use leeway_core::govern::event::GovernEvent;
use leeway_core::govern::people::Person;
use leeway_core::govern::state::{Pause, WorkflowState};
use leeway_core::id::ActionId;
use leeway_core::incident::{EntryAt, IncidentEvent, IncidentState};
use leeway_core::ledger::event::Event;
use leeway_store::{Append, AppendError, NewEntry, Precondition};
use serde_json::json;

/// How often another number is tried when two are declared at once.
const TRIES: u64 = 20;

/// Declares an incident and pauses its workflow.
pub async fn declare(
    app: &App,
    person: &Person,
    workflow: &str,
    (why, example): (&str, Option<ActionId>),
) -> Result<IncidentState, ApiError> {
    may_work(person)?;
    texts::within([("why", why)])?;
    let registry = app.registry();
    let live = registry
        .workflows
        .get(workflow)
        .ok_or_else(|| ApiError::not_found("workflow", workflow))?;
    if let Some(known) = of_workflow(app, workflow)? {
        return Err(ApiError::new(
            StatusCode::CONFLICT,
            "incident-open",
            format!("`{workflow}` is in incident {} already", known.number),
        )
        .help("work that one")
        .details(json!({ "incident": known.number })));
    }
    if let Some(id) = &example {
        case(app, person, (workflow, id)).await?;
    }
    let declared = IncidentEvent::Declared {
        workflow: workflow.to_owned(),
        commander: person.email.clone(),
        why: why.trim().to_owned(),
        example,
    };
    let number = begin(app, person, (&registry, live), (declared, why)).await?;
    tell_owners(app, number).await?;
    contain(app, number).await?;
    find(app, &number.to_string()).map(|(_, state)| state)
}

/// Refuses a case that is none: an action of another workflow, or a planted one, which nothing happened with.
/// Whoever would declare an incident over a planted case found it.
pub(super) async fn case(
    app: &App,
    person: &Person,
    (workflow, id): (&str, &ActionId),
) -> Result<(), ApiError> {
    let action = app.store.reader()?.action(id)?;
    let Some(action) = action.filter(|action| action.row.workflow == workflow) else {
        return Err(ApiError::not_found("action of this workflow", id.as_str()));
    };
    if action.row.planted.is_none() {
        return Ok(());
    }
    if !action.row.status.is_terminal()
        && let Ok(shown) = decidable(app, person, id)
        && let Some(hash) = shown.row.content_hash.clone()
    {
        decide::found(app, person, &shown, (&hash, "taken for an incident", None)).await?;
    }
    Err(ApiError::new(
        StatusCode::CONFLICT,
        "planted-case",
        "that action was a planted case, known to be wrong: nothing of it was carried out, and nothing was paused",
    )
    .help("you found it; declare an incident over what really ran"))
}

/// The agents of a case lose one level with its tool: an incident weighs more than any number of successes.
/// Entries that go with the workflow's version as precondition; none where there is nothing to lose.
pub(super) fn lost(
    app: &App,
    (registry, live): (&Registry, &LiveWorkflow),
    (number, case): (u64, Option<&ActionId>),
) -> Result<Vec<NewEntry>, ApiError> {
    let row = match case {
        Some(case) => app.store.reader()?.action_row(case)?,
        None => None,
    };
    let tool = row.map(|row| tool_name(&row.system, &row.tool));
    let Some(found) = tool.and_then(|tool| registry.find(&tool)) else {
        return Ok(Vec::new());
    };
    let why = format!("incident {number} names one of its actions");
    promoting::losing(
        app,
        (registry, live, found),
        ("leeway", Lost::Incident, &why),
    )
}

async fn begin(
    app: &App,
    person: &Person,
    (registry, live): (&Registry, &LiveWorkflow),
    (declared, why): (IncidentEvent, &str),
) -> Result<u64, ApiError> {
    let example = match &declared {
        IncidentEvent::Declared { example, .. } => example.clone(),
        _ => None,
    };
    let name = &live.state.workflow.name;
    let last = super::all(app)?.first().map_or(0, |state| state.number);
    let entry = |stream: String, event: GovernEvent| NewEntry {
        stream,
        actor: actor(person),
        time_ms: app.clock.now_ms(),
        event: Event::Govern(event),
    };
    for number in last + 1..=last + TRIES {
        let stream = IncidentState::stream(number);
        IncidentState::apply(None, number, app.clock.now_ms(), &declared).map_err(|error| {
            ApiError::invalid(error.code(), error.to_string()).help("say what went wrong")
        })?;
        let mut entries = vec![entry(
            stream.clone(),
            GovernEvent::Incident(declared.clone()),
        )];
        let preconditions = vec![
            Precondition::StreamAt { stream, version: 0 },
            Precondition::StreamAt {
                stream: LiveWorkflow::stream(name),
                version: live.version,
            },
        ];
        if held(&live.state).is_none() {
            let reason = format!("Incident {number}: {}", why.trim());
            let pause = GovernEvent::WorkflowPaused {
                reason,
                holder: None,
            };
            entries.push(entry(LiveWorkflow::stream(name), pause));
        }
        let case = (number, example.as_ref());
        match lost(app, (registry, live), case) {
            Ok(lost) => entries.extend(lost),
            // What is not known of the evidence must not keep anybody from pausing.
            Err(error) => tracing::error!(workflow = %name, %error, "nothing is taken back"),
        }
        let append = Append {
            entries,
            preconditions,
            side: vec![],
        };
        match app.store.append(append).await {
            Ok(_) => return Ok(number),
            Err(AppendError::Conflict(leeway_store::Conflict::StreamMoved { stream, .. }))
                if stream.starts_with("incident/") => {}
            Err(AppendError::Conflict(_)) => return Err(moved()),
            Err(error) => return Err(error.into()),
        }
    }
    Err(moved())
}

/// Records the pause's entry as step 1, if that is not done yet.
pub async fn contain(app: &App, number: u64) -> Result<(), ApiError> {
    let (version, state) = find(app, &number.to_string())?;
    let (Some(commander), Some(pause)) = (state.commander.clone(), pause_of(app, &state.workflow)?)
    else {
        return Ok(());
    };
    let event = IncidentEvent::Contained {
        by: commander.clone(),
        pause,
    };
    append(
        app,
        &format!("person:{commander}"),
        (version, &state),
        event,
    )
    .await
    .map(|_| ())
}

/// The pause that holds a workflow until somebody resumes it: a drill's is none, and is taken over.
pub fn held(state: &WorkflowState) -> Option<&Pause> {
    state.paused.as_ref().filter(|pause| pause.holder.is_none())
}

/// The latest pause of a workflow that is paused, for good.
pub fn pause_of(app: &App, workflow: &str) -> Result<Option<EntryAt>, ApiError> {
    latest(app, workflow, ("workflow.paused", "workflow.resumed"))
}

/// The latest resumption, by whoever looked at what came before, of a workflow that runs.
pub fn resumption_of(app: &App, workflow: &str) -> Result<Option<EntryAt>, ApiError> {
    latest(app, workflow, ("workflow.resumed", "workflow.paused"))
}

/// The latest entry of one kind, unless one of the other came after it. What held for a moment only, and ended
/// by itself, is none of either.
fn latest(
    app: &App,
    workflow: &str,
    (wanted, other): (&str, &str),
) -> Result<Option<EntryAt>, ApiError> {
    let entries = app
        .store
        .reader()?
        .entries_of(&LiveWorkflow::stream(workflow))?;
    let last = entries.iter().rev().find(|raw| {
        let kind = &raw.envelope.kind;
        (kind == wanted || kind == other) && !for_a_moment(&raw.payload)
    });
    Ok(last
        .filter(|raw| raw.envelope.kind == wanted)
        .map(|raw| EntryAt {
            seq: raw.envelope.seq,
            at_ms: raw.envelope.time_ms,
        }))
}

/// Whether a pause or resumption is a holder's own.
fn for_a_moment(payload: &[u8]) -> bool {
    let event = serde_json::from_slice::<serde_json::Value>(payload);
    event.is_ok_and(|event| event["holder"].is_string())
}

/// Records that the owners are told; the entry is what sends the message.
pub async fn tell_owners(app: &App, number: u64) -> Result<(), ApiError> {
    let (_, state) = find(app, &number.to_string())?;
    for to in owners(app, &state.workflow) {
        let (version, state) = find(app, &number.to_string())?;
        let told = state.told.iter();
        if told
            .clone()
            .any(|one| one.to == to && one.round == state.rounds)
        {
            continue;
        }
        let event = IncidentEvent::OwnerTold { to, message: None };
        append(app, "leeway", (version, &state), event).await?;
    }
    Ok(())
}

/// The business owner of a workflow's risk and whoever else is asked first; everybody who decides where
/// nobody is named.
pub fn owners(app: &App, workflow: &str) -> Vec<String> {
    let registry = app.registry();
    let Some(live) = registry.workflows.get(workflow) else {
        return vec![];
    };
    let row = live.state.workflow.responsibility;
    let routing = registry.routing(row, app.clock.now_ms(), false);
    let business = registry
        .matrix()
        .and_then(|matrix| matrix.rows.get(&row))
        .map(|row| row.business.clone());
    let mut to: Vec<String> = business.into_iter().chain(routing.ask).collect();
    to.retain(|email| registry.people.iter().any(|person| person.email == *email));
    to.sort();
    to.dedup();
    to
}
