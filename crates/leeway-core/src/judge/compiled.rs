//! Guardrails made ready: checked, and reduced to tests that are cheap before they are exact.

use super::guardrail::{Guardrail, When};
use super::hours::Hours;
use super::review::BUILT_IN;
use super::rules::{Case, CompiledRules, Counter};
use super::{Reason, Verdict};
use crate::classify::{Area, Classified, Effect};
use crate::govern::workflow::Workflow;
use std::collections::{HashMap, HashSet};

/// One thing wrong with a workflow.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct RuleProblem {
    /// Stable code.
    pub code: &'static str,
    /// Where: a key path such as `guardrail[2].when.rate.per_s`.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub help: String,
}

const LONGEST_EXPIRY_S: u64 = 30 * 24 * 3600;
const LONGEST_WINDOW_S: u64 = 366 * 24 * 3600;

/// A guardrail, ready.
#[derive(Clone, Debug)]
pub struct CompiledGuardrail {
    rule: Guardrail,
    effects: u16,
    areas: u8,
}

/// What guardrails look at, computed once per case.
pub struct View<'a> {
    case: &'a Case<'a>,
    effect: u16,
    areas: u8,
    level: u8,
}

impl<'a> View<'a> {
    /// Of a case.
    pub fn of(case: &'a Case<'a>) -> Self {
        Self {
            case,
            effect: bit(case.classified.effect),
            areas: case
                .classified
                .areas
                .iter()
                .fold(0, |bits, area| bits | area_bit(*area)),
            level: u8::from(case.classified.level),
        }
    }
}

fn bit(effect: Effect) -> u16 {
    1 << effect as u16
}

fn area_bit(area: Area) -> u8 {
    1 << area as u8
}

impl CompiledGuardrail {
    fn new(rule: Guardrail) -> Self {
        Self {
            effects: rule
                .when
                .effects
                .iter()
                .fold(0, |bits, effect| bits | bit(*effect)),
            areas: rule
                .when
                .areas
                .iter()
                .fold(0, |bits, area| bits | area_bit(*area)),
            rule,
        }
    }

    /// What it needs counted.
    pub fn counter(&self) -> Option<Counter> {
        let when = &self.rule.when;
        let (scope, window_s) = match (&when.rate, &when.total) {
            (Some(rate), _) => (rate.of, rate.per_s),
            (None, Some(total)) => (total.of, total.per_s),
            (None, None) => return None,
        };
        Some(Counter {
            guardrail: self.rule.id.clone(),
            scope,
            window_s,
        })
    }

    /// Whether it concerns this agent.
    pub fn names_agent(&self, agent: &str) -> bool {
        let agents = &self.rule.when.agents;
        agents.is_empty() || agents.iter().any(|named| named == agent)
    }

    /// Its reason, when it fires: every condition it names holds, an unknown one too.
    pub fn fire(&self, view: &View<'_>) -> Option<Reason> {
        let when = &self.rule.when;
        let cheap = (self.effects == 0 || self.effects & view.effect != 0)
            && (self.areas == 0 || self.areas & view.areas != 0)
            && when.level_at_least.is_none_or(|level| view.level >= level);
        (cheap && self.names_agent(&view.case.call.agent) && self.exact(view)).then(|| Reason {
            rule: self.rule.id.clone(),
            verdict: Verdict::from(self.rule.then),
            text: self.rule.text.clone(),
        })
    }

    fn exact(&self, view: &View<'_>) -> bool {
        let when = &self.rule.when;
        let Case {
            classified,
            claim,
            facts,
            ..
        } = view.case;
        let record = when.record_types.is_empty() || names_record(when, classified);
        let fields = when.fields.is_empty()
            || when.fields.iter().any(|field| {
                classified
                    .changes
                    .iter()
                    .any(|change| change.field == *field)
            });
        let amount = when
            .amount_above_cents
            .is_none_or(|limit| amount_above(classified, limit));
        let confidence = when.confidence_below.is_none_or(|limit| {
            claim
                .confidence
                .is_none_or(|stated| stated < limit || stated.is_nan())
        });
        let hours = when.outside_business_hours.is_none_or(|outside| {
            facts
                .in_business_hours
                .is_none_or(|inside| inside != outside)
        });
        record && fields && amount && confidence && hours && self.counted(view)
    }

    fn counted(&self, view: &View<'_>) -> bool {
        let when = &self.rule.when;
        if when.rate.is_none() && when.total.is_none() {
            return true;
        }
        let Some(counted) = view.case.facts.counted.get(&self.rule.id) else {
            return true;
        };
        let rate = when
            .rate
            .as_ref()
            .is_none_or(|rate| counted.count.saturating_add(1) > rate.more_than);
        let total =
            when.total
                .as_ref()
                .is_none_or(|total| match view.case.classified.amount_cents {
                    Some(amount) => counted.sum_cents.saturating_add(amount) > total.above_cents,
                    None => {
                        view.case.classified.amount_expected
                            || counted.sum_cents > total.above_cents
                    }
                });
        rate && total
    }
}

fn names_record(when: &When, classified: &Classified) -> bool {
    match &classified.record {
        Some(record) => when.record_types.contains(&record.record_type),
        // A record that could not be worked out may be any.
        None => !classified.unknowns.is_empty(),
    }
}

fn amount_above(classified: &Classified, limit: i64) -> bool {
    match classified.amount_cents {
        Some(amount) => amount > limit,
        None => classified.amount_expected,
    }
}

/// Compiles a workflow; `hash` gives its content hash.
pub fn compile(
    workflow: Workflow,
    hash: impl Fn(&Workflow) -> String,
) -> Result<CompiledRules, Vec<RuleProblem>> {
    let mut problems = Problems::default();
    problems.basics(&workflow);
    let hours = problems.hours(&workflow);
    let mut ids = HashSet::new();
    for (index, rule) in workflow.guardrails.iter().enumerate() {
        if !ids.insert(rule.id.as_str()) {
            problems.add(
                "duplicate-guardrail",
                format!("guardrail[{index}].id"),
                format!("`{}` is used twice", rule.id),
                "give each guardrail an id of its own",
            );
        }
        problems.guardrail(
            index,
            rule,
            hours.is_some() || workflow.business_hours.is_some(),
        );
    }
    if !problems.0.is_empty() {
        return Err(problems.0);
    }
    let guardrails: Vec<_> = workflow
        .guardrails
        .iter()
        .cloned()
        .map(CompiledGuardrail::new)
        .collect();
    let mut by_tool: HashMap<String, Vec<usize>> = HashMap::new();
    let mut for_any_tool = Vec::new();
    for (index, guardrail) in guardrails.iter().enumerate() {
        if guardrail.rule.when.tools.is_empty() {
            for_any_tool.push(index);
        }
        for tool in &guardrail.rule.when.tools {
            by_tool.entry(tool.clone()).or_default().push(index);
        }
    }
    Ok(CompiledRules {
        hash: hash(&workflow),
        workflow,
        guardrails,
        by_tool,
        for_any_tool,
        hours,
    })
}

#[derive(Default)]
struct Problems(Vec<RuleProblem>);

impl Problems {
    fn add(&mut self, code: &'static str, path: String, message: String, help: &str) {
        self.0.push(RuleProblem {
            code,
            path,
            message,
            help: help.to_owned(),
        });
    }

    fn basics(&mut self, workflow: &Workflow) {
        if !plain_name(&workflow.name) {
            self.add(
                "name-invalid",
                "name".into(),
                format!("`{}` cannot be a workflow's name", workflow.name),
                "use lower-case letters, digits and hyphens",
            );
        }
        if !(0.0..=1.0).contains(&workflow.confidence_threshold) {
            self.add(
                "threshold-invalid",
                "confidence_threshold".into(),
                format!("`{}` is not between 0 and 1", workflow.confidence_threshold),
                "write a number from 0 to 1, e.g. 0.8",
            );
        }
        if workflow.expires_after_s == 0 || workflow.expires_after_s > LONGEST_EXPIRY_S {
            self.add(
                "expiry-invalid",
                "expires_after_s".into(),
                format!("`{}` seconds is out of bounds", workflow.expires_after_s),
                "write 1 to 2592000 (30 days)",
            );
        }
    }

    fn hours(&mut self, workflow: &Workflow) -> Option<Hours> {
        match Hours::compile(workflow.business_hours.as_ref()?) {
            Ok(hours) => Some(hours),
            Err(problems) => {
                for (key, message) in problems {
                    self.add(
                        "business-hours-invalid",
                        format!("business_hours.{key}"),
                        message,
                        "see docs/configuration.md for business hours",
                    );
                }
                None
            }
        }
    }

    fn guardrail(&mut self, index: usize, rule: &Guardrail, has_hours: bool) {
        let at = |key: &str| format!("guardrail[{index}].{key}");
        if !plain_name(&rule.id) {
            self.add(
                "guardrail-id-invalid",
                at("id"),
                format!("`{}` cannot be an id", rule.id),
                "use lower-case letters, digits and hyphens",
            );
        }
        if BUILT_IN.contains(&rule.id.as_str()) {
            self.add(
                "guardrail-id-taken",
                at("id"),
                format!("`{}` is a built-in rule", rule.id),
                "choose another id",
            );
        }
        if rule.text.trim().is_empty() {
            self.add(
                "guardrail-text-missing",
                at("text"),
                "the sentence for people is empty".into(),
                "say in one sentence why it stops",
            );
        }
        let when = &rule.when;
        if *when == When::default() {
            self.add(
                "guardrail-without-condition",
                at("when"),
                "it names no condition, so it would stop everything".into(),
                "name at least one condition, e.g. level_at_least = 1 for everything",
            );
        }
        if when
            .level_at_least
            .is_some_and(|level| !(1..=5).contains(&level))
        {
            self.add(
                "level-invalid",
                at("when.level_at_least"),
                "levels are 1 to 5".into(),
                "write a number from 1 to 5",
            );
        }
        if when.amount_above_cents.is_some_and(|amount| amount < 0) {
            self.add(
                "amount-invalid",
                at("when.amount_above_cents"),
                "the amount is negative".into(),
                "write cents, 0 or more",
            );
        }
        if when
            .confidence_below
            .is_some_and(|limit| !(0.0..=1.0).contains(&limit))
        {
            self.add(
                "threshold-invalid",
                at("when.confidence_below"),
                "it is not between 0 and 1".into(),
                "write a number from 0 to 1",
            );
        }
        if when.outside_business_hours.is_some() && !has_hours {
            self.add(
                "business-hours-missing",
                at("when.outside_business_hours"),
                "the workflow has no business hours".into(),
                "add a [business_hours] table",
            );
        }
        let windows = [
            ("when.rate.per_s", when.rate.as_ref().map(|rate| rate.per_s)),
            (
                "when.total.per_s",
                when.total.as_ref().map(|total| total.per_s),
            ),
        ];
        for (key, window) in windows {
            if window.is_some_and(|seconds| seconds == 0 || seconds > LONGEST_WINDOW_S) {
                self.add(
                    "window-invalid",
                    at(key),
                    "the window is out of bounds".into(),
                    "write 1 to 31622400 seconds (366 days)",
                );
            }
        }
        if when.rate.is_some() && when.total.is_some() {
            self.add(
                "two-counters",
                at("when"),
                "a guardrail counts either a rate or a total".into(),
                "write two guardrails",
            );
        }
    }
}

fn plain_name(name: &str) -> bool {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    !name.is_empty()
        && name.len() <= 64
        && name.bytes().all(fits)
        && !name.starts_with('-')
        && !name.ends_with('-')
}
