//! What changed along with a call that did not name it.

use crate::cases::{change, classified, image};
use leeway_core::classify::{BeforeImage, Effect, FieldChange, Level};
use leeway_core::undo::along::{Along, changed_along};
use leeway_core::undo::forms::{Form, Forms, Normal};
use serde_json::{Value, json};

#[test]
fn what_a_call_did_not_name_is_listed_but_for_what_systems_change_by_themselves() {
    let mut classified = classified(Effect::Send, Level::External);
    classified.changes = vec![change("reply", json!(null), json!("hello"))];
    let before = json!({
        "status": "closed", "reply": null, "updated_at": 1, "etag": "a", "lastModifiedDate": 1, "amount": "19.90",
        "secret": "[redacted]", "custom": {"stage": "done", "version": 1, "same": 1}, "last_name": "Lee", "seen": 1,
    });
    let after = json!({
        "status": "open", "reply": "hello", "updated_at": 2, "etag": "b", "lastModifiedDate": 2, "amount": 19.90,
        "secret": "[redacted]", "custom": {"stage": "new", "version": 2, "same": 1}, "last_name": "Kim", "seen": 2,
    });
    let normal = Normal::from([
        ("seen".to_owned(), Forms::One(Form::Volatile)),
        ("amount".to_owned(), Forms::One(Form::Number)),
    ]);
    let (found, more) = changed_along(
        &classified,
        (&image(before.clone()), &image(after)),
        &normal,
    );
    let names: Vec<_> = found.iter().map(|one| one.field.as_str()).collect();
    assert_eq!(
        (names, more),
        (vec!["status", "custom.stage", "last_name"], 0)
    );
    assert_eq!(
        (&found[0].before, &found[0].after),
        (&json!("closed"), &json!("open"))
    );
    // It is bounded, in number and in size.
    let many = |value: &str| {
        let fields = (0..50).map(|n| (format!("f{n}"), json!(value.repeat(2_000))));
        BeforeImage::Read {
            fields: fields.collect(),
            version: None,
            id: None,
        }
    };
    let (found, more) = changed_along(&classified, (&many("a"), &many("b")), &Normal::new());
    assert_eq!((found.len(), more), (20, 30));
    assert!(found.iter().all(|one| one.before.to_string().len() < 300));
    let unread = changed_along(
        &classified,
        (&BeforeImage::NotReadable, &image(before)),
        &normal,
    );
    assert_eq!(unread.0, []);
}

/// What changed along with an update of these fields.
fn along(changes: Vec<FieldChange>, before: Value, after: Value) -> (Vec<String>, u32) {
    let classified = leeway_core::classify::Classified {
        changes,
        ..classified(Effect::Update, Level::LowRisk)
    };
    let (found, more) = changed_along(&classified, (&image(before), &image(after)), &Normal::new());
    (found.iter().map(Along::label).collect(), more)
}

#[test]
fn what_the_call_names_does_not_change_along_and_the_rest_of_its_record_does() {
    let of = |fields: &[&str], before: Value, after: Value| {
        let changes = fields
            .iter()
            .map(|field| change(field, json!("a"), json!("b")));
        along(changes.collect(), before, after).0
    };
    let (before, after) = (
        json!({"name": "a", "in": {"x": "a", "y": "a"}, "gone": "a"}),
        json!({"name": "b", "in": {"x": "b", "y": "b"}, "new": "b"}),
    );
    assert_eq!(
        of(&["name"], before.clone(), after.clone()),
        ["in.x", "in.y", "new", "gone"]
    );
    assert_eq!(
        of(&["in"], before.clone(), after.clone()),
        ["name", "new", "gone"]
    );
    // Of what is looked into, only the named member is left out.
    assert_eq!(
        of(&["in.x"], before.clone(), after.clone()),
        ["name", "in.y", "new", "gone"]
    );
    assert_eq!(of(&["inn"], before, after).len(), 5);
    // As deep as is looked; what lies deeper is one value, and the call names a part of it.
    let nested = |levels: usize, value: &str| {
        (0..levels).fold(json!(value), |inner, _| json!({ "m": inner }))
    };
    let path = |levels: usize| vec!["m"; levels].join(".");
    assert_eq!(of(&["other"], nested(5, "a"), nested(5, "b")), [path(5)]);
    assert_eq!(of(&["other"], nested(7, "a"), nested(7, "b")), [path(5)]);
    assert!(of(&[path(7).as_str()], nested(7, "a"), nested(7, "b")).is_empty());
    let beside = |value: &str| json!({"m": {"m": nested(1, value), "n": value}});
    assert_eq!(of(&["m.m.m"], beside("a"), beside("b")), ["m.n"]);
    // What is hidden on both sides says nothing, on one side it does.
    let hidden = || json!({"key": "[redacted]"});
    assert!(of(&["other"], hidden(), hidden()).is_empty());
    assert_eq!(of(&["other"], hidden(), json!({"key": "b"})), ["key"]);
}

#[test]
fn of_several_records_each_is_compared_with_itself() {
    let of_record = |record: &str, field: &str| FieldChange {
        record: Some(record.into()),
        ..change(field, json!("a"), json!("b"))
    };
    let both = |value: &str| json!({"r-1": {"name": value, "fax": value}, "r-2": {"name": value}});
    let (found, more) = along(vec![of_record("r-1", "name")], both("a"), both("b"));
    assert_eq!(
        (found, more),
        (vec!["fax of r-1".to_owned(), "name of r-2".to_owned()], 0)
    );
}

#[test]
fn a_long_value_that_changed_along_is_told_by_its_beginning() {
    let of = |length: usize| {
        let classified = classified(Effect::Update, Level::LowRisk);
        let images = (
            image(json!({"notes": ""})),
            image(json!({"notes": "x".repeat(length)})),
        );
        let (found, _) = changed_along(&classified, (&images.0, &images.1), &Normal::new());
        found[0].after.as_str().unwrap().to_owned()
    };
    // With its quotes it is two longer.
    assert_eq!(of(498), "x".repeat(498));
    assert_eq!(of(499), format!("\"{}… (501 bytes)", "x".repeat(124)));
}
