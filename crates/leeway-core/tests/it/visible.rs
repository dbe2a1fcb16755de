//! Hostile text as people see it: nothing invisible, nothing that turns the line round.

use leeway_core::action::visible::visible;
use proptest::prelude::*;
use std::borrow::Cow;

#[test]
fn what_cannot_be_seen_is_written_out() {
    let cases = [
        (
            "plain text, ünïcode, 漢字, 🙂",
            "plain text, ünïcode, 漢字, 🙂",
        ),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("\u{1b}[2Jgone", "\\u{1b}[2Jgone"),
        ("a\rb", "a\\u{d}b"),
        ("nul\0", "nul\\u{0}"),
        ("pay\u{202e}001", "pay\\u{202e}001"),
        ("\u{2066}x\u{2069}", "\\u{2066}x\\u{2069}"),
        ("ad\u{200b}min", "ad\\u{200b}min"),
        ("so\u{ad}ft", "so\\u{ad}ft"),
        ("\u{feff}mark", "\\u{feff}mark"),
        ("tag\u{e0041}", "tag\\u{e0041}"),
        ("line\u{2028}end", "line\\u{2028}end"),
        ("c1\u{9b}31m", "c1\\u{9b}31m"),
        ("blank\u{3164}\u{2800}", "blank\\u{3164}\\u{2800}"),
    ];
    for (text, shown) in cases {
        assert_eq!(visible(text), shown);
    }
}

#[test]
fn clean_text_is_not_copied() {
    assert!(matches!(visible("clean"), Cow::Borrowed("clean")));
}

proptest! {
    #[test]
    fn once_is_enough_and_nothing_else_is_lost(text in any::<String>()) {
        let once = visible(&text).into_owned();
        prop_assert_eq!(visible(&once), once.as_str());
        prop_assert!(!once.chars().any(|c| c.is_control() && c != '\n' && c != '\t'));
        let seen: String = text.chars().filter(char::is_ascii_graphic).collect();
        let mut rest = once.chars();
        prop_assert!(seen.chars().all(|c| rest.any(|shown| shown == c)));
    }
}
