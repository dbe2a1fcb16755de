//! Hidden values in an edit: what a reviewer left as `[redacted]` stands for the secret.

use crate::error::ApiError;
use leeway_core::classify::redact::REDACTED;
use serde_json::{Value, json};

/// A reviewer sees `[redacted]` where a secret is; left as it is, it stands for the secret in the
/// same place.
pub fn put_back(edited: &mut Value, original: &Value) -> Result<(), ApiError> {
    match (edited, original) {
        (Value::Object(edited), Value::Object(original)) => {
            for (key, value) in edited.iter_mut() {
                if let Some(original) = original.get(key) {
                    put_back(value, original)?;
                }
            }
            Ok(())
        }
        (Value::Array(edited), Value::Array(original)) if edited.len() == original.len() => edited
            .iter_mut()
            .zip(original)
            .try_for_each(|(value, original)| put_back(value, original)),
        (edited @ Value::Array(_), Value::Array(_)) if has_mark(edited) => Err(ApiError::invalid(
            "arguments-invalid",
            "a list with a hidden value in it has another length now, so which value is meant is not known",
        )
        .help("leave the list's length as it is, or write the value out")),
        (edited @ Value::String(_), original) if *edited == json!(REDACTED) => {
            *edited = original.clone();
            Ok(())
        }
        _ => Ok(()),
    }
}

fn has_mark(value: &Value) -> bool {
    match value {
        Value::String(text) => text == REDACTED,
        Value::Array(items) => items.iter().any(has_mark),
        Value::Object(fields) => fields.values().any(has_mark),
        _ => false,
    }
}
