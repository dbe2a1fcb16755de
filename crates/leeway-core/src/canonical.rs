//! Canonical JSON (RFC 8785) and content hashes over it.

use crate::number;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The canonical JSON bytes of a value. Numbers that floating point does not hold at all, which a caller or
/// a configuration may write (`1e400`), stand with all their digits, as in [`exact`].
pub fn bytes<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json_canonicalizer::to_vec(value).unwrap_or_else(|_| {
        let value =
            serde_json::to_value(value).expect("INVARIANT: only types with string keys are hashed");
        let mut text = String::new();
        write(&value, &mut text);
        text.into_bytes()
    })
}

/// SHA-256 over the canonical JSON of a value, as 64 lower-case hexadecimal digits.
pub fn hash<T: Serialize>(value: &T) -> String {
    hex::encode(Sha256::digest(bytes(value)))
}

/// SHA-256 over the canonical JSON of a value in which every digit of a number counts. Where floating
/// point holds all numbers exactly, it is [`hash`].
pub fn exact(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    hex::encode(Sha256::digest(text))
}

fn write(value: &Value, text: &mut String) {
    match value {
        Value::Number(number) => text.push_str(&number::canonical(number)),
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write(item, text);
            }
            text.push(']');
        }
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by(|(one, _), (other, _)| one.encode_utf16().cmp(other.encode_utf16()));
            text.push('{');
            for (index, (key, item)) in fields.into_iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                text.push_str(&Value::String(key.clone()).to_string());
                text.push(':');
                write(item, text);
            }
            text.push('}');
        }
        Value::Null | Value::Bool(_) | Value::String(_) => text.push_str(&value.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::{exact, hash};
    use serde_json::{Value, json};

    #[test]
    fn exact_is_the_canonical_hash_where_floating_point_is_exact() {
        for value in [
            json!({ "b": [1, 2.5, -3, 0.95, null, true], "a": "ä \"\u{1}\n\u{7f}/" }),
            json!({ "\u{fb33}": 1, "\u{1f600}": 2, "\r": 3, "€": 4, "1": 5 }),
            json!([1e21, 1e-7, 333_333_333.333_333_3, 12.50, 0]),
        ] {
            assert_eq!(exact(&value), hash(&value), "{value}");
        }
    }

    #[test]
    fn numbers_beyond_floating_point_are_hashed_as_well() {
        let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        let hashed: std::collections::BTreeSet<String> =
            ["1e400", "-1e400", "1e401", "1e99999999999"]
                .iter()
                .map(|number| hash(&json!({ "a": [read(number)] })))
                .collect();
        assert_eq!(hashed.len(), 4);
        assert_eq!(hash(&read("1e400")), exact(&read("10e399")));
    }

    #[test]
    fn exact_tells_long_numbers_apart() {
        let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        let (one, other) = (read("[1915883588174806058]"), read("[1915883588174806059]"));
        assert_ne!(exact(&one), exact(&other));
        assert_eq!(exact(&read("[1.50]")), exact(&read("[1.5]")));
    }
}
