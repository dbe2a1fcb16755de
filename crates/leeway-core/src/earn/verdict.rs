//! What a person says of an output, and by what it was learned.

use serde::{Deserialize, Serialize};

/// What a person says of an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It is as it should be.
    Right,
    /// It is not.
    Wrong,
    /// They cannot tell: somebody else looks too.
    Unsure,
}

impl Verdict {
    /// Every verdict.
    pub const ALL: [Self; 3] = [Self::Right, Self::Wrong, Self::Unsure];

    /// The name as in API and command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::Wrong => "wrong",
            Self::Unsure => "unsure",
        }
    }

    /// Reads a name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == text)
    }
}

/// How bad a wrong output is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Nobody outside would notice.
    Minor,
    /// It takes work to mend.
    Major,
    /// Money, a customer or the law: what was earned is lost at once.
    Critical,
}

impl Severity {
    /// Every severity, the mildest first.
    pub const ALL: [Self; 3] = [Self::Minor, Self::Major, Self::Critical];

    /// The name as in API and command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Minor => "minor",
            Self::Major => "major",
            Self::Critical => "critical",
        }
    }

    /// Reads a name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == text)
    }
}

/// Failure patterns to choose from; whoever reviews may write another, which is offered from then on.
pub const PATTERNS: [&str; 8] = [
    "wrong record",
    "wrong value",
    "source misread",
    "source outdated",
    "missing step",
    "should not have acted",
    "tone or wording",
    "duplicate",
];

/// Characters of a pattern at most.
pub const LONGEST_PATTERN: usize = 60;

/// By what it was learned how an output is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// A person approved it as it was proposed.
    Accepted,
    /// A person changed it before it ran: as proposed it was not right.
    Edited,
    /// A person rejected it.
    Rejected,
    /// A person reviewed it after it ran.
    Reviewed,
}
