//! Quick approval: the page behind a link in a message. It shows everything that would run, to the
//! one reviewer it was sent to, signed in; the approval is a form of that page.

use super::deciding::took_ms;
use super::layout::Frame;
use super::long;
use super::parts::{csrf, icon, shown, status};
use super::review::{self, Shown, Tried};
use super::{Failed, Viewer};
use crate::app::App;
use crate::error::ApiError;
use crate::notify::quick::{self, Opened};
use crate::people::session::Session;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use leeway_core::action::state::{ActionState, Status};
use leeway_core::govern::people::Right;
use maud::{Markup, html};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Shows what the link approves. Changes nothing, whoever follows it.
pub async fn show(
    State(app): State<Arc<App>>,
    Viewer(session): Viewer,
    Path(token): Path<String>,
) -> Result<Response, Failed> {
    let opened = quick::open(&app, &session.person, &token)?;
    if let Some(why) = opened.stale {
        return Ok(stale(&app, &session, (&opened.action, why)));
    }
    let shown = Shown::new(&app, &session, &opened.action);
    let page = whole(&app, &session, (&token, &opened.content_hash), &shown);
    let frame = Frame::new(&app, &session, "/inbox", "Approve this?");
    Ok(frame.page(page).into_response())
}

/// All that would run, and the form after it.
fn whole(app: &App, session: &Session, (token, hash): (&str, &str), shown: &Shown<'_>) -> Markup {
    html! { div.solo #quick {
        (review::whole(shown))
        form.card #decide method="post" action={ "/q/" (token) } aria-label="Decision" {
            (csrf(&session.csrf))
            input type="hidden" name="content_hash" value=(hash);
            input type="hidden" name="shown_ms" value=(app.clock.now_ms());
            p.sub { "Runs exactly what is shown, once. The link is used up by it." }
            p.acts {
                button.btn.primary data-approve { (icon("check")) "Yes, approve" }
                a.btn href={ "/inbox/" (shown.id()) } { "Edit or reject" }
            }
        }
    } }
}

/// What the form sends.
#[derive(Deserialize)]
pub struct Sent {
    csrf: String,
    content_hash: String,
    #[serde(default)]
    shown_ms: String,
    /// `read.<name>` of each long text that was opened.
    #[serde(flatten)]
    fields: BTreeMap<String, String>,
}

/// Approves exactly what the page showed.
pub async fn approve(
    State(app): State<Arc<App>>,
    Viewer(session): Viewer,
    Path(token): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, Failed> {
    session.check_form(&sent.csrf)?;
    let person = &session.person;
    if !person.may(Right::Decide) {
        return Err(ApiError::forbidden("your role does not decide held actions").into());
    }
    let opened = quick::open(&app, person, &token)?;
    if let Some(why) = opened.stale {
        return Ok(stale(&app, &session, (&opened.action, why)));
    }
    if opened.content_hash != sent.content_hash {
        let why = "It is no longer what you were shown.";
        return Ok(stale(&app, &session, (&opened.action, why)));
    }
    let shown = Shown::new(&app, &session, &opened.action);
    let form = (token.as_str(), opened.content_hash.as_str());
    let read = long::opened(sent.fields.keys().map(String::as_str));
    if !long::names(&whole(&app, &session, form, &shown)).is_subset(&read) {
        let shown = shown.tried(Tried {
            problem: review::CLOSED,
            place: ("", ""),
            note: "",
        });
        let page = long::reopened(whole(&app, &session, form, &shown), &read);
        let frame = Frame::new(&app, &session, "/inbox", "Not approved yet");
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, frame.page(page)).into_response());
    }
    match opened
        .approve(&app, person, took_ms(&app, &sent.shown_ms))
        .await
    {
        Ok(action) => Ok(Redirect::to(&format!("/actions/{}", action.row.id)).into_response()),
        Err(error) if error.status == StatusCode::CONFLICT => {
            lost(&app, &session, (&token, &opened, &error))
        }
        Err(error) => Err(error.into()),
    }
}

/// Somebody or something was faster: the page of what it is now.
fn lost(
    app: &App,
    session: &Session,
    (token, before, error): (&str, &Opened, &ApiError),
) -> Result<Response, Failed> {
    let now = quick::open(app, &session.person, token)?;
    let message = format!("{}.", error.message);
    let why = now.stale.unwrap_or(&message);
    let id = &before.action.row.id;
    let action = app.store.reader()?.action(id)?;
    Ok(stale(
        app,
        session,
        (action.as_ref().unwrap_or(&now.action), why),
    ))
}

/// 409: the link approves nothing; what it was of, as it is now.
fn stale(app: &App, session: &Session, (action, why): (&ActionState, &str)) -> Response {
    let row = &action.row;
    let (path, words) = if row.status == Status::Held {
        (format!("/inbox/{}", row.id), "Review it as it is now")
    } else {
        (format!("/actions/{}", row.id), "See what became of it")
    };
    let frame = Frame::new(app, session, "/inbox", "This link approves nothing");
    let page = frame.page(html! { div.solo #quick {
        header.head { h1 { "This link approves nothing" } p.badges { (status(row.status)) } }
        section.card {
            h2.title { (shown(&row.title)) }
            p { (shown(why)) " Nothing was done by opening it." }
            p { (shown(&row.gist)) }
            p.acts { a.btn.primary href=(path) { (words) } a.btn href="/inbox" { "To the inbox" } }
        }
    } });
    (StatusCode::CONFLICT, page).into_response()
}
