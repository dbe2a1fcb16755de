//! Changes of the configuration: proposed by one person, shown, approved by another, and in force in
//! the same append as their approval, or not at all.
//!
//! Properties: what takes force is exactly what the hash that was shown covers; a change whose
//! ground has moved cannot be approved; nobody approves their own change unless there is nobody
//! else, and that is marked.

use crate::app::App;
use crate::clock;
use crate::config::Configuration;
use crate::configure;
use crate::error::ApiError;
use crate::people::access::{actor, is_local};
use axum::http::StatusCode;
use leeway_core::govern::change::{self, ChangeState, ChangeStatus, Configured, Edit, Folder};
use leeway_core::govern::event::GovernEvent;
use leeway_core::govern::owners::Responsibility;
use leeway_core::govern::people::{Person, Right};
use leeway_core::govern::state::Document;
use leeway_core::id::ChangeId;
use leeway_store::{Append, NewEntry, Precondition};
use std::collections::BTreeSet;

/// What became of a wish to change the configuration.
pub enum Outcome {
    /// It is in force already.
    Nothing,
    /// It waits for a review.
    Waits(ChangeState),
    /// It is in force now.
    InForce(ChangeState),
}

fn stream(id: &str) -> String {
    format!("change/{id}")
}

/// What is wished for: a configuration, why, and the folder it was read from whole, if it was.
pub type Wish<'a> = (&'a Configuration, &'a str, Option<Folder>);

/// Proposes to make the configuration equal to the wanted one.
pub async fn propose(
    app: &App,
    author: &str,
    (wanted, why, folder): Wish<'_>,
) -> Result<Outcome, ApiError> {
    let edits = configure::edits(app, wanted)?;
    if edits.is_empty() {
        return Ok(Outcome::Nothing);
    }
    let id = new_id(app);
    let events = vec![(stream(&id), proposed(edits, (why, folder)))];
    app.govern_all(author, events).await?;
    find(app, &id).map(Outcome::Waits)
}

/// Makes the configuration equal to the wanted one at once, without a review; recorded as such.
pub async fn force(
    app: &App,
    author: &str,
    (wanted, why, folder): Wish<'_>,
) -> Result<Outcome, ApiError> {
    let edits = configure::edits(app, wanted)?;
    if edits.is_empty() {
        return Ok(Outcome::Nothing);
    }
    let id = new_id(app);
    let hash = change::hash(&edits);
    let mut events = vec![(stream(&id), proposed(edits.clone(), (why, folder)))];
    events.push((stream(&id), GovernEvent::ChangeForced { hash }));
    take_force(app, author, (&edits, events), vec![]).await?;
    find(app, &id).map(Outcome::InForce)
}

/// Approves exactly what `hash` covers: it is in force when this returns.
pub async fn approve(
    app: &App,
    person: &Person,
    (id, hash): (&str, &str),
) -> Result<ChangeState, ApiError> {
    // Read before it is asked who may: a right that is taken meanwhile is gone.
    let say = app.registry().say();
    let change = open(app, (id, hash))?;
    let solo = deciders(app, &change).admits(person, &change)?;
    let event = GovernEvent::ChangeApproved {
        hash: hash.to_owned(),
        solo,
    };
    let events = vec![(stream(id), event)];
    take_force(app, &actor(person), (&change.edits, events), vec![say]).await?;
    find(app, id)
}

/// Rejects what `hash` covers: nothing of it takes force.
pub async fn reject(
    app: &App,
    person: &Person,
    (id, hash, why): (&str, &str, &str),
) -> Result<ChangeState, ApiError> {
    let change = open(app, (id, hash))?;
    deciders(app, &change).admits(person, &change)?;
    let event = GovernEvent::ChangeRejected {
        hash: hash.to_owned(),
        why: why.to_owned(),
    };
    app.govern_all(&actor(person), vec![(stream(id), event)])
        .await?;
    find(app, id)
}

/// Its author takes a change back.
pub async fn withdraw(app: &App, person: &Person, id: &str) -> Result<ChangeState, ApiError> {
    let change = find(app, id)?;
    if change.author != actor(person) {
        return Err(ApiError::forbidden("only its author takes a change back")
            .help("reject it, if you may decide it"));
    }
    let event = GovernEvent::ChangeWithdrawn {};
    app.govern_all(&actor(person), vec![(stream(id), event)])
        .await
        .map_err(|error| over(&change, error))?;
    find(app, id)
}

/// A change by its id.
pub fn find(app: &App, id: &str) -> Result<ChangeState, ApiError> {
    match app.store.reader()?.document(&stream(id))? {
        Some((_, Document::Change(change))) => Ok(change),
        _ => Err(ApiError::not_found(
            "change",
            &id.escape_debug().to_string(),
        )),
    }
}

/// Every change, newest first.
pub fn all(app: &App) -> Result<Vec<ChangeState>, ApiError> {
    let documents = app.store.reader()?.documents("change/")?;
    Ok(documents
        .into_iter()
        .rev()
        .filter_map(|(_, _, document)| match document {
            Document::Change(change) => Some(change),
            _ => None,
        })
        .collect())
}

/// What of a change is no longer as it was when it was proposed: streams.
pub fn outdated(app: &App, change: &ChangeState) -> Result<Vec<String>, ApiError> {
    let mut moved = Vec::new();
    for edit in &change.edits {
        let now = configure::in_force(app, &edit.stream)?.map(|(_, now)| now.hash());
        if now != edit.from.as_ref().map(Configured::hash) {
            moved.push(edit.stream.clone());
        }
    }
    Ok(moved)
}

/// The configuration in force with a change's edits made: what it asks for.
pub fn wanted(app: &App, change: &ChangeState) -> Configuration {
    let mut wanted = configure::current(app);
    for edit in &change.edits {
        let (what, name) = configure::named(&edit.stream);
        match what {
            "workflow" => wanted.workflows.retain(|known| known.name != name),
            "system" => wanted.systems.retain(|known| known.name != name),
            "pack" => wanted.packs.retain(|known| known.name != name),
            "notify" => wanted.notify = None,
            _ => wanted.owners = None,
        }
        match edit.to.clone() {
            Some(Configured::Workflow(workflow)) => wanted.workflows.push(*workflow),
            Some(Configured::System(system)) => wanted.systems.push(*system),
            Some(Configured::Pack(pack)) => wanted.packs.push(*pack),
            Some(Configured::Owners(owners)) => wanted.owners = Some(*owners),
            Some(Configured::Notify(notify)) => wanted.notify = Some(*notify),
            None => {}
        }
    }
    wanted
}

fn new_id(app: &App) -> String {
    ChangeId::new(app.clock.now_ms(), clock::random()).to_string()
}

fn proposed(edits: Vec<Edit>, (why, folder): (&str, Option<Folder>)) -> GovernEvent {
    GovernEvent::ChangeProposed {
        hash: change::hash(&edits),
        edits,
        why: why.to_owned(),
        folder,
    }
}

fn open(app: &App, (id, hash): (&str, &str)) -> Result<ChangeState, ApiError> {
    let change = find(app, id)?;
    if change.status != ChangeStatus::Open {
        return Err(not_open(&change));
    }
    if change.hash != hash {
        return Err(ApiError::new(
            StatusCode::CONFLICT,
            "stale",
            "this is not the change you were shown",
        )
        .help("read it again and decide on what it is now"));
    }
    Ok(change)
}

fn not_open(change: &ChangeState) -> ApiError {
    ApiError::new(
        StatusCode::CONFLICT,
        "not-open",
        format!(
            "it does not wait for a decision: {}",
            change.status.words().to_lowercase()
        ),
    )
}

fn over(change: &ChangeState, error: ApiError) -> ApiError {
    if error.code == "invalid-transition" {
        return not_open(change);
    }
    error
}

/// Appends the change's own entries and those of its edits together, on the ground they were made
/// on; then what follows from a new configuration.
async fn take_force(
    app: &App,
    author: &str,
    (edits, mut events): (&[Edit], Vec<(String, GovernEvent)>),
    mut preconditions: Vec<Precondition>,
) -> Result<(), ApiError> {
    for edit in edits {
        let now = configure::in_force(app, &edit.stream)?;
        if now.as_ref().map(|(_, now)| now.hash()) != edit.from.as_ref().map(Configured::hash) {
            return Err(ApiError::new(
                StatusCode::CONFLICT,
                "change-outdated",
                format!(
                    "`{}` was changed since this was proposed, so this approval changes nothing",
                    edit.stream
                ),
            )
            .help("propose the change anew on what is in force now"));
        }
        preconditions.push(Precondition::StreamAt {
            stream: edit.stream.clone(),
            version: app.store.reader()?.stream_version(&edit.stream)?,
        });
        events.push((edit.stream.clone(), edit.event()));
    }
    let time_ms = app.clock.now_ms();
    let entries = events
        .into_iter()
        .map(|(stream, event)| NewEntry {
            stream,
            actor: author.to_owned(),
            time_ms,
            event: leeway_core::ledger::event::Event::Govern(event),
        })
        .collect();
    app.store
        .append(Append {
            entries,
            preconditions,
            ..Append::default()
        })
        .await?;
    configure::took_force(app)
}

/// Who may decide a change.
pub struct Deciders {
    /// Their e-mails; the author is never among them.
    pub others: BTreeSet<String>,
    /// Whether nobody else in the whole business decides anything, so that the author may.
    pub alone: bool,
}

/// Who may decide a change: the owner of prompts and rules or a delegate, and the owner of the one
/// workflow it touches. Where the matrix names nobody, whoever's role decides.
pub fn deciders(app: &App, change: &ChangeState) -> Deciders {
    let registry = app.registry();
    let now_ms = app.clock.now_ms();
    let routing = registry.routing(Responsibility::PromptsAndRules, now_ms, true);
    let mut others: BTreeSet<String> = routing.eligible.into_iter().collect();
    if let [
        Edit {
            from: Some(Configured::Workflow(workflow)),
            ..
        },
    ] = change.edits.as_slice()
        && registry
            .people
            .iter()
            .any(|person| person.email == workflow.owner && person.may(Right::Decide))
    {
        others.insert(workflow.owner.clone());
    }
    let deciding = |person: &&Person| person.may(Right::Decide);
    if others.is_empty() {
        let everybody = registry.people.iter().filter(deciding);
        others.extend(everybody.map(|person| person.email.clone()));
    }
    let author = change.author.strip_prefix("person:").unwrap_or_default();
    others.remove(author);
    let alone = registry.one_person_firm(author, (change.proposed_ms, now_ms));
    Deciders { others, alone }
}

impl Deciders {
    /// Whether a person may decide a change; true when they do it alone, as its author.
    pub fn admits(&self, person: &Person, change: &ChangeState) -> Result<bool, ApiError> {
        if self.others.contains(&person.email) {
            return Ok(false);
        }
        let own = change.author == actor(person);
        let may = person.may(Right::Decide) || is_local(person);
        if own && self.alone && may {
            return Ok(true);
        }
        let others: Vec<&str> = self.others.iter().map(String::as_str).collect();
        let (code, message) = if own {
            (
                "own-change",
                "you proposed this change, so somebody else has to approve it",
            )
        } else {
            ("not-eligible", "this change is not yours to decide")
        };
        Err(
            ApiError::new(StatusCode::FORBIDDEN, code, message).help(if others.is_empty() {
                "name an owner of prompts and rules in the permission owner matrix".to_owned()
            } else {
                format!("ask {}", others.join(", "))
            }),
        )
    }
}
