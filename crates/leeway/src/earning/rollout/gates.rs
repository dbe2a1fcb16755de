//! What each week's gate asks for, what of it is there, and how long the rest takes at the present pace.
//! Nothing here looks at a calendar. Pure.

use super::facts::{AreaFact, Facts, ToolFact, Undo};
use super::records::RECORDS;
use crate::audit::document::{Cell, Section};
use leeway_core::earn::settings::Autonomy;
use leeway_core::evidence::continuous::Plan;
use leeway_core::evidence::gate::Gate;
use leeway_core::govern::workflow::Grant;
use serde::Serialize;

/// Whether something a gate asks for is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Met {
    /// It is.
    Yes,
    /// It is not, and the gate stays shut.
    No,
    /// It is not; the gate opens all the same.
    Advice,
}

impl Met {
    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Yes => "Met",
            Self::No => "Missing",
            Self::Advice => "Advised",
        }
    }
}

/// One thing a gate asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What it asks for.
    pub what: &'static str,
    /// Whether it is there.
    pub met: Met,
    /// What there is, with its base.
    pub evidence: String,
    /// How long the rest takes, where that is a question of reviews.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forecast: Option<String>,
    /// Where it is settled: a page below the workflow's, or one of the whole.
    #[serde(skip)]
    pub settle: Option<(&'static str, &'static str)>,
}

impl Check {
    /// Whether it is there.
    pub fn met(&self) -> bool {
        self.met == Met::Yes
    }

    /// Whether the gate needs it.
    pub fn needed(&self) -> bool {
        self.met != Met::Advice
    }
}

fn check(what: &'static str, met: bool, evidence: impl Into<String>) -> Check {
    Check {
        what,
        met: if met { Met::Yes } else { Met::No },
        evidence: evidence.into(),
        forecast: None,
        settle: None,
    }
}

impl Check {
    fn advice(self) -> Self {
        let met = match self.met {
            Met::No => Met::Advice,
            other => other,
        };
        Self { met, ..self }
    }

    /// Where it is settled; not told once it is.
    fn settle(self, words: &'static str, at: &'static str) -> Self {
        let settle = (!self.met()).then_some((words, at));
        Self { settle, ..self }
    }

    fn forecast(self, forecast: Option<String>) -> Self {
        let forecast = forecast.filter(|_| !self.met());
        Self { forecast, ..self }
    }
}

/// The gate of a week.
pub fn gate(number: u8, facts: &Facts) -> Vec<Check> {
    match number {
        1 => map(facts),
        2 => drafts(facts),
        3 => updates(facts),
        _ => expand(facts),
    }
}

/// The gate as a table.
pub fn section(gate: &[Check]) -> Section {
    let row = |check: &Check| {
        let forecast = check.forecast.iter().map(|text| format!(" {text}"));
        vec![
            Cell::Text(check.what.to_owned()),
            Cell::Text(check.met.words().to_owned()),
            Cell::Text(format!(
                "{}{}",
                check.evidence,
                forecast.collect::<String>()
            )),
        ]
    };
    Section {
        id: "gate",
        title: "Gate",
        intro: "It opens on evidence, never on the calendar.".to_owned(),
        head: vec!["What", "State", "Evidence"],
        rows: gate.iter().map(row).collect(),
    }
}

/// Names in a sentence, the first few of them.
pub fn names<'a>(names: impl Iterator<Item = &'a str>) -> String {
    const MOST: usize = 5;
    let all: Vec<&str> = names.collect();
    let shown: Vec<String> = all
        .iter()
        .take(MOST)
        .map(|name| format!("`{name}`"))
        .collect();
    match all.len().saturating_sub(MOST) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

fn tools<'a>(tools: &[&'a ToolFact]) -> String {
    names(tools.iter().map(|tool| tool.name.as_str()))
}

fn map(facts: &Facts) -> Vec<Check> {
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

fn drafts(facts: &Facts) -> Vec<Check> {
    let proven = |tool: &&ToolFact| {
        tool.promoted()
            || tool
                .evidence
                .as_ref()
                .is_some_and(|known| known.gate() == Gate::Passes)
    };
    let passed: Vec<&ToolFact> = facts.tools.iter().filter(proven).collect();
    let nearest = facts
        .tools
        .iter()
        .filter_map(|tool| Some((tool, tool.evidence.as_ref()?)))
        .min_by(|(_, a), (_, b)| {
            let weeks =
                |tool: &crate::earning::summary::Tool| tool.weeks().unwrap_or(f64::INFINITY);
            weeks(a)
                .total_cmp(&weeks(b))
                .then(a.needed().cmp(&b.needed()))
        });
    let evidence = match (passed.as_slice(), nearest) {
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
    let reviewed: u64 = facts.confidences.iter().map(|one| one.reviewed()).sum();
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

/// How long so many more outputs take at a pace a week, honestly.
fn pace(needed: u64, a_week: f64) -> String {
    if a_week <= 0.0 {
        return format!(
            "Nothing is reviewed at present, so nobody can say when; it takes {needed} more, none of them wrong."
        );
    }
    let weeks = (needed as f64 / a_week).ceil();
    let time = if weeks <= 1.0 {
        "about a week".to_owned()
    } else {
        format!("{weeks:.0} weeks")
    };
    format!("{needed} more without an error; at {a_week:.0} reviews a week this takes {time}.")
}

fn updates(facts: &Facts) -> Vec<Check> {
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

fn expand(facts: &Facts) -> Vec<Check> {
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
