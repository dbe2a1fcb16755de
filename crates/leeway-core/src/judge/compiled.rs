//! Guardrails made ready: checked, and reduced to tests that are cheap before they are exact.

use super::check::{self, RuleProblem};
use super::counting::Counts;
use super::facts::Counted;
use super::gate::{Gate, View};
use super::guardrail::{Guardrail, Scope, When};
use super::rules::{CompiledRules, Counter};
use super::{Reason, Verdict};
use crate::classify::Classified;
use crate::classify::sensitive::WordLists;
use crate::govern::workflow::Workflow;
use std::collections::HashMap;
use std::sync::Arc;

/// A guardrail, ready.
#[derive(Clone, Debug)]
pub struct CompiledGuardrail {
    rule: Guardrail,
    gate: Gate,
    /// The currency of its amounts.
    currency: Option<String>,
    /// What its rate or total counts.
    counts: Arc<Counts>,
}

impl CompiledGuardrail {
    fn new(rule: Guardrail, usual: Option<&str>) -> Self {
        Self {
            currency: rule
                .when
                .currency
                .clone()
                .or_else(|| usual.map(str::to_owned)),
            gate: Gate::of(&rule.when),
            counts: Arc::new(Counts::of(&rule.when)),
            rule,
        }
    }

    /// What it needs counted for this case, when it may fire at all.
    pub fn counter(&self, view: &View<'_>) -> Option<Counter> {
        if !self.concerns(view) {
            return None;
        }
        let (scope, window_s) = self.window()?;
        (scope != Scope::Record || view.case.classified.record.is_some()).then(|| Counter {
            guardrail: self.rule.id.clone(),
            scope,
            window_s,
            currency: self.currency.clone(),
            counts: self.counts.clone(),
        })
    }

    /// Whose actions it counts, and since how long in seconds; `None` when it counts nothing.
    pub fn window(&self) -> Option<(Scope, u64)> {
        let when = &self.rule.when;
        let rate = when.rate.as_ref().map(|rate| (rate.of, rate.per_s));
        let total = when.total.as_ref().map(|total| (total.of, total.per_s));
        rate.or(total)
    }

    /// The currency of its amounts.
    pub fn currency(&self) -> Option<&str> {
        self.currency.as_deref()
    }

    /// Whether its rate or total counts a case that ran: every other condition held for it.
    pub fn counts(&self, view: &View<'_>) -> bool {
        let tools = &self.rule.when.tools;
        (tools.is_empty() || tools.contains(&view.case.call.tool_name()))
            && self.concerns(view)
            && self.exact(view)
    }

    /// Its id.
    pub fn id(&self) -> &str {
        &self.rule.id
    }

    /// How many people have to approve what it holds.
    pub fn approvals(&self) -> u8 {
        self.rule.approvals.unwrap_or(1)
    }

    /// Its reason, when it fires: every condition it names holds, an unknown one too.
    pub fn fire(&self, view: &View<'_>) -> Option<Reason> {
        (self.concerns(view) && self.exact(view) && self.counted(view)).then(|| Reason {
            rule: self.rule.id.clone(),
            verdict: Verdict::from(self.rule.then),
            text: self.rule.text.clone(),
        })
    }

    /// Its cheap conditions, without which nothing needs counting.
    fn concerns(&self, view: &View<'_>) -> bool {
        let agents = &self.rule.when.agents;
        self.gate.lets(view) && (agents.is_empty() || agents.contains(&view.case.call.agent))
    }

    fn exact(&self, view: &View<'_>) -> bool {
        let when = &self.rule.when;
        let classified = view.case.classified;
        (when.record_types.is_empty() || names_record(when, view))
            && (when.fields.is_empty() || names_field(when, view))
            && when
                .amount_above_cents
                .is_none_or(|limit| self.amount_above(classified, limit))
            && when
                .confidence_below
                .is_none_or(|limit| unsure(view.case.claim.confidence, limit))
            && when.outside_business_hours.is_none_or(|outside| {
                let inside = view.case.facts.in_business_hours;
                inside.is_none_or(|inside| inside != outside)
            })
    }

    fn counted(&self, view: &View<'_>) -> bool {
        let Some((scope, _)) = self.window() else {
            return true;
        };
        let classified = view.case.classified;
        let counted = match view.case.facts.counted.get(&self.rule.id) {
            Some(counted) => *counted,
            // Nothing can have happened before to a record that is not there.
            None if scope == Scope::Record && classified.record.is_none() && !view.unknown => {
                Counted::default()
            }
            None => return true,
        };
        let when = &self.rule.when;
        let rate = when
            .rate
            .as_ref()
            .is_none_or(|rate| counted.count.saturating_add(1) > rate.more_than);
        let total = when.total.as_ref().is_none_or(|total| {
            match classified.amount_cents.filter(|amount| *amount >= 0) {
                Some(amount) => {
                    counted.sum_cents.saturating_add(amount) > total.above_cents
                        || classified.currency != self.currency
                }
                None => {
                    classified.amount_expected
                        || classified.amount_cents.is_some()
                        || counted.sum_cents > total.above_cents
                }
            }
        });
        rate && total
    }

    /// A negative amount makes no sense, and one in another currency cannot be compared: neither says
    /// how much money moves.
    fn amount_above(&self, classified: &Classified, limit: i64) -> bool {
        match classified.amount_cents {
            Some(amount) => amount > limit || amount < 0 || classified.currency != self.currency,
            None => classified.amount_expected,
        }
    }
}

fn names_record(when: &When, view: &View<'_>) -> bool {
    match &view.case.classified.record {
        Some(record) => when.record_types.contains(&record.record_type),
        // A record that could not be worked out may be any.
        None => view.unknown,
    }
}

fn names_field(when: &When, view: &View<'_>) -> bool {
    let changes = &view.case.classified.changes;
    // Changes that could not be worked out may be to any field.
    (changes.is_empty() && view.unknown)
        || changes
            .iter()
            .any(|change| when.fields.contains(&change.field))
}

/// Whether a stated confidence is below a limit, missing, or senseless.
fn unsure(stated: Option<f64>, limit: f64) -> bool {
    stated.is_none_or(|stated| !(limit..=1.0).contains(&stated))
}

/// Compiles a workflow; `hash` gives its content hash.
pub fn compile(
    workflow: Workflow,
    hash: impl Fn(&Workflow) -> String,
) -> Result<CompiledRules, Vec<RuleProblem>> {
    let hours = check::check(&workflow)?;
    let guardrails: Vec<_> = workflow
        .guardrails
        .iter()
        .cloned()
        .map(|rule| CompiledGuardrail::new(rule, workflow.currency()))
        .collect();
    let mut by_tool: HashMap<String, Vec<(Gate, usize)>> = HashMap::new();
    let mut for_any_tool = Vec::new();
    for (index, guardrail) in guardrails.iter().enumerate() {
        let gated = (guardrail.gate, index);
        if guardrail.rule.when.tools.is_empty() {
            for_any_tool.push(gated);
        }
        for tool in &guardrail.rule.when.tools {
            let rules = by_tool.entry(tool.clone()).or_default();
            // Named twice, it still speaks once.
            if rules.last().is_none_or(|(_, last)| *last != index) {
                rules.push(gated);
            }
        }
    }
    let words = workflow
        .sensitive_words
        .iter()
        .map(|(category, words)| (category.as_str(), words.iter().map(String::as_str)));
    Ok(CompiledRules {
        hash: hash(&workflow),
        words: WordLists::new(words),
        workflow,
        guardrails,
        by_tool,
        for_any_tool,
        hours,
    })
}
