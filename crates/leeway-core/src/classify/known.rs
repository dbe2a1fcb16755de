//! Secrets that an agent met earlier, known again wherever they turn up: with other spacing, in another case,
//! as a number, in the middle of a sentence. Kept as keyed hashes: from what is kept nobody reads a secret.

use super::scrub::Scrubber;
use crate::message::{Message, encoded, html};
use percent_encoding::percent_decode_str;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use unicode_normalization::UnicodeNormalization;

/// Secrets kept of those that systems told. Beyond, what is met cannot be told any more: see [`Known::is_full`].
const MOST_TOLD: usize = 20_000;
/// Secrets kept of those that the agent itself gave. They make room for each other, never for told ones.
const MOST_GIVEN: usize = 500;
/// Lengths in which texts are looked through: a secret is looked for by its last letters, as many as the longest
/// of these that is not longer than it.
const WINDOWS: [usize; 7] = [6, 8, 10, 12, 16, 24, 32];
/// Secrets with the same last letters that are told apart.
const MOST_ALIKE: usize = 8;
/// Hashes worked out for one text. Beyond, whatever ends like a secret is taken for one.
const MOST_HASHES: usize = 20_000;
/// Shorter ones are found everywhere, so they are not looked for.
const SHORTEST: usize = 6;
/// Without a digit in it, a shorter one is a word like any other.
const SHORTEST_WORD: usize = 8;
/// So many digits in a row are a number that tells something by itself: of a card, of an account.
const SHORTEST_NUMBER: usize = 8;
/// Shorter ones are not looked for across several values, bytes: unrelated numbers beside each other may be them.
const SHORTEST_SPREAD: usize = 8;
/// Shorter parts of what is spread over several values are not hidden one by one: they are found everywhere.
const SHORTEST_PART: usize = 3;
/// The prime 2^61 - 1.
const PRIME: u64 = (1 << 61) - 1;

/// The key of the hashes: drawn anew by each process.
#[derive(Clone)]
pub struct Key([u8; 32]);

impl Key {
    /// From random bytes.
    pub fn new(random: [u8; 32]) -> Self {
        Self(random)
    }

    fn base(&self) -> u64 {
        let half = self.0.first_chunk().copied().unwrap_or_default();
        u64::from_be_bytes(half) % (PRIME - 1_000) + 500
    }

    fn exact(&self, letters: &[char]) -> [u8; 16] {
        let mut hasher = Sha256::new();
        hasher.update(self.0);
        for letter in letters {
            hasher.update(u32::from(*letter).to_be_bytes());
        }
        let hash: [u8; 32] = hasher.finalize().into();
        hash.first_chunk().copied().unwrap_or_default()
    }
}

/// A secret that was met.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Met {
    /// Of all its letters.
    hash: [u8; 16],
    /// How many they are.
    length: usize,
    /// A word has to stand alone to be the secret.
    word: bool,
    /// Whether a system told it. Otherwise the agent itself named it.
    told: bool,
    /// The systems that may get it where they ask for it: those that told it, the first that was given it, and
    /// those that a person let it go to.
    systems: Vec<String>,
    at_ms: i64,
}

/// How a run came by secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The system answered with them.
    Told,
    /// The agent gave them to the system, or would have: whatever becomes of the call. It gives no system a right
    /// to what is known already.
    Given,
    /// A person approved that the system gets them, and it did.
    Approved,
}

/// The secrets of one run.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// By window and the rolling hash of the last letters in it.
    met: HashMap<(usize, u64), Vec<Met>>,
    windows: BTreeSet<usize>,
    told: usize,
    given: usize,
    /// Until when more was told than is kept, Unix time in milliseconds.
    full_at_ms: Option<i64>,
}

/// A letter or digit of a text: in its plain form, and where it stands.
struct Letter {
    plain: char,
    from: usize,
    to: usize,
    starts: bool,
    ends: bool,
}

/// The letters and digits of a text: lower case, compatible forms made one, all else left out.
fn letters(text: &str) -> Vec<Letter> {
    let mut found: Vec<Letter> = Vec::with_capacity(text.len());
    let mut apart = true;
    for (from, c) in text.char_indices() {
        let to = from + c.len_utf8();
        let plain = std::iter::once(c).nfkc().flat_map(char::to_lowercase);
        let mut any = false;
        for plain in plain.filter(|c| c.is_alphanumeric()) {
            any = true;
            found.push(Letter {
                plain,
                from,
                to,
                starts: apart,
                ends: false,
            });
            apart = false;
        }
        if !any {
            apart = true;
            if let Some(last) = found.last_mut() {
                last.ends = true;
            }
        }
    }
    if let Some(last) = found.last_mut() {
        last.ends = true;
    }
    found
}

/// The forms in which a secret is looked for: its letters and digits; and each long number in it.
fn forms(secret: &str) -> Vec<Vec<char>> {
    let letters = letters(secret);
    let whole: Vec<char> = letters.iter().map(|letter| letter.plain).collect();
    let mut forms = Vec::new();
    let mut number: Vec<char> = Vec::new();
    for c in whole.iter().copied().chain([' ']) {
        if c.is_ascii_digit() {
            number.push(c);
        } else {
            if number.len() >= SHORTEST_NUMBER && number.len() < whole.len() {
                forms.push(std::mem::take(&mut number));
            }
            number.clear();
        }
    }
    let digits = whole.iter().any(char::is_ascii_digit);
    if whole.len() >= if digits { SHORTEST } else { SHORTEST_WORD } {
        forms.push(whole);
    }
    forms
}

/// What a text says when it is percent-encoded, has HTML entities, or is in base64.
fn behind(text: &str) -> Vec<String> {
    let mut plain = Vec::new();
    if text.contains('%') {
        plain.push(percent_decode_str(text).decode_utf8_lossy().into_owned());
    }
    if text.contains('&') && text.contains(';') {
        let mut read = Message::default();
        html::add(&mut read, text, None);
        plain.push(read.texts().collect::<Vec<_>>().join(" "));
    }
    if let Some(said) = encoded::said(text) {
        plain.push(said.texts().collect::<Vec<_>>().join(" "));
    }
    plain
}

fn times(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product % u128::from(PRIME)) as u64
}

fn rolled(letters: impl IntoIterator<Item = char>, base: u64) -> u64 {
    letters.into_iter().fold(0, |hash, letter| {
        (times(hash, base) + u64::from(letter) + 1) % PRIME
    })
}

/// The window a secret of so many letters is looked for in.
fn window(length: usize) -> usize {
    let fits = WINDOWS.iter().rev().find(|window| **window <= length);
    fits.copied().unwrap_or(length)
}

impl Known {
    /// Remembers secrets.
    pub fn learn(
        &mut self,
        key: &Key,
        secrets: &Scrubber,
        (source, system, at_ms): (Source, &str, i64),
    ) {
        for secret in secrets.secrets() {
            for form in forms(secret) {
                self.add(key, &form, (source, system, at_ms));
            }
        }
    }

    fn add(&mut self, key: &Key, form: &[char], (source, system, at_ms): (Source, &str, i64)) {
        let window = window(form.len());
        let last = &form[form.len() - window..];
        let place = (window, rolled(last.iter().copied(), key.base()));
        let hash = key.exact(form);
        let told = source == Source::Told;
        let alike = self.met.entry(place).or_default();
        if let Some(known) = alike.iter_mut().find(|met| met.hash == hash) {
            known.at_ms = at_ms;
            if told && !known.told {
                known.told = true;
                self.told += 1;
                self.given -= 1;
            }
            if source != Source::Given && !known.systems.iter().any(|one| one == system) {
                known.systems.push(system.to_owned());
            }
            return;
        }
        let full = if told {
            self.told >= MOST_TOLD
        } else {
            self.given >= MOST_GIVEN
        };
        if full && !told {
            self.forget_given();
        }
        let alike = self.met.entry(place).or_default();
        if told
            && alike.len() >= MOST_ALIKE
            && let Some(given) = alike.iter().position(|met| !met.told)
        {
            alike.remove(given);
            self.given -= 1;
        }
        if full && told || alike.len() >= MOST_ALIKE {
            // Of what is told nothing is lost unsaid.
            if told {
                self.full_at_ms = Some(at_ms);
            }
            if alike.is_empty() {
                self.met.remove(&place);
            }
            return;
        }
        alike.push(Met {
            hash,
            length: form.len(),
            word: !form.iter().any(char::is_ascii_digit),
            told,
            systems: vec![system.to_owned()],
            at_ms,
        });
        self.windows.insert(window);
        *(if told {
            &mut self.told
        } else {
            &mut self.given
        }) += 1;
    }

    /// Whether more was told than is kept, so that what turns up cannot be known any more.
    pub fn is_full(&self) -> bool {
        self.full_at_ms.is_some()
    }

    /// Forgets the older half of what the agent gave.
    fn forget_given(&mut self) {
        let given = self.met.values().flatten().filter(|met| !met.told);
        let mut times: Vec<i64> = given.map(|met| met.at_ms).collect();
        times.sort_unstable();
        let middle = times.get(times.len() / 2).copied().unwrap_or_default();
        self.keep(|met| met.told || met.at_ms > middle);
    }

    /// Forgets what was met before a time.
    pub fn forget(&mut self, before_ms: i64) {
        self.full_at_ms = self.full_at_ms.filter(|at_ms| *at_ms >= before_ms);
        self.keep(|met| met.at_ms >= before_ms);
    }

    fn keep(&mut self, kept: impl Fn(&Met) -> bool) {
        self.met.retain(|_, alike| {
            alike.retain(&kept);
            !alike.is_empty()
        });
        (self.told, self.given) = (0, 0);
        self.windows.clear();
        for ((window, _), alike) in &self.met {
            self.windows.insert(*window);
            let told = alike.iter().filter(|met| met.told).count();
            self.told += told;
            self.given += alike.len() - told;
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.met.is_empty()
    }

    /// Whether a secret could stand in a value: in a text or a number long enough, or in the name of a member.
    pub fn could_stand_in(value: &Value) -> bool {
        let long = |text: &str| !forms(text).is_empty();
        match value {
            Value::Object(fields) => fields.values().any(|item| match item {
                Value::Object(inner) => {
                    inner.keys().any(|key| long(key)) || Self::could_stand_in(item)
                }
                _ => Self::could_stand_in(item),
            }),
            Value::Array(items) => items.iter().any(Self::could_stand_in),
            Value::String(text) => long(text),
            Value::Number(number) => long(&number.to_string()),
            Value::Null | Value::Bool(_) => false,
        }
    }

    /// The secrets that turn up in a value, as they are spelled there. Those that the system `except` told, or
    /// was given, are left out.
    pub fn find(&self, key: &Key, value: &Value, except: Option<&str>) -> Scrubber {
        let mut found = Scrubber::default();
        if !self.is_empty() {
            self.look(key, value, (except, &mut found));
            self.look_across(key, value, (except, &mut found));
        }
        found
    }

    /// Looks for what is spread over several values. Of each its part is told, where that is long enough to be
    /// known as one.
    fn look_across(
        &self,
        key: &Key,
        value: &Value,
        (except, found): (Option<&str>, &mut Scrubber),
    ) {
        let mut whole = String::new();
        let mut ends = Vec::new();
        put_together(value, &mut whole, &mut ends);
        if ends.len() < 2 {
            return;
        }
        for spot in self.spots(key, &whole, except) {
            let from_before = |end: &&usize| **end <= spot.start;
            let first = ends.iter().take_while(from_before).count();
            if spot.len() < SHORTEST_SPREAD || spot.end <= ends[first] {
                continue;
            }
            let mut from = spot.start;
            let mut parts = Vec::new();
            for end in &ends[first..] {
                parts.push(&whole[from..spot.end.min(*end)]);
                from = *end;
                if spot.end <= from {
                    break;
                }
            }
            parts.retain(|part| part.trim().len() >= SHORTEST_PART);
            if parts.is_empty() {
                parts.push(&whole[spot]);
            }
            for part in parts {
                found.add(part.trim());
            }
        }
    }

    fn look(&self, key: &Key, value: &Value, (except, found): (Option<&str>, &mut Scrubber)) {
        match value {
            Value::Object(fields) => {
                for (name, item) in fields {
                    self.look_in(key, name, (except, &mut *found));
                    self.look(key, item, (except, &mut *found));
                }
            }
            Value::Array(items) => {
                for item in items {
                    self.look(key, item, (except, &mut *found));
                }
            }
            Value::String(text) => {
                self.look_in(key, text, (except, &mut *found));
                self.look_behind(key, text, (except, found));
            }
            Value::Number(number) => self.look_in(key, &number.to_string(), (except, found)),
            Value::Null | Value::Bool(_) => {}
        }
    }

    /// Looks into what a text says in another writing; where something is found, the whole text is it.
    fn look_behind(&self, key: &Key, text: &str, (except, found): (Option<&str>, &mut Scrubber)) {
        for plain in behind(text) {
            let mut met = Scrubber::default();
            self.look_in(key, &plain, (except, &mut met));
            if !met.is_empty() {
                found.add(text);
                return;
            }
        }
    }

    fn look_in(&self, key: &Key, text: &str, (except, found): (Option<&str>, &mut Scrubber)) {
        for spot in self.spots(key, text, except) {
            found.add(&text[spot]);
        }
    }

    /// Where in a text secrets stand, in bytes.
    fn spots(&self, key: &Key, text: &str, except: Option<&str>) -> Vec<Range<usize>> {
        let letters = letters(text);
        let base = key.base();
        let mut spots = Vec::new();
        let mut hashes = 0;
        let fit = self.windows.iter().copied();
        for window in fit.filter(|window| *window <= letters.len()) {
            let top = (1..window).fold(1, |power, _| times(power, base));
            let mut hash = rolled(letters[..window].iter().map(|it| it.plain), base);
            for from in 0..=letters.len() - window {
                if from > 0 {
                    let gone = times(u64::from(letters[from - 1].plain) + 1, top);
                    let next = u64::from(letters[from + window - 1].plain) + 1;
                    hash = (times((hash + PRIME - gone) % PRIME, base) + next) % PRIME;
                }
                let Some(alike) = self.met.get(&(window, hash)) else {
                    continue;
                };
                let end = from + window;
                for met in alike {
                    let own =
                        except.is_some_and(|system| met.systems.iter().any(|one| one == system));
                    if own || met.length > end {
                        continue;
                    }
                    let whole = &letters[end - met.length..end];
                    let (first, last) = (&whole[0], &whole[met.length - 1]);
                    if met.word && !(first.starts && last.ends) {
                        continue;
                    }
                    hashes += 1;
                    let same = hashes > MOST_HASHES || {
                        let plain: Vec<char> = whole.iter().map(|letter| letter.plain).collect();
                        key.exact(&plain) == met.hash
                    };
                    if same {
                        spots.push(first.from..last.to);
                    }
                }
            }
        }
        spots
    }
}

/// Puts the texts and numbers of a value behind each other, and says where each ends.
fn put_together(value: &Value, whole: &mut String, ends: &mut Vec<usize>) {
    match value {
        Value::Object(fields) => {
            for item in fields.values() {
                put_together(item, whole, ends);
            }
        }
        Value::Array(items) => {
            for item in items {
                put_together(item, whole, ends);
            }
        }
        Value::String(text) => {
            whole.push_str(text);
            ends.push(whole.len());
        }
        Value::Number(number) => {
            whole.push_str(&number.to_string());
            ends.push(whole.len());
        }
        Value::Null | Value::Bool(_) => {}
    }
}

#[cfg(test)]
mod tests;
