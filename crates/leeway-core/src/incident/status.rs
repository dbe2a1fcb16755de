//! Where an incident stands.

use super::step::Step;
use serde::{Deserialize, Serialize};

/// Where an incident stands: from `Contained` to `Verified`, the last step that is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IncidentStatus {
    /// Somebody, or a tripped breaker, thinks that something is wrong; nobody is in command.
    Suspected,
    /// It was a false alarm.
    Dismissed,
    /// It is a part of another incident.
    Merged,
    /// It is one, and somebody is in command.
    Declared,
    /// The workflow is paused.
    Contained,
    /// What it touched is known.
    Scoped,
    /// Every affected item is settled.
    Remediated,
    /// The owner acknowledged it.
    Notified,
    /// Source data and versions were reviewed.
    Reviewed,
    /// A guardrail catches the case.
    Guarded,
    /// A sample passed; both owners are to sign.
    Verified,
    /// The workflow runs again and every action of it is reviewed.
    Reenabled,
    /// It did not happen again within the clean window.
    Closed,
}

impl IncidentStatus {
    /// Every status.
    pub const ALL: [Self; 13] = [
        Self::Suspected,
        Self::Dismissed,
        Self::Merged,
        Self::Declared,
        Self::Contained,
        Self::Scoped,
        Self::Remediated,
        Self::Notified,
        Self::Reviewed,
        Self::Guarded,
        Self::Verified,
        Self::Reenabled,
        Self::Closed,
    ];

    /// The name as in API and command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Suspected => "suspected",
            Self::Dismissed => "dismissed",
            Self::Merged => "merged",
            Self::Declared => "declared",
            Self::Contained => "contained",
            Self::Scoped => "scoped",
            Self::Remediated => "remediated",
            Self::Notified => "notified",
            Self::Reviewed => "reviewed",
            Self::Guarded => "guarded",
            Self::Verified => "verified",
            Self::Reenabled => "reenabled",
            Self::Closed => "closed",
        }
    }

    /// In plain words, for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Suspected => "Suspected",
            Self::Dismissed => "False alarm",
            Self::Merged => "Part of another incident",
            Self::Declared => "Declared",
            Self::Contained => "Paused",
            Self::Scoped => "Extent known",
            Self::Remediated => "Put right",
            Self::Notified => "Owner knows",
            Self::Reviewed => "Cause reviewed",
            Self::Guarded => "Guardrail in place",
            Self::Verified => "Sample passed: both owners sign",
            Self::Reenabled => "Running again, everything reviewed",
            Self::Closed => "Closed",
        }
    }

    /// Reads a name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == text)
    }

    /// Whether it ended: it never reopens.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Dismissed | Self::Merged | Self::Closed)
    }

    /// Whether somebody is in command: it was declared and has not ended.
    pub fn is_commanded(self) -> bool {
        !self.is_over() && self != Self::Suspected
    }

    /// How many of the seven steps are done.
    pub fn steps_done(self) -> u8 {
        match self {
            Self::Suspected | Self::Dismissed | Self::Merged | Self::Declared => 0,
            Self::Contained => 1,
            Self::Scoped => 2,
            Self::Remediated => 3,
            Self::Notified => 4,
            Self::Reviewed => 5,
            Self::Guarded => 6,
            Self::Verified | Self::Reenabled | Self::Closed => 7,
        }
    }

    /// The step whose evidence is asked for next; `None` when there is none.
    pub fn next_step(self) -> Option<Step> {
        if !self.is_commanded() {
            return None;
        }
        Step::ALL.get(usize::from(self.steps_done())).copied()
    }
}
