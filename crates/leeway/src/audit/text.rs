//! The audit for a terminal: plain lines, no control characters, cut to a readable width.

use super::document::{Cell, Document, Section};
use leeway_core::action::visible::visible;

/// Widest cell, characters: what is longer is cut here; the other forms have all of it.
const WIDEST: usize = 58;

/// Prints the report.
pub fn render(document: &Document) -> String {
    let mut out = format!("{}\n{}\n\n", line(&document.title), line(&document.origin));
    out.push_str(&format!("{}\n\n", line(&document.verdict)));
    for (level, count) in document.levels.iter().rev() {
        out.push_str(&format!(
            "  level {} {:<19} {count:>4}  {}\n",
            u8::from(*level),
            level.name(),
            "▇".repeat((*count).min(60))
        ));
    }
    for section in &document.sections {
        out.push_str(&table(section));
    }
    out.push_str("\nNEXT\n");
    for (index, step) in document.next.iter().enumerate() {
        out.push_str(&format!("  {}. {}\n", index + 1, line(step)));
    }
    out
}

fn table(section: &Section) -> String {
    let mut out = format!("\n{}\n", section.title.to_uppercase());
    if section.rows.is_empty() {
        out.push_str("  nothing\n");
        return out;
    }
    let rows: Vec<Vec<String>> = section
        .rows
        .iter()
        .map(|row| row.iter().map(cell).collect())
        .collect();
    let mut widths: Vec<usize> = section
        .head
        .iter()
        .map(|head| head.chars().count())
        .collect();
    for row in &rows {
        for (width, text) in widths.iter_mut().zip(row) {
            *width = (*width).max(text.chars().count());
        }
    }
    let head: Vec<String> = section.head.iter().map(|head| (*head).to_owned()).collect();
    for row in std::iter::once(&head).chain(&rows) {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(text, width)| format!("{text:<width$}"))
            .collect();
        out.push_str(&format!("  {}\n", cells.join("  ").trim_end()));
    }
    out
}

fn cell(cell: &Cell) -> String {
    cut(&match cell {
        Cell::Text(text) | Cell::Name(text) => line(text),
        Cell::Names(names) => names
            .iter()
            .map(|name| line(name))
            .collect::<Vec<_>>()
            .join(" "),
        Cell::Level(level) => u8::from(*level).to_string(),
    })
}

fn line(text: &str) -> String {
    visible(text).replace(['\n', '\t'], " ")
}

fn cut(text: &str) -> String {
    if text.chars().count() <= WIDEST {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(WIDEST - 1).collect();
    cut.push('…');
    cut
}
