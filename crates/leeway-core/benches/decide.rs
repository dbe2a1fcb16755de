//! Classifying and judging one call, in process: with a handful of rules, and with 1,000.

use criterion::{Criterion, criterion_group, criterion_main};
use leeway_core::action::{Call, Claim};
use leeway_core::classify::BeforeImage;
use leeway_core::classify::classified::classify;
use leeway_core::classify::compiled::CompiledPack;
use leeway_core::classify::pack::Pack;
use leeway_core::govern::workflow::{Grant, Workflow};
use leeway_core::judge::guardrail::{Guardrail, Then, When};
use leeway_core::judge::rules::{Case, CompiledRules, judge};
use leeway_core::judge::{Facts, Verdict};
use serde_json::json;
use std::hint::black_box;

const PACK: &str = r#"
name = "crm"
title = "CRM"
[tool.get]
effect = "read"
[tool.update]
effect = "update"
record = { type = "contact", id = ".id" }
changes = ".fields"
critical = ["owner"]
read = { tool = "get", arguments = "{id: .id}", fields = ".json" }
undo = { kind = "exact", tool = "update", arguments = "{id: .id, fields: $before}", summary = "Writes the old values back." }
"#;

/// A mix as operators write them: by tool, field, effect, amount, area.
fn guardrails(count: usize) -> Vec<Guardrail> {
    (0..count)
        .map(|n| {
            let mut when = When::default();
            match n % 5 {
                0 => when.tools = vec![format!("crm__tool_{n}")],
                1 => when.fields = vec![format!("field_{n}")],
                2 => when.amount_above_cents = Some(n as i64 * 100),
                3 => when.record_types = vec![format!("type_{n}")],
                _ => when.effects = vec![leeway_core::classify::Effect::Pay],
            }
            Guardrail {
                id: format!("rule-{n}"),
                text: "A rule.".into(),
                then: Then::Hold,
                approvals: None,
                when,
            }
        })
        .collect()
}

fn bench(criterion: &mut Criterion) {
    let pack = CompiledPack::compile(Pack::parse(PACK).expect("a pack")).expect("compiles");
    let tool = &pack.tools["update"];
    let arguments = json!({"id": "c-1", "fields": {"phone": "+44 20 7946 0117"}});
    let call = Call {
        workflow: "office".into(),
        agent: "clerk".into(),
        system: "crm".into(),
        tool: "update".into(),
        arguments: arguments.clone(),
        inputs: None,
    };
    let claim = Claim {
        confidence: Some(0.95),
        ..Claim::default()
    };
    let before = BeforeImage::Read {
        fields: json!({"phone": "", "city": "Graz", "owner": "ann"})
            .as_object()
            .cloned()
            .expect("an object"),
        version: None,
        id: None,
    };
    let facts = Facts::default();
    for count in [5, 1_000] {
        let workflow = Workflow {
            guardrails: guardrails(count),
            grants: [("crm__update".to_owned(), Grant::Update)].into(),
            ..toml::from_str("name = \"office\"\ntitle = \"Office\"").expect("a workflow")
        };
        let rules = CompiledRules::compile(workflow).expect("compiles");
        criterion.bench_function(&format!("classify and judge, {count} rules"), |bencher| {
            bencher.iter(|| {
                let classified = classify(tool, "crm", black_box(&arguments), &before);
                let case = Case {
                    call: &call,
                    classified: &classified,
                    claim: &claim,
                    before: &before,
                    facts: &facts,
                };
                let decision = judge(&rules, &case);
                assert_eq!(decision.verdict, Verdict::Allow);
                decision
            });
        });
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);
