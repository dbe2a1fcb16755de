//! Taking an action back. What its way back would write is held against the record as it is now,
//! field by field ([`fields`]); what people changed since is left alone, by leaving it out of the call
//! ([`narrow`], [`reach`]). It is undone when a reading proves it ([`proof`]). How an undo lives is in
//! [`state`]; what a system keeps in a form of its own in [`forms`]; what changed without being named in
//! [`along`].
//!
//! The undo's call is an action of its own (`Cause::Undoes`): recorded, approved, started once and
//! reversible like any other.

pub mod along;
pub mod batch;
pub mod fields;
pub mod forms;
pub mod narrow;
pub mod proof;
pub mod reach;
pub mod read_back;
pub mod state;
mod values;

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
    /// The value as it was sent, where the system keeps it in another form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<Value>,
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
    /// It has neither what the action wrote nor what stood before, so somebody changed it since: it is kept
    /// unless a person says otherwise.
    Changed,
    /// It had another value than was written right after the write, and has it still.
    Otherwise,
    /// The action did not name it, and it changed along with it.
    Along,
    /// Its old value is not known (hidden, or never read), so it cannot be written.
    Unknown,
    /// What it has now cannot be read.
    Unreadable,
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
            Self::Otherwise => "kept as another value than was written",
            Self::Along => "changed along with it",
            Self::Unknown => "old value not known",
            Self::Unreadable => "cannot be read now",
            Self::OutOfReach => "not reached by the call that takes it back",
        }
    }

    /// Whether a person has to say what becomes of the field.
    pub fn is_open(self) -> bool {
        !matches!(self, Self::Restore | Self::AlreadyBack)
    }

    /// Whether a second person can have the old value written all the same.
    pub fn may_be_overwritten(self) -> bool {
        matches!(
            self,
            Self::Changed | Self::Otherwise | Self::Along | Self::Unreadable
        )
    }
}

/// What of these fields is left to a person, by what was found of each, in one sentence: `Changed since:
/// title. Cannot be read now: notes.`
pub fn open_points(fields: &[FieldUndo], left: &[String]) -> String {
    let findings = [
        Finding::Changed,
        Finding::Otherwise,
        Finding::Along,
        Finding::Unreadable,
        Finding::Unknown,
        Finding::OutOfReach,
        // Only together with the others.
        Finding::Restore,
    ];
    let mut said = Vec::new();
    for finding in findings {
        let labels: Vec<String> = fields
            .iter()
            .filter(|one| one.finding == finding)
            .map(FieldUndo::label)
            .filter(|label| left.contains(label))
            .collect();
        if labels.is_empty() {
            continue;
        }
        let words = match finding {
            Finding::Restore => "can be set back only together with these",
            finding => finding.words(),
        };
        let mut letters = words.chars();
        let first: String = letters
            .next()
            .into_iter()
            .flat_map(char::to_uppercase)
            .collect();
        said.push(format!(
            "{first}{}: {}.",
            letters.as_str(),
            labels.join(", ")
        ));
    }
    said.join(" ")
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
    /// Labels of fields that are overwritten although they are not as the action left them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forced: Vec<String>,
    /// Labels of fields that stay as they are, by choice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<String>,
    /// Labels of fields that nobody decided about yet.
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
            finding => finding.may_be_overwritten() && forced.contains(&label),
        }
    })
}
