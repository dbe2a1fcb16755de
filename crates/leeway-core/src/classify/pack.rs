//! The schema of a pack: what each tool of a known business system does, reads, writes and undoes.
//!
//! Filters are jq. Every filter gets the call's arguments as `.`; `$before` is the record's fields
//! as read before the call (`null` when there are none) and `$result` the tool's answer (`null`
//! before it ran). An answer is the MCP result `{content, structuredContent, isError}`; when its
//! first text is JSON, it is also parsed into `.json`.

use super::{Area, Effect};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One pack file, `packs/<name>.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pack {
    /// The pack's name; systems refer to it.
    pub name: String,
    /// What system it is for, for people.
    pub title: String,
    /// Names of arguments and result fields whose values never reach ledger, logs or pages.
    #[serde(default)]
    pub redact: Vec<String>,
    /// The system's tools by their own names.
    #[serde(default, rename = "tool")]
    pub tools: BTreeMap<String, ToolEntry>,
}

/// What one tool does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolEntry {
    /// What one successful call does, at least.
    pub effect: Effect,
    /// True when a create of this kind is not low-risk (a contract, a price, a customer-facing or
    /// financial record): level 4 instead of 3.
    #[serde(default)]
    pub high_impact: bool,
    /// True when a call on a record that does not exist makes it (a file that is written): it is a
    /// create then.
    #[serde(default)]
    pub creates_when_missing: bool,
    /// Areas every call touches.
    #[serde(default)]
    pub areas: Vec<Area>,
    /// Raises effect or areas when a filter over the arguments says so. A filter can only raise.
    #[serde(default)]
    pub raise: Vec<Raise>,
    /// The record a call touches.
    pub record: Option<RecordRule>,
    /// Filter giving an object of field → new value.
    pub changes: Option<String>,
    /// Changed fields whose arrays only ever gain members by this call (tags): gaining is level 3.
    #[serde(default)]
    pub additive: Vec<String>,
    /// How to read the record.
    pub read: Option<ReadRule>,
    /// How the version mark that was read goes into the call, where the system writes on condition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<ConditionRule>,
    /// Fields whose change is high-impact even when blank.
    #[serde(default)]
    pub critical: Vec<String>,
    /// Areas that changing a field touches.
    #[serde(default)]
    pub field_areas: BTreeMap<String, Vec<Area>>,
    /// Filter giving the amount of money in cents, an integer.
    pub amount_cents: Option<String>,
    /// Filter giving the texts (string or array of strings) to look through for sensitive issues.
    pub text: Option<String>,
    /// How a call is taken back. Required unless the effect is `read`.
    pub undo: Option<UndoRule>,
}

/// Raises a tool's effect or areas for some arguments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Raise {
    /// Filter giving true or false.
    pub when: String,
    /// The effect then, if graver than the tool's own.
    pub effect: Option<Effect>,
    /// Further areas then.
    #[serde(default)]
    pub areas: Vec<Area>,
}

/// Which record a call touches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordRule {
    /// Kind of record, e.g. `contact`.
    #[serde(rename = "type")]
    pub record_type: String,
    /// Filter giving the record's id, a string or number.
    pub id: String,
}

/// How to read the record a call touches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadRule {
    /// The system's tool that reads it. Its own pack entry must have effect `read`.
    pub tool: String,
    /// Filter giving that tool's arguments from the call's arguments.
    pub arguments: String,
    /// Filter over the reading tool's answer giving an object of fields, or `null` when there is no
    /// such record.
    pub fields: String,
    /// Filter over the answer giving the system's version mark, a string or number.
    pub version: Option<String>,
    /// Text in an error answer that means there is no such record (then it is missing, not failed).
    pub missing: Option<String>,
}

/// Where a conditional write carries the version mark of the record as it was read: the system
/// refuses the write when the record has another by now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConditionRule {
    /// In an HTTP header, e.g. `If-Match`. Only systems by OpenAPI document have headers.
    Header(String),
    /// In an argument of the tool, e.g. `@etag`. Whatever the agent gives there is overwritten.
    Argument(String),
}

/// How a call is taken back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum UndoRule {
    /// A call that restores the old values.
    Exact {
        /// The system's tool to call.
        tool: String,
        /// Filter giving its arguments, over the call's arguments with `$before` and `$result`.
        arguments: String,
        /// One sentence for people.
        summary: String,
    },
    /// A new act that offsets it.
    Compensating {
        /// The system's tool to call.
        tool: String,
        /// Filter giving its arguments.
        arguments: String,
        /// One sentence for people.
        summary: String,
    },
    /// It cannot be taken back.
    None {
        /// Why, for people.
        why: String,
    },
}
