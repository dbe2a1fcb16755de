//! What Leeway acts on: connections to the business's systems. Nothing here decides anything.

mod client;
mod connection;
mod guard;
mod listing;
mod mcp_client;
mod openapi;
mod smtp;
mod trouble;

pub use connection::{Health, Systems, ToolsSeen};
pub use listing::tools_listed;

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
    /// The system refused a conditional write, because the record is another by now: it did nothing.
    #[error("the record had changed, and the system refused the write: {0}")]
    Conflict(String),
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
    /// On what condition it is to be carried out.
    pub condition: Option<Condition>,
}

/// That the record still has the version that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Said in a header of the request.
    Header {
        /// The header's name.
        name: String,
        /// The version.
        version: String,
    },
    /// Said in an argument that is among the call's arguments already.
    Argument,
}
