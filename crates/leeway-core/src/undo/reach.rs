//! What a way back reaches: a blank that its pack's own filter of changes drops, and fields that it names
//! without need. Both by trying, like [`super::narrow`].
//!
//! A filled blank is taken back by writing `null`, and many packs' filters leave `null` out of the changes,
//! or out of the undo's arguments. And an undo written by hand often names the old values of all fields:
//! those the action did not touch are left out of the call, where the action's own call shows that the
//! system does without them.

use super::narrow::{Call, Step, collect, edit, put, take};
use crate::classify::classified::blank;
use crate::classify::{BeforeImage, FieldChange};
use serde_json::{Map, Value, json};

/// Blank places tried in one call.
const MOST_BLANKS: usize = 40;
/// Stands for any other value, so that a call's changes show everything that it sets.
const OTHER: &str = "\u{1}other";

/// The call that is taken back, by the same tool as the one that takes it back.
#[derive(Clone, Copy, Debug)]
pub struct Done<'a> {
    /// Its arguments.
    pub arguments: &'a Value,
    /// The record before it.
    pub before: &'a BeforeImage,
    /// The record right after it, where it was read.
    pub after: Option<&'a BeforeImage>,
    /// What it changed.
    pub changes: &'a [FieldChange],
}

fn names(change: &FieldChange, other: &FieldChange) -> bool {
    change.field == other.field && change.record == other.record
}

impl Call<'_> {
    /// The fields that a call makes blank by `null` where the pack's changes do not say so: each is found by
    /// putting something else there and seeing which field changes then.
    pub(super) fn blanked(&self, arguments: &Value, known: &[FieldChange]) -> Vec<FieldChange> {
        let mut places = Vec::new();
        collect(arguments, &mut Vec::new(), &mut places);
        let mut found = Vec::new();
        for (path, null) in places {
            if !null {
                continue;
            }
            if found.len() >= MOST_BLANKS {
                break;
            }
            if let Some(change) = self.would_set(arguments, &path, known) {
                let change = FieldChange {
                    new: Value::Null,
                    ..change
                };
                if !(change.old_known && blank(&change.old)) {
                    found.push(change);
                }
            }
        }
        found
    }

    /// The one field that a value at this place would set.
    fn would_set(
        &self,
        arguments: &Value,
        path: &[Step],
        known: &[FieldChange],
    ) -> Option<FieldChange> {
        for probe in [json!(OTHER), json!(-987_654_321), json!([OTHER])] {
            let mut tried = arguments.clone();
            put(&mut tried, path, &probe)?;
            let changes = self.named(&tried);
            let mut new = changes
                .iter()
                .filter(|change| !known.iter().any(|known| names(known, change)));
            if let (Some(change), None) = (new.next(), new.next())
                && changes.len() == known.len() + 1
            {
                return Some(change.clone());
            }
        }
        None
    }

    /// The arguments made ready to be compared: blanks that a filter dropped are put where the action's own
    /// call had the field, and what the action did not touch is left out. What cannot be found stays as it
    /// is.
    pub fn ready(&self, arguments: &Value, done: Done<'_>) -> Value {
        let with_blanks = self.with_blanks(arguments, done);
        self.without_untouched(&with_blanks, done)
    }

    fn with_blanks(&self, arguments: &Value, done: Done<'_>) -> Value {
        let mut ready = arguments.clone();
        for change in done.changes {
            if !(change.old_known && blank(&change.old)) {
                continue;
            }
            let now = self.changes(&ready);
            if now.iter().any(|one| names(one, change)) {
                continue;
            }
            let then = Call {
                now: done.before,
                ..*self
            };
            let Ok((_, path)) = then.without(done.arguments, change) else {
                continue;
            };
            let mut tried = ready.clone();
            if !place(&mut tried, &path) {
                continue;
            }
            for nothing in [Value::Null, json!("")] {
                if put(&mut tried, &path, &nothing).is_none() {
                    break;
                }
                let found = self.changes(&tried);
                if found.len() == now.len() + 1
                    && found
                        .iter()
                        .any(|one| names(one, change) && blank(&one.new))
                {
                    ready = tried;
                    break;
                }
            }
        }
        ready
    }

    fn without_untouched(&self, arguments: &Value, done: Done<'_>) -> Value {
        // Against a record in which everything is otherwise, a call's changes are all that it sets.
        let otherwise = BeforeImage::Read {
            fields: otherwise(self.now),
            version: None,
            id: None,
        };
        let all = Call {
            now: &otherwise,
            ..*self
        };
        let mut ready = arguments.clone();
        for set in all.changes(arguments) {
            let touched = done.changes.iter().any(|change| names(change, &set));
            if touched || changed_along(&set, done) {
                continue;
            }
            let Ok((tried, path)) = all.without(&ready, &set) else {
                continue;
            };
            let mut own = done.arguments.clone();
            if !take(&mut own, &path) && self.only_loses(&ready, &tried, &set) {
                ready = tried;
            }
        }
        ready
    }

    /// Whether narrowed arguments change what the others do, but for one field.
    fn only_loses(&self, arguments: &Value, narrowed: &Value, lost: &FieldChange) -> bool {
        let mut expected = self.changes(arguments);
        expected.retain(|one| !names(one, lost));
        super::narrow::same(&self.changes(narrowed), &expected)
    }

    /// The arguments with `""` for `null` where only so the tool takes them: what says that a field is to be
    /// blank is one or the other.
    pub fn blanks_as_text(&self, arguments: &Value, takes: impl Fn(&Value) -> bool) -> Value {
        if takes(arguments) {
            return arguments.clone();
        }
        let mut places = Vec::new();
        collect(arguments, &mut Vec::new(), &mut places);
        let mut tried = arguments.clone();
        for (path, null) in places {
            if null {
                put(&mut tried, &path, &json!(""));
            }
        }
        let blanks = |changes: Vec<FieldChange>| {
            let mut fields: Vec<_> = changes
                .into_iter()
                .map(|one| (one.record, one.field, blank(&one.new)))
                .collect();
            fields.sort();
            fields
        };
        let same = blanks(self.changes(&tried)) == blanks(self.changes(arguments));
        if same && takes(&tried) {
            return tried;
        }
        arguments.clone()
    }
}

/// Whether a field that the action did not name changed along with it: then its old value is the pack's to
/// restore.
fn changed_along(set: &FieldChange, done: Done<'_>) -> bool {
    let record = set.record.as_deref();
    let before = done.before.value(record, &set.field);
    let after = done.after.and_then(|after| after.value(record, &set.field));
    match (before, after) {
        (Some(before), Some(after)) => !super::fields::alike(before, after),
        _ => false,
    }
}

/// The record's fields, each with another value.
fn otherwise(now: &BeforeImage) -> Map<String, Value> {
    let BeforeImage::Read { fields, .. } = now else {
        return Map::new();
    };
    let other = |value: &Value| match value {
        // Of several records each is one.
        Value::Object(members) => Value::Object(
            members
                .keys()
                .map(|key| (key.clone(), json!(OTHER)))
                .collect(),
        ),
        _ => json!(OTHER),
    };
    fields
        .iter()
        .map(|(field, value)| (field.clone(), other(value)))
        .collect()
}

/// Makes room for a member at a path whose objects may not be there.
fn place(arguments: &mut Value, path: &[Step]) -> bool {
    for end in 1..=path.len() {
        let (Some(Step::Member(key)), before) = (path.get(end - 1), &path[..end]) else {
            continue;
        };
        let empty = || {
            if end == path.len() {
                Value::Null
            } else {
                json!({})
            }
        };
        let mut there = false;
        edit(arguments, before, &mut |parent, _| {
            if let Value::Object(members) = parent {
                members.entry(key.clone()).or_insert_with(empty);
                there = true;
            }
            there
        });
        if !there {
            return false;
        }
    }
    true
}
