//! What a decision's form sends, and what becomes of it.

use super::inbox::find;
use super::layout::Frame;
use super::long;
use super::parts::shown;
use super::review::{self, Shown, Tried};
use super::{Failed, Viewer, sent};
use crate::app::App;
use crate::error::ApiError;
use crate::gateway::{decide, question};
use crate::people::session::Session;
use crate::texts;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use leeway_core::action::event::Judged;
use leeway_core::action::state::{ActionState, Status};
use leeway_core::govern::people::{Person, Right};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A page left open longer says nothing about how long deciding took, milliseconds.
const LONGEST_LOOK_MS: i64 = 30 * 60 * 1000;

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
            if let Some(page) = unread(&app, &session, &action, &sent) {
                return Ok(page);
            }
            decide::approve(&app, person, &id, (&sent.content_hash, took_ms)).await?;
        }
        "reject" => {
            let why = sent.why.trim();
            if why.is_empty() {
                return Ok(again(&app, &session, &action, &sent));
            }
            texts::within([("why", why), ("note", &sent.note)])?;
            let note = Some(sent.note.trim().to_owned()).filter(|note| !note.is_empty());
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
            let went = match edited(&action, &sent) {
                Ok(arguments) => {
                    decide::edit(&app, person, &id, (&sent.content_hash, arguments)).await
                }
                Err(error) => Err(error),
            };
            match went {
                Err(error) if error.code == "arguments-invalid" => {
                    return Ok(edit_again(&app, &session, &action, (&sent, &error.message)));
                }
                went => went.map(drop)?,
            }
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

/// A rejection says why, chosen by whoever rejects: without it nothing is decided, and the page comes
/// again with what was typed.
fn again(app: &App, session: &Session, action: &ActionState, sent: &Decision) -> Response {
    if action.row.status != Status::Held {
        return Redirect::to(&format!("/actions/{}", action.row.id)).into_response();
    }
    let frame = Frame::new(app, session, "/inbox", "Not rejected yet");
    let tried = Tried {
        problem: "Nothing was decided: choose a reason, and reject then.",
        place: ("reject", "To the reasons"),
        note: &sent.note,
    };
    let shown = Shown::new(app, session, action).tried(tried);
    let page = frame.page(html! { div.split.open.single { (review::pane(&shown, false, true)) } });
    (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
}

/// An edit that cannot be sent as it was typed: the form comes again with what was typed.
fn edit_again(
    app: &App,
    session: &Session,
    action: &ActionState,
    (sent, problem): (&Decision, &str),
) -> Response {
    if action.row.status != Status::Held {
        return Redirect::to(&format!("/actions/{}", action.row.id)).into_response();
    }
    let problem = format!("Nothing was changed yet: {}.", shown(problem));
    let frame = Frame::new(app, session, "/inbox", "Not changed yet");
    let tried = Tried {
        problem: &problem,
        place: ("edit-t", "To the fields"),
        note: "",
    };
    let shown = Shown::new(app, session, action)
        .tried(tried)
        .typed(&sent.fields);
    let page = frame.page(html! { div.split.open.single { (review::pane(&shown, true, true)) } });
    (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
}

/// Whoever approves has opened what the page folds away: what is still closed is asked for, and what was
/// opened stays open.
fn unread(app: &App, session: &Session, action: &ActionState, sent: &Decision) -> Option<Response> {
    if action.row.status != Status::Held {
        return None;
    }
    let page = |shown: &Shown<'_>| {
        if shown.grave() {
            review::confirm(shown)
        } else {
            html! { div.split.open.single { (review::pane(shown, false, true)) } }
        }
    };
    let shown = Shown::new(app, session, action);
    let opened = long::opened(sent.fields.keys().map(String::as_str));
    if long::names(&page(&shown)).is_subset(&opened) {
        return None;
    }
    let shown = shown.tried(Tried {
        problem: review::CLOSED,
        place: ("", ""),
        note: "",
    });
    let frame = Frame::new(app, session, "/inbox", "Not approved yet");
    let page = frame.page(long::reopened(page(&shown), &opened));
    Some((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
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

/// A field per plain argument; nested ones by their path; lists as JSON.
pub fn editor(judged: &Judged, typed: &BTreeMap<String, String>) -> Markup {
    let mut fields = Vec::new();
    collect(&judged.call.arguments, "f", &mut fields);
    for (key, given) in &mut fields {
        if let Some(text) = typed.get(key) {
            *given = Value::String(text.clone());
        }
    }
    html! { section.card aria-labelledby="edit-t" {
        header { h2 #edit-t { "Edit the call" } span.sub { code { (shown(&judged.call.tool_name())) } } }
        div.stack { @for (key, given) in &fields {
            @let label = key.trim_start_matches("f.").replace('.', " › ");
            label { (shown(&label))
                @match given {
                    Value::String(text) if text.len() > 80 || text.contains('\n') => textarea name=(key) rows="6" { (text) },
                    Value::String(text) => input name=(key) value=(text) autocomplete="off";,
                    Value::Null => input name=(key) value="" autocomplete="off";,
                    other => input name=(key) value=(other) autocomplete="off";,
                }
                @if let Value::String(text) = given { @let marked = shown(text); @if marked != *text { @if marked.len() < 300 { span.sub.pre { "As it reads: " (marked) } } @else { details.sub { summary { "As it reads, with what cannot be seen marked" } span.pre { (marked) } } } } }
            }
        } }
        p.sub { "The changed call is judged again and waits for an approval: of somebody else, where somebody else decides here." }
    } }
}

fn collect(value: &Value, path: &str, fields: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(inner) => inner
            .iter()
            .for_each(|(name, value)| collect(value, &format!("{path}.{name}"), fields)),
        other => fields.push((path.to_owned(), other.clone())),
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
