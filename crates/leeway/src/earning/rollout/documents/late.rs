//! What the last two weeks produce.

use super::super::decision;
use super::super::facts::{Facts, ToolFact, Undo};
use super::{level, plain, section, text};
use crate::audit::document::{Cell, Section};
use crate::clock::readable;
use leeway_core::classify::Level;
use leeway_core::govern::breaker::{Breaker, Watched};

pub(super) fn log(facts: &Facts) -> Section {
    let records = &facts.records;
    let mut rows: Vec<Vec<Cell>> = records
        .broken
        .iter()
        .map(|(id, field)| {
            vec![
                text(format!("`{id}`: {field}")),
                text("Empty, and does not say why."),
            ]
        })
        .collect();
    let explained = records.explained.iter();
    rows.extend(explained.map(|(field, count)| {
        vec![
            text(field.clone()),
            text(format!(
                "Empty in {count} of {}, and says why.",
                records.looked_at
            )),
        ]
    }));
    section(
        ("records", "Audit log"),
        format!(
            "The latest {} records, looked through for the twelve fields. Those not named here hold a value in every record.",
            records.looked_at
        ),
        &["Field", "What was found"],
        rows,
    )
}

pub(super) fn rollback(facts: &Facts) -> Section {
    let rows = facts
        .tools
        .iter()
        .filter(|tool| tool.undo != Undo::Nothing)
        .map(|tool| {
            let kind = match tool.undo {
                Undo::Exact => "exact: the old value is restored",
                Undo::Compensating => "compensating: a new act offsets it",
                Undo::None => "none",
                Undo::Nothing | Undo::Unknown => "unknown",
            };
            vec![
                Cell::Name(tool.name.clone()),
                level(tool),
                text(kind),
                text(tool.undo_how.clone()),
            ]
        });
    section(
        ("rollback", "Rollback path"),
        "How each tool’s calls are taken back. What cannot be called back waits a while after its approval.",
        &["Tool", "At worst", "Way back", "How"],
        rows.collect(),
    )
}

pub(super) fn thresholds(facts: &Facts) -> Section {
    let percent = |share: f64| format!("{:.0} %", share * 100.0);
    let mut rows = vec![vec![
        text("Every agent"),
        text(percent(facts.state.workflow.confidence_threshold)),
        text("As the workflow says: below it a person decides."),
    ]];
    rows.extend(facts.confidences.iter().map(|one| {
        let known = one.reviewed();
        let (threshold, why) = match (facts.adopted(&one.agent), one.proposed) {
            (Some(adopted), _) => (
                percent(adopted.threshold),
                format!(
                    "Measured on {} outputs, adopted by {}.",
                    adopted.reviewed, adopted.by
                ),
            ),
            (None, Some(proposed)) => (
                String::new(),
                format!(
                    "{known} outputs propose {}; nobody adopted it yet.",
                    percent(proposed)
                ),
            ),
            (None, None) => (String::new(), format!("{known} outputs prove none yet.")),
        };
        vec![
            Cell::Name(one.agent.clone()),
            text(threshold),
            text(plain(&why)),
        ]
    }));
    section(
        ("thresholds", "Confidence threshold"),
        "The stated confidence below which a person decides.",
        &["Agent", "Threshold", "Why"],
        rows,
    )
}

const LEVELS: [(Level, &str); 5] = [
    (
        Level::ReadOnly,
        "Nobody: agents read what is granted, and cite it.",
    ),
    (Level::DraftOnly, "Before it is sent or changed, in full."),
    (
        Level::LowRisk,
        "Where agents do not go as far as “update”; else samples afterwards.",
    ),
    (Level::HighImpact, "Every time."),
    (
        Level::External,
        "Every time, and it waits a while before it goes out.",
    ),
];

pub(super) fn approvals(facts: &Facts) -> Section {
    let rows = LEVELS.into_iter().map(|(level, when)| {
        let tools = facts.tools.iter();
        let tools: Vec<&ToolFact> = tools
            .filter(|tool| tool.worst.is_some_and(|(_, worst)| worst == level))
            .collect();
        let mut who = Vec::new();
        if level > Level::ReadOnly {
            for area in &facts.areas {
                let theirs = tools
                    .iter()
                    .any(|tool| tool.area == area.need.responsibility);
                if theirs {
                    let people = match area.routing.eligible.as_slice() {
                        [] => "nobody".to_owned(),
                        some => some.join(" or "),
                    };
                    who.push(format!("{}: {people}", area.need.area));
                }
            }
        }
        let who = match (level, who.is_empty()) {
            (Level::ReadOnly, _) => "nobody has to".to_owned(),
            (_, true) => "no tool of this level".to_owned(),
            _ => who.join("; "),
        };
        let names = tools.iter().map(|tool| tool.name.clone()).collect();
        vec![
            Cell::Level(level),
            text(who),
            text(when),
            Cell::Names(names),
        ]
    });
    section(
        ("approvals", "Approval matrix"),
        "Who approves what, by the level of a call at worst. Nobody approves what they proposed, edited or configured.",
        &["Level", "Who approves", "When", "Tools"],
        rows.collect(),
    )
}

fn watched(breaker: &Breaker) -> String {
    let minutes = breaker.window_s.div_ceil(60);
    let share = format!("{:.0} %", breaker.more_than * 100.0);
    let number = breaker.more_than;
    match breaker.on {
        Watched::ErrorRate => format!(
            "More than {share} of at least {} calls fail within {minutes} minutes.",
            breaker.least
        ),
        Watched::RejectRate => format!(
            "People reject more than {share} of at least {} within {minutes} minutes.",
            breaker.least
        ),
        Watched::Amount => format!(
            "More than {:.2} is moved within {minutes} minutes.",
            number / 100.0
        ),
        Watched::OutcomeUnknown => {
            format!("More than {number} calls have no answer within {minutes} minutes.")
        }
        Watched::Mismatch => format!(
            "After more than {number} calls within {minutes} minutes the record is not what they wrote."
        ),
    }
}

pub(super) fn incident_rule(facts: &Facts) -> Section {
    let state = &facts.state;
    let workflow = &state.workflow;
    let mut rows: Vec<Vec<Cell>> = workflow
        .breakers
        .iter()
        .map(|breaker| vec![text("It pauses by itself"), text(watched(breaker))])
        .collect();
    if rows.is_empty() {
        rows.push(vec![
            text("It pauses by itself"),
            text("Never: no breaker is set."),
        ]);
    }
    rows.push(vec![
        text("Pause drill"),
        text(match &state.drilled {
            None => "Never tried.".to_owned(),
            Some(drill) => format!(
                "{} UTC: paused after {} ms, held {} ms, {} actions started meanwhile.",
                readable(drill.at_ms),
                drill.pause_ms,
                drill.held_ms,
                drill.started
            ),
        }),
    ]);
    rows.push(vec![
        text("Owner silent"),
        text(format!(
            "After {} minutes the next is told.",
            workflow.incident_silent_minutes
        )),
    ]);
    rows.push(vec![
        text("Closed"),
        text(format!(
            "After seven steps with evidence, two signatures and {} clean days.",
            workflow.incident_clean_days
        )),
    ]);
    rows.push(vec![
        text("Now"),
        text(match facts.incident {
            None => "No incident is open.".to_owned(),
            Some(number) => format!("Incident {number} is open."),
        }),
    ]);
    section(
        ("incident-rule", "Incident rule"),
        "What stops the workflow, and what has to happen before it runs again.",
        &["What", "How"],
        rows,
    )
}

pub(super) fn roi(facts: &Facts) -> Section {
    let decision = decision::decide(&facts.grounds());
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    if let Some(answer) = &facts.worth.answer {
        let currency = &facts.worth.currency;
        let amount = |value: f64| format!("{value:.0} {currency}").trim_end().to_owned();
        rows.push(vec![
            text("Left a month"),
            text(format!(
                "between {} and {}, likely {}",
                amount(answer.low.net),
                amount(answer.high.net),
                amount(answer.likely.net)
            )),
        ]);
        rows.push(vec![
            text("Hours saved a month"),
            text(format!("{:.1}", answer.hours)),
        ]);
        if let Some(wrong) = answer.break_even {
            rows.push(vec![
                text("Nothing is left at"),
                text(format!("{:.1} % wrong", wrong * 100.0)),
            ]);
        }
    }
    rows.extend(
        decision
            .reasons
            .iter()
            .map(|why| vec![text("Because"), text(why.clone())]),
    );
    section(
        ("roi-decision", "ROI decision"),
        format!(
            "As the evidence stands: {}. It recommends; people decide.",
            decision.course.words().to_lowercase()
        ),
        &["What", "How"],
        rows,
    )
}
