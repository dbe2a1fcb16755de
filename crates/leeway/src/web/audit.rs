//! The workflow audit of a configured system: the report as a page, and as files to hand on.

use super::layout::Frame;
use super::parts::{icon, shown};
use super::{Failed, PageResult, Viewer};
use crate::app::App;
use crate::audit::{Audited, document, files, html as report, markdown};
use crate::clock::rfc3339;
use crate::error::ApiError;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use leeway_core::classify::Level;
use maud::html;
use serde::Deserialize;
use std::sync::Arc;

/// Which workflow the system is audited for.
#[derive(Default, Deserialize)]
pub struct For {
    /// A workflow's name; none audits the tools alone.
    #[serde(default)]
    workflow: String,
}

/// Every system, with how many of its tools are grave.
pub async fn list(State(app): State<Arc<App>>, Viewer(session): Viewer) -> PageResult {
    let registry = app.registry();
    let mut systems = Vec::new();
    for name in registry.systems.keys() {
        let audited = audited(&app, name, "")?;
        let audit = audited.audit();
        let grave = audit
            .tools
            .iter()
            .filter(|tool| tool.level >= Level::HighImpact)
            .count();
        systems.push((audited, audit.tools.len(), grave, audit.blockers.len()));
    }
    let frame = Frame::new(&app, &session, "/audit", "Audit");
    Ok(frame.page(html! { div.solo #audit {
        header.head { h1 { "Audit" } span.sub { "What each system’s tools need before agents use them" } }
        @if systems.is_empty() { div.empty { (icon("doc")) h2 { "No system yet" } p { "Connect one, or audit a server beforehand with leeway audit --mcp COMMAND." } } }
        @for (audited, tools, grave, blockers) in &systems {
            section.card aria-label=(shown(&audited.title)) {
                header {
                    h2 { a href=(address(&audited.system)) { (shown(&audited.title)) } }
                    @if *blockers > 0 { span.chip.warn { (icon("alert")) (blockers) " to settle" } } @else { span.chip.ok { (icon("check")) "Nothing in the way" } }
                }
                p.sub { (tools) (if *tools == 1 { " tool, " } else { " tools, " }) (grave) " at level 4 or 5" }
            }
        }
    } }))
}

/// One system's report.
pub async fn show(
    State(app): State<Arc<App>>,
    Viewer(session): Viewer,
    Path(system): Path<String>,
    Query(given): Query<For>,
) -> PageResult {
    let audited = audited(&app, &system, &given.workflow)?;
    let document = document::document(&audited, &audited.audit());
    let frame = Frame::new(
        &app,
        &session,
        "/audit",
        format!("Audit of {}", audited.title),
    );
    let registry = app.registry();
    let download = |form: &str| {
        format!(
            "{}/{form}?workflow={}",
            address(&system),
            escaped(&given.workflow)
        )
    };
    Ok(frame.page(html! { div.solo.workflow-audit #audit {
        header.head {
            a.btn.quiet href="/audit" { (icon("back")) "Systems" }
            h1 { (shown(&audited.title)) }
            span.sub { (shown(&document.origin)) }
        }
        div.tools-bar {
            form method="get" action=(address(&system)) {
                label for="for" { "For workflow" }
                select #for name="workflow" {
                    option value="" selected[given.workflow.is_empty()] { "none" }
                    @for name in registry.workflows.keys() { option value=(name) selected[*name == given.workflow] { (shown(name)) } }
                }
                button.btn { "Show" }
            }
            div.downloads {
                @for (form, name) in FORMS { a.btn href=(download(form)) download { (icon("doc")) (name) } }
            }
        }
        (report::summary(&document))
        (report::sections(&document.sections))
        (report::next(&document))
    } }))
}

/// Forms to hand on: the last part of the address, and what people call it.
const FORMS: [(&str, &str); 4] = [
    ("report.html", "Report"),
    ("report.md", "Markdown"),
    ("pack.toml", "Draft pack"),
    ("workflow.toml", "Draft workflow"),
];

/// One form of the report, or a draft, as a file.
pub async fn download(
    State(app): State<Arc<App>>,
    Viewer(_): Viewer,
    Path((system, form)): Path<(String, String)>,
    Query(given): Query<For>,
) -> Result<Response, Failed> {
    let audited = audited(&app, &system, &given.workflow)?;
    let audit = audited.audit();
    let document = document::document(&audited, &audit);
    let drafts = || {
        files::configuration(&audited, &audit, None).map_err(|error| {
            ApiError::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "draft-unwritable",
                format!("the draft cannot be written: {error:#}"),
            )
        })
    };
    let draft = |kind: &str| -> Result<String, ApiError> {
        drafts()?
            .into_iter()
            .find(|(path, _)| path.starts_with(kind))
            .map(|(_, text)| text)
            .ok_or_else(|| ApiError::not_found("draft", kind))
    };
    let (kind, text) = match form.as_str() {
        "report.html" => ("text/html; charset=utf-8", report::render(&document)),
        "report.md" => ("text/markdown; charset=utf-8", markdown::render(&document)),
        "pack.toml" => ("application/toml", draft("packs/")?),
        "workflow.toml" => ("application/toml", draft("workflows/")?),
        _ => return Err(ApiError::not_found("form of the report", &form).into()),
    };
    let named = format!(
        "attachment; filename=\"{}-{form}\"",
        crate::audit::source::short_name(&system)
    );
    Ok((
        [
            (header::CONTENT_TYPE, kind.to_owned()),
            (header::CONTENT_DISPOSITION, named),
        ],
        text,
    )
        .into_response())
}

fn audited(app: &App, system: &str, workflow: &str) -> Result<Audited, ApiError> {
    let registry = app.registry();
    let configured = registry
        .systems
        .get(system)
        .ok_or_else(|| ApiError::not_found("system", system))?;
    let live = match workflow {
        "" => None,
        name => Some(
            registry
                .workflows
                .get(name)
                .ok_or_else(|| ApiError::not_found("workflow", name))?,
        ),
    };
    let pack = registry.packs.get(&configured.system.pack);
    Ok(Audited {
        system: system.to_owned(),
        title: configured.system.title.clone(),
        origin: "As the system lists its tools".to_owned(),
        tools: registry
            .tools
            .values()
            .filter(|tool| tool.system == system)
            .map(|tool| tool.state.definition.clone())
            .collect(),
        pack: pack.map(|pack| pack.compiled.pack.clone()),
        workflow: live.map(|workflow| workflow.state.workflow.clone()),
        owners: registry.owners.as_ref().map(|live| live.owners.clone()),
        document: crate::audit::source::document_of(&configured.system),
        day: rfc3339(app.clock.now_ms()).chars().take(10).collect(),
    })
}

fn address(system: &str) -> String {
    format!("/audit/{}", escaped(system))
}

fn escaped(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
