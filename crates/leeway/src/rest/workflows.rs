//! Workflows: what is in force, pausing and resuming.

use super::answers;
use super::body::{Body, Params};
use super::configuration::{HowParams, wish};
use crate::app::App;
use crate::clock::rfc3339;
use crate::configure;
use crate::error::ApiError;
use crate::gateway::pausing;
use crate::json::Json;
use crate::people::access::Who;
use crate::registry::{LiveWorkflow, Registry};
use axum::extract::{Path, State};
use leeway_core::govern::containment::{Containment, Everything};
use leeway_core::govern::people::Right;
use leeway_core::govern::state::Pause;
use leeway_core::govern::workflow::Workflow;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

fn paused(pause: &Pause) -> Value {
    let mut told = json!({ "by": pause.by, "at": rfc3339(pause.at_ms), "reason": pause.reason });
    if let Some(holder) = &pause.holder {
        told["holder"] = json!(holder);
    }
    if !pause.also.is_empty() {
        told["also"] = pause.also.iter().map(paused).collect();
    }
    told
}

fn shown(registry: &Registry, live: &LiveWorkflow) -> Value {
    let paused = live.state.paused.as_ref().map(paused);
    let tools: Vec<_> = registry
        .tools
        .values()
        .map(|tool| {
            json!({
                "tool": tool.name,
                "grant": live.state.workflow.grants.get(&tool.name).copied().unwrap_or_default(),
                "classified": tool.entry().is_some(),
                "changed": tool.state.changed.is_some(),
            })
        })
        .collect();
    json!({
        "name": live.state.workflow.name,
        "title": live.state.workflow.title,
        "paused": paused,
        "drill": live.state.drilled.as_ref().map(|drill| json!({
            "by": drill.by, "at": rfc3339(drill.at_ms), "pause_ms": drill.pause_ms, "held_ms": drill.held_ms, "started": drill.started,
        })),
        "contained": live.state.contained.as_ref().map(|contained| json!({
            "rung": contained.rung, "by": contained.by, "at": rfc3339(contained.at_ms), "reason": contained.reason, "holder": contained.holder,
        })),
        "version": live.state.hash,
        "workflow": live.state.workflow,
        "tools": tools,
    })
}

/// Every workflow in force.
#[utoipa::path(get, path = "/v1/workflows", responses((status = 200, description = "`{workflows}`")))]
pub async fn list(State(app): State<Arc<App>>, who: Who) -> Result<Json<Value>, ApiError> {
    who.person(Right::Read)?;
    let registry = app.registry();
    let workflows: Vec<_> = registry
        .workflows
        .values()
        .map(|live| shown(&registry, live))
        .collect();
    Ok(Json(json!({ "workflows": workflows })))
}

/// One workflow: its version, grants per tool, and whether it is paused.
#[utoipa::path(get, path = "/v1/workflows/{workflow}", params(("workflow" = String, Path)), responses(
    (status = 200, description = "The workflow"), (status = 404, body = answers::Failure, description = "`not-found`")))]
pub async fn show(
    State(app): State<Arc<App>>,
    who: Who,
    Path(name): Path<String>,
) -> Result<Json<Value>, ApiError> {
    who.person(Right::Read)?;
    let registry = app.registry();
    let live = registry
        .workflows
        .get(&name)
        .ok_or_else(|| ApiError::not_found("workflow", &name))?;
    Ok(Json(shown(&registry, live)))
}

/// Asks for another version of one workflow; it waits for somebody else's review.
#[utoipa::path(put, path = "/v1/workflows/{workflow}", params(("workflow" = String, Path), HowParams), request_body = Object, responses(
    (status = 200, description = "`{status, change, changes}`"), (status = 422, body = answers::Failure, description = "`configuration-invalid` with every problem, `name-differs`")))]
pub async fn propose(
    State(app): State<Arc<App>>,
    who: Who,
    Path(name): Path<String>,
    Params(how): Params<HowParams>,
    Body(workflow): Body<Workflow>,
) -> Result<Json<Value>, ApiError> {
    let person = who.person(Right::Propose)?;
    if workflow.name != name {
        return Err(ApiError::invalid(
            "name-differs",
            format!(
                "the workflow sent is named `{}`",
                workflow.name.escape_debug()
            ),
        )
        .help("give it the name in the address"));
    }
    let mut wanted = configure::current(&app);
    wanted.workflows.retain(|known| known.name != name);
    wanted.workflows.push(workflow);
    wish(&app, &person, (&wanted, &how)).await.map(Json)
}

/// Why.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ReasonBody {
    /// In the person's words.
    pub reason: String,
}

/// Pauses: nothing of the workflow starts from this entry on; nothing is cancelled.
#[utoipa::path(post, path = "/v1/workflows/{workflow}/pause", params(("workflow" = String, Path)), request_body = ReasonBody, responses(
    (status = 200, description = "Paused, by whoever asked: a drill's pause, or somebody else's, is theirs from then on"), (status = 409, body = answers::Failure, description = "`already-paused`, by the same person")))]
pub async fn pause(
    State(app): State<Arc<App>>,
    who: Who,
    Path(name): Path<String>,
    Body(body): Body<ReasonBody>,
) -> Result<Json<Value>, ApiError> {
    let person = who.person(Right::Pause)?;
    pausing::pause(&app, &person, (&name, &body.reason)).await?;
    show(State(app), Who::Person(person), Path(name)).await
}

/// How long a drill holds a workflow.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DrillBody {
    /// Seconds, 0 to 60; 3 unless told.
    #[serde(default = "default_hold_s")]
    pub hold_s: u64,
}

fn default_hold_s() -> u64 {
    3
}

/// Tries a pause: pauses, holds, resumes, and records how long it took and that nothing started.
#[utoipa::path(post, path = "/v1/workflows/{workflow}/drill", params(("workflow" = String, Path)), request_body = DrillBody, responses(
    (status = 200, description = "The workflow, with its `drill`"), (status = 403, body = answers::Failure, description = "`forbidden`"),
    (status = 404, body = answers::Failure, description = "`not-found`"), (status = 409, body = answers::Failure, description = "`already-paused`"),
    (status = 422, body = answers::Failure, description = "`hold-invalid`")))]
pub async fn drill(
    State(app): State<Arc<App>>,
    who: Who,
    Path(name): Path<String>,
    Body(body): Body<DrillBody>,
) -> Result<Json<Value>, ApiError> {
    let person = who.person(Right::Pause)?;
    crate::incident::drill::drill(&app, &person, (&name, body.hold_s)).await?;
    show(State(app), Who::Person(person), Path(name)).await
}

/// How far a workflow is held back.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContainBody {
    /// `approve-all`, `risky-off`, `read-only`; `null` to let it go on as its rules say.
    #[schema(value_type = Option<String>, required = true)]
    pub rung: Option<Containment>,
    /// Why.
    #[serde(default)]
    pub reason: String,
}

/// Holds a workflow back, short of a pause: everything is approved by a person, risky tools are off, or
/// only reads run. What was let run and has not started is judged again.
#[utoipa::path(post, path = "/v1/workflows/{workflow}/contain", params(("workflow" = String, Path)), request_body = ContainBody, responses(
    (status = 200, description = "Contained, or let go"), (status = 403, body = answers::Failure, description = "`forbidden`"),
    (status = 404, body = answers::Failure, description = "`not-found`"), (status = 409, body = answers::Failure, description = "`contained-already`")))]
pub async fn contain(
    State(app): State<Arc<App>>,
    who: Who,
    Path(name): Path<String>,
    Body(body): Body<ContainBody>,
) -> Result<Json<Value>, ApiError> {
    let person = who.person(Right::Pause)?;
    pausing::contain(&app, &person, &name, (body.rung, &body.reason)).await?;
    show(State(app), Who::Person(person), Path(name)).await
}

/// What is done to every workflow.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EverythingBody {
    /// `approve-all`, `risky-off`, `read-only`; `stop` pauses every workflow; `none` lets every workflow go
    /// on as its rules say (what is paused stays paused).
    #[schema(value_type = String)]
    pub rung: Everything,
    /// Why.
    #[serde(default)]
    pub reason: String,
}

/// Holds every workflow back, or stops every one, in one entry of the record: all or none. A workflow that is
/// held back further already stays so.
#[utoipa::path(post, path = "/v1/contain", request_body = EverythingBody, responses(
    (status = 200, description = "`{rung, workflows}`: the names of those that changed"), (status = 403, body = answers::Failure, description = "`forbidden`")))]
pub async fn everything(
    State(app): State<Arc<App>>,
    who: Who,
    Body(body): Body<EverythingBody>,
) -> Result<Json<Value>, ApiError> {
    let person = who.person(Right::Pause)?;
    let names = pausing::everything(&app, &person, (body.rung, &body.reason)).await?;
    Ok(Json(json!({ "rung": body.rung, "workflows": names })))
}

/// Why, and of which pause.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ResumeBody {
    /// In the person's words.
    pub reason: String,
    /// When the pause began that is meant (`paused.at`): one that somebody else pressed since stays.
    pub paused_at: Option<String>,
}

/// Resumes: what was frozen goes on, each act checked again.
#[utoipa::path(post, path = "/v1/workflows/{workflow}/resume", params(("workflow" = String, Path)), request_body = ResumeBody, responses(
    (status = 200, description = "Running"), (status = 409, body = answers::Failure, description = "`not-paused`; `stale`: not the pause that was meant; `incident-open`")))]
pub async fn resume(
    State(app): State<Arc<App>>,
    who: Who,
    Path(name): Path<String>,
    Body(body): Body<ResumeBody>,
) -> Result<Json<Value>, ApiError> {
    let person = who.person(Right::Resume)?;
    let of = body.paused_at.as_deref();
    pausing::resume(&app, &person, (&name, &body.reason, of)).await?;
    show(State(app), Who::Person(person), Path(name)).await
}
