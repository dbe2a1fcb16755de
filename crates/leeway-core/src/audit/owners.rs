//! Who answers for what: the permission owner matrix, and which of its rows a set of tools needs.

use super::{AuditedTool, Subject};
use crate::classify::Effect;
use crate::govern::owners::Responsibility;
use crate::govern::workflow::Workflow;
use serde::Serialize;

/// Kinds of record that are documents.
const DOCUMENT_TYPES: [&str; 14] = [
    "file",
    "document",
    "doc",
    "page",
    "sheet",
    "spreadsheet",
    "folder",
    "directory",
    "row",
    "presentation",
    "slide",
    "form",
    "block",
    "attachment",
];

/// The row that answers for a tool: that of the gravest thing it touches. `workflow` is whose
/// responsibility counts where nothing decides.
pub fn of(tool: &AuditedTool, workflow: Option<&Workflow>) -> Responsibility {
    let kind = tool.guess.record_type.as_deref().unwrap_or_default();
    let home = match workflow {
        Some(workflow) => workflow.responsibility,
        None if DOCUMENT_TYPES.contains(&kind) => Responsibility::DocumentExtraction,
        None => Responsibility::CrmFieldUpdates,
    };
    if tool.effect == Effect::Execute || tool.effect == Effect::Admin {
        return Responsibility::PromptsAndRules;
    }
    Responsibility::of_effect(tool.effect, &tool.areas, home)
}

/// A row that somebody has to be named for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OwnerNeed {
    /// The row's name in `owners.toml`.
    pub responsibility: Responsibility,
    /// The row's name for people.
    pub area: String,
    /// Who should own its risk.
    pub business_owner: String,
    /// Who should own the set-up.
    pub technical_owner: String,
    /// How often its records are reviewed.
    pub cadence: String,
    /// The tools it answers for.
    pub tools: Vec<String>,
    /// Who the matrix in force names as its business owner; absent when nobody is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub named: Option<String>,
}

/// The rows that tools which change something need. Agents' prompts and rules always need one.
pub(super) fn needed(tools: &[AuditedTool], subject: Subject<'_>) -> Vec<OwnerNeed> {
    Responsibility::ALL
        .into_iter()
        .filter_map(|row| {
            let theirs: Vec<String> = tools
                .iter()
                .filter(|tool| tool.effect != Effect::Read && of(tool, subject.workflow) == row)
                .map(|tool| tool.name.clone())
                .collect();
            let (business, technical) = row.usual_owners();
            let named = subject.owners.and_then(|owners| owners.rows.get(&row));
            let cadence = named.and_then(|owner| owner.cadence);
            (!theirs.is_empty() || row == Responsibility::PromptsAndRules).then(|| OwnerNeed {
                responsibility: row,
                area: row.title().to_owned(),
                business_owner: business.to_owned(),
                technical_owner: technical.to_owned(),
                cadence: cadence.unwrap_or(row.usual_cadence()).words().to_owned(),
                tools: theirs,
                named: named.map(|owner| owner.business.clone()),
            })
        })
        .collect()
}
