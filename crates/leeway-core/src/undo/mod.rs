//! Taking an action back. What its way back would write is held against the record as it is now,
//! field by field ([`fields`]); what people changed since is left alone, by leaving it out of the call
//! ([`narrow`]). How an undo lives is in [`state`].
//!
//! The undo's call is an action of its own (`Cause::Undoes`): recorded, approved, started once and
//! reversible like any other.

pub mod batch;
pub mod fields;
pub mod narrow;
pub mod read_back;
pub mod state;

use crate::classify::{BeforeImage, Effect};
use crate::id::ActionId;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Which way leads back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// The fields get their old values again.
    Fields,
    /// What was made is deleted.
    Unmake,
    /// What was deleted is made again.
    Remake,
    /// A new act offsets it; the old one stays.
    Offset,
}

impl Way {
    /// The way a call of one effect takes back a call of another; `exact` when the pack says that it
    /// restores what was there.
    pub fn of(done: Effect, undo: Effect, exact: bool) -> Self {
        match (done, undo) {
            (Effect::Delete | Effect::Merge, _) => Self::Remake,
            (Effect::Create | Effect::Draft, Effect::Delete) => Self::Unmake,
            _ if exact => Self::Fields,
            _ => Self::Offset,
        }
    }

    /// What it does, for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Fields => "Sets fields back to what they were",
            Self::Unmake => "Deletes what was made",
            Self::Remake => "Makes again what was deleted",
            Self::Offset => "Offsets it by a new act",
        }
    }
}

/// One field on the way back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldUndo {
    /// Whose field it is, when the action touched several records: the record's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
    /// The field's name.
    pub field: String,
    /// The value before the action.
    pub before: Value,
    /// The value the action wrote, as the system showed it afterwards.
    pub written: Value,
    /// The value now.
    pub now: Value,
    /// The value that the undo writes, where it writes one.
    pub back: Value,
    /// What follows.
    pub finding: Finding,
}

impl FieldUndo {
    /// The field's name for people and for choosing it: with its record when there are several.
    pub fn label(&self) -> String {
        match &self.record {
            Some(record) => format!("{} of {record}", self.field),
            None => self.field.clone(),
        }
    }
}

/// What the comparison says of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Finding {
    /// It still has what the action wrote: the old value is written.
    Restore,
    /// It has its old value already: nothing to do.
    AlreadyBack,
    /// Somebody changed it since: it is kept unless a person says otherwise.
    Changed,
    /// Its old value is not known (hidden, or never read), so it cannot be written.
    Unknown,
    /// The way back does not reach it.
    OutOfReach,
}

impl Finding {
    /// In plain words, for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Restore => "set back",
            Self::AlreadyBack => "is back already",
            Self::Changed => "changed since",
            Self::Unknown => "old value not known",
            Self::OutOfReach => "not covered by the undo",
        }
    }
}

/// What an undo is of, as its first entry records it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Undoes {
    /// The action that is taken back.
    pub action: ActionId,
    /// E-mail of the person who asked for it.
    pub by: String,
    /// Which way leads back.
    pub way: Way,
    /// One sentence for people, from the pack.
    pub summary: String,
    /// The comparison as the person was shown it.
    pub fields: Vec<FieldUndo>,
    /// Labels of fields changed since that are overwritten all the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forced: Vec<String>,
    /// Labels of fields that stay as they are, by choice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<String>,
    /// Labels of fields changed since that nobody decided about yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<String>,
    /// The record as it was seen, by the reading of the action that is taken back. The undo starts only
    /// while it is still that.
    pub seen: BeforeImage,
    /// The batch it is a part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<String>,
}

impl Undoes {
    /// The fields its call writes.
    pub fn written(&self) -> impl Iterator<Item = &FieldUndo> {
        written(&self.fields, (&self.forced, &self.kept))
    }
}

/// Of the fields compared, those that a call writes: what is set back, unless it is kept by choice, and
/// what is forced.
pub fn written<'a>(
    fields: &'a [FieldUndo],
    (forced, kept): (&'a [String], &'a [String]),
) -> impl Iterator<Item = &'a FieldUndo> {
    fields.iter().filter(move |one| {
        let label = one.label();
        match one.finding {
            Finding::Restore => !kept.contains(&label),
            Finding::Changed => forced.contains(&label),
            _ => false,
        }
    })
}
