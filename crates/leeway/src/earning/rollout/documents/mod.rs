//! What each week of a rollout produces, as tables: for the page and to hand on. Pure.
//!
//! [`early`] are the first two weeks', [`late`] the others'.

mod early;
mod late;

use super::facts::{Facts, ToolFact};
use crate::audit::document::{Cell, Section};

/// Outputs of a week.
pub fn of(number: u8, facts: &Facts) -> Vec<Section> {
    match number {
        1 => vec![
            early::permissions(facts),
            early::sources(facts),
            early::owners(facts),
            early::blocked(facts),
        ],
        2 => vec![early::notes(facts), early::patterns(facts)],
        3 => vec![
            late::log(facts),
            late::rollback(facts),
            late::thresholds(facts),
        ],
        _ => vec![
            late::approvals(facts),
            late::incident_rule(facts),
            late::roi(facts),
        ],
    }
}

fn section(
    (id, title): (&'static str, &'static str),
    intro: impl Into<String>,
    head: &[&'static str],
    rows: Vec<Vec<Cell>>,
) -> Section {
    Section {
        id,
        title,
        intro: intro.into(),
        head: head.to_vec(),
        rows,
    }
}

fn text(text: impl Into<String>) -> Cell {
    Cell::Text(text.into())
}

fn level(tool: &ToolFact) -> Cell {
    match tool.worst {
        Some((_, level)) => Cell::Level(level),
        None => text("not listed"),
    }
}

/// People's words, in which backticks mean nothing.
fn plain(words: &str) -> String {
    words.replace('`', "'")
}
