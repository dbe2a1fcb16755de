//! The demo without the gateway around it: the sandbox, its pack, the shipped workflows and the
//! scenarios, judged by the real rules. What each step says comes of it must come of it.

use super::scenario::{Expect, Scenario, Step};
use super::seed;
use crate::clock::Clock;
use crate::sandbox::server::Sandbox;
use crate::sandbox::store::Store;
use leeway_core::action::{Call, Claim};
use leeway_core::classify::classified::classify;
use leeway_core::classify::pack::CompiledPack;
use leeway_core::classify::redact::Redactor;
use leeway_core::classify::{Area, BeforeImage, Classified, UndoPlan};
use leeway_core::govern::workflow::Workflow;
use leeway_core::judge::facts::Counted;
use leeway_core::judge::rules::{Case, CompiledRules, judge};
use leeway_core::judge::{Decision, Facts, Verdict};
use serde_json::{Map, Value, json};
use std::path::Path;

/// A Tuesday, 10:30 in London.
const NOW_MS: i64 = 1_795_516_200_000;

struct Stage {
    sandbox: Sandbox,
    pack: CompiledPack,
    redactor: Redactor,
    _folder: tempfile::TempDir,
}

impl Stage {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(folder.path().join("state.json")).expect("opens");
        let text = file("packs/sandbox.toml");
        let pack: leeway_core::classify::pack::Pack = toml::from_str(&text).expect("a pack");
        Self {
            sandbox: Sandbox::new(store, Clock::system()).expect("serves"),
            redactor: Redactor::new(&pack.redact),
            pack: CompiledPack::compile(pack).unwrap_or_else(|error| panic!("{error:?}")),
            _folder: folder,
        }
    }

    /// The sandbox's answer as MCP has it.
    fn answer(&self, tool: &str, arguments: Map<String, Value>) -> Value {
        match self.sandbox.call(tool, arguments) {
            Ok(value) => json!({
                "content": [{ "type": "text", "text": value.to_string() }],
                "structuredContent": value,
                "isError": false,
            }),
            Err(text) => json!({ "content": [{ "type": "text", "text": text }], "isError": true }),
        }
    }

    fn classify(&self, tool: &str, arguments: &Value) -> (Classified, BeforeImage) {
        let entry = &self.pack.tools[tool];
        let before = match entry.read_call(arguments) {
            None => entry.without_read(),
            Some(Err(why)) => BeforeImage::Failed { why },
            Some(Ok((read, with))) => {
                let answer = self.answer(&read, object(with));
                entry.before_image(arguments, &answer, &self.redactor)
            }
        };
        (classify(entry, "sandbox", arguments, &before), before)
    }

    fn judge(&self, rules: &CompiledRules, workflow: &str, step: &Step) -> (Classified, Decision) {
        let arguments = Value::from(step.arguments.clone());
        let (classified, before) = self.classify(&step.tool, &arguments);
        let claim: Claim = serde_json::from_value(step.governance()).expect("a claim");
        let call = Call {
            workflow: workflow.to_owned(),
            agent: "Scripted agent".to_owned(),
            system: "sandbox".to_owned(),
            tool: step.tool.clone(),
            arguments,
            inputs: None,
        };
        let mut facts = Facts {
            now_ms: NOW_MS,
            in_business_hours: rules.in_business_hours(NOW_MS),
            ..Facts::default()
        };
        let case = Case {
            call: &call,
            classified: &classified,
            claim: &claim,
            before: &before,
            facts: &Facts::default(),
        };
        for counter in rules.counters(&case) {
            facts.counted.insert(counter.guardrail, Counted::default());
        }
        let decision = judge(
            rules,
            &Case {
                facts: &facts,
                ..case
            },
        );
        (classified, decision)
    }
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

fn file(path: &str) -> String {
    seed::configuration(Path::new("/leeway"), Path::new("/state.json"))
        .into_iter()
        .find(|(name, _)| name == path)
        .map(|(_, text)| text)
        .unwrap_or_else(|| panic!("no file {path}"))
}

const WORKFLOWS: [&str; 6] = [
    "sales-follow-up",
    "crm-clean-up",
    "customer-success",
    "document-processing",
    "support-triage",
    "proposal-automation",
];

#[test]
fn every_step_ends_as_its_scenario_says() {
    let mut wrong = Vec::new();
    let stage = Stage::new();
    for part in ["first", "later"] {
        for workflow in WORKFLOWS {
            let text = file(&format!("workflows/{workflow}.toml"));
            let rules: Workflow = toml::from_str(&text).expect("a workflow");
            let rules = CompiledRules::compile(rules).unwrap_or_else(|error| panic!("{error:?}"));
            let scenario = Scenario::of(workflow).expect("a scenario");
            let steps = if part == "first" {
                &scenario.first
            } else {
                &scenario.later
            };
            for step in steps {
                let (classified, decision) = stage.judge(&rules, workflow, step);
                let came = match decision.verdict {
                    Verdict::Allow => Expect::Runs,
                    Verdict::Hold => Expect::Held,
                    Verdict::Block => Expect::Blocked,
                };
                if came != step.expect {
                    wrong.push(format!(
                        "{workflow}, {part}: {} {} is {came:?} at level {:?}, not {:?}: {:?} {:?}",
                        step.tool,
                        Value::from(step.arguments.clone()),
                        classified.level,
                        step.expect,
                        decision.reasons,
                        classified.unknowns,
                    ));
                }
                if came == Expect::Runs {
                    let answer = stage.answer(&step.tool, step.arguments.clone());
                    assert_eq!(
                        answer["isError"], false,
                        "{workflow}: {} {answer}",
                        step.tool
                    );
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} steps:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// Level and areas of calls that stand for their kind.
#[test]
fn the_pack_gives_each_kind_of_call_its_level() {
    let own = [Area::Ownership].as_slice();
    let message = [Area::CustomerMessage].as_slice();
    let money = [Area::ContractInvoicePaymentLegal].as_slice();
    let merge = [Area::MergeDelete].as_slice();
    let cases: [(&str, Value, u8, &[Area]); 21] = [
        ("get_contact", json!({ "id": "c-101" }), 1, &[]),
        ("list_tickets", json!({}), 1, &[]),
        (
            "add_internal_note",
            json!({ "ticket_id": "t-502", "text": "M2, six months." }),
            2,
            &[],
        ),
        (
            "draft_email",
            json!({ "to": "a@b.example", "subject": "Hello", "body": "Hi" }),
            2,
            &[],
        ),
        (
            "draft_email",
            json!({ "to": "a@b.example", "subject": "10% off", "body": "Hi" }),
            2,
            &[Area::Pricing],
        ),
        (
            "update_contact",
            json!({ "id": "c-101", "fields": { "phone": "+44 1" } }),
            3,
            &[],
        ),
        (
            "update_contact",
            json!({ "id": "c-102", "fields": { "phone": "+44 1" } }),
            4,
            &[],
        ),
        (
            "update_contact",
            json!({ "id": "c-121", "fields": { "owner": "x@y.example" } }),
            4,
            own,
        ),
        (
            "add_contact_tag",
            json!({ "id": "c-101", "tag": "vip" }),
            3,
            &[],
        ),
        ("create_task", json!({ "title": "Call" }), 3, &[]),
        ("delete_task", json!({ "id": "task-901" }), 4, merge),
        (
            "merge_contacts",
            json!({ "keep_id": "c-103", "merge_id": "c-104" }),
            4,
            merge,
        ),
        ("delete_contact", json!({ "id": "c-120" }), 4, merge),
        (
            "update_account",
            json!({ "id": "a-301", "fields": { "health": 70 } }),
            3,
            &[],
        ),
        (
            "update_account",
            json!({ "id": "a-307", "fields": { "status": "at-risk" } }),
            4,
            &[],
        ),
        (
            "update_extraction",
            json!({ "document_id": "d-701", "fields": { "vendor": "A" } }),
            3,
            &[],
        ),
        (
            "update_extraction",
            json!({ "document_id": "d-701", "fields": { "iban": "A" } }),
            4,
            money,
        ),
        (
            "update_proposal_terms",
            json!({ "id": "p-802", "fields": { "price_cents": 1 } }),
            4,
            &[Area::Pricing],
        ),
        (
            "update_invoice",
            json!({ "id": "inv-2014", "fields": { "memo": "x" } }),
            3,
            money,
        ),
        (
            "create_refund",
            json!({ "invoice_id": "inv-2001", "amount_cents": 1, "reason": "x" }),
            5,
            money,
        ),
        (
            "reply_to_ticket",
            json!({ "ticket_id": "t-502", "text": "Yes." }),
            5,
            message,
        ),
    ];
    let stage = Stage::new();
    for (tool, arguments, level, areas) in cases {
        let (classified, _) = stage.classify(tool, &arguments);
        assert_eq!(
            u8::from(classified.level),
            level,
            "{tool} {arguments}: {classified:#?}"
        );
        let found: Vec<Area> = classified.areas.iter().copied().collect();
        assert_eq!(found, areas, "{tool} {arguments}: {classified:#?}");
        assert!(
            classified.unknowns.is_empty(),
            "{tool} {arguments}: {classified:#?}"
        );
    }
}

#[test]
fn undoing_a_change_restores_the_record() {
    let cases = [
        (
            "update_contact",
            json!({ "id": "c-101", "fields": { "phone": "+44 1", "owner": null } }),
        ),
        ("add_contact_tag", json!({ "id": "c-102", "tag": "vip" })),
        ("delete_contact", json!({ "id": "c-104" })),
        (
            "update_account",
            json!({ "id": "a-307", "fields": { "status": "at-risk", "health": 1 } }),
        ),
        (
            "update_ticket",
            json!({ "id": "t-501", "fields": { "priority": "high" } }),
        ),
        (
            "update_invoice",
            json!({ "id": "inv-2001", "fields": { "memo": "x" } }),
        ),
        (
            "update_extraction",
            json!({ "document_id": "d-701", "fields": { "vendor": "A" } }),
        ),
        (
            "update_proposal_section",
            json!({ "id": "p-801", "section": "summary", "text": "A" }),
        ),
        (
            "update_proposal_terms",
            json!({ "id": "p-801", "fields": { "discount_percent": 5 } }),
        ),
    ];
    let stage = Stage::new();
    for (tool, arguments) in cases {
        let (classified, before) = stage.classify(tool, &arguments);
        let UndoPlan::Exact {
            tool: undo,
            arguments: Some(with),
            ..
        } = classified.undo
        else {
            panic!("{tool}: {:?}", classified.undo);
        };
        for (tool, arguments) in [(tool, arguments.clone()), (undo.as_str(), with)] {
            let answer = stage.answer(tool, object(arguments));
            assert_eq!(answer["isError"], false, "{tool}: {answer}");
        }
        let (_, after) = stage.classify(tool, &arguments);
        assert_eq!(fields(before), fields(after), "{tool}");
    }
}

fn fields(image: BeforeImage) -> Map<String, Value> {
    match image {
        BeforeImage::Read { fields, .. } => fields,
        other => panic!("not read: {other:?}"),
    }
}
