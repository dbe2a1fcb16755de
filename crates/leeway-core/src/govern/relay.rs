//! What of a system, besides its tools, a workflow lets through to its agents, and under which
//! names they see what systems offer.

use super::workflow::{Grant, Workflow};
use crate::action::tool_name;
use serde::{Deserialize, Serialize};

/// Something of a system, besides its tools, that can be let through to agents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Relay {
    /// Its resources: listed, read, subscribed to, completed. Each read is an action of level 1.
    Resources,
    /// Its prompts: listed, got, completed. Each one got is an action of level 1.
    Prompts,
    /// What it logs.
    Logging,
    /// What it asks of the agent's side while it reads: elicitation, sampling, roots. Never while
    /// it changes anything: such a call runs exactly as it was judged.
    Questions,
}

/// How agents see names and addresses of what systems offer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Names {
    /// `<system>__<tool>`, `<system>__<prompt>`, `leeway://<system>/<uri>`.
    #[default]
    Qualified,
    /// As the system itself names them: for a workflow that uses exactly one system.
    Plain,
}

impl Names {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
    pub(super) fn is_qualified(&self) -> bool {
        *self == Self::Qualified
    }
}

impl Workflow {
    /// Whether something of a system reaches its agents.
    pub fn relays(&self, system: &str, what: Relay) -> bool {
        self.relay
            .get(system)
            .is_some_and(|relayed| relayed.contains(&what))
    }

    /// How far an agent may go with a tool: what `grants` says, or reading for what `relay` lets
    /// through. `<system>__resources/read` and its like are no tools an agent can call by name.
    pub fn grant(&self, tool: &str) -> Grant {
        if let Some(grant) = self.grants.get(tool) {
            return *grant;
        }
        let relayed = self.relay.iter().any(|(system, relayed)| {
            relayed.iter().any(|what| {
                what.methods()
                    .iter()
                    .any(|method| tool_name(system, method) == tool)
            })
        });
        if relayed { Grant::Read } else { Grant::Blocked }
    }
}

/// The method by which a resource is read, and the tool an action of it names.
pub const READ_RESOURCE: &str = "resources/read";
/// The method by which a prompt is got, and the tool an action of it names.
pub const GET_PROMPT: &str = "prompts/get";
/// The tool an action names that asks which values an argument of a resource's address may have.
pub const COMPLETE_RESOURCE: &str = "completion/resource";
/// The tool an action names that asks which values an argument of a prompt may have.
pub const COMPLETE_PROMPT: &str = "completion/prompt";

impl Relay {
    /// Methods this lets agents use, as the tools their actions name.
    pub fn methods(self) -> &'static [&'static str] {
        match self {
            Self::Resources => &[READ_RESOURCE, COMPLETE_RESOURCE],
            Self::Prompts => &[GET_PROMPT, COMPLETE_PROMPT],
            Self::Logging | Self::Questions => &[],
        }
    }
}
