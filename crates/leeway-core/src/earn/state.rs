//! A stage now: a fold over its stream. Constant work per entry and a bounded size, however many outputs were
//! reviewed. How an output is taken in is in [`super::observing`], what follows in [`super::follow`].

use super::stage::{Anew, Lost, StageEvent};
use super::tally::{Adoption, Run, Stated, Week, buckets};
use super::told::told;
use super::versions::{Changed, EvidenceVersions};
use crate::canonical;
use crate::evidence::calibration::Bucket;
use crate::govern::workflow::Grant;
use crate::incident::event::Side;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Versions found bad that are remembered at most.
const MOST_FOUND_BAD: usize = 256;
/// Steps remembered at most.
const MOST_STEPS: usize = 60;

/// A promotion that is proposed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    /// From which level.
    pub from: Grant,
    /// To which.
    pub to: Grant,
    /// Reviewed outputs it rests on.
    pub reviewed: u64,
    /// Of those, wrong.
    pub wrong: u64,
    /// Hash over the evidence.
    pub content_hash: String,
    /// Since when, UTC milliseconds.
    pub at_ms: i64,
    /// Until when it may be signed, UTC milliseconds.
    pub expires_ms: i64,
    /// Who signed for which side, and when.
    pub signed: Vec<(Side, String, i64)>,
}

/// Why nothing is proposed with the present versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Barred {
    /// Since when, UTC milliseconds.
    pub at_ms: i64,
    /// What the evidence found, one clause for people.
    pub why: String,
}

/// Something that happened to the stage, for people.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Moment {
    /// When, UTC milliseconds.
    pub at_ms: i64,
    /// The entry's kind.
    pub kind: String,
    /// What, one sentence.
    pub text: String,
}

/// A stage now.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StageState {
    /// What evidence is gained with.
    pub versions: EvidenceVersions,
    /// What differs from what the evidence before was gained with.
    pub changed: Vec<Changed>,
    /// Why the present run of evidence began.
    pub because: Option<Anew>,
    /// What draws are made with.
    pub seed: String,
    /// The present run.
    pub run: Run,
    /// What people did, since ever.
    pub adoption: Adoption,
    /// Reviews after outputs ran, since ever.
    pub reviews: u64,
    /// Outputs nobody was sure of, since ever.
    pub unsure: u64,
    /// Wrong ones by severity, since ever: minor, major, critical.
    pub severities: [u64; 3],
    /// Failure patterns, since ever.
    pub patterns: BTreeMap<String, u64>,
    /// Per agent, what its stated confidence is worth, with the present prompt and model.
    pub agents: BTreeMap<String, Vec<Stated>>,
    /// What pairs of people said: `[[both right, first alone], [second alone, both wrong]]`.
    pub pairs: [[u64; 2]; 2],
    /// Weeks, oldest first.
    pub weeks: Vec<Week>,
    /// A promotion that is proposed.
    pub proposal: Option<Proposal>,
    /// At how many reviewed outputs of this run a proposal lapsed last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lapsed_at: Option<u64>,
    /// Set once the evidence found these versions bad: without a change, or an owner who answers for it,
    /// nothing more is proposed. Trying until it works proves nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub barred: Option<Barred>,
    /// How often an owner let these versions try again.
    #[serde(default)]
    pub readmitted: u32,
    /// The same of versions that were in force before, by their hash.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub found_bad: BTreeMap<String, (Option<Barred>, u32)>,
    /// What happened, oldest first.
    pub moments: Vec<Moment>,
}

impl StageState {
    /// The stream of a tool in a workflow.
    pub fn stream(workflow: &str, tool: &str) -> String {
        format!("stage/{workflow}/{tool}")
    }

    /// Hash over the evidence as it is: what a promotion's signatures are bound to.
    pub fn content_hash(&self, (from, to): (Grant, Grant)) -> String {
        canonical::hash(&(
            (from, to, &self.versions),
            (self.run.number, self.run.since_ms),
            (self.run.reviewed, self.run.wrong),
        ))
    }

    /// An agent's stated confidences as buckets; all its outputs of this tool with its present versions.
    pub fn buckets(&self, agent: &str) -> Vec<Bucket> {
        self.agents
            .get(agent)
            .map(|stated| buckets(stated))
            .unwrap_or_default()
    }

    /// Who signed for a side.
    pub fn signed(&self, side: Side) -> Option<&(Side, String, i64)> {
        let proposal = self.proposal.as_ref()?;
        proposal.signed.iter().find(|(signed, ..)| *signed == side)
    }

    /// The state after an entry.
    pub fn apply(
        previous: Option<Self>,
        actor: &str,
        at_ms: i64,
        event: &StageEvent,
    ) -> Result<Self, String> {
        let mut state = match (previous, event) {
            (Some(state), _) => state,
            (None, StageEvent::Began { .. }) => Self::default(),
            (None, other) => {
                return Err(format!("`{}` before any evidence began", other.kind()));
            }
        };
        match event {
            // Two outputs that end at the same time may both begin or propose; once is enough.
            StageEvent::Began { .. } if !state.begin(event) => return Ok(state),
            StageEvent::Eligible { .. } if !state.propose(at_ms, event) => return Ok(state),
            StageEvent::Began { .. } | StageEvent::Eligible { .. } => {}
            StageEvent::Observed(observed) => state.observe(at_ms, observed),
            StageEvent::Signed {
                by,
                side,
                content_hash,
                solo,
                ..
            } => state.sign(at_ms, (by, *side, *solo), content_hash)?,
            StageEvent::Lapsed { by, .. } => match (state.proposal.take(), by) {
                (Some(_), _) => state.lapsed_at = Some(state.run.reviewed),
                (None, None) => return Ok(state),
                (None, Some(_)) => return Err("no promotion is proposed".to_owned()),
            },
            StageEvent::Promoted { to } => {
                let both = Side::ALL.iter().all(|side| state.signed(*side).is_some());
                let proposed = state.proposal.as_ref().map(|proposal| proposal.to);
                if !both || proposed != Some(*to) {
                    return Err(
                        "a promotion takes a proposal and both owners' signatures".to_owned()
                    );
                }
                state.anew(at_ms, Anew::Promoted);
            }
            StageEvent::Demoted { because, why, .. } => {
                // A critical error of what was proposed with other versions takes a level, and says nothing of
                // these.
                let of_these = *because != Lost::Critical || state.run.grave;
                state.anew(at_ms, Anew::Demoted);
                if because.is_found_bad() && of_these {
                    state.bar(at_ms, why.clone());
                }
            }
            StageEvent::Failed { reviewed, wrong } => {
                let why = if state.run.grave {
                    "a review found a critical error".to_owned()
                } else {
                    format!("{wrong} of {reviewed} reviewed were wrong")
                };
                state.anew(at_ms, Anew::Failed);
                state.bar(at_ms, why);
            }
            StageEvent::Readmitted { .. } => {
                if state.barred.take().is_none() {
                    return Err("nothing keeps it from being proposed".to_owned());
                }
                state.readmitted += 1;
                // What was learned while it was barred is not picked from.
                state.anew(at_ms, Anew::Readmitted);
            }
        }
        if let Some(text) = told(actor, event) {
            state.moments.push(Moment {
                at_ms,
                kind: event.kind().to_owned(),
                text,
            });
            let over = state.moments.len().saturating_sub(MOST_STEPS);
            state.moments.drain(..over);
        }
        Ok(state)
    }

    /// Whether it begins with this.
    fn begin(&mut self, event: &StageEvent) -> bool {
        let StageEvent::Began {
            because,
            versions,
            changed,
            since_ms,
            seed,
        } = event
        else {
            return false;
        };
        if self.run.number > 0 && *versions == self.versions {
            return false;
        }
        let model = (&versions.prompt, &versions.model);
        if model != (&self.versions.prompt, &self.versions.model) {
            // Another prompt or model states its confidence another way.
            self.agents.clear();
        }
        self.remember();
        self.versions = versions.clone();
        self.changed.clone_from(changed);
        let known = self.found_bad.remove(&canonical::hash(versions));
        (self.barred, self.readmitted) = known.unwrap_or_default();
        self.seed.clone_from(seed);
        self.anew(*since_ms, *because);
        true
    }

    /// Whether it is proposed with this.
    fn propose(&mut self, at_ms: i64, event: &StageEvent) -> bool {
        let StageEvent::Eligible {
            from,
            to,
            reviewed,
            wrong,
            content_hash,
            expires_ms,
        } = event
        else {
            return false;
        };
        if self.proposal.is_some() {
            return false;
        }
        self.proposal = Some(Proposal {
            from: *from,
            to: *to,
            reviewed: *reviewed,
            wrong: *wrong,
            content_hash: content_hash.clone(),
            at_ms,
            expires_ms: *expires_ms,
            signed: Vec::new(),
        });
        true
    }

    fn anew(&mut self, since_ms: i64, because: Anew) {
        self.run = Run {
            number: self.run.number + 1,
            since_ms,
            ..Run::default()
        };
        self.because = Some(because);
        self.proposal = None;
        self.lapsed_at = None;
    }

    /// Keeps what the evidence found of versions that go: they may come back.
    fn remember(&mut self) {
        if self.barred.is_some() || self.readmitted > 0 {
            let known = (self.barred.take(), self.readmitted);
            self.found_bad
                .insert(canonical::hash(&self.versions), known);
        }
        if self.found_bad.len() > MOST_FOUND_BAD {
            self.found_bad.pop_first();
        }
    }

    fn bar(&mut self, at_ms: i64, why: String) {
        // Failing on changes nothing of why, nor since when.
        self.barred.get_or_insert(Barred { at_ms, why });
    }

    fn sign(
        &mut self,
        at_ms: i64,
        (by, side, solo): (&str, Side, bool),
        content_hash: &str,
    ) -> Result<(), String> {
        let Some(proposal) = &mut self.proposal else {
            return Err("no promotion is proposed".to_owned());
        };
        if proposal.content_hash != content_hash {
            return Err("it is not what was proposed".to_owned());
        }
        if proposal.expires_ms <= at_ms {
            return Err("the time to sign it is over".to_owned());
        }
        let mut signed = proposal.signed.iter();
        if signed.any(|(other, who, _)| *other == side || (who == by && !solo)) {
            return Err("that side, or that person, signed it already".to_owned());
        }
        proposal.signed.push((side, by.to_owned(), at_ms));
        Ok(())
    }
}
