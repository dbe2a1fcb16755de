//! A stage now: a fold over its stream, and what follows from it. Constant work per entry and a bounded
//! size, however many outputs were reviewed.

use super::curve::Curve;
use super::stage::{Anew, Lost, Observed, StageEvent};
use super::standing::{above, below};
use super::verdict::{How, Severity, Verdict};
use super::versions::{Changed, EvidenceVersions};
use crate::canonical;
use crate::evidence::calibration::{self, Bucket};
use crate::evidence::gate::{Design, Gate};
use crate::evidence::{continuous, cusum};
use crate::govern::workflow::Grant;
use crate::incident::event::Side;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Milliseconds of a week; weeks begin on Mondays at midnight, UTC.
const WEEK_MS: i64 = 7 * 24 * 3600 * 1000;
/// The first Monday of 1970, UTC milliseconds.
const MONDAY_MS: i64 = 4 * 24 * 3600 * 1000;

/// When the week of a time began, UTC milliseconds.
pub fn week_of(at_ms: i64) -> i64 {
    at_ms - (at_ms - MONDAY_MS).rem_euclid(WEEK_MS)
}
/// Weeks, agents, patterns and steps remembered at most.
const MOST_WEEKS: usize = 60;
const MOST_AGENTS: usize = 64;
const MOST_PATTERNS: usize = 64;
const MOST_STEPS: usize = 60;
/// Parts of stated confidence that are measured apart.
pub const BUCKETS: usize = 10;

/// The evidence of the present run: since it began anew last.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Its number, from 1.
    pub number: u64,
    /// Since when, UTC milliseconds.
    pub since_ms: i64,
    /// Outputs that are known to be right or wrong.
    pub reviewed: u64,
    /// Of those, wrong.
    pub wrong: u64,
    /// Wrong ones over items.
    pub errors: Curve,
    /// The sum that drift is told by.
    pub sum: f64,
    /// Its course.
    pub sums: Curve,
    /// Where the sampling of what runs alone stands.
    pub sampling: continuous::Standing,
    /// Whether a critical error is among them.
    pub critical: bool,
}

/// What people did with what they decided on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Adoption {
    /// Taken as proposed.
    pub accepted: u64,
    /// Taken after a change.
    pub edited: u64,
    /// Not taken.
    pub rejected: u64,
    /// Sum of the parts that were changed, 0 to 1 each, of those edited.
    pub edited_share: f64,
}

impl Adoption {
    /// How many were decided on.
    pub fn decided(&self) -> u64 {
        self.accepted + self.edited + self.rejected
    }
}

/// How often an agent is right at what confidence.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Stated {
    /// Outputs.
    pub n: u64,
    /// Of those, right.
    pub right: u64,
    /// Sum of the confidences stated.
    pub sum: f64,
    /// The least of them: what is proven of these outputs is proven from there on.
    pub least: Option<f64>,
}

impl Stated {
    /// Takes another's outputs in.
    pub fn join(&mut self, other: &Self) {
        self.n += other.n;
        self.right += other.right;
        self.sum += other.sum;
        self.least = match (self.least, other.least) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }
}

/// One week's outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Week {
    /// When it began, UTC milliseconds.
    pub from_ms: i64,
    /// Outputs known to be right or wrong.
    pub n: u64,
    /// Of those, right.
    pub right: u64,
}

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
    /// What happened, oldest first.
    pub moments: Vec<Moment>,
}

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
        } else if gate == Gate::Fails || self.run.critical {
            // Drafts are read by people anyway: there is nothing to lose but the evidence.
            return vec![StageEvent::Failed {
                reviewed: self.run.reviewed,
                wrong: self.run.wrong,
            }];
        }
        let next = above(place.now).filter(|next| *next <= place.most);
        match (&self.proposal, next) {
            (Some(proposal), _) if proposal.expires_ms <= place.at_ms => {
                vec![StageEvent::Lapsed {
                    by: None,
                    why: "nobody signed it in time".to_owned(),
                }]
            }
            (None, Some(to)) if gate == Gate::Passes && self.is_news() => {
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
            StageEvent::Began {
                because,
                versions,
                changed,
                since_ms,
                seed,
            } => {
                // Two outputs that end at the same time may both begin it; once is enough.
                if state.run.number > 0 && *versions == state.versions {
                    return Ok(state);
                }
                let model = (&versions.prompt, &versions.model);
                if model != (&state.versions.prompt, &state.versions.model) {
                    // Another prompt or model states its confidence another way.
                    state.agents.clear();
                }
                state.versions = versions.clone();
                state.changed.clone_from(changed);
                state.seed.clone_from(seed);
                state.anew(*since_ms, *because);
            }
            StageEvent::Observed(observed) => state.observe(at_ms, observed),
            StageEvent::Eligible {
                from,
                to,
                reviewed,
                wrong,
                content_hash,
                expires_ms,
            } => {
                // Two outputs that end at the same time may both propose it; once is enough.
                if state.proposal.is_some() {
                    return Ok(state);
                }
                state.proposal = Some(Proposal {
                    from: *from,
                    to: *to,
                    reviewed: *reviewed,
                    wrong: *wrong,
                    content_hash: content_hash.clone(),
                    at_ms,
                    expires_ms: *expires_ms,
                    signed: Vec::new(),
                });
            }
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
            StageEvent::Demoted { .. } => state.anew(at_ms, Anew::Demoted),
            StageEvent::Failed { .. } => state.anew(at_ms, Anew::Failed),
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

    fn observe(&mut self, at_ms: i64, observed: &Observed) {
        match observed.how {
            How::Accepted => self.adoption.accepted += 1,
            How::Edited => {
                self.adoption.edited += 1;
                self.adoption.edited_share += observed.edited_share.unwrap_or(0.0);
            }
            How::Rejected => self.adoption.rejected += 1,
            How::Reviewed => self.reviews += 1,
        }
        if let Some((first, second)) = observed.pair {
            self.pairs[usize::from(!first)][usize::from(!second)] += 1;
        }
        let wrong = match observed.verdict {
            Verdict::Unsure => {
                self.unsure += 1;
                return;
            }
            verdict => verdict == Verdict::Wrong,
        };
        if wrong {
            if let Some(severity) = observed.severity {
                self.severities[severity as usize] += 1;
            }
            if let Some(pattern) = &observed.pattern
                && (self.patterns.len() < MOST_PATTERNS || self.patterns.contains_key(pattern))
            {
                *self.patterns.entry(pattern.clone()).or_default() += 1;
            }
        }
        let before = observed.before.filter(|before| *before != Verdict::Unsure);
        match before {
            None => {
                self.week(at_ms, !wrong);
                if observed.counts {
                    self.state(observed, (1, u64::from(!wrong)));
                }
            }
            Some(Verdict::Right) if wrong => self.unsay(at_ms, observed),
            Some(_) => {}
        }
        // However it counted before, and whenever it was proposed.
        self.run.critical |= wrong && observed.severity == Some(Severity::Critical);
        if observed.counts {
            self.count(observed, before, wrong);
        }
    }

    /// One output more, or one that is otherwise than it counted.
    fn count(&mut self, observed: &Observed, before: Option<Verdict>, wrong: bool) {
        let run = &mut self.run;
        let drift = cusum::Design::DEFAULT;
        match before {
            None => {
                run.reviewed += 1;
                run.wrong += u64::from(wrong);
                run.sum = drift.after(run.sum, wrong);
            }
            Some(Verdict::Right) if wrong => {
                run.wrong = (run.wrong + 1).min(run.reviewed);
                run.sum = drift.after(run.sum, true);
            }
            // That something is right after all takes nothing back: errors count faster than successes.
            Some(_) => return,
        }
        run.errors.push(run.reviewed, run.wrong as f64);
        run.sums.push(run.reviewed, run.sum);
        if observed.how == How::Reviewed {
            run.sampling = continuous::Plan::LEVEL_3.after(run.sampling, wrong);
        }
    }

    fn week(&mut self, at_ms: i64, right: bool) {
        let from_ms = week_of(at_ms);
        if self.weeks.last().is_none_or(|week| week.from_ms < from_ms) {
            self.weeks.push(Week {
                from_ms,
                n: 0,
                right: 0,
            });
            let over = self.weeks.len().saturating_sub(MOST_WEEKS);
            self.weeks.drain(..over);
        }
        if let Some(week) = self.weeks.last_mut() {
            week.n += 1;
            week.right += u64::from(right);
        }
    }

    fn state(&mut self, observed: &Observed, (n, right): (u64, u64)) {
        let Some(confidence) = observed.confidence.filter(|one| (0.0..=1.0).contains(one)) else {
            return;
        };
        if self.agents.len() >= MOST_AGENTS && !self.agents.contains_key(&observed.agent) {
            return;
        }
        let stated = self.agents.entry(observed.agent.clone()).or_default();
        stated.resize(BUCKETS, Stated::default());
        stated[bucket_of(confidence)].join(&Stated {
            n,
            right,
            sum: confidence * n as f64,
            least: Some(confidence),
        });
    }

    /// What counted as right is wrong.
    fn unsay(&mut self, at_ms: i64, observed: &Observed) {
        let from_ms = week_of(at_ms);
        if let Some(week) = self
            .weeks
            .iter_mut()
            .rev()
            .find(|week| week.from_ms <= from_ms)
        {
            week.right = week.right.saturating_sub(1);
        }
        let confidence = observed.confidence.filter(|one| (0.0..=1.0).contains(one));
        let stated = self.agents.get_mut(&observed.agent);
        if let (Some(confidence), Some(stated)) = (confidence, stated)
            && let Some(bucket) = stated.get_mut(bucket_of(confidence))
        {
            bucket.right = bucket.right.saturating_sub(1);
        }
    }
}

/// The bucket of a confidence, 0 to 1.
pub fn bucket_of(confidence: f64) -> usize {
    ((confidence * BUCKETS as f64) as usize).min(BUCKETS - 1)
}

/// Stated confidences as buckets to measure by; empty ones are left out.
pub fn buckets(stated: &[Stated]) -> Vec<Bucket> {
    stated
        .iter()
        .filter(|one| one.n > 0)
        .map(|one| Bucket {
            confidence: one.sum / one.n as f64,
            n: one.n,
            right: one.right,
        })
        .collect()
}

/// The confidence from which on outputs are proven to be wrong no more often than `target`; `None` when
/// that is proven of none.
pub fn threshold(stated: &[Stated], target: f64) -> Option<f64> {
    let from: Vec<Bucket> = stated
        .iter()
        .filter(|one| one.n > 0)
        .map(|one| Bucket {
            confidence: one.least.unwrap_or(1.0),
            n: one.n,
            right: one.right,
        })
        .collect();
    calibration::threshold(&from, target)
}

/// What an entry says to people; most say nothing.
fn told(actor: &str, event: &StageEvent) -> Option<String> {
    let who = actor.strip_prefix("person:").unwrap_or(actor);
    Some(match event {
        StageEvent::Observed(_) => return None,
        StageEvent::Began { changed, .. } if changed.is_empty() => "Evidence began.".to_owned(),
        StageEvent::Began { changed, .. } => {
            let what: Vec<&str> = changed.iter().map(|one| one.what.as_str()).collect();
            format!("Evidence began anew: {} changed.", what.join(", "))
        }
        StageEvent::Eligible {
            to,
            reviewed,
            wrong,
            ..
        } => format!(
            "A promotion to “{}” is proposed: {wrong} of {reviewed} reviewed are wrong.",
            to.name()
        ),
        StageEvent::Signed { side, .. } => format!("{who} signed as {}.", side.words()),
        StageEvent::Lapsed { by: Some(by), why } => format!("{by} declined the promotion: {why}."),
        StageEvent::Lapsed { by: None, why } => format!("The proposal lapsed: {why}."),
        StageEvent::Promoted { to } => format!("Promoted to “{}”.", to.name()),
        StageEvent::Demoted { to, why, .. } => format!("Demoted to “{}”: {why}.", to.name()),
        StageEvent::Failed { reviewed, wrong } => {
            format!(
                "The gate failed: {wrong} of {reviewed} reviewed are wrong. Evidence began anew."
            )
        }
    })
}
