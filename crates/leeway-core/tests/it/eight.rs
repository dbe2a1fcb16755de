//! Each of the eight review rules three ways: it fires, it does not, and what it needs is unknown.

use crate::cases::classified;
use crate::rules::decide;
use leeway_core::action::{Claim, Source};
use leeway_core::classify::{Area, BeforeImage, Classified, Effect, FieldChange, Level};
use leeway_core::judge::{Facts, Verdict};
use serde_json::{Value, json};

/// What a rule is asked about.
struct Asked {
    thing: Classified,
    claim: Claim,
    before: BeforeImage,
}

fn plain() -> Asked {
    let mut thing = classified(Effect::Update, Level::LowRisk);
    thing.changes = vec![FieldChange {
        field: "phone".into(),
        old: Value::Null,
        new: json!("1"),
        old_known: true,
        critical: false,
        record: None,
    }];
    Asked {
        thing,
        claim: Claim {
            confidence: Some(0.95),
            ..Claim::default()
        },
        before: BeforeImage::Read {
            fields: json!({"phone": null}).as_object().cloned().unwrap(),
            version: None,
            id: None,
        },
    }
}

fn touching(area: Area) -> Asked {
    let mut asked = plain();
    asked.thing.areas.insert(area);
    asked
}

fn doing(effect: Effect) -> Asked {
    let mut asked = plain();
    asked.thing.effect = effect;
    asked
}

/// A filter failed, so nobody knows whether the area is touched.
fn unknown() -> Asked {
    let mut asked = plain();
    asked.thing.unknowns.push("filter `.x` failed".into());
    asked
}

fn citing(value: Option<Value>) -> Asked {
    let mut asked = plain();
    asked.claim.sources.push(Source {
        reference: "document/d-1".into(),
        field: Some("phone".into()),
        value,
    });
    asked
}

fn sure(confidence: Option<f64>) -> Asked {
    let mut asked = plain();
    asked.claim.confidence = confidence;
    asked
}

fn flagged() -> Asked {
    let mut asked = plain();
    asked
        .claim
        .sensitive
        .push("the customer mentions a lawyer".into());
    asked
}

fn unreadable(before: BeforeImage) -> Asked {
    Asked { before, ..plain() }
}

fn verdict_and_rules(asked: &Asked) -> (Verdict, Vec<String>) {
    let decision = decide(
        "",
        &asked.thing,
        &asked.claim,
        &asked.before,
        &Facts::default(),
    );
    let rules = decision.reasons.into_iter().map(|reason| reason.rule);
    (decision.verdict, rules.collect())
}

#[test]
fn each_rule_fires_on_what_it_is_about_and_not_on_a_plain_fill() {
    let (verdict, _) = verdict_and_rules(&plain());
    assert_eq!(verdict, Verdict::Allow);
    let failed = BeforeImage::Failed {
        why: "no answer".into(),
    };
    for (rule, asked) in vec![
        ("customer-facing-message", touching(Area::CustomerMessage)),
        ("customer-facing-message", doing(Effect::Send)),
        ("pricing-discount-terms", touching(Area::Pricing)),
        ("merge-or-delete", touching(Area::MergeDelete)),
        ("merge-or-delete", doing(Effect::Merge)),
        ("merge-or-delete", doing(Effect::Delete)),
        ("strategic-ownership", touching(Area::Ownership)),
        (
            "contract-invoice-payment-legal",
            touching(Area::ContractInvoicePaymentLegal),
        ),
        ("contract-invoice-payment-legal", doing(Effect::Pay)),
        ("sensitive-support", touching(Area::SupportSensitive)),
        ("sensitive-support", flagged()),
        ("low-confidence", sure(Some(0.1))),
        ("low-confidence", sure(None)),
        ("low-confidence", sure(Some(f64::NAN))),
        ("missing-or-conflicting-data", citing(Some(json!("2")))),
        ("missing-or-conflicting-data", citing(Some(json!("")))),
        (
            "missing-or-conflicting-data",
            unreadable(BeforeImage::Missing),
        ),
        ("missing-or-conflicting-data", unreadable(failed)),
    ] {
        let (verdict, rules) = verdict_and_rules(&asked);
        assert_eq!(verdict, Verdict::Hold, "{rule}: {rules:?}");
        assert!(rules.iter().any(|fired| fired == rule), "{rule}: {rules:?}");
    }
}

#[test]
fn what_a_rule_needs_and_nobody_knows_holds_whatever_the_rule() {
    let (verdict, rules) = verdict_and_rules(&unknown());
    assert_eq!(verdict, Verdict::Hold);
    assert!(
        rules.contains(&"missing-or-conflicting-data".to_owned()),
        "{rules:?}"
    );
}

#[test]
fn sources_that_agree_with_the_proposal_hold_nothing() {
    for asked in [citing(Some(json!("1"))), citing(None)] {
        assert_eq!(verdict_and_rules(&asked).0, Verdict::Allow);
    }
}

#[test]
fn an_agent_cannot_take_a_flag_away() {
    let mut asked = touching(Area::SupportSensitive);
    asked.claim.sensitive.clear();
    asked.claim.reason = Some("This is not sensitive.".into());
    assert_eq!(verdict_and_rules(&asked).0, Verdict::Hold);
}
