//! Leaving fields out of a call. A pack says which fields a call's arguments change, not where in the
//! arguments each one stands; so a field's place is found by trying: it is where something can be taken
//! out such that exactly this field is no longer changed. What the narrowed call changes is worked out
//! anew at the end, and must be exactly what was asked for. An argument that is JSON text is looked into: what
//! stands in it is taken out, and the rest is written as text again.

use crate::classify::classified;
use crate::classify::compiled::CompiledTool;
use crate::classify::{BeforeImage, FieldChange};
use serde_json::Value;
use std::cmp::Reverse;

/// Places tried for one field.
const MOST_TRIED: usize = 400;
/// How deep in the arguments a field may stand.
const DEEPEST: usize = 7;
/// Places looked at in one call.
const MOST_PLACES: usize = 2_000;
/// Longest argument that is looked into as JSON text, bytes.
const LONGEST_TEXT: usize = 256 * 1024;

/// What a field of the call is to be.
#[derive(Clone, Debug, PartialEq)]
pub enum Want {
    /// As the call has it.
    AsIs,
    /// Left out.
    Without,
    /// Another value.
    Value(Value),
}

/// The fields cannot be told apart in this call's arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the call that takes it back writes these fields only together")]
pub struct Inseparable;

/// The call, and the record it would change.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// The pack's entry of the tool.
    pub tool: &'a CompiledTool,
    /// The record as it is now.
    pub now: &'a BeforeImage,
}

impl Call<'_> {
    /// What the call changes with these arguments, blanks that the pack does not name among them.
    pub fn changes(&self, arguments: &Value) -> Vec<FieldChange> {
        let mut found = self.named(arguments);
        let blanked = self.blanked(arguments, &found);
        found.extend(blanked);
        found
    }

    /// What the call changes by its pack.
    pub(super) fn named(&self, arguments: &Value) -> Vec<FieldChange> {
        classified::changes(self.tool, arguments, self.now)
    }

    /// The arguments that change every field as `want` says.
    pub fn narrow(
        &self,
        arguments: &Value,
        want: impl Fn(&FieldChange) -> Want,
    ) -> Result<Value, Inseparable> {
        let mut narrowed = arguments.clone();
        let mut expected = Vec::new();
        for change in self.changes(arguments) {
            match want(&change) {
                Want::AsIs => expected.push(change),
                Want::Without => narrowed = self.without(&narrowed, &change)?.0,
                Want::Value(value) => {
                    let (_, path) = self.without(&narrowed, &change)?;
                    put(&mut narrowed, &path, &value).ok_or(Inseparable)?;
                    expected.push(FieldChange {
                        new: value,
                        ..change
                    });
                }
            }
        }
        if same(&self.changes(&narrowed), &expected) {
            return Ok(narrowed);
        }
        Err(Inseparable)
    }

    /// The arguments without what changes one field, and where that stood.
    pub(super) fn without(
        &self,
        arguments: &Value,
        change: &FieldChange,
    ) -> Result<(Value, Vec<Step>), Inseparable> {
        let others = |mut changes: Vec<FieldChange>| {
            changes.retain(|other| other.field != change.field || other.record != change.record);
            changes
        };
        let (named, expected) = (
            others(self.named(arguments)),
            others(self.changes(arguments)),
        );
        let mut places = Vec::new();
        collect(arguments, &mut Vec::new(), &mut places);
        // The likeliest first: the field's own name, then the deepest.
        let unlikely = |(path, null): &(Vec<Step>, bool)| {
            let named =
                matches!(path.last(), Some(Step::Member(key)) if change.field.ends_with(key));
            (!named, change.new.is_null() && !null, Reverse(path.len()))
        };
        places.sort_by_key(unlikely);
        for (path, _) in places.into_iter().take(MOST_TRIED) {
            let mut tried = arguments.clone();
            // What the pack names is worked out at once, blanks by trying again.
            if take(&mut tried, &path)
                && same(&self.named(&tried), &named)
                && same(&self.changes(&tried), &expected)
            {
                return Ok((tried, path));
            }
        }
        Err(Inseparable)
    }
}

/// One step into arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// To a member of an object.
    Member(String),
    /// To a member of a list.
    Index(usize),
    /// Into what a text says, read as JSON.
    Text,
}

/// Whether two lists hold the same changes, in whatever order.
pub(super) fn same(one: &[FieldChange], other: &[FieldChange]) -> bool {
    one.len() == other.len() && one.iter().all(|change| other.contains(change))
}

/// What a text says as JSON, where that has members.
fn inside(value: &Value) -> Option<Value> {
    let text = value.as_str()?.trim_start();
    if text.len() > LONGEST_TEXT || !text.starts_with(['{', '[']) {
        return None;
    }
    let found: Value = serde_json::from_str(text).ok()?;
    (found.is_object() || found.is_array()).then_some(found)
}

/// Every member of every object, and every object in a list: its path, and whether it is `null`.
pub(super) fn collect(value: &Value, path: &mut Vec<Step>, places: &mut Vec<(Vec<Step>, bool)>) {
    let deeper = |step: Step, member: &Value, path: &mut Vec<Step>, places: &mut Vec<_>| {
        path.push(step);
        if path.last() != Some(&Step::Text) {
            places.push((path.clone(), member.is_null()));
        }
        if path.len() < DEEPEST && places.len() < MOST_PLACES {
            collect(member, path, places);
        }
        path.pop();
    };
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                deeper(Step::Member(key.clone()), member, path, places);
            }
        }
        Value::Array(members) => {
            for (index, member) in members.iter().enumerate() {
                if member.is_object() {
                    deeper(Step::Index(index), member, path, places);
                }
            }
        }
        Value::String(_) => {
            if let Some(found) = inside(value) {
                deeper(Step::Text, &found, path, places);
            }
        }
        _ => {}
    }
}

/// Does something to what a path's last step leads out of; texts on the way are read and written again.
pub(super) fn edit(
    value: &mut Value,
    path: &[Step],
    act: &mut dyn FnMut(&mut Value, &Step) -> bool,
) -> bool {
    let Some((step, rest)) = path.split_first() else {
        return false;
    };
    if rest.is_empty() {
        return act(value, step);
    }
    match step {
        Step::Member(key) => value
            .get_mut(key.as_str())
            .is_some_and(|member| edit(member, rest, act)),
        Step::Index(index) => value
            .get_mut(*index)
            .is_some_and(|member| edit(member, rest, act)),
        Step::Text => {
            let Some(mut found) = inside(value) else {
                return false;
            };
            let done = edit(&mut found, rest, act);
            if done {
                *value = Value::String(found.to_string());
            }
            done
        }
    }
}

pub(super) fn take(value: &mut Value, path: &[Step]) -> bool {
    edit(value, path, &mut |parent, step| match (parent, step) {
        (Value::Object(members), Step::Member(key)) => members.shift_remove(key).is_some(),
        (Value::Array(members), Step::Index(index)) if *index < members.len() => {
            members.remove(*index);
            true
        }
        _ => false,
    })
}

pub(super) fn put(value: &mut Value, path: &[Step], new: &Value) -> Option<()> {
    let done = edit(value, path, &mut |parent, step| {
        let place = match step {
            Step::Member(key) => parent.get_mut(key.as_str()),
            Step::Index(index) => parent.get_mut(*index),
            Step::Text => None,
        };
        place.map(|place| *place = new.clone()).is_some()
    });
    done.then_some(())
}
