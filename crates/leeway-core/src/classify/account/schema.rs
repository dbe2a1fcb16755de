//! What of a JSON Schema can be told without doubt: where a reference leads, whether a pattern matches,
//! whether a value is one of a schema. `None` wherever it cannot.

use crate::number;
use regex::{Regex, RegexBuilder};
use serde_json::Value;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fmt::Write;

/// Most schemas looked at to tell which of them hold.
const MOST_STEPS: usize = 20_000;
/// Schemas are followed so deep.
const DEEPEST: usize = 24;
/// Largest a pattern may become, bytes.
const LARGEST_PATTERN: usize = 1 << 20;

/// A schema with what has been worked out of it.
pub(super) struct Schemas<'a> {
    pub(super) root: &'a Value,
    steps: Cell<usize>,
    patterns: RefCell<HashMap<String, Option<Regex>>>,
}

impl<'a> Schemas<'a> {
    pub(super) fn new(root: &'a Value) -> Self {
        Self {
            root,
            steps: Cell::new(0),
            patterns: RefCell::default(),
        }
    }

    /// Whether a pattern is found in a text; `None` where its meaning is not certain.
    pub(super) fn matches(&self, pattern: &str, text: &str) -> Option<bool> {
        let mut patterns = self.patterns.borrow_mut();
        let known = patterns
            .entry(pattern.to_owned())
            .or_insert_with(|| compiled(pattern));
        known.as_ref().map(|regex| regex.is_match(text))
    }

    /// Whether a value is one of a schema.
    pub(super) fn holds(&self, schema: &Value, value: &Value) -> Option<bool> {
        self.holds_at(schema, value, 0)
    }

    fn holds_at(&self, schema: &Value, value: &Value, depth: usize) -> Option<bool> {
        self.steps.set(self.steps.get() + 1);
        if self.steps.get() > MOST_STEPS || depth > DEEPEST {
            return None;
        }
        let fields = match schema {
            Value::Bool(all) => return Some(*all),
            Value::Object(fields) => fields,
            _ => return None,
        };
        let mut sure = true;
        for (key, rule) in fields {
            match self.keeps((key, rule), (schema, value), depth + 1) {
                Some(true) => {}
                Some(false) => return Some(false),
                None => sure = false,
            }
        }
        sure.then_some(true)
    }

    /// Whether a value keeps one rule of a schema.
    fn keeps(
        &self,
        (key, rule): (&str, &Value),
        (schema, value): (&Value, &Value),
        depth: usize,
    ) -> Option<bool> {
        let each = |one: &Value| self.holds_at(one, value, depth);
        let list = || rule.as_array().map(|all| all.iter().map(each));
        match key {
            "type" => is_of_type(rule, value),
            "const" => Some(number::equal(rule, value)),
            "enum" => Some(rule.as_array()?.iter().any(|one| number::equal(one, value))),
            "required" => match value {
                Value::Object(fields) => Some(
                    rule.as_array()?
                        .iter()
                        .filter_map(Value::as_str)
                        .all(|name| fields.contains_key(name)),
                ),
                _ => Some(true),
            },
            "properties" => {
                let (Value::Object(fields), Some(rules)) = (value, rule.as_object()) else {
                    return Some(true);
                };
                every(
                    rules.iter().filter_map(|(name, one)| {
                        Some(self.holds_at(one, fields.get(name)?, depth))
                    }),
                )
            }
            "pattern" => match value {
                Value::String(text) => self.matches(rule.as_str()?, text),
                _ => Some(true),
            },
            "minLength" | "maxLength" => {
                let Value::String(text) = value else {
                    return Some(true);
                };
                let (length, bound) = (text.chars().count() as u64, rule.as_u64()?);
                Some(if key == "minLength" {
                    length >= bound
                } else {
                    length <= bound
                })
            }
            "$ref" => each(resolved(self.root, rule.as_str()?)?),
            "allOf" => every(list()?),
            "anyOf" => any(list()?),
            "oneOf" => {
                let found: Vec<Option<bool>> = list()?.collect();
                let sure = found.iter().filter(|one| **one == Some(true)).count();
                match (sure, found.contains(&None)) {
                    (2.., _) => Some(false),
                    (_, true) => None,
                    (held, false) => Some(held == 1),
                }
            }
            "not" => each(rule).map(|holds| !holds),
            // Together with the others of its schema, or not at all.
            "then" | "else" if schema.get("if").is_none() => Some(true),
            "title" | "description" | "default" | "examples" | "$defs" | "definitions"
            | "$comment" | "$schema" | "$id" | "$anchor" | "deprecated" | "readOnly"
            | "writeOnly" => Some(true),
            _ => None,
        }
    }
}

fn every(mut found: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut sure = true;
    if found.any(|one| {
        sure &= one.is_some();
        one == Some(false)
    }) {
        return Some(false);
    }
    sure.then_some(true)
}

fn any(found: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    every(found.map(|one| one.map(|holds| !holds))).map(|none| !none)
}

fn is_of_type(rule: &Value, value: &Value) -> Option<bool> {
    let is = |kind: &str| {
        Some(match (kind, value) {
            ("integer", Value::Number(number)) => {
                let text = number.to_string();
                if !text
                    .bytes()
                    .all(|byte| byte.is_ascii_digit() || byte == b'-')
                {
                    return None;
                }
                true
            }
            ("number", Value::Number(_))
            | ("string", Value::String(_))
            | ("boolean", Value::Bool(_))
            | ("null", Value::Null)
            | ("array", Value::Array(_))
            | ("object", Value::Object(_)) => true,
            ("integer" | "number" | "string" | "boolean" | "null" | "array" | "object", _) => false,
            _ => return None,
        })
    };
    match rule {
        Value::String(kind) => is(kind),
        Value::Array(kinds) => any(kinds.iter().map(|kind| kind.as_str().and_then(is))),
        _ => None,
    }
}

/// What a reference within a schema leads to.
pub(super) fn resolved<'a>(root: &'a Value, reference: &str) -> Option<&'a Value> {
    let rest = reference.strip_prefix('#')?;
    if rest.is_empty() || rest.starts_with('/') {
        let plain = percent_encoding::percent_decode_str(rest)
            .decode_utf8()
            .ok()?;
        return root.pointer(&plain);
    }
    anchored(root, rest, 0)
}

fn anchored<'a>(value: &'a Value, anchor: &str, depth: usize) -> Option<&'a Value> {
    if depth > DEEPEST {
        return None;
    }
    let named = |key: &str| value[key].as_str() == Some(anchor);
    if value.is_object() && (named("$anchor") || named("$dynamicAnchor")) {
        return Some(value);
    }
    match value {
        Value::Object(fields) => fields
            .values()
            .find_map(|one| anchored(one, anchor, depth + 1)),
        Value::Array(items) => items
            .iter()
            .find_map(|one| anchored(one, anchor, depth + 1)),
        _ => None,
    }
}

fn compiled(pattern: &str) -> Option<Regex> {
    RegexBuilder::new(&translated(pattern)?)
        .size_limit(LARGEST_PATTERN)
        .build()
        .ok()
}

/// A pattern of JSON Schema as our engine writes it; `None` where the two may mean different things.
fn translated(pattern: &str) -> Option<String> {
    let mut written = String::with_capacity(pattern.len());
    let mut chars = pattern.chars().peekable();
    let mut in_class = false;
    while let Some(c) = chars.next() {
        match (c, in_class) {
            ('\\', _) => {
                let escaped = chars.next()?;
                match (escaped, in_class) {
                    ('d', false) => written.push_str("[0-9]"),
                    ('d', true) => written.push_str("0-9"),
                    ('w', false) => written.push_str("[0-9A-Za-z_]"),
                    ('w', true) => written.push_str("0-9A-Za-z_"),
                    ('D', false) => written.push_str("[^0-9]"),
                    ('W', false) => written.push_str("[^0-9A-Za-z_]"),
                    ('n' | 't' | 'r' | 'f' | 'v' | 's' | 'S' | 'p' | 'P' | 'u' | 'x', _) => {
                        write!(written, "\\{escaped}").ok()?;
                    }
                    (sign, _) if sign.is_ascii_punctuation() => {
                        write!(written, "\\x{:02x}", u32::from(sign)).ok()?;
                    }
                    _ => return None,
                }
                // `[\w-.]` has a dash, and no range.
                let several = matches!(escaped, 'd' | 'w' | 's' | 'S' | 'p' | 'P');
                if in_class && several && chars.next_if_eq(&'-').is_some() {
                    written.push_str("\\-");
                }
            }
            ('[', false) => {
                in_class = true;
                written.push('[');
                if chars.next_if_eq(&'^').is_some() {
                    written.push('^');
                }
                // An empty class is one there, and none here.
                if chars.peek() == Some(&']') {
                    return None;
                }
            }
            (']', true) => {
                in_class = false;
                written.push(']');
            }
            ('[', true) => written.push_str("\\["),
            ('&' | '~' | '-', true) if chars.peek() == Some(&c) => return None,
            // What follows the sign of a group: flags mean other things, looking around is not known here.
            ('(', false) if chars.peek() == Some(&'?') => {
                chars.next();
                chars.next_if_eq(&':')?;
                written.push_str("(?:");
            }
            _ => written.push(c),
        }
    }
    Some(written)
}
