//! What Leeway acts on: connections to the business's systems. Nothing here decides anything.

mod connection;
mod mcp_client;

pub use connection::{Health, Systems, ToolsSeen};

use serde_json::Value;

/// Why a call to a system gave no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// It never left: the system did nothing.
    #[error("the call was not sent: {0}")]
    NotSent(String),
    /// The system answered with a protocol error: it did nothing.
    #[error("the system refused the call: {0}")]
    Refused(String),
    /// It was sent and no answer came: it may or may not have happened.
    #[error("no answer came: {0}")]
    NoAnswer(String),
}

/// One call to make.
#[derive(Clone, Debug)]
pub struct SystemCall {
    /// The tool's own name at the system.
    pub tool: String,
    /// Its arguments.
    pub arguments: Value,
    /// Key by which a system that supports it refuses a repeat.
    pub idempotency_key: Option<String>,
}
