//! Hiding secrets wherever they occur: the values that stand under secret names are looked for in
//! everything else that is recorded or shown. An error text, an agent's reason or a renamed field may
//! repeat them.

use super::redact::{REDACTED, Redactor};
use serde_json::Value;
use std::collections::BTreeSet;

/// Shorter secrets are not looked for: they would be found everywhere.
const SHORTEST_CHARS: usize = 4;
/// Numbers with fewer digits are not looked for, as amounts and counts have as many.
const SHORTEST_DIGITS: usize = 6;
/// With more secrets than this every text is hidden instead of looked through for each of them.
const MOST: usize = 64;

/// The secret values of one call, its record and its answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scrubber {
    /// As they may stand in texts: plain, and as in a JSON string.
    secrets: BTreeSet<String>,
}

impl Redactor {
    /// The values that stand under secret names, in texts that are JSON too.
    pub fn secrets(&self, value: &Value) -> Scrubber {
        let mut scrubber = Scrubber::default();
        self.collect(value, &mut scrubber);
        scrubber
    }

    fn collect(&self, value: &Value, scrubber: &mut Scrubber) {
        match value {
            Value::Object(fields) => {
                for (key, value) in fields {
                    if self.hides(key) {
                        scrubber.learn(value);
                    } else {
                        self.collect(value, scrubber);
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.collect(item, scrubber)),
            Value::String(text) if text.trim_start().starts_with(['{', '[']) => {
                if let Ok(inner @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(text)
                {
                    self.collect(&inner, scrubber);
                }
            }
            _ => {}
        }
    }
}

impl Scrubber {
    fn learn(&mut self, secret: &Value) {
        match secret {
            Value::String(text) if text.contains(REDACTED) => {}
            Value::String(text) => {
                let text = text.trim();
                if text.chars().count() >= SHORTEST_CHARS {
                    let quoted = Value::String(text.to_owned()).to_string();
                    self.secrets.insert(quoted[1..quoted.len() - 1].to_owned());
                    self.secrets.insert(text.to_owned());
                }
            }
            Value::Number(number) => {
                let digits = number.to_string();
                if digits.len() >= SHORTEST_DIGITS {
                    self.secrets.insert(digits);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.learn(item)),
            Value::Object(fields) => fields.values().for_each(|item| self.learn(item)),
            Value::Null | Value::Bool(_) => {}
        }
    }

    /// Looks for a text as well, however short.
    pub fn add(&mut self, secret: &str) {
        self.secrets.insert(secret.to_owned());
    }

    /// Whether there is nothing to look for.
    pub fn is_empty(&self) -> bool {
        self.secrets.is_empty()
    }

    /// The secrets, as they may stand in texts.
    pub fn secrets(&self) -> impl Iterator<Item = &String> {
        self.secrets.iter()
    }

    /// Looks for the secrets of another one as well.
    pub fn join(&mut self, other: Self) {
        self.secrets.extend(other.secrets);
    }

    /// The text with the mark in place of each secret in it.
    pub fn text(&self, text: &str) -> String {
        if self.secrets.len() > MOST {
            return REDACTED.to_owned();
        }
        // Longest first: one secret may be the beginning of another.
        let mut found: Vec<&String> = self
            .secrets
            .iter()
            .filter(|secret| text.contains(*secret))
            .collect();
        found.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        found.into_iter().fold(text.to_owned(), |text, secret| {
            text.replace(secret, REDACTED)
        })
    }

    /// The value with the mark in place of each secret in its texts and numbers.
    pub fn value(&self, value: &Value) -> Value {
        self.each(value, &|leaf, scrubbed| {
            if matches!(leaf, Value::Number(_)) {
                REDACTED.to_owned()
            } else {
                scrubbed
            }
        })
    }

    /// The value with the mark, and nothing else, in place of each text and number that has a secret in
    /// it: such a mark can be put back by what it stands for.
    pub fn leaves(&self, value: &Value) -> Value {
        self.each(value, &|_, _| REDACTED.to_owned())
    }

    fn each(&self, value: &Value, hide: &impl Fn(&Value, String) -> String) -> Value {
        if self.secrets.is_empty() {
            return value.clone();
        }
        let plain = match value {
            Value::Object(fields) => {
                return fields
                    .iter()
                    .map(|(key, item)| (self.text(key), self.each(item, hide)))
                    .collect();
            }
            Value::Array(items) => {
                return items.iter().map(|item| self.each(item, hide)).collect();
            }
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Null | Value::Bool(_) => return value.clone(),
        };
        let scrubbed = self.text(&plain);
        if scrubbed == plain {
            return value.clone();
        }
        Value::String(hide(value, scrubbed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn secrets(value: &Value) -> Scrubber {
        Redactor::new(&["iban"]).secrets(value)
    }

    #[test]
    fn a_secret_is_hidden_wherever_it_occurs() {
        let scrubber = secrets(&json!({
            "user": {"password": "hun\"ter22"}, "list": [{"IBAN": ["AT12 3456", 12_345_678]}],
            "text": "{\"apiKey\": \"key-9876\"}", "pin": "12", "cvc": 123,
        }));
        for (text, hidden) in [
            ("it was hun\"ter22!", "it was [redacted]!"),
            (
                "\"hun\\\"ter22\" is too short",
                "\"[redacted]\" is too short",
            ),
            (
                "AT12 3456 and 12345678 and key-9876",
                "[redacted] and [redacted] and [redacted]",
            ),
            ("12 and 123 stay", "12 and 123 stay"),
        ] {
            assert_eq!(scrubber.text(text), hidden);
        }
        let value = json!({"a": ["xkey-9876x", 12_345_678, 7, null, true]});
        assert_eq!(
            scrubber.value(&value),
            json!({"a": ["x[redacted]x", REDACTED, 7, null, true]})
        );
        assert_eq!(
            scrubber.leaves(&value),
            json!({"a": [REDACTED, REDACTED, 7, null, true]})
        );
    }

    #[test]
    fn a_secret_that_begins_another_leaves_nothing_of_it() {
        let scrubber = secrets(&json!({"password": "abcd", "secret": "abcdefgh"}));
        assert_eq!(scrubber.text("abcdefgh abcd"), "[redacted] [redacted]");
    }

    #[test]
    fn with_too_many_secrets_every_text_is_hidden() {
        let many: Vec<String> = (0..=MOST).map(|n| format!("secret {n}")).collect();
        let scrubber = secrets(&json!({ "password": many }));
        assert_eq!(scrubber.text("anything"), REDACTED);
        assert_eq!(
            secrets(&json!({"a": "b"})).value(&json!("anything")),
            json!("anything")
        );
    }
}
