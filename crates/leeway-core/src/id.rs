//! Identifiers: newtypes, time-ordered, never parsed for meaning.

use serde::{Deserialize, Serialize};
use std::fmt;

/// One action: `act_` and 32 hexadecimal digits of a UUID version 7 (RFC 9562).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ActionId(String);

impl ActionId {
    /// Makes an id from the time (UTC milliseconds since 1970) and ten random bytes.
    pub fn new(now_ms: i64, random: [u8; 10]) -> Self {
        Self(format!("act_{}", digits(now_ms, random)))
    }

    /// Reads an id as users and agents send it. `None` unless it has exactly the form of one.
    pub fn parse(text: &str) -> Option<Self> {
        let hex = text.strip_prefix("act_")?;
        let lower_hex = hex
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        (hex.len() == 32 && lower_hex).then(|| Self(text.to_owned()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ActionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One change of the configuration: `chg_` and 32 hexadecimal digits of a UUID version 7.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeId(String);

impl ChangeId {
    /// Makes an id from the time (UTC milliseconds since 1970) and ten random bytes.
    pub fn new(now_ms: i64, random: [u8; 10]) -> Self {
        Self(format!("chg_{}", digits(now_ms, random)))
    }
}

impl fmt::Display for ChangeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One message to a person: `ntc_` and 32 hexadecimal digits of a UUID version 7.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageId(String);

impl MessageId {
    /// Makes an id from the time (UTC milliseconds since 1970) and ten random bytes.
    pub fn new(now_ms: i64, random: [u8; 10]) -> Self {
        Self(format!("ntc_{}", digits(now_ms, random)))
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn digits(now_ms: i64, random: [u8; 10]) -> uuid::fmt::Simple {
    let millis = u64::try_from(now_ms).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &random)
        .into_uuid()
        .simple()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_ordered_by_time_and_round_trip() {
        let early = ActionId::new(1_000, [0xff; 10]);
        let late = ActionId::new(1_001, [0; 10]);
        assert!(early < late);
        assert_eq!(ActionId::parse(early.as_str()), Some(early));
    }

    #[test]
    fn anything_else_is_no_id() {
        for text in ["", "act_", "act_zz", "ACT_0192f0c0000070008000000000000000"] {
            assert_eq!(ActionId::parse(text), None, "{text}");
        }
    }
}
