//! Words as they are compared: lower case, in one spelling, a blank before and after each.

use std::borrow::Cow;
use unicode_normalization::UnicodeNormalization;

/// Shortest word that an `e` after `a`, `o` or `u` is left out of: `sue` and `que` are themselves.
const SHORTEST: usize = 5;

/// Lower-case words without accents, without the invisible characters that could split one.
pub fn words(text: &str) -> String {
    let mut words = String::with_capacity(text.len() + 2);
    words.push(' ');
    for part in parts(text) {
        if part.is_ascii() {
            part.chars()
                .for_each(|c| add(&mut words, c.to_ascii_lowercase()));
        } else {
            part.nfkd()
                .flat_map(char::to_lowercase)
                .filter(|c| !invisible(*c))
                .for_each(|c| add(&mut words, look_alike(c)));
        }
    }
    if !words.ends_with(' ') {
        words.push(' ');
    }
    words
}

/// A text's pieces, none of which ends between a letter and its accents.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive([' ', '\n'])
}

fn add(words: &mut String, c: char) {
    match c {
        'ß' => words.push_str("ss"),
        'æ' => words.push_str("ae"),
        'œ' => words.push_str("oe"),
        'ø' => words.push('o'),
        c if c.is_alphanumeric() => words.push(c),
        _ if !words.ends_with(' ') => words.push(' '),
        _ => {}
    }
}

/// Words as [`words`] writes them, `ae`, `oe` and `ue` as `a`, `o` and `u`, as umlauts are without
/// their dots.
pub fn contracted(words: &str) -> Cow<'_, str> {
    if !["ae", "oe", "ue"]
        .iter()
        .any(|umlaut| words.contains(umlaut))
    {
        return Cow::Borrowed(words);
    }
    let mut contracted = String::with_capacity(words.len());
    for word in words.split_inclusive(' ') {
        if word.trim_end().len() < SHORTEST {
            contracted.push_str(word);
            continue;
        }
        let mut last = ' ';
        for c in word.chars() {
            if c == 'e' && matches!(last, 'a' | 'o' | 'u') {
                last = ' ';
            } else {
                contracted.push(c);
                last = c;
            }
        }
    }
    Cow::Owned(contracted)
}

/// Characters nobody sees, and accents, which people leave out and some systems write apart from their letter.
fn invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}' | '\u{300}'..='\u{36f}')
}

/// Cyrillic and Greek letters that look like Latin ones.
fn look_alike(c: char) -> char {
    match c {
        'а' | 'α' => 'a',
        'е' | 'ε' => 'e',
        'о' | 'ο' => 'o',
        'р' | 'ρ' => 'p',
        'с' => 'c',
        'у' => 'y',
        'к' | 'κ' => 'k',
        'х' => 'x',
        'і' | 'ι' | 'ı' => 'i',
        'ѕ' => 's',
        'ԝ' => 'w',
        'ԁ' => 'd',
        'һ' => 'h',
        'ј' => 'j',
        'ո' => 'n',
        other => other,
    }
}
