//! Looks for many phrases at once, in one pass over a text.

use super::folded;
use aho_corasick::{AhoCorasick, MatchKind};
use std::collections::{BTreeMap, BTreeSet};

/// What stands for words between those of a phrase, and how many at most.
const BETWEEN: &str = "...";
const MOST_BETWEEN: usize = 4;

/// Phrases made ready.
#[derive(Clone, Debug, Default)]
pub struct Matcher {
    /// Finds the runs of words that phrases are made of; without it there are none.
    runs: Option<AhoCorasick>,
    /// How many words each run has, and of what it is a part.
    of: Vec<(usize, Vec<Part>)>,
    parts: usize,
}

/// A step of a phrase that a run is.
#[derive(Clone, Copy, Debug)]
struct Part {
    category: usize,
    /// Where it is noted that the phrase was met up to here.
    met: usize,
    /// How many words may lie between it and the part before; the first has none.
    between: Option<usize>,
    last: bool,
}

impl Matcher {
    /// Of phrases, each with its category.
    pub fn new(phrases: &[(usize, &str)]) -> Self {
        let mut runs: BTreeMap<String, Vec<Part>> = BTreeMap::new();
        let mut parts = 0;
        for (category, phrase) in phrases {
            let steps = steps(phrase);
            let last = steps.len();
            for (n, step) in steps.into_iter().enumerate() {
                let part = Part {
                    category: *category,
                    met: parts,
                    between: (n > 0).then_some(step.between),
                    last: n + 1 == last,
                };
                for run in step.runs {
                    runs.entry(run).or_default().push(part);
                }
                parts += 1;
            }
        }
        let built = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .build(runs.keys())
            .expect("INVARIANT: the words of a document are fewer than four billion letters");
        Self {
            runs: (!runs.is_empty()).then_some(built),
            of: runs
                .into_iter()
                .map(|(run, of)| (length(&run), of))
                .collect(),
            parts,
        }
    }

    /// Whether there is nothing to look for.
    pub fn is_empty(&self) -> bool {
        self.runs.is_none()
    }

    /// Notes the categories that words, as [`folded::words`] writes them, touch.
    pub fn look(&self, words: &str, found: &mut [bool]) {
        let Some(runs) = &self.runs else { return };
        // Per part, the word after the last one it was met in.
        let mut met = vec![0_usize; self.parts];
        let (mut read, mut blanks) = (0, 0);
        for hit in runs.find_overlapping_iter(words) {
            let (length, parts) = &self.of[hit.pattern().as_usize()];
            blanks += words[read..hit.end()].matches(' ').count();
            read = hit.end();
            let ends_a_word = words.as_bytes()[read - 1] == b' ';
            let after = blanks - usize::from(ends_a_word);
            let start = after - length;
            for part in parts {
                if found[part.category] {
                    continue;
                }
                let follows = part.between.is_none_or(|most| {
                    let before = met[part.met - 1];
                    before > 0 && before <= start && start - before <= most
                });
                if follows && part.last {
                    found[part.category] = true;
                } else if follows {
                    met[part.met] = after;
                }
            }
        }
    }
}

/// How many words a run has.
fn length(run: &str) -> usize {
    run.split(' ').filter(|word| !word.is_empty()).count()
}

/// A step of a phrase: one of the runs, as they stand in a folded text, a blank where a word begins or
/// ends, and how many words may lie before it.
struct Step {
    between: usize,
    runs: BTreeSet<String>,
}

/// The steps of a phrase. Words that have no other beside them make one run.
fn steps(phrase: &str) -> Vec<Step> {
    let mut steps: Vec<(usize, Vec<String>)> = Vec::new();
    let mut between = 0;
    for word in phrase.split_whitespace() {
        if word == BETWEEN {
            between = MOST_BETWEEN;
            continue;
        }
        let runs: Vec<_> = word.split('|').filter_map(run).collect();
        match (steps.last_mut(), &runs[..]) {
            (_, []) => continue,
            (Some((_, last)), [run]) if between == 0 && joins(last, run) => {
                last[0].push_str(&run[1..]);
            }
            _ => steps.push((between, runs)),
        }
        between = 0;
    }
    steps
        .into_iter()
        .map(|(between, runs)| {
            let contracted = runs.iter().map(|run| folded::contracted(run).into_owned());
            let runs = contracted.chain(runs.iter().cloned()).collect();
            Step { between, runs }
        })
        .collect()
}

/// A word of a phrase as it stands in a folded text; one without a letter or digit is none.
fn run(word: &str) -> Option<String> {
    let folded = folded::words(word);
    let start = usize::from(word.starts_with('*'));
    let end = folded.len() - usize::from(word.ends_with('*'));
    (!folded.trim().is_empty()).then(|| folded[start..end].to_owned())
}

fn joins(runs: &[String], next: &str) -> bool {
    matches!(runs, [run] if run.ends_with(' ')) && next.starts_with(' ')
}
