//! Which changes are of critical fields. A name that only reads like a critical one counts as well: it raises, and
//! never lowers.

use serde_json::Value;
use unicode_normalization::UnicodeNormalization;
use unicode_security::confusable_detection::skeleton;

/// Whether a change of a field from one value to another is critical, by the names a pack lists: its own, one that
/// reads like it (`Owner`, `owner_id`, `owner[]`), or that of something within it (`contact.owner`).
pub(super) fn is_critical(critical: &[String], field: &str, (old, new): (&Value, &Value)) -> bool {
    let inside = |name: &String| {
        let (outer, inner) = name.split_once('.')?;
        let pointer = format!("/{}", inner.replace('.', "/"));
        let at = |value: &Value| value.pointer(&pointer).cloned();
        Some(plain(outer) == plain(field) && at(old) != at(new))
    };
    critical.iter().any(|name| {
        name == field
            || plain(name) == plain(field)
            || plain(name) == plain(first(field))
            || inside(name) == Some(true)
    })
}

/// The part of a name before a dot or bracket.
fn first(name: &str) -> &str {
    name.split(['.', '[']).next().unwrap_or_default()
}

/// A name as it reads: letters and digits, in no case, without an ending that says it is an id.
fn plain(name: &str) -> String {
    let folded: String = name.nfkc().flat_map(char::to_lowercase).collect();
    let letters: String = skeleton(&folded)
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect();
    let end = |ending: &str| {
        letters
            .strip_suffix(&plain_ascii(ending))
            .map(str::to_owned)
    };
    end("ids")
        .or_else(|| end("id"))
        .filter(|rest| !rest.is_empty())
        .unwrap_or(letters)
}

/// A plain ending as [`plain`] would write it.
fn plain_ascii(text: &str) -> String {
    skeleton(text).collect()
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
            "ownerId",
            "billing",
            "billing.iban",
        ] {
            assert!(is(field), "{field}");
        }
        for field in ["owners_note", "own", "previous_owner", "id", ""] {
            assert!(!is(field), "{field}");
        }
        let other = (&json!({"iban": "x"}), &json!({"iban": "x", "name": "y"}));
        assert!(!is_critical(&critical, "billing", other));
    }
}
