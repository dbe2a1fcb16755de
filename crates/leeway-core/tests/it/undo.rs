//! Undo: the three-way comparison, leaving fields out of a call, and the life of an undo.

use crate::cases::classified;
use leeway_core::action::event::Outcome;
use leeway_core::classify::compiled::{CompiledPack, CompiledTool};
use leeway_core::classify::pack::Pack;
use leeway_core::classify::{BeforeImage, Effect, FieldChange, Level};
use leeway_core::id::ActionId;
use leeway_core::undo::fields::{Compared, alike, compare, compare_made};
use leeway_core::undo::forms::Normal;
use leeway_core::undo::narrow::{Call, Inseparable, Want};
use leeway_core::undo::proof::Readings;
use leeway_core::undo::read_back::{ReadBack, of_action, of_answered_undo, of_undo};
use leeway_core::undo::state::{Settled, UndoEnd, UndoEvent, UndoState, UndoStatus, next};
use leeway_core::undo::{FieldUndo, Finding, Undoes, Way};
use proptest::prelude::*;
use serde_json::{Value, json};

fn change(field: &str, old: Value, new: Value) -> FieldChange {
    FieldChange {
        record: None,
        field: field.into(),
        old,
        new,
        old_known: true,
        critical: false,
    }
}

fn image(fields: Value) -> BeforeImage {
    BeforeImage::Read {
        fields: fields.as_object().cloned().unwrap(),
        version: None,
        id: None,
    }
}

/// What is found of a field `f` that was `o`, was set to `n`, read back as `after`, and is `c` now.
fn found(o: Value, n: Value, (after, c): (Option<Value>, Value)) -> FieldUndo {
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
    let pack = CompiledPack::compile(Pack::parse(PACK).unwrap()).unwrap();
    pack.tools[name].clone()
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

fn undo_id() -> ActionId {
    ActionId::new(1_700_000_000_001, [8; 10])
}

fn events() -> Vec<(String, UndoEvent)> {
    let undo = undo_id();
    let by = || "ann@b.c".to_owned();
    let mut events = vec![
        (
            "asked".to_owned(),
            UndoEvent::Asked {
                undo: undo.clone(),
                by: by(),
            },
        ),
        (
            "started".to_owned(),
            UndoEvent::Started { undo: undo.clone() },
        ),
        (
            "changed".to_owned(),
            UndoEvent::Conflicted {
                by: by(),
                why: "a field".into(),
                left: vec!["a field".into()],
            },
        ),
        (
            "impossible".to_owned(),
            UndoEvent::Impossible {
                by: by(),
                why: "sent".into(),
            },
        ),
    ];
    for end in [
        UndoEnd::Undone,
        UndoEnd::NotConfirmed,
        UndoEnd::Conflicted,
        UndoEnd::Failed,
        UndoEnd::Unknown,
        UndoEnd::Cancelled,
    ] {
        let event = UndoEvent::Ended {
            undo: undo.clone(),
            end,
            note: String::new(),
            made: None,
            left: vec![],
            points: String::new(),
        };
        events.push((format!("{end:?}"), event));
    }
    for settled in [Settled::AlreadyBack, Settled::PutRight, Settled::Kept] {
        let event = UndoEvent::Settled {
            by: by(),
            settled,
            why: "because".into(),
        };
        events.push((format!("{settled:?}"), event));
    }
    events
}

#[test]
fn every_pair_of_an_undos_state_and_event_is_as_the_table_says() {
    use UndoStatus as S;
    let open = [
        None,
        Some(S::Conflicted),
        Some(S::NotConfirmed),
        Some(S::UndoFailed),
        Some(S::UndoUnknown),
        Some(S::Cancelled),
    ];
    let mut table: Vec<(Option<S>, &str, S)> = vec![
        (Some(S::Planned), "started", S::Undoing),
        (Some(S::Planned), "Cancelled", S::Cancelled),
        (Some(S::Planned), "Conflicted", S::Conflicted),
        (Some(S::Undoing), "Undone", S::Undone),
        (Some(S::Undoing), "NotConfirmed", S::NotConfirmed),
        (Some(S::UndoUnknown), "NotConfirmed", S::NotConfirmed),
        (Some(S::Undoing), "Conflicted", S::Conflicted),
        (Some(S::Undoing), "Failed", S::UndoFailed),
        (Some(S::Undoing), "Unknown", S::UndoUnknown),
        (Some(S::UndoUnknown), "Undone", S::Undone),
        (Some(S::UndoUnknown), "Conflicted", S::Conflicted),
        (Some(S::UndoUnknown), "Failed", S::UndoFailed),
        (Some(S::Remediation), "PutRight", S::PutRight),
        (Some(S::Remediation), "Kept", S::Kept),
    ];
    for from in open {
        table.push((from, "asked", S::Planned));
        table.push((from, "changed", S::Conflicted));
        table.push((from, "impossible", S::Remediation));
        table.push((from, "AlreadyBack", S::Undone));
        table.push((from, "Kept", S::Kept));
        if from.is_some() {
            table.push((from, "PutRight", S::PutRight));
        }
    }
    let states = std::iter::once(None).chain(S::ALL.into_iter().map(Some));
    for from in states {
        for (name, event) in events() {
            let expected = table
                .iter()
                .find(|(state, event, _)| *state == from && *event == name)
                .map(|(_, _, to)| *to);
            assert_eq!(next(from, &event).ok(), expected, "{from:?} + {name}");
        }
    }
}

#[test]
fn another_undo_says_nothing_of_this_one() {
    let action = ActionId::new(1, [1; 10]);
    let asked = UndoEvent::Asked {
        undo: undo_id(),
        by: "ann@b.c".into(),
    };
    let state = UndoState::apply(None, &action, 5, &asked).unwrap();
    assert_eq!((state.status, state.asked), (UndoStatus::Planned, 1));
    let other = UndoEvent::Started {
        undo: action.clone(),
    };
    assert!(UndoState::apply(Some(state), &action, 6, &other).is_err());
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

fn said(back: &ReadBack) -> &'static str {
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
    assert_eq!(
        of(Effect::Delete, vec![], &BeforeImage::Missing, false),
        "done"
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
}

fn undoes(way: Way) -> Undoes {
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
fn readings<'a>(
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
fn answered(undoes: &Undoes, read: &Readings<'_>) -> &'static str {
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
