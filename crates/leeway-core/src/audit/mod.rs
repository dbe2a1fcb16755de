//! The workflow audit: what a system's tools need before agents may use them. Pure: from tool
//! definitions, a pack and a workflow to permissions, approvals, logs, undo rules, owners and what
//! stands in the way. A pack entry speaks for its tool; where there is none, the guess does.
//!
//! [`needs`] is the four lists; [`owners`] who answers for what; [`blockers`] what is missing;
//! [`draft`] the pack and workflow to start from.

mod acts;
pub mod blockers;
pub mod draft;
pub mod needs;
pub mod owners;
mod reach;

use crate::classify::guess::{Guess, Server, guess};
use crate::classify::pack::{Pack, ToolEntry};
use crate::classify::{Area, Effect, Level};
use crate::govern::owners::Owners;
use crate::govern::workflow::Workflow;
use blockers::Blocker;
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
}

/// Audits a system's tools. A definition without a name is left out and named as a blocker; of two
/// with one name the first counts.
pub fn audit(subject: Subject<'_>) -> Audit {
    let server = Server::of(subject.tools);
    let mut seen = BTreeSet::new();
    let mut tools: Vec<AuditedTool> = subject
        .tools
        .iter()
        .filter_map(|definition| {
            let name = definition["name"]
                .as_str()
                .filter(|name| !name.is_empty())?;
            let entry = subject.pack.and_then(|pack| pack.tools.get(name));
            seen.insert(name.to_owned())
                .then(|| audited(name, definition, entry, &server))
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
        tools,
    }
}

fn audited(
    name: &str,
    definition: &Value,
    entry: Option<&ToolEntry>,
    server: &Server,
) -> AuditedTool {
    let guess = guess(definition, server);
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
