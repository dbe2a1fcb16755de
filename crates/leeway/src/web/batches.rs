//! Taking many actions back: what would become of each, beginning it, and watching it.

use super::layout::Frame;
use super::parts::{csrf, icon, shown, time};
use super::{Failed, PageResult, Viewer, sent, undo};
use crate::app::App;
use crate::error::ApiError;
use crate::gateway::undo::{batch, plan};
use crate::people::session::Session;
use crate::texts;
use axum::extract::{Path, State};
use axum::response::Redirect;
use leeway_core::govern::people::Right;
use leeway_core::id::ActionId;
use leeway_core::undo::batch::{BatchState, BatchStatus, Foreseen, NOT_ASKED, Selection};
use leeway_core::undo::state::UndoStatus;
use maud::{Markup, html};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Actions shown one by one; the API gives more.
const MOST_SHOWN: usize = 200;

/// All batches.
pub async fn list(State(app): State<Arc<App>>, Viewer(session): Viewer) -> PageResult {
    let batches = batch::all(&app)?;
    let frame = Frame::new(&app, &session, "/more", "Undone together");
    Ok(frame.page(html! { div.solo {
        header.head {
            p.crumb { a href="/more" { "More" } }
            h1 { "Undone together" }
            p { "Sets of actions that were taken back, or are about to be. Filter the timeline to plan one." }
        }
        @if batches.is_empty() { div.empty { (icon("undo")) h2 { "None yet" } p { a href="/timeline" { "Filter the timeline" } ", then choose “Undo these”." } } }
        ul.events #batches data-live { @for batch in &batches { li { a.plain href={ "/undo-batches/" (batch.id) } {
            span.what { strong { (batch.total) " actions" } span.gist { (shown(&batch.why)) } }
            (chip(batch.status))
            span.by.sub { (shown(&batch.by)) ", " (time(batch.planned_ms)) }
        } } } }
    } }))
}

fn chip(status: BatchStatus) -> Markup {
    let (class, words) = match status {
        BatchStatus::Planning => ("warn", "Being worked out"),
        BatchStatus::Planned => ("warn", "Planned, not begun"),
        BatchStatus::Running => ("warn", "Running"),
        BatchStatus::Finished => ("ok", "Through"),
        BatchStatus::Stopped => ("danger", "Stopped"),
    };
    html! { span.chip.(class) { (words) } }
}

/// One batch.
pub async fn show(
    State(app): State<Arc<App>>,
    Viewer(session): Viewer,
    Path(id): Path<String>,
) -> PageResult {
    let (_, batch) = batch::find(&app, &id)?;
    let items = batch::items(&app, &id)?;
    let ids: Vec<ActionId> = items.iter().map(|(id, _)| id.clone()).collect();
    let counts = batch::counts(&app, &ids)?;
    let rows = rows(&app, &items)?;
    let worked_out = app.plans().get(&id).copied();
    let frame = Frame::new(
        &app,
        &session,
        "/more",
        format!("Undo {} actions", batch.total),
    );
    Ok(frame.page(html! { div.solo {
        header.head {
            p.crumb { a href="/undo-batches" { "Undone together" } @if let Some(number) = batch.incident { " · " a href={ "/incidents/" (number) } { "Incident " (number) } } }
            h1 { "Undo " (batch.total) @if batch.total == 1 { " action" } @else { " actions" } }
            p.badges #batch-state data-live { (chip(batch.status)) }
            p.sub { "Planned by " (shown(&batch.by)) ", " (time(batch.planned_ms)) @if !batch.why.is_empty() { ": " (shown(&batch.why)) } }
        }
        div.stack #batch-plan data-live {
            @if batch.status == BatchStatus::Planning { (planning(&batch, worked_out)) } @else { (progress(&batch, &counts)) }
            (begin(&batch, &session))
        }
        section.card #batch-rows data-live aria-labelledby="rows-t" {
            header { h2 #rows-t { "In this order" } span.sub { (ids.len()) } }
            ol.events { @for row in &rows { (row) } }
            @if ids.len() > rows.len() { p.sub { "And " (ids.len() - rows.len()) " more; the API lists all of them." } }
        }
    } }))
}

fn planning(batch: &BatchState, worked_out: Option<u32>) -> Markup {
    let done = worked_out.unwrap_or_default();
    html! { section.card #batch-progress aria-labelledby="pro-t" {
        header { h2 #pro-t { "Working out what would happen" } span.sub { (done) " of " (batch.total) } }
        progress max=(batch.total) value=(done) aria-label="Worked out so far" {}
        p.sub { "Every record is read as it is now. Nothing is done yet; this page goes on by itself." }
    } }
}

fn rows(app: &App, items: &[(ActionId, Foreseen)]) -> Result<Vec<Markup>, ApiError> {
    let reader = app.store.reader()?;
    items
        .iter()
        .take(MOST_SHOWN)
        .map(|(id, item)| {
            let row = reader.action_row(id)?;
            let status = plan::state(app, id)?.map(|(_, state)| (state.status, state.note));
            Ok(html! { @if let Some(row) = &row { li { a.plain href={ "/actions/" (id) } {
                span.what { strong { (shown(&row.title)) } @match &status {
                    Some((_, note)) => span.gist { (shown(note)) },
                    None if item.next.is_empty() => {},
                    None => span.gist { (foreseen(&item.next)) @if !item.note.is_empty() { ": " (shown(&item.note)) } },
                } }
                @match &status { Some((status, _)) => (undo::chip(*status)), None => span.chip { "not yet" } }
            } } } })
        })
        .collect()
}

/// How far it has come, in numbers that add up.
fn progress(batch: &BatchState, counts: &BTreeMap<String, u32>) -> Markup {
    let open = counts.get(NOT_ASKED).copied().unwrap_or_default();
    let through = batch.total.saturating_sub(open);
    html! { section.card #batch-progress aria-labelledby="pro-t" {
        header { h2 #pro-t { @if batch.status == BatchStatus::Planned { "What would happen" } @else { (through) " of " (batch.total) } } }
        @if batch.status == BatchStatus::Planned {
            dl.kv { @for (next, many) in &batch.foreseen { div { dt { (foreseen(next)) } dd { (many) } } } }
        } @else {
            progress max=(batch.total) value=(through) aria-label="Taken back so far" {}
            dl.kv { @for (name, many) in counts { div { dt { (stands(name)) } dd { (many) } } } }
        }
    } }
}

fn foreseen(next: &str) -> &'static str {
    match next {
        "call" => "A call takes it back",
        "call-in-part" => "Taken back in part; the rest is left to decide",
        "already-back" => "Back already",
        "decide" => "Left to a person to decide",
        "under-way" => "Being undone already",
        "settled" => "Undone or settled before",
        "impossible" => "Cannot be taken back: a person sees to it",
        _ => "Cannot be taken back now",
    }
}

fn stands(name: &str) -> &'static str {
    UndoStatus::ALL
        .into_iter()
        .find(|status| status.name() == name)
        .map_or("Not begun", UndoStatus::words)
}

fn begin(batch: &BatchState, session: &Session) -> Markup {
    let decides = session.person.may(Right::Decide) && session.person.email == batch.by;
    let running = matches!(batch.status, BatchStatus::Running | BatchStatus::Planning);
    html! { @if batch.status == BatchStatus::Planned && decides { section.card aria-labelledby="beg-t" {
        header { h2 #beg-t { "Begin" } }
        p.sub { "Each record is read again right before. What people changed since is kept, what no reading proves is not called undone, and what cannot be taken back is handed to a person." }
        form.inline method="post" action={ "/undo-batches/" (batch.id) "/start" } {
            (csrf(&session.csrf))
            input type="hidden" name="hash" value=(batch.hash);
            button.btn.primary { (icon("undo")) "Undo " (batch.total) @if batch.total == 1 { " action" } @else { " actions" } }
        }
    } }
    @if running && session.person.may(Right::Pause) { section.card #batch-stop {
        form.inline method="post" action={ "/undo-batches/" (batch.id) "/stop" } {
            (csrf(&session.csrf))
            label { "Why" input name="why" maxlength="500" autocomplete="off"; }
            button.btn.danger { (icon("pause")) "Stop" }
        }
    } } }
}

/// What the timeline's form sends: its filter.
#[derive(Deserialize)]
pub struct Prepare {
    csrf: String,
    #[serde(default)]
    workflow: String,
    #[serde(default)]
    agent: String,
    #[serde(default)]
    record: String,
    #[serde(default)]
    from_ms: String,
    #[serde(default)]
    to_ms: String,
}

/// Works a batch out from the timeline's filter.
pub async fn prepare(
    State(app): State<Arc<App>>,
    Viewer(session): Viewer,
    sent::Sent(sent): sent::Sent<Prepare>,
) -> Result<Redirect, Failed> {
    session.check_form(&sent.csrf)?;
    let filled = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let selection = Selection {
        workflow: filled(&sent.workflow),
        agent: filled(&sent.agent),
        record: filled(&sent.record),
        from_ms: sent.from_ms.parse().ok(),
        to_ms: sent.to_ms.parse().ok(),
        ..Selection::default()
    };
    let batch = batch::prepare(&app, &session.person, selection, (None, "")).await?;
    Ok(Redirect::to(&format!("/undo-batches/{}", batch.id)))
}

/// What the beginning form sends.
#[derive(Deserialize)]
pub struct Start {
    csrf: String,
    hash: String,
}

/// Begins a batch as it was shown.
pub async fn start(
    State(app): State<Arc<App>>,
    Viewer(session): Viewer,
    Path(id): Path<String>,
    sent::Sent(sent): sent::Sent<Start>,
) -> Result<Redirect, Failed> {
    session.check_form(&sent.csrf)?;
    batch::start(&app, &session.person, (&id, &sent.hash)).await?;
    Ok(Redirect::to(&format!("/undo-batches/{id}")))
}

/// What the stopping form sends.
#[derive(Deserialize)]
pub struct Stop {
    csrf: String,
    #[serde(default)]
    why: String,
}

/// Stops a batch.
pub async fn stop(
    State(app): State<Arc<App>>,
    Viewer(session): Viewer,
    Path(id): Path<String>,
    sent::Sent(sent): sent::Sent<Stop>,
) -> Result<Redirect, Failed> {
    session.check_form(&sent.csrf)?;
    texts::within([("why", sent.why.as_str())])?;
    batch::stop(&app, &session.person, (&id, &sent.why)).await?;
    Ok(Redirect::to(&format!("/undo-batches/{id}")))
}
