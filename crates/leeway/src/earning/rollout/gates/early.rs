//! The gates of the first two weeks: the map, and drafts.

use super::super::facts::{AreaFact, Facts, ToolFact, Undo};
use super::{Check, check, pace, tools};
use crate::earning::promoting::Confidence;
use leeway_core::evidence::gate::Gate;

pub(super) fn map(facts: &Facts) -> Vec<Check> {
    let all = facts.tools.len();
    let lacking = |lacks: fn(&ToolFact) -> bool| -> Vec<&ToolFact> {
        facts.tools.iter().filter(|tool| lacks(tool)).collect()
    };
    let of = |lacking: &[&ToolFact], good: &str| match (all, lacking) {
        (0, _) => "No tool is granted yet.".to_owned(),
        (_, []) => format!("{all} of {all} {good}."),
        (_, some) => format!("{} of {all} {good}; not {}.", all - some.len(), tools(some)),
    };
    let unclassified = lacking(|tool| !tool.classified);
    let no_way = lacking(|tool| tool.undo == Undo::Unknown);
    let changed = lacking(|tool| tool.changed);
    let settled = all > 0;
    let blockers = &facts.blockers;
    let in_way = match blockers.len() {
        0 => "Nothing stands in the way.".to_owned(),
        count => {
            let first = blockers.iter().take(3).map(|one| one.message.as_str());
            format!(
                "{count} in the way: {}.",
                first.collect::<Vec<_>>().join("; ")
            )
        }
    };
    let workflow = &facts.state.workflow;
    let (prompt, model) = (workflow.prompt_stamp(), workflow.model.as_ref());
    let named = |what: &str, name: Option<&String>| match name {
        Some(name) => format!("{what} `{name}`"),
        None => format!("no {what} named"),
    };
    vec![
        check(
            "Every granted tool is classified by a pack",
            settled && unclassified.is_empty(),
            of(&unclassified, "classified"),
        )
        .settle("Audit", "/audit"),
        check(
            "The workflow audit finds nothing in the way",
            settled && blockers.is_empty(),
            in_way,
        )
        .settle("Audit", "/audit"),
        owners(facts),
        check(
            "It is known how each tool is taken back, or that it cannot be",
            settled && no_way.is_empty(),
            of(&no_way, "known"),
        )
        .settle("Audit", "/audit"),
        check(
            "No tool’s definition waits for a review",
            changed.is_empty(),
            match changed.as_slice() {
                [] => "None changed.".to_owned(),
                some => format!("Changed and blocked until reviewed: {}.", tools(some)),
            },
        )
        .settle("Systems", "/systems"),
        check(
            "Prompt version and model are named",
            prompt.is_some() && model.is_some(),
            format!(
                "{}, {}. Without them a change of either goes unnoticed.",
                named("prompt", prompt.as_ref()),
                named("model", model)
            ),
        )
        .advice()
        .settle("Propose a change", "edit"),
    ]
}

fn owners(facts: &Facts) -> Check {
    let missing: Vec<&AreaFact> = facts
        .areas
        .iter()
        .filter(|area| area.named.is_none() || area.routing.missing)
        .collect();
    let all = facts.areas.len();
    let evidence = match (facts.matrix, missing.as_slice()) {
        (false, _) => {
            "There is no permission owner matrix, so nobody owns the risk by name.".to_owned()
        }
        (true, []) => format!("{all} of {all} areas have an owner who can decide."),
        (true, some) => format!(
            "{} of {all} areas; nobody who can decide owns: {}.",
            all - some.len(),
            some.iter()
                .map(|area| area.need.area.as_str())
                .collect::<Vec<_>>()
                .join(", ")
        ),
    };
    check(
        "Every area the tools touch has an owner",
        facts.matrix && missing.is_empty() && all > 0,
        evidence,
    )
    .settle("Owners", "/owners")
}

pub(super) fn drafts(facts: &Facts) -> Vec<Check> {
    let proven = |tool: &&ToolFact| {
        tool.promoted()
            || tool
                .evidence
                .as_ref()
                .is_some_and(|known| known.gate() == Gate::Passes && known.barred().is_none())
    };
    let passed: Vec<&ToolFact> = facts.tools.iter().filter(proven).collect();
    let nearest = facts
        .tools
        .iter()
        .filter_map(|tool| Some((tool, tool.evidence.as_ref()?)))
        .filter(|(_, known)| known.barred().is_none())
        .min_by(|(_, a), (_, b)| {
            let weeks =
                |tool: &crate::earning::summary::Tool| tool.weeks().unwrap_or(f64::INFINITY);
            weeks(a)
                .total_cmp(&weeks(b))
                .then(a.needed().cmp(&b.needed()))
        });
    let evidence = match (passed.as_slice(), nearest) {
        ([], None) if facts.tools.iter().any(|tool| tool.evidence.is_some()) => {
            "The evidence found every tool bad with the present versions.".to_owned()
        }
        ([], None) => "No tool is granted that does more than read.".to_owned(),
        ([], Some((tool, known))) => {
            let (reviewed, wrong) = known.tally();
            format!(
                "Nearest is `{}`: {wrong} of {reviewed} known outputs are wrong.",
                tool.name
            )
        }
        (some, _) => format!("Proven or proposed: {}.", tools(some)),
    };
    let forecast = nearest.map(|(_, known)| pace(known.needed(), known.a_week));
    let reviewed: u64 = facts.confidences.iter().map(Confidence::reviewed).sum();
    let measured = facts
        .confidences
        .iter()
        .any(|one| one.proposed.is_some() || facts.adopted(&one.agent).is_some());
    vec![
        check(
            "One tool’s outputs pass the gate of a promotion",
            !passed.is_empty(),
            evidence,
        )
        .forecast(forecast)
        .settle("Evidence", "evidence"),
        check(
            "It is measured what a stated confidence is worth",
            measured,
            match (facts.confidences.len(), measured) {
                (0, _) => {
                    "No output with a stated confidence is known to be right or wrong.".to_owned()
                }
                (agents, true) => {
                    format!("{reviewed} known outputs of {agents} agents hold a threshold.")
                }
                (_, false) => {
                    format!("{reviewed} known outputs; no stated confidence is proven yet.")
                }
            },
        )
        .settle("Confidence", "confidence"),
        check(
            "Failures have names",
            !facts.patterns.is_empty() || facts.decided[1] + facts.decided[2] == 0,
            match facts.patterns.len() {
                0 => "No pattern was named.".to_owned(),
                some => format!(
                    "{some} patterns over {} failures.",
                    facts.patterns.values().sum::<u64>()
                ),
            },
        )
        .advice(),
    ]
}
