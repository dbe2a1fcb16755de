//! The audit as a page to hand to a client: one file, no script, nothing fetched, light and dark,
//! and made to be printed. The body is also what the web page shows.

use super::document::{Cell, Document, Section, pieces};
use leeway_core::action::visible::visible;
use leeway_core::classify::Level;
use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = include_str!("report.css");

/// The whole file.
pub fn render(document: &Document) -> String {
    let cover = Cover {
        kind: "Workflow audit",
        title: &document.title,
        origin: &document.origin,
    };
    let body = html! {
        (summary(document))
        nav.contents aria-label="Contents" { ol {
            @for section in &document.sections { li { a href={ "#" (section.id) } { (section.title) } } }
            li { a href="#next" { "What to do next" } }
        } }
        (sections(&document.sections))
        (next(document))
    };
    let footer = "What is called a guess was worked out from the tools' names and arguments; a person confirms it before it counts.";
    file(&cover, &body, footer)
}

/// What a report begins with.
pub struct Cover<'a> {
    /// What kind of report it is.
    pub kind: &'a str,
    /// Its heading.
    pub title: &'a str,
    /// Where it comes from, and when.
    pub origin: &'a str,
}

/// One file that needs nothing else.
pub fn file(cover: &Cover<'_>, body: &Markup, footer: &str) -> String {
    html! { (DOCTYPE) html lang="en" {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            meta name="generator" content={ "Leeway " (env!("CARGO_PKG_VERSION")) };
            title { (cover.kind) ": " (shown(cover.title)) }
            style { (PreEscaped(STYLE)) }
        }
        body {
            main {
                header.cover {
                    p.kind { (cover.kind) }
                    h1 { (shown(cover.title)) }
                    p.origin { (shown(cover.origin)) }
                }
                (body)
                footer { p { "Made by Leeway " (env!("CARGO_PKG_VERSION")) ". " (footer) } }
            }
        }
    } }
    .into_string()
}

/// The answer in a sentence and the tools per level.
pub fn summary(document: &Document) -> Markup {
    let total: usize = document.levels.iter().map(|(_, count)| count).sum();
    html! { section.summary aria-label="Summary" {
        p.verdict.{ (if document.ready { "ready" } else { "not-ready" }) } { (text(&document.verdict)) }
        (bar(document, total))
        dl.levels { @for (level, count) in document.levels.iter().rev() {
            div.{ "l" (u8::from(*level)) } { dt { "Level " (u8::from(*level)) " " span { (level.name()) } } dd { (count) } }
        } }
    } }
}

/// Tools per level as one bar; the list beneath says the same in words.
fn bar(document: &Document, total: usize) -> Markup {
    let mut at = 0.0;
    let parts: Vec<(Level, f64, f64)> = document
        .levels
        .iter()
        .rev()
        .map(|(level, count)| {
            let width = *count as f64 * 1000.0 / total.max(1) as f64;
            let part = (*level, at, width);
            at += width;
            part
        })
        .collect();
    html! { svg.share viewBox="0 0 1000 14" preserveAspectRatio="none" aria-hidden="true" {
        @for (level, x, width) in parts { @if width > 0.0 {
            rect.{ "l" (u8::from(level)) } x=(format!("{x:.1}")) width=(format!("{:.1}", (width - 3.0).max(1.0))) height="14" {}
        } }
    } }
}

/// Every table.
pub fn sections(sections: &[Section]) -> Markup {
    html! { @for section in sections { (table(section)) } }
}

fn table(section: &Section) -> Markup {
    html! { section.part id=(section.id) aria-labelledby={ "h-" (section.id) } {
        h2 id={ "h-" (section.id) } { (section.title) " " span.count { (section.rows.len()) } }
        p.intro { (section.intro) }
        @if section.rows.is_empty() { p.none { "Nothing." } } @else {
            table {
                thead { tr { @for head in &section.head { th scope="col" { (head) } } } }
                tbody { @for row in &section.rows { tr {
                    @for (index, (cell, head)) in row.iter().zip(&section.head).enumerate() {
                        @if index == 0 { th scope="row" { (content(cell)) } }
                        @else { td data-label=(head) .empty[is_empty(cell)] { div { (content(cell)) } } }
                    }
                } } }
            }
        }
    } }
}

fn is_empty(cell: &Cell) -> bool {
    match cell {
        Cell::Text(text) => text.is_empty(),
        Cell::Names(names) => names.is_empty(),
        Cell::Name(_) | Cell::Level(_) => false,
    }
}

fn content(cell: &Cell) -> Markup {
    html! { @match cell {
        Cell::Text(sentence) => (text(sentence)),
        Cell::Name(name) => code { (shown(name)) },
        Cell::Names(names) => span.names { @for name in names { code { (shown(name)) } " " } },
        Cell::Level(level) => span.lv.{ "l" (u8::from(*level)) } title=(level.name()) { (u8::from(*level)) span { (level.name()) } },
    } }
}

/// What to do next.
pub fn next(document: &Document) -> Markup {
    html! { section.part #next aria-labelledby="h-next" {
        h2 #h-next { "What to do next" }
        ol.next { @for step in &document.next { li { (text(step)) } } }
    } }
}

fn text(sentence: &str) -> Markup {
    html! { @for (name, piece) in pieces(sentence) {
        @if name { code { (shown(piece)) } } @else { (shown(piece)) }
    } }
}

/// A text with everything in it that could not be seen shown.
pub fn shown(text: &str) -> String {
    visible(text).into_owned()
}
