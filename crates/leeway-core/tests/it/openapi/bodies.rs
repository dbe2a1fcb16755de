//! Bodies: what can be sent and what cannot, whatever is said of being required, and fields whose names are taken.

use super::{arguments, left_out, parsed, tools};
use leeway_core::openapi::body::Media;
use serde_json::{Value, json};

fn with_body(body: Value) -> leeway_core::openapi::document::Document {
    parsed(json!({
        "/ok": {"get": {"operationId": "ok"}},
        "/b": {"post": {"operationId": "b", "requestBody": body}},
    }))
}

#[test]
fn a_body_that_cannot_be_sent_makes_no_tool() {
    let schema = json!({"schema": {"type": "object", "properties": {"a": {"type": "string"}}}});
    for media in [
        "multipart/form-data",
        "application/xml",
        "application/octet-stream",
        "text/plain",
        "text/csv",
        "image/*",
        "application/x-ndjson",
    ] {
        for required in [json!(null), json!(false), json!(true)] {
            let mut body = json!({"content": {media: schema}});
            if !required.is_null() {
                body["required"] = required;
            }
            let document = with_body(body);
            assert_eq!(
                left_out(&document),
                ["POST /b: body-unsupported"],
                "{media}"
            );
            assert_eq!(document.skipped[0].name, "b");
            let why = &document.skipped[0].fault.message;
            assert!(why.contains(media), "{why}");
        }
    }
    for body in [
        json!({"required": true}),
        json!({"required": true, "content": {}}),
    ] {
        assert_eq!(left_out(&with_body(body)), ["POST /b: body-unsupported"]);
    }
    for body in [
        json!({}),
        json!({"content": {}}),
        json!({"description": "x"}),
    ] {
        let document = with_body(body);
        assert!(document.operations["b"].body.is_none());
    }
    let blob = json!({"content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}});
    assert_eq!(left_out(&with_body(blob)), ["POST /b: body-unsupported"]);
    let field = json!({"content": {"application/x-www-form-urlencoded": {
        "schema": {"type": "object", "properties": {"a": {"type": "string"}}},
        "encoding": {"a": {"contentType": "image/png"}}}}});
    assert_eq!(left_out(&with_body(field)), ["POST /b: body-unsupported"]);
}

#[test]
fn of_several_media_types_the_one_that_can_be_sent_is_taken() {
    let one = json!({"schema": {"type": "object", "properties": {"a": {"type": "string"}}}});
    for (types, media, sent) in [
        (
            vec!["multipart/form-data", "application/json"],
            Media::Json,
            "application/json",
        ),
        (
            vec!["application/xml", "Application/JSON; charset=utf-8"],
            Media::Json,
            "application/json",
        ),
        (
            vec![
                "application/json-patch+json",
                "application/json",
                "text/json",
            ],
            Media::Json,
            "application/json",
        ),
        (
            vec![
                "application/octet-stream",
                "application/x-www-form-urlencoded",
            ],
            Media::Form,
            "application/x-www-form-urlencoded",
        ),
        (
            vec!["application/x-www-form-urlencoded", "application/json"],
            Media::Json,
            "application/json",
        ),
        (
            vec!["text/plain", "application/merge-patch+json"],
            Media::Json,
            "application/merge-patch+json",
        ),
        (vec!["*/*"], Media::Json, "application/json"),
        (
            vec!["multipart/form-data", "application/*+json"],
            Media::Json,
            "application/json",
        ),
    ] {
        let content: serde_json::Map<String, Value> = types
            .iter()
            .map(|name| ((*name).to_owned(), one.clone()))
            .collect();
        let document = with_body(json!({"content": content}));
        let body = document.operations["b"].body.as_ref().unwrap();
        assert_eq!(
            (body.media, body.content_type.as_str()),
            (media, sent),
            "{types:?}"
        );
    }
}

#[test]
fn a_field_whose_name_another_argument_has_keeps_its_place() {
    let text = json!({"type": "string"});
    let document = parsed(json!({"/r/{id}": {"patch": {
        "operationId": "set",
        "parameters": [
            {"name": "id", "in": "path", "required": true, "schema": text},
            {"name": "id", "in": "query", "schema": text},
            {"name": "body_note", "in": "query", "schema": text},
            {"name": "note", "in": "header", "schema": text},
        ],
        "requestBody": {"required": true, "content": {"application/json": {"schema": {
            "type": "object", "required": ["id", "missing"],
            "properties": {"id": text, "body_id": text, "note": text, "name": text},
        }}}},
    }}}));
    let operation = &document.operations["set"];
    let schema = &operation.definition["inputSchema"];
    let names: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
    assert_eq!(
        names,
        [
            "id",
            "query_id",
            "body_note",
            "note",
            "body_id_2",
            "body_id",
            "body_note_2",
            "name"
        ]
    );
    assert_eq!(schema["required"], json!(["id", "body_id_2"]));
    let given = json!({
        "id": "1", "query_id": "2", "body_note": "3", "note": "4",
        "body_id_2": "5", "body_id": "6", "body_note_2": "7", "name": "8",
    });
    let request = operation.request(&arguments(given)).unwrap();
    assert_eq!(
        (request.path.as_str(), request.query_text().as_str()),
        ("/r/1", "id=2&body_note=3")
    );
    assert_eq!(request.headers, [("note".to_owned(), "4".to_owned())]);
    let body: Value = serde_json::from_str(&request.body.unwrap().1).unwrap();
    assert_eq!(
        body,
        json!({"id": "5", "body_id": "6", "note": "7", "name": "8"})
    );
}

#[test]
fn the_input_of_every_tool_is_an_object() {
    for schema in [
        json!({}),
        json!(true),
        json!({"type": "array", "items": {}}),
        json!({"type": "string"}),
        json!({"oneOf": [{"type": "object"}, {"type": "null"}]}),
        json!({"properties": {"a": {}}}),
        json!({"type": "object", "additionalProperties": true}),
        json!({"allOf": []}),
        json!(null),
    ] {
        let document = with_body(json!({"content": {"application/json": {"schema": schema}}}));
        for operation in document.operations.values() {
            let input = &operation.definition["inputSchema"];
            assert_eq!(input["type"], "object", "{schema}");
            assert!(input["properties"].is_object(), "{schema}");
        }
        assert_eq!(tools(&document), ["b", "ok"], "{schema}");
    }
}
