//! People: adding, removing, roles, passwords, tokens.

use super::answers;
use super::body::Body;
use crate::app::App;
use crate::clock::rfc3339;
use crate::error::ApiError;
use crate::json::Json;
use crate::people::access::{Who, actor, is_local};
use crate::people::{account, granting, session};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use leeway_core::govern::people::{Right, Role};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Who the token belongs to.
#[utoipa::path(get, path = "/v1/me", responses((status = 200, description = "The agent or person of this token")))]
pub async fn me(who: Who) -> Json<Value> {
    Json(match who {
        Who::Agent(caller) => json!({ "agent": caller.agent, "workflow": caller.workflow }),
        Who::Person(person) => json!({ "email": person.email, "roles": person.roles }),
    })
}

/// Everybody who may sign in.
#[utoipa::path(get, path = "/v1/users", responses((status = 200, description = "`{users}`")))]
pub async fn list(State(app): State<Arc<App>>, who: Who) -> Result<Json<Value>, ApiError> {
    who.person(Right::Read)?;
    let users: Vec<_> = account::all(&app)?
        .into_iter()
        .filter(|person| !person.removed)
        .map(|person| {
            json!({
                "email": person.email,
                "roles": person.roles,
                "tokens": person.tokens,
                "signed_in_at": person.signed_in_ms.map(rfc3339),
                "asked": person.asked.map(|asked| json!({
                    "by": asked.by, "at": rfc3339(asked.at_ms), "roles": asked.roles,
                })),
            })
        })
        .collect();
    Ok(Json(json!({ "users": users })))
}

/// A new person.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddBody {
    /// Sign-in name.
    pub email: String,
    /// `operator`, `owner`, `reviewer`, `auditor`; at least one.
    #[schema(value_type = Vec<String>)]
    pub roles: Vec<Role>,
    /// At least 10 characters.
    pub password: String,
}

/// Adds a person: at the machine itself only.
#[utoipa::path(post, path = "/v1/users", request_body = AddBody, responses(
    (status = 201, description = "Added"), (status = 403, body = answers::Failure, description = "`only-at-the-machine`"), (status = 409, body = answers::Failure, description = "`person-exists`"),
    (status = 422, body = answers::Failure, description = "`email-invalid`, `no-role`, `password-too-short`")))]
pub async fn add(
    State(app): State<Arc<App>>,
    who: Who,
    Body(body): Body<AddBody>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let operator = who.person(Right::Configure)?;
    granting::may_add(&operator)?;
    let person = account::add(
        &app,
        &actor(&operator),
        (&body.email, body.roles, &body.password),
    )
    .await?;
    Ok((
        StatusCode::CREATED,
        Json(json!({ "email": person.email, "roles": person.roles })),
    ))
}

/// Removes a person: sessions and tokens are void at once. Whoever decides is removed by an owner, and a second
/// person who decides agrees by asking for the same.
#[utoipa::path(delete, path = "/v1/users/{email}", params(("email" = String, Path)), responses(
    (status = 204, description = "Removed"), (status = 202, description = "`{status: waiting}`: it takes force when a second person asks for the same"),
    (status = 403, body = answers::Failure, description = "`own-roles`, `takes-an-owner`")))]
pub async fn remove(
    State(app): State<Arc<App>>,
    who: Who,
    Path(email): Path<String>,
) -> Result<Response, ApiError> {
    let by = who.person(Right::Read)?;
    let done = account::wish(&app, &by, (&email, vec![])).await?;
    Ok(done_or_waiting(done, &email))
}

fn done_or_waiting(done: bool, email: &str) -> Response {
    if done {
        return StatusCode::NO_CONTENT.into_response();
    }
    let waiting = json!({ "status": "waiting", "email": email });
    (StatusCode::ACCEPTED, Json(waiting)).into_response()
}

/// Roles to have from now on.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RolesBody {
    /// At least one.
    #[schema(value_type = Vec<String>)]
    pub roles: Vec<Role>,
}

/// Changes a person's roles. Those that decide are given and taken by an owner other than the person; to taking
/// one a second person who decides agrees, by asking for the same.
#[utoipa::path(post, path = "/v1/users/{email}/roles", params(("email" = String, Path)), request_body = RolesBody, responses(
    (status = 204, description = "Changed"), (status = 202, description = "`{status: waiting}`: it takes force when a second person asks for the same"), (status = 422, body = answers::Failure, description = "`no-role`"), (status = 403, body = answers::Failure, description = "`own-roles`, `takes-an-owner`")))]
pub async fn roles(
    State(app): State<Arc<App>>,
    who: Who,
    Path(email): Path<String>,
    Body(body): Body<RolesBody>,
) -> Result<Response, ApiError> {
    let by = who.person(Right::Read)?;
    if body.roles.is_empty() {
        return Err(ApiError::invalid(
            "no-role",
            "a person needs at least one role",
        ));
    }
    let done = account::wish(&app, &by, (&email, body.roles)).await?;
    Ok(done_or_waiting(done, &email))
}

/// A new password.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordBody {
    /// At least 10 characters.
    pub password: String,
    /// The one until now; not asked for at the machine itself.
    pub current: Option<String>,
}

/// Sets one's own password (or anybody's, at the machine itself) and ends the person's sessions and tokens.
#[utoipa::path(post, path = "/v1/users/{email}/password", params(("email" = String, Path)), request_body = PasswordBody, responses(
    (status = 204, description = "Set"),
    (status = 403, body = answers::Failure, description = "`not-your-own`, `current-password-wrong`"),
    (status = 422, body = answers::Failure, description = "`current-password-missing`, `password-too-short`"),
    (status = 429, body = answers::Failure, description = "`too-many-attempts`")))]
pub async fn password(
    State(app): State<Arc<App>>,
    who: Who,
    Path(email): Path<String>,
    Body(body): Body<PasswordBody>,
) -> Result<StatusCode, ApiError> {
    let person = who.person(Right::Read)?;
    granting::may_make_credentials(&person, &email)?;
    if !is_local(&person) {
        let current = body.current.as_deref().ok_or_else(|| {
            ApiError::invalid(
                "current-password-missing",
                "your present password is asked for",
            )
            .help("send it as `current`: a token alone must not take an account over")
        })?;
        session::confirm(&app, &email, current).await?;
    }
    account::set_password(&app, &actor(&person), (&email, &body.password)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Issues an API token to oneself (or anybody, at the machine itself), shown this once.
#[utoipa::path(post, path = "/v1/users/{email}/tokens", params(("email" = String, Path)), responses(
    (status = 201, description = "`{email, id, token}`"), (status = 403, body = answers::Failure, description = "`not-your-own`")))]
pub async fn issue_token(
    State(app): State<Arc<App>>,
    who: Who,
    Path(email): Path<String>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let person = who.person(Right::Read)?;
    granting::may_make_credentials(&person, &email)?;
    let token = account::issue_token(&app, &actor(&person), &email).await?;
    Ok((
        StatusCode::CREATED,
        Json(json!({ "email": email, "id": token.id(), "token": token.secret })),
    ))
}

/// Revokes an API token.
#[utoipa::path(delete, path = "/v1/users/{email}/tokens/{token}", params(("email" = String, Path), ("token" = String, Path)), responses((status = 204, description = "Revoked")))]
pub async fn revoke_token(
    State(app): State<Arc<App>>,
    who: Who,
    Path((email, token)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    let person = who.person(Right::Read)?;
    granting::may_revoke(&person, &email)?;
    account::revoke_token(&app, &actor(&person), (&email, &token)).await?;
    Ok(StatusCode::NO_CONTENT)
}
