//! Carrying out a batch of undos: actions on different records side by side, on one record in order, and
//! what reached outside last. Interrupted anywhere it goes on where it stopped.

use super::ask::{Asked, ask_planned};
use super::batch::{append, counts, find, listed};
use super::plan::{Choices, Next, plan, state};
use crate::app::App;
use crate::error::ApiError;
use crate::gateway::reconcile::{self, LATEST_ARRIVAL_MS};
use crate::gateway::run;
use leeway_core::action::state::Status;
use leeway_core::classify::RecordRef;
use leeway_core::govern::people::{Person, Right};
use leeway_core::id::ActionId;
use leeway_core::undo::batch::{BatchEvent, BatchState, BatchStatus, order};
use leeway_core::undo::state::UndoStatus;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// What may be otherwise in a moment; nothing was written.
const AGAIN: [&str; 2] = ["record-unreadable", "changed-meanwhile"];
/// How often one action is tried before it is left as it is.
const TRIES: u32 = 5;
/// Pause before the second try; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// Actions taken back at the same time: a small business's system is not to be flooded.
pub(super) const AT_ONCE: usize = 4;
/// Pause between two looks at what has an unknown outcome.
const LOOK_AGAIN: Duration = Duration::from_secs(2);
/// How long a batch waits for what has an unknown outcome to be read back: a call that left no trace a
/// minute after its start will leave none.
const LONGEST_UNKNOWN: Duration = Duration::from_millis(LATEST_ARRIVAL_MS as u64 + 30_000);

/// Carries a batch out, from wherever it stands. Whoever calls it again while it runs only does what is
/// not done yet: each action's own undo is asked for once.
pub async fn carry_out(app: &Arc<App>, id: &str) -> Result<(), ApiError> {
    let (_, batch) = find(app, id)?;
    let ids = listed(app, id)?;
    let mut wave: Vec<ActionId> = Vec::new();
    let mut records: HashSet<Option<RecordRef>> = HashSet::new();
    for action in &ids {
        let row = app.store.reader()?.action_row(action)?;
        let record = row.as_ref().and_then(|row| row.record.clone());
        let alone = record.is_none() || row.is_some_and(|row| order(&row).0);
        if wave.len() >= AT_ONCE || alone || records.contains(&record) {
            flush(app, &batch, &mut wave).await;
            records.clear();
        }
        if find(app, id)?.1.status != BatchStatus::Running {
            return Ok(());
        }
        if asker(app, &batch).is_none() {
            flush(app, &batch, &mut wave).await;
            let stopped = BatchEvent::Stopped {
                by: "leeway".to_owned(),
                why: "Whoever planned it may no longer decide.".to_owned(),
                counts: counts(app, &ids)?,
            };
            return append(app, "leeway", id, stopped).await;
        }
        wave.push(action.clone());
        records.insert(record);
        if alone {
            flush(app, &batch, &mut wave).await;
            records.clear();
        }
    }
    flush(app, &batch, &mut wave).await;
    read_back(app, &ids).await?;
    if find(app, id)?.1.status != BatchStatus::Running {
        return Ok(());
    }
    let finished = BatchEvent::Finished {
        counts: counts(app, &ids)?,
    };
    append(app, "leeway", id, finished).await
}

/// Whoever planned a batch, while they may decide.
fn asker(app: &App, batch: &BatchState) -> Option<Person> {
    let registry = app.registry();
    let mut people = registry.people.iter();
    people
        .find(|person| person.email == batch.by && person.may(Right::Decide))
        .cloned()
}

async fn flush(app: &Arc<App>, batch: &BatchState, wave: &mut Vec<ActionId>) {
    let mut under_way = tokio::task::JoinSet::new();
    for action in wave.drain(..) {
        let (app, batch) = (app.clone(), batch.clone());
        under_way.spawn(async move {
            if let Err(error) = Box::pin(persist(&app, &batch, &action)).await {
                tracing::warn!(%action, batch = %batch.id, %error, "not taken back");
            }
        });
    }
    while under_way.join_next().await.is_some() {}
}

/// Reads back what has an unknown outcome until it is known, a person has to say, or time is up.
async fn read_back(app: &Arc<App>, ids: &[ActionId]) -> Result<(), ApiError> {
    let until = Instant::now() + LONGEST_UNKNOWN;
    let mut open = unknown(app, ids)?;
    while !open.is_empty() && Instant::now() < until {
        for undo in open.iter().take_while(|_| Instant::now() < until) {
            if let Err(error) = reconcile::read_back(app, undo).await {
                tracing::debug!(%undo, %error, "not read back yet");
            }
        }
        open = still_unknown(app, open)?;
        if !open.is_empty() {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
    Ok(())
}

/// The undos of these actions whose outcome is unknown.
fn unknown(app: &App, ids: &[ActionId]) -> Result<Vec<ActionId>, ApiError> {
    let mut found = Vec::new();
    for id in ids {
        if let Some((_, known)) = state(app, id)?
            && known.status == UndoStatus::UndoUnknown
        {
            found.extend(known.undo);
        }
    }
    still_unknown(app, found)
}

fn still_unknown(app: &App, undos: Vec<ActionId>) -> Result<Vec<ActionId>, ApiError> {
    let mut open = Vec::new();
    for undo in undos {
        if status_of(app, &undo)? == Some(Status::OutcomeUnknown) {
            open.push(undo);
        }
    }
    Ok(open)
}

fn status_of(app: &App, id: &ActionId) -> Result<Option<Status>, ApiError> {
    let row = app.store.reader()?.action_row(id)?;
    Ok(row.map(|row| row.status))
}

/// [`take_back`], again where the record could not be read or moved on before anything was written.
async fn persist(app: &Arc<App>, batch: &BatchState, id: &ActionId) -> Result<(), ApiError> {
    let mut pause = FIRST_PAUSE;
    for _ in 1..TRIES {
        match Box::pin(take_back(app, batch, id)).await {
            Ok(false) => return Ok(()),
            Err(error) if !AGAIN.contains(&error.code) => return Err(error),
            Ok(true) | Err(_) => tokio::time::sleep(pause).await,
        }
        pause *= 2;
    }
    Box::pin(take_back(app, batch, id)).await.map(|_| ())
}

/// Whether what was to take it back was withdrawn by Leeway, so that it can be planned anew.
fn outdated(app: &App, undo: &ActionId) -> Result<bool, ApiError> {
    Ok(status_of(app, undo)? == Some(Status::Withdrawn))
}

/// Carries an undo out; returns whether it no longer fitted.
async fn attempt(app: &Arc<App>, undo: &ActionId) -> Result<bool, ApiError> {
    run::attempt(app, undo).await?;
    outdated(app, undo)
}

/// Takes one action back; returns whether its plan no longer fitted when it was to start.
async fn take_back(app: &Arc<App>, batch: &BatchState, id: &ActionId) -> Result<bool, ApiError> {
    if let Some((_, known)) = state(app, id)? {
        match (known.status, &known.undo) {
            // Asked for before an interruption: it goes on from there.
            (UndoStatus::Planned, Some(undo)) => return attempt(app, undo).await,
            (UndoStatus::Conflicted, Some(undo))
                if asked_here(app, batch, Some(undo))? && outdated(app, undo)? => {}
            (status, undo)
                if status.is_settled()
                    || known.since_ms >= batch.since_ms && status == UndoStatus::Conflicted
                    || asked_here(app, batch, undo.as_ref())? =>
            {
                return Ok(false);
            }
            // What is under way, with a person, or still to be found out is not asked for again.
            (
                UndoStatus::Undoing
                | UndoStatus::UndoUnknown
                | UndoStatus::NotConfirmed
                | UndoStatus::Remediation,
                _,
            ) => {
                return Ok(false);
            }
            _ => {}
        }
    }
    let person = asker(app, batch)
        .ok_or_else(|| ApiError::forbidden("whoever planned the batch may no longer decide"))?;
    let Some(action) = app.store.reader()?.action(id)? else {
        return Ok(false);
    };
    let plan = plan(app, &action, &Choices::default()).await?;
    if let Next::Decide { left, points } = &plan.next {
        super::settle::conflicted(app, &person, id, (left, points)).await?;
        return Ok(false);
    }
    let planned = (&action, &plan);
    match ask_planned(app, &person, planned, Some(batch.id.clone())).await? {
        Asked::Undo(undo) => attempt(app, &undo.row.id).await,
        Asked::Settled => Ok(false),
    }
}

/// Whether the latest undo was this batch's own: what came of it is not tried again by itself.
fn asked_here(app: &App, batch: &BatchState, undo: Option<&ActionId>) -> Result<bool, ApiError> {
    let Some(undo) = undo else {
        return Ok(false);
    };
    let undo = app.store.reader()?.action(undo)?;
    let of = undo
        .as_ref()
        .and_then(|undo| undo.undoes())
        .and_then(|undoes| undoes.batch.as_ref());
    Ok(of == Some(&batch.id))
}
