//! A value in a system's own form: "19.90" for 19.9, an address in lower case, a name in another Unicode
//! form, a date as a moment, a text in HTML. It is the same value, so what was asked for is done.
//!
//! Two rules, for texts that look alike need not be the same. What a pack names for a field (`normal`)
//! holds whenever two values of it are compared. What it does not name is learned from one reading alone,
//! the one right after our own write ([`kept`]): a person's later change from "Kim" to "KIM" is a change.

use super::fields::alike;
use crate::classify::classified::has_mark;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
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
    if alike(new, after) {
        return Kept::AsWritten;
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

/// Whether two values are one in another form that nobody can mean anything by: a number as number or as
/// text, a day, a Unicode form. Two texts that look like numbers may be versions, so they are not.
pub fn surely_same(one: &Value, other: &Value) -> bool {
    alike(one, other)
        || in_forms((one, other), &|one, other| {
            let numbers = one.is_number() || other.is_number();
            numbers && scalars(&[Form::Number], one, other)
                || scalars(&[Form::Date], one, other)
                || scalars(&[Form::Unicode, Form::Trim], one, other)
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
        (Value::Array(_) | Value::Object(_) | Value::Null, _)
        | (_, Value::Array(_) | Value::Object(_) | Value::Null) => false,
        _ => scalars(one, other),
    }
}

/// Whether two single values are the same in these forms taken together.
fn scalars(forms: &[Form], one: &Value, other: &Value) -> bool {
    let has = |form| forms.contains(&form);
    if has(Form::Number)
        && let (Some(one), Some(other)) = (decimal(one), decimal(other))
    {
        return one == other;
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

/// A text that is a number of something (a phone, an account), without the space that parts it: every part of
/// it has a digit.
fn code(value: &Value) -> Option<String> {
    let text = value.as_str()?;
    let parts = || text.split_whitespace();
    let all =
        parts().next().is_some() && parts().all(|part| part.chars().any(|c| c.is_ascii_digit()));
    all.then(|| parts().collect())
}

fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(truth) => Some(*truth),
        Value::Number(number) => match number.to_string().as_str() {
            "0" => Some(false),
            "1" => Some(true),
            _ => None,
        },
        Value::String(text) => match text.trim() {
            "0" => Some(false),
            "1" => Some(true),
            text if text.eq_ignore_ascii_case("true") => Some(true),
            text if text.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// A number digit by digit: its sign, its digits without needless zeros, and where the point stands. A text
/// is one only in plain digits: `007` may be a code and `1e3` a name.
fn decimal(value: &Value) -> Option<(bool, String, i64)> {
    let (text, exponents) = match value {
        Value::Number(number) => (number.to_string(), true),
        Value::String(text) => (text.trim().to_owned(), false),
        _ => return None,
    };
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.as_str()),
    };
    let (digits, exponent) = match rest.split_once(['e', 'E']) {
        Some((digits, exponent)) if exponents => (digits, exponent.parse::<i64>().ok()?),
        Some(_) => return None,
        None => (rest, 0),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let leading = whole.len() > 1 && whole.starts_with('0');
    let pointless = digits.ends_with('.');
    if whole.is_empty() || leading || pointless || !plain(whole) || !plain(part) {
        return None;
    }
    let all = format!("{whole}{part}");
    let kept = all.trim_start_matches('0').trim_end_matches('0');
    if kept.is_empty() {
        return Some((false, String::new(), 0));
    }
    let zeros = (all.len() - all.trim_end_matches('0').len()) as i64;
    let point = exponent
        .checked_sub(part.len() as i64)?
        .checked_add(zeros)?;
    Some((negative, kept.to_owned(), point))
}

/// A day or a moment.
struct Moment {
    wall: DateTime,
    instant: Option<Timestamp>,
    /// Written as a day, not as a number.
    day: bool,
}

impl Moment {
    /// One without a zone is any zone's, or UTC.
    fn is(&self, other: &Self) -> bool {
        // Two numbers are numbers.
        if !self.day && !other.day {
            return false;
        }
        match (&self.instant, &other.instant) {
            (Some(one), Some(other)) => one == other,
            (None, None) => self.wall == other.wall,
            (Some(instant), None) | (None, Some(instant)) => {
                let wall = if self.instant.is_none() { self } else { other }.wall;
                self.wall == other.wall
                    || wall
                        .to_zoned(jiff::tz::TimeZone::UTC)
                        .is_ok_and(|utc| utc.timestamp() == *instant)
            }
        }
    }
}

fn moment(value: &Value) -> Option<Moment> {
    let text = match value {
        Value::String(text) => text.trim(),
        Value::Number(number) => return epoch(&number.to_string()),
        _ => return None,
    };
    let starts = text.get(..10)?;
    let dashes = |at: usize| starts.as_bytes().get(at) == Some(&b'-');
    if !(dashes(4) && dashes(7)) {
        return epoch(text);
    }
    if text.len() == 10 {
        let wall = text
            .parse::<Date>()
            .ok()?
            .to_datetime(jiff::civil::Time::midnight());
        return Some(Moment {
            wall,
            instant: None,
            day: true,
        });
    }
    // Some write `+0000`, or a blank before the zone.
    let text = text.replacen(' ', "T", 1).replace(' ', "");
    let wall = text.parse::<DateTime>().ok();
    match text.parse::<Timestamp>() {
        Ok(instant) => {
            let bare = text.trim_end_matches(['Z', 'z']);
            let zone = bare.get(11..)?.find(['+', '-']).map(|at| at + 11);
            let wall = bare.get(..zone.unwrap_or(bare.len()))?.parse().ok()?;
            Some(Moment {
                wall,
                instant: Some(instant),
                day: true,
            })
        }
        Err(_) => wall.map(|wall| Moment {
            wall,
            instant: None,
            day: true,
        }),
    }
}

/// Seconds or milliseconds since 1970, where there are so many digits that it can be nothing earlier than
/// the systems that write such.
fn epoch(text: &str) -> Option<Moment> {
    let number: i64 = text.parse().ok()?;
    let instant = match text.len() {
        10 => Timestamp::from_second(number).ok()?,
        13 => Timestamp::from_millisecond(number).ok()?,
        _ => return None,
    };
    let wall = instant.to_zoned(jiff::tz::TimeZone::UTC).datetime();
    Some(Moment {
        wall,
        instant: Some(instant),
        day: false,
    })
}

/// Tags that wrap a text and say nothing themselves.
const WRAPPING: [&str; 7] = ["p", "div", "span", "br", "html", "body", "head"];

/// Longest such tag, bytes.
const LONGEST_TAG: usize = 500;

/// A text without the HTML that wraps it. Any other tag stays: it says something.
fn unwrapped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        // No tag that wraps is long; looking on would take for ever in a text of `<`s.
        let end = rest.bytes().take(LONGEST_TAG).position(|b| b == b'>');
        let name: String = rest[1..]
            .trim_start_matches('/')
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .take(8)
            .collect();
        match end {
            Some(end) if WRAPPING.contains(&name.to_ascii_lowercase().as_str()) => {
                plain.push('\n');
                rest = &rest[end + 1..];
            }
            _ => {
                plain.push('<');
                rest = &rest[1..];
            }
        }
    }
    plain.push_str(rest);
    let entities = [
        ("&nbsp;", " "),
        ("\u{a0}", " "),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&#x27;", "'"),
        ("&apos;", "'"),
        ("&amp;", "&"),
    ];
    entities
        .into_iter()
        .fold(plain, |text, (entity, plain)| text.replace(entity, plain))
}
