//! The inbox: what waits, and the review beside it.

use super::layout::Frame;
use super::long;
use super::parts::{confidence, icon, listed, shown, time};
use super::review::{self, Shown};
use super::{Failed, PageResult, Viewer, sent};
use crate::app::App;
use crate::error::ApiError;
use crate::gateway::outcomes;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use leeway_core::action::state::{ActionRow, ActionState, Status};
use leeway_core::govern::people::{Person, Right};
use leeway_core::id::ActionId;
use maud::{Markup, html};
use serde::Deserialize;
use std::sync::Arc;

/// Rows on the page; beyond it the page says how many more there are.
const MOST_ROWS: usize = 100;
/// Held actions looked through for what a person may decide; the most urgent first.
const MOST_LOOKED_AT: usize = 2_000;

/// What is in the address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    edit: Option<String>,
    done: Option<String>,
    workflow: Option<String>,
    /// Any value: everything that waits, not only what this person may decide.
    all: Option<String>,
}

/// The list, with the most urgent beside it.
pub async fn list(
    State(app): State<Arc<App>>,
    Viewer(session): Viewer,
    sent::Asked(asked): sent::Asked<Asked>,
) -> PageResult {
    let held = rows(&app, &session.person, &asked)?;
    let first = match held.rows.first() {
        Some(row) => app.store.reader()?.action(&row.id)?,
        None => None,
    };
    let title = format!("Inbox ({})", held.rows.len());
    let mut frame = Frame::new(&app, &session, "/inbox", title);
    frame.going.add(&app, asked.done.as_deref())?;
    let beside = first
        .as_ref()
        .map(|action| review::pane(&Shown::new(&app, &session, action), false, false));
    Ok(frame.page(page(&held, (None, beside))))
}

/// One review, with the list beside it.
pub async fn open(
    State(app): State<Arc<App>>,
    Viewer(session): Viewer,
    Path(id): Path<String>,
    sent::Asked(asked): sent::Asked<Asked>,
) -> Result<Response, Failed> {
    let action = find(&app, &id)?;
    if action.row.status != Status::Held {
        return Ok(Redirect::to(&format!("/actions/{id}")).into_response());
    }
    let held = rows(&app, &session.person, &asked)?;
    let frame = Frame::new(
        &app,
        &session,
        "/inbox",
        format!("{} · Review", action.row.title),
    );
    let pane = review::pane(
        &Shown::new(&app, &session, &action),
        asked.edit.is_some(),
        true,
    );
    let page = page(&held, (Some(&action.row.id), Some(pane)));
    Ok(frame.page(page).into_response())
}

/// Asks again before a level 4 or 5 action is approved: a single key never does it.
pub async fn confirm(
    State(app): State<Arc<App>>,
    Viewer(session): Viewer,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failed> {
    let action = find(&app, &id)?;
    if action.row.status != Status::Held {
        return Ok(Redirect::to(&format!("/actions/{id}")).into_response());
    }
    let frame = Frame::new(&app, &session, "/inbox", "Confirm");
    let page = review::confirm(&Shown::new(&app, &session, &action));
    // What was opened on the review's page is open here.
    let query = query.unwrap_or_default();
    let opened = long::opened(query.split('&').map(|one| one.trim_start_matches("read=")));
    Ok(frame.page(long::reopened(page, &opened)).into_response())
}

/// What waits, as one person is shown it.
struct Held {
    rows: Vec<ActionRow>,
    /// How many of what waits this person may decide.
    mine: usize,
    /// How many wait.
    all: usize,
    /// Whether only what this person may decide is listed.
    only_mine: bool,
    /// How many calls ended without an answer that tells what became of them.
    unknown: usize,
    /// How many undos stand still until a person sees to them.
    undos: usize,
}

fn rows(app: &App, person: &Person, asked: &Asked) -> Result<Held, ApiError> {
    let workflow = asked.workflow.as_deref().filter(|name| !name.is_empty());
    let waiting = app.store.reader()?.held(workflow, MOST_LOOKED_AT)?;
    let registry = app.registry();
    let now_ms = app.clock.now_ms();
    let may = |row: &ActionRow| {
        row.responsibility.is_none_or(|responsibility| {
            registry
                .routing(responsibility, now_ms, row.escalated_to.is_some())
                .eligible
                .contains(&person.email)
        })
    };
    let unknown = outcomes::count(app)?;
    let undos = app.store.reader()?.undos_waiting()?.len();
    let all = waiting.len();
    let mine = waiting.iter().filter(|row| may(row)).count();
    // Who decides nothing looks at everything.
    let only_mine = asked.all.is_none() && person.may(Right::Decide) && mine < all;
    let rows = waiting
        .into_iter()
        .filter(|row| !only_mine || may(row))
        .take(MOST_ROWS)
        .collect();
    Ok(Held {
        rows,
        mine,
        all,
        only_mine,
        unknown,
        undos,
    })
}

/// An action by the id in the address.
pub fn find(app: &App, id: &str) -> Result<ActionState, ApiError> {
    let parsed = ActionId::parse(id).ok_or_else(|| ApiError::not_found("action", &shown(id)))?;
    app.store
        .reader()?
        .action(&parsed)?
        .ok_or_else(|| ApiError::not_found("action", parsed.as_str()))
}

fn page(held: &Held, (open, beside): (Option<&ActionId>, Option<Markup>)) -> Markup {
    let rows = &held.rows;
    let current = open.or(rows.first().map(|row| &row.id));
    let due = rows.first().and_then(|row| row.expires_ms);
    let listed = if held.only_mine { held.mine } else { held.all };
    html! {
        div.split.open[open.is_some()] {
            section.list aria-labelledby="list-t" {
                header {
                    @if open.is_some() { h2 #list-t { "Inbox" } } @else { h1 #list-t { "Inbox" } }
                    p.sub #list-sub data-live { (listed) " waiting" @if let Some(due) = due { " · next due " (time(due)) } }
                    button.btn.quiet.help type="button" data-help aria-label="Keyboard shortcuts" { "?" }
                    @if held.mine < held.all { nav.seg aria-label="Which" {
                        a href="/inbox" aria-current=[held.only_mine.then_some("true")] { "For you " (held.mine) }
                        a href="/inbox?all=1" aria-current=[(!held.only_mine).then_some("true")] { "All " (held.all) }
                    } }
                }
                ul.rows #rows data-live { @for row in rows { (entry(row, current == Some(&row.id))) } }
                @if held.unknown > 0 { p.pad #unknown data-live { a href="/outcomes" { (icon("alert")) " "
                    @if held.unknown == 1 { "What became of 1 call is not known" } @else { "What became of " (held.unknown) " calls is not known" }
                } } }
                @if held.undos > 0 { p.pad #undos data-live { a href="/outcomes#undos" { (icon("undo")) " "
                    @if held.undos == 1 { "1 undo waits for somebody" } @else { (held.undos) " undos wait for somebody" }
                } } }
                @if rows.is_empty() {
                    div.empty { (icon("check")) h2 { @if held.unknown == 0 && held.undos == 0 { "All clear" } @else { "No decision waits" } } p { "Nothing waits for a decision. New reviews appear here by themselves." } }
                }
                @if listed > rows.len() {
                    p.sub.pad { "And " (listed - rows.len()) " more, due later." }
                }
            }
            @if let Some(beside) = beside { (beside) }
        }
    }
}

fn entry(row: &ActionRow, current: bool) -> Markup {
    let number = row.level.map_or(0, u8::from);
    html! { li.row.current[current] id={ "r-" (row.id) } {
        a href={ "/inbox/" (row.id) } aria-current=[current.then_some("true")] {
            span.top { strong { (listed(&row.title)) } }
            span.gist { (listed(&row.gist)) }
            span.meta {
                span.lv.{ "l" (number) } { "L" (number) }
                (confidence(row.confidence))
                span { (row.workflow) }
                @if let Some(due) = row.expires_ms { span.due { "due " (time(due)) } }
            }
        }
    } }
}
