//! Taking an observed output into a stage.

use super::stage::Observed;
use super::state::StageState;
use super::tally::{BUCKETS, Stated, Week, bucket_of, week_of};
use super::verdict::{How, Severity, Verdict};
use crate::evidence::{continuous, cusum};

/// Weeks, agents and patterns remembered at most.
const MOST_WEEKS: usize = 60;
const MOST_AGENTS: usize = 64;
const MOST_PATTERNS: usize = 64;

impl StageState {
    /// Takes an output in.
    pub(super) fn observe(&mut self, at_ms: i64, observed: &Observed) {
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
        let critical = wrong && observed.severity == Some(Severity::Critical);
        self.run.critical |= critical;
        self.run.grave |= critical && observed.counts;
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
