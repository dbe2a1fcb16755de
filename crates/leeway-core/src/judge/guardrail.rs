//! Guardrails: the operator's own rules over an action, in a closed, typed vocabulary. A rule fires
//! when every condition it names holds; a condition whose data is unknown holds (fail closed).

use super::Verdict;
use crate::classify::{Area, Effect};
use serde::{Deserialize, Serialize};

/// One rule: `[[guardrail]]` in a workflow file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guardrail {
    /// Stable id, kebab-case, unique in the workflow.
    pub id: String,
    /// One sentence for people: why it stops.
    pub text: String,
    /// `hold` or `block`.
    pub then: Then,
    /// How many people have to approve what it holds; 1 unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approvals: Option<u8>,
    /// When it fires.
    pub when: When,
}

/// What a guardrail asks for. It can never allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Then {
    /// Wait for a person.
    Hold,
    /// Refuse.
    Block,
}

impl From<Then> for Verdict {
    fn from(then: Then) -> Self {
        match then {
            Then::Hold => Self::Hold,
            Then::Block => Self::Block,
        }
    }
}

/// The conditions of a guardrail; all that are named must hold. An empty list names nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct When {
    /// Tools, as `<system>__<tool>`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<String>,
    /// Agents by name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub agents: Vec<String>,
    /// Effects.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub effects: Vec<Effect>,
    /// Level at least this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level_at_least: Option<u8>,
    /// Any of these areas is touched.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub areas: Vec<Area>,
    /// The record is of one of these types.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub record_types: Vec<String>,
    /// Any of these fields changes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
    /// The currency of its amounts, by ISO 4217; the workflow's unless told. An amount in another, or in
    /// one that is not known, counts as above.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// The amount is above this many cents (the smallest unit of the currency).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount_above_cents: Option<i64>,
    /// The stated confidence is below this (none stated counts as below).
    #[serde(
        skip_serializing_if = "Option::is_none",
        deserialize_with = "crate::float::option"
    )]
    pub confidence_below: Option<f64>,
    /// It is outside the workflow's business hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outside_business_hours: Option<bool>,
    /// More than so many actions in a window.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
    /// More than so much money in a window, this action included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<Total>,
}

/// A count over a sliding window; this action included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// Fires when the count, this action included, is above this.
    pub more_than: u64,
    /// Length of the window, seconds.
    pub per_s: u64,
    /// Whose actions are counted.
    pub of: Scope,
}

/// A sum of amounts over a sliding window; this action included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Total {
    /// Fires when the sum, this action included, is above this many cents.
    pub above_cents: i64,
    /// Length of the window, seconds.
    pub per_s: u64,
    /// Whose actions are counted.
    pub of: Scope,
}

/// Whose actions a rate or total counts, always within one workflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// The whole workflow's.
    Workflow,
    /// The same agent's.
    Agent,
    /// The same tool's.
    Tool,
    /// Those on the same record.
    Record,
}
