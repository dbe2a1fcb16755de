//! The tools the suite calls.

use super::asks::{self, Asked};
use super::offers::PIXEL;
use super::{Change, Server, complete, model, questions, tasks};
use rmcp::RoleServer;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, ClientCapabilities, ErrorData, LoggingLevel,
    ProgressNotificationParam, Tool,
};
use rmcp::service::RequestContext;
use serde_json::{Value, json};
use std::time::Duration;

/// Silence.
const SOUND: &str = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA=";
/// Between two steps of a tool that reports on its way.
const STEP: Duration = Duration::from_millis(50);

const WITHOUT_ARGUMENTS: [&str; 28] = [
    "test_simple_text",
    "test_image_content",
    "test_audio_content",
    "test_embedded_resource",
    "test_multiple_content_types",
    "test_tool_with_logging",
    "test_tool_with_progress",
    "test_error_handling",
    "test_elicitation_sep1034_defaults",
    "test_elicitation_sep1330_enums",
    "test_missing_capability",
    "test_streaming_elicitation",
    "test_logging_tool",
    "test_trigger_tool_change",
    "test_trigger_prompt_change",
    "test_input_required_result_elicitation",
    "test_input_required_result_sampling",
    "test_input_required_result_list_roots",
    "test_input_required_result_request_state",
    "test_input_required_result_multiple_inputs",
    "test_input_required_result_multi_round",
    "test_input_required_result_tampered_state",
    "test_input_required_result_capabilities",
    "failing_job",
    "protocol_error_job",
    "multi_input",
    "test_tool_with_task",
    "test_reconnection",
];

/// A tool whose schema uses what JSON Schema 2020-12 has: none of it may get lost on the way.
fn with_a_rich_schema() -> Result<Tool, ErrorData> {
    let needs = |field: &str| json!({ "required": [field] });
    let text = json!({ "type": "string" });
    model(json!({
        "name": "json_schema_2020_12_tool",
        "description": "Takes a person and how to reach them",
        "inputSchema": {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "$defs": { "address": {
                "$anchor": "addressDef",
                "type": "object",
                "properties": { "street": text, "city": text },
            } },
            "properties": {
                "name": text,
                "address": { "$ref": "#/$defs/address" },
                "contactMethod": { "type": "string", "enum": ["phone", "email"] },
                "phone": text,
                "email": text,
            },
            "allOf": [{ "anyOf": [needs("phone"), needs("email")] }],
            "if": { "properties": { "contactMethod": { "const": "phone" } }, "required": ["contactMethod"] },
            "then": needs("phone"),
            "else": needs("email"),
            "additionalProperties": false,
        },
    }))
}

/// What `tools/list` gives.
pub fn list() -> Result<Vec<Tool>, ErrorData> {
    let with = [
        ("test_sampling", json!({ "prompt": { "type": "string" } })),
        (
            "test_elicitation",
            json!({ "message": { "type": "string" } }),
        ),
        ("greet", json!({ "name": { "type": "string" } })),
        (
            "confirm_delete",
            json!({ "filename": { "type": "string" } }),
        ),
        (
            "slow_compute",
            json!({ "seconds": { "type": "number" }, "label": { "type": "string" } }),
        ),
    ];
    WITHOUT_ARGUMENTS
        .into_iter()
        .map(|name| (name, json!({})))
        .chain(with)
        .map(|(name, properties)| -> Result<Tool, ErrorData> {
            model(json!({
                "name": name,
                "description": format!("For the conformance suite: {name}"),
                "inputSchema": { "type": "object", "properties": properties },
            }))
        })
        .chain([with_a_rich_schema()])
        .collect()
}

/// A result of one text.
pub fn text(text: &str) -> Result<CallToolResponse, ErrorData> {
    content(json!([{ "type": "text", "text": text }]))
}

fn content(content: Value) -> Result<CallToolResponse, ErrorData> {
    complete(json!({ "content": content })).map(CallToolResponse::Complete)
}

/// Calls a tool.
pub async fn call(
    server: &Server,
    request: CallToolRequestParams,
    context: RequestContext<RoleServer>,
) -> Result<CallToolResponse, ErrorData> {
    let arguments = Value::Object(request.arguments.clone().unwrap_or_default());
    let responses = request.input_responses.as_ref();
    match request.name.as_ref() {
        "test_simple_text" => text("This is a simple text response for testing."),
        "test_reconnection" | "json_schema_2020_12_tool" => text("Still here."),
        "test_image_content" => content(json!([image()])),
        "test_audio_content" => content(json!([{ "type": "audio", "data": SOUND, "mimeType": "audio/wav" }])),
        "test_embedded_resource" => content(json!([embedded("test://embedded-resource", "text/plain", "This is an embedded resource content.")])),
        "test_multiple_content_types" => content(json!([
            { "type": "text", "text": "Multiple content types test:" },
            image(),
            embedded("test://mixed-content-resource", "application/json", "{\"test\":\"data\",\"value\":123}"),
        ])),
        "test_error_handling" => complete(json!({
            "content": [{ "type": "text", "text": "This tool intentionally returns an error for testing" }],
            "isError": true,
        }))
        .map(CallToolResponse::Complete),
        "test_tool_with_logging" | "test_logging_tool" => logging(server, &context).await,
        "test_tool_with_progress" => progress(&context).await,
        "test_missing_capability" => missing_capability(&context),
        "test_trigger_tool_change" => trigger(server, &context, Change::Tools).await,
        "test_trigger_prompt_change" => trigger(server, &context, Change::Prompts).await,
        "greet" => text(&format!("Hello, {}!", arguments["name"].as_str().unwrap_or("World"))),
        "slow_compute" | "failing_job" | "protocol_error_job" | "confirm_delete" | "multi_input" | "test_tool_with_task" => {
            job(server, &request, &context).await
        }
        name if name.starts_with("test_input_required_result_") => questions::requiring(&request, &context).await,
        _ => questions::asking(&request.name, (&arguments, responses), &context).await,
    }
}

fn image() -> Value {
    json!({ "type": "image", "data": PIXEL, "mimeType": "image/png" })
}

fn embedded(uri: &str, mime: &str, text: &str) -> Value {
    json!({ "type": "resource", "resource": { "uri": uri, "mimeType": mime, "text": text } })
}

async fn logging(
    server: &Server,
    context: &RequestContext<RoleServer>,
) -> Result<CallToolResponse, ErrorData> {
    let level = if asks::is_modern(context) {
        context.meta.log_level()
    } else {
        Some(server.level())
    };
    let wanted = matches!(level, Some(LoggingLevel::Debug | LoggingLevel::Info));
    for step in [
        "Tool execution started",
        "Tool processing data",
        "Tool execution completed",
    ] {
        if wanted {
            let log = model(json!({ "level": "info", "logger": "conforming", "data": step }))?;
            let _ = context.peer.notify_logging_message(log).await;
        }
        tokio::time::sleep(STEP).await;
    }
    text("Logged.")
}

async fn progress(context: &RequestContext<RoleServer>) -> Result<CallToolResponse, ErrorData> {
    let token = context.meta.get_progress_token();
    for done in [0.0, 50.0, 100.0] {
        if let Some(token) = &token {
            let progress = ProgressNotificationParam::new(token.clone(), done).with_total(100.0);
            let _ = context.peer.notify_progress(progress).await;
        }
        tokio::time::sleep(STEP).await;
    }
    text("Progressed.")
}

fn lacking(required: ClientCapabilities) -> Result<CallToolResponse, ErrorData> {
    Err(ErrorData::missing_required_client_capability(required))
}

fn missing_capability(context: &RequestContext<RoleServer>) -> Result<CallToolResponse, ErrorData> {
    match capabilities(context).sampling {
        Some(_) => text("The client can be asked to sample."),
        None => lacking(ClientCapabilities::builder().enable_sampling().build()),
    }
}

pub fn capabilities(context: &RequestContext<RoleServer>) -> ClientCapabilities {
    context.client_capabilities().unwrap_or_default()
}

async fn trigger(
    server: &Server,
    context: &RequestContext<RoleServer>,
    change: Change,
) -> Result<CallToolResponse, ErrorData> {
    let _ = server.shared.changes.send(change);
    if !asks::is_modern(context) {
        let _ = match change {
            Change::Tools => context.peer.notify_tool_list_changed().await,
            Change::Prompts => context.peer.notify_prompt_list_changed().await,
        };
    }
    text("Told.")
}

/// Tools that become tasks for clients that take them.
async fn job(
    server: &Server,
    request: &CallToolRequestParams,
    context: &RequestContext<RoleServer>,
) -> Result<CallToolResponse, ErrorData> {
    let arguments = Value::Object(request.arguments.clone().unwrap_or_default());
    let takes_tasks = capabilities(context).supports_tasks();
    let tasks = &server.shared.tasks;
    if request.name == "slow_compute" {
        let seconds = Duration::from_secs_f64(
            arguments["seconds"]
                .as_f64()
                .unwrap_or(0.0)
                .clamp(0.0, 600.0),
        );
        if !takes_tasks || seconds.is_zero() {
            tokio::time::sleep(seconds).await;
            return text("Computed.");
        }
        return Ok(
            tasks.begin(rmcp::model::InputRequests::new(), |_, _| async move {
                tokio::time::sleep(seconds).await;
                tasks::completed("Computed.", false)
            }),
        );
    }
    let only_as_task = !matches!(request.name.as_ref(), "confirm_delete" | "multi_input");
    if !takes_tasks && !only_as_task {
        return text("Nothing is done without asking, and that takes a client with tasks.");
    }
    if !takes_tasks {
        return lacking(ClientCapabilities::builder().enable_tasks().build());
    }
    let name = match request.name.as_ref() {
        "test_tool_with_task" => {
            let question = ("user_name", asks::text("What is your name?", "name")?);
            match asks::ask(context, request.input_responses.as_ref(), question).await? {
                Asked::Answered(answer) => answer["content"]["name"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned(),
                Asked::Required(required) => return Ok(CallToolResponse::InputRequired(required)),
            }
        }
        _ => String::new(),
    };
    let mut questions = rmcp::model::InputRequests::new();
    let asked: &[&str] = match request.name.as_ref() {
        "confirm_delete" => &["confirm"],
        "multi_input" => &["first", "second"],
        _ => &[],
    };
    for key in asked {
        questions.insert((*key).to_owned(), asks::text("Go on?", "answer")?);
    }
    let tool = request.name.to_string();
    Ok(tasks.begin(questions, |tasks, id| async move {
        let answers = tasks.answers(&id).await;
        tokio::time::sleep(STEP).await;
        match tool.as_str() {
            "failing_job" => tasks::completed("The job failed.", true),
            "protocol_error_job" => tasks::failed("the job broke"),
            "test_tool_with_task" => tasks::completed(&format!("Done for {name}."), false),
            _ => tasks::completed(&format!("{} answered.", answers.len()), false),
        }
    }))
}
