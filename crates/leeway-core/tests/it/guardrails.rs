//! Each guardrail condition: when it fires, when it does not, and when what it needs is unknown.

use crate::cases::{call, classified};
use crate::rules::{NONE, decide, fill, sure, workflow};
use leeway_core::action::Claim;
use leeway_core::classify::{Area, Classified, Effect, Level, RecordRef};
use leeway_core::judge::counting::{Counts, Weighed};
use leeway_core::judge::facts::Counted;
use leeway_core::judge::guardrail::When;
use leeway_core::judge::rules::{Case, CompiledRules};
use leeway_core::judge::{Decision, Facts, Verdict};

/// What is left when its filters failed.
fn unread() -> Classified {
    Classified {
        unknowns: vec!["filter failed".into()],
        ..classified(Effect::Update, Level::HighImpact)
    }
}

fn guarded(when: &str, thing: &Classified, facts: &Facts) -> bool {
    let rule = format!(
        "[business_hours]\nzone = \"Europe/Vienna\"\ndays = [\"mon\"]\nfrom = \"09:00\"\nto = \"17:00\"\n[[guardrail]]\nid = \"own\"\ntext = \"Own rule.\"\nthen = \"block\"\nwhen = {{ {when} }}\n"
    );
    let decision = decide(&rule, thing, &sure(), &NONE, facts);
    let spoken = decision
        .reasons
        .iter()
        .filter(|reason| reason.rule == "own")
        .count();
    assert!(spoken <= 1, "a rule speaks once");
    assert_eq!(spoken == 1, decision.verdict == Verdict::Block);
    spoken == 1
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn guardrail_conditions_fire_and_unknown_data_fires_too() {
    let paying = |cents: Option<i64>, expected| Classified {
        amount_cents: cents,
        amount_expected: expected,
        ..fill()
    };
    let hours = |inside| Facts {
        in_business_hours: inside,
        ..Facts::default()
    };
    let counted = |count, sum_cents| Facts {
        counted: [("own".to_owned(), Counted { count, sum_cents })].into(),
        ..Facts::default()
    };
    let contact = Classified {
        record: Some(RecordRef {
            system: "crm".into(),
            record_type: "contact".into(),
            id: "1".into(),
        }),
        ..fill()
    };
    let none = Facts::default();
    let rate = "rate = { more_than = 2, per_s = 60, of = \"agent\" }";
    let of_record = "rate = { more_than = 2, per_s = 60, of = \"record\" }";
    let total = "total = { above_cents = 1000, per_s = 60, of = \"workflow\" }";
    let cases: Vec<(&str, Classified, Facts, bool)> = vec![
        ("tools = [\"crm__update\"]", fill(), none.clone(), true),
        ("tools = [\"crm__other\"]", fill(), none.clone(), false),
        ("agents = [\"clerk\"]", fill(), none.clone(), true),
        ("agents = [\"other\"]", fill(), none.clone(), false),
        ("effects = [\"update\"]", fill(), none.clone(), true),
        ("effects = [\"send\"]", fill(), none.clone(), false),
        ("level_at_least = 3", fill(), none.clone(), true),
        ("level_at_least = 4", fill(), none.clone(), false),
        (
            "record_types = [\"contact\"]",
            contact.clone(),
            none.clone(),
            true,
        ),
        ("record_types = [\"deal\"]", contact, none.clone(), false),
        ("fields = [\"phone\"]", fill(), none.clone(), true),
        ("fields = [\"owner\"]", fill(), none.clone(), false),
        (
            "amount_above_cents = 100",
            paying(Some(101), true),
            none.clone(),
            true,
        ),
        (
            "amount_above_cents = 100",
            paying(Some(100), true),
            none.clone(),
            false,
        ),
        (
            "amount_above_cents = 100",
            paying(None, true),
            none.clone(),
            true,
        ),
        (
            "amount_above_cents = 100",
            paying(None, false),
            none.clone(),
            false,
        ),
        ("confidence_below = 0.99", fill(), none.clone(), true),
        ("confidence_below = 0.9", fill(), none.clone(), false),
        (
            "outside_business_hours = true",
            fill(),
            hours(Some(false)),
            true,
        ),
        (
            "outside_business_hours = true",
            fill(),
            hours(Some(true)),
            false,
        ),
        ("outside_business_hours = true", fill(), hours(None), true),
        (rate, fill(), counted(2, 0), true),
        (rate, fill(), counted(1, 0), false),
        (rate, fill(), none.clone(), true),
        (total, paying(Some(501), true), counted(1, 500), true),
        (total, paying(Some(500), true), counted(1, 500), false),
        (total, paying(None, true), counted(1, 0), true),
        (total, paying(Some(-900), true), counted(1, 0), true),
        (
            "amount_above_cents = 100",
            paying(Some(-1), true),
            none.clone(),
            true,
        ),
        ("fields = [\"owner\"]", unread(), none.clone(), true),
        ("areas = [\"pricing\"]", unread(), none.clone(), true),
        ("areas = [\"pricing\"]", fill(), none.clone(), false),
        ("record_types = [\"deal\"]", unread(), none.clone(), true),
        (of_record, fill(), none.clone(), false),
        (of_record, unread(), none.clone(), true),
        (
            "tools = [\"crm__update\", \"crm__update\"]",
            fill(),
            none.clone(),
            true,
        ),
        (
            "fields = [\"phone\"], level_at_least = 4",
            fill(),
            none,
            false,
        ),
    ];
    for (when, thing, facts, expected) in cases {
        assert_eq!(guarded(when, &thing, &facts), expected, "{when} {facts:?}");
    }
}

/// Judged with one guardrail, a stated confidence and no facts.
fn fires_at(when: &str, stated: Option<f64>) -> bool {
    let rule = format!(
        "[[guardrail]]\nid = \"own\"\ntext = \"Own rule.\"\nthen = \"block\"\nwhen = {{ {when} }}\n"
    );
    let claim = Claim {
        confidence: stated,
        ..sure()
    };
    decide(&rule, &fill(), &claim, &NONE, &Facts::default()).verdict == Verdict::Block
}

#[test]
fn a_senseless_confidence_counts_as_below() {
    let when = "confidence_below = 0.9";
    for stated in [None, Some(0.89), Some(7.0), Some(-1.0), Some(f64::NAN)] {
        assert!(fires_at(when, stated), "{stated:?}");
    }
    for stated in [Some(0.9), Some(1.0)] {
        assert!(!fires_at(when, stated), "{stated:?}");
    }
}

#[test]
fn only_what_can_change_the_verdict_is_counted() {
    let rules = "[[guardrail]]
id = \"mails\"
text = \"Mails.\"
then = \"block\"
when = { effects = [\"send\"], rate = { more_than = 1, per_s = 60, of = \"workflow\" } }
[[guardrail]]
id = \"others\"
text = \"Others.\"
then = \"block\"
when = { agents = [\"other\"], rate = { more_than = 1, per_s = 60, of = \"workflow\" } }
[[guardrail]]
id = \"again\"
text = \"Again.\"
then = \"block\"
when = { rate = { more_than = 1, per_s = 60, of = \"record\" } }
[[guardrail]]
id = \"acts\"
text = \"Acts.\"
then = \"block\"
when = { level_at_least = 2, total = { above_cents = 1, per_s = 3600, of = \"agent\" } }
";
    let rules = CompiledRules::compile(workflow(rules)).unwrap();
    assert_eq!(rules.max_window_s(), 3600);
    let ask = |thing: &Classified| -> Vec<String> {
        let case = Case {
            call: &call(),
            classified: thing,
            claim: &sure(),
            before: &NONE,
            facts: &Facts::default(),
        };
        rules
            .counters(&case)
            .map(|counter| counter.guardrail)
            .collect()
    };
    assert!(ask(&classified(Effect::Read, Level::ReadOnly)).is_empty());
    assert_eq!(ask(&fill()), ["acts"]);
    let mail = classified(Effect::Send, Level::External);
    assert_eq!(ask(&mail), ["mails", "acts"]);
    let record = RecordRef {
        system: "crm".into(),
        record_type: "contact".into(),
        id: "1".into(),
    };
    let update = Classified {
        record: Some(record),
        ..fill()
    };
    assert_eq!(ask(&update), ["again", "acts"]);
}

#[test]
fn amounts_at_a_limit_in_another_currency_or_named_but_not_known() {
    let paying = |cents: Option<i64>, currency: Option<&str>| Classified {
        amount_cents: cents,
        amount_expected: false,
        currency: currency.map(str::to_owned),
        ..fill()
    };
    let above = "amount_above_cents = 100, currency = \"EUR\"";
    let total = "currency = \"EUR\", total = { above_cents = 1000, per_s = 60, of = \"workflow\" }";
    let before = |sum_cents| Facts {
        counted: [(
            "own".to_owned(),
            Counted {
                count: 1,
                sum_cents,
            },
        )]
        .into(),
        ..Facts::default()
    };
    let none = Facts::default();
    for (when, thing, facts, expected) in [
        (above, paying(Some(0), Some("EUR")), &none, false),
        (above, paying(Some(100), Some("EUR")), &none, false),
        (above, paying(Some(101), Some("EUR")), &none, true),
        (above, paying(Some(1), Some("USD")), &none, true),
        (above, paying(Some(1), None), &none, true),
        (above, paying(None, None), &none, false),
        (total, paying(Some(0), Some("EUR")), &before(1000), false),
        (total, paying(Some(1), Some("EUR")), &before(1000), true),
        (total, paying(Some(1), Some("USD")), &before(0), true),
        // What moves no money fires only where the limit is passed already.
        (total, paying(None, None), &before(999), false),
        (total, paying(None, None), &before(1000), false),
        (total, paying(None, None), &before(1001), true),
        (total, paying(Some(-1), Some("EUR")), &before(0), true),
    ] {
        assert_eq!(guarded(when, &thing, facts), expected, "{when} {thing:?}");
    }
}

#[test]
fn a_condition_that_is_listed_twice_holds_like_one() {
    let pricing = Classified {
        areas: [Area::Pricing].into(),
        ..fill()
    };
    let none = Facts::default();
    for when in [
        "areas = [\"pricing\", \"pricing\"]",
        "effects = [\"update\", \"update\"]",
        "areas = [\"pricing\", \"ownership\"]",
    ] {
        assert!(guarded(when, &pricing, &none), "{when}");
    }
    assert!(!guarded(
        "areas = [\"ownership\", \"ownership\"]",
        &pricing,
        &none
    ));
}

#[test]
fn the_most_approvals_that_any_rule_asks_for_count() {
    let rule = |id: &str, more: &str| {
        format!(
            "[[guardrail]]\nid = \"{id}\"\ntext = \"Own.\"\nthen = \"hold\"\n{more}\nwhen = {{ level_at_least = 1 }}\n"
        )
    };
    for (rules, approvals) in [
        (rule("a", ""), 1),
        (rule("a", "approvals = 2"), 2),
        (rule("a", "approvals = 3") + &rule("b", "approvals = 2"), 3),
        (rule("a", "approvals = 2") + &rule("b", "approvals = 3"), 3),
    ] {
        let decision = decide(&rules, &fill(), &sure(), &NONE, &Facts::default());
        assert_eq!(decision.approvals, approvals, "{rules}");
        // One is not written down, and what is not written down is one.
        let written = serde_json::to_value(&decision).unwrap();
        assert_eq!(
            written.get("approvals").is_some(),
            approvals > 1,
            "{written}"
        );
        let read: Decision = serde_json::from_value(written).unwrap();
        assert_eq!(read, decision);
    }
}

#[test]
fn what_is_counted_depends_on_the_conditions_and_not_on_the_limit() {
    let counts = |when: &str| {
        let when: When = toml::from_str(when).unwrap();
        Counts::of(&when)
    };
    let rate = "effects = [\"update\"]\nrate = { more_than = 2, per_s = 60, of = \"agent\" }";
    let total = "effects = [\"update\"]\ntotal = { above_cents = 2, per_s = 60, of = \"agent\" }";
    assert_eq!(counts(rate), counts("effects = [\"update\"]"));
    assert_eq!(counts(total), counts(rate));
    assert_ne!(counts(rate), counts("effects = [\"create\"]"));
}

#[test]
fn what_is_kept_to_count_an_action_by_is_what_it_does() {
    let change = |field: &str| crate::cases::change(field, serde_json::Value::Null, "1".into());
    let thing = Classified {
        areas: [Area::Pricing, Area::Ownership].into(),
        changes: vec![change("phone"), change("city"), change("phone")],
        amount_expected: true,
        ..fill()
    };
    let weighed = Weighed::of(&thing);
    let areas = 1 << Area::Pricing as u8 | 1 << Area::Ownership as u8;
    assert_eq!(weighed.areas, areas);
    assert_eq!(weighed.fields, ["city", "phone"]);
    assert!(weighed.amount_expected && !weighed.unknown);
    assert!(Weighed::of(&unread()).unknown);
}
