//! The bounds of a workflow's settings: the last value that is taken and the first that is not.

use crate::rules::workflow;
use leeway_core::judge::rules::CompiledRules;

const HOURS: &str = "[business_hours]\nzone = \"Europe/Vienna\"\ndays = [\"mon\"]\nfrom = \"09:00\"\nto = \"17:00\"\n";

/// Codes and paths of what is wrong with a workflow.
fn wrong(more: &str) -> Vec<(&'static str, String)> {
    match CompiledRules::compile(workflow(more)) {
        Ok(_) => Vec::new(),
        Err(problems) => problems
            .into_iter()
            .map(|problem| (problem.code, problem.path))
            .collect(),
    }
}

/// Every setting of a table is taken at its bounds, and refused just outside, for that alone.
fn bounded(table: &str, code: &'static str, key: &str, taken: &[&str], refused: &[&str]) {
    let path = format!("{}{key}", table.trim_start_matches('['));
    let path = path.replace("]\n", ".");
    for value in taken {
        let found = wrong(&format!("{table}{key} = {value}"));
        assert!(found.is_empty(), "{path} = {value}: {found:?}");
    }
    for value in refused {
        let found = wrong(&format!("{table}{key} = {value}"));
        assert_eq!(found, [(code, path.clone())], "{path} = {value}");
    }
}

#[test]
fn settings_are_taken_up_to_their_bounds_and_refused_beyond() {
    for (code, key, taken, refused) in [
        (
            "threshold-invalid",
            "confidence_threshold",
            ["0.0", "1.0"],
            ["-0.01", "1.01"],
        ),
        (
            "expiry-invalid",
            "expires_after_s",
            ["1", "2592000"],
            ["0", "2592001"],
        ),
        (
            "clean-days-invalid",
            "incident_clean_days",
            ["1", "90"],
            ["0", "91"],
        ),
        (
            "silent-minutes-invalid",
            "incident_silent_minutes",
            ["1", "1440"],
            ["0", "1441"],
        ),
        (
            "part-invalid",
            "escalate_at",
            ["0.0", "1.0"],
            ["-0.01", "1.01"],
        ),
    ] {
        bounded("", code, key, &taken, &refused);
    }
    bounded(
        "",
        "repeat-window-invalid",
        "repeat_window_s",
        &["0", "604800"],
        &["604801"],
    );
    bounded(
        "",
        "send-delay-invalid",
        "send_delay_s",
        &["0", "86400"],
        &["86401"],
    );
    bounded(
        "",
        "part-invalid",
        "remind_at",
        &["[0.0, 1.0]", "[]"],
        &["[0.5, 1.01]"],
    );
    bounded(
        "",
        "currency-unknown",
        "currency",
        &["\"EUR\""],
        &["\"XYZ\"", "\"eur\""],
    );
}

#[test]
fn evidence_and_worth_are_bounded() {
    for (key, most, beyond) in [
        ("review_within_days", "60", "61"),
        ("promotion_days", "3650", "3651"),
        ("reviewer_minutes_a_week", "2400", "2401"),
    ] {
        bounded(
            "[evidence]\n",
            "evidence-invalid",
            key,
            &["1", most],
            &["0", beyond],
        );
    }
    for (key, most, beyond) in [
        ("manual_minutes", "10000.0", "10001.0"),
        ("hourly_wage", "100000.0", "100001.0"),
        ("error_cost", "1e9", "1.1e9"),
        ("fix_minutes", "100000.0", "100001.0"),
        ("caught", "1.0", "1.01"),
        ("owner_hours", "744.0", "745.0"),
        ("subscription", "1e9", "1.1e9"),
        ("setup", "1e9", "1.1e9"),
    ] {
        bounded(
            "[roi]\n",
            "roi-invalid",
            key,
            &["0.0", most],
            &["-0.1", beyond, "nan"],
        );
    }
    let currencies = ["\"EURO\"", "\"eur\"", "\"\"", "\"E R\""];
    bounded(
        "[roi]\n",
        "roi-invalid",
        "currency",
        &["\"USD\""],
        &currencies,
    );
}

/// What is wrong with one guardrail, without its place.
fn wrong_rule(rule: &str) -> Vec<(&'static str, String)> {
    wrong(&format!("{HOURS}[[guardrail]]\nthen = \"hold\"\n{rule}"))
        .into_iter()
        .map(|(code, path)| {
            let place = path.strip_prefix("guardrail[0].");
            (code, place.unwrap_or(&path).to_owned())
        })
        .collect()
}

#[test]
fn guardrails_are_taken_up_to_their_bounds_and_refused_beyond() {
    let rate = |per_s: &str| format!("rate = {{ more_than = 1, per_s = {per_s}, of = \"tool\" }}");
    let total =
        |cents: &str| format!("total = {{ above_cents = {cents}, per_s = 60, of = \"tool\" }}");
    let when = [
        ("level_at_least = 1".into(), None),
        ("level_at_least = 5".into(), None),
        (
            "level_at_least = 0".into(),
            Some(("level-invalid", "level_at_least")),
        ),
        (
            "level_at_least = 6".into(),
            Some(("level-invalid", "level_at_least")),
        ),
        ("amount_above_cents = 0".into(), None),
        (
            "amount_above_cents = -1".into(),
            Some(("amount-invalid", "amount_above_cents")),
        ),
        ("confidence_below = 0.0".into(), None),
        ("confidence_below = 1.0".into(), None),
        (
            "confidence_below = 1.01".into(),
            Some(("threshold-invalid", "confidence_below")),
        ),
        (rate("1"), None),
        (rate("31622400"), None),
        (rate("0"), Some(("window-invalid", "rate.per_s"))),
        (rate("31622401"), Some(("window-invalid", "rate.per_s"))),
        (total("0"), None),
        (total("-1"), Some(("amount-invalid", "total.above_cents"))),
        ("outside_business_hours = true".into(), None),
        ("currency = \"EUR\", amount_above_cents = 1".into(), None),
        (
            "currency = \"XYZ\", amount_above_cents = 1".into(),
            Some(("currency-unknown", "currency")),
        ),
        ("tools = [\"crm__update\"]".into(), None),
        (
            "tools = [\"crm__update\", \"update\"]".into(),
            Some(("tool-name-invalid", "tools[1]")),
        ),
    ];
    for (when, expected) in when {
        let found = wrong_rule(&format!(
            "id = \"own\"\ntext = \"Own.\"\nwhen = {{ {when} }}"
        ));
        let expected: Vec<_> = expected
            .map(|(code, key): (_, &str)| (code, format!("when.{key}")))
            .into_iter()
            .collect();
        assert_eq!(found, expected, "{when}");
    }
    let both = format!("{}, {}", rate("60"), total("1"));
    let found = wrong_rule(&format!(
        "id = \"own\"\ntext = \"Own.\"\nwhen = {{ {both} }}"
    ));
    assert_eq!(found, [("two-counters", "when".to_owned())]);
}

#[test]
fn approvals_ids_and_texts_of_guardrails_are_checked() {
    let longest = "a".repeat(64);
    for (id, code) in [
        ("a-1", None),
        (longest.as_str(), None),
        ("pack", None),
        (&"a".repeat(65), Some("guardrail-id-invalid")),
        ("", Some("guardrail-id-invalid")),
        ("-a", Some("guardrail-id-invalid")),
        ("a-", Some("guardrail-id-invalid")),
        ("A", Some("guardrail-id-invalid")),
        ("a b", Some("guardrail-id-invalid")),
        ("owner-missing", Some("guardrail-id-taken")),
        ("pack-own", Some("guardrail-id-taken")),
    ] {
        let found = wrong_rule(&format!(
            "id = \"{id}\"\ntext = \"Own.\"\nwhen = {{ level_at_least = 1 }}"
        ));
        let expected: Vec<_> = code
            .map(|code| (code, "id".to_owned()))
            .into_iter()
            .collect();
        assert_eq!(found, expected, "{id}");
    }
    for (approvals, taken) in [(0, false), (1, true), (5, true), (6, false)] {
        let found = wrong_rule(&format!(
            "id = \"own\"\ntext = \"Own.\"\napprovals = {approvals}\nwhen = {{ level_at_least = 1 }}"
        ));
        assert_eq!(found.is_empty(), taken, "{approvals}: {found:?}");
    }
}

#[test]
fn what_needs_business_hours_says_that_there_are_none() {
    let rule = "[[guardrail]]\nid = \"own\"\ntext = \"Own.\"\nthen = \"hold\"\nwhen = { outside_business_hours = true }";
    let missing = |path: &str| vec![("business-hours-missing", path.to_owned())];
    assert_eq!(
        wrong(rule),
        missing("guardrail[0].when.outside_business_hours")
    );
    assert!(wrong(&format!("{HOURS}{rule}")).is_empty());
    let counts = "deadline_counts = \"business-hours\"\n";
    assert_eq!(wrong(counts), missing("deadline_counts"));
    assert!(wrong(&format!("{counts}{HOURS}")).is_empty());
    assert!(wrong("deadline_counts = \"all-hours\"").is_empty());
}

#[test]
fn hours_of_the_day_are_written_with_two_digits_and_end_at_midnight() {
    let with = |from: &str, to: &str, days: &str| {
        wrong(&format!(
            "[business_hours]\nzone = \"Europe/Vienna\"\ndays = [{days}]\nfrom = \"{from}\"\nto = \"{to}\"\n"
        ))
    };
    let invalid = |key: &str| vec![("business-hours-invalid", format!("business_hours.{key}"))];
    for (from, to) in [("00:00", "24:00"), ("23:59", "00:59"), ("09:30", "17:45")] {
        assert!(with(from, to, "\"mon\", \"sun\"").is_empty(), "{from} {to}");
    }
    for no in [
        "9:00", "09:0", "09:60", "24:01", "25:00", "0900", "+9:00", "09:+1", "a9:00", "",
    ] {
        assert_eq!(with(no, "17:00", "\"mon\""), invalid("from"), "{no}");
        assert_eq!(with("09:00", no, "\"mon\""), invalid("to"), "{no}");
    }
    assert_eq!(with("09:00", "17:00", ""), invalid("days"));
    assert_eq!(with("09:00", "17:00", "\"mo\""), invalid("days"));
}

#[test]
fn grants_name_a_system_and_a_tool() {
    for (tool, taken) in [
        ("crm__update", true),
        ("crm__", false),
        ("__update", false),
        ("update", false),
        ("crm__up date", false),
    ] {
        let found = wrong(&format!("[grants]\n\"{tool}\" = \"read\""));
        assert_eq!(found.is_empty(), taken, "{tool}: {found:?}");
    }
    assert!(wrong("[sensitive_words]\nown = [\"Ü\", \"7\"]").is_empty());
    let empty = wrong("[sensitive_words]\nown = [\"ok\", \" -!\"]");
    assert_eq!(empty, [("word-empty", "sensitive_words.own[1]".to_owned())]);
}

#[test]
fn names_of_workflows_are_plain() {
    for (name, taken) in [
        ("office-2", true),
        ("Office", false),
        ("-a", false),
        ("", false),
    ] {
        let mut named = workflow("");
        named.name = name.into();
        assert_eq!(CompiledRules::compile(named).is_ok(), taken, "{name}");
    }
}
