//! Secrets that an agent met earlier, known again wherever they turn up: with other spacing, in another case,
//! as a number, in the middle of a sentence. Kept as keyed hashes: from what is kept nobody reads a secret.

use super::scrub::Scrubber;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
use unicode_normalization::UnicodeNormalization;

/// Secrets kept of one run.
const MOST_SECRETS: usize = 2_000;
/// Lengths looked for at most: each costs a pass over the text.
const MOST_LENGTHS: usize = 48;
/// Shorter ones are found everywhere, so they are not looked for.
const SHORTEST: usize = 6;
/// Without a digit in it, a shorter one is a word like any other.
const SHORTEST_WORD: usize = 8;
/// So many digits in a row are a number that tells something by itself: of a card, of an account.
const SHORTEST_NUMBER: usize = 8;
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

/// Where a secret was met.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Met {
    hash: [u8; 16],
    /// A word has to stand alone to be the secret.
    word: bool,
    /// The systems that told it, or were given it as a secret.
    systems: Vec<String>,
    at_ms: i64,
}

/// The secrets of one run.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// By length and rolling hash.
    met: HashMap<(usize, u64), Met>,
    lengths: BTreeMap<usize, usize>,
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

fn times(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product % u128::from(PRIME)) as u64
}

fn rolled(letters: impl IntoIterator<Item = char>, base: u64) -> u64 {
    letters.into_iter().fold(0, |hash, letter| {
        (times(hash, base) + u64::from(letter) + 1) % PRIME
    })
}

impl Known {
    /// Remembers secrets. Those met longest ago make room.
    pub fn learn(&mut self, key: &Key, secrets: &Scrubber, (system, at_ms): (&str, i64)) {
        for secret in secrets.secrets() {
            for form in forms(secret) {
                let place = (form.len(), rolled(form.iter().copied(), key.base()));
                let met = Met {
                    hash: key.exact(&form),
                    word: !form.iter().any(char::is_ascii_digit),
                    systems: vec![system.to_owned()],
                    at_ms,
                };
                match self.met.get_mut(&place) {
                    Some(known) if known.hash == met.hash => {
                        known.at_ms = at_ms;
                        if !known.systems.iter().any(|one| one == system) {
                            known.systems.push(system.to_owned());
                        }
                    }
                    _ => self.add(place, met),
                }
            }
        }
    }

    fn add(&mut self, place: (usize, u64), met: Met) {
        let crowded = self.lengths.len() >= MOST_LENGTHS && !self.lengths.contains_key(&place.0);
        if self.met.len() >= MOST_SECRETS || crowded {
            let oldest = self.met.iter().min_by_key(|(_, met)| met.at_ms);
            let since_ms = oldest.map_or(0, |(_, met)| met.at_ms);
            self.forget(since_ms + 1);
        }
        if self.met.insert(place, met).is_none() {
            *self.lengths.entry(place.0).or_default() += 1;
        }
    }

    /// Forgets what was met before a time.
    pub fn forget(&mut self, before_ms: i64) {
        self.met.retain(|_, met| met.at_ms >= before_ms);
        self.lengths.clear();
        for (length, _) in self.met.keys() {
            *self.lengths.entry(*length).or_default() += 1;
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.met.is_empty()
    }

    /// The secrets that turn up in a value, as they are spelled there. Those that the system `except` told, or
    /// was given, are left out.
    pub fn find(&self, key: &Key, value: &Value, except: Option<&str>) -> Scrubber {
        let mut found = Scrubber::default();
        if !self.is_empty() {
            self.look(key, value, (except, &mut found));
        }
        found
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
            Value::String(text) => self.look_in(key, text, (except, found)),
            Value::Number(number) => self.look_in(key, &number.to_string(), (except, found)),
            Value::Null | Value::Bool(_) => {}
        }
    }

    fn look_in(&self, key: &Key, text: &str, (except, found): (Option<&str>, &mut Scrubber)) {
        let letters = letters(text);
        let base = key.base();
        for length in self
            .lengths
            .keys()
            .copied()
            .filter(|it| *it <= letters.len())
        {
            let top = (1..length).fold(1, |power, _| times(power, base));
            let mut hash = rolled(letters[..length].iter().map(|it| it.plain), base);
            for from in 0..=letters.len() - length {
                if from > 0 {
                    let gone = times(u64::from(letters[from - 1].plain) + 1, top);
                    let next = u64::from(letters[from + length - 1].plain) + 1;
                    hash = (times((hash + PRIME - gone) % PRIME, base) + next) % PRIME;
                }
                let Some(met) = self.met.get(&(length, hash)) else {
                    continue;
                };
                let window = &letters[from..from + length];
                let (first, last) = (&window[0], &window[length - 1]);
                let own = except.is_some_and(|system| met.systems.iter().any(|one| one == system));
                if own || met.word && !(first.starts && last.ends) {
                    continue;
                }
                let plain: Vec<char> = window.iter().map(|letter| letter.plain).collect();
                if key.exact(&plain) == met.hash {
                    found.add(&text[first.from..last.to]);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classify::redact::Redactor;
    use serde_json::json;

    fn key() -> Key {
        Key::new([7; 32])
    }

    fn known(answer: &Value) -> Known {
        let mut known = Known::default();
        let secrets = Redactor::new(&["iban", "nickname"]).secrets(answer);
        known.learn(&key(), &secrets, ("bank", 1));
        known
    }

    fn hidden(known: &Known, text: &str) -> String {
        known.find(&key(), &json!(text), None).text(text)
    }

    #[test]
    fn a_number_is_known_again_however_it_is_written() {
        let known = known(
            &json!({"card_number": "4111 1111 1111 1111", "iban": "AT61 1904 3002 3457 3201"}),
        );
        for (text, expected) in [
            ("4111111111111111", "[redacted]"),
            (
                "Card 4111-1111-1111-1111, thanks",
                "Card [redacted], thanks",
            ),
            ("x4111.1111.1111.1111x", "x[redacted]x"),
            ("\u{ff14}111 1111\u{200b}1111 1111!", "[redacted]!"),
            ("at611904300234573201", "[redacted]"),
            ("611904 3002 3457 3201", "[redacted]"),
            ("4111 1111 1111 1112", "4111 1111 1111 1112"),
            ("4111 1111", "4111 1111"),
        ] {
            assert_eq!(hidden(&known, text), expected, "{text}");
        }
        let number = json!({"n": 4_111_111_111_111_111_u64, "4111-1111-1111-1111": 1});
        let found = known.find(&key(), &number, None);
        assert_eq!(
            found.value(&number),
            json!({"n": "[redacted]", "[redacted]": 1})
        );
    }

    #[test]
    fn a_word_has_to_stand_alone_and_short_ones_are_not_looked_for() {
        let known = known(&json!({"nickname": "Sunflower", "pin": "1234", "password": "hunter2"}));
        assert_eq!(hidden(&known, "the SUNFLOWER, yes"), "the [redacted], yes");
        for text in ["sunflowers", "1234", "a hunter 3"] {
            assert_eq!(hidden(&known, text), text);
        }
        assert_eq!(hidden(&known, "HUNTER-2"), "[redacted]");
    }

    #[test]
    fn what_a_system_told_may_go_back_to_it_where_it_is_asked_for() {
        let known = known(&json!({"access_token": "tok-12345678"}));
        let value = json!("tok-12345678");
        assert_eq!(
            known.find(&key(), &value, Some("bank")),
            Scrubber::default()
        );
        assert_ne!(
            known.find(&key(), &value, Some("shop")),
            Scrubber::default()
        );
    }

    #[test]
    fn what_is_old_or_too_much_is_forgotten() {
        let mut known = known(&json!({"iban": "AT61 1904 3002 3457 3201"}));
        known.forget(2);
        assert!(known.is_empty());
        for n in 0..3_000 {
            let secrets =
                Redactor::new::<&str>(&[]).secrets(&json!({"password": format!("{n:08}")}));
            known.learn(&key(), &secrets, ("bank", n));
        }
        assert!(known.met.len() <= MOST_SECRETS);
        assert_eq!(hidden(&known, "00002999"), "[redacted]");
    }
}
