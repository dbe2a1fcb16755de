//! Hiding secrets: values of named fields never reach ledger, logs or pages.

use serde_json::Value;
use std::collections::HashSet;

/// What stands in place of a secret.
pub const REDACTED: &str = "[redacted]";

/// Names that are secret in every pack.
const ALWAYS: [&str; 14] = [
    "password",
    "passwd",
    "secret",
    "clientsecret",
    "apikey",
    "accesstoken",
    "refreshtoken",
    "authorization",
    "privatekey",
    "cardnumber",
    "cvc",
    "cvv",
    "pin",
    "bearertoken",
];

/// Replaces the values of secret fields, wherever they are.
#[derive(Clone, Debug)]
pub struct Redactor {
    names: HashSet<String>,
}

impl Redactor {
    /// With a pack's names, besides those that are always secret. `_`, `-` and case do not matter.
    pub fn new<S: AsRef<str>>(names: &[S]) -> Self {
        let own = names.iter().map(|name| normal(name.as_ref()));
        Self {
            names: ALWAYS
                .iter()
                .map(|name| (*name).to_owned())
                .chain(own)
                .collect(),
        }
    }

    /// The value without its secrets. Text that is JSON is looked into as well.
    pub fn redact(&self, value: &Value) -> Value {
        match value {
            Value::Object(fields) => fields
                .iter()
                .map(|(key, value)| {
                    let value = if self.hides(key) && !value.is_null() {
                        Value::String(REDACTED.to_owned())
                    } else {
                        self.redact(value)
                    };
                    (key.clone(), value)
                })
                .collect(),
            Value::Array(items) => items.iter().map(|item| self.redact(item)).collect(),
            Value::String(text) => Value::String(self.redact_text(text)),
            other => other.clone(),
        }
    }

    /// Whether redacting would change the value.
    pub fn has_secret(&self, value: &Value) -> bool {
        self.redact(value) != *value
    }

    /// Whether what has this name is secret.
    pub fn hides(&self, key: &str) -> bool {
        self.names.contains(&normal(key))
    }

    fn redact_text(&self, text: &str) -> String {
        let looks_like_json = matches!(text.trim_start().as_bytes().first(), Some(b'{' | b'['));
        if !looks_like_json {
            return text.to_owned();
        }
        match serde_json::from_str::<Value>(text) {
            Ok(inner) => {
                let redacted = self.redact(&inner);
                if redacted == inner {
                    text.to_owned()
                } else {
                    redacted.to_string()
                }
            }
            Err(_) => text.to_owned(),
        }
    }
}

fn normal(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn secrets_are_hidden_however_they_are_written() {
        let redactor = Redactor::new(&["iban"]);
        let value = json!({
            "name": "Ada", "apiKey": "k", "nested": [{"API-Key": "k", "IBAN": "AT12"}],
            "text": "{\"password\": \"p\", \"note\": \"n\"}", "plain": "password is a word", "password": null,
        });
        let redacted = redactor.redact(&value);
        assert_eq!(redacted["name"], "Ada");
        assert_eq!(redacted["apiKey"], REDACTED);
        assert_eq!(
            redacted["nested"][0],
            json!({"API-Key": REDACTED, "IBAN": REDACTED})
        );
        assert!(!redacted["text"].as_str().unwrap().contains("\"p\""));
        assert_eq!(redacted["plain"], "password is a word");
        assert_eq!(redacted["password"], Value::Null);
        assert!(redactor.has_secret(&value) && !redactor.has_secret(&json!({"a": "{}"})));
    }
}
