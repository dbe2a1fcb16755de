//! Incidents: one page that a stressed owner can follow on a phone. The steps in order, the present one
//! open with what it asks for, everything done below as evidence.

use super::incident_steps::{Page, acknowledge};
use super::layout::Frame;
use super::parts::{csrf, icon, long, shown, time};
use super::{Failed, PageResult, Viewer, sent};
use crate::app::App;
use crate::error::ApiError;
use crate::incident::{self, again, breaker, declare, report, sample, steps};
use crate::people::session::Session;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Redirect};
use leeway_core::govern::people::Right;
use leeway_core::id::ActionId;
use leeway_core::incident::{IncidentStatus, Side};
use leeway_core::undo::batch::Selection;
use maud::{Markup, html};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// All incidents, and declaring one.
pub async fn list(State(app): State<Arc<App>>, Viewer(session): Viewer) -> PageResult {
    let incidents = incident::all(&app)?;
    let frame = Frame::new(&app, &session, "/incidents", "Incidents");
    Ok(frame.page(html! { div.solo {
        header.head {
            h1 { "Incidents" }
            p { "When an agent was wrong: stop it, see everything it touched, put back what can be put back, and go on only behind a guardrail that catches the case." }
        }
        @if session.person.may(Right::Pause) { (declare_form(&app, &session, None)) }
        @if incidents.is_empty() { div.empty { (icon("check")) h2 { "None" } p { "No incident was ever declared." } } }
        ul.events #incidents data-live { @for state in &incidents { li { a.plain href={ "/incidents/" (state.number) } {
            span.what { strong { "Incident " (state.number) " · " (shown(&state.workflow)) } span.gist { (shown(&state.why)) } }
            (chip(state.status))
            span.by.sub { @if let Some(commander) = &state.commander { (shown(commander)) ", " } (time(state.opened_ms)) }
        } } } }
    } }))
}

/// The form that declares an incident and pauses its workflow.
pub fn declare_form(app: &App, session: &Session, of: Option<(&str, Option<&ActionId>)>) -> Markup {
    let registry = app.registry();
    html! { section.card aria-labelledby="wrong-t" {
        header { h2 #wrong-t { "Something is wrong" } }
        p.sub { "Declaring pauses the workflow at once and tells its owner. Nothing is cancelled, nothing is taken back yet." }
        form.inline method="post" action="/incidents" {
            (csrf(&session.csrf))
            @match of {
                Some((workflow, example)) => {
                    input type="hidden" name="workflow" value=(workflow);
                    @if let Some(example) = example { input type="hidden" name="example" value=(example); }
                },
                None => label { "Workflow" select name="workflow" { @for name in registry.workflows.keys() { option { (name) } } } },
            }
            label { "What is wrong" input name="why" required maxlength="500" autocomplete="off"; }
            button.btn.danger.solid { (icon("pause")) "Declare and pause" }
        }
    } }
}

/// Where an incident stands, as a chip.
pub fn chip(status: IncidentStatus) -> Markup {
    let class = match status {
        IncidentStatus::Closed | IncidentStatus::Dismissed | IncidentStatus::Merged => "ok",
        IncidentStatus::Reenabled | IncidentStatus::Verified => "warn",
        _ => "danger",
    };
    html! { span.chip.(class) { (status.words()) } }
}

/// One incident.
pub async fn show(
    State(app): State<Arc<App>>,
    Viewer(session): Viewer,
    Path(number): Path<String>,
) -> PageResult {
    let (_, state) = incident::find(&app, &number)?;
    let page = Page {
        app: &app,
        session: &session,
        state: &state,
        commands: state.commander.as_ref() == Some(&session.person.email),
    };
    let present = page.present().await?;
    let moments = report::timeline(&app, &state)?;
    let frame = Frame::new(&app, &session, "/incidents", format!("Incident {number}"));
    Ok(frame.page(html! { div.solo #incident {
        header.head {
            p.crumb { a href="/incidents" { "Incidents" } " · " a href={ "/workflows/" (state.workflow) } { (shown(&state.workflow)) } }
            h1 { "Incident " (state.number) }
            p.badges { (chip(state.status)) @if state.rounds > 0 { span.chip.warn { "Round " (state.rounds + 1) } } }
            blockquote { (long(&state.why)) }
            p.sub { "In command: " @match &state.commander { Some(commander) => (shown(commander)), None => em { "nobody" } } " · since " (time(state.opened_ms)) }
        }
        (acknowledge(&page))
        (present)
        (page.steps())
        (page.others())
        section.card aria-labelledby="tl-t" {
            header { h2 #tl-t { "Timeline" } span.pair {
                @for (form, name) in [("html", "Report"), ("md", "Markdown")] { a.btn.quiet href={ "/incidents/" (state.number) "/report/" (form) } { (icon("doc")) (name) } }
            } }
            ol.story { @for moment in &moments { li {
                span.when { (time(moment.at_ms)) }
                span { (shown(&moment.text)) " " span.sub { "by " (shown(moment.actor.trim_start_matches("person:"))) " · entry " (moment.seq) } }
            } } }
        }
    } }))
}

/// What the forms send.
#[derive(Deserialize)]
pub struct Sent {
    csrf: String,
    #[serde(flatten)]
    fields: BTreeMap<String, String>,
}

impl Sent {
    fn get(&self, name: &str) -> &str {
        self.fields
            .get(name)
            .map(|text| text.trim())
            .unwrap_or_default()
    }

    fn filled(&self, name: &str) -> Option<String> {
        Some(self.get(name).to_owned()).filter(|text| !text.is_empty())
    }

    fn action(&self, name: &str) -> Result<Option<ActionId>, ApiError> {
        self.filled(name)
            .map(|text| {
                ActionId::parse(&text).ok_or_else(|| ApiError::not_found("action", &shown(&text)))
            })
            .transpose()
    }

    fn selection(&self) -> Result<Selection, ApiError> {
        let from_ms = self.filled("from").map(|text| since(&text)).transpose()?;
        Ok(Selection {
            agent: self.filled("agent"),
            tool: self.filled("tool"),
            record: self.filled("record"),
            source: self.filled("source"),
            trigger: self.filled("trigger"),
            prompt: self.filled("prompt"),
            rules: self.filled("rules"),
            model: self.filled("model"),
            from_ms,
            ..Selection::default()
        })
    }
}

fn since(text: &str) -> Result<i64, ApiError> {
    let local: jiff::civil::DateTime = text.parse().map_err(|_| {
        ApiError::invalid("time-invalid", format!("`{}` is no time", shown(text)))
            .help("as in 2026-11-25T10:00")
    })?;
    local
        .to_zoned(jiff::tz::TimeZone::UTC)
        .map(|at| at.timestamp().as_millisecond())
        .map_err(|_| ApiError::invalid("time-invalid", "that time does not exist"))
}

/// Declares an incident.
pub async fn begin(
    State(app): State<Arc<App>>,
    Viewer(session): Viewer,
    sent::Sent(sent): sent::Sent<Sent>,
) -> Result<Redirect, Failed> {
    session.check_form(&sent.csrf)?;
    let said = (sent.get("why"), sent.action("example")?);
    let state = declare::declare(&app, &session.person, sent.get("workflow"), said).await?;
    Ok(Redirect::to(&format!("/incidents/{}", state.number)))
}

/// Takes a step, or does what else the page offers.
pub async fn take(
    State(app): State<Arc<App>>,
    Viewer(session): Viewer,
    Path((number, what)): Path<(String, String)>,
    sent::Sent(sent): sent::Sent<Sent>,
) -> Result<Redirect, Failed> {
    session.check_form(&sent.csrf)?;
    let person = &session.person;
    match what.as_str() {
        "scope" => {
            let found = (sent.selection()?, sent.get("how"));
            steps::scope(&app, person, &number, found).await?;
        }
        "undo" => {
            let planned = steps::plan_remedy(&app, person, &number).await?;
            return Ok(Redirect::to(&format!("/undo-batches/{}", planned.id)));
        }
        "confirm" => drop(breaker::confirm(&app, person, &number).await?),
        "dismiss" => drop(breaker::dismiss(&app, person, &number, sent.get("why")).await?),
        "remediated" => drop(steps::remediate(&app, person, &number).await?),
        "acknowledge" => drop(steps::acknowledge(&app, person, &number).await?),
        "review" => {
            let found = steps::Finding {
                finding: sent.get("finding"),
                source_data: sent.get("source_data"),
                versions: sent.get("versions"),
            };
            steps::review(&app, person, &number, found).await?;
        }
        "guard" => {
            let rule = (sent.get("rule"), sent.action("case")?, None);
            steps::guard(&app, person, &number, rule).await?;
        }
        "sample" => {
            let wrong = sent
                .fields
                .keys()
                .filter_map(|key| key.strip_prefix("wrong."));
            let wrong: Vec<ActionId> = wrong.filter_map(ActionId::parse).collect();
            sample::judge(&app, person, &number, &wrong).await?;
        }
        "sign" => {
            let side = match sent.get("side") {
                "business" => Side::Business,
                _ => Side::Technical,
            };
            again::sign(&app, person, &number, (side, sent.get("content_hash"))).await?;
        }
        "reenable" => drop(again::reenable(&app, person, &number).await?),
        "recurred" => {
            let seen = (sent.get("why"), sent.action("action")?);
            again::recur(&app, person, &number, seen).await?;
        }
        "hand-over" => drop(again::hand_over(&app, person, &number, sent.get("to")).await?),
        "take-over" => drop(again::take_over(&app, person, &number, sent.get("why")).await?),
        "note" => drop(again::note(&app, person, &number, sent.get("text")).await?),
        _ => return Err(ApiError::not_found("page", &shown(&what)).into()),
    }
    Ok(Redirect::to(&format!("/incidents/{number}")))
}

/// The report, to keep: `incident-N.html` or `incident-N.md`.
pub async fn download(
    State(app): State<Arc<App>>,
    Viewer(_): Viewer,
    Path((number, form)): Path<(String, String)>,
) -> Result<impl IntoResponse, Failed> {
    let (_, state) = incident::find(&app, &number)?;
    let report = report::write(&app, &state).await?;
    let (kind, text) = match form.as_str() {
        "html" => ("text/html; charset=utf-8", report.html()),
        "md" => ("text/markdown; charset=utf-8", report.markdown()),
        _ => return Err(ApiError::not_found("report", &shown(&form)).into()),
    };
    let keep = format!("attachment; filename=\"incident-{number}.{form}\"");
    Ok((
        [
            (header::CONTENT_TYPE, kind.to_owned()),
            (header::CONTENT_DISPOSITION, keep),
        ],
        text,
    ))
}
