//! One tool's evidence, whole: how far its agents go and why, what the gate and the drift say as charts,
//! what people did with what they decided on, and the versions all of it holds for.

use super::evidence::{a_week, drift, gate, ladder, lost};
use super::layout::Frame;
use super::parts::{icon, shown, time};
use super::{PageResult, Viewer, promotion};
use crate::app::App;
use crate::charts::{
    AccuracyPoint, Medium, SequentialPath, accuracy, cusum, day, percent, sequential,
};
use crate::earning::summary::{self, Tool};
use crate::earning::{self};
use axum::extract::{Path, State};
use leeway_core::earn::stage::Anew;
use leeway_core::earn::state::StageState;
use leeway_core::earn::tally::Week;
use leeway_core::earn::verdict::Severity;
use leeway_core::evidence::gate::Gate;
use leeway_core::evidence::{cusum as drifting, interval};
use maud::{Markup, html};
use std::sync::Arc;

/// Failure patterns shown, the most frequent.
const PATTERNS: usize = 8;

/// The page.
pub async fn show(
    State(app): State<Arc<App>>,
    Viewer(session): Viewer,
    Path((workflow, name)): Path<(String, String)>,
) -> PageResult {
    let registry = app.registry();
    let (live, _) = earning::place_of(&registry, &workflow, &name)?;
    let title = &live.state.workflow.title;
    let tool = summary::tool(&app, (&registry, live), &name)?;
    let frame = Frame::new(&app, &session, "/workflows", format!("Evidence · {name}"));
    let at = promotion::At {
        app: &app,
        session: &session,
        live,
        tool: &tool,
    };
    Ok(frame.page(html! { div.solo.wide #evidence {
        header.head {
            p.crumb { a href="/workflows" { "Workflows" } " · " a href={ "/workflows/" (workflow) } { (shown(title)) } " · " a href={ "/workflows/" (workflow) "/evidence" } { "Evidence" } }
            h1 { code { (shown(&name)) } }
            (ladder(&tool))
            p { (gate(&tool)) }
            @if let Some(lost) = lost(&tool) { p.sub { (lost) } }
        }
        (promotion::proposal(&at))
        (promotion::barred(&at))
        @match &tool.stage {
            None => div.empty { (icon("chart")) h2 { "Nothing learned yet" } p { "The first decision on one of its calls, or the first review of what ran, begins the evidence." } },
            Some(stage) => (learned(&tool, stage)),
        }
        (promotion::demotion(&at))
    } }))
}

fn learned(tool: &Tool, stage: &StageState) -> Markup {
    html! {
        (tiles(tool, stage))
        (charts(tool, stage))
        (versions(stage))
        (history(stage))
    }
}

/// The numbers to look at first, each with its base.
fn tiles(tool: &Tool, stage: &StageState) -> Markup {
    let (reviewed, wrong) = tool.tally();
    let adoption = &stage.adoption;
    let share = |part: u64, of: u64| match of {
        0 => "–".to_owned(),
        _ => percent(part as f64 / of as f64),
    };
    let worst = tool
        .wrong()
        .map_or("–".to_owned(), |(_, _, high)| percent(1.0 - high));
    html! { dl.tiles #tiles data-live {
        div { dt { "Right" } dd { b { (share(reviewed - wrong, reviewed)) } small { (reviewed - wrong) " of " (reviewed) " since " (time(stage.run.since_ms)) } } }
        div { dt { "Worst plausible" } dd { b { (worst) } small { "low end of the 95% range; for display only, the gate decides" } } }
        div { dt { "Taken as proposed" } dd { b { (share(adoption.accepted, adoption.decided())) } small { (adoption.accepted) " of " (adoption.decided()) " decided on" } } }
        div { dt { "A week" } dd { b { (a_week(tool.a_week)) } small { "known to be right or wrong, over the last four weeks" } } }
    } }
}

fn charts(tool: &Tool, stage: &StageState) -> Markup {
    let design = tool.design;
    let goal = 1.0 - design.p0;
    let weeks: Vec<AccuracyPoint> = stage.weeks.iter().map(point).collect();
    html! { div.charts {
        section.card aria-label="The gate" { (sequential("gate", Medium::Page, &path(tool, stage))) }
        section.card aria-label="Accuracy by week" {
            (accuracy("weeks", Medium::Page, &weeks, goal))
            p.sub { "The goal of " (percent(goal)) " is the " (percent(design.p0)) " wrong that the gate takes for good; " (percent(design.p1)) " wrong is bad." }
        }
        section.card aria-label="Drift" {
            (cusum("drift", Medium::Page, stage.run.sums.points(), drifting::Design::DEFAULT.bound))
            @if let Some(drift) = drift(tool) { p.sub { (drift) } }
        }
        div.pile { (people(stage)) (errors(stage)) }
    } }
}

fn path(tool: &Tool, stage: &StageState) -> SequentialPath {
    let errors = stage.run.errors.points();
    // Nothing was wrong before the first.
    let start = errors.first().map(|_| (0, 0));
    let path = errors.iter().map(|(item, wrong)| (*item, *wrong as u64));
    let now = match tool.gate() {
        Gate::Passes => "the gate passes",
        Gate::Fails => "the gate fails",
        Gate::Inconclusive => "more data is needed",
    };
    SequentialPath {
        path: start.into_iter().chain(path).collect(),
        slope: tool.design.slope(),
        h1: tool.design.h1(),
        h2: tool.design.h2(),
        now: now.to_owned(),
    }
}

fn point(week: &Week) -> AccuracyPoint {
    let (low, high) = interval::wilson(week.n - week.right, week.n, 0.95);
    AccuracyPoint {
        label: day(week.from_ms),
        n: week.n,
        right: week.right,
        low: 1.0 - high,
        high: 1.0 - low,
    }
}

fn people(stage: &StageState) -> Markup {
    let adoption = &stage.adoption;
    let decided = adoption.decided();
    let of = |part: u64| match decided {
        0 => "none decided on yet".to_owned(),
        _ => format!("{part} of {decided}"),
    };
    html! { section.card aria-labelledby="people-t" {
        header { h2 #people-t { "What people did" } span.sub { "since ever" } }
        dl.kv.side {
            div { dt { "As proposed" } dd { (of(adoption.accepted)) } }
            div { dt { "Edited" } dd { (of(adoption.edited)) @if adoption.edited > 0 { ", " (percent(adoption.edited_share / adoption.edited as f64)) " of the call on average" } } }
            div { dt { "Rejected" } dd { (of(adoption.rejected)) } }
            div { dt { "Reviewed after" } dd { (stage.reviews) @if stage.unsure > 0 { ", of " (stage.unsure) " nobody was sure" } } }
        }
    } }
}

fn errors(stage: &StageState) -> Markup {
    let mut patterns: Vec<(&String, &u64)> = stage.patterns.iter().collect();
    patterns.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let more = patterns.len().saturating_sub(PATTERNS);
    html! { section.card aria-labelledby="errors-t" {
        header { h2 #errors-t { "What was wrong" } span.sub { "since ever" } }
        dl.kv.side { @for (severity, count) in Severity::ALL.iter().zip(stage.severities) { div { dt { (severity.name()) } dd { (count) } } } }
        @if patterns.is_empty() { p.sub { "No failure pattern was named yet." } }
        @else { ul.patterns { @for (pattern, count) in patterns.iter().take(PATTERNS) { li { span { (shown(pattern)) } b { (count) } } } } }
        @if more > 0 { p.sub { "And " (more) " more." } }
    } }
}

/// What the evidence is tied to, and what differed from what the one before was.
fn versions(stage: &StageState) -> Markup {
    let versions = &stage.versions;
    let named = [
        ("prompt", versions.prompt.as_deref()),
        ("model", versions.model.as_deref()),
        ("rules", Some(versions.rules.as_str())),
        ("pack", versions.pack.as_deref()),
        ("tool", versions.tool.as_deref()),
    ];
    html! { section.card aria-labelledby="versions-t" {
        header { h2 #versions-t { "What it holds for" } span.sub { "with any other, evidence begins anew" } }
        dl.kv.side { @for (name, version) in named {
            @let before = stage.changed.iter().find(|one| one.what == name);
            div { dt { (name) } dd {
                (stamp(version))
                @if let Some(before) = before { " " span.sub { "before: " del { (stamp(before.from.as_deref())) } } }
            } }
        } }
        p.sub { "Evidence " (stage.run.number) " since " (time(stage.run.since_ms)) ": " (began(stage.because)) "." }
    } }
}

fn stamp(version: Option<&str>) -> Markup {
    /// Characters of a hash that tell it from others.
    const ENOUGH: usize = 24;
    html! { @match version {
        None => em { "none named" },
        Some(text) => code title=(shown(text)) { (shown(&text.chars().take(ENOUGH).collect::<String>())) @if text.chars().count() > ENOUGH { "…" } },
    } }
}

fn began(because: Option<Anew>) -> &'static str {
    match because {
        None | Some(Anew::First) => "the first",
        Some(Anew::Versions) => "what it was gained with changed",
        Some(Anew::Failed) => "the one before failed the gate",
        Some(Anew::Promoted) => "it was promoted",
        Some(Anew::Demoted) => "it was demoted",
        Some(Anew::Readmitted) => "an owner lets it try again",
    }
}

fn history(stage: &StageState) -> Markup {
    html! { section.card #history data-live aria-labelledby="history-t" {
        header { h2 #history-t { "History" } }
        ol.story { @for moment in stage.moments.iter().rev() { li {
            span.when { (time(moment.at_ms)) }
            span { (shown(&moment.text)) }
        } } }
    } }
}
