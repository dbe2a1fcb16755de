//! Word-level differences between two texts.

use maud::{Markup, html};

/// Texts with more words than this are shown side by side without marks.
const MOST_WORDS: usize = 400;

/// The old text with what goes marked, and the new one with what comes marked.
pub fn diff(old: &str, new: &str) -> (Markup, Markup) {
    let (a, b) = (split(old), split(new));
    if a.len() > MOST_WORDS || b.len() > MOST_WORDS {
        return (html! { (old) }, html! { (new) });
    }
    let common = common(&a, &b);
    let (mut i, mut j) = (0, 0);
    let (mut left, mut right) = (Vec::new(), Vec::new());
    while i < a.len() || j < b.len() {
        let same = i < a.len() && j < b.len() && a[i].trim_end() == b[j].trim_end();
        if same {
            left.push((false, a[i]));
            right.push((false, b[j]));
            i += 1;
            j += 1;
        } else if j < b.len() && (i == a.len() || common[i][j + 1] > common[i + 1][j]) {
            right.push((true, b[j]));
            j += 1;
        } else {
            left.push((true, a[i]));
            i += 1;
        }
    }
    (side(&left, true), side(&right, false))
}

fn split(text: &str) -> Vec<&str> {
    text.split_inclusive([' ', '\n']).collect()
}

/// Lengths of the longest common subsequences of the tails.
fn common(a: &[&str], b: &[&str]) -> Vec<Vec<u16>> {
    let mut table = vec![vec![0u16; b.len() + 1]; a.len() + 1];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            table[i][j] = if a[i].trim_end() == b[j].trim_end() {
                table[i + 1][j + 1] + 1
            } else {
                table[i + 1][j].max(table[i][j + 1])
            };
        }
    }
    table
}

/// Joins neighbours, so that one change reads as one phrase; spaces stay outside the mark.
fn side(words: &[(bool, &str)], gone: bool) -> Markup {
    let mut runs: Vec<(bool, String)> = Vec::new();
    for (changed, word) in words {
        match runs.last_mut() {
            Some((before, text)) if before == changed => text.push_str(word),
            _ => runs.push((*changed, (*word).to_owned())),
        }
    }
    html! { @for (changed, text) in runs {
        @let trimmed = text.trim_end();
        @if !changed { (text) } @else {
            @if gone { del { (trimmed) } } @else { ins { (trimmed) } }
            @if trimmed.len() < text.len() { " " }
        }
    } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_and_what_comes_is_marked_as_phrases() {
        let (old, new) = diff(
            "net 30 days after invoice",
            "net 60 working days after invoice",
        );
        assert_eq!(old.into_string(), "net <del>30</del> days after invoice");
        assert_eq!(
            new.into_string(),
            "net <ins>60 working</ins> days after invoice"
        );
    }

    #[test]
    fn hostile_text_stays_text() {
        let (_, new) = diff("a", "<script>alert(1)</script>");
        assert!(!new.into_string().contains("<script>"));
    }
}
