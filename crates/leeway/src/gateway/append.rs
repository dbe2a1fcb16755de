//! Appending an action's entries, and what the action is then.

use super::undo::plan;
use crate::app::App;
use crate::earning;
use leeway_core::action::event::ActionEvent;
use leeway_core::action::state::{ActionRow, ActionState, EntryMeta, Step};
use leeway_core::govern::event::GovernEvent;
use leeway_core::id::ActionId;
use leeway_core::ledger::event::Event;
use leeway_core::undo::state::{UndoState, echo};
use leeway_store::{Append, AppendError, NewEntry, Precondition, Queued, SideWrite};

/// One entry of an action's stream.
pub fn entry(app: &App, id: &ActionId, actor: &str, event: ActionEvent) -> NewEntry {
    NewEntry {
        stream: action_stream(id),
        actor: actor.to_owned(),
        time_ms: app.clock.now_ms(),
        event: Event::Action(event),
    }
}

/// The stream of an action.
pub fn action_stream(id: &ActionId) -> String {
    format!("action/{id}")
}

/// What an undo's own entries say about the action that it takes back: entries of the same append.
fn echoes<'a>(
    app: &App,
    action: Option<&ActionState>,
    events: impl Iterator<Item = &'a ActionEvent>,
) -> Result<Vec<NewEntry>, AppendError> {
    let Some((action, undoes)) = action.and_then(|action| Some((action, action.undoes()?))) else {
        return Ok(Vec::new());
    };
    let known = plan::state(app, &undoes.action);
    let known = known.map_err(|error| unreadable(&error.message))?;
    let mut known = known.map(|(_, state)| state);
    let echoes = events
        .filter_map(|event| echo(&action.row.id, event, undoes))
        .filter(|event| {
            // Another undo was asked for since, or a person settled it: what became of this one is recorded
            // with it alone.
            let state = UndoState::apply(known.clone(), &undoes.action, 0, event);
            let follows = state.is_ok();
            known = state.ok().or_else(|| known.take());
            follows
        })
        .map(|event| NewEntry {
            stream: UndoState::stream(&undoes.action),
            actor: "leeway".to_owned(),
            time_ms: app.clock.now_ms(),
            event: Event::Govern(GovernEvent::Undo(event)),
        });
    Ok(echoes.collect())
}

/// Appends events to an action and returns it as it is then, read back.
pub async fn append_events(
    app: &App,
    id: &ActionId,
    events: Vec<(String, ActionEvent)>,
    (preconditions, side): (Vec<Precondition>, Vec<SideWrite>),
) -> Result<ActionState, AppendError> {
    let known = app
        .store
        .reader()
        .and_then(|reader| reader.action_row(id))
        .map_err(|error| unreadable(&error))?;
    let row = known;
    let undoes = match row.as_ref().filter(|row| row.undoes.is_some()) {
        Some(_) => app
            .store
            .reader()
            .and_then(|reader| reader.action(id))
            .map_err(|error| unreadable(&error))?,
        None => None,
    };
    let said: Vec<&ActionEvent> = events.iter().map(|(_, event)| event).collect();
    let mut echoes = echoes(app, undoes.as_ref(), said.iter().copied())?;
    echoes.extend(learned(app, row.as_ref(), &said));
    let entries = events
        .into_iter()
        .map(|(actor, event)| entry(app, id, &actor, event))
        .chain(echoes)
        .collect();
    app.store
        .append(Append {
            entries,
            preconditions,
            side,
        })
        .await?;
    app.store
        .reader()
        .and_then(|reader| reader.action(id))
        .map_err(|error| unreadable(&error))?
        .ok_or_else(|| unreadable(&"the action is gone"))
}

/// Appends events to an action that is known (`None` when these are its first) and returns it as
/// it is then, folded here: the hot path reads nothing back.
pub async fn append_onto(
    app: &App,
    id: &ActionId,
    known: Option<&ActionState>,
    (events, preconditions, side): (
        Vec<(String, ActionEvent)>,
        Vec<Precondition>,
        Vec<SideWrite>,
    ),
) -> Result<ActionState, AppendError> {
    let mut entries: Vec<NewEntry> = events
        .iter()
        .map(|(actor, event)| entry(app, id, actor, event.clone()))
        .collect();
    let said: Vec<&ActionEvent> = events.iter().map(|(_, event)| event).collect();
    entries.extend(echoes(app, known, said.iter().copied())?);
    entries.extend(learned(app, known.map(|action| &action.row), &said));
    let times: Vec<i64> = entries.iter().map(|entry| entry.time_ms).collect();
    let appended = app
        .store
        .append(Append {
            entries,
            preconditions,
            side,
        })
        .await?;
    let mut steps = known.map(|action| action.steps.clone()).unwrap_or_default();
    for (index, (actor, event)) in events.into_iter().enumerate() {
        steps.push(Step {
            meta: EntryMeta {
                seq: appended.first_seq + index as u64,
                version: appended.versions[index],
                time_ms: times[index],
                actor,
            },
            event,
        });
    }
    ActionState::fold(id, steps).map_err(|error| unreadable(&error))
}

/// [`append_onto`], answered before it is durable: for what is only told, never relied on. Returns
/// the action as it will be, and the append on its way.
pub fn queue_onto(
    app: &App,
    action: &ActionState,
    event: ActionEvent,
    (preconditions, side): (Vec<Precondition>, Vec<SideWrite>),
) -> Result<(ActionState, Queued), AppendError> {
    let id = &action.row.id;
    let entry = entry(app, id, "leeway", event.clone());
    let time_ms = entry.time_ms;
    let queued = app.store.queue(Append {
        entries: vec![entry],
        preconditions,
        side,
    })?;
    let mut steps = action.steps.clone();
    steps.push(Step {
        meta: EntryMeta {
            // Its place in the ledger is known once it is durable; nobody is shown it before.
            seq: action.row.seq,
            version: action.row.version + 1,
            time_ms,
            actor: "leeway".to_owned(),
        },
        event,
    });
    let action = ActionState::fold(id, steps).map_err(|error| unreadable(&error))?;
    Ok((action, queued))
}

/// What an action's events teach of its agent: entries of the same append. An outcome is recorded whatever
/// becomes of the evidence.
fn learned(app: &App, row: Option<&ActionRow>, events: &[&ActionEvent]) -> Vec<NewEntry> {
    let Some(row) = row else {
        return Vec::new();
    };
    earning::observe::of(app, row, events).unwrap_or_else(|error| {
        tracing::error!(id = %row.id, %error, "nothing was learned of an action");
        Vec::new()
    })
}

fn unreadable(why: &dyn std::fmt::Display) -> AppendError {
    AppendError::Unwritable(format!("written, but unreadable: {why}"))
}
