//! Packs' own rules: limits a system does not enforce, several records in one call, amounts in whole
//! units, fields the reading tool does not show, and what is refused when a pack is compiled.

use crate::cases::{call, classified, tool_of};
use leeway_core::action::Claim;
use leeway_core::classify::classified::classify;
use leeway_core::classify::compiled::{CompiledPack, CompiledTool};
use leeway_core::classify::look::Answered;
use leeway_core::classify::pack::Pack;
use leeway_core::classify::redact::Redactor;
use leeway_core::classify::{BeforeImage, Classified, Effect, Guarded, Level, UndoPlan};
use leeway_core::govern::workflow::Workflow;
use leeway_core::judge::guardrail::Then;
use leeway_core::judge::rules::{Case, CompiledRules, judge};
use leeway_core::judge::{Facts, Reason, Verdict};
use serde_json::{Value, json};

const PACK: &str = r#"
name = "shop"
title = "Shop"
currency = "EUR"

[tool.get]
effect = "read"

[tool.refund]
effect = "pay"
record = { type = "charge", id = ".charge" }
amount = ".amount"
read = { tool = "get", arguments = "{id: .charge}", fields = ".json" }
undo = { kind = "none", why = "gone" }
[[tool.refund.guard]]
id = "above-charge"
when = ".amount > $before.amount"
then = "block"
text = "More than was paid."
[[tool.refund.guard]]
id = "odd-reason"
when = '.reason | test("gift")'
then = "hold"
text = "A gift."

[tool.page]
effect = "read"
hosts = ["example.com", "localhost"]
guard = [{ id = "inner", when = '.url | test("localhost")', then = "block", text = "Inside." }]

[tool.update]
effect = "update"
record = { type = "thing", type_of = ".kind", id = '[.items[].id] | join(", ")' }
several = "(.items | length) > 1"
changes = 'if (.items | length) > 1 then [.items[] | {key: .id, value: .fields}] | from_entries else .items[0].fields end'
critical = ["owner"]
options = ["expect"]
read = { tool = "get", arguments = "{}", fields = 'if .json.id == $call.expect then .json.fields else error("another") end' }
undo = { kind = "exact", tool = "update", arguments = 'if $before.phone == null then error("it was blank") else {phone: $before.phone} end', summary = "Back." }

[tool.book]
effect = "read"
raise = [{ when = 'has("draft") and .draft != true', effect = "create" }, { when = ".grave == true", high_impact = true }]
changes = "{lines: .lines}"
amount = "[.lines[]]"
undo = { kind = "none", why = "booked" }
"#;

fn tool(name: &str) -> CompiledTool {
    tool_of(PACK, name)
}

fn read(fields: Value) -> BeforeImage {
    BeforeImage::Read {
        fields: fields.as_object().cloned().unwrap(),
        version: None,
        id: None,
    }
}

fn failed() -> BeforeImage {
    BeforeImage::Failed { why: "down".into() }
}

fn fired(found: &Classified) -> Vec<(&str, Then)> {
    found
        .guards
        .iter()
        .map(|guard| (guard.id.as_str(), guard.then))
        .collect()
}

#[test]
fn a_limit_blocks_where_it_is_passed_and_holds_where_it_cannot_be_checked() {
    let charge = || read(json!({"amount": 40}));
    for (arguments, before, expected) in [
        (json!({"amount": 40, "reason": ""}), charge(), vec![]),
        (
            json!({"amount": 40.01, "reason": ""}),
            charge(),
            vec![("above-charge", Then::Block)],
        ),
        (
            json!({"amount": 1, "reason": "a gift"}),
            charge(),
            vec![("odd-reason", Then::Hold)],
        ),
        // A filter that fails counts as one that says yes.
        (
            json!({"amount": 1, "reason": 7}),
            charge(),
            vec![("odd-reason", Then::Hold)],
        ),
        (
            json!({"amount": 1, "reason": ""}),
            failed(),
            vec![("above-charge", Then::Hold)],
        ),
        (
            json!({"amount": 1, "reason": ""}),
            BeforeImage::Missing,
            vec![("above-charge", Then::Block)],
        ),
    ] {
        let found = classify(&tool("refund"), "shop", &arguments, &before);
        assert_eq!(fired(&found), expected, "{arguments} {before:?}");
    }
    let unread = classify(&tool("refund"), "shop", &json!({"amount": 1}), &failed());
    assert!(unread.guards[0].text.contains("More than was paid."));
}

fn judged(thing: &Classified) -> (Verdict, Vec<Reason>) {
    let workflow: Workflow = toml::from_str(
        "name = \"office\"\ntitle = \"Office\"\nconfidence_threshold = 0.5\n[grants]\ncrm__update = \"external\"",
    )
    .unwrap();
    let rules = CompiledRules::compile(workflow).unwrap();
    let claim = Claim {
        confidence: Some(0.9),
        ..Claim::default()
    };
    let decision = judge(
        &rules,
        &Case {
            call: &call(),
            classified: thing,
            claim: &claim,
            before: &BeforeImage::NotNeeded,
            facts: &Facts::default(),
        },
    );
    (decision.verdict, decision.reasons)
}

#[test]
fn a_pack_s_rule_is_a_reason_with_its_own_id_and_wins_even_over_a_granted_read() {
    let guard = |then| Guarded {
        id: "limit".into(),
        then,
        text: "Too much.".into(),
    };
    for (guards, verdict) in [
        (vec![], Verdict::Allow),
        (vec![guard(Then::Hold)], Verdict::Hold),
        (vec![guard(Then::Hold), guard(Then::Block)], Verdict::Block),
    ] {
        let thing = Classified {
            guards,
            ..classified(Effect::Read, Level::ReadOnly)
        };
        let (found, reasons) = judged(&thing);
        assert_eq!(found, verdict);
        let own = reasons.iter().filter(|reason| reason.rule == "pack-limit");
        assert_eq!(own.count(), thing.guards.len());
    }
}

#[test]
fn what_an_older_ledger_recorded_reads_without_guards() {
    let mut recorded = serde_json::to_value(classified(Effect::Read, Level::ReadOnly)).unwrap();
    assert!(
        recorded.get("guards").is_none(),
        "none is written as before"
    );
    recorded["changes"] =
        json!([{"field": "a", "old": 1, "new": 2, "old_known": true, "critical": false}]);
    let read: Classified = serde_json::from_value(recorded.clone()).unwrap();
    assert_eq!((read.guards.len(), &read.changes[0].record), (0, &None));
    assert_eq!(serde_json::to_value(read).unwrap(), recorded);
}

#[test]
fn a_guard_stops_a_read_too() {
    let page = tool("page");
    let found = |url: Value| classify(&page, "s", &json!({ "url": url }), &BeforeImage::NotNeeded);
    assert_eq!(fired(&found(json!("https://example.com"))), vec![]);
    let inner = found(json!("http://localhost"));
    assert_eq!(
        (fired(&inner), inner.level),
        (vec![("inner", Then::Block)], Level::ReadOnly)
    );
    let broken = found(json!(5));
    assert_eq!(
        (fired(&broken), broken.level),
        (vec![("inner", Then::Block)], Level::HighImpact)
    );
}

#[test]
fn a_rule_over_every_tool_speaks_of_each() {
    let text = PACK.replace(
        "[tool.get]",
        "[[guard]]\nid = \"plain-id\"\nwhen = '.id // \"\" | test(\"/\")'\nthen = \"block\"\ntext = \"No plain id.\"\n[tool.get]",
    );
    let pack = CompiledPack::compile(Pack::parse(&text).unwrap()).unwrap();
    for (name, tool) in &pack.tools {
        let odd = classify(tool, "s", &json!({"id": "a/../b"}), &BeforeImage::NotNeeded);
        assert_eq!(fired(&odd)[0], ("plain-id", Then::Block), "{name}");
        let plain = classify(tool, "s", &json!({"id": "a"}), &BeforeImage::NotNeeded);
        assert!(
            plain.guards.iter().all(|guard| guard.id != "plain-id"),
            "{name}"
        );
    }
}

fn thing(items: &Value) -> Value {
    json!({"kind": "deals", "expect": 1, "items": items})
}

#[test]
fn several_records_are_held_and_each_change_names_its_own() {
    let arguments = thing(&json!([
        {"id": "a", "fields": {"phone": "1"}},
        {"id": "b", "fields": {"owner": "eve", "fax": "2"}},
    ]));
    let before = read(json!({"a": {"phone": null}, "b": {"owner": "ann"}}));
    let found = classify(&tool("update"), "s", &arguments, &before);
    assert_eq!(fired(&found), vec![("several-records", Then::Hold)]);
    let changes: Vec<_> = found
        .changes
        .iter()
        .map(|change| (change.label(), change.old_known, change.critical))
        .collect();
    assert_eq!(
        changes,
        vec![
            ("phone of a".to_owned(), true, false),
            ("owner of b".to_owned(), true, true),
            ("fax of b".to_owned(), false, false),
        ]
    );
    assert_eq!(found.level, Level::HighImpact);
    let half = classify(
        &tool("update"),
        "s",
        &arguments,
        &read(json!({"a": {"phone": null}})),
    );
    assert_eq!(half.unknowns, vec!["record `b` was not read"]);
    let broken = classify(&tool("update"), "s", &json!({"items": 5}), &before);
    assert!(broken.level == Level::HighImpact && !broken.unknowns.is_empty());
}

#[test]
fn one_record_of_the_same_tool_is_judged_by_itself() {
    let one = thing(&json!([{"id": "a", "fields": {"phone": "1"}}]));
    let found = classify(&tool("update"), "s", &one, &read(json!({"phone": null})));
    assert_eq!((found.level, fired(&found)), (Level::LowRisk, vec![]));
    assert_eq!(found.record.unwrap().record_type, "deals");
    assert!(
        matches!(found.undo, UndoPlan::None { .. }),
        "it was blank: no call leads back"
    );
    let overwritten = classify(&tool("update"), "s", &one, &read(json!({"phone": "0"})));
    assert!(matches!(
        overwritten.undo,
        UndoPlan::Exact {
            arguments: Some(_),
            ..
        }
    ));
    // The reading tool does not show every field, so one that is missing may hold anything.
    let hidden = classify(&tool("update"), "s", &one, &read(json!({"fax": "0"})));
    assert_eq!(hidden.level, Level::HighImpact);
    assert!(!hidden.changes[0].old_known);
    let untyped = classify(
        &tool("update"),
        "s",
        &json!({"items": [{"id": "a", "fields": {}}]}),
        &failed(),
    );
    assert!(untyped.record.is_none() && !untyped.unknowns.is_empty());
}

#[test]
fn the_answer_is_checked_against_the_call() {
    let answer = |id: i64| {
        let text = json!({"id": id, "fields": {"phone": ""}}).to_string();
        json!({"content": [{"type": "text", "text": text}]})
    };
    let image = |id| {
        let redactor = Redactor::new::<&str>(&[]);
        tool("update").before_image(&json!({"expect": 1}), &answer(id), &redactor)
    };
    assert_eq!(image(1), read(json!({"phone": ""})));
    assert!(matches!(image(2), BeforeImage::Failed { .. }));
}

#[test]
fn an_error_that_comes_as_an_ordinary_answer_is_told_from_success() {
    let with = PACK.replace(
        "title = \"Shop\"",
        "title = \"Shop\"\nfailed = 'if .json.error == null then false elif .json.error == $call.known then true else error(\"odd\") end'",
    );
    let pack = CompiledPack::compile(Pack::parse(&with).unwrap()).unwrap();
    let said = |answer: Value| {
        let result = json!({"content": [{"type": "text", "text": answer.to_string()}]});
        pack.answered(&json!({"known": "not_found"}), &result)
    };
    assert_eq!(said(json!({"id": 1})), Answered::Done);
    assert_eq!(said(json!({"error": "not_found"})), Answered::Refused);
    assert!(
        matches!(said(json!({"error": "timeout"})), Answered::Unclear(why) if why.contains("odd"))
    );
    assert!(matches!(said(json!("text")), Answered::Unclear(_)));
    let silent = CompiledPack::compile(Pack::parse(PACK).unwrap()).unwrap();
    assert_eq!(
        silent.answered(&json!({}), &json!({"content": []})),
        Answered::Done
    );
}

#[test]
fn a_preview_is_a_read_and_whole_units_become_cents() {
    let book = |arguments: Value| classify(&tool("book"), "s", &arguments, &BeforeImage::NotNeeded);
    let preview = book(json!({"lines": "nonsense", "draft": true}));
    assert_eq!(
        (preview.effect, preview.level),
        (Effect::Read, Level::ReadOnly)
    );
    assert!(preview.changes.is_empty() && !preview.amount_expected && preview.unknowns.is_empty());
    for (draft, level) in [
        (json!(false), Level::LowRisk),
        (json!(null), Level::LowRisk),
        // A text is no switch: the condition takes every text for the same.
        (json!("true"), Level::HighImpact),
    ] {
        let booked = book(json!({"lines": [19.99, [2, 0.5]], "draft": draft}));
        assert_eq!(
            (booked.effect, booked.level, booked.amount_cents),
            (Effect::Create, level, Some(2099))
        );
    }
    let odd = book(json!({"lines": [0.001], "draft": false}));
    assert!(odd.amount_cents.is_none() && odd.amount_expected && odd.level == Level::HighImpact);
    let grave = book(json!({"lines": [1], "draft": false, "grave": true}));
    assert_eq!(
        (grave.effect, grave.level),
        (Effect::Create, Level::HighImpact)
    );
}

#[test]
fn a_record_is_not_read_by_a_tool_that_some_arguments_make_write() {
    let reader = PACK.replace("tool = \"get\"", "tool = \"book\"");
    let problems = CompiledPack::compile(Pack::parse(&reader).unwrap()).unwrap_err();
    assert!(
        problems
            .iter()
            .all(|problem| problem.code == "read-tool-writes")
    );
    assert_eq!(tool("book").entry.gravest(), Effect::Create);
}

#[test]
fn what_a_pack_s_rules_need_is_checked() {
    let bad = r#"
name = "bad"
title = "Bad"
[tool.pay]
effect = "read"
raise = [{ when = "$before.x == 1", effect = "pay" }]
amount = ".a"
amount_cents = ".b"
[[tool.pay.guard]]
id = "Limit"
when = ".a |"
then = "block"
text = " "
[[tool.pay.guard]]
id = "twice"
when = "true"
then = "hold"
text = "One."
[[tool.pay.guard]]
id = "twice"
when = "true"
then = "hold"
text = "Two."
"#;
    let problems = CompiledPack::compile(Pack::parse(bad).unwrap()).unwrap_err();
    let found: Vec<(&str, &str)> = problems
        .iter()
        .map(|problem| (problem.code, problem.path.as_str()))
        .collect();
    for expected in [
        ("before-without-read", "tool.pay"),
        ("two-amounts", "tool.pay.amount"),
        ("guard-id-invalid", "tool.pay.guard[0].id"),
        ("guard-text-missing", "tool.pay.guard[0].text"),
        ("filter-invalid", "tool.pay.guard[0].when"),
        ("guard-id-invalid", "tool.pay.guard[2].id"),
        ("undo-missing", "tool.pay"),
    ] {
        assert!(found.contains(&expected), "{expected:?} in {found:?}");
    }
    let of_all = PACK.replace(
        "[tool.get]",
        "[[guard]]\nid = \"inner\"\nwhen = \"$before == 1\"\nthen = \"hold\"\ntext = \"x\"\n[tool.get]",
    );
    let problems = CompiledPack::compile(Pack::parse(&of_all).unwrap()).unwrap_err();
    let found: Vec<_> = problems.iter().map(|problem| problem.code).collect();
    assert_eq!(found, ["before-without-read", "guard-id-invalid"]);
    let taken = "name = \"w\"\ntitle = \"W\"\n[[guardrail]]\nid = \"pack-limit\"\ntext = \"x\"\nthen = \"hold\"\nwhen = { level_at_least = 1 }";
    let problems = CompiledRules::compile(toml::from_str(taken).unwrap()).unwrap_err();
    assert_eq!(problems[0].code, "guardrail-id-taken");
}
