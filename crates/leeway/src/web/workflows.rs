//! Workflows: what is in force, the grants matrix, pausing and resuming.

use super::layout::Frame;
use super::parts::{csrf, icon, shown, time};
use super::{Failed, PageResult, Viewer, sent};
use crate::app::App;
use crate::clock::rfc3339;
use crate::error::ApiError;
use crate::gateway::pausing;
use crate::people::access::actor;
use crate::people::agent;
use crate::people::session::Session;
use crate::registry::{LiveWorkflow, Registry};
use axum::extract::{Path, State};
use axum::response::Redirect;
use leeway_core::govern::containment::{Containment, Everything};
use leeway_core::govern::people::Right;
use leeway_core::govern::state::{AgentState, Pause};
use leeway_core::govern::workflow::{DeadlineCounts, Grant};
use maud::{Markup, html};
use serde::Deserialize;
use std::sync::Arc;

const GRANTS: [(Grant, &str); 6] = [
    (Grant::Blocked, "Blocked"),
    (Grant::Read, "Read"),
    (Grant::Draft, "Draft"),
    (Grant::Update, "Update"),
    (Grant::HighImpact, "High-impact"),
    (Grant::External, "External"),
];

/// Over how many days a workflow is measured on its page.
const MEASURED_DAYS: u32 = 30;

/// All workflows.
pub async fn list(State(app): State<Arc<App>>, Viewer(session): Viewer) -> PageResult {
    let registry = app.registry();
    let reader = app.store.reader()?;
    let frame = Frame::new(&app, &session, "/workflows", "Workflows");
    let mut cards = Vec::new();
    for (name, live) in &registry.workflows {
        cards.push((name, live, reader.counts(Some(name))?));
    }
    Ok(frame.page(html! { div.solo {
        header.head { h1 { "Workflows" } @if !cards.is_empty() { p { a href="/roi" { "What all of them are worth" } } } }
        @if cards.is_empty() { div.empty { (icon("flow")) h2 { "No workflow yet" } p { "Bring a configuration folder into force: leeway apply DIR." } } }
        ul.cards #workflows data-live { @for (name, live, counts) in &cards { li.card {
            header { h2 { a href={ "/workflows/" (name) } { (shown(&live.state.workflow.title)) } } (state(live)) }
            p { (shown(&live.state.workflow.purpose)) }
            p.sub { (counts.held) " waiting · " (counts.total) " actions · owner: " (owner(live)) }
        } } }
        @if !cards.is_empty() && session.person.may(Right::Pause) { (everything_form(&session)) }
    } }))
}

fn everything_form(session: &Session) -> Markup {
    html! { section.card aria-labelledby="all-t" {
        header { h2 #all-t { "Hold everything back" } }
        p.sub { "Every workflow at once. One that is held back further already stays so; nothing is cancelled." }
        form.inline method="post" action="/workflows" {
            (csrf(&session.csrf))
            label { "How far" select name="rung" {
                @for one in Containment::ALL { option value=(one.name()) { (one.words()) } }
                option value="stop" { "Full stop: pause every workflow" }
                @if session.person.may(Right::Resume) { option value="none" { "Not at all any more (what is paused stays paused)" } }
            } }
            label { "Why" input name="reason" maxlength="500" autocomplete="off"; }
            button.btn.danger { (icon("pause")) "Hold back" }
        }
    } }
}

/// Holds every workflow back.
pub async fn everything(
    State(app): State<Arc<App>>,
    Viewer(session): Viewer,
    sent::Sent(sent): sent::Sent<Sent>,
) -> Result<Redirect, Failed> {
    session.check_form(&sent.csrf)?;
    let what = Everything::parse(&sent.rung).ok_or_else(|| {
        ApiError::invalid(
            "rung-unknown",
            format!("`{}` is no rung", shown(&sent.rung)),
        )
    })?;
    pausing::everything(&app, &session.person, (what, &sent.reason)).await?;
    Ok(Redirect::to("/workflows"))
}

fn owner(live: &LiveWorkflow) -> Markup {
    let owner = &live.state.workflow.owner;
    html! { @if owner.is_empty() { em { "nobody named" } } @else { (shown(owner)) } }
}

fn state(live: &LiveWorkflow) -> Markup {
    html! { @match &live.state.paused {
        Some(_) => span.chip.danger { (icon("pause")) "Paused" },
        None => @match &live.state.contained {
            Some(contained) => span.chip.warn { (contained.rung.words()) },
            None => span.chip.ok { (icon("play")) "Running" },
        },
    } }
}

/// One workflow.
pub async fn show(
    State(app): State<Arc<App>>,
    Viewer(session): Viewer,
    Path(name): Path<String>,
) -> PageResult {
    let registry = app.registry();
    let live = registry
        .workflows
        .get(&name)
        .ok_or_else(|| ApiError::not_found("workflow", &shown(&name)))?;
    let agents: Vec<AgentState> = agent::all(&app)?
        .into_iter()
        .filter(|agent| !agent.removed && agent.workflow == name)
        .collect();
    let since_ms = app.clock.now_ms() - i64::from(MEASURED_DAYS) * 24 * 3600 * 1000;
    let measured = app.store.reader()?.measures(&name, since_ms)?;
    let frame = Frame::new(
        &app,
        &session,
        "/workflows",
        live.state.workflow.title.clone(),
    );
    Ok(frame.page(html! { div.solo {
        header.head {
            p.crumb { a href="/workflows" { "Workflows" } }
            h1 { (shown(&live.state.workflow.title)) }
            p.badges { (state(live)) }
            p { (shown(&live.state.workflow.purpose)) }
            p.acts {
                a.btn href={ "/workflows/" (name) "/rollout" } { (icon("check")) "Rollout" }
                a.btn href={ "/workflows/" (name) "/roi" } { (icon("doc")) "What it is worth" }
                @if session.person.may(Right::Propose) { a.btn href={ "/workflows/" (name) "/edit" } { (icon("pen")) "Propose a change" } }
            }
        }
        @if let Some(open) = crate::incident::of_workflow(&app, &name)? { section.banner role="status" { (icon("alert")) div { b { "Incident " (open.number) } p.sub { (open.status.words()) } } a.btn href={ "/incidents/" (open.number) } { "Open" } } }
        @else if session.person.may(Right::Pause) { (super::incidents::declare_form(&app, &session, Some((&name, None)))) }
        (pause_form(live, &session))
        (contain_form(live, &session))
        (drill_form(live, &session, app.clock.now_ms()))
        (facts(live))
        (super::measures::card(&live.state.workflow.metrics, &measured, MEASURED_DAYS))
        (earned(&name))
        (matrix(live, &registry))
        (guardrails(live))
        (agent_list(&agents))
    } }))
}

/// The way to what its agents have earned.
fn earned(name: &str) -> Markup {
    html! { section.card aria-labelledby="earned-t" {
        header { h2 #earned-t { "What its agents have earned" } }
        p.acts {
            a.btn href={ "/workflows/" (name) "/evidence" } { (icon("chart")) "Evidence" }
            a.btn href={ "/workflows/" (name) "/confidence" } { (icon("ask")) "Stated confidence" }
            a.btn href={ "/reviews?workflow=" (name) } { (icon("eye")) "Its reviews" }
        }
    } }
}

fn pause_form(live: &LiveWorkflow, session: &Session) -> Markup {
    let paused = live.state.paused.as_ref();
    let me = actor(&session.person);
    // Over a moment's pause, or somebody else's, stop can be pressed too; a moment's ends by itself.
    let stop = paused.is_none_or(|pause| !pause.is_of(&me));
    let go = paused.filter(|pause| pause.holder.is_none());
    html! { section.card #pause data-live aria-labelledby="pause-t" {
        header { h2 #pause-t { @if paused.is_some() { "Paused" } @else { "Stop it at once" } } }
        @match paused {
            Some(pause) => {
                p { (paused_by(pause)) }
                @for other in &pause.also { p { "Before that: " (paused_by(other)) } }
                p.sub { "Nothing of this workflow starts. What waits or was approved stays as it is, and is checked again when it goes on." }
                @if pause.holder.is_some() { p.sub { "It goes on by itself in a moment, unless somebody stops it." } }
            },
            None => p.sub { "From that moment nothing of this workflow starts. Nothing is cancelled." },
        }
        @if stop && paused.is_none_or(|pause| pause.holder.is_some()) { (stop_or_go(live, session, None)) }
        @if let Some(pause) = go { (stop_or_go(live, session, Some(pause))) @if stop { (stop_or_go(live, session, None)) } }
    } }
}

fn paused_by(pause: &Pause) -> Markup {
    html! { "By " (shown(&pause.by)) ", " (time(pause.at_ms)) @if !pause.reason.is_empty() { ": " (shown(&pause.reason)) } }
}

/// The form that stops it, or lets it go on from the pause that is shown.
fn stop_or_go(live: &LiveWorkflow, session: &Session, go: Option<&Pause>) -> Markup {
    let (what, right, words) = match (go, &live.state.paused) {
        (Some(_), _) => ("resume", Right::Resume, "Resume"),
        (None, None) => ("pause", Right::Pause, "Pause now"),
        (None, Some(_)) => ("pause", Right::Pause, "Keep it paused, by me"),
    };
    html! {
        @if session.person.may(right) {
            form.inline method="post" action={ "/workflows/" (live.state.workflow.name) "/" (what) } {
                (csrf(&session.csrf))
                @if let Some(pause) = go { input type="hidden" name="paused_at" value=(rfc3339(pause.at_ms)); }
                label { "Why" input name="reason" maxlength="500" autocomplete="off"; }
                button.btn.primary[go.is_some()].danger[go.is_none()].solid[go.is_none()] {
                    (icon(if go.is_some() { "play" } else { "pause" })) (words)
                }
            }
        } @else { p.sub { "Your role does not " (what) " workflows." } }
    }
}

fn drill_form(live: &LiveWorkflow, session: &Session, now_ms: i64) -> Markup {
    let state = &live.state;
    html! { section.card #drill data-live aria-labelledby="drill-t" {
        header { h2 #drill-t { "Pause drill" } @if state.drill_overdue(now_ms) { span.chip.warn { "overdue" } } @else { span.chip.ok { "done" } } }
        @match &state.drilled {
            Some(drill) => p { "By " (shown(&drill.by)) ", " (time(drill.at_ms)) ": paused after " (drill.pause_ms) " ms, held " (drill.held_ms) " ms, " @if drill.started == 0 { "nothing started in between." } @else { b { (drill.started) " actions started in between." } } },
            None => p.sub { "Whether a pause holds was never tried. A drill pauses the workflow for three seconds and looks." },
        }
        @if session.person.may(Right::Resume) && state.paused.is_none() { form.inline method="post" action={ "/workflows/" (state.workflow.name) "/drill" } {
            (csrf(&session.csrf))
            button.btn { (icon("pause")) "Drill now" }
        } }
    } }
}

fn contain_form(live: &LiveWorkflow, session: &Session) -> Markup {
    let name = &live.state.workflow.name;
    let contained = live.state.contained.as_ref();
    let rung = contained.map(|contained| contained.rung);
    html! { section.card #contain data-live aria-labelledby="contain-t" {
        header { h2 #contain-t { "Hold it back" } @if let Some(rung) = rung { span.chip.warn { (rung.words()) } } }
        @if let Some(contained) = contained { p { "By " (shown(&contained.by)) ", " (time(contained.at_ms)) @if !contained.reason.is_empty() { ": " (shown(&contained.reason)) } } }
        @else { p.sub { "Short of a stop: its rules stay, and this comes on top. What was let run and has not started is judged again." } }
        @if session.person.may(Right::Pause) { form.inline method="post" action={ "/workflows/" (name) "/contain" } {
            (csrf(&session.csrf))
            label { "How far" select name="rung" {
                @for one in Containment::ALL { option value=(one.name()) selected[rung == Some(one)] { (one.words()) } }
                @if rung.is_some() && session.person.may(Right::Resume) { option value="none" { "Not at all any more" } }
            } }
            label { "Why" input name="reason" maxlength="500" autocomplete="off"; }
            button.btn { "Change" }
        } }
    } }
}

fn facts(live: &LiveWorkflow) -> Markup {
    let workflow = &live.state.workflow;
    html! { section.card aria-labelledby="facts-t" {
        header { h2 #facts-t { "In force" } span.sub { "version " code { (live.state.hash.get(..12).unwrap_or_default()) } } }
        dl.kv {
            div { dt { "Owner" } dd { (owner(live)) } }
            div { dt { "Whose risk" } dd { (workflow.responsibility.title()) ", where nothing graver is touched" } }
            div { dt { "Confidence" } dd { "Below " ((workflow.confidence_threshold * 100.0).round()) " % a person decides" } }
            div { dt { "Waits at most" } dd { (duration(workflow.expires_after_s)) @if workflow.deadline_counts == DeadlineCounts::BusinessHours { ", counted in business hours" } } }
            @if !workflow.not_alone.is_empty() { div { dt { "Not alone" } dd { @for what in &workflow.not_alone { div { (shown(what)) } } } } }
            @if !workflow.required_sources.is_empty() { div { dt { "Sources required" } dd { (shown(&workflow.required_sources.join(", "))) } } }
            @if let Some(hours) = &workflow.business_hours { div { dt { "Business hours" } dd { (hours.days.join(", ")) " " (hours.from) "–" (hours.to) " " (hours.zone) } } }
            @if let Some(model) = &workflow.model { div { dt { "Model" } dd { (shown(model)) } } }
            div { dt { "Prompt version" } dd { @match &workflow.prompt_stamp() { Some(version) => (shown(version)), None => em { "none named" } } } }
        }
    } }
}

fn duration(seconds: u64) -> String {
    match seconds {
        s if s % 86_400 == 0 => format!("{} days", s / 86_400),
        s if s % 3_600 == 0 => format!("{} hours", s / 3_600),
        s if s % 60 == 0 => format!("{} minutes", s / 60),
        s => format!("{s} seconds"),
    }
}

fn matrix(live: &LiveWorkflow, registry: &Registry) -> Markup {
    let grants = &live.state.workflow.grants;
    let granted = |tool: &str| grants.get(tool).copied().unwrap_or_default();
    html! { section.card aria-labelledby="grants-t" {
        header { h2 #grants-t { "How far agents may go" } span.sub { "per tool; levels 4 and 5 always wait for a person" } }
        @if registry.tools.is_empty() { p.sub { "No system has listed its tools yet." } }
        div.scroll tabindex="0" role="region" aria-label="Grants per tool" { table.matrix {
            thead { tr { th scope="col" { "Tool" } @for (_, name) in GRANTS { th scope="col" { (name) } } } }
            tbody { @for (name, tool) in &registry.tools { tr {
                th scope="row" { code { (shown(name)) }
                    @if tool.entry().is_none() { " " span.chip.warn { "unclassified: blocked" } }
                    @if tool.state.changed.is_some() { " " span.chip.danger { "changed: blocked" } }
                }
                @for (grant, label) in GRANTS { td.on[granted(name) == grant] {
                    @if granted(name) == grant { span.dot { (icon("check")) span.vh { (label) } } }
                } }
            } } }
        } }
    } }
}

fn guardrails(live: &LiveWorkflow) -> Markup {
    let rules = &live.state.workflow.guardrails;
    html! { section.card aria-labelledby="rails-t" {
        header { h2 #rails-t { "Guardrails" } span.sub { "besides the eight review rules, which are always on" } }
        @if rules.is_empty() { p.sub { "None of its own." } }
        ul.reasons { @for rule in rules { li {
            (super::parts::verdict(rule.then.into())) " " (shown(&rule.text)) " " code.rule { (rule.id) }
        } } }
    } }
}

fn agent_list(agents: &[AgentState]) -> Markup {
    html! { section.card aria-labelledby="agents-t" {
        header { h2 #agents-t { "Agents" } }
        @if agents.is_empty() { p.sub { "None. Add one: leeway agents add NAME --workflow W." } }
        dl.kv { @for agent in agents { div { dt { (shown(&agent.name)) } dd {
            @if agent.tokens.is_empty() { em { "no valid token" } } @else { @for token in &agent.tokens { code { (token) } " " } }
        } } } }
    } }
}

/// What the form sends.
#[derive(Deserialize)]
pub struct Sent {
    csrf: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    rung: String,
    #[serde(default)]
    paused_at: Option<String>,
}

/// Pauses or resumes.
pub async fn change(
    State(app): State<Arc<App>>,
    Viewer(session): Viewer,
    Path((name, what)): Path<(String, String)>,
    sent::Sent(sent): sent::Sent<Sent>,
) -> Result<Redirect, Failed> {
    session.check_form(&sent.csrf)?;
    match what.as_str() {
        "pause" => pausing::pause(&app, &session.person, (&name, &sent.reason)).await?,
        "resume" => {
            let of = sent.paused_at.as_deref();
            pausing::resume(&app, &session.person, (&name, &sent.reason, of)).await?;
        }
        "drill" => crate::incident::drill::drill(&app, &session.person, (&name, 3)).await?,
        "contain" => {
            let rung = match sent.rung.as_str() {
                "none" => None,
                name => Some(Containment::parse(name).ok_or_else(|| {
                    ApiError::invalid("rung-unknown", format!("`{}` is no rung", shown(name)))
                })?),
            };
            pausing::contain(&app, &session.person, &name, (rung, &sent.reason)).await?;
        }
        _ => return Err(ApiError::not_found("page", &shown(&what)).into()),
    }
    Ok(Redirect::to(&format!("/workflows/{name}")))
}
