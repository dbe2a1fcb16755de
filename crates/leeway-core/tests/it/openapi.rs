//! OpenAPI documents: which tools they become, and which requests calls make.

mod bodies;
mod bounds;
mod names;
mod places;
mod random;
mod servers;
mod values;

use leeway_core::govern::system::System;
use leeway_core::openapi::Withheld;
use leeway_core::openapi::document::Document;
use serde_json::{Map, Value, json};

const DESK: &str = r##"
openapi: 3.0.3
info: { title: Desk, version: "1" }
servers: [{ url: "https://desk.example.com/api" }]
x-leeway-success: /ok
paths:
  /tickets/{id}:
    parameters:
      - { $ref: "#/components/parameters/Id" }
      - { name: If-Match, in: header, required: true, schema: { type: string } }
      - { name: X-Api-Key, in: header, schema: { type: string } }
      - { name: api_key, in: query, schema: { type: string } }
    get:
      operationId: getTicket
      summary: Reads a ticket.
      responses: { 200: { description: It. }, default: { description: An error. } }
      parameters:
        - { name: expand, in: query, schema: { type: array, items: { type: string, enum: [owner, notes] } } }
        - { name: fields, in: query, explode: false, schema: { type: array, items: { type: string } } }
        - { name: filter, in: query, style: deepObject, schema: { type: object, properties: { state: { type: string } } } }
        - { name: X-Trace, in: header, schema: { type: string } }
        - { name: lang, in: cookie, schema: { type: string } }
    patch:
      operationId: updateTicket
      description: Changes a ticket.
      requestBody:
        required: true
        content:
          application/json:
            schema:
              allOf:
                - { $ref: "#/components/schemas/TicketFields" }
                - { type: object, required: [reason], properties: { reason: { type: string } } }
  /tickets:
    get:
      summary: Lists tickets.
      x-leeway-pages: { items: /list, argument: cursor, next: /next, most: 3 }
      parameters:
        - { name: cursor, in: query, schema: { type: string } }
        - { name: limit, in: query, schema: { type: integer, minimum: 0, exclusiveMinimum: true, maximum: 100 } }
    post:
      operationId: createTicket
      requestBody:
        content:
          application/x-www-form-urlencoded:
            encoding: { labels: { style: deepObject, explode: true } }
            schema:
              type: object
              required: [title]
              properties:
                title: { type: string, example: Printer, xml: { name: t } }
                number: { type: integer, readOnly: true }
                urgent: { type: boolean, nullable: true }
                state: { type: string, nullable: true, enum: [open, closed] }
                tags: { type: array, items: { type: string } }
                labels: { type: object, additionalProperties: { type: string } }
                origin: { type: object, properties: { by: { type: string } } }
  /batch:
    post:
      operationId: run batch!
      requestBody:
        required: true
        content:
          application/json:
            schema:
              oneOf:
                - { type: array, items: { $ref: "#/components/schemas/Node" } }
                - { type: string }
  /files:
    post:
      operationId: upload
      requestBody: { required: true, content: { multipart/form-data: { schema: { type: object } } } }
  /broken:
    get: { operationId: broken, parameters: [{ $ref: "#/nowhere" }] }
  /outside:
    get: { operationId: outside, parameters: [{ $ref: "https://example.com/p.json#/x" }] }
  /missing/{what}:
    get: { operationId: missing }
components:
  parameters:
    Id: { name: id, in: path, required: true, description: The ticket., schema: { type: string } }
  schemas:
    TicketFields:
      type: object
      properties:
        title: { type: string, description: "What it is about." }
        owner: { $ref: "#/components/schemas/Person" }
    Person: { type: object, properties: { name: { type: string } }, required: [name] }
    Node: { type: object, properties: { child: { $ref: "#/components/schemas/Node" } } }
"##;

fn desk() -> Document {
    let system: System = serde_json::from_value(json!({
        "name": "desk", "title": "Desk", "pack": "desk", "openapi": "desk.yaml",
        "headers": { "X-API-Key": "env:KEY" }, "query": { "api_key": "env:KEY" },
    }))
    .unwrap();
    Document::parse(DESK, &Withheld::of(&system)).unwrap()
}

#[test]
fn operations_become_tools() {
    let document = desk();
    assert_eq!(
        document.server.as_deref(),
        Some("https://desk.example.com/api")
    );
    let definitions: Vec<&Value> = document
        .operations
        .values()
        .map(|operation| &operation.definition)
        .collect();
    insta::assert_snapshot!(serde_json::to_string_pretty(&definitions).unwrap());
}

#[test]
fn what_cannot_be_offered_is_skipped_with_its_reason() {
    let skipped: Vec<String> = desk()
        .skipped
        .iter()
        .map(|skipped| format!("{}: {}", skipped.operation, skipped.fault.code))
        .collect();
    assert_eq!(
        skipped,
        [
            "POST /files: body-unsupported",
            "GET /broken: ref-unresolved",
            "GET /outside: ref-external",
            "GET /missing/{what}: path-incomplete",
        ]
    );
}

/// A document of these paths; what it makes of them.
fn parsed(paths: Value) -> Document {
    Document::parse(&document(paths), &Withheld::default()).unwrap()
}

fn document(paths: Value) -> String {
    json!({"openapi": "3.1.0", "servers": [{"url": "https://a.example/v1"}], "paths": paths})
        .to_string()
}

/// Operations left out, with codes.
fn left_out(document: &Document) -> Vec<String> {
    let each = document.skipped.iter();
    each.map(|one| format!("{}: {}", one.operation, one.fault.code))
        .collect()
}

/// The names of its tools.
fn tools(document: &Document) -> Vec<&str> {
    document.operations.keys().map(String::as_str).collect()
}

fn arguments(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn request(tool: &str, given: Value) -> String {
    let document = desk();
    let request = document.operations[tool]
        .request(&arguments(given))
        .unwrap();
    let (media, body) = request.body.clone().unwrap_or_default();
    let headers: Vec<String> = request
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    format!(
        "{} {}?{} [{}] {media} {body}",
        request.method,
        request.path,
        request.query_text(),
        headers.join(", ")
    )
}

#[test]
fn arguments_go_where_the_document_says() {
    let read = json!({
        "id": "a/b c?d", "expand": ["owner", "notes"], "fields": ["x", "y z"],
        "filter": { "state": "open", "by": ["ann", "bob"] }, "X-Trace": "t1", "lang": "de;x=1",
    });
    insta::assert_snapshot!([
        request("getTicket", read),
        request("updateTicket", json!({"id": 7, "title": "A \"quoted\" title", "owner": {"name": "Ann"}, "reason": "asked"})),
        request("createTicket", json!({"title": "a&b=c", "urgent": null, "tags": ["x", "y"], "labels": {"k": "v", "n": {"m": 1}}, "origin": {"by": "ann"}})),
        request("createTicket", json!({})),
        request("run_batch", json!({"body": [{"child": {}}]})),
    ]
    .join("\n"));
}

#[test]
fn no_argument_leaves_its_place() {
    let document = desk();
    let read = &document.operations["getTicket"];
    for (given, why) in [
        (json!({"id": ".."}), "`id` would lead to another path"),
        (json!({"id": "."}), "`id` would lead to another path"),
        (
            json!({"id": "../../admin"}),
            "`id` would lead to another path",
        ),
        (json!({"id": ""}), "`id` is empty"),
        (json!({}), "`id` of its path is missing"),
        (
            json!({"id": "1", "X-Trace": "a\r\nHost: evil"}),
            "`X-Trace` does not fit",
        ),
    ] {
        let error = read.request(&arguments(given)).unwrap_err();
        assert!(error.contains(why), "{error}");
    }
    let deep = read.request(&arguments(json!({"id": "a/b..c"}))).unwrap();
    assert_eq!(deep.path, "/tickets/a%2Fb..c");
    let templated = read.request(&arguments(json!({"id": "{x}"}))).unwrap();
    assert_eq!(templated.path, "/tickets/%7Bx%7D");
}

#[test]
fn what_is_no_document_is_told_apart() {
    let long = " ".repeat(leeway_core::openapi::LONGEST_DOCUMENT + 1);
    let bomb = "a: &a [x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b]\nd: &d [*c, *c, *c, *c, *c, *c, *c, *c]\ne: &e [*d, *d, *d, *d, *d, *d, *d, *d]\nf: &f [*e, *e, *e, *e, *e, *e, *e, *e]\ng: &g [*f, *f, *f, *f, *f, *f, *f, *f]\nh: [*g, *g, *g, *g, *g, *g, *g, *g]\n";
    for (text, code) in [
        ("{", "openapi-unreadable"),
        ("a: [", "openapi-unreadable"),
        (bomb, "openapi-unreadable"),
        (long.as_str(), "openapi-too-large"),
        ("[]", "openapi-version"),
        ("", "openapi-version"),
        ("swagger: '2.0'", "openapi-version"),
        ("openapi: 4.0.0", "openapi-version"),
        ("openapi: 3.1.0", "openapi-invalid"),
        ("openapi: 3.1.0\npaths: {}", "openapi-no-operation"),
        (
            "openapi: 3.0.0\npaths: { /a: { get: { x-leeway-pages: { items: 7 } } } }",
            "openapi-no-operation",
        ),
    ] {
        let fault = Document::parse(text, &Withheld::default()).unwrap_err();
        assert_eq!(fault.code, code, "{fault}");
        assert_ne!(fault.help, "");
    }
}

#[test]
fn pages_of_the_whole_document_are_of_those_operations_they_fit() {
    let text = "openapi: 3.1.0\nx-leeway-pages: { items: /list, argument: cursor, next: /next }\npaths: { /a: { get: { parameters: [{ name: cursor, in: query }] } }, /b: { get: {} } }";
    let document = Document::parse(text, &Withheld::default()).unwrap();
    assert!(document.skipped.is_empty(), "{:?}", document.skipped);
    assert!(document.operations["get_a"].pages.is_some());
    assert!(document.operations["get_b"].pages.is_none());
}

#[test]
fn an_id_given_twice_names_neither() {
    let text = "openapi: 3.1.0\npaths: { /a: { get: { operationId: list } }, '/b/{id}': { parameters: [{ name: id, in: path }], get: { operationId: list } }, /c: { get: { operationId: c } } }";
    let document = Document::parse(text, &Withheld::default()).unwrap();
    let names: Vec<&String> = document.operations.keys().collect();
    assert_eq!(names, ["c", "get_a", "get_b_id"]);
}

#[test]
fn a_schema_without_end_is_skipped_and_never_expanded() {
    let mut properties = String::new();
    for level in 0..40 {
        properties.push_str(&format!(
            "    S{level}: {{ type: object, properties: {{ a: {{ $ref: '#/components/schemas/S{n}' }}, b: {{ $ref: '#/components/schemas/S{n}' }} }} }}\n",
            n = level + 1
        ));
    }
    let text = format!(
        "openapi: 3.1.0\npaths:\n  /a: {{ get: {{ operationId: fine }}, post: {{ requestBody: {{ content: {{ application/json: {{ schema: {{ $ref: '#/components/schemas/S0' }} }} }} }} }} }}\ncomponents:\n  schemas:\n{properties}    S40: {{ type: string }}\n"
    );
    let document = Document::parse(&text, &Withheld::default()).unwrap();
    assert_eq!(document.operations.keys().collect::<Vec<_>>(), ["fine"]);
    assert_eq!(document.skipped[0].fault.code, "schema-too-large");
}

#[test]
fn every_tool_takes_only_arguments_its_schema_knows() {
    for operation in desk().operations.values() {
        let schema = &operation.definition["inputSchema"];
        let known = schema["properties"].as_object().unwrap();
        for parameter in &operation.parameters {
            assert!(
                known.contains_key(&parameter.argument),
                "{}",
                parameter.argument
            );
        }
        let text = operation.definition.to_string().to_lowercase();
        assert!(
            !text.contains("api_key") && !text.contains("x-api-key"),
            "{text}"
        );
        assert_eq!(schema["additionalProperties"], json!(false));
    }
}
