//! Who is told about an entry, and by which channels.

use crate::app::App;
use crate::changes;
use crate::error::ApiError;
use crate::gateway::deciders;
use leeway_core::action::event::ActionEvent;
use leeway_core::action::state::ActionState;
use leeway_core::govern::event::GovernEvent;
use leeway_core::govern::people::{Person, Right};
use leeway_core::govern::routing::Routing;
use leeway_core::id::ActionId;
use leeway_core::incident::IncidentEvent;
use leeway_core::ledger::event::Event;
use leeway_core::notify::What;

/// Who is told what; nobody, with the reason.
pub struct Told {
    /// What.
    pub what: What,
    /// Their e-mails.
    pub to: Vec<String>,
    /// Why there is nobody, when there is nobody.
    pub nobody: &'static str,
}

fn told(what: What, to: Vec<String>, nobody: &'static str) -> Told {
    Told { what, to, nobody }
}

/// Who is told about an entry of a stream.
pub fn of(
    app: &App,
    what: What,
    (stream, actor, event): (&str, &str, &Event),
) -> Result<Told, ApiError> {
    let told = match stream.split_once('/') {
        Some(("action", id)) => match find(app, id)? {
            Some(action) => of_action(app, what, (&action, event)),
            None => told(what, vec![], "the action is gone"),
        },
        Some(("change", id)) => {
            let change = changes::find(app, id)?;
            let deciders = changes::deciders(app, &change);
            let alone = deciders.alone && deciders.others.is_empty();
            let author = change.author.strip_prefix("person:").filter(|_| alone);
            let author = author.map(str::to_owned);
            told(
                what,
                deciders.others.into_iter().chain(author).collect(),
                "nobody may decide this change",
            )
        }
        Some(("incident", _)) => match event {
            Event::Govern(GovernEvent::Incident(
                IncidentEvent::OwnerTold { to, .. } | IncidentEvent::Escalated { to, .. },
            )) => told(what, vec![to.clone()], "nobody is named"),
            _ => told(what, vec![], "nobody is told about this"),
        },
        Some(("workflow", name)) => told(
            what,
            owners(app, name, actor.strip_prefix("person:")),
            "the workflow has no owner besides who did it",
        ),
        Some(("stage", place)) => told(
            what,
            both_owners(app, place.split('/').next().unwrap_or_default()),
            "the workflow has no owner",
        ),
        Some(("person", email)) => of_person(app, what, (email, actor)),
        _ => told(what, vec![], "nobody is told about this"),
    };
    if told.what == What::RightTaken {
        // Whoever is not here any more too.
        return Ok(told);
    }
    Ok(Told {
        to: present(app, told.to),
        ..told
    })
}

/// Whoever loses a right; and whoever may agree to it, while it is only asked for.
fn of_person(app: &App, what: What, (email, actor): (&str, &str)) -> Told {
    let mut to = vec![email.to_owned()];
    if what == What::RightAsked {
        let asks = actor.strip_prefix("person:").unwrap_or_default();
        let registry = app.registry();
        let people = registry.people.iter();
        let decide = people.filter(|one| one.may(Right::Decide) && one.email != asks);
        to.extend(decide.map(|person| person.email.clone()));
    }
    told(what, to, "nobody is concerned")
}

/// An action by the id in a stream's name.
pub fn find(app: &App, id: &str) -> Result<Option<ActionState>, ApiError> {
    match ActionId::parse(id) {
        Some(id) => Ok(app.store.reader()?.action(&id)?),
        None => Ok(None),
    }
}

fn of_action(app: &App, what: What, (action, event): (&ActionState, &Event)) -> Told {
    let Some(routing) = deciders::routing(app, action) else {
        return told(what, vec![], "nothing was judged");
    };
    if what == What::Expired && action.row.planted.is_some() {
        return told(
            what,
            vec![],
            "it was a planted case, and nobody waited for it",
        );
    }
    match (what, event) {
        (What::Reminded, Event::Action(ActionEvent::Reminded { to, .. })) => {
            told(what, to.clone(), "nobody was reminded")
        }
        (What::Escalated, Event::Action(ActionEvent::Escalated { to })) => {
            told(what, vec![to.clone()], "it was escalated to nobody")
        }
        (What::Expired, _) => {
            let owner = business_owner(app, &routing);
            let to = owner.map_or_else(|| routing.ask.clone(), |owner| vec![owner]);
            told(what, to, "its owner is missing")
        }
        (What::OutcomeUnknown, _) => {
            let mut to: Vec<String> = action.row.reviewer.iter().cloned().collect();
            to.extend(routing.ask);
            told(what, to, "its owner is missing")
        }
        _ => asked(app, what, (action, &routing)),
    }
}

/// Those who are asked to decide: never somebody who cannot because they changed or approved it
/// themselves. Where nobody may decide, those who can change that.
fn asked(app: &App, what: What, (action, routing): (&ActionState, &Routing)) -> Told {
    let registry = app.registry();
    if routing.eligible.is_empty() {
        let can_mend = |person: &&Person| person.may(Right::Propose);
        let to = registry.people.iter().filter(can_mend);
        return told(
            What::NobodyDecides,
            to.map(|person| person.email.clone()).collect(),
            "its owner is missing and there is no operator or owner",
        );
    }
    let row = &action.row;
    let decides = |email: &&String| {
        !row.endorsed_by.contains(email) && action.edited_by() != Some(email.as_str())
    };
    let several = row.approvals_needed > 1;
    let first = if several {
        &routing.eligible
    } else {
        &routing.ask
    };
    let mut to: Vec<String> = first.iter().filter(decides).cloned().collect();
    if to.is_empty() {
        to = routing.eligible.iter().filter(decides).cloned().collect();
    }
    if to.is_empty() {
        // A one-person firm decides what it changed itself.
        to.clone_from(&routing.ask);
    }
    told(what, to, "nobody is asked")
}

fn business_owner(app: &App, routing: &Routing) -> Option<String> {
    let registry = app.registry();
    let matrix = registry.matrix()?;
    let owner = matrix.rows.get(&routing.responsibility)?;
    Some(owner.business.clone()).filter(|_| !routing.missing)
}

/// Who owns a workflow: the business owner of its responsibility, and its own owner where that is a
/// person; not whoever did it.
fn owners(app: &App, workflow: &str, but: Option<&str>) -> Vec<String> {
    let registry = app.registry();
    let Some(live) = registry.workflows.get(workflow) else {
        return vec![];
    };
    let settings = &live.state.workflow;
    let routing = registry.routing(settings.responsibility, app.clock.now_ms(), false);
    let to = routing.ask.into_iter().chain([settings.owner.clone()]);
    to.filter(|email| Some(email.as_str()) != but).collect()
}

/// Who owns a workflow's risk and who its systems.
fn both_owners(app: &App, workflow: &str) -> Vec<String> {
    let mut to = owners(app, workflow, None);
    let registry = app.registry();
    if let (Some(live), Some(matrix)) = (registry.workflows.get(workflow), registry.matrix())
        && let Some(row) = matrix.rows.get(&live.state.workflow.responsibility)
    {
        to.push(row.technical.clone());
    }
    to
}

/// Of these, the people there are, each once.
fn present(app: &App, mut emails: Vec<String>) -> Vec<String> {
    let registry = app.registry();
    let known = |email: &String| registry.people.iter().any(|person| person.email == *email);
    emails.retain(known);
    emails.sort();
    emails.dedup();
    emails
}
