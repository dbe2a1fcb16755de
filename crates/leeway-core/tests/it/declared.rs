//! What a tool's input schema declares, keyword by keyword: what holds, what does not, and what nobody
//! can tell. And the limits of looking.

use leeway_core::classify::account::declared::undeclared;
use serde_json::{Value, json};

/// Whether a schema holds for a value, as it shows in what `then` and `else` declare: `None` where
/// nobody can tell, for then both may.
fn holds_with(rule: &Value, value: &Value, defs: &Value) -> Option<bool> {
    let schema = json!({
        "properties": {"v": {}},
        "if": {"properties": {"v": rule}, "required": ["v"]},
        "then": {"properties": {"t": {}}},
        "else": {"properties": {"e": {}}},
        "$defs": defs,
    });
    let mut told = undeclared(&schema, &json!({"v": value, "t": 1, "e": 1}));
    told.retain(|pointer| !pointer.starts_with("/v"));
    match told.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["/e"] => Some(true),
        ["/t"] => Some(false),
        [] => None,
        _ => panic!("{rule} {value}: {told:?}"),
    }
}

fn holds(rule: &Value, value: &Value) -> Option<bool> {
    holds_with(rule, value, &json!({}))
}

#[test]
fn types_hold_for_their_values_alone() {
    let kinds = [
        "string", "boolean", "null", "array", "object", "number", "integer",
    ];
    let values = [
        json!("x"),
        json!(true),
        json!(null),
        json!([]),
        json!({}),
        json!(5),
        json!(-5),
    ];
    for (v, value) in values.iter().enumerate() {
        for (k, kind) in kinds.iter().enumerate() {
            let expected = v == k || v >= 5 && k >= 5;
            let one = holds(&json!({ "type": kind }), value);
            assert_eq!(one, Some(expected), "{kind} {value}");
            let listed = holds(&json!({ "type": [kind, "null"] }), value);
            assert_eq!(listed, Some(expected || value.is_null()), "{kind} {value}");
        }
    }
    // Whether a number with a point is an integer depends on who reads it.
    assert_eq!(holds(&json!({"type": "integer"}), &json!(5.0)), None);
    assert_eq!(holds(&json!({"type": "number"}), &json!(5.5)), Some(true));
    assert_eq!(holds(&json!({"type": "day"}), &json!("x")), None);
    assert_eq!(holds(&json!({"type": 5}), &json!("x")), None);
}

#[test]
fn every_keyword_holds_as_json_schema_has_it() {
    let (yes, no, unclear) = (Some(true), Some(false), None);
    let unknown = json!({"multipleOf": 2});
    for (rule, value, expected) in [
        (json!(true), json!(1), yes),
        (json!(false), json!(1), no),
        (json!("no schema"), json!(1), unclear),
        (json!({"const": 1}), json!(1.0), yes),
        (json!({"const": 1}), json!("1"), no),
        (json!({"enum": ["a", 2]}), json!(2), yes),
        (json!({"enum": ["a", 2]}), json!("b"), no),
        (json!({"required": ["a"]}), json!({"a": null}), yes),
        (json!({"required": ["a", "b"]}), json!({"a": 1}), no),
        (json!({"required": ["a"]}), json!("a"), yes),
        (
            json!({"properties": {"a": {"const": 1}}}),
            json!({"a": 1, "b": 2}),
            yes,
        ),
        (
            json!({"properties": {"a": {"const": 1}}}),
            json!({"a": 2}),
            no,
        ),
        (
            json!({"properties": {"a": {"const": 1}}}),
            json!({"b": 2}),
            yes,
        ),
        (
            json!({"properties": {"a": unknown}}),
            json!({"a": 2}),
            unclear,
        ),
        (json!({"properties": {"a": {"const": 1}}}), json!("a"), yes),
        (json!({"minLength": 2}), json!("ä"), no),
        (json!({"minLength": 2}), json!("äö"), yes),
        (json!({"maxLength": 2}), json!("äö"), yes),
        (json!({"maxLength": 2}), json!("äöü"), no),
        (json!({"minLength": 2}), json!(1), yes),
        (json!({"pattern": "^a$"}), json!(1), yes),
        (json!({"allOf": [true, {"const": 1}]}), json!(1), yes),
        (json!({"allOf": [true, {"const": 1}]}), json!(2), no),
        (json!({"allOf": [unknown, {"const": 1}]}), json!(2), no),
        (json!({"allOf": [unknown, {"const": 1}]}), json!(1), unclear),
        (json!({"anyOf": [false, {"const": 1}]}), json!(1), yes),
        (json!({"anyOf": [false, {"const": 1}]}), json!(2), no),
        (json!({"anyOf": [unknown, {"const": 1}]}), json!(1), yes),
        (json!({"anyOf": [unknown, {"const": 1}]}), json!(2), unclear),
        (json!({"oneOf": [true, false]}), json!(1), yes),
        (json!({"oneOf": [true, true]}), json!(1), no),
        (json!({"oneOf": [false, false]}), json!(1), no),
        (json!({"oneOf": [true, unknown]}), json!(1), unclear),
        (json!({"oneOf": [true, true, unknown]}), json!(1), no),
        (json!({"not": {"const": 1}}), json!(1), no),
        (json!({"not": {"const": 1}}), json!(2), yes),
        (json!({"not": unknown}), json!(2), unclear),
        (json!({"then": false, "else": false}), json!(1), yes),
        (json!({"if": true, "then": false}), json!(1), unclear),
        (unknown.clone(), json!(1), unclear),
        (json!({"multipleOf": 2, "const": 1}), json!(2), no),
        (
            json!({"title": "T", "$comment": "C", "readOnly": true, "const": 1}),
            json!(1),
            yes,
        ),
        (json!({"$ref": "#/$defs/one"}), json!(1), yes),
        (json!({"$ref": "#/$defs/one"}), json!(2), no),
        (json!({"$ref": "#/$defs/none"}), json!(1), unclear),
        (json!({"$ref": "#listed"}), json!(2), yes),
        (json!({"$ref": "#listed"}), json!(1), no),
    ] {
        let defs = json!({"one": {"const": 1}, "more": [{"$anchor": "listed", "const": 2}]});
        assert_eq!(holds_with(&rule, &value, &defs), expected, "{rule} {value}");
    }
}

#[test]
fn patterns_mean_what_they_mean_in_json_schema_or_nobody_can_tell() {
    let (yes, no, unclear) = (Some(true), Some(false), None);
    for (pattern, text, expected) in [
        ("^\\d+$", "12", yes),
        ("^\\d+$", "\u{661}", no),
        ("^[\\d.]+$", "1.2", yes),
        ("^[\\d]$", "\u{661}", no),
        ("^[\\d]$", "-", no),
        ("^\\w$", "_", yes),
        ("^\\w$", "é", no),
        ("^[\\w]$", "é", no),
        ("^\\D$", "\u{661}", yes),
        ("^\\D$", "5", no),
        ("^\\W$", "é", yes),
        ("^\\W$", "a", no),
        ("^\\n$", "\n", yes),
        ("^\\x41\\u0042$", "AB", yes),
        ("^\\.$", ".", yes),
        ("^\\.$", "x", no),
        ("^\\-\\/$", "-/", yes),
        ("^[\\.]$", "-", no),
        ("^[\\w-.]$", "-", yes),
        ("^[\\w-.]$", ".", yes),
        ("^[\\w-.]$", "+", no),
        ("^[a]\\d$", "a5", yes),
        ("^[^a]$", "b", yes),
        ("^[^a]$", "a", no),
        ("^[[]$", "[", yes),
        ("^[a&b]$", "&", yes),
        ("^[a-c]$", "b", yes),
        ("^(ab)+$", "abab", yes),
        ("^(?:ab)+$", "abab", yes),
        ("(?=a)", "a", unclear),
        ("(?i)a", "a", unclear),
        ("\\q", "q", unclear),
        ("\\bé", "é", unclear),
        ("[]", "a", unclear),
        ("[^]", "a", unclear),
        ("[a&&b]", "a", unclear),
        ("[a--b]", "a", unclear),
        ("[a~~b]", "a", unclear),
        ("(", "a", unclear),
        ("a\\", "a", unclear),
    ] {
        let found = holds(&json!({ "pattern": pattern }), &json!(text));
        assert_eq!(found, expected, "{pattern} {text}");
    }
}

/// A rule so deep in others.
fn nested(levels: usize, rule: Value) -> Value {
    (0..levels).fold(rule, |inner, _| json!({ "allOf": [inner] }))
}

#[test]
fn what_lies_too_deep_or_takes_too_long_nobody_can_tell() {
    assert_eq!(holds(&nested(23, json!(true)), &json!(1)), Some(true));
    assert_eq!(holds(&nested(24, json!(true)), &json!(1)), None);
    let within = |levels| json!({"a": (0..levels).fold(json!({"$anchor": "deep", "const": 1}), |inner, _| json!([inner]))});
    let deep = json!({"$ref": "#deep"});
    assert_eq!(holds_with(&deep, &json!(1), &within(22)), Some(true));
    assert_eq!(holds_with(&deep, &json!(1), &within(23)), None);
    let members = |levels| json!({"a": (0..levels).fold(json!({"$anchor": "deep", "const": 1}), |inner, _| json!({ "m": inner }))});
    assert_eq!(holds_with(&deep, &json!(1), &members(22)), Some(true));
    assert_eq!(holds_with(&deep, &json!(1), &members(23)), None);
    // Twenty thousand schemas: the condition, the rule, and what it holds.
    let many = |count: usize| json!({ "allOf": vec![true; count] });
    assert_eq!(holds(&many(19_998), &json!(1)), Some(true));
    assert_eq!(holds(&many(19_999), &json!(1)), None);
}

#[test]
fn schemas_are_followed_so_deep_and_so_many_of_them() {
    let declares = |name: &str| json!({ "properties": { name: {} } });
    let call = json!({"a": 1});
    assert!(undeclared(&nested(16, declares("a")), &call).is_empty());
    assert_eq!(undeclared(&nested(17, declares("a")), &call), ["/a"]);
    let all: Vec<Value> = (0..250).map(|n| declares(&format!("p{n}"))).collect();
    let schema = json!({ "allOf": all });
    assert!(undeclared(&schema, &json!({"p199": 1})).is_empty());
    assert_eq!(undeclared(&schema, &json!({"p200": 1})), ["/p200"]);
    // One that leads to itself ends.
    let own = json!({"$ref": "#", "properties": {"a": {}}});
    assert_eq!(undeclared(&own, &json!({"a": 1, "b": 1})), ["/b"]);
}

#[test]
fn only_so_many_undeclared_arguments_are_told() {
    let call: Value = (0..30).map(|n| (format!("a{n}"), json!(1))).collect();
    assert_eq!(undeclared(&json!({}), &call).len(), 20);
}

#[test]
fn what_lies_elsewhere_leaves_everything_open_and_what_leads_nowhere_nothing() {
    let schema = |reference: &str| json!({"$ref": reference, "properties": {"a": {}}});
    let call = json!({"a": 1, "b": 1});
    assert!(undeclared(&schema("https://example.com/s.json"), &call).is_empty());
    assert_eq!(undeclared(&schema("#/nowhere"), &call), ["/b"]);
    assert_eq!(undeclared(&schema("#nowhere"), &call), ["/b"]);
}
