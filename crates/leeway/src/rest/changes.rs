//! Changes of the configuration: looking at them and deciding.

use super::answers;
use super::body::{Body, Params};
use super::configuration::summary;
use crate::app::App;
use crate::changes;
use crate::clock::rfc3339;
use crate::config::written;
use crate::error::ApiError;
use crate::json::Json;
use crate::people::access::Who;
use crate::texts;
use axum::extract::{Path, State};
use leeway_core::govern::change::{ChangeState, ChangeStatus};
use leeway_core::govern::people::Right;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Which changes to list.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct ChangesParams {
    /// `open` for those that wait only.
    pub status: Option<String>,
}

/// Changes of the configuration, newest first.
#[utoipa::path(get, path = "/v1/changes", params(ChangesParams), responses((status = 200, description = "`{changes, folder}`; `folder` is `{path, differs, more}` where the server was started with a folder that it left alone, as what is in force was changed since")))]
pub async fn list(
    State(app): State<Arc<App>>,
    who: Who,
    Params(asked): Params<ChangesParams>,
) -> Result<Json<Value>, ApiError> {
    who.person(Right::Read)?;
    let open = asked.status.as_deref() == Some("open");
    let found: Vec<Value> = changes::all(&app)?
        .iter()
        .filter(|change| !open || change.status == ChangeStatus::Open)
        .map(view)
        .collect();
    let folder = match app.differing.get() {
        Some(differing) => {
            let (lines, more) = differing.lines(&app)?;
            (!lines.is_empty())
                .then(|| json!({ "path": differing.path, "differs": lines, "more": more }))
        }
        None => None,
    };
    Ok(Json(json!({ "changes": found, "folder": folder })))
}

fn view(change: &ChangeState) -> Value {
    json!({
        "id": change.id,
        "status": change.status,
        "author": change.author,
        "proposed_at": rfc3339(change.proposed_ms),
        "why": change.why,
        "hash": change.hash,
        "edits": change.edits.iter().map(summary).collect::<Vec<_>>(),
        "decision": change.decision.as_ref().map(|decision| json!({
            "by": decision.by, "at": rfc3339(decision.at_ms), "why": decision.why, "solo": decision.solo,
        })),
    })
}

/// One change: its edits with a line-by-line difference, who may decide it, and whether its ground
/// has moved.
#[utoipa::path(get, path = "/v1/changes/{id}", params(("id" = String, Path)), responses(
    (status = 200, description = "The change"), (status = 404, body = answers::Failure, description = "`not-found`")))]
pub async fn show(
    State(app): State<Arc<App>>,
    who: Who,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    who.person(Right::Read)?;
    shown(&app, &id).map(Json)
}

fn shown(app: &App, id: &str) -> Result<Value, ApiError> {
    let change = changes::find(app, id)?;
    let mut answer = view(&change);
    answer["edits"] = change
        .edits
        .iter()
        .map(|edit| {
            let mut view = summary(edit);
            view["from"] = json!(edit.from);
            view["to"] = json!(edit.to);
            view["diff"] = json!(written::unified(edit));
            view
        })
        .collect();
    if change.status == ChangeStatus::Open {
        answer["deciders"] = json!(changes::deciders(app, &change).others);
        answer["outdated"] = json!(changes::outdated(app, &change)?);
    }
    Ok(answer)
}

/// A decision on exactly the change that was shown.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeDecisionBody {
    /// The `hash` that was shown.
    pub hash: String,
    /// Why, when it is rejected.
    #[serde(default)]
    pub why: String,
}

/// Approves a change: it is in force when this answers.
#[utoipa::path(post, path = "/v1/changes/{id}/approve", params(("id" = String, Path)), request_body = ChangeDecisionBody, responses(
    (status = 200, description = "In force"), (status = 403, body = answers::Failure, description = "`own-change`, `not-eligible`"),
    (status = 409, body = answers::Failure, description = "`stale`, `not-open`, `change-outdated`")))]
pub async fn approve(
    State(app): State<Arc<App>>,
    who: Who,
    Path(id): Path<String>,
    Body(body): Body<ChangeDecisionBody>,
) -> Result<Json<Value>, ApiError> {
    let person = who.person(Right::Read)?;
    changes::approve(&app, &person, (&id, &body.hash)).await?;
    shown(&app, &id).map(Json)
}

/// Rejects a change: nothing of it takes force.
#[utoipa::path(post, path = "/v1/changes/{id}/reject", params(("id" = String, Path)), request_body = ChangeDecisionBody, responses(
    (status = 200, description = "Rejected"), (status = 403, body = answers::Failure, description = "`own-change`, `not-eligible`"),
    (status = 409, body = answers::Failure, description = "`stale`, `not-open`")))]
pub async fn reject(
    State(app): State<Arc<App>>,
    who: Who,
    Path(id): Path<String>,
    Body(body): Body<ChangeDecisionBody>,
) -> Result<Json<Value>, ApiError> {
    let person = who.person(Right::Read)?;
    texts::within([("why", body.why.as_str())])?;
    changes::reject(&app, &person, (&id, &body.hash, body.why.trim())).await?;
    shown(&app, &id).map(Json)
}

/// Its author takes a change back.
#[utoipa::path(post, path = "/v1/changes/{id}/withdraw", params(("id" = String, Path)), responses(
    (status = 200, description = "Withdrawn"), (status = 403, body = answers::Failure, description = "`forbidden`"), (status = 409, body = answers::Failure, description = "`not-open`")))]
pub async fn withdraw(
    State(app): State<Arc<App>>,
    who: Who,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let person = who.person(Right::Read)?;
    changes::withdraw(&app, &person, &id).await?;
    shown(&app, &id).map(Json)
}
