//! The gates of the last two weeks: low-risk updates, and the decision.

use super::super::facts::{Facts, ToolFact, Undo};
use super::super::records::RECORDS;
use super::{Check, check, names, pace, tools};
use leeway_core::earn::settings::Autonomy;
use leeway_core::evidence::continuous::Plan;
use leeway_core::govern::workflow::Grant;

pub(super) fn updates(facts: &Facts) -> Vec<Check> {
    let alone: Vec<&ToolFact> = facts
        .tools
        .iter()
        .filter(|tool| tool.runs_alone())
        .collect();
    let run = Plan::LEVEL_3.run;
    let best = alone.iter().max_by_key(|tool| tool.clean());
    let clean = best.map_or(0, |tool| tool.clean());
    let a_week = best
        .and_then(|tool| tool.evidence.as_ref())
        .map_or(0.0, |tool| tool.a_week);
    let no_way: Vec<&ToolFact> = alone
        .iter()
        .copied()
        .filter(|tool| tool.undo == Undo::None)
        .collect();
    let records = &facts.records;
    vec![
        check(
            "One tool is let run low-risk updates alone",
            !alone.is_empty(),
            match alone.as_slice() {
                [] => "None goes as far as “update”.".to_owned(),
                some => format!("As far as “update” or further: {}.", tools(some)),
            },
        )
        .settle("Evidence", "evidence"),
        check(
            "A clean run of what ran alone",
            clean >= run,
            match best {
                None => "Nothing runs alone.".to_owned(),
                Some(tool) => format!("{clean} of {run} in a row were right with `{}`.", tool.name),
            },
        )
        .forecast(best.map(|_| pace(u64::from(run.saturating_sub(clean)), a_week)))
        .settle("Reviews", "/reviews"),
        check(
            "The audit log can be read back whole",
            records.looked_at > 0 && records.broken.is_empty(),
            match (records.looked_at, records.broken.len()) {
                (0, _) => "There is no record yet.".to_owned(),
                (n, 0) => format!(
                    "The latest {n} records (of {RECORDS} looked for) hold all twelve fields, or say why one is empty."
                ),
                (n, broken) => format!(
                    "{broken} fields of the latest {n} records are empty and do not say why."
                ),
            },
        ),
        confidence(facts),
        check(
            "What runs alone can be taken back",
            no_way.is_empty(),
            match no_way.as_slice() {
                [] => "A way back is known for each.".to_owned(),
                some => format!("No way back: {}.", tools(some)),
            },
        )
        .advice(),
        quiet(facts),
        reviewed_in_time(facts),
    ]
}

fn confidence(facts: &Facts) -> Check {
    let what = "Each agent has a confidence threshold";
    if facts.state.workflow.evidence.autonomy == Autonomy::Configured {
        let percent = (facts.state.workflow.confidence_threshold * 100.0).round();
        return check(
            what,
            true,
            format!("Below {percent} % a person decides, whoever the agent is."),
        );
    }
    let agents = &facts.confidences;
    let without = agents
        .iter()
        .filter(|one| facts.adopted(&one.agent).is_none());
    let without: Vec<&str> = without.map(|one| one.agent.as_str()).collect();
    check(
        what,
        !agents.is_empty() && without.is_empty(),
        match (agents.len(), without.is_empty()) {
            (0, _) => "No agent’s confidence was measured.".to_owned(),
            (all, true) => format!("{all} of {all} agents have a measured one."),
            (_, false) => format!("None adopted for {}.", names(without.into_iter())),
        },
    )
    .settle("Confidence", "confidence")
}

fn quiet(facts: &Facts) -> Check {
    check(
        "No incident is open",
        facts.incident.is_none(),
        match facts.incident {
            None => "None.".to_owned(),
            Some(number) => format!("Incident {number} is open."),
        },
    )
    .settle("Incidents", "/incidents")
}

fn reviewed_in_time(facts: &Facts) -> Check {
    let stopped = facts.areas.iter().filter(|area| area.stopped).count();
    let (open, overdue) = facts.areas.iter().fold((0, 0), |(open, overdue), area| {
        (open + area.open.0, overdue + area.open.1)
    });
    let bad = match stopped {
        0 => String::new(),
        some => format!(" {some} areas are stopped: too many samples were bad."),
    };
    check(
        "Reviews are done in time",
        overdue == 0 && stopped == 0,
        format!("{open} wait, {overdue} of them overdue.{bad}"),
    )
    .settle("Reviews", "/reviews")
}

pub(super) fn expand(facts: &Facts) -> Vec<Check> {
    let breakers = facts.state.workflow.breakers.len();
    let drilled = !facts.state.drill_overdue(facts.now_ms);
    let decides = facts.tools.iter().any(|tool| tool.granted > Grant::Read);
    let nobody: Vec<&str> = facts
        .areas
        .iter()
        .filter(|area| area.routing.eligible.is_empty())
        .map(|area| area.need.area.as_str())
        .collect();
    vec![
        check(
            "Somebody approves at every level",
            decides && nobody.is_empty() && !facts.areas.is_empty(),
            match nobody.as_slice() {
                [] => format!(
                    "{} areas, each with somebody who can decide.",
                    facts.areas.len()
                ),
                some => format!("Nobody decides in: {}.", some.join(", ")),
            },
        )
        .settle("Owners", "/owners"),
        check(
            "A breaker stops it by itself",
            breakers > 0,
            match breakers {
                0 => "None is set.".to_owned(),
                1 => "1 is set.".to_owned(),
                some => format!("{some} are set."),
            },
        )
        .settle("Propose a change", "edit"),
        check(
            "A pause was tried in the last 90 days",
            drilled,
            match &facts.state.drilled {
                None => "Never tried.".to_owned(),
                Some(drill) if drill.started > 0 => {
                    format!("{} actions started during the last one.", drill.started)
                }
                Some(drill) => format!("Paused after {} ms; nothing started.", drill.pause_ms),
            },
        )
        .settle("Pause drill", ""),
        check(
            "It is known what it is worth",
            facts.worth.answer.is_some(),
            match (&facts.worth.answer, facts.worth.missing.as_slice()) {
                (Some(answer), _) => format!(
                    "Between {:.0} and {:.0} {} are left a month.",
                    answer.low.net, answer.high.net, facts.worth.currency
                )
                .replace("  ", " "),
                (None, missing) => format!(
                    "Missing: {}.",
                    missing
                        .iter()
                        .map(|one| one.what)
                        .collect::<Vec<_>>()
                        .join("; ")
                ),
            },
        )
        .settle("What it is worth", "roi"),
        quiet(facts),
        reviewed_in_time(facts),
    ]
}
