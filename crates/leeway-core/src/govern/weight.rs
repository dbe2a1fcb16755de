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
        }
    }

    /// At most so many steps are taken to check a value, by its depth and the number of its parts.
    pub fn steps(self, value: &Value) -> u64 {
        let (depth, values) = measure(value);
        self.parts
            .saturating_mul(self.ways.max(1).saturating_pow(depth))
            .saturating_mul(values)
    }
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
            Some(None) => return Weight { parts: 1, ways: 1 },
            None => {}
        }
        self.known.insert(place, None);
        let mut sum = Weight { parts: 1, ways: 0 };
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
            }
        })
    }

    /// What a reference leads to. One by a name is taken for the whole schema.
    fn referred(&mut self, to: &str) -> Weight {
        self.refers += 1;
        let root = self.root;
        let decoded = to
            .strip_prefix('#')
            .map(|fragment| percent_encoding::percent_decode_str(fragment).decode_utf8_lossy());
        match decoded.and_then(|pointer| root.pointer(&pointer)) {
            Some(part) => self.weigh(part),
            None => {
                self.by_name = true;
                self.weigh(root)
            }
        }
    }
}

fn add(one: Weight, other: Weight) -> Weight {
    Weight {
        parts: one.parts.saturating_add(other.parts),
        ways: one.ways.saturating_add(other.ways),
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
