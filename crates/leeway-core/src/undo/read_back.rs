//! What reading a record says about whether a call happened. Only what the record shows counts: a field
//! that the reading does not give says nothing, and a message or payment that it shows nothing of may
//! still be on its way.

use super::fields::alike;
use super::forms::{self, Kept, Normal, Written};
use super::proof::{Readings, Shown, is_otherwise, shown};
use super::{FieldUndo, Undoes, Way};
use crate::action::event::Outcome;
use crate::classify::account::Account;
use crate::classify::classified::has_mark;
use crate::classify::{BeforeImage, Classified, Effect, FieldChange};
use serde::{Deserialize, Serialize};
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
            "Read back: the record is as it was before, so nothing was done.",
        )
    } else {
        ReadBack::Later
    }
}

/// Whether every change shows as the new value, or as the old one.
fn all_are(
    changes: &[FieldChange],
    now: &BeforeImage,
    is: impl Fn(&FieldChange, &Value) -> bool,
) -> bool {
    changes.iter().all(|change| {
        now.value(change.record.as_deref(), &change.field)
            .is_some_and(|found| is(change, found))
    })
}

/// What a reading says of a call without an answer; `late` is whether it can no longer arrive.
pub fn of_action(
    classified: &Classified,
    (before, now, normal): (&BeforeImage, &BeforeImage, &Normal),
    late: bool,
) -> ReadBack {
    let changes = &classified.changes;
    let as_written = |change: &FieldChange, found: &Value| alike(found, &change.new);
    let as_before = |change: &FieldChange, found: &Value| {
        change.old_known && forms::same(normal, &change.field, (found, &change.old))
    };
    let in_form = |change: &FieldChange, found: &Value| !is_otherwise(change, found, normal);
    let either = |change: &FieldChange, found: &Value| {
        as_before(change, found) && (as_written(change, found) || in_form(change, found))
    };
    match now {
        BeforeImage::Failed { .. } => ReadBack::Later,
        // What was not there and is not there was neither made nor deleted; what was there and still is
        // was not deleted.
        BeforeImage::Missing
            if *before == BeforeImage::Missing
                && matches!(
                    classified.effect,
                    Effect::Create | Effect::Update | Effect::Delete
                ) =>
        {
            nothing_of_it(late)
        }
        BeforeImage::Missing
            if classified.effect == Effect::Delete
                && matches!(before, BeforeImage::Read { .. }) =>
        {
            tells(Outcome::Executed, "Read back: the record is gone.")
        }
        BeforeImage::Read { .. }
            if classified.effect == Effect::Delete && changes.is_empty() && before == now =>
        {
            nothing_of_it(late)
        }
        BeforeImage::Read { .. } if changes.is_empty() => {
            ReadBack::AskAPerson("Reading its record back does not tell whether it happened.")
        }
        // An undone write looks like this, and so does a done one: a list in another order, a space more.
        BeforeImage::Read { .. } if all_are(changes, now, either) => ReadBack::AskAPerson(
            "Read back, the record is as it was before and as it was to be: the two differ in form alone.",
        ),
        BeforeImage::Read { .. } if all_are(changes, now, as_written) => {
            tells(Outcome::Executed, "Read back: the new values are there.")
        }
        BeforeImage::Read { .. } if all_are(changes, now, as_before) => match classified.effect {
            Effect::Send | Effect::Pay if late => ReadBack::AskAPerson(
                "The record shows nothing of it, which does not prove that nothing went out.",
            ),
            _ if says_more(classified) => ReadBack::AskAPerson(
                "The record is as it was before, which says nothing of what else the call did there.",
            ),
            _ => nothing_of_it(late),
        },
        BeforeImage::Read { .. } if all_are(changes, now, in_form) => tells(
            Outcome::Executed,
            "Read back: the new values are there, in the system's own form.",
        ),
        BeforeImage::Read { .. } => {
            ReadBack::AskAPerson("Read back, the record has neither the old nor the new values.")
        }
        BeforeImage::NotNeeded | BeforeImage::NotReadable => ReadBack::AskAPerson(
            "Nothing says how its record is read, so a person has to look whether it happened.",
        ),
        BeforeImage::Missing => ReadBack::AskAPerson(
            "There is no such record now, which does not tell whether it happened.",
        ),
    }
}

/// Whether a call does more than its changes show: a comment that it adds, somebody whom it reaches.
fn says_more(classified: &Classified) -> bool {
    let more = |account: &Account| {
        matches!(
            account,
            Account::Detail
                | Account::Content
                | Account::Recipient
                | Account::Amount
                | Account::Unaccounted
        )
    };
    classified.accounts.values().any(more)
}

/// Labels of the fields that a call the system answered to have done was to write, and that have really
/// other values as read back. A deletion that says nothing of fields did not show when the record reads as
/// `before`; systems keep much of what they delete, marked.
pub fn mismatched(
    classified: &Classified,
    (before, after): (&BeforeImage, &BeforeImage),
    normal: &Normal,
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
                .is_some_and(|found| !has_mark(found) && is_otherwise(change, found, normal))
    };
    let changes = classified.changes.iter();
    changes.filter(other).map(FieldChange::label).collect()
}

/// A field that the system keeps in a form of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InForm {
    /// Its label.
    pub field: String,
    /// The value as it was written.
    pub written: Value,
    /// The same value as the system keeps it.
    pub kept: Value,
}

/// The fields that were written and are kept in another form of the same value.
pub fn in_form(classified: &Classified, after: &BeforeImage, normal: &Normal) -> Vec<InForm> {
    let form = |change: &FieldChange| {
        let found = after.value(change.record.as_deref(), &change.field)?;
        let written = Written {
            field: &change.field,
            old: change.old_known.then_some(&change.old),
            new: &change.new,
            after: found,
        };
        (forms::kept(normal, written) == Kept::InForm).then(|| InForm {
            field: change.label(),
            written: change.new.clone(),
            kept: found.clone(),
        })
    };
    classified.changes.iter().filter_map(form).collect()
}

/// What a reading says of an undo without an answer; `late` is whether it can no longer arrive.
pub fn of_undo(undoes: &Undoes, read: &Readings<'_>, late: bool) -> ReadBack {
    if matches!(read.now, BeforeImage::Failed { .. }) {
        return ReadBack::Later;
    }
    let shown = shown(undoes, read);
    if let Shown::Back(proof) = shown {
        return ReadBack::Tells(Outcome::Executed, proof);
    }
    let as_it_was = |one: &FieldUndo| {
        read.now
            .value(one.record.as_deref(), &one.field)
            .is_some_and(|found| alike(found, &one.now))
    };
    match (undoes.way, read.now) {
        (Way::Fields, BeforeImage::Read { .. }) if undoes.written().all(as_it_was) => {
            nothing_of_it(late)
        }
        (Way::Unmake, BeforeImage::Read { .. }) if matches!(shown, Shown::Not(_)) => {
            nothing_of_it(late)
        }
        // Systems keep what they delete, marked: it is there, and not again.
        (Way::Remake, BeforeImage::Read { .. }) if matches!(shown, Shown::Not(_)) => {
            ReadBack::AskAPerson("It reads as it did before; it may be back under a new id.")
        }
        (Way::Remake, BeforeImage::Read { .. }) => {
            ReadBack::AskAPerson("It is there again, but not as it was.")
        }
        (Way::Remake, _) => {
            ReadBack::AskAPerson("It is not there under its old id; it may be under a new one.")
        }
        (Way::Offset, _) => {
            ReadBack::AskAPerson("Nothing that can be read shows the act that offsets it.")
        }
        _ => {
            ReadBack::AskAPerson("Reading its record back does not tell whether it was taken back.")
        }
    }
}

/// What is known of an undo that the system answered to have done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// What became of its call.
    pub outcome: Outcome,
    /// Whether a reading proves that the action is taken back.
    pub confirmed: bool,
    /// One sentence for people.
    pub note: String,
}

impl Answered {
    /// Where nothing can be said of it.
    pub fn unread() -> Self {
        Self {
            outcome: Outcome::Executed,
            confirmed: false,
            note: "Not confirmed: what it was to do is not known.".to_owned(),
        }
    }
}

/// What the readings say of an undo that the system answered to have done; `place` is where a person would
/// look.
pub fn of_answered_undo(undoes: &Undoes, read: &Readings<'_>, place: &str) -> Answered {
    let answered = |outcome, note| Answered {
        outcome,
        confirmed: outcome == Outcome::Executed,
        note,
    };
    match shown(undoes, read) {
        Shown::Back(proof) => answered(Outcome::Executed, proof),
        Shown::Not(why) => answered(Outcome::Failed, why),
        Shown::Partly(wrong) => answered(
            Outcome::Partial,
            format!(
                "The system answered that it is done, but read back it has other values in: {}.",
                wrong.join(", ")
            ),
        ),
        Shown::Unclear(why) => Answered {
            outcome: Outcome::Executed,
            confirmed: false,
            note: format!("Not confirmed: {why} Look at {place}."),
        },
    }
}
