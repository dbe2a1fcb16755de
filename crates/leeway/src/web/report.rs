//! The week as a report: a page, and files to hand on.

use super::layout::Frame;
use super::parts::shown;
use super::{Failed, PageResult, Viewer};
use crate::app::App;
use crate::charts::Medium;
use crate::report::{DAYS, write};
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use maud::html;
use std::sync::Arc;

/// The page.
pub async fn show(State(app): State<Arc<App>>, Viewer(session): Viewer) -> PageResult {
    let report = write(&app, DAYS)?;
    let frame = Frame::new(&app, &session, "/desk", "The week");
    Ok(frame.page(html! { div.solo.report.workflow-audit {
        header.head {
            p.crumb { a href="/desk" { "Today" } }
            h1 { (shown(&report.title)) }
            p.sub { (shown(&report.origin)) }
            p { a.btn href="/report.html" { "As one file" } " " a.btn href="/report.md" { "As Markdown" } }
        }
        (report.body())
        (report.charts(Medium::Page))
    } }))
}

/// As one file.
pub async fn html_file(
    State(app): State<Arc<App>>,
    Viewer(_): Viewer,
) -> Result<impl IntoResponse, Failed> {
    let report = write(&app, DAYS)?;
    Ok((
        [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (
                header::CONTENT_DISPOSITION,
                "attachment; filename=\"leeway-week.html\"",
            ),
        ],
        report.html(),
    ))
}

/// As Markdown.
pub async fn markdown_file(
    State(app): State<Arc<App>>,
    Viewer(_): Viewer,
) -> Result<impl IntoResponse, Failed> {
    let report = write(&app, DAYS)?;
    Ok((
        [
            (header::CONTENT_TYPE, "text/markdown; charset=utf-8"),
            (
                header::CONTENT_DISPOSITION,
                "attachment; filename=\"leeway-week.md\"",
            ),
        ],
        report.markdown(),
    ))
}
