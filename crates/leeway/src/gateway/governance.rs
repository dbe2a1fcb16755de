//! What agents may say about a call: the optional `_governance` argument or the same in `_meta`.
//! It is taken off before the call goes on.

use crate::error::ApiError;
use leeway_core::action::Claim;
use serde_json::{Map, Value};

/// Key of the argument, and of the member of `_meta`.
pub const KEY: &str = "_governance";
/// Key in `_meta` by the protocol's naming rule.
pub const META_KEY: &str = "io.leeway/governance";

/// How to state it.
pub const HELP: &str =
    "give {confidence: 0 to 1, reason, trigger, sources: [{ref, field, value}]}, all optional";

const LONGEST_TEXT: usize = 4_000;
const MOST_SOURCES: usize = 50;
const MOST_SENSITIVE: usize = 10;

/// Takes the claim out of the arguments, or else out of `_meta`. A malformed one is an error, so
/// that the agent can mend it; a missing one is an empty claim.
pub fn take(
    arguments: &mut Map<String, Value>,
    meta: Option<&Map<String, Value>>,
) -> Result<Claim, ApiError> {
    let stated = arguments.remove(KEY).or_else(|| {
        meta.and_then(|meta| meta.get(META_KEY).or_else(|| meta.get(KEY)))
            .cloned()
    });
    match stated {
        None | Some(Value::Null) => Ok(Claim::default()),
        Some(value) => read(value),
    }
}

/// Reads a claim.
pub fn read(value: Value) -> Result<Claim, ApiError> {
    let claim: Claim = serde_json::from_value(value).map_err(|error| {
        let message = format!("`{KEY}` cannot be read: {}", unquoted(&error.to_string()));
        ApiError::invalid("governance-invalid", message).help(HELP)
    })?;
    check(&claim)?;
    Ok(claim)
}

/// Refuses what is out of bounds; used for REST proposals too.
pub fn check(claim: &Claim) -> Result<(), ApiError> {
    let problem = |message: String| Err(ApiError::invalid("governance-invalid", message));
    if let Some(confidence) = claim.confidence
        && !(0.0..=1.0).contains(&confidence)
    {
        return problem(format!("confidence `{confidence}` is not between 0 and 1"));
    }
    for (name, text) in [("reason", &claim.reason), ("trigger", &claim.trigger)] {
        if text
            .as_ref()
            .is_some_and(|text| text.chars().count() > LONGEST_TEXT)
        {
            return problem(format!("`{name}` is longer than {LONGEST_TEXT} characters"));
        }
    }
    if claim.sensitive.len() > MOST_SENSITIVE
        || claim
            .sensitive
            .iter()
            .any(|text| text.chars().count() > LONGEST_TEXT)
    {
        return problem(format!(
            "`sensitive` has more than {MOST_SENSITIVE} texts, or one longer than {LONGEST_TEXT} characters"
        ));
    }
    if claim.sources.len() > MOST_SOURCES {
        return problem(format!("more than {MOST_SOURCES} sources"));
    }
    Ok(())
}

/// serde's words without the value that was found, which may be a secret.
fn unquoted(error: &str) -> String {
    match error.rsplit_once(", expected ") {
        Some((_, expected)) => format!("something else stands where {expected} is expected"),
        None => error.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_cannot_be_read_is_told_without_the_value() {
        for (claim, told) in [
            (json!({"confidence": "hunter22"}), "f64"),
            (json!({"reason": ["hunter22, expected x"]}), "a string"),
            (json!({"sources": [{"ref": {"a": "hunter22"}}]}), "a string"),
            (
                json!({"sources": [{"field": "hunter22"}]}),
                "missing field `ref`",
            ),
        ] {
            let error = read(claim).unwrap_err();
            assert_eq!(error.code, "governance-invalid");
            assert!(
                error.message.contains(told) && !error.message.contains("hunter22"),
                "{error}"
            );
        }
    }
}
