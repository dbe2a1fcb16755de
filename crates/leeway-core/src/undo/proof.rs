//! What a reading proves of an undo. "Undone" is said only where it shows that the old values stand, that the
//! record is there again, or that it is gone; where an act was offset, that what offsets it is there.

use super::forms::{self, Kept, Normal, Written, volatile};
use super::{FieldUndo, Undoes, Way};
use crate::classify::classified::{blank, has_mark};
use crate::classify::{BeforeImage, Classified, Effect, FieldChange};
use serde_json::{Map, Value};

/// What was read after an undo's call.
#[derive(Clone, Copy)]
pub struct Readings<'a> {
    /// The record by the reading of the action that is taken back.
    pub now: &'a BeforeImage,
    /// The record before that action, where it was read.
    pub before: Option<&'a BeforeImage>,
    /// What the undo's own call was to do, and the record right after it by its own reading.
    pub own: Option<(&'a Classified, &'a BeforeImage)>,
    /// What the undo's call made, under its new id.
    pub made: Option<&'a BeforeImage>,
    /// The forms in which the system keeps values.
    pub normal: &'a Normal,
}

/// What a reading shows of an undo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// It is taken back: one sentence of proof.
    Back(String),
    /// It is not: one sentence.
    Not(String),
    /// Not in these fields.
    Partly(Vec<String>),
    /// It does not tell: one sentence.
    Unclear(String),
}

fn back(text: &str) -> Shown {
    Shown::Back(text.to_owned())
}

fn unclear(text: &str) -> Shown {
    Shown::Unclear(text.to_owned())
}

/// What the readings show.
pub fn shown(undoes: &Undoes, read: &Readings<'_>) -> Shown {
    match undoes.way {
        Way::Fields => fields(undoes, read),
        Way::Unmake => gone(undoes, read),
        Way::Remake => again(undoes, read),
        Way::Offset => offset(read),
    }
}

fn unread(now: &BeforeImage) -> Option<Shown> {
    match now {
        BeforeImage::Read { .. } | BeforeImage::Missing => None,
        BeforeImage::Failed { why } => Some(Shown::Unclear(format!(
            "The record could not be read back: {why}."
        ))),
        BeforeImage::NotReadable | BeforeImage::NotNeeded => Some(unclear(
            "No tool of the system reads the record, so nothing shows it.",
        )),
    }
}

fn fields(undoes: &Undoes, read: &Readings<'_>) -> Shown {
    if let Some(unread) = unread(read.now) {
        return unread;
    }
    if *read.now == BeforeImage::Missing {
        return unclear("Read back, there is no such record.");
    }
    let (mut wrong, mut unseen, mut all) = (Vec::new(), Vec::new(), 0);
    for one in undoes.written() {
        all += 1;
        match stands(undoes, read, one) {
            Some(true) => {}
            Some(false) => wrong.push(one.label()),
            None => unseen.push(one.label()),
        }
    }
    if !wrong.is_empty() && wrong.len() == all {
        return Shown::Not(format!(
            "The system answered that it is done, but read back it has other values in: {}.",
            wrong.join(", ")
        ));
    }
    if !wrong.is_empty() {
        return Shown::Partly(wrong);
    }
    if !unseen.is_empty() || all == 0 {
        return Shown::Unclear(format!(
            "Reading the record back does not show: {}.",
            unseen.join(", ")
        ));
    }
    back("Read back: the old values are there.")
}

/// Whether a field has what was written back, in whatever form; `None` where the reading does not show it. A
/// blank that is no longer shown where the field was shown before is a blank.
fn stands(undoes: &Undoes, read: &Readings<'_>, one: &FieldUndo) -> Option<bool> {
    let record = one.record.as_deref();
    let Some(found) = read.now.value(record, &one.field) else {
        let was_shown = undoes.seen.value(record, &one.field).is_some();
        return (blank(&one.back) && was_shown).then_some(true);
    };
    if has_mark(found) || has_mark(&one.back) {
        return None;
    }
    let written = Written {
        field: &one.field,
        old: Some(&one.now),
        new: &one.back,
        after: found,
    };
    Some(forms::kept(read.normal, written) != Kept::Otherwise)
}

fn gone(undoes: &Undoes, read: &Readings<'_>) -> Shown {
    if let Some(unread) = unread(read.now) {
        return unread;
    }
    let BeforeImage::Read { fields: now, .. } = read.now else {
        return back("Read back: it is gone.");
    };
    // Some systems keep what they delete, marked.
    let changed = match &undoes.seen {
        BeforeImage::Read { fields: seen, .. } => other_than(seen, now, read.normal),
        _ => vec![],
    };
    if changed.is_empty() {
        return Shown::Not(
            "The system answered that it is done, but the record is still there.".to_owned(),
        );
    }
    Shown::Unclear(format!(
        "The record is still there, with other values in: {}.",
        changed.join(", ")
    ))
}

fn again(undoes: &Undoes, read: &Readings<'_>) -> Shown {
    let none = Map::new();
    let seen = match &undoes.seen {
        BeforeImage::Read { fields, .. } => fields,
        _ => &none,
    };
    let as_it_was = |now: &Map<String, Value>, there: &str| {
        let same = |one, other| other_than(one, other, read.normal).is_empty();
        if !seen.is_empty() && same(seen, now) && same(now, seen) {
            return Shown::Not(
                "The system answered that it is done, but the record reads as it did before the call."
                    .to_owned(),
            );
        }
        let mut other = Vec::new();
        if let Some(BeforeImage::Read { fields: was, .. }) = read.before {
            other = other_than(was, now, read.normal);
            // A mark of deletion that stands.
            let marks = now.iter().filter(|(field, value)| {
                let set = |fields: &Map<String, Value>| {
                    fields.get(*field).is_some_and(|value| !blank(value))
                };
                !blank(value) && !set(was) && set(seen) && !volatile(read.normal, field)
            });
            other.extend(marks.map(|(field, _)| field.clone()));
        }
        if other.is_empty() {
            Shown::Back(format!("Read back: {there}."))
        } else {
            Shown::Unclear(format!(
                "Read back: {there}, but not as it was in: {}.",
                other.join(", ")
            ))
        }
    };
    match (read.now, read.made) {
        (BeforeImage::Read { fields, .. }, _) => as_it_was(fields, "it is there again"),
        (_, Some(BeforeImage::Read { fields, .. })) => {
            as_it_was(fields, "it is there again, under a new id")
        }
        (BeforeImage::Missing, Some(BeforeImage::Missing)) => unclear(
            "The system answered that it is done, but the record is not there, neither under its old id nor under the one it gave.",
        ),
        (BeforeImage::Missing, _) => unclear(
            "The system answered that it is done, but the record is not there under its old id; where it got a new one, the answer tells.",
        ),
        (now, _) => unread(now).unwrap_or_else(|| unclear("Nothing shows that it is there.")),
    }
}

fn offset(read: &Readings<'_>) -> Shown {
    const THERE: &str =
        "Read back: the act that offsets it is there; the old one stays in the system's history.";
    if let Some((own, after)) = read.own {
        match after {
            BeforeImage::Missing if own.effect == Effect::Delete => return back(THERE),
            BeforeImage::Read { .. } if !own.changes.is_empty() && own.effect != Effect::Delete => {
                return offset_by(own, after, read.normal, THERE);
            }
            _ => {}
        }
    }
    match read.made {
        Some(BeforeImage::Read { .. }) => back(THERE),
        _ => unclear("Nothing that could be read shows the act that offsets it."),
    }
}

fn offset_by(own: &Classified, after: &BeforeImage, normal: &Normal, there: &str) -> Shown {
    let (mut wrong, mut unseen) = (Vec::new(), Vec::new());
    for change in &own.changes {
        match after.value(change.record.as_deref(), &change.field) {
            Some(found) if !has_mark(found) && !has_mark(&change.new) => {
                if is_otherwise(change, found, normal) {
                    wrong.push(change.label());
                }
            }
            _ => unseen.push(change.label()),
        }
    }
    if !wrong.is_empty() && wrong.len() == own.changes.len() {
        return Shown::Not(format!(
            "The system answered that it is done, but read back it has other values in: {}.",
            wrong.join(", ")
        ));
    }
    if !wrong.is_empty() {
        return Shown::Partly(wrong);
    }
    if !unseen.is_empty() {
        return Shown::Unclear(format!(
            "Reading the record back does not show: {}.",
            unseen.join(", ")
        ));
    }
    back(there)
}

/// Whether a field that was written has really another value right after.
pub(super) fn is_otherwise(change: &FieldChange, found: &Value, normal: &Normal) -> bool {
    let written = Written {
        field: &change.field,
        old: change.old_known.then_some(&change.old),
        new: &change.new,
        after: found,
    };
    forms::kept(normal, written) == Kept::Otherwise
}

/// Names of what a record is given when it is made, new each time.
const BORN_WITH: [&str; 14] = [
    "id",
    "uuid",
    "guid",
    "key",
    "number",
    "url",
    "uri",
    "self",
    "href",
    "link",
    "created",
    "createdat",
    "createdon",
    "createdate",
];

fn born_with(field: &str) -> bool {
    let name: String = field
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    BORN_WITH.contains(&name.as_str())
}

/// Names of the fields in which a record is not as it was, but for what systems write by themselves.
pub fn other_than(
    was: &Map<String, Value>,
    now: &Map<String, Value>,
    normal: &Normal,
) -> Vec<String> {
    let mut found = Vec::new();
    for (field, was) in was {
        if blank(was) || has_mark(was) || born_with(field) || volatile(normal, field) {
            continue;
        }
        let is = match (was, now.get(field)) {
            (Value::Object(was), Some(Value::Object(now))) => {
                other_than(was, now, normal).is_empty()
            }
            (was, Some(now)) => forms::same(normal, field, (was, now)),
            (_, None) => false,
        };
        if !is {
            found.push(field.clone());
        }
    }
    found
}
