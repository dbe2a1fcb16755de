//! The audit of documents: methods and paths say what names do not, drafts keep what they promise, and what was
//! left out is told.

use leeway_core::audit::draft;
use leeway_core::audit::{Audit, Subject, audit};
use leeway_core::classify::classified::classify;
use leeway_core::classify::compiled::CompiledPack;
use leeway_core::classify::redact::Redactor;
use leeway_core::classify::{Effect, Level, UndoPlan};
use leeway_core::openapi::Withheld;
use leeway_core::openapi::document::Document;
use serde_json::{Map, Value, json};

fn document(paths: &Value) -> Document {
    let text = json!({"openapi": "3.1.0", "paths": paths}).to_string();
    Document::parse(&text, &Withheld::named("crm")).unwrap()
}

fn tools(document: &Document) -> Vec<Value> {
    let operations = document.operations.values();
    operations
        .map(|operation| operation.definition.clone())
        .collect()
}

fn subject<'a>(document: &'a Document, tools: &'a [Value]) -> Subject<'a> {
    Subject {
        system: "crm",
        tools,
        pack: None,
        workflow: None,
        owners: None,
        document: Some(document),
    }
}

fn path_parameters(path: &str) -> Vec<Value> {
    path.split('{')
        .skip(1)
        .filter_map(|part| part.split_once('}'))
        .map(|(name, _)| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}))
        .collect()
}

/// A document of operations, each with fields of a body, when it has any.
fn operations(of: &[(&str, &str, Option<&str>, &[&str])]) -> Document {
    let mut paths = Map::new();
    for (method, path, id, fields) in of {
        let mut operation = json!({"parameters": path_parameters(path)});
        if let Some(id) = id {
            operation["operationId"] = json!(id);
        }
        if !fields.is_empty() {
            let fields: Map<String, Value> = fields
                .iter()
                .map(|name| ((*name).to_owned(), json!({"type": "string"})))
                .collect();
            operation["requestBody"] = json!({"required": true, "content": {"application/json": {
                "schema": {"type": "object", "properties": fields}}}});
        }
        paths.entry((*path).to_owned()).or_insert_with(|| json!({}))[*method] = operation;
    }
    document(&Value::Object(paths))
}

#[test]
fn methods_say_what_names_do_not() {
    let of: [(&str, &str, Option<&str>, &[&str]); 20] = [
        ("get", "/issues/{key}", None, &[]),
        ("get", "/issues", None, &[]),
        ("post", "/issues", None, &["title"]),
        ("patch", "/issues/{key}", None, &["title"]),
        ("delete", "/issues/{key}", None, &[]),
        ("post", "/orders/{id}/cancel", None, &[]),
        ("post", "/orders/{id}/frob", None, &["x"]),
        (
            "post",
            "/api/tasks",
            Some("create_task_api_tasks_post"),
            &["title"],
        ),
        ("get", "/api/tasks", Some("read_tasks_api_tasks_get"), &[]),
        (
            "put",
            "/api/tasks/{task_id}",
            Some("update_task_api_tasks__task_id__put"),
            &["title"],
        ),
        (
            "delete",
            "/api/tasks/{task_id}",
            Some("remove_task_api_tasks__task_id__delete"),
            &[],
        ),
        ("post", "/notes", Some("notes_post"), &["title"]),
        ("post", "/labels", Some("postLabels"), &["title"]),
        ("get", "/summary", Some("ticketSummary"), &["x"]),
        ("delete", "/contacts/{id}", Some("contactsErase"), &[]),
        ("delete", "/carts/{id}", Some("getCart"), &[]),
        ("put", "/profiles/{id}", Some("profiles"), &["name"]),
        ("get", "/mail/send", Some("sendMail"), &["to"]),
        ("post", "/posts", Some("createPost"), &["text"]),
        ("post", "/tickets/search", Some("searchTickets"), &["query"]),
    ];
    let document = operations(&of);
    let tools = tools(&document);
    let found = audit(subject(&document, &tools));
    let told: Vec<String> = document
        .operations
        .values()
        .map(|operation| {
            let tool = found
                .tools
                .iter()
                .find(|tool| tool.name == operation.name)
                .unwrap();
            format!(
                "{} ({}): {:?} {}. {}",
                operation.words(),
                operation.name,
                tool.effect,
                u8::from(tool.level),
                tool.why
            )
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"));
    let effect = |name: &str| {
        found
            .tools
            .iter()
            .find(|tool| tool.name == name)
            .unwrap()
            .effect
    };
    for name in [
        "get_issues_key",
        "get_issues",
        "read_tasks_api_tasks_get",
        "ticketSummary",
    ] {
        assert_eq!(effect(name), Effect::Read, "{name}");
    }
    for name in [
        "delete_issues_key",
        "getCart",
        "contactsErase",
        "remove_task_api_tasks__task_id__delete",
    ] {
        assert!(effect(name) >= Effect::Delete, "{name}");
    }
    assert_eq!(effect("create_task_api_tasks_post"), Effect::Create);
    assert_eq!(effect("notes_post"), Effect::Create);
    assert_eq!(effect("sendMail"), Effect::Send);
    assert_eq!(effect("profiles"), Effect::Update);
}

#[test]
fn without_a_document_names_are_all_there_is() {
    let document = operations(&[("get", "/x", Some("frobnicate"), &[])]);
    let tools = tools(&document);
    let without = Subject {
        document: None,
        ..subject(&document, &tools)
    };
    assert_eq!(audit(without).tools[0].level, Level::HighImpact);
    assert_eq!(
        audit(subject(&document, &tools)).tools[0].level,
        Level::ReadOnly
    );
}

fn records(body: &Value) -> Document {
    let id = json!([{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}]);
    document(&json!({"/records/{id}": {
        "get": {"operationId": "get_record", "parameters": id},
        "patch": {"operationId": "update_record", "parameters": id,
            "requestBody": {"content": {"application/json": {"schema": body}}}},
    }}))
}

fn drafted(document: &Document) -> (Audit, CompiledPack) {
    let tools = tools(document);
    let subject = subject(document, &tools);
    let found = audit(subject);
    let pack = draft::pack(&found, subject, ("crm", "CRM"));
    (found, CompiledPack::compile(pack).unwrap())
}

#[test]
fn the_undo_that_is_drafted_gives_the_old_values_back() {
    let text = json!({"type": "string"});
    let fields = json!({"type": "object", "properties": {"id": text, "name": text, "note": text}});
    let document = records(&fields);
    let (_, pack) = drafted(&document);
    let tool = &pack.tools["update_record"];
    let record = json!({"id": "r1", "name": "Byrne Ltd", "note": "old"});
    let answer = json!({"structuredContent": record, "isError": false, "content": []});
    for (given, changed, sent_back) in [
        (
            json!({"id": "r1", "name": "Agent Ltd"}),
            vec!["name"],
            json!({"name": "Byrne Ltd"}),
        ),
        (
            json!({"id": "r1", "body_id": "r1", "note": null}),
            vec!["note"],
            json!({"id": "r1", "note": "old"}),
        ),
        (
            json!({"id": "r1", "body_id": "r2", "note": "new"}),
            vec!["id", "note"],
            json!({"id": "r1", "note": "old"}),
        ),
    ] {
        let before = tool.before_image(&given, &answer, &Redactor::new::<&str>(&[]));
        let found = classify(tool, "crm", &given, &before);
        assert_eq!(found.unknowns, Vec::<String>::new(), "{given}");
        let fields: Vec<&str> = found
            .changes
            .iter()
            .map(|change| change.field.as_str())
            .collect();
        assert_eq!(fields, changed, "{given}");
        let UndoPlan::Exact {
            tool: by,
            arguments: Some(back),
            ..
        } = &found.undo
        else {
            panic!("{given}: {:?}", found.undo);
        };
        let request = document.operations[by]
            .request(back.as_object().unwrap())
            .unwrap();
        assert_eq!(request.path, "/records/r1");
        let body: Value = serde_json::from_str(&request.body.unwrap().1).unwrap();
        assert_eq!(body, sent_back, "{given}");
    }
}

#[test]
fn what_has_no_names_but_its_paths_is_read_and_taken_back() {
    let document = operations(&[
        ("get", "/issues", None, &[]),
        ("get", "/issues/{key}", None, &[]),
        ("patch", "/issues/{key}", None, &["title"]),
        ("delete", "/issues/{key}", None, &[]),
    ]);
    let (_, pack) = drafted(&document);
    let entry = |name: &str| serde_json::to_value(&pack.pack.tools[name]).unwrap();
    let update = entry("patch_issues_key");
    assert_eq!(update["read"]["tool"], "get_issues_key");
    assert_eq!(update["record"]["id"], ".key");
    assert_eq!(update["undo"]["kind"], "exact");
    assert_eq!(update["undo"]["tool"], "patch_issues_key");
    assert_eq!(entry("delete_issues_key")["read"]["tool"], "get_issues_key");
    assert_eq!(entry("get_issues")["effect"], "read");
}

#[test]
fn of_a_body_that_is_one_argument_no_undo_is_promised() {
    for body in [
        json!({"type": "object", "properties": {"name": {"type": "string"}}, "additionalProperties": true}),
        json!({"oneOf": [{"type": "object", "properties": {"name": {}}}, {"type": "object"}]}),
        json!({"type": "array", "items": {}}),
        json!({}),
    ] {
        let (found, pack) = drafted(&records(&body));
        let entry = &pack.pack.tools["update_record"];
        let undo = serde_json::to_value(&entry.undo).unwrap();
        assert_eq!(undo["kind"], "none", "{body}");
        let named = found.blockers.iter().any(|blocker| {
            blocker.code == "argument-unaccounted" && blocker.message.contains("body")
        });
        assert!(named, "{body}: {:?}", found.blockers);
    }
}

#[test]
fn what_was_left_out_is_told() {
    let document = document(&json!({
        "/ok": {"get": {"operationId": "getOk"}},
        "/files": {"post": {"operationId": "uploadFile", "requestBody": {"content": {"multipart/form-data": {}}}}},
        "/gone": {"$ref": "#/x"},
    }));
    let tools = tools(&document);
    let found = serde_json::to_value(audit(subject(&document, &tools))).unwrap();
    let left_out = found["left_out"].as_array().unwrap();
    assert_eq!(left_out[0]["operation"], "/gone");
    assert_eq!(left_out[0].get("name"), None);
    assert_eq!(left_out[1]["operation"], "POST /files");
    assert_eq!(left_out[1]["name"], "uploadFile");
    assert!(
        left_out[1]["why"]
            .as_str()
            .unwrap()
            .contains("multipart/form-data")
    );
    let nothing = operations(&[("get", "/x", Some("getX"), &[])]);
    let one = self::tools(&nothing);
    let found = serde_json::to_value(audit(subject(&nothing, &one))).unwrap();
    assert_eq!(found.get("left_out"), None);
}
