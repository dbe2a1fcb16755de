//! The product's invariant, under generated configurations: no level 4 or 5 action, and nothing a
//! review rule catches, comes out as allow. What the rules catch is decided here a second time, as
//! plainly as possible.

use crate::cases::{call, classified};
use leeway_core::action::{Claim, Source};
use leeway_core::classify::account::{Account, Accounts};
use leeway_core::classify::{Area, BeforeImage, Classified, Effect, FieldChange, Guarded, Level};
use leeway_core::govern::owners::Responsibility;
use leeway_core::govern::routing::OwnerFact;
use leeway_core::govern::workflow::{Grant, Workflow};
use leeway_core::judge::facts::{Counted, Measured};
use leeway_core::judge::guardrail::{Guardrail, Rate, Scope, Then, Total, When};
use leeway_core::judge::rules::{Case, CompiledRules, judge};
use leeway_core::judge::{Facts, Verdict};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;

pub(crate) const EFFECTS: [Effect; 10] = [
    Effect::Read,
    Effect::Draft,
    Effect::Create,
    Effect::Update,
    Effect::Merge,
    Effect::Delete,
    Effect::Admin,
    Effect::Execute,
    Effect::Send,
    Effect::Pay,
];
pub(crate) const AREAS: [Area; 7] = [
    Area::CustomerMessage,
    Area::Pricing,
    Area::MergeDelete,
    Area::Ownership,
    Area::ContractInvoicePaymentLegal,
    Area::SupportSensitive,
    Area::Admin,
];
const GRANTS: [Grant; 6] = [
    Grant::Blocked,
    Grant::Read,
    Grant::Draft,
    Grant::Update,
    Grant::HighImpact,
    Grant::External,
];

fn level() -> impl Strategy<Value = Level> {
    (1..=5u8).prop_map(|number| Level::try_from(number).unwrap())
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(json!("")),
        "[ab]{1,2}".prop_map(Value::from),
        (0..3i64).prop_map(Value::from)
    ]
}

fn change() -> impl Strategy<Value = FieldChange> {
    (
        prop::sample::select(vec!["phone", "owner"]),
        value(),
        value(),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(field, old, new, old_known, critical)| FieldChange {
            record: None,
            field: field.into(),
            old,
            new,
            old_known,
            critical,
        })
}

fn guarded() -> impl Strategy<Value = Guarded> {
    ("[a-z]{3}", any::<bool>()).prop_map(|(id, block)| Guarded {
        id,
        then: if block { Then::Block } else { Then::Hold },
        text: "A rule of the pack.".into(),
    })
}

/// What the leaves of the call are; one in eight is nothing to the pack.
fn accounts() -> impl Strategy<Value = Accounts> {
    let account = prop::sample::select(vec![
        Account::Identity,
        Account::Change,
        Account::Amount,
        Account::Recipient,
        Account::Content,
        Account::Detail,
        Account::Option,
        Account::Unaccounted,
    ]);
    prop::collection::btree_map("/[a-z]{2}", account, 0..3)
}

pub(crate) fn thing() -> impl Strategy<Value = Classified> {
    (
        prop::sample::select(EFFECTS.to_vec()),
        level(),
        prop::collection::btree_set(prop::sample::select(AREAS.to_vec()), 0..3),
        prop::collection::vec(change(), 0..3),
        (prop::option::of(-5..50_000i64), any::<bool>()),
        (
            prop::collection::btree_set("[a-z]{3}", 0..2),
            prop::collection::vec("[a-z]{3}", 0..2),
            prop::collection::vec(guarded(), 0..2),
            accounts(),
        ),
    )
        .prop_map(
            |(
                effect,
                level,
                areas,
                changes,
                (amount_cents, amount_expected),
                (sensitive, unknowns, guards, accounts),
            )| Classified {
                areas: areas.into_iter().collect::<BTreeSet<_>>(),
                changes,
                amount_cents,
                amount_expected,
                sensitive,
                unknowns,
                guards,
                accounts,
                ..classified(effect, level)
            },
        )
}

fn claim() -> impl Strategy<Value = Claim> {
    let source = (
        prop::option::of(prop::sample::select(vec!["phone", "owner"])),
        prop::option::of(value()),
    )
        .prop_map(|(field, value)| Source {
            reference: "mail/1".into(),
            field: field.map(str::to_owned),
            value,
        });
    (
        prop::option::of(prop_oneof![
            0.0..=1.0f64,
            Just(f64::NAN),
            Just(7.0),
            Just(-1.0)
        ]),
        prop::collection::vec(source, 0..4),
    )
        .prop_map(|(confidence, sources)| Claim {
            confidence,
            sources,
            ..Claim::default()
        })
}

fn before() -> impl Strategy<Value = BeforeImage> {
    prop_oneof![
        Just(BeforeImage::NotNeeded),
        Just(BeforeImage::NotReadable),
        Just(BeforeImage::Missing),
        Just(BeforeImage::Failed { why: "down".into() }),
        value().prop_map(|phone| BeforeImage::Read {
            fields: json!({ "phone": phone }).as_object().cloned().unwrap(),
            version: None,
            id: None,
        }),
    ]
}

fn when() -> impl Strategy<Value = When> {
    (
        prop::option::of(1..=5u8),
        prop::option::of(0..40_000i64),
        prop::option::of(0.0..=1.0f64),
        prop::option::of(any::<bool>()),
        (prop::bool::ANY, prop::bool::ANY),
    )
        .prop_map(
            |(
                level_at_least,
                amount_above_cents,
                confidence_below,
                outside_business_hours,
                (rate, total),
            )| When {
                level_at_least: level_at_least.or(Some(1)),
                amount_above_cents,
                confidence_below,
                outside_business_hours,
                rate: rate.then_some(Rate {
                    more_than: 2,
                    per_s: 60,
                    of: Scope::Agent,
                }),
                total: (total && !rate).then_some(Total {
                    above_cents: 100,
                    per_s: 60,
                    of: Scope::Workflow,
                }),
                ..When::default()
            },
        )
}

fn workflow() -> impl Strategy<Value = Workflow> {
    (
        prop::sample::select(GRANTS.to_vec()),
        0.0..=1.0f64,
        prop::collection::vec((when(), any::<bool>()), 0..4),
        any::<bool>(),
    )
        .prop_map(|(grant, threshold, rules, required)| {
            let guardrails = rules
                .into_iter()
                .enumerate()
                .map(|(n, (when, block))| Guardrail {
                    id: format!("rule-{n}"),
                    text: "A rule.".into(),
                    then: if block { Then::Block } else { Then::Hold },
                    approvals: (n % 2 == 0).then_some(2),
                    when,
                })
                .collect();
            Workflow {
                grants: [("crm__update".to_owned(), grant)].into(),
                relay: [].into(),
                names: leeway_core::govern::relay::Names::default(),
                confidence_threshold: threshold,
                expires_after_s: 60,
                required_sources: if required {
                    vec!["phone".into()]
                } else {
                    vec![]
                },
                business_hours: Some(leeway_core::govern::workflow::BusinessHours {
                    zone: "Europe/Vienna".into(),
                    days: vec!["mon".into()],
                    from: "09:00".into(),
                    to: "17:00".into(),
                }),
                guardrails,
                ..toml::from_str("name = \"office\"\ntitle = \"Office\"").unwrap()
            }
        })
}

fn facts() -> impl Strategy<Value = Facts> {
    (
        prop::option::of(any::<bool>()),
        prop::collection::btree_map("rule-[0-3]", (0..5u64, 0..200i64), 0..4),
        prop::option::of((
            prop::sample::select(Responsibility::ALL.to_vec()),
            any::<bool>(),
        )),
        (
            prop::option::of(prop::sample::select(GRANTS.to_vec())),
            prop::option::of("[a-z]{3}"),
            prop::option::of(prop::option::of(0.0..1.0)),
        ),
    )
        .prop_map(
            |(in_business_hours, counted, owner, (cap, unreviewed, measured))| Facts {
                cap,
                unreviewed,
                measured: measured.map(|threshold| Measured { threshold }),
                contained: None,
                owner: owner.map(|(responsibility, missing)| OwnerFact {
                    responsibility,
                    business: None,
                    missing,
                }),
                now_ms: 1_700_000_000_000,
                in_business_hours,
                counted: counted
                    .into_iter()
                    .map(|(id, (count, sum_cents))| (id, Counted { count, sum_cents }))
                    .collect(),
            },
        )
}

/// The generated values in plain text: they are short words and small numbers.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Whether any of the eight rules catches it, said once more.
fn caught(workflow: &Workflow, thing: &Classified, claim: &Claim, before: &BeforeImage) -> bool {
    if !thing.guards.is_empty() {
        return true;
    }
    if thing
        .accounts
        .values()
        .any(|one| *one == Account::Unaccounted)
    {
        return true;
    }
    if thing.level == Level::ReadOnly {
        return !thing.unknowns.is_empty();
    }
    let touches = |area: Area| thing.areas.contains(&area);
    let grave_area = AREAS[..6].iter().any(|area| touches(*area));
    let grave_effect = matches!(
        thing.effect,
        Effect::Send | Effect::Merge | Effect::Delete | Effect::Pay
    );
    let unsure = match claim.confidence {
        Some(stated) if (0.0..=1.0).contains(&stated) => stated < workflow.confidence_threshold,
        _ => true,
    };
    let unreadable = matches!(before, BeforeImage::Failed { .. })
        || (*before == BeforeImage::Missing && thing.effect != Effect::Create);
    let missing = thing.changes.iter().any(|change| {
        let mut cited = claim
            .sources
            .iter()
            .filter(|source| source.field.as_ref() == Some(&change.field));
        let blank = |value: &Value| value.is_null() || *value == "";
        let empty = cited
            .clone()
            .any(|source| source.value.as_ref().is_some_and(blank));
        let against = cited.clone().any(|source| {
            let said = source.value.as_ref().filter(|value| !blank(value));
            said.is_some_and(|value| plain(value) != plain(&change.new))
        });
        let silent = !cited.any(|source| source.value.as_ref().is_some_and(|value| !blank(value)));
        empty || against || (silent && workflow.required_sources.contains(&change.field))
    });
    grave_area
        || grave_effect
        || unsure
        || unreadable
        || missing
        || !thing.sensitive.is_empty()
        || !thing.unknowns.is_empty()
}

/// Written to JSON and read again.
fn again<T: serde::Serialize + serde::de::DeserializeOwned>(thing: &T) -> T {
    serde_json::from_str(&serde_json::to_string(thing).unwrap()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn nothing_grave_or_caught_is_allowed(
        workflow in workflow(), thing in thing(), claim in claim(), before in before(), facts in facts(),
    ) {
        let rules = CompiledRules::compile(workflow.clone()).unwrap();
        let call = call();
        let case = Case { call: &call, classified: &thing, claim: &claim, before: &before, facts: &facts };
        let decision = judge(&rules, &case);
        prop_assert!(!decision.reasons.is_empty());
        prop_assert_eq!(decision.verdict, decision.reasons.iter().map(|reason| reason.verdict).max().unwrap());
        if thing.level >= Level::HighImpact || caught(&workflow, &thing, &claim, &before) {
            prop_assert_ne!(decision.verdict, Verdict::Allow, "{:?}", decision);
        }
        if thing.guards.iter().any(|guard| guard.then == Then::Block) {
            prop_assert_eq!(decision.verdict, Verdict::Block);
        }
        if workflow.grants["crm__update"] == Grant::Blocked {
            prop_assert_eq!(decision.verdict, Verdict::Block);
        }
        prop_assert_eq!(judge(&rules, &case), decision);
    }

    #[test]
    fn what_is_read_back_from_the_ledger_is_decided_the_same(
        workflow in workflow(), thing in thing(), mut claim in claim(), before in before(), facts in facts(),
    ) {
        // JSON has no NaN, so none comes in over the wire.
        claim.confidence = claim.confidence.filter(|stated| !stated.is_nan());
        let call = call();
        let rules = CompiledRules::compile(workflow.clone()).unwrap();
        let decision = judge(&rules, &Case { call: &call, classified: &thing, claim: &claim, before: &before, facts: &facts });
        let rules_again = CompiledRules::compile(again(&workflow)).unwrap();
        prop_assert_eq!(&rules_again.hash, &rules.hash);
        let decision_again = judge(&rules_again, &Case {
            call: &again(&call),
            classified: &again(&thing),
            claim: &again(&claim),
            before: &again(&before),
            facts: &again(&facts),
        });
        prop_assert_eq!(decision_again, decision);
    }

    #[test]
    fn what_nobody_owns_never_runs_alone(
        workflow in workflow(), thing in thing(), claim in claim(), before in before(), mut facts in facts(),
    ) {
        facts.owner = Some(OwnerFact { responsibility: Responsibility::FinanceFields, business: None, missing: true });
        let rules = CompiledRules::compile(workflow).unwrap();
        let call = call();
        let decision = judge(&rules, &Case { call: &call, classified: &thing, claim: &claim, before: &before, facts: &facts });
        prop_assert!(thing.level == Level::ReadOnly || decision.verdict >= Verdict::Hold, "{:?}", decision);
    }

    #[test]
    fn what_was_not_earned_or_not_reviewed_never_runs_alone(
        workflow in workflow(), thing in thing(), claim in claim(), before in before(), facts in facts(),
    ) {
        let rules = CompiledRules::compile(workflow).unwrap();
        let call = call();
        let with = |facts: &Facts| judge(&rules, &Case { call: &call, classified: &thing, claim: &claim, before: &before, facts });
        let decision = with(&facts);
        let act = thing.level > Level::ReadOnly;
        if act && facts.cap.is_some_and(|cap| cap <= Grant::Draft) {
            prop_assert!(decision.verdict >= Verdict::Hold, "{:?}", decision);
        }
        if act && (facts.unreviewed.is_some() || facts.measured.is_some_and(|one| one.threshold.is_none())) {
            prop_assert!(decision.verdict >= Verdict::Hold, "{:?}", decision);
        }
        // Whatever was earned, it never allows more than what is configured.
        let free = with(&Facts { cap: None, unreviewed: None, measured: None, ..facts.clone() });
        prop_assert!(decision.verdict >= free.verdict, "{:?} against {:?}", decision, free);
    }

    #[test]
    fn a_blocking_guardrail_that_fires_wins_over_everything(
        mut workflow in workflow(), thing in thing(), claim in claim(), before in before(), facts in facts(),
    ) {
        workflow.guardrails.push(Guardrail {
            id: "everything".into(),
            text: "Nothing may happen.".into(),
            then: Then::Block,
            approvals: None,
            when: When { level_at_least: Some(1), ..When::default() },
        });
        let rules = CompiledRules::compile(workflow).unwrap();
        let call = call();
        let decision = judge(&rules, &Case { call: &call, classified: &thing, claim: &claim, before: &before, facts: &facts });
        prop_assert_eq!(decision.verdict, Verdict::Block);
        prop_assert!(decision.reasons.is_sorted_by(|a, b| a.verdict >= b.verdict), "{:?}", decision);
    }

    #[test]
    fn a_tool_without_a_grant_is_blocked(thing in thing(), claim in claim(), before in before(), facts in facts()) {
        let workflow = Workflow { grants: [].into(), ..toml::from_str("name = \"office\"\ntitle = \"Office\"").unwrap() };
        let rules = CompiledRules::compile(workflow).unwrap();
        let call = call();
        let decision = judge(&rules, &Case { call: &call, classified: &thing, claim: &claim, before: &before, facts: &facts });
        prop_assert_eq!(decision.verdict, Verdict::Block);
    }
}
