//! What other rules would have made of the past: every action judged again as it was proposed, with
//! the facts of its day. Pure; what is counted over windows is counted anew along the way.

use super::facts::{Counted, Measured};
use super::gate::View;
use super::guardrail::Scope;
use super::rules::{Case, CompiledRules, judge};
use super::{Facts, Reason, Verdict};
use crate::action::event::Judged;
use crate::classify::{Classified, RecordRef};
use crate::earn::settings::Autonomy;
use crate::govern::owners::Responsibility;
use crate::govern::workflow::{Grant, Workflow};
use crate::id::ActionId;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap, VecDeque};

/// Differences listed one by one at most; beyond it they are counted only.
const MOST_LISTED: usize = 500;
const WEEK_MS: i64 = 7 * 24 * 3600 * 1000;
/// The Monday before the first of January 1970, UTC milliseconds.
const FIRST_MONDAY_MS: i64 = -3 * 24 * 3600 * 1000;

/// One past action: its first revision and what became of it.
#[derive(Clone, Debug)]
pub struct Past {
    /// The action.
    pub id: ActionId,
    /// Its first revision.
    pub judged: Judged,
    /// What it would do by the packs of the backtest, when those differ; else as it was.
    pub classified: Option<Classified>,
    /// Whether its call was made.
    pub ran: bool,
    /// Whether a person rejected or changed it: the proposal was wrong.
    pub error: bool,
    /// Its title.
    pub title: String,
}

/// How many were, or would have been, let run, held and blocked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Verdicts {
    /// Let run alone.
    pub allow: u64,
    /// Held for a person.
    pub hold: u64,
    /// Blocked.
    pub block: u64,
}

impl Verdicts {
    fn count(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Allow => self.allow += 1,
            Verdict::Hold => self.hold += 1,
            Verdict::Block => self.block += 1,
        }
    }
}

/// One action that would have gone another way.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// The action.
    pub id: ActionId,
    /// When it was proposed, UTC milliseconds.
    pub at_ms: i64,
    /// What it would do.
    pub title: String,
    /// What was decided.
    pub was: Verdict,
    /// What would have been decided.
    pub would: Verdict,
    /// The rules that would have decided so.
    pub reasons: Vec<Reason>,
    /// Whether a person rejected or changed it.
    pub error: bool,
}

/// One week.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Week {
    /// Its Monday, 00:00 UTC, milliseconds.
    pub from_ms: i64,
    /// As it was.
    pub was: Verdicts,
    /// As it would have been.
    pub would: Verdicts,
}

/// What a backtest found.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// Actions judged again.
    pub actions: u64,
    /// As it was.
    pub was: Verdicts,
    /// As it would have been.
    pub would: Verdicts,
    /// Week by week, oldest first.
    pub weeks: Vec<Week>,
    /// Of those that would have been let run, how many rest on what was earned with the versions of their
    /// day: where those are others, they wait until it is earned again.
    pub earned: u64,
    /// Holds there would have been per responsibility: who decides them is for the caller to say.
    pub holds: BTreeMap<Responsibility, u64>,
    /// Proposals a person rejected or changed.
    pub known_errors: u64,
    /// Of those, how many would have been held or blocked.
    pub caught: u64,
    /// How many would have gone another way.
    pub different: u64,
    /// The first of those, one by one.
    pub differences: Vec<Difference>,
}

/// Takes past actions in the order they were proposed.
pub struct Backtest {
    rules: CompiledRules,
    home: Responsibility,
    windows: HashMap<(String, Key), Window>,
    weeks: BTreeMap<i64, Week>,
    report: Report,
}

impl Backtest {
    /// Of a workflow's rules.
    pub fn new(rules: CompiledRules) -> Self {
        Self {
            home: rules.workflow.responsibility,
            rules,
            windows: HashMap::new(),
            weeks: BTreeMap::new(),
            report: Report::default(),
        }
    }

    /// The workflow whose rules these are.
    pub fn workflow(&self) -> &Workflow {
        &self.rules.workflow
    }

    /// Takes the next action.
    pub fn take(&mut self, past: &Past) {
        let judged = &past.judged;
        let classified = past.classified.as_ref().unwrap_or(&judged.classified);
        let mut facts = Facts {
            in_business_hours: self.rules.in_business_hours(judged.facts.now_ms),
            counted: BTreeMap::new(),
            ..judged.facts.clone()
        };
        let case = Case {
            classified,
            ..Case::of(judged)
        };
        self.count_before(&case, &mut facts);
        self.free(&mut facts);
        let with = |facts: &Facts| judge(&self.rules, &Case { facts, ..case });
        let decision = with(&facts);
        let would = decision.verdict;
        if would == Verdict::Allow && facts.cap.is_some() {
            facts.cap = facts.cap.map(|cap| cap.min(Grant::Draft));
            self.report.earned += u64::from(with(&facts).verdict != Verdict::Allow);
        }
        if past.ran && would != Verdict::Block {
            self.count_after(&Case {
                facts: &facts,
                ..case
            });
        }
        self.note(past, classified, (would, decision.reasons));
    }

    /// How far agents went on a day is of that day. Where grants are earned now and were given then, nothing
    /// was earned; where they are given now, what was not earned limits nothing.
    fn free(&self, facts: &mut Facts) {
        let earned = self.rules.workflow.evidence.autonomy == Autonomy::Earned;
        match (facts.measured.is_some(), earned) {
            (false, true) => {
                facts.cap = Some(facts.cap.unwrap_or(Grant::Draft).min(Grant::Draft));
                facts.measured = Some(Measured { threshold: None });
            }
            (true, false) => {
                facts.cap = None;
                facts.measured = None;
            }
            _ => {}
        }
    }

    fn count_before(&mut self, case: &Case<'_>, facts: &mut Facts) {
        for counter in self.rules.counters(case) {
            let key = Key::of(counter.scope, case);
            let since_ms = facts.now_ms - (counter.window_s as i64).saturating_mul(1000);
            let counted = self
                .windows
                .get_mut(&(counter.guardrail.clone(), key))
                .map(|window| window.since(since_ms))
                .unwrap_or_default();
            facts.counted.insert(counter.guardrail, counted);
        }
    }

    /// Every window counts what ran in its scope and its rule speaks of.
    fn count_after(&mut self, case: &Case<'_>) {
        let amount = case.classified.amount_cents.unwrap_or(0);
        for (guardrail, scope, currency) in self.rules.windows(&View::of(case)) {
            if scope == Scope::Record && case.classified.record.is_none() {
                continue;
            }
            self.windows
                .entry((guardrail.to_owned(), Key::of(scope, case)))
                .or_default()
                .add(
                    case.facts.now_ms,
                    match (case.classified.currency.as_deref(), currency) {
                        (Some(of), Some(counted)) if of != counted => 0,
                        _ => amount,
                    },
                );
        }
    }

    fn note(
        &mut self,
        past: &Past,
        classified: &Classified,
        (would, reasons): (Verdict, Vec<Reason>),
    ) {
        let was = past.judged.decision.verdict;
        let at_ms = past.judged.facts.now_ms;
        let monday = FIRST_MONDAY_MS + (at_ms - FIRST_MONDAY_MS).div_euclid(WEEK_MS) * WEEK_MS;
        let week = self.weeks.entry(monday).or_insert(Week {
            from_ms: monday,
            ..Week::default()
        });
        week.was.count(was);
        week.would.count(would);
        let report = &mut self.report;
        report.actions += 1;
        report.was.count(was);
        report.would.count(would);
        if would == Verdict::Hold {
            let row = Responsibility::of(classified, self.home);
            *report.holds.entry(row).or_default() += 1;
        }
        if past.error {
            report.known_errors += 1;
            report.caught += u64::from(would != Verdict::Allow);
        }
        if was == would {
            return;
        }
        report.different += 1;
        if report.differences.len() < MOST_LISTED {
            report.differences.push(Difference {
                id: past.id.clone(),
                at_ms,
                title: past.title.clone(),
                was,
                would,
                reasons: reasons
                    .into_iter()
                    .filter(|reason| reason.verdict == would)
                    .collect(),
                error: past.error,
            });
        }
    }

    /// What was found.
    pub fn finish(self) -> Report {
        Report {
            weeks: self.weeks.into_values().collect(),
            ..self.report
        }
    }
}

/// Whose actions a window counts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Workflow,
    Agent(String),
    Tool(String, String),
    Record(RecordRef),
}

impl Key {
    fn of(scope: Scope, case: &Case<'_>) -> Self {
        match (scope, &case.classified.record) {
            (Scope::Agent, _) => Self::Agent(case.call.agent.clone()),
            (Scope::Tool, _) => Self::Tool(case.call.system.clone(), case.call.tool.clone()),
            (Scope::Record, Some(record)) => Self::Record(record.clone()),
            (Scope::Workflow | Scope::Record, _) => Self::Workflow,
        }
    }
}

/// What ran, oldest first, and its sum.
#[derive(Default)]
struct Window {
    ran: VecDeque<(i64, i64)>,
    sum_cents: i64,
}

impl Window {
    fn add(&mut self, at_ms: i64, cents: i64) {
        self.ran.push_back((at_ms, cents));
        self.sum_cents = self.sum_cents.saturating_add(cents);
    }

    /// What is left of it since a time; what is older is forgotten, as time only goes on.
    fn since(&mut self, since_ms: i64) -> Counted {
        while let Some((at_ms, cents)) = self.ran.front().copied() {
            if at_ms >= since_ms {
                break;
            }
            self.ran.pop_front();
            self.sum_cents = self.sum_cents.saturating_sub(cents);
        }
        Counted {
            count: self.ran.len() as u64,
            sum_cents: self.sum_cents,
        }
    }
}

impl CompiledRules {
    /// Every guardrail that counts such a case, whose actions it counts, and in which currency.
    fn windows(&self, view: &View<'_>) -> Vec<(&str, Scope, Option<&str>)> {
        self.guardrails
            .iter()
            .filter(|rule| rule.counts(view))
            .filter_map(|rule| Some((rule.id(), rule.window()?.0, rule.currency())))
            .collect()
    }
}
