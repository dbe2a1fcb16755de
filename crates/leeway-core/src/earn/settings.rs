//! How a workflow's agents earn freedom, and what its worth is worked out from: parts of
//! `workflows/*.toml`.

use crate::evidence::gate::Design;
use serde::{Deserialize, Serialize};

/// `[evidence]` of a workflow.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Evidence {
    /// Whether grants are given or earned.
    pub autonomy: Autonomy,
    /// What a promotion has to show.
    pub gate: GateKind,
    /// Days within which an output that was drawn is reviewed; overdue ones stop what would run
    /// unattended. 1 to 60.
    pub review_within_days: Option<u32>,
    /// Days a promotion is good for; then it is earned again. 1 to 3650.
    pub promotion_days: Option<u32>,
    /// Minutes a week that each reviewer has for it.
    pub reviewer_minutes_a_week: Option<u32>,
    /// Whether cases known to be wrong are planted among reviews and approvals now and then, to see whether
    /// they are found; they are unless told.
    pub planted_cases: Option<bool>,
}

impl Evidence {
    /// Whether it is as it is when nothing is said.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Days within which an output that was drawn is reviewed.
    pub fn within_days(&self) -> u32 {
        self.review_within_days.unwrap_or(7)
    }

    /// Whether cases known to be wrong are planted.
    pub fn plants(&self) -> bool {
        self.planted_cases.unwrap_or(true)
    }

    /// Days a promotion is good for.
    pub fn good_for_days(&self) -> u32 {
        self.promotion_days.unwrap_or(180)
    }
}

/// Whether grants are given or earned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Autonomy {
    /// The configured grants are in force, until they are lost.
    #[default]
    Configured,
    /// The configured grants are the most that can be earned; every tool begins with drafts.
    Earned,
}

/// What a promotion has to show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GateKind {
    /// Tells 1 % errors from 5 %.
    #[default]
    Default,
    /// For few outputs: tells 2 % errors from 8 %.
    LowVolume,
}

impl GateKind {
    /// The test's design.
    pub fn design(self) -> Design {
        match self {
            Self::Default => Design::DEFAULT,
            Self::LowVolume => Design::LOW_VOLUME,
        }
    }
}

/// `[roi]` of a workflow: what nobody can measure and somebody has to say.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RoiTerms {
    /// Three letters, e.g. `EUR`.
    pub currency: Option<String>,
    /// Minutes an item takes by hand.
    #[serde(deserialize_with = "crate::float::option")]
    pub manual_minutes: Option<f64>,
    /// What an hour of work costs.
    #[serde(deserialize_with = "crate::float::option")]
    pub hourly_wage: Option<f64>,
    /// What a wrong item that got through costs, besides mending it.
    #[serde(deserialize_with = "crate::float::option")]
    pub error_cost: Option<f64>,
    /// Minutes it takes to mend one.
    #[serde(deserialize_with = "crate::float::option")]
    pub fix_minutes: Option<f64>,
    /// Share of wrong items that reviews catch, 0 to 1, where it was not measured.
    #[serde(deserialize_with = "crate::float::option")]
    pub caught: Option<f64>,
    /// Hours a month its owner spends on it besides reviews.
    #[serde(deserialize_with = "crate::float::option")]
    pub owner_hours: Option<f64>,
    /// What the agent and its tools cost a month.
    #[serde(deserialize_with = "crate::float::option")]
    pub subscription: Option<f64>,
    /// What setting it up cost.
    #[serde(deserialize_with = "crate::float::option")]
    pub setup: Option<f64>,
}

impl RoiTerms {
    /// Whether nothing was said.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}
