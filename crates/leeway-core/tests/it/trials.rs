//! What a filter tells of an argument, found by trying others in its place.

use crate::accounting::{account, read, update};
use leeway_core::classify::Level;
use leeway_core::classify::account::Account;
use leeway_core::classify::classified::classify;
use serde_json::{Value, json};

/// The account of one argument of an update with these changes, on a record with these fields.
fn of(changes: &str, call: &Value, (fields, pointer): (Value, &str)) -> Option<Account> {
    let mut call = call.clone();
    call["id"] = json!("1");
    let found = classify(&update(changes, ""), "s", &call, &read(fields));
    account(&found, pointer)
}

#[test]
fn a_value_that_an_answer_has_whatever_the_call_says_is_not_the_call_s() {
    let always = "{note: \"open\", count: (if .kind == \"open\" then 4 else 5 end)}";
    let tool = update(always, "");
    let before = read(json!({"note": "open", "count": 2}));
    let found = classify(&tool, "s", &json!({"id": "1", "kind": "open"}), &before);
    assert_eq!(account(&found, "/kind"), Some(Account::Detail));
    assert_eq!(found.level, Level::HighImpact);
}

#[test]
fn an_empty_object_is_a_change_like_an_empty_list() {
    let call = json!({"custom": {}});
    let fields = || json!({"custom": {"a": 1}});
    assert_eq!(
        of("del(.id)", &call, (fields(), "/custom")),
        Some(Account::Change)
    );
    let drops = "{custom} | with_entries(select(.value != {}))";
    assert_eq!(
        of(drops, &call, (fields(), "/custom")),
        Some(Account::Unaccounted)
    );
}

#[test]
fn a_filter_that_takes_values_of_one_kind_alone_tells_them_all() {
    for (kind, value) in [
        ("boolean", json!(false)),
        ("boolean", json!(true)),
        ("number", json!(3)),
        ("number", json!(2.5)),
        ("number", json!(u64::MAX)),
    ] {
        let filter = format!(
            "{{v: (if (.v | type) == \"{kind}\" then .v else error(\"kind\") end)}} + {{}}"
        );
        let found = of(&filter, &json!({ "v": value }), (json!({"v": null}), "/v"));
        assert_eq!(found, Some(Account::Change), "{value}");
    }
}

#[test]
fn words_of_a_filter_are_found_beside_one_with_a_quote_in_it() {
    let filter = "if .mode == \"a\\\"b\" then {} elif .mode == \"merge\" or .mode == \"replace\" then {tags: .tags} else {} end";
    let call = json!({"mode": "replace", "tags": ["a"]});
    assert_eq!(
        of(filter, &call, (json!({"tags": []}), "/mode")),
        Some(Account::Unaccounted),
        "it takes `merge` for `replace`"
    );
}

#[test]
fn as_many_words_of_a_filter_as_are_tried_are_its_own() {
    const MOST_WORDS: usize = 16;
    // The last of them is taken for the first, or is not.
    for (last, told) in [(0, Account::Unaccounted), (MOST_WORDS, Account::Detail)] {
        let words: Vec<String> = (0..=MOST_WORDS)
            .map(|n| format!("\"m{n}\": {}", if n == MOST_WORDS { last } else { n }))
            .collect();
        let filter = format!("{{rank: ({{{}}}[.mode])}} + {{}}", words.join(", "));
        let found = of(
            &filter,
            &json!({"mode": "m0"}),
            (json!({"rank": 99}), "/mode"),
        );
        assert_eq!(found, Some(told), "{filter}");
    }
}
