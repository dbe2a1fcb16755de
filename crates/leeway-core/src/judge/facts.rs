//! Facts that depend on time or history. They are computed before judging, passed in, and recorded
//! with the entry, so any past decision replays identically.

use crate::govern::containment::Containment;
use crate::govern::routing::OwnerFact;
use crate::govern::workflow::Grant;
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
    /// The most the tool's grant came to: what was earned, or was left of it. `None` where nothing
    /// limited what is configured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cap: Option<Grant>,
    /// Why nothing of its area ran unattended, one sentence for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unreviewed: Option<String>,
    /// From which stated confidence on this agent may be relied on, where that has to be measured; `None`
    /// inside: from none, it was not measured yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measured: Option<Measured>,
}

/// What a stated confidence was worth, where it had to be measured.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// From which on it may be relied on, 0 to 1; `None`: from none.
    #[serde(default, deserialize_with = "crate::float::option")]
    pub threshold: Option<f64>,
}

/// What happened before, within one guardrail's window and scope.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// Actions that ran or were let run.
    pub count: u64,
    /// Their amounts, in cents.
    pub sum_cents: i64,
}
