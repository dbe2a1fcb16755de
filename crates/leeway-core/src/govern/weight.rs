//! How much work it is to check arguments against a schema: how many parts it has once its references are
//! followed, and into how many ways it branches where it refers back to itself. A schema of 3 kB can stand for
//! billions of parts.

use serde_json::Value;
use std::collections::HashMap;

/// Most parts a schema may have, its references followed.
pub const MOST_PARTS: u64 = 1_000_000;
/// Most steps that checking one call's arguments may take.
pub const MOST_STEPS: u64 = 100_000_000;

/// Most references of a schema that has some which are not followed here: by names, or with parts that have
/// addresses of their own.
const MOST_BY_NAME: usize = 16;

/// What a schema weighs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weight {
    /// Parts, references followed; each way back counts as one.
    pub parts: u64,
    /// The most ways in which one part leads back to what it lies in.
    pub ways: u64,
    /// Whether it refers to anything that is not followed here: by a name, or from a part with an address of
    /// its own.
    pub by_name: bool,
}

impl Weight {
    /// Weighs a schema.
    pub fn of(schema: &Value) -> Self {
        let mut weighing = Weighing {
            root: schema,
            known: HashMap::new(),
            most_ways: 0,
            refers: 0,
            by_name: false,
        };
        let mut parts = weighing.weigh(schema).parts;
        if weighing.by_name && weighing.refers > MOST_BY_NAME {
            parts = u64::MAX;
        }
        Self {
            parts,
            ways: weighing.most_ways,
            by_name: weighing.by_name,
        }
    }

    /// Whether a value can be checked in bounded time: by what the schema weighs at worst, or else by following
    /// it over this very value.
    pub fn bears(self, schema: &Value, value: &Value) -> bool {
        if self.steps(value) <= MOST_STEPS {
            return true;
        }
        let mut following = Following {
            root: schema,
            left: MOST_FOLLOWED,
        };
        !self.by_name && following.follow(schema, value, 0)
    }

    /// At most so many steps are taken to check a value, by its depth and the number of its parts.
    pub fn steps(self, value: &Value) -> u64 {
        let (depth, values) = measure(value);
        self.parts
            .saturating_mul(self.ways.max(1).saturating_pow(depth))
            .saturating_mul(values)
    }
}

/// Most steps that are followed over one value.
const MOST_FOLLOWED: usize = 2_000_000;
/// Deepest that a schema is followed; one that refers to itself in place would be followed for ever.
const DEEPEST: usize = 400;

/// Takes the steps of a check over one value, without checking anything.
struct Following<'a> {
    root: &'a Value,
    left: usize,
}

impl<'a> Following<'a> {
    /// Whether it ends within what is left.
    fn follow(&mut self, part: &'a Value, value: &Value, deep: usize) -> bool {
        if self.left == 0 || deep > DEEPEST {
            return false;
        }
        self.left -= 1;
        let Value::Object(fields) = part else {
            return true;
        };
        let deep = deep + 1;
        let (own, items) = (value.as_object(), value.as_array());
        fields.iter().all(|(name, field)| match name.as_str() {
            "properties" => field.as_object().into_iter().flatten().all(|(key, one)| {
                let value = own.and_then(|own| own.get(key));
                value.is_none_or(|value| self.follow(one, value, deep))
            }),
            "patternProperties" => field.as_object().into_iter().flatten().all(|(_, one)| {
                let mut values = own.into_iter().flatten();
                values.all(|(_, value)| self.follow(one, value, deep))
            }),
            "additionalProperties" | "unevaluatedProperties" | "propertyNames" => {
                let mut values = own.into_iter().flatten();
                values.all(|(_, value)| self.follow(field, value, deep))
            }
            "items" | "prefixItems" if field.is_array() => {
                let parts = field.as_array().into_iter().flatten();
                let mut pairs = parts.zip(items.into_iter().flatten());
                pairs.all(|(one, value)| self.follow(one, value, deep))
            }
            "items" | "additionalItems" | "unevaluatedItems" | "contains" => {
                let mut values = items.into_iter().flatten();
                values.all(|value| self.follow(field, value, deep))
            }
            "allOf" | "anyOf" | "oneOf" => {
                let mut parts = field.as_array().into_iter().flatten();
                parts.all(|one| self.follow(one, value, deep))
            }
            "dependentSchemas" | "dependencies" => {
                let mut parts = field.as_object().into_iter().flatten();
                parts.all(|(_, one)| self.follow(one, value, deep))
            }
            "not" | "if" | "then" | "else" => self.follow(field, value, deep),
            "$ref" => {
                let to = field.as_str().and_then(|to| pointed(self.root, to));
                to.is_some_and(|to| self.follow(to, value, deep))
            }
            _ => true,
        })
    }
}

/// What a reference by pointer leads to.
fn pointed<'a>(root: &'a Value, to: &str) -> Option<&'a Value> {
    let pointer = to.strip_prefix('#')?;
    root.pointer(&percent_encoding::percent_decode_str(pointer).decode_utf8_lossy())
}

/// How deep a value is nested and how many values it holds, itself included.
fn measure(value: &Value) -> (u32, u64) {
    let inner: (u32, u64) = match value {
        Value::Array(items) => items.iter().map(measure).fold((0, 0), both),
        Value::Object(fields) => fields.values().map(measure).fold((0, 0), both),
        _ => return (0, 1),
    };
    (inner.0 + 1, inner.1 + 1)
}

fn both(one: (u32, u64), other: (u32, u64)) -> (u32, u64) {
    (one.0.max(other.0), one.1 + other.1)
}

const ONE: Weight = Weight {
    parts: 1,
    ways: 0,
    by_name: false,
};
const ONE_WAY: Weight = Weight { ways: 1, ..ONE };

/// A part that is being weighed (`None`), or was.
type Known = HashMap<*const Value, Option<Weight>>;

struct Weighing<'a> {
    root: &'a Value,
    known: Known,
    most_ways: u64,
    refers: usize,
    by_name: bool,
}

impl<'a> Weighing<'a> {
    /// What a part weighs; `ways` are those that lead back to a part it lies in.
    fn weigh(&mut self, part: &'a Value) -> Weight {
        let place: *const Value = part;
        match self.known.get(&place) {
            Some(Some(known)) => return *known,
            Some(None) => return ONE_WAY,
            None => {}
        }
        self.known.insert(place, None);
        let mut sum = ONE;
        match part {
            Value::Array(items) => {
                for item in items {
                    sum = add(sum, self.weigh(item));
                }
            }
            Value::Object(fields) => {
                for (name, field) in fields {
                    let has_address = matches!(name.as_str(), "$id" | "id") && field.is_string();
                    self.by_name |= has_address && !std::ptr::eq(part, self.root);
                    let weighed = match (name.as_str(), field) {
                        // Each is of another part of the value.
                        ("properties", Value::Object(own)) => self.apart(own.values()),
                        _ => self.weigh(field),
                    };
                    sum = add(sum, weighed);
                    if let ("$ref" | "$dynamicRef" | "$recursiveRef", Some(to)) =
                        (name.as_str(), field.as_str())
                    {
                        sum = add(sum, self.referred(to));
                    }
                }
            }
            _ => {}
        }
        self.most_ways = self.most_ways.max(sum.ways);
        self.known.insert(place, Some(sum));
        sum
    }

    fn apart(&mut self, parts: impl Iterator<Item = &'a Value>) -> Weight {
        parts.fold(Weight::default(), |sum, part| {
            let weighed = self.weigh(part);
            Weight {
                parts: sum.parts.saturating_add(weighed.parts),
                ways: sum.ways.max(weighed.ways),
                by_name: false,
            }
        })
    }

    /// What a reference leads to. One by a name is taken for the whole schema.
    fn referred(&mut self, to: &str) -> Weight {
        self.refers += 1;
        match pointed(self.root, to) {
            Some(part) => self.weigh(part),
            None => {
                self.by_name = true;
                self.weigh(self.root)
            }
        }
    }
}

fn add(one: Weight, other: Weight) -> Weight {
    Weight {
        parts: one.parts.saturating_add(other.parts),
        ways: one.ways.saturating_add(other.ways),
        by_name: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn doubling(levels: usize) -> Value {
        let mut defs = serde_json::Map::new();
        for level in 0..levels {
            let next = json!({ "$ref": format!("#/$defs/d{}", level + 1) });
            defs.insert(format!("d{level}"), json!({ "allOf": [next, next] }));
        }
        defs.insert(format!("d{levels}"), json!({ "type": "object" }));
        json!({ "type": "object", "$ref": "#/$defs/d0", "$defs": defs })
    }

    #[test]
    fn what_doubles_at_every_level_is_too_much() {
        assert!(Weight::of(&doubling(10)).parts < MOST_PARTS);
        assert!(Weight::of(&doubling(34)).parts > 1 << 34);
        assert_eq!(Weight::of(&doubling(90)).parts, u64::MAX);
    }

    #[test]
    fn trees_are_checked_however_deep_and_what_doubles_with_depth_is_not() {
        let tree = json!({ "type": "object", "properties": {
            "left": { "$ref": "#" }, "right": { "$ref": "#" }, "name": { "type": "string" } } });
        let twice = json!({ "type": "object", "properties": { "a": { "allOf": [{ "$ref": "#" }, { "$ref": "#" }] } } });
        assert_eq!(Weight::of(&tree).ways, 1);
        assert_eq!(Weight::of(&twice).ways, 2);
        let mut deep = json!({});
        for _ in 0..40 {
            deep = json!({ "a": deep, "left": {} });
        }
        assert!(Weight::of(&tree).steps(&deep) < MOST_STEPS);
        assert!(Weight::of(&twice).steps(&deep) > MOST_STEPS);
        assert!(Weight::of(&twice).steps(&json!({ "a": { "a": {} } })) < MOST_STEPS);
    }

    #[test]
    fn a_deep_value_of_many_kinds_of_parts_is_followed_over_itself() {
        let kind = |name: &str| {
            json!({ "type": "object", "properties": { "kind": { "const": name }, "inner": {
                "type": "object", "properties": { "parts": { "type": "array", "items": { "$ref": "#" } } } } } })
        };
        let kinds: Vec<Value> = ["a", "b", "c", "d", "e", "f", "g", "h"].map(kind).into();
        let schema = json!({ "type": "object", "oneOf": kinds });
        let weight = Weight::of(&schema);
        let mut value = json!({ "kind": "a" });
        for _ in 0..4 {
            value = json!({ "kind": "b", "inner": { "parts": [value, { "kind": "c" }] } });
        }
        assert!(weight.steps(&value) > MOST_STEPS && weight.bears(&schema, &value));
        for _ in 0..8 {
            value = json!({ "kind": "b", "inner": { "parts": [value] } });
        }
        assert!(!weight.bears(&schema, &value));
    }

    #[test]
    fn what_is_not_followed_or_never_ends_is_not_borne() {
        let mut deep = json!({});
        for _ in 0..50 {
            deep = json!({ "a": deep });
        }
        let by_name = json!({ "type": "object", "properties": { "a": { "$ref": "#x" } }, "$defs": { "x": { "$anchor": "x",
            "properties": { "a": { "allOf": [{ "$ref": "#x" }, { "$ref": "#x" }] } } } } });
        let in_place = json!({ "type": "object", "allOf": [{ "$ref": "#" }, { "$ref": "#" }] });
        for schema in [by_name, in_place] {
            assert!(!Weight::of(&schema).bears(&schema, &deep), "{schema}");
        }
    }

    #[test]
    fn a_reference_that_is_hidden_by_escapes_or_names_is_followed_too() {
        let text = doubling(40)
            .to_string()
            .replace("$defs/d1\"", "%24defs/d1\"");
        assert!(Weight::of(&serde_json::from_str(&text).unwrap()).parts > MOST_PARTS);
        let text = doubling(34).to_string().replace("#/$defs/d", "#d");
        assert_eq!(
            Weight::of(&serde_json::from_str(&text).unwrap()).parts,
            u64::MAX
        );
        let anchors = json!({ "type": "object", "properties": { "a": { "allOf": [{ "$ref": "#x" }, { "$ref": "#x" }] } },
            "$defs": { "x": { "$anchor": "x", "properties": { "a": { "$ref": "#x" } } } } });
        assert!(Weight::of(&anchors).ways >= 2);
    }
}
