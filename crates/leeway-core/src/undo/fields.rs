//! The three-way comparison. With *o* the value before the action, *n* the value it wrote and *c* the
//! value now: c = n is set back, c = o is back already, anything else was changed since.

use super::{FieldUndo, Finding};
use crate::classify::classified::{blank, has_mark};
use crate::classify::{BeforeImage, FieldChange};
use serde_json::{Map, Value};

/// What is compared.
pub struct Compared<'a> {
    /// What the action changed.
    pub done: &'a [FieldChange],
    /// The record read after the action, where it was.
    pub after: Option<&'a BeforeImage>,
    /// The record now, by the same reading.
    pub now: &'a BeforeImage,
    /// What the way back would change now.
    pub undo: &'a [FieldChange],
    /// Fields whose arrays the action only adds members to.
    pub additive: &'a [String],
}

/// Every field that the action changed or that its way back would change.
pub fn compare(case: &Compared<'_>) -> Vec<FieldUndo> {
    let mut found: Vec<FieldUndo> = case.done.iter().map(|done| case.done(done)).collect();
    for undo in case.undo {
        if !case.done.iter().any(|done| same(done, undo)) {
            found.push(foreign(undo));
        }
    }
    found
}

/// A whole record, made by an action: deleted only while it is what was made.
pub fn compare_made(after: Option<&BeforeImage>, now: &BeforeImage) -> Vec<FieldUndo> {
    let field = |field: &str, written: Value, now: Value, finding| FieldUndo {
        record: None,
        field: field.to_owned(),
        before: Value::Null,
        written,
        now,
        back: Value::Null,
        finding,
    };
    let (made, version, then) = match (after, now) {
        (_, BeforeImage::Missing) => return vec![],
        (
            Some(BeforeImage::Read { fields, version }),
            BeforeImage::Read {
                fields: now,
                version: then,
            },
        ) => (fields, (version, then), now),
        _ => {
            return vec![field("record", Value::Null, Value::Null, Finding::Unknown)];
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

impl Compared<'_> {
    fn done(&self, done: &FieldChange) -> FieldUndo {
        let (written, as_written) = self.written(done);
        let now = self.now(done);
        let undo = self.undo.iter().find(|undo| same(done, undo));
        let mut one = FieldUndo {
            record: done.record.clone(),
            field: done.field.clone(),
            before: done.old.clone(),
            written,
            now: now.clone().unwrap_or(Value::Null),
            back: undo.map_or(Value::Null, |undo| undo.new.clone()),
            finding: Finding::Changed,
        };
        one.finding = match (now, undo) {
            _ if !done.old_known || has_mark(&done.old) => Finding::Unknown,
            (Some(now), _) if alike(&now, &done.old) => Finding::AlreadyBack,
            (_, None) => Finding::OutOfReach,
            (Some(now), Some(undo))
                if as_written && alike(&now, &one.written) && alike(&undo.new, &done.old) =>
            {
                Finding::Restore
            }
            (Some(now), Some(_)) => match self.without_members(done, &now) {
                Some(back) => {
                    one.back = back;
                    Finding::Restore
                }
                None => Finding::Changed,
            },
            (None, _) => Finding::Changed,
        };
        one
    }

    /// The value the action wrote, and whether the system showed that it has it.
    fn written(&self, done: &FieldChange) -> (Value, bool) {
        match self.after.and_then(|after| value(after, done)) {
            // A system may keep a value in its own form; anything else was somebody else's write.
            Some(after) => {
                let ours = alike(&after, &done.new);
                (after, ours)
            }
            None => (done.new.clone(), true),
        }
    }

    fn now(&self, done: &FieldChange) -> Option<Value> {
        value(self.now, done).or_else(|| {
            let undo = self.undo.iter().find(|undo| same(done, undo))?;
            undo.old_known.then(|| undo.old.clone())
        })
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

/// A field that only the way back would change: somebody changed it since.
fn foreign(undo: &FieldChange) -> FieldUndo {
    FieldUndo {
        record: undo.record.clone(),
        field: undo.field.clone(),
        before: undo.new.clone(),
        written: undo.new.clone(),
        now: undo.old.clone(),
        back: undo.new.clone(),
        finding: Finding::Changed,
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
/// order, a text with other space around it; nothing at all has many forms. What is hidden is like
/// nothing else.
pub fn alike(one: &Value, other: &Value) -> bool {
    if has_mark(one) || has_mark(other) {
        return false;
    }
    if one == other || (blank(one) && blank(other)) {
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
        _ => text(one) == text(other) || number(one).is_some_and(|n| number(other) == Some(n)),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.trim().replace("\r\n", "\n"),
        other => other.to_string(),
    }
}

/// A number given as a number; texts are compared as texts, for `007` is no `7`.
fn number(value: &Value) -> Option<f64> {
    value.as_f64()
}
