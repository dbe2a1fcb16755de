//! Losing freedom: a cumulative sum that forgets good times and adds up bad ones. Source: Page 1954.

use serde::{Deserialize, Serialize};

/// What is told apart, and how much evidence demotes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Design {
    /// An error rate that is good.
    #[serde(deserialize_with = "crate::float::one")]
    pub p0: f64,
    /// An error rate that is bad.
    #[serde(deserialize_with = "crate::float::one")]
    pub p1: f64,
    /// The sum that demotes.
    #[serde(deserialize_with = "crate::float::one")]
    pub bound: f64,
}

impl Design {
    /// Tells 1 % from 5 %.
    pub const DEFAULT: Self = Self {
        p0: 0.01,
        p1: 0.05,
        bound: 3.0,
    };

    /// The sum after one more item.
    pub fn after(&self, sum: f64, wrong: bool) -> f64 {
        let step = if wrong {
            (self.p1 / self.p0).ln()
        } else {
            ((1.0 - self.p1) / (1.0 - self.p0)).ln()
        };
        (sum + step).max(0.0)
    }

    /// Whether a sum demotes.
    pub fn demotes(&self, sum: f64) -> bool {
        sum >= self.bound
    }
}
