//! Whether a classified action may run alone, must wait for a person, or may not happen.
//!
//! INVARIANT: no level 4 or 5 action, and nothing a review rule catches, comes out as
//! [`Verdict::Allow`], whatever the configuration. [`rules`] holds grants and the eight review
//! rules, [`guardrail`] the operator's own, [`facts`] what must be computed before judging.

pub mod backtest;
pub mod check;
pub mod compiled;
pub mod counting;
pub mod facts;
pub mod gate;
pub mod guardrail;
pub mod hours;
pub mod review;
pub mod rules;

pub use facts::Facts;

use serde::{Deserialize, Serialize};

/// The outcome of judging, ordered by strictness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It may run alone.
    Allow,
    /// It waits for a person.
    Hold,
    /// It may not happen.
    Block,
}

/// One rule that spoke, and what it said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// The rule's stable id.
    pub rule: String,
    /// What it asks for.
    pub verdict: Verdict,
    /// One sentence for people, in Leeway's words.
    pub text: String,
}

/// A verdict and every rule that led to it, strictest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The strictest of the reasons' verdicts.
    pub verdict: Verdict,
    /// Every rule that fired; never empty.
    pub reasons: Vec<Reason>,
    /// How many people have to approve it when it is held: the most any fired rule asks for.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub approvals: u8,
}

fn one() -> u8 {
    1
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_one(approvals: &u8) -> bool {
    *approvals == 1
}

impl Verdict {
    /// The name as in API and ledger.
    pub fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Hold => "hold",
            Self::Block => "block",
        }
    }
}
