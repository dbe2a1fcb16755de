//! What an entry leaves out of its tool's declared arguments, found before any call does: calls are
//! made up from the schema and accounted for. For people who write packs; a call is judged by its own
//! accounts, whatever is found here.

use super::leaf::leaves;
use super::{Account, Accounts};
use crate::classify::classified::{self, Work};
use crate::classify::compiled::CompiledTool;
use crate::classify::{BeforeImage, Effect};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Schemas are followed so deep.
const DEEPEST: usize = 6;

/// What an entry does not speak of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gaps {
    /// Declared arguments that no filter and no list speaks of, as paths.
    pub unaccounted: Vec<String>,
    /// Arguments whose `null` the entry drops, although it makes a field blank.
    pub drops_null: Vec<String>,
}

impl Gaps {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.unaccounted.is_empty() && self.drops_null.is_empty()
    }
}

/// The gaps of an entry for a tool with this input schema.
pub fn gaps(tool: &CompiledTool, schema: &Value) -> Gaps {
    let Some(properties) = schema["properties"].as_object() else {
        return Gaps::default();
    };
    let required: BTreeSet<&str> = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let texts: BTreeSet<&str> = tool.entry.json.iter().map(String::as_str).collect();
    let mut samples = Map::new();
    for (name, one) in properties {
        let value = if texts.contains(name.as_str()) {
            json!("{\"sample\":\"text\"}")
        } else {
            sample(schema, one, 0)
        };
        samples.insert(name.clone(), value);
    }
    let given = |kept: &dyn Fn(&str) -> bool| {
        let kept = samples.iter().filter(|(name, _)| kept(name));
        Value::Object(
            kept.map(|(name, one)| (name.clone(), one.clone()))
                .collect(),
        )
    };
    let all = accounts(tool, &Value::Object(samples.clone()));
    let mut gaps = Gaps::default();
    for (name, value) in &samples {
        let call = given(&|other| other == name || required.contains(other));
        let mut best = all.clone().unwrap_or_default();
        keep_best(&mut best, accounts(tool, &call));
        for member in members(value) {
            let mut of_one = call.clone();
            of_one[name] = member;
            keep_best(&mut best, accounts(tool, &of_one));
        }
        let container = value.is_object() || value.is_array();
        match worst(&best, name) {
            Some(Account::Unaccounted) => gaps.unaccounted.push(name.clone()),
            // Nothing in place of a list or an object is refused by its schema, or leaves it alone.
            Some(Account::Change)
                if changes_a_record(tool) && !container && !required.contains(name.as_str()) =>
            {
                let mut blank = call;
                blank[name] = Value::Null;
                let found = accounts(tool, &blank).unwrap_or_default();
                if worst(&found, name) == Some(Account::Unaccounted) {
                    gaps.drops_null.push(name.clone());
                }
            }
            _ => {}
        }
    }
    gaps
}

/// An object's members, each alone in it: one may make another count for nothing.
fn members(value: &Value) -> Vec<Value> {
    let fields = value.as_object().into_iter().flatten();
    fields
        .map(|(name, one)| json!({ name.as_str(): one }))
        .collect()
}

/// Takes over what is better known in another call.
fn keep_best(best: &mut Accounts, found: Option<Accounts>) {
    for (pointer, account) in found.into_iter().flatten() {
        let known = best.entry(pointer).or_insert(account);
        *known = account.min(*known);
    }
}

/// Whether a `null` could take something away.
fn changes_a_record(tool: &CompiledTool) -> bool {
    tool.entry.effects().any(|effect| effect == Effect::Update)
}

/// The accounts of a call as it would be raised, on a record whose fields hold what the call says, as a
/// list, or nothing: a filter that takes members away speaks only of those that are there. `None` where
/// it only reads.
fn accounts(tool: &CompiledTool, arguments: &Value) -> Option<Accounts> {
    let mut records = vec![Map::new()];
    let texts = leaves(arguments, &tool.entry.json)
        .into_iter()
        .filter(|leaf| leaf.value.is_string());
    let members: Vec<Value> = texts.map(|leaf| leaf.value).collect();
    let changed = classified::changes(tool, arguments, &read(Map::new()));
    records.push(
        changed
            .into_iter()
            .map(|change| (change.field, json!(members)))
            .collect(),
    );
    let mut best: Option<Accounts> = None;
    for fields in records {
        let before = read(fields);
        let mut work = Work::new(tool, arguments, &before);
        work.raise();
        if work.effect == Effect::Read {
            continue;
        }
        let found = work.accounts();
        keep_best(best.get_or_insert_default(), Some(found));
    }
    best
}

fn read(fields: Map<String, Value>) -> BeforeImage {
    BeforeImage::Read {
        fields,
        version: Some("1".to_owned()),
        id: None,
    }
}

/// Unaccounted, where any leaf of the argument is.
fn worst(accounts: &Accounts, name: &str) -> Option<Account> {
    let escaped = name.replace('~', "~0").replace('/', "~1");
    let (itself, below) = (format!("/{escaped}"), format!("/{escaped}/"));
    accounts
        .iter()
        .filter(|(pointer, _)| **pointer == itself || pointer.starts_with(&below))
        .map(|(_, account)| *account)
        .max()
}

/// A value that fits a schema more or less.
fn sample(root: &Value, schema: &Value, depth: usize) -> Value {
    if depth > DEEPEST {
        return json!("sample");
    }
    if let Some(target) = schema["$ref"]
        .as_str()
        .and_then(|reference| root.pointer(reference.strip_prefix('#')?))
    {
        return sample(root, target, depth + 1);
    }
    if let Some(one) = schema.get("const").or_else(|| schema["enum"].get(0)) {
        return one.clone();
    }
    for key in ["anyOf", "oneOf", "allOf"] {
        let choices = schema[key].as_array().into_iter().flatten();
        let mut real = choices.filter(|one| one["type"] != json!("null"));
        if let Some(one) = real.next() {
            return sample(root, one, depth + 1);
        }
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().find(|kind| **kind != json!("null")),
        kind => Some(kind),
    };
    match kind.and_then(Value::as_str) {
        Some("boolean") => json!(true),
        Some("integer") => json!(3),
        Some("number") => json!(2.5),
        Some("array") => json!([sample(root, &schema["items"], depth + 1)]),
        Some("object") => sample_object(root, schema, depth),
        None if schema.get("properties").is_some() => sample_object(root, schema, depth),
        _ => json!("sample"),
    }
}

fn sample_object(root: &Value, schema: &Value, depth: usize) -> Value {
    let Some(properties) = schema["properties"].as_object().filter(|it| !it.is_empty()) else {
        return json!({ "sample": "text" });
    };
    let members = properties
        .iter()
        .map(|(name, one)| (name.clone(), sample(root, one, depth + 1)));
    Value::Object(members.collect())
}
