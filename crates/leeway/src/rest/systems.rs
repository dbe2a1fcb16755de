//! Systems and their tools: connection, pinned definitions, and reviewing changed ones.

use super::answers;
use super::body::Body;
use crate::app::App;
use crate::clock::rfc3339;
use crate::error::ApiError;
use crate::gateway::toolbox;
use crate::json::Json;
use crate::people::access::Who;
use crate::registry::{LiveTool, Registry};
use crate::system::Health;
use axum::extract::{Path, State};
use leeway_core::classify::guess::{Server, guess};
use leeway_core::govern::people::Right;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Every configured system and whether it is up.
#[utoipa::path(get, path = "/v1/systems", responses((status = 200, body = answers::SystemList, description = "`{systems}`")))]
pub async fn list(State(app): State<Arc<App>>, who: Who) -> Result<Json<Value>, ApiError> {
    who.person(Right::Read)?;
    let registry = app.registry();
    let systems: Vec<_> = app
        .systems
        .all()
        .iter()
        .map(|connection| {
            let (health, why) = match connection.health() {
                Health::Starting => ("starting", None),
                Health::Ready => ("ready", None),
                Health::Down { why } => ("down", Some(why)),
            };
            let (running, hanging) = connection.unanswered();
            json!({
                "name": connection.system.name,
                "title": connection.system.title,
                "pack": connection.system.pack,
                "health": health,
                "why": why,
                "wrote": connection.last_words(),
                "running": running,
                "hanging": hanging,
                "tools": registry.of_system(&connection.system.name).count(),
                "unusable": unusable(&registry, &connection.system.name),
                "left_out": connection.left_out(),
            })
        })
        .collect();
    Ok(Json(json!({ "systems": systems })))
}

/// Tools of a system that nobody can use, each with the reason.
fn unusable(registry: &Registry, system: &str) -> Vec<Value> {
    registry
        .of_system(system)
        .filter_map(|tool| Some(json!({ "tool": tool.tool, "why": tool.unusable()? })))
        .collect()
}

/// A tool as the API shows it; `listed` is what its system lists.
fn shown(tool: &LiveTool, listed: &Server) -> Value {
    let (effect, level, guessed) = match tool.entry() {
        Some(entry) => (json!(entry.entry.gravest()), Value::Null, Value::Null),
        None => {
            let guess = guess(&tool.state.definition, listed);
            (
                Value::Null,
                Value::Null,
                json!({ "effect": guess.effect, "level": guess.level, "why": guess.why }),
            )
        }
    };
    json!({
        "tool": tool.name,
        "system": tool.system,
        "classified": tool.entry().is_some(),
        "unusable": tool.unusable(),
        "effect": effect,
        "level": level,
        "guess": guessed,
        "hash": tool.state.hash,
        "definition": tool.state.definition,
        "changed": tool.state.changed.as_ref().map(|changed| json!({
            "hash": changed.hash,
            "definition": changed.definition,
            "at": rfc3339(changed.at_ms),
        })),
    })
}

/// Every tool the systems listed: classified or guessed, pinned or changed.
#[utoipa::path(get, path = "/v1/tools", responses((status = 200, description = "`{tools}`")))]
pub async fn tools(State(app): State<Arc<App>>, who: Who) -> Result<Json<Value>, ApiError> {
    who.person(Right::Read)?;
    let registry = app.registry();
    let listed: BTreeMap<&str, Server> = registry
        .systems
        .keys()
        .map(|system| (system.as_str(), registry.listed(system)))
        .collect();
    let tools: Vec<_> = registry
        .tools
        .values()
        .filter_map(|tool| Some(shown(tool, listed.get(tool.system.as_str())?)))
        .collect();
    Ok(Json(json!({ "tools": tools })))
}

/// Which definition was shown.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReviewBody {
    /// Hash of the new definition that was shown.
    pub hash: String,
}

/// Lets a changed definition take force.
#[utoipa::path(post, path = "/v1/tools/{tool}/review", params(("tool" = String, Path)), request_body = ReviewBody, responses(
    (status = 200, description = "In force"), (status = 409, body = answers::Failure, description = "`stale`")))]
pub async fn review(
    State(app): State<Arc<App>>,
    who: Who,
    Path(name): Path<String>,
    Body(body): Body<ReviewBody>,
) -> Result<Json<Value>, ApiError> {
    let person = who.person(Right::Configure)?;
    toolbox::review(&app, &person, &name, &body.hash).await?;
    let registry = app.registry();
    let tool = registry
        .tools
        .get(&name)
        .ok_or_else(|| ApiError::not_found("tool", &name))?;
    Ok(Json(shown(tool, &registry.listed(&tool.system))))
}
