//! Leaving fields out of a call. A pack says which fields a call's arguments change, not where in the
//! arguments each one stands; so a field's place is found by trying: it is where something can be taken
//! out such that exactly this field is no longer changed. What the narrowed call changes is worked out
//! anew at the end, and must be exactly what was asked for.

use crate::classify::classified;
use crate::classify::compiled::CompiledTool;
use crate::classify::{BeforeImage, FieldChange};
use serde_json::Value;

/// Places tried for one field.
const MOST_TRIED: usize = 400;
/// How deep in the arguments a field may stand.
const DEEPEST: usize = 5;

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
pub struct Call<'a> {
    /// The pack's entry of the tool.
    pub tool: &'a CompiledTool,
    /// The system.
    pub system: &'a str,
    /// The record as it is now.
    pub now: &'a BeforeImage,
}

impl Call<'_> {
    /// What the call changes with these arguments.
    pub fn changes(&self, arguments: &Value) -> Vec<FieldChange> {
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
    fn without(
        &self,
        arguments: &Value,
        change: &FieldChange,
    ) -> Result<(Value, Vec<String>), Inseparable> {
        let mut expected = self.changes(arguments);
        expected.retain(|other| other.field != change.field || other.record != change.record);
        let mut places = Vec::new();
        collect(arguments, &mut Vec::new(), &mut places);
        // The likeliest first: the field's own name, then the deepest.
        let unlikely = |path: &Vec<String>| {
            let named = path.last().is_some_and(|key| change.field.ends_with(key));
            (!named, usize::MAX - path.len())
        };
        places.sort_by_key(unlikely);
        for path in places.into_iter().take(MOST_TRIED) {
            let mut tried = arguments.clone();
            if take(&mut tried, &path) && same(&self.changes(&tried), &expected) {
                return Ok((tried, path));
            }
        }
        Err(Inseparable)
    }
}

/// Whether two lists hold the same changes, in whatever order.
fn same(one: &[FieldChange], other: &[FieldChange]) -> bool {
    one.len() == other.len() && one.iter().all(|change| other.contains(change))
}

/// Every member of every object, as its path.
fn collect(value: &Value, path: &mut Vec<String>, places: &mut Vec<Vec<String>>) {
    let Value::Object(members) = value else {
        return;
    };
    for (key, member) in members {
        path.push(key.clone());
        places.push(path.clone());
        if path.len() < DEEPEST {
            collect(member, path, places);
        }
        path.pop();
    }
}

fn parent<'a>(value: &'a mut Value, path: &[String]) -> Option<&'a mut Value> {
    path.iter()
        .try_fold(value, |value, key| value.get_mut(key.as_str()))
}

fn take(value: &mut Value, path: &[String]) -> bool {
    let Some((last, before)) = path.split_last() else {
        return false;
    };
    parent(value, before)
        .and_then(Value::as_object_mut)
        .is_some_and(|members| members.remove(last).is_some())
}

fn put(value: &mut Value, path: &[String], new: &Value) -> Option<()> {
    *parent(value, path)? = new.clone();
    Some(())
}
