//! People and agents, and what each role may do.

use serde::{Deserialize, Serialize};

/// What a person may do. One person may have several roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Configures workflows, systems, people; pauses and resumes. Does not approve by this role.
    Operator,
    /// Owns the risk of the business: approves, pauses, resumes.
    Owner,
    /// Decides held actions; may pause.
    Reviewer,
    /// Reads and verifies everything, changes nothing.
    Auditor,
}

/// A thing a person may be allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Right {
    /// See actions, workflows, the ledger.
    Read,
    /// Approve, edit, reject held actions.
    Decide,
    /// Pause a workflow.
    Pause,
    /// Resume a paused workflow.
    Resume,
    /// Propose changes of the configuration.
    Propose,
    /// Review tool definitions, add people and agents.
    Configure,
}

impl Role {
    /// Every role, in the order shown to people.
    pub const ALL: [Self; 4] = [Self::Operator, Self::Owner, Self::Reviewer, Self::Auditor];

    /// Whether this role carries a right.
    pub fn may(self, right: Right) -> bool {
        match right {
            Right::Read => true,
            Right::Decide => matches!(self, Self::Owner | Self::Reviewer),
            Right::Pause => !matches!(self, Self::Auditor),
            Right::Resume => matches!(self, Self::Operator | Self::Owner),
            Right::Propose => matches!(self, Self::Operator | Self::Owner),
            Right::Configure => matches!(self, Self::Operator),
        }
    }

    /// The role's name as in configuration and API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Owner => "owner",
            Self::Reviewer => "reviewer",
            Self::Auditor => "auditor",
        }
    }

    /// Reads a role's name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == text)
    }
}

/// A person who signs in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Sign-in name.
    pub email: String,
    /// Roles; never empty for an active person.
    pub roles: Vec<Role>,
}

impl Person {
    /// Whether any of the person's roles carries the right.
    pub fn may(&self, right: Right) -> bool {
        self.roles.iter().any(|role| role.may(right))
    }
}
