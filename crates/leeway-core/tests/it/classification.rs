//! Levels from the live record, and that classification never fails.

use leeway_core::classify::classified::{classify, given_up};
use leeway_core::classify::compiled::{CompiledPack, CompiledTool};
use leeway_core::classify::pack::Pack;
use leeway_core::classify::{Area, BeforeImage, Effect, Level, UndoPlan};
use proptest::prelude::*;
use serde_json::{Value, json};

const PACK: &str = r#"
name = "crm"
title = "CRM"

[tool.get]
effect = "read"

[tool.update]
effect = "update"
record = { type = "contact", id = ".id" }
changes = ".fields"
additive = ["tags"]
critical = ["owner"]
field_areas = { owner = ["ownership"] }
read = { tool = "get", arguments = "{id: .id}", fields = ".json" }
undo = { kind = "exact", tool = "update", arguments = "{id: .id, fields: $before}", summary = "Writes the old values back." }

[tool.note]
effect = "draft"
raise = [{ when = ".public == true", effect = "send" }]
text = ".text"
undo = { kind = "none", why = "it stays" }

[tool.save]
effect = "draft"
record = { type = "contact", id = ".id" }
raise = [{ when = ".final == true", effect = "update" }]
read = { tool = "get", arguments = "{id: .id}", fields = ".json" }
undo = { kind = "none", why = "it stays" }

[tool.refund]
effect = "pay"
amount_cents = ".cents"
undo = { kind = "none", why = "money is gone" }

[tool.delete]
effect = "delete"
record = { type = "contact", id = ".id" }
read = { tool = "get", arguments = "{id: .id}", fields = ".json" }
undo = { kind = "none", why = "gone" }
"#;

fn tool(name: &str) -> CompiledTool {
    CompiledPack::compile(Pack::parse(PACK).unwrap())
        .unwrap()
        .tools[name]
        .clone()
}

fn read(fields: Value) -> BeforeImage {
    BeforeImage::Read {
        fields: fields.as_object().cloned().unwrap(),
        version: None,
        id: None,
    }
}

#[test]
fn the_level_of_an_update_depends_on_the_record_as_it_is() {
    let record =
        || read(json!({"phone": "", "city": "Graz", "owner": null, "tags": ["a"], "fax": "  "}));
    for (fields, before, level, changes) in [
        (json!({"phone": "1"}), record(), Level::LowRisk, 1),
        (json!({"fax": "1"}), record(), Level::LowRisk, 1),
        (json!({"new": "1"}), record(), Level::HighImpact, 1),
        (json!({"city": "Linz"}), record(), Level::HighImpact, 1),
        (json!({"city": "Graz"}), record(), Level::LowRisk, 0),
        (json!({"phone": null}), record(), Level::LowRisk, 0),
        (json!({"owner": "eve"}), record(), Level::HighImpact, 1),
        (
            json!({"phone": "1", "city": "Linz"}),
            record(),
            Level::HighImpact,
            2,
        ),
        (json!({"tags": ["a", "b"]}), record(), Level::LowRisk, 1),
        (json!({"tags": ["b"]}), record(), Level::HighImpact, 1),
        (
            json!({"phone": "1"}),
            BeforeImage::NotReadable,
            Level::HighImpact,
            1,
        ),
        (
            json!({"phone": "1"}),
            BeforeImage::Missing,
            Level::HighImpact,
            1,
        ),
        (
            json!({"phone": "1"}),
            BeforeImage::Failed { why: "x".into() },
            Level::HighImpact,
            1,
        ),
    ] {
        let found = classify(
            &tool("update"),
            "crm",
            &json!({"id": "c-1", "fields": fields}),
            &before,
        );
        assert_eq!(
            (found.level, found.changes.len()),
            (level, changes),
            "{fields} {before:?}"
        );
        assert!(!found.why.is_empty());
    }
}

#[test]
fn owner_touches_ownership_and_the_undo_plan_holds_the_old_values() {
    let before = read(json!({"owner": "ann"}));
    let found = classify(
        &tool("update"),
        "crm",
        &json!({"id": "c-1", "fields": {"owner": "eve"}}),
        &before,
    );
    assert!(found.areas.contains(&Area::Ownership));
    let UndoPlan::Exact {
        arguments: Some(arguments),
        ..
    } = found.undo
    else {
        panic!("{:?}", found.undo);
    };
    assert_eq!(arguments, json!({"id": "c-1", "fields": {"owner": "ann"}}));
}

#[test]
fn arguments_raise_the_effect_and_a_failing_condition_counts_as_raised() {
    let level =
        |arguments: Value| classify(&tool("note"), "crm", &arguments, &BeforeImage::NotNeeded);
    assert_eq!(level(json!({"text": "hi"})).level, Level::DraftOnly);
    assert_eq!(
        level(json!({"text": "hi", "public": true})).effect,
        Effect::Send
    );
    let broken = classify(
        &tool("note"),
        "crm",
        &json!("no object"),
        &BeforeImage::NotNeeded,
    );
    assert_eq!(broken.effect, Effect::Send);
    assert!(!broken.unknowns.is_empty());
    assert!(
        level(json!({"text": "my lawyer will call"}))
            .sensitive
            .contains("legal-threat")
    );
}

#[test]
fn a_draft_raised_to_an_update_is_not_taken_for_one_that_changes_nothing() {
    let arguments = json!({"id": "c-1", "final": true});
    let found = classify(
        &tool("save"),
        "crm",
        &arguments,
        &read(json!({"city": "Graz"})),
    );
    assert_eq!(
        (found.effect, found.level),
        (Effect::Update, Level::HighImpact)
    );
}

#[test]
fn amounts_are_whole_cents_or_unknown() {
    let amount = |cents: Value| {
        classify(
            &tool("refund"),
            "crm",
            &json!({"cents": cents}),
            &BeforeImage::NotNeeded,
        )
    };
    assert_eq!(amount(json!(500)).amount_cents, Some(500));
    for odd in [json!(5.5), json!("500"), Value::Null] {
        let found = amount(odd);
        assert!(
            found.amount_cents.is_none() && found.amount_expected && !found.unknowns.is_empty()
        );
    }
}

#[test]
fn a_deletion_shows_what_is_lost() {
    let found = classify(
        &tool("delete"),
        "crm",
        &json!({"id": 7}),
        &read(json!({"name": "Ada", "fax": ""})),
    );
    assert_eq!(found.record.unwrap().id, "7");
    assert_eq!(found.level, Level::HighImpact);
    assert!(found.areas.contains(&Area::MergeDelete));
    assert_eq!(found.changes.len(), 1);
}

#[test]
fn every_problem_of_a_pack_is_reported_at_once() {
    let bad = r#"
name = "bad"
title = "Bad"
[tool.update]
effect = "update"
changes = ".fields |"
read = { tool = "gett", arguments = "{}", fields = ".json" }
[tool.get]
effect = "read"
[tool.send]
effect = "send"
undo = { kind = "exact", tool = "unsend", arguments = "now", summary = "x" }
"#;
    let problems = CompiledPack::compile(Pack::parse(bad).unwrap()).unwrap_err();
    let codes: Vec<&str> = problems.iter().map(|problem| problem.code).collect();
    for code in [
        "filter-invalid",
        "read-tool-unknown",
        "undo-missing",
        "record-missing",
        "undo-tool-unknown",
    ] {
        assert!(codes.contains(&code), "{code} in {codes:?}");
    }
    assert!(
        problems
            .iter()
            .any(|problem| problem.help.contains("`get`"))
    );
    assert!(
        problems
            .iter()
            .any(|problem| problem.path == "tool.update.changes")
    );
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(
                "id|fields|owner|phone|text|public|cents|.{0,3}",
                inner,
                0..4
            )
            .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn classification_is_total_and_what_is_not_known_is_never_low(
        name in prop::sample::select(vec!["get", "update", "note", "refund", "delete"]),
        arguments in json_value(),
        record in json_value(),
    ) {
        let before = match record {
            Value::Object(fields) => BeforeImage::Read {
                fields,
                version: None,
                id: None,
            },
            _ => BeforeImage::NotReadable,
        };
        let found = classify(&tool(name), "crm", &arguments, &before);
        if !found.unknowns.is_empty() {
            prop_assert!(found.level >= Level::HighImpact);
        }
        if before == BeforeImage::NotReadable && name == "update" {
            prop_assert!(found.level >= Level::HighImpact);
        }
    }
}

#[test]
fn what_was_given_up_counts_every_filter_as_failed() {
    let before = read(json!({"city": "Graz"}));
    for (name, arguments, effect, level) in [
        (
            "update",
            json!({"id": "c-1", "fields": {"phone": "1"}}),
            Effect::Update,
            Level::HighImpact,
        ),
        (
            "note",
            json!({"text": "hello"}),
            Effect::Send,
            Level::External,
        ),
        (
            "save",
            json!({"id": "c-1"}),
            Effect::Update,
            Level::HighImpact,
        ),
        ("refund", json!({"cents": 1}), Effect::Pay, Level::External),
    ] {
        let classified = given_up(&tool(name), &arguments, &before, "it took too long");
        assert_eq!(
            (classified.effect, classified.level),
            (effect, level),
            "{name}"
        );
        assert!(
            classified.unknowns.contains(&"it took too long".to_owned()),
            "{name}"
        );
        assert_eq!(
            (classified.record, classified.amount_cents),
            (None, None),
            "{name}"
        );
    }
}
