//! What follows from a stage as it is: a proposal, a demotion, evidence that begins anew.

use super::stage::{Lost, StageEvent};
use super::standing::{above, below};
use super::state::StageState;
use crate::evidence::cusum;
use crate::evidence::gate::{Design, Gate};
use crate::govern::workflow::Grant;

/// What consequences depend on besides the evidence.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The gate's design.
    pub design: Design,
    /// How far agents go now.
    pub now: Grant,
    /// How far they may ever go: the configured grant.
    pub most: Grant,
    /// When, UTC milliseconds.
    pub at_ms: i64,
}

/// How long a proposal may be signed, milliseconds: 14 days.
pub const PROPOSAL_MS: i64 = 14 * 24 * 3600 * 1000;

/// Outputs that have to be reviewed after a proposal lapsed before there is another.
const NEWS: u64 = 20;

impl StageState {
    /// What follows from the evidence as it is, in order. Inconclusive evidence has none.
    pub fn consequences(&self, place: Place) -> Vec<StageEvent> {
        let gate = place.design.says(self.run.wrong, self.run.reviewed);
        if place.now > Grant::Draft {
            if let Some((because, why)) = self.lost(gate) {
                return vec![StageEvent::Demoted {
                    from: place.now,
                    to: below(place.now),
                    because,
                    why,
                }];
            }
        } else if gate == Gate::Fails || self.run.grave {
            // Drafts are read by people anyway: there is nothing to lose but the evidence.
            return vec![StageEvent::Failed {
                reviewed: self.run.reviewed,
                wrong: self.run.wrong,
            }];
        }
        let next = above(place.now).filter(|next| *next <= place.most);
        match (&self.proposal, next) {
            (Some(_), _) if self.barred.is_some() => {
                vec![StageEvent::Lapsed {
                    by: None,
                    why: "the evidence found these versions bad".to_owned(),
                }]
            }
            (Some(proposal), _) if proposal.expires_ms <= place.at_ms => {
                vec![StageEvent::Lapsed {
                    by: None,
                    why: "nobody signed it in time".to_owned(),
                }]
            }
            (None, Some(to)) if gate == Gate::Passes && self.is_news() && self.barred.is_none() => {
                vec![StageEvent::Eligible {
                    from: place.now,
                    to,
                    reviewed: self.run.reviewed,
                    wrong: self.run.wrong,
                    content_hash: self.content_hash((place.now, to)),
                    expires_ms: place.at_ms + PROPOSAL_MS,
                }]
            }
            _ => vec![],
        }
    }

    /// Whether enough was learned since a proposal lapsed to make another.
    fn is_news(&self) -> bool {
        self.lapsed_at
            .is_none_or(|reviewed| self.run.reviewed >= reviewed + NEWS)
    }

    /// Why what was earned is lost, if it is.
    fn lost(&self, gate: Gate) -> Option<(Lost, String)> {
        let run = &self.run;
        let of = format!("{} of {} reviewed are wrong", run.wrong, run.reviewed);
        if run.critical {
            return Some((Lost::Critical, "a review found a critical error".to_owned()));
        }
        if cusum::Design::DEFAULT.demotes(run.sum) {
            return Some((Lost::Drift, format!("errors came too close together, {of}")));
        }
        (gate == Gate::Fails).then_some((Lost::Failed, of))
    }
}
