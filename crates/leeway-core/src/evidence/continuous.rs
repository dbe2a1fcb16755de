//! Continuous sampling of what runs alone: everything is reviewed until so many are clean in a row, then a
//! fraction; an error brings back everything. Source: Dodge's CSP-1.

use serde::{Deserialize, Serialize};

/// A plan.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// How many in a row have to be clean.
    pub run: u32,
    /// Which part is reviewed then.
    #[serde(deserialize_with = "crate::float::one")]
    pub fraction: f64,
}

/// Where it stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Clean ones in a row, among those reviewed; it stops at the plan's run.
    pub clean: u32,
}

impl Plan {
    /// What level 3 is reviewed by.
    pub const LEVEL_3: Self = Self {
        run: 54,
        fraction: 0.1,
    };

    /// Which part of what runs now is reviewed.
    pub fn share(&self, standing: Standing) -> f64 {
        if standing.clean >= self.run {
            self.fraction
        } else {
            1.0
        }
    }

    /// After one more was reviewed.
    pub fn after(&self, standing: Standing, wrong: bool) -> Standing {
        if wrong {
            return Standing::default();
        }
        Standing {
            clean: standing.clean.saturating_add(1).min(self.run),
        }
    }

    /// Which part is reviewed in the long run, of an agent of this error rate.
    pub fn average_share(&self, rate: f64) -> f64 {
        let clean_run = (1.0 - rate).powi(self.run as i32);
        self.fraction / (self.fraction + (1.0 - self.fraction) * clean_run)
    }

    /// The error rate of what nobody looked at, over everything, in the long run.
    pub fn average_outgoing(&self, rate: f64) -> f64 {
        rate * (1.0 - self.average_share(rate))
    }
}
