//! Sensitive support issues in texts: lists of words and phrases per category, in English, German,
//! French, Spanish and Italian. A hit holds; no hit allows nothing.

use std::collections::BTreeSet;
use std::sync::LazyLock;

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
        let words = words(text);
        self.0
            .iter()
            .filter(|(_, phrases)| phrases.iter().any(|phrase| occurs(&words, phrase)))
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

/// Lower-case words, without the invisible characters that could split one.
fn words(text: &str) -> Vec<String> {
    let seen: String = text
        .chars()
        .flat_map(char::to_lowercase)
        .filter(|c| !invisible(*c))
        .map(look_alike)
        .collect();
    seen.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Characters nobody sees, and marks that some systems write apart from their letter.
fn invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{300}'..='\u{36f}')
}

/// Letters without their accents, because people leave them out; Cyrillic and Greek letters that look like Latin ones, and full-width forms.
fn look_alike(c: char) -> char {
    match c {
        'а' | 'α' | 'à'..='å' => 'a',
        'е' | 'ε' | 'è'..='ë' => 'e',
        'о' | 'ο' | 'ò'..='ö' => 'o',
        'р' | 'ρ' => 'p',
        'с' | 'ç' => 'c',
        'у' => 'y',
        'ù'..='ü' => 'u',
        'ñ' => 'n',
        'к' | 'κ' => 'k',
        'х' => 'x',
        'і' | 'ι' | 'ì'..='ï' => 'i',
        'ѕ' => 's',
        '\u{ff21}'..='\u{ff3a}' | '\u{ff41}'..='\u{ff5a}' => {
            char::from_u32(c as u32 - 0xfee0).unwrap_or(c)
        }
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
