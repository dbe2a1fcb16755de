//! Agents: adding, removing, tokens.

use super::answers;
use super::body::Body;
use crate::app::App;
use crate::error::ApiError;
use crate::json::Json;
use crate::people::access::{Who, actor};
use crate::people::agent;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use leeway_core::govern::people::Right;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Every agent that may call.
#[utoipa::path(get, path = "/v1/agents", responses((status = 200, description = "`{agents}`")))]
pub async fn list(State(app): State<Arc<App>>, who: Who) -> Result<Json<Value>, ApiError> {
    who.person(Right::Read)?;
    let agents: Vec<_> = agent::all(&app)?
        .into_iter()
        .filter(|agent| !agent.removed)
        .collect();
    Ok(Json(json!({ "agents": agents })))
}

/// A new agent.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddBody {
    /// Its name.
    pub name: String,
    /// The workflow its token is bound to.
    pub workflow: String,
}

/// Adds an agent and issues its token, shown this once.
#[utoipa::path(post, path = "/v1/agents", request_body = AddBody, responses(
    (status = 201, description = "`{name, workflow, id, token}`"), (status = 404, body = answers::Failure, description = "no such workflow"),
    (status = 409, body = answers::Failure, description = "`agent-exists`")))]
pub async fn add(
    State(app): State<Arc<App>>,
    who: Who,
    Body(body): Body<AddBody>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let operator = who.person(Right::Configure)?;
    let token = agent::add(&app, &actor(&operator), (&body.name, &body.workflow)).await?;
    let made = json!({ "name": body.name, "workflow": body.workflow, "id": token.id(), "token": token.secret });
    Ok((StatusCode::CREATED, Json(made)))
}

/// Removes an agent: its tokens are void at once.
#[utoipa::path(delete, path = "/v1/agents/{name}", params(("name" = String, Path)), responses((status = 204, description = "Removed")))]
pub async fn remove(
    State(app): State<Arc<App>>,
    who: Who,
    Path(name): Path<String>,
) -> Result<StatusCode, ApiError> {
    let operator = who.person(Right::Configure)?;
    agent::remove(&app, &actor(&operator), &name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Issues a further token, shown this once.
#[utoipa::path(post, path = "/v1/agents/{name}/tokens", params(("name" = String, Path)), responses((status = 201, description = "`{name, id, token}`")))]
pub async fn issue_token(
    State(app): State<Arc<App>>,
    who: Who,
    Path(name): Path<String>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let operator = who.person(Right::Configure)?;
    let token = agent::issue_token(&app, &actor(&operator), &name).await?;
    Ok((
        StatusCode::CREATED,
        Json(json!({ "name": name, "id": token.id(), "token": token.secret })),
    ))
}

/// Revokes a token.
#[utoipa::path(delete, path = "/v1/agents/{name}/tokens/{token}", params(("name" = String, Path), ("token" = String, Path)), responses((status = 204, description = "Revoked")))]
pub async fn revoke_token(
    State(app): State<Arc<App>>,
    who: Who,
    Path((name, token)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    let operator = who.person(Right::Configure)?;
    agent::revoke_token(&app, &actor(&operator), (&name, &token)).await?;
    Ok(StatusCode::NO_CONTENT)
}
