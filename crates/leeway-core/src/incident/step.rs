//! The seven steps of an incident.

use serde::{Deserialize, Serialize};

/// One of the seven steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// 1: nothing of the workflow starts any more.
    Pause,
    /// 2: what it touched.
    Scope,
    /// 3: what can be put back is back.
    Remediate,
    /// 4: the owner knows.
    Notify,
    /// 5: where it came from.
    Review,
    /// 6: it cannot pass again.
    Guard,
    /// 7: the rest of what the workflow did is right.
    Verify,
}

impl Step {
    /// Every step, in order.
    pub const ALL: [Self; 7] = [
        Self::Pause,
        Self::Scope,
        Self::Remediate,
        Self::Notify,
        Self::Review,
        Self::Guard,
        Self::Verify,
    ];

    /// Its number, 1 to 7.
    pub fn number(self) -> u8 {
        match self {
            Self::Pause => 1,
            Self::Scope => 2,
            Self::Remediate => 3,
            Self::Notify => 4,
            Self::Review => 5,
            Self::Guard => 6,
            Self::Verify => 7,
        }
    }

    /// The name as in API and command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pause => "pause",
            Self::Scope => "scope",
            Self::Remediate => "remediate",
            Self::Notify => "notify",
            Self::Review => "review",
            Self::Guard => "guard",
            Self::Verify => "verify",
        }
    }

    /// Reads a name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.name() == text)
    }

    /// What is to be done, for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Pause => "Pause the workflow",
            Self::Scope => "Find what it touched",
            Self::Remediate => "Put back what can be put back",
            Self::Notify => "Have the owner acknowledge it",
            Self::Review => "Review source data and versions",
            Self::Guard => "Add a guardrail that catches the case",
            Self::Verify => "Check a sample of recent outputs",
        }
    }

    /// What evidence completes it, for people.
    pub fn asks_for(self) -> &'static str {
        match self {
            Self::Pause => "The pause's entry in the ledger: nothing started after it.",
            Self::Scope => {
                "The affected actions, records and messages, each once, and how they were found."
            }
            Self::Remediate => {
                "Every affected item is undone, kept with a reason, or handed to a person."
            }
            Self::Notify => "The owner, told at the declaration, says that they know of it.",
            Self::Review => {
                "Source data and the versions of prompt and rules were looked at, with a finding."
            }
            Self::Guard => {
                "A guardrail that catches the replayed case, and what else it would have held."
            }
            Self::Verify => "A random sample of recent outputs was reviewed and none is wrong.",
        }
    }
}
