//! Which changes are of critical fields. A name that only reads like a critical one counts as well: it raises, and
//! never lowers.

use serde_json::Value;
use unicode_normalization::UnicodeNormalization;
use unicode_security::confusable_detection::skeleton;

/// Whether a change of a field from one value to another is critical, by the names a pack lists: its own, one that
/// reads like it (`Owner`, `owner_id`, `owner[]`, `properties.owner`), or that of a member within it that changes.
pub(super) fn is_critical(critical: &[String], field: &str, (old, new): (&Value, &Value)) -> bool {
    critical.iter().any(|name| {
        let (outer, inner) = name.split_once('.').unwrap_or(("", name));
        let within = outer.is_empty() || names(outer, field);
        name == field
            || alike(name, field)
            || outer.is_empty() && names(inner, field)
            || within && changes_within(inner, (old, new))
    })
}

/// Whether one of the parts of a field's name reads like a name.
fn names(name: &str, field: &str) -> bool {
    let mut parts = field.split(['.', '[', '/']);
    parts.any(|part| alike(name, part))
}

/// Whether a member of a name, however deep, is another in the new value.
fn changes_within(name: &str, (old, new): (&Value, &Value)) -> bool {
    match new {
        Value::Object(fields) => fields.iter().any(|(key, item)| {
            let before = old.get(key).unwrap_or(&Value::Null);
            before != item && (names(name, key) || changes_within(name, (before, item)))
        }),
        Value::Array(items) => items.iter().enumerate().any(|(at, item)| {
            let before = old.get(at).unwrap_or(&Value::Null);
            before != item && changes_within(name, (before, item))
        }),
        _ => false,
    }
}

/// Whether two names read alike: the same letters and digits, in any case, whatever they are written in, without an
/// ending that says it is an id.
fn alike(name: &str, other: &str) -> bool {
    if name.is_ascii() && other.is_ascii() {
        return letters(name).eq(letters(other));
    }
    let (name, other) = (skeleton_of(name), skeleton_of(other));
    letters(&name).eq(letters(&other))
}

/// The letters and digits of a name in lower case.
fn letters(name: &str) -> impl Iterator<Item = char> {
    let plain = name.trim_end_matches(|c: char| !c.is_alphanumeric());
    let without = |ending: &str| {
        let at = plain.len().checked_sub(ending.len()).filter(|at| *at > 0)?;
        let (rest, end) = plain.split_at_checked(at)?;
        end.eq_ignore_ascii_case(ending).then_some(rest)
    };
    let stem = without("ids").or_else(|| without("id")).unwrap_or(plain);
    let says = stem.contains(char::is_alphanumeric);
    let stem = if says { stem } else { plain };
    stem.chars()
        .filter(|c| c.is_alphanumeric())
        .map(|c| c.to_ascii_lowercase())
}

/// A name in the letters that its own look like.
fn skeleton_of(name: &str) -> String {
    let folded: String = name.nfkc().flat_map(char::to_lowercase).collect();
    skeleton(&folded).filter(|c| c.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_reads_like_a_critical_name_is_one() {
        let critical = ["owner".to_owned(), "billing.iban".to_owned()];
        let is = |field: &str| is_critical(&critical, field, (&json!({}), &json!({"iban": "x"})));
        for field in [
            "owner",
            "Owner",
            "OWNER ",
            "\u{43e}wner",
            "o\u{200b}wner",
            "\u{ff4f}wner",
            "owner[]",
            "owner.id",
            "owner_id",
            "properties.owner",
            "ownerId",
            "billing",
            "billing.iban",
        ] {
            assert!(is(field), "{field}");
        }
        for field in ["owners_note", "own", "previous_owner", "id", ""] {
            assert!(!is(field), "{field}");
        }
        let critical = ["金額".to_owned()];
        let is = |field: &str| is_critical(&critical, field, (&json!(1), &json!(2)));
        assert!(is("金額") && is("金額_id") && !is("氏名") && !is("note") && !is(""));
        let critical = ["owner".to_owned(), "billing.iban".to_owned()];
        for (old, new, expected) in [
            (
                json!({"iban": "x"}),
                json!({"iban": "x", "name": "y"}),
                false,
            ),
            (json!({}), json!({"name": "y"}), false),
            (json!({}), json!({"OWNER": "y"}), true),
            (json!({}), json!([{"a": [{"owner_id": 5}]}]), true),
            (
                json!({"a": {"owner": 5}}),
                json!({"a": {"owner": 5, "x": 1}}),
                false,
            ),
        ] {
            let found = is_critical(&critical, "billing", (&old, &new));
            assert_eq!(found, expected, "{new}");
        }
    }
}
