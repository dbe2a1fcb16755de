//! Servers of an operation's own: one system's credentials go to one address.

use super::left_out;
use leeway_core::govern::system::System;
use leeway_core::openapi::Withheld;
use leeway_core::openapi::document::Document;
use serde_json::{Value, json};

fn parse(document: Value, base: Option<&str>) -> Document {
    let system: System = serde_json::from_value(
        json!({"name": "t", "title": "T", "pack": "t", "openapi": "t.json", "base_url": base}),
    )
    .unwrap();
    Document::parse(&document.to_string(), &Withheld::of(&system)).unwrap()
}

fn with(servers: &Value, own: &Value, base: Option<&str>) -> Vec<String> {
    let of_path = json!({"openapi": "3.0.3", "servers": servers, "paths": {
        "/ok": {"get": {"operationId": "ok"}},
        "/o": {"post": {"operationId": "o"}, "servers": own}}});
    let of_operation = json!({"openapi": "3.0.3", "servers": servers, "paths": {
        "/ok": {"get": {"operationId": "ok"}},
        "/o": {"post": {"operationId": "o", "servers": own}, "servers": [{"url": "https://x.example"}]}}});
    let found = left_out(&parse(of_path, base));
    assert_eq!(
        found,
        left_out(&parse(of_operation, base)),
        "{servers} {own}"
    );
    found
}

#[test]
fn an_operation_elsewhere_is_left_out() {
    let servers = json!([{"url": "https://a.example/v1"}]);
    for own in [
        json!([{"url": "https://b.example/v1"}]),
        json!([{"url": "https://a.example/upload"}]),
        json!([{"url": "https://a.example:8443/v1"}]),
        json!([{"url": "http://a.example/v1"}]),
        json!([{"url": "/upload"}]),
        json!([{"url": "https://{host}/v1", "variables": {"host": {"default": "b.example"}}}]),
        json!([{"url": "https://user@a.example/v1"}]),
    ] {
        assert_eq!(
            with(&servers, &own, None),
            ["POST /o: server-elsewhere"],
            "{own}"
        );
    }
    let fault = &parse(
        json!({"openapi": "3.0.3", "servers": servers, "paths": {
            "/ok": {"get": {"operationId": "ok"}},
            "/o": {"post": {"operationId": "startUpload", "servers": [{"url": "https://b.example"}]}}}}),
        None,
    )
    .skipped[0];
    assert_eq!(fault.name, "startUpload");
    assert!(
        fault.fault.message.contains("`https://b.example`"),
        "{fault:?}"
    );
}

#[test]
fn the_same_address_in_other_words_is_the_document_s() {
    let none = Vec::<String>::new();
    let servers = json!([{"url": "https://a.example/v1"}]);
    for own in [
        json!([{"url": "https://a.example/v1/"}]),
        json!([{"url": "https://A.example:443/v1"}]),
        json!([{"url": "https://b.example"}, {"url": "https://a.example/v1"}]),
        json!([{"url": "https://{host}/v1", "variables": {"host": {"default": "a.example"}}}]),
    ] {
        assert_eq!(with(&servers, &own, None), none, "{own}");
    }
    assert_eq!(
        with(&json!([{"url": "/api"}]), &json!([{"url": "/api/"}]), None),
        none
    );
    // Where the system's file says the system is.
    let base = Some("https://b.example/v2");
    assert_eq!(
        with(&servers, &json!([{"url": "https://b.example/v2/"}]), base),
        none
    );
    assert_eq!(
        with(&servers, &json!([{"url": "https://c.example"}]), base),
        ["POST /o: server-elsewhere"]
    );
}

#[test]
fn the_one_server_of_all_operations_is_the_document_s() {
    let one = json!([{"url": "https://a.example/v1"}]);
    let paths = |other: &Value| {
        json!({"openapi": "3.0.3", "paths": {
            "/a": {"get": {"operationId": "a"}, "servers": one},
            "/b": {"get": {"operationId": "b", "servers": other}}}})
    };
    let all = parse(paths(&one), None);
    assert_eq!(all.server.as_deref(), Some("https://a.example/v1"));
    assert_eq!(all.operations.len(), 2);
    let base = Some("https://a.example/v1");
    let mixed = parse(paths(&json!([{"url": "https://b.example"}])), base);
    assert_eq!(mixed.server, None);
    assert_eq!(left_out(&mixed), ["GET /b: server-elsewhere"]);
}
