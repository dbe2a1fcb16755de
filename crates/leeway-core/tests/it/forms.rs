//! A value in a system's own form, what is learned of it and what is not.

use crate::cases::{change, classified, image};
use leeway_core::classify::compiled::CompiledPack;
use leeway_core::classify::pack::Pack;
use leeway_core::classify::{Effect, FieldChange, Level};
use leeway_core::undo::Finding;
use leeway_core::undo::fields::{Compared, alike, compare};
use leeway_core::undo::forms::{Form, Forms, Kept, Normal, Written, kept, same, surely_same};
use leeway_core::undo::read_back::{in_form, mismatched};
use proptest::prelude::*;
use serde_json::{Value, json};

fn kept_as(new: &Value, after: &Value) -> Kept {
    let written = Written {
        field: "f",
        old: Some(&json!("something else")),
        new,
        after,
    };
    kept(&Normal::new(), written)
}

#[test]
fn the_same_value_in_another_form_is_learned_right_after_the_write() {
    let forms = [
        (json!(19.9), json!("19.90")),
        (json!("19.90"), json!(19.9)),
        (json!(1000), json!("1000.00")),
        (json!("0.50"), json!("0.5")),
        (json!("Kim.Lee@Example.com"), json!("kim.lee@example.com")),
        (json!("Zoe\u{308} Mu\u{308}ller"), json!("Zoë Müller")),
        (json!("two  words\n"), json!("two words")),
        (json!("+43 1 234"), json!("+431234")),
        (json!("AT61 1904 3002"), json!("AT6119043002")),
        (json!("2026-11-30"), json!("2026-11-30T00:00:00Z")),
        (json!("2026-11-30"), json!("2026-11-30T00:00:00+00:00")),
        (json!("2026-11-30"), json!("2026-11-30T00:00:00+01:00")),
        (
            json!("2026-11-30T10:00:00+02:00"),
            json!("2026-11-30T08:00:00.000Z"),
        ),
        (json!("2026-11-30 08:00:00"), json!("2026-11-30T08:00:00Z")),
        (json!("2026-11-30"), json!(1_795_996_800)),
        (json!("2026-11-30"), json!("1795996800000")),
        (json!("Hello & bye"), json!("<p>Hello &amp; bye</p>")),
        (json!("a\nb"), json!("<div>a<br/>b</div>")),
        (json!(true), json!("True")),
        (json!(true), json!(1)),
        (json!([1.5, "B"]), json!(["b", "1.50"])),
        (json!({"a": 1}), json!({"a": "1.0"})),
        (json!({"a": "x & y"}), json!({"a": "<p>x &amp; y</p>"})),
    ];
    for (new, after) in forms {
        assert_eq!(kept_as(&new, &after), Kept::InForm, "{new} {after}");
    }
    for (new, after) in [
        (json!("a"), json!(" a")),
        (json!(null), json!("")),
        (json!(5), json!("5")),
    ] {
        assert_eq!(kept_as(&new, &after), Kept::AsWritten, "{new} {after}");
    }
    let others = [
        (json!("007"), json!("7")),
        (json!("007"), json!(7)),
        (json!("1e3"), json!(1000)),
        (json!("1e3"), json!("1000")),
        (
            json!(1_915_883_588_174_806_058_i64),
            json!("1915883588174806059"),
        ),
        (json!("0.1"), json!("0.10000000000000001")),
        (json!("19.9"), json!("19.91")),
        (json!("a b"), json!("ab")),
        (json!("Room 5"), json!("Room5")),
        (json!("2026-11-30"), json!("2026-11-30T10:00:00Z")),
        (json!("2026-11-30T10:00:00Z"), json!("2026-11-30")),
        (json!("<b>x</b>"), json!("x")),
        (json!("x"), json!("x <a href=\"http://y\">z</a>")),
        (json!("Ann"), json!("Anna")),
        (json!("[redacted]"), json!("[redacted]")),
        (json!("[Redacted]"), json!("[redacted]")),
        (json!("2026-11-30"), json!("+002026-11-30")),
        (json!({"a": "x"}), json!({"b": "x"})),
        (json!(false), json!(null)),
        (json!(["a", "a"]), json!(["a"])),
    ];
    for (new, after) in others {
        assert_eq!(kept_as(&new, &after), Kept::Otherwise, "{new} {after}");
    }
}

#[test]
fn a_write_that_only_case_tells_from_what_stood_before_did_not_show() {
    let seen = |old: &str, new: &str, after: &str| {
        let (old, new, after) = (json!(old), json!(new), json!(after));
        let written = Written {
            field: "f",
            old: Some(&old),
            new: &new,
            after: &after,
        };
        kept(&Normal::new(), written)
    };
    assert_eq!(seen("ab-1", "AB-1", "ab-1"), Kept::Otherwise);
    for name in ["@kim.lee", "kim@home", "kim lee@a.com"] {
        let new = name.replace("kim", "Kim");
        assert_eq!(seen(name, &new, name), Kept::Otherwise, "{name}");
    }
    // Addresses are kept in lower case, and a number written once more is one.
    assert_eq!(seen("kim@a.com", "Kim@a.com", "kim@a.com"), Kept::InForm);
    assert_eq!(seen("19.90", "19.9", "19.90"), Kept::InForm);
    let lower = Normal::from([("f".to_owned(), Forms::One(Form::Lower))]);
    let written = Written {
        field: "f",
        old: Some(&json!("ab-1")),
        new: &json!("AB-1"),
        after: &json!("ab-1"),
    };
    assert_eq!(kept(&lower, written), Kept::InForm);
}

#[test]
fn a_pack_names_forms_by_field() {
    let pack = |normal: &str| {
        let text = format!(
            "name = \"c\"\ntitle = \"C\"\n[tool.set]\neffect = \"update\"\nrecord = {{ type = \"r\", id = \".id\" }}\nchanges = \".\"\nundo = {{ kind = \"none\", why = \"t\" }}\n{normal}\n"
        );
        CompiledPack::compile(Pack::parse(&text).unwrap())
    };
    let tool = pack("normal = { amount = \"number\", name = [\"unicode\", \"lower\"], seen = \"volatile\" }\nsettles_within_s = 60")
        .unwrap()
        .tools["set"]
        .clone();
    assert_eq!(tool.settles().as_secs(), 60);
    let normal = &tool.entry.normal;
    assert!(same(normal, "amount", (&json!("19.90"), &json!("19.9"))));
    assert!(!same(normal, "amount", (&json!("A"), &json!("a"))));
    assert!(same(normal, "name", (&json!("ZOE\u{308}"), &json!("zoë"))));
    assert!(!same(normal, "other", (&json!("A"), &json!("a"))));
    let long = pack("settles_within_s = 61").unwrap_err();
    assert_eq!(long[0].code, "settles-too-long");
    let text =
        "name = \"c\"\ntitle = \"C\"\n[tool.set]\neffect = \"read\"\nnormal = { a = \"roman\" }";
    assert!(Pack::parse(text).is_err());
}

/// What is found of a field that was blank, was set to `n`, read back as `after`, and is `c` now.
fn finding(n: Value, after: Option<Value>, c: Value) -> Finding {
    let after = after.map(|after| image(json!({ "f": after })));
    let now = image(json!({ "f": c.clone() }));
    compare(&Compared {
        done: &[change("f", json!(null), n)],
        before: None,
        after: after.as_ref(),
        now: &now,
        undo: &[change("f", c, json!(null))],
        additive: &[],
        normal: &Normal::new(),
        left_out: &[],
    })[0]
        .finding
}

#[test]
fn a_persons_later_change_is_one_in_any_form() {
    let own = |n: &str, after: &str, c: &str| finding(json!(n), Some(json!(after)), json!(c));
    assert_eq!(own("Kim@A.com", "kim@a.com", "kim@a.com"), Finding::Restore);
    assert_eq!(own("Kim", "Kim", "KIM"), Finding::Changed);
    assert_eq!(own("aB-1", "aB-1", "Ab-1"), Finding::Changed);
    assert_eq!(own("Kim", "kim", "KIM"), Finding::Changed);
    assert_eq!(own("1.1", "1.1", "1.10"), Finding::Changed);
    // Where nothing was read right after the write, only what nobody can mean anything by is the same.
    let unread = |n: Value, c: Value| finding(n, None, c);
    assert_eq!(unread(json!(19.9), json!("19.90")), Finding::Restore);
    assert_eq!(unread(json!("Zoe\u{308}"), json!("Zoë")), Finding::Restore);
    assert_eq!(unread(json!("aB"), json!("Ab")), Finding::Changed);
    assert_eq!(unread(json!("1.1"), json!("1.10")), Finding::Changed);
    assert_eq!(unread(json!("a\nb"), json!("a b")), Finding::Changed);
}

#[test]
fn what_cannot_be_read_or_reached_is_not_said_to_be_changed() {
    let compared = |done: FieldChange, now: Value, undo: &[FieldChange]| {
        compare(&Compared {
            done: &[done],
            before: None,
            after: None,
            now: &image(now),
            undo,
            additive: &[],
            normal: &Normal::new(),
            left_out: &[],
        })[0]
            .finding
    };
    let set = || change("f", json!("old"), json!("new"));
    let unread = FieldChange {
        old_known: false,
        ..change("f", json!(null), json!("old"))
    };
    assert_eq!(compared(set(), json!({}), &[unread]), Finding::Unreadable);
    assert_eq!(compared(set(), json!({}), &[]), Finding::Unreadable);
    assert_eq!(
        compared(set(), json!({"f": "new"}), &[]),
        Finding::OutOfReach
    );
    let hidden = change("f", json!("[redacted]"), json!("old"));
    assert_eq!(
        compared(set(), json!({"f": "[redacted]"}), &[hidden]),
        Finding::Unreadable
    );
    let set = change("f", json!("old"), json!("new"));
    let absent = compare(&Compared {
        done: &[set],
        before: None,
        after: None,
        now: &image(json!({})),
        undo: &[change("f", json!(null), json!("old"))],
        additive: &[],
        normal: &Normal::new(),
        left_out: &["f".to_owned()],
    });
    assert_eq!(
        (&absent[0].now, absent[0].finding),
        (&json!(null), Finding::Changed)
    );
    let set = || change("f", json!("old"), json!("new"));
    let elsewhere = change("f", json!("new"), json!("a third"));
    assert_eq!(
        compared(set(), json!({"f": "new"}), &[elsewhere]),
        Finding::OutOfReach
    );
}

#[test]
fn what_changed_along_with_the_action_is_not_somebodys() {
    let found = compare(&Compared {
        done: &[change("reply", json!(null), json!("hello"))],
        before: Some(&image(
            json!({"reply": null, "status": "closed", "prio": 1}),
        )),
        after: Some(&image(
            json!({"reply": "hello", "status": "open", "prio": 1}),
        )),
        now: &image(json!({"reply": "hello", "status": "open", "prio": 2})),
        undo: &[
            change("status", json!("open"), json!("closed")),
            change("prio", json!(2), json!(1)),
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
        [
            ("reply", Finding::OutOfReach),
            ("status", Finding::Along),
            ("prio", Finding::Changed)
        ]
    );
}

#[test]
fn only_a_really_other_value_is_a_mismatch() {
    let mut classified = classified(Effect::Update, Level::HighImpact);
    classified.changes = vec![
        change("amount", json!(null), json!(19.9)),
        change("name", json!(null), json!("Ann")),
    ];
    let before = image(json!({"amount": null, "name": null}));
    let read = |after: Value| {
        let after = image(after);
        let forms: Vec<_> = in_form(&classified, &after, &Normal::new())
            .into_iter()
            .map(|one| (one.field, one.kept))
            .collect();
        (
            mismatched(&classified, (&before, &after), &Normal::new()),
            forms,
        )
    };
    assert_eq!(
        read(json!({"amount": "19.90", "name": "Ann"})),
        (vec![], vec![("amount".to_owned(), json!("19.90"))])
    );
    assert_eq!(
        read(json!({"amount": 19.9, "name": "An"})),
        (vec!["name".to_owned()], vec![])
    );
}

fn texts() -> impl Strategy<Value = Value> {
    prop_oneof![
        "[a-bA-B]{0,3}".prop_map(Value::from),
        "[01]{1,3}(\\.[01]{1,2})?".prop_map(Value::from),
        "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,20})?".prop_map(Value::from),
        (-20_i64..20).prop_map(Value::from),
        "(<p>)?[ab ]{0,3}(</p>)?".prop_map(Value::from),
    ]
}

proptest! {
    /// Nothing that neither is what was written nor what was read right after is set back without a decision.
    #[test]
    fn a_later_value_is_ours_only_as_written_or_as_kept(n in texts(), k in proptest::option::of(texts()), c in texts()) {
        let found = finding(n.clone(), k.clone(), c.clone());
        if found == Finding::Restore {
            let learned = k.as_ref().is_some_and(|k| alike(&c, k) && kept_as(&n, k) != Kept::Otherwise);
            let unread = k.is_none() && surely_same(&c, &n);
            prop_assert!(alike(&c, &n) || learned || unread, "{n} {k:?} {c}");
        }
        // Changed is said only of what is neither.
        if found == Finding::Changed {
            prop_assert!(!alike(&c, &n));
        }
    }

    /// Being the same is mutual, and nothing is another value than itself.
    #[test]
    fn being_the_same_is_mutual(one in texts(), other in texts()) {
        prop_assert_ne!(kept_as(&one, &one), Kept::Otherwise);
        prop_assert_eq!(kept_as(&one, &other) == Kept::Otherwise, kept_as(&other, &one) == Kept::Otherwise);
        prop_assert_eq!(surely_same(&one, &other), surely_same(&other, &one));
        // What is surely the same is the same right after a write, too.
        prop_assert!(!surely_same(&one, &other) || kept_as(&one, &other) != Kept::Otherwise);
    }

    /// Places after the point say nothing; one digit does, however many there are.
    #[test]
    fn numbers_are_compared_digit_by_digit(whole in "[1-9][0-9]{0,25}", part in "[0-9]{0,25}", zeros in 0_usize..5, digit in 1_u8..10) {
        let text = if part.is_empty() { whole.clone() } else { format!("{whole}.{part}") };
        let point = if part.is_empty() && zeros > 0 { "." } else { "" };
        let longer = format!("{text}{point}{}", "0".repeat(zeros));
        prop_assert_ne!(kept_as(&json!(text), &json!(longer)), Kept::Otherwise);
        let other = format!("{text}{}{digit}", if part.is_empty() { "." } else { "" });
        prop_assert_eq!(kept_as(&json!(text), &json!(other)), Kept::Otherwise);
        let led = format!("0{text}");
        prop_assert_eq!(kept_as(&json!(text), &json!(led)), Kept::Otherwise);
    }

    /// Text of any kind makes no trouble, and long ones no delay.
    #[test]
    fn any_text_is_compared(one in ".{0,40}", other in "[<>/pdivbr&; -9]{0,40}") {
        let _ = kept_as(&json!(one), &json!(other));
        let _ = kept_as(&json!(other.repeat(200)), &json!(one));
    }
}
