//! The audit as Markdown. Names and sentences come from outside: whatever Markdown or HTML could
//! make of them is escaped.

use super::document::{Cell, Document, Section, pieces};
use leeway_core::action::visible::visible;

/// Writes the report.
pub fn render(document: &Document) -> String {
    let mut out = format!(
        "# Workflow audit: {}\n\n{}\n\n**{}**\n\n",
        escaped(&document.title),
        escaped(&document.origin),
        escaped(&document.verdict)
    );
    out.push_str("| level | tools |\n|---|---|\n");
    for (level, count) in document.levels.iter().rev() {
        out.push_str(&format!(
            "| {} {} | {count} |\n",
            u8::from(*level),
            level.name()
        ));
    }
    for section in &document.sections {
        out.push_str(&table(section));
    }
    out.push_str("\n## Next\n\n");
    for (index, step) in document.next.iter().enumerate() {
        out.push_str(&format!("{}. {}\n", index + 1, sentence(step)));
    }
    out
}

/// A section with its table.
pub fn table(section: &Section) -> String {
    let mut out = format!("\n## {}\n\n{}\n\n", section.title, escaped(&section.intro));
    if section.rows.is_empty() {
        out.push_str("Nothing.\n");
        return out;
    }
    out.push_str(&format!("| {} |\n", section.head.join(" | ")));
    out.push_str(&format!("|{}\n", "---|".repeat(section.head.len())));
    for row in &section.rows {
        let cells: Vec<String> = row.iter().map(cell).collect();
        out.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    out
}

fn cell(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => sentence(text),
        Cell::Name(name) => code(name),
        Cell::Names(names) => names
            .iter()
            .map(|name| code(name))
            .collect::<Vec<_>>()
            .join(" "),
        Cell::Level(level) => format!("{} {}", u8::from(*level), level.name()),
    }
}

fn sentence(text: &str) -> String {
    pieces(text)
        .map(|(name, piece)| if name { code(piece) } else { escaped(piece) })
        .collect()
}

/// A name as code: nothing in it can end the code or the table's cell.
fn code(name: &str) -> String {
    let plain = visible(name)
        .replace('`', "'")
        .replace(['\n', '\t'], " ")
        .replace('|', "\\|");
    format!("`{plain}`")
}

/// A text that is nothing but text.
pub fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in visible(text).replace(['\n', '\t'], " ").chars() {
        if "\\`*_[]<>|#~&!".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
