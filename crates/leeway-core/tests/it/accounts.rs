//! Limits of accounting, and what comes before what: an account is the first thing a leaf is.

use leeway_core::classify::account::leaf::{Leaf, leaves};
use leeway_core::classify::account::{Account, Accounts, value_at};
use leeway_core::classify::classified::classify;
use leeway_core::classify::compiled::{CompiledPack, CompiledTool};
use leeway_core::classify::pack::Pack;
use leeway_core::classify::{BeforeImage, Level};
use serde_json::{Value, json};

/// Most leaves that are tried one by one.
const MOST_TRIED: usize = 300;

fn tool(lines: &str) -> CompiledTool {
    let text = format!(
        "name = \"p\"\ntitle = \"P\"\n[tool.act]\nundo = {{ kind = \"none\", why = \"test\" }}\n{lines}\n"
    );
    let pack = CompiledPack::compile(Pack::parse(&text).unwrap()).unwrap();
    pack.tools["act"].clone()
}

fn accounts(lines: &str, call: &Value) -> Accounts {
    classify(&tool(lines), "s", call, &BeforeImage::NotNeeded).accounts
}

fn unaccounted(found: &Accounts) -> usize {
    let accounts = found.values();
    accounts.filter(|one| **one == Account::Unaccounted).count()
}

#[test]
fn what_names_the_record_is_no_change_of_it_whatever_the_filters_take_in() {
    let record = "record = { type = \"thing\", id = \".id\" }\n";
    let lines = format!("effect = \"update\"\nchanges = \".\"\n{record}");
    let found = accounts(&lines, &json!({"id": "1", "name": "x"}));
    assert_eq!(found["/id"], Account::Identity);
    assert_eq!(found["/name"], Account::Change);
}

#[test]
fn only_so_many_leaves_are_tried_and_the_rest_are_unaccounted() {
    let lines = "effect = \"create\"\ndetails = [\"items\"]";
    for (count, beyond) in [(MOST_TRIED, 0), (MOST_TRIED + 2, 2)] {
        let items: Vec<String> = (0..count).map(|n| format!("item {n}.")).collect();
        let found = accounts(lines, &json!({ "items": items }));
        assert_eq!(found.len(), count);
        assert_eq!(unaccounted(&found), beyond, "{count}");
    }
}

#[test]
fn leaves_inside_a_text_count_like_others() {
    let lines = "effect = \"create\"\ndetails = [\"more.*\"]";
    // The text itself is tried first.
    for (count, beyond) in [(MOST_TRIED - 1, 0), (MOST_TRIED + 1, 2)] {
        let items: Vec<String> = (0..count).map(|n| format!("item {n}.")).collect();
        let found = accounts(lines, &json!({"more": json!(items).to_string()}));
        assert_eq!(found.len(), count);
        assert_eq!(unaccounted(&found), beyond, "{count}");
    }
}

#[test]
fn a_message_that_takes_in_whatever_stands_there_speaks_of_none_of_it() {
    let send =
        |text: &str| format!("effect = \"send\"\nmessage = {{ to = \".to\", text = '{text}' }}");
    let call = json!({"to": "a@b.c", "body": "Hello", "send_now": "yes"});
    let all = accounts(&send("[.[] | strings] | join(\" \")"), &call);
    assert_eq!(all["/to"], Account::Recipient);
    assert_eq!(all["/body"], Account::Unaccounted);
    let body = accounts(&send("[.body, \"\"] | join(\" \")"), &call);
    assert_eq!(body["/body"], Account::Content);
    assert_eq!(body["/send_now"], Account::Unaccounted);
}

#[test]
fn an_amount_is_one_by_its_filter_its_currency_or_the_field_that_names_it() {
    let call = json!({"cents": 5, "unit": "eur", "to": {"currency": "EUR"}});
    let found = accounts(
        "effect = \"pay\"\namount_cents = \".cents\"\ncurrency_of = \".unit\"",
        &call,
    );
    for pointer in ["/cents", "/unit", "/to/currency"] {
        assert_eq!(found[pointer], Account::Amount, "{pointer}");
    }
}

#[test]
fn a_currency_is_no_amount_where_the_call_has_none() {
    let call = json!({"name": "x", "currency": "EUR"});
    let found = accounts("effect = \"create\"\nchanges = \"{name}\"", &call);
    assert_eq!(found["/currency"], Account::Unaccounted);
}

#[test]
fn a_value_is_found_by_its_pointer_and_nothing_where_there_is_none() {
    let call = json!({"a": {"b/c": [1, null]}, "text": "{\"x\": [\"y\"]}"});
    for (pointer, value) in [
        ("/a/b~1c/0", Some(json!(1))),
        ("/a/b~1c/1", Some(Value::Null)),
        ("/a/b~1c/2", None),
        ("/text/x/0", Some(json!("y"))),
        ("/text/y", None),
        ("/none", None),
        ("", Some(call.clone())),
    ] {
        assert_eq!(value_at(&call, pointer), value, "{pointer}");
    }
}

#[test]
fn levels_have_numbers_and_names() {
    let levels = [
        (1, Level::ReadOnly),
        (2, Level::DraftOnly),
        (3, Level::LowRisk),
        (4, Level::HighImpact),
        (5, Level::External),
    ];
    let mut names: Vec<&str> = levels.iter().map(|(_, level)| level.name()).collect();
    for (number, level) in levels {
        assert_eq!(u8::from(level), number);
        assert_eq!(Level::try_from(number), Ok(level));
        assert!(level.name().len() > 5);
    }
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), levels.len(), "each has a name of its own");
    for number in [0, 6, 255] {
        assert!(Level::try_from(number).is_err(), "{number}");
    }
}

fn pointers(call: &Value, json: &[&str]) -> Vec<String> {
    let json: Vec<String> = json.iter().map(|path| (*path).to_owned()).collect();
    leaves(call, &json).iter().map(Leaf::pointer).collect()
}

#[test]
fn a_text_is_opened_where_it_is_listed_and_says_each_member_once() {
    let call = json!({"more": "{\"a\": 1}", "other": "{\"b\": 1}"});
    assert_eq!(pointers(&call, &["other"]), ["/more", "/other/b"]);
    for (text, inner) in [
        (r#"{"a": "\":"}"#, &["/t/a"][..]),
        (r#"{"a": "\\", "b": ":"}"#, &["/t/a", "/t/b"]),
        (r#"{"a": [{"b": 1}, {"b": 2}]}"#, &["/t/a/0/b", "/t/a/1/b"]),
        (r#"{"a": [{"b": 1, "b": 2}]}"#, &["/t"]),
        (r#"  ["x"]"#, &["/t/0"]),
        ("{}", &["/t"]),
    ] {
        assert_eq!(pointers(&json!({ "t": text }), &["t"]), inner, "{text}");
    }
}

#[test]
fn a_leaf_in_a_list_is_one_also_inside_a_text() {
    let call = json!({"list": ["x"], "fields": {"0": "x"}, "t": "{\"l\": [1, {\"k\": []}]}"});
    let found: Vec<(String, bool)> = leaves(&call, &["t".to_owned()])
        .iter()
        .map(|leaf| (leaf.pointer(), leaf.in_list(&call)))
        .collect();
    let expected = [
        ("/list/0", true),
        ("/fields/0", false),
        ("/t/l/0", true),
        ("/t/l/1/k", false),
    ];
    assert_eq!(
        found,
        expected.map(|(pointer, yes)| (pointer.to_owned(), yes))
    );
}

#[test]
fn a_leaf_is_replaced_where_it_stands_and_nowhere_in_a_call_that_has_no_such_place() {
    let call = json!({"list": ["x", "y"], "t": "{\"l\": [1]}"});
    let all = leaves(&call, &["t".to_owned()]);
    let with = |leaf: &Leaf, call: &Value| leaf.replaced(call, Some(&json!("z")));
    assert_eq!(
        with(&all[1], &call),
        Some(json!({"list": ["x", "z"], "t": "{\"l\": [1]}"}))
    );
    assert_eq!(
        with(&all[2], &call),
        Some(json!({"list": ["x", "y"], "t": "{\"l\":[\"z\"]}"}))
    );
    assert_eq!(with(&all[1], &json!({"list": ["x"]})), None);
    assert_eq!(with(&all[0], &json!({"other": 1})), None);
    // An object that a text holds and that has nothing in it is the text.
    let empty = json!({"t": "{\"o\": {}}"});
    let leaf = &leaves(&empty, &["t".to_owned()])[0];
    assert_eq!(with(leaf, &empty), Some(json!({"t": "{\"o\":\"z\"}"})));
}

#[test]
fn what_nobody_speaks_of_is_named_in_one_sentence() {
    let named = |count: usize| {
        let call: Value = (0..count).map(|n| (format!("a{n}"), json!(1))).collect();
        let found = classify(
            &tool("effect = \"create\""),
            "s",
            &call,
            &BeforeImage::NotNeeded,
        );
        found.unknowns.first().cloned().unwrap_or_default()
    };
    assert_eq!(named(0), "");
    assert_eq!(named(1), "nothing says what the argument `a0` does");
    assert_eq!(named(2), "nothing says what the arguments `a0`, `a1` do");
    assert_eq!(
        named(5),
        "nothing says what the arguments `a0`, `a1`, `a2`, `a3`, `a4` do"
    );
    assert_eq!(
        named(7),
        "nothing says what the arguments `a0`, `a1`, `a2`, `a3`, `a4` and 2 more do"
    );
}
