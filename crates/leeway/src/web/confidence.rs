//! What an agent's stated confidence is worth: beside each statement of it, and per workflow as a page from
//! which the proposed threshold is adopted.

use super::layout::Frame;
use super::parts::{csrf, icon, shown, time};
use super::{Failed, PageResult, Viewer, sent};
use crate::app::App;
use crate::charts::{Medium, ReliabilityBucket, percent, reliability};
use crate::earning::promoting::{self, Confidence, TARGET};
use crate::earning::{self, stage};
use crate::error::ApiError;
use crate::people::session::Session;
use crate::registry::LiveWorkflow;
use axum::extract::{Path, State};
use axum::response::Redirect;
use leeway_core::earn::tally::{BUCKETS, bucket_of};
use leeway_core::evidence::{calibration, interval};
use leeway_core::govern::people::Right;
use maud::{Markup, html};
use serde::Deserialize;
use std::sync::Arc;

/// How often a threshold may be proposed that is none, shared among all that are tried.
const MISS: f64 = 0.05;

/// The ends of a part of stated confidence, 0 to 1.
fn ends(bucket: usize) -> (f64, f64) {
    let parts = BUCKETS as f64;
    (bucket as f64 / parts, (bucket + 1) as f64 / parts)
}

/// How often an agent was right when it stated about this confidence on a tool, with its base; nothing where
/// it stated none.
pub fn measured(app: &App, workflow: &str, tool: &str, agent: &str, stated: Option<f64>) -> Markup {
    let Some(stated) = stated.filter(|stated| (0.0..=1.0).contains(stated)) else {
        return html! {};
    };
    let bucket = bucket_of(stated);
    let known = app
        .store
        .reader()
        .and_then(|reader| stage(&reader, workflow, tool))
        .ok()
        .and_then(|(_, state)| state);
    let part = known
        .as_ref()
        .and_then(|state| state.agents.get(agent)?.get(bucket))
        .filter(|part| part.n > 0);
    sentence(ends(bucket), part.map(|part| (part.right, part.n)))
}

fn sentence((low, high): (f64, f64), known: Option<(u64, u64)>) -> Markup {
    let range = format!("{:.0}–{}", low * 100.0, percent(high));
    html! { @match known {
        Some((right, n)) => { "When it states " (range) " on this tool, " b { (right) " of " (n) } @if n == 1 { " was right." } @else { " were right." } },
        None => { "None of its outputs of this tool with " (range) " stated is known to be right or wrong yet." },
    } }
}

/// The page.
pub async fn show(
    State(app): State<Arc<App>>,
    Viewer(session): Viewer,
    Path(workflow): Path<String>,
) -> PageResult {
    let registry = app.registry();
    let live = registry
        .workflows
        .get(&workflow)
        .ok_or_else(|| ApiError::not_found("workflow", &shown(&workflow)))?;
    let title = &live.state.workflow.title;
    let agents = promoting::confidences(&app, &workflow)?;
    let stating: Vec<&Confidence> = agents.iter().filter(|one| one.reviewed() > 0).collect();
    let frame = Frame::new(
        &app,
        &session,
        "/workflows",
        format!("Confidence · {title}"),
    );
    let may = session.person.may(Right::Decide) && session.person.may(Right::Resume);
    Ok(frame.page(html! { div.solo {
        header.head {
            p.crumb { a href="/workflows" { "Workflows" } " · " a href={ "/workflows/" (workflow) } { (shown(title)) } " · " a href={ "/workflows/" (workflow) "/evidence" } { "Evidence" } }
            h1 { "What stated confidence is worth" }
            p { "An agent says how sure it is; reviews say how often that came true. Over all tools of this workflow, with the present prompt and model." }
        }
        @if stating.is_empty() { div.empty { (icon("ask")) h2 { "Nothing measured yet" }
            p { "Each decision on a call and each review of an output that stated a confidence is counted here. " a href={ "/reviews?workflow=" (workflow) } { "Open reviews" } }
            p { (counts(live, "")) }
        } }
        @for (at, one) in stating.iter().enumerate() { (card(live, one, (at, may, &session))) }
    } }))
}

fn card(
    live: &LiveWorkflow,
    one: &Confidence,
    (at, may, session): (usize, bool, &Session),
) -> Markup {
    let id = format!("agent-{at}");
    let number = |value: Option<f64>| value.map_or("unknown".to_owned(), |one| format!("{one:.3}"));
    html! { section.card aria-labelledby={ (id) "-t" } {
        header { h2 #{ (id) "-t" } { (shown(&one.agent)) } span.sub { (one.reviewed()) @if one.reviewed() == 1 { " output" } @else { " outputs" } " known to be right or wrong" } }
        div.pair-wide {
            (reliability(&format!("{id}-chart"), Medium::Page, &parts(one)))
            div.stack {
                dl.kv.side {
                    div { dt { "What counts now" } dd { (counts(live, &one.agent)) } }
                    div { dt { "Proposed" } dd { (proposed(one)) } }
                    div { dt { "Adopted" } dd { (adopted(live, &one.agent)) } }
                    div { dt { "Calibration error" } dd { (number(calibration::ece(&one.buckets))) " " span.sub { "ECE: how far stated and real are apart; 0 is best" } } }
                    div { dt { "Brier score" } dd { (number(calibration::brier(&one.buckets))) " " span.sub { "0 is best, 0.25 is a coin" } } }
                }
                @if let Some(threshold) = one.proposed { @if in_force(live, &one.agent, threshold) { p.sub { "It is in force; there is nothing to adopt." } } @else if may { form method="post" action={ "/workflows/" (live.state.workflow.name) "/confidence" } {
                    (csrf(&session.csrf))
                    input type="hidden" name="agent" value=(one.agent);
                    button.btn.primary { (icon("check")) "Adopt " (percent(threshold)) }
                } } @else { p.sub { "An owner adopts it." } } }
            }
        }
    } }
}

/// Stated against measured, with the ends of each part.
fn parts(one: &Confidence) -> Vec<ReliabilityBucket> {
    let part = |bucket: &calibration::Bucket| {
        // A mean may fall a hair below the part its values are of.
        let (low, high) = ends(bucket_of(bucket.confidence + 1e-9));
        ReliabilityBucket {
            low,
            high,
            stated: bucket.confidence,
            n: bucket.n,
            right: bucket.right,
        }
    };
    one.buckets.iter().map(part).collect()
}

/// Whether a threshold is adopted already, with the present prompt and model.
fn in_force(live: &LiveWorkflow, agent: &str, threshold: f64) -> bool {
    let now = earning::measured(live, agent).and_then(|measured| measured.threshold);
    now.is_some_and(|now| (now - threshold).abs() < 1e-9)
}

/// From which stated confidence on calls of an agent may run alone.
fn counts(live: &LiveWorkflow, agent: &str) -> Markup {
    html! { @match earning::measured(live, agent) {
        None => { "The workflow’s own threshold: below " (percent(live.state.workflow.confidence_threshold)) " stated a person decides. It is configured, not measured." },
        Some(measured) => @match measured.threshold {
            Some(threshold) => { "From " (percent(threshold)) " stated on." },
            None => "No threshold is adopted. Until then each stated confidence counts as below, and a person decides.",
        },
    } }
}

fn proposed(one: &Confidence) -> Markup {
    let confidence = 1.0 - MISS / one.buckets.len().max(1) as f64;
    let takes = interval::zero_error_sample(TARGET, confidence);
    html! { @match one.proposed {
        Some(threshold) => { b { (percent(threshold)) } " " span.sub { "the lowest from which on at most " (percent(TARGET)) " are shown to be wrong, corrected for having tried " (one.buckets.len()) } },
        None => { "None yet. " span.sub { "At most " (percent(TARGET)) " may be wrong from it on, and that has to be shown: by " (takes) " outputs without an error, or more with some." } },
    } }
}

fn adopted(live: &LiveWorkflow, agent: &str) -> Markup {
    let configured = &live.state.workflow;
    html! { @match live.state.calibrated.get(agent) {
        None => em { "none" },
        Some(one) => {
            b { (percent(one.threshold)) } " " span.sub { "by " (shown(one.by.trim_start_matches("person:"))) ", " (time(one.at_ms)) ", with " (one.reviewed) " reviewed" }
            @if one.prompt != configured.prompt_stamp() || one.model != configured.model { " " span.chip.warn { "the prompt or model is another now, so it counts for nothing" } }
        },
    } }
}

/// What the form sends.
#[derive(Deserialize)]
pub struct Adopt {
    csrf: String,
    agent: String,
}

/// Adopts the proposed threshold of an agent.
pub async fn adopt(
    State(app): State<Arc<App>>,
    Viewer(session): Viewer,
    Path(workflow): Path<String>,
    sent::Sent(sent): sent::Sent<Adopt>,
) -> Result<Redirect, Failed> {
    session.check_form(&sent.csrf)?;
    promoting::adopt(&app, &session.person, (&workflow, &sent.agent)).await?;
    Ok(Redirect::to(&format!("/workflows/{workflow}/confidence")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_confidence_is_worth_has_its_base() {
        let told = |known| sentence(ends(bucket_of(0.93)), known).into_string();
        assert_eq!(
            told(Some((41, 44))),
            "When it states 90–100% on this tool, <b>41 of 44</b> were right."
        );
        assert!(told(Some((0, 1))).contains("0 of 1</b> was right"));
        assert!(told(None).starts_with("None of its outputs"));
    }
}
