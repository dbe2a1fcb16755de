//! Every argument of a call is accounted for, or the call waits with the argument named.

use crate::cases::call as any_call;
use leeway_core::action::{Call, Claim};
use leeway_core::classify::account::leaf::leaves;
use leeway_core::classify::account::{Account, value_at};
use leeway_core::classify::classified::classify;
use leeway_core::classify::compiled::{CompiledPack, CompiledTool};
use leeway_core::classify::pack::Pack;
use leeway_core::classify::{BeforeImage, Classified, Level};
use leeway_core::govern::workflow::{Grant, Workflow};
use leeway_core::judge::rules::{Case, CompiledRules, judge};
use leeway_core::judge::{Facts, Verdict};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// A tool named `act` with these lines in its entry.
fn tool(lines: &str) -> CompiledTool {
    let text = format!(
        "name = \"p\"\ntitle = \"P\"\n[tool.get]\neffect = \"read\"\n[tool.act]\nundo = {{ kind = \"none\", why = \"test\" }}\n{lines}\n"
    );
    let pack = CompiledPack::compile(Pack::parse(&text).unwrap()).unwrap();
    pack.tools["act"].clone()
}

const RECORD: &str = r#"
record = { type = "thing", id = ".id" }
read = { tool = "get", arguments = "{id: .id}", fields = ".json" }
"#;

/// An update of a record with this filter for its changes, and more lines.
pub fn update(changes: &str, more: &str) -> CompiledTool {
    tool(&format!(
        "effect = \"update\"\nchanges = '{changes}'\n{RECORD}{more}"
    ))
}

pub fn read(fields: Value) -> BeforeImage {
    BeforeImage::Read {
        fields: fields.as_object().cloned().unwrap(),
        version: None,
        id: None,
    }
}

pub fn account(found: &Classified, pointer: &str) -> Option<Account> {
    found.accounts.get(pointer).copied()
}

#[test]
fn an_argument_that_no_filter_reads_makes_the_call_unknown() {
    let tool = update("{name: .name} + {}", "");
    let before = read(json!({"name": "", "status": "open"}));
    let plain = classify(&tool, "s", &json!({"id": "1", "name": "x"}), &before);
    assert_eq!((plain.level, plain.unknowns.len()), (Level::LowRisk, 0));
    let call = json!({"id": "1", "name": "x", "transition": 5});
    let found = classify(&tool, "s", &call, &before);
    assert_eq!(account(&found, "/transition"), Some(Account::Unaccounted));
    assert_eq!(account(&found, "/id"), Some(Account::Identity));
    assert_eq!(account(&found, "/name"), Some(Account::Change));
    assert_eq!(found.level, Level::HighImpact);
    assert_eq!(
        found.unknowns,
        ["nothing says what the argument `transition` does"]
    );
    // Nothing else changes, and still it is not said to change nothing.
    let same = read(json!({"name": "x"}));
    let found = classify(&tool, "s", &call, &same);
    assert_eq!(found.level, Level::HighImpact);
    assert!(!found.why.iter().any(|why| why.contains("changes nothing")));
}

#[test]
fn nothing_given_for_a_field_is_a_change_to_blank() {
    let before = read(json!({"name": "ann", "amount": "500.00"}));
    let call = json!({"id": "1", "amount": null});
    for (filter, more, level, told) in [
        (
            "{name, amount} | with_entries(select(.value != null))",
            "",
            Level::HighImpact,
            false,
        ),
        (
            "with_entries(select(.key == \"amount\"))",
            "",
            Level::HighImpact,
            true,
        ),
        ("del(.id)", "", Level::HighImpact, true),
        (
            "{name, amount} | with_entries(select(.value != null))",
            "null_keeps = [\"amount\"]",
            Level::LowRisk,
            false,
        ),
    ] {
        let found = classify(&update(filter, more), "s", &call, &before);
        assert_eq!(found.level, level, "{filter} {more}");
        assert_eq!(!found.changes.is_empty(), told, "{filter} {more}");
        assert_eq!(
            found.unknowns.is_empty(),
            told || !more.is_empty(),
            "{filter}"
        );
    }
    // Of what is only made there is nothing to make blank.
    let made = tool(
        "effect = \"create\"\nchanges = '{name, amount} | with_entries(select(.value != null))'",
    );
    let found = classify(
        &made,
        "s",
        &json!({"name": "x", "amount": null}),
        &BeforeImage::NotNeeded,
    );
    assert_eq!((found.level, found.unknowns.len()), (Level::LowRisk, 0));
}

#[test]
fn an_empty_list_is_a_change_too() {
    let call = json!({"id": "1", "tags": []});
    let before = read(json!({"tags": ["vip"]}));
    let drops = update(
        "{tags} | with_entries(select(.value != null and .value != []))",
        "",
    );
    let found = classify(&drops, "s", &call, &before);
    assert_eq!(account(&found, "/tags"), Some(Account::Unaccounted));
    assert_eq!(found.level, Level::HighImpact);
    let found = classify(&update("del(.id)", ""), "s", &call, &before);
    assert_eq!((found.level, found.unknowns.len()), (Level::HighImpact, 0));
}

#[test]
fn a_field_the_reading_does_not_contain_is_not_blank() {
    let before = read(json!({"Owner": "ann"}));
    let call = json!({"id": "1", "owner": "eve"});
    let found = classify(&update("del(.id)", ""), "s", &call, &before);
    assert_eq!(found.level, Level::HighImpact);
    assert!(!found.changes[0].old_known);
    let leaves_out = |fields: &str| {
        let read = RECORD.replace("\".json\" }", "\".json\", absent = \"blank\" }");
        tool(&format!(
            "effect = \"update\"\nchanges = 'del(.id)'\n{read}fields = {fields}"
        ))
    };
    let listed = classify(&leaves_out("[\"owner\"]"), "s", &call, &before);
    assert_eq!(listed.level, Level::LowRisk);
    let other = classify(&leaves_out("[\"Owner\"]"), "s", &call, &before);
    assert_eq!(other.level, Level::HighImpact);
}

#[test]
fn a_part_of_a_text_is_not_the_text() {
    for filter in [
        "{to: (.to | split(\",\") | .[0])}",
        "{to: .to[0:10]}",
        "{to: (if .to | test(\"@\") then \"somebody\" else \"nobody\" end)}",
        "{to: (.to | length)}",
    ] {
        let tool = tool(&format!("effect = \"create\"\nchanges = '{filter}'"));
        let call = json!({"to": "ann@example.com,eve@example.com"});
        let found = classify(&tool, "s", &call, &BeforeImage::NotNeeded);
        let expected = if filter.contains("length") {
            Account::Detail
        } else {
            Account::Unaccounted
        };
        assert_eq!(account(&found, "/to"), Some(expected), "{filter}");
    }
}

#[test]
fn what_stands_in_a_json_text_is_part_of_the_call() {
    let filter = "(.more | fromjson | {summary})";
    let before = read(json!({"summary": ""}));
    let call = |text: &str| json!({"id": "1", "more": text});
    for json in ["", "json = [\"more\"]"] {
        let tool = update(filter, json);
        let plain = classify(&tool, "s", &call(r#"{"summary": "s"}"#), &before);
        assert_eq!(
            (plain.level, plain.unknowns.len()),
            (Level::LowRisk, 0),
            "{json}"
        );
        let hidden = classify(
            &tool,
            "s",
            &call(r#"{"summary": "s", "transition": 5}"#),
            &before,
        );
        assert_eq!(
            account(&hidden, "/more/transition"),
            Some(Account::Unaccounted)
        );
        assert_eq!(hidden.level, Level::HighImpact);
        // Two members of one name: which one the system takes nobody knows.
        let twice = classify(
            &tool,
            "s",
            &call(r#"{"summary": "s", "summary": "t"}"#),
            &before,
        );
        assert_eq!(twice.level, Level::HighImpact, "{json}");
    }
}

#[test]
fn texts_account_for_what_is_made_and_not_by_taking_in_everything() {
    let call = json!({"body": "Hello", "send_now": "yes"});
    let draft = |text: &str| tool(&format!("effect = \"draft\"\ntext = '{text}'"));
    let found = classify(
        &draft("[.body | strings]"),
        "s",
        &call,
        &BeforeImage::NotNeeded,
    );
    assert_eq!(account(&found, "/body"), Some(Account::Content));
    assert_eq!(account(&found, "/send_now"), Some(Account::Unaccounted));
    assert_eq!(found.level, Level::HighImpact);
    let found = classify(
        &draft("[.[] | strings]"),
        "s",
        &call,
        &BeforeImage::NotNeeded,
    );
    assert_eq!(account(&found, "/send_now"), Some(Account::Unaccounted));
    // Of an update, only its changes say what changes.
    let update = update("{name: .name} + {}", "text = '[.name, .note | strings]'");
    let call = json!({"id": "1", "name": "x", "note": "y"});
    let found = classify(&update, "s", &call, &read(json!({"name": ""})));
    assert_eq!(account(&found, "/note"), Some(Account::Unaccounted));
}

#[test]
fn a_change_that_shows_another_value_than_is_sent_does_not_run_alone() {
    let read = read(json!({
        "note": "Pay by Friday", "count": 2, "on": true, "kind": "open", "tags": ["a", "b"], "lines": ["ax5"],
    }));
    for (filter, call) in [
        (
            "{note: (.note | gsub(\"<[^>]*>\"; \"\"))}",
            json!({"note": "Pay <a href='x'>by Friday</a>"}),
        ),
        ("{note: (.note | ascii_downcase)}", json!({"note": "Kim"})),
        ("{count: (.count | round)}", json!({"count": 2.4})),
        (
            "{count: (.count + 0)}",
            json!({"count": 2.000_000_000_000_000_5}),
        ),
        (
            "{note} | with_entries(select(.value != \"\"))",
            json!({"note": ""}),
        ),
        ("{on} | with_entries(select(.value))", json!({"on": false})),
        (
            "{merge: {note: .note}, all: {note: .note}}[.mode]",
            json!({"note": "Pay by Friday", "mode": "all"}),
        ),
        (
            "{kind: {\"2\": \"open\", \"3\": \"closed\"}[.kind | tostring]}",
            json!({"kind": 2}),
        ),
        ("{tags: (.tags | unique)}", json!({"tags": ["b", "a", "b"]})),
        ("{tags: (.tags | sort)}", json!({"tags": ["b", "a"]})),
        ("{count: (.count | tonumber)}", json!({"count": "2.0"})),
        (
            "{lines: (.lines | map(\"\\(.sku)x\\(.qty)\"))}",
            json!({"lines": [{"sku": "a", "qty": "5"}]}),
        ),
    ] {
        let mut call = call;
        call["id"] = json!("1");
        let found = classify(&update(filter, ""), "s", &call, &read);
        assert!(found.level >= Level::HighImpact, "{filter}: {found:?}");
    }
    for (filter, call) in [
        ("{count: (.count // 2)}", json!({"count": 2})),
        (
            "{note: (.note | ltrimstr(\"\"))}",
            json!({"note": "Pay by Friday"}),
        ),
        (
            "{\"note\": ([.note, .note] | first)}",
            json!({"note": "Pay by Friday"}),
        ),
        (
            "{tags: (.tags | map(.name))}",
            json!({"tags": [{"name": "a"}, {"name": "b"}]}),
        ),
        ("{count: (.count | tonumber)}", json!({"count": "2"})),
    ] {
        let mut call = call;
        call["id"] = json!("1");
        let found = classify(&update(filter, ""), "s", &call, &read);
        assert_eq!(found.level, Level::LowRisk, "{filter}: {found:?}");
    }
}

#[test]
fn a_filter_that_refuses_a_value_does_not_tell_which_one_stands_there() {
    let before = read(json!({"tags": [], "due": "", "rank": "", "note": ""}));
    let of = |filter: &str, call: Value, pointer: &str| {
        account(&classify(&update(filter, ""), "s", &call, &before), pointer)
    };
    let modes =
        "if .mode == \"merge\" or .mode == \"replace\" then {tags: .tags} else error(\"mode\") end";
    let call = json!({"id": "1", "mode": "replace", "tags": ["a"]});
    assert_eq!(of(modes, call.clone(), "/mode"), Some(Account::Unaccounted));
    assert_eq!(of(modes, call.clone(), "/tags/0"), Some(Account::Change));
    // Nor does one that takes two of its words for one, or refuses the other setting of a switch.
    let alike = "if .mode == \"merge\" or .mode == \"replace\" then {tags: .tags} else {} end";
    assert_eq!(of(alike, call, "/mode"), Some(Account::Unaccounted));
    let told = "if .mode == \"merge\" then {tags: .tags} elif .mode == \"replace\" then {tags: .tags, note: \"x\"} else {} end";
    let call = json!({"id": "1", "mode": "merge", "tags": ["a"]});
    assert_eq!(of(told, call, "/mode"), Some(Account::Detail));
    let forced = "if .force then {note: .note} else error(\"force\") end";
    let call = json!({"id": "1", "force": true, "note": "n"});
    assert_eq!(of(forced, call, "/force"), Some(Account::Unaccounted));
    // What takes values of one kind alone tells them all the same.
    for (filter, call, pointer) in [
        (
            "{rank: (.rank | tonumber)} + {}",
            json!({"id": "1", "rank": "5"}),
            "/rank",
        ),
        (
            "if .rank > 0 and .rank < 4 then {rank: .rank} else error(\"rank\") end",
            json!({"id": "1", "rank": 3}),
            "/rank",
        ),
    ] {
        assert_eq!(of(filter, call, pointer), Some(Account::Change), "{filter}");
    }
    let due = "{due: (.due | strptime(\"%Y-%m-%d\") | mktime)}";
    let call = json!({"id": "1", "due": "2024-01-31"});
    assert_eq!(of(due, call, "/due"), Some(Account::Detail));
}

#[test]
fn a_key_that_is_a_number_is_no_place_in_a_list() {
    let tool = tool("effect = \"create\"\ntext = '[.payload | .. | strings] | join(\" \")'");
    let of = |call: Value, pointer: &str| {
        account(
            &classify(&tool, "s", &call, &BeforeImage::NotNeeded),
            pointer,
        )
    };
    let in_object = json!({"payload": {"0": "x"}});
    assert_eq!(of(in_object, "/payload/0"), Some(Account::Unaccounted));
    let named = json!({"payload": {"a": "x"}});
    assert_eq!(of(named, "/payload/a"), Some(Account::Unaccounted));
    // Nor is one told of that is only taken in for its kind or the look of its name.
    for text in [
        "[.payload | .. | numbers] | map(tostring)",
        "[.payload | to_entries[] | select(.key | test(\"^[a-z]+$\")) | .value | tostring]",
    ] {
        let text = format!("effect = \"create\"\ntext = '{text}'");
        let found = classify(
            &self::tool(&text),
            "s",
            &json!({"payload": {"a": 5}}),
            &BeforeImage::NotNeeded,
        );
        assert_eq!(
            account(&found, "/payload/a"),
            Some(Account::Unaccounted),
            "{text}"
        );
    }
    let listed = json!({"payload": ["x"]});
    assert_eq!(of(listed, "/payload/0"), Some(Account::Content));
}

#[test]
fn a_version_that_leeway_does_not_put_there_is_the_agents() {
    let lines = RECORD.replace("\".json\" }", "\".json\", version = \".json.v\" }");
    let tool = tool(&format!(
        "effect = \"update\"\ncreates_when_missing = true\nchanges = \"{{name: .name}}\"\ncondition = {{ argument = \"etag\" }}\n{lines}"
    ));
    let call = json!({"id": "1", "name": "x", "etag": "mine"});
    let image = |version: Option<&str>| BeforeImage::Read {
        fields: Map::from_iter([("name".to_owned(), json!(""))]),
        version: version.map(str::to_owned),
        id: None,
    };
    for (before, expected) in [
        (image(Some("7")), Account::Option),
        (image(None), Account::Unaccounted),
        (BeforeImage::Missing, Account::Unaccounted),
        (BeforeImage::NotNeeded, Account::Unaccounted),
    ] {
        let found = classify(&tool, "s", &call, &before);
        assert_eq!(account(&found, "/etag"), Some(expected), "{before:?}");
        assert_eq!(found.unknowns.is_empty(), expected == Account::Option);
    }
}

#[test]
fn switches_details_and_options_are_what_the_pack_says() {
    let entry = tool(
        "effect = \"create\"\nchanges = '{name: .name}'\ndetails = [\"how\"]\noptions = [\"page_size\"]\nrecipients = [\"to\"]\nraise = [{ when = '.public == true', effect = \"send\" }]",
    );
    let with = |name: &str, value: Value| {
        let mut call = json!({"name": "x"});
        call[name] = value;
        classify(&entry, "s", &call, &BeforeImage::NotNeeded)
    };
    for (name, value, expected, level) in [
        ("public", json!(false), Account::Switch, Level::LowRisk),
        ("public", json!(null), Account::Switch, Level::LowRisk),
        ("public", json!(true), Account::Switch, Level::External),
        // What is no switch may be one to the system.
        (
            "public",
            json!("true"),
            Account::Unaccounted,
            Level::HighImpact,
        ),
        ("public", json!(1), Account::Unaccounted, Level::HighImpact),
        ("how", json!("squash"), Account::Detail, Level::HighImpact),
        ("page_size", json!(5), Account::Option, Level::LowRisk),
        ("to", json!("a@b.c"), Account::Recipient, Level::HighImpact),
        ("other", json!(5), Account::Unaccounted, Level::HighImpact),
    ] {
        let found = with(name, value.clone());
        assert_eq!(
            account(&found, &format!("/{name}")),
            Some(expected),
            "{name} {value}"
        );
        assert_eq!(found.level, level, "{name} {value}");
    }
}

/// How a pack speaks of its arguments, each in its own words.
fn spoken(style: usize, named: &[String]) -> String {
    let quoted: Vec<String> = named.iter().map(|name| format!("\"{name}\"")).collect();
    let list = quoted.join(", ");
    match style {
        0 => format!("{{{}}}", named.join(", ")),
        1 => format!("with_entries(select(.key as $key | [{list}] | any(. == $key)))"),
        2 => named
            .iter()
            .map(|name| format!("(if has(\"{name}\") then {{{name}}} else {{}} end)"))
            .collect::<Vec<_>>()
            .join(" + "),
        _ => format!(
            "{} | {{{}}}",
            named
                .iter()
                .map(|name| format!(".{name} |= ."))
                .collect::<Vec<_>>()
                .join(" | "),
            named.join(", ")
        ),
    }
}

fn leaf() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[a-z]{0,6}".prop_map(Value::from),
        Just(json!([])),
        Just(json!("{\"x\":1}")),
    ];
    scalar.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{1,3}", inner, 0..3)
                .prop_map(|fields| Value::Object(fields.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// Whatever the pack's words and the values are: with every argument spoken of the call runs alone;
    /// one taken out of every filter holds it, and the argument is named.
    #[test]
    fn an_argument_moved_out_of_every_filter_never_runs_alone(
        values in prop::collection::vec(leaf(), 2..5), style in 0..4_usize, moved in any::<prop::sample::Index>(),
    ) {
        let names: Vec<String> = (0..values.len()).map(|n| format!("f{n}")).collect();
        let moved = &names[moved.index(names.len())];
        let mut arguments = json!({"id": "r-1"});
        for (name, value) in names.iter().zip(&values) {
            arguments[name] = value.clone();
        }
        let blank: Map<String, Value> = names.iter().map(|name| (name.clone(), Value::Null)).collect();
        let before = BeforeImage::Read { fields: blank, version: None, id: None };
        let whole = classify(&update(&spoken(style, &names), ""), "crm", &arguments, &before);
        prop_assert_eq!(&whole.unknowns, &Vec::<String>::new());
        prop_assert_eq!(whole.level, Level::LowRisk);
        prop_assert_eq!(decided(&whole, &arguments, &before), Verdict::Allow);
        let rest: Vec<String> = names.iter().filter(|name| *name != moved).cloned().collect();
        let found = classify(&update(&spoken(style, &rest), ""), "crm", &arguments, &before);
        prop_assert!(found.level >= Level::HighImpact, "{:?}", found);
        prop_assert!(found.unknowns.iter().any(|why| why.contains(moved.as_str())), "{:?}", found.unknowns);
        prop_assert_eq!(decided(&found, &arguments, &before), Verdict::Hold);
        // Each leaf has one account, and each account one leaf.
        for leaf in leaves(&arguments, &[]) {
            let below = format!("{}/", leaf.pointer());
            let told = found.accounts.keys().any(|one| *one == leaf.pointer() || one.starts_with(&below));
            prop_assert!(told, "{} of {:?}", leaf.pointer(), found.accounts);
        }
        for pointer in found.accounts.keys() {
            prop_assert!(value_at(&arguments, pointer).is_some(), "{pointer}");
        }
    }
}

/// What becomes of it where the agent may update alone.
fn decided(found: &Classified, arguments: &Value, before: &BeforeImage) -> Verdict {
    let mut workflow: Workflow = toml::from_str("name = \"office\"\ntitle = \"Office\"").unwrap();
    workflow.grants = [("crm__act".to_owned(), Grant::Update)].into();
    workflow.confidence_threshold = 0.0;
    let rules = CompiledRules::compile(workflow).unwrap();
    let call = Call {
        tool: "act".into(),
        arguments: arguments.clone(),
        ..any_call()
    };
    let claim = Claim {
        confidence: Some(1.0),
        ..Claim::default()
    };
    let facts = Facts::default();
    let case = Case {
        call: &call,
        classified: found,
        claim: &claim,
        before,
        facts: &facts,
    };
    judge(&rules, &case).verdict
}
