//! What each week's gate asks for, what of it is there, and how long the rest takes at the present pace.
//! Nothing here looks at a calendar. Pure.
//!
//! [`early`] are the first two weeks, [`late`] the others.

mod early;
mod late;

use super::facts::{Facts, ToolFact};
use crate::audit::document::{Cell, Section};
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
    /// Whether the gate stays shut without it.
    pub needed: bool,
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
}

fn check(what: &'static str, met: bool, evidence: impl Into<String>) -> Check {
    Check {
        what,
        met: if met { Met::Yes } else { Met::No },
        needed: true,
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
        let needed = false;
        Self {
            met,
            needed,
            ..self
        }
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
        1 => early::map(facts),
        2 => early::drafts(facts),
        3 => late::updates(facts),
        _ => late::expand(facts),
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

fn tools(tools: &[&ToolFact]) -> String {
    names(tools.iter().map(|tool| tool.name.as_str()))
}

/// How long so many more outputs take at a pace a week, honestly.
pub(super) fn pace(needed: u64, a_week: f64) -> String {
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
    let rate = if a_week < 1.0 {
        format!("{a_week:.1}")
    } else {
        format!("{a_week:.0}")
    };
    format!("{needed} more without an error; at {rate} reviews a week this takes {time}.")
}
