//! What the scripted agents do: one file per workflow under `scenarios/`, a table of calls.

use leeway_core::action::Source;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

const FILES: [(&str, &str); 6] = [
    (
        "sales-follow-up",
        include_str!("scenarios/sales-follow-up.toml"),
    ),
    ("crm-clean-up", include_str!("scenarios/crm-clean-up.toml")),
    (
        "customer-success",
        include_str!("scenarios/customer-success.toml"),
    ),
    (
        "document-processing",
        include_str!("scenarios/document-processing.toml"),
    ),
    (
        "support-triage",
        include_str!("scenarios/support-triage.toml"),
    ),
    (
        "proposal-automation",
        include_str!("scenarios/proposal-automation.toml"),
    ),
];

/// What one agent does.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Done once, at a quick pace, when the demo starts.
    pub first: Vec<Step>,
    /// Done afterwards, slowly; those marked `again` for ever.
    pub later: Vec<Step>,
}

/// One call.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The sandbox's own name of the tool.
    pub tool: String,
    /// Its arguments.
    #[serde(default)]
    pub arguments: Map<String, Value>,
    /// What set the agent going.
    pub trigger: String,
    /// Why it wants this.
    pub reason: String,
    /// Its confidence.
    #[serde(deserialize_with = "leeway_core::float::one")]
    pub confidence: f64,
    /// What it relies on.
    #[serde(default)]
    pub sources: Vec<Source>,
    /// Where it states all that.
    #[serde(default)]
    pub via: Via,
    /// What comes of it under the shipped workflows.
    pub expect: Expect,
    /// Whether a later step is done on every round.
    #[serde(default)]
    pub again: bool,
}

/// Where an agent states its confidence, reason and sources.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Via {
    /// In the argument `governance`, as language models do.
    #[default]
    Argument,
    /// In `_meta`, as programs do.
    Meta,
}

/// What comes of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Expect {
    /// It runs alone.
    Runs,
    /// It waits for a person.
    Held,
    /// It is refused.
    Blocked,
}

impl Step {
    /// What the agent says about the call, as `governance` has it.
    pub fn governance(&self) -> Value {
        json!({
            "confidence": self.confidence,
            "reason": self.reason,
            "trigger": self.trigger,
            "sources": self.sources,
        })
    }
}

impl Scenario {
    /// The scenario of a workflow, or why there is none.
    pub fn of(workflow: &str) -> anyhow::Result<Self> {
        let (_, text) = FILES
            .iter()
            .find(|(name, _)| *name == workflow)
            .ok_or_else(|| anyhow::anyhow!("no scripted agent knows workflow `{workflow}`"))?;
        toml::from_str(text)
            .map_err(|error| anyhow::anyhow!("the scenario of `{workflow}` is damaged: {error}"))
    }

    /// The step of the slow part's `round`: all later steps once, then those marked `again`.
    pub fn later_step(&self, round: u64) -> Option<&Step> {
        let round = usize::try_from(round).ok()?;
        if let Some(step) = self.later.get(round) {
            return Some(step);
        }
        let again: Vec<&Step> = self.later.iter().filter(|step| step.again).collect();
        let past = round.checked_sub(self.later.len())?;
        again.get(past.checked_rem(again.len())?).copied()
    }
}

#[cfg(test)]
mod tests;
