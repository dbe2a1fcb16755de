//! Taking many actions back: planned and shown, then begun, and carried out by [`super::carry`].

use super::choose::{Item, foresee, select};
use super::plan::state;
use crate::app::App;
use crate::clock;
use crate::error::ApiError;
use crate::gateway::deciders::ineligible;
use axum::http::StatusCode;
use leeway_core::canonical;
use leeway_core::govern::event::GovernEvent;
use leeway_core::govern::people::{Person, Right};
use leeway_core::govern::routing::Ineligible;
use leeway_core::govern::state::Document;
use leeway_core::id::ActionId;
use leeway_core::ledger::event::Event;
use leeway_core::undo::batch::{BatchEvent, BatchState, BatchStatus, Selection, count};
use leeway_store::{Append, NewEntry, Precondition};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Ids per entry.
const LISTED: usize = 2_000;

/// A batch as it was planned, with its actions.
pub struct Planned {
    /// The batch.
    pub batch: BatchState,
    /// Its actions, in their order.
    pub items: Vec<Item>,
}

/// Works a batch out and records it. Nothing is taken back yet.
pub async fn prepare(
    app: &Arc<App>,
    person: &Person,
    selection: Selection,
    (incident, why): (Option<u64>, &str),
) -> Result<Planned, ApiError> {
    if !person.may(Right::Decide) {
        return Err(ineligible(&Ineligible::Role));
    }
    let rows = select(app, &selection).await?;
    if rows.is_empty() {
        return Err(ApiError::invalid(
            "selection-matches-nothing",
            "nothing that was carried out fits",
        )
        .help("only what was carried out and changed something can be taken back"));
    }
    let items = foresee(app, &rows).await?;
    let mut foreseen = BTreeMap::new();
    for item in &items {
        *foreseen.entry(item.next.to_owned()).or_insert(0) += 1;
    }
    let id = format!("und_{}", hex::encode(clock::random::<10>()));
    let digest: Vec<_> = items.iter().map(|item| (&item.action, item.next)).collect();
    let planned = BatchEvent::Planned {
        by: person.email.clone(),
        why: why.to_owned(),
        selection: Box::new(selection),
        incident,
        total: items.len() as u32,
        hash: canonical::hash(&digest),
        foreseen,
    };
    let listed = items.chunks(LISTED).map(|items| BatchEvent::Listed {
        actions: items.iter().map(|item| item.action.clone()).collect(),
    });
    let actor = format!("person:{}", person.email);
    let stream = BatchState::stream(&id);
    let entries = std::iter::once(planned)
        .chain(listed)
        .map(|event| NewEntry {
            stream: stream.clone(),
            actor: actor.clone(),
            time_ms: app.clock.now_ms(),
            event: Event::Govern(GovernEvent::Batch(event)),
        })
        .collect();
    app.store
        .append(Append {
            entries,
            preconditions: vec![Precondition::StreamAt { stream, version: 0 }],
            side: vec![],
        })
        .await?;
    let (_, batch) = find(app, &id)?;
    Ok(Planned { batch, items })
}

/// A batch and the length of its stream.
pub fn find(app: &App, id: &str) -> Result<(u64, BatchState), ApiError> {
    let known = id.len() < 64 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let found = if known {
        app.store.reader()?.document(&BatchState::stream(id))?
    } else {
        None
    };
    match found {
        Some((version, Document::Batch(state))) => Ok((version, state)),
        _ => Err(ApiError::not_found("batch", &id.escape_debug().to_string())),
    }
}

/// Every batch, newest first.
pub fn all(app: &App) -> Result<Vec<BatchState>, ApiError> {
    let mut found: Vec<BatchState> = app
        .store
        .reader()?
        .documents("batch/")?
        .into_iter()
        .filter_map(|(_, _, document)| match document {
            Document::Batch(state) => Some(state),
            _ => None,
        })
        .collect();
    found.sort_by_key(|state| std::cmp::Reverse(state.planned_ms));
    Ok(found)
}

/// The actions of a batch, in their order.
pub fn listed(app: &App, id: &str) -> Result<Vec<ActionId>, ApiError> {
    let entries = app.store.reader()?.entries_of(&BatchState::stream(id))?;
    let mut found = Vec::new();
    for raw in entries {
        if raw.envelope.kind != "batch.listed" {
            continue;
        }
        let event = Event::read(&raw.envelope.kind, &raw.payload);
        if let Ok(Event::Govern(GovernEvent::Batch(BatchEvent::Listed { actions }))) = event {
            found.extend(actions);
        }
    }
    Ok(found)
}

/// Where the undos of a batch's actions stand; adds up to its total.
pub fn counts(app: &App, ids: &[ActionId]) -> Result<BTreeMap<String, u32>, ApiError> {
    let mut counts = BTreeMap::new();
    for id in ids {
        count(&mut counts, state(app, id)?.map(|(_, state)| state.status));
    }
    Ok(counts)
}

/// Begins a batch exactly as it was shown.
pub async fn start(
    app: &Arc<App>,
    person: &Person,
    (id, hash): (&str, &str),
) -> Result<BatchState, ApiError> {
    if !person.may(Right::Decide) {
        return Err(ineligible(&Ineligible::Role));
    }
    let (_, batch) = find(app, id)?;
    if batch.by != person.email {
        return Err(ApiError::forbidden("whoever planned a batch begins it")
            .help("plan one of your own: it is worked out on what is there now"));
    }
    if batch.hash != hash {
        return Err(ApiError::new(
            StatusCode::CONFLICT,
            "stale",
            "it is not the batch you were shown; nothing was done",
        ));
    }
    let event = BatchEvent::Started {
        by: person.email.clone(),
        hash: hash.to_owned(),
    };
    append(app, &format!("person:{}", person.email), id, event).await?;
    app.undo_batch(id.to_owned());
    find(app, id).map(|(_, batch)| batch)
}

/// Stops a batch: what is under way comes to its end, the rest stays as it is.
pub async fn stop(
    app: &App,
    person: &Person,
    (id, why): (&str, &str),
) -> Result<BatchState, ApiError> {
    if !person.may(Right::Pause) {
        return Err(ApiError::forbidden("your role does not stop batches"));
    }
    find(app, id)?;
    let event = BatchEvent::Stopped {
        by: person.email.clone(),
        why: why.to_owned(),
        counts: counts(app, &listed(app, id)?)?,
    };
    append(app, &format!("person:{}", person.email), id, event).await?;
    find(app, id).map(|(_, batch)| batch)
}

pub(super) async fn append(
    app: &App,
    actor: &str,
    id: &str,
    event: BatchEvent,
) -> Result<(), ApiError> {
    let (version, batch) = find(app, id)?;
    BatchState::apply(Some(batch.clone()), id, 0, &event).map_err(|_| {
        ApiError::new(
            StatusCode::CONFLICT,
            "batch-not-open",
            format!(
                "this is not possible any more: the batch is {}",
                batch.status.name()
            ),
        )
    })?;
    let stream = BatchState::stream(id);
    let at = Precondition::StreamAt {
        stream: stream.clone(),
        version,
    };
    app.govern(actor, stream, GovernEvent::Batch(event), (vec![], vec![at]))
        .await?;
    Ok(())
}

/// After a restart: batches that were running go on.
pub fn recover(app: &Arc<App>) -> Result<(), ApiError> {
    for batch in all(app)? {
        if batch.status == BatchStatus::Running {
            app.undo_batch(batch.id);
        }
    }
    Ok(())
}
