//! Reading a server's tools once, without keeping the connection: for the audit.

use super::child::LastWords;
use super::mcp_client::Through;
use super::tap::Ears;
use super::{mcp_calls, mcp_client};
use leeway_core::govern::system::System;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, broadcast};

/// Every tool the system lists, as MCP definitions. The server is started or reached for this and
/// left again; an answer that does not come within the system's `timeout_s` is an error, one sentence.
pub async fn tools_listed(system: &System) -> Result<Vec<Value>, String> {
    let listing = async {
        let ears = Ears {
            system: system.name.clone(),
            tools_changed: Arc::new(Notify::new()),
            heard: broadcast::channel(1).0,
        };
        let words = LastWords::default();
        let session = match mcp_client::start(system, Through::default(), (ears, &words)).await {
            Ok(session) => session,
            Err(why) => return Err(words.after(&why).await),
        };
        let tools = mcp_calls::list_tools(session.peer()).await;
        if let Err(error) = session.cancel().await {
            tracing::debug!(%error, "the session did not end well");
        }
        match tools {
            Ok(tools) => Ok(tools),
            Err(why) => Err(words.after(&why).await),
        }
    };
    match tokio::time::timeout(Duration::from_secs(system.timeout_s), listing).await {
        Ok(tools) => tools,
        Err(_) => Err(format!(
            "it did not list its tools within {} s",
            system.timeout_s
        )),
    }
}
