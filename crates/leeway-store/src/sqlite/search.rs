//! The words an action is found by.

use leeway_core::action::event::{ActionEvent, Judged, Refused};
use leeway_core::action::state::ActionRow;
use leeway_core::classify::BeforeImage;
use serde_json::Value;

/// Longest text indexed per action, bytes.
const LONGEST: usize = 4_000;
/// Longest text of the record as it was read, bytes more.
const LONGEST_RECORD: usize = 2_000;

/// The text to index for an action's first entry; `None` for later ones.
pub fn text(row: &ActionRow, event: &ActionEvent) -> Option<String> {
    let arguments = match event {
        ActionEvent::Judged(judged) if judged.revision == 1 => arguments(judged),
        ActionEvent::Refused(refused) => of_refused(refused),
        _ => return None,
    };
    let mut text = format!("{} {} {} {} ", row.title, row.agent, row.system, row.tool);
    if let Some(record) = &row.record {
        text.push_str(&record.record_type);
        text.push(' ');
        text.push_str(&record.id);
        text.push(' ');
    }
    collect(arguments, LONGEST, &mut text);
    // People look for a customer by name, and the call may name but an id: the record has the name.
    if let Some(BeforeImage::Read { fields, .. }) = before(event) {
        let most = text.len() + LONGEST_RECORD;
        for value in fields.values() {
            collect(value, most, &mut text);
        }
    }
    Some(text)
}

fn before(event: &ActionEvent) -> Option<&BeforeImage> {
    match event {
        ActionEvent::Judged(judged) => Some(&judged.before),
        _ => None,
    }
}

fn arguments(judged: &Judged) -> &Value {
    &judged.call.arguments
}

fn of_refused(refused: &Refused) -> &Value {
    &refused.call.arguments
}

fn collect(value: &Value, most: usize, text: &mut String) {
    if text.len() >= most {
        return;
    }
    match value {
        Value::String(string) => {
            let room = most.saturating_sub(text.len());
            text.extend(string.chars().take(room));
            text.push(' ');
        }
        Value::Number(number) => {
            text.push_str(&number.to_string());
            text.push(' ');
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, most, text)),
        Value::Object(fields) => fields.values().for_each(|item| collect(item, most, text)),
        Value::Null | Value::Bool(_) => {}
    }
}

/// The user's words as a query: each must occur, the last as a beginning. `None` when there are none.
pub fn query(words: &str) -> Option<String> {
    let terms: Vec<String> = words
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(12)
        .map(|word| format!("\"{word}\""))
        .collect();
    (!terms.is_empty()).then(|| format!("{}*", terms.join(" ")))
}
