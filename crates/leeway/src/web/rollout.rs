//! A workflow's rollout: four weeks, the present one open, each with what its gate still asks for and the
//! documents it produces.

use super::layout::Frame;
use super::parts::{icon, shown, time};
use super::{Failed, PageResult, Viewer};
use crate::app::App;
use crate::audit::document::pieces;
use crate::audit::html::sections;
use crate::earning::rollout::decision::{Course, Decision};
use crate::earning::rollout::gates::{Check, Met};
use crate::earning::rollout::{self, Standing, Week};
use crate::error::ApiError;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use std::sync::Arc;

/// The guided page.
pub async fn show(
    State(app): State<Arc<App>>,
    Viewer(session): Viewer,
    Path(name): Path<String>,
) -> PageResult {
    let found = rollout::of(&app, &name)?;
    let present = found.present();
    let frame = Frame::new(
        &app,
        &session,
        "/workflows",
        format!("Rollout of {}", found.title),
    );
    Ok(frame.page(html! { div.solo.workflow-audit #rollout {
        header.head {
            p.crumb { a href="/workflows" { "Workflows" } " · " a href={ "/workflows/" (name) } { (shown(&found.title)) } " · " a href={ "/workflows/" (name) "/roi" } { "What it is worth" } }
            h1 { "Rollout" }
            p { "Thirty days, by evidence: a week is over when its gate opens, however long that takes." }
        }
        ol.weeks aria-label="Weeks" { @for week in &found.weeks { li.(class(week.standing)) {
            b { a href={ "#week-" (week.number) } { "Week " (week.number) } }
            span { (week.goal) }
            span.sub { @let (met, of) = week.met(); (week.standing.words()) " · " (met) " of " (of) }
        } } }
        @if present == 4 { (decision(&found.decision)) }
        @for week in &found.weeks { (card(&name, week, week.number == present)) }
        p.sub { "Read from the ledger, " (time(found.at_ms)) "." }
    } }))
}

fn class(standing: Standing) -> &'static str {
    match standing {
        Standing::Done => "done",
        Standing::Open => "open",
        Standing::Blocked => "blocked",
    }
}

fn card(workflow: &str, week: &Week, open: bool) -> Markup {
    let (met, of) = week.met();
    let (chip, picture) = match week.standing {
        Standing::Done => ("ok", "check"),
        Standing::Open => ("warn", "clock"),
        Standing::Blocked => ("plain", "lock"),
    };
    let number = week.number;
    html! { details.card.week id={ "week-" (number) } open[open] {
        summary {
            h2 { "Week " (number) ": " (week.goal) }
            span.chip.(chip) { (icon(picture)) (week.standing.words()) }
            span.sub { (met) " of " (of) " met" }
        }
        @if week.standing == Standing::Blocked { p.sub { "It begins when the gate of the week before opens. What is there already is shown." } }
        section aria-labelledby={ "tasks-" (number) } { h3 id={ "tasks-" (number) } { "To do" } ol.tasks { @for task in week.tasks { li { (task) } } } }
        section aria-labelledby={ "gate-" (number) } { h3 id={ "gate-" (number) } { "Gate" } ul.gate { @for check in &week.gate { (row(workflow, check)) } } }
        (sections(&week.documents))
        p.acts { a.btn href={ "/workflows/" (workflow) "/rollout/" (number) ".md" } download { (icon("doc")) "Week " (number) " as Markdown" } }
    } }
}

fn row(workflow: &str, check: &Check) -> Markup {
    let (chip, picture) = match check.met {
        Met::Yes => ("ok", "check"),
        Met::No => ("danger", "x"),
        Met::Advice => ("warn", "alert"),
    };
    html! { li {
        span.chip.(chip) { (icon(picture)) (check.met.words()) }
        div {
            p { b { (check.what) } }
            p.sub { (sentence(&check.evidence)) @if let Some(forecast) = &check.forecast { " " (sentence(forecast)) } }
            @if let Some((words, at)) = check.settle { p { a href=(place(workflow, at)) { (words) } } }
        }
    } }
}

/// A page of the whole, or one below the workflow's.
fn place(workflow: &str, at: &str) -> String {
    match at {
        whole if whole.starts_with('/') => whole.to_owned(),
        "" => format!("/workflows/{workflow}#drill"),
        below => format!("/workflows/{workflow}/{below}"),
    }
}

fn sentence(text: &str) -> Markup {
    html! { @for (name, piece) in pieces(text) { @if name { code { (shown(piece)) } } @else { (shown(piece)) } } }
}

fn decision(decision: &Decision) -> Markup {
    let chip = match decision.course {
        Course::Expand => "ok",
        Course::Hold => "warn",
        Course::Pause => "danger",
    };
    html! { section.card #decision aria-labelledby="decision-t" {
        header { h2 #decision-t { "As the evidence stands" } span.chip.(chip) { (decision.course.words()) } }
        ul.reasons { @for why in &decision.reasons { li { (sentence(why)) } } }
        p.sub { "It recommends; people decide." }
    } }
}

/// A week's documents, to hand on: `N.md`.
pub async fn download(
    State(app): State<Arc<App>>,
    Viewer(_): Viewer,
    Path((name, file)): Path<(String, String)>,
) -> Result<Response, Failed> {
    let found = rollout::of(&app, &name)?;
    let week = file.strip_suffix(".md").and_then(|week| week.parse().ok());
    let unknown = || ApiError::not_found("document", &shown(&file));
    let number: u8 = week.ok_or_else(unknown)?;
    let text = found.markdown(number).ok_or_else(unknown)?;
    let keep = format!(
        "attachment; filename=\"{}-week-{number}.md\"",
        crate::audit::source::short_name(&name)
    );
    Ok((
        [
            (
                header::CONTENT_TYPE,
                "text/markdown; charset=utf-8".to_owned(),
            ),
            (header::CONTENT_DISPOSITION, keep),
        ],
        text,
    )
        .into_response())
}
