//! The scenarios fit the sandbox and show what they are there to show.

use super::{Expect, FILES, Scenario, Step, Via};
use crate::sandbox::tools;
use std::collections::BTreeMap;

fn all() -> Vec<(&'static str, Scenario)> {
    FILES
        .iter()
        .map(|(workflow, _)| {
            (
                *workflow,
                Scenario::of(workflow).unwrap_or_else(|error| panic!("{error}")),
            )
        })
        .collect()
}

fn first(scenarios: &[(&'static str, Scenario)]) -> Vec<Step> {
    scenarios
        .iter()
        .flat_map(|(_, scenario)| scenario.first.clone())
        .collect()
}

#[test]
fn every_step_calls_a_tool_of_the_sandbox_with_valid_arguments() {
    let schemas: BTreeMap<_, _> = tools::all()
        .into_iter()
        .map(|tool| {
            (
                tool.name,
                jsonschema::validator_for(&tool.input).expect("a schema"),
            )
        })
        .collect();
    for (workflow, scenario) in all() {
        for step in scenario.first.iter().chain(&scenario.later) {
            let schema = schemas
                .get(step.tool.as_str())
                .unwrap_or_else(|| panic!("{workflow}: no tool `{}`", step.tool));
            let arguments = step.arguments.clone().into();
            if let Err(error) = schema.validate(&arguments) {
                panic!("{workflow}: `{}`: {error}", step.tool);
            }
            assert!(
                (0.0..=1.0).contains(&step.confidence),
                "{workflow}: {}",
                step.tool
            );
        }
    }
}

#[test]
fn the_first_part_is_quick_and_shows_every_outcome() {
    let scenarios = all();
    let steps = first(&scenarios);
    let count = |expect| steps.iter().filter(|step| step.expect == expect).count();
    assert!(count(Expect::Held) >= 8);
    assert!(count(Expect::Runs) >= 15);
    assert!(count(Expect::Blocked) >= 5);
    assert!(steps.iter().any(|step| step.via == Via::Meta));
    for (workflow, scenario) in &scenarios {
        assert!(
            scenario.first.len() <= 10,
            "{workflow} takes too long to start"
        );
        let blocked = scenario
            .first
            .iter()
            .any(|step| step.expect == Expect::Blocked);
        assert!(blocked, "{workflow} never tries a blocked tool");
    }
}

#[test]
fn the_slow_part_never_ends_and_repeats_only_what_changes_nothing() {
    for (workflow, scenario) in all() {
        assert!(scenario.first.iter().all(|step| !step.again));
        for step in scenario.later.iter().filter(|step| step.again) {
            let reads = ["get_", "list_", "search_", "read_"];
            assert!(
                reads.iter().any(|verb| step.tool.starts_with(verb)),
                "{workflow}: {}",
                step.tool
            );
        }
        for round in [0, 7, 8, 1_000_000, u64::MAX] {
            assert!(
                scenario.later_step(round).is_some(),
                "{workflow}: round {round}"
            );
        }
    }
}
