//! What a rate or total counts: what its guardrail speaks of, and nothing else. An action counts where
//! every other condition of the guardrail held for it; a read only where the guardrail speaks of reads.

use super::guardrail::When;
use crate::classify::{Area, Classified, Effect};
use serde::{Deserialize, Serialize};

/// The conditions of a guardrail by which past actions are counted.
#[derive(Clone, Debug, PartialEq)]
pub struct Counts {
    /// The conditions; rate and total say how many, not what.
    pub when: When,
    /// Whether any read is counted: by its effect, its level, or the names of the tools.
    pub reads: bool,
}

impl Counts {
    /// What a guardrail counts.
    pub fn of(when: &When) -> Self {
        Self {
            reads: speaks_of_reads(when),
            when: When {
                rate: None,
                total: None,
                ..when.clone()
            },
        }
    }
}

/// Whether a guardrail says that it is about reads too: it lists the effect, starts at level 1, or names
/// the tools it is about.
pub fn speaks_of_reads(when: &When) -> bool {
    if when.effects.is_empty() {
        !when.tools.is_empty() || when.level_at_least == Some(1)
    } else {
        when.effects.contains(&Effect::Read)
    }
}

/// What is kept of an action beside its row, so that it can be counted by any condition.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weighed {
    /// The areas it touches, one bit each.
    pub areas: u8,
    /// Names of the fields it changes.
    pub fields: Vec<String>,
    /// Whether something about it could not be worked out: it may be anything then.
    pub unknown: bool,
    /// Whether it names an amount, known or not.
    pub amount_expected: bool,
}

impl Weighed {
    /// Of a classification.
    pub fn of(classified: &Classified) -> Self {
        let mut fields: Vec<String> = classified
            .changes
            .iter()
            .map(|change| change.field.clone())
            .collect();
        fields.sort_unstable();
        fields.dedup();
        Self {
            areas: bits(&classified.areas),
            fields,
            unknown: !classified.unknowns.is_empty(),
            amount_expected: classified.amount_expected,
        }
    }
}

/// Areas as bits.
pub fn bits<'a>(areas: impl IntoIterator<Item = &'a Area>) -> u8 {
    areas
        .into_iter()
        .fold(0, |bits, area| bits | 1 << *area as u8)
}
