//! Recognising who sends a request: an agent or a person by bearer token, or the operator at the
//! machine itself by the local socket.

use super::token::hash;
use super::{account, agent, mcp_request};
use crate::app::App;
use crate::error::ApiError;
use crate::gateway::pipeline::Caller;
use axum::extract::{FromRequestParts, Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use leeway_core::govern::people::{Person, Right, Role};
use leeway_store::CredentialKind;
use std::sync::Arc;

/// Marks requests that came over the data folder's own socket: whoever can open it owns the folder.
#[derive(Clone, Copy, Debug)]
pub struct Local;

/// Who sends a request.
#[derive(Clone, Debug)]
pub enum Who {
    /// An agent, bound to a workflow.
    Agent(Caller),
    /// A person.
    Person(Person),
}

impl Who {
    /// The person, or an error when it is an agent: nothing an agent sends decides anything.
    pub fn person(self, right: Right) -> Result<Person, ApiError> {
        match self {
            Self::Person(person) if person.may(right) => Ok(person),
            Self::Person(person) => Err(ApiError::forbidden(format!(
                "your roles ({}) do not allow this",
                person
                    .roles
                    .iter()
                    .map(|role| role.name())
                    .collect::<Vec<_>>()
                    .join(", ")
            ))),
            Self::Agent(_) => Err(ApiError::forbidden(
                "agents cannot do this; it takes a person's token",
            )),
        }
    }
}

/// The actor of ledger entries a person causes.
pub fn actor(person: &Person) -> String {
    format!("person:{}", person.email)
}

/// The bearer token of a request.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn unauthorized(code: &'static str, message: &str) -> ApiError {
    ApiError::new(StatusCode::UNAUTHORIZED, code, message)
        .help("send `Authorization: Bearer TOKEN` with a token made by `leeway agents add` or `leeway users token`")
}

/// Recognises a bearer token of either kind.
pub fn recognise(app: &App, secret: &str) -> Result<Who, ApiError> {
    if let Some(caller) = agent::recognise(app, secret)? {
        return Ok(Who::Agent(caller));
    }
    let credential = app
        .store
        .reader()?
        .credential(CredentialKind::PersonToken, &hash(secret))?;
    let person = match credential {
        Some(credential) => account::find(app, &credential.subject)?,
        None => None,
    };
    person
        .map(|person| {
            Who::Person(Person {
                email: person.email,
                roles: person.roles,
            })
        })
        .ok_or_else(|| unauthorized("token-invalid", "this token is unknown or revoked"))
}

/// Whether somebody is the operator at the machine itself.
pub fn is_local(person: &Person) -> bool {
    person.email == LOCAL
}

/// No e-mail address: nobody can sign in by this name.
const LOCAL: &str = "local";

/// The operator at the machine: may configure, pause and resume, but decides nothing.
fn local_operator() -> Person {
    Person {
        email: LOCAL.to_owned(),
        roles: vec![Role::Operator],
    }
}

impl FromRequestParts<Arc<App>> for Who {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        match bearer(&parts.headers) {
            Some(secret) => recognise(app, secret),
            None if parts.extensions.get::<Local>().is_some() => Ok(Self::Person(local_operator())),
            None => match super::session::recognise(app, &parts.headers)? {
                Some(session) if parts.method == http::Method::GET => {
                    Ok(Self::Person(session.person))
                }
                _ => Err(unauthorized(
                    "token-missing",
                    "this request carries no token",
                )),
            },
        }
    }
}

/// Guards `/mcp/{workflow}`: an agent's token, bound to this very workflow.
pub async fn guard_mcp(
    State(app): State<Arc<App>>,
    Path(workflow): Path<String>,
    mut request: Request,
    next: Next,
) -> Response {
    match agent_of(&app, request.headers(), &workflow) {
        Ok(caller) => {
            request.extensions_mut().insert(caller.clone());
            mcp_request::pass(&app, &caller, request, next).await
        }
        Err(error) => error.into_response(),
    }
}

/// The agent whose token came with a request, bound to this very workflow.
pub fn agent_of(app: &App, headers: &HeaderMap, workflow: &str) -> Result<Caller, ApiError> {
    let secret = bearer(headers)
        .ok_or_else(|| unauthorized("token-missing", "this request carries no token"))?;
    let caller = agent::recognise(app, secret)?.ok_or_else(|| {
        unauthorized(
            "token-invalid",
            "this is no agent's token, or it was revoked",
        )
    })?;
    if caller.workflow != workflow {
        return Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "wrong-workflow",
            format!(
                "this token is bound to another workflow than `{}`",
                workflow.escape_debug()
            ),
        )
        .help("use the address /mcp/WORKFLOW of the workflow the token was made for"));
    }
    Ok(caller)
}
