//! What an action would do, in Leeway's own words, never the agent's.

use super::Call;
use super::event::{Judged, Refused};
use super::visible::visible;
use crate::classify::{Effect, FieldChange, RecordRef, currency};
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
        .map(|minor| format!(" {}", currency::text(minor, classified.currency.as_deref())))
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
        .map(|change| {
            let label = short(&change.label());
            match (&change.old, &change.new) {
                (Value::Null, new) => format!("{label}: {}", value(new)),
                (Value::Array(old), Value::Array(new))
                    if old.len() + new.len() <= MOST_COMPARED
                        && old.iter().any(|one| new.contains(one)) =>
                {
                    format!("{label}: {}", listed(old, new))
                }
                (old, new) => format!("{label}: {} → {}", value(old), value(new)),
            }
        })
        .collect();
    if !changes.is_empty() {
        return changes.join(" · ");
    }
    if let Some(message) = &judged.classified.message {
        let to = message.recipients().next().map(short);
        let what = message
            .subject
            .as_deref()
            .or(message.parts.first().map(|part| part.text.as_str()));
        let said: Vec<String> = to.into_iter().chain(what.map(short)).collect();
        if !said.is_empty() {
            return said.join(": ");
        }
    }
    judged
        .decision
        .reasons
        .first()
        .map(|reason| reason.text.clone())
        .unwrap_or_default()
}

/// Items of two lists that are compared with each other at most.
const MOST_COMPARED: usize = 200;

/// What comes into a list and what goes, the first few of it.
fn listed(old: &[Value], new: &[Value]) -> String {
    let less = |one: &[Value], other: &[Value], sign: &str| {
        let mut left = other.to_vec();
        let mut found = Vec::new();
        for item in one {
            match left.iter().position(|other| other == item) {
                Some(at) => drop(left.remove(at)),
                None => found.push(format!("{sign}{}", value(item))),
            }
        }
        found
    };
    let mut parts = less(new, old, "+");
    parts.extend(less(old, new, "−"));
    let more = parts.len().saturating_sub(3);
    parts.truncate(3);
    match (parts.is_empty(), more) {
        (true, _) => "in another order".to_owned(),
        (false, 0) => parts.join(", "),
        (false, more) => format!("{}, {more} more", parts.join(", ")),
    }
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

fn short(text: &str) -> String {
    let mut cut: String = text.chars().take(LONGEST).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    visible(&cut.replace('\n', " ")).into_owned()
}

#[cfg(test)]
mod tests {
    use super::listed;
    use serde_json::json;

    #[test]
    fn of_a_list_what_comes_and_goes_is_said() {
        let told = |old: serde_json::Value, new: serde_json::Value| {
            listed(old.as_array().unwrap(), new.as_array().unwrap())
        };
        assert_eq!(told(json!(["a", "b"]), json!(["b", "c"])), "+c, −a");
        assert_eq!(told(json!(["a"]), json!(["a", "a"])), "+a");
        assert_eq!(
            told(json!(["a", "b"]), json!(["b", "a"])),
            "in another order"
        );
        let many = told(json!([0]), json!([0, 1, 2, 3, 4, 5]));
        assert_eq!(many, "+1, +2, +3, 2 more");
    }
}
