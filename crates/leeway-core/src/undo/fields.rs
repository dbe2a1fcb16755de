//! The three-way comparison. With *o* the value before the action, *n* the value it wrote, *k* the value
//! right after the write and *c* the value now: c = o is back already; c = n, or c = k where k is n in the
//! system's own form, is set back; c = k where k is another value is the system's doing, or somebody's at
//! that moment; anything else was changed since. What cannot be read, or not be reached, is said to be so.

use super::forms::{self, Kept, Normal, Written, surely_same};
use super::{FieldUndo, Finding};
use crate::classify::classified::{blank, has_mark};
use crate::classify::pack::lists;
use crate::classify::{BeforeImage, FieldChange};
use crate::number;
use serde_json::{Map, Value};

/// What is compared.
pub struct Compared<'a> {
    /// What the action changed.
    pub done: &'a [FieldChange],
    /// The record read before the action, where it was.
    pub before: Option<&'a BeforeImage>,
    /// The record read after the action, where it was.
    pub after: Option<&'a BeforeImage>,
    /// The record now, by the same reading.
    pub now: &'a BeforeImage,
    /// What the way back would change now.
    pub undo: &'a [FieldChange],
    /// Fields whose arrays the action only adds members to.
    pub additive: &'a [String],
    /// The forms that the system keeps values in, as the pack names them.
    pub normal: &'a Normal,
    /// Fields that are blank where the reading does not contain them.
    pub left_out: &'a [String],
}

/// Every field that the action changed or that its way back would change.
pub fn compare(case: &Compared<'_>) -> Vec<FieldUndo> {
    let mut found: Vec<FieldUndo> = case.done.iter().map(|done| case.done(done)).collect();
    for undo in case.undo {
        if !case.done.iter().any(|done| same(done, undo)) {
            found.push(case.foreign(undo));
        }
    }
    found
}

/// A whole record as an action made it or left it: deleted, or offset by a new act, only while it is still
/// that.
pub fn compare_made(after: Option<&BeforeImage>, now: &BeforeImage) -> Vec<FieldUndo> {
    let field = |field: &str, written: Value, now: Value, finding| FieldUndo {
        record: None,
        field: field.to_owned(),
        before: Value::Null,
        written,
        sent: None,
        now,
        back: Value::Null,
        finding,
    };
    let (made, version, then) = match (after, now) {
        (_, BeforeImage::Missing) => return vec![],
        (
            Some(BeforeImage::Read {
                fields, version, ..
            }),
            BeforeImage::Read {
                fields: now,
                version: then,
                ..
            },
        ) => (fields, (version, then), now),
        _ => {
            return vec![field(
                "record",
                Value::Null,
                Value::Null,
                Finding::Unreadable,
            )];
        }
    };
    let keys = made
        .keys()
        .chain(then.keys().filter(|key| !made.contains_key(*key)));
    let mut found: Vec<FieldUndo> = keys
        .filter_map(|key| {
            let (made, now) = (get(made, key), get(then, key));
            if blank(&made) && blank(&now) {
                return None;
            }
            let finding = if alike(&made, &now) {
                Finding::Restore
            } else if has_mark(&made) || has_mark(&now) {
                // What is hidden may have changed or not.
                Finding::Unreadable
            } else {
                Finding::Changed
            };
            Some(field(key, made, now, finding))
        })
        .collect();
    let untouched = found.iter().all(|one| one.finding == Finding::Restore);
    if untouched && version.0 != version.1 {
        let mark = |mark: &Option<String>| mark.clone().map_or(Value::Null, Value::String);
        found.push(field(
            "version",
            mark(version.0),
            mark(version.1),
            Finding::Changed,
        ));
    }
    found
}

/// [`compare_made`] of what a call made anew: a text in it that reads as if people had written it, and that the
/// call did not write, is not the call's to delete. Some systems answer with a record that was there already.
pub fn compare_new(
    changes: &[FieldChange],
    after: Option<&BeforeImage>,
    now: &BeforeImage,
) -> Vec<FieldUndo> {
    let mut found = compare_made(after, now);
    for one in &mut found {
        let written = changes
            .iter()
            .any(|change| change.field == one.field || alike(&change.new, &one.now));
        if one.finding == Finding::Restore && !written && by_people(&one.now) {
            one.finding = Finding::Along;
        }
    }
    found
}

/// Whether a value holds a text of several words.
fn by_people(value: &Value) -> bool {
    match value {
        Value::String(text) => text.split_whitespace().count() > 2,
        Value::Array(items) => items.iter().any(by_people),
        Value::Object(fields) => fields.values().any(by_people),
        _ => false,
    }
}

impl Compared<'_> {
    fn done(&self, done: &FieldChange) -> FieldUndo {
        let kept = self.kept(done);
        let undo = self.undo.iter().find(|undo| same(done, undo));
        let now = self.now(done);
        let shown = kept.as_ref().map(|(after, _)| after.clone());
        let in_form = matches!(kept, Some((_, Kept::InForm)));
        let mut one = FieldUndo {
            record: done.record.clone(),
            field: done.field.clone(),
            before: done.old.clone(),
            written: shown.unwrap_or_else(|| done.new.clone()),
            sent: in_form.then(|| done.new.clone()),
            now: now.clone().unwrap_or(Value::Null),
            back: undo.map_or(Value::Null, |undo| undo.new.clone()),
            finding: Finding::Changed,
        };
        one.finding = match (now, undo) {
            _ if !done.old_known || has_mark(&done.old) => Finding::Unknown,
            (None, _) => Finding::Unreadable,
            (Some(now), _) if has_mark(&now) => Finding::Unreadable,
            (Some(now), _) if self.is_back(done, &now) => Finding::AlreadyBack,
            (_, None) => Finding::OutOfReach,
            (Some(now), Some(undo)) if self.ours(done, (&now, kept.as_ref())) => {
                // It may bring something, but not what stood there.
                if forms::same_as_written(self.normal, &done.field, (&undo.new, &done.old)) {
                    Finding::Restore
                } else {
                    Finding::OutOfReach
                }
            }
            (Some(now), Some(_)) => match self.without_members(done, &now) {
                Some(back) => {
                    one.back = back;
                    Finding::Restore
                }
                None => match &kept {
                    Some((after, Kept::Otherwise)) if self.alike(done, (&now, after)) => {
                        Finding::Otherwise
                    }
                    // What is hidden may be what stands there.
                    _ if has_mark(&one.written) => Finding::Unreadable,
                    _ => Finding::Changed,
                },
            },
        };
        one
    }

    /// Whether a field has its old value. Where the action changed the order of a list, the order counts.
    fn is_back(&self, done: &FieldChange, now: &Value) -> bool {
        if reordered(&done.old, &done.new) {
            in_order(now, &done.old)
        } else {
            self.alike(done, (now, &done.old))
        }
    }

    fn alike(&self, change: &FieldChange, values: (&Value, &Value)) -> bool {
        forms::same(self.normal, &change.field, values)
    }

    /// The value right after the write, where it was read, and what it is to what was written.
    fn kept(&self, done: &FieldChange) -> Option<(Value, Kept)> {
        let after = value(self.after?, done)?;
        let kept = forms::kept(
            self.normal,
            Written {
                field: &done.field,
                old: done.old_known.then_some(&done.old),
                new: &done.new,
                after: &after,
            },
        );
        Some((after, kept))
    }

    /// Whether a field has what the action wrote: as it wrote it, or as the system kept it right then.
    fn ours(&self, done: &FieldChange, (now, kept): (&Value, Option<&(Value, Kept)>)) -> bool {
        match kept {
            // What the system kept in the order it was given is in that order still.
            Some((after, Kept::AsWritten | Kept::InForm)) if in_order(after, &done.new) => {
                (in_order(now, after) || !alike(now, after) && self.alike(done, (now, after)))
                    || in_order(now, &done.new)
            }
            Some((after, Kept::AsWritten | Kept::InForm)) => {
                self.alike(done, (now, after)) || self.alike(done, (now, &done.new))
            }
            Some((_, Kept::Otherwise)) => self.alike(done, (now, &done.new)),
            // Nobody saw in which form it was kept.
            None => self.alike(done, (now, &done.new)) || surely_same(now, &done.new),
        }
    }

    fn now(&self, done: &FieldChange) -> Option<Value> {
        let by_undo = || {
            let undo = self.undo.iter().find(|undo| same(done, undo))?;
            undo.old_known.then(|| undo.old.clone())
        };
        let left_out = || {
            let is_read = matches!(self.now, BeforeImage::Read { .. });
            (is_read && lists(self.left_out, &done.field)).then_some(Value::Null)
        };
        value(self.now, done).or_else(by_undo).or_else(left_out)
    }

    /// A field that only the way back would change: it changed along with the action, or somebody changed
    /// it since.
    fn foreign(&self, undo: &FieldChange) -> FieldUndo {
        let then = |image: Option<&BeforeImage>| image.and_then(|image| value(image, undo));
        let (before, after) = (then(self.before), then(self.after));
        let along = match (&before, &after) {
            (Some(before), Some(after)) => {
                !self.alike(undo, (before, after)) && self.alike(undo, (after, &undo.old))
            }
            _ => false,
        };
        FieldUndo {
            record: undo.record.clone(),
            field: undo.field.clone(),
            before: undo.new.clone(),
            written: after.filter(|_| along).unwrap_or_else(|| undo.new.clone()),
            sent: None,
            now: undo.old.clone(),
            back: undo.new.clone(),
            finding: match (along, undo.old_known) {
                (true, _) => Finding::Along,
                (false, true) => Finding::Changed,
                (false, false) => Finding::Unreadable,
            },
        }
    }

    /// Where the action only added members to a list: the list now without them.
    fn without_members(&self, done: &FieldChange, now: &Value) -> Option<Value> {
        if !self.additive.contains(&done.field) {
            return None;
        }
        let (Value::Array(now), Value::Array(new)) = (now, &done.new) else {
            return None;
        };
        let none = Vec::new();
        let old = match &done.old {
            Value::Array(old) => old,
            Value::Null => &none,
            _ => return None,
        };
        let added: Vec<&Value> = new.iter().filter(|one| !old.contains(one)).collect();
        if added.is_empty() || !added.iter().any(|one| now.contains(one)) {
            return None;
        }
        let kept = now.iter().filter(|one| !added.contains(one));
        Some(Value::Array(kept.cloned().collect()))
    }
}

fn same(one: &FieldChange, other: &FieldChange) -> bool {
    one.field == other.field && one.record == other.record
}

fn value(image: &BeforeImage, change: &FieldChange) -> Option<Value> {
    image
        .value(change.record.as_deref(), &change.field)
        .cloned()
}

fn get(fields: &Map<String, Value>, key: &str) -> Value {
    fields.get(key).cloned().unwrap_or(Value::Null)
}

/// Whether two values are the same to a business system: a number may come as text, a list in another
/// order, a text with other space around it; texts are compared as texts, for `007` is no `7`; nothing at all has many forms. What is hidden is like
/// nothing else.
pub fn alike(one: &Value, other: &Value) -> bool {
    // What is like a text with the mark has it as well.
    if has_mark(one) {
        return false;
    }
    if number::equal(one, other) || (blank(one) && blank(other)) {
        return true;
    }
    match (one, other) {
        (Value::Array(one), Value::Array(other)) => {
            let mut rest: Vec<&Value> = other.iter().collect();
            one.len() == rest.len()
                && one.iter().all(|member| {
                    let found = rest.iter().position(|candidate| alike(member, candidate));
                    found.map(|index| rest.swap_remove(index)).is_some()
                })
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .all(|(key, value)| other.get(key).is_some_and(|found| alike(value, found)))
        }
        (Value::Array(_) | Value::Object(_), _) | (_, Value::Array(_) | Value::Object(_)) => false,
        (Value::Number(number), Value::String(text))
        | (Value::String(text), Value::Number(number)) => {
            // `1e3` as a text may be a name.
            !text.contains(['e', 'E']) && number::writes(text, number)
        }
        _ => text(one) == text(other),
    }
}

/// Whether two values differ in the order of lists alone.
pub fn reordered(one: &Value, other: &Value) -> bool {
    alike(one, other) && !in_order(one, other)
}

/// [`alike`], and lists in the same order.
pub fn in_order(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .zip(other)
                    .all(|(one, other)| in_order(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .all(|(key, value)| other.get(key).is_some_and(|found| in_order(value, found)))
        }
        _ => alike(one, other),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.trim().replace("\r\n", "\n"),
        other => other.to_string(),
    }
}
