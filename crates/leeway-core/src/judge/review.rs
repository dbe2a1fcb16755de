//! The eight review rules, on in every workflow. Each holds; none can allow. They speak of acts
//! (level 2 and up); a read is held only when it could not be classified.

use super::rules::{Case, CompiledRules};
use super::{Reason, Verdict};
use crate::action::Source;
use crate::action::visible::visible;
use crate::classify::account::Account;
use crate::classify::{Area, BeforeImage, Effect, FieldChange, Level};
use crate::number;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Ids of the rules built in: review rules and grants. Guardrails may not take them.
pub const BUILT_IN: [&str; 21] = [
    "customer-facing-message",
    "pricing-discount-terms",
    "merge-or-delete",
    "strategic-ownership",
    "contract-invoice-payment-legal",
    "sensitive-support",
    "low-confidence",
    "missing-or-conflicting-data",
    "grant-blocked",
    "beyond-grant",
    "grant-draft",
    "within-grant",
    "level-4-needs-approval",
    "level-5-needs-approval",
    "edited-by-person",
    "tool-unclassified",
    "workflow-paused",
    "owner-missing",
    "answered-question",
    "not-earned",
    "reviews-overdue",
];

/// What the ids of packs' rules begin with. Guardrails may not take such ids.
pub const PACK_RULE: &str = "pack-";

/// Adds the reason of every review rule that fires.
pub fn all(rules: &CompiledRules, case: &Case<'_>, reasons: &mut Vec<Reason>) {
    if case.classified.level == Level::ReadOnly {
        unknowns(case, reasons);
        return;
    }
    areas(case, reasons);
    confidence(threshold(rules, case), case, reasons);
    let others = reasons.len();
    unknowns(case, reasons);
    record(case, reasons);
    sources(&rules.workflow.required_sources, case, reasons);
    shorten(others, reasons);
}

/// An agent may cite thousands of sources; nobody reads thousands of sentences.
fn shorten(others: usize, reasons: &mut Vec<Reason>) {
    let more = (reasons.len() - others).saturating_sub(MOST_SENTENCES);
    if more > 0 {
        reasons.truncate(others + MOST_SENTENCES);
        hold(reasons, MISSING, format!("And {more} more like these."));
    }
}

fn hold(reasons: &mut Vec<Reason>, rule: &str, text: impl Into<String>) {
    reasons.push(Reason {
        rule: rule.to_owned(),
        verdict: Verdict::Hold,
        text: text.into(),
    });
}

fn areas(case: &Case<'_>, reasons: &mut Vec<Reason>) {
    let classified = case.classified;
    let touches = |area| classified.areas.contains(&area);
    let does = |effect| classified.effect == effect;
    if touches(Area::CustomerMessage) || does(Effect::Send) {
        hold(
            reasons,
            "customer-facing-message",
            "A message that people outside the team see.",
        );
    }
    if touches(Area::Pricing) {
        hold(
            reasons,
            "pricing-discount-terms",
            "It touches prices, discounts or terms.",
        );
    }
    if touches(Area::MergeDelete) || does(Effect::Merge) || does(Effect::Delete) {
        hold(reasons, "merge-or-delete", "It merges or deletes a record.");
    }
    if touches(Area::Ownership) {
        hold(
            reasons,
            "strategic-ownership",
            "It changes who owns an account.",
        );
    }
    if touches(Area::ContractInvoicePaymentLegal) || does(Effect::Pay) {
        hold(
            reasons,
            "contract-invoice-payment-legal",
            "It touches contracts, invoices, payments or legal fields.",
        );
    }
    if !case.claim.sensitive.is_empty() {
        let said: Vec<String> = case
            .claim
            .sensitive
            .iter()
            .take(5)
            .map(|text| short(text))
            .collect();
        let text = format!(
            "The agent takes it for a sensitive issue: {}.",
            said.join(", ")
        );
        hold(reasons, "sensitive-support", text);
    }
    if touches(Area::SupportSensitive) || !classified.sensitive.is_empty() {
        let found: Vec<&str> = classified.sensitive.iter().map(String::as_str).collect();
        let found = if found.is_empty() {
            String::new()
        } else {
            format!(" ({})", found.join(", "))
        };
        hold(
            reasons,
            "sensitive-support",
            format!("A sensitive support issue{found}."),
        );
    }
}

/// The confidence it takes: the workflow's, and what was measured where that has to be.
fn threshold(rules: &CompiledRules, case: &Case<'_>) -> f64 {
    let configured = rules.workflow.confidence_threshold;
    match case.facts.measured {
        None => configured,
        Some(measured) => measured
            .threshold
            .map_or(f64::INFINITY, |measured| configured.max(measured)),
    }
}

fn confidence(threshold: f64, case: &Case<'_>, reasons: &mut Vec<Reason>) {
    let text = match case.claim.confidence {
        None => "The agent stated no confidence.".to_owned(),
        Some(stated) if !(0.0..=1.0).contains(&stated) => {
            "The agent's stated confidence makes no sense.".to_owned()
        }
        Some(_) if threshold == f64::INFINITY => {
            "What this agent's stated confidence is worth was not measured yet, so it counts as below."
                .to_owned()
        }
        Some(stated) if stated < threshold || threshold.is_nan() => {
            // Rounding must not make them look alike.
            let digits = if threshold - stated < 0.02 { 2 } else { 0 };
            format!(
                "The agent's stated confidence, {:.digits$} %, is below the {:.digits$} % it takes here.",
                stated * 100.0,
                threshold * 100.0
            )
        }
        Some(_) => return,
    };
    hold(reasons, "low-confidence", text);
}

const MISSING: &str = "missing-or-conflicting-data";
/// Sentences the rule on missing data says at most.
const MOST_SENTENCES: usize = 12;

fn unknowns(case: &Case<'_>, reasons: &mut Vec<Reason>) {
    for unknown in &case.classified.unknowns {
        hold(reasons, MISSING, format!("Not known: {}.", short(unknown)));
    }
    // Classification says so among the unknowns; what is not accounted for never runs alone, whoever
    // worked it out.
    let accounts = &case.classified.accounts;
    if case.classified.unknowns.is_empty()
        && accounts.values().any(|one| *one == Account::Unaccounted)
    {
        hold(
            reasons,
            MISSING,
            "Nothing says what one of its arguments does.",
        );
    }
}

fn record(case: &Case<'_>, reasons: &mut Vec<Reason>) {
    match (case.before, case.classified.effect) {
        (BeforeImage::Failed { .. }, _) => {
            hold(reasons, MISSING, "The record could not be read before.");
        }
        (BeforeImage::Missing, effect) if effect != Effect::Create => {
            hold(reasons, MISSING, "The record does not exist at the system.");
        }
        _ => {}
    }
}

/// What the agent cites, against what it proposes and against the record.
fn sources(required: &[String], case: &Case<'_>, reasons: &mut Vec<Reason>) {
    let names = own_names(case);
    let (own, others): (Vec<&Source>, Vec<&Source>) = case
        .claim
        .sources
        .iter()
        .partition(|source| names.contains(&source.reference));
    let mut cited: BTreeMap<&str, Vec<&Source>> = BTreeMap::new();
    for source in others {
        if let Some(field) = &source.field {
            cited.entry(field).or_default().push(source);
        }
    }
    for change in &case.classified.changes {
        let cited = cited
            .get(change.field.as_str())
            .map(Vec::as_slice)
            .unwrap_or_default();
        let needed = required.contains(&change.field);
        if needed && cited.iter().all(|source| is_blank(source.value.as_ref())) {
            let field = short(&change.label());
            let text = format!("No source for `{field}`, and this workflow requires one.");
            hold(reasons, MISSING, text);
        }
        disagreements(change, cited, reasons);
    }
    if let BeforeImage::Read { fields, .. } = case.before {
        beliefs(fields, &own, reasons);
    }
}

/// The names by which a source cites the very record the action is about. None while it could not
/// be read: what the agent says of it then cannot be checked, so it counts like any other source.
fn own_names(case: &Case<'_>) -> Vec<String> {
    match (&case.classified.record, case.before) {
        (Some(record), BeforeImage::Read { .. }) => vec![
            format!("{}/{}", record.record_type, record.id),
            format!("{}:{}/{}", record.system, record.record_type, record.id),
            format!("{}:{}", record.record_type, record.id),
        ],
        _ => Vec::new(),
    }
}

fn disagreements(change: &FieldChange, cited: &[&Source], reasons: &mut Vec<Reason>) {
    let field = short(&change.label());
    let given = cited
        .iter()
        .filter_map(|source| Some((*source, source.value.as_ref()?)));
    let (blank, values): (Vec<_>, Vec<_>) = given.partition(|(_, value)| is_blank(Some(value)));
    if !blank.is_empty() {
        hold(
            reasons,
            MISSING,
            format!("A source for `{field}` is empty."),
        );
    }
    if let Some((first, rest)) = values.split_first()
        && let Some(other) = rest.iter().find(|other| !same(first.1, other.1))
    {
        hold(
            reasons,
            MISSING,
            format!(
                "Two sources disagree on `{field}`: {} says {}, {} says {}.",
                short(&first.0.reference),
                shown(first.1),
                short(&other.0.reference),
                shown(other.1)
            ),
        );
    }
    if let Some((source, value)) = values.iter().find(|(_, value)| !same(value, &change.new)) {
        hold(
            reasons,
            MISSING,
            format!(
                "The proposed `{field}` is {}, but {} says {}.",
                shown(&change.new),
                short(&source.reference),
                shown(value)
            ),
        );
    }
}

/// A source that cites the record itself says what the agent believed it to be.
fn beliefs(fields: &Map<String, Value>, own: &[&Source], reasons: &mut Vec<Reason>) {
    for source in own {
        let (Some(field), Some(value)) = (&source.field, &source.value) else {
            continue;
        };
        let now = fields.get(field).unwrap_or(&Value::Null);
        if !same(value, now) {
            hold(
                reasons,
                MISSING,
                format!(
                    "The record is not what the agent believed: `{}` is {}, not {}.",
                    short(field),
                    shown(now),
                    shown(value)
                ),
            );
        }
    }
}

/// Whether a value says nothing.
pub(crate) fn is_blank(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.trim().is_empty(),
        Some(Value::Array(items)) => items.is_empty(),
        Some(Value::Object(fields)) => fields.is_empty(),
        Some(_) => false,
    }
}

/// Whether two values say the same: texts without regard to case and outer spaces, numbers as
/// numbers. A number and a text are the same when the text writes that number. Two texts are never
/// compared as numbers: of account numbers every digit counts.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::String(a), Value::String(b)) => a.trim().to_lowercase() == b.trim().to_lowercase(),
        (Value::Number(a), Value::Number(b)) => number::same(a, b),
        (Value::Number(number), Value::String(text))
        | (Value::String(text), Value::Number(number)) => number::writes(text, number),
        (a, b) => number::equal(a, b) || (is_blank(Some(a)) && is_blank(Some(b))),
    }
}

fn shown(value: &Value) -> String {
    match value {
        _ if is_blank(Some(value)) => "empty".to_owned(),
        Value::String(text) => format!("“{}”", short(text)),
        other => short(&other.to_string()),
    }
}

fn short(text: &str) -> String {
    let mut cut: String = text.chars().take(80).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    visible(&cut.replace('\n', " ")).into_owned()
}
