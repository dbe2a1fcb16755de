//! Long values: folded, with their length, their beginning and their end, and opened before anybody
//! approves. The form that approves says which were opened, so that the server can ask for the rest; a
//! box inside what is folded says it where no script runs.

use super::parts::shown;
use maud::{Markup, PreEscaped, html};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// Longest text shown without being opened, characters and lines.
const LONG: (usize, usize) = (600, 25);
/// What is shown of a folded text's beginning and end, characters and lines.
const ENDS: (usize, usize) = (200, 5);

/// Before the name of a folded value in a form's fields.
const FIELD: &str = "read.";

/// Text as it is; a very long one folded, and deciding waits until it was opened.
pub fn long(text: &str) -> Markup {
    cut(text, true)
}

/// The same of what a call leaves as it is: nothing waits for it to be read whole.
pub fn at_rest(text: &str) -> Markup {
    cut(text, false)
}

fn cut(text: &str, must_open: bool) -> Markup {
    let text = shown(text);
    let (length, lines) = (text.chars().count(), text.lines().count());
    if length <= LONG.0 && lines <= LONG.1 {
        return html! { span.text { (text) } };
    }
    let lines = (lines > 1).then(|| format!(", {lines} lines"));
    let size = format!("{length} characters{}", lines.unwrap_or_default());
    html! {
        span.text.end { (first(&text)) " …" }
        span.sub.end { (size) " in all; it ends so:" }
        span.text.end { "… " (last(&text)) }
        (folded(&text, must_open, html! { "Show all " (size) }, html! { span.text { (text) } }))
    }
}

/// Something longer than a page shows at once, to be opened before anybody approves.
pub fn folded(of: &str, must_open: bool, summary: Markup, whole: Markup) -> Markup {
    let name = name(of);
    html! { @if must_open {
        details.more data-must-open data-long=(name) {
            summary { (summary) }
            (whole)
            label.check.read { input type="checkbox" name={ (FIELD) (name) } value="yes" form="decide"; "I have read it to its end" }
        }
    } @else {
        details.more { summary { (summary) } (whole) }
    } }
}

fn name(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))[..12].to_owned()
}

fn first(text: &str) -> String {
    let lines: Vec<&str> = text.lines().take(ENDS.1).collect();
    lines.join("\n").chars().take(ENDS.0).collect()
}

/// The last lines that say something, of which the end is shown.
fn last(text: &str) -> String {
    let lines: Vec<&str> = text.trim_end().lines().rev().take(ENDS.1).collect();
    let lines: Vec<&str> = lines.into_iter().rev().collect();
    let end = lines.join("\n");
    let skip = end.chars().count().saturating_sub(ENDS.0);
    end.chars().skip(skip).collect()
}

/// The names of what a page folds away. Text from outside is escaped, so none of it passes for one.
pub fn names(page: &Markup) -> BTreeSet<String> {
    let parts = page.0.split(" data-long=\"").skip(1);
    parts
        .filter_map(|part| part.split('"').next())
        .map(str::to_owned)
        .collect()
}

/// What a form or an address says was opened.
pub fn opened<'a>(fields: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
    let is_name = |name: &&str| name.len() == 12 && name.bytes().all(|b| b.is_ascii_hexdigit());
    fields
        .map(|field| field.strip_prefix(FIELD).unwrap_or(field))
        .filter(is_name)
        .map(str::to_owned)
        .collect()
}

/// A page with what was opened before open again.
pub fn reopened(page: Markup, opened: &BTreeSet<String>) -> Markup {
    let mut text = page.0;
    for name in opened {
        let whole = format!(" data-long=\"{name}\"");
        text = text.replace(&whole, &format!("{whole} open"));
        let field = format!(" name=\"{FIELD}{name}\"");
        text = text.replace(&field, &format!("{field} checked"));
    }
    PreEscaped(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_shows_its_length_its_beginning_and_its_end() {
        let text = format!("begin{}the end\n\n \n", " word".repeat(400));
        let page = long(&text).into_string();
        let folded = page.split("<details").next().unwrap();
        assert!(
            folded.contains("begin word") && folded.contains("the end"),
            "{folded}"
        );
        assert!(folded.contains("2016 characters, 3 lines"), "{folded}");
        let short = long("short").into_string();
        assert!(!short.contains("details"));
    }

    #[test]
    fn blank_lines_hide_no_end() {
        let page = long(&format!("Hello{}and pay 900 at once", "\n".repeat(60))).into_string();
        let folded = page.split("<details").next().unwrap();
        assert!(folded.contains("and pay 900 at once"), "{folded}");
    }

    #[test]
    fn what_is_folded_is_asked_for_and_what_was_opened_is_open() {
        let (one, other) = ("a".repeat(700), "b".repeat(700));
        let page = html! { (long(&one)) (long(&other)) (at_rest(&one)) };
        let names = names(&page);
        assert_eq!(names.len(), 2);
        let first = names.iter().next().unwrap();
        let field = format!("{FIELD}{first}");
        let opened = opened([field.as_str(), "csrf", "read.x\" onclick"].into_iter());
        assert_eq!(opened, BTreeSet::from([first.clone()]));
        let again = reopened(page, &opened).into_string();
        assert_eq!(again.matches(" open>").count(), 1);
        assert_eq!(again.matches(" checked").count(), 1);
    }

    #[test]
    fn hostile_text_passes_for_nothing_that_is_folded() {
        let text = format!("\" data-long=\"0123456789ab\" {}", "x".repeat(700));
        assert_eq!(names(&long(&text)).len(), 1);
    }
}
