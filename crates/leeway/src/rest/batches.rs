//! Taking many actions back: planning, beginning, watching, stopping.

use super::actions::decider;
use super::answers;
use super::body::{Body, Params};
use crate::app::App;
use crate::clock::rfc3339;
use crate::error::ApiError;
use crate::gateway::undo::batch;
use crate::gateway::undo::plan;
use crate::json::Json;
use crate::people::access::Who;
use crate::texts;
use axum::extract::{Path, State};
use leeway_core::govern::people::Right;
use leeway_core::id::ActionId;
use leeway_core::undo::batch::{BatchState, BatchStatus, Foreseen, Selection};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

const DEFAULT_PAGE: usize = 100;
const LARGEST_PAGE: usize = 1_000;

/// Which actions are to be taken back.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchBody {
    /// Which actions: `{actions, workflow, agent, trigger, tool, record, source, prompt, rules, model, pack,
    /// definition, from_ms, to_ms}`; everything given must fit.
    #[schema(value_type = Object)]
    pub selection: Selection,
    /// Why.
    #[serde(default)]
    pub why: String,
}

/// A batch as the door shows it.
pub fn view(app: &App, batch: &BatchState) -> Result<Value, ApiError> {
    let counts = match (&batch.counts, batch.status) {
        (Some(counts), BatchStatus::Finished) => counts.clone(),
        _ => batch::counts(app, &batch::listed(app, &batch.id)?)?,
    };
    let worked_out = app.plans().get(&batch.id).copied();
    Ok(json!({
        "worked_out": worked_out,
        "id": batch.id, "status": batch.status.name(), "by": batch.by, "why": batch.why,
        "selection": batch.selection, "incident": batch.incident, "total": batch.total,
        "foreseen": batch.foreseen, "counts": counts, "hash": batch.hash,
        "planned_at": rfc3339(batch.planned_ms), "since": rfc3339(batch.since_ms),
    }))
}

/// Works out what taking many actions back would do now. Nothing is taken back yet. Where there is much to
/// read, the answer comes while it is `planning` still: look at it again.
#[utoipa::path(post, path = "/v1/undo-batches", request_body = BatchBody, responses(
    (status = 200, body = answers::BatchPlan, description = "The plan: every action in order, and what would become of it"),
    (status = 403, body = answers::Failure, description = "`forbidden`"), (status = 404, body = answers::Failure, description = "`not-found`"),
    (status = 422, body = answers::Failure, description = "`selection-empty`, `selection-matches-nothing`, `selection-too-large`")))]
pub async fn prepare(
    State(app): State<Arc<App>>,
    who: Who,
    Body(body): Body<BatchBody>,
) -> Result<Json<Value>, ApiError> {
    let person = decider(who)?;
    texts::within([("why", body.why.as_str())])?;
    let batch = batch::prepare(&app, &person, body.selection, (None, &body.why)).await?;
    plan_view(&app, &batch).map(Json)
}

/// A batch with every action and what was foreseen for it, once that is worked out.
pub fn plan_view(app: &App, batch: &BatchState) -> Result<Value, ApiError> {
    let mut answer = view(app, batch)?;
    let items = batch::items(app, &batch.id)?;
    answer["items"] = json!(told(app, &items)?);
    Ok(answer)
}

fn told(app: &App, items: &[(ActionId, Foreseen)]) -> Result<Vec<Value>, ApiError> {
    let reader = app.store.reader()?;
    let mut told = Vec::with_capacity(items.len());
    for (id, foreseen) in items {
        let row = reader.action_row(id)?;
        let (title, record) = row.map_or((None, None), |row| (Some(row.title), row.record));
        told.push(json!({
            "action": id, "title": title, "record": record, "next": foreseen.next, "note": foreseen.note,
        }));
    }
    Ok(told)
}

/// Every batch, newest first.
#[utoipa::path(get, path = "/v1/undo-batches", responses((status = 200, body = answers::Batches, description = "`{batches}`")))]
pub async fn list(State(app): State<Arc<App>>, who: Who) -> Result<Json<Value>, ApiError> {
    who.person(Right::Read)?;
    let batches = batch::all(&app)?;
    let batches = batches.iter().map(|batch| view(&app, batch));
    Ok(Json(
        json!({ "batches": batches.collect::<Result<Vec<_>, _>>()? }),
    ))
}

/// Which of a batch's actions.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct PageParams {
    /// From this one on, counted from 0.
    pub from: usize,
    /// So many, 1 to 1,000; 100 unless told.
    pub limit: Option<usize>,
}

/// One batch: how far it has come, and where each action's undo stands.
#[utoipa::path(get, path = "/v1/undo-batches/{id}", params(("id" = String, Path), PageParams), responses(
    (status = 200, body = answers::Batch, description = "The batch, with a page of its actions"), (status = 404, body = answers::Failure, description = "`not-found`")))]
pub async fn show(
    State(app): State<Arc<App>>,
    who: Who,
    Path(id): Path<String>,
    Params(page): Params<PageParams>,
) -> Result<Json<Value>, ApiError> {
    who.person(Right::Read)?;
    let (_, batch) = batch::find(&app, &id)?;
    let mut answer = view(&app, &batch)?;
    let items = batch::items(&app, &id)?;
    let limit = page.limit.unwrap_or(DEFAULT_PAGE).clamp(1, LARGEST_PAGE);
    let from = page.from.min(items.len());
    let shown = &items[from..items.len().min(from + limit)];
    let mut actions = told(&app, shown)?;
    for (told, (action, _)) in actions.iter_mut().zip(shown) {
        let stands = plan::state(&app, action)?.map(|(_, state)| super::undo::state(&state));
        told["undo_state"] = json!(stands);
    }
    let next = from + actions.len();
    answer["actions"] = json!(actions);
    answer["next"] = json!((next < items.len()).then_some(next));
    Ok(Json(answer))
}

/// The batch that was shown.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StartBody {
    /// Its `hash`.
    pub hash: String,
}

/// Begins a batch exactly as it was shown.
#[utoipa::path(post, path = "/v1/undo-batches/{id}/start", params(("id" = String, Path)), request_body = StartBody, responses(
    (status = 200, body = answers::Batch, description = "It runs"), (status = 403, body = answers::Failure, description = "`forbidden`"),
    (status = 404, body = answers::Failure, description = "`not-found`"), (status = 409, body = answers::Failure, description = "`stale`, `batch-not-open`")))]
pub async fn start(
    State(app): State<Arc<App>>,
    who: Who,
    Path(id): Path<String>,
    Body(body): Body<StartBody>,
) -> Result<Json<Value>, ApiError> {
    let person = decider(who)?;
    let batch = batch::start(&app, &person, (&id, &body.hash)).await?;
    view(&app, &batch).map(Json)
}

/// Why a batch is stopped.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StopBody {
    /// Why.
    pub why: String,
}

/// Stops a batch: what is under way comes to its end, the rest stays as it is.
#[utoipa::path(post, path = "/v1/undo-batches/{id}/stop", params(("id" = String, Path)), request_body = StopBody, responses(
    (status = 200, body = answers::Batch, description = "It is stopped"), (status = 403, body = answers::Failure, description = "`forbidden`"),
    (status = 404, body = answers::Failure, description = "`not-found`"), (status = 409, body = answers::Failure, description = "`batch-not-open`")))]
pub async fn stop(
    State(app): State<Arc<App>>,
    who: Who,
    Path(id): Path<String>,
    Body(body): Body<StopBody>,
) -> Result<Json<Value>, ApiError> {
    let person = who.person(Right::Pause)?;
    texts::within([("why", body.why.as_str())])?;
    let batch = batch::stop(&app, &person, (&id, &body.why)).await?;
    view(&app, &batch).map(Json)
}
