//! What the fourth week comes to: expand, hold or pause, each with its reasons. Pure.

use crate::earning::worth::terms::ERROR_COST;
use serde::Serialize;

/// What the evidence recommends. People decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Course {
    /// Let agents do more, one tool and one level at a time.
    Expand,
    /// Stay as it is until what is open is settled.
    Hold,
    /// Stop it and mend it, or give it up.
    Pause,
}

impl Course {
    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Expand => "Expand",
            Self::Hold => "Hold",
            Self::Pause => "Pause",
        }
    }
}

/// A recommendation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// What is recommended.
    pub course: Course,
    /// Why, sentences for people; never empty.
    pub reasons: Vec<String>,
}

/// What a recommendation rests on.
#[derive(Clone, Debug, Default)]
pub struct Grounds {
    /// Currency of the amounts.
    pub currency: String,
    /// What is left a month: low end, likely, high end.
    pub net: Option<(f64, f64, f64)>,
    /// Why there is no such number.
    pub missing: Vec<&'static str>,
    /// Costs that are left out of it.
    pub left_out: Vec<&'static str>,
    /// An incident it is in.
    pub incident: Option<u64>,
    /// Tools with which agents lost freedom lately.
    pub lost: Vec<String>,
    /// Tools whose evidence failed the gate lately.
    pub failed: Vec<String>,
    /// Overdue reviews.
    pub overdue: u64,
    /// Areas whose samples were too bad.
    pub stopped: Vec<String>,
    /// Whether agents change anything alone.
    pub runs_alone: bool,
}

/// Recommends. Whatever speaks for a pause outweighs what speaks for holding, and that what speaks for more.
pub fn decide(grounds: &Grounds) -> Decision {
    let (pause, hold) = (stops(grounds), holds(grounds));
    let (course, reasons) = match (pause.is_empty(), hold.is_empty()) {
        (false, _) => (Course::Pause, [pause, hold].concat()),
        (true, false) => (Course::Hold, hold),
        (true, true) => (Course::Expand, vec![worth(grounds)]),
    };
    Decision { course, reasons }
}

fn stops(grounds: &Grounds) -> Vec<String> {
    let mut reasons = Vec::new();
    if let Some(number) = grounds.incident {
        reasons.push(format!(
            "It is in incident {number}; what agents did is being put right first."
        ));
    }
    if let Some((_, _, high)) = grounds.net
        && high < 0.0
    {
        reasons.push(format!(
            "It costs more than it saves: even at the best end {} are lost a month.",
            amount(-high, &grounds.currency)
        ));
    }
    reasons
}

fn holds(grounds: &Grounds) -> Vec<String> {
    let mut reasons = Vec::new();
    match grounds.net {
        None => reasons.push(format!(
            "What it is worth is not known yet: {}.",
            grounds.missing.join("; ")
        )),
        Some((low, _, high)) if low <= 0.0 && high >= 0.0 => reasons.push(format!(
            "Whether it pays is not shown yet: between {} and {} are left a month.",
            amount(low, &grounds.currency),
            amount(high, &grounds.currency)
        )),
        Some(_) => {}
    }
    if grounds.net.is_some() && grounds.left_out.contains(&ERROR_COST) {
        reasons.push(format!(
            "Nobody said {ERROR_COST}, so how little may be left is not known."
        ));
    }
    if grounds.overdue > 0 {
        reasons.push(match grounds.overdue {
            1 => "1 review is overdue: more would run than anybody looks at.".to_owned(),
            more => format!("{more} reviews are overdue: more would run than anybody looks at."),
        });
    }
    if !grounds.stopped.is_empty() {
        reasons.push(format!(
            "Too many samples were bad in: {}.",
            grounds.stopped.join(", ")
        ));
    }
    let names = |tools: &[String]| {
        let names: Vec<String> = tools.iter().map(|name| format!("`{name}`")).collect();
        names.join(", ")
    };
    if !grounds.lost.is_empty() {
        reasons.push(format!(
            "Agents lost freedom in the last 30 days with {}.",
            names(&grounds.lost)
        ));
    }
    if !grounds.failed.is_empty() {
        reasons.push(format!(
            "Too many outputs were wrong in the last 30 days with {}.",
            names(&grounds.failed)
        ));
    }
    if !grounds.runs_alone {
        reasons.push("Nothing runs alone yet, so there is nothing to expand from.".to_owned());
    }
    reasons
}

fn worth(grounds: &Grounds) -> String {
    let left_out = match grounds.left_out.as_slice() {
        [] => String::new(),
        some => format!(" Left out of it, for nobody said: {}.", some.join(", ")),
    };
    let low = grounds.net.map_or(0.0, |(low, _, _)| low);
    format!(
        "Even at the worst end {} are left a month, no incident is open, nothing is overdue and nothing was lost lately.{left_out}",
        amount(low, &grounds.currency)
    )
}

fn amount(value: f64, currency: &str) -> String {
    let sign = if value < -0.5 { "−" } else { "" };
    format!("{sign}{:.0} {currency}", value.abs())
        .trim_end()
        .to_owned()
}
