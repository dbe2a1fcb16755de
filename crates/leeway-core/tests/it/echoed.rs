//! What a call's own words, its order or its other arguments must not pass for.

use crate::cases::{change, classified, image, tool_of};
use leeway_core::action::event::Outcome;
use leeway_core::classify::account::Account;
use leeway_core::classify::classified::classify;
use leeway_core::classify::redact::Redactor;
use leeway_core::classify::{BeforeImage, Effect, Level};
use leeway_core::govern::system::System;
use leeway_core::openapi::Withheld;
use leeway_core::openapi::document::Document;
use leeway_core::undo::Finding;
use leeway_core::undo::fields::{Compared, compare, compare_new};
use leeway_core::undo::forms::{Kept, Normal, Written, kept};
use leeway_core::undo::read_back::{ReadBack, of_action};
use serde_json::{Value, json};

const PACK: &str = r#"
name = "files"
title = "Files"
[tool.read]
effect = "read"
inside = true
[tool.write]
effect = "update"
record = { type = "file", id = ".path" }
changes = "{text: .text, tags: .tags} | with_entries(select(.value != null))"
additive = ["tags"]
recipients = ["notify"]
amount = ".price"
read = { tool = "read", arguments = "{path: .path}", fields = ".json", missing = "ENOENT" }
undo = { kind = "none", why = "test" }
[tool.put]
effect = "update"
record = { type = "file", id = ".path" }
changes = "{text: .text}"
read = { tool = "read", arguments = "{path: .path}", fields = ".json", missing = "HTTP 404" }
undo = { kind = "none", why = "test" }
"#;

#[test]
fn an_error_that_repeats_the_call_s_own_words_does_not_say_that_nothing_is_there() {
    let seen = |tool: &str, path: &str, error: &str| {
        let answer = json!({"isError": true, "content": [{"type": "text", "text": error}]});
        let call = json!({"path": path, "text": "x"});
        tool_of(PACK, tool).before_image(&call, &answer, &Redactor::new::<&str>(&[]))
    };
    let missing =
        |tool: &str, path: &str, error: &str| seen(tool, path, error) == BeforeImage::Missing;
    assert!(missing("write", "a.txt", "ENOENT: no such file `a.txt`"));
    for path in [
        "/srv/ENOENT/a",
        "/srv/enoent",
        "/srv/%45NOENT",
        "/srv/%2545NOENT",
    ] {
        let error = format!("EACCES: may not read {path} ENOENT");
        assert!(!missing("write", path, &error), "{path}");
    }
    assert!(missing("put", "a", "HTTP 404 not found"));
    assert!(!missing("put", "a", "HTTP 422: `HTTP 404` is no path"));
    assert!(!missing("put", "HTTP 404", "HTTP 404"));
}

#[test]
fn an_update_that_reaches_people_or_names_money_beside_its_fields_waits() {
    let tool = tool_of(PACK, "write");
    let before = image(json!({"text": "", "tags": ["a", "b", "b"]}));
    let level = |call: Value| classify(&tool, "s", &call, &before).level;
    assert_eq!(
        level(json!({"path": "p", "text": "x", "price": null})),
        Level::HighImpact
    );
    let quiet = tool_of(&PACK.replace("amount = \".price\"\n", ""), "write");
    let level = |call: Value| classify(&quiet, "s", &call, &before).level;
    assert_eq!(level(json!({"path": "p", "text": "x"})), Level::LowRisk);
    assert_eq!(
        level(json!({"path": "p", "text": "x", "notify": "all"})),
        Level::HighImpact
    );
    // Members that a list gains stand in its order, and none is lost.
    assert_eq!(
        level(json!({"path": "p", "tags": ["a", "b", "b", "c"]})),
        Level::LowRisk
    );
    assert_eq!(
        level(json!({"path": "p", "tags": ["c", "a", "b", "b"]})),
        Level::LowRisk
    );
    for tags in [json!(["b", "a", "b"]), json!(["a", "b", "c"])] {
        assert_eq!(
            level(json!({"path": "p", "tags": tags})),
            Level::HighImpact,
            "{tags}"
        );
    }
}

#[test]
fn the_order_of_a_list_is_its_value_where_only_the_order_was_written() {
    let (old, new) = (json!(["a", "b"]), json!(["b", "a"]));
    let after = |after: &Value| {
        let written = Written {
            field: "f",
            old: Some(&old),
            new: &new,
            after,
        };
        kept(&Normal::new(), written)
    };
    assert_eq!(
        (after(&new), after(&old)),
        (Kept::AsWritten, Kept::Otherwise)
    );
    let found = |written: (&Value, &Value), now: &Value| {
        let done = [change("f", written.0.clone(), written.1.clone())];
        let back = [change("f", now.clone(), written.0.clone())];
        let after = image(json!({ "f": written.1 }));
        let case = Compared {
            done: &done,
            before: None,
            after: Some(&after),
            now: &image(json!({ "f": now })),
            undo: &back,
            additive: &[],
            normal: &Normal::new(),
            left_out: &[],
        };
        compare(&case).remove(0).finding
    };
    assert_eq!(found((&old, &new), &new), Finding::Restore);
    assert_eq!(found((&old, &new), &old), Finding::AlreadyBack);
    // Somebody put what was kept in order into another.
    let more = json!(["a", "b", "c"]);
    assert_eq!(
        found((&old, &more), &json!(["c", "a", "b"])),
        Finding::Changed
    );
    assert_eq!(found((&old, &more), &more), Finding::Restore);
}

#[test]
fn a_text_that_people_wrote_into_what_a_create_gave_is_not_deleted_unseen() {
    let made = [change("name", Value::Null, json!("Kim van der Berg"))];
    let of = |record: Value| {
        let image = image(record);
        let found = compare_new(&made, Some(&image), &image);
        found
            .into_iter()
            .filter(|one| one.finding.is_open())
            .map(|one| one.field)
            .collect::<Vec<_>>()
    };
    let name = "Kim van der Berg";
    assert!(
        of(json!({"name": name, "status": "new lead", "created": "2026-01-02T03:04:05Z"}))
            .is_empty()
    );
    assert!(of(json!({"name": name, "slug": name})).is_empty());
    assert_eq!(
        of(json!({"name": name, "notes": "Customer since 2019, 14 orders"})),
        ["notes"]
    );
    assert_eq!(
        of(json!({"name": name, "log": [{"text": "called her on Monday"}]})),
        ["log"]
    );
}

#[test]
fn a_record_as_before_says_nothing_of_what_else_a_call_did() {
    let mut call = classified(Effect::Update, Level::HighImpact);
    call.changes = vec![change("status", json!("open"), json!("closed"))];
    let before = image(json!({"status": "open"}));
    let said = |call: &_| of_action(call, (&before, &before, &Normal::new()), true);
    assert!(matches!(said(&call), ReadBack::Tells(Outcome::Failed, _)));
    call.accounts.insert("/comment".into(), Account::Detail);
    assert!(matches!(said(&call), ReadBack::AskAPerson(_)));
}

#[test]
fn an_object_in_the_query_takes_no_other_parameter_s_place_and_a_blank_in_a_form_is_sent() {
    let document = json!({
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1"},
        "paths": {"/r": {"patch": {
            "operationId": "update",
            "parameters": [
                {"name": "page", "in": "query", "schema": {"type": "object"}},
                {"name": "notify", "in": "query", "schema": {"type": "boolean"}}
            ],
            "requestBody": {"content": {"application/x-www-form-urlencoded": {"schema": {
                "type": "object",
                "properties": {"email": {"type": ["string", "null"]}}
            }}}},
            "responses": {"200": {"description": "ok"}}
        }}}
    });
    let system: System = serde_json::from_value(
        json!({"name": "t", "title": "T", "pack": "t", "openapi": "t.json"}),
    )
    .unwrap();
    let document = Document::parse(&document.to_string(), &Withheld::of(&system)).unwrap();
    let request = |call: Value| document.operations["update"].request(call.as_object().unwrap());
    let refused = request(json!({"page": {"notify": true}})).unwrap_err();
    assert!(refused.contains("a parameter of its own"), "{refused}");
    let sent = request(json!({"page": {"size": 5}, "email": null})).unwrap();
    assert_eq!(sent.query, [("size".to_owned(), "5".to_owned())]);
    assert_eq!(sent.body.unwrap().1, "email=");
}
