//! How strictly lots of outputs are reviewed: stricter after rejections, less after long success, stopped
//! when it stays bad. Source: the switching rules of ISO 2859-1.

use serde::{Deserialize, Serialize};

/// How strictly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cadence {
    /// As the owner matrix says.
    #[default]
    Normal,
    /// More is drawn.
    Tightened,
    /// Less is drawn.
    Reduced,
    /// Nothing runs unattended until the cause is removed.
    Stopped,
}

/// What the review of a lot found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lot {
    /// Accepted, and it would have been one step tighter too.
    Well,
    /// Accepted.
    Accepted,
    /// Rejected.
    Rejected,
}

/// Where the reviews of an area stand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// How strictly the next lot is reviewed.
    pub cadence: Cadence,
    /// The latest lots since the last switch, at most five, the newest last.
    lots: Vec<Lot>,
    /// The switching score, on normal.
    score: u32,
    /// Lots rejected on tightened since it began.
    rejected: u32,
}

/// Lots looked back on.
const LOOKED_BACK: usize = 5;
/// Rejections among them that tighten.
const TIGHTENS: usize = 2;
/// Rejections on tightened that stop.
const STOPS: u32 = 5;
/// What a lot that passed well adds, and what it takes to reduce.
const WELL: u32 = 3;
const REDUCES: u32 = 30;

impl Standing {
    /// After one more lot.
    #[must_use]
    pub fn after(mut self, lot: Lot) -> Self {
        if self.cadence == Cadence::Stopped {
            return self;
        }
        self.lots.push(lot);
        if self.lots.len() > LOOKED_BACK {
            self.lots.remove(0);
        }
        let rejected = self.lots.iter().filter(|lot| **lot == Lot::Rejected);
        let rejected = rejected.count();
        match self.cadence {
            Cadence::Normal => {
                self.score = match lot {
                    Lot::Well => self.score + WELL,
                    _ => 0,
                };
                if rejected >= TIGHTENS {
                    return Self::at(Cadence::Tightened);
                }
                if self.score >= REDUCES {
                    return Self::at(Cadence::Reduced);
                }
            }
            Cadence::Tightened => {
                self.rejected += u32::from(lot == Lot::Rejected);
                if self.rejected >= STOPS {
                    return Self::at(Cadence::Stopped);
                }
                if self.lots.len() == LOOKED_BACK && rejected == 0 {
                    return Self::at(Cadence::Normal);
                }
            }
            Cadence::Reduced if lot == Lot::Rejected => return Self::at(Cadence::Normal),
            Cadence::Reduced | Cadence::Stopped => {}
        }
        self
    }

    /// After the cause of a stop was removed: strict again.
    #[must_use]
    pub fn restarted() -> Self {
        Self::at(Cadence::Tightened)
    }

    fn at(cadence: Cadence) -> Self {
        Self {
            cadence,
            ..Self::default()
        }
    }
}
