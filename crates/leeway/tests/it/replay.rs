//! Every decision of a whole ledger, made again from what was recorded with it.

use crate::demo::{Demo, run, until};
use leeway_core::action::event::{ActionEvent, Cause};
use leeway_core::govern::event::GovernEvent;
use leeway_core::judge::rules::{Case, CompiledRules, judge};
use leeway_core::ledger::event::Event;
use leeway_store::Store;
use std::collections::HashMap;

#[test]
fn every_past_decision_replays_identically() {
    let demo = Demo::start();
    until("agents have worked", || {
        let (_, answer) = run(demo.folder.path(), &["actions", "list", "--limit", "200"]);
        (answer["actions"].as_array()?.len() >= 40).then_some(())
    });
    let folder = demo.stop();
    let store = Store::open_read_only(folder.path()).unwrap();
    let entries = store.reader().unwrap().entries(0, 100_000).unwrap();
    let mut rules: HashMap<String, CompiledRules> = HashMap::new();
    let mut replayed = 0;
    for raw in entries {
        match Event::read(&raw.envelope.kind, &raw.payload).unwrap() {
            Event::Govern(GovernEvent::WorkflowConfigured { workflow, hash }) => {
                rules.insert(hash, CompiledRules::compile(workflow).unwrap());
            }
            Event::Action(ActionEvent::Judged(judged)) => {
                assert_eq!(judged.cause, Cause::Proposed);
                let case = Case {
                    call: &judged.call,
                    classified: &judged.classified,
                    claim: &judged.claim,
                    before: &judged.before,
                    facts: &judged.facts,
                };
                let version = judged.versions.rules.clone().unwrap();
                assert_eq!(
                    judge(&rules[&version], &case),
                    judged.decision,
                    "entry {}",
                    raw.envelope.seq
                );
                assert_eq!(
                    raw.envelope.decision.as_deref(),
                    Some(judged.decision.verdict.name())
                );
                replayed += 1;
            }
            _ => {}
        }
    }
    assert!(replayed >= 40, "{replayed}");
}
