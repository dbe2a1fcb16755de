//! The containment ladder: how far a workflow is held back while something is wrong with it. Above its
//! rungs stands the full stop, a pause.

use crate::classify::Level;
use crate::judge::{Reason, Verdict};
use serde::{Deserialize, Serialize};

/// A rung, ordered from the mildest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Containment {
    /// Everything but a read waits for a person.
    ApproveAll,
    /// Levels 4 and 5 are off; the rest waits for a person.
    RiskyOff,
    /// Only reads run.
    ReadOnly,
}

/// What is done to every workflow at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Everything {
    /// Each is held back at least this far.
    ApproveAll,
    /// As [`Containment::RiskyOff`].
    RiskyOff,
    /// As [`Containment::ReadOnly`].
    ReadOnly,
    /// Each is paused.
    Stop,
    /// None is held back any more; what is paused stays paused.
    None,
}

impl Everything {
    /// The names as in API and command line.
    pub const NAMES: [&str; 5] = ["approve-all", "risky-off", "read-only", "stop", "none"];

    /// Reads a name.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "stop" => Some(Self::Stop),
            "none" => Some(Self::None),
            rung => Some(match Containment::parse(rung)? {
                Containment::ApproveAll => Self::ApproveAll,
                Containment::RiskyOff => Self::RiskyOff,
                Containment::ReadOnly => Self::ReadOnly,
            }),
        }
    }

    /// The rung, where it is one.
    pub fn rung(self) -> Option<Containment> {
        match self {
            Self::ApproveAll => Some(Containment::ApproveAll),
            Self::RiskyOff => Some(Containment::RiskyOff),
            Self::ReadOnly => Some(Containment::ReadOnly),
            Self::Stop | Self::None => None,
        }
    }
}

impl Containment {
    /// Every rung.
    pub const ALL: [Self; 3] = [Self::ApproveAll, Self::RiskyOff, Self::ReadOnly];

    /// The name as in API and command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::ApproveAll => "approve-all",
            Self::RiskyOff => "risky-off",
            Self::ReadOnly => "read-only",
        }
    }

    /// Reads a name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rung| rung.name() == text)
    }

    /// In plain words, for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::ApproveAll => "A person approves everything",
            Self::RiskyOff => "Risky tools off",
            Self::ReadOnly => "Read-only",
        }
    }

    /// What it says of an action, if it says anything. It only ever makes a decision stricter.
    pub fn reason(self, level: Level) -> Option<Reason> {
        let say = |verdict, text: &str| {
            Some(Reason {
                rule: format!("contained-{}", self.name()),
                verdict,
                text: text.to_owned(),
            })
        };
        match (self, level) {
            (_, Level::ReadOnly) => None,
            (Self::ReadOnly, _) => say(
                Verdict::Block,
                "This workflow is contained: it may only read for now.",
            ),
            (Self::RiskyOff, Level::HighImpact | Level::External) => say(
                Verdict::Block,
                "This workflow is contained: high-impact and external actions are off for now.",
            ),
            _ => say(
                Verdict::Hold,
                "This workflow is contained: a person approves everything for now.",
            ),
        }
    }
}

/// How a workflow is contained now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contained {
    /// The rung.
    pub rung: Containment,
    /// The entry's actor.
    pub by: String,
    /// When, UTC milliseconds.
    pub at_ms: i64,
    /// Why, in the person's words.
    pub reason: String,
    /// What ends it by itself; `None` while it is a person's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<String>,
}

impl Contained {
    /// Whether it is somebody's own, for good.
    pub fn is_of(&self, actor: &str) -> bool {
        self.holder.is_none() && self.by == actor
    }
}
