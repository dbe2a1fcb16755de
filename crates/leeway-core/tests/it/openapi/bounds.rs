//! Documents are other people's: circles, depth, and what is small and becomes large, end in a fault, soon.

use super::{document, left_out, parsed, tools};
use leeway_core::openapi::Withheld;
use leeway_core::openapi::document::Document;
use serde_json::{Map, Value, json};
use std::fmt::Write;

#[test]
fn circles_end() {
    let text = json!({"openapi": "3.1.0", "paths": {
        "/ok": {"get": {"operationId": "ok"}},
        "/a": {"get": {"parameters": [{"$ref": "#/components/parameters/A"}]}},
        "/b": {"post": {"requestBody": {"$ref": "#/components/requestBodies/B"}}},
        "/c": {"$ref": "#/components/pathItems/C"},
        "/d": {"post": {"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/D"}}}}}},
        "/e": {"post": {"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/E"}}}}}},
        "/f": {"post": {"requestBody": {"content": {"application/json": {"schema": {"$ref": "#"}}}}}},
        "/g": {"post": {"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/G"}}}}}},
    }, "components": {
        "parameters": {"A": {"$ref": "#/components/parameters/B"}, "B": {"$ref": "#/components/parameters/A"}},
        "requestBodies": {"B": {"$ref": "#/components/requestBodies/B"}},
        "pathItems": {"C": {"$ref": "#/components/pathItems/C"}},
        "schemas": {
            "D": {"$ref": "#/components/schemas/D"},
            "E": {"type": "object", "properties": {"e": {"$ref": "#/components/schemas/E"}}, "allOf": [{"$ref": "#/components/schemas/E"}]},
            "G": {"type": "object", "properties": {"g": {"$ref": "#/components/schemas/H"}}},
            "H": {"$ref": "#/components/schemas/H"},
        }}})
    .to_string();
    let document = Document::parse(&text, &Withheld::default()).unwrap();
    assert_eq!(
        left_out(&document),
        [
            "/c: ref-unresolved",
            "GET /a: ref-unresolved",
            "POST /b: ref-unresolved",
            "POST /g: ref-unresolved",
        ]
    );
    assert!(tools(&document).contains(&"ok"));
}

#[test]
fn depth_ends() {
    for levels in [200, 5_000, 200_000] {
        for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("{a: ", "}")] {
            let nested = format!("{}1{}", open.repeat(levels), close.repeat(levels));
            for text in [
                format!("{{\"openapi\": \"3.1.0\", \"paths\": {{\"/a\": {{\"get\": {nested}}}}}}}"),
                format!("openapi: 3.1.0\npaths: {{ /a: {{ get: {{ x: {nested} }} }} }}"),
                nested.clone(),
            ] {
                let fault = Document::parse(&text, &Withheld::default()).unwrap_err();
                assert_ne!(fault.help, "");
                assert!(fault.message.chars().count() < 600, "{fault}");
            }
        }
    }
    let mut lines = "openapi: 3.1.0\npaths:\n".to_owned();
    for level in 1..1_000 {
        writeln!(lines, "{}a:", " ".repeat(level)).unwrap();
    }
    Document::parse(&lines, &Withheld::default()).unwrap_err();
    let deep = |levels: usize| {
        (0..levels).fold(
            json!({"type": "string"}),
            |inner, _| json!({"type": "array", "items": inner}),
        )
    };
    let body = |schema: Value| json!({"requestBody": {"content": {"application/json": {"schema": schema}}}});
    let value = (0..40).fold(json!(1), |inner, _| json!([inner]));
    let document = parsed(json!({
        "/a": {"post": body(deep(10))},
        "/b": {"post": body(deep(40))},
        "/c": {"post": body(json!({"default": value}))},
        "/d": {"post": body(json!({"enum": [value]}))},
    }));
    assert_eq!(
        left_out(&document),
        [
            "POST /b: schema-too-large",
            "POST /c: schema-too-large",
            "POST /d: schema-too-large"
        ]
    );
}

#[test]
fn what_is_too_much_costs_itself_alone() {
    let choices: Vec<String> = (0..60_000)
        .map(|number| format!("choice-{number}"))
        .collect();
    let many: Vec<Value> = (0..600)
        .map(|number| json!({"name": format!("p{number}"), "in": "query"}))
        .collect();
    let long = "x".repeat(300);
    let body = |schema: Value| json!({"requestBody": {"content": {"application/json": {"schema": schema}}}});
    let fields: Map<String, Value> = (0..5_000)
        .map(|number| (format!("f{number}"), json!({})))
        .collect();
    let document = parsed(json!({
        "/ok": {"get": {"operationId": "ok"}},
        "/a": {"post": body(json!({"enum": choices}))},
        "/b": {"post": body(json!({"type": "string", "pattern": "(a|b)*".repeat(100_000)}))},
        "/c": {"get": {"parameters": many}},
        "/d": {"get": {"parameters": [{"name": long, "in": "query"}]}},
        "/e": {"post": body(json!({"type": "object", "properties": fields}))},
        "/f": {"post": body(json!({"type": "object", "required": choices}))},
        (format!("/{}", "x".repeat(3_000))): {"get": {}},
        "/g": {"get": {"parameters": [{"$ref": format!("#/{}", "x".repeat(3_000))}]}},
    }));
    assert_eq!(tools(&document), ["ok"]);
    assert_eq!(document.skipped.len(), 8);
    for skipped in &document.skipped {
        let told = format!("{} {}", skipped.operation, skipped.fault.message);
        assert!(
            told.chars().count() < 1_100 && !told.contains('\n'),
            "{told}"
        );
    }
}

/// A document of a few kilobytes whose references make a schema of thousands of parts for each operation.
#[test]
fn what_references_make_large_is_bounded_in_all() {
    let wide: Map<String, Value> = (0..60)
        .map(|number| {
            (
                format!("f{number}"),
                json!({"$ref": "#/components/schemas/Leaf"}),
            )
        })
        .collect();
    let leaf: Map<String, Value> = (0..60)
        .map(|number| (format!("g{number}"), json!({"type": "string"})))
        .collect();
    let paths: Map<String, Value> = (0..120)
        .map(|number| {
            (
                format!("/p{number}"),
                json!({"$ref": "#/components/pathItems/P"}),
            )
        })
        .collect();
    let text = json!({"openapi": "3.1.0", "paths": paths, "components": {
        "pathItems": {"P": {"post": {"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Wide"}}}}}}},
        "schemas": {"Wide": {"type": "object", "properties": wide}, "Leaf": {"type": "object", "properties": leaf}},
    }})
    .to_string();
    let document = Document::parse(&text, &Withheld::default()).unwrap();
    assert!(
        (50..120).contains(&document.operations.len()),
        "{}",
        document.operations.len()
    );
    assert!(
        left_out(&document)
            .iter()
            .all(|it| it.ends_with(": schema-too-large"))
    );
}

#[test]
fn what_a_document_says_is_told_in_one_line() {
    let text = document(json!({
        "/ok": {"get": {}},
        "/a\n# not a comment\u{202e}": {"get": {"parameters": [{"$ref": "#/x\ny\u{1b}"}]}},
    }));
    let document = Document::parse(&text, &Withheld::default()).unwrap();
    let skipped = &document.skipped[0];
    let told = format!(
        "{} {} {}",
        skipped.operation, skipped.name, skipped.fault.message
    );
    assert!(!told.contains(['\n', '\u{202e}', '\u{1b}']), "{told:?}");
}
