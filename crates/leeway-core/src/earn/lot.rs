//! Lots: what is drawn of an area's outputs by its cadence, and what their reviews make of the next.
//! Stream `lot/<workflow>/<responsibility>`.

use crate::evidence::cadence::{self, Cadence};
use crate::evidence::strata::{Stratum, weighted_error};
use crate::id::ActionId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Outputs of one tool in a lot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LotStratum {
    /// `<system>__<tool>`.
    pub tool: String,
    /// How many there were.
    pub size: u64,
    /// How many were drawn.
    pub drawn: u64,
}

/// What the reviews of one tool in a lot found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LotFound {
    /// `<system>__<tool>`.
    pub tool: String,
    /// How many were reviewed.
    pub reviewed: u64,
    /// Of those, wrong.
    pub wrong: u64,
}

/// One entry of a lot's stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event")]
pub enum LotEvent {
    /// A sample was drawn.
    #[serde(rename = "lot.drawn")]
    Drawn {
        /// Its number, from 1.
        number: u64,
        /// What it was drawn with: the ledger's root before it, so that nobody could know it earlier and
        /// everybody can draw again.
        root: String,
        /// How many entries that root covers.
        entries: u64,
        /// The first entry looked at.
        from_seq: u64,
        /// What there was.
        strata: Vec<LotStratum>,
        /// The actions drawn, in the order drawn.
        drawn: Vec<ActionId>,
        /// How strictly.
        cadence: Cadence,
        /// Until when they are to be reviewed, UTC milliseconds.
        due_ms: i64,
    },
    /// All of it is reviewed.
    #[serde(rename = "lot.closed")]
    Closed {
        /// Its number.
        number: u64,
        /// How many were reviewed.
        reviewed: u64,
        /// How many of them are wrong.
        wrong: u64,
        /// How many of those critically.
        critical: u64,
        /// The same by tool.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        found: Vec<LotFound>,
    },
    /// The cause of a stop was removed.
    #[serde(rename = "lot.restarted")]
    Restarted {
        /// Who says so.
        by: String,
        /// What the cause was and how it was removed, in their words.
        why: String,
    },
}

impl LotEvent {
    /// The entry's kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Drawn { .. } => "lot.drawn",
            Self::Closed { .. } => "lot.closed",
            Self::Restarted { .. } => "lot.restarted",
        }
    }
}

/// A lot that is being reviewed, or was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lot {
    /// Its number.
    pub number: u64,
    /// When it was drawn, UTC milliseconds.
    pub at_ms: i64,
    /// How many outputs there were.
    pub size: u64,
    /// How many were drawn.
    pub drawn: u64,
    /// How strictly.
    pub cadence: Cadence,
    /// How many are wrong, once all are reviewed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wrong: Option<u64>,
    /// What it was drawn from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub strata: Vec<LotStratum>,
    /// What its reviews found, once all are reviewed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub found: Vec<LotFound>,
    /// The share of all outputs that is wrong, as the sample has it: each tool weighs as much as it did,
    /// not as it was drawn. For display.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "crate::float::option"
    )]
    pub estimate: Option<f64>,
}

/// Lots remembered.
const REMEMBERED: usize = 52;

/// Where the lots of an area stand.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LotState {
    /// How strictly the next is drawn, and why.
    pub standing: cadence::Standing,
    /// The latest lots, oldest first.
    pub lots: Vec<Lot>,
    /// The entry the next lot begins with.
    pub next_seq: u64,
    /// When the latest was drawn, UTC milliseconds.
    pub drawn_ms: Option<i64>,
    /// The first lot that is drawn strictly without a break, the last time that began.
    #[serde(default)]
    pub strict_from: u64,
}

/// How many are drawn of a lot, and how many of them may be wrong.
pub fn plan(cadence: Cadence) -> (usize, u64) {
    match cadence {
        Cadence::Normal => (20, 1),
        Cadence::Tightened | Cadence::Stopped => (32, 1),
        Cadence::Reduced => (8, 0),
    }
}

/// What a reviewed lot says.
pub fn judged(cadence: Cadence, wrong: u64, critical: u64) -> cadence::Lot {
    let (_, most) = plan(cadence);
    match (wrong, critical) {
        (_, 1..) => cadence::Lot::Rejected,
        (0, _) => cadence::Lot::Well,
        (wrong, _) if wrong <= most => cadence::Lot::Accepted,
        _ => cadence::Lot::Rejected,
    }
}

/// The share of all outputs of a lot that is wrong.
fn estimate(strata: &[LotStratum], found: &[LotFound]) -> Option<f64> {
    let strata: Vec<Stratum> = strata
        .iter()
        .map(|one| {
            let found = found.iter().find(|found| found.tool == one.tool);
            Stratum {
                size: one.size,
                n: found.map_or(0, |found| found.reviewed),
                errors: found.map_or(0, |found| found.wrong),
            }
        })
        .collect();
    weighted_error(&strata)
}

impl LotState {
    /// The stream of an area of a workflow.
    pub fn stream(workflow: &str, responsibility: &str) -> String {
        format!("lot/{workflow}/{responsibility}")
    }

    /// Whether nothing of the area runs unattended.
    pub fn is_stopped(&self) -> bool {
        self.standing.cadence == Cadence::Stopped
    }

    /// The tools whose wrong outputs stopped the area: those found since it was drawn strictly last.
    pub fn culprits(&self) -> BTreeSet<&str> {
        let strict = self
            .lots
            .iter()
            .filter(|lot| lot.number >= self.strict_from);
        strict
            .flat_map(|lot| &lot.found)
            .filter(|found| found.wrong > 0)
            .map(|found| found.tool.as_str())
            .collect()
    }

    /// The state after an entry.
    pub fn apply(previous: Option<Self>, at_ms: i64, event: &LotEvent) -> Result<Self, String> {
        let mut state = previous.unwrap_or_default();
        let latest = state.lots.last().map_or(0, |lot| lot.number);
        match event {
            LotEvent::Drawn {
                number,
                entries,
                strata,
                drawn,
                cadence,
                ..
            } => {
                if *number != latest + 1 {
                    return Err(format!("lot {number} does not follow lot {latest}"));
                }
                state.lots.push(Lot {
                    number: *number,
                    at_ms,
                    size: strata.iter().map(|one| one.size).sum(),
                    drawn: drawn.len() as u64,
                    cadence: *cadence,
                    wrong: None,
                    strata: strata.clone(),
                    found: Vec::new(),
                    estimate: None,
                });
                let over = state.lots.len().saturating_sub(REMEMBERED);
                state.lots.drain(..over);
                state.next_seq = *entries;
                state.drawn_ms = Some(at_ms);
            }
            LotEvent::Closed {
                number,
                reviewed,
                wrong,
                critical,
                found,
                ..
            } => {
                let lot = state.lots.iter_mut().find(|lot| lot.number == *number);
                let lot = lot.filter(|lot| lot.wrong.is_none());
                let lot = lot.ok_or_else(|| format!("lot {number} is not open"))?;
                lot.wrong = Some(*wrong);
                lot.estimate = estimate(&lot.strata, found);
                lot.found.clone_from(found);
                let mut passed = judged(lot.cadence, *wrong, *critical);
                // What nobody was sure of shows nothing good.
                let sure: u64 = found.iter().map(|one| one.reviewed).sum();
                if passed == cadence::Lot::Well && sure < *reviewed && !found.is_empty() {
                    passed = cadence::Lot::Accepted;
                }
                let before = state.standing.cadence;
                state.standing = state.standing.after(passed);
                if before == Cadence::Normal && state.standing.cadence == Cadence::Tightened {
                    state.strict_from = latest + 1;
                }
            }
            LotEvent::Restarted { .. } => {
                if !state.is_stopped() {
                    return Err("the area is not stopped".to_owned());
                }
                state.standing = cadence::Standing::restarted();
                state.strict_from = latest + 1;
            }
        }
        Ok(state)
    }
}
