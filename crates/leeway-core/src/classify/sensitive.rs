//! Sensitive support issues in texts: words and phrases per category, in English, German, French,
//! Spanish and Italian (`sensitive/words`). A hit holds; no hit allows nothing.

mod folded;
mod matcher;
mod reading;

use matcher::Matcher;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// The built-in lists, a language each: `category: phrase, phrase`.
const LISTS: [&str; 5] = [
    include_str!("sensitive/words/en.txt"),
    include_str!("sensitive/words/de.txt"),
    include_str!("sensitive/words/fr.txt"),
    include_str!("sensitive/words/es.txt"),
    include_str!("sensitive/words/it.txt"),
];

/// Words and phrases by category, made ready.
#[derive(Clone, Debug, Default)]
pub struct WordLists {
    categories: Vec<String>,
    matcher: Matcher,
}

/// The built-in lists, made ready once.
static BUILT_IN: LazyLock<WordLists> = LazyLock::new(|| {
    let lines = LISTS.iter().flat_map(|list| list.lines());
    let lists = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(category, phrases)| (category, phrases.split(',')));
    WordLists::new(lists)
});

impl WordLists {
    /// Of words and phrases in any case and spelling of umlauts and accents. `*` before or after a word
    /// stands for any letters, `a|b` for either word, ` ... ` for up to four words. A phrase without a
    /// letter or digit is left out.
    pub fn new<'a, P: Iterator<Item = &'a str>>(lists: impl Iterator<Item = (&'a str, P)>) -> Self {
        let mut categories = Vec::new();
        let mut phrases = Vec::new();
        for (category, of_category) in lists {
            let known = categories.iter().position(|known| known == category);
            let category = known.unwrap_or_else(|| {
                categories.push(category.to_owned());
                categories.len() - 1
            });
            phrases.extend(of_category.map(|phrase| (category, phrase)));
        }
        Self {
            matcher: Matcher::new(&phrases),
            categories,
        }
    }

    /// Whether there is nothing to look for.
    pub fn is_empty(&self) -> bool {
        self.matcher.is_empty()
    }

    /// The categories a text touches.
    pub fn categories(&self, text: &str) -> BTreeSet<String> {
        let mut found = vec![false; self.categories.len()];
        if !self.is_empty() && !text.trim().is_empty() {
            for reading in reading::readings(text) {
                self.look(&reading, &mut found);
            }
        }
        let categories = self.categories.iter().zip(found);
        categories
            .filter(|(_, found)| *found)
            .map(|(category, _)| category.clone())
            .collect()
    }

    /// Looks through a text as it is written, and with its umlauts that are spelt with an `e`.
    fn look(&self, text: &str, found: &mut [bool]) {
        let words = folded::words(text);
        self.matcher.look(&words, found);
        if let Cow::Owned(contracted) = folded::contracted(&words) {
            self.matcher.look(&contracted, found);
        }
    }
}

/// The categories of the built-in lists that a text touches.
pub fn categories(text: &str) -> BTreeSet<String> {
    BUILT_IN.categories(text)
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

    fn touches(words: &str, text: &str) -> bool {
        let lists = WordLists::new([("own", [words].into_iter())].into_iter());
        !lists.categories(text).is_empty()
    }

    #[test]
    fn signs_of_own_words_stand_for_letters_and_words() {
        for (words, text, found) in [
            ("*klage*", "die Sammelklagen", true),
            ("*klage", "die Sammelklagen", false),
            ("*klage", "eine Sammelklage", true),
            ("klage*", "eine Sammelklage", false),
            ("stop* calling", "he stopped calling", true),
            ("stop* calling", "he stopped for calling", false),
            ("delete ... data", "delete data", true),
            ("delete ... data", "delete all of my old data", true),
            ("delete ... data", "delete all of my very old data", false),
            ("delete ... data", "data to delete", false),
            ("delete ... delete", "delete", false),
            ("a|b c ... d*", "x b c y dd", true),
            ("a|b c ... d*", "b d c", false),
            ("a ... b|c", "a x a y y y y b", true),
        ] {
            assert_eq!(touches(words, text), found, "{words}: {text}");
        }
    }

    #[test]
    fn umlauts_are_one_however_they_are_spelt_and_short_words_are_themselves() {
        for (words, text, found) in [
            ("Rückruf", "Rueckruf", true),
            ("Rueckruf", "Rückruf", true),
            ("Rueckruf", "Ruckruf", true),
            ("Straße", "STRASSE", true),
            ("große Glocke", "GROSSE GLOCKE", true),
            ("Größe", "Groesse", true),
            ("neue Kündigung", "neue Kuendigung", true),
            ("sue", "su casa", false),
            ("su", "they sue", false),
        ] {
            assert_eq!(touches(words, text), found, "{words}: {text}");
        }
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
