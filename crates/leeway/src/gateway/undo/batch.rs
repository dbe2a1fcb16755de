//! Taking many actions back: planned and shown, then begun, and carried out by [`super::carry`].

use super::choose::{foresee, select};
use super::plan::state;
use crate::app::App;
use crate::clock;
use crate::error::ApiError;
use axum::http::StatusCode;
use leeway_core::canonical;
use leeway_core::govern::event::GovernEvent;
use leeway_core::govern::people::{Person, Right};
use leeway_core::govern::routing::Ineligible;
use leeway_core::govern::state::Document;
use leeway_core::id::ActionId;
use leeway_core::ledger::event::Event;
use leeway_core::undo::batch::{BatchEvent, BatchState, BatchStatus, Foreseen, Selection, count};
use leeway_store::{Append, NewEntry, Precondition};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Ids per entry.
const LISTED: usize = 2_000;

/// How long whoever asks for a plan waits for it.
const LONGEST_WAIT: Duration = Duration::from_secs(15);

/// Has a batch worked out, and waits a while for it: it may be `planning` still, when there is much to read.
/// Nothing is taken back yet.
pub async fn prepare(
    app: &Arc<App>,
    person: &Person,
    selection: Selection,
    (incident, why): (Option<u64>, &str),
) -> Result<BatchState, ApiError> {
    if !person.may(Right::Decide) {
        return Err(ApiError::from(&Ineligible::Role));
    }
    let rows = select(app, &selection).await?;
    if rows.is_empty() {
        return Err(ApiError::invalid(
            "selection-matches-nothing",
            "nothing that was carried out fits",
        )
        .help("only what was carried out and changed something can be taken back"));
    }
    let id = format!("und_{}", hex::encode(clock::random::<10>()));
    let asked = BatchEvent::Asked {
        by: person.email.clone(),
        why: why.to_owned(),
        selection: Box::new(selection),
        incident,
        total: rows.len() as u32,
    };
    let stream = BatchState::stream(&id);
    let new = Precondition::StreamAt {
        stream: stream.clone(),
        version: 0,
    };
    let actor = format!("person:{}", person.email);
    app.govern(
        &actor,
        stream,
        GovernEvent::Batch(asked),
        (vec![], vec![new]),
    )
    .await?;
    let working = tokio::spawn(work_out(app.clone(), id.clone()));
    // Whoever hangs up, or waits no longer, finds it later.
    let _ = tokio::time::timeout(LONGEST_WAIT, working).await;
    find(app, &id).map(|(_, batch)| batch)
}

/// Works a batch out and records what was foreseen; one that cannot be worked out ends with the reason.
pub async fn work_out(app: Arc<App>, id: String) {
    let foreseen = planned(&app, &id).await;
    app.plans().remove(&id);
    let ended = match foreseen {
        Ok(()) => return,
        Err(error) => append(
            &app,
            "leeway",
            &id,
            BatchEvent::Stopped {
                by: "leeway".to_owned(),
                why: error.message,
                counts: BTreeMap::new(),
            },
        ),
    };
    if let Err(error) = ended.await {
        tracing::warn!(batch = %id, %error, "a batch that could not be worked out stays so");
    }
}

async fn planned(app: &Arc<App>, id: &str) -> Result<(), ApiError> {
    let (version, batch) = find(app, id)?;
    let rows = select(app, &batch.selection).await?;
    let items = foresee(app, &rows, |done| {
        app.plans().insert(id.to_owned(), done);
    })
    .await?;
    let mut foreseen = BTreeMap::new();
    for (_, item) in &items {
        *foreseen.entry(item.next.clone()).or_insert(0) += 1;
    }
    let digest: Vec<_> = items.iter().map(|(id, item)| (id, &item.next)).collect();
    let planned = BatchEvent::Planned {
        by: batch.by.clone(),
        why: batch.why.clone(),
        selection: Box::new(batch.selection.clone()),
        incident: batch.incident,
        total: items.len() as u32,
        hash: canonical::hash(&digest),
        foreseen,
    };
    let listed = items.chunks(LISTED).map(|items| BatchEvent::Listed {
        actions: items.iter().map(|(id, _)| id.clone()).collect(),
        foreseen: items.iter().map(|(_, item)| item.clone()).collect(),
    });
    let stream = BatchState::stream(id);
    let entries = std::iter::once(planned)
        .chain(listed)
        .map(|event| NewEntry {
            stream: stream.clone(),
            actor: format!("person:{}", batch.by),
            time_ms: app.clock.now_ms(),
            event: Event::Govern(GovernEvent::Batch(event)),
        })
        .collect();
    app.store
        .append(Append {
            entries,
            preconditions: vec![Precondition::StreamAt { stream, version }],
            side: vec![],
        })
        .await?;
    Ok(())
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

/// That a batch still runs, as a precondition: its stream moves only when it ends.
pub(super) fn running(app: &App, id: &str) -> Result<Precondition, ApiError> {
    let (version, batch) = find(app, id)?;
    if batch.status != BatchStatus::Running {
        return Err(ApiError::new(
            StatusCode::CONFLICT,
            "batch-not-open",
            format!("the batch is {}", batch.status.name()),
        ));
    }
    let stream = BatchState::stream(id);
    Ok(Precondition::StreamAt { stream, version })
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

/// The actions of a batch, in their order, and what was foreseen for each.
pub fn items(app: &App, id: &str) -> Result<Vec<(ActionId, Foreseen)>, ApiError> {
    let entries = app.store.reader()?.entries_of(&BatchState::stream(id))?;
    let mut found = Vec::new();
    for raw in entries {
        if raw.envelope.kind != "batch.listed" {
            continue;
        }
        let event = Event::read(&raw.envelope.kind, &raw.payload);
        let Ok(Event::Govern(GovernEvent::Batch(BatchEvent::Listed { actions, foreseen }))) = event
        else {
            continue;
        };
        let unsaid = || Foreseen {
            next: String::new(),
            note: String::new(),
        };
        let foreseen = foreseen.into_iter().chain(std::iter::repeat_with(unsaid));
        found.extend(actions.into_iter().zip(foreseen));
    }
    Ok(found)
}

/// The actions of a batch, in their order.
pub fn listed(app: &App, id: &str) -> Result<Vec<ActionId>, ApiError> {
    let items = items(app, id)?.into_iter();
    Ok(items.map(|(action, _)| action).collect())
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
        return Err(ApiError::from(&Ineligible::Role));
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

/// After a restart: batches that were running, or being worked out, go on.
pub fn recover(app: &Arc<App>) -> Result<(), ApiError> {
    for batch in all(app)? {
        match batch.status {
            BatchStatus::Running => app.undo_batch(batch.id),
            BatchStatus::Planning => drop(tokio::spawn(work_out(app.clone(), batch.id))),
            _ => {}
        }
    }
    Ok(())
}
