//! The audit laid out once, as sections of tables; every form prints the same.

use super::{Audited, sections};
use leeway_core::audit::Audit;
use leeway_core::classify::Level;

/// One cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// A sentence; words between backticks are names.
    Text(String),
    /// A tool's or argument's name.
    Name(String),
    /// Several names.
    Names(Vec<String>),
    /// A level.
    Level(Level),
}

/// One table with what it is about.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// Anchor, kebab-case.
    pub id: &'static str,
    /// Heading.
    pub title: &'static str,
    /// What the table says and why it matters, one or two sentences.
    pub intro: String,
    /// Column headings.
    pub head: Vec<&'static str>,
    /// Rows, each as long as the head.
    pub rows: Vec<Vec<Cell>>,
}

/// The whole report.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// Heading.
    pub title: String,
    /// Where the tools were read, and when.
    pub origin: String,
    /// The answer in a sentence.
    pub verdict: String,
    /// True when nothing stands in the way.
    pub ready: bool,
    /// Tools per level, 1 to 5.
    pub levels: [(Level, usize); 5],
    /// The tables, in reading order.
    pub sections: Vec<Section>,
    /// What to do next, in order.
    pub next: Vec<String>,
}

/// Lays an audit out.
pub fn document(audited: &Audited, audit: &Audit) -> Document {
    let levels = [
        Level::ReadOnly,
        Level::DraftOnly,
        Level::LowRisk,
        Level::HighImpact,
        Level::External,
    ];
    Document {
        title: audited.title.clone(),
        origin: format!("{} · {}", audited.origin, audited.day),
        verdict: verdict(audit),
        ready: audit.blockers.is_empty(),
        levels: levels.map(|level| {
            let of_level = audit.tools.iter().filter(|tool| tool.level == level);
            (level, of_level.count())
        }),
        sections: [
            sections::blockers(audit),
            sections::tools(audit),
            sections::permissions(audit),
            sections::approvals(audit),
            sections::logs(audit),
            sections::undo(audit),
            sections::owners(audit),
        ]
        .into_iter()
        .chain(sections::left_out(audit))
        .collect(),
        next: next(audit),
    }
}

fn verdict(audit: &Audit) -> String {
    let waits = audit
        .approvals
        .iter()
        .filter(|approval| approval.level >= Level::HighImpact)
        .count();
    let tools = counted(audit.tools.len(), "tool");
    let state = if audit.blockers.is_empty() {
        "Nothing stands in the way of a first, supervised use.".to_owned()
    } else {
        format!(
            "Not ready for production: {} in the way.",
            match audit.blockers.len() {
                1 => "1 thing stands".to_owned(),
                more => format!("{more} things stand"),
            }
        )
    };
    let asks = if waits == 1 { "asks" } else { "ask" };
    format!("{state} Of {tools}, {waits} always {asks} a person before anything happens.")
}

fn counted(count: usize, thing: &str) -> String {
    if count == 1 {
        format!("1 {thing}")
    } else {
        format!("{count} {thing}s")
    }
}

fn next(audit: &Audit) -> Vec<String> {
    let mut next = Vec::new();
    if audit.tools.iter().any(|tool| !tool.is_classified()) {
        next.push(
            "Read the draft pack line by line with somebody who knows the system, and correct it."
                .to_owned(),
        );
    }
    if !audit.owners.is_empty() {
        next.push("Name a business owner and a technical owner for each area above.".to_owned());
    }
    if audit.undo.iter().any(|undo| undo.kind == "unconfirmed") {
        next.push(
            "Try each unconfirmed undo on a test record, and write it into the pack.".to_owned(),
        );
    }
    next.push(
        "Check the folder with `leeway check`, and begin with reading and drafts only.".to_owned(),
    );
    next.push(
        "After a week of reviewed results, let the first low-risk step run alone.".to_owned(),
    );
    next
}

/// A sentence in pieces: `true` for what stood between backticks, a name.
pub fn pieces(text: &str) -> impl Iterator<Item = (bool, &str)> {
    text.split('`')
        .enumerate()
        .map(|(index, piece)| (index % 2 == 1, piece))
        .filter(|(_, piece)| !piece.is_empty())
}
