//! The inbox: what waits, and the review beside it.

use super::layout::Frame;
use super::parts::{confidence, icon, shown, time};
use super::review::{self, Shown};
use super::{Failed, PageResult, Viewer, sent, undo};
use crate::app::App;
use crate::error::ApiError;
use crate::gateway::{decide, question};
use crate::people::session::Session;
use crate::texts;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use leeway_core::action::state::{ActionRow, ActionState, Status};
use leeway_core::govern::people::{Person, Right};
use leeway_core::id::ActionId;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Rows on the page; beyond it the page says how many more there are.
const MOST_ROWS: usize = 100;
/// Held actions looked through for what a person may decide; the most urgent first.
const MOST_LOOKED_AT: usize = 2_000;

/// A page left open longer says nothing about how long deciding took, milliseconds.
const LONGEST_LOOK_MS: i64 = 30 * 60 * 1000;

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
    let frame = Frame::new(&app, &session, "/inbox", title);
    let beside = first
        .as_ref()
        .map(|action| review::pane(&Shown::new(&app, &session, action), false, false));
    Ok(frame.page(page(&held, (None, beside), toast(&app, &session, &asked)?)))
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
    let page = page(&held, (Some(&action.row.id), Some(pane)), None);
    Ok(frame.page(page).into_response())
}

/// Asks again before a level 4 or 5 action is approved: a single key never does it.
pub async fn confirm(
    State(app): State<Arc<App>>,
    Viewer(session): Viewer,
    Path(id): Path<String>,
) -> Result<Response, Failed> {
    let action = find(&app, &id)?;
    if action.row.status != Status::Held {
        return Ok(Redirect::to(&format!("/actions/{id}")).into_response());
    }
    let frame = Frame::new(&app, &session, "/inbox", "Confirm");
    Ok(frame
        .page(review::confirm(&Shown::new(&app, &session, &action)))
        .into_response())
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

fn page(
    held: &Held,
    (open, beside): (Option<&ActionId>, Option<Markup>),
    toast: Option<Markup>,
) -> Markup {
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
                @if rows.is_empty() {
                    div.empty { (icon("check")) h2 { "All clear" } p { "Nothing waits for a decision. New reviews appear here by themselves." } }
                }
                @if listed > rows.len() {
                    p.sub.pad { "And " (listed - rows.len()) " more, due later." }
                }
            }
            @if let Some(beside) = beside { (beside) }
        }
        @if let Some(toast) = toast { (toast) }
    }
}

fn entry(row: &ActionRow, current: bool) -> Markup {
    let number = row.level.map_or(0, u8::from);
    html! { li.row.current[current] id={ "r-" (row.id) } {
        a href={ "/inbox/" (row.id) } aria-current=[current.then_some("true")] {
            span.top { strong { (row.title) } }
            span.gist { (row.gist) }
            span.meta {
                span.lv.{ "l" (number) } { "L" (number) }
                (confidence(row.confidence))
                span { (row.workflow) }
                @if let Some(due) = row.expires_ms { span.due { "due " (time(due)) } }
            }
        }
    } }
}

fn toast(app: &App, session: &Session, asked: &Asked) -> Result<Option<Markup>, ApiError> {
    let Some(id) = asked.done.as_deref().and_then(ActionId::parse) else {
        return Ok(None);
    };
    let Some(row) = app.store.reader()?.action_row(&id)? else {
        return Ok(None);
    };
    let action = app.store.reader()?.action(&id)?;
    let starts = action
        .as_ref()
        .and_then(|action| Some((action, action.starts_ms()?)));
    Ok(Some(html! { div.toast #toast role="status" {
        @if let Some((action, starts_ms)) = starts { (undo::going_out(session, action, starts_ms)) }
        @else if row.planted.is_some() && row.status.is_terminal() { span { b { "A planted case, " @if row.status == Status::Rejected { "found" } @else { "not found" } } " · " (row.title) } }
        @else { span { b { (row.status.words()) } " · " (row.title) } }
        a.btn.quiet href={ "/actions/" (row.id) } { "See" }
    } }))
}

/// What a decision's form sends.
#[derive(Deserialize)]
pub struct Decision {
    csrf: String,
    content_hash: String,
    decision: String,
    #[serde(default)]
    why: String,
    #[serde(default)]
    note: String,
    #[serde(default)]
    question: String,
    /// When the page was made, UTC milliseconds.
    #[serde(default)]
    shown_ms: String,
    /// The edited arguments: `f.<name>` per plain one, `json` for the rest.
    #[serde(flatten)]
    fields: BTreeMap<String, String>,
}

/// How long somebody looked, from when a page says it was shown, if that is to be believed.
pub fn took_ms(app: &App, shown_ms: &str) -> Option<i64> {
    let took_ms = app.clock.now_ms() - shown_ms.parse::<i64>().ok()?;
    (0..LONGEST_LOOK_MS).contains(&took_ms).then_some(took_ms)
}

/// Approves, rejects or edits exactly what was shown.
pub async fn decide(
    State(app): State<Arc<App>>,
    Viewer(session): Viewer,
    Path(id): Path<String>,
    sent::Sent(sent): sent::Sent<Decision>,
) -> Result<Response, Failed> {
    session.check_form(&sent.csrf)?;
    let action = find(&app, &id)?;
    let person: &Person = &session.person;
    if !person.may(Right::Decide) {
        return Err(ApiError::forbidden("your role does not decide held actions").into());
    }
    let id = action.row.id.clone();
    let took_ms = took_ms(&app, &sent.shown_ms);
    match sent.decision.as_str() {
        "approve" => {
            decide::approve(&app, person, &id, (&sent.content_hash, took_ms)).await?;
        }
        "reject" => {
            let note = Some(sent.note.trim().to_owned()).filter(|note| !note.is_empty());
            let why = if sent.why.is_empty() {
                "no reason given"
            } else {
                &sent.why
            };
            texts::within([("why", why), ("note", &sent.note)])?;
            let rejection = decide::Rejection {
                content_hash: &sent.content_hash,
                why,
                note,
                took_ms,
            };
            decide::reject(&app, person, &id, rejection).await?;
        }
        "ask" => {
            question::ask(&app, person, &id, (&sent.content_hash, &sent.question)).await?;
        }
        "edit" => {
            let arguments = edited(&action, &sent)?;
            decide::edit(&app, person, &id, (&sent.content_hash, arguments)).await?;
        }
        _ => {
            return Err(ApiError::invalid(
                "decision-unknown",
                "this form says neither approve, edit nor reject",
            )
            .into());
        }
    }
    Ok(Redirect::to(&format!("/inbox?done={id}")).into_response())
}

/// The arguments as the form gives them: each plain one from its own field, with its type kept.
fn edited(action: &ActionState, sent: &Decision) -> Result<Value, ApiError> {
    let original = action
        .current()
        .map(|judged| judged.call.arguments.clone())
        .unwrap_or_default();
    if let Some(text) = sent.fields.get("json") {
        return serde_json::from_str(text).map_err(|error| {
            ApiError::invalid(
                "arguments-invalid",
                format!("the arguments are not JSON: {error}"),
            )
            .help("go back, mend the text and send it again")
        });
    }
    let mut arguments = original.as_object().cloned().unwrap_or_else(Map::new);
    put(&mut arguments, "f", &sent.fields)?;
    Ok(Value::Object(arguments))
}

fn put(
    fields: &mut Map<String, Value>,
    prefix: &str,
    sent: &BTreeMap<String, String>,
) -> Result<(), ApiError> {
    for (name, value) in fields.iter_mut() {
        let key = format!("{prefix}.{name}");
        if let Value::Object(inner) = value {
            put(inner, &key, sent)?;
        } else if let Some(text) = sent.get(&key) {
            *value = typed(value, text).ok_or_else(|| {
                ApiError::invalid(
                    "arguments-invalid",
                    format!("`{name}` is not what it must be: `{}`", shown(text)),
                )
            })?;
        }
    }
    Ok(())
}

/// The text as a value of the same type as before.
fn typed(before: &Value, text: &str) -> Option<Value> {
    match before {
        Value::Number(_) => serde_json::from_str::<serde_json::Number>(text.trim())
            .ok()
            .map(Value::Number),
        Value::Bool(_) => text.trim().parse().ok().map(Value::Bool),
        Value::Null if text.is_empty() => Some(Value::Null),
        Value::Array(_) => serde_json::from_str(text).ok(),
        _ => Some(Value::String(text.replace("\r\n", "\n"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn edited_fields_keep_their_type() {
        let mut fields =
            json!({"id": "c-1", "amount": 5, "fields": {"phone": "1", "vip": true}, "tags": ["a"]});
        let sent = [
            ("f.amount", "7"),
            ("f.fields.phone", "2"),
            ("f.fields.vip", "false"),
            ("f.tags", "[\"b\"]"),
            ("f.other", "x"),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into();
        put(fields.as_object_mut().unwrap(), "f", &sent).unwrap();
        assert_eq!(
            fields,
            json!({"id": "c-1", "amount": 7, "fields": {"phone": "2", "vip": false}, "tags": ["b"]})
        );
    }

    #[test]
    fn a_number_that_is_none_is_refused() {
        let mut fields = json!({"amount": 5});
        let sent = [("f.amount".to_owned(), "seven".to_owned())].into();
        assert!(put(fields.as_object_mut().unwrap(), "f", &sent).is_err());
    }
}
