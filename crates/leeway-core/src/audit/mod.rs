//! The workflow audit: what a system's tools need before agents may use them. Pure: from tool
//! definitions, a pack and a workflow to permissions, approvals, logs, undo rules, owners and what
//! stands in the way. A pack entry speaks for its tool; where there is none, the guess does.
//!
//! [`needs`] is the four lists; [`owners`] who answers for what; [`blockers`] what is missing;
//! [`draft`] the pack and workflow to start from; [`methods`] what a document's operations say beyond their names.

mod acts;
pub mod blockers;
pub mod draft;
mod fields;
mod methods;
pub mod needs;
pub mod owners;
mod reach;

use crate::classify::guess::Guess;
use crate::classify::pack::{Pack, ToolEntry};
use crate::classify::{Area, Effect, Level};
use crate::govern::owners::Owners;
use crate::govern::workflow::Workflow;
use crate::openapi::document::Document;
use blockers::Blocker;
use methods::Guessed;
use needs::{Approval, LogNeed, Permission, UndoNeed};
use owners::OwnerNeed;
use serde::Serialize;
use serde_json::Value;
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// What is audited.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The system's short name: the first part of its tools' names in a workflow.
    pub system: &'a str,
    /// The tools it lists, as MCP definitions.
    pub tools: &'a [Value],
    /// What is known about them already.
    pub pack: Option<&'a Pack>,
    /// The workflow that is to use them.
    pub workflow: Option<&'a Workflow>,
    /// The owner matrix in force, if there is one.
    pub owners: Option<&'a Owners>,
    /// The OpenAPI document the tools are the operations of.
    pub document: Option<&'a Document>,
}

/// One tool, the riskiest first.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AuditedTool {
    /// The system's own name for it.
    pub name: String,
    /// What one successful call does, at worst.
    pub effect: Effect,
    /// The level of that.
    pub level: Level,
    /// Arguments that hold new values of a record.
    pub fields: Vec<String>,
    /// Areas of the business it touches.
    pub areas: BTreeSet<Area>,
    /// Why, one sentence for people.
    pub why: String,
    /// The pack's entry, when it has one.
    #[serde(skip)]
    pub entry: Option<ToolEntry>,
    /// What is guessed from its definition.
    #[serde(skip)]
    pub guess: Guess,
    /// The name that says what it does: without what a generator put on.
    #[serde(skip)]
    pub words: String,
}

/// An operation of a document that becomes no tool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// Method and path.
    pub operation: String,
    /// The name its tool would have; absent where the document does not say enough for one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Why, one sentence.
    pub why: String,
    /// What ends it.
    pub help: String,
}

impl AuditedTool {
    /// True when the pack says what it does.
    pub fn is_classified(&self) -> bool {
        self.entry.is_some()
    }
}

/// The whole audit. Its JSON form is public: see docs/audit.md.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Audit {
    /// The tools, the riskiest first.
    pub tools: Vec<AuditedTool>,
    /// How far an agent may go with each.
    pub permissions: Vec<Permission>,
    /// Which calls wait for whom.
    pub approvals: Vec<Approval>,
    /// What has to be recorded, and who looks at it.
    pub logs: Vec<LogNeed>,
    /// How each is taken back.
    pub undo: Vec<UndoNeed>,
    /// Who has to be named.
    pub owners: Vec<OwnerNeed>,
    /// What stands in the way.
    pub blockers: Vec<Blocker>,
    /// Operations of the document that become no tool; absent without any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
}

/// Audits a system's tools. A definition without a name is left out and named as a blocker; of two
/// with one name the first counts.
pub fn audit(subject: Subject<'_>) -> Audit {
    let mut guesses = methods::guesses(subject);
    let mut tools: Vec<AuditedTool> = subject
        .tools
        .iter()
        .filter_map(|definition| {
            let name = definition["name"]
                .as_str()
                .filter(|name| !name.is_empty())?;
            let entry = subject.pack.and_then(|pack| pack.tools.get(name));
            Some(audited(name, entry, guesses.remove(name)?))
        })
        .collect();
    tools.sort_by_key(|tool| {
        let (level, effect) = (Reverse(tool.level), Reverse(tool.effect));
        (level, effect, tool.name.clone())
    });
    Audit {
        permissions: needs::permissions(&tools, subject),
        approvals: needs::approvals(&tools, subject),
        logs: needs::logs(&tools, subject),
        undo: needs::undo(&tools),
        owners: owners::needed(&tools, subject),
        blockers: blockers::find(&tools, subject),
        left_out: left_out(subject),
        tools,
    }
}

/// What a document has that becomes no tool.
fn left_out(subject: Subject<'_>) -> Vec<LeftOut> {
    let skipped = subject.document.map(|document| document.skipped.as_slice());
    let skipped = skipped.unwrap_or_default().iter();
    skipped
        .map(|one| LeftOut {
            operation: one.operation.clone(),
            name: one.name.clone(),
            why: one.fault.message.clone(),
            help: one.fault.help.to_owned(),
        })
        .collect()
}

fn audited(name: &str, entry: Option<&ToolEntry>, guessed: Guessed) -> AuditedTool {
    let Guessed { guess, words } = guessed;
    let (effect, level, areas, why) = match entry {
        Some(entry) => known(entry),
        None => (
            guess.effect,
            guess.level,
            guess.areas.clone(),
            guess.why.clone(),
        ),
    };
    let fields = if effect == Effect::Read {
        Vec::new()
    } else {
        guess.fields.clone()
    };
    AuditedTool {
        name: name.to_owned(),
        effect,
        level,
        fields,
        areas,
        why,
        entry: entry.cloned(),
        guess,
        words,
    }
}

/// What a pack entry says a tool does at worst: with every raise, on the least fitting record.
fn known(entry: &ToolEntry) -> (Effect, Level, BTreeSet<Area>, String) {
    let raised = entry.raise.iter().filter_map(|raise| raise.effect).max();
    let effect = entry.effect.max(raised.unwrap_or(entry.effect));
    let level = match effect {
        Effect::Read => Level::ReadOnly,
        Effect::Draft => Level::DraftOnly,
        Effect::Create if entry.high_impact || !entry.critical.is_empty() => Level::HighImpact,
        Effect::Create => Level::LowRisk,
        Effect::Send | Effect::Pay => Level::External,
        _ => Level::HighImpact,
    };
    let areas = entry
        .areas
        .iter()
        .chain(entry.raise.iter().flat_map(|raise| &raise.areas))
        .chain(entry.field_areas.values().flatten())
        .copied()
        .collect();
    let why = if effect > entry.effect {
        "The pack says so, for the gravest of its arguments."
    } else {
        "The pack says so."
    };
    (effect, level, areas, why.to_owned())
}
