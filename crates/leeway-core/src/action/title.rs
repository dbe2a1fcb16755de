//! What an action would do, in Leeway's own words, never the agent's.

use super::Call;
use super::event::{Judged, Refused};
use super::visible::visible;
use crate::classify::{Effect, FieldChange, RecordRef};
use serde_json::Value;

const LONGEST: usize = 60;

/// One line: effect, record, fields, amount.
pub fn title(judged: &Judged) -> String {
    let classified = &judged.classified;
    let what = match &classified.record {
        Some(record) => named(record),
        None => short(&judged.call.tool_name()),
    };
    let verb = match classified.effect {
        Effect::Read => "Read",
        Effect::Draft => "Draft",
        Effect::Create => "Create",
        Effect::Update => "Update",
        Effect::Merge => "Merge",
        Effect::Delete => "Delete",
        Effect::Admin => "Change settings:",
        Effect::Execute => "Run",
        Effect::Send => "Send",
        Effect::Pay => "Pay",
    };
    let amount = classified
        .amount_cents
        .map(|cents| format!(" {}", money(cents)))
        .unwrap_or_default();
    let mut line = format!("{verb}{amount} · {what}");
    let fields = fields(&classified.changes);
    if classified.effect == Effect::Update && !fields.is_empty() {
        line.push_str(": ");
        line.push_str(&fields);
    }
    line
}

/// The first changes, or the first reason.
pub fn gist(judged: &Judged) -> String {
    let changes: Vec<String> = judged
        .classified
        .changes
        .iter()
        .take(3)
        .map(|change| match change.old {
            Value::Null => format!("{}: {}", short(&change.label()), value(&change.new)),
            _ => format!(
                "{}: {} → {}",
                short(&change.label()),
                value(&change.old),
                value(&change.new)
            ),
        })
        .collect();
    if !changes.is_empty() {
        return changes.join(" · ");
    }
    judged
        .decision
        .reasons
        .first()
        .map(|reason| reason.text.clone())
        .unwrap_or_default()
}

/// A call that could not be judged.
pub fn refused(refused: &Refused) -> String {
    format!("Refused call of {}", short(&called(&refused.call)))
}

/// The name a call was made under. An unknown tool belongs to no system.
pub fn called(call: &Call) -> String {
    if call.system.is_empty() {
        return call.tool.clone();
    }
    call.tool_name()
}

fn named(record: &RecordRef) -> String {
    format!("{} {}", short(&record.record_type), short(&record.id))
}

fn fields(changes: &[FieldChange]) -> String {
    let names: Vec<String> = changes
        .iter()
        .take(4)
        .map(|change| short(&change.label()))
        .collect();
    let more = changes.len().saturating_sub(4);
    if more > 0 {
        return format!("{} and {more} more", names.join(", "));
    }
    names.join(", ")
}

fn value(value: &Value) -> String {
    match value {
        Value::Null => "empty".to_owned(),
        Value::String(text) => short(text),
        other => short(&other.to_string()),
    }
}

/// Cents as a decimal amount.
pub fn money(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    format!(
        "{sign}{}.{:02}",
        cents.unsigned_abs() / 100,
        cents.unsigned_abs() % 100
    )
}

fn short(text: &str) -> String {
    let mut cut: String = text.chars().take(LONGEST).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    visible(&cut.replace('\n', " ")).into_owned()
}
