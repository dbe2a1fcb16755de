//! One MCP session with a system: starting it, and what the system may ask of us in it.

use super::child::{Child, LastWords};
use super::client::NOT_SIGNED_IN;
use super::line::Line;
use super::tap::{Ears, Tapped};
use crate::config::secret;
use crate::guard::Guarded;
use leeway_core::govern::system::System;
use rmcp::model::{
    ClientCapabilities, ClientConfig, ClientResult, CreateMessageRequest,
    CreateMessageRequestMethod, CreateMessageRequestParams, CreateMessageResult, ElicitRequest,
    ElicitRequestParams, ElicitResult, ElicitationAction, ElicitationCapability, ErrorData,
    Implementation, ProtocolVersion, SamplingCapability, ServerRequest, SubscriptionFilter,
};
use rmcp::service::{
    ClientInitializeError, ClientLifecycleMode, ClientServiceExt, RequestContext, RunningService,
};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::{
    StreamableHttpClientTransportConfig, StreamableHttpError,
};
use rmcp::{ClientHandler, Peer, RoleClient};
use std::collections::HashMap;

/// What of a system any workflow lets through to its agents, besides what is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Through {
    /// What it asks: only then is it told that there is somebody who could answer.
    pub questions: bool,
    /// What it logs: only then is it asked to log everything.
    pub logging: bool,
}

/// Our side of the session. What the system asks while a call runs is handed to the agent that
/// made the call; nobody else answers for it.
#[derive(Clone)]
pub struct Listener {
    through: Through,
}

impl ClientHandler for Listener {
    fn get_info(&self) -> ClientConfig {
        // What a call declares is its own; this is for a session as a whole, and for looking at
        // tasks.
        let mut capabilities = ClientCapabilities::builder().enable_tasks().build();
        if self.through.questions {
            capabilities.elicitation = Some(ElicitationCapability::default());
            capabilities.sampling = Some(SamplingCapability::default());
        }
        let us = Implementation::new("leeway", env!("CARGO_PKG_VERSION"));
        ClientConfig::new(capabilities, us)
    }

    async fn create_elicitation(
        &self,
        params: ElicitRequestParams,
        context: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        let question = ServerRequest::ElicitRequest(ElicitRequest::new(params));
        match ask(&context, question).await {
            Some(ClientResult::ElicitResult(answer)) => Ok(answer),
            _ => Ok(ElicitResult::new(ElicitationAction::Decline)),
        }
    }

    async fn create_message(
        &self,
        params: CreateMessageRequestParams,
        context: RequestContext<RoleClient>,
    ) -> Result<CreateMessageResult, ErrorData> {
        let question = ServerRequest::CreateMessageRequest(CreateMessageRequest::new(params));
        match ask(&context, question).await {
            Some(ClientResult::CreateMessageResult(answer)) => Ok(*answer),
            _ => Err(ErrorData::method_not_found::<CreateMessageRequestMethod>()),
        }
    }
}

async fn ask(
    context: &RequestContext<RoleClient>,
    question: ServerRequest,
) -> Option<ClientResult> {
    let line = context.extensions.get::<Line>()?;
    let capabilities = line.capabilities();
    let may = match &question {
        ServerRequest::ElicitRequest(_) => capabilities.elicitation.is_some(),
        ServerRequest::CreateMessageRequest(_) => capabilities.sampling.is_some(),
        _ => false,
    };
    if !may {
        return None;
    }
    tokio::select! {
        answer = line.ask(question) => answer,
        () = context.ct.cancelled() => None,
    }
}

/// A running session.
pub type Session = RunningService<RoleClient, Listener>;

/// Starts a session: runs the program or opens the address. A program's last words are noted.
pub async fn start(
    system: &System,
    through: Through,
    (ears, words): (Ears, &LastWords),
) -> Result<Session, String> {
    let listener = Listener { through };
    let lifecycle = ClientLifecycleMode::Auto {
        preferred_versions: vec![ProtocolVersion::V_2026_07_28],
        legacy_version: None,
    };
    match (&system.command, &system.url) {
        (Some(command), None) => {
            let child = Child::run(system, command, words)?;
            listener
                .serve_with_lifecycle(Tapped::new(child, ears), lifecycle)
                .await
                .map_err(|error| {
                    format!("`{command}` did not start an MCP session: {}", why(&error))
                })
        }
        (None, Some(url)) => {
            // A lost session is begun anew for later calls only: the transport would send the call
            // that found it lost a second time, and it may have been carried out.
            let config = StreamableHttpClientTransportConfig::with_uri(url.as_str())
                .custom_headers(headers(system)?)
                .reinit_on_expired_session(false);
            // A redirect would send the call again elsewhere: it is answered as what it is instead.
            let guarded = Guarded::new(system.allow_private);
            guarded.check(url)?;
            let client = reqwest::Client::builder()
                .no_proxy()
                .redirect(reqwest::redirect::Policy::none())
                .dns_resolver(guarded)
                .build()
                .map_err(|error| format!("no HTTP client: {error}"))?;
            let transport = StreamableHttpClientTransport::with_client(client, config);
            listener
                .serve_with_lifecycle(Tapped::new(transport, ears), lifecycle)
                .await
                .map_err(|error| match why(&error) {
                    not_signed_in if not_signed_in == NOT_SIGNED_IN => not_signed_in,
                    why => format!("no MCP session with `{url}`: {why}"),
                })
        }
        _ => Err("exactly one of `command` and `url` must be given".to_owned()),
    }
}

/// Why a session did not start, in words for people; the library's own go to the log.
fn why(error: &ClientInitializeError) -> String {
    tracing::debug!(%error, "no MCP session");
    match error {
        ClientInitializeError::ConnectionClosed(_) => "it ended before it answered".to_owned(),
        ClientInitializeError::TransportError { error, .. } => innermost(&*error.error),
        ClientInitializeError::JsonRpcError(error) => {
            format!(
                "it answered with the error {}: {}",
                error.code.0,
                short(&error.message)
            )
        }
        ClientInitializeError::NoCompatibleProtocolVersion { .. } => {
            "it speaks no version of the protocol that is spoken here".to_owned()
        }
        ClientInitializeError::Cancelled => "it was called off".to_owned(),
        _ => "it answered something else than was asked".to_owned(),
    }
}

/// Longest of what a system or a library says that is told on, characters.
const LONGEST_SAID: usize = 300;

fn short(said: &str) -> String {
    said.chars().take(LONGEST_SAID).collect()
}

/// What an error says at its root.
fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut one = Some(error);
    let mut last = String::new();
    while let Some(error) = one {
        let refused = error.downcast_ref::<StreamableHttpError<reqwest::Error>>();
        if let Some(StreamableHttpError::AuthRequired(_)) = refused {
            return NOT_SIGNED_IN.to_owned();
        }
        last = error.to_string();
        one = error.source();
    }
    if last.contains("Broken pipe") {
        return "it ended before it answered".to_owned();
    }
    if last.contains("Connection refused") {
        return "nobody answers there (connection refused)".to_owned();
    }
    short(&last)
}

/// Whether the session speaks the protocol without sessions, where nothing is told unasked.
pub fn is_modern(peer: &Peer<RoleClient>) -> bool {
    peer.peer_info()
        .is_some_and(|info| info.protocol_version >= ProtocolVersion::V_2026_07_28)
}

/// Keeps a subscription open, so that the system tells of its changes. What it tells is heard by
/// the tap; here it is only taken off the queue. Ends when the system ends it.
pub async fn subscribe(peer: Peer<RoleClient>, filter: SubscriptionFilter) {
    match peer.listen(filter).await {
        Ok(mut subscription) => while let Ok(Some(_)) = subscription.next().await {},
        Err(error) => tracing::debug!(%error, "a system tells nothing of its changes"),
    }
}

fn headers(system: &System) -> Result<HashMap<http::HeaderName, http::HeaderValue>, String> {
    let mut headers = HashMap::new();
    for (name, reference) in &system.headers {
        let value = secret::resolve(reference).map_err(|error| error.to_string())?;
        let header_name = http::HeaderName::try_from(name.as_str())
            .map_err(|_| format!("`{name}` is not a header name"))?;
        let mut value = http::HeaderValue::try_from(value).map_err(|_| {
            format!("the value of header `{name}` has characters a header cannot hold")
        })?;
        value.set_sensitive(true);
        headers.insert(header_name, value);
    }
    Ok(headers)
}
