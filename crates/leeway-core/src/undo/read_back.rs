//! What reading a record says about whether a call happened. Only what the record shows counts: a field
//! that the reading does not give says nothing, and a message or payment that it shows nothing of may
//! still be on its way.

use super::fields::alike;
use super::{FieldUndo, Undoes, Way};
use crate::action::event::Outcome;
use crate::classify::classified::has_mark;
use crate::classify::{BeforeImage, Classified, Effect, FieldChange};
use serde_json::Value;

/// What follows from a reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadBack {
    /// It tells: the outcome, and one sentence of evidence.
    Tells(Outcome, String),
    /// Not yet: it is read again later.
    Later,
    /// It does not tell, and will not: a person has to say. One sentence why.
    AskAPerson(&'static str),
}

fn tells(outcome: Outcome, evidence: &str) -> ReadBack {
    ReadBack::Tells(outcome, evidence.to_owned())
}

/// The record shows nothing of a call: it did not happen, once it can no longer arrive.
fn nothing_of_it(late: bool) -> ReadBack {
    if late {
        tells(
            Outcome::Failed,
            "Read back a minute later: the record is as it was before.",
        )
    } else {
        ReadBack::Later
    }
}

/// What a reading says of a call without an answer; `late` is whether it can no longer arrive.
pub fn of_action(classified: &Classified, now: &BeforeImage, late: bool) -> ReadBack {
    let changes = &classified.changes;
    let all = |wanted: &dyn Fn(usize) -> Value| {
        (0..changes.len()).all(|index| {
            let change = &changes[index];
            now.value(change.record.as_deref(), &change.field)
                .is_some_and(|found| alike(found, &wanted(index)))
        })
    };
    match now {
        BeforeImage::Failed { .. } => ReadBack::Later,
        BeforeImage::Missing if classified.effect == Effect::Delete => {
            tells(Outcome::Executed, "Read back: the record is gone.")
        }
        BeforeImage::Read { .. } if changes.is_empty() => {
            ReadBack::AskAPerson("Reading its record back does not tell whether it happened.")
        }
        BeforeImage::Read { .. } if all(&|index| changes[index].new.clone()) => {
            tells(Outcome::Executed, "Read back: the new values are there.")
        }
        BeforeImage::Read { .. }
            if changes.iter().all(|change| change.old_known)
                && all(&|index| changes[index].old.clone()) =>
        {
            match classified.effect {
                Effect::Send | Effect::Pay if late => ReadBack::AskAPerson(
                    "The record shows nothing of it, which does not prove that nothing went out.",
                ),
                _ => nothing_of_it(late),
            }
        }
        BeforeImage::Read { .. } => {
            ReadBack::AskAPerson("Read back, the record has neither the old nor the new values.")
        }
        _ => ReadBack::AskAPerson("Reading its record back does not tell whether it happened."),
    }
}

/// Labels of the fields that a call the system answered to have done was to write, and that have other
/// values as read back. A deletion that says nothing of fields did not show when the record reads as
/// `before`; systems keep much of what they delete, marked.
pub fn mismatched(
    classified: &Classified,
    (before, after): (&BeforeImage, &BeforeImage),
) -> Vec<String> {
    if !matches!(after, BeforeImage::Read { .. }) {
        return vec![];
    }
    if classified.effect == Effect::Delete && classified.changes.is_empty() {
        let record = classified.record.as_ref();
        let name = || record.map_or_else(|| "record".to_owned(), |record| record.id.clone());
        return (before == after).then(name).into_iter().collect();
    }
    let other = |change: &&FieldChange| {
        !has_mark(&change.new)
            && after
                .value(change.record.as_deref(), &change.field)
                .is_some_and(|found| !has_mark(found) && !alike(found, &change.new))
    };
    let changes = classified.changes.iter();
    changes.filter(other).map(FieldChange::label).collect()
}

/// What a reading says of an undo without an answer; `late` is whether it can no longer arrive.
pub fn of_undo(undoes: &Undoes, now: &BeforeImage, late: bool) -> ReadBack {
    let all = |wanted: &dyn Fn(&FieldUndo) -> Value| {
        undoes.written().all(|one| {
            now.value(one.record.as_deref(), &one.field)
                .is_some_and(|found| alike(found, &wanted(one)))
        })
    };
    match (undoes.way, now) {
        (_, BeforeImage::Failed { .. }) => ReadBack::Later,
        (Way::Fields, BeforeImage::Read { .. }) if all(&|one| one.back.clone()) => {
            tells(Outcome::Executed, "Read back: the old values are there.")
        }
        (Way::Fields, BeforeImage::Read { .. }) if all(&|one| one.now.clone()) => {
            nothing_of_it(late)
        }
        (Way::Unmake, BeforeImage::Missing) => tells(Outcome::Executed, "Read back: it is gone."),
        (Way::Unmake, BeforeImage::Read { .. }) => nothing_of_it(late),
        (Way::Remake, BeforeImage::Read { .. }) => {
            tells(Outcome::Executed, "Read back: it is there again.")
        }
        // It may have come back under a new id.
        (Way::Remake, _) => {
            ReadBack::AskAPerson("It is not there under its old id; it may be under a new one.")
        }
        (Way::Offset, _) => {
            ReadBack::AskAPerson("A new act leaves no mark on the old record that could be read.")
        }
        _ => {
            ReadBack::AskAPerson("Reading its record back does not tell whether it was taken back.")
        }
    }
}

/// What a reading says of an undo that the system answered to have done: the outcome, and one sentence.
pub fn of_answered_undo(undoes: &Undoes, now: &BeforeImage) -> (Outcome, String) {
    let done = |note: &str| (Outcome::Executed, note.to_owned());
    match (undoes.way, now) {
        (Way::Fields, BeforeImage::Read { .. }) => of_answered_fields(undoes, now),
        (Way::Unmake, BeforeImage::Missing) => done("Read back: it is gone."),
        (Way::Unmake, BeforeImage::Read { .. }) => (
            Outcome::Failed,
            "The system answered that it is done, but the record is still there.".to_owned(),
        ),
        (Way::Remake, BeforeImage::Read { .. }) => done("Read back: it is there again."),
        (Way::Remake, BeforeImage::Missing) => {
            done("The system answered that it is done; it may have a new id, see the result.")
        }
        (Way::Offset, _) => done("Offset by a new act; the old one stays in the system's history."),
        _ => done("The system answered that it is done; it could not be read back."),
    }
}

fn of_answered_fields(undoes: &Undoes, now: &BeforeImage) -> (Outcome, String) {
    let has = |one: &&FieldUndo| {
        let found = now.value(one.record.as_deref(), &one.field);
        alike(found.unwrap_or(&Value::Null), &one.back)
    };
    let wrong: Vec<String> = undoes
        .written()
        .filter(|one| !has(one))
        .map(FieldUndo::label)
        .collect();
    if wrong.is_empty() {
        return (
            Outcome::Executed,
            "Read back: the old values are there.".to_owned(),
        );
    }
    let outcome = if wrong.len() == undoes.written().count() {
        Outcome::Failed
    } else {
        Outcome::Partial
    };
    let note = format!(
        "The system answered that it is done, but read back it has other values in: {}.",
        wrong.join(", ")
    );
    (outcome, note)
}
