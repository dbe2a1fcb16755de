//! The tools of the systems: pinning their definitions by hash, and which of them a workflow's
//! agents are shown.

use super::registry::{LiveTool, LiveWorkflow, Registry, definition_hash};
use crate::app::App;
use crate::error::ApiError;
use axum::http::StatusCode;
use leeway_core::action::tool_name;
use leeway_core::classify::Effect;
use leeway_core::govern::event::GovernEvent;
use leeway_core::govern::people::{Person, Right};
use leeway_core::govern::workflow::Grant;
use serde_json::{Value, json};
use std::sync::Arc;

/// Compares what a system lists with what is pinned: a tool seen for the first time is pinned, a
/// changed definition blocks the tool until a person reviewed it.
pub async fn pin(app: &App, system: &str, definitions: Vec<Value>) {
    for definition in definitions {
        let Some(tool) = definition.get("name").and_then(Value::as_str) else {
            continue;
        };
        let hash = definition_hash(&definition);
        let registry = app.registry();
        let known = registry.tools.get(&tool_name(system, tool));
        let event = match known.map(|known| &known.state) {
            None => GovernEvent::ToolPinned {
                hash,
                definition: definition.clone(),
            },
            Some(state) if state.changed.as_ref().is_some_and(|c| c.hash == hash) => continue,
            Some(state) if state.changed.is_none() && state.hash == hash => continue,
            Some(_) => GovernEvent::ToolChanged {
                hash,
                definition: definition.clone(),
            },
        };
        let stream = LiveTool::stream(system, tool);
        if let Err(error) = app.govern("leeway", stream, event, (vec![], vec![])).await {
            tracing::error!(%system, %error, "cannot pin a tool's definition: it stays blocked");
        }
    }
}

/// Lets a changed definition take force, by a person who was shown it.
pub async fn review(app: &App, person: &Person, name: &str, hash: &str) -> Result<(), ApiError> {
    if !person.may(Right::Configure) {
        return Err(ApiError::forbidden("only an operator reviews tool definitions"));
    }
    let registry = app.registry();
    let tool = registry
        .tools
        .get(name)
        .ok_or_else(|| ApiError::not_found("tool", name))?;
    if tool.state.changed.as_ref().map(|c| c.hash.as_str()) != Some(hash) {
        return Err(ApiError::new(
            StatusCode::CONFLICT,
            "stale",
            format!("the definition of `{name}` that waits for review is not the one you were shown"),
        )
        .help("read the tool again"));
    }
    let event = GovernEvent::ToolReviewed {
        hash: hash.to_owned(),
    };
    let stream = LiveTool::stream(&tool.system, &tool.tool);
    let actor = format!("person:{}", person.email);
    app.govern(&actor, stream, event, (vec![], vec![])).await?;
    Ok(())
}

/// The tools a workflow's agents are shown: classified, unchanged, granted.
pub fn listed<'a>(
    registry: &'a Registry,
    workflow: &LiveWorkflow,
) -> impl Iterator<Item = &'a Arc<LiveTool>> {
    let grants = workflow.state.workflow.grants.clone();
    registry.tools.values().filter(move |tool| {
        let granted = grants.get(&tool.name).copied().unwrap_or_default();
        tool.entry().is_some() && tool.state.changed.is_none() && granted != Grant::Blocked
    })
}

/// A tool's definition as agents see it: our name for it, an optional `_governance` argument, and
/// no output schema when the call may be held (a client would refuse the pending answer).
pub fn definition_for_agents(tool: &LiveTool) -> Value {
    let mut definition = tool.state.definition.clone();
    definition["name"] = json!(tool.name);
    let reads = tool
        .entry()
        .is_some_and(|entry| entry.entry.effect == Effect::Read);
    if let Some(object) = definition.as_object_mut() {
        if !reads {
            object.remove("outputSchema");
        }
        object.remove("_meta");
        object.remove("execution");
    }
    let schema = &mut definition["inputSchema"];
    if !schema.is_object() {
        *schema = json!({ "type": "object" });
    }
    if !schema["properties"].is_object() {
        schema["properties"] = json!({});
    }
    schema["properties"]["_governance"] = governance_schema();
    definition
}

fn governance_schema() -> Value {
    json!({
        "type": "object",
        "description": "Optional. What you know about this call, for the people who review it. Without a confidence the call waits for a person.",
        "properties": {
            "confidence": { "type": "number", "minimum": 0, "maximum": 1, "description": "How sure you are, 0 to 1." },
            "reason": { "type": "string", "description": "Why you want this." },
            "trigger": { "type": "string", "description": "What set you going." },
            "sources": {
                "type": "array",
                "description": "What you read and rely on.",
                "items": {
                    "type": "object",
                    "properties": {
                        "ref": { "type": "string", "description": "Where you read it." },
                        "field": { "type": "string", "description": "The field it speaks of." },
                        "value": { "description": "The value it gives." }
                    },
                    "required": ["ref"]
                }
            }
        }
    })
}
