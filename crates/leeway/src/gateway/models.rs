//! Names as models take them. Many refuse a whole list for one name of a tool or an argument that is long or has
//! other characters than letters, digits, `_` and `-`: those are shown under another name, and understood by it.

use leeway_core::canonical;
use leeway_core::govern::tool::input_schema;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Longest name, characters.
const LONGEST: usize = 64;
/// How many characters of the hash tell names apart that were changed.
const TOLD_APART: usize = 8;

/// A name as models take it: as it is where that can be, otherwise with what is wrong replaced and a hash of the
/// whole behind it, so that two names stay two.
pub fn name(own: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !own.is_empty() && own.len() <= LONGEST && own.chars().all(fits) {
        return own.to_owned();
    }
    let plain: String = own
        .chars()
        .map(|c| if fits(c) { c } else { '_' })
        .take(LONGEST - TOLD_APART - 1)
        .collect();
    let hash = canonical::hash(&own);
    let hash: String = hash
        .chars()
        .rev()
        .filter(char::is_ascii_hexdigit)
        .take(TOLD_APART)
        .collect();
    format!("{plain}_{hash}")
}

/// The arguments of a tool that are shown under another name: that name, and their own.
fn renamed(definition: &Value) -> BTreeMap<String, String> {
    let properties = definition["inputSchema"]["properties"].as_object();
    properties
        .into_iter()
        .flat_map(Map::keys)
        .map(|own| (name(own), own.clone()))
        .filter(|(shown, own)| shown != own)
        .collect()
}

/// A tool's input schema as models take it.
pub fn schema(definition: &Value) -> Value {
    let mut schema = input_schema(definition);
    for (shown, own) in renamed(definition) {
        if let Some(properties) = schema["properties"].as_object_mut()
            && let Some(property) = properties.shift_remove(&own)
        {
            properties.insert(shown.clone(), property);
        }
        let required = schema.get_mut("required").and_then(Value::as_array_mut);
        for name in required.into_iter().flatten() {
            if *name == own {
                *name = Value::String(shown.clone());
            }
        }
    }
    schema
}

/// Gives arguments their own names back.
pub fn meant(definition: &Value, arguments: &mut Map<String, Value>) {
    for (shown, own) in renamed(definition) {
        if !arguments.contains_key(&own)
            && let Some(value) = arguments.shift_remove(&shown)
        {
            arguments.insert(own, value);
        }
    }
}

/// Leaves out of a read's arguments what is said to be nothing: some clients fill in `null` for every argument that
/// their model did not give. Where it can be `null`, it stays. Of a call that changes something nothing is left out:
/// `null` may be meant to empty a field.
pub fn given(definition: &Value, arguments: &mut Map<String, Value>) {
    said(&input_schema(definition), arguments);
}

/// Leaves out the members that are `null`, need not be there and cannot be `null`.
fn said(schema: &Value, object: &mut Map<String, Value>) {
    let required = schema["required"].as_array();
    let needed = |name: &str| required.is_some_and(|all| all.iter().any(|one| one == name));
    object.retain(|name, value| {
        let known = &schema["properties"][name.as_str()];
        !value.is_null() || needed(name) || takes_null(known)
    });
    for (name, value) in object {
        said_within(&schema["properties"][name.as_str()], value);
    }
}

fn said_within(schema: &Value, value: &mut Value) {
    match value {
        Value::Object(object) => said(schema, object),
        Value::Array(items) => {
            for item in items {
                said_within(&schema["items"], item);
            }
        }
        _ => {}
    }
}

/// Whether `null` fits a schema; what is not known here, it may.
fn takes_null(schema: &Value) -> bool {
    if schema["nullable"] == true {
        return true;
    }
    match &schema["type"] {
        Value::String(kind) => kind == "null",
        Value::Array(kinds) => kinds.iter().any(|kind| kind == "null"),
        _ => match schema["anyOf"].as_array().or(schema["oneOf"].as_array()) {
            Some(choices) => choices.iter().any(takes_null),
            None => true,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_that_fit_stay_and_others_stay_apart() {
        for own in ["crm__get_record", "a-b_C9", &"x".repeat(64)] {
            assert_eq!(name(own), own);
        }
        let others = [
            "crm__get.record",
            "crm__get record",
            "crm__résumé",
            "$filter",
            "filter[status]",
            "",
            &"x".repeat(65),
            &format!("{}y", "x".repeat(65)),
        ];
        let shown: Vec<String> = others.iter().map(|own| name(own)).collect();
        for one in &shown {
            assert!(one.len() <= LONGEST, "{one}");
            assert!(
                one.bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b)),
                "{one}"
            );
            assert_eq!(
                shown.iter().filter(|other| *other == one).count(),
                1,
                "{one}"
            );
        }
    }

    #[test]
    fn arguments_are_understood_by_the_names_they_are_shown_under() {
        let definition = json!({ "name": "t", "inputSchema": {
            "properties": { "$filter": { "type": "string" }, "top": { "type": "integer" } },
            "required": ["$filter", "top"],
        }});
        let schema = schema(&definition);
        let shown = name("$filter");
        assert_eq!(schema["type"], "object");
        assert_eq!(schema["required"], json!([shown, "top"]));
        assert_eq!(schema["properties"][&shown]["type"], "string");
        assert!(schema["properties"].get("$filter").is_none());
        for sent in [
            json!({ &shown: "a", "top": 1 }),
            json!({ "$filter": "a", "top": 1 }),
        ] {
            let mut arguments = sent.as_object().cloned().unwrap();
            meant(&definition, &mut arguments);
            assert_eq!(
                Value::Object(arguments),
                json!({ "$filter": "a", "top": 1 })
            );
        }
        // Said twice, nothing is lost: what is not declared is refused.
        let mut twice = json!({ &shown: "a", "$filter": "b" })
            .as_object()
            .cloned()
            .unwrap();
        meant(&definition, &mut twice);
        assert_eq!(twice.len(), 2);
    }

    #[test]
    fn null_is_left_out_where_it_cannot_be_meant() {
        let text = json!({ "type": "string" });
        let definition = json!({ "name": "t", "inputSchema": {
            "type": "object",
            "properties": {
                "id": text, "note": text, "owner": { "type": ["string", "null"] }, "any": {},
                "either": { "anyOf": [text, { "type": "integer" }] },
                "maybe": { "anyOf": [text, { "type": "null" }] },
                "old": { "type": "string", "nullable": true },
                "shared": { "$ref": "#/$defs/text" },
                "fields": { "type": "object", "properties": { "city": text, "zip": text }, "required": ["zip"] },
                "lines": { "type": "array", "items": { "type": "object", "properties": { "sku": text } } },
            },
            "required": ["id"],
        }});
        let sent = json!({
            "id": null, "note": null, "owner": null, "any": null, "either": null, "maybe": null, "old": null,
            "shared": null, "unknown": null, "fields": { "city": null, "zip": null, "more": null },
            "lines": [{ "sku": null }, null],
        });
        let mut arguments = sent.as_object().cloned().unwrap();
        given(&definition, &mut arguments);
        assert_eq!(
            Value::Object(arguments),
            json!({
                "id": null, "owner": null, "any": null, "maybe": null, "old": null, "shared": null, "unknown": null,
                "fields": { "zip": null, "more": null }, "lines": [{}, null],
            })
        );
    }
}
