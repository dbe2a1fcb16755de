//! What is asked of a system over its MCP session: the one call of an action, and lists.

use super::line::Line;
use super::mcp_client::is_modern;
use super::{CallError, SystemCall, Verb, task};
use leeway_core::govern::tool::MOST_TOOLS;
use rmcp::model::{
    CallToolRequest, CallToolRequestParams, ClientRequest, CompleteRequest, CompleteRequestParams,
    GetExtensions, GetPromptRequest, GetPromptRequestParams, ListToolsRequest, LoggingLevel,
    PaginatedRequestParams, Prompt, ReadResourceRequest, ReadResourceRequestParams,
    RequestMetaObject, Resource, ResourceTemplate, ServerResult, SetLevelRequestParams,
    SubscribeRequestParams, UnsubscribeRequestParams,
};
use rmcp::service::{PeerRequestOptions, ServiceError};
use rmcp::{Peer, RoleClient};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::time::Duration;

/// Most pages of a list that are asked for.
const MOST_PAGES: usize = 200;

/// Makes one call, once. An answer that asks for input instead is an answer: it has
/// `resultType: "input_required"`.
pub async fn call(
    peer: &Peer<RoleClient>,
    call: SystemCall,
    timeout: Duration,
) -> Result<Value, CallError> {
    if peer.is_transport_closed() {
        return Err(CallError::NotSent("the connection is closed".to_owned()));
    }
    let line = call.line.clone();
    let options = PeerRequestOptions::default().with_meta(meta(peer, &call));
    let mut request = request(call)?;
    if let Some(line) = &line {
        request.extensions_mut().insert(line.clone());
    }
    let mut handle = peer
        .send_cancellable_request(request, options)
        .await
        .map_err(|error| CallError::NotSent(error.to_string()))?;
    let answer = tokio::select! {
        biased;
        answer = &mut handle.rx => answer.unwrap_or(Err(ServiceError::TransportClosed)),
        () = cancelled(line.as_ref()) => {
            let _ = handle.cancel(Some("the agent cancelled the call".to_owned())).await;
            return Err(CallError::Cancelled("the agent did not want its answer any more".to_owned()));
        }
        () = tokio::time::sleep(timeout) => {
            let _ = handle.cancel(Some("request timeout".to_owned())).await;
            return Err(CallError::NoAnswer(format!("none within {} s", timeout.as_secs())));
        }
    };
    match answer {
        Ok(ServerResult::CreateTaskResult(created)) => {
            task::follow(peer, line.as_ref(), created).await
        }
        Ok(result) => plain(result),
        Err(ServiceError::McpError(error)) => Err(CallError::protocol(&error)),
        Err(error) => Err(no_answer(&error)),
    }
}

/// What the transport says when the system, or whoever stands before it, answers HTTP 404 or 410.
const GONE: [&str; 3] = ["Session expired", "404", "410"];

/// Whether the answer was HTTP 401: nobody is signed in, and nothing was done. By the transport's own words alone: what
/// the system wrote stands behind them.
fn not_signed_in(error: &ServiceError) -> bool {
    const HEAD: &str = "unexpected server response: HTTP 401";
    match error {
        ServiceError::TransportSend(sent) => {
            let said = sent.error.to_string();
            let rest = said.strip_prefix(HEAD);
            said == "Auth required"
                || rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()))
        }
        _ => false,
    }
}

/// A call that was sent and has no answer. It may have been carried out, whatever the transport says.
fn no_answer(error: &ServiceError) -> CallError {
    let why = error.to_string();
    if not_signed_in(error) {
        return CallError::NotSignedIn(why);
    }
    let lost = matches!(error, ServiceError::TransportSend(_))
        && GONE.iter().any(|mark| why.contains(mark));
    if lost {
        CallError::SessionLost(why)
    } else {
        CallError::NoAnswer(why)
    }
}

async fn cancelled(line: Option<&Line>) {
    match line {
        Some(line) => line.cancelled().await,
        None => std::future::pending().await,
    }
}

/// Metadata of a call: the idempotency key, and, where each request declares it, what the agent's
/// side can do and wants to be told. A call nobody waits for declares nothing.
fn meta(peer: &Peer<RoleClient>, call: &SystemCall) -> RequestMetaObject {
    let mut meta = RequestMetaObject::default();
    if let Some(key) = &call.idempotency_key {
        meta.insert("io.leeway/idempotency-key".to_owned(), json!(key));
    }
    if is_modern(peer) {
        let line = call.line.as_ref();
        meta.set_client_capabilities(line.map(Line::capabilities).unwrap_or_default());
        if let Some(level) = line.and_then(Line::log_level) {
            meta.set_log_level(level);
        }
    }
    meta
}

fn request(call: SystemCall) -> Result<ClientRequest, CallError> {
    let inputs = call.line.as_ref().and_then(Line::inputs).cloned();
    let (responses, state) = inputs.map_or((None, None), |inputs| (inputs.responses, inputs.state));
    Ok(match call.verb {
        Verb::CallTool => {
            let mut params = CallToolRequestParams::new(call.tool);
            params.arguments = match call.arguments {
                Value::Object(arguments) => Some(arguments),
                Value::Null => None,
                _ => return Err(CallError::NotSent("arguments are not an object".to_owned())),
            };
            (params.input_responses, params.request_state) = (responses, state);
            ClientRequest::CallToolRequest(CallToolRequest::new(params))
        }
        Verb::ReadResource => {
            let mut params: ReadResourceRequestParams = params(call.arguments)?;
            (params.input_responses, params.request_state) = (responses, state);
            ClientRequest::ReadResourceRequest(ReadResourceRequest::new(params))
        }
        Verb::GetPrompt => {
            let mut params: GetPromptRequestParams = params(call.arguments)?;
            (params.input_responses, params.request_state) = (responses, state);
            ClientRequest::GetPromptRequest(GetPromptRequest::new(params))
        }
        Verb::Complete => {
            let params: CompleteRequestParams = params(call.arguments)?;
            ClientRequest::CompleteRequest(CompleteRequest::new(params))
        }
    })
}

fn params<T: DeserializeOwned>(arguments: Value) -> Result<T, CallError> {
    serde_json::from_value(arguments)
        .map_err(|error| CallError::NotSent(format!("the arguments cannot be read: {error}")))
}

fn plain(result: ServerResult) -> Result<Value, CallError> {
    match result {
        ServerResult::CallToolResult(result) => value(result),
        ServerResult::ReadResourceResult(result) => value(result),
        ServerResult::GetPromptResult(result) => value(result),
        ServerResult::CompleteResult(result) => value(result),
        ServerResult::InputRequiredResult(result) => value(result),
        ServerResult::EmptyResult(_) => Ok(json!({ "content": [] })),
        _ => Err(CallError::NoAnswer(
            "the system answered something else than was asked".to_owned(),
        )),
    }
}

fn value(result: impl Serialize) -> Result<Value, CallError> {
    serde_json::to_value(result)
        .map_err(|error| CallError::NoAnswer(format!("unreadable answer: {error}")))
}

/// Every tool the system lists, as the JSON it gave: all pages, whatever their definitions look like. What is
/// asked for ends where no more of them are taken.
pub async fn list_tools(peer: &Peer<RoleClient>) -> Result<Vec<Value>, String> {
    let mut tools = Vec::new();
    let mut cursor: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let (page, next) = tools_page(peer, cursor.clone()).await?;
        tools.extend(page);
        if next.is_none() || next == cursor || tools.len() > MOST_TOOLS {
            return Ok(tools);
        }
        cursor = next;
    }
    Ok(tools)
}

async fn tools_page(
    peer: &Peer<RoleClient>,
    cursor: Option<String>,
) -> Result<(Vec<Value>, Option<String>), String> {
    let why = |error: String| format!("cannot list its tools: {error}");
    let mut params = PaginatedRequestParams::default();
    params.cursor = cursor;
    let request = ClientRequest::ListToolsRequest(ListToolsRequest::with_param(params));
    let answer = peer
        .send_request(request)
        .await
        .map_err(|error| why(error.to_string()))?;
    let page = match answer {
        ServerResult::ListToolsResult(page) => serde_json::to_value(page),
        // A page with a definition that is none, read by nobody but us.
        ServerResult::CustomResult(page) => Ok(page.0),
        _ => return Err(why("its answer is no list of tools".to_owned())),
    };
    let mut page = page.map_err(|error| why(error.to_string()))?;
    let Value::Array(tools) = page["tools"].take() else {
        return Err(why("its answer has no `tools`".to_owned()));
    };
    let next = page["nextCursor"].as_str().map(str::to_owned);
    Ok((tools, next))
}

/// Most resources, templates or prompts that are taken of one system.
const MOST_LISTED: usize = 10_000;

/// Takes pages of a list until it ends or is enough.
async fn pages<T, F>(
    page: impl Fn(Option<PaginatedRequestParams>) -> F,
) -> Result<Vec<T>, ServiceError>
where
    F: Future<Output = Result<(Vec<T>, Option<String>), ServiceError>>,
{
    let mut listed = Vec::new();
    let mut cursor: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let params = cursor.clone().map(|cursor| {
            let mut params = PaginatedRequestParams::default();
            params.cursor = Some(cursor);
            params
        });
        let (items, next) = page(params).await?;
        listed.extend(items);
        if next.is_none() || next == cursor || listed.len() >= MOST_LISTED {
            break;
        }
        cursor = next;
    }
    listed.truncate(MOST_LISTED);
    Ok(listed)
}

/// Every resource it lists, page by page, as far as is taken of one system.
pub async fn list_resources(peer: &Peer<RoleClient>) -> Result<Vec<Resource>, ServiceError> {
    pages(move |params| {
        let peer = peer.clone();
        async move {
            let page = peer.list_resources(params).await?;
            Ok((page.resources, page.next_cursor))
        }
    })
    .await
}

/// Every resource template it lists, all pages.
pub async fn list_resource_templates(
    peer: &Peer<RoleClient>,
) -> Result<Vec<ResourceTemplate>, ServiceError> {
    pages(move |params| {
        let peer = peer.clone();
        async move {
            let page = peer.list_resource_templates(params).await?;
            Ok((page.resource_templates, page.next_cursor))
        }
    })
    .await
}

/// Every prompt it lists, all pages.
pub async fn list_prompts(peer: &Peer<RoleClient>) -> Result<Vec<Prompt>, ServiceError> {
    pages(move |params| {
        let peer = peer.clone();
        async move {
            let page = peer.list_prompts(params).await?;
            Ok((page.prompts, page.next_cursor))
        }
    })
    .await
}

/// Asks a system whose session keeps one level for all to log everything; what each agent wants is
/// sorted out here.
pub async fn log_everything(peer: &Peer<RoleClient>) {
    let logs = peer
        .peer_info()
        .is_some_and(|info| info.capabilities.logging.is_some());
    if logs
        && let Err(error) = peer
            .set_level(SetLevelRequestParams::new(LoggingLevel::Debug))
            .await
    {
        tracing::debug!(%error, "a system does not take a log level");
    }
}

/// Subscribes to a resource where the session itself keeps subscriptions.
pub async fn subscribe(peer: Peer<RoleClient>, uri: String) -> Result<Unsubscribe, CallError> {
    match peer
        .subscribe(SubscribeRequestParams::new(uri.clone()))
        .await
    {
        Ok(()) => Ok(Unsubscribe { peer, uri }),
        Err(ServiceError::McpError(error)) => Err(CallError::protocol(&error)),
        Err(error) => Err(CallError::NoAnswer(error.to_string())),
    }
}

/// Ends such a subscription when dropped.
pub struct Unsubscribe {
    peer: Peer<RoleClient>,
    uri: String,
}

impl Drop for Unsubscribe {
    fn drop(&mut self) {
        let (peer, uri) = (self.peer.clone(), self.uri.clone());
        tokio::spawn(async move {
            let _ = peer.unsubscribe(UnsubscribeRequestParams::new(uri)).await;
        });
    }
}
