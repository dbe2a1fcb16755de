//! What evidence was gained with. A change of any of it makes an agent another one.

use crate::canonical;
use crate::govern::workflow::Workflow;
use serde::{Deserialize, Serialize};

/// The versions that evidence is tied to: labels or content hashes, `None` where there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceVersions {
    /// The prompt.
    pub prompt: Option<String>,
    /// The model.
    pub model: Option<String>,
    /// The workflow's rules: [`rules`].
    pub rules: String,
    /// The pack.
    pub pack: Option<String>,
    /// The tool's definition.
    pub tool: Option<String>,
}

/// One version that is another now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// Which: `prompt`, `model`, `rules`, `pack`, `tool`.
    pub what: String,
    /// What it was.
    pub from: Option<String>,
    /// What it is.
    pub to: Option<String>,
}

impl EvidenceVersions {
    /// What differs from earlier versions.
    pub fn since(&self, earlier: &Self) -> Vec<Changed> {
        let rules = |versions: &Self| Some(versions.rules.clone());
        [
            ("prompt", earlier.prompt.clone(), self.prompt.clone()),
            ("model", earlier.model.clone(), self.model.clone()),
            ("rules", rules(earlier), rules(self)),
            ("pack", earlier.pack.clone(), self.pack.clone()),
            ("tool", earlier.tool.clone(), self.tool.clone()),
        ]
        .into_iter()
        .filter(|(_, from, to)| from != to)
        .map(|(what, from, to)| Changed {
            what: what.to_owned(),
            from,
            to,
        })
        .collect()
    }
}

/// Hash of what of a workflow's version shapes its agents' outputs and what is made of them. Titles,
/// deadlines, grants of other tools and the like do not.
pub fn rules(workflow: &Workflow) -> String {
    canonical::hash(&(
        &workflow.guardrails,
        &workflow.required_sources,
        &workflow.sensitive_words,
        workflow.confidence_threshold,
        &workflow.business_hours,
    ))
}
