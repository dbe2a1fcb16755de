//! Other people's text in a message: invisible characters shown, nothing that a mail or chat program
//! would turn into a link, cut with the cut said.

use crate::action::lookalike::marked;

/// Longest text shown whole in a message, characters.
pub const LONGEST: usize = 600;

/// A text that may be quoted in a message: see the module. Line breaks stay.
pub fn harmless(text: &str) -> String {
    let (cut, whole) = cut(text, LONGEST);
    let mut harmless = unlinked(&marked(&cut));
    if !whole {
        harmless.push_str("… (cut; the whole text is on the page)");
    }
    harmless
}

/// [`harmless`] on one line, at most so many characters of the text.
pub fn line(text: &str, most: usize) -> String {
    let (cut, whole) = cut(text, most);
    let mut line = unlinked(&marked(
        &cut.split_whitespace().collect::<Vec<_>>().join(" "),
    ));
    if !whole {
        line.push('…');
    }
    line
}

fn cut(text: &str, most: usize) -> (String, bool) {
    let mut rest = text.chars();
    let cut: String = rest.by_ref().take(most).collect();
    (cut, rest.next().is_none())
}

/// Mail and chat programs make links of addresses, domain names, e-mail addresses and phone schemes
/// by themselves. Written `hxxps[:]//example[.]com` and `a[@]b`, nothing is made of them and a reader
/// still sees what they are. A dot between digits, or before a space, stays.
fn unlinked(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut shown = String::with_capacity(text.len() + 8);
    for (at, c) in chars.iter().copied().enumerate() {
        let before = at.checked_sub(1).map(|at| chars[at]);
        let after = chars.get(at + 1).copied();
        let joins = |side: Option<char>| side.is_some_and(|c| !c.is_whitespace());
        let digits = |side: Option<char>| side.is_some_and(|c| c.is_ascii_digit());
        match c {
            // A full-width dot and its like are read as a dot by programs that follow IDNA.
            '.' | '\u{3002}' | '\u{ff0e}' | '\u{ff61}'
                if joins(before) && joins(after) && !number(&chars, at) =>
            {
                shown.push_str("[.]");
            }
            '@' if joins(before) || joins(after) => shown.push_str("[@]"),
            ':' if scheme(&chars[..at]) && joins(after) && !digits(after) => {
                shown.push_str("[:]");
            }
            other => shown.push(other),
        }
    }
    shown
}

/// Whether the dot at a place is a number's: digits around it and no second dot, so that the
/// addresses of machines are none.
fn number(chars: &[char], at: usize) -> bool {
    let part = |c: &&char| c.is_ascii_digit() || **c == '.' || **c == ',';
    let before = chars[..at].iter().rev().take_while(part);
    let after = chars[at + 1..].iter().take_while(part);
    let mut token: Vec<char> = before.copied().collect();
    let (left, right) = (token.len(), at + 1);
    token.extend(after);
    let ends = token.len() - left + right;
    let alone = |c: Option<&char>| c.is_none_or(|c| !c.is_alphanumeric() && !"-/_:@".contains(*c));
    left > 0
        && ends > right
        && !token.contains(&'.')
        && alone(at.checked_sub(left + 1).and_then(|at| chars.get(at)))
        && alone(chars.get(ends))
}

/// Whether a text ends in something like the name of an address's scheme: letters.
fn scheme(before: &[char]) -> bool {
    before.last().is_some_and(char::is_ascii_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_that_a_program_would_link() {
        for (text, shown) in [
            (
                "see https://evil.example/a?b=c.d",
                "see https[:]//evil[.]example/a?b=c[.]d",
            ),
            ("www.evil.example", "www[.]evil[.]example"),
            (
                "mail eve@evil.example now.",
                "mail eve[@]evil[.]example now.",
            ),
            (
                "tel:+431234 javascript:x mailto:a",
                "tel[:]+431234 javascript[:]x mailto[:]a",
            ),
            (
                "10.0.0.1 and 12.50 and 1,234.50",
                "10[.]0[.]0[.]1 and 12.50 and 1,234.50",
            ),
            (
                "evil．example",
                "evil[.]example [⚠ look-alike letters: evil\\u{ff0e}example]",
            ),
            ("<!channel> <@U1> @here", "<!channel> <[@]U1> [@]here"),
            ("Due 14:30. Next: note", "Due 14:30. Next: note"),
            ("a1.5b 5.example", "a1[.]5b 5[.]example"),
        ] {
            assert_eq!(harmless(text), shown, "{text}");
        }
    }

    #[test]
    fn what_is_hidden_is_shown_and_what_is_cut_is_said() {
        assert_eq!(harmless("a\u{202e}b\u{200b}c"), "a\\u{202e}b\\u{200b}c");
        let long = "x".repeat(LONGEST + 1);
        assert!(harmless(&long).ends_with("… (cut; the whole text is on the page)"));
        assert_eq!(harmless(&long[..LONGEST]), long[..LONGEST]);
        assert_eq!(line("one\r\ntwo\nthree", 9), "one two…");
    }
}
