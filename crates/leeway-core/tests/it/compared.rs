//! The three-way comparison where lists, forms and hidden values meet.

use crate::cases::{change, image};
use crate::undo::found;
use leeway_core::undo::fields::{Compared, compare, compare_made};
use leeway_core::undo::forms::{Form, Forms, Normal};
use leeway_core::undo::proof::other_than;
use leeway_core::undo::{FieldUndo, Finding};
use serde_json::{Map, Value, json};

/// Old, written, read right after, now.
type Story = [Value; 4];

/// What is found of a field of which the pack says something.
fn told([old, new, after, now]: Story, (additive, normal): (bool, &Normal)) -> FieldUndo {
    let additive = if additive {
        vec!["f".to_owned()]
    } else {
        vec![]
    };
    let mut found = compare(&Compared {
        done: &[change("f", old.clone(), new)],
        before: None,
        after: Some(&image(json!({ "f": after }))),
        now: &image(json!({ "f": now.clone() })),
        undo: &[change("f", now, old)],
        additive: &additive,
        normal,
        left_out: &[],
    });
    assert_eq!(found.len(), 1);
    found.remove(0)
}

#[test]
fn what_is_hidden_then_or_now_may_have_changed_or_not() {
    let (hidden, seen) = (
        image(json!({"pin": "[redacted]"})),
        image(json!({"pin": "1234"})),
    );
    for (made, now) in [(&hidden, &seen), (&seen, &hidden), (&hidden, &hidden)] {
        assert_eq!(
            compare_made(Some(made), now)[0].finding,
            Finding::Unreadable
        );
    }
    let after = Some(json!("[redacted]"));
    let one = found(json!("old"), json!("new"), (after, json!("human")));
    assert_eq!(one.finding, Finding::Unreadable);
}

#[test]
fn a_list_that_was_not_kept_in_its_order_has_none() {
    let story = [
        json!(["x"]),
        json!(["b", "a", "c"]),
        json!(["a", "b", "c"]),
        json!(["c", "b", "a"]),
    ];
    let one = told(story, (false, &Normal::new()));
    assert_eq!(one.finding, Finding::Restore);
}

#[test]
fn a_form_that_the_pack_names_is_the_value_whenever_it_shows() {
    let lower = Normal::from([("f".to_owned(), Forms::One(Form::Lower))]);
    let story = |now: &str| {
        [
            json!("old"),
            json!("Kim@A.com"),
            json!("Kim@A.com"),
            json!(now),
        ]
    };
    let finding = |now: &str, normal: &Normal| told(story(now), (false, normal)).finding;
    assert_eq!(finding("kim@a.com", &lower), Finding::Restore);
    assert_eq!(finding("kim@a.com", &Normal::new()), Finding::Changed);
    assert_eq!(finding("kim@b.com", &lower), Finding::Changed);
    let fields = |value: &str| Map::from_iter([("f".to_owned(), json!(value))]);
    let other = |normal: &Normal| other_than(&fields("Kim"), &fields("kim"), normal);
    assert_eq!(other(&lower), Vec::<String>::new());
    assert_eq!(other(&Normal::new()), ["f"]);
}

#[test]
fn what_changed_along_and_was_changed_since_is_somebody_s() {
    let of = |before: &str, after: &str, now: &str| {
        let at = |status: &str| image(json!({"reply": "hello", "status": status}));
        let found = compare(&Compared {
            done: &[change("reply", json!(null), json!("hello"))],
            before: Some(&at(before)),
            after: Some(&at(after)),
            now: &at(now),
            undo: &[change("status", json!(now), json!("closed"))],
            additive: &[],
            normal: &Normal::new(),
            left_out: &[],
        });
        found[1].finding
    };
    assert_eq!(of("closed", "open", "open"), Finding::Along);
    assert_eq!(of("closed", "open", "pending"), Finding::Changed);
    // What did not change with the action did not change along.
    assert_eq!(of("open", "open", "open"), Finding::Changed);
}

#[test]
fn members_are_taken_out_of_a_list_that_was_blank_and_only_while_they_are_there() {
    let one = |old: Value, now: Value| {
        let new = json!(["a", "bot"]);
        told([old, new.clone(), new, now], (true, &Normal::new()))
    };
    let blank = one(json!(null), json!(["a", "bot", "human"]));
    assert_eq!(
        (blank.finding, blank.back),
        (Finding::Restore, json!(["human"]))
    );
    // Somebody took them out: nothing of it is there to take back.
    let gone = one(json!(["a"]), json!(["a", "human"]));
    assert_eq!(gone.finding, Finding::Changed);
}
