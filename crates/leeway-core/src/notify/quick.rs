//! What may be approved straight from a message: only what the grant lets be, only where nothing is
//! hidden and the message shows everything that would run.

use super::text::LONGEST;
use crate::action::event::Judged;
use crate::action::sent::{Sent, also_sent};
use crate::classify::Level;
use crate::classify::redact::REDACTED;
use crate::govern::workflow::Grant;
use crate::judge::Verdict;
use crate::message::lines::condensed;
use serde_json::Value;

/// Most values a message shows.
pub const MOST_VALUES: usize = 30;
/// Longest name of anything in a message, characters.
pub const LONGEST_NAME: usize = 120;

/// Why an action is not approved from a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotQuick {
    /// The tool's grant does not earn it.
    #[error("its grant does not allow quick approval")]
    Grant,
    /// A secret is hidden in what would run.
    #[error("a part of it is hidden")]
    Hidden,
    /// A text or a list is too long to be shown whole.
    #[error("it is too long to be shown whole")]
    Long,
    /// Something about it could not be worked out.
    #[error("something about it is not known")]
    Unknown,
    /// It is not held.
    #[error("it does not wait for an approval")]
    NotHeld,
}

/// Whether a revision may be approved straight from a message, under its tool's grant.
pub fn quick(grant: Grant, judged: &Judged) -> Result<(), NotQuick> {
    if judged.decision.verdict != Verdict::Hold {
        return Err(NotQuick::NotHeld);
    }
    let earned = match grant {
        Grant::External => true,
        Grant::HighImpact => judged.classified.level <= Level::HighImpact,
        Grant::Blocked | Grant::Read | Grant::Draft | Grant::Update => false,
    };
    if !earned {
        return Err(NotQuick::Grant);
    }
    let classified = &judged.classified;
    let unread = classified.changes.iter().any(|change| !change.old_known);
    let sent = also_sent(judged);
    let unaccounted = sent.iter().any(Sent::is_unaccounted);
    if !classified.unknowns.is_empty() || unread || unaccounted {
        return Err(NotQuick::Unknown);
    }
    let mut seen = Seen::default();
    match &classified.message {
        Some(message) => {
            seen.hidden |= message.deceives();
            for (label, text) in message.lines() {
                seen.look(&Value::String(label));
                seen.look(&Value::String(text));
            }
            seen.look(&condensed(&judged.call.arguments));
        }
        None => seen.look(&judged.call.arguments),
    }
    seen.hidden |= !classified.decoded.is_empty();
    for change in &classified.changes {
        seen.name(&change.label());
        seen.look(&change.old);
        seen.look(&change.new);
    }
    for one in &sent {
        seen.name(&one.label());
    }
    if let Some(record) = &classified.record {
        for name in [&record.record_type, &record.id, &record.system] {
            seen.name(name);
        }
    }
    if seen.hidden || judged.sealed {
        return Err(NotQuick::Hidden);
    }
    let most = classified.changes.len().max(sent.len());
    if seen.long || seen.values > MOST_VALUES || most > MOST_VALUES {
        return Err(NotQuick::Long);
    }
    Ok(())
}

#[derive(Default)]
struct Seen {
    values: usize,
    hidden: bool,
    long: bool,
}

impl Seen {
    fn name(&mut self, name: &str) {
        self.long |= name.chars().count() > LONGEST_NAME;
    }

    fn look(&mut self, value: &Value) {
        match value {
            Value::String(text) => {
                self.values += 1;
                self.hidden |= text.contains(REDACTED);
                self.long |= text.chars().count() > LONGEST;
            }
            Value::Array(items) => {
                for item in items {
                    self.look(item);
                }
                self.whole(value);
            }
            Value::Object(fields) => {
                for (name, value) in fields {
                    self.long |= name.chars().count() > LONGEST;
                    self.look(value);
                }
            }
            _ => self.values += 1,
        }
    }

    /// A list is shown as one text.
    fn whole(&mut self, value: &Value) {
        self.long |= value.to_string().chars().count() > LONGEST;
    }
}
