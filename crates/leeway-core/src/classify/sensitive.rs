//! Sensitive support issues in texts: lists of words and phrases per category, in English, German,
//! French, Spanish and Italian. A hit holds; no hit allows nothing.

use crate::message::html;
use percent_encoding::percent_decode_str;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization;

/// Category → words and phrases, lower case. A trailing `*` matches any ending.
const LISTS: [(&str, &[&str]); 6] = [
    (
        "legal-threat",
        &[
            "lawyer*",
            "attorney*",
            "solicitor*",
            "lawsuit*",
            "sue you",
            "suing",
            "legal action",
            "court",
            "small claims",
            "anwalt*",
            "anwält*",
            "rechtsanwalt*",
            "klage",
            "verklagen",
            "gericht",
            "rechtliche schritte",
            "mahnbescheid",
            "avocat*",
            "tribunal",
            "poursuite*",
            "action en justice",
            "mise en demeure",
            "abogad*",
            "demanda judicial",
            "demandar",
            "juzgado",
            "acciones legales",
            "avvocat*",
            "querela",
            "denuncia",
            "azione legale",
            "tribunale",
        ],
    ),
    (
        "injury",
        &[
            "injur*",
            "hurt",
            "hospital*",
            "burned",
            "burnt",
            "bleeding",
            "unsafe",
            "electric shock",
            "allergic",
            "verletz*",
            "krankenhaus",
            "verbrannt",
            "stromschlag",
            "blutet",
            "unfall",
            "bless*",
            "hôpital",
            "brûl*",
            "accident",
            "herid*",
            "lesion*",
            "quemad*",
            "accidente",
            "ferit*",
            "ospedale",
            "ustion*",
            "infortunio",
        ],
    ),
    (
        "harassment",
        &[
            "harass*",
            "threaten*",
            "discriminat*",
            "racist*",
            "sexist*",
            "abusive",
            "stalk*",
            "bullying",
            "belästig*",
            "bedroh*",
            "diskriminier*",
            "rassist*",
            "beleidig*",
            "harcel*",
            "harcèl*",
            "menac*",
            "racisme",
            "acos*",
            "amenaz*",
            "discrimin*",
            "molest*",
            "minacci*",
            "razzis*",
        ],
    ),
    (
        "cancellation",
        &[
            "cancel my",
            "cancel our",
            "cancel the subscription",
            "cancel the contract",
            "close my account",
            "terminate",
            "switching to",
            "leaving you",
            "money back",
            "chargeback",
            "kündig*",
            "storniere*",
            "vertrag beenden",
            "geld zurück",
            "résili*",
            "annuler mon",
            "rembours*",
            "cancelar mi",
            "darme de baja",
            "dar de baja",
            "reembolso",
            "disdett*",
            "disdire",
            "annullare il",
            "rimborso",
        ],
    ),
    (
        "personal-data",
        &[
            "gdpr",
            "delete my data",
            "data breach",
            "personal data",
            "privacy",
            "data protection",
            "passport number",
            "social security",
            "dsgvo",
            "datenschutz",
            "meine daten",
            "datenleck",
            "löschung meiner",
            "rgpd",
            "données personnelles",
            "mes données",
            "vie privée",
            "datos personales",
            "mis datos",
            "protección de datos",
            "dati personali",
            "i miei dati",
            "garante privacy",
        ],
    ),
    (
        "press",
        &[
            "journalist*",
            "reporter*",
            "newspaper",
            "press inquiry",
            "press enquiry",
            "go public",
            "social media post",
            "presse",
            "zeitung",
            "redaktion",
            "öffentlich machen",
            "journaliste*",
            "journal télévisé",
            "periodist*",
            "periódico",
            "prensa",
            "giornalist*",
            "stampa",
        ],
    ),
];

/// One word of a phrase, written as [`words`] writes them.
#[derive(Clone, Debug)]
struct Part {
    text: String,
    any_ending: bool,
}

type Phrase = Vec<Part>;

/// Words and phrases by category, made ready.
#[derive(Clone, Debug, Default)]
pub struct WordLists(Vec<(String, Vec<Phrase>)>);

/// The built-in lists, made ready once.
static BUILT_IN: LazyLock<WordLists> = LazyLock::new(|| {
    WordLists::new(
        LISTS
            .iter()
            .map(|(category, phrases)| (*category, phrases.iter().copied())),
    )
});

impl WordLists {
    /// Of words and phrases in any case; a trailing `*` of a word matches any ending. A phrase
    /// without a letter or digit is left out.
    pub fn new<'a, P: Iterator<Item = &'a str>>(lists: impl Iterator<Item = (&'a str, P)>) -> Self {
        let lists = lists.map(|(category, phrases)| {
            let phrases = phrases.map(phrase).filter(|phrase| !phrase.is_empty());
            (category.to_owned(), phrases.collect())
        });
        Self(lists.collect())
    }

    /// Whether there is nothing to look for.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|(_, phrases)| phrases.is_empty())
    }

    /// The categories a text touches.
    pub fn categories(&self, text: &str) -> BTreeSet<String> {
        if text.trim().is_empty() {
            return BTreeSet::new();
        }
        let readings: Vec<_> = readings(text).iter().map(|text| words(text)).collect();
        let touches = |phrases: &[Phrase]| {
            let mut all = readings.iter();
            all.any(|words| phrases.iter().any(|phrase| occurs(words, phrase)))
        };
        self.0
            .iter()
            .filter(|(_, phrases)| touches(phrases))
            .map(|(category, _)| category.clone())
            .collect()
    }
}

/// A phrase as texts are read: word by word, without accents and case.
fn phrase(phrase: &str) -> Phrase {
    phrase
        .split_whitespace()
        .flat_map(|word| {
            let any_ending = word.ends_with('*');
            let parts = words(word);
            let last = parts.len();
            parts.into_iter().enumerate().map(move |(n, text)| Part {
                text,
                any_ending: any_ending && n + 1 == last,
            })
        })
        .collect()
}

/// The categories of the built-in lists that a text touches.
pub fn categories(text: &str) -> BTreeSet<String> {
    BUILT_IN.categories(text)
}

/// The texts that one may be read as: as it is written, and as programs that show it would decode it.
fn readings(text: &str) -> Vec<Cow<'_, str>> {
    let mut readings = vec![Cow::Borrowed(text)];
    if text.contains(['<', '&']) {
        readings.push(Cow::Owned(html::words(text)));
    }
    if text.contains('%') {
        readings.push(percent_decode_str(text).decode_utf8_lossy());
    }
    if text.contains('\\') {
        readings.push(Cow::Owned(unescaped(text)));
    }
    if text.contains('\n') {
        readings.push(Cow::Owned(unhyphenated(text)));
    }
    readings
}

/// A text with the escapes of JSON and of programs (`\u0061`) read.
fn unescaped(text: &str) -> String {
    let mut read = String::with_capacity(text.len());
    let mut parts = text.split("\\u");
    read.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let code = part
            .get(..4)
            .and_then(|code| u32::from_str_radix(code, 16).ok());
        match code.and_then(char::from_u32) {
            Some(c) => {
                read.push(c);
                read.push_str(&part[4..]);
            }
            None => read.push_str(part),
        }
    }
    read
}

/// A text whose words are put together again where a line ends in them.
fn unhyphenated(text: &str) -> String {
    let mut lines = text.lines();
    let mut joined = lines.next().unwrap_or_default().to_owned();
    for line in lines {
        let end = joined.trim_end();
        match end.strip_suffix(['-', '\u{2010}', '\u{ad}']) {
            Some(word) => {
                joined.truncate(word.len());
                joined.push_str(line.trim_start());
            }
            None => {
                joined.push('\n');
                joined.push_str(line);
            }
        }
    }
    joined
}

/// Lower-case words without accents, without the invisible characters that could split one.
fn words(text: &str) -> Vec<String> {
    let seen: String = text
        .nfkd()
        .flat_map(char::to_lowercase)
        .filter(|c| !invisible(*c))
        .map(look_alike)
        .collect();
    seen.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
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

fn occurs(words: &[String], phrase: &[Part]) -> bool {
    words.windows(phrase.len()).any(|window| {
        window.iter().zip(phrase).all(|(word, part)| {
            if part.any_ending {
                word.starts_with(&part.text)
            } else {
                *word == part.text
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn categories_are_found_in_five_languages_and_under_disguise() {
        for (text, category) in [
            ("My lawyers will be in touch", "legal-threat"),
            ("Ich schalte meinen Anwalt ein", "legal-threat"),
            ("my law\u{200b}yer says", "legal-threat"),
            ("my l\u{430}wyer says", "legal-threat"),
            ("MY L\u{410}WYER SAYS", "legal-threat"),
            ("Ich ku\u{308}ndige hiermit", "cancellation"),
            ("je veux resilier", "cancellation"),
            ("Ich kündige hiermit", "cancellation"),
            ("I was injured by the drill", "injury"),
            ("Je veux résilier mon contrat", "cancellation"),
            ("please CANCEL MY order", "cancellation"),
            ("borrad mis datos", "personal-data"),
            ("sono un giornalista", "press"),
            ("he keeps threatening me", "harassment"),
            (
                "my \u{1d425}\u{1d41a}\u{1d430}\u{1d432}\u{1d41e}\u{1d42b} says",
                "legal-threat",
            ),
            ("my law-\n  yer says", "legal-threat"),
            ("my law<b></b>yer says", "legal-threat"),
            ("my l&#97;w&shy;yer says", "legal-threat"),
            ("my l%61wyer says", "legal-threat"),
            (r"my l\u0061wyer says", "legal-threat"),
            ("hello<br>lawyer", "legal-threat"),
        ] {
            assert!(categories(text).contains(category), "{text}");
        }
    }

    #[test]
    fn own_words_add_categories_and_match_as_the_built_in_ones_do() {
        let own = [
            ("press", vec!["Der Standard"]),
            ("recall", vec!["re-call*", " ", "Rückruf"]),
        ];
        let lists = WordLists::new(
            own.iter()
                .map(|(category, words)| (*category, words.iter().copied())),
        );
        for (text, category) in [
            ("ich schreibe an DER STANDARD.", "press"),
            ("when do you re-calling it?", "recall"),
            ("Ruckruf?", "recall"),
        ] {
            assert!(lists.categories(text).contains(category), "{text}");
        }
        assert_eq!(lists.categories("der neue Standard"), BTreeSet::new());
        assert!(WordLists::new([("x", ["  ", "*"].into_iter())].into_iter()).is_empty());
    }

    #[test]
    fn ordinary_texts_touch_none() {
        for text in [
            "",
            "Where is my parcel?",
            "Thank you for the quick answer",
            "The courtyard tap drips",
        ] {
            assert_eq!(categories(text), BTreeSet::new(), "{text}");
        }
    }
}
