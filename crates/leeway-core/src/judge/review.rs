//! The eight review rules, on in every workflow. Each holds; none can allow. They speak of acts
//! (level 2 and up); a read is held only when it could not be classified.

use super::rules::{Case, CompiledRules};
use super::{Reason, Verdict};
use crate::action::Source;
use crate::action::visible::visible;
use crate::classify::{Area, BeforeImage, Effect, FieldChange, Level};
use serde_json::Value;

/// Ids of the rules built in: review rules and grants. Guardrails may not take them.
pub const BUILT_IN: [&str; 17] = [
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
];

/// Adds the reason of every review rule that fires.
pub fn all(rules: &CompiledRules, case: &Case<'_>, reasons: &mut Vec<Reason>) {
    if case.classified.level == Level::ReadOnly {
        unknowns(case, reasons);
        return;
    }
    areas(case, reasons);
    confidence(rules.workflow.confidence_threshold, case, reasons);
    unknowns(case, reasons);
    record(case, reasons);
    sources(&rules.workflow.required_sources, case, reasons);
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

fn confidence(threshold: f64, case: &Case<'_>, reasons: &mut Vec<Reason>) {
    let text = match case.claim.confidence {
        None => "The agent stated no confidence.".to_owned(),
        Some(stated) if !(0.0..=1.0).contains(&stated) => {
            "The agent's stated confidence makes no sense.".to_owned()
        }
        Some(stated) if stated < threshold || threshold.is_nan() => format!(
            "The agent's stated confidence, {:.0} %, is below this workflow's {:.0} %.",
            stated * 100.0,
            threshold * 100.0
        ),
        Some(_) => return,
    };
    hold(reasons, "low-confidence", text);
}

const MISSING: &str = "missing-or-conflicting-data";

fn unknowns(case: &Case<'_>, reasons: &mut Vec<Reason>) {
    for unknown in &case.classified.unknowns {
        hold(reasons, MISSING, format!("Not known: {}.", short(unknown)));
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

fn sources(required: &[String], case: &Case<'_>, reasons: &mut Vec<Reason>) {
    for change in &case.classified.changes {
        let cited: Vec<&Source> = case
            .claim
            .sources
            .iter()
            .filter(|source| source.field.as_deref() == Some(change.field.as_str()))
            .collect();
        let field = short(&change.field);
        let speaks = cited.iter().any(|source| !is_blank(source.value.as_ref()));
        if required.contains(&change.field) && !speaks {
            hold(
                reasons,
                MISSING,
                format!("No source for `{field}`, and this workflow requires one."),
            );
        }
        if cited
            .iter()
            .any(|source| source.value.is_some() && is_blank(source.value.as_ref()))
        {
            hold(
                reasons,
                MISSING,
                format!("A source for `{field}` is empty."),
            );
        }
        disagreements(change, &cited, reasons);
    }
    beliefs(case, reasons);
}

fn disagreements(change: &FieldChange, cited: &[&Source], reasons: &mut Vec<Reason>) {
    let values: Vec<(&Source, &Value)> = cited
        .iter()
        .filter_map(|source| source.value.as_ref().map(|value| (*source, value)))
        .filter(|(_, value)| !is_blank(Some(value)))
        .collect();
    let field = short(&change.field);
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
    let another = values.iter().find(|(_, value)| {
        let quotes_present = change.old_known && same(value, &change.old);
        !same(value, &change.new) && !quotes_present
    });
    if let Some((source, value)) = another {
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
fn beliefs(case: &Case<'_>, reasons: &mut Vec<Reason>) {
    let (Some(record), BeforeImage::Read { fields, .. }) = (&case.classified.record, case.before)
    else {
        return;
    };
    let names = [
        format!("{}/{}", record.record_type, record.id),
        format!("{}:{}/{}", record.system, record.record_type, record.id),
        format!("{}:{}", record.record_type, record.id),
    ];
    for source in &case.claim.sources {
        let (Some(field), Some(value)) = (&source.field, &source.value) else {
            continue;
        };
        if !names.contains(&source.reference) {
            continue;
        }
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
/// numbers, also when written as text.
fn same(a: &Value, b: &Value) -> bool {
    if let (Some(a), Some(b)) = (number(a), number(b)) {
        return a.total_cmp(&b).is_eq();
    }
    match (a, b) {
        (Value::String(a), Value::String(b)) => a.trim().to_lowercase() == b.trim().to_lowercase(),
        (a, b) if is_blank(Some(a)) && is_blank(Some(b)) => true,
        (a, b) => a == b,
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text
            .trim()
            .parse::<f64>()
            .ok()
            .filter(|number| number.is_finite()),
        _ => None,
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
