//! Readings of Leeway's own that no action's entry holds: those that show what an undo would do, or what became
//! of a call whose outcome nobody knows.

use crate::action::event::Reading;
use serde::{Deserialize, Serialize};

/// A workflow's readings so far. Stream `reading/<workflow>`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadingsState {
    /// How many.
    pub made: u64,
}

impl ReadingsState {
    /// The stream of a workflow's readings.
    pub fn stream(workflow: &str) -> String {
        format!("reading/{workflow}")
    }

    /// With some more.
    #[must_use]
    pub fn more(self, readings: &[Reading]) -> Self {
        Self {
            made: self.made + readings.len() as u64,
        }
    }
}
