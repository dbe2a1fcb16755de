//! What is said of a reading, word by word, and what a reading does not prove.

use crate::cases::{change, classified, image};
use crate::undo_proof::{answered, readings, said, undoes};
use leeway_core::action::event::Outcome;
use leeway_core::classify::{BeforeImage, Classified, Effect, FieldChange, Level, RecordRef};
use leeway_core::undo::forms::Normal;
use leeway_core::undo::read_back::{ReadBack, mismatched, of_action, of_undo};
use leeway_core::undo::{FieldUndo, Way};
use serde_json::{Value, json};

fn call(effect: Effect, changes: Vec<FieldChange>) -> Classified {
    Classified {
        changes,
        ..classified(effect, Level::HighImpact)
    }
}

#[test]
fn what_a_reading_tells_of_a_call_is_said_as_it_is() {
    let of = |changes: Vec<FieldChange>, now: Value| {
        let read = (&BeforeImage::NotNeeded, &image(now), &Normal::new());
        of_action(&call(Effect::Update, changes), read, true)
    };
    let set = || vec![change("note", json!("old"), json!("x & y"))];
    let done = |words: &str| ReadBack::Tells(Outcome::Executed, words.to_owned());
    assert_eq!(
        of(vec![], json!({"note": "x"})),
        ReadBack::AskAPerson("Reading its record back does not tell whether it happened.")
    );
    assert_eq!(
        of(set(), json!({"note": "x & y"})),
        done("Read back: the new values are there.")
    );
    assert_eq!(
        of(set(), json!({"note": "<p>x &amp; y</p>"})),
        done("Read back: the new values are there, in the system's own form.")
    );
    assert_eq!(
        of(set(), json!({"note": "human"})),
        ReadBack::AskAPerson("Read back, the record has neither the old nor the new values.")
    );
}

#[test]
fn what_a_reading_does_not_tell_of_an_undo_is_said_by_its_way() {
    let of = |way: Way, now: &BeforeImage| {
        let before = image(json!({"f": "old"}));
        of_undo(&undoes(way), &readings(now, Some(&before), None), true)
    };
    let other = image(json!({"f": "archived"}));
    let as_deleted = image(json!({"f": "new"}));
    for (way, now, words) in [
        (Way::Remake, &other, "It is there again, but not as it was."),
        (
            Way::Remake,
            &as_deleted,
            "It reads as it did before; it may be back under a new id.",
        ),
        (
            Way::Remake,
            &BeforeImage::Missing,
            "It is not there under its old id; it may be under a new one.",
        ),
        (
            Way::Offset,
            &other,
            "Nothing that can be read shows the act that offsets it.",
        ),
        // Systems keep what they delete, marked: that it is not as it was is no proof that nothing was done.
        (
            Way::Unmake,
            &other,
            "Reading its record back does not tell whether it was taken back.",
        ),
        (
            Way::Fields,
            &other,
            "Reading its record back does not tell whether it was taken back.",
        ),
    ] {
        assert_eq!(of(way, now), ReadBack::AskAPerson(words), "{way:?}");
    }
    assert_eq!(
        said(&of(Way::Unmake, &image(json!({"f": "new"})))),
        "not done"
    );
}

#[test]
fn a_deletion_that_left_the_record_as_it_was_did_not_show() {
    let (there, marked) = (
        image(json!({"a": 1, "deleted": null})),
        image(json!({"a": 1, "deleted": "today"})),
    );
    let of =
        |call: &Classified, after: &BeforeImage| mismatched(call, (&there, after), &Normal::new());
    let mut delete = call(Effect::Delete, vec![]);
    assert_eq!(of(&delete, &there), ["record"]);
    assert_eq!(of(&delete, &marked), Vec::<String>::new());
    assert_eq!(of(&delete, &BeforeImage::Missing), Vec::<String>::new());
    delete.record = Some(RecordRef {
        system: "crm".into(),
        record_type: "contact".into(),
        id: "c-1".into(),
    });
    assert_eq!(of(&delete, &there), ["c-1"]);
    // Of a deletion that says which fields it marks, those are looked at; of any other call too.
    let marks = vec![change("deleted", json!(null), json!("today"))];
    let marks = call(Effect::Delete, marks);
    assert_eq!(of(&marks, &there), ["deleted"]);
    assert_eq!(of(&marks, &marked), Vec::<String>::new());
    assert_eq!(
        of(&call(Effect::Update, vec![]), &there),
        Vec::<String>::new()
    );
}

#[test]
fn an_undo_of_several_fields_is_done_where_all_of_them_are_back() {
    let mut undo = undoes(Way::Fields);
    let second = FieldUndo {
        field: "g".into(),
        ..undo.fields[0].clone()
    };
    undo.fields.push(second);
    undo.seen = image(json!({"f": "new", "g": "new"}));
    let of = |f: &str, g: &str| {
        let now = image(json!({"f": f, "g": g}));
        answered(&undo, &readings(&now, None, None))
    };
    assert_eq!(of("old", "old"), "undone");
    assert_eq!(of("old", "new"), "partial");
    assert_eq!(of("new", "new"), "failed");
    assert_eq!(of("old", "[redacted]"), "not confirmed");
    let mut none = undoes(Way::Fields);
    none.fields.clear();
    let now = image(json!({"f": "old"}));
    assert_eq!(
        answered(&none, &readings(&now, None, None)),
        "not confirmed",
        "it was to write nothing"
    );
}

#[test]
fn what_does_not_show_the_act_that_offsets_one_proves_nothing() {
    let said = |own: &Classified, after: &BeforeImage| {
        let mut read = readings(&BeforeImage::NotReadable, None, None);
        read.own = Some((own, after));
        answered(&undoes(Way::Offset), &read)
    };
    let set = call(
        Effect::Update,
        vec![
            change("status", json!("open"), json!("void")),
            change("note", json!(null), json!("by mistake")),
        ],
    );
    assert_eq!(said(&set, &BeforeImage::Missing), "not confirmed");
    let hidden = image(json!({"status": "void", "note": "[redacted]"}));
    assert_eq!(said(&set, &hidden), "not confirmed");
    // A call of which no field is known shows nowhere.
    let bare = call(Effect::Pay, vec![]);
    assert_eq!(
        said(&bare, &image(json!({"status": "void"}))),
        "not confirmed"
    );
    let marks = vec![change("status", json!("open"), json!("void"))];
    let marks = call(Effect::Delete, marks);
    assert_eq!(
        said(&marks, &image(json!({"status": "void"}))),
        "not confirmed"
    );
}

#[test]
fn what_is_made_again_has_new_ids_and_what_was_blank_or_hidden_says_nothing() {
    let mut undo = undoes(Way::Remake);
    undo.seen = BeforeImage::Missing;
    let before =
        image(json!({"id": 1, "url": "/1", "name": "Ann", "notes": null, "pin": "[redacted]"}));
    let of = |made: Value| {
        let made = image(made);
        let read = readings(&BeforeImage::Missing, Some(&before), Some(&made));
        answered(&undo, &read)
    };
    assert_eq!(
        of(json!({"id": 2, "url": "/2", "name": "Ann", "notes": "none", "pin": "1"})),
        "undone"
    );
    assert_eq!(of(json!({"id": 2, "name": "An"})), "not confirmed");
}
