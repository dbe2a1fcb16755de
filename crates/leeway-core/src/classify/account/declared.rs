//! What a tool's input schema declares. An argument that it does not name is nothing that anybody
//! judged; most systems take it all the same.

use super::leaf::Leaf;
use serde_json::Value;

/// A schema that leaves everything open.
static OPEN: Value = Value::Bool(true);

/// References and combinations are followed so deep.
const DEEPEST: usize = 16;
/// Most arguments told of.
const MOST: usize = 20;

/// JSON pointers of the arguments that the schema does not declare; of an object that it does not
/// declare the object alone. Where a schema leaves open what there may be, everything is declared:
/// whether the pack speaks of it is another question.
pub fn undeclared(schema: &Value, arguments: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut at = At {
        root: schema,
        path: Vec::new(),
        found: &mut found,
    };
    at.members(&[schema], arguments);
    found
}

struct At<'a> {
    root: &'a Value,
    path: Vec<String>,
    found: &'a mut Vec<String>,
}

impl<'a> At<'a> {
    /// Looks at a value under all schemas that speak of it.
    fn members(&mut self, schemas: &[&'a Value], value: &Value) {
        let mut all = Vec::new();
        for schema in schemas {
            flatten(self.root, schema, &mut all, 0);
        }
        match value {
            Value::Object(fields) => {
                // Nothing is said of what is in it, but of the arguments themselves.
                if !self.path.is_empty() && !all.iter().any(|schema| names_members(schema)) {
                    return;
                }
                for (key, item) in fields {
                    self.path.push(key.clone());
                    match of_member(&all, key) {
                        Some(under) => self.members(&under, item),
                        None => self.tell(),
                    }
                    self.path.pop();
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    let under: Vec<&Value> = all
                        .iter()
                        .filter_map(|schema| {
                            let first = schema["prefixItems"].get(index);
                            first.or_else(|| schema.get("items"))
                        })
                        .collect();
                    if under.is_empty() {
                        continue;
                    }
                    self.path.push(index.to_string());
                    self.members(&under, item);
                    self.path.pop();
                }
            }
            _ => {}
        }
    }

    fn tell(&mut self) {
        if self.found.len() < MOST {
            let leaf = Leaf {
                path: self.path.clone(),
                texts: Vec::new(),
                value: Value::Null,
                encloses_text: false,
            };
            self.found.push(leaf.pointer());
        }
    }
}

/// A schema and all that stand for it: references, alternatives, conditions.
fn flatten<'a>(root: &'a Value, schema: &'a Value, all: &mut Vec<&'a Value>, depth: usize) {
    if depth > DEEPEST || all.len() > 200 {
        return;
    }
    all.push(schema);
    if let Some(reference) = schema["$ref"].as_str() {
        let target = reference
            .strip_prefix('#')
            .and_then(|pointer| root.pointer(pointer));
        match target {
            Some(target) => flatten(root, target, all, depth + 1),
            // It lies elsewhere: nobody knows what it leaves open.
            None => all.push(&OPEN),
        }
    }
    for key in ["allOf", "anyOf", "oneOf"] {
        for one in schema[key].as_array().into_iter().flatten() {
            flatten(root, one, all, depth + 1);
        }
    }
    for key in ["if", "then", "else"] {
        if let Some(one) = schema.get(key) {
            flatten(root, one, all, depth + 1);
        }
    }
    for one in schema["dependentSchemas"]
        .as_object()
        .into_iter()
        .flat_map(serde_json::Map::values)
    {
        flatten(root, one, all, depth + 1);
    }
}

/// Whether a schema says which members there may be.
fn names_members(schema: &Value) -> bool {
    ["properties", "patternProperties", "additionalProperties"]
        .iter()
        .any(|key| schema.get(key).is_some())
}

/// The schemas of one member; `None` when none of them declares it.
fn of_member<'a>(all: &[&'a Value], key: &str) -> Option<Vec<&'a Value>> {
    let mut under: Vec<&'a Value> = Vec::new();
    let mut open = false;
    for schema in all {
        open |= **schema == Value::Bool(true);
        if let Some(one) = schema["properties"].get(key) {
            under.push(one);
            continue;
        }
        // Any of the patterns may be meant: the validator has matched them.
        let patterns = schema["patternProperties"].as_object();
        under.extend(patterns.into_iter().flatten().map(|(_, one)| one));
        match schema.get("additionalProperties") {
            Some(Value::Bool(true)) => open = true,
            Some(one @ Value::Object(_)) => under.push(one),
            _ => {}
        }
    }
    (open || !under.is_empty()).then_some(under)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_a_schema_does_not_name_is_undeclared() {
        let schema = json!({"type": "object", "properties": {
            "id": {"type": "string"},
            "fields": {"type": "object", "properties": {"a": {}}},
            "free": {"type": "object"},
            "map": {"type": "object", "additionalProperties": {"type": "object", "properties": {"x": {}}}},
            "list": {"type": "array", "items": {"type": "object", "properties": {"n": {}}}},
            "any": {"anyOf": [{"type": "object", "properties": {"p": {}}}, {"$ref": "#/$defs/q"}]},
            "far": {"$ref": "https://example.com/s.json"},
        }, "$defs": {"q": {"type": "object", "properties": {"q": {}}, "patternProperties": {"^x_": {}}}}});
        for (arguments, expected) in [
            (json!({"id": "1"}), vec![]),
            (json!({"id": "1", "owner": 1}), vec!["/owner"]),
            (
                json!({"fields": {"a": 1, "b": {"c": 2}}}),
                vec!["/fields/b"],
            ),
            (json!({"free": {"x": {"y": 1}}}), vec![]),
            (json!({"map": {"k": {"x": 1, "y": 2}}}), vec!["/map/k/y"]),
            (json!({"list": [{"n": 1}, {"m": 1}]}), vec!["/list/1/m"]),
            (json!({"any": {"p": 1, "q": 2, "x_1": 3}}), vec![]),
            (json!({"far": {"z": 1}}), vec![]),
        ] {
            assert_eq!(undeclared(&schema, &arguments), expected, "{arguments}");
        }
    }

    #[test]
    fn a_tool_that_names_no_arguments_takes_none() {
        assert_eq!(
            undeclared(&json!({"type": "object"}), &json!({"a": 1})),
            ["/a"]
        );
        let open = json!({"type": "object", "additionalProperties": true});
        assert!(undeclared(&open, &json!({"a": 1})).is_empty());
        let round = json!({"properties": {"a": {"$ref": "#"}}});
        assert_eq!(
            undeclared(&round, &json!({"a": {"a": {"b": 1}}})),
            ["/a/a/b"]
        );
        let endless = json!({"$ref": "#"});
        assert_eq!(undeclared(&endless, &json!({"a": 1})), ["/a"]);
    }
}
