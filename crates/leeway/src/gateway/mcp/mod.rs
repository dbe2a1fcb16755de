//! The MCP door: one endpoint per workflow, streamable HTTP, both the stateless protocol and the
//! older sessions. Every request carries the agent's token; who calls is read from the request,
//! never from the session.
//!
//! [`tools`] and [`reads`] are what agents use, [`tasks`] what goes on for longer; [`relay`] hands
//! on what a system says during a call, [`notices`] what it says outside any.
#![expect(
    deprecated,
    reason = "clients of the earlier protocol know nothing else"
)]

mod notices;
mod reads;
mod relay;
pub mod sessions;
pub mod tasks;
mod tools;

use super::pipeline::Caller;
use super::words::CHECK_TOOL;
use crate::app::App;
use base64::Engine;
use leeway_core::govern::relay::Relay;
use relay::Agent;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, CancelTaskParams,
    CancelledNotificationParam, CompleteRequestParams, CompleteResult, DiscoverResult,
    GetPromptRequestParams, GetPromptResponse, GetTaskParams, GetTaskResult, Icon, Implementation,
    InitializeRequestParams, InitializeResult, ListPromptsResult, ListResourceTemplatesResult,
    ListResourcesResult, ListToolsResult, LoggingLevel, PaginatedRequestParams,
    ReadResourceRequestParams, ReadResourceResponse, ServerCapabilities, ServerConfig,
    SetLevelRequestParams, SubscribeRequestParams, SubscriptionFilter, UnsubscribeRequestParams,
    UpdateTaskParams,
};
use rmcp::service::{NotificationContext, RequestContext, SubscriptionContext};
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde_json::{Map, Value};
use std::sync::{Arc, Mutex, PoisonError};

const PAGE: usize = 200;
const PICTURE: &str = include_str!("../../web/assets/icon.svg");

/// The server as one request, or one session of the earlier protocol, sees it.
#[derive(Clone)]
pub struct Door {
    app: Arc<App>,
    session: Arc<Session>,
}

/// What a session of the earlier protocol keeps. Who calls is not among it.
#[derive(Default)]
struct Session {
    log_level: Mutex<Option<LoggingLevel>>,
    subscribed: notices::Subscribed,
    calls: sessions::Calls,
}

impl Door {
    /// A door to the app.
    pub fn new(app: Arc<App>) -> Self {
        Self {
            app,
            session: Arc::default(),
        }
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

    /// From which level the session wants log messages.
    fn log_level(&self) -> LoggingLevel {
        let level = self.session.log_level.lock();
        level
            .unwrap_or_else(PoisonError::into_inner)
            .unwrap_or(relay::DEFAULT_LEVEL)
    }

    /// Who we are, for the lists of people's clients.
    fn implementation(&self) -> Implementation {
        let picture = base64::engine::general_purpose::STANDARD.encode(PICTURE);
        let icon = Icon::new(format!("data:image/svg+xml;base64,{picture}"))
            .with_mime_type("image/svg+xml")
            .with_sizes(vec!["any".to_owned()]);
        let mut us = Implementation::new("leeway", env!("CARGO_PKG_VERSION"))
            .with_title("Leeway")
            .with_icons(vec![icon]);
        let registry = self.app.registry();
        us.website_url = registry
            .notify
            .as_ref()
            .map(|live| live.notify.public_url.clone());
        us
    }

    /// What there is for the agents of a workflow: of what is not relayed to it, nothing is said.
    fn config_for(&self, caller: &Caller) -> ServerConfig {
        let registry = self.app.registry();
        let relays = |what| {
            registry
                .workflows
                .get(&caller.workflow)
                .is_some_and(|live| super::naming::relaying(live, what).next().is_some())
        };
        let (resources, prompts) = (relays(Relay::Resources), relays(Relay::Prompts));
        let mut config = self.get_info();
        let capabilities = &mut config.capabilities;
        if !resources {
            capabilities.resources = None;
        }
        if !prompts {
            capabilities.prompts = None;
        }
        if !resources && !prompts {
            capabilities.completions = None;
        }
        if !relays(Relay::Logging) {
            capabilities.logging = None;
        }
        config
    }
}

/// One page of a list, and where the next begins.
fn page<T>(
    items: Vec<T>,
    request: Option<PaginatedRequestParams>,
) -> Result<(Vec<T>, Option<String>), ErrorData> {
    let start = match request.and_then(|request| request.cursor) {
        None => 0,
        Some(cursor) => cursor
            .parse::<usize>()
            .ok()
            .filter(|start| *start <= items.len())
            .ok_or_else(|| ErrorData::invalid_params("unknown cursor", None))?,
    };
    let more = items.len() > start + PAGE;
    let page = items.into_iter().skip(start).take(PAGE).collect();
    Ok((page, more.then(|| (start + PAGE).to_string())))
}

fn as_object(result: CallToolResult) -> Map<String, Value> {
    match serde_json::to_value(result) {
        Ok(Value::Object(object)) => object,
        _ => Map::new(),
    }
}

impl ServerHandler for Door {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_tool_list_changed()
            .enable_resources()
            .enable_resources_list_changed()
            .enable_resources_subscribe()
            .enable_prompts()
            .enable_prompts_list_changed()
            .enable_completions()
            .enable_logging()
            .enable_tasks()
            .build();
        let mut info = ServerConfig::new(capabilities);
        info.server_info = self.implementation();
        info.instructions = Some(format!(
            "These tools act on a business's real systems through Leeway. A call may run at once, wait for a person's approval, or be blocked. A pending answer means nothing has been carried out yet: remember its action_id and ask {CHECK_TOOL}. State `governance` (confidence, reason, sources) with each call that changes something; without a confidence it waits for a person."
        ));
        info
    }

    async fn initialize(
        &self,
        request: InitializeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<InitializeResult, ErrorData> {
        let caller = Self::caller(&context)?;
        context.peer.set_peer_info(request.clone());
        let mut result = self.negotiate_initialize(&request)?;
        result.capabilities = self.config_for(&caller).capabilities;
        Ok(result)
    }

    async fn discover(
        &self,
        context: RequestContext<RoleServer>,
    ) -> Result<DiscoverResult, ErrorData> {
        let caller = Self::caller(&context)?;
        Ok(DiscoverResult::from_server_info(
            self.supported_protocol_versions().into_owned(),
            self.config_for(&caller),
        ))
    }

    async fn on_cancelled(
        &self,
        cancelled: CancelledNotificationParam,
        _context: NotificationContext<RoleServer>,
    ) {
        if let Some(id) = &cancelled.request_id {
            self.session.calls.cancel(id);
        }
    }

    async fn on_initialized(&self, context: NotificationContext<RoleServer>) {
        notices::follow_session(self, context);
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        self.tools(&Self::caller(&context)?, request)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let agent = Agent::of(self, &context)?;
        self.call(&agent, request, &context.meta).await
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        self.resources(&Self::caller(&context)?, request).await
    }

    async fn list_resource_templates(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        self.templates(&Self::caller(&context)?, request).await
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        self.read(&Agent::of(self, &context)?, request).await
    }

    async fn list_prompts(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        self.prompts(&Self::caller(&context)?, request).await
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        self.prompt(&Agent::of(self, &context)?, request).await
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        self.completion(&Agent::of(self, &context)?, request).await
    }

    async fn set_level(
        &self,
        request: SetLevelRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        notices::for_sessions::<rmcp::model::SetLevelRequestMethod>(&context)?;
        let level = self.session.log_level.lock();
        *level.unwrap_or_else(PoisonError::into_inner) = Some(request.level);
        Ok(())
    }

    async fn subscribe(
        &self,
        request: SubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        let caller = Self::caller(&context)?;
        self.session
            .subscribed
            .add(&self.app, &caller, request.uri)
            .await
    }

    async fn unsubscribe(
        &self,
        request: UnsubscribeRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.session.subscribed.remove(&request.uri);
        Ok(())
    }

    fn accepted_subscription_filter(
        &self,
        requested: &SubscriptionFilter,
    ) -> Option<SubscriptionFilter> {
        Some(requested.clone())
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        notices::follow_subscription(self, context).await
    }

    async fn get_task(
        &self,
        request: GetTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetTaskResult, ErrorData> {
        self.look_at_task(&Self::caller(&context)?, request).await
    }

    async fn update_task(
        &self,
        request: UpdateTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.answer_task(&Self::caller(&context)?, request).await
    }

    async fn cancel_task(
        &self,
        request: CancelTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.end_task(&Self::caller(&context)?, request).await
    }
}
