//! Schemas of a document (OpenAPI 3.0's dialect, or JSON Schema as 3.1 has it) as one plain JSON
//! Schema without references, bounded in depth and size.

use super::Fault;
use super::refs::Refs;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

const DEEPEST: usize = 24;
/// Most schemas one tool's input may be made of.
const MOST_NODES: usize = 4_000;
/// Most schemas that all inputs of a document's tools may be made of.
const MOST_NODES_IN_ALL: usize = 300_000;
/// Largest choices, defaults and patterns of one tool's input, and of all, bytes.
const MOST_BYTES: usize = 256 * 1024;
const MOST_BYTES_IN_ALL: usize = 16 * 1024 * 1024;
/// How deep a choice or default may be nested.
const DEEPEST_VALUE: usize = 16;
/// Longest description kept of one field, characters.
const LONGEST_DESCRIPTION: usize = 400;

/// Keywords kept as they are. Examples, vendor extensions and what only steers code generators are
/// left out: none of it decides whether arguments fit.
const KEPT: [&str; 19] = [
    "type",
    "format",
    "enum",
    "const",
    "default",
    "title",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
];

/// What a document's tools may still be made of: a document is small, and what its references make of it need
/// not be.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    nodes: usize,
    bytes: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            nodes: MOST_NODES_IN_ALL,
            bytes: MOST_BYTES_IN_ALL,
        }
    }
}

impl Budget {
    fn take(&mut self, nodes: usize, bytes: usize) -> Result<(), Fault> {
        self.nodes = self.nodes.checked_sub(nodes).ok_or_else(too_large)?;
        self.bytes = self.bytes.checked_sub(bytes).ok_or_else(too_large)?;
        Ok(())
    }
}

/// Converts the schemas of one operation.
pub struct Converter<'a, 'b> {
    refs: Refs<'a>,
    left: Budget,
    in_all: &'b mut Budget,
    open: Vec<&'a str>,
}

impl<'a, 'b> Converter<'a, 'b> {
    pub fn new(refs: Refs<'a>, in_all: &'b mut Budget) -> Self {
        Self {
            refs,
            left: Budget {
                nodes: MOST_NODES,
                bytes: MOST_BYTES,
            },
            in_all,
            open: Vec::new(),
        }
    }

    fn take(&mut self, nodes: usize, bytes: usize) -> Result<(), Fault> {
        self.left.take(nodes, bytes)?;
        self.in_all.take(nodes, bytes)
    }

    fn weigh(&mut self, value: &Value) -> Result<(), Fault> {
        let mut left = self.left.bytes;
        weigh(value, DEEPEST_VALUE, &mut left)?;
        let bytes = self.left.bytes - left;
        self.take(0, bytes)
    }

    /// The schema without references. What refers to itself is cut off to "anything": the system
    /// checks it again.
    pub fn convert(&mut self, schema: &'a Value) -> Result<Value, Fault> {
        self.take(1, 0)?;
        if self.open.len() > DEEPEST {
            return Err(too_large());
        }
        let Some(object) = schema.as_object() else {
            return Ok(match schema {
                Value::Bool(_) => schema.clone(),
                _ => json!({}),
            });
        };
        let Some(reference) = object.get("$ref").and_then(Value::as_str) else {
            return self.nested("", |this| this.object(object));
        };
        if self.open.contains(&reference) {
            return Ok(json!({ "description": "Anything: it may contain itself." }));
        }
        let target = self.refs.target(reference)?;
        let mut converted = self.nested(reference, |this| this.convert(target))?;
        let said = object.get("description").and_then(Value::as_str);
        if let (Some(said), Some(converted)) = (said, converted.as_object_mut()) {
            converted.insert("description".to_owned(), json!(cut(said)));
        }
        Ok(converted)
    }

    fn nested<T>(
        &mut self,
        name: &'a str,
        work: impl FnOnce(&mut Self) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        self.open.push(name);
        let done = work(self);
        self.open.pop();
        done
    }

    fn object(&mut self, schema: &'a Map<String, Value>) -> Result<Value, Fault> {
        let mut out = Map::new();
        for key in KEPT {
            if let Some(value) = schema.get(key) {
                self.weigh(value)?;
                out.insert(key.to_owned(), value.clone());
            }
        }
        if let Some(said) = schema.get("description").and_then(Value::as_str) {
            out.insert("description".to_owned(), json!(cut(said)));
        }
        self.properties(schema, &mut out)?;
        for key in ["items", "additionalProperties", "not"] {
            if let Some(inner) = schema.get(key) {
                out.insert(key.to_owned(), self.convert(inner)?);
            }
        }
        for key in ["oneOf", "anyOf", "allOf", "prefixItems"] {
            let Some(Value::Array(parts)) = schema.get(key) else {
                continue;
            };
            // An empty list of parts is no schema.
            if parts.is_empty() {
                continue;
            }
            let parts: Result<Vec<_>, _> = parts.iter().map(|part| self.convert(part)).collect();
            out.insert(key.to_owned(), Value::Array(parts?));
        }
        older_dialect(schema, &mut out);
        Ok(Value::Object(out))
    }

    /// Properties a request may carry: read-only ones are the system's.
    fn properties(
        &mut self,
        schema: &'a Map<String, Value>,
        out: &mut Map<String, Value>,
    ) -> Result<(), Fault> {
        let Some(Value::Object(properties)) = schema.get("properties") else {
            if let Some(required) = schema.get("required").filter(|names| names.is_array()) {
                self.weigh(required)?;
                out.insert("required".to_owned(), required.clone());
            }
            return Ok(());
        };
        let mut kept = Map::new();
        let mut left_out = BTreeSet::new();
        for (name, property) in properties {
            self.take(0, name.len())?;
            if self.refs.follow(property)?["readOnly"] == json!(true) {
                left_out.insert(name.as_str());
                continue;
            }
            kept.insert(name.clone(), self.convert(property)?);
        }
        out.insert("properties".to_owned(), Value::Object(kept));
        if let Some(required) = schema.get("required") {
            self.weigh(required)?;
        }
        let required: Vec<&Value> = schema
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter(|name| name.as_str().is_some_and(|name| !left_out.contains(name)))
            .collect();
        if !required.is_empty() {
            out.insert("required".to_owned(), json!(required));
        }
        Ok(())
    }
}

/// OpenAPI 3.0 says `nullable` and has boolean exclusive bounds.
fn older_dialect(schema: &Map<String, Value>, out: &mut Map<String, Value>) {
    for (bound, exclusive) in [
        ("minimum", "exclusiveMinimum"),
        ("maximum", "exclusiveMaximum"),
    ] {
        if let Some(Value::Bool(excludes)) = schema.get(exclusive) {
            out.remove(exclusive);
            if let Some(value) = out.get(bound).cloned().filter(|_| *excludes) {
                out.remove(bound);
                out.insert(exclusive.to_owned(), value);
            }
        }
    }
    if schema.get("nullable") != Some(&json!(true)) {
        return;
    }
    if let Some(Value::String(kind)) = out.get("type").cloned() {
        out.insert("type".to_owned(), json!([kind, "null"]));
    }
    if let Some(Value::Array(values)) = out.get_mut("enum")
        && !values.contains(&Value::Null)
    {
        values.push(Value::Null);
    }
}

/// The parts of an `allOf` of plain objects as one object; anything else stays as it is.
pub fn merged(schema: Value) -> Value {
    let Some(parts) = schema.get("allOf").and_then(Value::as_array) else {
        return schema;
    };
    let mut rest = schema.clone();
    if let Some(rest) = rest.as_object_mut() {
        rest.remove("allOf");
    }
    let mut parts: Vec<Value> = parts.iter().cloned().map(merged).collect();
    parts.push(rest);
    let mut whole = json!({ "type": "object", "properties": {}, "required": [] });
    for part in parts {
        let Some(part) = part.as_object() else {
            return schema;
        };
        for (key, value) in part {
            match (key.as_str(), value) {
                ("properties", Value::Object(properties)) => {
                    for (name, property) in properties {
                        whole["properties"][name] = property.clone();
                    }
                }
                ("required", Value::Array(names)) => {
                    if let Some(required) = whole["required"].as_array_mut() {
                        required.extend(names.iter().cloned());
                    }
                }
                ("type", kind) if *kind == json!("object") => {}
                ("description" | "title", _) => {}
                ("additionalProperties", open) => whole["additionalProperties"] = open.clone(),
                _ => return schema,
            }
        }
    }
    whole
}

/// Takes from what is left about the bytes a value takes up; it is looked at no further than that.
fn weigh(value: &Value, deepest: usize, left: &mut usize) -> Result<(), Fault> {
    let mut take = |bytes: usize| {
        *left = left.checked_sub(16 + bytes).ok_or_else(too_large)?;
        Ok(())
    };
    let inside = || deepest.checked_sub(1).ok_or_else(too_large);
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => take(0),
        Value::String(text) => take(text.len()),
        Value::Array(items) => {
            take(0)?;
            let inside = inside()?;
            items.iter().try_for_each(|item| weigh(item, inside, left))
        }
        Value::Object(fields) => {
            take(0)?;
            let inside = inside()?;
            fields.iter().try_for_each(|(name, value)| {
                *left = left.checked_sub(name.len()).ok_or_else(too_large)?;
                weigh(value, inside, left)
            })
        }
    }
}

fn too_large() -> Fault {
    Fault::new(
        "schema-too-large",
        "its input schema is too deep or too large",
        "describe the fields that are used, and leave the rest out",
    )
}

/// A description's beginning.
pub fn cut(text: &str) -> String {
    shortened(
        beginning(text, LONGEST_DESCRIPTION).trim(),
        LONGEST_DESCRIPTION,
    )
}

/// Enough of a text to be shortened: what follows is not looked at.
pub fn beginning(text: &str, most: usize) -> &str {
    let end = text.char_indices().nth(2 * most).map(|(at, _)| at);
    &text[..end.unwrap_or(text.len())]
}

/// At most so many characters of a text, with a mark where it was cut.
pub fn shortened(text: &str, most: usize) -> String {
    let mut short: String = text.chars().take(most).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
