//! Tools as agents see and call them, and those of ours.

use super::relay::{Agent, Answered, asks};
use super::{Door, page};
use crate::error::ApiError;
use crate::gateway::pipeline::{Caller, Proposal, Proposed};
use crate::gateway::undo;
use crate::gateway::wait::wait_for_end;
use crate::gateway::words::{ANSWER_TOOL, CHECK_TOOL, WITHDRAW_TOOL};
use crate::gateway::{
    decide, eyes, governance, models, naming, outcome, pipeline, question, toolbox, view, words,
};
use crate::registry::{LiveTool, LiveWorkflow, Registry};
use crate::system::CallError;
use crate::system::line::Inputs;
use leeway_core::action::state::{ActionState, Status};
use leeway_core::classify::Effect;
use leeway_core::id::ActionId;
use rmcp::ErrorData;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, CreateTaskResult,
    ErrorCode, ListToolsResult, MetaObject, PaginatedRequestParams, RequestMetaObject, Tool,
    ToolAnnotations,
};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// Longest `wait_s` of the check tool: clients give up after 5 to 60 s.
const LONGEST_WAIT_S: u64 = 20;
/// Errors of the protocol that are for the client itself: it lacks a capability, or has to open an
/// address first.
const FOR_THE_CLIENT: [i32; 2] = [-32021, -32042];

impl Door {
    /// `tools/list`.
    pub(super) fn tools(
        &self,
        caller: &Caller,
        request: Option<PaginatedRequestParams>,
    ) -> Result<ListToolsResult, ErrorData> {
        let registry = self.app.registry();
        let mut tools: Vec<Tool> = match registry.workflows.get(&caller.workflow) {
            Some(workflow) => toolbox::listed(&registry, workflow)
                .filter_map(|tool| shown(workflow, tool))
                .collect(),
            None => Vec::new(),
        };
        tools.extend(own_tools());
        apart(&mut tools);
        let (tools, next_cursor) = page(tools, request)?;
        let mut result = ListToolsResult::with_all_items(tools);
        result.next_cursor = next_cursor;
        Ok(result)
    }

    /// `tools/call`.
    pub(super) async fn call(
        &self,
        agent: &Agent,
        request: CallToolRequestParams,
        meta: &RequestMetaObject,
    ) -> Result<CallToolResponse, ErrorData> {
        let arguments = request.arguments.clone().unwrap_or_default();
        let own = match request.name.as_ref() {
            CHECK_TOOL => self.check(&agent.caller, &arguments).await,
            ANSWER_TOOL => self.answered(&agent.caller, &arguments).await,
            WITHDRAW_TOOL => self.withdraw(&agent.caller, &arguments).await,
            _ => return self.governed(agent, request, meta).await,
        };
        Ok(own
            .unwrap_or_else(|error| refusal(&words::of_own_tool(error)))
            .into())
    }

    async fn governed(
        &self,
        agent: &Agent,
        request: CallToolRequestParams,
        meta: &RequestMetaObject,
    ) -> Result<CallToolResponse, ErrorData> {
        let registry = self.app.registry();
        let caller = &agent.caller;
        let Some(workflow) = registry.workflows.get(&caller.workflow) else {
            let error = ApiError::not_found("workflow", &caller.workflow);
            return Ok(refusal(&error).into());
        };
        let mut inputs = inputs(&request);
        let (mut proposal, claim) = proposal(&registry, workflow, request, meta);
        if let Err(error) = claim {
            let refused = pipeline::refuse_claim(&self.app, caller, proposal, error).await;
            return Ok(refusal(&refused).into());
        }
        let tool = registry.find(&proposal.tool).cloned();
        for _ in 0..agent.rounds() {
            let again = (proposal.clone(), inputs.clone());
            let proposed = match agent
                .propose(self, (workflow, tool.as_deref()), again)
                .await
            {
                Ok(Answered::Task(id)) => return self.created(caller, &id),
                Ok(Answered::Proposed(proposed)) => *proposed,
                Err(error) => return Ok(refusal(&error).into()),
            };
            let asked = match &proposed.answer {
                Some(Ok(answer)) if agent.has_sessions() => asks(answer),
                _ => None,
            };
            let Some(asked) = asked else {
                let place = (workflow.as_ref(), tool.as_deref());
                return self.answer(agent, place, (proposed, inputs.is_some()));
            };
            let Some(answers) = agent.answer_all(asked).await else {
                return Ok(self.told(&caller.workflow, &proposed.action).into());
            };
            inputs = Some(answers);
            proposal.idempotency_key = None;
        }
        let error = ApiError::invalid(
            "asked-too-often",
            "the system keeps asking and does not answer",
        );
        Ok(refusal(&error).into())
    }

    fn created(&self, caller: &Caller, id: &ActionId) -> Result<CallToolResponse, ErrorData> {
        let action = decide::own(&self.app, caller, id)
            .map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
        let task = self.task(&caller.workflow, &action);
        Ok(CallToolResponse::Task(CreateTaskResult::new(task)))
    }

    fn answer(
        &self,
        agent: &Agent,
        (workflow, tool): (&LiveWorkflow, Option<&LiveTool>),
        (proposed, with_inputs): (Proposed, bool),
    ) -> Result<CallToolResponse, ErrorData> {
        let action = &proposed.action;
        if proposed.joined && action.row.status == Status::Executed {
            return Ok(self.final_result(&agent.caller.workflow, action).into());
        }
        match proposed.answer {
            Some(Ok(answer)) => {
                if let Some(mut asked) = asks(&answer) {
                    asked.meta = Some(marked(asked.meta.take(), action));
                    return Ok(CallToolResponse::InputRequired(asked));
                }
                if let Some(result) = result_for(workflow, tool, (answer, action)) {
                    return Ok(self
                        .qualified(&agent.caller.workflow, action, result)
                        .into());
                }
            }
            Some(Err(CallError::Protocol {
                code,
                message,
                data,
            })) if with_inputs || FOR_THE_CLIENT.contains(&code) => {
                return Err(ErrorData::new(ErrorCode(code), message, data));
            }
            _ => {}
        }
        let workflow = &agent.caller.workflow;
        if agent.takes_tasks() && !action.row.status.is_terminal() {
            let task = self.task(workflow, action);
            return Ok(CallToolResponse::Task(CreateTaskResult::new(task)));
        }
        Ok(self.told(workflow, action).into())
    }

    /// A system's answer, with what is known in front of it where the answer alone would mislead: an
    /// error after which it was done, or may have been.
    fn qualified(
        &self,
        workflow: &str,
        action: &ActionState,
        mut result: CallToolResult,
    ) -> CallToolResult {
        let unknown = matches!(
            action.row.status,
            Status::OutcomeUnknown | Status::NeedsAttestation
        );
        let done = action.row.status == Status::Executed && result.is_error == Some(true);
        if unknown || done {
            let told = self.told(workflow, action);
            result.content.splice(0..0, told.content);
            // Some clients hand on the structure alone, where there is one; in ours the system's answer is too.
            if result.structured_content.is_some() {
                result.structured_content = told.structured_content;
            }
            result.is_error = Some(unknown);
        }
        result
    }

    /// The ordinary result that tells what is known of an action.
    pub(super) fn told(&self, workflow: &str, action: &ActionState) -> CallToolResult {
        let action = &eyes::of_agent(&self.app.registry(), action);
        let mut told = view::for_agent(action, &self.owner(workflow));
        let mut text = told["message"].as_str().unwrap_or_default().to_owned();
        if let Some(more) = undo::plan::told(&self.app, action) {
            text = format!("{text} {more}");
            told.insert("message".to_owned(), Value::String(text.clone()));
        }
        let text = repeated(&text, &told);
        let failed = matches!(
            action.row.status,
            Status::Blocked
                | Status::Refused
                | Status::Failed
                | Status::OutcomeUnknown
                | Status::NeedsAttestation
                | Status::Partial
        );
        with_structure(text, Value::Object(told), failed)
    }

    /// A finished task's result: the system's own answer as recorded, or the sentence about it.
    pub(super) fn final_result(&self, workflow: &str, action: &ActionState) -> CallToolResult {
        let told = self.told(workflow, action);
        let answer = action
            .finished()
            .and_then(|finished| finished.result.clone())
            .and_then(|result| serde_json::from_value::<CallToolResult>(result).ok());
        let Some(mut answer) = answer else {
            return told;
        };
        let mut meta = MetaObject::default();
        meta.insert(
            "io.leeway/action".to_owned(),
            told.structured_content.unwrap_or_default(),
        );
        answer.meta = Some(meta);
        self.qualified(workflow, action, answer)
    }

    async fn check(
        &self,
        caller: &Caller,
        arguments: &Map<String, Value>,
    ) -> Result<CallToolResult, ApiError> {
        let id = action_id(arguments)?;
        outcome::caught_up(&self.app).await;
        let wait_s = arguments
            .get("wait_s")
            .and_then(Value::as_u64)
            .unwrap_or(0)
            .min(LONGEST_WAIT_S);
        decide::seen(&self.app, caller, &id)?;
        wait_for_end(&self.app, &id, Duration::from_secs(wait_s)).await?;
        let action = decide::seen(&self.app, caller, &id)?;
        let mut result = self.told(&caller.workflow, &action);
        result.is_error = Some(false);
        Ok(result)
    }

    async fn answered(
        &self,
        caller: &Caller,
        arguments: &Map<String, Value>,
    ) -> Result<CallToolResult, ApiError> {
        let mut said = arguments.clone();
        let id = action_id(&said)?;
        said.shift_remove("action_id");
        let answer = match said.shift_remove("answer") {
            Some(Value::String(answer)) => answer,
            _ => String::new(),
        };
        let claim = governance::read(Value::Object(said))?;
        let action = question::answer(&self.app, caller, &id, (answer, claim)).await?;
        Ok(self.told(&caller.workflow, &action))
    }

    async fn withdraw(
        &self,
        caller: &Caller,
        arguments: &Map<String, Value>,
    ) -> Result<CallToolResult, ApiError> {
        let id = action_id(arguments)?;
        let reason = arguments
            .get("reason")
            .and_then(Value::as_str)
            .map(str::to_owned);
        let action = decide::withdraw(&self.app, caller, &id, reason).await?;
        Ok(self.told(&caller.workflow, &action))
    }
}

/// Leaves out tools of systems that would stand under one name, or under that of a tool of ours: clients refuse such
/// a list whole, and nobody could tell which of them is called. Ours stand last, and stay.
fn apart(tools: &mut Vec<Tool>) {
    let mut names: HashMap<String, usize> = HashMap::new();
    for tool in tools.iter() {
        *names.entry(tool.name.to_string()).or_default() += 1;
    }
    let ours = [CHECK_TOOL, ANSWER_TOOL, WITHDRAW_TOOL];
    let mut left = tools.len();
    tools.retain(|tool| {
        left -= 1;
        names[tool.name.as_ref()] == 1 || (left < ours.len() && ours.contains(&tool.name.as_ref()))
    });
}

/// Longest result that is repeated as text, characters.
const LONGEST_REPEATED: usize = 20_000;

/// What the structure says besides the message, as text: many clients hand on nothing else.
fn repeated(message: &str, told: &Map<String, Value>) -> String {
    let mut text = message.to_owned();
    for key in ["status", "action_id", "expires_at"] {
        if let Some(value) = told.get(key).and_then(Value::as_str) {
            text.push_str(&format!("\n{key}: {value}"));
        }
    }
    let Some(ran) = told.get("ran") else {
        return text;
    };
    let (tool, arguments) = (ran["tool"].as_str().unwrap_or_default(), &ran["arguments"]);
    text.push_str(&format!("\nran: {tool} {}", cut(&arguments.to_string())));
    if ran["edited_by_reviewer"] == json!(true) {
        text.push_str(" (as edited by a reviewer)");
    }
    if !ran["result"].is_null() {
        text.push_str(&format!("\nresult: {}", cut(&result_text(&ran["result"]))));
    }
    text
}

/// The texts of a result, or else the whole of it.
fn result_text(result: &Value) -> String {
    let blocks = result["content"].as_array().into_iter().flatten();
    let texts: Vec<&str> = blocks.filter_map(|block| block["text"].as_str()).collect();
    if texts.is_empty() {
        result.to_string()
    } else {
        texts.join("\n")
    }
}

fn cut(text: &str) -> String {
    let mut short: String = text.chars().take(LONGEST_REPEATED).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// A call as it is proposed: the tool that is meant, and what is said about the call, or why that
/// cannot be read.
fn proposal(
    registry: &Registry,
    workflow: &LiveWorkflow,
    request: CallToolRequestParams,
    meta: &RequestMetaObject,
) -> (Proposal, Result<(), ApiError>) {
    let mut arguments = request.arguments.unwrap_or_default();
    let meta = serde_json::to_value(meta)
        .ok()
        .and_then(|meta| meta.as_object().cloned());
    let tool = naming::tool_meant(registry, workflow, &request.name);
    let known = registry.find(&tool);
    let has = |name: &str| known.is_some_and(|tool| tool.declares(name));
    let claim = governance::take(&mut arguments, has, meta.as_ref());
    if let Some(known) = known {
        models::meant(&known.state.definition, &mut arguments);
        if known
            .entry()
            .is_some_and(|entry| entry.entry.gravest() == Effect::Read)
        {
            models::given(&known.state.definition, &mut arguments);
        }
    }
    let idempotency_key = meta
        .as_ref()
        .and_then(|meta| meta.get("io.leeway/idempotency-key"))
        .and_then(Value::as_str)
        .map(str::to_owned);
    let proposal = Proposal {
        tool,
        arguments: Value::Object(arguments),
        claim: claim.clone().unwrap_or_default(),
        idempotency_key,
        line: None,
    };
    (proposal, claim.map(drop))
}

fn inputs(request: &CallToolRequestParams) -> Option<Inputs> {
    let (responses, state) = (&request.input_responses, &request.request_state);
    (responses.is_some() || state.is_some()).then(|| Inputs {
        responses: responses.clone(),
        state: state.clone(),
    })
}

/// Metadata with the action's id, by which an agent can ask for it.
fn marked(meta: Option<MetaObject>, action: &ActionState) -> MetaObject {
    let mut meta = meta.unwrap_or_default();
    meta.insert("io.leeway/action-id".to_owned(), json!(action.row.id));
    meta
}

fn result_for(
    workflow: &LiveWorkflow,
    tool: Option<&LiveTool>,
    (mut answer, action): (Value, &ActionState),
) -> Option<CallToolResult> {
    if let Some(tool) = tool {
        naming::show_addresses(workflow, &tool.system, &mut answer);
    }
    let mut result: CallToolResult = serde_json::from_value(answer).ok()?;
    if let (true, Some(structure)) = (result.content.is_empty(), &result.structured_content) {
        result
            .content
            .push(ContentBlock::text(cut(&structure.to_string())));
    }
    result.meta = Some(marked(result.meta.take(), action));
    result.result_type = Some(rmcp::model::ResultType::COMPLETE);
    Some(result)
}

fn action_id(arguments: &Map<String, Value>) -> Result<ActionId, ApiError> {
    let text = arguments
        .get("action_id")
        .and_then(Value::as_str)
        .unwrap_or_default();
    ActionId::parse(text).ok_or_else(|| ApiError::not_found("action", text))
}

fn with_structure(text: String, structure: Value, failed: bool) -> CallToolResult {
    let mut result = CallToolResult::success(vec![ContentBlock::text(text)]);
    result.structured_content = Some(structure);
    result.is_error = Some(failed);
    result
}

/// An error as a tool result, so that the agent reads it.
fn refusal(error: &ApiError) -> CallToolResult {
    let mut text = format!("Refused, and nothing was carried out: {}.", error.message);
    if let Some(help) = &error.help {
        text.push_str(&format!(" What to do: {help}."));
    }
    let mut structure = error.body();
    if error.code != words::NO_SUCH_ACTION {
        structure["status"] = json!("blocked");
    }
    structure["message"] = json!(text.clone());
    if let Some(id) = structure.get("id").cloned() {
        if let Some(id) = id.as_str() {
            text.push_str(&format!("\naction_id: {id}"));
        }
        structure["action_id"] = id;
    }
    with_structure(text, structure, true)
}

/// The tools of ours.
fn own_tools() -> Vec<Tool> {
    let object = |value: Value| match value {
        Value::Object(object) => Arc::new(object),
        _ => Arc::new(Map::new()),
    };
    vec![
        own(
            CHECK_TOOL,
            "Tells what became of an action that waited for a person's approval: pending_approval, in_progress, executed, rejected, expired (nobody answered), withdrawn, blocked, failed or outcome_unknown.",
            object(json!({
                "type": "object",
                "properties": {
                    "action_id": { "type": "string", "description": "The action_id of the pending answer." },
                    "wait_s": { "type": "integer", "minimum": 0, "maximum": LONGEST_WAIT_S, "description": "Wait up to so many seconds for the end." }
                },
                "required": ["action_id"],
                "additionalProperties": false
            })),
            ("Look at an action", true),
        ),
        own(
            ANSWER_TOOL,
            "Answers a reviewer's question about an action that waits. A person then decides.",
            object(json!({
                "type": "object",
                "properties": {
                    "action_id": { "type": "string", "description": "The action_id of the pending answer." },
                    "answer": { "type": "string", "description": "Your answer." },
                    "confidence": { "type": "number", "minimum": 0, "maximum": 1, "description": "How sure you are by now." },
                    "reason": { "type": "string", "description": "Why you want it, if that changed." },
                    "sources": { "type": "array", "items": { "type": "object", "properties": { "ref": { "type": "string" }, "field": { "type": "string" }, "value": { "type": "string" } }, "required": ["ref"], "additionalProperties": false }, "description": "What you read and rely on, if that changed." }
                },
                "required": ["action_id", "answer"],
                "additionalProperties": false
            })),
            ("Answer a reviewer", false),
        ),
        own(
            WITHDRAW_TOOL,
            "Takes back an action that still waits for approval. Nothing of it is carried out.",
            object(json!({
                "type": "object",
                "properties": {
                    "action_id": { "type": "string", "description": "The action_id of the pending answer." },
                    "reason": { "type": "string", "description": "Why you take it back." }
                },
                "required": ["action_id"],
                "additionalProperties": false
            })),
            ("Take an action back", false),
        ),
    ]
}

/// A tool of ours: none destroys anything, and only Leeway is asked.
fn own(
    name: &'static str,
    description: &'static str,
    schema: Arc<Map<String, Value>>,
    (title, reads): (&str, bool),
) -> Tool {
    let annotations = ToolAnnotations::with_title(title)
        .read_only(reads)
        .destructive(false)
        .idempotent(true)
        .open_world(false);
    Tool::new(name, description, schema)
        .with_title(title)
        .with_annotations(annotations)
}

fn shown(workflow: &LiveWorkflow, tool: &LiveTool) -> Option<Tool> {
    let mut definition = toolbox::definition_for_agents(tool);
    definition["name"] = json!(naming::tool_shown(workflow, &tool.system, &tool.tool));
    serde_json::from_value(definition).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_one_name_there_is_one_tool_or_none_and_ours_stay() {
        let named = |name: &'static str| Tool::new(name, "", Arc::new(Map::new()));
        let mut tools = vec![named("a"), named("b"), named("a"), named(CHECK_TOOL)];
        tools.extend(own_tools());
        apart(&mut tools);
        let names: Vec<&str> = tools.iter().map(|tool| tool.name.as_ref()).collect();
        assert_eq!(names, ["b", CHECK_TOOL, ANSWER_TOOL, WITHDRAW_TOOL]);
        assert_eq!(tools[1].title.as_deref(), Some("Look at an action"));
    }
}
