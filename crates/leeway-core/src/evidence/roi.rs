//! What a workflow is worth in a month, net of what it costs to watch it and to mend it.

use serde::{Deserialize, Serialize};

/// What it is worked out from. Money in one currency; shares are parts of 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inputs {
    /// Items a month.
    #[serde(deserialize_with = "crate::float::one")]
    pub volume: f64,
    /// Minutes an item takes by hand.
    #[serde(deserialize_with = "crate::float::one")]
    pub manual_min: f64,
    /// Minutes its review takes.
    #[serde(deserialize_with = "crate::float::one")]
    pub review_min: f64,
    /// Share of items a reviewer edits.
    #[serde(deserialize_with = "crate::float::one")]
    pub edited: f64,
    /// Minutes such an edit takes.
    #[serde(deserialize_with = "crate::float::one")]
    pub edit_min: f64,
    /// Share of items rejected and done by hand.
    #[serde(deserialize_with = "crate::float::one")]
    pub rejected: f64,
    /// Share of items that are wrong.
    #[serde(deserialize_with = "crate::float::one")]
    pub wrong: f64,
    /// Share of those that the review catches.
    #[serde(deserialize_with = "crate::float::one")]
    pub caught: f64,
    /// What a wrong item that is not caught costs, besides mending it.
    #[serde(deserialize_with = "crate::float::one")]
    pub error_cost: f64,
    /// Minutes it takes to mend.
    #[serde(deserialize_with = "crate::float::one")]
    pub fix_min: f64,
    /// What an hour of work costs.
    #[serde(deserialize_with = "crate::float::one")]
    pub wage: f64,
    /// Hours a month its owner spends on it.
    #[serde(deserialize_with = "crate::float::one")]
    pub owner_hours: f64,
    /// Subscription a month.
    #[serde(deserialize_with = "crate::float::one")]
    pub subscription: f64,
    /// What setting it up cost.
    #[serde(deserialize_with = "crate::float::one")]
    pub setup: f64,
}

/// The terms, a month.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Roi {
    /// What doing it by hand would cost.
    #[serde(deserialize_with = "crate::float::one")]
    pub manual: f64,
    /// Reviewing.
    #[serde(deserialize_with = "crate::float::one")]
    pub review: f64,
    /// Editing.
    #[serde(deserialize_with = "crate::float::one")]
    pub edits: f64,
    /// Doing again what was rejected.
    #[serde(deserialize_with = "crate::float::one")]
    pub redo: f64,
    /// Errors that got through.
    #[serde(deserialize_with = "crate::float::one")]
    pub errors: f64,
    /// The owner's time.
    #[serde(deserialize_with = "crate::float::one")]
    pub owner: f64,
    /// The subscription.
    #[serde(deserialize_with = "crate::float::one")]
    pub subscription: f64,
    /// What is left.
    #[serde(deserialize_with = "crate::float::one")]
    pub net: f64,
}

impl Inputs {
    fn work(&self, minutes: f64) -> f64 {
        self.volume * minutes / 60.0 * self.wage
    }

    fn error_each(&self) -> f64 {
        self.error_cost + self.fix_min / 60.0 * self.wage
    }

    /// Works the terms out.
    pub fn roi(&self) -> Roi {
        let manual = self.work(self.manual_min);
        let review = self.work(self.review_min);
        let edits = self.work(self.edited * self.edit_min);
        let redo = self.work(self.rejected * self.manual_min);
        let errors = self.volume * self.wrong * (1.0 - self.caught) * self.error_each();
        let owner = self.owner_hours * self.wage;
        let costs = review + edits + redo + errors + owner + self.subscription;
        Roi {
            manual,
            review,
            edits,
            redo,
            errors,
            owner,
            subscription: self.subscription,
            net: manual - costs,
        }
    }

    /// After how many months the set-up is paid; `None` when it never is.
    pub fn payback_months(&self) -> Option<f64> {
        let net = self.roi().net;
        (net > 0.0).then(|| self.setup / net)
    }

    /// The share of wrong items at which nothing is left; `None` where errors cost nothing.
    pub fn break_even_wrong(&self) -> Option<f64> {
        let each = self.volume * (1.0 - self.caught) * self.error_each();
        let without = Self {
            wrong: 0.0,
            ..*self
        }
        .roi()
        .net;
        (each > 0.0).then(|| (without / each).max(0.0))
    }
}
