//! Facts that depend on time or history. They are computed before judging, passed in, and recorded
//! with the entry, so any past decision replays identically.

use crate::govern::containment::Containment;
use crate::govern::routing::OwnerFact;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Everything the judge may know besides the action and the rules.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// When it was judged, UTC milliseconds.
    pub now_ms: i64,
    /// Whether that lies within the workflow's business hours; `None` when it has none, or they
    /// could not be worked out.
    pub in_business_hours: Option<bool>,
    /// Per guardrail id with a rate or total: what was counted before this action, in its window
    /// and scope. A guardrail without an entry here counts as exceeded.
    pub counted: BTreeMap<String, Counted>,
    /// Whose risk it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<OwnerFact>,
    /// How far the workflow was held back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contained: Option<Containment>,
}

/// What happened before, within one guardrail's window and scope.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// Actions that ran or were let run.
    pub count: u64,
    /// Their amounts, in cents.
    pub sum_cents: i64,
}
