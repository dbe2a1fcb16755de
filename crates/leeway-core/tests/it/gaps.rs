//! What an entry leaves out of a tool's declared arguments, found before any call does.

use crate::cases::tool_of;
use leeway_core::classify::account::complete::{Gaps, gaps};
use serde_json::{Value, json};

/// The gaps of an update with these lines for a tool with these arguments.
fn of(lines: &str, properties: Value) -> Gaps {
    with(lines, &json!({ "properties": properties }))
}

fn with(lines: &str, schema: &Value) -> Gaps {
    let pack = format!(
        "name = \"p\"\ntitle = \"P\"\n[tool.get]\neffect = \"read\"\n[tool.act]\nundo = {{ kind = \"none\", why = \"test\" }}\n{lines}\n"
    );
    gaps(&tool_of(&pack, "act"), schema)
}

const UPDATE: &str = "effect = \"update\"\nrecord = { type = \"thing\", id = \".id\" }\nread = { tool = \"get\", arguments = \"{id: .id}\", fields = \".json\" }\n";

fn update(changes: &str) -> String {
    format!("{UPDATE}changes = '{changes}'")
}

#[test]
fn an_argument_that_nothing_speaks_of_is_a_gap() {
    let id = json!({"type": "string"});
    let found = of(
        &update("{name}"),
        json!({"id": id, "name": {}, "notify": {}, "how": {}}),
    );
    assert_eq!(found.unaccounted, ["notify", "how"]);
    assert!(!found.is_empty());
    let whole = of(
        &update("{name} | with_entries(select(.key == \"name\"))"),
        json!({"id": id, "name": {}}),
    );
    assert_eq!(whole, Gaps::default());
    assert!(whole.is_empty());
    // One of its names that another's begins with is another argument.
    let found = of(
        &update("{name, names: .names.a}"),
        json!({"id": id, "name": {}, "names": {"type": "object", "properties": {"a": {}, "b": {}}}}),
    );
    assert_eq!(found.unaccounted, ["names"]);
    assert_eq!(
        with(&update("{name}"), &json!({"type": "object"})),
        Gaps::default()
    );
}

#[test]
fn a_null_that_an_entry_drops_is_a_gap_where_it_could_take_something_away() {
    let drops = "{name, tags} | with_entries(select(.value != null))";
    let properties = json!({"id": {}, "name": {}, "tags": {"type": "array", "items": {}}});
    let found = of(&update(drops), properties.clone());
    assert_eq!(
        (found.unaccounted.len(), found.drops_null),
        (0, vec!["name".to_owned()])
    );
    // A required one is never left out, what is only made has nothing to lose, and the entry may say so.
    let required = with(
        &update(drops),
        &json!({"properties": properties, "required": ["id", "name"]}),
    );
    assert!(required.is_empty(), "{required:?}");
    let made = format!("effect = \"create\"\nchanges = '{drops}'");
    let made = of(
        &made,
        json!({"name": {}, "tags": {"type": "array", "items": {}}}),
    );
    assert!(made.is_empty(), "{made:?}");
    let keeps = format!("{}\nnull_keeps = [\"name\"]", update(drops));
    assert!(of(&keeps, properties).is_empty());
}

#[test]
fn an_argument_is_tried_with_a_value_of_its_kind() {
    let text = "type == \"string\"";
    for (condition, schema) in [
        (text, json!({})),
        (text, json!({"type": "string"})),
        (text, json!({"type": ["null", "string"]})),
        (". == 3", json!({"type": ["null", "integer"]})),
        ("type == \"boolean\"", json!({"type": "boolean"})),
        (". == 3", json!({"type": "integer"})),
        (". == 2.5", json!({"type": "number"})),
        (
            "type == \"array\"",
            json!({"type": "array", "items": {"type": "string"}}),
        ),
        ("type == \"object\"", json!({"type": "object"})),
        (
            "type == \"object\" and has(\"a\")",
            json!({"properties": {"a": {}}}),
        ),
        (
            "type == \"number\"",
            json!({"anyOf": [{"type": "null"}, {"type": "integer"}]}),
        ),
        (
            "type == \"number\"",
            json!({"oneOf": [{"type": "integer"}]}),
        ),
        (
            "type == \"number\"",
            json!({"allOf": [{"type": "integer"}]}),
        ),
        (". == \"fixed\"", json!({"const": "fixed"})),
        (". == \"first\"", json!({"enum": ["first", "second"]})),
    ] {
        assert!(sample(&schema, condition), "{condition} {schema}");
    }
}

/// Whether the sample of a schema meets a condition, as it shows in a switch that only it turns on.
fn sample(schema: &Value, condition: &str) -> bool {
    let lines = format!(
        "effect = \"create\"\nchanges = 'if (.v | {condition}) then {{v, w: .w}} else {{v}} end'"
    );
    let found = of(&lines, json!({"v": schema, "w": {"type": "string"}}));
    !found.unaccounted.contains(&"w".to_owned())
}

#[test]
fn a_sample_is_as_deep_as_schemas_are_followed() {
    const DEEPEST: usize = 6;
    let members = |levels: usize| {
        let inner = json!({"type": "object"});
        (0..levels).fold(
            inner,
            |inner, _| json!({"type": "object", "properties": {"m": inner}}),
        )
    };
    let at = |levels: usize, kind: &str| {
        format!(".{} | type == \"{kind}\"", ["m"; 9][..levels].join("."))
    };
    assert!(sample(&members(DEEPEST), &at(DEEPEST, "object")));
    assert!(sample(&members(DEEPEST + 1), &at(DEEPEST + 1, "string")));
    let choices = |levels: usize| {
        let inner = json!({"type": "integer"});
        (0..levels).fold(inner, |inner, _| json!({ "anyOf": [inner] }))
    };
    assert!(sample(&choices(DEEPEST), ". == 3"));
    assert!(sample(&choices(DEEPEST + 1), "type == \"string\""));
}

#[test]
fn what_counts_only_without_another_is_tried_alone() {
    let create = |changes: &str| format!("effect = \"create\"\nchanges = '{changes}'");
    let either = create("if .b then {b} else {a} end");
    assert_eq!(of(&either, json!({"a": {}, "b": {}})), Gaps::default());
    let member = create("if .v.b then {b: .v.b} else {a: .v.a} end");
    let properties = json!({"v": {"type": "object", "properties": {"a": {}, "b": {}}}});
    assert_eq!(of(&member, properties), Gaps::default());
}

#[test]
fn references_are_followed_to_what_they_name() {
    let schema = json!({
        "properties": {"id": {}, "v": {"$ref": "#/$defs/v"}},
        "$defs": {"v": {"type": "object", "properties": {"a": {}, "b": {}}}}
    });
    let found = with(&update("{a: .v.a, b: .v.b}"), &schema);
    assert!(found.unaccounted.is_empty(), "{found:?}");
    assert_eq!(with(&update("{a: .v.a}"), &schema).unaccounted, ["v"]);
    let own = json!({"properties": {"id": {}, "v": {"$ref": "#/properties/v"}}});
    assert!(
        with(&update("{v}"), &own).unaccounted.is_empty(),
        "one that leads to itself ends"
    );
    let nowhere = json!({"properties": {"id": {}, "v": {"$ref": "#/nowhere"}}});
    assert!(with(&update("{v}"), &nowhere).unaccounted.is_empty());
}

#[test]
fn a_text_that_holds_json_is_tried_as_one() {
    let lines = format!("{}\njson = [\"v\"]", update(".v | fromjson"));
    assert!(
        of(&lines, json!({"id": {}, "v": {"type": "string"}}))
            .unaccounted
            .is_empty()
    );
}
