//! Which actions a batch takes back, in which order, and what is foreseen for each.

use super::foreseen::Foreseen;
use super::plan::{Choices, Next, open, plan_after};
use crate::app::App;
use crate::error::ApiError;
use leeway_core::action::state::{ActionRow, Status};
use leeway_core::classify::{Effect, RecordRef};
use leeway_core::id::ActionId;
use leeway_core::undo::batch::{Selection, order};
use leeway_store::ActionFilter;
use serde::Serialize;

/// Most actions one batch takes back.
pub const MOST: usize = 100_000;
/// Rows read at once.
const PAGE: usize = 500;

/// What is foreseen for one action of a batch.
#[derive(Clone, Debug, Serialize)]
pub struct Item {
    /// The action.
    pub action: ActionId,
    /// Its title.
    pub title: String,
    /// Its record.
    pub record: Option<RecordRef>,
    /// `call`, `already-back`, `decide`, `impossible`, `under-way`, `settled`, `unusable`.
    pub next: &'static str,
    /// Fields left to be decided, or why it cannot be taken back.
    pub note: String,
}

/// The actions a selection names: those that were carried out and changed something, in order.
pub fn select(app: &App, selection: &Selection) -> Result<Vec<ActionRow>, ApiError> {
    if selection.is_empty() {
        return Err(ApiError::invalid(
            "selection-empty",
            "nothing says which actions are to be taken back",
        )
        .help("name actions, a workflow, an agent, a tool, a record, a version or a time"));
    }
    let reader = app.store.reader()?;
    let mut found = Vec::new();
    let mut take = |row: ActionRow| -> Result<(), ApiError> {
        let done = matches!(row.status, Status::Executed | Status::Partial);
        // An undo is taken back on its own, never by the way.
        let named = selection.actions.contains(&row.id);
        if !done
            || row.effect == Some(Effect::Read)
            || (row.undoes.is_some() && !named)
            || !selection.fits_row(&row)
        {
            return Ok(());
        }
        if selection.looks_inside() {
            let action = reader.action(&row.id)?;
            let fits = action
                .as_ref()
                .and_then(|action| action.current())
                .is_some_and(|judged| selection.fits(judged));
            if !fits {
                return Ok(());
            }
        }
        found.push(row);
        Ok(())
    };
    if selection.actions.is_empty() {
        let filter = ActionFilter {
            workflow: selection.workflow.clone(),
            status: vec![Status::Executed, Status::Partial],
            agent: selection.agent.clone(),
            record: selection.record.clone(),
            from_ms: selection.from_ms,
            to_ms: selection.to_ms,
            ..ActionFilter::default()
        };
        let mut cursor = None;
        loop {
            let page = reader.actions(&filter, cursor, PAGE)?;
            for row in page.items {
                take(row)?;
            }
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
    } else {
        for id in &selection.actions {
            let row = reader
                .action_row(id)?
                .ok_or_else(|| ApiError::not_found("action", id.as_str()))?;
            take(row)?;
        }
    }
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
    found.sort_by_key(order);
    Ok(found)
}

/// What would become of each action, on what those before it leave.
pub async fn foresee(app: &App, rows: &[ActionRow]) -> Result<Vec<Item>, ApiError> {
    let mut foreseen = Foreseen::default();
    let mut items = Vec::with_capacity(rows.len());
    for row in rows {
        let Some(action) = app.store.reader()?.action(&row.id)? else {
            continue;
        };
        let planned = plan_after(app, &action, &Choices::default(), &foreseen).await;
        let (next, note) = match &planned {
            Err(error) => ("unusable", error.message.clone()),
            Ok(plan) if open(plan).is_err() => match plan.state.as_ref().map(|s| s.status) {
                Some(status) if status.is_under_way() => ("under-way", String::new()),
                Some(status) => ("settled", status.words().to_owned()),
                None => ("settled", String::new()),
            },
            Ok(plan) => match &plan.next {
                Next::Call { left, .. } if left.is_empty() => ("call", String::new()),
                Next::Call { left, .. } => ("call-in-part", left.join(", ")),
                Next::AlreadyBack => ("already-back", String::new()),
                Next::AllKept => ("settled", String::new()),
                Next::Decide { left } => ("decide", left.join(", ")),
                Next::Impossible { why } => ("impossible", why.clone()),
            },
        };
        if let Ok(plan) = &planned {
            foreseen.take(app, &action, plan);
        }
        items.push(Item {
            action: row.id.clone(),
            title: row.title.clone(),
            record: row.record.clone(),
            next,
            note,
        });
    }
    Ok(items)
}
