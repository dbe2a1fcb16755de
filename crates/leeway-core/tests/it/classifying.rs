//! Classification effect by effect and part by part: areas, levels, texts, records, images, and the way
//! back as it is planned and completed.

use crate::cases::{change, image};
use leeway_core::classify::classified::{add_sensitive, changes, classify, classify_in, has_mark};
use leeway_core::classify::compiled::{CompiledPack, CompiledTool};
use leeway_core::classify::pack::Pack;
use leeway_core::classify::redact::Redactor;
use leeway_core::classify::sensitive::WordLists;
use leeway_core::classify::{Area, BeforeImage, Classified, Effect, Level, UndoPlan};
use serde_json::{Value, json};

const NONE: &str = "undo = { kind = \"none\", why = \"test\" }";

fn pack(lines: &str) -> CompiledPack {
    let text = format!(
        "name = \"p\"\ntitle = \"P\"\n[tool.get]\neffect = \"read\"\n[tool.act]\n{lines}\n"
    );
    CompiledPack::compile(Pack::parse(&text).unwrap()).unwrap()
}

fn tool(lines: &str) -> CompiledTool {
    pack(lines).tools["act"].clone()
}

fn found(lines: &str, call: &Value, before: &BeforeImage) -> Classified {
    classify(&tool(lines), "s", call, before)
}

const READ: &str = "record = { type = \"thing\", id = \".id\" }\nread = { tool = \"get\", arguments = \"{id: .id}\", fields = \".json\" }\n";

#[test]
fn every_effect_has_its_area_and_its_level() {
    let table = [
        ("draft", None, Level::DraftOnly),
        ("create", None, Level::LowRisk),
        ("merge", Some(Area::MergeDelete), Level::HighImpact),
        ("delete", Some(Area::MergeDelete), Level::HighImpact),
        ("send", Some(Area::CustomerMessage), Level::External),
        (
            "pay",
            Some(Area::ContractInvoicePaymentLegal),
            Level::External,
        ),
        ("admin", Some(Area::Admin), Level::HighImpact),
        ("execute", None, Level::HighImpact),
    ];
    for (effect, area, level) in table {
        let found = found(
            &format!("effect = \"{effect}\"\n{NONE}"),
            &json!({}),
            &BeforeImage::NotNeeded,
        );
        assert_eq!(
            found.areas.into_iter().collect::<Vec<_>>(),
            Vec::from_iter(area),
            "{effect}"
        );
        assert_eq!(found.level, level, "{effect}");
    }
}

#[test]
fn what_is_raised_as_not_low_risk_is_high_impact_whatever_it_makes() {
    let lines = |effect: &str| {
        format!(
            "effect = \"{effect}\"\nchanges = \"{{name: .name}}\"\noptions = [\"big\", \"id\"]\nraise = [{{ when = \".big == true\", high_impact = true }}]\n{NONE}"
        )
    };
    let call = |big: bool| json!({"name": "x", "big": big});
    for (effect, light) in [("draft", Level::DraftOnly), ("create", Level::LowRisk)] {
        let of = |big| found(&lines(effect), &call(big), &BeforeImage::NotNeeded).level;
        assert_eq!(
            (of(false), of(true)),
            (light, Level::HighImpact),
            "{effect}"
        );
    }
    let update = format!("{}\n{READ}", lines("update"));
    let of = |big: bool| {
        let call = json!({"id": "1", "name": "x", "big": big});
        found(&update, &call, &image(json!({"name": ""}))).level
    };
    assert_eq!((of(false), of(true)), (Level::LowRisk, Level::HighImpact));
}

#[test]
fn a_raise_never_makes_an_effect_lighter() {
    let lines = |from: &str, to: &str| {
        format!(
            "effect = \"{from}\"\nraise = [{{ when = \".x == true\", effect = \"{to}\" }}]\n{NONE}"
        )
    };
    for (from, to, is) in [
        ("draft", "send", Effect::Send),
        ("send", "create", Effect::Send),
        ("send", "pay", Effect::Pay),
        ("delete", "draft", Effect::Delete),
    ] {
        let found = found(
            &lines(from, to),
            &json!({"x": true}),
            &BeforeImage::NotNeeded,
        );
        assert_eq!(found.effect, is, "{from} {to}");
    }
}

#[test]
fn a_critical_field_that_is_set_to_nothing_is_no_risk_of_a_new_record() {
    let lines = format!("effect = \"create\"\nchanges = \".\"\ncritical = [\"owner\"]\n{NONE}");
    let of = |owner: Value| {
        let call = json!({"name": "x", "owner": owner});
        found(&lines, &call, &BeforeImage::NotNeeded).level
    };
    assert_eq!(of(json!("eve")), Level::HighImpact);
    assert_eq!(of(json!("")), Level::LowRisk);
}

#[test]
fn what_an_update_says_besides_its_fields_takes_a_person() {
    let update = |more: &str| {
        format!("effect = \"update\"\nchanges = \"{{name: .name}}\"\n{more}\n{NONE}\n{READ}")
    };
    let call = json!({"id": "1", "name": "x", "more": 5});
    let before = image(json!({"name": ""}));
    for (more, level) in [
        ("options = [\"more\"]", Level::LowRisk),
        ("details = [\"more\"]", Level::HighImpact),
        ("recipients = [\"more\"]", Level::HighImpact),
        (
            "amount_cents = \".more\"\ncurrency = \"EUR\"",
            Level::HighImpact,
        ),
    ] {
        let found = found(&update(more), &call, &before);
        assert!(found.unknowns.is_empty(), "{more} {:?}", found.unknowns);
        assert_eq!(found.level, level, "{more}");
    }
}

#[test]
fn a_delete_changes_every_field_that_says_something_to_nothing() {
    let lines = format!("effect = \"delete\"\ncritical = [\"owner\"]\n{NONE}\n{READ}");
    let before = image(json!({"name": "x", "fax": " ", "owner": "eve", "none": null}));
    let mut owner = change("owner", json!("eve"), Value::Null);
    owner.critical = true;
    let expected = [change("name", json!("x"), Value::Null), owner];
    assert_eq!(
        found(&lines, &json!({"id": "1"}), &before).changes,
        expected
    );
    assert_eq!(
        changes(&tool(&lines), &json!({"id": "1"}), &before),
        expected
    );
    let unread = found(&lines, &json!({"id": "1"}), &BeforeImage::NotReadable);
    assert!(unread.changes.is_empty());
}

#[test]
fn only_a_delete_that_names_no_fields_changes_all_of_them() {
    let before = image(json!({"name": "x", "city": "Graz"}));
    let call = json!({"id": "1", "name": "y"});
    let sent = found(
        &format!("effect = \"send\"\n{NONE}\n{READ}"),
        &call,
        &before,
    );
    assert!(sent.changes.is_empty(), "{:?}", sent.changes);
    let lines = format!("effect = \"delete\"\nchanges = \"{{name}}\"\n{NONE}\n{READ}");
    let named: Vec<String> = found(&lines, &call, &before)
        .changes
        .into_iter()
        .map(|one| one.field)
        .collect();
    assert_eq!(named, ["name"]);
}

#[test]
fn a_workflows_own_words_are_found_in_texts_and_added_to_what_was_found() {
    let list = |words: &'static [&'static str]| {
        WordLists::new([("outage", words.iter().copied())].into_iter())
    };
    let words = list(&["down time"]);
    assert!(!words.is_empty() && list(&["", " "]).is_empty());
    let tool = tool(&format!(
        "effect = \"draft\"\ntext = \"[.title, {{deep: [.body]}}]\"\n{NONE}"
    ));
    for (call, hits) in [
        (json!({"title": "Down Time!", "body": ""}), true),
        (json!({"title": "", "body": "our down time"}), true),
        (json!({"title": "fine", "body": "up"}), false),
        (json!({"title": "", "body": ""}), false),
    ] {
        let mut found = classify(&tool, "s", &call, &BeforeImage::NotNeeded);
        found.sensitive.insert("legal-threat".into());
        add_sensitive(&mut found, &tool, (&call, &BeforeImage::NotNeeded), &words);
        assert_eq!(found.sensitive.contains("outage"), hits, "{call}");
        assert_eq!(
            found.areas.contains(&Area::SupportSensitive),
            hits,
            "{call}"
        );
        assert!(
            found.sensitive.contains("legal-threat"),
            "nothing is taken away"
        );
    }
}

#[test]
fn a_hidden_part_is_found_wherever_it_stands() {
    for (value, hidden) in [
        (json!("[redacted]"), true),
        (json!("key [redacted] x"), true),
        (json!(["a", "[redacted]"]), true),
        (json!({"a": {"b": "[redacted]"}}), true),
        (json!({"[redacted]": "a"}), false),
        (json!(["a"]), false),
        (json!(5), false),
    ] {
        assert_eq!(has_mark(&value), hidden, "{value}");
    }
    // What is hidden equals nothing, not even itself.
    let lines = format!("effect = \"update\"\nchanges = \"del(.id)\"\n{NONE}\n{READ}");
    let before = image(json!({"keys": ["[redacted]"], "tags": ["a"]}));
    let call = json!({"id": "1", "keys": ["[redacted]"], "tags": ["a"]});
    let changed = found(&lines, &call, &before).changes;
    assert_eq!(
        changed
            .iter()
            .map(|one| one.field.as_str())
            .collect::<Vec<_>>(),
        ["keys"]
    );
}

#[test]
fn an_amount_takes_the_currency_that_call_or_record_name_wherever_they_do() {
    let lines = format!("effect = \"pay\"\namount_cents = \".cents\"\n{NONE}\n{READ}");
    let tool = tool(&lines);
    let of = |call: &Value, before: Value| {
        let mut call = call.clone();
        call["id"] = json!("1");
        call["cents"] = json!(500);
        classify_in(None, (&tool, "s"), &call, &image(before)).currency
    };
    let eur = Some("EUR".to_owned());
    let none = json!({});
    assert_eq!(of(&json!({"currency": "eur"}), none.clone()), eur);
    assert_eq!(
        of(&json!({"text": "{\"currency\": \"EUR\"}"}), none.clone()),
        eur
    );
    assert_eq!(of(&json!({"currency": " "}), none.clone()), None);
    assert_eq!(of(&json!({"currency": 978}), none.clone()), None);
    for record in [
        json!({"currency": "EUR"}),
        json!({"price": {"currency_code": "EUR"}}),
        json!({"lines": [{"a": 1}, {"Currency": " eur "}]}),
        json!({"lines": [[{"currency": "EUR"}]]}),
    ] {
        assert_eq!(of(&none, record.clone()), eur, "{record}");
    }
    for record in [
        json!({"money": "EUR"}),
        json!({"currency": " ", "other": {"currency": ""}}),
        json!({"currency": "EUR", "old": {"currency": "USD"}}),
    ] {
        assert_eq!(of(&none, record.clone()), None, "{record}");
    }
}

#[test]
fn only_so_deep_is_a_currency_looked_for_in_a_record() {
    let tool = tool(&format!(
        "effect = \"pay\"\namount_cents = \".cents\"\n{NONE}\n{READ}"
    ));
    let call = json!({"id": "1", "cents": 500});
    let of = |levels: usize| {
        let record = (0..levels).fold(
            json!({"currency": "EUR"}),
            |inner, _| json!({ "in": inner }),
        );
        classify_in(None, (&tool, "s"), &call, &image(record)).currency
    };
    assert!(of(6).is_some() && of(7).is_none());
}

#[test]
fn a_record_needs_an_id_and_a_kind_that_say_something() {
    let plain = tool(&format!(
        "effect = \"update\"\nchanges = \".\"\n{READ}{NONE}"
    ));
    for (id, given) in [
        (json!("7"), Some("7")),
        (json!(7.0), Some("7")),
        (json!(""), None),
        (json!(null), None),
        (json!(["7"]), None),
    ] {
        let call = json!({ "id": id });
        let found = plain.given(&call);
        assert_eq!(
            found.clone().ok().flatten().as_deref(),
            given,
            "{id} {found:?}"
        );
        assert_eq!(plain.record("s", &call).is_ok(), given.is_some(), "{id}");
    }
}

#[test]
fn without_a_reading_an_image_is_not_needed_or_not_to_be_had() {
    for (effect, record, needed) in [
        ("read", "", false),
        ("create", READ, false),
        ("draft", READ, false),
        ("update", READ, true),
        ("delete", READ, true),
        ("send", "", false),
        ("pay", "", false),
    ] {
        let undo = match effect {
            "read" => String::new(),
            "update" => format!("changes = \".\"\n{NONE}"),
            _ => NONE.to_owned(),
        };
        let image = tool(&format!("effect = \"{effect}\"\n{undo}\n{record}")).without_read();
        let expected = if needed {
            BeforeImage::NotReadable
        } else {
            BeforeImage::NotNeeded
        };
        assert_eq!(image, expected, "{effect} {record}");
    }
}

#[test]
fn a_filter_can_say_what_kind_of_record_it_is() {
    let rule = "record = { type = \"thing\", id = \".id\", type_of = \".kind\" }";
    let tool = tool(&format!(
        "effect = \"update\"\nchanges = \".\"\n{rule}\n{NONE}"
    ));
    let kind = |kind: Value| {
        let record = tool.record("s", &json!({"id": "1", "kind": kind}));
        record.ok().flatten().map(|record| record.record_type)
    };
    assert_eq!(kind(json!("deal")).as_deref(), Some("deal"));
    for none in [json!(""), json!(null), json!(5)] {
        assert_eq!(kind(none), None);
    }
}

fn answer(value: &Value) -> Value {
    json!({"content": [{"type": "text", "text": value.to_string()}]})
}

#[test]
fn an_image_has_the_id_that_the_reading_says_and_fails_where_it_says_none() {
    let read = READ.replace(
        "fields = \".json\"",
        "id = \".json.key | ascii_downcase\", fields = \".json.fields\"",
    );
    let tool = tool(&format!(
        "effect = \"update\"\nchanges = \".\"\n{read}{NONE}"
    ));
    let redactor = Redactor::new::<&str>(&[]);
    let of = |value: Value| tool.before_image(&json!({"id": "1"}), &answer(&value), &redactor);
    let id = |image: BeforeImage| match image {
        BeforeImage::Read { id, .. } => Ok(id),
        BeforeImage::Missing => Err("missing"),
        BeforeImage::Failed { .. } => Err("failed"),
        _ => Err("other"),
    };
    assert_eq!(
        id(of(json!({"key": "K", "fields": {}}))),
        Ok(Some("k".to_owned()))
    );
    assert_eq!(id(of(json!({"key": "", "fields": {}}))), Err("failed"));
    // The filter fails on a number; with a record that is a failure, without one there is none.
    assert_eq!(id(of(json!({"key": 5, "fields": {}}))), Err("failed"));
    assert_eq!(id(of(json!({"key": 5, "fields": null}))), Err("missing"));
}

#[test]
fn an_error_that_the_call_could_have_caused_to_say_so_does_not_say_missing() {
    let read = READ.replace(
        "fields = \".json\"",
        "fields = \".json\", missing = \"not found\"",
    );
    let tool = tool(&format!(
        "effect = \"update\"\nchanges = \".\"\n{read}{NONE}"
    ));
    let redactor = Redactor::new::<&str>(&[]);
    let error = json!({"isError": true, "content": [{"type": "text", "text": "thing not found"}]});
    let missing = |call: Value| tool.before_image(&call, &error, &redactor) == BeforeImage::Missing;
    assert!(missing(json!({"id": "1", "list": ["a", {"b": 5}]})));
    for call in [
        json!({"id": "not found"}),
        json!({"id": "NOT FOUND?"}),
        json!({"id": "not%20found"}),
        json!({"id": "not%252520found"}),
        json!({"id": "1", "list": ["a", "Not found"]}),
        json!({"id": "1", "in": {"list": [{"not found": 1}]}}),
    ] {
        assert!(!missing(call.clone()), "{call}");
    }
}

fn exact(arguments: &str) -> String {
    format!(
        "undo = {{ kind = \"exact\", tool = \"get\", arguments = \"{arguments}\", summary = \"Back.\" }}"
    )
}

fn why_not(plan: &UndoPlan) -> Option<&str> {
    match plan {
        UndoPlan::None { why } => Some(why),
        _ => None,
    }
}

#[test]
fn a_way_back_is_promised_only_where_it_leads_back() {
    let update = |raise: &str, undo: &str| {
        format!(
            "effect = \"update\"\nchanges = \"{{name, key}} | with_entries(select(.value != null))\"\noptions = [\"x\"]\nraise = [{{ when = \".x == true\", effect = \"{raise}\" }}]\n{undo}\n{READ}"
        )
    };
    let restores = exact("{id: .id, name: $before.name, key: $before.key}");
    let read = image(json!({"name": "a", "key": "k"}));
    let call = |x: bool| json!({"id": "1", "name": "b", "x": x});
    let plan = |lines: &str, call: &Value, before: &BeforeImage| found(lines, call, before).undo;
    assert_eq!(
        plan(&update("delete", &restores), &call(false), &read),
        UndoPlan::Exact {
            tool: "get".into(),
            arguments: Some(json!({"id": "1", "name": "a", "key": "k"})),
            summary: "Back.".into()
        }
    );
    // Raised to what stays inside it is taken back as before, raised to what reaches outside never.
    assert!(why_not(&plan(&update("delete", &restores), &call(true), &read)).is_none());
    for outside in ["send", "pay"] {
        let plan = plan(&update(outside, &restores), &call(true), &read);
        assert!(
            why_not(&plan).is_some_and(|why| why.contains("outside")),
            "{plan:?}"
        );
    }
    let sent = format!("effect = \"send\"\n{}", exact("{id: .id}"));
    assert!(why_not(&plan(&sent, &json!({"id": "1"}), &BeforeImage::NotNeeded)).is_none());
    for (before, words) in [
        (BeforeImage::Missing, "nothing before"),
        (BeforeImage::NotReadable, "could not be read"),
        (BeforeImage::Failed { why: "x".into() }, "could not be read"),
    ] {
        let plan = plan(&update("delete", &restores), &call(false), &before);
        assert!(
            why_not(&plan).is_some_and(|why| why.contains(words)),
            "{plan:?}"
        );
        // What needs nothing of before is taken back without it.
        let plain = self::found(
            &update("delete", &exact("{id: .id}")),
            &call(false),
            &before,
        );
        assert!(why_not(&plain.undo).is_none());
    }
}

#[test]
fn a_secret_is_never_written_back_as_its_mark() {
    let lines = format!(
        "effect = \"update\"\nchanges = \"{{name, key}} | with_entries(select(.value != null))\"\n{}\n{READ}",
        exact("{id: .id, name: $before.name, key: $before.key}")
    );
    let before = image(json!({"name": "a", "key": "[redacted]"}));
    let plan = |call: Value| found(&lines, &call, &before).undo;
    let hidden = plan(json!({"id": "1", "key": "new"}));
    assert!(
        why_not(&hidden).is_some_and(|why| why.contains("secret")),
        "{hidden:?}"
    );
    // Where only some of it is hidden, the rest can be taken back.
    assert!(why_not(&plan(json!({"id": "1", "key": "new", "name": "b"}))).is_none());
    assert!(why_not(&plan(json!({"id": "1", "name": "b"}))).is_none());
}

#[test]
fn a_plan_that_waits_for_the_answer_is_completed_by_it() {
    let create = |kind: &str, arguments: &str| {
        tool(&format!(
            "effect = \"create\"\nchanges = \".\"\nundo = {{ kind = \"{kind}\", tool = \"get\", arguments = \"{arguments}\", summary = \"Back.\" }}"
        ))
    };
    let call = json!({"name": "x"});
    let complete = |tool: &CompiledTool, before: &BeforeImage, made: Value| {
        tool.completed_undo(&call, before, &answer(&made))
    };
    let none = BeforeImage::NotNeeded;
    let by_id = create("exact", "{id: $result.json.id}");
    assert_eq!(
        classify(&by_id, "s", &call, &none).undo,
        UndoPlan::Exact {
            tool: "get".into(),
            arguments: None,
            summary: "Back.".into()
        }
    );
    assert_eq!(
        complete(&by_id, &none, json!({"id": "7"})),
        Some(UndoPlan::Exact {
            tool: "get".into(),
            arguments: Some(json!({"id": "7"})),
            summary: "Back.".into()
        })
    );
    assert!(matches!(
        complete(
            &create("compensating", "{id: $result.json.id}"),
            &none,
            json!({"id": "7"})
        ),
        Some(UndoPlan::Compensating { .. })
    ));
    for nothing in [json!({}), json!({"id": null}), json!("made")] {
        let plan = complete(&by_id, &none, nothing.clone()).unwrap();
        assert!(
            why_not(&plan).is_some_and(|why| why.contains("does not tell")),
            "{nothing}"
        );
    }
    assert_eq!(
        complete(&create("exact", "{id: .name}"), &none, json!({"id": "7"})),
        None
    );
    let both = create("exact", "{id: $result.json.id, old: $before.name}");
    let Some(UndoPlan::Exact { arguments, .. }) =
        complete(&both, &image(json!({"name": "was"})), json!({"id": "7"}))
    else {
        panic!("it is told what was made");
    };
    assert_eq!(arguments, Some(json!({"id": "7", "old": "was"})));
}
