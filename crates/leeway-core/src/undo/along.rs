//! What changed along with a call without being named by it: a reply that reopens a ticket. Told by the two
//! readings, right before and right after.

use super::forms::{Normal, same, volatile};
use crate::classify::classified::has_mark;
use crate::classify::{BeforeImage, Classified, Effect};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Most fields listed; more are counted.
const MOST: usize = 20;
/// Longest value listed as it is, bytes of JSON; a longer one is told by its beginning.
const LONGEST: usize = 500;
/// How deep a field is looked into.
const DEEPEST: usize = 4;

/// One field that changed without being named.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Along {
    /// Whose field it is, where the reading gives several records: the record's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
    /// The field's name; dotted where it stands inside another.
    pub field: String,
    /// The value right before.
    pub before: Value,
    /// The value right after.
    pub after: Value,
}

impl Along {
    /// The field's name for people, with the record it is of when there are several.
    pub fn label(&self) -> String {
        match &self.record {
            Some(record) => format!("{} of {record}", self.field),
            None => self.field.clone(),
        }
    }
}

/// What changed between two readings beyond what the call names, and how many fields more than are listed.
/// What systems change by themselves with every write is left out.
pub fn changed_along(
    classified: &Classified,
    (before, after): (&BeforeImage, &BeforeImage),
    normal: &Normal,
) -> (Vec<Along>, u32) {
    let (BeforeImage::Read { fields: before, .. }, BeforeImage::Read { fields: after, .. }) =
        (before, after)
    else {
        return (vec![], 0);
    };
    // What makes or deletes a record changes all of it.
    if matches!(
        classified.effect,
        Effect::Read | Effect::Delete | Effect::Merge
    ) {
        return (vec![], 0);
    }
    let mut look = Look {
        classified,
        normal,
        record: None,
        found: vec![],
        more: 0,
    };
    if classified.changes.iter().any(|one| one.record.is_some()) {
        for (id, fields) in after {
            if let (Value::Object(after), Some(Value::Object(before))) = (fields, before.get(id)) {
                look.record = Some(id);
                look.members((before, after), "", 0);
            }
        }
    } else {
        look.members((before, after), "", 0);
    }
    (look.found, look.more)
}

struct Look<'a> {
    classified: &'a Classified,
    normal: &'a Normal,
    record: Option<&'a String>,
    found: Vec<Along>,
    more: u32,
}

impl Look<'_> {
    fn members(
        &mut self,
        (before, after): (&Map<String, Value>, &Map<String, Value>),
        within: &str,
        deep: usize,
    ) {
        let names = after
            .keys()
            .chain(before.keys().filter(|key| !after.contains_key(*key)));
        for name in names {
            let field = if within.is_empty() {
                name.clone()
            } else {
                format!("{within}.{name}")
            };
            let now = (before.get(name), after.get(name));
            if self.is_named(&field) || volatile(self.normal, &field) {
                continue;
            }
            if let (Some(Value::Object(before)), Some(Value::Object(after)), true) =
                (now.0, now.1, deep < DEEPEST)
            {
                self.members((before, after), &field, deep + 1);
                continue;
            }
            let value = |side: Option<&Value>| side.cloned().unwrap_or(Value::Null);
            self.one(field, (value(now.0), value(now.1)));
        }
    }

    fn one(&mut self, field: String, (before, after): (Value, Value)) {
        // What is hidden on both sides says nothing.
        let hidden = has_mark(&before) && has_mark(&after);
        if hidden || same(self.normal, &field, (&before, &after)) {
            return;
        }
        if self.found.len() >= MOST {
            self.more += 1;
            return;
        }
        self.found.push(Along {
            record: self.record.cloned(),
            field,
            before: bounded(before),
            after: bounded(after),
        });
    }

    /// Whether the call names the field, or a part of it.
    fn is_named(&self, field: &str) -> bool {
        self.classified.changes.iter().any(|change| {
            let names = change.record.is_none() || change.record.as_ref() == self.record;
            names
                && (change.field == field
                    || change
                        .field
                        .strip_prefix(field)
                        .is_some_and(|rest| rest.starts_with('.'))
                        && !descends(field))
        })
    }
}

/// Whether a field is looked into member by member, so that only the named ones are left out.
fn descends(field: &str) -> bool {
    field.matches('.').count() < DEEPEST
}

fn bounded(value: Value) -> Value {
    let text = value.to_string();
    if text.len() <= LONGEST {
        return value;
    }
    let beginning: String = text.chars().take(LONGEST / 4).collect();
    Value::String(format!("{beginning}… ({} bytes)", text.len()))
}
