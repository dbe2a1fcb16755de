//! The gate of a promotion: Wald's sequential probability ratio test. It may be looked at after every item
//! without getting easier to pass, which a rate that is checked again and again does.

use serde::{Deserialize, Serialize};

/// What the test is asked to tell apart, and how often it may be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Design {
    /// An error rate that is good: such an agent fails with probability [`Design::alpha`] at most.
    #[serde(deserialize_with = "crate::float::one")]
    pub p0: f64,
    /// An error rate that is bad: such an agent passes with probability [`Design::beta`] at most.
    #[serde(deserialize_with = "crate::float::one")]
    pub p1: f64,
    /// How often a good one may fail.
    #[serde(deserialize_with = "crate::float::one")]
    pub alpha: f64,
    /// How often a bad one may pass.
    #[serde(deserialize_with = "crate::float::one")]
    pub beta: f64,
}

/// What the test says so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Gate {
    /// It is shown to be good.
    Passes,
    /// It is shown to be bad: evidence starts again.
    Fails,
    /// Neither is shown: never a promotion.
    Inconclusive,
}

/// How a design behaves towards an agent of one error rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Behaviour {
    /// How probable it is that the agent passes.
    pub passes: f64,
    /// How many items it takes on average.
    pub items: f64,
}

impl Design {
    /// Tells 1 % from 5 %.
    pub const DEFAULT: Self = Self {
        p0: 0.01,
        p1: 0.05,
        alpha: 0.10,
        beta: 0.05,
    };
    /// For few items: tells 2 % from 8 %.
    pub const LOW_VOLUME: Self = Self {
        p0: 0.02,
        p1: 0.08,
        alpha: 0.10,
        beta: 0.05,
    };

    /// Slope of both lines, errors per item.
    pub fn slope(&self) -> f64 {
        let (g1, g2) = self.weights();
        g2 / (g1 + g2)
    }

    /// How far the passing line is below, errors.
    pub fn h1(&self) -> f64 {
        let (g1, g2) = self.weights();
        ((1.0 - self.alpha) / self.beta).ln() / (g1 + g2)
    }

    /// How far the failing line is above, errors.
    pub fn h2(&self) -> f64 {
        let (g1, g2) = self.weights();
        ((1.0 - self.beta) / self.alpha).ln() / (g1 + g2)
    }

    fn weights(&self) -> (f64, f64) {
        (
            (self.p1 / self.p0).ln(),
            ((1.0 - self.p0) / (1.0 - self.p1)).ln(),
        )
    }

    /// What so many errors among so many items say.
    pub fn says(&self, errors: u64, n: u64) -> Gate {
        let (errors, line) = (errors as f64, self.slope() * n as f64);
        if errors <= line - self.h1() {
            Gate::Passes
        } else if errors >= line + self.h2() {
            Gate::Fails
        } else {
            Gate::Inconclusive
        }
    }

    /// After how many items so many errors pass.
    pub fn passes_at(&self, errors: u64) -> u64 {
        ((errors as f64 + self.h1()) / self.slope()).ceil() as u64
    }

    /// Up to how many items so many errors fail; `None` when they never do.
    pub fn fails_up_to(&self, errors: u64) -> Option<u64> {
        let most = (errors as f64 - self.h2()) / self.slope();
        (most >= 1.0).then_some(most as u64)
    }

    /// How it behaves towards an agent of this error rate, exactly: every path is followed until nearly
    /// none is left.
    pub fn behaviour(&self, rate: f64) -> Behaviour {
        const LEFT: f64 = 1e-12;
        let (mut passes, mut items) = (0.0, 0.0);
        // How probable it is to be undecided with so many errors.
        let mut open = vec![1.0];
        let mut n = 0;
        while open.iter().sum::<f64>() > LEFT {
            n += 1;
            let mut next = vec![0.0; open.len() + 1];
            for (errors, mass) in open.iter().enumerate() {
                next[errors] += mass * (1.0 - rate);
                next[errors + 1] += mass * rate;
            }
            for (errors, mass) in next.iter_mut().enumerate() {
                let gate = self.says(errors as u64, n);
                if gate == Gate::Inconclusive {
                    continue;
                }
                if gate == Gate::Passes {
                    passes += *mass;
                }
                items += *mass * n as f64;
                *mass = 0.0;
            }
            open = next;
        }
        Behaviour { passes, items }
    }
}
