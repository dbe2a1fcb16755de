//! Agents: adding and removing them, and their tokens, each bound to one workflow.

use super::token::{Token, hash, id_of};
use crate::app::App;
use crate::error::ApiError;
use crate::gateway::pipeline::Caller;
use axum::http::StatusCode;
use leeway_core::govern::event::GovernEvent;
use leeway_core::govern::state::{AgentState, Document};
use leeway_store::{Credential, CredentialKind, SideWrite};

/// The stream of an agent.
pub fn stream(name: &str) -> String {
    format!("agent/{name}")
}

/// An agent that may call now.
pub fn find(app: &App, name: &str) -> Result<Option<AgentState>, ApiError> {
    Ok(match app.store.reader()?.document(&stream(name))? {
        Some((_, Document::Agent(agent))) if !agent.removed => Some(agent),
        _ => None,
    })
}

/// Whether an agent was removed and not added again since.
pub fn is_removed(app: &App, name: &str) -> Result<bool, ApiError> {
    let found = app.store.reader()?.document(&stream(name))?;
    Ok(matches!(found, Some((_, Document::Agent(agent))) if agent.removed))
}

/// Every agent, removed ones too.
pub fn all(app: &App) -> Result<Vec<AgentState>, ApiError> {
    let documents = app.store.reader()?.documents("agent/")?;
    Ok(documents
        .into_iter()
        .filter_map(|(_, _, document)| match document {
            Document::Agent(agent) => Some(agent),
            _ => None,
        })
        .collect())
}

/// Adds an agent bound to a workflow, and issues its first token.
pub async fn add(
    app: &App,
    actor: &str,
    (name, workflow): (&str, &str),
) -> Result<Token, ApiError> {
    let plain = !name.is_empty()
        && name.chars().count() <= 80
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || " -_.:".contains(c))
        && name.trim() == name;
    if !plain {
        return Err(ApiError::invalid(
            "agent-name-invalid",
            format!("`{}` cannot be an agent's name", name.escape_debug()),
        )
        .help("use the letters a to z, digits, spaces and - _ . : only, at most 80: letters of other scripts can look the same"));
    }
    if !app.registry().workflows.contains_key(workflow) {
        return Err(ApiError::not_found("workflow", workflow).help("configure it first"));
    }
    if find(app, name)?.is_some() {
        return Err(ApiError::new(
            StatusCode::CONFLICT,
            "agent-exists",
            format!("`{name}` exists already"),
        )
        .help("issue another token for it, or remove it first"));
    }
    let event = GovernEvent::AgentAdded {
        workflow: workflow.to_owned(),
    };
    app.govern(actor, stream(name), event, (vec![], vec![]))
        .await?;
    issue_token(app, actor, name).await
}

/// Issues a token to an agent. Returns the secret, shown once.
pub async fn issue_token(app: &App, actor: &str, name: &str) -> Result<Token, ApiError> {
    find(app, name)?.ok_or_else(|| ApiError::not_found("agent", name))?;
    let token = Token::fresh("lwa");
    let credential = Credential {
        kind: CredentialKind::AgentToken,
        id: token.hash.clone(),
        subject: name.to_owned(),
        secret: String::new(),
        expires_ms: None,
    };
    let event = GovernEvent::AgentTokenIssued { token: token.id() };
    let side = vec![SideWrite::PutCredential(credential)];
    app.govern(actor, stream(name), event, (side, vec![]))
        .await?;
    Ok(token)
}

/// Revokes one of an agent's tokens by its id.
pub async fn revoke_token(
    app: &App,
    actor: &str,
    (name, id): (&str, &str),
) -> Result<(), ApiError> {
    let found = app
        .store
        .reader()?
        .credentials_of(CredentialKind::AgentToken, name)?
        .into_iter()
        .find(|credential| id_of(&credential.id) == id)
        .ok_or_else(|| ApiError::not_found("token", id))?;
    let side = vec![SideWrite::DeleteCredential {
        kind: CredentialKind::AgentToken,
        id: found.id,
    }];
    let event = GovernEvent::AgentTokenRevoked {
        token: id.to_owned(),
    };
    app.govern(actor, stream(name), event, (side, vec![]))
        .await?;
    Ok(())
}

/// Removes an agent: its tokens are void at once. What it has waiting stays.
pub async fn remove(app: &App, actor: &str, name: &str) -> Result<(), ApiError> {
    find(app, name)?.ok_or_else(|| ApiError::not_found("agent", name))?;
    let side = vec![SideWrite::DeleteCredentialsOf {
        kind: CredentialKind::AgentToken,
        subject: name.to_owned(),
    }];
    app.govern(
        actor,
        stream(name),
        GovernEvent::AgentRemoved {},
        (side, vec![]),
    )
    .await?;
    Ok(())
}

/// The agent a token belongs to, and its workflow.
pub fn recognise(app: &App, secret: &str) -> Result<Option<Caller>, ApiError> {
    let credential = app
        .store
        .reader()?
        .credential(CredentialKind::AgentToken, &hash(secret))?;
    let Some(credential) = credential else {
        return Ok(None);
    };
    Ok(find(app, &credential.subject)?.map(|agent| Caller {
        agent: agent.name,
        workflow: agent.workflow,
    }))
}
