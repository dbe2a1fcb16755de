//! Grants, the eight review rules and the judge that puts them together with the operator's
//! guardrails. The strictest verdict wins; every rule that fires is kept with its sentence.

use super::check::RuleProblem;
use super::compiled::CompiledGuardrail;
use super::counting::Counts;
use super::gate::{Gate, View};
use super::hours::Hours;
use super::review::{self, PACK_RULE};
use super::{Decision, Facts, Reason, Verdict};
use crate::action::event::Judged;
use crate::action::{Call, Claim};
use crate::canonical;
use crate::classify::sensitive::WordLists;
use crate::classify::{BeforeImage, Classified, Effect, Guarded, Level};
use crate::govern::workflow::{DeadlineCounts, Grant, Workflow};
use crate::judge::guardrail::Scope;
use std::collections::HashMap;
use std::sync::Arc;

/// A workflow's rules, ready to judge with.
#[derive(Clone, Debug)]
pub struct CompiledRules {
    /// The workflow.
    pub workflow: Workflow,
    /// Its content hash.
    pub hash: String,
    pub(super) guardrails: Vec<CompiledGuardrail>,
    /// Guardrails that name tools, by tool; the others stand in `for_any_tool`.
    pub(super) by_tool: HashMap<String, Vec<(Gate, usize)>>,
    pub(super) for_any_tool: Vec<(Gate, usize)>,
    pub(super) hours: Option<Hours>,
    /// The workflow's own words for sensitive issues.
    pub words: WordLists,
}

/// Everything judged together.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// The call.
    pub call: &'a Call,
    /// What it would do.
    pub classified: &'a Classified,
    /// What the agent says.
    pub claim: &'a Claim,
    /// The record as read.
    pub before: &'a BeforeImage,
    /// Time and history.
    pub facts: &'a Facts,
}

impl<'a> Case<'a> {
    /// A revision as it was judged.
    pub fn of(judged: &'a Judged) -> Self {
        Self {
            call: &judged.call,
            classified: &judged.classified,
            claim: &judged.claim,
            before: &judged.before,
            facts: &judged.facts,
        }
    }
}

/// Something to count before judging.
#[derive(Clone, Debug, PartialEq)]
pub struct Counter {
    /// The guardrail that asks.
    pub guardrail: String,
    /// Whose actions.
    pub scope: Scope,
    /// Since how long, seconds.
    pub window_s: u64,
    /// Amounts in which currency; those whose currency is not known count too. `None` for all.
    pub currency: Option<String>,
    /// Which of them.
    pub counts: Arc<Counts>,
}

impl CompiledRules {
    /// Compiles a workflow, or reports every problem at once.
    pub fn compile(workflow: Workflow) -> Result<Self, Vec<RuleProblem>> {
        super::compiled::compile(workflow, canonical::hash)
    }

    /// Whether any guardrail counts.
    pub fn counts(&self) -> bool {
        self.guardrails.iter().any(|rule| rule.window().is_some())
    }

    /// What must be counted before this case is judged: only what guardrails ask whose other
    /// cheap conditions hold. The case's own facts are not looked at.
    pub fn counters<'a>(&'a self, case: &'a Case<'a>) -> impl Iterator<Item = Counter> + 'a {
        let tool = case.call.tool_name();
        let view = View::of(case);
        let candidates: Vec<_> = self.candidates(&tool, &view).collect();
        candidates
            .into_iter()
            .filter_map(move |rule| rule.counter(&view))
    }

    /// The longest window anything is counted over, seconds.
    pub fn max_window_s(&self) -> u64 {
        self.guardrails
            .iter()
            .filter_map(|rule| rule.window().map(|(_, window_s)| window_s))
            .max()
            .unwrap_or(0)
    }

    /// Whether a time, UTC milliseconds, lies in the workflow's business hours; `None` when it has
    /// none.
    pub fn in_business_hours(&self, now_ms: i64) -> Option<bool> {
        self.hours.as_ref()?.contains(now_ms)
    }

    /// When a part (0 to 1) of a held action's wait is over, UTC milliseconds. Counted in business
    /// hours where the workflow says so and they can be worked out.
    pub fn wait_over(&self, since_ms: i64, part: f64) -> i64 {
        let whole_ms = (self.workflow.expires_after_s as i64).saturating_mul(1000);
        let part_ms = (whole_ms as f64 * part.clamp(0.0, 1.0)) as i64;
        let counted = match (&self.hours, self.workflow.deadline_counts) {
            (Some(hours), DeadlineCounts::BusinessHours) => hours.after(since_ms, part_ms),
            _ => None,
        };
        counted.unwrap_or_else(|| since_ms.saturating_add(part_ms))
    }

    /// Guardrails that may concern a call of a tool, in the order they are written.
    fn candidates<'a>(
        &'a self,
        tool: &str,
        view: &View<'_>,
    ) -> impl Iterator<Item = &'a CompiledGuardrail> {
        let named = self
            .by_tool
            .get(tool)
            .map(Vec::as_slice)
            .unwrap_or_default();
        self.for_any_tool
            .iter()
            .chain(named)
            .filter(|(gate, _)| gate.lets(view))
            .map(|(_, index)| &self.guardrails[*index])
    }
}

/// Judges a case. Pure: the same inputs give the same decision.
pub fn judge(rules: &CompiledRules, case: &Case<'_>) -> Decision {
    let mut reasons = Vec::with_capacity(4);
    let tool = case.call.tool_name();
    let level = case.classified.level;
    let configured = rules.workflow.grant(&tool);
    let earned = earned(configured, case, &mut reasons);
    granted(earned, (case.classified.effect, level), &mut reasons);
    owned(case, &mut reasons);
    reviewed(case, &mut reasons);
    reasons.extend(case.facts.contained.and_then(|rung| rung.reason(level)));
    review::all(rules, case, &mut reasons);
    reasons.extend(case.classified.guards.iter().map(of_pack));
    let view = View::of(case);
    let mut approvals = 1;
    for rule in rules.candidates(&tool, &view) {
        if let Some(reason) = rule.fire(&view) {
            approvals = approvals.max(rule.approvals());
            reasons.push(reason);
        }
    }
    reasons.sort_by_key(|reason| std::cmp::Reverse(reason.verdict));
    // INVARIANT: `granted` always gives a reason, so an empty list cannot mean allow.
    let verdict = reasons
        .first()
        .map_or(Verdict::Block, |reason| reason.verdict);
    Decision {
        verdict,
        reasons,
        approvals,
    }
}

/// Judges the call that takes an action back. A person asks for it and approves it, so the agent's grant
/// says nothing here; it never runs alone. What the pack blocks is blocked; what moves money or reaches
/// outside stays under the workflow's guardrails. Overwriting what people changed since takes two.
pub fn judge_undo(rules: &CompiledRules, case: &Case<'_>, overwrites: bool) -> Decision {
    let say = |rule: &str, text: &str| Reason {
        rule: rule.to_owned(),
        verdict: Verdict::Hold,
        text: text.to_owned(),
    };
    let mut reasons = vec![say("undo", "A person takes an action back.")];
    let mut approvals = 1;
    if overwrites {
        approvals = 2;
        let text = "It overwrites what was changed since, or what cannot be compared, so a second person approves it.";
        reasons.push(say("undo-overwrites", text));
    }
    for unknown in &case.classified.unknowns {
        reasons.push(say("undo-unknown", unknown));
    }
    reasons.extend(case.classified.guards.iter().map(of_pack));
    if matches!(case.classified.effect, Effect::Send | Effect::Pay) {
        let view = View::of(case);
        for rule in rules.candidates(&case.call.tool_name(), &view) {
            if let Some(reason) = rule.fire(&view) {
                approvals = approvals.max(rule.approvals());
                reasons.push(reason);
            }
        }
    }
    reasons.sort_by_key(|reason| std::cmp::Reverse(reason.verdict));
    let verdict = reasons.iter().map(|reason| reason.verdict).max();
    Decision {
        verdict: verdict.unwrap_or(Verdict::Hold).max(Verdict::Hold),
        reasons,
        approvals,
    }
}

/// The grant that counts: what is configured, as far as it was earned and not lost.
fn earned(configured: Grant, case: &Case<'_>, reasons: &mut Vec<Reason>) -> Grant {
    let level = case.classified.level;
    match case.facts.cap {
        Some(cap) if cap < configured => {
            if level > Level::ReadOnly {
                reasons.push(Reason {
                    rule: "not-earned".to_owned(),
                    verdict: Verdict::Hold,
                    text: format!(
                        "With this tool the agent has earned “{}”, not “{}”.",
                        cap.name(),
                        configured.name()
                    ),
                });
            }
            cap
        }
        _ => configured,
    }
}

/// Where outputs are not reviewed in time nothing runs unattended.
fn reviewed(case: &Case<'_>, reasons: &mut Vec<Reason>) {
    if let Some(why) = &case.facts.unreviewed
        && case.classified.level > Level::ReadOnly
    {
        reasons.push(Reason {
            rule: "reviews-overdue".to_owned(),
            verdict: Verdict::Hold,
            text: why.clone(),
        });
    }
}

/// What nobody owns the risk of never runs alone.
fn owned(case: &Case<'_>, reasons: &mut Vec<Reason>) {
    let Some(owner) = &case.facts.owner else {
        return;
    };
    if owner.missing && case.classified.level > Level::ReadOnly {
        reasons.push(Reason {
            rule: "owner-missing".to_owned(),
            verdict: Verdict::Hold,
            text: format!(
                "Nobody who can act owns “{}”.",
                owner.responsibility.title()
            ),
        });
    }
}

/// The reason of a pack's rule that fired.
fn of_pack(guard: &Guarded) -> Reason {
    Reason {
        rule: format!("{PACK_RULE}{}", guard.id),
        verdict: Verdict::from(guard.then),
        text: guard.text.clone(),
    }
}

fn granted(grant: Grant, (effect, level): (Effect, Level), reasons: &mut Vec<Reason>) {
    let mut say = |rule: &str, verdict, text: String| {
        reasons.push(Reason {
            rule: rule.to_owned(),
            verdict,
            text,
        });
    };
    match (grant, level) {
        (Grant::Blocked, _) => say(
            "grant-blocked",
            Verdict::Block,
            "This workflow's agents may not use this tool.".to_owned(),
        ),
        (_, Level::ReadOnly) => say(
            "within-grant",
            Verdict::Allow,
            "Reading is granted.".to_owned(),
        ),
        // A read that reaches outside is still a read: a person decides on it.
        (Grant::Read, Level::External) if effect == Effect::Read => say(
            "read-reaches-out",
            Verdict::Hold,
            "Reading is granted, but not at an address that nobody allowed.".to_owned(),
        ),
        (Grant::Read, _) => say(
            "beyond-grant",
            Verdict::Block,
            format!(
                "This workflow's agents may only read with this tool; this is {}.",
                kind(level)
            ),
        ),
        (Grant::Draft, _) => say(
            "grant-draft",
            Verdict::Hold,
            "The agent may only draft this: a person reads it in full, may edit it, and sends it."
                .to_owned(),
        ),
        (_, Level::DraftOnly | Level::LowRisk) => say(
            "within-grant",
            Verdict::Allow,
            match level {
                Level::DraftOnly => "A draft is granted.".to_owned(),
                _ => "A low-risk update is granted.".to_owned(),
            },
        ),
        (grant, Level::HighImpact) => {
            if grant < Grant::HighImpact {
                say("beyond-grant", Verdict::Hold, beyond(level));
            }
            say(
                "level-4-needs-approval",
                Verdict::Hold,
                "High-impact updates always need a person's approval.".to_owned(),
            );
        }
        (grant, Level::External) => {
            if grant < Grant::External {
                say("beyond-grant", Verdict::Hold, beyond(level));
            }
            say(
                "level-5-needs-approval",
                Verdict::Hold,
                "What reaches outside the business always needs a person's approval.".to_owned(),
            );
        }
    }
}

fn beyond(level: Level) -> String {
    format!(
        "This goes further than the agent's grant for this tool: it is {}.",
        kind(level)
    )
}

fn kind(level: Level) -> &'static str {
    match level {
        Level::ReadOnly => "a read",
        Level::DraftOnly => "a draft",
        Level::LowRisk => "a low-risk update",
        Level::HighImpact => "a high-impact update",
        Level::External => "an external action",
    }
}
