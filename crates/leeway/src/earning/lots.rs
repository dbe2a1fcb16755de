//! Samples by an area's cadence: drawn from what was carried out since the last, by tool, with the ledger's
//! root as seed, and closed when all of it is reviewed.

use super::promoting::losing;
use super::{DAY_MS, append, entry, observe};
use crate::app::App;
use crate::error::ApiError;
use crate::registry::{LiveWorkflow, Registry};
use leeway_core::action::state::ActionRow;
use leeway_core::action::tool_name;
use leeway_core::classify::Effect;
use leeway_core::earn::draw;
use leeway_core::earn::lot::{LotEvent, LotState, LotStratum, plan};
use leeway_core::earn::review::{Because, Drawn, ReviewEvent, ReviewState};
use leeway_core::earn::stage::Lost;
use leeway_core::evidence::cadence as strictness;
use leeway_core::govern::owners::{Cadence, Responsibility};
use leeway_core::govern::people::{Person, Right};
use leeway_core::govern::state::Document;
use leeway_core::id::ActionId;
use leeway_store::{NewEntry, Precondition, Reader, StoreError};
use std::collections::{BTreeMap, HashMap};
use std::sync::PoisonError;

/// Entries looked through at once.
const PAGE: usize = 2_000;

/// Where the lots of an area stand, and the length of their stream.
pub fn state(
    reader: &Reader,
    workflow: &str,
    row: Responsibility,
) -> Result<(u64, LotState), StoreError> {
    match reader.document(&LotState::stream(workflow, row.name()))? {
        Some((version, Document::Lot(state))) => Ok((version, state)),
        _ => Ok((0, LotState::default())),
    }
}

/// How often an area is sampled, milliseconds; `None` where its outputs are drawn one by one.
pub fn period_ms(cadence: Cadence, standing: strictness::Cadence) -> Option<i64> {
    let days = match (cadence, standing) {
        (Cadence::DailySample, _) => 1,
        // Stable: four weeks.
        (Cadence::WeeklyUntilStable, strictness::Cadence::Reduced) => 28,
        (Cadence::WeeklyUntilStable | Cadence::WeeklySample, _) => 7,
        (Cadence::EveryRun | Cadence::Exceptions | Cadence::EveryVersionChange, _) => return None,
    };
    Some(days * DAY_MS)
}

/// Draws every lot whose time has come, and closes those that are reviewed.
pub async fn tend(app: &App) -> Result<(), ApiError> {
    let registry = app.registry();
    for (name, live) in &registry.workflows {
        for row in Responsibility::ALL {
            let cadence = registry
                .matrix()
                .map_or(row.usual_cadence(), |matrix| matrix.cadence(row));
            let found = state(&app.store.reader()?, name, row)?;
            if let Some(lot) = found.1.lots.iter().rev().find(|lot| lot.wrong.is_none()) {
                unless_moved(close(app, (name, row), lot.number).await)?;
            }
            let Some(period) = period_ms(cadence, found.1.standing.cadence) else {
                continue;
            };
            let now_ms = app.clock.now_ms();
            let since = match found.1.drawn_ms {
                Some(drawn_ms) => drawn_ms,
                None => began_ms(app, name)?.unwrap_or(now_ms),
            };
            if now_ms - since >= period {
                unless_moved(draw_lot(app, (&registry, live, row), found).await)?;
            }
        }
    }
    Ok(())
}

/// Somebody else did it meanwhile: that is as good.
pub fn unless_moved(done: Result<(), ApiError>) -> Result<(), ApiError> {
    match done {
        Err(error) if error.code == "stale" => Ok(()),
        other => other,
    }
}

/// When a workflow's first entry was recorded, UTC milliseconds.
fn began_ms(app: &App, workflow: &str) -> Result<Option<i64>, ApiError> {
    let entries = app
        .store
        .reader()?
        .entries_of(&LiveWorkflow::stream(workflow))?;
    Ok(entries.first().map(|entry| entry.envelope.time_ms))
}

/// What was carried out of an area since a position, by tool, without what is reviewed anyway.
fn population(
    reader: &Reader,
    (workflow, row, home): (&str, Responsibility, Responsibility),
    from_seq: u64,
) -> Result<BTreeMap<String, Vec<ActionRow>>, ApiError> {
    let mut found: BTreeMap<String, Vec<ActionRow>> = BTreeMap::new();
    let mut next = from_seq;
    loop {
        let (streams, last) = reader.finished_since(next, PAGE)?;
        let full = streams.len() == PAGE;
        for stream in streams {
            let Some(id) = stream.strip_prefix("action/").and_then(ActionId::parse) else {
                continue;
            };
            let Some(action) = reader.action_row(&id)? else {
                continue;
            };
            let its = action.responsibility.unwrap_or(home) == row && action.workflow == workflow;
            let act = action.effect != Some(Effect::Read) && action.undoes.is_none();
            if its && act && !reader.is_drawn(id.as_str())? {
                let tool = tool_name(&action.system, &action.tool);
                found.entry(tool).or_default().push(action);
            }
        }
        if !full {
            return Ok(found);
        }
        next = last;
    }
}

async fn draw_lot(
    app: &App,
    (registry, live, row): (&Registry, &LiveWorkflow, Responsibility),
    (version, lots): (u64, LotState),
) -> Result<(), ApiError> {
    let workflow = &live.state.workflow;
    let reader = app.store.reader()?;
    let head = reader.head()?;
    let home = registry
        .workflows
        .get(&workflow.name)
        .map_or(row, |live| live.state.workflow.responsibility);
    let stream = LotState::stream(&workflow.name, row.name());
    let looked = |of: &dyn Fn(&mut HashMap<String, u64>) -> Option<u64>| {
        of(&mut app
            .looked_through
            .lock()
            .unwrap_or_else(PoisonError::into_inner))
    };
    let from_seq = looked(&|known| known.get(&stream).copied()).unwrap_or_default();
    let from_seq = from_seq.max(lots.next_seq);
    let found = population(&reader, (&workflow.name, row, home), from_seq)?;
    if found.is_empty() {
        // Not again from there every few seconds.
        looked(&|known| known.insert(stream.clone(), head.entries));
        return Ok(());
    }
    let number = lots.lots.last().map_or(0, |lot| lot.number) + 1;
    let seed = format!("{} {stream} {number}", head.root);
    let cadence = lots.standing.cadence;
    let sizes: Vec<u64> = found.values().map(|rows| rows.len() as u64).collect();
    let counts = draw::allot(&sizes, plan(cadence).0);
    let now_ms = app.clock.now_ms();
    let due_ms = now_ms + i64::from(workflow.evidence.within_days()) * DAY_MS;
    let (mut strata, mut drawn, mut reviews) = (Vec::new(), Vec::new(), Vec::new());
    for ((tool, rows), count) in found.into_iter().zip(counts) {
        strata.push(LotStratum {
            tool: tool.clone(),
            size: rows.len() as u64,
            drawn: count as u64,
        });
        let share = count as f64 / rows.len() as f64;
        let by_id: BTreeMap<String, ActionRow> = rows
            .into_iter()
            .map(|row| (row.id.as_str().to_owned(), row))
            .collect();
        for id in draw::of(&seed, by_id.keys().cloned().collect(), count) {
            let Some(action) = by_id.get(&id) else {
                continue;
            };
            let event = Drawn {
                shows: action.id.clone(),
                workflow: workflow.name.clone(),
                tool: tool.clone(),
                agent: action.agent.clone(),
                responsibility: row,
                because: Because::Sample,
                lot: Some(number),
                seed: Some(seed.clone()),
                share,
                due_ms,
                looks: observe::looks(app, (&seed, action), row),
            };
            let event = ReviewEvent::Drawn(Box::new(event));
            let stream = ReviewState::stream(&action.id);
            reviews.push(entry((&stream, "leeway", now_ms), event));
            drawn.push(action.id.clone());
        }
    }
    let event = LotEvent::Drawn {
        number,
        root: head.root,
        entries: head.entries,
        from_seq,
        strata,
        drawn,
        cadence,
        due_ms,
    };
    let mut entries = vec![entry((&stream, "leeway", now_ms), event)];
    entries.extend(reviews);
    append(
        app,
        entries,
        vec![Precondition::StreamAt { stream, version }],
    )
    .await
}

/// Closes a lot when all of it is reviewed; what that makes of its area follows at once.
pub async fn close(
    app: &App,
    (workflow, row): (&str, Responsibility),
    number: u64,
) -> Result<(), ApiError> {
    let reader = app.store.reader()?;
    let [open, reviewed, wrong, critical] = reader.lot_counts(workflow, row, number)?;
    let (version, lots) = state(&reader, workflow, row)?;
    let waits = lots
        .lots
        .iter()
        .any(|lot| lot.number == number && lot.wrong.is_none());
    if open > 0 || !waits {
        return Ok(());
    }
    let event = LotEvent::Closed {
        number,
        reviewed,
        wrong,
        critical,
        found: reader.lot_found(workflow, row, number)?,
    };
    let now_ms = app.clock.now_ms();
    let stopped = lots.is_stopped();
    let after = LotState::apply(Some(lots), now_ms, &event).map_err(|why| broken(&why))?;
    let stream = LotState::stream(workflow, row.name());
    let mut entries = vec![entry((&stream, "leeway", now_ms), event)];
    let mut preconditions = vec![Precondition::StreamAt { stream, version }];
    // Once, when it stops: further lots that were open then take nothing more.
    if after.is_stopped() && !stopped {
        let (demoted, at) = lost(app, (workflow, row), &after)?;
        entries.extend(demoted);
        preconditions.extend(at);
    }
    append(app, entries, preconditions).await
}

/// What agents lose when the lots of an area are stopped: one level with each tool whose outputs stopped it.
fn lost(
    app: &App,
    (workflow, row): (&str, Responsibility),
    lots: &LotState,
) -> Result<(Vec<NewEntry>, Option<Precondition>), ApiError> {
    let registry = app.registry();
    let Some(live) = registry.workflows.get(workflow) else {
        return Ok((Vec::new(), None));
    };
    let why = format!("too many samples of “{}” were bad", row.title());
    let mut entries = Vec::new();
    for tool in lots.culprits() {
        if let Some(found) = registry.find(tool) {
            let at = (&*registry, &**live, &**found);
            entries.extend(losing(app, at, ("leeway", Lost::Lots, &why))?);
        }
    }
    let at = Precondition::StreamAt {
        stream: LiveWorkflow::stream(workflow),
        version: live.version,
    };
    Ok((entries, Some(at)))
}

/// The cause of a stop was removed: samples go on, strictly.
pub async fn restart(
    app: &App,
    person: &Person,
    (workflow, row): (&str, Responsibility),
    why: &str,
) -> Result<(), ApiError> {
    if !person.may(Right::Resume) {
        return Err(ApiError::forbidden(
            "your role does not resume what was stopped",
        ));
    }
    crate::texts::within([("why", why)])?;
    if why.trim().is_empty() {
        return Err(ApiError::invalid(
            "why-missing",
            "say what the cause was and how it was removed",
        ));
    }
    let (version, lots) = state(&app.store.reader()?, workflow, row)?;
    let event = LotEvent::Restarted {
        by: person.email.clone(),
        why: why.trim().to_owned(),
    };
    let now_ms = app.clock.now_ms();
    LotState::apply(Some(lots), now_ms, &event)
        .map_err(|why| ApiError::new(axum::http::StatusCode::CONFLICT, "not-stopped", why))?;
    let stream = LotState::stream(workflow, row.name());
    let actor = format!("person:{}", person.email);
    let entries = vec![entry((&stream, &actor, now_ms), event)];
    append(
        app,
        entries,
        vec![Precondition::StreamAt { stream, version }],
    )
    .await
}

fn broken(why: &str) -> ApiError {
    ApiError::new(
        axum::http::StatusCode::INTERNAL_SERVER_ERROR,
        "evidence-unreadable",
        why,
    )
}
