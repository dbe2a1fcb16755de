//! How far an agent may really go with a tool: what was earned and what was lost, beside the grant that is
//! configured. Part of a workflow's document, so that every start has it as precondition.

use super::settings::Autonomy;
use super::versions::EvidenceVersions;
use crate::govern::workflow::Grant;
use serde::{Deserialize, Serialize};

/// What was earned or lost last with one tool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// How far it goes.
    pub grant: Grant,
    /// What it was earned with: with anything else it counts for nothing. `None` for what is left of a
    /// grant that was given, not earned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with: Option<EvidenceVersions>,
    /// Until when, UTC milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_ms: Option<i64>,
    /// Since when, UTC milliseconds.
    pub since_ms: i64,
    /// Why, one sentence for people.
    pub why: String,
}

/// What stated confidences of one agent are worth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibrated {
    /// The confidence from which on it may be relied on, 0 to 1.
    #[serde(deserialize_with = "crate::float::one")]
    pub threshold: f64,
    /// Reviewed outputs it was measured with.
    pub reviewed: u64,
    /// The prompt it was measured with.
    pub prompt: Option<String>,
    /// The model it was measured with.
    pub model: Option<String>,
    /// Who adopted it.
    pub by: String,
    /// When, UTC milliseconds.
    pub at_ms: i64,
}

/// The most a tool's grant comes to at a time; `None` where nothing limits what is configured.
pub fn cap(
    (autonomy, standing): (Autonomy, Option<&Standing>),
    versions: &EvidenceVersions,
    now_ms: i64,
) -> Option<Grant> {
    match (autonomy, standing) {
        (Autonomy::Configured, None) => None,
        (Autonomy::Earned, None) => Some(Grant::Draft),
        (_, Some(standing)) => {
            let over = standing.until_ms.is_some_and(|until| until <= now_ms);
            // What was never earned is not left over from what was given.
            let other = match (&standing.with, autonomy) {
                (Some(with), _) => with != versions,
                (None, autonomy) => autonomy == Autonomy::Earned,
            };
            Some(if over || other {
                standing.grant.min(Grant::Draft)
            } else {
                standing.grant
            })
        }
    }
}

/// One level up, where there is one.
pub fn above(grant: Grant) -> Option<Grant> {
    Some(match grant {
        Grant::Draft => Grant::Update,
        Grant::Update => Grant::HighImpact,
        Grant::HighImpact => Grant::External,
        Grant::Blocked | Grant::Read | Grant::External => return None,
    })
}

/// One level down; never below drafts, which people send.
pub fn below(grant: Grant) -> Grant {
    match grant {
        Grant::External => Grant::HighImpact,
        Grant::HighImpact => Grant::Update,
        Grant::Update | Grant::Draft => Grant::Draft,
        Grant::Read | Grant::Blocked => grant,
    }
}
