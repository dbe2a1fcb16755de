//! The shipped packs against answers of the servers they describe, and what keeps a way back honest.

use leeway_core::classify::classified::classify;
use leeway_core::classify::compiled::{CompiledPack, CompiledTool};
use leeway_core::classify::filter::Filter;
use leeway_core::classify::pack::{Pack, UndoRule};
use leeway_core::classify::redact::{REDACTED, Redactor};
use leeway_core::classify::{BeforeImage, Classified, Effect, Level, UndoPlan};
use serde_json::{Value, json};

fn shipped(pack: &str, tool: &str) -> CompiledTool {
    let path = format!("{}/../../packs/{pack}.toml", env!("CARGO_MANIFEST_DIR"));
    compiled(&std::fs::read_to_string(path).unwrap(), tool)
}

fn compiled(pack: &str, tool: &str) -> CompiledTool {
    CompiledPack::compile(Pack::parse(pack).unwrap())
        .unwrap()
        .tools[tool]
        .clone()
}

fn text(text: &str) -> Value {
    json!({"content": [{"type": "text", "text": text}]})
}

fn failure(why: &str) -> Value {
    json!({"content": [{"type": "text", "text": why}], "isError": true})
}

/// Classifies a call on the record that the reading tool's answer shows.
fn seen(tool: &CompiledTool, arguments: &Value, answer: &Value) -> Classified {
    let before = tool.before_image(arguments, answer, &Redactor::new::<&str>(&[]));
    classify(tool, "s", arguments, &before)
}

fn undo_arguments(plan: UndoPlan) -> Option<Value> {
    match plan {
        UndoPlan::Exact { arguments, .. } => arguments,
        other => panic!("{other:?}"),
    }
}

#[test]
fn writing_a_file_depends_on_what_is_there() {
    let write = shipped("filesystem", "write_file");
    let call = json!({"path": "/d/a.txt", "content": "new"});
    let missing = failure("ENOENT: no such file or directory, open '/d/a.txt'");
    for (answer, effect, level) in [
        (missing, Effect::Create, Level::LowRisk),
        (text(""), Effect::Update, Level::LowRisk),
        (text("old"), Effect::Update, Level::HighImpact),
        (text("\u{fffd}PNG"), Effect::Update, Level::HighImpact),
        (
            failure("EISDIR: illegal operation on a directory, read"),
            Effect::Update,
            Level::HighImpact,
        ),
    ] {
        let found = seen(&write, &call, &answer);
        assert_eq!((found.effect, found.level), (effect, level), "{answer}");
        let restorable = answer["isError"].is_null() && !answer.to_string().contains("PNG");
        assert_eq!(
            matches!(found.undo, UndoPlan::Exact { .. }),
            restorable,
            "{answer}: what was not read cannot be written back"
        );
    }
}

#[test]
fn an_edit_is_high_impact_even_if_its_text_is_not_found_as_written() {
    // The server also matches a text whose indentation differs.
    let edit = shipped("filesystem", "edit_file");
    let call = json!({"path": "/d/a", "edits": [{"oldText": "one\ntwo", "newText": "three"}]});
    let found = seen(&edit, &call, &text("  one\n  two\n"));
    assert_eq!(found.level, Level::HighImpact);
    assert_eq!(found.changes.len(), 1);
    assert_eq!(
        undo_arguments(found.undo),
        Some(json!({"path": "/d/a", "content": "  one\n  two\n"}))
    );
}

#[test]
fn reading_a_file_is_no_change_of_it() {
    let tool = shipped("filesystem", "move_file");
    let info = |accessed: &str| {
        let answer = text(&format!(
            "size: 2\nmodified: Mon\naccessed: {accessed}\nisFile: true"
        ));
        tool.before_image(&Value::Null, &answer, &Redactor::new::<&str>(&[]))
    };
    assert!(matches!(info("Mon"), BeforeImage::Read { .. }));
    assert_eq!(info("Mon"), info("Tue"));
}

fn graph() -> Value {
    text(
        &json!({
            "entities": [{"name": "Ada", "entityType": "person", "observations": ["x"]}],
            "relations": [{"from": "Ada", "to": "Bob", "relationType": "knows"}],
        })
        .to_string(),
    )
}

#[test]
fn taking_back_observations_and_relations_leaves_what_was_there_before() {
    let knows = json!({"from": "Ada", "to": "Bob", "relationType": "knows"});
    let likes = json!({"from": "Ada", "to": "Bob", "relationType": "likes"});
    for (tool, call, undo) in [
        (
            "add_observations",
            json!({"observations": [{"entityName": "Ada", "contents": ["x", "q"]}]}),
            json!({"deletions": [{"entityName": "Ada", "observations": ["q"]}]}),
        ),
        (
            "delete_observations",
            json!({"deletions": [{"entityName": "Ada", "observations": ["x", "never there"]}]}),
            json!({"observations": [{"entityName": "Ada", "contents": ["x"]}]}),
        ),
        (
            "delete_relations",
            json!({"relations": [&knows, &likes]}),
            json!({"relations": [&knows]}),
        ),
    ] {
        let found = seen(&shipped("memory", tool), &call, &graph());
        assert_eq!(found.unknowns, Vec::<String>::new(), "{tool}");
        assert_eq!(found.changes.len(), 1, "{tool}");
        assert_eq!(undo_arguments(found.undo), Some(undo), "{tool}");
    }
}

#[test]
fn taking_back_a_creation_deletes_only_what_was_new() {
    let tool = shipped("memory", "create_entities");
    let call = json!({"entities": [
        {"name": "Ada", "entityType": "person", "observations": []},
        {"name": "Bob", "entityType": "person", "observations": []},
    ]});
    let found = classify(&tool, "s", &call, &BeforeImage::NotNeeded);
    assert_eq!(found.level, Level::LowRisk);
    assert_eq!(undo_arguments(found.undo), None, "it depends on the answer");
    let Some(UndoRule::Exact { arguments, .. }) = &tool.entry.undo else {
        panic!("{:?}", tool.entry.undo);
    };
    let answer = json!({"structuredContent": {"entities": [{"name": "Bob"}]}});
    let undo = Filter::compile(arguments)
        .unwrap()
        .run(&call, &Value::Null, &answer);
    assert_eq!(undo, Ok(json!({"entityNames": ["Bob"]})));
}

const PACK: &str = r#"
name = "p"
title = "P"
[tool.get]
effect = "read"
[tool.update]
effect = "update"
record = { type = "account", id = ".id" }
changes = ".fields"
critical = ["iban"]
read = { tool = "get", arguments = "{id: .id}", fields = ".json" }
undo = { kind = "exact", tool = "update", arguments = "{id: .id, fields: $before}", summary = "Back." }
[tool.reply]
effect = "draft"
text = "[.text, $before.body]"
raise = [{ when = ".public == true", effect = "send" }]
record = { type = "ticket", id = ".id" }
read = { tool = "get", arguments = "{id: .id}", fields = ".json" }
undo = { kind = "exact", tool = "update", arguments = "{id: .id}", summary = "Back." }
[tool.refund]
effect = "pay"
amount_cents = ".cents"
undo = { kind = "none", why = "gone" }
[tool.contract]
effect = "create"
high_impact = true
record = { type = "contract", id = ".id" }
changes = ".fields"
raise = [{ when = ".replace == true", effect = "update" }]
read = { tool = "get", arguments = "{id: .id}", fields = ".json" }
undo = { kind = "none", why = "signed" }
"#;

fn record(fields: &Value) -> BeforeImage {
    BeforeImage::Read {
        fields: fields.as_object().cloned().unwrap(),
        version: None,
        id: None,
    }
}

#[test]
fn writing_the_mark_of_a_secret_over_the_secret_is_a_change() {
    let before = record(&json!({"iban": REDACTED, "fax": ""}));
    let call = json!({"id": 1, "fields": {"iban": REDACTED, "fax": "1"}});
    let found = classify(&compiled(PACK, "update"), "s", &call, &before);
    assert_eq!((found.level, found.changes.len()), (Level::HighImpact, 2));
}

#[test]
fn the_record_s_own_text_is_looked_through_even_without_changes() {
    let before = record(&json!({"body": "My lawyer will call you"}));
    let call = json!({"id": 1, "text": "hello"});
    let found = classify(&compiled(PACK, "reply"), "s", &call, &before);
    assert!(found.sensitive.contains("legal-threat"));
}

#[test]
fn a_way_back_is_promised_only_where_there_is_one() {
    let update = compiled(PACK, "update");
    let call = json!({"id": 1, "fields": {"fax": "1"}});
    let failed = BeforeImage::Failed { why: "x".into() };
    for before in [BeforeImage::Missing, BeforeImage::NotReadable, failed] {
        let found = classify(&update, "s", &call, &before);
        assert!(matches!(found.undo, UndoPlan::None { .. }), "{before:?}");
    }
    let public = json!({"id": 1, "text": "hi", "public": true});
    let found = classify(
        &compiled(PACK, "reply"),
        "s",
        &public,
        &record(&json!({"body": ""})),
    );
    assert_eq!(found.effect, Effect::Send);
    assert!(matches!(found.undo, UndoPlan::None { .. }));
}

#[test]
fn amounts_below_zero_or_too_large_are_unknown() {
    for cents in [json!(-1), json!(u64::MAX)] {
        let found = classify(
            &compiled(PACK, "refund"),
            "s",
            &json!({"cents": cents}),
            &BeforeImage::NotNeeded,
        );
        assert_eq!((found.amount_cents, found.unknowns.len()), (None, 1));
    }
}

#[test]
fn raising_never_makes_lighter() {
    let call = |replace: bool| {
        let arguments = json!({"id": 1, "fields": {"note": "n"}, "replace": replace});
        classify(
            &compiled(PACK, "contract"),
            "s",
            &arguments,
            &record(&json!({})),
        )
    };
    assert_eq!(call(false).level, Level::HighImpact);
    assert_eq!(call(true).effect, Effect::Update);
    assert_eq!(call(true).level, Level::HighImpact);
}

#[test]
fn a_call_with_very_many_values_is_held_at_once_instead_of_worked_through() {
    let add = shipped("memory", "add_observations");
    let contents: Vec<String> = (0..20_000).map(|n| format!("fact {n}")).collect();
    let call = json!({"observations": [{"entityName": "ada", "contents": contents}]});
    let found = seen(&add, &call, &graph());
    assert_eq!(found.level, Level::HighImpact);
    assert!(
        found
            .unknowns
            .iter()
            .any(|why| why.contains("more than 10000 values")),
        "{:?}",
        found.unknowns
    );
    // The record's own answer is limited in the same way.
    let many = json!({"content": [], "structuredContent": {"entities": vec!["x"; 20_000]}});
    let before = add.before_image(&call, &many, &Redactor::new::<&str>(&[]));
    assert!(matches!(before, BeforeImage::Failed { .. }), "{before:?}");
}
