//! What the bottom bar of a phone has no room for.

use super::layout::{Frame, NAVIGATION};
use super::parts::icon;
use super::{PageResult, Viewer};
use crate::app::App;
use axum::extract::State;
use maud::html;
use std::sync::Arc;

/// Every page that is not in the bottom bar.
pub async fn show(State(app): State<Arc<App>>, Viewer(session): Viewer) -> PageResult {
    let frame = Frame::new(&app, &session, "/more", "More");
    Ok(frame.page(html! { div.solo {
        header.head { h1 { "More" } }
        ul.cards { @for (href, name, picture, wide) in NAVIGATION { @if wide { li.card {
            h2 { a href=(href) { (icon(picture)) " " (name) } }
        } } } }
        p { a href="/undo-batches" { (icon("undo")) " Undone together" } }
        form method="post" action="/sign-out" {
            input type="hidden" name="csrf" value=(session.csrf);
            button.btn { (icon("out")) "Sign out" }
        }
    } }))
}
