//! The action: one tool call an agent proposed, its revisions and its lifecycle.
//!
//! [`lifecycle`] is the state machine; [`state`] folds an action's ledger entries into what is
//! known of it now; [`audit`] is the record of twelve fields every action has.

pub mod audit;
pub mod event;
pub mod fold;
pub mod lifecycle;
pub mod lookalike;
pub mod sent;
pub mod state;
pub mod title;
pub mod visible;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What the agent says about its own call. Never trusted to lower anything.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Claim {
    /// Stated confidence, 0 to 1. `None` counts as below every threshold.
    #[serde(
        skip_serializing_if = "Option::is_none",
        deserialize_with = "crate::float::option"
    )]
    pub confidence: Option<f64>,
    /// Why the agent wants this, in its words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What set the agent going, in its words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trigger: Option<String>,
    /// What the agent read and relies on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<Source>,
    /// Why the agent itself takes it for a sensitive issue, in its words. It can only add one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sensitive: Vec<String>,
}

/// One cited source: where (`ref`), which field of the record it speaks of, and the value it gives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Source {
    /// Where it was read, e.g. `crm:contact/c-17` or a document's path.
    #[serde(rename = "ref")]
    pub reference: String,
    /// The field the source speaks of, named as in the action's changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The value the source gives for it: `None` when the agent only points at it, `null` when it
    /// says that the source is empty.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    pub value: Option<Value>,
}

/// Keeps a `null` that is written apart from a value that is not there.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// One tool call as it was proposed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// Workflow the agent's token is bound to.
    pub workflow: String,
    /// The agent's name.
    pub agent: String,
    /// The system the tool belongs to.
    pub system: String,
    /// The tool's own name at that system.
    pub tool: String,
    /// The arguments, redacted by the pack; what is redacted waits sealed outside the ledger.
    pub arguments: Value,
    /// What the agent answered to questions the system asked about this call before, redacted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inputs: Option<Value>,
}

impl Call {
    /// `<system>__<tool>`: the name under which agents and configuration know the tool. It is
    /// made, never parsed back.
    pub fn tool_name(&self) -> String {
        tool_name(&self.system, &self.tool)
    }
}

/// `<system>__<tool>`, see [`Call::tool_name`]. A tool nobody knows has no system: then it is the name
/// as it was called.
pub fn tool_name(system: &str, tool: &str) -> String {
    if system.is_empty() {
        return tool.to_owned();
    }
    format!("{system}__{tool}")
}

/// The versions an action was judged under: content hashes, or `None` where there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versions {
    /// The agent's prompt, if it (or the workflow) names one.
    pub prompt: Option<String>,
    /// The workflow's rules: hash of the workflow version.
    pub rules: Option<String>,
    /// The pack.
    pub pack: Option<String>,
    /// The tool's definition as the system listed it.
    pub tool: Option<String>,
    /// The model the workflow names, if it names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The permission owner matrix, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owners: Option<String>,
    /// How the system is reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
}
