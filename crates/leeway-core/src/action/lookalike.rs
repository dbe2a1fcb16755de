//! Marking letters that pass for others: a word that mixes scripts, an address written in another
//! script's look-alikes. After Unicode Technical Standard #39, with what ordinary texts do let be:
//! Japanese beside Latin, a gamma ray, a Russian sentence, a Russian domain.

use super::visible::visible;
use idna::punycode::decode_to_string;
use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;
use unicode_script::{Script, UnicodeScript};
use unicode_security::confusable_detection::skeleton;
use unicode_security::mixed_script::AugmentedScriptSet;

/// What stands before a word's plain form where it holds letters of another script.
pub const OTHER_SCRIPT: &str = "⚠ letters of another script";
/// What stands before a word's plain form where its letters only look like others.
pub const LOOK_ALIKE: &str = "⚠ look-alike letters";

/// What stands before the plain form of an address that programs show in letters it is not written in here.
pub const OTHER_LETTERS: &str = "⚠ shown elsewhere as";

/// How a part of a domain begins that stands for other letters (RFC 3492).
const ENCODED: &str = "xn--";

/// Scripts whose letters pass for each other's and for Latin ones.
const ALIKE: [Script; 7] = [
    Script::Latin,
    Script::Cyrillic,
    Script::Greek,
    Script::Armenian,
    Script::Cherokee,
    Script::Coptic,
    Script::Lisu,
];

/// Signs that pass for those an address is parted by.
const FALSE_SIGNS: [char; 15] = [
    '\u{2024}', '\u{2044}', '\u{2215}', '\u{2236}', '\u{29f8}', '\u{3002}', '\u{30ce}', '\u{4e3f}',
    '\u{a789}', '\u{ff03}', '\u{ff0e}', '\u{ff0f}', '\u{ff1a}', '\u{ff1f}', '\u{ff20}',
];

/// Endings of file names, which are no domains.
const FILES: [&str; 20] = [
    "pdf", "doc", "docx", "odt", "rtf", "txt", "md", "csv", "xls", "xlsx", "ods", "ppt", "pptx",
    "jpg", "jpeg", "png", "gif", "zip", "xml", "json",
];

/// A token longer than this is not written out whole in its mark, characters.
const LONGEST: usize = 80;

/// A text as [`visible`] shows it, with each word or address that passes for another one marked right
/// after it, in its plain form: `exаmple.com [⚠ letters of another script: ex\u{430}mple.com]`.
pub fn marked(text: &str) -> Cow<'_, str> {
    let seen = visible(text);
    if text.is_ascii() && !text.to_ascii_lowercase().contains(ENCODED) {
        return seen;
    }
    let latin_text = LatinText::of(&seen);
    let mut shown = String::with_capacity(seen.len() + 16);
    let mut rest: &str = &seen;
    while !rest.is_empty() {
        let space = rest.len() - rest.trim_start().len();
        let (before, after) = rest.split_at(space);
        let token = after.split(char::is_whitespace).next().unwrap_or_default();
        shown.push_str(before);
        rest = token_shown(&mut shown, token, (&latin_text, &after[token.len()..]));
    }
    if shown == *seen {
        seen
    } else {
        Cow::Owned(shown)
    }
}

/// Shows a token and its mark; what is left of the text after them.
fn token_shown<'a>(
    shown: &mut String,
    token: &str,
    (text, after): (&LatinText, &'a str),
) -> &'a str {
    let Some((mark, plain)) = odd(token, text) else {
        shown.push_str(token);
        return after;
    };
    let ends = |c: char| !part_of_word(c) && c != '}';
    let end = token.trim_end_matches(ends).len();
    let (word, ends) = token.split_at(end);
    shown.push_str(word);
    shown.push_str(&format!(" [{mark}: {plain}]"));
    shown.push_str(ends);
    // Marked already, by exactly this: it is not marked twice.
    let marked = format!(" [{mark}: {plain}]{ends}");
    if ends.is_empty() {
        after.strip_prefix(&marked).unwrap_or(after)
    } else {
        after
    }
}

/// The mark of a token and its plain form, if it needs one.
fn odd(token: &str, text: &LatinText) -> Option<(&'static str, String)> {
    if token.is_ascii() {
        return decoded(token).map(|plain| (OTHER_LETTERS, plain));
    }
    let place = Place::of(token);
    let words = words(token);
    let mut mark = None;
    let mut plain = String::new();
    let mut odd_words = Vec::new();
    let mut at = 0;
    for (start, word) in words {
        plain.push_str(&between(token, at..start, &mut mark));
        at = start + word.len();
        let stands_out = !place.is_address && text.stands_out(word);
        let found = if mixed(word) || stands_out {
            Some(OTHER_SCRIPT)
        } else if place.takes_look_alikes() && all_alike(word) {
            Some(by_script(word))
        } else {
            None
        };
        match found {
            Some(found) => {
                let written = written_out(word);
                plain.push_str(&written);
                odd_words.push(written);
                mark = Some(mark.map_or(found, |before: &str| {
                    if before == OTHER_SCRIPT {
                        before
                    } else {
                        found
                    }
                }));
            }
            None => plain.push_str(word),
        }
    }
    plain.push_str(&between(token, at..token.len(), &mut mark));
    let mark = mark?;
    // A bracket ends the mark.
    let whole = plain
        .trim_matches(|c: char| !part_of_word(c) && !"\\{}".contains(c))
        .replace(']', "\\u{5d}");
    if whole.chars().count() > LONGEST {
        return Some((mark, odd_words.join(", ")));
    }
    Some((mark, whole))
}

/// An address as programs show it that decode its domain.
fn decoded(token: &str) -> Option<String> {
    let part = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let (mut plain, mut rest, mut any) = (String::new(), token, false);
    while !rest.is_empty() {
        let end = rest.find(|c| !part(c)).unwrap_or(rest.len());
        let (label, after) = rest.split_at(end);
        let lower = label.to_ascii_lowercase();
        let letters = lower.strip_prefix(ENCODED).and_then(decode_to_string);
        match letters.filter(|letters| !letters.is_ascii()) {
            Some(letters) => {
                plain.push_str(&visible(&letters));
                any = true;
            }
            None => plain.push_str(label),
        }
        let between = after.find(part).unwrap_or(after.len());
        plain.push_str(&after[..between]);
        rest = &after[between..];
    }
    let whole = plain.trim_matches(|c: char| !part_of_word(c));
    any.then(|| whole.chars().take(LONGEST).collect::<String>())
        .map(|whole| whole.replace(']', "\\u{5d}"))
}

/// What stands between words, with signs that pass for those of an address written out.
fn between(token: &str, part: Range<usize>, mark: &mut Option<&'static str>) -> String {
    let signs = token[part.clone()].char_indices();
    signs
        .map(|(at, c)| {
            if !is_false_sign(token, part.start + at) {
                return c.to_string();
            }
            *mark = mark.or(Some(LOOK_ALIKE));
            c.escape_unicode().to_string()
        })
        .collect()
}

/// Whether a sign passes for one of an address. Japanese sentences have these too: only between plain letters
/// they pass for something.
fn is_false_sign(token: &str, at: usize) -> bool {
    let (before, from) = token.split_at(at);
    let mut from = from.chars();
    let plain = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    from.next().is_some_and(|c| FALSE_SIGNS.contains(&c))
        && plain(before.chars().next_back())
        && plain(from.next())
}

/// Words and where they begin. What cannot be seen parts none: it stands written out in them.
fn words(token: &str) -> Vec<(usize, &str)> {
    let mut words = Vec::new();
    let mut start = None;
    for (at, piece) in pieces(token) {
        let inside = piece.len() > 1 && piece.starts_with('\\') || piece.chars().all(part_of_word);
        match (inside, start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                words.push((from, &token[from..at]));
                start = None;
            }
            _ => {}
        }
    }
    words.extend(start.map(|from| (from, &token[from..])));
    words
}

/// A token's characters, those that stand written out (`\u{200b}`) whole.
fn pieces(token: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = &token[at..];
        let length = written(rest).or_else(|| rest.chars().next().map(char::len_utf8))?;
        at += length;
        Some((at - length, &rest[..length]))
    })
}

/// How long a character is that stands written out at the beginning of a text.
fn written(text: &str) -> Option<usize> {
    let rest = text.strip_prefix("\\u{")?;
    let digits = rest.bytes().take_while(u8::is_ascii_hexdigit).count();
    let ends = (1..=6).contains(&digits) && rest[digits..].starts_with('}');
    ends.then_some(digits + 4)
}

fn part_of_word(c: char) -> bool {
    let sign = FALSE_SIGNS.contains(&c);
    !sign && (c.is_alphanumeric() || c.script() == Script::Inherited)
}

fn letters(word: &str) -> impl Iterator<Item = char> {
    let seen = pieces(word).filter(|(_, piece)| !piece.starts_with('\\'));
    seen.flat_map(|(_, piece)| piece.chars())
        .filter(|c| c.is_alphabetic())
}

/// Whether a word mixes scripts whose letters pass for each other's.
fn mixed(word: &str) -> bool {
    let letters: String = letters(word).collect();
    if !AugmentedScriptSet::for_str(&letters).is_empty() {
        return false;
    }
    let has = |script| letters.chars().any(|c| c.script() == script);
    if has(Script::Latin) && has(Script::Cyrillic) {
        return true;
    }
    let foreign: String = letters
        .chars()
        .filter(|c| c.script() != Script::Latin)
        .collect();
    if has(Script::Latin) {
        // Japanese, Chinese or Korean beside Latin is ordinary; a Greek unit of measure too.
        let east = foreign.chars().all(|c| is_east_asian(c.script()));
        return !east && foreign.chars().any(|c| plain_latin(&c.to_string()));
    }
    ALIKE.into_iter().filter(|script| has(*script)).count() > 1
}

fn is_east_asian(script: Script) -> bool {
    matches!(
        script,
        Script::Han
            | Script::Hiragana
            | Script::Katakana
            | Script::Hangul
            | Script::Bopomofo
            | Script::Common
    )
}

/// Whether a text reads as plain Latin letters and digits.
fn plain_latin(text: &str) -> bool {
    let mut skeleton = skeleton(text).peekable();
    skeleton.peek().is_some() && skeleton.all(|c| c.is_ascii_alphanumeric())
}

/// Whether a word that is not plain Latin reads as if it were.
fn all_alike(word: &str) -> bool {
    let letters: String = letters(word).collect();
    !letters.is_ascii()
        && !letters.chars().any(|c| is_east_asian(c.script()))
        && plain_latin(&letters)
}

fn by_script(word: &str) -> &'static str {
    let latin = letters(word).all(|c| c.script() == Script::Latin);
    if latin { LOOK_ALIKE } else { OTHER_SCRIPT }
}

/// A word with the letters that are not what they seem as numbers: those of the script it has fewer of.
fn written_out(word: &str) -> String {
    let latin = letters(word)
        .filter(|c| c.script() == Script::Latin)
        .count();
    let others = letters(word).count() - latin;
    let number_latin = latin > 0 && latin < others;
    let strange = |c: char| match c.script() {
        _ if !c.is_alphabetic() => false,
        Script::Latin => number_latin || !c.is_ascii() && plain_latin(&c.to_string()),
        _ => !number_latin,
    };
    pieces(word)
        .map(|(_, piece)| match piece.chars().next() {
            Some(c) if piece.len() == c.len_utf8() && strange(c) => c.escape_unicode().to_string(),
            _ => piece.to_owned(),
        })
        .collect()
}

/// What a token is, by its form.
struct Place {
    is_address: bool,
    /// Its last label, where it is an address.
    ends: Option<String>,
}

impl Place {
    fn of(token: &str) -> Self {
        let trimmed = token.trim_matches(|c: char| !part_of_word(c));
        let joins = |c: Option<char>| c.is_some_and(|c| part_of_word(c) || "\\}".contains(c));
        let joined = |(at, c): (usize, char)| match c {
            '.' | '@' => {
                joins(trimmed[..at].chars().next_back()) && joins(trimmed[at + 1..].chars().next())
            }
            _ => is_false_sign(trimmed, at),
        };
        let is_address = trimmed.contains("://") || trimmed.char_indices().any(joined);
        let host = trimmed.split_once("://").map_or(trimmed, |(_, host)| host);
        let host = host.split(['/', '?', '#']).next().unwrap_or_default();
        let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
        let ends = host
            .split(':')
            .next()
            .unwrap_or_default()
            .rsplit('.')
            .next();
        Self {
            is_address,
            ends: ends.map(str::to_lowercase).filter(|_| is_address),
        }
    }

    /// Whether a label that reads as Latin is told: where the address ends in plain letters, so that it
    /// passes for a plain one. `ухо.рф` does not, nor does a file's name.
    fn takes_look_alikes(&self) -> bool {
        let ends = self.ends.as_deref();
        ends.is_some_and(|ends| {
            ends.chars().any(|c| c.is_ascii_alphabetic()) && !FILES.contains(&ends)
        })
    }
}

/// Whether a text is Latin, and which other scripts it also speaks in.
struct LatinText {
    latin: bool,
    /// Scripts with a word that does not read as Latin: what is written in them is ordinary here.
    spoken: HashSet<Script>,
}

impl LatinText {
    fn of(text: &str) -> Self {
        let mut found = Self {
            latin: false,
            spoken: HashSet::new(),
        };
        for (_, word) in words_of(text) {
            found.latin |= letters(word).any(|c| c.is_ascii());
            if mixed(word) || all_alike(word) {
                continue;
            }
            found.spoken.extend(letters(word).map(|c| c.script()));
        }
        found
    }

    /// Whether a word of another script reads as Latin amid Latin.
    fn stands_out(&self, word: &str) -> bool {
        let foreign = letters(word).next().filter(|c| c.script() != Script::Latin);
        foreign.is_some_and(|c| {
            self.latin && ALIKE.contains(&c.script()) && !self.spoken.contains(&c.script())
        }) && all_alike(word)
    }
}

/// The words of a text, without those of the marks in it.
fn words_of(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut parts = text.split("[⚠ ");
    let first = parts.next().unwrap_or_default();
    let others = parts.map(|part| part.split_once(']').map_or(part, |(_, after)| after));
    std::iter::once(first)
        .chain(others)
        .flat_map(str::split_whitespace)
        .flat_map(words)
}
