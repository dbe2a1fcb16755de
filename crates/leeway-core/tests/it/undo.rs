//! Undo: the three-way comparison, and leaving fields out of a call.

use crate::cases::{change, image, tool_of};
use leeway_core::classify::compiled::{CompiledPack, CompiledTool};
use leeway_core::classify::pack::Pack;
use leeway_core::classify::{BeforeImage, FieldChange};
use leeway_core::undo::fields::{Compared, alike, compare, compare_made};
use leeway_core::undo::forms::Normal;
use leeway_core::undo::narrow::{Call, Inseparable, Want};
use leeway_core::undo::{FieldUndo, Finding};
use proptest::prelude::*;
use serde_json::{Value, json};

/// What is found of a field `f` that was `o`, was set to `n`, read back as `after`, and is `c` now.
pub fn found(o: Value, n: Value, (after, c): (Option<Value>, Value)) -> FieldUndo {
    let after = after.map(|after| image(json!({ "f": after })));
    let now = image(json!({ "f": c.clone() }));
    let undo = if alike(&c, &o) {
        vec![]
    } else {
        vec![change("f", c, o.clone())]
    };
    let mut found = compare(&Compared {
        done: &[change("f", o, n)],
        before: None,
        after: after.as_ref(),
        now: &now,
        undo: &undo,
        additive: &[],
        normal: &Normal::new(),
        left_out: &[],
    });
    assert_eq!(found.len(), 1);
    found.remove(0)
}

#[test]
fn a_field_is_set_back_only_while_it_has_what_was_written() {
    let finding = |o: &str, n: &str, after: Option<&str>, c: &str| {
        found(
            json!(o),
            json!(n),
            (after.map(|after| json!(after)), json!(c)),
        )
        .finding
    };
    assert_eq!(finding("old", "new", Some("new"), "new"), Finding::Restore);
    assert_eq!(finding("old", "new", None, "new"), Finding::Restore);
    assert_eq!(
        finding("old", "new", Some("new"), "old"),
        Finding::AlreadyBack
    );
    assert_eq!(
        finding("old", "new", Some("new"), "human"),
        Finding::Changed
    );
    // Another value right after the write is not ours to overwrite, and nobody is said to have changed it.
    assert_eq!(
        finding("old", "new", Some("cut"), "cut"),
        Finding::Otherwise
    );
    assert_eq!(
        finding("old", "new", Some("cut"), "human"),
        Finding::Changed
    );
    // A write that showed late is there all the same.
    assert_eq!(finding("old", "new", Some("old"), "new"), Finding::Restore);
    assert_eq!(finding("old", "new ", Some("new"), "new"), Finding::Restore);
}

#[test]
fn what_was_hidden_is_not_written_back() {
    let one = found(json!("[redacted]"), json!("x"), (None, json!("x")));
    assert_eq!(one.finding, Finding::Unknown);
    let unread = FieldChange {
        old_known: false,
        ..change("f", json!(null), json!("x"))
    };
    let found = compare(&Compared {
        done: &[unread],
        before: None,
        after: None,
        now: &image(json!({ "f": "x" })),
        undo: &[change("f", json!("x"), json!(null))],
        additive: &[],
        normal: &Normal::new(),
        left_out: &[],
    });
    assert_eq!(found[0].finding, Finding::Unknown);
}

#[test]
fn a_field_that_only_the_way_back_would_touch_counts_as_changed_since() {
    let found = compare(&Compared {
        done: &[change("stage", json!("a"), json!("b"))],
        before: None,
        after: None,
        now: &image(json!({ "stage": "b", "phone": "human" })),
        undo: &[
            change("stage", json!("b"), json!("a")),
            change("phone", json!("human"), json!("1")),
        ],
        additive: &[],
        normal: &Normal::new(),
        left_out: &[],
    });
    let findings: Vec<_> = found
        .iter()
        .map(|one| (one.field.as_str(), one.finding))
        .collect();
    assert_eq!(
        findings,
        [("stage", Finding::Restore), ("phone", Finding::Changed)]
    );
}

#[test]
fn members_added_to_a_list_are_taken_out_and_others_stay() {
    let found = compare(&Compared {
        done: &[change("tags", json!(["a"]), json!(["a", "bot"]))],
        before: None,
        after: Some(&image(json!({ "tags": ["a", "bot"] }))),
        now: &image(json!({ "tags": ["a", "bot", "human"] })),
        undo: &[change("tags", json!(["a", "bot", "human"]), json!(["a"]))],
        additive: &["tags".into()],
        normal: &Normal::new(),
        left_out: &[],
    });
    assert_eq!(found[0].finding, Finding::Restore);
    assert_eq!(found[0].back, json!(["a", "human"]));
}

#[test]
fn what_was_made_is_deleted_only_while_nothing_was_added_to_it() {
    let made = image(json!({ "title": "call", "notes": null }));
    let worst = |now: Value| {
        compare_made(Some(&made), &image(now))
            .into_iter()
            .any(|one| one.finding != Finding::Restore)
    };
    assert!(!worst(json!({ "title": "call", "notes": "" })));
    assert!(worst(
        json!({ "title": "call", "notes": "the customer called" })
    ));
    assert!(worst(json!({ "title": "called", "notes": null })));
    assert!(worst(json!({ "title": "call", "comments": 1 })));
    let marked = |version: &str| BeforeImage::Read {
        fields: json!({ "title": "call" }).as_object().cloned().unwrap(),
        version: Some(version.into()),
        id: None,
    };
    let touched = compare_made(Some(&marked("1")), &marked("2"));
    assert!(touched.iter().any(|one| one.finding == Finding::Changed));
    assert_eq!(compare_made(Some(&made), &BeforeImage::Missing), vec![]);
    assert_eq!(compare_made(None, &made)[0].finding, Finding::Unreadable);
}

#[test]
fn values_are_alike_as_a_business_system_keeps_them() {
    let same = [
        (json!(null), json!("")),
        (json!(5), json!("5")),
        (json!(5), json!(5.0)),
        (json!(["a", "b"]), json!(["b", "a"])),
        (json!(" text\r\n"), json!("text")),
    ];
    for (one, other) in same {
        assert!(alike(&one, &other), "{one} {other}");
    }
    let differ = [
        (json!("007"), json!("7")),
        (json!(["a", "a"]), json!(["a"])),
        (json!("A"), json!("a")),
        (json!(0), json!(null)),
        (json!(false), json!(null)),
        (json!("[redacted]"), json!("[redacted]")),
    ];
    for (one, other) in differ {
        assert!(!alike(&one, &other), "{one} {other}");
    }
}

proptest! {
    /// Whatever happened, a value that is neither the old one nor the one written is kept.
    #[test]
    fn nothing_of_somebody_elses_is_set_back(
        o in "[a-c]{0,2}", n in "[a-c]{0,2}", after in proptest::option::of("[a-c]{0,2}"), c in "[a-c]{0,2}",
    ) {
        let one = found(json!(o), json!(n), (after.map(|after| json!(after)), json!(c)));
        if one.finding == Finding::Restore {
            prop_assert!(alike(&json!(c), &json!(n)));
            prop_assert!(alike(&one.back, &json!(o)));
        }
    }
}

const PACK: &str = r#"
name = "crm"
title = "CRM"
[tool.get]
effect = "read"
[tool.set]
effect = "update"
record = { type = "contact", id = ".id" }
changes = ".fields"
read = { tool = "get", arguments = "{id: .id}", fields = ".json" }
undo = { kind = "exact", tool = "set", arguments = "{id, fields: $before}", summary = "Back." }
[tool.flat]
effect = "update"
record = { type = "contact", id = ".id" }
changes = "del(.id, .metadata) + (.metadata // {} | with_entries(.key |= \"metadata.\" + .))"
read = { tool = "get", arguments = "{id: .id}", fields = ".json" }
undo = { kind = "none", why = "test" }
[tool.text]
effect = "update"
record = { type = "contact", id = ".id" }
changes = ".line | split(\",\") | {first: .[0], last: .[1]}"
read = { tool = "get", arguments = "{id: .id}", fields = ".json" }
undo = { kind = "none", why = "test" }
"#;

fn tool(name: &str) -> CompiledTool {
    tool_of(PACK, name)
}

fn narrowed(
    name: &str,
    (arguments, now): (Value, Value),
    want: impl Fn(&FieldChange) -> Want,
) -> Result<Value, Inseparable> {
    let tool = tool(name);
    let now = image(now);
    Call {
        tool: &tool,
        now: &now,
    }
    .narrow(&arguments, want)
}

fn only(kept: &'static str) -> impl Fn(&FieldChange) -> Want {
    move |change| {
        if change.field == kept {
            Want::AsIs
        } else {
            Want::Without
        }
    }
}

#[test]
fn a_field_is_left_out_wherever_it_stands() {
    let nested = json!({"id": "1", "fields": {"stage": "a", "phone": "1"}});
    let now = json!({"stage": "b", "phone": "2"});
    assert_eq!(
        narrowed("set", (nested, now), only("stage")),
        Ok(json!({"id": "1", "fields": {"stage": "a"}}))
    );
    let flat = json!({"id": "1", "stage": "a", "metadata": {"tier": "x", "vip": "no"}});
    let now = json!({"stage": "b", "metadata.tier": "y", "metadata.vip": "yes"});
    assert_eq!(
        narrowed("flat", (flat, now), only("metadata.vip")),
        Ok(json!({"id": "1", "metadata": {"vip": "no"}}))
    );
}

#[test]
fn a_field_is_given_another_value_where_it_stands() {
    let call = json!({"id": "1", "fields": {"tags": ["a"], "phone": "1"}});
    let now = json!({"tags": ["a", "bot", "human"], "phone": "2"});
    let want = |change: &FieldChange| match change.field.as_str() {
        "tags" => Want::Value(json!(["a", "human"])),
        _ => Want::Without,
    };
    assert_eq!(
        narrowed("set", (call, now), want),
        Ok(json!({"id": "1", "fields": {"tags": ["a", "human"]}}))
    );
}

#[test]
fn what_cannot_be_told_apart_is_not_called_at_all() {
    let call = json!({"id": "1", "line": "Ann,Lee"});
    let now = json!({"first": "Anna", "last": "Leigh"});
    assert_eq!(
        narrowed("text", (call, now), only("first")),
        Err(Inseparable)
    );
}

#[test]
fn the_sandboxes_own_way_back_is_narrowed() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let text = std::fs::read_to_string(root.join("packs/sandbox.toml")).unwrap();
    let pack = CompiledPack::compile(Pack::parse(&text).unwrap()).unwrap();
    let now = image(json!({"city": "Oxford", "title": "Director", "notes": "bot"}));
    let call = Call {
        tool: &pack.tools["update_contact"],
        now: &now,
    };
    // The members stand in the record's order, and taking one out may move others.
    let back = json!({"id": "c-102", "fields": {"title": "Owner", "city": "London", "notes": ""}});
    assert_eq!(call.changes(&back).len(), 3);
    let want = |change: &FieldChange| match change.field.as_str() {
        "title" => Want::Without,
        _ => Want::AsIs,
    };
    assert_eq!(
        call.narrow(&back, want),
        Ok(json!({"id": "c-102", "fields": {"city": "London", "notes": ""}}))
    );
}
