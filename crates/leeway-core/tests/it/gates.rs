//! A guardrail fires exactly where each condition that it names holds, told here a second time and plainly.

use crate::cases::call;
use crate::invariant::{AREAS, EFFECTS, thing};
use crate::rules::{NONE, sure};
use leeway_core::classify::{Classified, RecordRef};
use leeway_core::govern::workflow::Workflow;
use leeway_core::judge::Facts;
use leeway_core::judge::guardrail::{Guardrail, Then, When};
use leeway_core::judge::rules::{Case, CompiledRules, judge};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

fn few<T: Clone + std::fmt::Debug + 'static>(of: &[T]) -> impl Strategy<Value = Vec<T>> + use<T> {
    let most = of.len().min(2);
    prop_oneof![2 => Just(Vec::new()), 1 => subsequence(of.to_vec(), 1..=most)]
}

fn names(of: &[&str]) -> impl Strategy<Value = Vec<String>> + use<> {
    few(&of.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
}

fn when() -> impl Strategy<Value = When> {
    (
        names(&["crm__update", "crm__other"]),
        few(&EFFECTS),
        few(&AREAS),
        names(&["contact", "deal", "invoice"]),
        names(&["phone", "owner", "city", "amount"]),
        prop::option::of(1..=5u8),
        prop::option::of(0..40_000i64),
    )
        .prop_map(
            |(tools, effects, areas, record_types, fields, level_at_least, amount_above_cents)| {
                When {
                    tools,
                    effects,
                    areas,
                    record_types,
                    fields,
                    level_at_least,
                    amount_above_cents,
                    ..When::default()
                }
            },
        )
}

fn on_a_record() -> impl Strategy<Value = Classified> {
    let record = prop::option::of(select(vec!["contact", "deal", "invoice", "note"]));
    (thing(), record).prop_map(|(thing, record_type)| Classified {
        record: record_type.map(|record_type| RecordRef {
            system: "crm".into(),
            record_type: record_type.into(),
            id: "1".into(),
        }),
        ..thing
    })
}

fn fires(when: &When, thing: &Classified) -> bool {
    let unknown = !thing.unknowns.is_empty();
    let tool = when.tools.is_empty() || when.tools.iter().any(|tool| tool == "crm__update");
    let effect = when.effects.is_empty() || when.effects.contains(&thing.effect);
    let area = when.areas.is_empty()
        || unknown
        || when.areas.iter().any(|area| thing.areas.contains(area));
    let record = when.record_types.is_empty()
        || match &thing.record {
            Some(record) => when.record_types.contains(&record.record_type),
            None => unknown,
        };
    let changed = |field: &String| thing.changes.iter().any(|change| change.field == *field);
    let field = when.fields.is_empty()
        || when.fields.iter().any(changed)
        || (unknown && thing.changes.is_empty());
    let level = when
        .level_at_least
        .is_none_or(|least| u8::from(thing.level) >= least);
    let amount = match (when.amount_above_cents, thing.amount_cents) {
        (None, _) => true,
        // Below nothing, or in a currency that the rule has none of, it is no amount to compare.
        (Some(above), Some(amount)) => amount > above || amount < 0 || thing.currency.is_some(),
        (Some(_), None) => thing.amount_expected,
    };
    tool && effect && area && record && field && level && amount
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn a_guardrail_fires_where_all_its_conditions_hold_and_nowhere_else(
        thing in on_a_record(),
        rules in prop::collection::vec(when(), 1..24),
    ) {
        let guardrails = rules.iter().enumerate().filter(|(_, when)| **when != When::default());
        let workflow = Workflow {
            guardrails: guardrails
                .clone()
                .map(|(n, when)| Guardrail {
                    id: format!("rule-{n}"),
                    text: "A rule.".into(),
                    then: Then::Hold,
                    approvals: None,
                    when: when.clone(),
                })
                .collect(),
            ..toml::from_str("name = \"office\"\ntitle = \"Office\"").unwrap()
        };
        let compiled = CompiledRules::compile(workflow).unwrap();
        let (call, claim, facts) = (call(), sure(), Facts::default());
        let case = Case { call: &call, classified: &thing, claim: &claim, before: &NONE, facts: &facts };
        let decision = judge(&compiled, &case);
        for (n, when) in guardrails {
            let id = format!("rule-{n}");
            let fired = decision.reasons.iter().any(|reason| reason.rule == id);
            prop_assert_eq!(fired, fires(when, &thing), "{:?}", when);
        }
    }
}
