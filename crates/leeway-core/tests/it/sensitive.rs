//! How many sensitive sentences are found, and how many ordinary tickets are taken for sensitive:
//! `sensitive/*.txt`, a sentence a line, written for this test.

use leeway_core::classify::sensitive::categories;
use std::collections::BTreeMap;

const FOUND: [&str; 2] = [
    include_str!("sensitive/found.txt"),
    include_str!("sensitive/found_later.txt"),
];
const ORDINARY: [&str; 3] = [
    include_str!("sensitive/ordinary.txt"),
    include_str!("sensitive/ordinary_later.txt"),
    include_str!("sensitive/ordinary_last.txt"),
];

/// Written after all lists. No list was changed for them: they tell what is found of sentences that
/// nobody thought of.
const LAST: &str = include_str!("sensitive/found_last.txt");

/// The rows of the lists, cut into `N` columns; of the first list every third is kept back.
fn rows<const N: usize>(lists: &[&'static str]) -> Vec<(bool, [&'static str; N])> {
    let rows = lists.iter().enumerate().flat_map(|(list, text)| {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        lines
            .enumerate()
            .map(move |(n, line)| (list == 0 && n % 3 == 2, line))
    });
    rows.map(|(kept_back, line)| {
        let columns: Vec<_> = line.splitn(N, " | ").collect();
        (kept_back, columns.try_into().expect("a row is whole"))
    })
    .collect()
}

/// Of how many rows how many count, by language and by whether they are kept back.
#[derive(Default)]
struct Counts<'a>(BTreeMap<(&'a str, bool), (usize, usize)>);

impl<'a> Counts<'a> {
    fn add(&mut self, language: &'a str, kept_back: bool, counts: bool) {
        let (all, counted) = self.0.entry((language, kept_back)).or_default();
        *all += 1;
        *counted += usize::from(counts);
    }

    /// Parts of a hundred, by language.
    fn percent(&self) -> BTreeMap<&'a str, f64> {
        let mut sums: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        for ((language, kept_back), (all, counted)) in &self.0 {
            println!("{language}, kept back {kept_back}: {counted} of {all}");
            let sum = sums.entry(language).or_default();
            *sum = (sum.0 + all, sum.1 + counted);
        }
        sums.into_iter()
            .map(|(language, (all, counted))| (language, 100.0 * counted as f64 / all as f64))
            .collect()
    }
}

#[test]
fn plain_sentences_that_a_person_has_to_see_are_found() {
    let mut counts = Counts::default();
    for (kept_back, [language, category, text]) in rows(&FOUND) {
        let found = categories(text).contains(category);
        if !found {
            println!("missed: {language} {category}: {text}");
        }
        counts.add(language, kept_back, found);
    }
    let percent = counts.percent();
    assert_eq!(percent.len(), 5);
    assert!(percent.values().all(|found| *found >= 95.0), "{percent:?}");
}

#[test]
fn most_sentences_that_no_list_was_made_by_are_found() {
    let rows = rows(&[LAST]);
    let found = rows
        .iter()
        .filter(|(_, [_, category, text])| categories(text).contains(*category));
    let (all, found) = (rows.len(), found.count());
    println!("{found} of {all}");
    assert!(found * 10 >= all * 7, "{found} of {all}");
}

#[test]
fn few_ordinary_tickets_are_taken_for_sensitive() {
    let mut counts = Counts::default();
    let (mut all, mut alarms) = (0, 0);
    for (kept_back, [language, text]) in rows(&ORDINARY) {
        let found = categories(text);
        if !found.is_empty() {
            println!("taken for {found:?}: {language}: {text}");
        }
        counts.add(language, kept_back, !found.is_empty());
        all += 1;
        alarms += usize::from(!found.is_empty());
    }
    let percent = counts.percent();
    assert_eq!(percent.len(), 5);
    assert!(alarms * 20 <= all, "{alarms} of {all}: {percent:?}");
}

#[test]
fn words_are_found_however_they_are_spelt() {
    for text in [
        "Ich möchte kündigen",
        "Ich moechte kuendigen",
        "Ich mochte kundigen",
        "ICH MÖCHTE KÜNDIGEN",
        "Ich m&ouml;chte k&uuml;ndigen",
        "Ich m&amp;ouml;chte k&amp;uuml;ndigen",
        "Falls x <y: ich möchte k&#252;ndigen",
        "Ｉｃｈ ｍｏ̈ｃｈｔｅ ｋｕ̈ｎｄｉｇｅｎ",
        "Sonderkündigungsrecht",
        "SONDERKUENDIGUNGSRECHT",
    ] {
        assert!(categories(text).contains("cancellation"), "{text}");
    }
}
