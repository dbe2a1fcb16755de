//! What a guardrail counts: held against counting by hand what was recorded.

use crate::things::{NOW, act, finished, govern, id, judged, started, workflow};
use leeway_core::action::event::{ActionEvent, Judged};
use leeway_core::classify::{Area, Effect, FieldChange, Level, RecordRef};
use leeway_core::judge::Verdict;
use leeway_core::judge::counting::Counts;
use leeway_core::judge::facts::Counted;
use leeway_core::judge::guardrail::When;
use leeway_store::{Count, ScopeKey, Store};
use proptest::prelude::*;
use serde_json::json;

const MINUTE_MS: i64 = 60_000;
const EFFECTS: [Effect; 4] = [Effect::Read, Effect::Update, Effect::Send, Effect::Pay];
const AREAS: [Area; 2] = [Area::Pricing, Area::Ownership];
const NAMES: [&str; 3] = ["one", "it's \"two\"", "three"];

/// An action: which of everything, whether it ran, and when.
#[derive(Clone, Debug)]
struct Act {
    judged: Judged,
    ran: bool,
    minute: i64,
}

fn act_of(n: u64) -> impl Strategy<Value = Act> {
    let what = (0..4usize, 1..=5u8, prop::bool::ANY, prop::bool::ANY);
    let names = (0..3usize, 0..3usize, prop::option::of(0..3usize));
    let more = (
        prop::collection::btree_set(prop::sample::select(AREAS.to_vec()), 0..3),
        prop::collection::vec(0..3usize, 0..3),
        prop::option::of(-100..300i64),
        prop::option::of(prop::sample::select(vec![0.2, 0.9, 1.0, 7.0])),
    );
    (what, names, more, 0..10i64).prop_map(
        move |((effect, level, unknown, ran), (agent, tool, record), more, minute)| {
            let ActionEvent::Judged(mut judged) = judged(n, Verdict::Allow) else {
                unreachable!("it is judged");
            };
            let (areas, fields, amount, confidence) = more;
            judged.call.agent = NAMES[agent].into();
            judged.call.tool = NAMES[tool].into();
            judged.claim.confidence = confidence;
            let classified = &mut judged.classified;
            classified.effect = EFFECTS[effect];
            classified.level = Level::try_from(level).unwrap();
            classified.areas = areas;
            classified.amount_cents = amount;
            classified.amount_expected = n.is_multiple_of(2);
            let currencies = [None, Some("EUR"), Some("USD")];
            classified.currency = currencies[n as usize % 3].map(str::to_owned);
            classified.record = record.map(|record| RecordRef {
                system: "crm".into(),
                record_type: NAMES[record].into(),
                id: "1".into(),
            });
            classified.changes = fields
                .into_iter()
                .map(|field| FieldChange {
                    record: None,
                    field: NAMES[field].into(),
                    old: json!(null),
                    new: json!(1),
                    old_known: true,
                    critical: false,
                })
                .collect();
            if unknown {
                classified.unknowns = vec!["a filter failed".into()];
            }
            Act {
                judged: *judged,
                ran,
                minute,
            }
        },
    )
}

fn some<T: Clone + std::fmt::Debug + 'static>(of: Vec<T>) -> impl Strategy<Value = Vec<T>> {
    let most = of.len();
    prop_oneof![
        2 => Just(vec![]),
        1 => prop::sample::subsequence(of, 1..=most),
    ]
}

fn when() -> impl Strategy<Value = When> {
    let names = || NAMES.map(str::to_owned).to_vec();
    let tools = NAMES.map(|name| format!("crm__{name}")).to_vec();
    (
        (some(tools), some(names()), some(EFFECTS.to_vec())),
        prop::option::of(1..=5u8),
        (some(AREAS.to_vec()), some(names()), some(names())),
        prop::option::weighted(0.3, -10..200i64),
        prop::option::weighted(0.3, prop::sample::select(vec![0.5, 0.95])),
        prop::option::weighted(0.3, prop::bool::ANY),
    )
        .prop_map(
            |((tools, agents, effects), level, lists, amount, confidence, outside)| When {
                tools,
                agents,
                effects,
                level_at_least: level,
                areas: lists.0,
                record_types: lists.1,
                fields: lists.2,
                amount_above_cents: amount,
                confidence_below: confidence,
                outside_business_hours: outside,
                rate: None,
                total: None,
                ..When::default()
            },
        )
}

fn hours(at_ms: i64) -> Option<bool> {
    match (at_ms - NOW) / MINUTE_MS % 3 {
        0 => None,
        n => Some(n == 1),
    }
}

/// The conditions, in words as plain as they come.
fn speaks_of(when: &When, act: &Act) -> bool {
    let (judged, thing) = (&act.judged, &act.judged.classified);
    let unknown = !thing.unknowns.is_empty();
    let any = |list: &[String], name: &str| list.is_empty() || list.iter().any(|it| it == name);
    let reads_named = !when.tools.is_empty() && when.effects.is_empty()
        || when.effects.contains(&Effect::Read)
        || when.effects.is_empty() && when.level_at_least == Some(1);
    if thing.effect == Effect::Read && !reads_named {
        return false;
    }
    let record = match &thing.record {
        Some(record) => any(&when.record_types, &record.record_type),
        None => when.record_types.is_empty() || unknown,
    };
    let field = when.fields.is_empty()
        || thing.changes.is_empty() && unknown
        || thing
            .changes
            .iter()
            .any(|it| when.fields.contains(&it.field));
    let amount = when
        .amount_above_cents
        .is_none_or(|limit| match thing.amount_cents {
            Some(cents) => cents > limit || cents < 0 || thing.currency.as_deref() != Some("EUR"),
            None => thing.amount_expected,
        });
    let sure = when.confidence_below.is_none_or(|limit| {
        judged
            .claim
            .confidence
            .is_none_or(|said| said < limit || said > 1.0)
    });
    let time = when.outside_business_hours.is_none_or(|outside| {
        hours(NOW + act.minute * MINUTE_MS).is_none_or(|inside| inside != outside)
    });
    any(&when.tools, &judged.call.tool_name())
        && any(&when.agents, &judged.call.agent)
        && (when.effects.is_empty() || when.effects.contains(&thing.effect))
        && when
            .level_at_least
            .is_none_or(|level| u8::from(thing.level) >= level)
        && (when.areas.is_empty()
            || unknown
            || when.areas.iter().any(|it| thing.areas.contains(it)))
        && record
        && field
        && amount
        && sure
        && time
}

fn in_scope(key: &ScopeKey, judged: &Judged) -> bool {
    match key {
        ScopeKey::Workflow => true,
        ScopeKey::Agent(agent) => judged.call.agent == *agent,
        ScopeKey::Tool { tool, .. } => judged.call.tool == *tool,
        ScopeKey::Record(record) => judged.classified.record.as_ref() == Some(record),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_counted_is_what_the_rule_speaks_of(
        acts in (1..20u64).prop_flat_map(|n| (1..=n).map(act_of).collect::<Vec<_>>()),
        whens in prop::collection::vec(when(), 12),
        since in 0..10i64,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        store.append_blocking(govern("workflow/office", workflow())).unwrap();
        let mut acts = acts;
        acts.sort_by_key(|act| act.minute);
        for (n, one) in acts.iter().enumerate() {
            let mut judged = one.judged.clone();
            if !one.ran {
                judged.decision.verdict = Verdict::Block;
            }
            let mut events = vec![ActionEvent::Judged(Box::new(judged))];
            if one.ran {
                events.extend([started(), finished()]);
            }
            let mut append = act(n as u64, events);
            for entry in &mut append.entries {
                entry.time_ms = NOW + one.minute * MINUTE_MS;
            }
            store.append_blocking(append).unwrap();
        }
        let reader = store.reader().unwrap();
        let record = RecordRef { system: "crm".into(), record_type: "one".into(), id: "1".into() };
        let keys = [
            ScopeKey::Workflow,
            ScopeKey::Agent("one".into()),
            ScopeKey::Tool { system: "crm".into(), tool: NAMES[1].into() },
            ScopeKey::Record(record),
        ];
        for when in &whens {
            for key in &keys {
                let found = reader.counted(&Count {
                    workflow: "office",
                    key,
                    since_ms: NOW + since * MINUTE_MS,
                    counts: &Counts::of(when),
                    currency: Some("EUR"),
                    judged: &id(0),
                    in_business_hours: &hours,
                }).unwrap();
                let by_hand = acts.iter().skip(1).filter(|act| {
                    act.ran && act.minute >= since && in_scope(key, &act.judged) && speaks_of(when, act)
                });
                let mut expected = Counted::default();
                for act in by_hand {
                    expected.count += 1;
                    let thing = &act.judged.classified;
                    if thing.currency.as_deref() != Some("USD") {
                        expected.sum_cents += thing.amount_cents.unwrap_or(0);
                    }
                }
                prop_assert_eq!(found, expected, "{:?} {:?}", when, key);
            }
        }
    }
}
