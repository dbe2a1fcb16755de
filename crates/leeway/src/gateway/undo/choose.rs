//! Which actions a batch takes back, in which order, and what is foreseen for each.

use super::carry::AT_ONCE;
use super::foreseen::Foreseen;
use super::plan::{Choices, Next, Plan, open, plan_after};
use crate::app::App;
use crate::error::ApiError;
use axum::http::StatusCode;
use leeway_core::action::state::{ActionRow, Status};
use leeway_core::classify::{Effect, RecordRef};
use leeway_core::id::ActionId;
use leeway_core::undo::batch::{Foreseen as Foretold, Selection, order};
use leeway_core::undo::open_points;
use leeway_core::undo::state::UndoStatus;
use leeway_store::{ActionFilter, Reader, StoreError};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use tokio::task::{JoinError, JoinSet};

/// Most actions one batch takes back.
pub const MOST: usize = 100_000;
/// Longest note of a plan's line, characters: it may quote a system.
const LONGEST_NOTE: usize = 300;
/// Rows read at once.
const PAGE: usize = 500;

/// The actions a selection names: those that were carried out and changed something, in order. Read
/// beside the requests: it may look through the whole ledger.
pub async fn select(app: &App, selection: &Selection) -> Result<Vec<ActionRow>, ApiError> {
    if selection.is_empty() {
        return Err(ApiError::invalid(
            "selection-empty",
            "nothing says which actions are to be taken back",
        )
        .help("name actions, a workflow, an agent, a tool, a record, a version or a time"));
    }
    let wanted = selection.clone();
    let found = app
        .store
        .read(move |reader| {
            let found = match wanted.actions.as_slice() {
                [] => filtered(reader, &wanted)?,
                ids => match named(reader, ids)? {
                    Ok(found) => found,
                    Err(unknown) => return Ok(Err(unknown)),
                },
            };
            let mut fitting = Vec::new();
            for row in found {
                if fits(reader, &wanted, &row)? {
                    fitting.push(row);
                }
            }
            fitting.sort_by_key(order);
            Ok(Ok(fitting))
        })
        .await?
        .map_err(|unknown| ApiError::not_found("action", unknown.as_str()))?;
    if found.len() > MOST {
        return Err(ApiError::invalid(
            "selection-too-large",
            format!(
                "it names {} actions; {MOST} at most are taken back together",
                found.len()
            ),
        )
        .help("narrow it, for example by time"));
    }
    Ok(found)
}

fn filtered(reader: &Reader, selection: &Selection) -> Result<Vec<ActionRow>, StoreError> {
    let filter = ActionFilter {
        workflow: selection.workflow.clone(),
        status: vec![Status::Executed, Status::Partial],
        agent: selection.agent.clone(),
        record: selection.record.clone(),
        from_ms: selection.from_ms,
        to_ms: selection.to_ms,
        ..ActionFilter::default()
    };
    let (mut found, mut cursor) = (Vec::new(), None);
    loop {
        let page = reader.actions(&filter, cursor, PAGE)?;
        let acts = page.items.into_iter();
        // An undo is taken back on its own, never by the way.
        found.extend(acts.filter(|row| row.undoes.is_none()));
        cursor = page.next;
        if cursor.is_none() {
            return Ok(found);
        }
    }
}

/// The actions of these ids; the first that there is none of.
fn named(
    reader: &Reader,
    ids: &[ActionId],
) -> Result<Result<Vec<ActionRow>, ActionId>, StoreError> {
    let mut found = Vec::with_capacity(ids.len());
    let mut named = HashSet::new();
    for id in ids.iter().filter(|id| named.insert(*id)) {
        match reader.action_row(id)? {
            Some(row) => found.push(row),
            None => return Ok(Err(id.clone())),
        }
    }
    Ok(Ok(found))
}

fn fits(reader: &Reader, selection: &Selection, row: &ActionRow) -> Result<bool, StoreError> {
    let done = matches!(row.status, Status::Executed | Status::Partial);
    if !done || row.effect == Some(Effect::Read) || !selection.fits_row(row) {
        return Ok(false);
    }
    if !selection.looks_inside() {
        return Ok(true);
    }
    let action = reader.action(&row.id)?;
    let judged = action.as_ref().and_then(|action| action.current());
    Ok(judged.is_some_and(|judged| selection.fits(judged)))
}

/// What would become of each action. Those on one record are looked at in order, each on what those before
/// it leave; different records side by side.
pub async fn foresee(
    app: &Arc<App>,
    rows: &[ActionRow],
    progress: impl Fn(u32),
) -> Result<Vec<(ActionId, Foretold)>, ApiError> {
    let mut places: HashMap<&RecordRef, usize> = HashMap::new();
    let mut groups: Vec<Vec<(usize, ActionRow)>> = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let new = groups.len();
        let place = match &row.record {
            Some(record) => *places.entry(record).or_insert(new),
            None => new,
        };
        if place == new {
            groups.push(Vec::new());
        }
        groups[place].push((index, row.clone()));
    }
    let mut under_way = JoinSet::new();
    let mut items: Vec<(usize, (ActionId, Foretold))> = Vec::with_capacity(rows.len());
    for group in groups {
        if under_way.len() >= AT_ONCE
            && let Some(done) = under_way.join_next().await
        {
            items.extend(done.map_err(lost)??);
            progress(items.len() as u32);
        }
        under_way.spawn(foresee_record(app.clone(), group));
    }
    while let Some(done) = under_way.join_next().await {
        items.extend(done.map_err(lost)??);
        progress(items.len() as u32);
    }
    items.sort_by_key(|(index, _)| *index);
    Ok(items.into_iter().map(|(_, item)| item).collect())
}

fn lost(error: JoinError) -> ApiError {
    ApiError::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "plan-failed",
        format!("a part of the plan was lost: {error}"),
    )
}

async fn foresee_record(
    app: Arc<App>,
    rows: Vec<(usize, ActionRow)>,
) -> Result<Vec<(usize, (ActionId, Foretold))>, ApiError> {
    let mut foreseen = Foreseen::default();
    let mut items = Vec::with_capacity(rows.len());
    for (index, row) in rows {
        let Some(action) = app.store.reader()?.action(&row.id)? else {
            continue;
        };
        let planned = plan_after(&app, &action, &Choices::default(), &foreseen).await;
        let (next, note) = shown(&planned);
        if let Ok(plan) = &planned {
            foreseen.take(&app, &action, plan);
        }
        let foretold = Foretold {
            next: next.to_owned(),
            note: note.chars().take(LONGEST_NOTE).collect(),
        };
        items.push((index, (row.id, foretold)));
    }
    Ok(items)
}

/// What follows from a plan, in a word, and what else there is to say about it.
fn shown(planned: &Result<Plan, ApiError>) -> (&'static str, String) {
    match planned {
        Err(error) => ("unusable", error.message.clone()),
        Ok(plan) if open(plan).is_err() => match plan.state.as_ref().map(|s| s.status) {
            Some(status) if status.is_under_way() => ("under-way", String::new()),
            Some(status @ (UndoStatus::UndoUnknown | UndoStatus::NotConfirmed)) => {
                ("unusable", status.words().to_owned())
            }
            Some(status) => ("settled", status.words().to_owned()),
            None => ("settled", String::new()),
        },
        Ok(plan) => match &plan.next {
            Next::Call { left, .. } if left.is_empty() => ("call", String::new()),
            Next::Call { left, .. } => ("call-in-part", open_points(&plan.fields, left)),
            Next::AlreadyBack => ("already-back", String::new()),
            Next::AllKept => ("settled", String::new()),
            Next::Decide { points, .. } => ("decide", points.clone()),
            Next::Impossible { why } => ("impossible", why.clone()),
        },
    }
}
