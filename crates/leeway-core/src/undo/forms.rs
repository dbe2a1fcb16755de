//! A value in a system's own form: "19.90" for 19.9, an address in lower case, a name in another Unicode
//! form, a date as a moment, a text in HTML. It is the same value, so what was asked for is done.
//!
//! Two rules, for texts that look alike need not be the same. What a pack names for a field (`normal`)
//! holds whenever two values of it are compared. What it does not name is learned from one reading alone,
//! the one right after our own write ([`kept`]): a person's later change from "Kim" to "KIM" is a change.

use super::fields::{alike, in_order, reordered};
use super::values::{code, moment, plain_number, truth, unwrapped};
use crate::classify::classified::has_mark;
use crate::number;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use unicode_normalization::UnicodeNormalization;

/// One form that a system may keep a field's values in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// A number, whatever its places, as a number or as text.
    Number,
    /// A day or a moment, however it is written.
    Date,
    /// Texts in lower case.
    #[serde(alias = "case")]
    Lower,
    /// Texts without space around them.
    Trim,
    /// Texts in which any space is one blank.
    Space,
    /// Texts in one Unicode form (NFC).
    #[serde(alias = "nfc")]
    Unicode,
    /// Texts wrapped in HTML.
    Html,
    /// A value that the system changes by itself: it says nothing.
    Volatile,
}

/// The forms of one field: one, or several at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Forms {
    /// One form.
    One(Form),
    /// All of these.
    Several(Vec<Form>),
}

impl Forms {
    fn all(&self) -> &[Form] {
        match self {
            Self::One(form) => std::slice::from_ref(form),
            Self::Several(forms) => forms,
        }
    }
}

/// The forms that a pack names, by field.
pub type Normal = BTreeMap<String, Forms>;

/// Whether two values of a field are the same to its system: as any system has them ([`alike`]), or in the
/// forms the pack names.
pub fn same(normal: &Normal, field: &str, (one, other): (&Value, &Value)) -> bool {
    if alike(one, other) {
        return true;
    }
    let forms = normal.get(field).map_or(&[][..], Forms::all);
    !forms.is_empty() && in_forms((one, other), &|one, other| scalars(forms, one, other))
}

/// Whether a field changes by itself, by the pack or by its name.
pub fn volatile(normal: &Normal, field: &str) -> bool {
    let named = normal.get(field).map_or(&[][..], Forms::all);
    named.contains(&Form::Volatile) || volatile_name(field)
}

/// Names of fields that systems change with every write.
const VOLATILE: [&str; 25] = [
    "updated",
    "updatedat",
    "updatedon",
    "updatedby",
    "updatedtime",
    "updatetime",
    "updateddate",
    "dateupdated",
    "modified",
    "modifiedat",
    "modifiedon",
    "modifiedby",
    "modifieddate",
    "modifiedtime",
    "datemodified",
    "changedat",
    "changedon",
    "mtime",
    "etag",
    "version",
    "versionnumber",
    "lockversion",
    "revision",
    "rev",
    "syncedat",
];
/// Beginnings of such names; `last` alone is none, for there are last names.
const VOLATILE_LAST: [&str; 8] = [
    "lastmodified",
    "lastupdate",
    "lastedited",
    "lastchange",
    "lastactivity",
    "lastseen",
    "lastviewed",
    "lastaccess",
];

fn volatile_name(field: &str) -> bool {
    let last = field.rsplit('.').next().unwrap_or(field);
    let name: String = last
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    VOLATILE.contains(&name.as_str()) || VOLATILE_LAST.iter().any(|start| name.contains(start))
}

/// What a reading right after a write shows of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// What was written.
    AsWritten,
    /// The same value in the system's own form.
    InForm,
    /// Another value.
    Otherwise,
}

/// One value written, and what is there right after it.
#[derive(Clone, Copy, Debug)]
pub struct Written<'a> {
    /// The field's name.
    pub field: &'a str,
    /// The value before, where it is known.
    pub old: Option<&'a Value>,
    /// The value written.
    pub new: &'a Value,
    /// The value read right after.
    pub after: &'a Value,
}

/// Whether what was read right after a write is what was written, in whatever form. Where the old value
/// stands as it was, and only case tells it from what was written, the write did not show; addresses are
/// kept in lower case by so many systems that they are none of these.
pub fn kept(normal: &Normal, written: Written<'_>) -> Kept {
    let Written {
        field,
        old,
        new,
        after,
    } = written;
    // Where the order of a list is all that was written, it is no form.
    let stands = |old: &Value| reordered(old, new) && in_order(old, after);
    if old.is_some_and(stands) {
        return Kept::Otherwise;
    }
    if alike(new, after) {
        return if rewritten(new, after) {
            Kept::InForm
        } else {
            Kept::AsWritten
        };
    }
    if same(normal, field, (new, after)) {
        return Kept::InForm;
    }
    let by_case_alone = !same_form(new, after, false);
    if !same_form(new, after, true) {
        return Kept::Otherwise;
    }
    let stands = old.is_some_and(|old| alike(old, after));
    if stands && by_case_alone && !is_address(after) {
        return Kept::Otherwise;
    }
    Kept::InForm
}

/// Whether a number became a text, or a text a number, in other digits: the same, and in another form.
fn rewritten(new: &Value, after: &Value) -> bool {
    match (new, after) {
        (Value::Number(number), Value::String(text))
        | (Value::String(text), Value::Number(number)) => text.trim() != number.to_string(),
        (Value::Object(new), Value::Object(after)) => new
            .iter()
            .any(|(key, new)| after.get(key).is_some_and(|after| rewritten(new, after))),
        _ => false,
    }
}

/// Whether two values are one in another form that nobody can mean anything by: a number as number or as
/// text ([`alike`]), a day, a Unicode form. Two texts that look like numbers may be versions, so they are not.
pub fn surely_same(one: &Value, other: &Value) -> bool {
    alike(one, other)
        || in_forms((one, other), &|one, other| {
            scalars(&[Form::Date], one, other) || scalars(&[Form::Unicode, Form::Trim], one, other)
        })
}

/// Whether a value is another, as a system may have been given it back: in any form.
pub fn same_as_written(normal: &Normal, field: &str, (one, other): (&Value, &Value)) -> bool {
    same(normal, field, (one, other)) || same_form(one, other, false)
}

fn same_form(one: &Value, other: &Value, in_any_case: bool) -> bool {
    in_forms((one, other), &|one, other| {
        let mut text = vec![Form::Unicode, Form::Html, Form::Space];
        if in_any_case {
            text.push(Form::Lower);
        }
        scalars(&[Form::Number], one, other)
            || scalars(&[Form::Date], one, other)
            || scalars(&text, one, other)
            || code(one).is_some_and(|one| code(other) == Some(one))
            || truth(one).is_some_and(|one| truth(other) == Some(one))
                && (one.is_boolean() || other.is_boolean())
    })
}

fn is_address(value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default().trim();
    text.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty() && host.contains('.') && !text.contains(char::is_whitespace)
    })
}

/// Compares member by member; lists in any order.
fn in_forms((one, other): (&Value, &Value), scalars: &dyn Fn(&Value, &Value) -> bool) -> bool {
    if has_mark(one) || has_mark(other) {
        return false;
    }
    let each = |one: &Value, other: &Value| alike(one, other) || in_forms((one, other), scalars);
    match (one, other) {
        (Value::Array(one), Value::Array(other)) => {
            let mut rest: Vec<&Value> = other.iter().collect();
            one.len() == rest.len()
                && one.iter().all(|member| {
                    let found = rest.iter().position(|candidate| each(member, candidate));
                    found.map(|index| rest.swap_remove(index)).is_some()
                })
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .all(|(key, value)| other.get(key).is_some_and(|found| each(value, found)))
        }
        _ => scalars(one, other),
    }
}

/// Whether two single values are the same in these forms taken together.
fn scalars(forms: &[Form], one: &Value, other: &Value) -> bool {
    let has = |form| forms.contains(&form);
    if has(Form::Number)
        && let (Some(one), Some(other)) = (plain_number(one), plain_number(other))
    {
        return number::same(&one, &other);
    }
    if has(Form::Date)
        && let (Some(one), Some(other)) = (moment(one), moment(other))
    {
        return one.is(&other);
    }
    let (Value::String(one), Value::String(other)) = (one, other) else {
        return false;
    };
    let in_form = |text: &str| in_text_form(forms, text);
    let any = [
        Form::Lower,
        Form::Trim,
        Form::Space,
        Form::Unicode,
        Form::Html,
    ];
    any.into_iter().any(has) && in_form(one) == in_form(other)
}

fn in_text_form(forms: &[Form], text: &str) -> String {
    let has = |form| forms.contains(&form);
    let mut text = text.replace("\r\n", "\n");
    if has(Form::Html) {
        text = unwrapped(&text);
    }
    if has(Form::Lower) {
        text = text.to_lowercase();
    }
    if has(Form::Unicode) {
        text = text.nfc().collect();
    }
    if has(Form::Space) {
        return text.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    // Space around a text says nothing anywhere (`alike`).
    text.trim().to_owned()
}
