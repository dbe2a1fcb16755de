//! Values in requests: one value stays one, under its own name, in its own place.

use super::arguments;
use leeway_core::govern::system::System;
use leeway_core::openapi::Withheld;
use leeway_core::openapi::document::Document;
use leeway_core::openapi::operation::Operation;
use serde_json::{Value, json};

fn operation(parameters: Value, body: Value) -> Operation {
    let system: System = serde_json::from_value(json!({
        "name": "t", "title": "T", "pack": "t", "openapi": "t.json",
        "headers": {"X-API-Key": "env:KEY"}, "query": {"api_key": "env:KEY"},
        "idempotency_header": "Idempotency-Key",
    }))
    .unwrap();
    let mut post = json!({"operationId": "o", "parameters": parameters});
    if !body.is_null() {
        post["requestBody"] = body;
    }
    let text = super::document(json!({"/o": {"post": post}}));
    let document = Document::parse(&text, &Withheld::of(&system)).unwrap();
    document.operations["o"].clone()
}

fn query(parameters: Value) -> Operation {
    operation(parameters, json!(null))
}

fn form(properties: Value, encoding: Value) -> Operation {
    operation(
        json!([]),
        json!({"content": {"application/x-www-form-urlencoded": {
            "schema": {"type": "object", "properties": properties}, "encoding": encoding}}}),
    )
}

/// The query or form that is sent, unescaped for people; or why not.
fn sent(operation: &Operation, given: &Value) -> Result<String, String> {
    let request = operation.request(&arguments(given.clone()))?;
    let text = match &request.body {
        Some((_, body)) => body.clone(),
        None => request.query_text(),
    };
    let read = url::form_urlencoded::parse(text.as_bytes());
    let pairs: Vec<String> = read
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    Ok(pairs.join(" & "))
}

fn check(operation: &Operation, cases: &[(Value, Result<&str, &str>)]) {
    for (given, expected) in cases {
        match (sent(operation, given), expected) {
            (Ok(text), Ok(expected)) => assert_eq!(text, *expected, "{given}"),
            (Err(why), Err(expected)) => assert!(why.contains(expected), "{given}: {why}"),
            (found, expected) => panic!("{given}: {found:?}, expected {expected:?}"),
        }
    }
}

#[test]
fn a_form_tells_the_members_of_each_object_apart() {
    let any = json!({});
    let silent = form(
        json!({"items": any, "one": any, "tags": any, "note": any}),
        json!({}),
    );
    check(
        &silent,
        &[
            (
                json!({"items": [{"price": "p1", "qty": 2}, {"price": "p2"}]}),
                Ok(r#"items={"price":"p1","qty":2} & items={"price":"p2"}"#),
            ),
            (json!({"items": [[1, 2], "x"]}), Ok("items=[1,2] & items=x")),
            (
                json!({"one": {"a": {"b": [1]}}}),
                Ok(r#"one={"a":{"b":[1]}}"#),
            ),
            (json!({"tags": ["a,b", "c"]}), Ok("tags=a,b & tags=c")),
            (
                json!({"note": null, "tags": [null, true]}),
                Ok("tags= & tags=true & note="),
            ),
            (json!({"tags": []}), Err("`tags` is empty")),
            (json!({"note": "a\r\nb"}), Ok("note=a\r\nb")),
        ],
    );
    let said = form(
        json!({"items": any, "flat": any, "spread": any, "text": any, "other": any}),
        json!({
            "items": {"style": "deepObject", "explode": true}, "flat": {"style": "form", "explode": false},
            "spread": {"style": "form"}, "text": {"contentType": "application/json"},
        }),
    );
    check(
        &said,
        &[
            (
                json!({"items": [{"price": "p1", "qty": 2}]}),
                Ok("items[0][price]=p1 & items[0][qty]=2"),
            ),
            (json!({"items": {"a": null}}), Ok("items[a]=")),
            (
                json!({"items": {"a]": 1}}),
                Err("`items` has a member with `]`"),
            ),
            (
                json!({"items": [{"a": []}]}),
                Err("`items` has an empty list"),
            ),
            (json!({"flat": ["a", "b"]}), Ok("flat=a,b")),
            (
                json!({"flat": ["a,b"]}),
                Err("`flat` has a member with `,`"),
            ),
            (
                json!({"flat": [{"a": 1}]}),
                Err("`flat` has an object among its members"),
            ),
            (json!({"spread": {"a": 1, "b": "x"}}), Ok("a=1 & b=x")),
            (
                json!({"spread": {"other": 1}}),
                Err("`spread` has a member `other`, which is a field of its own"),
            ),
            (
                json!({"spread": {"_method": "DELETE"}}),
                Err("which asks for another method"),
            ),
            (json!({"text": ["a", "b"]}), Ok(r#"text=["a","b"]"#)),
        ],
    );
}

#[test]
fn a_query_writes_what_it_has_a_form_for_and_nothing_else() {
    let operation = query(json!([
        {"name": "list", "in": "query", "schema": {}},
        {"name": "flat", "in": "query", "explode": false, "schema": {}},
        {"name": "pipes", "in": "query", "style": "pipeDelimited", "schema": {}},
        {"name": "spaces", "in": "query", "style": "spaceDelimited", "schema": {}},
        {"name": "repeated", "in": "query", "style": "pipeDelimited", "explode": true, "schema": {}},
        {"name": "deep", "in": "query", "style": "deepObject", "schema": {}},
        {"name": "text", "in": "query", "content": {"application/json": {"schema": {}}}},
    ]));
    check(
        &operation,
        &[
            (json!({"list": ["a,b", "c"]}), Ok("list=a,b & list=c")),
            (
                json!({"list": [{"a": 1}]}),
                Err("`list` has an object among its members"),
            ),
            (
                json!({"list": [[1]]}),
                Err("`list` has a list among its members"),
            ),
            (
                json!({"list": {"a": {"b": 1}}}),
                Err("`list` has an object among its members"),
            ),
            (json!({"list": []}), Err("`list` is empty")),
            (json!({"list": null}), Ok("")),
            (json!({"flat": ["a", "b"]}), Ok("flat=a,b")),
            (
                json!({"flat": ["a,b", "c"]}),
                Err("`flat` has a member with `,` in it"),
            ),
            (
                json!({"flat": ["a", null]}),
                Err("`flat` has nothing among its members"),
            ),
            (json!({"flat": {"a": 1, "b": 2}}), Ok("flat=a,1,b,2")),
            (
                json!({"flat": {"a,b": 1}}),
                Err("`flat` has a member with `,`"),
            ),
            (
                json!({"flat": {"a": [1]}}),
                Err("`flat` has a list among its members"),
            ),
            (json!({"flat": "a,b"}), Ok("flat=a,b")),
            (json!({"pipes": ["a", "b"]}), Ok("pipes=a|b")),
            (
                json!({"pipes": ["a|b"]}),
                Err("`pipes` has a member with `|`"),
            ),
            (
                json!({"spaces": ["a b"]}),
                Err("`spaces` has a member with ` `"),
            ),
            (
                json!({"repeated": ["a", "b"]}),
                Ok("repeated=a & repeated=b"),
            ),
            (
                json!({"deep": {"a": [{"b": 1}], "c": true}}),
                Ok("deep[a][0][b]=1 & deep[c]=true"),
            ),
            (
                json!({"deep": {"a][b": 1}}),
                Err("`deep` has a member with `[`"),
            ),
            (json!({"deep": {}}), Err("`deep` is empty")),
            (json!({"text": {"a": [1]}}), Ok(r#"text={"a":[1]}"#)),
            (json!({"text": []}), Ok("text=[]")),
            (json!({"other": 1}), Err("`other` is no argument of `o`")),
        ],
    );
}

#[test]
fn members_of_a_free_object_stand_for_nothing_else() {
    let operation = query(json!([
        {"name": "page", "in": "query", "schema": {}},
        {"name": "filter", "in": "query", "style": "deepObject", "schema": {}},
        {"name": "free", "in": "query", "schema": {"type": "object", "additionalProperties": true}},
        {"name": "more", "in": "query", "schema": {"type": "object", "additionalProperties": true}},
        {"name": "api_key", "in": "query", "schema": {}},
    ]));
    for (member, why) in [
        ("page", "a parameter of its own"),
        ("PAGE", "a parameter of its own"),
        ("page[0]", "a parameter of its own"),
        ("filter", "a parameter of its own"),
        ("filter[state]", "a parameter of its own"),
        ("more", "a parameter of its own"),
        ("api_key", "which Leeway sets itself"),
        ("Api.Key", "which Leeway sets itself"),
        (" api_key[]", "which Leeway sets itself"),
        ("_method", "another method"),
        ("_Method", "another method"),
        ("X-HTTP-Method-Override", "another method"),
        ("", "without a name"),
        ("a\r\nb", "control character"),
    ] {
        for value in [json!("x"), json!(1)] {
            let error = sent(&operation, &json!({"free": {"ok": 1, member: value}})).unwrap_err();
            let named = error.contains("`free` ") && error.contains(why);
            assert!(named && !error.contains('\n'), "{member}: {error}");
        }
    }
    check(
        &operation,
        &[
            (
                json!({"free": {"a": 1}, "more": {"b": 2}, "page": 3}),
                Ok("page=3 & a=1 & b=2"),
            ),
            (
                json!({"free": {"a": 1}, "more": {"A": 2}}),
                Err("`more` has a member `A`, which another argument has too"),
            ),
            (json!({"free": {"free": 1}}), Ok("free=1")),
            (
                json!({"filter": {"_method": 1, "page": 2}}),
                Ok("filter[_method]=1 & filter[page]=2"),
            ),
        ],
    );
    let body = operation_with_free_body();
    for (given, taken) in [
        (json!({"body": {"a": {"_method": 1}}}), true),
        (json!({"body": {"_method": "DELETE"}}), false),
        (json!({"body": {"_METHOD": "DELETE"}}), false),
    ] {
        assert_eq!(
            body.request(&arguments(given.clone())).is_ok(),
            taken,
            "{given}"
        );
    }
}

fn operation_with_free_body() -> Operation {
    operation(
        json!([]),
        json!({"content": {"application/json": {"schema": {"type": "object", "additionalProperties": true}}}}),
    )
}

#[test]
fn what_is_leeway_s_or_the_connection_s_is_no_argument() {
    let own = [
        "Host",
        "Content-Length",
        "Transfer-Encoding",
        "Connection",
        "Authorization",
        "Cookie",
        "Forwarded",
        "X-Forwarded-For",
        "x-forwarded-host",
        "X_Forwarded_Proto",
        "X-HTTP-Method-Override",
        "X-Method-Override",
        "X-HTTP-Method",
        "x_http_method_override",
        "X-Original-URL",
        "X-API-Key",
        "x_api_key",
        "Idempotency-Key",
        "Content-Type",
        "Proxy-Authorization",
        "Upgrade",
        "TE",
    ];
    let mut parameters: Vec<Value> = own
        .iter()
        .map(|name| json!({"name": name, "in": "header"}))
        .collect();
    for name in [
        "_method",
        "_METHOD",
        "api_key",
        "api.key",
        "x-http-method-override",
    ] {
        parameters.push(json!({"name": name, "in": "query"}));
    }
    parameters.push(json!({"name": "X-Trace", "in": "header"}));
    let text = json!({"type": "string"});
    let body = json!({"content": {"application/x-www-form-urlencoded": {"schema": {
        "type": "object", "properties": {"_method": text, "a": text}}}}});
    let found = operation(json!(parameters), body);
    let names = found.definition["inputSchema"]["properties"]
        .as_object()
        .unwrap();
    assert_eq!(names.keys().collect::<Vec<_>>(), ["X-Trace", "a"]);
    // One that has to be given is another operation than it says.
    let schema = json!({"type": "object", "required": ["_method"], "properties": {"_method": {"const": "PUT"}, "a": {}}});
    let needs = [
        json!({"parameters": [{"name": "X-HTTP-Method-Override", "in": "header", "required": true}]}),
        json!({"parameters": [{"name": "_method", "in": "query", "required": true}]}),
        json!({"requestBody": {"content": {"application/json": {"schema": schema}}}}),
    ];
    for needs in needs {
        let document = super::parsed(json!({"/ok": {"get": {}}, "/o": {"post": needs}}));
        assert_eq!(
            super::left_out(&document),
            ["POST /o: method-override"],
            "{needs}"
        );
    }
}
