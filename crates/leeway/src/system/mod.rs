//! What Leeway acts on: connections to the business's systems. Nothing here decides anything.
#![expect(
    deprecated,
    reason = "systems of the earlier protocol know nothing else"
)]

mod calls;
mod child;
mod client;
mod connection;
pub mod line;
mod listing;
mod mcp_calls;
mod mcp_client;
mod openapi;
mod smtp;
mod tap;
pub mod task;
mod trouble;

pub use connection::{Connection, Health, Subscription, Systems, ToolsSeen};
pub use listing::tools_listed;
pub use mcp_calls::{list_prompts, list_resource_templates, list_resources};
pub use mcp_client::Through;
pub use tap::Heard;

use line::Line;
use rmcp::model::ErrorData;

use serde_json::Value;

/// Why a call to a system gave no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// It never left: the system did nothing.
    #[error("the call was not sent: {0}")]
    NotSent(String),
    /// It was refused before anything ran.
    #[error("the system refused the call: {0}")]
    Refused(String),
    /// It was refused, because the system does not take the credential.
    #[error("the system does not take the credential: {0}")]
    NotSignedIn(String),
    /// The system refused a conditional write, because the record is another by now: it did nothing.
    #[error("the record had changed, and the system refused the write: {0}")]
    Conflict(String),
    /// The system answered with an error of the protocol; some codes say that nothing ran.
    #[error("the system answered with the error {code}: {message}")]
    Protocol {
        /// Its JSON-RPC code.
        code: i32,
        /// Its words.
        message: String,
        /// What it added.
        data: Option<Value>,
    },
    /// It was cancelled while it ran: it may or may not have happened.
    #[error("it was cancelled while it ran: {0}")]
    Cancelled(String),
    /// It was sent, and the system does not know its session any more, or whoever stands before it says
    /// so: it may or may not have happened.
    #[error("no answer came, and its session was not found any more: {0}")]
    SessionLost(String),
    /// It was sent and no answer came: it may or may not have happened.
    #[error("no answer came: {0}")]
    NoAnswer(String),
}

impl CallError {
    /// A protocol error as the system answered it.
    pub fn protocol(error: &ErrorData) -> Self {
        Self::Protocol {
            code: error.code.0,
            message: error.message.to_string(),
            data: error.data.clone(),
        }
    }
}

/// What is asked of a system.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verb {
    /// To call one of its tools.
    #[default]
    CallTool,
    /// To read a resource: the arguments are `{uri}`.
    ReadResource,
    /// To give a prompt: `{name, arguments}`.
    GetPrompt,
    /// To say which values an argument may have: `{ref, argument, context}`.
    Complete,
}

/// One call to make.
#[derive(Clone, Debug)]
pub struct SystemCall {
    /// What is asked.
    pub verb: Verb,
    /// The tool's own name at the system.
    pub tool: String,
    /// Its arguments.
    pub arguments: Value,
    /// Whether it only reads, so that it may be made again.
    pub reads: bool,
    /// Key by which a system that supports it refuses a repeat.
    pub idempotency_key: Option<String>,
    /// On what condition it is to be carried out.
    pub condition: Option<Condition>,
    /// The line to the agent's side, while it waits for this very call.
    pub line: Option<Line>,
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
