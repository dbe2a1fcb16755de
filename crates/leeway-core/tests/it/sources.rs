//! What an agent cites, against what it proposes and against the record: rule 8 in detail.

use crate::cases::{call, classified};
use leeway_core::action::{Claim, Source};
use leeway_core::classify::{BeforeImage, Classified, Effect, FieldChange, Level, RecordRef};
use leeway_core::govern::workflow::{Grant, Workflow};
use leeway_core::judge::rules::{Case, CompiledRules, judge};
use leeway_core::judge::{Decision, Facts, Verdict};
use serde_json::{Value, json};

const RULE: &str = "missing-or-conflicting-data";

/// A call that would change `account` of contact `c-1`, which has the value `now`.
fn decide(
    now: &Value,
    new: Value,
    required: &[&str],
    sources: &[(&str, Option<Value>)],
) -> Decision {
    let before = BeforeImage::Read {
        fields: json!({ "account": now }).as_object().cloned().unwrap(),
        version: None,
        id: None,
    };
    let thing = Classified {
        record: Some(RecordRef {
            system: "crm".into(),
            record_type: "contact".into(),
            id: "c-1".into(),
        }),
        changes: vec![FieldChange {
            record: None,
            field: "account".into(),
            old: now.clone(),
            new,
            old_known: true,
            critical: false,
        }],
        ..classified(Effect::Update, Level::LowRisk)
    };
    let claim = Claim {
        confidence: Some(0.95),
        sources: sources
            .iter()
            .map(|(reference, value)| Source {
                reference: (*reference).into(),
                field: Some("account".into()),
                value: value.clone(),
            })
            .collect(),
        ..Claim::default()
    };
    let workflow = Workflow {
        grants: [("crm__update".to_owned(), Grant::Update)].into(),
        required_sources: required.iter().map(|field| (*field).to_owned()).collect(),
        ..toml::from_str("name = \"office\"\ntitle = \"Office\"").unwrap()
    };
    let rules = CompiledRules::compile(workflow).unwrap();
    judge(
        &rules,
        &Case {
            call: &call(),
            classified: &thing,
            claim: &claim,
            before: &before,
            facts: &Facts::default(),
        },
    )
}

fn held(decision: &Decision) -> bool {
    let found = decision.reasons.iter().any(|reason| reason.rule == RULE);
    assert_eq!(found, decision.verdict == Verdict::Hold, "{decision:?}");
    found
}

#[test]
fn another_source_that_quotes_the_present_value_speaks_against_the_change() {
    let (now, new) = (json!("A-1"), json!("A-2"));
    let letter = [("letter/9", Some(now.clone()))];
    assert!(held(&decide(&now, new.clone(), &[], &letter)));
    assert!(held(&decide(&now, new, &["account"], &letter)));
}

#[test]
fn the_record_itself_is_believed_but_supports_no_change_of_itself() {
    for own in ["contact/c-1", "contact:c-1", "crm:contact/c-1"] {
        let (now, new) = (json!("A-1"), json!("A-2"));
        let quoted = (own, Some(now.clone()));
        let letter = ("letter/9", Some(new.clone()));
        assert!(!held(&decide(&now, new.clone(), &[], &[quoted.clone()])));
        assert!(!held(&decide(
            &now,
            new.clone(),
            &["account"],
            &[quoted.clone(), letter]
        )));
        assert!(held(&decide(&now, new.clone(), &["account"], &[quoted])));
        let wrong = (own, Some(new.clone()));
        assert!(held(&decide(&now, new, &[], &[wrong])));
    }
}

#[test]
fn saying_truly_that_the_record_is_blank_is_no_empty_source() {
    let own = ("crm:contact/c-1", Some(Value::Null));
    let letter = ("letter/9", Some(json!("A-2")));
    assert!(!held(&decide(
        &json!(""),
        json!("A-2"),
        &[],
        &[own, letter.clone()]
    )));
    let elsewhere = ("crm:contact/c-2", Some(Value::Null));
    assert!(held(&decide(
        &json!(""),
        json!("A-2"),
        &[],
        &[elsewhere, letter]
    )));
}

#[test]
fn values_are_compared_as_people_mean_them() {
    let same = [
        (json!("Graz "), json!("graz")),
        (json!(12), json!("12")),
        (json!(12), json!(12.0)),
        (json!("12.50"), json!(12.5)),
        (json!([1, "a"]), json!([1, "a"])),
    ];
    let other = [
        (json!("Graz"), json!("Linz")),
        // Digits beyond what a floating-point number tells apart.
        (json!("10000000000000000"), json!("10000000000000001")),
        (
            json!(10_000_000_000_000_000_u64),
            json!("10000000000000001"),
        ),
        (
            json!(10_000_000_000_000_000_u64),
            json!(10_000_000_000_000_001_u64),
        ),
        // A number written as an account or telephone number is more than its value.
        (json!("007"), json!("7")),
        (json!(7), json!("007")),
        (json!("1e3"), json!("1000")),
        (json!(true), json!("true")),
    ];
    let cited = |new: &Value, value: &Value| {
        held(&decide(
            &Value::Null,
            new.clone(),
            &[],
            &[("letter/9", Some(value.clone()))],
        ))
    };
    for (a, b) in same {
        assert!(!cited(&a, &b) && !cited(&b, &a), "{a} is {b}");
    }
    for (a, b) in other {
        assert!(cited(&a, &b) && cited(&b, &a), "{a} is not {b}");
    }
}

#[test]
fn a_thousand_false_beliefs_do_not_make_a_thousand_sentences() {
    let own = ("contact/c-1", Some(json!("Z")));
    let decision = decide(&json!("A-1"), json!("A-2"), &[], &vec![own; 1000]);
    assert!(held(&decision));
    assert!(decision.reasons.len() < 20, "{}", decision.reasons.len());
    assert!(
        decision
            .reasons
            .iter()
            .all(|reason| reason.text.len() < 400)
    );
    assert!(
        decision
            .reasons
            .iter()
            .any(|reason| reason.text == "And 988 more like these.")
    );
}
