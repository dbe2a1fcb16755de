//! What a reading proves of an outcome and of an undo.

use crate::cases::{change, classified, image};
use crate::undo::found;
use crate::undo_life::undo_id;
use leeway_core::action::event::Outcome;
use leeway_core::classify::{BeforeImage, Effect, FieldChange, Level};
use leeway_core::undo::forms::Normal;
use leeway_core::undo::proof::Readings;
use leeway_core::undo::read_back::{ReadBack, of_action, of_answered_undo, of_undo};
use leeway_core::undo::{Undoes, Way};
use serde_json::{Value, json};

pub fn said(back: &ReadBack) -> &'static str {
    match back {
        ReadBack::Tells(Outcome::Executed, _) => "done",
        ReadBack::Tells(Outcome::Failed, _) => "not done",
        ReadBack::Tells(..) => "in part",
        ReadBack::Later => "later",
        ReadBack::AskAPerson(_) => "ask",
    }
}

#[test]
fn an_unknown_outcome_is_told_only_by_what_the_record_shows() {
    let of = |effect, changes: Vec<FieldChange>, now: &BeforeImage, late| {
        let mut classified = classified(effect, Level::HighImpact);
        classified.changes = changes;
        let read = (&BeforeImage::NotNeeded, now, &Normal::new());
        said(&of_action(&classified, read, late))
    };
    let set = || vec![change("stage", json!("a"), json!("b"))];
    let at = |value: &str| image(json!({ "stage": value }));
    assert_eq!(of(Effect::Update, set(), &at("b"), false), "done");
    assert_eq!(of(Effect::Update, set(), &at("a"), false), "later");
    assert_eq!(of(Effect::Update, set(), &at("a"), true), "not done");
    assert_eq!(of(Effect::Update, set(), &at("c"), true), "ask");
    // A reply is no field of the ticket: an unchanged ticket says nothing about it.
    let reply = || vec![change("reply", json!(null), json!("hello"))];
    assert_eq!(of(Effect::Send, reply(), &at("a"), true), "ask");
    // Money that the record shows nothing of may still be on its way.
    let paid = || vec![change("refunded", json!(0), json!(700))];
    let refunded = |cents: u64| image(json!({ "refunded": cents }));
    assert_eq!(of(Effect::Pay, paid(), &refunded(700), false), "done");
    assert_eq!(of(Effect::Pay, paid(), &refunded(0), false), "later");
    assert_eq!(of(Effect::Pay, paid(), &refunded(0), true), "ask");
    // Nobody saw it there, so that it is not there says nothing.
    assert_eq!(
        of(Effect::Delete, vec![], &BeforeImage::Missing, true),
        "ask"
    );
    assert_eq!(
        of(Effect::Update, set(), &BeforeImage::Missing, true),
        "ask"
    );
    let failed = BeforeImage::Failed { why: "down".into() };
    assert_eq!(of(Effect::Update, set(), &failed, true), "later");
    let unread = FieldChange {
        old_known: false,
        ..change("stage", json!(null), json!("b"))
    };
    let blank = image(json!({ "stage": null }));
    assert_eq!(of(Effect::Update, vec![unread], &blank, true), "ask");
}

#[test]
fn what_is_as_it_was_before_was_neither_made_nor_deleted() {
    let of = |effect, before: &BeforeImage, now: &BeforeImage| {
        let classified = classified(effect, Level::HighImpact);
        said(&of_action(&classified, (before, now, &Normal::new()), true))
    };
    let (gone, there) = (BeforeImage::Missing, image(json!({ "a": 1 })));
    assert_eq!(of(Effect::Create, &gone, &gone), "not done");
    assert_eq!(of(Effect::Create, &BeforeImage::NotNeeded, &gone), "ask");
    assert_eq!(of(Effect::Delete, &there, &there), "not done");
    assert_eq!(of(Effect::Delete, &there, &image(json!({ "a": 2 }))), "ask");
    assert_eq!(of(Effect::Send, &gone, &gone), "ask");
    assert_eq!(of(Effect::Delete, &there, &gone), "done");
    assert_eq!(of(Effect::Delete, &gone, &gone), "not done");
    let failed = BeforeImage::Failed { why: "down".into() };
    assert_eq!(of(Effect::Delete, &failed, &gone), "ask");
}

#[test]
fn a_change_of_form_alone_does_not_tell_whether_it_was_made() {
    let email: Normal = serde_json::from_value(json!({ "email": "lower" })).unwrap();
    let of = |field: &str, (old, new): (Value, Value), now: Value| {
        let mut classified = classified(Effect::Update, Level::HighImpact);
        classified.changes = vec![change(field, old, new)];
        let now = image(json!({ field: now }));
        said(&of_action(
            &classified,
            (&BeforeImage::NotNeeded, &now, &email),
            true,
        ))
    };
    for (field, old, new, now, expected) in [
        (
            "tags",
            json!(["a", "b"]),
            json!(["b", "a"]),
            json!(["a", "b"]),
            "ask",
        ),
        (
            "tags",
            json!(["a", "b"]),
            json!(["b", "a"]),
            json!(["b", "a"]),
            "ask",
        ),
        ("name", json!("Kim"), json!("Kim "), json!("Kim"), "ask"),
        ("plan", json!("5"), json!(5), json!("5"), "ask"),
        (
            "email",
            json!("Kim@a.at"),
            json!("KIM@a.at"),
            json!("kim@a.at"),
            "ask",
        ),
        (
            "mail",
            json!("kim@a.at"),
            json!("Kim@a.at"),
            json!("kim@a.at"),
            "ask",
        ),
        (
            "name",
            json!("Kim"),
            json!("Kimi"),
            json!("Kim"),
            "not done",
        ),
        ("name", json!("Kim"), json!("Kimi"), json!("Kimi "), "done"),
        (
            "tags",
            json!(["a"]),
            json!(["a", "b"]),
            json!(["b", "a"]),
            "done",
        ),
    ] {
        assert_eq!(
            of(field, (old.clone(), new.clone()), now.clone()),
            expected,
            "{old} {new} {now}"
        );
    }
    // One field that tells is enough for the whole call.
    let mut classified = classified(Effect::Update, Level::HighImpact);
    classified.changes = vec![
        change("name", json!("Kim"), json!("Kim ")),
        change("stage", json!("a"), json!("b")),
    ];
    let read = |stage: &str| image(json!({ "name": "Kim", "stage": stage }));
    let of = |now: &BeforeImage| {
        said(&of_action(
            &classified,
            (&BeforeImage::NotNeeded, now, &email),
            true,
        ))
    };
    assert_eq!(of(&read("b")), "done");
    assert_eq!(of(&read("a")), "not done");
}

pub fn undoes(way: Way) -> Undoes {
    Undoes {
        action: undo_id(),
        by: "ann@b.c".into(),
        way,
        summary: "back".into(),
        fields: vec![found(json!("old"), json!("new"), (None, json!("new")))],
        forced: vec![],
        kept: vec![],
        left: vec![],
        seen: image(json!({ "f": "new" })),
        batch: None,
    }
}

/// The readings after an undo: the record now, as it was before the action, and what was made anew.
pub fn readings<'a>(
    now: &'a BeforeImage,
    before: Option<&'a BeforeImage>,
    made: Option<&'a BeforeImage>,
) -> Readings<'a> {
    static NONE: Normal = Normal::new();
    Readings {
        now,
        before,
        own: None,
        made,
        normal: &NONE,
    }
}

#[test]
fn an_undo_without_an_answer_is_never_taken_for_done_on_what_cannot_show_it() {
    let at = |value: &str| image(json!({ "f": value }));
    let gone = &BeforeImage::Missing;
    let cases = [
        (Way::Fields, &at("old"), false, "done"),
        (Way::Fields, &at("new"), false, "later"),
        (Way::Fields, &at("new"), true, "not done"),
        (Way::Fields, &at("human"), true, "ask"),
        (Way::Fields, gone, true, "ask"),
        (Way::Unmake, gone, false, "done"),
        (Way::Unmake, &at("new"), true, "not done"),
        (Way::Remake, &at("old"), false, "done"),
        (Way::Remake, gone, true, "ask"),
        (Way::Offset, &at("new"), true, "ask"),
        (Way::Offset, gone, true, "ask"),
    ];
    for (way, now, late, expected) in cases {
        assert_eq!(
            said(&of_undo(&undoes(way), &readings(now, None, None), late)),
            expected,
            "{way:?} {now:?}"
        );
    }
}

/// What is said of an undo that was answered: `undone`, `not confirmed`, `failed` or `partial`.
pub fn answered(undoes: &Undoes, read: &Readings<'_>) -> &'static str {
    let answered = of_answered_undo(undoes, read, "contact 1 in crm");
    match (answered.outcome, answered.confirmed) {
        (Outcome::Executed, true) => "undone",
        (Outcome::Executed, false) => {
            assert!(answered.note.contains("Look at contact 1 in crm"));
            "not confirmed"
        }
        (Outcome::Partial, false) => "partial",
        (Outcome::Failed, false) => "failed",
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_undo_that_was_answered_is_undone_only_where_a_reading_proves_it() {
    let at = |value: &str| image(json!({ "f": value }));
    let failed = BeforeImage::Failed { why: "down".into() };
    let before = at("old");
    let cases = [
        (Way::Fields, at("old"), None, "undone"),
        (Way::Fields, at("new"), None, "failed"),
        (Way::Fields, image(json!({})), None, "not confirmed"),
        (Way::Fields, BeforeImage::Missing, None, "not confirmed"),
        (Way::Fields, BeforeImage::NotReadable, None, "not confirmed"),
        (Way::Fields, failed.clone(), None, "not confirmed"),
        (Way::Unmake, BeforeImage::Missing, None, "undone"),
        (Way::Unmake, at("new"), None, "failed"),
        (Way::Unmake, at("archived"), None, "not confirmed"),
        (Way::Unmake, failed.clone(), None, "not confirmed"),
        (Way::Unmake, BeforeImage::NotNeeded, None, "not confirmed"),
        (Way::Remake, at("old"), None, "undone"),
        (Way::Remake, at("empty shell"), None, "not confirmed"),
        (Way::Remake, at("new"), None, "failed"),
        (Way::Remake, BeforeImage::Missing, None, "not confirmed"),
        (Way::Remake, BeforeImage::NotReadable, None, "not confirmed"),
        (Way::Remake, BeforeImage::Missing, Some(at("old")), "undone"),
        (
            Way::Remake,
            BeforeImage::Missing,
            Some(at("empty shell")),
            "not confirmed",
        ),
        (
            Way::Remake,
            BeforeImage::Missing,
            Some(BeforeImage::Missing),
            "not confirmed",
        ),
        (Way::Offset, at("old"), None, "not confirmed"),
        (Way::Offset, BeforeImage::NotReadable, None, "not confirmed"),
        (
            Way::Offset,
            BeforeImage::NotReadable,
            Some(at("refund")),
            "undone",
        ),
    ];
    for (way, now, made, expected) in cases {
        let read = readings(&now, Some(&before), made.as_ref());
        assert_eq!(
            answered(&undoes(way), &read),
            expected,
            "{way:?} {now:?} {made:?}"
        );
    }
}

#[test]
fn a_new_act_that_offsets_one_is_proven_by_its_own_record() {
    let mut own = classified(Effect::Update, Level::HighImpact);
    own.changes = vec![
        change("status", json!("open"), json!("void")),
        change("note", json!(null), json!("by mistake")),
    ];
    let said = |own: &leeway_core::classify::Classified, after: &BeforeImage| {
        let mut read = readings(&BeforeImage::NotReadable, None, None);
        read.own = Some((own, after));
        answered(&undoes(Way::Offset), &read)
    };
    let after = |status: &str, note: &str| image(json!({ "status": status, "note": note }));
    assert_eq!(said(&own, &after("VOID", "by mistake")), "undone");
    assert_eq!(said(&own, &after("open", "by mistake")), "partial");
    assert_eq!(said(&own, &after("open", "")), "failed");
    assert_eq!(
        said(&own, &image(json!({ "status": "void" }))),
        "not confirmed"
    );
    assert_eq!(said(&own, &BeforeImage::NotReadable), "not confirmed");
    let deletes = classified(Effect::Delete, Level::HighImpact);
    assert_eq!(said(&deletes, &BeforeImage::Missing), "undone");
    assert_eq!(said(&deletes, &after("open", "")), "not confirmed");
}

#[test]
fn a_record_that_is_kept_when_deleted_is_back_only_without_its_mark() {
    let mut undo = undoes(Way::Remake);
    let before = image(json!({ "name": "Ann", "deleted_at": null, "updated_at": 1 }));
    undo.seen = image(json!({ "name": "Ann", "deleted_at": "2026-11-30", "updated_at": 2 }));
    let now = |deleted: Value, updated: u32| {
        image(json!({ "name": "Ann", "deleted_at": deleted, "updated_at": updated }))
    };
    let said = |now: &BeforeImage| answered(&undo, &readings(now, Some(&before), None));
    assert_eq!(said(&now(json!(null), 3)), "undone");
    assert_eq!(said(&now(json!("2026-11-30"), 3)), "failed");
    assert_eq!(said(&now(json!("2026-12-01"), 3)), "not confirmed");
}
