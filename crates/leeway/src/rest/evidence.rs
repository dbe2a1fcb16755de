//! What agents earned: stages, signatures, demotions, what a stated confidence is worth.

use super::answers;
use super::body::Body;
use super::reviews::area;
use crate::app::App;
use crate::clock::rfc3339;
use crate::earning::promoting::{self, Confidence};
use crate::earning::summary::{self, Tool};
use crate::earning::{self, lots};
use crate::error::ApiError;
use crate::json::Json;
use crate::people::access::Who;
use crate::registry::{LiveWorkflow, Registry};
use axum::extract::{Path, State};
use leeway_core::evidence::calibration;
use leeway_core::govern::people::Right;
use leeway_core::incident::Side;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

fn live<'a>(registry: &'a Registry, workflow: &str) -> Result<&'a LiveWorkflow, ApiError> {
    registry
        .workflows
        .get(workflow)
        .map(AsRef::as_ref)
        .ok_or_else(|| ApiError::not_found("workflow", workflow))
}

fn row(tool: &Tool) -> Value {
    let (reviewed, wrong) = tool.tally();
    json!({
        "tool": tool.name, "configured": tool.configured, "now": tool.now, "next": tool.next,
        "reviewed": reviewed, "wrong": wrong, "gate": tool.gate(), "needed": tool.needed(),
        "a_week": tool.a_week, "weeks": tool.weeks(),
        "proposal": tool.stage.as_ref().and_then(|stage| stage.proposal.clone()),
        "barred": tool.barred().map(|barred| &barred.why),
        "standing": tool.standing,
    })
}

/// Every tool of a workflow that can do more than read, and how far its agents have come with it; its
/// areas' samples.
#[utoipa::path(get, path = "/v1/workflows/{workflow}/evidence", params(("workflow" = String, Path)), responses(
    (status = 200, description = "`{autonomy, tools, areas}`"), (status = 404, body = answers::Failure, description = "`not-found`")))]
pub async fn list(
    State(app): State<Arc<App>>,
    who: Who,
    Path(workflow): Path<String>,
) -> Result<Json<Value>, ApiError> {
    who.person(Right::Read)?;
    let registry = app.registry();
    let live = live(&registry, &workflow)?;
    let tools = summary::tools(&app, &registry, live)?;
    let areas = summary::areas(&app, &workflow)?;
    Ok(Json(json!({
        "autonomy": live.state.workflow.evidence.autonomy,
        "tools": tools.iter().map(row).collect::<Vec<_>>(),
        "areas": areas.iter().map(|(area, state)| json!({
            "area": area.name(), "cadence": state.standing.cadence, "lots": state.lots,
            "drawn_at": state.drawn_ms.map(rfc3339),
        })).collect::<Vec<_>>(),
    })))
}

fn whole(app: &App, workflow: &str, name: &str) -> Result<Json<Value>, ApiError> {
    let registry = app.registry();
    let (live, _) = earning::place_of(&registry, workflow, name)?;
    let tool = summary::tool(app, (&registry, live), name)?;
    let mut told = row(&tool);
    let design = tool.design;
    told["design"] = json!({
        "p0": design.p0, "p1": design.p1, "alpha": design.alpha, "beta": design.beta,
        "slope": design.slope(), "h1": design.h1(), "h2": design.h2(),
    });
    if let Some((wrong, low, high)) = tool.wrong() {
        told["error_rate"] =
            json!({ "share": wrong, "low": low, "high": high, "confidence": 0.95 });
    }
    if let Some(stage) = &tool.stage {
        let mut stage = json!(stage);
        // What draws are made with is for whoever verifies the ledger, not for everyday eyes.
        stage["seed"].take();
        stage["agents"].take();
        told["stage"] = stage;
    }
    Ok(Json(told))
}

/// One tool's evidence, whole.
#[utoipa::path(get, path = "/v1/workflows/{workflow}/evidence/{tool}", params(("workflow" = String, Path), ("tool" = String, Path)), responses(
    (status = 200, description = "The stage"), (status = 404, body = answers::Failure, description = "`not-found`")))]
pub async fn show(
    State(app): State<Arc<App>>,
    who: Who,
    Path((workflow, tool)): Path<(String, String)>,
) -> Result<Json<Value>, ApiError> {
    who.person(Right::Read)?;
    whole(&app, &workflow, &tool)
}

/// A signature under a proposed promotion.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignBody {
    /// For which side: `business` or `technical`.
    #[serde(rename = "as")]
    #[schema(value_type = String)]
    pub side: Side,
    /// The proposal's `content_hash`, as it was shown.
    pub content_hash: String,
}

/// Signs the promotion that is proposed; with both owners' signatures it takes force.
#[utoipa::path(post, path = "/v1/workflows/{workflow}/evidence/{tool}/sign", params(("workflow" = String, Path), ("tool" = String, Path)), request_body = SignBody, responses(
    (status = 200, description = "The stage"), (status = 403, body = answers::Failure, description = "`not-eligible`"),
    (status = 404, body = answers::Failure, description = "`not-found`"), (status = 409, body = answers::Failure, description = "`nothing-proposed`, `stale`, `not-possible-here`")))]
pub async fn sign(
    State(app): State<Arc<App>>,
    who: Who,
    Path((workflow, tool)): Path<(String, String)>,
    Body(body): Body<SignBody>,
) -> Result<Json<Value>, ApiError> {
    let person = who.person(Right::Read)?;
    let what = (body.side, body.content_hash.as_str());
    promoting::sign(&app, &person, (&workflow, &tool), what).await?;
    whole(&app, &workflow, &tool)
}

/// Why.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WhyBody {
    /// Why, in your words.
    pub why: String,
}

/// Declines the promotion that is proposed.
#[utoipa::path(post, path = "/v1/workflows/{workflow}/evidence/{tool}/decline", params(("workflow" = String, Path), ("tool" = String, Path)), request_body = WhyBody, responses(
    (status = 200, description = "The stage"), (status = 403, body = answers::Failure, description = "`forbidden`"),
    (status = 404, body = answers::Failure, description = "`not-found`"), (status = 409, body = answers::Failure, description = "`not-possible-here`"),
    (status = 422, body = answers::Failure, description = "`why-missing`")))]
pub async fn decline(
    State(app): State<Arc<App>>,
    who: Who,
    Path((workflow, tool)): Path<(String, String)>,
    Body(body): Body<WhyBody>,
) -> Result<Json<Value>, ApiError> {
    let person = who.person(Right::Read)?;
    promoting::decline(&app, &person, (&workflow, &tool), &body.why).await?;
    whole(&app, &workflow, &tool)
}

/// Lets what the evidence found bad try again, from nothing, though nothing changed.
#[utoipa::path(post, path = "/v1/workflows/{workflow}/evidence/{tool}/readmit", params(("workflow" = String, Path), ("tool" = String, Path)), request_body = WhyBody, responses(
    (status = 200, description = "The stage"), (status = 403, body = answers::Failure, description = "`forbidden`"),
    (status = 404, body = answers::Failure, description = "`not-found`"), (status = 409, body = answers::Failure, description = "`not-barred`, `stale`"),
    (status = 422, body = answers::Failure, description = "`why-missing`")))]
pub async fn readmit(
    State(app): State<Arc<App>>,
    who: Who,
    Path((workflow, tool)): Path<(String, String)>,
    Body(body): Body<WhyBody>,
) -> Result<Json<Value>, ApiError> {
    let person = who.person(Right::Read)?;
    promoting::readmit(&app, &person, (&workflow, &tool), &body.why).await?;
    whole(&app, &workflow, &tool)
}

/// Takes one level back, at once.
#[utoipa::path(post, path = "/v1/workflows/{workflow}/evidence/{tool}/demote", params(("workflow" = String, Path), ("tool" = String, Path)), request_body = WhyBody, responses(
    (status = 200, description = "The stage"), (status = 403, body = answers::Failure, description = "`forbidden`"),
    (status = 404, body = answers::Failure, description = "`not-found`"), (status = 409, body = answers::Failure, description = "`nothing-to-lose`, `stale`"),
    (status = 422, body = answers::Failure, description = "`why-missing`")))]
pub async fn demote(
    State(app): State<Arc<App>>,
    who: Who,
    Path((workflow, tool)): Path<(String, String)>,
    Body(body): Body<WhyBody>,
) -> Result<Json<Value>, ApiError> {
    let person = who.person(Right::Pause)?;
    promoting::demote(&app, &person, (&workflow, &tool), &body.why).await?;
    whole(&app, &workflow, &tool)
}

fn measured(one: &Confidence, live: &LiveWorkflow) -> Value {
    json!({
        "agent": one.agent, "reviewed": one.reviewed(), "buckets": one.buckets,
        "ece": calibration::ece(&one.buckets), "brier": calibration::brier(&one.buckets),
        "proposed": one.proposed, "target": promoting::TARGET,
        "adopted": live.state.calibrated.get(&one.agent),
        "counts": earning::measured(live, &one.agent),
    })
}

/// What each agent's stated confidence is worth.
#[utoipa::path(get, path = "/v1/workflows/{workflow}/confidence", params(("workflow" = String, Path)), responses(
    (status = 200, description = "`{agents}`"), (status = 404, body = answers::Failure, description = "`not-found`")))]
pub async fn confidence(
    State(app): State<Arc<App>>,
    who: Who,
    Path(workflow): Path<String>,
) -> Result<Json<Value>, ApiError> {
    who.person(Right::Read)?;
    let registry = app.registry();
    let live = live(&registry, &workflow)?;
    let agents: Vec<Value> = promoting::confidences(&app, &workflow)?
        .iter()
        .map(|one| measured(one, live))
        .collect();
    Ok(Json(json!({ "agents": agents })))
}

/// Adopts the threshold that the evidence proposes for an agent.
#[utoipa::path(post, path = "/v1/workflows/{workflow}/confidence/{agent}/adopt", params(("workflow" = String, Path), ("agent" = String, Path)), responses(
    (status = 200, description = "`{agent, threshold}`"), (status = 403, body = answers::Failure, description = "`forbidden`"),
    (status = 404, body = answers::Failure, description = "`not-found`"), (status = 409, body = answers::Failure, description = "`not-calibrated`, `stale`")))]
pub async fn adopt(
    State(app): State<Arc<App>>,
    who: Who,
    Path((workflow, agent)): Path<(String, String)>,
) -> Result<Json<Value>, ApiError> {
    let person = who.person(Right::Decide)?;
    let threshold = promoting::adopt(&app, &person, (&workflow, &agent)).await?;
    Ok(Json(json!({ "agent": agent, "threshold": threshold })))
}

/// Lets the samples of a stopped area go on: its cause was removed.
#[utoipa::path(post, path = "/v1/workflows/{workflow}/areas/{area}/restart", params(("workflow" = String, Path), ("area" = String, Path)), request_body = WhyBody, responses(
    (status = 200, description = "`{area, cadence}`"), (status = 403, body = answers::Failure, description = "`forbidden`"),
    (status = 404, body = answers::Failure, description = "`not-found`"), (status = 409, body = answers::Failure, description = "`not-stopped`"),
    (status = 422, body = answers::Failure, description = "`why-missing`, `area-unknown`")))]
pub async fn restart(
    State(app): State<Arc<App>>,
    who: Who,
    Path((workflow, name)): Path<(String, String)>,
    Body(body): Body<WhyBody>,
) -> Result<Json<Value>, ApiError> {
    let person = who.person(Right::Resume)?;
    let registry = app.registry();
    live(&registry, &workflow)?;
    let row = area(&name)?;
    lots::restart(&app, &person, (&workflow, row), &body.why).await?;
    let (_, state) = lots::state(&app.store.reader()?, &workflow, row)?;
    Ok(Json(
        json!({ "area": name, "cadence": state.standing.cadence }),
    ))
}
