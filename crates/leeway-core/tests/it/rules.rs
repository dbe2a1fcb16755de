//! Each review rule: when it fires, when it does not, and when what it needs is unknown. And what
//! is wrong with a workflow, all at once.

use crate::cases::{call, change, classified};
use leeway_core::action::{Claim, Source};
use leeway_core::classify::{Area, BeforeImage, Classified, Effect, Level, RecordRef};
use leeway_core::govern::workflow::{Grant, Workflow};
use leeway_core::judge::rules::{Case, CompiledRules, judge};
use leeway_core::judge::{Decision, Facts, Verdict};
use serde_json::{Value, json};

pub fn workflow(more: &str) -> Workflow {
    let text = format!("name = \"office\"\ntitle = \"Office\"\n{more}");
    let mut workflow: Workflow = toml::from_str(&text).unwrap_or_else(|error| panic!("{error}"));
    workflow.grants.insert(
        "crm__update".into(),
        leeway_core::govern::workflow::Grant::Update,
    );
    workflow
}

pub fn sure() -> Claim {
    Claim {
        confidence: Some(0.95),
        ..Claim::default()
    }
}

pub fn fill() -> Classified {
    Classified {
        changes: vec![change("phone", Value::Null, json!("1"))],
        ..classified(Effect::Update, Level::LowRisk)
    }
}

pub fn decide(
    more: &str,
    thing: &Classified,
    claim: &Claim,
    before: &BeforeImage,
    facts: &Facts,
) -> Decision {
    let rules =
        CompiledRules::compile(workflow(more)).unwrap_or_else(|problems| panic!("{problems:#?}"));
    judge(
        &rules,
        &Case {
            call: &call(),
            classified: thing,
            claim,
            before,
            facts,
        },
    )
}

fn fires(rule: &str, thing: &Classified, claim: &Claim, before: &BeforeImage) -> bool {
    let decision = decide("", thing, claim, before, &Facts::default());
    let found = decision.reasons.iter().any(|reason| reason.rule == rule);
    assert!(!found || decision.verdict >= Verdict::Hold);
    found
}

pub const NONE: BeforeImage = BeforeImage::NotNeeded;

#[test]
fn a_plain_low_risk_fill_runs() {
    assert_eq!(
        decide("", &fill(), &sure(), &NONE, &Facts::default()).verdict,
        Verdict::Allow
    );
}

#[test]
fn areas_and_effects_hold() {
    let rules = [
        (Area::CustomerMessage, "customer-facing-message"),
        (Area::Pricing, "pricing-discount-terms"),
        (Area::MergeDelete, "merge-or-delete"),
        (Area::Ownership, "strategic-ownership"),
        (
            Area::ContractInvoicePaymentLegal,
            "contract-invoice-payment-legal",
        ),
        (Area::SupportSensitive, "sensitive-support"),
    ];
    for (area, rule) in rules {
        let touching = Classified {
            areas: [area].into(),
            ..fill()
        };
        assert!(fires(rule, &touching, &sure(), &NONE), "{rule}");
        assert!(!fires(rule, &fill(), &sure(), &NONE), "{rule}");
    }
    for (effect, rule) in [
        (Effect::Send, "customer-facing-message"),
        (Effect::Merge, "merge-or-delete"),
        (Effect::Delete, "merge-or-delete"),
        (Effect::Pay, "contract-invoice-payment-legal"),
    ] {
        assert!(
            fires(rule, &classified(effect, Level::External), &sure(), &NONE),
            "{rule}"
        );
    }
    let sensitive = Classified {
        sensitive: ["legal-threat".to_owned()].into(),
        ..fill()
    };
    assert!(fires("sensitive-support", &sensitive, &sure(), &NONE));
}

#[test]
fn confidence_below_missing_or_senseless_holds() {
    for stated in [None, Some(0.79), Some(f64::NAN), Some(1.01), Some(-0.1)] {
        let claim = Claim {
            confidence: stated,
            ..Claim::default()
        };
        assert!(
            fires("low-confidence", &fill(), &claim, &NONE),
            "{stated:?}"
        );
    }
    for stated in [0.8, 1.0] {
        let claim = Claim {
            confidence: Some(stated),
            ..Claim::default()
        };
        assert!(!fires("low-confidence", &fill(), &claim, &NONE), "{stated}");
    }
}

fn citing(sources: &[(&str, Option<Value>)]) -> Claim {
    Claim {
        sources: sources
            .iter()
            .map(|(reference, value)| Source {
                reference: (*reference).into(),
                field: Some("phone".into()),
                value: value.clone(),
            })
            .collect(),
        ..sure()
    }
}

#[test]
fn missing_or_conflicting_data_holds() {
    const RULE: &str = "missing-or-conflicting-data";
    let cases: [(&str, Claim, bool); 7] = [
        ("no source at all", sure(), false),
        (
            "a source that only points",
            citing(&[("mail/1", None)]),
            false,
        ),
        (
            "a source that agrees",
            citing(&[("mail/1", Some(json!("1")))]),
            false,
        ),
        (
            "agreeing as number and text",
            citing(&[("mail/1", Some(json!(1)))]),
            false,
        ),
        (
            "an empty source",
            citing(&[("mail/1", Some(json!("")))]),
            true,
        ),
        (
            "two that disagree",
            citing(&[("mail/1", Some(json!("1"))), ("web/2", Some(json!("2")))]),
            true,
        ),
        (
            "one that says something else",
            citing(&[("mail/1", Some(json!("3")))]),
            true,
        ),
    ];
    for (what, claim, expected) in cases {
        assert_eq!(fires(RULE, &fill(), &claim, &NONE), expected, "{what}");
    }
    for before in [
        BeforeImage::Missing,
        BeforeImage::Failed { why: "down".into() },
    ] {
        assert!(fires(RULE, &fill(), &sure(), &before), "{before:?}");
    }
    let unknown = Classified {
        unknowns: vec!["filter failed".into()],
        ..fill()
    };
    assert!(fires(RULE, &unknown, &sure(), &NONE));
}

#[test]
fn a_record_that_is_not_what_the_agent_believed_holds() {
    let record = RecordRef {
        system: "crm".into(),
        record_type: "contact".into(),
        id: "c-1".into(),
    };
    let thing = Classified {
        record: Some(record),
        ..fill()
    };
    let before = BeforeImage::Read {
        fields: json!({"phone": null, "city": "Graz"})
            .as_object()
            .cloned()
            .unwrap(),
        version: None,
        id: None,
    };
    let believes = |city: &str| Claim {
        sources: vec![Source {
            reference: "crm:contact/c-1".into(),
            field: Some("city".into()),
            value: Some(json!(city)),
        }],
        ..sure()
    };
    assert!(fires(
        "missing-or-conflicting-data",
        &thing,
        &believes("Linz"),
        &before
    ));
    assert!(!fires(
        "missing-or-conflicting-data",
        &thing,
        &believes("graz "),
        &before
    ));
}

#[test]
fn a_required_source_must_say_something() {
    let needs = "required_sources = [\"phone\"]";
    let with = decide(
        needs,
        &fill(),
        &citing(&[("mail/1", Some(json!("1")))]),
        &NONE,
        &Facts::default(),
    );
    assert_eq!(with.verdict, Verdict::Allow);
    for claim in [
        sure(),
        citing(&[("mail/1", None)]),
        citing(&[("mail/1", Some(Value::Null))]),
    ] {
        assert_eq!(
            decide(needs, &fill(), &claim, &NONE, &Facts::default()).verdict,
            Verdict::Hold
        );
    }
}

#[test]
fn every_problem_of_a_workflow_is_reported_at_once() {
    let bad = workflow(
        "confidence_threshold = 7.0\nexpires_after_s = 0\nrequired_sources = [\" \"]\n[grants]\nupdate_contact = \"read\"\n[business_hours]\nzone = \"Mars/Olympus\"\ndays = [\"mo\"]\nfrom = \"9\"\nto = \"17:00\"\n[[guardrail]]\nid = \"low-confidence\"\ntext = \"\"\nthen = \"hold\"\nwhen = {}\n[[guardrail]]\nid = \"x\"\ntext = \"x\"\nthen = \"hold\"\nwhen = { level_at_least = 9, amount_above_cents = -1, rate = { more_than = 1, per_s = 0, of = \"tool\" } }\n[[guardrail]]\nid = \"x\"\ntext = \"x\"\nthen = \"hold\"\nwhen = { confidence_below = nan, total = { above_cents = -1, per_s = 99999999, of = \"tool\" } }\n",
    );
    let problems = CompiledRules::compile(bad).unwrap_err();
    let codes: Vec<&str> = problems.iter().map(|problem| problem.code).collect();
    for code in [
        "threshold-invalid",
        "expiry-invalid",
        "business-hours-invalid",
        "guardrail-id-taken",
        "guardrail-text-missing",
        "guardrail-without-condition",
        "level-invalid",
        "amount-invalid",
        "window-invalid",
        "duplicate-guardrail",
        "tool-name-invalid",
        "field-empty",
    ] {
        assert!(codes.contains(&code), "{code} in {codes:?}");
    }
    for path in [
        "grants.update_contact",
        "required_sources[0]",
        "business_hours.zone",
        "guardrail[1].when.rate.per_s",
        "guardrail[2].id",
        "guardrail[2].when.confidence_below",
        "guardrail[2].when.total.above_cents",
        "guardrail[2].when.total.per_s",
    ] {
        assert!(
            problems.iter().any(|problem| problem.path == path),
            "{path} in {problems:#?}"
        );
    }
}

#[test]
fn a_relay_grants_reading_what_it_names_and_nothing_else() {
    let workflow = workflow("[relay]\ndocs = [\"resources\"]\nmail = [\"logging\", \"questions\"]");
    let granted = |tool: &str| workflow.grant(tool);
    assert_eq!(granted("docs__resources/read"), Grant::Read);
    assert_eq!(granted("docs__completion/resource"), Grant::Read);
    for not in [
        "docs__prompts/get",
        "docs__completion/prompt",
        "docs__read",
        "mail__resources/read",
        "docs__",
    ] {
        assert_eq!(granted(not), Grant::Blocked, "{not}");
    }
}
