//! What a stage counts: the present run, what people did, what stated confidences are worth, weeks.

use super::curve::Curve;
use crate::evidence::calibration::{self, Bucket};
use crate::evidence::continuous;
use serde::{Deserialize, Serialize};

/// Milliseconds of a week; weeks begin on Mondays at midnight, UTC.
const WEEK_MS: i64 = 7 * 24 * 3600 * 1000;
/// The first Monday of 1970, UTC milliseconds.
const MONDAY_MS: i64 = 4 * 24 * 3600 * 1000;

/// When the week of a time began, UTC milliseconds.
pub fn week_of(at_ms: i64) -> i64 {
    at_ms - (at_ms - MONDAY_MS).rem_euclid(WEEK_MS)
}

/// Parts of stated confidence that are measured apart.
pub const BUCKETS: usize = 10;

/// The evidence of the present run: since it began anew last.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Its number, from 1.
    pub number: u64,
    /// Since when, UTC milliseconds.
    pub since_ms: i64,
    /// Outputs that are known to be right or wrong.
    pub reviewed: u64,
    /// Of those, wrong.
    pub wrong: u64,
    /// Wrong ones over items.
    pub errors: Curve,
    /// The sum that drift is told by.
    #[serde(deserialize_with = "crate::float::one")]
    pub sum: f64,
    /// Its course.
    pub sums: Curve,
    /// Where the sampling of what runs alone stands.
    pub sampling: continuous::Standing,
    /// Whether a review found a critical error since it began, in whatever output.
    pub critical: bool,
    /// Whether a critical error is among those that count.
    #[serde(default)]
    pub grave: bool,
}

/// What people did with what they decided on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Adoption {
    /// Taken as proposed.
    pub accepted: u64,
    /// Taken after a change.
    pub edited: u64,
    /// Not taken.
    pub rejected: u64,
    /// Sum of the parts that were changed, 0 to 1 each, of those edited.
    #[serde(deserialize_with = "crate::float::one")]
    pub edited_share: f64,
}

impl Adoption {
    /// How many were decided on.
    pub fn decided(&self) -> u64 {
        self.accepted + self.edited + self.rejected
    }
}

/// How often an agent is right at what confidence.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Stated {
    /// Outputs.
    pub n: u64,
    /// Of those, right.
    pub right: u64,
    /// Sum of the confidences stated.
    #[serde(deserialize_with = "crate::float::one")]
    pub sum: f64,
    /// The least of them: what is proven of these outputs is proven from there on.
    #[serde(default, deserialize_with = "crate::float::option")]
    pub least: Option<f64>,
}

impl Stated {
    /// Takes another's outputs in.
    pub fn join(&mut self, other: &Self) {
        self.n += other.n;
        self.right += other.right;
        self.sum += other.sum;
        self.least = match (self.least, other.least) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }
}

/// One week's outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Week {
    /// When it began, UTC milliseconds.
    pub from_ms: i64,
    /// Outputs known to be right or wrong.
    pub n: u64,
    /// Of those, right.
    pub right: u64,
}

/// The bucket of a confidence, 0 to 1.
pub fn bucket_of(confidence: f64) -> usize {
    ((confidence * BUCKETS as f64) as usize).min(BUCKETS - 1)
}

/// Stated confidences as buckets to measure by; empty ones are left out.
pub fn buckets(stated: &[Stated]) -> Vec<Bucket> {
    stated
        .iter()
        .filter(|one| one.n > 0)
        .map(|one| Bucket {
            confidence: one.sum / one.n as f64,
            n: one.n,
            right: one.right,
        })
        .collect()
}

/// The confidence from which on outputs are proven to be wrong no more often than `target`; `None` when
/// that is proven of none.
pub fn threshold(stated: &[Stated], target: f64) -> Option<f64> {
    let from: Vec<Bucket> = stated
        .iter()
        .filter(|one| one.n > 0)
        .map(|one| Bucket {
            confidence: one.least.unwrap_or(1.0),
            n: one.n,
            right: one.right,
        })
        .collect();
    calibration::threshold(&from, target)
}
