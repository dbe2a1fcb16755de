//! Regular expressions, as jaq has them. The engine takes no longer than the pattern's size times the text's
//! length for one match, but that for each of them; so pattern, text and every match are counted.

use super::budget::{Stop, make, spend, stop};
use super::functions::make_list;
use super::value::{FIELD, PART, V};
use jaq_core::data::JustLut;
use jaq_core::native::{Filter, bome};
use jaq_core::val::ValR;
use jaq_core::{Bind, Cv, Error, RunPtr, ValT};
use jaq_std::ValT as _;
use regex_bites::bytes::{Captures, Regex, RegexBuilder};

/// Largest pattern, states of its machine; and the same times its groups.
const LARGEST: usize = 20_000;
const LARGEST_WITH_GROUPS: usize = 400_000;
/// States times bytes that are gone through in the time of one step.
const STATES_PER_STEP: usize = 64;

/// The characters of a text and where they begin; what is no UTF-8 is a character of its own.
pub fn chars(text: &[u8]) -> impl Iterator<Item = (usize, usize)> {
    let mut at = 0;
    text.utf8_chunks().flat_map(move |chunk| {
        let start = at;
        at += chunk.valid().len();
        let odd = (at, chunk.invalid().len());
        at += odd.1;
        let valid = chunk.valid().char_indices();
        valid
            .map(move |(from, c)| (start + from, c.len_utf8()))
            .chain((odd.1 > 0).then_some(odd))
    })
}

/// How many characters a text has.
pub fn count_chars(text: &[u8]) -> usize {
    let of = |chunk: std::str::Utf8Chunk<'_>| {
        chunk.valid().chars().count() + usize::from(!chunk.invalid().is_empty())
    };
    text.utf8_chunks().map(of).sum()
}

/// States of a pattern's machine, or more: its characters, with what is repeated counted so often.
pub fn states(pattern: &str, flags: &str) -> usize {
    // Where it cannot be told what a repetition repeats, it repeats everything.
    let odd = flags.contains('x') || sets_x(pattern) || has_odd_class(pattern);
    let mut groups = vec![0_usize];
    let (mut last, mut times) = (0_usize, 1_usize);
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        let top = groups.len() - 1;
        match c {
            '(' => groups.push(2),
            ')' => {
                last = groups.pop().unwrap_or_default();
                match groups.last_mut() {
                    Some(around) => *around = around.saturating_add(last),
                    None => groups.push(last),
                }
            }
            '{' => {
                let inside: String = chars.clone().take_while(|c| *c != '}').take(40).collect();
                let numbers = inside.split(|c: char| !c.is_ascii_digit());
                let most = numbers.filter(|number| !number.is_empty());
                let most = most.map(|number| number.parse::<usize>().unwrap_or(usize::MAX));
                let most = most.max().unwrap_or(0).saturating_add(1);
                times = times.saturating_mul(most);
                groups[top] = groups[top].saturating_add(last.saturating_mul(most));
                last = last.saturating_mul(most);
            }
            c => {
                if c == '\\' {
                    skip_escaped(&mut chars);
                }
                last = 2;
                groups[top] = groups[top].saturating_add(last);
            }
        }
    }
    if odd {
        return (2 * pattern.len()).saturating_mul(times);
    }
    groups.into_iter().fold(1, usize::saturating_add)
}

/// Whether a pattern says somewhere within that space and comments in it do not count.
fn sets_x(pattern: &str) -> bool {
    pattern.split("(?").skip(1).any(|rest| {
        let flags = rest.split(|c: char| !(c.is_ascii_alphabetic() || c == '-'));
        flags.take(1).any(|flags| flags.contains('x'))
    })
}

/// Passes over what follows a backslash: a character, or one by its number, as in `\x{200b}`.
fn skip_escaped(chars: &mut std::str::Chars<'_>) {
    let number = matches!(chars.next(), Some('x' | 'u' | 'U'));
    if number && chars.as_str().starts_with('{') {
        chars.by_ref().find(|c| *c == '}');
    }
}

/// Whether a pattern has a class of characters with brackets in it, so that groups cannot simply be told.
fn has_odd_class(pattern: &str) -> bool {
    let mut inside: Option<String> = None;
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match (c, &mut inside) {
            ('\\', inside) => {
                skip_escaped(&mut chars);
                if let Some(inside) = inside {
                    inside.push('x');
                }
            }
            ('[', None) => inside = Some(String::new()),
            (']', Some(class)) => {
                if class.trim_start_matches('^').is_empty() {
                    return true;
                }
                inside = None;
            }
            ('[' | '(' | ')' | '{', Some(_)) => return true,
            (c, Some(class)) => class.push(c),
            _ => {}
        }
    }
    false
}

#[derive(Clone, Copy, Default)]
struct Flags {
    global: bool,
    not_empty: bool,
}

fn compile(pattern: &str, flags: &str) -> Result<(Regex, Flags, usize), Error<V>> {
    let (mut how, mut builder) = (Flags::default(), RegexBuilder::new(pattern));
    for flag in flags.chars() {
        match flag {
            'g' => how.global = true,
            'n' => how.not_empty = true,
            'i' => _ = builder.case_insensitive(true),
            'm' => _ = builder.multi_line(true),
            's' => _ = builder.dot_matches_new_line(true),
            'l' => _ = builder.swap_greed(true),
            'x' => _ = builder.ignore_whitespace(true),
            'p' => _ = builder.multi_line(true).dot_matches_new_line(true),
            odd => return Err(Error::str(format_args!("invalid regex flag: {odd}"))),
        }
    }
    let states = states(pattern, flags);
    let groups = 2 + pattern.matches('(').count();
    if states > LARGEST || states.saturating_mul(groups) > LARGEST_WITH_GROUPS {
        stop(Stop::Regex);
    }
    spend(states / 4);
    let regex = builder.build();
    let regex = regex.map_err(|error| Error::str(format_args!("invalid regex: {error}")))?;
    Ok((regex, how, states))
}

/// Counts one search from here to the end.
fn searched(states: usize, text: &[u8], from: usize) {
    let steps = states.saturating_mul(1 + text.len() - from) / STATES_PER_STEP;
    spend(steps);
}

/// What does not match, where `between`, and what does, where `matches`.
fn find((between, matches): (bool, bool), mut cv: Cv<'_, JustLut<V>>) -> ValR<V> {
    let (flags, pattern, value) = (cv.0.pop_var(), cv.0.pop_var(), cv.1);
    let flags = text_of(&flags)?.to_owned();
    // In jaq's order: odd flags are told before what is no pattern.
    let mut parts = Vec::new();
    let (regex, how, states) = match pattern.val() {
        jaq_json::Val::TStr(_) => compile(text_of(&pattern)?, &flags)?,
        _ => {
            compile("", &flags)?;
            return Err(Error::typ(pattern, "string"));
        }
    };
    let text = value.try_as_utf8_bytes()?;
    let (mut after, mut place) = (0, Place::default());
    searched(states, text, 0);
    for found in regex.captures_iter(text) {
        let Some(whole) = found.get(0) else { continue };
        if how.not_empty && whole.is_empty() {
            searched(states, text, whole.end());
            continue;
        }
        place.go_on(text, whole.start());
        if between {
            parts.push(value.as_sub_str(&text[after..whole.start()]));
            after = whole.end();
        }
        if matches {
            parts.push(groups(&regex, &found, &value, text, &place)?);
        }
        if !how.global {
            break;
        }
        searched(states, text, whole.end());
    }
    if between {
        parts.push(value.as_sub_str(&text[after..]));
    }
    make_list(parts.len());
    Ok(parts.into_iter().collect())
}

fn text_of(value: &V) -> Result<&str, Error<V>> {
    std::str::from_utf8(value.try_as_utf8_bytes()?).map_err(Error::str)
}

/// A place in a text, as bytes and as characters.
#[derive(Default)]
struct Place {
    byte: usize,
    char: usize,
}

impl Place {
    fn go_on(&mut self, text: &[u8], to: usize) {
        spend((to - self.byte) / 32);
        self.char += count_chars(&text[self.byte..to]);
        self.byte = to;
    }
}

/// A match and its groups.
fn groups(regex: &Regex, found: &Captures<'_>, value: &V, text: &[u8], place: &Place) -> ValR<V> {
    let mut all = Vec::new();
    for (group, name) in found.iter().zip(regex.capture_names()) {
        let Some(group) = group else { continue };
        make(4 * FIELD + PART);
        spend(group.as_bytes().len() / 32 + group.start().saturating_sub(place.byte) / 32);
        let before = count_chars(&text[place.byte..group.start().max(place.byte)]);
        let key = |key: &str| V::from(key.to_owned());
        let mut fields = vec![
            (key("offset"), V::from((place.char + before) as isize)),
            (
                key("length"),
                V::from(count_chars(group.as_bytes()) as isize),
            ),
            (key("string"), value.as_sub_str(group.as_bytes())),
        ];
        fields.extend(name.map(|name| (key("name"), key(name))));
        all.push(V::from_map(fields)?);
    }
    Ok(all.into_iter().collect())
}

/// The functions.
pub fn natives() -> Box<[Filter<RunPtr<JustLut<V>>>]> {
    let two = || [Bind::Var(()), Bind::Var(())].into();
    Box::new([
        ("matches", two(), |cv| bome(find((false, true), cv))),
        ("split_matches", two(), |cv| bome(find((true, true), cv))),
        ("split_", two(), |cv| bome(find((true, false), cv))),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_at_least_as_large_as_its_machine() {
        for (pattern, flags, least, most) in [
            ("abc", "", 3, 10),
            ("(ab){10}", "", 20, 200),
            ("((a{10}){10}){10}", "", 1_000, 10_000),
            ("[0-9]{4}-[0-9]{2}-[0-9]{2}", "", 8, 150),
            ("(?<y>[0-9]{4})-(?<m>[0-9]{2})", "g", 6, 120),
            ("^[\\s\\x{200b}-\\x{200f}\\x{2060}]*[=+@-]", "", 4, 60),
            ("a\\{9}", "", 3, 20),
            ("a{2,}", "", 3, 20),
            // Brackets that are none, so that what is repeated is more than it seems.
            ("(a{1000}[(]){1000}", "", 1_000_000, usize::MAX),
            ("([)](a{1000}[(]){1000})", "", 1_000_000, usize::MAX),
            ("(a{1000}[](]){1000}", "", 1_000_000, usize::MAX),
            ("(a{1000}#(\n){1000}", "x", 1_000_000, usize::MAX),
            ("(?x)(a{1000}#(\n){1000}", "", 1_000_000, usize::MAX),
            ("a{99999999999999999999999}", "", usize::MAX / 2, usize::MAX),
        ] {
            let states = states(pattern, flags);
            assert!(least <= states && states <= most, "{pattern}: {states}");
        }
    }
}
