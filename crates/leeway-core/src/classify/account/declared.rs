//! What a tool's input schema declares. An argument that it does not name is nothing that anybody
//! judged; most systems take it all the same.

use super::leaf::Leaf;
use super::schema::{Schemas, resolved};
use serde_json::Value;

/// A schema that leaves everything open.
static OPEN: Value = Value::Bool(true);

/// References and combinations are followed so deep.
const DEEPEST: usize = 16;
/// Most schemas that speak of one value.
const MOST_SCHEMAS: usize = 200;
/// Most arguments told of.
const MOST: usize = 20;

/// JSON pointers of the arguments that the schema does not declare; of an object that it does not
/// declare the object alone. Where a schema leaves open what there may be, everything is declared:
/// whether the pack speaks of it is another question. Of alternatives and conditions those count that
/// hold for the arguments, as far as that can be told.
pub fn undeclared(schema: &Value, arguments: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut at = At {
        schemas: Schemas::new(schema),
        path: Vec::new(),
        found: &mut found,
    };
    at.members(&[schema], arguments);
    found
}

struct At<'a> {
    schemas: Schemas<'a>,
    path: Vec<String>,
    found: &'a mut Vec<String>,
}

impl<'a> At<'a> {
    /// Looks at a value under all schemas that speak of it.
    fn members(&mut self, schemas: &[&'a Value], value: &Value) {
        let mut all = Vec::new();
        for schema in schemas {
            self.flatten((schema, value), &mut all, 0);
        }
        match value {
            Value::Object(fields) => {
                // Nothing is said of what is in it, but of the arguments themselves.
                if !self.path.is_empty() && !all.iter().any(|schema| names_members(schema)) {
                    return;
                }
                for (key, item) in fields {
                    self.path.push(key.clone());
                    match self.of_member(&all, key) {
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
                        .filter_map(|schema| of_item(schema, index))
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

    /// A schema and all that stand for it with this value: references, alternatives, conditions.
    fn flatten(
        &self,
        (schema, value): (&'a Value, &Value),
        all: &mut Vec<&'a Value>,
        depth: usize,
    ) {
        if depth > DEEPEST || all.len() > MOST_SCHEMAS {
            return;
        }
        all.push(schema);
        let mut also = |one: &'a Value| self.flatten((one, value), all, depth + 1);
        for reference in ["$ref", "$dynamicRef", "$recursiveRef"] {
            let Some(reference) = schema[reference].as_str() else {
                continue;
            };
            match resolved(self.schemas.root, reference) {
                Some(target) => also(target),
                None if reference.starts_with('#') => {}
                // It lies elsewhere: nobody knows what it leaves open.
                None => also(&OPEN),
            }
        }
        for one in schema["allOf"].as_array().into_iter().flatten() {
            also(one);
        }
        let may_hold = |one: &&Value| self.schemas.holds(one, value) != Some(false);
        for key in ["anyOf", "oneOf"] {
            let choices = schema[key].as_array().into_iter().flatten();
            choices.filter(may_hold).for_each(&mut also);
        }
        let holds = match schema.get("if") {
            Some(condition) => self.schemas.holds(condition, value),
            None => Some(false),
        };
        for (key, left_out) in [
            ("if", Some(false)),
            ("then", Some(false)),
            ("else", Some(true)),
        ] {
            let one = schema.get(key).filter(|_| schema.get("if").is_some());
            if let Some(one) = one.filter(|_| holds != left_out) {
                also(one);
            }
        }
        for key in ["dependentSchemas", "dependencies"] {
            for (name, one) in schema[key].as_object().into_iter().flatten() {
                if value.get(name).is_some() {
                    also(one);
                }
            }
        }
    }

    /// The schemas of one member; `None` when none of them declares it.
    fn of_member(&mut self, all: &[&'a Value], key: &str) -> Option<Vec<&'a Value>> {
        let mut under: Vec<&'a Value> = Vec::new();
        let mut open = false;
        for schema in all {
            open |= std::ptr::eq(*schema, &raw const OPEN);
            if let Some(names) = schema.get("propertyNames")
                && self.schemas.holds(names, &Value::from(key)) == Some(false)
            {
                return None;
            }
            let mut named: Vec<&'a Value> = Vec::new();
            named.extend(schema["properties"].get(key));
            for (pattern, one) in schema["patternProperties"]
                .as_object()
                .into_iter()
                .flatten()
            {
                if self.schemas.matches(pattern, key) == Some(true) {
                    named.push(one);
                }
            }
            if named.is_empty() {
                // Where nobody can tell whether a pattern takes it, it may be none of the others.
                let rest = ["additionalProperties", "unevaluatedProperties"];
                named.extend(rest.iter().find_map(|key| schema.get(*key)));
            }
            // What may never be there is not declared.
            named.retain(|one| **one != Value::Bool(false));
            under.extend(named);
        }
        (open || !under.is_empty()).then_some(under)
    }
}

/// The schema of one member of a list.
fn of_item(schema: &Value, index: usize) -> Option<&Value> {
    if let Some(first) = schema["prefixItems"].get(index) {
        return Some(first);
    }
    match schema.get("items") {
        // So older drafts write `prefixItems` and `items`.
        Some(Value::Array(first)) => first.get(index).or_else(|| schema.get("additionalItems")),
        items => items.or_else(|| schema.get("unevaluatedItems")),
    }
}

/// Whether a schema says which members there may be.
fn names_members(schema: &Value) -> bool {
    const KEYS: [&str; 4] = [
        "properties",
        "patternProperties",
        "additionalProperties",
        "unevaluatedProperties",
    ];
    KEYS.iter().any(|key| schema.get(key).is_some())
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

    fn told(schema: &Value, arguments: &Value) -> Vec<String> {
        undeclared(schema, arguments)
    }

    #[test]
    fn a_pattern_declares_what_it_matches_and_nothing_else() {
        let by =
            |pattern: &str| json!({"properties": {"id": {}}, "patternProperties": {pattern: {}}});
        for (pattern, key, declared) in [
            ("^x_", "x_1", true),
            ("^x_", "owner", false),
            ("^x_", "ax_", false),
            ("x_", "ax_b", true),
            ("^[a-z]+$", "owner", true),
            ("^[a-z]+$", "Owner", false),
            ("^[a-z]+$", "owner\n", false),
            ("^\\d+$", "42", true),
            ("^\\d+$", "\u{664}\u{662}", false),
            ("^[\\w.]+$", "a.b", true),
            ("^[\\w.]+$", "\u{e4}", false),
            ("^[\\w-.]+$", "a-b.c", true),
            ("^[\\w-.]+$", "a/b", false),
            ("^\\/v1\\-", "/v1-a", true),
            // What cannot be read as the schema means it.
            ("^(?!x)", "y", false),
            ("(", "a", false),
            ("^[a[b]]$", "b", false),
            ("^[a&&b]$", "a", false),
            ("(?i)^x", "X", false),
            ("\\Ax", "x", false),
            ("(a)\\1", "aa", false),
        ] {
            let found = told(&by(pattern), &json!({ key: 1 }));
            assert_eq!(found.is_empty(), declared, "{pattern} {key}");
        }
        let with = json!({"patternProperties": {"^x": {"type": "object", "properties": {"a": {}}}},
            "additionalProperties": {"type": "object", "properties": {"b": {}}}});
        let call = json!({"x1": {"a": 1, "b": 2}, "y": {"a": 1, "b": 2}});
        assert_eq!(told(&with, &call), ["/x1/b", "/y/a"]);
        let shut = json!({"patternProperties": {"^x": false}, "properties": {"y": false}, "additionalProperties": true});
        assert_eq!(
            told(&shut, &json!({"x1": 1, "y": 2, "z": 3})),
            ["/x1", "/y"]
        );
    }

    #[test]
    fn names_that_may_not_be_there_are_not_declared() {
        for names in [
            json!({"enum": ["a", "b"]}),
            json!({"pattern": "^[ab]$"}),
            json!({"maxLength": 1}),
        ] {
            let schema = json!({"additionalProperties": true, "propertyNames": names});
            assert_eq!(
                told(&schema, &json!({"a": 1, "owner": 2})),
                ["/owner"],
                "{names}"
            );
            // It says which names there may be, not what they are.
            let alone = json!({"type": "object", "propertyNames": names});
            assert_eq!(told(&alone, &json!({"a": 1})), ["/a"]);
        }
    }

    #[test]
    fn alternatives_and_conditions_declare_what_they_do_where_they_hold() {
        let one = |kind: &str, name: &str| json!({"properties": {"kind": {"const": kind}, name: {}}, "required": ["kind"]});
        for key in ["anyOf", "oneOf"] {
            let schema = json!({"type": "object", key: [one("a", "x"), {"$ref": "#/$defs/b"}], "$defs": {"b": one("b", "y")}});
            assert_eq!(told(&schema, &json!({"kind": "a", "x": 1, "y": 1})), ["/y"]);
            assert_eq!(told(&schema, &json!({"kind": "b", "x": 1, "y": 1})), ["/x"]);
        }
        let schema = json!({
            "properties": {"kind": {}},
            "if": {"properties": {"kind": {"const": "a"}}},
            "then": {"properties": {"x": {}}},
            "else": {"properties": {"y": {}}},
        });
        assert_eq!(told(&schema, &json!({"kind": "a", "x": 1, "y": 1})), ["/y"]);
        assert_eq!(told(&schema, &json!({"kind": "b", "x": 1, "y": 1})), ["/x"]);
        let then_alone = json!({"properties": {"kind": {}}, "then": {"properties": {"x": {}}}});
        assert_eq!(told(&then_alone, &json!({"x": 1})), ["/x"]);
        for key in ["dependentSchemas", "dependencies"] {
            let schema =
                json!({"properties": {"card": {}}, key: {"card": {"properties": {"pin": {}}}}});
            assert_eq!(
                told(&schema, &json!({"card": 1, "pin": 1})),
                Vec::<String>::new()
            );
            assert_eq!(told(&schema, &json!({"pin": 1})), ["/pin"]);
        }
        // What says nothing opens nothing.
        for vacuous in [
            json!({"allOf": [true]}),
            json!({"if": true}),
            json!({"anyOf": [true, {}]}),
            json!({"not": {"properties": {"x": {}}}}),
        ] {
            let mut schema = vacuous.clone();
            schema["properties"] = json!({"id": {}});
            assert_eq!(
                told(&schema, &json!({"id": 1, "x": 1})),
                ["/x"],
                "{vacuous}"
            );
        }
        let all = json!({"allOf": [{"$ref": "#base"}, {"properties": {"b": {}}}], "$defs": {"a b": {"$anchor": "base", "properties": {"a": {"$ref": "#/$defs/c%20d"}}}, "c d": {"properties": {"e": {}}}}});
        assert_eq!(
            told(&all, &json!({"a": {"e": 1, "f": 1}, "b": 1, "c": 1})),
            ["/a/f", "/c"]
        );
        assert_eq!(
            told(&json!({"$ref": "#/nowhere"}), &json!({"a": 1})),
            ["/a"]
        );
    }

    #[test]
    fn members_of_lists_are_declared_by_their_places() {
        let first = json!({"type": "object", "properties": {"a": {}}});
        let rest = json!({"type": "object", "properties": {"b": {}}});
        for list in [
            json!({"prefixItems": [first], "items": rest}),
            json!({"items": [first], "additionalItems": rest}),
        ] {
            let schema = json!({"properties": {"list": list}});
            let call = json!({"list": [{"a": 1, "b": 1}, {"a": 1, "b": 1}]});
            assert_eq!(told(&schema, &call), ["/list/0/b", "/list/1/a"], "{list}");
        }
    }
}
