//! What agents may say about a call: the optional `governance` argument or the same in `_meta`.
//! It is taken off before the call goes on.

use crate::error::ApiError;
use leeway_core::action::{Claim, Source};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Name of the argument.
pub const KEY: &str = "governance";
/// Its name where a tool has an argument of that name itself.
const OTHER: &str = "leeway_governance";
/// Its name where a tool has both.
const LAST: &str = "leeway_about_this_call";
/// Its first name, which clients that build classes from schemas refuse; still understood.
const FIRST: &str = "_governance";
/// Key in `_meta` by the protocol's naming rule.
pub const META_KEY: &str = "io.leeway/governance";

/// How to state it.
pub const HELP: &str =
    "give {confidence: 0 to 1, reason, trigger, sources: [{ref, field, value}]}, all optional";

const LONGEST_TEXT: usize = 4_000;
const MOST_SOURCES: usize = 50;
const MOST_SENSITIVE: usize = 10;

/// The argument's name at a tool that has arguments of these names itself.
pub fn key(has: impl Fn(&str) -> bool) -> &'static str {
    let free = [KEY, OTHER].into_iter().find(|key| !has(key));
    free.unwrap_or(LAST)
}

/// Takes the claim out of the arguments, or else out of `_meta`; what the tool itself `has` stays. A malformed one
/// is an error, so that the agent can mend it; a missing one is an empty claim.
pub fn take(
    arguments: &mut Map<String, Value>,
    has: impl Fn(&str) -> bool,
    meta: Option<&Map<String, Value>>,
) -> Result<Claim, ApiError> {
    let ours = [KEY, OTHER, LAST, FIRST]
        .into_iter()
        .filter(|key| !has(key));
    // All of them are taken off, and the first that says something counts.
    let stated: Vec<Value> = ours
        .filter_map(|key| arguments.shift_remove(key))
        .filter(|value| !value.is_null())
        .collect();
    let stated = stated.into_iter().next().or_else(|| {
        let meta = meta?;
        let keys = [META_KEY, KEY, FIRST];
        keys.iter().find_map(|key| meta.get(*key)).cloned()
    });
    match stated {
        None | Some(Value::Null) => Ok(Claim::default()),
        Some(value) => read(value),
    }
}

/// Reads a claim. `null` says nothing, wherever it stands.
pub fn read(value: Value) -> Result<Claim, ApiError> {
    let Value::Object(mut said) = value else {
        return Err(wrong(KEY, "it is no object"));
    };
    let mut claim = Claim {
        confidence: member(&mut said, "confidence")?,
        reason: member(&mut said, "reason")?,
        trigger: member(&mut said, "trigger")?,
        sensitive: match said.shift_remove("sensitive") {
            Some(Value::String(one)) => vec![one],
            other => read_at("sensitive", other)?,
        },
        sources: sources(said.shift_remove("sources"))?,
    };
    // Strict clients have their models fill in every text: an empty one names no issue.
    claim.sensitive.retain(|issue| !issue.trim().is_empty());
    check(&claim)?;
    Ok(claim)
}

fn sources(stated: Option<Value>) -> Result<Vec<Source>, ApiError> {
    let Some(stated) = stated.filter(|stated| !stated.is_null()) else {
        return Ok(Vec::new());
    };
    let Value::Array(stated) = stated else {
        return Err(wrong("governance.sources", "it is no list"));
    };
    let mut sources = Vec::new();
    for (n, one) in stated.into_iter().enumerate() {
        let Value::Object(mut one) = one else {
            return Err(wrong(
                &format!("governance.sources[{n}]"),
                "it is no object",
            ));
        };
        let at = |name: &str| format!("sources[{n}].{name}");
        let Some(reference) = read_at(&at("ref"), one.shift_remove("ref"))? else {
            return Err(wrong(&format!("governance.{}", at("ref")), "it is missing"));
        };
        sources.push(Source {
            reference,
            field: read_at(&at("field"), one.shift_remove("field"))?,
            value: one.shift_remove("value"),
        });
    }
    Ok(sources)
}

fn member<T: DeserializeOwned + Default>(
    said: &mut Map<String, Value>,
    name: &str,
) -> Result<T, ApiError> {
    read_at(name, said.shift_remove(name))
}

fn read_at<T: DeserializeOwned + Default>(name: &str, said: Option<Value>) -> Result<T, ApiError> {
    match said {
        None | Some(Value::Null) => Ok(T::default()),
        Some(value) => serde_json::from_value(value)
            .map_err(|error| wrong(&format!("governance.{name}"), &unquoted(&error.to_string()))),
    }
}

fn wrong(what: &str, why: &str) -> ApiError {
    ApiError::invalid(
        "governance-invalid",
        format!("`{what}` cannot be read: {why}"),
    )
    .help(HELP)
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
    fn what_cannot_be_read_is_told_by_its_name_and_without_the_value() {
        for (claim, told) in [
            (json!({"confidence": "hunter22"}), "`governance.confidence`"),
            (
                json!({"reason": ["hunter22, expected x"]}),
                "`governance.reason`",
            ),
            (
                json!({"sources": [{"ref": {"a": "hunter22"}}]}),
                "`governance.sources[0].ref`",
            ),
            (
                json!({"sources": [{"ref": "a"}, {"field": "hunter22"}]}),
                "`governance.sources[1].ref` cannot be read: it is missing",
            ),
            (json!({"sources": "hunter22"}), "`governance.sources`"),
            (json!(["hunter22"]), "`governance`"),
        ] {
            let error = read(claim).unwrap_err();
            assert_eq!(error.code, "governance-invalid");
            assert!(
                error.message.contains(told) && !error.message.contains("hunter22"),
                "{error}"
            );
        }
    }

    #[test]
    fn nothing_is_said_by_null() {
        let claim = read(json!({
            "confidence": null, "reason": null, "trigger": null, "sensitive": null,
            "sources": [{ "ref": "a", "field": null, "value": null }],
        }))
        .unwrap();
        // Of a source, `null` is the value it gives.
        let source = Source {
            reference: "a".into(),
            field: None,
            value: Some(Value::Null),
        };
        assert_eq!(
            claim,
            Claim {
                sources: vec![source],
                ..Claim::default()
            }
        );
        assert_eq!(read(json!({"sources": null})).unwrap(), Claim::default());
        assert_eq!(
            read(json!({"sensitive": "a threat"})).unwrap().sensitive,
            ["a threat"]
        );
        for nothing in [json!(""), json!(" "), json!([]), json!(["", "\n"])] {
            let claim = read(json!({ "sensitive": nothing })).unwrap();
            assert_eq!(claim, Claim::default(), "{nothing}");
        }
    }

    #[test]
    fn it_is_taken_off_under_each_of_its_names_but_those_the_tool_has_itself() {
        let said = json!({ "confidence": 0.5 });
        for (name, has, taken) in [
            ("governance", "", true),
            ("_governance", "", true),
            ("leeway_governance", "", true),
            ("governance", "governance", false),
            ("leeway_governance", "governance", true),
            ("_governance", "governance", true),
            ("_governance", "_governance", false),
        ] {
            let mut arguments = Map::from_iter([(name.to_owned(), said.clone())]);
            let claim = take(&mut arguments, |own| own == has, None).unwrap();
            assert_eq!(claim.confidence.is_some(), taken, "{name} {has}");
            assert_eq!(arguments.is_empty(), taken, "{name} {has}");
        }
        assert_eq!(key(|own| own == "governance"), "leeway_governance");
        assert_eq!(key(|_| false), "governance");
        let meta = Map::from_iter([(META_KEY.to_owned(), said)]);
        let mut null = Map::from_iter([("governance".to_owned(), Value::Null)]);
        let claim = take(&mut null, |_| false, Some(&meta)).unwrap();
        assert_eq!(claim.confidence, Some(0.5));
        assert!(null.is_empty());
    }
}
