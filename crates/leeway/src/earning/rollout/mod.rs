//! The rollout: four weeks in which one workflow goes from a map to a decision. Each week has a goal, tasks,
//! documents, and a gate. A gate opens on evidence and never on the calendar.
//!
//! [`facts`] and [`records`] read what there is, [`gates`] says what each week still lacks, [`decision`] what the fourth
//! week comes to, [`documents`] lays the outputs out. All but the first two are pure.

pub mod decision;
pub mod documents;
pub mod facts;
pub mod gates;
pub mod records;
#[cfg(test)]
mod tests;

use crate::app::App;
use crate::audit::document::Section;
use crate::audit::markdown::{escaped, table};
use crate::clock::readable;
use crate::error::ApiError;
use decision::Decision;
use facts::Facts;
use gates::Check;
use serde::Serialize;

/// Where a week stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Its gate has opened.
    Done,
    /// It is being worked on.
    Open,
    /// A week before it is not done.
    Blocked,
}

impl Standing {
    /// In a word, for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Done => "Done",
            Self::Open => "Now",
            Self::Blocked => "Waits",
        }
    }
}

/// One week.
#[derive(Clone, Debug)]
pub struct Week {
    /// Its number, 1 to 4.
    pub number: u8,
    /// Its goal.
    pub goal: &'static str,
    /// What people do in it.
    pub tasks: &'static [&'static str],
    /// Where it stands.
    pub standing: Standing,
    /// What its gate asks for.
    pub gate: Vec<Check>,
    /// What it produces.
    pub documents: Vec<Section>,
}

impl Week {
    /// How much of the gate is met, and of how much.
    pub fn met(&self) -> (usize, usize) {
        let needed = self.gate.iter().filter(|check| check.needed);
        let met = needed.clone().filter(|check| check.met());
        (met.count(), needed.count())
    }
}

/// A workflow's rollout.
#[derive(Clone, Debug)]
pub struct Rollout {
    /// The workflow.
    pub workflow: String,
    /// Its name for people.
    pub title: String,
    /// The weeks, in order.
    pub weeks: Vec<Week>,
    /// What the fourth week comes to, as things are.
    pub decision: Decision,
    /// When it was read, UTC milliseconds.
    pub at_ms: i64,
}

/// What week has which goal and tasks.
const WEEKS: [(&str, &[&str]); 4] = [
    (
        "Map one workflow and its data sources",
        &[
            "Decide tool by tool how far agents may go, and leave blocked what nobody needs.",
            "Name a business owner and a technical owner for every area the tools touch.",
            "Settle what the workflow audit says stands in the way.",
        ],
    ),
    (
        "Read-only and draft-only outputs",
        &[
            "Let agents read and draft; read every draft in full before it is sent or changed.",
            "Reject or edit what is wrong, and name the failure’s pattern.",
            "Go through the patterns once a week, and mend prompt or rules where they repeat.",
        ],
    ),
    (
        "Low-risk updates",
        &[
            "Sign the promotion that the evidence proposes, as business and as technical owner.",
            "Review what ran alone until its run is clean; then a sample.",
            "Try one undo on a real record, and look through the latest records.",
        ],
    ),
    (
        "Expand or pause",
        &[
            "Go through who approves what, and whether the load fits their week.",
            "Set a breaker, and try a pause.",
            "Read what the workflow is worth, and decide: expand, hold or pause.",
        ],
    ),
];

/// A workflow's rollout as it is now.
pub fn of(app: &App, name: &str) -> Result<Rollout, ApiError> {
    let facts = facts::read(app, name)?;
    Ok(Rollout {
        workflow: name.to_owned(),
        title: facts.title.clone(),
        at_ms: facts.now_ms,
        decision: decision::decide(&facts.grounds()),
        weeks: weeks(&facts),
    })
}

fn weeks(facts: &Facts) -> Vec<Week> {
    let mut before = true;
    let mut weeks = Vec::new();
    for (number, (goal, tasks)) in (1..).zip(WEEKS) {
        let gate = gates::gate(number, facts);
        let open = gate.iter().all(|check| check.met() || !check.needed);
        let standing = match (before, open) {
            (true, true) => Standing::Done,
            (true, false) => Standing::Open,
            (false, _) => Standing::Blocked,
        };
        before &= open;
        weeks.push(Week {
            number,
            goal,
            tasks,
            standing,
            gate,
            documents: documents::of(number, facts),
        });
    }
    weeks
}

impl Rollout {
    /// The week that is being worked on; the last when all are done.
    pub fn present(&self) -> u8 {
        let open = self
            .weeks
            .iter()
            .find(|week| week.standing == Standing::Open);
        open.or(self.weeks.last()).map_or(1, |week| week.number)
    }

    /// A week's outputs as Markdown. Texts of people and systems are text and nothing else.
    pub fn markdown(&self, number: u8) -> Option<String> {
        let week = self.weeks.iter().find(|week| week.number == number)?;
        let (met, of) = week.met();
        let mut out = format!(
            "# {}, week {number}: {}\n\n{} UTC · written from the ledger\n\n**{}: {met} of {of} of its gate met**\n\n",
            escaped(&self.title),
            escaped(week.goal),
            escaped(&readable(self.at_ms)),
            week.standing.words(),
        );
        for task in week.tasks {
            out.push_str(&format!("- {}\n", escaped(task)));
        }
        out.push_str(&table(&gates::section(&week.gate)));
        for section in &week.documents {
            out.push_str(&table(section));
        }
        Some(out)
    }
}
