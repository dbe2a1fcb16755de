//! What can happen to a stage: the payloads of its entries. Stream `stage/<workflow>/<system>__<tool>`.

use super::verdict::{How, Severity, Verdict};
use super::versions::{Changed, EvidenceVersions};
use crate::govern::workflow::Grant;
use crate::id::ActionId;
use crate::incident::event::Side;
use serde::{Deserialize, Serialize};

/// Why evidence begins anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Anew {
    /// There was none.
    First,
    /// What it was gained with is another now.
    Versions,
    /// The gate says that it is bad.
    Failed,
    /// It was promoted: the next level has to be earned too.
    Promoted,
    /// It was demoted.
    Demoted,
    /// An owner lets it try again.
    Readmitted,
}

/// Why something was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lost {
    /// Errors came too close together.
    Drift,
    /// The gate says that it is bad.
    Failed,
    /// A critical error.
    Critical,
    /// An incident named one of its actions.
    Incident,
    /// The lots of its area were stopped.
    Lots,
    /// A person took it back.
    Person,
}

impl Lost {
    /// Whether the evidence itself says that what it was gained with is bad.
    pub fn is_found_bad(self) -> bool {
        matches!(self, Self::Drift | Self::Failed | Self::Critical)
    }
}

/// One entry of a stage's stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event")]
pub enum StageEvent {
    /// Evidence begins, for the first time or because the versions are others. First entry.
    #[serde(rename = "stage.began")]
    Began {
        /// Why.
        because: Anew,
        /// What it is gained with from here on.
        versions: EvidenceVersions,
        /// Since when it is gained, UTC milliseconds: what was proposed before does not count.
        since_ms: i64,
        /// What differs from before.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        changed: Vec<Changed>,
        /// What draws are made with from here on: random, known to the ledger alone.
        seed: String,
    },
    /// It was learned how an output is.
    #[serde(rename = "stage.observed")]
    Observed(Observed),
    /// The gate passes: a promotion is proposed.
    #[serde(rename = "stage.eligible")]
    Eligible {
        /// From which level.
        from: Grant,
        /// To which.
        to: Grant,
        /// Reviewed outputs.
        reviewed: u64,
        /// Of those, wrong.
        wrong: u64,
        /// Hash over the evidence: what signatures are bound to.
        content_hash: String,
        /// Until when it may be signed, UTC milliseconds.
        expires_ms: i64,
    },
    /// An owner signs the promotion.
    #[serde(rename = "stage.signed")]
    Signed {
        /// Who.
        by: String,
        /// For which side.
        #[serde(rename = "as")]
        side: Side,
        /// Hash of the evidence as it was shown.
        content_hash: String,
        /// What the signature says.
        meaning: String,
        /// True when one person signs for both sides because there is nobody else.
        #[serde(default)]
        solo: bool,
    },
    /// The proposal lapses: nobody signed in time, or somebody declined.
    #[serde(rename = "stage.lapsed")]
    Lapsed {
        /// Who declined; `None` when the time was over.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
        /// Why, for people.
        why: String,
    },
    /// It goes one level up. The workflow's entry of the same append brings it into force.
    #[serde(rename = "stage.promoted")]
    Promoted {
        /// To which level.
        to: Grant,
    },
    /// It goes one level down. The workflow's entry of the same append brings it into force.
    #[serde(rename = "stage.demoted")]
    Demoted {
        /// From which level.
        from: Grant,
        /// To which.
        to: Grant,
        /// Why.
        because: Lost,
        /// Why, one sentence for people.
        why: String,
    },
    /// The gate says that it is bad, where there is nothing to lose: evidence begins anew.
    #[serde(rename = "stage.failed")]
    Failed {
        /// Reviewed outputs.
        reviewed: u64,
        /// Of those, wrong.
        wrong: u64,
    },
    /// What the evidence found bad may be proposed again, from nothing, though nothing it is gained with
    /// changed: every attempt is another chance to get through by luck, so a person answers for it.
    #[serde(rename = "stage.readmitted")]
    Readmitted {
        /// Who.
        by: String,
        /// Why, in their words.
        why: String,
    },
}

/// Payload of [`StageEvent::Observed`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observed {
    /// The output.
    pub action: ActionId,
    /// Whose agent's.
    pub agent: String,
    /// By what it was learned.
    pub how: How,
    /// What it is.
    pub verdict: Verdict,
    /// What it counted as before, when it was looked at again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Verdict>,
    /// The confidence its agent stated.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "crate::float::option"
    )]
    pub confidence: Option<f64>,
    /// How bad, when a review says that it is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// The failure's pattern.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// Which part of it a person changed, 0 to 1, when one did.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "crate::float::option"
    )]
    pub edited_share: Option<f64>,
    /// What two people said who did not know of each other: right or not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pair: Option<(bool, bool)>,
    /// Whether it counts as evidence: it was proposed since the evidence began, with its versions.
    pub counts: bool,
}

impl StageEvent {
    /// The entry's kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Began { .. } => "stage.began",
            Self::Observed(_) => "stage.observed",
            Self::Eligible { .. } => "stage.eligible",
            Self::Signed { .. } => "stage.signed",
            Self::Lapsed { .. } => "stage.lapsed",
            Self::Promoted { .. } => "stage.promoted",
            Self::Demoted { .. } => "stage.demoted",
            Self::Failed { .. } => "stage.failed",
            Self::Readmitted { .. } => "stage.readmitted",
        }
    }
}
