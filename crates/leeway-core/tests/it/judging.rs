//! What the judge says besides the review rules and guardrails: grants level by level, what was
//! earned, who owns the risk, calls that take actions back; and its sentences.

use crate::cases::{call, change, classified, image};
use crate::rules::{NONE, decide, fill, sure, workflow};
use leeway_core::action::{Claim, Source};
use leeway_core::classify::{BeforeImage, Classified, Effect, Guarded, Level, RecordRef};
use leeway_core::govern::owners::Responsibility;
use leeway_core::govern::routing::OwnerFact;
use leeway_core::govern::workflow::Grant;
use leeway_core::judge::facts::Measured;
use leeway_core::judge::guardrail::Then;
use leeway_core::judge::rules::{Case, CompiledRules, judge, judge_undo};
use leeway_core::judge::{Decision, Facts, Verdict};
use serde_json::{Value, json};

const LEVELS: [Level; 5] = [
    Level::ReadOnly,
    Level::DraftOnly,
    Level::LowRisk,
    Level::HighImpact,
    Level::External,
];

fn said(decision: &Decision, rule: &str) -> Vec<String> {
    let reasons = decision.reasons.iter();
    let of_rule = reasons.filter(|reason| reason.rule == rule);
    of_rule.map(|reason| reason.text.clone()).collect()
}

fn with_facts(level: Level, facts: &Facts) -> Decision {
    let thing = Classified { level, ..fill() };
    decide("", &thing, &sure(), &NONE, facts)
}

#[test]
fn what_limits_acts_says_nothing_of_reads() {
    let owned = |missing| Facts {
        owner: Some(OwnerFact {
            responsibility: Responsibility::FinanceFields,
            business: None,
            missing,
        }),
        ..Facts::default()
    };
    let unreviewed = Facts {
        unreviewed: Some("Reviews are overdue.".into()),
        ..Facts::default()
    };
    let unearned = Facts {
        cap: Some(Grant::Draft),
        ..Facts::default()
    };
    for level in LEVELS {
        let acts = level > Level::ReadOnly;
        for (rule, facts) in [
            ("owner-missing", owned(true)),
            ("reviews-overdue", unreviewed.clone()),
            ("not-earned", unearned.clone()),
        ] {
            let decision = with_facts(level, &facts);
            assert_eq!(!said(&decision, rule).is_empty(), acts, "{rule} {level:?}");
            assert_eq!(decision.verdict != Verdict::Allow, acts, "{rule} {level:?}");
        }
        assert!(said(&with_facts(level, &owned(false)), "owner-missing").is_empty());
    }
}

#[test]
fn a_cap_that_is_no_lower_than_the_grant_limits_nothing() {
    for (cap, limits) in [
        (Grant::Blocked, true),
        (Grant::Draft, true),
        (Grant::Update, false),
        (Grant::External, false),
    ] {
        let facts = Facts {
            cap: Some(cap),
            ..Facts::default()
        };
        let decision = with_facts(Level::LowRisk, &facts);
        assert_eq!(!said(&decision, "not-earned").is_empty(), limits, "{cap:?}");
        assert_eq!(decision.verdict == Verdict::Allow, !limits, "{cap:?}");
    }
}

/// Which rules of grants speak, strictest first.
fn granted(grant: Grant, effect: Effect, level: Level) -> Vec<String> {
    let mut workflow = workflow("");
    workflow.grants.insert("crm__update".into(), grant);
    let case = Case {
        call: &call(),
        classified: &classified(effect, level),
        claim: &sure(),
        before: &NONE,
        facts: &Facts::default(),
    };
    judge(&CompiledRules::compile(workflow).unwrap(), &case)
        .reasons
        .into_iter()
        .map(|reason| reason.rule)
        .collect()
}

#[test]
fn every_grant_against_every_level() {
    let (four, five) = ("level-4-needs-approval", "level-5-needs-approval");
    let table: [(Grant, [&[&str]; 5]); 6] = [
        (Grant::Blocked, [&["grant-blocked"]; 5]),
        (
            Grant::Read,
            [
                &["within-grant"],
                &["beyond-grant"],
                &["beyond-grant"],
                &["beyond-grant"],
                &["beyond-grant"],
            ],
        ),
        (
            Grant::Draft,
            [
                &["within-grant"],
                &["grant-draft"],
                &["grant-draft"],
                &["grant-draft"],
                &["grant-draft"],
            ],
        ),
        (
            Grant::Update,
            [
                &["within-grant"],
                &["within-grant"],
                &["within-grant"],
                &["beyond-grant", four],
                &["beyond-grant", five],
            ],
        ),
        (
            Grant::HighImpact,
            [
                &["within-grant"],
                &["within-grant"],
                &["within-grant"],
                &[four],
                &["beyond-grant", five],
            ],
        ),
        (
            Grant::External,
            [
                &["within-grant"],
                &["within-grant"],
                &["within-grant"],
                &[four],
                &[five],
            ],
        ),
    ];
    for (grant, rows) in table {
        for (level, rules) in LEVELS.into_iter().zip(rows) {
            assert_eq!(
                granted(grant, Effect::Update, level),
                rules,
                "{grant:?} {level:?}"
            );
        }
    }
    let reaching_out = granted(Grant::Read, Effect::Read, Level::External);
    assert_eq!(reaching_out, ["read-reaches-out"]);
    let not_outside = granted(Grant::Read, Effect::Read, Level::HighImpact);
    assert_eq!(not_outside, ["beyond-grant"]);
}

#[test]
fn grants_say_what_the_call_is() {
    let text = |grant: Grant, level| {
        let mut workflow = workflow("");
        workflow.grants.insert("crm__update".into(), grant);
        let case = Case {
            call: &call(),
            classified: &classified(Effect::Update, level),
            claim: &sure(),
            before: &NONE,
            facts: &Facts::default(),
        };
        judge(&CompiledRules::compile(workflow).unwrap(), &case).reasons[0]
            .text
            .clone()
    };
    for (level, words) in [
        (Level::DraftOnly, "this is a draft."),
        (Level::LowRisk, "this is a low-risk update."),
        (Level::HighImpact, "this is a high-impact update."),
        (Level::External, "this is an external action."),
    ] {
        let said = text(Grant::Read, level);
        assert!(said.ends_with(words), "{said}");
    }
    assert!(text(Grant::Update, Level::HighImpact).ends_with("it is a high-impact update."));
    assert_eq!(text(Grant::Update, Level::DraftOnly), "A draft is granted.");
    assert_eq!(
        text(Grant::Update, Level::LowRisk),
        "A low-risk update is granted."
    );
}

/// A guardrail on everything, and one on what it may take back.
const LIMIT: &str = "[[guardrail]]\nid = \"limit\"\ntext = \"Too much.\"\nthen = \"block\"\napprovals = 3\nwhen = { level_at_least = 1 }\n";

fn undone(thing: &Classified, overwrites: bool, more: &str) -> Decision {
    let case = Case {
        call: &call(),
        classified: thing,
        claim: &Claim::default(),
        before: &NONE,
        facts: &Facts::default(),
    };
    let rules = CompiledRules::compile(workflow(more)).unwrap();
    judge_undo(&rules, &case, overwrites)
}

#[test]
fn an_undo_never_runs_alone_whatever_it_is() {
    for level in LEVELS {
        let decision = undone(&classified(Effect::Update, level), false, "");
        assert_eq!((decision.verdict, decision.approvals), (Verdict::Hold, 1));
        assert_eq!(decision.reasons.len(), 1, "{:?}", decision.reasons);
        assert_eq!(decision.reasons[0].rule, "undo");
    }
}

#[test]
fn overwriting_takes_a_second_person() {
    let decision = undone(&fill(), true, "");
    assert_eq!((decision.verdict, decision.approvals), (Verdict::Hold, 2));
    assert_eq!(said(&decision, "undo-overwrites").len(), 1);
    assert!(said(&undone(&fill(), false, ""), "undo-overwrites").is_empty());
}

#[test]
fn an_undo_says_what_is_not_known_and_is_blocked_where_its_pack_blocks() {
    let unknown = Classified {
        unknowns: vec!["one".into(), "two".into()],
        ..fill()
    };
    assert_eq!(
        said(&undone(&unknown, false, ""), "undo-unknown"),
        ["one", "two"]
    );
    for (then, verdict) in [(Then::Hold, Verdict::Hold), (Then::Block, Verdict::Block)] {
        let guarded = Classified {
            guards: vec![Guarded {
                id: "own".into(),
                then,
                text: "By the pack.".into(),
            }],
            ..fill()
        };
        let decision = undone(&guarded, false, "");
        assert_eq!(decision.verdict, verdict);
        // The strictest comes first.
        assert_eq!(decision.reasons[0].verdict, verdict);
        assert_eq!(said(&decision, "pack-own"), ["By the pack."]);
    }
}

#[test]
fn guardrails_are_for_undos_that_pay_or_reach_outside() {
    for effect in [
        Effect::Create,
        Effect::Update,
        Effect::Delete,
        Effect::Merge,
        Effect::Send,
        Effect::Pay,
    ] {
        let decision = undone(&classified(effect, Level::External), true, LIMIT);
        let limited = matches!(effect, Effect::Send | Effect::Pay);
        let verdict = if limited {
            Verdict::Block
        } else {
            Verdict::Hold
        };
        assert_eq!(decision.verdict, verdict, "{effect:?}");
        assert_eq!(
            decision.approvals,
            if limited { 3 } else { 2 },
            "{effect:?}"
        );
    }
    let below = LIMIT.replace("approvals = 3", "");
    let decision = undone(&classified(Effect::Pay, Level::External), true, &below);
    assert_eq!(decision.approvals, 2);
}

#[test]
fn whether_anything_is_counted_is_told() {
    let counts = |more: &str| CompiledRules::compile(workflow(more)).unwrap().counts();
    assert!(!counts("") && !counts(LIMIT));
    let rate = LIMIT.replace(
        "level_at_least = 1",
        "rate = { more_than = 1, per_s = 60, of = \"tool\" }",
    );
    assert!(counts(&(LIMIT.replace("\"limit\"", "\"other\"") + &rate)));
}

/// The sentence on confidence.
fn confidence(threshold: &str, stated: Option<f64>, facts: &Facts) -> String {
    let claim = Claim {
        confidence: stated,
        ..Claim::default()
    };
    let more = format!("confidence_threshold = {threshold}");
    let decision = decide(&more, &fill(), &claim, &NONE, facts);
    said(&decision, "low-confidence").join(" ")
}

#[test]
fn a_confidence_near_its_threshold_is_told_apart_from_it() {
    let none = Facts::default();
    for (threshold, stated, words) in [
        ("0.8", 0.5, "50 %, is below the 80 %"),
        ("0.8", 0.795, "79.50 %, is below the 80.00 %"),
        ("0.02", 0.0, "0 %, is below the 2 %"),
    ] {
        let said = confidence(threshold, Some(stated), &none);
        assert!(said.contains(words), "{said}");
    }
    assert!(confidence("0.8", None, &none).contains("stated no confidence"));
    assert!(confidence("0.8", Some(1.5), &none).contains("makes no sense"));
}

#[test]
fn a_confidence_counts_by_the_stricter_of_what_is_configured_and_measured() {
    let measured = |threshold| Facts {
        measured: Some(Measured { threshold }),
        ..Facts::default()
    };
    let not_yet = confidence("0.8", Some(1.0), &measured(None));
    assert!(not_yet.contains("not measured yet"), "{not_yet}");
    assert!(confidence("0.8", Some(0.85), &measured(Some(0.9))).contains("90 %"));
    assert!(confidence("0.8", Some(0.7), &measured(Some(0.6))).contains("80 %"));
    assert_eq!(confidence("0.8", Some(0.9), &measured(Some(0.9))), "");
}

const MISSING: &str = "missing-or-conflicting-data";

#[test]
fn only_what_is_created_needs_no_record_before() {
    for (effect, holds) in [
        (Effect::Create, false),
        (Effect::Update, true),
        (Effect::Delete, true),
    ] {
        let thing = classified(effect, Level::LowRisk);
        let decision = decide(
            "",
            &thing,
            &sure(),
            &BeforeImage::Missing,
            &Facts::default(),
        );
        assert_eq!(!said(&decision, MISSING).is_empty(), holds, "{effect:?}");
    }
}

fn source(reference: &str, field: &str, value: Value) -> Source {
    Source {
        reference: reference.into(),
        field: Some(field.into()),
        value: Some(value),
    }
}

fn citing(sources: Vec<Source>) -> Claim {
    Claim { sources, ..sure() }
}

/// Sentences about sources, for a change of the phone from nothing to `new` on a contact in Graz.
fn about_sources(new: Value, sources: Vec<Source>) -> Vec<String> {
    let thing = Classified {
        record: Some(RecordRef {
            system: "crm".into(),
            record_type: "contact".into(),
            id: "c-1".into(),
        }),
        changes: vec![change("phone", Value::Null, new)],
        ..fill()
    };
    let before =
        image(json!({"phone": null, "city": "Graz", "open": true, "tags": ["a"], "staff": 5}));
    let decision = decide("", &thing, &citing(sources), &before, &Facts::default());
    said(&decision, MISSING)
}

#[test]
fn sources_that_agree_say_nothing_and_those_that_do_not_are_named() {
    let mail = |value| source("mail/1", "phone", value);
    let web = |value| source("web/2", "phone", value);
    assert!(about_sources(json!("1"), vec![mail(json!("1")), web(json!("1"))]).is_empty());
    let said = about_sources(json!("1"), vec![mail(json!("1")), web(json!(2))]);
    assert_eq!(
        said,
        [
            "Two sources disagree on `phone`: mail/1 says “1”, web/2 says 2.",
            "The proposed `phone` is “1”, but web/2 says 2.",
        ]
    );
    let said = about_sources(json!(null), vec![mail(json!("1"))]);
    assert_eq!(
        said,
        ["The proposed `phone` is empty, but mail/1 says “1”."]
    );
}

#[test]
fn values_say_the_same_whatever_form_they_have_and_nothing_is_not_something() {
    let believed =
        |field: &str, value| about_sources(json!("1"), vec![source("contact/c-1", field, value)]);
    for (field, value) in [
        ("city", json!("GRAZ ")),
        ("staff", json!(5.0)),
        ("staff", json!("5")),
        ("phone", json!("")),
        ("phone", json!([])),
        ("open", json!(true)),
        ("tags", json!(["a"])),
        ("none", json!(null)),
    ] {
        let said = believed(field, value.clone());
        assert!(said.is_empty(), "{field} {value} {said:?}");
    }
    for (field, value, shown) in [
        ("city", json!(null), "`city` is “Graz”, not empty."),
        ("city", json!(["Graz"]), "`city` is “Graz”, not [\"Graz\"]."),
        ("staff", json!(null), "`staff` is 5, not empty."),
        ("staff", json!("6"), "`staff` is 5, not “6”."),
        ("open", json!(null), "`open` is true, not empty."),
        ("tags", json!([]), "`tags` is [\"a\"], not empty."),
        ("phone", json!(false), "`phone` is empty, not false."),
    ] {
        let said = believed(field, value);
        assert!(
            said.len() == 1 && said[0].ends_with(shown),
            "{said:?} {shown}"
        );
    }
}

#[test]
fn the_record_is_cited_by_any_of_its_names() {
    for (reference, own) in [
        ("contact/c-1", true),
        ("crm:contact/c-1", true),
        ("contact:c-1", true),
        ("deal/c-1", false),
        ("contact/c-2", false),
    ] {
        let said = about_sources(json!("1"), vec![source(reference, "city", json!("Linz"))]);
        assert_eq!(said.len(), usize::from(own), "{reference} {said:?}");
    }
}

#[test]
fn long_values_are_cut_and_many_sentences_are_counted() {
    let exactly = "x".repeat(80);
    let mail = |value: String| vec![source("mail/1", "phone", json!(value))];
    let said = about_sources(json!("1"), mail(exactly.clone()));
    assert!(said[0].ends_with(&format!("says “{exactly}”.")), "{said:?}");
    let said = about_sources(json!("1"), mail(format!("{exactly}y")));
    assert!(
        said[0].ends_with(&format!("says “{exactly}…”.")),
        "{said:?}"
    );
    for (beliefs, sentences, last) in [
        (12, 12, "not “no”."),
        (13, 13, "And 1 more like these."),
        (40, 13, "And 28 more like these."),
    ] {
        let wrong = (0..beliefs).map(|_| source("contact/c-1", "city", json!("no")));
        let said = about_sources(json!("1"), wrong.collect());
        assert_eq!(said.len(), sentences, "{beliefs}");
        assert!(said[sentences - 1].ends_with(last), "{said:?}");
    }
}
