//! One MCP session with a system: starting it, listing its tools, calling one.

use super::{CallError, SystemCall};
use crate::config::secret;
use leeway_core::govern::system::System;
use process_wrap::tokio::{CommandWrap, KillOnDrop, ProcessGroup};
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, ClientCapabilities, ClientConfig, Implementation,
    ProtocolVersion, RequestMetaObject,
};
use rmcp::service::{
    ClientLifecycleMode, ClientServiceExt, NotificationContext, RunningService, ServiceError,
};
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::transport::{StreamableHttpClientTransport, TokioChildProcess};
use rmcp::{ClientHandler, Peer, RoleClient};
use serde_json::Value;
use std::collections::HashMap;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::ChildStderr;
use tokio::sync::Notify;

/// Variables of our own environment a child process gets besides those configured.
const PASSED_ON: [&str; 4] = ["PATH", "HOME", "LANG", "TZ"];

/// Our side of the session: told when the system's tools change.
#[derive(Clone)]
pub struct Listener {
    /// Fires when the system says its tools changed.
    pub tools_changed: Arc<Notify>,
}

impl ClientHandler for Listener {
    fn get_info(&self) -> ClientConfig {
        ClientConfig::new(
            ClientCapabilities::default(),
            Implementation::new("leeway", env!("CARGO_PKG_VERSION")),
        )
    }

    async fn on_tool_list_changed(&self, _context: NotificationContext<RoleClient>) {
        self.tools_changed.notify_one();
    }
}

/// A running session.
pub type Session = RunningService<RoleClient, Listener>;

/// Starts a session: runs the program or opens the address.
pub async fn start(system: &System, tools_changed: Arc<Notify>) -> Result<Session, String> {
    let listener = Listener { tools_changed };
    let lifecycle = ClientLifecycleMode::Auto {
        preferred_versions: vec![ProtocolVersion::V_2026_07_28],
        legacy_version: None,
    };
    match (&system.command, &system.url) {
        (Some(command), None) => {
            let (transport, stderr) = child(system, command)?;
            if let Some(stderr) = stderr {
                tokio::spawn(log_stderr(system.name.clone(), stderr));
            }
            listener
                .serve_with_lifecycle(transport, lifecycle)
                .await
                .map_err(|error| format!("`{command}` did not start an MCP session: {error}"))
        }
        (None, Some(url)) => {
            let config = StreamableHttpClientTransportConfig::with_uri(url.as_str())
                .custom_headers(headers(system)?);
            let transport = StreamableHttpClientTransport::from_config(config);
            listener
                .serve_with_lifecycle(transport, lifecycle)
                .await
                .map_err(|error| format!("no MCP session with `{url}`: {error}"))
        }
        _ => Err("exactly one of `command` and `url` must be given".to_owned()),
    }
}

fn child(
    system: &System,
    command: &str,
) -> Result<(TokioChildProcess, Option<ChildStderr>), String> {
    let mut process = tokio::process::Command::new(command);
    process.args(&system.args).env_clear();
    for name in PASSED_ON {
        if let Ok(value) = std::env::var(name) {
            process.env(name, value);
        }
    }
    for (name, reference) in &system.env {
        let value = secret::resolve(reference).map_err(|error| error.to_string())?;
        process.env(name, value);
    }
    if let Some(cwd) = &system.cwd {
        process.current_dir(cwd);
    }
    let mut wrapped = CommandWrap::from(process);
    wrapped.wrap(ProcessGroup::leader()).wrap(KillOnDrop);
    TokioChildProcess::builder(wrapped)
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cannot run `{command}`: {error}"))
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

/// A child's stderr goes to our log, escaped: its words are not ours.
async fn log_stderr(system: String, stderr: ChildStderr) {
    let mut lines = BufReader::new(stderr).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let line: String = line.chars().take(500).collect();
        tracing::debug!(%system, line = %line.escape_debug(), "system wrote to stderr");
    }
}

/// Every tool the system lists, as JSON definitions, all pages.
pub async fn list_tools(peer: &Peer<RoleClient>) -> Result<Vec<Value>, String> {
    let tools = peer
        .list_all_tools()
        .await
        .map_err(|error| format!("cannot list its tools: {error}"))?;
    tools
        .into_iter()
        .map(|tool| serde_json::to_value(tool).map_err(|error| error.to_string()))
        .collect()
}

/// Makes one call, once.
pub async fn call(
    peer: &Peer<RoleClient>,
    call: SystemCall,
    timeout: Duration,
) -> Result<Value, CallError> {
    let mut params = CallToolRequestParams::new(call.tool);
    match call.arguments {
        Value::Object(arguments) => params = params.with_arguments(arguments),
        Value::Null => {}
        _ => return Err(CallError::NotSent("arguments are not an object".to_owned())),
    }
    if let Some(key) = call.idempotency_key {
        let mut meta = RequestMetaObject::default();
        meta.insert("io.leeway/idempotency-key".to_owned(), Value::String(key));
        params.meta = Some(meta);
    }
    if peer.is_transport_closed() {
        return Err(CallError::NotSent("the connection is closed".to_owned()));
    }
    match tokio::time::timeout(timeout, peer.call_tool_once(params)).await {
        Err(_) => Err(CallError::NoAnswer(format!(
            "none within {} s",
            timeout.as_secs()
        ))),
        Ok(Ok(CallToolResponse::Complete(result))) => serde_json::to_value(result)
            .map_err(|error| CallError::NoAnswer(format!("unreadable answer: {error}"))),
        Ok(Ok(_)) => Err(CallError::NoAnswer(
            "the system asked for more instead of answering".to_owned(),
        )),
        Ok(Err(ServiceError::McpError(error))) => Err(CallError::Refused(format!(
            "{} ({})",
            error.message, error.code.0
        ))),
        Ok(Err(error)) => Err(CallError::NoAnswer(error.to_string())),
    }
}
