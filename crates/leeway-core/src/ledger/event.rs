//! Any entry's payload, typed.

use crate::action::event::ActionEvent;
use crate::govern::event::GovernEvent;
use crate::judge::Verdict;

/// What one entry says happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// To an action.
    Action(ActionEvent),
    /// To anything else.
    Govern(GovernEvent),
}

/// An entry's payload that is no event of this version.
#[derive(Debug, thiserror::Error)]
#[error("entry of kind `{kind}` cannot be read: {source}")]
pub struct UnreadableEvent {
    /// The entry's kind.
    pub kind: String,
    /// What is wrong with its payload.
    pub source: serde_json::Error,
}

impl Event {
    /// The entry's kind, e.g. `action.judged`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Action(event) => event.kind(),
            Self::Govern(event) => event.kind(),
        }
    }

    /// The verdict, when this is a judged action.
    pub fn verdict(&self) -> Option<Verdict> {
        match self {
            Self::Action(ActionEvent::Judged(judged)) => Some(judged.decision.verdict),
            _ => None,
        }
    }

    /// Ids of the rules that fired, when this is a judged action.
    pub fn rules(&self) -> Vec<String> {
        match self {
            Self::Action(ActionEvent::Judged(judged)) => {
                let mut rules: Vec<String> = Vec::new();
                for reason in &judged.decision.reasons {
                    if !rules.contains(&reason.rule) {
                        rules.push(reason.rule.clone());
                    }
                }
                rules
            }
            _ => Vec::new(),
        }
    }

    /// The payload's bytes.
    pub fn payload(&self) -> Vec<u8> {
        match self {
            Self::Action(event) => serde_json::to_vec(event),
            Self::Govern(event) => serde_json::to_vec(event),
        }
        .expect("INVARIANT: events have string keys and finite numbers")
    }

    /// Reads a payload back.
    pub fn read(kind: &str, payload: &[u8]) -> Result<Self, UnreadableEvent> {
        let read = if kind.starts_with("action.") {
            serde_json::from_slice(payload).map(Self::Action)
        } else {
            serde_json::from_slice(payload).map(Self::Govern)
        };
        read.map_err(|source| UnreadableEvent {
            kind: kind.to_owned(),
            source,
        })
    }
}
