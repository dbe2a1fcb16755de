//! The operator's desk: what needs somebody today, and how each workflow stands.

use super::layout::Frame;
use super::parts::{icon, shown};
use super::{PageResult, Viewer};
use crate::app::App;
use crate::charts;
use crate::earning::desk::{Desk, Kind, Standing, desk};
use axum::extract::State;
use maud::{Markup, html};
use std::sync::Arc;

/// Things that need somebody that are shown one by one.
const MOST: usize = 30;

/// The page.
pub async fn show(State(app): State<Arc<App>>, Viewer(session): Viewer) -> PageResult {
    let found = desk(&app)?;
    let frame = Frame::new(&app, &session, "/desk", "Today");
    Ok(frame.page(html! { div.solo {
        header.head {
            h1 { "Today" }
            p { "What needs somebody, and how each workflow stands. " a href="/report" { "The week as a report" } "." }
        }
        (needs(&found))
        (workflows(&found))
    } }))
}

fn chip(kind: Kind) -> (&'static str, &'static str, &'static str) {
    match kind {
        Kind::Incident => ("danger", "alert", "Incident"),
        Kind::Unknown => ("danger", "ask", "Not known"),
        Kind::Undo => ("danger", "undo", "Undo"),
        Kind::ReviewsOverdue => ("danger", "clock", "Overdue"),
        Kind::AreaStopped => ("danger", "pause", "Stopped"),
        Kind::Held => ("warn", "inbox", "Waiting"),
        Kind::Proposal => ("ok", "check", "To sign"),
        Kind::Drifting => ("warn", "alert", "Drifting"),
        Kind::EndsSoon => ("warn", "clock", "Ends soon"),
        Kind::Reviews => ("plain", "check", "To review"),
        Kind::Drill => ("plain", "pause", "Drill"),
        Kind::WavedThrough => ("warn", "people", "Reviewers"),
        Kind::Change => ("warn", "pen", "Change"),
        Kind::ToolChanged => ("warn", "gear", "Tool"),
    }
}

fn needs(found: &Desk) -> Markup {
    html! { section.card #desk-needs data-live aria-labelledby="needs-t" {
        header { h2 #needs-t { "Needs somebody" } span.sub { (found.needs.len()) } }
        @if found.needs.is_empty() { div.empty { (icon("check")) h3 { "Nothing needs you" } p { "No action waits, no review is open, nothing is proposed." } } }
        ul.events.needs { @for need in found.needs.iter().take(MOST) { li { a.plain href=(need.at) {
            @let (class, picture, words) = chip(need.kind);
            span.what { strong { (shown(&need.text)) } }
            span.chip.(class) { (icon(picture)) (words) }
        } } } }
        @if found.needs.len() > MOST { p.sub { "And " (found.needs.len() - MOST) " more." } }
    } }
}

fn workflows(found: &Desk) -> Markup {
    html! {
        h2 { "Workflows" }
        @if found.workflows.is_empty() { div.empty { (icon("flow")) h3 { "No workflow yet" } p { "Bring a configuration folder into force: leeway apply DIR." } } }
        ul.cards #desk-workflows data-live { @for one in &found.workflows { li.card { (workflow(one)) } } }
    }
}

fn workflow(one: &Standing) -> Markup {
    let (class, words) = match one.state {
        "incident" => ("danger", "In an incident"),
        "paused" => ("danger", "Paused"),
        "held-back" => ("warn", "Held back"),
        _ => ("ok", "Running"),
    };
    html! {
        header { h3 { a href={ "/workflows/" (one.workflow) } { (shown(&one.title)) } } span.chip.(class) { (words) } }
        p {
            @match one.tools_alone {
                0 => "Its agents do nothing alone but read",
                1 => "Its agents act alone with one tool",
                many => { "Its agents act alone with " (many) " tools" },
            }
            @if one.tools_more > 0 { "; " (one.tools_more) " could earn more" } "."
        }
        p.sub {
            (one.volume) " actions this week, " (one.ran_alone) " of them alone · "
            @if one.reviewed == 0 { "nothing reviewed in the present run" } @else { (one.wrong) " of " (one.reviewed) " reviewed wrong" }
        }
        @if one.accuracy.len() > 1 { p.sub { "Right per week " (charts::spark(&format!("spark-{}", one.workflow), &one.accuracy)) " " (format!("{:.0} %", one.accuracy.last().copied().unwrap_or_default() * 100.0)) " in the latest" } }
        p { a href={ "/workflows/" (one.workflow) "/evidence" } { "Evidence" } " · " a href={ "/workflows/" (one.workflow) "/rollout" } { "Rollout" } " · " a href={ "/workflows/" (one.workflow) "/roi" } { "Worth" } }
    }
}
