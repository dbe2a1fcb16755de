//! The tools of the systems: pinning their definitions by hash, and which of them a workflow's
//! agents are shown.

use super::{governance, models};
use crate::app::App;
use crate::error::ApiError;
use crate::registry::{LiveTool, LiveWorkflow, Registry, definition_hash};
use axum::http::StatusCode;
use leeway_core::action::state::Status;
use leeway_core::action::tool_name;
use leeway_core::classify::Effect;
use leeway_core::govern::event::GovernEvent;
use leeway_core::govern::people::{Person, Right};
use leeway_core::govern::state::ToolState;
use leeway_core::govern::workflow::Grant;
use leeway_core::nesting;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Compares what a system lists with what is pinned: a tool seen for the first time is pinned, a
/// changed definition blocks the tool until a person reviewed it.
pub async fn pin(app: &App, system: &str, definitions: Vec<Value>) {
    let registry = app.registry();
    let events: Vec<_> = definitions
        .into_iter()
        .filter_map(|definition| {
            let tool = definition.get("name").and_then(Value::as_str)?.to_owned();
            let known = registry.tools.get(&tool_name(system, &tool));
            let event = difference(known.map(|known| &known.state), definition)?;
            Some((LiveTool::stream(system, &tool), event))
        })
        .collect();
    if events.is_empty() {
        return;
    }
    if let Err(error) = app.govern_all("leeway", events).await {
        tracing::error!(%system, %error, "tool definitions cannot be pinned: new and changed tools stay blocked");
    }
}

/// What a definition as listed means for what is pinned; `None` when it is the same.
fn difference(pinned: Option<&ToolState>, mut definition: Value) -> Option<GovernEvent> {
    let hash = definition_hash(&definition);
    // What could not be read again from the ledger is left out: its schema is none then, and the tool not to be called.
    nesting::cut(&mut definition, nesting::DEEPEST);
    match pinned {
        None => Some(GovernEvent::ToolPinned { hash, definition }),
        Some(state) => {
            let listed_before = state
                .changed
                .as_ref()
                .map_or(&state.hash, |changed| &changed.hash);
            (*listed_before != hash).then_some(GovernEvent::ToolChanged { hash, definition })
        }
    }
}

/// Lets a changed definition take force, by a person who was shown it.
pub async fn review(app: &App, person: &Person, name: &str, hash: &str) -> Result<(), ApiError> {
    if !person.may(Right::Configure) {
        return Err(ApiError::forbidden(
            "only an operator reviews tool definitions",
        ));
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
            format!(
                "the definition of `{name}` that waits for review is not the one you were shown"
            ),
        )
        .help("read the tool again"));
    }
    let event = GovernEvent::ToolReviewed {
        hash: hash.to_owned(),
    };
    let stream = LiveTool::stream(&tool.system, &tool.tool);
    let actor = format!("person:{}", person.email);
    app.govern(&actor, stream, event, (vec![], vec![])).await?;
    let waiting = app
        .store
        .reader()?
        .with_status(&[Status::Approved, Status::Authorised])?;
    for row in waiting
        .into_iter()
        .filter(|row| tool_name(&row.system, &row.tool) == name)
    {
        app.enqueue(row.id);
    }
    Ok(())
}

/// The tools a workflow's agents are shown: usable, classified, unchanged, granted.
pub fn listed<'a>(
    registry: &'a Registry,
    workflow: &LiveWorkflow,
) -> impl Iterator<Item = &'a Arc<LiveTool>> {
    let grants = workflow.state.workflow.grants.clone();
    registry.tools.values().filter(move |tool| {
        let granted = grants.get(&tool.name).copied().unwrap_or_default();
        tool.schema.is_ok()
            && tool.entry().is_some()
            && tool.state.changed.is_none()
            && granted != Grant::Blocked
    })
}

/// A tool's definition as agents see it: our name for it, an optional `governance` argument, names of arguments
/// that every model takes, annotations that promise no more than we know, and no output schema: any call may be
/// held, by a guardrail or in a pause, and a client would refuse the pending answer.
pub fn definition_for_agents(tool: &LiveTool) -> Value {
    let mut definition = tool.state.definition.clone();
    definition["name"] = json!(tool.name);
    if let Some(object) = definition.as_object_mut() {
        object.remove("outputSchema");
        object.remove("_meta");
        object.remove("execution");
    }
    definition["inputSchema"] = models::schema(&tool.state.definition);
    let schema = &mut definition["inputSchema"];
    if !schema["properties"].is_object() {
        schema["properties"] = json!({});
    }
    schema["properties"][governance::key(|name| tool.declares(name))] = governance_schema();
    let annotations = annotations(&definition["annotations"], tool);
    definition["annotations"] = annotations;
    definition
}

/// The system's own annotations, raised to what the pack says that the tool does: never lowered.
fn annotations(own: &Value, tool: &LiveTool) -> Value {
    let mut annotations = match own {
        Value::Object(own) => own.clone(),
        _ => Map::new(),
    };
    let Some(entry) = tool.entry() else {
        return Value::Object(annotations);
    };
    let effect = entry.entry.gravest();
    if effect != Effect::Read {
        annotations.insert("readOnlyHint".to_owned(), json!(false));
    }
    if matches!(effect, Effect::Delete | Effect::Pay | Effect::Send) {
        annotations.insert("destructiveHint".to_owned(), json!(true));
    }
    if matches!(effect, Effect::Pay | Effect::Send) {
        annotations.insert("openWorldHint".to_owned(), json!(true));
    }
    Value::Object(annotations)
}

/// Small, and of the form that strict clients take: each part has one type, and no object is open.
fn governance_schema() -> Value {
    let text = json!({ "type": "string" });
    json!({
        "type": "object",
        "description": "Optional: what you know about this call, for its reviewers. Without a confidence it may wait for a person.",
        "properties": {
            "confidence": { "type": "number", "description": "How sure you are, 0 to 1." },
            "reason": { "type": "string", "description": "Why you want this." },
            "sensitive": { "type": "string", "description": "Why this is a sensitive issue, if it is (a legal threat, an injury, personal data, …)." },
            "sources": {
                "type": "array",
                "description": "What you rely on: where you read it, which field it speaks of, its value.",
                "items": {
                    "type": "object",
                    "properties": { "ref": text, "field": text, "value": text },
                    "required": ["ref"],
                    "additionalProperties": false
                }
            }
        },
        "additionalProperties": false
    })
}
