//! The MCP door: one endpoint per workflow, streamable HTTP, both the stateless protocol and the
//! older sessions. Every request carries the agent's token; who calls is read from the request,
//! never from the session.

use super::pipeline::{Caller, Proposal, Proposed, propose};
use super::registry::LiveTool;
use super::words::{ANSWER_TOOL, CHECK_TOOL, WITHDRAW_TOOL};
use super::{decide, eyes, governance, outcome, pipeline, question, toolbox, view, words};
use crate::app::App;
use crate::error::ApiError;
use crate::gateway::wait::wait_for_end;
use leeway_core::action::state::{ActionState, Status};
use leeway_core::id::ActionId;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, CancelTaskParams, ContentBlock,
    CreateTaskResult, DetailedTask, GetTaskParams, GetTaskResult, Implementation, ListToolsResult,
    MetaObject, PaginatedRequestParams, RequestMetaObject, ServerCapabilities, ServerConfig, Task,
    TaskPayload, TaskStatus, Tool,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::time::Duration;

/// Longest `wait_s` of the check tool: clients give up after 5 to 60 s.
const LONGEST_WAIT_S: u64 = 20;
/// How often a client should look at a task, milliseconds.
const TASK_POLL_MS: u64 = 5_000;
const PAGE: usize = 200;

/// The server as one request sees it.
#[derive(Clone)]
pub struct Door {
    app: Arc<App>,
}

impl Door {
    /// A door to the app.
    pub fn new(app: Arc<App>) -> Self {
        Self { app }
    }

    fn caller(context: &RequestContext<RoleServer>) -> Result<Caller, ErrorData> {
        context
            .extensions
            .get::<http::request::Parts>()
            .and_then(|parts| parts.extensions.get::<Caller>())
            .cloned()
            .ok_or_else(|| {
                ErrorData::invalid_request("no agent token came with this request", None)
            })
    }

    fn owner(&self, workflow: &str) -> String {
        self.app
            .registry()
            .workflows
            .get(workflow)
            .map(|live| live.state.workflow.owner.clone())
            .unwrap_or_default()
    }

    async fn governed(
        &self,
        caller: Caller,
        request: CallToolRequestParams,
        (meta, tasks): (&RequestMetaObject, bool),
    ) -> CallToolResponse {
        let mut arguments = request.arguments.unwrap_or_default();
        let meta = serde_json::to_value(meta)
            .ok()
            .and_then(|meta| meta.as_object().cloned());
        let claim = governance::take(&mut arguments, meta.as_ref());
        let key = meta
            .as_ref()
            .and_then(|meta| meta.get("io.leeway/idempotency-key"))
            .and_then(Value::as_str)
            .map(str::to_owned);
        let proposal = Proposal {
            tool: request.name.into_owned(),
            arguments: Value::Object(arguments),
            claim: claim.clone().unwrap_or_default(),
            idempotency_key: key,
        };
        if let Err(error) = claim {
            let refused = pipeline::refuse_claim(&self.app, &caller, proposal, error).await;
            return refusal(&refused).into();
        }
        let workflow = caller.workflow.clone();
        match propose(&self.app, caller, proposal).await {
            Ok(proposed) => self.answer(&workflow, proposed, tasks),
            Err(error) => refusal(&error).into(),
        }
    }

    fn answer(&self, workflow: &str, proposed: Proposed, tasks: bool) -> CallToolResponse {
        let action = &proposed.action;
        if let Some(result) = proposed.result
            && let Ok(mut result) = serde_json::from_value::<CallToolResult>(result)
        {
            let mut meta = result.meta.take().unwrap_or_default();
            meta.insert("io.leeway/action-id".to_owned(), json!(action.row.id));
            result.meta = Some(meta);
            result.result_type = Some(rmcp::model::ResultType::COMPLETE);
            return result.into();
        }
        if tasks && !action.row.status.is_terminal() {
            return CallToolResponse::Task(CreateTaskResult::new(self.task(workflow, action)));
        }
        self.told(workflow, action).into()
    }

    /// The ordinary result that tells what is known of an action.
    fn told(&self, workflow: &str, action: &ActionState) -> CallToolResult {
        let action = &eyes::of_agent(&self.app.registry(), action);
        let told = view::for_agent(action, &self.owner(workflow));
        let text = told["message"].as_str().unwrap_or_default().to_owned();
        let failed = matches!(
            action.row.status,
            Status::Blocked
                | Status::Refused
                | Status::Failed
                | Status::OutcomeUnknown
                | Status::Partial
        );
        with_structure(text, Value::Object(told), failed)
    }

    fn task(&self, workflow: &str, action: &ActionState) -> Task {
        let action = &eyes::of_agent(&self.app.registry(), action);
        let status = match action.row.status {
            Status::Withdrawn => TaskStatus::Cancelled,
            status if status.is_terminal() => TaskStatus::Completed,
            _ => TaskStatus::Working,
        };
        Task::new(
            action.row.id.as_str(),
            status,
            crate::clock::rfc3339(action.row.created_ms),
            crate::clock::rfc3339(action.row.updated_ms),
        )
        .with_status_message(super::words::tell(action, &self.owner(workflow)))
        .with_poll_interval_ms(TASK_POLL_MS)
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
        decide::own(&self.app, caller, &id)?;
        wait_for_end(&self.app, &id, Duration::from_secs(wait_s)).await?;
        let action = decide::own(&self.app, caller, &id)?;
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
        Tool::new(
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
        ),
        Tool::new(
            ANSWER_TOOL,
            "Answers a reviewer's question about an action that waits. A person then decides.",
            object(json!({
                "type": "object",
                "properties": {
                    "action_id": { "type": "string", "description": "The action_id of the pending answer." },
                    "answer": { "type": "string", "description": "Your answer." },
                    "confidence": { "type": "number", "minimum": 0, "maximum": 1, "description": "How sure you are by now." },
                    "reason": { "type": "string", "description": "Why you want it, if that changed." },
                    "sources": { "type": "array", "items": { "type": "object" }, "description": "What you read and rely on, if that changed: {ref, field, value}." }
                },
                "required": ["action_id", "answer"],
                "additionalProperties": false
            })),
        ),
        Tool::new(
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
        ),
    ]
}

fn shown(tool: &LiveTool) -> Option<Tool> {
    serde_json::from_value(toolbox::definition_for_agents(tool)).ok()
}

impl ServerHandler for Door {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_tasks()
            .build();
        let mut info = ServerConfig::new(capabilities);
        info.server_info = Implementation::new("leeway", env!("CARGO_PKG_VERSION"));
        info.instructions = Some(format!(
            "These tools act on a business's real systems through Leeway. A call may run at once, wait for a person's approval, or be blocked. A pending answer means nothing has been carried out yet: remember its action_id and ask {CHECK_TOOL}. State `_governance` (confidence, reason, sources) with each call that changes something; without a confidence it waits for a person."
        ));
        info
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let caller = Self::caller(&context)?;
        let registry = self.app.registry();
        let mut tools: Vec<Tool> = match registry.workflows.get(&caller.workflow) {
            Some(workflow) => toolbox::listed(&registry, workflow)
                .filter_map(|tool| shown(tool))
                .collect(),
            None => Vec::new(),
        };
        tools.extend(own_tools());
        let start = match request.and_then(|request| request.cursor) {
            None => 0,
            Some(cursor) => cursor
                .parse::<usize>()
                .ok()
                .filter(|start| *start <= tools.len())
                .ok_or_else(|| ErrorData::invalid_params("unknown cursor", None))?,
        };
        let more = tools.len() > start + PAGE;
        let page: Vec<Tool> = tools.into_iter().skip(start).take(PAGE).collect();
        let mut result = ListToolsResult::with_all_items(page);
        result.next_cursor = more.then(|| (start + PAGE).to_string());
        Ok(result)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let caller = Self::caller(&context)?;
        let tasks = context
            .client_capabilities()
            .is_some_and(|capabilities| capabilities.supports_tasks());
        let arguments = request.arguments.clone().unwrap_or_default();
        let own = match request.name.as_ref() {
            CHECK_TOOL => self.check(&caller, &arguments).await,
            ANSWER_TOOL => self.answered(&caller, &arguments).await,
            WITHDRAW_TOOL => self.withdraw(&caller, &arguments).await,
            _ => return Ok(self.governed(caller, request, (&context.meta, tasks)).await),
        };
        Ok(own
            .unwrap_or_else(|error| refusal(&words::of_own_tool(error)))
            .into())
    }

    async fn get_task(
        &self,
        request: GetTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetTaskResult, ErrorData> {
        let caller = Self::caller(&context)?;
        let action = task_action(&self.app, &caller, &request.task_id)?;
        let task = self.task(&caller.workflow, &action);
        let payload = match task.status {
            TaskStatus::Cancelled => TaskPayload::Cancelled,
            TaskStatus::Completed => TaskPayload::Completed {
                result: as_object(self.final_result(&caller.workflow, &action)),
            },
            _ => TaskPayload::Working,
        };
        Ok(GetTaskResult::new(DetailedTask::new(task, payload)))
    }

    async fn cancel_task(
        &self,
        request: CancelTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        let caller = Self::caller(&context)?;
        let action = task_action(&self.app, &caller, &request.task_id)?;
        if matches!(action.row.status, Status::Held | Status::Returned) {
            let reason = Some("the client cancelled the task".to_owned());
            decide::withdraw(&self.app, &caller, &action.row.id, reason)
                .await
                .map_err(|error| ErrorData::invalid_request(error.to_string(), None))?;
        }
        Ok(())
    }
}

impl Door {
    /// A finished task's result: the system's own answer as recorded, or the sentence about it.
    fn final_result(&self, workflow: &str, action: &ActionState) -> CallToolResult {
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
        answer
    }
}

fn task_action(app: &App, caller: &Caller, task: &str) -> Result<ActionState, ErrorData> {
    let unknown = || ErrorData::invalid_params(format!("there is no task `{task}`"), None);
    let id = ActionId::parse(task).ok_or_else(unknown)?;
    decide::own(app, caller, &id).map_err(|_| unknown())
}

fn as_object(result: CallToolResult) -> Map<String, Value> {
    match serde_json::to_value(result) {
        Ok(Value::Object(object)) => object,
        _ => Map::new(),
    }
}
