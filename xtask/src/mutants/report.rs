//! What came out, and what of it `docs/mutants.md` does not account for.

use std::collections::{BTreeMap, BTreeSet};

use super::{Folders, Outcome, Outcomes, list};

/// Prints counts, and the survivors without a line in `docs/mutants.md`.
pub fn print(folders: &Folders, outcomes: &Outcomes) {
    let mut counts = BTreeMap::new();
    for outcome in outcomes.values() {
        *counts.entry(word(outcome)).or_insert(0) += 1;
    }
    println!("{counts:?}");
    let accounted: BTreeSet<String> = std::fs::read_to_string(folders.root.join("docs/mutants.md"))
        .unwrap_or_default()
        .lines()
        .filter_map(|line| line.strip_prefix("- `")?.split('`').next())
        .map(list::unplaced)
        .collect();
    for (name, outcome) in outcomes {
        let stays = matches!(outcome, Outcome::Survived { .. } | Outcome::NotRun { .. });
        if stays && !accounted.contains(&list::unplaced(name)) {
            println!("{}: {name}", word(outcome));
        }
    }
}

fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Killed { .. } => "killed",
        Outcome::TimedOut { .. } => "timed out",
        Outcome::Unviable => "unviable",
        Outcome::NotRun { .. } => "not run",
        Outcome::Survived { reached: 0 } => "reached by no test",
        Outcome::Survived { .. } => "survived",
    }
}
